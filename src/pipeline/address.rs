//! What a mail address may be: one that any mail server takes, and that is a person's or a team's.

use super::reader::{Placed, Report};
use crate::diagnostic::Code;

/// Why a text is no address that mail is sent to; nothing where it is one.
///
/// Narrower than RFC 5321 on purpose: quoted names, addresses of machines, domains without a dot and names
/// that begin with a hyphen are slips, or worse, in a list of recipients.
pub fn fault_of(text: &str) -> Option<&'static str> {
    let Some((name, domain)) = text.rsplit_once('@') else {
        return Some("it has no @");
    };
    if text != text.trim() {
        return Some("a space stands before or after it");
    }
    if !text.is_ascii() {
        return Some("it has letters that mail addresses do not have");
    }
    if name.starts_with('-') {
        return Some("it begins with a hyphen");
    }
    if domain.starts_with('[') {
        return Some("it names a machine and no domain");
    }
    if !domain.contains('.') {
        return Some("its domain has no dot");
    }
    let label = |part: &str| {
        let inner = part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        !part.is_empty() && inner && !part.starts_with('-') && !part.ends_with('-') && part.len() < 64
    };
    let atom = |part: &str| {
        let may = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
        !part.is_empty() && part.bytes().all(may)
    };
    let right = domain.split('.').all(label)
        && domain.len() < 254
        && name.split('.').all(atom)
        && name.len() <= 64
        && text.parse::<lettre::Address>().is_ok();
    (!right).then_some("a letter or mark in it is one that mail addresses do not have")
}

/// The address of `Name <address>`, or the whole text.
pub(super) fn bare(text: &str) -> &str {
    text.rsplit_once('<').map_or(text, |(_, address)| address.trim_end_matches('>'))
}

/// The text, if it is an address; a fault is noted where it stands.
pub(super) fn read(report: &Report, text: &Placed<String>) -> Option<String> {
    noted(report, text, &text.value).then(|| text.value.clone())
}

/// Whether the text is an address, or a name with one in angle brackets; a fault is noted.
pub(super) fn check_with_name(report: &Report, text: &Placed<String>) -> bool {
    if text.value.parse::<lettre::message::Mailbox>().is_err() {
        let message = format!("`{}` is not a mail address", text.value);
        report.error(&text.at, Code::BadValue, message, None);
        return false;
    }
    noted(report, text, bare(&text.value))
}

fn noted(report: &Report, text: &Placed<String>, address: &str) -> bool {
    let fault = fault_of(address);
    if let Some(why) = fault {
        let message = format!("`{}` is not a mail address: {why}", text.value);
        report.error(&text.at, Code::BadValue, message, None);
    }
    fault.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_mail_reaches() {
        for right in
            ["a@icb.example", "first.last+pack@nhs.example", "o'neil_1@a-b.example", "x@sub.icb.example"]
        {
            assert_eq!(fault_of(right), None, "{right}");
        }
    }

    #[test]
    fn addresses_that_it_does_not() {
        for (wrong, why) in [
            ("a@x", "no dot"),
            ("-oQ/tmp@icb.example", "hyphen"),
            ("a@icb.example ", "space"),
            (" a@icb.example", "space"),
            ("\"a b\"@icb.example", "letter or mark"),
            ("a b@icb.example", "letter or mark"),
            ("a@[127.0.0.1]", "machine"),
            ("a@b@icb.example", "letter or mark"),
            ("ä@icb.example", "letters"),
            ("a@ïcb.example", "letters"),
            ("a@-icb.example", "letter or mark"),
            ("a@icb.example.", "letter or mark"),
            ("a@icb..example", "letter or mark"),
            (".a@icb.example", "letter or mark"),
            ("a,b@icb.example", "letter or mark"),
            ("a", "no @"),
            ("@icb.example", "letter or mark"),
        ] {
            assert!(fault_of(wrong).is_some_and(|said| said.contains(why)), "{wrong}: {:?}", fault_of(wrong));
        }
    }
}
