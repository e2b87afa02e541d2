//! What waits in the outbox to be handed over, and since when: the scheduler asks between jobs.

use chrono::{DateTime, Utc};

use super::{Ledger, Result, moment};

/// What waits in the outbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Whether a message was planned and not handed over, or interrupted in it.
    pub planned: bool,
    /// From when on the first message that was put off may be tried again.
    pub retry_from: Option<DateTime<Utc>>,
    /// Since when nobody knows the fate of messages, each with its tries.
    pub unknown: Vec<(DateTime<Utc>, u32)>,
    /// When a transport was last used.
    pub last_try: Option<DateTime<Utc>>,
    /// How often since then nothing could be handed over at all: no server, or wrong settings.
    pub in_vain: u32,
}

impl Ledger {
    /// What waits in the outbox; messages of unknown fate only below so many tries.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn waiting(&self, unknown_below: u32) -> Result<Waiting> {
        let one = |sql: &str| self.connection.query_row(sql, [], |row| row.get::<_, Option<String>>(0));
        let planned: i64 = self.connection.query_row(
            "SELECT count(*) FROM dispatch WHERE state IN ('planned', 'sending')",
            [],
            |row| row.get(0),
        )?;
        let last_step = "dispatch JOIN dispatch_step AS step ON step.number =
             (SELECT max(number) FROM dispatch_step WHERE key = dispatch.key)";
        let retry = one(&format!(
            "SELECT min(coalesce(step.not_before, step.at)) FROM {last_step} WHERE dispatch.state = 'retry'"
        ))?;
        let last = one("SELECT max(at) FROM dispatch_step WHERE transport IS NOT NULL")?;
        let in_vain = self.connection.query_row(
            "SELECT count(*) FROM dispatch_step WHERE transport IS NOT NULL AND state = 'planned'
             AND number > coalesce((SELECT max(number) FROM dispatch_step WHERE state = 'sent'), 0)",
            [],
            |row| row.get(0),
        )?;
        let mut statement = self.connection.prepare(&format!(
            "SELECT step.at, step.try FROM {last_step} WHERE dispatch.state = 'unknown' AND step.try < ?1
             AND NOT EXISTS (SELECT 1 FROM pack_message JOIN recall ON recall.pack = pack_message.pack
                 WHERE pack_message.key = dispatch.key AND pack_message.purpose <> 'correction')"
        ))?;
        let rows = statement.query_map([unknown_below], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        let mut unknown = Vec::new();
        for row in rows {
            let (at, tries) = row?;
            unknown.push((moment(&at)?, tries));
        }
        Ok(Waiting {
            planned: planned > 0,
            retry_from: retry.as_deref().map(moment).transpose()?,
            unknown,
            last_try: last.as_deref().map(moment).transpose()?,
            in_vain,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{DispatchState, Planned, Step};

    #[test]
    fn what_waits_is_read_from_the_last_step_of_each_message() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&dir.path().join("ledger.sqlite")).unwrap();
        assert_eq!(ledger.waiting(9).unwrap(), Waiting::default());
        let planned: Vec<Planned> = ["a", "b", "c"]
            .map(|key| Planned {
                key: key.into(),
                committee: "Group".into(),
                recipient: "a@icb.example".into(),
                subject: "Pack".into(),
                sha256: "00".into(),
                file: format!("{key}.eml"),
            })
            .into();
        ledger.plan(&planned, "r", "2026-07-14".parse().unwrap()).unwrap();
        assert_eq!(ledger.waiting(9).unwrap(), Waiting { planned: true, ..Waiting::default() });

        let at = |minute: u32| format!("2026-07-14T05:{minute:02}:00Z").parse::<DateTime<Utc>>().unwrap();
        let mut note = |key: &str, state, minute, not_before: Option<u32>| {
            let step = Step {
                transport: Some("smtp".into()),
                not_before: not_before.map(at),
                ..Step::new(state, at(minute), 1)
            };
            ledger.note_step(key, &step).unwrap();
        };
        note("a", DispatchState::Retry, 1, Some(20));
        note("b", DispatchState::Retry, 2, Some(9));
        note("b", DispatchState::Retry, 9, Some(30));
        note("c", DispatchState::Planned, 10, None);
        note("c", DispatchState::Planned, 11, None);
        let (retry_from, last_try) = (Some(at(20)), Some(at(11)));
        let expected = Waiting { planned: true, retry_from, last_try, in_vain: 2, unknown: Vec::new() };
        assert_eq!(ledger.waiting(9).unwrap(), expected);
        let mut note = |key: &str, state, minute| {
            let step = Step { transport: Some("smtp".into()), ..Step::new(state, at(minute), 1) };
            ledger.note_step(key, &step).unwrap();
        };
        note("a", DispatchState::Sent, 21);
        note("b", DispatchState::Failed, 31);
        note("c", DispatchState::Unknown, 32);
        let known = Waiting { last_try: Some(at(32)), ..Waiting::default() };
        assert_eq!(ledger.waiting(1).unwrap(), known);
        assert_eq!(ledger.waiting(2).unwrap(), Waiting { unknown: vec![(at(32), 1)], ..known });
    }
}
