//! Small numbers in papers for the public: a small count could tell who is meant, so it is not shown, and
//! neither is a count from which it could be worked out.
//!
//! The practice of NHS England's statistics: primary suppression of small counts, and secondary suppression
//! of others. What is enough is not left to a rule of thumb. All figures of a paper stand in one
//! [`Model`] with what holds between them, together with the public papers before it; `bounds` finds out
//! what each hidden count could be for somebody who knows all of that, and `choose` hides
//! more until each of them could be many things.

#[cfg(test)]
mod attacked;
mod bounds;
mod choose;
mod figures;
mod model;

pub use choose::{Verdict, choose};
pub use figures::{Figures, Told};
pub use model::{Cell, Equation, Model, Published, State};

/// How many different values it must at least be able to have.
pub const VALUES: usize = 3;

/// What stands in a cell whose count is not shown.
pub const HIDDEN: &str = "[c]";
