//! The HTML as text: entities, document type, and places an editor understands.

use super::super::error::{Place, RenderError};

/// Entities a template may use besides the five of XML and numeric ones. Each is at least as long
/// as its number written `&#n;`.
const ENTITIES: [(&str, u32); 14] = [
    ("nbsp", 0xA0),
    ("ndash", 0x2013),
    ("mdash", 0x2014),
    ("hellip", 0x2026),
    ("pound", 0xA3),
    ("middot", 0xB7),
    ("lsquo", 0x2018),
    ("rsquo", 0x2019),
    ("ldquo", 0x201C),
    ("rdquo", 0x201D),
    ("times", 0xD7),
    ("copy", 0xA9),
    ("eacute", 0xE9),
    ("thinsp", 0x2009),
];

/// The text that is parsed. It has the same bytes in the same places as the HTML it came from,
/// save for entities and document type, which are replaced by something as long.
pub(crate) struct Source {
    text: String,
}

impl Source {
    pub fn new(html: &str) -> Self {
        Self { text: expand(&blank_doctype(html)) }
    }

    #[cfg(test)]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset.
    pub fn place(&self, at: usize) -> Place {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        Place { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }

    /// The document tree, or why the text is not XML.
    pub fn parse(&self) -> Result<roxmltree::Document<'_>, RenderError> {
        let options = roxmltree::ParsingOptions { nodes_limit: 4_000_000, ..Default::default() };
        roxmltree::Document::parse_with_options(&self.text, options).map_err(|error| {
            let pos = error.pos();
            let reason = match &error {
                roxmltree::Error::UnknownEntityReference(name, _) => format!(
                    "unknown entity &{name};, known are amp, lt, gt, quot, apos, {} and numeric ones",
                    ENTITIES.map(|(name, _)| name).join(", ")
                ),
                roxmltree::Error::DtdDetected => "a document type other than <!DOCTYPE html>".into(),
                other => other.to_string(),
            };
            let place = Place { line: pos.row as usize, column: pos.col as usize };
            RenderError::NotWellFormed { place, reason }
        })
    }
}

/// `<!DOCTYPE html>` is what a web page starts with; to XML it is a promise of a DTD.
fn blank_doctype(html: &str) -> String {
    const DOCTYPE: &str = "<!doctype html>";
    let start = html.len() - html.trim_start_matches('\u{feff}').trim_start().len();
    match html.get(start..start + DOCTYPE.len()) {
        Some(found) if found.eq_ignore_ascii_case(DOCTYPE) => {
            [&html[..start], &" ".repeat(DOCTYPE.len()), &html[start + DOCTYPE.len()..]].concat()
        }
        _ => html.to_owned(),
    }
}

/// Replaces named entities by numeric ones of the same length, so that every place stays right.
fn expand(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(i) = rest.find(['&', '<']) {
        out.push_str(&rest[..i]);
        rest = &rest[i..];
        let taken = match entity(rest) {
            Some(number) => {
                out.push_str(&number);
                number.len()
            }
            None => {
                let length = verbatim(rest).unwrap_or(1);
                out.push_str(&rest[..length]);
                length
            }
        };
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

/// Length of a comment or CDATA section at the start of `rest`: an entity there is just text.
fn verbatim(rest: &str) -> Option<usize> {
    let (open, close) =
        [("<!--", "-->"), ("<![CDATA[", "]]>")].into_iter().find(|(open, _)| rest.starts_with(open))?;
    let inside = &rest[open.len()..];
    Some(inside.find(close).map_or(rest.len(), |i| open.len() + i + close.len()))
}

/// The numeric form of the named entity at the start of `rest`, as long as the name.
fn entity(rest: &str) -> Option<String> {
    let after = rest.strip_prefix('&')?;
    let (name, code) =
        ENTITIES.iter().find(|(name, _)| after.strip_prefix(name).is_some_and(|end| end.starts_with(';')))?;
    Some(format!("&#{code:0width$};", width = name.len() - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_keep_every_place() {
        let html = "<p>a&nbsp;b&ndash;c&pound;1&hellip;&rdquo;&middot;</p>";
        let source = Source::new(html);
        assert_eq!(source.text().len(), html.len());
        let doc = source.parse().expect("well-formed");
        assert_eq!(doc.root_element().text(), Some("a\u{a0}b–c£1…”·"));
    }

    #[test]
    fn every_entity_has_room_for_its_number() {
        for (name, code) in ENTITIES {
            let text = format!("&{name};");
            let number = entity(&text).expect("known");
            assert_eq!(number.len(), text.len(), "{name}");
            assert!(number.ends_with(&format!("{code};")));
        }
    }

    #[test]
    fn an_unknown_entity_names_the_known_ones_and_its_line() {
        let error = Source::new("<p>\n&bogus;</p>").parse().expect_err("unknown");
        let text = error.to_string();
        assert!(text.starts_with("line 2,") && text.contains("&bogus;") && text.contains("nbsp"), "{text}");
    }

    #[test]
    fn a_html_document_type_is_ignored_and_any_other_refused() {
        assert!(Source::new("<!DOCTYPE html>\n<p/>").parse().is_ok());
        assert!(Source::new("<!DOCTYPE p [<!ENTITY a 'b'>]><p>&a;</p>").parse().is_err());
    }

    #[test]
    fn places_count_characters() {
        let source = Source::new("<p>\n€€<b/></p>");
        let at = source.text().find("<b").expect("there");
        assert_eq!(source.place(at), Place { line: 2, column: 3 });
        assert_eq!(source.place(9999).line, 2);
    }

    #[test]
    fn comments_and_cdata_are_left_alone() {
        let text = "<p><!-- &nbsp; --><![CDATA[&nbsp;]]></p>";
        assert_eq!(expand(text), text);
    }
}
