//! What the ledger says the store has: received files, messages, letters with their documents, and what is
//! kept so that a run can be done again.

use std::collections::{BTreeMap, BTreeSet};

use crate::dispatch::Kept;
use crate::intake::store::Store;
use crate::ledger::{Ledger, RunState};

/// What is not in the store though the ledger refers to it and retention did not remove it: what it is, by
/// its path below the data folder.
///
/// # Errors
/// If the ledger cannot be read.
pub fn missing(ledger: &Ledger, store: &Store) -> anyhow::Result<BTreeMap<String, String>> {
    let removed: BTreeSet<String> = ledger.removals()?.into_iter().map(|r| r.path).collect();
    let mut out = BTreeMap::new();
    for (sha256, what) in wanted(ledger, store)? {
        let path = path(&sha256);
        if !store.has(&sha256) && !removed.contains(&path) {
            out.insert(path.clone(), format!("{what} is not there: {path}"));
        }
    }
    Ok(out)
}

/// Where in a data folder the store has a content.
fn path(sha256: &str) -> String {
    format!("store/{}/{sha256}", sha256.get(..2).unwrap_or_default())
}

fn wanted(ledger: &Ledger, store: &Store) -> anyhow::Result<BTreeMap<String, String>> {
    let mut out: BTreeMap<String, String> = BTreeMap::new();
    for dispatch in ledger.dispatches()? {
        let what = format!("the message \"{}\" of {}", dispatch.message.subject, dispatch.run);
        out.insert(dispatch.message.sha256, what);
    }
    // A letter that is not there is told itself; what it encloses can then not be known.
    let read = |sha256: &str| store.get(sha256).ok();
    for pack in ledger.packs()? {
        let letter = read(&pack.content).and_then(|bytes| serde_json::from_slice::<Kept>(&bytes).ok());
        for document in letter.iter().flat_map(Kept::documents) {
            out.insert(document.sha256.clone(), format!("{} of {}", document.name, pack.id));
        }
        out.insert(pack.content, format!("the letter of {}", pack.id));
    }
    let pipelines = ledger.kept_pipelines()?;
    let runs = ledger.runs()?;
    // Runs of a version that kept no manifests come before all that did.
    let kept_since = runs.iter().position(|run| pipelines.iter().any(|(first, _)| *first == run.id));
    let runs = runs.iter().skip(kept_since.unwrap_or(runs.len()));
    for run in runs.filter(|run| run.state == RunState::Complete) {
        out.insert(run.manifest.clone(), format!("the manifest of {}", run.id));
    }
    for (run, sha256) in ledger.kept_results()? {
        out.insert(sha256, format!("the result of {run}"));
    }
    for (run, contents) in pipelines {
        let list =
            read(&contents).and_then(|bytes| serde_json::from_slice::<BTreeMap<String, String>>(&bytes).ok());
        for (file, sha256) in list.into_iter().flatten() {
            out.insert(sha256, format!("{file} of the pipeline of {run}"));
        }
        out.insert(contents, format!("the list of the pipeline's files of {run}"));
    }
    if let Some(last) = ledger.last_received()? {
        for arrival in ledger.arrivals(last)? {
            out.insert(arrival.sha256, format!("{} of feed {}", arrival.file, arrival.feed));
        }
    }
    Ok(out)
}
