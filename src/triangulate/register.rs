//! Which practices there are on a date, where they belong, and who succeeded whom.

mod slips;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Cells, Taken};
use crate::intake::code::code as read_code;
use crate::intake::names::{likeness, normal};
use crate::intake::{Lookup, Practices};
use crate::pipeline::{Pipeline, Roles, Scope};
use crate::wording;

/// A practice in scope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Practice {
    /// Its ODS code, which never changes.
    pub code: String,
    /// Its name, which may.
    pub name: String,
    /// The place it belongs to.
    pub place: String,
    /// The place facing team that visits it.
    pub team: String,
    /// Its commissioner's code.
    pub commissioner: String,
    /// The code of its primary care network, where it has one.
    pub pcn: Option<String>,
    /// The network's name.
    pub pcn_name: Option<String>,
    /// Patients on its registered list, where a list was received.
    pub patients: Option<f64>,
}

/// An organisation of the register.
#[derive(Debug, Clone)]
struct Entry {
    name: String,
    status: Status,
    commissioner: String,
    is_practice: bool,
}

/// The register on a date.
#[derive(Debug, Clone)]
pub struct Register {
    entries: BTreeMap<String, Entry>,
    /// Successors in effect, by the code they succeed.
    successors: BTreeMap<String, BTreeSet<String>>,
    in_scope: BTreeMap<String, Practice>,
    /// Practices of the ICB without a registered list, by code.
    without_list: BTreeSet<String>,
    /// Names of practices in scope, normalised.
    names: Vec<(String, String)>,
    /// The names of the board's practices, in scope or not, by code: also of those that only the register
    /// before knows. A slip in the files that give the scope must not hide what it was meant for.
    ours: BTreeMap<String, String>,
    /// The board's practices by what their codes look like.
    skeletons: BTreeMap<String, Vec<String>>,
    /// Codes of the register that are a slip, with the one that was meant.
    slips: BTreeMap<String, String>,
    /// Whether the rule of the registered list could be applied.
    list_known: bool,
    scope: Scope,
}

/// What the register says of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Active,
    Proposed,
    Dormant,
    Closed,
}

/// The table of the organisations themselves.
const ORGANISATIONS: &str = "register";

/// Below this likeness a code and a name are told to disagree.
const DISAGREE_BELOW: f64 = 0.5;

/// The facts it is made of: organisations, successors, list sizes and networks.
const TABLES: [&str; 4] = [ORGANISATIONS, "successors", "registered-patients", "pcn-members"];

impl Register {
    /// Whether the register is made of this table.
    pub fn reads(table: &str) -> bool {
        TABLES.contains(&table)
    }

    /// Whether organisations are read from this table.
    pub fn lists_organisations(table: &str) -> bool {
        table == ORGANISATIONS
    }

    /// The register of a date, from the files in force on it. `before` are the files of organisations that
    /// these replaced; codes in `right` are no slip, whatever they look like.
    ///
    /// # Errors
    /// If Polars refuses an expression: the pipeline's checks make that a bug.
    pub fn of(
        taken: &[Taken],
        before: &[Taken],
        right: &BTreeSet<String>,
        pipeline: &Pipeline,
        as_of: NaiveDate,
    ) -> anyhow::Result<Self> {
        let frame = |name: &str, taken: &[Taken]| match pipeline.facts.get(name) {
            Some(fact) => super::facts::stand(fact, taken, &[], as_of).map(|(rows, _)| Some(rows)),
            None => Ok(None),
        };
        let [register, successors, lists, networks] = TABLES;
        let earlier = frame(register, before)?;
        let (register, successors) = (frame(register, taken)?, frame(successors, taken)?);
        let (lists, networks) = (frame(lists, taken)?, frame(networks, taken)?);
        let organisations = Organisations {
            register: entries(Cells::new(register.as_ref()), &pipeline.roles),
            before: entries(Cells::new(earlier.as_ref()), &pipeline.roles),
            right,
        };
        Ok(Self::new(
            organisations,
            Cells::new(successors.as_ref()),
            Cells::new(lists.as_ref()),
            Cells::new(networks.as_ref()),
            &pipeline.scope,
            as_of,
        ))
    }

    /// Reads the newest register, successor, list and network files.
    fn new(
        organisations: Organisations<'_>,
        successors: Cells<'_>,
        lists: Cells<'_>,
        networks: Cells<'_>,
        scope: &Scope,
        as_of: NaiveDate,
    ) -> Self {
        let mut known = Self {
            entries: organisations.register,
            successors: in_effect(successors, as_of),
            in_scope: BTreeMap::new(),
            without_list: BTreeSet::new(),
            names: Vec::new(),
            ours: BTreeMap::new(),
            skeletons: BTreeMap::new(),
            slips: BTreeMap::new(),
            list_known: lists.height() > 0,
            scope: scope.clone(),
        };
        let patients = patients(lists);
        known.leave_slips_out(&organisations.before, &patients, organisations.right);
        known.cover(&patients, &members(networks));
        known
    }

    /// Picks the practices in scope.
    fn cover(
        &mut self,
        patients: &BTreeMap<String, f64>,
        members: &BTreeMap<String, (String, Option<String>)>,
    ) {
        for (code, entry) in &self.entries {
            let Some(place) = self.scope.place_of(&entry.commissioner) else { continue };
            if entry.status != Status::Active || !entry.is_practice {
                continue;
            }
            let patients = patients.get(code).copied();
            if self.scope.registered_list && self.list_known && patients.is_none_or(|n| n <= 0.0) {
                self.without_list.insert(code.clone());
                continue;
            }
            let network = members.get(code);
            let practice = Practice {
                code: code.clone(),
                name: entry.name.clone(),
                place: place.name.clone(),
                team: place.team.clone(),
                commissioner: entry.commissioner.clone(),
                pcn: network.map(|(pcn, _)| pcn.clone()),
                pcn_name: network.and_then(|(_, name)| name.clone()),
                patients,
            };
            self.names.push((code.clone(), normal(&entry.name)));
            self.in_scope.insert(code.clone(), practice);
        }
    }

    /// The practices in scope, by code.
    pub fn in_scope(&self) -> &BTreeMap<String, Practice> {
        &self.in_scope
    }

    /// Practices of the ICB that are out of scope for want of a registered list.
    pub fn without_list(&self) -> &BTreeSet<String> {
        &self.without_list
    }

    /// The active practices of ours, with a list or without.
    pub fn ours(&self) -> BTreeSet<String> {
        self.in_scope.keys().chain(&self.without_list).cloned().collect()
    }

    /// The practices in scope that are in a network.
    pub fn in_a_network(&self) -> BTreeSet<String> {
        let members = self.in_scope.values().filter(|practice| practice.pcn.is_some());
        members.map(|practice| practice.code.clone()).collect()
    }

    /// The closed practices of ours that have a successor.
    pub fn succeeded_of_ours(&self) -> BTreeSet<String> {
        let ours = |code: &&String| match self.entries.get(*code) {
            Some(entry) => {
                entry.status != Status::Active && self.scope.place_of(&entry.commissioner).is_some()
            }
            None => matches!(self.succeeded(code), Lookup::Succeeded { .. }),
        };
        self.successors.keys().filter(ours).cloned().collect()
    }

    /// Whether any organisation is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A code with the name of its organisation.
    pub fn shown(&self, code: &str) -> String {
        self.name(code).map_or_else(|| code.to_owned(), |name| format!("{code} {name}"))
    }

    /// Whether a list was there to tell which practices have patients.
    pub fn list_known(&self) -> bool {
        self.list_known
    }

    /// The name of any organisation of the register.
    pub fn name(&self, code: &str) -> Option<&str> {
        self.entries.get(code).map(|e| e.name.as_str())
    }

    fn labelled(&self, code: &str) -> String {
        match self.name(code).or_else(|| self.ours.get(code).map(String::as_str)) {
            Some(name) => format!("{code} \"{name}\""),
            None => code.to_owned(),
        }
    }

    /// What an open organisation is, seen from the ICB.
    fn open(&self, code: &str, entry: &Entry) -> Lookup {
        if self.in_scope.contains_key(code) {
            return Lookup::InScope;
        }
        if !entry.is_practice {
            return Lookup::NotAPractice(format!("\"{}\", which is not a GP practice", entry.name));
        }
        if self.without_list.contains(code) {
            return Lookup::OutOfScope("a practice without a registered list".to_owned());
        }
        Lookup::Other(format!("another organisation (commissioner {})", entry.commissioner))
    }

    /// Follows the successors of a closed practice to the end.
    fn succeeded(&self, code: &str) -> Lookup {
        let mut via: Vec<String> = Vec::new();
        let mut at = code.to_owned();
        loop {
            let next = match self.successors.get(&at).map(|s| s.iter().collect::<Vec<_>>()).as_deref() {
                None | Some([]) if via.is_empty() => {
                    return Lookup::Closed(format!("{} without a successor", self.closure(code)));
                }
                None | Some([]) => {
                    let last = self.labelled(&at);
                    return Lookup::Closed(format!(
                        "has closed, and its successor {last} has closed without one"
                    ));
                }
                Some([one]) => (*one).clone(),
                Some(several) => {
                    let list: Vec<String> = several.iter().map(|c| self.labelled(c)).collect();
                    return Lookup::Closed(format!(
                        "has closed, with several successors: {}",
                        wording::list(&list)
                    ));
                }
            };
            if next == code || via.contains(&next) {
                via.push(next);
                return Lookup::Closed(format!(
                    "has closed, and its successors lead in a circle: {}",
                    via.join(", ")
                ));
            }
            if let Some(entry) = self.entries.get(&next).filter(|e| e.status == Status::Active) {
                return match self.open(&next, entry) {
                    Lookup::InScope => Lookup::Succeeded { to: next, via },
                    Lookup::Other(whose) => Lookup::Closed(format!(
                        "has closed, and its successor {next} is a practice of {whose}"
                    )),
                    Lookup::NotAPractice(what) => {
                        Lookup::Closed(format!("has closed, and its successor {next} is {what}"))
                    }
                    _ => {
                        Lookup::Closed(format!("has closed, and its successor {next} has no registered list"))
                    }
                };
            }
            via.push(next.clone());
            at = next;
        }
    }

    fn closure(&self, code: &str) -> &'static str {
        match self.entries.get(code).map(|e| e.status) {
            Some(Status::Dormant) => "is dormant,",
            _ => "has closed",
        }
    }
}

impl Practices for Register {
    fn look_up(&self, code: &str) -> Lookup {
        match self.entries.get(code) {
            Some(entry) if entry.status == Status::Active => self.open(code, entry),
            Some(entry)
                if entry.status == Status::Proposed && self.scope.place_of(&entry.commissioner).is_some() =>
            {
                Lookup::OutOfScope("a practice that is not open yet".to_owned())
            }
            None if !self.successors.contains_key(code) => Lookup::Unknown,
            _ => self.succeeded(code),
        }
    }

    fn slip_of(&self, written: &str, name: Option<&str>) -> Option<(String, String)> {
        let alike = self.alike(written);
        let fits = |code: &String| {
            let known = self.ours.get(code).map(String::as_str).unwrap_or_default();
            name.is_none_or(|name| normal(name).is_empty() || likeness(known, name) >= DISAGREE_BELOW)
        };
        let code = match alike.iter().collect::<Vec<_>>().as_slice() {
            [only] => Some((**only).clone()),
            [] => self.one_slip_away(&read_code(written)).filter(fits),
            _ => None,
        }?;
        let labelled = self.labelled(&code);
        Some((code, labelled))
    }

    fn unlisted_slip(&self, code: &str, written: &str) -> Option<(String, String)> {
        if self.entries.contains_key(code) {
            return None;
        }
        let alike = self.alike(written);
        let meant = self.slips.get(code).or_else(|| match alike.iter().collect::<Vec<_>>().as_slice() {
            [only] if only.as_str() != code => Some(**only),
            _ => None,
        })?;
        Some((meant.clone(), self.labelled(meant)))
    }

    fn likely(&self, code: Option<&str>, name: Option<&str>) -> Option<String> {
        let by_name = name.and_then(|name| self.best_name(name));
        let by_code = code.and_then(|code| self.one_slip_away(code));
        by_name.or(by_code).map(|code| self.labelled(&code))
    }

    fn disagrees(&self, code: &str, name: &str) -> Option<String> {
        let known = self.name(code)?;
        if normal(name).is_empty() || likeness(known, name) >= DISAGREE_BELOW {
            return None;
        }
        let likely = self.best_name(name).filter(|other| other != code);
        Some(match likely {
            Some(other) => {
                format!("the register calls it \"{known}\"; the name fits {}", self.labelled(&other))
            }
            None => {
                format!("the register calls it \"{known}\", and no practice in scope has a name like that")
            }
        })
    }
}

impl Register {
    /// The practice whose name is nearly this one, if no other comes near.
    fn best_name(&self, name: &str) -> Option<String> {
        let wanted = normal(name);
        if wanted.is_empty() {
            return None;
        }
        // A name that is much longer or shorter comes nowhere near, and a sheet may ask for thousands.
        let length = wanted.chars().count();
        let comparable = |name: &str| {
            let (less, more) = (length.min(name.chars().count()), length.max(name.chars().count()));
            less * 10 >= more * 8
        };
        let mut scored: Vec<(f64, &String)> = self
            .names
            .iter()
            .filter(|(_, name)| comparable(name))
            .map(|(code, name)| (strsim::normalized_levenshtein(name, &wanted), code))
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        match scored.as_slice() {
            [(best, code)] if *best >= 0.9 => Some((*code).clone()),
            [(best, code), (next, _), ..] if *best >= 0.9 && best - next >= 0.08 => Some((*code).clone()),
            _ => None,
        }
    }
}

/// The files of organisations.
struct Organisations<'a> {
    register: BTreeMap<String, Entry>,
    /// Those of the files that it replaced.
    before: BTreeMap<String, Entry>,
    /// Codes that a named person says are right.
    right: &'a BTreeSet<String>,
}

/// The organisations of a file, by code.
fn entries(register: Cells<'_>, roles: &Roles) -> BTreeMap<String, Entry> {
    let is = |column: &str, role: &str, value: &str| roles.is(ORGANISATIONS, column, role, Some(value));
    let status = |value: &str| match value {
        value if is("status", "active", value) => Status::Active,
        value if is("status", "proposed", value) => Status::Proposed,
        value if is("status", "dormant", value) => Status::Dormant,
        _ => Status::Closed,
    };
    let rows = (0..register.height()).filter_map(|row| {
        let settings = register.texts("setting", row);
        let entry = Entry {
            name: register.text("practice_name", row).unwrap_or_default(),
            status: status(&register.text("status", row).unwrap_or_default()),
            commissioner: register.text("commissioner", row).unwrap_or_default(),
            is_practice: settings.iter().any(|s| is("setting", "practice of general medicine", s)),
        };
        Some((register.text("practice", row)?, entry))
    });
    rows.collect()
}

fn in_effect(successors: Cells<'_>, as_of: NaiveDate) -> BTreeMap<String, BTreeSet<String>> {
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in 0..successors.height() {
        let pair = (successors.text("practice", row), successors.text("successor", row));
        let effective = successors.date("effective", row).is_some_and(|date| date <= as_of);
        if let ((Some(code), Some(successor)), true) = (pair, effective) {
            out.entry(code).or_default().insert(successor);
        }
    }
    out
}

fn patients(lists: Cells<'_>) -> BTreeMap<String, f64> {
    let rows = (0..lists.height())
        .filter_map(|row| Some((lists.text("practice", row)?, lists.number("patients", row)?)));
    rows.collect()
}

/// The network of each practice; of several memberships the one that began last.
fn members(networks: Cells<'_>) -> BTreeMap<String, (String, Option<String>)> {
    let mut rows: Vec<_> = (0..networks.height())
        .filter_map(|row| {
            let joined = networks.date("joined", row);
            Some((
                networks.text("practice", row)?,
                joined,
                networks.text("pcn", row)?,
                networks.text("pcn_name", row),
            ))
        })
        .collect();
    rows.sort();
    rows.into_iter().map(|(practice, _, pcn, name)| (practice, (pcn, name))).collect()
}

#[cfg(test)]
mod tests {
    use polars::prelude::*;

    use super::*;
    use crate::dates;
    use crate::pipeline::Place;

    const OPEN: &str = "\u{1f}GP practice\u{1f}";

    pub(super) type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

    pub(super) fn register(successors: &[(&str, &str, &str)]) -> Register {
        changed(successors, |rows| rows.to_vec())
    }

    /// A register that replaced one, of which the rows were changed.
    pub(super) fn changed(
        successors: &[(&str, &str, &str)],
        change: impl Fn(&[Row]) -> Vec<Row>,
    ) -> Register {
        let rows: [Row; 9] = [
            ("X90001", "Alderbeck Surgery", "Active", "X9A", OPEN),
            ("X90002", "Mill Surgery", "Active", "X9A", OPEN),
            ("X90003", "Hill Surgery", "Active", "X9A", OPEN),
            ("X90004", "Open Access Centre", "Active", "X9A", OPEN),
            ("X90005", "Oldbeck Surgery", "Closed", "X9A", OPEN),
            ("X90006", "Midbeck Surgery", "Closed", "X9A", OPEN),
            ("X80001", "Farfield Surgery", "Active", "X8A", OPEN),
            ("X90007", "Community Nursing", "Active", "X9A", "\u{1f}9\u{1f}"),
            ("X90008", "Sleeping Surgery", "Dormant", "X9A", OPEN),
        ];
        let frame = |rows: &[Row]| {
            let column =
                |i: usize| -> Vec<&str> { rows.iter().map(|r| [r.0, r.1, r.2, r.3, r.4][i]).collect() };
            df!(
                "practice" => column(0), "practice_name" => column(1), "status" => column(2),
                "commissioner" => column(3), "setting" => column(4)
            )
            .unwrap()
        };
        let (before, register) = (frame(&rows), frame(&change(&rows)));
        let effective: Vec<i32> = successors.iter().map(|s| dates::to_days(s.2.parse().unwrap())).collect();
        let successors = df!(
            "practice" => successors.iter().map(|s| s.0).collect::<Vec<_>>(),
            "successor" => successors.iter().map(|s| s.1).collect::<Vec<_>>(),
            "effective" => Series::new("e".into(), effective).cast(&DataType::Date).unwrap(),
        )
        .unwrap();
        let lists =
            df!("practice" => ["X90001", "X90002", "X90003"], "patients" => [5000.0, 9.0, 1.0]).unwrap();
        let place = Place { name: "Here".into(), team: "Team".into(), commissioners: vec!["X9A".into()] };
        let scope = Scope { places: vec![place], registered_list: true };
        let roles = crate::documents::sample::Sample::new("2026-07-14").pipeline.roles;
        let as_of = "2026-07-14".parse().unwrap();
        let cells = |frame| Cells::new(Some(frame));
        let (register, before) = (entries(cells(&register), &roles), entries(cells(&before), &roles));
        let organisations = Organisations { register, before, right: &BTreeSet::new() };
        let (successors, lists) = (cells(&successors), cells(&lists));
        Register::new(organisations, successors, lists, Cells::new(None), &scope, as_of)
    }

    #[test]
    fn every_kind_of_code_is_told_apart() {
        let register = register(&[]);
        assert_eq!(register.look_up("X90001"), Lookup::InScope);
        assert_eq!(
            register.look_up("X90004"),
            Lookup::OutOfScope("a practice without a registered list".into())
        );
        assert!(matches!(register.look_up("X80001"), Lookup::Other(_)));
        assert!(matches!(register.look_up("X90007"), Lookup::NotAPractice(_)));
        assert_eq!(register.look_up("X90005"), Lookup::Closed("has closed without a successor".into()));
        assert_eq!(register.look_up("X90008"), Lookup::Closed("is dormant, without a successor".into()));
        assert_eq!(register.look_up("X99999"), Lookup::Unknown);
    }

    #[test]
    fn successors_are_followed_to_the_end() {
        let chain = register(&[("X90005", "X90006", "2025-04-01"), ("X90006", "X90001", "2026-07-14")]);
        let to = Lookup::Succeeded { to: "X90001".into(), via: vec!["X90006".into()] };
        assert_eq!(chain.look_up("X90005"), to);
        let later = register(&[("X90005", "X90001", "2026-07-15")]);
        assert!(matches!(later.look_up("X90005"), Lookup::Closed(_)), "not yet in effect");
        let split = register(&[("X90005", "X90001", "2025-04-01"), ("X90005", "X90002", "2025-04-01")]);
        assert!(matches!(split.look_up("X90005"), Lookup::Closed(why) if why.contains("several successors")));
        let circle = register(&[("X90005", "X90006", "2025-04-01"), ("X90006", "X90005", "2025-04-01")]);
        assert!(matches!(circle.look_up("X90005"), Lookup::Closed(why) if why.contains("circle")));
    }

    #[test]
    fn names_suggest_and_never_match() {
        let register = register(&[]);
        assert_eq!(
            register.likely(None, Some("alderbeck surg")).as_deref(),
            Some("X90001 \"Alderbeck Surgery\"")
        );
        assert_eq!(register.likely(None, Some("Bill Surgery")), None, "Mill or Hill?");
        assert_eq!(register.likely(Some("X9000"), None), None, "several codes are one slip away");
        assert_eq!(
            register.disagrees("X90002", "Alderbeck Surgery").as_deref(),
            Some("the register calls it \"Mill Surgery\"; the name fits X90001 \"Alderbeck Surgery\"")
        );
        assert_eq!(
            register.disagrees("X90002", "Quay Lane Health Partnership").as_deref(),
            Some("the register calls it \"Mill Surgery\", and no practice in scope has a name like that")
        );
        assert_eq!(register.disagrees("X90002", "Mill Surg"), None);
    }
}
