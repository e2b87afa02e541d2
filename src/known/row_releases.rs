//! The sheet of releases: which rows of which received files a named person let count.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::counting::Passed;
use super::state::{Files, NoPractices, settle};
use crate::dates::long;
use crate::diagnostic::Code;
use crate::intake::{Effect, Problem, Receipt, Release, Settled};
use crate::ledger::Arrival;
use crate::triangulate::{Cells, Taken};

/// The table that releases go to.
pub const TABLE: &str = "releases";

/// The releases that the files in force hold.
pub fn given(taken: &[Taken]) -> Vec<Release> {
    let mut out = Vec::new();
    for file in taken.iter().filter(|file| file.table == TABLE) {
        let cells = Cells::new(Some(&file.rows));
        for index in 0..cells.height() {
            let text = |name: &str| cells.text(name, index);
            let (Some(row), Some(receipt), Some(place), Some(on)) =
                (cells.sheet_row(index), text("receipt"), text("cell"), cells.date("released_on", index))
            else {
                continue;
            };
            let (reason, by) = (text("reason").unwrap_or_default(), text("released_by").unwrap_or_default());
            out.push(Release { arrival: file.source.arrival, row, receipt, place, reason, by, on });
        }
    }
    out
}

/// The contents that named persons let count as a whole, each with its feed: of every sheet of releases that
/// was ever received, for what one let count goes on counting when its row is gone.
///
/// # Errors
/// If the store has a sheet otherwise than it was received.
pub fn let_in(
    files: &Files<'_>,
    arrivals: &[Arrival],
    as_of: NaiveDate,
) -> anyhow::Result<BTreeSet<(String, String)>> {
    let today = arrivals.iter().map(|a| a.received).max().map_or(as_of, |last| last.max(as_of));
    let mut out = BTreeSet::new();
    for feed in &files.pipeline().feeds {
        if !feed.layouts.iter().any(|layout| layout.table == TABLE) {
            continue;
        }
        for arrival in arrivals.iter().filter(|a| a.feed == feed.id) {
            let read = files.read_if_kept(arrival)?;
            let settled = read.and_then(|read| settle(arrival, feed, &read, &NoPractices, &[]));
            for release in settled.map(|(_, taken)| given(&[taken])).into_iter().flatten() {
                if release.is_of_whole_file()
                    && release.on <= today
                    && let Some(file) = target(&release, arrivals)
                {
                    out.insert((file.feed.clone(), file.sha256.clone()));
                }
            }
        }
    }
    Ok(out)
}

/// The releases that stand on a date, by the file that each names.
#[derive(Debug, Default)]
pub struct Due(BTreeMap<u32, Vec<Release>>);

impl Due {
    /// Finds the file of each release.
    pub fn of(releases: &[Release], arrivals: &[Arrival], as_of: NaiveDate) -> Self {
        let mut due: BTreeMap<u32, Vec<Release>> = BTreeMap::new();
        for release in releases.iter().filter(|release| release.on <= as_of) {
            if let Some(arrival) = target(release, arrivals) {
                due.entry(arrival.number).or_default().push(release.clone());
            }
        }
        Self(due)
    }

    /// The releases of rows of one file.
    pub fn rows(&self, arrival: &Arrival) -> Vec<Release> {
        let due = self.0.get(&arrival.number).into_iter().flatten();
        due.filter(|release| !release.is_of_whole_file()).cloned().collect()
    }
}

/// The received file that a release names: by its receipt, or by its name; of several files of one name the
/// newest that had been received when the release was made.
fn target<'a>(release: &Release, arrivals: &'a [Arrival]) -> Option<&'a Arrival> {
    let named = release.receipt.trim();
    if let Some(number) = number(named) {
        return arrivals.iter().find(|a| a.number == number);
    }
    let named = named.replace('\\', "/");
    let is_named = |a: &&Arrival| {
        let whole = format!("{}/{}", a.feed, a.file);
        [a.file.as_str(), whole.as_str(), a.sha256.as_str()].iter().any(|n| n.eq_ignore_ascii_case(&named))
    };
    arrivals.iter().filter(is_named).rfind(|a| a.received <= release.on)
}

/// The number of `R0042`.
fn number(receipt: &str) -> Option<u32> {
    let digits = receipt.strip_prefix(['R', 'r'])?;
    digits.chars().all(|c| c.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// Says in the sheet of releases what became of each.
pub fn tell(
    releases: &[Release],
    settled: &mut BTreeMap<u32, Settled>,
    passed: &BTreeMap<u32, Passed>,
    letters: &BTreeMap<u32, BTreeMap<String, String>>,
    arrivals: &[Arrival],
    as_of: NaiveDate,
) {
    for release in releases {
        let (code, message) = match outcome(release, settled, passed, arrivals, as_of) {
            Ok(done) => (Code::ReleasedRow, done),
            Err(why) => (Code::UnusedRelease, format!("this release changes nothing: {why}")),
        };
        let letter = letters.get(&release.arrival).and_then(|letters| letters.get("receipt"));
        let help = match code {
            Code::ReleasedRow => "nothing to do",
            _ => "delete the row, or correct the receipt and the cell",
        };
        if let Some(sheet) = settled.get_mut(&release.arrival) {
            sheet.problems.push(Problem {
                code: code.id().to_owned(),
                effect: Effect::Noted,
                sheet: None,
                cell: letter.map(|letter| format!("{letter}{}", release.row)),
                row: Some(release.row),
                column: None,
                found: Some(release.receipt.clone()),
                message,
                help: help.to_owned(),
            });
        }
    }
}

/// What a release did, or why it did nothing.
fn outcome(
    release: &Release,
    settled: &BTreeMap<u32, Settled>,
    passed: &BTreeMap<u32, Passed>,
    arrivals: &[Arrival],
    as_of: NaiveDate,
) -> Result<String, String> {
    if release.on > as_of {
        return Err(format!("its date, {}, is still to come", long(release.on)));
    }
    let Some(file) = target(release, arrivals) else {
        return Err("no file of that receipt or name had been received when it was made".to_owned());
    };
    let receipt = Receipt::number(file.number);
    if let Some(passed) = passed.get(&file.number) {
        let why = match &passed.settled {
            Some(told) => told.unused.iter().find(|(unused, _)| unused == release).map(|(_, why)| why),
            None => None,
        };
        return Err(why
            .cloned()
            .unwrap_or_else(|| format!("{receipt} ({}) does not count: {}", file.file, passed.why.words())));
    }
    let Some(told) = settled.get(&file.number) else {
        let newer = arrivals.iter().rfind(|a| a.feed == file.feed && settled.contains_key(&a.number));
        return Err(match newer {
            Some(newer) => format!(
                "{receipt} has been replaced by {} ({}) received on {}",
                newer.file,
                Receipt::number(newer.number),
                long(newer.received)
            ),
            None => format!("nothing of {receipt} counts"),
        });
    };
    if release.is_of_whole_file() {
        return Ok(format!("{receipt} ({}) counts", file.file));
    }
    if let Some((_, why)) = told.unused.iter().find(|(unused, _)| unused == release) {
        return Err(why.clone());
    }
    let rows: Vec<String> = told
        .kept
        .iter()
        .filter(|kept| kept.release.as_ref() == Some(release))
        .map(|kept| kept.row.to_string())
        .collect();
    let what = if rows.len() == 1 { "row" } else { "rows" };
    match rows.as_slice() {
        // Two releases of one row: the later one in the sheet is the one that is shown.
        [] => Err("another release of the same row is the one that counts".to_owned()),
        rows => {
            Ok(format!("{what} {} of {receipt} ({}) counts again", crate::wording::list(rows), file.file))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(number: u32, file: &str, received: &str) -> Arrival {
        Arrival {
            number,
            feed: "visits".into(),
            file: file.into(),
            sha256: format!("{number:064}"),
            received: received.parse().unwrap(),
            ..Arrival::default()
        }
    }

    fn release(receipt: &str, on: &str) -> Release {
        Release {
            arrival: 9,
            row: 2,
            receipt: receipt.into(),
            place: "3".into(),
            reason: "seen".into(),
            by: "Analyst".into(),
            on: on.parse().unwrap(),
        }
    }

    #[test]
    fn a_release_names_a_receipt_or_a_file_that_had_been_received() {
        let arrivals = [arrival(1, "v.csv", "2026-07-14"), arrival(2, "v.csv", "2026-08-20")];
        let found = |receipt: &str, on: &str| target(&release(receipt, on), &arrivals).map(|a| a.number);
        assert_eq!(found("R0002", "2026-08-21"), Some(2));
        assert_eq!(found("r1", "2026-08-21"), Some(1));
        assert_eq!(found("visits/V.csv", "2026-07-20"), Some(1), "the second had not come yet");
        assert_eq!(found("v.csv", "2026-08-20"), Some(2));
        assert_eq!(found("v.csv", "2026-07-01"), None);
        assert_eq!(found("concerns/v.csv", "2026-08-20"), None);
        assert_eq!(found("R0099", "2026-08-20"), None);
    }
}
