//! Information that somebody else holds and that the organisation does not have.

use crate::documents::content::{Block, Cell, Column, Kind, Table};
use crate::documents::context::Context;
use crate::pipeline::NotAvailable;

pub(super) fn block(context: &Context<'_>) -> Block {
    let pipeline = context.material.pipeline;
    let feeds = pipeline.feeds.iter().map(|feed| (&feed.title, &feed.not_available));
    let marks = pipeline.marks.iter().map(|mark| (&mark.title, &mark.not_available));
    let row = |(title, held): (&String, &Option<NotAvailable>)| {
        let held = held.as_ref()?;
        Some(vec![
            Cell::words(title),
            Cell::words(&held.held_by),
            Cell::day(Some(held.asked), ""),
            Cell::words(&held.reason),
        ])
    };
    let columns = vec![
        Column::text("Information", 30),
        Column::text("Held by", 20),
        Column::of(Kind::Date, "Asked for since", 16),
        Column::text("Why", None),
    ];
    let mut block = context.block();
    let table = Table::new("not-available", context.text("caption"), columns);
    block.table(table.rows(feeds.chain(marks).filter_map(row)), &context.text("none"));
    block
}
