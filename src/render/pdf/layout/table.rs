//! Tables: cells prepared, columns measured, rows set and tied together.

use super::super::error::RenderError;
use super::super::tags::{Detail, ElementId, Tag};
use super::super::tree::{Align, Cell, Row, Scope, Table};
use super::bands::bands;
use super::columns::{Demand, widths};
use super::piece::{Item, Piece, Tie, merged};
use super::rows::{self, Grid, SetCell};
use super::setting::Para;
use super::{Context, Typesetter};

/// A word longer than this many times the type size does not widen an automatic column.
const LONGEST: f32 = 13.0;
/// Narrowest text column, in points.
const NARROWEST: f32 = 8.0;
/// Largest share of a page a table head may take.
const HEAD: f32 = 0.5;
/// A table up to this share of a page is not divided.
const SMALL: f32 = 0.3;
/// Space between caption and table.
const CAPTION: f32 = 5.0;

/// A cell whose words are ready.
pub(super) struct Prepared {
    pub cell: SetCell,
    pub paras: Vec<Para>,
}

/// Padding and type of a table.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    pub side: f32,
    pub above: f32,
    pub context: Context,
}

impl Typesetter<'_> {
    pub(super) fn table(
        &mut self,
        table: &Table,
        at: usize,
        context: Context,
    ) -> Result<Vec<Piece>, RenderError> {
        let element = self.tags.child(context.parent, Tag::Table);
        let caption = self.caption(table, element, context);
        let cut = self.cut(table, context.within(element));
        let head = self.part(&table.head, Tag::THead, table.facts, cut);
        let bodies: Vec<_> =
            table.bodies.iter().map(|rows| self.part(rows, Tag::TBody, table.facts, cut)).collect();

        let cells = [&head].into_iter().chain(&bodies).flatten();
        let demands: Vec<Demand> = cells.map(|cell| demand(cell, cut)).collect();
        let need = NARROWEST + 2.0 * cut.side;
        let columns = columns(table, &demands, context.width, need + 0.1);
        if let Some(narrow) = columns.iter().find(|width| **width < need) {
            return Err(self.does_not_fit(at, "a column of this table", need, *narrow));
        }
        let palette = &self.theme.palette;
        let grid = Grid { x: context.x, columns: &columns, cut, palette };
        let mut pieces = self.rows(table, head, bodies, &grid, at)?;
        if let Some(first) = pieces.first_mut().filter(|_| caption.is_empty()) {
            first.before = self.theme.sizes.block * 0.6;
        }
        let mut all = caption;
        all.append(&mut pieces);
        keep_if_small(&mut all, context.tall);
        Ok(all)
    }

    /// Padding and type by the table's class.
    fn cut(&self, table: &Table, context: Context) -> Cut {
        let sizes = &self.theme.sizes;
        let (kind, side, above) = match (table.compact, table.facts) {
            (true, _) => (sizes.compact, 4.0, 2.4),
            (_, true) => (sizes.facts, 6.0, 4.4),
            _ => (sizes.table, 6.0, 4.2),
        };
        let mut context = context.typed(kind);
        (context.paragraph, context.align) = (kind.leading * 0.3, Align::Left);
        Cut { side, above, context }
    }

    /// Head and rows as pieces, tied as a reader wants them.
    fn rows(
        &mut self,
        table: &Table,
        head: Vec<Prepared>,
        bodies: Vec<Vec<Prepared>>,
        grid: &Grid<'_>,
        at: usize,
    ) -> Result<Vec<Piece>, RenderError> {
        let mut pieces = Vec::new();
        let mut number = None;
        let mut room = grid.cut.context.tall;
        if !head.is_empty() {
            let piece = self.head(head, table.head.len(), grid, at)?;
            room -= piece.height;
            number = Some(self.heads.len());
            self.heads.push(piece.clone());
            pieces.push(piece);
        }
        let heads = pieces.len();
        for (rows, cells) in table.bodies.iter().zip(bodies) {
            pieces.extend(self.body(rows, cells, grid, room)?);
        }
        tie_ends(&mut pieces, heads);
        pieces.iter_mut().skip(heads).for_each(|piece| piece.table = number);
        if let Some(last) = pieces.last_mut() {
            last.after = self.theme.sizes.block;
        }
        Ok(pieces)
    }

    fn caption(&mut self, table: &Table, element: ElementId, context: Context) -> Vec<Piece> {
        let Some(caption) = &table.caption else {
            return Vec::new();
        };
        let element = self.tags.child(element, Tag::Caption);
        let mut inner = context.typed(self.theme.sizes.label);
        inner.font.weight.bold = true;
        inner.font.colour = context.heading;
        (inner.paragraph, inner.align) = (CAPTION, Align::Left);
        let para = self.para(caption, element, inner);
        let mut pieces = self.set(&para, context.x, context.width);
        pieces.iter_mut().for_each(|piece| piece.tie = Tie::Firm);
        if let Some(first) = pieces.first_mut() {
            first.before = self.theme.sizes.block * 0.7;
        }
        pieces
    }

    /// Tags and words of a head or body.
    fn part(&mut self, rows: &[Row], tag: Tag, facts: bool, cut: Cut) -> Vec<Prepared> {
        if rows.is_empty() {
            return Vec::new();
        }
        let part = self.tags.child(cut.context.parent, tag);
        let mut prepared = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let element = self.tags.child(part, Tag::TR);
            for cell in &row.cells {
                prepared.push(self.cell(cell, index, element, tag == Tag::THead, facts, cut));
            }
        }
        prepared
    }

    fn cell(
        &mut self,
        cell: &Cell,
        row: usize,
        parent: ElementId,
        head: bool,
        facts: bool,
        cut: Cut,
    ) -> Prepared {
        let tag = if cell.header.is_some() { Tag::TH } else { Tag::TD };
        let detail = Detail::Cell { scope: cell.header, columns: cell.columns, rows: cell.rows };
        let element = self.tags.child_with(parent, tag, detail);
        let mut inner = cut.context.within(element).looked(cell.look, self.theme);
        if head || cell.header == Some(Scope::Column) || facts && cell.header.is_some() {
            inner.font.weight.bold = true;
            inner.font.colour = self.theme.palette.head.ink;
        }
        let mut paras = self.paras(&cell.blocks, inner);
        if let Some(id) = &cell.id {
            if paras.is_empty() {
                paras.push(self.para(&[], element, inner));
            }
            paras[0].anchor(id);
        }
        let cell = SetCell {
            column: cell.column,
            columns: cell.columns,
            row,
            rows: cell.rows,
            low: head,
            number: inner.align == Align::Right,
            pieces: Vec::new(),
        };
        Prepared { cell, paras }
    }

    fn cells(&mut self, prepared: Vec<Prepared>, grid: &Grid<'_>) -> Vec<SetCell> {
        let set = |Prepared { mut cell, paras }: Prepared| {
            let (x, width) = grid.inside(&cell);
            cell.pieces = paras.iter().flat_map(|para| self.set(para, x, width)).collect();
            cell
        };
        prepared.into_iter().map(set).collect()
    }

    fn head(
        &mut self,
        prepared: Vec<Prepared>,
        rows: usize,
        grid: &Grid<'_>,
        at: usize,
    ) -> Result<Piece, RenderError> {
        let mut cells = self.cells(prepared, grid);
        let heights = rows::heights(&cells, rows, grid.cut.above);
        let height: f32 = heights.iter().sum();
        let room = grid.cut.context.tall * HEAD;
        if height > room {
            return Err(self.does_not_fit(at, "the head of this table", height, room));
        }
        let spans = rows::spans(&cells);
        let mut items = grid.head_ground(height);
        let mut top = 0.0;
        for (row, row_height) in heights.iter().enumerate() {
            for cell in cells.iter_mut().filter(|cell| cell.row == row) {
                let tall: f32 = heights.iter().skip(row).take(cell.rows).sum();
                items.extend(grid.placed(cell, top, tall));
            }
            top += row_height;
            if row + 1 < rows {
                items.extend(grid.rules(&spans, row, top));
            }
        }
        Ok(Piece { height, tie: Tie::Firm, items, ..Piece::default() })
    }

    /// One piece a row; rows that a cell spans stay together; a row taller than a page is cut.
    fn body(
        &mut self,
        source: &[Row],
        prepared: Vec<Prepared>,
        grid: &Grid<'_>,
        room: f32,
    ) -> Result<Vec<Piece>, RenderError> {
        let mut cells = self.cells(prepared, grid);
        let heights = rows::heights(&cells, source.len(), grid.cut.above);
        let spans = rows::spans(&cells);
        let mut pieces: Vec<Piece> = Vec::new();
        let mut group = 0.0;
        for (row, (height, source)) in heights.iter().zip(source).enumerate() {
            let reaches = spans.iter().any(|span| span.reaches_below(row));
            group += height;
            if (reaches || group > *height) && group > room {
                return Err(self.does_not_fit(source.at, "a group of rows under one cell", group, room));
            }
            let from = cells.partition_point(|cell| cell.row < row);
            let to = cells.partition_point(|cell| cell.row <= row);
            let mine = &mut cells[from..to];
            if *height > room {
                let bands = bands(mine, grid.cut.above);
                if let Some(tall) = bands.iter().map(|b| b.height).find(|h| *h > room) {
                    return Err(self.does_not_fit(source.at, "a line of this row", tall, room));
                }
                pieces.extend(bands.into_iter().map(|piece| Piece { at: source.at, ..piece }));
            } else {
                let mut items = vec![Item::Gap('\n')];
                for cell in mine {
                    let tall: f32 = heights.iter().skip(row).take(cell.rows).sum();
                    items.extend(grid.placed(cell, 0.0, tall));
                }
                let tie = if reaches { Tie::Bound } else { Tie::None };
                pieces.push(Piece { at: source.at, height: *height, tie, items, ..Piece::default() });
            }
            let rules = grid.rules(&spans, row, pieces.last().map_or(0.0, |piece| piece.height));
            if let Some(last) = pieces.last_mut() {
                last.items.extend(rules);
            }
            if !reaches {
                group = 0.0;
            }
        }
        Ok(pieces)
    }
}

fn demand(prepared: &Prepared, cut: Cut) -> Demand {
    let cell = &prepared.cell;
    let cap = cut.context.font.size * LONGEST;
    let extents = prepared.paras.iter().map(Para::extent);
    let (least, most) = extents.fold((0.0f32, 0.0f32), |(l, m), (least, most)| (l.max(least), m.max(most)));
    let apart = if cell.number { rows::NUMBER } else { 0.0 };
    let pad = 2.0 * cut.side + apart + 0.5;
    Demand { column: cell.column, columns: cell.columns, least: least.min(cap) + pad, most: most + pad }
}

/// Labels of a list of facts take what they need, the values have the rest.
fn columns(table: &Table, demands: &[Demand], total: f32, floor: f32) -> Vec<f32> {
    let automatic = table.columns.iter().all(Option::is_none);
    if !(table.facts && automatic && table.columns.len() == 2) {
        return widths(&table.columns, demands, total, floor);
    }
    let label =
        demands.iter().filter(|d| d.column == 0 && d.columns == 1).map(|d| d.most).fold(0.0, f32::max);
    let label = (label + 12.0).clamp(total * 0.2, total * 0.38);
    vec![label, total - label]
}

/// The head and the first two rows stay together, and the last two rows.
fn tie_ends(pieces: &mut [Piece], heads: usize) {
    let count = pieces.len();
    let rows = count - heads;
    if rows < 2 {
        return;
    }
    for i in [heads, count - 2] {
        pieces[i].tie = pieces[i].tie.max(Tie::Firm);
    }
}

fn keep_if_small(pieces: &mut [Piece], tall: f32) {
    let height: f32 = pieces.iter().map(|piece| piece.height + piece.after).sum();
    if height < tall * SMALL
        && let Some((_, all_but_last)) = pieces.split_last_mut()
    {
        all_but_last.iter_mut().for_each(|piece| piece.tie = piece.tie.max(Tie::Keep));
    }
}

/// All of a cell's content and its height.
pub(super) fn content(cell: &mut SetCell) -> (Vec<Item>, f32) {
    merged(std::mem::take(&mut cell.pieces))
}
