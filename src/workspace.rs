//! The data folder: where what comes in, what is kept and what goes out lie.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::intake::store::Store;
use crate::ledger::{Ledger, LedgerError};

/// A data folder, and where a run writes.
#[derive(Debug, Clone)]
pub struct Workspace {
    data: PathBuf,
    /// Where a dry run writes instead; the data folder itself stays as it is.
    dry: Option<PathBuf>,
    /// The store of another data folder, for a run that is done again aside.
    kept: Option<PathBuf>,
}

impl Workspace {
    /// The data folder as it is.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), dry: None, kept: None }
    }

    /// The same folder for a run that sends nothing and changes nothing: it writes below `dry-run`.
    pub fn dry(&self) -> Self {
        Self { data: self.data.clone(), dry: Some(self.data.join("dry-run")), kept: None }
    }

    /// A folder apart, in which a past run is done again: it sends nothing, has a ledger of its own, and
    /// reads what was received from the store of this folder, which stays as it is.
    pub fn apart(&self, folder: &Path) -> Self {
        Self { data: folder.to_owned(), dry: Some(folder.join("again")), kept: Some(self.data.join("store")) }
    }

    /// Whether nothing but `dry-run` may be written.
    pub fn is_dry(&self) -> bool {
        self.dry.is_some()
    }

    /// Whether a past run is done again apart: nothing new is received then.
    pub fn is_apart(&self) -> bool {
        self.kept.is_some()
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    fn out(&self) -> &Path {
        self.dry.as_deref().unwrap_or(&self.data)
    }

    /// The inbox folder of a feed.
    pub fn inbox(&self, feed: &str) -> PathBuf {
        self.data.join("inbox").join(feed)
    }

    /// The inbox with all its folders.
    pub fn inboxes(&self) -> PathBuf {
        self.data.join("inbox")
    }

    /// Where the receipts of a feed's downloads go.
    pub fn downloads(&self, feed: &str) -> PathBuf {
        self.out().join("downloads").join(feed)
    }

    /// Where documents of a run go.
    pub fn packs(&self, run: &str) -> PathBuf {
        self.out().join("packs").join(run)
    }

    /// Where documents of a run are kept that the guard stopped; nothing is sent from there.
    pub fn held(&self, run: &str) -> PathBuf {
        self.out().join("held").join(run)
    }

    /// Where messages go that a person or another program fetches.
    pub fn outbox(&self) -> PathBuf {
        self.out().join("outbox")
    }

    /// The folder of a run.
    pub fn run(&self, run: &str) -> PathBuf {
        self.out().join("runs").join(run)
    }

    /// The folder of a run, wherever it was written.
    pub fn past_run(&self, run: &str) -> PathBuf {
        self.data.join("runs").join(run)
    }

    /// The content-addressed store.
    pub fn store(&self) -> Store {
        let kept = self.kept.clone().unwrap_or_else(|| self.data.join("store"));
        match &self.dry {
            Some(dry) => Store::over(dry.join("store"), kept),
            None => Store::new(kept),
        }
    }

    /// Where the ledger lies.
    pub fn ledger_path(&self) -> PathBuf {
        self.data.join("ledger.sqlite")
    }

    /// Opens the ledger; a dry run works on a copy in memory.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn ledger(&self) -> Result<Ledger, LedgerError> {
        let in_memory = self.is_dry() && self.kept.is_none();
        if in_memory { Ledger::copy_of(&self.ledger_path()) } else { Ledger::open(&self.ledger_path()) }
    }

    /// Whether there is a ledger.
    pub fn has_ledger(&self) -> bool {
        self.ledger_path().is_file()
    }

    /// What is said where a ledger should be and is none.
    pub fn no_ledger(&self) -> String {
        format!("{} holds no ledger: no job has been run there", self.data.display())
    }

    /// Opens an existing ledger only to read; none if there is no ledger yet.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn existing_ledger(&self) -> Result<Option<Ledger>, LedgerError> {
        let path = self.ledger_path();
        if path.is_file() { Ledger::open_to_read(&path).map(Some) } else { Ok(None) }
    }

    /// Makes the folders and takes the lock that keeps other instances out until it is dropped.
    ///
    /// # Errors
    /// If a folder cannot be made, or another instance holds the lock.
    pub fn lock(&self) -> Result<Lock, LockError> {
        for dir in [self.data.clone(), self.inboxes(), self.out().to_owned()] {
            crate::disk::make_folder(&dir)?;
        }
        let file = crate::disk::to_write().truncate(false).open(self.data.join(".lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Held),
            Err(TryLockError::Error(error)) => Err(LockError::Io(error)),
        }
    }
}

/// The right to change the data folder.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another instance has it.
    #[error("another instance of quarterday is working in this data folder")]
    Held,
    /// The folder cannot be used.
    #[error("the data folder cannot be used: {0}")]
    Io(#[from] io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instance_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Workspace::new(dir.path().join("data"));
        let lock = workspace.lock().unwrap();
        assert!(matches!(workspace.lock(), Err(LockError::Held)));
        drop(lock);
        assert!(workspace.lock().is_ok());
    }
}
