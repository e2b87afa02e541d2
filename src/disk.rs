//! Files that are there whole or not at all, and who may read them.
//!
//! What the data folder holds is confidential. A umask that shuts everybody else out (its last digit is 7)
//! was set by somebody who thought of that, and is followed: 027 lets the group read, 077 nobody. Any other
//! says nothing about confidential files, and they are private to the user: 0600, folders 0700. Only what is
//! laid beside the teams' own files may be read by whoever may look into that folder.

pub mod advice;
pub mod unwritten;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// What is being written has a name that begins and ends so until it is whole.
const PART: (&str, &str) = (".quarterday-", ".part");

/// Writes a file so that it is there whole or not at all.
///
/// # Errors
/// If the folder cannot be made or the file not written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    make_folder(dir)?;
    place(path, dir, bytes, modes::file())
}

/// The same in a folder of others, such as an inbox: whoever may look into the folder may read the file.
///
/// # Errors
/// If the folder cannot be made or the file not written.
pub fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    make_folder(dir)?;
    place(path, dir, bytes, modes::beside(dir))
}

fn place(path: &Path, dir: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let prefix = format!("{}{}-", PART.0, std::process::id());
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(PART.1);
    // The mode goes to the system with the making of the file, so that the umask holds.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = builder.tempfile_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    crate::crash::point();
    file.persist(path)?;
    crate::crash::point();
    Ok(())
}

/// Makes a folder and those above it that are not there yet.
///
/// # Errors
/// If it cannot be made.
pub fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, modes::folder());
    builder.create(path)
}

/// How to open a file that is made if it is not there yet: a log, a lock, a ledger.
pub fn to_write() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, modes::file());
    options
}

/// Removes what killed processes left half written in a data folder. Whoever calls holds the folder's lock and
/// writes nothing meanwhile. What cannot be removed stays until the next time.
pub fn sweep(data: &Path) {
    let own = ["store", "packs", "runs", "outbox", "held", "downloads", "dry-run"];
    own.iter().for_each(|area| sweep_below(&data.join(area), &|name| is_part(name) || is_old_part(name)));
    // Others write into these too, a scheduler for instance, or teams into the inbox.
    let is_left = |name: &str| is_part(name) && !is_alive(name);
    ["inbox", "operator", "serve"].iter().for_each(|area| sweep_below(&data.join(area), &is_left));
    remove_in(data, &is_left);
}

fn sweep_below(folder: &Path, goes: &dyn Fn(&str) -> bool) {
    for deeper in remove_in(folder, goes) {
        sweep_below(&deeper, goes);
    }
}

/// Removes the files of a folder that may go; gives its folders. Links are not followed.
fn remove_in(folder: &Path, goes: &dyn Fn(&str) -> bool) -> Vec<std::path::PathBuf> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => folders.push(entry.path()),
            Ok(kind) if kind.is_file() && goes(&entry.file_name().to_string_lossy()) => {
                let _ = fs::remove_file(entry.path());
            }
            _ => {}
        }
    }
    folders
}

/// Whether a name is that of a file that is being written.
fn is_part(name: &str) -> bool {
    name.starts_with(PART.0) && name.ends_with(PART.1)
}

/// The same of an older version.
fn is_old_part(name: &str) -> bool {
    name.strip_prefix(".tmp")
        .is_some_and(|rest| rest.len() == 6 && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Whether a name is that of a file that was not written to its end. The next run takes it away.
pub fn is_unfinished(name: &str) -> bool {
    is_part(name)
}

/// Whether the process that writes a file of this name may be at work still. One with the number of this
/// process is an earlier one: this one writes nothing yet.
fn is_alive(name: &str) -> bool {
    let number = name.strip_prefix(PART.0).and_then(|rest| rest.split('-').next());
    let Some(number) = number.and_then(|n| n.parse::<u32>().ok()) else { return false };
    let processes = Path::new("/proc/self").exists();
    number != std::process::id() && (!processes || Path::new("/proc").join(number.to_string()).exists())
}

#[cfg(unix)]
mod modes {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::sync::LazyLock;

    /// With what a file is made; the system takes off what the umask says.
    pub(super) fn file() -> u32 {
        if is_followed(*UMASK) { 0o666 } else { 0o600 }
    }

    pub(super) fn folder() -> u32 {
        if is_followed(*UMASK) { 0o777 } else { 0o700 }
    }

    /// A file in a folder that is not ours alone.
    pub(super) fn beside(folder: &Path) -> u32 {
        let open = fs::metadata(folder).map_or(0, |meta| meta.permissions().mode());
        // Whoever may both list and enter the folder.
        let may = |read: u32, enter: u32| if open & read != 0 && open & enter != 0 { read } else { 0 };
        file() | may(0o040, 0o010) | may(0o004, 0o001)
    }

    /// Whether a umask says something about confidential files.
    fn is_followed(umask: Option<u32>) -> bool {
        umask.is_some_and(|umask| umask & 0o007 == 0o007)
    }

    static UMASK: LazyLock<Option<u32>> = LazyLock::new(|| told().or_else(shown));

    /// Linux tells the umask.
    fn told() -> Option<u32> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("Umask:"))?;
        u32::from_str_radix(line.trim(), 8).ok()
    }

    /// Elsewhere a new file shows it.
    fn shown() -> Option<u32> {
        let file = tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o666)).tempfile().ok()?;
        let mode = file.as_file().metadata().ok()?.permissions().mode();
        // Whoever may not read and write may not search either.
        let off = !mode & 0o666;
        Some(off | (off & 0o222) >> 1 & (off & 0o444) >> 2)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn only_a_umask_that_shuts_others_out_is_followed() {
            for (umask, followed) in [
                (0o000, false),
                (0o002, false),
                (0o022, false),
                (0o026, false),
                (0o027, true),
                (0o007, true),
                (0o077, true),
            ] {
                assert_eq!(is_followed(Some(umask)), followed, "{umask:o}");
            }
            assert!(!is_followed(None));
        }

        #[test]
        fn what_linux_tells_is_what_a_file_shows() {
            if let (Some(told), Some(shown)) = (told(), shown()) {
                assert_eq!(told & 0o666, shown & 0o666);
                assert_eq!(is_followed(Some(told)), is_followed(Some(shown)));
            }
        }
    }
}

#[cfg(not(unix))]
mod modes {
    pub(super) fn file() -> u32 {
        0
    }

    pub(super) fn beside(_: &std::path::Path) -> u32 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_half_written_goes_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let nobody = u32::MAX;
        let mine = std::process::id();
        for folder in ["store/ab", "inbox/visits", "serve"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        let gone = [
            format!("store/ab/.quarterday-{nobody}-x1.part"),
            "store/ab/.tmpAb12Cd".to_owned(),
            format!("inbox/visits/.quarterday-{nobody}-x1.part"),
            format!("serve/.quarterday-{mine}-x1.part"),
            format!(".quarterday-{nobody}-x1.part"),
        ];
        let stays = [
            "store/ab/abc".to_owned(),
            "inbox/visits/.tmpAb12Cd".to_owned(),
            "inbox/visits/.hidden".to_owned(),
            "serve/pulse.json".to_owned(),
        ];
        gone.iter().chain(&stays).for_each(|name| fs::write(at(name), "x").unwrap());
        // The first process of all is always there.
        let alive = Path::new("/proc/1").exists();
        fs::write(at("serve/.quarterday-1-x1.part"), "x").unwrap();
        sweep(dir.path());
        for name in &gone {
            let unknown = !Path::new("/proc/self").exists() && !name.starts_with("store");
            assert!(!at(name).exists() || unknown, "{name}");
        }
        assert!(stays.iter().all(|name| at(name).exists()));
        assert!(at("serve/.quarterday-1-x1.part").exists() || !alive);
    }
}
