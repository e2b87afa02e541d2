//! What lies in the inbox: one folder a feed, usually synchronised by SharePoint or Teams.
//!
//! Nothing in it is moved, changed or deleted: in a synchronised folder a move is a deletion for
//! everybody else. Receipts are written beside the files. What is not taken in is told, with the reason;
//! only receipts and checked copies of files that lie there, and files of systems that nobody dropped, are
//! passed over in silence.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;

pub use super::file_name::{CHECKED, RECEIPT, RECEIPT_PAGE, beside, plain_name, printable, receipt_path};

/// A file that lies in the inbox of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Where it lies.
    pub path: PathBuf,
    /// Its name, as it can be printed.
    pub name: String,
    /// When it was last changed: of several new files the one changed last counts as the newest.
    pub modified: SystemTime,
    /// Its size in bytes.
    pub size: u64,
}

/// Something in the inbox that is not taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Aside {
    /// Its name, as it can be printed.
    pub name: String,
    /// Why not.
    pub reason: Reason,
}

/// Why something in the inbox is not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The mark of a workbook that somebody has open.
    Lock,
    /// A file on its way, under the name of one.
    Temporary,
    /// The copy that an editor or a spreadsheet program keeps of what was there before.
    Backup,
    /// Nothing is in it yet.
    Empty,
    /// It was changed a moment ago, or while we looked.
    Growing,
    /// Its content is elsewhere and has not been brought here.
    Placeholder,
    /// One of two versions that two people made at once.
    ConflictCopy,
    /// A link to something else.
    Link,
    /// A folder.
    Folder,
    /// A device or another thing that is no file.
    NotAFile,
    /// It is larger than the pipeline allows.
    TooLarge,
    /// It has the name of a receipt or a checked copy, and the file it would belong to is not there.
    LikeOurs,
    /// Its name begins with a full stop, so that most programs do not show it.
    Hidden,
    /// It cannot be read.
    Unreadable,
}

impl Reason {
    /// What is the matter and what happens next, as the end of a sentence that begins with the name.
    pub fn words(self) -> &'static str {
        match self {
            Reason::Lock => "shows that somebody has the workbook open; what was saved last is read",
            Reason::Temporary => "is a temporary file; it is taken in when it has its final name",
            Reason::Backup => {
                "is the copy that an editor keeps of an earlier version; it is not read: rename it if it is a sheet of yours"
            }
            Reason::Empty => "is empty; it is taken in when something is in it",
            Reason::Growing => "is still being written; it is taken in by a later run",
            Reason::Placeholder => {
                "is a placeholder, its content is not on this computer; mark it \"always keep on this device\""
            }
            Reason::ConflictCopy => {
                "is a conflict copy: two people changed the sheet at once; put both together, or rename this one if it is right"
            }
            Reason::Link => "is a link or a shortcut, and links are not followed; drop the file itself",
            Reason::Folder => "is a folder; files are read only directly in the folder of their feed",
            Reason::NotAFile => "is not a file; it is left alone",
            Reason::LikeOurs => {
                "has the name of a receipt or a checked copy, and there is no such file beside it; it is not read: rename it if it is a sheet of yours, or delete it"
            }
            Reason::Hidden => {
                "is hidden, because its name begins with a full stop; it is not read: rename it if it is a sheet of yours"
            }
            Reason::TooLarge => "is larger than largest_mb of [inbox] allows; it is not read",
            Reason::Unreadable => "cannot be read; check the rights to it, or whether it has been moved",
        }
    }
}

/// What lies in the folder of a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Files, in the order in which they were changed, then by name.
    pub files: Vec<Dropped>,
    /// What is not taken in, by name.
    pub aside: Vec<Aside>,
}

/// Looks into one feed's folder. A folder that is not there holds nothing.
///
/// # Errors
/// If the folder cannot be read.
pub fn scan(folder: &Path) -> io::Result<Listing> {
    let listing = match fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Listing::default()),
        Err(error) => return Err(error),
    };
    let mut out = Listing::default();
    let mut names: Vec<OsString> = Vec::new();
    for entry in listing {
        names.push(entry?.file_name());
    }
    let ours = answers(folder, &names);
    for name in names {
        let text = name.to_string_lossy();
        if ours.contains(&name) || is_of_a_system(&text) || crate::disk::is_unfinished(&text) {
            continue;
        }
        let (hidden, like_ours) = (is_hidden(&text), is_like_ours(&text));
        let reason = match look(&folder.join(&name)) {
            // The mark of an open workbook is hidden too, and says more.
            Err(Reason::Lock) => Reason::Lock,
            _ if hidden => Reason::Hidden,
            Ok(_) | Err(Reason::Empty) if like_ours => Reason::LikeOurs,
            Ok(dropped) => {
                out.files.push(dropped);
                continue;
            }
            Err(reason) => reason,
        };
        out.aside.push(Aside { name: printable(&name), reason });
    }
    out.files.sort_by(|a, b| (a.modified, &a.name).cmp(&(b.modified, &b.name)));
    out.aside.sort_by(|a, b| (&a.name, a.reason).cmp(&(&b.name, b.reason)));
    Ok(out)
}

/// A file as it lies there now, or why it is none that is taken in.
///
/// # Errors
/// The reason.
pub fn look(path: &Path) -> Result<Dropped, Reason> {
    let meta = fs::symlink_metadata(path).map_err(|_| Reason::Unreadable)?;
    let name = path.file_name().unwrap_or_default();
    let text = name.to_string_lossy();
    if meta.is_symlink() {
        return Err(Reason::Link);
    }
    if meta.is_dir() {
        return Err(Reason::Folder);
    }
    if !meta.is_file() {
        return Err(Reason::NotAFile);
    }
    if let Some(reason) = by_name(&text) {
        return Err(reason);
    }
    if meta.len() == 0 {
        return Err(Reason::Empty);
    }
    if is_offline(&meta) {
        return Err(Reason::Placeholder);
    }
    let modified = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    Ok(Dropped { path: path.to_owned(), name: printable(name), modified, size: meta.len() })
}

/// The names of receipts and checked copies that belong to the other names.
fn answers(folder: &Path, names: &[OsString]) -> BTreeSet<OsString> {
    let files = names.iter().filter(|name| !is_like_ours(&name.to_string_lossy()));
    let beside = |name: &OsString| {
        let file = folder.join(name);
        [RECEIPT, RECEIPT_PAGE, CHECKED].map(|ending| beside(&file, ending).file_name().map(OsStr::to_owned))
    };
    files.flat_map(beside).flatten().collect()
}

/// Whether a name is that of a receipt or of a checked copy.
fn is_like_ours(name: &str) -> bool {
    let lower = name.to_lowercase();
    let head = lower.rsplit_once('.').map_or("", |(head, _)| head);
    head.ends_with(".receipt") || head.ends_with(".checked")
}

/// Whether most programs do not show a file of that name.
fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
}

/// Files that systems lay into folders, which nobody dropped.
pub fn is_of_a_system(name: &str) -> bool {
    matches!(
        name.to_lowercase().as_str(),
        "desktop.ini" | "thumbs.db" | "icon\r" | ".ds_store" | ".localized"
    )
}

/// What the name alone says.
fn by_name(name: &str) -> Option<Reason> {
    let lower = name.to_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| lower.ends_with(ending));
    let holds = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    if name.starts_with("~$") || name.starts_with(".~lock.") {
        Some(Reason::Lock)
    } else if name.starts_with('~')
        || ends(&[".tmp", ".temp", ".part", ".partial", ".crdownload", ".download", ".filepart", ".!ut"])
    {
        Some(Reason::Temporary)
    } else if ends(&["~", ".bak", ".orig", ".old", ".swp", ".xlk", ".wbk"])
        || (name.starts_with('#') && name.ends_with('#'))
    {
        Some(Reason::Backup)
    } else if holds(&["conflict copy", "conflicted copy", "(conflict)", "sync-conflict", "-conflict-"]) {
        Some(Reason::ConflictCopy)
    } else if ends(&[".lnk", ".url", ".website", ".webloc"]) {
        Some(Reason::Link)
    } else if ends(&[".cloud", ".cloudf", ".odlocal", ".gsheet"]) {
        Some(Reason::Placeholder)
    } else {
        None
    }
}

/// Whether OneDrive keeps the content elsewhere (files on demand).
#[cfg(windows)]
fn is_offline(meta: &Metadata) -> bool {
    use std::os::windows::fs::MetadataExt;
    const OFFLINE: u32 = 0x1000;
    const RECALL_ON_OPEN: u32 = 0x0004_0000;
    const RECALL_ON_DATA_ACCESS: u32 = 0x0040_0000;
    meta.file_attributes() & (OFFLINE | RECALL_ON_OPEN | RECALL_ON_DATA_ACCESS) != 0
}

/// Other systems have no such mark; a file without content is known by its zeros.
#[cfg(not(windows))]
fn is_offline(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asides(dir: &Path) -> Vec<(String, Reason)> {
        scan(dir).unwrap().aside.into_iter().map(|a| (a.name, a.reason)).collect()
    }

    #[test]
    fn what_is_not_taken_in_is_told_and_receipts_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let names = [
            "~$a.xlsx",
            "a.xlsx.receipt.txt",
            "c.xlsx.receipt.txt",
            "c.xlsx.receipt.html",
            "c.xlsx.checked.xlsx",
            "July.receipt.csv",
            "Return.checked.xlsx",
            ".hidden real return.csv",
            ".quarterday-1-Ab12Cd.part",
            "b.TMP",
            "Thumbs.db",
            ".DS_Store",
            "c.xlsx",
            ".~lock.a.ods#",
            "c.xlsx~",
            "c.xlsx.bak",
            "#c.csv#",
            "Sheet (Ann's conflicted copy 2026-07-14).xlsx",
            "sheet.url",
        ];
        for name in names {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        fs::write(dir.path().join("empty.csv"), "").unwrap();
        fs::create_dir(dir.path().join("old")).unwrap();
        let listing = scan(dir.path()).unwrap();
        let names: Vec<&str> = listing.files.iter().map(|d| d.name.as_str()).collect();
        assert_eq!(names, ["c.xlsx"]);
        let wanted = [
            ("#c.csv#", Reason::Backup),
            (".hidden real return.csv", Reason::Hidden),
            (".~lock.a.ods#", Reason::Lock),
            ("July.receipt.csv", Reason::LikeOurs),
            ("Return.checked.xlsx", Reason::LikeOurs),
            ("Sheet (Ann's conflicted copy 2026-07-14).xlsx", Reason::ConflictCopy),
            ("a.xlsx.receipt.txt", Reason::LikeOurs),
            ("b.TMP", Reason::Temporary),
            ("c.xlsx.bak", Reason::Backup),
            ("c.xlsx~", Reason::Backup),
            ("empty.csv", Reason::Empty),
            ("old", Reason::Folder),
            ("sheet.url", Reason::Link),
            ("~$a.xlsx", Reason::Lock),
        ];
        assert_eq!(asides(dir.path()), wanted.map(|(name, reason)| (name.to_owned(), reason)));
        assert_eq!(scan(&dir.path().join("nowhere")).unwrap(), Listing::default());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_and_pipes_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        let outside = dir.path().join("secret.csv");
        fs::write(&outside, "secret").unwrap();
        let inbox = dir.path().join("inbox");
        fs::create_dir(&inbox).unwrap();
        std::os::unix::fs::symlink(&outside, inbox.join("link.csv")).unwrap();
        std::os::unix::fs::symlink("nowhere", inbox.join("broken.csv")).unwrap();
        assert_eq!(scan(&inbox).unwrap().files, []);
        let wanted = ["broken.csv", "link.csv"].map(|name| (name.to_owned(), Reason::Link));
        assert_eq!(asides(&inbox), wanted);
    }
}
