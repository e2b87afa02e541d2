//! One entry for what is one thing to its sender: a missing column is told once however many rows needed
//! it, and notes of one kind stand together.

use std::collections::BTreeMap;

use super::{Effect, Problem};
use crate::diagnostic::Code;
use crate::wording;

/// The problems of a file with those put together that say the same thing.
pub fn condensed(problems: Vec<Problem>) -> Vec<Problem> {
    let absent: Vec<String> = problems
        .iter()
        .filter(|p| p.code == Code::AbsentColumn.id())
        .filter_map(|p| p.column.clone())
        .collect();
    let mut out: Vec<Problem> = Vec::new();
    let mut groups: BTreeMap<Likeness, Vec<usize>> = BTreeMap::new();
    for (place, problem) in problems.iter().enumerate() {
        if let Some(likeness) = likeness(problem) {
            groups.entry(likeness).or_default().push(place);
        }
    }
    for (place, problem) in problems.iter().enumerate() {
        let group = likeness(problem).and_then(|likeness| groups.get(&likeness));
        match group.map(Vec::as_slice) {
            Some([first, _, ..]) if *first == place => {
                let members: Vec<&Problem> =
                    group.into_iter().flatten().filter_map(|place| problems.get(*place)).collect();
                out.push(together(problem, &members, &absent));
            }
            Some([_, _, ..]) => {}
            _ => out.push(problem.clone()),
        }
    }
    out
}

/// What entries must share to be told as one: kind, effect, column, and the words that do not name a cell.
type Likeness = (String, Effect, Option<String>, String);

fn likeness(problem: &Problem) -> Option<Likeness> {
    let of = |column: Option<String>, words: &str| {
        let words = format!("{words}|{}", problem.sheet.clone().unwrap_or_default());
        Some((problem.code.clone(), problem.effect, column, words))
    };
    let is = |code: Code| problem.code == code.id();
    if is(Code::AbsentColumn) && problem.help.starts_with("add a column") {
        return of(None, "");
    }
    if is(Code::RenamedColumn) || is(Code::UnknownColumn) {
        return of(None, "");
    }
    // Rows that lack a whole column have no cell to point at.
    if is(Code::MissingCell) && problem.cell.is_none() && problem.row.is_some() {
        return of(problem.column.clone(), &problem.message);
    }
    if is(Code::SerialDate) {
        return of(problem.column.clone(), "");
    }
    // The name of a sheet keeps every row of it aside.
    let whole_row = problem.cell.is_none() && problem.row.is_some();
    if is(Code::PersonalIdentifier) && problem.effect == Effect::Quarantined && whole_row {
        return of(problem.column.clone(), &problem.message);
    }
    let told = matches!(problem.effect, Effect::Noted | Effect::Ignored) && problem.row.is_some();
    (told && !is(Code::RepeatedRow)).then(|| of(problem.column.clone(), &problem.message)).flatten()
}

/// Several entries as one.
fn together(first: &Problem, members: &[&Problem], absent: &[String]) -> Problem {
    let is = |code: Code| first.code == code.id();
    let each = |pick: &dyn Fn(&Problem) -> String| members.iter().map(|p| pick(p)).collect::<Vec<_>>();
    let titles = || each(&|p| format!("\"{}\"", p.column.clone().unwrap_or_default()));
    let mut one = first.clone();
    if is(Code::AbsentColumn) {
        one.column = None;
        one.message = format!("the columns {} are missing", wording::list(&titles()));
        one.help = "add those that you have".to_owned();
    } else if is(Code::RenamedColumn) || is(Code::UnknownColumn) {
        // Each says its column in its own words.
        one.message = each(&|p| p.message.clone()).join("; ");
        one.cell = Some(wording::listed(&each(&|p| p.cell.clone().unwrap_or_default())));
        (one.column, one.found) = (None, None);
    } else if is(Code::MissingCell) {
        let title = first.column.clone().unwrap_or_default();
        let rows: Vec<String> = members.iter().filter_map(|p| p.row).map(|row| row.to_string()).collect();
        let lacks = match absent.contains(&title) {
            true => format!("the column \"{title}\" is missing"),
            false => first.message.clone(),
        };
        one.message = format!(
            "{lacks}, and {} cannot do without it: {}",
            wording::plural(rows.len(), "row", "rows"),
            wording::listed(&rows)
        );
        one.help = format!("add the column \"{title}\" and fill it in for these rows");
        one.row = None;
    } else if is(Code::PersonalIdentifier) && first.cell.is_none() && first.effect == Effect::Quarantined {
        let rows: Vec<String> = members.iter().filter_map(|p| p.row).map(|row| row.to_string()).collect();
        let count = wording::plural(rows.len(), "row", "rows");
        one.message = format!("{}, which keeps {count} aside: {}", first.message, wording::listed(&rows));
        one.row = None;
    } else {
        let cells = each(&|p| {
            p.cell.clone().unwrap_or_else(|| p.row.map_or_else(String::new, |r| format!("row {r}")))
        });
        one.cell = Some(wording::listed(&cells));
        one.found = first.found.clone().filter(|_| members.iter().all(|p| p.found == first.found));
        if is(Code::SerialDate) {
            let count = wording::plural(cells.len(), "date stands as a number", "dates stand as numbers");
            one.message = format!("{count} of days");
            one.found = None;
        }
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_that_is_stopped_by_its_name_is_told_once() {
        let mut rows = Vec::new();
        for row in [2, 3, 7] {
            let mut one = problem(Code::PersonalIdentifier, Effect::Quarantined, None, Some(row), "");
            (one.column, one.message) = (None, "possible NHS number in the name of the 2nd sheet".to_owned());
            rows.push(one);
        }
        let told = condensed(rows);
        assert_eq!(told.len(), 1);
        assert_eq!(
            told[0].message,
            "possible NHS number in the name of the 2nd sheet, which keeps 3 rows aside: 2, 3 and 7"
        );
        assert_eq!((told[0].row, told[0].cell.as_deref()), (None, None));
    }

    fn problem(code: Code, effect: Effect, cell: Option<&str>, row: Option<u32>, column: &str) -> Problem {
        Problem {
            code: code.id().to_owned(),
            effect,
            sheet: None,
            cell: cell.map(str::to_owned),
            row,
            column: Some(column.to_owned()),
            found: None,
            message: format!("something about {column}"),
            help: "correct it".to_owned(),
        }
    }

    #[test]
    fn a_missing_column_is_told_once_for_all_its_rows() {
        let mut problems = vec![problem(Code::AbsentColumn, Effect::Noted, None, None, "Visit date")];
        problems.extend(
            (2..30).map(|r| problem(Code::MissingCell, Effect::Quarantined, None, Some(r), "Visit date")),
        );
        problems.push(problem(Code::BadDate, Effect::Quarantined, Some("C4"), Some(4), "Planned date"));
        let told = condensed(problems);
        assert_eq!(told.len(), 3, "{told:#?}");
        assert_eq!(
            told[1].message,
            "the column \"Visit date\" is missing, and 28 rows cannot do without it: \
             2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 18 more"
        );
        assert_eq!(told[2].cell.as_deref(), Some("C4"));
    }

    #[test]
    fn notes_of_one_kind_stand_together_and_faults_stay_apart() {
        let mut problems = Vec::new();
        for cell in ["C2", "C3", "C4"] {
            let row = cell[1..].parse().ok();
            problems.push(problem(Code::SerialDate, Effect::Noted, Some(cell), row, "Date raised"));
            problems.push(problem(Code::BadChoice, Effect::Quarantined, Some(cell), row, "Severity"));
        }
        let told = condensed(problems);
        assert_eq!(told.len(), 4);
        assert_eq!(told[0].cell.as_deref(), Some("C2, C3 and C4"));
        assert_eq!(told[0].message, "3 dates stand as numbers of days");
    }

    #[test]
    fn columns_that_are_missing_are_one_note() {
        let mut problems: Vec<Problem> =
            ["Theme", "Shareable"].map(|c| problem(Code::AbsentColumn, Effect::Noted, None, None, c)).into();
        for one in &mut problems {
            one.help = "add a column if you have it".into();
        }
        let told = condensed(problems);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].message, "the columns \"Theme\" and \"Shareable\" are missing");
    }
}
