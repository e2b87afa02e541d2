//! Recommendation: what is asked now, what the framework does at this level, what support answers the themes
//! in play, and who attends.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde::Serialize;

use super::asked;
use crate::dates::short;
use crate::documents::{Badge, Material, Standing};
use crate::levels::{Finding, Ruling};
use crate::pipeline::{Action, Offer, Stage};
use crate::wording::lower_first;

/// Recommendation.
#[derive(Debug, Clone, Serialize)]
pub struct Recommendation {
    /// The level.
    pub level: String,
    /// What is asked for, by the state of the clock.
    pub asked: Vec<String>,
    /// What the group is asked to decide.
    pub decision: String,
    /// What the framework does at this level and stage, each with its owner and date.
    pub actions: Vec<ActionRow>,
    /// Offers of support that answer the themes in play and stand today: those of what set the level first,
    /// then those that answer most.
    pub offers: Vec<OfferRow>,
    /// How many more there are.
    pub more_offers: usize,
    /// Who attends the visit; nobody where it was made.
    pub attendees: Vec<String>,
}

/// Something to be done.
#[derive(Debug, Clone, Serialize)]
pub struct ActionRow {
    /// What.
    pub text: String,
    /// The role that does it.
    pub owner: String,
    /// By when; a dash where no date is set.
    pub by: String,
}

/// An offer that answers a theme.
#[derive(Debug, Clone, Serialize)]
pub struct OfferRow {
    /// The offer.
    pub title: String,
    /// The themes and findings it answers here.
    pub themes: String,
    /// The role to ask.
    pub contact: String,
}

/// Offers that are listed, so that an SBAR stays short.
const MOST_OFFERS: usize = 8;

pub(super) fn recommendation(material: &Material<'_>, standing: &Standing) -> Recommendation {
    let level = material.pipeline.levels.get(standing.outcome.level);
    let mut offers = offers(material, standing);
    let more_offers = offers.len().saturating_sub(MOST_OFFERS);
    offers.truncate(MOST_OFFERS);
    let stage = asked::stage(standing);
    let badge = Badge::of(&material.pipeline.levels, standing.outcome.level);
    let named = if badge.label == badge.name {
        format!("{}.", badge.label)
    } else {
        format!("{}, {}.", badge.label, lower_first(&badge.name))
    };
    Recommendation {
        level: named,
        asked: asked::asked(material, standing),
        actions: level
            .actions
            .iter()
            .filter(|a| a.applies(stage))
            .map(|a| row(a, material, standing))
            .collect(),
        offers,
        more_offers,
        attendees: match stage {
            Stage::Visited => Vec::new(),
            _ => attendees(material, standing.code()),
        },
        decision: match &standing.outcome.decision {
            Some((_, Ruling::InConflict)) => {
                "Decide the level again: the decision in force does not cover what became known after it."
                    .to_owned()
            }
            _ => "Confirm the proposed level, or decide otherwise with a reason and an end date.".to_owned(),
        },
    }
}

fn row(action: &Action, material: &Material<'_>, standing: &Standing) -> ActionRow {
    ActionRow {
        text: action.text.clone(),
        owner: action.owner(&standing.outcome.practice.team),
        by: asked::by(action.by, material, standing).map_or_else(|| "–".to_owned(), short),
    }
}

/// The themes of open concerns and of flagged domains.
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

/// What set the level: the findings at it, and the themes of their rows.
struct Trigger<'s> {
    findings: Vec<&'s Finding>,
    themes: BTreeSet<&'s str>,
}

impl<'s> Trigger<'s> {
    fn of(standing: &'s Standing) -> Self {
        let all = &standing.outcome.findings;
        let at = |level: Option<u8>| all.iter().filter(move |f| Some(f.level) == level).collect::<Vec<_>>();
        let mut findings = at(standing.outcome.level);
        if findings.is_empty() {
            findings = at(standing.outcome.proposed);
        }
        let values = findings.iter().flat_map(|f| &f.evidence).flat_map(|e| &e.values);
        let themes = values.filter(|v| v.column == "theme").map(|v| v.value.as_str()).collect();
        Self { findings, themes }
    }

    /// The titles of the findings that an offer names.
    fn answered_by(&self, offer: &Offer) -> Vec<String> {
        let named = self.findings.iter().filter(|finding| offer.answers.contains(&finding.rule));
        named.map(|finding| finding.title.clone()).collect()
    }
}

fn offers(material: &Material<'_>, standing: &Standing) -> Vec<OfferRow> {
    let (themes, trigger) = (themes(material, standing.code()), Trigger::of(standing));
    let offered = material.pipeline.support.iter().filter(|offer| offer.stands_on(material.as_of));
    let mut answering: Vec<(usize, usize, OfferRow)> = offered
        .filter_map(|offer| {
            let mut answered: Vec<String> = trigger.answered_by(offer);
            let (first, others): (Vec<&String>, Vec<&String>) = offer
                .themes
                .iter()
                .filter(|theme| themes.contains(*theme) || trigger.themes.contains(theme.as_str()))
                .partition(|theme| trigger.themes.contains(theme.as_str()));
            let triggered = answered.len() + first.len();
            answered.extend(first.into_iter().chain(others).cloned());
            let count = answered.len();
            let row = OfferRow {
                title: offer.title.clone(),
                themes: answered.join(", "),
                contact: offer.contact.clone(),
            };
            (count > 0).then_some((triggered, count, row))
        })
        .collect();
    answering.sort_by_key(|(triggered, count, _)| (Reverse(*triggered), Reverse(*count)));
    answering.into_iter().map(|(_, _, row)| row).collect()
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
