//! A server that refuses every message alike says nothing about any address.
//!
//! A refusal is held to be the message's own once another message of the same batch came further: was taken,
//! or passed the stage at which this one was refused. Until then it is a suspicion. Where several recipients
//! met the very same refusal (stage and code) and nobody came further, it is the server's or the settings'
//! fault: the messages stay as they were, and after [`Alike::is_enough`] the batch ends. What stays was
//! tried, and goes last in the next batch, so that bad addresses at its head keep nobody else waiting.

use std::collections::{BTreeMap, BTreeSet};

use crate::dispatch::{Fate, Outcome, Stage, masked};
use crate::ledger::{Dispatch, DispatchState, Step};

/// A message that was tried.
#[derive(Debug, Clone)]
pub(super) struct Suspect {
    /// The message.
    pub(super) dispatch: Dispatch,
    /// What became of it.
    pub(super) outcome: Outcome,
    /// The step that it takes if it is to blame.
    pub(super) blamed: Step,
    /// Its place among the tries of the run.
    pub(super) place: usize,
}

/// The same refusal: stage and code.
type Kind = (Stage, Option<u16>);

/// Who met the same refusal.
#[derive(Debug, Default)]
struct Group {
    recipients: BTreeSet<String>,
    domains: BTreeSet<String>,
    said: String,
    /// A refusal for now of a recipient: a server that takes nobody's first try (greylisting) does that.
    greylisting: bool,
}

/// The refusals of a batch.
#[derive(Debug, Default)]
pub(super) struct Alike {
    groups: BTreeMap<Kind, Group>,
    suspects: Vec<Suspect>,
    accepted: bool,
    furthest: Option<Stage>,
}

impl Group {
    /// Whether so many were refused alike that nobody else has to be tried: two of different domains, or
    /// three; of those who may be greylisted ten.
    fn is_enough(&self) -> bool {
        match self.greylisting {
            true => self.recipients.len() >= 10,
            false => self.domains.len() >= 2 || self.recipients.len() >= 3,
        }
    }
}

fn kind(outcome: &Outcome) -> Kind {
    (outcome.stage, outcome.answer.as_ref().map(|answer| answer.code))
}

/// Whether it was the other side that refused, and not this program that saw that an address is none.
fn is_refusal(outcome: &Outcome) -> bool {
    match outcome.fate {
        Fate::Refused => outcome.answer.is_some(),
        Fate::Later { .. } | Fate::Barred => true,
        _ => false,
    }
}

impl Alike {
    /// Whether nobody can say yet that a refusal is this message's own.
    pub(super) fn suspects(&self, outcome: &Outcome, blamed: &Step) -> bool {
        let blames = blamed.state == DispatchState::Failed || outcome.fate == Fate::Barred;
        blames && is_refusal(outcome) && !self.is_passed(outcome.stage)
    }

    /// Hears what became of a message.
    pub(super) fn hear(&mut self, heard: Suspect) {
        let outcome = &heard.outcome;
        self.accepted |= outcome.fate == Fate::Accepted;
        let suspected = self.suspects(outcome, &heard.blamed);
        if is_refusal(outcome) {
            let group = self.groups.entry(kind(outcome)).or_default();
            let recipient = heard.dispatch.message.recipient.to_ascii_lowercase();
            group.domains.extend(recipient.rsplit_once('@').map(|(_, domain)| domain.to_owned()));
            group.recipients.insert(recipient);
            group.said = format!("{}: {}", outcome.stage.told(), masked(&outcome.what));
            group.greylisting =
                outcome.stage == Stage::Recipient && matches!(outcome.fate, Fate::Later { .. });
        }
        self.furthest = self.furthest.max(Some(outcome.stage));
        if suspected {
            self.suspects.push(heard);
        }
    }

    /// Whether another message came past this stage.
    fn is_passed(&self, stage: Stage) -> bool {
        self.accepted || self.furthest.is_some_and(|furthest| furthest > stage)
    }

    /// The messages that are known to be refused for their own sake; each is given once. When the batch came
    /// to its end, so are those whose refusal nobody else met.
    pub(super) fn guilty(&mut self, over: bool) -> Vec<Suspect> {
        let all = std::mem::take(&mut self.suspects);
        let alone =
            |outcome: &Outcome| self.groups.get(&kind(outcome)).is_none_or(|g| g.recipients.len() < 2);
        let (guilty, held) =
            all.into_iter().partition(|s| self.is_passed(s.outcome.stage) || over && alone(&s.outcome));
        self.suspects = held;
        guilty
    }

    /// Whether this message is held to be nobody's fault so far.
    pub(super) fn holds(&self, key: &str) -> bool {
        self.suspects.iter().any(|suspect| suspect.dispatch.message.key == key)
    }

    /// How many are.
    pub(super) fn held(&self) -> usize {
        self.suspects.len()
    }

    /// Whether enough recipients were refused alike that the batch ends.
    pub(super) fn is_enough(&self) -> bool {
        !self.accepted
            && self.worst().is_some_and(|(stage, group)| !self.is_passed(stage) && group.is_enough())
    }

    /// The refusal that most recipients met.
    fn worst(&self) -> Option<(Stage, &Group)> {
        let groups = self.groups.iter().map(|((stage, _), group)| (*stage, group));
        groups.max_by_key(|(stage, group)| (group.recipients.len(), *stage))
    }

    /// What is said of a server that refuses everybody alike.
    pub(super) fn told(&self) -> Option<String> {
        let (_, group) = self.worst()?;
        Some(format!(
            "the mail server refuses every message alike ({}); check `from` in [mail], the account, and what \
             the server lets this machine send",
            group.said
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::Answer;
    use crate::ledger::Planned;

    fn refused(recipient: &str, stage: Stage, code: u16) -> Suspect {
        let answer = Some(Answer { code, text: "no".into() });
        let message = Planned {
            key: recipient.to_owned(),
            committee: String::new(),
            recipient: recipient.to_owned(),
            subject: String::new(),
            sha256: String::new(),
            file: String::new(),
        };
        let as_of = "2026-07-14".parse().unwrap();
        Suspect {
            dispatch: Dispatch { message, run: String::new(), as_of, state: DispatchState::Planned },
            outcome: Outcome { stage, fate: Fate::Refused, answer, what: "550 no".into() },
            blamed: Step::new(DispatchState::Failed, "2026-07-14T06:00:00Z".parse().unwrap(), 1),
            place: 0,
        }
    }

    fn heard(refusals: &[(&str, Stage, u16)]) -> Alike {
        let mut alike = Alike::default();
        for (recipient, stage, code) in refusals {
            alike.hear(refused(recipient, *stage, *code));
        }
        alike
    }

    fn names(guilty: Vec<Suspect>) -> Vec<String> {
        guilty.into_iter().map(|suspect| suspect.dispatch.message.key).collect()
    }

    #[test]
    fn two_domains_or_three_recipients_are_enough() {
        let stage = Stage::Data;
        assert!(!heard(&[("a@x", stage, 550)]).is_enough());
        assert!(!heard(&[("a@x", stage, 550), ("A@x", stage, 550), ("b@x", stage, 550)]).is_enough());
        assert!(heard(&[("a@x", stage, 550), ("b@x", stage, 550), ("c@x", stage, 550)]).is_enough());
        assert!(heard(&[("a@x", stage, 550), ("b@y", stage, 550)]).is_enough());
        assert!(!heard(&[("a@x", stage, 550), ("b@y", stage, 551)]).is_enough(), "not alike");
    }

    #[test]
    fn whoever_came_further_shows_that_the_refusal_was_the_message_s_own() {
        let mut alike = heard(&[("a@x", Stage::Recipient, 550), ("b@x", Stage::Data, 550)]);
        assert_eq!(names(alike.guilty(false)), ["a@x"]);
        assert_eq!(
            (alike.held(), names(alike.guilty(true))),
            (1, vec!["b@x".to_owned()]),
            "nobody else met it"
        );
        let mut alike = heard(&[("a@x", Stage::Data, 550), ("b@x", Stage::Data, 550)]);
        assert_eq!(
            (names(alike.guilty(true)), alike.held()),
            (Vec::new(), 2),
            "both met it, and nobody more"
        );
    }
}
