//! Secrets: named by the place where they are kept, read when they are needed, and never told.

mod taken_out;

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Where a secret is kept. It is never in the pipeline folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a variable of the environment.
    Variable(String),
    /// In a file outside the pipeline folder.
    File(PathBuf),
}

/// What is kept there, as messages name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The name of an account.
    Name,
    /// A password.
    Password,
    /// A token, which is one word.
    Token,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "the name of the account",
            Self::Password => "the password",
            Self::Token => "the token",
        })
    }
}

/// A secret: it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret itself, for whom it is meant.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// A text without what tells of the secret: what a server answers may repeat what it was told, in whole or
    /// in part and in another form, and is kept and shown.
    pub fn taken_out_of(&self, text: &str) -> String {
        let (mut out, mut at) = (String::with_capacity(text.len()), 0);
        for (from, to) in taken_out::parts(&self.0, text) {
            out.push_str(text.get(at..from).unwrap_or_default());
            out.push_str(TAKEN_OUT);
            at = to;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }
}

/// What stands where a secret was.
const TAKEN_OUT: &str = "(a secret, not repeated)";

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a secret cannot be used. Tells where it should have been, never what was there.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SecretError {
    /// A variable that is not set.
    #[error("the environment variable {0}, which holds {1}, is not set")]
    Unset(String, Kind),
    /// A file that cannot be read.
    #[error("{1} cannot be read from {0}: {2}")]
    Unreadable(String, Kind, &'static str),
    /// A value that cannot be one.
    #[error("{0} does not hold {1}: {2} on one line is expected")]
    Unusable(String, Kind, &'static str),
    /// A secret among the files that an analyst edits and shares.
    #[error("{0} lies in a pipeline folder; keep {1} outside it")]
    InPipeline(String, Kind),
}

impl Place {
    /// Reads what is kept here; `variables` is the environment.
    ///
    /// # Errors
    /// If it is not there, or cannot be what is expected, or lies in a pipeline folder.
    pub fn read(
        &self,
        kind: Kind,
        variables: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Secret, SecretError> {
        let (found, told) = match self {
            Self::Variable(name) => {
                let found = variables(name).ok_or_else(|| SecretError::Unset(name.clone(), kind))?;
                (found, format!("the environment variable {name}"))
            }
            Self::File(path) => {
                let told = path.display().to_string();
                if is_in_pipeline(path) {
                    return Err(SecretError::InPipeline(told, kind));
                }
                let found = fs::read_to_string(path).map_err(|error| {
                    let why = match error.kind() {
                        ErrorKind::NotFound => "it is not there",
                        ErrorKind::PermissionDenied => "you may not read it",
                        _ => "it is not a readable text",
                    };
                    SecretError::Unreadable(told.clone(), kind, why)
                })?;
                (found, told)
            }
        };
        let text = match kind {
            Kind::Token => found.trim(),
            Kind::Name | Kind::Password => found.trim_end_matches(['\r', '\n']),
        };
        let (fits, expected): (fn(char) -> bool, _) = match kind {
            Kind::Token => (|c| !c.is_whitespace() && !c.is_control(), "one word"),
            // A control character would end the command to the server and begin another.
            Kind::Name | Kind::Password => (|c| !c.is_control(), "a text"),
        };
        if text.is_empty() || !text.chars().all(fits) {
            return Err(SecretError::Unusable(told, kind, expected));
        }
        Ok(Secret(text.to_owned()))
    }
}

/// The environment of this process.
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Whether a file lies in or below a folder with a `pipeline.toml`.
fn is_in_pipeline(path: &Path) -> bool {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    [path, whole.as_path()]
        .iter()
        .flat_map(|path| path.ancestors().skip(1))
        .any(|dir| dir.join("pipeline.toml").is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> (tempfile::TempDir, Place) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        (dir, Place::File(path))
    }

    fn read(place: &Place, kind: Kind) -> Result<String, SecretError> {
        let variables = |name: &str| (name == "HERE").then(|| " abc\n".to_owned());
        place.read(kind, &variables).map(|secret| secret.reveal().to_owned())
    }

    #[test]
    fn a_secret_is_read_without_its_line_end() {
        let (_dir, place) = file("secret", "pass word\r\n");
        assert_eq!(read(&place, Kind::Password).unwrap(), "pass word");
        assert_eq!(read(&Place::Variable("HERE".into()), Kind::Token).unwrap(), "abc");
        assert_eq!(read(&Place::Variable("HERE".into()), Kind::Password).unwrap(), " abc");
    }

    #[test]
    fn what_cannot_be_a_secret_is_refused_and_never_told() {
        for (text, kind) in
            [("hunter2\nRSET\n", Kind::Password), ("hunter2 hush\n", Kind::Token), ("\n", Kind::Name)]
        {
            let (_dir, place) = file("secret", text);
            let error = read(&place, kind).unwrap_err();
            assert!(matches!(error, SecretError::Unusable(..)), "{error:?}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        assert_eq!(format!("{:?}", Secret("hunter2".into())), "Secret(…)");
    }

    #[test]
    fn an_answer_that_repeats_the_secret_is_kept_without_it() {
        use base64::Engine as _;
        let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        let secret = Secret("hunter2-battery".into());
        let plain = encode("\0sender@icb.example\0hunter2-battery");
        let bearer = encode("user=sender@icb.example\u{1}auth=Bearer hunter2-battery\u{1}\u{1}");
        let alone = encode("hunter2-battery");
        for (answer, kept) in [
            (format!("5.7.8 unknown command AUTH PLAIN {plain}"), "5.7.8 unknown command AUTH PLAIN @"),
            (format!("5.7.8 <{alone}>: no"), "5.7.8 <@>: no"),
            (format!("5.7.8 <{}>: no", alone.trim_end_matches('=')), "5.7.8 <@>: no"),
            (format!("{bearer} refused"), "@ refused"),
            (format!("line=AUTHx{plain} refused"), "@ refused"),
            ("535 password hunter2-battery is wrong".to_owned(), "535 password @ is wrong"),
            ("535 HUNTER2-BATTERY?".to_owned(), "535 @?"),
            ("535 \u{e9}hunter2-batteryhunter2-battery".to_owned(), "535 \u{e9}@@"),
            (format!("5.7.8 {} {}", &plain[..plain.len() - 8], &plain[plain.len() - 8..]), "5.7.8 @"),
            ("535 hunter2- battery".to_owned(), "535 @"),
            ("250 2.0.0 Ok: queued as 4F1C8A0123".to_owned(), "250 2.0.0 Ok: queued as 4F1C8A0123"),
            (String::new(), ""),
        ] {
            let wanted = kept.replace('@', TAKEN_OUT);
            assert_eq!(secret.taken_out_of(&answer), wanted, "{answer}");
        }
        assert_eq!(Secret("long enough for any line".into()).taken_out_of("no"), "no");
    }

    #[test]
    fn a_secret_in_a_pipeline_folder_is_refused() {
        for kind in [Kind::Password, Kind::Token] {
            let (dir, place) = file("secrets/mail", "x");
            assert!(read(&place, kind).is_ok());
            fs::write(dir.path().join("pipeline.toml"), "").unwrap();
            assert!(matches!(read(&place, kind), Err(SecretError::InPipeline(..))));
        }
    }

    #[test]
    fn what_is_not_there_is_named() {
        let told = |place| read(&place, Kind::Token).unwrap_err().to_string();
        assert_eq!(
            told(Place::Variable("ELSEWHERE".into())),
            "the environment variable ELSEWHERE, which holds the token, is not set"
        );
        assert_eq!(
            told(Place::File("/no/such/file".into())),
            "the token cannot be read from /no/such/file: it is not there"
        );
    }
}
