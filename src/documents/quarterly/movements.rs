//! Movements between levels since the last pack, each with its cause.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Serialize;

use super::keys;
use crate::dates::long;
use crate::documents::{Badge, Material, Reader, Standing};
use crate::levels::{Cause, Direction, Ruling};

/// Movements between levels.
#[derive(Debug, Clone, Serialize)]
pub struct Movements {
    /// The date of the last pack, if there was one.
    pub since: Option<String>,
    /// Movements by direction and cause; one row for all causes in a public pack that cannot show more.
    pub causes: Vec<CauseRow>,
    /// Whether there was no movement at all.
    pub none: bool,
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
    /// What the last pack rested on and has ended, with row and file.
    pub ended: Vec<String>,
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

pub(super) fn movements(material: &Material<'_>, reader: Reader<'_>) -> Movements {
    let moved: Vec<&Standing> = material.standings.iter().filter(|s| s.cause.is_some()).collect();
    Movements {
        since: material.last.as_ref().map(|last| long(last.as_of)),
        causes: causes(material, &moved, reader),
        none: moved.is_empty(),
        rows: if reader.named() { moved.iter().map(|s| row(material, s)).collect() } else { Vec::new() },
        gone: if reader.named() { gone(material) } else { Vec::new() },
    }
}

/// The table of movements by cause.
const CAUSES: &str = "movements by cause";

/// What the one row of a table says that does not tell causes apart.
const ALL: &str = "All causes";

fn causes(material: &Material<'_>, moved: &[&Standing], reader: Reader<'_>) -> Vec<CauseRow> {
    let Some(last) = &material.last else { return Vec::new() };
    let all = keys::moved(last.as_of, material.as_of);
    let of = |way: Direction, cause: Option<Cause>| {
        let found = moved.iter().filter(|s| s.direction() == way && (cause.is_none() || s.cause == cause));
        found.count()
    };
    let causes: BTreeSet<Cause> = moved.iter().filter_map(|s| s.cause).collect();
    let coarse = reader.grain(CAUSES, 1) > 0;
    let mut rows = Vec::new();
    for cause in causes.iter().filter(|_| !coarse) {
        let cell = |way| {
            reader.count(CAUSES, &format!("{}/{cause}", keys::way(&all, way)), of(way, Some(*cause))).cell()
        };
        rows.push(CauseRow { cause: in_words(*cause).to_owned(), counts: Direction::ALL.map(cell).to_vec() });
    }
    if coarse && !causes.is_empty() {
        let cell = |way| reader.count(CAUSES, &keys::way(&all, way), of(way, None)).cell();
        rows.push(CauseRow { cause: ALL.to_owned(), counts: Direction::ALL.map(cell).to_vec() });
    }
    for way in Direction::ALL {
        reader.implied(&keys::way(&all, way), of(way, None));
        if !coarse {
            reader.adds_up(
                &keys::way(&all, way),
                causes.iter().map(|c| format!("{}/{c}", keys::way(&all, way))),
            );
        }
    }
    reader.say(&all, moved.len());
    reader.adds_up(&all, Direction::ALL.map(|way| keys::way(&all, way)));
    newcomers(material, last.as_of, last.standings, reader);
    if reader.leaves_out(CAUSES) { Vec::new() } else { rows }
}

/// Everybody can look up how many practices there are: so much more are new than have gone.
fn newcomers(material: &Material<'_>, since: NaiveDate, then: &[Standing], reader: Reader<'_>) {
    let (before, now) = (keys::practices(since), keys::practices(material.as_of));
    reader.known(&before, then.len());
    reader.known(&now, material.standings.len());
    let gone = format!("gone/{since}/{}", material.as_of);
    reader.implied(&gone, then.iter().filter(|s| material.of(s.code()).is_none()).count());
    let new = format!("{}/new", keys::moved(since, material.as_of));
    reader.implied(&new, material.standings.iter().filter(|s| s.previous.is_none()).count());
    if material.standings.iter().any(|s| s.cause == Some(Cause::New)) && reader.grain(CAUSES, 1) == 0 {
        let all = keys::moved(since, material.as_of);
        reader.adds_up(&new, Direction::ALL.map(|way| format!("{}/{}", keys::way(&all, way), Cause::New)));
    }
    reader.balance([before, new], [now, gone], false);
}

/// The cause of a movement for people.
pub(in crate::documents) fn in_words(cause: Cause) -> &'static str {
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
        ended: standing.ended.iter().map(|ended| format!("{} {}", ended.what, ended.why)).collect(),
        why: why(standing),
    }
}

/// What sets the level that stands, in a sentence or two.
pub(in crate::documents) fn why(standing: &Standing) -> String {
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
        let name = crate::documents::title_case(&then.outcome.practice.name);
        let level = then.outcome.level.map_or_else(|| "not assessed".to_owned(), |l| format!("level {l}"));
        format!("{name} ({}), {level} in the last pack", then.code())
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::sample::{Sample, decision};

    #[test]
    fn a_movement_has_a_direction_and_what_sets_the_level_now() {
        let mut sample = Sample::new("2026-10-14");
        sample.last = Some(Box::new(Sample::new("2026-07-14")));
        sample.moved("P81001", Some(1), Some(4));
        sample.moved("P81002", Some(4), Some(1));
        sample.moved("P81003", Some(2), None);
        sample.moved("P81004", None, Some(2));
        sample.practice("P81005", Some(2)).cause = Some(Cause::New);
        sample.standings[0].outcome.decision = Some((decision(4), Ruling::Sets));
        let movements = movements(&sample.material(), Reader::NAMED);
        let rows: Vec<[&str; 3]> =
            movements.rows.iter().map(|row| [&*row.code, &*row.direction, &*row.cause]).collect();
        let directions: BTreeSet<[&str; 3]> = rows.into_iter().collect();
        assert_eq!(
            directions,
            BTreeSet::from([
                ["P81001", "up", "New data"],
                ["P81002", "down", "New data"],
                ["P81003", "no longer assessed", "New data"],
                ["P81004", "assessed again", "New data"],
                ["P81005", "new", "A practice new to the framework"],
            ])
        );
        let why = |code: &str| movements.rows.iter().find(|row| row.code == code).unwrap().why.clone();
        assert_eq!(why("P81001"), "Decided by Chair: Known to the group");
        assert_eq!(why("P81003"), "No finding stands and there is no current dashboard score.");
    }

    #[test]
    fn a_practice_of_the_last_pack_that_is_no_longer_in_scope_is_named_with_its_level() {
        let mut then = Sample::new("2026-07-14");
        then.practice("P81001", Some(1));
        then.practice("P81002", Some(3)).outcome.practice.name = "THE OLD SURGERY".to_owned();
        then.practice("P81003", None).outcome.practice.name = "THE MILL".to_owned();
        let mut sample = Sample::new("2026-10-14");
        sample.last = Some(Box::new(then));
        sample.moved("P81001", Some(1), Some(1));
        assert_eq!(
            movements(&sample.material(), Reader::NAMED).gone,
            [
                "The Old Surgery (P81002), level 3 in the last pack",
                "The Mill (P81003), not assessed in the last pack"
            ]
        );
    }
}
