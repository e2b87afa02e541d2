//! What should be looked at in the lists of recipients on a date: nothing of it keeps a pipeline from
//! running, and each is told by `check` and to the operator.

use chrono::NaiveDate;

use super::{Audience, Committee, Outside, Pipeline, Recipient};
use crate::dates::long;
use crate::diagnostic::{Code, Diagnostic, Severity};

const FILE: &str = "committees.toml";

/// Recipients whose review date has passed, and recipients whom mail that names practices does not reach.
pub fn out_of_date(pipeline: &Pipeline, today: NaiveDate) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for committee in &pipeline.committees {
        for recipient in &committee.recipients {
            out.extend(review(committee, recipient, today));
            out.extend(outside(pipeline, committee, recipient));
        }
    }
    let named = pipeline.committees.iter().any(|c| c.audience == Audience::Named);
    if named && pipeline.mail.posting.secure_domains.is_none() {
        out.push(Diagnostic {
            severity: Severity::Warning,
            code: Code::Incomplete,
            file: "pipeline.toml".to_owned(),
            line: None,
            message: "no `secure_domains` are given: packs that name practices may go to any address"
                .to_owned(),
            help: Some(
                "write secure_domains = [\"nhs.net\"] under [mail], with the ICB's own domains".to_owned(),
            ),
            follows: false,
        });
    }
    out
}

fn warning(code: Code, recipient: &Recipient, message: String, help: String) -> Diagnostic {
    Diagnostic {
        severity: Severity::Warning,
        code,
        file: FILE.to_owned(),
        line: Some(recipient.line),
        message,
        help: Some(help),
        follows: false,
    }
}

fn review(committee: &Committee, recipient: &Recipient, today: NaiveDate) -> Option<Diagnostic> {
    (recipient.review < today).then(|| {
        let message = format!(
            "the {} of the {} was to be reviewed by {}",
            recipient.role,
            committee.name,
            long(recipient.review)
        );
        let help = "ask whether the address is still right, then set a new `review` date or take it out";
        warning(Code::OutOfDate, recipient, message, help.to_owned())
    })
}

fn outside(pipeline: &Pipeline, committee: &Committee, recipient: &Recipient) -> Option<Diagnostic> {
    let reached = committee.audience == Audience::Public
        || recipient.secure_subject
        || pipeline.mail.posting.is_secure(&recipient.address);
    (!reached).then(|| {
        let gets = match committee.outside {
            Outside::Block => "gets nothing",
            Outside::Public => "gets the public pack only",
        };
        let message = format!(
            "the {} of the {} is outside `secure_domains` and {gets}",
            recipient.role, committee.name
        );
        let help = "use an address in a secure domain, or add the domain to [mail] of pipeline.toml";
        warning(Code::Unreached, recipient, message, help.to_owned())
    })
}
