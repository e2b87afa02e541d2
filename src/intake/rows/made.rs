//! Values that are made of several cells of a row: a ratio, a sum.
//!
//! A part that is empty, that gives no number or that nothing can be divided by makes no value: the cell is told,
//! and nothing counts as 0.

use super::unpivot::sheet_row;
use super::value::{Flaw, parse};
use super::{Fate, Value};
use crate::diagnostic::Code;
use crate::intake::cell::{Cell, address};
use crate::intake::{Effect, Problem};
use crate::pipeline::{Column, Layout, MadeOf, Percent};
use crate::wording::list;

/// The row of which values are made.
pub(super) struct Parts<'r> {
    pub(super) layout: &'r Layout,
    pub(super) places: &'r [Option<usize>],
    pub(super) sheet: Option<&'r str>,
    pub(super) number: u32,
    pub(super) cells: &'r [Cell],
}

impl Parts<'_> {
    /// Makes the values of a row that are made of others, and tells what keeps one from being made.
    pub(super) fn make(&self, values: &mut [Value], fate: &mut Fate) -> Vec<Problem> {
        let mut told = Vec::new();
        for (index, column) in self.layout.columns.iter().enumerate() {
            let Some(made) = &column.made_of else { continue };
            let value = match self.made(made, column, values) {
                Ok(value) => value,
                Err((at, flaw)) => {
                    told.push(self.problem(column, at, flaw));
                    if column.quarantine_if_bad {
                        *fate = Fate::Quarantined;
                    }
                    Value::Missing
                }
            };
            if let Some(slot) = values.get_mut(index) {
                *slot = value;
            }
        }
        told
    }

    /// The value, or the place of the cell that is why there is none.
    fn made(&self, made: &MadeOf, column: &Column, values: &[Value]) -> Result<Value, (Option<usize>, Flaw)> {
        let mut numbers = Vec::new();
        for name in made.parts() {
            let index = self.layout.columns.iter().position(|c| c.name == *name);
            let place = index.and_then(|index| self.places.get(index).copied().flatten());
            match index.and_then(|index| values.get(index)) {
                Some(Value::Number(number)) => numbers.push((place, *number)),
                _ => return Err((place, self.no_number(name, place))),
            }
        }
        let number = match (made, numbers.as_slice()) {
            (MadeOf::Ratio(_), [_, (place, below)]) if *below == 0.0 => {
                let message = format!("{} is 0, and nothing can be divided by it", self.at(*place));
                let help = "correct it, or leave it empty if there is nothing to count";
                return Err((*place, Flaw::new(Code::OutOfRange, message, help)));
            }
            (MadeOf::Ratio(_), [(_, above), (_, below)]) => {
                let times = if column.percent() == Some(Percent::Hundred) { 100.0 } else { 1.0 };
                above / below * times
            }
            (_, numbers) => numbers.iter().map(|(_, number)| number).sum(),
        };
        // The limits of the column hold for what was made too.
        match parse(&Cell::Number(number), column, self.layout, false) {
            (value, None) => Ok(value),
            (_, Some(flaw)) => {
                let cells: Vec<String> = numbers.iter().map(|(place, _)| self.at(*place)).collect();
                let message = format!("made of {}: {}", list(&cells), flaw.message);
                let place = numbers.first().and_then(|(place, _)| *place);
                Err((place, Flaw { message, ..flaw }))
            }
        }
    }

    fn no_number(&self, name: &str, place: Option<usize>) -> Flaw {
        let title = self.layout.column(name).map_or(name, |column| column.title.as_str());
        let empty = place.and_then(|place| self.cells.get(place)).is_none_or(Cell::is_empty);
        let (code, message) = match place {
            None => (Code::MissingCell, format!("it is made of \"{title}\", and there is no such column")),
            Some(_) if empty => {
                (Code::MissingCell, format!("{} is empty, and it is made of it", self.at(place)))
            }
            Some(_) => (Code::BadCell, format!("{} gives no number, and it is made of it", self.at(place))),
        };
        Flaw::new(code, message, format!("fill in \"{title}\" with a number"))
    }

    fn at(&self, place: Option<usize>) -> String {
        place.map_or_else(|| "a column".to_owned(), |place| address(place, sheet_row(self.number)))
    }

    fn problem(&self, column: &Column, place: Option<usize>, flaw: Flaw) -> Problem {
        Problem {
            code: flaw.code.id().to_owned(),
            effect: if column.quarantine_if_bad { Effect::Quarantined } else { Effect::Dropped },
            sheet: self.sheet.map(str::to_owned),
            cell: place.map(|place| address(place, sheet_row(self.number))),
            row: Some(self.number),
            column: Some(column.title.clone()),
            found: None,
            message: flaw.message,
            help: flaw.help,
        }
    }
}
