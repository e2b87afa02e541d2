//! Exceptions: open, new and closed.

use std::collections::{BTreeMap, BTreeSet};

use super::themes::TEAMS;
use super::{NAMED, Pack, day, level, packs};
use crate::support::paper::{self, Line};
use crate::support::sheets::{expected, rows};

/// The exceptions that the fixtures say are open, by what each is known by: its practice, the level at which the
/// practice stands, and what papers say of it.
pub fn exceptions(pack: &Pack) -> BTreeMap<String, [String; 3]> {
    let all = expected()["exception"].as_array().unwrap().clone();
    let practices = pack.practices();
    let open = all
        .iter()
        .filter(|e| e["step"].as_integer() == Some(pack.step) && e["state"].as_str() == Some("open"));
    open.map(|e| {
        let text = |key: &str| e[key].as_str().unwrap();
        let (feed, reference, criterion) = (text("feed"), text("reference"), text("criterion"));
        let (id, what) = match feed {
            "cqc-ratings" => {
                let date = day(reference.split_once(' ').unwrap().1).format("%-d %B %Y");
                let what = format!("CQC rated the practice {} overall on {date}.", text("severity"));
                (reference.replace(' ', "/"), what)
            }
            feed => {
                let (_, team) = TEAMS.iter().find(|(known, _)| *known == feed).unwrap();
                let sheet = rows(feed, pack.step);
                let row = sheet.iter().find(|row| row.text("reference") == reference).unwrap();
                let told = row.date("date_notified").or_else(|| row.date("date_raised")).unwrap();
                let severity = match text("severity") {
                    "Immediate" => "An immediate",
                    "Serious" => "A serious",
                    other => panic!("{reference}: {other}"),
                };
                let date = told.format("%-d %B %Y");
                let what = format!("{severity} concern under {criterion}, notified by {team} on {date}.");
                (format!("{feed}/{reference}"), what)
            }
        };
        let present = level(&practices[text("practice")].1, "level");
        (id, [format!("({})", text("practice")), present, format!("{criterion}. {what}")])
    })
    .collect()
}

#[test]
fn exceptions_open_new_and_closed() {
    let [first, second] = packs();
    let (july, october) = (exceptions(&first), exceptions(&second));
    type Known = BTreeMap<String, [String; 3]>;
    // Practice and words of those that only one of two has.
    let only = |of: &Known, other: &Known| -> BTreeSet<[String; 2]> {
        let alone = of.iter().filter(|(id, _)| !other.contains_key(*id));
        alone.map(|(_, [practice, _, what])| [practice.clone(), what.clone()]).collect()
    };
    let (new, closed) = (only(&october, &july), only(&july, &october));
    for (pack, open, new, closed) in
        [(&first, &july, BTreeSet::new(), BTreeSet::new()), (&second, &october, new.clone(), closed.clone())]
    {
        let mut contents = pack.named();
        contents.push(pack.of("quality-committee"));
        for content in contents {
            let what = |row: &Line<'_>, head: &str| {
                let line = row.first(head);
                [row.code("Practice"), line.split(" (R").next().unwrap().to_owned()]
            };
            let rows = paper::table(&content, "exceptions", "exceptions-open");
            assert_eq!(rows.len(), open.len(), "{}", pack.quarter);
            let shown: BTreeSet<[String; 3]> = rows
                .iter()
                .map(|row| {
                    let [practice, words] = what(row, "What happened");
                    [practice, row.words("Level").badge(), words]
                })
                .collect();
            assert_eq!(shown, open.values().cloned().collect(), "{}", pack.quarter);
            let fresh: BTreeSet<[String; 2]> = rows
                .iter()
                .filter(|row| row.words("Since").styled("strong") == ["New"])
                .map(|row| what(row, "What happened"))
                .collect();
            assert_eq!(fresh, new, "{}", pack.quarter);
            let rows = paper::table(&content, "exceptions", "exceptions-closed");
            assert_eq!(rows.len(), closed.len(), "{}", pack.quarter);
            let gone: BTreeSet<[String; 2]> = rows.iter().map(|row| what(row, "What had happened")).collect();
            assert_eq!(gone, closed, "{}", pack.quarter);
            assert_eq!(
                paper::claims(&content, "exceptions")[0],
                format!("{} exceptions are open.", open.len())
            );
        }
    }
    let said = paper::claims(&second.of(NAMED[0]), "exceptions");
    assert_eq!(
        said[1],
        format!(
            "Since the pack of 14 July 2026, {} exceptions opened and {} exceptions closed.",
            new.len(),
            closed.len()
        )
    );
}
