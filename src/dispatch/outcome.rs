//! How far a message came, and what that means for it and for those after it.

use serde::Serialize;

use super::Answer;

/// How far a conversation with a mail server came.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::IntoStaticStr, strum::VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Stage {
    /// Reading the message and the settings, before anything else.
    Preparing,
    /// Finding and reaching the server.
    Connect,
    /// Its first words, and the answer to ours.
    Greeting,
    /// Encrypting the connection.
    Tls,
    /// Logging in.
    Auth,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`.
    Data,
    /// While the message itself was being sent, before its end.
    Content,
    /// After the final dot: the server may have taken the message.
    FinalDot,
}

impl Stage {
    /// Every stage, from the first to the last.
    pub const ALL: &[Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The word for it in the ledger.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Where in the conversation it is, for a sentence.
    pub fn told(self) -> &'static str {
        match self {
            Stage::Preparing => "before anything was sent",
            Stage::Connect => "connecting",
            Stage::Greeting => "at the greeting",
            Stage::Tls => "encrypting the connection",
            Stage::Auth => "logging in",
            Stage::Sender => "at MAIL FROM",
            Stage::Recipient => "at RCPT TO",
            Stage::Data => "at DATA",
            Stage::Content => "in the middle of the message",
            Stage::FinalDot => "after the whole message",
        }
    }
}

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How far it came.
    pub stage: Stage,
    /// What that means.
    pub fate: Fate,
    /// What the server answered last, or what went wrong instead.
    pub answer: Option<Answer>,
    /// What happened, in words without addresses of the server's making.
    pub what: String,
}

/// What an outcome means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The other side took it.
    Accepted,
    /// Not now; nothing says that a later try fails too. `lost`: the connection broke.
    Later {
        /// Whether the connection broke.
        lost: bool,
    },
    /// Not now, and not because of this message or its address: the others wait too.
    Busy,
    /// Never, for this message or this address.
    Refused,
    /// Refused by a policy: either this address takes nothing from us, or nobody there does.
    Barred,
    /// Nobody knows.
    Unknown,
    /// The server cannot be used at present. Nothing was tried with this message.
    Unavailable,
    /// The settings are wrong. Nothing was tried with this message. What to correct.
    Misconfigured(String),
}

impl Outcome {
    /// The message was taken.
    pub fn accepted(stage: Stage, answer: Option<Answer>) -> Self {
        Self { stage, fate: Fate::Accepted, what: String::new(), answer }
    }
}
