//! `[operator]`: who is told when the program cannot do its job, by which path, and from when on.

use super::checked::read_choice;
use super::reader::Table;
use super::timing::read_span;
use crate::diagnostic::Code;

/// The operator, and what counts as trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The address; the one that answers go to if left out.
    pub address: Option<String>,
    /// A program that gets each message on its standard input, besides the copy in the folder `operator`.
    pub command: Option<Vec<String>>,
    /// Minutes after which a file that no run has looked at is stuck.
    pub inbox_stuck: u32,
    /// Minutes after its time by which a job must have been run.
    pub overdue: u32,
    /// Minutes after which a job that has not ended is stopped.
    pub run_limit: u32,
    /// Megabytes (of 1,000,000 bytes) that must be free on the disk of the data folder.
    pub disk_free_mb: u32,
    /// Days before its end on which a decision is listed as expiring.
    pub decision_days: u32,
}

impl Default for Operator {
    fn default() -> Self {
        Self {
            address: None,
            command: None,
            inbox_stuck: 26 * 60,
            overdue: 2 * 60,
            run_limit: 6 * 60,
            disk_free_mb: 2000,
            decision_days: 60,
        }
    }
}

impl Operator {
    /// Reads `[operator]`; what is left out is as in [`Operator::default`].
    pub(super) fn read(mut table: Table<'_>) -> Self {
        let report = table.report().clone();
        let mut out = Self::default();
        if let Some(address) = table.text_or_none("address") {
            if address.value.parse::<lettre::message::Mailbox>().is_err() {
                let message = format!("`{}` is not a mail address", address.value);
                report.error(&address.at, Code::BadValue, message, None);
            }
            out.address = Some(address.value);
        }
        let by_command = read_choice(&mut table, "transport", &[("folder", false), ("command", true)]);
        let command = table.texts("command");
        match (by_command, command.first()) {
            (Some(true), None) => {
                let mend = "write for instance command = [\"/usr/sbin/sendmail\", \"-i\", \"-t\"]";
                let message = "the transport is a command, and `command` is missing";
                report.error(&table.at(), Code::MissingKey, message, Some(mend.to_owned()));
            }
            (Some(true), Some(_)) => out.command = Some(command.into_iter().map(|c| c.value).collect()),
            (_, Some(first)) => {
                let mend = Some("write transport = \"command\", or take `command` out".to_owned());
                report.error(&first.at, Code::BadValue, "`command` is not used by this transport", mend);
            }
            (_, None) => {}
        }
        for (key, minutes) in [
            ("inbox_stuck", &mut out.inbox_stuck),
            ("overdue", &mut out.overdue),
            ("run_limit", &mut out.run_limit),
        ] {
            let Some(text) = table.text_or_none(key) else { continue };
            match read_span(&text.value) {
                Some(span) => *minutes = span,
                None => {
                    let message =
                        format!("`{key}` is \"{}\"; it takes a time such as \"26 hours\"", text.value);
                    report.error(&text.at, Code::BadValue, message, None);
                }
            }
        }
        for (key, number) in
            [("disk_free_mb", &mut out.disk_free_mb), ("decision_days", &mut out.decision_days)]
        {
            if let Some(count) = table.count_or_none(key) {
                *number = count.value;
            }
        }
        out
    }
}
