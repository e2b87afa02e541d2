//! A data folder of a version in which documents were part of the program: one pack a committee, known by the
//! committee alone, and called `quarterly-pack` whatever stood in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Map, Value};

use crate::support::{code, complained, copy_of_demo, quarterday, said, text};

/// Makes the folder as that version left it.
fn as_left_before(data: &Path) {
    let ledger = rusqlite::Connection::open(data.join("ledger.sqlite")).unwrap();
    let renamed = |column: &str| format!("replace({column}, 'exceptions/', 'quarterly-pack/')");
    for change in [
        format!(
            "UPDATE pack SET kind = 'quarterly-pack', letter = {} WHERE kind = 'exceptions'",
            renamed("letter")
        ),
        format!("UPDATE pack_message SET key = {}", renamed("key")),
        format!("UPDATE dispatch SET key = {}", renamed("key")),
        format!("UPDATE dispatch_step SET key = {}", renamed("key")),
    ] {
        ledger.execute_batch(&format!("PRAGMA foreign_keys = OFF; {change}")).unwrap();
    }
    let mut runs = ledger.prepare("SELECT id FROM run").unwrap();
    let runs: Vec<String> = runs.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    for run in runs {
        let path = data.join("runs").join(&run).join("manifest.json");
        let mut manifest: Map<String, Value> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let now: BTreeMap<String, Value> =
            serde_json::from_value(manifest.remove("baselines").unwrap()).unwrap();
        let alone = now.into_iter().map(|(key, of)| (key.split('/').next().unwrap().to_owned(), of));
        manifest.insert("committees".to_owned(), Value::Object(alone.collect()));
        let written = serde_json::to_vec_pretty(&manifest).unwrap();
        fs::write(&path, &written).unwrap();
        let sha256 = quarterday::sha256(&written);
        ledger.execute("UPDATE run SET manifest = ?1 WHERE id = ?2", [&sha256, &run]).unwrap();
    }
}

fn asked(data: &Path, command: &[&str], pipeline: bool, more: &[&str]) -> Output {
    let folder = data.join("pipeline");
    let mut args = command.to_vec();
    args.extend(["--data", text(data)]);
    if pipeline {
        args.extend(["--pipeline", text(&folder)]);
    }
    args.extend(more);
    quarterday(&args)
}

#[test]
fn a_data_folder_of_an_earlier_version_works_on() {
    let dir = copy_of_demo();
    let data = dir.path();
    as_left_before(data);
    let status = asked(data, &["status"], true, &[]);
    assert!(
        code(&status) == 0 && said(&status).contains(" sent"),
        "{}{}",
        said(&status),
        complained(&status)
    );
    let packs = said(&asked(data, &["packs"], false, &[]));
    assert_eq!(
        packs.lines().filter(|line| line.starts_with("qc-2026-27-q") && line.contains(" sent ")).count(),
        2,
        "{packs}"
    );
    let monitor = said(&asked(data, &["monitor"], true, &[]));
    assert!(!monitor.contains("recipient has not been sent it"), "{monitor}");
    assert_eq!(code(&asked(data, &["audit"], false, &[])), 0);
    // The pack of another date is compared with what each committee was sent by the earlier version.
    let run = |as_of: &str| asked(data, &["run", "quarterly"], true, &["--as-of", as_of]);
    // The last quarter made again says the same: nobody is sent it twice, whatever it was called.
    let again = run("2026-10-14");
    assert_eq!(code(&again), 0, "{}", complained(&again));
    assert!(said(&again).contains("0 sent now, 6 sent before"), "{}", said(&again));
    let next = run("2027-01-15");
    assert_eq!(code(&next), 0, "{}", complained(&next));
    let manifest = fs::read(data.join("runs/quarterly-2027-01-15/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["baselines"]["quality-committee/quarterly-pack"]["as_of"], "2026-10-14");
    let paper = data.join("runs/quarterly-2027-01-15/documents/quality-committee");
    let said_of = |folder: &Path| -> String {
        let files = fs::read_dir(folder).unwrap().flatten();
        files.map(|file| fs::read_to_string(file.path()).unwrap()).collect()
    };
    assert!(said_of(&paper).contains("Since the pack of 14 October 2026"), "{}", said_of(&paper));
    // What it sent can be recalled.
    let recall = asked(
        data,
        &["recall", "qc-2026-27-q2"],
        true,
        &["--by", "Analyst", "--reason", "a wrong figure", "--as-of", "2027-01-16"],
    );
    assert_eq!(code(&recall), 0, "{}{}", said(&recall), complained(&recall));
    let packs = said(&asked(data, &["packs"], false, &[]));
    assert!(
        packs.lines().any(|line| line.starts_with("qc-2026-27-q2 ") && line.contains("recalled")),
        "{packs}"
    );
}
