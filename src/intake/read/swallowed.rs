//! Rows that a stray quote swallowed. A quote that opens where none was meant is closed by the next one, rows
//! later, and all between becomes one cell: nothing is wrong with the text, and rows are gone.
//!
//! An honest cell may have lines too. What tells them apart is what stands on them: the line of a row begins
//! as other rows do, with a code, a date or a reference where these stand.

use std::collections::{BTreeMap, BTreeSet};

use super::split::Place;

/// How the rows of a text look: how many fields they have, and how the figures in each column are written.
pub(super) struct Rows {
    width: usize,
    shapes: BTreeMap<usize, BTreeSet<String>>,
    /// How many columns have figures in most rows.
    usual: usize,
}

impl Rows {
    /// Learns from the first lines of records: what follows on other lines may be a cell.
    pub(super) fn of(records: &[Place], lines: &[&str], separator: char) -> Self {
        let step = records.len() / SAMPLE + 1;
        let sample = || records.iter().step_by(step);
        let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
        for record in sample().filter(|record| record.opens.is_none() && record.width > 1) {
            *widths.entry(record.width).or_default() += 1;
        }
        if widths.is_empty() {
            for count in lines.iter().map(|line| line.split(separator).count()).filter(|count| *count > 1) {
                *widths.entry(count).or_default() += 1;
            }
        }
        let width = widths.into_iter().max_by_key(|(_, times)| *times).map_or(1, |(width, _)| width);
        let mut found: BTreeMap<usize, (usize, BTreeSet<String>)> = BTreeMap::new();
        for line in sample().filter_map(|record| line_of(lines, record.lines.0)) {
            for (column, shape) in line.split(separator).map(shape).enumerate() {
                if let Some(shape) = shape {
                    let (times, shapes) = found.entry(column).or_default();
                    *times += 1;
                    shapes.insert(shape);
                }
            }
        }
        let most = found.values().map(|(times, _)| *times).max().unwrap_or(0);
        let usual = found.values().filter(|(times, _)| times * 2 > most).count();
        let shapes = found.into_iter().map(|(column, (_, shapes))| (column, shapes)).collect();
        Self { width, shapes, usual }
    }

    /// The first line within a record that looks like a row of its own.
    pub(super) fn swallowed(&self, record: &Place, lines: &[&str], separator: char) -> Option<u32> {
        let within = record.lines.0.saturating_add(1)..=record.lines.1;
        within
            .into_iter()
            .find(|number| line_of(lines, *number).is_some_and(|line| self.is_row(line, separator)))
    }

    fn is_row(&self, line: &str, separator: char) -> bool {
        let fields: Vec<&str> = line.split(separator).collect();
        let fits = |column: &usize| {
            let known = self.shapes.get(column);
            fields
                .get(*column)
                .and_then(|field| shape(field))
                .is_some_and(|s| known.is_some_and(|k| k.contains(&s)))
        };
        let fitting = self.shapes.keys().filter(|column| fits(column)).count();
        let begins_alike = self.shapes.keys().next().is_some_and(fits);
        (fields.len() >= self.width && fitting * 2 > self.usual) || (begins_alike && fitting >= 2)
    }
}

/// So many rows are enough to know how the rows of a text look.
const SAMPLE: usize = 2_000;

fn line_of<'l>(lines: &[&'l str], number: u32) -> Option<&'l str> {
    lines.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
}

/// The longest field that is a code, a date, a reference or a number.
const LONGEST: usize = 24;

/// How a field with figures is written: `X90004` as `a9`, `01/06/2026` as `9/9/9`. Words have none.
fn shape(field: &str) -> Option<String> {
    let field = field.trim_matches([' ', '"', '\t']);
    let is_short = field.chars().count() <= LONGEST && field.split_whitespace().count() <= 3;
    if !is_short || !field.chars().any(|c| c.is_ascii_digit()) {
        return None;
    }
    let mut shape = String::new();
    for c in field.chars() {
        let kind = match c {
            c if c.is_numeric() => '9',
            c if c.is_alphabetic() => 'a',
            c => c,
        };
        if !(shape.ends_with(kind) && matches!(kind, '9' | 'a')) {
            shape.push(kind);
        }
    }
    Some(shape)
}

#[cfg(test)]
mod tests {
    use super::super::split::{self, Splitter};
    use super::*;

    fn swallowed(text: &str) -> Option<u32> {
        let mut splitter = Splitter::new(text, ',');
        let mut records = Vec::new();
        while let Some(record) = splitter.next().unwrap() {
            records.push(record.place);
        }
        let lines: Vec<&str> = split::lines(text).collect();
        let rows = Rows::of(&records, &lines, ',');
        records.iter().find_map(|record| rows.swallowed(record, &lines, ','))
    }

    #[test]
    fn rows_within_a_cell_are_seen() {
        let head = "Code,Date,Concern,Severity\n";
        let row = |n: u32, concern: &str| format!("X9000{n},0{n}/06/2026,{concern},Low\n");
        let stray = [head, &row(1, "a"), &row(2, "\"a"), &row(3, "a"), &row(4, "a\""), &row(5, "a")].concat();
        assert_eq!(swallowed(&stray), Some(4));
        // Two rows and nothing else to learn from.
        assert_eq!(swallowed(&[head, &row(2, "\"a"), &row(3, "a\"")].concat()), Some(3));
        // The quote opens in the first column, or rows end early.
        assert_eq!(swallowed("Code,Date,Low\n\"X90001,01/06/2026,Low\nX90002,01/06/2026,\"\n"), Some(3));
        let short = "Code,Date,a,b,c\nX90001,01/06/2026,\"x\nX90002,02/06/2026\nX90003,03/06/2026,y\",,\n";
        assert_eq!(swallowed(short), Some(3));
        assert_eq!(swallowed("Code\n\"X90001\nX90002\"\n"), Some(3));
    }

    #[test]
    fn honest_cells_of_several_lines_are_not() {
        let head = "Code,Date,Concern,Severity,Since,Ref\n";
        let row = |n: u32, text: &str| format!("X9000{n},0{n}/06/2026,\"{text}\",Low,0{n}/07/2026,Q-{n}\n");
        let texts = [
            "Visited.\nAgreed a plan.",
            "Rota gaps,\ntwo doctors, one nurse, since 01/06/2026, and more",
            "one, two, three, four, five, six\nseven, eight, nine, ten, eleven, twelve",
            "- 12 June: called\n- 13 June: called again, no answer, left word, and a letter, by post",
            "\n\nSee X90004, and 01/06/2026\n",
        ];
        for text in texts {
            let all = [head, &row(1, text), &row(2, text), &row(3, "plain")].concat();
            assert_eq!(swallowed(&all), None, "{text}");
        }
        assert_eq!(
            swallowed("Code,\"Date\nraised\",Ref\nX90001,01/06/2026,Q-1\n"),
            None,
            "a header of two lines"
        );
        assert_eq!(swallowed("a,b\nX90001,\"line one, more\nline two, 3\"\n"), None);
    }
}
