//! Movements between levels since the last pack, each with its cause.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::dates::long;
use crate::levels::{Cause, Direction, Ruling};
use crate::packs::{Badge, Material, Reader, Standing};

/// Movements between levels.
#[derive(Debug, Clone, Serialize)]
pub struct Movements {
    /// The date of the last pack, if there was one.
    pub since: Option<String>,
    /// Movements by direction and cause.
    pub causes: Vec<CauseRow>,
    /// Every movement; empty in a public pack.
    pub rows: Vec<MovementRow>,
    /// Practices of the last pack that are no longer in scope; empty in a public pack.
    pub gone: Vec<String>,
}

/// How many movements have a cause.
#[derive(Debug, Clone, Serialize)]
pub struct CauseRow {
    /// The cause in words.
    pub cause: String,
    /// To a higher level, to a lower one, other.
    pub counts: Vec<String>,
}

/// One movement.
#[derive(Debug, Clone, Serialize)]
pub struct MovementRow {
    /// The practice's code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The level in the last pack.
    pub from: Badge,
    /// The level now.
    pub to: Badge,
    /// The direction in a word.
    pub direction: String,
    /// The cause in words.
    pub cause: String,
    /// What sets the level now.
    pub why: String,
}

/// How many practices moved which way since the last pack: what summary, table, mail and gate count by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// To a higher level of support.
    pub up: usize,
    /// To a lower one.
    pub down: usize,
    /// Neither: not assessed before or now, or new.
    pub neither: usize,
}

impl Tally {
    /// The movements since the last pack.
    pub fn of(standings: &[Standing]) -> Self {
        let mut out = Self::default();
        for standing in standings.iter().filter(|s| s.cause.is_some()) {
            match standing.direction() {
                Direction::Up => out.up += 1,
                Direction::Down => out.down += 1,
                Direction::Neither => out.neither += 1,
            }
        }
        out
    }

    /// All of them.
    pub fn all(self) -> usize {
        self.up + self.down + self.neither
    }
}

pub(super) fn movements(material: &Material<'_>, reader: Reader) -> Movements {
    let moved: Vec<&Standing> = material.standings.iter().filter(|s| s.cause.is_some()).collect();
    Movements {
        since: material.last.as_ref().map(|last| long(last.as_of)),
        causes: causes(&moved, reader),
        rows: if reader.named() { moved.iter().map(|s| row(material, s)).collect() } else { Vec::new() },
        gone: if reader.named() { gone(material) } else { Vec::new() },
    }
}

fn causes(moved: &[&Standing], reader: Reader) -> Vec<CauseRow> {
    let mut counts: BTreeMap<Cause, Vec<usize>> = BTreeMap::new();
    for standing in moved {
        let Some(cause) = standing.cause else { continue };
        let row = counts.entry(cause).or_insert_with(|| vec![0; Direction::ALL.len()]);
        if let Some(i) = Direction::ALL.iter().position(|d| *d == standing.direction()) {
            row[i] += 1;
        }
    }
    let rows: Vec<Vec<usize>> = counts.values().cloned().collect();
    let shown: Vec<Vec<String>> = if reader.named() {
        rows.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect()
    } else {
        let shown = crate::packs::suppress::table(&rows);
        let cells =
            |row: Vec<Option<usize>>| row.into_iter().take(3).map(crate::packs::suppress::words).collect();
        shown.into_iter().take(rows.len()).map(cells).collect()
    };
    counts
        .into_keys()
        .zip(shown)
        .map(|(cause, counts)| CauseRow { cause: in_words(cause).to_owned(), counts })
        .collect()
}

/// The cause of a movement for people.
pub(in crate::packs) fn in_words(cause: Cause) -> &'static str {
    match cause {
        Cause::Data => "New data",
        Cause::LateFile => "A file that came late or was corrected",
        Cause::Rule => "A changed rule",
        Cause::Decision => "A decision, or its end",
        Cause::New => "A practice new to the framework",
    }
}

fn row(material: &Material<'_>, standing: &Standing) -> MovementRow {
    let previous = standing.previous.as_ref();
    let direction = match (previous, standing.direction()) {
        (None, _) => "new",
        (_, Direction::Up) => "up",
        (_, Direction::Down) => "down",
        (_, Direction::Neither) if standing.outcome.level.is_none() => "no longer assessed",
        (_, Direction::Neither) => "assessed again",
    };
    MovementRow {
        code: standing.code().to_owned(),
        name: material.name(standing.code()),
        from: material.past_badge(previous.and_then(|p| p.level)),
        to: Badge::of(&material.pipeline.levels, standing.outcome.level),
        direction: direction.to_owned(),
        cause: standing.cause.map(in_words).unwrap_or_default().to_owned(),
        why: why(standing),
    }
}

/// What sets the level that stands, in a sentence or two.
pub(in crate::packs) fn why(standing: &Standing) -> String {
    let outcome = &standing.outcome;
    if let Some((decision, Ruling::Sets)) = &outcome.decision {
        return format!("Decided by {}: {}", decision.decided_by, decision.reason);
    }
    let of_level: Vec<String> = outcome
        .findings
        .iter()
        .filter(|f| Some(f.level) == outcome.level)
        .map(|f| f.sentence.clone())
        .collect();
    match of_level.as_slice() {
        [] => "No finding stands and there is no current dashboard score.".to_owned(),
        sentences => sentences.join(" "),
    }
}

fn gone(material: &Material<'_>) -> Vec<String> {
    let last = material.last.iter().flat_map(|last| last.standings);
    let gone = last.filter(|then| material.of(then.code()).is_none());
    gone.map(|then| {
        let name = crate::packs::title_case(&then.outcome.practice.name);
        let level = then.outcome.level.map_or_else(|| "not assessed".to_owned(), |l| format!("level {l}"));
        format!("{name} ({}), {level} in the last pack", then.code())
    })
    .collect()
}
