//! The one place that asks what time it is.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use chrono_tz::Europe::London;
use chrono_tz::Tz;

use crate::time::Clock;

/// The present moment in Europe/London.
#[allow(clippy::disallowed_methods)]
pub fn now() -> DateTime<Tz> {
    Utc::now().with_timezone(&London)
}

/// Today in Europe/London.
pub fn today() -> NaiveDate {
    of_a_test().unwrap_or_else(|| now().date_naive())
}

/// The date in `QUARTERDAY_TODAY`: for tests, in builds with debug assertions and in no other.
fn of_a_test() -> Option<NaiveDate> {
    if !cfg!(debug_assertions) {
        return None;
    }
    std::env::var("QUARTERDAY_TODAY").ok()?.parse().ok()
}

/// The present moment as the ledger keeps it: `2026-07-14T05:00:00Z`.
pub fn moment() -> String {
    now().to_utc().to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealTime;

impl Clock for RealTime {
    fn now(&self) -> DateTime<Utc> {
        now().to_utc()
    }

    #[allow(clippy::disallowed_methods)]
    fn elapsed(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }

    fn wait(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn jitter(&self) -> f64 {
        // The standard library's hash keys are the only randomness it has, and enough for this.
        f64::from(RandomState::new().build_hasher().finish() as u16) / f64::from(u16::MAX)
    }
}
