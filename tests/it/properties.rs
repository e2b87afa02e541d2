//! What holds for any input: rows read = accepted + quarantined + ignored, and no panic.

use chrono::NaiveDate;
use proptest::prelude::*;
use quarterday::intake::read::{Book, Reader};
use quarterday::intake::{self, Lookup, Practices, Release};
use quarterday::pipeline::{Folder, Limits, Pipeline, load};
use zip::CompressionMethod;

use crate::support::repository;
use crate::workbooks::archive;

fn pipeline() -> &'static Pipeline {
    static PIPELINE: std::sync::OnceLock<Pipeline> = std::sync::OnceLock::new();
    PIPELINE.get_or_init(|| {
        let folder = Folder::read(&repository().join("pipelines/lancashire-south-cumbria")).unwrap();
        load(&folder).pipeline.unwrap()
    })
}

/// A register that knows codes by their last digit.
struct ByDigit;

impl Practices for ByDigit {
    fn look_up(&self, code: &str) -> Lookup {
        match code.chars().last() {
            Some('1') => Lookup::Unknown,
            Some('2') => Lookup::Closed("has closed without a successor".into()),
            Some('3') => Lookup::Other("another organisation".into()),
            Some('4') => Lookup::Succeeded { to: "X90000".into(), via: Vec::new() },
            Some('5') => Lookup::OutOfScope("a practice without a registered list".into()),
            Some('6') => Lookup::NotAPractice("not a GP practice".into()),
            _ => Lookup::InScope,
        }
    }

    fn likely(&self, _: Option<&str>, _: Option<&str>) -> Option<String> {
        None
    }

    fn unlisted_slip(&self, _: &str, _: &str) -> Option<(String, String)> {
        None
    }

    fn slip_of(&self, written: &str, _: Option<&str>) -> Option<(String, String)> {
        written.ends_with("01").then(|| ("X90000".to_owned(), "X90000 \"A\"".to_owned()))
    }

    fn disagrees(&self, _: &str, _: &str) -> Option<String> {
        None
    }
}

/// Reads and settles a file as every feed would; every row must be accounted for.
fn accounted_for(bytes: &[u8], name: &str) {
    if let Ok(book) = intake::read::book(bytes, name) {
        book_accounted_for(&book, name);
    }
}

fn book_accounted_for(book: &Book, name: &str) {
    let received = NaiveDate::from_ymd_opt(2026, 7, 14).unwrap();
    for feed in &pipeline().feeds {
        let Ok(reading) = intake::take(book, feed, name, received) else { continue };
        let settled = intake::settle(&reading, feed, received, &ByDigit);
        let counts = settled.counts;
        assert!(counts.balance(), "{}: {counts:?}", feed.id);
        assert_eq!(settled.table.height(), counts.accepted, "{}", feed.id);
        assert_eq!(counts.read, reading.rows.len(), "{}", feed.id);
        // Whatever a person releases: rows only go from set aside to accepted.
        let release = Release {
            arrival: 1,
            row: 2,
            receipt: "R0001".to_owned(),
            place: "1:1000000".to_owned(),
            reason: "seen".to_owned(),
            by: "Analyst".to_owned(),
            on: received,
        };
        let released = intake::settle_released(&reading, feed, received, &ByDigit, &[release]);
        let after = released.counts;
        assert!(after.balance(), "{}: {after:?}", feed.id);
        assert_eq!(released.table.height(), after.accepted, "{}", feed.id);
        assert_eq!((after.read, after.ignored), (counts.read, counts.ignored), "{}", feed.id);
        assert_eq!(released.kept.len(), counts.quarantined, "{}", feed.id);
    }
}

/// The parts of a workbook of the fixtures.
fn parts(path: &str) -> Vec<(String, Vec<u8>)> {
    let file = std::fs::File::open(repository().join(path)).unwrap();
    let mut zip = zip::ZipArchive::new(file).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    let read = names.into_iter().map(|name| {
        let mut bytes = Vec::new();
        std::io::copy(&mut zip.by_name(&name).unwrap(), &mut bytes).unwrap();
        (name, bytes)
    });
    read.collect()
}

/// Reads a workbook in which some bytes of one part were changed, in a process of its own: such files make
/// readers spin and abort. Packed anew, or its checksums would refuse it at the door.
fn mutant_accounted_for(path: &str, part: prop::sample::Index, changes: &[(prop::sample::Index, u8, u8)]) {
    let mut parts = parts(path);
    let last = parts.len() - 1;
    let part = part.index(parts.len() * 2).min(last);
    let bytes = &mut parts[part].1;
    for (place, kind, byte) in changes {
        if bytes.is_empty() {
            break;
        }
        let place = place.index(bytes.len());
        match kind % 4 {
            0 => bytes[place] = *byte,
            1 => bytes.truncate(place),
            2 => bytes.insert(place, *byte),
            _ => {
                // A figure becomes a much larger one: counts, references and repeats are where harm lies.
                let digits: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i].is_ascii_digit()).collect();
                if let Some(digit) = digits.get(place % digits.len().max(1)) {
                    let figures = vec![b'9'; usize::from(byte % 9)];
                    bytes.splice(*digit..*digit, figures);
                }
            }
        }
    }
    let named: Vec<(&str, &[u8])> = parts.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
    apart(&archive(&named, CompressionMethod::Stored), path);
}

fn apart(bytes: &[u8], name: &str) {
    let limits = Limits { memory_megabytes: 1024, seconds: 2, ..Limits::default() };
    let reader = Reader::apart(limits, env!("CARGO_BIN_EXE_quarterday"));
    if let Ok(book) = reader.book(bytes, name).expect("the reader starts and is always answered") {
        book_accounted_for(&book, name);
    }
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8, u8)>> {
    prop::collection::vec(any::<(prop::sample::Index, u8, u8)>(), 1..4)
}

const STEP: &str = "fixtures/steps/1-quarterly-2026-07-14/inbox";

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "X9000[0-9]",
        Just("Serious".to_owned()),
        Just("Low".to_owned()),
        Just("Open".to_owned()),
        Just("Closed".to_owned()),
        "0?[1-9]/0?[1-9]/20[0-9]{2}",
        "[0-9]{1,3}(\\.[0-9])?",
        "[A-Z]-[0-9]",
        "#REF!",
        "\\PC{0,12}",
    ]
}

fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_row_of_a_sheet_of_concerns_is_accounted_for(
        rows in prop::collection::vec(prop::collection::vec(cell(), 6), 0..12),
        headers in Just(["Practice code", "Date raised", "Severity", "Status", "Reference", "Theme"]).prop_shuffle(),
    ) {
        let mut text = headers.map(quoted).join(",") + "\n";
        for row in &rows {
            text += &(row.iter().map(|c| quoted(c)).collect::<Vec<_>>().join(",") + "\r\n");
        }
        accounted_for(text.as_bytes(), "sheet.csv");
    }

    #[test]
    fn random_bytes_are_refused_or_accounted_for(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        accounted_for(&bytes, "file.xlsx");
    }

    #[test]
    fn random_text_is_refused_or_accounted_for(text in "(\\PC|[,;\t\r\n\"]){0,300}") {
        accounted_for(text.as_bytes(), "file.csv");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_xlsx_are_refused_or_accounted_for(part in any::<prop::sample::Index>(), changes in changes()) {
        let path = format!("{STEP}/concerns-quality/Quality soft intelligence July 2026.xlsx");
        mutant_accounted_for(&path, part, &changes);
    }

    #[test]
    fn mutated_ods_are_refused_or_accounted_for(part in any::<prop::sample::Index>(), changes in changes()) {
        let path = format!("{STEP}/cqc-ratings/01_July_2026_Latest_ratings.ods");
        mutant_accounted_for(&path, part, &changes);
    }

    #[test]
    fn mutated_xls_are_refused_or_accounted_for(
        changes in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..40),
    ) {
        let path = format!("{STEP}/concerns-infection-prevention/IPC log July 2026.xls");
        let mut bytes = std::fs::read(repository().join(&path)).unwrap();
        for (place, byte) in &changes {
            let place = place.index(bytes.len());
            bytes[place] = *byte;
        }
        apart(&bytes, &path);
    }
}
