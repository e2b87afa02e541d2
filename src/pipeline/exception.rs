//! What goes to a committee the night it happens.

use std::collections::BTreeMap;

use super::checked::{known_names, noted, row_truth};
use super::fact::Fact;
use super::level::level_number;
use super::reader::Table;
use crate::condition::{Condition, Scope, Sentence};
use crate::diagnostic::Code;

/// One kind of exception: each row of a fact for which it is true opens one.
#[derive(Debug, Clone)]
pub struct ExceptionRule {
    /// The fact it looks at.
    pub from: String,
    /// What must be true of a row.
    pub filter: Condition,
    /// The columns that identify an exception while it is open.
    pub identity: Vec<String>,
    /// The level whose clock runs; a higher one for the same identity is a worsening.
    pub level: u8,
    /// The criterion under which it goes to the committee.
    pub criterion: Condition,
    /// When it became known.
    pub date: Condition,
    /// What it says.
    pub sentence: Sentence,
    /// The columns of which an alert tells from what to what they changed.
    pub evidence: Vec<String>,
}

/// Reads `exceptions.toml`.
pub(super) fn read(mut file: Table<'_>, facts: &BTreeMap<String, Fact>) -> Vec<ExceptionRule> {
    file.tables("exception").into_iter().filter_map(|table| ExceptionRule::read(table, facts)).collect()
}

impl ExceptionRule {
    fn read(mut table: Table<'_>, facts: &BTreeMap<String, Fact>) -> Option<Self> {
        let report = table.report().clone();
        let (from, filter) = (table.text("from"), table.text("where"));
        let (identity, evidence) = (table.texts("identity"), table.texts("evidence"));
        let level = table.count("level");
        let (criterion, date, sentence) =
            (table.text("criterion"), table.text("date"), table.text("sentence"));
        let level = level.and_then(|n| level_number(&table, &n));
        if identity.is_empty() {
            let help = Some("name the columns that stay the same while it is open".to_owned());
            report.error(&table.at(), Code::MissingKey, "an exception needs `identity`", help);
        }
        let fact = super::known_fact(&report, &from?, facts)?;
        let columns = &fact.columns;
        let identity = known_names(&report, identity, columns);
        let filter = filter.and_then(|text| row_truth(&report, &text, columns));
        let criterion =
            criterion.and_then(|t| noted(&report, &t.at, Condition::new(&t.value, columns, Scope::Row)));
        let date = date.and_then(|t| noted(&report, &t.at, Condition::date(&t.value, columns, Scope::Row)));
        let sentence = sentence.and_then(|t| noted(&report, &t.at, Sentence::new(&t.value, columns)));
        let sentence = sentence.map(|sentence| sentence.of_rule(&filter));
        Some(Self {
            from: fact.id.clone(),
            filter: filter?,
            identity,
            level: level?,
            criterion: criterion?,
            date: date?,
            sentence: sentence?,
            evidence: known_names(&report, evidence, columns),
        })
    }
}
