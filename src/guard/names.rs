//! Names of a list in running text: whole words, whatever their case.

use std::collections::BTreeMap;

/// A list of names.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// By its first word, the words of each name.
    names: BTreeMap<String, Vec<Vec<String>>>,
}

impl Names {
    /// A list of these names; blank ones are left out.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let mut out = Self::default();
        for name in names {
            let words: Vec<String> = words(name).map(|(_, _, word)| word).collect();
            if let Some(first) = words.first() {
                out.names.entry(first.clone()).or_default().push(words);
            }
        }
        out
    }

    /// Where names of the list stand, each with its words in lower case; the longest of several that
    /// begin at one word.
    pub fn find(&self, text: &str) -> Vec<(usize, usize, String)> {
        if self.names.is_empty() {
            return Vec::new();
        }
        let all: Vec<(usize, usize, String)> = words(text).collect();
        let mut out = Vec::new();
        let mut at = 0;
        while let Some((start, _, word)) = all.get(at) {
            let fits = |name: &&Vec<String>| {
                let here = all.get(at..at + name.len());
                here.is_some_and(|here| here.iter().map(|(_, _, w)| w).eq(name.iter()))
            };
            let longest = self.names.get(word).into_iter().flatten().filter(fits).max_by_key(|n| n.len());
            match longest {
                Some(name) => {
                    let end = all.get(at + name.len() - 1).map_or(*start, |(_, end, _)| *end);
                    out.push((*start, end, name.concat()));
                    at += name.len();
                }
                None => at += 1,
            }
        }
        out
    }
}

/// The words of a text in lower case, each with where it stands. An apostrophe belongs to its word; a
/// possessive `'s` does not.
fn words(text: &str) -> impl Iterator<Item = (usize, usize, String)> {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '\u{2019}');
    let mut rest = text;
    let mut offset = 0;
    std::iter::from_fn(move || {
        let start = rest.find(inside)?;
        let tail = rest.get(start..)?;
        let length = tail.find(|c: char| !inside(c)).unwrap_or(tail.len());
        let word = tail.get(..length)?;
        let found = (offset + start, offset + start + length, folded(word));
        offset += start + length;
        rest = tail.get(length..)?;
        Some(found)
    })
    .filter(|(_, _, word)| !word.is_empty())
}

fn folded(word: &str) -> String {
    let lower = word.to_lowercase().replace('\u{2019}', "'");
    lower.strip_suffix("'s").unwrap_or(&lower).replace('\'', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_words_in_any_case() {
        let names = Names::new(["Jane Example", "O'Sample", " "]);
        let found = |text: &str| names.find(text).into_iter().map(|(_, _, n)| n).collect::<Vec<_>>();
        assert_eq!(found("JANE EXAMPLE said, and Jane  Example's mother"), ["janeexample"; 2]);
        assert_eq!(found("seen by Dr O\u{2019}Sample."), ["osample"]);
        assert!(found("Jane went; Example surgery; Janet Example; Jane Examples").is_empty());
    }
}
