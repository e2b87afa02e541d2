//! `[mail.smtp]`: which mail server, how it is spoken to and how much mail it takes.

use std::path::PathBuf;
use std::time::Duration;

use super::checked::read_choice;
use super::host::is_loopback;
use super::limits::within;
use super::reader::{Placed, Table};
use super::secret::{read_place, read_whole_path};
use crate::diagnostic::Code;
use crate::secret::Place;

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// Its name; the name in its certificate.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Certificates of a private authority in PEM, which are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// How to log in; a relay that knows this machine needs none.
    pub auth: Option<Auth>,
    /// The name under which this machine introduces itself; the domain of the sender if left out.
    pub hello: Option<String>,
    /// How long the connection, the greeting and each command may take.
    pub timeout: Duration,
    /// How long all of them together may take for one message, until the message itself is to be sent.
    pub conversation_timeout: Duration,
    /// How long sending the message itself and the answer to it may take: giving up after its end was sent
    /// leaves its fate unknown.
    pub final_timeout: Duration,
    /// Messages within any minute.
    pub messages_a_minute: u32,
    /// Messages on one connection.
    pub messages_a_connection: u32,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// The connection is upgraded with STARTTLS, or nothing is sent.
    StartTls,
    /// The connection is encrypted from its first byte.
    Tls,
    /// Not at all; for a relay on the same machine.
    None,
}

/// How to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// The mechanism.
    pub mechanism: Mechanism,
    /// Where the name of the account lies.
    pub user: Place,
    /// Where its password or token lies.
    pub secret: Place,
}

/// A mechanism of logging in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// AUTH PLAIN.
    Plain,
    /// AUTH LOGIN.
    Login,
    /// AUTH XOAUTH2 with a bearer token.
    Xoauth2,
}

impl Smtp {
    pub(super) fn read(mut table: Table<'_>) -> Option<Self> {
        let report = table.report().clone();
        let host = table.text("host").filter(|host| plain_word(&table, "host", host));
        let hello = table.text_or_none("hello").filter(|hello| plain_word(&table, "hello", hello));
        let words = [("starttls", Security::StartTls), ("tls", Security::Tls), ("none", Security::None)];
        let security = read_choice(&mut table, "security", &words).unwrap_or(Security::StartTls);
        if let (Security::None, Some(host)) = (security, &host)
            && !is_loopback(&host.value)
        {
            let message = format!("mail to `{}` would travel unencrypted", host.value);
            let help = "write security = \"starttls\" or \"tls\"; \"none\" is for a relay on this machine";
            report.error(&host.at, Code::BadValue, message, Some(help.to_owned()));
        }
        let usual_port = match security {
            Security::StartTls => 587,
            Security::Tls => 465,
            Security::None => 25,
        };
        let port = within(&mut table, "port", usual_port, 1, u32::from(u16::MAX));
        let ca_file = read_whole_path(&mut table, "ca_file");
        let auth = read_auth(&mut table);
        let seconds = |table: &mut Table<'_>, key: &str, usual: u32| {
            Duration::from_secs(u64::from(within(table, key, usual, 1, 3600)))
        };
        let timeout = seconds(&mut table, "timeout_seconds", 60);
        let usual = u32::try_from(timeout.as_secs()).unwrap_or(3600).saturating_mul(5).min(3600);
        let conversation_timeout = seconds(&mut table, "conversation_timeout_seconds", usual);
        let final_timeout = seconds(&mut table, "final_timeout_seconds", 600);
        let messages_a_minute = within(&mut table, "messages_a_minute", 20, 1, 6000);
        let messages_a_connection = within(&mut table, "messages_a_connection", 50, 1, 10_000);
        Some(Self {
            host: host?.value,
            port: u16::try_from(port).unwrap_or(u16::MAX),
            security,
            ca_file,
            auth,
            hello: hello.map(|h| h.value),
            timeout,
            conversation_timeout,
            final_timeout,
            messages_a_minute,
            messages_a_connection,
        })
    }
}

/// Whether a text can stand in a command to the server as one word.
fn plain_word(table: &Table<'_>, key: &str, text: &Placed<String>) -> bool {
    let plain = text.value.chars().all(|c| c.is_ascii_alphanumeric() || "-._:[]".contains(c));
    if !plain {
        let message = format!("`{key}` is \"{}\"; it takes the name of a machine", text.value);
        table.report().error(&text.at, Code::BadValue, message, None);
    }
    plain
}

fn read_auth(table: &mut Table<'_>) -> Option<Auth> {
    let report = table.report().clone();
    let words = [
        ("none", None),
        ("plain", Some(Mechanism::Plain)),
        ("login", Some(Mechanism::Login)),
        ("xoauth2", Some(Mechanism::Xoauth2)),
    ];
    let mechanism = read_choice(table, "auth", &words).flatten();
    let (user, secret) = (read_place(table, "user"), read_place(table, "secret"));
    if mechanism.is_none() && (user.is_some() || secret.is_some()) && !table.has("auth") {
        let help = "write auth = \"plain\", \"login\" or \"xoauth2\"".to_owned();
        report.error(&table.at(), Code::MissingKey, "an account is named and `auth` is not", Some(help));
    }
    let mechanism = mechanism?;
    for (name, place) in [("user", &user), ("secret", &secret)] {
        if place.is_none() && !table.has(&format!("{name}_env")) && !table.has(&format!("{name}_file")) {
            let message = format!("where the {name} of the account lies is not said");
            let help = format!("write {name}_env = \"QUARTERDAY_SMTP_{}\"", name.to_uppercase());
            report.error(&table.at(), Code::MissingKey, message, Some(help));
        }
    }
    Some(Auth { mechanism, user: user?, secret: secret? })
}
