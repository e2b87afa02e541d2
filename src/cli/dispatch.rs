//! `quarterday dispatch`: what lies in the outbox, handing over what is due, and deciding about messages
//! whose fate nobody knows.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use chrono_tz::Europe::London;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::Exit;
use super::dating::writing_date;
use super::output::{complain, pipeline, say, say_json};
use crate::clock::RealTime;
use crate::dispatch::short_name;
use crate::ledger::{Attempt, Dispatch, DispatchState, Ledger, Step};
use crate::post::hand_over::{Counter, Sent, hand_over};
use crate::post::resolve::{Decision, Verdict, resolve};
use crate::time::Clock;
use crate::wording::plural;
use crate::workspace::{LockError, Workspace};

#[derive(Debug, Args)]
pub(super) struct DispatchArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Lists the messages of the outbox, with whole addresses
    List(ListArgs),
    /// Hands over what is due, retries too, without running a job
    Send(SendArgs),
    /// Says what became of a message whose fate nobody knows, or has a refused one tried again
    Resolve(ResolveArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// Only messages in this state; may be given several times
    #[arg(long, value_enum)]
    state: Vec<StateName>,
    /// Prints JSON instead of text, with every step of every message
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct SendArgs {
    /// The pipeline folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_PIPELINE")]
    pipeline: PathBuf,
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ResolveArgs {
    /// The message: its short name or its key, as `dispatch list` shows them
    message: String,
    /// What became of it, or what is to be done
    #[arg(long = "as", value_enum, value_name = "VERDICT")]
    verdict: VerdictName,
    /// Who decides
    #[arg(long, value_name = "NAME")]
    by: String,
    /// What was found out, and how
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StateName {
    /// To be handed over
    Planned,
    /// Being handed over, or interrupted in it
    Sending,
    /// Accepted by the mail server or written to the outbox folder
    Sent,
    /// Put off, and tried again later
    Retry,
    /// Refused, or given up
    Failed,
    /// Nobody knows whether it arrived
    Unknown,
    /// Stopped before it was handed over: its pack was recalled, its recipient taken off the list, or
    /// somebody gave it up
    Withdrawn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum VerdictName {
    /// It arrived
    Sent,
    /// It did not arrive: the same bytes are sent again
    Resend,
    /// It did not arrive, and is not tried any more
    GivenUp,
}

pub(super) fn dispatch(args: &DispatchArgs) -> Exit {
    let done = match &args.what {
        What::List(args) => list(args),
        What::Send(args) => send(args),
        What::Resolve(args) => decide(args),
    };
    done.unwrap_or_else(|error| {
        let exit = match error.downcast_ref::<LockError>() {
            Some(LockError::Held) => Exit::Busy,
            _ => Exit::Failure,
        };
        complain(&format!("{error:#}"));
        exit
    })
}

fn list(args: &ListArgs) -> anyhow::Result<Exit> {
    let ledger = existing(&args.data)?;
    let states: Vec<&str> = args
        .state
        .iter()
        .map(|name| match name {
            StateName::Planned => "planned",
            StateName::Sending => "sending",
            StateName::Sent => "sent",
            StateName::Retry => "retry",
            StateName::Failed => "failed",
            StateName::Unknown => "unknown",
            StateName::Withdrawn => "withdrawn",
        })
        .collect();
    let attempts = ledger.attempts(None)?;
    let all = ledger.dispatches()?;
    let picked: Vec<&Dispatch> =
        all.iter().filter(|d| states.is_empty() || states.contains(&d.state.word())).collect();
    if args.json {
        let messages: Vec<Value> = picked.iter().map(|d| object(d, &attempts)).collect();
        say_json(&messages);
        return Ok(Exit::Success);
    }
    let counts: Vec<String> = DispatchState::ALL
        .iter()
        .map(|state| (state.word(), all.iter().filter(|d| d.state == *state).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    say(&format!("outbox of {}: {}{counts}", args.data.display(), plural(all.len(), "message", "messages")));
    for dispatch in picked {
        tell(dispatch, &attempts);
    }
    Ok(Exit::Success)
}

fn tell(dispatch: &Dispatch, attempts: &[Attempt]) {
    let message = &dispatch.message;
    let word = dispatch.state.word();
    say("");
    say(&format!("{}  {word:<8}  {}  {}", short_name(&message.key), message.recipient, message.committee));
    say(&format!("          {}", message.subject));
    say(&format!("          key {}", message.key));
    let last = attempts.iter().rev().find(|a| a.key == message.key);
    if let Some(Attempt { step, .. }) = last {
        say(&format!("          {}", last_step(step)));
    }
}

/// The last step of a message in a line.
fn last_step(step: &Step) -> String {
    let mut line = moment(step.at);
    if let Some(transport) = &step.transport {
        line.push_str(&format!(", by {transport}"));
    }
    if step.tries > 1 {
        line.push_str(&format!(", {} tries", step.tries));
    }
    if let Some(stage) = step.stage.as_ref().filter(|_| step.state != DispatchState::Sent) {
        line.push_str(&format!(", at {stage}"));
    }
    let code = step.code.map(|code| format!("{code} ")).unwrap_or_default();
    for said in [step.answer.as_ref().map(|answer| format!("{code}{answer}")), step.note.clone()] {
        line.push_str(&said.map(|said| format!(": {said}")).unwrap_or_default());
    }
    if let Some(by) = &step.by {
        line.push_str(&format!(" (decided by {by})"));
    }
    if let Some(from) = step.not_before.filter(|_| step.state == DispatchState::Retry) {
        line.push_str(&format!("; tried again from {}", moment(from)));
    }
    line
}

fn moment(at: DateTime<Utc>) -> String {
    at.with_timezone(&London).format("%Y-%m-%d %H:%M").to_string()
}

fn object(dispatch: &Dispatch, attempts: &[Attempt]) -> Value {
    let message = &dispatch.message;
    let steps: Vec<Value> = attempts.iter().filter(|a| a.key == message.key).map(|a| step(&a.step)).collect();
    let last = attempts.iter().rev().find(|a| a.key == message.key).map(|a| &a.step);
    json!({
        "message": short_name(&message.key),
        "key": message.key,
        "state": dispatch.state.word(),
        "committee": message.committee,
        "recipient": message.recipient,
        "subject": message.subject,
        "sha256": message.sha256,
        "file": message.file,
        "run": dispatch.run,
        "as_of": dispatch.as_of,
        "tries": last.map_or(0, |step| step.tries),
        "not_before": last.and_then(|step| step.not_before),
        "steps": steps,
    })
}

fn step(step: &Step) -> Value {
    json!({
        "at": step.at,
        "state": step.state.word(),
        "try": step.tries,
        "transport": step.transport,
        "stage": step.stage,
        "code": step.code,
        "answer": step.answer,
        "queue": step.queue,
        "not_before": step.not_before,
        "by": step.by,
        "note": step.note,
    })
}

fn send(args: &SendArgs) -> anyhow::Result<Exit> {
    let pipeline = match pipeline(&args.pipeline) {
        Ok(pipeline) => pipeline,
        Err(exit) => return Ok(exit),
    };
    let workspace = used(&args.data)?;
    writing_date(&workspace, None, Some(&pipeline))?;
    let _lock = workspace.lock()?;
    let store = workspace.store();
    let counter = Counter { pipeline: &pipeline, workspace: &workspace, store: &store, clock: &RealTime };
    let sent = hand_over(&counter, &[], &mut workspace.ledger()?)?;
    if args.json {
        say_json(&sent);
    } else {
        say(&format!("{} handed over", plural(sent.now, "message", "messages")));
    }
    sent.failed.iter().for_each(|line| complain(line));
    Ok(exit_of(&sent))
}

fn exit_of(sent: &Sent) -> Exit {
    if sent.failed.is_empty() { Exit::Success } else { Exit::DispatchIncomplete }
}

fn decide(args: &ResolveArgs) -> anyhow::Result<Exit> {
    let workspace = used(&args.data)?;
    writing_date(&workspace, None, None)?;
    let _lock = workspace.lock()?;
    let mut ledger = workspace.ledger()?;
    let verdict = match args.verdict {
        VerdictName::Sent => Verdict::Sent,
        VerdictName::Resend => Verdict::Resend,
        VerdictName::GivenUp => Verdict::GiveUp,
    };
    let decision = Decision { verdict, by: &args.by, note: args.note.as_deref() };
    let dispatch = resolve(&mut ledger, &args.message, &decision, RealTime.now())?;
    if args.json {
        let attempts = ledger.attempts(Some(&dispatch.message.key))?;
        say_json(&object(&dispatch, &attempts));
    } else {
        let name = short_name(&dispatch.message.key);
        say(&match verdict {
            Verdict::Sent => format!("message {name} counts as sent, as {} says", args.by.trim()),
            Verdict::GiveUp => format!("message {name} did not arrive and is not tried any more"),
            Verdict::Resend if dispatch.state == DispatchState::Withdrawn => {
                format!(
                    "message {name} counts as not arrived; its pack was recalled, so it is not sent again"
                )
            }
            Verdict::Resend => format!(
                "message {name} is sent again, the same bytes, by `quarterday dispatch send` or the next run"
            ),
        });
    }
    Ok(Exit::Success)
}

/// The ledger of a data folder, which must be there, to read.
fn existing(data: &Path) -> anyhow::Result<Ledger> {
    Workspace::new(data).existing_ledger()?.ok_or_else(|| unused(data))
}

/// A data folder in which a job has been run: a mistyped name must not make a new one.
fn used(data: &Path) -> anyhow::Result<Workspace> {
    let workspace = Workspace::new(data);
    if workspace.has_ledger() { Ok(workspace) } else { Err(unused(data)) }
}

fn unused(data: &Path) -> anyhow::Error {
    anyhow::anyhow!(Workspace::new(data).no_ledger())
}
