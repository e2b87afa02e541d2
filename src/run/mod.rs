//! One execution of a job, from left to right: intake, triangulation, levels, visits, packs, rendering,
//! dispatch.

mod alerts;
mod answer;
mod arrive;
pub mod clock;
mod compare;
mod decide;
mod documents;
mod error;
mod events;
mod execute;
mod fresh;
mod front;
mod guard;
mod intake;
mod late;
mod letters;
mod make;
mod manifest;
mod material;
mod pace;
mod quarantine;
mod receive;
mod record;
mod releases;
mod report;
mod resolve;
mod result;
mod send;
mod state;
mod workspace;

pub use error::RunError;
pub use execute::{Progress, Request, execute};
pub use fresh::{FeedFreshness, of_feeds};
pub use intake::{IntakeReport, IntakeRequest, take_in};
pub use manifest::PROGRAM;
pub use quarantine::{Aside, AsideCell, Quarantine, quarantine};
pub use receive::{DownloadState, Downloaded, Held};
pub use report::{Document, LevelCount, Report, Taken};
pub use resolve::{Decision, ResolveError, Verdict, resolve};
pub use result::RunResult;
pub use send::{Counter, Sent, Tried, hand_over};
pub use workspace::{LockError, Workspace};
