//! A copy of the data folder, taken while jobs may run, and the proof that a copy is whole.
//!
//! The ledger is read first, as it stands at one moment, and put into its place last; the store, which is only
//! ever added to, is copied in between: so the copy holds whatever its ledger refers to, at every moment. Before
//! anything that an older copy holds is changed a mark says that the copy is not finished; it goes when all is
//! there. A copy that was cut short is known by it, and the next call goes on with it. A copy is a data folder
//! itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::clock::now;
use crate::disk::{make_folder, sweep, to_write, write_whole};
use crate::intake::store::Store;
use crate::known::kept_inputs::paths_below;
use crate::known::manifest::PROGRAM;
use crate::ledger::Ledger;
use crate::upkeep::store_references::missing;
use crate::workspace::Workspace;

/// The list of a copy's files, in the copy.
pub const LIST: &str = "backup.json";
/// What lies in a copy while it is not finished.
pub const UNFINISHED: &str = "UNFINISHED.txt";
/// Where the ledger lies until its turn comes.
const WAITING: &str = ".quarterday-ledger";
const LEDGER: &str = "ledger.sqlite";
const STORE: &str = "store";
/// What is copied besides ledger and store. The inbox is the teams' own; what was received of it is in the
/// store.
const AREAS: [&str; 3] = ["packs", "runs", "outbox"];

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// When it was taken, with the offset of the local time.
    pub taken: String,
    /// The program that took it.
    pub program: String,
    /// Every file by its path in the copy, with its SHA-256. The contents of the store are named by theirs.
    pub files: BTreeMap<String, String>,
    /// How many contents the store holds.
    pub stored: usize,
    /// Every content of the store by its path in the copy, with its size in bytes; its name is its SHA-256.
    /// Lists of older versions do not have it.
    #[serde(default)]
    pub contents: BTreeMap<String, u64>,
}

/// What came of taking a copy.
#[derive(Debug, Clone, Serialize)]
pub struct Taken {
    /// What the copy holds.
    pub backup: Backup,
    /// How many contents of the store were copied now; the others were there already.
    pub added: usize,
    /// How many bytes were written.
    pub bytes: u64,
    /// What is wrong with the data folder itself: it was copied as it is.
    pub faults: Vec<String>,
}

/// Copies the data folder to a folder, which may hold an older copy of the same: then only what is new is
/// written.
///
/// # Errors
/// If there is no ledger, a file cannot be read or written, or the folder holds something else.
pub fn take(workspace: &Workspace, to: &Path) -> anyhow::Result<Taken> {
    let data = workspace.data();
    if workspace.existing_ledger()?.is_none() {
        bail!(workspace.no_ledger());
    }
    if real(to)?.starts_with(fs::canonicalize(data)?) {
        bail!("{} lies in the data folder itself: name a folder on another disk", to.display());
    }
    let is_copy = to.join(LIST).is_file() || to.join(UNFINISHED).is_file();
    if !is_copy && !is_empty(to)? {
        bail!("{} holds other files and no copy of a data folder: name an empty folder", to.display());
    }
    make_folder(to).with_context(|| format!("{} cannot be made", to.display()))?;
    let _lock = lock(to)?;
    sweep(to);
    if !to.join(LIST).is_file() {
        mark(to)?;
    }
    let mut taken = Taken {
        backup: Backup {
            taken: now().to_rfc3339_opts(chrono::SecondsFormat::Secs, false),
            program: PROGRAM.to_owned(),
            files: BTreeMap::new(),
            stored: 0,
            contents: BTreeMap::new(),
        },
        added: 0,
        bytes: 0,
        faults: Vec::new(),
    };
    let ledger = read_ledger(workspace, to)?;
    // An older copy stays whole by what is added to its store.
    copy_store(&data.join(STORE), &to.join(STORE), &mut taken)?;
    mark(to)?;
    for area in AREAS {
        copy_area(data, to, area, &mut taken)?;
    }
    lay_ledger(&ledger, to, &mut taken)?;
    let list = serde_json::to_string_pretty(&taken.backup).context("the list cannot be written")? + "\n";
    write_whole(&to.join(LIST), list.as_bytes()).context("the list of the copy cannot be written")?;
    fs::remove_file(to.join(UNFINISHED)).context("the copy cannot be marked as finished")?;
    crate::crash::point();
    let ledger = Ledger::copy_of(&to.join(LEDGER))?;
    taken.faults.extend(missing(&ledger, &Store::new(to.join(STORE)))?.into_values());
    Ok(taken)
}

/// Where a folder lies that may not be there yet, links and dots resolved.
fn real(folder: &Path) -> std::io::Result<PathBuf> {
    let whole = std::path::absolute(folder)?;
    for there in whole.ancestors() {
        if let Ok(found) = fs::canonicalize(there) {
            return Ok(found.join(whole.strip_prefix(there).unwrap_or(Path::new(""))));
        }
    }
    Ok(whole)
}

/// Whether a folder is not there, or holds nothing but what this program leaves when it is killed.
fn is_empty(folder: &Path) -> anyhow::Result<bool> {
    if !folder.is_dir() {
        return Ok(true);
    }
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let name = entry?.file_name();
        if name != LOCK && !name.to_string_lossy().starts_with(".quarterday-") {
            return Ok(false);
        }
    }
    Ok(true)
}

const LOCK: &str = ".lock";

/// Keeps others from writing into a copy that is being taken.
fn lock(to: &Path) -> anyhow::Result<fs::File> {
    let file = to_write().truncate(false).open(to.join(LOCK));
    let file = file.with_context(|| format!("{} cannot be written", to.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => bail!("another backup is being taken to {}", to.display()),
        Err(fs::TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Says in the copy that it is not finished.
fn mark(to: &Path) -> anyhow::Result<()> {
    let text = "This copy of a data folder is not finished: it is being taken, or was cut short. Take it again with\n\
                `quarterday backup`, which goes on where it ended. Bring nothing back from it before.\n";
    write_whole(&to.join(UNFINISHED), text.as_bytes()).context("the copy cannot be written")
}

/// Reads the ledger as it stands now. It waits beside the copy until all that it refers to is there.
fn read_ledger(workspace: &Workspace, to: &Path) -> anyhow::Result<Vec<u8>> {
    let part = to.join(WAITING);
    let _ = fs::remove_dir_all(&part);
    make_folder(&part)?;
    let copy = part.join(LEDGER);
    Ledger::copy_to(&workspace.ledger_path(), &copy)?;
    let bytes = fs::read(&copy)?;
    fs::remove_dir_all(&part).with_context(|| format!("{} cannot be removed", part.display()))?;
    Ok(bytes)
}

fn lay_ledger(bytes: &[u8], to: &Path, taken: &mut Taken) -> anyhow::Result<()> {
    // What stands beside an older copy that somebody opened belongs to that one.
    for beside in ["ledger.sqlite-wal", "ledger.sqlite-shm"] {
        let _ = fs::remove_file(to.join(beside));
    }
    write_whole(&to.join(LEDGER), bytes).with_context(|| format!("{} cannot be written", to.display()))?;
    taken.bytes += bytes.len() as u64;
    taken.backup.files.insert(LEDGER.to_owned(), crate::sha256(bytes));
    Ok(())
}

fn copy_store(from: &Path, to: &Path, taken: &mut Taken) -> anyhow::Result<()> {
    for (path, sha256) in contents(from)? {
        let target = to.join(&path);
        taken.backup.stored += 1;
        let here = fs::metadata(from.join(&path)).with_context(|| format!("store/{path} cannot be read"))?;
        if fs::metadata(&target).is_ok_and(|there| here.len() == there.len()) {
            taken.backup.contents.insert(format!("{STORE}/{path}"), here.len());
            continue;
        }
        let bytes = fs::read(from.join(&path)).with_context(|| format!("store/{path} cannot be read"))?;
        if crate::sha256(&bytes) != sha256 {
            taken.faults.push(format!("store/{path} has changed since it was stored; it was not copied"));
            continue;
        }
        write_whole(&target, &bytes).with_context(|| format!("{} cannot be written", target.display()))?;
        taken.backup.contents.insert(format!("{STORE}/{path}"), bytes.len() as u64);
        taken.added += 1;
        taken.bytes += bytes.len() as u64;
    }
    Ok(())
}

fn copy_area(data: &Path, to: &Path, area: &str, taken: &mut Taken) -> anyhow::Result<()> {
    let (source, target) = (data.join(area), to.join(area));
    for path in paths_below(&source)? {
        let from = source.join(&path);
        let bytes = fs::read(&from).with_context(|| format!("{} cannot be read", from.display()))?;
        let file = target.join(&path);
        if !fs::read(&file).is_ok_and(|there| there == bytes) {
            write_whole(&file, &bytes).with_context(|| format!("{} cannot be written", file.display()))?;
            taken.bytes += bytes.len() as u64;
        }
        taken.backup.files.insert(format!("{area}/{path}"), crate::sha256(&bytes));
    }
    // A copy is what the data folder is: what retention removed there goes here too.
    for path in paths_below(&target)? {
        if !taken.backup.files.contains_key(&format!("{area}/{path}")) {
            fs::remove_file(target.join(&path)).with_context(|| format!("{path} cannot be removed"))?;
        }
    }
    Ok(())
}

/// The contents of a store: path below it and hash, by path.
fn contents(store: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut out = Vec::new();
    if !store.is_dir() {
        return Ok(out);
    }
    for head in fs::read_dir(store).with_context(|| format!("{} cannot be read", store.display()))? {
        let head = head?.path();
        if !head.is_dir() {
            continue;
        }
        for file in fs::read_dir(&head).with_context(|| format!("{} cannot be read", head.display()))? {
            let name = file?.file_name().to_string_lossy().into_owned();
            let folder = head.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.len() == 64 && name.starts_with(&folder) {
                out.push((format!("{folder}/{name}"), name));
            }
        }
    }
    out.sort();
    Ok(out)
}

/// What came of looking at a copy, or at a data folder itself.
#[derive(Debug, Clone, Serialize)]
pub struct Verified {
    /// When the copy was taken; none for a data folder that is in use.
    pub taken: Option<String>,
    /// How many files were looked at.
    pub files: usize,
    /// Everything that is wrong; nothing if it is whole.
    pub faults: Vec<String>,
}

/// Looks at every file of a copy, or of a data folder: the ledger is whole, every content of the store is
/// what its name says, whatever the ledger refers to is there, and the listed files are there as listed.
///
/// # Errors
/// If the folder cannot be read at all.
pub fn verify(folder: &Path) -> anyhow::Result<Verified> {
    let ledger = folder.join(LEDGER);
    let mut out = Verified { taken: None, files: 1, faults: Vec::new() };
    if folder.join(UNFINISHED).is_file() {
        let fault = "the copy is not finished: it is being taken, or was cut short; the same `quarterday backup` goes on with it";
        out.faults.push(fault.to_owned());
        if !ledger.is_file() {
            return Ok(out);
        }
    }
    if !ledger.is_file() {
        bail!("{} holds no {LEDGER}: it is no data folder and no copy of one", folder.display());
    }
    match Ledger::faults(&ledger) {
        Ok(faults) => out.faults.extend(faults.into_iter().map(|fault| format!("{LEDGER}: {fault}"))),
        Err(error) => out.faults.push(format!("{LEDGER}: {error}")),
    }
    let mut gone = BTreeMap::new();
    if out.faults.iter().all(|fault| !fault.starts_with(LEDGER)) {
        gone = missing(&Ledger::copy_of(&ledger)?, &Store::new(folder.join(STORE)))?;
    }
    let store = folder.join(STORE);
    for (path, sha256) in contents(&store)? {
        out.files += 1;
        match fs::read(store.join(&path)) {
            Ok(bytes) if crate::sha256(&bytes) == sha256 => {}
            Ok(_) => out.faults.push(format!("{STORE}/{path} has changed since it was stored")),
            Err(error) => out.faults.push(format!("{STORE}/{path} cannot be read: {error}")),
        }
    }
    if let Ok(text) = fs::read(folder.join(LIST)) {
        let list: Backup = serde_json::from_slice(&text).context("backup.json cannot be understood")?;
        for (path, bytes) in &list.contents {
            if !folder.join(path).is_file() {
                let fault = || format!("{path} is not there: the copy had it, with {bytes} bytes");
                gone.entry(path.clone()).or_insert_with(fault);
            }
        }
        for (path, sha256) in &list.files {
            out.files += 1;
            match fs::read(folder.join(path)) {
                Ok(bytes) if crate::sha256(&bytes) == *sha256 => {}
                Ok(_) => out.faults.push(format!("{path} has changed since the copy was taken")),
                Err(error) => out.faults.push(format!("{path} cannot be read: {error}")),
            }
        }
        out.taken = Some(list.taken);
    }
    out.faults.extend(gone.into_values());
    Ok(out)
}
