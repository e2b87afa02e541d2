//! `quarterday stats`: control charts and funnels from files, to hold the program's statistics against other tools.

mod funnel;
mod spc;
mod table;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::Exit;
use super::output::{failed, say, warn};

#[derive(Debug, Args)]
pub(super) struct StatsArgs {
    #[command(subcommand)]
    of: Of,
}

#[derive(Debug, Subcommand)]
enum Of {
    /// Makes XmR charts: writes spc_points.csv and spc_summary.csv
    Spc(spc::SpcArgs),
    /// Makes funnels: writes funnel_units.csv and funnel_summary.csv
    Funnel(funnel::FunnelArgs),
}

/// What was made, as files by name, and what should be known about it.
struct Made {
    files: [(&'static str, Vec<u8>); 2],
    warnings: Vec<String>,
    told: String,
}

pub(super) fn stats(args: &StatsArgs) -> Exit {
    let (out, made) = match &args.of {
        Of::Spc(args) => (&args.out, spc::spc(args)),
        Of::Funnel(args) => (&args.out, funnel::funnel(args)),
    };
    match made.and_then(|made| written(out, made)) {
        Ok(told) => {
            say(&told);
            Exit::Success
        }
        Err(error) => failed(&error),
    }
}

fn written(out: &Path, made: Made) -> anyhow::Result<String> {
    for (name, bytes) in &made.files {
        let path: PathBuf = out.join(name);
        crate::disk::write_whole(&path, bytes)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    made.warnings.iter().for_each(|warning| warn(warning));
    Ok(format!("{} in {}", made.told, out.display()))
}
