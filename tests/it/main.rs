//! Stories that a user would recognise, told through the command line.

mod demo;
mod documents;
mod edits;
mod guard;
mod intake;
mod properties;
mod rebuild;
mod support;
mod terminal;
