//! SMTP: one recipient a transaction, so that one bad address harms nobody else, and the stage of every
//! failure known, so that what certainly did not arrive is told from what may have.

mod credentials;
mod fault;
mod judge;
mod session;
mod tls;
mod wire;

use lettre::Address;
use thiserror::Error;

use super::{Answer, Offering, Outcome, Parcel, Stage, Transport};
use crate::pipeline;
use crate::secret::SecretError;
use fault::{Fault, Kind};
use session::{Line, Session};

/// Why the mail server cannot even be tried.
#[derive(Debug, Error)]
pub enum SetUpError {
    /// The sender's address.
    #[error("`{0}` is not a mail address; correct `from` in [mail] of pipeline.toml")]
    Sender(String),
    /// The name or the password.
    #[error(transparent)]
    Account(#[from] SecretError),
    /// The certificates of the private authority.
    #[error("ca_file {file} cannot be used: {why}")]
    Authority {
        /// The file.
        file: String,
        /// Why not.
        why: String,
    },
    /// What the TLS library refuses.
    #[error("the connection to {0} cannot be encrypted: {1}")]
    Tls(String, String),
}

/// A mail server, spoken to over one connection at a time.
pub struct Smtp {
    line: Line,
    messages_a_minute: u32,
    messages_a_connection: u32,
    session: Option<Session>,
}

impl Smtp {
    /// Prepares a mail server: secrets and certificates are read now, and nothing is sent yet.
    ///
    /// # Errors
    /// If a secret or a certificate is not where the pipeline says.
    pub fn new(mail: &pipeline::Mail, smtp: &pipeline::Smtp) -> Result<Self, SetUpError> {
        let from: lettre::message::Mailbox =
            mail.from.parse().map_err(|_| SetUpError::Sender(mail.from.clone()))?;
        Ok(Self {
            line: Line {
                credentials: smtp.auth.as_ref().map(credentials::read).transpose()?,
                tls: tls::settings(smtp)?,
                hello: smtp.hello.clone().unwrap_or_else(|| from.email.domain().to_owned()),
                host: smtp.host.clone(),
                port: smtp.port,
                security: smtp.security,
                timeout: smtp.timeout,
                conversation: smtp.conversation_timeout,
                final_timeout: smtp.final_timeout,
                from: from.email,
            },
            messages_a_minute: smtp.messages_a_minute,
            messages_a_connection: smtp.messages_a_connection,
            session: None,
        })
    }

    /// What was said, without what the server repeats of the password or the token.
    fn without_secrets(&self, done: Result<Answer, Fault>) -> Result<Answer, Fault> {
        let Some(account) = &self.line.credentials else { return done };
        done.map(|answer| answer.without(&account.secret)).map_err(|fault| fault.without(&account.secret))
    }

    fn try_to_send(
        &mut self,
        to: Address,
        bytes: &[u8],
        offering: &mut Offering<'_>,
    ) -> Result<Answer, Fault> {
        if self.session.as_ref().is_some_and(|session| session.used() >= self.messages_a_connection) {
            self.finish();
        }
        let conversation = self.line.begin();
        let mut session = match self.session.take() {
            Some(session) => session,
            None => self.line.open(conversation)?,
        };
        let done = session.transact(&self.line, conversation, (to, bytes), offering);
        if done.as_ref().err().is_none_or(Fault::leaves_the_connection) {
            self.session = session.ready_for_next(&self.line, done.is_err());
        }
        done
    }
}

impl Transport for Smtp {
    fn name(&self) -> &'static str {
        "smtp"
    }

    fn send(&mut self, parcel: Parcel<'_>, offering: &mut Offering<'_>) -> Outcome {
        let fault = match parcel.recipient.parse() {
            Ok(to) => {
                let done = self.try_to_send(to, parcel.bytes, offering);
                match self.without_secrets(done) {
                    Ok(answer) => return Outcome::accepted(Stage::FinalDot, Some(answer)),
                    Err(fault) => fault,
                }
            }
            Err(_) => Fault { stage: Stage::Recipient, kind: Kind::NoAddress },
        };
        let server = format!("{}:{}", self.line.host, self.line.port);
        Outcome {
            stage: fault.stage,
            fate: judge::fate(&fault, &server),
            what: fault.told(&server),
            answer: fault.into_answer(),
        }
    }

    fn repeats_safely(&self) -> bool {
        false
    }

    fn messages_a_minute(&self) -> Option<u32> {
        Some(self.messages_a_minute)
    }

    fn finish(&mut self) {
        if let Some(session) = self.session.take() {
            session.quit(&self.line);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;
    use crate::dispatch::Fate;
    use crate::pipeline::{Mail, Posting, Retry, Security, Unknown};

    /// Larger than all the buffers between two ends of a connection on loopback.
    const LARGE: usize = 48 * 1024 * 1024;

    /// A server that takes a message of which it reads only the beginning, or all of it, and then closes.
    fn broken_off(whole: bool, bytes: &[u8]) -> Outcome {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"220 ready\r\n").unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            for answer in ["250 hello", "250 ok", "250 ok", "354 go on"] {
                reader.read_line(&mut String::new()).unwrap();
                stream.write_all(format!("{answer}\r\n").as_bytes()).unwrap();
            }
            let mut begun = [0; 1024];
            reader.read_exact(&mut begun).unwrap();
            if whole {
                let mut line = String::new();
                while line != ".\r\n" {
                    line.clear();
                    reader.read_line(&mut line).unwrap();
                }
            }
        });
        let smtp = pipeline::Smtp {
            host: "127.0.0.1".into(),
            port,
            security: Security::None,
            ca_file: None,
            auth: None,
            hello: None,
            timeout: Duration::from_secs(30),
            conversation_timeout: Duration::from_secs(60),
            final_timeout: Duration::from_secs(30),
            messages_a_minute: 20,
            messages_a_connection: 20,
        };
        let mail = Mail {
            from: "a@icb.example".into(),
            reply: "a@icb.example".into(),
            smtp: Some(smtp.clone()),
            retry: Retry::default(),
            unknown: Unknown::Hold,
            posting: Posting { secure_domains: None, budget: 10_000_000, packs_link: None },
        };
        let mut transport = Smtp::new(&mail, &smtp).unwrap();
        let outcome =
            transport.send(Parcel { file: "a.eml", recipient: "b@icb.example", bytes }, &mut || true);
        server.join().unwrap();
        outcome
    }

    #[test]
    fn a_message_whose_end_was_never_written_did_not_arrive() {
        let line = [b"x".repeat(74), b"\r\n".to_vec()].concat();
        let large = line.repeat(LARGE / line.len());
        let outcome = broken_off(false, &large);
        assert_eq!((outcome.stage, outcome.fate), (Stage::Content, Fate::Later { lost: true }));
        let outcome = broken_off(true, &line.repeat(100));
        assert_eq!((outcome.stage, outcome.fate), (Stage::FinalDot, Fate::Unknown));
    }
}
