//! What the engine needs of the facts: their names and the columns it reads by name.
//!
//! Rules may use any fact and column. The documents and clocks of the engine read the ones listed
//! here; an optional fact may be left out, and what it feeds is then absent from the papers.

use std::collections::{BTreeMap, BTreeSet};

use super::calendar::Calendar;
use super::committee::{Audience, Committee, Outside};
use super::document::Document;
use super::fact::Fact;
use super::feed::Feed;
use super::general::General;
use super::load::EXCEPTIONS;
use super::reader::{At, Report};
use super::rule::Rule;
use crate::condition::{Columns, Kind, Values};
use crate::diagnostic::Code;

/// The fact that the engine itself provides: one row a practice in scope.
pub const PRACTICES: &str = "practices";

/// The fact that holds what people write for the pack.
const NARRATIVE: &str = "narrative";

/// Its column that says whether a paragraph may stand in a public pack.
const MAY_BE_PUBLIC: &str = "may_be_public";

/// Text, date, number or truth; choices count as text.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Needs {
    Text,
    Several,
    Date,
    Number,
    Truth,
}

type Needed = &'static [(&'static str, Needs)];

/// Facts and columns by name: (fact, whether it must exist, columns).
const CONTRACT: &[(&str, bool, Needed)] = &[
    (
        "register",
        true,
        &[
            ("practice", Needs::Text),
            ("practice_name", Needs::Text),
            ("status", Needs::Text),
            ("commissioner", Needs::Text),
            ("setting", Needs::Several),
        ],
    ),
    (
        "successors",
        false,
        &[("practice", Needs::Text), ("successor", Needs::Text), ("effective", Needs::Date)],
    ),
    ("registered-patients", false, &[("practice", Needs::Text), ("patients", Needs::Number)]),
    ("pcn-members", false, &[("practice", Needs::Text), ("pcn", Needs::Text), ("pcn_name", Needs::Text)]),
    (
        "visits",
        false,
        &[
            ("practice", Needs::Text),
            ("visit_date", Needs::Date),
            ("visit_type", Needs::Text),
            ("themes", Needs::Several),
            ("attendees", Needs::Several),
            ("support_offered", Needs::Several),
            ("support_response", Needs::Text),
            ("best_practice", Needs::Text),
            ("best_practice_shareable", Needs::Truth),
            ("action_plan_due", Needs::Date),
            ("reference", Needs::Text),
        ],
    ),
    (
        "pauses",
        false,
        &[
            ("practice", Needs::Text),
            ("paused_from", Needs::Date),
            ("paused_until", Needs::Date),
            ("reason", Needs::Text),
        ],
    ),
    (
        "plans",
        false,
        &[
            ("practice", Needs::Text),
            ("visit_type", Needs::Text),
            ("planned_date", Needs::Date),
            ("status", Needs::Text),
            ("reason", Needs::Text),
            ("reference", Needs::Text),
        ],
    ),
    (
        "decisions",
        false,
        &[
            ("practice", Needs::Text),
            ("level", Needs::Text),
            ("reason", Needs::Text),
            ("decided_by", Needs::Text),
            ("deciding_group", Needs::Text),
            ("decided_on", Needs::Date),
            ("until", Needs::Date),
        ],
    ),
    (
        "concerns",
        false,
        &[
            ("practice", Needs::Text),
            ("team", Needs::Text),
            ("theme", Needs::Text),
            ("concern", Needs::Text),
            ("severity", Needs::Text),
            ("status", Needs::Text),
            ("told", Needs::Date),
            ("shareable", Needs::Truth),
            ("reference", Needs::Text),
        ],
    ),
    ("score", false, &[("score", Needs::Number), ("extract_date", Needs::Date), ("stale", Needs::Truth)]),
    ("rating", false, &[("rating", Needs::Text), ("published", Needs::Date)]),
    ("offer", false, &[("date_offered", Needs::Date), ("response", Needs::Text), ("responded", Needs::Date)]),
    (
        NARRATIVE,
        false,
        &[
            ("section", Needs::Text),
            ("text", Needs::Text),
            ("author", Needs::Text),
            ("written_on", Needs::Date),
        ],
    ),
];

/// The facts that blocks of documents speak of.
const SHOWN: &[(&str, &[&str])] = &[
    ("visits", &["visits", "pauses", "plans"]),
    ("themes", &["concerns"]),
    ("support", &["visits", "offer"]),
    ("best-practice", &["visits"]),
    ("changes", &["visits", "plans", "pauses", "decisions"]),
    ("narrative", &[NARRATIVE]),
    ("practice", &["pcn-members"]),
    ("background", &["rating", "offer", "visits"]),
    ("assessment", &["score", "concerns"]),
];

/// The fact [`PRACTICES`], for rules.
pub(super) fn practices(values: &Values) -> Fact {
    let mut columns = Columns::knowing(values);
    for name in ["practice", "practice_name", "place", "team", "commissioner", "pcn", "pcn_name"] {
        columns.set(name, Kind::Text);
    }
    columns.set("patients", Kind::Number);
    Fact { title: "Practices in scope".to_owned(), ..Fact::whole(PRACTICES, &columns) }
}

/// Notes what the engine misses, and what nothing uses.
pub(super) fn check(
    report: &Report,
    feeds: &[Feed],
    tables: &BTreeMap<String, Columns>,
    facts: &BTreeMap<String, Fact>,
    rules: &[Rule],
    (committees, documents): (&[Committee], &BTreeMap<String, Document>),
    (general, clocked): (Option<&(General, Calendar)>, bool),
) {
    let blocks: BTreeSet<&str> =
        documents.values().flat_map(|document| &document.blocks).map(|block| block.kind.word).collect();
    let by_list = general.is_some_and(|(general, _)| general.scope.registered_list);
    let carries = feeds.iter().flat_map(|feed| &feed.layouts).any(|layout| layout.carry);
    let missed = |name: &str| match name {
        "registered-patients" => by_list,
        "successors" => carries,
        _ => SHOWN.iter().any(|(block, facts)| blocks.contains(block) && facts.contains(&name)),
    };
    for (name, must, columns) in CONTRACT {
        let at = At { file: place_of(name, tables, feeds).into(), line: 1 };
        let Some(fact) = facts.get(*name) else {
            if *must || (clocked && ["visits", "pauses"].contains(name)) {
                let message = format!("the engine needs a fact or table `{name}`");
                report.error(&at, Code::Incomplete, message, None);
            } else if missed(name) {
                let message =
                    format!("there is no fact or table `{name}`: what the papers say of it is left out");
                report.warning(&at, Code::Incomplete, message, None);
            }
            continue;
        };
        for (column, needs) in *columns {
            match fact.columns.get(column) {
                None => {
                    let message = format!("the engine reads a column `{column}` of `{name}`");
                    report.error(&at, Code::Incomplete, message, None);
                }
                Some(kind) if !fits(kind, *needs) => {
                    let message = format!("column `{column}` of `{name}` is {}", kind.words());
                    report.error(&at, Code::BadValue, message, None);
                }
                Some(_) => {}
            }
        }
    }
    practices_everywhere(report, facts);
    unmarked_narrative(report, feeds, facts, committees);
    if rules.is_empty() {
        let at = At { file: "rules".into(), line: 1 };
        report.error(&at, Code::Incomplete, "there is no rule, so no level is ever proposed", None);
    }
    if let Some((general, _)) = general {
        unreachable_documents(report, general, committees);
    }
}

/// Facts of which only some rows stand on a date: without a file that says which, all of them would, and a
/// planned visit would count as made.
const STANDING: [&str; 8] =
    ["visits", "pauses", "plans", "decisions", "concerns", "offer", "rating", "pcn-members"];

/// Notes those of [`STANDING`] of which no file says it. `says` tells whether a fact's file has a key, and is
/// nothing where there is no file.
pub(super) fn standing(
    report: &Report,
    facts: &BTreeMap<String, Fact>,
    says: impl Fn(&str, &str) -> Option<bool>,
) {
    for name in STANDING.into_iter().filter(|name| facts.contains_key(*name)) {
        let at = At { file: format!("facts/{name}.toml").into(), line: 1 };
        let message = format!("nothing says which rows of the table `{name}` stand on a date");
        let (code, help) = match (says(name, "stands"), says(name, "keep")) {
            (None, _) => (Code::MissingFile, "put the file back"),
            (Some(false), Some(false)) => (Code::MissingKey, "write it as a condition"),
            _ => continue,
        };
        report.error(&at, code, message, Some(format!("{help}, such as stands = \"status = 'Completed'\"")));
    }
}

/// A rule or an indicator compares practices, so each fact needs the column `practice`.
fn practices_everywhere(report: &Report, facts: &BTreeMap<String, Fact>) {
    for fact in facts.values() {
        let needed = !fact.latest.is_empty() || !fact.restated_by.is_empty();
        if needed && fact.columns.get("practice").is_none() {
            let at = At { file: format!("facts/{}.toml", fact.id).into(), line: 1 };
            report.error(&at, Code::Incomplete, "a fact that keeps the latest row needs `practice`", None);
        }
    }
}

/// Committees that wait for what becomes of exceptions, where nothing is ever an exception.
pub(super) fn unsaid_exceptions(
    report: &Report,
    committees: &[Committee],
    documents: &BTreeMap<String, Document>,
) {
    let of_exceptions = |id: &&String| documents.get(*id).is_some_and(|d| !d.is_regular());
    for committee in committees {
        let Some(waits) = committee.documents.iter().find(of_exceptions) else { continue };
        let at = At { file: EXCEPTIONS.into(), line: 1 };
        let message =
            format!("{} waits for `{waits}`, and no exception is defined: none is ever sent", committee.name);
        let help = "put exceptions.toml back, or take the alerts out of its `documents`";
        report.warning(&at, Code::Incomplete, message, Some(help.to_owned()));
    }
}

/// Narrative without the column that says what may be public, where a committee is public: none of it could
/// ever stand in that committee's packs.
fn unmarked_narrative(
    report: &Report,
    feeds: &[Feed],
    facts: &BTreeMap<String, Fact>,
    committees: &[Committee],
) {
    let public = |c: &&Committee| c.audience == Audience::Public || c.outside == Outside::Public;
    let (Some(public), Some(fact)) = (committees.iter().find(public), facts.get(NARRATIVE)) else { return };
    let set = |feed: &&Feed| feed.set.iter().any(|(column, _)| column == MAY_BE_PUBLIC);
    for feed in feeds.iter().filter(|feed| !set(feed)) {
        let narrative = feed.layouts.iter().filter(|layout| fact.from.contains(&layout.table));
        for _ in narrative.filter(|layout| !layout.columns.iter().any(|c| c.name == MAY_BE_PUBLIC)) {
            let at = At { file: format!("feeds/{}.toml", feed.id).into(), line: 1 };
            let message = format!(
                "the sheet `{}` has no column `{MAY_BE_PUBLIC}`: no paragraph of it ever stands in the public \
                 packs that {} gets",
                feed.title, public.name
            );
            let help = format!(
                "add [[layout.column]] with name = \"{MAY_BE_PUBLIC}\", title = \"May be public\" and type = \
                 \"yes-no\""
            );
            report.warning(&at, Code::Incomplete, message, Some(help));
        }
    }
}

/// A document that a committee waits for and no job makes, or the other way round.
fn unreachable_documents(report: &Report, general: &General, committees: &[Committee]) {
    let made: BTreeSet<&String> = general.jobs.iter().flat_map(|job| &job.documents).collect();
    let at = At { file: "committees.toml".into(), line: 1 };
    for committee in committees {
        for document in committee.documents.iter().filter(|d| !made.contains(d)) {
            let message = format!("no job makes the `{document}` that {} gets", committee.name);
            report.warning(&at, Code::Incomplete, message, None);
        }
    }
}

pub(super) fn place_of(fact: &str, tables: &BTreeMap<String, Columns>, feeds: &[Feed]) -> String {
    let feed = feeds.iter().find(|f| f.layouts.iter().any(|l| l.table == fact));
    match feed {
        Some(feed) if tables.contains_key(fact) => format!("feeds/{}.toml", feed.id),
        _ => format!("facts/{fact}.toml"),
    }
}

fn fits(kind: &Kind, needs: Needs) -> bool {
    match needs {
        Needs::Text => matches!(kind, Kind::Text | Kind::Choice(_)),
        Needs::Several => matches!(kind, Kind::Choices(_)),
        Needs::Date => *kind == Kind::Date,
        Needs::Number => *kind == Kind::Number,
        Needs::Truth => *kind == Kind::Truth,
    }
}
