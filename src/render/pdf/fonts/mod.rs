//! The faces a theme prints with: measuring, choosing a face for each character, subsetting.

mod face;
mod set;
mod subset;

pub(crate) use set::{Faces, Weight, is_invisible, is_right_to_left};
pub use set::{FontFile, FontSet};
pub(crate) use subset::{embed, resource};
