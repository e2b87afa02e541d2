//! Broken and hostile files: the run goes on, each is answered and kept, and what counted goes on counting.

use std::fs;

use quarterday::intake::read::Reader;
use quarterday::pipeline::Limits;
use zip::CompressionMethod;

use crate::support::{Icb, code, complained, repository};
use crate::workbooks::{archive, ods, ods_of, ods_row, row, sheet, xlsx_of};

const HEADER: [&str; 5] = ["Practice code", "Date raised", "Severity", "Status", "Reference"];
const GOOD: [&str; 5] = ["X90100", "01/07/2026", "Serious", "Open", "Q-1"];

/// Small limits, so that a test does not wait for large ones.
fn limits() -> Limits {
    Limits { memory_megabytes: 1024, seconds: 2, unpacked_megabytes: 64, cells: 3_000_000 }
}

/// Reads a file as the program does: in a process of its own.
fn told(bytes: &[u8], name: &str) -> Result<String, (String, String)> {
    let reader = Reader::apart(limits(), env!("CARGO_BIN_EXE_quarterday"));
    let read = reader.book(bytes, name).expect("the program starts");
    read.map(|book| format!("{} sheets, {:?}", book.sheets.len(), book.notes))
        .map_err(|fault| (fault.code.id().to_owned(), fault.message))
}

/// Files that must be refused: their name, their bytes, and what is said of them.
fn refused() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let head = row(1, "", &HEADER);
    let good = xlsx_of(&sheet(&(head.clone() + &row(2, "", &GOOD))), &[]);
    let strings = br#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" uniqueCount="9999999991"><si><t>a</t></si></sst>"#;
    let bomb = row(3, "", &["boom"; 20]).repeat(60_000);
    let wide: String =
        (2..300).map(|n| format!(r#"<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>"#)).collect();
    let laughs = format!(
        r#"<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">{}]><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&z9;</t></is></c></row></sheetData></worksheet>"#,
        (0..10).map(|n| format!(r#"<!ENTITY z{n} "{}">"#, "&a;".repeat(10))).collect::<String>()
    );
    let cell = r#"<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>"#;
    let tall = ods(&format!(
        r#"{}<table:table-row table:number-rows-repeated="1000000">{}</table:table-row>"#,
        ods_row(&HEADER),
        cell.repeat(60)
    ));
    let unending = String::from_utf8(ods_content()).unwrap().replace("</table:table>", "</tabl?:table>");
    let xls = fs::read(repository().join(XLS)).unwrap();
    let mut torn = xls.clone();
    for byte in torn.iter_mut().skip(600).step_by(97) {
        *byte ^= 0x5a;
    }
    let pages = [("word/document.xml", &b"<w/>"[..]), ("[Content_Types].xml", b"<Types/>")];
    vec![
        ("half.xlsx", good[..good.len() / 2].to_vec(), "cut short or damaged"),
        ("end.xlsx", good[good.len() / 2..].to_vec(), "neither a workbook nor text"),
        ("junk.xlsx", [b"PK\x03\x04".to_vec(), vec![7; 4000]].concat(), "cut short or damaged"),
        (
            "strings.xlsx",
            xlsx_of(&sheet(&head), &[("xl/sharedStrings.xml", strings)]),
            "more texts than it has room",
        ),
        ("bomb.xlsx", xlsx_of(&sheet(&bomb), &[]), "megabytes, and 64 are allowed"),
        ("wide.xlsx", xlsx_of(&sheet(&(head.clone() + &wide)), &[]), "more cells than a sheet of this kind"),
        ("laughs.xlsx", xlsx_of(&laughs, &[]), "damaged"),
        ("tall.ods", tall, "more than the 1024 megabytes of memory"),
        ("unending.ods", ods_of(&unending), "could not be read within 2 seconds"),
        ("half.xls", xls[..xls.len() / 2].to_vec(), "damaged"),
        ("torn.xls", torn, "damaged"),
        ("letter.xlsx", archive(&pages, CompressionMethod::Stored), "a Word document"),
        (
            "rows.xlsx",
            archive(&[("rows.csv", b"a,b\n")], CompressionMethod::Stored),
            "a zip archive and not a workbook",
        ),
        (
            "export.xls",
            b"<?xml version=\"1.0\"?>\n<?mso-application progid=\"Excel.Sheet\"?>\n<Workbook/>".to_vec(),
            "SpreadsheetML",
        ),
        ("paper.csv", b"%PDF-1.7\n...".to_vec(), "a PDF document"),
    ]
}

const XLS: &str =
    "fixtures/steps/1-quarterly-2026-07-14/inbox/concerns-infection-prevention/IPC log July 2026.xls";

fn ods_content() -> Vec<u8> {
    let bytes = ods(&(ods_row(&HEADER) + &ods_row(&GOOD)));
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut content = Vec::new();
    std::io::copy(&mut zip.by_name("content.xml").unwrap(), &mut content).unwrap();
    content
}

#[test]
fn hostile_files_never_stop_a_run_and_each_is_answered() {
    let icb = Icb::with_register();
    let settings =
        "\n[reading]\nmemory_megabytes = 1024\nseconds = 2\nunpacked_megabytes = 64\ncells = 3_000_000\n";
    let path = icb.pipeline("pipeline.toml");
    fs::write(&path, fs::read_to_string(&path).unwrap() + settings).unwrap();
    let csv = format!("{}\n{}\n", HEADER.join(","), GOOD.join(","));
    icb.drop_bytes("concerns-quality", "0 good.csv", csv);
    icb.report("nightly", "2026-07-13");
    let files = refused();
    for (name, bytes, _) in &files {
        icb.drop_bytes("concerns-quality", name, bytes);
    }
    let output = icb.run("nightly", "2026-07-14", &["--json"]);
    assert_eq!(code(&output), 4, "{}", complained(&output));
    let inbox = icb.data().join("inbox/concerns-quality");
    for (name, bytes, said) in &files {
        let receipt = fs::read_to_string(inbox.join(format!("{name}.receipt.txt"))).unwrap();
        assert!(receipt.contains("NOT taken in"), "{name}: {receipt}");
        assert!(receipt.contains(said), "{name}: {receipt}");
        assert!(
            receipt.contains("0 good.csv received on 13 July 2026 goes on counting"),
            "{name}: {receipt}"
        );
        let hash = quarterday::sha256(bytes);
        assert_eq!(
            &fs::read(icb.data().join("store").join(&hash[..2]).join(&hash)).unwrap(),
            bytes,
            "{name}"
        );
    }
    assert_eq!(icb.levels()["X90100"]["level"], "4");
}

#[test]
fn what_only_looks_hostile_is_read() {
    // One cell in the farthest corner, and cells without content up to it.
    let corner = row(1, "", &HEADER)
        + &row(2, "", &GOOD)
        + r#"<row r="3"><c r="XFC3" s="0"/></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#;
    assert_eq!(told(&xlsx_of(&sheet(&corner), &[]), "a.xlsx"), Ok("1 sheets, []".into()));
    // LibreOffice fills sheets up with empty rows and columns, repeated.
    let empty = r#"<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>"#;
    let filled = ods(&(ods_row(&HEADER) + &ods_row(&GOOD) + empty));
    assert_eq!(told(&filled, "a.ods"), Ok("1 sheets, []".into()));
    // Nesting that would exhaust the stack of a reader that recurses.
    let deep = format!("{}{}{}", "<x>".repeat(300_000), "</x>".repeat(300_000), row(1, "", &HEADER));
    match told(&xlsx_of(&sheet(&deep), &[]), "a.xlsx") {
        Ok(_) => {}
        Err((code, message)) => assert_eq!(code, "unreadable-file", "{message}"),
    }
}

#[test]
fn a_reader_that_cannot_be_started_is_no_fault_of_the_file() {
    let reader = Reader::apart(limits(), "/nowhere/quarterday");
    assert!(reader.book(&xlsx_of(&sheet(""), &[]), "a.xlsx").is_err());
    // A program that is started and says something else.
    let reader = Reader::apart(limits(), "/bin/false");
    if cfg!(unix) {
        let read = reader.book(&xlsx_of(&sheet(""), &[]), "a.xlsx").unwrap();
        assert_eq!(read.unwrap_err().code.id(), "unreadable-file");
    }
}

#[test]
fn apart_and_here_read_the_same() {
    let (apart, here) =
        (Reader::apart(Limits::default(), env!("CARGO_BIN_EXE_quarterday")), Reader::here(Limits::default()));
    let mut read = 0;
    for (path, bytes) in crate::support::files(&repository().join("fixtures/steps")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".xlsx") || name.ends_with(".ods") || name.ends_with(".xls") {
            assert_eq!(apart.book(&bytes, &name).unwrap(), here.book(&bytes, &name).unwrap(), "{name}");
            read += 1;
        }
    }
    assert!(read >= 10, "{read}");
}

#[test]
fn a_file_whose_reading_was_stopped_is_not_read_again_until_the_limits_are_others() {
    let icb = Icb::with_register();
    let path = icb.pipeline("pipeline.toml");
    let settings = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{settings}\n[reading]\nseconds = 1\n")).unwrap();
    let unending = String::from_utf8(ods_content()).unwrap().replace("</table:table>", "</tabl?:table>");
    icb.drop_bytes("concerns-quality", "unending.ods", ods_of(&unending));
    assert_eq!(code(&icb.take_in("2026-07-13")), 4);
    let receipt = || {
        let beside = icb.data().join("inbox/concerns-quality/unending.ods.receipt.txt");
        fs::read_to_string(beside).unwrap()
    };
    assert!(receipt().contains("within 1 second:"), "{}", receipt());
    // What the ledger says is told from now on: nobody looks at the file again.
    let ledger = rusqlite::Connection::open(icb.data().join("ledger.sqlite")).unwrap();
    let kept = ledger.execute("UPDATE failed_reading SET message = 'it was tried once'", []).unwrap();
    assert_eq!(kept, 1);
    icb.report("nightly", "2026-07-14");
    assert!(receipt().to_lowercase().contains("it was tried once"), "{}", receipt());
    fs::write(&path, format!("{settings}\n[reading]\nseconds = 2\n")).unwrap();
    icb.report("nightly", "2026-07-15");
    assert!(receipt().contains("within 2 seconds"), "{}", receipt());
}
