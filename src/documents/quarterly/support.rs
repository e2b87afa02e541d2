//! (c) Support offered and taken up, from the support repository and the visits.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::keys;
use crate::dates::{long, short};
use crate::documents::{Claim, Material, Reader, Written};
use crate::wording::{list, plural};

/// (c) Support offered and taken up.
#[derive(Debug, Clone, Serialize)]
pub struct Support {
    /// The main findings.
    pub claims: Vec<Claim>,
    /// How a practice may answer, in the order of the columns; empty in a public pack.
    pub answers: Vec<String>,
    /// Offers made at visits of the quarter, the most frequent first.
    pub offers: Vec<OfferRow>,
    /// Offers that had ended when they were made; empty in a public pack.
    pub expired: Vec<Expired>,
    /// Offers of the repository that ended since the framework began, or end soon.
    pub ending: Vec<Ending>,
    /// Answers to the improvement programme.
    pub programme: Vec<Answer>,
    /// What people wrote.
    pub narrative: Written,
}

/// An offer and how it was taken.
#[derive(Debug, Clone, Serialize)]
pub struct OfferRow {
    /// The offer.
    pub title: String,
    /// The role to ask.
    pub contact: String,
    /// The visits at which it was offered.
    pub offered: String,
    /// Of these, the visits with each answer. A visit has one answer for all that was offered at it.
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

/// The tables of this section.
const OFFERS: &str = "offers";
const PROGRAMME: &str = "programme";

struct Made {
    offer: String,
    answer: Option<String>,
    practice: String,
    on: NaiveDate,
    row: usize,
}

pub(super) fn support(material: &Material<'_>, reader: Reader<'_>) -> Support {
    let made = made(material);
    let expired = expired(material, &made);
    let answers = answers(material);
    Support {
        claims: claims(material, reader, &made, &answers, expired.len()),
        offers: offers(material, reader, &made, &answers),
        answers: if reader.named() { answers } else { Vec::new() },
        expired: if reader.named() { expired } else { Vec::new() },
        ending: ending(material),
        programme: programme(material, reader),
        narrative: crate::documents::narrative::written(material, "Support", reader),
    }
}

/// How a practice may answer, as the pipeline has it.
fn answers(material: &Material<'_>) -> Vec<String> {
    let kind = material.pipeline.facts.get("visits").and_then(|f| f.columns.get("support_response"));
    match kind {
        Some(crate::condition::Kind::Choice(values)) => values.to_vec(),
        _ => Vec::new(),
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

fn claims(
    material: &Material<'_>,
    reader: Reader<'_>,
    made: &[Made],
    answers: &[String],
    expired: usize,
) -> Vec<Claim> {
    let cells = material.fact("visits");
    let sources = material.all_receipts(&cells);
    if made.is_empty() {
        return Claim::new("No offer of support was recorded at a visit of the quarter.", sources)
            .into_iter()
            .collect();
    }
    let receipts = material.receipts(&cells, made.iter().map(|m| m.row));
    // A visit has one answer, however much was offered at it.
    let visits: BTreeMap<usize, Option<&str>> = made.iter().map(|m| (m.row, m.answer.as_deref())).collect();
    let (at, all) = (keys::offers(&material.quarter, "visits"), keys::offers(&material.quarter, "all"));
    let text = format!(
        "Support was offered at {} of the quarter, {} in all.",
        reader.say(&at, visits.len()).inner("visit", "visits"),
        reader.say(&all, made.len()).inner("offer", "offers"),
    );
    // At a visit of the quarter, and at least one at each.
    let quarter = keys::visits(&material.quarter, "all");
    reader.at_most(&at, &quarter);
    reader.at_most(&at, &all);
    let mut out = vec![Claim::new(text, receipts.clone())];
    if reader.named() {
        out.push(Claim::new(answered(&visits, answers), receipts.clone()));
    }
    if expired > 0 && reader.named() {
        let text = format!("{} made after the offer had ended.", plural(expired, "offer was", "offers were"));
        out.push(Claim::new(text, receipts));
    }
    out.into_iter().flatten().collect()
}

/// How practices answered, in a sentence: `One answer is recorded for each visit: Accepted at 16 visits, ...`.
fn answered(visits: &BTreeMap<usize, Option<&str>>, answers: &[String]) -> String {
    let with = |answer: Option<&str>| visits.values().filter(|a| **a == answer).count();
    let mut parts: Vec<String> = answers
        .iter()
        .map(|answer| format!("{answer} at {}", plural(with(Some(answer)), "visit", "visits")))
        .collect();
    let without = with(None);
    if without > 0 {
        parts.push(format!("none at {}", plural(without, "visit", "visits")));
    }
    format!("One answer is recorded for each visit: {}.", list(&parts))
}

fn offers(material: &Material<'_>, reader: Reader<'_>, made: &[Made], answers: &[String]) -> Vec<OfferRow> {
    let mut counts: BTreeMap<&str, (usize, Vec<usize>)> = BTreeMap::new();
    for offer in made {
        let entry = counts.entry(&offer.offer).or_insert_with(|| (0, vec![0; answers.len()]));
        entry.0 += 1;
        let place = answers.iter().position(|a| offer.answer.as_deref() == Some(a));
        if let Some(count) = place.and_then(|place| entry.1.get_mut(place)) {
            *count += 1;
        }
    }
    let mut rows: Vec<(&str, (usize, Vec<usize>))> = counts.into_iter().collect();
    rows.sort_by(|a, b| b.1.0.cmp(&a.1.0).then_with(|| a.0.cmp(b.0)));
    let (small, quarter) = (material.pipeline.small_numbers, &material.quarter);
    let key = |title: &str| keys::offers(quarter, &format!("offer/{title}"));
    let mut rest = 0;
    if !reader.named() {
        // Offers made a few times tell who was visited: a public paper has them in one row.
        let few = rows.iter().filter(|(_, (made, _))| small.hides(*made));
        let few: Vec<(String, usize)> = few.map(|(title, (made, _))| (key(title), *made)).collect();
        rest = few.iter().map(|(_, made)| made).sum();
        for (key, made) in &few {
            // The name of their row says so.
            reader.implied(key, *made);
            reader.at_most(key, &reader.number(small.hidden_up_to));
        }
        if rest > 0 {
            reader.adds_up(&keys::offers(quarter, "others"), few.into_iter().map(|(key, _)| key));
        }
        rows.retain(|(_, (made, _))| !small.hides(*made));
        // The order by number would tell something of numbers that are not shown.
        rows.sort_by_key(|(title, _)| *title);
    }
    let mut parts = Vec::new();
    let mut counted = |key: String, made: usize| {
        let told = reader.count(OFFERS, &key, made);
        parts.push(key);
        told.cell()
    };
    let mut out: Vec<OfferRow> = rows
        .into_iter()
        .map(|(title, (made, answers))| OfferRow {
            title: title.to_owned(),
            contact: material
                .pipeline
                .support
                .iter()
                .find(|o| o.title == title)
                .map(|o| o.contact.clone())
                .unwrap_or_default(),
            offered: counted(key(title), made),
            answers: match reader.named() {
                true => answers.iter().map(ToString::to_string).collect(),
                // Answers by offer are few; a public paper gives only how often it was made.
                false => Vec::new(),
            },
        })
        .collect();
    if rest > 0 {
        out.push(OfferRow {
            title: format!("Other offers, each at fewer than {} visits", small.hidden_up_to + 1),
            contact: "–".to_owned(),
            offered: counted(keys::offers(quarter, "others"), rest),
            answers: Vec::new(),
        });
    }
    if !made.is_empty() {
        // An offer is made at most once at a visit.
        let at = keys::offers(quarter, "visits");
        for part in parts.iter().filter(|part| **part != keys::offers(quarter, "others")) {
            reader.at_most(part, &at);
        }
        reader.adds_up(&keys::offers(quarter, "all"), parts);
    }
    if reader.leaves_out(OFFERS) { Vec::new() } else { out }
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

fn programme(material: &Material<'_>, reader: Reader<'_>) -> Vec<Answer> {
    let cells = material.fact("offer");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in 0..cells.height() {
        if cells.text("practice", row).is_some_and(|p| material.of(&p).is_some()) {
            let response = cells.text("response", row).unwrap_or_else(|| "No response".to_owned());
            *counts.entry(response).or_default() += 1;
        }
    }
    let key = |response: &str| format!("programme/{}/{response}", material.as_of);
    let all: Vec<String> = counts.keys().map(|response| key(response)).collect();
    let rows = counts.into_iter().map(|(response, count)| Answer {
        practices: reader.count(PROGRAMME, &key(&response), count).cell(),
        response,
    });
    let rows = rows.collect();
    // Each is the answer of a practice in scope.
    reader.known(&keys::practices(material.as_of), material.standings.len());
    reader.balance([keys::practices(material.as_of)], all, true);
    if reader.leaves_out(PROGRAMME) { Vec::new() } else { rows }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::sample::Sample;

    const NAMED: Reader<'static> = Reader::NAMED;

    fn texts(claims: &[Claim]) -> Vec<&str> {
        claims.iter().map(|claim| claim.text.as_str()).collect()
    }

    fn world() -> Sample {
        let mut sample = Sample::new("2026-10-14");
        sample.practice("P81001", Some(2));
        sample.fact(
            "visits",
            &[
                "practice = P81001; visit_date = 2026-07-02; support_offered = Training hub, Estates planning; \
                 support_response = Accepted",
                "practice = P81001; visit_date = 2026-08-02; support_offered = Training hub; \
                 support_response = Declined",
                "practice = P81001; visit_date = 2026-09-02; support_offered = Training hub",
                "practice = P81001; visit_date = 2026-09-03",
                "practice = P81001; visit_date = 2026-10-02; support_offered = Training hub; \
                 support_response = Accepted",
            ],
        );
        sample
    }

    #[test]
    fn an_answer_is_that_of_a_visit_and_counted_once() {
        let support = support(&world().material(), NAMED);
        assert_eq!(
            texts(&support.claims),
            [
                "Support was offered at 3 visits of the quarter, 4 offers in all.",
                "One answer is recorded for each visit: Accepted at 1 visit, Declined at 1 visit, Considering at 0 \
                 visits and none at 1 visit."
            ]
        );
        assert_eq!(support.answers, ["Accepted", "Declined", "Considering"]);
        let rows: Vec<(&str, &str, Vec<&str>)> = support
            .offers
            .iter()
            .map(|o| {
                let answers = o.answers.iter().map(String::as_str).collect();
                (o.title.as_str(), o.offered.as_str(), answers)
            })
            .collect();
        assert_eq!(
            rows,
            [("Training hub", "3", vec!["1", "1", "0"]), ("Estates planning", "1", vec!["1", "0", "0"])]
        );
    }

    #[test]
    fn a_public_pack_gives_no_small_number() {
        let world = world();
        let material = world.material();
        let support = support(&material, Reader::public(material.figures()));
        assert_eq!(
            texts(&support.claims),
            ["Support was offered at fewer than 5 visits of the quarter, fewer than 5 offers in all."]
        );
        let rows: Vec<(&str, &str)> =
            support.offers.iter().map(|o| (o.title.as_str(), o.offered.as_str())).collect();
        assert_eq!(rows, [("Other offers, each at fewer than 5 visits", "[c]")]);
        assert!(support.answers.is_empty());
    }

    #[test]
    fn an_offer_made_after_its_end_is_told() {
        let mut sample = Sample::new("2026-10-14");
        sample.practice("P81001", Some(2));
        let offer = sample.pipeline.support.iter_mut().find(|o| o.title == "Training hub").unwrap();
        offer.until = Some("2026-08-02".parse().unwrap());
        sample.fact(
            "visits",
            &[
                "practice = P81001; visit_date = 2026-08-02; support_offered = Training hub",
                "practice = P81001; visit_date = 2026-08-03; support_offered = Training hub",
            ],
        );
        let support = support(&sample.material(), NAMED);
        assert_eq!(support.claims[2].text, "1 offer was made after the offer had ended.");
        assert_eq!(support.expired.len(), 1, "the last day still counts");
        assert_eq!(
            (support.expired[0].visit.as_str(), support.expired[0].ended.as_str()),
            ("3 Aug 2026", "2 August 2026")
        );
    }
}
