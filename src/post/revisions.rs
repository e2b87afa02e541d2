//! Which revision of a pack the documents of a run are: what was sent is not sent again in other words,
//! and what differs from it is a new revision.

use std::collections::BTreeSet;

use crate::ledger::{Ledger, LedgerError, PackRecord, Purpose};
use crate::pipeline::{Committee, Document};

/// What the ledger knows of the packs made before.
#[derive(Debug, Clone, Default)]
pub struct Revisions {
    packs: Vec<PackRecord>,
    /// Those of which messages were planned.
    out: BTreeSet<String>,
}

impl Revisions {
    /// What the ledger knows.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn of(ledger: &Ledger) -> Result<Self, LedgerError> {
        let messages = ledger.pack_messages()?.into_iter();
        let out = messages.filter(|m| m.purpose == Purpose::Pack).map(|m| m.pack).collect();
        Ok(Self { packs: ledger.packs()?, out })
    }

    fn of_document<'a>(
        &'a self,
        committee: &'a Committee,
        document: &'a Document,
        period: &'a str,
    ) -> impl Iterator<Item = &'a PackRecord> {
        self.packs.iter().filter(move |p| {
            p.committee_id == committee.id && document.was_sent_as(&p.kind, committee) && p.period == period
        })
    }

    /// What the keys of the messages of a revision begin with: one that was sent before keeps the id that the
    /// document had then, so that nobody is sent it twice.
    pub fn kind<'a>(
        &'a self,
        committee: &'a Committee,
        document: &'a Document,
        period: &'a str,
        revision: u32,
    ) -> &'a str {
        let mut known = self.of_document(committee, document, period);
        let known = known.find(|p| p.revision == revision && self.out.contains(&p.id));
        known.map_or(&document.id, |p| &p.kind)
    }

    /// The revision of a pack with these documents: that of the same documents, or else the newest one
    /// as long as nobody was sent it, or else the next.
    pub fn number(&self, committee: &Committee, document: &Document, period: &str, documents: &str) -> u32 {
        let mut same: Vec<&PackRecord> = self.of_document(committee, document, period).collect();
        same.sort_by_key(|p| p.revision);
        if let Some(known) = same.iter().rev().find(|p| p.documents == documents) {
            return known.revision;
        }
        match same.last() {
            None => 1,
            Some(last) if !self.out.contains(&last.id) => last.revision,
            Some(last) => last.revision + 1,
        }
    }
}

/// A hash over documents by name and hash, each counted once, whatever their order.
pub fn fingerprint<'d>(documents: impl Iterator<Item = (&'d str, &'d str)>) -> String {
    let lines: BTreeSet<String> = documents.map(|(name, sha256)| format!("{sha256} {name}\n")).collect();
    crate::sha256(lines.into_iter().collect::<String>().as_bytes())
}

/// What people call a pack: `pcqg-2026-27-q1`, and `pcqg-2026-27-q1-r2` for its second revision.
pub fn pack_id(committee: &Committee, document: &Document, period: &str, revision: u32) -> String {
    let parts = [committee.short.as_str(), &document.tag, period];
    let id = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    match revision {
        0 | 1 => id,
        later => format!("{id}-r{later}"),
    }
}

/// What people call an alert: `qc-alert-3f09a2c1`.
pub fn alert_id(committee: &Committee, key: &str) -> String {
    let digits: String = crate::sha256(key.as_bytes()).chars().take(8).collect();
    format!("{}-alert-{digits}", committee.short)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::recipients::tests::committee;
    use crate::documents::sample::Sample;
    use crate::ledger::PackState;
    use crate::pipeline::Outside;

    fn record(revision: u32, documents: &str) -> PackRecord {
        let day = "2026-07-14".parse().unwrap();
        PackRecord {
            id: match revision {
                1 => "qc-2026-27-q1".to_owned(),
                later => format!("qc-2026-27-q1-r{later}"),
            },
            letter: format!("r{revision}"),
            kind: "quarterly-pack".into(),
            committee: "Quality Committee".into(),
            committee_id: "quality-committee".into(),
            period: "2026-27-q1".into(),
            revision,
            content: String::new(),
            documents: documents.into(),
            run: "quarterly-2026-07-14".into(),
            as_of: day,
            state: PackState::Released,
            remind: None,
            expires: None,
            at: String::new(),
        }
    }

    #[test]
    fn what_was_sent_keeps_its_number_and_what_differs_gets_the_next() {
        let committee = committee(Outside::Block);
        let sample = Sample::new("2026-07-14");
        // An earlier version sent it as the pack.
        let document = &sample.pipeline.documents["exceptions"];
        let number = |packs: &[PackRecord], out: &[&str], documents: &str| {
            let out = out.iter().map(|id| (*id).to_owned()).collect();
            Revisions { packs: packs.to_vec(), out }.number(&committee, document, "2026-27-q1", documents)
        };
        assert_eq!(number(&[], &[], "a"), 1);
        assert_eq!(number(&[record(1, "a")], &["qc-2026-27-q1"], "a"), 1);
        assert_eq!(number(&[record(1, "a")], &["qc-2026-27-q1"], "b"), 2);
        assert_eq!(number(&[record(1, "a")], &[], "b"), 1, "nobody was sent it yet");
        let both = [record(1, "a"), record(2, "b")];
        assert_eq!(number(&both, &["qc-2026-27-q1"], "c"), 2, "the correction is not out");
        assert_eq!(number(&both, &["qc-2026-27-q1", "qc-2026-27-q1-r2"], "c"), 3);
        assert_eq!(number(&both, &["qc-2026-27-q1", "qc-2026-27-q1-r2"], "a"), 1, "the first, made again");
    }
}
