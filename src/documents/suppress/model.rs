//! The figures of public papers and what holds between them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::pipeline::SmallNumbers;

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Model {
    /// Every figure, by its key.
    pub cells: BTreeMap<String, Cell>,
    /// What holds between them.
    pub equations: BTreeSet<Equation>,
    /// What is too small to be shown, and what a hidden figure must still leave open.
    pub rule: SmallNumbers,
}

impl Model {
    /// A hash over all of it.
    pub(super) fn fingerprint(&self) -> String {
        crate::sha256(&serde_json::to_vec(self).unwrap_or_default())
    }

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
    /// The rule by which that was decided.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub rule: SmallNumbers,
}

fn is_usual(rule: &SmallNumbers) -> bool {
    *rule == SmallNumbers::default()
}

impl Past {
    /// What is known after another paper: what an earlier one shows or hides stays so.
    pub(super) fn then(&self, later: State, rule: SmallNumbers) -> Self {
        let (state, rule) = match self.state {
            State::Untold => (later, rule),
            told => (told, self.rule),
        };
        Self { state, rule, ..self.clone() }
    }
}

/// All that public papers have printed so far. It holds the true values: it is never printed itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The figures, by key and value.
    pub figures: Vec<Past>,
    /// What holds between them: places in `figures`.
    pub equations: Vec<Balance>,
    /// The papers, in order.
    #[serde(default)]
    pub papers: Vec<Paper>,
    /// The runs whose papers are in it.
    #[serde(default)]
    pub runs: BTreeSet<String>,
}

/// A paper as it was decided: one that has the same to say says it in the same way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// The hash of its figures and what holds between them.
    pub model: String,
    /// How coarse its tables are.
    pub grains: BTreeMap<String, usize>,
    /// The tables and sentences that it leaves out.
    pub left_out: BTreeSet<String>,
    /// The places of the figures that it shows.
    pub shown: BTreeSet<usize>,
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

    /// Takes in what other papers have printed. What one of them shows is known.
    pub fn merge(&mut self, other: &Self) {
        let known: BTreeMap<(String, usize), usize> = self.places();
        let mut places = Vec::new();
        for past in &other.figures {
            match known.get(&(past.key.clone(), past.value)) {
                Some(place) => {
                    let here = &mut self.figures[*place];
                    if here.state == State::Untold || past.state == State::Shown {
                        here.clone_from(past);
                    }
                    places.push(*place);
                }
                None => {
                    places.push(self.figures.len());
                    self.figures.push(past.clone());
                }
            }
        }
        let moved = |old: &[usize]| -> Vec<usize> { old.iter().map(|place| places[*place]).collect() };
        let there: BTreeSet<Balance> = self.equations.iter().cloned().collect();
        let equations = other.equations.iter().map(|balance| Balance {
            whole: moved(&balance.whole),
            parts: moved(&balance.parts),
            least: balance.least,
        });
        self.equations.extend(equations.filter(|balance| !there.contains(balance)));
        for paper in &other.papers {
            let shown = paper.shown.iter().map(|place| places[*place]).collect();
            let paper = Paper { shown, ..paper.clone() };
            if !self.papers.contains(&paper) {
                self.papers.push(paper);
            }
        }
        self.runs.extend(other.runs.iter().cloned());
    }

    /// The place of each figure by what it counts and its value.
    fn places(&self) -> BTreeMap<(String, usize), usize> {
        self.figures.iter().enumerate().map(|(place, past)| ((past.key.clone(), past.value), place)).collect()
    }

    /// The figures at these places, by their keys.
    pub(super) fn at(&self, places: BTreeMap<String, usize>) -> BTreeMap<String, Past> {
        places.into_iter().map(|(key, place)| (key, self.figures[place].clone())).collect()
    }

    /// Takes in the figures of another paper and tells the place of each. A figure is the same as an
    /// earlier one if it counts the same and its value has not changed since; what was told of it then
    /// stays told, what was hidden stays hidden. An equation that the values do not fulfil leads nobody to
    /// anything true, and is left out.
    pub(super) fn take(&mut self, model: &Model, state: impl Fn(&Cell) -> State) -> BTreeMap<String, usize> {
        let mut places = BTreeMap::new();
        let known = self.places();
        for cell in model.cells.values() {
            let found = known.get(&(cell.key.clone(), cell.value)).copied();
            let place = match found {
                Some(place) => {
                    self.figures[place] = self.figures[place].then(state(cell), model.rule);
                    place
                }
                None => {
                    self.figures.push(Past {
                        key: cell.key.clone(),
                        value: cell.value,
                        state: state(cell),
                        rule: model.rule,
                    });
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
