//! Support offered and taken up, from the support repository and the visits.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::dates::{long, short};
use crate::documents::content::{Block, Cell, Column, Element, Look, Table, TableLook, Words};
use crate::documents::context::Context;
use crate::documents::{Claim, Material, Reader, keys};
use crate::wording::{list, plural};

/// The tables of this block, as figures know them.
const OFFERS: &str = "offers";
const PROGRAMME: &str = "programme";

struct Made {
    offer: String,
    answer: Option<String>,
    practice: String,
    on: NaiveDate,
    row: usize,
}

pub(super) fn block(context: &Context<'_>) -> Block {
    let Context { material, reader, .. } = *context;
    let mut block = context.block();
    let made = made(material);
    let expired = expired(material, &made);
    let answers = answers(material);
    block.claims(claims(material, reader, &made, &answers, expired.len()));
    let rows = offers(material, reader, &made, &answers);
    let shown = !rows.is_empty();
    let period = material.period.every.word();
    let columns = if reader.named() {
        let first = [Column::text("Offer", None), Column::text("Contact", 24), Column::count("Visits", 12)];
        first.into_iter().chain(answers.iter().map(|answer| Column::count(answer, 13))).collect()
    } else {
        vec![Column::text("Offer", None), Column::text("Contact", 35), Column::count("Visits", 15)]
    };
    let caption = format!("Visits of the {period} at which support was offered, by offer");
    let none = format!("No offer of support was recorded at a visit of the {period}");
    let empty = match (reader.named(), context.received("visits")) {
        (true, true) => format!("{none}."),
        (true, false) => {
            "No sheet of visits has been received, so nothing is known of support offered.".to_owned()
        }
        (false, _) => format!("{none}, or too few to be shown."),
    };
    block.table(Table::new("offers", caption, columns).rows(rows), &empty);
    if reader.named() && !answers.is_empty() && shown {
        block.remark("The answer of a visit stands beside each offer that was made at it.");
    }
    let ending = ending(material);
    if !ending.is_empty() {
        block.heading("Offers with an end");
        block.list(ending);
    }
    if reader.named() && !expired.is_empty() {
        let lead =
            Words::default().strong("Please check:").plain(" these offers had ended before they were made.");
        let items = expired.into_iter().map(Words::from).collect();
        block.push(Element::Box { look: Look::Warn, paragraphs: vec![lead], items });
    }
    if material.pipeline.facts.contains_key("offer") {
        programme(context, &mut block);
    }
    block.written(context.written());
    block
}

/// The latest answers to the offers of a programme.
fn programme(context: &Context<'_>, block: &mut Block) {
    block.heading(context.text("programme"));
    let rows = answered_offers(context.material, context.reader);
    let columns = vec![Column::text("Answer", None), Column::count("Practices", 25)];
    let none = context.text("programme_none");
    let few = if context.named() { "" } else { ", or too few to be shown" };
    let empty = match context.received("offer") {
        true => format!("{none}{few}."),
        false => context.text("programme_unknown"),
    };
    let table = Table::new("programme", context.text("programme_caption"), columns);
    block.table(table.look(TableLook::Keep).rows(rows), &empty);
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
        let Some(on) = cells.date("visit_date", row).filter(|d| material.period.contains(*d)) else {
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
        let period = material.period.every.word();
        let text = format!("No offer of support was recorded at a visit of the {period}.");
        return Claim::new(text, sources).into_iter().collect();
    }
    let receipts = material.receipts(&cells, made.iter().map(|m| m.row));
    // A visit has one answer, however much was offered at it.
    let visits: BTreeMap<usize, Option<&str>> = made.iter().map(|m| (m.row, m.answer.as_deref())).collect();
    let (at, all) = (keys::offers(&material.period, "visits"), keys::offers(&material.period, "all"));
    let text = format!(
        "Support was offered at {} of the {}, {} in all.",
        reader.say(&at, visits.len()).inner("visit", "visits"),
        material.period.every.word(),
        reader.say(&all, made.len()).inner("offer", "offers"),
    );
    // At a visit of the quarter, and at least one at each.
    let quarter = keys::visits(&material.period, "all");
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

fn offers(material: &Material<'_>, reader: Reader<'_>, made: &[Made], answers: &[String]) -> Vec<Vec<Cell>> {
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
    let (small, quarter) = (material.pipeline.small_numbers, &material.period);
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
        Cell::told(told)
    };
    let contact = |title: &str| {
        let known = material.pipeline.support.iter().find(|offer| offer.title == title);
        known.map(|offer| offer.contact.clone()).unwrap_or_default()
    };
    let mut out: Vec<Vec<Cell>> = rows
        .into_iter()
        .map(|(title, (made, answers))| {
            let offered = counted(key(title), made);
            let mut cells = vec![Cell::words(title), Cell::words(contact(title)), offered];
            if reader.named() {
                // Answers by offer are few; a public paper gives only how often it was made.
                cells.extend(answers.into_iter().map(Cell::count));
            }
            cells
        })
        .collect();
    if rest > 0 {
        let title = format!("Other offers, each at fewer than {} visits", small.hidden_up_to + 1);
        let offered = counted(keys::offers(quarter, "others"), rest);
        out.push(vec![Cell::words(title), Cell::words("–"), offered]);
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

/// Offers that had ended before they were made, each in words.
fn expired(material: &Material<'_>, made: &[Made]) -> Vec<String> {
    let mut out = Vec::new();
    for offer in made {
        let known = material.pipeline.support.iter().find(|o| o.title == offer.offer);
        let Some(until) = known.and_then(|o| o.until).filter(|until| *until < offer.on) else { continue };
        out.push(format!(
            "{} (ended on {}) to {} ({}), visit of {}.",
            offer.offer,
            long(until),
            material.name(&offer.practice),
            offer.practice,
            short(offer.on)
        ));
    }
    out
}

/// Offers that have ended or end within three months, each in words.
fn ending(material: &Material<'_>) -> Vec<String> {
    let soon = crate::dates::add_months(material.as_of, 3);
    let mut out = Vec::new();
    for offer in &material.pipeline.support {
        let Some(until) = offer.until.filter(|until| *until <= soon) else { continue };
        let verb = if until < material.as_of { "ended" } else { "ends" };
        out.push(format!("{} ({}) {verb} on {}.", offer.title, offer.themes.join(", "), long(until)));
    }
    out
}

/// Practices by their latest answer.
fn answered_offers(material: &Material<'_>, reader: Reader<'_>) -> Vec<Vec<Cell>> {
    let cells = material.fact("offer");
    let unanswered = material.pipeline.roles.get("offer", "response", "unanswered").unwrap_or("No answer");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in 0..cells.height() {
        if cells.text("practice", row).is_some_and(|p| material.of(&p).is_some()) {
            let response = cells.text("response", row).unwrap_or_else(|| unanswered.to_owned());
            *counts.entry(response).or_default() += 1;
        }
    }
    let key = |response: &str| format!("programme/{}/{response}", material.as_of);
    let all: Vec<String> = counts.keys().map(|response| key(response)).collect();
    let rows = counts.into_iter().map(|(response, count)| {
        let told = reader.count(PROGRAMME, &key(&response), count);
        vec![Cell::words(response), Cell::told(told)]
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
        let world = world();
        let block = world.block(&world.material(), "support", Reader::NAMED);
        assert_eq!(
            block.sentences(),
            [
                "Support was offered at 3 visits of the quarter, 4 offers in all.",
                "One answer is recorded for each visit: Accepted at 1 visit, Declined at 1 visit, Considering at 0 \
                 visits and none at 1 visit."
            ]
        );
        assert_eq!(
            block.texts("offers"),
            [
                ["Offer", "Contact", "Visits", "Accepted", "Declined", "Considering"],
                ["Training hub", "Training hub", "3", "1", "1", "0"],
                ["Estates planning", "Estates lead", "1", "1", "0", "0"]
            ]
            .map(|row| row.map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn a_public_pack_gives_no_small_number() {
        let world = world();
        let material = world.material();
        let block = world.block(&material, "support", Reader::public(material.figures()));
        assert_eq!(
            block.sentences(),
            ["Support was offered at fewer than 5 visits of the quarter, fewer than 5 offers in all."]
        );
        assert_eq!(
            block.texts("offers"),
            [["Offer", "Contact", "Visits"], ["Other offers, each at fewer than 5 visits", "–", "[c]"]]
                .map(|row| row.map(str::to_owned).to_vec())
        );
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
        let material = sample.material();
        let block = sample.block(&material, "support", Reader::NAMED);
        assert_eq!(block.sentences()[2], "1 offer was made after the offer had ended.");
        assert_eq!(
            expired(&material, &made(&material)),
            ["Training hub (ended on 2 August 2026) to Practice P81001 (P81001), visit of 3 Aug 2026."],
            "the last day still counts"
        );
    }
}
