//! One font file, reduced to what layout asks of it.

use printpdf::ParsedFont;

/// Glyphs and widths of a face. Widths are thousandths of the type size, rounded as the PDF's
/// width array will round them, so that what we measure is what a viewer shows.
#[derive(Debug)]
pub(crate) struct Face {
    glyphs: Vec<u16>,
    advances: Vec<u16>,
    canonical: Vec<Option<char>>,
    /// Height above the baseline, in units of the type size.
    pub ascent: f32,
    /// Depth below it, positive.
    pub descent: f32,
}

impl Face {
    /// Reads the file; `None` when it is not a usable font with a Unicode map.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let font = ParsedFont::from_bytes(bytes, 0, &mut Vec::new())?;
        let upem = f32::from(font.units_per_em);
        let last = *font.codepoint_to_glyph.keys().last()?;
        if upem < 16.0 || last > 0x10_FFFF {
            return None;
        }
        let glyph_count = font.glyph_widths.keys().last().map_or(1, |g| usize::from(*g) + 1);
        let mut advances = vec![0; glyph_count];
        for (gid, width) in &font.glyph_widths {
            advances[usize::from(*gid)] = (f32::from(*width) * 1000.0 / upem) as u16;
        }
        let mut glyphs = vec![0; last as usize + 1];
        let mut canonical = vec![None; glyph_count];
        for (code, gid) in &font.codepoint_to_glyph {
            glyphs[*code as usize] = *gid;
            if let Some(slot) = canonical.get_mut(usize::from(*gid)) {
                *slot = slot.or(char::from_u32(*code).filter(|c| is_ordinary(*c)));
            }
        }
        let metrics = &font.font_metrics;
        Some(Self {
            glyphs,
            advances,
            canonical,
            ascent: f32::from(metrics.ascent) / upem,
            descent: -f32::from(metrics.descent) / upem,
        })
    }

    /// Glyph of a character; `None` when the face has none.
    pub fn glyph(&self, c: char) -> Option<u16> {
        self.glyphs.get(c as usize).copied().filter(|gid| *gid != 0)
    }

    /// Advance of a character in thousandths of the type size.
    pub fn advance(&self, c: char) -> u16 {
        let gid = self.glyph(c).unwrap_or(0);
        self.advances.get(usize::from(gid)).copied().unwrap_or(0)
    }

    /// The lowest character with the same glyph. A PDF maps each glyph back to one character:
    /// writing no-break spaces as spaces keeps every copied space a space.
    pub fn canonical(&self, c: char) -> char {
        self.glyph(c).and_then(|gid| self.canonical.get(usize::from(gid)).copied().flatten()).unwrap_or(c)
    }
}

/// Characters a PDF may map a glyph back to; fonts map some of the others to a blank glyph.
fn is_ordinary(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::super::set::LIBERATION_REGULAR;
    use super::*;

    #[test]
    fn a_font_is_read_and_measured() {
        let face = Face::parse(LIBERATION_REGULAR).expect("the bundled font");
        assert_eq!(face.advance('0'), face.advance('9'), "figures are tabular");
        assert_eq!(face.advance(' '), 277);
        for c in ['a', '\u{a0}', '\u{2126}', '\u{b5}'] {
            assert_eq!(face.glyph(face.canonical(c)), face.glyph(c), "{c}");
        }
        assert!(face.glyph('ł').is_some() && face.glyph('🩺').is_none());
        assert!(face.ascent > 0.8 && face.descent > 0.1);
    }

    #[test]
    fn rubbish_is_refused() {
        assert!(Face::parse(b"not a font").is_none());
        assert!(Face::parse(&LIBERATION_REGULAR[..200]).is_none());
    }
}
