//! What a cell is read as: codes, dates, numbers, and what a layout can say of a sheet.

use std::fs;

use rust_xlsxwriter::{Format, Workbook};

use crate::support::{Icb, code, complained, quarterday, repository, said, text};

/// A file of the folder of cases.
fn case(name: &str, file: &str) -> Vec<u8> {
    let path = repository().join("tests/it/cases").join(name).join(file);
    fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Drops a file on top of the register, takes it in and gives its receipt.
fn receipt(icb: &Icb, feed: &str, name: &str, bytes: impl AsRef<[u8]>) -> String {
    icb.drop_bytes(feed, name, bytes);
    let output = icb.take_in("2026-07-14");
    assert!(matches!(code(&output), 0 | 4), "{}", complained(&output));
    let path = icb.data().join("inbox").join(feed).join(format!("{name}.receipt.txt"));
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Adds a feed of its own to the pipeline.
fn add_feed(icb: &Icb, id: &str, toml: &[u8]) {
    fs::write(icb.pipeline(&format!("feeds/{id}.toml")), toml).unwrap();
}

fn counts(receipt: &str) -> &str {
    receipt.lines().find(|line| line.contains("rows read")).unwrap_or(receipt)
}

fn explained(icb: &Icb, practice: &str) -> String {
    let output = quarterday(&["explain", practice, "--data", text(&icb.data())]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    said(&output)
}

fn checked(icb: &Icb) -> String {
    let output = quarterday(&["check", "--pipeline", text(&icb.pipeline(""))]);
    said(&output) + &complained(&output)
}

/// A workbook with these sheets of texts.
fn workbook(sheets: &[(&str, &[&[&str]])]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        for (row, cells) in (0..).zip(rows.iter()) {
            for (column, cell) in (0..).zip(cells.iter()) {
                if !cell.is_empty() {
                    sheet.write(row, column, *cell).unwrap();
                }
            }
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn no_row_of_ours_is_passed_over_for_a_slip_in_its_code() {
    let icb = Icb::with_register();
    let said = receipt(&icb, "dashboard", "score.csv", case("dashboard-odd-codes", "score-odd-codes.csv"));
    // X90001, 2, 3, 7, 8, 11 and 12 are read; 4, 5, 6, 9 and 10 are told at their cells; 98765432 is nobody's.
    assert_eq!(counts(&said), "13 rows read = 7 accepted + 5 quarantined + 1 ignored.", "{said}");
    for (cell, likely) in [("A5", "X90004"), ("A6", "X90005"), ("A7", "X90006"), ("A11", "X90010")] {
        assert!(said.contains(&format!("Cell {cell} ")), "{cell}: {said}");
        assert!(said.contains(&format!("did you mean {likely}")), "{likely}: {said}");
    }
    assert!(said.contains("the letter O stands for the figure 0"), "{said}");
    assert!(said.contains("\"X90006 - Ravencroft Medical Centre\""), "{said}");
    assert!(said.contains("one of ours"), "two codes in one cell: {said}");
    assert!(said.contains("1 row with a code that no register knows"), "{said}");
    assert!(!said.contains("about other practices"), "{said}");
}

#[test]
fn a_code_of_a_team_is_read_without_what_nobody_sees_and_else_told() {
    let icb = Icb::with_register();
    let said = receipt(&icb, "concerns-quality", "odd.xlsx", case("odd-codes-of-a-team", "odd-codes.xlsx"));
    // Rows 2 to 10, 12, 15 and 22 are read.
    assert_eq!(counts(&said), "22 rows read = 12 accepted + 10 quarantined + 0 ignored.", "{said}");
    for cell in ["A2", "A3", "A4", "A5", "A6", "A7", "A8", "A10", "A15"] {
        assert!(!said.contains(&format!("Cell {cell} ")), "{cell}: {said}");
    }
    assert!(said.contains("the letter \u{425} is Cyrillic, U+0425"), "{said}");
    // The program that wrote ="X90016" stored no value of it.
    assert!(said.contains("Cell A17 ") && said.contains("no stored value"), "{said}");
    for (cell, likely) in [
        ("A11", "X90010"),
        ("A13", "X90012"),
        ("A14", "X90013"),
        ("A16", "X90015"),
        ("A18", "X90017"),
        ("A19", "X90018"),
        ("A20", "X90019"),
        ("A23", "X90023"),
    ] {
        assert!(said.contains(&format!("Cell {cell} ")), "{cell}: {said}");
        assert!(said.contains(&format!("did you mean {likely}")), "{likely}: {said}");
    }
}

#[test]
fn rows_of_other_boards_that_stand_twice_are_one_line() {
    let icb = Icb::with_register();
    let other = fs::read_to_string(
        repository().join("fixtures/steps/1-quarterly-2026-07-14/inbox/ods-register/epraccur.csv"),
    )
    .unwrap()
    .lines()
    .filter(|line| line.contains("\"X8"))
    .map(|line| line.split('"').nth(1).unwrap_or_default().to_owned())
    .next()
    .expect("a practice of another board");
    let mut csv = "Practice code,Variation score,Extract date\nX90001,12,30/06/2026\n".to_owned();
    for _ in 0..5 {
        csv += &format!("{other},3,30/06/2026\nUNKNOWN,3,30/06/2026\n");
    }
    let said = receipt(&icb, "dashboard", "score.csv", csv);
    assert_eq!(counts(&said), "11 rows read = 1 accepted + 0 quarantined + 10 ignored.", "{said}");
    assert!(said.contains("8 rows about other practices that are the same as one before them"), "{said}");
    assert!(!said.contains("delete one of the two"), "{said}");
}

#[test]
fn a_word_before_a_date_is_no_part_of_it() {
    let icb = Icb::with_register();
    let said = receipt(&icb, "visits", "visits.xlsx", case("words-before-a-date", "visit-words.xlsx"));
    assert_eq!(counts(&said), "5 rows read = 0 accepted + 5 quarantined + 0 ignored.", "{said}");
    assert!(said.contains("\"Cancelled 10/06/2026\" is more than a date"), "{said}");
    let said =
        receipt(&icb, "decisions", "decisions.xlsx", case("words-before-until", "decisions-words.xlsx"));
    assert!(said.contains("\"extend 01/10/2026\" is more than a date"), "{said}");
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert!(matches!(code(&output), 0 | 4), "{}", complained(&output));
    let told = explained(&icb, "X90001");
    assert!(!told.contains("2029"), "no visit of June 2026 starts its three years: {told}");
    assert!(!told.to_lowercase().contains("decision"), "no decision stands: {told}");
}

#[test]
fn a_mark_for_no_date_is_compared_with_what_the_sheet_shows() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let header = ["Practice code", "Date raised", "Date notified", "Severity", "Status", "Reference"];
    for (column, title) in (0..).zip(header) {
        sheet.write(0, column, title).unwrap();
    }
    for row in 1..4 {
        for (column, cell) in [(0, "X90001"), (1, "01/06/2026"), (3, "Low"), (4, "Open")] {
            sheet.write(row, column, cell).unwrap();
        }
        sheet.write(row, 5, format!("Q-{row}")).unwrap();
    }
    sheet.write_with_format(1, 2, 0, &Format::new().set_num_format("dd/mm/yyyy")).unwrap();
    sheet.write(2, 2, 0).unwrap();
    sheet.write(3, 2, "00/01/1900").unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let icb = Icb::with_register();
    let said = receipt(&icb, "concerns-quality", "zero.xlsx", &bytes);
    assert!(said.contains("\"00/01/1900\" is a spreadsheet's day 0"), "{said}");
    assert!(!said.contains("1899"), "the sheet shows no such year: {said}");
    for marks in ["\"0\", \"00/01/1900\"", "\"0\", \"31/12/1899\", \"00/01/1900\""] {
        let icb = Icb::with_register();
        icb.edit("layouts/concerns.toml", "missing    = [\"-\"", &format!("missing    = [{marks}, \"-\""));
        let said = receipt(&icb, "concerns-quality", "zero.xlsx", &bytes);
        assert_eq!(counts(&said), "3 rows read = 3 accepted + 0 quarantined + 0 ignored.", "{said}");
        assert!(said.contains("Nothing to correct"), "{said}");
    }
}

#[test]
fn a_comma_for_decimals_is_never_another_number() {
    let icb = Icb::with_register();
    let bytes = case("score-thousands-and-comma", "score-semicolon.csv");
    let said = receipt(&icb, "dashboard", "score.csv", bytes);
    assert_eq!(counts(&said), "7 rows read = 1 accepted + 6 quarantined + 0 ignored.", "{said}");
    for cell in ["\"9,5\"", "\"12,75\"", "\"1.234,5\"", "\"9.999,9\"", "\"0,5\""] {
        assert!(said.contains(&format!("{cell} could be several numbers")), "{cell}: {said}");
    }
    assert!(said.contains("\"10,000\" could be two numbers: \"9,5\" in C2"), "{said}");
}

#[test]
fn a_number_is_not_printed_as_the_limit_that_it_is_below() {
    let icb = Icb::with_register();
    icb.drop_bytes("dashboard", "score.csv", case("score-9.996", "score-9996.csv"));
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert!(matches!(code(&output), 0 | 4), "{}", complained(&output));
    let told = explained(&icb, "X90001");
    assert!(told.contains("Level 2") && told.contains("9.996"), "{told}");
    assert!(!told.contains("score 10"), "{told}");
    assert!(explained(&icb, "X90002").contains("9.99 "), "{}", explained(&icb, "X90002"));
}

#[test]
fn a_year_is_read_from_a_name_in_any_usual_form() {
    let layout = case("year-22-23-in-the-name", "payments.toml");
    let bytes = case("year-22-23-in-the-name", "payments-22-23.csv");
    let icb = Icb::with_register();
    add_feed(&icb, "payments", &layout);
    let said = receipt(&icb, "payments", "payments-22-23.csv", &bytes);
    assert_eq!(counts(&said), "2 rows read = 2 accepted + 0 quarantined + 0 ignored.", "{said}");
    let year = String::from_utf8(layout).unwrap().replace(r"pattern = '(\d\d-\d\d)'", "form    = \"year\"");
    for name in [
        "payments-2223.csv",
        "NHS Payments 2022_23 v1.csv",
        "pay202223.csv",
        "FY22-23.csv",
        "p 2022-2023.csv",
    ] {
        let icb = Icb::with_register();
        add_feed(&icb, "payments", year.as_bytes());
        let said = receipt(&icb, "payments", name, &bytes);
        assert_eq!(counts(&said), "2 rows read = 2 accepted + 0 quarantined + 0 ignored.", "{name}: {said}");
    }
    let icb = Icb::with_register();
    add_feed(&icb, "payments", &case("year-22-23-in-the-name", "payments.toml"));
    let said = receipt(&icb, "payments", "payments-22-25.csv", &bytes);
    assert!(said.contains("\"22-25\" is no month, quarter or year in the file's name"), "{said}");
    let icb = Icb::with_register();
    add_feed(&icb, "payments", &case("year-22-23-in-the-name", "payments.toml"));
    let said = receipt(&icb, "payments", "payments.csv", &bytes);
    assert!(said.contains("the file's name does not say it"), "{said}");
}

#[test]
fn two_columns_that_become_one_period_are_told_by_their_cells() {
    let icb = Icb::with_register();
    add_feed(&icb, "wide", &case("wide-two-columns-one-period", "wide.toml"));
    let bytes = case("wide-two-columns-one-period", "unpivot-same-period.xlsx");
    let said = receipt(&icb, "wide", "wide.xlsx", bytes);
    assert!(said.contains("B1 and C1 become the same \"Period\""), "{said}");
    assert!(said.contains("B3 says something else"), "{said}");
    assert!(!said.contains("row 2"), "{said}");
    assert_eq!(counts(&said), "6 rows read = 4 accepted + 1 quarantined + 1 ignored.", "{said}");
}

#[test]
fn every_sheet_with_the_header_counts_where_the_layout_says_so() {
    let bytes = case("monthly-tabs", "monthly-tabs.xlsx");
    let icb = Icb::with_register();
    let said = receipt(&icb, "concerns-quality", "tabs.xlsx", &bytes);
    assert!(said.contains("several sheets hold data"), "{said}");
    let icb = Icb::with_register();
    icb.edit("layouts/concerns.toml", "carry      = true", "sheets     = \"all\"\ncarry      = true");
    let said = receipt(&icb, "concerns-quality", "tabs.xlsx", &bytes);
    assert_eq!(counts(&said), "6 rows read = 6 accepted + 0 quarantined + 0 ignored.", "{said}");
    assert!(said.contains("April, May and June"), "{said}");
}

#[test]
fn rows_of_several_sheets_keep_their_own_cells() {
    let icb = Icb::with_register();
    icb.edit("layouts/concerns.toml", "carry      = true", "sheets     = \"all\"\ncarry      = true");
    let header: &[&str] = &["Practice code", "Date raised", "Severity", "Status", "Reference"];
    // May has its columns in another order.
    let other: &[&str] = &["Reference", "Practice code", "Date raised", "Severity", "Status"];
    let bytes = workbook(&[
        (
            "April",
            &[
                header,
                &["X90001", "01/04/2026", "Serious", "Open", "Q-1"],
                &["X90002", "01/04/2026", "Lwo", "Open", "Q-2"],
            ],
        ),
        (
            "May",
            &[
                other,
                &["Q-3", "X90003", "01/05/2026", "Serious", "Open"],
                &["Q-1", "X90004", "01/05/2026", "Low", "Open"],
            ],
        ),
        ("Notes", &[&["Sent by", "the team"]]),
    ]);
    let said = receipt(&icb, "concerns-quality", "tabs.xlsx", &bytes);
    assert_eq!(counts(&said), "4 rows read = 2 accepted + 2 quarantined + 0 ignored.", "{said}");
    assert!(said.contains("row 2 of the sheet \"April\" has the same"), "{said}");
    assert!(said.contains("not read: \"Notes\""), "{said}");
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert!(matches!(code(&output), 0 | 4), "{}", complained(&output));
    let told = explained(&icb, "X90003");
    assert!(told.contains("sheet May") || told.contains("May"), "{told}");
    assert!(!told.contains("April, May"), "the row stands in one sheet: {told}");
    let pipeline = icb.pipeline("");
    let output =
        quarterday(&["quarantine", "--pipeline", text(&pipeline), "--data", text(&icb.data()), "--values"]);
    let told = said_of(&output);
    assert!(told.contains("Lwo") && told.contains("X90004"), "{told}");
}

fn said_of(output: &std::process::Output) -> String {
    said(output) + &complained(output)
}

#[test]
fn a_code_written_once_a_group_is_read_for_all_its_rows() {
    let header: &[&str] = &["Practice code", "Date raised", "Severity", "Status", "Reference"];
    let bytes = workbook(&[(
        "Concerns",
        &[
            header,
            &["X90001", "01/06/2026", "Low", "Open", "Q-1"],
            &["", "02/06/2026", "Low", "Open", "Q-2"],
            &["X90002", "03/06/2026", "Low", "Open", "Q-3"],
            &["", "04/06/2026", "Low", "Open", "Q-4"],
            &["Total", "", "4", "", ""],
        ],
    )]);
    // A row with everything that a row needs is one, whatever it begins with.
    let whole =
        workbook(&[("Concerns", &[header, &["Total Health", "01/06/2026", "Serious", "Open", "Q-1"]])]);
    let said = receipt(&Icb::with_register(), "concerns-quality", "whole.xlsx", whole);
    assert_eq!(counts(&said), "1 rows read = 0 accepted + 1 quarantined + 0 ignored.", "{said}");
    let icb = Icb::with_register();
    let said = receipt(&icb, "concerns-quality", "pivot.xlsx", &bytes);
    assert_eq!(counts(&said), "5 rows read = 2 accepted + 2 quarantined + 1 ignored.", "{said}");
    assert!(said.contains("1 row is no row of data and passed over, such as \"Total\""), "{said}");
    let icb = Icb::with_register();
    icb.edit(
        "layouts/concerns.toml",
        "type     = \"practice\"\n",
        "type     = \"practice\"\nfill     = \"down\"\n",
    );
    let said = receipt(&icb, "concerns-quality", "pivot.xlsx", &bytes);
    assert_eq!(counts(&said), "5 rows read = 4 accepted + 0 quarantined + 1 ignored.", "{said}");
    assert!(said.contains("2 empty cells were read as the filled cell above"), "{said}");
}

#[test]
fn a_column_is_found_by_its_letter_or_as_the_nth_of_its_name() {
    let layout = |column: &str| {
        format!(
            "title = \"Blocks\"\nowner = \"Analyst\"\ncadence = \"yearly\"\ncounts = \"every\"\nguard = false\n\n\
             [[layout]]\ntable = \"blocks\"\nothers = \"ignore\"\n\n\
             [[layout.column]]\nname = \"practice\"\ntitle = \"Practice code\"\ntype = \"practice\"\nrequired = true\n\n\
             [[layout.column]]\nname = \"points\"\ntitle = \"Points\"\ntype = \"number\"\nrequired = true\nmaximum = 1\n{column}\n"
        )
    };
    let csv = "Practice code,Points,Points\nX90001,7,0.5\nX90002,8,0.25\n";
    for (column, accepted) in [("nth = 2", 2), ("letter = \"C\"", 2), ("letter = \"B\"", 0), ("nth = 1", 0)] {
        let icb = Icb::with_register();
        add_feed(&icb, "blocks", layout(column).as_bytes());
        let said = receipt(&icb, "blocks", "blocks.csv", csv);
        assert!(counts(&said).contains(&format!("{accepted} accepted")), "{column}: {said}");
    }
    let icb = Icb::with_register();
    add_feed(&icb, "blocks", layout("").as_bytes());
    assert!(receipt(&icb, "blocks", "blocks.csv", csv).contains("2 times: B and C"));
    add_feed(&icb, "blocks", layout("nth = 3").as_bytes());
    let said = receipt(&icb, "blocks", "more.csv", format!("{csv}X90003,1,1\n"));
    assert!(said.contains("NOT taken in") && said.contains("\"Points\""), "{said}");
    for (column, fault) in [
        ("letter = \"3\"", "no column of a sheet"),
        ("nth = 0", "from 1"),
        ("letter = \"C\"\nnth = 2", "say twice where the column stands"),
        ("fill = \"up\"", "it can be \"down\""),
    ] {
        let icb = Icb::new();
        add_feed(&icb, "blocks", layout(column).as_bytes());
        assert!(checked(&icb).contains(fault), "{column}: {}", checked(&icb));
    }
}

#[test]
fn the_cells_of_a_column_of_percentages_are_what_the_layout_says() {
    let layout = |more: &str| {
        format!(
            "title = \"Shares\"\nowner = \"Analyst\"\ncadence = \"yearly\"\ncounts = \"every\"\nguard = false\n\n\
             [[layout]]\ntable = \"shares\"\nothers = \"ignore\"\n\n\
             [[layout.column]]\nname = \"practice\"\ntitle = \"Practice code\"\ntype = \"practice\"\nrequired = true\n\n\
             [[layout.column]]\nname = \"share\"\ntitle = \"Share\"\ntype = \"number\"\nrequired = true\nminimum = 50\nmaximum = 100\n{more}\n"
        )
    };
    // Two numbers are too few for a guess; what is below 50 is out of range.
    let csv = "Practice code,Share\nX90001,0.85\nX90002,0.9\nX90003,85%\n";
    for (more, accepted) in [("", 1), ("cells = \"fractions\"", 3), ("cells = \"per cent\"", 1)] {
        let icb = Icb::with_register();
        add_feed(&icb, "shares", layout(more).as_bytes());
        let said = receipt(&icb, "shares", "shares.csv", csv);
        assert!(counts(&said).contains(&format!("{accepted} accepted")), "{more}: {said}");
    }
    let icb = Icb::new();
    add_feed(&icb, "shares", layout("cells = \"fractions\"").replace("maximum = 100", "").as_bytes());
    assert!(checked(&icb).contains("not known to hold any"), "{}", checked(&icb));
}

#[test]
fn values_may_hold_the_separator_and_separators_several_characters() {
    let layout = |separator: &str| {
        format!(
            "title = \"Rooms\"\nowner = \"Analyst\"\ncadence = \"yearly\"\ncounts = \"every\"\n\n\
             [[layout]]\ntable = \"rooms\"\nothers = \"ignore\"\n\n\
             [[layout.column]]\nname = \"practice\"\ntitle = \"Practice code\"\ntype = \"practice\"\nrequired = true\n\n\
             [[layout.column]]\nname = \"themes\"\ntitle = \"Themes\"\ntype = \"choices\"\n\
             values = [\"Rooms, heating and lifts\", \"Staff\"]\nseparator = \"{separator}\"\n"
        )
    };
    let icb = Icb::with_register();
    add_feed(&icb, "rooms", layout(",").as_bytes());
    let csv = "Practice code,Themes\nX90001,\"Staff, Rooms, heating and lifts\"\nX90002,\"Rooms, lifts\"\n";
    let said = receipt(&icb, "rooms", "rooms.csv", csv);
    assert!(!said.contains("Cell B2") && said.contains("Cell B3"), "{said}");
    let told = checked(&icb);
    assert!(told.contains("\"Rooms, heating and lifts\" holds the separator \",\""), "{told}");
    let icb = Icb::with_register();
    add_feed(&icb, "rooms", layout(";#").as_bytes());
    assert!(!checked(&icb).contains("holds the separator"), "{}", checked(&icb));
    let csv = "Practice code,Themes\nX90001,\"Staff;#Rooms, heating and lifts\"\n";
    assert!(receipt(&icb, "rooms", "rooms.csv", csv).contains("Nothing to correct"));
    for (separator, fault) in
        [("", "`separator` is \"\""), (" ", "`separator` is \" \""), ("and", "is a word")]
    {
        let icb = Icb::new();
        add_feed(&icb, "rooms", layout(separator).as_bytes());
        assert!(checked(&icb).contains(fault), "{separator:?}: {}", checked(&icb));
    }
}

#[test]
fn a_file_of_fewer_rows_than_it_has_is_refused() {
    let icb = Icb::with_register();
    icb.edit("feeds/qof.toml", "others  = \"ignore\"", "others  = \"ignore\"\nfewest_rows = 3");
    let csv = "Practice code,Achievement score (%)\nX90001,90\nX90002,91\n";
    let said = receipt(&icb, "qof", "qof-2024-25.csv", csv);
    assert!(said.contains("NOT taken in") && said.contains("at least 3 rows"), "{said}");
    let said = receipt(&icb, "qof", "qof-2024-25b.csv", format!("{csv}X90003,92\n"));
    assert!(said.contains("3 accepted"), "{said}");
}

#[test]
fn the_shipped_pipeline_reads_the_network_report_without_a_header_and_old_achievement() {
    let icb = Icb::with_register();
    let line = |practice: &str, pcn: &str, end: &str| {
        format!(
            "\"{practice}\",\"A PRACTICE\",\"X9A\",\"A PLACE\",\"{pcn}\",\"A NETWORK\",\"X9A\",\"A PLACE\",\"20190701\",\"{end}\",\"TRUE\"\n"
        )
    };
    let csv =
        line("X90001", "U00001", "") + &line("X90002", "U00001", "20240331") + &line("X90003", "U00002", "");
    let said = receipt(&icb, "ods-pcn", "epcncorepartnerdetails.csv", csv);
    assert_eq!(counts(&said), "3 rows read = 3 accepted + 0 quarantined + 0 ignored.", "{said}");
    let header = "\"Region ODS code\",\"Region name\",\"STP ODS code\",\"STP name\",\"CCG ODS code\",\"CCG ONS code\",\
                  \"CCG name\",\"Practice code\",\"Practice name\",\"List size\",\"Achievement score (max. 559)\",\
                  \"QOF points total / 559 available (per cent)\"\n";
    let row = "\"X9\",\"A REGION\",\"QX9\",\"AN STP\",\"X9A\",\"E00000000\",\"A CCG\",\"X90001\",\"A PRACTICE\",\"5000\",\"550.5\",\"98.479\"\n";
    let said = receipt(&icb, "qof", "qof-1718-prac.csv", format!("{header}{row}"));
    assert_eq!(counts(&said), "1 rows read = 1 accepted + 0 quarantined + 0 ignored.", "{said}");
    // Another report of eleven columns is the wrong one.
    let other = "\"X90001\",\"A\",\"X9A\",\"B\",\"20190701\",\"C\",\"X9A\",\"D\",\"\",\"\",\"TRUE\"\n";
    let said = receipt(&icb, "ods-pcn", "another.csv", other);
    assert!(said.contains("NOT taken in"), "{said}");
}

#[test]
fn characters_that_papers_cannot_show_are_told_to_run_receipt_and_operator() {
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-quality", "scripts.xlsx", case("scripts-in-the-pdf", "scripts.xlsx"));
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert!(matches!(code(&output), 0 | 4), "{}", complained(&output));
    let told = complained(&output);
    assert!(
        told.contains("concerns-quality/scripts.xlsx: 7 cells with characters that cannot be printed"),
        "{told}"
    );
    // The night's alerts hold them.
    assert!(told.contains("\u{65f6} (U+65F6)") || told.contains("more cannot be printed"), "{told}");
    let path = icb.data().join("inbox/concerns-quality/scripts.xlsx.receipt.txt");
    let said = fs::read_to_string(path).unwrap();
    for (cell, what) in [
        ("F2", "\u{1f642} (U+1F642) cannot be printed"),
        ("F3", "\u{645} (U+0645)"),
        ("F4", "\u{5019} (U+5019)"),
        ("F6", "(U+0A2A)"),
        ("F8", "(U+1F469)"),
        ("F10", "(U+0939)"),
        ("F11", "(U+FDFA)"),
    ] {
        assert!(said.contains(&format!("Cell {cell}")) && said.contains(what), "{cell}: {said}");
    }
    for cell in ["F5", "F7", "F9"] {
        assert!(
            !said.contains(&format!("Cell {cell}\n")),
            "Greek, Cyrillic and signs can be printed: {said}"
        );
    }
    let operator = icb.data().join("operator");
    let letters: String = crate::support::files(&icb.data())
        .into_iter()
        .filter(|(path, _)| path.to_string_lossy().contains("operator"))
        .map(|(_, bytes)| String::from_utf8_lossy(&bytes).into_owned())
        .collect();
    assert!(letters.contains("characters that papers cannot show"), "{}: {letters}", operator.display());
}
