//! With which packs the levels and papers of a run are compared: the last that were sent.
//!
//! A pack counts once one message of it was handed over. One that was withheld, waits, was made by hand and
//! not sent, or was recalled is none; where a recalled one was replaced, the one that replaced it was sent
//! itself. What the choice rests on can change after a run, by a late message, an approval or a recall. So a
//! run writes it into its manifest, and whoever does the job for that date again is given the same.

use std::collections::BTreeMap;

use anyhow::Context as _;
use chrono::NaiveDate;

use super::kept_inputs::MANIFEST;
use super::last_pack::LastPack;
use super::manifest::{Baseline, Manifest};
use super::state::{Files, State, StateError};
use crate::ledger::{Arrival, Ledger, RunRecord, SentPack};
use crate::pipeline::{Committee, Document};
use crate::workspace::Workspace;

/// The runs of the last packs that were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Of the packs of all committees the latest.
    pub latest: Option<String>,
    /// That of each committee and document, by [`key`].
    pub of: BTreeMap<String, String>,
}

/// What a document of a committee is known by: `quality-group/quarterly-pack`.
pub fn key(committee: &str, document: &str) -> String {
    format!("{committee}/{document}")
}

/// The last packs that were sent before a date. `later` is whether there was a run for a later date: then a
/// recall or an approval counts only if it was made by the date.
pub fn choose(sent: &[SentPack], as_of: NaiveDate, later: bool) -> Chosen {
    let by_then = |dated: NaiveDate| !later || dated <= as_of;
    let mut standing: Vec<&SentPack> = sent
        .iter()
        .filter(|pack| pack.as_of < as_of)
        .filter(|pack| pack.approved.is_none_or(by_then))
        .filter(|pack| !pack.recalled.is_some_and(by_then))
        .collect();
    standing.sort_by_key(|pack| (pack.as_of, pack.sequence));
    Chosen {
        latest: standing.last().map(|pack| pack.run.clone()),
        of: standing
            .into_iter()
            .map(|pack| (key(&pack.committee, &pack.document), pack.run.clone()))
            .collect(),
    }
}

/// The packs that a run compares with.
#[derive(Default)]
pub struct Lasts {
    packs: BTreeMap<String, LastPack>,
    chosen: Chosen,
}

impl Lasts {
    /// The last packs that were sent before a date, or those with which the job was compared when it was
    /// first done for it.
    ///
    /// # Errors
    /// If the ledger, what such a pack said or a file of then cannot be read.
    pub fn before(
        job: Option<&str>,
        as_of: NaiveDate,
        workspace: &Workspace,
        ledger: &Ledger,
        files: &Files<'_>,
        arrivals: &[Arrival],
        state: &State,
    ) -> Result<Self, StateError> {
        let first = job.map(|job| noted(job, as_of, workspace, ledger)).transpose()?.flatten();
        let chosen = match first {
            Some(chosen) => chosen,
            None => now(as_of, ledger)?,
        };
        let mut packs = BTreeMap::new();
        for run in chosen.latest.iter().chain(chosen.of.values()) {
            if !packs.contains_key(run) {
                packs.insert(run.clone(), LastPack::of(run, workspace, ledger, files, arrivals, state)?);
            }
        }
        Ok(Self { packs, chosen })
    }

    /// The last pack that any committee was sent.
    pub fn latest(&self) -> Option<&LastPack> {
        self.packs.get(self.chosen.latest.as_ref()?)
    }

    /// With what a document of a committee is compared: the last one of it that the committee was sent; what
    /// is not compared with itself, with the last pack that the committee was sent.
    pub fn of(&self, committee: &Committee, document: &Document) -> Option<&LastPack> {
        let former = document.formerly.iter().filter(|id| document.was_sent_as(id, committee));
        let committee = committee.id.as_str();
        let mut ids = [&document.id].into_iter().chain(former);
        let own = ids.find_map(|id| self.chosen.of.get(&key(committee, id)));
        // A manifest of an earlier version has one pack for all documents of a committee.
        let own = own.or_else(|| self.chosen.of.get(committee));
        if document.is_compared() {
            return self.packs.get(own?);
        }
        let prefix = key(committee, "");
        let of_committee =
            self.chosen.of.iter().filter(|(known, _)| known.starts_with(&prefix) || *known == committee);
        of_committee.filter_map(|(_, run)| self.packs.get(run)).max_by_key(|pack| pack.result.as_of)
    }

    /// Each of them once.
    pub fn packs(&self) -> impl Iterator<Item = &LastPack> {
        self.packs.values()
    }

    /// What the manifest says of them, by [`key`].
    pub fn by_committee(&self) -> BTreeMap<String, Baseline> {
        let of = self.chosen.of.iter();
        of.filter_map(|(id, run)| Some((id.clone(), self.packs.get(run)?.baseline()))).collect()
    }
}

/// The last packs sent by now.
fn now(as_of: NaiveDate, ledger: &Ledger) -> anyhow::Result<Chosen> {
    let sent = ledger.sent_packs()?;
    let later = ledger.last_as_of()?.is_some_and(|last| last > as_of);
    Ok(choose(&sent, as_of, later))
}

/// With what the job was compared when it was first done for the date. A run that a version made which did
/// not note it gives none.
fn noted(
    job: &str,
    as_of: NaiveDate,
    workspace: &Workspace,
    ledger: &Ledger,
) -> anyhow::Result<Option<Chosen>> {
    for run in ledger.runs_of(job, as_of)? {
        let Some(manifest) = manifest_of(&run, workspace)? else { continue };
        if let Some(baselines) = manifest.baselines {
            return Ok(Some(Chosen {
                latest: manifest.compared_with.map(|compared| compared.run),
                of: baselines.into_iter().map(|(id, baseline)| (id, baseline.run)).collect(),
            }));
        }
    }
    Ok(None)
}

/// The manifest of a run; none of one that was killed before it kept it.
///
/// # Errors
/// If another version wrote it.
pub fn manifest_of(run: &RunRecord, workspace: &Workspace) -> anyhow::Result<Option<Manifest>> {
    let text = match workspace.store().get(&run.manifest) {
        Ok(text) => text,
        Err(_) => match std::fs::read(workspace.past_run(&run.id).join(MANIFEST)) {
            Ok(text) if crate::sha256(&text) == run.manifest => text,
            _ => return Ok(None),
        },
    };
    let read = serde_json::from_slice(&text);
    read.with_context(|| format!("the manifest of {} cannot be read", run.id)).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn sent(committee: &str, run: &str, sequence: i64, as_of: &str) -> SentPack {
        SentPack {
            id: format!("{committee}-{run}"),
            committee: committee.to_owned(),
            document: "quarterly-pack".to_owned(),
            run: run.to_owned(),
            sequence,
            as_of: day(as_of),
            approved: None,
            recalled: None,
        }
    }

    fn of<'c>(chosen: &'c Chosen, committee: &str) -> Option<&'c str> {
        chosen.of.get(&key(committee, "quarterly-pack")).map(String::as_str)
    }

    #[test]
    fn each_committee_is_compared_with_its_own_last_pack_and_the_levels_with_the_latest() {
        let packs = [
            sent("pmsg", "july", 1, "2026-07-14"),
            sent("pcqg", "july", 1, "2026-07-14"),
            sent("pmsg", "october", 2, "2026-10-14"),
        ];
        let chosen = choose(&packs, day("2027-01-15"), false);
        assert_eq!(chosen.latest.as_deref(), Some("october"));
        assert_eq!((of(&chosen, "pmsg"), of(&chosen, "pcqg")), (Some("october"), Some("july")));
        assert_eq!(of(&chosen, "qc"), None, "it was never sent one");
        let chosen = choose(&packs, day("2026-10-14"), false);
        assert_eq!(chosen.latest.as_deref(), Some("july"), "a pack is not compared with itself");
        assert_eq!(choose(&packs, day("2026-07-14"), false), Chosen::default());
    }

    #[test]
    fn a_recalled_pack_gives_way_to_the_one_before_or_to_the_one_that_replaced_it() {
        let mut packs = vec![
            sent("pmsg", "july", 1, "2026-07-14"),
            SentPack { recalled: Some(day("2026-10-20")), ..sent("pmsg", "october", 2, "2026-10-14") },
        ];
        assert_eq!(of(&choose(&packs, day("2027-01-15"), false), "pmsg"), Some("july"));
        packs.push(sent("pmsg", "october-2", 3, "2026-10-14"));
        assert_eq!(of(&choose(&packs, day("2027-01-15"), false), "pmsg"), Some("october-2"));
    }

    #[test]
    fn for_a_date_gone_by_only_what_people_did_by_then_counts() {
        let recalled =
            SentPack { recalled: Some(day("2026-11-05")), ..sent("pmsg", "july", 1, "2026-07-14") };
        let september = day("2026-09-01");
        assert_eq!(of(&choose(std::slice::from_ref(&recalled), september, true), "pmsg"), Some("july"));
        assert_eq!(of(&choose(std::slice::from_ref(&recalled), september, false), "pmsg"), None);
        assert_eq!(of(&choose(&[recalled], day("2026-11-06"), true), "pmsg"), None);
        let approved =
            SentPack { approved: Some(day("2026-09-10")), ..sent("pmsg", "july", 1, "2026-07-14") };
        assert_eq!(of(&choose(std::slice::from_ref(&approved), september, true), "pmsg"), None);
        assert_eq!(of(&choose(&[approved], day("2026-09-11"), true), "pmsg"), Some("july"));
    }
}
