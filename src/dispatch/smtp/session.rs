//! One conversation with a mail server, step by step, each step with its name. The commands, and what the
//! answers mean, are lettre's; the connection is [`Wire`], which ends in time.

use std::sync::Arc;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::commands::{Auth, Data, Ehlo, Mail, Quit, Rcpt, Rset, Starttls};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter, ServerInfo};
use lettre::transport::smtp::response::{Response, Severity};
use rustls::ClientConfig;

use super::credentials::Account;
use super::fault::{Fault, Kind};
use super::wire::{Deadline, Wire, answer};
use crate::dispatch::{Answer, Offering, Stage};
use crate::pipeline::Security;

/// Pieces in which a message is written, so that a connection that breaks is known to have broken before
/// or after its end.
const PIECE: usize = 16 * 1024;
/// Challenges of one login; a server that asks more often is not asking for a password.
const CHALLENGES: usize = 10;

/// How to reach and use a server.
pub(super) struct Line {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) hello: String,
    pub(super) credentials: Option<Account>,
    /// For the connection, the greeting and each command.
    pub(super) timeout: Duration,
    /// For all of them together, until the message itself is to be sent.
    pub(super) conversation: Duration,
    /// For the message itself and the answer to it.
    pub(super) final_timeout: Duration,
    pub(super) from: Address,
}

/// An open connection over which messages can be sent.
pub(super) struct Session {
    wire: Wire,
    info: ServerInfo,
    used: u32,
}

impl Line {
    /// The moment by which the conversation about one message has to be over, from now on.
    pub(super) fn begin(&self) -> Deadline {
        Deadline::within(self.conversation)
    }

    /// The moment by which one step has to be over.
    fn step(&self, conversation: Deadline) -> Deadline {
        Deadline::within(self.timeout).or(conversation)
    }

    /// Connects, encrypts and logs in.
    pub(super) fn open(&self, conversation: Deadline) -> Result<Session, Fault> {
        let wire = Wire::connect(&self.host, self.port, self.step(conversation));
        let mut wire = wire.map_err(at(Stage::Connect))?;
        if let (Security::Tls, Some(tls)) = (self.security, &self.tls) {
            wire = wire.encrypt(tls, &self.host).map_err(at(Stage::Tls))?;
        }
        wire.until(self.step(conversation));
        wire.answer().map_err(at(Stage::Greeting))?;
        let mut session = Session { wire, info: ServerInfo::default(), used: 0 };
        session.hello(self, Stage::Greeting, conversation)?;
        if self.security == Security::StartTls {
            session = session.start_tls(self, conversation)?;
        }
        if self.security != Security::None && !session.wire.is_encrypted() {
            return Err(Fault { stage: Stage::Tls, kind: Kind::NotOffered("encryption") });
        }
        if let Some(account) = &self.credentials {
            session.log_in(self, account, conversation)?;
        }
        Ok(session)
    }
}

/// The fault of a stage.
fn at(stage: Stage) -> impl Fn(Kind) -> Fault {
    move |kind| Fault { stage, kind }
}

impl Session {
    /// Messages that were tried on this connection.
    pub(super) fn used(&self) -> u32 {
        self.used
    }

    /// Gives a command and reads the answer; any yes will do.
    fn command(&mut self, command: impl std::fmt::Display, until: Deadline) -> Result<Response, Kind> {
        self.wire.until(until);
        self.wire.write(command.to_string().as_bytes())?;
        self.wire.answer()
    }

    /// Introduces this machine, and hears what the server can do.
    fn hello(&mut self, line: &Line, stage: Stage, conversation: Deadline) -> Result<(), Fault> {
        let hello = Ehlo::new(ClientId::Domain(line.hello.clone()));
        let response = self.command(hello, line.step(conversation)).map_err(at(stage))?;
        let told = |_| Fault::nonsense(stage, answer(&response).to_string());
        self.info = ServerInfo::from_response(&response).map_err(told)?;
        Ok(())
    }

    fn start_tls(mut self, line: &Line, conversation: Deadline) -> Result<Self, Fault> {
        let offered = self.info.supports_feature(Extension::StartTls);
        let Some(tls) = line.tls.as_ref().filter(|_| offered) else {
            return Err(Fault { stage: Stage::Tls, kind: Kind::NotOffered("STARTTLS") });
        };
        let ready = self.command(Starttls, line.step(conversation)).map_err(at(Stage::Tls))?;
        expect(Stage::Tls, &ready, Severity::PositiveCompletion)?;
        self.wire.until(line.step(conversation));
        let wire = self.wire.encrypt(tls, &line.host).map_err(at(Stage::Tls))?;
        // What was offered without encryption does not count any more.
        let mut session = Self { wire, info: ServerInfo::default(), used: self.used };
        session.hello(line, Stage::Tls, conversation)?;
        Ok(session)
    }

    fn log_in(&mut self, line: &Line, account: &Account, conversation: Deadline) -> Result<(), Fault> {
        let Account { mechanism, credentials, .. } = account;
        let (mechanism, fault) = (*mechanism, at(Stage::Auth));
        if !self.info.supports_auth_mechanism(mechanism) {
            return Err(fault(Kind::NotOffered(match mechanism {
                Mechanism::Plain => "AUTH PLAIN",
                Mechanism::Login => "AUTH LOGIN",
                Mechanism::Xoauth2 => "AUTH XOAUTH2",
            })));
        }
        let strange = |_| fault(Kind::Nonsense("it asks for something that is no login".to_owned()));
        let login = Auth::new(mechanism, credentials.clone(), None).map_err(strange)?;
        let mut response = self.command(login, line.step(conversation)).map_err(&fault)?;
        for _ in 0..CHALLENGES {
            if !response.has_code(334) {
                break;
            }
            response = match mechanism {
                Mechanism::Login => {
                    let next = Auth::new_from_response(mechanism, credentials.clone(), &response);
                    self.command(next.map_err(strange)?, line.step(conversation))
                }
                // A rejected token is answered with a challenge that wants an empty line before the refusal.
                _ => self.command("\r\n", line.step(conversation)),
            }
            .map_err(&fault)?;
        }
        expect(Stage::Auth, &response, Severity::PositiveCompletion).map(|_| ())
    }

    /// Sends one message to one address; gives the answer to it. Before the server hears of the recipient it
    /// is noted that the message is being handed over.
    pub(super) fn transact(
        &mut self,
        line: &Line,
        conversation: Deadline,
        (to, bytes): (Address, &[u8]),
        offering: &mut Offering<'_>,
    ) -> Result<Answer, Fault> {
        self.used += 1;
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
                true if !self.info.supports_feature(feature) => {
                    return Err(Fault { stage: Stage::Recipient, kind: told });
                }
                true => parameters.push(parameter),
                false => {}
            }
        }
        let mut step = |stage, command: String, severity| {
            let response = self.command(command, line.step(conversation)).map_err(at(stage))?;
            expect(stage, &response, severity)
        };
        let yes = Severity::PositiveCompletion;
        step(Stage::Sender, Mail::new(Some(line.from.clone()), parameters).to_string(), yes)?;
        if !offering() {
            return Err(Fault { stage: Stage::Sender, kind: Kind::NotNoted });
        }
        step(Stage::Recipient, Rcpt::new(to, Vec::new()).to_string(), yes)?;
        step(Stage::Data, Data.to_string(), Severity::PositiveIntermediate)?;
        self.content(line, bytes)
    }

    /// Sends the message itself. A fault before the final dot was written is not the fault of one that may
    /// have been taken.
    fn content(&mut self, line: &Line, bytes: &[u8]) -> Result<Answer, Fault> {
        self.wire.until(Deadline::within(line.final_timeout));
        // The line end before the final dot is the message's own last one.
        let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
        let mut dots = Dots { at_line_start: true, after_return: false };
        for piece in bytes.chunks(PIECE) {
            self.wire.write(&dots.doubled(piece)).map_err(at(Stage::Content))?;
        }
        let fault = at(Stage::FinalDot);
        self.wire.write(b"\r\n.\r\n").map_err(&fault)?;
        let response = self.wire.answer().map_err(&fault)?;
        expect(Stage::FinalDot, &response, Severity::PositiveCompletion)
    }

    /// The connection for the next message, if it can be used for one. After a refusal the server is told
    /// to forget what it was told.
    pub(super) fn ready_for_next(mut self, line: &Line, refused: bool) -> Option<Self> {
        if refused && self.command(Rset, Deadline::within(line.timeout)).is_err() {
            return None;
        }
        Some(self)
    }

    /// Says goodbye; what the server says to that matters no more.
    pub(super) fn quit(mut self, line: &Line) {
        let _ = self.command(Quit, Deadline::within(line.timeout.min(GOODBYE)));
    }
}

/// Nobody waits longer for the answer to a goodbye.
const GOODBYE: Duration = Duration::from_secs(10);

/// Doubles a dot at the beginning of a line, so that no line of a message is taken for its end.
struct Dots {
    at_line_start: bool,
    after_return: bool,
}

impl Dots {
    fn doubled(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(piece.len() + piece.len() / 64);
        for byte in piece {
            if self.at_line_start && *byte == b'.' {
                out.push(b'.');
            }
            out.push(*byte);
            self.at_line_start = self.after_return && *byte == b'\n';
            self.after_return = *byte == b'\r';
        }
        out
    }
}

/// The answer, if it is a yes of the kind that belongs here.
fn expect(stage: Stage, response: &Response, severity: Severity) -> Result<Answer, Fault> {
    let answer = answer(response);
    match response.code().severity == severity {
        true => Ok(answer),
        false => Err(Fault::nonsense(stage, answer.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_at_the_beginning_of_lines_are_doubled_wherever_the_pieces_end() {
        let message = b".first\r\nsecond\r\n.\r\nx.y\r\n..two\r\na\n.b";
        let wanted = b"..first\r\nsecond\r\n..\r\nx.y\r\n...two\r\na\n.b";
        for size in 1..=message.len() {
            let mut dots = Dots { at_line_start: true, after_return: false };
            let sent: Vec<u8> = message.chunks(size).flat_map(|piece| dots.doubled(piece)).collect();
            assert_eq!(sent, wanted, "in pieces of {size}");
        }
    }
}
