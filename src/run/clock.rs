//! The one place that asks what time it is.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Europe::London;
use chrono_tz::Tz;

/// The present moment in Europe/London.
#[allow(clippy::disallowed_methods)]
pub fn now() -> DateTime<Tz> {
    Utc::now().with_timezone(&London)
}

/// Today in Europe/London.
pub fn today() -> NaiveDate {
    now().date_naive()
}
