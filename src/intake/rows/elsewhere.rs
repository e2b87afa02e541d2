//! Values that stand in no cell of a row: in the title, in the name of the file, in the feed.

use chrono::NaiveDate;

use super::date::text_date;
use super::period::{period_in_name, year_within};
use super::unpivot::address_in;
use super::value::parse;
use super::{Taker, Value};
use crate::diagnostic::Code;
use crate::intake::cell::{Cell, address, shortened};
use crate::intake::sheet::whole;
use crate::intake::{Effect, Problem};
use crate::pipeline::{Column, ColumnKind, FromText, Layout, Says};

impl<'a> Taker<'a> {
    /// Dates and periods that the title or the file's name says, for columns that the sheet lacks.
    pub(super) fn fill_from_elsewhere(&mut self) {
        for (index, column) in self.layout.columns.iter().enumerate() {
            let from_title = self.layout.title.as_ref().filter(|t| t.column == column.name);
            let from_name = self.layout.file_name.as_ref().filter(|f| f.column == column.name);
            let from_sheet = self.layout.sheet_name.as_ref().filter(|f| f.column == column.name);
            if from_title.is_none() && from_name.is_none() && from_sheet.is_none() {
                continue;
            }
            let title = from_title.and_then(|from| self.title(from, column));
            if self.shape.places[index].is_some() {
                if let Some((address, Value::Date(date))) = title {
                    self.titled = Some((index, date, address));
                }
                continue;
            }
            let in_sheet = from_sheet.map(|from| self.said(from, &self.shape.sheet.name, column));
            let in_name = from_name.map(|from| self.said(from, self.name, column));
            let unread = [(&in_sheet, "the sheet's name"), (&in_name, "the file's name")]
                .into_iter()
                .find_map(|(said, place)| match said {
                    Some(Err(what)) => Some(format!("{what} in {place}")),
                    _ => None,
                });
            let named =
                in_sheet.and_then(Result::ok).flatten().or_else(|| in_name.and_then(Result::ok).flatten());
            match title.map(|(_, value)| value).or(named) {
                Some(value) => {
                    self.given.insert(&column.name, value);
                }
                None if column.needed => {
                    let places = [
                        (from_title.is_some(), "a title row above the header"),
                        (from_sheet.is_some(), "the sheet's name"),
                        (from_name.is_some(), "the file's name"),
                    ];
                    let places: Vec<&str> =
                        places.iter().filter(|(asked, _)| *asked).map(|(_, p)| *p).collect();
                    self.nowhere(column, &places, unread);
                }
                None => {}
            }
        }
    }

    /// What a name says for a column, if anything; the error is what stands there and cannot be read.
    fn said(&self, from: &FromText, text: &str, column: &Column) -> Result<Option<Value>, String> {
        match &from.says {
            Says::Year => match year_within(text) {
                Ok(year) => Ok(year.map(Value::Text)),
                Err(years) => {
                    let years: Vec<String> = years.iter().map(|year| format!("\"{year}\"")).collect();
                    Err(format!("{} both stand", crate::wording::list(&years)))
                }
            },
            Says::Pattern(pattern) => {
                let Some(found) = pattern.captures(text).and_then(|c| c.get(1)) else { return Ok(None) };
                let (order, two_digits) = (self.layout.date_order, self.layout.two_digit_years);
                let value = match column.kind {
                    ColumnKind::Period => period_in_name(found.as_str(), order, two_digits).map(Value::Text),
                    _ => self.value(found.as_str(), column),
                };
                let what = match column.kind {
                    ColumnKind::Period => "is no month, quarter or year",
                    ColumnKind::Date => "is no date",
                    _ => "cannot be read",
                };
                value.map(Some).ok_or_else(|| format!("\"{}\" {what}", shortened(found.as_str())))
            }
        }
    }

    /// A needed column that neither the sheet nor its title or a name says.
    fn nowhere(&mut self, column: &Column, places: &[&str], unread: Option<String>) {
        if let Some(unread) = unread {
            let message = format!("there is no column \"{}\", and {unread}", column.title);
            let help =
                format!("add a column \"{}\", or write it in the name as 2026-27 or 2026-06", column.title);
            self.rejected.push(whole(Code::MissingDate, message, help));
            return;
        }
        let places = match places {
            [one] => match one.strip_prefix("a ") {
                Some(row) => format!("no {row} says it"),
                None => format!("{one} does not say it"),
            },
            [one, two] => format!("neither {one} nor {two} says it"),
            several => format!("none of {} says it", several.join(", ")),
        };
        let message = format!("there is no column \"{}\", and {places}", column.title);
        let help = format!("add a column \"{}\", or say it in the title or the name", column.title);
        self.rejected.push(whole(Code::MissingDate, message, help));
    }

    /// What a row above the header says, and where it stands.
    fn title(&self, from: &FromText, column: &Column) -> Option<(String, Value)> {
        for (row, cells) in self.shape.sheet.rows.iter().filter(|(row, _)| *row < self.shape.header_row) {
            let filled: Vec<(usize, String)> = cells
                .iter()
                .enumerate()
                .filter(|(_, c)| !c.is_empty())
                .map(|(i, c)| (i, c.shown()))
                .collect();
            let line: Vec<&str> = filled.iter().map(|(_, text)| text.as_str()).collect();
            let line = line.join(" ");
            if let Ok(Some(value)) = self.said(from, &line, column) {
                let place = filled.first().map_or(0, |(place, _)| *place);
                return Some((address(place, *row), value));
            }
        }
        None
    }

    /// A text from outside the rows, as a column reads it.
    pub(super) fn value(&self, text: &str, column: &Column) -> Option<Value> {
        if let ColumnKind::Date = column.kind {
            return first_date(text, self.layout).map(Value::Date);
        }
        match parse(&Cell::from_text(text), column, self.layout, false) {
            (Value::Missing, _) | (_, Some(_)) => None,
            (value, None) => Some(value),
        }
    }

    pub(super) fn set_value(&self, column: &Column) -> Option<Value> {
        let (_, text) = self.feed.set.iter().find(|(name, _)| *name == column.name)?;
        Some(match (&column.kind, text.as_str()) {
            (ColumnKind::YesNo, answer) => Value::Truth(answer == "yes"),
            (_, text) => Value::Text(text.to_owned()),
        })
    }

    /// A date column that says something else than the title: the column counts, and it is said once.
    pub(super) fn title_disagreement(&mut self) {
        let Some((index, titled, title_cell)) = self.titled.clone() else { return };
        let other = self.rows.iter().filter_map(|row| match row.values.get(index) {
            Some(Value::Date(date)) if *date != titled => Some((row.id, *date)),
            _ => None,
        });
        let others: Vec<(u32, NaiveDate)> = other.collect();
        let (Some((row, date)), Some(place)) = (others.first().copied(), self.shape.places[index]) else {
            return;
        };
        let column = &self.layout.columns[index];
        let (said, counts) = (crate::dates::long(titled), crate::dates::long(date));
        let more = match others.len() - 1 {
            0 => String::new(),
            more => format!(" and {} more", crate::wording::plural(more, "cell", "cells")),
        };
        let cells = format!("{}{more}", address_in(place, row, self.shape.width));
        self.problems.push(Problem {
            code: Code::DateDisagrees.id().to_owned(),
            effect: Effect::Noted,
            sheet: self.sheet_name(),
            cell: Some(title_cell),
            row: None,
            column: Some(column.title.clone()),
            found: Some(said.clone()),
            message: format!(
                "the title says {said} and {cells} of the column says {counts}: the column counts"
            ),
            help: "make the title and the column agree".to_owned(),
        });
    }
}

/// The first date in a text that may go on after it.
pub(super) fn first_date(text: &str, layout: &Layout) -> Option<NaiveDate> {
    let words: Vec<&str> = text.split_whitespace().collect();
    (1..=words.len().min(5))
        .filter_map(|n| text_date(&words[..n].join(" "), layout.date_order, layout.two_digit_years).ok())
        .next_back()
}
