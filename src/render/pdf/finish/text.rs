//! Text strings, dates and the information dictionary.

use lopdf::{Dictionary, Object, StringFormat};

use super::super::tree::{Date, Meta};

/// Names the program in the file. Without a version, so that an upgrade does not change old packs.
pub(super) const PRODUCER: &str = "quarterday";

/// A text string: plain where it can be, UTF-16 where it must (ISO 32000-1, 7.9.2.2).
pub(super) fn string(text: &str) -> Object {
    if text.bytes().all(|b| (0x20..0x7F).contains(&b)) {
        return Object::String(text.as_bytes().to_vec(), StringFormat::Literal);
    }
    let units = [0xFEFF].into_iter().chain(text.encode_utf16());
    Object::String(units.flat_map(u16::to_be_bytes).collect(), StringFormat::Hexadecimal)
}

/// Midnight at the start of a day, universal time.
pub(super) fn date(date: Date) -> String {
    format!("D:{:04}{:02}{:02}000000Z", date.year, date.month, date.day)
}

/// The same moment as XMP writes it.
pub(super) fn xmp_date(date: Date) -> String {
    format!("{:04}-{:02}-{:02}T00:00:00Z", date.year, date.month, date.day)
}

/// The information dictionary; it must say the same as the metadata stream.
pub(super) fn information(meta: &Meta) -> Dictionary {
    let mut info = Dictionary::new();
    info.set("Title", string(&meta.title));
    let optional = [("Author", &meta.author), ("Subject", &meta.subject), ("Keywords", &meta.keywords)];
    for (key, value) in optional {
        if let Some(value) = value {
            info.set(key, string(value));
        }
    }
    info.set("Creator", string(PRODUCER));
    info.set("Producer", string(PRODUCER));
    if let Some(day) = meta.date {
        let moment = Object::String(date(day).into_bytes(), StringFormat::Literal);
        info.set("CreationDate", moment.clone());
        info.set("ModDate", moment);
    }
    info
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_plain_or_utf_16() {
        assert_eq!(string("Pack (1)"), Object::String(b"Pack (1)".to_vec(), StringFormat::Literal));
        let Object::String(bytes, _) = string("–") else { panic!("a string") };
        assert_eq!(bytes, [0xFE, 0xFF, 0x20, 0x13]);
    }

    #[test]
    fn both_dates_name_the_same_moment() {
        let day = Date { year: 2026, month: 3, day: 9 };
        assert_eq!(
            (date(day).as_str(), xmp_date(day).as_str()),
            ("D:20260309000000Z", "2026-03-09T00:00:00Z")
        );
    }
}
