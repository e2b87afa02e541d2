//! The headings of a document, known before it is laid out: for contents, bookmarks and gates.

use super::super::tree::{Block, GroupRole, Kind, plain_text};

/// A heading.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub level: u8,
    pub id: Option<String>,
    pub text: String,
    /// Whether it belongs in the contents list.
    pub listed: bool,
    /// Nothing but headings stands between it and the next heading of its level or above.
    pub empty: bool,
}

/// All headings in document order.
pub(crate) fn entries(blocks: &[Block]) -> Vec<Entry> {
    let mut found = Found { entries: Vec::new(), open: Vec::new() };
    found.walk(blocks, false);
    found.entries
}

struct Found {
    entries: Vec<Entry>,
    /// Headings whose section is still going on.
    open: Vec<usize>,
}

impl Found {
    fn walk(&mut self, blocks: &[Block], cover: bool) {
        for (i, block) in blocks.iter().enumerate() {
            match &block.kind {
                Kind::Heading { level, text } => {
                    let before_contents = blocks.get(i + 1).is_some_and(|b| b.kind == Kind::Contents);
                    self.open.retain(|open| self.entries[*open].level < *level);
                    self.open.push(self.entries.len());
                    self.entries.push(Entry {
                        level: *level,
                        id: block.id.clone(),
                        text: plain_text(text),
                        listed: *level <= 2 && !cover && !before_contents,
                        empty: true,
                    });
                }
                Kind::Group { role, blocks } => self.walk(blocks, cover || *role == GroupRole::Cover),
                Kind::Paragraph { text, .. } if plain_text(text).is_empty() => {}
                Kind::List { items, .. } if items.is_empty() => {}
                _ => self.open.iter().for_each(|open| self.entries[*open].empty = false),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::super::html::{Source, read};
    use super::*;

    #[test]
    fn empty_sections_and_unlisted_headings_are_found() {
        let html = "<html lang=\"en\"><head><title>T</title></head><body>\
            <section class=\"cover\"><h1>Title</h1><p>x</p></section>\
            <h1>Contents</h1><nav class=\"toc\"/>\
            <h1>A</h1><h2>A1</h2><p> </p><h2>A2</h2><div><p>x</p></div>\
            <h1>B</h1><h2>B1</h2><h3>B11</h3></body></html>";
        let document = read(&Source::new(html), &BTreeMap::new()).expect("valid");
        let told: Vec<_> =
            entries(&document.blocks).into_iter().map(|e| (e.text, e.listed, e.empty)).collect();
        let expected = [
            ("Title", false, false),
            ("Contents", false, false),
            ("A", true, false),
            ("A1", true, true),
            ("A2", true, false),
            ("B", true, true),
            ("B1", true, true),
            ("B11", false, true),
        ];
        assert_eq!(told, expected.map(|(t, l, e)| (t.to_owned(), l, e)));
    }
}
