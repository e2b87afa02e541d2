//! A past run is done again and compared byte for byte.

use std::fs;
use std::path::Path;

use crate::support::{Icb, code, complained, copy_of_demo, demo, files, quarterday, said, text};

const JULY: &str = "quarterly-2026-07-14";

fn replay(data: &Path, run: &str, more: &[&str]) -> std::process::Output {
    let mut args = vec!["replay", run, "--data", text(data)];
    args.extend(more);
    quarterday(&args)
}

#[test]
fn every_run_of_the_demo_comes_out_the_same_and_the_folder_is_only_read() {
    let before = files(demo());
    let mut told = String::new();
    for run in [JULY, "nightly-2026-08-20", "quarterly-2026-10-14"] {
        let output = replay(demo(), run, &["--quiet"]);
        assert_eq!(code(&output), 0, "{}{}", said(&output), complained(&output));
        assert_eq!(complained(&output), "", "quiet");
        told.push_str(&said(&output));
    }
    insta::assert_snapshot!(told);
    let output = quarterday(&["replay", "--json", "--data", text(demo())]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((json["run"].as_str(), json["same"].as_bool()), (Some("quarterly-2026-10-14"), Some(true)));
    let after = files(demo());
    let changed = |from: &std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>,
                   path: &std::path::PathBuf| {
        // SQLite makes and removes these two when it reads.
        let beside = ["ledger.sqlite-shm", "ledger.sqlite-wal"];
        !beside.iter().any(|name| path.ends_with(name)) && from.get(path) != after.get(path)
    };
    let changed: Vec<_> = before.keys().chain(after.keys()).filter(|p| changed(&before, p)).collect();
    assert_eq!(changed, [] as [&std::path::PathBuf; 0]);
}

#[test]
fn what_was_changed_or_removed_since_is_named() {
    let dir = copy_of_demo();
    let packs = dir.path().join("packs").join(JULY);
    let pack = "primary-medical-services-group/2026-07-14-quarterly-pack-2026-27-q1-pmsg-named-OFFICIAL-SENSITIVE.pdf";
    fs::write(packs.join(pack), "%PDF-1.7 another").unwrap();
    let gone =
        "primary-care-quality-group/2026-07-14-quarterly-pack-2026-27-q1-pcqg-named-OFFICIAL-SENSITIVE.pdf";
    fs::remove_file(packs.join(gone)).unwrap();
    fs::write(packs.join("primary-care-quality-group/notes.txt"), "mine").unwrap();
    let message = files(&dir.path().join("outbox")).into_keys().next().unwrap();
    fs::write(dir.path().join("outbox").join(&message), "Subject: other\r\n").unwrap();
    fs::write(dir.path().join("runs").join(JULY).join("levels.csv"), "practice_code\n").unwrap();
    let output = replay(dir.path(), JULY, &["-q"]);
    assert_eq!(code(&output), 20, "{}", said(&output));
    insta::assert_snapshot!(said(&output));
}

#[test]
fn another_pipeline_folder_is_named_as_the_reason() {
    let dir = copy_of_demo();
    let path = dir.path().join("pipeline/levels.toml");
    let levels = fs::read_to_string(&path).unwrap();
    fs::write(&path, levels.replacen("due       = \"1 month\"", "due       = \"2 months\"", 1)).unwrap();
    let pipeline = dir.path().join("pipeline");
    let output = replay(dir.path(), JULY, &["--pipeline", text(&pipeline), "-q"]);
    assert_eq!(code(&output), 20, "{}", complained(&output));
    let said = said(&output);
    assert!(said.contains("the pipeline folder is not the one of the run: levels.toml changed"), "{said}");
    assert!(said.contains(&format!("differs  runs/{JULY}/result.json")), "{said}");
    // The folder that was kept is the one of the run, whatever became of it since.
    assert_eq!(code(&replay(dir.path(), JULY, &[])), 0);
}

#[test]
fn a_damaged_store_is_told_file_by_file() {
    let dir = copy_of_demo();
    let manifest = fs::read(dir.path().join("runs").join(JULY).join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let stored = |index: usize| {
        let sha256 = manifest["inputs"][index]["sha256"].as_str().unwrap();
        dir.path().join("store").join(&sha256[..2]).join(sha256)
    };
    fs::write(stored(0), "other rows").unwrap();
    fs::remove_file(stored(3)).unwrap();
    let output = replay(dir.path(), JULY, &["-q"]);
    assert_eq!(code(&output), 20);
    let said = said(&output);
    assert!(said.contains("CANNOT be done again"), "{said}");
    assert!(said.contains("R0001") && said.contains("has changed since it was stored"), "{said}");
    assert!(said.contains("R0004") && said.contains("is not in the store"), "{said}");
    assert!(complained(&output).contains("from a backup"), "{}", complained(&output));
}

#[test]
fn a_run_with_other_inputs_on_the_same_day_is_told_from_the_first() {
    let icb = Icb::with_register();
    icb.drop_step(1, "concerns-quality");
    assert_eq!(icb.report("quarterly", "2026-07-14")["run"], JULY);
    icb.drop_step(1, "concerns-safeguarding");
    assert_eq!(icb.report("quarterly", "2026-07-14")["run"], format!("{JULY}-2"));
    for run in [JULY.to_owned(), format!("{JULY}-2")] {
        let output = replay(&icb.data(), &run, &["-q"]);
        assert_eq!(code(&output), 0, "{run}: {}{}", said(&output), complained(&output));
    }
}

#[test]
fn the_run_folders_may_be_lost() {
    let dir = copy_of_demo();
    fs::remove_dir_all(dir.path().join("runs")).unwrap();
    let run = "quarterly-2026-10-14";
    let output = replay(dir.path(), run, &["-q"]);
    assert_eq!(code(&output), 0, "{}{}", said(&output), complained(&output));
    let kept = "results    3 made again as they were, gone from the data folder and kept in the store";
    let told = said(&output);
    assert!(told.contains("documents  32 the same") && told.contains("messages   26 the same"), "{told}");
    assert!(told.contains(kept), "{told}");
    // What the store has not either is gone.
    let ledger = rusqlite::Connection::open(dir.path().join("ledger.sqlite")).unwrap();
    assert_eq!(ledger.execute("DELETE FROM result_kept WHERE run = ?1", [run]).unwrap(), 1);
    drop(ledger);
    let output = replay(dir.path(), run, &["-q"]);
    assert_eq!(code(&output), 20, "{}{}", said(&output), complained(&output));
    let told = said(&output);
    assert!(told.contains("2 gone from the data folder"), "{told}");
    assert!(told.contains(&format!("gone  runs/{run}/result.json: somebody removed the file")), "{told}");
}

#[test]
fn what_people_did_after_a_run_is_not_held_against_it() {
    let icb = Icb::with_register();
    icb.drop_step(1, "dashboard");
    let waits = |name: &str| {
        let members = format!("{name}\"\ndocuments = [\"quarterly-pack\"]");
        icb.edit("committees.toml", &members, &format!("{members}\nrelease = \"approval\""));
    };
    waits("Primary Medical Services Group");
    waits("Primary Care Commissioning Sub-Committee");
    icb.report("quarterly", "2026-07-14");
    let told = || {
        let output = replay(&icb.data(), JULY, &["-q"]);
        assert_eq!(code(&output), 0, "{}", said(&output));
        said(&output)
    };
    assert!(told().contains("messages   3 the same, 3 held back until a person lets them go"), "{}", told());
    let desk = |args: &[&str]| {
        let output = crate::release::desk(&icb, args);
        assert_eq!(code(&output), 0, "{}", complained(&output));
    };
    desk(&["approve", "pmsg-2026-27-q1", "--as", "Head", "--note", "Read.", "--as-of", "2026-07-15"]);
    assert!(told().contains("messages   5 the same, 1 held back"), "{}", told());
    desk(&["recall", "pmsg-2026-27-q1", "--by", "Head", "--reason", "A wrong extract."]);
    let one = "pcqg.secretary@marrowdale-icb.example";
    desk(&["resend", "pcqg-2026-27-q1", "--to", one, "--as", "Secretary"]);
    assert!(
        told().contains(
            "messages   5 the same, 1 held back until a person lets them go, 3 sent later by a person"
        ),
        "{}",
        told()
    );
}
