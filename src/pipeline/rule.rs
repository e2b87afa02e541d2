//! Rules: what must be true of a practice's facts for a level to be proposed.

use std::collections::BTreeMap;

use super::checked::{known_names, noted, row_truth};
use super::fact::Fact;
use super::layout::Declared;
use super::level::level_number;
use super::numbers;
use super::reader::{At, Placed, Report, Table};
use crate::condition::{Columns, Condition, Scope, Sentence};
use crate::diagnostic::Code;

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name: that of its file.
    pub id: String,
    /// What it says, for people.
    pub title: String,
    /// The clause of the framework it comes from.
    pub clause: String,
    /// The level it proposes.
    pub level: u8,
    /// The fact it looks at.
    pub from: String,
    /// What must be true of a row.
    pub filter: Option<Condition>,
    /// The line at which that is written; without it the first line of the rule.
    pub filter_at: Declared,
    /// What must be true of a practice's rows together.
    pub having: Option<Condition>,
    /// Whether it fires only where no other rule does.
    pub only_if_nothing_else: bool,
    /// The facts of which no row may stand that no rule claims: where one does, this rule does not fire.
    pub nothing_unclaimed_in: Vec<String>,
    /// The date of a row: when it became known, which starts its clock.
    pub date: Condition,
    /// What starts the clock of the finding.
    pub starts: Starts,
    /// What the finding says.
    pub sentence: Sentence,
    /// The same as a reason within a sentence: "the variation score is 11.1".
    pub because: Option<Sentence>,
    /// The columns that are shown as evidence.
    pub evidence: Vec<String>,
}

/// What starts the clock of a finding.
#[derive(Debug, Clone)]
pub enum Starts {
    /// Each of its rows has a clock of its own, from the row's date.
    EachRow,
    /// An expression over its rows.
    At(Condition),
    /// The first row of the present unbroken series, in another fact.
    Unbroken {
        /// The fact that holds the series: every observation, not only the latest.
        fact: String,
        /// What is true of a row that belongs to the series.
        holds: Condition,
        /// The date of a row.
        date: Condition,
    },
}

impl Rule {
    /// Reads `rules/<id>.toml`.
    pub(super) fn read(
        id: &str,
        mut file: Table<'_>,
        facts: &BTreeMap<String, Fact>,
        levels: &[String],
    ) -> Option<Self> {
        let report = file.report().clone();
        let (title, clause) = (file.text("title"), file.text("clause"));
        let number = file.count("level");
        let level = number.as_ref().and_then(|n| level_number(&file, n));
        if let (Some(level), Some(number)) = (level, &number)
            && !(levels.is_empty() || levels.contains(&level.to_string()))
        {
            report.error(
                &number.at,
                Code::UnknownName,
                format!("there is no level {level} in levels.toml"),
                None,
            );
        }
        let from = file.text("from");
        let (filter, having) = (file.text_or_none("where"), file.text_or_none("having"));
        let only_if_nothing_else = file.flag("only_if_nothing_else");
        let nothing_unclaimed_in = file.texts("nothing_unclaimed_in");
        if let (Some(fact), false) = (nothing_unclaimed_in.first(), only_if_nothing_else) {
            let message = "`nothing_unclaimed_in` is for a rule with only_if_nothing_else = true";
            report.error(&fact.at, Code::BadValue, message, None);
        }
        let (date, sentence) = (file.text("date"), file.text("sentence"));
        let because = file.text_or_none("because");
        let evidence = file.texts("evidence");
        let starts = match file.has("starts").then(|| file.is_table("starts")) {
            None => Some(StartsText::EachRow),
            Some(true) => file.table_or_none("starts").and_then(StartsText::read),
            Some(false) => file.text("starts").map(StartsText::At),
        };
        let at = filter.as_ref().map_or_else(|| file.at(), |filter| filter.at.clone());
        let filter_at = Declared { file: at.file.to_string(), line: at.line };
        let Some(fact) = from.and_then(|from| super::known_fact(&report, &from, facts)) else {
            if let Some(StartsText::Unbroken { fact, .. }) = &starts {
                super::known_fact(&report, fact, facts);
            }
            return None;
        };
        let columns = &fact.columns;
        let nothing_unclaimed_in = nothing_unclaimed_in
            .iter()
            .filter_map(|fact| super::known_fact(&report, fact, facts).map(|fact| fact.id.clone()))
            .collect();
        let written = title.clone();
        let title = title.and_then(|t| noted(&report, &t.at, Sentence::title(&t.value, columns.values())));
        let evidence = known_names(&report, evidence, columns);
        let filter = filter.map(|text| row_truth(&report, &text, columns));
        let having =
            having.map(|text| noted(&report, &text.at, Condition::truth(&text.value, columns, Scope::Rows)));
        let date = date.and_then(|t| noted(&report, &t.at, Condition::date(&t.value, columns, Scope::Row)));
        let sentence = sentence.and_then(|t| noted(&report, &t.at, Sentence::new(&t.value, columns)));
        let starts = match starts? {
            StartsText::EachRow => Some(Starts::EachRow),
            StartsText::At(text) => {
                noted(&report, &text.at, Condition::date(&text.value, columns, Scope::Rows)).map(Starts::At)
            }
            StartsText::Unbroken { fact, holds, date } => {
                let series = super::known_fact(&report, &fact, facts)?;
                let holds = row_truth(&report, &holds, &series.columns);
                let date = Condition::date(&date.value, &series.columns, Scope::Row);
                let date = noted(&report, &fact.at, date);
                Some(Starts::Unbroken { fact: series.id.clone(), holds: holds?, date: date? })
            }
        };
        let (filter, having) = (swap(filter)?, swap(having)?);
        numbers::check_texts(
            &report,
            &at,
            columns.values(),
            &numbers::Said {
                title: written
                    .and_then(|t| Sentence::new(&t.value, &Columns::knowing(columns.values())).ok()),
                sentence: sentence.as_ref(),
                conditions: filter.iter().chain(&having).collect(),
                series: match &starts {
                    Some(Starts::Unbroken { holds, .. }) => Some(holds),
                    _ => None,
                },
            },
        );
        let sentence = sentence.map(|sentence| sentence.of_rule(filter.iter().chain(&having)));
        let because = because.map(|t| noted(&report, &t.at, Sentence::new(&t.value, columns)));
        let because = swap(because)?.map(|because| because.of_rule(filter.iter().chain(&having)));
        Some(Self {
            id: id.to_owned(),
            title: title?,
            clause: clause?.value,
            level: level?,
            from: fact.id.clone(),
            filter,
            filter_at,
            having,
            only_if_nothing_else,
            nothing_unclaimed_in,
            date: date?,
            starts: starts?,
            sentence: sentence?,
            because,
            evidence,
        })
    }
}

/// Notes rules that hold for the same rows: each fires, so a practice has every such finding twice.
pub(super) fn check_copies(report: &Report, rules: &[Rule]) {
    let text = |condition: &Option<Condition>| {
        condition.as_ref().map(|c| c.text().split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase())
    };
    let says =
        |rule: &Rule| (rule.from.clone(), text(&rule.filter), text(&rule.having), rule.only_if_nothing_else);
    for (place, rule) in rules.iter().enumerate() {
        // Of two files the one with the longer name is the copy: "serious-concern copy".
        let others = rules.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, other)| other);
        let original = others
            .filter(|other| says(other) == says(rule))
            .find(|other| (other.id.len(), &other.id) < (rule.id.len(), &rule.id));
        let Some(original) = original else { continue };
        let at = At { file: format!("rules/{}.toml", rule.id).into(), line: 1 };
        let message =
            format!("this rule holds for the rows for which rules/{}.toml holds: both fire", original.id);
        let help = "take one of them out, or change its condition";
        report.warning(&at, Code::CopiedRule, message, Some(help.to_owned()));
    }
}

/// A condition that was written and could not be read makes the rule unusable.
fn swap<T>(written: Option<Option<T>>) -> Option<Option<T>> {
    match written {
        Some(None) => None,
        Some(Some(condition)) => Some(Some(condition)),
        None => Some(None),
    }
}

enum StartsText {
    EachRow,
    At(Placed<String>),
    Unbroken { fact: Placed<String>, holds: Placed<String>, date: Placed<String> },
}

impl StartsText {
    fn read(mut table: Table<'_>) -> Option<Self> {
        let (fact, holds, date) = (table.text("in"), table.text("while"), table.text("date"));
        Some(Self::Unbroken { fact: fact?, holds: holds?, date: date? })
    }
}
