//! Which rows of the tables stand on a date.

use anyhow::Context;
use chrono::NaiveDate;
use polars::prelude::{
    DataFrame, DataType, Expr, IntoLazy, LazyFrame, NULL, SortMultipleOptions, UniqueKeepStrategy, coalesce,
    col, cols, lit, when,
};

use super::Taken;
use super::frames::{data_type, empty, provenance};
use super::since::{History, Refused};
use crate::condition::Day;
use crate::intake::{FILE, ROW, TAB};
use crate::pipeline::Fact;

/// All rows of a fact, whether they stand on the as-of date or not, in the order of their files and rows.
///
/// # Errors
/// If Polars refuses an expression: the pipeline's checks make that a bug.
pub fn rows_of(fact: &Fact, taken: &[Taken], as_of: NaiveDate) -> anyhow::Result<DataFrame> {
    let rows = derived(fact, gathered(fact, taken)?.lazy(), as_of.into()).collect();
    rows.with_context(|| format!("the rows of the fact `{}` cannot be evaluated", fact.id))
}

/// The rows of a fact's files, one file after the other.
pub(super) fn gathered(fact: &Fact, taken: &[Taken]) -> anyhow::Result<DataFrame> {
    let mut rows = empty(&fact.columns);
    for file in taken.iter().filter(|t| fact.from.contains(&t.table)) {
        rows.vstack_mut(&aligned(fact, file)?).context("rows of one fact differ in their columns")?;
    }
    Ok(rows)
}

/// The rows of a fact that stand on the as-of date, sorted by arrival and row.
/// `earlier` are files that those in force replaced; with the rows come the days that they state and that
/// cannot be.
pub(super) fn stand(
    fact: &Fact,
    taken: &[Taken],
    earlier: &[Taken],
    as_of: NaiveDate,
) -> anyhow::Result<(DataFrame, Vec<Refused>)> {
    let history = fact.since.as_ref().map(|since| super::since::history(since, fact, taken, earlier));
    standing(fact, gathered(fact, taken)?, history.transpose()?.as_ref(), as_of.into())
}

/// The rows that stand of all rows of a fact; `history` is what sheets showed of them, where that tells something.
pub(super) fn standing(
    fact: &Fact,
    rows: DataFrame,
    history: Option<&History>,
    as_of: Day,
) -> anyhow::Result<(DataFrame, Vec<Refused>)> {
    let mut refused = Vec::new();
    let mut lazy = derived(fact, rows.lazy(), as_of);
    if let (Some(since), Some(history)) = (&fact.since, history) {
        let rows = lazy.collect().with_context(|| format!("the fact `{}` cannot be evaluated", fact.id))?;
        let (rows, cannot_be) = super::since::add(since, fact, rows, history, as_of)?;
        refused = cannot_be;
        lazy = rows.lazy();
    }
    if let Some(stands) = &fact.stands {
        lazy = lazy.filter(stands.expr(as_of));
    }
    if !fact.restated_by.is_empty() {
        let mut keys: Vec<Expr> = fact.restated_by.iter().map(|name| col(name.as_str())).collect();
        if as_of == Day::OfRow {
            keys.push(col("practice"));
        }
        let last = col(FILE).max().over(keys.clone())?;
        lazy = match &fact.value {
            None => lazy.filter(col(FILE).eq(last)),
            // A blank never outdoes a value.
            Some(value) => {
                let filled = when(col(value.as_str()).is_not_null()).then(col(FILE)).otherwise(lit(NULL));
                let last_filled = filled.cast(DataType::UInt32).max().over(keys)?;
                lazy.filter(col(FILE).eq(coalesce(&[last_filled, last])))
            }
        };
    }
    if let Some(keep) = &fact.keep {
        lazy = lazy.filter(keep.expr(as_of));
    }
    lazy = lazy.sort([FILE, TAB, ROW], SortMultipleOptions::default().with_maintain_order(true));
    if !fact.latest.is_empty() {
        // Rows lie in the order of arrival, and the sort keeps it among equals: the last one counts.
        let order: Vec<Expr> = fact.latest.iter().map(|by| by.expr(as_of)).collect();
        lazy = lazy
            .sort_by_exprs(order, SortMultipleOptions::default().with_maintain_order(true))
            .unique_stable(Some(cols(["practice"])), UniqueKeepStrategy::Last)
            .sort([FILE, TAB, ROW], SortMultipleOptions::default().with_maintain_order(true));
    }
    let rows = lazy.collect().with_context(|| format!("the fact `{}` cannot be evaluated", fact.id))?;
    Ok((rows, refused))
}

/// The rows with what is derived from each.
pub(super) fn derived(fact: &Fact, mut rows: LazyFrame, as_of: Day) -> LazyFrame {
    for (name, expression) in &fact.derive {
        rows = rows.with_column(expression.expr(as_of).alias(name.as_str()));
    }
    rows
}

/// The rows of one file with all columns of the fact, missing where its layout has none. Derived
/// columns are filled in later.
pub(super) fn aligned(fact: &Fact, file: &Taken) -> anyhow::Result<DataFrame> {
    let arrival = lit(file.source.arrival).cast(DataType::UInt32).alias(FILE);
    let known = file.rows.get_column_names();
    let mut select = vec![arrival];
    for (name, dtype) in provenance().into_iter().skip(1) {
        select.push(col(name).cast(dtype));
    }
    for (name, kind) in fact.columns.iter() {
        let dtype = data_type(kind);
        let there = known.iter().any(|column| column.as_str() == name);
        select.push(if there { col(name).cast(dtype) } else { lit(NULL).cast(dtype).alias(name) });
    }
    let rows = file.rows.clone().lazy().select(select).collect();
    rows.with_context(|| format!("the rows of {} cannot be read as `{}`", file.source.file, fact.id))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use polars::prelude::df;

    use super::super::{Cells, Source};
    use super::*;
    use crate::dates;
    use crate::intake::{CARRIED_FROM, CELL};
    use crate::pipeline::{Folder, load};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn lancashire(fact: &str) -> Fact {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
        load(&Folder::read(&dir).unwrap()).pipeline.unwrap().facts[fact].clone()
    }

    /// A dashboard extract: practice, score, date.
    fn extract(arrival: u32, rows: &[(&str, Option<f64>, &str)]) -> Taken {
        let source = Source {
            arrival,
            feed: "dashboard".into(),
            file: "extract.xlsx".into(),
            sha256: String::new(),
            received: day("2026-07-01"),
            sheet: None,
            tabs: Vec::new(),
            letters: BTreeMap::new(),
            made: Vec::new(),
        };
        let dates: Vec<i32> = rows.iter().map(|r| dates::to_days(day(r.2))).collect();
        let rows = df!(
            ROW => (2u32..).take(rows.len()).collect::<Vec<u32>>(),
            TAB => vec![None::<u32>; rows.len()],
            CELL => vec![None::<&str>; rows.len()],
            CARRIED_FROM => vec![None::<&str>; rows.len()],
            "practice" => rows.iter().map(|r| r.0).collect::<Vec<_>>(),
            "score" => rows.iter().map(|r| r.1).collect::<Vec<_>>(),
            "extract_date" => dates,
        )
        .unwrap()
        .lazy()
        .with_column(col("extract_date").cast(DataType::Date))
        .collect()
        .unwrap();
        Taken { source, table: "dashboard".into(), rows }
    }

    fn scores(taken: &[Taken], as_of: &str) -> Vec<(String, f64, bool)> {
        let frame = stand(&lancashire("score"), taken, &[], day(as_of)).unwrap().0;
        let cells = Cells::new(Some(&frame));
        let row = |i| {
            (
                cells.text("practice", i).unwrap(),
                cells.number("score", i).unwrap(),
                cells.truth("stale", i).unwrap(),
            )
        };
        (0..cells.height()).map(row).collect()
    }

    #[test]
    fn the_latest_extract_that_has_a_score_counts() {
        let taken = [
            extract(1, &[("A", Some(4.0), "2026-03-31"), ("B", Some(1.0), "2026-03-31")]),
            extract(2, &[("A", None, "2026-06-30"), ("B", Some(12.0), "2026-06-30")]),
        ];
        assert_eq!(scores(&taken, "2026-07-14"), [("A".into(), 4.0, false), ("B".into(), 12.0, false)]);
        assert_eq!(scores(&taken, "2026-04-14"), [("A".into(), 4.0, false), ("B".into(), 1.0, false)]);
    }

    #[test]
    fn a_restated_extract_counts_as_it_was_received_last() {
        let taken = [
            extract(1, &[("A", Some(12.0), "2026-06-30")]),
            extract(2, &[("A", Some(8.0), "2026-06-30")]),
            extract(3, &[("A", Some(3.0), "2026-03-31")]),
        ];
        assert_eq!(scores(&taken, "2026-07-14"), [("A".into(), 8.0, false)]);
    }

    #[test]
    fn a_blank_never_outdoes_a_value_of_the_same_practice_and_date() {
        let taken = [
            extract(1, &[("A", Some(12.0), "2026-06-30"), ("B", None, "2026-06-30")]),
            extract(2, &[("A", None, "2026-06-30"), ("B", Some(2.0), "2026-06-30")]),
            extract(3, &[("A", None, "2026-06-30")]),
        ];
        assert_eq!(scores(&taken, "2026-07-14"), [("A".into(), 12.0, false), ("B".into(), 2.0, false)]);
        // A later value outdoes both.
        let later = [taken[0].clone(), taken[1].clone(), extract(4, &[("A", Some(3.0), "2026-06-30")])];
        assert_eq!(scores(&later, "2026-07-14"), [("B".into(), 2.0, false), ("A".into(), 3.0, false)]);
    }

    #[test]
    fn a_score_is_stale_after_six_calendar_months() {
        let taken = [extract(1, &[("A", Some(4.0), "2026-02-28")])];
        assert_eq!(scores(&taken, "2026-08-28"), [("A".into(), 4.0, false)]);
        assert_eq!(
            scores(&taken, "2026-08-31"),
            [("A".into(), 4.0, false)],
            "six months before is 28 February"
        );
        assert_eq!(scores(&taken, "2026-09-01"), [("A".into(), 4.0, true)]);
        assert_eq!(scores(&[], "2026-08-28"), []);
    }
}
