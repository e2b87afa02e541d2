//! Secrets never stand in the pipeline folder: what looks like one is refused, without being repeated,
//! and a token is named by its environment variable or its file.

use std::path::{Path, PathBuf};

use reqwest::Url;

use super::reader::Table;
use crate::diagnostic::Code;

/// Where a token is kept. The token itself is read when it is needed, and kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// In an environment variable.
    Variable(String),
    /// In a file outside the pipeline folder.
    File(PathBuf),
}

/// Keys under which people write secrets.
const SECRETS: [&str; 10] = [
    "token",
    "access_token",
    "password",
    "secret",
    "api_key",
    "apikey",
    "key",
    "bearer",
    "authorization",
    "header",
];

/// What in an address looks like a secret.
pub(super) fn secret_in(url: &Url) -> Option<String> {
    if url.password().is_some() || !url.username().is_empty() {
        return Some("a user name or password".to_owned());
    }
    let words = ["token", "secret", "password", "signature", "apikey", "subscriptionkey", "accesskey", "sig"];
    let named = url.query_pairs().find(|(name, value)| {
        let name: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        !value.is_empty()
            && (words.iter().any(|w| name.ends_with(w)) || matches!(name.as_str(), "key" | "code"))
    });
    named.map(|(name, _)| format!("what looks like a secret (`{name}`)"))
}

/// Notes keys that would hold a secret, without repeating what they hold.
pub(super) fn refuse_secrets(table: &mut Table<'_>) {
    for key in SECRETS {
        if !table.has(key) {
            continue;
        }
        table.know(key);
        let mend = "name where it is kept: token_env = \"QUARTERDAY_TOKEN\" or token_file = \"/etc/quarterday/token\"";
        let message = format!("`{key}` would put a secret into the pipeline folder");
        table.report().error(&table.at_of(key), Code::Secret, message, Some(mend.to_owned()));
    }
}

/// Where a token is kept, as one of two keys says.
pub(super) fn read_token(table: &mut Table<'_>, variable: &str, file: &str) -> Option<Token> {
    let report = table.report().clone();
    let (variable_key, file_key) = (variable, file);
    let variable = table.text_or_none(variable_key);
    let file = table.text_or_none(file_key);
    if let (Some(_), Some(file)) = (&variable, &file) {
        let message = format!("`{variable_key}` and `{file_key}` stand together; name one of them");
        report.error(&file.at, Code::BadValue, message, None);
    }
    if let Some(name) = variable {
        let first = |c: char| c.is_ascii_uppercase() || c == '_';
        let fits = name.value.starts_with(first)
            && name.value.len() <= 64
            && name.value.chars().all(|c| first(c) || c.is_ascii_digit());
        if !fits {
            let message = format!("`{variable_key}` is not the name of an environment variable");
            let mend =
                "capital letters, digits and _, such as QUARTERDAY_SMARTSHEET_TOKEN; never the token itself";
            report.error(&name.at, Code::Secret, message, Some(mend.to_owned()));
        }
        return Some(Token::Variable(name.value));
    }
    let file = file?;
    let path = PathBuf::from(&file.value);
    if !rooted(&path, &file.value) {
        let message = format!("`{file_key}` is not the full path of a file outside the pipeline folder");
        let mend = Some("such as /etc/quarterday/smartsheet-token".to_owned());
        report.error(&file.at, Code::Secret, message, mend);
    }
    Some(Token::File(path))
}

/// Whether a path is whole, on this system or on Windows: a folder is checked where it is written too.
fn rooted(path: &Path, text: &str) -> bool {
    let drive = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic())
        && matches!(text.get(1..3), Some(":\\" | ":/"));
    path.is_absolute() || drive || text.starts_with("\\\\")
}
