//! Rows: heights, rules, and the cutting of a row that no page can hold.

use std::ops::Range;

use super::super::theme::Palette;
use super::piece::{Item, Piece, stack};
use super::table::{Cut, content};

/// Weight of the rule between rows and of the one under the head.
const RULE: f32 = 0.6;
const HEAD_RULE: f32 = 1.4;
/// Extra space to the right of numbers, in points.
pub(super) const NUMBER: f32 = 5.0;

/// A cell set to its width.
pub(super) struct SetCell {
    pub column: usize,
    pub columns: usize,
    pub row: usize,
    pub rows: usize,
    /// Stands at the foot of its row, as heads do.
    pub low: bool,
    /// Right-aligned: kept further from the column to its right.
    pub number: bool,
    pub pieces: Vec<Piece>,
}

/// Columns with their place on the page.
pub(super) struct Grid<'a> {
    pub x: f32,
    pub columns: &'a [f32],
    pub cut: Cut,
    pub palette: &'a Palette,
}

impl Grid<'_> {
    fn left(&self, column: usize) -> f32 {
        self.x + self.columns.iter().take(column).sum::<f32>()
    }

    fn width(&self) -> f32 {
        self.columns.iter().sum()
    }

    /// Where a cell's words stand: left edge and width.
    pub fn inside(&self, cell: &SetCell) -> (f32, f32) {
        let width: f32 = self.columns.iter().skip(cell.column).take(cell.columns).sum();
        let last = cell.column + cell.columns == self.columns.len();
        let apart = if cell.number && !last { NUMBER } else { 0.0 };
        (self.left(cell.column) + self.cut.side, width - 2.0 * self.cut.side - apart)
    }

    /// A cell's content in a row of the given height whose top is at `top`.
    pub fn placed(&self, cell: &mut SetCell, top: f32, tall: f32) -> Vec<Item> {
        let low = cell.low;
        let (items, height) = content(cell);
        let above = if low { tall - height - self.cut.above } else { self.cut.above };
        // The first paragraph follows the cell before it, not the row above.
        let items = items.into_iter().skip_while(|item| matches!(item, Item::Gap(_)));
        [Item::Gap('\t')].into_iter().chain(items.map(|item| item.moved(0.0, top + above))).collect()
    }

    /// Ground of the head and the rule under it.
    pub fn head_ground(&self, height: f32) -> Vec<Item> {
        let tint = self.palette.head;
        let ground = super::super::html::rounded(self.x, 0.0, self.width(), height, 0.0);
        vec![
            Item::decoration(ground, tint.fill),
            Item::rule(self.x, height - HEAD_RULE / 2.0, self.width(), HEAD_RULE, tint.accent),
        ]
    }

    /// Rules below a row, left out where a cell reaches further down.
    pub fn rules(&self, spans: &[Span], row: usize, y: f32) -> Vec<Item> {
        let reached =
            |column: usize| spans.iter().any(|s| s.columns.contains(&column) && s.reaches_below(row));
        let colour = self.palette.rule;
        let mut rules = Vec::new();
        let mut start = 0;
        for column in 0..=self.columns.len() {
            if column == self.columns.len() || reached(column) {
                if column > start {
                    let (from, to) = (self.left(start), self.left(column));
                    rules.push(Item::rule(from, y - RULE / 2.0, to - from, RULE, colour));
                }
                start = column + 1;
            }
        }
        rules
    }
}

/// A cell that takes more than one row.
pub(super) struct Span {
    columns: Range<usize>,
    rows: Range<usize>,
}

impl Span {
    /// Whether the cell goes on below a row.
    pub fn reaches_below(&self, row: usize) -> bool {
        self.rows.contains(&row) && self.rows.end > row + 1
    }
}

/// The cells that take more than one row.
pub(super) fn spans(cells: &[SetCell]) -> Vec<Span> {
    let span = |cell: &SetCell| Span {
        columns: cell.column..cell.column + cell.columns,
        rows: cell.row..cell.row + cell.rows,
    };
    cells.iter().filter(|cell| cell.rows > 1).map(span).collect()
}

/// Height of each row: its tallest cell; what a spanning cell lacks goes to its last row.
pub(super) fn heights(cells: &[SetCell], rows: usize, above: f32) -> Vec<f32> {
    let mut heights = vec![0.0f32; rows];
    let need = |cell: &SetCell| stack(&cell.pieces).1 + 2.0 * above;
    for cell in cells.iter().filter(|cell| cell.rows == 1) {
        heights[cell.row] = heights[cell.row].max(need(cell));
    }
    for cell in cells.iter().filter(|cell| cell.rows > 1) {
        let last = (cell.row + cell.rows).min(rows);
        let have: f32 = heights[cell.row..last].iter().sum();
        heights[last - 1] += (need(cell) - have).max(0.0);
    }
    heights
}
