//! `ratio` and `sum` of a column: a number that is made of other columns of its row.

use super::{Column, ColumnKind, Layout};
use crate::diagnostic::{Code, likely};
use crate::pipeline::reader::{At, Placed, Report, Table};

/// What a number is made of, each part by the name of its column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MadeOf {
    /// The first over the second.
    Ratio([String; 2]),
    /// All of them together.
    Sum(Vec<String>),
}

impl MadeOf {
    /// The columns that it is made of.
    pub fn parts(&self) -> &[String] {
        match self {
            MadeOf::Ratio(parts) => parts,
            MadeOf::Sum(parts) => parts,
        }
    }

    pub(super) fn read(table: &mut Table<'_>) -> Option<Self> {
        let (ratio, sum) = (table.has("ratio"), table.has("sum"));
        let at = table.at_of(if ratio { "ratio" } else { "sum" });
        let named = |parts: Vec<Placed<String>>| parts.into_iter().map(|part| part.value).collect::<Vec<_>>();
        let (over, added) = (named(table.texts("ratio")), named(table.texts("sum")));
        let report = table.report().clone();
        let wrong = |message: &str, help: &str| {
            report.error(&at, Code::BadValue, message, Some(help.to_owned()));
            None
        };
        match (ratio, sum) {
            (false, false) => None,
            (true, true) => {
                wrong("`ratio` and `sum` say twice what the column is made of", "take one of the two away")
            }
            (true, false) => match <[String; 2]>::try_from(over) {
                Ok(parts) => Some(Self::Ratio(parts)),
                Err(_) => {
                    wrong("`ratio` takes two columns", "write ratio = [\"numerator\", \"denominator\"]")
                }
            },
            (false, true) if added.len() < 2 => {
                wrong("`sum` takes two columns or more", "write sum = [\"first\", \"second\"]")
            }
            (false, true) => Some(Self::Sum(added)),
        }
    }
}

/// Whether what a column is made of is there and can be reckoned with.
pub(super) fn check(layout: &Layout, column: &Column, at: &At, report: &Report) {
    let Some(made) = &column.made_of else { return };
    let wrong = |message: String, help: Option<String>| report.error(at, Code::BadValue, message, help);
    let name = &column.name;
    if !matches!(column.kind, ColumnKind::Number { .. }) {
        wrong(
            format!("`{name}` is made of other columns and is no number"),
            Some("write type = \"number\"".to_owned()),
        );
    }
    if column.place.is_some() || column.nth.is_some() || column.position.is_some() || column.fill_down {
        let help = "take away `letter`, `nth`, `position` and `fill`, or what it is made of".to_owned();
        wrong(format!("`{name}` is made of other columns and stands nowhere in the sheet"), Some(help));
    }
    if layout.unpivot.is_some() {
        wrong(format!("`{name}` is made of other columns, which [layout.unpivot] makes rows"), None);
    }
    let mut seen: Vec<&String> = Vec::new();
    for part in made.parts() {
        match layout.column(part) {
            None => {
                let near = likely(part, layout.columns.iter().map(|c| c.name.as_str()));
                let help = near.map(|near| format!("did you mean `{near}`?"));
                wrong(format!("`{name}` is made of `{part}`, and there is no such column"), help);
            }
            Some(of) if of.made_of.is_some() => {
                wrong(format!("`{name}` is made of `{part}`, which is made of others itself"), None);
            }
            Some(of) if !matches!(of.kind, ColumnKind::Number { .. }) => {
                wrong(format!("`{name}` is made of `{part}`, which is no number"), None);
            }
            Some(_) if seen.contains(&part) => {
                wrong(format!("`{name}` is made of `{part}` twice"), None);
            }
            Some(_) => {}
        }
        seen.push(part);
    }
}
