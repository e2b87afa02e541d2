//! Who took notice of an exception.

use chrono::NaiveDate;
use serde::Serialize;

use crate::dates::short;

/// Somebody took notice of an exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The role of the person.
    pub role: String,
    /// When.
    pub dated: NaiveDate,
    /// The last day on which it stands, if it ends.
    pub until: Option<NaiveDate>,
    /// What the person noted.
    pub note: String,
}

impl Notice {
    /// As a paper prints it.
    pub fn in_words(&self) -> String {
        let until = self.until.map(|until| format!(", until {}", short(until))).unwrap_or_default();
        format!("Acknowledged by the {} on {}{until}: {}", self.role, short(self.dated), self.note)
    }
}
