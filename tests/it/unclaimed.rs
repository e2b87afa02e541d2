//! Rows that stand and that no rule claims: told by `check`, and never passed over in silence by a run.

use std::fs;

use crate::support::{Icb, code, complained, quarterday, said, text};

const CONCERNS: &str = "Practice code,Date raised,Date notified,Severity,Exception criterion,Status,Status date,Reference\n\
                        X90100,18/06/2026,20/06/2026,Serious,Patient harm,Open,,Q-1\n";

#[test]
fn a_row_that_no_rule_claims_leaves_a_practice_not_assessed() {
    let icb = Icb::with_register();
    let score = "Practice code,Variation score,Extract date\nX90100,0,30/06/2026\nX90101,0,30/06/2026\n";
    icb.drop_bytes("dashboard", "scores.csv", score);
    icb.drop_bytes("concerns-quality", "concerns.csv", CONCERNS);
    icb.report("nightly", "2026-07-10");
    let levels = icb.levels();
    assert_eq!([&levels["X90100"]["level"], &levels["X90100"]["rules"]], ["4", "serious-concern"]);
    assert_eq!([&levels["X90101"]["level"], &levels["X90101"]["rules"]], ["1", "nothing-stands"]);

    fs::remove_file(icb.pipeline("rules/serious-concern.toml")).unwrap();
    let output = quarterday(&["check", "--pipeline", text(&icb.pipeline(""))]);
    let told = format!("{}{}", said(&output), complained(&output));
    assert_eq!(code(&output), 0, "{told}");
    assert!(told.contains("rows of `concerns` with severity = 'Serious' meet no rule"), "{told}");
    assert!(told.contains("there are 9 files in rules, and `at_least` says 10"), "{told}");

    icb.report("nightly", "2026-07-11");
    let levels = icb.levels();
    assert_eq!([&levels["X90100"]["level"], &levels["X90100"]["rules"]], ["", ""]);
    assert_eq!(levels["X90101"]["level"], "1", "nothing is left over of it");
    let output = quarterday(&["levels", "--data", text(&icb.data())]);
    assert!(
        complained(&output).contains("rows stand that no rule claims, at X90100"),
        "{}",
        complained(&output)
    );
    let told = said(&quarterday(&["explain", "X90100", "--data", text(&icb.data())]));
    assert!(told.contains("Stands at not assessed"), "{told}");
    assert!(
        told.contains("Rows that no rule claims; while they stand, no rule says that nothing does:"),
        "{told}"
    );
    assert!(told.contains("- concerns: feed = concerns-quality, reference = Q-1 (H2)"), "{told}");
    assert!(told.contains("severity = Serious (D2)"), "{told}");
}
