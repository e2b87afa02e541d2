//! What kind of file some bytes are, by their first few hundred.

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// There are none.
    Nothing,
    /// A file of a kind that is not read, whatever its name says.
    Foreign {
        /// What it is, with its article.
        what: &'static str,
        /// What to do about it.
        help: &'static str,
    },
    /// A zip archive: xlsx, xlsb, ods or something else.
    Archive,
    /// A compound file: xls, a workbook with a password, or something else.
    Compound,
    /// Text, as far as can be seen.
    Text,
}

/// How much of a file is looked at.
const HEAD: usize = 2048;

const SAVE_AS: &str = "open it in Excel, save it as an Excel workbook (.xlsx) and send that";
const THE_TABLE: &str = "send the table itself, as an Excel workbook (.xlsx) or comma-separated text (.csv)";

/// Kinds of file that are told by their first bytes.
const SIGNATURES: [(&[u8], &str); 9] = [
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"7z\xbc\xaf\x27\x1c", "an archive (7-Zip)"),
    (b"Rar!", "an archive (RAR)"),
    (b"SQLite format 3", "a database (SQLite)"),
];

pub(super) fn sniff(bytes: &[u8]) -> Content {
    if bytes.is_empty() {
        return Content::Nothing;
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Content::Archive;
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Content::Compound;
    }
    if let Some((_, what)) = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature)) {
        return Content::Foreign { what, help: THE_TABLE };
    }
    // Without the zeros of UTF-16, byte order marks and leading space.
    let head: Vec<u8> = bytes
        .iter()
        .take(HEAD)
        .filter(|b| **b != 0)
        .skip_while(|b| b.is_ascii_whitespace() || **b >= 0xbb)
        .map(u8::to_ascii_lowercase)
        .collect();
    let head = String::from_utf8_lossy(&head);
    let markup = |what| Content::Foreign { what, help: SAVE_AS };
    if head.starts_with("mime-version:") || head.contains("content-type: multipart/related") {
        return markup("a web archive (MHTML)");
    }
    if !head.starts_with('<') {
        return Content::Text;
    }
    if head.contains("urn:schemas-microsoft-com:office:spreadsheet") || head.contains("mso-application") {
        return markup("an XML spreadsheet of Excel 2003 (SpreadsheetML)");
    }
    if ["<!doctype html", "<html", "<table", "<head", "<body", "<meta", "<style"]
        .iter()
        .any(|tag| head.contains(tag))
    {
        return markup("a web page (HTML)");
    }
    if head.starts_with("<?xml") || head.starts_with("<!doctype") || head.starts_with("<workbook") {
        return markup("an XML document");
    }
    Content::Text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(bytes: &[u8]) -> &'static str {
        match sniff(bytes) {
            Content::Foreign { what, .. } => what,
            Content::Text => "text",
            Content::Archive => "archive",
            Content::Compound => "compound",
            Content::Nothing => "nothing",
        }
    }

    #[test]
    fn the_content_says_what_a_file_is() {
        assert_eq!(what(b""), "nothing");
        assert_eq!(what(b"%PDF-1.7"), "a PDF document");
        assert_eq!(what(b"\xef\xbb\xbf  <html><body><table>"), "a web page (HTML)");
        let utf16: Vec<u8> = "\u{feff}<HTML>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(what(&utf16), "a web page (HTML)");
        let sheet = b"<?xml version=\"1.0\"?>\n<?mso-application progid=\"Excel.Sheet\"?>\n<Workbook>";
        assert_eq!(what(sheet), "an XML spreadsheet of Excel 2003 (SpreadsheetML)");
        assert_eq!(what(b"<?xml version=\"1.0\"?><rows/>"), "an XML document");
        assert_eq!(what(b"Practice code,Comment\nX90001,<table>\n"), "text");
        assert_eq!(what(b"<5,yes\n"), "text");
    }
}
