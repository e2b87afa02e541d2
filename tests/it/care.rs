//! The care of the data folder: retention, backup, the bundle for support, a full disk, folders that
//! cannot be written and files that cannot be read.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::{Icb, code, complained, copy_of_demo, demo, files, quarterday, repository, said, text};

const JULY: &str = "quarterly-2026-07-14";

fn retention(data: &Path, more: &[&str]) -> Output {
    let pipeline = data.join("pipeline");
    let mut args = vec!["retention", "--pipeline", text(&pipeline), "--data", text(data)];
    args.extend(more);
    quarterday(&args)
}

/// Sets `[retention]` of a demo's pipeline.
fn policy(data: &Path, lines: &str) {
    let path = data.join("pipeline/pipeline.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, format!("{text}\n[retention]\n{lines}\n")).unwrap();
}

#[test]
fn retention_tells_what_would_go_and_removes_nothing_by_itself() {
    let dir = copy_of_demo();
    let before = files(&dir.path().join("store"));
    let output = retention(dir.path(), &["--as-of", "2036-10-15"]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let said = said(&output);
    assert!(said.contains("61 things may go"), "{said}");
    assert!(said.contains("runs/nightly-2026-08-20: of a run as at 20 August 2026, kept 2 years"), "{said}");
    assert!(said.contains("18 held: quarterly-2026-10-14 sent messages that need it"), "{said}");
    assert!(said.contains("Nothing was removed"), "{said}");
    assert!(files(&dir.path().join("store")) == before);
    let output = retention(dir.path(), &["--as-of", "2099-01-01", "--apply"]);
    assert_eq!(code(&output), 1, "nothing goes by a date that has not come");
}

#[test]
fn what_went_is_noted_and_a_sent_pack_can_still_be_made_again() {
    let dir = copy_of_demo();
    policy(dir.path(), "runs = \"1 day\"\npacks = \"1 day\"\noutbox = \"1 day\"\nreplaced_files = \"1 day\"");
    // Dates of the demo lie in 2026; the test may run on any later day.
    let output = retention(dir.path(), &["--apply", "--as-of", "2026-10-20", "--json"]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let going = json["plan"]["going"].as_array().unwrap();
    assert!(going.iter().any(|v| v["path"] == format!("packs/{JULY}")), "{going:?}");
    assert!(!dir.path().join("packs").join(JULY).exists());
    let log = fs::read_to_string(dir.path().join("retention.jsonl")).unwrap();
    assert_eq!(log.lines().count(), going.len());
    // The ledger knows what went, and the messages are not sent again.
    let output = quarterday(&["replay", JULY, "--data", text(dir.path()), "-q"]);
    assert_eq!(code(&output), 0, "{}{}", said(&output), complained(&output));
    let told = said(&output);
    assert!(told.contains("35 made again as they were, removed by retention"), "{told}");
    assert!(told.contains("messages   28 the same"), "{told}");
    let again = retention(dir.path(), &["--apply", "--as-of", "2026-10-20"]);
    assert!(said(&again).contains("0 things removed"), "{}", said(&again));
    let whole = quarterday(&["backup", "--verify", text(dir.path())]);
    assert_eq!(code(&whole), 0, "{}", said(&whole));
}

#[test]
fn what_was_sent_goes_only_where_the_policy_says_so() {
    let dir = copy_of_demo();
    policy(dir.path(), "replaced_files = \"1 day\"\nsent = \"30 days\"");
    let before = files(&dir.path().join("store")).len();
    let output = retention(dir.path(), &["--apply", "--as-of", "2026-11-20"]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert!(files(&dir.path().join("store")).len() < before, "{}", said(&output));
    // What counts today is there: the next job does its work, and the copy check knows what went.
    let pipeline = dir.path().join("pipeline");
    let next = quarterday(&[
        "run",
        "nightly",
        "--pipeline",
        text(&pipeline),
        "--data",
        text(dir.path()),
        "--as-of",
        "2026-11-20",
    ]);
    assert_eq!(code(&next), 0, "{}", complained(&next));
    assert_eq!(code(&quarterday(&["backup", "--verify", text(dir.path())])), 0);
    let july = quarterday(&["replay", JULY, "--data", text(dir.path()), "-q"]);
    assert_eq!(code(&july), 20, "{}", said(&july));
    assert!(said(&july).contains("CANNOT be done again"), "{}", said(&july));
}

#[test]
fn a_backup_grows_by_what_is_new_is_whole_and_works_as_a_data_folder() {
    let dir = copy_of_demo();
    let copy = tempfile::tempdir().unwrap();
    let to = copy.path().join("copy");
    let backup = || quarterday(&["backup", "--data", text(dir.path()), "--to", text(&to), "--json"]);
    let first: serde_json::Value = serde_json::from_slice(&backup().stdout).unwrap();
    assert_eq!(first["added"], first["backup"]["stored"]);
    let second: serde_json::Value = serde_json::from_slice(&backup().stdout).unwrap();
    assert_eq!(second["added"], 0);
    let whole = quarterday(&["backup", "--verify", text(&to)]);
    assert_eq!(code(&whole), 0, "{}", said(&whole));
    let replayed = quarterday(&["replay", "--data", text(&to), "-q"]);
    assert_eq!(code(&replayed), 0, "{}{}", said(&replayed), complained(&replayed));
}

#[test]
fn a_damaged_backup_is_told_file_by_file() {
    let dir = copy_of_demo();
    let copy = tempfile::tempdir().unwrap();
    assert_eq!(code(&quarterday(&["backup", "--data", text(dir.path()), "--to", text(copy.path())])), 0);
    let stored = files(&copy.path().join("store")).into_keys().next().unwrap();
    fs::write(copy.path().join("store").join(&stored), "other").unwrap();
    let pack = files(&copy.path().join("packs")).into_keys().next().unwrap();
    fs::remove_file(copy.path().join("packs").join(&pack)).unwrap();
    let output = quarterday(&["backup", "--verify", text(copy.path())]);
    assert_eq!(code(&output), 20);
    let told = said(&output);
    assert!(told.contains("NOT whole") && told.contains(stored.to_str().unwrap()), "{told}");
    assert!(told.contains(pack.to_str().unwrap()), "{told}");
    // A ledger cut short is told too.
    let ledger = copy.path().join("ledger.sqlite");
    let bytes = fs::read(&ledger).unwrap();
    fs::write(&ledger, &bytes[..bytes.len() / 2]).unwrap();
    let output = quarterday(&["backup", "--verify", text(copy.path())]);
    assert_eq!(code(&output), 20);
    assert!(said(&output).contains("ledger.sqlite"), "{}", said(&output));
    let inside = dir.path().join("backup");
    let output = quarterday(&["backup", "--data", text(dir.path()), "--to", text(&inside)]);
    assert_eq!(code(&output), 1, "a copy on the same folder is none");
}

#[test]
fn a_copy_without_a_content_of_the_store_is_not_whole_whatever_it_is() {
    let dir = copy_of_demo();
    let copy = tempfile::tempdir().unwrap();
    let to = copy.path().join("copy");
    assert_eq!(code(&quarterday(&["backup", "--data", text(dir.path()), "--to", text(&to)])), 0);
    let stored = files(&to.join("store"));
    // One of each kind, by how it begins and what it says.
    let says = |bytes: &[u8], part: &str| String::from_utf8_lossy(bytes).contains(part);
    let json = |bytes: &[u8]| bytes.starts_with(b"{");
    type Kind<'k> = (&'k str, &'k dyn Fn(&[u8]) -> bool);
    let kinds: [Kind<'_>; 6] = [
        ("a document", &|b| b.starts_with(b"%PDF")),
        ("a letter", &|b| json(b) && says(b, "\"forms\"")),
        ("a manifest", &|b| json(b) && says(b, "\"pipeline_sha256\"")),
        ("a list of the pipeline's files", &|b| json(b) && says(b, "\"committees.toml\"")),
        ("a file of the pipeline", &|b| says(b, "[[committee]]")),
        ("a message", &|b| says(b, "Message-ID: ")),
    ];
    let verify = || quarterday(&["backup", "--verify", text(&to)]);
    let list = fs::read(to.join("backup.json")).unwrap();
    for (what, is) in kinds {
        let (path, bytes) = stored.iter().find(|(_, bytes)| is(bytes)).unwrap_or_else(|| panic!("{what}"));
        let name = path.file_name().unwrap().to_str().unwrap();
        let path = to.join("store").join(path);
        fs::remove_file(&path).unwrap();
        // By the list; and, in a copy of an older version that has none of the store, by the ledger.
        for listed in [true, false] {
            let mut held: serde_json::Value = serde_json::from_slice(&list).unwrap();
            if !listed {
                held.as_object_mut().unwrap().remove("contents");
            }
            fs::write(to.join("backup.json"), held.to_string()).unwrap();
            let output = verify();
            assert_eq!(code(&output), 20, "{what}, listed {listed}: {}", said(&output));
            let told = said(&output);
            assert!(told.contains("NOT whole, 1 fault") && told.contains(name), "{what}: {told}");
        }
        fs::write(&path, bytes).unwrap();
    }
    fs::write(to.join("backup.json"), &list).unwrap();
    assert_eq!(code(&verify()), 0, "{}", said(&verify()));
    // Many are counted, and the first are named.
    for path in stored.keys() {
        fs::remove_file(to.join("store").join(path)).unwrap();
    }
    let told = said(&verify());
    assert!(told.contains(&format!("NOT whole, {} faults", stored.len())), "{told}");
    assert!(told.contains(&format!("and {} more", stored.len() - 20)), "{told}");
}

#[test]
fn a_copy_inside_the_data_folder_is_refused_however_it_is_named() {
    let dir = copy_of_demo();
    let name = dir.path().file_name().unwrap().to_str().unwrap();
    for to in ["backup", "copies/of/today", &format!("../{name}/backup"), "store/backup"] {
        let to = dir.path().join(to);
        let output = quarterday(&["backup", "--data", text(dir.path()), "--to", text(&to)]);
        assert_eq!(code(&output), 1, "{}", to.display());
        assert!(complained(&output).contains("lies in the data folder itself"), "{}", complained(&output));
        assert!(!to.exists());
    }
}

/// Every text that must not leave: addresses, practices, people, what teams wrote.
fn personal() -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let committees = fs::read_to_string(repository().join("fixtures/pipeline/committees.toml")).unwrap();
    let committees: toml::Table = committees.parse().unwrap();
    for committee in committees["committee"].as_array().unwrap() {
        for recipient in committee["recipient"].as_array().unwrap() {
            for key in ["address", "role", "added_by"] {
                out.insert(recipient[key].as_str().unwrap().to_owned());
            }
        }
    }
    for run in [JULY, "quarterly-2026-10-14"] {
        let result = fs::read_to_string(demo().join("runs").join(run).join("result.json")).unwrap();
        let result: serde_json::Value = serde_json::from_str(&result).unwrap();
        for practice in result["practices"].as_array().unwrap() {
            let outcome = &practice["outcome"];
            for key in ["code", "name"] {
                out.insert(outcome["practice"][key].as_str().unwrap().to_owned());
            }
            if let Some(decision) = outcome["decision"].as_array().and_then(|d| d.first()) {
                for key in ["reason", "decided_by", "group"] {
                    out.insert(decision[key].as_str().unwrap().to_owned());
                }
            }
            for finding in outcome["findings"].as_array().unwrap() {
                out.insert(finding["sentence"].as_str().unwrap().to_owned());
            }
        }
    }
    // Everything that teams wrote in the sheets that come as text, and the names of all files.
    for (path, bytes) in files(&repository().join("fixtures/steps")) {
        out.insert(path.file_name().unwrap().to_string_lossy().into_owned());
        if !path.to_string_lossy().contains("concerns-") || path.extension().is_none_or(|e| e != "csv") {
            continue;
        }
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes.as_slice());
        for row in reader.byte_records().flatten() {
            let cells = row.iter().map(|cell| String::from_utf8_lossy(cell).into_owned());
            out.extend(cells.filter(|cell| cell.split(' ').count() >= 4));
        }
    }
    out.retain(|text| text.len() >= 6);
    out
}

#[test]
fn a_bundle_holds_nothing_of_a_person_or_a_practice() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (dir.path().join("one.zip"), dir.path().join("two.zip"));
    for out in [&one, &two] {
        let output = quarterday(&["bundle", JULY, "--data", text(demo()), "--out", text(out)]);
        assert_eq!(code(&output), 0, "{}", complained(&output));
    }
    let bytes = fs::read(&one).unwrap();
    assert!(bytes == fs::read(&two).unwrap(), "the same run gives the same bundle");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut inside = String::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        inside.push_str(&file.name().unwrap());
        file.read_to_string(&mut inside).unwrap();
    }
    let personal = personal();
    assert!(personal.len() > 400, "{} texts to look for", personal.len());
    let lower = inside.to_lowercase();
    for text in &personal {
        assert!(!lower.contains(&text.to_lowercase()), "{text:?} is in the bundle");
    }
    assert!(!inside.contains('@'), "an address");
    assert!(!inside.contains("X90"), "a practice");
    // And yet it says something.
    for text in ["pipeline_sha256", "\"bad-date\"", "practice 196,", "as written", "R0001"] {
        assert!(inside.contains(text), "{text}");
    }
}

/// A folder of the data folder replaced by a file: nobody, not even root, can write into it.
fn blocked(area: &str) -> (i32, String, Icb) {
    let icb = Icb::with_register();
    icb.drop_step(1, "concerns-quality");
    fs::write(icb.data().join(area), "in the way").unwrap();
    let output = icb.run("quarterly", "2026-07-14", &["-q"]);
    (code(&output), complained(&output), icb)
}

#[test]
fn what_cannot_be_written_is_named_and_a_rerun_completes_and_sends_once() {
    let whole = Icb::with_register();
    whole.drop_step(1, "concerns-quality");
    assert_eq!(code(&whole.run("quarterly", "2026-07-14", &[])), 0);
    let expected = files(&whole.data().join("outbox"));
    for area in ["packs", "store", "outbox"] {
        let (exit, told, icb) = blocked(area);
        // Messages come from the store: documents that cannot be laid down hold none back.
        let wanted = match area {
            "packs" => 0,
            "outbox" => 7,
            _ => 1,
        };
        assert_eq!(exit, wanted, "{area}: {told}");
        match area {
            "packs" => {
                assert!(told.contains("/packs/") && told.contains("cannot be written"), "{told}");
                assert!(files(&icb.data().join("outbox")) == expected, "{area}");
            }
            "store" => assert!(told.contains(area) && told.contains("what to do: "), "{area}: {told}"),
            _ => {}
        }
        fs::remove_file(icb.data().join(area)).unwrap();
        let output = icb.run("quarterly", "2026-07-14", &[]);
        assert_eq!(code(&output), 0, "{area}: {}", complained(&output));
        assert!(files(&icb.data().join("outbox")) == expected, "{area}");
        assert_eq!(code(&quarterday(&["backup", "--verify", text(&icb.data())])), 0, "{area}");
    }
}

#[test]
fn a_data_folder_that_is_none_is_told() {
    let icb = Icb::new();
    fs::write(icb.data(), "a file").unwrap();
    let output = icb.run("nightly", "2026-07-14", &["-q"]);
    assert_eq!(code(&output), 1);
    assert!(complained(&output).contains("what to do: "), "{}", complained(&output));
}

#[test]
#[cfg(unix)]
fn a_link_to_nowhere_keeps_no_other_file_out() {
    let icb = Icb::with_register();
    icb.drop_step(1, "concerns-quality");
    let link = icb.drop_bytes("concerns-quality", "x", "").with_file_name("online only.xlsx");
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    let output = icb.run("nightly", "2026-07-14", &["--json"]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let held = report["held"].as_array().unwrap().iter().find(|held| held["file"] == "online only.xlsx");
    assert_eq!(held.unwrap()["reason"], "link", "{report}");
    assert!(report["taken"].as_array().unwrap().len() >= 4, "{report}");
    // Once it is a file it is taken in.
    fs::remove_file(&link).unwrap();
    fs::write(&link, "Practice code,Date raised,Severity,Status,Reference\n").unwrap();
    let report = icb.report("nightly", "2026-07-14");
    assert_eq!(report["taken"].as_array().unwrap().len(), 1, "{report}");
}

/// Runs a script in which a disk of a given size is mounted, where the system lets us.
#[cfg(target_os = "linux")]
fn on_a_small_disk(script: &str) -> Option<Output> {
    let probe = Command::new("unshare").args(["-Urm", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: this system lets a test mount no disk of its own (unshare -Urm)");
        return None;
    }
    Some(Command::new("unshare").args(["-Urm", "sh", "-c", script]).output().unwrap())
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_leaves_the_ledger_whole_and_a_rerun_sends_once() {
    let icb = Icb::with_register();
    icb.drop_step(1, "concerns-quality");
    let disk = tempfile::tempdir().unwrap();
    let result = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_quarterday");
    // Full while files are taken in, and while documents are made and sent.
    for size in ["1200k", "3000k"] {
        let script = format!(
            "set -u
             mount -t tmpfs -o size={size} tmpfs '{disk}' || exit 97
             mkdir '{disk}/data' && cp -r '{inbox}' '{disk}/data/inbox' || exit 98
             run() {{ '{program}' run quarterly --pipeline '{pipeline}' --data '{disk}/data' --as-of 2026-07-14 -q; echo \"exit $?\"; }}
             run; '{program}' backup --verify '{disk}/data' ; echo \"verify $?\"
             mount -o remount,size=60m '{disk}'
             run; '{program}' backup --verify '{disk}/data'; echo \"verify $?\"
             run; rm -rf '{out}/outbox'; cp -r '{disk}/data/outbox' '{out}/outbox'",
            disk = disk.path().display(),
            inbox = icb.data().join("inbox").display(),
            pipeline = icb.pipeline("").display(),
            out = result.path().display(),
        );
        let Some(output) = on_a_small_disk(&script) else { return };
        let (told, complaints) = (said(&output), complained(&output));
        let exits: Vec<&str> =
            told.lines().filter(|l| l.starts_with("exit ") || l.starts_with("verify ")).collect();
        assert!(
            matches!(exits.as_slice(), ["exit 1", "verify 0" | "verify 1", "exit 0", "verify 0", "exit 0"]),
            "{size}: {exits:?}\n{told}\n{complaints}"
        );
        assert!(complaints.contains("free space on the disk"), "{size}: {complaints}");
        let sent = files(&result.path().join("outbox"));
        assert!(!sent.is_empty());
        let expected = icb.run("quarterly", "2026-07-14", &[]);
        assert_eq!(code(&expected), 0, "{}", complained(&expected));
        assert!(sent == files(&icb.data().join("outbox")), "{size}: the same messages, each once");
    }
}
