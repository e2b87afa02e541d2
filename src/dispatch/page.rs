//! A message that says one thing as text and as a page, for readers of either.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::message::{MultiPart, MultiPartKind, SinglePart};

use super::message::{Attachment, MessageError, Sender, mailbox, part};

/// Builds the message for one recipient, as [`super::build`] does, with the page as the richer form of the
/// text.
///
/// # Errors
/// If an address is none, or lettre refuses a part.
#[allow(clippy::too_many_arguments)]
pub fn build_with_page(
    sender: Sender<'_>,
    recipient: &str,
    subject: &str,
    text: &str,
    page: &str,
    attachments: &[Attachment<'_>],
    key: &str,
    date: DateTime<Utc>,
) -> Result<Vec<u8>, MessageError> {
    let from = mailbox(sender.from)?;
    let identity = crate::sha256(key.as_bytes());
    let (id, boundary) = identity.split_at(40);
    let domain = from.email.domain().to_owned();
    let builder = lettre::Message::builder()
        .from(from)
        .reply_to(mailbox(sender.reply)?)
        .to(mailbox(recipient)?)
        .subject(subject)
        .date(SystemTime::from(date))
        .message_id(Some(format!("<{id}@{domain}>")));
    let said = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(format!("quarterday-said-{boundary}"))
        .singlepart(SinglePart::plain(text.to_owned()))
        .singlepart(SinglePart::html(page.to_owned()));
    if attachments.is_empty() {
        return Ok(builder.multipart(said)?.formatted());
    }
    let mut parts = MultiPart::builder()
        .kind(MultiPartKind::Mixed)
        .boundary(format!("quarterday-{boundary}"))
        .multipart(said);
    for attachment in attachments {
        parts = parts.singlepart(part(attachment)?);
    }
    Ok(builder.multipart(parts)?.formatted())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(attachments: &[Attachment<'_>]) -> Vec<u8> {
        let sender = Sender { from: "Framework <framework@icb.example>", reply: "framework@icb.example" };
        let date = "2026-07-14T05:00:00Z".parse().unwrap();
        let page = "<p>3 rows read \u{2013} 2 accepted</p>";
        let text = "3 rows read \u{2013} 2 accepted";
        build_with_page(sender, "lead@icb.example", "Receipt", text, page, attachments, "k", date).unwrap()
    }

    #[test]
    fn one_content_in_two_forms_and_the_same_bytes() {
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
