//! `[operator]`: who is told when the program cannot do its job, by which path, and from when on.

use super::checked::read_choice;
use super::reader::Table;
use super::smtp::Smtp;
use super::timing::read_span;
use crate::diagnostic::Code;

/// How messages to the operator leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Not at all: they lie in the folder `operator`.
    Folder,
    /// On the standard input of a program, such as `sendmail -i -t`.
    Command(Vec<String>),
    /// Through a mail server, which had better not be the one that the committees' mail goes through.
    Smtp(Smtp),
}

/// The operator, and what counts as trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The address; the one that answers go to if left out.
    pub address: Option<String>,
    /// How each message leaves, besides the copy in the folder `operator`.
    pub told: Told,
    /// Minutes after which a file that no run has looked at is stuck.
    pub inbox_stuck: u32,
    /// Minutes after its time by which a job must have been run.
    pub overdue: u32,
    /// Minutes after which a job that has not ended is stopped.
    pub run_limit: u32,
    /// Minutes by which the clock may be ahead of the last date in the ledger; what a clock further ahead says
    /// is not believed.
    pub clock_jump: u32,
    /// Megabytes (of 1,000,000 bytes) that must be free on the disk of the data folder.
    pub disk_free_mb: u32,
    /// Days before its end on which a decision is listed as expiring.
    pub decision_days: u32,
}

impl Default for Operator {
    fn default() -> Self {
        Self {
            address: None,
            told: Told::Folder,
            inbox_stuck: 26 * 60,
            overdue: 2 * 60,
            run_limit: 6 * 60,
            clock_jump: 400 * 24 * 60,
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
            super::address::check_with_name(&report, &address);
            out.address = Some(address.value);
        }
        out.told = read_told(&mut table);
        for (key, minutes) in [
            ("inbox_stuck", &mut out.inbox_stuck),
            ("overdue", &mut out.overdue),
            ("run_limit", &mut out.run_limit),
            ("clock_jump", &mut out.clock_jump),
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

/// Reads `transport` and what belongs to it.
fn read_told(table: &mut Table<'_>) -> Told {
    let report = table.report().clone();
    let words = ["folder", "command", "smtp"].map(|word| (word, word));
    let transport = read_choice(table, "transport", &words).unwrap_or("folder");
    let command = table.texts("command");
    if let Some(first) = command.first().filter(|_| transport != "command") {
        let help = Some("write transport = \"command\", or take `command` out".to_owned());
        report.error(&first.at, Code::BadValue, "`command` is not used by this transport", help);
    }
    let settings = table.table_or_none("smtp");
    let missing = |what: &str, help: &str| {
        let message = format!("the transport is {transport}, and {what} is missing");
        report.error(&table.at(), Code::MissingKey, message, Some(help.to_owned()));
        Told::Folder
    };
    match transport {
        "command" if command.is_empty() => {
            missing("`command`", "write for instance command = [\"/usr/sbin/sendmail\", \"-i\", \"-t\"]")
        }
        "command" => Told::Command(command.into_iter().map(|c| c.value).collect()),
        "smtp" if settings.is_none() => {
            missing("[operator.smtp]", "add [operator.smtp] with host = \"relay.icb.example\"")
        }
        "smtp" => settings.and_then(Smtp::read).map_or(Told::Folder, Told::Smtp),
        // Settings that wait for their day are checked all the same.
        _ => {
            settings.and_then(Smtp::read);
            Told::Folder
        }
    }
}
