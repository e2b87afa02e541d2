//! The SBAR: one or two pages on a practice of a reactive level. Situation, background, assessment,
//! recommendation, each line with the receipts it rests on.

mod asked;
mod assessment;
mod background;
mod recommendation;
mod situation;

use serde::Serialize;

pub use assessment::flags;

use super::{Badge, Head, Material, Standing};
use crate::documents::quarterly;
use crate::wording::number;

/// An SBAR.
#[derive(Debug, Clone, Serialize)]
pub struct Sbar {
    /// What it says about itself.
    pub head: Head,
    /// The practice.
    pub practice: About,
    /// The level that stands.
    pub level: Badge,
    /// The level that is proposed, where a decision differs from it.
    pub proposed: Option<Badge>,
    /// How the clock stands.
    pub clock: String,
    /// Situation.
    pub situation: situation::Situation,
    /// Background.
    pub background: background::Background,
    /// Assessment.
    pub assessment: assessment::Assessment,
    /// Recommendation.
    pub recommendation: recommendation::Recommendation,
    /// The headings that the finished document must have.
    pub headings: Vec<String>,
}

/// What a practice is.
#[derive(Debug, Clone, Serialize)]
pub struct About {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its place and its team.
    pub place: String,
    /// Its network.
    pub network: String,
    /// Patients on its list.
    pub patients: String,
}

/// The headings of an SBAR.
pub const HEADINGS: [&str; 4] = ["Situation", "Background", "Assessment", "Recommendation"];

/// The SBAR of a practice.
pub fn sbar(material: &Material<'_>, standing: &Standing, committee: &str) -> Sbar {
    let practice = &standing.outcome.practice;
    let levels = &material.pipeline.levels;
    let name = material.name(&practice.code);
    let title = format!("SBAR: {name} ({})", practice.code);
    let short = format!("SBAR {}", practice.code);
    let proposed = (standing.outcome.proposed != standing.outcome.level)
        .then(|| Badge::of(levels, standing.outcome.proposed));
    Sbar {
        head: Head::new(material, title, short, committee, false),
        practice: About {
            code: practice.code.clone(),
            name,
            place: format!("{}, {}", practice.place, practice.team),
            network: match (&practice.pcn_name, &practice.pcn) {
                (Some(name), Some(code)) => format!("{} ({code})", super::title_case(name)),
                (None, Some(code)) => code.clone(),
                _ => "no primary care network is known".to_owned(),
            },
            patients: practice.patients.map_or_else(|| "not known".to_owned(), number),
        },
        level: Badge::of(levels, standing.outcome.level),
        proposed,
        clock: quarterly::clock_in_words(&standing.clock),
        situation: situation::situation(material, standing),
        background: background::background(material, standing),
        assessment: assessment::assessment(material, standing),
        recommendation: recommendation::recommendation(material, standing),
        headings: HEADINGS.iter().map(ToString::to_string).collect(),
    }
}
