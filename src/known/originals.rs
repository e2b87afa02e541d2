//! What is damaged or missing in the store is brought back from its original in the inbox.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::Context as _;

use super::state::Files;
use crate::intake::{Receipt, inbox};
use crate::ledger::Arrival;

impl Files<'_> {
    /// The same, to bring back from the inbox what is damaged or missing in the store.
    pub fn mended_from(mut self, inbox: &Path) -> Self {
        self.originals = Some(inbox.to_owned());
        self
    }

    /// What was brought back from the inbox, in sentences.
    pub fn corrected(&self) -> Vec<String> {
        self.corrected.borrow().clone()
    }

    /// The bytes of an arrival; what is damaged or missing in the store is brought back from its
    /// original in the inbox, whatever that is called there.
    pub(super) fn bytes(&self, arrival: &Arrival) -> anyhow::Result<Vec<u8>> {
        let damage = match self.store.get(&arrival.sha256) {
            Ok(bytes) => return Ok(bytes),
            Err(damage) => damage,
        };
        let what = match damage.kind() {
            ErrorKind::InvalidData => Some("damaged"),
            ErrorKind::NotFound => Some("missing"),
            _ => None,
        };
        if let Some(what) = what
            && let Some(bytes) = self.original(arrival)
        {
            self.store.replace(&bytes).context("the store cannot be written")?;
            self.corrected.borrow_mut().push(format!(
                "the copy of {} ({} of feed {}) in the store was {what}, and was brought back from the inbox",
                arrival.file,
                Receipt::number(arrival.number),
                arrival.feed
            ));
            return Ok(bytes);
        }
        Err(anyhow::Error::from(damage).context(format!(
            "{} ({} of feed {}) cannot be read again. What to do: save the file as it was received, unchanged, in \
             inbox/{} and run again, or bring store/{}/{} back from a backup (quarterday backup --verify COPY tells \
             whether one is whole); if nobody has it any more, `quarterday arrivals void {} --as ROLE --reason TEXT` \
             lets the file before it count",
            arrival.file,
            Receipt::number(arrival.number),
            arrival.feed,
            arrival.feed,
            arrival.sha256.get(..2).unwrap_or_default(),
            arrival.sha256,
            Receipt::number(arrival.number),
        )))
    }

    /// A file in the inbox of the arrival's feed with the content that was received.
    fn original(&self, arrival: &Arrival) -> Option<Vec<u8>> {
        let folder = self.originals.as_ref()?.join(&arrival.feed);
        let listing = inbox::scan(&folder).ok()?;
        listing.files.into_iter().find_map(|file| {
            let bytes = fs::read(&file.path).ok()?;
            (crate::sha256(&bytes) == arrival.sha256).then_some(bytes)
        })
    }
}
