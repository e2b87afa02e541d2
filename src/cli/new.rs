//! `quarterday new`: a small pipeline to begin with, and two sheets for it.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use clap::Args;
use include_dir::{Dir, include_dir};
use regex::{Captures, Regex};
use serde_json::json;

use super::Exit;
use super::invocation::{invocation, quoted};
use super::output::{failed, say, say_json};
use crate::disk::{make_folder, write_whole};
use crate::{clock, dates};

static STARTER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/pipelines/starter");

/// What every English board shares, from the shipped pipeline.
const SHARED: [(&str, &str); 3] = [
    ("calendar.toml", include_str!("../../pipelines/lancashire-south-cumbria/calendar.toml")),
    ("guard.toml", include_str!("../../pipelines/lancashire-south-cumbria/guard.toml")),
    ("names.toml", include_str!("../../pipelines/lancashire-south-cumbria/names.toml")),
];

/// The day on which the starter's dates were written. A folder made on another day has them moved by as much, so
/// that its concerns are recent and its recipients' reviews lie ahead.
const WRITTEN: NaiveDate = NaiveDate::from_ymd_opt(2026, 4, 1).expect("a date of the calendar");

#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// The folder: made if it is not there; it must be empty
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn new(args: &NewArgs) -> Exit {
    if let Err(error) = lay_out(&args.folder, clock::today()) {
        return failed(&error);
    }
    let [pipeline, data] = ["pipeline", "data"].map(|part| args.folder.join(part));
    if args.json {
        say_json(&json!({ "pipeline": pipeline, "data": data }));
        return Exit::Success;
    }
    say(&format!("{}  what you decide: edit these files", pipeline.display()));
    say(&format!("{}  what arrives: two sheets of invented practices lie in its inbox", data.display()));
    say("");
    say("What to do next");
    let program = invocation();
    let [inside, into] = [&pipeline, &data].map(|path| quoted(&path.display().to_string()));
    say(&format!("  {program} check --pipeline {inside}"));
    say(&format!("  {program} run monthly --pipeline {inside} --data {into}"));
    say(&format!("  {program} levels --data {into}"));
    say("");
    say(&format!("The second command writes a PDF into {}.", data.join("packs").display()));
    Exit::Success
}

fn lay_out(folder: &Path, today: NaiveDate) -> anyhow::Result<()> {
    match folder.read_dir() {
        Ok(mut inside) => {
            if inside.next().is_some() {
                bail!("{} is not empty; name a folder that is empty or not there yet", folder.display());
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_folder(folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?
        }
        Err(error) => {
            return Err(error).with_context(|| format!("the folder {} cannot be read", folder.display()));
        }
    }
    let days = dates::to_days(today) - dates::to_days(WRITTEN);
    let mut files = Vec::new();
    gather(&STARTER, &mut files);
    for (path, text) in files {
        write(&folder.join(path), &moved(text, days)?)?;
    }
    super::schema::write(&folder.join("schema"))?;
    SHARED.iter().try_for_each(|(name, text)| write(&folder.join("pipeline").join(name), text))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    write_whole(path, text.as_bytes()).with_context(|| format!("{} cannot be written", path.display()))
}

fn gather<'d>(dir: &'d Dir<'d>, files: &mut Vec<(&'d Path, &'d str)>) {
    files.extend(dir.files().filter_map(|file| Some((file.path(), file.contents_utf8()?))));
    dir.dirs().for_each(|inner| gather(inner, files));
}

/// The text with every date so many days later.
fn moved(text: &str, days: i32) -> anyhow::Result<String> {
    let date = Regex::new(r"\b\d{4}-\d{2}-\d{2}\b")?;
    let later = |found: &Captures<'_>| {
        let found = found.get(0).map_or("", |found| found.as_str());
        let date = found.parse::<NaiveDate>().map(|date| dates::add_days(date, days).to_string());
        date.unwrap_or_else(|_| found.to_owned())
    };
    Ok(date.replace_all(text, later).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_keep_their_distance_from_the_day_the_folder_is_made() {
        let text = "added = 2026-04-01\nreview = 2027-04-01  # version 1.0";
        assert_eq!(moved(text, 31).unwrap(), "added = 2026-05-02\nreview = 2027-05-02  # version 1.0");
        assert_eq!(moved("2026-02-30, 12026-04-011", 1).unwrap(), "2026-02-30, 12026-04-011");
    }

    #[test]
    fn a_folder_with_something_in_it_is_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("mine.txt"), "mine").unwrap();
        let error = lay_out(dir.path(), WRITTEN).unwrap_err();
        assert!(error.to_string().contains("is not empty"), "{error}");
        assert_eq!(dir.path().read_dir().unwrap().count(), 1);
        let file = lay_out(&dir.path().join("mine.txt"), WRITTEN).unwrap_err();
        assert!(file.to_string().contains("cannot be read"), "{file}");
    }
}
