//! quarterday: a scheduled batch pipeline that triangulates what is known about GP practices,
//! proposes a level of support with its evidence, and sends committees their packs.
//!
//! The rooms stand in the order in which data flows; a room uses rooms above it and plain values.

pub mod cli;
mod clock;
pub mod condition;
mod crash;
pub mod dates;
pub mod diagnostic;
mod disk;
pub mod dispatch;
pub mod documents;
pub mod guard;
pub mod intake;
pub mod known;
pub mod ledger;
pub mod levels;

pub mod pipeline;
mod post;
pub mod render;
pub mod run;
pub mod schedule;
pub mod secret;
pub mod stats;
pub mod time;
pub mod tls;
pub mod triangulate;
pub mod upkeep;
pub mod visits;
pub mod wording;
pub mod workspace;

use sha2::{Digest, Sha256};

/// The SHA-256 of bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal, lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
