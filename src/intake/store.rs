//! Every file received, kept unchanged under the hash of its content.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::disk::write_whole;

/// A folder of files named by the SHA-256 of their content.
#[derive(Debug, Clone)]
pub struct Store {
    dir: PathBuf,
    /// A folder that is read from and never written to, for dry runs.
    below: Option<PathBuf>,
}

impl Store {
    /// The store in a folder, which is made when first needed.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), below: None }
    }

    /// A store that reads from `below` too and writes only to `dir`.
    pub fn over(dir: impl Into<PathBuf>, below: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), below: Some(below.into()) }
    }

    fn path(dir: &Path, sha256: &str) -> PathBuf {
        let (head, _) = sha256.split_at(sha256.len().min(2));
        dir.join(head).join(sha256)
    }

    /// Keeps the bytes; gives their hash in hexadecimal. The same content twice is kept once.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn put(&self, bytes: &[u8]) -> io::Result<String> {
        let sha256 = crate::sha256(bytes);
        if self.find(&sha256).is_none() {
            write_whole(&Self::path(&self.dir, &sha256), bytes)?;
        }
        Ok(sha256)
    }

    /// Keeps the bytes in the place of what may be there under their hash.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        write_whole(&Self::path(&self.dir, &crate::sha256(bytes)), bytes)
    }

    fn find(&self, sha256: &str) -> Option<PathBuf> {
        let dirs = std::iter::once(&self.dir).chain(&self.below);
        dirs.map(|dir| Self::path(dir, sha256)).find(|path| path.is_file())
    }

    /// Whether there is a file of that hash: retention may have removed it.
    pub fn has(&self, sha256: &str) -> bool {
        self.find(sha256).is_some()
    }

    /// The bytes of that hash.
    ///
    /// # Errors
    /// If there is no such file, or its content is no longer what its name says.
    pub fn get(&self, sha256: &str) -> io::Result<Vec<u8>> {
        let Some(path) = self.find(sha256) else {
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("{sha256} is not in the store")));
        };
        let bytes = fs::read(&path)?;
        if crate::sha256(&bytes) == sha256 {
            return Ok(bytes);
        }
        let message = format!("{} has changed since it was stored", path.display());
        Err(io::Error::new(io::ErrorKind::InvalidData, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_content_is_kept_once_and_comes_back_unchanged() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path().join("store"));
        let one = store.put(b"rows").unwrap();
        assert_eq!(store.put(b"rows").unwrap(), one);
        assert_eq!(store.get(&one).unwrap(), b"rows");
        assert!(store.get("00ff").is_err());
    }

    #[test]
    fn a_changed_file_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        let hash = store.put(b"rows").unwrap();
        fs::write(Store::path(dir.path(), &hash), b"other").unwrap();
        assert_eq!(store.get(&hash).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_dry_store_writes_nothing_below() {
        let dir = tempfile::tempdir().unwrap();
        let below = Store::new(dir.path().join("below"));
        let known = below.put(b"known").unwrap();
        let dry = Store::over(dir.path().join("dry"), dir.path().join("below"));
        let new = dry.put(b"new").unwrap();
        assert_eq!(dry.get(&known).unwrap(), b"known");
        assert!(below.get(&new).is_err());
    }
}
