//! Why a practice stands at its level, what nearly holds, and what would change it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{code, complained, copy_of_demo, demo, files, quarterday, said, text};

/// What `explain` says as JSON of every practice of the demo's last run, by code.
fn explained() -> BTreeMap<String, Value> {
    let output = quarterday(&["explain", "--all", "--json", "--data", text(demo())]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let lines = said(&output);
    let all = lines.lines().map(|line| {
        let one: Value = serde_json::from_str(line).unwrap();
        (one["practice_code"].as_str().unwrap().to_owned(), one)
    });
    all.collect()
}

/// The counterfactuals of a practice, each as its five values.
fn moves(one: &Value) -> Vec<Value> {
    let all = one["counterfactuals"].as_array().unwrap().iter();
    all.map(|c| json!([c["direction"], c["input"], c["from"], c["to"], c["level"]])).collect()
}

fn turns(list: &Value) -> Vec<Value> {
    list.as_array().unwrap().iter().map(|turn| json!([turn["rule"], turn["row"], turn["by"]])).collect()
}

#[test]
fn every_practice_is_explained_with_what_would_change_its_level() {
    let all = explained();
    assert_eq!(all.len(), 196);
    assert_eq!(
        all["X90001"]["sentence"],
        "Level 3, because the variation score is 11.1; it was level 5 until the immediate concern QUA-2026-031 was \
         mitigated on 12 August 2026."
    );
    assert_eq!(all["X90024"]["sentence"], "Not assessed, because no score is known.");
    // The score is 11.1 of 30 September 2026, so it is too old from 1 April 2027.
    assert_eq!(
        moves(&all["X90001"]),
        [
            json!(["down", "score", 11.1, 9.9, 2]),
            json!(["up", "rating", "Good", "Requires improvement", 4]),
            json!(["up", "new concern", null, "Serious", 4]),
            json!(["down", "as-of", "2026-10-14", "2027-04-01", null]),
        ]
    );
    // An immediate concern, the only one: closing it leaves what else stands.
    assert_eq!(
        moves(&all["X90005"]),
        [json!(["down", "concern quality/QUA-2026-029", "Immediate", "closed", 2])]
    );
    // A decision at level 4 until 31 October 2026, over a score of 9.
    let x90052 = moves(&all["X90052"]);
    assert!(x90052.contains(&json!(["down", "decision", 4, null, 2])), "{x90052:?}");
    assert!(x90052.contains(&json!(["down", "as-of", "2026-10-14", "2026-11-01", 2])), "{x90052:?}");
    assert_eq!(
        all["X90052"]["near_misses"],
        json!([{ "rule": "variation-score-10", "input": "score", "from": 9.0, "needs": 10.0 }])
    );
    assert_eq!(all["X90001"]["near_misses"], json!([]), "a concern that was mitigated is no near miss");
}

#[test]
fn a_movement_names_each_finding_that_ended_or_began_and_what_did_it() {
    let all = explained();
    let of = |code: &str| (turns(&all[code]["ended"]), turns(&all[code]["began"]));
    let none: Vec<Value> = Vec::new();
    assert_eq!(
        of("X90001"),
        (vec![json!(["immediate-concern", "quality/QUA-2026-031", "status"])], none.clone())
    );
    assert_eq!(
        of("X90005"),
        (
            vec![json!(["serious-concern", "quality/QUA-2026-029", "severity"])],
            vec![json!(["immediate-concern", "quality/QUA-2026-029", "severity"])]
        )
    );
    assert_eq!(
        of("X90007"),
        (vec![json!(["cqc-in-year", "", "time"])], vec![json!(["cqc-earlier", "", "time"])])
    );
    assert_eq!(of("X90021"), (vec![json!(["variation-score-below-10", "", "time"])], none.clone()));
    assert_eq!(of("X90044"), (none.clone(), vec![json!(["decision", "2026-08-05 2", "new"])]));
    assert_eq!(
        of("X90050"),
        (
            vec![json!(["decision", "2026-06-17 2", "time"])],
            vec![json!(["decision", "2026-02-02 3", "decision"])]
        )
    );
    // A newer extract with the same finding ends nothing.
    assert_eq!(of("X90018"), (none.clone(), none));
}

#[test]
fn a_practice_is_found_by_a_part_of_its_name() {
    let output = quarterday(&["explain", "elderstead", "--data", text(demo())]);
    assert!(
        said(&output).starts_with("Level 3, because the variation score is 11.1"),
        "{}",
        complained(&output)
    );
    let output = quarterday(&["explain", "medical centre", "--data", text(demo())]);
    assert_eq!(code(&output), 1);
    assert!(complained(&output).contains("X90006 RAVENCROFT MEDICAL CENTRE"), "{}", complained(&output));
}

#[test]
fn what_if_says_who_would_move_and_changes_nothing() {
    let dir = copy_of_demo();
    let before = files(dir.path());
    let args = ["what-if", "--set", "variation_score=12", "--data", text(dir.path()), "--json"];
    let output = quarterday(&args);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let told: Value = serde_json::from_str(&said(&output)).unwrap();
    let moved = told["moved"].as_array().unwrap();
    let one = moved.iter().find(|one| one["practice_code"] == "X90001").unwrap();
    assert_eq!((&one["from"], &one["to"], &one["direction"]), (&json!(3), &json!(2), &json!("down")));
    assert_eq!(one["ended"], json!(["variation-score-10"]));
    assert_eq!(one["began"], json!(["variation-score-below-10"]));
    // 12.1 is still 12 or greater.
    assert!(!moved.iter().any(|one| one["practice_code"] == "X90022"));
    assert!(files(dir.path()) == before, "the data folder is as it was");
    let output = quarterday(&["what-if", "--set", "score=12", "--data", text(dir.path())]);
    assert_eq!(code(&output), 1);
    assert!(complained(&output).contains("its values are: variation_score"), "{}", complained(&output));
}
