//! Which way a level moved: the one answer that every table, sentence and mail gives.

use serde::{Deserialize, Serialize};

/// Which way a level moved between two packs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// To a higher level of support.
    Up,
    /// To a lower one.
    Down,
    /// Neither: not assessed before or now, new, the same, or another of levels that have no order.
    #[default]
    Neither,
}

impl Direction {
    /// The directions in the order in which papers print them.
    pub const ALL: [Direction; 3] = [Direction::Up, Direction::Down, Direction::Neither];

    /// The direction from one level to another. `None` is "not assessed", which is above no level and below
    /// none: missing data are neither good nor bad.
    pub fn between(before: Option<u8>, now: Option<u8>) -> Self {
        match (before, now) {
            (Some(before), Some(now)) if now > before => Direction::Up,
            (Some(before), Some(now)) if now < before => Direction::Down,
            _ => Direction::Neither,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_assessed_is_neither_above_nor_below_a_level() {
        assert_eq!(Direction::between(Some(2), Some(4)), Direction::Up);
        assert_eq!(Direction::between(Some(5), Some(3)), Direction::Down);
        assert_eq!(Direction::between(Some(3), Some(3)), Direction::Neither);
        for level in 1..=5 {
            assert_eq!(Direction::between(None, Some(level)), Direction::Neither);
            assert_eq!(Direction::between(Some(level), None), Direction::Neither);
        }
        assert_eq!(Direction::between(None, None), Direction::Neither);
    }
}
