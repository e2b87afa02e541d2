//! What a run left behind against what came of doing it again.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use serde::Serialize;

use super::Past;
use crate::known::kept_inputs::{MANIFEST, files_below};
use crate::known::result::FILE;
use crate::ledger::Ledger;

/// One thing that was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Matched {
    /// What it is.
    pub kind: Kind,
    /// A path below the data folder, or the key of a message.
    pub name: String,
    /// What became of it.
    pub fate: Fate,
    /// The SHA-256 of what the run left.
    pub then: Option<String>,
    /// The SHA-256 of what came of doing it again.
    pub now: Option<String>,
    /// Why it differs, as far as that can be told from it alone.
    pub why: Option<String>,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A file in the run's folder of packs.
    Document,
    /// A message to one recipient.
    Message,
    /// What the run found: levels and manifest.
    Result,
}

/// What became of something when the run was done again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// The same bytes.
    Same,
    /// Other bytes.
    Differs,
    /// The run left it, and it is not there any more; what came out now is what the run wrote.
    Gone,
    /// It is not in the folder of its run any more; the store has it, and what came out now is that.
    Kept,
    /// Retention removed it; what came out now is what the run wrote.
    Removed,
    /// The run left it, and it does not come out now.
    NotMade,
    /// It comes out now, and the run did not leave it.
    New,
    /// The run made it as it comes out now, and it goes to nobody before a person lets it.
    Waiting,
    /// A person had it sent after the run: a copy, a recall, an approval.
    Later,
}

impl Fate {
    /// Whether the run cannot be said to have come out as it was.
    pub fn is_difference(self) -> bool {
        !matches!(self, Fate::Same | Fate::Kept | Fate::Removed | Fate::Waiting | Fate::Later)
    }
}

/// Compares documents, messages and results.
pub(super) fn compare(past: &Past) -> anyhow::Result<Vec<Matched>> {
    let mut out = documents(past)?;
    out.extend(messages(past)?);
    // What documents are made of cannot have come out otherwise if the run makes them as ever, whatever
    // became of the files since.
    let as_ever = !out.is_empty() && out.iter().all(|m| !m.fate.is_difference() || m.why.is_some());
    out.extend(results(past, as_ever)?);
    Ok(out)
}

/// The reasons that speak of the run as a whole, and one where none of them explains a difference.
pub(super) fn explained(mut reasons: Vec<String>, compared: &[Matched]) -> Vec<String> {
    let unexplained = compared
        .iter()
        .any(|c| matches!(c.fate, Fate::Differs | Fate::NotMade | Fate::New) && c.why.is_none());
    if reasons.is_empty() && unexplained {
        reasons.push(
            "files, pipeline and version are those of the run: this build of the program makes other bytes"
                .to_owned(),
        );
    }
    reasons
}

/// What a run found, as files of its folder.
const RESULTS: [&str; 3] = [MANIFEST, FILE, "levels.csv"];

type Hashes = BTreeMap<String, String>;

fn hashes(files: BTreeMap<String, Vec<u8>>) -> Hashes {
    files.into_iter().map(|(path, bytes)| (path, crate::sha256(&bytes))).collect()
}

fn documents(past: &Past) -> anyhow::Result<Vec<Matched>> {
    let run = &past.record.id;
    let apart = past.workspace.apart(past.scratch.path());
    let lying = hashes(files_below(&past.workspace.packs(run))?);
    let made = hashes(files_below(&apart.packs(run))?);
    let noted: Hashes = past.written.iter().map(|f| (f.path.clone(), f.sha256.clone())).collect();
    let paths: BTreeSet<&String> = lying.keys().chain(made.keys()).chain(noted.keys()).collect();
    let removed = |path: &str| {
        past.removals.iter().rev().find(|r| path == r.path || path.starts_with(&format!("{}/", r.path)))
    };
    let compared = paths.into_iter().map(|path| {
        let name = format!("packs/{run}/{path}");
        let (lies, noted, now) = (lying.get(path), noted.get(path), made.get(path));
        let removal = removed(&name).filter(|_| lies.is_none());
        let as_noted = noted.is_none() || noted == now;
        let (fate, why) = match (lies, now) {
            (Some(lies), Some(now)) if lies == now => (Fate::Same, None),
            (Some(_), Some(_)) if noted == now => {
                (Fate::Differs, Some("the file was changed after the run wrote it".to_owned()))
            }
            (Some(_), Some(_)) => (Fate::Differs, None),
            (Some(_), None) if noted.is_none() && !past.written.is_empty() => {
                (Fate::NotMade, Some("the run did not write this file".to_owned()))
            }
            (Some(_), None) => (Fate::NotMade, None),
            (None, Some(_)) if as_noted && removal.is_some() => {
                let why = removal.map(|r| format!("{} on {}", r.why, crate::dates::long(r.as_of)));
                (Fate::Removed, why)
            }
            (None, Some(_)) if noted.is_some() && as_noted => {
                (Fate::Gone, Some("somebody removed the file; doing the job again restores it".to_owned()))
            }
            (None, Some(_)) if noted.is_some() => (Fate::Differs, None),
            (None, Some(_)) => (Fate::New, None),
            (None, None) => (Fate::NotMade, None),
        };
        let then = lies.or(noted).cloned();
        Matched { kind: Kind::Document, name, fate, then, now: now.cloned(), why }
    });
    Ok(compared.collect())
}

fn messages(past: &Past) -> anyhow::Result<Vec<Matched>> {
    let apart = past.workspace.apart(past.scratch.path());
    let ledger = Ledger::open(&apart.ledger_path())?;
    let letters: BTreeSet<String> = ledger.packs()?.into_iter().map(|p| p.content).collect();
    let made = ledger.dispatches()?;
    let made: Hashes = made
        .into_iter()
        .filter(|d| d.run == past.record.id)
        .map(|d| (d.message.key, d.message.sha256))
        .collect();
    let store = past.workspace.store();
    let mut out = Vec::new();
    for dispatch in &past.dispatches {
        let message = &dispatch.message;
        let now = made.get(&message.key).cloned();
        let handed_over = std::fs::read(past.workspace.outbox().join(&message.file));
        let (fate, why) = match &now {
            None => match past.later.by_a_person(&message.key) {
                Some(why) => (Fate::Later, Some(why)),
                None => (Fate::NotMade, None),
            },
            Some(now) if *now != message.sha256 => (Fate::Differs, None),
            Some(_) => match (store.get(&message.sha256), handed_over) {
                (Err(error), _) => (Fate::Differs, Some(format!("the store's copy cannot be read: {error}"))),
                (Ok(kept), Ok(lies)) if kept != lies => {
                    let why = format!("outbox/{} was changed after it was handed over", message.file);
                    (Fate::Differs, Some(why))
                }
                _ => (Fate::Same, None),
            },
        };
        let (name, then) = (message.key.clone(), Some(message.sha256.clone()));
        out.push(Matched { kind: Kind::Message, name, fate, then, now, why });
    }
    let known: BTreeSet<&str> = past.dispatches.iter().map(|d| d.message.key.as_str()).collect();
    for (name, now) in made.into_iter().filter(|(key, _)| !known.contains(key.as_str())) {
        let (fate, why) = match past.later.waits(&name) {
            Some((why, Some(content))) if !letters.contains(content) => (Fate::Differs, Some(why)),
            Some((why, _)) => (Fate::Waiting, Some(why)),
            None => (Fate::New, None),
        };
        out.push(Matched { kind: Kind::Message, name, fate, then: None, now: Some(now), why });
    }
    Ok(out)
}

/// What the store has of a run's results. The levels are a part of what it found, so they are kept with that.
struct Stored {
    manifest: bool,
    result: Option<String>,
}

impl Stored {
    fn of(past: &Past) -> Self {
        let store = past.workspace.store();
        let result = past.result.clone().filter(|sha256| store.get(sha256).is_ok());
        Self { manifest: store.get(&past.record.manifest).is_ok(), result }
    }

    /// Whether the store has what came out now.
    fn has(&self, file: &str, now: &Hashes, past: &Past) -> bool {
        match file {
            MANIFEST => self.manifest && now.get(MANIFEST) == Some(&past.record.manifest),
            _ => self.result.is_some() && now.get(FILE) == self.result.as_ref(),
        }
    }
}

fn results(past: &Past, as_ever: bool) -> anyhow::Result<Vec<Matched>> {
    let run = &past.record.id;
    let apart = past.workspace.apart(past.scratch.path());
    let mut made = Hashes::new();
    for file in RESULTS {
        let path = apart.run(run).join(file);
        let now = std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        made.insert(file.to_owned(), crate::sha256(&now));
    }
    let stored = Stored::of(past);
    let mut out = Vec::new();
    for file in RESULTS {
        let now = made.get(file).cloned().unwrap_or_default();
        let name = format!("runs/{run}/{file}");
        let lies = std::fs::read(past.workspace.past_run(run).join(file)).ok().map(|b| crate::sha256(&b));
        let removal = past.removals.iter().rev().find(|r| name.starts_with(&format!("{}/", r.path)));
        let (fate, why) = match (&lies, removal) {
            (Some(lies), _) if *lies == now => (Fate::Same, None),
            (Some(lies), _) if as_ever || (file == MANIFEST && *lies != past.record.manifest) => {
                (Fate::Differs, Some("the file was changed after the run wrote it".to_owned()))
            }
            (Some(_), _) => (Fate::Differs, None),
            (None, Some(r)) => (Fate::Removed, Some(format!("{} on {}", r.why, crate::dates::long(r.as_of)))),
            (None, None) if stored.has(file, &made, past) => {
                (Fate::Kept, Some("somebody removed the file; the store has what it said".to_owned()))
            }
            (None, None) => (Fate::Gone, Some("somebody removed the file".to_owned())),
        };
        out.push(Matched { kind: Kind::Result, name, fate, then: lies, now: Some(now), why });
    }
    Ok(out)
}
