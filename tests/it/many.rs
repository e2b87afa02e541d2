//! Very many files at once: each is answered as soon as it is read, and read and compared no more often than
//! alone.

use std::fs;
use std::path::{Path, PathBuf};

use quarterday::sha256;

use crate::support::{Icb, code, complained, files};

const EVERY: &str = "concerns-quality";
const NEWEST: &str = "concerns-estates";
const AS_OF: &str = "2026-07-14";

fn sheet(number: usize) -> String {
    format!(
        "Practice code,Practice name,Date raised,Theme,Concern,Severity,Status,Reference\n\
         X90{:03},,{:02}/06/2026,Workforce,text,Low,Open,Q-{number}\n",
        number % 190 + 1,
        number % 28 + 1
    )
}

/// A sheet that has a row of the one before it, or it would be held.
fn next_sheet(number: usize) -> String {
    sheet(1000 + number) + "X90100,,01/06/2026,Workforce,text,Low,Open,Q-0\n"
}

fn name(number: usize) -> String {
    format!("return {number:03}.csv")
}

/// Files of a feed of which every file counts, and of one of which the newest does; the former is read last.
fn with_files(every: usize, newest: usize) -> Icb {
    let icb = Icb::with_register();
    icb.edit("feeds/concerns-quality.toml", "\"newest\"", "\"every\"");
    (0..every).for_each(|number| drop(icb.drop_bytes(EVERY, &name(number), sheet(number))));
    (0..newest).for_each(|number| drop(icb.drop_bytes(NEWEST, &name(number), next_sheet(number))));
    icb
}

fn receipt(icb: &Icb, feed: &str, number: usize) -> PathBuf {
    icb.data().join("inbox").join(feed).join(format!("{}.receipt.txt", name(number)))
}

/// Where the store keeps a content.
fn kept(icb: &Icb, content: &str) -> PathBuf {
    let hash = sha256(content.as_bytes());
    icb.data().join("store").join(&hash[..2]).join(&hash)
}

fn receipts(icb: &Icb) -> Vec<(PathBuf, Vec<u8>)> {
    let is_receipt = |path: &Path| path.to_string_lossy().contains(".receipt.");
    files(&icb.data().join("inbox")).into_iter().filter(|(path, _)| is_receipt(path)).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn each_file_has_its_receipt_before_the_last_is_read() {
    const LAST: usize = 199;
    let icb = with_files(LAST + 1, 100);
    // The disk does not give what the store has of the file that is read last: there the run ends.
    let damaged = kept(&icb, &sheet(LAST));
    fs::create_dir_all(damaged.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("/proc/self/mem", &damaged).unwrap();
    let output = icb.take_in(AS_OF);
    assert_eq!(code(&output), 1);
    assert!(complained(&output).contains("cannot be read again"), "{}", complained(&output));
    for number in 0..LAST {
        let text = fs::read_to_string(receipt(&icb, EVERY, number)).unwrap();
        assert!(text.contains("read = 1 accepted"), "{text}");
    }
    assert!(!receipt(&icb, EVERY, LAST).exists());
    // Of a feed whose newest file counts each says at once what became of it.
    for number in 0..99 {
        let text = fs::read_to_string(receipt(&icb, NEWEST, number)).unwrap();
        assert!(text.contains("a newer file of this feed replaces this one"), "{text}");
    }
    let newest = fs::read_to_string(receipt(&icb, NEWEST, 99)).unwrap();
    assert!(newest.contains("this file replaces return 098.csv"), "{newest}");

    // The receipts that lie there say in the end what they said at once.
    let before = receipts(&icb);
    fs::remove_file(&damaged).unwrap();
    assert_eq!(code(&icb.take_in(AS_OF)), 0);
    assert!(receipt(&icb, EVERY, LAST).exists());
    let after = receipts(&icb);
    assert!(before.iter().all(|one| after.contains(one)));
}

#[cfg(all(debug_assertions, unix))]
#[test]
fn a_run_that_is_killed_while_it_answers_is_made_good_by_the_next() {
    use crate::support::text;
    let icb = with_files(4, 4);
    assert_eq!(code(&icb.take_in(AS_OF)), 0);
    let wanted = receipts(&icb);
    let (mut killed, mut in_the_middle) = (0, 0);
    for point in (1..200).step_by(7) {
        let icb = with_files(4, 4);
        let (pipeline, data) = (icb.pipeline(""), icb.data());
        let output = assert_cmd::Command::cargo_bin("quarterday")
            .unwrap()
            .args(["intake", "--pipeline", text(&pipeline), "--data", text(&data), "--as-of", AS_OF])
            .env("QUARTERDAY_KILL_AT", point.to_string())
            .output()
            .unwrap();
        if output.status.code().is_some() {
            break;
        }
        killed += 1;
        in_the_middle += usize::from((1..wanted.len()).contains(&receipts(&icb).len()));
        assert_eq!(code(&icb.take_in(AS_OF)), 0, "killed at {point}");
        assert_eq!(receipts(&icb), wanted, "killed at {point}");
    }
    assert!(killed > 8 && in_the_middle > 1, "{killed} {in_the_middle}");
}
