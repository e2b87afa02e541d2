//! What a mail server answered.

use std::fmt;

use crate::secret::Secret;

/// An answer of a mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The code of three digits.
    pub code: u16,
    /// The text, which may hold addresses.
    pub text: String,
}

impl Answer {
    /// The same without what it repeats of a secret.
    pub fn without(self, secret: &Secret) -> Self {
        Self { code: self.code, text: secret.taken_out_of(&self.text) }
    }

    /// Whether the server says that a later try may succeed.
    pub fn is_temporary(&self) -> bool {
        (400..500).contains(&self.code)
    }

    /// The subject and detail of the enhanced status code: 7 and 30 of `5.7.30`.
    pub fn enhanced(&self) -> Option<(u16, u16)> {
        let word = self.text.split_whitespace().next()?;
        let mut parts = word.split('.');
        let class: u16 = parts.next()?.parse().ok()?;
        let (subject, detail) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        (parts.next().is_none() && class == self.code / 100).then_some((subject, detail))
    }

    /// The name under which the server has queued the message, where it tells one.
    pub fn queue(&self) -> Option<String> {
        let marks = ["queued as ", "id=", "InternalId="];
        let (mark, at) = marks.iter().find_map(|mark| self.text.find(mark).map(|at| (mark, at)))?;
        let rest = self.text.get(at + mark.len()..)?;
        let name: String =
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
        let name = name.trim_end_matches('.');
        (!name.is_empty()).then(|| name.to_owned())
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text.trim();
        if text.is_empty() { write!(f, "{}", self.code) } else { write!(f, "{} {text}", self.code) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: u16, text: &str) -> Answer {
        Answer { code, text: text.to_owned() }
    }

    #[test]
    fn queue_names_of_common_servers() {
        for (text, name) in [
            ("OK id=1vMabc-000123-2X", Some("1vMabc-000123-2X")),
            ("2.0.0 Ok: queued as 4F1C8A0123", Some("4F1C8A0123")),
            ("2.6.0 <a@b> [InternalId=4217, Hostname=x.example] Queued mail", Some("4217")),
            ("2.0.0 accepted", None),
            ("queued as ", None),
        ] {
            assert_eq!(answer(250, text).queue().as_deref(), name, "{text}");
        }
    }

    #[test]
    fn enhanced_codes_agree_with_the_code() {
        assert_eq!(answer(550, "5.7.30 Basic authentication is not supported").enhanced(), Some((7, 30)));
        assert_eq!(answer(450, "5.7.30 no").enhanced(), None);
        assert_eq!(answer(550, "relay not permitted").enhanced(), None);
        assert_eq!(answer(550, "").enhanced(), None);
        assert_eq!(answer(250, "2.0.0.1 four parts").enhanced(), None);
    }
}
