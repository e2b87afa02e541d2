//! `quarterday quarantine`: the rows that are set aside, why, and who let which of them count.

use super::output::{complain, pipeline, say, say_json};
use super::{Exit, QuarantineArgs};
use crate::dates::long;
use crate::diagnostic::likely;
use crate::known::set_aside::{Aside, Quarantine, quarantine as rows_aside};
use crate::wording::plural;
use crate::workspace::Workspace;

pub(super) fn quarantine(args: &QuarantineArgs) -> Exit {
    let pipeline = match pipeline(&args.pipeline) {
        Ok(pipeline) => pipeline,
        Err(exit) => return exit,
    };
    if let Some(feed) = args.feed.as_deref().filter(|feed| pipeline.feed(feed).is_none()) {
        let near = likely(feed, pipeline.feeds.iter().map(|f| f.id.as_str()));
        let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        complain(&format!("the pipeline has no feed \"{feed}\"{near}"));
        return Exit::Failure;
    }
    let workspace = Workspace::new(&args.data);
    match rows_aside(&workspace, &pipeline, args.feed.as_deref(), args.values) {
        Ok(Some(found)) => {
            if args.json {
                say_json(&found);
            } else {
                tell(&found);
            }
            Exit::Success
        }
        Ok(None) => {
            complain(&format!("nothing has been received in {} yet; run a job first", args.data.display()));
            Exit::Failure
        }
        Err(error) => {
            complain(&format!("{error:#}"));
            Exit::Failure
        }
    }
}

fn tell(found: &Quarantine) {
    say(&format!(
        "Set aside on {}: {}; let count by a named person: {}",
        long(found.as_of),
        plural(found.waiting, "row", "rows"),
        plural(found.released, "row", "rows")
    ));
    let mut last = "";
    for row in &found.rows {
        if row.receipt != last {
            last = &row.receipt;
            say("");
            say(&format!(
                "{}  {}/{}  received {}  ({})",
                row.receipt,
                row.feed,
                row.file,
                long(row.received),
                row.owner
            ));
        }
        tell_row(row);
    }
    if found.waiting > 0 {
        say("");
        say(
            "A row counts again when its owner sends a corrected file, or when a row of the releases feed names",
        );
        say("its receipt and its row, with who releases it and why.");
    }
}

fn tell_row(row: &Aside) {
    let key = if row.key.is_empty() { String::new() } else { format!("  {}", row.key) };
    say(&format!("  row {}{key}  {}", row.row, row.state));
    for problem in &row.problems {
        let cell = problem.cell.as_deref().map_or_else(String::new, |cell| format!("{cell}: "));
        say(&format!("      {cell}{}", problem.message));
        if row.release.is_none() {
            say(&format!("      -> {}", problem.help));
        }
    }
    if let Some(release) = &row.release {
        say(&format!("      {}", release.words()));
    }
    for cell in row.values.iter().flatten().filter(|cell| !cell.value.is_empty()) {
        say(&format!("      {} {}: {}", cell.cell, cell.column, cell.value));
    }
}
