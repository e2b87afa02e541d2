//! Releases: a named person says that a row counts although it was set aside.
//!
//! A release names a received file and a row in it. It lifts what kept the row aside and corrects
//! nothing: a cell that could not be read stays missing. It holds for that file only, so a sheet that
//! comes again is looked at again.

use chrono::NaiveDate;
use serde::Serialize;

/// A row of the sheet of releases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Release {
    /// The received sheet that holds the release, by its place in the order of arrival.
    #[serde(skip)]
    pub arrival: u32,
    /// Its row there, as Excel counts it.
    #[serde(skip)]
    pub row: u32,
    /// The receipt or the file that it names.
    pub receipt: String,
    /// The cells, rows or references that it names.
    pub place: String,
    /// Why the row counts.
    pub reason: String,
    /// Who says so.
    pub by: String,
    /// When.
    pub on: NaiveDate,
}

/// A row that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What it is known by while its file is settled.
    pub id: u32,
    /// Its number as Excel counts it.
    pub row: u32,
    /// The cell that it was made of, where one made it.
    pub cell: Option<String>,
    /// Its sheet, where several were read together.
    pub sheet: Option<String>,
    /// What the row is known by, where its layout has a key.
    pub key: String,
    /// The release by which it counts all the same.
    pub release: Option<Release>,
}

impl Release {
    /// The release in words, for whoever sees the row.
    pub fn words(&self) -> String {
        format!("released by {} on {}: {}", self.by, crate::dates::long(self.on), self.reason)
    }

    /// Whether it lets a file count as a whole, although its data are older than those before it.
    pub fn is_of_whole_file(&self) -> bool {
        let place = self.place.trim().to_lowercase();
        ["file", "the file", "whole file", "the whole file"].contains(&place.as_str())
    }

    /// Which of the rows it names, each by its [`Kept::id`].
    ///
    /// `14`, `row 14`, `D14`, `Sheet1!D14`, `A14:L14` and a reference are understood, and several of them
    /// between commas. A number is a row before it is a reference. Of the rows that were made of the cells
    /// of one row, one of these cells names its own.
    pub fn picks(&self, kept: &[Kept]) -> Vec<u32> {
        let mut out = Vec::new();
        for part in self.place.split([',', ';', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
            let which = |picks: &dyn Fn(&Kept) -> bool| {
                let found: Vec<u32> = kept.iter().filter(|kept| picks(kept)).map(|kept| kept.id).collect();
                Some(found).filter(|found| !found.is_empty())
            };
            let cell = plain(part);
            let found = which(&|kept| kept.cell.as_ref().is_some_and(|own| own.to_lowercase() == cell))
                .or_else(|| {
                    let (first, last) = rows_of(part)?;
                    which(&|kept| (first..=last).contains(&kept.row))
                })
                .or_else(|| which(&|kept| same(&kept.key, part)));
            let found = found.map(|found| in_its_sheet(part, found, kept));
            out.extend(found.unwrap_or_default());
        }
        out.sort_unstable();
        out.dedup();
        out
    }
}

/// Of rows of several sheets those of the sheet that is named. A number that stands in several sheets names none
/// of them without its sheet.
fn in_its_sheet(part: &str, found: Vec<u32>, kept: &[Kept]) -> Vec<u32> {
    let sheet = |id: &u32| kept.iter().find(|kept| kept.id == *id).and_then(|kept| kept.sheet.as_deref());
    let folded = |name: &str| crate::pipeline::fold(name.trim().trim_matches('\''));
    match part.rsplit_once('!') {
        Some((named, _)) => {
            found.into_iter().filter(|id| sheet(id).is_none_or(|own| folded(own) == folded(named))).collect()
        }
        None if found.windows(2).any(|pair| sheet(&pair[0]) != sheet(&pair[1])) => Vec::new(),
        None => found,
    }
}

fn same(key: &str, word: &str) -> bool {
    !key.is_empty() && crate::pipeline::fold(key) == crate::pipeline::fold(word)
}

/// A cell, row or range without its sheet: `$D$14` is `d14`.
fn plain(place: &str) -> String {
    place.rsplit_once('!').map_or(place, |(_, cell)| cell).trim().to_lowercase().replace('$', "")
}

/// The rows of a cell, a row or a range.
fn rows_of(place: &str) -> Option<(u32, u32)> {
    let place = plain(place);
    let (first, last) = place.split_once(':').unwrap_or((&place, &place));
    let (first, last) = (row_of(first)?, row_of(last)?);
    (first <= last).then_some((first, last))
}

/// The row of `14`, `row 14`, `d14`.
fn row_of(cell: &str) -> Option<u32> {
    let cell = cell.trim();
    let cell = cell.strip_prefix("rows").or(cell.strip_prefix("row")).unwrap_or(cell).trim();
    let digits = cell.trim_start_matches(|c: char| c.is_ascii_lowercase());
    if cell.len() - digits.len() > 3 || digits.is_empty() {
        return None;
    }
    digits.parse().ok().filter(|row| *row > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(place: &str) -> Release {
        Release {
            arrival: 9,
            row: 2,
            receipt: "R0004".into(),
            place: place.into(),
            reason: "date confirmed by telephone".into(),
            by: "Primary care analyst".into(),
            on: NaiveDate::from_ymd_opt(2026, 7, 21).unwrap(),
        }
    }

    #[test]
    fn a_row_is_named_in_any_way_that_people_write_it() {
        let kept = [(4, "Q-1"), (14, "Q-2"), (15, "Q 3"), (40, "")].map(|(row, key)| Kept {
            id: row,
            row,
            cell: None,
            sheet: None,
            key: key.into(),
            release: None,
        });
        let picks = |place: &str| release(place).picks(&kept);
        for place in ["14", "row 14", "D14", "$D$14", "Quality!D14", " A14:L14 ", "q-2"] {
            assert_eq!(picks(place), [14], "{place}");
        }
        assert_eq!(picks("14, Q-1"), [4, 14]);
        assert_eq!(picks("A14:L15"), [14, 15]);
        assert_eq!(picks("q 3"), [15]);
        assert_eq!(picks("13"), [] as [u32; 0]);
        assert_eq!(picks("everything"), [] as [u32; 0]);
        assert_eq!(picks(""), [] as [u32; 0], "a row without a key is not picked by an empty word");
    }

    #[test]
    fn a_row_that_a_cell_made_is_named_by_that_cell() {
        let kept = [(1, "D7"), (2, "E7"), (3, "D8")].map(|(id, cell)| Kept {
            id,
            row: cell[1..].parse().unwrap(),
            cell: Some(cell.into()),
            sheet: None,
            key: String::new(),
            release: None,
        });
        let picks = |place: &str| release(place).picks(&kept);
        assert_eq!(picks("Rates!$E$7"), [2]);
        assert_eq!(picks("7"), [1, 2]);
        assert_eq!(picks("A7"), [1, 2], "the practice's cell stands for all that were made of its row");
        assert_eq!(picks("D7, D8"), [1, 3]);
    }

    #[test]
    fn a_row_of_one_of_several_sheets_is_named_with_its_sheet() {
        let kept = [(1, 3, "April"), (2, 3, "Late May"), (3, 9, "April")].map(|(id, row, sheet)| Kept {
            id,
            row,
            cell: None,
            sheet: Some(sheet.into()),
            key: format!("Q-{id}"),
            release: None,
        });
        let picks = |place: &str| release(place).picks(&kept);
        assert_eq!(picks("3"), [] as [u32; 0], "which of the two?");
        assert_eq!(picks("april!A3"), [1]);
        assert_eq!(picks("'Late May'!3"), [2]);
        assert_eq!(picks("9"), [3]);
        assert_eq!(picks("Q-2"), [2]);
    }

    #[test]
    fn it_says_who_and_why() {
        let words = release("14").words();
        assert_eq!(words, "released by Primary care analyst on 21 July 2026: date confirmed by telephone");
    }
}
