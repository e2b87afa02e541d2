//! Formats and shapes of sheets, as the teams and the national bodies send them.

use std::fs;

use rust_xlsxwriter::{Format, Workbook};

use crate::support::{Icb, code, complained, quarterday, said, text};
use crate::workbooks::{ods, ods_row, row, sheet, xlsb, xlsx_of};

const HEADER: [&str; 5] = ["Practice code", "Date raised", "Severity", "Status", "Reference"];

/// Drops a file in the inbox of the quality team, runs the night's job and gives the receipt.
fn receipt(icb: &Icb, name: &str, bytes: impl AsRef<[u8]>) -> String {
    receipt_of(icb, "concerns-quality", name, bytes)
}

fn receipt_of(icb: &Icb, feed: &str, name: &str, bytes: impl AsRef<[u8]>) -> String {
    icb.drop_bytes(feed, name, bytes);
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert!(matches!(code(&output), 0 | 4), "{}", complained(&output));
    fs::read_to_string(icb.data().join("inbox").join(feed).join(format!("{name}.receipt.txt"))).unwrap()
}

fn counts(receipt: &str) -> &str {
    receipt.lines().find(|line| line.contains("rows read")).unwrap_or(receipt)
}

#[test]
fn text_in_every_encoding_and_with_every_separator() {
    let rows = [
        "Practice code,Date raised,Severity,Status,Reference,Concern",
        "X90100,01/07/2026,Low,Open,Q-1,café £5",
    ];
    let lines = rows.join("\r\n") + "\r\n";
    let utf16 = |encode: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
        format!("{mark}{lines}").encode_utf16().flat_map(encode).collect()
    };
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("utf8.csv", lines.clone().into_bytes()),
        ("utf8-bom.csv", format!("\u{feff}{lines}").into_bytes()),
        ("utf16le.csv", utf16(u16::to_le_bytes, "\u{feff}")),
        ("utf16be.csv", utf16(u16::to_be_bytes, "\u{feff}")),
        ("utf16le-unmarked.csv", utf16(u16::to_le_bytes, "")),
        ("utf16be-unmarked.csv", utf16(u16::to_be_bytes, "")),
        ("windows.csv", lines.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()),
        ("tabs.tsv", lines.replace(',', "\t").into_bytes()),
        ("tabs.txt", (lines.replace(',', "\t") + "\r\n").into_bytes()),
        ("semicolons.csv", lines.replace(',', ";").into_bytes()),
        ("mixed-ends.csv", lines.replacen("\r\n", "\n", 1).into_bytes()),
    ];
    let icb = Icb::with_register();
    for (name, bytes) in files {
        let said = receipt(&icb, name, bytes);
        assert_eq!(counts(&said), "1 rows read = 1 accepted + 0 quarantined + 0 ignored.", "{name}: {said}");
        assert!(!said.contains("decoded wrongly"), "{name}: {said}");
    }
    let garbled = lines.replace("café £5", "cafÃ© Â£5");
    let said = receipt(&icb, "garbled.csv", garbled);
    assert!(said.contains("Cell F2") && said.contains("decoded wrongly before it was sent"), "{said}");
}

#[test]
fn an_ending_that_lies_is_told_and_the_file_is_read() {
    let icb = Icb::with_register();
    let good = row(1, "", &HEADER) + &row(2, "", &["X90100", "01/07/2026", "Low", "Open", "Q-1"]);
    let said = receipt(&icb, "sheet.xls", xlsx_of(&sheet(&good), &[]));
    assert!(said.contains("the file is xlsx, although its name ends in .xls"), "{said}");
    assert!(said.contains("1 accepted"), "{said}");
    let said = receipt(&icb, "macro.xlsm", xlsx_of(&sheet(&good), &[("xl/vbaProject.bin", b"x")]));
    assert!(said.contains("1 accepted") && !said.contains("although"), "{said}");
}

#[test]
fn a_binary_workbook_is_read() {
    let icb = Icb::with_register();
    let rows = [HEADER, ["X90100", "01/07/2026", "Serious", "Open", "Q-1"]];
    let said = receipt(&icb, "sheet.xlsb", xlsb(&rows));
    assert_eq!(counts(&said), "1 rows read = 1 accepted + 0 quarantined + 0 ignored.", "{said}");
    assert!(said.contains("Sheet read: Sheet1"), "{said}");
}

#[test]
fn three_header_rows_with_merged_groups_are_one_header() {
    let icb = Icb::with_register();
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    let plain = Format::new();
    page.write_string(0, 0, "Concerns of the quality team").unwrap();
    page.write_string(1, 0, "Return to Contents").unwrap();
    // `Practice code` is merged downwards; `Date` stands over two columns.
    page.merge_range(4, 0, 6, 0, "Practice\ncode ", &plain).unwrap();
    page.merge_range(4, 1, 4, 2, "Date", &plain).unwrap();
    page.merge_range(4, 3, 4, 5, "State", &plain).unwrap();
    page.write_string(5, 1, "dd/mm/yyyy").unwrap();
    page.write_string(5, 3, "choose").unwrap();
    for (column, name) in [(1, "raised"), (2, "notified"), (3, "Severity "), (4, "Status"), (5, "Ref\nno")] {
        page.write_string(6, column, name).unwrap();
    }
    for (column, value) in
        [(0, "X90100"), (1, "01/07/2026"), (2, "03/07/2026"), (3, "Serious"), (4, "Open"), (5, "Q-1")]
    {
        page.write_string(7, column, value).unwrap();
    }
    page.write_string(9, 0, "Source: quality team. Figures are provisional.").unwrap();
    let said = receipt(&icb, "three.xlsx", book.save_to_buffer().unwrap());
    assert_eq!(counts(&said), "2 rows read = 1 accepted + 0 quarantined + 1 ignored.", "{said}");
    assert!(said.contains("\"Ref no\" read as \"Reference\" (matched by alias)"), "{said}");
    let levels = icb.levels();
    assert_eq!(levels["X90100"]["visit_due"], "2026-08-03", "a month from the date notified");
}

#[test]
fn titles_and_headers_that_come_again_are_passed_over() {
    let icb = Icb::with_register();
    let block = |page: u32| format!("Concerns,Page {page} of 2,,,\n{}\n", HEADER.join(","));
    let text = format!(
        "{}X90100,01/07/2026,Low,Open,Q-1\n\n{}X90101,01/07/2026,Low,Open,Q-2\n,,,,\nNote: provisional,,,,\n",
        block(1),
        block(2)
    );
    let said = receipt(&icb, "pages.csv", text);
    assert_eq!(counts(&said), "5 rows read = 2 accepted + 0 quarantined + 3 ignored.", "{said}");
    assert!(said.contains("the title again") && said.contains("the header again"), "{said}");
}

#[test]
fn parent_rows_and_hidden_rows_of_a_smartsheet() {
    let icb = Icb::with_register();
    let rows = row(1, "", &HEADER)
        + &row(2, "", &["", "01/06/2026", "Serious", "Open", "Pennine"])
        + &row(3, r#"outlineLevel="1""#, &["X90100", "01/07/2026", "Low", "Open", "Q-1"])
        + &row(4, r#"outlineLevel="1" hidden="1""#, &["X90101", "01/07/2026", "Low", "Open", "Q-2"])
        + &row(5, "", &["", "01/07/2026", "Low", "Open", "Q-3"]);
    let said = receipt(&icb, "smart.xlsx", xlsx_of(&sheet(&rows), &[]));
    assert_eq!(counts(&said), "4 rows read = 2 accepted + 1 quarantined + 1 ignored.", "{said}");
    assert!(said.contains("the heading of the group of rows below it"), "{said}");
    assert!(said.contains("1 row of the sheet is hidden and was read like the others"), "{said}");
}

#[test]
fn dates_in_every_order_and_shape_and_ambiguous_ones_refused() {
    let icb = Icb::with_register();
    let mut lines = HEADER.join(",") + "\n";
    let dates = [
        "01/07/2026",
        "1 July 2026",
        "2026-07-01",
        "01-Jul-2026",
        "20260701",
        "46204",
        "Wednesday 1 July 2026",
    ];
    for (index, date) in dates.iter().enumerate() {
        lines += &format!("X90100,{date},Low,Open,Q-{index}\n");
    }
    let said = receipt(&icb, "dates.csv", lines);
    assert_eq!(counts(&said), "7 rows read = 7 accepted + 0 quarantined + 0 ignored.", "{said}");
    assert!(said.contains("Cell B7 (Date raised)"), "{said}");
    assert!(said.contains("the date stands as the number 46204 and was read as a date"), "{said}");
    // One date that can only have the month first makes the others of its column doubtful.
    let lines = HEADER.join(",")
        + "\nX90100,03/04/2026,Low,Open,Q-1\nX90100,04/04/2026,Low,Open,Q-2\nX90100,06/30/2026,Low,Open,Q-3\n";
    let said = receipt(&icb, "american.csv", lines);
    assert_eq!(counts(&said), "3 rows read = 1 accepted + 2 quarantined + 0 ignored.", "{said}");
    let told = "\"03/04/2026\" could be 3 April 2026 or 4 March 2026: \"06/30/2026\" in B4 is written the other way round";
    assert!(said.contains(told), "{said}");
}

#[test]
fn error_cells_of_every_program_are_told_as_errors() {
    let icb = Icb::with_register();
    let rows = ods_row(&HEADER)
        + &ods_row(&["X90100", "01/07/2026", "#DIV/0!", "Open", "Q-1"])
        + &ods_row(&["X90101", "#INVALID VALUE", "Low", "Open", "Q-2"]);
    let said = receipt(&icb, "errors.ods", ods(&rows));
    assert_eq!(counts(&said), "2 rows read = 0 accepted + 2 quarantined + 0 ignored.", "{said}");
    assert!(said.contains("Cell C2") && said.contains("the spreadsheet error #DIV/0!"), "{said}");
    assert!(said.contains("Cell B3") && said.contains("the spreadsheet error #INVALID VALUE"), "{said}");
}

#[test]
fn percentages_are_read_for_what_they_mean() {
    let icb = Icb::with_register();
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    page.write_row(0, 0, ["Practice code", "Points achieved/ max. QOF points available (%)"]).unwrap();
    for n in 0..12_u32 {
        page.write_string(n + 1, 0, format!("X901{n:02}")).unwrap();
        page.write_number(n + 1, 1, 0.9 + f64::from(n) / 1000.0).unwrap();
    }
    let said = receipt_of(&icb, "qof", "qof-practice-2024-25.xlsx", book.save_to_buffer().unwrap());
    assert!(said.contains("stored as fractions (0.85 for 85%) and were read as percentages"), "{said}");
    assert!(said.contains("12 rows read = "), "{said}");
    // A percent sign in a column of fractions.
    let text = "Friends and Family Test May 2026,,\nPractice code,Responses,Percentage Positive\nX90100,20,93%\nX90101,20,0.93\n";
    let said = receipt_of(&icb, "friends-and-family", "fft.csv", text);
    assert_eq!(counts(&said), "2 rows read = 2 accepted + 0 quarantined + 0 ignored.", "{said}");
}

#[test]
fn drift_is_told_in_words_against_the_layout_and_then_against_the_last_file() {
    let icb = Icb::with_register();
    let first = "ODS code,Date raised,Severity,Status,Ref,Weight\nX90100,01/07/2026,Low,Open,Q-1,3\n";
    let said = receipt(&icb, "1.csv", first);
    let told =
        "columns \"ODS code\" read as \"Practice code\" and \"Ref\" read as \"Reference\" (matched by alias)";
    assert!(said.contains(told), "{said}");
    assert!(said.contains("new column \"Weight\" ignored"), "{said}");
    let second =
        "GP code,Date raised,Severity,Status,Ref,Weight,Colour\nX90100,01/07/2026,Low,Open,Q-1,3,red\n";
    let said = receipt(&icb, "2.csv", second);
    assert!(said.contains("column \"ODS code\" is now \"GP code\" (matched by alias)"), "{said}");
    assert!(said.contains("new column \"Colour\" ignored"), "{said}");
    assert!(!said.contains("Weight") && !said.contains("missing"), "what did not change is no news: {said}");
    let third = "Practice code,Date raised,Seriousness,Status,Reference\nX90100,01/07/2026,Low,Open,Q-1\n";
    let said = receipt(&icb, "3.csv", third);
    assert!(said.contains("NOT taken in"), "{said}");
    assert!(said.contains("missing: \"Severity\"; did you mean \"Seriousness\" in column C?"), "{said}");
}

#[test]
fn a_wide_sheet_becomes_long() {
    let icb = Icb::new();
    let layout = "\n[layout.unpivot]\ncolumns = '(.+) \\(rate\\)'\nname = \"indicator\"\nvalue = \"value\"\n";
    let feed = fs::read_to_string(icb.pipeline("feeds/indicators.toml")).unwrap();
    let feed = feed.replacen("\n[[layout.column]]", &format!("{layout}\n[[layout.column]]"), 1);
    fs::write(icb.pipeline("feeds/indicators.toml"), feed).unwrap();
    for feed in ["ods-register", "ods-successors", "patients-registered"] {
        icb.drop_step(1, feed);
    }
    let wide = "Practice code,Period,Note,Flu (rate),Smears (rate)\n\
                X90100,2026-05,a,10.5,none\nX90101,2026-05,,11,12\nX90101,2026-05,,11,13\n";
    let said = receipt_of(&icb, "indicators", "wide.csv", wide);
    assert_eq!(counts(&said), "6 rows read = 4 accepted + 1 quarantined + 1 ignored.", "{said}");
    // The cell that could not be read, the row that is there twice and the one that differs.
    assert!(said.contains("Cell E2 (Value)") && said.contains("\"none\" is not a number"), "{said}");
    assert!(
        said.contains("E3 has the same Practice code, Indicator and Period with other content"),
        "{said}"
    );
    assert!(said.contains("the same as D3, and counted once"), "{said}");
    assert!(said.contains("new column \"Note\" ignored"), "{said}");

    // What is set aside, what changed and what is cited are cells of the sheet as it was sent.
    let output = quarterday(&[
        "quarantine",
        "--pipeline",
        text(&icb.pipeline("")),
        "--data",
        text(&icb.data()),
        "--values",
    ]);
    let aside = crate::support::said(&output);
    assert!(aside.contains("row 4") && aside.contains("E4 Value: 13"), "{aside}");
    let second = wide.replace("X90101,2026-05,,11,13\n", "").replace(",11,12", ",11,14");
    let said = receipt_of(&icb, "indicators", "wide-2.csv", &second);
    assert!(said.contains("(row 3) changed: Value (E3) from 12 to 14"), "{said}");
}

#[test]
fn limits_of_frictionless_columns_are_kept() {
    let icb = Icb::with_register();
    icb.edit(
        "layouts/concerns.toml",
        "name     = \"reference\"",
        "unique   = true\npattern  = '[A-Z]-\\d+'\nmax_length = 5\nname     = \"reference\"",
    );
    icb.edit(
        "layouts/concerns.toml",
        "name     = \"date_raised\"",
        "minimum = 2020-01-01\nname     = \"date_raised\"",
    );
    let text = HEADER.join(",")
        + "\nX90100,01/07/2026,Low,Open,Q-1\nX90100,01/07/2019,Low,Open,Q-2\nX90100,01/07/2026,Low,Open,no\n\
           X90100,01/07/2026,Low,Open,Q-1234\nX90101,01/07/2026,Low,Open,Q-1\n";
    let said = receipt(&icb, "limits.csv", text);
    assert_eq!(counts(&said), "5 rows read = 1 accepted + 4 quarantined + 0 ignored.", "{said}");
    assert!(said.contains("1 July 2019 is before 1 January 2020"), "{said}");
    assert!(said.contains("\"no\" is not written as this column's values are"), "{said}");
    assert!(said.contains("the text has 6 characters"), "{said}");
    assert!(said.contains("row 2 has the same \"Reference\", which must be unique"), "{said}");
}

#[test]
fn check_names_the_aliases_that_matched_nothing() {
    let icb = Icb::with_register();
    receipt(&icb, "1.csv", "GP code,Date raised,Severity,Status,Ref\nX90100,01/07/2026,Low,Open,Q-1\n");
    let (pipeline, data) = (icb.pipeline(""), icb.data());
    let output = quarterday(&["check", "--pipeline", text(&pipeline), "--data", text(&data)]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let said = said(&output);
    let line =
        said.lines().find(|l| l.contains("aliases of \"Practice code\"")).unwrap_or_else(|| panic!("{said}"));
    assert!(line.starts_with("layouts/concerns.toml:55: warning [unmatched]"), "{line}");
    assert!(line.contains("\"Surgery code\"") && !line.contains("\"GP code\""), "{line}");
    assert!(said.contains("words of the map of \"Status Code\""), "{said}");
}

#[test]
fn names_of_files_do_no_harm() {
    let icb = Icb::with_register();
    let good = HEADER.join(",") + "\nX90100,01/07/2026,Low,Open,Q-1\n";
    let long = format!("{}.csv", "n".repeat(250));
    for name in ["a..%2f..%2fevil.csv", "a..\\..\\evil.csv", "\u{1b}[2Jclear\nline.csv", &long] {
        icb.drop_bytes("concerns-quality", name, good.clone() + name.get(..9).unwrap_or("") + ",,,,\n");
    }
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert!(!said(&output).contains('\u{1b}') && !complained(&output).contains('\u{1b}'));
    let receipts = fs::read_dir(icb.data().join("inbox/concerns-quality")).unwrap().flatten();
    let names: Vec<String> = receipts.map(|r| r.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(names.iter().filter(|n| n.ends_with(".receipt.txt")).count(), 4, "{names:?}");
}

#[test]
fn text_that_looks_like_a_formula_stays_text() {
    let icb = Icb::new();
    for feed in ["ods-successors", "patients-registered"] {
        icb.drop_step(1, feed);
    }
    let register = crate::support::repository()
        .join("fixtures/steps/1-quarterly-2026-07-14/inbox/ods-register/epraccur.csv");
    let register = fs::read_to_string(register).unwrap();
    let line = register.lines().find(|l| l.contains("X90100")).unwrap();
    let name = line.split(',').nth(1).unwrap();
    let evil = line.replacen(name, "\"=HYPERLINK(\"\"http://x\"\")\"", 1);
    icb.drop_bytes("ods-register", "epraccur.csv", register.replace(line, &evil));
    let good = HEADER.join(",") + "\nX90100,01/07/2026,Low,Open,=1+1\nX90100,01/07/2026,Low,Open,@SUM(A1)\n";
    let said = receipt(&icb, "formulas.csv", good);
    assert_eq!(counts(&said), "2 rows read = 2 accepted + 0 quarantined + 0 ignored.", "{said}");
    assert_eq!(icb.levels()["X90100"]["practice_name"], "'=HYPERLINK(\"http://x\")");
}

#[test]
fn what_a_merged_cell_says_counts_for_all_its_rows() {
    let icb = Icb::with_register();
    let header = ["Practice code", "Date raised", "Severity", "Status", "Reference", "Concern"];
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, title) in (0..).zip(header) {
        sheet.write(0, column, title).unwrap();
    }
    let plain = Format::new();
    sheet.merge_range(1, 0, 3, 0, "X90100", &plain).unwrap();
    sheet.merge_range(1, 3, 2, 3, "Open", &plain).unwrap();
    for (row, severity, reference) in [(1, "Low", "Q-1"), (2, "Moderate", "Q-2"), (3, "Low", "Q-3")] {
        sheet.write(row, 1, "01/07/2026").unwrap();
        sheet.write(row, 2, severity).unwrap();
        sheet.write(row, 4, reference).unwrap();
    }
    sheet.write(3, 3, "Closed").unwrap();
    // What identifies a person in a merged cell stops every row that it counts for.
    sheet.merge_range(4, 5, 5, 5, "she is 943 476 5919", &plain).unwrap();
    for (row, reference) in [(4, "Q-4"), (5, "Q-5")] {
        for (column, text) in (0..).zip(["X90101", "01/07/2026", "Low", "Open", reference]) {
            sheet.write(row, column, text).unwrap();
        }
    }
    let said = receipt(&icb, "merged.xlsx", book.save_to_buffer().unwrap());
    assert_eq!(counts(&said), "5 rows read = 3 accepted + 2 quarantined + 0 ignored.", "{said}");
    assert!(said.contains("Cells A3 and A4 (Practice code)"), "{said}");
    assert!(said.contains("merged with A2 and read with its value"), "{said}");
    assert!(said.contains("possible NHS number in F5") && !said.contains("943"), "{said}");
}
