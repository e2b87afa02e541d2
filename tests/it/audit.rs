//! What the operator is told of late data and of exceptions, and what an auditor finds.

use crate::release::look;
use crate::support::{Icb, code, complained, demo, quarterday, said, text};

#[test]
fn an_audit_of_the_demo_names_every_message_with_its_hash() {
    let output = quarterday(&["audit", "--data", text(demo()), "--json"]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let audit: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let messages = audit["messages"].as_array().unwrap();
    let receipts = |m: &&serde_json::Value| m["key"].as_str().unwrap().starts_with("receipt/");
    assert_eq!(messages.iter().filter(receipts).count(), 14 + 2 + 13);
    assert_eq!(messages.iter().filter(|m| !receipts(m)).count(), 14 + 4 + 13);
    assert!(messages.iter().all(|m| m["state"] == "sent"));
    for message in messages.iter().filter(|m| !receipts(m)) {
        assert!(message["pack"].is_string(), "{message}");
        let key = message["key"].as_str().unwrap();
        let quarterly = ["quarterly-pack/", "exceptions/"].iter().any(|document| key.starts_with(document));
        assert!(!quarterly || !message["documents"].as_array().unwrap().is_empty(), "{message}");
    }
    let lists = audit["acts"].as_array().unwrap().iter().filter(|a| a["kind"] == "list");
    assert_eq!(lists.count(), 6, "the lists as they were at the beginning");
    let one = quarterday(&["audit", "--data", text(demo()), "--pack", "pccsc-2026-27-q1", "--json"]);
    let one: serde_json::Value = serde_json::from_slice(&one.stdout).unwrap();
    assert_eq!(one["messages"].as_array().unwrap().len(), 1);
    assert_eq!(one["messages"][0]["recipient"], "pccsc.secretary@marrowdale-icb.example");
}

#[test]
fn a_late_file_that_changes_a_reported_level_is_told_with_who_received_it() {
    let output = quarterday(&["audit", "--data", text(demo())]);
    let audit = said(&output);
    let late: Vec<&str> = audit.lines().filter(|l| l.contains("late data")).collect();
    assert!(!late.is_empty(), "{audit}");
    assert!(late[0].contains("in the packs of quarterly-2026-07-14"), "{}", late[0]);
}

#[test]
fn the_operator_is_told_of_late_data_once() {
    let icb = Icb::with_register();
    icb.drop_step(1, "dashboard");
    icb.report("quarterly", "2026-07-14");
    let sheet = "Practice code,Date raised,Severity,Status,Reference\nX90100,01/07/2026,Serious,Open,NEW-1\n";
    icb.drop_bytes("concerns-quality", "late.csv", sheet);
    let output = icb.run("nightly", "2026-07-20", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let told = complained(&output);
    assert!(
        told.contains("X90100: the packs of 14 July 2026 reported level 2; with R0006 received since it would be level 4"),
        "{told}"
    );
    assert!(told.contains("those packs were sent: "), "{told}");
    assert!(told.contains("pmsg-2026-27-q1 (2 people)"), "{told}");
    let report = icb.report("nightly", "2026-07-21");
    assert_eq!(report["late"], serde_json::Value::Null, "once");
    let again = icb.report("nightly", "2026-07-20");
    assert_eq!(again["late"]["levels"][0]["practice"], "X90100", "the run that told it tells it again");
    let audit = look(&icb, &["audit"]);
    assert!(audit.contains("late data        X90100 in the packs of quarterly-2026-07-14"), "{audit}");
}

#[test]
fn an_acknowledgement_stands_in_the_pack_until_it_ends() {
    let icb = Icb::with_register();
    icb.drop_step(1, "concerns-quality");
    icb.report("quarterly", "2026-07-14");
    let open = look(&icb, &["ack", "--as-of", "2026-07-14"]);
    let id = open.split_whitespace().next().expect("an exception of the fixtures").to_owned();
    assert!(open.contains("nobody has acknowledged it"), "{open}");
    let ack = |args: &[&str]| {
        let data = icb.data();
        quarterday(&[&["ack"], args, &["--data", text(&data)]].concat())
    };
    let given = [&id, "--as", "Head of Quality", "--note", "Visit on 3 September"];
    let output = ack(&[&given[..], &["--as-of", "2026-07-15", "--until", "2026-10-20"]].concat());
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let output = ack(&["Q-999", "--as", "R", "--note", "N", "--as-of", "2026-07-15"]);
    assert_eq!(code(&output), 1);
    assert!(complained(&output).contains("no exception \"Q-999\" is open"), "{}", complained(&output));

    icb.report("quarterly", "2026-10-14");
    let pack = icb.data().join("packs/quarterly-2026-10-14/quality-committee/2026-10-14-exceptions-2026-27-q2-qc-named-OFFICIAL-SENSITIVE.pdf");
    let document = lopdf::Document::load(pack).unwrap();
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    let text = document.extract_text(&pages).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains(
            "Acknowledged by the Head of Quality on 15 Jul 2026, until 20 Oct 2026: Visit on 3 September"
        ),
        "{text}"
    );
    let told = complained(&icb.run("nightly", "2026-10-21", &[]));
    assert!(
        told.contains(&format!(
            "the acknowledgement of {id} by the Head of Quality ended on 20 October 2026"
        )),
        "{told}"
    );
    assert!(!complained(&icb.run("nightly", "2026-10-22", &[])).contains("acknowledgement"), "once");
}
