//! From facts to levels: which rules fired for a practice, on which evidence, what people decided, and
//! which level that makes.

mod decide;
mod direction;
mod ended;
mod exceptions;
mod findings;
mod late;
mod movement;
mod outcome;
mod unclaimed;

pub use decide::{Decision, Ruling};
pub use direction::Direction;
pub use ended::{Ended, Lapsed, Rows, from_to, place};
pub use exceptions::{Exception, exceptions};
pub use findings::{Evidence, Finding, findings};
pub use late::{LateRow, Lateness, Then, late_rows};
pub use movement::{Cause, Past, Reported, cause, withdrawn};
pub use outcome::{Outcome, Score, propose};
pub use unclaimed::{Unclaimed, unclaimed};
