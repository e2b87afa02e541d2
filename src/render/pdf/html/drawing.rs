//! Drawings: the SVG subset that charts are made of.

use super::super::colour::Colour;
use super::super::error::RenderError;
use super::super::tree::{Align, Drawing, Shape, Step, Stroke};
use super::element::{Child, Element};
use super::path::{number, numbers, path, points};
use super::vocabulary::{NOTHING, SHAPES_OF_A_DRAWING};

const GROUND: &[&str] =
    &["title", "desc", "g", "rect", "line", "polyline", "polygon", "circle", "path", "text"];
const COLOURS: &str = "none, black, white, #rgb, #rrggbb";
/// Control point distance of a quarter circle of radius 1.
const ROUND: f32 = 0.552_285;

/// Presentation that groups pass down.
#[derive(Clone)]
struct Pen {
    fill: Option<Colour>,
    opacity: f32,
    stroke: Option<Colour>,
    width: f32,
    dashes: Vec<f32>,
    size: f32,
    bold: bool,
    anchor: Align,
    offset: (f32, f32),
}

/// Title and description of a drawing, joined for the reader who cannot see it.
pub(super) fn alternative(svg: Element<'_>) -> Result<String, RenderError> {
    let find = |name: &str| -> Result<Option<String>, RenderError> {
        let children = svg.children()?;
        Ok(children.into_iter().find_map(|child| match child {
            Child::Element(e) if e.name() == name => Some(e.words()).filter(|w| !w.is_empty()),
            _ => None,
        }))
    };
    let title = find("title")?.ok_or_else(|| svg.missing("a <title> that says what the chart finds"))?;
    let description = find("desc")?.ok_or_else(|| svg.missing("a <desc> that puts the chart in words"))?;
    let stop = if title.ends_with(['.', '?', '!']) { "" } else { "." };
    Ok(format!("{title}{stop} {description}"))
}

/// The shapes of a drawing, moved so that the view box starts at the origin.
pub(super) fn drawing(svg: Element<'_>) -> Result<Drawing, RenderError> {
    let text = svg.attribute("viewBox").ok_or_else(|| svg.missing("a viewBox, e.g. \"0 0 640 300\""))?;
    let wrong = || svg.value("viewBox", "four numbers, the last two above 0");
    let [x, y, width, height] = numbers(text).and_then(|n| <[f32; 4]>::try_from(n).ok()).ok_or_else(wrong)?;
    if width < 1.0 || height < 1.0 {
        return Err(wrong());
    }
    let pen = Pen {
        fill: Some(Colour::BLACK),
        opacity: 1.0,
        stroke: None,
        width: 1.0,
        dashes: Vec::new(),
        size: 16.0,
        bold: false,
        anchor: Align::Left,
        offset: (-x, -y),
    };
    let mut shapes = Vec::new();
    group(svg, &pen, &mut shapes)?;
    Ok(Drawing { width, height, shapes })
}

fn group(parent: Element<'_>, pen: &Pen, shapes: &mut Vec<Shape>) -> Result<(), RenderError> {
    for child in parent.children()? {
        match child {
            Child::Text(text) if text.trim().is_empty() => {}
            Child::Text(_) => {
                return Err(parent.structure("words of a drawing stand in <text>".into()));
            }
            Child::Element(e) => shape(e.checked(GROUND, SHAPES_OF_A_DRAWING)?, pen, shapes)?,
        }
    }
    Ok(())
}

fn shape(e: Element<'_>, outer: &Pen, shapes: &mut Vec<Shape>) -> Result<(), RenderError> {
    let pen = pen(e, outer)?;
    let n = |name: &str| length(e, name).map(|n| n.unwrap_or(0.0));
    let (dx, dy) = pen.offset;
    let steps = match e.name() {
        "title" | "desc" => return Ok(()),
        "g" => return group(e, &pen, shapes),
        "text" => {
            shapes.push(words(e, &pen)?);
            return Ok(());
        }
        "rect" => rectangle(e)?,
        "line" => vec![Step::Move(n("x1")?, n("y1")?), Step::Line(n("x2")?, n("y2")?)],
        "circle" => circle(n("cx")?, n("cy")?, positive(e, "r")?),
        "path" => {
            let data = e.attribute("d").unwrap_or_default();
            path(data).ok_or_else(|| e.value("d", "the commands M L H V C Z with absolute numbers"))?
        }
        name => {
            let list = e.attribute("points").unwrap_or_default();
            let list = points(list).ok_or_else(|| e.value("points", "two or more pairs x,y"))?;
            polyline(&list, name == "polygon")
        }
    };
    let stroke = pen.stroke.map(|colour| Stroke { colour, width: pen.width, dashes: pen.dashes.clone() });
    let open = matches!(e.name(), "line" | "polyline");
    // SVG fills an open polyline; in a chart that is never meant unless it is asked for.
    let fill = pen.fill.filter(|_| !open || (e.name() == "polyline" && e.attribute("fill").is_some()));
    let path = steps.into_iter().map(|s| s.moved(dx, dy)).collect();
    shapes.push(Shape::Path { path, fill, opacity: pen.opacity, stroke });
    Ok(())
}

fn pen(e: Element<'_>, outer: &Pen) -> Result<Pen, RenderError> {
    let mut pen = outer.clone();
    if let Some(paint) = colour(e, "fill")? {
        pen.fill = paint;
    }
    if let Some(paint) = colour(e, "stroke")? {
        pen.stroke = paint;
    }
    if let Some(text) = e.attribute("fill-opacity") {
        let opacity = number(text).filter(|o| (0.0..=1.0).contains(o));
        pen.opacity = opacity.ok_or_else(|| e.value("fill-opacity", "0 to 1"))?;
    }
    if e.attribute("stroke-width").is_some() {
        pen.width = positive(e, "stroke-width")?;
    }
    if e.attribute("font-size").is_some() {
        pen.size = positive(e, "font-size")?;
    }
    if let Some(text) = e.attribute("stroke-dasharray") {
        let wrong = || e.value("stroke-dasharray", "none, or up to 8 numbers above 0");
        let dashes = if text == "none" { Vec::new() } else { numbers(text).ok_or_else(wrong)? };
        if dashes.len() > 8 || dashes.iter().any(|d| *d <= 0.0) {
            return Err(wrong());
        }
        pen.dashes = dashes;
    }
    if let Some(weight) = e.attribute("font-weight") {
        pen.bold = match weight {
            "bold" | "600" | "700" => true,
            "normal" | "400" => false,
            _ => return Err(e.value("font-weight", "normal, bold, 400, 600, 700")),
        };
    }
    if let Some(anchor) = e.attribute("text-anchor") {
        pen.anchor = match anchor {
            "start" => Align::Left,
            "middle" => Align::Centre,
            "end" => Align::Right,
            _ => return Err(e.value("text-anchor", "start, middle, end")),
        };
    }
    if let Some(text) = e.attribute("transform") {
        let inside = text.trim().strip_prefix("translate(").and_then(|t| t.strip_suffix(')'));
        let wrong = || e.value("transform", "translate(x,y)");
        let shift = inside.and_then(numbers).ok_or_else(wrong)?;
        let (x, y) = match shift.as_slice() {
            [x, y] => (*x, *y),
            [x] => (*x, 0.0),
            _ => return Err(wrong()),
        };
        pen.offset = (pen.offset.0 + x, pen.offset.1 + y);
    }
    Ok(pen)
}

fn colour(e: Element<'_>, name: &str) -> Result<Option<Option<Colour>>, RenderError> {
    match e.attribute(name) {
        None => Ok(None),
        Some("none") => Ok(Some(None)),
        Some(text) => match Colour::parse(text) {
            Some(colour) => Ok(Some(Some(colour))),
            None => Err(e.value(name, COLOURS)),
        },
    }
}

fn length(e: Element<'_>, name: &str) -> Result<Option<f32>, RenderError> {
    let read = |text: &str| number(text.strip_suffix("px").unwrap_or(text));
    e.attribute(name).map(|text| read(text).ok_or_else(|| e.value(name, "a number"))).transpose()
}

fn positive(e: Element<'_>, name: &str) -> Result<f32, RenderError> {
    length(e, name)?.filter(|n| *n >= 0.0).ok_or_else(|| e.value(name, "a number, not below 0"))
}

fn words(e: Element<'_>, pen: &Pen) -> Result<Shape, RenderError> {
    for child in e.children()? {
        if let Child::Element(inner) = child {
            inner.checked(NOTHING, SHAPES_OF_A_DRAWING)?;
        }
    }
    Ok(Shape::Text {
        x: length(e, "x")?.unwrap_or(0.0) + pen.offset.0,
        y: length(e, "y")?.unwrap_or(0.0) + pen.offset.1,
        size: pen.size,
        bold: pen.bold,
        anchor: pen.anchor,
        colour: pen.fill.unwrap_or(Colour::BLACK),
        text: e.words(),
    })
}

fn rectangle(e: Element<'_>) -> Result<Vec<Step>, RenderError> {
    let (x, y) = (length(e, "x")?.unwrap_or(0.0), length(e, "y")?.unwrap_or(0.0));
    let (w, h) = (positive(e, "width")?, positive(e, "height")?);
    let radius = length(e, "rx")?.unwrap_or(0.0).clamp(0.0, w.min(h) / 2.0);
    Ok(rounded(x, y, w, h, radius))
}

/// A rectangle with rounded corners; a radius of 0 gives sharp ones.
pub(in super::super) fn rounded(x: f32, y: f32, w: f32, h: f32, r: f32) -> Vec<Step> {
    let (right, bottom) = (x + w, y + h);
    if r <= 0.0 {
        return polyline(&[(x, y), (right, y), (right, bottom), (x, bottom)], true);
    }
    let k = r * (1.0 - ROUND);
    vec![
        Step::Move(x + r, y),
        Step::Line(right - r, y),
        Step::Curve([right - k, y, right, y + k, right, y + r]),
        Step::Line(right, bottom - r),
        Step::Curve([right, bottom - k, right - k, bottom, right - r, bottom]),
        Step::Line(x + r, bottom),
        Step::Curve([x + k, bottom, x, bottom - k, x, bottom - r]),
        Step::Line(x, y + r),
        Step::Curve([x, y + k, x + k, y, x + r, y]),
        Step::Close,
    ]
}

/// A circle of four curves.
pub(in super::super) fn circle(x: f32, y: f32, r: f32) -> Vec<Step> {
    rounded(x - r, y - r, 2.0 * r, 2.0 * r, r)
}

/// Straight lines from point to point.
pub(in super::super) fn polyline(points: &[(f32, f32)], closed: bool) -> Vec<Step> {
    let step = |(i, (x, y)): (usize, &(f32, f32))| match i {
        0 => Step::Move(*x, *y),
        _ => Step::Line(*x, *y),
    };
    points.iter().enumerate().map(step).chain(closed.then_some(Step::Close)).collect()
}
