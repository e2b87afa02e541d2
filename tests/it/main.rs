//! Stories that a user would recognise, told through the command line.

#![allow(clippy::disallowed_macros)] // tests say aloud what they skip
#![allow(clippy::disallowed_methods)] // and read the clock of the machine they run on
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod audit;
mod baseline;
mod between_jobs;
mod care;
mod clock_ahead;
mod clocks;
mod counting;
#[cfg(all(debug_assertions, unix))]
mod cut_short;
mod demo;
mod documents;
mod download;
mod earlier_version;
mod edits;
mod ended;
#[cfg(target_os = "linux")]
mod exim;
mod explain;
mod figures;
mod formats;
mod freshness;
mod guard;
mod holds;
mod hostile;
mod intake;
mod layouts;
mod letters;
mod long_texts;
mod manners;
mod many;
mod marks;
mod newcomer;
mod once;
mod operation;
mod papers;
mod places;
mod programme;
mod properties;
mod public;
mod public_again;
mod quarantine;
mod reading;
mod rebuild;
mod recall;
mod receipts;
mod release;
mod renamed;
mod replay;
mod scale;
mod schedule;
mod server;
mod set_aside;
mod slips;
mod smtp;
mod support;
mod taken_off;
mod terminal;
mod three_categories;
mod unclaimed;
mod values;
mod vectors;
mod watching;
mod workbooks;
