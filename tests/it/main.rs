//! Stories that a user would recognise, told through the command line.

mod demo;
mod documents;
mod edits;
mod guard;
mod intake;
mod once;
mod properties;
mod rebuild;
mod smtp;
mod support;
mod terminal;
