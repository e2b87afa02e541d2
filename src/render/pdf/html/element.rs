//! An element with its attributes checked against the vocabulary.

use roxmltree::Node;

use super::super::error::{Place, RenderError};
use super::source::Source;
use super::vocabulary::{ELEMENTS, Known, is_ignored_attribute, is_ignored_class};

/// Deepest nesting of elements; deeper is a fault of the template, and would exhaust the stack.
const DEEPEST: usize = 40;

/// An element whose name, attributes and classes are in the vocabulary.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    node: Node<'a, 'a>,
    source: &'a Source,
    depth: usize,
}

/// What an element holds: other elements and text.
pub(super) enum Child<'a> {
    Element(Element<'a>),
    Text(&'a str),
}

impl<'a> Element<'a> {
    /// Wraps the root element, unchecked.
    pub fn root(node: Node<'a, 'a>, source: &'a Source) -> Self {
        Self { node, source, depth: 0 }
    }

    pub fn name(self) -> &'a str {
        self.node.tag_name().name()
    }

    /// Byte offset of the start tag.
    pub fn at(self) -> usize {
        self.node.range().start
    }

    pub fn place(self) -> Place {
        self.source.place(self.at())
    }

    pub fn source(self) -> &'a Source {
        self.source
    }

    pub fn attribute(self, name: &str) -> Option<&'a str> {
        self.node.attribute(name)
    }

    pub fn id(self) -> Option<String> {
        self.attribute("id").map(str::to_owned)
    }

    fn classes(self) -> impl Iterator<Item = &'a str> {
        self.attribute("class").unwrap_or_default().split_whitespace()
    }

    pub fn has_class(self, class: &str) -> bool {
        self.classes().any(|c| c == class)
    }

    /// Children in order, comments left out; elements unchecked.
    pub fn children(self) -> Result<Vec<Child<'a>>, RenderError> {
        if self.depth >= DEEPEST {
            return Err(self.structure(format!("elements are nested more than {DEEPEST} deep")));
        }
        let wrap = |node: Node<'a, 'a>| Self { node, source: self.source, depth: self.depth + 1 };
        Ok(self
            .node
            .children()
            .filter_map(|node| match node.is_element() {
                true => Some(Child::Element(wrap(node))),
                false => node.text().filter(|_| node.is_text()).map(Child::Text),
            })
            .collect())
    }

    /// Child elements only, each checked against `allowed`; text other than white space is an
    /// error.
    pub fn elements(self, allowed: &[&str]) -> Result<Vec<Self>, RenderError> {
        let mut found = Vec::new();
        for child in self.children()? {
            match child {
                Child::Element(e) => found.push(e.checked(allowed, ELEMENTS)?),
                Child::Text(text) if text.trim().is_empty() => {}
                Child::Text(text) => {
                    let start: String = text.trim().chars().take(30).collect();
                    return Err(self.structure(format!(
                        "text is not allowed directly inside <{}>: \"{start}\"",
                        self.name()
                    )));
                }
            }
        }
        Ok(found)
    }

    /// The element itself if it may stand here with the attributes and classes it has.
    pub fn checked(self, allowed: &[&str], vocabulary: &[Known]) -> Result<Self, RenderError> {
        let name = self.name();
        let known = vocabulary.iter().find(|k| k.name == name && allowed.contains(&name));
        let Some(known) = known else {
            let allowed = if allowed.is_empty() { "text only".into() } else { allowed.join(", ") };
            return Err(RenderError::Element { place: self.place(), name: name.into(), allowed });
        };
        let known_here = known.attributes();
        let stranger = self
            .node
            .attributes()
            .find(|a| !known_here.contains(&a.name()) && !is_ignored_attribute(a.name()));
        if let Some(attribute) = stranger {
            return Err(RenderError::Attribute {
                place: self.source.place(attribute.range().start),
                element: name.into(),
                name: attribute.name().into(),
                allowed: known_here.join(", "),
            });
        }
        let known_here = known.classes();
        match self.classes().find(|c| !known_here.contains(c) && !is_ignored_class(c)) {
            None => Ok(self),
            Some(class) => Err(RenderError::Class {
                place: self.place(),
                element: name.into(),
                class: class.into(),
                allowed: if known_here.is_empty() { "none".into() } else { known_here.join(", ") },
            }),
        }
    }

    /// All text inside, tags forgotten, white space collapsed.
    pub fn words(self) -> String {
        let text: Vec<_> = self.node.descendants().filter(|n| n.is_text()).filter_map(|n| n.text()).collect();
        text.concat().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    pub fn structure(self, reason: String) -> RenderError {
        RenderError::Structure { place: self.place(), reason }
    }

    pub fn missing(self, what: &str) -> RenderError {
        RenderError::Missing { place: self.place(), element: self.name().into(), what: what.into() }
    }

    /// The value of an attribute cannot be used.
    pub fn value(self, attribute: &str, allowed: &str) -> RenderError {
        let found = self.node.attribute_node(attribute);
        RenderError::Value {
            place: self.source.place(found.map_or(self.at(), |a| a.range().start)),
            element: self.name().into(),
            attribute: attribute.into(),
            value: found.map_or("", |a| a.value()).chars().take(60).collect(),
            allowed: allowed.into(),
        }
    }
}
