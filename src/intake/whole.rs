//! Whether a file is there from its first to its last byte, as far as its ends tell.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// What the first and last bytes of a file say about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// Nothing speaks against it.
    Whole,
    /// A workbook or archive without its end.
    CutOff,
    /// Nothing but zeros: the content has not been brought here.
    Zeros,
}

/// Looks at both ends of a file.
///
/// # Errors
/// If it cannot be read.
pub fn ends(path: &Path) -> io::Result<Ends> {
    let mut file = fs::File::open(path)?;
    let mut head = Vec::new();
    file.by_ref().take(4096).read_to_end(&mut head)?;
    if head.iter().all(|byte| *byte == 0) {
        return Ok(Ends::Zeros);
    }
    if !head.starts_with(ARCHIVE) {
        return Ok(Ends::Whole);
    }
    let size = file.metadata()?.len();
    let from = size.saturating_sub(TAIL as u64);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(TAIL as u64).read_to_end(&mut tail)?;
    Ok(if has_end(&tail, from) { Ends::Whole } else { Ends::CutOff })
}

const ARCHIVE: &[u8] = b"PK\x03\x04";
const END: &[u8] = b"PK\x05\x06";
/// The end record with the longest comment that it can have.
const TAIL: usize = 22 + 65_535;

/// Whether bytes are a whole archive; none if they are no archive. Workbooks (xlsx, xlsb, ods) are archives.
pub fn whole_archive(bytes: &[u8]) -> Option<bool> {
    if !bytes.starts_with(ARCHIVE) {
        return None;
    }
    let from = bytes.len().saturating_sub(TAIL);
    Some(has_end(bytes.get(from..).unwrap_or_default(), from as u64))
}

/// Whether the end record of an archive is there and the directory that it speaks of lies before it.
fn has_end(tail: &[u8], from: u64) -> bool {
    let number = |at: usize| {
        let bytes = tail.get(at..at.checked_add(4)?)?;
        Some(u64::from(u32::from_le_bytes(bytes.try_into().ok()?)))
    };
    let places = (0..tail.len().saturating_sub(END.len() - 1)).rev();
    let mut ends = places.filter(|at| tail.get(*at..at + END.len()) == Some(END));
    ends.any(|at| {
        let (Some(size), Some(start)) = (number(at + 12), number(at + 16)) else { return false };
        let large = start == u64::from(u32::MAX);
        tail.len() >= at + 22 && (large || start + size <= from + at as u64)
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_workbook_is_whole_when_its_end_is_there() {
        let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        writer.start_file("a", zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&[7; 300]).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        assert_eq!(whole_archive(&bytes), Some(true));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.xlsx");
        for cut in 5..bytes.len() {
            assert_eq!(whole_archive(&bytes[..cut]), Some(false), "{cut}");
            fs::write(&path, &bytes[..cut]).unwrap();
            assert_eq!(ends(&path).unwrap(), Ends::CutOff, "{cut}");
        }
        fs::write(&path, &bytes).unwrap();
        assert_eq!(ends(&path).unwrap(), Ends::Whole);
        fs::write(&path, [0; 5000]).unwrap();
        assert_eq!(ends(&path).unwrap(), Ends::Zeros);
        assert_eq!(whole_archive(b"code,name"), None);
    }
}
