//! The annex: every practice on one line.

use serde::Serialize;

use crate::dates::short;
use crate::documents::quarterly::exceptions::in_words;
use crate::documents::{Badge, Material, Standing};
use crate::levels::Ruling;
use crate::wording::number;

/// Every practice.
#[derive(Debug, Clone, Serialize)]
pub struct Annex {
    /// The practices by code.
    pub rows: Vec<AnnexRow>,
    /// The rules, for the key: name and title.
    pub key: Vec<(String, String)>,
}

/// One practice.
#[derive(Debug, Clone, Serialize)]
pub struct AnnexRow {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its place.
    pub place: String,
    /// The level that stands.
    pub level: Badge,
    /// The proposed level where a decision differs from it, and that decision.
    pub decision: String,
    /// The level of the last pack, `–` if there is none.
    pub last: String,
    /// The variation score with its date.
    pub score: String,
    /// The rules that fire.
    pub rules: String,
    /// How the clock stands.
    pub clock: String,
}

pub(super) fn annex(material: &Material<'_>) -> Annex {
    let key = material.pipeline.rules.iter().map(|r| (r.id.clone(), r.title.clone())).collect();
    Annex { rows: material.standings.iter().map(|s| row(material, s)).collect(), key }
}

fn row(material: &Material<'_>, standing: &Standing) -> AnnexRow {
    let outcome = &standing.outcome;
    let decision = match &outcome.decision {
        Some((d, Ruling::Sets)) => {
            let proposed = outcome.proposed.map_or_else(|| "none".to_owned(), |p| p.to_string());
            format!("decided {} (proposed {proposed})", d.level)
        }
        Some((d, Ruling::ChangesNothing)) => format!("decided {}", d.level),
        Some((d, Ruling::InConflict)) => format!("decided {}, in conflict", d.level),
        None => "–".to_owned(),
    };
    let label = &material.pipeline.levels.assessed.label;
    let score = match &outcome.score {
        Some(s) if outcome.assessed => format!("{} ({})", number(s.value), short(s.extract_date)),
        Some(s) => format!("{}, stale ({}): {label}", number(s.value), short(s.extract_date)),
        None => label.clone(),
    };
    let last = match (&material.last, &standing.previous) {
        (None, _) => "–".to_owned(),
        (Some(_), None) => "new".to_owned(),
        (Some(_), Some(past)) => material.past_badge(past.level).short,
    };
    let rules: Vec<&str> = outcome.rules();
    AnnexRow {
        code: standing.code().to_owned(),
        name: material.name(standing.code()),
        place: outcome.practice.place.clone(),
        level: Badge::of(&material.pipeline.levels, outcome.level),
        decision,
        last,
        score,
        rules: if rules.is_empty() { "none".to_owned() } else { rules.join(", ") },
        clock: in_words(&standing.clock),
    }
}
