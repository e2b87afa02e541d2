//! Delimited text, record by record, with the line on which each begins.
//!
//! A field in quotes may hold separators and line ends; a quote within it is written twice. What readers
//! forgive each in its own way is a fault here, because what is forgiven swallows rows: a quote that is never
//! closed, and text that follows a closing quote.

use std::borrow::Cow;

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The line on which it begins and the one on which it ends, counted from 1.
    pub(super) lines: (u32, u32),
    /// The row that it is, as Excel counts it: a record is one row, and so is a blank line.
    pub(super) row: u32,
    /// The line on which its first quote opens that closes on another line.
    pub(super) opens: Option<u32>,
    /// How many fields it has.
    pub(super) width: usize,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record<'t> {
    pub(super) place: Place,
    pub(super) fields: Vec<Cow<'t, str>>,
}

/// Why text cannot be split without losing rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A quote that opens on this line is never closed.
    OpenAtEnd(u32),
    /// A quote that opens on the first line closes on the second, and text follows.
    TextAfterQuote(u32, u32),
}

/// Splits a text into records.
pub(super) struct Splitter<'t> {
    text: &'t str,
    separator: char,
    at: usize,
    line: u32,
    row: u32,
}

/// A field and what ends it.
enum End {
    Separator,
    Line,
}

impl<'t> Splitter<'t> {
    pub(super) fn new(text: &'t str, separator: char) -> Self {
        Self { text, separator, at: 0, line: 1, row: 0 }
    }

    /// The next record that is no blank line.
    ///
    /// # Errors
    /// If a quote is not closed, or text follows where it closes.
    pub(super) fn next(&mut self) -> Result<Option<Record<'t>>, Fault> {
        loop {
            if self.at >= self.text.len() {
                return Ok(None);
            }
            self.row = self.row.saturating_add(1);
            if !self.takes_line_end() {
                return self.record().map(Some);
            }
        }
    }

    fn record(&mut self) -> Result<Record<'t>, Fault> {
        let (first, row) = (self.line, self.row);
        let (mut fields, mut opens, mut last) = (Vec::new(), None, first);
        loop {
            let began = self.line;
            let (field, end) = self.field()?;
            if self.line_of_end(&end) > began && opens.is_none() {
                opens = Some(began);
            }
            last = last.max(self.line_of_end(&end));
            fields.push(field);
            if let End::Line = end {
                let place = Place { lines: (first, last), row, opens, width: fields.len() };
                return Ok(Record { place, fields });
            }
        }
    }

    /// The line on which a field ended: its line end has been taken already.
    fn line_of_end(&self, end: &End) -> u32 {
        match end {
            End::Separator => self.line,
            End::Line => self.line.saturating_sub(1),
        }
    }

    fn field(&mut self) -> Result<(Cow<'t, str>, End), Fault> {
        let spaces = self.rest().bytes().take_while(|byte| *byte == b' ').count();
        if self.rest().as_bytes().get(spaces) == Some(&b'"')
            && let Some(quoted) = self.quoted(spaces)?
        {
            return Ok(quoted);
        }
        let rest = self.rest();
        let length = self.ends_at(rest);
        let field = rest.get(..length).unwrap_or_default();
        self.at += length;
        Ok((Cow::Borrowed(field), self.takes_end()))
    }

    /// Where a field without quotes ends.
    fn ends_at(&self, rest: &str) -> usize {
        let mut first = [0; 4];
        let first = self.separator.encode_utf8(&mut first).as_bytes().first().copied().unwrap_or_default();
        let mut ends = memchr::memchr3_iter(first, b'\n', b'\r', rest.as_bytes());
        let is_end = |at: &usize| {
            rest.as_bytes().get(*at) != Some(&first)
                || rest.get(*at..).is_some_and(|r| r.starts_with(self.separator))
        };
        ends.find(is_end).unwrap_or(rest.len())
    }

    /// A field in quotes; none if the quotes stand around the first words of a field that began with a space.
    fn quoted(&mut self, spaces: usize) -> Result<Option<(Cow<'t, str>, End)>, Fault> {
        let (began, opened) = (self.at, self.line);
        let mut field = Cow::Borrowed("");
        self.at += spaces + 1;
        loop {
            let rest = self.rest();
            let Some(quote) = memchr::memchr(b'"', rest.as_bytes()) else {
                return Err(Fault::OpenAtEnd(opened));
            };
            let piece = rest.get(..quote).unwrap_or_default();
            self.line = self.line.saturating_add(line_ends(piece));
            field += piece;
            self.at += quote + 1;
            if !self.rest().starts_with('"') {
                break;
            }
            field += "\"";
            self.at += 1;
        }
        let after = self.rest();
        let blank = after.bytes().take_while(|byte| matches!(byte, b' ' | 0x1a)).count();
        let next = after.get(blank..).and_then(|after| after.chars().next());
        if next.is_none_or(|next| next == self.separator || matches!(next, '\n' | '\r')) {
            self.at += blank;
            return Ok(Some((field, self.takes_end())));
        }
        if spaces > 0 && self.line == opened && !field.contains(self.separator) {
            self.at = began;
            return Ok(None);
        }
        Err(Fault::TextAfterQuote(opened, self.line))
    }

    /// Takes what ends a field.
    fn takes_end(&mut self) -> End {
        if self.rest().starts_with(self.separator) {
            self.at += self.separator.len_utf8();
            return End::Separator;
        }
        if !self.takes_line_end() {
            // The text ends without a line end.
            self.line = self.line.saturating_add(1);
        }
        End::Line
    }

    fn takes_line_end(&mut self) -> bool {
        let rest = self.rest();
        let length = match rest.as_bytes() {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => return false,
        };
        self.at += length;
        self.line = self.line.saturating_add(1);
        true
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }
}

/// How many lines end in a text. A carriage return and a line feed are one end.
pub(super) fn line_ends(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let ends = memchr::memchr2_iter(b'\r', b'\n', bytes)
        .filter(|at| bytes.get(*at) == Some(&b'\r') || !ends_with_return(bytes, *at))
        .count();
    u32::try_from(ends).unwrap_or(u32::MAX)
}

fn ends_with_return(bytes: &[u8], at: usize) -> bool {
    at.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\r')
}

/// The lines of a text, whatever its quotes say.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text).filter(|text| !text.is_empty());
    std::iter::from_fn(move || {
        let text = rest?;
        let length = memchr::memchr2(b'\r', b'\n', text.as_bytes()).unwrap_or(text.len());
        let (line, after) = text.split_at_checked(length)?;
        let after = after.strip_prefix("\r\n").or_else(|| after.strip_prefix(['\r', '\n'])).unwrap_or(after);
        rest = Some(after).filter(|after| !after.is_empty());
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Result<Vec<(u32, u32, String)>, Fault> {
        let mut splitter = Splitter::new(text, ',');
        let mut out = Vec::new();
        while let Some(record) = splitter.next()? {
            out.push((record.place.row, record.place.lines.0, record.fields.join("|")));
        }
        Ok(out)
    }

    fn only(text: &str) -> String {
        let records = split(text).unwrap();
        assert_eq!(records.len(), 1, "{text}: {records:?}");
        records[0].2.clone()
    }

    #[test]
    fn quotes_hold_separators_lines_and_quotes() {
        assert_eq!(only("a,\"b,c\",\"d \"\"e\"\"\",\"\"\r\n"), "a|b,c|d \"e\"|");
        assert_eq!(only("\"two\r\nlines\",x"), "two\r\nlines|x");
        assert_eq!(only("12\" pipe,5'6\",a \"b\" c"), "12\" pipe|5'6\"|a \"b\" c");
        assert_eq!(only("\"a\" ,\"b\"  \n"), "a|b");
        assert_eq!(only("=\"X90001\",b"), "=\"X90001\"|b");
        assert_eq!(only("a,,\n"), "a||");
    }

    #[test]
    fn a_quote_after_a_separator_and_spaces_is_a_quote() {
        assert_eq!(only("\"a\", \"b, c\",  \"d\""), "a|b, c|d");
        assert_eq!(only("a, \"Bob\" said so,c"), "a| \"Bob\" said so|c", "these stand within a field");
        assert_eq!(split("a, \"b,\" c\n"), Err(Fault::TextAfterQuote(1, 1)));
    }

    #[test]
    fn rows_and_lines_are_counted_apart() {
        let records = split("a\r\n\r\n\"1\n2\r3\",x\r\n\n\nb\rc").unwrap();
        let numbers: Vec<(u32, u32)> = records.iter().map(|(row, line, _)| (*row, *line)).collect();
        assert_eq!(numbers, [(1, 1), (3, 3), (6, 8), (7, 9)]);
        let mut splitter = Splitter::new("a,\"1\n2\",\"3\n4\"\nb\n", ',');
        let first = splitter.next().unwrap().unwrap().place;
        assert_eq!((first.lines, first.opens), ((1, 3), Some(1)));
        let second = splitter.next().unwrap().unwrap().place;
        assert_eq!((second.lines, second.opens, second.row), ((4, 4), None, 2));
    }

    #[test]
    fn what_would_swallow_rows_is_a_fault_at_its_line() {
        assert_eq!(split("a,b\n1,\"2\n3,4\n"), Err(Fault::OpenAtEnd(2)));
        assert_eq!(split("a\n\"b\n\"c\n"), Err(Fault::TextAfterQuote(2, 3)));
        assert_eq!(split("\"Rota\" gaps,b\n"), Err(Fault::TextAfterQuote(1, 1)));
        assert_eq!(split("a,\"he said \\\"no\\\"\"\n"), Err(Fault::TextAfterQuote(1, 1)));
        assert_eq!(split("a,\""), Err(Fault::OpenAtEnd(1)));
    }

    #[test]
    fn lines_are_those_of_the_text() {
        for text in ["", "a", "a\n", "a\r\nb\rc\n\n", "\n\n", "\r\n\ra"] {
            let ended = text.ends_with(['\r', '\n']) || text.is_empty();
            assert_eq!(lines(text).count(), line_ends(text) as usize + usize::from(!ended), "{text:?}");
        }
        assert_eq!(lines("a\r\n\nb").collect::<Vec<_>>(), ["a", "", "b"]);
    }
}
