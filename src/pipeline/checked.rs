//! Values that must be known names, words of a list, patterns or conditions.

use regex::Regex;

use super::reader::{At, Placed, Report, Table};
use crate::condition::{Columns, Condition, Fault, Scope};
use crate::diagnostic::{Code, likely};

/// One of a few words, each with its value.
pub(super) fn read_choice<T: Copy>(table: &mut Table<'_>, key: &str, words: &[(&str, T)]) -> Option<T> {
    table.knows_words(key, words.iter().map(|(word, _)| *word));
    let text = table.text_or_none(key)?;
    let found = words.iter().find(|(word, _)| *word == text.value).map(|(_, value)| *value);
    if found.is_none() {
        let known: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let message = format!("`{key}` is \"{}\"; it can be {}", text.value, known.join(", "));
        table.report().error(&text.at, Code::BadValue, message, None);
    }
    found
}

/// A list of words, each with its value; unknown ones are noted.
pub(super) fn words<T: Copy>(table: &mut Table<'_>, key: &str, known: &[(&str, T)]) -> Vec<T> {
    table.knows_words(key, known.iter().map(|(word, _)| *word));
    let mut out = Vec::new();
    for text in table.texts(key) {
        match known.iter().find(|(word, _)| *word == text.value) {
            Some((_, value)) => out.push(*value),
            None => {
                let names: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
                let message = format!("`{}` is not known in `{key}`", text.value);
                let help = format!("it can be {}", names.join(", "));
                table.report().error(&text.at, Code::UnknownName, message, Some(help));
            }
        }
    }
    out
}

pub(super) fn regex(report: &Report, pattern: &Placed<String>) -> Option<Regex> {
    match Regex::new(&pattern.value) {
        Ok(regex) => Some(regex),
        Err(error) => {
            let message = format!("not a regular expression: {error}");
            report.error(&pattern.at, Code::BadValue, message, None);
            None
        }
    }
}

/// The names that are columns; the others are noted.
pub(super) fn known_names(report: &Report, names: Vec<Placed<String>>, known: &Columns) -> Vec<String> {
    let mut out = Vec::new();
    for name in names {
        if known.get(&name.value).is_some() {
            out.push(name.value);
            continue;
        }
        let help = likely(&name.value, known.names()).map_or_else(
            || format!("the columns here are: {}", known.names().collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        report.error(&name.at, Code::UnknownName, format!("there is no column `{}`", name.value), Some(help));
    }
    out
}

/// A condition about one row; its faults are noted with their lines.
pub(super) fn row_truth(report: &Report, text: &Placed<String>, known: &Columns) -> Option<Condition> {
    noted(report, &text.at, Condition::truth(&text.value, known, Scope::Row))
}

/// What was compiled, or its faults noted at the line where they stand.
pub(super) fn noted<T>(report: &Report, at: &At, compiled: Result<T, Vec<Fault>>) -> Option<T> {
    match compiled {
        Ok(compiled) => Some(compiled),
        Err(faults) => {
            for fault in faults {
                let at = At { file: at.file.clone(), line: at.line + fault.line };
                report.error(&at, Code::BadCondition, fault.message, fault.help);
            }
            None
        }
    }
}
