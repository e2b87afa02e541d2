//! Documents as PDF: tagged, deterministic, in the house style.
//!
//! ```text
//! HTML subset ── html ──▶ tree ── layout ──▶ pieces ── paginate ──▶ pages ── paint ──▶ content
//!                                   │                                          │
//!                                   └────────────── tags ──────────────────────┴─ finish ──▶ bytes
//! ```
//!
//! [`pdf`] is the only way in. What a template may say is in [`html`]; how it looks is a
//! [`Theme`]. The files claim PDF/UA-1 and PDF/A-2a, and the tests hold them to it.

mod colour;
mod error;
mod finish;
mod fonts;
pub mod html;
mod layout;
mod paginate;
mod paint;
mod picture;
mod tags;
mod theme;
mod tree;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use colour::Colour;
pub use error::{Place, RenderError, RenderWarning};
pub use fonts::{FontFile, FontSet};
pub use theme::{Logo, PageSetup, Palette, Sizes, Theme, Tint, Type};

/// A finished document and what the gates want to know about it.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its pages in order.
    pub pages: Vec<Page>,
    /// Its headings in order.
    pub headings: Vec<Heading>,
    /// What a person should know although the file was made.
    pub warnings: Vec<RenderWarning>,
}

/// A page as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// All words in reading order, running header and footer last. Blocks are set apart by line
    /// ends, cells by tabs; a paragraph is one line however it was broken.
    pub text: String,
}

/// A heading of level 1 to 3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// 1, 2 or 3.
    pub level: u8,
    /// Its `id`.
    pub id: Option<String>,
    /// Its words.
    pub text: String,
    /// Its page, from 1.
    pub page: usize,
    /// No words, figures or tables between it and the next heading of its level or above.
    pub empty: bool,
}

/// Whether papers show a character as it is read, asked without rendering anything.
pub fn can_print(c: char) -> bool {
    static FONTS: std::sync::OnceLock<FontSet> = std::sync::OnceLock::new();
    FONTS.get_or_init(|| Theme::nhs().fonts).can_print(c)
}

impl Rendered {
    /// The characters that do not stand in it as they are read: no font has them, or they run from right to left.
    pub fn unprintable(&self) -> Vec<char> {
        let characters = self.warnings.iter().filter_map(|warning| match warning {
            RenderWarning::MissingGlyph { character, .. } | RenderWarning::RightToLeft { character, .. } => {
                Some(*character)
            }
            _ => None,
        });
        characters.collect()
    }
}

/// The words of an XHTML document before it is laid out, paragraph by paragraph and cell by cell.
///
/// # Errors
/// If it is not well formed.
pub fn passages(html: &str) -> Result<Vec<crate::guard::markup::Passage>, RenderError> {
    let source = html::Source::new(html);
    let document = source.parse()?;
    Ok(crate::guard::markup::passages(&document))
}

/// One XHTML document to a finished PDF. Pure: no file, no clock, no randomness; the same HTML
/// and theme give the same bytes.
pub fn pdf(html: &str, theme: &Theme) -> Result<Rendered, RenderError> {
    let source = html::Source::new(html);
    let faces = theme.fonts.faces()?;
    let document = html::read(&source, &theme.images)?;
    let mut layout = layout::lay_out(&document, theme, faces, &source)?;
    let sheets = paginate::paginate(&layout.pieces, &layout.heads, theme);
    let tags = std::mem::take(&mut layout.tags);
    let mut painted = paint::paint(&layout, tags, &sheets, theme, faces, &document.meta);

    let read = |page: &mut paint::PaintedPage| Page { text: std::mem::take(&mut page.text) };
    let pages = painted.pages.iter_mut().map(read).collect();
    let headings = layout
        .headings
        .iter()
        .zip(&painted.headings)
        .map(|(entry, spot)| Heading {
            level: entry.level,
            id: entry.id.clone(),
            text: entry.text.clone(),
            page: spot.page + 1,
            empty: entry.empty,
        })
        .collect();
    let books =
        finish::Books { headings: &layout.headings, links: &layout.links, meta: &document.meta, html };
    let bytes = finish::finish(painted, faces, &books)?;
    Ok(Rendered { bytes, pages, headings, warnings: layout.warnings })
}
