//! Secrets never stand in the pipeline folder: what looks like one is refused, without being repeated,
//! and where one is kept is named by an environment variable or a file.

use std::path::{Path, PathBuf};

use reqwest::Url;

use super::reader::Table;
use crate::diagnostic::Code;
use crate::secret::Place;

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
        let help = "name where it is kept: token_env = \"QUARTERDAY_TOKEN\" or token_file = \"/etc/quarterday/token\"";
        let message = format!("`{key}` would put a secret into the pipeline folder");
        table.report().error(&table.at_of(key), Code::Secret, message, Some(help.to_owned()));
    }
}

/// Where a secret is kept, as `<name>_env` or `<name>_file` says.
pub(super) fn read_place(table: &mut Table<'_>, name: &str) -> Option<Place> {
    let report = table.report().clone();
    let (variable_key, file_key) = (format!("{name}_env"), format!("{name}_file"));
    let variable = table.text_or_none(&variable_key);
    let file = read_whole_path(table, &file_key);
    if let (Some(variable), Some(_)) = (&variable, &file) {
        let message = format!("`{variable_key}` and `{file_key}` stand together; name one of them");
        report.error(&variable.at, Code::BadValue, message, None);
    }
    let Some(name) = variable else { return file.map(Place::File) };
    let first = |c: char| c.is_ascii_uppercase() || c == '_';
    let fits = name.value.starts_with(first)
        && name.value.len() <= 64
        && name.value.chars().all(|c| first(c) || c.is_ascii_digit());
    if !fits {
        let message = format!("`{variable_key}` is not the name of an environment variable");
        let help = "capital letters, digits and _, such as QUARTERDAY_TOKEN; never the secret itself";
        report.error(&name.at, Code::Secret, message, Some(help.to_owned()));
        return None;
    }
    Some(Place::Variable(name.value))
}

/// The whole path of a file outside the pipeline folder. What was written is not repeated: it may be the
/// secret itself.
pub(super) fn read_whole_path(table: &mut Table<'_>, key: &str) -> Option<PathBuf> {
    let text = table.text_or_none(key)?;
    let path = PathBuf::from(&text.value);
    if rooted(&path, &text.value) {
        return Some(path);
    }
    let message = format!("`{key}` is not the whole path of a file outside the pipeline folder");
    let help = Some("begin it with / or with a drive, as in /etc/quarterday/…".to_owned());
    table.report().error(&text.at, Code::BadValue, message, help);
    None
}

/// Whether a path is whole, on this system or on Windows: a folder is checked where it is written too.
fn rooted(path: &Path, text: &str) -> bool {
    let drive = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic())
        && matches!(text.get(1..3), Some(":\\" | ":/"));
    path.is_absolute() || drive || text.starts_with("\\\\")
}
