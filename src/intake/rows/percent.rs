//! Columns of percentages: whether a number without a sign of per cent is one (87) or a fraction (0.87). The
//! column decides; a number that it leaves in doubt is told by its cell and not read.

use super::number::plain_number;
use crate::intake::cell::{Cell, hundredfold, shortened};
use crate::pipeline::{Column, ColumnKind, Percent};

/// Fewer numbers than this say nothing about a column.
const ENOUGH: usize = 10;

/// A number so many times smaller or larger than those around it is one of the other scale.
const APART: f64 = 10.0;

/// What the numbers of a column of percentages tell of each other.
#[derive(Debug, PartialEq)]
pub(super) struct Scale {
    /// How numbers are written that stand as the column keeps them.
    written: Percent,
    /// What most of them are about, on that scale; none if none is surely on it.
    about: Option<f64>,
    /// Whether all of them are fractions in a column of percentages.
    pub(super) fractions: bool,
}

impl Scale {
    /// What a column tells; none if it holds no percentages, or the layout says how they are written.
    pub(super) fn of<'c>(column: &Column, cells: impl Iterator<Item = &'c Cell>) -> Option<Self> {
        let written = column.percent()?;
        if written == Percent::Hundred && column.limits.cells.is_some() {
            return None;
        }
        let (mut plain, mut sure) = (Vec::new(), Vec::new());
        for cell in cells {
            match read(cell) {
                Some((number, true)) if written == Percent::Fraction => sure.push(number / 100.0),
                Some((number, true)) => sure.push(number),
                Some((number, false)) => plain.push(number),
                None => {}
            }
        }
        sure.extend(plain.iter().filter(|number| match written {
            Percent::Hundred => **number > 1.0,
            Percent::Fraction => **number > 0.0 && **number <= 1.0,
        }));
        sure.sort_by(f64::total_cmp);
        let within = plain.iter().all(|number| (0.0..=1.0).contains(number));
        let between = plain.iter().any(|number| *number > 0.0 && *number < 1.0);
        let about = sure.get(sure.len() / 2).copied();
        let fractions =
            written == Percent::Hundred && about.is_none() && within && between && plain.len() >= ENOUGH;
        Some(Self { written, about, fractions })
    }

    /// What is in doubt about a number of the column, if the layout declares that it holds percentages.
    pub(super) fn doubt(&self, cell: &Cell, column: &Column) -> Option<String> {
        let (number, false) = read(cell)? else { return None };
        if self.fractions || column.limits.percent.is_none() {
            return None;
        }
        let (other, apart) = match self.written {
            Percent::Hundred if number > 0.0 && number <= 1.0 => {
                (hundredfold(number), self.about.is_none_or(|about| number * APART < about))
            }
            Percent::Fraction if number > 1.0 => {
                (number / 100.0, self.about.is_none_or(|about| number > about * APART))
            }
            _ => return None,
        };
        let ColumnKind::Number { minimum, maximum } = &column.kind else { return None };
        let fits = |number: f64| {
            minimum.is_none_or(|least| least <= number) && maximum.is_none_or(|most| number <= most)
        };
        if !apart || !fits(number) || !fits(other) {
            return None;
        }
        let percent = |number: f64| match self.written {
            Percent::Hundred => format!("{}%", number),
            Percent::Fraction => format!("{}%", hundredfold(number)),
        };
        let why = self.about.map_or_else(
            || "nothing in the column says which".to_owned(),
            |about| format!("the other numbers of the column are about {}", percent(about)),
        );
        Some(format!(
            "\"{}\" could be {} or {}: {why}",
            shortened(&cell.shown()),
            percent(number),
            percent(other)
        ))
    }
}

/// The number of a cell, and whether the cell says that it is a per cent.
fn read(cell: &Cell) -> Option<(f64, bool)> {
    match cell {
        Cell::Number(number) => Some((*number, false)),
        Cell::Percent(number) => Some((*number, true)),
        Cell::Text(text) => match text.trim().strip_suffix('%') {
            Some(number) => Some((plain_number(number).ok()?, true)),
            None => Some((plain_number(text).ok()?, false)),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Folder, ValueLimits, load};

    /// A column of the first pipeline, of which kind and limits are of no account.
    fn base() -> Column {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
        let pipeline = load(&Folder::read(&dir).unwrap()).pipeline.unwrap();
        pipeline.feed("qof").unwrap().layouts[0].columns[0].clone()
    }

    fn column(percent: Option<Percent>, maximum: Option<f64>) -> Column {
        let kind = ColumnKind::Number { minimum: Some(0.0), maximum };
        let limits = ValueLimits { percent, ..ValueLimits::default() };
        Column { kind, limits, ..base() }
    }

    /// The cells in doubt of a declared column, and whether all are fractions.
    fn told(percent: Percent, maximum: f64, cells: &[Cell]) -> (Vec<String>, bool) {
        let column = column(Some(percent), Some(maximum));
        let scale = Scale::of(&column, cells.iter()).unwrap();
        (cells.iter().filter_map(|cell| scale.doubt(cell, &column)).collect(), scale.fractions)
    }

    fn numbers(all: &[f64]) -> Vec<Cell> {
        all.iter().map(|n| Cell::Number(*n)).collect()
    }

    #[test]
    fn many_fractions_are_read_as_such_and_few_are_in_doubt() {
        let told = |all: &[f64]| told(Percent::Hundred, 100.0, &numbers(all));
        assert_eq!(told(&[0.9; 10]), (vec![], true));
        let few = told(&[0.9; 9]);
        assert_eq!((few.0.len(), few.1), (9, false));
        assert_eq!(few.0[0], "\"0.9\" could be 0.9% or 90%: nothing in the column says which");
        assert_eq!(told(&[1.0; 20]).0.len(), 20, "1% or 100%");
        assert_eq!(told(&[0.0; 20]), (vec![], false));
    }

    #[test]
    fn a_fraction_among_percentages_is_in_doubt_and_small_percentages_are_not() {
        let told = |cells: &[Cell]| told(Percent::Hundred, 100.0, cells);
        let mixed = [numbers(&[87.0, 91.5, 0.87]), vec![Cell::Text("0.88".into()), Cell::Text("90".into())]];
        assert_eq!(
            told(&mixed.concat()).0,
            [
                "\"0.87\" could be 0.87% or 87%: the other numbers of the column are about 90%",
                "\"0.88\" could be 0.88% or 88%: the other numbers of the column are about 90%"
            ]
        );
        let beside = [Cell::Percent(85.0), Cell::Text("0.87%".into()), Cell::Text("91%".into())];
        assert_eq!(told(&[&beside[..], &numbers(&[0.9])].concat()).0.len(), 1, "what has its sign is sure");
        assert_eq!(told(&numbers(&[0.5, 1.2, 2.5, 3.0, 0.0])), (vec![], false));
        assert_eq!(told(&[&numbers(&[95.5])[..], &numbers(&[0.9; 20])].concat()).0.len(), 20);
    }

    #[test]
    fn a_percentage_among_fractions_is_in_doubt_unless_it_cannot_be_one() {
        let cells = numbers(&[0.87, 0.91, 87.0]);
        let (told, _) = told(Percent::Fraction, 1000.0, &cells);
        assert_eq!(told, ["\"87\" could be 8700% or 87%: the other numbers of the column are about 91%"]);
        let limited = column(Some(Percent::Fraction), Some(1.0));
        let scale = Scale::of(&limited, cells.iter()).unwrap();
        assert_eq!(scale.doubt(&cells[2], &limited), None, "the limit of the column tells it");
    }

    #[test]
    fn what_no_layout_declares_is_not_doubted() {
        let cells = numbers(&[0.5, 11.0, 12.0]);
        let score = column(None, Some(100.0));
        assert_eq!(Scale::of(&score, cells.iter()).unwrap().doubt(&cells[0], &score), None);
        assert_eq!(Scale::of(&column(None, None), cells.iter()), None);
        let mut declared = column(Some(Percent::Hundred), Some(100.0));
        declared.limits.cells = Some(Percent::Hundred);
        assert_eq!(Scale::of(&declared, cells.iter()), None);
    }
}
