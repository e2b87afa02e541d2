//! What lies in the inbox, and what the ledger knows of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::intake::inbox;
use crate::ledger::{Arrival, Ledger, Seen};
use crate::pipeline::Pipeline;
use crate::workspace::Workspace;

/// A file that lies in the inbox, and what the ledger knows of it.
#[derive(Debug, Clone)]
pub struct Lying {
    /// Where it lies.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// What the ledger knows of its content.
    pub seen: Seen,
}

impl Lying {
    /// The arrival of its content.
    pub fn arrival(&self) -> &Arrival {
        let (Seen::Before(own) | Seen::Elsewhere(own) | Seen::New(own)) = &self.seen;
        own
    }

    /// Whether it is the content of an arrival.
    pub fn is_of(&self, arrival: &Arrival) -> bool {
        self.arrival().number == arrival.number
    }
}

/// Files and folders of the inbox that belong to no feed, by name as it may be told. Those of systems are none.
///
/// # Errors
/// If the inbox cannot be read.
pub fn strays(workspace: &Workspace, pipeline: &Pipeline) -> anyhow::Result<Vec<String>> {
    let mut out = Vec::new();
    for entry in fs::read_dir(workspace.inboxes()).context("the inbox cannot be read")? {
        let name = entry.context("the inbox cannot be read")?.file_name();
        let name = inbox::printable(&name);
        let passed_over = inbox::is_of_a_system(&name) || crate::disk::is_unfinished(&name);
        if pipeline.feed(&name).is_none() && !passed_over {
            out.push(pipeline.guard.told_name(&name));
        }
    }
    out.sort();
    out.dedup();
    Ok(out)
}

/// What is said of a file or folder that belongs to no feed.
pub fn stray(name: &str) -> String {
    format!("inbox/{name} belongs to no feed of the pipeline, and nothing in it is read")
}

/// How many files of the inbox the ledger has never seen; nothing is taken in.
///
/// # Errors
/// If the inbox or the ledger cannot be read.
pub fn waiting(workspace: &Workspace, pipeline: &Pipeline, ledger: &Ledger) -> anyhow::Result<usize> {
    let known = match ledger.last_received()? {
        Some(last) => ledger.arrivals(last)?,
        None => Vec::new(),
    };
    let known: BTreeSet<(&str, &str)> = known.iter().map(|a| (a.feed.as_str(), a.sha256.as_str())).collect();
    let mut count = 0;
    for feed in &pipeline.feeds {
        for dropped in inbox::scan(&workspace.inbox(&feed.id))?.files {
            let Ok(bytes) = fs::read(&dropped.path) else { continue };
            let sha256 = crate::sha256(&bytes);
            count += usize::from(!known.contains(&(feed.id.as_str(), sha256.as_str())));
        }
    }
    Ok(count)
}
