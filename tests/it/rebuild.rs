//! Any past pack can be made again, byte for byte, and nothing is sent twice.

use std::fs;

use crate::support::{Icb, code, complained, copy_of_demo, files, quarterday, said, text};

fn run(data: &std::path::Path, job: &str, as_of: &str, more: &[&str]) -> std::process::Output {
    let pipeline = data.join("pipeline");
    let mut args = vec!["run", job, "--pipeline", text(&pipeline), "--data", text(data), "--as-of", as_of];
    args.extend(more);
    quarterday(&args)
}

#[test]
fn the_first_quarter_is_made_again_after_the_second_byte_for_byte() {
    let dir = copy_of_demo();
    let before = files(&dir.path().join("packs"));
    let outbox = files(&dir.path().join("outbox"));
    fs::remove_dir_all(dir.path().join("packs")).unwrap();
    for (job, as_of) in [("quarterly", "2026-07-14"), ("nightly", "2026-08-20"), ("quarterly", "2026-10-14")]
    {
        let output = run(dir.path(), job, as_of, &["--json"]);
        assert_eq!(code(&output), 0, "{}", complained(&output));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["run"], format!("{job}-{as_of}"), "the same inputs are the same run");
        assert_eq!(report["sent"], 0);
    }
    let after = files(&dir.path().join("packs"));
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    for (path, bytes) in &before {
        assert!(after[path] == *bytes, "{} differs", path.display());
    }
    assert!(files(&dir.path().join("outbox")) == outbox, "nothing was sent again");
}

#[test]
fn a_file_that_waits_does_not_enter_an_earlier_quarter() {
    let dir = copy_of_demo();
    let before = files(&dir.path().join("packs/quarterly-2026-07-14"));
    let sheet =
        "Practice code,Date raised,Severity,Status,Reference\nX90100,01/07/2026,Immediate,Open,NEW-1\n";
    let path = dir.path().join("inbox/concerns-quality/late.csv");
    fs::write(&path, sheet).unwrap();
    let output = run(dir.path(), "quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert!(said(&output).contains("1 file waits in the inbox"), "{}", said(&output));
    assert!(files(&dir.path().join("packs/quarterly-2026-07-14")) == before);
    assert!(!path.with_file_name("late.csv.receipt.txt").exists());
}

#[test]
fn a_dry_run_makes_the_exact_messages_and_changes_nothing() {
    let icb = Icb::with_register();
    icb.drop_step(1, "concerns-quality");
    let before = files(&icb.data());
    let output = icb.run("quarterly", "2026-07-14", &["--dry-run"]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert!(said(&output).lines().next().unwrap().contains("NOT SENT"), "{}", said(&output));
    let mut after = files(&icb.data());
    let dry: Vec<_> = after.keys().filter(|p| p.starts_with("dry-run")).cloned().collect();
    let messages = dry.iter().filter(|p| p.extension().is_some_and(|e| e == "eml")).count();
    assert!(messages >= 6, "{dry:?}");
    let wet: std::collections::BTreeMap<_, _> = dry
        .iter()
        .map(|p| (p.strip_prefix("dry-run").unwrap().to_path_buf(), after.remove(p).unwrap()))
        .collect();
    after.remove(std::path::Path::new(".lock"));
    assert_eq!(
        after.keys().collect::<Vec<_>>(),
        before.keys().collect::<Vec<_>>(),
        "nothing else was written"
    );

    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let real = files(&icb.data());
    for (path, bytes) in wet.iter().filter(|(p, _)| p.starts_with("outbox") || p.starts_with("packs")) {
        assert!(real[path] == *bytes, "{} is not what was shown before", path.display());
    }
}

#[test]
fn a_second_instance_is_kept_out() {
    let icb = Icb::with_register();
    fs::create_dir_all(icb.data()).unwrap();
    let lock = fs::File::create(icb.data().join(".lock")).unwrap();
    lock.lock().unwrap();
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert_eq!(code(&output), 8, "{}", complained(&output));
    assert!(complained(&output).contains("another instance"), "{}", complained(&output));
    drop(lock);
    assert_eq!(code(&icb.run("nightly", "2026-07-14", &[])), 0);
}

#[test]
fn nothing_can_be_said_without_the_register() {
    let icb = Icb::new();
    icb.drop_step(1, "concerns-quality");
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert_eq!(code(&output), 5);
    assert!(complained(&output).contains("ods-register"), "{}", complained(&output));
    // The sheet was received all the same, and counts once the register is there.
    icb.drop_step(1, "ods-register");
    assert_eq!(code(&icb.run("nightly", "2026-07-14", &[])), 0);
    assert_eq!(icb.levels().len(), 197, "without a list of patients the rule of the list cannot be applied");
}
