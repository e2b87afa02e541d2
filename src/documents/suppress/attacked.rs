//! Small papers at random, attacked by a reckoning that was written apart from the program's own.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{Cell, Equation, Model, Published, SMALL, State, choose, is_small};

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
fn reader(papers: &[(&Model, &BTreeMap<String, State>)]) -> (Attack, Vec<String>) {
    let mut attack = Attack::default();
    let mut hidden = Vec::new();
    let most = papers.iter().flat_map(|(m, _)| m.cells.values()).map(|c| c.value).sum::<usize>();
    let whole = |count: usize| i64::try_from(count).unwrap();
    for (model, told) in papers {
        for cell in model.cells.values() {
            let (least, most) = match told[&cell.key] {
                State::Shown => (cell.value, cell.value),
                State::Hidden if is_small(cell.value) => (1, SMALL),
                State::Hidden => (SMALL + 1, most),
                State::Untold => (0, most),
            };
            attack.number(&cell.key, whole(least), whole(most));
            if told[&cell.key] == State::Hidden {
                hidden.push(cell.key.clone());
            }
        }
        for equation in &model.equations {
            attack.equal(&equation.whole, &equation.parts);
        }
    }
    (attack, hidden)
}

fn told(model: &Model, verdict: &super::Verdict) -> BTreeMap<String, State> {
    model.cells.keys().map(|key| (key.clone(), verdict.of(key).unwrap())).collect()
}

fn counts() -> impl Strategy<Value = usize> {
    prop_oneof![3 => 0usize..7, 1 => 7usize..30]
}

fn rows() -> impl Strategy<Value = Vec<Vec<usize>>> {
    (1usize..4).prop_flat_map(|width| prop::collection::vec(prop::collection::vec(counts(), width), 1..4))
}

fn holds(rows: &[Vec<usize>]) {
    let model = table("table", rows);
    let verdict = choose(&model, &Published::default());
    let told = told(&model, &verdict);
    for cell in model.cells.values().filter(|c| !c.known) {
        assert!(!is_small(cell.value) || told[&cell.key] != State::Shown, "{} is shown", cell.key);
    }
    let (attack, hidden) = reader(&[(&model, &told)]);
    assert!(attack.is_possible());
    assert_eq!(attack.betrayed(hidden.iter().map(String::as_str)), [], "{rows:?} {told:?}");
}

#[test]
fn the_tables_that_a_rule_of_thumb_lets_through() {
    holds(&[vec![1], vec![1], vec![1], vec![1], vec![192]]);
    holds(&[vec![2], vec![194]]);
    holds(&[vec![3, 4, 0], vec![0, 0, 9], vec![5, 1, 40]]);
    holds(&[vec![1, 1], vec![1, 1]]);
    holds(&[vec![3]]);
    holds(&[vec![0, 2], vec![2, 0]]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_table_betrays_a_count(rows in rows()) {
        holds(&rows);
    }

    /// Two quarters: the second paper prints its quarter and the year so far, by type and in all.
    #[test]
    fn no_paper_betrays_the_one_before_it(first in prop::collection::vec(counts(), 3), second in prop::collection::vec(counts(), 3)) {
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
        let before = choose(&july, &Published::default());
        let verdict = choose(&october, &before.published);
        let (then, now) = (told(&july, &before), told(&october, &verdict));
        let (attack, hidden) = reader(&[(&july, &then), (&october, &now)]);
        prop_assert!(attack.is_possible());
        prop_assert_eq!(attack.betrayed(hidden.iter().map(String::as_str)), []);
    }
}
