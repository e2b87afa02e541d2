//! What everything else rests on: the releases, and the register with its networks, lists and successors.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use chrono::NaiveDate;

use super::counting::{Counting, Judge, Passed};
use super::ground::Ground;
use super::row_releases;
use super::state::{Files, NoPractices, settle};
use crate::intake::Release;
use crate::ledger::Arrival;
use crate::pipeline::Feed;
use crate::triangulate::Register;

fn reads(feed: &Feed, pick: impl Fn(&str) -> bool) -> bool {
    feed.layouts.iter().any(|layout| pick(&layout.table))
}

pub(super) fn is_releases(feed: &Feed) -> bool {
    reads(feed, |table| table == row_releases::TABLE)
}

pub(super) fn is_reference(feed: &Feed) -> bool {
    reads(feed, Register::reads)
}

/// What everything else rests on: releases, and the register with its networks, lists and successors.
pub(super) struct Base<'p> {
    /// The releases that the files in force hold.
    pub given: Vec<Release>,
    /// The files in force that it is made of.
    pub in_force: Vec<Counting<'p>>,
    /// Readable files that do not count.
    pub passed: BTreeMap<u32, Passed>,
    /// The register; empty if no file of it counts.
    pub register: Register,
}

impl<'p> Base<'p> {
    /// What was known of it on a date, from the given arrivals.
    ///
    /// # Errors
    /// If the store is damaged.
    pub fn on(
        files: &Files<'p>,
        arrivals: &[Arrival],
        as_of: NaiveDate,
        ground: &Ground,
    ) -> anyhow::Result<Self> {
        let pipeline = files.pipeline();
        let mut passed = BTreeMap::new();
        let judge = Judge::new(arrivals, as_of, &[], &NoPractices, ground);
        let mut in_force = Vec::new();
        for feed in pipeline.feeds.iter().filter(|f| is_releases(f)) {
            in_force.extend(judge.of(feed, files, &mut passed)?);
        }
        let given =
            row_releases::given(&in_force.iter().map(|c: &Counting<'_>| c.taken.clone()).collect::<Vec<_>>());
        // The register is made of all rows of its files; what is settled afterwards asks the register.
        let judge = Judge::new(arrivals, as_of, &given, &NoPractices, ground);
        let mut reference = Vec::new();
        for feed in pipeline.feeds.iter().filter(|f| is_reference(f)) {
            for file in judge.of(feed, files, &mut passed)? {
                reference.push(file.taken.clone());
                in_force.push(file);
            }
        }
        let mut before = Vec::new();
        for file in in_force.iter().filter(|file| reads(file.feed, Register::lists_organisations)) {
            let Some(replaced) = judge.before(&file.arrival, file.feed, files)? else { continue };
            let read = files.read_if_kept(replaced)?;
            let settled = read.and_then(|read| settle(replaced, file.feed, &read, &NoPractices, &[]));
            before.extend(settled.map(|(_, taken)| taken));
        }
        let mut right = BTreeSet::new();
        let register = loop {
            let register = Register::of(&reference, &before, &right, pipeline, as_of)?;
            for file in &mut in_force {
                let due = judge.due(&file.arrival);
                let again = settle(&file.arrival, file.feed, &file.read, &register, &due);
                (file.settled, file.taken) =
                    again.context("a file that could be read cannot be settled again")?;
            }
            // A named person may say that what looks like a slip is the code of a practice.
            let organisations = in_force.iter().filter(|f| Register::lists_organisations(&f.taken.table));
            let released: Vec<String> = organisations.flat_map(|f| register.slips_in(&f.taken)).collect();
            if released.is_empty() {
                break register;
            }
            right.extend(released);
        };
        Ok(Self { given, in_force, passed, register })
    }
}
