//! Documents from templates: data in, XHTML or text out. The templates lie in the folder `templates` and
//! are part of the program; an unknown name in one of them is an error, never an empty place.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};
use serde::Serialize;
use tera::{Context, Tera};
use thiserror::Error;

use super::charts;
use super::receipts::receipt_context;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::documents::Paper;
use crate::documents::content::Element;
use crate::intake::Receipt;
use crate::pipeline::{Document, Folder, PageLayout, Pipeline};

/// What is wrong with the templates of a pipeline's folder, and with documents that name none there is.
pub fn faults(pipeline: &Pipeline) -> Vec<Diagnostic> {
    let fault = |file: String, message: String, help: Option<String>| Diagnostic {
        severity: Severity::Error,
        code: Code::BadValue,
        file,
        line: None,
        message,
        help,
        follows: false,
    };
    let templates = match Templates::of(&pipeline.source) {
        Ok(templates) => templates,
        Err(error) => return vec![fault(format!("templates/{}", error.name), error.why, None)],
    };
    let unused = templates.unused(pipeline).into_iter().map(|name| Diagnostic {
        severity: Severity::Warning,
        code: Code::UnusedFile,
        help: Some("name it as the `template` of a document, or take it out".to_owned()),
        ..fault(format!("templates/{name}"), "no document and no other template uses it".to_owned(), None)
    });
    let without = pipeline.documents.values().filter(|document| !templates.has(document));
    without
        .map(|document| {
            let message = format!("there is no template `{}`", document.template);
            let help = format!("put it into the folder `templates`: templates/{}", document.template);
            fault(format!("documents/{}.toml", document.id), message, Some(help))
        })
        .chain(unused)
        .collect()
}

/// Where the templates of documents and their messages lie.
const DOCUMENTS: &str = "documents/";

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// The longest text in a pack, which may have many pages.
const LONG: usize = 4_000;
/// The longest text in a document of a page or two.
const SHORT: usize = 1_000;

/// What a document says as data, with no text in it longer than `most`: a cell may hold 30,000 characters, and
/// a paper that prints them all would be read by nobody and be refused for its pages.
fn shortened(content: &impl Serialize, most: usize, origin: &Origin<'_>) -> serde_json::Value {
    let mut value = serde_json::to_value(content).unwrap_or_default();
    shorten(&mut value, most, "the file that was received", origin);
    value
}

/// Where the whole of a text stands, where that may be told.
pub type Origin<'o> = dyn Fn(&str) -> Option<String> + 'o;

fn shorten(value: &mut serde_json::Value, most: usize, source: &str, origin: &Origin<'_>) {
    use serde_json::Value;
    match value {
        Value::String(text) if text.len() > most => {
            let source = origin(text).unwrap_or_else(|| source.to_owned());
            if let Some(cut) = crate::wording::cut(text, most, &source) {
                *text = cut;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| shorten(item, most, source, origin)),
        Value::Object(fields) => {
            let named = ["source", "receipt", "cited"].iter().find_map(|key| fields.get(*key)?.as_str());
            let source = named.filter(|named| !named.is_empty()).unwrap_or(source).to_owned();
            fields.values_mut().for_each(|field| shorten(field, most, &source, origin));
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

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

/// What goes with a message, as its text says it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Post {
    /// The files attached to this message.
    pub attached: Vec<Attached>,
    /// The number of this message.
    pub number: usize,
    /// Of how many.
    pub of: usize,
    /// The files attached to the others.
    pub elsewhere: Vec<Elsewhere>,
    /// Files that no message carries.
    pub linked: Vec<Linked>,
    /// What a message may weigh, in words.
    pub limit: String,
    /// Documents that belong to it and go with none of its messages: a gate refused them.
    pub withheld: Vec<Withheld>,
}

/// A document that a gate refused.
#[derive(Debug, Clone, Serialize)]
pub struct Withheld {
    /// The name of its file.
    pub name: String,
    /// Why, in a few words.
    pub why: String,
}

/// What another message of the same letter carries.
#[derive(Debug, Clone, Serialize)]
pub struct Elsewhere {
    /// The number of that message.
    pub number: usize,
    /// The names of its files.
    pub files: String,
}

/// A file that is too large to be attached.
#[derive(Debug, Clone, Serialize)]
pub struct Linked {
    /// The file.
    pub file: Attached,
    /// Where it lies, if the pipeline says where recipients find packs.
    pub place: Option<String>,
}

/// What the notice of a recall says.
#[derive(Debug, Clone, Serialize)]
pub struct RecallNotice {
    /// The organisation.
    pub organisation: String,
    /// The classification of what was sent.
    pub classification: String,
    /// The subject of what was sent.
    pub subject: String,
    /// What people call the pack.
    pub pack: String,
    /// The committee.
    pub committee: String,
    /// The date it spoke of.
    pub as_at: String,
    /// When it was recalled.
    pub recalled: String,
    /// The role that recalled it.
    pub role: String,
    /// Why.
    pub reason: String,
    /// Its documents, with what tells them from others.
    pub documents: Vec<Attached>,
    /// The pack that replaces it, if it goes out now or waits for approval.
    pub next: Option<String>,
}

impl Templates {
    /// Reads the program's templates.
    ///
    /// # Errors
    /// If one cannot be read: a test holds that all can.
    pub fn new() -> Result<Self, TemplateError> {
        Self::of(&Folder::default())
    }

    /// Reads the templates; those of a pipeline's folder come before the program's of the same name.
    ///
    /// # Errors
    /// If one of the pipeline's is no template.
    pub fn of(folder: &Folder) -> Result<Self, TemplateError> {
        let mut texts: Vec<(String, &str)> = Vec::new();
        gather(&TEMPLATES, &mut texts);
        let own: Vec<(String, &str)> = folder
            .templates()
            .map(|(name, text)| {
                let known = texts.iter().any(|(known, _)| known == name);
                let name = if known { name.to_owned() } else { format!("{DOCUMENTS}{name}") };
                (name, text)
            })
            .collect();
        texts.retain(|(name, _)| !own.iter().any(|(own, _)| own == name));
        let mut tera = Tera::default();
        tera.add_raw_templates(texts).map_err(|error| broken("templates", &error))?;
        for (name, text) in own {
            let told = name.strip_prefix(DOCUMENTS).unwrap_or(&name);
            tera.add_raw_template(&name, text).map_err(|error| broken(told, &error))?;
        }
        Ok(Self { tera })
    }

    /// Whether there is a template for a document.
    pub fn has(&self, document: &Document) -> bool {
        let name = format!("{DOCUMENTS}{}", document.template);
        self.tera.get_template_names().any(|known| known == name)
    }

    /// Templates of a pipeline's folder that take the place of none of the program's, and that neither a document
    /// nor another of them names.
    fn unused<'p>(&self, pipeline: &'p Pipeline) -> Vec<&'p str> {
        let mut texts = Vec::new();
        gather(&TEMPLATES, &mut texts);
        let own = || pipeline.source.templates();
        let is_used = |name: &str| {
            let whole = format!("{DOCUMENTS}{name}");
            texts.iter().any(|(known, _)| known == name || *known == whole)
                || pipeline.documents.values().any(|document| document.template == name)
                || own().any(|(other, text)| other != name && text.contains(&whole))
        };
        own().map(|(name, _)| name).filter(|name| !is_used(name)).collect()
    }

    fn fill(&self, name: &str, context: &Context) -> Result<String, TemplateError> {
        self.tera.render(name, context).map_err(|error| broken(name, &error))
    }

    /// A page of the operator's, from values under their names.
    ///
    /// # Errors
    /// If the template asks for something that the values do not have.
    pub fn page(&self, name: &str, values: &[(&str, &serde_json::Value)]) -> Result<String, TemplateError> {
        let mut context = Context::new();
        for (key, value) in values {
            context.insert((*key).to_owned(), *value);
        }
        self.fill(name, &context)
    }

    /// The page of a document.
    ///
    /// # Errors
    /// If the template asks for something that is not there.
    pub fn paper(
        &self,
        paper: &Paper,
        document: &Document,
        origin: &Origin<'_>,
    ) -> Result<String, TemplateError> {
        let mut context = Context::new();
        let most = if document.layout == PageLayout::Pack { LONG } else { SHORT };
        context.insert("paper", &shortened(paper, most, origin));
        let elements = paper.blocks.iter().flat_map(|block| &block.elements);
        let charts: BTreeMap<&str, String> = elements
            .filter_map(|element| match element {
                Element::Chart(chart) => Some((chart.id, charts::bars(chart))),
                _ => None,
            })
            .collect();
        context.insert("charts", &charts);
        self.fill(&format!("{DOCUMENTS}{}", document.template), &context)
    }

    /// The text of a message with a document of a period.
    ///
    /// # Errors
    /// If the template asks for something that is not there.
    pub fn mail(
        &self,
        (paper, origin): (&Paper, &Origin<'_>),
        status: &str,
        post: &Post,
        numbering: &str,
    ) -> Result<String, TemplateError> {
        let mut context = Self::mail_context((paper, origin), status, post);
        context.insert("numbering", numbering);
        self.fill("documents/mail.txt", &context)
    }

    /// The text of a message about what became of an exception.
    ///
    /// # Errors
    /// If the template asks for something that is not there.
    pub fn event_mail(
        &self,
        paper: (&Paper, &Origin<'_>),
        status: &str,
        post: &Post,
    ) -> Result<String, TemplateError> {
        self.fill("documents/event.txt", &Self::mail_context(paper, status, post))
    }

    fn mail_context((paper, origin): (&Paper, &Origin<'_>), status: &str, post: &Post) -> Context {
        let most = if paper.lead.is_empty() { LONG } else { SHORT };
        let mut context = Context::new();
        context.insert("paper", &shortened(paper, most, origin));
        context.insert("lines", &shortened(&paper.in_mail(), most, origin));
        context.insert("status", status);
        context.insert("post", post);
        context
    }

    /// The text of the mail with documents that were held back when the message they belong to went out.
    ///
    /// # Errors
    /// If the template asks for something that is not there.
    pub fn held_mail(
        &self,
        subject: &str,
        classification: &str,
        files: &[Attached],
    ) -> Result<String, TemplateError> {
        let mut context = Context::new();
        context.insert("subject", subject);
        context.insert("classification", classification);
        context.insert("files", files);
        self.fill("held-back/mail.txt", &context)
    }

    /// The text of the mail that recalls a pack.
    ///
    /// # Errors
    /// If the template asks for something that the notice does not have.
    pub fn recall_mail(&self, notice: &RecallNotice) -> Result<String, TemplateError> {
        let mut context = Context::new();
        context.insert("notice", notice);
        self.fill("recall/mail.txt", &context)
    }

    /// A receipt as text, as it lies beside the file and goes by mail. `most` problems are told under one
    /// heading, the others counted.
    ///
    /// # Errors
    /// If the template asks for something that the receipt does not have.
    pub fn receipt(&self, receipt: &Receipt, most: usize) -> Result<String, TemplateError> {
        self.fill("receipt/receipt.txt", &receipt_context(receipt, most))
    }

    /// The same receipt as a page for browsers and mail readers.
    ///
    /// # Errors
    /// If the template asks for something that the receipt does not have.
    pub fn receipt_mail(&self, receipt: &Receipt, most: usize) -> Result<String, TemplateError> {
        self.fill("receipt/mail.html", &receipt_context(receipt, most))
    }

    /// A receipt as XHTML for the run's folder.
    ///
    /// # Errors
    /// If the template asks for something that the receipt does not have.
    pub fn receipt_page(
        &self,
        receipt: &Receipt,
        most: usize,
        author: &str,
        classification: &str,
    ) -> Result<String, TemplateError> {
        let mut context = receipt_context(receipt, most);
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{faults, shortened};
    use crate::documents::sample::Sample;

    #[test]
    fn a_template_that_nothing_uses_is_told() {
        let mut sample = Sample::new("2026-07-14");
        assert_eq!(faults(&sample.pipeline), []);
        for name in ["a-part.html", "letter.html", "pack.html", "alone.html"] {
            let text = if name == "letter.html" { "{% include \"documents/a-part.html\" %}" } else { "x" };
            sample.pipeline.source.insert(format!("templates/{name}"), text);
        }
        sample.pipeline.documents.get_mut("sbar").unwrap().template = "letter.html".to_owned();
        let told: Vec<String> = faults(&sample.pipeline).iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("templates/alone.html: warning [unused-file]: no document"), "{told:?}");
    }

    #[test]
    fn every_long_text_is_cut_wherever_it_stands_and_names_its_source() {
        let long = "x".repeat(30_000);
        let content =
            json!({ "rows": [{ "text": long, "source": "R0007" }, { "text": "short" }], "reason": long });
        let cut = shortened(&content, 1_000, &|_| None);
        let end =
            |source: &str| format!("x [cut after 1,000 of 30,000 characters: the whole text is in {source}]");
        assert!(cut["rows"][0]["text"].as_str().is_some_and(|text| text.ends_with(&end("R0007"))));
        assert_eq!(cut["rows"][1]["text"], "short");
        assert!(
            cut["reason"].as_str().is_some_and(|text| text.ends_with(&end("the file that was received")))
        );
        let cell = || "visits.xlsx, sheet Visits, cell M7 (R0003)".to_owned();
        let cut = shortened(&content, 1_000, &|text| text.starts_with('x').then(cell));
        assert!(cut["reason"].as_str().is_some_and(|text| text.ends_with(&end(&cell()))));
        let all = shortened(&json!("x".repeat(1_000)), 1_000, &|_| panic!("nothing is cut"));
        assert_eq!(all, json!("x".repeat(1_000)));
    }
}
