//! What files received since change of the levels that a sent pack reported, and who received it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::last_pack::LastPack;
use crate::dates::long;
use crate::intake::Receipt;
use crate::ledger::{Arrival, LateLevel, Ledger, PackRecord, Purpose};
use crate::levels::Lateness;
use crate::pipeline::Levels;
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
    /// The receipts of the files whose rows make the difference.
    pub files: Vec<String>,
    /// How these rows stand to what was known then.
    #[serde(skip)]
    pub why: Lateness,
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
    ledger: &Ledger,
    arrivals: &[Arrival],
) -> anyhow::Result<(Option<Late>, Vec<LateLevel>)> {
    let Some(last) = last else { return Ok((None, Vec::new())) };
    let (made_by, made) = (last.result.run.clone(), last.result.as_of);
    let moved = moved(last, arrivals);
    let known = ledger.late_levels()?;
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
    let packs = ledger.packs()?;
    let packs = reached(packs.iter().filter(|pack| pack.run == made_by), ledger)?
        .into_iter()
        .map(|(pack, recipients)| Reached {
            pack: pack.id.clone(),
            committee: pack.committee.clone(),
            recipients: recipients.into_iter().collect(),
        })
        .collect();
    Ok((Some(Late { run: made_by, as_of: made, levels, packs }), noted))
}

/// The latest date before one of which a pack may have reached somebody.
///
/// # Errors
/// If the ledger cannot be read.
pub fn last_sent(
    ledger: &Ledger,
    before: chrono::NaiveDate,
) -> crate::ledger::Result<Option<chrono::NaiveDate>> {
    let packs = ledger.packs()?;
    let reached = reached(packs.iter().filter(|pack| pack.as_of < before), ledger)?;
    Ok(reached.iter().map(|(pack, _)| pack.as_of).max())
}

/// Those packs of a period that somebody may have got, each with the addresses.
fn reached<'p>(
    packs: impl Iterator<Item = &'p PackRecord>,
    ledger: &Ledger,
) -> crate::ledger::Result<Vec<(&'p PackRecord, BTreeSet<String>)>> {
    let recalled: BTreeSet<String> = ledger.recalls()?.into_iter().map(|r| r.pack).collect();
    let messages = ledger.pack_messages()?;
    let mut out = Vec::new();
    for pack in packs.filter(|p| p.is_of_period() && !recalled.contains(&p.id)) {
        let mut recipients = BTreeSet::new();
        for message in messages.iter().filter(|m| m.pack == pack.id && m.purpose != Purpose::Correction) {
            let dispatch = ledger.dispatch(&message.key)?;
            recipients.extend(dispatch.filter(|d| d.state.may_have_arrived()).map(|d| d.message.recipient));
        }
        if !recipients.is_empty() {
            out.push((pack, recipients));
        }
    }
    Ok(out)
}

/// The practices whose level in the pack would have been another, each with the files whose rows make the
/// difference. Of several rows the first is told; a row of a feed that did not exist then is no fault of it.
fn moved(last: &LastPack, arrivals: &[Arrival]) -> Vec<Moved> {
    let mut out: Vec<Moved> = Vec::new();
    for row in &last.late {
        let Some(reported) = last.result.of(&row.practice).map(|practice| practice.outcome.level) else {
            continue;
        };
        let arrival = arrivals.iter().find(|a| a.number == row.arrival);
        let Some(arrival) = arrival.filter(|a| last.had_feed(&a.feed)) else { continue };
        let Some(with) = row.whole.filter(|with| *with != reported) else { continue };
        let receipt = Receipt::number(arrival.number);
        match out.iter_mut().find(|moved| moved.practice == row.practice) {
            Some(moved) if moved.now != with || moved.files.contains(&receipt) => {}
            Some(moved) => moved.files.push(receipt),
            None => out.push(Moved {
                practice: row.practice.clone(),
                reported,
                now: with,
                files: vec![receipt],
                why: row.lateness,
            }),
        }
    }
    out
}

/// What the operator is told.
pub fn told(late: &Late, levels: &Levels) -> Vec<String> {
    let level = |level: Option<u8>| levels.in_words(level);
    let date = long(late.as_of);
    let mut out: Vec<String> = late
        .levels
        .iter()
        .map(|m| {
            let files = list(&m.files);
            let rows = match m.why {
                Lateness::New => format!("with {files} received since"),
                Lateness::Aside => format!("with a row of {files} that was set aside then and counts now"),
                Lateness::Restated => format!("with what {files} says otherwise since"),
            };
            format!(
                "{}: the packs of {date} reported {}; {rows} it would be {}",
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
