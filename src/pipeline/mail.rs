//! How mail leaves: the sender, by which transport, and what is done with a message that did not arrive.

use super::address;
use super::checked::read_choice;
use super::limits::within;
use super::posting::Posting;
use super::reader::Table;
use super::smtp::Smtp;
use crate::diagnostic::Code;

/// How mail leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Name and address.
    pub from: String,
    /// Where answers go.
    pub reply: String,
    /// To which domains mail may go and how large it may be.
    pub posting: Posting,
    /// The mail server; without one, messages are left as files in the outbox folder.
    pub smtp: Option<Smtp>,
    /// When a message that was put off is tried again.
    pub retry: Retry,
    /// What is done with a message of which nobody knows whether it arrived.
    pub unknown: Unknown,
}

/// When a message that was put off is tried again. Each wait is twice the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// The wait after the first try, in minutes; with 0 whoever looks next tries again, the scheduler a minute later.
    pub first_wait: u32,
    /// The longest wait, in minutes.
    pub longest_wait: u32,
    /// After how many tries it is given up.
    pub tries: u32,
    /// After how many hours since it was first put off it is given up.
    pub hours: u32,
}

impl Default for Retry {
    fn default() -> Self {
        Self { first_wait: 15, longest_wait: 12 * 60, tries: 8, hours: 120 }
    }
}

/// What is done with a message of which nobody knows whether it arrived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unknown {
    /// A person decides.
    #[default]
    Hold,
    /// It is sent again with the same Message-ID; somebody may get it twice.
    Resend,
}

impl Mail {
    /// The addresses that messages show as the sender's, without names.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        [&self.from, &self.reply].into_iter().map(|text| address::bare(text))
    }

    pub(super) fn read(mut table: Table<'_>) -> Option<Self> {
        let report = table.report().clone();
        let (from, reply) = (table.text("from"), table.text("reply"));
        let posting = Posting::read(&mut table);
        for text in [&from, &reply].into_iter().flatten() {
            address::check_with_name(&report, text);
        }
        let by_smtp = read_choice(&mut table, "transport", &[("folder", false), ("smtp", true)]);
        let settings = table.table_or_none("smtp");
        if by_smtp == Some(true) && settings.is_none() {
            let help = Some("add [mail.smtp] with host = \"smtp.office365.com\"".to_owned());
            report.error(
                &table.at(),
                Code::MissingKey,
                "mail leaves by smtp, and there is no [mail.smtp]",
                help,
            );
        }
        // Settings that wait for their day are checked all the same.
        let smtp = settings.and_then(Smtp::read).filter(|_| by_smtp == Some(true));
        let retry = table.table_or_none("retry").map(read_retry).unwrap_or_default();
        let unknown = [("hold", Unknown::Hold), ("resend", Unknown::Resend)];
        let unknown = read_choice(&mut table, "unknown", &unknown).unwrap_or_default();
        Some(Self { from: from?.value, reply: reply?.value, posting, smtp, retry, unknown })
    }
}

fn read_retry(mut table: Table<'_>) -> Retry {
    let usual = Retry::default();
    let first_wait = within(&mut table, "first_wait_minutes", usual.first_wait, 0, 24 * 60);
    let mut count = |key: &str, usual: u32, most: u32| within(&mut table, key, usual, 1, most);
    let retry = Retry {
        first_wait,
        longest_wait: count("longest_wait_minutes", usual.longest_wait, 7 * 24 * 60),
        tries: count("tries", usual.tries, 100),
        hours: count("hours", usual.hours, 30 * 24),
    };
    if retry.longest_wait < retry.first_wait {
        let message = "the longest wait is shorter than the first";
        table.report().error(&table.at(), Code::BadValue, message, None);
    }
    retry
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::pipeline::{Folder, load};

    /// The mail settings with these lines after the addresses, or everything that is wrong with them.
    fn read(more: &str) -> Result<Mail, String> {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
        let mut folder = Folder::read(&dir).unwrap();
        let text = folder.get("pipeline.toml").unwrap();
        let (head, _) = text.split_once("[mail]").unwrap();
        let mail = "[mail]\nfrom = \"A <a@icb.example>\"\nreply = \"a@icb.example\"\n";
        folder.insert("pipeline.toml", format!("{head}{mail}{more}"));
        let loaded = load(&folder);
        let said: Vec<String> = loaded
            .diagnostics
            .iter()
            .map(|d| {
                let told = d.message.clone();
                d.help.as_ref().map_or(told.clone(), |help| format!("{told} ({help})"))
            })
            .collect();
        loaded.pipeline.map(|p| p.mail).ok_or(said.join("\n"))
    }

    #[test]
    fn mail_goes_to_the_folder_unless_the_pipeline_says_otherwise() {
        let mail = read("").unwrap();
        assert_eq!((mail.smtp, mail.retry, mail.unknown), (None, Retry::default(), Unknown::Hold));
        let waiting = read("[mail.smtp]\nhost = \"smtp.icb.example\"\n").unwrap();
        assert_eq!(waiting.smtp, None, "the settings are there, and the transport was not changed");
    }

    #[test]
    fn a_server_is_read_with_what_is_usual() {
        let mail = read(
            "transport = \"smtp\"\nunknown = \"resend\"\n[mail.smtp]\nhost = \"smtp.icb.example\"\n\
             auth = \"xoauth2\"\nuser_env = \"USER_NAME\"\nsecret_file = \"/run/secrets/mail\"\n\
             [mail.retry]\ntries = 3\n",
        )
        .unwrap();
        assert_eq!((mail.unknown, mail.retry.tries, mail.retry.first_wait), (Unknown::Resend, 3, 15));
        insta::assert_debug_snapshot!(mail.smtp.unwrap());
    }

    #[test]
    fn what_cannot_be_is_told_in_one_pass() {
        let said = [
            "transport = \"pigeon\"",
            "transport = \"smtp\"",
            "unknown = \"forget\"\n[mail.retry]\ntries = 0\nfirst_wait_minutes = 60\nlongest_wait_minutes = 5",
            "[mail.smtp]\nhost = \"relay.icb.example\"\nsecurity = \"none\"\nport = 70000",
            "[mail.smtp]\nhost = \"relay icb\"\nsecurity = \"opportunistic\"\nhello = \"a b\"\nca_file = \"ca.pem\"",
            "[mail.smtp]\nhost = \"h.example\"\nauth = \"plain\"\nuser_env = \"A\"\nuser_file = \"/a\"\nsecret = \"x\"",
            "[mail.smtp]\nhost = \"h.example\"\nsecret_env = \"A\"\nmessages_a_minute = 0",
            "[mail.smtp]\nhost = \"h.example\"\nauth = \"login\"\nuser_env = \"A B\"\nsecret_file = \"secrets/x\"",
        ]
        .map(|more| format!("{more}\n---\n{}\n", read(more).unwrap_err()));
        insta::assert_snapshot!(said.join("\n"));
    }
}
