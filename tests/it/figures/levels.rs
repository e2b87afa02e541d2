//! Practices by level, the main figures, and who moved.

use std::collections::BTreeMap;

use serde_json::Value;
use toml::Table;

use super::{PUBLIC, Pack, exceptions::exceptions, holds_in_public, level, packs, text};
use crate::support::paper;

/// The table of levels: the level, the count now and in the last pack.
fn counts(content: &Value) -> Vec<[String; 3]> {
    let rows = paper::table(content, "summary", "levels");
    rows.iter().map(|row| [row.words("Level").badge(), row.at(2).text(), row.at(3).text()]).collect()
}

#[test]
fn practices_by_level_now_and_in_the_last_pack() {
    let counted = |pack: &Pack| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (_, table) in pack.practices().values() {
            *counts.entry(level(table, "level")).or_default() += 1;
        }
        counts
    };
    let [first, second] = packs();
    let (july, october) = (counted(&first), counted(&second));
    for (pack, now, before) in [(&first, &july, None), (&second, &october, Some(&july))] {
        for content in pack.named() {
            let wanted: Vec<[String; 3]> = ["5", "4", "3", "2", "1", "–"]
                .map(|l| {
                    let count = |counts: &BTreeMap<String, usize>| counts[l].to_string();
                    [l.to_owned(), count(now), before.map_or_else(|| "–".to_owned(), count)]
                })
                .to_vec();
            assert_eq!(counts(&content), wanted, "{}", pack.quarter);
            assert_eq!(paper::bars(&content, "summary"), wanted, "{}", pack.quarter);
            let annex = paper::table(&content, "annex", "every-practice");
            assert_eq!(annex.len(), now.values().sum::<usize>());
        }
        let public = pack.of(PUBLIC);
        assert_eq!(paper::bars(&public, "summary"), counts(&public), "{}", pack.quarter);
        assert_eq!(counts(&public).len(), 6);
        for [l, shown, _] in counts(&public) {
            holds_in_public(&shown, now[&l], &format!("{} level {l}", pack.quarter));
        }
    }
    assert_eq!(october["2"], 102, "counted by hand in expected.toml");
    assert_eq!(july["–"], 5);
}

#[test]
fn the_main_figures() {
    for pack in packs() {
        let practices = pack.practices();
        let count = |pick: &dyn Fn(&Table) -> bool| practices.values().filter(|(_, t)| pick(t)).count();
        let reactive = count(&|t| matches!(level(t, "level").as_str(), "4" | "5"));
        let overdue = count(&|t| text(t, "clock") == "overdue");
        let moved = count(&|t| !text(t, "cause").is_empty());
        let stale = count(&|t| t["not_assessed"].as_bool().unwrap());
        let open = exceptions(&pack).len();
        for content in pack.named() {
            let kpis = paper::figures(&content, "summary");
            let mut wanted = vec![
                ("at a reactive level", reactive),
                ("visits overdue", overdue),
                ("exceptions open", open),
                ("dashboard not assessed", stale),
            ];
            if pack.quarter == "q2" {
                wanted.push(("changed level", moved));
            }
            for (label, value) in wanted {
                assert_eq!(kpis.get(label), Some(&value.to_string()), "{} {label}", pack.quarter);
            }
        }
    }
}

#[test]
fn movements_by_cause_and_direction_and_each_of_them() {
    let [first, second] = packs();
    for content in first.named() {
        let moved = paper::table(&content, "movements", "movements");
        assert_eq!(moved.len(), 0, "there is nothing before it");
        let why = "This is the first pack: there is no earlier level to compare with.";
        assert_eq!(paper::paragraphs(&content, "movements"), [why]);
    }
    let causes = [
        ("data", "New data"),
        ("late-file", "A file that came late or was corrected"),
        ("rule", "A changed rule"),
        ("decision", "A decision, or its end"),
        ("new", "A practice new to the framework"),
    ];
    let mut by_cause: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let mut each: BTreeMap<String, [String; 3]> = BTreeMap::new();
    for (code, (_, table)) in second.practices() {
        let Some((cause, words)) = causes.iter().find(|(c, _)| *c == text(&table, "cause")) else { continue };
        let (before, now) = (level(&table, "previous_level"), level(&table, "level"));
        // A practice without a level, then or now, went neither up nor down.
        let direction = match (before.as_str(), now.as_str()) {
            ("–", _) | (_, "–") => 2,
            (before, now) if now > before => 0,
            _ => 1,
        };
        by_cause.entry(cause).or_insert([0; 3])[direction] += 1;
        each.insert(code, [before, now, (*words).to_owned()]);
    }
    for content in second.named() {
        let ways = ["Cause", "To a higher level", "To a lower level", "Other"];
        let rows = paper::table(&content, "movements", "movements-by-cause");
        let shown: BTreeMap<String, [String; 3]> = rows
            .iter()
            .map(|row| row.texts(ways))
            .map(|[cause, up, down, other]| (cause, [up, down, other]))
            .collect();
        let wanted: BTreeMap<String, [String; 3]> = causes
            .iter()
            .filter_map(|(cause, words)| {
                let counts = by_cause.get(cause)?.map(|n| n.to_string());
                Some(((*words).to_owned(), counts))
            })
            .collect();
        assert_eq!(shown, wanted);
        let rows = paper::table(&content, "movements", "movements");
        assert_eq!(rows.len(), each.len());
        let rows: BTreeMap<String, [String; 3]> = rows
            .iter()
            .map(|row| {
                let code = row.code("Practice").trim_matches(['(', ')']).to_owned();
                let levels = row.words("From, to").badges();
                // A practice that is new came from no level.
                let from = match row.first("From, to").as_str() {
                    "New" => "–",
                    _ => levels[0],
                };
                let to = levels.last().unwrap();
                (code, [from.to_owned(), (*to).to_owned(), row.text("Cause")])
            })
            .collect();
        assert_eq!(rows, each);
        let gone = paper::items(&content, "movements");
        assert!(gone.len() == 1 && gone[0].contains("X90196"), "{gone:?}");
        let (up, down): (usize, usize) = (
            by_cause.values().map(|counts| counts[0]).sum(),
            by_cause.values().map(|counts| counts[1]).sum(),
        );
        let said = paper::claims(&content, "summary").join(" ");
        assert!(said.contains(&format!("{up} ")) && said.contains(&format!("{down} ")), "{said}");
    }
}
