//! From finished documents to letters that are kept, held for approval or let go, message by message.

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use chrono_tz::Europe::London;

use super::approve::{Addressed, address};
use super::documents::Finished;
use crate::dates::{add_days, add_months, long};
use crate::dispatch::{Enclosed, Form, Kept, Message, mask, short_name};
use crate::intake::store::Store;
use crate::ledger::{Approval, Batch, Blocked, Ledger, PackRecord, PackState, Purpose, Recall, Warrant};
use crate::pipeline::{Audience, Committee, Document, Job, Pipeline, Release, slug};

/// A letter to a committee.
pub struct Letter<'l> {
    /// The committee.
    pub committee: &'l Committee,
    /// The document that leads it.
    pub document: &'l Document,
    /// Whether it is sent for its period, and not because something happened: then it can wait for approval.
    pub regular: bool,
    /// What people call it.
    pub id: String,
    /// What it is, without committee and recipient: the first part of the keys of its messages.
    pub key: String,
    /// The period it reports, or the exception and event it is about.
    pub period: String,
    /// Its revision, from 1.
    pub revision: u32,
    /// A hash over what its documents say, whichever run says it.
    pub documents: String,
    /// Its forms, one for each audience.
    pub forms: Vec<LetterForm>,
}

/// A letter in the form for one audience.
pub struct LetterForm {
    /// Who may read it.
    pub audience: Audience,
    /// The subject.
    pub subject: String,
    /// Its messages: the text and what is attached.
    pub messages: Vec<(String, Vec<Finished>)>,
    /// What no message carries.
    pub linked: Vec<Finished>,
}

/// What became of the letters of a run.
#[derive(Debug, Default)]
pub struct Planning {
    /// The keys of the messages that may go.
    pub keys: Vec<String>,
    /// What somebody should look at.
    pub warnings: Vec<String>,
    /// Recipients who are sent nothing, each with the reason.
    pub blocked: Vec<String>,
    /// The packs that wait for a person.
    pub held: Vec<String>,
}

/// Where letters are planned.
pub struct Office<'o> {
    /// The pipeline.
    pub pipeline: &'o Pipeline,
    /// The job whose letters they are.
    pub job: &'o Job,
    /// The run.
    pub run: &'o str,
    /// The date it speaks of.
    pub as_of: NaiveDate,
    /// Whether it shows what would be sent: then nothing waits for approval.
    pub dry: bool,
    /// The moment, in RFC 3339, for the ledger.
    pub at: &'o str,
    /// Where letters, documents and messages are kept.
    pub store: &'o Store,
}

/// What the ledger knows before a letter is planned.
struct Past {
    packs: Vec<PackRecord>,
    out: Vec<String>,
    approvals: Vec<Approval>,
    recalls: Vec<Recall>,
}

impl Past {
    fn of(ledger: &Ledger) -> anyhow::Result<Self> {
        let messages = ledger.pack_messages()?.into_iter();
        Ok(Self {
            packs: ledger.packs()?,
            out: messages.filter(|m| m.purpose == Purpose::Pack).map(|m| m.pack).collect(),
            approvals: ledger.approvals()?,
            recalls: ledger.recalls()?,
        })
    }

    fn is_recalled(&self, id: &str) -> bool {
        self.recalls.iter().any(|r| r.pack == id)
    }

    /// A revision of this pack that was sent and is not recalled, if there is an earlier one.
    fn stands_before(&self, pack: &PackRecord, pipeline: &Pipeline) -> Option<&PackRecord> {
        let committee = pipeline.committees.iter().find(|c| c.id == pack.committee_id);
        let now = committee.zip(pipeline.documents.get(&pack.kind));
        let is_former = |kind: &str| now.is_some_and(|(c, document)| document.was_sent_as(kind, c));
        self.packs.iter().find(|p| {
            (&p.committee_id, &p.period) == (&pack.committee_id, &pack.period)
                && (p.kind == pack.kind || is_former(&p.kind))
                && p.revision < pack.revision
                && self.out.contains(&p.id)
                && !self.is_recalled(&p.id)
        })
    }

    fn is_approved(&self, pack: &PackRecord) -> bool {
        self.approvals.iter().any(|a| a.pack == pack.id && a.content == pack.content)
    }
}

impl Office<'_> {
    /// Keeps all letters in the store, and plans the messages of those that may go. A key is planned
    /// once: what was sent before stays as it was.
    ///
    /// # Errors
    /// If a message cannot be built, or the store or the ledger not be written.
    pub fn plan(&self, letters: &[Letter<'_>], ledger: &mut Ledger) -> anyhow::Result<Planning> {
        let mut planning = Planning::default();
        for letter in letters {
            let kept = self.keep(letter)?;
            let text = serde_json::to_string(&kept).context("a letter cannot be kept")?;
            let content = self.store.put(text.as_bytes()).context("the store cannot be written")?;
            let past = Past::of(ledger)?;
            let pack = self.record(letter, &kept, content);
            self.settle(letter, &kept, pack, &past, ledger, &mut planning)?;
        }
        Ok(planning)
    }

    /// Decides whether a letter goes, waits, or is one that went before.
    fn settle(
        &self,
        letter: &Letter<'_>,
        kept: &Kept,
        pack: PackRecord,
        past: &Past,
        ledger: &mut Ledger,
        planning: &mut Planning,
    ) -> anyhow::Result<()> {
        if past.is_recalled(&pack.id) {
            planning.warnings.push(format!(
                "{} was recalled and is not sent again: its documents are still the same",
                pack.id
            ));
            return Ok(());
        }
        if let Some(sent) = past.stands_before(&pack, self.pipeline) {
            planning.warnings.push(format!(
                "{} was sent before with other content; what was sent stays as it was. To send what this \
                 run made instead: quarterday recall {} --by ROLE --reason TEXT",
                sent.id, sent.id
            ));
            ledger.note_pack(&PackRecord { state: PackState::Withheld, ..pack })?;
            return self.send_on(letter, sent, ledger, planning);
        }
        let before = past.packs.iter().find(|p| p.id == pack.id);
        if let Some(sent) = before.filter(|b| b.state == PackState::Released && past.out.contains(&b.id)) {
            if sent.documents != pack.documents {
                planning.warnings.push(format!(
                    "{} was sent before with other content; what was sent stays as it was",
                    pack.id
                ));
            }
            return self.send_on(letter, sent, ledger, planning);
        }
        let waits = match letter.committee.release {
            _ if self.dry || !letter.regular => None,
            Release::Automatic => None,
            Release::Approval { within, remind } => Some((within, remind)),
        };
        let pack = match waits {
            Some((within, remind)) if !past.is_approved(&pack) => {
                let on =
                    |p: crate::pipeline::Period| Some(add_days(add_months(self.as_of, p.months), p.days));
                let fresh =
                    PackRecord { state: PackState::Held, remind: on(remind), expires: on(within), ..pack };
                // The same letter made again waits no longer than it did.
                let same = before.filter(|b| b.content == fresh.content && b.state == PackState::Held);
                let held = same.cloned().unwrap_or(fresh);
                let out = past.out.contains(&held.id);
                if !out {
                    ledger.note_pack(&held)?;
                    planning.held.push(held.id);
                }
                return Ok(());
            }
            _ => pack,
        };
        let batch = self.batch(letter, kept, &pack, ledger, planning)?;
        ledger.release(&pack, None, &batch)?;
        Ok(())
    }

    /// Sends a pack that went out before to those on the list who were not sent it yet: the letter that
    /// the others have.
    fn send_on(
        &self,
        letter: &Letter<'_>,
        sent: &PackRecord,
        ledger: &mut Ledger,
        planning: &mut Planning,
    ) -> anyhow::Result<()> {
        let bytes = self.store.get(&sent.content);
        let bytes = bytes.with_context(|| format!("the letter of {} cannot be read again", sent.id))?;
        let kept: Kept = serde_json::from_slice(&bytes)
            .with_context(|| format!("the letter of {} was written by another version", sent.id))?;
        // The ledger's key is the one that messages were planned under.
        let kept = Kept { key: sent.letter.clone(), ..kept };
        let batch = self.batch(letter, &kept, sent, ledger, planning)?;
        ledger.plan_more(&batch, self.at)?;
        Ok(())
    }

    /// The messages of a letter to the list of now; who is sent nothing is noted.
    fn batch<'b>(
        &'b self,
        letter: &Letter<'_>,
        kept: &Kept,
        pack: &'b PackRecord,
        ledger: &mut Ledger,
        planning: &mut Planning,
    ) -> anyhow::Result<Batch<'b>> {
        let Addressed { planned, blocked } =
            address(kept, letter.committee, self.pipeline, self.store, self.as_of)?;
        for (recipient, reason) in &blocked {
            let masked = mask(&recipient.address);
            planning.blocked.push(format!(
                "{} is not sent to the {} of the {} ({masked}): {reason}",
                pack.id, recipient.role, letter.committee.name
            ));
        }
        let blocked: Vec<Blocked> = blocked
            .into_iter()
            .map(|(recipient, reason)| Blocked {
                letter: kept.key.clone(),
                pack: pack.id.clone(),
                recipient: recipient.address.clone(),
                reason,
                run: self.run.to_owned(),
                as_of: self.as_of,
                at: self.at.to_owned(),
            })
            .collect();
        ledger.note_blocked(&kept.key, &blocked)?;
        planning.keys.extend(planned.iter().map(|p| p.key.clone()));
        Ok(Batch {
            pack: &pack.id,
            content: &pack.content,
            purpose: Purpose::Pack,
            warrant: Warrant::default(),
            messages: planned,
            run: self.run,
            as_of: self.as_of,
        })
    }

    /// The letter as it is kept; its documents go into the store.
    fn keep(&self, letter: &Letter<'_>) -> anyhow::Result<Kept> {
        let mail = &self.pipeline.mail;
        let mut forms = Vec::new();
        for form in &letter.forms {
            let mut messages = Vec::new();
            for (text, files) in &form.messages {
                messages.push(Message { text: text.clone(), files: self.enclose(files)? });
            }
            forms.push(Form {
                audience: form.audience,
                subject: form.subject.clone(),
                messages,
                linked: self.enclose(&form.linked)?,
            });
        }
        Ok(Kept {
            key: format!("{}/{}", letter.key, letter.committee.id),
            from: mail.from.clone(),
            reply: mail.reply.clone(),
            date: moment(self.as_of, self.job),
            forms,
        })
    }

    fn enclose(&self, files: &[Finished]) -> anyhow::Result<Vec<Enclosed>> {
        files
            .iter()
            .map(|file| {
                let sha256 = self.store.put(&file.bytes).context("the store cannot be written")?;
                Ok(Enclosed { name: file.name.clone(), sha256, bytes: file.bytes.len() })
            })
            .collect()
    }

    fn record(&self, letter: &Letter<'_>, kept: &Kept, content: String) -> PackRecord {
        PackRecord {
            id: letter.id.clone(),
            letter: kept.key.clone(),
            kind: letter.document.id.clone(),
            committee: letter.committee.name.clone(),
            committee_id: letter.committee.id.clone(),
            period: letter.period.clone(),
            revision: letter.revision,
            content,
            documents: letter.documents.clone(),
            run: self.run.to_owned(),
            as_of: self.as_of,
            state: PackState::Released,
            remind: None,
            expires: None,
            at: self.at.to_owned(),
        }
    }
}

/// What the operator is told on a date about packs that wait for approval.
pub fn packs_waiting(packs: &[PackRecord], made: &[String], as_of: NaiveDate) -> Vec<String> {
    let held = packs.iter().filter(|p| p.state == PackState::Held && p.as_of <= as_of);
    held.filter_map(|pack| {
        let (expires, remind) = (pack.expires?, pack.remind?);
        let what = format!("{} for the {}", pack.id, pack.committee);
        let approve = format!("quarterday approve {} --as ROLE --note TEXT", pack.id);
        if as_of > expires {
            let told = as_of <= add_days(expires, 7);
            let ended = long(expires);
            return told.then(|| {
                format!(
                    "{what} was not approved by {ended} and goes to nobody; run its job again to make a new one"
                )
            });
        }
        if made.contains(&pack.id) {
            return Some(format!("{what} waits for approval until {}: {approve}", long(expires)));
        }
        (as_of >= remind).then(|| {
            let since = long(pack.as_of);
            format!(
                "{what} has waited for approval since {since}, and can be approved until {}: {approve}",
                long(expires)
            )
        })
    })
    .collect()
}

/// The name of a message's file: readable, and different for different keys.
pub(crate) fn file_name(as_of: NaiveDate, key: &str) -> String {
    let readable: String = slug(key).chars().take(120).collect();
    let identity = short_name(key);
    format!("{as_of}-{readable}-{identity}.eml")
}

/// The moment that a message says it was written: the job's time on the as-of date.
pub(crate) fn moment(as_of: NaiveDate, job: &Job) -> DateTime<Utc> {
    let local = as_of.and_time(job.at);
    // An hour that the clocks skip in spring is the hour after it; one that comes twice is the first.
    let moment = London.from_local_datetime(&local).earliest();
    let moment =
        moment.or_else(|| London.from_local_datetime(&(local + chrono::Duration::hours(1))).earliest());
    moment.map_or_else(|| Utc.from_utc_datetime(&local), |m| m.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_that_waits_is_told_when_made_when_reminded_and_when_it_is_too_late() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let pack = PackRecord {
            id: "qc-2026-27-q1".into(),
            letter: "l".into(),
            kind: "quarterly-pack".into(),
            committee: "Quality Committee".into(),
            committee_id: "quality-committee".into(),
            period: "2026-27-q1".into(),
            revision: 1,
            content: "c".into(),
            documents: "d".into(),
            run: "quarterly-2026-07-14".into(),
            as_of: day("2026-07-14"),
            state: PackState::Held,
            remind: Some(day("2026-07-17")),
            expires: Some(day("2026-07-28")),
            at: String::new(),
        };
        let told =
            |made: &[String], on: &str| packs_waiting(std::slice::from_ref(&pack), made, day(on)).join("");
        assert!(
            told(std::slice::from_ref(&pack.id), "2026-07-14")
                .contains("until 28 July 2026: quarterday approve")
        );
        assert_eq!(told(&[], "2026-07-16"), "");
        assert!(told(&[], "2026-07-17").contains("has waited for approval since 14 July 2026"));
        assert!(told(&[], "2026-07-28").contains("has waited"), "the last day");
        assert!(told(&[], "2026-07-29").contains("goes to nobody"));
        assert_eq!(told(&[], "2026-08-05"), "");
        assert_eq!(told(&[], "2026-07-13"), "", "a rebuild of an earlier day");
    }
}
