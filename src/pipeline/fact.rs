//! Facts: which rows of the tables count on a date, and what is derived from them.

use std::collections::BTreeMap;

use super::checked::{known_names, noted, row_truth};
use super::feed::Feed;
use super::reader::{Report, Table};
use crate::condition::{Columns, Condition, Kind, Scope};
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
    /// Rows for which this is not true do not count.
    pub stands: Option<Condition>,
    /// Of rows that agree in these columns, only those of the file received last count.
    pub restated_by: Vec<String>,
    /// Applied after restating: rows for which this is not true do not count.
    pub keep: Option<Condition>,
    /// Only the last row of each practice in this order counts; of equals the later received, then the
    /// later row.
    pub latest: Vec<Condition>,
    /// Its columns, derived ones included.
    pub columns: Columns,
}

/// Columns that every table has besides those of its layouts.
pub const FEED: &str = "feed";
/// The day on which the row's file was received.
pub const RECEIVED: &str = "received";

/// The columns of every table, by its name: those of all layouts that fill it, and those that feeds set.
pub(super) fn tables(feeds: &[Feed], report: &Report) -> BTreeMap<String, Columns> {
    let mut tables: BTreeMap<String, Columns> = BTreeMap::new();
    for feed in feeds {
        for layout in &feed.layouts {
            let table = tables.entry(layout.table.clone()).or_default();
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
                        mend: Some("give it one type, or another name".to_owned()),
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
            stands: None,
            restated_by: Vec::new(),
            keep: None,
            latest: Vec::new(),
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
        let mut columns = Columns::new();
        let mut sources = Vec::new();
        for table in from {
            let Some(known) = tables.get(&table.value) else {
                let message = format!("no feed fills a table `{}`", table.value);
                let mend = likely(&table.value, tables.keys().map(String::as_str)).map_or_else(
                    || format!("the tables are: {}", tables.keys().cloned().collect::<Vec<_>>().join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                if report.feeds_broken() {
                    report.broke(&table.value);
                }
                report.error(&table.at, Code::UnknownName, message, Some(mend));
                continue;
            };
            for (name, kind) in known.iter() {
                columns.widen(name, kind.clone());
            }
            sources.push(table.value);
        }
        let derived = file.pairs("derive");
        let (stands, keep) = (file.text_or_none("stands"), file.text_or_none("keep"));
        let (restated_by, latest) = (file.texts("restated_by"), file.texts("latest"));
        if sources.is_empty() || title.is_none() {
            derived.iter().for_each(|(name, _)| report.broke(&name.value));
        }
        if sources.is_empty() {
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
        Some(Self {
            id: id.to_owned(),
            title: title?.value,
            from: sources,
            derive,
            stands: stands.and_then(|text| row_truth(&report, &text, &columns)),
            restated_by: known_names(&report, restated_by, &columns),
            keep: keep.and_then(|text| row_truth(&report, &text, &columns)),
            latest: latest
                .into_iter()
                .filter_map(|t| noted(&report, &t.at, Condition::new(&t.value, &columns, Scope::Row)))
                .collect(),
            columns,
        })
    }
}
