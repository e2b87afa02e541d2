//! (c) Support offered and taken up, from the support repository and the visits.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use crate::dates::{long, short};
use crate::packs::{Claim, Material, Paragraph, Reader};
use crate::wording::plural;

/// (c) Support offered and taken up.
#[derive(Debug, Clone, Serialize)]
pub struct Support {
    /// The main findings.
    pub claims: Vec<Claim>,
    /// Offers made at visits of the quarter, the most frequent first.
    pub offers: Vec<OfferRow>,
    /// Offers that had ended when they were made; empty in a public pack.
    pub expired: Vec<Expired>,
    /// Offers of the repository that ended since the framework began, or end soon.
    pub ending: Vec<Ending>,
    /// Answers to the improvement programme.
    pub programme: Vec<Answer>,
    /// What people wrote.
    pub narrative: Vec<Paragraph>,
}

/// An offer and how it was taken.
#[derive(Debug, Clone, Serialize)]
pub struct OfferRow {
    /// The offer.
    pub title: String,
    /// The role to ask.
    pub contact: String,
    /// How often it was made.
    pub offered: String,
    /// Accepted, declined, considering.
    pub answers: Vec<String>,
}

/// An offer that was made after it had ended.
#[derive(Debug, Clone, Serialize)]
pub struct Expired {
    /// The offer.
    pub title: String,
    /// The practice.
    pub practice: String,
    /// The visit.
    pub visit: String,
    /// The day it ended.
    pub ended: String,
}

/// An offer with an end.
#[derive(Debug, Clone, Serialize)]
pub struct Ending {
    /// The offer.
    pub title: String,
    /// The themes it answered.
    pub themes: String,
    /// When it ended or will end.
    pub until: String,
    /// `ended` or `ends`.
    pub verb: String,
}

/// Practices that gave an answer.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The answer.
    pub response: String,
    /// Practices whose latest offer has it.
    pub practices: String,
}

/// How a practice may answer an offer, in the order of the columns.
const ANSWERS: [&str; 3] = ["Accepted", "Declined", "Considering"];

struct Made {
    offer: String,
    answer: Option<String>,
    practice: String,
    on: NaiveDate,
    row: usize,
}

pub(super) fn support(material: &Material<'_>, reader: Reader) -> Support {
    let made = made(material);
    let expired = expired(material, &made);
    Support {
        claims: claims(material, reader, &made, expired.len()),
        offers: offers(material, reader, &made),
        expired: if reader.named() { expired } else { Vec::new() },
        ending: ending(material),
        programme: programme(material, reader),
        narrative: crate::packs::narrative::paragraphs(material, "Support", reader).0,
    }
}

/// The offers made at completed visits of the quarter.
fn made(material: &Material<'_>) -> Vec<Made> {
    let cells = material.fact("visits");
    let mut out = Vec::new();
    for row in 0..cells.height() {
        let Some(on) = cells.date("visit_date", row).filter(|d| material.quarter.contains(*d)) else {
            continue;
        };
        let Some(practice) = cells.text("practice", row) else { continue };
        for offer in cells.texts("support_offered", row) {
            out.push(Made {
                offer,
                answer: cells.text("support_response", row),
                practice: practice.clone(),
                on,
                row,
            });
        }
    }
    out
}

fn claims(material: &Material<'_>, reader: Reader, made: &[Made], expired: usize) -> Vec<Claim> {
    let cells = material.fact("visits");
    let sources = material.all_receipts(&cells);
    if made.is_empty() {
        return Claim::new("No offer of support was recorded at a visit of the quarter.", sources)
            .into_iter()
            .collect();
    }
    let receipts = material.receipts(&cells, made.iter().map(|m| m.row));
    let accepted = made.iter().filter(|m| m.answer.as_deref() == Some("Accepted")).count();
    let text = format!(
        "{} made at visits of the quarter, of which {} accepted.",
        match reader.count(made.len()).as_str() {
            "1" => "1 offer of support was".to_owned(),
            "[c]" => "Few offers of support were".to_owned(),
            shown => format!("{shown} offers of support were"),
        },
        match reader.count(accepted).as_str() {
            "1" => "1 was".to_owned(),
            "[c]" => "few were".to_owned(),
            shown => format!("{shown} were"),
        }
    );
    let mut out = vec![Claim::new(text, receipts.clone())];
    if expired > 0 && reader.named() {
        let text = format!("{} made after the offer had ended.", plural(expired, "offer was", "offers were"));
        out.push(Claim::new(text, receipts));
    }
    out.into_iter().flatten().collect()
}

fn offers(material: &Material<'_>, reader: Reader, made: &[Made]) -> Vec<OfferRow> {
    let mut counts: BTreeMap<&str, (usize, [usize; 3])> = BTreeMap::new();
    for offer in made {
        let entry = counts.entry(&offer.offer).or_default();
        entry.0 += 1;
        if let Some(i) = ANSWERS.iter().position(|a| offer.answer.as_deref() == Some(*a)) {
            entry.1[i] += 1;
        }
    }
    let mut rows: Vec<(&str, (usize, [usize; 3]))> = counts.into_iter().collect();
    rows.sort_by(|a, b| b.1.0.cmp(&a.1.0).then_with(|| a.0.cmp(b.0)));
    if !reader.named() {
        // Offers made a few times tell who was visited: a public paper leaves them out.
        rows.retain(|(_, (made, _))| *made > 4);
    }
    rows.into_iter()
        .map(|(title, (made, answers))| OfferRow {
            title: title.to_owned(),
            contact: material
                .pipeline
                .support
                .iter()
                .find(|o| o.title == title)
                .map(|o| o.contact.clone())
                .unwrap_or_default(),
            offered: made.to_string(),
            answers: match reader.named() {
                true => answers.iter().map(ToString::to_string).collect(),
                // Answers by offer are few; a public paper gives only how often it was made.
                false => Vec::new(),
            },
        })
        .collect()
}

fn expired(material: &Material<'_>, made: &[Made]) -> Vec<Expired> {
    let mut out = Vec::new();
    for offer in made {
        let known = material.pipeline.support.iter().find(|o| o.title == offer.offer);
        let Some(until) = known.and_then(|o| o.until).filter(|until| *until < offer.on) else { continue };
        out.push(Expired {
            title: offer.offer.clone(),
            practice: format!("{} ({})", material.name(&offer.practice), offer.practice),
            visit: short(offer.on),
            ended: long(until),
        });
    }
    out
}

fn ending(material: &Material<'_>) -> Vec<Ending> {
    let soon = crate::dates::add_months(material.as_of, 3);
    let mut out = Vec::new();
    for offer in &material.pipeline.support {
        let Some(until) = offer.until.filter(|until| *until <= soon) else { continue };
        let verb = if until < material.as_of { "ended" } else { "ends" };
        out.push(Ending {
            title: offer.title.clone(),
            themes: offer.themes.join(", "),
            until: long(until),
            verb: verb.to_owned(),
        });
    }
    out
}

fn programme(material: &Material<'_>, reader: Reader) -> Vec<Answer> {
    let cells = material.fact("offer");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in 0..cells.height() {
        if cells.text("practice", row).is_some_and(|p| material.of(&p).is_some()) {
            let response = cells.text("response", row).unwrap_or_else(|| "No response".to_owned());
            *counts.entry(response).or_default() += 1;
        }
    }
    let shown = reader.row(&counts.values().copied().collect::<Vec<_>>());
    counts.into_keys().zip(shown).map(|(response, practices)| Answer { response, practices }).collect()
}
