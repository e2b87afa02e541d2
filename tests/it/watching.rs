//! The inbox as it is found at night: half-written, locked, doubled, oddly named.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::{Icb, code, complained, quarterday, said, text};

const SHEET: &str =
    "Practice code,Date raised,Severity,Status,Reference\nX90100,01/07/2026,Serious,Open,Q-1\n";

fn intake(icb: &Icb, as_of: &str, more: &[&str]) -> std::process::Output {
    let (pipeline, data) = (icb.pipeline(""), icb.data());
    let mut args = vec!["intake", "--pipeline", text(&pipeline), "--data", text(&data), "--as-of", as_of];
    args.extend(more);
    quarterday(&args)
}

fn report(icb: &Icb, as_of: &str) -> Value {
    let output = intake(icb, as_of, &["--json"]);
    assert!(matches!(code(&output), 0 | 4), "{}", complained(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn held(report: &Value) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    report["held"].as_array().unwrap().iter().map(|h| (text(&h["file"]), text(&h["reason"]))).collect()
}

fn reasons(report: &Value) -> Vec<String> {
    held(report).into_iter().map(|(_, reason)| reason).collect()
}

#[test]
fn intake_alone_writes_receipts_and_no_documents() {
    let icb = Icb::with_register();
    let path = icb.drop_bytes("concerns-quality", "july.csv", SHEET);
    let output = intake(&icb, "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert!(said(&output).contains("intake       4 new files"), "{}", said(&output));
    assert!(path.with_file_name("july.csv.receipt.txt").exists());
    for part in ["packs", "outbox", "runs"] {
        assert!(!icb.data().join(part).exists(), "{part}");
    }
    let again = report(&icb, "2026-07-14");
    assert_eq!(again["taken"].as_array().unwrap().len(), 0, "nothing is taken in twice");
    icb.report("nightly", "2026-07-14");
    assert_eq!(icb.levels()["X90100"]["level"], "4", "a job rests on what intake took in");
    let past = intake(&icb, "2026-07-01", &[]);
    assert_eq!(code(&past), 5, "nothing had been received then");
    assert!(complained(&past).contains("no readable file of"), "{}", complained(&past));
}

#[test]
fn what_is_not_taken_in_is_named_with_the_reason_and_comes_with_a_later_run() {
    let icb = Icb::with_register();
    icb.drop_bytes("concerns-quality", "~$july.xlsx", "owner");
    icb.drop_bytes("concerns-quality", "july.csv.tmp", SHEET);
    icb.drop_bytes("concerns-quality", "july (conflict copy).csv", SHEET);
    icb.drop_bytes("concerns-quality", "cloud.xlsx", [0; 9000]);
    let empty = icb.drop_bytes("concerns-quality", "july.csv", "");
    fs::create_dir_all(icb.data().join("inbox/concerns-quality/old")).unwrap();
    let first = report(&icb, "2026-07-14");
    let wanted = [
        ("cloud.xlsx", "placeholder"),
        ("july (conflict copy).csv", "conflict-copy"),
        ("july.csv", "empty"),
        ("july.csv.tmp", "temporary"),
        ("old", "folder"),
        ("~$july.xlsx", "lock"),
    ];
    assert_eq!(held(&first), wanted.map(|(a, b)| (a.to_owned(), b.to_owned())));
    fs::write(empty, SHEET).unwrap();
    let output = intake(&icb, "2026-07-15", &[]);
    assert!(said(&output).contains("intake       1 new file: 1 rows read = 1 accepted"), "{}", said(&output));
    insta::assert_snapshot!(said(&output));
}

#[test]
fn a_file_that_grows_while_we_look_waits_and_is_whole_in_the_next_run() {
    let icb = Icb::with_register();
    icb.edit("pipeline.toml", "settle_seconds    = 0", "settle_seconds    = 1");
    let old = SystemTime::now() - Duration::from_secs(60);
    for path in crate::support::files(&icb.data().join("inbox")).keys() {
        let file = File::options().write(true).open(icb.data().join("inbox").join(path)).unwrap();
        file.set_modified(old).unwrap();
    }
    let path = icb.drop_bytes("concerns-quality", "july.csv", "");
    let (grow, done) = (path.clone(), std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false)));
    let stop = done.clone();
    let writer = std::thread::spawn(move || {
        use std::io::Write;
        let mut file = File::options().append(true).open(grow).unwrap();
        file.write_all(SHEET.as_bytes()).unwrap();
        let mut row = 2;
        while !stop.load(std::sync::atomic::Ordering::SeqCst) {
            writeln!(file, "X90100,01/07/2026,Low,Open,Q-{row}").unwrap();
            row += 1;
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let first = report(&icb, "2026-07-14");
    done.store(true, std::sync::atomic::Ordering::SeqCst);
    writer.join().unwrap();
    assert_eq!(held(&first), [("july.csv".to_owned(), "growing".to_owned())]);
    let second = report(&icb, "2026-07-15");
    assert_eq!(held(&second), []);
    let taken = &second["taken"][0];
    assert_eq!(
        (&taken["feed"], &taken["counts"]["quarantined"]),
        (&"concerns-quality".into(), &0.into()),
        "{second}"
    );
}

#[test]
fn half_a_workbook_is_rejected_once_it_has_lain_and_taken_when_it_is_whole() {
    let icb = Icb::with_register();
    let name = "fixtures/invalid/renamed-by-alias/Quality soft intelligence.xlsx";
    let whole = fs::read(crate::support::repository().join(name)).unwrap();
    icb.drop_bytes("concerns-quality", "july.xlsx", &whole[..whole.len() / 2]);
    let first = report(&icb, "2026-07-14");
    let of = |report: &Value| {
        let taken = report["taken"].as_array().unwrap().clone();
        taken.into_iter().find(|t| t["feed"] == "concerns-quality").unwrap()["state"].clone()
    };
    assert_eq!(of(&first), "rejected");
    icb.drop_bytes("concerns-quality", "july.xlsx", &whole);
    assert_eq!(of(&report(&icb, "2026-07-15")), "accepted");
}

#[cfg(unix)]
#[test]
fn odd_names_links_and_unreadable_files_are_safe_and_told() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    let icb = Icb::with_register();
    let folder = icb.data().join("inbox/concerns-quality");
    fs::create_dir_all(&folder).unwrap();
    let outside = icb.data().join("outside.csv");
    fs::write(&outside, SHEET).unwrap();
    symlink(&outside, folder.join("link.csv")).unwrap();
    let row = |n: u32| format!("{SHEET}X90101,01/07/2026,Low,Open,Q-{n}\n");
    for (n, name) in [
        OsStr::from_bytes(b"not\xfftext.csv"),
        OsStr::new("bell\u{7}\u{1b}[31m.csv"),
        OsStr::new("invoice\u{202e}fdp.csv"),
        OsStr::new(&format!("{}.csv", "n".repeat(251))),
        OsStr::new(&format!("{}.csv", "é".repeat(125))),
    ]
    .into_iter()
    .enumerate()
    {
        fs::write(folder.join(name), row(u32::try_from(n).unwrap() + 2)).unwrap();
    }
    let output = intake(&icb, "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let told = said(&output) + &complained(&output);
    assert!(!told.contains(['\u{7}', '\u{1b}', '\u{202e}']), "{told:?}");
    let again = report(&icb, "2026-07-15");
    assert_eq!(reasons(&again), ["link"]);
    assert_eq!(again["taken"].as_array().unwrap().len(), 0, "every name keeps its own file");
    let receipts = fs::read_dir(&folder).unwrap().flatten();
    let receipts = receipts.filter(|f| f.file_name().to_string_lossy().ends_with(".receipt.txt")).count();
    assert_eq!(receipts, 5);
}
