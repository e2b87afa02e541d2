//! The programme against an oracle of plain loops, and by worlds worked out by hand.

mod oracle;

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

const NUMBERS: fn() -> Numbers = || Numbers {
    year_starts: 4,
    notice_days: 28,
    horizon_months: 36,
    passed_over: vec![(12, 25), (1, 1)],
    month_part: 6,
    week_part: 52,
    again_months: 30,
    cycle_months: 36,
    rate_months: 12,
};

/// A practice at a level of the cycle that was never visited.
fn practice(code: &str, due: &str) -> Practice {
    Practice {
        code: code.to_owned(),
        name: format!("Surgery {code}"),
        place: "Valley".to_owned(),
        team: "Team".to_owned(),
        level: Some(2),
        rank: 1,
        score: None,
        paused: false,
        reactive: false,
        own_visit: false,
        met: false,
        due: Some(day(due)),
        completed: Vec::new(),
        planned: Vec::new(),
        attends: Vec::new(),
    }
}

fn visit(date: &str) -> Visit {
    Visit { date: day(date), reactive: false }
}

fn world(as_of: &str, quota: u32, practices: Vec<Practice>) -> World {
    World {
        as_of: day(as_of),
        framework_start: day("2025-04-01"),
        teams: vec![Team { name: "Team".to_owned(), quota }],
        practices,
    }
}

fn programme(as_of: &str, quota: u32, practices: Vec<Practice>) -> Programme {
    Programme::of(world(as_of, quota, practices), &NUMBERS())
}

/// Code, month, week, status of each row.
fn told(programme: &Programme) -> Vec<String> {
    let row = |row: &Row| {
        let month = row.month.map(|m| m.to_string()).unwrap_or_default();
        let week = row.week.map(|w| w.to_string()).unwrap_or_default();
        format!("{} {month} {week} {}", programme.practice(row).code, row.status.word())
    };
    programme.rows.iter().map(row).collect()
}

#[test]
fn weeks_begin_after_notice_and_pass_over_christmas_and_the_new_year() {
    let weeks = |as_of: &str| Weeks::from(day(as_of), &NUMBERS());
    assert_eq!(weeks("2026-10-14").first, day("2026-11-16"));
    assert_eq!(weeks("2026-10-12").first, day("2026-11-09"), "28 days to a Monday");
    // 30 November is a Monday; 28 days later the week of 28 December holds 1 January.
    assert_eq!(weeks("2026-11-30").first, day("2027-01-04"));
    let autumn = weeks("2026-10-14");
    assert_eq!(autumn.of[&Month::of(day("2026-12-01"))], [day("2026-12-07"), day("2026-12-14")]);
    assert_eq!(autumn.of.keys().last().unwrap().to_string(), "2029-10");
    assert_eq!(autumn.of[&Month::of(day("2029-10-01"))].len(), 5, "the last month is whole");
}

#[test]
fn the_rest_of_a_year_is_spread_evenly_and_a_reactive_visit_delays_without_using_quota() {
    // From August to March, 8 months, 4 of a quota of 6 remain: by their ends 1, 1, 2, 2, 3, 3, 4, 4.
    let done = |date: &str| Practice { completed: vec![visit(date)], ..practice("Z", "2029-05-01") };
    let mut practices: Vec<Practice> =
        ["A", "B", "C", "D", "E"].iter().map(|code| practice(code, "2030-01-01")).collect();
    practices.push(Practice { code: "Y".into(), ..done("2026-05-01") });
    practices.push(done("2026-05-02"));
    let months = |practices: Vec<Practice>| -> Vec<String> {
        let programme = programme("2026-07-14", 6, practices);
        let rows = programme.rows.iter().filter(|row| programme.practice(row).completed.is_empty());
        rows.map(|row| row.month.unwrap().to_string()).collect()
    };
    let clear = months(practices.clone());
    assert_eq!(clear, ["2026-08", "2026-10", "2026-12", "2027-02", "2027-04"]);
    practices[6].planned.push(Visit { date: day("2026-10-20"), reactive: true });
    assert_eq!(months(practices), ["2026-08", "2026-11", "2026-12", "2027-02", "2027-04"]);
}

#[test]
fn a_visit_planned_late_in_the_year_keeps_its_place() {
    // Three of a quota of 3 remain from August: by the ends 0, 1, 1, 2, 2, 2, 3, 3.
    let mut practices: Vec<Practice> =
        ["A", "B", "C"].iter().map(|code| practice(code, "2030-01-01")).collect();
    practices[0].planned.push(visit("2027-03-02"));
    assert_eq!(
        told(&programme("2026-07-14", 3, practices)),
        ["A 2027-03 2027-03-02 planned", "B 2026-09 2026-09-07 proposed", "C 2026-11 2026-11-02 proposed",]
    );
}

#[test]
fn the_spread_is_lifted_for_a_practice_that_it_would_keep_waiting() {
    let early = practice("A", "2026-09-20");
    let later = practice("B", "2026-09-25");
    // By the end of August 1, of September 1: the second would come in October.
    assert_eq!(
        told(&programme("2026-07-14", 5, vec![early, later])),
        ["A 2026-08 2026-08-17 proposed", "B 2026-09 2026-09-07 proposed"]
    );
}

#[test]
fn what_is_wanted_before_the_first_friday_is_late_whatever_the_capacity() {
    let rows = |due: &str| told(&programme("2026-07-14", 22, vec![practice("A", due)]));
    assert_eq!(rows("2026-08-20"), ["A 2026-08 2026-08-17 late"]);
    assert_eq!(rows("2026-08-21"), ["A 2026-08 2026-08-17 proposed"]);
    // Two a year is one a month and a week: the second waits for September.
    let two = vec![practice("A", "2026-08-21"), practice("B", "2026-08-28")];
    assert_eq!(
        told(&programme("2026-07-14", 2, two)),
        ["A 2026-08 2026-08-17 proposed", "B 2026-09 2026-09-07 cannot-be-in-time"]
    );
}

#[test]
fn a_practice_is_not_visited_again_for_thirty_months_unless_its_level_asks() {
    let visited = Practice { completed: vec![visit("2026-05-20")], ..practice("A", "2029-05-20") };
    assert_eq!(told(&programme("2026-07-14", 22, vec![visited.clone()]))[0], "A 2028-11 2028-11-06 proposed");
    let owed = Practice { own_visit: true, rank: 0, level: Some(3), ..visited.clone() };
    assert_eq!(told(&programme("2026-07-14", 22, vec![owed]))[0], "A 2026-08 2026-08-17 proposed");
    let met = Practice { own_visit: true, met: true, due: Some(day("2026-06-01")), ..visited };
    let row = &programme("2026-07-14", 22, vec![met]).rows[0];
    assert_eq!((row.status, row.wanted), (Status::Proposed, Some(day("2029-05-20"))), "36 months after");
}

#[test]
fn the_practices_of_a_month_are_spread_over_its_weeks() {
    let codes = ["A", "B", "C", "D", "E"];
    let practices: Vec<Practice> = codes.iter().map(|code| practice(code, "2026-10-09")).collect();
    // By the end of August 3 of 22, which is one a week; by that of September 6.
    assert_eq!(
        told(&programme("2026-07-14", 22, practices)),
        [
            "A 2026-08 2026-08-17 proposed",
            "B 2026-08 2026-08-24 proposed",
            "C 2026-08 2026-08-31 proposed",
            "D 2026-09 2026-09-07 proposed",
            "E 2026-09 2026-09-21 proposed",
        ]
    );
}

#[test]
fn slipped_paused_reactive_and_without_room() {
    let slipped = Practice { planned: vec![visit("2026-06-10")], ..practice("A", "2028-04-01") };
    let made = Practice {
        completed: vec![visit("2026-06-10")],
        planned: slipped.planned.clone(),
        ..practice("B", "2029-06-10")
    };
    let paused = Practice { paused: true, due: None, ..practice("C", "2028-04-01") };
    let reactive =
        Practice { reactive: true, level: Some(4), own_visit: true, ..practice("D", "2026-08-01") };
    let (e, f) = (practice("E", "2028-04-01"), practice("F", "2028-04-01"));
    let programme = programme("2026-07-14", 1, vec![slipped, made, paused, reactive, e, f]);
    assert_eq!(
        told(&programme),
        [
            // One a year, and that of this year was made: the next in the middle of the next.
            "A 2027-09 2027-09-06 proposed",
            // In the middle of the year it would be wanted long since: it comes first in the year.
            "E 2028-04 2028-04-03 cannot-be-in-time",
            "F 2029-04 2029-04-02 cannot-be-in-time",
            "B   no-room",
            "C   paused",
            "D   reactive",
        ]
    );
    let why: Vec<(bool, Option<Why>)> = programme.rows.iter().map(|r| (r.slipped, r.why)).collect();
    assert_eq!((why[0], why[1]), ((true, Some(Why::NeverVisited)), (false, Some(Why::NeverVisited))));
    assert_eq!((why[3], why[5]), ((false, Some(Why::Cycle)), (false, None)));
    let forecast = &programme.teams[0];
    // A quarter of 1 is expected by now, rounded to 0.
    assert_eq!((forecast.done, forecast.expected, forecast.present_rate), (1, 0, 1));
    assert_eq!((forecast.not_yet_visited, forecast.not_programmed), (5, 2));
    assert_eq!(forecast.last_date, Some(day("2029-04-02")));
    assert_eq!((forecast.late, forecast.no_room, forecast.at_present_rate), (0, 1, 3));
    assert_eq!((forecast.cannot_be_in_time["2028-04"], forecast.cannot_be_in_time["2029-04"]), (1, 1));
    // Three by 27 March 2028, in 20 months from August 2026: 1.8 a year, rounded up.
    assert_eq!(forecast.rate_needed, 2);
}

#[test]
fn each_change_has_the_first_reason_that_holds() {
    let then = |practices| programme("2026-07-14", 2, practices);
    let now = |practices| programme("2026-10-14", 2, practices);
    let reasons = |then: &Programme, now: &Programme| -> Vec<String> {
        let told = |c: &Change| format!("{} {}", c.practice, c.reason.word());
        changes(then, now).iter().map(told).collect()
    };
    let plain = |code: &str| practice(code, "2028-04-01");
    assert_eq!(reasons(&then(vec![plain("A")]), &now(vec![])), ["A left-scope"]);
    assert_eq!(reasons(&then(vec![]), &now(vec![plain("A")])), ["A new-in-scope"]);
    let visited = Practice { completed: vec![visit("2026-09-01")], ..practice("A", "2029-09-01") };
    assert_eq!(reasons(&then(vec![plain("A")]), &now(vec![visited])), ["A visited"]);
    let paused = Practice { paused: true, due: None, ..plain("A") };
    assert_eq!(reasons(&then(vec![plain("A")]), &now(vec![paused.clone()])), ["A paused"]);
    assert_eq!(reasons(&then(vec![paused]), &now(vec![plain("A")])), ["A resumed"]);
    let planned = |date: &str| Practice { planned: vec![visit(date)], ..plain("A") };
    assert_eq!(reasons(&then(vec![plain("A")]), &now(vec![planned("2027-01-11")])), ["A planned"]);
    let moved = (then(vec![planned("2026-12-08")]), now(vec![planned("2027-01-11")]));
    assert_eq!(reasons(&moved.0, &moved.1), ["A plan-changed"]);
    let level = Practice { level: Some(1), ..plain("A") };
    assert_eq!(reasons(&then(vec![plain("A")]), &now(vec![level])), ["A level"]);
    // Proposed for 7 September, which has passed.
    assert_eq!(reasons(&then(vec![plain("A")]), &now(vec![plain("A")])), ["A not-taken-up"]);
    let before = practice("B", "2027-12-01");
    let (old, new) =
        (then(vec![plain("A"), before.clone()]), now(vec![plain("A"), before, practice("C", "2027-11-01")]));
    assert!(reasons(&old, &new).contains(&"A displaced".to_owned()), "{:?} {:?}", told(&old), told(&new));
}

#[test]
fn a_team_attends_for_its_own_concern_its_themes_and_its_flags() {
    let attending = |team: &str, themes: &[&str]| Attending {
        team: team.to_owned(),
        themes: themes.iter().map(ToString::to_string).collect(),
    };
    let teams = [
        attending("Quality", &["Safety"]),
        attending("Medicines", &["Prescribing"]),
        attending("Estates", &["Rooms"]),
    ];
    let known = Known {
        concerns: [("Quality".to_owned(), Some("Rooms".to_owned())), ("Complaints".to_owned(), None)].into(),
        domains: vec!["Prescribing".to_owned()],
    };
    let who = attends(&["Clinical lead".to_owned()], &teams, &known);
    let who: Vec<(&str, &str)> = who.iter().map(|a| (a.team.as_str(), a.because.as_str())).collect();
    assert_eq!(
        who,
        [
            ("Clinical lead", "core team"),
            ("Quality", "an open concern of its own"),
            ("Medicines", "Prescribing: flags on the dashboard"),
            ("Estates", "Rooms: an open concern of Quality"),
        ]
    );
}

prop_compose! {
    fn any_practice(as_of: NaiveDate)(
        team in 0..2usize,
        kind in 0..8u8,
        due in -200..1300i64,
        score in prop::option::of(0..4u8),
        completed in prop::collection::vec((-1400..=0i64, prop::bool::weighted(0.2)), 0..3),
        planned in prop::collection::vec((-90..500i64, prop::bool::weighted(0.2)), 0..2),
    ) -> Practice {
        let at = |days: i64| as_of + chrono::TimeDelta::days(days);
        let visits = |of: Vec<(i64, bool)>| of.into_iter().map(|(d, reactive)| Visit { date: at(d), reactive }).collect();
        let completed: Vec<Visit> = visits(completed);
        let (level, rank, own_visit, met, reactive, paused) = match kind {
            0 => (Some(3), 0, true, false, false, false),
            1 if !completed.is_empty() => (Some(3), 1, true, true, false, false),
            2 => (None, 2, false, false, false, false),
            3 => (Some(1), 3, false, false, false, false),
            4 => (Some(4), 1, true, false, true, false),
            5 => (Some(2), 1, false, false, false, true),
            _ => (Some(2), 1, false, false, false, false),
        };
        Practice {
            code: String::new(),
            name: String::new(),
            place: "Valley".to_owned(),
            team: ["North", "South"][team].to_owned(),
            level, rank, own_visit, met, reactive, paused,
            score: score.map(f64::from),
            due: (!paused).then(|| at(due)),
            completed,
            planned: visits(planned),
            attends: Vec::new(),
        }
    }
}

prop_compose! {
    fn any_world()(days in 0..1500i64, quotas in (0..9u32, 0..40u32), size in 0..40usize)(
        practices in prop::collection::vec(any_practice(day("2026-01-01") + chrono::TimeDelta::days(days)), size),
        as_of in Just(day("2026-01-01") + chrono::TimeDelta::days(days)),
        quotas in Just(quotas),
    ) -> World {
        let practices = practices.into_iter().enumerate();
        World {
            as_of,
            framework_start: day("2025-04-01"),
            teams: vec![
                Team { name: "South".to_owned(), quota: quotas.1 },
                Team { name: "North".to_owned(), quota: quotas.0 },
            ],
            practices: practices.map(|(i, p)| Practice { code: format!("X{i:03}"), ..p }).collect(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn the_programme_is_that_of_the_oracle(world in any_world()) {
        let programme = Programme::of(world.clone(), &NUMBERS());
        let rows: Vec<oracle::Told> = programme.rows.iter().map(|row| oracle::Told {
            code: programme.practice(row).code.clone(),
            status: row.status.word(),
            month: row.month.map(|m| m.to_string()).unwrap_or_default(),
            day: row.week,
            wanted: row.wanted,
        }).collect();
        prop_assert_eq!(rows, oracle::programme(&world));
        for forecast in &programme.teams {
            let team = world.teams.iter().find(|team| team.name == forecast.team).unwrap();
            prop_assert_eq!(
                (forecast.at_present_rate, forecast.rate_needed),
                oracle::rates(&world, team)
            );
        }
    }

    #[test]
    fn no_world_breaks_what_is_promised(world in any_world()) {
        oracle::hold(&Programme::of(world, &NUMBERS()));
    }
}
