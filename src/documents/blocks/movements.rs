//! Movements between levels since the last pack, each with its cause.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::unclaimed::unclaimed;
use crate::dates::long;
use crate::documents::content::{Block, Cell, Column, Kind, Table, TableLook, Words};
use crate::documents::context::Context;
use crate::documents::{Badge, Material, Reader, Standing, keys};
use crate::levels::{Cause, Direction, Ruling};

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
    pub fn of<'s>(standings: impl IntoIterator<Item = &'s Standing>) -> Self {
        let mut out = Self::default();
        for standing in standings.into_iter().filter(|s| s.cause.is_some()) {
            match standing.direction {
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

/// The ids of the tables.
pub const BY_CAUSE: &str = "movements-by-cause";
/// The table of every movement.
pub const EVERY: &str = "movements";

pub(super) fn block(context: &Context<'_>) -> Block {
    let Context { material, reader, .. } = *context;
    let mut block = context.block();
    let Some(last) = &material.last else {
        block.paragraph("This is the first pack: there is no earlier level to compare with.");
        return block;
    };
    block.paragraph(format!("Compared with the pack of {}.", long(last.as_of)));
    let moved: Vec<&Standing> = material.standings.iter().filter(|s| s.cause.is_some()).collect();
    let levels = &material.pipeline.levels;
    let ways = Direction::ALL.into_iter().filter(|way| levels.ordered || *way == Direction::Neither);
    let heads = ways.map(|way| match levels.ordered {
        true => Column::count(levels.way(way), 18),
        false => Column::count("Practices", 18),
    });
    let columns = [Column::text("Cause", None)].into_iter().chain(heads).collect();
    let by_cause = Table::new(BY_CAUSE, "Movements by cause", columns)
        .look(TableLook::Keep)
        .rows(causes(material, &moved, reader));
    block.table(
        by_cause,
        match moved.is_empty() {
            true => "No practice changed level.",
            false => "The practices that changed level are too few to be shown.",
        },
    );
    if reader.named() {
        let columns = vec![
            Column::text("Practice", 24),
            Column::of(Kind::Badge, "From, to", 16),
            Column::text("Cause", 18),
            Column::text("What ended, and what sets the level now", None),
        ];
        let every = Table::new(EVERY, "Every movement", columns).rows(moved.iter().map(|s| row(material, s)));
        block.table(every, "");
        let gone = gone(material);
        if !gone.is_empty() {
            block.heading("No longer in scope");
            block.list(gone);
        }
        let tally = Tally::of(moved.iter().copied());
        block.stated = vec![
            ("listed", Some(moved.len())),
            ("listed-up", Some(tally.up)),
            ("listed-down", Some(tally.down)),
        ];
    }
    block
}

/// The table of movements by cause, as figures know it.
const CAUSES: &str = "movements by cause";

/// What the one row of a table says that does not tell causes apart.
const ALL: &str = "All causes";

fn causes(material: &Material<'_>, moved: &[&Standing], reader: Reader<'_>) -> Vec<Vec<Cell>> {
    let Some(last) = &material.last else { return Vec::new() };
    let all = keys::moved(last.as_of, material.as_of);
    let of = |way: Direction, cause: Option<Cause>| {
        let found = moved.iter().filter(|s| s.direction == way && (cause.is_none() || s.cause == cause));
        found.count()
    };
    let causes: BTreeSet<Cause> = moved.iter().filter_map(|s| s.cause).collect();
    let coarse = reader.grain(CAUSES, 1) > 0;
    let mut rows = Vec::new();
    for cause in causes.iter().filter(|_| !coarse) {
        let cell = |way| {
            let key = format!("{}/{cause}", keys::way(&all, way));
            Cell::told(reader.count(CAUSES, &key, of(way, Some(*cause))))
        };
        rows.push(counted(material, in_words(*cause), Direction::ALL.map(cell)));
    }
    if coarse && !causes.is_empty() {
        let cell = |way| Cell::told(reader.count(CAUSES, &keys::way(&all, way), of(way, None)));
        rows.push(counted(material, ALL, Direction::ALL.map(cell)));
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

/// A row of counts: up, down and otherwise, or all of them where levels have no order.
fn counted(material: &Material<'_>, cause: &str, counts: [Cell; 3]) -> Vec<Cell> {
    let shown = if material.pipeline.levels.ordered { 0 } else { 2 };
    [Cell::words(cause)].into_iter().chain(counts.into_iter().skip(shown)).collect()
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

fn row(material: &Material<'_>, standing: &Standing) -> Vec<Cell> {
    let from = match &standing.previous {
        Some(past) => Words::default().badge(&material.past_badge(past.level)),
        None => "New".into(),
    };
    let to = Badge::of(&material.pipeline.levels, standing.outcome.level);
    let mut why = Words::default();
    for ended in &standing.ended {
        why = why.strong("Ended:").plain(format!(" {} {}", ended.what, ended.why)).line();
    }
    if !standing.ended.is_empty() {
        why = why.strong("Now:").plain(" ");
    }
    vec![
        Cell::words(format!("{} ({})", material.name(standing.code()), standing.code())),
        Cell::words(from.line().badge(&to)),
        Cell::words(standing.cause.map(in_words).unwrap_or_default()),
        Cell::words(why.plain(self::why(material, standing))),
    ]
}

/// What sets the level that stands, in a sentence or two.
pub(super) fn why(material: &Material<'_>, standing: &Standing) -> String {
    let outcome = &standing.outcome;
    if let Some((decision, Ruling::Sets)) = &outcome.decision {
        return format!("Decided by {}: {}", decision.decided_by, decision.reason);
    }
    let of_level = outcome.findings.iter().filter(|f| Some(f.level) == outcome.level);
    let said: Vec<String> =
        of_level.map(|f| f.sentence.clone()).chain(unclaimed(material, standing)).collect();
    match said.as_slice() {
        [] => material.pipeline.levels.nothing_stands.clone(),
        sentences => sentences.join(" "),
    }
}

fn gone(material: &Material<'_>) -> Vec<String> {
    let last = material.last.iter().flat_map(|last| last.standings);
    let gone = last.filter(|then| material.of(then.code()).is_none());
    gone.map(|then| {
        let name = crate::documents::title_case(&then.outcome.practice.name);
        let level = material.pipeline.levels.in_words(then.outcome.level);
        format!("{name} ({}), {level} in the last pack", then.code())
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::sample::{Sample, decision};

    fn block(sample: &Sample) -> Block {
        sample.block(&sample.material(), "movements", Reader::NAMED)
    }

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
        let nothing = "No finding stands and there is no current dashboard score.";
        let row = |code: &str, levels: &str, cause: &str, why: &str| {
            [format!("Practice {code} ({code})"), levels.to_owned(), cause.to_owned(), why.to_owned()]
                .to_vec()
        };
        assert_eq!(
            block(&sample).texts(EVERY)[1..],
            [
                row("P81001", "Level 1 Level 4", "New data", "Decided by Chair: Known to the group"),
                row("P81002", "Level 4 Level 1", "New data", nothing),
                row("P81003", "Level 2 Not assessed", "New data", nothing),
                row("P81004", "Not assessed Level 2", "New data", nothing),
                row("P81005", "New Level 2", "A practice new to the framework", nothing),
            ]
        );
        assert_eq!(
            block(&sample).texts(BY_CAUSE)[1..],
            [["New data", "1", "1", "2"], ["A practice new to the framework", "0", "0", "1"]]
                .map(|row| row.map(str::to_owned).to_vec())
        );
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
            block(&sample).items(),
            [
                "The Old Surgery (P81002), level 3 in the last pack",
                "The Mill (P81003), not assessed in the last pack"
            ]
        );
    }
}
