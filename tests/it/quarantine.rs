//! Rows that are set aside: listed with what is wrong, and counted again by a corrected file or by name.

use std::fs;

use serde_json::Value;

use crate::support::{Icb, code, complained, files, quarterday, said, text};

const HEADER: &str = "Practice code,Practice name,Date raised,Concern,Severity,Status,Reference\n";
const RELEASES: &str = "Receipt,Cell or row,Reason,Released by,Date\n";

fn quarantine(icb: &Icb, more: &[&str]) -> std::process::Output {
    let (pipeline, data) = (icb.pipeline(""), icb.data());
    let mut args = vec!["quarantine", "--pipeline", text(&pipeline), "--data", text(&data)];
    args.extend(more);
    quarterday(&args)
}

fn listed(icb: &Icb, more: &[&str]) -> Value {
    let mut args = vec!["--json"];
    args.extend(more);
    let output = quarantine(icb, &args);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn receipt(icb: &Icb, feed: &str, name: &str) -> String {
    let path = icb.data().join("inbox").join(feed).join(format!("{name}.receipt.txt"));
    fs::read_to_string(path).unwrap()
}

/// Two concerns with one reference, and one without a practice.
fn sheet() -> String {
    format!(
        "{HEADER}X90100,,01/07/2026,first words,Low,Open,Q-1\n\
         X90101,,01/07/2026,other words,Serious,Open,Q-1\n\
         ,,01/07/2026,lost words,Serious,Open,Q-2\n"
    )
}

#[test]
fn rows_aside_are_listed_and_their_values_shown_only_on_request() {
    let icb = Icb::with_register();
    let output = quarantine(&icb, &[]);
    assert_eq!(code(&output), 1);
    assert!(complained(&output).contains("nothing has been received"), "{}", complained(&output));
    icb.drop_bytes("concerns-quality", "July.csv", sheet());
    icb.report("nightly", "2026-07-14");
    let before = files(&icb.data());
    let plain = said(&quarantine(&icb, &[]));
    assert!(!plain.contains("words"), "{plain}");
    insta::assert_snapshot!(plain);
    let json = listed(&icb, &["--feed", "concerns-quality"]);
    assert_eq!((json["waiting"].as_u64(), json["released"].as_u64()), (Some(2), Some(0)));
    assert_eq!(json["rows"][0]["row"], 3);
    assert!(json["rows"][0].get("values").is_none());
    let shown = listed(&icb, &["--values"]);
    assert_eq!(shown["rows"][0]["values"][3]["cell"], "D3");
    assert_eq!(shown["rows"][0]["values"][3]["value"], "other words");
    assert_eq!(listed(&icb, &["--feed", "visits"])["rows"], serde_json::json!([]));
    let wrong = quarantine(&icb, &["--feed", "concern-quality"]);
    assert!(complained(&wrong).contains("did you mean concerns-quality?"), "{}", complained(&wrong));
    let mut after = files(&icb.data());
    after.retain(|path, _| !path.to_string_lossy().contains("ledger.sqlite-"));
    let mut before = before;
    before.retain(|path, _| !path.to_string_lossy().contains("ledger.sqlite-"));
    assert!(after == before, "looking changes nothing");
}

#[test]
fn a_named_person_lets_a_row_count_and_it_is_remembered_who_and_why() {
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-quality", "July.csv", sheet());
    icb.report("nightly", "2026-07-14");
    assert_eq!(icb.levels()["X90101"]["level"], "");
    let rows = "R0001,G3,The reference was typed twice,Primary care analyst,15/07/2026\n\
                R0001,4,Seen,Primary care analyst,15/07/2026\n\
                R0001,9,Seen,Primary care analyst,15/07/2026\n\
                R0099,2,Seen,Primary care analyst,15/07/2026\n\
                concerns-quality/July.csv,Q-1,To come,Primary care analyst,01/08/2026\n";
    icb.drop_bytes("releases", "releases.csv", format!("{RELEASES}{rows}"));
    icb.report("quarterly", "2026-07-15");
    assert_eq!(icb.levels()["X90101"]["level"], "4", "the released concern counts");
    let told = receipt(&icb, "concerns-quality", "July.csv");
    assert!(told.contains("3 rows read = 2 accepted + 1 quarantined + 0 ignored"), "{told}");
    assert!(
        told.contains("released by Primary care analyst on 15 July 2026: The reference was typed twice"),
        "{told}"
    );
    insta::assert_snapshot!(receipt(&icb, "releases", "releases.csv"));
    let json = listed(&icb, &[]);
    assert_eq!((json["waiting"].as_u64(), json["released"].as_u64()), (Some(1), Some(1)));
    let released = &json["rows"][0];
    assert_eq!(released["state"], "released");
    assert_eq!(released["release"]["by"], "Primary care analyst");
    assert_eq!(released["release"]["reason"], "The reference was typed twice");
    // The day before, nobody had released anything.
    let packs = files(&icb.data().join("packs"));
    let named = packs.iter().find(|(path, _)| {
        let path = path.to_string_lossy();
        path.contains("primary-medical-services-group") && path.contains("quarterly-pack")
    });
    let document = crate::support::pdf(named.unwrap().1);
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    let words =
        document.extract_text(&pages).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("Rows that a named person let count"), "the pack says so");
    assert!(words.contains("The reference was typed twice"), "and why");
}

#[test]
fn a_release_that_is_withdrawn_or_whose_file_was_replaced_changes_nothing() {
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-quality", "July.csv", sheet());
    icb.report("nightly", "2026-07-14");
    let release = format!("{RELEASES}July.csv,row 3,Seen,Primary care analyst,14/07/2026\n");
    icb.drop_bytes("releases", "1.csv", &release);
    icb.report("nightly", "2026-07-15");
    assert_eq!(icb.levels()["X90101"]["level"], "4");
    icb.drop_bytes(
        "releases",
        "2.csv",
        format!("{RELEASES}July.csv,row 99,Seen,Primary care analyst,14/07/2026\n"),
    );
    icb.report("nightly", "2026-07-16");
    assert_eq!(icb.levels()["X90101"]["level"], "", "the release is gone from the sheet");
    icb.drop_bytes("releases", "3.csv", release.replace("Seen", "Seen again"));
    icb.drop_bytes("concerns-quality", "August.csv", sheet().replace("first words", "newer words"));
    icb.report("nightly", "2026-07-17");
    assert_eq!(icb.levels()["X90101"]["level"], "", "a release is for one file only");
    let told = receipt(&icb, "releases", "3.csv");
    assert!(told.contains("R0001 has been replaced by August.csv"), "{told}");
    assert_eq!(listed(&icb, &[])["waiting"], 2);
}

#[test]
fn a_corrected_file_empties_the_quarantine() {
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-quality", "July.csv", sheet());
    icb.report("nightly", "2026-07-14");
    let copy = icb.data().join("inbox/concerns-quality/July.csv.checked.xlsx");
    assert!(copy.exists());
    let corrected = format!(
        "{HEADER}X90100,,01/07/2026,first words,Low,Open,Q-1\nX90101,,01/07/2026,other words,Serious,Open,Q-3\n"
    );
    icb.drop_bytes("concerns-quality", "July.csv", corrected);
    icb.report("nightly", "2026-07-15");
    assert_eq!(listed(&icb, &[])["rows"], serde_json::json!([]));
    assert_eq!(icb.levels()["X90101"]["level"], "4");
    assert!(!copy.exists(), "nothing is left to correct");
    assert!(receipt(&icb, "concerns-quality", "July.csv").contains("Nothing to correct"));
}

#[test]
fn a_name_that_does_not_belong_to_its_code_is_a_warning_with_the_likely_practice() {
    let icb = Icb::with_register();
    let sheet = format!(
        "{HEADER}X90001,Inverwath Surgery,01/07/2026,,Low,Open,Q-1\n\
         X90002,Quay Lane Partnership of Doctors,01/07/2026,,Low,Open,Q-2\n\
         ,Inverwath Surgery,01/07/2026,,Low,Open,Q-3\n"
    );
    icb.drop_bytes("concerns-quality", "July.csv", sheet);
    icb.report("nightly", "2026-07-14");
    let told = receipt(&icb, "concerns-quality", "July.csv");
    assert!(told.contains("3 rows read = 2 accepted + 1 quarantined + 0 ignored"), "{told}");
    assert!(told.contains("the name fits X90064 \"INVERWATH SURGERY\""), "{told}");
    assert!(told.contains("no practice in scope has a name like that"), "{told}");
    assert!(told.contains("did you mean X90064 \"INVERWATH SURGERY\"? Write its code"), "{told}");
    let levels = icb.levels();
    assert_eq!((levels["X90001"]["level"].as_str(), levels["X90064"]["level"].as_str()), ("2", ""));
}

#[test]
fn withheld_values_are_not_shown_even_on_request() {
    let icb = Icb::with_register();
    let sheet = "Practice code,Date raised,Concern,Severity,Status,Reference\n\
                 X90100,01/07/2026,a-secret-that-nobody-may-read,Severe,Open,F-1\n";
    icb.drop_bytes("concerns-ftsu", "ftsu.csv", sheet);
    icb.report("nightly", "2026-07-14");
    let shown = said(&quarantine(&icb, &["--values"]));
    assert!(shown.contains("D2 Severity: Severe"), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
}
