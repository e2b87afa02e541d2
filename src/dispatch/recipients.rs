//! Which form of a letter a recipient gets, and who gets none.

use crate::pipeline::{Audience, Committee, Outside, Posting, Recipient};

/// What a recipient gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gets {
    /// The form for this audience; `marked` with `[secure]` in the subject, so that the mail system
    /// encrypts it.
    Form {
        /// The audience.
        audience: Audience,
        /// Whether the subject says `[secure]`.
        marked: bool,
    },
    /// Nothing, for this reason.
    Nothing(String),
}

/// What a recipient gets of a letter that was made for these audiences.
pub fn gets(recipient: &Recipient, committee: &Committee, posting: &Posting, made: &[Audience]) -> Gets {
    let form = |audience, marked| Gets::Form { audience, marked };
    if !made.contains(&Audience::Named) {
        return form(Audience::Public, false);
    }
    if posting.is_secure(&recipient.address) {
        return form(Audience::Named, false);
    }
    if recipient.secure_subject {
        return form(Audience::Named, true);
    }
    let domain = recipient.address.rsplit_once('@').map_or("", |(_, domain)| domain);
    match (committee.outside, made.contains(&Audience::Public)) {
        (Outside::Public, true) => form(Audience::Public, false),
        (Outside::Public, false) => Gets::Nothing(format!(
            "{domain} is not among `secure_domains` of pipeline.toml, and this letter has no public form"
        )),
        (Outside::Block, _) => {
            Gets::Nothing(format!("{domain} is not among `secure_domains` of pipeline.toml"))
        }
    }
}

/// Whether a committee needs the public form besides the named one.
pub fn needs_public(committee: &Committee, posting: &Posting) -> bool {
    committee.audience == Audience::Named
        && committee.outside == Outside::Public
        && committee.recipients.iter().any(|r| !posting.is_secure(&r.address) && !r.secure_subject)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::pipeline::{OverBudget, Release};

    /// A committee for tests, named and without recipients.
    pub(crate) fn committee(outside: Outside) -> Committee {
        Committee {
            name: "Quality Committee".into(),
            id: "quality-committee".into(),
            short: "qc".into(),
            documents: Vec::new(),
            place: None,
            audience: Audience::Named,
            release: Release::Automatic,
            budget: None,
            over_budget: OverBudget::Split,
            outside,
            recipients: Vec::new(),
        }
    }

    /// A recipient for tests.
    pub(crate) fn recipient(address: &str, secure_subject: bool) -> Recipient {
        let day = "2026-04-01".parse().unwrap();
        Recipient {
            role: "Chair".into(),
            address: address.into(),
            added_by: "Head of Primary Care".into(),
            added: day,
            review: day,
            secure_subject,
            line: 1,
        }
    }

    /// Limits for tests: one secure domain.
    pub(crate) fn posting() -> Posting {
        Posting { secure_domains: Some(vec!["icb.example".into()]), budget: 1 << 20, packs_link: None }
    }

    #[test]
    fn who_is_outside_gets_what_the_committee_says() {
        let (named, both) = ([Audience::Named], [Audience::Named, Audience::Public]);
        let form = |audience, marked| Gets::Form { audience, marked };
        let inside = recipient("a@icb.example", false);
        let outside = recipient("a@other.example", false);
        let marked = recipient("a@other.example", true);
        let (block, public) = (committee(Outside::Block), committee(Outside::Public));
        assert_eq!(gets(&inside, &block, &posting(), &named), form(Audience::Named, false));
        assert!(
            matches!(gets(&outside, &block, &posting(), &both), Gets::Nothing(why) if why.contains("other.example"))
        );
        assert_eq!(gets(&outside, &public, &posting(), &both), form(Audience::Public, false));
        assert!(matches!(gets(&outside, &public, &posting(), &named), Gets::Nothing(_)));
        assert_eq!(gets(&marked, &block, &posting(), &named), form(Audience::Named, true));
        assert_eq!(gets(&outside, &block, &posting(), &[Audience::Public]), form(Audience::Public, false));
    }
}
