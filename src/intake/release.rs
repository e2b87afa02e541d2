//! Releases: a named person says that a row counts although it was kept aside.
//!
//! A release names a received file and a row in it. It lifts what kept the row aside and mends
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

/// A row that was kept aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its number as Excel counts it.
    pub row: u32,
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

    /// Which of the rows it names; each comes with what it is known by.
    ///
    /// `14`, `row 14`, `D14`, `Sheet1!D14`, `A14:L14` and a reference are understood, and several of them
    /// between commas. A number is a row before it is a reference.
    pub fn picks<'k>(&self, kept: impl Iterator<Item = (u32, &'k str)> + Clone) -> Vec<u32> {
        let mut out = Vec::new();
        for part in self.place.split([',', ';', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
            let by_row = rows_of(part).and_then(|(first, last)| {
                let found: Vec<u32> =
                    kept.clone().map(|(row, _)| row).filter(|row| (first..=last).contains(row)).collect();
                Some(found).filter(|found| !found.is_empty())
            });
            let by_key = || kept.clone().filter(|(_, key)| same(key, part)).map(|(row, _)| row).collect();
            out.extend(by_row.unwrap_or_else(by_key));
        }
        out.sort_unstable();
        out.dedup();
        out
    }
}

fn same(key: &str, word: &str) -> bool {
    !key.is_empty() && crate::pipeline::fold(key) == crate::pipeline::fold(word)
}

/// The rows of a cell, a row or a range.
fn rows_of(place: &str) -> Option<(u32, u32)> {
    let place = place.rsplit_once('!').map_or(place, |(_, cell)| cell).trim();
    let (first, last) = place.split_once(':').unwrap_or((place, place));
    let (first, last) = (row_of(first)?, row_of(last)?);
    (first <= last).then_some((first, last))
}

/// The row of `14`, `row 14`, `$D$14`.
fn row_of(cell: &str) -> Option<u32> {
    let cell = cell.trim().to_lowercase().replace('$', "");
    let cell = cell.strip_prefix("rows").or(cell.strip_prefix("row")).unwrap_or(&cell).trim();
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
        let kept = [(4, "Q-1"), (14, "Q-2"), (15, "Q 3"), (40, "")];
        let picks = |place: &str| release(place).picks(kept.iter().map(|(row, key)| (*row, *key)));
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
    fn it_says_who_and_why() {
        let words = release("14").words();
        assert_eq!(words, "released by Primary care analyst on 21 July 2026: date confirmed by telephone");
    }
}
