//! The figures of a public paper while it is written. A paper is written twice: the first time every figure
//! is only noted, with its place and what it adds up to; the second time each is told as the verdict says.
//! So no section can print a count about practices that the verdict does not know.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::HIDDEN;
use super::choose::{Verdict, choose};
use super::model::{Cell, Equation, Model, Published, State};
use crate::pipeline::SmallNumbers;
use crate::wording::number;

/// A count as a paper tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It is shown.
    Number(usize),
    /// It is not shown because it is so small: from 1 to this.
    Few(usize),
    /// It is not shown because of others.
    Hidden,
}

impl Told {
    /// The number, if it is shown.
    pub fn number(self) -> Option<usize> {
        match self {
            Told::Number(n) => Some(n),
            _ => None,
        }
    }

    /// As a table prints it.
    pub fn cell(self) -> String {
        self.number().map_or_else(|| HIDDEN.to_owned(), |n| number(n as f64))
    }

    /// Within a sentence: `No visit is`, `1 visit is`, `12 visits are`, `Fewer than 5 visits are`.
    pub fn words(self, one: &str, many: &str) -> String {
        match self {
            Told::Number(0) => format!("No {one}"),
            Told::Number(1) => format!("1 {one}"),
            Told::Number(n) => format!("{} {many}", number(n as f64)),
            Told::Few(up_to) => format!("Fewer than {} {many}", up_to + 1),
            Told::Hidden => format!("{HIDDEN} {many}"),
        }
    }

    /// The same in the middle of a sentence: `no visit`, `fewer than 5 visits`.
    pub fn inner(self, one: &str, many: &str) -> String {
        let words = self.words(one, many);
        match self {
            Told::Number(0) | Told::Few(_) => crate::wording::lower_first(&words),
            _ => words,
        }
    }
}

/// The figures of a paper, as they are noted or told.
#[derive(Debug, Default)]
pub struct Figures {
    noted: RefCell<Noted>,
    verdict: Option<Verdict>,
    rule: SmallNumbers,
    grains: BTreeMap<String, usize>,
}

#[derive(Debug, Default)]
struct Noted {
    model: Model,
    /// Tables that can be made coarser, and in how many steps.
    coarser: BTreeMap<String, usize>,
    faults: BTreeSet<String>,
}

impl Figures {
    /// Decides what is told. `write` writes the paper; it is called several times, and what it writes is
    /// thrown away. A table of which less than half could be shown is made coarser where that is possible.
    pub fn settle(rule: SmallNumbers, earlier: &Published, write: impl Fn(&Figures)) -> Self {
        let note = |grains: &BTreeMap<String, usize>| {
            let figures = Figures { rule, grains: grains.clone(), ..Figures::default() };
            write(&figures);
            let mut noted = figures.noted.into_inner();
            noted.model.rule = rule;
            noted.faults.extend(noted.model.loose_ends());
            noted
        };
        // A paper that says what an earlier one says, a run done again, says it in the same words.
        let known: BTreeSet<_> = earlier.papers.iter().map(|paper| &paper.grains).collect();
        for grains in known {
            let noted = note(grains);
            if let Some(verdict) = Verdict::as_before(&noted.model, grains, earlier) {
                let noted = Noted { faults: noted.faults, ..Noted::default() };
                return Figures { noted: noted.into(), verdict: Some(verdict), rule, grains: grains.clone() };
            }
        }
        let mut grains: BTreeMap<String, usize> = BTreeMap::new();
        loop {
            let noted = note(&grains);
            let mut verdict = choose(&noted.model, earlier);
            let poor = noted.coarser.iter().find(|(table, steps)| {
                let (shown, all) = verdict.shown_of(&noted.model, table);
                let grain = grains.get(*table).copied().unwrap_or(0);
                shown * 2 < all && grain < **steps
            });
            match poor {
                Some((table, _)) => *grains.entry(table.clone()).or_default() += 1,
                None => {
                    verdict.note(&noted.model, &grains);
                    let noted = Noted { faults: noted.faults, ..Noted::default() };
                    return Figures { noted: noted.into(), verdict: Some(verdict), rule, grains };
                }
            }
        }
    }

    /// All that is known once the paper is published.
    pub fn published(&self) -> Published {
        self.verdict.as_ref().map(|v| v.published.clone()).unwrap_or_default()
    }

    /// What is wrong with the figures: two values for the same thing, or one that was not decided about.
    pub fn faults(&self) -> Vec<String> {
        self.noted.borrow().faults.iter().cloned().collect()
    }

    /// Figures that tell nothing: for a test that looks for numbers which came another way.
    #[cfg(test)]
    pub(in crate::documents) fn silent(write: impl Fn(&Figures)) -> Self {
        let figures = Figures::default();
        write(&figures);
        Figures { verdict: Some(Verdict::silent(&figures.noted.into_inner().model)), ..Figures::default() }
    }

    pub(in crate::documents) fn count(&self, place: &str, key: &str, value: usize) -> Told {
        self.note(Some(place), key, value, false);
        let Some(verdict) = &self.verdict else { return Told::Number(value) };
        let rule = verdict.rule_of(key).unwrap_or_default();
        match verdict.of(key) {
            // What an earlier paper showed may be small by the rule of today.
            Some(State::Shown) if self.rule.hides(value) => Told::Few(self.rule.hidden_up_to),
            Some(State::Shown) => Told::Number(value),
            Some(_) if rule.hides(value) => Told::Few(rule.hidden_up_to),
            Some(_) => Told::Hidden,
            None => {
                self.fault(format!("nothing was decided about the figure `{key}`"));
                Told::Hidden
            }
        }
    }

    pub(in crate::documents) fn note(&self, place: Option<&str>, key: &str, value: usize, known: bool) {
        let mut noted = self.noted.borrow_mut();
        let cell = noted.model.cells.entry(key.to_owned()).or_insert_with(|| Cell {
            key: key.to_owned(),
            value,
            places: BTreeSet::new(),
            known,
        });
        cell.places.extend(place.map(str::to_owned));
        cell.known |= known;
        if cell.value != value {
            let message = format!("the figure `{key}` is {} in one place and {value} in another", cell.value);
            noted.faults.insert(message);
        }
    }

    pub(in crate::documents) fn balance(&self, equation: Equation) {
        self.noted.borrow_mut().model.equations.insert(equation);
    }

    pub(in crate::documents) fn leaves_out(&self, place: &str) -> bool {
        self.verdict.as_ref().is_some_and(|verdict| verdict.leaves_out(place))
    }

    pub(in crate::documents) fn grain(&self, table: &str, steps: usize) -> usize {
        self.noted.borrow_mut().coarser.insert(table.to_owned(), steps);
        self.grains.get(table).copied().unwrap_or(0)
    }

    fn fault(&self, message: String) {
        self.noted.borrow_mut().faults.insert(message);
    }
}
