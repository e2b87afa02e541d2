//! Reading one TOML table key by key, noting everything that is wrong on the way.
//!
//! A [`Table`] gives typed values and notes a diagnostic, with file and line, for each that is
//! missing or of the wrong type. When it is dropped it notes the keys that nobody asked for. So one
//! pass over a file tells all that is wrong with it.

use std::collections::BTreeSet;
use std::rc::Rc;

use chrono::{NaiveDate, NaiveTime};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(super) use super::report::{At, Report};
use super::source::line_of;
use crate::diagnostic::{Code, likely};

/// What is noted of a key that must be there, beside what it is to hold.
pub(super) const REQUIRED: &str = "required";

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) at: At,
}

/// A parsed file.
pub(super) struct File<'t> {
    name: Rc<str>,
    text: &'t str,
    root: Spanned<DeTable<'t>>,
    report: Report,
}

impl<'t> File<'t> {
    /// Parses a text; what is not TOML is noted and the rest is still read.
    pub(super) fn parse(name: &str, text: &'t str, report: &Report) -> Self {
        let (root, errors) = DeTable::parse_recoverable(text);
        let name: Rc<str> = name.into();
        for error in errors {
            let position = error.span().map_or(0, |span| span.start);
            let at = At { file: name.clone(), line: line_of(text, position) };
            let here = error.span().and_then(|span| text.get(span)).map(str::trim).unwrap_or_default();
            let message = match error.message() {
                "duplicate key" => format!("the key `{here}` stands here a second time"),
                message => message.to_owned(),
            };
            report.error(&at, Code::Syntax, message, Some("see https://toml.io for the format".into()));
        }
        Self { name, text, root, report: report.clone() }
    }

    /// The whole file as a table.
    pub(super) fn table(&self) -> Table<'_> {
        let at = At { file: self.name.clone(), line: 1 };
        Table { file: self, node: self.root.get_ref(), at, path: kind_of(&self.name), asked: BTreeSet::new() }
    }

    fn at(&self, span: std::ops::Range<usize>) -> At {
        At { file: self.name.clone(), line: line_of(self.text, span.start) }
    }
}

/// One table of a file; see the module's description.
pub(super) struct Table<'a> {
    file: &'a File<'a>,
    node: &'a DeTable<'a>,
    at: At,
    /// The kind of file, and the keys that lead to the table: `levels.toml/level/action`.
    path: String,
    asked: BTreeSet<String>,
}

/// `rules/*.toml` for a file in a folder.
fn kind_of(name: &str) -> String {
    name.split_once('/').map_or_else(|| name.to_owned(), |(folder, _)| format!("{folder}/*.toml"))
}

impl Drop for Table<'_> {
    fn drop(&mut self) {
        for (key, _) in self.node.iter() {
            if self.asked.contains(key.get_ref().as_ref()) {
                continue;
            }
            let help = match likely(key.get_ref(), self.asked.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    format!(
                        "the keys here are: {}",
                        self.asked.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
                    )
                }
            };
            let message = format!("the key `{}` means nothing here", key.get_ref());
            self.file.report.error(&self.file.at(key.span()), Code::UnknownKey, message, Some(help));
        }
    }
}

impl<'a> Table<'a> {
    /// Where the table begins.
    pub(super) fn at(&self) -> At {
        self.at.clone()
    }

    /// Where the diagnostics go.
    pub(super) fn report(&self) -> &Report {
        &self.file.report
    }

    /// The keys that the table has, in the order of the alphabet, none of them asked for yet.
    pub(super) fn keys(&mut self) -> Vec<Placed<String>> {
        let keys = self.node.iter();
        keys.map(|(k, _)| Placed { value: k.get_ref().to_string(), at: self.file.at(k.span()) }).collect()
    }

    /// Whether the key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.node.contains_key(key)
    }

    /// Notes a key as known without reading its value.
    pub(super) fn know(&mut self, key: &str) {
        self.ask(key, "");
    }

    /// Takes the table as it is: what it depends on is missing, and only that is worth a word.
    pub(super) fn pass_over(mut self) {
        self.asked = self.node.iter().map(|(key, _)| key.get_ref().to_string()).collect();
    }

    /// Notes that a key was asked for, and what it was to hold. The tests of [`super::schema`] hold these against
    /// the keys that are declared.
    fn ask(&mut self, key: &str, wanted: &str) {
        self.asked.insert(key.to_owned());
        self.report().asked(&self.path, key, wanted);
    }

    /// Notes which words a text of a key can be.
    pub(super) fn knows_words<'w>(&self, key: &str, words: impl IntoIterator<Item = &'w str>) {
        let words: Vec<&str> = words.into_iter().collect();
        self.report().asked(&self.path, key, &format!("word: {}", words.join(" | ")));
    }

    /// Where a key stands, or the table where it does not.
    pub(super) fn at_of(&self, key: &str) -> At {
        let found = self.node.iter().find(|(k, _)| k.get_ref().as_ref() == key);
        found.map_or_else(|| self.at(), |(k, _)| self.file.at(k.span()))
    }

    /// Whether the key holds a table.
    pub(super) fn is_table(&self, key: &str) -> bool {
        self.node.get(key).is_some_and(|value| value.get_ref().is_table())
    }

    /// Whether the key holds that text.
    pub(super) fn is_text(&self, key: &str, text: &str) -> bool {
        self.node
            .get(key)
            .and_then(|value| value.get_ref().as_str())
            .is_some_and(|value| value.trim() == text)
    }

    fn find(&mut self, key: &str, wanted: &str) -> Option<(&'a DeValue<'a>, At)> {
        self.ask(key, wanted);
        let value = self.node.get(key)?;
        Some((value.get_ref(), self.file.at(value.span())))
    }

    fn missing(&self, key: &str) {
        let message = format!("the key `{key}` is missing");
        self.file.report.error(&self.at, Code::MissingKey, message, None);
    }

    fn wrong(&self, at: &At, key: &str, value: &DeValue, wanted: &str) {
        let found = match value.as_str() {
            Some(text) => format!("\"{text}\""),
            None => format!("{} {}", article(value.type_str()), value.type_str()),
        };
        let message = format!("`{key}` is {found}; it takes {wanted}");
        self.file.report.error(at, Code::BadValue, message, None);
    }

    fn optional<T>(
        &mut self,
        key: &str,
        wanted: &str,
        read: impl Fn(&DeValue) -> Option<T>,
    ) -> Option<Placed<T>> {
        let (value, at) = self.find(key, wanted)?;
        match read(value) {
            Some(value) => Some(Placed { value, at }),
            None => {
                self.wrong(&at, key, value, wanted);
                None
            }
        }
    }

    fn required<T>(
        &mut self,
        key: &str,
        wanted: &str,
        read: impl Fn(&DeValue) -> Option<T>,
    ) -> Option<Placed<T>> {
        self.ask(key, REQUIRED);
        if !self.has(key) {
            self.ask(key, wanted);
            self.missing(key);
            return None;
        }
        self.optional(key, wanted, read)
    }

    /// A text that must be there and not be blank.
    pub(super) fn text(&mut self, key: &str) -> Option<Placed<String>> {
        self.required(key, "a text in quotes", text)
    }

    /// A text that may be left out.
    pub(super) fn text_or_none(&mut self, key: &str) -> Option<Placed<String>> {
        self.optional(key, "a text in quotes", text)
    }

    /// A text that may be left out and may be blank.
    pub(super) fn text_or_empty(&mut self, key: &str) -> Option<Placed<String>> {
        self.optional(key, "a text in quotes", |value| value.as_str().map(str::to_owned))
    }

    /// A mail address that must be there; unlike other texts it keeps its outer spaces, which are a fault.
    pub(super) fn address(&mut self, key: &str) -> Option<Placed<String>> {
        let whole = |value: &DeValue| value.as_str().map(str::to_owned);
        let text = self.required(key, "a mail address in quotes", whole)?;
        super::address::read(self.report(), &text).map(|value| Placed { value, at: text.at })
    }

    /// Mail addresses in brackets; those that are none are noted and left out.
    pub(super) fn addresses(&mut self, key: &str) -> Vec<String> {
        let whole = |value: &DeValue| value.as_str().map(str::to_owned);
        let texts = self.list(key, "mail addresses in brackets", whole);
        texts.iter().filter_map(|text| super::address::read(self.report(), text)).collect()
    }

    /// A number of any length, as its digits; in quotes or not.
    pub(super) fn digits_or_none(&mut self, key: &str) -> Option<Placed<String>> {
        self.optional(key, "a number, all digits", |value| {
            let text = match value {
                DeValue::Integer(number) if number.radix() == 10 => number.as_str().replace('_', ""),
                other => text(other)?,
            };
            text.chars().all(|c| c.is_ascii_digit()).then_some(text)
        })
    }

    /// A whole number of at least 0.
    pub(super) fn count_or_none(&mut self, key: &str) -> Option<Placed<u32>> {
        self.optional(key, "a whole number", count)
    }

    /// A whole number of at least 0 that must be there.
    pub(super) fn count(&mut self, key: &str) -> Option<Placed<u32>> {
        self.required(key, "a whole number", count)
    }

    /// A number.
    pub(super) fn number_or_none(&mut self, key: &str) -> Option<Placed<f64>> {
        self.optional(key, "a number", |value| match value {
            DeValue::Integer(n) => {
                i64::from_str_radix(&n.as_str().replace('_', ""), n.radix()).ok().map(|n| n as f64)
            }
            DeValue::Float(n) => n.as_str().replace('_', "").parse().ok().filter(|n: &f64| n.is_finite()),
            _ => None,
        })
    }

    /// `true` or `false`; false if left out.
    pub(super) fn flag(&mut self, key: &str) -> bool {
        self.flag_or_none(key).unwrap_or(false)
    }

    /// `true` or `false`.
    pub(super) fn flag_or_none(&mut self, key: &str) -> Option<bool> {
        self.optional(key, "true or false", |value| value.as_bool()).map(|f| f.value)
    }

    /// A date such as `2026-04-01`, without quotes.
    pub(super) fn date_or_none(&mut self, key: &str) -> Option<Placed<NaiveDate>> {
        self.optional(key, "a date such as 2026-04-01, without quotes", date)
    }

    /// A date that must be there.
    pub(super) fn date(&mut self, key: &str) -> Option<Placed<NaiveDate>> {
        self.required(key, "a date such as 2026-04-01, without quotes", date)
    }

    /// Dates in brackets.
    pub(super) fn dates(&mut self, key: &str) -> Vec<Placed<NaiveDate>> {
        self.list(key, "dates such as 2026-04-01, in brackets", date)
    }

    /// A time of day such as `"02:30"`.
    pub(super) fn time(&mut self, key: &str) -> Option<Placed<NaiveTime>> {
        self.required(key, "a time such as \"02:30\"", |value| {
            NaiveTime::parse_from_str(value.as_str()?, "%H:%M").ok()
        })
    }

    /// Whole numbers in brackets; empty if left out.
    pub(super) fn counts(&mut self, key: &str) -> Vec<Placed<u32>> {
        self.list(key, "whole numbers in brackets", count)
    }

    /// Texts in brackets; empty if left out.
    pub(super) fn texts(&mut self, key: &str) -> Vec<Placed<String>> {
        self.list(key, "texts in brackets", text)
    }

    /// Either a text or texts in brackets.
    pub(super) fn text_or_texts(&mut self, key: &str) -> Vec<Placed<String>> {
        match self.node.get(key).map(Spanned::get_ref) {
            Some(DeValue::Array(_)) => self.texts(key),
            _ => self.text_or_none(key).into_iter().collect(),
        }
    }

    fn list<T>(&mut self, key: &str, wanted: &str, read: impl Fn(&DeValue) -> Option<T>) -> Vec<Placed<T>> {
        let Some((value, at)) = self.find(key, wanted) else { return Vec::new() };
        let Some(items) = value.as_array() else {
            self.wrong(&at, key, value, wanted);
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in items.iter() {
            let at = self.file.at(item.span());
            match read(item.get_ref()) {
                Some(value) => out.push(Placed { value, at }),
                None => self.wrong(&at, key, item.get_ref(), wanted),
            }
        }
        out
    }

    /// A table inside this one.
    pub(super) fn table_or_none(&mut self, key: &str) -> Option<Table<'a>> {
        let (value, at) = self.find(key, "a table")?;
        match value.as_table() {
            Some(node) => Some(self.inner(key, node, at)),
            None => {
                self.wrong(&at, key, value, "a table");
                None
            }
        }
    }

    /// A table that must be there.
    pub(super) fn table(&mut self, key: &str) -> Option<Table<'a>> {
        self.ask(key, REQUIRED);
        if !self.has(key) {
            self.ask(key, "a table");
            self.missing(key);
            return None;
        }
        self.table_or_none(key)
    }

    /// The tables of `[[key]]`, in order.
    pub(super) fn tables(&mut self, key: &str) -> Vec<Table<'a>> {
        let Some((value, at)) = self.find(key, "tables") else { return Vec::new() };
        let Some(items) = value.as_array() else {
            self.wrong(&at, key, value, &format!("[[{key}]]"));
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in items.iter() {
            let at = self.file.at(item.span());
            match item.get_ref().as_table() {
                Some(node) => out.push(self.inner(key, node, at)),
                None => self.wrong(&at, key, item.get_ref(), &format!("[[{key}]]")),
            }
        }
        out
    }

    /// A table whose keys are names of the author's own, with texts as values.
    pub(super) fn pairs(&mut self, key: &str) -> Vec<(Placed<String>, Placed<String>)> {
        let Some((value, at)) = self.find(key, "a table of texts") else { return Vec::new() };
        let Some(node) = value.as_table() else {
            self.wrong(&at, key, value, "a table of texts");
            return Vec::new();
        };
        let mut out = Vec::new();
        for (name, value) in node.iter() {
            let at = self.file.at(value.span());
            match text(value.get_ref()) {
                Some(text) => {
                    let name = Placed { value: name.get_ref().to_string(), at: self.file.at(name.span()) };
                    out.push((name, Placed { value: text, at }));
                }
                None => self.wrong(&at, name.get_ref(), value.get_ref(), "a text in quotes"),
            }
        }
        out
    }

    /// A table whose keys are names of the author's own, with numbers as values.
    pub(super) fn numbers(&mut self, key: &str) -> Vec<(Placed<String>, f64)> {
        let Some(mut table) = self.table_or_none(key) else { return Vec::new() };
        let names: Vec<Placed<String>> = table
            .node
            .iter()
            .map(|(name, _)| Placed { value: name.get_ref().to_string(), at: table.file.at(name.span()) })
            .collect();
        let number = |name: Placed<String>| {
            let number = table.number_or_none(&name.value)?;
            Some((name, number.value))
        };
        names.into_iter().filter_map(number).collect()
    }

    fn inner(&self, key: &str, node: &'a DeTable<'a>, at: At) -> Table<'a> {
        Table { file: self.file, node, at, path: format!("{}/{key}", self.path), asked: BTreeSet::new() }
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

fn text(value: &DeValue) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn count(value: &DeValue) -> Option<u32> {
    let number = value.as_integer()?;
    u32::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
}

fn date(value: &DeValue) -> Option<NaiveDate> {
    let date = value.as_datetime().filter(|d| d.time.is_none())?.date?;
    NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, read: impl FnOnce(&mut Table)) -> Vec<String> {
        let report = Report::default();
        let file = File::parse("rules/a.toml", text, &report);
        read(&mut file.table());
        report.take(|_| true).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn everything_wrong_is_told_at_once_with_its_line() {
        let text = "title = 3\nlevle = 4\nstarts = \"2026-04-01\"\n[clock]\ndue = \"a month\"\nspare = 1\n";
        let said = said(text, |table| {
            table.text("title");
            table.count("level");
            table.date_or_none("starts");
            table.table_or_none("clock").map(|mut clock| clock.text("due"));
        });
        insta::assert_snapshot!(said.join("\n"));
    }

    #[test]
    fn several_syntax_errors_in_one_file() {
        let said = said("a = \nb = 'ok'\nc = [1,,2]\n", |table| {
            table.text_or_none("a");
            assert_eq!(table.text("b").map(|b| b.value).as_deref(), Some("ok"));
            table.texts("c");
        });
        assert!(said.len() >= 2, "{said:?}");
        assert!(said[0].starts_with("rules/a.toml:1: error [syntax]"), "{}", said[0]);
    }
}
