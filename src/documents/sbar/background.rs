//! Background: CQC, earlier visits, the improvement programme and support.

use serde::Serialize;

use crate::dates::short;
use crate::documents::{Claim, Material, Standing};

/// Background.
#[derive(Debug, Clone, Serialize)]
pub struct Background {
    /// The latest CQC rating and the latest offer of the improvement programme.
    pub claims: Vec<Claim>,
    /// Earlier visits, the newest first.
    pub visits: Vec<VisitRow>,
    /// What is not known.
    pub missing: Vec<String>,
}

/// An earlier visit.
#[derive(Debug, Clone, Serialize)]
pub struct VisitRow {
    /// When.
    pub date: String,
    /// The type.
    pub kind: String,
    /// The themes.
    pub themes: String,
    /// Support offered and the answer.
    pub support: String,
    /// The date of an action plan.
    pub plan: String,
}

/// Visits that are listed.
const MOST_VISITS: usize = 5;

pub(super) fn background(material: &Material<'_>, standing: &Standing) -> Background {
    let (mut claims, mut missing) = (Vec::new(), Vec::new());
    let code = standing.code();
    match rating(material, code) {
        Some(claim) => claims.push(claim),
        None => missing.push("No CQC rating has been received for the practice.".to_owned()),
    }
    match offer(material, code) {
        Some(claim) => claims.push(claim),
        None => {
            missing.push("No offer of the General Practice Improvement Programme is recorded.".to_owned())
        }
    }
    let visits = visits(material, code);
    if visits.is_empty() {
        missing.push("No completed visit is recorded.".to_owned());
    }
    Background { claims, visits, missing }
}

/// The row of a fact that keeps one row a practice.
fn row_of(material: &Material<'_>, fact: &str, code: &str) -> Option<usize> {
    let cells = material.fact(fact);
    (0..cells.height()).find(|row| cells.text("practice", *row).as_deref() == Some(code))
}

fn rating(material: &Material<'_>, code: &str) -> Option<Claim> {
    let cells = material.fact("rating");
    let row = row_of(material, "rating", code)?;
    let published = cells.date("published", row).map(crate::dates::long)?;
    let rating = cells.text("rating", row)?;
    let inherited = match cells.truth("inherited", row) {
        Some(true) => "; the rating is inherited from an earlier registration",
        _ => "",
    };
    let text = format!("CQC rated the practice {rating} overall; published {published}{inherited}.");
    Claim::new(text, material.receipts(&cells, [row]))
}

fn offer(material: &Material<'_>, code: &str) -> Option<Claim> {
    let cells = material.fact("offer");
    let row = row_of(material, "offer", code)?;
    let offered = cells.date("date_offered", row).map(crate::dates::long)?;
    let answer = match (cells.text("response", row).as_deref(), cells.date("response_date", row)) {
        (Some("No response") | None, _) => "no answer is recorded".to_owned(),
        (Some(response), Some(date)) => {
            format!("{} on {}", response.to_lowercase(), crate::dates::long(date))
        }
        (Some(response), None) => response.to_lowercase(),
    };
    let text = format!("The General Practice Improvement Programme was offered on {offered}; {answer}.");
    Claim::new(text, material.receipts(&cells, [row]))
}

fn visits(material: &Material<'_>, code: &str) -> Vec<VisitRow> {
    let cells = material.fact("visits");
    let mut rows: Vec<usize> =
        (0..cells.height()).filter(|row| cells.text("practice", *row).as_deref() == Some(code)).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(cells.date("visit_date", *row)));
    rows.into_iter()
        .take(MOST_VISITS)
        .map(|row| {
            let offers = cells.texts("support_offered", row);
            let answer = cells.text("support_response", row).map(|a| format!(" ({})", a.to_lowercase()));
            VisitRow {
                date: cells.date("visit_date", row).map(short).unwrap_or_default(),
                kind: cells.text("visit_type", row).unwrap_or_default(),
                themes: or_dash(cells.texts("themes", row).join(", ")),
                support: match offers.is_empty() {
                    true => "–".to_owned(),
                    false => format!("{}{}", offers.join(", "), answer.unwrap_or_default()),
                },
                plan: or_dash(cells.date("action_plan_due", row).map(short).unwrap_or_default()),
            }
        })
        .collect()
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "–".to_owned() } else { text }
}
