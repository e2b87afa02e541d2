//! The name and password of the account, read where the pipeline says and from nowhere else.

use std::fs;
use std::path::Path;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use thiserror::Error;

use crate::pipeline::{self, Auth, SecretPlace};

/// Why an account cannot be used. Never holds a value, only where it should have been.
#[derive(Debug, Error)]
pub enum CredentialsError {
    /// A variable that is not set.
    #[error("the variable {0} of the environment is not set; it holds the {1} of the mail account")]
    Unset(String, &'static str),
    /// A file that cannot be read.
    #[error("the file {0} with the {1} of the mail account cannot be read: {2}")]
    Unreadable(String, &'static str, String),
    /// A value that cannot be one.
    #[error("the {1} of the mail account in {0} is empty or has several lines")]
    Unusable(String, &'static str),
    /// A secret among the files that an analyst edits and shares.
    #[error("{0} lies in a pipeline folder; keep the {1} of the mail account outside it")]
    InPipeline(String, &'static str),
}

/// A way to log in.
pub(super) struct Account {
    pub(super) mechanism: Mechanism,
    pub(super) credentials: Credentials,
}

/// Reads the account.
pub(super) fn read(auth: &Auth) -> Result<Account, CredentialsError> {
    let mechanism = match auth.mechanism {
        pipeline::Mechanism::Plain => Mechanism::Plain,
        pipeline::Mechanism::Login => Mechanism::Login,
        pipeline::Mechanism::Xoauth2 => Mechanism::Xoauth2,
    };
    let user = value(&auth.user, "name")?;
    let secret = value(&auth.secret, if mechanism == Mechanism::Xoauth2 { "token" } else { "password" })?;
    Ok(Account { mechanism, credentials: Credentials::new(user, secret) })
}

fn value(place: &SecretPlace, what: &'static str) -> Result<String, CredentialsError> {
    let (found, told) = match place {
        SecretPlace::Environment(name) => {
            let found = std::env::var(name).map_err(|_| CredentialsError::Unset(name.clone(), what))?;
            (found, name.clone())
        }
        SecretPlace::File(path) => {
            let told = path.display().to_string();
            if is_in_pipeline(path) {
                return Err(CredentialsError::InPipeline(told, what));
            }
            let found = fs::read_to_string(path)
                .map_err(|error| CredentialsError::Unreadable(told.clone(), what, error.to_string()))?;
            (found, told)
        }
    };
    let value = found.trim_end_matches(['\r', '\n']);
    // A control character would end the command to the server and begin another.
    if value.is_empty() || value.chars().any(char::is_control) {
        return Err(CredentialsError::Unusable(told, what));
    }
    Ok(value.to_owned())
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

    fn file(name: &str, text: &str) -> (tempfile::TempDir, SecretPlace) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        (dir, SecretPlace::File(path))
    }

    #[test]
    fn a_secret_is_read_without_its_line_end_and_never_told() {
        let (_dir, place) = file("secret", "pass word\r\n");
        assert_eq!(value(&place, "password").unwrap(), "pass word");
        let (_dir, place) = file("secret", "hunter2\nRSET\n");
        let error = value(&place, "password").unwrap_err().to_string();
        assert!(error.contains("several lines") && !error.contains("hunter2"), "{error}");
        let (_dir, place) = file("secret", "\n");
        assert!(matches!(value(&place, "password"), Err(CredentialsError::Unusable(..))));
    }

    #[test]
    fn a_secret_in_a_pipeline_folder_is_refused() {
        let (dir, place) = file("secrets/mail", "x");
        assert!(value(&place, "password").is_ok());
        fs::write(dir.path().join("pipeline.toml"), "").unwrap();
        assert!(matches!(value(&place, "password"), Err(CredentialsError::InPipeline(..))));
    }

    #[test]
    fn what_is_not_there_is_named() {
        let place = SecretPlace::Environment("QUARTERDAY_NO_SUCH_VARIABLE".into());
        let error = value(&place, "password").unwrap_err().to_string();
        assert!(error.contains("QUARTERDAY_NO_SUCH_VARIABLE"), "{error}");
        let place = SecretPlace::File("/no/such/file".into());
        assert!(value(&place, "name").unwrap_err().to_string().contains("/no/such/file"));
    }
}
