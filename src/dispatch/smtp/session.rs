//! One conversation with a mail server, step by step, each step with its name.

use std::cell::Cell;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::{SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Auth, Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};

use super::credentials::Account;
use super::fault::{Fault, Kind};
use crate::dispatch::{Answer, Stage};
use crate::pipeline::Security;
use crate::tls;

/// Pieces in which a message is written, so that a connection that breaks is known to have broken before
/// or after its end.
const PIECE: usize = 16 * 1024;

/// How to reach and use a server.
pub(super) struct Line {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) tls: Option<TlsParameters>,
    pub(super) hello: String,
    pub(super) credentials: Option<Account>,
    pub(super) timeout: Duration,
    pub(super) final_timeout: Duration,
    pub(super) from: Address,
}

/// An open connection over which messages can be sent.
pub(super) struct Session {
    connection: SmtpConnection,
    used: u32,
}

impl Line {
    /// Connects, encrypts and logs in.
    pub(super) fn open(&self) -> Result<Session, Fault> {
        let hello = ClientId::Domain(self.hello.clone());
        let wrapper = self.tls.as_ref().filter(|_| self.security == Security::Tls);
        let address = (self.host.as_str(), self.port);
        let mut connection = SmtpConnection::connect(address, Some(self.timeout), &hello, wrapper, None)
            .map_err(|error| self.not_open(&error))?;
        if self.security == Security::StartTls {
            let Some(tls) = self.tls.as_ref().filter(|_| connection.can_starttls()) else {
                return Err(Fault { stage: Stage::Tls, kind: Kind::NotOffered("STARTTLS") });
            };
            connection.starttls(tls, &hello).map_err(|error| Fault::of(Stage::Tls, &error))?;
        }
        if self.security != Security::None && !connection.is_encrypted() {
            return Err(Fault { stage: Stage::Tls, kind: Kind::NotOffered("encryption") });
        }
        if let Some(account) = &self.credentials {
            log_in(&mut connection, account)?;
        }
        Ok(Session { connection, used: 0 })
    }

    /// lettre reaches the server, encrypts, and reads the greeting in one step.
    fn not_open(&self, error: &lettre::transport::smtp::Error) -> Fault {
        let fault = Fault::of(Stage::Connect, error);
        let greeted = error.is_response() || error.status().is_some();
        let stage = match &fault.kind {
            Kind::Tls(_) => Stage::Tls,
            // Silence while connecting is a "connection error"; afterwards the server owes a greeting.
            Kind::Silent | Kind::Lost(_) if !greeted && error.to_string().starts_with("Connection") => {
                Stage::Connect
            }
            _ => Stage::Greeting,
        };
        Fault { stage, kind: fault.kind }
    }
}

fn log_in(connection: &mut SmtpConnection, account: &Account) -> Result<(), Fault> {
    let Account { mechanism, credentials } = account;
    let fault = |error: lettre::transport::smtp::Error| Fault::of(Stage::Auth, &error);
    if !connection.server_info().supports_auth_mechanism(*mechanism) {
        let kind = Kind::NotOffered(match mechanism {
            Mechanism::Plain => "AUTH PLAIN",
            Mechanism::Login => "AUTH LOGIN",
            Mechanism::Xoauth2 => "AUTH XOAUTH2",
        });
        return Err(Fault { stage: Stage::Auth, kind });
    }
    if *mechanism == Mechanism::Login {
        return connection.auth(&[Mechanism::Login], credentials).map(|_| ()).map_err(fault);
    }
    let command = Auth::new(*mechanism, credentials.clone(), None).map_err(fault)?;
    let mut response = connection.command(command).map_err(fault)?;
    if response.has_code(334) {
        // A rejected token is answered with a challenge that wants an empty line before the refusal.
        response = connection.command("\r\n").map_err(fault)?;
    }
    expect(Stage::Auth, response, Severity::PositiveCompletion).map(|_| ())
}

impl Session {
    /// Messages that were tried on this connection.
    pub(super) fn used(&self) -> u32 {
        self.used
    }

    /// Sends one message to one address; gives the answer to it.
    pub(super) fn transact(&mut self, line: &Line, to: Address, bytes: &[u8]) -> Result<Answer, Fault> {
        self.used += 1;
        let connection = &mut self.connection;
        let mut parameters = Vec::new();
        let wide = !(line.from.to_string().is_ascii() && to.to_string().is_ascii());
        for (needed, feature, parameter, told) in [
            (wide, Extension::SmtpUtfEight, MailParameter::SmtpUtfEight, Kind::NoAddress),
            (
                !bytes.is_ascii(),
                Extension::EightBitMime,
                MailParameter::Body(MailBodyParameter::EightBitMime),
                Kind::NotOffered("8BITMIME"),
            ),
        ] {
            match needed {
                true if !connection.server_info().supports_feature(feature) => {
                    return Err(Fault { stage: Stage::Recipient, kind: told });
                }
                true => parameters.push(parameter),
                false => {}
            }
        }
        command(connection, Stage::Sender, Mail::new(Some(line.from.clone()), parameters))?;
        command(connection, Stage::Recipient, Rcpt::new(to, Vec::new()))?;
        let ready = connection.command(Data).map_err(|error| Fault::of(Stage::Data, &error))?;
        expect(Stage::Data, ready, Severity::PositiveIntermediate)?;
        content(connection, line, bytes)
    }

    /// The connection for the next message, if it can be used for one. After a refusal the server is told
    /// to forget what it was told.
    pub(super) fn ready_for_next(mut self, refused: bool) -> Option<Self> {
        if refused && self.connection.command(Rset).is_err() {
            return None;
        }
        Some(self)
    }

    /// Says goodbye; what the server says to that matters no more.
    pub(super) fn quit(mut self) {
        let _ = self.connection.quit();
    }
}

/// Sends the message itself. A fault before the final dot was written is not the fault of one that may
/// have been taken.
fn content(connection: &mut SmtpConnection, line: &Line, bytes: &[u8]) -> Result<Answer, Fault> {
    // lettre ends a message with a line end of its own.
    let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
    let written = Cell::new(false);
    let pieces = bytes.chunks(PIECE).map(Some).chain(std::iter::once_with(|| {
        written.set(true);
        None
    }));
    let lost = |error: std::io::Error| Fault { stage: Stage::Content, kind: Kind::Lost(tls::plain(&error)) };
    connection.set_timeout(Some(line.final_timeout)).map_err(lost)?;
    let sent = connection.message_iter(pieces.map(Option::unwrap_or_default));
    let stage = if written.get() { Stage::FinalDot } else { Stage::Content };
    let response = sent.map_err(|error| Fault::of(stage, &error))?;
    let answer = expect(stage, response, Severity::PositiveCompletion)?;
    // A connection without its timeout would not be used again; the message was taken all the same.
    let _ = connection.set_timeout(Some(line.timeout));
    Ok(answer)
}

fn command(
    connection: &mut SmtpConnection,
    stage: Stage,
    command: impl std::fmt::Display,
) -> Result<Answer, Fault> {
    let response = connection.command(command).map_err(|error| Fault::of(stage, &error))?;
    expect(stage, response, Severity::PositiveCompletion)
}

/// lettre takes any 2xx or 3xx for a yes.
fn expect(stage: Stage, response: Response, severity: Severity) -> Result<Answer, Fault> {
    let answer = Answer {
        code: response.code().into(),
        text: response.message().collect::<Vec<_>>().join(" ").trim().to_owned(),
    };
    match response.code().severity == severity {
        true => Ok(answer),
        false => Err(Fault::nonsense(stage, answer.to_string())),
    }
}
