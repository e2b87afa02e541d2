//! The figures of public papers and what holds between them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// What readers of the papers so far know of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its value.
    Shown,
    /// That a paper has it and does not show it: they know that it is not 0.
    Hidden,
    /// Nothing: no paper prints it. It can matter all the same, as a part of something that is printed.
    Untold,
}

/// A figure of a paper that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// What it counts, dates and all: the same words for the same thing wherever it is printed.
    pub key: String,
    /// Its value.
    pub value: usize,
    /// The tables and sentences that print it; none if it only follows from others.
    pub places: BTreeSet<String>,
    /// Whether everybody knows it anyhow, such as the number of practices of a place.
    pub known: bool,
}

/// What holds between figures: the first adds up to the others. With `least`, the others are not all there
/// is: the first is at least as large.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Equation {
    /// The whole, as terms that add up to it.
    pub whole: Vec<String>,
    /// Its parts.
    pub parts: Vec<String>,
    /// Whether the whole may be more than the sum of its parts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub least: bool,
}

/// The figures of one paper.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    /// Every figure, by its key.
    pub cells: BTreeMap<String, Cell>,
    /// What holds between them.
    pub equations: BTreeSet<Equation>,
}

impl Model {
    /// Figures that are reckoned with and were never counted.
    pub(super) fn loose_ends(&self) -> Vec<String> {
        let keys = self.equations.iter().flat_map(|e| e.whole.iter().chain(&e.parts));
        keys.filter(|key| !self.cells.contains_key(*key))
            .map(|key| format!("the figure `{key}` is reckoned with and was never counted"))
            .collect()
    }
}

/// A figure that public papers printed, hid, or made it possible to reckon with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// What it counts.
    pub key: String,
    /// Its value.
    pub value: usize,
    /// What readers know of it.
    pub state: State,
}

/// All that public papers have printed so far. It holds the true values: it is never printed itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The figures, by key and value.
    pub figures: Vec<Past>,
    /// What holds between them: places in `figures`.
    pub equations: Vec<Balance>,
}

/// What holds between figures, each by its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Balance {
    /// The whole, as terms that add up to it.
    pub whole: Vec<usize>,
    /// Its parts.
    pub parts: Vec<usize>,
    /// Whether the whole may be more than the sum of its parts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub least: bool,
}

impl Published {
    /// Whether nothing has been published.
    pub fn is_empty(&self) -> bool {
        self.figures.is_empty()
    }

    /// Takes in the figures of another paper and tells the place of each. A figure is the same as an
    /// earlier one if it counts the same and its value has not changed since; what was told of it then
    /// stays told, what was hidden stays hidden. An equation that the values do not fulfil leads nobody to
    /// anything true, and is left out.
    pub(super) fn take(&mut self, model: &Model, state: impl Fn(&Cell) -> State) -> BTreeMap<String, usize> {
        let mut places = BTreeMap::new();
        let known: BTreeMap<(String, usize), usize> =
            self.figures.iter().enumerate().map(|(place, p)| ((p.key.clone(), p.value), place)).collect();
        for cell in model.cells.values() {
            let found = known.get(&(cell.key.clone(), cell.value)).copied();
            let place = match found {
                Some(place) => {
                    let past = &mut self.figures[place].state;
                    *past = past.then(state(cell));
                    place
                }
                None => {
                    let past = Past { key: cell.key.clone(), value: cell.value, state: state(cell) };
                    self.figures.push(past);
                    self.figures.len() - 1
                }
            };
            places.insert(cell.key.clone(), place);
        }
        let mut there: BTreeSet<Balance> = self.equations.iter().cloned().collect();
        for equation in &model.equations {
            let at =
                |keys: &[String]| keys.iter().map(|k| places.get(k).copied()).collect::<Option<Vec<_>>>();
            let (Some(whole), Some(parts)) = (at(&equation.whole), at(&equation.parts)) else { continue };
            let sum = |places: &[usize]| places.iter().map(|p| self.figures[*p].value).sum::<usize>();
            let (whole_sum, parts_sum) = (sum(&whole), sum(&parts));
            let balance = Balance { whole, parts, least: equation.least };
            let holds = if equation.least { whole_sum >= parts_sum } else { whole_sum == parts_sum };
            if holds && there.insert(balance.clone()) {
                self.equations.push(balance);
            }
        }
        places
    }
}

impl State {
    /// What is known after two papers: what an earlier one shows or hides stays so.
    pub(super) fn then(self, later: State) -> State {
        match self {
            State::Untold => later,
            told => told,
        }
    }
}
