//! Which rows no condition claims: conditions are tried on every combination of the closed lists, truths and
//! dates that they speak of. Whatever else they speak of (numbers, free text) may be either way, so a
//! combination is left over only if no condition can be true of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::check::{Comparison, Node};
use super::{Columns, Condition, Kind};
use crate::dates;

/// What is tried, and on what.
#[derive(Debug, Clone, Copy)]
pub struct Trial<'c> {
    /// The columns of the rows.
    pub columns: &'c Columns,
    /// Each claims the rows for which it is true.
    pub claims: &'c [&'c Condition],
    /// Rows that nothing is meant to claim.
    pub meant: Option<&'c Condition>,
    /// Rows for which one of these is not true do not exist.
    pub always: &'c [&'c Condition],
    /// The columns that may be blank.
    pub blank: &'c BTreeSet<&'c str>,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uncovered {
    /// The rows that nothing claims and nothing says so, in words.
    pub rows: Vec<String>,
    /// The claims, by their places, of rows that nothing is meant to claim.
    pub contradicted: Vec<usize>,
}

/// The most combinations that are tried.
const MOST: usize = 20_000;

/// A day in the middle of a month, on which intervals of months end on days of their own.
fn as_of() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 7, 15).unwrap_or_default()
}

/// Tries the conditions; nothing is found where there are too many combinations.
pub fn uncovered(trial: &Trial<'_>) -> Uncovered {
    let conditions = || trial.claims.iter().copied().chain(trial.meant);
    let mut dates: BTreeMap<&str, Bounds> = BTreeMap::new();
    conditions().for_each(|condition| bounds(&condition.node, &mut dates));
    let names: BTreeSet<&str> = conditions().flat_map(Condition::columns).collect();
    let axes: Vec<Axis<'_>> = names.into_iter().filter_map(|name| Axis::of(name, trial, &dates)).collect();
    let count = axes.iter().fold(1_usize, |count, axis| count.saturating_mul(axis.points.len()));
    if count > MOST {
        return Uncovered::default();
    }
    let (mut left, mut contradicted) = (BTreeSet::new(), BTreeSet::new());
    for number in 0..count {
        let places = places(number, &axes);
        let row = Row { axes: &axes, places: &places };
        if trial.always.iter().any(|condition| row.truth(&condition.node) & TRUE == 0) {
            continue;
        }
        let meant = trial.meant.map_or(FALSE, |meant| row.truth(&meant.node));
        let claims: Vec<Truths> = trial.claims.iter().map(|claim| row.truth(&claim.node)).collect();
        if meant == TRUE {
            contradicted.extend((0..claims.len()).filter(|place| claims[*place] == TRUE));
        } else if meant & TRUE == 0 && claims.iter().all(|truth| truth & TRUE == 0) {
            left.insert(places);
        }
    }
    let rows = blocks(&left, &axes).iter().map(|block| words(block, &axes)).collect();
    Uncovered { rows, contradicted: contradicted.into_iter().collect() }
}

/// Whether no row can make all of these true at once, as far as closed lists, truths and dates tell.
pub fn never(conditions: &[&Condition], columns: &Columns) -> bool {
    let blank = columns.names().collect();
    let trial = Trial { columns, claims: conditions, meant: None, always: &[], blank: &blank };
    let mut dates: BTreeMap<&str, Bounds> = BTreeMap::new();
    conditions.iter().for_each(|condition| bounds(&condition.node, &mut dates));
    let names: BTreeSet<&str> = conditions.iter().flat_map(|condition| condition.columns()).collect();
    let axes: Vec<Axis<'_>> = names.into_iter().filter_map(|name| Axis::of(name, &trial, &dates)).collect();
    let count = axes.iter().fold(1_usize, |count, axis| count.saturating_mul(axis.points.len()));
    let can_be = |number: usize| {
        let places = places(number, &axes);
        let row = Row { axes: &axes, places: &places };
        conditions.iter().all(|condition| row.truth(&condition.node) & TRUE != 0)
    };
    count <= MOST && !(0..count).any(can_be)
}

/// What may be: true, false, missing, or several of them.
type Truths = u8;
const TRUE: Truths = 1;
const FALSE: Truths = 2;
const MISSING: Truths = 4;
const ANY: Truths = TRUE | FALSE | MISSING;

/// A cell of a made-up row, or a value that it is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cell<'c> {
    Blank,
    Text(&'c str),
    Truth(bool),
    Number(f64),
    Date(NaiveDate),
}

/// The days that a column is compared with, each as it is written.
type Bounds = BTreeMap<NaiveDate, String>;

/// A column with the cells that are tried.
struct Axis<'c> {
    name: &'c str,
    points: Vec<Cell<'c>>,
    /// For dates: the days between which they lie.
    bounds: Option<&'c Bounds>,
}

impl<'c> Axis<'c> {
    fn of(name: &'c str, trial: &Trial<'c>, dates: &'c BTreeMap<&'c str, Bounds>) -> Option<Self> {
        let bounds = dates.get(name);
        let mut points: Vec<Cell<'c>> = match trial.columns.get(name)? {
            Kind::Choice(values) => values.iter().map(|value| Cell::Text(value)).collect(),
            Kind::Truth => vec![Cell::Truth(true), Cell::Truth(false)],
            Kind::Date => days(bounds?).into_iter().map(Cell::Date).collect(),
            Kind::Text | Kind::Choices(_) | Kind::Number => return None,
        };
        if trial.blank.contains(name) {
            points.push(Cell::Blank);
        }
        Some(Self { name, points, bounds })
    }
}

/// One day before, on, between and after the days, in order.
fn days(bounds: &Bounds) -> Vec<NaiveDate> {
    let around = |day: &NaiveDate| [dates::add_days(*day, -1), *day, dates::add_days(*day, 1)];
    let all: BTreeSet<NaiveDate> = bounds.keys().flat_map(around).collect();
    let apart = |day: &NaiveDate| (bounds.range(..*day).count(), bounds.contains_key(day));
    let mut out: Vec<NaiveDate> = all.into_iter().collect();
    out.dedup_by_key(|day| apart(day));
    out
}

/// Finds the columns that are compared with days which no row changes.
fn bounds<'c>(node: &'c Node, into: &mut BTreeMap<&'c str, Bounds>) {
    match node {
        Node::And(left, right) | Node::Or(left, right) => {
            bounds(left, into);
            bounds(right, into);
        }
        Node::Not(inner) => bounds(inner, into),
        Node::Compare(left, _, right) => match (&**left, &**right) {
            (Node::Column(name), other) | (other, Node::Column(name)) => {
                if let Some(day) = day(other) {
                    into.entry(name).or_default().insert(day, written(other));
                }
            }
            _ => {}
        },
        _ => {}
    }
}

fn day(node: &Node) -> Option<NaiveDate> {
    match node {
        Node::AsOf => Some(as_of()),
        Node::Date(day) => Some(*day),
        Node::Shift { date, months, days } => {
            Some(dates::add_days(dates::add_months(day(date)?, *months), *days))
        }
        _ => None,
    }
}

fn written(node: &Node) -> String {
    match node {
        Node::Date(day) => day.to_string(),
        Node::Shift { date, months, days } => {
            let part = |count: i32, unit: &str| match count {
                0 => String::new(),
                1 | -1 => format!(" {} 1 {unit}", if count < 0 { '-' } else { '+' }),
                _ => format!(" {} {} {unit}s", if count < 0 { '-' } else { '+' }, count.abs()),
            };
            format!("{}{}{}", written(date), part(*months, "month"), part(*days, "day"))
        }
        _ => "as_of".to_owned(),
    }
}

/// A made-up row: for each axis the place of its cell.
struct Row<'r, 'c> {
    axes: &'r [Axis<'c>],
    places: &'r [usize],
}

impl<'c> Row<'_, 'c> {
    fn cell(&self, name: &str) -> Option<Cell<'c>> {
        let place = self.axes.iter().position(|axis| axis.name == name)?;
        Some(self.axes[place].points[self.places[place]])
    }

    /// The value of an expression, where it is known.
    fn value<'n>(&self, node: &'n Node) -> Option<Cell<'n>>
    where
        'c: 'n,
    {
        match node {
            Node::Column(name) => self.cell(name),
            Node::Text(text) => Some(Cell::Text(text)),
            Node::Number(number) => Some(Cell::Number(*number)),
            Node::Truth(truth) => Some(Cell::Truth(*truth)),
            Node::Position(inner, values) => match self.value(inner)? {
                Cell::Text(text) => {
                    let place = values.iter().position(|value| value == text)?;
                    u32::try_from(place + 1).ok().map(|place| Cell::Number(f64::from(place)))
                }
                _ => Some(Cell::Blank),
            },
            _ => day(node).map(Cell::Date),
        }
    }

    fn truth(&self, node: &Node) -> Truths {
        match node {
            Node::And(left, right) => both(self.truth(left), self.truth(right)),
            Node::Or(left, right) => not(both(not(self.truth(left)), not(self.truth(right)))),
            Node::Not(inner) => not(self.truth(inner)),
            Node::Compare(left, how, right) => compared(self.value(left), *how, self.value(right)),
            Node::In(inner, list) => {
                let own = self.value(inner);
                let none = list.iter().map(|item| not(compared(own, Comparison::Equal, self.value(item))));
                not(none.fold(TRUE, both))
            }
            Node::Missing(inner) => match self.value(inner) {
                Some(Cell::Blank) => TRUE,
                Some(_) => FALSE,
                None => TRUE | FALSE,
            },
            Node::Truth(_) | Node::Column(_) => match self.value(node) {
                Some(Cell::Truth(true)) => TRUE,
                Some(Cell::Truth(false)) => FALSE,
                Some(_) => MISSING,
                None => ANY,
            },
            _ => ANY,
        }
    }
}

fn not(truths: Truths) -> Truths {
    let swapped = |from: Truths, to: Truths| if truths & from == 0 { 0 } else { to };
    swapped(TRUE, FALSE) | swapped(FALSE, TRUE) | truths & MISSING
}

fn both(left: Truths, right: Truths) -> Truths {
    let mut out = 0;
    for one in [TRUE, FALSE, MISSING].into_iter().filter(|one| left & one != 0) {
        for other in [TRUE, FALSE, MISSING].into_iter().filter(|other| right & other != 0) {
            out |= match (one, other) {
                (FALSE, _) | (_, FALSE) => FALSE,
                (TRUE, TRUE) => TRUE,
                _ => MISSING,
            };
        }
    }
    out
}

fn compared(left: Option<Cell<'_>>, how: Comparison, right: Option<Cell<'_>>) -> Truths {
    let order = match (left, right) {
        (Some(Cell::Blank), _) | (_, Some(Cell::Blank)) => return MISSING,
        (Some(Cell::Text(left)), Some(Cell::Text(right))) => Some(left.cmp(right)),
        (Some(Cell::Date(left)), Some(Cell::Date(right))) => Some(left.cmp(&right)),
        (Some(Cell::Truth(left)), Some(Cell::Truth(right))) => Some(left.cmp(&right)),
        (Some(Cell::Number(left)), Some(Cell::Number(right))) => left.partial_cmp(&right),
        _ => None,
    };
    let Some(order) = order else { return ANY };
    let holds = match how {
        Comparison::Equal => order.is_eq(),
        Comparison::Unequal => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    };
    if holds { TRUE } else { FALSE }
}

/// The places of the cells of a combination, by its number.
fn places(number: usize, axes: &[Axis<'_>]) -> Vec<usize> {
    let mut rest = number;
    let place = |axis: &Axis<'_>| {
        let place = rest % axis.points.len();
        rest /= axis.points.len();
        place
    };
    axes.iter().map(place).collect()
}

/// Combinations put together: for each axis the places that a block has.
fn blocks(left: &BTreeSet<Vec<usize>>, axes: &[Axis<'_>]) -> Vec<Vec<Vec<usize>>> {
    let mut out: Vec<Vec<Vec<usize>>> = Vec::new();
    let within = |block: &[Vec<usize>], row: &[usize]| {
        block.iter().zip(row).all(|(places, place)| places.contains(place))
    };
    for row in left {
        if out.iter().any(|block| within(block, row)) {
            continue;
        }
        let mut block: Vec<Vec<usize>> = row.iter().map(|place| vec![*place]).collect();
        for (number, axis) in axes.iter().enumerate() {
            let wider = |place: &usize| {
                let mut wider = block.clone();
                wider[number] = vec![*place];
                rows(&wider).iter().all(|row| left.contains(row))
            };
            block[number] = (0..axis.points.len()).filter(wider).collect();
        }
        out.push(block);
    }
    out
}

/// The combinations of a block.
fn rows(block: &[Vec<usize>]) -> Vec<Vec<usize>> {
    block.iter().fold(vec![Vec::new()], |rows, places| {
        let with = |row: &Vec<usize>, place: usize| row.iter().copied().chain([place]).collect();
        rows.iter().flat_map(|row| places.iter().map(move |place| with(row, *place))).collect()
    })
}

fn words(block: &[Vec<usize>], axes: &[Axis<'_>]) -> String {
    let some = block.iter().zip(axes).filter(|(places, axis)| places.len() < axis.points.len());
    let said: Vec<String> = some.map(|(places, axis)| said(places, axis)).collect();
    if said.is_empty() { "any cells".to_owned() } else { said.join(" and ") }
}

/// What the cells of a column have in common.
fn said(places: &[usize], axis: &Axis<'_>) -> String {
    let name = axis.name;
    let mut parts = Vec::new();
    let texts: Vec<String> = places
        .iter()
        .filter_map(|place| match axis.points[*place] {
            Cell::Text(text) => Some(format!("'{text}'")),
            _ => None,
        })
        .collect();
    match texts.as_slice() {
        [] => {}
        [text] => parts.push(format!("{name} = {text}")),
        texts => parts.push(format!("{name} in ({})", texts.join(", "))),
    }
    if let Some(bounds) = axis.bounds {
        let filled = |place: &usize| axis.points.get(*place).is_some_and(|cell| *cell != Cell::Blank);
        for (first, last) in super::probe::runs(&axis.points, |cell| {
            places.iter().any(|place| filled(place) && axis.points[*place] == *cell)
        }) {
            parts.push(format!("{name} {}", between(axis, bounds, first, last)));
        }
    }
    for place in places {
        match axis.points[*place] {
            Cell::Blank => parts.push(format!("{name} blank")),
            Cell::Truth(true) => parts.push(name.to_owned()),
            Cell::Truth(false) => parts.push(format!("not {name}")),
            _ => {}
        }
    }
    if parts.len() > 1 { format!("({})", parts.join(" or ")) } else { parts.join("") }
}

/// The days from one place of an axis to another.
fn between(axis: &Axis<'_>, bounds: &Bounds, first: usize, last: usize) -> String {
    let day = |place: usize| match axis.points.get(place) {
        Some(Cell::Date(day)) => *day,
        _ => NaiveDate::default(),
    };
    let (from, to) = (day(first), day(last));
    if first == last
        && let Some(on) = bounds.get(&from)
    {
        return format!("on {on}");
    }
    let begins = match bounds.get(&from) {
        Some(bound) => Some(format!("from {bound}")),
        None => bounds.range(..from).next_back().map(|(_, bound)| format!("after {bound}")),
    };
    let ends = match bounds.get(&to) {
        Some(bound) => Some(format!("up to {bound}")),
        None => bounds.range(to..).next().map(|(_, bound)| format!("before {bound}")),
    };
    begins.into_iter().chain(ends).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::Scope;
    use super::*;

    fn told(claims: &[&str], meant: Option<&str>, always: &[&str]) -> Uncovered {
        let mut columns = Columns::new();
        let list = |values: &[&str]| -> Arc<[String]> { values.iter().map(ToString::to_string).collect() };
        columns.set("severity", Kind::Choice(list(&["Low", "Moderate", "Serious", "Immediate"])));
        columns.set("rating", Kind::Choice(list(&["Good", "Poor", "Bad"])));
        columns.set("published", Kind::Date);
        columns.set("stale", Kind::Truth);
        columns.set("score", Kind::Number);
        let read = |text: &&str| Condition::truth(text, &columns, Scope::Row).unwrap();
        let (claims, always): (Vec<_>, Vec<_>) =
            (claims.iter().map(read).collect(), always.iter().map(read).collect());
        let meant = meant.as_ref().map(read);
        uncovered(&Trial {
            columns: &columns,
            claims: &claims.iter().collect::<Vec<_>>(),
            meant: meant.as_ref(),
            always: &always.iter().collect::<Vec<_>>(),
            blank: &BTreeSet::from(["rating"]),
        })
    }

    fn rows(claims: &[&str], meant: Option<&str>) -> Vec<String> {
        told(claims, meant, &[]).rows
    }

    #[test]
    fn values_of_a_closed_list_that_nothing_claims() {
        let (low, immediate) = ("severity in ('Low', 'Moderate')", "severity = 'Immediate'");
        assert_eq!(rows(&[low, immediate], None), ["severity = 'Serious'"]);
        assert_eq!(rows(&[low], None), ["severity in ('Serious', 'Immediate')"]);
        assert_eq!(rows(&[low, "position(severity) >= 3"], None), [] as [&str; 0]);
        assert_eq!(rows(&[low, immediate], Some("severity = 'Serious'")), [] as [&str; 0]);
        assert_eq!(rows(&["rating <> 'Good'"], None), ["(rating = 'Good' or rating blank)"]);
        assert_eq!(told(&["rating <> 'Good'"], None, &["rating is not null"]).rows, ["rating = 'Good'"]);
        assert_eq!(rows(&["score > 3 and severity <> 'Low'"], None), ["severity = 'Low'"], "any score");
        assert_eq!(rows(&["not stale"], None), ["stale"]);
    }

    #[test]
    fn dates_are_tried_around_each_bound() {
        let late = "rating <> 'Good' and published > as_of - interval '12 months'";
        let early = "rating <> 'Good' and published <= as_of - interval '12 months'";
        let good = Some("rating is null or rating = 'Good'");
        assert_eq!(rows(&[late, early], good), [] as [&str; 0]);
        let narrow = late.replace("12", "6");
        assert_eq!(
            rows(&[&narrow, early], good),
            ["published after as_of - 12 months and up to as_of - 6 months and rating in ('Poor', 'Bad')"]
        );
        let day = early.replace("<=", "<");
        assert_eq!(
            rows(&[late, &day], good),
            ["published on as_of - 12 months and rating in ('Poor', 'Bad')"]
        );
        assert_eq!(rows(&[late], good), ["published up to as_of - 12 months and rating in ('Poor', 'Bad')"]);
    }

    #[test]
    fn several_columns_are_tried_together() {
        let claims = ["severity = 'Low'", "severity <> 'Low' and not stale"];
        assert_eq!(rows(&claims, None), ["severity in ('Moderate', 'Serious', 'Immediate') and stale"]);
    }

    #[test]
    fn what_is_meant_and_claimed_is_a_contradiction() {
        let found = told(&["severity = 'Low'", "severity = 'Serious'"], Some("severity <> 'Low'"), &[]);
        assert_eq!((found.rows, found.contradicted), (vec![], vec![1]));
    }
}
