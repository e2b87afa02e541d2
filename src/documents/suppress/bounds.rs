//! What a hidden count could be for somebody who knows everything that is printed and how it belongs
//! together.
//!
//! The reader is taken to know more than most do: which counts are hidden because they are small (so each
//! is 1 to 4, or as the pipeline has it) and which only because of others (so each is more). A value is possible if the unknown
//! counts can be filled in with whole numbers so that every equation holds; the search below gives such a
//! filling or none. It starts from the true values and repairs one equation after another, so it never says
//! that a value is possible when it is not. It gives up after a fixed number of steps, in which case a count
//! is taken to be narrower than it may be, and more is hidden: that errs on the safe side, and in the same
//! way on every machine.

use std::collections::BTreeSet;

use super::VALUES;
use super::model::{Past, Published, State};

/// Steps after which the search for one value gives up.
const STEPS: usize = 2_000;

/// More than any count.
const ANY: i64 = i64::MAX / 4;

/// One equation: the sum of `plus` less that of `minus` is nothing.
struct Line {
    plus: Vec<usize>,
    minus: Vec<usize>,
}

/// The unknowns, what each could be, and the equations between them.
pub(super) struct Bounds {
    values: Vec<i64>,
    /// The least and greatest value of each; equal ones if it is known.
    domains: Vec<(i64, i64)>,
    lines: Vec<Line>,
    /// The lines in which each stands, and with which sign.
    stands_in: Vec<Vec<(usize, i64)>>,
    /// How far apart the least and the greatest value of each must be.
    ranges: Vec<i64>,
}

impl Bounds {
    /// The system of what has been published.
    pub(super) fn of(published: &Published) -> Self {
        let mut values: Vec<i64> = published.figures.iter().map(|f| whole(f.value)).collect();
        let mut domains: Vec<(i64, i64)> = published.figures.iter().map(domain).collect();
        let ranges = published.figures.iter().map(|f| whole(f.rule.least_range)).collect();
        let mut lines = Vec::new();
        for balance in &published.equations {
            let (plus, mut minus) = (balance.whole.clone(), balance.parts.clone());
            if balance.least {
                // What the whole has more than its parts: an unknown of its own.
                let sum = |places: &[usize]| places.iter().map(|p| values[*p]).sum::<i64>();
                let more = sum(&plus) - sum(&minus);
                minus.push(values.len());
                values.push(more);
                domains.push((0, ANY));
            }
            lines.push(Line { plus, minus });
        }
        let mut stands_in = vec![Vec::new(); values.len()];
        for (index, line) in lines.iter().enumerate() {
            line.plus.iter().for_each(|place| stands_in[*place].push((index, 1)));
            line.minus.iter().for_each(|place| stands_in[*place].push((index, -1)));
        }
        Self { values, domains, lines, stands_in, ranges }
    }

    /// Takes note that something else is known of a figure now.
    pub(super) fn set(&mut self, place: usize, figure: &Past) {
        self.domains[place] = domain(figure);
        self.ranges[place] = whole(figure.rule.least_range);
    }

    /// Whether a count could be enough different values. If so, the places of all the counts that would
    /// have to be others than they are: as long as these stay unknown, it stays so.
    pub(super) fn width_rests_on(&self, place: usize) -> Option<BTreeSet<usize>> {
        let (truth, range) = (self.values[place], self.ranges[place]);
        let mut found = vec![truth];
        let mut rests_on = BTreeSet::from([place]);
        for distance in 1..=range {
            for value in [truth - distance, truth + distance] {
                if let Some(changed) = self.possible(place, value) {
                    found.push(value);
                    rests_on.extend(changed);
                }
                if wide(&found, range) {
                    return Some(rests_on);
                }
            }
        }
        None
    }

    /// The counts that stand in an equation with one of these, and are not among them.
    pub(super) fn beside(&self, places: &BTreeSet<usize>) -> BTreeSet<usize> {
        let lines = places.iter().flat_map(|place| &self.stands_in[*place]);
        let all = lines.flat_map(|(line, _)| self.lines[*line].plus.iter().chain(&self.lines[*line].minus));
        all.copied().filter(|place| !places.contains(place)).collect()
    }

    /// Whether a count is not known for certain by itself.
    pub(super) fn is_open(&self, place: usize) -> bool {
        self.domains[place].0 < self.domains[place].1
    }

    /// The counts that have to be others for one of them to be this value; none if it was not found to be
    /// possible.
    fn possible(&self, place: usize, value: i64) -> Option<Vec<usize>> {
        let (least, most) = self.domains[place];
        if !(least..=most).contains(&value) {
            return None;
        }
        let mut search = Search {
            bounds: self,
            now: self.values.clone(),
            changed: Vec::new(),
            settled: vec![false; self.values.len()],
            residuals: vec![0; self.lines.len()],
            touched: Vec::new(),
            steps: 0,
            range: self.ranges[place],
        };
        search.change(place, value - self.values[place]);
        search.repair().then_some(search.changed)
    }
}

/// The search for a filling in which every equation holds.
struct Search<'b> {
    bounds: &'b Bounds,
    now: Vec<i64>,
    changed: Vec<usize>,
    settled: Vec<bool>,
    residuals: Vec<i64>,
    touched: Vec<usize>,
    steps: usize,
    /// How far a value has to go.
    range: i64,
}

impl Search<'_> {
    fn change(&mut self, place: usize, by: i64) {
        self.now[place] += by;
        self.settled[place] = true;
        self.changed.push(place);
        for (line, sign) in &self.bounds.stands_in[place] {
            self.residuals[*line] += sign * by;
            self.touched.push(*line);
        }
    }

    fn take_back(&mut self, place: usize, by: i64) {
        let lines = &self.bounds.stands_in[place];
        for (line, sign) in lines {
            self.residuals[*line] -= sign * by;
        }
        self.touched.truncate(self.touched.len() - lines.len());
        self.changed.pop();
        self.settled[place] = false;
        self.now[place] -= by;
    }

    /// Makes every line that was touched hold again, by changing counts that were not changed yet.
    fn repair(&mut self) -> bool {
        self.steps += 1;
        if self.steps > STEPS {
            return false;
        }
        let broken = self.touched.iter().copied().find(|line| self.residuals[*line] != 0);
        let Some(line) = broken else { return true };
        let residual = self.residuals[line];
        for (place, sign) in self.free(line) {
            // `sign` times the change must take the residual away; a later step takes what is left of it.
            let wanted = -residual * sign;
            let (least, most) = self.bounds.domains[place];
            let most = wanted.clamp(least - self.now[place], most - self.now[place]);
            for by in parts(most, wanted, self.range) {
                self.change(place, by);
                if self.repair() {
                    return true;
                }
                self.take_back(place, by);
                if self.steps > STEPS {
                    return false;
                }
            }
        }
        false
    }

    /// The counts of a line that may still change, with their sign in it: first those that stand in the
    /// fewest others.
    fn free(&self, line: usize) -> Vec<(usize, i64)> {
        let Line { plus, minus } = &self.bounds.lines[line];
        let all = plus.iter().map(|p| (*p, 1)).chain(minus.iter().map(|p| (*p, -1)));
        let mut out: Vec<(usize, i64)> =
            all.filter(|(place, _)| !self.settled[*place] && self.bounds.is_open(*place)).collect();
        out.sort_by_key(|(place, _)| (self.bounds.stands_in[*place].len(), *place));
        out
    }
}

/// The changes to try: all that can be had first, then less and less of it, as far as it matters.
fn parts(most: i64, wanted: i64, range: i64) -> Vec<i64> {
    if most == 0 || most.signum() != wanted.signum() {
        return Vec::new();
    }
    (1..=most.abs()).rev().take(2 * range as usize).map(|size| size * most.signum()).collect()
}

fn wide(values: &[i64], range: i64) -> bool {
    let (least, most) = (values.iter().min(), values.iter().max());
    let width = most.zip(least).map_or(0, |(most, least)| most - least);
    values.len() >= VALUES && width >= range
}

/// What somebody who knows why it is hidden takes a count for.
fn domain(figure: &Past) -> (i64, i64) {
    let (value, up_to) = (whole(figure.value), whole(figure.rule.hidden_up_to));
    match figure.state {
        State::Shown => (value, value),
        State::Hidden if value <= up_to => (1, up_to),
        State::Hidden => (up_to + 1, ANY),
        State::Untold => (0, ANY),
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(ANY)
}
