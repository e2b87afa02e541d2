//! What may not vanish in silence: files that are held, files that are received again, dates that are still to
//! come, arrivals that are taken back, and a store that is damaged.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::server::{Reply, Server};
use crate::support::{Icb, code, complained, files, quarterday, quarterday_as_given, said, text};

const HEADER: &str = "Practice code,Date raised,Severity,Status,Reference\n";
const RELEASES: &str = "Receipt,Cell or row,Reason,Released by,Date\n";
const DASHBOARD: &str = "Practice code,Variation score,Extract date\n";

fn receipt(icb: &Icb, feed: &str, name: &str) -> String {
    let path = icb.data().join("inbox").join(feed).join(format!("{name}.receipt.txt"));
    fs::read_to_string(path).unwrap()
}

/// A command on the data folder, with JSON.
fn asked(icb: &Icb, command: &[&str]) -> (Value, i32) {
    let (pipeline, data) = (icb.pipeline(""), icb.data());
    let mut args = command.to_vec();
    args.extend(["--pipeline", text(&pipeline), "--data", text(&data), "--json"]);
    let output = quarterday(&args);
    let json = serde_json::from_slice(&output.stdout);
    (json.unwrap_or_else(|_| panic!("{}{}", said(&output), complained(&output))), code(&output))
}

fn in_force(icb: &Icb, feed: &str) -> Option<String> {
    let (status, _) = asked(icb, &["status"]);
    let feeds = status["feeds"].as_array().unwrap();
    feeds.iter().find(|f| f["feed"] == feed).unwrap()["file"].as_str().map(str::to_owned)
}

/// The state of an arrival, by the name of its file; the last of that name.
fn state(icb: &Icb, file: &str) -> String {
    let (all, _) = asked(icb, &["arrivals"]);
    let found = all.as_array().unwrap().iter().rfind(|a| a["file"] == file).unwrap();
    found["state"].as_str().unwrap().to_owned()
}

/// What is held, as a report says it.
fn held(report: &Value) -> Vec<(String, u64, u64)> {
    let all = report["held_back"].as_array().unwrap().iter();
    all.map(|h| {
        let (gone, of) = (h["loss"]["gone"].as_u64().unwrap(), h["loss"]["of"].as_u64().unwrap());
        (h["file"].as_str().unwrap().to_owned(), gone, of)
    })
    .collect()
}

fn take_in(icb: &Icb, as_of: &str) -> (Value, i32) {
    asked(icb, &["intake", "--as-of", as_of])
}

fn fixture(icb: &Icb, feed: &str, name: &str) -> String {
    fs::read_to_string(icb.data().join("inbox").join(feed).join(name)).unwrap()
}

/// The list of patients or the register without the rows of so many practices in scope.
fn without(sheet: &str, practices: &[String]) -> String {
    let lines = sheet.lines().filter(|line| !practices.iter().any(|code| line.contains(code.as_str())));
    lines.map(|line| format!("{line}\n")).collect()
}

fn practices(icb: &Icb) -> Vec<String> {
    icb.levels().into_keys().collect()
}

fn release(icb: &Icb, name: &str, rows: &[(&str, &str)]) {
    let rows: String =
        rows.iter().map(|(receipt, date)| format!("{receipt},file,they went,Analyst,{date}\n")).collect();
    icb.drop_bytes("releases", name, format!("{RELEASES}{rows}"));
}

/// So many open concerns, from a number on.
fn concerns(range: std::ops::Range<u32>) -> String {
    let row = |n: u32| format!("X90{:03},01/07/2026,Low,Open,Q-{n}\n", 100 + n);
    HEADER.to_owned() + &range.map(row).collect::<String>()
}

const LIST: &str = "gp-reg-pat-prac-all.csv";
const OTHERS: &str = "PUBLICATION,EXTRACT_DATE,TYPE,CCG_CODE,ONS_CCG_CODE,CODE,POSTCODE,SEX,AGE,NUMBER_OF_PATIENTS\n\
GP_PRAC_PAT_LIST,01OCT2026,GP,X8A,E38990065,X98001,QX1 2QX,ALL,ALL,4311\n\
GP_PRAC_PAT_LIST,01OCT2026,GP,X8A,E38990065,X98002,QX1 3QX,ALL,ALL,4622\n";

#[test]
fn a_list_without_our_practices_is_held_and_the_packs_cover_them_all() {
    let icb = Icb::with_register();
    icb.drop_step(1, "dashboard");
    icb.report("quarterly", "2026-07-14");
    let all = practices(&icb);
    icb.drop_bytes("patients-registered", "list of another board.csv", OTHERS);
    let (report, exit) = take_in(&icb, "2026-10-13");
    assert_eq!(exit, 4);
    assert_eq!(report["taken"][0]["state"], "rejected");
    let told = receipt(&icb, "patients-registered", "list of another board.csv");
    assert!(told.contains("NOT taken in"), "{told}");
    assert!(told.contains("none of our practices is in it"), "{told}");
    assert!(told.contains(&format!("{LIST} received on 14 July 2026, goes on counting")), "{told}");
    assert!(told.contains("writes R0006 and \"file\" as the cell in the sheet of releases"), "{told}");
    assert_eq!(in_force(&icb, "patients-registered").as_deref(), Some(LIST));

    // The operator sees it until somebody decides.
    let (status, _) = asked(&icb, &["status"]);
    assert_eq!(status["held"][0]["receipt"], "R0006");
    let (monitor, exit) = asked(&icb, &["monitor"]);
    assert_eq!(exit, 9);
    let named = monitor["invariants"].as_array().unwrap().iter().find(|i| i["name"] == "held").unwrap();
    assert_eq!(named["state"], "broken");
    assert!(named["broken"][0]["what"].as_str().unwrap().contains("none of our practices is in it"));

    let report = icb.report("quarterly", "2026-10-14");
    assert_eq!(report["practices"], all.len());
    assert_eq!(practices(&icb), all);

    // Let count all the same, it empties the scope: then no packs are made for anybody.
    let sent = files(&icb.data().join("outbox"));
    release(&icb, "r.csv", &[("R0006", "15/10/2026")]);
    let output = icb.run("quarterly", "2026-10-15", &[]);
    assert_eq!(code(&output), 5, "{}", complained(&output));
    assert!(complained(&output).contains("no practice is in scope"), "{}", complained(&output));
    assert!(files(&icb.data().join("outbox")) == sent);
    assert!(!icb.data().join("packs/quarterly-2026-10-15").exists());
}

#[test]
fn the_first_list_or_register_must_have_one_of_our_practices() {
    let icb = Icb::new();
    icb.drop_step(1, "ods-register");
    icb.drop_bytes("patients-registered", "list.csv", OTHERS);
    assert_eq!(take_in(&icb, "2026-07-14").1, 4);
    assert_eq!(state(&icb, "list.csv"), "held");

    let icb = Icb::new();
    icb.drop_step(1, "ods-register");
    let register = fixture(&icb, "ods-register", "epraccur.csv");
    let other: String = register.replace("\"X9", "\"Y9").lines().take(20).map(|l| format!("{l}\n")).collect();
    fs::remove_file(icb.data().join("inbox/ods-register/epraccur.csv")).unwrap();
    icb.drop_bytes("ods-register", "other.csv", other);
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert_eq!(code(&output), 5, "{}", complained(&output));
    assert!(complained(&output).contains("none of our practices is in it"), "{}", complained(&output));
    assert!(complained(&output).contains("other.csv (R0001)"), "{}", complained(&output));
}

#[test]
fn register_and_list_of_one_run_are_counted_together_and_again_without_what_is_released() {
    let icb = Icb::with_register();
    icb.drop_step(1, "dashboard");
    icb.report("quarterly", "2026-07-14");
    let all = practices(&icb);
    // 196 practices: 5 % are 9.8. Six go from the register, six others have no list.
    assert_eq!(all.len(), 196);
    let list = fixture(&icb, "patients-registered", LIST).replace("01JUL2026", "01OCT2026");
    let register = fixture(&icb, "ods-register", "epraccur.csv");
    icb.drop_bytes("patients-registered", "october.csv", without(&list, &all[20..26]));
    icb.drop_bytes("ods-register", "october.csv", without(&register, &all[40..46]));
    let (report, exit) = take_in(&icb, "2026-10-01");
    assert_eq!(exit, 4);
    assert_eq!(held(&report), [("october.csv".to_owned(), 6, 196), ("october.csv".to_owned(), 6, 196)]);
    let told = receipt(&icb, "patients-registered", "october.csv");
    assert!(told.contains("6 of 196 practices in scope would be gone: X90021 "), "{told}");
    icb.report("nightly", "2026-10-02");
    assert_eq!(practices(&icb).len(), 196);

    // One is let count: its six are gone by a person's word, and the other's six are less than 5 %.
    let list = asked(&icb, &["arrivals", "--feed", "patients-registered"]).0;
    let number = list.as_array().unwrap().last().unwrap()["receipt"].as_str().unwrap().to_owned();
    release(&icb, "r.csv", &[(&number, "03/10/2026")]);
    icb.report("nightly", "2026-10-03");
    assert_eq!(practices(&icb).len(), 184);
    assert_eq!(take_in(&icb, "2026-10-03").0["held_back"].as_array().unwrap().len(), 0);
    // And the packs of the quarter may be made.
    let report = icb.report("quarterly", "2026-10-14");
    assert_eq!(report["practices"], 184);
}

#[test]
fn losses_add_up_since_the_last_pack_that_was_sent() {
    let icb = Icb::with_register();
    icb.drop_step(1, "dashboard");
    icb.report("quarterly", "2026-07-14");
    let all = practices(&icb);
    let register = fixture(&icb, "ods-register", "epraccur.csv");
    icb.drop_bytes("ods-register", "august.csv", without(&register, &all[40..49]));
    assert_eq!(take_in(&icb, "2026-08-01").1, 0, "9 of 196 are less than 5 %");
    icb.drop_bytes("ods-register", "september.csv", without(&register, &all[40..50]));
    let (report, exit) = take_in(&icb, "2026-09-01");
    assert_eq!(exit, 4, "10 are more");
    assert_eq!(held(&report).len(), 1);
    assert_eq!(in_force(&icb, "ods-register").as_deref(), Some("august.csv"));
}

#[test]
fn networks_and_successors_are_held_by_what_they_would_take_away() {
    let icb = Icb::with_register();
    icb.drop_step(1, "ods-pcn");
    // Four closed practices have a successor; one of them has two.
    let four = format!(
        "{}\"X90954\",\"X90064\",\"R\",\"20250101\",\"\"\n",
        fixture(&icb, "ods-successors", "succ.csv")
    );
    icb.drop_bytes("ods-successors", "succ.csv", &four);
    assert_eq!(take_in(&icb, "2026-07-14").1, 0);
    let of = |codes: &[&str]| -> String {
        four.lines()
            .filter(|l| codes.iter().any(|c| l.starts_with(&format!("\"{c}"))))
            .map(|l| format!("{l}\n"))
            .collect()
    };
    icb.drop_bytes("ods-successors", "two less.csv", of(&["X90953", "X90954"]));
    assert_eq!(take_in(&icb, "2026-08-01").1, 0, "two are fewer than three");
    icb.drop_bytes("ods-successors", "all again.csv", format!("{four}{}", of(&["X90954"])));
    assert_eq!(take_in(&icb, "2026-08-02").1, 0);
    icb.drop_bytes("ods-successors", "three less.csv", of(&["X90953"]));
    let (report, exit) = take_in(&icb, "2026-08-03");
    assert_eq!((exit, held(&report)), (4, vec![("three less.csv".to_owned(), 3, 4)]));
    let told = receipt(&icb, "ods-successors", "three less.csv");
    assert!(
        told.contains("3 closed practices would have no successor: X90951 SALTERN QUAY SURGERY; X90952"),
        "{told}"
    );

    let few = "Partner Organisation Code,PCN Code,PCN Name,Practice to PCN Relationship Start Date,\
               Practice to PCN Relationship End Date\nX90001,U99001,One,20200101,\n";
    icb.drop_bytes("ods-pcn", "few.csv", few);
    let (report, exit) = take_in(&icb, "2026-08-04");
    assert_eq!(exit, 4, "{report}");
    assert_eq!(state(&icb, "few.csv"), "held");
}

#[test]
fn a_team_sheet_is_held_when_it_is_empty_strange_or_much_shorter() {
    for (name, sheet, words) in [
        ("header only", HEADER.to_owned(), "it has no row that counts, and the file before has 8 rows"),
        ("strange", concerns(20..28), "none of its rows is in the file before, which has 8 rows"),
        ("short", concerns(0..3), "5 of 8 open rows would be gone: Q-3; Q-4; Q-5; Q-6; Q-7"),
    ] {
        let icb = Icb::with_register();
        icb.drop_bytes("concerns-quality", "july.csv", concerns(0..8));
        assert_eq!(take_in(&icb, "2026-07-14").1, 0);
        icb.drop_bytes("concerns-quality", "august.csv", &sheet);
        let output = icb.run("nightly", "2026-08-14", &[]);
        assert_eq!(code(&output), 4, "{name}: {}", complained(&output));
        assert!(said(&output).contains("HELD: concerns-quality/august.csv"), "{name}: {}", said(&output));
        let told = receipt(&icb, "concerns-quality", "august.csv");
        assert!(told.contains(words), "{name}: {told}");
        assert!(told.contains("july.csv received on 14 July 2026, goes on counting"), "{name}: {told}");
        assert_eq!(icb.levels()["X90100"]["level"], "2", "{name}");
        // Its owner and the operator hear of it at once.
        let mails: String = files(&icb.data().join("outbox"))
            .values()
            .map(|m| String::from_utf8_lossy(m).into_owned())
            .collect();
        assert!(mails.contains("august.csv not taken in"), "{name}");
        let told: String = files(&icb.data().join("operator"))
            .values()
            .map(|m| String::from_utf8_lossy(m).into_owned())
            .collect();
        assert!(told.contains("concerns-quality/august.csv"), "{name}: {told}");
        // What comes next is compared with what counts.
        icb.drop_bytes("concerns-quality", "september.csv", concerns(0..9));
        assert_eq!(take_in(&icb, "2026-09-14").1, 0, "{name}");
        assert_eq!(in_force(&icb, "concerns-quality").as_deref(), Some("september.csv"), "{name}");
    }
    // Exactly half, and two of three, are no matter for a person.
    for (before, after) in [(8, 4), (3, 1)] {
        let icb = Icb::with_register();
        icb.drop_bytes("concerns-quality", "july.csv", concerns(0..before));
        take_in(&icb, "2026-07-14");
        icb.drop_bytes("concerns-quality", "august.csv", concerns(0..after));
        assert_eq!(take_in(&icb, "2026-08-14").1, 0, "{before} {after}");
    }
}

#[test]
fn decisions_that_have_ended_are_no_loss_and_a_narrative_only_needs_a_row() {
    let icb = Icb::with_register();
    let header = "Practice code,Level,Reason,Decided by,Group,Date,Until\n";
    let row = |n: u32, until: &str| format!("X90{n},3,agreed,Chair,Oversight group,01/07/2026,{until}\n");
    let ended: String = (100..104).map(|n| row(n, "31/07/2026")).collect();
    let open: String = (110..114).map(|n| row(n, "31/12/2026")).collect();
    let first = format!("{header}{ended}{open}");
    icb.drop_bytes("decisions", "july.csv", first);
    icb.drop_bytes(
        "narrative",
        "july.csv",
        "Section,Text,Author,Date\nSummary,All is well.,Lead,01/07/2026\n",
    );
    assert_eq!(take_in(&icb, "2026-07-14").1, 0);
    icb.drop_bytes("decisions", "august.csv", format!("{header}{open}"));
    icb.drop_bytes(
        "narrative",
        "august.csv",
        "Section,Text,Author,Date\nThemes,Other words.,Lead,01/08/2026\n",
    );
    assert_eq!(take_in(&icb, "2026-08-14").1, 0);
    icb.drop_bytes("decisions", "september.csv", format!("{header}{}", row(110, "31/12/2026")));
    icb.drop_bytes("narrative", "september.csv", "Section,Text,Author,Date\n");
    let (report, exit) = take_in(&icb, "2026-09-14");
    assert_eq!(exit, 4);
    let held = held(&report);
    assert_eq!(held.len(), 2, "{report}");
    assert!(held.iter().all(|(file, _, _)| file == "september.csv"), "{report}");
    assert!(
        receipt(&icb, "decisions", "september.csv")
            .contains("3 of 4 open rows would be gone: X90111, 01/07/2026")
    );
}

#[test]
fn a_release_is_for_the_content_for_good_and_undoes_nothing_that_came_after() {
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-quality", "july.csv", concerns(0..8));
    take_in(&icb, "2026-07-14");
    icb.drop_bytes("concerns-quality", "short.csv", concerns(0..2));
    take_in(&icb, "2026-08-01");
    let before = fs::read(icb.data().join("ledger.sqlite")).unwrap().len();
    assert!(before > 0);
    release(&icb, "r1.csv", &[("R0005", "02/08/2026")]);
    let (report, exit) = take_in(&icb, "2026-08-02");
    assert_eq!((exit, report["held_back"].as_array().unwrap().len()), (0, 0));
    assert_eq!(in_force(&icb, "concerns-quality").as_deref(), Some("short.csv"));
    assert!(receipt(&icb, "concerns-quality", "short.csv").contains("Taken in"));
    // The row goes from the sheet, and what it let count goes on counting.
    icb.drop_bytes("releases", "r2.csv", RELEASES);
    take_in(&icb, "2026-08-03");
    assert_eq!(in_force(&icb, "concerns-quality").as_deref(), Some("short.csv"));
    // The same content, received again after a whole sheet, needs no other word.
    icb.drop_bytes("concerns-quality", "whole.csv", concerns(0..9));
    take_in(&icb, "2026-08-04");
    assert_eq!(in_force(&icb, "concerns-quality").as_deref(), Some("whole.csv"));
    icb.drop_bytes("concerns-quality", "short again.csv", concerns(0..2));
    assert_eq!(take_in(&icb, "2026-08-05").1, 0);
    assert_eq!(in_force(&icb, "concerns-quality").as_deref(), Some("short again.csv"));

    // Released after another file came: it takes its place before that one.
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-quality", "july.csv", concerns(0..8));
    take_in(&icb, "2026-07-14");
    icb.drop_bytes("concerns-quality", "strange.csv", concerns(30..34));
    take_in(&icb, "2026-08-01");
    icb.drop_bytes("concerns-quality", "whole.csv", concerns(0..9));
    take_in(&icb, "2026-08-04");
    release(&icb, "r1.csv", &[("strange.csv", "05/08/2026")]);
    take_in(&icb, "2026-08-05");
    assert_eq!(in_force(&icb, "concerns-quality").as_deref(), Some("whole.csv"));
    assert_eq!(state(&icb, "whole.csv"), "counts");
}

#[test]
fn packs_made_while_a_file_was_held_are_made_again_byte_for_byte_after_its_release() {
    let icb = Icb::with_register();
    icb.drop_step(1, "dashboard");
    icb.drop_bytes("concerns-quality", "july.csv", concerns(0..8));
    icb.report("quarterly", "2026-07-14");
    icb.drop_bytes("concerns-quality", "short.csv", concerns(0..2));
    let report = icb.report("quarterly", "2026-10-14");
    assert_eq!(held(&report).len(), 1);
    let run = report["run"].as_str().unwrap().to_owned();
    let packs = files(&icb.data().join("packs").join(&run));
    release(&icb, "r1.csv", &[("short.csv", "15/10/2026")]);
    icb.report("nightly", "2026-10-15");
    assert!(!icb.levels()["X90105"]["rules"].contains("open-concern"));
    fs::remove_dir_all(icb.data().join("packs").join(&run)).unwrap();
    let again = icb.report("quarterly", "2026-10-14");
    assert_eq!(again["run"], run.as_str());
    assert!(files(&icb.data().join("packs").join(&run)) == packs);
    let output = quarterday(&["replay", &run, "--data", text(&icb.data())]);
    assert_eq!(code(&output), 0, "{}{}", said(&output), complained(&output));
}

/// Gives a file another time of change, in seconds from now.
fn touch(path: &Path, seconds: u64) {
    let file = fs::File::options().append(true).open(path).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(seconds)).unwrap();
}

fn score(icb: &Icb) -> String {
    icb.levels()["X90100"]["variation_score"].clone()
}

#[test]
fn an_extract_that_is_received_again_counts_again() {
    let extract = |score: &str| format!("{DASHBOARD}X90100,{score},30/06/2026\n");
    for new_name in [false, true] {
        let icb = Icb::with_register();
        let first = icb.drop_bytes("dashboard", "a.csv", extract("12"));
        icb.report("nightly", "2026-07-14");
        icb.drop_bytes("dashboard", "b.csv", extract("3"));
        icb.report("nightly", "2026-07-15");
        assert_eq!(score(&icb), "3");
        icb.report("nightly", "2026-07-16");
        assert_eq!(score(&icb), "3", "what lies there unchanged is not received again");
        if new_name {
            icb.drop_bytes("dashboard", "c.csv", extract("12"));
        } else {
            icb.drop_bytes("dashboard", "a.csv", extract("12"));
            touch(&first, 0);
        }
        let output = icb.run("nightly", "2026-07-17", &[]);
        assert_eq!(code(&output), 0);
        assert!(complained(&output).contains("it counts again from 17 July 2026"), "{}", complained(&output));
        assert_eq!(score(&icb), "12", "{new_name}");
        let name = if new_name { "c.csv" } else { "a.csv" };
        assert!(receipt(&icb, "dashboard", name).contains("It counts again from 17 July 2026"));
        icb.report("nightly", "2026-07-18");
        assert_eq!(score(&icb), "12");
        // The days before are as they were.
        let before = icb.run("nightly", "2026-07-16", &["--json"]);
        assert_eq!(code(&before), 0, "{}", complained(&before));
    }
    // Of two files of one run the one that was changed later was received last.
    let icb = Icb::with_register();
    let (late, early) = (
        icb.drop_bytes("dashboard", "a.csv", extract("12")),
        icb.drop_bytes("dashboard", "b.csv", extract("3")),
    );
    let day_before = SystemTime::now() - Duration::from_secs(86_400);
    fs::File::options().append(true).open(&early).unwrap().set_modified(day_before).unwrap();
    assert!(late.exists());
    icb.report("nightly", "2026-07-14");
    assert_eq!(score(&icb), "12");
}

#[test]
fn a_blank_never_outdoes_a_score_and_the_receipt_says_so() {
    let icb = Icb::with_register();
    icb.drop_bytes("dashboard", "a.csv", format!("{DASHBOARD}X90100,12,30/06/2026\n"));
    icb.report("nightly", "2026-07-14");
    icb.drop_bytes("dashboard", "b.csv", format!("{DASHBOARD}X90100,,30/06/2026\nX90101,4,30/06/2026\n"));
    icb.report("nightly", "2026-07-15");
    assert_eq!(score(&icb), "12");
    assert_eq!(icb.levels()["X90101"]["variation_score"], "4");
    let told = receipt(&icb, "dashboard", "b.csv");
    assert!(
        told.contains("\"Variation score\" is blank in 1 row for which an earlier file has a value"),
        "{told}"
    );
}

#[test]
fn an_inbox_that_was_copied_holds_nothing_new() {
    let icb = Icb::with_register();
    icb.drop_bytes("dashboard", "a.csv", format!("{DASHBOARD}X90100,12,30/06/2026\n"));
    icb.report("nightly", "2026-07-14");
    icb.drop_bytes("dashboard", "b.csv", format!("{DASHBOARD}X90100,3,30/06/2026\n"));
    icb.report("nightly", "2026-07-15");
    for path in files(&icb.data().join("inbox")).keys() {
        if !path.to_string_lossy().contains(".receipt.") && !path.to_string_lossy().contains(".checked.") {
            touch(&icb.data().join("inbox").join(path), 0);
        }
    }
    let report = icb.report("nightly", "2026-07-16");
    assert_eq!(report["taken"].as_array().unwrap().len(), 0);
    assert_eq!(score(&icb), "3");
}

#[test]
fn a_date_that_is_still_to_come_is_refused_by_every_command_that_takes_one() {
    let icb = Icb::with_register();
    icb.report("quarterly", "2026-07-14");
    let (pipeline, data) = (icb.pipeline(""), icb.data());
    let (pipeline, data) = (text(&pipeline).to_owned(), text(&data).to_owned());
    let both = ["--pipeline", &pipeline, "--data", &data];
    let commands: [(&[&str], &[&str]); 8] = [
        (&["run", "nightly"], &both),
        (&["intake"], &both),
        (&["retention"], &both),
        (&["approve", "x", "--as", "Head", "--note", "Read."], &both),
        (&["recall", "x", "--by", "Head", "--reason", "Wrong."], &both),
        (&["packs"], &both[2..]),
        (&["ack"], &both[2..]),
        (&["check"], &both[..2]),
    ];
    let before = files(&icb.data());
    for (command, folders) in commands {
        let mut args = command.to_vec();
        args.extend(folders);
        args.extend(["--as-of", "9962-11-02"]);
        let output = quarterday_as_given(&args);
        assert_eq!(code(&output), 1, "{command:?}: {}", complained(&output));
        assert!(complained(&output).contains("later than today"), "{command:?}: {}", complained(&output));
        assert!(complained(&output).contains("--future"), "{command:?}: {}", complained(&output));
    }
    let void = ["arrivals", "void", "R0001", "--as", "Head", "--reason", "x", "--data", &data];
    let output = quarterday_as_given(&[&void[..], &["--as-of", "9962-11-02"]].concat());
    assert_eq!(code(&output), 1, "{}", complained(&output));
    assert!(files(&icb.data()) == before, "nothing was done");
    let output = quarterday_as_given(&["packs", "--data", &data, "--as-of", "9962-11-02", "--future"]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
}

#[test]
fn a_file_taken_in_under_a_wrong_date_blocks_the_next_run_until_a_person_undoes_it() {
    for word in ["void", "date"] {
        let icb = Icb::with_register();
        icb.report("nightly", "2026-07-14");
        icb.drop_bytes("concerns-quality", "new1.csv", concerns(0..3));
        icb.report("nightly", "2062-07-15");
        icb.drop_bytes("concerns-estates", "new2.csv", concerns(5..8));
        for _ in 0..2 {
            let output = icb.run("nightly", "2026-07-16", &[]);
            assert_eq!(code(&output), 5, "{}", complained(&output));
            let told = complained(&output);
            assert!(
                told.contains("concerns-quality/new1.csv (R0004) was received as of 15 July 2062"),
                "{told}"
            );
            assert!(
                told.contains("arrivals date R0004 --to") && told.contains("arrivals void R0004"),
                "{told}"
            );
        }
        assert_eq!(take_in(&icb, "2026-07-16").1, 5);
        let said_so = ["--as", "Analyst", "--reason", "2062 was a slip"];
        let act: Vec<&str> = match word {
            "void" => vec!["arrivals", "void", "R0004"],
            _ => vec!["arrivals", "date", "R0004", "--to", "2026-07-15"],
        };
        let (done, exit) = asked(&icb, &[&act[..], &said_so[..]].concat());
        assert_eq!(exit, 0, "{done}");
        assert_eq!(done["before"], "2062-07-15");
        let output = icb.run("nightly", "2026-07-16", &[]);
        assert_eq!(code(&output), 0, "{}", complained(&output));
        let levels = icb.levels();
        assert_eq!(levels["X90105"]["level"], "2", "what waited was taken in");
        assert_eq!(levels["X90100"]["level"], if word == "void" { "" } else { "2" });
        assert_eq!(state(&icb, "new1.csv"), if word == "void" { "void" } else { "counts" });
        // Who said so and why stays.
        let audit = quarterday(&["audit", "--data", text(&icb.data()), "--json"]);
        let audit: Value = serde_json::from_slice(&audit.stdout).unwrap();
        let act = audit["acts"].as_array().unwrap().iter().find(|a| a["kind"] == "arrival").unwrap();
        assert_eq!(
            (act["by"].as_str(), act["about"].as_str()),
            (Some("Analyst"), Some("R0004 (concerns-quality/new1.csv)"))
        );
        assert!(act["what"].as_str().unwrap().ends_with("2062 was a slip"));
        if word == "void" {
            assert!(receipt(&icb, "concerns-quality", "new1.csv").contains("taken back"));
        }
    }
}

#[test]
fn what_is_said_of_an_arrival_needs_a_role_a_reason_and_an_arrival() {
    let icb = Icb::with_register();
    icb.report("nightly", "2026-07-14");
    let data = icb.data();
    let ask = |args: &[&str]| {
        let output = quarterday(&[&["arrivals"], args, &["--data", text(&data)]].concat());
        (code(&output), complained(&output))
    };
    let (exit, told) = ask(&["void", "R0001", "--as", " ", "--reason", "-"]);
    assert!(exit == 1 && told.contains("--as and why with --reason"), "{told}");
    let (exit, told) = ask(&["void", "R0099", "--as", "Analyst", "--reason", "gone"]);
    assert!(exit == 1 && told.contains("there is no arrival \"R0099\""), "{told}");
    let (exit, _) = ask(&["void", "r1", "--as", "Analyst", "--reason", "gone"]);
    assert_eq!(exit, 0);
    let (exit, told) = ask(&["date", "R0001", "--to", "2026-07-01", "--as", "Analyst", "--reason", "no"]);
    assert!(exit == 1 && told.contains("R0001 is void"), "{told}");
    // The register is gone with it, and nothing else can be said.
    assert_eq!(code(&icb.run("nightly", "2026-07-15", &[])), 5);
}

#[test]
fn a_damaged_copy_in_the_store_is_brought_back_from_the_inbox_or_said_how() {
    let icb = Icb::with_register();
    let file = icb.drop_bytes("concerns-quality", "july.csv", concerns(0..8));
    icb.report("nightly", "2026-07-14");
    let sha256 = quarterday::sha256(concerns(0..8).as_bytes());
    let stored = icb.data().join("store").join(&sha256[..2]).join(&sha256);
    let damage = || fs::write(&stored, concerns(0..8).replace("Low", "LOW")).unwrap();
    damage();
    let output = icb.run("nightly", "2026-07-15", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert!(complained(&output).contains("brought back from the inbox"), "{}", complained(&output));
    assert_eq!(fs::read_to_string(&stored).unwrap(), concerns(0..8));
    // So it is when it is missing, whatever its original is called by now.
    let miss = || fs::remove_file(&stored).unwrap();
    for (day, spoil) in [("2026-07-15", &miss as &dyn Fn()), ("2026-07-16", &damage)] {
        spoil();
        let renamed = file.with_file_name(format!("renamed for {day}.csv"));
        fs::copy(&file, &renamed).unwrap();
        fs::remove_file(&file).unwrap();
        let output = icb.run("nightly", day, &[]);
        assert_eq!(code(&output), 0, "{}", complained(&output));
        assert_eq!(fs::read_to_string(&stored).unwrap(), concerns(0..8));
        fs::rename(&renamed, &file).unwrap();
    }
    miss();
    let output = icb.run("nightly", "2026-07-17", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert_eq!(fs::read_to_string(&stored).unwrap(), concerns(0..8));
    // Where the original is gone, too, the message says what to do.
    miss();
    fs::remove_file(&file).unwrap();
    let output = icb.run("nightly", "2026-07-18", &[]);
    assert_eq!(code(&output), 1, "{}", complained(&output));
    assert!(complained(&output).contains("What to do: "), "{}", complained(&output));
    icb.drop_bytes("concerns-quality", "july.csv", concerns(0..8));
    icb.report("nightly", "2026-07-18");
    damage();
    fs::remove_file(&file).unwrap();
    let output = icb.run("nightly", "2026-07-19", &[]);
    assert_eq!(code(&output), 1, "{}", complained(&output));
    let told = complained(&output);
    assert!(told.contains("of feed concerns-quality) cannot be read again"), "{told}");
    assert!(told.contains("What to do: ") && told.contains("inbox/concerns-quality"), "{told}");
    // As it says.
    icb.drop_bytes("concerns-quality", "from the team.csv", concerns(0..8));
    let output = icb.run("nightly", "2026-07-19", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
}

/// A table of points for so many practices.
fn points(practices: &[String]) -> String {
    let header = "Practice code,Practice name,List size,\"QOF points total / 635 available (%)\"\n";
    header.to_owned() + &practices.iter().map(|code| format!("{code},,5000,90.1\n")).collect::<String>()
}

#[test]
fn half_a_download_is_held_whatever_its_length_says() {
    let icb = Icb::with_register();
    icb.report("nightly", "2026-07-14");
    let all = practices(&icb);
    let whole = points(&all);
    let half = whole.len() / 2;
    let whole_again = whole.clone();
    let server = Server::new(move |asked, _| {
        let body = whole_again.as_bytes();
        match asked.line.as_str() {
            "GET /unsaid.csv" => Reply::Unsaid(body[..half].to_vec()),
            "GET /long.csv" => Reply::Long(body.to_vec(), half),
            "GET /unsaid-whole.csv" => Reply::Unsaid(body.to_vec()),
            _ => Reply::ok(body),
        }
    });
    let feed = fs::read_to_string(icb.pipeline("feeds/qof.toml")).unwrap();
    let fetch = |path: &str, as_of: &str, year: &str| {
        let more =
            format!("\n[download]\nurl = \"{}\"\nname = \"qof-practice-{year}.csv\"\n", server.url(path));
        fs::write(icb.pipeline("feeds/qof.toml"), format!("{feed}{more}")).unwrap();
        take_in(&icb, as_of)
    };
    // Nothing says how long it is, and no file came before: it should cover the practices in scope.
    let (report, exit) = fetch("/unsaid.csv", "2026-07-15", "2024-25");
    assert_eq!(exit, 4, "{report}");
    let told =
        fs::read_to_string(icb.data().join("downloads/qof/qof-practice-2024-25.csv.receipt.txt")).unwrap();
    assert!(told.contains("of 196 practices that should be are not in it"), "{told}");
    let (report, exit) = fetch("/unsaid-whole.csv", "2026-07-16", "2024-25");
    assert_eq!(exit, 0, "{report}");
    let told =
        fs::read_to_string(icb.data().join("downloads/qof/qof-practice-2024-25.csv.receipt.txt")).unwrap();
    assert!(told.contains("the server did not say how long it is"), "{told}");
    // A length that is too short cannot be seen, but what the file before covered can.
    let (report, exit) = fetch("/long.csv", "2026-07-17", "2025-26");
    assert_eq!(exit, 4, "{report}");
    assert_eq!(held(&report).len(), 1, "{report}");
    let (_, exit) = fetch("/whole.csv", "2026-07-18", "2025-26");
    assert_eq!(exit, 0);
}
