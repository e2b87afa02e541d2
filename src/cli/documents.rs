//! `quarterday documents`: what each committee would get, from which job, and why.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::Exit;
use super::output::{pipeline, say, say_json};
use crate::clock;
use crate::dates::long;
use crate::pipeline::{About, Audience, Committee, Document, Job, Pipeline};
use crate::wording::{list, plural};

#[derive(Debug, Args)]
pub(super) struct DocumentsArgs {
    /// The pipeline folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_PIPELINE")]
    pipeline: PathBuf,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

/// A document that a committee gets.
#[derive(Debug, Serialize)]
struct Gets {
    committee: String,
    document: String,
    about: String,
    period: String,
    audience: Audience,
    jobs: Vec<String>,
    next: Option<String>,
    why: String,
}

pub(super) fn documents(args: &DocumentsArgs) -> Exit {
    let pipeline = match pipeline(&args.pipeline) {
        Ok(pipeline) => pipeline,
        Err(exit) => return exit,
    };
    let all: Vec<Gets> = pipeline
        .committees
        .iter()
        .flat_map(|committee| {
            let documents = pipeline.documents_of(&committee.documents);
            documents.map(|document| gets(&pipeline, committee, document)).collect::<Vec<_>>()
        })
        .collect();
    if args.json {
        say_json(&all);
        return Exit::Success;
    }
    for committee in &pipeline.committees {
        let people = plural(committee.recipients.len(), "recipient", "recipients");
        say(&format!("{} ({people})", committee.name));
        for gets in all.iter().filter(|gets| gets.committee == committee.name) {
            say(&format!("  {}", gets.document));
            say(&format!("      {}", gets.why));
        }
    }
    let nobodys = pipeline.documents.keys();
    let nobodys = nobodys.filter(|id| !pipeline.committees.iter().any(|c| c.documents.contains(id)));
    for id in nobodys {
        say(&format!("nobody gets {id}"));
    }
    Exit::Success
}

fn gets(pipeline: &Pipeline, committee: &Committee, document: &Document) -> Gets {
    let jobs: Vec<&Job> = pipeline.jobs.iter().filter(|job| job.documents.contains(&document.id)).collect();
    let about = match document.about {
        About::Board => "the board".to_owned(),
        About::EachPlace => match &committee.place {
            Some(place) => format!("{place} alone"),
            None => "each place".to_owned(),
        },
        About::EachNetwork => "each network".to_owned(),
        About::EachPractice => match &document.filter {
            Some(condition) => format!("each practice with {}", condition.text()),
            None => "each practice".to_owned(),
        },
        About::EachException => "each exception that opens, worsens, is breached or closes".to_owned(),
    };
    let now = clock::now().naive_local();
    let next = jobs.iter().filter_map(|job| job.times_after(&pipeline.calendar, now).next()).min();
    let names: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
    let named = match committee.audience {
        Audience::Named => "practices are named",
        Audience::Public => "no practice is named",
    };
    let with = match &document.goes_with {
        Some(leader) if committee.documents.contains(leader) => format!(", in the message of {leader}"),
        _ => String::new(),
    };
    let made = match (names.is_empty(), next) {
        (true, _) => "no job makes it".to_owned(),
        (false, None) => format!("made by {}", list(&names)),
        (false, Some(next)) => format!("made by {}, next on {}", list(&names), long(next.date())),
    };
    Gets {
        committee: committee.name.clone(),
        document: document.id.clone(),
        why: format!("about {about}, of a {}; {named}; {made}{with}", document.period.word()),
        about,
        period: document.period.word().to_owned(),
        audience: committee.audience,
        jobs: names.into_iter().map(str::to_owned).collect(),
        next: next.map(|next| next.date().to_string()),
    }
}
