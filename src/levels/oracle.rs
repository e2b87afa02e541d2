//! What the engine says, held against plain loops over structs: the level, the near misses, and the smallest change of
//! each input that moves the level. `QUARTERDAY_ORACLE=10000` tries so many practices.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use polars::prelude::{AnyValue, Column, DataFrame, DataType, Series};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::dates::{add_days, add_months, to_days};
use crate::documents::sample;
use crate::intake::{CARRIED_FROM, CELL, ROW, TAB};
use crate::pipeline::{Folder, Pipeline, load};
use crate::triangulate::{Source, Taken, Triangulated};

const SEVERITIES: [&str; 4] = ["Low", "Moderate", "Serious", "Immediate"];
const RATINGS: [&str; 4] = ["Outstanding", "Good", "Requires improvement", "Inadequate"];
const SOURCES: [(&str, &str); 4] = [
    ("place-facing", "Place facing"),
    ("quality", "Quality"),
    ("medicines-optimisation", "Medicines optimisation"),
    ("safeguarding", "Safeguarding"),
];

const TABLES: [&str; 5] = ["dashboard", "cqc-ratings", "concerns", "improvement-programme", "decisions"];

fn today() -> NaiveDate {
    "2026-10-14".parse().unwrap()
}

/// A concern as its sheet has it.
#[derive(Debug, Clone)]
struct Concern {
    source: usize,
    severity: usize,
    raised: NaiveDate,
    notified: Option<NaiveDate>,
    /// Closed on a day, or without one.
    closed: Option<Option<NaiveDate>>,
    /// Since when it is as severe as it is tried to be.
    since: Option<NaiveDate>,
}

/// All that is known of a practice.
#[derive(Debug, Clone, Default)]
struct World {
    extracts: Vec<(f64, NaiveDate)>,
    ratings: Vec<(usize, NaiveDate)>,
    concerns: Vec<Concern>,
    /// Offered on, answer (none is blank), answered on.
    offers: Vec<(NaiveDate, Option<&'static str>, Option<NaiveDate>)>,
    /// Level, decided on, until.
    decisions: Vec<(u8, NaiveDate, NaiveDate)>,
}

/// A finding: rule, level, when it became known.
type Found = (&'static str, u8, Vec<NaiveDate>);

fn within_year(date: NaiveDate, d: NaiveDate) -> bool {
    date > add_months(d, -12) && date <= d
}

/// A value that is tried, the one direction that it is meant for, and the world with it.
type Candidate = (String, Option<Direction>, World);

impl World {
    fn score(&self, d: NaiveDate) -> Option<(f64, NaiveDate)> {
        self.extracts.iter().filter(|extract| extract.1 <= d).max_by_key(|extract| extract.1).copied()
    }

    fn fresh(&self, d: NaiveDate) -> Option<f64> {
        self.score(d).filter(|(_, date)| *date >= add_months(d, -6)).map(|(score, _)| score)
    }

    fn rating(&self, d: NaiveDate) -> Option<(usize, NaiveDate)> {
        let by = |rating: &&(usize, NaiveDate)| (rating.1, rating.0);
        self.ratings.iter().filter(|rating| rating.1 <= d).max_by_key(by).copied()
    }

    fn offer(&self, d: NaiveDate) -> Option<usize> {
        (0..self.offers.len()).filter(|i| self.offers[*i].0 <= d).max_by_key(|i| self.offers[*i].0)
    }

    fn open(&self, d: NaiveDate) -> Vec<usize> {
        let open = |concern: &Concern| match concern.closed {
            None => true,
            Some(on) => on.is_some_and(|on| on > d),
        };
        (0..self.concerns.len())
            .filter(|i| self.concerns[*i].raised <= d && open(&self.concerns[*i]))
            .collect()
    }

    fn decision(&self, d: NaiveDate) -> Option<usize> {
        let stands = |i: &usize| self.decisions[*i].1 <= d && d <= self.decisions[*i].2;
        (0..self.decisions.len()).filter(stands).max_by_key(|i| self.decisions[*i].1)
    }

    fn findings(&self, d: NaiveDate) -> Vec<Found> {
        let mut out: Vec<Found> = Vec::new();
        let open = self.open(d);
        let known = |i: &usize| {
            let concern = &self.concerns[*i];
            concern.since.or(concern.notified.filter(|day| *day <= d)).unwrap_or(concern.raised)
        };
        for (severity, rule, level) in [(3, "immediate-concern", 5), (2, "serious-concern", 4)] {
            let of: Vec<&usize> = open.iter().filter(|i| self.concerns[**i].severity == severity).collect();
            if !of.is_empty() {
                out.push((rule, level, of.into_iter().map(known).collect()));
            }
        }
        let moderate = (0..=SOURCES.len()).filter(|source| {
            open.iter().any(|i| self.concerns[*i].source == *source && self.concerns[*i].severity == 1)
        });
        if moderate.count() >= 3 {
            out.push(("corroborated-concern", 3, Vec::new()));
        }
        if open.iter().any(|i| self.concerns[*i].severity <= 1) {
            out.push(("open-concern", 2, Vec::new()));
        }
        if let Some((_, published)) = self.rating(d).filter(|(rating, _)| *rating >= 2) {
            match within_year(published, d) {
                true => out.push(("cqc-in-year", 4, vec![published])),
                false => out.push(("cqc-earlier", 3, Vec::new())),
            }
        }
        if let Some((offered, answer, answered)) = self.offer(d).map(|i| self.offers[i])
            && answer == Some("Declined")
            && within_year(answered.unwrap_or(offered), d)
        {
            out.push(("improvement-programme-declined", 3, Vec::new()));
        }
        match self.fresh(d) {
            Some(score) if score >= 10.0 => out.push(("variation-score-10", 3, Vec::new())),
            Some(score) if score > 0.0 => out.push(("variation-score-below-10", 2, Vec::new())),
            Some(_) if out.is_empty() => out.push(("nothing-stands", 1, Vec::new())),
            _ => {}
        }
        out
    }

    fn proposed(&self, d: NaiveDate) -> Option<u8> {
        self.findings(d).iter().map(|found| found.1).max()
    }

    fn level(&self, d: NaiveDate) -> Option<u8> {
        let Some((decided, on, _)) = self.decision(d).map(|i| self.decisions[i]) else {
            return self.proposed(d);
        };
        let later =
            |found: &Found| found.1 >= 4 && found.1 > decided && found.2.iter().any(|start| *start > on);
        if self.findings(d).iter().any(later) { self.proposed(d) } else { Some(decided) }
    }

    fn with(&self, change: impl FnOnce(&mut World)) -> World {
        let mut other = self.clone();
        change(&mut other);
        other
    }

    /// The candidates of each input with the one direction that they are meant for, nearest first.
    fn inputs(&self, d: NaiveDate) -> Vec<(String, Vec<Candidate>)> {
        let mut out = Vec::new();
        let mut numbers = [0.0, 0.1, 9.9, 10.0, 10.1];
        let from = self.fresh(d).unwrap_or(0.0);
        numbers.sort_by_key(|number: &f64| ((number - from).abs() * 1000.0).round() as i64);
        let scores =
            numbers.iter().map(|n| (format!("{n:.1}"), None, self.with(|w| w.extracts.push((*n, d)))));
        out.push(("score".to_owned(), scores.collect()));
        let from = self.rating(d).map_or(0, |(rating, _)| rating);
        let mut ratings = vec![0, 1, 2, 3];
        ratings.sort_by_key(|rating: &usize| rating.abs_diff(from));
        let ratings =
            ratings.into_iter().map(|r| (RATINGS[r].to_owned(), None, self.with(|w| w.ratings.push((r, d)))));
        out.push(("rating".to_owned(), ratings.collect()));
        let mut open = self.open(d);
        open.sort_by_key(|i| (self.concerns[*i].source, *i));
        for i in &open {
            let name = format!("concern {}/C-{i:02}", SOURCES[self.concerns[*i].source].0);
            let mut tries: Vec<_> = (self.concerns[*i].severity + 1..4)
                .map(|severity| {
                    let worse = self.with(|w| {
                        w.concerns[*i].severity = severity;
                        w.concerns[*i].since = Some(d);
                    });
                    (SEVERITIES[severity].to_owned(), Some(Direction::Up), worse)
                })
                .collect();
            let closed = self.with(|w| w.concerns[*i].closed = Some(Some(d)));
            tries.push(("closed".to_owned(), Some(Direction::Down), closed));
            out.push((name, tries));
        }
        let worried = |source: usize| {
            open.iter().any(|i| self.concerns[*i].source == source && self.concerns[*i].severity >= 1)
        };
        // There are nine sources; the practices here have concerns of four.
        let source = (0..SOURCES.len()).find(|source| !worried(*source)).unwrap_or(SOURCES.len());
        let news = (0..4).map(|severity| {
            let new = Concern { source, severity, raised: d, notified: Some(d), closed: None, since: None };
            (SEVERITIES[severity].to_owned(), Some(Direction::Up), self.with(|w| w.concerns.push(new)))
        });
        out.push(("new concern".to_owned(), news.collect()));
        if let Some(i) = self.offer(d) {
            let tries = match self.offers[i].1 {
                Some("Accepted") => Vec::new(),
                Some("Declined") => {
                    vec![("Accepted".to_owned(), None, self.with(|w| w.offers[i].1 = Some("Accepted")))]
                }
                _ => {
                    let declined = self.with(|w| w.offers[i] = (w.offers[i].0, Some("Declined"), Some(d)));
                    vec![("Declined".to_owned(), None, declined)]
                }
            };
            out.push(("offer".to_owned(), tries));
        }
        if let Some(i) = self.decision(d) {
            let without = self.with(|w| {
                w.decisions.remove(i);
            });
            out.push(("decision".to_owned(), vec![(String::new(), None, without)]));
        }
        out
    }

    fn counterfactuals(&self, d: NaiveDate) -> Vec<(Direction, String, String, Option<u8>)> {
        let way = |level: Option<u8>| match level.cmp(&self.level(d)) {
            std::cmp::Ordering::Less => Direction::Down,
            std::cmp::Ordering::Equal => Direction::Neither,
            std::cmp::Ordering::Greater => Direction::Up,
        };
        let mut out = Vec::new();
        for (input, tries) in self.inputs(d) {
            for direction in [Direction::Up, Direction::Down] {
                let moves = |(_, only, world): &&(String, Option<Direction>, World)| {
                    way(world.level(d)) == direction && only.is_none_or(|only| only == direction)
                };
                if let Some((to, _, world)) = tries.iter().find(moves) {
                    out.push((direction, input.clone(), to.clone(), world.level(d)));
                }
            }
        }
        let day = (1..=400).map(|days| add_days(d, days)).find(|day| self.level(*day) != self.level(d));
        if let Some(day) = day {
            out.push((way(self.level(day)), "as-of".to_owned(), day.to_string(), self.level(day)));
        }
        out
    }

    fn near_misses(&self, d: NaiveDate) -> Vec<(&'static str, &'static str, String)> {
        let mut out = Vec::new();
        let proposed = self.proposed(d).unwrap_or(0);
        let just_before = |date: NaiveDate, needs: NaiveDate| date < needs && add_days(date, 30) >= needs;
        let year = add_days(add_months(d, -12), 1);
        if let Some((rating, published)) = self.rating(d)
            && rating >= 2
            && just_before(published, year)
            && proposed < 4
        {
            out.push(("cqc-in-year", "publication date", year.to_string()));
        }
        if proposed < 3 {
            if let Some((offered, answer, answered)) = self.offer(d).map(|i| self.offers[i])
                && answer == Some("Declined")
                && just_before(answered.unwrap_or(offered), year)
            {
                out.push(("improvement-programme-declined", "response date", year.to_string()));
            }
            let half = add_months(d, -6);
            match self.score(d) {
                Some((score, date)) if score >= 10.0 && just_before(date, half) => {
                    out.push(("variation-score-10", "extract date", half.to_string()));
                }
                Some((score, date)) if (9.0..10.0).contains(&score) && date >= half => {
                    out.push(("variation-score-10", "score", "10.0".to_owned()));
                }
                _ => {}
            }
        }
        out
    }
}

fn told(told: &Told) -> String {
    match told {
        Told::Level(level) => level.to_string(),
        Told::Number(number) => format!("{number:.1}"),
        Told::Date(date) => date.to_string(),
        Told::Text(text) => text.clone(),
    }
}

/// A table from rows; dates as days.
fn table(name: &str, columns: &[(&str, DataType)], rows: &[Vec<AnyValue<'static>>]) -> Taken {
    let height = rows.len();
    let mut made = vec![
        Column::new(ROW.into(), (0..height).map(|i| u32::try_from(i).unwrap() + 2).collect::<Vec<_>>()),
        Column::new(TAB.into(), vec![None::<u32>; height]),
        Column::new(CELL.into(), vec![None::<&str>; height]),
        Column::new(CARRIED_FROM.into(), vec![None::<&str>; height]),
    ];
    for (place, (column, kind)) in columns.iter().enumerate() {
        let values: Vec<AnyValue<'_>> = rows.iter().map(|row| row[place].clone()).collect();
        made.push(Series::from_any_values_and_dtype((*column).into(), &values, kind, false).unwrap().into());
    }
    let source = Source {
        // Each file has a number of its own.
        arrival: u32::try_from(TABLES.iter().position(|table| *table == name).unwrap()).unwrap() + 1,
        feed: name.to_owned(),
        file: format!("{name}.csv"),
        sha256: String::new(),
        received: today(),
        sheet: None,
        tabs: Vec::new(),
        letters: BTreeMap::new(),
        made: Vec::new(),
    };
    Taken { source, table: name.to_owned(), rows: DataFrame::new(height, made).unwrap() }
}

fn taken(worlds: &[World]) -> Vec<Taken> {
    let text = |text: &str| AnyValue::StringOwned(text.into());
    let day = |day: NaiveDate| AnyValue::Date(to_days(day));
    let maybe = |date: Option<NaiveDate>| date.map_or(AnyValue::Null, day);
    let (s, n, d) = (DataType::String, DataType::Float64, DataType::Date);
    let (mut scores, mut ratings, mut concerns, mut offers, mut decisions) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (index, world) in worlds.iter().enumerate() {
        let code = code(index);
        for (score, date) in &world.extracts {
            scores.push(vec![text(&code), AnyValue::Float64(*score), day(*date)]);
        }
        for (place, (rating, date)) in world.ratings.iter().enumerate() {
            ratings.push(vec![text(&code), text(&format!("1-{place}")), text(RATINGS[*rating]), day(*date)]);
        }
        for (place, c) in world.concerns.iter().enumerate() {
            let (source, team) = SOURCES[c.source];
            concerns.push(vec![
                text(&code),
                text(&format!("concerns-{source}")),
                text(team),
                text(&format!("C-{place:02}")),
                text(SEVERITIES[c.severity]),
                text(if c.closed.is_some() { "Closed" } else { "Open" }),
                maybe(c.closed.flatten()),
                day(c.raised),
                maybe(c.notified),
            ]);
        }
        for (offered, answer, answered) in &world.offers {
            offers.push(vec![
                text(&code),
                day(*offered),
                answer.map_or(AnyValue::Null, text),
                maybe(*answered),
            ]);
        }
        for (level, on, until) in &world.decisions {
            decisions.push(vec![text(&code), text(&level.to_string()), text("Chair"), day(*on), day(*until)]);
        }
    }
    let s = || s.clone();
    let d = || d.clone();
    vec![
        table("dashboard", &[("practice", s()), ("score", n), ("extract_date", d())], &scores),
        table(
            "cqc-ratings",
            &[("practice", s()), ("location", s()), ("rating", s()), ("published", d())],
            &ratings,
        ),
        table(
            "concerns",
            &[
                ("practice", s()),
                ("feed", s()),
                ("team", s()),
                ("reference", s()),
                ("severity", s()),
                ("status", s()),
                ("status_date", d()),
                ("date_raised", d()),
                ("date_notified", d()),
            ],
            &concerns,
        ),
        table(
            "improvement-programme",
            &[("practice", s()), ("date_offered", d()), ("response", s()), ("response_date", d())],
            &offers,
        ),
        table(
            "decisions",
            &[("practice", s()), ("level", s()), ("decided_by", s()), ("decided_on", d()), ("until", d())],
            &decisions,
        ),
    ]
}

fn code(index: usize) -> String {
    format!("X9{index:04}")
}

fn lancashire() -> Pipeline {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
    load(&Folder::read(&dir).unwrap()).pipeline.unwrap()
}

fn agree(worlds: &[World], pipeline: &Pipeline) {
    let practices = (0..worlds.len()).map(|index| (code(index), sample::practice(&code(index)))).collect();
    let taken = taken(worlds);
    let known = Triangulated::about(practices, (&taken, &[]), pipeline, today()).unwrap();
    let outcomes = propose(&known, pipeline).unwrap();
    let tried = Tried::new(pipeline, &known, &outcomes, (&taken, &[])).unwrap();
    let moved = counterfactuals(&tried, outcomes.iter()).unwrap();
    let nearly = near_misses(&tried, outcomes.iter()).unwrap();
    for (index, world) in worlds.iter().enumerate() {
        let outcome = &outcomes[index];
        assert_eq!(outcome.proposed, world.proposed(today()), "{world:?}");
        assert_eq!(outcome.level, world.level(today()), "{world:?}");
        let said: Vec<_> = moved[&code(index)]
            .iter()
            .map(|c| {
                let to = c.to.as_ref().map(told).unwrap_or_default();
                (c.direction, c.input.clone(), to, c.level)
            })
            .collect();
        assert_eq!(said, world.counterfactuals(today()), "{world:?}");
        let mut said: Vec<_> = nearly
            .get(&code(index))
            .into_iter()
            .flatten()
            .map(|miss| (miss.rule.as_str(), miss.input.as_str(), told(&miss.needs)))
            .collect();
        said.sort();
        assert_eq!(said, world.near_misses(today()), "{world:?}");
    }
}

/// A day around today, often at the edge of a window.
fn days() -> impl Strategy<Value = NaiveDate> {
    let edges = [0, -6, -12].map(|months| add_months(today(), months));
    prop_oneof![
        3 => (0..edges.len(), -35_i64..35).prop_map(move |(edge, days)| {
            add_days(edges[edge], i32::try_from(days).unwrap())
        }),
        1 => (-700_i32..300).prop_map(|days| add_days(today(), days)),
    ]
}

fn numbers() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(9.0),
        Just(8.9),
        Just(9.9),
        Just(10.0),
        (1_u32..160).prop_map(|n| f64::from(n) / 10.0)
    ]
}

fn concerns() -> impl Strategy<Value = Concern> {
    let closed =
        prop_oneof![4 => Just(None), 1 => Just(Some(None)), 2 => days().prop_map(|day| Some(Some(day)))];
    (
        0..SOURCES.len(),
        prop_oneof![2 => Just(1_usize), 1 => 0..4_usize],
        days(),
        proptest::option::of(days()),
        closed,
    )
        .prop_map(|(source, severity, raised, notified, closed)| Concern {
            source,
            severity,
            raised,
            notified,
            closed,
            since: None,
        })
}

fn worlds() -> impl Strategy<Value = World> {
    let answer = prop_oneof![
        2 => Just(Some("Declined")),
        1 => Just(Some("Accepted")),
        1 => Just(Some("No response")),
        1 => Just(None),
    ];
    (
        vec((numbers(), days()), 0..3),
        vec((0..4_usize, days()), 0..3),
        vec(concerns(), 0..5),
        vec((days(), answer, proptest::option::of(days())), 0..2),
        vec((1_u8..=5, days(), 0_i32..300), 0..3),
    )
        .prop_map(|(extracts, ratings, concerns, offers, decisions)| {
            let decisions = decisions.into_iter().map(|(level, on, days)| (level, on, add_days(on, days)));
            World { extracts, ratings, concerns, offers, decisions: decisions.collect() }
        })
}

#[test]
fn the_engine_agrees_with_plain_loops() {
    const TOGETHER: usize = 50;
    let wanted = std::env::var("QUARTERDAY_ORACLE").ok().and_then(|n| n.parse().ok()).unwrap_or(100_usize);
    let cases = u32::try_from(wanted.div_ceil(TOGETHER)).unwrap();
    let pipeline = lancashire();
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let together = vec(worlds(), TOGETHER);
    runner
        .run(&together, |worlds| {
            agree(&worlds, &pipeline);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_pipeline_without_inputs_has_no_counterfactual_of_them() {
    let mut pipeline = lancashire();
    pipeline.facts.values_mut().for_each(|fact| fact.input = None);
    let world = World { extracts: vec![(11.0, today())], ..World::default() };
    let taken = taken(std::slice::from_ref(&world));
    let practices = [(code(0), sample::practice(&code(0)))].into();
    let known = Triangulated::about(practices, (&taken, &[]), &pipeline, today()).unwrap();
    let outcomes = propose(&known, &pipeline).unwrap();
    let tried = Tried::new(&pipeline, &known, &outcomes, (&taken, &[])).unwrap();
    let moved = counterfactuals(&tried, outcomes.iter()).unwrap();
    let inputs: Vec<&str> = moved[&code(0)].iter().map(|found| found.input.as_str()).collect();
    assert_eq!(inputs, ["as-of"], "the score becomes stale");
    assert!(near_misses(&tried, outcomes.iter()).unwrap().is_empty());
}
