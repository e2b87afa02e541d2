//! What became of an exception: from what to what, why, where the practice stands, and what is due when.

use super::exceptions::{in_words, row};
use super::visits::booked;
use crate::dates::long;
use crate::documents::content::{Block, Element, Words};
use crate::documents::context::{Context, Event};
use crate::documents::{Badge, Material};
use crate::levels::{Exception, from_to, place};
use crate::pipeline::ClockStart;

/// What happened, as a sentence about the practice.
pub fn headline(material: &Material<'_>, event: &Event<'_>) -> String {
    let what = match event.event {
        "opened" => "has opened",
        "worsened" => "has worsened",
        "breached" => "has passed its due date without a visit",
        "closed" => "has closed",
        other => other,
    };
    let code = &event.exception.practice;
    format!("An exception about {} ({code}) {what}.", material.name(code))
}

pub(super) fn block(context: &Context<'_>) -> Block {
    let material = context.material;
    let happened = context.event();
    let (exception, event) = (happened.exception, happened.event);
    let shown = row(material, exception, false);
    let mut block = context.block();
    let mut facts: Vec<(&str, Words)> = vec![("Practice", (&shown.practice).into())];
    let mut mail = Vec::new();
    let mut add = |name: &'static str, in_mail: &str, words: &str| {
        if !words.is_empty() {
            facts.push((name, words.into()));
            mail.push(format!("{:<14}{words}", format!("{in_mail}:")));
        }
    };
    add("Criterion", "Criterion", &shown.criterion);
    add("What", "What", &shown.sentence);
    add("From, to", "From, to", &change(material, exception, event));
    add("Why", "Why", &why(material, exception, event));
    let badge = &shown.badge;
    mail.push(format!("{:<14}{}", "Level now:", badge.in_full()));
    let level = Words::default().badge(badge).plain(format!(" {}", badge.name));
    facts.push(("Present level of the practice", level));
    if !shown.known.is_empty() {
        facts.push(("Known since", (&shown.known).into()));
        mail.push(format!("{:<14}{}", "Known since:", shown.known));
    }
    let due = due(material, exception);
    mail.extend(due.iter().map(|line| format!("{:<14}{line}", "Due:")));
    if let Some((first, rest)) = due.split_first() {
        let words = rest.iter().fold(Words::from(first), |words, line| words.line().plain(line));
        facts.push(("What is due", words));
    }
    let source = if shown.source.is_empty() { String::new() } else { format!("{}; ", shown.source) };
    facts.push(("Source", format!("{source}exception {}", exception.id).into()));
    mail.push(format!("{:<14}{}exception {}", "Source:", source.replace(';', ","), exception.id));
    let rows = facts.into_iter().map(|(name, words)| (name.to_owned(), words)).collect();
    block.push(Element::Facts { rows });
    let accompanied =
        if happened.accompanied { " The SBAR of the practice goes with this alert." } else { "" };
    let (committee, date) = (context.committee, long(material.as_of));
    block.paragraph(format!("For the {committee}; data as at {date}.{accompanied}"));
    let note = material.pipeline.framework.note();
    if !note.is_empty() {
        block.paragraph(note);
    }
    block.mail = mail;
    block
}

/// From what to what.
fn change(material: &Material<'_>, exception: &Exception, event: &str) -> String {
    let level = |number: u8| {
        let badge = Badge::of(&material.pipeline.levels, Some(number));
        format!("{} ({})", badge.in_words(), badge.name)
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
            let due = due.map(|due| format!(" It was due on {}.", long(due)));
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
    let of = material.exception_clocks.get(&exception.id).map(in_words);
    let mut out: Vec<String> = of
        .filter(|words| !words.is_empty())
        .map(|words| format!("Visit for the exception: {words}"))
        .into_iter()
        .collect();
    if let Some(standing) = material.of(&exception.practice) {
        let words = in_words(&standing.clock);
        if !words.is_empty() {
            out.push(format!("Visit to the practice at its present level: {words}"));
        }
        let rolling = material.pipeline.levels.get(standing.outcome.level).starts == ClockStart::LastVisit;
        let of_level = Some(&standing.clock).filter(|_| !rolling);
        let clocks = material.exception_clocks.get(&exception.id).into_iter().chain(of_level);
        if clocks.into_iter().any(|clock| clock.state.is_owed()) {
            out.extend(booked(material, &exception.practice).sentences());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::context::About;
    use crate::documents::sample::{Sample, clock, day};
    use crate::documents::{Reader, Turn};
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

    fn event<'e>(sample: &'e Sample, event: &'e str) -> Event<'e> {
        Event { exception: &sample.exceptions[ID], event, accompanied: false }
    }

    /// What an alert says: from what to what, and why.
    fn said(sample: &Sample, word: &str) -> [String; 2] {
        let about = About::Exception(event(sample, word));
        let block = sample.block_about(&sample.material(), "event", Reader::NAMED, about);
        [block.fact("From, to"), block.fact("Why")]
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
    fn an_alert_says_of_a_visit_that_is_owed_what_is_planned_and_what_was() {
        let mut sample = world();
        let due = |sample: &Sample| {
            let about = About::Exception(event(sample, "opened"));
            sample.block_about(&sample.material(), "event", Reader::NAMED, about).fact("What is due")
        };
        assert!(due(&sample).ends_with("No visit is planned yet."), "{}", due(&sample));
        sample.fact("plans", &["practice = P81001; status = Planned; planned_date = 2026-07-09"]);
        let was = "A visit was planned for 9 July 2026; it is not recorded as completed.";
        assert!(due(&sample).ends_with(was), "{}", due(&sample));
        sample.exception_clocks.get_mut(ID).unwrap().state = State::Met;
        assert!(!due(&sample).contains("planned"), "{}", due(&sample));
    }

    #[test]
    fn a_headline_says_what_happened_to_which_practice() {
        let sample = world();
        for (word, what) in [
            ("opened", "has opened"),
            ("worsened", "has worsened"),
            ("breached", "has passed its due date without a visit"),
            ("closed", "has closed"),
        ] {
            let said = headline(&sample.material(), &event(&sample, word));
            assert_eq!(said, format!("An exception about Practice P81001 (P81001) {what}."));
        }
    }
}
