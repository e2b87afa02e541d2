//! Taking notice of exceptions: who did, until when, and for which of them somebody still has to.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::approve::DeskError;
use crate::dates::long;
use crate::diagnostic::likely;
use crate::documents::Notice;
use crate::ledger::{Acknowledgement, Alert, Event, Ledger};
use crate::levels::Exception;
use crate::workspace::Workspace;

/// An exception that is open, as the alerts of the ledger have it.
#[derive(Debug, Clone, Serialize)]
pub struct Open {
    /// What it is known by.
    pub exception: String,
    /// The practice.
    pub practice: String,
    /// Which opening of it.
    pub occurrence: u32,
    /// Its level.
    pub level: u8,
    /// What happened last: opened, worsened, breached.
    pub event: String,
    /// When that was noticed.
    pub since: NaiveDate,
    /// Who took notice, if anybody did and it still stands.
    pub acknowledged: Option<Notice>,
}

/// What came of an acknowledgement.
#[derive(Debug, Clone, Serialize)]
pub struct Acknowledged {
    /// The exception.
    pub exception: Open,
    /// Whether the same was noted before, so that nothing new was.
    pub before: bool,
}

/// The exceptions that are open on a date.
///
/// # Errors
/// If the ledger cannot be read.
pub fn open(ledger: &Ledger, on: NaiveDate) -> Result<Vec<Open>, DeskError> {
    let (alerts, given) = (ledger.alerts()?, ledger.acknowledgements()?);
    let mut out = Vec::new();
    for (id, alerts) in by_exception(&alerts, on) {
        let Some(last) = alerts.last().filter(|a| a.event != Event::Closed) else { continue };
        let level = alerts.iter().rfind(|a| a.event != Event::Breached).unwrap_or(last).level;
        let detail = alerts.iter().rev().find(|a| !a.detail.is_empty());
        let detail: Option<Exception> = detail.and_then(|a| serde_json::from_str(&a.detail).ok());
        out.push(Open {
            exception: id.to_owned(),
            practice: detail.map(|e| e.practice).unwrap_or_default(),
            occurrence: last.occurrence,
            level,
            event: last.event.word().to_owned(),
            since: last.as_of,
            acknowledged: standing(&given, (id, last.occurrence, level), &alerts, on).map(notice),
        });
    }
    Ok(out)
}

fn by_exception(alerts: &[Alert], on: NaiveDate) -> BTreeMap<&str, Vec<&Alert>> {
    let mut out: BTreeMap<&str, Vec<&Alert>> = BTreeMap::new();
    for alert in alerts.iter().filter(|a| a.as_of <= on) {
        out.entry(alert.exception.as_str()).or_default().push(alert);
    }
    out
}

/// The acknowledgement that stands on a date: of this opening, not of a lower level, not ended, and not older
/// than the last time that it became worse.
fn standing<'a>(
    given: &'a [Acknowledgement],
    (exception, occurrence, level): (&str, u32, u8),
    alerts: &[&Alert],
    on: NaiveDate,
) -> Option<&'a Acknowledgement> {
    let worse = alerts.iter().rfind(|a| a.event == Event::Worsened && a.occurrence == occurrence);
    given.iter().rev().find(|a| {
        (a.exception.as_str(), a.occurrence) == (exception, occurrence)
            && a.level >= level
            && a.dated <= on
            && worse.is_none_or(|worse| worse.as_of <= a.dated)
            && a.until.is_none_or(|until| until >= on)
    })
}

fn notice(given: &Acknowledgement) -> Notice {
    Notice { role: given.role.clone(), dated: given.dated, until: given.until, note: given.note.clone() }
}

/// The acknowledgements that a pack of this date shows, by exception.
pub fn shown(
    exceptions: &BTreeMap<String, Exception>,
    alerts: &[Alert],
    given: &[Acknowledgement],
    on: NaiveDate,
) -> BTreeMap<String, Notice> {
    let alerts = by_exception(alerts, on);
    let mut out = BTreeMap::new();
    for (id, exception) in exceptions {
        let of_this = alerts.get(id.as_str()).map(Vec::as_slice).unwrap_or_default();
        let occurrence = of_this.last().map_or(1, |a| a.occurrence);
        if let Some(found) = standing(given, (id, occurrence, exception.level), of_this, on) {
            out.insert(id.clone(), notice(found));
        }
    }
    out
}

/// What the operator is told once: acknowledgements that ended since the run before, of exceptions that
/// are still open.
pub fn ended(
    ledger: &Ledger,
    exceptions: &BTreeMap<String, Exception>,
    before: Option<NaiveDate>,
    as_of: NaiveDate,
) -> crate::ledger::Result<Vec<String>> {
    let given = ledger.acknowledgements()?;
    let newest: BTreeMap<&str, &Acknowledgement> =
        given.iter().filter(|a| a.dated <= as_of).map(|a| (a.exception.as_str(), a)).collect();
    let ended = newest.into_iter().filter_map(|(id, a)| {
        let until = a.until?;
        let new = until < as_of && before.is_none_or(|before| before <= until);
        (new && exceptions.contains_key(id)).then(|| {
            format!(
                "the acknowledgement of {id} by the {} ended on {} and the exception is still open: \
                 quarterday ack {id} --as ROLE --note TEXT",
                a.role,
                long(until)
            )
        })
    });
    Ok(ended.collect())
}

/// Notes that somebody took notice of an open exception.
///
/// # Errors
/// If no such exception is open, or the ledger cannot be written.
pub fn acknowledge(
    workspace: &Workspace,
    asked: &str,
    role: &str,
    note: &str,
    until: Option<NaiveDate>,
    today: NaiveDate,
    at: &str,
) -> Result<Acknowledged, DeskError> {
    if workspace.existing_ledger()?.is_none() {
        return Err(DeskError::Refused(workspace.no_ledger()));
    }
    if let Some(until) = until.filter(|until| *until < today) {
        return Err(DeskError::Refused(format!("{} has passed already", long(until))));
    }
    let _lock = workspace.lock()?;
    let mut ledger = workspace.ledger()?;
    let all = open(&ledger, today)?;
    let found = meant(&all, asked)?.clone();
    let given = Acknowledgement {
        exception: found.exception.clone(),
        occurrence: found.occurrence,
        level: found.level,
        role: role.to_owned(),
        note: note.to_owned(),
        until,
        dated: today,
        at: at.to_owned(),
    };
    let same = notice(&given);
    let before = found.acknowledged.as_ref() == Some(&same);
    if !before {
        ledger.acknowledge(&given)?;
    }
    Ok(Acknowledged { exception: Open { acknowledged: Some(same), ..found }, before })
}

/// The open exception that somebody means: its name in any case, or a part of exactly one.
fn meant<'o>(all: &'o [Open], asked: &str) -> Result<&'o Open, DeskError> {
    let wanted = asked.trim().to_lowercase();
    let matching =
        |pick: &dyn Fn(&Open) -> bool| -> Vec<&'o Open> { all.iter().filter(|o| pick(o)).collect() };
    let exact = matching(&|o| o.exception.to_lowercase() == wanted);
    let part = matching(&|o| {
        !wanted.is_empty()
            && (o.exception.to_lowercase().contains(&wanted) || o.practice.to_lowercase() == wanted)
    });
    match (exact.as_slice(), part.as_slice()) {
        ([one], _) | ([], [one]) => Ok(one),
        ([], []) => {
            let near = likely(&wanted, all.iter().map(|o| o.exception.as_str()));
            let hint = near.map(|near| format!("did you mean {near}? ")).unwrap_or_default();
            let why =
                format!("no exception \"{asked}\" is open; {hint}`quarterday ack` lists those that are");
            Err(DeskError::Refused(why))
        }
        (_, several) => {
            let ids: Vec<&str> = several.iter().map(|o| o.exception.as_str()).collect();
            Err(DeskError::Refused(format!("\"{asked}\" is said of several exceptions: {}", ids.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn given(level: u8, until: Option<&str>) -> Acknowledgement {
        Acknowledgement {
            exception: "concerns-quality/Q-1".into(),
            occurrence: 1,
            level,
            role: "Head of Quality".into(),
            note: "Visit arranged.".into(),
            until: until.map(day),
            dated: day("2026-08-20"),
            at: String::new(),
        }
    }

    #[test]
    fn an_acknowledgement_stands_until_it_ends_or_the_exception_worsens_or_opens_again() {
        let stands = |given: Acknowledgement, occurrence, level, on: &str| {
            standing(&[given], ("concerns-quality/Q-1", occurrence, level), &[], day(on)).is_some()
        };
        assert!(stands(given(4, None), 1, 4, "2027-01-01"));
        assert!(!stands(given(4, None), 1, 5, "2026-08-21"), "it worsened");
        assert!(!stands(given(4, None), 2, 4, "2026-08-21"), "it opened again");
        assert!(!stands(given(4, None), 1, 4, "2026-08-19"), "a rebuild of the day before");
        assert!(stands(given(4, Some("2026-08-31")), 1, 4, "2026-08-31"));
        assert!(!stands(given(4, Some("2026-08-31")), 1, 4, "2026-09-01"));
    }

    #[test]
    fn it_does_not_outlast_a_second_worsening() {
        let worsened = |as_of: &str| Alert {
            exception: "concerns-quality/Q-1".into(),
            occurrence: 1,
            event: Event::Worsened,
            level: 5,
            nth: 1,
            as_of: day(as_of),
            run: String::new(),
            detail: String::new(),
        };
        let stands = |alert: &Alert| {
            standing(&[given(5, None)], ("concerns-quality/Q-1", 1, 5), &[alert], day("2026-09-01")).is_some()
        };
        assert!(stands(&worsened("2026-08-19")));
        assert!(!stands(&worsened("2026-08-27")), "it had eased, and is worse again since");
    }

    #[test]
    fn its_end_is_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        ledger.acknowledge(&given(4, Some("2026-08-31"))).unwrap();
        let exception: Exception = serde_json::from_value(serde_json::json!({
            "id": "concerns-quality/Q-1", "practice": "X90001", "level": 4, "criterion": "", "known": null,
            "sentence": "", "evidence": { "arrival": null, "file": null, "sheet": null, "row": null,
                "received": null, "carried_from": null, "values": [] },
        }))
        .unwrap();
        let open: BTreeMap<String, Exception> = [(exception.id.clone(), exception)].into();
        let told = |open: &BTreeMap<String, Exception>, before: &str, as_of: &str| {
            ended(&ledger, open, Some(day(before)), day(as_of)).unwrap().len()
        };
        assert_eq!(told(&open, "2026-08-30", "2026-08-31"), 0);
        assert_eq!(told(&open, "2026-08-31", "2026-09-01"), 1);
        assert_eq!(told(&open, "2026-08-31", "2026-09-14"), 1, "nights were missed");
        assert_eq!(told(&open, "2026-09-01", "2026-09-02"), 0);
        assert_eq!(told(&BTreeMap::new(), "2026-08-31", "2026-09-01"), 0, "it closed");
    }
}
