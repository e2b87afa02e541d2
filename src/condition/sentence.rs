//! Sentences of a rule: text with expressions in braces, filled from the rows it fired on.
//!
//! `{plural(count(*), 'serious concern', 'serious concerns')} from {list(team)}, first notified on
//! {min(told)}`. A sentence names only what the table has; `check` refuses it otherwise.

use std::collections::BTreeSet;

use polars::prelude::*;
use sqlparser::ast::{Expr as Sql, FunctionArg, FunctionArgExpr, FunctionArguments, Value};

use super::{Columns, Condition, Day, Fault, Kind, Scope, Values, parse};
use crate::dates;

/// A sentence with its expressions checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    parts: Vec<Part>,
    /// Numbers for which no other may be taken: those of its text and of the rule that it belongs to.
    limits: Vec<f64>,
    /// The values of the pipeline that it names.
    named: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Value(Condition),
    List(Condition),
    Plural { count: Condition, one: String, many: String },
}

impl Sentence {
    /// Parses and checks a sentence against the columns of a table.
    ///
    /// # Errors
    /// Every fault that was found; at least one.
    pub fn new(text: &str, columns: &Columns) -> Result<Self, Vec<Fault>> {
        let (mut parts, mut faults, mut named) = (Vec::new(), Vec::new(), BTreeSet::new());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((inside, after)) = after.split_once('}') else {
                let message = format!("the brace before `{}` is never closed", after.trim());
                return Err(vec![Fault { line: 0, message, help: Some("close it with }".into()) }]);
            };
            parts.push(Part::Text(before.to_owned()));
            match placeholder(inside, columns) {
                Ok(Part::Value(condition)) if condition.constant().is_some() => {
                    named.extend(condition.named().iter().cloned());
                    let number = condition.constant().map(crate::wording::number);
                    parts.push(Part::Text(number.unwrap_or_default()));
                }
                Ok(part) => parts.push(part),
                Err(found) => faults.extend(found),
            }
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        let limits = parts.iter().flat_map(numbers_in).collect();
        if faults.is_empty() { Ok(Self { parts, limits, named }) } else { Err(faults) }
    }

    /// The sentence of a rule with these conditions: a value is printed so that it is not taken for a number
    /// that they compare with. 9.996 is below 10, and is not printed as 10.
    pub fn of_rule<'c>(mut self, conditions: impl IntoIterator<Item = &'c Condition>) -> Self {
        self.limits.extend(conditions.into_iter().flat_map(Condition::numbers));
        self
    }

    /// A text that speaks of no row, only of named values: a title.
    ///
    /// # Errors
    /// Every fault that was found; at least one.
    pub fn title(text: &str, values: &Values) -> Result<String, Vec<Fault>> {
        let sentence = Self::new(text, &Columns::knowing(values))?;
        let mut out = String::new();
        for part in &sentence.parts {
            let Part::Text(text) = part else {
                let message = "a title speaks of no row".to_owned();
                let help = Some("write the text itself, or a named value in braces".to_owned());
                return Err(vec![Fault { line: 0, message, help }]);
            };
            out.push_str(text);
        }
        Ok(out)
    }

    /// The values of the pipeline that it names.
    pub fn named(&self) -> &BTreeSet<String> {
        &self.named
    }

    /// The numbers that it says itself, and those of the conditions of its rule.
    pub fn numbers(&self) -> &[f64] {
        &self.limits
    }

    /// One expression for each value in the sentence, over the rows of a practice.
    pub fn exprs(&self, as_of: impl Into<Day>) -> Vec<Expr> {
        let as_of = as_of.into().over_rows();
        self.parts
            .iter()
            .filter_map(|part| match part {
                Part::Text(_) => None,
                Part::Value(c) | Part::Plural { count: c, .. } => Some(c.expr(as_of)),
                Part::List(c) => Some(c.expr(as_of).drop_nulls().unique_stable().implode(true)),
            })
            .collect()
    }

    /// The sentence with the values that [`Sentence::exprs`] gave, in their order.
    pub fn fill(&self, values: &[AnyValue]) -> String {
        let mut values = values.iter();
        let mut next = || values.next().unwrap_or(&AnyValue::Null);
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Value(_) => out.push_str(&words(next(), &self.limits)),
                Part::List(_) => out.push_str(&enumeration(next(), &self.limits)),
                Part::Plural { one, many, .. } => {
                    let count = next();
                    let said = words(count, &[]);
                    let noun = if said == "1" { one } else { many };
                    out.push_str(&format!("{said} {noun}"));
                }
            }
        }
        out
    }
}

/// The numbers that a part says itself.
fn numbers_in(part: &Part) -> Vec<f64> {
    match part {
        Part::Text(text) => {
            let words = text.split(|c: char| !c.is_ascii_digit() && c != '.');
            words.filter_map(|word| word.trim_matches('.').parse().ok()).collect()
        }
        Part::Value(condition) => condition.numbers(),
        _ => Vec::new(),
    }
}

fn placeholder(text: &str, columns: &Columns) -> Result<Part, Vec<Fault>> {
    if let Sql::Function(call) = parse::expression(text)? {
        let name = call.name.to_string().to_lowercase();
        if let (FunctionArguments::List(list), "list" | "plural") = (&call.args, name.as_str()) {
            let arguments: Vec<&Sql> = list
                .args
                .iter()
                .filter_map(|a| match a {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
                    _ => None,
                })
                .collect();
            return match (name.as_str(), arguments.as_slice()) {
                ("list", [inner]) => Ok(Part::List(Condition::new(&inner.to_string(), columns, Scope::Row)?)),
                ("plural", [count, one, many]) => {
                    let count = Condition::new(&count.to_string(), columns, Scope::Rows)?;
                    match (noun(one), noun(many), count.kind()) {
                        (Some(one), Some(many), Kind::Number) => Ok(Part::Plural { count, one, many }),
                        _ => Err(vec![usage("plural(count(*), 'concern', 'concerns')")]),
                    }
                }
                _ => Err(vec![usage("list(column)")]),
            };
        }
    }
    Ok(Part::Value(Condition::new(text, columns, Scope::Rows)?))
}

fn noun(expr: &Sql) -> Option<String> {
    match expr {
        Sql::Value(v) => match &v.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn usage(example: &str) -> Fault {
    Fault { line: 0, message: format!("a sentence writes {example}"), help: None }
}

/// A value as prose has it: `12 March 2026`, `14.5`, `Serious`.
fn words(value: &AnyValue, limits: &[f64]) -> String {
    match value {
        AnyValue::Null => "not known".to_owned(),
        AnyValue::Date(days) => dates::from_days(*days).map(dates::long).unwrap_or_default(),
        AnyValue::Float64(number) => crate::wording::beside(*number, limits),
        AnyValue::Boolean(true) => "yes".to_owned(),
        AnyValue::Boolean(false) => "no".to_owned(),
        AnyValue::String(text) => (*text).to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        other => other.to_string(),
    }
}

fn enumeration(value: &AnyValue, limits: &[f64]) -> String {
    match value {
        AnyValue::List(series) => {
            let items: Vec<String> = series.iter().map(|v| words(&v, limits)).collect();
            crate::wording::list(&items)
        }
        other => words(other, limits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concerns() -> (Columns, DataFrame) {
        let mut columns = Columns::new();
        columns.set("team", Kind::Text);
        columns.set("told", Kind::Date);
        let frame = df!(
            "practice" => ["A", "A", "A"],
            "team" => ["Quality", "Estates", "Quality"],
            "told" => [20_000, 20_010, 20_020],
        )
        .unwrap()
        .lazy()
        .with_column(col("told").cast(DataType::Date))
        .collect()
        .unwrap();
        (columns, frame)
    }

    #[test]
    fn a_sentence_is_filled_from_the_rows() {
        let (columns, frame) = concerns();
        let text = "{plural(count(*), 'concern', 'concerns')} from {list(team)}, first on {min(told)}.";
        let sentence = Sentence::new(text, &columns).unwrap();
        let as_of = chrono::NaiveDate::from_ymd_opt(2026, 7, 14).unwrap();
        let exprs: Vec<Expr> =
            sentence.exprs(as_of).into_iter().enumerate().map(|(i, e)| e.alias(format!("s{i}"))).collect();
        let row = frame.lazy().group_by([col("practice")]).agg(exprs).collect().unwrap();
        let values: Vec<AnyValue> = row.columns()[1..].iter().map(|c| c.get(0).unwrap()).collect();
        assert_eq!(sentence.fill(&values), "3 concerns from Quality and Estates, first on 4 October 2024.");
    }

    #[test]
    fn a_value_is_not_printed_as_the_limit_beside_it() {
        let mut columns = Columns::new();
        columns.set("score", Kind::Number);
        let rule = Condition::truth("score < 9.95 or score >= 20", &columns, Scope::Row).unwrap();
        let sentence = Sentence::new("Score {min(score)}, below 10.", &columns).unwrap().of_rule([&rule]);
        let said = |score: f64| sentence.fill(&[AnyValue::Float64(score)]);
        assert_eq!(said(9.996), "Score 9.996, below 10.");
        assert_eq!(said(9.9496), "Score 9.9496, below 10.");
        assert_eq!(said(19.9999), "Score 19.9999, below 10.");
        assert_eq!(said(9.1234), "Score 9.12, below 10.");
    }

    #[test]
    fn an_unknown_column_in_a_sentence_is_a_fault() {
        let (columns, _) = concerns();
        let faults = Sentence::new("told by {teem}", &columns).unwrap_err();
        assert_eq!(faults[0].message, "there is no column `teem`");
        assert_eq!(faults[0].help.as_deref(), Some("did you mean `team`?"));
    }
}
