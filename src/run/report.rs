//! What a run did, for the person or program that started it.

use chrono::NaiveDate;
use serde::Serialize;

use super::receive::{Downloaded, Held};
use crate::intake::{Counts, Receipt, State};
use crate::known::feeds_now::FeedFreshness;
use crate::known::held_back::HeldBack;
use crate::known::late_packs::Late;
use crate::known::urgent::Waiting;
use crate::post::documents::Written;

/// What a run did.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The run.
    pub run: String,
    /// The job.
    pub job: String,
    /// The date it speaks of.
    pub as_of: NaiveDate,
    /// Whether nothing was sent or changed.
    pub dry_run: bool,
    /// Whether files were left in the inbox because later ones have been received already.
    pub waiting: usize,
    /// Why nothing was taken in although something may have come, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
    /// Files that are held until a named person lets them count.
    pub held_back: Vec<HeldBack>,
    /// What came of each download.
    pub downloads: Vec<Downloaded>,
    /// What lies in the inbox and was not taken in, each with the reason.
    pub held: Vec<Held>,
    /// How fresh each feed is.
    pub freshness: Vec<FeedFreshness>,
    /// The files that were taken in by this run.
    pub taken: Vec<Taken>,
    /// Practices in scope.
    pub practices: usize,
    /// How many practices stand at each level, highest first; the last entry is "not assessed".
    pub levels: Vec<LevelCount>,
    /// How many moved since the last pack, and the date of that pack.
    pub moved: Option<(usize, NaiveDate)>,
    /// Exceptions that are open.
    pub open_exceptions: usize,
    /// Alerts given by this run, each in a few words.
    pub alerts: Vec<String>,
    /// The documents of this run.
    pub documents: Vec<Written>,
    /// Messages that this run sent.
    pub sent: usize,
    /// Messages of this run that had been sent before.
    pub sent_before: usize,
    /// The packs that wait for a person to approve them.
    pub awaiting: Vec<String>,
    /// What files received since change of the levels that a sent pack reported, and who received it.
    pub late: Option<Late>,
    /// Rows set aside that cannot wait; none where the run only did an old date again.
    pub urgent: Option<Vec<Waiting>>,
    /// What somebody should look at.
    pub warnings: Vec<String>,
    /// Places beside the store and the ledger that could not be written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unwritten: Vec<String>,
    /// Characters that papers cannot show as they are read, and the files that they came from.
    pub unprintable: Vec<String>,
    /// Documents that were refused and not sent, each with the reason.
    pub refused: Vec<String>,
    /// Messages that could not be handed over, each with the reason.
    pub unsent: Vec<String>,
}

/// A file that was taken in.
#[derive(Debug, Clone, Serialize)]
pub struct Taken {
    /// The number of its receipt.
    pub receipt: String,
    /// The feed.
    pub feed: String,
    /// The name of the file.
    pub file: String,
    /// What came of it.
    pub state: State,
    /// How many rows became what.
    pub counts: Counts,
    /// Whether the sender has something to correct.
    pub needs_mending: bool,
}

impl Taken {
    /// The short form of a receipt.
    pub fn of(receipt: &Receipt) -> Self {
        Self {
            receipt: receipt.id.clone(),
            feed: receipt.feed.clone(),
            file: receipt.file.clone(),
            state: receipt.state,
            counts: receipt.counts,
            needs_mending: receipt.needs_mending(),
        }
    }
}

/// How many practices stand at a level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LevelCount {
    /// The level; none is "not assessed".
    pub level: Option<u8>,
    /// Its name.
    pub name: String,
    /// Practices now.
    pub now: usize,
    /// Practices in the last pack.
    pub before: Option<usize>,
}
