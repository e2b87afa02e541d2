//! How documents look: colours, sizes, margins, fonts. Content is in the HTML, taste is here.
//!
//! All lengths are points (1/72 inch). The default, [`Theme::nhs`], follows the NHS identity
//! colours (england.nhs.uk/nhsidentity) and an Arial-metric face, as the identity asks where
//! Frutiger is not licensed. Levels are told apart by shape and word; the tones are tints and
//! shades of blue, purple and grey, never red, amber and green.

use std::collections::BTreeMap;

use super::colour::Colour;
use super::fonts::FontSet;

/// Everything about a document's look.
#[derive(Debug, Clone)]
pub struct Theme {
    /// Colours.
    pub palette: Palette,
    /// Type sizes and spacing.
    pub sizes: Sizes,
    /// Paper and margins.
    pub page: PageSetup,
    /// Four body faces and one fallback face.
    pub fonts: FontSet,
    /// Printed at the top right of the cover. Never bundled: the NHS logo is licensed.
    pub logo: Option<Logo>,
    /// PNG files that `<img src="name">` may name.
    pub images: BTreeMap<String, Vec<u8>>,
}

/// A logo for the cover.
#[derive(Debug, Clone, PartialEq)]
pub struct Logo {
    /// The file, PNG.
    pub png: Vec<u8>,
    /// Height in points; the width follows.
    pub height: f32,
    /// Alternative text, usually the organisation's name.
    pub alt: String,
}

/// A ground and the ink that may be printed on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tint {
    /// The ground.
    pub fill: Colour,
    /// Text on it, contrast at least 4.5:1.
    pub ink: Colour,
    /// Bar, badge shape or outline, contrast at least 3:1.
    pub accent: Colour,
}

/// Colours by their use.
#[derive(Debug, Clone, PartialEq)]
pub struct Palette {
    /// Body text.
    pub text: Colour,
    /// Secondary text: notes, captions of cards, running header and footer.
    pub muted: Colour,
    /// Headings.
    pub heading: Colour,
    /// Links, bullets, rules that carry meaning.
    pub accent: Colour,
    /// Rules between table rows.
    pub rule: Colour,
    /// Table head.
    pub head: Tint,
    /// The band of the cover.
    pub cover: Tint,
    /// Key figures.
    pub card: Tint,
    /// Boxes: plain, info, warn, decision.
    pub boxes: [Tint; 4],
    /// Badges: `tone-1` to `tone-5`, then `tone-none`.
    pub tones: [Tint; 6],
    /// Chips.
    pub chip: Tint,
}

/// A type size and the distance from line to line, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Type {
    /// Size.
    pub size: f32,
    /// Line height.
    pub leading: f32,
}

/// Type sizes and spacing, in points.
#[derive(Debug, Clone, PartialEq)]
pub struct Sizes {
    /// Paragraphs and lists.
    pub body: Type,
    /// `lead` paragraphs.
    pub lead: Type,
    /// `h1`, `h2`, `h3`.
    pub headings: [Type; 3],
    /// The `h1` of a cover.
    pub title: Type,
    /// Table cells.
    pub table: Type,
    /// Cells of `facts` tables.
    pub facts: Type,
    /// Cells of `compact` tables.
    pub compact: Type,
    /// The value of a key figure.
    pub value: Type,
    /// Label and note of a key figure, captions.
    pub label: Type,
    /// Running header and footer.
    pub running: Type,
    /// Factor of `small` text.
    pub small: f32,
    /// Space after a paragraph.
    pub paragraph: f32,
    /// Space around tables, figures, boxes and cards.
    pub block: f32,
    /// Indent of a list item.
    pub indent: f32,
}

/// Paper and margins in points.
#[derive(Debug, Clone, PartialEq)]
pub struct PageSetup {
    /// Width of the upright page.
    pub width: f32,
    /// Height of the upright page.
    pub height: f32,
    /// Paper edge to text.
    pub top: f32,
    /// Text to paper edge.
    pub bottom: f32,
    /// Left and right.
    pub side: f32,
    /// White strip above the band of the cover.
    pub strip: f32,
    /// Least height of the band of the cover.
    pub band: f32,
}

const fn tint(fill: u32, ink: u32, accent: u32) -> Tint {
    Tint { fill: Colour::hex(fill), ink: Colour::hex(ink), accent: Colour::hex(accent) }
}

const fn size(size: f32, leading: f32) -> Type {
    Type { size, leading }
}

impl Theme {
    /// The house style of NHS documents: A4, Liberation Sans, dark blue headings.
    pub fn nhs() -> Self {
        Self {
            palette: Palette::nhs(),
            sizes: Sizes::nhs(),
            page: PageSetup::a4(),
            fonts: FontSet::liberation(),
            logo: None,
            images: BTreeMap::new(),
        }
    }
}

impl Palette {
    /// NHS identity colours; text is the service manual's near-black.
    pub const fn nhs() -> Self {
        Self {
            text: Colour::hex(0x212B32),
            muted: Colour::hex(0x425563),
            heading: Colour::hex(0x003087),
            accent: Colour::hex(0x005EB8),
            rule: Colour::hex(0xD8DDE0),
            head: tint(0xE8EDEE, 0x003087, 0x005EB8),
            cover: tint(0x005EB8, 0xFFFFFF, 0xFFFFFF),
            card: tint(0xF0F4F5, 0x003087, 0x005EB8),
            boxes: [
                tint(0xF0F4F5, 0x212B32, 0x768692),
                tint(0xE6F0FA, 0x212B32, 0x005EB8),
                tint(0xF1EDF7, 0x212B32, 0x330072),
                tint(0xE5EAF3, 0x212B32, 0x003087),
            ],
            tones: [
                tint(0xE8EDEE, 0x212B32, 0x425563),
                tint(0xD5E8F7, 0x003087, 0x005EB8),
                tint(0x005EB8, 0xFFFFFF, 0xFFFFFF),
                tint(0x003087, 0xFFFFFF, 0xFFFFFF),
                tint(0x330072, 0xFFFFFF, 0xFFFFFF),
                tint(0xFFFFFF, 0x425563, 0x768692),
            ],
            chip: tint(0xE8EDEE, 0x212B32, 0x768692),
        }
    }
}

impl Sizes {
    /// Sizes for A4 read on paper and at 100 % on a screen.
    pub const fn nhs() -> Self {
        Self {
            body: size(10.5, 15.0),
            lead: size(12.5, 18.0),
            headings: [size(21.0, 26.0), size(15.0, 19.5), size(11.5, 15.5)],
            title: size(31.0, 37.0),
            table: size(9.3, 12.8),
            facts: size(10.0, 14.0),
            compact: size(8.2, 10.8),
            value: size(22.0, 26.0),
            label: size(9.0, 12.0),
            running: size(8.5, 11.0),
            small: 0.86,
            paragraph: 7.5,
            block: 13.0,
            indent: 15.0,
        }
    }
}

impl PageSetup {
    /// A4 with 20 mm at the sides.
    pub const fn a4() -> Self {
        Self { width: 595.28, height: 841.89, top: 70.0, bottom: 66.0, side: 56.7, strip: 62.0, band: 190.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_tints(p: &Palette) -> Vec<(String, Tint)> {
        let named = |name: &str, tints: &[Tint]| {
            let name = name.to_owned();
            tints.iter().enumerate().map(|(i, t)| (format!("{name} {i}"), *t)).collect::<Vec<_>>()
        };
        [
            named("head", &[p.head]),
            named("cover", &[p.cover]),
            named("card", &[p.card]),
            named("box", &p.boxes),
            named("tone", &p.tones),
            named("chip", &[p.chip]),
        ]
        .concat()
    }

    #[test]
    fn every_ink_can_be_read_on_its_ground() {
        let p = Palette::nhs();
        for (name, tint) in all_tints(&p) {
            let ratio = tint.fill.contrast(tint.ink);
            assert!(ratio >= 4.5, "{name}: {ratio:.2}");
        }
        for ink in [p.text, p.muted, p.heading, p.accent] {
            assert!(ink.contrast(Colour::WHITE) >= 4.5);
            for ground in p.boxes.iter().chain([&p.card, &p.head]) {
                let ratio = ink.contrast(ground.fill);
                assert!(ratio >= 4.5, "{ink:?} on {:?}: {ratio:.2}", ground.fill);
            }
        }
    }

    #[test]
    fn every_badge_shape_and_bar_can_be_seen() {
        for (name, tint) in all_tints(&Palette::nhs()) {
            let ratio = tint.fill.contrast(tint.accent);
            assert!(ratio >= 3.0, "{name}: {ratio:.2}");
        }
    }

    #[test]
    fn tones_are_never_red_amber_or_green() {
        for tone in Palette::nhs().tones {
            for Colour { r, g, b } in [tone.fill, tone.ink, tone.accent] {
                assert!(b >= r && b >= g, "blue leads or the tone is neutral");
            }
        }
    }
}
