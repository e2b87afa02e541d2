//! From finished documents to messages, planned in one transaction.

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use chrono_tz::Europe::London;

use super::documents::Finished;
use crate::dispatch::{Attachment, Sender, build, short_name};
use crate::intake::store::Store;
use crate::ledger::{Ledger, Planned};
use crate::pipeline::{Committee, Job, Pipeline, Recipient, slug};

/// A message to all recipients of a committee.
pub struct Letter<'l> {
    /// The committee.
    pub committee: &'l Committee,
    /// What it is, without the recipient: the first part of its key.
    pub key: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// What is attached.
    pub files: Vec<Finished>,
}

impl Letter<'_> {
    /// The key of the message to one recipient.
    pub fn key_of(&self, recipient: &Recipient) -> String {
        format!("{}/{}/{}", self.key, self.committee.id, recipient.address)
    }
}

/// Builds the messages of all letters, keeps their bytes in the store, and plans those whose key is new.
/// Gives the keys of all of them, and warns of those that were sent before with another content.
///
/// # Errors
/// If a message cannot be built, or the store or the ledger not be written.
pub fn plan(
    letters: &[Letter<'_>],
    pipeline: &Pipeline,
    job: &Job,
    as_of: NaiveDate,
    run: &str,
    store: &Store,
    ledger: &mut Ledger,
) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    let sender = Sender { from: &pipeline.mail.from, reply: &pipeline.mail.reply };
    let date = moment(as_of, job);
    let (mut planned, mut warnings) = (Vec::new(), Vec::new());
    for letter in letters {
        let attachments: Vec<Attachment<'_>> = letter
            .files
            .iter()
            .map(|f| Attachment { name: f.name.clone(), content_type: "application/pdf", bytes: &f.bytes })
            .collect();
        let mut changed = false;
        for recipient in &letter.committee.recipients {
            let key = letter.key_of(recipient);
            let bytes =
                build(sender, &recipient.address, &letter.subject, &letter.text, &attachments, &key, date)?;
            let sha256 = store.put(&bytes).context("the store cannot be written")?;
            let known = ledger.dispatch(&key)?;
            changed |= known.is_some_and(|d| d.message.sha256 != sha256);
            planned.push(Planned {
                file: file_name(as_of, &key),
                key,
                committee: letter.committee.name.clone(),
                recipient: recipient.address.clone(),
                subject: letter.subject.clone(),
                sha256,
            });
        }
        if changed {
            warnings.push(format!(
                "\"{}\" was sent to the {} before with other content; what was sent stays as it was",
                letter.subject, letter.committee.name
            ));
        }
    }
    ledger.plan(&planned, run, as_of)?;
    Ok((planned.into_iter().map(|p| p.key).collect(), warnings))
}

/// The name of a message's file: readable, and different for different keys.
pub(super) fn file_name(as_of: NaiveDate, key: &str) -> String {
    let readable: String = slug(key).chars().take(120).collect();
    let identity = short_name(key);
    format!("{as_of}-{readable}-{identity}.eml")
}

/// The moment that a message says it was written: the job's time on the as-of date.
pub(super) fn moment(as_of: NaiveDate, job: &Job) -> DateTime<Utc> {
    let local = as_of.and_time(job.at);
    // An hour that the clocks skip in spring is the hour after it; one that comes twice is the first.
    let moment = London.from_local_datetime(&local).earliest();
    let moment =
        moment.or_else(|| London.from_local_datetime(&(local + chrono::Duration::hours(1))).earliest());
    moment.map_or_else(|| Utc.from_utc_datetime(&local), |m| m.to_utc())
}
