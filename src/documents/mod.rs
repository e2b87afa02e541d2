//! What each document says, as plain serialisable data: figures and dates are texts already, and every
//! sentence carries the receipts it rests on. No file, no clock, no layout.

mod badge;
#[cfg(test)]
mod bare;
mod blocks;
pub mod content;
pub mod context;
mod frame;
mod head;
mod keys;
mod material;
mod narrative;
mod narrow;
mod notice;
mod origin;
mod paper;
#[cfg(test)]
#[allow(dead_code)]
pub(crate) mod sample;
#[cfg(test)]
mod silence;
mod standing;
pub mod suppress;
mod turn;

pub use badge::Badge;
pub use blocks::{BY_CAUSE, EVERY_PRACTICE, LEVELS, MOVED, Tally, headline};
pub use frame::which;
pub use head::Head;
pub use material::{Claim, FeedStatus, LastMaterial, Material, Reader, SetAside, title_case};
pub use narrative::{Paragraph, Written, names_a_practice};
pub use narrow::Narrow;
pub use notice::Notice;
pub use origin::origin;
pub use paper::{Order, Paper, Part};
pub use standing::{LEVELS_HEADER, Standing};
pub use turn::Turn;
