//! Which numbers of a column conditions claim: the gaps and overlaps between rules that share a column.
//!
//! Conditions are tried on made-up rows: on each number that they hold, and between these, with every
//! combination of what else they speak of.

use std::collections::{BTreeMap, BTreeSet};

use super::Condition;
use super::check::{Comparison, Node};

/// Numbers next to each other that are treated alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The lower end, and whether it belongs to the range; none if there is no lower end.
    pub from: Option<(f64, bool)>,
    /// The upper end, and whether it belongs to the range; none if there is no upper end.
    pub to: Option<(f64, bool)>,
}

impl Range {
    /// The range in words.
    pub fn words(&self) -> String {
        let number = crate::wording::number;
        match (self.from, self.to) {
            (Some((from, _)), Some((to, _))) if from == to => number(from),
            (Some((from, true)), Some((to, true))) => format!("from {} to {}", number(from), number(to)),
            (Some((from, true)), Some((to, false))) => {
                format!("from {} to below {}", number(from), number(to))
            }
            (Some((from, false)), Some((to, true))) => {
                format!("above {} and up to {}", number(from), number(to))
            }
            (Some((from, false)), Some((to, false))) => {
                format!("above {} and below {}", number(from), number(to))
            }
            (Some((from, true)), None) => format!("from {} on", number(from)),
            (Some((from, false)), None) => format!("above {}", number(from)),
            (None, Some((to, true))) => format!("up to {}", number(to)),
            (None, Some((to, false))) => format!("below {}", number(to)),
            (None, None) => "any".to_owned(),
        }
    }
}

/// A rule as far as its numbers go.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'c> {
    /// What must be true of a row; always true if there is nothing.
    pub condition: Option<&'c Condition>,
    /// Whether it gives way to every other rule.
    pub last: bool,
}

/// What nobody claims, and what two claim.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Coverage {
    /// Numbers that meet no claim though those around them do.
    pub gaps: Vec<Range>,
    /// Numbers that meet two claims, by their places.
    pub overlaps: Vec<(usize, usize, Range)>,
}

/// The most made-up rows that conditions are tried on.
const MOST: usize = 100_000;

impl Condition {
    /// The columns that are compared with numbers, and those numbers.
    pub fn divided(&self) -> BTreeMap<&str, Vec<f64>> {
        let mut found = Found::default();
        found.look(&self.node);
        found.numbers
    }
}

/// How the claims divide the numbers of a column, between its smallest and its largest; nothing if they do
/// more with it than compare it with numbers, or speak of too much else.
pub fn coverage(claims: &[Claim<'_>], column: &str, limits: (Option<f64>, Option<f64>)) -> Coverage {
    let mut found = Found::default();
    claims.iter().filter_map(|c| c.condition).for_each(|c| found.look(&c.node));
    let bounds = found.numbers.remove(column).unwrap_or_default();
    if found.opaque.iter().any(|node| speaks_of(node, column)) {
        return Coverage::default();
    }
    let parts = regions(&bounds, limits);
    let mut out = Coverage::default();
    for world in found.worlds(parts.len()) {
        let met: Vec<Vec<usize>> = parts
            .iter()
            .map(|region| {
                let row = Row { column, number: region.sample, world: &world };
                (0..claims.len()).filter(|i| row.meets(&claims[*i])).collect()
            })
            .collect();
        let of_column = |i: usize| claims[i].condition.is_some_and(|c| speaks_of(&c.node, column));
        let rules: BTreeSet<usize> = met.iter().flatten().copied().filter(|i| of_column(*i)).collect();
        if rules.len() < 2 {
            continue;
        }
        for run in runs(&met, |met| met.is_empty()) {
            let (first, last) = (run.0, run.1);
            let between = met[..first].iter().any(|m| !m.is_empty()) && last + 1 < met.len();
            let named = parts[first..=last].iter().any(|r| r.range.from == r.range.to);
            if between || named {
                add(&mut out.gaps, joined(&parts[first].range, &parts[last].range));
            }
        }
        for (place, one) in rules.iter().enumerate() {
            for other in rules.iter().skip(place + 1).filter(|o| !claims[*one].last && !claims[**o].last) {
                for (first, last) in runs(&met, |met| met.contains(one) && met.contains(other)) {
                    let range = joined(&parts[first].range, &parts[last].range);
                    add(&mut out.overlaps, (*one, *other, range));
                }
            }
        }
    }
    out
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

fn joined(first: &Range, last: &Range) -> Range {
    Range { from: first.from, to: last.to }
}

/// The runs of neighbours for which something is true: first and last place of each.
pub(super) fn runs<T>(list: &[T], is: impl Fn(&T) -> bool) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    for place in (0..list.len()).filter(|place| is(&list[*place])) {
        match out.last_mut() {
            Some((_, last)) if *last + 1 == place => *last = place,
            _ => out.push((place, place)),
        }
    }
    out
}

/// Numbers that conditions cannot tell apart, and one of them.
struct Region {
    range: Range,
    sample: f64,
}

/// Each number that stands in a condition, and what lies between them.
fn regions(bounds: &[f64], (least, most): (Option<f64>, Option<f64>)) -> Vec<Region> {
    let mut bounds = bounds.to_vec();
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    let mut out = Vec::new();
    let mut below: Option<f64> = None;
    for bound in bounds {
        let sample = below.map_or(bound - 1.0, |below| f64::midpoint(below, bound));
        let range = Range { from: below.map(|b| (b, false)), to: Some((bound, false)) };
        out.push(Region { range, sample });
        out.push(Region {
            range: Range { from: Some((bound, true)), to: Some((bound, true)) },
            sample: bound,
        });
        below = Some(bound);
    }
    if let Some(last) = below {
        out.push(Region { range: Range { from: Some((last, false)), to: None }, sample: last + 1.0 });
    }
    let outside = |region: &Region| {
        let below = least.is_some_and(|least| {
            region.range.to.is_some_and(|(to, within)| to < least || (to == least && !within))
        });
        let above = most.is_some_and(|most| {
            region.range.from.is_some_and(|(from, within)| from > most || (from == most && !within))
        });
        below || above
    };
    out.retain(|region| !outside(region));
    out
}

/// What conditions speak of.
#[derive(Default)]
struct Found<'c> {
    /// Numbers that a column is compared with.
    numbers: BTreeMap<&'c str, Vec<f64>>,
    /// Texts that a column is compared with.
    texts: BTreeMap<&'c str, BTreeSet<&'c str>>,
    /// Whatever else is true or false.
    opaque: Vec<&'c Node>,
}

/// One made-up row but for the column in question.
#[derive(Default, Clone)]
struct World<'c> {
    numbers: BTreeMap<&'c str, f64>,
    texts: BTreeMap<&'c str, Option<&'c str>>,
    opaque: Vec<(&'c Node, bool)>,
}

impl<'c> Found<'c> {
    fn look(&mut self, node: &'c Node) {
        match node {
            Node::And(left, right) | Node::Or(left, right) => {
                self.look(left);
                self.look(right);
            }
            Node::Not(inner) => self.look(inner),
            Node::Truth(_) => {}
            Node::Compare(left, _, right) => match (&**left, &**right) {
                (Node::Column(name), Node::Number(number)) | (Node::Number(number), Node::Column(name)) => {
                    self.numbers.entry(name).or_default().push(*number);
                }
                (Node::Column(name), Node::Text(text)) | (Node::Text(text), Node::Column(name)) => {
                    self.texts.entry(name).or_default().insert(text);
                }
                _ => self.other(node),
            },
            Node::In(inner, list) => match &**inner {
                Node::Column(name) if list.iter().all(|n| matches!(n, Node::Number(_))) => {
                    let numbers =
                        list.iter().filter_map(|n| if let Node::Number(n) = n { Some(*n) } else { None });
                    self.numbers.entry(name).or_default().extend(numbers);
                }
                Node::Column(name) if list.iter().all(|n| matches!(n, Node::Text(_))) => {
                    let texts = list
                        .iter()
                        .filter_map(|n| if let Node::Text(t) = n { Some(t.as_str()) } else { None });
                    self.texts.entry(name).or_default().extend(texts);
                }
                _ => self.other(node),
            },
            _ => self.other(node),
        }
    }

    fn other(&mut self, node: &'c Node) {
        add(&mut self.opaque, node);
    }

    /// Every combination of what the conditions speak of, or none if there are too many.
    fn worlds(&self, parts: usize) -> Vec<World<'c>> {
        let mut count = parts;
        for numbers in self.numbers.values() {
            count = count.saturating_mul(numbers.len() * 2 + 1);
        }
        for texts in self.texts.values() {
            count = count.saturating_mul(texts.len() + 1);
        }
        for _ in &self.opaque {
            count = count.saturating_mul(2);
        }
        if count > MOST {
            return Vec::new();
        }
        let mut worlds = vec![World::default()];
        for (name, numbers) in &self.numbers {
            let samples = regions(numbers, (None, None));
            worlds = spread(&worlds, &samples, |world, region| {
                world.numbers.insert(name, region.sample);
            });
        }
        for (name, texts) in &self.texts {
            let values: Vec<Option<&str>> = texts.iter().map(|t| Some(*t)).chain([None]).collect();
            worlds = spread(&worlds, &values, |world, value| {
                world.texts.insert(name, *value);
            });
        }
        for node in &self.opaque {
            worlds = spread(&worlds, &[true, false], |world, truth| world.opaque.push((node, *truth)));
        }
        worlds
    }
}

fn spread<'c, T>(worlds: &[World<'c>], values: &[T], set: impl Fn(&mut World<'c>, &T)) -> Vec<World<'c>> {
    let with = |world: &World<'c>, value: &T| {
        let mut world = world.clone();
        set(&mut world, value);
        world
    };
    worlds
        .iter()
        .flat_map(|world| values.iter().map(move |value| (world, value)))
        .map(|(w, v)| with(w, v))
        .collect()
}

struct Row<'r, 'c> {
    column: &'r str,
    number: f64,
    world: &'r World<'c>,
}

impl Row<'_, '_> {
    fn meets(&self, claim: &Claim<'_>) -> bool {
        claim.condition.is_none_or(|condition| self.truth(&condition.node))
    }

    fn number(&self, name: &str) -> Option<f64> {
        if name == self.column { Some(self.number) } else { self.world.numbers.get(name).copied() }
    }

    fn truth(&self, node: &Node) -> bool {
        match node {
            Node::And(left, right) => self.truth(left) && self.truth(right),
            Node::Or(left, right) => self.truth(left) || self.truth(right),
            Node::Not(inner) => !self.truth(inner),
            Node::Truth(truth) => *truth,
            Node::Compare(left, how, right) => match (&**left, &**right) {
                (Node::Column(name), Node::Number(number)) => {
                    self.number(name).is_some_and(|own| holds(own, *how, *number))
                }
                (Node::Number(number), Node::Column(name)) => {
                    self.number(name).is_some_and(|own| holds(*number, *how, own))
                }
                (Node::Column(name), Node::Text(text)) | (Node::Text(text), Node::Column(name)) => {
                    let same =
                        self.world.texts.get(name.as_str()).is_some_and(|own| *own == Some(text.as_str()));
                    same == (*how == Comparison::Equal)
                }
                _ => self.given(node),
            },
            Node::In(inner, list) => match &**inner {
                Node::Column(name) if list.iter().all(|n| matches!(n, Node::Number(_))) => list
                    .iter()
                    .any(|n| matches!((n, self.number(name)), (Node::Number(n), Some(own)) if *n == own)),
                Node::Column(name) if list.iter().all(|n| matches!(n, Node::Text(_))) => {
                    let own = self.world.texts.get(name.as_str()).copied().flatten();
                    list.iter().any(|n| matches!((n, own), (Node::Text(t), Some(own)) if t == own))
                }
                _ => self.given(node),
            },
            _ => self.given(node),
        }
    }

    fn given(&self, node: &Node) -> bool {
        self.world.opaque.iter().any(|(known, truth)| *known == node && *truth)
    }
}

fn holds(left: f64, how: Comparison, right: f64) -> bool {
    match how {
        Comparison::Equal => left == right,
        Comparison::Unequal => left != right,
        Comparison::Less => left < right,
        Comparison::LessOrEqual => left <= right,
        Comparison::Greater => left > right,
        Comparison::GreaterOrEqual => left >= right,
    }
}

fn speaks_of(node: &Node, column: &str) -> bool {
    let mut columns = Vec::new();
    node.columns(&mut columns);
    columns.contains(&column)
}

#[cfg(test)]
mod tests {
    use super::super::{Columns, Kind, Scope};
    use super::*;

    fn told(rules: &[&str], limits: (Option<f64>, Option<f64>)) -> (Vec<String>, Vec<String>) {
        let mut columns = Columns::new();
        columns.set("score", Kind::Number);
        columns.set("other", Kind::Number);
        columns.set("indicator", Kind::Text);
        columns.set("stale", Kind::Truth);
        let conditions: Vec<Condition> = rules
            .iter()
            .map(|r| Condition::truth(r.trim_end_matches('*'), &columns, Scope::Row).unwrap())
            .collect();
        let claims: Vec<Claim<'_>> = conditions
            .iter()
            .zip(rules)
            .map(|(condition, rule)| Claim { condition: Some(condition), last: rule.ends_with('*') })
            .collect();
        let found = coverage(&claims, "score", limits);
        let overlap =
            |(one, other, range): &(usize, usize, Range)| format!("{one} {other}: {}", range.words());
        (found.gaps.iter().map(Range::words).collect(), found.overlaps.iter().map(overlap).collect())
    }

    fn gaps(rules: &[&str]) -> Vec<String> {
        told(rules, (Some(0.0), None)).0
    }

    #[test]
    fn rules_that_divide_the_numbers_leave_nothing() {
        let rules = [
            "not stale and score >= 10",
            "not stale and score > 0 and score < 10",
            "not stale and score = 0*",
        ];
        assert_eq!(told(&rules, (Some(0.0), None)), (vec![], vec![]));
    }

    #[test]
    fn a_gap_is_told_with_its_ends() {
        let below = "not stale and score > 0 and score < 10";
        let zero = "not stale and score = 0*";
        assert_eq!(gaps(&["not stale and score >= 12", below, zero]), ["from 10 to below 12"]);
        assert_eq!(gaps(&["not stale and score > 10", below, zero]), ["10"]);
        assert_eq!(gaps(&["score > 12", "score < 10"]), ["from 10 to 12"]);
        assert_eq!(gaps(&["score >= 12", "score <= 10"]), ["above 10 and below 12"]);
        assert_eq!(gaps(&["score >= 10", "score > 0 and score < 10"]), ["0"], "a number that a rule names");
        assert_eq!(gaps(&["score >= 10", "score >= 20"]), [] as [&str; 0], "low numbers need no rule");
        assert_eq!(gaps(&["score >= 12", below, "not stale*"]), [] as [&str; 0], "what is left has a rule");
    }

    #[test]
    fn an_overlap_names_its_rules() {
        let overlaps = |rules: &[&str]| told(rules, (Some(0.0), None)).1;
        assert_eq!(overlaps(&["score >= 8", "score > 0 and score < 10"]), ["0 1: from 8 to below 10"]);
        assert_eq!(overlaps(&["score >= 10", "score in (3, 10)"]), ["0 1: 10"]);
        assert_eq!(overlaps(&["stale and score >= 8", "not stale and score < 10"]), [] as [&str; 0]);
        assert_eq!(
            overlaps(&["indicator = 'a' and score >= 8", "indicator = 'b' and score < 10"]),
            [] as [&str; 0],
            "they never speak of one row"
        );
        assert_eq!(overlaps(&["score >= 8 and other > 1", "score < 10 and other <= 1"]), [] as [&str; 0]);
    }

    #[test]
    fn what_is_more_than_a_comparison_is_left_alone() {
        assert_eq!(told(&["score * 2 >= 30", "score < 10"], (None, None)), (vec![], vec![]));
    }
}
