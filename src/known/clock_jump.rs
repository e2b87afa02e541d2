//! A clock that is wrong by much. Whatever is done on the date of a clock that runs years ahead is dated then:
//! files wait until that day comes, slots until it are struck out. So it is held against the latest date that
//! the ledger knows, and nothing is done on its word alone.

use chrono::NaiveDate;

use crate::dates::long;
use crate::ledger::LedgerError;
use crate::workspace::Workspace;

/// How the clock stands to what the ledger knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jump {
    /// It is further ahead of the last date than it may be.
    Ahead {
        /// The latest date of a run, a slot or an arrival.
        last: NaiveDate,
        /// What the clock says.
        today: NaiveDate,
    },
    /// It is behind that date.
    Back {
        /// The latest date of a run or an arrival.
        last: NaiveDate,
        /// What the clock says.
        today: NaiveDate,
    },
}

/// A run of this evening may be dated tomorrow somewhere on earth.
const SLACK_DAYS: i64 = 2;

impl Jump {
    /// Holds the date of the clock against the ledger; `most` is how many minutes it may be ahead.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn of(workspace: &Workspace, today: NaiveDate, most: u32) -> Result<Option<Self>, LedgerError> {
        let Some(ledger) = workspace.existing_ledger()? else { return Ok(None) };
        let slot = ledger.last_begun()?.map(|at| at.date_naive());
        let last = [ledger.last_received()?, ledger.last_as_of()?, slot].into_iter().flatten().max();
        Ok(last.and_then(|last| Self::between(last, today, most)))
    }

    fn between(last: NaiveDate, today: NaiveDate, most: u32) -> Option<Self> {
        let ahead = today.signed_duration_since(last);
        match ahead.num_days() {
            days if days < -SLACK_DAYS => Some(Self::Back { last, today }),
            _ if ahead.num_minutes() > i64::from(most) => Some(Self::Ahead { last, today }),
            _ => None,
        }
    }

    /// Whether nothing may be done on the date of the clock.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Ahead { .. })
    }

    /// What is the matter.
    pub fn told(&self) -> String {
        match self {
            Self::Ahead { last, today } => format!(
                "the clock of this computer says {}, and the last date in the ledger is {}: it is further ahead \
                 than clock_jump of [operator] allows, and nothing is done on its word",
                long(*today),
                long(*last)
            ),
            Self::Back { last, today } => format!(
                "the clock of this computer says {}, and the ledger has runs or arrivals of {}: the clock went \
                 back, or was ahead then",
                long(*today),
                long(*last)
            ),
        }
    }

    /// What to do.
    pub fn help(&self, job: &str) -> String {
        match self {
            Self::Ahead { today, .. } => format!(
                "set the clock; if it is right, `quarterday run {job} --as-of {today}` says so, and everything goes on"
            ),
            Self::Back { last, .. } => {
                format!("set the clock; if it is right, files that came are taken in from {} on", long(*last))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_wrong_where_it_is_far_from_the_last_date() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let last = day("2026-11-30");
        let jump = |today: &str| Jump::between(last, day(today), 400 * 24 * 60);
        for fine in ["2026-11-28", "2026-11-30", "2026-12-01", "2027-01-15", "2028-01-04"] {
            assert_eq!(jump(fine), None, "{fine}");
        }
        for ahead in ["2028-01-05", "2036-11-30", "9999-12-31", "+262142-12-31"] {
            let found = jump(ahead).unwrap();
            assert!(
                found.is_refused() && found.told().contains("30 November 2026"),
                "{ahead}: {}",
                found.told()
            );
        }
        for back in ["2026-11-27", "2016-11-30", "0001-01-01", "-262143-01-01"] {
            let found = jump(back).unwrap();
            assert!(!found.is_refused() && found.told().contains("went back"), "{back}");
        }
    }
}
