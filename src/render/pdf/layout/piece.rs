//! Pieces: what layout makes and pagination places. A piece is a horizontal slice of the text
//! column that is never divided: a line, a table row, a figure.

use super::super::colour::Colour;
use super::super::fonts::Weight;
use super::super::tags::{ElementId, SlotId};
use super::super::tree::{Picture, Step, Stroke};

/// Which paper a piece stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Sheet {
    #[default]
    Upright,
    Landscape,
    Cover,
}

/// How strongly a piece holds on to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Tie {
    #[default]
    None,
    /// Wished for by the template; given up when the block is larger than a page.
    Keep,
    /// Widows, orphans, headings, table heads; given up only when there is no other way.
    Firm,
    /// Rows under one cell; never given up, and layout sees to it that they fit a page.
    Bound,
}

/// Reading what a thing is: content in the tag tree, or decoration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Content(SlotId),
    Artefact,
}

/// An indivisible slice of the column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Piece {
    /// Byte offset of its block in the HTML.
    pub at: usize,
    pub height: f32,
    /// Wanted space above and below; the larger of two neighbours counts.
    pub before: f32,
    pub after: f32,
    pub tie: Tie,
    pub page_break: bool,
    pub sheet: Sheet,
    /// Places on the page, from the column's left edge and the piece's top edge.
    pub items: Vec<Item>,
    /// Boxes it stands in, outermost first.
    pub panels: Vec<usize>,
    /// The table whose head is repeated above it when it starts a page.
    pub table: Option<usize>,
}

/// Something to paint, or to note down where the page is known.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    Text(Text),
    Path(Path),
    Image(Image),
    /// An area that leads somewhere.
    Link {
        rect: Rect,
        link: usize,
    },
    /// A target of links.
    Anchor {
        id: String,
        y: f32,
    },
    /// A heading starts here.
    Heading {
        index: usize,
        y: f32,
    },
    /// The page of a heading, right-aligned, with dots leading to it.
    PageNumber(PageNumber),
    /// The box of a figure.
    Bounds {
        element: ElementId,
        rect: Rect,
    },
    /// How what follows is set off from what came before in the page's readable text.
    Gap(char),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text {
    pub x: f32,
    /// Baseline.
    pub y: f32,
    pub text: String,
    pub font: Font,
    pub mark: Mark,
}

/// Everything that decides how a text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Font {
    pub size: f32,
    pub weight: Weight,
    pub colour: Colour,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path {
    pub steps: Vec<Step>,
    pub fill: Option<Colour>,
    pub opacity: f32,
    pub stroke: Option<Stroke>,
    pub mark: Mark,
}

#[derive(Debug, Clone)]
pub(crate) struct Image {
    pub rect: Rect,
    pub picture: std::rc::Rc<Picture>,
    pub mark: Mark,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PageNumber {
    pub heading: usize,
    pub left: f32,
    pub right: f32,
    pub y: f32,
    pub font: Font,
    pub slot: SlotId,
}

/// A rectangle; y grows downwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rect {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

impl Item {
    /// The same thing elsewhere.
    pub fn moved(mut self, dx: f32, dy: f32) -> Self {
        match &mut self {
            Self::Text(text) => {
                text.x += dx;
                text.y += dy;
            }
            Self::Path(path) => path.steps.iter_mut().for_each(|step| *step = step.moved(dx, dy)),
            Self::Image(Image { rect, .. }) | Self::Link { rect, .. } | Self::Bounds { rect, .. } => {
                rect.x += dx;
                rect.y += dy;
            }
            Self::Anchor { y, .. } | Self::Heading { y, .. } => *y += dy,
            Self::PageNumber(number) => {
                number.left += dx;
                number.right += dx;
                number.y += dy;
            }
            Self::Gap(_) => {}
        }
        self
    }

    /// A filled shape that means nothing.
    pub fn decoration(steps: Vec<Step>, fill: Colour) -> Self {
        Self::Path(Path { steps, fill: Some(fill), opacity: 1.0, stroke: None, mark: Mark::Artefact })
    }

    /// A horizontal rule whose middle is at `y`.
    pub fn rule(x: f32, y: f32, width: f32, weight: f32, colour: Colour) -> Self {
        let steps = super::super::html::rounded(x, y - weight / 2.0, width, weight, 0.0);
        Self::decoration(steps, colour)
    }
}

/// Pieces one below the other, with the space between them settled: top of each, total height.
pub(crate) fn stack(pieces: &[Piece]) -> (Vec<f32>, f32) {
    let mut y = 0.0;
    let mut after: Option<f32> = None;
    let tops = pieces
        .iter()
        .map(|piece| {
            y += after.map_or(0.0, |a| a.max(piece.before));
            let top = y;
            y += piece.height;
            after = Some(piece.after);
            top
        })
        .collect();
    (tops, y)
}

/// Makes all pieces one, as for a table cell or a card.
pub(crate) fn merged(pieces: Vec<Piece>) -> (Vec<Item>, f32) {
    let (tops, height) = stack(&pieces);
    let items = pieces
        .into_iter()
        .zip(tops)
        .flat_map(|(piece, top)| piece.items.into_iter().map(move |item| item.moved(0.0, top)))
        .collect();
    (items, height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_of_two_spaces_counts_and_the_outer_ones_do_not() {
        let piece = |before, after| Piece { height: 10.0, before, after, ..Piece::default() };
        let (tops, height) = stack(&[piece(9.0, 4.0), piece(6.0, 2.0), piece(1.0, 9.0)]);
        assert_eq!((tops, height), (vec![0.0, 16.0, 28.0], 38.0));
    }
}
