//! The badge of a level: a number, a word and a shape, so that colour is never the only sign.

use serde::Serialize;

use crate::pipeline::Levels;

/// The badge of a level, as templates print it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Badge {
    /// `Level 3`, or the name of what is not a level.
    pub label: String,
    /// The level's name: `Support offer`.
    pub name: String,
    /// The number alone, `–` if there is none.
    pub short: String,
    /// The word for its shape.
    pub shape: String,
    /// The word for its tone, from `1` for the lowest level to `5`; `none` for no level.
    pub tone: String,
}

impl Badge {
    /// The badge of a level, or of "not assessed".
    pub fn of(levels: &Levels, number: Option<u8>) -> Self {
        let level = levels.get(number);
        let Some(number) = number else {
            return Self {
                label: level.name.clone(),
                name: level.name.clone(),
                short: "–".to_owned(),
                shape: level.shape.word().to_owned(),
                tone: "none".to_owned(),
            };
        };
        // Levels stand highest first; five tones are spread over however many there are.
        let below = levels.levels.iter().filter(|l| l.number < number).count();
        let steps = levels.levels.len().saturating_sub(1).max(1);
        let tone = 1 + (below * 4 + steps / 2) / steps;
        Self {
            label: format!("Level {number}"),
            name: level.name.clone(),
            short: number.to_string(),
            shape: level.shape.word().to_owned(),
            tone: tone.to_string(),
        }
    }
}
