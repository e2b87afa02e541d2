//! Numbers that the pipeline names, and the numbers by which rules divide a column.

use std::collections::{BTreeMap, BTreeSet};

use super::fact::Fact;
use super::feed::Feed;
use super::layout::{ColumnKind, Declared};
use super::level::Levels;
use super::reader::{At, Report};
use super::rule::Rule;
use super::source::Folder;
use crate::condition::{Claim, Condition, Range, Sentence, Values, coverage};
use crate::diagnostic::Code;

/// The named values, before the file they stand in is read for good.
pub(super) fn values(folder: &Folder, file: &str) -> Values {
    let parsed = folder.get(file).and_then(|text| text.parse::<toml::Table>().ok());
    let named = parsed.as_ref().and_then(|table| table.get("values")).and_then(toml::Value::as_table);
    let number = |value: &toml::Value| match value {
        toml::Value::Integer(number) => Some(*number as f64),
        toml::Value::Float(number) => Some(*number).filter(|n| n.is_finite()),
        _ => None,
    };
    Values::new(named.into_iter().flatten().filter_map(|(name, value)| Some((name.clone(), number(value)?))))
}

fn at(declared: &Declared) -> At {
    At { file: declared.file.as_str().into(), line: declared.line }
}

/// Notes values that nothing names, and those that a column hides.
pub(super) fn check_values(
    report: &Report,
    levels: &Levels,
    values: &Values,
    facts: &BTreeMap<String, Fact>,
) {
    for (name, _, declared) in &levels.values {
        if let Some(fact) = facts.values().find(|fact| fact.columns.get(name).is_some()) {
            let message = format!("`{name}` is a column of `{}`: it cannot be a value, too", fact.id);
            report.error(
                &at(declared),
                Code::DuplicateName,
                message,
                Some("give the value another name".to_owned()),
            );
        } else if values.unused().any(|unused| unused == name) {
            let help = Some("name it in a condition, a title or a sentence, or take it out".to_owned());
            report.warning(
                &at(declared),
                Code::UnusedValue,
                format!("nothing names the value `{name}`"),
                help,
            );
        }
    }
}

/// What a rule says of named values, and what it asks.
pub(super) struct Said<'r> {
    pub(super) title: Option<Sentence>,
    pub(super) sentence: Option<&'r Sentence>,
    /// What must be true of a row, and of the rows together.
    pub(super) conditions: Vec<&'r Condition>,
    /// What is true of the rows of the series that starts the clock.
    pub(super) series: Option<&'r Condition>,
}

/// Notes values that the texts of a rule name and its conditions do not use, because somebody wrote a number
/// there: the texts would say what is not so.
pub(super) fn check_texts(report: &Report, at: &At, values: &Values, said: &Said<'_>) {
    // Of a text that cannot be read it is not known what it says.
    let (Some(title), Some(sentence)) = (&said.title, said.sentence) else { return };
    let texts = || [title, sentence].into_iter();
    let used: BTreeSet<&String> = said.conditions.iter().flat_map(|condition| condition.named()).collect();
    let spoken = |number: &f64| values.holds(*number) || texts().any(|text| text.numbers().contains(number));
    let bare = |conditions: &[&Condition]| -> Vec<String> {
        let numbers = conditions.iter().flat_map(|condition| condition.numbers());
        numbers.filter(|number| !spoken(number)).map(crate::wording::number).collect()
    };
    let named: BTreeSet<&String> =
        texts().flat_map(Sentence::named).chain(said.series.iter().flat_map(|c| c.named())).collect();
    let wrote = bare(&said.conditions);
    let compares = if wrote.is_empty() {
        String::new()
    } else {
        format!(": it compares with {}", crate::wording::list(&wrote))
    };
    let help = || Some("name the value wherever its number is meant, or nowhere".to_owned());
    for name in named.iter().filter(|name| !used.contains(**name)) {
        let places = [
            ("the title", title.named().contains(*name)),
            ("the sentence", sentence.named().contains(*name)),
            ("`while`", said.series.is_some_and(|series| series.named().contains(*name))),
        ];
        let places: Vec<String> =
            places.into_iter().filter(|(_, names)| *names).map(|(place, _)| place.to_owned()).collect();
        let verb = if places.len() == 1 { "names" } else { "name" };
        let message = format!(
            "{} {verb} `{name}`, and the condition of this rule does not use it{compares}",
            crate::wording::list(&places)
        );
        report.warning(at, Code::RuleNumbers, message, help());
    }
    if !named.is_empty() && named.iter().all(|name| used.contains(*name)) && !wrote.is_empty() {
        let message = format!(
            "the condition compares with {}, which neither a named value nor the texts of this rule say, and these \
             name a value",
            crate::wording::list(&wrote)
        );
        report.warning(at, Code::RuleNumbers, message, help());
    }
    if let Some(series) = said.series {
        let wrote = bare(&[series]);
        for name in used.iter().filter(|name| !series.named().contains(**name) && !wrote.is_empty()) {
            let message = format!(
                "the condition uses `{name}`, and `while` compares with {}",
                crate::wording::list(&wrote)
            );
            report.warning(at, Code::RuleNumbers, message, help());
        }
    }
}

/// Notes numbers of a column that no rule claims though those around them have one, and those that two do.
pub(super) fn check_rules(report: &Report, rules: &[Rule], feeds: &[Feed], facts: &BTreeMap<String, Fact>) {
    for fact in facts.values() {
        let of_fact: Vec<&Rule> =
            rules.iter().filter(|rule| rule.from == fact.id && rule.having.is_none()).collect();
        let filters = || of_fact.iter().filter_map(|rule| rule.filter.as_ref());
        let columns: BTreeSet<&str> = filters().flat_map(|filter| filter.divided().into_keys()).collect();
        let claims: Vec<Claim<'_>> = of_fact
            .iter()
            .map(|rule| Claim { condition: rule.filter.as_ref(), last: rule.only_if_nothing_else })
            .collect();
        for column in columns {
            let found = coverage(&claims, column, limits(fact, column, feeds));
            for gap in &found.gaps {
                let message = format!("`{column}` {} meets no rule", gap.words());
                let help = "change the numbers of the rules together; a number that several share can be named once in [values] of levels.toml";
                report.warning(
                    &place(&of_fact, column, gap),
                    Code::RuleNumbers,
                    message,
                    Some(help.to_owned()),
                );
            }
            for (one, other, range) in &found.overlaps {
                let (Some(one), Some(other)) = (of_fact.get(*one), of_fact.get(*other)) else { continue };
                let message =
                    format!("`{column}` {} meets two rules, `{}` and `{}`", range.words(), one.id, other.id);
                let help = "change the numbers of the rules together, unless both are meant to stand";
                report.warning(
                    &place(&[one], column, range),
                    Code::RuleNumbers,
                    message,
                    Some(help.to_owned()),
                );
            }
        }
    }
}

/// Where to look: the rule that holds the upper end of the range, else the lower.
fn place(rules: &[&Rule], column: &str, range: &Range) -> At {
    let holds = |rule: &&&Rule, end: Option<(f64, bool)>| {
        let numbers =
            rule.filter.as_ref().and_then(|filter| filter.divided().remove(column)).unwrap_or_default();
        end.is_some_and(|(end, _)| numbers.contains(&end))
    };
    let upper = rules.iter().find(|rule| holds(rule, range.to));
    let rule = upper.or_else(|| rules.iter().find(|rule| holds(rule, range.from))).or_else(|| rules.first());
    rule.map_or_else(|| At { file: "rules".into(), line: 1 }, |rule| at(&rule.filter_at))
}

/// The smallest and the largest number that the layouts of a column allow.
fn limits(fact: &Fact, column: &str, feeds: &[Feed]) -> (Option<f64>, Option<f64>) {
    let layouts =
        feeds.iter().flat_map(|feed| &feed.layouts).filter(|layout| fact.from.contains(&layout.table));
    type Limits = (Option<f64>, Option<f64>);
    let kinds: Vec<Limits> = layouts
        .filter_map(|layout| layout.column(column))
        .map(|column| match column.kind {
            ColumnKind::Number { minimum, maximum, .. } => (minimum, maximum),
            _ => (None, None),
        })
        .collect();
    let all = |pick: fn(&Limits) -> Option<f64>, of: fn(f64, f64) -> f64| {
        kinds.iter().map(pick).reduce(|a, b| a.zip(b).map(|(a, b)| of(a, b))).flatten()
    };
    (all(|k| k.0, f64::min), all(|k| k.1, f64::max))
}
