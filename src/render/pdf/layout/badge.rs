//! Badges and chips: a rounded ground, a small shape, and words on top.

use super::super::colour::Colour;
use super::super::html::{circle, polyline, rounded};
use super::super::theme::Tint;
use super::super::tree::{BadgeShape, Stroke};
use super::piece::{Item, Mark, Path, Rect};

/// Height of the shape, the space beside it, the rounding at the ends and the height of the
/// ground, all in units of the type size.
const SHAPE: f32 = 0.70;
const SPACE: f32 = 0.36;
const END: f32 = 0.58;
const GROUND: f32 = 1.44;
/// Middle of the capitals above the baseline.
const MIDDLE: f32 = 0.36;

/// Size of badge type relative to the text around it.
pub(crate) const RELATIVE: f32 = 0.90;

/// The dress of a badge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pill {
    pub tint: Tint,
    pub shape: Option<BadgeShape>,
    /// A badge without a filled ground shows its outline.
    pub outline: bool,
}

impl Pill {
    /// Width before the words.
    pub fn lead(self, size: f32) -> f32 {
        size * (END + self.shape.map_or(0.0, |_| SHAPE + SPACE))
    }

    /// Width after the words.
    pub fn trail(self, size: f32) -> f32 {
        size * END
    }

    /// The rest of a badge that had to be broken.
    pub fn continued(self) -> Self {
        Self { shape: None, ..self }
    }

    /// Ground and shape for words whose baseline is at `y`; `x` is the left end.
    pub fn items(self, x: f32, y: f32, width: f32, size: f32) -> Vec<Item> {
        let (middle, height) = (y - MIDDLE * size, GROUND * size);
        let top = middle - height / 2.0;
        let stroke = self.outline.then(|| stroke(self.tint.accent, 0.7));
        let ground = Item::Path(Path {
            steps: rounded(x, top, width, height, height / 2.0),
            fill: Some(self.tint.fill),
            opacity: 1.0,
            stroke,
            mark: Mark::Artefact,
        });
        let side = SHAPE * size;
        let room = Rect { x: x + END * size * 0.9, y: middle - side / 2.0, width: side, height: side };
        let shape = self.shape.map(|shape| drawn(shape, room, self.tint.accent));
        [ground].into_iter().chain(shape).collect()
    }
}

fn stroke(colour: Colour, width: f32) -> Stroke {
    Stroke { colour, width, dashes: Vec::new() }
}

fn drawn(shape: BadgeShape, room: Rect, colour: Colour) -> Item {
    let Rect { x, y, width: side, .. } = room;
    let (half, middle) = (side / 2.0, (x + side / 2.0, y + side / 2.0));
    let at = |dx: f32, dy: f32| (middle.0 + dx * half, middle.1 + dy * half);
    let steps = match shape {
        BadgeShape::Circle => circle(middle.0, middle.1, half),
        BadgeShape::Ring => {
            let line = side * 0.22;
            return Item::Path(Path {
                steps: circle(middle.0, middle.1, half - line / 2.0),
                fill: None,
                opacity: 1.0,
                stroke: Some(stroke(colour, line)),
                mark: Mark::Artefact,
            });
        }
        BadgeShape::Square => rounded(x + side * 0.06, y + side * 0.06, side * 0.88, side * 0.88, 0.0),
        BadgeShape::Diamond => polyline(&[at(0.0, -1.1), at(1.1, 0.0), at(0.0, 1.1), at(-1.1, 0.0)], true),
        BadgeShape::Triangle => polyline(&[at(0.0, -1.0), at(1.08, 0.88), at(-1.08, 0.88)], true),
        BadgeShape::Hexagon => {
            let corners = [(-0.5, -0.9), (0.5, -0.9), (1.04, 0.0), (0.5, 0.9), (-0.5, 0.9), (-1.04, 0.0)];
            polyline(&corners.map(|(dx, dy)| at(dx, dy)), true)
        }
        BadgeShape::Bar => rounded(x, y + side * 0.32, side, side * 0.36, 0.0),
    };
    Item::decoration(steps, colour)
}

#[cfg(test)]
mod tests {
    use super::super::super::theme::Palette;
    use super::*;

    #[test]
    fn every_shape_stays_left_of_the_words() {
        use BadgeShape::{Bar, Circle, Diamond, Hexagon, Ring, Square, Triangle};
        for shape in [Circle, Square, Diamond, Triangle, Hexagon, Ring, Bar] {
            let pill = Pill { tint: Palette::nhs().tones[0], shape: Some(shape), outline: false };
            let items = pill.items(0.0, 20.0, 60.0, 10.0);
            let Some(Item::Path(path)) = items.last() else { panic!("a shape") };
            let right = path.steps.iter().filter_map(|step| match step {
                super::super::super::tree::Step::Move(x, _) | super::super::super::tree::Step::Line(x, _) => {
                    Some(*x)
                }
                _ => None,
            });
            assert!(right.fold(0.0, f32::max) < pill.lead(10.0));
        }
    }
}
