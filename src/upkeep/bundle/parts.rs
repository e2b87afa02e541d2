//! The parts of a bundle, each put together from values that say nothing of a person or a practice.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use super::Part;
use crate::intake::Receipt;
use crate::known::kept_inputs::{MANIFEST, kept_folder};
use crate::known::manifest::{Manifest, PROGRAM};
use crate::known::result::RunResult;
use crate::ledger::{Ledger, RunRecord};
use crate::pipeline::{Folder, load};
use crate::workspace::Workspace;

/// Where parts are taken from.
pub(super) struct Source<'s> {
    pub(super) workspace: &'s Workspace,
    pub(super) record: &'s RunRecord,
    pub(super) ledger: &'s Ledger,
}

/// Keys of an event's detail whose texts are the program's own words.
const OWN_WORDS: [&str; 7] = ["run", "program", "receipt", "feed", "state", "job", "as_of"];

impl Source<'_> {
    pub(super) fn versions(&self) -> anyhow::Result<Part> {
        let value = json!({
            "program": PROGRAM,
            "system": std::env::consts::OS,
            "processor": std::env::consts::ARCH,
            "sqlite": rusqlite::version(),
            "run": self.record.id,
            "job": self.record.job,
            "as_of": self.record.as_of,
            "manifest_sha256": self.record.manifest,
        });
        part("versions.json", "program, system and run", &value)
    }

    fn read_manifest(&self) -> Option<Manifest> {
        let kept = self.workspace.store().get(&self.record.manifest);
        let bytes = kept.or_else(|_| fs::read(self.workspace.past_run(&self.record.id).join(MANIFEST)));
        serde_json::from_slice(&bytes.ok()?).ok()
    }

    pub(super) fn manifest(&self) -> anyhow::Result<Part> {
        let about = "what went into the run, with hashes";
        let Some(manifest) = self.read_manifest() else {
            return part("manifest.json", about, &json!({ "missing": true }));
        };
        let inputs: Vec<Value> = manifest
            .inputs
            .iter()
            .map(|input| {
                json!({
                    "receipt": input.receipt,
                    "feed": input.feed,
                    "file": nameless(&input.file),
                    "sha256": input.sha256,
                    "received": input.received,
                    "in_store": self.workspace.store().get(&input.sha256).is_ok(),
                })
            })
            .collect();
        let value = json!({
            "program": manifest.program,
            "pipeline_sha256": manifest.pipeline_sha256,
            "job": manifest.job,
            "as_of": manifest.as_of,
            "compared_with": manifest.compared_with,
            "compared_sha256": manifest.compared_sha256,
            "inputs": inputs,
        });
        part("manifest.json", about, &value)
    }

    pub(super) fn events(&self) -> anyhow::Result<Part> {
        let path = self.workspace.past_run(&self.record.id).join("events.jsonl");
        let mut text = String::new();
        for line in fs::read_to_string(&path).unwrap_or_default().lines() {
            let Ok(Value::Object(event)) = serde_json::from_str(line) else { continue };
            let mut out = Map::new();
            for key in ["at", "utc", "event"] {
                out.insert(key.to_owned(), event.get(key).cloned().unwrap_or_default());
            }
            if let Some(detail) = event.get("detail") {
                out.insert("detail".to_owned(), harmless("detail", detail));
            }
            text.push_str(&format!("{}\n", Value::Object(out)));
        }
        Ok(Part { name: "events.jsonl", about: "what the run did, and when", text })
    }

    pub(super) fn levels(&self) -> anyhow::Result<Part> {
        let mut text = "practice,level,proposed_level,cause,decided,rules,assessed,clock\n".to_owned();
        if let Ok(result) = RunResult::read(&self.workspace.past_run(&self.record.id)) {
            for (index, practice) in result.practices.iter().enumerate() {
                let outcome = &practice.outcome;
                let level = |level: Option<u8>| level.map(|l| l.to_string()).unwrap_or_default();
                let cells = [
                    format!("practice {}", index + 1),
                    level(outcome.level),
                    level(outcome.proposed),
                    practice.cause.map(|cause| cause.to_string()).unwrap_or_default(),
                    outcome.decided().is_some().to_string(),
                    outcome.rules().join(";"),
                    outcome.assessed.to_string(),
                    word(&practice.clock.state)?,
                ];
                text.push_str(&format!("{}\n", cells.join(",")));
            }
        }
        Ok(Part { name: "levels.csv", about: "the level of every practice, by number", text })
    }

    pub(super) fn receipts(&self) -> anyhow::Result<Part> {
        let mut receipts = Vec::new();
        for arrival in self.ledger.arrivals(self.record.as_of)? {
            let told = self.ledger.receipt(arrival.number)?;
            let Some(receipt) = told.and_then(|text| serde_json::from_str::<Receipt>(&text).ok()) else {
                continue;
            };
            let problems: Vec<Value> = receipt
                .problems
                .iter()
                .map(|p| json!({ "code": p.code, "effect": p.effect, "cell": p.cell, "column": p.column }))
                .collect();
            receipts.push(json!({
                "receipt": receipt.id,
                "feed": receipt.feed,
                "file": nameless(&receipt.file),
                "received": receipt.received,
                "state": receipt.state,
                "counts": receipt.counts,
                "notes": receipt.notes.len(),
                "problems": problems,
            }));
        }
        part("receipts.json", "what came of every received file, with the cells to correct", &json!(receipts))
    }

    pub(super) fn documents(&self) -> anyhow::Result<Part> {
        let folder = self.workspace.packs(&self.record.id);
        let documents: Vec<Value> = self
            .ledger
            .written(&self.record.id)?
            .iter()
            .map(|file| {
                let lies = fs::read(folder.join(&file.path)).ok();
                let state = match lies.map(|bytes| crate::sha256(&bytes) == file.sha256) {
                    Some(true) => "as written",
                    Some(false) => "changed since",
                    None => "not there",
                };
                let (committee, name) = file.path.split_once('/').unwrap_or(("", &file.path));
                let kind = name.split(['-', '.']).next().unwrap_or_default();
                json!({
                    "committee": committee,
                    "kind": kind,
                    "bytes": file.bytes,
                    "sha256": file.sha256,
                    "state": state,
                })
            })
            .collect();
        part("documents.json", "every document that the run wrote", &json!(documents))
    }

    pub(super) fn status(&self) -> anyhow::Result<Part> {
        let mut messages: BTreeMap<String, BTreeMap<&str, usize>> = BTreeMap::new();
        for dispatch in self.ledger.dispatches()?.iter().filter(|d| d.run == self.record.id) {
            let states = messages.entry(crate::pipeline::slug(&dispatch.message.committee)).or_default();
            *states.entry(dispatch.state.word()).or_default() += 1;
        }
        let runs: Vec<Value> = self
            .ledger
            .runs()?
            .iter()
            .map(|run| {
                let state = match run.state {
                    crate::ledger::RunState::Begun => "begun",
                    crate::ledger::RunState::Complete => "complete",
                };
                json!({ "run": run.id, "as_of": run.as_of, "packs": run.packs, "state": state })
            })
            .collect();
        let faults = Ledger::faults(&self.workspace.ledger_path())?;
        let value = json!({
            "ledger_faults": faults.len(),
            "messages_of_this_run": messages,
            "runs": runs,
            "removed_by_retention": self.ledger.removals()?.len(),
        });
        part("status.json", "runs, messages by committee and state, and whether the ledger is whole", &value)
    }

    pub(super) fn check(&self, folder: Option<&Folder>) -> anyhow::Result<Part> {
        let kept = match (folder, self.read_manifest()) {
            (Some(folder), _) => Some(folder.clone()),
            (None, Some(manifest)) => {
                let store = self.workspace.store();
                kept_folder(&store, self.ledger, &manifest.pipeline_sha256).unwrap_or_default()
            }
            (None, None) => None,
        };
        let about = "what check says of the pipeline folder: codes, files and lines";
        let Some(folder) = kept else { return part("check.json", about, &json!({ "missing": true })) };
        let loaded = load(&folder);
        let diagnostics: Vec<Value> = loaded
            .diagnostics
            .iter()
            .map(|d| json!({ "severity": d.severity, "code": d.code, "file": d.file, "line": d.line }))
            .collect();
        let value = json!({
            "sha256": folder.hash(),
            "valid": loaded.pipeline.is_some(),
            "files": folder.iter().map(|(path, text)| (path, text.len())).collect::<BTreeMap<_, _>>(),
            "diagnostics": diagnostics,
        });
        part("check.json", about, &value)
    }
}

fn part(name: &'static str, about: &'static str, value: &Value) -> anyhow::Result<Part> {
    let text = serde_json::to_string_pretty(value).with_context(|| format!("{name} cannot be written"))?;
    Ok(Part { name, about, text: text + "\n" })
}

/// A value without its texts, but for those under keys that hold the program's own words.
fn harmless(key: &str, value: &Value) -> Value {
    match value {
        Value::String(_) if OWN_WORDS.contains(&key) => value.clone(),
        Value::String(_) => Value::from("removed"),
        Value::Array(items) => json!({ "removed": items.len() }),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), harmless(key, value))).collect())
        }
        other => other.clone(),
    }
}

/// A file's name without what people chose: `Concerns Smith.xlsx` becomes `*.xlsx`.
fn nameless(file: &str) -> String {
    let ending = Path::new(file).extension().and_then(|e| e.to_str()).unwrap_or_default();
    let plain = ending.len() <= 5 && ending.chars().all(|c| c.is_ascii_alphanumeric());
    if plain && !ending.is_empty() { format!("*.{}", ending.to_lowercase()) } else { "*".to_owned() }
}

/// A value that serialises to one word.
fn word(value: &impl serde::Serialize) -> anyhow::Result<String> {
    let value = serde_json::to_value(value).context("a state cannot be written")?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_programs_own_words_stay_in_an_event() {
        let detail = json!({
            "run": "nightly-2026-07-14",
            "file": "Dr A Smith.xlsx",
            "what": ["key/chair@icb.example: refused"],
            "counts": { "read": 3, "note": "Mrs B" },
        });
        let expected = json!({
            "run": "nightly-2026-07-14",
            "file": "removed",
            "what": { "removed": 1 },
            "counts": { "read": 3, "note": "removed" },
        });
        assert_eq!(harmless("detail", &detail), expected);
    }

    #[test]
    fn names_of_files_keep_their_ending() {
        assert_eq!(nameless("Concerns about Dr Smith.XLSX"), "*.xlsx");
        assert_eq!(nameless("Dr. Smith"), "*");
        assert_eq!(nameless("concerns"), "*");
    }
}
