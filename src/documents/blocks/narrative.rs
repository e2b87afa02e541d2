//! What people wrote beside the figures, where it has a block of its own.

use crate::documents::content::Block;
use crate::documents::context::Context;

pub(super) fn block(context: &Context<'_>) -> Block {
    let mut block = context.block();
    let written = context.written();
    let nothing = written.paragraphs.is_empty() && written.left_out.is_empty();
    block.written(written);
    if nothing {
        let elsewhere = context.written_elsewhere();
        let under = match elsewhere.is_empty() {
            true => String::new(),
            false => format!(" What people wrote stands with the figures, under: {}.", elsewhere.join("; ")),
        };
        block.paragraph(format!("Nothing was written for this section of its own.{under}"));
    }
    block
}
