//! Levels of support and the clocks that belong to them.

use std::collections::BTreeMap;

use super::action::Action;
use super::checked::{read_choice, row_truth};
use super::fact::Fact;
use super::layout::Declared;
use super::reader::Table;
use crate::condition::{Condition, length};
use crate::diagnostic::Code;
use crate::levels::Direction;

/// All levels of a framework.
#[derive(Debug, Clone)]
pub struct Levels {
    /// Whether a higher number is more than a lower one; if not, the levels are categories.
    pub ordered: bool,
    /// What a level is called that has no label of its own, with `{number}` and `{name}`.
    label: String,
    /// Days before a due date from which a visit is due soon.
    pub due_soon_days: i32,
    /// What it takes for a practice to be assessed; without it one is that has a level.
    pub assessed: Option<Assessed>,
    /// The lowest level whose rules are told where they nearly hold; none are if it is not said.
    pub near_misses_from: Option<u8>,
    /// The levels, highest first.
    pub levels: Vec<Level>,
    /// What holds for a practice that is not assessed and for which nothing stands.
    pub not_assessed: Level,
    /// The directions of a movement as columns name them: up, down, otherwise.
    pub ways: [String; 3],
    /// What is said of a practice for which nothing is found and that is not assessed.
    pub nothing_stands: String,
    /// Numbers that conditions and texts name, each with the line at which it is written.
    pub values: Vec<(String, f64, Declared)>,
}

/// A practice is assessed if a fact about it stands.
#[derive(Debug, Clone)]
pub struct Assessed {
    /// The fact.
    pub from: String,
    /// What must be true of it.
    pub filter: Option<Condition>,
    /// What a practice is marked with otherwise.
    pub label: String,
}

/// One level of support.
#[derive(Debug, Clone)]
pub struct Level {
    /// Its number; where levels are ordered, the higher, the more support. 0 for not assessed.
    pub number: u8,
    /// What it is known by in sheets and tables for other programs: its number, if it has no other id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What its badge says: `Level 3`.
    pub label: String,
    /// The same where there is little room: `3`.
    pub short: String,
    /// The numbers that it, or what it took in, had before.
    pub formerly: Vec<u8>,
    /// Within which time a visit is due, in words; empty where none is.
    pub timescale: String,
    /// The shape of its badge.
    pub shape: Shape,
    /// Whether findings of this level are events that a decision made earlier does not silence.
    pub reactive: bool,
    /// The time within which a visit is due.
    pub due: Period,
    /// What starts the clock.
    pub starts: ClockStart,
    /// Whether no clock of this level starts before the framework did.
    pub within_framework: bool,
    /// The visits that meet the clock; any completed visit if none is named.
    pub met_by: Option<Condition>,
    /// What the framework does at this level.
    pub actions: Vec<Action>,
}

/// The shape of a badge, so that colour is never the only sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// ●
    Circle,
    /// ■
    Square,
    /// ▲
    Triangle,
    /// ◆
    Diamond,
    /// ⬢
    Hexagon,
    /// ○
    Ring,
    /// ▬
    Bar,
}

impl Shape {
    const WORDS: [(&str, Self); 7] = [
        ("circle", Shape::Circle),
        ("square", Shape::Square),
        ("triangle", Shape::Triangle),
        ("diamond", Shape::Diamond),
        ("hexagon", Shape::Hexagon),
        ("ring", Shape::Ring),
        ("bar", Shape::Bar),
    ];

    /// The word for the shape, as templates and TOML have it.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, shape)| *shape == self).map_or("circle", |(word, _)| word)
    }
}

/// A length of time on the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Calendar months.
    pub months: i32,
    /// Days besides them.
    pub days: i32,
}

impl Period {
    /// `6 months`, `1 month and 3 days`.
    pub fn words(self) -> String {
        let counted = |count: i32, one: &str, many: &str| {
            (count != 0).then(|| crate::wording::plural(count.unsigned_abs() as usize, one, many))
        };
        let parts: Vec<String> = counted(self.months, "month", "months")
            .into_iter()
            .chain(counted(self.days, "day", "days"))
            .collect();
        crate::wording::list(&parts)
    }
}

/// What starts a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockStart {
    /// Each finding that sets the level has its clock.
    Findings,
    /// The last completed visit, or the framework's start; such a clock is never met.
    LastVisit,
    /// No visit is due at the level: it has no clock.
    Never,
}

impl Levels {
    /// The level of that number.
    pub fn get(&self, number: Option<u8>) -> &Level {
        number
            .and_then(|number| self.levels.iter().find(|l| l.number == number))
            .unwrap_or(&self.not_assessed)
    }

    /// What a level is called, also one that there is no longer.
    pub fn label(&self, number: Option<u8>) -> String {
        let Some(number) = number else { return self.not_assessed.label.clone() };
        let known = self.levels.iter().find(|level| level.number == number);
        known.map_or_else(|| labelled(&self.label, number, &number.to_string()), |level| level.label.clone())
    }

    /// What sheets and tables for other programs call a level; empty for none.
    pub fn id(&self, number: Option<u8>) -> String {
        let Some(number) = number else { return String::new() };
        let known = self.levels.iter().find(|level| level.number == number);
        known.map_or_else(|| number.to_string(), |level| level.id.clone())
    }

    /// The level that a sheet calls so.
    pub fn of_id(&self, id: &str) -> Option<u8> {
        self.levels.iter().find(|level| level.id == id).map(|level| level.number)
    }

    /// Which way a practice moves from one level to another. `None` is "not assessed", which is above no level
    /// and below none; where levels have no order, there is no way.
    pub fn direction(&self, before: Option<u8>, now: Option<u8>) -> Direction {
        if self.ordered { Direction::between(before, now) } else { Direction::Neither }
    }

    /// The present number of a level that had this number and name in the past. A level that is called as it was
    /// kept its number.
    pub fn present(&self, number: u8, name: Option<&String>) -> u8 {
        let same = self.levels.iter().any(|level| level.number == number && Some(&level.name) == name);
        let claimed = self.levels.iter().find(|level| level.formerly.contains(&number));
        claimed.filter(|_| !same).map_or(number, |level| level.number)
    }

    /// What a practice is marked with that is not assessed.
    pub fn unassessed(&self) -> &str {
        self.assessed.as_ref().map_or(self.not_assessed.name.as_str(), |assessed| assessed.label.as_str())
    }

    /// Whether practices at some level have a clock.
    pub fn are_clocked(&self) -> bool {
        self.levels.iter().chain([&self.not_assessed]).any(|level| level.starts != ClockStart::Never)
    }

    /// What a level is called within a sentence.
    pub fn in_words(&self, number: Option<u8>) -> String {
        crate::wording::lower_first(&self.label(number))
    }

    /// What the column of movements in a direction is called.
    pub fn way(&self, way: Direction) -> &str {
        let [up, down, neither] = &self.ways;
        match way {
            Direction::Up => up,
            Direction::Down => down,
            Direction::Neither => neither,
        }
    }

    /// Reads `levels.toml`.
    pub(super) fn read(mut file: Table<'_>, facts: &BTreeMap<String, Fact>) -> Option<Self> {
        let report = file.report().clone();
        let due_soon_days =
            file.count_or_none("due_soon_days").map_or(Some(14), |d| i32::try_from(d.value).ok());
        let has_assessed = file.has("assessed");
        let assessed = file.table_or_none("assessed").and_then(|mut table| {
            let (from, filter, label) =
                (table.text("from"), table.text_or_none("where"), table.text("label"));
            let fact = super::known_fact(&report, &from?, facts)?;
            let filter = filter.and_then(|text| row_truth(&report, &text, &fact.columns));
            Some(Assessed { from: fact.id.clone(), filter, label: label?.value })
        });
        let near_misses_from = file.count_or_none("near_misses_from");
        let near_misses_from = near_misses_from.and_then(|number| level_number(&file, &number));
        let ordered = file.flag_or_none("ordered").unwrap_or(true);
        let label = file.text_or_none("label").map_or_else(|| "{name}".to_owned(), |text| text.value);
        // Other words for levels are read where the lists of values are made.
        file.know("also");
        let mut levels: Vec<Level> =
            file.tables("level").into_iter().filter_map(|t| Level::read(t, facts, &label, false)).collect();
        levels.sort_by_key(|level| std::cmp::Reverse(level.number));
        for pair in levels.windows(2) {
            if pair[0].number == pair[1].number {
                let message = format!("there are two levels {}", pair[0].number);
                report.error(&file.at(), Code::DuplicateName, message, None);
            }
        }
        for (index, level) in levels.iter().enumerate() {
            for other in levels.iter().take(index) {
                let both = level.formerly.iter().find(|number| other.formerly.contains(number));
                if let Some(number) = both {
                    let message = format!(
                        "both level {} and level {} were formerly {number}",
                        other.number, level.number
                    );
                    report.error(
                        &file.at(),
                        Code::BadValue,
                        message,
                        Some("it is one of them now".to_owned()),
                    );
                }
                if level.id == other.id {
                    let message = format!("there are two levels `{}`", level.id);
                    report.error(&file.at(), Code::DuplicateName, message, None);
                }
            }
        }
        if levels.is_empty() {
            report.error(&file.at(), Code::MissingKey, "there is no [[level]]", None);
        }
        let mut said = |key: &str, otherwise: &str| {
            file.text_or_none(key).map_or_else(|| otherwise.to_owned(), |text| text.value)
        };
        let ways = [
            said("moved_up", "To a higher level"),
            said("moved_down", "To a lower level"),
            said("moved_otherwise", "Other"),
        ];
        let nothing_stands = said("nothing_stands", "Nothing is found, and nothing assesses the practice.");
        let not_assessed = file.table("not_assessed").and_then(|t| Level::read(t, facts, "{name}", true));
        let values = file.numbers("values").into_iter().map(|(name, number)| {
            let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            let begins = name.value.starts_with(|c: char| c.is_ascii_lowercase());
            if !begins || !name.value.chars().all(letters) || name.value == "as_of" {
                let message = format!("`{}` cannot be the name of a value", name.value);
                let help = Some("write small letters, digits and _, as in variation_score".to_owned());
                report.error(&name.at, Code::BadValue, message, help);
            }
            let declared = Declared { file: name.at.file.to_string(), line: name.at.line };
            (name.value, number, declared)
        });
        let values = values.collect();
        Some(Self {
            ordered,
            label,
            due_soon_days: due_soon_days?,
            assessed: if has_assessed { Some(assessed?) } else { None },
            near_misses_from,
            levels,
            not_assessed: not_assessed?,
            ways,
            nothing_stands,
            values,
        })
    }
}

impl Level {
    fn read(
        mut table: Table<'_>,
        facts: &BTreeMap<String, Fact>,
        called: &str,
        unnumbered: bool,
    ) -> Option<Self> {
        let report = table.report().clone();
        let number = if unnumbered { Some(0) } else { read_number(&mut table) };
        let (name, timescale) = (table.text("name"), table.text_or_none("timescale"));
        let mut text = |key| table.text_or_none(key).map(|text| text.value);
        let (id, label, short) = (text("id"), text("label"), text("short"));
        let formerly = table.counts("formerly").into_iter();
        let formerly = formerly.filter_map(|count| u8::try_from(count.value).ok()).collect();
        let shape = read_choice(&mut table, "shape", &Shape::WORDS).unwrap_or(Shape::Circle);
        let reactive = table.flag("reactive");
        let clocked = table.has("due") || table.has("starts") || table.has("met_by");
        let due = if clocked { read_period(&mut table, "due") } else { Some(Period { months: 0, days: 0 }) };
        table.know("due");
        let starts = [("findings", ClockStart::Findings), ("last-visit", ClockStart::LastVisit)];
        let starts = read_choice(&mut table, "starts", &starts).or((!clocked).then_some(ClockStart::Never));
        let within_framework = table.flag("within_framework");
        let met_by = table.text_or_none("met_by");
        let actions = table.tables("action").into_iter().filter_map(Action::read).collect();
        if starts.is_none() {
            let help = Some("write starts = \"findings\" or starts = \"last-visit\"".to_owned());
            report.error(&table.at(), Code::MissingKey, "what starts the clock is not said", help);
        }
        let visits = facts.get("visits").map(|fact| &fact.columns);
        let met_by = match (met_by, visits) {
            (Some(text), Some(columns)) => row_truth(&report, &text, columns),
            _ => None,
        };
        let (number, name) = (number?, name?.value);
        Some(Self {
            number,
            label: label.unwrap_or_else(|| labelled(called, number, &name)),
            short: short.unwrap_or_else(|| if unnumbered { "–".to_owned() } else { number.to_string() }),
            id: id.unwrap_or_else(|| number.to_string()),
            formerly,
            name,
            timescale: timescale.map(|text| text.value).unwrap_or_default(),
            shape,
            reactive,
            due: due?,
            starts: starts?,
            within_framework,
            met_by,
            actions,
        })
    }
}

/// What a level is called.
fn labelled(called: &str, number: u8, name: &str) -> String {
    called.replace("{number}", &number.to_string()).replace("{name}", name)
}

/// A level's number, from 1 to 99.
pub(super) fn read_number(table: &mut Table<'_>) -> Option<u8> {
    let number = table.count("number")?;
    level_number(table, &number)
}

/// A count that is the number of a level.
pub(super) fn level_number(table: &Table<'_>, number: &super::reader::Placed<u32>) -> Option<u8> {
    match u8::try_from(number.value) {
        Ok(value @ 1..=99) => Some(value),
        _ => {
            let message = format!("a level is a number from 1 to 99, not {}", number.value);
            table.report().error(&number.at, Code::BadValue, message, None);
            None
        }
    }
}

/// A period such as `"12 months"`.
pub(super) fn read_period(table: &mut Table<'_>, key: &str) -> Option<Period> {
    let text = table.text(key)?;
    match length(&text.value) {
        Ok((months, days)) if months >= 0 && days >= 0 && (months, days) != (0, 0) => {
            Some(Period { months, days })
        }
        Ok(_) => {
            table.report().error(&text.at, Code::BadValue, "a period is longer than nothing", None);
            None
        }
        Err(message) => {
            table.report().error(&text.at, Code::BadValue, message, None);
            None
        }
    }
}
