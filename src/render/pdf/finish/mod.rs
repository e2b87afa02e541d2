//! From painted pages to a file: printpdf writes pages and fonts, and what it has no words for
//! (tags, language, metadata, bookmarks, links) is added to the object tree it hands over.

mod icc;
mod links;
mod navigation;
mod resources;
mod save;
mod structure;
mod text;
mod xmp;

use lopdf::{Document, Object, ObjectId, StringFormat, dictionary};
use printpdf::{PdfDocument, PdfPage, PdfSaveOptions, Pt, Rect};
use sha2::{Digest, Sha256};

use super::error::RenderError;
use super::fonts::Faces;
use super::layout::Link;
use super::layout::outline::Entry;
use super::paint::Painted;
use super::tree::Meta;

/// What the books of layout say beyond what was painted.
pub(crate) struct Books<'a> {
    pub headings: &'a [Entry],
    pub links: &'a [Link],
    pub meta: &'a Meta,
    /// The HTML, from which the file's identity derives.
    pub html: &'a str,
}

/// Writes the file.
pub(crate) fn finish(
    mut painted: Painted,
    faces: Faces<'_>,
    books: &Books<'_>,
) -> Result<Vec<u8>, RenderError> {
    painted.tags.prune();
    let mut file = object_tree(&mut painted, faces)?;
    let pages: Vec<ObjectId> = file.get_pages().into_values().collect();
    let annotations = links::write(&mut file, &painted, books, &pages)?;
    let tree = structure::write(&mut file, &painted, &annotations, &pages)?;
    let outline = navigation::write(&mut file, &painted, books, &pages);
    let metadata = xmp::write(&mut file, books.meta);
    let intent = icc::write(&mut file);

    let info = text::information(books.meta);
    let old_info = file.trailer.get(b"Info").and_then(Object::as_reference);
    if let Ok(id) = old_info {
        file.objects.insert(id, Object::Dictionary(info));
    }
    let catalog = file.catalog_mut().map_err(fault)?;
    catalog.set("StructTreeRoot", tree);
    catalog.set("MarkInfo", dictionary! { "Marked" => true });
    catalog.set("Lang", text::string(&books.meta.lang));
    catalog.set("ViewerPreferences", dictionary! { "DisplayDocTitle" => true });
    catalog.set("Metadata", metadata);
    catalog.set("OutputIntents", vec![Object::Reference(intent)]);
    if let Some(outline) = outline {
        catalog.set("Outlines", outline);
        catalog.set("PageMode", "UseOutlines");
    }

    let identity = identity(&file, books.html);
    let id = Object::String(identity, StringFormat::Hexadecimal);
    file.trailer.set("ID", vec![id.clone(), id]);
    file.version = "1.7".into();
    save::save(file)
}

/// Pages and resources as printpdf writes them.
fn object_tree(painted: &mut Painted, faces: Faces<'_>) -> Result<Document, RenderError> {
    let mut document = PdfDocument::new("");
    document.resources = resources::resources(painted, faces)?;
    document.pages = painted
        .pages
        .iter_mut()
        .map(|page| {
            let paper = Rect::from_wh(Pt(page.width), Pt(page.height));
            PdfPage {
                media_box: paper.clone(),
                trim_box: paper.clone(),
                crop_box: paper,
                ops: std::mem::take(&mut page.ops),
            }
        })
        .collect();
    let options =
        PdfSaveOptions { subset_fonts: false, image_optimization: None, ..PdfSaveOptions::default() };
    let mut warnings = Vec::new();
    let file = document.to_lopdf_document(&options, &mut warnings);
    match warnings.first() {
        Some(warning) => Err(RenderError::Output(warning.msg.clone())),
        None => Ok(file),
    }
}

/// Sixteen bytes from everything that shows: the HTML, the page content, the fonts.
fn identity(file: &Document, html: &str) -> Vec<u8> {
    let streams = file.objects.values().filter_map(|object| object.as_stream().ok());
    let hash = streams.fold(Sha256::new_with_prefix(html), |hash, stream| hash.chain_update(&stream.content));
    hash.finalize().iter().take(16).copied().collect()
}

fn fault(error: impl std::fmt::Display) -> RenderError {
    RenderError::Output(error.to_string())
}
