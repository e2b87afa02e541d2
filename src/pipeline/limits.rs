//! Times and sizes that an analyst sets; and `[inbox]` of `pipeline.toml`, which is made of them.

use std::time::Duration;

use super::reader::Table;
use crate::diagnostic::Code;

pub(super) const MEGABYTE: u64 = 1024 * 1024;

/// `[inbox]` of `pipeline.toml`: when a file in the inbox counts as whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// How long a file must lie unchanged.
    pub settle: Duration,
    /// How long a workbook whose end is missing must lie unchanged before it counts as damaged.
    pub half_file: Duration,
    /// The largest file that is read, in bytes.
    pub largest: u64,
}

impl Default for Watch {
    fn default() -> Self {
        let (settle, half_file) = (Duration::from_secs(3), Duration::from_secs(20));
        Self { settle, half_file, largest: 200 * MEGABYTE }
    }
}

impl Watch {
    pub(super) fn read(mut table: Table<'_>) -> Self {
        let usual = Self::default();
        Self {
            settle: seconds(&mut table, "settle_seconds", usual.settle),
            half_file: seconds(&mut table, "half_file_seconds", usual.half_file),
            largest: megabytes(&mut table, "largest_mb", usual.largest),
        }
    }
}

pub(super) fn seconds(table: &mut Table<'_>, key: &str, usual: Duration) -> Duration {
    let Some(found) = table.number_or_none(key) else { return usual };
    match Duration::try_from_secs_f64(found.value) {
        Ok(duration) if found.value <= 3600.0 => duration,
        _ => {
            let message = format!("`{key}` is {}; it takes seconds from 0 to 3,600", found.value);
            table.report().error(&found.at, Code::BadValue, message, None);
            usual
        }
    }
}

pub(super) fn at_least_one(table: &mut Table<'_>, key: &str, usual: u32) -> u32 {
    let Some(found) = table.count_or_none(key) else { return usual };
    if found.value == 0 {
        let message = format!("`{key}` is 0; it takes a whole number from 1");
        table.report().error(&found.at, Code::BadValue, message, None);
        return usual;
    }
    found.value
}

pub(super) fn megabytes(table: &mut Table<'_>, key: &str, usual: u64) -> u64 {
    let usual = u32::try_from(usual / MEGABYTE).unwrap_or(u32::MAX);
    u64::from(at_least_one(table, key, usual)) * MEGABYTE
}

/// A whole number that may be left out and must lie within limits.
pub(super) fn within(table: &mut Table<'_>, key: &str, usual: u32, least: u32, most: u32) -> u32 {
    let Some(found) = table.count_or_none(key) else { return usual };
    if !(least..=most).contains(&found.value) {
        let message = format!("`{key}` is {}; it can be {least} to {most}", found.value);
        table.report().error(&found.at, Code::BadValue, message, None);
    }
    found.value
}
