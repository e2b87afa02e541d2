//! From the document tree to pieces, one kind of block a file.

pub(crate) mod badge;
mod bands;
mod cards;
mod columns;
pub(crate) mod contents;
mod cover;
mod figure;
mod lines;
pub(crate) mod outline;
pub(crate) mod panel;
pub(crate) mod piece;
mod rows;
mod runs;
mod setting;
mod table;
mod text;
mod words;

use super::colour::Colour;
use super::error::{Place, RenderError, RenderWarning};
use super::fonts::{Faces, Weight};
use super::html::{self, Source};
use super::tags::{ElementId, Tag, Tags};
use super::theme::{Theme, Tint, Type};
use super::tree::{Align, Block, Document, GroupRole, Kind, Look};
use outline::Entry;
use piece::{Font, Item, Piece, Sheet, Tie};

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    Id(String),
    Heading(usize),
    Address(String),
}

/// A link: its element, where it leads, and its words.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Link {
    pub element: ElementId,
    pub to: Destination,
    pub words: String,
}

/// A tinted ground behind pieces, in the coordinates of the column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Panel {
    pub x: f32,
    pub width: f32,
    pub tint: Tint,
}

/// A document laid out in one endless column.
pub(crate) struct Layout {
    pub pieces: Vec<Piece>,
    pub tags: Tags,
    pub headings: Vec<Entry>,
    pub links: Vec<Link>,
    pub panels: Vec<Panel>,
    /// Table heads to repeat.
    pub heads: Vec<Piece>,
    pub warnings: Vec<RenderWarning>,
}

/// Where on a sheet the column stands, in points from the top left corner of the paper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frame {
    pub paper_width: f32,
    pub paper_height: f32,
    pub left: f32,
    pub top: f32,
    pub width: f32,
    pub height: f32,
}

/// The frame of a sheet.
pub(crate) fn frame(theme: &Theme, sheet: Sheet) -> Frame {
    let page = &theme.page;
    let (paper_width, paper_height) = match sheet {
        Sheet::Landscape => (page.height, page.width),
        _ => (page.width, page.height),
    };
    let top = if sheet == Sheet::Cover { page.strip } else { page.top };
    Frame {
        paper_width,
        paper_height,
        left: page.side,
        top,
        width: paper_width - 2.0 * page.side,
        height: paper_height - top - page.bottom,
    }
}

/// What a block inherits from the blocks around it.
#[derive(Debug, Clone, Copy)]
struct Context {
    parent: ElementId,
    x: f32,
    width: f32,
    /// Height of an empty page, for what must fit one.
    tall: f32,
    font: Font,
    leading: f32,
    align: Align,
    /// Space after a paragraph.
    paragraph: f32,
    /// Colours of muted text, headings, links and bullets here.
    muted: Colour,
    heading: Colour,
    accent: Colour,
    /// In the band of the cover, where `h1` is the title.
    band: bool,
}

impl Context {
    fn within(self, parent: ElementId) -> Self {
        Self { parent, ..self }
    }

    fn typed(mut self, kind: Type) -> Self {
        self.font.size = kind.size;
        self.leading = kind.leading;
        self
    }

    fn looked(mut self, look: Look, theme: &Theme) -> Self {
        if look.muted {
            self.font.colour = self.muted;
        }
        if look.small {
            self.font.size *= theme.sizes.small;
            self.leading *= theme.sizes.small;
        }
        self.align = look.align.unwrap_or(self.align);
        self
    }
}

/// The hand that lays out; it keeps the books while it does.
struct Typesetter<'a> {
    theme: &'a Theme,
    faces: Faces<'a>,
    source: &'a Source,
    tags: Tags,
    headings: Vec<Entry>,
    next_heading: usize,
    links: Vec<Link>,
    panels: Vec<Panel>,
    heads: Vec<Piece>,
    warnings: Vec<RenderWarning>,
}

/// Lays out a document.
pub(crate) fn lay_out(
    document: &Document,
    theme: &Theme,
    faces: Faces<'_>,
    source: &Source,
) -> Result<Layout, RenderError> {
    let mut setter = Typesetter {
        theme,
        faces,
        source,
        tags: Tags::new(),
        headings: outline::entries(&document.blocks),
        next_heading: 0,
        links: Vec::new(),
        panels: Vec::new(),
        heads: Vec::new(),
        warnings: Vec::new(),
    };
    let context = setter.context(Sheet::Upright);
    let pieces = setter.flow(&document.blocks, context)?;
    for piece in &pieces {
        let room = frame(theme, piece.sheet).height;
        if piece.height > room + 0.1 {
            return Err(setter.does_not_fit(piece.at, "this block", piece.height, room));
        }
    }
    let Typesetter { tags, headings, links, panels, heads, warnings, .. } = setter;
    Ok(Layout { pieces, tags, headings, links, panels, heads, warnings })
}

impl Typesetter<'_> {
    /// The context of a page's column.
    fn context(&self, sheet: Sheet) -> Context {
        let frame = frame(self.theme, sheet);
        let palette = &self.theme.palette;
        let sizes = &self.theme.sizes;
        Context {
            parent: Tags::ROOT,
            x: 0.0,
            width: frame.width,
            tall: frame.height,
            font: Font { size: sizes.body.size, weight: Weight::default(), colour: palette.text },
            leading: sizes.body.leading,
            align: Align::Left,
            paragraph: sizes.paragraph,
            muted: palette.muted,
            heading: palette.heading,
            accent: palette.accent,
            band: false,
        }
    }

    /// Blocks one below the other.
    fn flow(&mut self, blocks: &[Block], context: Context) -> Result<Vec<Piece>, RenderError> {
        let mut pieces = Vec::new();
        for block in blocks {
            let mut laid = self.block(block, context)?;
            dress(block, &mut laid);
            pieces.extend(laid);
        }
        Ok(pieces)
    }

    fn block(&mut self, block: &Block, context: Context) -> Result<Vec<Piece>, RenderError> {
        match &block.kind {
            Kind::Heading { .. } | Kind::Paragraph { .. } | Kind::List { .. } => {
                let paras = self.paras(std::slice::from_ref(block), context);
                Ok(paras.iter().flat_map(|para| self.set(para, context.x, context.width)).collect())
            }
            Kind::Table(table) => self.table(table, block.at, context),
            Kind::Figure(figure) => self.figure(figure, block, context),
            Kind::Cards(cards) => self.cards(cards, block.at, context),
            Kind::Contents => Ok(self.contents(context)),
            Kind::Group { role, blocks } => self.group(*role, block, blocks, context),
        }
    }

    fn group(
        &mut self,
        role: GroupRole,
        block: &Block,
        blocks: &[Block],
        context: Context,
    ) -> Result<Vec<Piece>, RenderError> {
        let tag = match role {
            GroupRole::Section | GroupRole::Cover | GroupRole::Landscape => Tag::Sect,
            GroupRole::Division | GroupRole::Panel(_) => Tag::Div,
        };
        let element = self.tags.child(context.parent, tag);
        let inner = context.within(element).looked(block.look, self.theme);
        match role {
            GroupRole::Section | GroupRole::Division => self.flow(blocks, inner),
            GroupRole::Panel(variant) => self.panel(variant, blocks, inner),
            GroupRole::Cover => self.cover(blocks, self.context(Sheet::Cover).within(element)),
            GroupRole::Landscape => {
                let turned = self.context(Sheet::Landscape).within(element);
                let mut pieces = self.flow(blocks, turned.looked(block.look, self.theme))?;
                pieces.iter_mut().for_each(|piece| piece.sheet = Sheet::Landscape);
                Ok(pieces)
            }
        }
    }

    fn place(&self, at: usize) -> Place {
        html::place(self.source, at)
    }

    fn does_not_fit(&self, at: usize, what: &str, need: f32, room: f32) -> RenderError {
        RenderError::DoesNotFit {
            place: self.place(at),
            what: what.into(),
            reason: format!("it needs {need:.0} points and has {room:.0}"),
        }
    }
}

/// Applies what any block may ask for.
fn dress(block: &Block, pieces: &mut Vec<Piece>) {
    // Paragraphs and lists see to their own ids, as they must inside cells.
    let mut anchored =
        matches!(block.kind, Kind::Heading { .. } | Kind::Paragraph { .. } | Kind::List { .. });
    if pieces.is_empty() && (block.id.is_some() || block.page_break) {
        pieces.push(Piece { tie: Tie::Firm, ..Piece::default() });
        anchored = false;
    }
    if block.keep
        && let Some((_, all_but_last)) = pieces.split_last_mut()
    {
        all_but_last.iter_mut().for_each(|piece| piece.tie = piece.tie.max(Tie::Keep));
    }
    for piece in pieces.iter_mut().filter(|piece| piece.at == 0) {
        piece.at = block.at;
    }
    let Some(first) = pieces.first_mut() else {
        return;
    };
    first.page_break |= block.page_break;
    if let Some(id) = block.id.as_ref().filter(|_| !anchored) {
        first.items.insert(0, Item::Anchor { id: id.clone(), y: 0.0 });
    }
}
