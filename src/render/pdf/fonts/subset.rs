//! Only the glyphs a document uses are embedded.

use std::collections::{BTreeMap, BTreeSet};

use allsorts::binary::read::ReadScope;
use allsorts::font_data::FontData;
use allsorts::subset::{CmapTarget, SubsetProfile, subset};
use printpdf::{FontId, ParsedFont, PdfFont};
use sha2::{Digest, Sha256};

use super::super::error::RenderError;
use super::set::Faces;

/// A subset ready for the PDF's resources.
pub(crate) struct Embedded {
    /// Name by which the page content calls it.
    pub id: FontId,
    /// The font.
    pub font: PdfFont,
}

/// Name by which page content calls a face.
pub(crate) fn resource(face: usize) -> FontId {
    FontId(format!("T{face}"))
}

/// Subsets each face to the characters that were painted with it.
pub(crate) fn embed(
    faces: Faces<'_>,
    used: &BTreeMap<usize, BTreeSet<char>>,
) -> Result<Vec<Embedded>, RenderError> {
    used.iter().map(|(face, chars)| embed_one(faces, *face, chars)).collect()
}

fn embed_one(faces: Faces<'_>, face: usize, chars: &BTreeSet<char>) -> Result<Embedded, RenderError> {
    let file = faces.set().file(face);
    let fault = |reason: String| RenderError::Font { name: file.name.to_string(), reason };
    let wanted: BTreeMap<char, u16> =
        chars.iter().filter_map(|c| Some((*c, faces.glyph(face, *c)?))).collect();
    let gids: Vec<u16> =
        [0].into_iter().chain(wanted.values().copied()).collect::<BTreeSet<_>>().into_iter().collect();

    let data = ReadScope::new(&file.bytes).read::<FontData<'_>>().map_err(|e| fault(e.to_string()))?;
    let provider = data.table_provider(0).map_err(|e| fault(e.to_string()))?;
    let bytes = subset(&provider, &gids, &SubsetProfile::Minimal, CmapTarget::Unicode)
        .map_err(|e| fault(e.to_string()))?;
    let mut font = ParsedFont::from_bytes(&bytes, 0, &mut Vec::new())
        .ok_or_else(|| fault("the subset cannot be read back".into()))?;

    // The subset numbers its glyphs in the order asked for; its own character map may leave out
    // characters outside the basic plane, so the map is ours.
    font.codepoint_to_glyph = wanted
        .iter()
        .filter_map(|(c, gid)| Some((*c as u32, u16::try_from(gids.binary_search(gid).ok()?).ok()?)))
        .collect();
    font.font_name = Some(format!("{}+{}", prefix(&gids), file.name));
    Ok(Embedded { id: resource(face), font: PdfFont::new(font) })
}

/// Six capitals that name the subset (ISO 32000-1, 9.6.4), derived from its glyphs.
fn prefix(gids: &[u16]) -> String {
    let hash = gids.iter().fold(Sha256::new(), |h, gid| h.chain_update(gid.to_be_bytes())).finalize();
    hash.iter().take(6).map(|b| char::from(b'A' + b % 26)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::FontSet;
    use super::*;

    #[test]
    fn a_subset_is_small_and_keeps_its_characters() {
        let set = FontSet::liberation();
        let faces = set.faces().expect("bundled fonts");
        let used = BTreeMap::from([(0, BTreeSet::from(['a', 'é', ' '])), (4, BTreeSet::from(['✓', '𝔸']))]);
        let fonts = embed(faces, &used).expect("subset");
        assert_eq!(fonts.len(), 2);
        for (font, c) in fonts.iter().zip(['é', '𝔸']) {
            let parsed = &font.font.parsed_font;
            assert!(parsed.original_bytes.len() < 20_000);
            assert!(parsed.lookup_glyph_index(c as u32).is_some_and(|gid| gid > 0), "{c}");
        }
    }

    #[test]
    fn the_same_characters_give_the_same_name() {
        assert_eq!(prefix(&[0, 3, 7]), prefix(&[0, 3, 7]));
        assert_ne!(prefix(&[0, 3, 7]), prefix(&[0, 3, 8]));
    }
}
