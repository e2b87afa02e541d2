//! Indicators that packs and SBARs show, and the domains of the dashboard.

use std::collections::BTreeMap;

use super::checked::{known_names, read_choice, row_truth};
use super::fact::Fact;
use super::reader::Table;
use crate::condition::Condition;
use crate::diagnostic::Code;

/// A domain of the national dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its name.
    pub name: String,
    /// The column of the dashboard table that counts its flags.
    pub flags: String,
}

/// A measured thing.
#[derive(Debug, Clone)]
pub struct Indicator {
    /// Its name in keys.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// The domain it belongs to.
    pub domain: String,
    /// The unit its value is printed with.
    pub unit: String,
    /// The direction that is an improvement.
    pub better: Better,
    /// The fact that holds its values.
    pub from: String,
    /// The rows that are about it, where the fact holds several indicators.
    pub filter: Option<Condition>,
    /// The column of its value.
    pub value: String,
    /// What the stored value is multiplied with for printing.
    pub scale: f64,
    /// The column of its period; periods are ordered as text.
    pub period: String,
    /// Where the figures come from.
    pub source: String,
}

/// The direction that is an improvement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// A larger value is better.
    Higher,
    /// A smaller value is better.
    Lower,
    /// Neither.
    Neutral,
}

/// Reads `indicators.toml`.
pub(super) fn read(mut file: Table<'_>, facts: &BTreeMap<String, Fact>) -> (Vec<Domain>, Vec<Indicator>) {
    let mut domains = Vec::new();
    for mut table in file.tables("domain") {
        if let (Some(name), Some(flags)) = (table.text("name"), table.text("flags")) {
            domains.push(Domain { name: name.value, flags: flags.value });
        }
    }
    let report = file.report().clone();
    let mut indicators: Vec<Indicator> = Vec::new();
    for table in file.tables("indicator") {
        let at = table.at();
        let Some(indicator) = Indicator::read(table, facts, &domains) else { continue };
        if indicators.iter().any(|i| i.id == indicator.id) {
            let message = format!("there are two indicators `{}`", indicator.id);
            report.error(&at, Code::DuplicateName, message, None);
        }
        indicators.push(indicator);
    }
    (domains, indicators)
}

impl Indicator {
    fn read(mut table: Table<'_>, facts: &BTreeMap<String, Fact>, domains: &[Domain]) -> Option<Self> {
        let report = table.report().clone();
        let (id, title, domain) = (table.text("id"), table.text("title"), table.text("domain"));
        let unit = table.text_or_none("unit").map_or_else(String::new, |u| u.value);
        let words = [("higher", Better::Higher), ("lower", Better::Lower), ("neutral", Better::Neutral)];
        let better = read_choice(&mut table, "better", &words).unwrap_or(Better::Neutral);
        let (from, filter) = (table.text("from"), table.text_or_none("where"));
        let (value, period) = (table.text("value"), table.text("period"));
        let scale = table.number_or_none("scale").map_or(1.0, |s| s.value);
        let source = table.text("source");
        let domain = domain?;
        if !domains.iter().any(|d| d.name == domain.value) {
            let message = format!("there is no [[domain]] `{}`", domain.value);
            report.error(&domain.at, Code::UnknownName, message, None);
        }
        let fact = super::known_fact(&report, &from?, facts)?;
        let filter = filter.and_then(|text| row_truth(&report, &text, &fact.columns));
        let names = known_names(&report, vec![value?, period?], &fact.columns);
        let [value, period] = <[String; 2]>::try_from(names).ok()?;
        Some(Self {
            id: id?.value,
            title: title?.value,
            domain: domain.value,
            unit,
            better,
            from: fact.id.clone(),
            filter,
            value,
            scale,
            period,
            source: source?.value,
        })
    }
}
