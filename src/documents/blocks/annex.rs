//! Every practice on one line.

use super::exceptions::in_words;
use super::unclaimed::marked;
use crate::dates::{long, short};
use crate::documents::content::{Block, Cell, Column, Element, Kind, Look, Page, Table, TableLook, Words};
use crate::documents::context::Context;
use crate::documents::{Badge, Material, Standing};
use crate::levels::Ruling;
use crate::wording::number;

/// The id of the table.
pub const EVERY: &str = "every-practice";

pub(super) fn block(context: &Context<'_>) -> Block {
    let material = context.material;
    let mut block = context.block();
    block.page = Page::Landscape;
    let date = long(material.as_of);
    let columns: Vec<Column> = [
        Column::of(Kind::Practice, "Code", 6),
        Column::text("Practice", 17),
        Column::text("Place", 9),
        Column::of(Kind::Badge, "Level", 10),
        Column::text("Decision", 10),
        Column::of(Kind::State, "Last", 5),
        Column::text(context.text("score_head"), 12),
        Column::text("Rules", None),
        Column::text("Visit", 10),
    ]
    .into_iter()
    .zip(there(material))
    .filter_map(|(column, there)| there.then_some(column))
    .collect();
    let table = Table::new(EVERY, format!("Every practice in scope, by code, as at {date}"), columns)
        .look(TableLook::Compact)
        .named_by(1)
        .rows(material.standings.iter().map(|s| row(material, s)));
    block.table(table, &format!("No practice is in scope as at {date}."));
    let rules = material.pipeline.rules.iter();
    let items: Vec<Words> =
        rules.map(|rule| Words::default().strong(&rule.id).plain(format!(": {}", rule.title))).collect();
    if !items.is_empty() {
        block.heading("Rules");
        block.push(Element::List { items, look: Look::SmallKept });
    }
    block
}

fn row(material: &Material<'_>, standing: &Standing) -> Vec<Cell> {
    let outcome = &standing.outcome;
    let short_of = |level: u8| Badge::of(&material.pipeline.levels, Some(level)).short;
    let decision = match &outcome.decision {
        Some((d, Ruling::Sets)) => {
            let proposed = outcome.proposed.map_or_else(|| "none".to_owned(), short_of);
            format!("decided {} (proposed {proposed})", short_of(d.level))
        }
        Some((d, Ruling::ChangesNothing)) => format!("decided {}", short_of(d.level)),
        Some((d, Ruling::InConflict)) => format!("decided {}, in conflict", short_of(d.level)),
        None => "–".to_owned(),
    };
    let decision = match &standing.missed {
        Some(missed) => format!("{decision}; visit it asked for: {}", in_words(missed)),
        None => decision,
    };
    let label = material.pipeline.levels.unassessed();
    let score = match &outcome.score {
        Some(s) if outcome.assessed => format!("{} ({})", number(s.value), short(s.extract_date)),
        Some(s) => format!("{}, stale ({}): {label}", number(s.value), short(s.extract_date)),
        None => label.to_owned(),
    };
    let last = match (&material.last, &standing.previous) {
        (None, _) => "–".to_owned(),
        (Some(_), None) => "new".to_owned(),
        (Some(_), Some(past)) => material.past_badge(past.level).short,
    };
    let rules = outcome.rules();
    let rules = if rules.is_empty() { "none".to_owned() } else { rules.join(", ") };
    let unclaimed = marked(standing).map(|rows| format!("; no rule claims {rows}")).unwrap_or_default();
    // The reason stands in the table of pauses; here it would make a row of many lines.
    let visit = match standing.clock.pauses.first() {
        Some(pause) => format!("paused since {}", short(pause.from)),
        None => in_words(&standing.clock),
    };
    let cells = [
        Cell::words(standing.code()),
        Cell::words(material.name(standing.code())),
        Cell::words(&outcome.practice.place),
        Cell::badge(&Badge::of(&material.pipeline.levels, outcome.level)),
        Cell::words(decision),
        Cell::words(last),
        Cell::words(score),
        Cell::words(format!("{rules}{unclaimed}")),
        Cell::words(visit),
    ];
    cells.into_iter().zip(there(material)).filter_map(|(cell, there)| there.then_some(cell)).collect()
}

/// Which of the columns the framework has.
fn there(material: &Material<'_>) -> [bool; 9] {
    let pipeline = material.pipeline;
    let [decided, scored] = ["decisions", "score"].map(|fact| pipeline.facts.contains_key(fact));
    [true, true, true, true, decided, true, scored, true, pipeline.levels.are_clocked()]
}
