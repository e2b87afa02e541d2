//! Names of a list in running text: whole words, whatever their case and accents, the surname first or last.

use aho_corasick::{AhoCorasick, BuildError};

use super::plain::plain;

/// A list of names.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Looks for all of them at once; none where there are none.
    search: Option<AhoCorasick>,
    /// In the order of the search's patterns.
    names: Vec<Name>,
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
    ///
    /// # Errors
    /// If there are too many for one search, which takes thousands of millions of letters.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<Self, BuildError> {
        let mut all = Vec::new();
        for name in names {
            let words: Vec<String> = words(name).map(|(_, _, word)| word).collect();
            // "Example, Jane" is Jane Example.
            if let [others @ .., surname] = words.as_slice()
                && !others.is_empty()
            {
                let words = [std::slice::from_ref(surname), others].concat();
                all.push(Name { words, reversed: true });
            }
            if !words.is_empty() {
                all.push(Name { words, reversed: false });
            }
        }
        let patterns = all.iter().map(|name| marked(name.words.iter().map(String::as_str)));
        let search = if all.is_empty() { None } else { Some(AhoCorasick::new(patterns)?) };
        Ok(Self { search, names: all })
    }

    /// Where names of the list stand, each with its words in lower case; the longest of several that
    /// begin at one word.
    pub fn find(&self, text: &str) -> Vec<(usize, usize, String)> {
        let Some(search) = &self.search else { return Vec::new() };
        let all: Vec<(usize, usize, String)> = words(text).collect();
        let folded = marked(all.iter().map(|(_, _, word)| word.as_str()));
        // Where each word begins in the folded text.
        let starts: Vec<usize> = folded.match_indices(BEGINS).map(|(start, _)| start).collect();
        let mut hits: Vec<(usize, &Name)> = search
            .find_overlapping_iter(&folded)
            .filter_map(|hit| {
                let name = self.names.get(hit.pattern().as_usize())?;
                let at = starts.binary_search(&hit.start()).ok()?;
                let here = all.get(at..at + name.words.len())?;
                (!name.reversed || is_comma(text, here)).then_some((at, name))
            })
            .collect();
        hits.sort_by_key(|(at, name)| (*at, std::cmp::Reverse(name.words.len())));
        let mut out = Vec::new();
        let mut next = 0;
        for (at, name) in hits {
            let after = at + name.words.len();
            if let (true, Some([(start, ..), ..]), Some((_, end, _))) =
                (at >= next, all.get(at..after), all.get(after - 1))
            {
                out.push((*start, *end, name.words.concat()));
                next = after;
            }
        }
        out
    }
}

/// What stands before and behind each word of a folded text: no word holds them.
const BEGINS: char = '\u{1e}';
const ENDS: char = '\u{1f}';

/// Words with marks around each, so that a name is found at whole words only.
fn marked<'w>(words: impl Iterator<Item = &'w str>) -> String {
    words.flat_map(|word| [BEGINS].into_iter().chain(word.chars()).chain([ENDS])).collect()
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
        let names = Names::new(["Jane Example", "O'Sample", " "]).unwrap();
        let found = |text: &str| names.find(text).into_iter().map(|(_, _, n)| n).collect::<Vec<_>>();
        assert_eq!(found("JANE EXAMPLE said, and Jane  Example's mother"), ["janeexample"; 2]);
        assert_eq!(found("seen by Dr O\u{2019}Sample."), ["osample"]);
        assert!(found("Jane went; Example surgery; Janet Example; Jane Examples").is_empty());
    }

    #[test]
    fn accents_and_the_order_of_a_name_make_no_difference() {
        let names = Names::new(["Ren\u{e9}e Anne Sample"]).unwrap();
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
