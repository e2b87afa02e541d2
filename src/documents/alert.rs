//! The exception alert: short, for the body of a mail, the night it happens. It says from what to what, why,
//! where the practice stands, and what is due when.

use serde::Serialize;

use super::quarterly::{self, ExceptionRow, clock_in_words};
use super::{Head, Material};
use crate::levels::{Exception, from_to, place};

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
    /// From what to what it changed.
    pub change: String,
    /// Why: the row that did it, and its file.
    pub why: String,
    /// What is due and when, of the exception and of the practice; lines without a value are left out.
    pub due: Vec<String>,
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
        change: change(material, exception, event),
        why: why(material, exception, event),
        due: due(material, exception),
        exception: row,
        with_sbar,
        headings: vec![HEADING.to_owned()],
    }
}

/// From what to what.
fn change(material: &Material<'_>, exception: &Exception, event: &str) -> String {
    let level = |number: u8| {
        let badge = super::Badge::of(&material.pipeline.levels, Some(number));
        format!("{} ({})", badge.label.to_lowercase(), badge.name)
    };
    let before = material.turns.get(&exception.id).and_then(|turn| turn.before.as_ref());
    match (event, before) {
        ("opened", _) => format!("From not open to open, with the clock of {}.", level(exception.level)),
        ("worsened", Some(before)) => {
            let columns = from_to(before, exception, material.pipeline);
            let columns =
                if columns.is_empty() { String::new() } else { format!(" {}.", columns.join("; ")) };
            format!(
                "From the clock of {} to that of {}.{columns}",
                level(before.level),
                level(exception.level)
            )
        }
        ("worsened", None) => format!("To the clock of {}.", level(exception.level)),
        ("breached", _) => {
            let due = material.exception_clocks.get(&exception.id).and_then(|clock| clock.due);
            let due = due.map(|due| format!(" It was due on {}.", crate::dates::long(due)));
            format!("From a visit that is due to one that is overdue.{}", due.unwrap_or_default())
        }
        ("closed", _) => "From open to closed.".to_owned(),
        _ => String::new(),
    }
}

/// The row that did it.
fn why(material: &Material<'_>, exception: &Exception, event: &str) -> String {
    let evidence = &exception.evidence;
    let source = evidence.arrival.and_then(|arrival| material.known.sources.get(&arrival));
    let feed = source.map(|source| source.feed.as_str());
    let at = place(feed, evidence.arrival, evidence.sheet.as_deref(), evidence.row);
    match event {
        "closed" => {
            let turn = material.turns.get(&exception.id);
            turn.and_then(|turn| turn.closed.clone())
                .unwrap_or_else(|| format!("It no longer stands ({at})."))
        }
        "breached" => {
            format!("No visit since it became known meets its clock; it rests on {at}.")
        }
        _ => format!("{} ({at})", exception.sentence),
    }
}

/// What is due when.
fn due(material: &Material<'_>, exception: &Exception) -> Vec<String> {
    let of = material.exception_clocks.get(&exception.id).map(clock_in_words);
    let mut out: Vec<String> = of
        .filter(|words| !words.is_empty())
        .map(|words| format!("Visit for the exception: {words}"))
        .into_iter()
        .collect();
    if let Some(standing) = material.of(&exception.practice) {
        let words = clock_in_words(&standing.clock);
        if !words.is_empty() {
            out.push(format!("Visit to the practice at its present level: {words}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::Turn;
    use crate::documents::sample::{Sample, clock, day};
    use crate::visits::State;

    const ID: &str = "concerns-quality/Q1";

    /// A practice at level 2 with an exception of level 5, whose visit was due on 8 July 2026.
    fn world() -> Sample {
        let mut sample = Sample::new("2026-07-14");
        sample.practice("P81001", Some(2));
        let mut due = clock("2026-07-01", State::Overdue);
        due.due = Some(day("2026-07-08"));
        sample.exception(ID, "P81001", 5, due);
        sample
    }

    /// What an alert says: from what to what, and why.
    fn said(sample: &Sample, event: &str) -> [String; 2] {
        let alert = alert(&sample.material(), &sample.exceptions[ID], event, "Quality Committee", false);
        [alert.change, alert.why]
    }

    #[test]
    fn an_alert_says_from_what_to_what_and_the_row_that_did_it() {
        let mut sample = world();
        let stands = "Something of level 5 happened. (R0001, row 2)";
        let five = "level 5 (Reactive, immediate)";
        assert_eq!(
            said(&sample, "opened"),
            [&format!("From not open to open, with the clock of {five}."), stands]
        );
        assert_eq!(said(&sample, "worsened"), [&format!("To the clock of {five}."), stands]);
        assert_eq!(
            said(&sample, "breached"),
            [
                "From a visit that is due to one that is overdue. It was due on 8 July 2026.",
                "No visit since it became known meets its clock; it rests on R0001, row 2."
            ]
        );
        let closed = "From open to closed.";
        assert_eq!(said(&sample, "closed"), [closed, "It no longer stands (R0001, row 2)."]);
        let mut before = sample.exceptions[ID].clone();
        before.level = 4;
        let by = "Closed by Quality on 13 July 2026 (R0007).".to_owned();
        sample.turns.insert(ID.to_owned(), Turn { before: Some(before), closed: Some(by.clone()) });
        assert_eq!(said(&sample, "closed"), [closed, &by]);
        let worse = format!("From the clock of level 4 (Reactive) to that of {five}.");
        assert_eq!(said(&sample, "worsened"), [&worse, stands]);
    }

    #[test]
    fn a_headline_says_what_happened_to_which_practice() {
        let sample = world();
        for (event, what) in [
            ("opened", "has opened"),
            ("worsened", "has worsened"),
            ("breached", "has passed its due date without a visit"),
            ("closed", "has closed"),
        ] {
            let alert = alert(&sample.material(), &sample.exceptions[ID], event, "Quality Committee", false);
            assert_eq!(alert.headline, format!("An exception about {} {what}.", alert.exception.practice));
        }
    }
}
