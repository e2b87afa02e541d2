//! Placing pieces on pages.
//!
//! Pieces that are tied together form a chain, and a chain is placed whole. When a chain is larger
//! than a page, wishes of the template (`keep`) are given up first, then the chain is cut where
//! its longest start fits a page.

use super::layout::piece::{Piece, Sheet, Tie};
use super::layout::{Frame, frame};
use super::theme::Theme;

/// Tolerance for sums of many heights, in points.
const HAIR: f32 = 0.05;

/// A page: which sheet it is and what stands where.
#[derive(Debug, Clone)]
pub(crate) struct Sheeted {
    pub sheet: Sheet,
    pub placed: Vec<Placed>,
}

/// A piece on its page; `top` is measured from the top of the column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placed {
    pub what: What,
    pub top: f32,
}

/// A piece of the document or a repeated table head, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Piece(usize),
    Head(usize),
}

/// Distributes all pieces over pages, at least one.
pub(crate) fn paginate(pieces: &[Piece], heads: &[Piece], theme: &Theme) -> Vec<Sheeted> {
    let mut book = Book { pieces, heads, theme, pages: Vec::new(), y: 0.0, bare: true };
    let mut next = 0;
    let mut no_wishes_until = 0;
    while next < pieces.len() {
        let wishes = next >= no_wishes_until;
        let mut end = book.chain(next, if wishes { Tie::Keep } else { Tie::Firm });
        if wishes && book.overflows(next, end) {
            no_wishes_until = end;
            end = book.chain(next, Tie::Firm);
        }
        while end > next + 1 && (book.overflows(next, end) || pieces[end - 1].tie == Tie::Bound) {
            end -= 1;
        }
        if book.must_turn(next, end) {
            book.turn(next);
        }
        (next..end).for_each(|i| book.place(i));
        next = end;
    }
    if book.pages.is_empty() {
        book.pages.push(Sheeted { sheet: Sheet::Upright, placed: Vec::new() });
    }
    book.pages
}

struct Book<'a> {
    pieces: &'a [Piece],
    heads: &'a [Piece],
    theme: &'a Theme,
    pages: Vec<Sheeted>,
    /// Height used on the last page.
    y: f32,
    /// Nothing stands on the last page but a repeated head.
    bare: bool,
}

impl Book<'_> {
    fn frame(&self, sheet: Sheet) -> Frame {
        frame(self.theme, sheet)
    }

    fn room(&self, sheet: Sheet) -> f32 {
        self.frame(sheet).height + HAIR
    }

    /// End of the chain that starts at a piece.
    fn chain(&self, start: usize, least: Tie) -> usize {
        let sheet = self.pieces[start].sheet;
        let mut end = start + 1;
        while let Some(next) = self.pieces.get(end) {
            if self.pieces[end - 1].tie < least || next.page_break || next.sheet != sheet {
                break;
            }
            end += 1;
        }
        end
    }

    /// Height of a chain, with the space inside it.
    fn height(&self, start: usize, end: usize) -> f32 {
        let inside = (start + 1..end).map(|i| self.gap(i));
        self.pieces[start..end].iter().map(|p| p.height).chain(inside).sum()
    }

    /// Whether a chain is larger than a page, under a repeated head if it needs one.
    fn overflows(&self, start: usize, end: usize) -> bool {
        let head = self.repeated(start).map_or(0.0, |table| self.heads[table].height);
        head + self.height(start, end) > self.room(self.pieces[start].sheet)
    }

    /// Space above a piece that does not start a page.
    fn gap(&self, i: usize) -> f32 {
        let after = i.checked_sub(1).map_or(0.0, |before| self.pieces[before].after);
        after.max(self.pieces[i].before)
    }

    /// The table whose head has to be repeated if this piece starts a page.
    fn repeated(&self, i: usize) -> Option<usize> {
        let before = self.pieces.get(i.checked_sub(1)?)?;
        self.pieces[i].table.filter(|table| before.table == Some(*table))
    }

    fn must_turn(&self, start: usize, end: usize) -> bool {
        let piece = &self.pieces[start];
        let Some(page) = self.pages.last() else {
            return true;
        };
        if page.sheet != piece.sheet || (piece.page_break && !page.placed.is_empty()) {
            return true;
        }
        let gap = if self.bare { 0.0 } else { self.gap(start) };
        !self.bare && self.y + gap + self.height(start, end) > self.room(piece.sheet)
    }

    fn turn(&mut self, next: usize) {
        self.pages.push(Sheeted { sheet: self.pieces[next].sheet, placed: Vec::new() });
        self.y = 0.0;
        self.bare = true;
        if let Some(table) = self.repeated(next) {
            self.push(What::Head(table), 0.0, self.heads[table].height);
            self.bare = true;
        }
    }

    fn place(&mut self, i: usize) {
        let gap = if self.bare { 0.0 } else { self.gap(i) };
        self.push(What::Piece(i), self.y + gap, self.pieces[i].height);
    }

    fn push(&mut self, what: What, top: f32, height: f32) {
        if let Some(page) = self.pages.last_mut() {
            page.placed.push(Placed { what, top });
        }
        self.y = top + height;
        self.bare = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(height: f32, tie: Tie) -> Piece {
        Piece { height, tie, ..Piece::default() }
    }

    /// Pages as lists of piece numbers; a repeated head is written as 900 and its number.
    fn pages(pieces: &[Piece], heads: &[Piece]) -> Vec<Vec<usize>> {
        let number = |p: &Placed| match p.what {
            What::Piece(i) => i,
            What::Head(i) => 900 + i,
        };
        let theme = Theme::nhs();
        paginate(pieces, heads, &theme).iter().map(|s| s.placed.iter().map(number).collect()).collect()
    }

    #[test]
    fn a_chain_moves_to_the_next_page_whole() {
        let pieces = [line(600.0, Tie::None), line(60.0, Tie::Firm), line(60.0, Tie::None)];
        assert_eq!(pages(&pieces, &[]), [vec![0], vec![1, 2]]);
    }

    #[test]
    fn a_chain_larger_than_a_page_gives_up_wishes_first() {
        let mut pieces = vec![line(100.0, Tie::None)];
        pieces.extend((0..10).map(|i| line(100.0, if i % 2 == 0 { Tie::Firm } else { Tie::Keep })));
        let found = pages(&pieces, &[]);
        assert_eq!(found, [vec![0, 1, 2, 3, 4, 5, 6], vec![7, 8, 9, 10]]);
    }

    #[test]
    fn a_firm_chain_larger_than_a_page_is_cut_where_the_page_is_full() {
        let pieces: Vec<_> = (0..9).map(|_| line(100.0, Tie::Firm)).collect();
        assert_eq!(pages(&pieces, &[]), [vec![0, 1, 2, 3, 4, 5, 6], vec![7, 8]]);
    }

    #[test]
    fn bound_pieces_are_not_parted_even_when_a_chain_is_cut() {
        let ties = [Tie::Firm, Tie::Firm, Tie::Bound, Tie::Firm, Tie::None];
        let pieces: Vec<_> = ties.map(|tie| line(200.0, tie)).into();
        assert_eq!(pages(&pieces, &[]), [vec![0, 1], vec![2, 3, 4]]);
    }

    #[test]
    fn table_heads_are_repeated_and_never_before_the_first_row() {
        let row = |tie| Piece { table: Some(0), ..line(100.0, tie) };
        let mut pieces = vec![line(620.0, Tie::None), line(30.0, Tie::Firm)];
        pieces.extend((0..12).map(|i| row(if i == 0 { Tie::Firm } else { Tie::None })));
        let heads = [line(30.0, Tie::Firm)];
        let found = pages(&pieces, &heads);
        assert_eq!(found[0], [0]);
        assert_eq!(found[1], [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(found[2][..2], [900, 8]);
    }

    #[test]
    fn sheets_and_page_breaks_turn_the_page() {
        let turned = Piece { sheet: Sheet::Landscape, ..line(10.0, Tie::Firm) };
        let broken = Piece { page_break: true, ..line(10.0, Tie::None) };
        let pieces = [broken.clone(), turned.clone(), turned, line(10.0, Tie::Firm), broken];
        assert_eq!(pages(&pieces, &[]), [vec![0], vec![1, 2], vec![3], vec![4]]);
        assert_eq!(pages(&[], &[]), [Vec::<usize>::new()]);
    }
}
