//! `quarterday read-file`: the process that reads one received file for another process of this program.
//! The file comes on standard input, its cells go to standard output; no person calls it.

use std::io;

use clap::Args;

use super::Exit;
use super::output::complain;
use crate::intake::read::apart;
use crate::pipeline::Limits;

#[derive(Debug, Args)]
pub(super) struct ReadFileArgs {
    /// The memory that it may take
    #[arg(long)]
    memory_megabytes: u32,
    /// The processor time that it may take
    #[arg(long)]
    seconds: u32,
    /// What the parts of a workbook may come to
    #[arg(long)]
    unpacked_megabytes: u32,
    /// The cells that it may hold
    #[arg(long)]
    cells: u32,
    /// The ending of the file's name
    #[arg(long)]
    ending: Option<String>,
    /// The number of a character that may separate columns
    #[arg(long)]
    separator: Vec<u32>,
}

pub(super) fn read_file(args: &ReadFileArgs) -> Exit {
    let limits = Limits {
        memory_megabytes: args.memory_megabytes,
        seconds: args.seconds,
        unpacked_megabytes: args.unpacked_megabytes,
        cells: args.cells,
    };
    let (input, output) = (io::stdin().lock(), io::stdout().lock());
    match apart::serve(input, output, &limits, args.ending.as_deref(), &args.separator) {
        Ok(()) => Exit::Success,
        Err(error) => {
            complain(&error.to_string());
            Exit::Failure
        }
    }
}
