//! Every figure of the packs of both quarters, by value, against the fixtures counted by plain loops: over their
//! sheets (`support::sheets`) and over what their authors wrote down (`expected.toml`). Nothing of the program
//! counts here.

mod changes;
mod exceptions;
mod levels;
mod sources;
mod support;
mod themes;
mod visits;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::Value;
use toml::Table;

use crate::support::sheets::{Row, expected, rows};
use crate::support::{demo, paper};

/// A pack of the demo.
pub struct Pack {
    /// `q1` or `q2`, as the fixtures call it.
    quarter: &'static str,
    /// The step of the fixtures that was dropped for it.
    step: i64,
    as_of: NaiveDate,
    first: NaiveDate,
    last: NaiveDate,
    run: &'static str,
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The packs of both quarters.
pub fn packs() -> [Pack; 2] {
    [
        Pack {
            quarter: "q1",
            step: 1,
            as_of: day("2026-07-14"),
            first: day("2026-04-01"),
            last: day("2026-06-30"),
            run: "quarterly-2026-07-14",
        },
        Pack {
            quarter: "q2",
            step: 3,
            as_of: day("2026-10-14"),
            first: day("2026-07-01"),
            last: day("2026-09-30"),
            run: "quarterly-2026-10-14",
        },
    ]
}

const NAMED: [&str; 2] = ["primary-medical-services-group", "primary-care-quality-group"];
const PUBLIC: &str = "primary-care-commissioning-sub-committee";

impl Pack {
    /// What the pack of a committee says, as data.
    fn of(&self, committee: &str) -> Value {
        paper::pack(demo(), self.run, committee)
    }

    /// The quarter as papers name it.
    fn quarter_name(&self) -> String {
        format!("{} 2026-27", self.quarter.to_uppercase())
    }

    /// The packs in which practices are named.
    fn named(&self) -> Vec<Value> {
        NAMED.iter().map(|committee| self.of(committee)).collect()
    }

    fn in_quarter(&self, date: NaiveDate) -> bool {
        self.first <= date && date <= self.last
    }

    /// What the fixtures say of each practice in scope: place and table.
    fn practices(&self) -> BTreeMap<String, (String, Table)> {
        let all = expected()["practice"].as_array().unwrap().clone();
        let of = |practice: &toml::Value| {
            let table = practice.get(self.quarter)?.as_table()?.clone();
            let (code, place) = (practice["code"].as_str()?, practice["place"].as_str()?);
            Some((code.to_owned(), (place.to_owned(), table)))
        };
        all.iter().filter_map(of).collect()
    }
}

/// The level of a practice as tables of a paper have it.
fn level(table: &Table, key: &str) -> String {
    table.get(key).and_then(toml::Value::as_integer).map_or_else(|| "–".to_owned(), |l| l.to_string())
}

fn text<'t>(table: &'t Table, key: &str) -> &'t str {
    table.get(key).and_then(toml::Value::as_str).unwrap_or_default()
}

/// The date as tables of a paper have it.
fn short(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

fn thousands(n: i64) -> String {
    if n < 1_000 { n.to_string() } else { format!("{},{:03}", n / 1_000, n % 1_000) }
}

/// A number of a public paper is the true one or is hidden, and a small one is hidden.
fn holds_in_public(shown: &str, truth: usize, what: &str) {
    let small = (1..5).contains(&truth);
    assert!(shown == "[c]" || (!small && shown == truth.to_string()), "{what}: {shown} for {truth}");
}

/// The visits that count on the date of a pack: completed ones.
fn completed(pack: &Pack) -> Vec<Row> {
    let made = rows("visits", pack.step).into_iter().filter(|row| row.text("status") == "Completed");
    made.filter(|row| row.date("visit_date").is_some_and(|date| date <= pack.as_of)).collect()
}

/// The visits of the quarter by place facing team.
pub fn visits_of_teams(pack: &Pack) -> BTreeMap<String, usize> {
    let practices = pack.practices();
    let team = |place: &str| format!("{place} place facing team");
    let mut out: BTreeMap<String, usize> = practices.values().map(|(place, _)| (team(place), 0)).collect();
    for visit in completed(pack).iter().filter(|v| pack.in_quarter(v.date("visit_date").unwrap())) {
        if let Some((place, _)) = practices.get(visit.text("practice")) {
            *out.get_mut(&team(place)).unwrap() += 1;
        }
    }
    out
}
