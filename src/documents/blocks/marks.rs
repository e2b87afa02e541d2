//! Marks: which criteria each practice meets, what is not known, and what people should look at.

use super::situation::place;
use crate::documents::Badge;
use crate::documents::content::{Block, Cell, Column, Kind, Table, TableLook, Words};
use crate::documents::context::Context;
use crate::levels::{Criteria, MarkState, Marked};
use crate::pipeline::MarkKind;

/// Every practice of which a mark says something.
pub(super) fn block(context: &Context<'_>) -> Block {
    let material = context.material;
    let mut block = context.block();
    let columns = vec![
        Column::of(Kind::Practice, "Code", 9),
        Column::text("Practice", 22),
        Column::of(Kind::Badge, "Level", 14),
        Column::text(context.text("criteria_head"), 22),
        Column::text(context.text("marks_head"), None),
    ];
    let row = |standing: &crate::documents::Standing| -> Option<Vec<Cell>> {
        let marks = &standing.outcome.marks;
        let told: Vec<&Marked> = marks.iter().filter(|mark| mark.state != MarkState::NotMet).collect();
        let criteria = Criteria::of(marks);
        (!told.is_empty()).then(|| {
            vec![
                Cell::words(standing.code()),
                Cell::words(material.name(standing.code())),
                Cell::badge(&Badge::of(&material.pipeline.levels, standing.outcome.level)),
                Cell::words(if criteria.of == 0 { "–".to_owned() } else { criteria.words() }),
                Cell::words(lines(&told)),
            ]
        })
    };
    let table = Table::new("marks", context.text("caption"), columns)
        .look(TableLook::Compact)
        .named_by(1)
        .rows(material.standings.iter().filter_map(row));
    block.table(table, &context.text("none"));
    block
}

/// The titles of marks, one a line; what is not known says so.
fn lines(marks: &[&Marked]) -> Words {
    let mut words = Words::default();
    for (index, mark) in marks.iter().enumerate() {
        if index > 0 {
            words = words.line();
        }
        words = match mark.state {
            MarkState::NotKnown => words.plain(mark.title.clone()).muted(" not known"),
            _ => words.plain(mark.title.clone()),
        };
    }
    words
}

/// The criteria, hints and gaps of one practice, with their evidence.
pub(super) fn of_practice(context: &Context<'_>) -> Block {
    let marks = &context.standing().outcome.marks;
    let mut block = context.block();
    let of = |kind: MarkKind| marks.iter().filter(move |mark| mark.kind == kind);
    let criteria = Criteria::of(marks);
    if criteria.of > 0 {
        block.paragraph(format!("{}: {}.", context.text("criteria_head"), criteria.words()));
    }
    let columns = vec![
        Column::text(context.text("criterion_head"), 32),
        Column::of(Kind::State, "State", 12),
        Column::text("What is known", None),
    ];
    let rows = of(MarkKind::Criterion)
        .map(|mark| vec![Cell::words(&mark.title), Cell::words(mark.state.words()), Cell::words(said(mark))]);
    let table = Table::new("criteria", context.text("caption"), columns).look(TableLook::Compact).rows(rows);
    block.table(table, "");
    for (kind, head) in [
        (MarkKind::Hint, "hints_head"),
        (MarkKind::Gap, "gaps_head"),
        (MarkKind::Countervailing, "countervailing_head"),
    ] {
        let items: Vec<Words> = of(kind)
            .map(|mark| Words::default().strong(&mark.title).plain(": ").append(said(mark)))
            .collect();
        if !items.is_empty() {
            block.heading(context.text(head));
            block.list(items);
        }
    }
    if marks.is_empty() {
        block.paragraph(context.text("none"));
    }
    block
}

/// What a mark says, with the places of its rows.
fn said(mark: &Marked) -> Words {
    let words = Words::from(&mark.sentence);
    let places: Vec<String> = mark.evidence.iter().map(place).collect();
    if places.is_empty() { words } else { words.muted(format!(" ({})", places.join("; "))) }
}
