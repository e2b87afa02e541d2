//! `quarterday explain`: why a practice stands at its level, and what would change it.

use super::levels::{Found, not_the_last, result};
use super::output::{complain, failed, hint, pipeline_of, say, say_json, say_raw, warn};
use super::{Exit, ExplainArgs, Said};
use crate::dates::long;
use crate::diagnostic::likely;
use crate::documents::Standing;
use crate::known::explanation::{Explanation, explain as reasons, find};
use crate::known::past_run::PastRun;
use crate::known::result::RunResult;
use crate::levels::{Criteria, Direction, Evidence, Ruling, Told};
use crate::pipeline::{MarkKind, Pipeline};
use crate::visits::{Clock, State, Timed};
use crate::wording::plural;
use crate::workspace::Workspace;

pub(super) fn explain(args: &ExplainArgs) -> Exit {
    let found = match result(&args.data, args.run.as_deref()) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let chosen = match chosen(args, &found.result) {
        Ok(chosen) => chosen,
        Err(exit) => return exit,
    };
    match told(args, &found, &chosen) {
        Ok(()) => Exit::Success,
        Err(exit) => exit,
    }
}

/// The practices that are asked for.
fn chosen<'r>(args: &ExplainArgs, result: &'r RunResult) -> Result<Vec<&'r Standing>, Exit> {
    let Some(asked) = &args.practice else { return Ok(result.practices.iter().collect()) };
    let found = find(result, asked);
    let on = long(result.as_of);
    match found.as_slice() {
        [] => {
            let code = asked.trim().to_uppercase();
            let codes = result.practices.iter().map(|p| p.outcome.practice.code.as_str());
            let near = likely(&code, codes).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            complain(&format!("{code} is not a practice in scope on {on}{near}"));
            Err(Exit::Failure)
        }
        [_] => Ok(found),
        several => {
            let names = several.iter().map(|s| format!("{} {}", s.code(), s.outcome.practice.name));
            let names: Vec<String> = names.collect();
            complain(&format!(
                "{} have \"{}\" in their name: {}",
                plural(names.len(), "practice", "practices"),
                asked.trim(),
                names.join("; ")
            ));
            hint("name one of them by its code");
            Err(Exit::Failure)
        }
    }
}

fn told(args: &ExplainArgs, found: &Found, chosen: &[&Standing]) -> Result<(), Exit> {
    let workspace = Workspace::new(&args.data);
    let ledger = workspace.existing_ledger().map_err(|error| failed(&error.into()))?;
    let record = super::levels::record(&workspace, Some(&found.result.run))?;
    let Some(ledger) = ledger else { return Err(Exit::Failure) };
    let past = PastRun::of(record, &workspace, &ledger).map_err(|error| failed(&error))?;
    let pipeline = pipeline_of(&past.folder, "the pipeline folder of the run")?;
    let state = past.state(&pipeline, &workspace, &ledger).map_err(|error| failed(&error.into()))?;
    let explained =
        reasons(chosen, &found.result, (&past, &pipeline, &state)).map_err(|error| failed(&error))?;
    let older = not_the_last(found.later.as_ref());
    let json = args.json || args.format == Said::Json;
    if json && !older.is_empty() {
        warn(&format!("this is run {}{older}", found.result.run));
    }
    for explanation in &explained {
        let code = explanation.practice_code;
        match (json, args.all) {
            (true, true) => match serde_json::to_string(explanation) {
                Ok(line) => say_raw(&format!("{line}\n")),
                Err(error) => return Err(failed(&error.into())),
            },
            (true, false) => say_json(explanation),
            (false, true) => say(&format!("{code} {}: {}", explanation.practice_name, explanation.sentence)),
            (false, false) => tell(explanation, &found.result, &pipeline, &older),
        }
    }
    Ok(())
}

fn tell(explanation: &Explanation<'_>, result: &RunResult, pipeline: &Pipeline, older: &str) {
    let practice = explanation.standing;
    let outcome = &practice.outcome;
    let place = &outcome.practice;
    if !older.is_empty() {
        say(&format!("This is an older run{older}"));
    }
    say(&explanation.sentence);
    say("");
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
    for (word, turns) in [("Ended", explanation.ended), ("Began", explanation.began)] {
        for turn in turns {
            let row = if turn.row.is_empty() { String::new() } else { format!(" {}", turn.row) };
            say(&format!("{word} since: {}{row}, by {}", turn.rule, turn.by));
        }
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
    tell_marks(practice);
    if let Some(score) = &outcome.score {
        let stale = if score.stale { "; stale, so it sets no level" } else { "" };
        let value = crate::wording::number(score.value);
        say(&format!("Variation score {value} at {}{stale}", long(score.extract_date)));
    } else if pipeline.facts.contains_key("score") {
        say("No score has been received.");
    }
    tell_trials(explanation, result, pipeline);
}

fn tell_marks(practice: &Standing) {
    let marks = &practice.outcome.marks;
    let criteria = Criteria::of(marks);
    if criteria.of > 0 {
        say(&format!("Criteria: {}", criteria.words()));
    }
    for mark in marks {
        let what = match mark.kind {
            MarkKind::Criterion => mark.state.words(),
            kind => kind.word(),
        };
        let said = if mark.sentence.is_empty() { "" } else { ": " };
        say(&format!("         {what}  {}{said}{}  [{}]", mark.title, mark.sentence, mark.mark));
        for evidence in &mark.evidence {
            say(&format!("         - {}", row(evidence)));
        }
    }
}

/// What is missing, what nearly holds, and what would change the level.
fn tell_trials(explanation: &Explanation<'_>, result: &RunResult, pipeline: &Pipeline) {
    let section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            say("");
            say(title);
            lines.iter().for_each(|line| say(&format!("         - {line}")));
        }
    };
    section("Countervailing:", explanation.countervailing.clone());
    section("Missing:", explanation.missing.clone());
    let value = |told: &Told| match told {
        Told::Level(level) => result.in_words(Some(*level)),
        Told::Number(number) => crate::wording::number(*number),
        Told::Date(date) => long(*date),
        Told::Text(text) => text.clone(),
    };
    let title = |rule: &str| pipeline.rule(rule).map_or_else(|| rule.to_owned(), |rule| rule.title.clone());
    let nearly = explanation.near_misses.iter().map(|miss| {
        format!(
            "{}: {} is {}; {} would do  [{}]",
            title(&miss.rule),
            miss.input,
            value(&miss.from),
            value(&miss.needs),
            miss.rule
        )
    });
    section("Nearly holds:", nearly.collect());
    let moves = explanation.told(pipeline).map(|found| {
        let from = found.from.as_ref().map_or_else(|| "none".to_owned(), value);
        let to = found.to.as_ref().map_or_else(|| "none".to_owned(), value);
        let way = if found.direction == Direction::Up { "up" } else { "down" };
        format!("{}: from {from} to {to} moves it {way} to {}", found.input, result.in_words(found.level))
    });
    section("What would change the level, each tried:", moves.collect());
    if let Some(rests) = explanation.rests_on(pipeline) {
        say(&format!(
            "No single change lowers the level: it rests on {}.",
            plural(rests, "finding", "findings")
        ));
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
    if let Some(missed) = &practice.missed {
        say(&format!("       the decision asked for a visit of its own: {}", clock(missed)));
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
        State::None => return "none: no visit is due at this level".to_owned(),
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
