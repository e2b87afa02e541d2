//! Tinted grounds of boxes, which may run over several pages.

use std::collections::BTreeMap;

use super::super::html::rounded;
use super::super::layout::Panel;
use super::super::layout::panel::{BAR, PAD};
use super::super::layout::piece::{Mark, Path, Piece};
use super::super::paginate::{Sheeted, What};

/// Grounds of the boxes on a page: the shape and how far down it begins.
pub(super) fn grounds(sheet: &Sheeted, pieces: &[Piece], panels: &[Panel]) -> Vec<(Path, f32)> {
    let mut extents: BTreeMap<usize, (f32, f32)> = BTreeMap::new();
    let mut whole: BTreeMap<usize, (bool, bool)> = BTreeMap::new();
    let mut above = None;
    for placed in &sheet.placed {
        let What::Piece(i) = placed.what else {
            // A repeated head stands in the boxes of the row below it.
            above = Some(placed.top);
            continue;
        };
        let top = above.take().unwrap_or(placed.top);
        for panel in &pieces[i].panels {
            let bottom = placed.top + pieces[i].height;
            let extent = extents.entry(*panel).or_insert((top, bottom));
            *extent = (extent.0.min(top), extent.1.max(bottom));
            let goes_on = |neighbour: Option<&Piece>| neighbour.is_some_and(|p| p.panels.contains(panel));
            let ends = whole.entry(*panel).or_insert((false, false));
            ends.0 |= !goes_on(i.checked_sub(1).and_then(|i| pieces.get(i)));
            ends.1 |= !goes_on(pieces.get(i + 1));
        }
    }
    let mut found = Vec::new();
    for (number, (top, bottom)) in extents {
        let (Some(panel), Some((starts, ends))) = (panels.get(number), whole.get(&number)) else {
            continue;
        };
        // Where the box goes on over the page, its ground reaches a little past the text.
        let top = if *starts { top } else { top - PAD };
        let bottom = if *ends { bottom } else { bottom + PAD };
        let shape = |width: f32, colour| Path {
            steps: rounded(panel.x, 0.0, width, bottom - top, 0.0),
            fill: Some(colour),
            opacity: 1.0,
            stroke: None,
            mark: Mark::Artefact,
        };
        found.push((shape(panel.width, panel.tint.fill), top));
        found.push((shape(BAR, panel.tint.accent), top));
    }
    found
}
