//! Every document of both quarters of the demo and of the night between, whole: the words of each page, and
//! what the document says as data. Every message that was sent, by subject and text.
//!
//! One snapshot a document, in `tests/it/papers/`. Hashes and sizes of files say nothing
//! of what a reader is told and are left out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mail_parser::{MessageParser, MimeHeaders};
use serde_json::Value;

use crate::support::{demo, files, repository};

/// The most characters of a value on one line.
const WIDTH: usize = 240;

/// Where the snapshots lie.
const FOLDER: &str = "tests/it/papers";

/// A hash in hexadecimal, of a pipeline (12 digits) or of a file (64).
fn is_hash(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    matches!(word.len(), 12 | 64)
        && word.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
        && (1..word.len()).contains(&digits)
}

/// The same text without hashes, sizes of files and the number of all pages, which would change every page.
fn settled(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let mut rest = line;
        while let Some(at) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
            let (before, from) = rest.split_at(at);
            let end = from.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            out.push_str(before);
            let number = word.chars().all(|c| c.is_ascii_digit());
            if is_hash(word) {
                out.push_str("[hash]");
            } else if number && after.starts_with(" KB") {
                out.push_str("[size]");
            } else if number && out.ends_with(" of ") && line.starts_with("Page ") {
                out.push_str("[all]");
            } else {
                out.push_str(word);
            }
            rest = after;
        }
        out.push_str(rest);
    }
    out
}

/// Holds a text to its snapshot and notes that there is one.
fn hold(folder: &Path, name: &str, text: &str, known: &mut BTreeSet<PathBuf>) {
    known.insert(folder.join(format!("{name}.snap")));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(repository().join(FOLDER).join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, settled(text)));
}

/// The text of a PDF, page by page.
pub fn pages(bytes: &[u8]) -> Vec<String> {
    let document = crate::support::pdf(bytes);
    document.get_pages().into_keys().map(|page| document.extract_text(&[page]).unwrap()).collect()
}

/// What a document says as data: its path is that of the document below `packs/`.
pub fn content(data: &Path, document: &Path) -> String {
    let mut parts = document.components();
    let run = parts.next().unwrap();
    let path = data.join("runs").join(run).join("documents").join(parts.as_path()).with_extension("json");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Writes a value as JSON: what fits into a line stands in one, so that a row of a table is a line.
fn lay_out(out: &mut String, head: &str, value: &Value, indent: &str) {
    let line = value.to_string();
    let inner = format!("{indent}  ");
    match value {
        Value::Array(items) if line.len() > WIDTH => {
            out.push_str(&format!("{indent}{head}[\n"));
            items.iter().for_each(|item| lay_out(out, "", item, &inner));
            out.push_str(&format!("{indent}]\n"));
        }
        Value::Object(fields) if line.len() > WIDTH => {
            out.push_str(&format!("{indent}{head}{{\n"));
            fields.iter().for_each(|(key, field)| lay_out(out, &format!("{key}: "), field, &inner));
            out.push_str(&format!("{indent}}}\n"));
        }
        _ => out.push_str(&format!("{indent}{head}{line}\n")),
    }
}

/// A snapshot of something that is no longer made says nothing: it has to go.
fn nothing_else(folders: &[PathBuf], known: &BTreeSet<PathBuf>) {
    let root = repository().join(FOLDER);
    for folder in folders {
        let there = files(&root.join(folder)).into_keys().map(|path| folder.join(path));
        let old: Vec<PathBuf> = there
            .filter(|path| path.extension().is_some_and(|e| e == "snap") && !known.contains(path))
            .collect();
        assert!(old.is_empty(), "snapshots of what is no longer made, to be removed: {old:?}");
    }
}

#[test]
fn every_document_says_what_it_said() {
    let mut known = BTreeSet::new();
    let all = files(&demo().join("packs"));
    for (path, bytes) in &all {
        assert_eq!(path.extension().unwrap(), "pdf", "{}", path.display());
        let pages = pages(bytes);
        let mut text = String::new();
        for (index, page) in pages.iter().enumerate() {
            text.push_str(&format!("=== page {} ===\n{}\n\n", index + 1, page.trim_end()));
        }
        let content: Value = serde_json::from_str(&content(demo(), path)).unwrap();
        text.push_str("=== as data ===\n");
        lay_out(&mut text, "", &content, "");
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        hold(path.parent().unwrap(), &name, &text, &mut known);
    }
    let runs: BTreeSet<PathBuf> =
        all.keys().map(|path| PathBuf::from(path.components().next().unwrap().as_os_str())).collect();
    assert_eq!(runs.len(), 3, "two quarters and the night between them: {runs:?}");
    nothing_else(&runs.into_iter().collect::<Vec<_>>(), &known);
}

#[test]
fn every_message_says_what_it_said() {
    let mut known = BTreeSet::new();
    let folder = PathBuf::from("outbox");
    for (path, bytes) in files(&demo().join("outbox")) {
        let mail = MessageParser::default().parse(&bytes).unwrap();
        let to = mail.to().and_then(|to| to.first()).and_then(|to| to.address()).unwrap().to_owned();
        let mut text = format!("to: {to}\nsubject: {}\n", mail.subject().unwrap());
        for attachment in mail.attachments() {
            text.push_str(&format!("attached: {}\n", attachment.attachment_name().unwrap_or("(no name)")));
        }
        text.push_str(&format!("\n{}", mail.body_text(0).unwrap()));
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        hold(&folder, &name, &text, &mut known);
    }
    nothing_else(&[folder], &known);
}
