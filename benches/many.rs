//! Taking in very many small files at once: how the time grows with their number, for a feed of which every file
//! counts and for one of which the newest does, when they come and when they are looked at again.
//!
//! `cargo bench --bench many` prints seconds on the clock, measured in the same run, and how much longer
//! each four times as many files take: 4.0 is as much a file as before.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]
#![allow(clippy::disallowed_macros)] // a benchmark prints what it measured
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const FEED: &str = "concerns-quality";
const SIZES: [usize; 3] = [100, 400, 1600];

fn main() {
    let profile = if cfg!(debug_assertions) { "dev profile" } else { "release profile" };
    println!("files of five rows, {profile}: seconds, and times the seconds of a quarter of them");
    for counts in ["every", "newest"] {
        let mut before: Option<(f64, f64)> = None;
        for files in SIZES {
            let dir = tempfile::tempdir().expect("a folder");
            lay(dir.path(), counts, files);
            let (first, again) = (take_in(dir.path()), take_in(dir.path()));
            let times = before.map(|(f, a)| format!("  ({:.1} and {:.1} times)", first / f, again / a));
            println!(
                "  {counts:<6} {files:5} files  first {first:7.2} s  again {again:7.2} s{}",
                times.unwrap_or_default()
            );
            before = Some((first, again));
        }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).expect("copied")),
        }
    }
}

/// A pipeline and an inbox with so many files.
fn lay(dir: &Path, counts: &str, files: usize) {
    copy(&root().join("pipelines/lancashire-south-cumbria"), &dir.join("pipeline"));
    copy(&root().join("fixtures/pipeline"), &dir.join("pipeline"));
    let feed = dir.join(format!("pipeline/feeds/{FEED}.toml"));
    let text = fs::read_to_string(&feed).expect("readable");
    fs::write(&feed, text.replacen("\"newest\"", &format!("\"{counts}\""), 1)).expect("written");
    let steps = root().join("fixtures/steps/1-quarterly-2026-07-14/inbox");
    for feed in ["ods-register", "ods-successors", "patients-registered"] {
        copy(&steps.join(feed), &dir.join("data/inbox").join(feed));
    }
    let inbox = dir.join("data/inbox").join(FEED);
    fs::create_dir_all(&inbox).expect("a folder");
    for file in 0..files {
        let mut text =
            "Practice code,Practice name,Date raised,Theme,Concern,Severity,Status,Reference\n".to_owned();
        for row in file * 5..file * 5 + 5 {
            let (practice, day, month) = (row % 190 + 1, row % 28 + 1, row % 6 + 1);
            text += &format!(
                "X90{practice:03},,{day:02}/{month:02}/2026,Workforce,text {row},Low,Open,Q-{row}\n"
            );
        }
        fs::write(inbox.join(format!("return {file:05}.csv")), text).expect("written");
    }
}

fn take_in(dir: &Path) -> f64 {
    let begun = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_quarterday"))
        .args(["intake", "--as-of", "2026-07-14", "--pipeline"])
        .arg(dir.join("pipeline"))
        .arg("--data")
        .arg(dir.join("data"))
        .output()
        .expect("the program runs")
        .status;
    assert!(status.success());
    begun.elapsed().as_secs_f64()
}
