//! `quarterday serve`: runs the jobs of the pipeline at their times.

use super::output::{complain, fail_as_json_line, journal, journal_as_json};
use super::{Exit, ServeArgs};
use crate::schedule::{Server, StartError, System};
use crate::workspace::Workspace;

pub(super) fn serve(args: &ServeArgs) -> Exit {
    start(args).unwrap_or_else(|exit| {
        if args.json {
            fail_as_json_line(exit.number());
        }
        exit
    })
}

fn start(args: &ServeArgs) -> Result<Exit, Exit> {
    let system = match System::new(if args.json { journal_as_json } else { journal }) {
        Ok(system) => system,
        Err(error) => {
            complain(&format!("signals of the system cannot be taken: {error}"));
            return Err(Exit::Failure);
        }
    };
    let mut server = match Server::start(&system, &args.pipeline, Workspace::new(&args.data), args.once) {
        Ok(server) => server,
        Err(error) => return Err(refused(&error, args)),
    };
    if !args.once {
        server.serve();
        return Ok(Exit::Success);
    }
    server.turn();
    Ok(if server.failed() > 0 { Exit::Failure } else { Exit::Success })
}

fn refused(error: &StartError, args: &ServeArgs) -> Exit {
    complain(&error.to_string());
    match error {
        StartError::Held => Exit::Busy,
        StartError::Faults(faults) => {
            faults.iter().for_each(|fault| complain(fault));
            let folder = args.pipeline.display();
            complain(&format!("nothing was started; `quarterday check --pipeline {folder}` tells it again"));
            Exit::Configuration
        }
        StartError::Io(_) => Exit::Failure,
    }
}
