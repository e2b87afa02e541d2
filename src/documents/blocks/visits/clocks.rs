//! The clocks by level.

use crate::documents::content::Cell;
use crate::documents::{Badge, Material, Reader, keys};
use crate::pipeline::{ClockStart, Levels};
use crate::visits::State;

/// The table of clocks.
pub(super) const CLOCKS: &str = "clocks by level";

/// All states of clocks, in the order of the table.
const STATES: [State; 6] =
    [State::Overdue, State::DueSoon, State::Running, State::Met, State::MetLate, State::Paused];

/// The levels whose clocks stand in one row of the table: each by itself; those together that ask for a
/// reactive visit, whose practices are few; these and the others; all of them.
fn groups(levels: &Levels, grain: usize) -> Vec<Vec<Option<u8>>> {
    let all: Vec<Option<u8>> = levels.levels.iter().map(|l| Some(l.number)).chain([None]).collect();
    let all: Vec<_> = all.into_iter().filter(|n| levels.get(*n).starts != ClockStart::Never).collect();
    let (reactive, others): (Vec<_>, Vec<_>) = all.iter().partition(|number| levels.get(**number).reactive);
    let groups = match grain {
        0 => all.into_iter().map(|number| vec![number]).collect(),
        1 => [reactive].into_iter().chain(others.into_iter().map(|number| vec![number])).collect(),
        2 => vec![reactive, others],
        _ => vec![all],
    };
    groups.into_iter().filter(|group: &Vec<_>| !group.is_empty()).collect()
}

pub(super) fn rows(material: &Material<'_>, reader: Reader<'_>) -> Vec<Vec<Cell>> {
    let levels = &material.pipeline.levels;
    let groups = groups(levels, reader.grain(CLOCKS, 3));
    let count = |group: &[Option<u8>], state: State| {
        let of_group = material.standings.iter().filter(|s| group.contains(&s.outcome.level));
        of_group.filter(|s| s.clock.state == state).count()
    };
    let key = |group: &[Option<u8>], state: &str| {
        let names: Vec<String> =
            group.iter().map(|n| n.map_or_else(|| "none".to_owned(), |n| n.to_string())).collect();
        format!("clocks/{}/{}/{state}", material.as_of, names.join("+"))
    };
    let mut rows = Vec::new();
    for group in &groups {
        let cell =
            |state: State| Cell::told(reader.count(CLOCKS, &key(group, state.word()), count(group, state)));
        let timescale = match group.as_slice() {
            [one] => levels.get(*one).timescale.clone(),
            _ => "As for each level".to_owned(),
        };
        let first = [Cell::badge(&Badge::of_group(levels, group)), Cell::words(timescale)];
        rows.push(first.into_iter().chain(STATES.map(cell)).collect());
        // The clocks of a group are those of its practices, and each is in one of the states.
        for number in group {
            let of_level = material.standings.iter().filter(|s| s.outcome.level == *number).count();
            reader.implied(&keys::level(material.as_of, *number), of_level);
        }
        let of_levels: Vec<String> = group.iter().map(|n| keys::level(material.as_of, *n)).collect();
        let of_states = STATES.iter().map(|state| key(group, state.word()));
        reader.balance(of_levels, of_states, false);
    }
    for state in STATES {
        let all = keys::clocks(material.as_of, state.word());
        reader.implied(&all, material.standings.iter().filter(|s| s.clock.state == state).count());
        reader.adds_up(&all, groups.iter().map(|group| key(group, state.word())));
    }
    rows
}
