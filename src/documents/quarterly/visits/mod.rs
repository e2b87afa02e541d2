//! (a) Data and visits.

mod clocks;
mod due;
mod reckoning;
mod year;

use serde::Serialize;

use super::keys;
use crate::dates::long;
use crate::documents::{Claim, Material, Reader, Written};
use crate::visits::State;
use crate::wording::plural;

pub use clocks::ClockRow;
use clocks::clocks;
pub use due::Due;
pub(in crate::documents) use due::next_planned;
use due::{due, paused};
pub use reckoning::{Counted, Team};
use reckoning::{Of, PROACTIVE, Reckoning, made};
use year::Year;

/// (a) Data and visits.
#[derive(Debug, Clone, Serialize)]
pub struct Visits {
    /// The main findings.
    pub claims: Vec<Claim>,
    /// The quarter, in short.
    pub quarter: String,
    /// Until when the year is counted: `Year to 14 October 2026`.
    pub year: String,
    /// How the figure of what is expected by now comes about.
    pub expected: String,
    /// Within how long a visit is due soon: `14 days`.
    pub soon: String,
    /// Whether no visit was made in the year so far.
    pub none: bool,
    /// Completed visits of the quarter and of the year so far, by type. This table and the next two are
    /// coarser in a public pack that cannot show more, and empty if even that would tell too much.
    pub types: Vec<Counted>,
    /// The same by team, against the plan of the year.
    pub teams: Vec<Team>,
    /// How the clocks of each level stand.
    pub clocks: Vec<ClockRow>,
    /// Practices whose visit is overdue or due soon; empty in a public pack.
    pub due: Vec<Due>,
    /// Practices whose clock is paused; empty in a public pack.
    pub paused: Vec<Due>,
    /// What people wrote.
    pub narrative: Written,
}

pub(super) fn visits(material: &Material<'_>, reader: Reader<'_>) -> Visits {
    let made = made(material);
    let year = Year::of(material);
    let reckoning = Reckoning::new(material, &made, &year);
    reckoning.note(reader);
    let (types, teams) = (reckoning.types(reader), reckoning.teams(material, reader, &year));
    let clocks = clocks(material, reader);
    Visits {
        claims: claims(material, reader, &reckoning, &year),
        quarter: material.quarter.short(),
        year: format!("Year to {}", long(year.until)),
        expected: year.in_words(),
        soon: soon(material),
        none: made.iter().all(|visit| !reckoning.year.contains(visit.date)),
        types,
        teams,
        clocks,
        due: if reader.named() { due(material) } else { Vec::new() },
        paused: if reader.named() { paused(material) } else { Vec::new() },
        narrative: crate::documents::narrative::written(material, "Data and visits", reader),
    }
}

/// Within how long a visit is due soon, in words.
pub(super) fn soon(material: &Material<'_>) -> String {
    let days = usize::try_from(material.pipeline.levels.due_soon_days).unwrap_or_default();
    plural(days, "day", "days")
}

fn claims(
    material: &Material<'_>,
    reader: Reader<'_>,
    reckoning: &Reckoning<'_>,
    so_far: &Year,
) -> Vec<Claim> {
    let sources = material.all_receipts(&material.fact("visits"));
    let (quarter, year) = (&reckoning.quarter, &reckoning.year);
    let planned = material.pipeline.programme.visits_a_year;
    let visits = reader.say(&quarter.key(&Of::All.name()), reckoning.count(quarter, Of::All));
    let text =
        format!("{} completed in {}.", visits.words("visit was", "visits were"), material.quarter.short());
    let mut out = vec![Claim::new(text, sources.clone())];
    let proactive = Of::Type(PROACTIVE);
    let visits = reader.say(&year.key(&proactive.name()), reckoning.count(year, proactive));
    let text = format!(
        "{} completed in the year to {}; {} of the {planned} planned for the year would be expected by then.",
        visits.words("proactive visit was", "proactive visits were"),
        long(so_far.until),
        so_far.expected(planned)
    );
    out.push(Claim::new(text, sources));
    let paused = material.standings.iter().filter(|s| s.clock.state == State::Paused).count();
    if paused > 0 && reader.named() {
        let text =
            format!("{} paused, with a reason for each pause.", plural(paused, "clock is", "clocks are"));
        out.push(Claim::new(text, material.all_receipts(&material.fact("pauses"))));
    }
    out.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::sample::Sample;

    const NAMED: Reader<'static> = Reader::NAMED;

    fn texts(visits: &Visits) -> Vec<&str> {
        visits.claims.iter().map(|claim| claim.text.as_str()).collect()
    }

    #[test]
    fn the_year_so_far_ends_on_the_date_of_the_pack_and_the_quarter_on_its_last_day() {
        let mut sample = Sample::new("2026-10-14");
        sample.practice("P81001", Some(2));
        let visit =
            |kind: &str, date: &str| format!("practice = P81001; visit_type = {kind}; visit_date = {date}");
        let rows = [
            visit("Proactive", "2026-03-31"),
            visit("Proactive", "2026-04-01"),
            visit("Reactive", "2026-06-30"),
            visit("Proactive", "2026-07-01"),
            visit("Proactive", "2026-09-30"),
            visit("Reactive", "2026-10-01"),
            visit("Reactive", "2026-10-14"),
        ];
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        sample.fact("visits", &rows);
        let visits = visits(&sample.material(), NAMED);
        assert_eq!(visits.year, "Year to 14 October 2026");
        let types: Vec<(&str, &str, &str)> =
            visits.types.iter().map(|t| (t.name.as_str(), t.quarter.as_str(), t.year.as_str())).collect();
        assert_eq!(types, [("Proactive", "2", "3"), ("Reactive", "0", "3")]);
        // 1 April to 14 October are 197 of 365 days: 66 * 197 / 365 = 35.6.
        assert_eq!(
            texts(&visits),
            [
                "2 visits were completed in Q2 2026-27.",
                "3 proactive visits were completed in the year to 14 October 2026; 36 of the 66 planned for the \
                 year would be expected by then."
            ]
        );
    }

    #[test]
    fn a_pack_after_the_end_of_the_year_counts_that_year_and_no_more() {
        let mut sample = Sample::new("2027-04-16");
        sample.practice("P81001", Some(2));
        sample.fact(
            "visits",
            &[
                "practice = P81001; visit_type = Proactive; visit_date = 2027-03-31",
                "practice = P81001; visit_type = Proactive; visit_date = 2027-04-01",
            ],
        );
        let visits = visits(&sample.material(), NAMED);
        assert_eq!(visits.year, "Year to 31 March 2027");
        assert_eq!(
            texts(&visits),
            [
                "1 visit was completed in Q4 2026-27.",
                "1 proactive visit was completed in the year to 31 March 2027; 66 of the 66 planned for the year \
                 would be expected by then."
            ]
        );
    }

    #[test]
    fn a_team_s_proactive_visits_stand_beside_its_proactive_plan() {
        let mut sample = Sample::new("2026-07-14");
        let places = &sample.pipeline.scope.places;
        let (team, other) = (places[0].team.clone(), places.last().unwrap().team.clone());
        sample.practice("P81001", Some(2)).outcome.practice.team = team.clone();
        sample.practice("P81002", Some(2)).outcome.practice.team = other;
        sample.fact(
            "visits",
            &[
                "practice = P81001; visit_type = Proactive; visit_date = 2026-05-01",
                "practice = P81001; visit_type = Reactive; visit_date = 2026-05-02",
                "practice = P81001; visit_type = Proactive; visit_date = 2026-07-02",
                "practice = P81002; visit_type = Proactive; visit_date = 2026-05-03",
            ],
        );
        let visits = visits(&sample.material(), NAMED);
        let found = visits.teams.iter().find(|t| t.name == team).unwrap();
        // 105 of 365 days: 22 * 105 / 365 = 6.3.
        let told = [
            &found.practices,
            &found.proactive,
            &found.reactive,
            &found.proactive_year,
            &found.expected,
            &found.plan,
            &found.year,
        ];
        assert_eq!(told, ["1", "1", "1", "2", "6", "22", "3"]);
        assert_eq!(
            visits.expected,
            "Expected: the plan of the year in proportion to the 105 of its 365 days that have passed, rounded."
        );
    }

    #[test]
    fn no_visit_and_one_visit_are_said_as_such() {
        let mut sample = Sample::new("2026-07-14");
        sample.practice("P81001", Some(2));
        let nothing = "practice = P81001; visit_type = Proactive; visit_date = 2025-05-01";
        sample.fact("visits", &[nothing]);
        let said = visits(&sample.material(), NAMED);
        assert_eq!(said.claims[0].text, "No visit was completed in Q1 2026-27.");
        assert!(
            said.claims[1].text.starts_with("No proactive visit was completed"),
            "{}",
            said.claims[1].text
        );
        sample
            .fact("visits", &[nothing, "practice = P81001; visit_type = Proactive; visit_date = 2026-05-01"]);
        let said = visits(&sample.material(), NAMED);
        assert_eq!(said.claims[0].text, "1 visit was completed in Q1 2026-27.");
        assert!(
            said.claims[1].text.starts_with("1 proactive visit was completed"),
            "{}",
            said.claims[1].text
        );
    }

    #[test]
    fn soon_is_what_the_pipeline_says() {
        let mut sample = Sample::new("2026-07-14");
        assert_eq!(visits(&sample.material(), NAMED).soon, "14 days");
        sample.pipeline.levels.due_soon_days = 1;
        assert_eq!(visits(&sample.material(), NAMED).soon, "1 day");
    }
}
