//! A document as values: what the HTML says, before anybody asks how it looks.
//!
//! `at` is always the byte offset of the element in the HTML, so that a later room can still say
//! where a problem lies.

use super::colour::Colour;

/// A whole document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Document {
    pub meta: Meta,
    pub blocks: Vec<Block>,
}

/// What the head says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Meta {
    pub lang: String,
    pub title: String,
    pub author: Option<String>,
    pub subject: Option<String>,
    pub keywords: Option<String>,
    pub date: Option<Date>,
    pub classification: Option<String>,
    pub header: Option<String>,
    pub footer: Option<String>,
}

/// A day of the civil calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    pub year: u16,
    pub month: u8,
    pub day: u8,
}

/// A block and what holds for every kind of block.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Block {
    pub at: usize,
    pub id: Option<String>,
    /// Starts a new page.
    pub page_break: bool,
    /// Stays on one page if it fits one.
    pub keep: bool,
    pub look: Look,
    pub kind: Kind,
}

/// Look that passes down to the text inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Look {
    pub muted: bool,
    pub small: bool,
    pub align: Option<Align>,
}

/// Horizontal alignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Align {
    #[default]
    Left,
    Centre,
    Right,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Heading {
        level: u8,
        text: Vec<Inline>,
    },
    Paragraph {
        text: Vec<Inline>,
        role: ParagraphRole,
    },
    List {
        ordered: bool,
        items: Vec<Item>,
    },
    Table(Table),
    Figure(Figure),
    Group {
        role: GroupRole,
        blocks: Vec<Block>,
    },
    /// Key figures: each card is a few paragraphs.
    Cards(Vec<Vec<Block>>),
    Contents,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParagraphRole {
    Plain,
    Lead,
    /// Text directly inside a cell, item or section: painted like a paragraph, tagged as its
    /// parent's own text.
    Loose,
    /// Parts of a key figure.
    Value,
    Label,
    Note,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupRole {
    Section,
    Division,
    Cover,
    Landscape,
    /// A tinted box; the number is its place in the theme's list.
    Panel(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub id: Option<String>,
    pub blocks: Vec<Block>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    pub caption: Option<Vec<Inline>>,
    pub facts: bool,
    pub compact: bool,
    /// One entry a column; a share of the width, or `None` for automatic.
    pub columns: Vec<Option<f32>>,
    pub head: Vec<Row>,
    pub bodies: Vec<Vec<Row>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub at: usize,
    pub cells: Vec<Cell>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    pub at: usize,
    pub id: Option<String>,
    /// First column, counted from 0 over the whole table.
    pub column: usize,
    pub columns: usize,
    pub rows: usize,
    pub header: Option<Scope>,
    pub look: Look,
    pub blocks: Vec<Block>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Column,
    Row,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figure {
    pub graphic: Graphic,
    /// `None` for a picture that says nothing: an artefact.
    pub alt: Option<String>,
    /// Width in points if one was asked for, else the column's.
    pub width: Option<f32>,
    pub caption: Option<Vec<Inline>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Graphic {
    Drawing(Drawing),
    Picture(Picture),
}

/// A decoded picture, eight bits a channel.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Picture {
    pub width: u32,
    pub height: u32,
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: u8,
    pub pixels: Vec<u8>,
    /// Opacity of each pixel, where any is not opaque.
    pub alpha: Option<Vec<u8>>,
}

/// A chart: shapes in user units, y downwards, the view box moved to the origin.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Drawing {
    pub width: f32,
    pub height: f32,
    pub shapes: Vec<Shape>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    Path { path: Vec<Step>, fill: Option<Colour>, opacity: f32, stroke: Option<Stroke> },
    Text { x: f32, y: f32, size: f32, bold: bool, anchor: Align, colour: Colour, text: String },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stroke {
    pub colour: Colour,
    pub width: f32,
    pub dashes: Vec<f32>,
}

/// A step of a path, absolute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Step {
    Move(f32, f32),
    Line(f32, f32),
    Curve([f32; 6]),
    Close,
}

impl Step {
    /// The same step elsewhere.
    pub fn moved(self, dx: f32, dy: f32) -> Self {
        match self {
            Self::Move(x, y) => Self::Move(x + dx, y + dy),
            Self::Line(x, y) => Self::Line(x + dx, y + dy),
            Self::Curve([a, b, c, d, e, f]) => Self::Curve([a + dx, b + dy, c + dx, d + dy, e + dx, f + dy]),
            Self::Close => Self::Close,
        }
    }

    /// The same step in a drawing of another size.
    pub fn scaled(self, by: f32) -> Self {
        match self {
            Self::Move(x, y) => Self::Move(x * by, y * by),
            Self::Line(x, y) => Self::Line(x * by, y * by),
            Self::Curve(c) => Self::Curve(c.map(|n| n * by)),
            Self::Close => Self::Close,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Inline {
    Text(String),
    Break,
    Styled {
        change: Change,
        id: Option<String>,
        inside: Vec<Inline>,
    },
    Link {
        at: usize,
        id: Option<String>,
        target: Target,
        inside: Vec<Inline>,
    },
    Badge {
        /// `None` for a chip.
        shape: Option<BadgeShape>,
        /// Place in the theme's list of tones; `None` for a chip.
        tone: Option<usize>,
        text: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Nothing,
    Bold,
    Italic,
    Small,
    Muted,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Id(String),
    Address(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadgeShape {
    Circle,
    Square,
    Diamond,
    Triangle,
    Hexagon,
    Ring,
    Bar,
}

/// The words of some inline content, without their dress.
pub(crate) fn plain_text(inlines: &[Inline]) -> String {
    fn gather(inlines: &[Inline], out: &mut String) {
        for inline in inlines {
            match inline {
                Inline::Text(text) | Inline::Badge { text, .. } => out.push_str(text),
                Inline::Break => out.push(' '),
                Inline::Styled { inside, .. } | Inline::Link { inside, .. } => gather(inside, out),
            }
        }
    }
    let mut text = String::new();
    gather(inlines, &mut text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
