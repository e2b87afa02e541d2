//! The badge of a level: a number, a word and a shape, so that colour is never the only sign.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::pipeline::{Level, Levels};

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

/// The tones that a level can have.
const TONES: usize = 5;

impl Badge {
    /// The badge of levels that stand together in one row: the look is that of the first.
    pub fn of_group(levels: &Levels, group: &[Option<u8>]) -> Self {
        let first = Self::of(levels, group.first().copied().flatten());
        if group.len() == 1 {
            return first;
        }
        let numbers: Vec<String> = group.iter().flatten().map(ToString::to_string).collect();
        let label = match (numbers.as_slice(), group.contains(&None)) {
            _ if group.len() > levels.levels.len() => "All levels".to_owned(),
            (numbers, false) => format!("Levels {}", crate::wording::list(numbers)),
            (numbers, true) => format!("Levels {}; {}", numbers.join(", "), levels.get(None).name),
        };
        Self { name: label.clone(), short: "–".to_owned(), label, ..first }
    }

    /// The badge of a level, or of "not assessed".
    pub fn of(levels: &Levels, number: Option<u8>) -> Self {
        Self::past(levels, &BTreeMap::new(), number)
    }

    /// Label and name: `Level 3, Support offer`.
    pub fn in_full(&self) -> String {
        if self.label == self.name { self.label.clone() } else { format!("{}, {}", self.label, self.name) }
    }

    /// The label within a sentence: `level 3`.
    pub fn in_words(&self) -> String {
        crate::wording::lower_first(&self.label)
    }

    /// The badge of a practice of which no level can be told.
    pub fn out_of_scope() -> Self {
        let label = "Not in scope".to_owned();
        Self {
            name: label.clone(),
            label,
            short: "–".to_owned(),
            shape: "ring".to_owned(),
            tone: "none".to_owned(),
        }
    }

    /// The badge of a level of the last pack, with the name that it had in that pack, by its number, where that
    /// is known. The pipeline may have no such level any more.
    pub fn past(levels: &Levels, names: &BTreeMap<u8, String>, number: Option<u8>) -> Self {
        let Some(number) = number else {
            let level = &levels.not_assessed;
            return Self {
                label: level.name.clone(),
                name: level.name.clone(),
                short: "–".to_owned(),
                shape: level.shape.word().to_owned(),
                tone: "none".to_owned(),
            };
        };
        let label = levels.label(Some(number));
        let known = levels.levels.iter().find(|level| level.number == number);
        let name = names.get(&number).cloned().or_else(|| known.map(|level| level.name.clone()));
        // A level that is gone looks like the one below it, or the lowest.
        let near = known.or_else(|| near(levels, number));
        // Levels stand highest first; the tones are spread over however many there are.
        let below = levels.levels.iter().filter(|l| l.number < number).count();
        let steps = levels.levels.len().saturating_sub(1).max(1);
        let tone = (1 + (below * (TONES - 1) + steps / 2) / steps).min(TONES);
        Self {
            name: name.unwrap_or_else(|| label.clone()),
            label,
            short: known.map_or_else(|| number.to_string(), |level| level.short.clone()),
            shape: near.unwrap_or(&levels.not_assessed).shape.word().to_owned(),
            tone: tone.to_string(),
        }
    }
}

fn near(levels: &Levels, number: u8) -> Option<&Level> {
    let below = levels.levels.iter().find(|level| level.number < number);
    below.or_else(|| levels.levels.last())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Folder, load};

    #[test]
    fn a_level_that_is_gone_keeps_its_name_and_a_tone_that_exists() {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
        let mut levels = load(&Folder::read(&dir).unwrap()).pipeline.unwrap().levels;
        let five = Badge::of(&levels, Some(5));
        assert_eq!((five.label.as_str(), five.tone.as_str()), ("Level 5", "5"));
        let names = BTreeMap::from([(5, five.name.clone())]);
        levels.levels.retain(|level| level.number < 4);
        for number in 1..=99 {
            let tone: usize = Badge::of(&levels, Some(number)).tone.parse().unwrap();
            assert!((1..=TONES).contains(&tone), "level {number} has tone {tone}");
        }
        let past = Badge::past(&levels, &names, Some(5));
        assert_eq!((past.name, past.label.as_str()), (five.name, "Level 5"));
        assert_eq!(past.shape, "triangle", "it looks like the one below it, level 3");
        levels.levels.retain(|level| level.number > 1);
        assert_eq!(Badge::of(&levels, Some(1)).shape, "square", "or like the lowest");
        let unknown = Badge::past(&levels, &names, Some(4));
        assert_eq!(unknown.name, "Level 4", "it is not called what is not a level");
        assert_eq!(Badge::of(&levels, None).tone, "none");
    }
}
