//! From facts to levels: which rules fired for a practice, on which evidence, what people decided, and
//! which level that makes.

mod decide;
mod direction;
mod exceptions;
mod findings;
mod movement;
mod outcome;

pub use decide::{Decision, Ruling};
pub use direction::Direction;
pub use exceptions::{Exception, exceptions};
pub use findings::{Evidence, Finding, findings};
pub use movement::{Cause, Past, cause, withdrawn};
pub use outcome::{Outcome, Score, propose};
