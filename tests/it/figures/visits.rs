//! Visits: reactive ones in time, those made by type and team, and the clocks.

use std::collections::{BTreeMap, BTreeSet};

use super::{PUBLIC, completed, day, holds_in_public, level, packs, short, text, visits_of_teams};
use crate::support::paper;

/// Clocks of reactive levels that `expected.toml` does not give, because it has one for each practice and pack,
/// counted by hand from the storylines: practice, level, start, and the due date.
const FURTHER_CLOCKS: [(&str, &str, &str, &str, &str); 2] = [
    // The rating of 2 April; the clock of the pack is that of the concern of July.
    ("q1", "X90016", "4", "2026-04-02", "2026-05-02"),
    // Paused in the pack of July, from the 6th to the 19th: seven days and fourteen more.
    ("q2", "X90003", "5", "2026-07-03", "2026-07-24"),
];

#[test]
fn reactive_visits_in_time_late_and_missing() {
    let mut before: BTreeMap<(String, String, String), String> = BTreeMap::new();
    for pack in packs() {
        // Each clock of a reactive level in this pack or the last: practice, level, start; and its due date.
        let mut clocks = std::mem::take(&mut before);
        for (code, (_, table)) in pack.practices() {
            let (of, due) = (level(&table, "level"), text(&table, "visit_due"));
            if matches!(of.as_str(), "4" | "5") && !due.is_empty() {
                clocks.insert((code, of, text(&table, "clock_start").to_owned()), due.to_owned());
            }
        }
        for (_, code, level, start, due) in FURTHER_CLOCKS.iter().filter(|c| c.0 == pack.quarter) {
            clocks.insert(((*code).to_owned(), (*level).to_owned(), (*start).to_owned()), (*due).to_owned());
        }
        let made = completed(&pack);
        let mut counted: BTreeMap<&str, [usize; 3]> = BTreeMap::from([("4", [0; 3]), ("5", [0; 3])]);
        let mut late_by = Vec::new();
        for ((code, level, start), due) in &clocks {
            let (start, due) = (day(start), day(due));
            if !pack.in_quarter(due) || due >= pack.as_of {
                continue;
            }
            let of = made.iter().filter(|v| v.text("practice") == code && v.text("visit_type") == "Reactive");
            let first = of.filter_map(|v| v.date("visit_date")).filter(|date| *date >= start).min();
            let place = match first {
                Some(date) if date <= due => 0,
                Some(date) => {
                    late_by.push((date - due).num_days());
                    1
                }
                // No concern of the fixtures ends before its visit is due without one.
                None => 2,
            };
            counted.get_mut(level.as_str()).unwrap()[place] += 1;
        }
        let all = [0, 1, 2].map(|place| counted.values().map(|c| c[place]).sum::<usize>());
        let share = |c: &[usize; 3]| match c.iter().sum::<usize>() {
            0 => "none due".to_owned(),
            due => format!("{} of {due}", c[0]),
        };
        let (wanted, days) = match pack.quarter {
            "q1" => ([1, 1, 1], "66 days".to_owned()),
            _ => ([6, 5, 5], "13 to 74 days".to_owned()),
        };
        assert_eq!(all, wanted, "{} by hand", pack.quarter);
        let (least, most) = (late_by.iter().min().unwrap(), late_by.iter().max().unwrap());
        assert!(
            days.starts_with(&least.to_string()) && days.ends_with(&format!("{most} days")),
            "{late_by:?}"
        );
        for content in pack.named() {
            let kpis = paper::figures(&content, "summary");
            assert_eq!(kpis.get("reactive visits in time"), Some(&share(&all)), "{kpis:?}");
            let rows = paper::table(&content, "summary", "in-time");
            let shown: Vec<[String; 2]> =
                rows.iter().map(|row| row.texts(["Level", &pack.quarter_name()])).collect();
            let wanted = [("Level 5", &counted["5"]), ("Level 4", &counted["4"]), ("All", &all)];
            let wanted = wanted.map(|(level, counts)| [level.to_owned(), share(counts)]);
            assert_eq!(shown, wanted, "{}", pack.quarter);
            let [in_time, late, missing] = all;
            let name = pack.quarter_name();
            assert_eq!(
                paper::claims(&content, "summary")[0],
                format!(
                    "{} reactive visits were due in {name}: made were {in_time} in time, {late} late ({days}) \
                     and {missing} not at all so far.",
                    all.iter().sum::<usize>()
                )
            );
        }
        let public = pack.of(PUBLIC);
        assert_eq!(paper::find_table(&public, "summary", "in-time"), None, "named packs only");
        before = clocks;
    }
}

#[test]
fn visits_by_type_and_team_in_the_quarter_and_in_the_year() {
    // 1 April to 14 July are 105 of 365 days and to 14 October 197; 66 visits are planned a year, 22 a team.
    let plans = BTreeMap::from([("q1", ["19", "6"]), ("q2", ["36", "12"])]);
    for pack in packs() {
        let practices = pack.practices();
        let (mut types, mut teams) = (BTreeMap::new(), BTreeMap::new());
        for (place, _) in practices.values() {
            teams.entry(format!("{place} place facing team")).or_insert([0; 5])[0] += 1;
        }
        let team_quarters = visits_of_teams(&pack);
        let (mut quarter, mut proactive_year) = (0, 0);
        for visit in completed(&pack) {
            let date = visit.date("visit_date").unwrap();
            if date < day("2026-04-01") {
                continue;
            }
            let kind = visit.text("visit_type").to_owned();
            let in_quarter = usize::from(pack.in_quarter(date));
            let counts = types.entry(kind.clone()).or_insert([0, 0]);
            counts[0] += in_quarter;
            counts[1] += 1;
            quarter += in_quarter;
            proactive_year += usize::from(kind == "Proactive");
            let Some((place, _)) = practices.get(visit.text("practice")) else { continue };
            let team = format!("{place} place facing team");
            let team = teams.get_mut(&team).unwrap();
            team[1] += usize::from(kind == "Proactive") * in_quarter;
            team[2] += usize::from(kind == "Reactive") * in_quarter;
            team[3] += usize::from(kind == "Proactive");
            team[4] += 1;
        }
        assert!(quarter > 0 && proactive_year > 0);
        let [all, each] = plans[pack.quarter];
        let year = format!("Year to {}", pack.as_of.format("%-d %B %Y"));
        for content in pack.named() {
            let rows = paper::table(&content, "visits", "visits-by-type");
            let shown: BTreeMap<String, [usize; 2]> = rows
                .iter()
                .map(|row| {
                    let counts = row.texts([&pack.quarter_name(), &year]);
                    (row.text("Type"), counts.map(|n| n.parse().unwrap()))
                })
                .collect();
            assert_eq!(shown, types, "{}", pack.quarter);
            let rows = paper::table(&content, "visits", "visits-by-team");
            let [proactive, reactive] =
                ["Proactive", "Reactive"].map(|kind| format!("{kind}, {}", pack.quarter_name()));
            let fields = ["Practices", &proactive, &reactive, "Proactive, year", "All visits, year"];
            let shown: BTreeMap<String, [usize; 5]> = rows
                .iter()
                .map(|row| (row.text("Team"), row.texts(fields).map(|n| n.parse().unwrap())))
                .collect();
            assert_eq!(shown, teams, "{}", pack.quarter);
            for row in rows {
                assert_eq!(row.texts(["Proactive, expected", "Proactive, planned"]), [each, "22"]);
            }
            let said = paper::claims(&content, "visits");
            let name = pack.quarter_name();
            let verb = if quarter == 1 { "visit was" } else { "visits were" };
            assert_eq!(said[0], format!("{quarter} {verb} completed in {name}."));
            let verb = if proactive_year == 1 { "visit was" } else { "visits were" };
            let date = pack.as_of.format("%-d %B %Y");
            assert_eq!(
                said[1],
                format!(
                    "{proactive_year} proactive {verb} completed in the year to {date}; {all} of the 66 planned for \
                     the year would be expected by then."
                )
            );
        }
        // Where types and teams are few, a public paper has them together.
        let together = |with: &dyn Fn(&str) -> bool| {
            let of = types.iter().filter(|(name, _)| with(name)).map(|(_, counts)| counts);
            of.fold([0; 2], |sum: [usize; 2], counts| [sum[0] + counts[0], sum[1] + counts[1]])
        };
        let public = pack.of(PUBLIC);
        for row in paper::table(&public, "visits", "visits-by-type") {
            let [name, in_quarter, year] = row.texts(["Type", &pack.quarter_name(), &year]);
            let truth = match name.as_str() {
                "All types" => together(&|_| true),
                "Other types" => together(&|kind| kind != "Proactive"),
                kind => types[kind],
            };
            holds_in_public(&in_quarter, truth[0], &name);
            holds_in_public(&year, truth[1], &name);
        }
        let all_visits = format!("All visits, {}", pack.quarter_name());
        for row in paper::table(&public, "visits", "visits-by-team") {
            let [name, of_practices, in_quarter, year] =
                row.texts(["Team", "Practices", &all_visits, "All visits, year"]);
            let (scope, truth) = match name.as_str() {
                "All teams" => (practices.len(), together(&|_| true)),
                team => (teams[team][0], [team_quarters[team], teams[team][4]]),
            };
            assert_eq!(of_practices, scope.to_string(), "{name}");
            holds_in_public(&in_quarter, truth[0], &name);
            holds_in_public(&year, truth[1], &name);
            for kind in ["Proactive", "Reactive"] {
                for head in [format!("{kind}, {}", pack.quarter_name()), format!("{kind}, year")] {
                    assert!(!row.has(&head), "visits of a team and a type are few");
                }
            }
        }
    }
}

/// The states of clocks, and the heads of their columns.
const STATES: [(&str, &str); 6] = [
    ("overdue", "Overdue"),
    ("due-soon", "Due soon"),
    ("running", "Running"),
    ("met", "Met in time"),
    ("met-late", "Met late"),
    ("paused", "Paused"),
];

/// The levels that stand together in a row of a public table, as its label has them: `Levels 5 and 4`,
/// `Levels 3, 2, 1; Not assessed`, `All levels`.
fn levels_in(label: &str) -> BTreeSet<String> {
    if label == "All levels" {
        return ["5", "4", "3", "2", "1", "–"].map(str::to_owned).into();
    }
    let numbers = label.chars().filter(char::is_ascii_digit).map(String::from);
    let none = label.to_lowercase().contains("not assessed").then(|| "–".to_owned());
    numbers.chain(none).collect()
}

#[test]
fn clocks_by_level_and_each_visit_that_is_due_or_paused() {
    for pack in packs() {
        let practices = pack.practices();
        let mut clocks: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let (mut due, mut paused) = (BTreeSet::new(), BTreeSet::new());
        for (code, (_, table)) in &practices {
            let state = text(table, "clock");
            let place = STATES.iter().position(|s| s.0 == state).unwrap_or_else(|| panic!("{code}: {state}"));
            clocks.entry(level(table, "level")).or_insert_with(|| vec![0; STATES.len()])[place] += 1;
            match state {
                "overdue" | "due-soon" => {
                    let on = short(day(text(table, "visit_due")));
                    due.insert([code.clone(), on, level(table, "level")]);
                }
                "paused" => {
                    paused.insert([code.clone(), level(table, "level")]);
                }
                _ => {}
            }
        }
        for content in pack.named() {
            let rows = paper::table(&content, "visits", "clocks");
            let shown: BTreeMap<String, Vec<usize>> = rows
                .iter()
                .map(|row| {
                    let counts = STATES.map(|(_, head)| row.text(head).parse().unwrap());
                    (row.words("Level").badge(), counts.to_vec())
                })
                .collect();
            assert_eq!(rows.len(), clocks.len());
            assert_eq!(shown, clocks, "{}", pack.quarter);
            let rows = paper::table(&content, "visits", "visits-due");
            let shown: BTreeSet<[String; 3]> = rows
                .iter()
                .map(|row| [row.text("Code"), row.first("Due"), row.words("Level").badge()])
                .collect();
            assert_eq!(shown, due, "{}", pack.quarter);
            for row in &rows {
                let overdue = text(&practices[&row.text("Code")].1, "clock") == "overdue";
                let mark = if overdue { "Overdue" } else { "Due soon" };
                assert_eq!(row.words("Due").styled("strong"), [mark], "{row:?}");
            }
            let rows = paper::table(&content, "visits", "visits-paused");
            let shown: BTreeSet<[String; 2]> =
                rows.iter().map(|row| [row.text("Code"), row.words("Level").badge()]).collect();
            assert_eq!(shown, paused, "{}", pack.quarter);
            assert_eq!(
                paper::caption(&content, "visits", "visits-due"),
                "Practices whose visit is overdue or due within 14 days"
            );
        }
        let mut seen = Vec::new();
        for row in paper::table(&pack.of(PUBLIC), "visits", "clocks") {
            let label = row.text("Level");
            let levels = levels_in(&label);
            let cells = STATES.map(|(_, head)| row.text(head));
            for (place, cell) in cells.iter().enumerate() {
                let truth = levels.iter().map(|level| clocks[level][place]).sum();
                holds_in_public(cell, truth, &format!("{} clocks of {label}", pack.quarter));
            }
            seen.extend(levels);
        }
        seen.sort();
        let all: Vec<String> = clocks.keys().cloned().collect();
        assert!(seen.is_empty() || seen == all, "each level stands in one row: {seen:?}");
    }
}
