//! A letter as it is kept: everything that its messages say, but for the recipient. It lies in the store
//! under its hash, and that hash is what a person approves: the messages are built from it alone, so what
//! was approved is what is sent, today or as a copy years later.

use std::io;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::message::{Attachment, Content, MessageError, Sender, build};
use crate::pipeline::Audience;

/// A letter to a committee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What it is and for which committee: the first part of the keys of its messages.
    pub key: String,
    /// The sender's name and address.
    pub from: String,
    /// Where answers go.
    pub reply: String,
    /// The moment that its messages say they were written.
    pub date: DateTime<Utc>,
    /// Its forms, one for each audience.
    pub forms: Vec<Form>,
}

/// A letter in the form for one audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Who may read it.
    pub audience: Audience,
    /// The subject.
    pub subject: String,
    /// Its messages; more than one if it is too large for one.
    pub messages: Vec<Message>,
    /// The documents that no message carries and that the text says how to get.
    pub linked: Vec<Enclosed>,
}

/// One message of a letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The text.
    pub text: String,
    /// What is attached.
    pub files: Vec<Enclosed>,
}

/// A document that goes with a letter; its bytes lie in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosed {
    /// The name of its file.
    pub name: String,
    /// The SHA-256 of its bytes.
    pub sha256: String,
    /// How many bytes it has.
    pub bytes: usize,
}

/// Why a kept letter cannot be made into messages.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// A message cannot be built.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// The store no longer has a document as it was.
    #[error("the document {0} of the letter cannot be read again: {1}")]
    Document(String, io::Error),
    /// It has no form for this audience.
    #[error("the letter has no form for this recipient")]
    NoForm,
}

/// How the messages for one recipient differ from those for the others.
#[derive(Debug, Clone, Copy)]
pub struct Address<'a> {
    /// The mail address.
    pub to: &'a str,
    /// Which form.
    pub audience: Audience,
    /// Whether the subject says `[secure]`.
    pub marked: bool,
    /// Which copy it is; none for the first time.
    pub copy: Option<Copied>,
}

/// A copy of a letter.
#[derive(Debug, Clone, Copy)]
pub struct Copied {
    /// Its number for this recipient, from 1.
    pub number: u32,
    /// The moment that it says it was written.
    pub date: DateTime<Utc>,
}

/// A message with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// Its key in the outbox.
    pub key: String,
    /// Its subject.
    pub subject: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Kept {
    /// The form for an audience.
    pub fn form(&self, audience: Audience) -> Option<&Form> {
        self.forms.iter().find(|f| f.audience == audience)
    }

    /// The audiences it has a form for.
    pub fn audiences(&self) -> Vec<Audience> {
        self.forms.iter().map(|f| f.audience).collect()
    }

    /// The documents of all forms, each once: attached or linked.
    pub fn documents(&self) -> Vec<&Enclosed> {
        let mut out: Vec<&Enclosed> = Vec::new();
        for form in &self.forms {
            for file in form.messages.iter().flat_map(|m| &m.files).chain(&form.linked) {
                if !out.contains(&file) {
                    out.push(file);
                }
            }
        }
        out
    }

    /// The messages for one recipient; the same each time they are built.
    ///
    /// # Errors
    /// If there is no form for the recipient, a document is gone, or lettre refuses a part.
    pub fn build(
        &self,
        address: Address<'_>,
        read: impl Fn(&str) -> io::Result<Vec<u8>>,
    ) -> Result<Vec<Built>, KeptError> {
        let form = self.form(address.audience).ok_or(KeptError::NoForm)?;
        let count = form.messages.len();
        let mut out = Vec::new();
        for (index, message) in form.messages.iter().enumerate() {
            let number = index + 1;
            let key = self.key_of(address.to, address.copy, number);
            let subject = subject(&form.subject, address, number, count);
            let text = match address.copy {
                Some(copy) => format!("{}{}", preface(copy.number), message.text),
                None => message.text.clone(),
            };
            let mut files = Vec::new();
            for file in &message.files {
                let bytes = read(&file.sha256).map_err(|e| KeptError::Document(file.name.clone(), e))?;
                files.push((file.name.clone(), bytes));
            }
            let attachments: Vec<Attachment<'_>> = files
                .iter()
                .map(|(name, bytes)| Attachment {
                    name: name.clone(),
                    content_type: "application/pdf",
                    bytes,
                })
                .collect();
            let sender = Sender { from: &self.from, reply: &self.reply };
            let date = address.copy.map_or(self.date, |copy| copy.date);
            let content = Content { subject: &subject, text: &text, page: None, attachments: &attachments };
            let bytes = build(sender, address.to, content, &key, date)?;
            out.push(Built { key, subject, bytes });
        }
        Ok(out)
    }

    /// The key of a message in the outbox.
    fn key_of(&self, to: &str, copy: Option<Copied>, number: usize) -> String {
        let copy = copy.map(|copy| format!("/copy-{}", copy.number)).unwrap_or_default();
        let message = if number > 1 { format!("/message-{number}") } else { String::new() };
        format!("{}/{to}{copy}{message}", self.key)
    }
}

fn subject(subject: &str, address: Address<'_>, number: usize, count: usize) -> String {
    let secure = if address.marked { "[secure] " } else { "" };
    let copy = address.copy.map(|copy| format!("Copy {}: ", copy.number)).unwrap_or_default();
    let part = if count > 1 { format!(" ({number} of {count})") } else { String::new() };
    format!("{secure}{copy}{subject}{part}")
}

/// What a copy says before the text of the letter.
fn preface(copy: u32) -> String {
    format!(
        "This is copy {copy} of a message that was sent before. Its documents are the same,\n\
         byte for byte; nothing in them is newer than in the first.\n\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Kept {
        let file = |name: &str, bytes: &[u8]| Enclosed {
            name: name.into(),
            sha256: crate::sha256(bytes),
            bytes: bytes.len(),
        };
        let message = |text: &str, files| Message { text: text.into(), files };
        Kept {
            key: "quarterly-pack/2026-27-q1/r1/quality-committee".into(),
            from: "f@icb.example".into(),
            reply: "f@icb.example".into(),
            date: "2026-07-14T05:00:00Z".parse().unwrap(),
            forms: vec![Form {
                audience: Audience::Named,
                subject: "Pack".into(),
                messages: vec![
                    message("One.", vec![file("a.pdf", b"a")]),
                    message("Two.", vec![file("b.pdf", b"b")]),
                ],
                linked: Vec::new(),
            }],
        }
    }

    fn read(sha256: &str) -> io::Result<Vec<u8>> {
        let known = [b"a", b"b"].into_iter().find(|b| crate::sha256(*b) == sha256);
        known.map(|b| b.to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    #[test]
    fn a_copy_has_keys_of_its_own_and_the_same_documents() {
        let first = Address { to: "c@icb.example", audience: Audience::Named, marked: false, copy: None };
        let copied = Copied { number: 2, date: "2026-08-01T09:00:00Z".parse().unwrap() };
        let copy = Address { copy: Some(copied), marked: true, ..first };
        let (sent, again) = (kept().build(first, read).unwrap(), kept().build(copy, read).unwrap());
        let said = |built: &[Built]| -> Vec<(String, String)> {
            built.iter().map(|b| (b.key.clone(), b.subject.clone())).collect()
        };
        let key = "quarterly-pack/2026-27-q1/r1/quality-committee/c@icb.example";
        assert_eq!(
            said(&sent),
            [
                (key.to_owned(), "Pack (1 of 2)".to_owned()),
                (format!("{key}/message-2"), "Pack (2 of 2)".into())
            ]
        );
        assert_eq!(
            said(&again),
            [
                (format!("{key}/copy-2"), "[secure] Copy 2: Pack (1 of 2)".to_owned()),
                (format!("{key}/copy-2/message-2"), "[secure] Copy 2: Pack (2 of 2)".into())
            ]
        );
        assert_eq!(again, kept().build(copy, read).unwrap(), "the same bytes each time");
        assert!(String::from_utf8_lossy(&again[0].bytes).contains("This is copy 2"));
        assert!(String::from_utf8_lossy(&again[0].bytes).contains("Date: Sat, 01 Aug 2026"));
    }

    #[test]
    fn a_document_that_is_gone_is_told() {
        let address = Address { to: "c@icb.example", audience: Audience::Named, marked: false, copy: None };
        let gone = kept().build(address, |_| Err(io::ErrorKind::NotFound.into()));
        assert!(gone.unwrap_err().to_string().contains("a.pdf"));
        let public = Address { audience: Audience::Public, ..address };
        assert!(matches!(kept().build(public, read), Err(KeptError::NoForm)));
    }
}
