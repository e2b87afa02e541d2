//! The default transport: messages as `.eml` files in a folder, from which a person or a mail server
//! takes them.

use std::io;
use std::path::PathBuf;

use super::Transport;
use crate::intake::store::write_whole;

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
    fn send(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        write_whole(&self.dir.join(name), bytes)
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
        let folder = Folder::new(dir.path().join("outbox"));
        folder.send("a.eml", b"Subject: x\r\n").unwrap();
        folder.send("a.eml", b"Subject: x\r\n").unwrap();
        let names: Vec<_> = std::fs::read_dir(dir.path().join("outbox")).unwrap().flatten().collect();
        assert_eq!(names.len(), 1);
    }
}
