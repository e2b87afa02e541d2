//! What went into a run: enough to do it again, years later, byte for byte.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::last_pack::LastPack;
use super::last_packs::Lasts;
use super::result::Compared;
use crate::documents::Notice;
use crate::intake::Receipt;
use crate::ledger::Arrival;
use crate::pipeline::Pipeline;

/// Everything that the documents of a run depend on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The program's version.
    pub program: String,
    /// The pipeline's title.
    pub pipeline: String,
    /// The SHA-256 of the pipeline folder.
    pub pipeline_sha256: String,
    /// The job.
    pub job: String,
    /// The date it speaks of.
    pub as_of: NaiveDate,
    /// The pack that levels are compared with.
    pub compared_with: Option<Compared>,
    /// The SHA-256 of what that run found.
    pub compared_sha256: Option<String>,
    /// The last of each document that each committee was sent, with which it is compared: by committee and
    /// document (`quality-group/quarterly-pack`). A version that called it `committees` knew a pack of all
    /// documents by the committee alone; one before that noted none.
    #[serde(default, alias = "committees", skip_serializing_if = "Option::is_none")]
    pub baselines: Option<BTreeMap<String, Baseline>>,
    /// The runs whose public packs are taken to be known to readers of this one's; each knows those before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub printed: Vec<Baseline>,
    /// Every file received on or before the date, in the order of arrival.
    pub inputs: Vec<Input>,
    /// Who took notice of which exception: open ones stand in the packs with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acknowledged: Vec<Noticed>,
}

/// A pack that papers are compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// Its run.
    pub run: String,
    /// The date it spoke of.
    pub as_of: NaiveDate,
    /// The SHA-256 of what that run found.
    pub sha256: String,
}

/// An acknowledgement that the documents show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noticed {
    /// The exception.
    pub exception: String,
    /// The SHA-256 of what was noted, with role and dates.
    pub sha256: String,
}

/// A received file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The number of its receipt.
    pub receipt: String,
    /// The feed.
    pub feed: String,
    /// The name of the file.
    pub file: String,
    /// The SHA-256 of its content.
    pub sha256: String,
    /// The day it was received.
    pub received: NaiveDate,
}

/// The version of the program, as manifests and documents print it.
pub const PROGRAM: &str = concat!("quarterday ", env!("CARGO_PKG_VERSION"));

impl Manifest {
    /// The manifest of a run; what public packs printed before it is still to be added.
    pub fn new(
        pipeline: &Pipeline,
        job: &str,
        as_of: NaiveDate,
        lasts: &Lasts,
        arrivals: &[Arrival],
        acknowledged: &BTreeMap<String, Notice>,
    ) -> Self {
        let inputs = arrivals
            .iter()
            .map(|a| Input {
                receipt: Receipt::number(a.number),
                feed: a.feed.clone(),
                file: a.file.clone(),
                sha256: a.sha256.clone(),
                received: a.received,
            })
            .collect();
        let latest = lasts.latest().map(LastPack::baseline);
        let compared = latest.map(|last| (Compared { run: last.run, as_of: last.as_of }, last.sha256));
        let (compared_with, compared_sha256) = compared.unzip();
        Self {
            program: PROGRAM.to_owned(),
            pipeline: pipeline.title.clone(),
            pipeline_sha256: pipeline.hash.clone(),
            job: job.to_owned(),
            as_of,
            compared_with,
            compared_sha256,
            baselines: Some(lasts.by_committee()),
            printed: Vec::new(),
            inputs,
            acknowledged: acknowledged
                .iter()
                .map(|(exception, notice)| Noticed {
                    exception: exception.clone(),
                    sha256: crate::sha256(notice.in_words().as_bytes()),
                })
                .collect(),
        }
    }

    /// The manifest as it is written, with a line end.
    ///
    /// # Errors
    /// Never for values of these types; serde's signature has it.
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}
