//! What figures are called, so that the same figure has the same name wherever it is printed, also in the
//! papers of other dates: what it counts, and of which date or days.

use chrono::NaiveDate;

use crate::levels::Direction;
use crate::pipeline::Span;

/// Practices in scope.
pub fn practices(date: NaiveDate) -> String {
    format!("practices/{date}")
}

/// Practices at a level.
pub fn level(date: NaiveDate, number: Option<u8>) -> String {
    match number {
        Some(number) => format!("levels/{date}/{number}"),
        None => format!("levels/{date}/none"),
    }
}

/// Practices at a level that asks for a reactive visit.
pub fn reactive(date: NaiveDate) -> String {
    format!("levels/{date}/reactive")
}

/// Clocks in a state, of all levels.
pub fn clocks(date: NaiveDate, state: &str) -> String {
    format!("clocks/{date}/all/{state}")
}

/// Exceptions that are open.
pub fn exceptions(date: NaiveDate) -> String {
    format!("exceptions/{date}")
}

/// Practices that changed level between two packs.
pub fn moved(since: NaiveDate, date: NaiveDate) -> String {
    format!("moved/{since}/{date}")
}

/// Those of the movements of that key that went one way.
pub fn way(moved: &str, way: Direction) -> String {
    match way {
        Direction::Up => format!("{moved}/up"),
        Direction::Down => format!("{moved}/down"),
        Direction::Neither => format!("{moved}/neither"),
    }
}

/// Completed visits of a quarter, of a type, of a team or of all.
pub fn visits(quarter: &Span, of: &str) -> String {
    format!("visits/{}/{of}", quarter.id())
}

/// Completed visits between two days, of a type, of a team or of all.
pub fn visits_between(first: NaiveDate, last: NaiveDate, of: &str) -> String {
    format!("visits/{first}/{last}/{of}")
}

/// What a section of a public pack leaves out.
pub fn left_out(date: NaiveDate, section: &str) -> String {
    format!("left-out/{date}/{section}")
}

/// Rows of a feed, or of all, and what became of them.
pub fn rows(date: NaiveDate, feed: &str, what: &str) -> String {
    format!("rows/{date}/{feed}/{what}")
}

/// Paragraphs of a section that a public pack prints.
pub fn paragraphs(date: NaiveDate, section: &str) -> String {
    format!("paragraphs/{date}/{section}")
}

/// Visits that were moved, cancelled or paused since a pack, or since the beginning.
pub fn changes(since: Option<NaiveDate>, date: NaiveDate) -> String {
    let since = since.map_or_else(|| "the beginning".to_owned(), |since| since.to_string());
    format!("visits changed/{since}/{date}")
}

/// Offers made at visits of a quarter.
pub fn offers(quarter: &Span, of: &str) -> String {
    format!("offers/{}/{of}", quarter.id())
}

/// Concerns that are open, of a theme or of all.
pub fn concerns(date: NaiveDate, of: &str) -> String {
    format!("concerns/{date}/{of}")
}
