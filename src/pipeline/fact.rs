//! Facts: which rows of the tables count on a date, and what is derived from them.

use std::collections::BTreeMap;

use super::checked::{known_names, noted, row_truth};
use super::feed::Feed;
use super::input::Input;
use super::reader::{Placed, Report, Table};
use crate::condition::{Columns, Condition, Kind, Scope, Sentence, Values};
use crate::diagnostic::{Code, likely};

/// One kind of fact: a view of one or several tables on the as-of date.
#[derive(Debug, Clone)]
pub struct Fact {
    /// Its name: that of its file.
    pub id: String,
    /// What it is, for people.
    pub title: String,
    /// The tables whose rows it takes.
    pub from: Vec<String>,
    /// Columns added to each row, by name.
    pub derive: Vec<(String, Condition)>,
    /// A column that says since when a row has been as grave as it is.
    pub since: Option<Since>,
    /// Rows for which this is not true do not count.
    pub stands: Option<Condition>,
    /// Of rows that agree in these columns, only those of the file received last count.
    pub restated_by: Vec<String>,
    /// Of these, a row in which this column is blank restates none in which it is filled.
    pub value: Option<String>,
    /// Applied after restating: rows for which this is not true do not count.
    pub keep: Option<Condition>,
    /// Only the last row of each practice in this order counts; of equals the later received, then the
    /// later row.
    pub latest: Vec<Condition>,
    /// The date of what a row tells, for telling what is late; none if no row of it can be late.
    pub happened: Option<Condition>,
    /// The columns by which a row is known from file to file.
    pub known_by: Vec<String>,
    /// What is said of a row that stands no longer: the first of these of which every value is known.
    pub ended: Vec<Sentence>,
    /// What is said of the row that counts in its place.
    pub replaced: Vec<Sentence>,
    /// Rows that no rule is meant to claim: a row that stands is claimed by a rule or is one of these.
    pub unclaimed: Option<Condition>,
    /// The line at which that is written.
    pub unclaimed_line: Option<u32>,
    /// What of it can be tried to be otherwise.
    pub input: Option<Input>,
    /// Its columns, derived ones included.
    pub columns: Columns,
}

/// Since when a row has been as grave as it is, told from the sheets received until then.
#[derive(Debug, Clone)]
pub struct Since {
    /// The column that is added.
    pub column: String,
    /// The columns by which a row is known again in another sheet.
    pub same: Vec<String>,
    /// How grave it is: a number, the higher the graver.
    pub grade: Condition,
    /// Whether it is open; here the as-of date is the day on which a sheet was received.
    pub open: Condition,
    /// The column in which a person may state the day.
    pub stated: Option<String>,
    /// The day before which it cannot have been so grave.
    pub not_before: Condition,
    /// The day where neither a person nor an earlier sheet tells it.
    pub otherwise: Condition,
}

/// The table `since` before its conditions are read.
struct SinceText {
    report: Report,
    column: Option<Placed<String>>,
    same: Vec<Placed<String>>,
    grade: Option<Placed<String>>,
    open: Option<Placed<String>>,
    stated: Option<Placed<String>>,
    not_before: Option<Placed<String>>,
    otherwise: Option<Placed<String>>,
}

impl SinceText {
    fn read(mut table: Table<'_>) -> Self {
        let report = table.report().clone();
        let same = table.texts("same");
        if same.is_empty() {
            let help = Some("name the columns by which a row is known again in another sheet".to_owned());
            report.error(&table.at(), Code::MissingKey, "`since` needs `same`", help);
        }
        Self {
            report,
            column: table.text("column"),
            same,
            grade: table.text("grade"),
            open: table.text("open"),
            stated: table.text_or_none("stated"),
            not_before: table.text("not_before"),
            otherwise: table.text("otherwise"),
        }
    }

    /// What the texts say of a table with these columns.
    fn with(self, columns: &Columns) -> Option<Since> {
        let report = &self.report;
        let date = |text: Option<Placed<String>>| {
            text.and_then(|t| noted(report, &t.at, Condition::date(&t.value, columns, Scope::Row)))
        };
        let (not_before, otherwise) = (date(self.not_before), date(self.otherwise));
        let number =
            |t: Placed<String>| noted(report, &t.at, Condition::number(&t.value, columns, Scope::Row));
        let grade = self.grade.and_then(number);
        let open = self.open.and_then(|text| row_truth(report, &text, columns));
        let stated = self.stated.filter(|name| match columns.get(&name.value) {
            None | Some(Kind::Date) => true,
            Some(kind) => {
                let message = format!("column `{}` is {}; a date is needed", name.value, kind.words());
                report.error(&name.at, Code::BadValue, message, None);
                false
            }
        });
        Some(Since {
            column: self.column?.value,
            same: known_names(report, self.same, columns),
            grade: grade?,
            open: open?,
            stated: known_names(report, stated.into_iter().collect(), columns).pop(),
            not_before: not_before?,
            otherwise: otherwise?,
        })
    }
}

/// Columns that every table has besides those of its layouts.
pub const FEED: &str = "feed";
/// The day on which the row's file was received.
pub const RECEIVED: &str = "received";

/// The columns of every table, by its name: those of all layouts that fill it, and those that feeds set.
pub(super) fn tables(feeds: &[Feed], values: &Values, report: &Report) -> BTreeMap<String, Columns> {
    let mut tables: BTreeMap<String, Columns> = BTreeMap::new();
    for feed in feeds {
        for layout in &feed.layouts {
            let table = tables.entry(layout.table.clone()).or_insert_with(|| Columns::knowing(values));
            table.widen(FEED, Kind::Choice([feed.id.clone()].into()));
            table.set(RECEIVED, Kind::Date);
            for (name, kind) in layout.table_columns().iter() {
                if let Some(known) = table.get(name).filter(|known| !known.is_like(kind)) {
                    report.note(crate::diagnostic::Diagnostic {
                        severity: crate::diagnostic::Severity::Error,
                        code: Code::BadValue,
                        file: format!("feeds/{}.toml", feed.id),
                        line: None,
                        message: format!(
                            "column `{name}` of table `{}` is {} here and {} in another layout",
                            layout.table,
                            kind.words(),
                            known.words()
                        ),
                        help: Some("give it one type, or another name".to_owned()),
                        follows: false,
                    });
                }
                table.widen(name, kind.clone());
            }
            for (name, value) in feed.set.iter().filter(|(name, _)| layout.column(name).is_none()) {
                table.widen(name, Kind::Choice([value.clone()].into()));
            }
        }
    }
    tables
}

impl Fact {
    /// The fact that a table is when no file says otherwise: all its rows.
    pub(super) fn whole(table: &str, columns: &Columns) -> Self {
        Self {
            id: table.to_owned(),
            title: table.to_owned(),
            from: vec![table.to_owned()],
            derive: Vec::new(),
            since: None,
            stands: None,
            restated_by: Vec::new(),
            value: None,
            keep: None,
            latest: Vec::new(),
            happened: None,
            known_by: Vec::new(),
            ended: Vec::new(),
            replaced: Vec::new(),
            unclaimed: None,
            unclaimed_line: None,
            input: None,
            columns: columns.clone(),
        }
    }

    /// Reads `facts/<id>.toml`.
    pub(super) fn read(id: &str, mut file: Table<'_>, tables: &BTreeMap<String, Columns>) -> Option<Self> {
        let report = file.report().clone();
        let title = file.text("title");
        let from = file.text_or_texts("from");
        if from.is_empty() && !file.has("from") {
            report.error(&file.at(), Code::MissingKey, "the key `from` is missing", None);
        }
        let mut columns = tables.values().next().map_or_else(Columns::new, |t| Columns::knowing(t.values()));
        let mut sources = Vec::new();
        for table in from {
            let Some(known) = tables.get(&table.value) else {
                let message = format!("no feed fills a table `{}`", table.value);
                let help = likely(&table.value, tables.keys().map(String::as_str)).map_or_else(
                    || format!("the tables are: {}", tables.keys().cloned().collect::<Vec<_>>().join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                if report.feeds_broken() {
                    report.broke(&table.value);
                }
                report.error(&table.at, Code::UnknownName, message, Some(help));
                continue;
            };
            for (name, kind) in known.iter() {
                columns.widen(name, kind.clone());
            }
            sources.push(table.value);
        }
        let derived = file.pairs("derive");
        let since = file.table_or_none("since").map(SinceText::read);
        let unclaimed = file.text_or_none("unclaimed");
        let (stands, keep) = (file.text_or_none("stands"), file.text_or_none("keep"));
        let (restated_by, latest) = (file.texts("restated_by"), file.texts("latest"));
        let (happened, known_by) = (file.text_or_none("happened"), file.texts("known_by"));
        let (ended, replaced) = (file.text_or_texts("ended"), file.text_or_texts("replaced"));
        if let (Some(happened), true) = (&happened, known_by.is_empty()) {
            let help = Some("name the columns by which a row is known from file to file".to_owned());
            report.error(&happened.at, Code::MissingKey, "`happened` needs `known_by`", help);
        }
        let value = file.text_or_none("value");
        let input = file.table_or_none("input");
        if sources.is_empty() || title.is_none() {
            derived.iter().for_each(|(name, _)| report.broke(&name.value));
            since.iter().filter_map(|s| s.column.as_ref()).for_each(|name| report.broke(&name.value));
        }
        if sources.is_empty() {
            input.into_iter().for_each(Table::pass_over);
            return None;
        }
        let raw = columns.clone();
        let mut derive = Vec::new();
        for (name, text) in derived {
            let compiled = Condition::new(&text.value, &raw, Scope::Row);
            if let Some(condition) = noted(&report, &text.at, compiled) {
                columns.set(&name.value, condition.kind().clone());
                derive.push((name.value, condition));
            } else {
                report.broke(&name.value);
            }
        }
        let title = title.and_then(|t| noted(&report, &t.at, Sentence::title(&t.value, columns.values())));
        let added = since.as_ref().and_then(|text| text.column.clone());
        let since = since.and_then(|text| text.with(&columns));
        if let (None, Some(column)) = (&since, &added) {
            report.broke(&column.value);
        }
        if let Some(since) = &since {
            columns.set(&since.column, Kind::Date);
        }
        let sentences = |texts: Vec<Placed<String>>| -> Vec<Sentence> {
            texts
                .into_iter()
                .filter_map(|t| noted(&report, &t.at, Sentence::new(&t.value, &columns)))
                .collect()
        };
        Some(Self {
            id: id.to_owned(),
            title: title?,
            happened: happened
                .and_then(|t| noted(&report, &t.at, Condition::date(&t.value, &columns, Scope::Row))),
            known_by: known_names(&report, known_by, &columns),
            ended: sentences(ended),
            replaced: sentences(replaced),
            from: sources,
            derive,
            since,
            stands: stands.and_then(|text| row_truth(&report, &text, &columns)),
            restated_by: known_names(&report, restated_by, &columns),
            value: known_names(&report, value.into_iter().collect(), &columns).pop(),
            keep: keep.and_then(|text| row_truth(&report, &text, &columns)),
            unclaimed_line: unclaimed.as_ref().map(|text| text.at.line),
            unclaimed: unclaimed.and_then(|text| row_truth(&report, &text, &columns)),
            latest: latest
                .into_iter()
                .filter_map(|t| noted(&report, &t.at, Condition::new(&t.value, &columns, Scope::Row)))
                .collect(),
            input: input.and_then(|table| Input::read(table, &columns)),
            columns,
        })
    }
}
