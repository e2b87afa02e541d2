//! Since when a row has been as grave as it is: the day on which that became known.
//!
//! The newest sheet says how grave a row is, not since when. The sheets received before it do: the day on
//! which the first of the present unbroken run was received that shows the row at least as grave. A sheet
//! without the row, or with it set aside, says nothing.

use std::collections::BTreeMap;

use anyhow::Context as _;
use chrono::NaiveDate;
use polars::prelude::{Column, DataFrame, DataType, IntoLazy, col, lit};

use super::facts::{aligned, derived};
use super::{Cells, Taken};
use crate::condition::Day;
use crate::dates::{long, to_days};
use crate::pipeline::{Fact, Since};

/// A day that a row states and that cannot be: the cell counts as missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The received file.
    pub arrival: u32,
    /// Which of several sheets the row stands in, counted from 0.
    pub tab: Option<usize>,
    /// The row as Excel counts it.
    pub row: u32,
    /// The column of the stated day.
    pub column: String,
    /// What stands there.
    pub stated: NaiveDate,
    /// Why it cannot be.
    pub why: String,
}

/// What a received sheet shows of a row on the day of its receipt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shown {
    arrival: u32,
    received: NaiveDate,
    /// How grave it is; none if it is no longer open.
    grade: Option<f64>,
}

/// What every sheet shows of each row, in the order of arrival.
pub(super) type History = BTreeMap<Vec<String>, Vec<Shown>>;

/// Adds the column of [`Since`] to the rows of the files that count. Stated days that cannot be are taken out of
/// the rows and told. A row that is tried has become so grave on the day that its column [`TRIED`] says.
pub(super) fn add(
    since: &Since,
    fact: &Fact,
    rows: DataFrame,
    history: &History,
    as_of: Day,
) -> anyhow::Result<(DataFrame, Vec<Refused>)> {
    let mut rows = rows
        .lazy()
        .with_columns([
            since.grade.expr(as_of).cast(DataType::Float64).alias(GRADE),
            since.not_before.expr(as_of).alias(RAISED),
            since.otherwise.expr(as_of).alias(OTHERWISE),
            since.open.expr(as_of).fill_null(lit(false)).alias(OPEN),
        ])
        .collect()
        .with_context(|| failed(fact))?;
    let (mut days, mut stated_days, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    let cells = Cells::new(Some(&rows));
    for row in 0..cells.height() {
        let shown = key(since, &cells, row).and_then(|key| history.get(&key));
        let present = Present {
            arrival: cells.file(row),
            grade: cells.number(GRADE, row),
            raised: cells.date(RAISED, row),
            otherwise: cells.date(OTHERWISE, row),
        };
        // Of a row that is not open only the day it is about can be asked.
        let open = cells.truth(OPEN, row) == Some(true);
        let run = present.run(shown.filter(|_| open).map(Vec::as_slice).unwrap_or_default());
        let stated = since.stated.as_ref().and_then(|column| Some((column, cells.date(column, row)?)));
        let fault = stated.as_ref().and_then(|(_, day)| run.fault(*day, present.raised));
        if let (Some((column, stated)), Some(why)) = (&stated, &fault) {
            refused.push(Refused {
                arrival: cells.file(row).unwrap_or_default(),
                tab: cells.tab(row),
                row: cells.sheet_row(row).unwrap_or_default(),
                column: (*column).clone(),
                stated: *stated,
                why: why.clone(),
            });
        }
        let stated = stated.filter(|_| fault.is_none()).map(|(_, day)| day);
        days.push(cells.date(TRIED, row).or(stated).or(run.began).or(present.otherwise).map(to_days));
        stated_days.push(stated.map(to_days));
    }
    let dates = |name: &str, days: Vec<Option<i32>>| Column::new(name.into(), days).cast(&DataType::Date);
    rows.with_column(dates(&since.column, days)?).with_context(|| failed(fact))?;
    if let Some(column) = &since.stated {
        rows.with_column(dates(column, stated_days)?).with_context(|| failed(fact))?;
    }
    let rows = rows.drop_many([GRADE, RAISED, OTHERWISE, OPEN]);
    Ok((rows, refused))
}

/// The day on which a row became as grave as it is tried to be.
pub(super) const TRIED: &str = "_tried";

const GRADE: &str = "_grade";
const OPEN: &str = "_open";
const RAISED: &str = "_raised";
const OTHERWISE: &str = "_otherwise";

fn failed(fact: &Fact) -> String {
    format!("`since` of the fact `{}` cannot be evaluated", fact.id)
}

/// What a row is known by, without regard to case; none if a part is missing.
fn key(since: &Since, cells: &Cells<'_>, row: usize) -> Option<Vec<String>> {
    since.same.iter().map(|column| Some(cells.shown(column, row)?.trim().to_lowercase())).collect()
}

/// What the sheets in force and those that they replaced show of each row.
pub(super) fn history(
    since: &Since,
    fact: &Fact,
    taken: &[Taken],
    earlier: &[Taken],
) -> anyhow::Result<History> {
    let mut out = History::new();
    for file in earlier.iter().chain(taken).filter(|t| fact.from.contains(&t.table)) {
        let received = file.source.received;
        let rows = derived(fact, aligned(fact, file)?.lazy(), received.into())
            .with_columns([
                since.grade.expr(received).cast(DataType::Float64).alias(GRADE),
                since.open.expr(received).fill_null(lit(false)).alias(OPEN),
            ])
            .filter(col(GRADE).is_not_null())
            .collect()
            .with_context(|| failed(fact))?;
        let cells = Cells::new(Some(&rows));
        for row in 0..cells.height() {
            let Some(key) = key(since, &cells, row) else { continue };
            let grade = cells.number(GRADE, row).filter(|_| cells.truth(OPEN, row) == Some(true));
            out.entry(key).or_default().push(Shown { arrival: file.source.arrival, received, grade });
        }
    }
    for shown in out.values_mut() {
        shown.sort_by_key(|shown| shown.arrival);
    }
    Ok(out)
}

/// A row of a sheet that counts.
struct Present {
    arrival: Option<u32>,
    grade: Option<f64>,
    raised: Option<NaiveDate>,
    otherwise: Option<NaiveDate>,
}

/// The present unbroken run of sheets that show a row at least as grave as it is.
#[derive(Debug, Default, PartialEq)]
struct Run {
    /// When its first sheet was received.
    first: Option<NaiveDate>,
    /// The same, where an earlier sheet shows the row less grave or not open: then it began there.
    began: Option<NaiveDate>,
    /// When the last sheet was received that shows the row not open.
    ended: Option<NaiveDate>,
}

impl Present {
    fn run(&self, shown: &[Shown]) -> Run {
        let (Some(arrival), Some(grade)) = (self.arrival, self.grade) else { return Run::default() };
        let until: Vec<&Shown> = shown.iter().filter(|s| s.arrival <= arrival).collect();
        // The sheet that counts shows the row as it is, whatever it says of the day of its receipt.
        let is = |s: &Shown| s.arrival == arrival || s.grade.is_some_and(|shown| shown >= grade);
        let length = until.iter().rev().take_while(|s| is(s)).count();
        let (before, run) = until.split_at(until.len() - length);
        let first = run.first().map(|s| s.received);
        let ended = before.iter().filter(|s| s.grade.is_none()).map(|s| s.received).max();
        Run { first, began: first.filter(|_| !before.is_empty()), ended }
    }
}

impl Run {
    /// Why the day cannot be the one on which it became so grave.
    fn fault(&self, stated: NaiveDate, raised: Option<NaiveDate>) -> Option<String> {
        let told = long(stated);
        if let Some(raised) = raised.filter(|raised| stated < *raised) {
            return Some(format!("{told} is before the day it is about, {}", long(raised)));
        }
        if let Some(first) = self.first.filter(|first| *first < stated) {
            let first = long(first);
            return Some(format!(
                "{told} is after {first}, when a sheet already showed it at least as grave"
            ));
        }
        if let Some(ended) = self.ended.filter(|ended| stated <= *ended) {
            let ended = long(ended);
            return Some(format!("{told} is not after {ended}, when a sheet showed it no longer open"));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use polars::prelude::df;

    use super::super::Source;
    use super::super::facts::stand;
    use super::*;
    use crate::intake::{CARRIED_FROM, CELL, ROW, TAB};
    use crate::pipeline::{Folder, load};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn concerns() -> Fact {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
        load(&Folder::read(&dir).unwrap()).pipeline.unwrap().facts["concerns"].clone()
    }

    /// One row of the sheet received on a day: `Serious`, `Closed 2026-08-01` or `-` for a sheet without it;
    /// after a `/` what `Severity since` states.
    fn sheet(arrival: u32, received: &str, says: &str, reference: &str) -> Taken {
        let (says, stated) = says.split_once('/').unwrap_or((says, ""));
        let (word, on) = says.split_once(' ').unwrap_or((says, ""));
        let open = ["Low", "Moderate", "Serious", "Immediate"].contains(&word);
        let height = usize::from(word != "-");
        let days = |text: &str| vec![text.parse::<NaiveDate>().ok().map(to_days); height];
        let rows = df!(
            ROW => vec![2_u32; height],
            TAB => vec![None::<u32>; height],
            CELL => vec![None::<&str>; height],
            CARRIED_FROM => vec![None::<&str>; height],
            "practice" => vec!["A"; height],
            "feed" => vec!["concerns-quality"; height],
            "reference" => vec![reference; height],
            "severity" => vec![if open { word } else { "Serious" }; height],
            "status" => vec![if open { "Open" } else { word }; height],
            "status_date" => days(on),
            "date_raised" => days("2026-06-01"),
            "date_notified" => days("2026-06-03"),
            "severity_since" => days(stated),
        )
        .unwrap()
        .lazy()
        .with_columns(
            ["status_date", "date_raised", "date_notified", "severity_since"]
                .map(|name| col(name).cast(DataType::Date)),
        )
        .collect()
        .unwrap();
        let source = Source {
            arrival,
            feed: "concerns-quality".into(),
            file: format!("sheet-{arrival}.csv"),
            sha256: String::new(),
            received: day(received),
            sheet: None,
            letters: BTreeMap::new(),
            made: Vec::new(),
            tabs: Vec::new(),
        };
        Taken { source, table: "concerns".into(), rows }
    }

    const DAYS: [&str; 5] = ["2026-07-01", "2026-08-01", "2026-09-01", "2026-10-01", "2026-11-01"];

    fn known(sheets: &[&str], as_of: &str) -> (Option<NaiveDate>, Vec<String>) {
        let references = ["Q-1", " q-1", "Q-1 ", "q-1", "Q-1"];
        let files: Vec<Taken> = sheets
            .iter()
            .enumerate()
            .map(|(i, says)| sheet(u32::try_from(i).unwrap() + 1, DAYS[i], says, references[i]))
            .collect();
        let (newest, earlier) = files.split_last().unwrap();
        let newest = std::slice::from_ref(newest);
        let (rows, refused) = stand(&concerns(), newest, earlier, day(as_of)).unwrap();
        let cells = Cells::new(Some(&rows));
        let since = (cells.height() > 0).then(|| cells.date("since", 0)).flatten();
        (since, refused.into_iter().map(|refused| refused.why).collect())
    }

    fn since(sheets: &[&str]) -> String {
        let (since, refused) = known(sheets, "2026-12-01");
        assert_eq!(refused, [] as [&str; 0], "{sheets:?}");
        since.map(|day| day.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_concern_that_worsens_starts_on_the_day_of_the_first_sheet_that_shows_it() {
        assert_eq!(since(&["Serious"]), "2026-06-03", "the day it was told");
        assert_eq!(since(&["Serious", "Serious"]), "2026-06-03");
        assert_eq!(since(&["Serious", "Immediate", "Immediate"]), "2026-08-01");
        assert_eq!(
            since(&["Moderate", "Serious", "Immediate", "Serious"]),
            "2026-08-01",
            "an improvement moves nothing"
        );
        assert_eq!(since(&["Immediate", "Serious"]), "2026-06-03");
        assert_eq!(since(&["Serious", "Moderate", "Serious"]), "2026-09-01", "the run was broken");
        assert_eq!(since(&["Low", "Moderate", "Moderate"]), "2026-08-01");
    }

    #[test]
    fn a_sheet_without_the_row_says_nothing() {
        assert_eq!(since(&["-", "-", "Serious"]), "2026-06-03");
        assert_eq!(since(&["Serious", "-", "Serious"]), "2026-06-03");
        assert_eq!(since(&["Moderate", "-", "Serious"]), "2026-09-01");
        assert_eq!(since(&["Moderate", "Serious", "-", "Serious"]), "2026-08-01");
    }

    #[test]
    fn a_concern_that_is_opened_again_starts_anew() {
        assert_eq!(since(&["Serious", "Closed 2026-07-20", "Serious", "Serious"]), "2026-09-01");
        assert_eq!(
            since(&["Serious", "Mitigated", "Serious"]),
            "2026-09-01",
            "without a date it is no severity"
        );
        assert_eq!(since(&["Closed 2026-06-20", "Serious"]), "2026-08-01");
        // The day of the status lies after the receipt: on that day it was open.
        assert_eq!(since(&["Serious", "Closed 2026-08-20", "Serious"]), "2026-06-03");
        assert_eq!(since(&["Serious", "Closed 2026-08-01", "Serious"]), "2026-09-01");
    }

    #[test]
    fn what_the_row_states_counts_where_the_sheets_allow_it() {
        assert_eq!(since(&["Serious/2026-06-20"]), "2026-06-20");
        assert_eq!(since(&["Moderate", "Serious/2026-07-15"]), "2026-07-15");
        assert_eq!(since(&["Moderate", "Serious/2026-08-01"]), "2026-08-01");
        assert_eq!(since(&["Serious", "Serious/2026-07-01"]), "2026-07-01");
        assert_eq!(since(&["Serious", "Closed 2026-07-20", "Serious/2026-08-02"]), "2026-08-02");
    }

    #[test]
    fn what_it_states_and_cannot_be_counts_as_missing_and_is_told() {
        let refused = |sheets: &[&str]| {
            let (since, refused) = known(sheets, "2026-12-01");
            (since.map(|day| day.to_string()).unwrap_or_default(), refused.join("; "))
        };
        let told = |since: &str, why: &str| (since.to_owned(), why.to_owned());
        assert_eq!(
            refused(&["Serious/2026-05-31"]),
            told("2026-06-03", "31 May 2026 is before the day it is about, 1 June 2026")
        );
        assert_eq!(
            refused(&["Serious", "Serious/2026-07-02"]),
            told(
                "2026-06-03",
                "2 July 2026 is after 1 July 2026, when a sheet already showed it at least as grave"
            )
        );
        assert_eq!(
            refused(&["Moderate", "Serious/2026-08-02"]),
            told(
                "2026-08-01",
                "2 August 2026 is after 1 August 2026, when a sheet already showed it at least as grave"
            )
        );
        assert_eq!(
            refused(&["Serious", "Closed 2026-07-20", "Serious/2026-08-01"]),
            told(
                "2026-09-01",
                "1 August 2026 is not after 1 August 2026, when a sheet showed it no longer open"
            )
        );
        assert_eq!(
            refused(&["Serious", "Closed 2026-07-20/2026-06-10", "Closed 2026-07-20/2026-06-10"]),
            told("", "")
        );
    }

    #[test]
    fn a_day_of_notification_that_is_still_to_come_is_not_known() {
        assert_eq!(known(&["Serious"], "2026-06-02").0, Some(day("2026-06-01")), "the day it was raised");
    }
}
