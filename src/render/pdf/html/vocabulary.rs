//! The closed list: which elements there are, which attributes and classes each takes, and what
//! may stand inside what. Parsing reads these tables; the documentation of [`super`] repeats them
//! in prose, and a test holds the two together.

/// Some words of the vocabulary.
type Words = &'static [&'static str];

/// An element of the subset.
pub(super) struct Known {
    pub name: &'static str,
    attributes: &'static [Words],
    classes: &'static [Words],
}

impl Known {
    pub fn attributes(&self) -> Vec<&'static str> {
        self.attributes.concat()
    }

    pub fn classes(&self) -> Vec<&'static str> {
        self.classes.concat()
    }
}

const fn known(name: &'static str, attributes: &'static [Words], classes: &'static [Words]) -> Known {
    Known { name, attributes, classes }
}

/// Shape classes of a badge.
pub(super) const SHAPES: Words = &[
    "shape-circle",
    "shape-square",
    "shape-diamond",
    "shape-triangle",
    "shape-hexagon",
    "shape-ring",
    "shape-bar",
];

/// Tone classes of a badge, in the order of the theme's tones.
pub(super) const TONES: Words = &["tone-1", "tone-2", "tone-3", "tone-4", "tone-5", "tone-none"];

/// Classes any block takes.
const ANY_BLOCK: Words = &["page-break", "keep"];
const LOOK: Words = &["muted", "small"];
const CENTRE: Words = &["center"];
const BASIC: Words = &["id", "class"];
const BOXES: Words = &["kpis", "kpi", "box", "info", "warn", "decision"];
const PAINT: Words = &["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray"];
const TYPE: Words = &["font-size", "font-weight", "font-family", "text-anchor"];

/// Every element of the body.
pub(super) const ELEMENTS: &[Known] = &[
    known("h1", &[BASIC], &[CENTRE, ANY_BLOCK]),
    known("h2", &[BASIC], &[CENTRE, ANY_BLOCK]),
    known("h3", &[BASIC], &[CENTRE, ANY_BLOCK]),
    known("p", &[BASIC], &[&["lead", "value", "label", "note"], LOOK, CENTRE, ANY_BLOCK]),
    known("ul", &[BASIC], &[LOOK, ANY_BLOCK]),
    known("ol", &[BASIC], &[LOOK, ANY_BLOCK]),
    known("li", &[BASIC], &[]),
    known("table", &[BASIC], &[&["facts", "compact"], ANY_BLOCK]),
    known("caption", &[&["class"]], &[]),
    known("colgroup", &[&["class"]], &[]),
    known("col", &[&["class", "width"]], &[]),
    known("thead", &[&["class"]], &[]),
    known("tbody", &[&["class"]], &[]),
    known("tr", &[BASIC], &[]),
    known("th", &[BASIC, &["scope", "colspan", "rowspan"]], &[&["num"], LOOK, CENTRE]),
    known("td", &[BASIC, &["colspan", "rowspan"]], &[&["num"], LOOK, CENTRE]),
    known("figure", &[BASIC], &[CENTRE, ANY_BLOCK]),
    known("figcaption", &[&["class"]], &[]),
    known("svg", &[BASIC, &["viewBox", "width", "height"]], &[CENTRE, ANY_BLOCK]),
    known("img", &[BASIC, &["src", "alt", "width", "height"]], &[CENTRE, ANY_BLOCK]),
    known("section", &[BASIC], &[&["cover", "landscape"], LOOK, CENTRE, ANY_BLOCK]),
    known("div", &[BASIC], &[BOXES, LOOK, CENTRE, ANY_BLOCK]),
    known("nav", &[BASIC], &[&["toc"], ANY_BLOCK]),
    known("strong", &[BASIC], &[]),
    known("em", &[BASIC], &[]),
    known("small", &[BASIC], &[]),
    known("br", &[&["class"]], &[]),
    known("a", &[BASIC, &["href"]], &[]),
    known("span", &[BASIC], &[LOOK, &["badge", "chip"], SHAPES, TONES]),
];

/// Every element of a drawing.
pub(super) const SHAPES_OF_A_DRAWING: &[Known] = &[
    known("title", &[BASIC], &[]),
    known("desc", &[BASIC], &[]),
    known("g", &[BASIC, &["transform"], PAINT, TYPE], &[]),
    known("rect", &[BASIC, &["x", "y", "width", "height", "rx"], PAINT], &[]),
    known("line", &[BASIC, &["x1", "y1", "x2", "y2"], PAINT], &[]),
    known("polyline", &[BASIC, &["points"], PAINT], &[]),
    known("polygon", &[BASIC, &["points"], PAINT], &[]),
    known("circle", &[BASIC, &["cx", "cy", "r"], PAINT], &[]),
    known("path", &[BASIC, &["d"], PAINT], &[]),
    known("text", &[BASIC, &["x", "y"], PAINT, TYPE], &[]),
];

/// Elements that run within a line.
pub(super) const INLINE: &[&str] = &["strong", "em", "span", "a", "br", "small"];
/// Blocks of the body, sections, divisions and boxes.
pub(super) const FLOW: &[&str] =
    &["h1", "h2", "h3", "p", "ul", "ol", "table", "figure", "svg", "img", "section", "div", "nav"];
/// Blocks inside a table cell, a list item or a key figure.
pub(super) const SIMPLE: &[&str] = &["p", "ul", "ol"];
/// Text only.
pub(super) const NOTHING: &[&str] = &[];

/// Attributes that mean something to a browser or a screen reader and nothing to us.
pub(super) fn is_ignored_attribute(name: &str) -> bool {
    name == "role" || name == "lang" || name.starts_with("aria-") || name.starts_with("data-")
}

/// Classes for the web page alone.
pub(super) fn is_ignored_class(class: &str) -> bool {
    class.starts_with("web-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_list_names_every_element_and_class() {
        let prose = include_str!("mod.rs");
        let named =
            |word: &str| prose.contains(&format!("`{word}`")) || prose.contains(&format!("`<{word}>`"));
        for element in ELEMENTS.iter().chain(SHAPES_OF_A_DRAWING) {
            assert!(named(element.name), "<{}>", element.name);
            for word in [element.classes(), element.attributes()].concat() {
                assert!(named(word), "{word} of <{}>", element.name);
            }
        }
    }

    #[test]
    fn every_content_list_holds_known_elements() {
        for name in [INLINE, FLOW, SIMPLE].concat() {
            assert!(ELEMENTS.iter().any(|e| e.name == name), "{name}");
        }
    }
}
