//! What can go wrong in a conversation, and how it is told.

use crate::dispatch::{Answer, Stage};
use crate::secret::Secret;

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
    /// It could not be noted that the message was about to be handed over, so it was not.
    NotNoted,
}

impl Fault {
    /// An answer that came where another belongs.
    pub(super) fn nonsense(stage: Stage, what: String) -> Self {
        Self { stage, kind: Kind::Nonsense(what) }
    }

    /// The same without what a server repeats of a secret.
    pub(super) fn without(self, secret: &Secret) -> Self {
        let Self { stage, kind } = self;
        let clean = |text: String| secret.taken_out_of(&text);
        let kind = match kind {
            Kind::Answer(answer) => Kind::Answer(answer.without(secret)),
            Kind::Lost(why) => Kind::Lost(clean(why)),
            Kind::Nonsense(what) => Kind::Nonsense(clean(what)),
            Kind::Tls(why) => Kind::Tls(clean(why)),
            kind @ (Kind::Silent | Kind::NotOffered(_) | Kind::NoAddress | Kind::NotNoted) => kind,
        };
        Self { stage, kind }
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
            Kind::NotNoted => "it could not be noted in the ledger".to_owned(),
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
