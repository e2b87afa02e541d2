//! Gates after rendering: a document that is not whole, not what it claims to be, or tells what it must
//! not tell is refused, and nobody gets it.

use super::pdf::Rendered;
use crate::packs::Material;
use crate::packs::names_a_practice;
use crate::packs::quarterly::QuarterlyPack;

/// How many pages a document of a kind may have.
#[derive(Debug, Clone, Copy)]
pub struct Pages {
    /// Fewer would be blank.
    pub least: usize,
    /// More would be a fault.
    pub most: usize,
}

/// Why a finished document is refused; empty if it is not.
///
/// `headings` must all be there, in order, and none may stand over nothing.
pub fn refusals(rendered: &Rendered, pages: Pages, headings: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    let count = rendered.pages.len();
    if !(pages.least..=pages.most).contains(&count) {
        out.push(format!("it has {count} pages; {} to {} are expected", pages.least, pages.most));
    }
    for (index, page) in rendered.pages.iter().enumerate() {
        if page.text.trim().is_empty() {
            out.push(format!("page {} is blank", index + 1));
        }
    }
    let mut found = rendered.headings.iter();
    for wanted in headings {
        match found.find(|heading| heading.text == *wanted) {
            None => out.push(format!("the section \"{wanted}\" is missing or out of order")),
            Some(heading) if heading.empty => out.push(format!("the section \"{wanted}\" is empty")),
            Some(_) => {}
        }
    }
    out
}

/// Why the figures of a pack do not add up; empty if they do.
pub fn reconcile(pack: &QuarterlyPack, material: &Material<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let practices = material.standings.len();
    if let Some(summary) = &pack.summary {
        let shown: Option<usize> = summary.bars.iter().map(|bar| bar.now).sum();
        if let Some(sum) = shown.filter(|sum| *sum != practices) {
            out.push(format!("the levels add up to {sum} practices and {practices} are in scope"));
        }
    }
    if let Some(annex) = pack.annex.as_ref().filter(|annex| annex.rows.len() != practices) {
        out.push(format!("the annex has {} practices and {practices} are in scope", annex.rows.len()));
    }
    for feed in material.feeds.iter().filter(|feed| !feed.counts.balance()) {
        out.push(format!("the rows of {} are not all accounted for", feed.feed));
    }
    out
}

/// Whether a public document names a practice or carries its code; empty if it does not.
pub fn told(rendered: &Rendered, material: &Material<'_>) -> Vec<String> {
    let pages = rendered.pages.iter().enumerate();
    pages
        .filter(|(_, page)| names_a_practice(material, &page.text))
        .map(|(index, _)| format!("page {} of a public document names a practice", index + 1))
        .collect()
}
