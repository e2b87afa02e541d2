//! `owners.toml`: who gets the receipts of which feeds, and how much a receipt tells.

use super::checked::read_choice;
use super::feed::Feed;
use super::reader::{At, Report, Table};
use crate::diagnostic::{Code, likely};

/// Who answers for feeds, and what receipts look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipts {
    /// Entries under one heading of a receipt; the others are counted.
    pub entries: usize,
    /// Rows and levels that a receipt names where a file replaces another.
    pub changes: usize,
    /// Who gets receipts by mail.
    pub owners: Vec<Owner>,
}

impl Default for Receipts {
    fn default() -> Self {
        Self { entries: 100, changes: 10, owners: Vec::new() }
    }
}

/// The owner of feeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The role, as feeds name it under `owner`.
    pub role: String,
    /// The addresses that get the receipts.
    pub addresses: Vec<String>,
    /// Which receipts are sent.
    pub sent: Sent,
}

/// Which receipts an owner is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sent {
    /// The receipt of every file.
    #[default]
    Every,
    /// Only those with something to correct.
    ToCorrect,
}

impl Receipts {
    /// The owner of a feed, where it has an address.
    pub fn owner(&self, feed: &Feed) -> Option<&Owner> {
        self.owners.iter().find(|owner| owner.role == feed.owner)
    }

    /// Reads `owners.toml`.
    pub(super) fn read(mut file: Table<'_>) -> (Self, Vec<(String, At)>) {
        let report = file.report().clone();
        let mut out = Self::default();
        if let Some(mut table) = file.table_or_none("receipts") {
            for (key, value) in [("entries", &mut out.entries), ("changes", &mut out.changes)] {
                if let Some(count) = table.count_or_none(key) {
                    *value = usize::try_from(count.value).unwrap_or(usize::MAX);
                    if *value == 0 {
                        let message = format!("`{key}` is 0, so nothing would be told");
                        report.error(&count.at, Code::BadValue, message, Some("write at least 1".to_owned()));
                    }
                }
            }
        }
        let mut places = Vec::new();
        for mut table in file.tables("owner") {
            let role = table.text("role");
            let none = !table.has("receipts_to");
            let addresses = table.addresses("receipts_to");
            let sent =
                read_choice(&mut table, "sent", &[("every", Sent::Every), ("to correct", Sent::ToCorrect)]);
            if none {
                let message = "an owner needs `receipts_to`, a list of mail addresses";
                report.error(&table.at(), Code::MissingKey, message, None);
            }
            let Some(role) = role else { continue };
            if out.owners.iter().any(|owner| owner.role == role.value) {
                let message = format!("there are two owners `{}`", role.value);
                report.error(&role.at, Code::DuplicateName, message, None);
            }
            places.push((role.value.clone(), role.at));
            out.owners.push(Owner { role: role.value, addresses, sent: sent.unwrap_or_default() });
        }
        (out, places)
    }
}

/// Notes owners that no feed names.
pub(super) fn check(report: &Report, owners: &[(String, At)], feeds: &[Feed]) {
    for (role, at) in owners.iter().filter(|(role, _)| feeds.iter().all(|feed| feed.owner != *role)) {
        let help = likely(role, feeds.iter().map(|feed| feed.owner.as_str()))
            .map(|near| format!("did you mean `{near}`?"));
        let message = format!("no feed has the owner `{role}`, so nothing is sent to it");
        report.warning(at, Code::UnknownName, message, help);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::pipeline::{Folder, load};

    #[test]
    fn everything_wrong_with_the_owners_is_told_with_its_line() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
        let mut folder = Folder::read(&dir).unwrap();
        folder.insert(
            "owners.toml",
            "[receipts]\nentries = 0\n\n[[owner]]\nrole = \"Analist\"\nreceipts_to = [\"analyst at icb\"]\n\n\
             [[owner]]\nrole = \"Estates lead\"\nsent = \"never\"\n",
        );
        let said: Vec<String> = load(&folder).diagnostics.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "owners.toml:2: error [bad-value]: `entries` is 0, so nothing would be told\n    \
                 help: write at least 1",
                "owners.toml:5: warning [unknown-name]: no feed has the owner `Analist`, so nothing is sent \
                 to it\n    help: did you mean `Analyst`?",
                "owners.toml:6: error [bad-value]: `analyst at icb` is not a mail address: it has no @",
                "owners.toml:8: error [missing-key]: an owner needs `receipts_to`, a list of mail addresses",
                "owners.toml:10: error [bad-value]: `sent` is \"never\"; it can be \"every\", \"to correct\"",
            ]
        );
    }
}
