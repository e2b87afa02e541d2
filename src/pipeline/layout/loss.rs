//! `[layout.loss]`: what a file may not take away in silence.

use crate::condition::{Columns, Condition};
use crate::diagnostic::Code;
use crate::pipeline::checked::{known_names, read_choice, row_truth};
use crate::pipeline::reader::Table;

/// From how much on a file is held until a named person lets it count.
#[derive(Debug, Clone)]
pub struct Loss {
    /// What is counted.
    pub of: LossOf,
    /// The largest share that may be gone, in per cent.
    pub share: f64,
    /// The fewest that must be gone for a file to be held.
    pub least: usize,
    /// Which rows are counted, where rows are; all if left out.
    pub open: Option<Condition>,
    /// The columns by which a row is known in two files.
    pub known_by: Vec<String>,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossOf {
    /// The practices in scope.
    Practices,
    /// The practices in scope that are in a network.
    Networks,
    /// The closed practices that have a successor.
    Successors,
    /// The rows of a sheet.
    Rows,
    /// Whether a sheet has any row at all.
    Sheet,
    /// The practices in scope that a fetched file covers, where every file of the feed counts.
    Coverage,
    /// Nothing: no file is held.
    Nothing,
}

const KINDS: [(&str, LossOf); 7] = [
    ("practices", LossOf::Practices),
    ("networks", LossOf::Networks),
    ("successors", LossOf::Successors),
    ("rows", LossOf::Rows),
    ("sheet", LossOf::Sheet),
    ("coverage", LossOf::Coverage),
    ("nothing", LossOf::Nothing),
];

/// The fewest that must be gone, where the folder does not say it.
const LEAST: usize = 3;

impl Loss {
    /// What holds where a layout says nothing. The register's own tables and the sheet of releases are known
    /// by what they are for.
    fn usual(table: &str, national: bool) -> Self {
        let of = match table {
            "register" | "registered-patients" => LossOf::Practices,
            "pcn-members" => LossOf::Networks,
            "successors" => LossOf::Successors,
            "releases" => LossOf::Nothing,
            _ if national => LossOf::Coverage,
            _ => LossOf::Rows,
        };
        Self { of, share: Self::usual_share(of), least: LEAST, open: None, known_by: Vec::new() }
    }

    fn usual_share(of: LossOf) -> f64 {
        match of {
            LossOf::Rows => 50.0,
            LossOf::Successors => 0.0,
            _ => 5.0,
        }
    }

    /// Reads `[layout.loss]`. `key` are the columns that identify a row of the layout, `dated` its columns
    /// of dates that must be filled.
    pub(super) fn read(
        found: Option<Table<'_>>,
        (table, national): (&str, bool),
        known: &Columns,
        key: &[String],
        dated: &[String],
    ) -> Self {
        let mut out = Self::usual(table, national);
        if let Some(mut found) = found {
            let report = found.report().clone();
            if let Some(of) = read_choice(&mut found, "of", &KINDS) {
                out.of = of;
                out.share = Self::usual_share(of);
            }
            if let Some(share) = found.number_or_none("share") {
                if (0.0..=100.0).contains(&share.value) {
                    out.share = share.value;
                } else {
                    let message = format!("`share` is {}; it takes per cent, from 0 to 100", share.value);
                    report.error(&share.at, Code::BadValue, message, None);
                }
            }
            if let Some(least) = found.count_or_none("least") {
                out.least = usize::try_from(least.value).unwrap_or(usize::MAX).max(1);
            }
            out.open = found.text_or_none("open").and_then(|text| row_truth(&report, &text, known));
            let names = found.texts("known_by");
            out.known_by = known_names(&report, names, known);
        }
        if out.known_by.is_empty() {
            out.known_by = match key {
                [] => {
                    let practice = known.get("practice").map(|_| "practice".to_owned());
                    practice.into_iter().chain(dated.first().cloned()).collect()
                }
                key => key.to_vec(),
            };
        }
        out
    }

    /// Whether so many are gone of so many that a file is held.
    pub fn is_exceeded(&self, gone: usize, of: usize) -> bool {
        gone >= self.least && gone as f64 * 100.0 > self.share * of as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_more_than_the_share_and_at_least_so_many() {
        let practices = Loss::usual("register", false);
        assert!(!practices.is_exceeded(10, 200), "exactly 5 %");
        assert!(practices.is_exceeded(11, 200));
        assert!(!practices.is_exceeded(2, 3), "fewer than three");
        assert!(practices.is_exceeded(3, 3));
        assert!(practices.is_exceeded(3, 59));
        assert!(!practices.is_exceeded(3, 60), "exactly three, and exactly 5 %");
        let rows = Loss::usual("concerns", false);
        assert!(!rows.is_exceeded(3, 6), "exactly half");
        assert!(rows.is_exceeded(4, 7));
        assert!(!rows.is_exceeded(2, 2));
        assert!(rows.is_exceeded(3, 5));
    }
}
