//! `quarterday check`: everything that is wrong with a pipeline folder, in one pass.

use serde_json::json;

use super::as_of::asked;
use super::excerpt::excerpt;
use super::output::{complain, complain_of, say, say_json, summary};
use super::{CheckArgs, Exit};
use crate::diagnostic::{Severity, lines};
use crate::known::past_levels::past_levels;
use crate::known::usage::unmatched;
use crate::pipeline::{Folder, load, out_of_date, upkeep};
use crate::render::template_faults;
use crate::wording::plural;
use crate::workspace::Workspace;

pub(super) fn check(args: &CheckArgs) -> Exit {
    let folder = match Folder::read(&args.pipeline) {
        Ok(folder) => folder,
        Err(faults) if args.json => {
            say_json(&json!({ "valid": false, "diagnostics": faults }));
            return Exit::Configuration;
        }
        Err(faults) => {
            faults.iter().for_each(complain_of);
            return Exit::Configuration;
        }
    };
    let mut loaded = load(&folder);
    if let Some(pipeline) = &loaded.pipeline {
        let today = match asked(args.as_of, args.future) {
            Ok(today) => today,
            Err(exit) => return exit,
        };
        loaded.diagnostics.extend(out_of_date(pipeline, today));
        loaded.diagnostics.extend(upkeep(&folder, pipeline, today));
        loaded.diagnostics.extend(template_faults(pipeline));
    }
    if let (Some(data), Some(pipeline)) = (&args.data, &loaded.pipeline) {
        let workspace = Workspace::new(data);
        let found = unmatched(&workspace, pipeline).and_then(|mut warnings| {
            warnings.extend(past_levels(&workspace, pipeline)?);
            Ok(warnings)
        });
        match found {
            Ok(warnings) => loaded.diagnostics.extend(warnings),
            Err(error) => {
                complain(&format!("{error:#}"));
                return Exit::Failure;
            }
        }
    }
    let broken = loaded.diagnostics.iter().any(|fault| fault.severity == Severity::Error);
    let valid = loaded.pipeline.is_some() && !broken;
    if args.json {
        say_json(&json!({
            "valid": valid,
            "pipeline": loaded.pipeline.as_ref().map(|p| &p.title),
            "sha256": folder.hash(),
            "diagnostics": loaded.diagnostics,
        }));
    } else {
        let told = lines(&loaded.diagnostics, args.all, |fault| excerpt(fault, &folder));
        told.iter().flat_map(|fault| fault.lines()).for_each(say);
        if let Some(pipeline) = &loaded.pipeline {
            let recipients = pipeline.committees.iter().map(|c| c.recipients.len()).sum();
            say(&format!(
                "{}: {} feeds, {} rules, {} levels, {}, {}, {} committees with {}, {} offers of support",
                pipeline.title,
                pipeline.feeds.len(),
                pipeline.rules.len(),
                pipeline.levels.levels.len(),
                plural(pipeline.exceptions.len(), "exception", "exceptions"),
                plural(pipeline.jobs.len(), "job", "jobs"),
                pipeline.committees.len(),
                plural(recipients, "recipient", "recipients"),
                pipeline.support.len()
            ));
        }
        say(&summary(&loaded.diagnostics));
    }
    if valid { Exit::Success } else { Exit::Configuration }
}
