//! Letting packs go and calling them back: what is decided and the messages that follow from it, all or
//! nothing.

use rusqlite::params;

use super::pack_messages::plan;
use super::packs::put;
use super::{Approval, Batch, Ledger, PackRecord, Recall, Result};

impl Ledger {
    /// Lets a pack go: notes it, the approval if there is one, and plans its messages, all or nothing.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn release(
        &mut self,
        pack: &PackRecord,
        approval: Option<&Approval>,
        batch: &Batch<'_>,
    ) -> Result<()> {
        let transaction = self.begin()?;
        put(&transaction, pack)?;
        if let Some(approval) = approval {
            transaction.execute(
                "INSERT INTO approval (pack, content, role, note, dated, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    approval.pack,
                    approval.content,
                    approval.role,
                    approval.note,
                    approval.dated.to_string(),
                    approval.at
                ],
            )?;
        }
        plan(&transaction, batch, &pack.at)?;
        transaction.commit()?;
        Ok(())
    }

    /// Recalls a pack: notes it, stops what was not handed over, and plans the corrections and, where
    /// there is one, the pack that replaces it, all or nothing.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub fn recall(
        &mut self,
        recall: &Recall,
        corrections: &Batch<'_>,
        next: Option<(&PackRecord, Option<&Batch<'_>>)>,
    ) -> Result<()> {
        let transaction = self.begin()?;
        transaction.execute(
            "INSERT INTO recall (pack, role, reason, dated, at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (pack) DO NOTHING",
            params![recall.pack, recall.role, recall.reason, recall.dated.to_string(), recall.at],
        )?;
        let stopped = "state IN ('planned', 'retry', 'failed')
                 AND key IN (SELECT key FROM pack_message WHERE pack = ?1 AND purpose <> 'correction')";
        transaction.execute(
            &format!(
                "INSERT INTO dispatch_step (key, at, state, try, by, note)
                 SELECT key, ?2, 'withdrawn', coalesce((SELECT try FROM dispatch_step AS step
                     WHERE step.key = dispatch.key ORDER BY number DESC LIMIT 1), 0), ?3, 'its pack was recalled'
                 FROM dispatch WHERE {stopped}"
            ),
            params![recall.pack, recall.at, recall.role],
        )?;
        transaction
            .execute(&format!("UPDATE dispatch SET state = 'withdrawn' WHERE {stopped}"), [&recall.pack])?;
        plan(&transaction, corrections, &recall.at)?;
        if let Some((pack, batch)) = next {
            put(&transaction, pack)?;
            if let Some(batch) = batch {
                plan(&transaction, batch, &recall.at)?;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{DispatchState, PackState, Planned, Purpose, Step, Warrant};

    fn pack(id: &str, revision: u32) -> PackRecord {
        PackRecord {
            id: id.into(),
            letter: format!("quarterly-pack/2026-27-q1/r{revision}/quality-committee"),
            kind: "quarterly-pack".into(),
            committee: "Quality Committee".into(),
            committee_id: "quality-committee".into(),
            period: "2026-27-q1".into(),
            revision,
            content: "aa".into(),
            documents: "bb".into(),
            run: "quarterly-2026-07-14".into(),
            as_of: "2026-07-14".parse().unwrap(),
            state: PackState::Released,
            remind: None,
            expires: None,
            at: "2026-07-14T05:00:00Z".into(),
        }
    }

    fn batch<'b>(pack: &'b PackRecord, purpose: Purpose, keys: &[&str]) -> Batch<'b> {
        let messages = keys.iter().map(|key| Planned {
            key: (*key).into(),
            committee: pack.committee.clone(),
            recipient: "c@icb.example".into(),
            subject: "Pack".into(),
            sha256: "00".into(),
            file: format!("{key}.eml"),
        });
        Batch {
            pack: &pack.id,
            content: &pack.content,
            purpose,
            warrant: Warrant::default(),
            messages: messages.collect(),
            run: &pack.run,
            as_of: pack.as_of,
        }
    }

    #[test]
    fn a_recall_stops_what_was_not_handed_over_and_leaves_what_was() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let first = pack("qc-2026-27-q1", 1);
        ledger.release(&first, None, &batch(&first, Purpose::Pack, &["sent", "not-yet"])).unwrap();
        let at = "2026-07-14T05:00:00Z".parse().unwrap();
        ledger.note_step("sent", &Step::new(DispatchState::Sent, at, 1)).unwrap();
        let recall = Recall {
            pack: first.id.clone(),
            role: "Head of Quality".into(),
            reason: "A wrong extract.".into(),
            dated: first.as_of,
            at: first.at.clone(),
        };
        let corrections = batch(&first, Purpose::Correction, &["recall"]);
        ledger.recall(&recall, &corrections, None).unwrap();
        ledger.recall(&recall, &corrections, None).unwrap();
        let states: Vec<_> =
            ledger.dispatches().unwrap().into_iter().map(|d| (d.message.key, d.state)).collect();
        assert_eq!(
            states,
            [
                ("sent".to_owned(), DispatchState::Sent),
                ("not-yet".to_owned(), DispatchState::Withdrawn),
                ("recall".to_owned(), DispatchState::Planned),
            ]
        );
        assert_eq!(ledger.recalls().unwrap(), [recall]);
        assert_eq!(ledger.packs().unwrap(), [first]);
    }

    #[test]
    fn what_was_withdrawn_because_of_its_recipient_is_planned_again_as_it_is_now() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let first = pack("qc-2026-27-q1", 1);
        ledger.release(&first, None, &batch(&first, Purpose::Pack, &["his", "sent"])).unwrap();
        let at = "2026-07-14T05:00:00Z".parse().unwrap();
        ledger.note_step("his", &Step::new(DispatchState::Withdrawn, at, 3)).unwrap();
        ledger.note_step("sent", &Step::new(DispatchState::Sent, at, 1)).unwrap();
        let mut again = batch(&first, Purpose::Pack, &["his", "sent"]);
        (again.content, again.run) = ("cc", "later");
        again.messages.iter_mut().for_each(|message| message.sha256 = "11".into());
        ledger.plan_more(&again, "2026-07-20T05:00:00Z").unwrap();
        let found = |ledger: &Ledger, key: &str| {
            let d = ledger.dispatch(key).unwrap().unwrap();
            (d.state, d.message.sha256, d.run)
        };
        assert_eq!(found(&ledger, "his"), (DispatchState::Planned, "11".to_owned(), "later".to_owned()));
        assert_eq!(found(&ledger, "sent"), (DispatchState::Sent, "00".to_owned(), first.run.clone()));
        let steps = ledger.steps("his").unwrap();
        assert_eq!((steps.tries(), steps.last.unwrap().state), (0, DispatchState::Planned));
        let contents: Vec<String> = ledger.pack_messages().unwrap().into_iter().map(|m| m.content).collect();
        assert_eq!(contents, ["cc", "aa"]);

        let given_up = Step { by: Some("J. Doe".into()), ..Step::new(DispatchState::Withdrawn, at, 1) };
        ledger.note_step("his", &given_up).unwrap();
        ledger.plan_more(&again, "2026-07-20T06:00:00Z").unwrap();
        assert_eq!(found(&ledger, "his").0, DispatchState::Withdrawn, "a person gave it up");

        let recall = Recall {
            pack: first.id.clone(),
            role: "Head".into(),
            reason: "Wrong.".into(),
            dated: first.as_of,
            at: first.at.clone(),
        };
        ledger.recall(&recall, &batch(&first, Purpose::Correction, &[]), None).unwrap();
        ledger.plan_more(&again, "2026-07-21T05:00:00Z").unwrap();
        assert_eq!(found(&ledger, "his").0, DispatchState::Withdrawn, "its pack was recalled");
    }

    #[test]
    fn an_approval_and_its_messages_are_one_thing() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        let held = PackRecord {
            state: PackState::Held,
            expires: Some("2026-07-28".parse().unwrap()),
            ..pack("qc-2026-27-q1", 1)
        };
        ledger.note_pack(&held).unwrap();
        assert_eq!(ledger.pack("qc-2026-27-q1").unwrap(), Some(held.clone()));
        let approval = Approval {
            pack: held.id.clone(),
            content: held.content.clone(),
            role: "Head of Quality".into(),
            note: "Read.".into(),
            dated: held.as_of,
            at: held.at.clone(),
        };
        let released = PackRecord { state: PackState::Released, ..held };
        ledger.release(&released, Some(&approval), &batch(&released, Purpose::Pack, &["k"])).unwrap();
        assert_eq!(ledger.approvals().unwrap(), [approval]);
        assert_eq!(ledger.pack_messages().unwrap().len(), 1);
        assert_eq!(ledger.pack("qc-2026-27-q1").unwrap(), Some(released));
    }
}
