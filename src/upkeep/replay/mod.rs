//! Doing a past run again, apart from the data folder, and comparing what comes out byte for byte.
//!
//! The run is done by the same steps as ever, in a folder of its own: with the files that its manifest
//! names, from the store; with the pipeline that was kept, or one that is given; compared with the pack
//! that it was compared with. Nothing is sent, and the data folder is only read.

mod compare;
mod later;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use chrono::NaiveDate;
use serde::Serialize;

use crate::intake::Receipt;
use crate::intake::store::Store;
use crate::known::kept_inputs::{MANIFEST, kept_folder};
use crate::known::manifest::{Manifest, PROGRAM};
use crate::known::result::FILE;
use crate::ledger::{Dispatch, Ledger, Removal, RunRecord, WrittenFile};
use crate::pipeline::{Folder, Pipeline};
use crate::run::{Progress, Request, execute};
use crate::workspace::Workspace;
use later::Later;

pub use compare::{Fate, Kind, Matched};

/// What came of doing a run again.
#[derive(Debug, Clone, Serialize)]
pub struct Replay {
    /// The run.
    pub run: String,
    /// The date it speaks of.
    pub as_of: NaiveDate,
    /// Whether everything came out as it was.
    pub same: bool,
    /// Every document, message and result, with what became of it.
    pub compared: Vec<Matched>,
    /// Why something may differ, as far as it can be known.
    pub reasons: Vec<String>,
    /// What the run needs and is missing or damaged.
    pub damage: Vec<String>,
}

/// A past run with what is known of it.
#[derive(Debug)]
pub struct Past {
    workspace: Workspace,
    scratch: tempfile::TempDir,
    record: RunRecord,
    manifest: Manifest,
    folder: Option<Folder>,
    dispatches: Vec<Dispatch>,
    written: Vec<WrittenFile>,
    result: Option<String>,
    removals: Vec<Removal>,
    later: Later,
    damage: Vec<String>,
}

impl Past {
    /// Looks a run up; the data folder is only read.
    ///
    /// # Errors
    /// If there is no such run, or its manifest is neither in the store nor in its folder.
    pub fn open(workspace: &Workspace, run: &str) -> anyhow::Result<Self> {
        let scratch = tempfile::tempdir().context("a folder for temporary files cannot be made")?;
        let copy = scratch.path().join("ledger.sqlite");
        Ledger::copy_to(&workspace.ledger_path(), &copy)?;
        let ledger = Ledger::open(&copy)?;
        let record = ledger.run(Some(run))?.with_context(|| format!("there is no run \"{run}\""))?;
        let store = workspace.store();
        let folder = workspace.past_run(run);
        let manifest = kept(&store, &record.manifest, &folder.join(MANIFEST)).map_err(|damage| {
            anyhow!("the manifest of the run cannot be read, so nobody knows what went into it: {damage}")
        })?;
        let manifest: Manifest = serde_json::from_slice(&manifest)
            .context("the manifest of the run was written by another version and cannot be read")?;
        let mut damage = Vec::new();
        let folder = kept_folder(&store, &ledger, &manifest.pipeline_sha256).unwrap_or_else(|error| {
            damage.push(format!("the pipeline folder as it was kept cannot be used: {error:#}"));
            None
        });
        let dispatches = ledger.dispatches()?.into_iter().filter(|d| d.run == run).collect();
        let (written, removals, later) = (ledger.written(run)?, ledger.removals()?, Later::of(&ledger, run)?);
        let result = ledger.kept_result(run)?;
        let workspace = workspace.clone();
        Ok(Self {
            workspace,
            scratch,
            record,
            manifest,
            folder,
            dispatches,
            written,
            result,
            removals,
            later,
            damage,
        })
    }

    /// The pipeline folder as the run used it, where it was kept.
    pub fn pipeline_folder(&self) -> Option<&Folder> {
        self.folder.as_ref()
    }

    /// Does the run again with a pipeline and compares.
    ///
    /// # Errors
    /// If the run cannot be done, other than for want of a file that it needs: that is told in the result.
    pub fn replay(mut self, pipeline: &Pipeline, progress: &dyn Progress) -> anyhow::Result<Replay> {
        let store = self.workspace.store();
        self.look_for_damage(&store);
        let reasons = self.reasons(pipeline);
        let compared = if self.damage.is_empty() {
            self.again(&store, pipeline, progress)?;
            compare::compare(&self)?
        } else {
            Vec::new()
        };
        let same = self.damage.is_empty() && compared.iter().all(|c| !c.fate.is_difference());
        Ok(Replay {
            run: self.record.id.clone(),
            as_of: self.record.as_of,
            same,
            reasons: if same { Vec::new() } else { compare::explained(reasons, &compared) },
            compared,
            damage: self.damage,
        })
    }

    /// Whether everything that the run needs is in the store as it was received.
    fn look_for_damage(&mut self, store: &Store) {
        for input in &self.manifest.inputs {
            if let Err(error) = store.get(&input.sha256) {
                let name = format!("{} ({} of feed {})", input.receipt, input.file, input.feed);
                self.damage.push(format!("{name} cannot be read again: {error}"));
            }
        }
        for (run, sha256) in self.compared() {
            if let Err(error) = kept(store, &sha256, &self.workspace.past_run(&run).join(FILE)) {
                self.damage.push(format!("what the pack before, {run}, said cannot be read: {error}"));
            }
        }
    }

    /// The packs that the run was compared with: the run and the hash of what it said.
    fn compared(&self) -> BTreeMap<String, String> {
        let manifest = &self.manifest;
        let latest =
            manifest.compared_with.iter().map(|c| c.run.clone()).zip(manifest.compared_sha256.clone());
        let of = manifest.baselines.iter().flat_map(BTreeMap::values);
        let of = of.chain(&manifest.printed);
        latest.chain(of.map(|baseline| (baseline.run.clone(), baseline.sha256.clone()))).collect()
    }

    /// Why the outcome may differ although nothing is damaged.
    fn reasons(&self, pipeline: &Pipeline) -> Vec<String> {
        let mut out = Vec::new();
        if self.manifest.program != PROGRAM {
            out.push(format!("the run was made by {}; this is {PROGRAM}", self.manifest.program));
        }
        if self.manifest.pipeline_sha256 != pipeline.hash {
            let changed = self.folder.as_ref().map(|then| changed(then, &pipeline.source));
            out.push(match changed {
                Some(files) => {
                    format!("the pipeline folder is not the one of the run: {} changed", files.join(", "))
                }
                None => "the pipeline folder is not the one of the run".to_owned(),
            });
        }
        out
    }

    /// Does the run again in the folder apart.
    fn again(&self, store: &Store, pipeline: &Pipeline, progress: &dyn Progress) -> anyhow::Result<()> {
        let job = pipeline.job(&self.manifest.job).with_context(|| {
            format!("the pipeline has no job \"{}\", which the run was of", self.manifest.job)
        })?;
        let scratch = self.scratch.path();
        for (run, sha256) in self.compared() {
            let bytes = kept(store, &sha256, &self.workspace.past_run(&run).join(FILE))
                .map_err(anyhow::Error::msg)?;
            let folder = scratch.join("runs").join(&run);
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(FILE), bytes)?;
        }
        let numbers: Vec<u32> =
            self.manifest.inputs.iter().filter_map(|i| Receipt::number_of(&i.receipt)).collect();
        if numbers.len() != self.manifest.inputs.len() {
            bail!("the manifest of the run names receipts by numbers that cannot be read");
        }
        let workspace = self.workspace.apart(scratch);
        let ledger = workspace.ledger_path();
        let releases = Ledger::wind_back(&ledger, &self.record.id, &numbers)?;
        let request = Request { job, pipeline, workspace, as_of: self.record.as_of, progress };
        execute(&request).context("the run cannot be done again")?;
        // What the guard had stopped went when the run was done again after its release.
        for made_together in releases {
            let mut ledger = Ledger::open(&ledger)?;
            for (hit, release) in &made_together {
                ledger.release_held(hit, release)?;
            }
            drop(ledger);
            execute(&request).context("the run cannot be done again after a release of the guard")?;
        }
        Ok(())
    }
}

/// The bytes of that hash from the store or, for runs from before they were kept there, from a file.
fn kept(store: &Store, sha256: &str, path: &Path) -> Result<Vec<u8>, String> {
    match store.get(sha256) {
        Ok(bytes) => Ok(bytes),
        Err(error) => match fs::read(path) {
            Ok(bytes) if crate::sha256(&bytes) == sha256 => Ok(bytes),
            Ok(_) => Err(format!("{error}, and {} was changed since the run", path.display())),
            Err(other) => Err(format!("{error}, and {}: {other}", path.display())),
        },
    }
}

/// The files in which two pipeline folders differ.
fn changed(then: &Folder, now: &Folder) -> Vec<String> {
    let paths = then.iter().chain(now.iter()).map(|(path, _)| path);
    let mut out: Vec<String> =
        paths.filter(|path| then.get(path) != now.get(path)).map(str::to_owned).collect();
    out.sort();
    out.dedup();
    out
}
