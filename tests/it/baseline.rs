//! With what levels and papers are compared: the last run, and the last pack that was sent.

use std::path::Path;

use serde_json::Value;

use crate::support::{code, complained, copy_of_demo, quarterday, said, text};

const JULY: &str = "quarterly-2026-07-14";
const OCTOBER: &str = "quarterly-2026-10-14";

fn look(data: &Path, args: &[&str]) -> String {
    let mut all = args.to_vec();
    all.extend(["--data", text(data)]);
    said(&quarterday(&all))
}

fn look_json(data: &Path, args: &[&str]) -> Value {
    let pipeline = data.join("pipeline");
    let mut all = args.to_vec();
    all.extend(["--json", "--pipeline", text(&pipeline)]);
    serde_json::from_str(&look(data, &all)).unwrap()
}

/// What the commands say that speak of the last run, without the time of day.
fn told(data: &Path) -> (String, String, Value, Value) {
    let status = look_json(data, &["status"]);
    let monitor = look_json(data, &["monitor"]);
    let named = |name: &str| {
        let of = |i: &&Value| i["name"].as_str() == Some(name);
        monitor["invariants"].as_array().unwrap().iter().find(of).unwrap()["broken"].clone()
    };
    (
        look(data, &["levels"]),
        look(data, &["explain", "X90001"]),
        serde_json::json!([status["data_as_at"], status["exceptions"], status["decisions"]]),
        named("clocks"),
    )
}

#[test]
fn a_pack_made_again_leaves_what_is_told_of_the_last_run_alone() {
    let dir = copy_of_demo();
    let data = dir.path();
    let before = told(data);
    assert!(before.0.starts_with("quarterly as at 14 October 2026"), "{}", before.0);
    assert!(before.3.as_array().is_some_and(|broken| !broken.is_empty()), "there is something to lose");
    assert!(before.1.contains("Stands at level 3"), "{}", before.1);
    let pipeline = data.join("pipeline");
    let run = |job: &str, as_of: &str| {
        let args = ["run", job, "--pipeline", text(&pipeline), "--data", text(data), "--as-of", as_of];
        let output = quarterday(&args);
        assert_eq!(code(&output), 0, "{}", complained(&output));
    };
    // The command of the README, then a date that has gone by.
    run("quarterly", "2026-07-14");
    assert_eq!(told(data), before);
    run("nightly", "2026-09-01");
    assert_eq!(told(data), before);
}

#[test]
fn a_run_that_is_not_the_last_one_says_so_first() {
    let data = crate::support::demo();
    let last = format!("the last run is {OCTOBER}, as at 14 October 2026");
    let first = |args: &[&str]| look(data, args).lines().next().unwrap().to_owned();
    assert!(first(&["levels", "--run", JULY]).ends_with(&last), "{}", first(&["levels", "--run", JULY]));
    assert!(first(&["explain", "X90001", "--run", JULY]).ends_with(&last));
    assert!(!look(data, &["levels"]).contains("the last run is"));
    assert!(!look(data, &["levels", "--run", OCTOBER]).contains("the last run is"));
    assert!(!look(data, &["explain", "X90001"]).contains("the last run is"));
    // A table for machines stays one: it is said beside it.
    let output = quarterday(&["levels", "--data", text(data), "--run", JULY, "--format", "csv"]);
    assert!(said(&output).starts_with("practice_code,"));
    assert!(complained(&output).contains(&last), "{}", complained(&output));
}
