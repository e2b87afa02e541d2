//! A message as bytes, through lettre. Everything in it comes from what it says and from its key in the
//! outbox: the same message has the same bytes whenever it is built.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::address::AddressError;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Attachment as Part, Body, Mailbox, MultiPart, MultiPartKind, SinglePart};
use thiserror::Error;

/// Why a message cannot be built.
#[derive(Debug, Error)]
pub enum MessageError {
    /// An address that is none.
    #[error("`{0}` is not a mail address: {1}")]
    Address(String, AddressError),
    /// What lettre refuses.
    #[error("the message cannot be built: {0}")]
    Build(#[from] lettre::error::Error),
    /// A body that cannot be encoded.
    #[error("the attachment {0} cannot be encoded")]
    Encoding(String),
}

/// The sender of a message.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'s> {
    /// Name and address.
    pub from: &'s str,
    /// Where answers go.
    pub reply: &'s str,
}

/// A file that goes with a message.
#[derive(Debug, Clone)]
pub struct Attachment<'b> {
    /// Its name, in ASCII: some mail readers show others garbled.
    pub name: String,
    /// Its type: `application/pdf`.
    pub content_type: &'static str,
    /// Its bytes.
    pub bytes: &'b [u8],
}

/// Builds the message for one recipient. `key` is its key in the outbox; `date` the moment it says it was
/// written, which comes from the as-of date and not from the clock.
///
/// # Errors
/// If an address is none, or lettre refuses a part.
pub fn build(
    sender: Sender<'_>,
    recipient: &str,
    subject: &str,
    text: &str,
    attachments: &[Attachment<'_>],
    key: &str,
    date: DateTime<Utc>,
) -> Result<Vec<u8>, MessageError> {
    let from = mailbox(sender.from)?;
    let identity = crate::sha256(key.as_bytes());
    let domain = from.email.domain().to_owned();
    let builder = lettre::Message::builder()
        .from(from)
        .reply_to(mailbox(sender.reply)?)
        .to(mailbox(recipient)?)
        .subject(subject)
        .date(SystemTime::from(date))
        .message_id(Some(format!("<{}@{domain}>", &identity[..40])));
    let mut parts = MultiPart::builder()
        .kind(MultiPartKind::Mixed)
        .boundary(format!("quarterday-{}", &identity[40..]))
        .singlepart(SinglePart::plain(text.to_owned()));
    for attachment in attachments {
        parts = parts.singlepart(part(attachment)?);
    }
    Ok(builder.multipart(parts)?.formatted())
}

pub(super) fn mailbox(text: &str) -> Result<Mailbox, MessageError> {
    text.parse().map_err(|error| MessageError::Address(text.to_owned(), error))
}

/// An attachment in base64, whatever its bytes look like: lettre would send a PDF of plain ASCII as text.
pub(super) fn part(attachment: &Attachment<'_>) -> Result<SinglePart, MessageError> {
    let failed = || MessageError::Encoding(attachment.name.clone());
    let body = Body::new_with_encoding(attachment.bytes.to_vec(), ContentTransferEncoding::Base64);
    let content_type = ContentType::parse(attachment.content_type).map_err(|_| failed())?;
    Ok(Part::new(attachment.name.clone()).body(body.map_err(|_| failed())?, content_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(key: &str) -> String {
        let sender = Sender { from: "Framework <framework@icb.example>", reply: "framework@icb.example" };
        let pdf =
            Attachment { name: "pack.pdf".into(), content_type: "application/pdf", bytes: b"%PDF-1.7 ascii" };
        let date = "2026-07-14T05:00:00Z".parse().unwrap();
        let text = "Practices: 196 \u{2013} as at 14 July 2026";
        let bytes = build(sender, "chair@icb.example", "Pack, Q1 2026-27", text, &[pdf], key, date).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_same_message_has_the_same_bytes() {
        assert_eq!(message("a"), message("a"));
        assert_ne!(message("a"), message("b"));
        insta::assert_snapshot!(message("pack/2026-27-q1/1/group/chair@icb.example").replace("\r\n", "\n"));
    }

    #[test]
    fn a_line_end_in_a_subject_starts_no_header() {
        let sender = Sender { from: "f@icb.example", reply: "f@icb.example" };
        let date = "2026-07-14T05:00:00Z".parse().unwrap();
        let bytes = build(sender, "c@icb.example", "x\r\nBcc: e@e.example", "t", &[], "k", date).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.lines().any(|line| line.starts_with("Bcc:")), "{text}");
    }
}
