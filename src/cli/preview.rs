//! `quarterday preview`: one document as it would be made now, touching nothing.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;

use super::Exit;
use super::output::{complain, failed, pipeline, say, say_json, warn};
use crate::clock;
use crate::ledger::RunRecord;
use crate::run::preview::{Wanted, preview as make};
use crate::wording::plural;
use crate::workspace::Workspace;

#[derive(Debug, Args)]
pub(super) struct PreviewArgs {
    /// The document: the name of its file in the pipeline's folder `documents`
    document: String,
    /// The practice, of a document about each practice or exception; the first if left out
    #[arg(long, value_name = "CODE")]
    practice: Option<String>,
    /// The place or network, of a document about each of these; the first if left out
    #[arg(long, value_name = "NAME")]
    place: Option<String>,
    /// The committee it is shown for; the first that gets it if left out
    #[arg(long, value_name = "COMMITTEE")]
    committee: Option<String>,
    /// The pipeline folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_PIPELINE")]
    pipeline: PathBuf,
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// The date it speaks of; that of the last run if left out
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<NaiveDate>,
    /// Where the PDF goes; DOCUMENT-preview.pdf in the present folder if left out
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Prints what the document says as JSON, and writes no PDF
    #[arg(long)]
    json: bool,
}

pub(super) fn preview(args: &PreviewArgs) -> Exit {
    let pipeline = match pipeline(&args.pipeline) {
        Ok(pipeline) => pipeline,
        Err(exit) => return exit,
    };
    let workspace = Workspace::new(&args.data);
    let last = workspace.existing_ledger().ok().flatten().and_then(|ledger| ledger.run(None).ok().flatten());
    let as_of = args.as_of.or_else(|| last.map(|run: RunRecord| run.as_of)).unwrap_or_else(clock::today);
    let wanted = Wanted {
        document: &args.document,
        committee: args.committee.as_deref(),
        practice: args.practice.as_deref(),
        place: args.place.as_deref(),
    };
    let made = match make(&pipeline, &workspace, as_of, &wanted) {
        Ok(made) => made,
        Err(error) => return failed(&error),
    };
    for reason in &made.refused {
        warn(&format!("it would be refused: {reason}"));
    }
    if args.json {
        say_json(&made.paper);
        return Exit::Success;
    }
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}-preview.pdf", args.document)));
    if let Err(error) = std::fs::write(&out, &made.rendered.bytes) {
        complain(&format!("{} cannot be written: {error}", out.display()));
        return Exit::Failure;
    }
    say(&format!(
        "{}: {}, as at {as_of}, for the {}",
        out.display(),
        plural(made.rendered.pages.len(), "page", "pages"),
        made.paper.head.committee
    ));
    Exit::Success
}
