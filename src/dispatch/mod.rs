//! One message for each recipient, built once and kept as bytes, handed over by a transport and noted in
//! the outbox: a crash at any moment and a rerun send nobody the same message twice.

mod folder;
mod message;
mod page;

pub use folder::Folder;
pub use message::{Attachment, MessageError, Sender, build};
pub use page::build_with_page;

use std::io;

/// Hands messages over.
pub trait Transport {
    /// Hands one message over. Handing over the same bytes under the same name again changes nothing.
    ///
    /// # Errors
    /// If it could not be handed over.
    fn send(&self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Whether a message that was being handed over when the program stopped may be handed over again
    /// without anybody getting it twice.
    fn repeats_safely(&self) -> bool;
}
