//! What each document says, as plain serialisable data: figures and dates are texts already, and every
//! sentence carries the receipts it rests on. No file, no clock, no layout.

pub mod alert;
mod badge;
mod head;
mod material;
mod narrative;
mod notice;
mod origin;
pub mod quarterly;
#[cfg(test)]
#[allow(dead_code)]
pub(crate) mod sample;
pub mod sbar;
mod standing;
pub mod suppress;
mod turn;

pub use badge::Badge;
pub use head::Head;
pub use material::{Claim, FeedStatus, LastMaterial, Material, Reader, SetAside, title_case};
pub use narrative::{Paragraph, Written, names_a_practice};
pub use notice::Notice;
pub use origin::origin;
pub use standing::{LEVELS_HEADER, Standing};
pub use turn::Turn;
