//! A pack that was sent, and what of it would be different now.

use std::collections::{BTreeMap, BTreeSet};

use super::kept_inputs::{MANIFEST, kept_folder};
use super::manifest::{Baseline, Manifest};
use super::result::{Comparison, FILE, RunResult};
use super::state::{Files, State, StateError};
use crate::disk::unwritten::Unwritten;
use crate::intake::Receipt;
use crate::ledger::{Arrival, Ledger};
use crate::levels::{LateRow, Rows, Then, late_rows};
use crate::pipeline::Pipeline;
use crate::workspace::Workspace;

/// What a pack is compared with.
#[derive(Clone, Copy)]
pub struct Today<'s> {
    /// The rows that count.
    pub rows: &'s Rows<'s>,
    /// The feed of every arrival.
    pub feeds: &'s BTreeMap<u32, String>,
    /// The pipeline.
    pub pipeline: &'s Pipeline,
}

/// A pack that was sent and the states to compare it with.
pub struct LastPack {
    /// What it said.
    pub result: RunResult,
    /// The SHA-256 of what it said.
    pub sha256: String,
    /// Today's rules on the files of then, for the day of then.
    pub then: State,
    /// The feeds that there were.
    feeds: BTreeSet<String>,
    /// The rows received since that would have changed what it said.
    pub late: Vec<LateRow>,
}

impl LastPack {
    /// The pack that a run made.
    ///
    /// # Errors
    /// If what it said or a file of then cannot be read.
    pub fn of(
        run: &str,
        workspace: &Workspace,
        ledger: &Ledger,
        files: &Files<'_>,
        arrivals: &[Arrival],
        state: &State,
    ) -> Result<Self, StateError> {
        // The store keeps it: the folder of a run may have been deleted.
        let text = RunResult::kept_text(run, workspace, ledger)?;
        let result = RunResult::of_text(run, &text)?.renumbered(&files.pipeline().levels);
        let manifest = manifest(run, workspace, ledger);
        let known = manifest.as_ref().and_then(known_to);
        let knew = |arrival: &&Arrival| match &known {
            Some(known) => known.contains(&arrival.number),
            None => arrival.received <= result.as_of,
        };
        let received_then: Vec<Arrival> = arrivals.iter().filter(knew).cloned().collect();
        let mut feeds: BTreeSet<String> = received_then.iter().map(|a| a.feed.clone()).collect();
        feeds.extend(manifest.iter().flat_map(|manifest| feeds_of(manifest, workspace, ledger)));
        let then = State::at(files, &received_then, result.as_of)?;
        let aside = then.aside();
        let known = Then {
            as_of: then.as_of,
            taken: &then.taken,
            earlier: &then.earlier,
            aside: &aside,
            register: &then.register,
            outcomes: &then.outcomes,
        };
        let late = late_rows(&known, &state.taken, files.pipeline())?;
        Ok(Self { result, sha256: crate::sha256(&text), then, feeds, late })
    }

    /// Whether there was a feed when the pack was made.
    pub fn had_feed(&self, feed: &str) -> bool {
        self.feeds.contains(feed)
    }

    /// Writes again into the folder of its run what is gone there and the store still has. Gives what to tell.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn lay_again(
        &self,
        workspace: &Workspace,
        ledger: &Ledger,
        unwritten: &Unwritten,
    ) -> anyhow::Result<Option<String>> {
        let run = &self.result.run;
        let folder = workspace.past_run(run);
        if folder.join(FILE).is_file() {
            return Ok(None);
        }
        let Some(record) = ledger.run(Some(run))? else { return Ok(None) };
        unwritten.write(&folder.join(FILE), &RunResult::kept_text(run, workspace, ledger)?);
        if let Ok(manifest) = workspace.store().get(&record.manifest) {
            unwritten.write(&folder.join(MANIFEST), &manifest);
        }
        Ok(Some(format!(
            "the folder of {run} was gone; what later packs need of it was written again from the store, and \
             `quarterday run {} --as-of {}` makes the rest of it again",
            record.job, record.as_of
        )))
    }

    /// What a comparison needs of it.
    ///
    /// # Errors
    /// If Polars refuses an expression: the pipeline's checks make that a bug.
    pub fn comparison<'s>(&'s self, today: &Today<'s>) -> anyhow::Result<Comparison<'s>> {
        let rows_then = self.then.rows(today.feeds, today.pipeline)?;
        let (rows, pipeline) = (today.rows, today.pipeline);
        Ok(Comparison { last: &self.result, then: &self.then, late: &self.late, rows_then, rows, pipeline })
    }

    /// What a manifest says of it.
    pub fn baseline(&self) -> Baseline {
        Baseline { run: self.result.run.clone(), as_of: self.result.as_of, sha256: self.sha256.clone() }
    }
}

pub(super) fn manifest(run: &str, workspace: &Workspace, ledger: &Ledger) -> Option<Manifest> {
    let record = ledger.run(Some(run)).ok()??;
    let text = workspace.store().get(&record.manifest).ok()?;
    serde_json::from_slice(&text).ok()
}

/// The arrivals that a run knew: more may have come on its day after it.
pub(super) fn known_to(manifest: &Manifest) -> Option<BTreeSet<u32>> {
    manifest.inputs.iter().map(|input| Receipt::number_of(&input.receipt)).collect()
}

/// The feeds of the pipeline that a run used.
fn feeds_of(manifest: &Manifest, workspace: &Workspace, ledger: &Ledger) -> Vec<String> {
    let folder = kept_folder(&workspace.store(), ledger, &manifest.pipeline_sha256);
    let folder = folder.ok().flatten().unwrap_or_default();
    let feed = |path: &str| Some(path.strip_prefix("feeds/")?.strip_suffix(".toml")?.to_owned());
    folder.iter().filter_map(|(path, _)| feed(path)).collect()
}
