//! How far a run has come: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::run::Progress;

/// Steps of a run on standard error.
pub struct Steps {
    bar: Option<ProgressBar>,
    prefix: String,
}

impl Steps {
    /// A bar for `runs` runs one after the other, or lines if standard error is no terminal.
    pub fn new(steps: u64) -> Self {
        let bar = (std::io::stderr().is_terminal() && !super::output::quiet()).then(|| {
            let style = ProgressStyle::with_template("{spinner} [{bar:24}] {prefix}{wide_msg}");
            let bar = ProgressBar::new(steps);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { bar, prefix: String::new() }
    }

    /// Names the run that the next steps belong to.
    pub fn run(&mut self, name: &str) {
        self.prefix = format!("{name}: ");
        if let Some(bar) = &self.bar {
            bar.set_prefix(self.prefix.clone());
        }
    }

    /// Steps that need not be taken.
    pub fn skip(&self, steps: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(steps);
        }
    }

    /// Prints something while the bar is out of the way.
    pub fn pause(&self, print: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Steps {
    fn step(&self, what: &str) {
        match &self.bar {
            Some(bar) => {
                bar.inc(1);
                bar.set_message(what.to_owned());
            }
            None => super::output::mention(&format!("{}{what}", self.prefix)),
        }
    }
}

/// A run that nobody watches.
pub struct Quiet;

impl Progress for Quiet {
    fn step(&self, _: &str) {}
}
