//! One page's content stream, and the two doors through which content gets into it.

use std::collections::{BTreeMap, BTreeSet};

use printpdf::{
    Color, DictItem, ExtendedGraphicsStateId, Line, LineDashPattern, LinePoint, Op, PaintMode, PdfFontHandle,
    Point, Polygon, PolygonRing, Pt, Rgb, TextItem, TextMatrix, WindingOrder, XObjectId, XObjectTransform,
};

use super::super::colour::Colour;
use super::super::fonts::{Faces, resource};
use super::super::layout::piece::{Font, Path, Rect};
use super::super::tags::{SlotId, Tags};
use super::super::tree::{Step, Stroke};

/// What a decoration is (ISO 32000-1, 14.8.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Artifact {
    /// Rules, grounds, shapes.
    Layout,
    /// Repeated table heads.
    Repeated,
    Header,
    Footer,
}

/// What the pages share.
pub(super) struct Supplies<'a> {
    pub faces: Faces<'a>,
    pub tags: Tags,
    /// Characters painted with each face.
    pub used: BTreeMap<usize, BTreeSet<char>>,
    /// Opacities in hundredths.
    pub opacities: BTreeSet<u8>,
}

/// The content of one page. Coordinates are points from the top left corner of the paper.
pub(super) struct Canvas<'a, 'b> {
    supplies: &'b mut Supplies<'a>,
    page: usize,
    height: f32,
    ops: Vec<Op>,
    open: Option<Open>,
    numbers: usize,
    fill: Option<Colour>,
    font: Option<(usize, f32)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Open {
    Content(SlotId),
    Artifact(Artifact),
}

/// Paints; only [`Canvas::marked`] and [`Canvas::artifact`] hand it out.
pub(super) struct Pen<'c, 'a, 'b>(&'c mut Canvas<'a, 'b>);

impl<'a, 'b> Canvas<'a, 'b> {
    pub fn new(supplies: &'b mut Supplies<'a>, page: usize, height: f32) -> Self {
        Self { supplies, page, height, ops: Vec::new(), open: None, numbers: 0, fill: None, font: None }
    }

    /// Paints content that belongs to a slot of the tag tree.
    pub fn marked(&mut self, slot: SlotId, paint: impl FnOnce(&mut Pen<'_, 'a, 'b>)) {
        if self.open != Some(Open::Content(slot)) {
            self.close();
            let number = self.numbers;
            self.numbers += 1;
            self.supplies.tags.slots[slot.0].painted.push((self.page, number));
            let map = [("MCID".to_owned(), DictItem::Int(number as i64))].into();
            let tag = self.supplies.tags.tag(slot).name();
            self.ops.push(Op::BeginMarkedContentWithProperties { tag, properties: DictItem::Dict { map } });
            self.open = Some(Open::Content(slot));
        }
        paint(&mut Pen(self));
    }

    /// Paints what a reader who listens does not need.
    pub fn artifact(&mut self, kind: Artifact, paint: impl FnOnce(&mut Pen<'_, 'a, 'b>)) {
        if self.open != Some(Open::Artifact(kind)) {
            self.close();
            let name = |text: &str| DictItem::Name(text.as_bytes().to_vec());
            let entries = match kind {
                Artifact::Layout => vec![("Type", name("Layout"))],
                Artifact::Repeated => vec![("Type", name("Pagination"))],
                Artifact::Header => vec![("Type", name("Pagination")), ("Subtype", name("Header"))],
                Artifact::Footer => vec![("Type", name("Pagination")), ("Subtype", name("Footer"))],
            };
            let map = entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            self.ops.push(Op::BeginMarkedContentWithProperties {
                tag: "Artifact".into(),
                properties: DictItem::Dict { map },
            });
            self.open = Some(Open::Artifact(kind));
        }
        paint(&mut Pen(self));
    }

    /// The faces, for measuring.
    pub fn faces(&self) -> Faces<'a> {
        self.supplies.faces
    }

    fn close(&mut self) {
        if self.open.take().is_some() {
            self.ops.push(Op::EndMarkedContent);
        }
    }

    /// The finished content stream.
    pub fn finish(mut self) -> Vec<Op> {
        self.close();
        self.ops
    }
}

impl Pen<'_, '_, '_> {
    /// Text from its left end; `y` is the baseline.
    pub fn text(&mut self, x: f32, y: f32, text: &str, font: Font) {
        let canvas = &mut *self.0;
        canvas.fill(font.colour);
        canvas.ops.push(Op::StartTextSection);
        let mut x = x;
        for run in canvas.supplies.faces.runs(text, font.weight, font.size) {
            canvas.supplies.used.entry(run.face).or_default().extend(run.text.chars());
            let size = Pt(tidy(font.size));
            if canvas.font != Some((run.face, size.0)) {
                canvas.font = Some((run.face, size.0));
                canvas.ops.push(Op::SetFont { font: PdfFontHandle::External(resource(run.face)), size });
            }
            let matrix = TextMatrix::Raw([1.0, 0.0, 0.0, 1.0, tidy(x), tidy(canvas.height - y)]);
            canvas.ops.push(Op::SetTextMatrix { matrix });
            canvas.ops.push(Op::ShowText { items: vec![TextItem::Text(run.text)] });
            x += run.width;
        }
        canvas.ops.push(Op::EndTextSection);
    }

    /// A shape, moved by `dx`, `dy`.
    pub fn path(&mut self, path: &Path, dx: f32, dy: f32) {
        let canvas = &mut *self.0;
        let rings = canvas.rings(&path.steps, dx, dy);
        if let Some(fill) = path.fill.filter(|_| path.opacity > 0.004) {
            let hundredths = (path.opacity * 100.0).round() as u8;
            let veiled = hundredths < 100;
            if veiled {
                canvas.supplies.opacities.insert(hundredths);
                canvas.ops.push(Op::SaveGraphicsState);
                canvas.ops.push(Op::LoadGraphicsState { gs: opacity(hundredths) });
            }
            canvas.fill(fill);
            canvas.ops.push(Op::DrawPolygon {
                polygon: Polygon {
                    rings: rings.iter().map(|(points, _)| PolygonRing { points: points.clone() }).collect(),
                    mode: PaintMode::Fill,
                    winding_order: WindingOrder::NonZero,
                },
            });
            if veiled {
                canvas.ops.push(Op::RestoreGraphicsState);
                canvas.fill = None;
            }
        }
        if let Some(stroke) = path.stroke.as_ref().filter(|s| s.width > 0.0) {
            canvas.stroke(stroke, rings);
        }
    }

    /// A picture of the document, by its number.
    pub fn image(&mut self, picture: usize, rect: Rect) {
        let bottom = self.0.height - rect.y - rect.height;
        self.0.ops.push(Op::UseXobject {
            id: image(picture),
            transform: XObjectTransform {
                translate_x: Some(Pt(tidy(rect.x))),
                translate_y: Some(Pt(tidy(bottom))),
                scale_x: Some(tidy(rect.width)),
                scale_y: Some(tidy(rect.height)),
                no_auto_scale: true,
                ..XObjectTransform::default()
            },
        });
    }
}

impl Canvas<'_, '_> {
    fn fill(&mut self, colour: Colour) {
        if self.fill != Some(colour) {
            self.fill = Some(colour);
            self.ops.push(Op::SetFillColor { col: rgb(colour) });
        }
    }

    fn stroke(&mut self, stroke: &Stroke, rings: Vec<(Vec<LinePoint>, bool)>) {
        self.ops.push(Op::SetOutlineColor { col: rgb(stroke.colour) });
        self.ops.push(Op::SetOutlineThickness { pt: Pt(tidy(stroke.width)) });
        let dashes: Vec<f32> = stroke.dashes.iter().map(|d| tidy(*d).max(0.01)).collect();
        if !dashes.is_empty() {
            self.ops.push(Op::SetLineDashPattern { dash: LineDashPattern::new(0.0, &dashes) });
        }
        for (points, is_closed) in rings {
            self.ops.push(Op::DrawLine { line: Line { points, is_closed } });
        }
        if !dashes.is_empty() {
            self.ops.push(Op::SetLineDashPattern { dash: LineDashPattern::solid() });
        }
    }

    /// Points of each part of a path, and whether it is closed.
    fn rings(&self, steps: &[Step], dx: f32, dy: f32) -> Vec<(Vec<LinePoint>, bool)> {
        let point = |x: f32, y: f32, bezier| LinePoint {
            p: Point { x: Pt(tidy(x + dx)), y: Pt(tidy(self.height - y - dy)) },
            bezier,
        };
        let mut rings: Vec<(Vec<LinePoint>, bool)> = Vec::new();
        for step in steps {
            let start = rings.last().and_then(|(points, _)| points.first().cloned());
            match (*step, rings.last_mut()) {
                (Step::Move(x, y), _) => rings.push((vec![point(x, y, false)], false)),
                (Step::Line(x, y), Some((points, false))) => points.push(point(x, y, false)),
                (Step::Curve([a, b, c, d, x, y]), Some((points, false))) => {
                    points.extend([point(a, b, true), point(c, d, true), point(x, y, false)]);
                }
                (Step::Close, Some((_, closed))) => *closed = true,
                // A step after a close goes on from where the closed part began.
                (Step::Line(x, y), _) => {
                    rings.push((start.into_iter().chain([point(x, y, false)]).collect(), false));
                }
                (Step::Curve([a, b, c, d, x, y]), _) => {
                    let curve = [point(a, b, true), point(c, d, true), point(x, y, false)];
                    rings.push((start.into_iter().chain(curve).collect(), false));
                }
                (Step::Close, None) => {}
            }
        }
        rings
    }
}

/// Name of an opacity among the page resources.
pub(crate) fn opacity(hundredths: u8) -> ExtendedGraphicsStateId {
    ExtendedGraphicsStateId(format!("A{hundredths}"))
}

/// Name of a picture among the page resources.
pub(crate) fn image(number: usize) -> XObjectId {
    XObjectId(format!("P{number}"))
}

fn rgb(colour: Colour) -> Color {
    let channel = |c: u8| (f32::from(c) / 255.0 * 10_000.0).round() / 10_000.0;
    Color::Rgb(Rgb { r: channel(colour.r), g: channel(colour.g), b: channel(colour.b), icc_profile: None })
}

/// Hundredths of a point are finer than any printer; fewer digits make smaller files.
fn tidy(n: f32) -> f32 {
    (n * 100.0).round() / 100.0
}
