//! How often a source is tried, and how long is waited in between.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::time::Clock;

/// How much is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How often.
    pub tries: u32,
    /// The wait after the first failure; it doubles.
    pub first_wait: Duration,
    /// The time for everything, waits included.
    pub patience: Duration,
}

/// Why a try failed, in a sentence without an end mark, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What was found.
    pub message: String,
    /// What follows.
    pub next: Next,
}

/// What follows from a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It will fail again.
    GiveUp,
    /// There is nothing at that address.
    NotThere,
    /// It may succeed later, but not before the given time has passed.
    Again(Duration),
    /// The server cannot be reached; it may be later.
    Unreachable,
}

impl Fault {
    /// A fault that stays.
    pub fn lasting(message: impl Into<String>) -> Self {
        Self { message: message.into(), next: Next::GiveUp }
    }

    /// A fault that may pass.
    pub fn passing(message: impl Into<String>) -> Self {
        Self { message: message.into(), next: Next::Again(Duration::ZERO) }
    }
}

/// No wait between two tries is longer than this unless the server asks for it.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Tries until it succeeds, will not succeed, or the limits are reached. Gives the number of tries too.
///
/// The wait doubles with each failure, shortened at random by up to half, and is never shorter than the
/// server asks for.
///
/// # Errors
/// The last fault; its message says how often and how long was tried where that was more than once.
pub fn persist<T>(
    limits: Limits,
    clock: &dyn Clock,
    mut attempt: impl FnMut() -> Result<T, Fault>,
) -> (u32, Result<T, Fault>) {
    let begun = clock.elapsed();
    let mut tries = 0;
    loop {
        tries += 1;
        let mut fault = match attempt() {
            Ok(done) => return (tries, Ok(done)),
            Err(fault) => fault,
        };
        let asked = match fault.next {
            Next::GiveUp | Next::NotThere => return (tries, Err(fault)),
            Next::Again(asked) => asked,
            Next::Unreachable => Duration::ZERO,
        };
        let spent = clock.elapsed().saturating_sub(begun);
        let wait = backoff(limits.first_wait, tries, clock.jitter()).max(asked);
        let is_too_long = spent.saturating_add(wait) > limits.patience;
        if asked > Duration::ZERO && is_too_long {
            fault.message += &format!(
                ", and the server asks to wait {}, longer than patience_seconds allows",
                words(asked)
            );
            return (tries, Err(fault));
        }
        if tries >= limits.tries || is_too_long {
            if tries > 1 {
                fault.message += &format!("; tried {tries} times in {}", words(spent));
            }
            return (tries, Err(fault));
        }
        clock.wait(wait);
    }
}

fn backoff(first: Duration, tries: u32, jitter: f64) -> Duration {
    let doubled = first.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(LONGEST_WAIT);
    doubled.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0)
}

const YEAR: Duration = Duration::from_secs(366 * 24 * 3600);

/// A time in words: `1 second`, `90 seconds`, `1 hour`.
pub fn words(time: Duration) -> String {
    if time > YEAR {
        return "more than a year".to_owned();
    }
    let seconds = time.as_secs().max(u64::from(time.subsec_nanos() > 0));
    let (count, one, many) = match seconds {
        0..=119 => (seconds, "second", "seconds"),
        120..=7199 => (seconds.div_ceil(60), "minute", "minutes"),
        _ => (seconds.div_ceil(3600), "hour", "hours"),
    };
    crate::wording::plural(usize::try_from(count).unwrap_or(usize::MAX), one, many)
}

/// What `Retry-After` asks for: seconds, or a date from which the time is counted.
pub fn retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|digit| digit.is_ascii_digit()) {
        // More seconds than can be counted are no fewer than the most that can.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let until = DateTime::parse_from_rfc2822(value).ok()?.with_timezone(&Utc);
    Some(until.signed_duration_since(now).to_std().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::RefCell;

    use super::*;

    /// A clock that only moves when somebody waits, and remembers the waits.
    #[derive(Default)]
    pub(crate) struct Still {
        pub(crate) waits: RefCell<Vec<Duration>>,
        pub(crate) jitter: f64,
    }

    impl Clock for Still {
        fn now(&self) -> DateTime<Utc> {
            DateTime::parse_from_rfc3339("2026-07-14T02:30:00Z").unwrap().with_timezone(&Utc) + self.elapsed()
        }

        fn elapsed(&self) -> Duration {
            self.waits.borrow().iter().sum()
        }

        fn wait(&self, time: Duration) {
            self.waits.borrow_mut().push(time);
        }

        fn jitter(&self) -> f64 {
            self.jitter
        }
    }

    pub(crate) fn limits() -> Limits {
        Limits { tries: 4, first_wait: Duration::from_secs(1), patience: Duration::from_secs(180) }
    }

    fn seconds(waits: &RefCell<Vec<Duration>>) -> Vec<f64> {
        waits.borrow().iter().map(Duration::as_secs_f64).collect()
    }

    #[test]
    fn waits_double_and_jitter_shortens_them() {
        for (jitter, wanted) in [(0.0, [1.0, 2.0, 4.0]), (1.0, [0.5, 1.0, 2.0])] {
            let still = Still { jitter, ..Still::default() };
            let (tries, done) = persist(limits(), &still, || Err::<(), _>(Fault::passing("busy")));
            assert_eq!((tries, seconds(&still.waits)), (4, wanted.to_vec()));
            assert!(done.unwrap_err().message.starts_with("busy; tried 4 times in "));
        }
    }

    #[test]
    fn a_lasting_fault_is_not_tried_again() {
        for next in [Next::GiveUp, Next::NotThere] {
            let still = Still::default();
            let fault = Fault { message: "no".into(), next };
            let (tries, done) = persist(limits(), &still, || Err::<(), _>(fault.clone()));
            assert_eq!((tries, done), (1, Err(fault)));
        }
    }

    #[test]
    fn the_servers_wish_is_a_floor_and_patience_a_ceiling() {
        let still = Still::default();
        let mut answers =
            vec![Ok(7), Err(Fault { message: "busy".into(), next: Next::Again(Duration::from_secs(30)) })];
        let (tries, done) = persist(limits(), &still, || answers.pop().unwrap());
        assert_eq!((tries, done), (2, Ok(7)));
        assert_eq!(seconds(&still.waits), [30.0]);

        let still = Still::default();
        let fault = Fault { message: "busy".into(), next: Next::Again(Duration::from_secs(3600)) };
        let (tries, done) = persist(limits(), &still, || Err::<(), _>(fault.clone()));
        assert_eq!(tries, 1, "nobody waits an hour");
        let said = done.unwrap_err().message;
        assert_eq!(said, "busy, and the server asks to wait 60 minutes, longer than patience_seconds allows");
    }

    #[test]
    fn patience_ends_before_the_tries_do() {
        let still = Still::default();
        let limits = Limits { tries: 100, patience: Duration::from_secs(10), ..limits() };
        let (tries, done) = persist(limits, &still, || Err::<(), _>(Fault::passing("busy")));
        assert_eq!((tries, done.is_err()), (4, true), "1 + 2 + 4 seconds, and 8 more would be too long");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Still::default().now();
        assert_eq!(retry_after(" 120 ", now), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("Tue, 14 Jul 2026 02:31:30 GMT", now), Some(Duration::from_secs(90)));
        assert_eq!(retry_after("Tue, 14 Jul 2026 01:00:00 GMT", now), Some(Duration::ZERO));
        for nothing in ["soon", "", "-5", "1e9", "5.5", "Fri, 99 Foo 99999999 99:99:99 GMT"] {
            assert_eq!(retry_after(nothing, now), None, "{nothing}");
        }
    }

    #[test]
    fn whatever_a_server_asks_for_nothing_overflows_and_nobody_waits_for_ever() {
        let most = u64::MAX.to_string();
        for value in
            [most.as_str(), "18446744073709551616", &"9".repeat(4000), "Fri, 31 Dec 9999 23:59:59 GMT"]
        {
            let now = Still::default().now();
            let next = Next::Again(retry_after(value, now).unwrap());
            let still = Still::default();
            let mut asked = 0;
            let (tries, done) = persist(limits(), &still, || {
                asked += 1;
                // Some time has passed when the answer comes.
                still.wait(Duration::from_millis(1200));
                Err::<(), _>(Fault { message: "busy".into(), next })
            });
            assert_eq!((tries, asked), (1, 1), "{value}");
            let said = done.unwrap_err().message;
            assert_eq!(
                said,
                "busy, and the server asks to wait more than a year, longer than patience_seconds allows"
            );
        }
        let longest = Limits { tries: u32::MAX, first_wait: Duration::MAX, patience: Duration::MAX };
        let still = Still::default();
        let mut left = 70;
        let (tries, _) = persist(longest, &still, || {
            left -= 1;
            if left == 0 { Ok(()) } else { Err(Fault::passing("busy")) }
        });
        assert_eq!(tries, 70, "the wait doubles no further than it can");
    }
}
