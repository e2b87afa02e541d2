//! `quarterday bundle`: what a supporter needs to understand a run, without personal data.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::Exit;
use super::output::{complain_of, failed, say, say_json};
use crate::disk::write_whole;
use crate::pipeline::Folder;
use crate::upkeep::bundle;
use crate::workspace::Workspace;

#[derive(Debug, Args)]
pub(super) struct BundleArgs {
    /// The run; the last one if left out
    run: Option<String>,
    /// The data folder; it is only read
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// A pipeline folder to check; the one that was kept with the run if left out
    #[arg(long, value_name = "DIR")]
    pipeline: Option<PathBuf>,
    /// The zip file to write
    #[arg(long, value_name = "FILE.zip")]
    out: PathBuf,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn bundle(args: &BundleArgs) -> Exit {
    let workspace = Workspace::new(&args.data);
    let record = match super::levels::record(&workspace, args.run.as_deref()) {
        Ok(record) => record,
        Err(exit) => return exit,
    };
    let folder = match args.pipeline.as_deref().map(Folder::read).transpose() {
        Ok(folder) => folder,
        Err(faults) => {
            faults.iter().for_each(complain_of);
            return Exit::Configuration;
        }
    };
    let made = bundle::parts(&workspace, &record, folder.as_ref()).and_then(|parts| {
        let bytes = bundle::archive(&parts)?;
        // A file in the folder where the person stands has no parent to speak of.
        let out = std::path::absolute(&args.out)?;
        write_whole(&out, &bytes)
            .map_err(|e| anyhow::Error::from(e).context(format!("{} cannot be written", out.display())))?;
        Ok((parts, crate::sha256(&bytes)))
    });
    let (parts, sha256) = match made {
        Ok(made) => made,
        Err(error) => return failed(&error),
    };
    let names: Vec<&str> = parts.iter().map(|part| part.name).collect();
    if args.json {
        say_json(&json!({ "run": record.id, "out": args.out, "sha256": sha256, "parts": names }));
    } else {
        say(&format!("{} of run {}: {}", args.out.display(), record.id, names.join(", ")));
        say("No document, message, cell value, name or address is in it; README.txt says what was removed.");
    }
    Exit::Success
}
