//! What a person can do when the system refuses: a full disk, a folder that may not be written.

use std::error::Error;
use std::io::{self, ErrorKind};

use rusqlite::ErrorCode;

/// What to do about an error, if somewhere in its causes the system said no to something that an
/// administrator can correct.
pub fn advice(error: &(dyn Error + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(text) = error.downcast_ref::<io::Error>().and_then(of_io) {
            return Some(text.to_owned());
        }
        if let Some(text) = error.downcast_ref::<rusqlite::Error>().and_then(of_sqlite) {
            return Some(text.to_owned());
        }
        cause = error.source();
    }
    None
}

const FULL: &str = "free space on the disk of the data folder (quarterday retention tells what may go), then \
                    run the same command again: nothing received is lost, and nothing is sent twice";
const RIGHTS: &str = "give the account that runs quarterday the right to read and write there, then run the \
                      same command again: nothing received is lost, and nothing is sent twice";
const IN_THE_WAY: &str = "a file and a folder stand in each other's place there: move it away, then run the \
                          same command again";

fn of_io(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Some(FULL),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Some(RIGHTS),
        ErrorKind::NotADirectory | ErrorKind::IsADirectory | ErrorKind::AlreadyExists => Some(IN_THE_WAY),
        _ => None,
    }
}

fn of_sqlite(error: &rusqlite::Error) -> Option<&'static str> {
    match error.sqlite_error_code()? {
        ErrorCode::DiskFull => Some(FULL),
        // The operating system's own word does not come through SQLite: a write failed.
        ErrorCode::SystemIoFailure => Some(FULL),
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => Some(RIGHTS),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some(
            "bring ledger.sqlite back from a backup; quarterday backup --verify FOLDER tells whether one is whole",
        ),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            Some("another program has the ledger open; close it, then run the same command again")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;
    use crate::ledger::LedgerError;
    use crate::run::RunError;

    #[test]
    fn the_advice_is_found_below_the_words_around_it() {
        let full = io::Error::from(ErrorKind::StorageFull);
        let error = anyhow::Error::from(full).context("the store cannot be written");
        let error = RunError::Other(error);
        assert_eq!(advice(&error).as_deref(), Some(FULL));
        let error: anyhow::Result<()> = Err(LedgerError::Sqlite(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY),
            None,
        )))
        .context("noting the run");
        assert_eq!(advice(error.unwrap_err().as_ref()).as_deref(), Some(RIGHTS));
        assert_eq!(advice(&io::Error::from(ErrorKind::NotFound)), None);
    }
}
