//! How the person who started the program would start it again: what it prints can be copied.

use std::env;
use std::path::{Path, PathBuf};

/// The words that start the program from where the person stands.
///
/// Inside the repository that it was built in, `cargo run`; elsewhere the name by which it was called.
pub fn invocation() -> String {
    let called = env::args().next().unwrap_or_else(|| "quarterday".to_owned());
    let here = env::current_dir().unwrap_or_default();
    named(&called, &env::current_exe().unwrap_or_default(), &here, env::var_os("CARGO").is_some())
}

fn named(called: &str, program: &Path, here: &Path, by_cargo: bool) -> String {
    let profile = program.parent().filter(|dir| dir.parent().is_some_and(is_target));
    if by_cargo
        && let Some(profile) = profile.and_then(Path::file_name)
        && repository(here)
    {
        return match profile.to_str() {
            Some("debug") | None => "cargo run -q --".to_owned(),
            Some("release") => "cargo run -q --release --".to_owned(),
            Some(other) => format!("cargo run -q --profile {other} --"),
        };
    }
    quoted(called)
}

fn is_target(dir: &Path) -> bool {
    dir.join("CACHEDIR.TAG").is_file() || dir.file_name().is_some_and(|name| name == "target")
}

/// Whether `cargo` started here finds a package.
fn repository(here: &Path) -> bool {
    here.ancestors().map(|dir| -> PathBuf { dir.join("Cargo.toml") }).any(|file| file.is_file())
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,\\".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else if cfg!(windows) {
        format!("\"{word}\"")
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_copied() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let at = |profile: &str| here.join("target").join(profile).join("quarterday");
        let called = "target/debug/quarterday";
        assert_eq!(named(called, &at("debug"), here, true), "cargo run -q --");
        assert_eq!(named(called, &at("release"), here, true), "cargo run -q --release --");
        assert_eq!(named(called, &at("ci"), here, true), "cargo run -q --profile ci --");
        assert_eq!(named(called, &at("debug"), here, false), called, "started by hand");
        let installed = Path::new("/usr/local/bin/quarterday");
        assert_eq!(named("quarterday", installed, here, true), "quarterday");
        assert_eq!(named(called, &at("debug"), Path::new("/"), true), called, "cargo finds nothing there");
    }

    #[test]
    fn words_with_spaces_are_quoted() {
        assert_eq!(quoted("demo-data"), "demo-data");
        if cfg!(unix) {
            assert_eq!(quoted("my data"), "'my data'");
            assert_eq!(quoted("it's"), r"'it'\''s'");
        }
    }
}
