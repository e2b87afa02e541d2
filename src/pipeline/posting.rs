//! The limits of what leaves by mail: to which domains, how large, and where the rest lies.

use super::reader::{Placed, Table};
use crate::diagnostic::Code;

/// What a message may weigh once its attachments are encoded, if nobody says otherwise.
const BUDGET: u64 = 10 * MEGABYTE;
const MEGABYTE: u64 = 1_048_576;

/// Limits of mail, for all committees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// The domains to which documents that name practices may go, with the domains below them; none if
    /// the pipeline does not say.
    pub secure_domains: Option<Vec<String>>,
    /// What the attachments of one message may weigh in bytes, encoded.
    pub budget: u64,
    /// Where recipients find the packs folder, for documents that are too large: a URL or a share.
    pub packs_link: Option<String>,
}

impl Posting {
    /// Reads the keys of `[mail]` that speak of limits.
    pub(super) fn read(table: &mut Table<'_>) -> Self {
        let report = table.report().clone();
        let secure_domains = table.has("secure_domains").then(|| {
            let texts = table.texts("secure_domains");
            for text in texts.iter().filter(|t| t.value.contains(['@', '*', ' '])) {
                let message = format!("`{}` is not a domain", text.value);
                let help = Some("write it as in \"nhs.net\"; the domains below it count too".to_owned());
                report.error(&text.at, Code::BadValue, message, help);
            }
            texts.into_iter().map(|t| t.value.trim_start_matches('.').to_ascii_lowercase()).collect()
        });
        let budget = read_budget(table).unwrap_or(BUDGET);
        let packs_link = table.text_or_none("packs_link").map(|t| t.value);
        Self { secure_domains, budget, packs_link }
    }

    /// Whether documents that name practices may go to an address.
    pub fn is_secure(&self, address: &str) -> bool {
        let Some(domains) = &self.secure_domains else { return true };
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain).to_ascii_lowercase();
        domains
            .iter()
            .any(|d| domain == *d || domain.strip_suffix(d.as_str()).is_some_and(|rest| rest.ends_with('.')))
    }
}

/// The key `attachment_budget`: a size such as `"10 MB"`, in bytes.
pub(super) fn read_budget(table: &mut Table<'_>) -> Option<u64> {
    let text = table.text_or_none("attachment_budget")?;
    let size = size(&text);
    if size.is_none() {
        let message = format!("`attachment_budget` is \"{}\"", text.value);
        let help = Some("write a size such as \"10 MB\" or \"900 KB\", of at least 20 KB".to_owned());
        table.report().error(&text.at, Code::BadValue, message, help);
    }
    size
}

fn size(text: &Placed<String>) -> Option<u64> {
    let (number, unit) = text.value.split_once(' ')?;
    let unit = match unit.trim() {
        "KB" => 1_024,
        "MB" => MEGABYTE,
        _ => return None,
    };
    let bytes = number.parse::<u64>().ok()?.checked_mul(unit)?;
    Some(bytes).filter(|bytes| *bytes >= 20 * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_and_those_below_it_are_secure_and_no_lookalike_is() {
        let domains = Some(vec!["nhs.net".to_owned(), "icb.example".to_owned()]);
        let posting = Posting { secure_domains: domains, budget: BUDGET, packs_link: None };
        for address in ["a@nhs.net", "a@NHS.NET", "a@mail.icb.example", "\"x@y\"@nhs.net"] {
            assert!(posting.is_secure(address), "{address}");
        }
        for address in ["a@notnhs.net", "a@nhs.net.evil.example", "a@example", "nhs.net", "a@"] {
            assert!(!posting.is_secure(address), "{address}");
        }
    }
}
