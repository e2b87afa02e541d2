//! The cutting of a table row that no page can hold: bands, between which a page may end.
//!
//! Where the lines of all cells end at the same height the row is simply cut there. Where they do
//! not (one cell has paragraphs, another a list), each cell gives a band as many lines as it can
//! hold, and what is left starts the next band.

use std::collections::{BTreeMap, VecDeque};

use super::piece::{Item, Piece, Tie, stack};
use super::rows::SetCell;

/// Height from which a band without a common cut is cut cell by cell, in points.
const TALL: f32 = 110.0;
/// Tolerance for sums of heights.
const HAIR: f32 = 0.01;

/// A line of a cell, measured from the top of the row.
struct Line {
    top: f32,
    bottom: f32,
    cell: usize,
    items: Vec<Item>,
}

/// A row as pieces; `above` is the padding of its cells.
pub(super) fn bands(cells: &mut [SetCell], above: f32) -> Vec<Piece> {
    let mut slices: Vec<(Vec<Line>, f32)> = Vec::new();
    let mut groups = divided(lines(cells)).into_iter().peekable();
    while let Some(group) = groups.next() {
        let end = bottom(&group);
        slices.extend(sliced(group).into_iter().map(|slice| (slice, 0.0)));
        // The space between two paragraphs.
        if let (Some(next), Some((_, gap))) = (groups.peek(), slices.last_mut()) {
            *gap = (top(next) - end).max(0.0);
        }
    }
    let count = slices.len();
    let mut reading = None;
    let band = |(i, (slice, gap)): (usize, (Vec<Line>, f32))| {
        let before = if i == 0 { above } else { 0.0 };
        let after = if i + 1 == count { above } else { 0.0 };
        let height = bottom(&slice);
        let mut items = Vec::new();
        for line in slice {
            // A paragraph that goes on in the same cell is not set off.
            if reading.replace(line.cell) != Some(line.cell) {
                items.push(Item::Gap('\t'));
            }
            let moved = |item: Item| item.moved(0.0, line.top + before);
            items.extend(line.items.into_iter().map(moved));
        }
        let tie = if i == 0 || i + 2 == count { Tie::Firm } else { Tie::None };
        Piece { height: before + height + after, after: gap, tie, items, ..Piece::default() }
    };
    slices.into_iter().enumerate().map(band).collect()
}

fn top(lines: &[Line]) -> f32 {
    lines.iter().map(|line| line.top).fold(f32::INFINITY, f32::min)
}

fn bottom(lines: &[Line]) -> f32 {
    lines.iter().map(|line| line.bottom).fold(0.0, f32::max)
}

fn lines(cells: &mut [SetCell]) -> Vec<Line> {
    let mut lines = Vec::new();
    for (cell, set) in cells.iter_mut().enumerate() {
        let pieces = std::mem::take(&mut set.pieces);
        let (tops, _) = stack(&pieces);
        lines.extend(pieces.into_iter().zip(tops).map(|(piece, top)| Line {
            top,
            bottom: top + piece.height,
            cell,
            items: piece.items,
        }));
    }
    lines.sort_by(|a, b| a.top.total_cmp(&b.top).then(a.cell.cmp(&b.cell)));
    lines
}

/// Divides lines, sorted by their tops, wherever a horizontal cut meets none of them.
fn divided(lines: Vec<Line>) -> Vec<Vec<Line>> {
    let mut groups: Vec<Vec<Line>> = Vec::new();
    let mut reach = f32::NEG_INFINITY;
    for line in lines {
        if line.top >= reach - HAIR || groups.is_empty() {
            groups.push(Vec::new());
        }
        reach = reach.max(line.bottom);
        if let Some(group) = groups.last_mut() {
            group.push(line);
        }
    }
    groups
}

/// A group of lines as one or more slices, each measured from its own top.
fn sliced(group: Vec<Line>) -> Vec<Vec<Line>> {
    let start = top(&group);
    let limit = if bottom(&group) - start > TALL { TALL } else { f32::INFINITY };
    let mut queues: BTreeMap<usize, (f32, VecDeque<Line>)> = BTreeMap::new();
    for line in group {
        queues.entry(line.cell).or_insert((start, VecDeque::new())).1.push_back(line);
    }
    let mut slices = Vec::new();
    while queues.values().any(|(_, queue)| !queue.is_empty()) {
        let mut slice = Vec::new();
        for (origin, queue) in queues.values_mut() {
            let from = *origin;
            let mut took = false;
            while let Some(line) = queue.pop_front_if(|l| !took || l.bottom - from <= limit) {
                took = true;
                *origin = line.bottom;
                slice.push(Line { top: line.top - from, bottom: line.bottom - from, ..line });
            }
        }
        slices.push(slice);
    }
    slices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(heights: &[f32], gap: f32) -> SetCell {
        let piece = |h: &f32| Piece { height: *h, after: gap, ..Piece::default() };
        let pieces = heights.iter().map(piece).collect();
        SetCell { column: 0, columns: 1, row: 0, rows: 1, low: false, number: false, pieces }
    }

    #[test]
    fn even_lines_are_cut_after_each() {
        let mut cells = [cell(&[10.0; 5], 0.0), cell(&[10.0; 3], 0.0)];
        let bands = bands(&mut cells, 4.0);
        let heights: Vec<_> = bands.iter().map(|band| band.height).collect();
        assert_eq!(heights, [14.0, 10.0, 10.0, 10.0, 14.0]);
    }

    #[test]
    fn uneven_lines_are_cut_cell_by_cell() {
        let mut cells = [cell(&[10.0; 60], 0.0), cell(&[10.0; 60], 3.7)];
        let bands = bands(&mut cells, 4.0);
        assert!(bands.len() > 5);
        assert!(bands.iter().all(|band| band.height <= TALL + 8.0 + HAIR));
        let total: f32 = bands.iter().map(|band| band.height + band.after).sum();
        assert!((818.0..960.0).contains(&total), "{total}");
    }
}
