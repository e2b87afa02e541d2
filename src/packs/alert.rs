//! The exception alert: short, for the body of a mail, the night it happens.

use serde::Serialize;

use super::quarterly::{self, ExceptionRow};
use super::{Head, Material};
use crate::levels::Exception;

/// An exception alert.
#[derive(Debug, Clone, Serialize)]
pub struct Alert {
    /// What it says about itself.
    pub head: Head,
    /// What happened, in one word: opened, worsened, breached, closed.
    pub event: String,
    /// The same as a sentence.
    pub headline: String,
    /// The exception.
    pub exception: ExceptionRow,
    /// Whether an SBAR of the practice goes with it.
    pub with_sbar: bool,
    /// The headings that the finished document must have.
    pub headings: Vec<String>,
}

/// The heading of an alert.
pub const HEADING: &str = "What happened";

/// The alert of an exception.
pub fn alert(
    material: &Material<'_>,
    exception: &Exception,
    event: &str,
    committee: &str,
    with_sbar: bool,
) -> Alert {
    let row = quarterly::exception_row(material, exception, false);
    let what = match event {
        "opened" => "has opened",
        "worsened" => "has worsened",
        "breached" => "has passed its due date without a visit",
        "closed" => "has closed",
        other => other,
    };
    let headline = format!("An exception about {} {what}.", row.practice);
    let title = format!("Exception {event}: {}", row.practice);
    let short = format!("Exception {event}, {}", exception.practice);
    Alert {
        head: Head::new(material, title, short, committee, false),
        event: event.to_owned(),
        headline,
        exception: row,
        with_sbar,
        headings: vec![HEADING.to_owned()],
    }
}
