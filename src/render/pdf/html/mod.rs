//! The HTML subset: what a template may say.
//!
//! A document is one well-formed XHTML page, so that the same text serves the web view and the
//! PDF. The list is closed: anything else is an error with line, column and the list of what is
//! allowed. There is no CSS; how things look is the [theme's](super::Theme) matter.
//!
//! # Head
//!
//! `<html lang="en-GB">` and a `<title>` are required. `<meta name="…" content="…"/>` knows
//! `author`, `subject`, `keywords`, `date` (`2026-03-31`; gives the file's dates),
//! `classification` (printed at the top and foot of every page), `header` and `footer` (names of the
//! document for the top and the foot of the page; the title if absent). `viewport`, `color-scheme`,
//! `<meta charset>`, `<style>` and `<link>` are for the web view and are ignored, as are
//! `<!DOCTYPE html>`, the attributes `role`, `lang`, `aria-*` and `data-*`, and classes that start
//! with `web-`. Entities: the five of XML, numeric ones, `&nbsp; &ndash; &mdash; &hellip; &pound;
//! &middot; &lsquo; &rsquo; &ldquo; &rdquo; &times; &copy; &eacute; &thinsp;`.
//!
//! # Blocks
//!
//! Every block takes an `id` (a link target) and, by its attribute `class`, `page-break` (starts a new page) and
//! `keep` (stays on one page if it fits one).
//!
//! | element | classes | notes |
//! |---|---|---|
//! | `h1` `h2` `h3` | `center` | in the bookmarks; `h1` and `h2` in the contents list, save the heading straight before it and those of the cover; the first is an `h1` and no level is skipped |
//! | `p` | `lead` `muted` `small` `center`, in a key figure `value` `label` `note` | kept with the next block when it ends with a colon |
//! | `ul` `ol` | `muted` `small` | hold `li`, which holds text, `p`, `ul`, `ol` |
//! | `table` | `facts` `compact` | see below |
//! | `figure` | `center` | one `svg` or `img`, and a `figcaption` |
//! | `section` | `cover` `landscape` `muted` `small` `center` | `cover` is the first block of the body and has its own page: leading headings and paragraphs stand in the coloured band, the rest below it. `landscape` turns the pages |
//! | `div` | `kpis` | 2 to 6 `div` of class `kpi` side by side, each holding `p`, `ul`, `ol` |
//! | `div` | `box`, alone or with `info`, `warn` or `decision` | a tinted panel; the template supplies the word that says what it is |
//! | `div` | `muted` `small` `center` | a plain group |
//! | `nav` | `toc` | empty: filled with the contents |
//!
//! Text outside any block counts as a paragraph.
//!
//! # Tables
//!
//! `caption`, `colgroup` and `col` (`width="12%"` or automatic; a wish, since no column is made
//! narrower than its widest word while another has room), one `thead`, any number of
//! `tbody`, `tr` (its `id` goes to its first cell), `th` and `td`. `th` takes `scope` (`col` or
//! `row`; by default `col` in the head, `row` in the body). Cells take `colspan`, `rowspan`, the
//! classes `num` (right-aligned) `center` `muted` `small`, and hold text, `p`, `ul`, `ol`. Every
//! row must cover the same number of columns. The head is repeated on every page; a row is divided
//! only when it is taller than a page. `facts` is a list of labels (`th`) and values without a
//! head; `compact` is for long annexes.
//!
//! # Within a line
//!
//! `strong`, `em`, `small`, `br`, `a` (`href`: `#id`, `https://…`, `http://…`, `mailto:…`) and
//! `span` with `muted` or `small`. A `span` of class `chip` is a neutral pill around its words. A
//! `span` of class `badge` has a shape and a tone, as in `class="badge shape-circle tone-1"`: one of
//! `shape-circle` `shape-square` `shape-diamond` `shape-triangle` `shape-hexagon` `shape-ring`
//! `shape-bar` and one of `tone-1` `tone-2` `tone-3` `tone-4` `tone-5` `tone-none`. Each of these
//! but `br` may bear an `id`.
//!
//! # Drawings and pictures
//!
//! `<svg>` with a `viewBox`, e.g. `0 0 640 300`, a `<title>` (the finding) and a `<desc>` (the picture in
//! words); both are read out in its place. It fills the column unless `width` is given in `pt` or
//! `px`; `height` is ignored, the view box decides. Inside, with attributes only: `g`
//! (`transform`: `translate(x,y)`), `rect` (`x` `y` `width` `height` `rx`), `line` (`x1` `y1` `x2`
//! `y2`), `polyline` and `polygon` (`points`), `circle` (`cx` `cy` `r`), `path` (`d` with the
//! commands M L H V C Z, absolute), `text` (`x` `y`). Presentation: `fill` `fill-opacity` `stroke`
//! `stroke-width` `stroke-dasharray`, and for text `font-size` `font-weight` `text-anchor`
//! (`font-family` is ignored); a `g` passes all of it down. Colours are `none`, `black`, `white`,
//! `#rgb`, `#rrggbb`.
//!
//! `<img>` takes a PNG in `src`, as `data:image/png;base64,…` or by the name of an image in the
//! theme. `alt` is required; an empty one says that the picture says nothing. `width` in `pt` or
//! `px`, else 96 pixels an inch; `height` is ignored.

mod blocks;
mod drawing;
mod element;
mod figure;
mod head;
mod inline;
mod path;
mod source;
mod table;
mod vocabulary;

use std::collections::BTreeMap;

use super::error::{Place, RenderError};
use super::tree::Document;
use blocks::Reader;
pub(super) use drawing::{circle, polyline, rounded};
use element::{Child, Element};
pub(super) use source::Source;

/// Reads a whole document.
pub(super) fn read(source: &Source, images: &BTreeMap<String, Vec<u8>>) -> Result<Document, RenderError> {
    let xml = source.parse()?;
    let html = Element::root(xml.root_element(), source);
    if html.name() != "html" {
        return Err(RenderError::Element {
            place: html.place(),
            name: html.name().into(),
            allowed: "html".into(),
        });
    }
    let (mut head, mut body) = (None, None);
    for child in html.children()? {
        match child {
            Child::Element(e) if e.name() == "head" && head.is_none() => head = Some(e),
            Child::Element(e) if e.name() == "body" && body.is_none() => body = Some(e),
            Child::Element(e) => {
                let allowed = "one head and one body".into();
                return Err(RenderError::Element { place: e.place(), name: e.name().into(), allowed });
            }
            Child::Text(text) if text.trim().is_empty() => {}
            Child::Text(_) => return Err(html.structure("text stands in the body".into())),
        }
    }
    let head = head.ok_or_else(|| html.missing("a <head>"))?;
    let body = body.ok_or_else(|| html.missing("a <body>"))?;
    let meta = head::meta(html, head)?;
    Ok(Document { meta, blocks: Reader::new(images).body(body)? })
}

/// Line and column of a byte offset that the document tree carries.
pub(super) fn place(source: &Source, at: usize) -> Place {
    source.place(at)
}

#[cfg(test)]
mod tests;
