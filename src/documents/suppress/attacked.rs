//! Small papers at random, attacked by a reckoning that was written apart from the program's own.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{Cell, Equation, Model, Published, State, choose};
use crate::pipeline::SmallNumbers;

#[path = "../../../tests/it/support/attack.rs"]
#[allow(dead_code)] // the stories need more of it
mod attack;
use attack::Attack;

fn cell(model: &mut Model, table: &str, key: &str, value: usize, known: bool) {
    let places = BTreeSet::from([table.to_owned()]);
    model.cells.insert(key.to_owned(), Cell { key: key.to_owned(), value, places, known });
}

fn sum(model: &mut Model, whole: &str, parts: Vec<String>) {
    model.equations.insert(Equation { whole: vec![whole.to_owned()], parts, least: false });
}

/// A table with the totals of its rows and columns, and a total of all that everybody knows.
fn table(name: &str, rows: &[Vec<usize>]) -> Model {
    let mut model = Model::default();
    let at = |row: usize, column: usize| format!("{name}/{row}/{column}");
    for (r, row) in rows.iter().enumerate() {
        for (c, value) in row.iter().enumerate() {
            cell(&mut model, name, &at(r, c), *value, false);
        }
        let key = format!("{name}/row {r}");
        cell(&mut model, name, &key, row.iter().sum(), false);
        sum(&mut model, &key, (0..row.len()).map(|c| at(r, c)).collect());
    }
    for c in 0..rows[0].len() {
        let key = format!("{name}/column {c}");
        cell(&mut model, name, &key, rows.iter().map(|row| row[c]).sum(), false);
        sum(&mut model, &key, (0..rows.len()).map(|r| at(r, c)).collect());
    }
    let all = format!("{name}/all");
    cell(&mut model, "known", &all, rows.iter().flatten().sum(), true);
    sum(&mut model, &all, (0..rows.len()).map(|r| format!("{name}/row {r}")).collect());
    sum(&mut model, &all, (0..rows[0].len()).map(|c| format!("{name}/column {c}")).collect());
    model
}

/// What somebody knows who has read the papers, and knows why each number that is not shown is not.
///
/// Gives what she could work out too closely.
fn betrayed(papers: &[(&Model, &BTreeMap<String, State>)]) -> Vec<(String, Vec<i64>)> {
    let mut attack = Attack::default();
    let mut hidden: BTreeMap<String, usize> = BTreeMap::new();
    let most = papers.iter().flat_map(|(m, _)| m.cells.values()).map(|c| c.value).sum::<usize>();
    let whole = |count: usize| i64::try_from(count).unwrap();
    for (model, told) in papers {
        for cell in model.cells.values() {
            let (least, most) = match told[&cell.key] {
                State::Shown => (cell.value, cell.value),
                _ if !cell.known && cell.places.is_empty() => (0, most),
                State::Hidden if model.rule.hides(cell.value) => (1, model.rule.hidden_up_to),
                State::Hidden => (model.rule.hidden_up_to + 1, most),
                State::Untold => (0, most),
            };
            attack.number(&cell.key, whole(least), whole(most));
            if told[&cell.key] == State::Hidden {
                hidden.entry(cell.key.clone()).or_insert(model.rule.least_range);
            }
        }
        for equation in &model.equations {
            attack.equal(&equation.whole, &equation.parts);
        }
    }
    assert!(attack.is_possible());
    hidden.into_iter().flat_map(|(key, range)| attack.betrayed([key.as_str()], whole(range))).collect()
}

fn told(model: &Model, verdict: &super::Verdict) -> BTreeMap<String, State> {
    model.cells.keys().map(|key| (key.clone(), verdict.of(key).unwrap())).collect()
}

/// The usual rule, or another.
fn rule() -> impl Strategy<Value = SmallNumbers> {
    let of = |(hidden_up_to, least_range)| SmallNumbers { hidden_up_to, least_range };
    prop::sample::select(vec![(4, 3), (3, 2), (6, 3), (7, 6), (9, 5)]).prop_map(of)
}

fn counts() -> impl Strategy<Value = usize> {
    prop_oneof![3 => 0usize..7, 1 => 7usize..30]
}

fn rows() -> impl Strategy<Value = Vec<Vec<usize>>> {
    (1usize..4).prop_flat_map(|width| prop::collection::vec(prop::collection::vec(counts(), width), 1..4))
}

fn holds(rows: &[Vec<usize>], rule: SmallNumbers) {
    let model = Model { rule, ..table("table", rows) };
    let verdict = choose(&model, &Published::default());
    let told = told(&model, &verdict);
    for cell in model.cells.values().filter(|c| !c.known) {
        assert!(!model.rule.hides(cell.value) || told[&cell.key] != State::Shown, "{} is shown", cell.key);
    }
    assert_eq!(betrayed(&[(&model, &told)]), [], "{rows:?} {told:?}");
}

#[test]
fn the_tables_that_a_rule_of_thumb_lets_through() {
    holds(&[vec![1], vec![1], vec![1], vec![1], vec![192]], SmallNumbers::default());
    holds(&[vec![2], vec![194]], SmallNumbers::default());
    holds(&[vec![3, 4, 0], vec![0, 0, 9], vec![5, 1, 40]], SmallNumbers::default());
    holds(&[vec![1, 1], vec![1, 1]], SmallNumbers::default());
    holds(&[vec![3]], SmallNumbers::default());
    holds(&[vec![0, 2], vec![2, 0]], SmallNumbers::default());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn no_table_betrays_a_count(rows in rows(), rule in rule()) {
        holds(&rows, rule);
    }

    /// Two quarters: the second paper prints its quarter and the year so far, by type and in all.
    #[test]
    fn no_paper_betrays_the_one_before_it(first in prop::collection::vec(counts(), 3), second in prop::collection::vec(counts(), 3), rules in (rule(), rule())) {
        let mut july = Model::default();
        let mut october = Model::default();
        let name = |period: &str, kind: usize| format!("{period}/{kind}");
        for (paper, periods) in [(0, vec!["q1"]), (1, vec!["q1", "q2", "year"])] {
            let model = if paper == 0 { &mut july } else { &mut october };
            for period in &periods {
                let value = |kind: usize| match *period {
                    "q1" => first[kind],
                    "q2" => second[kind],
                    _ => first[kind] + second[kind],
                };
                let printed = paper == 0 || *period != "q1";
                let all = format!("{period}/all");
                for kind in 0..3 {
                    cell(model, period, &name(period, kind), value(kind), false);
                }
                cell(model, &all, &all, (0..3).map(value).sum(), false);
                sum(model, &all, (0..3).map(|kind| name(period, kind)).collect());
                if !printed {
                    model.cells.values_mut().filter(|c| c.key.starts_with("q1")).for_each(|c| c.places.clear());
                }
            }
        }
        for of in ["0", "1", "2", "all"] {
            sum(&mut october, &format!("year/{of}"), vec![format!("q1/{of}"), format!("q2/{of}")]);
        }
        (july.rule, october.rule) = rules;
        let before = choose(&july, &Published::default());
        let verdict = choose(&october, &before.published);
        let (then, now) = (told(&july, &before), told(&october, &verdict));
        prop_assert_eq!(betrayed(&[(&july, &then), (&october, &now)]), []);
    }

    /// A revision: some counts are others, and the sums with them; what has not changed is known to be the same.
    #[test]
    fn no_revision_betrays_the_paper_it_corrects(
        first in prop::collection::vec(counts(), 4),
        more in prop::collection::vec(0usize..3, 4),
        rule in rule(),
    ) {
        let of = |counts: &[usize], rule: SmallNumbers| {
            let mut model = Model { rule, ..Model::default() };
            let parts: Vec<String> = (0..counts.len()).map(|i| format!("row/{i}")).collect();
            for (key, count) in parts.iter().zip(counts) {
                cell(&mut model, "row", key, *count, false);
            }
            cell(&mut model, "all", "all", counts.iter().sum(), false);
            sum(&mut model, "all", parts);
            model
        };
        let second: Vec<usize> = first.iter().zip(&more).map(|(count, more)| count + more).collect();
        let (wrong, right) = (of(&first, rule), of(&second, rule));
        let before = choose(&wrong, &Published::default());
        let verdict = choose(&right, &before.published);
        let (then, now) = (told(&wrong, &before), told(&right, &verdict));
        // Each value of a figure is a figure of its own.
        let own = |model: &Model| {
            let name = |key: &String| format!("{key} = {}", model.cells[key].value);
            let cells = model.cells.values().map(|c| Cell { key: name(&c.key), ..c.clone() });
            let equations = model.equations.iter().map(|e| Equation {
                whole: e.whole.iter().map(name).collect(),
                parts: e.parts.iter().map(name).collect(),
                least: e.least,
            });
            Model {
                cells: cells.map(|c| (c.key.clone(), c)).collect(),
                equations: equations.collect(),
                rule: model.rule,
            }
        };
        let told_of = |model: &Model, told: &BTreeMap<String, State>| -> BTreeMap<String, State> {
            told.iter().map(|(key, state)| (format!("{key} = {}", model.cells[key].value), *state)).collect()
        };
        let ((wrong, then), (right, now)) =
            ((own(&wrong), told_of(&wrong, &then)), (own(&right), told_of(&right, &now)));
        prop_assert_eq!(betrayed(&[(&wrong, &then), (&right, &now)]), []);
    }

    /// What is decided again with the same figures is decided in the same way.
    #[test]
    fn a_paper_that_is_known_is_the_same_again(rows in rows(), rule in rule()) {
        let model = Model { rule, ..table("table", &rows) };
        let mut first = choose(&model, &Published::default());
        first.note(&model, &BTreeMap::new());
        let again = super::Verdict::as_before(&model, &BTreeMap::new(), &first.published).unwrap();
        prop_assert_eq!(told(&model, &first), told(&model, &again));
        prop_assert_eq!(first.published, again.published);
        let other = Model { rule, ..table("table", &[vec![rows[0][0] + 1]]) };
        prop_assert!(super::Verdict::as_before(&other, &BTreeMap::new(), &first_of(&model)).is_none());
    }
}

fn first_of(model: &Model) -> Published {
    let mut verdict = choose(model, &Published::default());
    verdict.note(model, &BTreeMap::new());
    verdict.published
}
