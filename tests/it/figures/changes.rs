//! What changed in the plan of visits, and decisions.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{day, packs, short};
use crate::support::paper;
use crate::support::sheets::{Row, rows};

#[test]
fn visits_that_were_moved_cancelled_or_paused() {
    for pack in packs() {
        let by_reference = |step: i64, as_of: NaiveDate| -> BTreeMap<String, Row> {
            let all = rows("visits", step).into_iter();
            let known =
                all.filter(|row| row.text("status") != "Paused" || row.date("paused_from") <= Some(as_of));
            known.map(|row| (row.text("reference").to_owned(), row)).collect()
        };
        let now = by_reference(pack.step, pack.as_of);
        let before = if pack.step == 1 { BTreeMap::new() } else { by_reference(1, day("2026-07-14")) };
        let mut changes = BTreeSet::new();
        for (reference, row) in &now {
            let earlier = before.get(reference);
            let was = earlier.map_or("", |row| row.text("status"));
            let date = |row: &Row, column: &str| row.date(column).map(short).unwrap_or_default();
            let change = match row.text("status") {
                "Cancelled" if was != "Cancelled" => "cancelled".to_owned(),
                "Planned"
                    if was == "Planned"
                        && earlier.unwrap().date("planned_date") != row.date("planned_date") =>
                {
                    format!(
                        "moved from {} to {}",
                        date(earlier.unwrap(), "planned_date"),
                        date(row, "planned_date")
                    )
                }
                "Paused" if was != "Paused" => match row.date("paused_until") {
                    Some(until) => format!("paused from {} to {}", date(row, "paused_from"), short(until)),
                    None => format!("paused from {}", date(row, "paused_from")),
                },
                _ => continue,
            };
            changes.insert([format!("({})", row.text("practice")), change]);
        }
        for content in pack.named() {
            let rows = paper::table(&content, "changes", "visits-changed");
            let shown: BTreeSet<[String; 2]> =
                rows.iter().map(|row| [row.code("Practice"), row.text("Change")]).collect();
            assert_eq!(shown, changes, "{}", pack.quarter);
            let verb = if changes.len() == 1 { "visit was" } else { "visits were" };
            let said = paper::claims(&content, "changes");
            assert_eq!(said[0], format!("{} {verb} moved, cancelled or paused.", changes.len()));
        }
    }
}

#[test]
fn decisions_in_force_ended_and_withdrawn() {
    for pack in packs() {
        let practices = pack.practices();
        let code = |row: &Row| row.text("practice").to_owned();
        // Of several on a practice the latest counts, then the later row.
        let in_force = |step: i64, on: NaiveDate| -> BTreeMap<String, Row> {
            let mut out: BTreeMap<String, Row> = BTreeMap::new();
            for row in rows("decisions", step) {
                let (decided, until) = (row.date("decided_on").unwrap(), row.date("until").unwrap());
                if decided > on || until < on {
                    continue;
                }
                if out.get(&code(&row)).is_none_or(|known| known.date("decided_on") <= Some(decided)) {
                    out.insert(code(&row), row);
                }
            }
            out
        };
        let now = in_force(pack.step, pack.as_of);
        let mut wanted: BTreeSet<[String; 2]> = now
            .iter()
            .filter(|(code, _)| practices.contains_key(*code))
            .map(|(code, row)| [format!("({code})"), row.text("level").to_owned()])
            .collect();
        if pack.step > 1 {
            for (code, row) in in_force(1, day("2026-07-14")) {
                let ended = row.date("until").unwrap() < pack.as_of;
                let gone = !now.contains_key(&code);
                if (ended || gone) && practices.contains_key(&code) {
                    wanted.insert([format!("({code})"), row.text("level").to_owned()]);
                }
            }
        }
        for content in pack.named() {
            let rows = paper::table(&content, "changes", "decisions");
            let shown: BTreeSet<[String; 2]> =
                rows.iter().map(|row| [row.code("Practice"), row.words("Level").badge()]).collect();
            assert_eq!(shown, wanted, "{}", pack.quarter);
        }
    }
}
