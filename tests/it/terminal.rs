//! The commands as a person and as another program see them.

use crate::support::{Icb, code, complained, demo, quarterday, repository, said, text};

#[test]
fn levels_have_a_fixed_header_and_one_row_a_practice() {
    let output = quarterday(&["levels", "--data", text(demo()), "--format", "csv"]);
    let said = said(&output);
    let mut lines = said.lines();
    assert_eq!(
        lines.next(),
        Some(
            "practice_code,practice_name,place,level,proposed_level,previous_level,cause,decision,rules,\
             variation_score,score_date,not_assessed,visit_due,clock,clock_start,met_on,days_late,marks"
        )
    );
    let codes: Vec<&str> = lines.filter_map(|line| line.split(',').next()).collect();
    assert_eq!(codes.len(), 196);
    assert!(codes.is_sorted());
}

#[test]
fn levels_as_json_are_the_same_cells() {
    let output =
        quarterday(&["levels", "--data", text(demo()), "--format", "json", "--run", "quarterly-2026-07-14"]);
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    insta::assert_json_snapshot!(rows[0]);
    assert_eq!(rows.as_array().unwrap().len(), 196);
}

#[test]
fn explain_prints_the_evidence_down_to_the_cell() {
    let mut told = String::new();
    // A worsened exception, a decision in conflict, a carried concern, a stale score, a met clock.
    for practice in ["X90005", "x90047", "X90056", "X90022", "X90001"] {
        let args = ["explain", practice, "--data", text(demo()), "--run", "quarterly-2026-10-14"];
        let output = quarterday(&args);
        assert_eq!(code(&output), 0, "{}", complained(&output));
        told.push_str(&said(&output));
        told.push('\n');
    }
    insta::assert_snapshot!(told);
}

#[test]
fn explain_knows_what_it_does_not_know() {
    let output = quarterday(&["explain", "X90951", "--data", text(demo())]);
    assert_eq!(code(&output), 1);
    assert!(complained(&output).contains("X90951 is not a practice in scope"), "{}", complained(&output));
    let output = quarterday(&["levels", "--data", text(demo()), "--run", "quarterly-2020-01-01"]);
    assert_eq!(code(&output), 1);
    assert!(complained(&output).contains("there are quarterly-2026-07-14"), "{}", complained(&output));
}

#[test]
fn the_first_pipeline_checks() {
    let folder = repository().join("pipelines/lancashire-south-cumbria");
    let output = quarterday(&["check", "--pipeline", text(&folder), "--as-of", "2026-07-14"]);
    assert_eq!(code(&output), 0);
    insta::assert_snapshot!(said(&output));
}

#[test]
fn check_tells_everything_at_once_in_text_and_json() {
    let icb = Icb::new();
    icb.edit("rules/serious-concern.toml", "'Serious'", "'Seriuos'");
    icb.edit("committees.toml", "pmsg.chair@", "pmsg.chair at ");
    icb.edit("levels.toml", "shape     = \"hexagon\"", "shape     = \"heptagon\"");
    let output = quarterday(&["check", "--as-of", "2026-07-14", "--pipeline", text(&icb.pipeline(""))]);
    assert_eq!(code(&output), 3);
    insta::assert_snapshot!(said(&output));
    let output = quarterday(&["check", "--json", "--pipeline", text(&icb.pipeline(""))]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["valid"], false);
    assert_eq!(json["diagnostics"].as_array().unwrap().len(), 3);
}

#[test]
fn wrong_arguments_say_what_to_write() {
    let icb = Icb::with_register();
    let output = icb.run("weekly", "2026-07-14", &[]);
    assert_eq!(code(&output), 3);
    assert!(complained(&output).contains("the pipeline has nightly, quarterly"), "{}", complained(&output));
    let output = icb.run("nightly", "14/07/2026", &[]);
    assert_eq!(code(&output), 2);
    let output = quarterday(&["check", "--pipeline", "nowhere"]);
    assert_eq!(code(&output), 3);
    assert!(complained(&output).contains("nowhere"), "{}", complained(&output));
}

#[test]
fn help_says_what_the_exit_codes_mean() {
    let output = quarterday(&["--help"]);
    insta::assert_snapshot!(said(&output));
}
