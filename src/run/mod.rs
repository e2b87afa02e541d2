//! One execution of a job, from left to right: intake, triangulation, levels, visits, packs, rendering,
//! dispatch.

mod alerts;
mod arrive;
pub mod clock;
mod compare;
mod documents;
mod events;
mod execute;
mod fresh;
mod intake;
mod letters;
mod make;
mod manifest;
mod material;
mod receive;
mod report;
mod result;
mod send;
mod state;
mod workspace;

pub use execute::{Progress, Request, RunError, execute};
pub use fresh::{FeedFreshness, of_feeds};
pub use intake::{IntakeReport, IntakeRequest, take_in};
pub use manifest::PROGRAM;
pub use receive::{DownloadState, Downloaded, Held};
pub use report::{Document, LevelCount, Report, Taken};
pub use result::RunResult;
pub use workspace::{LockError, Workspace};
