//! How mail leaves: the sender.

use super::reader::Table;
use crate::diagnostic::Code;

/// The sender of mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Name and address.
    pub from: String,
    /// Where answers go.
    pub reply: String,
}

impl Mail {
    /// The addresses that messages show as the sender's, without names.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        let bare = |text: &'_ str| text.rsplit_once('<').map_or(0, |(name, _)| name.len() + 1);
        [&self.from, &self.reply].into_iter().map(move |text| text[bare(text)..].trim_end_matches('>'))
    }

    pub(super) fn read(mut table: Table<'_>) -> Option<Self> {
        let report = table.report().clone();
        let (from, reply) = (table.text("from"), table.text("reply"));
        for text in [&from, &reply].into_iter().flatten() {
            if text.value.parse::<lettre::message::Mailbox>().is_err() {
                let message = format!("`{}` is not a mail address", text.value);
                report.error(&text.at, Code::BadValue, message, None);
            }
        }
        Some(Self { from: from?.value, reply: reply?.value })
    }
}
