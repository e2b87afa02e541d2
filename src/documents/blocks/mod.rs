//! The library of blocks: what each kind of block of the pipeline's documents says.

mod annex;
mod asked;
mod assessment;
mod background;
mod best_practice;
mod changes;
mod event;
mod exceptions;
mod marks;
mod movements;
mod narrative;
mod not_available;
mod practice;
mod recommendation;
mod situation;
mod sources;
mod summary;
mod support;
mod themes;
mod timeliness;
mod unclaimed;
mod visit_programme;
mod visits;

pub use annex::EVERY as EVERY_PRACTICE;
pub use event::headline;
pub use movements::{BY_CAUSE, Tally};
pub use summary::{LEVELS, MOVED};

use super::content::{Block, Page};
use super::context::Context;

/// A function that makes a block.
type Make = fn(&Context<'_>) -> Block;

/// The kinds of blocks by their words.
const LIBRARY: &[(&str, Make)] = &[
    ("summary", summary::block),
    ("visits", visits::block),
    ("visit-programme", visit_programme::block),
    ("themes", themes::block),
    ("support", support::block),
    ("best-practice", best_practice::block),
    ("changes", changes::block),
    ("narrative", narrative::block),
    ("exceptions", exceptions::block),
    ("movements", movements::block),
    ("sources", sources::block),
    ("annex", annex::block),
    ("marks", marks::block),
    ("not-available", not_available::block),
    ("practice", practice::block),
    ("situation", situation::block),
    ("background", background::block),
    ("assessment", assessment::block),
    ("recommendation", recommendation::block),
    ("marks-of-practice", marks::of_practice),
    ("event", event::block),
];

/// The block that a document wants.
pub fn make(context: &Context<'_>) -> Block {
    let word = context.wanted.kind.word;
    let found = LIBRARY.iter().find(|(known, _)| *known == word);
    let mut block = found.map_or_else(|| context.block(), |(_, make)| make(context));
    if context.wanted.new_page && block.page == Page::Flow {
        block.page = Page::New;
    }
    if !context.named() {
        block.forget_sources();
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_a_pipeline_may_name_is_made() {
        let known: Vec<&str> = LIBRARY.iter().map(|(word, _)| *word).collect();
        let named: Vec<&str> = crate::pipeline::KINDS.iter().map(|kind| kind.word).collect();
        assert_eq!(known, named);
    }
}
