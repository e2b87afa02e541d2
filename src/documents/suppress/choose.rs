//! Which counts a public paper does not show, and which tables it leaves out.

use std::collections::{BTreeMap, BTreeSet};

use super::bounds::Bounds;
use super::model::{Cell, Model, Paper, Past, Published, State};
use crate::pipeline::SmallNumbers;

/// What a public paper shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    states: BTreeMap<String, Past>,
    left_out: BTreeSet<String>,
    /// All that is known once it is published.
    pub published: Published,
}

impl Verdict {
    /// What is told of a figure; none if the verdict was not made for it.
    pub fn of(&self, key: &str) -> Option<State> {
        self.states.get(key).map(|figure| figure.state)
    }

    /// The rule by which it was decided whether a figure is shown.
    pub(super) fn rule_of(&self, key: &str) -> Option<SmallNumbers> {
        self.states.get(key).map(|figure| figure.rule)
    }

    /// Whether a table or sentence is left out because nothing can be said in it.
    pub fn leaves_out(&self, place: &str) -> bool {
        self.left_out.contains(place)
    }

    /// What was decided about a paper before, if it was about one with these figures.
    pub(super) fn as_before(
        model: &Model,
        grains: &BTreeMap<String, usize>,
        earlier: &Published,
    ) -> Option<Self> {
        let fingerprint = model.fingerprint();
        let paper = earlier.papers.iter().rfind(|p| p.model == fingerprint && p.grains == *grains)?;
        let mut published = earlier.clone();
        let places = published.take(model, |_| State::Untold);
        let mut states = BTreeMap::new();
        for (key, place) in places {
            let past = &published.figures[place];
            let state = match past.state {
                // A later paper may show what this one did not.
                State::Shown if !paper.shown.contains(&place) => State::Untold,
                state => state,
            };
            states.insert(key, Past { state, ..past.clone() });
        }
        Some(Self { states, left_out: paper.left_out.clone(), published })
    }

    /// Notes the paper among those that are published.
    pub(super) fn note(&mut self, model: &Model, grains: &BTreeMap<String, usize>) {
        let places = self.published.take(model, |_| State::Untold);
        let shown =
            places.values().copied().filter(|place| self.published.figures[*place].state == State::Shown);
        self.published.papers.push(Paper {
            model: model.fingerprint(),
            grains: grains.clone(),
            left_out: self.left_out.clone(),
            shown: shown.collect(),
        });
    }

    /// Hides every figure that is not known to everybody.
    #[cfg(test)]
    pub(super) fn silent(model: &Model) -> Self {
        let state = |cell: &Cell| if cell.known { State::Shown } else { State::Hidden };
        let mut published = Published::default();
        let places = published.take(model, state);
        Self { states: published.at(places), ..Self::default() }
    }

    /// How many figures of a table that are not 0 are shown, and how many there are.
    pub fn shown_of(&self, model: &Model, place: &str) -> (usize, usize) {
        let cells = model.cells.values().filter(|c| c.places.contains(place) && c.value > 0 && !c.known);
        let shown: Vec<bool> =
            cells.map(|c| !self.leaves_out(place) && self.of(&c.key) == Some(State::Shown)).collect();
        (shown.iter().filter(|s| **s).count(), shown.len())
    }
}

/// Decides what of a paper is shown: small counts are hidden, and then more, one after another, until
/// each hidden count could be enough different values for somebody who has this paper and all earlier ones.
/// Where hiding cannot reach that, a table is left out.
pub fn choose(model: &Model, earlier: &Published) -> Verdict {
    let mut choice = Choice::new(model, earlier);
    // What could be many things still can when more is hidden: nothing is looked at twice.
    while let Some(narrow) = choice.narrow() {
        if let Some(place) = choice.next_to_hide(narrow) {
            choice.hide(place, true);
        } else if let Some(table) = choice.next_to_leave_out(narrow) {
            choice.leave_out(table);
        } else {
            choice.wide.insert(narrow, BTreeSet::new());
        }
    }
    choice.show_again();
    let Choice { published, places, left_out, .. } = choice;
    Verdict { states: published.at(places), left_out, published }
}

struct Choice<'m> {
    rule: SmallNumbers,
    earlier: &'m Published,
    /// The earlier papers and this one, as it is told so far.
    published: Published,
    places: BTreeMap<String, usize>,
    /// The figures of this paper by their place.
    cells: BTreeMap<usize, &'m Cell>,
    /// The figures that are the sum of others.
    wholes: BTreeSet<&'m str>,
    bounds: Bounds,
    hidden: BTreeSet<usize>,
    left_out: BTreeSet<String>,
    /// Figures that could be enough different values, with what that rests on. Those that the earlier papers
    /// alone give away are among them: nothing in this one can help them.
    wide: BTreeMap<usize, BTreeSet<usize>>,
}

impl<'m> Choice<'m> {
    fn new(model: &'m Model, earlier: &'m Published) -> Self {
        let rule = model.rule;
        let before = Bounds::of(earlier);
        let beyond_help =
            protected(earlier, rule).into_iter().filter(|place| before.width_rests_on(*place).is_none());
        let wide = beyond_help.map(|place| (place, BTreeSet::new())).collect();
        let mut published = earlier.clone();
        let places = published.take(model, |cell| first_state(cell, rule));
        let cells = model.cells.values().map(|cell| (places[&cell.key], cell)).collect();
        let wholes = model.equations.iter().filter(|e| !e.least);
        let wholes = wholes.flat_map(|e| &e.whole).map(String::as_str).collect();
        let bounds = Bounds::of(&published);
        let (hidden, left_out) = (BTreeSet::new(), BTreeSet::new());
        Self { rule, earlier, published, places, cells, wholes, bounds, hidden, left_out, wide }
    }

    /// Tells a figure as it is decided now.
    fn tell(&mut self, place: usize) {
        let Some(cell) = self.cells.get(&place) else { return };
        let now = if !cell.known && cell.places.iter().all(|table| self.left_out.contains(table)) {
            State::Untold
        } else if self.hidden.contains(&place) {
            State::Hidden
        } else {
            first_state(cell, self.rule)
        };
        let before = self.earlier.figures.get(place);
        let figure = &mut self.published.figures[place];
        *figure = match before {
            Some(past) => past.then(now, self.rule),
            None => Past { state: now, ..figure.clone() },
        };
        self.bounds.set(place, figure);
    }

    fn hide(&mut self, place: usize, hide: bool) {
        if hide {
            self.hidden.insert(place)
        } else {
            self.hidden.remove(&place)
        };
        self.tell(place);
    }

    fn leave_out(&mut self, table: String) {
        let cells = self.cells.iter().filter(|(_, cell)| cell.places.contains(&table));
        let places: Vec<usize> = cells.map(|(place, _)| *place).collect();
        self.left_out.insert(table);
        places.into_iter().for_each(|place| self.tell(place));
    }

    /// The first figure whose value can be worked out too closely.
    fn narrow(&mut self) -> Option<usize> {
        for place in protected(&self.published, self.rule) {
            if self.wide.contains_key(&place) {
                continue;
            }
            match self.bounds.width_rests_on(place) {
                Some(rests_on) => self.wide.insert(place, rests_on),
                None => return Some(place),
            };
        }
        None
    }

    /// The figure to hide next: the nearest to the one that is too narrow; what a sentence tells of its
    /// own last, parts before totals, the smallest first. A 0 is never hidden: it tells of nobody.
    fn next_to_hide(&self, narrow: usize) -> Option<usize> {
        let mut seen = BTreeSet::from([narrow]);
        loop {
            let beside = self.bounds.beside(&seen);
            let best = beside
                .iter()
                .filter_map(|place| {
                    let cell = self.cells.get(place)?;
                    let told = self.earlier.figures.get(*place).is_some_and(|p| p.state == State::Shown);
                    let shown = self.published.figures[*place].state == State::Shown;
                    let may = shown && cell.value > 0 && !told && !cell.known;
                    let whole = self.wholes.contains(cell.key.as_str());
                    may.then(|| (cell.places.contains(&cell.key), whole, cell.value, &cell.key, *place))
                })
                .min();
            if let Some((.., place)) = best {
                return Some(place);
            }
            let length = seen.len();
            seen.extend(beside.into_iter().filter(|place| self.bounds.is_open(*place)));
            if seen.len() == length {
                return None;
            }
        }
    }

    /// The table to leave out next: of those that have to do with the figure the one that loses least by
    /// it; a sentence only after the tables.
    fn next_to_leave_out(&self, narrow: usize) -> Option<String> {
        let mut seen = BTreeSet::from([narrow]);
        let mut length = 0;
        while seen.len() > length {
            length = seen.len();
            let beside = self.bounds.beside(&seen).into_iter();
            seen.extend(beside.filter(|place| self.bounds.is_open(*place)));
        }
        let tables: BTreeSet<&String> = (seen.iter().filter_map(|place| self.cells.get(place)))
            .flat_map(|cell| &cell.places)
            .filter(|table| !self.left_out.contains(*table))
            .collect();
        let loss = |table: &String| {
            let cells: Vec<_> = self.cells.iter().filter(|(_, cell)| cell.places.contains(table)).collect();
            let shown = |place: &usize| self.published.figures[*place].state == State::Shown;
            (cells.iter().filter(|(place, cell)| cell.value > 0 && shown(place)).count(), cells.len() == 1)
        };
        tables.into_iter().min_by_key(|table| (loss(table), (*table).clone())).cloned()
    }

    /// Takes back what was hidden and need not have been: first what a sentence tells, then the largest.
    fn show_again(&mut self) {
        let mut hidden: Vec<usize> = self.hidden.iter().copied().collect();
        let told = |place: &usize| self.cells.get(place).is_some_and(|cell| cell.places.contains(&cell.key));
        hidden.sort_by_key(|place| std::cmp::Reverse((told(place), self.published.figures[*place].value)));
        for place in hidden {
            if self.hidden.contains(&place) {
                self.try_to_show(place);
            }
        }
    }

    /// Shows a figure again, and with it those that were hidden for it and would be too narrow alone. If a
    /// small count became too narrow by that, all stay hidden.
    fn try_to_show(&mut self, place: usize) {
        let mut shown = vec![place];
        let mut again: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        self.hide(place, false);
        let mut at = 0;
        while let Some(next) = shown.get(at).copied() {
            at += 1;
            let resting = self.wide.iter().filter(|(_, rests_on)| rests_on.contains(&next));
            let resting = resting.map(|(other, _)| *other).chain(again.keys().copied());
            let others: BTreeSet<usize> = resting.filter(|other| !shown.contains(other)).collect();
            for other in others {
                match self.bounds.width_rests_on(other) {
                    Some(rests_on) => {
                        again.insert(other, rests_on);
                    }
                    None if self.hidden.contains(&other) => {
                        self.hide(other, false);
                        shown.push(other);
                        again.remove(&other);
                    }
                    None => {
                        shown.into_iter().for_each(|place| self.hide(place, true));
                        return;
                    }
                }
            }
        }
        self.wide.extend(again);
        // What is shown has nothing left to protect.
        shown.iter().for_each(|place| _ = self.wide.remove(place));
    }
}

/// What is told of a figure before more is hidden.
fn first_state(cell: &Cell, rule: SmallNumbers) -> State {
    if cell.known {
        State::Shown
    } else if cell.places.is_empty() {
        State::Untold
    } else if rule.hides(cell.value) {
        State::Hidden
    } else {
        State::Shown
    }
}

/// The figures that nobody may work out: the hidden ones, and small ones that only follow from others.
fn protected(published: &Published, rule: SmallNumbers) -> Vec<usize> {
    let figures = published.figures.iter().enumerate();
    figures
        .filter(|(_, f)| f.state == State::Hidden || (f.state == State::Untold && rule.hides(f.value)))
        .map(|(place, _)| place)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::model::Equation;
    use super::*;

    /// A model of rows of counts that add up to a total, each with its total.
    fn model(rows: &[(&str, &[usize], Option<usize>)]) -> Model {
        let mut model = Model::default();
        for (name, counts, total) in rows {
            let cell = |key: String, value: usize, known: bool| Cell {
                places: [(*name).to_owned()].into(),
                key,
                value,
                known,
            };
            let parts: Vec<String> = (0..counts.len()).map(|i| format!("{name}/{i}")).collect();
            for (key, value) in parts.iter().zip(*counts) {
                model.cells.insert(key.clone(), cell(key.clone(), *value, false));
            }
            if let Some(known) = total {
                let key = format!("{name}/all");
                model.cells.insert(key.clone(), cell(key.clone(), *known, true));
                model.equations.insert(Equation { whole: vec![key], parts, least: false });
            }
        }
        model
    }

    fn shown(model: &Model, verdict: &Verdict, name: &str, length: usize) -> Vec<Option<usize>> {
        (0..length)
            .map(|i| format!("{name}/{i}"))
            .map(|key| (verdict.of(&key) == Some(State::Shown)).then(|| model.cells[&key].value))
            .collect()
    }

    #[test]
    fn a_small_count_takes_another_with_it_that_is_large_enough() {
        let row = |counts: &[usize]| {
            let model = model(&[("row", counts, Some(counts.iter().sum()))]);
            let verdict = choose(&model, &Published::default());
            (shown(&model, &verdict, "row", counts.len()), verdict.leaves_out("row"))
        };
        assert_eq!(row(&[0, 12, 40]), (vec![Some(0), Some(12), Some(40)], false));
        assert_eq!(row(&[2, 12, 40, 106]), (vec![None, None, Some(40), Some(106)], false));
        // 2 + 5: whoever knows that 5 is no small count would know that the other is 1 or 2.
        assert_eq!(row(&[2, 5, 40, 106]), (vec![None, Some(5), None, Some(106)], false));
        assert_eq!(row(&[1, 1, 1, 1, 192]), (vec![None; 5], false));
        assert_eq!(row(&[2, 194]), (vec![None, None], false));
        assert_eq!(row(&[3, 4, 40]), (vec![None, None, None], false));
        // Nothing else can be hidden: the table goes.
        assert_eq!(row(&[3, 0, 0]), (vec![None; 3], true));
    }

    #[test]
    fn an_earlier_paper_that_hid_a_count_is_not_betrayed_by_a_later_one() {
        // July hid the only visit of the first quarter; October has 13 in the second and 14 in the year.
        let july = model(&[("q1", &[1], None)]);
        let earlier = choose(&july, &Published::default()).published;
        let mut october = model(&[("q2", &[13], None), ("year", &[14], None)]);
        let q1 = Cell { key: "q1/0".to_owned(), value: 1, places: BTreeSet::new(), known: false };
        october.cells.insert(q1.key.clone(), q1);
        october.equations.insert(Equation {
            whole: vec!["year/0".to_owned()],
            parts: vec!["q1/0".to_owned(), "q2/0".to_owned()],
            least: false,
        });
        let verdict = choose(&october, &earlier);
        let told = [verdict.of("q2/0"), verdict.of("year/0")];
        assert_eq!(told.iter().filter(|s| **s == Some(State::Shown)).count(), 1, "{told:?}");
    }

    #[test]
    fn what_an_earlier_paper_hid_stays_hidden_and_what_it_showed_stays_shown() {
        let row: &[usize] = &[2, 12, 40, 106];
        let first = choose(&model(&[("row", row, Some(160))]), &Published::default());
        let again = choose(&model(&[("row", row, None)]), &first.published);
        for i in 0..4 {
            let key = format!("row/{i}");
            assert_eq!(first.of(&key), again.of(&key), "{key}");
        }
    }
}
