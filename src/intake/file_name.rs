//! Names of files as they can be printed, kept and written, whatever the sender called them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The ending of a receipt's name.
pub const RECEIPT: &str = ".receipt.txt";
/// The ending of the name of a receipt as a page.
pub const RECEIPT_PAGE: &str = ".receipt.html";
/// The ending of the name of a copy with its bad cells marked.
pub const CHECKED: &str = ".checked.xlsx";

/// The name of a file as it can be printed and kept.
pub fn printable(name: &OsStr) -> String {
    let text = name.to_string_lossy();
    match name.to_str() {
        Some(text) => plain_name(text),
        None => marked(&cleaned(&text), name.as_encoded_bytes()),
    }
}

/// The longest name that is printed and kept, in characters.
const LONGEST: usize = 150;

/// A name without folders, control characters and characters that turn the direction of writing, and of
/// bounded length. A name that had to be changed ends in a mark of its own, so that no two become one.
pub fn plain_name(name: &str) -> String {
    let clean = cleaned(name);
    if clean == name && name.chars().count() <= LONGEST && !name.is_empty() {
        return clean;
    }
    marked(&clean, name.as_bytes())
}

fn cleaned(name: &str) -> String {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '/' | '\\' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    name.chars().map(|c| if odd(c) { '\u{fffd}' } else { c }).collect()
}

fn marked(clean: &str, original: &[u8]) -> String {
    let mark = crate::sha256(original);
    let mark = mark.get(..8).unwrap_or_default();
    let (stem, ending) = match clean.rsplit_once('.') {
        Some((stem, ending)) if ending.chars().count() <= 8 => (stem, format!(".{ending}")),
        _ => (clean, String::new()),
    };
    let stem: String = stem.chars().take(LONGEST - 30).collect();
    format!("{stem}~{mark}{ending}")
}

/// Where the receipt of a file is written: beside it, under its name as it can be printed.
pub fn receipt_path(file: &Path) -> PathBuf {
    beside(file, RECEIPT)
}

/// The path of what lies beside a file under its name, as it can be printed, and an ending of ours.
pub fn beside(file: &Path, ending: &str) -> PathBuf {
    let name = printable(file.file_name().unwrap_or_default());
    // Most systems allow a name of 255 bytes.
    let name = if name.len() + ending.len() > 255 {
        marked(&name.replace(|c: char| !c.is_ascii(), "_"), name.as_bytes())
    } else {
        name
    };
    file.with_file_name(name + ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_are_printable_distinct_and_short() {
        assert_eq!(plain_name("Quality – July (2).xlsx"), "Quality – July (2).xlsx");
        let (one, two) = (plain_name("a\u{1b}[31m.csv"), plain_name("a\u{1b}[32m.csv"));
        assert!(one != two && !one.contains('\u{1b}') && one.ends_with(".csv"), "{one}");
        assert!(!plain_name("../../etc/passwd").contains('/'));
        assert!(!plain_name("invoice\u{202e}fdp.csv").contains('\u{202e}'));
        let long = plain_name(&format!("{}.xlsx", "n".repeat(300)));
        assert!(long.chars().count() <= LONGEST && long.ends_with(".xlsx"), "{long}");
        assert_ne!(long, plain_name(&format!("{}.xlsx", "n".repeat(301))));
        assert!(!plain_name("").is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_text_are_told_apart() {
        use std::os::unix::ffi::OsStrExt;
        let (one, two) =
            (printable(OsStr::from_bytes(b"a\xff.csv")), printable(OsStr::from_bytes(b"a\xfe.csv")));
        assert!(one != two && one.ends_with(".csv"), "{one} {two}");
    }

    #[test]
    fn the_receipt_lies_beside_the_file() {
        assert_eq!(receipt_path(Path::new("in/a.b.xlsx")), Path::new("in/a.b.xlsx.receipt.txt"));
        let long = receipt_path(Path::new(&format!("in/{}.csv", "é".repeat(120))));
        assert!(long.file_name().unwrap().len() <= 255, "{}", long.display());
    }
}
