//! The answer to a file: beside it, by mail to the owner of its feed, and as a copy with its cells marked.

use std::fs;
use std::path::{Path, PathBuf};

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use mail_parser::{MessageParser, MimeHeaders};

use crate::support::{Icb, code, complained, files, repository};

const HEADER: &str = "Practice code,Practice name,Date raised,Theme,Concern,Severity,Status,Reference\n";

fn beside(icb: &Icb, feed: &str, name: &str, ending: &str) -> PathBuf {
    icb.data().join("inbox").join(feed).join(format!("{name}.{ending}"))
}

fn receipt(icb: &Icb, feed: &str, name: &str) -> String {
    fs::read_to_string(beside(icb, feed, name, "receipt.txt")).unwrap()
}

/// The receipts that were mailed, by recipient.
fn mailed(icb: &Icb) -> Vec<(String, Vec<u8>)> {
    let all = files(&icb.data().join("outbox")).into_values();
    let mut out: Vec<(String, Vec<u8>)> = all
        .filter_map(|bytes| {
            let parsed = MessageParser::default().parse(&bytes)?;
            let subject = parsed.subject()?.to_owned();
            let to = parsed.to()?.first()?.address()?.to_owned();
            subject.contains("Receipt").then_some((to, bytes.clone()))
        })
        .collect();
    out.sort();
    out
}

fn bad_sheet() -> String {
    format!(
        "{HEADER}X90100,,01/07/2026,Workforce,=HYPERLINK(\"http://x\"),Severe,Open,Q-1\n\
         X90101,,next Tuesday,Workforce,second text,Serious,Open,Q-2\n\
         X90102,,02/07/2026,Workfroce,third text,Low,Open,Q-3\n"
    )
}

/// The text of a cell of a workbook; rows and columns counted from 0.
fn cell(book: &mut Xlsx<std::io::Cursor<Vec<u8>>>, sheet: &str, row: u32, column: u32) -> String {
    let range = book.worksheet_range(sheet).unwrap();
    range.get_value((row, column)).map(Data::to_string).unwrap_or_default()
}

fn open(path: &Path) -> Xlsx<std::io::Cursor<Vec<u8>>> {
    open_workbook_from_rs(std::io::Cursor::new(fs::read(path).unwrap())).unwrap()
}

/// The names and texts of the parts of a workbook.
fn parts(path: &Path) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let mut out = Vec::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut part, &mut text).unwrap();
        out.push((part.name().unwrap().into_owned(), text));
    }
    out
}

#[test]
fn the_owner_of_a_feed_gets_one_receipt_a_file_as_text_and_page_with_the_marked_copy() {
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-quality", "July.csv", bad_sheet());
    icb.report("nightly", "2026-07-14");
    let mails = mailed(&icb);
    assert_eq!(mails.len(), 1, "the analyst is only sent what is to be corrected");
    let (to, bytes) = &mails[0];
    assert_eq!(to, "quality.lead@marrowdale-icb.example");
    let mail = MessageParser::default().parse(bytes).unwrap();
    assert_eq!(
        mail.subject().unwrap(),
        "[OFFICIAL-SENSITIVE] Receipt R0001: July.csv taken in, 3 things to correct, 2 rows to correct today"
    );
    let text = mail.body_text(0).unwrap().replace("\r\n", "\n");
    assert_eq!(text.trim_end(), receipt(&icb, "concerns-quality", "July.csv").trim_end());
    let page = mail.body_html(0).unwrap();
    assert!(page.contains("<html lang=\"en-GB\">") && page.contains("<th scope=\"row\">Cell F2 (Severity)"));
    let beside_page =
        fs::read_to_string(beside(&icb, "concerns-quality", "July.csv", "receipt.html")).unwrap();
    assert_eq!(page.replace("\r\n", "\n").trim_end(), beside_page.trim_end());
    let copy = mail.attachments().next().unwrap();
    assert_eq!(copy.attachment_name(), Some("july.checked.xlsx"));
    let lies = fs::read(beside(&icb, "concerns-quality", "July.csv", "checked.xlsx")).unwrap();
    assert!(copy.contents() == lies);
    // Nothing is sent again, whatever runs.
    icb.report("nightly", "2026-07-14");
    icb.report("quarterly", "2026-07-15");
    assert_eq!(mailed(&icb).len(), 1);
    insta::assert_snapshot!(text);
}

#[test]
fn a_receipt_whose_run_was_cut_short_is_sent_by_the_next() {
    let icb = Icb::new();
    icb.drop_bytes("concerns-quality", "July.csv", bad_sheet());
    // Without a register nothing can be said: the file is received, and no run is completed.
    assert_eq!(code(&icb.run("nightly", "2026-07-14", &[])), 5);
    assert!(mailed(&icb).is_empty());
    for feed in ["ods-register", "ods-successors", "patients-registered"] {
        icb.drop_step(1, feed);
    }
    fs::remove_file(icb.data().join("inbox/concerns-quality/July.csv")).unwrap();
    icb.report("nightly", "2026-07-15");
    let mails = mailed(&icb);
    assert_eq!(mails.len(), 1);
    let text = String::from_utf8_lossy(&mails[0].1).into_owned();
    assert!(text.contains("R0001"), "{text}");
}

#[test]
fn without_an_owner_the_receipt_only_lies_beside_the_file() {
    let icb = Icb::with_register();
    icb.edit("owners.toml", "role        = \"Quality team lead\"", "role        = \"Estates team lead\"");
    icb.drop_bytes("concerns-quality", "July.csv", bad_sheet());
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0);
    assert!(complained(&output).contains("no feed has the owner"), "{}", complained(&output));
    assert!(mailed(&icb).is_empty());
    assert!(receipt(&icb, "concerns-quality", "July.csv").contains("Cell F2"));
}

#[test]
fn the_copy_marks_the_cells_and_lists_what_to_correct() {
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-quality", "July.csv", bad_sheet());
    icb.report("nightly", "2026-07-14");
    let path = beside(&icb, "concerns-quality", "July.csv", "checked.xlsx");
    let mut book = open(&path);
    assert_eq!(book.sheet_names(), ["Rows", "Errors"]);
    assert_eq!(cell(&mut book, "Rows", 0, 5), "Severity");
    assert_eq!(cell(&mut book, "Rows", 1, 5), "Severe", "the cell stays where it was");
    assert_eq!(cell(&mut book, "Rows", 1, 4), "=HYPERLINK(\"http://x\")");
    assert_eq!(cell(&mut book, "Errors", 0, 0), "What to correct in July.csv");
    let rows: Vec<Vec<String>> =
        (2..6).map(|row| (0..8).map(|c| cell(&mut book, "Errors", row, c)).collect()).collect();
    assert_eq!(
        rows[0],
        [
            "Sheet",
            "Cell",
            "Column",
            "What became of it",
            "Found",
            "What is wrong",
            "Expected",
            "How to correct it"
        ]
    );
    assert_eq!(
        rows[1],
        [
            "(only sheet)",
            "F2",
            "Severity",
            "The row is set aside",
            "Severe",
            "\"Severe\" is not one of the values of this column",
            "One of: Low, Moderate, Serious, Immediate; needed in every row",
            "Write one of: Low, Moderate, Serious, Immediate",
        ]
    );
    assert_eq!(rows[2][1], "C3");
    assert_eq!((rows[3][1].as_str(), rows[3][3].as_str()), ("D4", "The cell is treated as empty"));
    let parts = parts(&path);
    let part =
        |name: &str| &parts.iter().find(|(part, _)| part == name).unwrap_or_else(|| panic!("{name}")).1;
    assert!(parts.iter().all(|(_, text)| !text.contains("<f>")), "no formula, whatever a cell says");
    for address in ["F2", "C3", "D4"] {
        assert!(part("xl/comments1.xml").contains(&format!("ref=\"{address}\"")), "{address} has no comment");
    }
    assert!(part("xl/tables/table1.xml").contains("name=\"Errors\""));
    assert!(!part("xl/worksheets/sheet2.xml").contains("mergeCell"));
    assert!(part("xl/styles.xml").contains("FFFFF2B3"), "marked cells are filled");
    assert!(part("docProps/core.xml").contains("2026-07-14T00:00:00Z"), "no clock in it");
}

#[test]
fn the_same_file_gives_the_same_copy() {
    let copies: Vec<Vec<u8>> = (0..2)
        .map(|_| {
            let icb = Icb::with_register();
            icb.drop_bytes("concerns-quality", "July.csv", bad_sheet());
            icb.report("nightly", "2026-07-14");
            fs::read(beside(&icb, "concerns-quality", "July.csv", "checked.xlsx")).unwrap()
        })
        .collect();
    assert!(copies[0] == copies[1]);
}

#[test]
fn a_copy_that_was_mended_and_sent_back_is_read_and_one_that_was_worked_in_is_left_alone() {
    let icb = Icb::with_register();
    let fault = repository().join("fixtures/invalid/bad-severity");
    let name = "Quality soft intelligence.xlsx";
    icb.drop_bytes("concerns-quality", name, fs::read(fault.join(name)).unwrap());
    icb.report("nightly", "2026-07-14");
    let path = beside(&icb, "concerns-quality", name, "checked.xlsx");
    // Sent in under another name: its list of errors is not taken for rows.
    icb.drop_bytes("concerns-quality", "corrected.xlsx", fs::read(&path).unwrap());
    let report = icb.report("nightly", "2026-07-15");
    assert_eq!(report["taken"][0]["file"], "corrected.xlsx");
    assert_eq!(report["taken"][0]["state"], "accepted");
    assert_eq!(report["taken"][0]["counts"]["read"], 3);
    // Worked in where it lies: it is neither read nor overwritten, and somebody is told.
    fs::write(&path, b"somebody's work").unwrap();
    let report = icb.report("nightly", "2026-07-16");
    assert!(report["taken"].as_array().unwrap().is_empty());
    assert_eq!(fs::read(&path).unwrap(), b"somebody's work");
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("somebody has worked in since"), "{warnings}");
}

#[test]
fn withheld_columns_are_in_no_copy_and_no_mail() {
    let icb = Icb::with_register();
    let canary = "a-secret-that-nobody-may-read";
    let sheet = format!(
        "Practice code,Date raised,Concern,Severity,Status,Reference,Notes of the guardian\n\
         X90100,01/07/2026,{canary},Severe,Open,F-1,{canary}\n\
         {canary},,,,,,\n"
    );
    icb.drop_bytes("concerns-ftsu", "ftsu.csv", &sheet);
    // A sheet that is refused is not copied at all: nobody knows which of its columns is which.
    icb.drop_bytes("concerns-ftsu", "refused.csv", format!("Practice,Words\nX90100,{canary}\n"));
    icb.report("nightly", "2026-07-14");
    for path in ["ftsu.csv", "refused.csv"] {
        let copy = beside(&icb, "concerns-ftsu", path, "checked.xlsx");
        for (name, text) in parts(&copy) {
            assert!(!text.contains(canary), "{path}: {name}");
        }
        for ending in ["receipt.txt", "receipt.html"] {
            let text = fs::read_to_string(beside(&icb, "concerns-ftsu", path, ending)).unwrap();
            assert!(!text.contains(canary), "{path}.{ending}: {text}");
        }
    }
    let mut book = open(&beside(&icb, "concerns-ftsu", "ftsu.csv", "checked.xlsx"));
    assert_eq!(cell(&mut book, "Rows", 1, 2), "(not copied)");
    assert_eq!(cell(&mut book, "Rows", 1, 3), "Severe");
    assert_eq!(mailed(&icb).len(), 2);
    for (_, bytes) in mailed(&icb) {
        let mail = MessageParser::default().parse(&bytes).unwrap();
        assert!(!mail.body_text(0).unwrap().contains(canary));
        assert!(!mail.subject().unwrap().contains(canary));
    }
}

#[test]
fn free_text_stands_in_no_event_and_no_manifest() {
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-quality", "July.csv", bad_sheet());
    icb.report("nightly", "2026-07-14");
    for (path, bytes) in files(&icb.data().join("runs")) {
        let text = String::from_utf8_lossy(&bytes);
        for said in ["second text", "third text", "next Tuesday", "Workfroce"] {
            assert!(!text.contains(said), "{} repeats {said}", path.display());
        }
    }
}

#[test]
fn many_faults_are_counted_and_the_first_are_told() {
    let icb = Icb::with_register();
    icb.edit("owners.toml", "entries = 100", "entries = 5");
    let mut sheet = HEADER.to_owned();
    for row in 0..40 {
        sheet += &format!("X90100,,01/07/2026,,,Severe {row},Open,Q-{row}\n");
    }
    icb.drop_bytes("concerns-quality", "July.csv", &sheet);
    icb.report("nightly", "2026-07-14");
    let said = receipt(&icb, "concerns-quality", "July.csv");
    // Each of them may be urgent, and is told as that first.
    let (urgent, rows) = said.split_once("Rows set aside").unwrap();
    assert_eq!(urgent.matches("Possibly urgent").count(), 40, "{said}");
    assert_eq!(rows.matches("is not one of the values").count(), 5, "{said}");
    assert!(said.contains("40 in all: the first 5 are listed here and 35 are not"), "{said}");
    let mut book = open(&beside(&icb, "concerns-quality", "July.csv", "checked.xlsx"));
    assert_eq!(book.worksheet_range("Errors").unwrap().end().unwrap().0, 42, "the copy lists all of them");
}

#[test]
fn the_same_fault_in_many_cells_is_one_line() {
    let icb = Icb::with_register();
    let mut sheet = HEADER.to_owned();
    for row in 0..40 {
        let severity = if row % 2 == 0 { "Severe" } else { "Grave" };
        sheet += &format!("X90100,,01/07/2026,,,{severity},Open,Q-{row}\n");
    }
    icb.drop_bytes("concerns-quality", "July.csv", &sheet);
    icb.report("nightly", "2026-07-14");
    let said = receipt(&icb, "concerns-quality", "July.csv");
    let (_, rows) = said.split_once("Rows set aside").unwrap();
    assert_eq!(rows.matches("is not one of the values").count(), 2, "{said}");
    let cells = "Cells F2, F4, F6, F8, F10, F12, F14, F16, F18, F20 and 10 more (Severity)";
    assert!(said.contains(cells), "{said}");
    assert!(said.contains("40 things"), "{said}");
}

#[test]
fn a_missing_column_is_told_once() {
    let icb = Icb::with_register();
    let mut sheet = "Practice code,Visit type,Planned date,Status,Reference\n".to_owned();
    for row in 0..20 {
        sheet += &format!("X90100,Proactive,01/07/2026,Completed,V-{row}\n");
    }
    icb.drop_bytes("visits", "visits.csv", &sheet);
    icb.report("nightly", "2026-07-14");
    let said = receipt(&icb, "visits", "visits.csv");
    assert!(
        said.contains(
            "\"Visit date\" is needed where status = 'Completed', and 20 rows cannot do without it: 2, 3"
        ),
        "{said}"
    );
    assert_eq!(said.matches("Visit date").count(), 4, "once as a fault, once among the columns: {said}");
}

#[test]
fn a_newer_sheet_says_what_it_changes_without_repeating_free_text() {
    let icb = Icb::with_register();
    let first = format!(
        "{HEADER}X90100,,01/07/2026,Workforce,first words,Moderate,Open,Q-1\n\
         X90101,,01/07/2026,Workforce,same words,Low,Open,Q-2\n\
         X90102,,01/07/2026,Workforce,gone words,Low,Open,Q-3\n"
    );
    let second = format!(
        "{HEADER}X90100,,01/07/2026,Workforce,other words,Serious,Open,Q-1\n\
         X90101,,01/07/2026,Workforce,same words,Low,Open,Q-2\n\
         X90103,,02/07/2026,Workforce,new words,Low,Open,Q-4\n"
    );
    icb.drop_bytes("concerns-quality", "1.csv", first);
    icb.report("nightly", "2026-07-14");
    icb.drop_bytes("concerns-quality", "2.csv", second);
    icb.report("nightly", "2026-07-15");
    let said = receipt(&icb, "concerns-quality", "2.csv");
    assert!(said.contains("Rows: 1 changed, 1 gone, 1 new and 1 the same."), "{said}");
    assert!(
        said.contains("Q-1 (row 2) changed: Concern (E2); Severity (F2) from Moderate to Serious"),
        "{said}"
    );
    assert!(said.contains("Q-3 (row 4 of the file before) is gone"), "{said}");
    assert!(said.contains("Q-4 (row 4) is new"), "{said}");
    assert!(!said.contains("words"), "{said}");
    // It says the same whenever it is told again.
    icb.report("nightly", "2026-07-16");
    assert_eq!(receipt(&icb, "concerns-quality", "2.csv"), said);
}

#[test]
fn a_file_that_comes_after_a_pack_names_the_levels_it_would_have_changed() {
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-quality", "1.csv", format!("{HEADER}X90100,,01/07/2026,,,Low,Open,Q-1\n"));
    icb.report("quarterly", "2026-07-14");
    let late = format!(
        "{HEADER}X90100,,01/07/2026,,,Low,Open,Q-1\nX90100,,02/07/2026,,,Serious,Open,Q-3\nX90101,,20/07/2026,,,Serious,Open,Q-2\n"
    );
    icb.drop_bytes("concerns-quality", "2.csv", late);
    icb.drop_bytes("concerns-estates", "e.csv", format!("{HEADER}X90102,,20/07/2026,,,Serious,Open,E-1\n"));
    let report = icb.report("nightly", "2026-07-21");
    let said = receipt(&icb, "concerns-quality", "2.csv");
    assert!(said.contains("This file came after the pack of 14 July 2026."), "{said}");
    assert!(said.contains("X90100 ") && said.contains("would have been level 4, not level 2"), "{said}");
    assert!(!said.contains("X90101 "), "what happened after the pack changes nothing in it: {said}");
    assert!(!receipt(&icb, "concerns-estates", "e.csv").contains("came after the pack"));
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("with R0006 received since it would be level 4"), "{warnings}");
}
