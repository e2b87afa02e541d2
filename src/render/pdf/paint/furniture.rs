//! Running header and footer.

use super::super::fonts::{Faces, Weight};
use super::super::layout::Frame;
use super::super::layout::piece::{Font, Item, Sheet};
use super::super::theme::Theme;
use super::super::tree::Meta;
use super::canvas::{Artifact, Canvas};

/// Distance of the header's baseline from the top, of the footer's from the bottom of the paper.
const HEADER: f32 = 38.0;
const FOOTER: f32 = 32.0;
/// Distance of the rules from the baselines.
const RULE: f32 = 9.0;
/// Least space between the name at the left and what stands beside it.
const APART: f32 = 14.0;

struct Placed {
    x: f32,
    y: f32,
    text: String,
    font: Font,
}

/// Paints both and returns their words for the page's readable text.
pub(super) fn furnish(
    canvas: &mut Canvas<'_, '_>,
    theme: &Theme,
    faces: Faces<'_>,
    meta: &Meta,
    frame: Frame,
    sheet: Sheet,
    page: (usize, usize),
) -> String {
    let plain =
        Font { size: theme.sizes.running.size, weight: Weight::default(), colour: theme.palette.muted };
    let bold = Font { weight: Weight { bold: true, italic: false }, colour: theme.palette.text, ..plain };
    let width = |text: &str, font: Font| faces.width(text, font.weight, font.size);
    let right = frame.left + frame.width;
    let mark = meta.classification.clone().unwrap_or_default();
    let mark_width = width(&mark, bold);
    let name = |text: &str, y: f32, beside: f32| {
        let text = shortened(text, beside - APART, |t| width(t, plain));
        Placed { x: frame.left, y, text, font: plain }
    };

    let mut header = Vec::new();
    let cover = sheet == Sheet::Cover;
    if !cover {
        let top = meta.header.as_deref().unwrap_or(&meta.title);
        header.push(name(top, HEADER, frame.width - mark_width));
    }
    if !mark.is_empty() {
        // The right of the cover belongs to the logo.
        let x = if cover { frame.left } else { right - mark_width };
        header.push(Placed { x, y: HEADER, text: mark.clone(), font: bold });
    }

    let y = frame.paper_height - FOOTER;
    let number = format!("Page {} of {}", page.0, page.1);
    let short = meta.footer.as_deref().unwrap_or(&meta.title);
    let mut footer = vec![name(short, y, (frame.width - mark_width) / 2.0)];
    if !mark.is_empty() {
        let x = frame.left + (frame.width - mark_width) / 2.0;
        footer.push(Placed { x, y, text: mark, font: bold });
    }
    footer.push(Placed { x: right - width(&number, plain), y, text: number, font: plain });

    let colour = theme.palette.rule;
    let rules = [(!cover).then_some(HEADER + RULE), Some(y - RULE - plain.size * 0.8)];
    for y in rules.into_iter().flatten() {
        if let Item::Path(path) = Item::rule(frame.left, y, frame.width, 0.6, colour) {
            canvas.artifact(Artifact::Layout, |pen| pen.path(&path, 0.0, 0.0));
        }
    }
    for (kind, words) in [(Artifact::Header, &header), (Artifact::Footer, &footer)] {
        for Placed { x, y, text, font } in words {
            canvas.artifact(kind, |pen| pen.text(*x, *y, text, *font));
        }
    }
    header.iter().chain(&footer).map(|placed| placed.text.as_str()).collect::<Vec<_>>().join("\n")
}

/// The text, or as much of its start as fits with an ellipsis.
fn shortened(text: &str, room: f32, width: impl Fn(&str) -> f32) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().take(400).collect();
    while kept.pop().is_some() {
        let start = kept.iter().collect::<String>();
        let candidate = format!("{}\u{2026}", start.trim_end());
        if width(&candidate) <= room {
            return candidate;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_shortened_between_words() {
        let width = |t: &str| t.chars().count() as f32;
        assert_eq!(shortened("short", 10.0, width), "short");
        assert_eq!(shortened("a rather long name", 9.0, width), "a rather…");
        assert_eq!(shortened("a rather long name", 0.5, width), "");
    }
}
