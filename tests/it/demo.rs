//! The demo against the hand-written expectations of the fixtures.

use std::fs;

use toml::{Table, Value};

use crate::support::{code, complained, demo, files, levels_of, quarterday, repository, said, text};

fn expected() -> Table {
    let path = repository().join("fixtures/expected.toml");
    fs::read_to_string(path).unwrap().parse().unwrap()
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items.iter().map(|item| shown(Some(item))).collect::<Vec<_>>().join(";"),
        Some(other) => other.to_string(),
    }
}

#[test]
fn every_practice_stands_where_the_specification_puts_it() {
    let expected = expected();
    for (quarter, run) in [("q1", "quarterly-2026-07-14"), ("q2", "quarterly-2026-10-14")] {
        let levels = levels_of(demo(), &["--run", run]);
        let mut seen = 0;
        for practice in expected["practice"].as_array().unwrap() {
            let practice = practice.as_table().unwrap();
            let code = practice["code"].as_str().unwrap();
            let Some(wanted) = practice.get(quarter).and_then(Value::as_table) else {
                assert!(!levels.contains_key(code), "{code} should not be in {quarter}");
                continue;
            };
            seen += 1;
            let row = &levels[code];
            let columns = [
                "level",
                "proposed_level",
                "previous_level",
                "cause",
                "decision",
                "rules",
                "score_date",
                "not_assessed",
                "visit_due",
                "clock",
                "clock_start",
                "met_on",
                "days_late",
            ];
            for column in columns {
                let why = shown(wanted.get("why"));
                assert_eq!(row[column], shown(wanted.get(column)), "{quarter} {code} {column}: {why}");
            }
            let score: Option<f64> = wanted.get("variation_score").and_then(|v| match v {
                Value::Float(f) => Some(*f),
                Value::Integer(i) => Some(*i as f64),
                _ => None,
            });
            assert_eq!(row["variation_score"].parse::<f64>().ok(), score, "{quarter} {code} score");
        }
        assert_eq!(seen, levels.len(), "{quarter}: practices that nobody expects");
        assert_eq!(seen, 196);
    }
}

#[test]
fn every_file_is_accounted_for_to_the_row() {
    let folders = ["quarterly-2026-07-14", "nightly-2026-08-20", "quarterly-2026-10-14"];
    let mut received: Vec<serde_json::Value> = Vec::new();
    for run in folders {
        let log = fs::read_to_string(demo().join("runs").join(run).join("events.jsonl")).unwrap();
        let events = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        received.extend(events.filter(|e| e["event"] == "received").map(|mut e| {
            e["detail"]["run"] = run.into();
            e["detail"].take()
        }));
    }
    let expected = expected();
    let receipts = expected["receipt"].as_array().unwrap();
    assert_eq!(receipts.len(), received.len());
    for receipt in receipts {
        let receipt = receipt.as_table().unwrap();
        let step = usize::try_from(receipt["step"].as_integer().unwrap()).unwrap();
        let (feed, file) = (receipt["feed"].as_str().unwrap(), receipt["file"].as_str().unwrap());
        let found = received
            .iter()
            .find(|r| r["run"] == folders[step - 1] && r["feed"] == feed && r["file"] == file)
            .unwrap_or_else(|| panic!("step {step}: no receipt for {feed}/{file}"));
        for count in ["read", "accepted", "quarantined", "ignored"] {
            let counted = found["counts"][count].as_i64();
            assert_eq!(counted, receipt[count].as_integer(), "step {step} {feed}/{file} {count}");
        }
    }
}

#[test]
fn every_exception_is_alerted_when_something_happens_to_it_and_never_otherwise() {
    let runs = ["quarterly-2026-07-14", "nightly-2026-08-20", "quarterly-2026-10-14"];
    let mut wanted: Vec<String> = Vec::new();
    for exception in expected()["exception"].as_array().unwrap() {
        let exception = exception.as_table().unwrap();
        let step = usize::try_from(exception["step"].as_integer().unwrap()).unwrap();
        // A rating's reference is practice and date; its identity needs no feed.
        let (feed, reference) =
            (exception["feed"].as_str().unwrap(), exception["reference"].as_str().unwrap());
        let id =
            if feed == "cqc-ratings" { reference.replace(' ', "-") } else { format!("{feed}-{reference}") };
        for event in exception["events"].as_array().unwrap() {
            let run = runs[step - 1];
            let day = &run[run.len() - 10..];
            let name = format!("{day}-exception-{id}-{}-qc.pdf", event.as_str().unwrap()).to_lowercase();
            wanted.push(format!("{}/{name}", runs[step - 1]));
        }
    }
    let mut found: Vec<String> = files(&demo().join("packs"))
        .into_keys()
        .map(|path| path.to_string_lossy().replace('\\', "/"))
        .filter(|path| path.contains("-exception-"))
        .map(|path| path.replace("quality-committee/", ""))
        .collect();
    wanted.sort();
    found.sort();
    assert_eq!(found, wanted);
}

#[test]
fn each_recipient_gets_one_message_and_a_second_demo_sends_none() {
    let before = files(&demo().join("outbox"));
    let is_receipt = |path: &&std::path::PathBuf| path.to_string_lossy().contains("-receipt-r");
    // One receipt for each file of a team, and of the analyst's those with something to correct.
    assert_eq!(before.keys().filter(is_receipt).count(), 14 + 2 + 13);
    assert_eq!(before.len(), 14 + 4 + 13 + 14 + 2 + 13);
    let output = quarterday(&["demo", "--data", text(demo())]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert_eq!(said(&output).matches("nothing is repeated").count(), 3);
    assert_eq!(files(&demo().join("outbox")), before);
}

#[test]
fn a_demo_that_is_killed_goes_on_where_it_stopped_and_another_folder_gets_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    // Killed at several moments of its course; each time it is started again on the same folder.
    for wait in [300, 1200, 2500, 4000] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_quarterday"))
            .args(["demo", "--data", text(dir.path())])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let output = quarterday(&["demo", "--data", text(dir.path())]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    for part in ["packs", "outbox"] {
        assert!(files(&dir.path().join(part)) == files(&demo().join(part)), "{part}");
    }
    let last = levels_of(dir.path(), &["--run", "quarterly-2026-10-14"]);
    assert_eq!(last, levels_of(demo(), &["--run", "quarterly-2026-10-14"]));
}
