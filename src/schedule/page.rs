//! `status.html`: a static page in the data folder, without scripts and without anything from elsewhere.
//! Practices stand in it by their codes.

use std::path::Path;

use serde::Serialize;

use super::status::{Status, feed_words};
use crate::dates::short;
use crate::disk::write_whole;
use crate::render::Templates;

/// What the template sees besides the status: texts that need a rule of wording.
#[derive(Debug, Serialize)]
struct Words {
    feeds: Vec<[String; 5]>,
    exceptions: Vec<[String; 5]>,
    decisions: Vec<[String; 5]>,
    data_as_at: String,
}

/// The page of a status.
///
/// # Errors
/// If the template asks for something that the status does not have.
pub fn page(status: &Status) -> anyhow::Result<String> {
    let date = |date: Option<chrono::NaiveDate>| date.map(short).unwrap_or_else(|| "none".to_owned());
    let words = Words {
        feeds: status
            .feeds
            .iter()
            .map(|f| {
                let file = f.file.clone().unwrap_or_else(|| "none".to_owned());
                [f.title.clone(), f.owner.clone(), file, date(f.freshness.received), feed_words(f)]
            })
            .collect(),
        exceptions: status
            .exceptions
            .iter()
            .map(|e| {
                let clock = if e.breached { "BREACHED" } else { "running" };
                [
                    e.exception.clone(),
                    e.practice.clone(),
                    e.level.to_string(),
                    date(e.known),
                    clock.to_owned(),
                ]
            })
            .collect(),
        decisions: status
            .decisions
            .iter()
            .map(|d| {
                let left = match d.days_left {
                    days if days < 0 => "ended".to_owned(),
                    days => crate::wording::plural(usize::try_from(days).unwrap_or(0), "day", "days"),
                };
                [d.practice.clone(), d.level.to_string(), d.decided_by.clone(), short(d.until), left]
            })
            .collect(),
        data_as_at: status.data_as_at.map_or_else(|| "no run yet".to_owned(), crate::dates::long),
    };
    Ok(Templates::new()?
        .page("status/status.html", &[("status", &value(status)?), ("words", &value(&words)?)])?)
}

fn value(of: &impl Serialize) -> anyhow::Result<serde_json::Value> {
    Ok(serde_json::to_value(of)?)
}

/// Writes the page into the data folder.
///
/// # Errors
/// If it cannot be made or written.
pub fn write(data: &Path, status: &Status) -> anyhow::Result<()> {
    write_whole(&data.join("status.html"), page(status)?.as_bytes())?;
    Ok(())
}
