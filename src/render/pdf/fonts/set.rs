//! The five faces of a theme and the choice among them, character by character.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use super::super::error::RenderError;
use super::face::Face;

/// The bundled regular face.
pub(super) const LIBERATION_REGULAR: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/fonts/LiberationSans-Regular.ttf"));
const LIBERATION_BOLD: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/fonts/LiberationSans-Bold.ttf"));
const LIBERATION_ITALIC: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/fonts/LiberationSans-Italic.ttf"));
const LIBERATION_BOLD_ITALIC: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/fonts/LiberationSans-BoldItalic.ttf"));
const DEJAVU: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/fonts/DejaVuSans.ttf"));

/// Index of the fallback face.
pub(crate) const FALLBACK: usize = 4;

/// What stands for a character no face has.
pub(crate) const TOFU: char = '\u{25A1}';

/// A TrueType or OpenType file that may be embedded in documents.
#[derive(Debug, Clone)]
pub struct FontFile {
    /// PostScript name, letters, digits and hyphens, e.g. `LiberationSans-Bold`.
    pub name: Cow<'static, str>,
    /// The file.
    pub bytes: Cow<'static, [u8]>,
}

/// The fonts of a theme. Cheap to clone; each file is read once, when first needed.
#[derive(Debug, Clone)]
pub struct FontSet(Arc<[Slot; 5]>);

#[derive(Debug)]
struct Slot {
    file: FontFile,
    face: OnceLock<Option<Face>>,
}

impl FontSet {
    /// Regular, bold, italic, bold italic, and the face asked when these lack a character.
    pub fn new(files: [FontFile; 5]) -> Self {
        Self(Arc::new(files.map(|file| Slot { file, face: OnceLock::new() })))
    }

    /// Liberation Sans (metrics of Arial) with DejaVu Sans behind it.
    pub fn liberation() -> Self {
        let file = |name, bytes| FontFile { name: Cow::Borrowed(name), bytes: Cow::Borrowed(bytes) };
        Self::new([
            file("LiberationSans", LIBERATION_REGULAR),
            file("LiberationSans-Bold", LIBERATION_BOLD),
            file("LiberationSans-Italic", LIBERATION_ITALIC),
            file("LiberationSans-BoldItalic", LIBERATION_BOLD_ITALIC),
            file("DejaVuSans", DEJAVU),
        ])
    }

    /// The file behind a face index.
    pub(super) fn file(&self, index: usize) -> &FontFile {
        &self.0[index.min(FALLBACK)].file
    }

    /// The faces ready for use, or which file is at fault.
    pub(crate) fn faces(&self) -> Result<Faces<'_>, RenderError> {
        let read = |slot: &'_ Slot| slot.face.get_or_init(|| Face::parse(&slot.file.bytes)).is_some();
        match self.0.iter().find(|slot| !read(slot)) {
            Some(slot) => Err(RenderError::Font {
                name: slot.file.name.to_string(),
                reason: "not a TrueType or OpenType font with a Unicode character map".into(),
            }),
            None => Ok(Faces(self)),
        }
    }
}

impl FontSet {
    /// Whether a character can be printed as it is read: some face has it, and it does not belong to writing
    /// that runs from right to left, which is set from left to right here.
    pub fn can_print(&self, c: char) -> bool {
        c.is_ascii()
            || is_invisible(c)
            || (!is_right_to_left(c) && self.faces().is_ok_and(|faces| faces.can_show(Weight::default(), c)))
    }
}

/// Whether a character belongs to writing that runs from right to left: Hebrew, Arabic, Syriac, Thaana, N'Ko and
/// their like, with the forms that old software uses.
pub(crate) fn is_right_to_left(c: char) -> bool {
    matches!(u32::from(c),
        0x590..=0x8ff | 0xfb1d..=0xfdff | 0xfe70..=0xfefe | 0x10800..=0x10fff | 0x1e800..=0x1efff)
}

/// Weight and slant of a run of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Weight {
    /// Bold.
    pub bold: bool,
    /// Italic.
    pub italic: bool,
}

impl Weight {
    fn index(self) -> usize {
        usize::from(self.bold) + 2 * usize::from(self.italic)
    }
}

/// Text that one face can show.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    /// Index of the face in its set.
    pub face: usize,
    /// The text as painted: canonical characters, boxes for missing ones.
    pub text: String,
    /// Advance in points.
    pub width: f32,
}

/// A font set whose files have all been read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Faces<'a>(&'a FontSet);

impl<'a> Faces<'a> {
    fn face(self, index: usize) -> Option<&'a Face> {
        self.0.0.get(index).and_then(|slot| slot.face.get()).and_then(Option::as_ref)
    }

    /// Face and painted character for a character; the flag tells that it is a box.
    fn choose(self, weight: Weight, c: char) -> (usize, char, bool) {
        let has = |index: usize, c: char| self.face(index).is_some_and(|f| f.glyph(c).is_some());
        let canonical = |index: usize, c| self.face(index).map_or(c, |f| f.canonical(c));
        let own = weight.index();
        let plain = plain(c);
        [own, FALLBACK, 0]
            .into_iter()
            .find(|index| has(*index, plain) && !private(plain))
            .map(|index| (index, canonical(index, plain), false))
            .unwrap_or_else(|| if has(FALLBACK, TOFU) { (FALLBACK, TOFU, true) } else { (own, '?', true) })
    }

    /// Whether some face has the character.
    pub fn can_show(self, weight: Weight, c: char) -> bool {
        !self.choose(weight, c).2
    }

    /// Width of a text in points.
    pub fn width(self, text: &str, weight: Weight, size: f32) -> f32 {
        text.chars().map(|c| self.advance(c, weight)).sum::<f32>() * size / 1000.0
    }

    fn advance(self, c: char, weight: Weight) -> f32 {
        if is_invisible(c) {
            return 0.0;
        }
        let (index, c, _) = self.choose(weight, c);
        self.face(index).map_or(0.0, |f| f32::from(f.advance(c)))
    }

    /// Divides a text by the face that shows it.
    pub fn runs(self, text: &str, weight: Weight, size: f32) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for c in text.chars().filter(|c| !is_invisible(*c)) {
            let (face, shown, _) = self.choose(weight, c);
            let width = self.advance(c, weight) * size / 1000.0;
            match runs.last_mut() {
                Some(run) if run.face == face => {
                    run.text.push(shown);
                    run.width += width;
                }
                _ => runs.push(Run { face, text: shown.into(), width }),
            }
        }
        runs
    }

    /// Baseline below the top of a line, so that text sits in the middle of its leading.
    pub fn baseline(self, size: f32, leading: f32) -> f32 {
        let (ascent, descent) = self.face(0).map_or((0.9, 0.2), |f| (f.ascent, f.descent));
        (leading - (ascent + descent) * size) / 2.0 + ascent * size
    }

    /// The set behind the faces.
    pub fn set(self) -> &'a FontSet {
        self.0
    }

    /// Glyph of a character in a face.
    pub(super) fn glyph(self, index: usize, c: char) -> Option<u16> {
        self.face(index).and_then(|f| f.glyph(c))
    }
}

/// Spaces and hyphens that only steer line breaking are painted as the plain ones.
fn plain(c: char) -> char {
    match c {
        '\u{a0}' | '\u{2007}' | '\u{202f}' => ' ',
        '\u{ad}' | '\u{2010}' | '\u{2011}' => '-',
        _ => c,
    }
}

/// Characters that steer software and show nothing; they are never painted.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e01ef}')
}

/// Private-use characters mean nothing without their font, and PDF/A refuses them.
fn private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_the_face_lacks_comes_from_the_fallback_or_is_a_box() {
        let set = FontSet::liberation();
        let faces = set.faces().expect("bundled fonts");
        let weight = Weight { bold: true, italic: false };
        let runs = faces.runs("Łódź ✓ 🩺", weight, 10.0);
        let shown: Vec<_> = runs.iter().map(|r| (r.face, r.text.as_str())).collect();
        assert_eq!(shown, [(1, "Łódź "), (4, "✓"), (1, " "), (4, "□")]);
        assert!(!faces.can_show(weight, '🩺'));
        let total: f32 = runs.iter().map(|r| r.width).sum();
        assert!((total - faces.width("Łódź ✓ 🩺", weight, 10.0)).abs() < 0.001);
    }

    #[test]
    fn a_broken_font_is_named() {
        let bad = FontFile { name: "Broken".into(), bytes: Cow::Borrowed(b"no") };
        let set = FontSet::new([bad.clone(), bad.clone(), bad.clone(), bad.clone(), bad]);
        let error = set.faces().expect_err("cannot be read");
        assert!(error.to_string().starts_with("font Broken:"));
    }

    #[test]
    fn steering_characters_are_painted_plain() {
        let set = FontSet::liberation();
        let faces = set.faces().expect("bundled fonts");
        let runs = faces.runs("a\u{a0}b\u{2011}c\u{202f}d", Weight::default(), 10.0);
        assert_eq!(runs[0].text, "a b-c d");
    }
}
