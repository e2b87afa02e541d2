//! Sentences that an analyst writes and the program fills: words with names in braces.
//!
//! `{quarter}` stands for a word or a date. `{visits|visit was|visits were}` stands for a count with the words
//! that follow it, for one and for many: "1 visit was", "12 visits were", "No visit was".

use super::reader::{Placed, Report};
use crate::diagnostic::{Code, likely};

/// A sentence with places to be filled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Phrase {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Words(String),
    Name(String),
    Counted { name: String, one: String, many: String },
}

/// A place of a phrase that is to be filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'p> {
    /// Its name.
    pub name: &'p str,
    /// The words after a count, for one and for many; none where a word is wanted.
    pub counted: Option<(&'p str, &'p str)>,
    /// Whether the sentence begins with it.
    pub first: bool,
}

impl Phrase {
    /// Reads a sentence.
    ///
    /// # Errors
    /// If a brace is not closed, or a place has no name or not two forms.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (words, from) = rest.split_at(open);
            if !words.is_empty() {
                parts.push(Part::Words(words.to_owned()));
            }
            let close = from.find('}').ok_or_else(|| format!("the brace of `{from}` is not closed"))?;
            let place = from.get(1..close).unwrap_or_default();
            parts.push(match place.split('|').collect::<Vec<_>>().as_slice() {
                [""] => return Err("there is no name between the braces `{}`".to_owned()),
                [name] => Part::Name((*name).to_owned()),
                [name, one, many] => Part::Counted {
                    name: (*name).to_owned(),
                    one: (*one).to_owned(),
                    many: (*many).to_owned(),
                },
                _ => {
                    return Err(format!("`{{{place}}}` needs a name, the words for one, and those for many"));
                }
            });
            rest = from.get(close + 1..).unwrap_or_default();
        }
        if rest.contains('}') {
            return Err(format!("a brace of `{text}` is not opened"));
        }
        if !rest.is_empty() {
            parts.push(Part::Words(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// Reads a key's sentence, in which only these names may stand; what is wrong is noted.
    pub(super) fn read(text: &Placed<String>, names: &[&str], report: &Report) -> Option<Self> {
        let phrase = match Self::parse(&text.value) {
            Ok(phrase) => phrase,
            Err(message) => {
                report.error(&text.at, Code::BadValue, message, None);
                return None;
            }
        };
        for place in phrase.places().filter(|place| !names.contains(&place.name)) {
            let help = match (likely(place.name, names.iter().copied()), names) {
                (Some(near), _) => format!("did you mean `{{{near}}}`?"),
                (None, []) => "no name can stand here".to_owned(),
                (None, _) => format!("the names here are: {}", names.join(", ")),
            };
            let message = format!("nothing here is called `{{{}}}`", place.name);
            report.error(&text.at, Code::UnknownName, message, Some(help));
        }
        Some(phrase)
    }

    /// Its places, in order.
    pub fn places(&self) -> impl Iterator<Item = Place<'_>> {
        self.parts.iter().enumerate().filter_map(|(index, part)| {
            let first = index == 0;
            match part {
                Part::Words(_) => None,
                Part::Name(name) => Some(Place { name, counted: None, first }),
                Part::Counted { name, one, many } => Some(Place { name, counted: Some((one, many)), first }),
            }
        })
    }

    /// The sentence with its places filled.
    pub fn fill(&self, fill: impl Fn(Place<'_>) -> String) -> String {
        let mut places = self.places();
        self.parts
            .iter()
            .map(|part| match part {
                Part::Words(words) => words.clone(),
                _ => places.next().map(&fill).unwrap_or_default(),
            })
            .collect()
    }
}

impl From<&str> for Phrase {
    /// Words without places.
    fn from(text: &str) -> Self {
        Self { parts: vec![Part::Words(text.to_owned())] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_counts_are_filled() {
        let phrase = Phrase::parse("{n|visit was|visits were} made in {quarter}, and {late} late.").unwrap();
        let places: Vec<_> = phrase.places().map(|p| (p.name, p.first)).collect();
        assert_eq!(places, [("n", true), ("quarter", false), ("late", false)]);
        let filled = phrase.fill(|place| match place.counted {
            Some((one, _)) if place.name == "n" => format!("1 {one}"),
            _ => format!("<{}>", place.name),
        });
        assert_eq!(filled, "1 visit was made in <quarter>, and <late> late.");
        assert_eq!(Phrase::parse("All is well.").unwrap().fill(|_| String::new()), "All is well.");
    }

    #[test]
    fn a_place_that_cannot_be_read_is_an_error() {
        for bad in ["{quarter", "quarter}", "{}", "{n|one}", "{n|a|b|c}"] {
            assert!(Phrase::parse(bad).is_err(), "{bad}");
        }
    }
}
