//! What a supporter needs to understand a run, without personal data, in one file.
//!
//! Nothing is taken over and then cleaned: each part is put together from the values that are known to be
//! harmless, so that what a later version adds stays out until somebody lets it in.

mod parts;

use std::io::{Cursor, Write as _};

use anyhow::Context as _;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::known::manifest::PROGRAM;
use crate::ledger::RunRecord;
use crate::pipeline::Folder;
use crate::workspace::Workspace;

/// A file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// What it holds, for the README.
    pub about: &'static str,
    /// Its text.
    pub text: String,
}

/// The parts of the bundle of a run, the README first. `folder` is the pipeline folder to be checked, if
/// one is named; otherwise the one that was kept with the run is.
///
/// # Errors
/// If the ledger cannot be read. What else is missing is said in the part that wants it.
pub fn parts(
    workspace: &Workspace,
    record: &RunRecord,
    folder: Option<&Folder>,
) -> anyhow::Result<Vec<Part>> {
    let ledger = workspace.existing_ledger()?.context("there is no ledger")?;
    let gathered = parts::Source { workspace, record, ledger: &ledger };
    let mut parts = vec![
        gathered.versions()?,
        gathered.manifest()?,
        gathered.events()?,
        gathered.levels()?,
        gathered.receipts()?,
        gathered.documents()?,
        gathered.status()?,
        gathered.check(folder)?,
    ];
    parts.insert(0, readme(record, &parts));
    Ok(parts)
}

fn readme(record: &RunRecord, parts: &[Part]) -> Part {
    let mut text = format!("A bundle for support: the run {} of {PROGRAM}\n\nWhat is in it\n", record.id);
    for part in parts {
        text.push_str(&format!("  {:<16}{}\n", part.name, part.about));
    }
    text.push_str(REMOVED);
    Part { name: "README.txt", about: "", text }
}

const REMOVED: &str = "
What was removed
  - every document, message and received file: only their hashes and sizes are here
  - every value of a cell: free text, references, what was found in a faulty cell
  - names of practices, and their codes: \"practice 1\" is the same practice all through this bundle,
    counted in the order of the codes, and another one in the next
  - names, roles and mail addresses of people: recipients, owners, who decided, who approved
  - names of files, workbooks and sheets, which people choose freely: the ending is left
  - the words of errors and warnings, which may quote any of these: their number is left

What stays may still be confidential: how many practices stand at which level, and when. Send it by a way
that your organisation allows for OFFICIAL-SENSITIVE papers.
";

/// The parts as a zip archive; the same parts give the same bytes.
///
/// # Errors
/// If they cannot be packed.
pub fn archive(parts: &[Part]) -> anyhow::Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for part in parts {
        writer.start_file(part.name, options).context("the archive cannot be made")?;
        writer.write_all(part.text.as_bytes()).context("the archive cannot be made")?;
    }
    Ok(writer.finish().context("the archive cannot be made")?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_parts_give_the_same_bytes() {
        let part = |text: &str| Part { name: "a.txt", about: "", text: text.into() };
        assert_eq!(archive(&[part("x")]).unwrap(), archive(&[part("x")]).unwrap());
        assert_ne!(archive(&[part("x")]).unwrap(), archive(&[part("y")]).unwrap());
    }
}
