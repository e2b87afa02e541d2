//! Addresses as logs show them: enough to recognise one, not enough to use it.

use std::sync::LazyLock;

use regex::{Captures, Regex};

static ADDRESS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)([\p{L}\p{N}._%+'=/-]+)@([\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*)").ok());

/// An address with all but the first letter of the mailbox hidden: `c***@icb.example`.
pub fn mask(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}***@{domain}", local.chars().next().unwrap_or('*')),
        None => "***".to_owned(),
    }
}

/// A text with every address in it masked.
pub fn masked(text: &str) -> String {
    match ADDRESS.as_ref() {
        Some(pattern) => pattern.replace_all(text, |found: &Captures<'_>| mask(&found[0])).into_owned(),
        None => "(hidden)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_whole_address_is_left() {
        assert_eq!(mask("chair@icb.example"), "c***@icb.example");
        assert_eq!(mask("nothing"), "***");
        assert_eq!(
            masked("550 5.1.1 <o'neil.chair@icb.example>: unknown; ask postmaster@icb.example."),
            "550 5.1.1 <o***@icb.example>: unknown; ask p***@icb.example."
        );
        assert_eq!(masked("quarterly-pack/r1/group/a@b.example"), "q***@b.example");
        assert_eq!(masked("no address"), "no address");
    }
}
