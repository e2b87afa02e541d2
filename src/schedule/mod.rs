//! The schedule and the operator: which job is to run when, running it by itself, and saying so when it
//! cannot.
//!
//! Times are kept as slots on a wall clock in Europe/London ([`slots`]); the [`Server`] sees the world
//! (clock, signals, processes) through [`World`], so that a test can let years pass in a second.

pub mod after;
mod folder;
pub mod monitor;
pub mod operator;
pub mod page;
pub mod picture;
pub mod pulse;
mod server;
pub mod slots;
pub mod status;
mod system;
mod world;

pub use folder::InForce;
pub use server::{Server, StartError, Turn};
pub use system::System;
pub use world::{Ended, Order, Task, World};

/// The pipeline that the scheduler of a data folder last knew to be good.
pub fn kept_copy(data: &std::path::Path) -> Option<crate::pipeline::Pipeline> {
    folder::kept_copy(&data.join("serve").join("pipeline"))
}
