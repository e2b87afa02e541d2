//! The smallest change of each input that moves the level of a practice, found by trying.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::direction::Direction;
use super::outcome::Outcome;
use super::tried::{Told, Tried, rows_about};
use super::turnover::item_name;
use crate::dates::add_days;
use crate::pipeline::{FEED, Fact, Input, InputKind, Items};
use crate::triangulate::{Cells, Change, Place, Trial, Value};

/// The smallest change of one input that moves the level one way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counterfactual {
    /// Which way the level moves.
    pub direction: Direction,
    /// What is changed.
    pub input: String,
    /// What it is.
    pub from: Option<Told>,
    /// What it is changed to.
    pub to: Option<Told>,
    /// The level that follows.
    pub level: Option<u8>,
}

/// Within so many days it is told when a level changes by itself.
const AHEAD: i32 = 400;

/// Something that is tried.
struct Candidate {
    /// Which of the practice's inputs, in the order in which they are told.
    input: usize,
    name: String,
    /// The one direction for which it is meant.
    only: Option<Direction>,
    from: Option<Told>,
    to: Option<Told>,
    change: Change,
    /// The date it is tried on, if not today's.
    on: Option<NaiveDate>,
}

/// The candidates of a practice, nearest first for each input.
struct Candidates<'c, 't> {
    tried: &'c Tried<'t>,
    practice: &'c str,
    out: Vec<Candidate>,
    input: usize,
}

/// The counterfactuals of some practices, by code.
///
/// # Errors
/// If Polars refuses an expression: the pipeline's checks make that a bug.
pub fn counterfactuals<'c>(
    tried: &Tried<'_>,
    practices: impl Iterator<Item = &'c Outcome>,
) -> anyhow::Result<BTreeMap<String, Vec<Counterfactual>>> {
    let (mut all, mut trials) = (Vec::new(), Vec::new());
    for outcome in practices {
        let candidates = Candidates::of(tried, outcome);
        let practice = &outcome.practice.code;
        trials.extend(candidates.iter().map(|candidate| Trial {
            practice: practice.clone(),
            change: candidate.change.clone(),
            as_of: candidate.on.unwrap_or(tried.known.as_of),
        }));
        all.push((outcome, candidates));
    }
    let mut found = tried.outcomes_of(&trials)?.into_iter();
    let mut out = BTreeMap::new();
    for (outcome, candidates) in all {
        let mut first: BTreeMap<(usize, Direction), Counterfactual> = BTreeMap::new();
        for (candidate, then) in candidates.into_iter().zip(found.by_ref()) {
            let direction = way(outcome.level, then.level);
            let meant = candidate.only.is_none_or(|only| only == direction);
            // The date is one entry, of whichever direction.
            let told = candidate.on.is_some() && first.keys().any(|(input, _)| *input == candidate.input);
            if direction == Direction::Neither || !meant || told || !tried.pipeline.levels.ordered {
                continue;
            }
            let Candidate { input, name, from, to, .. } = candidate;
            let entry = Counterfactual { direction, input: name, from, to, level: then.level };
            first.entry((input, direction)).or_insert(entry);
        }
        out.insert(outcome.practice.code.clone(), first.into_values().collect());
    }
    Ok(out)
}

/// Which way a level moves; not assessed counts below the lowest.
fn way(now: Option<u8>, then: Option<u8>) -> Direction {
    match then.cmp(&now) {
        std::cmp::Ordering::Greater => Direction::Up,
        std::cmp::Ordering::Less => Direction::Down,
        std::cmp::Ordering::Equal => Direction::Neither,
    }
}

impl<'c> Candidates<'c, '_> {
    fn of(tried: &'c Tried<'_>, outcome: &'c Outcome) -> Vec<Candidate> {
        let practice = outcome.practice.code.as_str();
        let mut all = Candidates { tried, practice, out: Vec::new(), input: 0 };
        for (fact, input) in tried.inputs() {
            match &input.kind {
                InputKind::Number { step, least, .. } => all.numbers(fact, input, (*step, *least)),
                InputKind::Choice { values, apart } => all.choices(fact, input, values, apart),
                InputKind::Items(items) => all.items(fact, input, items),
                InputKind::Answer { accepted, declined } => all.answers(fact, input, accepted, declined),
            }
        }
        all.decision(outcome);
        all.dates();
        all.out
    }

    fn today(&self) -> NaiveDate {
        self.tried.known.as_of
    }

    fn push(&mut self, name: &str, from: Option<Told>, to: Option<Told>, change: Change) {
        self.out.push(Candidate {
            input: self.input,
            name: name.to_owned(),
            only: None,
            from,
            to,
            change,
            on: None,
        });
    }

    /// The candidates that follow are for the next input.
    fn next(&mut self) {
        self.input += 1;
    }

    /// One more row of a fact.
    fn added(fact: &Fact, cells: Vec<(String, Value)>) -> Change {
        Change::Add { tables: fact.from.iter().take(1).cloned().collect(), cells }
    }

    fn numbers(&mut self, fact: &Fact, input: &Input, (step, least): (f64, f64)) {
        let standing = self.tried.standing(fact, self.practice);
        let fresh = standing.filter(|(cells, row)| self.counts(fact, cells, *row));
        let from = fresh.and_then(|(cells, row)| cells.number(&input.column, row));
        let mut numbers = Vec::new();
        for rule in self.tried.pipeline.rules.iter().filter(|rule| rule.from == fact.id) {
            let compared =
                rule.filter.as_ref().and_then(|filter| filter.divided().remove(input.column.as_str()));
            for number in compared.into_iter().flatten() {
                numbers.extend([number, rounded(number - step), rounded(number + step)]);
            }
        }
        numbers.retain(|number| *number >= least);
        let distance = |number: &f64| rounded((number - from.unwrap_or(0.0)).abs());
        numbers.sort_by(|a, b| distance(a).total_cmp(&distance(b)).then(a.total_cmp(b)));
        numbers.dedup();
        for number in numbers {
            let mut cells = vec![(input.column.clone(), Value::Number(number))];
            cells.extend(input.dated.iter().map(|(column, _)| (column.clone(), Value::Date(self.today()))));
            self.push(
                &input.name,
                from.map(Told::Number),
                Some(Told::Number(number)),
                Self::added(fact, cells),
            );
        }
        self.next();
    }

    /// Whether a row that stands is one that rules may claim: a stale score is none.
    fn counts(&self, fact: &Fact, cells: &Cells<'_>, row: usize) -> bool {
        let Some(apart) = fact.unclaimed.as_ref() else { return true };
        let frame = self.tried.known.facts.get(&fact.id);
        let place = Place::of(cells, row);
        let left = frame
            .and_then(|frame| super::findings::matching(frame, Some(apart), self.today()).collect().ok());
        let left = Cells::new(left.as_ref());
        !(0..left.height()).any(|row| Place::of(&left, row) == place)
    }

    fn choices(&mut self, fact: &Fact, input: &Input, values: &[String], apart: &str) {
        let standing = self.tried.standing(fact, self.practice);
        let from = standing.and_then(|(cells, row)| cells.text(&input.column, row));
        let place = from.as_ref().and_then(|from| values.iter().position(|value| value == from)).unwrap_or(0);
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by_key(|other| (other.abs_diff(place), *other));
        for value in order.into_iter().filter_map(|place| values.get(place)) {
            let mut cells = vec![
                (input.column.clone(), Value::Text(value.clone())),
                (apart.to_owned(), Value::Text("a place of its own".to_owned())),
            ];
            cells.extend(input.dated.iter().map(|(column, _)| (column.clone(), Value::Date(self.today()))));
            let change = Self::added(fact, cells);
            self.push(&input.name, from.clone().map(Told::Text), Some(Told::Text(value.clone())), change);
        }
        self.next();
    }

    fn items(&mut self, fact: &Fact, input: &Input, items: &Items) {
        let frame = self.tried.known.facts.get(&fact.id);
        let cells = Cells::new(frame);
        let source = |row: usize| {
            let feed = cells.text(FEED, row);
            items.sources.iter().position(|source| Some(source) == feed.as_ref()).unwrap_or(usize::MAX)
        };
        let mut rows = rows_about(frame, self.practice);
        rows.sort_by_key(|row| (source(*row), cells.text(&items.reference, *row)));
        let grade = |row: usize| {
            let grade = cells.text(&input.column, row)?;
            items.grades.iter().position(|known| *known == grade)
        };
        for row in &rows {
            let name = format!("{} {}", input.name, item_name(items, &cells, *row));
            let from = cells.text(&input.column, *row).map(Told::Text);
            let place = Place::of(&cells, *row);
            for higher in grade(*row).into_iter().flat_map(|grade| items.grades.iter().skip(grade + 1)) {
                let set = vec![(input.column.clone(), Value::Text(higher.clone()))];
                let change = Change::Set { place: place.clone(), cells: set, since: Some(self.today()) };
                self.push(&name, from.clone(), Some(Told::Text(higher.clone())), change);
                self.meant(Direction::Up);
            }
            let set = vec![
                (items.state.clone(), Value::Text(items.closed.clone())),
                (items.closed_on.clone(), Value::Date(self.today())),
            ];
            let closed = Some(Told::Text(crate::wording::lower_first(&items.closed)));
            self.push(&name, from, closed, Change::Set { place, cells: set, since: None });
            self.meant(Direction::Down);
            self.next();
        }
        let counted = |feed: &&String| {
            rows.iter().any(|row| {
                cells.text(FEED, *row).as_ref() == Some(*feed)
                    && grade(*row).is_some_and(|grade| grade >= items.counts_from)
            })
        };
        let quiet = items.sources.iter().find(|feed| !counted(feed));
        if let Some(feed) = quiet.or_else(|| items.sources.first()) {
            self.new_item((fact, input), items, feed);
        }
    }

    fn new_item(&mut self, (fact, input): (&Fact, &Input), items: &Items, feed: &str) {
        let set = self.tried.pipeline.feed(feed).map(|feed| feed.set.as_slice()).unwrap_or_default();
        for grade in items.grades.iter() {
            let text = |column: &str, text: &str| (column.to_owned(), Value::Text(text.to_owned()));
            let mut cells = vec![
                text(FEED, feed),
                text(&input.column, grade),
                text(&items.state, &items.open),
                text(&items.reference, "one more"),
            ];
            cells.extend(set.iter().map(|(column, value)| text(column, value)));
            cells.extend(items.raised.iter().map(|column| (column.clone(), Value::Date(self.today()))));
            let name = format!("new {}", input.name);
            self.push(&name, None, Some(Told::Text(grade.clone())), Self::added(fact, cells));
            self.meant(Direction::Up);
        }
        self.next();
    }

    /// The last candidate is for one direction.
    fn meant(&mut self, direction: Direction) {
        if let Some(last) = self.out.last_mut() {
            last.only = Some(direction);
        }
    }

    fn answers(&mut self, fact: &Fact, input: &Input, accepted: &str, declined: &str) {
        let Some((cells, row)) = self.tried.standing(fact, self.practice) else { return };
        let from = cells.text(&input.column, row);
        let to = match from.as_deref() {
            Some(answer) if answer == accepted => return,
            Some(answer) if answer == declined => accepted,
            _ => declined,
        };
        let mut set = vec![(input.column.clone(), Value::Text(to.to_owned()))];
        if to == declined {
            set.extend(input.dated.iter().map(|(column, _)| (column.clone(), Value::Date(self.today()))));
        }
        let change = Change::Set { place: Place::of(&cells, row), cells: set, since: None };
        self.push(&input.name, from.map(Told::Text), Some(Told::Text(to.to_owned())), change);
        self.next();
    }

    fn decision(&mut self, outcome: &Outcome) {
        let Some((decision, _)) = &outcome.decision else { return };
        let frame = self.tried.known.facts.get("decisions");
        let cells = Cells::new(frame);
        for row in rows_about(frame, self.practice) {
            let change = Change::Remove(Place::of(&cells, row));
            self.push("decision", Some(Told::Level(decision.level)), None, change);
        }
        self.next();
    }

    fn dates(&mut self) {
        let from = Told::Date(self.today());
        for day in self.tried.days(self.practice, add_days(self.today(), AHEAD)) {
            self.push("as-of", Some(from.clone()), Some(Told::Date(day)), Change::None);
            if let Some(last) = self.out.last_mut() {
                last.on = Some(day);
            }
        }
        self.next();
    }
}

/// A number without what binary fractions add to it.
pub(super) fn rounded(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}
