//! The documents of a run: rendered, held to the gates, written.

use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;

use super::gate::{Gate, document_name};
use crate::disk::unwritten::Unwritten;
use crate::dispatch::budget::encoded;
use crate::documents::alert::alert;
use crate::documents::quarterly::{Part, QuarterlyPack, pack, part, sections};
use crate::documents::sbar::sbar;
use crate::documents::{Material, Standing, alert as alerts, origin};
use crate::ledger::Alert;
use crate::levels::Exception;
use crate::pipeline::{Audience, Committee, Document, SHORT_HASH, Section, slug};
use crate::render::gates::{Pages, reconcile, refusals, told};
use crate::render::{Attached, Rendered, Templates, Theme, pdf};

/// A document that passed the gates.
#[derive(Debug, Clone)]
pub struct Finished {
    /// What kind it is.
    pub kind: Document,
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
    /// As [`Finished::substance`].
    pub substance: String,
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
            kind: self.kind.word().to_owned(),
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
    /// What documents are made of.
    pub material: &'p Material<'p>,
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

impl Press<'_> {
    /// The quarterly pack of a committee.
    ///
    /// # Errors
    /// If it cannot be written. A document that fails a gate is an [`Outcome`].
    pub fn pack(&self, committee: &Committee) -> anyhow::Result<(QuarterlyPack, Outcome)> {
        let pack = pack(self.material, committee);
        let outcome = self.finish_pack(committee, &pack, "")?;
        Ok((pack, outcome))
    }

    /// The pack of a committee in parts, each of them light enough for a message of `budget` bytes where
    /// its sections allow.
    ///
    /// # Errors
    /// If a part cannot be written.
    pub fn parts(&self, committee: &Committee, budget: u64) -> anyhow::Result<Vec<Outcome>> {
        let groups = self.groups(committee, &sections(committee), budget)?;
        let mut out = Vec::new();
        for (index, sections) in groups.iter().enumerate() {
            let cut = Part { sections, number: index + 1, of: groups.len() };
            let pack = part(self.material, committee, cut);
            out.push(self.finish_pack(committee, &pack, &format!("-part-{}", cut.number))?);
        }
        Ok(out)
    }

    /// Halves sections until each group is light enough or a single section.
    fn groups(
        &self,
        committee: &Committee,
        all: &[Section],
        budget: u64,
    ) -> anyhow::Result<Vec<Vec<Section>>> {
        let (head, tail) = all.split_at(all.len() / 2);
        let mut out = Vec::new();
        for half in [head, tail].into_iter().filter(|half| !half.is_empty()) {
            let cut = Part { sections: half, number: 1, of: 2 };
            let html = self
                .templates
                .pack(&part(self.material, committee, cut), &self.origin(committee.audience))?;
            let rendered = pdf::pdf(&html, self.theme).context("a part of a pack cannot be laid out")?;
            if half.len() > 1 && encoded(rendered.bytes.len()) > budget {
                out.extend(self.groups(committee, half, budget)?);
            } else {
                out.push(half.to_vec());
            }
        }
        Ok(out)
    }

    fn finish_pack(
        &self,
        committee: &Committee,
        pack: &QuarterlyPack,
        ending: &str,
    ) -> anyhow::Result<Outcome> {
        let html = self.templates.pack(pack, &self.origin(committee.audience))?;
        let what = if committee.sections == [Section::Exceptions] { "exceptions" } else { "quarterly-pack" };
        let known = format!("{what}-{}{ending}.pdf", self.material.quarter.id());
        let audience = match committee.audience {
            Audience::Named => format!("named-{}", self.material.pipeline.classification),
            Audience::Public => "public".to_owned(),
        };
        let name = self.name(
            &format!("{what}-{}", self.material.quarter.id()),
            committee,
            &format!("-{audience}{ending}"),
        );
        self.finish(committee, Document::QuarterlyPack, (known, name), (&html, pack), |rendered| {
            // A short section of a pack in parts begins on the page of the contents.
            let least = if ending.is_empty() { 3 } else { 2 };
            let mut out = refusals(rendered, Pages { least, most: 400 }, &pack.headings);
            out.extend(reconcile(pack, self.material));
            if committee.audience == Audience::Public {
                out.extend(told(rendered, self.material));
            }
            out
        })
    }

    /// The SBAR of a practice for a committee.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn sbar(&self, committee: &Committee, standing: &Standing) -> anyhow::Result<Outcome> {
        let sbar = sbar(self.material, standing, &committee.name);
        let html = self.templates.sbar(&sbar, &self.origin(Audience::Named))?;
        let known = format!("sbar-{}.pdf", standing.code().to_lowercase());
        let name = self.name(known.trim_end_matches(".pdf"), committee, "");
        self.finish(committee, Document::Sbar, (known, name), (&html, &sbar), |rendered| {
            refusals(rendered, Pages { least: 1, most: 6 }, &sbar.headings)
        })
    }

    /// The alert of an exception for a committee.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn alert(
        &self,
        committee: &Committee,
        given: &Alert,
        exception: &Exception,
        with_sbar: bool,
    ) -> anyhow::Result<(alerts::Alert, Outcome)> {
        let alert = alert(self.material, exception, given.event.word(), &committee.name, with_sbar);
        let html = self.templates.alert(&alert, &self.origin(Audience::Named))?;
        let id: String = slug(&exception.id).chars().take(80).collect();
        let known = format!("exception-{id}-{}.pdf", given.event.word());
        let name = self.name(known.trim_end_matches(".pdf"), committee, "");
        let outcome =
            self.finish(committee, Document::ExceptionAlert, (known, name), (&html, &alert), |rendered| {
                refusals(rendered, Pages { least: 1, most: 2 }, &alert.headings)
            })?;
        Ok((alert, outcome))
    }

    /// Where the whole of a text stands that is cut; for the public, nowhere.
    pub fn origin(&self, audience: Audience) -> impl Fn(&str) -> Option<String> + use<'_> {
        move |text| origin(self.material, text).filter(|_| audience == Audience::Named)
    }

    /// The name of a file: the date, what it is, and the committee, so that no two documents of different
    /// content share one wherever their attachments are saved.
    fn name(&self, what: &str, committee: &Committee, ending: &str) -> String {
        format!("{}-{what}-{}{ending}.pdf", self.material.as_of, committee.short)
    }

    /// Renders, checks and writes, with what the document says as data in the run's folder. A refused
    /// document lies beside the others under another name, for the person who looks into it. The guard knows
    /// a document by a name that stays the same from day to day (`known`), so that what a person released once
    /// is not asked again.
    fn finish(
        &self,
        committee: &Committee,
        kind: Document,
        (known, name): (String, String),
        (html, content): (&str, &impl Serialize),
        gate: impl Fn(&Rendered) -> Vec<String>,
    ) -> anyhow::Result<Outcome> {
        let folder = self.folder.join(&committee.id);
        let substance = self.substance(html);
        let refuse = |name: &str, told, reason: String| {
            let reason = format!("{name} for {} {reason}", committee.name);
            Ok(Err(Refused { name: name.to_owned(), reason, told, substance: substance.clone() }))
        };
        let rendered = match pdf::pdf(html, self.theme) {
            Ok(rendered) => rendered,
            Err(error) => return refuse(&name, CHECKED, format!("cannot be laid out: {error}")),
        };
        let mut refused = gate(&rendered);
        let known_as = document_name(&committee.id, &self.material.quarter.id(), &known);
        let held = self.gate.document(&known_as, html, &rendered);
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
            kind,
            name,
            known,
            path,
            pages,
            bytes: rendered.bytes,
            sha256,
            substance,
            unprintable,
        }))
    }

    /// A hash over what a document says: all of it but the run and the pipeline that it names.
    fn substance(&self, html: &str) -> String {
        let pipeline: String = self.material.pipeline.hash.chars().take(SHORT_HASH).collect();
        crate::sha256(html.replace(self.material.run, "").replace(&pipeline, "").as_bytes())
    }
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
