//! What comes of a file: one folder a kind of fault, and the receipt as its sender reads it.

use std::fs;

use toml::{Table, Value};

use crate::support::{Icb, code, complained, repository, said};

/// The receipt of a file dropped on top of the register.
fn receipt(icb: &Icb, feed: &str, name: &str) -> String {
    let path = icb.data().join("inbox").join(feed).join(format!("{name}.receipt.txt"));
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn every_kind_of_fault_is_told_at_its_cell() {
    let mut receipts = String::new();
    let mut folders: Vec<_> =
        fs::read_dir(repository().join("fixtures/invalid")).unwrap().flatten().collect();
    folders.sort_by_key(|f| f.file_name());
    assert!(folders.len() >= 35);
    for folder in folders {
        let fault = folder.file_name().to_string_lossy().into_owned();
        let expect: Table = fs::read_to_string(folder.path().join("expect.toml")).unwrap().parse().unwrap();
        let text = |key: &str| expect[key].as_str().unwrap().to_owned();
        let (feed, name) = (text("feed"), text("file"));
        let icb = Icb::with_register();
        let _ = fs::remove_dir_all(icb.data().join("inbox").join(&feed));
        icb.drop_bytes(&feed, &name, fs::read(folder.path().join(&name)).unwrap());
        let output = icb.take_in("2026-07-14");
        let rejected = expect["whole_file_rejected"].as_bool().unwrap();
        let wanted = match (rejected, feed.as_str()) {
            (true, "ods-register") => 5,
            (true, _) => 4,
            (false, _) => 0,
        };
        assert_eq!(code(&output), wanted, "{fault}: {}", complained(&output));
        let said = receipt(&icb, &feed, &name);
        if rejected {
            assert!(said.contains("NOT taken in"), "{fault}: {said}");
        } else {
            let count = |key: &str| expect[key].as_integer().unwrap();
            let line = format!(
                "{} rows read = {} accepted + {} quarantined + {} ignored",
                count("read"),
                count("accepted"),
                count("quarantined"),
                count("ignored")
            );
            assert!(said.contains(&line), "{fault}: {line}\n{said}");
        }
        for problem in expect.get("problems").and_then(Value::as_array).into_iter().flatten() {
            let cell = problem.get("cell").and_then(Value::as_str).unwrap_or("");
            // A missing column is told at its likely name, which the sender looks for by its letter.
            let told = match cell.strip_suffix('1') {
                Some(letter) if fault == "misspelt-required-column" => format!("in column {letter}?"),
                _ => format!("Cell {cell} "),
            };
            assert!(cell.is_empty() || said.contains(&told), "{fault}: nothing is said at {cell}\n{said}");
        }
        receipts.push_str(&format!("=== {fault}\n{said}\n"));
    }
    insta::assert_snapshot!(receipts);
}

const HEADER: &str = "Practice code,Date raised,Severity,Status,Reference\n";

#[test]
fn the_same_content_twice_is_recognised() {
    let icb = Icb::with_register();
    let sheet = format!("{HEADER}X90100,01/07/2026,Serious,Open,Q-1\n");
    icb.drop_bytes("concerns-quality", "july.csv", &sheet);
    assert_eq!(icb.report("nightly", "2026-07-14")["taken"].as_array().unwrap().len(), 4);
    icb.drop_bytes("concerns-quality", "copy of july.csv", &sheet);
    let report = icb.report("nightly", "2026-07-15");
    assert_eq!(report["taken"][0]["state"], "known");
    let said = receipt(&icb, "concerns-quality", "copy of july.csv");
    assert!(said.contains("We already have this content"), "{said}");
    assert!(said.contains("july.csv received on 14 July 2026 (R0001)"), "{said}");
}

#[test]
fn the_newest_sheet_is_the_whole_sheet() {
    let icb = Icb::with_register();
    let other = "X90102,01/07/2026,Low,Open,Q-3\n";
    let first = format!("{HEADER}X90100,01/07/2026,Serious,Open,Q-1\n{other}");
    icb.drop_bytes("concerns-quality", "1.csv", first);
    icb.report("nightly", "2026-07-14");
    assert_eq!(icb.levels()["X90100"]["level"], "4");
    let second = format!("{HEADER}X90101,01/07/2026,Serious,Open,Q-2\n{other}");
    icb.drop_bytes("concerns-quality", "2.csv", second);
    icb.report("nightly", "2026-07-15");
    let levels = icb.levels();
    assert_eq!((levels["X90100"]["level"].as_str(), levels["X90101"]["level"].as_str()), ("", "4"));
    let said = receipt(&icb, "concerns-quality", "2.csv");
    assert!(said.contains("this file replaces 1.csv received on 14 July 2026"), "{said}");
}

#[test]
fn a_refused_sheet_leaves_the_last_good_one_in_force() {
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-quality", "1.csv", format!("{HEADER}X90100,01/07/2026,Serious,Open,Q-1\n"));
    icb.report("nightly", "2026-07-14");
    icb.drop_bytes("concerns-quality", "2.xlsx", b"PK\x03\x04 cut off");
    let output = icb.run("nightly", "2026-07-15", &[]);
    assert_eq!(code(&output), 4);
    assert!(said(&output).contains("concerns-quality/2.xlsx: rejected"), "{}", said(&output));
    assert_eq!(icb.levels()["X90100"]["level"], "4");
    let said = receipt(&icb, "concerns-quality", "2.xlsx");
    assert!(said.contains("1.csv received on 14 July 2026 goes on counting"), "{said}");
    // So nobody is told that the good one was replaced.
    let said = receipt(&icb, "concerns-quality", "1.csv");
    assert!(!said.contains("newer file"), "{said}");
}

#[test]
fn lock_files_and_half_files_wait() {
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-quality", "~$sheet.xlsx", b"owner");
    icb.drop_bytes("concerns-quality", "sheet.xlsx.tmp", b"half");
    icb.drop_bytes("concerns-quality", "empty.csv", b"");
    let report = icb.report("nightly", "2026-07-14");
    assert_eq!(report["taken"].as_array().unwrap().len(), 3, "the register, successors and list only");
}

#[test]
fn a_folder_that_belongs_to_no_feed_is_named() {
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-qualty", "sheet.csv", HEADER);
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0);
    assert!(
        complained(&output).contains("inbox/concerns-qualty belongs to no feed"),
        "{}",
        complained(&output)
    );
}

#[test]
fn freedom_to_speak_up_text_leaves_the_intake_nowhere() {
    let icb = Icb::with_register();
    let canary = "a-secret-that-nobody-may-read";
    let sheet = format!(
        "Practice code,Date raised,Theme,Concern,Severity,Status,Reference,Shareable\n\
         X90100,01/07/2026,Workforce,{canary},Serious,Open,F-1,Yes\n"
    );
    icb.drop_bytes("concerns-ftsu", "ftsu.csv", &sheet);
    // Text of another team that is not shareable is rendered nowhere either.
    let private = "private-to-the-quality-team";
    let sheet = format!(
        "Practice code,Date raised,Concern,Severity,Exception criterion,Status,Reference,Shareable\n\
         X90100,01/07/2026,{private},Serious,Patient harm,Open,Q-1,No\n"
    );
    icb.drop_bytes("concerns-quality", "quality.csv", &sheet);
    icb.report("quarterly", "2026-07-14");
    for part in ["runs", "packs", "outbox"] {
        for (path, bytes) in crate::support::files(&icb.data().join(part)) {
            let text = match path.extension().and_then(|e| e.to_str()) {
                Some("pdf") => pdf_text(&bytes),
                _ => String::from_utf8_lossy(&bytes).into_owned(),
            };
            for secret in [canary, private] {
                assert!(!text.contains(secret), "{} tells {secret}", path.display());
            }
        }
    }
}

/// The words of a PDF.
fn pdf_text(bytes: &[u8]) -> String {
    let document = crate::support::pdf(bytes);
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    document.extract_text(&pages).unwrap_or_default()
}
