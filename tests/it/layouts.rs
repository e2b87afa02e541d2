//! What a layout can say of a sheet: the separator of its text, values made of several cells, rows that are
//! struck out; and rows that are no rows of data.

use std::fs;

use proptest::prelude::*;
use rust_xlsxwriter::{Format, Workbook};

use crate::support::{Icb, code, complained, quarterday, said, text};

const LAYOUT: &str = "layouts/concerns.toml";
const DASHBOARD: &str = "feeds/dashboard.toml";
const HEADER: [&str; 5] = ["Practice code", "Date raised", "Severity", "Status", "Reference"];

/// Drops a file on top of the register, takes it in and gives its receipt.
fn receipt(icb: &Icb, feed: &str, name: &str, bytes: impl AsRef<[u8]>) -> String {
    icb.drop_bytes(feed, name, bytes);
    let output = icb.take_in("2026-07-14");
    assert!(matches!(code(&output), 0 | 4), "{}", complained(&output));
    let path = icb.data().join("inbox").join(feed).join(format!("{name}.receipt.txt"));
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn counts(receipt: &str) -> &str {
    receipt.lines().find(|line| line.contains("rows read")).unwrap_or(receipt)
}

fn checked(icb: &Icb) -> String {
    let output = quarterday(&["check", "--pipeline", text(&icb.pipeline(""))]);
    said(&output) + &complained(&output)
}

/// Concerns with one character between the columns.
fn concerns(separator: &str) -> String {
    let row = ["X90100", "01/07/2026", "Low", "Open", "Q-1"];
    format!("{}\n{}\n", HEADER.join(separator), row.join(separator))
}

#[test]
fn a_layout_may_name_the_separator_of_its_text_files() {
    let icb = Icb::with_register();
    let said = receipt(&icb, "concerns-quality", "bars.csv", concerns("|"));
    assert!(said.contains("NOT taken in") && said.contains("`separator = \"|\"` in the layout"), "{said}");
    for separator in ["|", "¦", "!"] {
        let icb = Icb::with_register();
        let key = format!("date_order = \"dmy\"\nseparator = \"{separator}\"");
        icb.edit(LAYOUT, "date_order = \"dmy\"", &key);
        for (name, text) in [("named.csv", concerns(separator)), ("commas.csv", concerns(","))] {
            let said = receipt(&icb, "concerns-quality", name, text);
            assert!(
                counts(&said).contains("= 1 accepted") || said.contains("already have"),
                "{separator}: {said}"
            );
        }
    }
    for (nonsense, why) in [
        ("", "it takes a text"),
        ("||", "longer than one character"),
        ("\\\"", "has another meaning"),
        ("\\n", "it takes a text"),
        ("a", "stands within the cells"),
        (" ", "it takes a text"),
        ("\\u0001", "stands in no text file"),
    ] {
        let icb = Icb::with_register();
        icb.edit(
            LAYOUT,
            "date_order = \"dmy\"",
            &format!("date_order = \"dmy\"\nseparator = \"{nonsense}\""),
        );
        assert!(checked(&icb).contains(why), "{nonsense:?}: {}", checked(&icb));
    }
}

/// The dashboard's score as a ratio of two other columns, or as their sum.
fn made(icb: &Icb, made: &str) {
    let part = |name: &str, title: &str| {
        format!("[[layout.column]]\nname = \"{name}\"\ntitle = \"{title}\"\ntype = \"number\"\n\n")
    };
    let parts = part("above", "Reviewed") + &part("below", "Registered");
    icb.edit(
        DASHBOARD,
        "[[layout.column]]\nname    = \"score\"",
        &format!("{parts}[[layout.column]]\nname    = \"score\"\n{made}"),
    );
}

const PARTS: &str = "Practice code,Reviewed,Registered,Extract date\nX90001,10,4,30/06/2026\nX90002,,4,30/06/2026\n\
                     X90003,3,0,30/06/2026\nX90004,3,lots,30/06/2026\nX90005,-,-,30/06/2026\n";

#[test]
fn a_value_made_of_two_columns_names_both_cells_and_is_never_made_of_nothing() {
    for (key, value) in [("ratio = [\"above\", \"below\"]", "2.5"), ("sum = [\"above\", \"below\"]", "14")] {
        let icb = Icb::with_register();
        made(&icb, key);
        assert!(checked(&icb).contains("0 errors"), "{}", checked(&icb));
        let told = receipt(&icb, "dashboard", "parts.csv", PARTS);
        let zero = key.starts_with("ratio");
        let wanted = if zero { "5 rows read = 1 accepted + 4" } else { "5 rows read = 2 accepted + 3" };
        assert!(counts(&told).starts_with(wanted), "{told}");
        for wanted in ["B3 is empty", "C5 gives no number", "B6 gives no number"] {
            assert!(told.contains(wanted), "{wanted}: {told}");
        }
        assert_eq!(told.contains("C4 is 0, and nothing can be divided by it"), zero, "{told}");
        let output = icb.run("nightly", "2026-07-14", &[]);
        assert!(matches!(code(&output), 0 | 4), "{}", complained(&output));
        let output = quarterday(&["explain", "X90001", "--data", text(&icb.data())]);
        let told = said(&output);
        assert!(told.contains(value) && told.contains("B2 and C2"), "{told}");
    }
}

#[test]
fn what_a_column_cannot_be_made_of_is_an_error_of_the_layout() {
    for (key, why) in [
        ("ratio = [\"above\"]", "`ratio` takes two columns"),
        ("sum = [\"above\"]", "`sum` takes two columns or more"),
        ("ratio = [\"above\", \"below\"]\nsum = [\"above\", \"below\"]", "say twice"),
        ("ratio = [\"above\", \"belov\"]", "there is no such column"),
        ("ratio = [\"above\", \"practice\"]", "which is no number"),
        ("ratio = [\"above\", \"score\"]", "made of others itself"),
        ("sum = [\"above\", \"above\"]", "twice"),
        ("letter = \"C\"\nsum = [\"above\", \"below\"]", "stands nowhere in the sheet"),
    ] {
        let icb = Icb::with_register();
        made(&icb, key);
        assert!(checked(&icb).contains(why), "{key}: {}", checked(&icb));
    }
}

/// A workbook of concerns whose second row is struck out, and whose third is in part.
fn struck() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let line = Format::new().set_font_strikethrough();
    for (column, title) in (0..).zip(HEADER) {
        sheet.write(0, column, title).unwrap();
    }
    for row in 1..4_u32 {
        let reference = format!("Q-{row}");
        for (column, cell) in (0..).zip(["X90100", "01/07/2026", "Low", "Open", &reference]) {
            match row == 2 || (row == 3 && column == 0) {
                true => sheet.write_with_format(row, column, cell, &line).unwrap(),
                false => sheet.write(row, column, cell).unwrap(),
            };
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn rows_that_are_struck_out_are_told_and_ignored_where_the_layout_says_so() {
    let icb = Icb::with_register();
    let told = receipt(&icb, "concerns-quality", "july.xlsx", struck());
    assert!(counts(&told).starts_with("3 rows read = 3 accepted"), "{told}");
    assert!(told.contains("1 row is struck out and read like the others"), "{told}");
    let icb = Icb::with_register();
    icb.edit(LAYOUT, "date_order = \"dmy\"", "date_order = \"dmy\"\nstruck = \"ignore\"");
    let told = receipt(&icb, "concerns-quality", "july.xlsx", struck());
    assert_eq!(counts(&told), "3 rows read = 2 accepted + 0 quarantined + 1 ignored.", "{told}");
    assert!(told.contains("1 row is struck out and passed over"), "{told}");
    let icb = Icb::with_register();
    icb.edit(LAYOUT, "date_order = \"dmy\"", "date_order = \"dmy\"\nstruck = \"perhaps\"");
    assert!(checked(&icb).contains("struck"), "{}", checked(&icb));
}

#[test]
fn a_total_or_a_hint_is_one_line_of_the_receipt() {
    let hint = "code of the practice,dd/mm/yyyy,choose one,choose one,your own number";
    let row = "X90100,01/07/2026,Low,Open,Q-1";
    let header = HEADER.join(",");
    let icb = Icb::with_register();
    let sheet = format!("{header}\n{hint}\n{row}\nAll concerns,,,,123\n,Count,1,,\n");
    let told = receipt(&icb, "concerns-quality", "hints.csv", sheet);
    assert_eq!(counts(&told), "4 rows read = 1 accepted + 1 quarantined + 2 ignored.", "{told}");
    assert_eq!(told.matches("an example or a hint?").count(), 1, "{told}");
    assert!(told.contains("taken for a total"), "{told}");
    assert!(!told.contains("dd/mm/yyyy\""), "no cell of it is told by itself: {told}");
    // So is one of which some cells read as a row's would; a code like a practice's makes a row of it, unless
    // several cells show how they are filled in. A list of severities is no severity that cannot wait.
    for (code, severity, things) in [
        ("e.g. X90001", "Low / Moderate / Serious / Immediate", 1),
        ("X90999", "Low / Moderate / Serious / Immediate", 1),
        ("e.g. X90001", "Low", 1),
        ("X90999", "Low", 2),
    ] {
        let icb = Icb::with_register();
        let hint = format!("{code},dd/mm/yyyy,{severity},Open,unique");
        let told = receipt(&icb, "concerns-quality", "hints.csv", format!("{header}\n{hint}\n{row}\n"));
        assert_eq!(counts(&told), "2 rows read = 1 accepted + 1 quarantined + 0 ignored.", "{told}");
        let things = if things == 1 { "(1 thing, below)" } else { "(2 things, below)" };
        assert!(told.contains(things), "{told}");
        assert!(!told.contains("CANNOT WAIT"), "{told}");
    }
    // Above a practice, and with a practice's code, a row is a row.
    let icb = Icb::with_register();
    let told =
        receipt(&icb, "concerns-quality", "rows.csv", format!("{header}\nX90101,,,,7\nAll,,,,123\n{row}\n"));
    assert_eq!(counts(&told), "3 rows read = 1 accepted + 2 quarantined + 0 ignored.", "{told}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_key_of_a_layout_makes_check_panic(
        separator in "\\PC{0,3}", first in "[a-z]{0,6}|above|below|score", second in "[a-z]{0,6}|above|score",
    ) {
        let icb = Icb::new();
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        icb.edit(LAYOUT, "date_order = \"dmy\"", &format!("date_order = \"dmy\"\nseparator = {}", quoted(&separator)));
        made(&icb, &format!("ratio = [{}, {}]", quoted(&first), quoted(&second)));
        let output = quarterday(&["check", "--pipeline", text(&icb.pipeline(""))]);
        prop_assert!(matches!(code(&output), 0 | 3), "{}", complained(&output));
    }
}
