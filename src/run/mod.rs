//! One execution of a job, from left to right: intake, triangulation, levels, visits, packs, rendering,
//! dispatch.

mod answer;
mod arrive;
mod draw;
mod error;
mod events;
mod execute;
mod intake;
mod open;
pub mod preview;
mod receipts;
mod receive;
mod record;
mod report;
mod unprintable;

pub use error::RunError;
pub use execute::{Progress, Request, execute};
pub use intake::{IntakeReport, IntakeRequest, take_in};
pub use receive::{DownloadState, Downloaded, Held};
pub use report::{LevelCount, Report, Taken};
