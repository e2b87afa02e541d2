//! A file that was refused for its name is sent again under another, with the same bytes.

use std::fs;

use crate::support::{Icb, complained, said};

const QOF: &str = "Practice code,Points achieved/ max. QOF points available (%)\nX90100,91.5\nX90101,88\n";
const CONCERNS: &str =
    "Practice code,Date raised,Severity,Status,Reference\nX90100,01/07/2026,Serious,Open,Q-1\n";

/// The receipt of a file.
fn receipt(icb: &Icb, feed: &str, name: &str) -> String {
    let path = icb.data().join("inbox").join(feed).join(format!("{name}.receipt.txt"));
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Gives the file another name, as its sender does, and takes it in.
fn renamed(icb: &Icb, feed: &str, from: &str, to: &str, as_of: &str) -> String {
    let folder = icb.data().join("inbox").join(feed);
    fs::rename(folder.join(from), folder.join(to)).unwrap();
    let output = icb.take_in(as_of);
    assert!(!said(&output).is_empty(), "{}", complained(&output));
    receipt(icb, feed, to)
}

#[test]
fn a_file_that_was_refused_for_its_name_counts_under_the_right_one() {
    let names = [
        ("qof", QOF, "qof.csv", "qof-2025-26.csv", "2 rows read = 2 accepted"),
        ("qof", QOF, "qof 2024-25 or 2025-26.csv", "qof-2025-26.csv", "2 rows read = 2 accepted"),
        ("concerns-quality", CONCERNS, "july.tsv", "july.csv", "1 rows read = 1 accepted"),
    ];
    for (feed, text, bad, good, counted) in names {
        let icb = Icb::with_register();
        icb.drop_bytes(feed, bad, text);
        icb.take_in("2026-07-14");
        let first = receipt(&icb, feed, bad);
        assert!(first.contains("NOT taken in"), "{bad}: {first}");
        let second = renamed(&icb, feed, bad, good, "2026-07-15");
        assert!(second.contains(counted), "{bad}: {second}");
        assert!(second.contains("is read again under its new name"), "{bad}: {second}");
        // The night after, both lie there again: the one that counts goes on counting.
        icb.drop_bytes(feed, bad, text);
        icb.take_in("2026-07-16");
        let (bad, good) = (receipt(&icb, feed, bad), receipt(&icb, feed, good));
        assert!(bad.contains("We already have this content"), "{bad}");
        assert!(good.contains(counted), "{good}");
    }
}

#[test]
fn both_names_at_once_do_not_keep_a_file_out() {
    let icb = Icb::with_register();
    // The refused one is looked at first.
    icb.drop_bytes("concerns-quality", "a.tsv", CONCERNS);
    icb.drop_bytes("concerns-quality", "b.csv", CONCERNS);
    icb.report("nightly", "2026-07-14");
    icb.report("nightly", "2026-07-15");
    assert_eq!(icb.levels()["X90100"]["level"], "4");
    let first = receipt(&icb, "concerns-quality", "b.csv");
    assert!(first.contains("1 rows read = 1 accepted"), "{first}");
}

#[test]
fn a_file_that_was_not_looked_at_for_its_name_counts_under_another() {
    let asides = [
        "july.csv.tmp",
        "july (conflict copy).csv",
        ".july.csv",
        "july.checked.csv",
        "~july.csv",
        "july.url",
    ];
    for aside in asides {
        let icb = Icb::with_register();
        icb.drop_bytes("concerns-quality", aside, CONCERNS);
        icb.take_in("2026-07-14");
        let told = renamed(&icb, "concerns-quality", aside, "july.csv", "2026-07-15");
        assert!(told.contains("1 rows read = 1 accepted"), "{aside}: {told}");
    }
}

#[test]
fn a_file_with_the_wrong_year_in_its_name_counts_for_the_right_one_and_once() {
    let icb = Icb::with_register();
    icb.drop_bytes("qof", "qof-2023-24.csv", QOF);
    icb.report("nightly", "2026-07-14");
    let told = renamed(&icb, "qof", "qof-2023-24.csv", "qof-2024-25.csv", "2026-07-15");
    assert!(told.contains("2 rows read = 2 accepted"), "{told}");
    assert!(told.contains("qof-2023-24.csv received on 14 July 2026"), "{told}");
    let report = icb.report("nightly", "2026-07-16");
    let qof = report["freshness"].as_array().unwrap().iter().find(|feed| feed["feed"] == "qof").unwrap();
    assert_eq!(qof["data_date"], "2025-03-31", "{qof}");
}

#[test]
fn a_file_that_was_refused_in_the_wrong_folder_counts_in_the_right_one() {
    let icb = Icb::with_register();
    icb.drop_bytes("visits", "july.csv", CONCERNS);
    icb.take_in("2026-07-14");
    let first = receipt(&icb, "visits", "july.csv");
    assert!(first.contains("NOT taken in"), "{first}");
    icb.drop_bytes("concerns-quality", "july.csv", CONCERNS);
    icb.take_in("2026-07-15");
    let second = receipt(&icb, "concerns-quality", "july.csv");
    assert!(second.contains("1 rows read = 1 accepted"), "{second}");
}
