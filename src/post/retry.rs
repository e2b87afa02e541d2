//! What becomes of a message after a try: the next state, and when it may be tried again.

use chrono::{DateTime, TimeDelta, Utc};

use crate::dispatch::{Fate, Outcome};
use crate::ledger::{DispatchState, Step, Steps};
use crate::pipeline::Retry;

/// What is known when a try has ended.
pub(crate) struct Try<'t> {
    /// What the steps before it say.
    pub(crate) before: &'t Steps,
    /// When it ended.
    pub(crate) now: DateTime<Utc>,
    /// By which transport.
    pub(crate) transport: &'t str,
    /// Whether the server took another message of this batch: then it knows us.
    pub(crate) known_there: bool,
    /// How often and how long.
    pub(crate) retry: &'t Retry,
}

/// The step that a message takes after a try.
pub(crate) fn after(outcome: &Outcome, tried: &Try<'_>) -> Step {
    let (before, tries) = (tried.before.tries(), tried.before.tries() + 1);
    let (state, tries, not_before) = match &outcome.fate {
        Fate::Accepted => (DispatchState::Sent, tries, None),
        Fate::Refused => (DispatchState::Failed, tries, None),
        Fate::Unknown => (DispatchState::Unknown, tries, None),
        Fate::Later { .. } => match is_over(tries, tried) {
            true => (DispatchState::Failed, tries, None),
            false => (DispatchState::Retry, tries, Some(tried.now + wait(tries, tried.retry))),
        },
        // While the server takes nobody's message, the settings may be to blame, and no address is.
        Fate::Barred => match tried.known_there && is_over(tries, tried) {
            true => (DispatchState::Failed, tries, None),
            false => (DispatchState::Planned, tries, None),
        },
        Fate::Unavailable | Fate::Busy | Fate::Misconfigured(_) => (DispatchState::Planned, before, None),
    };
    Step {
        transport: Some(tried.transport.to_owned()),
        stage: Some(outcome.stage.word().to_owned()),
        code: outcome.answer.as_ref().map(|answer| answer.code),
        answer: match &outcome.answer {
            Some(answer) => Some(answer.text.clone()),
            None => Some(outcome.what.clone()).filter(|what| !what.is_empty()),
        },
        queue: outcome.answer.as_ref().filter(|_| state == DispatchState::Sent).and_then(|a| a.queue()),
        not_before,
        ..Step::new(state, tried.now, tries)
    }
}

/// The same for a message that is not to blame: it stays where it was, or waits on.
pub(crate) fn blameless(outcome: &Outcome, tried: &Try<'_>, blamed: &Step) -> Step {
    let tries = tried.before.tries();
    let (state, not_before) = match &outcome.fate {
        Fate::Later { .. } => {
            (DispatchState::Retry, Some(tried.now + wait(tries.saturating_add(1), tried.retry)))
        }
        _ => (DispatchState::Planned, None),
    };
    Step { state, tries, not_before, ..blamed.clone() }
}

fn is_over(tries: u32, tried: &Try<'_>) -> bool {
    let first = tried.before.first_put_off.unwrap_or(tried.now);
    tries >= tried.retry.tries || tried.now - first >= TimeDelta::hours(i64::from(tried.retry.hours))
}

/// The wait after so many tries: each is twice the one before, up to the longest.
pub(crate) fn wait(tries: u32, retry: &Retry) -> TimeDelta {
    let doubled = u64::from(retry.first_wait) << tries.saturating_sub(1).min(24);
    let minutes = doubled.min(u64::from(retry.longest_wait));
    TimeDelta::minutes(i64::try_from(minutes).unwrap_or(i64::MAX / 60_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::{Answer, Stage};

    const RETRY: Retry = Retry { first_wait: 15, longest_wait: 60, tries: 4, hours: 48 };

    fn at(hour: i64) -> DateTime<Utc> {
        "2026-07-14T06:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(hour)
    }

    fn steps(tries: u32, first: Option<DateTime<Utc>>) -> Steps {
        Steps { last: Some(Step::new(DispatchState::Retry, at(0), tries)), first_put_off: first }
    }

    fn stepped(fate: Fate, before: &Steps, now: DateTime<Utc>, known_there: bool) -> Step {
        let answer = Some(Answer { code: 450, text: "2.0.0 Ok: queued as AB12".into() });
        let outcome = Outcome { stage: Stage::Recipient, fate, answer, what: String::new() };
        after(&outcome, &Try { before, now, transport: "smtp", known_there, retry: &RETRY })
    }

    #[test]
    fn waits_double_and_have_an_end() {
        let later = || Fate::Later { lost: false };
        let mut before = Steps::default();
        let mut waits = Vec::new();
        loop {
            let step = stepped(later(), &before, at(0), false);
            let Some(until) = step.not_before else {
                assert_eq!((step.state, step.tries), (DispatchState::Failed, 4));
                break;
            };
            waits.push((until - at(0)).num_minutes());
            before = Steps { last: Some(step), first_put_off: Some(at(0)) };
        }
        assert_eq!(waits, [15, 30, 60]);
        let late = stepped(later(), &steps(1, Some(at(0))), at(48), false);
        assert_eq!(late.state, DispatchState::Failed, "the hours are over before the tries");
        assert_eq!(wait(100, &RETRY).num_minutes(), 60, "no overflow");
    }

    #[test]
    fn what_says_nothing_about_the_message_counts_for_nothing() {
        for fate in [Fate::Unavailable, Fate::Busy, Fate::Misconfigured("x".into())] {
            let step = stepped(fate, &steps(3, Some(at(0))), at(400), true);
            assert_eq!((step.state, step.tries), (DispatchState::Planned, 3));
        }
    }

    #[test]
    fn a_policy_is_the_address_s_only_where_others_were_taken() {
        let barred = |tries, known| stepped(Fate::Barred, &steps(tries, None), at(0), known).state;
        assert_eq!(barred(0, true), DispatchState::Planned);
        assert_eq!(barred(3, false), DispatchState::Planned);
        assert_eq!(barred(3, true), DispatchState::Failed);
    }

    #[test]
    fn an_accepted_message_keeps_its_queue_name() {
        let step = stepped(Fate::Accepted, &Steps::default(), at(0), true);
        assert_eq!((step.state, step.queue.as_deref()), (DispatchState::Sent, Some("AB12")));
        assert_eq!(stepped(Fate::Refused, &Steps::default(), at(0), true).queue, None);
    }
}
