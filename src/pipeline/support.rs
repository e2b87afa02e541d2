//! The support repository: what is offered, which themes it answers, and until when.

use chrono::NaiveDate;

use super::reader::{Placed, Report, Table};
use super::rule::Rule;
use super::vocabulary::Vocabulary;
use crate::diagnostic::{Code, likely};

/// One offer of support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its name.
    pub title: String,
    /// The themes it answers.
    pub themes: Vec<String>,
    /// The rules whose findings it answers, beside those of its themes.
    pub answers: Vec<String>,
    /// The role to ask.
    pub contact: String,
    /// The first day it was offered.
    pub from: NaiveDate,
    /// The last day it was offered, where it has one.
    pub until: Option<NaiveDate>,
}

impl Offer {
    /// Whether it is offered on a date.
    pub fn stands_on(&self, date: NaiveDate) -> bool {
        self.from <= date && self.until.is_none_or(|until| date <= until)
    }
}

/// Reads `support.toml`.
pub(super) fn read(mut file: Table<'_>, themes: Option<&Vocabulary>, rules: &[Rule]) -> Vec<Offer> {
    let report = file.report().clone();
    let mut offers: Vec<Offer> = Vec::new();
    for mut table in file.tables("offer") {
        let title = table.text("title");
        let listed = table.texts("themes");
        let answers = table.texts("answers");
        let contact = table.text("contact");
        let (from, until) = (table.date("from"), table.date_or_none("until"));
        let mut known = Vec::new();
        for theme in listed {
            match themes.map(|list| (list.value_of(&theme.value), list.likely(&theme.value))) {
                Some((Some(value), _)) => known.push(value.to_owned()),
                Some((None, near)) => {
                    let message = format!("`{}` is not a theme of vocabularies.toml", theme.value);
                    let help = near.map(|near| format!("did you mean `{near}`?"));
                    report.error(&theme.at, Code::UnknownName, message, help);
                }
                None => known.push(theme.value),
            }
        }
        let (Some(title), Some(contact), Some(from)) = (title, contact, from) else { continue };
        if offers.iter().any(|o| o.title == title.value) {
            let message = format!("there are two offers `{}`", title.value);
            report.error(&title.at, Code::DuplicateName, message, None);
        }
        if let Some(until) = until.as_ref().filter(|until| until.value < from.value) {
            report.error(&until.at, Code::BadValue, "the offer ends before it begins", None);
        }
        offers.push(Offer {
            title: title.value,
            themes: known,
            answers: answers.into_iter().filter_map(|name| known_rule(&report, name, rules)).collect(),
            contact: contact.value,
            from: from.value,
            until: until.map(|until| until.value),
        });
    }
    offers
}

/// The name of a rule, or a note that there is none.
fn known_rule(report: &Report, name: Placed<String>, rules: &[Rule]) -> Option<String> {
    if rules.iter().any(|rule| rule.id == name.value) {
        return Some(name.value);
    }
    let near = likely(&name.value, rules.iter().map(|rule| rule.id.as_str()));
    let help = near.map(|near| format!("did you mean `{near}`?"));
    report.error(&name.at, Code::UnknownName, format!("there is no rule `{}`", name.value), help);
    None
}
