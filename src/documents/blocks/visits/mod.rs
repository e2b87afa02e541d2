//! Visits made, the clocks by level, and what is overdue, due soon or paused.

mod booked;
mod clocks;
mod reckoning;

pub(super) use self::booked::booked;
use self::clocks::CLOCKS;
use self::reckoning::{Of, Reckoning, TEAMS, TYPES, Year, made};
use super::exceptions::urgency;
use crate::dates::{long, short};
use crate::documents::content::{Block, Cell, Column, Kind, Table, TableLook, Words};
use crate::documents::context::{Context, Said};
use crate::documents::suppress::Told;
use crate::documents::{Badge, Claim, Material, Standing};
use crate::visits::State;
use crate::wording::plural;

pub(super) fn block(context: &Context<'_>) -> Block {
    let Context { material, reader, .. } = *context;
    let mut block = context.block();
    let made = made(material);
    let year = Year::of(material);
    let reckoning = Reckoning::new(material, &made, &year);
    reckoning.note(reader);
    let (types, teams) = (reckoning.types(reader), reckoning.teams(context, &year));
    let clocks = clocks::rows(material, reader);
    block.claims(claims(context, &reckoning, &year));

    block.heading("Visits completed");
    let so_far = format!("Year to {}", long(year.until));
    let columns = vec![
        Column::text("Type", None),
        Column::count(material.period.short(), 20),
        Column::count(&so_far, 20),
    ];
    let none = made.iter().all(|visit| !reckoning.year.contains(visit.date));
    let types = if none || reader.leaves_out(TYPES) { Vec::new() } else { types };
    let empty = match (none, context.received("visits")) {
        (false, _) => "The visits are too few to be shown by type.".to_owned(),
        (true, true) => format!("No visit has been completed ({so_far})."),
        (true, false) => {
            "No sheet of visits has been received, so nothing is known of visits completed.".to_owned()
        }
    };
    block.table(
        Table::new("visits-by-type", "Visits by type", columns).look(TableLook::Keep).rows(types),
        &empty,
    );
    let teams = if reader.leaves_out(TEAMS) { Vec::new() } else { teams };
    let table = Table::new("visits-by-team", context.text("by_team"), reckoning.team_columns(context));
    let empty = match reader.named() {
        true => context.text("no_team"),
        false => "The visits are too few to be shown by team.".to_owned(),
    };
    block.table(table.look(TableLook::Keep).rows(teams), &empty);
    let expected = material.pipeline.programme.map(|_| year.in_words());
    block.remark(format!("{so_far}. {}", expected.unwrap_or_default()).trim_end());

    block.heading("Clocks");
    block.paragraph(context.text("clocks"));
    let heads = [
        ("Overdue", 10),
        ("Due soon", 8),
        ("Running", 10),
        ("Met in time", 8),
        ("Met late", 8),
        ("Paused", 9),
    ];
    let first = [Column::of(Kind::Badge, "Level", 19), Column::text("Timescale", None)];
    let columns = first.into_iter().chain(heads.map(|(head, width)| Column::count(head, width))).collect();
    let clocks = if reader.leaves_out(CLOCKS) { Vec::new() } else { clocks };
    let table = Table::new("clocks", "Clocks by level", columns).look(TableLook::Keep).rows(clocks);
    block.table(
        table,
        match reader.named() {
            true => "No clock is running.",
            false => "The clocks are too few in some states for a table to be shown.",
        },
    );
    if reader.named() {
        due(material, &mut block);
        paused(material, &mut block);
    }
    block.written(context.written());
    block
}

/// The days before a due date from which a visit is due soon, in words.
fn soon(material: &Material<'_>) -> String {
    let days = usize::try_from(material.pipeline.levels.due_soon_days).unwrap_or_default();
    plural(days, "day", "days")
}

fn claims(context: &Context<'_>, reckoning: &Reckoning<'_>, so_far: &Year) -> Vec<Claim> {
    let Context { material, reader, .. } = *context;
    let sources = material.all_receipts(&material.fact("visits"));
    let (period, year) = (&reckoning.period, &reckoning.year);
    let visits = reader.say(&period.key(&Of::All.name()), reckoning.count(period, Of::All));
    let text =
        format!("{} completed in {}.", visits.words("visit was", "visits were"), material.period.short());
    let mut out = vec![Claim::new(text, sources.clone())];
    if let Some(planned) = reckoning.planned(material) {
        let of = reckoning.of_programme();
        let visits = reader.say(&year.key(&of.name()), reckoning.count(year, of));
        let values: [(&str, Said); 4] = [
            ("visits", visits.into()),
            ("until", long(so_far.until).into()),
            ("expected", so_far.expected(planned).to_string().into()),
            ("planned", Told::Number(planned as usize).into()),
        ];
        out.push(Claim::new(context.say("programme", &values), sources));
    }
    let paused = material.standings.iter().filter(|s| s.clock.state == State::Paused).count();
    if paused > 0 && reader.named() {
        let text =
            format!("{} paused, with a reason for each pause.", plural(paused, "clock is", "clocks are"));
        out.push(Claim::new(text, material.all_receipts(&material.fact("pauses"))));
    }
    out.into_iter().flatten().collect()
}

/// The practices whose visit is overdue or due soon, in order of urgency.
fn due(material: &Material<'_>, block: &mut Block) {
    let soon = soon(material);
    let is_due = |s: &&Standing| matches!(s.clock.state, State::Overdue | State::DueSoon);
    let mut standings: Vec<&Standing> = material.standings.iter().filter(is_due).collect();
    let level = |s: &Standing| s.outcome.level.unwrap_or_default();
    standings.sort_by_key(|s| (urgency(Some(&s.clock), level(s)), s.code()));
    block.heading("Visits overdue or due soon");
    let columns = vec![
        Column::of(Kind::Practice, "Code", 10),
        Column::text("Practice", None),
        Column::text("Place", 15),
        Column::of(Kind::Badge, "Level", 15),
        Column::of(Kind::Date, "Due", 14),
        Column::text("Next planned visit", 21),
    ];
    let rows = standings.into_iter().map(|standing| {
        let state = if standing.clock.state == State::Overdue { "Overdue" } else { "Due soon" };
        let due = standing.clock.due;
        let words = Words::from(due.map(short).unwrap_or_default()).line().strong(state);
        let last =
            [Cell { words, ..Cell::day(due, "") }, Cell::words(booked(material, standing.code()).in_cell())];
        practice(material, standing).into_iter().chain(last).collect()
    });
    let caption = format!("Practices whose visit is overdue or due within {soon}");
    let table = Table::new("visits-due", caption, columns).named_by(1).rows(rows);
    block.table(table, &format!("No visit is overdue or due within {soon}."));
}

/// The practices whose clock is paused, with since when, until when and why.
fn paused(material: &Material<'_>, block: &mut Block) {
    let standings = material.standings.iter().filter(|s| s.clock.state == State::Paused);
    let rows = standings.map(|standing| {
        let pause = Cell::words(standing.clock.pauses(short));
        practice(material, standing).into_iter().chain([pause]).collect()
    });
    let columns = vec![
        Column::of(Kind::Practice, "Code", 10),
        Column::text("Practice", None),
        Column::text("Place", 16),
        Column::of(Kind::Badge, "Level", 15),
        Column::text("Since when, until when and why", 30),
    ];
    let table = Table::new("visits-paused", "Practices whose clock is paused", columns);
    block.table(table.named_by(1).rows(rows), "");
}

/// Code, name, place and level of a practice.
fn practice(material: &Material<'_>, standing: &Standing) -> [Cell; 4] {
    let practice = &standing.outcome.practice;
    [
        Cell::words(&practice.code),
        Cell::words(material.name(&practice.code)),
        Cell::words(&practice.place),
        Cell::badge(&Badge::of(&material.pipeline.levels, standing.outcome.level)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::Reader;
    use crate::documents::sample::Sample;

    fn visits(sample: &Sample) -> Block {
        sample.block(&sample.material(), "visits", Reader::NAMED)
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
        let visits = visits(&sample);
        assert_eq!(
            visits.texts("visits-by-type"),
            [
                ["Type", "Q2 2026-27", "Year to 14 October 2026"],
                ["Proactive", "2", "3"],
                ["Reactive", "0", "3"]
            ]
            .map(|row| row.map(str::to_owned).to_vec())
        );
        // 1 April to 14 October are 197 of 365 days: 66 * 197 / 365 = 35.6.
        assert_eq!(
            visits.sentences(),
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
        let visits = visits(&sample);
        assert_eq!(visits.texts("visits-by-type")[0][2], "Year to 31 March 2027");
        assert_eq!(
            visits.sentences(),
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
        let rows = visits(&sample).texts("visits-by-team");
        let found = rows.iter().find(|row| row[0] == team).unwrap();
        // 105 of 365 days: 22 * 105 / 365 = 6.3.
        let heads =
            ["Reactive, Q1 2026-27", "Proactive, Q1 2026-27", "Proactive, year", "Proactive, expected"];
        assert_eq!(rows[0][1..5], heads);
        assert_eq!(found[1..], ["1", "1", "2", "6", "22", "3", "1"]);
        let words = "Expected: the plan of the year in proportion to the 105 of its 365 days that have passed, rounded.";
        assert!(visits(&sample).paragraphs().iter().any(|text| text.ends_with(words)));
    }

    #[test]
    fn no_visit_and_one_visit_are_said_as_such() {
        let mut sample = Sample::new("2026-07-14");
        sample.practice("P81001", Some(2));
        let nothing = "practice = P81001; visit_type = Proactive; visit_date = 2025-05-01";
        sample.fact("visits", &[nothing]);
        let said = visits(&sample);
        assert_eq!(said.sentences()[0], "No visit was completed in Q1 2026-27.");
        assert!(said.sentences()[1].starts_with("No proactive visit was completed"));
        sample
            .fact("visits", &[nothing, "practice = P81001; visit_type = Proactive; visit_date = 2026-05-01"]);
        let said = visits(&sample);
        assert_eq!(said.sentences()[0], "1 visit was completed in Q1 2026-27.");
        assert!(said.sentences()[1].starts_with("1 proactive visit was completed"));
    }

    #[test]
    fn soon_is_what_the_pipeline_says() {
        let mut sample = Sample::new("2026-07-14");
        assert!(
            visits(&sample).paragraphs().contains(&"No visit is overdue or due within 14 days.".to_owned())
        );
        sample.pipeline.levels.due_soon_days = 1;
        assert!(
            visits(&sample).paragraphs().contains(&"No visit is overdue or due within 1 day.".to_owned())
        );
    }
}
