//! Which practice each row counts for, as the register says.

use std::collections::BTreeSet;

use super::Settler;
use crate::diagnostic::Code;
use crate::intake::cell::shortened;
use crate::intake::code;
use crate::intake::rows::{Fate, Row, Value};
use crate::intake::{Effect, Problem};
use crate::pipeline::Others;
use crate::wording;

/// What the register says of a practice code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// A practice in scope.
    InScope,
    /// A practice of the ICB that is not in scope, and why.
    OutOfScope(String),
    /// A closed practice with one successor in scope, and the codes on the way to it.
    Succeeded {
        /// The successor.
        to: String,
        /// The codes between the two.
        via: Vec<String>,
    },
    /// A practice that is not open and leads to no one practice in scope: what is said of it.
    Closed(String),
    /// A practice of another organisation.
    Other(String),
    /// A code that is not a GP practice, and what it is.
    NotAPractice(String),
    /// A code that is not in the register.
    Unknown,
}

/// What intake asks about practices. Who knows no more than codes has nothing to say of slips and names.
pub trait Practices {
    /// What the register says of a code.
    fn look_up(&self, code: &str) -> Lookup;
    /// The practice in scope that a row without a usable code is probably about.
    fn likely(&self, _code: Option<&str>, _name: Option<&str>) -> Option<String> {
        None
    }
    /// The practice of the board whose code a text is within a slip of, for a text that is no code of the register:
    /// its code, and how it is named. A name that does not fit speaks against it.
    fn slip_of(&self, _written: &str, _name: Option<&str>) -> Option<(String, String)> {
        None
    }
    /// The practice of the board that a code which the register does not list was meant for, in a file that
    /// names organisations of the whole country: its code, and how it is named.
    fn unlisted_slip(&self, _code: &str, _written: &str) -> Option<(String, String)> {
        None
    }
    /// What the register says of a code that a name does not belong to: how it names it, and which practice
    /// the name fits, if any.
    fn disagrees(&self, _code: &str, _name: &str) -> Option<String> {
        None
    }
}

impl Settler<'_> {
    pub(super) fn practices(&mut self, others: Others, practices: &dyn Practices) {
        let (code_place, name_place) = (self.place("practice"), self.place("practice_name"));
        let (mut passed, mut unknown) = (BTreeSet::new(), BTreeSet::new());
        for index in 0..self.rows.len() {
            let row = &self.rows[index];
            if row.fate == Fate::Ignored {
                continue;
            }
            let number = row.id;
            let name = Self::text(row, name_place).map(str::to_owned);
            let Some(code) = Self::text(row, code_place).map(str::to_owned) else {
                if others == Others::Quarantine {
                    self.suggest(number, practices.likely(None, name.as_deref()));
                }
                continue;
            };
            match (practices.look_up(&code), others) {
                (Lookup::InScope, Others::Quarantine) => {
                    let other =
                        name.and_then(|name| practices.disagrees(&code, &name).map(|other| (name, other)));
                    if let Some((name, other)) = other {
                        let message = format!("\"{}\" is not the name of {code}: {other}", shortened(&name));
                        let help =
                            "check the code: the row counts for the code, never for the name".to_owned();
                        self.problem(Code::NameDisagrees, Effect::Noted, number, "practice", message, help);
                    }
                }
                (Lookup::InScope | Lookup::OutOfScope(_), Others::Ignore) => {}
                (Lookup::Unknown, _) => {
                    if self.unknown(index, others, &code, name.as_deref(), practices) {
                        unknown.insert(number);
                    }
                }
                (_, Others::Ignore) => {
                    self.rows[index].fate = Fate::Ignored;
                    passed.insert(number);
                }
                (Lookup::OutOfScope(why), Others::Quarantine) => {
                    let message =
                        format!("{code} is {why}: the row is kept and shown, and no level depends on it");
                    let help = "nothing to do, if the code is right".to_owned();
                    self.problem(Code::OutsideScope, Effect::Noted, number, "practice", message, help);
                }
                (Lookup::Succeeded { to, via }, Others::Quarantine) if self.layout.carry => {
                    let way = if via.is_empty() {
                        String::new()
                    } else {
                        format!(" (by way of {})", wording::list(&via))
                    };
                    let message = format!("{code} has closed; the row counts for its successor {to}{way}");
                    let help = format!("write {to} in future");
                    self.problem(Code::CarriedToSuccessor, Effect::Noted, number, "practice", message, help);
                    if let Some(place) = code_place {
                        self.rows[index].values[place] = Value::Text(to);
                    }
                    self.carried.insert(number, code);
                }
                (Lookup::Succeeded { to, .. }, Others::Quarantine) => {
                    let message = format!(
                        "{code} has closed; rows of this sheet are not carried to its successor {to}"
                    );
                    let help = format!("if the row is about {to}, write that code");
                    self.quarantine(index, Code::ClosedPractice, message, Some(help));
                }
                (Lookup::Closed(why), _) => {
                    let message = format!("{code} {why}");
                    self.quarantine(
                        index,
                        Code::ClosedPractice,
                        message,
                        practices.likely(None, name.as_deref()).map(meant),
                    );
                }
                (Lookup::Other(whose), _) => {
                    let help = practices.likely(Some(&code), name.as_deref()).map(meant);
                    self.quarantine(
                        index,
                        Code::OtherOrganisation,
                        format!("{code} is a practice of {whose}"),
                        help,
                    );
                }
                (Lookup::NotAPractice(what), _) => {
                    let help = practices.likely(Some(&code), name.as_deref()).map(meant);
                    self.quarantine(index, Code::NotAPractice, format!("{code} is {what}"), help);
                }
            }
        }
        self.pass_over(&passed, &unknown, code_place, practices);
    }

    /// In a file whose rows are not held against the register, such as the register itself: sets aside what is
    /// a slip in the code of a practice of ours, which would drop out in silence.
    pub(super) fn slips(&mut self, practices: &dyn Practices) {
        let place = self.place("practice");
        for index in 0..self.rows.len() {
            let row = &self.rows[index];
            if row.fate == Fate::Ignored {
                continue;
            }
            let Some(code) = Self::text(row, place) else { continue };
            let written = self.reading.written.get(&row.id).map_or(code, String::as_str);
            if let Some(slip) = practices.unlisted_slip(code, written) {
                let written = written.to_owned();
                self.quarantine_slip(index, &written, slip);
            }
        }
    }

    fn quarantine_slip(&mut self, index: usize, written: &str, (code, practice): (String, String)) {
        let odd = code::odd(&code::seen(written), Some(&code)).map(|odd| format!(": {odd}"));
        let shown = shortened(&code::seen(written));
        let message = format!("\"{shown}\" is not a code of the register{}", odd.unwrap_or_default());
        let help = format!("did you mean {practice}? Write its code, and nothing else");
        self.quarantine(index, Code::UnknownPractice, message, Some(help));
    }

    /// A code that no register knows. Several codes in one cell, and what is within a slip of one of ours, is
    /// told at its cell; whether the row is passed over instead, as one of a national file that is about
    /// nobody we know.
    fn unknown(
        &mut self,
        index: usize,
        others: Others,
        code: &str,
        name: Option<&str>,
        practices: &dyn Practices,
    ) -> bool {
        let written = self.reading.written.get(&self.rows[index].id).map_or(code, String::as_str);
        let shown = shortened(&code::seen(written));
        let known = Self::codes_in(written, practices);
        let ours = known.iter().find(|(_, ours)| *ours).map(|(code, _)| code);
        if let (Some(ours), true) = (ours, known.len() > 1) {
            let message = format!(
                "the cell names several organisations ({shown}), and {ours} is one of ours: a row counts for one practice"
            );
            let help = format!("write a row for each code; that of {ours} is the one that counts");
            self.quarantine(index, Code::UnknownPractice, message, Some(help));
            return false;
        }
        let slip = practices.slip_of(written, name);
        if slip.is_none() && others == Others::Ignore {
            self.rows[index].fate = Fate::Ignored;
            return true;
        }
        if let Some(slip) = slip {
            let written = written.to_owned();
            self.quarantine_slip(index, &written, slip);
            return false;
        }
        let odd = code::odd(&code::seen(written), None).map(|odd| format!(": {odd}")).unwrap_or_default();
        let message = format!("\"{shown}\" is not a code of the register{odd}");
        self.quarantine(index, Code::UnknownPractice, message, practices.likely(Some(code), name).map(meant));
        false
    }

    /// The codes of a text that stand in the register, and whether each is a practice of ours.
    fn codes_in(written: &str, practices: &dyn Practices) -> Vec<(String, bool)> {
        let words = written.split(|c: char| !c.is_alphanumeric() && !code::shows_nothing(c));
        let mut known: Vec<(String, bool)> = Vec::new();
        for word in words.map(code::code).filter(|word| !word.is_empty()) {
            let ours = match practices.look_up(&word) {
                Lookup::Unknown => continue,
                Lookup::InScope | Lookup::Succeeded { .. } => true,
                _ => false,
            };
            if !known.iter().any(|(known, _)| *known == word) {
                known.push((word, ours));
            }
        }
        known
    }

    /// Passes over rows about other practices and rows with codes that no register knows, each kind in one line.
    fn pass_over(
        &mut self,
        others: &BTreeSet<u32>,
        unknown: &BTreeSet<u32>,
        code_place: Option<usize>,
        practices: &dyn Practices,
    ) {
        // A row about somebody else that stands twice is nobody's to correct either.
        let of_ours = |row: &Row| {
            let code = Self::text(row, code_place);
            code.is_none_or(|code| {
                !matches!(
                    practices.look_up(code),
                    Lookup::Other(_) | Lookup::NotAPractice(_) | Lookup::Unknown
                )
            })
        };
        let repeated: BTreeSet<u32> = match self.layout.others {
            Some(Others::Ignore) => {
                let told = self.problems.iter().filter(|p| p.code == Code::RepeatedRow.id());
                let told: BTreeSet<u32> = told.filter_map(|p| p.row).collect();
                let rows = self.rows.iter().filter(|row| told.contains(&row.id) && !of_ours(row));
                rows.map(|row| row.id).collect()
            }
            _ => BTreeSet::new(),
        };
        let silent = |row: u32| others.contains(&row) || unknown.contains(&row) || repeated.contains(&row);
        self.problems.retain(|p| p.row.is_none_or(|row| !silent(row)));
        let count = |rows: &BTreeSet<u32>, one: &str, many: &str| {
            (!rows.is_empty()).then(|| wording::plural(rows.len(), one, many))
        };
        let cells: Vec<String> = unknown
            .iter()
            .filter_map(|id| self.rows.binary_search_by_key(id, |r| r.id).ok())
            .filter_map(|index| self.reading.cell(&self.rows[index], "practice"))
            .collect();
        let cells = (!cells.is_empty()).then(|| wording::listed(&cells));
        let told = [
            (
                Code::PassedOver,
                None,
                count(others, "row about other practices", "rows about other practices"),
                "nothing to do",
            ),
            (
                Code::PassedOver,
                None,
                count(
                    &repeated,
                    "row about other practices that is the same as one before it",
                    "rows about other practices that are the same as one before them",
                ),
                "nothing to do",
            ),
            (
                Code::UnknownPractice,
                cells,
                count(
                    unknown,
                    "row with a code that no register knows",
                    "rows with codes that no register knows",
                ),
                "nothing to do, if none of them is about a practice of ours",
            ),
        ];
        for (code, cell, message, help) in told {
            let Some(message) = message else { continue };
            self.problems.push(Problem {
                code: code.id().to_owned(),
                effect: Effect::Ignored,
                sheet: self.reading.sheet.clone(),
                cell,
                row: None,
                column: None,
                found: None,
                message,
                help: help.to_owned(),
            });
        }
    }

    /// A row without a code is told which practice it is probably about; it is never matched by name.
    fn suggest(&mut self, row: u32, likely: Option<String>) {
        let Some(likely) = likely else { return };
        let missing = |p: &&mut Problem| p.row == Some(row) && p.code == Code::MissingCell.id();
        if let Some(problem) = self.problems.iter_mut().find(missing) {
            problem.help = meant(likely);
        }
    }

    fn quarantine(&mut self, index: usize, code: Code, message: String, help: Option<String>) {
        let number = self.rows[index].id;
        self.rows[index].fate = Fate::Quarantined;
        let help =
            help.unwrap_or_else(|| "write the code of the practice that the row is about now".to_owned());
        self.problem(code, Effect::Quarantined, number, "practice", message, help);
    }
}

fn meant(practice: String) -> String {
    format!("did you mean {practice}? Write its code: names never match on their own")
}
