//! Times that cannot be right: no command writes on the word of a clock that runs far ahead of the ledger, and a
//! file may be said to be of any year.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use assert_cmd::Command;

use crate::support::{code, complained, copy_of_demo, files, quarterday, text};

/// Runs the program on a computer whose clock shows a date.
fn on(today: &str, args: &[&str]) -> std::process::Output {
    let mut command = Command::cargo_bin("quarterday").unwrap();
    command.args(args).env("QUARTERDAY_TODAY", today).output().unwrap()
}

/// What lies in a data folder, but for what SQLite keeps beside a ledger that is read.
fn kept(data: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut kept = files(data);
    kept.retain(|path, _| !path.to_string_lossy().starts_with("ledger.sqlite-"));
    kept
}

#[test]
fn a_command_that_writes_is_refused_where_the_clock_runs_ahead_and_told_what_to_do() {
    let demo = copy_of_demo();
    let data = demo.path();
    let pipeline = data.join("pipeline");
    let both = ["--pipeline", text(&pipeline), "--data", text(data)];
    let own = ["--data", text(data)];
    let before = kept(data);
    let (named, why) = (["--as", "Analyst"], ["--note", "seen"]);
    let commands: [(Vec<&str>, &[&str]); 9] = [
        (vec!["intake"], &both),
        ([&["approve", "x"], &named[..], &why].concat(), &both),
        (vec!["recall", "x", "--by", "Analyst", "--reason", "wrong"], &both),
        (vec!["resend", "x", "--to", "a@b.example", "--as", "Analyst", "--reason", "lost"], &both),
        (vec!["dispatch", "send"], &both),
        (vec!["dispatch", "resolve", "x", "--as", "sent", "--by", "Analyst"], &own),
        ([&["guard", "release", "x"], &named[..], &why].concat(), &own),
        ([&["ack", "x"], &named[..], &why].concat(), &own),
        (vec!["retention", "--apply"], &both),
    ];
    for (command, folders) in &commands {
        let output = on("2036-11-30", &[command.as_slice(), folders].concat());
        let said = complained(&output);
        assert_eq!(code(&output), 1, "{command:?}: {said}");
        assert!(said.contains("the clock of this computer says 30 November 2036"), "{command:?}: {said}");
        assert!(said.contains("--as-of 2036-11-30` says so"), "{command:?}: {said}");
    }
    assert!(kept(data) == before, "something was written");
    // The operator is told of a run that did nothing.
    let output = on("2036-11-30", &[&["run", "nightly"], &both[..]].concat());
    assert_eq!(code(&output), 1, "{}", complained(&output));
    assert!(complained(&output).contains("30 November 2036"), "{}", complained(&output));
    // A clock that went back is warned of, and one that agrees with the ledger is not.
    for (today, warned) in [("2016-11-30", true), ("2026-11-30", false)] {
        let output = on(today, &[&["dispatch", "send"], &both[..]].concat());
        assert_eq!(code(&output), 0, "{}", complained(&output));
        assert_eq!(complained(&output).contains("the clock went back"), warned, "{}", complained(&output));
    }
}

#[test]
fn a_file_of_any_year_stops_nothing() {
    let demo = copy_of_demo();
    let data = demo.path();
    let pipeline = data.join("pipeline");
    let year = Duration::from_secs(31_556_952);
    let times = [SystemTime::UNIX_EPOCH + 298_000 * year, SystemTime::UNIX_EPOCH - 298_000 * year];
    for (at, name) in times.into_iter().zip(["far.csv", "old.csv"]) {
        let run = fs::read_dir(data.join("runs")).unwrap().flatten().next().unwrap().path();
        for folder in
            [data.join("inbox"), data.join("inbox/concerns-quality"), data.join("dry-run/packs"), run]
        {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(name), "Practice code\n").unwrap();
            File::options().write(true).open(folder.join(name)).unwrap().set_modified(at).unwrap();
        }
    }
    for command in [&["status"][..], &["monitor"], &["retention"], &["intake", "--as-of", "2026-11-30"]] {
        let folders = ["--pipeline", text(&pipeline), "--data", text(data)];
        let output = quarterday(&[command, &folders].concat());
        let wanted = [Some(0), Some(4), Some(9)];
        assert!(wanted.contains(&output.status.code()), "{command:?}: {}", complained(&output));
    }
}
