//! Exceptions: what is open, and what opened or closed since the last pack.

use std::cmp::Reverse;

use chrono::NaiveDate;

use crate::dates::{long, short};
use crate::documents::content::{Block, Cell, Column, Kind, Table, Words};
use crate::documents::context::Context;
use crate::documents::{Badge, Claim, Material, Notice, Reader, keys};
use crate::levels::Exception;
use crate::visits::{Clock, State};
use crate::wording::plural;

pub(super) fn block(context: &Context<'_>) -> Block {
    let Context { material, reader, .. } = *context;
    let mut block = context.block();
    let intro = context.text("intro");
    if !intro.is_empty() {
        block.paragraph(intro);
    }
    let before = material.last.as_ref().map(|last| last.exceptions);
    let is_new = |e: &Exception| before.is_some_and(|before| !before.contains_key(&e.id));
    let mut open: Vec<&Exception> = material.exceptions.values().collect();
    open.sort_by_key(|e| (urgency(material.exception_clocks.get(&e.id), e.level), e.id.clone()));
    let was_open = before.into_iter().flat_map(|before| before.values());
    let closed: Vec<&Exception> = was_open.filter(|e| !material.exceptions.contains_key(&e.id)).collect();
    let new = open.iter().filter(|e| is_new(e)).count();
    let claims = claims(material, reader, new, closed.len());
    block.mail = claims.iter().map(|claim| claim.text.clone()).collect();
    block.claims(claims);
    if !reader.named() {
        return block;
    }
    block.heading("Open");
    let columns = vec![
        Column::text("Practice", 24),
        Column::of(Kind::Badge, "Level", 14),
        Column::text("What happened", None),
        Column::of(Kind::Date, "Since", 15),
        Column::text("Visit", 16),
    ];
    let rows = open.iter().map(|e| open_row(&row(material, e, is_new(e))));
    let table = Table::new("exceptions-open", "Exceptions that are open", columns).rows(rows);
    block.table(
        table,
        match context.received("concerns") {
            true => "No exception is open.",
            false => "No sheet of concerns has been received, so nothing is known of exceptions among them.",
        },
    );
    if let Some(last) = &material.last {
        block.heading(format!("Closed since {}", long(last.as_of)));
        let columns = vec![
            Column::text("Practice", 28),
            Column::of(Kind::Badge, "Level", 15),
            Column::text("What had happened", None),
            Column::of(Kind::Date, "Since", 16),
        ];
        let caption = "Exceptions that were open in the last pack and are closed";
        let rows = closed.iter().map(|e| closed_row(&row(material, e, false)));
        block.table(Table::new("exceptions-closed", caption, columns).rows(rows), "No exception has closed.");
    }
    block
}

fn open_row(row: &ExceptionRow) -> Vec<Cell> {
    let mut what =
        Words::default().strong(format!("{}.", row.criterion)).plain(format!(" {} ", row.sentence));
    what = what.muted(format!("({})", row.source));
    if !row.owner.is_empty() {
        what = what.line().plain(format!("Owner: {}.", row.owner));
    }
    if !row.acknowledged.is_empty() {
        what = what.line().plain(&row.acknowledged);
    }
    let since = Words::from(&row.known);
    let since = if row.new { since.line().strong("New") } else { since };
    vec![
        Cell::words(&row.practice),
        Cell::badge(&row.badge),
        Cell::words(what),
        Cell { words: since, ..Cell::day(row.known_on, "") },
        Cell::words(&row.clock),
    ]
}

fn closed_row(row: &ExceptionRow) -> Vec<Cell> {
    let what = Words::from(format!("{}. {}", row.criterion, row.sentence));
    let what = match row.closed.is_empty() {
        true => what,
        false => what.line().strong("Closed:").plain(format!(" {}", row.closed)),
    };
    vec![
        Cell::words(&row.practice),
        Cell::badge(&row.badge),
        Cell::words(what),
        Cell { words: (&row.known).into(), ..Cell::day(row.known_on, "") },
    ]
}

/// One exception, as documents print it.
#[derive(Debug, Clone)]
pub struct ExceptionRow {
    /// The practice.
    pub practice: String,
    /// The present level of the practice.
    pub badge: Badge,
    /// The criterion.
    pub criterion: String,
    /// What happened.
    pub sentence: String,
    /// When it became known.
    pub known_on: Option<NaiveDate>,
    /// The same in words.
    pub known: String,
    /// How its clock stands.
    pub clock: String,
    /// Whether it is new since the last pack.
    pub new: bool,
    /// Who took notice of it and what they noted; empty if nobody did.
    pub acknowledged: String,
    /// The role that answers for the sheet in which its row came, where it is known.
    pub owner: String,
    /// The receipt.
    pub source: String,
    /// What closed it, with row and file; empty while it is open.
    pub closed: String,
}

/// What stands first in a list: what is overdue, then the higher level, then the earlier due date.
pub(super) fn urgency(clock: Option<&Clock>, level: u8) -> (bool, Reverse<u8>, Option<NaiveDate>) {
    let overdue = clock.is_some_and(|clock| clock.state == State::Overdue);
    // Without a due date a clock waits for nothing: the last of its level.
    let due = clock.and_then(|clock| clock.due).or(Some(NaiveDate::MAX));
    (!overdue, Reverse(level), due)
}

/// The role that answers for the feed in which the row of an exception came.
fn owner(material: &Material<'_>, exception: &Exception) -> String {
    let arrival = exception.evidence.arrival;
    let known = material.last.iter().map(|last| last.known).chain([material.known]);
    let source = known.filter_map(|known| known.sources.get(&arrival?)).next_back();
    let feed = source.and_then(|source| material.pipeline.feed(&source.feed));
    feed.map(|feed| feed.owner.clone()).unwrap_or_default()
}

fn claims(material: &Material<'_>, reader: Reader<'_>, new: usize, closed: usize) -> Vec<Claim> {
    let open = material.exceptions.len();
    let mut sources: Vec<String> = material
        .exceptions
        .values()
        .filter_map(|e| e.evidence.arrival)
        .map(crate::intake::Receipt::number)
        .collect();
    if sources.is_empty() {
        sources = material.receipts_behind("concerns");
    }
    sources.sort();
    sources.dedup();
    let open = reader.say(&keys::exceptions(material.as_of), open);
    let text = format!("{} open.", open.words("exception is", "exceptions are"));
    let mut out = vec![Claim::new(text, sources.clone())];
    if let (Some(last), true) = (&material.last, reader.named()) {
        let text = format!(
            "Since the pack of {}, {} opened and {} closed.",
            long(last.as_of),
            plural(new, "exception", "exceptions"),
            plural(closed, "exception", "exceptions")
        );
        out.push(Claim::new(text, sources));
    }
    out.into_iter().flatten().collect()
}

/// An exception as documents print it.
pub(super) fn row(material: &Material<'_>, exception: &Exception, new: bool) -> ExceptionRow {
    let clock = material.exception_clocks.get(&exception.id);
    ExceptionRow {
        practice: format!("{} ({})", material.name(&exception.practice), exception.practice),
        badge: material.of(&exception.practice).map_or_else(Badge::out_of_scope, |standing| {
            Badge::of(&material.pipeline.levels, standing.outcome.level)
        }),
        criterion: exception.criterion.clone(),
        sentence: exception.sentence.clone(),
        known_on: exception.known,
        known: exception.known.map(short).unwrap_or_default(),
        clock: clock.map(in_words).unwrap_or_default(),
        new,
        acknowledged: material.acknowledged.get(&exception.id).map(Notice::in_words).unwrap_or_default(),
        owner: owner(material, exception),
        source: exception.evidence.arrival.map(crate::intake::Receipt::number).unwrap_or_default(),
        closed: material.turns.get(&exception.id).and_then(|turn| turn.closed.clone()).unwrap_or_default(),
    }
}

/// How a clock stands, in words.
pub(in crate::documents) fn in_words(clock: &Clock) -> String {
    let visited = clock.met_on.map(short).unwrap_or_default();
    let late = plural(clock.days_late.unwrap_or_default() as usize, "day", "days");
    match (clock.state, clock.due) {
        (State::Met, _) => format!("visited {visited}, in time"),
        (State::MetLate, _) => format!("visited {visited}, {late} late"),
        (State::Paused, _) => format!("paused {}", clock.pauses(short)),
        (State::Overdue, Some(due)) => format!("our visit was due on {}, {late} overdue", short(due)),
        (_, Some(due)) => format!("due {}", short(due)),
        (_, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::sample::{Sample, clock, day};

    #[test]
    fn what_is_overdue_stands_first_then_the_higher_level_then_the_earlier_date() {
        let mut sample = Sample::new("2026-10-14");
        sample.practice("P81001", Some(4));
        let due = |state: State, due: &str| Clock { due: Some(day(due)), ..clock("2026-09-01", state) };
        sample.exception("a", "P81001", 4, due(State::Running, "2026-11-20"));
        sample.exception("b", "P81001", 4, due(State::Running, "2026-11-10"));
        sample.exception("c", "P81001", 5, due(State::DueSoon, "2026-10-20"));
        sample.exception("d", "P81001", 4, due(State::Overdue, "2026-10-01"));
        let material = sample.material();
        let block = sample.block(&material, "exceptions", Reader::NAMED);
        let table = block.tables().next().unwrap();
        let due: Vec<String> = table.rows.iter().map(|row| row[4].words.text()).collect();
        assert_eq!(
            due,
            [
                "our visit was due on 1 Oct 2026, 0 days overdue",
                "due 20 Oct 2026",
                "due 10 Nov 2026",
                "due 20 Nov 2026"
            ]
        );
    }
}
