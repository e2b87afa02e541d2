//! What an analyst changes by editing TOML, and nothing else.

use std::fs;

use crate::support::{Icb, code, complained, files, quarterday, said, text};

const SHEET: &str = "Practice code,Date raised,How bad,Status,Reference\n\
                     X90100,01/07/2026,Serious,Open,NEW-1\nX90101,02/07/2026,Low,Open,NEW-2\n";

#[test]
fn a_new_column_alias_lets_a_refused_sheet_in() {
    let icb = Icb::with_register();
    let file = icb.drop_bytes("concerns-quality", "sheet.csv", SHEET);
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert_eq!(code(&output), 4, "{}", complained(&output));
    let receipt = fs::read_to_string(file.with_file_name("sheet.csv.receipt.txt")).unwrap();
    assert!(receipt.contains("NOT taken in"), "{receipt}");
    assert!(receipt.contains("did you mean \"How bad\" in column C?"), "{receipt}");

    icb.edit("layouts/concerns.toml", "\"Level of concern\"", "\"How bad\", \"Level of concern\"");
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert_eq!(icb.levels()["X90100"]["rules"], "serious-concern");
    let receipt = fs::read_to_string(file.with_file_name("sheet.csv.receipt.txt")).unwrap();
    assert!(receipt.contains("2 rows read = 2 accepted"), "{receipt}");
}

#[test]
fn a_changed_threshold_moves_levels_and_says_so() {
    let icb = Icb::with_register();
    icb.drop_step(1, "dashboard");
    icb.report("quarterly", "2026-07-14");
    let before = icb.levels();
    let nine: Vec<&String> = before
        .iter()
        .filter(|(_, row)| row["variation_score"].parse::<f64>().is_ok_and(|s| (9.0..10.0).contains(&s)))
        .map(|(code, _)| code)
        .collect();
    assert!(!nine.is_empty() && nine.iter().all(|code| before[*code]["level"] == "2"));

    icb.edit("levels.toml", "variation_score = 10", "variation_score = 9");
    icb.report("quarterly", "2026-10-14");
    let after = icb.levels();
    for code in nine {
        assert_eq!((after[code]["level"].as_str(), after[code]["cause"].as_str()), ("3", "rule"), "{code}");
    }
}

#[test]
fn a_level_taken_away_is_missed_by_check() {
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-quality", "sheet.csv", SHEET.replace("How bad", "Severity"));
    icb.report("nightly", "2026-07-14");
    let levels = fs::read_to_string(icb.pipeline("levels.toml")).unwrap();
    let (before, rest) = levels.split_once("[[level]]\nnumber    = 4").unwrap();
    let (_, after) = rest.split_once("[[level]]").unwrap();
    fs::write(icb.pipeline("levels.toml"), format!("{before}[[level]]{after}")).unwrap();
    for (rule, from) in [("serious-concern", "level    = 4"), ("cqc-in-year", "level    = 4")] {
        icb.edit(&format!("rules/{rule}.toml"), from, "level    = 3");
    }
    icb.edit("exceptions.toml", "level     = 4", "level     = 3");
    icb.edit("programme.toml", "[\"3\", \"4\", \"5\"]", "[\"3\", \"5\"]");
    let folder = icb.pipeline("").display().to_string();
    let output = quarterday(&["check", "--pipeline", &folder, "--data", &icb.data().display().to_string()]);
    let said = said(&output);
    assert!(
        said.contains(
            "levels.toml: warning [incomplete]: no level is numbered 4, and 1 practice had such a level on 14 July \
             2026: the next pack shows them as moved"
        ),
        "{said}"
    );
}

#[test]
fn a_new_rule_fires_on_any_fact() {
    let icb = Icb::with_register();
    icb.drop_step(1, "dashboard");
    fs::write(
        icb.pipeline("rules/large-list.toml"),
        r#"
title    = "More than 50,000 registered patients"
clause   = "Local agreement"
level    = 3
from     = "registered-patients"
where    = "patients > 50000"
date     = "extract_date"
sentence = "{patients} patients are registered."
evidence = ["patients", "extract_date"]
"#,
    )
    .unwrap();
    icb.report("quarterly", "2026-07-14");
    let large: Vec<_> =
        icb.levels().into_values().filter(|row| row["rules"].split(';').any(|r| r == "large-list")).collect();
    assert!(!large.is_empty());
    let practice = &large[0]["practice_code"];
    let output = quarterday(&["explain", practice, "--data", text(&icb.data())]);
    assert!(said(&output).contains("patients are registered."), "{}", said(&output));
    assert!(said(&output).contains("gp-reg-pat-prac-all.csv, row "), "{}", said(&output));
}

#[test]
fn a_new_feed_needs_a_file_and_no_code() {
    let icb = Icb::with_register();
    let feed = fs::read_to_string(icb.pipeline("feeds/concerns-estates.toml")).unwrap();
    fs::write(icb.pipeline("feeds/concerns-healthwatch.toml"), feed.replace("Estates", "Healthwatch"))
        .unwrap();
    icb.drop_bytes(
        "concerns-healthwatch",
        "sheet.csv",
        "Practice code,Date raised,Severity,Status,Reference\nX90100,01/07/2026,Immediate,Open,HW-1\n",
    );
    icb.report("nightly", "2026-07-14");
    assert_eq!(icb.levels()["X90100"]["level"], "5");
    let output = quarterday(&["explain", "X90100", "--data", text(&icb.data())]);
    assert!(said(&output).contains("(Healthwatch)"), "{}", said(&output));
}

#[test]
fn a_new_committee_gets_its_pack() {
    let icb = Icb::with_register();
    icb.drop_step(1, "dashboard");
    let path = icb.pipeline("committees.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        text + r#"
[[committee]]
name      = "Local Medical Committee Liaison"
documents = ["quarterly-pack"]
audience  = "public"

[[committee.recipient]]
role     = "Secretary"
address  = "lmc@marrowdale-icb.example"
added_by = "Head of Primary Care"
added    = 2026-07-01
review   = 2027-07-01
"#,
    )
    .unwrap();
    icb.report("quarterly", "2026-07-14");
    let mails = files(&icb.data().join("outbox"));
    let mail =
        mails.iter().find(|(path, _)| path.to_string_lossy().contains("local-medical-committee-liaison"));
    let mail = String::from_utf8_lossy(mail.expect("a mail").1).into_owned();
    assert!(mail.contains("To: lmc@marrowdale-icb.example"), "{mail}");
    assert!(mail.contains("quarterly-pack-2026-27-q1-"));
}

#[test]
fn what_is_wrong_with_a_pipeline_stops_a_run_before_it_begins() {
    let icb = Icb::with_register();
    icb.edit("rules/serious-concern.toml", "'Serious'", "'Seriuos'");
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert_eq!(code(&output), 3);
    assert!(complained(&output).contains("rules/serious-concern.toml:5"), "{}", complained(&output));
    assert!(!icb.data().join("ledger.sqlite").exists());
}
