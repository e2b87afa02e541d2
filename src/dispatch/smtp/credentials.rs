//! The account at the mail server.

use lettre::transport::smtp::authentication::{Credentials, Mechanism};

use crate::pipeline::{self, Auth};
use crate::secret::{Kind, Secret, SecretError, environment};

/// A way to log in.
pub(super) struct Account {
    pub(super) mechanism: Mechanism,
    pub(super) credentials: Credentials,
    /// What must never be repeated, whoever says it.
    pub(super) secret: Secret,
}

/// Reads the account from where the pipeline says that it lies.
pub(super) fn read(auth: &Auth) -> Result<Account, SecretError> {
    let (mechanism, kind) = match auth.mechanism {
        pipeline::Mechanism::Plain => (Mechanism::Plain, Kind::Password),
        pipeline::Mechanism::Login => (Mechanism::Login, Kind::Password),
        pipeline::Mechanism::Xoauth2 => (Mechanism::Xoauth2, Kind::Token),
    };
    let user = auth.user.read(Kind::Name, &environment)?;
    let secret = auth.secret.read(kind, &environment)?;
    let credentials = Credentials::new(user.reveal().to_owned(), secret.reveal().to_owned());
    Ok(Account { mechanism, credentials, secret })
}
