//! A pack that was wrong is recalled: exactly those who were sent it are told, once.

use crate::release::{desk, look, mails, read};
use crate::support::{Icb, code, complained, said};

const RECALL: [&str; 6] =
    ["recall", "pcqg-2026-27-q1", "--by", "Head of Primary Care", "--reason", "A wrong extract."];

fn sent() -> Icb {
    let icb = Icb::with_register();
    icb.drop_step(1, "dashboard");
    icb.report("quarterly", "2026-07-14");
    icb
}

#[test]
fn a_recall_tells_exactly_those_who_were_sent_it_once() {
    let icb = sent();
    let output = desk(&icb, &RECALL);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert!(said(&output).contains("sent to 2 people"), "{}", said(&output));
    let notices = mails(&icb, "recall-");
    assert_eq!(notices.len(), 2);
    let pack =
        &mails(&icb, "07-14-quarterly-pack-2026-27-q1-r1-primary-care-quality-group-pcqg-secretary")[0];
    let (_, _, attached) = read(&pack.1);
    for (_, bytes) in &notices {
        let (subject, body, none) = read(bytes);
        assert_eq!(
            subject,
            "[OFFICIAL-SENSITIVE] Recalled: GP support: quarterly pack, Q1 2026-27, Primary Care Quality Group"
        );
        assert!(body.contains("Why:          A wrong extract."), "{body}");
        assert!(body.contains(&quarterday::sha256(&attached[0].1)), "which document: {body}");
        assert!(none.is_empty());
    }
    let output = desk(&icb, &RECALL);
    assert_eq!(code(&output), 0);
    assert!(said(&output).contains("nobody is told twice"), "{}", said(&output));
    assert_eq!(mails(&icb, "recall-"), notices);
    assert_eq!(icb.report("quarterly", "2026-07-14")["sent"], 0, "the same pack is not sent again");
    let output =
        desk(&icb, &["resend", "pcqg", "--to", "pcqg.secretary@marrowdale-icb.example", "--as", "R"]);
    assert!(complained(&output).contains("was recalled and is not sent again"), "{}", complained(&output));
    assert!(look(&icb, &["packs"]).contains("recalled"));
    let audit = look(&icb, &["audit", "--pack", "pcqg-2026-27-q1"]);
    assert_eq!(audit.matches("correction").count(), 2, "{audit}");
    assert!(
        audit.contains("recall           pcqg-2026-27-q1  by Head of Primary Care: A wrong extract."),
        "{audit}"
    );
}

#[test]
fn the_corrected_pack_goes_as_the_next_revision_when_the_first_is_recalled() {
    let icb = sent();
    icb.drop_step(1, "concerns-quality");
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert!(
        complained(&output).contains("pcqg-2026-27-q1 was sent before with other content"),
        "{}",
        complained(&output)
    );
    assert_eq!(mails(&icb, "-r2-").len(), 0);
    assert!(look(&icb, &["packs"]).contains("withheld"));
    let output = desk(&icb, &RECALL);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert!(
        said(&output).contains("pcqg-2026-27-q1-r2 replaces it and goes to the list"),
        "{}",
        said(&output)
    );
    let second = mails(&icb, "-r2-primary-care-quality-group");
    assert_eq!(second.len(), 2);
    let (_, body, _) = read(&second[0].1);
    assert!(body.contains("It is revision 2 and replaces the one before"), "{body}");
    assert!(body.contains("(pcqg-2026-27-q1-r2)"), "{body}");
    let (_, body, _) = read(&mails(&icb, "recall-")[0].1);
    assert!(body.contains("The corrected pack is pcqg-2026-27-q1-r2."), "{body}");
    assert_eq!(mails(&icb, "-r2-").len(), 2, "the other committees' packs were not recalled");
    assert_eq!(icb.report("quarterly", "2026-07-14")["sent"], 0);
}

#[test]
fn a_pack_made_after_the_recall_is_the_next_revision() {
    let icb = sent();
    assert_eq!(code(&desk(&icb, &RECALL)), 0);
    icb.drop_step(1, "concerns-quality");
    let report = icb.report("quarterly", "2026-07-15");
    assert_eq!(mails(&icb, "-r2-primary-care-quality-group").len(), 2, "{report}");
    assert_eq!(mails(&icb, "-r2-").len(), 2);
}

#[test]
fn nothing_is_recalled_that_nobody_was_sent() {
    let icb = Icb::with_register();
    icb.edit(
        "committees.toml",
        "[\"quarterly-pack\", \"sbar\"]",
        "[\"quarterly-pack\", \"sbar\"]\nrelease = \"approval\"",
    );
    icb.report("quarterly", "2026-07-14");
    let output = desk(&icb, &RECALL);
    assert_eq!(code(&output), 1);
    assert!(complained(&output).contains("nobody was sent pcqg-2026-27-q1"), "{}", complained(&output));
}

#[test]
fn a_copy_has_the_same_documents_and_goes_only_where_it_may() {
    let icb = sent();
    let to = |address: &str, more: &[&str]| {
        let mut args = vec!["resend", "pcqg-2026-27-q1", "--as", "Primary Care System Team", "--to", address];
        args.extend(more);
        desk(&icb, &args)
    };
    let secretary = "pcqg.secretary@marrowdale-icb.example";
    let first = read(&mails(&icb, "quality-group-pcqg-secretary")[0].1);
    for (number, more) in [(1, &[] as &[&str]), (1, &[]), (2, &["--again"]), (2, &[])] {
        let output = to(secretary, more);
        assert_eq!(code(&output), 0, "{}", complained(&output));
        // The same request, given twice, sends one copy.
        assert_eq!(mails(&icb, "copy-").len(), number, "{}", said(&output));
        let copies = mails(&icb, &format!("copy-{number}"));
        assert_eq!(copies.len(), 1);
        let (subject, body, attached) = read(&copies[0].1);
        assert_eq!(subject, format!("Copy {number}: {}", first.0));
        assert!(
            body.starts_with(&format!("This is copy {number} of a message that was sent before.")),
            "{body}"
        );
        assert_eq!(attached, first.2);
    }
    let stranger = "director@marrowdale-icb.example";
    let output = to(stranger, &[]);
    assert_eq!(code(&output), 1);
    assert!(
        complained(&output).contains("is not on the list of the Primary Care Quality Group"),
        "{}",
        complained(&output)
    );
    let output = to(stranger, &["--reason", "Asked at the meeting of 20 July"]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let output = to("director@elsewhere.example", &["--reason", "Asked"]);
    assert_eq!(code(&output), 1);
    assert!(
        complained(&output).contains("elsewhere.example is not among `secure_domains`"),
        "{}",
        complained(&output)
    );
    let audit = look(&icb, &["audit", "--recipient", stranger]);
    assert!(
        audit.contains("asked for by the Primary Care System Team: Asked at the meeting of 20 July"),
        "{audit}"
    );
    // Who has a copy is told of a recall, and gets no other pack without being asked for.
    let output = desk(&icb, &RECALL);
    assert!(said(&output).contains(&format!("{stranger}  (not on the list")), "{}", said(&output));
    assert_eq!(mails(&icb, "recall-").len(), 3);
}
