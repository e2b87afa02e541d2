//! The date on which a command writes: no command writes on the word of a clock that the ledger contradicts.

use chrono::NaiveDate;

use super::output::warn;
use crate::clock;
use crate::known::clock_jump::Jump;
use crate::pipeline::{Operator, Pipeline};
use crate::workspace::Workspace;

/// The date that was asked for, or that of the clock where it agrees with the ledger. A clock that went back is
/// warned of. A command without a pipeline allows what [`Operator::default`] does.
///
/// # Errors
/// If the clock is too far ahead, with what to do; if the ledger cannot be read.
pub(super) fn writing_date(
    workspace: &Workspace,
    asked: Option<NaiveDate>,
    pipeline: Option<&Pipeline>,
) -> anyhow::Result<NaiveDate> {
    if let Some(asked) = asked {
        return Ok(asked);
    }
    let today = clock::today();
    let most = pipeline.map_or_else(|| Operator::default().clock_jump, |p| p.operator.clock_jump);
    let job = pipeline.and_then(|pipeline| pipeline.jobs.first()).map_or("JOB", |job| job.name.as_str());
    match Jump::of(workspace, today, most)? {
        Some(jump) if jump.is_refused() => anyhow::bail!("{}; {}", jump.told(), jump.help(job)),
        Some(jump) => warn(&format!("{}; {}", jump.told(), jump.help(job))),
        None => {}
    }
    Ok(today)
}
