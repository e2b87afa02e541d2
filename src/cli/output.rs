//! The one place that prints. A closed pipe is not an error: the reader has seen enough.

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::json;

use super::Exit;
use super::invocation::invocation;
use crate::diagnostic::{Diagnostic, Severity};
use crate::pipeline::{Folder, Pipeline, load};
use crate::wording::in_a_line;

/// Whether anything was printed to standard output.
static SAID: AtomicBool = AtomicBool::new(false);
/// Whether nobody wants to hear how far a run has come.
static QUIET: AtomicBool = AtomicBool::new(false);
/// What was complained of, for programs that want it as JSON.
static COMPLAINTS: Mutex<Vec<Complaint>> = Mutex::new(Vec::new());

/// Something that was said on standard error.
struct Complaint {
    text: String,
    /// Whether it is why a command failed, and no mere warning.
    grave: bool,
}

/// Prints a line to standard output. Whatever it quotes of a file cannot break it.
pub fn say(line: &str) {
    say_raw(&format!("{}\n", in_a_line(line)));
}

/// Prints to standard output as it is: for programs that read it.
pub fn say_raw(text: &str) {
    SAID.store(true, Ordering::Relaxed);
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints what is wrong to standard error.
pub fn complain(text: &str) {
    note(text, true);
}

/// Prints a warning to standard error: nothing fails because of it.
pub fn warn(text: &str) {
    note(text, false);
}

/// Prints a fault of the pipeline folder, over as many lines as it has.
pub fn complain_of(fault: &Diagnostic) {
    keep(&fault.to_string(), fault.severity == Severity::Error);
    let _ = writeln!(io::stderr().lock(), "quarterday: {fault}");
}

fn note(text: &str, grave: bool) {
    keep(text, grave);
    print(text);
}

fn keep(text: &str, grave: bool) {
    let complaint = Complaint { text: text.to_owned(), grave };
    COMPLAINTS.lock().unwrap_or_else(PoisonError::into_inner).push(complaint);
}

/// Prints what to do next, below a complaint.
pub fn hint(text: &str) {
    complain(&format!("what to do: {text}"));
}

/// Prints how far something has come, unless nobody wants to know.
pub fn mention(text: &str) {
    if !quiet() {
        print(text);
    }
}

fn print(text: &str) {
    let _ = writeln!(io::stderr().lock(), "quarterday: {}", in_a_line(text));
}

/// Prints a line of the scheduler's journal to standard error, with the time in Europe/London.
pub fn journal(text: &str) {
    let now = crate::clock::now().format("%Y-%m-%d %H:%M:%S %Z");
    let _ = writeln!(io::stderr().lock(), "{now}  {}", in_a_line(text));
}

/// Prints a line of the scheduler's journal to standard output, as JSON.
pub fn journal_as_json(text: &str) {
    let now = crate::clock::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, false);
    say(&json!({ "at": now, "says": text }).to_string());
}

/// Whether progress is to be kept from the terminal.
pub fn quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Says whether progress is to be kept from the terminal.
pub fn set_quiet(quiet: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
}

/// Prints a value as JSON.
pub fn say_json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => say_raw(&format!("{text}\n")),
        Err(error) => complain(&format!("the result cannot be written as JSON: {error}")),
    }
}

/// Complains of an error and of what to do about it.
pub fn failed(error: &anyhow::Error) -> Exit {
    complain(&in_words(error));
    if let Some(advice) = crate::disk::advice::advice(error.as_ref()) {
        hint(&advice);
    }
    Exit::Failure
}

/// An error with its causes, each said once: some say those below them already.
fn in_words(error: &anyhow::Error) -> String {
    let mut out = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if out.is_empty() {
            out = cause;
        } else if !out.contains(&cause) && !cause.starts_with("Error code ") {
            out.push_str(": ");
            out.push_str(&cause);
        }
    }
    out
}

/// A command that was asked for JSON and printed none, because it failed, says so as JSON: why it failed,
/// all that was said on standard error, and the exit code. It is the same object for every command.
pub fn fail_as_json(exit: u8) {
    if SAID.load(Ordering::Relaxed) {
        return;
    }
    say_json(&failure(exit));
}

/// As [`fail_as_json`], in one line: for those who read a line at a time.
pub fn fail_as_json_line(exit: u8) {
    say(&failure(exit).to_string());
}

/// Why a command failed, as JSON.
fn failure(exit: u8) -> serde_json::Value {
    let complaints = COMPLAINTS.lock().unwrap_or_else(PoisonError::into_inner);
    let first = complaints.iter().find(|said| said.grave).or_else(|| complaints.first());
    let all: Vec<&str> = complaints.iter().map(|said| said.text.as_str()).collect();
    json!({ "error": first.map(|said| said.text.as_str()).unwrap_or_default(), "messages": all, "exit": exit })
}

/// Reads a pipeline folder; what is wrong with it goes to standard error.
pub fn pipeline(dir: &Path) -> Result<Pipeline, Exit> {
    let folder = Folder::read(dir).map_err(|faults| {
        faults.iter().for_each(complain_of);
        Exit::Configuration
    })?;
    pipeline_of(&folder, &dir.display().to_string()).inspect_err(|_| {
        let dir = super::invocation::quoted(&dir.display().to_string());
        hint(&format!("correct these lines; `{} check --pipeline {dir}` tells them again", invocation()));
    })
}

/// Makes a pipeline of a folder's texts; what is wrong with it goes to standard error.
pub fn pipeline_of(folder: &Folder, name: &str) -> Result<Pipeline, Exit> {
    let loaded = load(folder);
    loaded.diagnostics.iter().filter(|d| !d.follows).for_each(complain_of);
    loaded.pipeline.ok_or_else(|| {
        complain(&format!("{name} has {}; nothing was done", summary(&loaded.diagnostics)));
        Exit::Configuration
    })
}

/// How many errors and warnings there are.
pub fn summary(diagnostics: &[Diagnostic]) -> String {
    let count = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
    let errors = crate::wording::plural(count(Severity::Error), "error", "errors");
    let warnings = crate::wording::plural(count(Severity::Warning), "warning", "warnings");
    format!("{errors}, {warnings}")
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn no_cause_is_said_twice() {
        let full: anyhow::Result<()> = Err(std::io::Error::other("disk full")).context("the pack");
        let again = full.context("the pack: disk full").unwrap_err();
        assert_eq!(in_words(&again), "the pack: disk full");
        let plain: anyhow::Result<()> = Err(std::io::Error::other("disk full")).context("the pack");
        assert_eq!(in_words(&plain.unwrap_err()), "the pack: disk full");
    }
}
