//! (e) Changes to the plan since the last pack: visits moved, cancelled or paused, and decisions.

use std::collections::BTreeMap;

use crate::dates::{long, short};
use crate::documents::content::{Block, Cell, Column, Kind, Table, Words};
use crate::documents::context::Context;
use crate::documents::{Badge, Claim, Material, Reader, keys};
use crate::levels::{Decision, Ruling};
use crate::triangulate::Cells;
use crate::wording::plural;
use chrono::NaiveDate;

/// A visit that was moved, cancelled or paused: practice, type, change and reason.
type VisitChange = [String; 4];

pub(super) fn block(context: &Context<'_>) -> Block {
    let Context { material, reader, .. } = *context;
    let mut block = context.block();
    block.paragraph(match &material.last {
        Some(last) => format!("Compared with the pack of {}.", long(last.as_of)),
        None => "This is the first pack: the plan has nothing to be compared with, and what stands today is listed."
            .to_owned(),
    });
    let visits = visit_changes(material);
    block.claims(claims(material, reader, visits.len()));
    if reader.named() {
        let columns = vec![
            Column::text("Practice", None),
            Column::text("Visit", 17),
            Column::text("Change", 28),
            Column::text("Reason", 25),
        ];
        let rows = visits.into_iter().map(|row| row.map(Cell::words).to_vec());
        block
            .table(Table::new("visits-changed", "Visits moved, cancelled or paused", columns).rows(rows), "");
        block.heading("Decisions");
        let columns = vec![
            Column::text("Practice", 21),
            Column::of(Kind::Badge, "Level", 15),
            Column::text("Decided by, and reason", None),
            Column::text("Effect now", 22),
        ];
        let caption = "Decisions in force, and those that ended or were withdrawn";
        block.table(
            Table::new("decisions", caption, columns).rows(decisions(material)),
            match context.received("decisions") {
                true => "No decision is in force.",
                false => "No sheet of decisions has been received, so none is applied.",
            },
        );
    }
    block.written(context.written());
    block
}

fn claims(material: &Material<'_>, reader: Reader<'_>, visits: usize) -> Vec<Claim> {
    let mut sources = material.all_receipts(&material.fact("plans"));
    sources.extend(material.all_receipts(&material.fact("pauses")));
    sources.sort();
    sources.dedup();
    let since = material.last.as_ref().map(|last| last.as_of);
    let told = reader.say(&keys::changes(since, material.as_of), visits);
    let moved = told.words("visit was", "visits were");
    let text = format!("{moved} moved, cancelled or paused.");
    let mut out = vec![Claim::new(text, sources)];
    let conflicts = with(material, Ruling::InConflict);
    let idle = with(material, Ruling::ChangesNothing);
    let receipts = material.all_receipts(&material.fact("decisions"));
    if reader.named() && conflicts > 0 {
        let text = format!(
            "{} in conflict with something more serious that became known later: the level has to be decided again.",
            plural(conflicts, "decision is", "decisions are")
        );
        out.push(Claim::new(text, receipts.clone()));
    }
    if reader.named() && idle > 0 {
        let text = format!(
            "{} nothing any more: the findings propose the same level.",
            plural(idle, "decision changes", "decisions change")
        );
        out.push(Claim::new(text, receipts));
    }
    out.into_iter().flatten().collect()
}

fn with(material: &Material<'_>, ruling: Ruling) -> usize {
    material
        .standings
        .iter()
        .filter(|s| s.outcome.decision.as_ref().is_some_and(|(_, r)| *r == ruling))
        .count()
}

/// A planned or cancelled visit, as a sheet has it.
#[derive(Clone, PartialEq)]
struct Plan {
    practice: String,
    kind: String,
    date: Option<NaiveDate>,
    status: String,
    reason: String,
}

fn plans(cells: &Cells<'_>) -> BTreeMap<String, Plan> {
    let mut out = BTreeMap::new();
    for row in 0..cells.height() {
        let (Some(reference), Some(practice)) = (cells.text("reference", row), cells.text("practice", row))
        else {
            continue;
        };
        let plan = Plan {
            practice,
            kind: cells.text("visit_type", row).unwrap_or_default(),
            date: cells.date("planned_date", row),
            status: cells.text("status", row).unwrap_or_default(),
            reason: cells.text("reason", row).unwrap_or_default(),
        };
        out.insert(reference, plan);
    }
    out
}

fn visit_changes(material: &Material<'_>) -> Vec<VisitChange> {
    let is = |role: &str, plan: &Plan| material.plays("plans", "status", role, Some(&plan.status));
    let (now, before) = (plans(&material.fact("plans")), plans(&material.last_fact("plans")));
    let mut out = Vec::new();
    for (reference, plan) in &now {
        let earlier = before.get(reference);
        let change = match earlier {
            Some(e) if is("cancelled", plan) && is("cancelled", e) => continue,
            _ if is("cancelled", plan) => "cancelled".to_owned(),
            Some(e) if is("planned", plan) && is("planned", e) && e.date != plan.date => {
                format!("moved from {} to {}", day(e.date), day(plan.date))
            }
            _ => continue,
        };
        out.push(row(material, &plan.practice, &plan.kind, change, plan.reason.clone()));
    }
    let (now, before) = (pauses(&material.fact("pauses")), pauses(&material.last_fact("pauses")));
    for (key, (kind, change, reason)) in now.iter().filter(|(key, _)| !before.contains_key(*key)) {
        out.push(row(material, &key.0, kind, change.clone(), reason.clone()));
    }
    out.sort();
    out
}

/// Pauses by practice and first day: type, what it is, reason.
fn pauses(cells: &Cells<'_>) -> BTreeMap<(String, NaiveDate), (String, String, String)> {
    let mut out = BTreeMap::new();
    for row in 0..cells.height() {
        let (Some(practice), Some(from)) = (cells.text("practice", row), cells.date("paused_from", row))
        else {
            continue;
        };
        let until = cells.date("paused_until", row);
        let change = match until {
            Some(until) => format!("paused from {} to {}", short(from), short(until)),
            None => format!("paused from {}", short(from)),
        };
        let kind = cells.text("visit_type", row).unwrap_or_default();
        out.insert((practice, from), (kind, change, cells.text("reason", row).unwrap_or_default()));
    }
    out
}

fn row(material: &Material<'_>, practice: &str, kind: &str, change: String, reason: String) -> VisitChange {
    [format!("{} ({practice})", material.name(practice)), kind.to_owned(), change, reason]
}

fn day(date: Option<NaiveDate>) -> String {
    date.map_or_else(|| "no date".to_owned(), short)
}

fn decisions(material: &Material<'_>) -> Vec<Vec<Cell>> {
    let mut out = Vec::new();
    for standing in material.standings {
        if let Some((decision, ruling)) = &standing.outcome.decision {
            let effect = match ruling {
                Ruling::Sets => "sets the level".to_owned(),
                Ruling::ChangesNothing => {
                    "changes nothing any more: the findings propose the same level".to_owned()
                }
                Ruling::InConflict => {
                    "in conflict with what became known later: to be decided again".to_owned()
                }
            };
            out.push(decision_row(material, standing.code(), decision, standing.outcome.proposed, effect));
        }
    }
    for (code, decision) in material.last.iter().flat_map(|last| &last.withdrawn) {
        let proposed = material.of(code).and_then(|s| s.outcome.proposed);
        out.push(decision_row(
            material,
            code,
            decision,
            proposed,
            "withdrawn: it is no longer in the sheet of decisions".to_owned(),
        ));
    }
    for (code, decision, proposed) in expired(material) {
        let effect = format!("ended on {}", long(decision.until));
        out.push(decision_row(material, code, decision, proposed, effect));
    }
    out.sort_by(|a, b| a.0.cmp(&b.0));
    out.into_iter().map(|(_, row)| row).collect()
}

/// Decisions that stood in the last pack and have ended since.
fn expired<'m>(material: &'m Material<'_>) -> Vec<(&'m str, &'m Decision, Option<u8>)> {
    let last = material.last.iter().flat_map(|last| last.standings);
    last.filter_map(|then| {
        let (decision, _) = then.outcome.decision.as_ref()?;
        let now = material.of(then.code())?;
        (decision.until < material.as_of).then_some((then.code(), decision, now.outcome.proposed))
    })
    .collect()
}

/// A row about a decision, with the practice by which it is sorted.
fn decision_row(
    material: &Material<'_>,
    code: &str,
    decision: &Decision,
    proposed: Option<u8>,
    effect: String,
) -> (String, Vec<Cell>) {
    let levels = &material.pipeline.levels;
    let practice = format!("{} ({code})", material.name(code));
    let by = format!(
        "{}, {}; {} to {}",
        decision.decided_by,
        decision.group,
        short(decision.decided_on),
        short(decision.until)
    );
    let level = Words::default().badge(&Badge::of(levels, Some(decision.level))).line().muted("proposed:");
    let row = vec![
        Cell::words(&practice),
        Cell::words(level.line().badge(&Badge::of(levels, proposed))),
        Cell::words(Words::from(by).line().cited(&decision.reason)),
        Cell::words(effect),
    ];
    (practice, row)
}
