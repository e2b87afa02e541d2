//! What became of a run's letters after it: one waits for a person, another was approved, copied or
//! recalled. The run did none of it, and doing it again does not either.

use std::collections::BTreeMap;

use crate::dates::long;
use crate::ledger::{Approval, Ledger, LedgerError, PackMessage, PackRecord, PackState, Purpose};

/// What people did with a run's letters, or have yet to do.
#[derive(Debug)]
pub(super) struct Later {
    run: String,
    packs: Vec<PackRecord>,
    messages: BTreeMap<String, PackMessage>,
    approvals: BTreeMap<String, Approval>,
}

impl Later {
    /// What the ledger knows of it.
    pub(super) fn of(ledger: &Ledger, run: &str) -> Result<Self, LedgerError> {
        Ok(Self {
            run: run.to_owned(),
            packs: ledger.packs()?,
            messages: ledger.pack_messages()?.into_iter().map(|m| (m.key.clone(), m)).collect(),
            approvals: ledger.approvals()?.into_iter().map(|a| (a.pack.clone(), a)).collect(),
        })
    }

    /// Why a message of the run is not the run's own doing, if it is not.
    pub(super) fn by_a_person(&self, key: &str) -> Option<String> {
        let message = self.messages.get(key)?;
        let role = &message.warrant.role;
        match message.purpose {
            Purpose::Copy(number) => Some(format!("copy {number}, sent later by the {role}")),
            Purpose::Correction => Some(format!("the notice that the {role} recalled the pack")),
            Purpose::Pack => {
                let approval = self.approvals.get(&message.pack)?;
                Some(format!("let go for the list of {}, when the pack was approved", long(approval.dated)))
            }
        }
    }

    /// Why the run's letter went to nobody, or not to this recipient, although it is made: it waits, or did.
    /// The other value is the letter that waits, by its hash, where it is this run's.
    pub(super) fn waits(&self, key: &str) -> Option<(String, Option<&str>)> {
        let of = |p: &&PackRecord| key.strip_prefix(&p.letter).is_some_and(|rest| rest.starts_with('/'));
        let pack = self.packs.iter().find(of)?;
        if pack.run != self.run && pack.state != PackState::Released {
            return Some((format!("{} was made anew by {} while it waited", pack.id, pack.run), None));
        }
        match (pack.state, self.approvals.get(&pack.id)) {
            (PackState::Held, _) => {
                Some((format!("{} waits for its approval", pack.id), Some(pack.content.as_str())))
            }
            (PackState::Withheld, _) => {
                let why = format!("{} waits for the pack before it to be recalled", pack.id);
                Some((why, Some(pack.content.as_str())))
            }
            (PackState::Released, Some(approval))
                if approval.content != pack.content || pack.run != self.run =>
            {
                Some((format!("{} was approved as another run had made it", pack.id), None))
            }
            (PackState::Released, Some(approval)) => Some((
                format!("not on the list of {}, when {} was approved", long(approval.dated), pack.id),
                None,
            )),
            (PackState::Released, None) => None,
        }
    }
}
