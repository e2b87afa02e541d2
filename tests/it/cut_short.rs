//! Commands that were killed at a write and given again: a backup, a copy of a pack.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;

use crate::support::office::{MESSAGES, Office, PLAIN};
use crate::support::smtp::{Act, Server};
use crate::support::{Icb, code, complained, copy, files, quarterday, said, text};

/// The program, killed at its n-th write; none if it came to its end before.
fn killed_at(point: usize, args: &[&str]) -> Option<Output> {
    let mut command = Command::cargo_bin("quarterday").expect("the program is built with the tests");
    command.args(args).env_remove("QUARTERDAY_PIPELINE").env_remove("QUARTERDAY_DATA");
    let output = command.env("QUARTERDAY_KILL_AT", point.to_string()).output().expect("the program runs");
    output.status.code().map(|_| output)
}

/// Every so many writes; QUARTERDAY_EVERY_WRITE=1 does them all.
fn points(stride: usize) -> impl Iterator<Item = usize> {
    let all = std::env::var_os("QUARTERDAY_EVERY_WRITE").is_some();
    // The first writes, where a copy begins to be one, are all tried.
    (1..10).chain((10..).step_by(if all { 1 } else { stride }))
}

fn verify(copy: &Path) -> (i32, String) {
    let output = quarterday(&["backup", "--verify", text(copy)]);
    (code(&output), said(&output) + &complained(&output))
}

/// What a copy holds, without its own list, lock and ledger (which has no settled bytes).
fn held(copy: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut held = files(copy);
    held.retain(|path, _| {
        let name = path.to_string_lossy();
        !name.starts_with("ledger.sqlite") && name != "backup.json" && name != ".lock"
    });
    held
}

#[test]
fn a_backup_killed_at_a_write_is_whole_or_known_as_unfinished_and_goes_on() {
    let icb = Icb::with_register();
    let data = icb.data();
    let (mut first, mut later) = (0, 0);
    assert_eq!(code(&icb.run("nightly", "2026-07-13", &[])), 0);
    let older = data.with_file_name("older");
    assert_eq!(code(&quarterday(&["backup", "--data", text(&data), "--to", text(&older)])), 0);
    let list = fs::read(older.join("backup.json")).unwrap();
    icb.drop_bytes(
        "concerns-quality",
        "new.csv",
        "Practice code,Date raised,Severity,Status,Reference\nX90100,01/07/2026,Serious,Open,Q-1\n",
    );
    assert_eq!(code(&icb.run("quarterly", "2026-07-14", &[])), 0);
    let whole = data.with_file_name("whole");
    assert_eq!(code(&quarterday(&["backup", "--data", text(&data), "--to", text(&whole)])), 0);
    let whole = held(&whole);

    for onto_older in [false, true] {
        for point in points(23) {
            let to = data.with_file_name("copy");
            let _ = fs::remove_dir_all(&to);
            if onto_older {
                copy(&older, &to);
            }
            let args = ["backup", "--data", text(&data), "--to", text(&to)];
            if let Some(output) = killed_at(point, &args) {
                assert_eq!(code(&output), 0, "{}", complained(&output));
                break;
            }
            *(if onto_older { &mut later } else { &mut first }) += 1;
            let begun = held(&to).keys().any(|path| !path.to_string_lossy().contains(".quarterday-"));
            let (exit, told) = verify(&to);
            match exit {
                // The copy of before, to which only contents were added, or the new one with its last word.
                0 => {
                    let own = fs::read(to.join("backup.json")).unwrap();
                    assert!(own == list || held(&to) == whole, "{onto_older} {point}: {told}");
                }
                20 => assert!(told.contains("is not finished"), "{onto_older} {point}: {told}"),
                other => assert!(other == 1 && !begun, "{onto_older} {point}: {told}"),
            }
            let output = quarterday(&args);
            assert_eq!(code(&output), 0, "{onto_older} {point}: {}", complained(&output));
            let (exit, told) = verify(&to);
            assert_eq!(exit, 0, "{onto_older} {point}: {told}");
            assert!(held(&to) == whole, "{onto_older} {point}: what was taken up again is what there is");
            assert!(!to.join("UNFINISHED.txt").exists());
        }
    }
    eprintln!("killed at {first} writes of a first backup and {later} of a later one");
    assert!(first >= 10 && later >= 9, "{first} {later}");
}

#[test]
fn a_folder_of_somebody_else_is_no_unfinished_copy() {
    let icb = Icb::with_register();
    assert_eq!(code(&icb.run("nightly", "2026-07-13", &[])), 0);
    let to = icb.data().with_file_name("theirs");
    fs::create_dir_all(&to).unwrap();
    fs::write(to.join("letter.docx"), "x").unwrap();
    let output = quarterday(&["backup", "--data", text(&icb.data()), "--to", text(&to)]);
    assert_eq!(code(&output), 1);
    assert!(complained(&output).contains("holds other files and no copy"), "{}", complained(&output));
}

#[test]
fn a_copy_of_a_pack_killed_at_a_write_and_asked_for_again_is_sent_once() {
    let secretary = "pcqg.secretary@marrowdale-icb.example";
    let resend = ["resend", "pcqg-2026-27-q1", "--to", secretary, "--as", "Head"];
    let mut killed = 0;
    for point in 1.. {
        let server = Server::start(|_| Act::Go);
        let office = Office::new();
        office.settings(&format!("{PLAIN}port = {}\n", server.port));
        assert_eq!(code(&office.send()), 0);
        let output = office.command(&resend, &[("QUARTERDAY_KILL_AT", &point.to_string())]);
        let over = output.status.code().is_some();
        killed += usize::from(!over);
        office.command(&resend, &[]);
        let output = office.command(&resend, &[]);
        let told = said(&output) + &complained(&output);
        assert!(told.contains("copy 1, asked for before"), "{point}: {told}");
        let taken = server.taken();
        let copies = taken.iter().filter(|t| String::from_utf8_lossy(&t.bytes).contains("Copy ")).count();
        let unknown = office.list().iter().filter(|m| m["state"] == "unknown").count();
        assert!(copies <= 1, "{point}: {copies} copies");
        assert!(copies == 1 || unknown == 1, "{point}: sent, or a person is asked");
        assert_eq!(office.list().len(), MESSAGES + 1, "{point}: one copy was planned");
        if over {
            break;
        }
    }
    assert!(killed >= 4, "{killed}");
}
