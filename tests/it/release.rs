//! A pack leaves when a person lets it, to those who may have it, and only as it was approved.

use std::fs;
use std::path::{Path, PathBuf};

use mail_parser::{MessageParser, MimeHeaders};

use crate::support::{Icb, code, complained, files, quarterday, said, text};

const MEMBERS: &str = "Primary Medical Services Group\"\ndocuments = [\"quarterly-pack\"]";

/// An ICB whose Primary Medical Services Group approves its packs.
fn approving() -> Icb {
    let icb = Icb::with_register();
    icb.drop_step(1, "dashboard");
    icb.edit("committees.toml", MEMBERS, &format!("{MEMBERS}\nrelease = \"approval\""));
    icb
}

/// A command about packs, with both folders.
pub fn desk(icb: &Icb, args: &[&str]) -> std::process::Output {
    let (pipeline, data) = (icb.pipeline(""), icb.data());
    let mut all = args.to_vec();
    all.extend(["--pipeline", text(&pipeline), "--data", text(&data)]);
    quarterday(&all)
}

/// A command that only looks.
pub fn look(icb: &Icb, args: &[&str]) -> String {
    let data = icb.data();
    let mut all = args.to_vec();
    all.extend(["--data", text(&data)]);
    let output = quarterday(&all);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    said(&output)
}

/// The mails in the outbox whose name has this in it, by name.
pub fn mails(icb: &Icb, part: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let all = files(&icb.data().join("outbox"));
    all.into_iter().filter(|(path, _)| path.to_string_lossy().contains(part)).collect()
}

/// Subject, text and attachments of a mail.
pub fn read(bytes: &[u8]) -> (String, String, Vec<(String, Vec<u8>)>) {
    let mail = MessageParser::default().parse(bytes).expect("a mail");
    let attached = mail
        .attachments()
        .map(|a| (a.attachment_name().unwrap_or_default().to_owned(), a.contents().to_vec()))
        .collect();
    let body = mail.body_text(0).unwrap_or_default().into_owned();
    (mail.subject().unwrap_or_default().to_owned(), body, attached)
}

#[test]
fn nobody_approves_recalls_resends_or_takes_notice_without_saying_who_and_why() {
    let icb = approving();
    assert_eq!(code(&icb.run("quarterly", "2026-07-14", &[])), 0);
    let pack = "pmsg-2026-27-q1";
    let refused: [(&[&str], &[&str]); 5] = [
        (&["approve", pack, "--as", "", "--note", " "], &["with --as", "with --note"]),
        (&["approve", pack, "--as", "Head", "--note", "\u{a0}"], &["with --note"]),
        (&["recall", pack, "--by", " ", "--reason", ""], &["with --by", "with --reason"]),
        (&["resend", pack, "--to", "a@icb.example", "--as", ""], &["with --as"]),
        (&["ack", "X90100", "--as", "", "--note", ""], &["with --as", "with --note"]),
    ];
    for (args, told) in refused {
        let mut args = args.to_vec();
        args.push("--json");
        let output = if args[0] == "ack" {
            let data = icb.data();
            quarterday(&[&args[..], &["--data", text(&data)]].concat())
        } else {
            desk(&icb, &args)
        };
        assert_eq!(code(&output), 1, "{args:?}");
        let error: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(error["exit"], 1, "{args:?}");
        assert!(error["messages"].is_array(), "{args:?}");
        for part in told {
            assert!(error["error"].as_str().unwrap().contains(part), "{args:?}: {error}");
            assert!(complained(&output).contains(part), "{args:?}");
        }
    }
    assert!(look(&icb, &["packs", "--as-of", "2026-07-15"]).contains("waiting"), "nothing was recorded");
}

const APPROVE: [&str; 6] = ["approve", "pmsg-2026-27-q1", "--as", "Head of Primary Care", "--note", "Read."];

#[test]
fn a_pack_waits_until_it_is_approved_and_is_sent_as_it_was_approved() {
    let icb = approving();
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let told = complained(&output);
    assert!(
        told.contains(
            "pmsg-2026-27-q1 for the Primary Medical Services Group waits for approval until 28 July 2026"
        ),
        "{told}"
    );
    assert_eq!(mails(&icb, "medical-services").len(), 0);
    assert!(!mails(&icb, "quality-group").is_empty(), "the others do not wait");
    let listed = look(&icb, &["packs", "--as-of", "2026-07-15"]);
    assert!(listed.contains("pmsg-2026-27-q1"), "{listed}");
    assert!(listed.lines().next().unwrap().contains("waiting"), "{listed}");

    let pack = icb.data().join("packs/quarterly-2026-07-14/primary-medical-services-group");
    let made = fs::read(pack.join("2026-07-14-quarterly-pack-2026-27-q1-pmsg-named-OFFICIAL-SENSITIVE.pdf"))
        .unwrap();
    let output = desk(&icb, &[&APPROVE[..], &["--as-of", "2026-07-15"]].concat());
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert!(said(&output).contains("2 messages sent now"), "{}", said(&output));
    let sent = mails(&icb, "medical-services");
    assert_eq!(sent.len(), 2);
    for (_, bytes) in &sent {
        let (subject, body, attached) = read(bytes);
        assert!(subject.contains("quarterly pack"), "{subject}");
        assert!(
            body.contains(
                "This is pack 1 of 2026-27 for the Primary Medical Services Group (pmsg-2026-27-q1)."
            ),
            "{body}"
        );
        assert_eq!(
            attached,
            [(
                "2026-07-14-quarterly-pack-2026-27-q1-pmsg-named-OFFICIAL-SENSITIVE.pdf".to_owned(),
                made.clone()
            )]
        );
    }

    // A second approval, and a rerun of the job, send nothing more.
    let output = desk(&icb, &[&APPROVE[..], &["--as-of", "2026-07-16"]].concat());
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert!(
        said(&output).contains("was approved by the Head of Primary Care on 15 July 2026"),
        "{}",
        said(&output)
    );
    assert_eq!(icb.report("quarterly", "2026-07-14")["sent"], 0);
    assert_eq!(mails(&icb, "medical-services"), sent);
    let audit = look(&icb, &["audit", "--pack", "pmsg-2026-27-q1"]);
    assert_eq!(audit.matches("approved by the Head of Primary Care").count(), 2, "{audit}");
    assert!(audit.contains("approval         pmsg-2026-27-q1"), "{audit}");
}

#[test]
fn what_changes_after_it_was_seen_needs_a_new_look() {
    let icb = approving();
    icb.report("quarterly", "2026-07-14");
    let content = |icb: &Icb| -> String {
        let json = look(icb, &["packs", "pmsg-2026-27-q1", "--json"]);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        json[0]["content"].as_str().unwrap()[..12].to_owned()
    };
    let seen = content(&icb);
    icb.drop_step(1, "concerns-quality");
    icb.report("quarterly", "2026-07-14");
    assert_ne!(content(&icb), seen, "the new rows are in the pack that waits");
    let output = desk(&icb, &[&APPROVE[..], &["--content", &seen, "--as-of", "2026-07-15"]].concat());
    assert_eq!(code(&output), 1);
    assert!(complained(&output).contains("is not what you have seen"), "{}", complained(&output));
    assert_eq!(mails(&icb, "medical-services").len(), 0);
    let now = content(&icb);
    let output = desk(&icb, &[&APPROVE[..], &["--content", &now, "--as-of", "2026-07-15"]].concat());
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert_eq!(mails(&icb, "medical-services").len(), 2);
}

#[test]
fn an_approval_is_reminded_of_and_expires() {
    let icb = approving();
    icb.report("quarterly", "2026-07-14");
    let told = |day: &str| complained(&icb.run("nightly", day, &[]));
    assert!(!told("2026-07-16").contains("approval"));
    assert!(told("2026-07-17").contains("has waited for approval since 14 July 2026"));
    assert!(told("2026-07-29").contains("was not approved by 28 July 2026 and goes to nobody"));
    let output = desk(&icb, &[&APPROVE[..], &["--as-of", "2026-07-29"]].concat());
    assert_eq!(code(&output), 1);
    assert!(complained(&output).contains("could be approved until 28 July 2026"), "{}", complained(&output));
    assert!(look(&icb, &["packs", "--as-of", "2026-07-29"]).contains("expired"));
}

#[test]
fn packs_that_nobody_knows_or_that_need_no_approval() {
    let icb = approving();
    icb.report("quarterly", "2026-07-14");
    let told = |pack: &str| {
        let output = desk(&icb, &["approve", pack, "--as", "R", "--note", "N", "--as-of", "2026-07-15"]);
        assert_eq!(code(&output), 1);
        complained(&output)
    };
    assert!(told("pmsg-2026-27-q2").contains("did you mean pmsg-2026-27-q1?"), "{}", told("pmsg-2026-27-q2"));
    assert!(told("p").contains("the beginning of several packs"));
    assert!(told("pcqg").contains("needs no approval"), "the beginning of one is enough");
}

/// Adds a recipient to the Primary Medical Services Group.
fn add_recipient(icb: &Icb, address: &str, more: &str) {
    icb.edit(
        "committees.toml",
        "[[committee.recipient]]",
        &format!(
            "[[committee.recipient]]\nrole = \"Adviser\"\naddress = \"{address}\"\nadded_by = \"Chair\"\n\
             added = 2026-07-01\nreview = 2026-07-10\n{more}\n\n[[committee.recipient]]"
        ),
    );
}

#[test]
fn a_recipient_outside_the_secure_domains_gets_what_the_committee_says() {
    let icb = Icb::with_register();
    add_recipient(&icb, "adviser@elsewhere.example", "");
    let check = |day: &str| {
        let folder = icb.pipeline("");
        said(&quarterday(&["check", "--as-of", day, "--pipeline", text(&folder)]))
    };
    assert!(
        check("2026-07-10")
            .contains("[unreached]: the Adviser of the Primary Medical Services Group is outside"),
        "{}",
        check("2026-07-10")
    );
    assert!(!check("2026-07-10").contains("out-of-date"));
    assert!(check("2026-07-11").contains("was to be reviewed by 10 July 2026"));

    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 7, "{}", complained(&output));
    let told = complained(&output);
    assert!(told.contains("pmsg-2026-27-q1 is not sent to the Adviser of the Primary Medical Services Group (a***@elsewhere.example): elsewhere.example is not among"), "{told}");
    assert_eq!(mails(&icb, "medical-services").len(), 2, "the others get theirs");
    assert!(look(&icb, &["audit", "--recipient", "adviser@"]).contains("blocked"));

    let icb = Icb::with_register();
    add_recipient(&icb, "adviser@elsewhere.example", "");
    icb.edit("committees.toml", MEMBERS, &format!("{MEMBERS}\noutside = \"public\""));
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let mail = mails(&icb, "medical-services-group-adviser");
    let (subject, body, attached) = read(&mail[0].1);
    assert!(subject.starts_with("[OFFICIAL] "), "{subject}");
    assert!(!body.contains("Practices are named"), "{body}");
    let open = icb.data().join("packs/quarterly-2026-07-14/primary-medical-services-group/public");
    assert_eq!(
        attached[0].1,
        fs::read(open.join("2026-07-14-quarterly-pack-2026-27-q1-pmsg-public.pdf")).unwrap()
    );
    let (subject, _, _) = read(&mails(&icb, "medical-services-group-pmsg-chair")[0].1);
    assert!(subject.starts_with("[OFFICIAL-SENSITIVE] "), "{subject}");

    let icb = Icb::with_register();
    add_recipient(&icb, "adviser@elsewhere.example", "secure_subject = true");
    assert_eq!(code(&icb.run("quarterly", "2026-07-14", &[])), 0);
    let (subject, _, _) = read(&mails(&icb, "medical-services-group-adviser")[0].1);
    assert!(subject.starts_with("[secure] [OFFICIAL-SENSITIVE] "), "{subject}");
}

/// The attachments of all messages to an address: names in order, and each message's weight encoded.
fn parcels(icb: &Icb, part: &str) -> Vec<(String, Vec<String>, usize)> {
    let mails = mails(icb, part);
    let mut out: Vec<_> = mails
        .iter()
        .map(|(_, bytes)| {
            let (subject, body, attached) = read(bytes);
            for (name, content) in &attached {
                let line = format!("{name} (");
                assert!(body.contains(&line), "{body}");
                assert!(body.contains(&sha256(content)), "{name} with its hash in {body}");
            }
            let weight = attached.iter().map(|(_, bytes)| bytes.len().div_ceil(57) * 78).sum();
            (subject, attached.into_iter().map(|(name, _)| name).collect(), weight)
        })
        .collect();
    out.sort();
    out
}

fn sha256(bytes: &[u8]) -> String {
    quarterday::sha256(bytes)
}

#[test]
fn what_is_too_large_is_cut_between_sections_and_shared_out() {
    let icb = Icb::with_register();
    icb.drop_step(1, "dashboard");
    icb.drop_step(1, "concerns-quality");
    icb.edit("pipeline.toml", "attachment_budget = \"10 MB\"", "attachment_budget = \"150 KB\"");
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let messages = parcels(&icb, "quality-group-pcqg-secretary");
    assert!(messages.len() > 1, "{messages:?}");
    assert!(messages.iter().all(|(_, _, weight)| *weight <= 150 * 1024), "{messages:?}");
    assert!(messages[0].0.ends_with(&format!("(1 of {})", messages.len())), "{messages:?}");
    let names: Vec<&String> = messages.iter().flat_map(|(_, names, _)| names).collect();
    assert!(names.iter().any(|n| n.contains("pack-2026-27-q1-") && n.ends_with("-part-2.pdf")), "{names:?}");
    let folder = icb.data().join("packs/quarterly-2026-07-14/primary-care-quality-group");
    let sbars = files(&folder).into_keys().filter(|p| p.to_string_lossy().contains("-sbar-"));
    assert_eq!(names.iter().filter(|n| n.contains("-sbar-")).count(), sbars.count(), "all SBARs go");
    let again = mails(&icb, "quality-group-pcqg-secretary");
    assert_eq!(icb.report("quarterly", "2026-07-14")["sent"], 0);
    assert_eq!(mails(&icb, "quality-group-pcqg-secretary"), again);
}

#[test]
fn what_is_too_large_lies_behind_a_link_if_the_committee_wants_it_so() {
    let icb = Icb::with_register();
    icb.edit("pipeline.toml", "attachment_budget = \"10 MB\"", "packs_link = \"https://packs.icb.example/\"");
    let limits = "attachment_budget = \"30 KB\"\nover_budget = \"link\"";
    icb.edit("committees.toml", MEMBERS, &format!("{MEMBERS}\n{limits}"));
    let check = || said(&quarterday(&["check", "--pipeline", text(&icb.pipeline(""))]));
    assert!(!check().contains("packs_link"), "{}", check());
    icb.edit("pipeline.toml", "packs_link", "# packs_link");
    let told = check();
    let line = told.lines().find(|line| line.contains("packs_link")).unwrap_or_else(|| panic!("{told}"));
    assert!(line.starts_with("committees.toml:") && line.contains("warning"), "{told}");
    assert!(told.contains("write packs_link = "), "{told}");
    icb.edit("pipeline.toml", "# packs_link", "packs_link");
    assert_eq!(code(&icb.run("quarterly", "2026-07-14", &[])), 0);
    let (_, body, attached) = read(&mails(&icb, "medical-services-group-pmsg-chair")[0].1);
    assert_eq!(attached.len(), 0);
    let path = "quarterly-2026-07-14/primary-medical-services-group/2026-07-14-quarterly-pack-2026-27-q1-pmsg-named-OFFICIAL-SENSITIVE.pdf";
    assert!(body.contains("NOT attached, because of the 30 KB"), "{body}");
    assert!(body.contains(&format!("https://packs.icb.example/{path}")), "{body}");
    let made = fs::read(icb.data().join("packs").join(Path::new(path))).unwrap();
    assert!(body.contains(&sha256(&made)), "{body}");
}

#[test]
fn one_person_more_on_a_list_is_told_and_kept() {
    let icb = Icb::with_register();
    assert!(!complained(&icb.run("nightly", "2026-07-14", &[])).contains("list of"));
    add_recipient(&icb, "deputy@marrowdale-icb.example", "");
    let told = complained(&icb.run("nightly", "2026-07-15", &[]));
    assert!(told.contains("the list of the Primary Medical Services Group has one person more: Adviser, d***@marrowdale-icb.example, added by the Chair on 1 July 2026"), "{told}");
    assert!(!complained(&icb.run("nightly", "2026-07-16", &[])).contains("list of"), "once");
    let audit = look(&icb, &["audit", "--since", "2026-07-15"]);
    assert!(audit.contains("one person more: Adviser <deputy@marrowdale-icb.example>"), "{audit}");
}

#[test]
fn an_edit_of_the_pipeline_makes_no_other_pack_and_a_new_person_gets_the_one_that_the_others_have() {
    let icb = Icb::with_register();
    icb.drop_step(1, "dashboard");
    assert_eq!(code(&icb.run("quarterly", "2026-07-14", &[])), 0);
    let before = mails(&icb, "medical-services");
    icb.edit("committees.toml", "pmsg.chair@", "pmsg.deputy@");
    icb.edit("pipeline.toml", "[mail]", "# an edit that changes nothing\n[mail]");
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert!(!complained(&output).contains("recall"), "{}", complained(&output));
    let after = mails(&icb, "medical-services");
    assert_eq!(after.len(), before.len() + 1, "the deputy");
    for (path, bytes) in &before {
        assert!(after.contains(&(path.clone(), bytes.clone())), "{} stays", path.display());
    }
    let new = after.iter().find(|mail| !before.contains(mail)).unwrap();
    assert!(String::from_utf8_lossy(&new.1).contains("pmsg.deputy@"));
    assert_eq!(read(&new.1).2, read(&before[0].1).2, "the very documents that the others have");
    let listed = look(&icb, &["packs", "--as-of", "2026-07-15"]);
    assert!(!listed.contains("-r2"), "{listed}");
    for run in ["quarterly-2026-07-14", "quarterly-2026-07-14-2"] {
        let output = quarterday(&["replay", run, "--data", text(&icb.data()), "-q"]);
        assert_eq!(code(&output), 0, "{run}: {}{}", said(&output), complained(&output));
    }
}

#[test]
fn a_new_person_gets_the_pack_that_stands_although_another_was_made_since() {
    let icb = Icb::with_register();
    icb.drop_step(1, "dashboard");
    assert_eq!(code(&icb.run("quarterly", "2026-07-14", &[])), 0);
    let before = mails(&icb, "medical-services");
    icb.drop_step(1, "concerns-quality");
    icb.edit("committees.toml", "pmsg.chair@", "pmsg.deputy@");
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert!(complained(&output).contains("quarterday recall pmsg-2026-27-q1"), "{}", complained(&output));
    let after = mails(&icb, "medical-services");
    let new: Vec<_> = after.iter().filter(|mail| !before.contains(mail)).collect();
    assert_eq!(new.len(), 1);
    assert_eq!(read(&new[0].1).2, read(&before[0].1).2);
}
