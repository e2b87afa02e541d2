//! How many messages a minute: mail servers count them, and shut out who sends more.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use crate::time::Clock;

/// The window in which messages are counted: a minute, and a little for their way to the server, which
/// counts from when they come.
pub(crate) const WINDOW: TimeDelta = TimeDelta::seconds(62);

/// Keeps the number of messages within any minute below a limit.
#[derive(Debug)]
pub(crate) struct Pace {
    limit: usize,
    begun: VecDeque<DateTime<Utc>>,
}

impl Pace {
    /// A limit, and when the messages of the last minute were begun; those of an earlier run count too.
    pub(crate) fn new(limit: Option<u32>, begun: Vec<DateTime<Utc>>) -> Self {
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        Self { limit: limit.max(1), begun: begun.into() }
    }

    /// Waits until one more message may be begun, and counts it.
    pub(crate) fn next(&mut self, clock: &dyn Clock) {
        let mut now = clock.now();
        self.forget(now);
        while self.begun.len() >= self.limit {
            let Some(oldest) = self.begun.front() else { break };
            // A clock that was set back makes nobody wait longer than the window.
            let wait = (*oldest + WINDOW - now).clamp(TimeDelta::milliseconds(1), WINDOW);
            clock.wait(wait.to_std().unwrap_or_default());
            self.begun.pop_front();
            now = clock.now();
            self.forget(now);
        }
        self.begun.push_back(now);
    }

    fn forget(&mut self, now: DateTime<Utc>) {
        while self.begun.front().is_some_and(|begun| *begun + WINDOW <= now) {
            self.begun.pop_front();
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::{Cell, RefCell};
    use std::time::Duration;

    use super::*;

    /// A clock on which time passes only by waiting.
    #[derive(Debug)]
    pub(in crate::post) struct Standing {
        pub(in crate::post) now: Cell<DateTime<Utc>>,
        pub(in crate::post) waits: RefCell<Vec<Duration>>,
    }

    impl Standing {
        pub(in crate::post) fn at(text: &str) -> Self {
            Self { now: Cell::new(text.parse().unwrap()), waits: RefCell::default() }
        }
    }

    impl Clock for Standing {
        fn now(&self) -> DateTime<Utc> {
            self.now.get()
        }

        fn elapsed(&self) -> Duration {
            self.waits.borrow().iter().sum()
        }

        fn jitter(&self) -> f64 {
            0.0
        }

        fn wait(&self, time: Duration) {
            self.waits.borrow_mut().push(time);
            self.now.set(self.now.get() + TimeDelta::from_std(time).unwrap());
        }
    }

    #[test]
    fn no_minute_has_more_than_the_limit() {
        let clock = Standing::at("2026-07-14T06:00:00Z");
        let mut pace = Pace::new(Some(3), Vec::new());
        let mut begun = Vec::new();
        for second in 0..40 {
            pace.next(&clock);
            begun.push(clock.now());
            clock.now.set(clock.now() + TimeDelta::seconds(second % 7));
        }
        for start in &begun {
            let within = begun.iter().filter(|b| *b >= start && **b < *start + WINDOW).count();
            assert!(within <= 3, "{within} from {start}");
        }
        assert!(clock.waits.borrow().iter().all(|wait| *wait <= Duration::from_secs(62)));
    }

    #[test]
    fn messages_of_an_earlier_run_count_and_a_clock_set_back_does_not_stall() {
        let clock = Standing::at("2026-07-14T06:00:30Z");
        let begun = vec![clock.now() - TimeDelta::seconds(20), clock.now() - TimeDelta::seconds(10)];
        let mut pace = Pace::new(Some(2), begun);
        pace.next(&clock);
        assert_eq!(*clock.waits.borrow(), [Duration::from_secs(42)]);
        let mut pace = Pace::new(Some(1), vec![clock.now() + TimeDelta::days(3)]);
        pace.next(&clock);
        assert_eq!(clock.waits.borrow().last(), Some(&Duration::from_secs(62)));
    }

    #[test]
    fn without_a_limit_nobody_waits() {
        let clock = Standing::at("2026-07-14T06:00:00Z");
        let mut pace = Pace::new(None, Vec::new());
        (0..1000).for_each(|_| pace.next(&clock));
        assert!(clock.waits.borrow().is_empty());
    }
}
