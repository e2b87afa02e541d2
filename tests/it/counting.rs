//! Which file of a feed counts: a slip does not undo what was known, and what was meant does.

use std::fs;

use serde_json::Value;

use crate::support::{Icb, code, complained, quarterday, said, text};

const HEADER: &str = "Practice code,Practice name,Date raised,Concern,Severity,Status,Reference\n";

fn receipt(icb: &Icb, feed: &str, name: &str) -> String {
    let path = icb.data().join("inbox").join(feed).join(format!("{name}.receipt.txt"));
    fs::read_to_string(path).unwrap()
}

fn concerns(severity: &str) -> String {
    format!(
        "{HEADER}X90100,,01/07/2026,words,{severity},Open,Q-1\nX90101,,01/07/2026,words,{severity},Open,Q-2\n"
    )
}

fn in_force(icb: &Icb, feed: &str) -> Option<String> {
    let (pipeline, data) = (icb.pipeline(""), icb.data());
    let output = quarterday(&["status", "--pipeline", text(&pipeline), "--data", text(&data), "--json"]);
    let status: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}{}", said(&output), complained(&output)));
    let feeds = status["feeds"].as_array().unwrap();
    feeds.iter().find(|f| f["feed"] == feed).unwrap()["file"].as_str().map(str::to_owned)
}

#[test]
fn a_file_of_which_no_row_counts_does_not_take_the_place_of_a_good_one() {
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-quality", "good.csv", concerns("Serious"));
    assert_eq!(code(&icb.take_in("2026-07-14")), 0);
    icb.drop_bytes("concerns-quality", "bad.csv", concerns("Awful"));
    assert_eq!(code(&icb.take_in("2026-07-15")), 4);
    let told = receipt(&icb, "concerns-quality", "bad.csv");
    assert!(told.contains("2 rows read = 0 accepted + 2 quarantined + 0 ignored"), "{told}");
    assert!(
        told.contains(
            "none of its 2 rows can count, so the file before, good.csv received on 14 July 2026, goes on counting"
        ),
        "{told}"
    );
    assert_eq!(in_force(&icb, "concerns-quality").as_deref(), Some("good.csv"));
    let (pipeline, data) = (icb.pipeline(""), icb.data());
    let aside = quarterday(&["quarantine", "--pipeline", text(&pipeline), "--data", text(&data), "--json"]);
    let aside: Value = serde_json::from_slice(&aside.stdout).unwrap();
    assert_eq!(aside["waiting"], 2, "its rows wait to be released: {aside}");
    // One row that a named person lets count makes the file count.
    let id = aside["rows"][0]["receipt"].as_str().unwrap();
    let release = format!(
        "Receipt,Cell or row,Reason,Released by,Date\n{id},2,agreed by telephone,Analyst,16/07/2026\n"
    );
    icb.drop_bytes("releases", "releases.csv", release);
    icb.take_in("2026-07-16");
    assert_eq!(in_force(&icb, "concerns-quality").as_deref(), Some("bad.csv"));
    let told = receipt(&icb, "concerns-quality", "bad.csv");
    assert!(told.contains("Taken in"), "{told}");
}

#[test]
fn what_counted_before_counts_again_when_it_is_sent_again() {
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-quality", "first.csv", concerns("Serious"));
    icb.take_in("2026-07-14");
    icb.drop_bytes("concerns-quality", "second.csv", concerns("Low"));
    icb.take_in("2026-07-15");
    icb.drop_bytes("concerns-quality", "third.csv", concerns("Serious"));
    assert_eq!(code(&icb.take_in("2026-07-16")), 0);
    let told = receipt(&icb, "concerns-quality", "third.csv");
    assert!(told.contains("this content was received before: first.csv received on 14 July 2026"), "{told}");
    assert!(told.contains("this file replaces second.csv"), "{told}");
    assert_eq!(in_force(&icb, "concerns-quality").as_deref(), Some("third.csv"));
    // A further copy of what counts changes nothing.
    icb.drop_bytes("concerns-quality", "fourth.csv", concerns("Serious"));
    icb.take_in("2026-07-17");
    let told = receipt(&icb, "concerns-quality", "fourth.csv");
    assert!(told.contains("We already have this content; nothing to do."), "{told}");
    assert_eq!(in_force(&icb, "concerns-quality").as_deref(), Some("third.csv"));
}

/// A list of registered patients of a day.
fn list(icb: &Icb, extracted: &str, patients: &str) -> String {
    let fixture = icb.data().join("inbox/patients-registered/gp-reg-pat-prac-all.csv");
    fs::read_to_string(fixture).unwrap().replace("01JUL2026", extracted).replace("4311", patients)
}

#[test]
fn older_data_do_not_replace_newer_ones_unless_a_named_person_says_so() {
    let icb = Icb::with_register();
    let feed = "patients-registered";
    icb.drop_bytes(feed, "new.csv", list(&icb, "01AUG2026", "5000"));
    assert_eq!(code(&icb.take_in("2026-07-14")), 0);
    for (day, name, extracted) in
        [("2026-07-15", "old.csv", "01APR2025"), ("2026-07-16", "less old.csv", "01APR2026")]
    {
        icb.drop_bytes(feed, name, list(&icb, extracted, "4000"));
        assert_eq!(code(&icb.take_in(day)), 4);
    }
    let told = receipt(&icb, feed, "less old.csv");
    assert!(
        told.contains(
            "its data are of 1 April 2026, older than the data of 1 August 2026 that we have: the file before, \
             new.csv received on 14 July 2026, goes on counting"
        ),
        "{told}"
    );
    assert_eq!(in_force(&icb, feed).as_deref(), Some("new.csv"));
    // A corrected file of the same day replaces.
    icb.drop_bytes(feed, "corrected.csv", list(&icb, "01AUG2026", "5001"));
    assert_eq!(code(&icb.take_in("2026-07-17")), 0);
    assert_eq!(in_force(&icb, feed).as_deref(), Some("corrected.csv"));
    icb.drop_bytes(feed, "restated.csv", list(&icb, "01JUN2026", "4999"));
    assert_eq!(code(&icb.take_in("2026-07-18")), 4);
    let told = receipt(&icb, feed, "restated.csv");
    let id = told.split_whitespace().next().unwrap();
    let release = format!(
        "Receipt,Cell or row,Reason,Released by,Date\n{id},file,the list of July was withdrawn,Analyst,19/07/2026\n"
    );
    icb.drop_bytes("releases", "releases.csv", release);
    assert_eq!(code(&icb.take_in("2026-07-19")), 0);
    assert_eq!(in_force(&icb, feed).as_deref(), Some("restated.csv"));
    let told = receipt(&icb, "releases", "releases.csv");
    assert!(told.contains(&format!("{id} (restated.csv) counts")), "{told}");
}

const CQC: &str = "Location ID,Location ODS Code,Location Name,Location Primary Inspection Category,\
Service / Population Group,Domain,Latest Rating,Publication Date\n";

#[test]
fn several_codes_in_one_cell_of_a_national_file_are_never_passed_over_in_silence() {
    let icb = Icb::with_register();
    let row = |code: &str| format!("1-1,\"{code}\",A Surgery,GP Practices,Overall,Overall,Good,01/07/2026\n");
    let sheet = format!("{CQC}{}{}{}", row("X90100|X90101"), row("-"), row("Y99999, Y99998"));
    icb.drop_bytes("cqc-ratings", "ratings.csv", sheet);
    icb.take_in("2026-07-14");
    let told = receipt(&icb, "cqc-ratings", "ratings.csv");
    assert!(told.contains("3 rows read = 0 accepted + 2 quarantined + 1 ignored"), "{told}");
    assert!(told.contains("(X90100|X90101), and X90100 is one of ours"), "{told}");
}

#[test]
fn the_only_sheet_with_the_header_is_read_and_the_others_are_named() {
    let icb = Icb::with_register();
    let workbook = |second: &str| {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let sheet = workbook.add_worksheet().set_name("Guidance").unwrap();
        sheet.write_row(0, 0, ["How to fill this in", "Ask the quality team"]).unwrap();
        for name in ["Concerns", second] {
            let sheet = workbook.add_worksheet().set_name(name).unwrap();
            if name == "Notes" {
                sheet.write_row(0, 0, ["Seen by", "When"]).unwrap();
                continue;
            }
            for (row, line) in concerns("Serious").lines().enumerate() {
                sheet.write_row(u32::try_from(row).unwrap(), 0, line.split(',')).unwrap();
            }
        }
        workbook.save_to_buffer().unwrap()
    };
    icb.drop_bytes("concerns-quality", "one.xlsx", workbook("Notes"));
    icb.take_in("2026-07-14");
    let told = receipt(&icb, "concerns-quality", "one.xlsx");
    assert!(told.contains("2 rows read = 2 accepted"), "{told}");
    assert!(told.contains("not read: \"Guidance\" and \"Notes\""), "{told}");
    icb.drop_bytes("concerns-quality", "two.xlsx", workbook("Concerns 2"));
    icb.take_in("2026-07-15");
    let told = receipt(&icb, "concerns-quality", "two.xlsx");
    assert!(told.contains("several sheets hold data"), "{told}");
}

#[test]
fn a_layout_with_dates_must_say_their_order() {
    let icb = Icb::new();
    let path = icb.pipeline("layouts/concerns.toml");
    let text_of = fs::read_to_string(&path).unwrap();
    let without: Vec<&str> = text_of.lines().filter(|l| !l.starts_with("date_order")).collect();
    assert!(without.len() < text_of.lines().count());
    fs::write(&path, without.join("\n")).unwrap();
    let output = quarterday(&["check", "--pipeline", text(&icb.pipeline(""))]);
    let told = said(&output) + &complained(&output);
    assert_eq!(code(&output), 3, "{told}");
    assert!(told.contains("a layout with a column of dates needs `date_order`"), "{told}");
}
