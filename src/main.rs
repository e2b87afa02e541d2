//! Parses the command line, calls one function, turns the result into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    quarterday::cli::main()
}
