//! What lies in the inbox: one folder a feed, usually synchronised by SharePoint or Teams.
//!
//! Nothing in it is moved, changed or deleted: in a synchronised folder a move is a deletion for
//! everybody else. Receipts are written beside the files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The ending of a receipt's name.
pub const RECEIPT: &str = ".receipt.txt";

/// A file that lies in the inbox of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Where it lies.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// When it was last changed: of several new files the one changed last counts as the newest.
    pub modified: SystemTime,
    /// Its size in bytes.
    pub size: u64,
}

/// The files of one feed's folder that are ready to be read, in the order in which they were changed,
/// then by name. A folder that is not there holds nothing.
///
/// # Errors
/// If the folder or a file in it cannot be read.
pub fn scan(folder: &Path) -> io::Result<Vec<Dropped>> {
    let listing = match fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in listing {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let meta = fs::metadata(entry.path())?;
        if !meta.is_file() || meta.len() == 0 || passes_over(&name) {
            continue;
        }
        let modified = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        found.push(Dropped { path: entry.path(), name, modified, size: meta.len() });
    }
    found.sort_by(|a, b| (a.modified, &a.name).cmp(&(b.modified, &b.name)));
    Ok(found)
}

/// Lock files, temporary files, hidden files and our own receipts.
fn passes_over(name: &str) -> bool {
    let lower = name.to_lowercase();
    name.starts_with("~$")
        || name.starts_with('.')
        || name.starts_with('~')
        || [RECEIPT, ".tmp", ".temp", ".part", ".partial", ".crdownload", ".download"]
            .iter()
            .any(|ending| lower.ends_with(ending))
        || matches!(lower.as_str(), "desktop.ini" | "thumbs.db")
}

/// Where the receipt of a file is written.
pub fn receipt_path(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    name.push(RECEIPT);
    file.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_files_receipts_and_empty_files_are_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["~$a.xlsx", "a.xlsx.receipt.txt", ".hidden", "b.TMP", "Thumbs.db", "c.xlsx"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        fs::write(dir.path().join("empty.csv"), "").unwrap();
        let names: Vec<String> = scan(dir.path()).unwrap().into_iter().map(|d| d.name).collect();
        assert_eq!(names, ["c.xlsx"]);
        assert_eq!(scan(&dir.path().join("nowhere")).unwrap(), []);
    }

    #[test]
    fn the_receipt_lies_beside_the_file() {
        assert_eq!(receipt_path(Path::new("in/a.b.xlsx")), Path::new("in/a.b.xlsx.receipt.txt"));
    }
}
