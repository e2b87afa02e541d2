//! Committees: what each receives, in which audience, and who its recipients are.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::checked::read_choice;
use super::document::Document;
use super::level::{Period, read_period};
use super::posting::read_budget;
use super::reader::Table;
use super::small_numbers::SmallNumbers;
use crate::diagnostic::{Code, likely};

/// One committee.
#[derive(Debug, Clone)]
pub struct Committee {
    /// Its name, for people.
    pub name: String,
    /// Its name in paths and keys: lower case words joined by hyphens.
    pub id: String,
    /// Its initials, lower case, as the names of its packs begin: `pcqg`.
    pub short: String,
    /// The documents it gets, by id, in its order.
    pub documents: Vec<String>,
    /// The place whose documents it gets where there is one of each place; those of all if none is named.
    pub place: Option<String>,
    /// Whether practices are named in them.
    pub audience: Audience,
    /// What it takes for its packs to leave. Exception alerts always leave at once.
    pub release: Release,
    /// What the attachments of one of its messages may weigh, where it is not as for all.
    pub budget: Option<u64>,
    /// What becomes of documents above that.
    pub over_budget: OverBudget,
    /// What a recipient outside the secure domains gets.
    pub outside: Outside,
    /// Who receives its mail.
    pub recipients: Vec<Recipient>,
}

/// What it takes for a pack to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// It leaves as soon as it is made.
    Automatic,
    /// A named person approves it first.
    Approval {
        /// After this time it is no longer fit to be sent.
        within: Period,
        /// After this time the operator is reminded.
        remind: Period,
    },
}

/// What becomes of documents that are together too large for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverBudget {
    /// Several messages; a pack too large for one is cut between its sections.
    Split,
    /// A link to the packs folder.
    Link,
}

/// What a recipient outside the secure domains gets of what names practices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// Nothing, and the operator is told.
    Block,
    /// The public pack.
    Public,
}

/// Who may read a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Practices are named.
    Named,
    /// No practice can be told, and small numbers are suppressed.
    Public,
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
    /// Whether practices may be named to an address outside the secure domains because the mail system
    /// encrypts messages with `[secure]` in their subject.
    pub secure_subject: bool,
    /// The line of `committees.toml` at which it stands.
    pub line: u32,
}

/// Reads `committees.toml`.
///
/// `linked` says whether `[mail]` tells where recipients find what is too large to be attached.
pub(super) fn read(
    mut file: Table<'_>,
    linked: bool,
    documents: &BTreeMap<String, Document>,
    places: &[String],
) -> (Vec<Committee>, SmallNumbers) {
    let report = file.report().clone();
    let mut committees: Vec<Committee> = Vec::new();
    for table in file.tables("committee") {
        let at = table.at();
        let Some(committee) = Committee::read(table, linked, documents, places) else { continue };
        if committees.iter().any(|c| c.id == committee.id) {
            let message = format!("there are two committees `{}`", committee.name);
            report.error(&at, Code::DuplicateName, message, None);
        }
        committees.push(committee);
    }
    shorten(&mut committees);
    if committees.is_empty() {
        report.error(&file.at(), Code::MissingKey, "there is no [[committee]]", None);
    }
    let small_numbers = file.table_or_none("public").map(SmallNumbers::read).unwrap_or_default();
    (committees, small_numbers)
}

/// Gives committees without initials of their own those of their names; where two have the same, the
/// later keeps its whole name.
fn shorten(committees: &mut [Committee]) {
    let mut taken: BTreeSet<String> =
        committees.iter().map(|c| c.short.clone()).filter(|s| !s.is_empty()).collect();
    for committee in committees.iter_mut().filter(|c| c.short.is_empty()) {
        let initials: String = committee.id.split('-').filter_map(|word| word.chars().next()).collect();
        let short = if initials.len() > 1 { initials } else { committee.id.clone() };
        committee.short = if taken.contains(&short) { committee.id.clone() } else { short };
        taken.insert(committee.short.clone());
    }
}

impl Committee {
    fn read(
        mut table: Table<'_>,
        linked: bool,
        documents: &BTreeMap<String, Document>,
        places: &[String],
    ) -> Option<Self> {
        let report = table.report().clone();
        let name = table.text("name");
        let gets = document_names(&mut table, documents);
        if gets.is_empty() {
            report.error(&table.at(), Code::MissingKey, "a committee needs `documents`", None);
        }
        for (index, id) in gets.iter().enumerate() {
            let of = |id: &String| documents.get(id).map(|d| (d.tag.clone(), d.period, d.is_regular()));
            if let Some(other) = gets.iter().take(index).find(|other| of(other) == of(id)) {
                let message = format!("`{id}` and `{other}` would be known by the same name");
                let help = format!("give one of them a `tag` of its own in documents/{id}.toml");
                report.error(&table.at_of("documents"), Code::DuplicateName, message, Some(help));
            }
        }
        let place = table.text_or_none("place").filter(|place| {
            let known = places.contains(&place.value);
            if !known {
                let help = likely(&place.value, places.iter().map(String::as_str));
                let help = help.map(|near| format!("did you mean `{near}`?"));
                report.error(
                    &place.at,
                    Code::UnknownName,
                    format!("there is no place `{}`", place.value),
                    help,
                );
            }
            known
        });
        let audience =
            read_choice(&mut table, "audience", &[("named", Audience::Named), ("public", Audience::Public)]);
        if audience.is_none() && !table.has("audience") {
            let help = Some("write audience = \"named\" or audience = \"public\"".to_owned());
            report.error(&table.at(), Code::MissingKey, "the key `audience` is missing", help);
        }
        let short = table.text_or_none("short").map(|t| slug(&t.value)).unwrap_or_default();
        let release = read_release(&mut table);
        let budget = read_budget(&mut table);
        let ways = [("split", OverBudget::Split), ("link", OverBudget::Link)];
        let over_budget = read_choice(&mut table, "over_budget", &ways).unwrap_or(OverBudget::Split);
        if let (OverBudget::Link, false, Some(key)) = (over_budget, linked, table.text_or_none("over_budget"))
        {
            let message = "what is too large to be attached is linked, and [mail] has no `packs_link`: recipients \
                           are told to ask for it";
            let help = "write packs_link = \"https://…\" under [mail] in pipeline.toml: where recipients find the \
                        packs folder";
            report.warning(&key.at, Code::Incomplete, message, Some(help.to_owned()));
        }
        let ways = [("block", Outside::Block), ("public", Outside::Public)];
        let outside = read_choice(&mut table, "outside", &ways).unwrap_or(Outside::Block);
        let names_all = |id: &&String| documents.get(*id).is_some_and(|d| !d.is_for(Audience::Public));
        if let (Some(Audience::Public), Some(id)) = (audience, gets.iter().find(names_all)) {
            let message = format!("a public committee cannot get `{id}`: all of it names practices");
            report.error(&table.at(), Code::BadValue, message, None);
        }
        let none = !table.has("recipient");
        let recipients: Vec<Recipient> =
            table.tables("recipient").into_iter().filter_map(Recipient::read).collect();
        if none {
            report.warning(
                &table.at(),
                Code::Incomplete,
                "a committee without recipients gets nothing",
                None,
            );
        }
        let name = name?.value;
        Some(Self {
            id: slug(&name),
            name,
            short,
            documents: gets,
            place: place.map(|place| place.value),
            audience: audience?,
            release,
            budget,
            over_budget,
            outside,
            recipients,
        })
    }
}

/// The keys `release`, `approve_within` and `remind_after`.
fn read_release(table: &mut Table<'_>) -> Release {
    let mut period = |key: &str, days: i32| {
        let given = if table.has(key) { read_period(table, key) } else { None };
        given.unwrap_or(Period { months: 0, days })
    };
    let (within, remind) = (period("approve_within", 14), period("remind_after", 3));
    let ways = [("automatic", Release::Automatic), ("approval", Release::Approval { within, remind })];
    read_choice(table, "release", &ways).unwrap_or(Release::Automatic)
}

/// The key `documents`: ids of documents, each once; unknown ones are noted.
pub(super) fn document_names(table: &mut Table<'_>, documents: &BTreeMap<String, Document>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for name in table.texts("documents") {
        if documents.contains_key(&name.value) {
            if !out.contains(&name.value) {
                out.push(name.value);
            }
            continue;
        }
        let declared = (format!("documents/{}.toml", name.value), name.value.as_str());
        let message = format!("there is no document `{}`", name.value);
        table.report().unknown(&name.at, message, declared, documents.keys().map(String::as_str));
    }
    out
}

impl Recipient {
    fn read(mut table: Table<'_>) -> Option<Self> {
        let (role, address, added_by) =
            (table.text("role"), table.address("address"), table.text("added_by"));
        let (added, review) = (table.date("added"), table.date("review"));
        let secure_subject = table.flag("secure_subject");
        let line = table.at().line;
        let address = address?;
        Some(Self {
            role: role?.value,
            address: address.value,
            added_by: added_by?.value,
            added: added?.value,
            review: review?.value,
            secure_subject,
            line,
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
