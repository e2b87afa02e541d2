//! The pipeline folder in force. A change is taken over once it is whole and has no errors; until then
//! the last good state goes on, from a copy in the data folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, lines};
use crate::disk::write_whole;
use crate::pipeline::{Folder, Pipeline, load};

/// A pipeline in force, and where it comes from.
pub struct InForce {
    dir: PathBuf,
    kept: PathBuf,
    /// The pipeline.
    pub pipeline: Pipeline,
    /// What is wrong with the folder as it is now; empty if it is the one in force.
    pub faults: Vec<String>,
    /// The state of the folder that was last looked at: its hash, or nothing if it cannot be read.
    seen: Option<String>,
}

/// What came of looking at the folder again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Nothing new.
    Same,
    /// It has changed, and is looked at once more before it counts: somebody may be saving.
    Changing,
    /// It was taken over.
    TakenOver,
    /// It has errors; the last good state goes on.
    Broken,
}

impl InForce {
    /// Reads a folder. If it has errors, the copy of the last good state in `kept` is used.
    ///
    /// # Errors
    /// What is wrong with the folder, if there is no copy either.
    pub fn open(dir: &Path, kept: &Path) -> Result<Self, Vec<String>> {
        let (dir, kept) = (dir.to_owned(), kept.to_owned());
        match read(&dir) {
            Ok((folder, pipeline)) => {
                let seen = Some(folder.hash());
                let mut out = Self { dir, kept, pipeline, faults: Vec::new(), seen };
                out.keep(&folder);
                Ok(out)
            }
            Err(faults) => match kept_copy(&kept) {
                Some(pipeline) => {
                    let seen = Folder::read(&dir).ok().map(|f| f.hash());
                    Ok(Self { dir, kept, pipeline, faults, seen })
                }
                None => Err(faults),
            },
        }
    }

    /// Looks at the folder again. A change counts when it is seen a second time, or `at_once`.
    pub fn look(&mut self, at_once: bool) -> Look {
        let now = Folder::read(&self.dir).ok().map(|f| f.hash());
        if now != self.seen && !at_once {
            self.seen = now;
            return Look::Changing;
        }
        let in_force = now.as_deref() == Some(self.pipeline.hash.as_str());
        if (in_force && self.faults.is_empty())
            || (!in_force && !self.faults.is_empty() && now == self.seen && !at_once)
        {
            return Look::Same;
        }
        self.seen = now;
        match read(&self.dir) {
            Ok((folder, pipeline)) => {
                self.pipeline = pipeline;
                self.faults.clear();
                self.keep(&folder);
                Look::TakenOver
            }
            Err(faults) => {
                self.faults = faults;
                Look::Broken
            }
        }
    }

    /// The folder that a run is to read: the original while it is the one in force, else the copy.
    pub fn for_run(&self) -> PathBuf {
        let original = Folder::read(&self.dir).is_ok_and(|f| f.hash() == self.pipeline.hash);
        let copy = self.copy_of(&self.pipeline.hash);
        if original || !copy.is_dir() { self.dir.clone() } else { copy }
    }

    fn copy_of(&self, hash: &str) -> PathBuf {
        self.kept.join(hash)
    }

    /// Keeps a copy of the folder; older copies go. A copy that cannot be kept is missed only when the
    /// folder breaks.
    fn keep(&mut self, folder: &Folder) {
        let copy = self.copy_of(&folder.hash());
        if write_copy(folder, &copy).is_err() {
            return;
        }
        for entry in fs::read_dir(&self.kept).into_iter().flatten().flatten() {
            if entry.path() != copy {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

fn write_copy(folder: &Folder, copy: &Path) -> io::Result<()> {
    folder.iter().try_for_each(|(path, text)| write_whole(&copy.join(path), text.as_bytes()))
}

/// The pipeline of the last good state: a copy whose content is what its name says.
pub fn kept_copy(kept: &Path) -> Option<Pipeline> {
    let entries = fs::read_dir(kept).ok()?.flatten();
    entries.into_iter().find_map(|entry| {
        let (folder, pipeline) = read(&entry.path()).ok()?;
        (entry.file_name().to_string_lossy() == folder.hash()).then_some(pipeline)
    })
}

fn read(dir: &Path) -> Result<(Folder, Pipeline), Vec<String>> {
    let say = |found: &[Diagnostic]| lines(found, false, |_| Vec::new());
    let folder = Folder::read(dir).map_err(|faults| say(&faults))?;
    let loaded = load(&folder);
    match loaded.pipeline {
        Some(pipeline) => Ok((folder, pipeline)),
        None => Err(say(&loaded.diagnostics)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lancashire(to: &Path) {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
        write_copy(&Folder::read(&dir).unwrap(), to).unwrap();
    }

    fn edit(dir: &Path, from: &str, to: &str) {
        let path = dir.join("pipeline.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    #[test]
    fn a_change_counts_when_it_is_whole_and_right() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, kept) = (dir.path().join("pipeline"), dir.path().join("kept"));
        lancashire(&folder);
        let mut in_force = InForce::open(&folder, &kept).unwrap();
        assert_eq!(in_force.look(false), Look::Same);
        edit(&folder, "02:30", "01:30");
        assert_eq!((in_force.look(false), in_force.look(false)), (Look::Changing, Look::TakenOver));
        assert_eq!(in_force.pipeline.jobs[0].timing(), "every day at 01:30");
        assert_eq!(in_force.look(true), Look::Same);

        edit(&folder, "01:30", "half past one");
        assert_eq!((in_force.look(false), in_force.look(false)), (Look::Changing, Look::Broken));
        assert_eq!(in_force.look(false), Look::Same, "said once");
        assert!(in_force.faults[0].contains("half past one"), "{:?}", in_force.faults);
        assert_eq!(in_force.pipeline.jobs[0].timing(), "every day at 01:30", "the good state goes on");
        assert_eq!(in_force.for_run(), kept.join(&in_force.pipeline.hash));
        let again = InForce::open(&folder, &kept).unwrap();
        assert_eq!(again.pipeline.hash, in_force.pipeline.hash, "over a restart too");

        edit(&folder, "half past one", "01:30");
        assert_eq!(in_force.look(true), Look::TakenOver, "asked for, it counts at once");
        assert_eq!((in_force.faults.len(), in_force.for_run()), (0, folder));
    }

    #[test]
    fn a_folder_with_errors_and_no_copy_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(InForce::open(&dir.path().join("nowhere"), &dir.path().join("kept")).is_err());
    }
}
