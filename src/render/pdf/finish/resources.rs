//! What page content refers to by name: fonts, pictures, opacities.

use std::collections::BTreeMap;

use printpdf::{DictItem, ExtendedGraphicsState, ExternalStream, ExternalXObject, PdfResources, XObject};

use super::super::error::RenderError;
use super::super::fonts::{Faces, embed};
use super::super::paint::{Painted, image, opacity};
use super::super::tree::Picture;

/// All resources of the document.
pub(super) fn resources(painted: &Painted, faces: Faces<'_>) -> Result<PdfResources, RenderError> {
    let mut resources = PdfResources::default();
    for embedded in embed(faces, &painted.used)? {
        resources.fonts.map.insert(embedded.id, embedded.font);
    }
    for (number, picture) in painted.pictures.iter().enumerate() {
        resources.xobjects.map.insert(image(number), XObject::External(external(picture)));
    }
    for hundredths in &painted.opacities {
        let state = ExtendedGraphicsState::default()
            .with_current_fill_alpha(f32::from(*hundredths) / 100.0)
            .with_current_stroke_alpha(1.0);
        resources.extgstates.map.insert(opacity(*hundredths), state);
    }
    Ok(resources)
}

fn external(picture: &Picture) -> ExternalXObject {
    let colours = if picture.channels == 1 { "DeviceGray" } else { "DeviceRGB" };
    let mut stream = pixels(picture, colours, picture.pixels.clone());
    if let Some(alpha) = &picture.alpha {
        let mask = pixels(picture, "DeviceGray", alpha.clone());
        stream.dict.insert("SMask".into(), DictItem::Stream { stream: mask });
    }
    ExternalXObject { stream, width: None, height: None, dpi: None }
}

fn pixels(picture: &Picture, colours: &str, content: Vec<u8>) -> ExternalStream {
    let name = |text: &str| DictItem::Name(text.as_bytes().to_vec());
    let dict: BTreeMap<String, DictItem> = [
        ("Type", name("XObject")),
        ("Subtype", name("Image")),
        ("Width", DictItem::Int(i64::from(picture.width))),
        ("Height", DictItem::Int(i64::from(picture.height))),
        ("ColorSpace", name(colours)),
        ("BitsPerComponent", DictItem::Int(8)),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    ExternalStream { dict, content, compress: true }
}
