//! Background: the rating, the programme, and earlier visits.

use crate::dates::long;
use crate::documents::content::{Block, Cell, Column, Kind, Table, TableLook};
use crate::documents::context::Context;
use crate::documents::{Claim, Material};

/// Visits that are listed.
const MOST_VISITS: usize = 5;

pub(super) fn block(context: &Context<'_>) -> Block {
    let (material, code) = (context.material, context.standing().code());
    let has = |fact: &str| material.pipeline.facts.contains_key(fact);
    let mut block = context.block();
    let (mut claims, mut missing) = (Vec::new(), Vec::new());
    for (fact, claim, none) in
        [("rating", rating(context, code), "no_rating"), ("offer", offer(context, code), "no_programme")]
    {
        match claim {
            Some(claim) => claims.push(claim),
            None if has(fact) => missing.push(context.text(none)),
            None => {}
        }
    }
    let visits = visits(material, code);
    if visits.is_empty() && has("visits") {
        missing.push("No completed visit is recorded.".to_owned());
    }
    block.claims(claims);
    if !missing.is_empty() {
        block.paragraph(missing.join(" "));
    }
    let columns = vec![
        Column::of(Kind::Date, "Date", 14),
        Column::text("Type", 18),
        Column::text("Themes", 28),
        Column::text("Support offered", None),
        Column::of(Kind::Date, "Action plan due", 14),
    ];
    let table = Table::new("visits", "Completed visits, the newest first", columns);
    block.table(table.look(TableLook::Compact).rows(visits), "");
    block
}

/// The row of a fact that keeps one row a practice.
fn row_of(material: &Material<'_>, fact: &str, code: &str) -> Option<usize> {
    let cells = material.fact(fact);
    (0..cells.height()).find(|row| cells.text("practice", *row).as_deref() == Some(code))
}

fn rating(context: &Context<'_>, code: &str) -> Option<Claim> {
    let material = context.material;
    let cells = material.fact("rating");
    let row = row_of(material, "rating", code)?;
    let published = cells.date("published", row).map(long)?;
    let rating = cells.text("rating", row)?;
    let inherited = match cells.truth("inherited", row) {
        Some(true) => "; the rating is inherited from an earlier registration",
        _ => "",
    };
    let text = context.say("rating", &[("rating", rating.into()), ("published", published.into())]);
    Claim::new(format!("{text}{inherited}."), material.receipts(&cells, [row]))
}

fn offer(context: &Context<'_>, code: &str) -> Option<Claim> {
    let material = context.material;
    let cells = material.fact("offer");
    let row = row_of(material, "offer", code)?;
    let offered = cells.date("date_offered", row).map(long)?;
    let response = cells.text("response", row);
    let response = response.filter(|r| !material.plays("offer", "response", "unanswered", Some(r)));
    let answer = match (response, cells.date("response_date", row)) {
        (None, _) => "no answer is recorded".to_owned(),
        (Some(response), Some(date)) => format!("{} on {}", response.to_lowercase(), long(date)),
        (Some(response), None) => response.to_lowercase(),
    };
    let text = context.say("programme", &[("offered", offered.into()), ("answer", answer.into())]);
    Claim::new(text, material.receipts(&cells, [row]))
}

fn visits(material: &Material<'_>, code: &str) -> Vec<Vec<Cell>> {
    let cells = material.fact("visits");
    let mut rows: Vec<usize> =
        (0..cells.height()).filter(|row| cells.text("practice", *row).as_deref() == Some(code)).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(cells.date("visit_date", *row)));
    rows.into_iter()
        .take(MOST_VISITS)
        .map(|row| {
            let offers = cells.texts("support_offered", row);
            let answer = cells.text("support_response", row).map(|a| format!(" ({})", a.to_lowercase()));
            let support = match offers.is_empty() {
                true => "–".to_owned(),
                false => format!("{}{}", offers.join(", "), answer.unwrap_or_default()),
            };
            let themes = cells.texts("themes", row).join(", ");
            vec![
                Cell::day(cells.date("visit_date", row), ""),
                Cell::words(cells.text("visit_type", row).unwrap_or_default()),
                Cell::words(if themes.is_empty() { "–".to_owned() } else { themes }),
                Cell::words(support),
                Cell::day(cells.date("action_plan_due", row), "–"),
            ]
        })
        .collect()
}
