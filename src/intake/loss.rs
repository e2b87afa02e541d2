//! What a file would take away: the rows, practices, networks or successors that the one before it had.
//!
//! A file that takes away more than its layout allows is held. How many are gone of how many decides, and
//! whether anything of what was there is left.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::release::Release;
use super::rows::{Fate, Reading, table, truths};
use super::settle::{Practices, settled_rows};
use crate::pipeline::{Feed, Loss, LossOf, fold};
use crate::wording::plural;

/// What a file would take away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// What is counted.
    pub what: What,
    /// How many there were.
    pub of: usize,
    /// How many would be gone.
    pub gone: usize,
    /// Whether nothing is left of what was there.
    pub all: bool,
    /// What would be gone, each as people know it.
    pub names: Vec<String>,
    /// The receipt of the file that goes on counting; none if there is none.
    pub against: Option<String>,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Practices in scope.
    Practices,
    /// Practices in scope that are in a network.
    Networks,
    /// Closed practices with a successor.
    Successors,
    /// Rows that are open.
    Rows,
    /// A sheet without any row.
    Empty,
    /// A sheet that has no row in common with the one before.
    Strange,
    /// Practices in scope that a fetched file covers.
    Coverage,
    /// Something that this version does not know.
    #[serde(other)]
    Other,
}

/// How many names are said in one sentence.
const SAID: usize = 10;

impl Lost {
    /// What is gone of what was there, if it is more than a layout allows.
    pub fn beyond(rule: &Loss, what: What, gone: Vec<String>, of: usize) -> Option<Self> {
        let exceeded = rule.is_exceeded(gone.len(), of);
        exceeded.then_some(Self {
            what,
            of,
            gone: gone.len(),
            all: gone.len() == of,
            names: gone,
            against: None,
        })
    }

    /// As it was kept; nothing is known of what another version kept.
    pub fn kept(detail: &str) -> Self {
        let unknown =
            || Self { what: What::Other, of: 0, gone: 0, all: false, names: Vec::new(), against: None };
        serde_json::from_str(detail).unwrap_or_else(|_| unknown())
    }

    /// As it is kept.
    pub fn detail(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What it would take away, as the end of a sentence.
    pub fn words(&self) -> String {
        let Self { what, of, gone, .. } = self;
        let rows = |count: usize| plural(count, "row", "rows");
        let said = match what {
            What::Practices if self.all => "none of our practices is in it".to_owned(),
            What::Practices => {
                format!("{gone} of {} in scope would be gone", plural(*of, "practice", "practices"))
            }
            What::Networks => {
                format!("{gone} of {} in scope would be in no network", plural(*of, "practice", "practices"))
            }
            What::Successors => {
                format!("{} would have no successor", plural(*gone, "closed practice", "closed practices"))
            }
            What::Rows => {
                format!("{gone} of {} would be gone", plural(*of, "open row", "open rows"))
            }
            What::Empty => format!("it has no row that counts, and the file before has {}", rows(*of)),
            What::Strange => {
                format!("none of its rows is in the file before, which has {}", rows(*of))
            }
            What::Coverage => format!(
                "{gone} of {} are not in it",
                plural(*of, "practice that should be", "practices that should be")
            ),
            What::Other => "it would take away what counts now".to_owned(),
        };
        let named: Vec<&str> = self.names.iter().take(SAID).map(String::as_str).collect();
        let more = self.names.len().saturating_sub(named.len());
        match (named.as_slice(), more) {
            ([], _) => said,
            (named, 0) => format!("{said}: {}", named.join("; ")),
            (named, more) => format!("{said}: {}; and {more} more", named.join("; ")),
        }
    }
}

/// A row as it is known in several files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// How people know it.
    pub shown: String,
    /// Whether it is among those that are counted.
    pub open: bool,
}

/// The rows of a file that count, by what they are known by.
pub fn known_rows(
    (reading, releases): (&Reading, &[Release]),
    feed: &Feed,
    practices: &dyn Practices,
    as_of: NaiveDate,
) -> BTreeMap<String, Known> {
    let Some(layout) = feed.layouts.get(reading.layout) else { return BTreeMap::new() };
    let mut rows = settled_rows(reading, feed, practices, releases);
    rows.retain(|row| row.fate == Fate::Standing);
    let open = layout.loss.open.as_ref().map(|open| {
        let table = table(&rows, |_| true, feed, layout, as_of);
        truths(&table, open, as_of)
    });
    let places: Vec<usize> = layout
        .loss
        .known_by
        .iter()
        .filter_map(|name| layout.columns.iter().position(|column| column.name == *name))
        .collect();
    let mut out = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let values: Vec<String> = match places.as_slice() {
            [] => row.values.iter().map(super::rows::Value::shown).collect(),
            places => {
                places.iter().filter_map(|p| row.values.get(*p)).map(super::rows::Value::shown).collect()
            }
        };
        let key = values.iter().map(|v| fold(v)).collect::<Vec<_>>().join("\u{1f}");
        let shown = match places.as_slice() {
            [] => format!("row {}", row.number()),
            _ => values.join(", "),
        };
        let open = open.as_ref().is_none_or(|open| open.get(index) == Some(&Some(true)));
        let known = out.entry(key).or_insert(Known { shown, open });
        known.open |= open;
    }
    out
}

/// What a sheet would take away of the one before it.
pub fn of_sheet(
    rule: &Loss,
    before: &BTreeMap<String, Known>,
    after: &BTreeMap<String, Known>,
) -> Option<Lost> {
    if before.is_empty() || !matches!(rule.of, LossOf::Rows | LossOf::Sheet) {
        return None;
    }
    let gone = |row: &(&String, &Known)| !after.contains_key(row.0);
    let named =
        |rows: Vec<(&String, &Known)>| rows.into_iter().map(|(_, known)| known.shown.clone()).collect();
    let whole = |what| Lost {
        what,
        of: before.len(),
        gone: before.len(),
        all: true,
        names: named(before.iter().collect()),
        against: None,
    };
    if after.is_empty() {
        return Some(whole(What::Empty));
    }
    if rule.of == LossOf::Sheet {
        return None;
    }
    if before.keys().all(|key| !after.contains_key(key)) {
        return Some(whole(What::Strange));
    }
    let open = before.values().filter(|known| known.open).count();
    let lost: Vec<(&String, &Known)> = before.iter().filter(|(_, known)| known.open).filter(gone).collect();
    Lost::beyond(rule, What::Rows, named(lost), open)
}

/// What of a set another lacks, if it is more than a layout allows; `name` says how people know each.
pub fn of_set(
    rule: &Loss,
    what: What,
    before: &BTreeSet<String>,
    after: &BTreeSet<String>,
    name: impl Fn(&str) -> String,
) -> Option<Lost> {
    let gone: Vec<String> = before.difference(after).map(|code| name(code)).collect();
    Lost::beyond(rule, what, gone, before.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(of: LossOf, share: f64) -> Loss {
        Loss { of, share, least: 3, open: None, known_by: Vec::new() }
    }

    /// Rows by their letters: capitals are open.
    fn sheet(rows: &str) -> BTreeMap<String, Known> {
        let row =
            |c: char| (c.to_lowercase().to_string(), Known { shown: c.to_string(), open: c.is_uppercase() });
        rows.chars().map(row).collect()
    }

    fn lost(before: &str, after: &str) -> Option<(What, usize, usize)> {
        of_sheet(&rule(LossOf::Rows, 50.0), &sheet(before), &sheet(after)).map(|l| (l.what, l.gone, l.of))
    }

    #[test]
    fn a_sheet_is_held_when_it_is_empty_or_strange_or_lacks_more_than_half_of_the_open_rows() {
        assert_eq!(lost("ABC", ""), Some((What::Empty, 3, 3)));
        assert_eq!(lost("a", ""), Some((What::Empty, 1, 1)), "also where nothing was open");
        assert_eq!(lost("", ""), None);
        assert_eq!(lost("", "A"), None, "the first sheet");
        assert_eq!(lost("A", "B"), Some((What::Strange, 1, 1)), "none in common, however few");
        assert_eq!(lost("Ab", "bC"), None, "one closed row in common, one open row gone");
        assert_eq!(lost("ABCDEF", "ABC"), None, "exactly half");
        assert_eq!(lost("ABCDEFG", "ABC"), Some((What::Rows, 4, 7)), "more than half");
        assert_eq!(lost("ABC", "A"), None, "two are fewer than three");
        assert_eq!(lost("ABCD", "A"), Some((What::Rows, 3, 4)), "exactly three");
        assert_eq!(lost("ABCdefgh", "A"), None, "closed rows are not counted");
        assert_eq!(lost("ABCDef", "Aabcd"), None, "a row that was closed is not gone");
    }

    #[test]
    fn a_narrative_is_held_only_when_it_is_empty() {
        let narrative = rule(LossOf::Sheet, 0.0);
        assert!(of_sheet(&narrative, &sheet("ABCDEF"), &sheet("G")).is_none());
        assert!(of_sheet(&narrative, &sheet("A"), &sheet("")).is_some());
        assert!(of_sheet(&narrative, &sheet(""), &sheet("")).is_none());
        assert!(of_sheet(&rule(LossOf::Nothing, 0.0), &sheet("ABC"), &sheet("")).is_none(), "releases never");
    }

    #[test]
    fn of_practices_more_than_a_share_and_at_least_three_must_be_gone() {
        let codes = |range: std::ops::Range<u32>| range.map(|n| format!("X{n:05}")).collect::<BTreeSet<_>>();
        let rule = rule(LossOf::Practices, 5.0);
        let lost = |of: u32, gone: u32| {
            let (before, after) = (codes(0..of), codes(gone..of));
            of_set(&rule, What::Practices, &before, &after, str::to_owned).map(|l| (l.gone, l.of))
        };
        assert_eq!(lost(200, 10), None, "exactly 5 %");
        assert_eq!(lost(200, 11), Some((11, 200)));
        assert_eq!(lost(60, 3), None, "exactly three and exactly 5 %");
        assert_eq!(lost(59, 3), Some((3, 59)));
        assert_eq!(lost(10, 2), None, "fewer than three");
        assert_eq!(lost(10, 10), Some((10, 10)));
        let successors = Loss { share: 0.0, ..rule.clone() };
        let (before, after) = (codes(0..90), codes(3..90));
        assert!(of_set(&successors, What::Successors, &before, &after, str::to_owned).is_some());
        assert!(of_set(&successors, What::Successors, &before, &codes(2..90), str::to_owned).is_none());
    }

    #[test]
    fn what_is_lost_is_said_with_its_names() {
        let found = of_sheet(&rule(LossOf::Rows, 50.0), &sheet("ABCD"), &sheet("A")).unwrap();
        assert_eq!(found.words(), "3 of 4 open rows would be gone: B; C; D");
        assert_eq!(Lost::kept(&found.detail()), found);
        let many: Vec<String> = (0..13).map(|n| format!("X{n}")).collect();
        let found = Lost::beyond(&rule(LossOf::Practices, 5.0), What::Practices, many, 196).unwrap();
        assert!(found.words().starts_with("13 of 196 practices in scope would be gone: X0; X1; "));
        assert!(found.words().ends_with("; X9; and 3 more"), "{}", found.words());
    }
}
