//! Recommendation: what the framework does at this level, what support answers the themes in play, and who
//! attends.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::dates::long;
use crate::levels::Ruling;
use crate::packs::{Material, Standing};
use crate::wording::lower_first;

/// Recommendation.
#[derive(Debug, Clone, Serialize)]
pub struct Recommendation {
    /// The level, its timescale and the due date.
    pub level: String,
    /// What the framework does at this level.
    pub actions: Vec<String>,
    /// Offers of support that answer the themes in play and stand today; those that answer most first.
    pub offers: Vec<OfferRow>,
    /// How many more there are.
    pub more_offers: usize,
    /// Who attends the visit.
    pub attendees: Vec<String>,
    /// What the group is asked to decide.
    pub decision: String,
}

/// An offer that answers a theme.
#[derive(Debug, Clone, Serialize)]
pub struct OfferRow {
    /// The offer.
    pub title: String,
    /// The themes it answers here.
    pub themes: String,
    /// The role to ask.
    pub contact: String,
}

/// Offers that are listed, so that an SBAR stays short.
const MOST_OFFERS: usize = 8;

pub(super) fn recommendation(material: &Material<'_>, standing: &Standing) -> Recommendation {
    let level = material.pipeline.levels.get(standing.outcome.level);
    let themes = themes(material, standing.code());
    let mut offers = offers(material, &themes);
    let more_offers = offers.len().saturating_sub(MOST_OFFERS);
    offers.truncate(MOST_OFFERS);
    let owed = standing.clock.state.is_owed();
    let due = match standing.clock.due.filter(|_| owed) {
        Some(due) => format!(" The visit is due by {}.", long(due)),
        None => String::new(),
    };
    Recommendation {
        level: format!(
            "Level {}, {}: {}.{due}",
            level.number,
            level.name.to_lowercase(),
            lower_first(&level.timescale)
        ),
        actions: level.actions.clone(),
        offers,
        more_offers,
        attendees: attendees(material, standing.code()),
        decision: match &standing.outcome.decision {
            Some((_, Ruling::InConflict)) => {
                "Decide the level again: the decision in force does not cover what became known after it."
                    .to_owned()
            }
            _ => "Confirm the proposed level, or decide otherwise with a reason and an end date.".to_owned(),
        },
    }
}

/// The themes of standing concerns and of flagged domains.
fn themes(material: &Material<'_>, code: &str) -> BTreeSet<String> {
    let concerns = material.fact("concerns");
    let mut themes: BTreeSet<String> = (0..concerns.height())
        .filter(|row| concerns.text("practice", *row).as_deref() == Some(code))
        .filter_map(|row| concerns.text("theme", row))
        .collect();
    let score = material.fact("score");
    let row = (0..score.height()).find(|row| score.text("practice", *row).as_deref() == Some(code));
    for (domain, count) in row.map(|row| super::flags(material, code, row)).unwrap_or_default() {
        if count > 0.0 {
            themes.insert(domain.to_owned());
        }
    }
    themes
}

fn offers(material: &Material<'_>, themes: &BTreeSet<String>) -> Vec<OfferRow> {
    let standing = material.pipeline.support.iter().filter(|offer| offer.stands_on(material.as_of));
    let mut answering: Vec<(usize, OfferRow)> = standing
        .filter_map(|offer| {
            let answered: Vec<&str> =
                offer.themes.iter().filter(|t| themes.contains(*t)).map(String::as_str).collect();
            let row = OfferRow {
                title: offer.title.clone(),
                themes: answered.join(", "),
                contact: offer.contact.clone(),
            };
            (!answered.is_empty()).then_some((answered.len(), row))
        })
        .collect();
    answering.sort_by_key(|(answered, _)| std::cmp::Reverse(*answered));
    answering.into_iter().map(|(_, row)| row).collect()
}

/// The core team, and by exception the teams whose concerns are in play.
fn attendees(material: &Material<'_>, code: &str) -> Vec<String> {
    let concerns = material.fact("concerns");
    let teams: BTreeSet<String> = (0..concerns.height())
        .filter(|row| concerns.text("practice", *row).as_deref() == Some(code))
        .filter_map(|row| concerns.text("team", row))
        .collect();
    let visiting = &material.pipeline.visiting;
    let by_exception = teams
        .into_iter()
        .filter(|team| !visiting.not_attending.contains(team))
        .map(|team| format!("{team} (by exception)"));
    visiting.core_team.iter().cloned().chain(by_exception).collect()
}
