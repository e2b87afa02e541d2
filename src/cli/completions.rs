//! `quarterday completions`: what a shell needs to complete commands.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::output::{complain, say_raw};
use super::{Cli, Exit};

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn completions(args: &CompletionsArgs) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "quarterday", &mut script);
    match String::from_utf8(script) {
        Ok(script) => {
            say_raw(&script);
            Exit::Success
        }
        Err(error) => {
            complain(&format!("the completions cannot be printed: {error}"));
            Exit::Failure
        }
    }
}
