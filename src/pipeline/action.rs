//! What is done at a level, by whom, and at which stage of a visit.

use super::checked::words;
use super::level::{Period, read_period};
use super::reader::Table;
use crate::diagnostic::Code;

/// Stands in an action's owner for the place facing team of the practice.
const TEAM: &str = "{team}";

/// One thing that is done at a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// What is done.
    pub text: String,
    /// The role that does it.
    pub owner: String,
    /// At which stages of the visit it is asked for; at all of them if none is named.
    pub when: Vec<Stage>,
    /// By when.
    pub by: By,
}

/// How far the visit is that the clock asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is due and there is time.
    ToArrange,
    /// Its due date has passed.
    Overdue,
    /// It was made, in time or late.
    Visited,
    /// Its clock is paused.
    Paused,
}

/// By when an action is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// There is no date.
    Open,
    /// The day by which the visit is due.
    Due,
    /// So long after the date of the paper.
    Within(Period),
}

impl Action {
    /// Whether it is asked for at a stage.
    pub fn applies(&self, stage: Stage) -> bool {
        self.when.is_empty() || self.when.contains(&stage)
    }

    /// The role that does it, for a practice of that team.
    pub fn owner(&self, team: &str) -> String {
        self.owner.replace(TEAM, team)
    }

    /// Reads one `[[level.action]]`.
    pub(super) fn read(mut table: Table<'_>) -> Option<Self> {
        let report = table.report().clone();
        let stages = [
            ("to arrange", Stage::ToArrange),
            ("overdue", Stage::Overdue),
            ("visited", Stage::Visited),
            ("paused", Stage::Paused),
        ];
        let (text, owner) = (table.text("text"), table.text("owner"));
        let when = words(&mut table, "when", &stages);
        let by = match table.is_text("by", "due") {
            true => {
                table.know("by");
                By::Due
            }
            false if table.has("by") => By::Within(read_period(&mut table, "by")?),
            false => By::Open,
        };
        if by == By::Due && (when.is_empty() || when.iter().any(|stage| *stage != Stage::ToArrange)) {
            let message = "an action by the due date is asked for while there is time: at other stages that date \
                           has passed, or there is none";
            let help = "write when = [\"to arrange\"], and a second action for the other stages";
            report.error(&table.at(), Code::BadValue, message, Some(help.to_owned()));
        }
        Some(Self { text: text?.value, owner: owner?.value, when, by })
    }
}
