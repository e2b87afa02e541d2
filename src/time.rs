//! Time, as far as what waits, tries again or is paced needs it.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// Tells the time and lets it pass. The program's is `run::clock::RealTime`; tests have their own.
pub trait Clock {
    /// The present moment.
    fn now(&self) -> DateTime<Utc>;

    /// Time that never goes back, from any fixed moment.
    fn elapsed(&self) -> Duration;

    /// Lets time pass.
    fn wait(&self, time: Duration);

    /// A number from 0 to 1, another each time, so that many programs do not ask at the same moment.
    fn jitter(&self) -> f64;
}
