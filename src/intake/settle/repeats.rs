//! Rows that say the same as another, or something else of the same.

use std::collections::{BTreeSet, HashMap};

use super::Settler;
use crate::diagnostic::Code;
use crate::intake::Effect;
use crate::intake::rows::{Fate, Value};
use crate::pipeline::ColumnKind;
use crate::wording;

impl Settler<'_> {
    /// The same row a second time is passed over.
    pub(super) fn repeated_rows(&mut self) {
        let mut first: HashMap<String, u32> = HashMap::new();
        let mut repeats = Vec::new();
        // Of rows set aside, cells that could not be read may differ.
        for row in self.rows.iter_mut().filter(|r| r.fate == Fate::Standing) {
            match first.get(&format!("{:?}", row.values)) {
                Some(earlier) => {
                    row.fate = Fate::Ignored;
                    repeats.push((row.id, *earlier));
                }
                None => {
                    first.insert(format!("{:?}", row.values), row.id);
                }
            }
        }
        let repeated: BTreeSet<u32> = repeats.iter().map(|(row, _)| *row).collect();
        self.problems.retain(|p| p.row.is_none_or(|row| !repeated.contains(&row)));
        let key = self.layout.key.last().cloned().unwrap_or_default();
        for (row, earlier) in repeats {
            let message = format!("the same as {}, and counted once", self.reading.row_in_words(earlier));
            self.problem(
                Code::RepeatedRow,
                Effect::Ignored,
                row,
                &key,
                message,
                "delete one of the two".to_owned(),
            );
        }
    }

    /// The same reference with other content: the first stands, the later is set aside.
    pub(super) fn repeated_keys(&mut self) {
        if self.layout.key.is_empty() {
            return;
        }
        let places: Vec<usize> = self.layout.key.iter().filter_map(|name| self.place(name)).collect();
        let last = self.layout.key.last().cloned().unwrap_or_default();
        let titles: Vec<String> =
            self.layout.key.iter().filter_map(|n| self.layout.column(n)).map(|c| c.title.clone()).collect();
        let mut first: HashMap<String, u32> = HashMap::new();
        for index in 0..self.rows.len() {
            let row = &self.rows[index];
            if row.fate != Fate::Standing {
                continue;
            }
            let key = places
                .iter()
                .map(|p| format!("{:?}", row.values[*p]).to_lowercase())
                .collect::<Vec<_>>()
                .join("|");
            let number = row.id;
            match first.get(&key) {
                None => {
                    first.insert(key, number);
                }
                Some(earlier) => {
                    let message = format!(
                        "{} has the same {} with other content; the first stands",
                        self.reading.row_in_words(*earlier),
                        wording::list(&titles)
                    );
                    self.rows[index].fate = Fate::Quarantined;
                    let is_reference = matches!(
                        self.layout.column(&last).map(|column| &column.kind),
                        Some(ColumnKind::Text | ColumnKind::Code { .. })
                    );
                    let help = match is_reference {
                        true => "give one of the two another reference, or delete the one that is wrong",
                        false => "delete the one that is wrong",
                    };
                    let help = help.to_owned();
                    self.problem(Code::RepeatedReference, Effect::Quarantined, number, &last, message, help);
                }
            }
        }
    }

    /// Rows that must agree in a value, such as the score that a long extract repeats.
    pub(super) fn disagreements(&mut self) {
        let Some(agree) = self.layout.agree.clone() else { return };
        let within: Vec<usize> = agree.within.iter().filter_map(|name| self.place(name)).collect();
        let Some(place) = self.place(&agree.column) else { return };
        let title = self.layout.columns[place].title.clone();
        let mut first: HashMap<String, (u32, Value)> = HashMap::new();
        for index in 0..self.rows.len() {
            let row = &self.rows[index];
            if row.fate != Fate::Standing || row.values[place] == Value::Missing {
                continue;
            }
            let key = within.iter().map(|p| format!("{:?}", row.values[*p])).collect::<Vec<_>>().join("|");
            let (number, value) = (row.id, row.values[place].clone());
            match first.get(&key) {
                None => {
                    first.insert(key, (number, value));
                }
                Some((_, known)) if *known == value => {}
                Some((earlier, _)) => {
                    let message = format!(
                        "{} says another {title} of the same practice and date",
                        self.reading.row_in_words(*earlier)
                    );
                    self.rows[index].fate = Fate::Quarantined;
                    let help = "find out which of the two is right".to_owned();
                    self.problem(Code::BadRow, Effect::Quarantined, number, &agree.column, message, help);
                }
            }
        }
    }
}
