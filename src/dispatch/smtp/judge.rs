//! What a fault means: for the message, for its address and for those that wait behind it.
//!
//! A wrong password, a certificate that nobody signed or a sender whom the server does not know say
//! nothing about a recipient. They stop the batch and leave every message as it was.

use super::fault::{Fault, Kind};
use crate::dispatch::{Answer, Fate, Stage};

/// What a fault means.
pub(super) fn fate(fault: &Fault, server: &str) -> Fate {
    let Fault { stage, kind } = fault;
    match (stage, kind) {
        (_, Kind::NoAddress) => Fate::Refused,
        (_, Kind::NotNoted) => Fate::Unavailable,
        (Stage::FinalDot, Kind::Answer(answer)) => of_message(*stage, answer, server),
        (Stage::FinalDot, _) => Fate::Unknown,
        (_, Kind::Tls(_)) => Fate::Misconfigured(mend_tls(server)),
        (_, Kind::NotOffered(what)) => Fate::Misconfigured(mend_not_offered(what, server)),
        (_, Kind::Answer(answer)) if *stage >= Stage::Recipient => of_message(*stage, answer, server),
        (_, Kind::Answer(answer)) => of_server(*stage, answer, server),
        (Stage::Greeting, Kind::Nonsense(_)) => Fate::Misconfigured(format!(
            "{server} does not speak as a mail server does; check `host`, `port` and `security` in [mail.smtp]"
        )),
        (stage, Kind::Lost(_) | Kind::Silent | Kind::Nonsense(_)) if *stage < Stage::Sender => {
            Fate::Unavailable
        }
        (_, Kind::Lost(_) | Kind::Silent | Kind::Nonsense(_)) => Fate::Later { lost: true },
    }
}

/// An answer before any recipient was named: it is about us or about the server.
fn of_server(stage: Stage, answer: &Answer, server: &str) -> Fate {
    if let Some(help) = settings(answer, server) {
        return Fate::Misconfigured(help);
    }
    match (stage, answer.is_temporary()) {
        (Stage::Sender, true) => Fate::Busy,
        (_, true) => Fate::Unavailable,
        (Stage::Sender, false) if is_too_large(answer) => Fate::Refused,
        (stage, false) => Fate::Misconfigured(match stage {
            Stage::Auth => mend_login(server),
            Stage::Tls => mend_tls(server),
            Stage::Sender if answer.text.to_ascii_lowercase().contains("authenticat") => mend_login(server),
            Stage::Sender => {
                format!(
                    "{server} takes no mail from this sender; check `from` in [mail] and the rights of the account"
                )
            }
            _ => format!(
                "{server} does not talk to this machine; ask its administrator to admit it, or check `host` and `port` in [mail.smtp]"
            ),
        }),
    }
}

/// An answer after the recipient was named.
fn of_message(stage: Stage, answer: &Answer, server: &str) -> Fate {
    if let Some(help) = settings(answer, server) {
        return Fate::Misconfigured(help);
    }
    if answer.is_temporary() {
        return match answer.code {
            421 => Fate::Later { lost: true },
            _ => Fate::Later { lost: false },
        };
    }
    let policy = answer.enhanced().is_some_and(|(subject, _)| subject == 7);
    match policy && !is_about_content(stage, answer) || denies_relay(answer) {
        true => Fate::Barred,
        false => Fate::Refused,
    }
}

/// A refusal of what the message holds: `5.7.1 message contains a virus` after the final dot is about
/// the message and not about us, yet no server says so in its code; the words have to.
fn is_about_content(stage: Stage, answer: &Answer) -> bool {
    let text = answer.text.to_ascii_lowercase();
    stage == Stage::FinalDot && ["virus", "spam", "content", "attachment"].iter().any(|w| text.contains(w))
}

fn is_too_large(answer: &Answer) -> bool {
    answer.code == 552 || answer.enhanced() == Some((3, 4))
}

fn denies_relay(answer: &Answer) -> bool {
    let text = answer.text.to_ascii_lowercase();
    text.contains("relay")
}

/// What to correct in the settings, where an answer says that they are wrong whatever the recipient.
fn settings(answer: &Answer, server: &str) -> Option<String> {
    if matches!(answer.code, 530 | 534 | 535 | 538) {
        return Some(mend_login(server));
    }
    if answer.is_temporary() {
        return None;
    }
    let (subject, detail) = answer.enhanced()?;
    if subject != 7 {
        return None;
    }
    match detail {
        // Basic authentication has been switched off for good.
        30 | 139 => Some(format!(
            "{server} takes no passwords any more; write auth = \"xoauth2\" in [mail.smtp] with a token, or use a relay that needs no login"
        )),
        3 | 8 | 9 | 11 | 57 => Some(mend_login(server)),
        // These may be about one address: the judgement needs what became of others.
        0 | 1 | 2 | 12 | 124 | 129 | 133..=136 => None,
        _ => Some(format!(
            "{server} takes no mail from this sender; check `from` in [mail] and the rights of the account"
        )),
    }
}

fn mend_login(server: &str) -> String {
    format!(
        "{server} does not accept the login; check `auth`, `user_…` and `secret_…` in [mail.smtp] and the account itself"
    )
}

fn mend_tls(server: &str) -> String {
    format!(
        "the connection to {server} cannot be encrypted safely; check `security` and `ca_file` in [mail.smtp] and the server's certificate"
    )
}

fn mend_not_offered(what: &str, server: &str) -> String {
    let check = if what.starts_with("AUTH") { "`auth`" } else { "`security` and `port`" };
    format!("{server} does not offer {what}, and nothing is sent without it; check {check} in [mail.smtp]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_settings(fate: &Fate) -> bool {
        matches!(fate, Fate::Misconfigured(_))
    }

    fn answered(stage: Stage, code: u16, text: &str) -> Fate {
        fate(&Fault { stage, kind: Kind::Answer(Answer { code, text: text.into() }) }, "s:25")
    }

    #[test]
    fn faults_of_the_settings_blame_no_address() {
        for (stage, code, text) in [
            (Stage::Greeting, 554, "5.7.1 no service for you"),
            (Stage::Auth, 535, "5.7.3 Authentication unsuccessful"),
            (Stage::Auth, 534, "5.7.9 application password needed"),
            (Stage::Auth, 504, "unknown mechanism"),
            (Stage::Sender, 530, "5.7.57 Client not authenticated to send mail"),
            (Stage::Sender, 550, "authentication required"),
            (Stage::Sender, 550, "5.7.60 no permission to send as this sender"),
            (Stage::Recipient, 530, "5.7.0 Authentication required"),
            (Stage::Recipient, 550, "5.7.30 Basic authentication is not supported for Client Submission"),
            (Stage::FinalDot, 550, "5.7.60 SMTP; Client does not have permissions to send as this sender"),
            (Stage::FinalDot, 550, "5.7.705 Access denied, tenant has exceeded threshold"),
        ] {
            assert!(is_settings(&answered(stage, code, text)), "{stage:?} {code} {text}");
        }
        let tls = Fault { stage: Stage::Tls, kind: Kind::Tls("UnknownIssuer".into()) };
        assert!(is_settings(&fate(&tls, "s:25")));
        for what in ["STARTTLS", "AUTH PLAIN"] {
            let fault = Fault { stage: Stage::Tls, kind: Kind::NotOffered(what) };
            assert!(is_settings(&fate(&fault, "s:25")));
        }
        let garbage = Fault { stage: Stage::Greeting, kind: Kind::Nonsense("x".into()) };
        assert!(is_settings(&fate(&garbage, "s:25")));
    }

    #[test]
    fn an_address_is_blamed_only_where_the_answer_is_about_it() {
        assert_eq!(answered(Stage::Recipient, 550, "5.1.1 no such user"), Fate::Refused);
        assert_eq!(answered(Stage::Recipient, 550, "unrouteable address"), Fate::Refused);
        assert_eq!(answered(Stage::Recipient, 450, "4.2.1 busy"), Fate::Later { lost: false });
        assert_eq!(answered(Stage::Recipient, 450, "4.7.1 greylisted"), Fate::Later { lost: false });
        assert_eq!(answered(Stage::Recipient, 421, "4.3.2 closing"), Fate::Later { lost: true });
        assert_eq!(answered(Stage::Recipient, 550, "5.7.1 not authorised"), Fate::Barred);
        assert_eq!(answered(Stage::Recipient, 550, "relay not permitted"), Fate::Barred);
        assert_eq!(answered(Stage::FinalDot, 554, "5.6.0 content rejected"), Fate::Refused);
        assert_eq!(answered(Stage::FinalDot, 550, "5.7.1 message contains a virus"), Fate::Refused);
        assert_eq!(answered(Stage::FinalDot, 552, "5.3.4 too large"), Fate::Refused);
        assert_eq!(answered(Stage::FinalDot, 451, "4.3.0 try again"), Fate::Later { lost: false });
    }

    #[test]
    fn a_server_that_is_away_or_busy_is_nobodys_fault() {
        assert_eq!(answered(Stage::Greeting, 421, "4.3.2 too many connections"), Fate::Unavailable);
        assert_eq!(answered(Stage::Auth, 454, "4.7.0 temporary failure"), Fate::Unavailable);
        assert_eq!(answered(Stage::Sender, 452, "4.3.1 no space"), Fate::Busy);
        for kind in [Kind::Lost("refused".into()), Kind::Silent] {
            for stage in [Stage::Connect, Stage::Greeting, Stage::Tls, Stage::Auth] {
                assert_eq!(fate(&Fault { stage, kind: kind.clone() }, "s:25"), Fate::Unavailable);
            }
        }
    }

    #[test]
    fn only_silence_after_the_final_dot_is_unknown() {
        for kind in [Kind::Lost("reset".into()), Kind::Silent, Kind::Nonsense("354".into())] {
            for stage in [Stage::Sender, Stage::Recipient, Stage::Data, Stage::Content] {
                let fault = Fault { stage, kind: kind.clone() };
                assert_eq!(fate(&fault, "s:25"), Fate::Later { lost: true }, "{fault:?}");
            }
            assert_eq!(fate(&Fault { stage: Stage::FinalDot, kind }, "s:25"), Fate::Unknown);
        }
    }
}
