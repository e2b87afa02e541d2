//! What identifies a person, looked for in what comes in and in what goes out.
//!
//! Pure: a text in, hits out. What is looked for, where, and what a hit does are data of the pipeline
//! folder. A [`Hit`] carries what was found so that callers can compare and conceal; it is never
//! printed, logged or kept.

pub mod markup;
#[cfg(test)]
mod measured;
mod names;
pub mod nhs;
mod plain;

use std::fmt;

use regex::Regex;

pub use names::Names;
pub use nhs::LeadingZero;
use plain::Plain;

/// Where a pattern is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Columns of free text of received files.
    FreeText,
    /// Every cell of received files, those of free text too.
    Cells,
    /// Documents.
    Documents,
    /// Subjects, texts and names of attachments of messages.
    Mail,
}

/// What a hit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The row is quarantined; the document or the message is not sent.
    Stop,
    /// It is only told.
    Note,
}

/// How something is recognised.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Ten digits in any grouping, right by modulus 11.
    NhsNumber(LeadingZero),
    /// A regular expression.
    Expression(Regex),
    /// A name of a list, as whole words.
    Names(Names),
}

/// One thing that is looked for.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// Its name.
    pub id: String,
    /// What a hit is called: `possible NHS number`.
    pub title: String,
    /// How it is recognised.
    pub kind: Kind,
    /// Where it is looked for.
    pub places: Vec<Place>,
    /// What a hit does.
    pub action: Action,
}

/// What was found.
#[derive(Clone, PartialEq, Eq)]
pub struct Hit<'g> {
    /// The pattern's name.
    pub pattern: &'g str,
    /// What it is called.
    pub title: &'g str,
    /// What it does.
    pub action: Action,
    /// Where it stands, in bytes.
    pub span: (usize, usize),
    /// What was found, without its grouping: the digits of a number, the letters of a name in lower case.
    pub value: String,
}

impl fmt::Debug for Hit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What was found must not reach a log by way of a debug print.
        write!(f, "Hit({} at {:?})", self.pattern, self.span)
    }
}

/// Everything that is looked for, and what is allowed.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    patterns: Vec<Pattern>,
    /// Values that are no hit, as [`bare`] leaves them; `@` in front means every address of a domain.
    allowed: Vec<String>,
}

impl Guard {
    /// A guard that looks for these patterns, save for what is allowed.
    pub fn new(patterns: Vec<Pattern>, allowed: &[String]) -> Self {
        Self { patterns, allowed: allowed.iter().map(|text| bare(text)).collect() }
    }

    /// A guard that looks for NHS numbers everywhere: what a pipeline has that says nothing of a guard.
    pub fn nhs_numbers() -> Self {
        let pattern = Pattern {
            id: "nhs-number".to_owned(),
            title: "possible NHS number".to_owned(),
            kind: Kind::NhsNumber(LeadingZero::DateOfBirth),
            places: vec![Place::Cells, Place::Documents, Place::Mail],
            action: Action::Stop,
        };
        Self::new(vec![pattern], &[])
    }

    /// Allows more values: an address of the sender, for instance.
    pub fn allow<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) {
        self.allowed.extend(texts.into_iter().map(bare));
    }

    /// The patterns.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// Everything found in a text that stands in such a place, in the order of the text. Of hits that
    /// overlap, the first pattern's stands.
    pub fn find(&self, text: &str, place: Place) -> Vec<Hit<'_>> {
        let mut out: Vec<Hit<'_>> = Vec::new();
        let plain = Plain::of(text);
        for pattern in self.patterns.iter().filter(|p| p.looks_in(place)) {
            for (start, end, value) in pattern.kind.find(text, &plain) {
                let overlaps = out.iter().any(|hit| hit.span.0 < end && start < hit.span.1);
                if overlaps || self.allows(&value) {
                    continue;
                }
                out.push(Hit {
                    pattern: &pattern.id,
                    title: &pattern.title,
                    action: pattern.action,
                    span: (start, end),
                    value,
                });
            }
        }
        out.sort_by_key(|hit| hit.span);
        out
    }

    /// Whether anything that is looked for is found in a text, wherever it is looked for.
    pub fn identifies(&self, text: &str) -> bool {
        let plain = Plain::of(text);
        let looked_for = self.patterns.iter().filter(|pattern| !pattern.places.is_empty());
        looked_for
            .flat_map(|pattern| pattern.kind.find(text, &plain))
            .any(|(_, _, value)| !self.allows(&value))
    }

    /// The text, or words in its place if it holds anything that is looked for.
    pub fn concealed(&self, text: String) -> String {
        if self.identifies(&text) { CONCEALED.to_owned() } else { text }
    }

    /// Whether a name of a file, a folder or a sheet holds anything that is looked for. Names are often written
    /// with `_` or `+` for a space, and programs put marks in front that would make a sum of money of its figures.
    pub fn identifies_name(&self, name: &str) -> bool {
        self.identifies(name) || self.identifies(&spelt_out(name))
    }

    /// The first hit in a name of a sheet.
    pub fn hit_in_name(&self, name: &str) -> Option<Hit<'_>> {
        let first = |text: &str| self.find(text, Place::FreeText).into_iter().next();
        first(name).or_else(|| first(&spelt_out(name)))
    }

    /// A name of a file as it may be told and kept: its own, or one of its content's fingerprint where its own
    /// holds what may identify a person.
    pub fn shown_name(&self, name: &str, sha256: &str) -> String {
        if !self.identifies_name(name) {
            return name.to_owned();
        }
        let identity: String = sha256.chars().take(8).collect();
        format!("{WITHHELD}{identity}{}", ending(name))
    }

    /// A name of anything that lies in the inbox as it may be told: its own, or only its kind where its own holds
    /// what may identify a person. What is not taken in has no content by which it could be named.
    pub fn told_name(&self, name: &str) -> String {
        if !self.identifies_name(name) {
            return name.to_owned();
        }
        format!("{}{}", WITHHELD.trim_end_matches('-'), ending(name))
    }

    fn allows(&self, value: &str) -> bool {
        self.allowed.iter().any(|allowed| {
            allowed == value || (allowed.starts_with('@') && value.ends_with(allowed.as_str()))
        })
    }
}

/// A name with spaces for the marks that stand in names instead of them, or beside them.
fn spelt_out(name: &str) -> String {
    name.replace(['_', '+', '~', '$', '#', '%', '=', '\u{a3}', '\u{20ac}'], " ")
}

/// Endings of names that say nothing but a kind of file.
const ENDINGS: [&str; 23] = [
    "csv", "tsv", "txt", "xls", "xlsx", "xlsm", "xlsb", "ods", "zip", "gz", "pdf", "doc", "docx", "msg",
    "eml", "tmp", "part", "partial", "lnk", "url", "csv~", "bak", "ods#",
];

/// The ending of a name with its full stop, if it is known to say nothing else.
fn ending(name: &str) -> String {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    let known = ending.filter(|ending| ENDINGS.contains(&ending.as_str()));
    known.map(|ending| format!(".{ending}")).unwrap_or_default()
}

/// How the name of a file begins whose own name is not shown.
pub const WITHHELD: &str = "name-withheld-";
/// What stands where a text must not be repeated.
pub const CONCEALED: &str = "(not repeated: it may identify a person)";

impl Pattern {
    /// Whether it is looked for in such a place.
    pub fn looks_in(&self, place: Place) -> bool {
        self.places.contains(&place) || (place == Place::FreeText && self.places.contains(&Place::Cells))
    }
}

impl Kind {
    /// Where it stands in a text. Digits are read as they are written; everything else in the text's plain form.
    fn find(&self, text: &str, plain: &Plain<'_>) -> Vec<(usize, usize, String)> {
        let found = match self {
            Kind::NhsNumber(leading_zero) => return nhs::find(text, *leading_zero),
            Kind::Expression(regex) => {
                let found = regex.find_iter(&plain.text).filter(|m| !m.is_empty());
                found.map(|m| (m.start(), m.end(), bare(m.as_str()))).collect()
            }
            Kind::Names(names) => names.find(&plain.text),
        };
        let placed = found.into_iter().map(|(start, end, value): (usize, usize, String)| {
            let (start, end) = plain.source(start, end);
            (start, end, value)
        });
        placed.collect()
    }
}

/// A text without what people group by: letters in lower case, digits, `@`, and full stops between
/// letters.
fn bare(text: &str) -> String {
    let mail = text.contains('@');
    let kept = text.chars().filter(|c| c.is_alphanumeric() || *c == '@' || (mail && *c == '.'));
    kept.flat_map(char::to_lowercase).collect()
}

/// A whole number that a spreadsheet holds as such, as text; none for others.
pub fn whole(number: f64) -> Option<String> {
    let ten_digits = number.fract() == 0.0 && (1e9..1e10).contains(&number);
    ten_digits.then(|| format!("{number:.0}"))
}

/// Whether a text is one plain number with a fraction, such as `943.4765919`: a measured value and not
/// digits in groups.
pub fn is_fraction(text: &str) -> bool {
    let text = text.trim().trim_end_matches('%').trim_start_matches(['-', '+']);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('.')
        .is_some_and(|(whole, rest)| digits(whole) && digits(rest) && !rest.trim_end_matches('0').is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        let expression = |id: &str, text: &str| Pattern {
            id: id.to_owned(),
            title: format!("possible {id}"),
            kind: Kind::Expression(Regex::new(text).unwrap()),
            places: vec![Place::FreeText, Place::Mail],
            action: Action::Note,
        };
        let mut patterns = Guard::nhs_numbers().patterns;
        patterns.push(expression("phone", r"\b0[1-9]\d{3} ?\d{6}\b"));
        patterns.push(expression("e-mail", r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"));
        Guard::new(patterns, &["01772 644400".to_owned(), "@icb.example".to_owned()])
    }

    fn ids(text: &str, place: Place) -> Vec<String> {
        guard().find(text, place).iter().map(|hit| hit.pattern.to_owned()).collect()
    }

    #[test]
    fn a_pattern_is_looked_for_where_it_belongs() {
        let text = "943 476 5919, 01524 123456, jo@post.example";
        assert_eq!(ids(text, Place::FreeText), ["nhs-number", "phone", "e-mail"]);
        assert_eq!(ids(text, Place::Cells), ["nhs-number"]);
        assert_eq!(ids(text, Place::Documents), ["nhs-number"]);
        assert_eq!(ids(text, Place::Mail), ["nhs-number", "phone", "e-mail"]);
    }

    #[test]
    fn what_is_allowed_is_no_hit_however_it_is_written() {
        assert!(ids("01772 644400, 01772644400, team.one@icb.example", Place::Mail).is_empty());
        assert_eq!(ids("01772 644401", Place::Mail), ["phone"]);
        assert_eq!(ids("a@icb.example.org", Place::Mail), ["e-mail"]);
    }

    #[test]
    fn a_hit_does_not_print_what_it_found() {
        let guard = guard();
        let shown = format!("{:?}", guard.find("943 476 5919", Place::Cells));
        assert!(!shown.contains("943") && !shown.contains("5919"), "{shown}");
        assert_eq!(guard.concealed("seen: 943 476 5919".to_owned()), CONCEALED);
        assert_eq!(guard.shown_name("pt 943 476 5919.xlsx", "0123456789"), "name-withheld-01234567.xlsx");
        assert_eq!(guard.shown_name("concerns 2026-07-14.xlsx", "0123"), "concerns 2026-07-14.xlsx");
        assert_eq!(guard.concealed("seen: nobody".to_owned()), "seen: nobody");
    }

    #[test]
    fn a_name_that_identifies_is_told_by_its_kind_alone() {
        let guard = guard();
        for (name, told) in [
            ("943 476 5919 discharge.csv", "name-withheld.csv"),
            ("943_476_5919.TMP", "name-withheld.tmp"),
            ("letters 943.476.5919", "name-withheld"),
            ("ring_01524_123456.xlsx", "name-withheld.xlsx"),
            ("concerns 2026-07-14.csv", "concerns 2026-07-14.csv"),
        ] {
            assert_eq!(guard.told_name(name), told);
        }
        // An ending of digits is a part of the number.
        assert_eq!(guard.shown_name("pt 943476.5919", "0123456789"), "name-withheld-01234567");
    }

    #[test]
    fn measured_values_are_told_from_digits_in_groups() {
        assert!(is_fraction("943.4765919") && is_fraction("-1.5") && is_fraction("12.25%"));
        assert!(!is_fraction("9434765919.0") && !is_fraction("943.476.5919") && !is_fraction("9434765919"));
        assert_eq!(whole(9_434_765_919.0).as_deref(), Some("9434765919"));
        assert_eq!(whole(943_476_591.9), None);
    }
}
