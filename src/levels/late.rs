//! Rows that came after a pack and tell of what had happened by its day.
//!
//! A row is *late* if it was in no file that counted when the pack was made, not even set aside, its own
//! date lies on or before the pack's, and by itself it changes the level that the pack reported. One that was
//! set aside then, or restates what was known, is told too, and is no late row. What a team edits in its
//! sheet, or takes out of it, says nothing of the past.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use chrono::NaiveDate;
use polars::prelude::{BooleanChunked, DataFrame, IntoLazy, NewChunkedArray};

use super::outcome::{Outcome, propose};
use crate::pipeline::{Counts, Fact, MarkKind, Pipeline, RECEIVED, fold};
use crate::triangulate::{Cells, Register, Taken, Triangulated, rows_of};

/// What was known when a pack was made.
pub struct Then<'t> {
    /// The day of the pack.
    pub as_of: NaiveDate,
    /// The rows that counted.
    pub taken: &'t [Taken],
    /// The rows of the files that those had replaced.
    pub earlier: &'t [Taken],
    /// The rows of the same files that were set aside.
    pub aside: &'t [Taken],
    /// The register.
    pub register: &'t Register,
    /// What stood, by practice.
    pub outcomes: &'t [Outcome],
}

impl Then<'_> {
    /// What would have stood had a file come by then: it takes the place of those of its feed where the newest
    /// counts, and these tell since when its rows are what they are.
    fn with_file(&self, mut file: Taken, pipeline: &Pipeline) -> anyhow::Result<Vec<Outcome>> {
        let newest = pipeline.feed(&file.source.feed).is_some_and(|feed| feed.counts == Counts::Newest);
        let (replaced, mut taken): (Vec<Taken>, Vec<Taken>) =
            self.taken.iter().cloned().partition(|t| newest && t.source.feed == file.source.feed);
        let earlier: Vec<Taken> = self.earlier.iter().cloned().chain(replaced).collect();
        file.source.received = file.source.received.min(self.as_of);
        taken.push(file);
        propose(&Triangulated::new(&taken, &earlier, self.register, pipeline, self.as_of)?, pipeline)
    }
}

/// How a row that came later stands to what was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lateness {
    /// No file that counted had it.
    New,
    /// It was set aside.
    Aside,
    /// It says something else of the same practice and date, where every file counts.
    Restated,
}

/// A row that came after a pack and would have changed a level in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateRow {
    /// The practice.
    pub practice: String,
    /// The file that it came in.
    pub arrival: u32,
    /// Its row, as Excel counts it.
    pub row: Option<u32>,
    /// How it stands to what was known.
    pub lateness: Lateness,
    /// The level without it.
    pub without: Option<u8>,
    /// The level with it alone.
    pub with: Option<u8>,
    /// The level with its file as a whole, if that is another and would not be without the late rows of the file.
    pub whole: Option<Option<u8>>,
}

/// The rows of `now` that would have changed a level of the pack, each by itself.
///
/// # Errors
/// If Polars refuses an expression: the pipeline's checks make that a bug.
pub fn late_rows(then: &Then<'_>, now: &[Taken], pipeline: &Pipeline) -> anyhow::Result<Vec<LateRow>> {
    let mut waiting: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    for fact in facts(pipeline) {
        for candidate in candidates(fact, then, now)? {
            if seen.insert((candidate.table.clone(), candidate.key.clone())) {
                waiting.entry(candidate.practice.clone()).or_default().push(candidate);
            }
        }
    }
    let needed = tables(pipeline);
    let known: Vec<Taken> = then.taken.iter().filter(|t| needed.contains(&t.table)).cloned().collect();
    let (mut out, mut late): (Vec<LateRow>, BTreeMap<u32, Vec<usize>>) = (Vec::new(), BTreeMap::new());
    // Practices do not touch each other: one row of each is tried at a time.
    while !waiting.is_empty() {
        let round: Vec<Candidate> = waiting.values_mut().filter_map(Vec::pop).collect();
        waiting.retain(|_, rows| !rows.is_empty());
        let mut taken = known.clone();
        taken.extend(round.iter().map(|candidate| candidate.rows.clone()));
        let state = Triangulated::new(&taken, then.earlier, then.register, pipeline, then.as_of)?;
        let outcomes = propose(&state, pipeline)?;
        for candidate in round {
            let (Some(without), Some(with)) =
                (level(then.outcomes, &candidate.practice), level(&outcomes, &candidate.practice))
            else {
                continue;
            };
            if without != with {
                late.entry(candidate.rows.source.arrival).or_default().extend(&candidate.indices);
                out.push(LateRow {
                    practice: candidate.practice,
                    arrival: candidate.rows.source.arrival,
                    row: candidate.row,
                    lateness: candidate.lateness,
                    without,
                    with,
                    whole: None,
                });
            }
        }
    }
    for (arrival, indices) in late {
        let Some(file) = now.iter().find(|taken| taken.source.arrival == arrival) else { continue };
        let others: Vec<usize> = (0..file.rows.height()).filter(|index| !indices.contains(index)).collect();
        let whole = then.with_file(file.clone(), pipeline)?;
        let bare = then.with_file(only(file, &others)?, pipeline)?;
        for row in out.iter_mut().filter(|row| row.arrival == arrival) {
            let with = level(&whole, &row.practice).filter(|with| *with != row.without);
            row.whole = with.filter(|_| level(&bare, &row.practice) == Some(row.without));
        }
    }
    out.sort_by(|a, b| {
        (&a.practice, a.lateness, a.arrival, a.row).cmp(&(&b.practice, b.lateness, b.arrival, b.row))
    });
    Ok(out)
}

/// A row that came later and tells of the past.
struct Candidate {
    practice: String,
    table: String,
    key: String,
    row: Option<u32>,
    lateness: Lateness,
    /// The places of its rows in the file.
    indices: Vec<usize>,
    /// The row alone, as a file of its own.
    rows: Taken,
}

/// The facts that rules read and whose rows have a date and an identity of their own.
fn facts(pipeline: &Pipeline) -> impl Iterator<Item = &Fact> {
    let read: BTreeSet<&str> =
        pipeline.rules.iter().map(|rule| rule.from.as_str()).chain(of_criteria(pipeline)).collect();
    pipeline.facts.values().filter(move |fact| read.contains(fact.id.as_str()) && fact.happened.is_some())
}

/// The facts of criteria, on which rules can rest.
pub(super) fn of_criteria(pipeline: &Pipeline) -> impl Iterator<Item = &str> {
    let criteria = pipeline.marks.iter().filter(|mark| mark.kind == MarkKind::Criterion);
    criteria.flat_map(|mark| mark.parts.iter().map(|part| part.from.as_str()))
}

/// The tables on which levels can rest.
fn tables(pipeline: &Pipeline) -> BTreeSet<String> {
    let rules = pipeline.rules.iter().flat_map(|rule| {
        let series = match &rule.starts {
            crate::pipeline::Starts::Unbroken { fact, .. } => Some(fact.as_str()),
            _ => None,
        };
        std::iter::once(rule.from.as_str()).chain(series)
    });
    let read = rules
        .chain(of_criteria(pipeline))
        .chain(["decisions", "score"])
        .chain(pipeline.levels.assessed.iter().map(|a| a.from.as_str()));
    read.filter_map(|id| pipeline.facts.get(id)).flat_map(|fact| fact.from.iter().cloned()).collect()
}

fn level(outcomes: &[Outcome], practice: &str) -> Option<Option<u8>> {
    let index = outcomes.binary_search_by(|o| o.practice.code.as_str().cmp(practice)).ok()?;
    outcomes.get(index).map(|outcome| outcome.level)
}

fn candidates(fact: &Fact, then: &Then<'_>, now: &[Taken]) -> anyhow::Result<Vec<Candidate>> {
    let of_fact = |taken: &&Taken| fact.from.contains(&taken.table);
    let arrivals: BTreeSet<u32> = then.taken.iter().map(|t| t.source.arrival).collect();
    let new: Vec<&Taken> =
        now.iter().filter(of_fact).filter(|t| !arrivals.contains(&t.source.arrival)).collect();
    if new.is_empty() {
        return Ok(Vec::new());
    }
    // Of rows with one key the file received last counts.
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for taken in then.taken.iter().filter(of_fact) {
        let mut of_file: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, content) in keyed(fact, taken, then.as_of)?.into_iter().flatten() {
            of_file.entry(key).or_default().push(content);
        }
        known.extend(of_file);
    }
    let mut aside = BTreeSet::new();
    for taken in then.aside.iter().filter(of_fact) {
        aside.extend(keyed(fact, taken, then.as_of)?.into_iter().flatten().map(|(key, _)| key));
    }
    let mut out = Vec::new();
    for taken in new {
        let rows = dated(fact, taken, then.as_of)?;
        let cells = Cells::new(Some(&rows));
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, keyed) in keyed(fact, taken, then.as_of)?.into_iter().enumerate() {
            let happened = cells.date(HAPPENED, index).is_some_and(|date| date <= then.as_of);
            if let Some((key, _)) = keyed.filter(|_| happened) {
                groups.entry(key).or_default().push(index);
            }
        }
        let content = keyed_content(fact, taken, then.as_of)?;
        for (key, indices) in groups {
            let lateness = match known.get(&key) {
                None if aside.contains(&key) => Lateness::Aside,
                None => Lateness::New,
                Some(was) => {
                    let is: Vec<String> = indices.iter().filter_map(|i| content.get(*i).cloned()).collect();
                    if fact.restated_by.is_empty() || *was == is {
                        continue;
                    }
                    Lateness::Restated
                }
            };
            let Some(first) = indices.first().copied() else { continue };
            let Some(practice) = cells.text("practice", first) else { continue };
            out.push(Candidate {
                practice,
                table: taken.table.clone(),
                key,
                row: cells.sheet_row(first),
                lateness,
                rows: only(taken, &indices)?,
                indices,
            });
        }
    }
    Ok(out)
}

/// The column of a row's own date, while rows are looked through.
const HAPPENED: &str = "_happened";

fn dated(fact: &Fact, taken: &Taken, as_of: NaiveDate) -> anyhow::Result<DataFrame> {
    let rows = rows_of(fact, std::slice::from_ref(taken), as_of)?;
    match &fact.happened {
        Some(happened) => rows
            .lazy()
            .with_column(happened.expr(as_of).alias(HAPPENED))
            .collect()
            .with_context(|| format!("`happened` of the fact `{}` cannot be evaluated", fact.id)),
        None => Ok(rows),
    }
}

/// For each row what it is known by and all that it says; none where a part of its key is missing.
fn keyed(fact: &Fact, taken: &Taken, as_of: NaiveDate) -> anyhow::Result<Vec<Option<(String, String)>>> {
    let rows = rows_of(fact, std::slice::from_ref(taken), as_of)?;
    let cells = Cells::new(Some(&rows));
    let keys = (0..cells.height()).map(|row| key_of(fact, &cells, row));
    Ok(keys.zip(contents(fact, &rows)).map(|(key, content)| Some((key?, content))).collect())
}

fn keyed_content(fact: &Fact, taken: &Taken, as_of: NaiveDate) -> anyhow::Result<Vec<String>> {
    Ok(contents(fact, &rows_of(fact, std::slice::from_ref(taken), as_of)?))
}

/// What a row is known by from file to file.
pub(super) fn key_of(fact: &Fact, cells: &Cells<'_>, row: usize) -> Option<String> {
    if fact.known_by.is_empty() {
        return None;
    }
    let parts: Option<Vec<String>> =
        fact.known_by.iter().map(|name| Some(fold(&cells.shown(name, row)?))).collect();
    Some(parts?.join("\u{1f}"))
}

fn contents(fact: &Fact, rows: &DataFrame) -> Vec<String> {
    let cells = Cells::new(Some(rows));
    let derived: BTreeSet<&str> = fact.derive.iter().map(|(name, _)| name.as_str()).collect();
    let names: Vec<&str> =
        fact.columns.names().filter(|name| *name != RECEIVED && !derived.contains(name)).collect();
    (0..cells.height())
        .map(|row| {
            let values = names.iter().map(|name| cells.shown(name, row).unwrap_or_default());
            values.collect::<Vec<_>>().join("\u{1f}")
        })
        .collect()
}

/// Some rows of a file, as a file of their own.
fn only(taken: &Taken, indices: &[usize]) -> anyhow::Result<Taken> {
    let mask: Vec<bool> = (0..taken.rows.height()).map(|index| indices.contains(&index)).collect();
    let rows = taken.rows.filter(&BooleanChunked::from_slice("pick".into(), &mask));
    let rows = rows.context("rows of a file cannot be picked")?;
    Ok(Taken { source: taken.source.clone(), table: taken.table.clone(), rows })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_facts_behind_rules_say_when_a_row_happened_and_what_it_is_known_by() {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
        let pipeline = crate::pipeline::load(&crate::pipeline::Folder::read(&dir).unwrap()).pipeline.unwrap();
        for (id, known_by) in [
            ("concerns", vec!["feed", "reference"]),
            ("rating", vec!["practice", "published"]),
            ("score", vec!["practice", "extract_date"]),
            ("offer", vec!["practice", "date_offered"]),
        ] {
            let fact = &pipeline.facts[id];
            assert_eq!(fact.known_by, known_by, "{id}");
            assert!(fact.happened.is_some(), "{id} has a date of its own");
        }
        assert!(pipeline.facts["decisions"].happened.is_none(), "a decision is a cause of its own");
    }
}
