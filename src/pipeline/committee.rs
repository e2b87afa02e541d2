//! Committees: what each receives, in which audience, and who its recipients are.

use chrono::NaiveDate;

use super::checked::read_choice;
use super::reader::Table;
use crate::diagnostic::Code;

/// One committee.
#[derive(Debug, Clone)]
pub struct Committee {
    /// Its name, for people.
    pub name: String,
    /// Its name in paths and keys: lower case words joined by hyphens.
    pub id: String,
    /// The documents it gets.
    pub documents: Vec<Document>,
    /// Whether practices are named in them.
    pub audience: Audience,
    /// The sections of the pack it gets; all if none is named.
    pub sections: Vec<Section>,
    /// Who receives its mail.
    pub recipients: Vec<Recipient>,
}

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Document {
    /// The pack of the quarter.
    QuarterlyPack,
    /// One or two pages on a practice of a reactive level.
    Sbar,
    /// What happened tonight.
    ExceptionAlert,
}

impl Document {
    /// The words for it in TOML.
    pub const WORDS: [(&str, Self); 3] = [
        ("quarterly-pack", Document::QuarterlyPack),
        ("sbar", Document::Sbar),
        ("exception-alert", Document::ExceptionAlert),
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, d)| *d == self).map_or("", |(word, _)| word)
    }
}

/// Who may read a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Practices are named.
    Named,
    /// No practice can be told, and small numbers are suppressed.
    Public,
}

/// A part of the quarterly pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// The figures of the quarter in brief.
    Summary,
    /// (a) Data and visits.
    Visits,
    /// (b) Themes.
    Themes,
    /// (c) Support offered and taken up.
    Support,
    /// (d) Best practice.
    BestPractice,
    /// (e) Changes to the plan.
    Changes,
    /// (f) Narrative.
    Narrative,
    /// Exceptions, open and closed.
    Exceptions,
    /// Movements between levels.
    Movements,
    /// Sources and the quality of the data.
    Sources,
    /// Every practice.
    Annex,
}

impl Section {
    /// The words for the sections in TOML, in the order of the pack.
    pub const WORDS: [(&str, Self); 11] = [
        ("summary", Section::Summary),
        ("visits", Section::Visits),
        ("themes", Section::Themes),
        ("support", Section::Support),
        ("best-practice", Section::BestPractice),
        ("changes", Section::Changes),
        ("narrative", Section::Narrative),
        ("exceptions", Section::Exceptions),
        ("movements", Section::Movements),
        ("sources", Section::Sources),
        ("annex", Section::Annex),
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, s)| *s == self).map_or("", |(word, _)| word)
    }
}

/// One recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The role.
    pub role: String,
    /// The mail address.
    pub address: String,
    /// Who put the address on the list.
    pub added_by: String,
    /// When.
    pub added: NaiveDate,
    /// When the address is to be looked at again.
    pub review: NaiveDate,
}

/// Reads `committees.toml`.
pub(super) fn read(mut file: Table<'_>) -> Vec<Committee> {
    let report = file.report().clone();
    let mut committees: Vec<Committee> = Vec::new();
    for table in file.tables("committee") {
        let at = table.at();
        let Some(committee) = Committee::read(table) else { continue };
        if committees.iter().any(|c| c.id == committee.id) {
            let message = format!("there are two committees `{}`", committee.name);
            report.error(&at, Code::DuplicateName, message, None);
        }
        committees.push(committee);
    }
    if committees.is_empty() {
        report.error(&file.at(), Code::MissingKey, "there is no [[committee]]", None);
    }
    committees
}

impl Committee {
    fn read(mut table: Table<'_>) -> Option<Self> {
        let report = table.report().clone();
        let name = table.text("name");
        let documents = words(&mut table, "documents", &Document::WORDS);
        if documents.is_empty() {
            report.error(&table.at(), Code::MissingKey, "a committee needs `documents`", None);
        }
        let audience =
            read_choice(&mut table, "audience", &[("named", Audience::Named), ("public", Audience::Public)]);
        if audience.is_none() && !table.has("audience") {
            let mend = Some("write audience = \"named\" or audience = \"public\"".to_owned());
            report.error(&table.at(), Code::MissingKey, "the key `audience` is missing", mend);
        }
        let sections = words(&mut table, "sections", &Section::WORDS);
        if audience == Some(Audience::Public) && documents.iter().any(|d| *d != Document::QuarterlyPack) {
            let message = "a public committee gets the quarterly pack only: other documents name practices";
            report.error(&table.at(), Code::BadValue, message, None);
        }
        let recipients: Vec<Recipient> =
            table.tables("recipient").into_iter().filter_map(Recipient::read).collect();
        if recipients.is_empty() {
            report.warning(
                &table.at(),
                Code::Incomplete,
                "a committee without recipients gets nothing",
                None,
            );
        }
        let name = name?.value;
        Some(Self { id: slug(&name), name, documents, audience: audience?, sections, recipients })
    }
}

/// A list of words, each with its value; unknown ones are noted.
pub(super) fn words<T: Copy>(table: &mut Table<'_>, key: &str, known: &[(&str, T)]) -> Vec<T> {
    let mut out = Vec::new();
    for text in table.texts(key) {
        match known.iter().find(|(word, _)| *word == text.value) {
            Some((_, value)) => out.push(*value),
            None => {
                let names: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
                let message = format!("`{}` is not known in `{key}`", text.value);
                let mend = format!("it can be {}", names.join(", "));
                table.report().error(&text.at, Code::UnknownName, message, Some(mend));
            }
        }
    }
    out
}

impl Recipient {
    fn read(mut table: Table<'_>) -> Option<Self> {
        let report = table.report().clone();
        let (role, address, added_by) = (table.text("role"), table.text("address"), table.text("added_by"));
        let (added, review) = (table.date("added"), table.date("review"));
        let address = address?;
        if address.value.parse::<lettre::Address>().is_err() {
            let message = format!("`{}` is not a mail address", address.value);
            report.error(&address.at, Code::BadValue, message, None);
            return None;
        }
        Some(Self {
            role: role?.value,
            address: address.value,
            added_by: added_by?.value,
            added: added?.value,
            review: review?.value,
        })
    }
}

/// A name as paths and keys have it: `Quality Committee` becomes `quality-committee`.
pub fn slug(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("-")
}
