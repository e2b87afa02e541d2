//! Which aliases of a layout a file used, and which words of its maps: what nobody writes any more can go,
//! and what nobody ever wrote is probably misspelt.

use std::collections::BTreeSet;

use super::cell::Cell;
use super::read::Book;
use super::rows::items;
use super::sheet::{fit, normal};
use crate::pipeline::{Column, ColumnKind, Declared, Feed, fold};

/// A name or word of a column that matched something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Used {
    /// Where the column is declared.
    pub column: Declared,
    /// The name as [`normal`] gives it, or the word as [`fold`] does.
    pub word: String,
}

/// Columns of the layout that was used, and what of them matched.
#[derive(Debug, Clone, Default)]
pub struct Usage {
    /// The columns that were found in a file.
    pub seen: BTreeSet<Declared>,
    /// The aliases that headers used.
    pub aliases: BTreeSet<Used>,
    /// The words of maps that cells used.
    pub words: BTreeSet<Used>,
}

impl Usage {
    /// Notes what a file uses; a file that fits no layout uses nothing.
    pub fn note(&mut self, book: &Book, feed: &Feed) {
        let Ok((layout, shape)) = fit(book, &feed.layouts) else { return };
        for (column, place) in layout.columns.iter().zip(&shape.places) {
            let Some(place) = *place else { continue };
            let declared = &column.declared;
            self.seen.insert(declared.clone());
            if let Some((_, called)) = shape.headings.known.get(&column.name) {
                self.aliases.insert(Used { column: declared.clone(), word: normal(called) });
            }
            let body = shape.sheet.rows.iter().filter(|(row, _)| *row > shape.header_row);
            let cells = body.filter_map(|(_, cells)| cells.get(place)).filter(|cell| !cell.is_empty());
            if !matches!(column.kind, ColumnKind::Choice(_) | ColumnKind::Choices { .. }) {
                continue;
            }
            for cell in cells {
                self.note_words(cell, column);
            }
        }
    }

    fn note_words(&mut self, cell: &Cell, column: &Column) {
        for item in items(&cell.shown(), &column.kind) {
            self.words.insert(Used { column: column.declared.clone(), word: fold(item) });
        }
    }

    /// The aliases of a column, and the words that it maps itself, that nothing matched; none of a column that
    /// no file had. Words of a vocabulary that several columns share are not the column's own.
    pub fn unmatched(&self, column: &crate::pipeline::Column) -> (Vec<String>, Vec<String>) {
        if !self.seen.contains(&column.declared) {
            return (Vec::new(), Vec::new());
        }
        let used = |set: &BTreeSet<Used>, word: String| {
            set.contains(&Used { column: column.declared.clone(), word })
        };
        let aliases = column.aliases.iter().filter(|a| !used(&self.aliases, normal(a))).cloned().collect();
        let words = column.also.iter().filter(|w| !used(&self.words, fold(w))).cloned().collect();
        (aliases, words)
    }
}
