//! How long things are kept in the data folder, by kind.

use chrono::NaiveDate;

use super::level::Period;
use super::reader::{Placed, Table};
use crate::condition::length;
use crate::dates::{add_days, add_months};
use crate::diagnostic::Code;

/// How long each kind of thing is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// What dry runs made.
    pub dry_runs: Keep,
    /// Folders of runs: results, event logs and receipts.
    pub runs: Keep,
    /// Documents of runs.
    pub packs: Keep,
    /// Messages in the outbox folder that were handed over.
    pub outbox: Keep,
    /// Received files, from the day on which a newer file replaced them.
    pub replaced_files: Keep,
    /// Contents of the store that nothing refers to.
    pub unreferenced: Keep,
    /// Whatever a sent message needs to be shown, sent again or rebuilt.
    pub sent: Keep,
}

/// How long something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It is never removed.
    ForEver,
    /// It may go once this time has passed since its date.
    For(Period),
}

impl Keep {
    const fn days(days: i32) -> Self {
        Keep::For(Period { months: 0, days })
    }

    const fn years(years: i32) -> Self {
        Keep::For(Period { months: 12 * years, days: 0 })
    }

    /// The first day on which something of that date may go; none if it never may.
    pub fn until(self, date: NaiveDate) -> Option<NaiveDate> {
        match self {
            Keep::ForEver => None,
            Keep::For(period) => Some(add_days(add_months(date, period.months), period.days)),
        }
    }

    /// The period in words: `2 years`.
    pub fn words(self) -> String {
        match self {
            Keep::ForEver => "for ever".to_owned(),
            Keep::For(Period { months, days }) => {
                let plural = |count: i32, one: &str, many: &str| {
                    crate::wording::plural(usize::try_from(count).unwrap_or(0), one, many)
                };
                let mut parts = Vec::new();
                match months {
                    0 => {}
                    months if months % 12 == 0 => parts.push(plural(months / 12, "year", "years")),
                    months => parts.push(plural(months, "month", "months")),
                }
                if days != 0 {
                    parts.push(plural(days, "day", "days"));
                }
                parts.join(" and ")
            }
        }
    }
}

impl Default for Retention {
    /// Long enough for a committee's papers; nothing that was sent ever goes.
    fn default() -> Self {
        Self {
            dry_runs: Keep::days(30),
            runs: Keep::years(2),
            packs: Keep::years(20),
            outbox: Keep::years(2),
            replaced_files: Keep::years(8),
            unreferenced: Keep::days(90),
            sent: Keep::ForEver,
        }
    }
}

impl Retention {
    /// Reads `[retention]`; what it leaves out is kept as long as by default.
    pub(super) fn read(mut table: Table<'_>) -> Self {
        let default = Self::default();
        let mut keep = |key: &str, default| read_keep(&mut table, key).unwrap_or(default);
        Self {
            dry_runs: keep("dry_runs", default.dry_runs),
            runs: keep("runs", default.runs),
            packs: keep("packs", default.packs),
            outbox: keep("outbox", default.outbox),
            replaced_files: keep("replaced_files", default.replaced_files),
            unreferenced: keep("unreferenced", default.unreferenced),
            sent: keep("sent", default.sent),
        }
    }
}

fn read_keep(table: &mut Table<'_>, key: &str) -> Option<Keep> {
    let Placed { value, at } = table.text_or_none(key)?;
    if value == "for ever" {
        return Some(Keep::ForEver);
    }
    let (message, help) = match length(&value) {
        Ok((months, days)) if months >= 0 && days >= 0 && (months, days) != (0, 0) => {
            return Some(Keep::For(Period { months, days }));
        }
        Ok(_) => ("a period is longer than nothing".to_owned(), None),
        Err(message) => (message, Some("write for instance \"2 years\" or \"for ever\"".to_owned())),
    };
    table.report().error(&at, Code::BadValue, message, help);
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::reader::{File, Report};

    fn read(text: &str) -> (Retention, Vec<String>) {
        let report = Report::default();
        let retention = {
            let file = File::parse("pipeline.toml", text, &report);
            Retention::read(file.table())
        };
        (retention, report.take(|_| true).iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_is_left_out_is_kept_as_long_as_by_default() {
        let (retention, faults) = read("dry_runs = \"7 days\"\npacks = \"for ever\"\n");
        assert_eq!(faults, [] as [String; 0]);
        let expected = Retention { dry_runs: Keep::days(7), packs: Keep::ForEver, ..Retention::default() };
        assert_eq!(retention, expected);
    }

    #[test]
    fn faults_are_told_with_their_lines() {
        let (_, faults) = read("runs = \"a while\"\npack = \"2 years\"\nsent = \"0 days\"\n");
        insta::assert_snapshot!(faults.join("\n"));
    }

    #[test]
    fn periods_read_as_they_are_written() {
        assert_eq!(Keep::years(2).words(), "2 years");
        assert_eq!(Keep::days(1).words(), "1 day");
        assert_eq!(Keep::ForEver.words(), "for ever");
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(Keep::years(2).until(day("2024-02-29")), Some(day("2026-02-28")));
        assert_eq!(Keep::ForEver.until(day("2024-02-29")), None);
    }
}
