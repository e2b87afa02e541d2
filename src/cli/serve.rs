//! `quarterday serve`: runs the jobs of the pipeline at their times.

use super::output::{complain, journal};
use super::{Exit, ServeArgs};
use crate::run::Workspace;
use crate::schedule::{Server, StartError, System};

pub(super) fn serve(args: &ServeArgs) -> Exit {
    let system = match System::new(journal) {
        Ok(system) => system,
        Err(error) => {
            complain(&format!("signals of the system cannot be taken: {error}"));
            return Exit::Failure;
        }
    };
    let mut server = match Server::start(&system, &args.pipeline, Workspace::new(&args.data), args.once) {
        Ok(server) => server,
        Err(error) => return refused(&error, args),
    };
    if !args.once {
        server.serve();
        return Exit::Success;
    }
    server.turn();
    if server.failed() > 0 { Exit::Failure } else { Exit::Success }
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
