//! What of a pipeline's aliases and maps the files of the last quarter used.

use std::collections::BTreeMap;

use anyhow::Context as _;
use chrono::{Days, NaiveDate};

use super::state::Files;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::intake::usage::Usage;
use crate::pipeline::Pipeline;
use crate::wording::list;
use crate::workspace::Workspace;

/// The days that count as the last quarter.
const QUARTER: Days = Days::new(92);

/// Warns of aliases and of words of maps that matched nothing in the files received in the last quarter
/// before the last file. Columns that no file had are passed over: the feed says enough of those.
///
/// # Errors
/// If the ledger or the store cannot be read.
pub fn unmatched(workspace: &Workspace, pipeline: &Pipeline) -> anyhow::Result<Vec<Diagnostic>> {
    let Some(ledger) = workspace.existing_ledger().context("the ledger cannot be read")? else {
        return Ok(Vec::new());
    };
    let Some(last) = ledger.last_received().context("the ledger cannot be read")? else {
        return Ok(Vec::new());
    };
    let since = last.checked_sub_days(QUARTER).unwrap_or(NaiveDate::MIN);
    let files =
        Files::new(workspace.store(), pipeline).knowing(&ledger).context("the ledger cannot be read")?;
    let mut usage = Usage::default();
    for arrival in ledger.arrivals(last)?.iter().filter(|a| a.received > since) {
        let Some(feed) = pipeline.feed(&arrival.feed) else { continue };
        if let Ok(book) = files.book(arrival)? {
            usage.note(&book, feed);
        }
    }
    Ok(told(pipeline, &usage, since))
}

/// One warning for each file of the pipeline, so that what was misspelt is found among what merely was not
/// needed this time.
fn told(pipeline: &Pipeline, usage: &Usage, since: NaiveDate) -> Vec<Diagnostic> {
    // Layouts that feeds share stand in one file, and each of their columns is told once.
    let mut found: BTreeMap<&str, BTreeMap<(u32, &str), String>> = BTreeMap::new();
    for column in pipeline.feeds.iter().flat_map(|f| &f.layouts).flat_map(|l| &l.columns) {
        let (aliases, words) = usage.unmatched(column);
        for (names, what) in [(aliases, "aliases"), (words, "words of the map")] {
            if names.is_empty() {
                continue;
            }
            let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
            let line = column.declared.line;
            let said = format!("{what} of \"{}\" (line {line}): {}", column.title, list(&quoted));
            found.entry(&column.declared.file).or_default().insert((line, what), said);
        }
    }
    let warning = |(file, columns): (&str, BTreeMap<(u32, &str), String>)| {
        let first = columns.keys().next().map(|(line, _)| *line);
        let said: Vec<String> = columns.into_values().collect();
        let since = crate::dates::long(since);
        Diagnostic {
            severity: Severity::Warning,
            code: Code::Unmatched,
            file: file.to_owned(),
            line: first,
            message: format!("what no file received since {since} used: {}", said.join("; ")),
            help: Some(
                "correct what is misspelt and take out what is not needed; the rest does no harm".into(),
            ),
            follows: false,
        }
    };
    found.into_iter().map(warning).collect()
}
