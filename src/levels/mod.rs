//! From facts to levels: which rules fired for a practice, on which evidence, what people decided, and
//! which level that makes.

mod counterfactual;
mod decide;
mod direction;
mod ended;
mod exceptions;
mod findings;
mod late;
mod marks;
mod movement;
mod near_miss;
#[cfg(test)]
mod oracle;
mod outcome;
mod tried;
mod turnover;
mod unclaimed;

pub use counterfactual::{Counterfactual, counterfactuals};
pub use decide::{Decision, Ruling};
pub use direction::Direction;
pub use ended::{Ended, Lapsed, Rows, from_to, place};
pub use exceptions::{Exception, exceptions};
pub use findings::{Evidence, Finding, findings};
pub use late::{LateRow, Lateness, Then, late_rows};
pub use marks::{Criteria, MarkState, Marked, MarkedPart, in_a_cell};
pub use movement::{Cause, Past, Reported, cause, withdrawn};
pub use near_miss::{NearMiss, near_misses};
pub use outcome::{Outcome, Score, propose};
pub use tried::{Told, Tried};
pub use turnover::{Compared, Turn, Turnover};
pub use unclaimed::{Unclaimed, unclaimed};
