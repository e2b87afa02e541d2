//! Roles: what values of a column mean to the program. The pipeline says which value plays a role, where it
//! defines the column; the program knows the role and never the word.

use std::collections::BTreeMap;

use super::contract::place_of;
use super::fact::Fact;
use super::feed::Feed;
use super::layout::ColumnKind;
use super::reader::Report;
use super::report::At;
use crate::condition::{Columns, Kind};
use crate::diagnostic::{Code, likely};
use crate::wording::list;

/// A role that a value of a column plays.
struct Role {
    fact: &'static str,
    column: &'static str,
    role: &'static str,
    /// What is lost without it; empty if it may be left out.
    lost: &'static str,
}

const fn role(fact: &'static str, column: &'static str, role: &'static str, lost: &'static str) -> Role {
    Role { fact, column, role, lost }
}

const OPEN: &str = "which practices are open is read from it";
const VISITS: &str = "the visits are counted by it";
const CHANGES: &str = "the changes to the plan are read from it";

/// All roles.
const ROLES: &[Role] = &[
    role("register", "status", "active", OPEN),
    role("register", "status", "proposed", ""),
    role("register", "status", "dormant", ""),
    role(
        "register",
        "setting",
        "practice of general medicine",
        "which organisations are covered is read from it",
    ),
    role("visits", "visit_type", "proactive", VISITS),
    role("visits", "visit_type", "reactive", VISITS),
    role("visits", "support_response", "accepted", ""),
    role("visits", "support_response", "declined", ""),
    role("visits", "support_response", "considering", ""),
    role("plans", "visit_type", "reactive", ""),
    role("plans", "status", "planned", CHANGES),
    role("plans", "status", "cancelled", CHANGES),
    role("plans", "status", "completed", ""),
    role("plans", "status", "paused", ""),
    role("offer", "response", "unanswered", ""),
];

/// Which value plays which role, by fact and column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles {
    bound: BTreeMap<(String, String), BTreeMap<String, String>>,
}

impl Roles {
    /// The value that plays a role; none if none does.
    pub fn get(&self, fact: &str, column: &str, role: &str) -> Option<&str> {
        self.bound.get(&(fact.to_owned(), column.to_owned()))?.get(role).map(String::as_str)
    }

    /// Whether a value plays a role.
    pub fn is(&self, fact: &str, column: &str, role: &str, value: Option<&str>) -> bool {
        value.is_some() && self.get(fact, column, role) == value
    }
}

/// Reads the roles, and notes those that no value plays, and the values that a list lacks.
pub(super) fn check(
    report: &Report,
    feeds: &[Feed],
    tables: &BTreeMap<String, Columns>,
    facts: &BTreeMap<String, Fact>,
    levels: &[String],
) -> Roles {
    let places = Places { report, feeds, tables, facts };
    let mut roles = Roles::default();
    for layout in feeds.iter().flat_map(|feed| &feed.layouts) {
        for column in &layout.columns {
            places.bind(&layout.table, column, &mut roles);
        }
    }
    for role in ROLES.iter().filter(|role| !role.lost.is_empty()) {
        places.must_play(role, &roles);
    }
    places.decided_levels(levels);
    roles
}

struct Places<'p> {
    report: &'p Report,
    feeds: &'p [Feed],
    tables: &'p BTreeMap<String, Columns>,
    facts: &'p BTreeMap<String, Fact>,
}

impl<'p> Places<'p> {
    fn kind(&self, fact: &str, column: &str) -> Option<&'p Kind> {
        self.facts.get(fact)?.columns.get(column)
    }

    /// The columns of layouts from which a fact's column comes, with the words that stand for values there.
    fn columns(&self, fact: &str, column: &'p str) -> impl Iterator<Item = &'p super::layout::Column> {
        let from = self.facts.get(fact).map(|fact| fact.from.as_slice()).unwrap_or_default();
        let layouts = self.feeds.iter().flat_map(|feed| &feed.layouts);
        layouts.filter(move |l| from.contains(&l.table)).filter_map(move |l| l.column(column))
    }

    /// Where a column is declared: the first layout that has it, else the fact.
    fn at(&self, fact: &str, column: &'p str) -> At {
        match self.columns(fact, column).next() {
            Some(column) => At { file: column.declared.file.as_str().into(), line: column.declared.line },
            None => At { file: place_of(fact, self.tables, self.feeds).into(), line: 1 },
        }
    }

    /// The values that a column can have, where it has a list of them.
    fn values(&self, fact: &str, column: &'static str) -> Vec<String> {
        match self.kind(fact, column) {
            Some(Kind::Choice(values) | Kind::Choices(Some(values))) => values.to_vec(),
            // Without a list of its own a column has the values that its map gives.
            _ => self.columns(fact, column).flat_map(|c| mapped(&c.kind)).collect(),
        }
    }

    /// Binds the roles that a column of a table says, for every fact that takes rows of the table.
    fn bind(&self, table: &str, column: &super::layout::Column, roles: &mut Roles) {
        let takes = |role: &&Role| {
            let fact = self.facts.get(role.fact);
            role.column == column.name && fact.is_some_and(|fact| fact.from.iter().any(|from| from == table))
        };
        let known: Vec<&Role> = ROLES.iter().filter(takes).collect();
        let mut names: Vec<&str> = known.iter().map(|role| role.role).collect();
        names.sort_unstable();
        names.dedup();
        for (name, value, declared) in &column.roles {
            let at = At { file: declared.file.as_str().into(), line: declared.line };
            let Some(role) = known.iter().find(|role| role.role == name) else {
                let message = format!("no role of the column `{}` is called `{name}`", column.name);
                let help = match (likely(name, names.iter().copied()), names.is_empty()) {
                    (Some(near), _) => format!("did you mean `{near}`?"),
                    (None, true) => "the program asks for no role of this column".to_owned(),
                    (None, false) => format!("the roles are: {}", names.join(", ")),
                };
                self.report.error(&at, Code::UnknownName, message, Some(help));
                continue;
            };
            let values = self.values(role.fact, role.column);
            if !values.contains(value) {
                let message = format!("column `{}` has no value `{value}` to be `{name}`", column.name);
                let help = match likely(value, values.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!("the values are: {}", values.join(", ")),
                };
                self.report.error(&at, Code::UnknownName, message, Some(help));
                continue;
            }
            // Several facts may take rows of the table.
            let played = known.iter().filter(|role| role.role == name).filter_map(|role| {
                let place = roles.bound.entry((role.fact.to_owned(), role.column.to_owned())).or_default();
                place.insert(name.clone(), value.clone()).filter(|before| before != value)
            });
            if let Some(before) = played.collect::<Vec<String>>().pop() {
                let message = format!("`{name}` is \"{value}\" here and \"{before}\" in another layout");
                self.report.error(&at, Code::BadValue, message, Some("a role has one value".to_owned()));
            }
        }
    }

    /// Notes a role that no value plays although the fact has the column.
    fn must_play(&self, role: &Role, roles: &Roles) {
        let known = self.kind(role.fact, role.column).is_some();
        if !known || roles.get(role.fact, role.column, role.role).is_some() {
            return;
        }
        // A value that cannot play it has been noted.
        let tried =
            self.columns(role.fact, role.column).any(|c| c.roles.iter().any(|(name, ..)| name == role.role));
        if tried {
            return;
        }
        let values = self.values(role.fact, role.column);
        let message = format!(
            "column `{}` of `{}` says no value that is `{}`: {}",
            role.column, role.fact, role.role, role.lost
        );
        let near = values.iter().find(|value| value.eq_ignore_ascii_case(role.role));
        let example = near.map_or("…", String::as_str);
        let help = format!(
            "write roles = {{ \"{}\" = \"{example}\" }} at the column; its values are {}",
            role.role,
            list(&values)
        );
        self.report.error(&self.at(role.fact, role.column), Code::Incomplete, message, Some(help));
    }

    /// A decision is about a level, and none may be lost for want of a cell.
    fn decided_levels(&self, numbers: &[String]) {
        let at = self.at("decisions", "level");
        match self.kind("decisions", "level") {
            None => {}
            Some(Kind::Choice(values)) => {
                for value in values.iter().filter(|value| !numbers.contains(value)) {
                    let message =
                        format!("`{value}` in column `level` of `decisions` is no level of levels.toml");
                    let help = format!(
                        "write values = \"levels\", which are {}; map other words to them with `also`",
                        list(numbers)
                    );
                    self.report.error(&at, Code::UnknownName, message, Some(help));
                }
            }
            Some(_) => {
                let message = "column `level` of `decisions` takes any text, and a decision about no level counts \
                               for nothing";
                let help = "write type = \"choice\" and values = \"levels\"";
                self.report.error(&at, Code::Incomplete, message, Some(help.to_owned()));
            }
        }
        for name in ["practice", "level", "decided_on", "until"] {
            for column in self.columns("decisions", name).filter(|c| !c.required || !c.quarantine_if_bad) {
                let at = At { file: column.declared.file.as_str().into(), line: column.declared.line };
                let message = format!(
                    "column `{name}` of `decisions` may be blank, and a decision without it counts for nothing"
                );
                let help = "write required = true, so that such a row is set aside and reported";
                self.report.error(&at, Code::Incomplete, message, Some(help.to_owned()));
            }
        }
    }
}

/// The values that a column's own map gives.
fn mapped(kind: &ColumnKind) -> Vec<String> {
    match kind {
        ColumnKind::Choices { values: None, also, .. } => {
            also.iter().map(|(_, value)| value.clone()).collect()
        }
        _ => Vec::new(),
    }
}
