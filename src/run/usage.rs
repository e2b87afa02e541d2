//! What of a pipeline's aliases and maps the files of the last quarter used.

use anyhow::Context as _;
use chrono::{Days, NaiveDate};

use super::workspace::Workspace;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::intake::read::Reader;
use crate::intake::usage::Usage;
use crate::pipeline::Pipeline;
use crate::wording::list;

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
    let (store, reader) = (workspace.store(), Reader::chosen(pipeline.reading));
    let mut usage = Usage::default();
    for arrival in ledger.arrivals(last)?.iter().filter(|a| a.received > since) {
        let Some(feed) = pipeline.feed(&arrival.feed) else { continue };
        let bytes =
            store.get(&arrival.sha256).with_context(|| format!("{} cannot be read again", arrival.file))?;
        let book =
            reader.book(&bytes, &arrival.file).context("the process that reads files cannot be started")?;
        if let Ok(book) = book {
            usage.note(&book, feed);
        }
    }
    let mut out: Vec<Diagnostic> = Vec::new();
    for column in pipeline.feeds.iter().flat_map(|f| &f.layouts).flat_map(|l| &l.columns) {
        let (aliases, words) = usage.unmatched(column);
        for (names, what) in [(aliases, "aliases"), (words, "words of the map")] {
            if names.is_empty() {
                continue;
            }
            let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
            let message = format!(
                "{what} of \"{}\" that matched nothing since {}: {}",
                column.title,
                crate::dates::long(since),
                list(&quoted)
            );
            let warning = Diagnostic {
                severity: Severity::Warning,
                code: Code::Unmatched,
                file: column.declared.file.clone(),
                line: Some(column.declared.line),
                message,
                mend: Some("check their spelling, or take them out".to_owned()),
            };
            // Layouts that feeds share are told once.
            if !out.contains(&warning) {
                out.push(warning);
            }
        }
    }
    Ok(out)
}
