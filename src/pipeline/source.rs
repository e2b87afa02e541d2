//! The pipeline folder as it lies on disk: its TOML files, their texts and their lines.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::diagnostic::{Code, Diagnostic, Severity};

/// The texts of a pipeline folder, by path relative to it, with `/` between the parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folder {
    files: BTreeMap<String, String>,
    /// Files that look like templates or TOML and are not read.
    others: Vec<String>,
}

/// The folder of templates.
const TEMPLATES: &str = "templates/";

impl Folder {
    /// Reads every `.toml` file in `dir` and the folders below it, and the templates in its folder `templates`.
    ///
    /// # Errors
    /// One diagnostic for each file or folder that cannot be read; at least one.
    pub fn read(dir: &Path) -> Result<Self, Vec<Diagnostic>> {
        let (mut folder, mut faults) = (Self::default(), Vec::new());
        folder.gather(dir, "", &mut faults);
        if faults.is_empty() { Ok(folder) } else { Err(faults) }
    }

    fn gather(&mut self, dir: &Path, prefix: &str, faults: &mut Vec<Diagnostic>) {
        let listing = match std::fs::read_dir(dir) {
            Ok(listing) => listing,
            Err(error) => {
                let name = if prefix.is_empty() { dir.display().to_string() } else { prefix.to_owned() };
                return faults.push(unreadable(&name, &error));
            }
        };
        for entry in listing.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(['.', '~']) {
                continue;
            }
            if path.is_dir() {
                self.gather(&path, &format!("{prefix}{name}/"), faults);
            } else if name.ends_with(".toml") || is_template(prefix, &name) {
                match std::fs::read_to_string(&path) {
                    Ok(text) => self.insert(format!("{prefix}{name}"), text),
                    Err(error) => faults.push(unreadable(&format!("{prefix}{name}"), &error)),
                }
            } else if looks_like_template(prefix, &name) || looks_like_toml(&name) {
                self.others.push(format!("{prefix}{name}"));
            }
        }
    }

    /// Adds a file, or replaces it.
    pub fn insert(&mut self, path: impl Into<String>, text: impl Into<String>) {
        // Windows line ends would move the spans of the parser and change the hash.
        let text: String = text.into().replace("\r\n", "\n");
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        self.files.insert(path.into(), text);
    }

    /// The text of a file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// The templates, by name without their folder.
    pub fn templates(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter_map(|(path, text)| Some((path.strip_prefix(TEMPLATES)?, text)))
    }

    /// Files that look like templates or TOML and are not read, in no order.
    pub(super) fn others(&self) -> impl Iterator<Item = &str> {
        self.others.iter().map(String::as_str)
    }

    /// All files, in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// A SHA-256 over all paths and texts, in hexadecimal.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        for (path, text) in &self.files {
            for part in [path, text] {
                hasher.update((part.len() as u64).to_le_bytes());
                hasher.update(part.as_bytes());
            }
        }
        crate::hex(&hasher.finalize())
    }
}

/// Whether documents or messages can be made from a file of the folder.
fn is_template(prefix: &str, name: &str) -> bool {
    prefix == TEMPLATES && [".html", ".txt"].iter().any(|ending| name.ends_with(ending))
}

/// Whether somebody may believe so.
fn looks_like_template(prefix: &str, name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    prefix.starts_with("templates/") || ["html", "htm", "css", "svg", "tera", "j2"].contains(&ending.as_str())
}

/// Whether somebody may believe that a file is read, whose name a text editor or a system changed.
pub(super) fn looks_like_toml(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".toml") || name.ends_with(".toml.txt")
}

fn unreadable(name: &str, error: &std::io::Error) -> Diagnostic {
    let (what, help) = match error.kind() {
        ErrorKind::InvalidData => ("it is not UTF-8".to_owned(), "save it as UTF-8"),
        _ => (error.to_string(), "check the path and your rights to it"),
    };
    Diagnostic {
        severity: Severity::Error,
        code: Code::Unreadable,
        file: name.to_owned(),
        line: None,
        message: format!("cannot be read: {what}"),
        help: Some(help.to_owned()),
        follows: false,
    }
}

/// The line, counted from 1, of a byte position in a text.
pub(super) fn line_of(text: &str, position: usize) -> u32 {
    let before = text.as_bytes().iter().take(position).filter(|b| **b == b'\n').count();
    u32::try_from(before + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_tells_folders_apart() {
        let mut one = Folder::default();
        one.insert("a.toml", "x = 1\n");
        let mut two = one.clone();
        assert_eq!(one.hash(), two.hash());
        two.insert("a.toml", "x = 2\n");
        assert_ne!(one.hash(), two.hash());
        let mut three = Folder::default();
        three.insert("a.toml", "x = 1\r\n");
        assert_eq!(one.hash(), three.hash(), "line ends do not count");
    }

    #[test]
    fn a_template_counts_and_what_only_looks_like_one_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("templates")).unwrap();
        for name in ["a.toml", "sbar.html", "templates/mail.txt", "notes.md", "a.toml.bak", "~$a.html"] {
            std::fs::write(dir.path().join(name), "x = 1\n").unwrap();
        }
        let folder = Folder::read(dir.path()).unwrap();
        let mut others: Vec<&str> = folder.others().collect();
        others.sort_unstable();
        assert_eq!(others, ["sbar.html"]);
        let mut alone = Folder::default();
        alone.insert("a.toml", "x = 1\n");
        assert_ne!(folder.hash(), alone.hash());
        alone.insert("templates/mail.txt", "x = 1\n");
        assert_eq!(folder.hash(), alone.hash());
    }

    #[test]
    fn a_file_whose_name_or_text_an_editor_changed_is_told() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.toml", "b.toml.txt", "c.TOML"] {
            std::fs::write(dir.path().join(name), "x = 1\n").unwrap();
        }
        let folder = Folder::read(dir.path()).unwrap();
        let mut others: Vec<&str> = folder.others().collect();
        others.sort_unstable();
        assert_eq!(others, ["b.toml.txt", "c.TOML"]);
        std::fs::write(dir.path().join("a.toml"), b"# caf\xe9\n").unwrap();
        let fault = Folder::read(dir.path()).unwrap_err().remove(0).to_string();
        assert!(fault.contains("it is not UTF-8") && fault.contains("save it as UTF-8"), "{fault}");
    }

    #[test]
    fn lines_count_from_one() {
        assert_eq!(line_of("a\nb\nc", 0), 1);
        assert_eq!(line_of("a\nb\nc", 4), 3);
    }
}
