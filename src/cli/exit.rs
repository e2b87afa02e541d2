//! Exit codes: part of the program's interface, the same in every version.

use std::process::ExitCode;

use crate::intake::inbox::Reason;
use crate::run::{Report, RunError};

/// What the program tells the program that started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: everything was done.
    Success,
    /// 1: a file or folder could not be used.
    Failure,
    /// 3: the pipeline folder has errors; nothing was done.
    Configuration,
    /// 4: the run was completed, and a file that lies in the inbox was rejected whole or cannot be read.
    InputRejected,
    /// 5: a source without which nothing can be said is missing, too old or held, or nothing could be taken in.
    SourceMissing,
    /// 6: the run was completed, and a document was refused by a gate and not sent.
    Refused,
    /// 7: the run was completed, and a message could not be handed over.
    DispatchIncomplete,
    /// 8: another instance is working in this data folder; nothing was done.
    Busy,
    /// 9: something that is due has not happened, or needs a person.
    Attention,
    /// 20: what was done again or verified is not what was kept.
    Differs,
}

/// The codes as `--help` prints them. 2 is the argument parser's, 101 a bug's.
pub const HELP: &str = "\
Exit codes:
  0  everything was done
  1  a file or folder could not be used
  2  the command line cannot be understood
  3  the pipeline folder has errors; nothing was done
  4  done, but a received file was rejected whole or cannot be read: see its receipt
  5  a source without which nothing can be said is missing, too old or held, or nothing could be
     taken in because something of a later date was received
  6  done, but a document was refused by a gate and not sent
  7  done, but a message could not be handed over
  8  another instance is working in this data folder; nothing was done
  9  something that is due has not happened, or needs a person: see `quarterday monitor`
  20  what was done again or verified is not what was kept
  101  a bug in quarterday: please report it";

impl Exit {
    /// The number.
    pub fn number(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::Configuration => 3,
            Exit::InputRejected => 4,
            Exit::SourceMissing => 5,
            Exit::Refused => 6,
            Exit::DispatchIncomplete => 7,
            Exit::Busy => 8,
            Exit::Attention => 9,
            Exit::Differs => 20,
        }
    }

    /// The number as the operating system takes it.
    pub fn code(self) -> ExitCode {
        ExitCode::from(self.number())
    }

    /// The code of a run that did its work.
    pub fn of_report(report: &Report) -> Self {
        let rejected = report.taken.iter().any(|t| t.state == crate::intake::State::Rejected)
            || report.held.iter().any(|held| held.reason == Reason::Unreadable);
        if report.blocked.is_some() {
            Exit::SourceMissing
        } else if !report.refused.is_empty() {
            Exit::Refused
        } else if !report.unsent.is_empty() {
            Exit::DispatchIncomplete
        } else if rejected {
            Exit::InputRejected
        } else {
            Exit::Success
        }
    }

    /// The code of a run that could not.
    pub fn of_error(error: &RunError) -> Self {
        match error {
            RunError::Lock(crate::workspace::LockError::Held) => Exit::Busy,
            RunError::Missing(_) => Exit::SourceMissing,
            RunError::Lock(_) | RunError::Ledger(_) | RunError::Other(_) => Exit::Failure,
        }
    }
}

/// A panic is a bug: it says so, and the process ends with 101.
pub fn on_panic() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        super::output::complain("this is a bug in quarterday; please report it with the lines below");
        default(info);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_distinct_and_documented() {
        let all = [
            Exit::Success,
            Exit::Failure,
            Exit::Configuration,
            Exit::InputRejected,
            Exit::SourceMissing,
            Exit::Refused,
            Exit::DispatchIncomplete,
            Exit::Busy,
            Exit::Attention,
            Exit::Differs,
        ];
        let numbers: std::collections::BTreeSet<u8> = all.iter().map(|e| e.number()).collect();
        assert_eq!(numbers.len(), all.len());
        assert!(!numbers.contains(&2) && !numbers.contains(&101), "taken by others");
        for number in numbers {
            assert!(HELP.contains(&format!("\n  {number}  ")), "{number}");
        }
    }
}
