//! Places beside the store and the ledger that could not be written: a receipt in a folder without rights, a
//! checked copy that is open elsewhere, a folder where a file should be. Each is told, and nothing waits for
//! it: what matters is in the store and the ledger, and the next run that can writes it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::disk::{write_beside, write_whole};

/// What could not be written.
#[derive(Debug, Default)]
pub struct Unwritten {
    /// By folder and reason: the first file, and how many more.
    places: RefCell<BTreeMap<(String, String), (String, usize)>>,
}

impl Unwritten {
    /// Writes a file of our own, unless it is there already with these bytes. Gives whether it is there now.
    pub fn write(&self, path: &Path, bytes: &[u8]) -> bool {
        let folder = path.parent().unwrap_or(Path::new("")).display().to_string();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.hear(&folder, &name, unless_there(path, bytes, write_whole))
    }

    /// The same beside a file that somebody dropped. `folder` and `name` are what may be told of the place: the
    /// name of a dropped file may hold what identifies a person.
    pub fn write_beside(&self, path: &Path, bytes: &[u8], (folder, name): (&str, &str)) -> bool {
        self.hear(folder, name, unless_there(path, bytes, write_beside))
    }

    /// Hears what came of writing a file. Gives whether it was written.
    pub fn hear(&self, folder: &str, name: &str, done: io::Result<()>) -> bool {
        let Err(error) = done else { return true };
        let mut places = self.places.borrow_mut();
        let place = places.entry((folder.to_owned(), error.to_string()));
        place.and_modify(|(_, more)| *more += 1).or_insert_with(|| (name.to_owned(), 0));
        false
    }

    /// What could not be written, one sentence a folder and reason.
    pub fn told(&self) -> Vec<String> {
        let places = self.places.borrow();
        let told = places.iter().map(|((folder, why), (name, more))| {
            let more = match more {
                0 => String::new(),
                more => format!(" and {} there", crate::wording::plural(*more, "more file", "more files")),
            };
            let slash = if folder.is_empty() { "" } else { "/" };
            format!("{folder}{slash}{name}{more} cannot be written: {why}; everything else goes on, and the next run tries again")
        });
        told.collect()
    }
}

fn unless_there(path: &Path, bytes: &[u8], write: impl Fn(&Path, &[u8]) -> io::Result<()>) -> io::Result<()> {
    match std::fs::read(path) {
        Ok(there) if there == bytes => Ok(()),
        _ => write(path, bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_folder_is_told_once_with_how_many_files() {
        let dir = tempfile::tempdir().unwrap();
        let unwritten = Unwritten::default();
        let file = dir.path().join("a.txt");
        assert!(unwritten.write(&file, b"x") && unwritten.write(&file, b"x"));
        assert_eq!(unwritten.told(), [] as [String; 0]);
        // A file where a folder should be.
        for name in ["1.pdf", "2.pdf", "3.pdf"] {
            assert!(!unwritten.write(&file.join(name), b"x"));
        }
        std::fs::create_dir(dir.path().join("in-the-way")).unwrap();
        let place = ("inbox/visits", "withheld.receipt.txt");
        assert!(!unwritten.write_beside(&dir.path().join("in-the-way"), b"x", place));
        let told = unwritten.told();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(
            told.iter().any(|line| line.contains("a.txt/1.pdf and 2 more files there cannot be written"))
        );
        assert!(
            told.iter().any(|line| line.starts_with("inbox/visits/withheld.receipt.txt cannot be written"))
        );
    }
}
