//! Asked again before it leaves: is the recipient still one who gets it, by the pipeline that is in force
//! now? Between planning and handing over a list may have changed, and whoever was taken off it, or is
//! outside the secure domains by now, is sent nothing.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::{Counter, Sent, outcome_words};
use crate::dispatch::Kept;
use crate::dispatch::recipients::{Gets, gets};
use crate::ledger::{Dispatch, DispatchState, Ledger, LedgerError, PackMessage, PackRecord, Purpose, Step};
use crate::pipeline::{Audience, Committee, Recipient};

/// Withdraws what may not go any more, and plans again what was withdrawn a short while ago and may go now.
pub(super) fn ask(
    counter: &Counter<'_>,
    keys: &[String],
    ledger: &mut Ledger,
    sent: &mut Sent,
) -> Result<(), LedgerError> {
    let (now, dry) = (counter.clock.now(), counter.workspace.is_dry());
    let asked =
        ledger.dispatches_in(&[DispatchState::Planned, DispatchState::Retry, DispatchState::Withdrawn])?;
    if asked.is_empty() {
        return Ok(());
    }
    let lists = Lists::of(counter, ledger)?;
    for dispatch in asked {
        let key = &dispatch.message.key;
        if dry && !keys.contains(key) {
            continue;
        }
        let (state, note) = match dispatch.state {
            DispatchState::Planned | DispatchState::Retry => match lists.refusal(&dispatch, ledger)? {
                Some(why) => (DispatchState::Withdrawn, why),
                None => continue,
            },
            // Nobody who comes back after a year is sent what was on its way then.
            DispatchState::Withdrawn => {
                let hours = TimeDelta::hours(i64::from(counter.pipeline.mail.retry.hours));
                let last = ledger.steps(key)?.last;
                let lately = last.is_some_and(|step| step.by.is_none() && now - step.at <= hours);
                let back = lately && !ledger.is_recalled(key)? && lists.refusal(&dispatch, ledger)?.is_none();
                match back {
                    true => (DispatchState::Planned, BACK.to_owned()),
                    false => continue,
                }
            }
            _ => continue,
        };
        if state == DispatchState::Withdrawn {
            sent.failed.push(outcome_words::withdrawn(&dispatch, &note));
        }
        let tries = ledger.steps(key)?.tries();
        let step = Step { note: Some(note), ..Step::new(state, now, tries) };
        ledger.note_step(key, &step)?;
    }
    Ok(())
}

const BACK: &str = "planned again: its recipient may have it again";

/// Who gets what, as far as it is known now.
struct Lists<'l> {
    counter: &'l Counter<'l>,
    messages: BTreeMap<String, PackMessage>,
    packs: BTreeMap<String, PackRecord>,
}

impl<'l> Lists<'l> {
    fn of(counter: &'l Counter<'l>, ledger: &Ledger) -> Result<Self, LedgerError> {
        let messages = ledger.pack_messages()?.into_iter().map(|m| (m.key.clone(), m)).collect();
        let packs = ledger.packs()?.into_iter().map(|p| (p.id.clone(), p)).collect();
        Ok(Self { counter, messages, packs })
    }

    /// Why a message may not go to its recipient, if it may not; no whole address.
    fn refusal(&self, dispatch: &Dispatch, ledger: &Ledger) -> Result<Option<String>, LedgerError> {
        match self.messages.get(&dispatch.message.key) {
            Some(message) => Ok(self.refusal_of_pack(dispatch, message)),
            None => self.refusal_of_receipt(dispatch, ledger),
        }
    }

    fn refusal_of_pack(&self, dispatch: &Dispatch, message: &PackMessage) -> Option<String> {
        // Who had a wrong pack is told so, wherever he is now.
        if message.purpose == Purpose::Correction {
            return None;
        }
        let pack = self.packs.get(&message.pack);
        let committees = &self.counter.pipeline.committees;
        let Some(committee) = pack.and_then(|p| committees.iter().find(|c| c.id == p.committee_id)) else {
            return Some(format!(
                "the pipeline has no committee \"{}\" any more",
                dispatch.message.committee
            ));
        };
        let address = &dispatch.message.recipient;
        let listed = committee.recipients.iter().find(|r| r.address.eq_ignore_ascii_case(address));
        match (listed, message.purpose) {
            (Some(recipient), _) => self.outside(dispatch, message, recipient, committee),
            // A person asked for a copy for somebody who is on no list.
            (None, Purpose::Copy(_)) => {
                let recipient = unlisted(address);
                self.outside(dispatch, message, &recipient, committee)
            }
            (None, _) => Some(format!("no longer on the list of the {}", committee.name)),
        }
    }

    /// Why this form of a letter may not go to the domain of its recipient.
    fn outside(
        &self,
        dispatch: &Dispatch,
        message: &PackMessage,
        recipient: &Recipient,
        committee: &Committee,
    ) -> Option<String> {
        let kept = self.counter.store.get(&message.content).ok();
        let kept: Option<Kept> = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        // Of a letter that cannot be read again nothing better is known than that it may name practices.
        let audiences = kept.as_ref().map_or_else(|| vec![Audience::Named], Kept::audiences);
        let subject = &dispatch.message.subject;
        let open = kept.as_ref().is_some_and(|kept| is_public(kept, subject));
        let (_, domain) = recipient.address.rsplit_once('@').unwrap_or_default();
        let why = match gets(recipient, committee, &self.counter.pipeline.mail.posting, &audiences) {
            Gets::Form { audience: Audience::Named, marked: true } if !open && !is_marked(subject) => {
                format!("{domain} may have it only with [secure] in the subject")
            }
            Gets::Form { audience: Audience::Public, .. } if !open => {
                format!("{domain} may have only the public form")
            }
            Gets::Form { .. } => return None,
            Gets::Nothing(reason) => reason,
        };
        Some(format!("outside the secure domains: {why}"))
    }

    /// A receipt goes to whoever owns the feed now.
    fn refusal_of_receipt(
        &self,
        dispatch: &Dispatch,
        ledger: &Ledger,
    ) -> Result<Option<String>, LedgerError> {
        let Some(arrival) = arrival(&dispatch.message.key) else { return Ok(None) };
        let pipeline = self.counter.pipeline;
        let Some(id) = ledger.feed_of(arrival)? else { return Ok(None) };
        let owner = pipeline.feed(&id).and_then(|feed| pipeline.receipts.owner(feed));
        let address = &dispatch.message.recipient;
        let owns = owner.is_some_and(|o| o.addresses.iter().any(|a| a.eq_ignore_ascii_case(address)));
        Ok((!owns).then(|| format!("no longer an address of the owner of {id} in owners.toml")))
    }
}

/// Whether the message under this subject is of the public form: the forms differ in their classification.
fn is_public(kept: &Kept, subject: &str) -> bool {
    let has = |audience| kept.form(audience).is_some_and(|form| subject.contains(&form.subject));
    has(Audience::Public) && !has(Audience::Named)
}

fn is_marked(subject: &str) -> bool {
    subject.starts_with("[secure] ")
}

fn unlisted(address: &str) -> Recipient {
    let never = chrono::NaiveDate::MIN;
    Recipient {
        role: String::new(),
        address: address.to_owned(),
        added_by: String::new(),
        added: never,
        review: never,
        secure_subject: false,
        line: 0,
    }
}

/// The arrival of which a receipt speaks: 12 of `receipt/R0012-0a1b…/owner/address`.
fn arrival(key: &str) -> Option<u32> {
    let (number, _) = key.strip_prefix("receipt/R")?.split_once('-')?;
    number.parse().ok()
}
