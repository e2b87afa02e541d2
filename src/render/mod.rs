//! From what a document says to the document: Tera templates to XHTML and text, charts to SVG, XHTML to a
//! tagged PDF, and the gates that a finished document must pass.

mod charts;
pub mod checked;
pub mod gates;
pub mod pdf;
mod receipts;
mod templates;

pub use pdf::{Rendered, Theme};
pub use templates::{
    Attached, Elsewhere, Linked, Post, RecallNotice, TemplateError, Templates, Withheld,
    faults as template_faults,
};
