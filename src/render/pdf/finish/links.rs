//! Link annotations: where they lie, where they lead, what they say.

use lopdf::{Document, Object, ObjectId, dictionary};

use super::super::error::RenderError;
use super::super::layout::Destination;
use super::super::paint::{Painted, Spot};
use super::text::string;
use super::{Books, fault};

/// Adds all annotations to their pages; returns them in the order of the document's numbering.
pub(super) fn write(
    file: &mut Document,
    painted: &Painted,
    books: &Books<'_>,
    pages: &[ObjectId],
) -> Result<Vec<ObjectId>, RenderError> {
    let mut written = Vec::with_capacity(painted.annotations.len());
    let mut on_page: Vec<Vec<Object>> = vec![Vec::new(); pages.len()];
    for (number, annotation) in painted.annotations.iter().enumerate() {
        let link = &books.links[annotation.link];
        let area: Vec<Object> =
            annotation.area.iter().map(|n| Object::Real((n * 100.0).round() / 100.0)).collect();
        let mut dict = dictionary! {
            "Type" => "Annot",
            "Subtype" => "Link",
            "Rect" => area,
            "Border" => vec![0.into(), 0.into(), 0.into()],
            "F" => 4,
            "StructParent" => (pages.len() + number) as i64,
        };
        let spot = match &link.to {
            Destination::Id(id) => painted.anchors.get(id).copied(),
            Destination::Heading(index) => painted.headings.get(*index).copied(),
            Destination::Address(_) => None,
        };
        let words = match &link.to {
            Destination::Address(address) if *address != link.words => {
                format!("{}: {address}", link.words)
            }
            _ => link.words.clone(),
        };
        dict.set("Contents", string(&words));
        match (&link.to, spot) {
            (Destination::Address(address), _) => {
                let action = dictionary! { "Type" => "Action", "S" => "URI", "URI" => Object::string_literal(uri(address)) };
                dict.set("A", action);
            }
            (_, Some(spot)) => dict.set("Dest", destination(spot, pages)),
            (Destination::Id(id), None) => {
                return Err(fault(format!("the target #{id} was not painted")));
            }
            (Destination::Heading(_), None) => return Err(fault("a heading was not painted")),
        }
        let id = file.add_object(dict);
        written.push(id);
        if let Some(list) = on_page.get_mut(annotation.page) {
            list.push(Object::Reference(id));
        }
    }
    for (page, annotations) in pages.iter().zip(on_page) {
        let dict = file.get_object_mut(*page).and_then(Object::as_dict_mut).map_err(fault)?;
        match annotations.is_empty() {
            true => drop(dict.remove(b"Annots")),
            false => dict.set("Annots", annotations),
        }
    }
    Ok(written)
}

/// A view of a page from a height down.
pub(super) fn destination(spot: Spot, pages: &[ObjectId]) -> Object {
    let page = pages.get(spot.page).copied().unwrap_or_default();
    let top = (spot.top * 100.0).round() / 100.0;
    Object::Array(vec![
        Object::Reference(page),
        Object::Name(b"XYZ".to_vec()),
        Object::Real(spot.left),
        Object::Real(top),
        Object::Null,
    ])
}

/// An address in seven-bit characters, as a URI action needs.
fn uri(address: &str) -> String {
    address
        .bytes()
        .map(|b| match b {
            b'!'..=b'~' => char::from(b).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_seven_bit() {
        assert_eq!(uri("https://example.org/ł?q=1"), "https://example.org/%C5%82?q=1");
    }
}
