//! Rows that are set aside although they say something that cannot wait: a serious concern must not stay unseen
//! because of a typing error beside it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Problem;
use super::rows::{Fate, Reading, Row, Value, table, truths};
use crate::condition::Condition;
use crate::dates::long;
use crate::diagnostic::{Code, likely};
use crate::pipeline::{ColumnKind, Feed, Layout, fold};
use crate::wording::{lower_first, plural};

/// A row that is set aside and cannot wait, as far as its cells could be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Urgent {
    /// The row as Excel counts it.
    pub row: u32,
    /// The cell that keeps it aside, or else the row; of a file that was refused, the file and the row.
    pub place: String,
    /// What it says: its severity.
    pub says: String,
    /// The code in its cell for the practice, if one stands there.
    pub practice: Option<String>,
    /// What the column with its day is called.
    pub dated: String,
    /// That day, where it could be read.
    pub since: Option<NaiveDate>,
    /// What keeps it aside.
    pub why: String,
}

impl Urgent {
    /// Whether another row says the same, wherever it stands.
    pub fn says_the_same(&self, other: &Self) -> bool {
        (&self.says, &self.practice, self.since) == (&other.says, &other.practice, other.since)
    }

    /// What it says and of whom, with its age on a day: `Serious, Larch Surgery (X90025). Date raised 25 June
    /// 2026, 111 days before`.
    pub fn words(&self, name: impl Fn(&str) -> String, on: NaiveDate) -> String {
        let whom = match &self.practice {
            Some(code) if name(code) != *code => format!("{} ({code})", name(code)),
            Some(code) => format!("practice code {code}"),
            None => "practice not known".to_owned(),
        };
        let age = match self.since {
            None => format!("{}: not known", self.dated),
            Some(since) => {
                let days = usize::try_from((on - since).num_days()).ok();
                let age = days.map(|days| format!(", {} ago", plural(days, "day", "days")));
                format!("{} {}{}", self.dated, long(since), age.unwrap_or_default())
            }
        };
        format!("{}, {whom}. {age}", self.says)
    }
}

/// The rows set aside that the layout says cannot wait, in the order of the sheet.
pub(in crate::intake) fn urgent(
    rows: &[Row],
    problems: &[Problem],
    reading: &Reading,
    feed: &Feed,
    layout: &Layout,
    received: NaiveDate,
) -> Vec<Urgent> {
    let Some(urgent) = &layout.urgent else { return Vec::new() };
    let place = |name: &str| layout.columns.iter().position(|column| column.name == name);
    let (Some(says), Some(since)) = (place(&urgent.says), place(&urgent.since)) else { return Vec::new() };
    let mut of_row: BTreeMap<u32, Vec<&Problem>> = BTreeMap::new();
    for problem in problems {
        of_row.entry(problem.row.unwrap_or_default()).or_default().push(problem);
    }
    // Of several sheets each has such a row.
    let about = |row: &Row| {
        let sheet = reading.sheet_of(row.id);
        let of_row = of_row.get(&row.number()).into_iter().flatten().copied();
        of_row.filter(|p| reading.tabs.is_empty() || p.sheet == sheet).collect::<Vec<&Problem>>()
    };
    let with_sheet = |row: &Row, place: String| match reading.tabs.is_empty() {
        true => place,
        false => format!("{}!{place}", reading.sheet_of(row.id).unwrap_or_default()),
    };
    let aside: Vec<&Row> =
        rows.iter().filter(|row| row.fate == Fate::Quarantined && !row.values.is_empty()).collect();
    // A value that is nearly one of the list says what it nearly is; of several, the last that cannot wait.
    let mut read: Vec<(usize, Row)> = Vec::new();
    for (index, row) in aside.iter().enumerate() {
        let meant = match row.values.get(says) {
            Some(Value::Missing) => meant(layout, says, &about(row)),
            _ => Vec::new(),
        };
        read.push((index, (*row).clone()));
        for value in meant {
            let mut row = (*row).clone();
            if let Some(place) = row.values.get_mut(says) {
                *place = Value::Text(value);
            }
            read.push((index, row));
        }
    }
    let held = |rows: &[Row], condition: &Condition| {
        truths(&table(rows, |_| true, feed, layout, received), condition, received)
    };
    let variants: Vec<Row> = read.iter().map(|(_, row)| row.clone()).collect();
    let certain = held(&variants, &urgent.when);
    let plain: Vec<Row> = aside.iter().map(|row| (*row).clone()).collect();
    let perhaps = |condition: &Option<Condition>| match condition {
        Some(condition) => held(&plain, condition),
        None => vec![None; plain.len()],
    };
    let (unread, blank) = (perhaps(&urgent.unread), perhaps(&urgent.blank));
    let title = layout.columns.get(says).map(|c| c.title.as_str()).unwrap_or_default();
    let told = aside.iter().enumerate().filter_map(|(index, row)| {
        let mut of_row = read.iter().zip(&certain).filter(|((of, _), _)| *of == index);
        let is_read = of_row.clone().any(|((_, row), _)| row.values.get(says) != Some(&Value::Missing));
        let urgent = of_row.rfind(|(_, held)| **held == Some(true));
        if let Some(((_, as_meant), _)) = urgent {
            return Some((*row, as_meant.values.get(says).map(Value::shown).unwrap_or_default()));
        }
        let bad = about(row)
            .into_iter()
            .find(|p| p.column.as_deref() == Some(title) && p.code != Code::MissingCell.id());
        let (held, what) = match bad {
            Some(bad) => {
                let found = bad.found.as_ref().map(|found| format!(" (\"{found}\")")).unwrap_or_default();
                (unread.get(index), format!("its {} cannot be read{found}", lower_first(title)))
            }
            None => (blank.get(index), format!("its {} is empty", lower_first(title))),
        };
        (!is_read && held == Some(&Some(true))).then(|| (*row, format!("Possibly urgent: {what}")))
    });
    let practice = place("practice");
    told.map(|(row, told)| {
        let problems = about(row);
        let why = problems.iter().find(|p| p.effect == super::Effect::Quarantined);
        let code = practice.and_then(|place| match row.values.get(place) {
            Some(Value::Text(code)) => Some(code.clone()),
            _ => None,
        });
        Urgent {
            row: row.number(),
            place: why
                .and_then(|p| p.cell.clone())
                .or_else(|| reading.cell(row, &urgent.says))
                .map_or_else(|| format!("row {}", row.number()), |cell| with_sheet(row, cell)),
            says: told,
            practice: code.filter(|code| is_a_code(code)),
            dated: layout.columns.get(since).map(|c| c.title.clone()).unwrap_or_default(),
            since: row.values.get(since).and_then(|value| match value {
                Value::Date(date) => Some(*date),
                _ => None,
            }),
            why: why.map(|p| p.message.clone()).unwrap_or_default(),
        }
    })
    .collect()
}

/// The values of the list that a cell nearly has, where it could not be read, in the order of the list:
/// `Serious (red)`, `Seriuos`, `Serious / Immediate`.
fn meant(layout: &Layout, says: usize, problems: &[&Problem]) -> Vec<String> {
    let near = || {
        let column = layout.columns.get(says)?;
        let ColumnKind::Choice(list) = &column.kind else { return None };
        let values: Vec<&str> = list.values.iter().map(String::as_str).collect();
        let found = problems.iter().find(|p| p.column.as_ref() == Some(&column.title))?.found.as_ref()?;
        let words: Vec<String> = found.split(|c: char| !c.is_alphanumeric()).map(fold).collect();
        let within = values.iter().filter(|value| words.contains(&fold(value)));
        let within: Vec<String> = within.map(|value| (*value).to_owned()).collect();
        Some(match within.is_empty() {
            false => within,
            true => likely(found, values.iter().copied()).map(str::to_owned).into_iter().collect(),
        })
    };
    near().unwrap_or_default()
}

/// Whether a text may be the code of a practice, and not something else that stands in its place.
fn is_a_code(text: &str) -> bool {
    (3..=8).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::intake::read::book;
    use crate::intake::{Lookup, Practices, settle, take};
    use crate::pipeline::{Folder, load};

    struct Known;

    impl Practices for Known {
        fn look_up(&self, code: &str) -> Lookup {
            if code == "X90001" { Lookup::InScope } else { Lookup::Unknown }
        }
    }

    /// What cannot wait of these rows of a concerns sheet: practice, date raised, severity, status, reference.
    fn urgent_of(rows: &[&str]) -> Vec<Urgent> {
        urgent_under("Practice code,Date raised,Severity,Status,Reference\n", rows)
    }

    fn urgent_under(header: &str, rows: &[&str]) -> Vec<Urgent> {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
        let pipeline = load(&Folder::read(&dir).unwrap()).pipeline.unwrap();
        let feed = pipeline.feed("concerns-quality").unwrap();
        let mut csv = header.to_owned();
        csv.extend(rows.iter().map(|row| format!("{row}\n")));
        let received = "2026-10-14".parse().unwrap();
        let book = book(csv.as_bytes(), "concerns.csv").unwrap();
        let reading = take(&book, feed, "concerns.csv", received).unwrap();
        settle(&reading, feed, received, &Known).urgent
    }

    fn told(rows: &[&str]) -> Vec<String> {
        let name = |code: &str| if code == "X90001" { "Larch Surgery".to_owned() } else { code.to_owned() };
        let on = "2026-10-14".parse().unwrap();
        urgent_of(rows).iter().map(|row| format!("{} {}", row.place, row.words(name, on))).collect()
    }

    #[test]
    fn a_serious_row_with_a_repeated_reference_cannot_wait() {
        assert_eq!(
            told(&["X90001,24/06/2026,Low,Open,Q-1", "X90001,25/06/2026,Serious,Open,Q-1"]),
            ["E3 Serious, Larch Surgery (X90001). Date raised 25 June 2026, 111 days ago"]
        );
    }

    #[test]
    fn what_can_be_read_of_a_row_is_told_and_the_rest_is_said_to_be_unknown() {
        assert_eq!(
            told(&[
                "X99999,25/06/2026,Immediate,Open,Q-1",
                ",25/06/2026,Serious,Open,Q-2",
                "X90001,31/06/2026,Serious,,Q-3",
            ]),
            [
                "A2 Immediate, practice code X99999. Date raised 25 June 2026, 111 days ago",
                "A3 Serious, practice not known. Date raised 25 June 2026, 111 days ago",
                "B4 Serious, Larch Surgery (X90001). Date raised: not known",
            ]
        );
    }

    #[test]
    fn a_severity_that_is_nearly_one_is_told_as_that_one() {
        let told = told(&["X90001,25/06/2026,Serious (red),Open,Q-1", "X90001,25/06/2026,Seriuos,Open,Q-2"]);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told.iter().all(|line| line.contains("Serious, Larch Surgery (X90001)")), "{told:?}");
    }

    #[test]
    fn what_counts_what_is_closed_and_what_is_less_waits() {
        assert_eq!(
            told(&[
                "X90001,25/06/2026,Serious,Open,Q-1",
                "X99999,25/06/2026,Serious,Closed,Q-2",
                "X99999,25/06/2026,Moderate,Open,Q-3",
                "X90001,25/06/2026,,Open,Q-4",
                "X90001,25/06/2026,High,Closed,Q-5",
                "X90001,25/06/2026,Low / Moderate,Open,Q-6",
            ]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_severity_that_nobody_can_read_may_be_urgent() {
        let rows = ["High", "Critical", "S", "Level 5"]
            .map(|severity| format!("X90001,25/06/2026,{severity},Open,Q-{severity}"));
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let rest = "Larch Surgery (X90001). Date raised 25 June 2026, 111 days ago";
        let line = |cell: &str, word: &str| {
            format!("{cell} Possibly urgent: its severity cannot be read (\"{word}\"), {rest}")
        };
        assert_eq!(
            told(&rows),
            [line("C2", "High"), line("C3", "Critical"), line("C4", "S"), line("C5", "Level 5")]
        );
    }

    #[test]
    fn of_two_severities_in_a_cell_the_graver_is_told() {
        let said = told(&[
            "X90001,25/06/2026,Serious / Immediate,Open,Q-1",
            "X90001,25/06/2026,Low or Serious,Open,Q-2",
        ]);
        assert!(said[0].starts_with("C2 Immediate, ") && said[1].starts_with("C3 Serious, "), "{said:?}");
    }

    #[test]
    fn no_severity_beside_an_exception_criterion_may_be_urgent() {
        let header = "Practice code,Date raised,Severity,Exception criterion,Status,Reference\n";
        let rows = ["X90001,25/06/2026,,Patient harm,Open,Q-1", "X90001,25/06/2026,,,Open,Q-2"];
        let told: Vec<String> = urgent_under(header, &rows).into_iter().map(|row| row.says).collect();
        assert_eq!(told, ["Possibly urgent: its severity is empty"]);
    }

    #[test]
    fn what_stands_in_place_of_a_code_is_not_repeated() {
        assert_eq!(urgent_of(&["999 000 0042,25/06/2026,Serious,Open,Q-1"])[0].practice, None);
    }
}
