//! What the rows of a file that came after a pack would have changed in it.

use super::last_pack::LastPack;
use crate::documents::title_case;
use crate::intake::{Late, LateLevel};
use crate::ledger::Arrival;
use crate::pipeline::Levels;

/// The levels of the last pack that late rows of this one file would have changed, had the file been there as a
/// whole. A feed that did not exist then sends nothing late.
pub fn late(arrival: &Arrival, last: &LastPack, scale: &Levels) -> Option<Late> {
    if !last.had_feed(&arrival.feed) {
        return None;
    }
    let mut levels: Vec<LateLevel> = Vec::new();
    for row in last.late.iter().filter(|row| row.arrival == arrival.number) {
        let (Some(with), Some((then, _))) = (row.whole, last.then.of(&row.practice)) else { continue };
        let level = LateLevel {
            practice: row.practice.clone(),
            name: title_case(&then.practice.name),
            without: scale.in_words(row.without),
            with: scale.in_words(with),
        };
        if !levels.contains(&level) {
            levels.push(level);
        }
    }
    (!levels.is_empty()).then(|| Late { run: last.result.run.clone(), as_of: last.result.as_of, levels })
}
