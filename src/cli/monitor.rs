//! `quarterday monitor`: what is due and has not happened.

use serde_json::json;

use super::output::{complain, say, say_json};
use super::status::{known_pipeline, read};
use super::{Exit, MonitorArgs};
use crate::clock;
use crate::schedule::monitor::{Verdict, troubles_of_watcher};
use crate::schedule::operator::Desk;

pub(super) fn monitor(args: &MonitorArgs) -> Exit {
    let status = match read(&args.data, args.pipeline.as_deref()) {
        Ok(status) => status,
        Err(exit) => return exit,
    };
    if args.json {
        say_json(&json!({
            "at": status.at,
            "pipeline": status.pipeline,
            "healthy": status.healthy,
            "invariants": status.invariants,
        }));
    } else {
        for invariant in &status.invariants {
            let state = match invariant.state {
                Verdict::Ok => "ok",
                Verdict::Broken => "BROKEN",
                Verdict::NotUsed => "not used",
            };
            say(&format!("{state:<9} {:<15} {}", invariant.name, invariant.means));
            for broken in &invariant.broken {
                say(&format!("            {}", broken.what));
                say(&format!("              what to do: {}", broken.help));
            }
        }
    }
    if args.mail
        && let Some(pipeline) = known_pipeline(&args.data, args.pipeline.as_deref())
    {
        let desk = Desk::new(&args.data, &pipeline, clock::now());
        let told =
            desk.tell("monitor/", &troubles_of_watcher(&status.invariants)).and_then(|_| desk.remind());
        if let Err(error) = told {
            complain(&format!("the operator cannot be told: {error}"));
            return Exit::Failure;
        }
    }
    if status.healthy { Exit::Success } else { Exit::Attention }
}
