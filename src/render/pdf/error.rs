//! What can be wrong with a document, said to the person who can correct its template.

use std::fmt;

/// A place in the HTML as an editor shows it: both numbers start at 1, columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Line of the HTML given to [`super::pdf`].
    pub line: usize,
    /// Column in that line.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why no PDF was made. Every variant that stems from the HTML says where.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RenderError {
    /// The text is not well-formed XML, or uses an entity outside the list.
    #[error("{place}: not well-formed XML: {reason}")]
    NotWellFormed {
        /// Where the parser stopped.
        place: Place,
        /// Its reason.
        reason: String,
    },
    /// An element that does not exist in the subset, or not at this place.
    #[error("{place}: <{name}> is not allowed here; allowed are: {allowed}")]
    Element {
        /// The element's start tag.
        place: Place,
        /// Its name.
        name: String,
        /// What may stand here.
        allowed: String,
    },
    /// An attribute the element does not take.
    #[error("{place}: <{element}> does not take the attribute {name}; allowed are: {allowed}")]
    Attribute {
        /// The attribute.
        place: Place,
        /// The element that bears it.
        element: String,
        /// The attribute's name.
        name: String,
        /// The attributes the element takes.
        allowed: String,
    },
    /// A class the element does not know.
    #[error("{place}: <{element}> does not know the class {class}; allowed are: {allowed}")]
    Class {
        /// The class attribute.
        place: Place,
        /// The element that bears it.
        element: String,
        /// The class.
        class: String,
        /// The classes the element knows.
        allowed: String,
    },
    /// An attribute whose value cannot be used.
    #[error("{place}: {attribute}=\"{value}\" on <{element}> cannot be used; allowed is: {allowed}")]
    Value {
        /// The attribute.
        place: Place,
        /// The element that bears it.
        element: String,
        /// The attribute's name.
        attribute: String,
        /// The value found, shortened.
        value: String,
        /// What the value may be.
        allowed: String,
    },
    /// Something a reader (often a screen reader) needs is not there.
    #[error("{place}: <{element}> needs {what}")]
    Missing {
        /// The element.
        place: Place,
        /// Its name.
        element: String,
        /// What is missing, with an example.
        what: String,
    },
    /// The elements are known but do not add up: a ragged table, a filled contents list.
    #[error("{place}: {reason}")]
    Structure {
        /// Where.
        place: Place,
        /// What was found and what was expected.
        reason: String,
    },
    /// A block that cannot be divided and is larger than a page or narrower than its content.
    #[error("{place}: {what} does not fit: {reason}")]
    DoesNotFit {
        /// The block.
        place: Place,
        /// What it is.
        what: String,
        /// Sizes in points, and what to change.
        reason: String,
    },
    /// A link to an id that no element bears.
    #[error("{place}: link to #{id}, but no element has that id")]
    Link {
        /// The link.
        place: Place,
        /// The id it names.
        id: String,
    },
    /// A picture that cannot be read.
    #[error("{place}: the picture cannot be used: {reason}")]
    Picture {
        /// The element; for the theme's logo, the start of the document.
        place: Place,
        /// What is wrong with the file.
        reason: String,
    },
    /// A font of the theme that cannot be read or embedded.
    #[error("font {name}: {reason}")]
    Font {
        /// Name of the font in the theme.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The PDF could not be written. This is a fault of ours, not of the template.
    #[error("the PDF could not be written: {0}")]
    Output(String),
}

/// Something a person should know about a PDF that was made nevertheless.
#[derive(Debug, Clone, PartialEq)]
pub enum RenderWarning {
    /// No font of the theme has the character; it is shown as U+25A1.
    MissingGlyph {
        /// The character.
        character: char,
        /// Words around its first use.
        near: String,
        /// How often it occurs.
        times: usize,
    },
    /// Writing that runs from right to left was set from left to right.
    RightToLeft {
        /// The first character of it.
        character: char,
        /// How many characters there are.
        times: usize,
    },
    /// A figure was made smaller than its natural size to fit a page.
    ImageScaled {
        /// The figure.
        place: Place,
        /// Size after, as a share of the size asked for.
        to: f32,
    },
    /// A word without a break opportunity was wider than its line.
    WordBroken {
        /// The word.
        word: String,
    },
}

impl fmt::Display for RenderWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingGlyph { character, near, times } => write!(
                f,
                "no glyph for U+{:04X} ({times} times), shown as a box, near \"{near}\"",
                *character as u32
            ),
            Self::RightToLeft { character, times } => write!(
                f,
                "{times} characters of right-to-left writing, such as U+{:04X}, stand from left to right",
                *character as u32
            ),
            Self::ImageScaled { place, to } => {
                write!(f, "{place}: figure scaled to {:.0}% to fit the page", to * 100.0)
            }
            Self::WordBroken { word } => write!(f, "word broken to fit its line: \"{word}\""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_where_what_and_what_is_allowed() {
        let error = RenderError::Element {
            place: Place { line: 12, column: 5 },
            name: "blink".into(),
            allowed: "p, ul".into(),
        };
        assert_eq!(error.to_string(), "line 12, column 5: <blink> is not allowed here; allowed are: p, ul");
    }

    #[test]
    fn a_warning_names_the_character() {
        let warning = RenderWarning::MissingGlyph { character: '🩺', near: "a 🩺 b".into(), times: 2 };
        assert!(warning.to_string().contains("U+1FA7A (2 times)"));
    }
}
