//! Small things that all readers of XML parts share.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

/// Reads a part as calamine does: nothing trimmed, `<a/>` as a start and an end.
pub(super) fn reader<R: BufRead>(part: R) -> Reader<R> {
    let mut reader = Reader::from_reader(part);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.check_comments = false;
    config.expand_empty_elements = true;
    config.trim_text(false);
    reader
}

/// The value of an attribute by its name as it is written.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    attribute_that(tag, |key| key == name)
}

/// The value of an attribute by its name without a prefix.
pub(super) fn local_attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    attribute_that(tag, |key| key.rsplit(':').next() == Some(name))
}

fn attribute_that(tag: &BytesStart<'_>, is: impl Fn(&str) -> bool) -> Option<String> {
    let mut attributes = tag.attributes();
    let found = attributes.with_checks(false).flatten().find(|attribute| is(attribute.key.as_ref()))?;
    Some(match found.normalized_value(XmlVersion::Implicit1_0) {
        Ok(value) => value.into_owned(),
        Err(_) => found.value.into_owned(),
    })
}

/// The number that an attribute says.
pub(super) fn number(tag: &BytesStart<'_>, name: &str) -> Option<u32> {
    attribute(tag, name)?.trim().parse().ok()
}

/// Whether an attribute says yes.
pub(super) fn is_true(tag: &BytesStart<'_>, name: &str) -> bool {
    matches!(attribute(tag, name).as_deref(), Some("1" | "true"))
}

/// Calls `see` with every start tag of a small part.
///
/// # Errors
/// If the part is not XML.
pub(in crate::intake::read) fn starts(
    part: impl BufRead,
    mut see: impl FnMut(&str, &BytesStart<'_>),
) -> quick_xml::Result<()> {
    let mut reader = reader(part);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer)? {
            Event::Start(tag) => see(tag.local_name().as_ref(), &tag),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}
