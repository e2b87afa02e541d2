//! `quarterday replay`: does a past run again and compares byte for byte.

use std::path::PathBuf;

use clap::Args;

use super::Exit;
use super::output::{complain, failed, hint, pipeline, pipeline_of, say, say_json};
use super::progress::{Quiet, Steps};
use super::run::STEPS;
use crate::dates::long;
use crate::run::Progress;
use crate::upkeep::replay::{Fate, Kind, Matched, Past, Replay};
use crate::wording::plural;
use crate::workspace::Workspace;

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// The run, as `levels` and the folders in DATA/runs name it; the last one if left out
    run: Option<String>,
    /// The data folder; it is only read
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// A pipeline folder to do it with; the one that was kept with the run if left out
    #[arg(long, value_name = "DIR")]
    pipeline: Option<PathBuf>,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn replay(args: &ReplayArgs) -> Exit {
    let workspace = Workspace::new(&args.data);
    let record = match super::levels::record(&workspace, args.run.as_deref()) {
        Ok(record) => record,
        Err(exit) => return exit,
    };
    let past = match Past::open(&workspace, &record.id) {
        Ok(past) => past,
        Err(error) => return failed(&error),
    };
    let loaded = match (&args.pipeline, past.pipeline_folder()) {
        (Some(dir), _) => pipeline(dir),
        (None, Some(kept)) => pipeline_of(kept, "the pipeline folder that was kept with the run"),
        (None, None) => {
            complain(&format!("the pipeline folder of {} was not kept, or is damaged", record.id));
            hint("name the folder as it was then with --pipeline DIR");
            return Exit::Failure;
        }
    };
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let steps = Steps::new(STEPS);
    let progress: &dyn Progress = if args.json { &Quiet } else { &steps };
    let replayed = past.replay(&loaded, progress);
    steps.finish();
    match replayed {
        Ok(replay) => {
            if args.json {
                say_json(&replay);
            } else {
                tell(&replay);
            }
            if replay.same { Exit::Success } else { Exit::Differs }
        }
        Err(error) => failed(&error),
    }
}

fn tell(replay: &Replay) {
    let verdict = match (replay.same, replay.damage.is_empty()) {
        (true, _) => "the same, byte for byte",
        (false, true) => "NOT the same",
        (false, false) => "CANNOT be done again: something that it needs is missing or damaged",
    };
    say(&format!("{} as at {}: {verdict}", replay.run, long(replay.as_of)));
    for (kind, name) in
        [(Kind::Document, "documents"), (Kind::Message, "messages"), (Kind::Result, "results")]
    {
        let of_kind: Vec<&Matched> = replay.compared.iter().filter(|m| m.kind == kind).collect();
        if replay.damage.is_empty() {
            say(&format!("  {name:<10} {}", counts(&of_kind)));
        }
        for matched in of_kind.iter().filter(|m| m.fate.is_difference()) {
            let why = matched.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
            say(&format!("    {}  {}{why}", word(matched.fate), matched.name));
        }
    }
    for (title, lines) in [("damage", &replay.damage), ("reason", &replay.reasons)] {
        for line in lines {
            say(&format!("  {title:<10} {line}"));
        }
    }
    if !replay.damage.is_empty() {
        hint(
            "bring the missing files back from a backup (quarterday backup --verify FOLDER tells whether one is whole)",
        );
    }
}

fn counts(matched: &[&Matched]) -> String {
    let fates = [
        (Fate::Same, "the same"),
        (Fate::Differs, "different"),
        (Fate::NotMade, "not made now"),
        (Fate::New, "made only now"),
        (Fate::Gone, "gone from the data folder"),
        (Fate::Waiting, "held back until a person lets them go"),
        (Fate::Later, "sent later by a person"),
        (Fate::Kept, "made again as they were, gone from the data folder and kept in the store"),
        (Fate::Removed, "made again as they were, removed by retention"),
    ];
    let told: Vec<String> = fates
        .iter()
        .filter_map(|(fate, word)| {
            let count = matched.iter().filter(|m| m.fate == *fate).count();
            (count > 0).then(|| format!("{count} {word}"))
        })
        .collect();
    if told.is_empty() { plural(0, "item", "items") } else { told.join(", ") }
}

fn word(fate: Fate) -> &'static str {
    match fate {
        Fate::Same => "same",
        Fate::Differs => "differs",
        Fate::Gone => "gone",
        Fate::Kept => "kept",
        Fate::Removed => "removed",
        Fate::NotMade => "not made",
        Fate::New => "new",
        Fate::Waiting => "waiting",
        Fate::Later => "later",
    }
}
