//! What a person sees in a file is what counts: quotes, formulas, cell formats, merged cells, checksums,
//! encodings and headers, in every format.

use std::fs;
use std::io::{Cursor, Write};

use rust_xlsxwriter::{Format, Formula, Workbook};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::support::{Icb, code, complained};
use crate::workbooks::{ods, ods_row, record, row, sheet, wide, xlsb_cell, xlsb_of, xlsb_row, xlsx_of};

const HEADER: [&str; 5] = ["Practice code", "Date raised", "Severity", "Status", "Reference"];

/// Drops a file in an inbox, takes it in and gives the receipt.
fn receipt(icb: &Icb, feed: &str, name: &str, bytes: impl AsRef<[u8]>) -> String {
    icb.drop_bytes(feed, name, bytes);
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert!(matches!(code(&output), 0 | 4), "{}", complained(&output));
    fs::read_to_string(icb.data().join("inbox").join(feed).join(format!("{name}.receipt.txt"))).unwrap()
}

fn concerns(icb: &Icb, name: &str, bytes: impl AsRef<[u8]>) -> String {
    receipt(icb, "concerns-quality", name, bytes)
}

fn counts(receipt: &str) -> &str {
    receipt.lines().find(|line| line.contains("rows read")).unwrap_or(receipt)
}

fn is_refused(said: &str) -> bool {
    said.contains("NOT taken in") && !said.contains("rows read")
}

/// What the SBAR of a practice says.
fn sbar(icb: &Icb, practice: &str) -> String {
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert!(matches!(code(&output), 0 | 4), "{}", complained(&output));
    let packs = icb.data().join("packs/quarterly-2026-07-14");
    let name = format!("-sbar-{}", practice.to_lowercase());
    let all = crate::support::files(&packs);
    let (_, bytes) = all
        .iter()
        .find(|(path, _)| path.file_name().is_some_and(|n| n.to_string_lossy().contains(&name)))
        .unwrap_or_else(|| panic!("{:?}", all.keys()));
    let document = lopdf::Document::load_mem(bytes).unwrap();
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    document.extract_text(&pages).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_stray_quote_is_refused_with_the_line_where_it_opens() {
    let icb = Icb::with_register();
    let head = "Practice code,Practice name,Date raised,Concern,Severity,Status,Reference\r\n";
    let line = |n: u32, concern: &str, severity: &str| {
        format!("X9000{n},,0{n}/06/2026,{concern},{severity},Open,Q-{n}\r\n")
    };
    let swallowing = [
        head.to_owned(),
        line(1, "Rota gaps", "Moderate"),
        line(2, "\"Rota gaps", "Moderate"),
        line(3, "Rota gaps", "Moderate"),
        line(4, "Unsafe staffing", "Immediate"),
        line(6, "Rota gaps\"", "Moderate"),
        line(7, "Rota gaps", "Moderate"),
    ]
    .concat();
    let said = concerns(&icb, "swallows.csv", &swallowing);
    assert!(
        is_refused(&said) && said.contains("the quote that opens on line 3 closes on line 6 only"),
        "{said}"
    );
    // The same with semicolons, with tabs, and with line feeds only.
    for (name, text) in [
        ("semicolons.csv", swallowing.replace(',', ";")),
        ("tabs.tsv", swallowing.replace(',', "\t")),
        ("feeds.csv", swallowing.replace('\r', "")),
    ] {
        let said = concerns(&icb, name, text);
        assert!(is_refused(&said) && said.contains("opens on line 3"), "{name}: {said}");
    }
    let open =
        [head, &line(1, "Rota gaps", "Low"), &line(2, "\"Rota gaps", "Low"), &line(3, "x", "Low")].concat();
    let said = concerns(&icb, "open.csv", open);
    assert!(is_refused(&said) && said.contains("the quote that opens on line 3 is never closed"), "{said}");
    let after = [head, &line(1, "\"Rota\" gaps", "Low"), &line(2, "x", "Low")].concat();
    let said = concerns(&icb, "after.csv", after);
    assert!(
        is_refused(&said) && said.contains("on line 2 text follows the quote that closes a cell"),
        "{said}"
    );
}

#[test]
fn honest_cells_of_several_lines_are_read_and_counted_against_the_lines() {
    let icb = Icb::with_register();
    let head = "Practice code,Date raised,Concern,Severity,Status,Reference\r\n";
    let comment = "\"Called on 1 June, 2 June and 3 June 2026.\r\n\r\n- no answer, letter sent, copy kept, filed\r\nTo see.\"";
    let rows = format!(
        "X90100,01/06/2026,{comment},Low,Open,Q-1\r\nX90101,02/06/2026,Rota gaps,Low,Open,Q-2\r\n\
         X90102,03/06/2026,\"one \"\"two\"\"\nthree\",Low,Open,Q-3\r\n"
    );
    let said = concerns(&icb, "comments.csv", format!("{head}{rows}"));
    assert_eq!(counts(&said), "3 rows read = 3 accepted + 0 quarantined + 0 ignored.", "{said}");
    assert!(said.contains("the text has 8 lines and 4 rows"), "{said}");
}

#[test]
fn quotes_after_a_comma_and_a_space_are_quotes() {
    let icb = Icb::with_register();
    let text = "\"Practice code\", \"Date raised\", \"Concern\", \"Severity\", \"Status\", \"Reference\"\r\n\
                \"X90100\", \"01/06/2026\", \"Rota gaps, two days\", \"Low\", \"Open\", \"SP-1\"\r\n\
                \"X90101\",  \"02/06/2026\", \"\", \"Low\", \"Open\", \"SP-2\"\r\n";
    let said = concerns(&icb, "spaces.csv", text);
    assert_eq!(counts(&said), "2 rows read = 2 accepted + 0 quarantined + 0 ignored.", "{said}");
    assert!(said.contains("Nothing to correct"), "{said}");
}

#[test]
fn mac_roman_is_read_as_such() {
    let icb = Icb::with_register();
    let mut bytes =
        b"Practice code,Date raised,Date notified,Concern,Severity,Status,Shareable,Reference\r".to_vec();
    bytes.extend(
        b"X90100,01/06/2026,02/06/2026,Caf\x8e rota \xd0 see Zo\x91\xd5s note,Immediate,Open,No,T-1\r",
    );
    let said = concerns(&icb, "mac.csv", &bytes);
    assert_eq!(counts(&said), "1 rows read = 1 accepted + 0 quarantined + 0 ignored.", "{said}");
    assert!(said.contains("was read as Mac Roman"), "{said}");
    let book = quarterday::intake::read::book(&bytes, "mac.csv").unwrap();
    assert_eq!(book.sheets[0].rows[1].1[3].shown(), "Café rota – see Zoë’s note");
}

#[test]
fn columns_that_something_unusual_separates_are_told_by_its_name() {
    let icb = Icb::with_register();
    let text = format!("{}\nX90100|01/07/2026|Low|Open|Q-1\n", HEADER.join("|"));
    let said = concerns(&icb, "pipes.csv", text);
    assert!(is_refused(&said), "{said}");
    assert!(said.contains("the columns are separated by \"|\" (a vertical bar)"), "{said}");
}

/// An xlsx of the dashboard whose scores are the given cells.
fn scores(cells: &[&str]) -> Vec<u8> {
    let mut rows = row(1, "", &["Practice code", "Practice name", "Variation score", "Extract date"]);
    for (number, cell) in (2..).zip(cells) {
        let code = format!("X901{number:02}");
        let text = |letter: &str, text: &str| {
            format!(r#"<c r="{letter}{number}" t="inlineStr"><is><t>{text}</t></is></c>"#)
        };
        let cell = cell.replacen("<c", &format!(r#"<c r="C{number}""#), 1);
        rows += &format!(r#"<row r="{number}">{}{cell}{}</row>"#, text("A", &code), text("D", "30/06/2026"));
    }
    xlsx_of(&sheet(&rows), &[])
}

#[test]
fn formulas_without_a_stored_value_are_told_by_cell_and_never_a_blank() {
    let icb = Icb::with_register();
    let valueless = [
        "<c><f>SUM(E2:H2)</f></c>",
        "<c><f>SUM(E2:H2)</f><v/></c>",
        "<c><f>SUM(E2:H2)</f><v></v></c>",
        r#"<c><f t="shared" ref="C5:C6" si="0">SUM(E2:H2)</f></c>"#,
        r#"<c><f t="shared" si="0"/></c>"#,
        r#"<c><f t="array" ref="C7:C8">E7:E8</f></c>"#,
        "",
        r#"<c t="str"><f>E9</f></c>"#,
    ];
    let said = receipt(&icb, "dashboard", "none.xlsx", scores(&valueless));
    assert_eq!(counts(&said), "8 rows read = 0 accepted + 8 quarantined + 0 ignored.", "{said}");
    assert!(said.contains("the formula has no stored value"), "{said}");
    assert!(said.contains("open the file in Excel, save it and send it again"), "{said}");
    assert!(said.contains("C2, C3, C4, C5, C6, C7, C8 and C9"), "{said}");
    // A stored value counts, 0 too; a formula that shows nothing is blank.
    let valued = [
        "<c><f>SUM(E2:H2)</f><v>12.5</v></c>",
        "<c><f>SUM(E2:H2)</f><v>0</v></c>",
        r#"<c t="str"><f>IF(E4="","",1)</f><v></v></c>"#,
    ];
    let said = receipt(&icb, "dashboard", "all.xlsx", scores(&valued));
    assert_eq!(counts(&said), "3 rows read = 3 accepted + 0 quarantined + 0 ignored.", "{said}");
    let score = |practice: &str| icb.levels()[practice]["variation_score"].parse::<f64>().ok();
    assert_eq!((score("X90102"), score("X90103"), score("X90104")), (Some(12.5), Some(0.0), None));
}

#[test]
fn a_program_that_cannot_calculate_stores_no_zero() {
    let icb = Icb::with_register();
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    page.write_row(0, 0, ["Practice code", "Variation score", "Extract date"]).unwrap();
    page.write_row(1, 0, ["X90100", "", "30/06/2026"]).unwrap();
    page.write_formula(1, 1, "=SUM(E2:H2)").unwrap();
    page.write_row(2, 0, ["X90101", "", "30/06/2026"]).unwrap();
    page.write_formula(2, 1, Formula::new("=SUM(E3:H3)").set_result("7.5")).unwrap();
    let said = receipt(&icb, "dashboard", "written.xlsx", book.save_to_buffer().unwrap());
    assert_eq!(counts(&said), "2 rows read = 1 accepted + 1 quarantined + 0 ignored.", "{said}");
    assert!(said.contains("Cell B2") && said.contains("the formula has no stored value"), "{said}");
    assert_eq!(icb.levels()["X90101"]["variation_score"].parse(), Ok(7.5));
}

#[test]
fn formulas_of_an_ods_without_a_value_are_told_too() {
    let icb = Icb::with_register();
    let cell = |formula: &str| {
        format!(
            "<table:table-row>{}{formula}{}</table:table-row>",
            r#"<table:table-cell office:value-type="string"><text:p>X90100</text:p></table:table-cell>"#,
            r#"<table:table-cell office:value-type="string"><text:p>30/06/2026</text:p></table:table-cell>"#
        )
    };
    let head = ods_row(&["Practice code", "Variation score", "Extract date"]);
    let formula = r#"<table:table-cell table:formula="of:=SUM([.E2:.H2])" "#;
    let said = receipt(&icb, "dashboard", "none.ods", ods(&(head.clone() + &cell(&format!("{formula}/>")))));
    assert_eq!(counts(&said), "1 rows read = 0 accepted + 1 quarantined + 0 ignored.", "{said}");
    assert!(said.contains("Cell B2") && said.contains("the formula has no stored value"), "{said}");
    let valued = format!(r#"{formula} office:value-type="float" office:value="3"/>"#);
    let said = receipt(&icb, "dashboard", "all.ods", ods(&(head + &cell(&valued))));
    assert_eq!(counts(&said), "1 rows read = 1 accepted + 0 quarantined + 0 ignored.", "{said}");
}

const POINTS: &str = "Points achieved/ max. QOF points available (%)";

#[test]
fn a_cell_shown_as_a_per_cent_is_read_as_one_cell_by_cell() {
    let icb = Icb::with_register();
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    page.write_row(0, 0, ["Practice code", POINTS]).unwrap();
    let formats = ["0%", "0.0%", "0.00%", "#,##0.0 %;[Red]-0.0 %", "General", "0.0\\%"];
    let numbers = [0.851, 0.852, 1.0, 0.854, 85.5, 85.6];
    for (at, (format, number)) in (1..).zip(formats.into_iter().zip(numbers)) {
        page.write_string(at, 0, format!("X9010{at}")).unwrap();
        page.write_number_with_format(at, 1, number, &Format::new().set_num_format(format)).unwrap();
    }
    let bytes = book.save_to_buffer().unwrap();
    let read = quarterday::intake::read::book(&bytes, "qof.xlsx").unwrap();
    let shown: Vec<String> = read.sheets[0].rows.iter().skip(1).map(|(_, cells)| cells[1].shown()).collect();
    assert_eq!(shown, ["85.1%", "85.2%", "100%", "85.4%", "85.5", "85.6"]);
    let concern = format!("{}\nX90101,01/07/2026,Immediate,Open,Q-1\n", HEADER.join(","));
    icb.drop_bytes("concerns-quality", "a.csv", concern);
    let said = receipt(&icb, "qof", "qof-practice-2024-25.xlsx", bytes);
    assert_eq!(counts(&said), "6 rows read = 6 accepted + 0 quarantined + 0 ignored.", "{said}");
    assert!(said.contains("4 cells are shown as per cents and were read so (85.1% is 85.1)"), "{said}");
    assert!(said.contains("2 plain numbers beside them were read as written"), "{said}");
    let paper = sbar(&icb, "X90101");
    assert!(paper.contains("85.1%") && !paper.contains("0.9%"), "{paper}");
}

#[test]
fn a_number_that_may_be_a_fraction_or_a_percentage_is_told_by_its_cell() {
    let sheet = |values: &[&str]| {
        let rows = values.iter().enumerate().map(|(row, value)| format!("X901{row:02},{value}\n"));
        format!("Practice code,{POINTS}\n{}", rows.collect::<String>())
    };
    let said =
        |values: &[&str]| receipt(&Icb::with_register(), "qof", "qof-practice-2024-25.csv", sheet(values));
    let mixed = said(&["87", "0.87", "91.2"]);
    assert_eq!(counts(&mixed), "3 rows read = 3 accepted + 0 quarantined + 0 ignored.", "{mixed}");
    assert!(mixed.contains("Cell B3") && mixed.contains("(1 thing, below)"), "{mixed}");
    let doubt = "\"0.87\" could be 0.87% or 87%: the other numbers of the column are about 91.2%";
    assert!(mixed.contains(doubt), "{mixed}");
    let few = said(&["0.85", "0.9"]);
    assert!(few.contains("\"0.85\" could be 0.85% or 85%: nothing in the column says which"), "{few}");
    assert!(few.contains("(2 things, below)"), "{few}");
    let many = said(&["0.85"; 10]);
    assert!(many.contains("are stored as fractions (0.85 for 85%) and were read as percentages"), "{many}");
    assert!(!many.contains("below)"), "{many}");
    let icb = Icb::with_register();
    icb.edit("feeds/qof.toml", "percent = \"hundred\"", "percent = \"hundred\"\ncells = \"fractions\"");
    let declared = receipt(&icb, "qof", "qof-practice-2024-25.csv", sheet(&["0.85", "0.9"]));
    assert!(!declared.contains("below)"), "the layout settles it: {declared}");
}

#[test]
fn per_cents_of_an_ods_are_read_as_shown() {
    let icb = Icb::with_register();
    let percent = |code: &str, kind: &str, value: &str| {
        format!(
            r#"<table:table-row><table:table-cell office:value-type="string"><text:p>{code}</text:p></table:table-cell><table:table-cell office:value-type="{kind}" office:value="{value}"/></table:table-row>"#
        )
    };
    let rows = ods_row(&["Practice code", POINTS])
        + &percent("X90100", "percentage", "0.851")
        + &percent("X90101", "float", "90.5");
    let bytes = ods(&rows);
    let book = quarterday::intake::read::book(&bytes, "qof.ods").unwrap();
    let shown: Vec<String> = book.sheets[0].rows.iter().skip(1).map(|(_, cells)| cells[1].shown()).collect();
    assert_eq!(shown, ["85.1%", "90.5"]);
    let said = receipt(&icb, "qof", "qof-practice-2024-25.ods", bytes);
    assert_eq!(counts(&said), "2 rows read = 2 accepted + 0 quarantined + 0 ignored.", "{said}");
    assert!(said.contains("Cell B2") && said.contains("the cell is shown as a per cent"), "{said}");
}

/// A row of an ods: a code with attributes, and the rest of a concern.
fn ods_concern(code: &str, reference: &str) -> String {
    let rest = ods_row(&["01/07/2026", "Low", "Open", reference]);
    rest.replacen("<table:table-row>", &format!("<table:table-row>{code}"), 1)
}

#[test]
fn merged_cells_count_alike_in_ods() {
    let icb = Icb::with_register();
    let merged = r#"<table:table-cell office:value-type="string" table:number-rows-spanned="2" table:number-columns-spanned="1"><text:p>X90100</text:p></table:table-cell>"#;
    let covered = "<table:covered-table-cell/>";
    let plain = r#"<table:table-cell office:value-type="string"><text:p>X90101</text:p></table:table-cell>"#;
    let rows = ods_row(&HEADER)
        + &ods_concern(merged, "Q-1")
        + &ods_concern(covered, "Q-2")
        + &ods_concern(plain, "Q-3");
    let said = concerns(&icb, "merged.ods", ods(&rows));
    assert_eq!(counts(&said), "3 rows read = 3 accepted + 0 quarantined + 0 ignored.", "{said}");
    assert!(
        said.contains("Cell A3 (Practice code)") && said.contains("merged with A2 and read with its value"),
        "{said}"
    );
}

#[test]
fn what_a_merged_cell_hides_is_told_and_does_not_count() {
    let icb = Icb::with_register();
    let hidden = r#"<table:covered-table-cell office:value-type="string"><text:p>X90144</text:p></table:covered-table-cell>"#;
    let merged = r#"<table:table-cell office:value-type="string" table:number-rows-spanned="2" table:number-columns-spanned="1"><text:p>X90100</text:p></table:table-cell>"#;
    let rows = ods_row(&HEADER) + &ods_concern(merged, "Q-1") + &ods_concern(hidden, "Q-2");
    let told = |said: &str, name: &str| {
        assert_eq!(counts(said), "2 rows read = 2 accepted + 0 quarantined + 0 ignored.", "{name}: {said}");
        assert!(said.contains("Cell A3 (Practice code)"), "{name}: {said}");
        assert!(
            said.contains("a merged cell hides what stands here, so it does not count"),
            "{name}: {said}"
        );
        assert!(said.contains("merged with A2 and read with its value"), "{name}: {said}");
        assert!(!said.contains("X90144"), "{name}: {said}");
    };
    told(&concerns(&icb, "hidden.ods", ods(&rows)), "ods");
    let rows = row(1, "", &HEADER)
        + &row(2, "", &["X90101", "01/07/2026", "Low", "Open", "Q-3"])
        + &row(3, "", &["X90144", "01/07/2026", "Low", "Open", "Q-4"]);
    let merged = sheet(&rows).replace(
        "</sheetData>",
        r#"</sheetData><mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>"#,
    );
    told(&concerns(&icb, "hidden.xlsx", xlsx_of(&merged, &[])), "xlsx");
}

#[test]
fn hidden_rows_of_an_ods_are_told() {
    let icb = Icb::with_register();
    let hidden = ods_row(&["X90101", "01/07/2026", "Low", "Open", "Q-2"])
        .replace("<table:table-row>", r#"<table:table-row table:visibility="filter">"#);
    let empty = r#"<table:table-row table:visibility="collapse" table:number-rows-repeated="900000"><table:table-cell/></table:table-row>"#;
    let rows = ods_row(&HEADER) + &ods_row(&["X90100", "01/07/2026", "Low", "Open", "Q-1"]) + &hidden + empty;
    let said = concerns(&icb, "hidden.ods", ods(&rows));
    assert_eq!(counts(&said), "2 rows read = 2 accepted + 0 quarantined + 0 ignored.", "{said}");
    assert!(said.contains("1 row of the sheet is hidden and was read like the others"), "{said}");
}

/// An archive of the parts of another, packed as told; a digit of one part is altered behind its checksum.
fn repacked(workbook: &[u8], alter: Option<(&str, &str, &str)>, method: CompressionMethod) -> Vec<u8> {
    let mut from = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut to = ZipWriter::new(Cursor::new(Vec::new()));
    let mut altered = Vec::new();
    for index in 0..from.len() {
        let mut part = from.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        std::io::copy(&mut part, &mut bytes).unwrap();
        if let Some((_, was, _)) = alter.filter(|(of, _, _)| *of == name) {
            assert!(String::from_utf8_lossy(&bytes).contains(was), "{name}");
        }
        to.start_file(&*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        to.write_all(&bytes).unwrap();
        altered.push(name);
    }
    let mut bytes = to.finish().unwrap().into_inner();
    if let Some((_, was, is)) = alter {
        let place = bytes.windows(was.len()).position(|w| w == was.as_bytes()).expect("it is stored");
        bytes.splice(place..place + was.len(), is.bytes());
    }
    bytes
}

#[test]
fn a_part_whose_checksum_does_not_fit_is_refused_by_its_name() {
    let icb = Icb::with_register();
    let good = scores(&["<c><v>6.3</v></c>"]);
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let said = receipt(&icb, "dashboard", &format!("good {method}.xlsx"), repacked(&good, None, method));
        assert!(said.contains("1 accepted"), "{method}: {said}");
    }
    let part = "xl/worksheets/sheet1.xml";
    let bad = repacked(&good, Some((part, "<v>6.3</v>", "<v>7.3</v>")), CompressionMethod::Stored);
    let said = receipt(&icb, "dashboard", "bad.xlsx", bad);
    assert!(is_refused(&said) && said.contains(part) && said.contains("checksum"), "{said}");
    let rows = ods_row(&HEADER) + &ods_row(&["X90100", "01/07/2026", "Low", "Open", "Q-1"]);
    let bad = repacked(&ods(&rows), Some(("content.xml", ">Low<", ">Mow<")), CompressionMethod::Stored);
    let said = concerns(&icb, "bad.ods", bad);
    assert!(is_refused(&said) && said.contains("content.xml") && said.contains("checksum"), "{said}");
}

#[test]
fn headers_with_hints_are_refused_with_what_they_may_mean() {
    let icb = Icb::with_register();
    let header = ["Practice code *", "Date raised* (dd/mm/yyyy)", "Severity *", "Status *", "Reference no."];
    let rows = row(1, "", &header) + &row(2, "", &["X90100", "01/07/2026", "Low", "Open", "Q-1"]);
    let said = concerns(&icb, "stars.xlsx", xlsx_of(&sheet(&rows), &[]));
    assert!(is_refused(&said), "{said}");
    for told in [
        "missing: \"Date raised\"; did you mean \"Date raised* (dd/mm/yyyy)\" in column B?",
        "missing: \"Reference\"; did you mean \"Reference no.\" in column E?",
    ] {
        assert!(said.contains(told), "{said}");
    }
    // All of them at once.
    let header = [
        "Practice code (ODS)",
        "Date the concern was raised [dd/mm/yyyy]",
        "Severity (choose)",
        "Status - current",
        "Our reference number",
    ];
    let text = format!("{}\nX90100,01/07/2026,Low,Open,Q-1\n", header.join(","));
    let said = concerns(&icb, "hints.csv", text);
    assert!(is_refused(&said), "{said}");
    for (name, letter) in header.iter().zip('A'..) {
        assert!(said.contains(&format!("did you mean \"{name}\" in column {letter}?")), "{name}: {said}");
    }
}

#[test]
fn an_untyped_cell_of_an_ods_is_no_empty_one() {
    let icb = Icb::with_register();
    let content = ods_row(&HEADER)
        + &ods_row(&["X90100", "01/07/2026", "Low", "Open", "Q-1"])
            .replace(r#" office:value-type="string""#, "");
    let said = concerns(&icb, "untyped.ods", ods(&content));
    assert_eq!(counts(&said), "1 rows read = 1 accepted + 0 quarantined + 0 ignored.", "{said}");
}

/// The cells of the second column of a book, as a person sees them.
fn second_column(bytes: &[u8], name: &str) -> Vec<String> {
    let book = quarterday::intake::read::book(bytes, name).unwrap();
    book.sheets[0].rows.iter().skip(1).map(|(_, cells)| cells[1].shown()).collect()
}

#[test]
fn an_xlsb_says_what_is_seen_in_it() {
    let icb = Icb::with_register();
    let mut cells = Vec::new();
    let text =
        |cells: &mut Vec<u8>, column: u32, text: &str| xlsb_cell(cells, 0x0006, column, 0, &wide(text));
    xlsb_row(&mut cells, 0, 0);
    text(&mut cells, 0, "Practice code");
    text(&mut cells, 1, POINTS);
    // A number, a number in the short form, a formula, a plain number; the fourth row is hidden.
    let short = ((8520_u32 << 2) | 3) ^ 1;
    let rows: [(u16, u8, Vec<u8>); 5] = [
        (0x0005, 1, 0.851_f64.to_le_bytes().to_vec()),
        (0x0002, 1, (0.5_f64.to_bits() >> 32).to_le_bytes()[..4].to_vec()),
        (0x0009, 2, [&0.853_f64.to_le_bytes()[..], &[0; 6]].concat()),
        (0x0002, 0, short.to_le_bytes().to_vec()),
        (0x000B, 0, vec![0x2A, 0, 0, 0, 0, 0, 0]),
    ];
    for (number, (kind, style, value)) in (1_u32..).zip(rows) {
        xlsb_row(&mut cells, number, if number == 4 { 0x10 } else { 0 });
        if number != 2 {
            text(&mut cells, 0, &format!("X9010{number}"));
        }
        xlsb_cell(&mut cells, kind, 1, style, &value);
    }
    let mut merged = Vec::new();
    record(&mut merged, 0x00B1, &1_u32.to_le_bytes());
    record(&mut merged, 0x00B0, &[1_u32, 2, 0, 0].map(u32::to_le_bytes).concat());
    let bytes = xlsb_of(&cells, &merged, &["0.0%", "[Red]0%"]);
    assert_eq!(second_column(&bytes, "qof.xlsb"), ["85.1%", "50%", "85.3%", "8520", "#N/A"]);
    let said = receipt(&icb, "qof", "qof-practice-2024-25.xlsb", bytes);
    assert!(said.contains("merged with A2 and read with its value"), "{said}");
    assert!(said.contains("1 row of the sheet is hidden"), "{said}");
    assert!(said.contains("Cell B6") && said.contains("the spreadsheet error #N/A"), "{said}");
}

/// A workbook of Excel 97 that a program wrote which cannot calculate: per cents, formulas, merged and hidden rows.
const XLS: &[u8] = include_bytes!("cases/formats.xls");

#[test]
fn an_xls_says_what_is_seen_in_it() {
    let icb = Icb::with_register();
    let shown = second_column(XLS, "qof.xls");
    let formula = "(formula without a value)";
    assert_eq!(shown, ["85.1%", "100%", "85.5", "0%", "12.3456%", formula, formula]);
    let said = receipt(&icb, "qof", "qof-practice-2024-25.xls", XLS);
    assert!(said.contains("4 cells are shown as per cents"), "{said}");
    assert!(said.contains("the formula has no stored value"), "{said}");
    assert!(said.contains("1 row of the sheet is hidden"), "{said}");
    let merged =
        said.contains("Cell A4 (Practice code)") && said.contains("merged with A3 and read with its value");
    assert!(merged, "{said}");
}
