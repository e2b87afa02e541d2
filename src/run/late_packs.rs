//! What files received since change of the levels that a sent pack reported, and who received it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::compare::LastPack;
use super::result::RunResult;
use super::state::{Files, State, StateError};
use super::workspace::Workspace;
use crate::dates::long;
use crate::intake::Receipt;
use crate::ledger::{Arrival, LateLevel, Ledger, PackRecord, Purpose};
use crate::levels::Outcome;
use crate::wording::{list, plural};

/// The packs that were sent and reported a level that is not what today's files say of that day.
#[derive(Debug, Clone, Serialize)]
pub struct Late {
    /// The run that made the packs.
    pub run: String,
    /// The date they spoke of.
    pub as_of: chrono::NaiveDate,
    /// The practices.
    pub levels: Vec<Moved>,
    /// Who was sent them.
    pub packs: Vec<Reached>,
}

/// A practice whose reported level would be another.
#[derive(Debug, Clone, Serialize)]
pub struct Moved {
    /// Its code.
    pub practice: String,
    /// What was reported.
    pub reported: Option<u8>,
    /// What it would be.
    pub now: Option<u8>,
    /// The receipts of the files that make the difference.
    pub files: Vec<String>,
}

/// A pack and how many people were sent it.
#[derive(Debug, Clone, Serialize)]
pub struct Reached {
    /// The pack.
    pub pack: String,
    /// The committee.
    pub committee: String,
    /// The addresses.
    pub recipients: Vec<String>,
}

/// Finds what is new since it was last told, and what this run told before.
///
/// # Errors
/// If the ledger, a result or a file of then cannot be read.
pub fn find(
    last: Option<&LastPack>,
    run: &str,
    as_of: chrono::NaiveDate,
    workspace: &Workspace,
    ledger: &Ledger,
    files: &Files<'_>,
    arrivals: &[Arrival],
) -> Result<(Option<Late>, Vec<LateLevel>), StateError> {
    let packs = ledger.packs().map_err(anyhow::Error::from)?;
    let sent = sent(&packs, ledger, as_of).map_err(anyhow::Error::from)?;
    let Some((made_by, made)) = sent.last().map(|(pack, _)| (pack.run.clone(), pack.as_of)) else {
        return Ok((None, Vec::new()));
    };
    let reported = match last.filter(|l| l.result.run == made_by) {
        Some(last) => last.result.clone(),
        None => RunResult::kept(&made_by, workspace, ledger)?,
    };
    let moved = match last.filter(|l| l.result.as_of == made) {
        Some(last) => moved(&reported, &last.then, &last.late, arrivals),
        None => {
            let before: Vec<Arrival> = arrivals.iter().filter(|a| a.received <= made).cloned().collect();
            let (then, late) = (State::at(files, &before, made)?, State::at(files, arrivals, made)?);
            moved(&reported, &then, &late, arrivals)
        }
    };
    let known = ledger.late_levels().map_err(anyhow::Error::from)?;
    let told = |m: &Moved| {
        known.iter().find(|k| {
            (k.packs_run.as_str(), k.practice.as_str(), k.reported, k.now)
                == (made_by.as_str(), m.practice.as_str(), m.reported, m.now)
        })
    };
    let levels: Vec<Moved> =
        moved.into_iter().filter(|m| told(m).is_none_or(|known| known.run == run)).collect();
    if levels.is_empty() {
        return Ok((None, Vec::new()));
    }
    let noted = levels
        .iter()
        .map(|m| LateLevel {
            packs_run: made_by.clone(),
            practice: m.practice.clone(),
            reported: m.reported,
            now: m.now,
            files: m.files.clone(),
            run: run.to_owned(),
            as_of,
        })
        .collect();
    let packs = sent.into_iter().filter(|(pack, _)| pack.run == made_by);
    let packs = packs
        .map(|(pack, recipients)| Reached {
            pack: pack.id.clone(),
            committee: pack.committee.clone(),
            recipients: recipients.into_iter().collect(),
        })
        .collect();
    Ok((Some(Late { run: made_by, as_of: made, levels, packs }), noted))
}

/// Quarterly packs before a date that somebody may have got, by their date, each with the addresses.
fn sent<'p>(
    packs: &'p [PackRecord],
    ledger: &Ledger,
    before: chrono::NaiveDate,
) -> crate::ledger::Result<Vec<(&'p PackRecord, BTreeSet<String>)>> {
    let recalled: BTreeSet<String> = ledger.recalls()?.into_iter().map(|r| r.pack).collect();
    let messages = ledger.pack_messages()?;
    let mut out = Vec::new();
    let candidates =
        packs.iter().filter(|p| p.kind == "quarterly-pack" && p.as_of < before && !recalled.contains(&p.id));
    for pack in candidates {
        let mut recipients = BTreeSet::new();
        for message in messages.iter().filter(|m| m.pack == pack.id && m.purpose != Purpose::Correction) {
            let dispatch = ledger.dispatch(&message.key)?;
            recipients.extend(dispatch.filter(|d| d.state.may_have_arrived()).map(|d| d.message.recipient));
        }
        if !recipients.is_empty() {
            out.push((pack, recipients));
        }
    }
    out.sort_by_key(|(pack, _)| pack.as_of);
    Ok(out)
}

/// The practices whose level on the day of the pack is another because of files received since.
fn moved(reported: &RunResult, then: &State, late: &State, arrivals: &[Arrival]) -> Vec<Moved> {
    let mut out = Vec::new();
    for practice in &reported.practices {
        let code = practice.code();
        let (Some((before, _)), Some((after, _))) = (then.of(code), late.of(code)) else { continue };
        let level = practice.outcome.level;
        // Where the rules changed since, the files are not what makes the difference.
        if after.level != level && before.level != after.level {
            out.push(Moved {
                practice: code.to_owned(),
                reported: level,
                now: after.level,
                files: causes(before, after, reported.as_of, arrivals),
            });
        }
    }
    out
}

/// The receipts of the files received since the pack that today's findings rest on; where a finding
/// went, of those that its feeds received since.
fn causes(before: &Outcome, after: &Outcome, as_of: chrono::NaiveDate, arrivals: &[Arrival]) -> Vec<String> {
    let since: Vec<&Arrival> = arrivals.iter().filter(|a| a.received > as_of).collect();
    let rests_on: BTreeSet<u32> = evidence(after).collect();
    let mut out: Vec<&Arrival> = since.iter().copied().filter(|a| rests_on.contains(&a.number)).collect();
    if out.is_empty() {
        let then: BTreeSet<u32> = evidence(before).collect();
        let feeds: BTreeSet<&str> =
            arrivals.iter().filter(|a| then.contains(&a.number)).map(|a| a.feed.as_str()).collect();
        out = since.into_iter().filter(|a| feeds.contains(a.feed.as_str())).collect();
    }
    out.into_iter().map(|a| Receipt::number(a.number)).collect()
}

fn evidence(outcome: &Outcome) -> impl Iterator<Item = u32> {
    let found = outcome.findings.iter().flat_map(|f| &f.evidence).filter_map(|e| e.arrival);
    let decided = outcome.decision.iter().filter_map(|(decision, _)| decision.evidence.arrival);
    found.chain(decided)
}

/// What the operator is told.
pub fn told(late: &Late) -> Vec<String> {
    let level = |level: Option<u8>| level.map_or_else(|| "not assessed".to_owned(), |l| format!("level {l}"));
    let date = long(late.as_of);
    let mut out: Vec<String> = late
        .levels
        .iter()
        .map(|m| {
            let files = if m.files.is_empty() { "files".to_owned() } else { list(&m.files) };
            format!(
                "{}: the packs of {date} reported {}; with {files} received since it would be {}",
                m.practice,
                level(m.reported),
                level(m.now)
            )
        })
        .collect();
    let packs: Vec<String> = late
        .packs
        .iter()
        .map(|p| format!("{} ({})", p.pack, plural(p.recipients.len(), "person", "people")))
        .collect();
    out.push(format!(
        "those packs were sent: {}. `quarterday audit --pack PACK` names who received them; to correct one: \
         quarterday recall PACK --by ROLE --reason TEXT",
        packs.join(", ")
    ));
    out
}
