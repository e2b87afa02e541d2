//! Names of a list in running text: whole words, whatever their case and accents, the surname first or last.

use std::collections::BTreeMap;

use super::plain::plain;

/// A list of names.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// By its first word, each name.
    names: BTreeMap<String, Vec<Name>>,
}

/// A name, word by word.
#[derive(Debug, Clone, PartialEq)]
struct Name {
    words: Vec<String>,
    /// Whether its surname stands first: then only a comma may follow it.
    reversed: bool,
}

impl Names {
    /// A list of these names; blank ones are left out.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let mut out = Self::default();
        for name in names {
            let words: Vec<String> = words(name).map(|(_, _, word)| word).collect();
            // "Example, Jane" is Jane Example.
            if let [others @ .., surname] = words.as_slice()
                && !others.is_empty()
            {
                let words = [std::slice::from_ref(surname), others].concat();
                out.add(Name { words, reversed: true });
            }
            out.add(Name { words, reversed: false });
        }
        out
    }

    fn add(&mut self, name: Name) {
        if let Some(first) = name.words.first() {
            self.names.entry(first.clone()).or_default().push(name);
        }
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
            let fits = |name: &&Name| {
                let here = all.get(at..at + name.words.len());
                here.is_some_and(|here| {
                    here.iter().map(|(_, _, word)| word).eq(&name.words)
                        && (!name.reversed || is_comma(text, here))
                })
            };
            let known = self.names.get(word).into_iter().flatten();
            match known.filter(fits).max_by_key(|name| name.words.len()) {
                Some(name) => {
                    let end = all.get(at + name.words.len() - 1).map_or(*start, |(_, end, _)| *end);
                    out.push((*start, end, name.words.concat()));
                    at += name.words.len();
                }
                None => at += 1,
            }
        }
        out
    }
}

/// Whether nothing but a comma or spaces stands between the first two words.
fn is_comma(text: &str, words: &[(usize, usize, String)]) -> bool {
    let [(_, end, _), (start, _, _), ..] = words else { return false };
    let between = text.get(*end..*start).unwrap_or_default().trim();
    between.is_empty() || between == ","
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
    let lower = plain(word).to_lowercase();
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

    #[test]
    fn accents_and_the_order_of_a_name_make_no_difference() {
        let names = Names::new(["Ren\u{e9}e Anne Sample"]);
        for text in
            ["renee anne sample", "Rene\u{301}e Anne Sample", "SAMPLE, Ren\u{e9}e Anne", "Sample Renee-Anne"]
        {
            assert_eq!(names.find(&plain(text)).len(), 1, "{text}");
        }
        for text in ["Renee Sample", "Anne Sample, Renee", "Sample; Renee said"] {
            assert!(names.find(text).is_empty(), "{text}");
        }
    }
}
