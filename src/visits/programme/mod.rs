//! The visit programme: which practice is visited when, within what each team can do.
//!
//! A pure function of plain values: practices with their clocks and visits, teams with their quotas, the date,
//! and the numbers of the pipeline.

mod attends;
mod changes;
mod forecast;
mod model;
mod plan;
mod room;
mod weeks;

pub use attends::{Attendee, Attending, Known, attends};
pub use changes::{Change, Reason, changes};
pub use forecast::Forecast;
pub use model::{Numbers, Practice, Row, Status, Team, Visit, Why, World};
pub use weeks::{Month, Weeks};

/// The programme of a date.
#[derive(Debug, Clone, PartialEq)]
pub struct Programme {
    /// What it was made of.
    pub world: World,
    /// The weeks for which visits are proposed.
    pub weeks: Weeks,
    /// A row for every practice: by team, in each the planned, the programmed in their order, the others.
    pub rows: Vec<Row>,
    /// What lies before each team.
    pub teams: Vec<Forecast>,
}

impl Programme {
    /// Makes the programme.
    pub fn of(world: World, numbers: &Numbers) -> Self {
        let weeks = Weeks::from(world.as_of, numbers);
        let (mut rows, mut teams) = (Vec::new(), Vec::new());
        for team in &world.teams {
            let of_team = plan::plan(&world, team, team.quota, &weeks, numbers);
            teams.push(forecast::forecast(&world, team, &of_team, &weeks, numbers));
            rows.extend(of_team);
        }
        Self { world, weeks, rows, teams }
    }

    /// The practice that a row is about.
    ///
    /// # Panics
    /// Never for a row of this programme.
    pub fn practice(&self, row: &Row) -> &Practice {
        &self.world.practices[row.practice]
    }
}

#[cfg(test)]
mod tests;
