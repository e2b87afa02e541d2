//! Recommendation: what is asked now, what the framework does at this level, what support answers the themes
//! in play, and who attends.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::asked;
use crate::documents::content::{Block, Cell, Column, Element, Kind, Look, Table, TableLook, Words};
use crate::documents::context::Context;
use crate::documents::{Badge, Material, Standing};
use crate::levels::{Finding, Ruling};
use crate::pipeline::{Action, Offer, Stage};
use crate::wording::lower_first;

/// Offers that are listed, so that an SBAR stays short.
const MOST_OFFERS: usize = 7;

pub(super) fn block(context: &Context<'_>) -> Block {
    let (material, standing) = (context.material, context.standing());
    let level = material.pipeline.levels.get(standing.outcome.level);
    let stage = asked::stage(standing);
    let badge = Badge::of(&material.pipeline.levels, standing.outcome.level);
    let named = if badge.label == badge.name {
        format!("{}.", badge.label)
    } else {
        format!("{}, {}.", badge.label, lower_first(&badge.name))
    };
    let asked = asked::asked(material, standing).join(" ");
    let decision = match &standing.outcome.decision {
        Some((_, Ruling::InConflict)) => {
            "Decide the level again: the decision in force does not cover what became known after it."
        }
        _ => "Confirm the proposed level, or decide otherwise with a reason and an end date.",
    };
    let mut block = context.block();
    block.push(Element::Box {
        look: Look::Decision,
        paragraphs: vec![
            Words::default().strong("Asked for.").plain(format!(" {named} {asked}")),
            Words::default().strong("Decision.").plain(format!(" {decision}")),
        ],
        items: Vec::new(),
    });
    let actions = level.actions.iter().filter(|action| action.applies(stage));
    let columns =
        vec![Column::text("Action", None), Column::text("Owner", 26), Column::of(Kind::Date, "By", 16)];
    let table = Table::new("actions", "What is done now, by whom and by when", columns);
    let rows = actions.map(|action| row(action, material, standing));
    block.table(table.look(TableLook::CompactKeep).rows(rows), "");
    let attendees = attendees(material, standing.code());
    if !attendees.is_empty() && stage != Stage::Visited {
        let also = match context.text("also_attending") {
            also if also.is_empty() => ".".to_owned(),
            also => format!("; {also}."),
        };
        block.paragraph(format!("Attending: {}{also}", attendees.join(", ")));
    }
    let mut offers = offers(material, standing);
    let more = offers.len().saturating_sub(MOST_OFFERS);
    offers.truncate(MOST_OFFERS);
    let columns = vec![Column::text("Offer", None), Column::text("Answers", 36), Column::text("Contact", 28)];
    let table = Table::new("offers", "Support that answers what is open, and the themes in play", columns);
    block.table(table.look(TableLook::CompactKeep).rows(offers), "");
    if more > 0 {
        let words = format!("{more} more in the support repository.").into();
        block.push(Element::Paragraph { words, look: Look::Small });
    }
    block
}

fn row(action: &Action, material: &Material<'_>, standing: &Standing) -> Vec<Cell> {
    vec![
        Cell::words(&action.text),
        Cell::words(action.owner(&standing.outcome.practice.team)),
        Cell::day(asked::by(action.by, material, standing), "–"),
    ]
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
    for (domain, count) in row.map(|row| super::assessment::flags(material, code, row)).unwrap_or_default() {
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

fn offers(material: &Material<'_>, standing: &Standing) -> Vec<Vec<Cell>> {
    let (themes, trigger) = (themes(material, standing.code()), Trigger::of(standing));
    let offered = material.pipeline.support.iter().filter(|offer| offer.stands_on(material.as_of));
    let mut answering: Vec<(usize, usize, Vec<Cell>)> = offered
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
            let row = vec![
                Cell::words(&offer.title),
                Cell::words(answered.join(", ")),
                Cell::words(&offer.contact),
            ];
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
