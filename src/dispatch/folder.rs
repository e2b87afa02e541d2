//! The default transport: messages as `.eml` files in a folder, from which a person or a mail server
//! takes them.

use std::path::PathBuf;

use super::{Fate, Offering, Outcome, Parcel, Stage, Transport};
use crate::disk::write_whole;

/// A folder of messages.
#[derive(Debug, Clone)]
pub struct Folder {
    dir: PathBuf,
}

impl Folder {
    /// The folder, which is made when first needed.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }
}

impl Transport for Folder {
    fn name(&self) -> &'static str {
        "folder"
    }

    fn send(&mut self, parcel: Parcel<'_>, offering: &mut Offering<'_>) -> Outcome {
        if !offering() {
            let what = "it could not be noted in the ledger".to_owned();
            return Outcome { stage: Stage::Preparing, fate: Fate::Unavailable, answer: None, what };
        }
        match write_whole(&self.dir.join(parcel.file), parcel.bytes) {
            Ok(()) => Outcome::accepted(Stage::FinalDot, None),
            Err(error) => Outcome {
                stage: Stage::Content,
                fate: Fate::Unavailable,
                answer: None,
                what: format!("the folder {} cannot be written: {error}", self.dir.display()),
            },
        }
    }

    fn repeats_safely(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_handed_over_twice_lies_there_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = Folder::new(dir.path().join("outbox"));
        let parcel = Parcel { file: "a.eml", recipient: "a@b.example", bytes: b"Subject: x\r\n" };
        assert_eq!(folder.send(parcel, &mut || true).fate, Fate::Accepted);
        assert_eq!(folder.send(parcel, &mut || true).fate, Fate::Accepted);
        let names: Vec<_> = std::fs::read_dir(dir.path().join("outbox")).unwrap().flatten().collect();
        assert_eq!(names.len(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_written_blames_no_message() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("outbox");
        std::fs::write(&file, "in the way").unwrap();
        let parcel = Parcel { file: "a.eml", recipient: "a@b.example", bytes: b"" };
        let outcome = Folder::new(&file).send(parcel, &mut || true);
        assert_eq!(outcome.fate, Fate::Unavailable);
        assert!(outcome.what.contains("cannot be written"), "{}", outcome.what);
    }
}
