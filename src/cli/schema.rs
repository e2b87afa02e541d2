//! `quarterday schema`: what an editor needs to complete, explain and check the keys of a pipeline's files.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::Exit;
use super::output::{failed, say, say_json, say_raw};
use crate::disk::write_whole;
use crate::pipeline::schema::{reference, schemas};

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Where the schemas go: the folder beside the pipeline folder, as the files of a new pipeline expect
    #[arg(value_name = "DIR", default_value = "schema")]
    folder: PathBuf,
    /// Prints the reference of all keys instead, in Markdown
    #[arg(long, conflicts_with = "json")]
    reference: bool,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn schema(args: &SchemaArgs) -> Exit {
    if args.reference {
        say_raw(&reference());
        return Exit::Success;
    }
    let written = match write(&args.folder) {
        Ok(written) => written,
        Err(error) => return failed(&error),
    };
    if args.json {
        say_json(&json!({ "files": written }));
    } else {
        say(&format!("{} schemas in {}", written.len(), args.folder.display()));
        say("The first line of a file names its own, for instance in rules: #:schema ../../schema/rule.json");
    }
    Exit::Success
}

/// Writes all schemas into a folder.
///
/// # Errors
/// The first file that cannot be written.
pub(super) fn write(folder: &std::path::Path) -> anyhow::Result<Vec<PathBuf>> {
    let write = |(name, text): (String, String)| {
        let path = folder.join(name);
        write_whole(&path, text.as_bytes())
            .with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(path)
    };
    schemas().into_iter().map(write).collect()
}
