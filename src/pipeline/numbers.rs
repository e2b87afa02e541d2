//! Numbers that the pipeline names, and the numbers by which rules divide a column.

use std::collections::{BTreeMap, BTreeSet};

use super::fact::Fact;
use super::feed::Feed;
use super::layout::{ColumnKind, Declared};
use super::level::Levels;
use super::reader::{At, Report};
use super::rule::Rule;
use super::source::Folder;
use crate::condition::{Claim, Range, Values, coverage};
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
            let mend = Some("name it in a condition, a title or a sentence, or take it out".to_owned());
            report.warning(
                &at(declared),
                Code::UnusedValue,
                format!("nothing names the value `{name}`"),
                mend,
            );
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
                let mend = "change the numbers of the rules together; a number that several share can be named once in [values] of levels.toml";
                report.warning(
                    &place(&of_fact, column, gap),
                    Code::RuleNumbers,
                    message,
                    Some(mend.to_owned()),
                );
            }
            for (one, other, range) in &found.overlaps {
                let (Some(one), Some(other)) = (of_fact.get(*one), of_fact.get(*other)) else { continue };
                let message =
                    format!("`{column}` {} meets two rules, `{}` and `{}`", range.words(), one.id, other.id);
                let mend = "change the numbers of the rules together, unless both are meant to stand";
                report.warning(
                    &place(&[one], column, range),
                    Code::RuleNumbers,
                    message,
                    Some(mend.to_owned()),
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
