//! Visits: the clock of each practice, and what was done.

mod clock;
mod gather;
pub mod programme;

pub use clock::{Clock, Clocks, Pause, State, Timed};
