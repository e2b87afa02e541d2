//! The line of a pipeline's file that a diagnostic speaks of, with a caret under the word it names.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::diagnostic::Diagnostic;
use crate::pipeline::Folder;

/// A line longer than this is no help beside its fault.
const LONGEST: usize = 160;

/// A line with one of these may hold a secret, whatever else is wrong with it: it is not repeated.
const NEVER: [&str; 9] =
    ["token", "password", "secret", "apikey", "api_key", "bearer", "authorization", "header", "://"];

/// The lines to print below a diagnostic; none where it speaks of no line, or of one that is blank or very long, or may hold
/// a secret.
pub(super) fn excerpt(diagnostic: &Diagnostic, folder: &Folder) -> Vec<String> {
    let Some(number) = diagnostic.line.and_then(|line| usize::try_from(line).ok()) else { return Vec::new() };
    let text = folder.get(&diagnostic.file).unwrap_or_default();
    let Some(line) = text.lines().nth(number.saturating_sub(1)) else { return Vec::new() };
    let lower = line.to_lowercase();
    let secret = NEVER.iter().any(|word| lower.contains(word)) || lower.trim_start().starts_with("key");
    if secret || line.trim().is_empty() || line.len() > LONGEST {
        return Vec::new();
    }
    let mark = AnnotationKind::Primary.span(named(line, &diagnostic.message));
    let snippet = Snippet::source(line).line_start(number).path(&diagnostic.file).annotation(mark);
    let report = &[Level::ERROR.primary_title("").element(snippet)];
    // The first two lines say the severity and the place: the diagnostic has said them.
    Renderer::plain().render(report).lines().skip(2).map(|line| format!("    {line}")).collect()
}

/// Where the first of the names that the message quotes stands in the line as a word; else all of the line.
fn named(line: &str, message: &str) -> Range<usize> {
    let quoted = |quote: char| message.split(quote).skip(1).step_by(2);
    let names = quoted('`').chain(quoted('"')).chain(quoted('\'')).filter(|name| !name.is_empty());
    let found = names.filter_map(|name| word(line, name)).next();
    found.unwrap_or_else(|| line.len() - line.trim_start().len()..line.trim_end().len())
}

/// Where `name` stands in the line, and not as a part of a longer word.
fn word(line: &str, name: &str) -> Option<Range<usize>> {
    let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let places = line.match_indices(name).map(|(start, found)| start..start + found.len());
    let alone = |at: &Range<usize>| {
        !inside(line[..at.start].chars().next_back()) && !inside(line[at.end..].chars().next())
    };
    let mut places = places.filter(alone);
    places.next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Severity};

    fn shown(text: &str, line: u32, message: &str) -> String {
        let mut folder = Folder::default();
        folder.insert("rules/a.toml", text);
        let (file, message) = ("rules/a.toml".to_owned(), message.to_owned());
        let (severity, code) = (Severity::Error, Code::BadCondition);
        let diagnostic =
            Diagnostic { severity, code, file, line: Some(line), message, help: None, follows: false };
        excerpt(&diagnostic, &folder).join("\n")
    }

    #[test]
    fn the_caret_is_below_the_word_that_is_wrong() {
        let text = "level = 4\nwhen = \"severity_of = 1 and severity = 'Serious'\"\n";
        let found = shown(text, 2, "there is no column `severity`");
        let lines: Vec<&str> = found.lines().collect();
        assert_eq!(lines[1], "    2 | when = \"severity_of = 1 and severity = 'Serious'\"");
        assert_eq!(lines[2].find('^'), lines[1].find("severity ="), "{found}");
        assert_eq!(lines[2].matches('^').count(), "severity".len());
    }

    #[test]
    fn without_a_word_the_whole_line_is_marked() {
        let found = shown("a = 1\n  b = 2\n", 2, "it is not so");
        assert!(found.ends_with("|   ^^^^^"), "{found}");
    }

    #[test]
    fn a_line_that_is_not_there_or_says_nothing_is_not_shown() {
        assert_eq!(shown("a = 1\n\n", 2, "x"), "");
        assert_eq!(shown("a = 1\n", 20, "x"), "");
        assert_eq!(shown(&"a".repeat(500), 1, "x"), "");
        for secret in ["url = \"https://example.org/?x=abc\"", "key = \"abc\"", "Access_Token = 'abc'"] {
            assert_eq!(shown(secret, 1, "x"), "");
        }
        assert!(shown("ä = \"ü`\"\n", 1, "`ü`").contains('^'));
    }
}
