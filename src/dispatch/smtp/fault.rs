//! What can go wrong in a conversation, read out of lettre's errors: they tell a broken connection from a
//! bad answer only in the chain of their causes.

use std::error::Error as _;
use std::io;

use lettre::transport::smtp::Error;

use crate::dispatch::{Answer, Stage};
use crate::tls;

/// Something that went wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) stage: Stage,
    pub(super) kind: Kind,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// The server answered, and not with yes.
    Answer(Answer),
    /// The connection could not be made or broke.
    Lost(String),
    /// No answer in time.
    Silent,
    /// What came is not SMTP, or not what belongs here.
    Nonsense(String),
    /// The certificate or the encryption.
    Tls(String),
    /// The server does not offer what we need.
    NotOffered(&'static str),
    /// The recipient's address is none.
    NoAddress,
}

impl Fault {
    /// Reads an error of lettre.
    pub(super) fn of(stage: Stage, error: &Error) -> Self {
        Self { stage, kind: kind(error) }
    }

    /// An answer that came where another belongs.
    pub(super) fn nonsense(stage: Stage, what: String) -> Self {
        Self { stage, kind: Kind::Nonsense(what) }
    }

    /// Whether the connection can be used for the next message.
    pub(super) fn leaves_the_connection(&self) -> bool {
        match &self.kind {
            Kind::Answer(answer) => answer.code != 421 && self.stage >= Stage::Sender,
            Kind::NoAddress => true,
            _ => false,
        }
    }

    /// What went wrong, in words.
    pub(super) fn told(&self, server: &str) -> String {
        match &self.kind {
            Kind::Lost(why) if self.stage == Stage::Connect => format!("{server} cannot be reached: {why}"),
            Kind::Silent if self.stage == Stage::Connect => format!("{server} does not answer"),
            Kind::Answer(answer) => answer.to_string(),
            Kind::Lost(why) => format!("the connection was lost ({why})"),
            // A server that encrypts from the first byte waits for us to begin, as we wait for its greeting.
            Kind::Silent if self.stage == Stage::Greeting => {
                "there was no answer in time; if that lasts check `security` and `port` in [mail.smtp]: \
                 security = \"tls\" usually goes with port 465, \"starttls\" with 587"
                    .to_owned()
            }
            Kind::Silent => "there was no answer in time".to_owned(),
            Kind::Nonsense(what) => format!("the answer makes no sense ({what})"),
            Kind::Tls(why) => format!("the connection could not be encrypted ({why})"),
            Kind::NotOffered(what) => format!("the server does not offer {what}"),
            Kind::NoAddress => "it is not a mail address that this server can take".to_owned(),
        }
    }

    /// The server's answer, if there was one.
    pub(super) fn into_answer(self) -> Option<Answer> {
        match self.kind {
            Kind::Answer(answer) => Some(answer),
            _ => None,
        }
    }
}

fn kind(error: &Error) -> Kind {
    let why = || error.source().map_or_else(|| error.to_string(), ToString::to_string);
    if let Some(code) = error.status() {
        let text = error.source().map(ToString::to_string).unwrap_or_default();
        return Kind::Answer(Answer { code: code.into(), text });
    }
    if let Some(cause) = io_cause(error) {
        // lettre tells a failed handshake as a network error.
        if let Some(tls) = cause.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Kind::Tls(tls.to_string());
        }
        return match cause.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Kind::Silent,
            io::ErrorKind::InvalidData => Kind::Nonsense("it is not text".to_owned()),
            _ => Kind::Lost(tls::plain(cause)),
        };
    }
    if error.is_tls() {
        return Kind::Tls(why());
    }
    let why = why();
    match error.is_response() && why != INCOMPLETE {
        true => Kind::Nonsense("it is not an answer of a mail server".to_owned()),
        false if why == INCOMPLETE => Kind::Lost("the server closed it".to_owned()),
        false => Kind::Lost(why),
    }
}

/// What lettre says when a connection ends before an answer does.
const INCOMPLETE: &str = "incomplete response";

fn io_cause(error: &Error) -> Option<&io::Error> {
    let mut cause = error.source();
    while let Some(found) = cause {
        if let Some(io) = found.downcast_ref::<io::Error>() {
            return Some(io);
        }
        cause = found.source();
    }
    None
}
