//! What was known on a date: which files and rows count, what they say, the last packs, what came late.

mod base;
pub(crate) mod blanks;
pub(crate) mod clock_jump;
pub(crate) mod counting;
pub mod feeds_now;
pub(crate) mod ground;
pub(crate) mod held_back;
pub(crate) mod holding;
pub(crate) mod kept_inputs;
pub(crate) mod last_pack;
pub(crate) mod last_packs;
pub(crate) mod late;
pub(crate) mod late_packs;
pub(crate) mod manifest;
pub(crate) mod material;
mod originals;
pub(crate) mod past_levels;
pub(crate) mod printed;
pub(crate) mod programme;
pub(crate) mod result;
pub(crate) mod row_releases;
pub(crate) mod set_aside;
pub(crate) mod state;
pub(crate) mod urgent;
pub(crate) mod usage;
