//! The documents of a run: rendered, held to the gates, written.

use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;

use super::gate::{Gate, document_name, earlier_name};
use crate::disk::unwritten::Unwritten;
use crate::dispatch::budget::encoded;
use crate::documents::{Material, Order, Paper, Part, origin};
use crate::pipeline::{Audience, Committee, Document, SHORT_HASH};
use crate::render::gates::{Pages, reconcile, refusals, told};
use crate::render::{Attached, Rendered, Templates, Theme, pdf};

/// A document that passed the gates.
#[derive(Debug, Clone)]
pub struct Finished {
    /// What kind it is.
    pub document: String,
    /// The name under which it is sent: that of its file, with the revision where it is not the first.
    pub name: String,
    /// The name by which the guard knows it from day to day.
    pub known: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its pages.
    pub pages: usize,
    /// Its SHA-256.
    pub sha256: String,
    /// A hash over what it says, whichever run of whichever pipeline says it.
    pub substance: String,
    /// Characters that do not stand in it as they are read.
    pub unprintable: Vec<char>,
}

/// A document that a gate did not let pass.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The name of its file.
    pub name: String,
    /// Why, for the operator.
    pub reason: String,
    /// Why, for those who would have got it: in a word or two.
    pub told: &'static str,
}

impl Finished {
    /// Gives it the name that a revision of its pack goes by; the first has none.
    pub fn revise(&mut self, revision: u32) {
        if let (2.., Some(stem)) = (revision, self.name.strip_suffix(".pdf")) {
            self.name = format!("{stem}-r{revision}.pdf");
        }
    }

    /// What a message says of it.
    pub fn attached(&self) -> Attached {
        Attached {
            name: self.name.clone(),
            pages: crate::wording::plural(self.pages, "page", "pages"),
            size: size(self.bytes.len()),
            sha256: self.sha256.clone(),
        }
    }

    /// What a report says of it.
    pub fn written(&self, committee: &Committee) -> Written {
        Written {
            kind: self.document.clone(),
            committee: committee.name.clone(),
            path: self.path.clone(),
            pages: self.pages,
            sha256: self.sha256.clone(),
        }
    }
}

/// A size for people: `184 KB`.
pub fn size(bytes: usize) -> String {
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{} KB", bytes.div_ceil(1_024)),
        _ => format!("{:.1} MB", bytes as f64 / 1_048_576.0),
    }
}

/// Renders and writes documents.
pub struct Press<'p> {
    /// The templates.
    pub templates: &'p Templates,
    /// How documents look.
    pub theme: &'p Theme,
    /// The folder of the run's documents.
    pub folder: PathBuf,
    /// The folder for what each of them says, as its template was given it.
    pub contents: PathBuf,
    /// What looks for personal identifiers in them.
    pub gate: &'p Gate<'p>,
    /// What cannot be written.
    pub unwritten: &'p Unwritten,
}

/// A document, or why it was refused.
pub type Outcome = Result<Finished, Refused>;

/// Where a document goes, and what it is about.
#[derive(Clone, Copy)]
pub struct Address<'a> {
    /// The committee.
    pub committee: &'a Committee,
    /// What tells it from the others of its kind: a practice's code, a place, an exception and its event;
    /// empty where there is one.
    pub subject: &'a str,
    /// What tells it from others about the same that are made on the same day; empty where there are none. The
    /// guard knows it without.
    pub occasion: &'a str,
}

impl Press<'_> {
    /// A document for a committee, and what it says.
    ///
    /// # Errors
    /// If it cannot be written. A document that fails a gate is an [`Outcome`].
    pub fn paper(
        &self,
        material: &Material<'_>,
        order: &Order<'_>,
        address: Address<'_>,
    ) -> anyhow::Result<(Paper, Outcome)> {
        let paper = order.paper(material);
        let outcome = self.finish_paper(material, order, &paper, address, "")?;
        Ok((paper, outcome))
    }

    /// The name of a document, and the hash of what it says, whatever becomes of it.
    ///
    /// # Errors
    /// If its template cannot be filled.
    pub fn says(
        &self,
        material: &Material<'_>,
        order: &Order<'_>,
        address: Address<'_>,
    ) -> anyhow::Result<(String, String)> {
        let paper = order.paper(material);
        let html = self.templates.paper(&paper, order.document, &where_from(material, order.audience))?;
        Ok((names(material, order, address, "").1, substance(material, &html)))
    }

    /// A document in several parts, none larger than the budget where that is possible: it is cut between
    /// its blocks.
    ///
    /// # Errors
    /// If a part cannot be written.
    pub fn parts(
        &self,
        material: &Material<'_>,
        order: &Order<'_>,
        address: Address<'_>,
        budget: u64,
    ) -> anyhow::Result<Vec<Outcome>> {
        let groups = self.groups(material, order, &order.blocks(), budget)?;
        let mut out = Vec::new();
        for (index, blocks) in groups.iter().enumerate() {
            let cut = Part { blocks, number: index + 1, of: groups.len() };
            let paper = order.part(material, cut);
            let ending = format!("-part-{}", cut.number);
            out.push(self.finish_paper(material, order, &paper, address, &ending)?);
        }
        Ok(out)
    }

    fn groups(
        &self,
        material: &Material<'_>,
        order: &Order<'_>,
        all: &[String],
        budget: u64,
    ) -> anyhow::Result<Vec<Vec<String>>> {
        let (head, tail) = all.split_at(all.len() / 2);
        let mut out = Vec::new();
        for half in [head, tail].into_iter().filter(|half| !half.is_empty()) {
            let cut = Part { blocks: half, number: 1, of: 2 };
            let part = order.part(material, cut);
            let origin = where_from(material, order.audience);
            let html = self.templates.paper(&part, order.document, &origin)?;
            let rendered = pdf::pdf(&html, self.theme).context("a part of a document cannot be laid out")?;
            if half.len() > 1 && encoded(rendered.bytes.len()) > budget {
                out.extend(self.groups(material, order, half, budget)?);
            } else {
                out.push(half.to_vec());
            }
        }
        Ok(out)
    }

    fn finish_paper(
        &self,
        material: &Material<'_>,
        order: &Order<'_>,
        paper: &Paper,
        address: Address<'_>,
        ending: &str,
    ) -> anyhow::Result<Outcome> {
        let (document, committee) = (order.document, address.committee);
        let origin = where_from(material, order.audience);
        let html = self.templates.paper(paper, document, &origin)?;
        let compared = document.is_compared();
        let (least, most) = document.pages;
        // A short block of a document in parts begins on the page of the contents.
        let least = if ending.is_empty() { least } else { least.min(2) };
        let names = names(material, order, address, ending);
        self.finish(material, (document, committee), names, (&html, paper), |rendered| {
            let mut out = refusals(rendered, Pages { least, most }, &paper.headings());
            if compared {
                out.extend(reconcile(paper, material));
            }
            if order.audience == Audience::Public {
                out.extend(told(rendered, material));
            }
            out
        })
    }

    /// Renders, checks and writes, with what the document says as data in the run's folder. A refused
    /// document lies beside the others under another name, for the person who looks into it. The guard knows
    /// a document by a name that stays the same from day to day (`known`), so that what a person released once
    /// is not asked again.
    fn finish(
        &self,
        material: &Material<'_>,
        (document, committee): (&Document, &Committee),
        (known, name): (String, String),
        (html, content): (&str, &impl Serialize),
        gate: impl Fn(&Rendered) -> Vec<String>,
    ) -> anyhow::Result<Outcome> {
        let folder = self.folder.join(&committee.id);
        let refuse = |name: &str, told, reason: String| {
            let reason = format!("{name} for {} {reason}", committee.name);
            Ok(Err(Refused { name: name.to_owned(), reason, told }))
        };
        let rendered = match pdf::pdf(html, self.theme) {
            Ok(rendered) => rendered,
            Err(error) => return refuse(&name, CHECKED, format!("cannot be laid out: {error}")),
        };
        let mut refused = gate(&rendered);
        let known_as = document_name(&committee.id, &document.id, &material.period.id(), &known);
        let quarter = material.pipeline.calendar.quarter_before(material.as_of);
        let earlier = earlier_name(&committee.id, &quarter.id(), &known);
        let held = self.gate.document(&known_as, &earlier, html, &rendered);
        if !held.is_empty() {
            self.gate.keep(&committee.id, &name, &rendered.bytes, self.unwritten);
            refused.extend(held);
            let reason = format!("was stopped by the guard: {}", refused.join("; "));
            return refuse(&name, "it may identify a person", reason);
        }
        if !refused.is_empty() {
            self.unwritten.write(&folder.join(format!("REFUSED-{name}")), &rendered.bytes);
            return refuse(&name, CHECKED, format!("was refused: {}", refused.join("; ")));
        }
        let path = folder.join(&name);
        self.unwritten.write(&path, &rendered.bytes);
        let content = serde_json::to_string_pretty(content).context("what a document says cannot be kept")?;
        let beside = self.contents.join(&committee.id).join(&name).with_extension("json");
        self.unwritten.write(&beside, (content + "\n").as_bytes());
        let sha256 = crate::sha256(&rendered.bytes);
        let (pages, unprintable) = (rendered.pages.len(), rendered.unprintable());
        Ok(Ok(Finished {
            document: document.id.clone(),
            name,
            known,
            path,
            pages,
            bytes: rendered.bytes,
            sha256,
            substance: substance(material, html),
            unprintable,
        }))
    }
}

/// The names of a document: that by which the guard knows it from day to day, and that of its file.
fn names(material: &Material<'_>, order: &Order<'_>, address: Address<'_>, ending: &str) -> (String, String) {
    let (document, committee) = (order.document, address.committee);
    let compared = document.is_compared();
    let period = compared.then(|| material.period.id());
    let joined = |parts: [&str; 4]| parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join("-");
    let period = period.as_deref().unwrap_or_default();
    let known = joined([&document.file, address.subject, "", period]);
    let what = joined([&document.file, address.subject, address.occasion, period]);
    let audience = match (compared, order.audience) {
        (false, _) => String::new(),
        (true, Audience::Named) => format!("-named-{}", material.pipeline.classification),
        (true, Audience::Public) => "-public".to_owned(),
    };
    let name = format!("{}-{what}-{}{audience}{ending}.pdf", material.as_of, committee.short);
    (format!("{known}{ending}.pdf"), name)
}

/// Where the whole of a text stands that is cut; for the public, nowhere.
pub fn where_from<'m>(
    material: &'m Material<'_>,
    audience: Audience,
) -> impl Fn(&str) -> Option<String> + 'm {
    move |text| origin(material, text).filter(|_| audience == Audience::Named)
}

/// A hash over what a document says, whichever run and pipeline folder say it.
fn substance(material: &Material<'_>, html: &str) -> String {
    let pipeline: String = material.pipeline.hash.chars().take(SHORT_HASH).collect();
    crate::sha256(html.replace(material.run, "").replace(&pipeline, "").as_bytes())
}

/// What recipients are told of a document that failed a check of its pages.
const CHECKED: &str = "it did not pass a check";

/// A document that was written.
#[derive(Debug, Clone, Serialize)]
pub struct Written {
    /// What it is.
    pub kind: String,
    /// For which committee.
    pub committee: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its pages.
    pub pages: usize,
    /// Its SHA-256.
    pub sha256: String,
}
