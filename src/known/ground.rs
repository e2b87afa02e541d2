//! What was held, and what named persons let count: on this ground it is decided which files count.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::row_releases;
use super::state::Files;
use crate::intake::Lost;
use crate::ledger::Arrival;

/// What was held, and what named persons let count.
#[derive(Debug, Clone, Default)]
pub struct Ground {
    /// The arrivals that were held, by number, and what each would take away.
    held: BTreeMap<u32, Lost>,
    /// The contents that count whatever they take away, each with its feed.
    let_in: BTreeSet<(String, String)>,
}

impl Ground {
    /// What is so for somebody who knows these arrivals on a date.
    ///
    /// # Errors
    /// If the store has a sheet of releases otherwise than it was received.
    pub fn of(files: &Files<'_>, arrivals: &[Arrival], as_of: NaiveDate) -> anyhow::Result<Self> {
        let let_in = row_releases::let_in(files, arrivals, as_of)?;
        let held = arrivals.iter().filter(|a| a.is_held(arrivals, as_of));
        let held = held.map(|a| (a.number, Lost::kept(a.detail()))).collect();
        Ok(Self { held, let_in })
    }

    /// The same where these and no others were held.
    pub fn with_held(&self, held: BTreeMap<u32, Lost>) -> Self {
        Self { held, let_in: self.let_in.clone() }
    }

    /// What an arrival would take away, if it is held.
    pub fn held(&self, arrival: &Arrival) -> Option<&Lost> {
        self.held.get(&arrival.number).filter(|_| !self.is_let_in(arrival))
    }

    /// Whether a named person let the content of an arrival count.
    pub fn is_let_in(&self, arrival: &Arrival) -> bool {
        self.let_in.contains(&(arrival.feed.clone(), arrival.sha256.clone()))
    }
}
