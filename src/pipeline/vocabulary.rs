//! Closed lists of values that several sheets share, with the other words people use for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::reader::{Placed, Report, Table};
use crate::diagnostic::{Code, likely};

/// A closed list of values, in order, with other words for them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vocabulary {
    /// The values as they are stored and printed, in the author's order.
    pub values: Arc<[String]>,
    /// Other words, folded, and the value each stands for.
    also: BTreeMap<String, String>,
}

impl Vocabulary {
    /// A list without other words.
    pub fn new(values: Vec<String>) -> Self {
        Self { values: values.into(), also: BTreeMap::new() }
    }

    /// Adds a word that stands for a value.
    pub fn add_word(&mut self, word: &str, value: &str) {
        self.also.insert(fold(word), value.to_owned());
    }

    /// The value that a cell's text means, without regard to case and outer spaces.
    pub fn value_of(&self, text: &str) -> Option<&str> {
        let folded = fold(text);
        let exact = self.values.iter().find(|v| fold(v) == folded).map(String::as_str);
        exact.or_else(|| self.also.get(&folded).map(String::as_str))
    }

    /// The value that a misspelt text was probably meant to be.
    pub fn likely(&self, text: &str) -> Option<&str> {
        let words = self.values.iter().map(String::as_str);
        likely(text, words.chain(self.also.keys().map(String::as_str))).and_then(|near| self.value_of(near))
    }
}

/// A text without regard to case, outer spaces and runs of inner space.
pub fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// All lists of `vocabularies.toml`, and those that other files provide.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Vocabularies {
    lists: BTreeMap<String, Vocabulary>,
}

impl Vocabularies {
    /// Reads `vocabularies.toml`, where every table is a list.
    pub(super) fn read(mut file: Table<'_>) -> Self {
        let mut lists = BTreeMap::new();
        for name in file.keys() {
            let Some(mut table) = file.table_or_none(&name.value) else { continue };
            let values = table.texts("values");
            if values.is_empty() {
                table.report().error(&name.at, Code::MissingKey, "a vocabulary needs `values`", None);
            }
            let also = table.pairs("also");
            lists.insert(name.value, with_words(values, also, table.report()));
        }
        Self { lists }
    }

    /// Adds a list that another file provides.
    pub(super) fn insert(&mut self, name: &str, vocabulary: Vocabulary) {
        self.lists.insert(name.to_owned(), vocabulary);
    }

    /// The list of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Vocabulary> {
        self.lists.get(name)
    }

    /// The names of all lists.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.lists.keys().map(String::as_str)
    }
}

/// A list with its other words; a word for a value that is not in the list is an error.
pub(super) fn with_words(
    values: Vec<Placed<String>>,
    also: Vec<(Placed<String>, Placed<String>)>,
    report: &Report,
) -> Vocabulary {
    let mut vocabulary = Vocabulary::new(values.into_iter().map(|v| v.value).collect());
    for (word, value) in also {
        if vocabulary.values.iter().any(|own| fold(own) == fold(&word.value)) {
            let message =
                format!("`{}` is a value of the list itself, so this line does nothing", word.value);
            report.warning(&word.at, Code::DuplicateName, message, Some("take the line out".to_owned()));
            continue;
        }
        if vocabulary.values.contains(&value.value) {
            vocabulary.add_word(&word.value, &value.value);
        } else {
            let message = format!("`{}` stands for `{}`, which is not in the list", word.value, value.value);
            let help = vocabulary.likely(&value.value).map(|near| format!("did you mean `{near}`?"));
            report.error(&value.at, Code::UnknownName, message, help);
        }
    }
    vocabulary
}
