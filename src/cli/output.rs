//! The one place that prints. A closed pipe is not an error: the reader has seen enough.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::Exit;
use crate::diagnostic::{Diagnostic, Severity};
use crate::pipeline::{Folder, Pipeline, load};

/// Prints to standard output.
pub fn say(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Prints to standard output without a line end.
pub fn say_raw(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints to standard error.
pub fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "quarterday: {text}");
}

/// Prints a line of the scheduler's journal to standard error, with the time in Europe/London.
pub fn journal(text: &str) {
    let now = crate::run::clock::now().format("%Y-%m-%d %H:%M:%S %Z");
    let _ = writeln!(io::stderr().lock(), "{now}  {text}");
}

/// Prints a value as JSON.
pub fn say_json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => say(&text),
        Err(error) => complain(&format!("the result cannot be written as JSON: {error}")),
    }
}

/// Reads a pipeline folder; what is wrong with it goes to standard error.
pub fn pipeline(dir: &Path) -> Result<Pipeline, Exit> {
    let folder = Folder::read(dir).map_err(|faults| {
        faults.iter().for_each(|fault| complain(&fault.to_string()));
        Exit::Configuration
    })?;
    let loaded = load(&folder);
    for diagnostic in &loaded.diagnostics {
        complain(&diagnostic.to_string());
    }
    loaded.pipeline.ok_or_else(|| {
        complain(&summary(&loaded.diagnostics));
        complain(&format!(
            "nothing was done; `quarterday check --pipeline {}` tells it again",
            dir.display()
        ));
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
