//! Why a run could not do its work.

use std::io;

use super::receive::Downloaded;
use crate::known::state::StateError;
use crate::ledger::LedgerError;
use crate::workspace::LockError;

/// Why a run could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The data folder is in use, or cannot be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// An essential source is missing.
    #[error("{0}")]
    Missing(String),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A file or folder cannot be used.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

impl From<StateError> for RunError {
    fn from(error: StateError) -> Self {
        match error {
            StateError::Missing(..) => RunError::Missing(error.to_string()),
            StateError::Other(other) => RunError::Other(other),
        }
    }
}

impl From<io::Error> for RunError {
    fn from(error: io::Error) -> Self {
        RunError::Other(error.into())
    }
}

/// The error of a state that cannot be, with the downloads that failed: one of them may be why.
pub(super) fn missing(error: StateError, downloads: &[Downloaded]) -> RunError {
    let failed: Vec<String> = downloads.iter().filter_map(Downloaded::remark).collect();
    match RunError::from(error) {
        RunError::Missing(message) if !failed.is_empty() => {
            RunError::Missing(format!("{message}; {}", failed.join("; ")))
        }
        other => other,
    }
}
