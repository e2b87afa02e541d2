//! Figures: a drawing or a picture, its caption and its alternative text.

use super::super::error::RenderError;
use super::super::picture;
use super::super::tree::{Figure, Graphic};
use super::blocks::Reader;
use super::drawing::{alternative, drawing};
use super::element::Element;

impl Reader<'_> {
    /// Reads `<figure>`, or an `<svg>` or `<img>` that stands alone.
    pub fn figure(&mut self, element: Element<'_>) -> Result<Figure, RenderError> {
        if element.name() != "figure" {
            return self.graphic(element);
        }
        let parts = element.elements(&["svg", "img", "figcaption"])?;
        let (captions, graphics): (Vec<_>, Vec<_>) =
            parts.into_iter().partition(|part| part.name() == "figcaption");
        match (graphics.as_slice(), captions.as_slice()) {
            ([graphic], []) => self.graphic(*graphic),
            ([graphic], [caption]) => {
                let mut figure = self.graphic(*graphic)?;
                figure.caption = Some(self.inlines(*caption)?);
                Ok(figure)
            }
            _ => {
                Err(element
                    .structure("a figure holds one <svg> or <img> and at most one <figcaption>".into()))
            }
        }
    }

    fn graphic(&mut self, element: Element<'_>) -> Result<Figure, RenderError> {
        let width = width(element)?;
        if element.name() == "svg" {
            let alt = Some(alternative(element)?);
            let graphic = Graphic::Drawing(drawing(element)?);
            return Ok(Figure { graphic, alt, width, caption: None });
        }
        let alt = element.attribute("alt").ok_or_else(|| {
            element.missing("alt: words for the reader who cannot see it, or alt=\"\" if it says nothing")
        })?;
        let src = element.attribute("src").ok_or_else(|| element.missing("src"))?;
        let fault = |reason: String| RenderError::Picture { place: element.place(), reason };
        let picture = match src.strip_prefix("data:image/png;base64,") {
            Some(data) => picture::base64(data).map(|png| picture::decode(&png)),
            None => self.images.get(src).map(|png| picture::decode(png)),
        };
        let names = || match self.images.is_empty() {
            true => "data:image/png;base64,… (the theme has no images)".to_owned(),
            false => self.images.keys().cloned().collect::<Vec<_>>().join(", "),
        };
        let picture = picture.ok_or_else(|| element.value("src", &names()))?.map_err(fault)?;
        let alt = Some(alt.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|a| !a.is_empty());
        // A picture without its own width is shown at 96 pixels an inch, as a browser does.
        let natural = picture.width as f32 * 0.75;
        Ok(Figure { graphic: Graphic::Picture(picture), alt, width: width.or(Some(natural)), caption: None })
    }
}

/// Width in points: `120pt` or `160px`. A bare number or `100%` means the width of the column.
fn width(element: Element<'_>) -> Result<Option<f32>, RenderError> {
    let Some(text) = element.attribute("width") else {
        return Ok(None);
    };
    let number = |digits: &str, factor: f32| digits.parse::<f32>().ok().map(|n| n * factor);
    let points = match (text.strip_suffix("pt"), text.strip_suffix("px")) {
        (Some(digits), _) => number(digits, 1.0),
        (_, Some(digits)) => number(digits, 0.75),
        _ if element.name() == "img" => number(text, 0.75),
        _ if text == "100%" || number(text, 1.0).is_some() => return Ok(None),
        _ => None,
    };
    match points {
        Some(points) if (4.0..=2000.0).contains(&points) => Ok(Some(points)),
        _ => Err(element.value("width", "a length such as 240pt or 320px")),
    }
}
