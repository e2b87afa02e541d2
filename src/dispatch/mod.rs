//! One message for each recipient, built once and kept as bytes, handed over by a transport and noted in
//! the outbox: a crash at any moment and a rerun send nobody the same message twice.

mod answer;
pub mod budget;
mod folder;
mod letter;
mod mask;
mod message;
mod outcome;
pub mod recipients;
mod smtp;

pub use answer::Answer;
pub use folder::Folder;
pub use letter::{Address, Built, Copied, Enclosed, Form, Kept, KeptError, Message};
pub use mask::{mask, masked};
pub use message::{Attachment, Content, MessageError, Sender, build};
pub use outcome::{Fate, Outcome, Stage};
pub use smtp::{SetUpError, Smtp};

/// A message on its way.
#[derive(Debug, Clone, Copy)]
pub struct Parcel<'p> {
    /// The name of its file.
    pub file: &'p str,
    /// The one address it goes to.
    pub recipient: &'p str,
    /// Its bytes, which are the same at every try.
    pub bytes: &'p [u8],
}

/// Notes that a message is about to be handed over. Where it gives false that could not be noted, and the
/// message is not handed over.
pub type Offering<'o> = dyn FnMut() -> bool + 'o;

/// Hands messages over.
pub trait Transport {
    /// Its name in the ledger.
    fn name(&self) -> &'static str;

    /// Hands one message over, and says how far it came. `offering` is called before the other side hears of
    /// its recipient, and not if it never comes so far.
    fn send(&mut self, parcel: Parcel<'_>, offering: &mut Offering<'_>) -> Outcome;

    /// Whether a message that was being handed over when the program stopped may be handed over again
    /// without anybody getting it twice.
    fn repeats_safely(&self) -> bool;

    /// Messages within any minute, where there is a limit.
    fn messages_a_minute(&self) -> Option<u32> {
        None
    }

    /// Takes leave of the other side, once there is nothing more to hand over.
    fn finish(&mut self) {}
}

/// The short name of a message: the beginning of its Message-ID and the end of its file's name.
pub fn short_name(key: &str) -> String {
    crate::sha256(key.as_bytes()).chars().take(8).collect()
}
