//! Documents from templates: data in, XHTML or text out. The templates lie in the folder `templates` and
//! are part of the program; an unknown name in one of them is an error, never an empty place.

use chrono::NaiveDate;
use include_dir::{Dir, include_dir};
use serde::Serialize;
use tera::{Context, Tera};
use thiserror::Error;

use super::charts;
use crate::dates::long;
use crate::intake::{Effect, Problem, Receipt};
use crate::packs::alert::Alert;
use crate::packs::quarterly::QuarterlyPack;
use crate::packs::sbar::Sbar;

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// A template that cannot be filled.
#[derive(Debug, Error)]
#[error("the template {name} cannot be filled: {why}")]
pub struct TemplateError {
    /// The template.
    pub name: String,
    /// What is wrong with it.
    pub why: String,
}

/// The templates of all documents.
pub struct Templates {
    tera: Tera,
}

/// A file that a message says is attached.
#[derive(Debug, Clone, Serialize)]
pub struct Attached {
    /// Its name.
    pub name: String,
    /// Its pages, in words.
    pub pages: String,
    /// Its size, in words.
    pub size: String,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

impl Templates {
    /// Compiles the templates.
    ///
    /// # Errors
    /// If one of them is not a template.
    pub fn new() -> Result<Self, TemplateError> {
        let mut texts: Vec<(String, &str)> = Vec::new();
        gather(&TEMPLATES, &mut texts);
        let mut tera = Tera::default();
        tera.add_raw_templates(texts).map_err(|error| broken("templates", &error))?;
        Ok(Self { tera })
    }

    fn fill(&self, name: &str, context: &Context) -> Result<String, TemplateError> {
        self.tera.render(name, context).map_err(|error| broken(name, &error))
    }

    /// A quarterly pack as XHTML.
    ///
    /// # Errors
    /// If the template asks for something that the pack does not have.
    pub fn pack(&self, pack: &QuarterlyPack) -> Result<String, TemplateError> {
        let mut context = Context::new();
        context.insert("pack", pack);
        let chart = pack
            .summary
            .as_ref()
            .map(|s| charts::levels(&s.bars, &s.chart_title, &pack.head.as_at, s.last.as_deref()));
        context.insert("chart", &chart.unwrap_or_default());
        self.fill("quarterly-pack/pack.html", &context)
    }

    /// The text of the mail that a pack goes with.
    ///
    /// # Errors
    /// If the template asks for something that the pack does not have.
    pub fn pack_mail(&self, pack: &QuarterlyPack, files: &[Attached]) -> Result<String, TemplateError> {
        let mut context = Context::new();
        context.insert("pack", pack);
        context.insert("files", files);
        self.fill("quarterly-pack/mail.txt", &context)
    }

    /// An SBAR as XHTML.
    ///
    /// # Errors
    /// If the template asks for something that the SBAR does not have.
    pub fn sbar(&self, sbar: &Sbar) -> Result<String, TemplateError> {
        let mut context = Context::new();
        context.insert("sbar", sbar);
        self.fill("sbar/sbar.html", &context)
    }

    /// An exception alert as XHTML.
    ///
    /// # Errors
    /// If the template asks for something that the alert does not have.
    pub fn alert(&self, alert: &Alert) -> Result<String, TemplateError> {
        let mut context = Context::new();
        context.insert("alert", alert);
        self.fill("exception-alert/alert.html", &context)
    }

    /// The text of the mail that is an exception alert.
    ///
    /// # Errors
    /// If the template asks for something that the alert does not have.
    pub fn alert_mail(&self, alert: &Alert, files: &[Attached]) -> Result<String, TemplateError> {
        let mut context = Context::new();
        context.insert("alert", alert);
        context.insert("files", files);
        self.fill("exception-alert/mail.txt", &context)
    }

    /// A receipt as text, as it lies beside the file.
    ///
    /// # Errors
    /// If the template asks for something that the receipt does not have.
    pub fn receipt(&self, receipt: &Receipt) -> Result<String, TemplateError> {
        self.fill("receipt/receipt.txt", &receipt_context(receipt))
    }

    /// A receipt as XHTML.
    ///
    /// # Errors
    /// If the template asks for something that the receipt does not have.
    pub fn receipt_page(
        &self,
        receipt: &Receipt,
        author: &str,
        classification: &str,
    ) -> Result<String, TemplateError> {
        let mut context = receipt_context(receipt);
        context.insert("author", author);
        context.insert("classification", classification);
        self.fill("receipt/receipt.html", &context)
    }
}

fn gather<'d>(dir: &'d Dir<'d>, into: &mut Vec<(String, &'d str)>) {
    for file in dir.files() {
        let name = file.path().to_string_lossy().replace('\\', "/");
        if let Some(text) = file.contents_utf8().filter(|_| name.ends_with(".html") || name.ends_with(".txt"))
        {
            into.push((name, text));
        }
    }
    for inner in dir.dirs().filter(|d| d.path().file_name().is_none_or(|n| n != "fonts")) {
        gather(inner, into);
    }
}

fn broken(name: &str, error: &tera::Error) -> TemplateError {
    let mut why = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        why = format!("{why}: {inner}");
        source = inner.source();
    }
    TemplateError { name: name.to_owned(), why }
}

/// Problems of one effect, under the heading that people read.
#[derive(Debug, Serialize)]
struct Group {
    title: String,
    problems: Vec<Line>,
}

/// A problem as a receipt prints it.
#[derive(Debug, Serialize)]
struct Line {
    place: String,
    found: String,
    message: String,
    mend: String,
}

fn receipt_context(receipt: &Receipt) -> Context {
    let titles = [
        (Effect::Rejected, "Why the file was not taken in"),
        (Effect::Quarantined, "Rows kept aside until they are mended"),
        (Effect::Dropped, "Cells that could not be read (their rows count)"),
        (Effect::Ignored, "Rows passed over"),
        (Effect::Noted, "For your information"),
    ];
    let groups: Vec<Group> = titles
        .into_iter()
        .map(|(effect, title)| Group {
            title: title.to_owned(),
            problems: receipt.with_effect(effect).map(line).collect(),
        })
        .filter(|group| !group.problems.is_empty())
        .collect();
    let received: NaiveDate = receipt.received;
    let mut context = Context::new();
    context.insert("receipt", receipt);
    context.insert("received", &long(received));
    context.insert("groups", &groups);
    context
}

fn line(problem: &Problem) -> Line {
    let mut place = problem.cell.clone().map_or_else(String::new, |cell| format!("Cell {cell}"));
    if let (true, Some(row)) = (place.is_empty(), problem.row) {
        place = format!("Row {row}");
    }
    if let Some(column) = &problem.column {
        place = if place.is_empty() { column.clone() } else { format!("{place} ({column})") };
    }
    if let Some(sheet) = problem.sheet.as_ref().filter(|_| problem.cell.is_some() || problem.row.is_some()) {
        place = format!("{place}, sheet {sheet}");
    }
    let mend = Some(problem.mend.clone()).filter(|mend| mend != "nothing to do");
    Line {
        place: if place.is_empty() { "The file".to_owned() } else { place },
        found: problem.found.clone().unwrap_or_default(),
        message: problem.message.clone(),
        mend: mend.unwrap_or_default(),
    }
}
