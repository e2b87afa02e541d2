//! Marks: rules without a level. A criterion is met, not met or not known; a hint, a gap and countervailing
//! evidence are set or not. A mark never sets a level.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::checked::{known_names, noted, read_choice, row_truth};
use super::fact::Fact;
use super::feed::Feed;
use super::level::{Period, read_period};
use super::reader::{At, Report, Table};
use crate::condition::{Columns, Condition, Kind, Scope, Sentence, never};
use crate::dates;
use crate::diagnostic::Code;

/// A rule without a level.
#[derive(Debug, Clone)]
pub struct Mark {
    /// Its name: that of its file.
    pub id: String,
    /// What it says, for people.
    pub title: String,
    /// The clause of the framework it comes from; empty if none is named.
    pub clause: String,
    /// What it marks.
    pub kind: MarkKind,
    /// How much it counts for in a sum of criteria.
    pub weight: f64,
    /// Its parts, of which one is enough.
    pub parts: Vec<Part>,
    /// Who holds what it needs, where the organisation does not have it.
    pub not_available: Option<NotAvailable>,
}

/// What a mark says of a practice.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum MarkKind {
    /// One of the framework's criteria.
    Criterion,
    /// Something for people to look at.
    Hint,
    /// Something that should be known and is not.
    Gap,
    /// Something that speaks against the level.
    Countervailing,
}

impl MarkKind {
    const WORDS: [(&str, Self); 4] = [
        ("criterion", MarkKind::Criterion),
        ("hint", MarkKind::Hint),
        ("gap", MarkKind::Gap),
        ("countervailing", MarkKind::Countervailing),
    ];

    /// The word of the pipeline.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// A part of a mark: what must be so of the rows of a fact.
#[derive(Debug, Clone)]
pub struct Part {
    /// What it is called, where a mark has several.
    pub title: String,
    /// The fact it looks at.
    pub from: String,
    /// Which rows of the fact speak of it.
    pub rows: Option<Condition>,
    /// What must be true of one of them.
    pub filter: Option<Condition>,
    /// What must be true of those rows of a practice together.
    pub having: Option<Condition>,
    /// The day that a row speaks of, for [`Part::window`].
    pub date: Option<Condition>,
    /// How old a row may be before it is no longer known.
    pub window: Option<Period>,
    /// Whether the sheet names every case, so that a practice without a row is known to have none.
    pub whole_list: bool,
    /// Whether it is set where no row is, instead of where one is.
    pub none: bool,
    /// Whether it alone decides wherever it is known.
    pub decides: bool,
    /// What it says where it is set.
    pub sentence: Sentence,
    /// The columns that are shown as evidence.
    pub evidence: Vec<String>,
}

/// Information that somebody else holds and that the organisation does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotAvailable {
    /// Who holds it.
    pub held_by: String,
    /// Since when it was asked for.
    pub asked: NaiveDate,
    /// Why it is not available.
    pub reason: String,
}

impl NotAvailable {
    /// Reads the table `not_available`, if there is one.
    pub(super) fn read(file: &mut Table<'_>) -> Option<Self> {
        let mut table = file.table_or_none("not_available")?;
        let (held_by, asked, reason) = (table.text("held_by"), table.date("asked"), table.text("reason"));
        Some(Self { held_by: held_by?.value, asked: asked?.value, reason: reason?.value })
    }

    /// In a sentence without its point.
    pub fn words(&self) -> String {
        let reason = self.reason.trim_end_matches('.');
        format!(
            "not available: held by {}, asked for since {} ({reason})",
            self.held_by,
            dates::long(self.asked)
        )
    }
}

/// The columns of every fact that say which criteria its practice meets.
pub(super) const CRITERIA: [&str; 5] =
    ["criteria", "criteria_not_known", "criteria_met", "criteria_known", "criteria_weight"];

/// The column of every fact, for marks that are no criteria, that says at which level its practice stands.
pub(super) const LEVEL_NOW: &str = "level_now";

/// The facts as rules see them: beside their own columns, those of the criteria of their practice.
pub(super) fn with_criteria(
    report: &Report,
    facts: &BTreeMap<String, Fact>,
    criteria: &BTreeSet<String>,
) -> BTreeMap<String, Fact> {
    if criteria.is_empty() {
        return facts.clone();
    }
    let ids: std::sync::Arc<[String]> = criteria.iter().cloned().collect();
    let more = |name: &str| match name {
        "criteria" | "criteria_not_known" => Kind::Choices(Some(ids.clone())),
        _ => Kind::Number,
    };
    added(report, facts, &CRITERIA, more)
}

/// The facts as hints see them: beside the columns that rules see, the level of their practice.
pub(super) fn with_level(report: &Report, facts: &BTreeMap<String, Fact>) -> BTreeMap<String, Fact> {
    added(report, facts, &[LEVEL_NOW], |_| Kind::Number)
}

fn added(
    report: &Report,
    facts: &BTreeMap<String, Fact>,
    names: &[&str],
    kind: impl Fn(&str) -> Kind,
) -> BTreeMap<String, Fact> {
    let mut facts = facts.clone();
    for fact in facts.values_mut().filter(|fact| fact.columns.get("practice").is_some()) {
        for name in names {
            if fact.columns.get(name).is_some() {
                let at = At { file: format!("facts/{}.toml", fact.id).into(), line: 1 };
                let message = format!("the column `{name}` of `{}` has a name that marks use", fact.id);
                let help = "give the column another name";
                report.error(&at, Code::DuplicateName, message, Some(help.to_owned()));
            }
            fact.columns.set(*name, kind(name));
        }
    }
    facts
}

/// The kind of mark that the text of a rule's file declares; none where it is a rule with a level.
pub(super) fn kind_of(text: &str) -> Option<Option<MarkKind>> {
    let parsed = text.parse::<toml::Table>().ok()?;
    let word = parsed.get("mark")?.as_str().map(str::trim);
    Some(MarkKind::WORDS.iter().find(|(known, _)| Some(*known) == word).map(|(_, kind)| *kind))
}

impl Mark {
    /// Reads `rules/<id>.toml` with the key `mark`.
    pub(super) fn read(id: &str, mut file: Table<'_>, facts: &BTreeMap<String, Fact>) -> Option<Self> {
        let report = file.report().clone();
        let (title, clause) = (file.text("title"), file.text_or_none("clause"));
        let kind = read_choice(&mut file, "mark", &MarkKind::WORDS);
        if file.has("level") {
            file.know("level");
            let help = "take `level` out, or `mark`".to_owned();
            let message = "a mark never sets a level";
            report.error(&file.at_of("level"), Code::BadValue, message, Some(help));
        }
        let weight = file.number_or_none("weight");
        if let Some(weight) = weight.as_ref().filter(|w| w.value <= 0.0 || kind != Some(MarkKind::Criterion))
        {
            let message = "`weight` is a number above 0, and only a criterion has one";
            report.error(&weight.at, Code::BadValue, message, None);
        }
        let not_available = NotAvailable::read(&mut file);
        let known = facts.values().next().map(|fact| fact.columns.values().clone()).unwrap_or_default();
        let title = title.and_then(|t| noted(&report, &t.at, Sentence::title(&t.value, &known)));
        let (kind, title) = (kind?, title?);
        let parts: Vec<Option<Part>> = match (file.has("part"), not_available.is_some() && !file.has("from"))
        {
            (true, _) => {
                let parts = file.tables("part");
                parts.into_iter().map(|mut table| Part::read(&mut table, kind, &title, facts)).collect()
            }
            (false, true) => Vec::new(),
            (false, false) => vec![Part::read(&mut file, kind, &title, facts)],
        };
        if parts.len() > 1 && kind != MarkKind::Criterion {
            let message = format!("a {} has one part; only a criterion has several", kind.word());
            report.error(&file.at_of("part"), Code::BadValue, message, None);
        }
        Some(Self {
            id: id.to_owned(),
            title,
            clause: clause.map(|text| text.value).unwrap_or_default(),
            kind,
            weight: weight.map_or(1.0, |weight| weight.value),
            parts: parts.into_iter().collect::<Option<_>>()?,
            not_available,
        })
    }
}

impl Part {
    fn read(table: &mut Table<'_>, kind: MarkKind, of: &str, facts: &BTreeMap<String, Fact>) -> Option<Self> {
        let report = table.report().clone();
        let at = table.at();
        let from = table.text("from");
        // The title of the whole mark has been asked for before this.
        let title = if at.line > 1 { table.text_or_none("title") } else { None };
        let (rows, filter) = (table.text_or_none("rows"), table.text_or_none("where"));
        let (having, date) = (table.text_or_none("having"), table.text_or_none("date"));
        let window = if table.has("window") { Some(read_period(table, "window")) } else { None };
        let absent = [("not known", false), ("not met", true)];
        let whole_list = read_choice(table, "without_rows", &absent);
        let (none, decides) = (table.flag("none"), table.flag("decides"));
        let (sentence, evidence) = (table.text("sentence"), table.texts("evidence"));
        let from = from?;
        let fact = super::known_fact(&report, &from, facts)?;
        let columns = &fact.columns;
        if columns.get("practice").is_none() {
            let message = format!("`{}` has no column `practice`, so no row of it marks a practice", fact.id);
            report.error(&from.at, Code::BadValue, message, None);
        }
        if let (Some(Some(_)), None, None | Some(false)) = (window, &date, whole_list) {
            let message = "`window` needs `date`, the day that a row speaks of";
            report.error(&table.at_of("window"), Code::MissingKey, message, None);
        }
        if none && (having.is_some() || kind == MarkKind::Criterion) {
            let message = "`none` is for a mark that is no criterion and has no `having`";
            report.error(&table.at_of("none"), Code::BadValue, message, None);
        }
        let rows = rows.map(|text| row_truth(&report, &text, columns));
        let filter = filter.map(|text| row_truth(&report, &text, columns));
        let having =
            having.map(|text| noted(&report, &text.at, Condition::truth(&text.value, columns, Scope::Rows)));
        let date = date.map(|t| noted(&report, &t.at, Condition::date(&t.value, columns, Scope::Row)));
        // Where no row is, a sentence has none to speak of.
        let spoken = if none { &Columns::knowing(columns.values()) } else { columns };
        let sentence = sentence.and_then(|t| noted(&report, &t.at, Sentence::new(&t.value, spoken)));
        let evidence = known_names(&report, evidence, columns);
        let (rows, filter, having) = (swap(rows)?, swap(filter)?, swap(having)?);
        let sentence = sentence?.of_rule(filter.iter().chain(&having));
        Some(Self {
            title: title.map_or_else(|| of.to_owned(), |text| text.value),
            from: fact.id.clone(),
            rows,
            filter,
            having,
            date: swap(date)?,
            window: swap(window)?,
            whole_list: whole_list.unwrap_or(kind != MarkKind::Criterion),
            none,
            decides,
            sentence,
            evidence,
        })
    }
}

/// What was written and could not be read makes the mark unusable.
fn swap<T>(written: Option<Option<T>>) -> Option<Option<T>> {
    match written {
        Some(None) => None,
        other => Some(other.flatten()),
    }
}

/// The feeds whose sheets hold rows of a fact.
pub fn feeds_behind<'f>(fact: &'f Fact, feeds: &'f [Feed]) -> impl Iterator<Item = &'f Feed> {
    feeds.iter().filter(|feed| feed.layouts.iter().any(|layout| fact.from.contains(&layout.table)))
}

/// Notes marks that nothing can set.
pub(super) fn check(report: &Report, marks: &[Mark], feeds: &[Feed], facts: &BTreeMap<String, Fact>) {
    for mark in marks {
        let at = At { file: format!("rules/{}.toml", mark.id).into(), line: 1 };
        let note = |why: String| {
            let message = format!("nothing can set this {}: {why}", mark.kind.word());
            let help = "correct it, or take it out".to_owned();
            report.warning(&at, Code::NeverSet, message, Some(help));
        };
        if mark.not_available.is_some() && mark.kind != MarkKind::Criterion {
            note("what it needs is not available".to_owned());
            continue;
        }
        for part in &mark.parts {
            let Some(fact) = facts.get(&part.from) else { continue };
            let conditions: Vec<&Condition> =
                fact.stands.iter().chain(&fact.keep).chain(&part.rows).chain(&part.filter).collect();
            if never(&conditions, &fact.columns) && !part.none {
                note(format!("no row of `{}` that stands can meet its condition", part.from));
            }
            let mut behind = feeds_behind(fact, feeds).peekable();
            if mark.kind == MarkKind::Hint
                && behind.peek().is_some()
                && behind.all(|f| f.not_available.is_some())
            {
                note(format!("no feed of `{}` is available", part.from));
            }
        }
    }
}
