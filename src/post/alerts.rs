//! Which exceptions are to be alerted: opening, worsening, breach and closing, once each.
//!
//! An exception is compared with what it was before the day of the run, whether that was told or not: one that
//! eased and is worse again another day is told again; one that was milder between two runs of one day is not.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use chrono::NaiveDate;

use crate::documents::Turn;
use crate::ledger::{Alert, Event};
use crate::levels::{Exception, Rows};
use crate::visits::{Clock, State};

/// What a run has to say about exceptions.
#[derive(Debug, Clone, Default)]
pub struct Alerts {
    /// What is to be noted in the ledger.
    pub noted: Vec<Alert>,
    /// What is to be said, each with the exception as it is or was.
    pub said: Vec<(Alert, Exception)>,
}

/// The alerts of a date, given what was alerted before.
///
/// A run that speaks of a date before the last alert gives no new ones; the alerts that it gave when it
/// first ran are given again, so that its documents can be rebuilt.
///
/// # Errors
/// If the ledger holds an alert that cannot be read.
pub fn alerts(
    open: &BTreeMap<String, Exception>,
    clocks: &BTreeMap<String, Clock>,
    given: &[Alert],
    run: &str,
    as_of: NaiveDate,
) -> anyhow::Result<Alerts> {
    let mut out = Alerts::default();
    for alert in given.iter().filter(|a| a.run == run && speaks(a)) {
        out.said.push((alert.clone(), exception(alert)?));
    }
    if given.iter().any(|a| a.as_of > as_of) {
        return Ok(out);
    }
    let ids: BTreeSet<&str> =
        open.keys().map(String::as_str).chain(given.iter().map(|a| a.exception.as_str())).collect();
    for id in ids {
        let past: Vec<&Alert> = given.iter().filter(|a| a.exception == id).collect();
        let now = open.get(id);
        let overdue = clocks.get(id).is_some_and(|clock| clock.state == State::Overdue);
        for (event, occurrence, spoken) in events(now, overdue, &past, as_of) {
            let last = past.iter().rev().find(|a| !a.detail.is_empty());
            let (level, detail) = match (now, last) {
                (Some(exception), _) if spoken || event.is_silent() => {
                    (exception.level, serde_json::to_string(exception).context("an alert cannot be kept")?)
                }
                (Some(exception), _) => (exception.level, String::new()),
                (None, Some(last)) => (last.level, last.detail.clone()),
                (None, None) => continue,
            };
            let alike =
                past.iter().filter(|a| (a.occurrence, a.event, a.level) == (occurrence, event, level));
            let alert = Alert {
                exception: id.to_owned(),
                occurrence,
                event,
                level,
                nth: u32::try_from(alike.count()).unwrap_or(u32::MAX).saturating_add(1),
                as_of,
                run: run.to_owned(),
                detail,
            };
            if spoken {
                out.said.push((alert.clone(), exception(&alert)?));
            }
            out.noted.push(alert);
        }
    }
    Ok(out)
}

/// What became of the exceptions that were alerted before this run, or stood in a pack that it is compared
/// with: what each was before, and what closed it.
///
/// # Errors
/// If the ledger holds an alert that cannot be read, or Polars refuses an expression.
pub fn turns<'e>(
    open: &BTreeMap<String, Exception>,
    given: &[Alert],
    (run, as_of): (&str, NaiveDate),
    in_packs: impl Iterator<Item = &'e Exception>,
    rows: &Rows<'_>,
) -> anyhow::Result<BTreeMap<String, Turn>> {
    let mut told: BTreeMap<String, Exception> = in_packs.map(|e| (e.id.clone(), e.clone())).collect();
    // What this run said itself when it was done before, and what came after it, is not before it.
    let before = given.iter().take_while(|alert| alert.run != run);
    for alert in before.filter(|alert| !alert.detail.is_empty() && !is_between(alert, as_of)) {
        told.insert(alert.exception.clone(), exception(alert)?);
    }
    let mut out = BTreeMap::new();
    for (id, before) in told {
        let closed = (!open.contains_key(&id)).then(|| rows.closed(&before)).transpose()?;
        out.insert(id, Turn { before: Some(before), closed });
    }
    Ok(out)
}

/// A breach that was found together with the opening is said by the opening's alert, and that something
/// eased is said to nobody: such are noted without a detail.
fn speaks(alert: &Alert) -> bool {
    !alert.detail.is_empty() && !alert.event.is_silent()
}

/// Whether a note is only of what an exception was between two runs of a day.
fn is_between(alert: &Alert, as_of: NaiveDate) -> bool {
    alert.event.is_silent() && alert.as_of == as_of
}

/// Whether the breach of an exception's present clock was noticed in its present opening: that of its own
/// severity from its own start, or of a graver one from the same.
pub fn breached(exception: &Exception, given: &[Alert]) -> bool {
    let past: Vec<&Alert> = given.iter().filter(|a| a.exception == exception.id).collect();
    is_breached(exception, &past)
}

fn is_breached(now: &Exception, past: &[&Alert]) -> bool {
    let occurrence = past.last().map_or(0, |a| a.occurrence);
    past.iter()
        .filter(|a| a.occurrence == occurrence && a.event == Event::Breached)
        .any(|a| a.level >= now.level && start(a, past) == now.known)
}

/// The start of the clock that an alert speaks of: its own, or that of the alert that was given with it.
fn start(alert: &Alert, past: &[&Alert]) -> Option<NaiveDate> {
    let with = |other: &&&Alert| speaks(other) && other.run == alert.run;
    let told = if speaks(alert) { Some(alert) } else { past.iter().find(with).copied() };
    told.and_then(|alert| exception(alert).ok()).and_then(|exception| exception.known)
}

fn exception(alert: &Alert) -> anyhow::Result<Exception> {
    serde_json::from_str(&alert.detail)
        .with_context(|| format!("the alert of {} cannot be read", alert.exception))
}

/// What has happened to an exception since the runs before: event, occurrence, and whether it gets an alert of
/// its own.
fn events(
    now: Option<&Exception>,
    overdue: bool,
    past: &[&Alert],
    as_of: NaiveDate,
) -> Vec<(Event, u32, bool)> {
    let last = past.last();
    let occurrence = last.map_or(0, |a| a.occurrence);
    let closed = last.is_none_or(|a| a.event == Event::Closed);
    let Some(now) = now else {
        return if closed { Vec::new() } else { vec![(Event::Closed, occurrence, true)] };
    };
    if closed {
        let mut out = vec![(Event::Opened, occurrence + 1, true)];
        out.extend(overdue.then_some((Event::Breached, occurrence + 1, false)));
        return out;
    }
    // A breach is none of the steps by which the level rose and fell.
    let mut steps = past.iter().rev().filter(|a| a.occurrence == occurrence && a.event != Event::Breached);
    let present = steps.clone().next().map_or(0, |a| a.level);
    let before = steps.find(|a| !is_between(a, as_of)).map_or(0, |a| a.level);
    let breached = is_breached(now, past);
    let mut out = Vec::new();
    if now.level > before {
        out.push((Event::Worsened, occurrence, true));
        out.extend((overdue && !breached).then_some((Event::Breached, occurrence, false)));
        return out;
    }
    if now.level != present {
        out.push((if now.level < before { Event::Eased } else { Event::Returned }, occurrence, false));
    }
    out.extend((overdue && !breached).then_some((Event::Breached, occurrence, true)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::levels::Evidence;

    fn exception_of(level: u8) -> Exception {
        since(level, None)
    }

    fn since(level: u8, known: Option<NaiveDate>) -> Exception {
        let evidence = Evidence {
            arrival: Some(1),
            file: None,
            sheet: None,
            row: None,
            received: None,
            carried_from: None,
            values: Vec::new(),
        };
        Exception {
            id: "concerns-quality/Q-1".into(),
            practice: "X90001".into(),
            level,
            criterion: "Patient harm".into(),
            known,
            sentence: "Something serious.".into(),
            evidence,
        }
    }

    /// Plays days one after the other: the open level (0: closed) and whether its clock is overdue.
    fn played(days: &[(u8, bool)]) -> Vec<String> {
        let days: Vec<(u8, bool, u32)> = days.iter().map(|(level, overdue)| (*level, *overdue, 1)).collect();
        played_since(&days)
    }

    /// The same, with the day in July on which its clock started.
    fn played_since(days: &[(u8, bool, u32)]) -> Vec<String> {
        let runs: Vec<_> =
            (1..).zip(days).map(|(day, (l, overdue, start))| (day, *l, *overdue, *start)).collect();
        played_at(&runs)
    }

    fn clock(as_of: NaiveDate, overdue: bool) -> Clock {
        let state = if overdue { State::Overdue } else { State::Running };
        Clock { starts: as_of, due: Some(as_of), state, met_on: None, days_late: None, pauses: Vec::new() }
    }

    /// The same, with the day in July of each run.
    fn played_at(runs: &[(u32, u8, bool, u32)]) -> Vec<String> {
        let (mut given, mut said): (Vec<Alert>, Vec<String>) = (Vec::new(), Vec::new());
        for (index, (day, level, overdue, start)) in runs.iter().enumerate() {
            let as_of = NaiveDate::from_ymd_opt(2026, 7, *day).unwrap();
            let open: BTreeMap<String, Exception> = (*level > 0)
                .then(|| since(*level, NaiveDate::from_ymd_opt(2026, 7, *start)))
                .map(|exception| (exception.id.clone(), exception))
                .into_iter()
                .collect();
            let clock = clock(as_of, *overdue);
            let clocks = open.keys().map(|id| (id.clone(), clock.clone())).collect();
            let found = alerts(&open, &clocks, &given, &format!("run-{index}"), as_of).unwrap();
            said.extend(found.said.iter().map(|(a, _)| format!("{index} {} {}", a.event.word(), a.level)));
            given.extend(found.noted);
        }
        said
    }

    #[test]
    fn each_thing_is_alerted_once() {
        let days =
            [(4, false), (4, false), (4, true), (4, true), (5, false), (5, true), (0, false), (0, false)];
        assert_eq!(
            played(&days),
            ["0 opened 4", "2 breached 4", "4 worsened 5", "5 breached 5", "6 closed 5"]
        );
    }

    #[test]
    fn a_clock_is_breached_once_a_start_and_easing_alerts_nobody() {
        // Serious since the 1st, immediate since the 5th, then serious again: the clock of the 1st goes on.
        let days = [
            (4, false, 1),
            (5, false, 5),
            (5, true, 5),
            (4, false, 1),
            (4, true, 1),
            (4, true, 1),
            (5, false, 9),
            (5, true, 9),
            (5, true, 9),
        ];
        let said =
            ["0 opened 4", "1 worsened 5", "2 breached 5", "4 breached 4", "6 worsened 5", "7 breached 5"];
        assert_eq!(played_since(&days), said);
        // What was breached before it grew worse is not breached again when it eases.
        let days = [(4, true, 1), (5, false, 5), (4, true, 1), (4, true, 1)];
        assert_eq!(played_since(&days), ["0 opened 4", "1 worsened 5"]);
        // Opened again between two runs: the level is the same, the start is not.
        let days = [(4, false, 1), (4, true, 1), (4, false, 9), (4, true, 9)];
        assert_eq!(played_since(&days), ["0 opened 4", "1 breached 4", "3 breached 4"]);
    }

    #[test]
    fn what_eased_is_told_when_it_is_worse_again_but_not_on_the_day_on_which_it_eased() {
        let on = |runs: &[(u32, u8)]| {
            let runs: Vec<_> = runs.iter().map(|(day, level)| (*day, *level, false, 1)).collect();
            played_at(&runs)
        };
        // Told at 5, milder the next week, worse again the week after.
        assert_eq!(on(&[(1, 5), (8, 4), (15, 5)]), ["0 opened 5", "2 worsened 5"]);
        // Milder between two runs of one day, then for good, then worse.
        assert_eq!(on(&[(1, 5), (8, 4), (8, 5), (9, 5), (15, 4), (16, 5)]), ["0 opened 5", "5 worsened 5"]);
        // Worse, milder and worse on one day is told once.
        assert_eq!(on(&[(1, 4), (8, 5), (8, 4), (8, 5), (9, 5)]), ["0 opened 4", "1 worsened 5"]);
        // Back half way is still milder than before the day; the rest of the way is told the day after.
        assert_eq!(on(&[(1, 5), (8, 3), (8, 4), (9, 5)]), ["0 opened 5", "3 worsened 5"]);
        // Who was told that it is closed is told that it is open again, on the same day too.
        assert_eq!(on(&[(1, 5), (8, 0), (8, 5), (8, 5)]), ["0 opened 5", "1 closed 5", "2 opened 5"]);
        // It closes at what it was.
        assert_eq!(on(&[(1, 5), (8, 4), (15, 0)]), ["0 opened 5", "2 closed 4"]);
    }

    #[test]
    fn a_breach_belongs_to_the_clock_that_runs() {
        let run = |day: u32, level: u8, known: u32, given: &mut Vec<Alert>, overdue: bool| {
            let now = since(level, NaiveDate::from_ymd_opt(2026, 7, known));
            let as_of = NaiveDate::from_ymd_opt(2026, 7, day).unwrap();
            let clock = clock(as_of, overdue);
            let (open, clocks) = ([(now.id.clone(), now.clone())].into(), [(now.id.clone(), clock)].into());
            given.extend(alerts(&open, &clocks, given, &format!("run-{day}"), as_of).unwrap().noted);
            breached(&now, given)
        };
        let mut given = Vec::new();
        assert!(!run(1, 4, 1, &mut given, false));
        assert!(!run(5, 5, 5, &mut given, false));
        assert!(run(12, 5, 5, &mut given, true));
        assert!(!run(13, 4, 1, &mut given, false), "the week was breached; the month goes on");
        assert!(run(31, 4, 1, &mut given, true));
    }

    #[test]
    fn what_is_overdue_when_it_opens_gets_one_alert() {
        assert_eq!(played(&[(4, true), (4, true), (0, false)]), ["0 opened 4", "2 closed 4"]);
    }

    #[test]
    fn what_opens_again_is_alerted_again() {
        assert_eq!(played(&[(4, false), (0, false), (4, false)]), ["0 opened 4", "1 closed 4", "2 opened 4"]);
    }

    #[test]
    fn an_earlier_date_gives_no_new_alerts_and_repeats_its_own() {
        let open: BTreeMap<String, Exception> = [(exception_of(4).id, exception_of(4))].into();
        let day = |d: &str| d.parse::<NaiveDate>().unwrap();
        let first = alerts(&open, &BTreeMap::new(), &[], "july", day("2026-07-14")).unwrap();
        let mut given = first.noted.clone();
        given.extend(
            alerts(&BTreeMap::new(), &BTreeMap::new(), &given, "october", day("2026-10-14")).unwrap().noted,
        );
        assert_eq!(given.len(), 2);
        let again = alerts(&open, &BTreeMap::new(), &given, "july", day("2026-07-14")).unwrap();
        assert_eq!(again.noted, []);
        assert_eq!(again.said.len(), 1);
        assert_eq!(again.said[0].0, first.said[0].0);
    }
}
