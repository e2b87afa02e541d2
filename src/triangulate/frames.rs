//! Small bridges between Polars tables and plain values.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use polars::prelude::*;

use super::Practice;
use crate::condition::{BETWEEN_VALUES, Columns, Kind};
use crate::dates;
use crate::intake::{CARRIED_FROM, CELL, FILE, ROW, TAB};

/// The type that a column of this kind has in Polars.
pub(super) fn data_type(kind: &Kind) -> DataType {
    match kind {
        Kind::Text | Kind::Choice(_) | Kind::Choices(_) => DataType::String,
        Kind::Number => DataType::Float64,
        Kind::Date => DataType::Date,
        Kind::Truth => DataType::Boolean,
    }
}

/// The columns of provenance that each table of facts has first.
pub(super) fn provenance() -> [(&'static str, DataType); 5] {
    [
        (FILE, DataType::UInt32),
        (ROW, DataType::UInt32),
        (TAB, DataType::UInt32),
        (CELL, DataType::String),
        (CARRIED_FROM, DataType::String),
    ]
}

/// A table without rows.
pub fn empty(columns: &Columns) -> DataFrame {
    let provenance = provenance().into_iter().map(|(name, dtype)| Column::new_empty(name.into(), &dtype));
    let named = columns.iter().map(|(name, kind)| Column::new_empty(name.into(), &data_type(kind)));
    DataFrame::new(0, provenance.chain(named).collect()).unwrap_or_default()
}

/// The practices in scope as a table, for rules that speak of them.
pub(super) fn practices(practices: &BTreeMap<String, Practice>) -> DataFrame {
    let text = |name: &str, get: &dyn Fn(&Practice) -> Option<String>| {
        Column::new(name.into(), practices.values().map(get).collect::<Vec<Option<String>>>())
    };
    let patients: Vec<Option<f64>> = practices.values().map(|p| p.patients).collect();
    let height = practices.len();
    let columns = vec![
        Column::new(FILE.into(), vec![None::<u32>; height]),
        Column::new(ROW.into(), vec![None::<u32>; height]),
        Column::new(TAB.into(), vec![None::<u32>; height]),
        Column::new(CELL.into(), vec![None::<String>; height]),
        Column::new(CARRIED_FROM.into(), vec![None::<String>; height]),
        text("practice", &|p| Some(p.code.clone())),
        text("practice_name", &|p| Some(p.name.clone())),
        text("place", &|p| Some(p.place.clone())),
        text("team", &|p| Some(p.team.clone())),
        text("commissioner", &|p| Some(p.commissioner.clone())),
        text("pcn", &|p| p.pcn.clone()),
        text("pcn_name", &|p| p.pcn_name.clone()),
        Column::new("patients".into(), patients),
    ];
    DataFrame::new(height, columns).unwrap_or_default()
}

/// The rows of a table, read cell by cell. A column that is not there reads as missing everywhere.
#[derive(Debug, Clone, Copy)]
pub struct Cells<'f> {
    frame: Option<&'f DataFrame>,
}

impl<'f> Cells<'f> {
    /// The rows of a table, or none.
    pub fn new(frame: Option<&'f DataFrame>) -> Self {
        Self { frame }
    }

    /// The number of rows.
    pub fn height(&self) -> usize {
        self.frame.map_or(0, DataFrame::height)
    }

    /// The value as Polars has it.
    pub fn value(&self, column: &str, row: usize) -> Option<AnyValue<'f>> {
        self.get(column, row)
    }

    fn get(&self, column: &str, row: usize) -> Option<AnyValue<'f>> {
        self.frame?.column(column).ok()?.get(row).ok().filter(|value| !value.is_null())
    }

    /// A text.
    pub fn text(&self, column: &str, row: usize) -> Option<String> {
        self.get(column, row).and_then(|value| value.get_str().map(str::to_owned))
    }

    /// The values of a cell that holds several.
    pub fn texts(&self, column: &str, row: usize) -> Vec<String> {
        let text = self.text(column, row).unwrap_or_default();
        text.split(BETWEEN_VALUES).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    /// A number.
    pub fn number(&self, column: &str, row: usize) -> Option<f64> {
        self.get(column, row).and_then(|value| value.extract::<f64>())
    }

    /// A date.
    pub fn date(&self, column: &str, row: usize) -> Option<NaiveDate> {
        match self.get(column, row)? {
            AnyValue::Date(days) => dates::from_days(days),
            _ => None,
        }
    }

    /// Yes or no.
    pub fn truth(&self, column: &str, row: usize) -> Option<bool> {
        match self.get(column, row)? {
            AnyValue::Boolean(truth) => Some(truth),
            _ => None,
        }
    }

    /// The arrival of the file that the row came from.
    pub fn file(&self, row: usize) -> Option<u32> {
        self.get(FILE, row).and_then(|value| value.extract::<u32>())
    }

    /// The row of the sheet, as Excel counts it.
    pub fn sheet_row(&self, row: usize) -> Option<u32> {
        self.get(ROW, row).and_then(|value| value.extract::<u32>())
    }

    /// Which of several sheets of its file the row stands in, counted from 0.
    pub fn tab(&self, row: usize) -> Option<usize> {
        let tab = self.get(TAB, row).and_then(|value| value.extract::<u32>());
        tab.and_then(|tab| usize::try_from(tab).ok())
    }

    /// The value as a person reads it; several values joined by commas.
    pub fn shown(&self, column: &str, row: usize) -> Option<String> {
        let shown = match self.get(column, row)? {
            AnyValue::Date(days) => dates::from_days(days).map(dates::long).unwrap_or_default(),
            AnyValue::Boolean(true) => "Yes".to_owned(),
            AnyValue::Boolean(false) => "No".to_owned(),
            AnyValue::Float64(number) => crate::wording::number(number),
            other => match other.get_str() {
                Some(text) if text.contains(BETWEEN_VALUES) => self.texts(column, row).join(", "),
                Some(text) => text.to_owned(),
                None => other.to_string(),
            },
        };
        Some(shown)
    }
}
