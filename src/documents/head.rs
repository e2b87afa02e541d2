//! What every document says about itself.

use serde::Serialize;

use super::Material;
use crate::dates::long;
use crate::pipeline::SHORT_HASH;

/// What a document says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Head {
    /// Its title.
    pub title: String,
    /// The short title of footers.
    pub short: String,
    /// What it replaces, in a sentence; empty where it is the first of its pack.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub replaces: String,
    /// The organisation.
    pub organisation: String,
    /// The committee it is for.
    pub committee: String,
    /// Whether practices are named in it, in a word.
    pub audience: String,
    /// The period it reports.
    pub period: String,
    /// The date that its figures speak of.
    pub as_at: String,
    /// The same date for machines.
    pub date: String,
    /// Who wrote it.
    pub author: String,
    /// Who may read it.
    pub classification: String,
    /// The framework and its version.
    pub framework: String,
    /// The run, for people who look for it years later; empty in a public document.
    pub run: String,
    /// The pipeline's title and the first digits of its hash; empty in a public document.
    pub pipeline: String,
}

impl Head {
    /// The head of a document.
    pub fn new(material: &Material<'_>, title: String, short: String, committee: &str, public: bool) -> Self {
        let pipeline = material.pipeline;
        let hash: String = pipeline.hash.chars().take(SHORT_HASH).collect();
        Self {
            title,
            short,
            replaces: String::new(),
            organisation: pipeline.organisation.clone(),
            committee: committee.to_owned(),
            audience: if public { "public" } else { "named" }.to_owned(),
            period: material.period.long(),
            as_at: long(material.as_of),
            date: material.as_of.to_string(),
            author: pipeline.author.clone(),
            classification: if public { "OFFICIAL".to_owned() } else { pipeline.classification.clone() },
            framework: format!("{}, version {}", pipeline.framework.title, pipeline.framework.version),
            run: if public { String::new() } else { material.run.to_owned() },
            pipeline: if public { String::new() } else { format!("{} ({hash})", pipeline.title) },
        }
    }
}
