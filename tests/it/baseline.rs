//! With what levels and papers are compared: the last run, and the last pack that was sent.

use std::path::Path;

use serde_json::Value;

use crate::support::{Icb, code, complained, copy_of_demo, files, quarterday, said, text};

const JULY: &str = "quarterly-2026-07-14";
const OCTOBER: &str = "quarterly-2026-10-14";

fn look(data: &Path, args: &[&str]) -> String {
    let mut all = args.to_vec();
    all.extend(["--data", text(data)]);
    said(&quarterday(&all))
}

fn look_json(data: &Path, args: &[&str]) -> Value {
    let pipeline = data.join("pipeline");
    let mut all = args.to_vec();
    all.extend(["--json", "--pipeline", text(&pipeline)]);
    serde_json::from_str(&look(data, &all)).unwrap()
}

/// What the commands say that speak of the last run, without the time of day.
fn told(data: &Path) -> (String, String, Value, Value) {
    let status = look_json(data, &["status"]);
    let monitor = look_json(data, &["monitor"]);
    let named = |name: &str| {
        let of = |i: &&Value| i["name"].as_str() == Some(name);
        monitor["invariants"].as_array().unwrap().iter().find(of).unwrap()["broken"].clone()
    };
    (
        look(data, &["levels"]),
        look(data, &["explain", "X90001"]),
        serde_json::json!([status["data_as_at"], status["exceptions"], status["decisions"]]),
        named("clocks"),
    )
}

#[test]
fn a_pack_made_again_leaves_what_is_told_of_the_last_run_alone() {
    let dir = copy_of_demo();
    let data = dir.path();
    let before = told(data);
    assert!(before.0.starts_with("quarterly as at 14 October 2026"), "{}", before.0);
    assert!(before.3.as_array().is_some_and(|broken| !broken.is_empty()), "there is something to lose");
    assert!(before.1.contains("Stands at level 3"), "{}", before.1);
    let pipeline = data.join("pipeline");
    let run = |job: &str, as_of: &str| {
        let args = ["run", job, "--pipeline", text(&pipeline), "--data", text(data), "--as-of", as_of];
        let output = quarterday(&args);
        assert_eq!(code(&output), 0, "{}", complained(&output));
    };
    // The command of the README, then a date that has gone by.
    run("quarterly", "2026-07-14");
    assert_eq!(told(data), before);
    run("nightly", "2026-09-01");
    assert_eq!(told(data), before);
}

#[test]
fn a_run_that_is_not_the_last_one_says_so_first() {
    let data = crate::support::demo();
    let last = format!("the last run is {OCTOBER}, as at 14 October 2026");
    let first = |args: &[&str]| look(data, args).lines().next().unwrap().to_owned();
    assert!(first(&["levels", "--run", JULY]).ends_with(&last), "{}", first(&["levels", "--run", JULY]));
    assert!(first(&["explain", "X90001", "--run", JULY]).ends_with(&last));
    assert!(!look(data, &["levels"]).contains("the last run is"));
    assert!(!look(data, &["levels", "--run", OCTOBER]).contains("the last run is"));
    assert!(!look(data, &["explain", "X90001"]).contains("the last run is"));
    // A table for machines stays one: it is said beside it.
    let output = quarterday(&["levels", "--data", text(data), "--run", JULY, "--format", "csv"]);
    assert!(said(&output).starts_with("practice_code,"));
    assert!(complained(&output).contains(&last), "{}", complained(&output));
}

/// Practices that a pack of the October run reports as moved, and the pack it was compared with, by committee and document.
fn compared(icb: &Icb, run: &str) -> std::collections::BTreeMap<String, Value> {
    let path = icb.data().join("runs").join(run).join("manifest.json");
    let manifest: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let committees = manifest["baselines"].as_object().unwrap().clone();
    committees.into_iter().map(|(id, baseline)| (id, baseline["run"].clone())).collect()
}

/// A board with the register and one concern, whose July packs were sent.
fn july() -> Icb {
    let icb = Icb::with_register();
    concern(&icb, "july.csv", "Low", "01/07/2026");
    icb.report("quarterly", "2026-07-14");
    icb
}

/// A quality sheet with one concern.
fn concern(icb: &Icb, name: &str, severity: &str, raised: &str) {
    let sheet =
        format!("Practice code,Date raised,Severity,Status,Reference\nX90100,{raised},{severity},Open,Q-1\n");
    icb.drop_bytes("concerns-quality", name, sheet);
}

fn moved(icb: &Icb) -> (Value, Value) {
    let levels = icb.levels();
    let row = &levels["X90100"];
    (Value::from(row["previous_level"].as_str()), Value::from(row["cause"].as_str()))
}

fn pack_mail(icb: &Icb, part: &str) -> String {
    let mails = crate::release::mails(icb, part);
    assert!(!mails.is_empty(), "no message {part}");
    crate::release::read(&mails[0].1).1
}

#[test]
fn a_trial_by_hand_between_two_packs_loses_no_movement() {
    let icb = july();
    concern(&icb, "october.csv", "Serious", "01/10/2026");
    icb.report("quarterly", "2026-10-14");
    // A trial within the same quarter is made, withheld, and sent to nobody.
    concern(&icb, "november.csv", "Immediate", "01/10/2026");
    icb.report("quarterly", "2026-11-30");
    assert_eq!(crate::release::mails(&icb, "-r2-").len(), 0);
    let report = icb.report("quarterly", "2027-01-15");
    assert_eq!(report["moved"][1], "2026-10-14", "{report}");
    assert_eq!(report["moved"][0], 1);
    assert_eq!(moved(&icb), ("4".into(), "data".into()));
    let runs = compared(&icb, "quarterly-2027-01-15");
    assert!(runs.values().all(|run| run == "quarterly-2026-10-14"), "{runs:?}");
    let mail = pack_mail(&icb, "2026-27-q3-r1-primary-care-quality-group");
    assert!(mail.contains("Since the pack of 14 October 2026"), "{mail}");
    // The whole is the same without the trial.
    let other = july();
    concern(&other, "october.csv", "Serious", "01/10/2026");
    other.report("quarterly", "2026-10-14");
    concern(&other, "november.csv", "Immediate", "01/10/2026");
    let without = other.report("quarterly", "2027-01-15");
    assert_eq!(without["moved"], report["moved"]);
}

#[test]
fn a_committee_is_told_what_moved_since_its_own_last_pack() {
    let icb = july();
    let waits = "Primary Medical Services Group\"\ndocuments = [\"quarterly-pack\"]";
    icb.edit("committees.toml", waits, &format!("{waits}\nrelease = \"approval\""));
    concern(&icb, "october.csv", "Serious", "01/10/2026");
    icb.report("quarterly", "2026-10-14");
    // Nobody approves the October pack of the one group.
    icb.report("quarterly", "2027-01-15");
    let runs = compared(&icb, "quarterly-2027-01-15");
    assert_eq!(runs["primary-medical-services-group/quarterly-pack"], JULY);
    assert_eq!(runs["primary-care-quality-group/quarterly-pack"], OCTOBER);
    assert_eq!(moved(&icb), ("4".into(), "".into()), "the levels speak of the latest pack that was sent");
    let approved = crate::release::desk(
        &icb,
        &["approve", "pmsg-2026-27-q3", "--as", "Head", "--note", "Read.", "--as-of", "2027-01-16"],
    );
    assert_eq!(code(&approved), 0, "{}", complained(&approved));
    let own = pack_mail(&icb, "2026-27-q3-r1-primary-medical-services-group");
    assert!(own.contains("Since the pack of 14 July 2026, 1 practice moved to a higher level"), "{own}");
    let other = pack_mail(&icb, "2026-27-q3-r1-primary-care-quality-group");
    assert!(other.contains("No practice changed level since the pack of 14 October 2026"), "{other}");
}

#[test]
fn what_becomes_of_a_pack_later_changes_nothing_that_was_compared_with_it() {
    let icb = july();
    concern(&icb, "october.csv", "Serious", "01/10/2026");
    icb.report("quarterly", "2026-10-14");
    let packs = || files(&icb.data().join("packs").join(OCTOBER));
    let before = packs();
    for pack in ["pmsg-2026-27-q1", "pcqg-2026-27-q1", "pccsc-2026-27-q1"] {
        let output = crate::release::desk(&icb, &["recall", pack, "--by", "Head", "--reason", "Wrong."]);
        assert_eq!(code(&output), 0, "{}", complained(&output));
    }
    std::fs::remove_dir_all(icb.data().join("packs").join(OCTOBER)).unwrap();
    let again = icb.report("quarterly", "2026-10-14");
    assert_eq!((&again["run"], &again["sent"]), (&OCTOBER.into(), &0.into()));
    assert!(packs() == before, "the pack that was made again differs");
    let replay = quarterday(&["replay", OCTOBER, "--data", text(&icb.data()), "-q"]);
    assert_eq!(code(&replay), 0, "{}", said(&replay));
    // What is made from now on is compared with nothing that was recalled.
    icb.report("nightly", "2026-10-15");
    let runs = compared(&icb, "nightly-2026-10-15");
    assert_eq!(runs["primary-care-quality-group/quarterly-pack"], OCTOBER);
    let october = ["pmsg-2026-27-q2", "pcqg-2026-27-q2", "pccsc-2026-27-q2", "qc-2026-27-q2"];
    for pack in october {
        crate::release::desk(&icb, &["recall", pack, "--by", "Head", "--reason", "Wrong."]);
    }
    icb.report("nightly", "2026-10-16");
    assert_eq!(compared(&icb, "nightly-2026-10-16").get("primary-care-quality-group"), None);
}

#[test]
fn a_pack_approved_after_the_next_one_was_made_does_not_get_into_it() {
    let icb = Icb::with_register();
    concern(&icb, "july.csv", "Low", "01/07/2026");
    let waits = "Primary Medical Services Group\"\ndocuments = [\"quarterly-pack\"]";
    icb.edit("committees.toml", waits, &format!("{waits}\nrelease = \"approval\""));
    icb.report("quarterly", "2026-07-14");
    concern(&icb, "october.csv", "Serious", "01/10/2026");
    icb.report("quarterly", "2026-10-14");
    assert_eq!(compared(&icb, OCTOBER).get("primary-medical-services-group"), None);
    let before = files(&icb.data().join("packs").join(OCTOBER));
    let approve = ["approve", "pmsg-2026-27-q1", "--as", "Head", "--note", "Read.", "--as-of", "2026-07-15"];
    assert_eq!(code(&crate::release::desk(&icb, &approve)), 0);
    assert_eq!(icb.report("quarterly", "2026-10-14")["run"], OCTOBER);
    assert!(files(&icb.data().join("packs").join(OCTOBER)) == before, "the pack that was made again differs");
    assert_eq!(code(&quarterday(&["replay", OCTOBER, "--data", text(&icb.data()), "-q"])), 0);
    icb.report("nightly", "2026-10-15");
    assert_eq!(compared(&icb, "nightly-2026-10-15")["primary-medical-services-group/quarterly-pack"], JULY);
}

/// The receipt beside a file.
fn receipt(icb: &Icb, feed: &str, file: &str) -> String {
    let folder = icb.data().join("inbox").join(feed);
    std::fs::read_to_string(folder.join(format!("{file}.receipt.txt"))).unwrap()
}

#[test]
fn a_feed_that_did_not_exist_then_sends_nothing_late() {
    let icb = july();
    let feed = std::fs::read_to_string(icb.pipeline("feeds/concerns-quality.toml")).unwrap();
    let feed = feed.replace("Concerns of the quality team", "Concerns of the dental team");
    std::fs::write(icb.pipeline("feeds/concerns-dental.toml"), feed).unwrap();
    let row = "X90101,01/07/2026,Serious,Open,D-1\n";
    let sheet = format!("Practice code,Date raised,Severity,Status,Reference\n{row}");
    icb.drop_bytes("concerns-dental", "dental.csv", sheet);
    let report = icb.report("nightly", "2026-07-20");
    assert_eq!(report["late"], Value::Null, "{report}");
    let told = receipt(&icb, "concerns-dental", "dental.csv");
    assert!(!told.contains("came after the pack"), "{told}");
    assert_eq!(icb.levels()["X90101"]["cause"], "late-file", "the row is new and tells of the time before");
}

#[test]
fn an_edited_row_is_no_late_one_and_one_that_was_set_aside_is_told_as_such() {
    let icb = Icb::with_register();
    let head = "Practice code,Date raised,Severity,Status,Reference\n";
    let july = format!("{head}X90100,01/07/2026,Low,Open,Q-1\nX90101,01/07/2026,,Open,Q-2\n");
    icb.drop_bytes("concerns-quality", "july.csv", july);
    icb.report("quarterly", "2026-07-14");
    let august = format!(
        "{head}X90100,01/07/2026,Serious,Open,Q-1\nX90101,01/07/2026,Serious,Open,Q-2\n\
         X90102,14/07/2026,Serious,Open,Q-3\nX90103,15/07/2026,Serious,Open,Q-4\n"
    );
    icb.drop_bytes("concerns-quality", "august.csv", august);
    let report = icb.report("nightly", "2026-07-20");
    let levels = icb.levels();
    let cause = |code: &str| levels[code]["cause"].as_str();
    assert_eq!(cause("X90100"), "data", "it was edited");
    assert_eq!(cause("X90101"), "data", "it was set aside and is corrected");
    assert_eq!(cause("X90102"), "late-file", "it was raised on the day of the pack");
    assert_eq!(cause("X90103"), "data", "it was raised after it");
    let told = report["warnings"].to_string();
    assert!(!told.contains("X90100: the packs"), "{told}");
    let aside = "X90101: the packs of 14 July 2026 reported not assessed; with a row of R0005 that was set \
                 aside then and counts now it would be level 4";
    assert!(told.contains(aside), "{told}");
    let late = "X90102: the packs of 14 July 2026 reported not assessed; with R0005 received since it would be level 4";
    assert!(told.contains(late), "{told}");
    assert!(!told.contains("X90103: the packs"), "{told}");
}

#[test]
fn a_late_row_is_told_only_if_its_whole_file_would_have_moved_the_level() {
    let icb = Icb::with_register();
    let head = "Practice code,Variation score,Extract date\n";
    let rows = |score: &str, date: &str, codes: &[&str]| -> String {
        codes.iter().map(|code| format!("{code},{score},{date}\n")).collect()
    };
    let both = ["X90100", "X90101"];
    icb.drop_bytes("dashboard", "april.csv", format!("{head}{}", rows("5", "30/04/2026", &both)));
    icb.report("quarterly", "2026-07-14");
    // The extract of May would have been level 3, but the same file has one of June for X90100.
    let late = format!("{head}{}{}", rows("12", "31/05/2026", &both), rows("6", "30/06/2026", &both[..1]));
    let late = format!("{late}{}", rows("-0", "16/07/2026", &["X90102"]));
    icb.drop_bytes("dashboard", "june.csv", late);
    let report = icb.report("nightly", "2026-07-20");
    let levels = icb.levels();
    assert_eq!(levels["X90102"]["variation_score"], "0", "as nobody writes a sign before it");
    assert_eq!((levels["X90100"]["level"].as_str(), levels["X90101"]["level"].as_str()), ("2", "3"));
    assert_eq!(levels["X90101"]["cause"], "late-file");
    let told = report["warnings"].to_string();
    assert!(told.contains("X90101: the packs of 14 July 2026 reported level 2; with R"), "{told}");
    assert!(!told.contains("X90100: the packs"), "{told}");
    let receipt = receipt(&icb, "dashboard", "june.csv");
    assert!(receipt.contains("X90101") && receipt.contains("would have been level 3"), "{receipt}");
    assert!(!receipt.contains("X90100"), "{receipt}");
}
