//! A message as bytes, through lettre. Everything in it comes from what it says and from its key in the
//! outbox: the same message has the same bytes whenever it is built.

use std::time::SystemTime;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
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
    /// A date that no message can have.
    #[error("a message cannot be dated {0}: only the years 1970 to 9999 can stand in it")]
    Date(NaiveDate),
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

/// What a message says.
#[derive(Debug, Clone, Copy)]
pub struct Content<'c> {
    /// Its subject.
    pub subject: &'c str,
    /// Its text.
    pub text: &'c str,
    /// The same as a page, for readers who prefer it.
    pub page: Option<&'c str>,
    /// The files that go with it.
    pub attachments: &'c [Attachment<'c>],
}

/// Builds the message for one recipient. `key` is its key in the outbox; `date` the moment it says it was
/// written, which comes from the as-of date and not from the clock.
///
/// # Errors
/// If an address is none, lettre refuses a part, or the date is not between 1970 and 9999.
pub fn build(
    sender: Sender<'_>,
    recipient: &str,
    content: Content<'_>,
    key: &str,
    date: DateTime<Utc>,
) -> Result<Vec<u8>, MessageError> {
    if !(1970..=9999).contains(&date.year()) {
        return Err(MessageError::Date(date.date_naive()));
    }
    let from = mailbox(sender.from)?;
    let identity = crate::sha256(key.as_bytes());
    let (id, boundary) = identity.split_at(40);
    let domain = from.email.domain().to_owned();
    let builder = lettre::Message::builder()
        .from(from)
        .reply_to(mailbox(sender.reply)?)
        .to(mailbox(recipient)?)
        .subject(content.subject)
        .date(SystemTime::from(date))
        .message_id(Some(format!("<{id}@{domain}>")));
    let mixed = MultiPart::builder().kind(MultiPartKind::Mixed).boundary(format!("quarterday-{boundary}"));
    let text = SinglePart::plain(content.text.to_owned());
    let said = content.page.map(|page| {
        MultiPart::builder()
            .kind(MultiPartKind::Alternative)
            .boundary(format!("quarterday-said-{boundary}"))
            .singlepart(text.clone())
            .singlepart(SinglePart::html(page.to_owned()))
    });
    let parts = match said {
        Some(said) if content.attachments.is_empty() => said,
        said => {
            let parts = match said {
                Some(said) => mixed.multipart(said),
                None => mixed.singlepart(text),
            };
            let attached = |parts: MultiPart, file| Ok::<_, MessageError>(parts.singlepart(part(file)?));
            content.attachments.iter().try_fold(parts, attached)?
        }
    };
    Ok(builder.multipart(parts)?.formatted())
}

fn mailbox(text: &str) -> Result<Mailbox, MessageError> {
    text.parse().map_err(|error| MessageError::Address(text.to_owned(), error))
}

/// An attachment in base64, whatever its bytes look like: lettre would send a PDF of plain ASCII as text.
fn part(attachment: &Attachment<'_>) -> Result<SinglePart, MessageError> {
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
        let content = Content { subject: "Pack, Q1 2026-27", text, page: None, attachments: &[pdf] };
        let bytes = build(sender, "chair@icb.example", content, key, date).unwrap();
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
        let subject = "x\r\nBcc: e@e.example";
        let content = Content { subject, text: "t", page: None, attachments: &[] };
        let bytes = build(sender, "c@icb.example", content, "k", date).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.lines().any(|line| line.starts_with("Bcc:")), "{text}");
    }

    #[test]
    fn a_date_that_no_message_can_have_is_an_error() {
        let sender = Sender { from: "f@icb.example", reply: "f@icb.example" };
        let content = Content { subject: "s", text: "t", page: None, attachments: &[] };
        let on = |date: &str| build(sender, "c@icb.example", content, "k", date.parse().unwrap());
        for date in ["1960-01-01T05:00:00Z", "-0001-01-01T05:00:00Z", "+12000-01-01T05:00:00Z"] {
            assert!(on(date).unwrap_err().to_string().contains("1970 to 9999"), "{date}");
        }
        assert!(on("1970-01-01T05:00:00Z").is_ok() && on("9999-12-31T05:00:00Z").is_ok());
    }

    #[test]
    fn one_content_in_two_forms_and_the_same_bytes() {
        let message = |attachments: &[Attachment<'_>]| {
            let sender = Sender { from: "Framework <f@icb.example>", reply: "f@icb.example" };
            let date = "2026-07-14T05:00:00Z".parse().unwrap();
            let page = Some("<p>3 rows read \u{2013} 2 accepted</p>");
            let text = "3 rows read \u{2013} 2 accepted";
            let content = Content { subject: "Receipt", text, page, attachments };
            build(sender, "lead@icb.example", content, "k", date).unwrap()
        };
        let copy = Attachment { name: "a.xlsx".into(), content_type: "application/zip", bytes: b"PK" };
        let bytes = message(std::slice::from_ref(&copy));
        assert_eq!(bytes, message(&[copy]));
        let parsed = mail_parser::MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(parsed.body_text(0).unwrap(), "3 rows read \u{2013} 2 accepted");
        assert_eq!(parsed.body_html(0).unwrap(), "<p>3 rows read \u{2013} 2 accepted</p>");
        assert_eq!(parsed.attachment_count(), 1);
        let bare = message(&[]);
        assert_eq!(mail_parser::MessageParser::default().parse(&bare).unwrap().attachment_count(), 0);
    }
}
