//! Slips in codes: of received files, and of the register itself.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, Register, Status};
use crate::intake::code::{parts, skeleton};
use crate::intake::names::normal;
use crate::triangulate::{Cells, Taken};

impl Register {
    /// Takes out of the register what is a slip in the code of a practice of the board: of one that stood in
    /// the register before, or has a list of patients, and that this register lacks.
    pub(super) fn leave_slips_out(
        &mut self,
        before: &BTreeMap<String, Entry>,
        patients: &BTreeMap<String, f64>,
        right: &BTreeSet<String>,
    ) {
        let is_ours = |entry: &Entry| entry.is_practice && self.scope.place_of(&entry.commissioner).is_some();
        let ours = |entries: &BTreeMap<String, Entry>| -> BTreeMap<String, String> {
            let open = entries.iter().filter(|(_, entry)| entry.status == Status::Active && is_ours(entry));
            open.map(|(code, entry)| (code.clone(), entry.name.clone())).collect()
        };
        let now = ours(&self.entries);
        // Other boards' practices have lists too: only one that looks like a code of ours is looked at.
        let mut lacking = ours(before);
        for code in patients.keys() {
            lacking.entry(code.clone()).or_default();
        }
        lacking.retain(|code, _| !self.entries.contains_key(code));
        let mut alike: BTreeMap<String, Vec<&String>> = BTreeMap::new();
        for code in lacking.keys() {
            alike.entry(skeleton(code)).or_default().push(code);
        }
        let mut slips = BTreeMap::new();
        for (code, name) in &now {
            if right.contains(code) || patients.contains_key(code) {
                continue;
            }
            // Of two that look alike the plainer one is right: the slip may be in the list instead.
            let plainer = |known: &&&String| oddness(known) < oddness(code);
            let near = |(known, was): &(&String, &String)| {
                !before.contains_key(code)
                    && !was.is_empty()
                    && normal(was) == normal(name)
                    && is_one_slip(known, code)
            };
            let alike = alike.get(&skeleton(code)).into_iter().flatten().find(plainer);
            let meant = match alike {
                Some(meant) => Some((*meant).clone()),
                None => lacking.iter().find(near).map(|(known, _)| known.clone()),
            };
            if let Some(meant) = meant {
                slips.insert(code.clone(), meant);
            }
        }
        self.ours = now;
        for (code, meant) in &slips {
            self.entries.remove(code);
            let name = self.ours.remove(code).unwrap_or_default();
            self.ours.insert(meant.clone(), name);
        }
        let lost = ours(before).into_iter().filter(|(code, _)| !self.entries.contains_key(code));
        self.ours.extend(lost);
        self.slips = slips;
        for code in self.ours.keys() {
            self.skeletons.entry(skeleton(code)).or_default().push(code.clone());
        }
    }

    /// The codes in a file of organisations that are taken for a slip and stand in a row that counts.
    pub fn slips_in(&self, taken: &Taken) -> Vec<String> {
        let cells = Cells::new(Some(&taken.rows));
        let codes = (0..cells.height()).filter_map(|row| cells.text("practice", row));
        codes.filter(|code| self.slips.contains_key(code)).collect()
    }

    /// The board's practices whose codes look like a text or a word of it.
    pub(super) fn alike(&self, written: &str) -> BTreeSet<&String> {
        parts(written).iter().filter_map(|part| self.skeletons.get(part)).flatten().collect()
    }

    /// The only practice of the board whose code is one slip of the hand away.
    pub(super) fn one_slip_away(&self, code: &str) -> Option<String> {
        let mut near = self.ours.keys().filter(|known| is_one_slip(known, code));
        let only = near.next()?;
        near.next().is_none().then(|| only.clone())
    }
}

/// Whether two codes differ by one slip of the hand: a character changed, missing or too many, or two
/// neighbours exchanged. Said without a table, as a sheet with wrong codes asks it a million times.
fn is_one_slip(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    while let ([x, rest_a @ ..], [y, rest_b @ ..]) = (a, b)
        && x == y
    {
        (a, b) = (rest_a, rest_b);
    }
    while let ([rest_a @ .., x], [rest_b @ .., y]) = (a, b)
        && x == y
    {
        (a, b) = (rest_a, rest_b);
    }
    match (a, b) {
        ([_], [_] | []) | ([], [_]) => true,
        ([p, q], [r, s]) => p == s && q == r,
        _ => false,
    }
}

/// By how many characters a code differs from what it looks like.
fn oddness(code: &str) -> usize {
    strsim::levenshtein(code, &skeleton(code))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{changed, register};
    use super::*;
    use crate::intake::{Lookup, Practices};

    #[test]
    fn one_slip_is_what_the_edit_distance_calls_one() {
        let codes =
            ["A81001", "A81010", "A8101", "A810011", "8A1001", "B81001", "A18010", "", "A", "AB", "BA"];
        for a in codes {
            for b in codes {
                assert_eq!(is_one_slip(a, b), strsim::damerau_levenshtein(a, b) == 1, "{a} and {b}");
            }
        }
    }

    #[test]
    fn what_is_within_a_slip_of_a_code_is_told_from_what_nobody_knows() {
        let register = register(&[]);
        let slip = |text: &str, name: Option<&str>| register.slip_of(text, name).map(|(code, _)| code);
        for text in [
            "X9OO02",
            "X90002.",
            "=\"X90002\"",
            "X90002 - Mill Surgery",
            "Mill Surgery (X90002)",
            "\u{425}90002",
            "X9-0002",
        ] {
            assert_eq!(slip(text, None).as_deref(), Some("X90002"), "{text:?}");
        }
        assert_eq!(slip("XX90002", Some("Mill Surgery")).as_deref(), Some("X90002"));
        assert_eq!(slip("XX90002", Some("Quay Lane Health Partnership")), None, "the name speaks against it");
        assert_eq!(slip("X9000", None), None, "several codes are one slip away");
        assert_eq!(slip("X90002 and X90003", None), None, "two codes");
        assert_eq!(slip("98765432", None), None);
    }

    #[test]
    fn a_practice_without_a_list_is_looked_for_too() {
        let register = register(&[]);
        assert_eq!(register.slip_of("X9O004", None).map(|(code, _)| code).as_deref(), Some("X90004"));
        assert_eq!(register.slip_of("X8OOO1", None), None, "another board's");
    }

    #[test]
    fn a_slip_in_the_register_itself_is_no_practice() {
        let slip = |code: &'static str, name: &'static str| {
            changed(&[], |rows| {
                let mut rows = rows.to_vec();
                (rows[2].0, rows[2].1) = (code, name);
                rows
            })
        };
        let meant = Some(("X90003".to_owned(), "X90003 \"Hill Surgery\"".to_owned()));
        for code in ["X9O003", "X90003.", "X90093"] {
            let register = slip(code, "Hill Surgery");
            assert_eq!(register.unlisted_slip(code, code), meant, "{code}");
            assert_eq!(register.look_up(code), Lookup::Unknown, "{code}");
            assert!(!register.in_scope().contains_key(code), "{code}");
            assert_eq!(
                register.slip_of("X9OO03", None),
                meant,
                "{code}: other files are asked about it still"
            );
        }
        assert_eq!(slip("X90003", "Hill Surgery").look_up("X90003"), Lookup::InScope);
        let other = slip("X90093", "New Meadow Surgery");
        assert_eq!(other.unlisted_slip("X90093", "X90093"), None, "another practice");
        assert_eq!(register(&[]).unlisted_slip("X90003", "X90003"), None);
    }
}
