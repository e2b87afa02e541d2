//! `quarterday explain`: why a practice stands at its level.

use super::levels::{Found, not_the_last, result};
use super::output::{complain, say, say_json, warn};
use super::{Exit, ExplainArgs};
use crate::dates::long;
use crate::diagnostic::likely;
use crate::documents::Standing;
use crate::known::result::RunResult;
use crate::levels::{Evidence, Ruling};
use crate::visits::{Clock, State, Timed};
use crate::wording::plural;

pub(super) fn explain(args: &ExplainArgs) -> Exit {
    let Found { result, later } = match result(&args.data, args.run.as_deref()) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let code = args.practice.trim().to_uppercase();
    let Some(practice) = result.of(&code) else {
        let codes = result.practices.iter().map(|p| p.outcome.practice.code.as_str());
        let near = likely(&code, codes).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        complain(&format!("{code} is not a practice in scope on {}{near}", long(result.as_of)));
        return Exit::Failure;
    };
    if args.json {
        if later.is_some() {
            warn(&format!("this is run {}{}", result.run, not_the_last(later.as_ref())));
        }
        say_json(practice);
    } else {
        tell(practice, &result, &not_the_last(later.as_ref()));
    }
    Exit::Success
}

fn tell(practice: &Standing, result: &RunResult, older: &str) {
    let outcome = &practice.outcome;
    let place = &outcome.practice;
    if !older.is_empty() {
        say(&format!("This is an older run{older}"));
    }
    say(&format!("{} {} ({})", place.code, place.name, place.place));
    say(&format!("as at {}, run {}", long(result.as_of), result.run));
    say("");
    say(&format!(
        "Stands at {} (proposed: {})",
        result.in_words(outcome.level),
        result.in_words(outcome.proposed)
    ));
    if !outcome.assessed {
        say(&format!("Marked: {}", result.not_assessed_label));
    }
    if let Some(compared) = &result.compared_with {
        let before = match (&practice.previous, practice.cause) {
            (None, _) => "was not in it".to_owned(),
            (Some(past), None) => format!("{}, unchanged", result.in_words(past.level)),
            (Some(past), Some(cause)) => {
                format!("{}; cause of the change: {cause}", result.in_words(past.level))
            }
        };
        say(&format!("Last pack ({}): {before}", long(compared.as_of)));
    }
    for ended in &practice.ended {
        say(&format!("Ended: {}  {} {}", result.in_words(Some(ended.level)), ended.what, ended.why));
    }
    tell_decision(practice, result);
    tell_clock(practice);
    say("");
    if outcome.findings.is_empty() {
        say("No rule fires.");
    }
    if !outcome.unclaimed.is_empty() {
        say("Rows that no rule claims; while they stand, no rule says that nothing does:");
    }
    for unclaimed in &outcome.unclaimed {
        say(&format!("         - {}: {}", unclaimed.fact, row(&unclaimed.row)));
    }
    for finding in &outcome.findings {
        let level = result.label(Some(finding.level));
        say(&format!("{level}  {}  [{}]", finding.sentence, finding.rule));
        say(&format!("         {}", finding.clause));
        for evidence in &finding.evidence {
            say(&format!("         - {}", row(evidence)));
        }
    }
    if let Some(score) = &outcome.score {
        let stale = if score.stale { "; stale, so it sets no level" } else { "" };
        let value = crate::wording::number(score.value);
        say(&format!("Variation score {value} at {}{stale}", long(score.extract_date)));
    } else {
        say("No variation score has been received.");
    }
}

fn tell_decision(practice: &Standing, result: &RunResult) {
    let Some((decision, ruling)) = &practice.outcome.decision else { return };
    let what = match ruling {
        Ruling::Sets => "sets the level",
        Ruling::ChangesNothing => "changes nothing: the findings propose the same level",
        Ruling::InConflict => {
            "is in conflict: something more serious became known after it, and people decide again"
        }
    };
    say(&format!(
        "Decision: {} by {} ({}) on {}, until {}: {what}",
        result.in_words(Some(decision.level)),
        decision.decided_by,
        decision.group,
        long(decision.decided_on),
        long(decision.until)
    ));
    say(&format!("          reason: {}", decision.reason));
    say(&format!("          {}", row(&decision.evidence)));
}

fn tell_clock(practice: &Standing) {
    say(&format!("Clock: {}", clock(&practice.clock)));
    if practice.clocks.len() > 1 {
        for timed in &practice.clocks {
            let rule = timed.rule.as_deref().unwrap_or("decision");
            say(&format!("       - {rule}{}: {}", known_as(practice, timed), clock(&timed.clock)));
        }
    }
}

/// The place of the row that a clock belongs to.
fn known_as(practice: &Standing, timed: &Timed) -> String {
    let finding = practice.outcome.findings.iter().find(|f| Some(&f.rule) == timed.rule.as_ref());
    let row = finding.and_then(|finding| finding.evidence.get(timed.evidence?));
    let (file, number) = match row {
        Some(row) => (row.file.as_deref(), row.row),
        None => (None, None),
    };
    match (file, number) {
        (Some(file), Some(number)) => format!(" ({file}, row {number})"),
        _ => String::new(),
    }
}

/// A clock with all that is known of it: start, due date, visit, days late.
fn clock(clock: &Clock) -> String {
    let due = clock.due.map(long).unwrap_or_default();
    let met_on = clock.met_on.map(long).unwrap_or_default();
    let late = plural(clock.days_late.unwrap_or_default() as usize, "day", "days");
    let stands = match clock.state {
        State::Met => format!("visit due {due}, met on {met_on}, in time"),
        State::MetLate => format!("visit due {due}, met on {met_on}, {late} late"),
        State::Paused => format!("paused {}", clock.pauses(long)).trim_end().to_owned(),
        State::Overdue => format!("visit due {due}, overdue by {late}"),
        State::Running | State::DueSoon => format!("visit due {due} ({})", clock.state.word()),
    };
    format!("from {}, {stands}", long(clock.starts))
}

/// A row of evidence with its place.
fn row(evidence: &Evidence) -> String {
    let values: Vec<String> = evidence
        .values
        .iter()
        .map(|v| match &v.cell {
            Some(cell) => format!("{} = {} ({cell})", v.column, v.value),
            None => format!("{} = {}", v.column, v.value),
        })
        .collect();
    let mut place = evidence.file.clone().unwrap_or_else(|| "derived".to_owned());
    if let Some(sheet) = &evidence.sheet {
        place = format!("{place}, sheet {sheet}");
    }
    if let Some(number) = evidence.row {
        place = format!("{place}, row {number}");
    }
    if let Some(received) = evidence.received {
        place = format!("{place}, received {}", long(received));
    }
    if let Some(from) = &evidence.carried_from {
        place = format!("{place}, carried from {from}");
    }
    format!("{}  [{place}]", values.join(", "))
}
