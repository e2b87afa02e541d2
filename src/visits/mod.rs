//! Visits: the clock of each practice, and what was done.

mod clock;

pub use clock::{Clock, Clocks, State, Timed};
