//! What is kept so that a run can be done again years later: the pipeline folder, the manifest, what the
//! packs of the run said, and the hash of every file it wrote.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;

use crate::intake::store::Store;
use crate::ledger::{Ledger, LedgerError, RunRecord, WrittenFile};
use crate::pipeline::{Folder, Pipeline};

/// The name of a run's manifest in its folder.
pub const MANIFEST: &str = "manifest.json";

/// Keeps the pipeline and the manifest of a run in the store, and the result of one that later packs are
/// compared with.
///
/// # Errors
/// If the store or the ledger cannot be written.
pub fn keep(
    store: &Store,
    ledger: &mut Ledger,
    pipeline: &Pipeline,
    record: &RunRecord,
    (manifest, result): (&str, &str),
) -> anyhow::Result<()> {
    let contents = keep_folder(store, &pipeline.source)?;
    ledger.keep_pipeline(&pipeline.hash, &contents, &record.id)?;
    store.put(manifest.as_bytes()).context("the store cannot be written")?;
    if record.packs {
        let sha256 = store.put(result.as_bytes()).context("the store cannot be written")?;
        ledger.keep_result(&record.id, &sha256)?;
    }
    Ok(())
}

/// Keeps every file of a pipeline folder and a list of them; gives the SHA-256 of the list.
fn keep_folder(store: &Store, folder: &Folder) -> anyhow::Result<String> {
    let mut list = BTreeMap::new();
    for (path, text) in folder.iter() {
        let sha256 = store.put(text.as_bytes()).context("the store cannot be written")?;
        list.insert(path, sha256);
    }
    let list = serde_json::to_string(&list).context("the list of the pipeline's files cannot be written")?;
    store.put(list.as_bytes()).context("the store cannot be written")
}

/// The pipeline folder of that hash as it was kept; none if no run used it.
///
/// # Errors
/// If a file of it is no longer in the store as it was kept.
pub fn kept_folder(store: &Store, ledger: &Ledger, sha256: &str) -> anyhow::Result<Option<Folder>> {
    let Some(contents) = ledger.kept_pipeline(sha256)? else { return Ok(None) };
    let list = store.get(&contents).context("the list of the pipeline's files cannot be read")?;
    let list: BTreeMap<String, String> =
        serde_json::from_slice(&list).context("the list of the pipeline's files cannot be read")?;
    let mut folder = Folder::default();
    for (path, sha256) in list {
        let bytes = store.get(&sha256).with_context(|| format!("{path} of the pipeline cannot be read"))?;
        folder.insert(path, String::from_utf8_lossy(&bytes));
    }
    Ok(Some(folder))
}

/// Notes the files of a run's folder of documents with their hashes. Gives why that could not be done: a folder
/// that cannot be read stops no run.
///
/// # Errors
/// If the ledger cannot be written.
pub fn note_written(ledger: &mut Ledger, run: &str, packs: &Path) -> Result<Option<String>, LedgerError> {
    let mut files = Vec::new();
    let below = match files_below(packs) {
        Ok(below) => below,
        Err(error) => return Ok(Some(format!("{error:#}; what lies there is not noted"))),
    };
    for (path, bytes) in below {
        let sha256 = crate::sha256(&bytes);
        files.push(WrittenFile { path, sha256, bytes: bytes.len() as u64 });
    }
    ledger.note_written(run, &files)?;
    Ok(None)
}

/// The bytes of every file below a folder, by path with `/` between its parts. A folder that is not there
/// has none; what an interrupted write left behind is passed over.
///
/// # Errors
/// If a folder or a file cannot be read.
pub fn files_below(dir: &Path) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut out = BTreeMap::new();
    for path in paths_below(dir)? {
        let file = dir.join(&path);
        let bytes = std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        out.insert(path, bytes);
    }
    Ok(out)
}

/// The paths of [`files_below`], in their order.
///
/// # Errors
/// If a folder cannot be read.
pub fn paths_below(dir: &Path) -> anyhow::Result<Vec<String>> {
    let mut out = Vec::new();
    if dir.is_dir() {
        gather(dir, "", &mut out)?;
    }
    out.sort();
    Ok(out)
}

fn gather(dir: &Path, prefix: &str, out: &mut Vec<String>) -> anyhow::Result<()> {
    let failed = || format!("{} cannot be read", dir.display());
    for entry in std::fs::read_dir(dir).with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        let Some(name) = path.file_name().map(|n| n.to_string_lossy().into_owned()) else { continue };
        if name.starts_with('.') {
            continue;
        }
        match path.is_dir() {
            true => gather(&path, &format!("{prefix}{name}/"), out)?,
            false => out.push(format!("{prefix}{name}")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_folder_comes_back_with_the_same_hash() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path().join("store"));
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let mut folder = Folder::default();
        folder.insert("pipeline.toml", "title = \"x\"\n");
        folder.insert("rules/one.toml", "level = 2\n");
        let contents = keep_folder(&store, &folder).unwrap();
        ledger.keep_pipeline(&folder.hash(), &contents, "r").unwrap();
        let back = kept_folder(&store, &ledger, &folder.hash()).unwrap().unwrap();
        assert_eq!(back, folder);
        assert!(kept_folder(&store, &ledger, "other").unwrap().is_none());
    }

    #[test]
    fn what_an_interrupted_write_left_is_no_file_of_a_run() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("group")).unwrap();
        std::fs::write(dir.path().join("group/pack.pdf"), "x").unwrap();
        std::fs::write(dir.path().join("group/.tmpAbC"), "half").unwrap();
        let files = files_below(dir.path()).unwrap();
        assert_eq!(files.keys().collect::<Vec<_>>(), ["group/pack.pdf"]);
        assert!(files_below(&dir.path().join("nowhere")).unwrap().is_empty());
    }
}
