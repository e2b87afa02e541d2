//! Clocks over the months: a concern worsens, eases, is closed and opened again, and each has its own.

use std::fs;

use crate::support::{Icb, code, complained, levels_of, quarterday, said, text};

const HEADER: &str = "Practice code,Date raised,Date notified,Severity,Severity since,Exception criterion,Status,Status date,Reference\n";

/// A row of a concern of X90100, raised on 18 and told on 20 June.
fn row(reference: &str, severity: &str, since: &str, status: &str, on: &str) -> String {
    format!("X90100,18/06/2026,20/06/2026,{severity},{since},Patient harm,{status},{on},{reference}\n")
}

fn sheet(rows: &[String]) -> String {
    format!("{HEADER}{}", rows.concat())
}

const VISITS: &str =
    "Practice code,Visit type,Planned date,Visit date,Status,Paused from,Paused until,Reason,Reference\n";

/// State, start, due date, visit and days late of X90100 on a date.
fn clock(icb: &Icb, as_of: &str) -> [String; 6] {
    icb.report("nightly", as_of);
    let run = format!("nightly-{as_of}");
    let row = levels_of(&icb.data(), &["--run", &run]).remove("X90100").unwrap();
    ["level", "clock", "clock_start", "visit_due", "met_on", "days_late"].map(|column| row[column].clone())
}

fn explained(icb: &Icb) -> String {
    said(&quarterday(&["explain", "X90100", "--data", text(&icb.data())]))
}

fn alerts(icb: &Icb, as_of: &str) -> Vec<String> {
    let report = icb.report("nightly", as_of);
    report["alerts"].as_array().unwrap().iter().map(|a| a.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_worsening_starts_anew_and_an_improvement_moves_nothing() {
    let icb = Icb::with_register();
    let quality = |name: &str, rows: &[String]| {
        icb.drop_bytes("concerns-quality", name, sheet(rows));
    };
    quality("1.csv", &[row("Q-1", "Serious", "", "Open", "")]);
    let visit = "X90100,Reactive,05/07/2026,05/07/2026,Completed,,,,V-1\n";
    icb.drop_bytes("visits", "visits.csv", format!("{VISITS}{visit}"));
    assert_eq!(clock(&icb, "2026-07-10"), ["4", "met", "2026-06-20", "2026-07-20", "2026-07-05", ""]);

    quality("2.csv", &[row("q-1 ", "Immediate", "", "Open", "")]);
    assert_eq!(clock(&icb, "2026-07-20"), ["5", "due-soon", "2026-07-20", "2026-07-27", "", ""]);
    assert_eq!(clock(&icb, "2026-08-01"), ["5", "overdue", "2026-07-20", "2026-07-27", "", "5"]);
    let told = explained(&icb);
    assert!(told.contains("Clock: from 20 July 2026, visit due 27 July 2026, overdue by 5 days"), "{told}");
    assert!(told.contains("since = 20 July 2026"), "{told}");

    quality("3.csv", &[row("Q-1", "Serious", "", "Open", "")]);
    assert_eq!(clock(&icb, "2026-08-05"), ["4", "met", "2026-06-20", "2026-07-20", "2026-07-05", ""]);

    quality("4.csv", &[row("Q-1", "Serious", "", "Closed", "09/08/2026")]);
    assert_eq!(clock(&icb, "2026-08-10"), ["", "running", "2026-07-05", "2029-07-05", "", ""]);

    quality("5.csv", &[row("Q-1", "Serious", "", "Open", "")]);
    assert_eq!(clock(&icb, "2026-08-20"), ["4", "running", "2026-08-20", "2026-09-20", "", ""]);

    quality("6.csv", &[row("Q-1", "Serious", "15/08/2026", "Open", "")]);
    assert_eq!(clock(&icb, "2026-08-25"), ["4", "running", "2026-08-15", "2026-09-15", "", ""]);

    quality("7.csv", &[row("Q-1", "Serious", "10/08/2026", "Open", "")]);
    assert_eq!(clock(&icb, "2026-08-30"), ["4", "running", "2026-08-20", "2026-09-20", "", ""]);
    let receipt = fs::read_to_string(icb.data().join("inbox/concerns-quality/7.csv.receipt.txt")).unwrap();
    assert!(receipt.contains("1 rows read = 1 accepted"), "{receipt}");
    for part in ["E2", "10 August 2026 is not after 10 August 2026, when a sheet showed it no longer open"] {
        assert!(receipt.contains(part), "{part}: {receipt}");
    }
    // A run for an old day knows nothing of what came later.
    assert_eq!(clock(&icb, "2026-07-20"), ["5", "due-soon", "2026-07-20", "2026-07-27", "", ""]);
}

#[test]
fn what_was_not_received_tells_nothing() {
    let icb = Icb::with_register();
    let other = |severity: &str| row("Q-2", severity, "", "Open", "");
    icb.drop_bytes("concerns-quality", "1.csv", sheet(&[row("Q-1", "Moderate", "", "Open", "")]));
    clock(&icb, "2026-07-01");
    // Its row is set aside, and the next file is refused whole.
    icb.drop_bytes("concerns-quality", "2.csv", sheet(&[row("Q-1", "Grave", "", "Open", ""), other("Low")]));
    clock(&icb, "2026-07-02");
    icb.drop_bytes("concerns-quality", "3.csv", "Surgery,Words\nX90100,Serious\n");
    clock(&icb, "2026-07-03");
    let serious = sheet(&[row("Q-1", "Serious", "", "Open", ""), other("Low")]);
    icb.drop_bytes("concerns-quality", "4.csv", &serious);
    assert_eq!(clock(&icb, "2026-07-04"), ["4", "running", "2026-07-04", "2026-08-04", "", ""]);
    // A concern that no earlier sheet shows started when it was told.
    icb.drop_bytes("concerns-estates", "1.csv", sheet(&[row("E-1", "Serious", "", "Open", "")]));
    let [level, state, start, due, ..] = clock(&icb, "2026-07-05");
    assert_eq!([level, state, start, due], ["4", "running", "2026-06-20", "2026-07-20"]);
}

#[test]
fn a_new_concern_after_a_visit_asks_for_a_visit_of_its_own() {
    let icb = Icb::with_register();
    let late = "X90100,14/07/2026,15/07/2026,Serious,,,Open,,Q-2\n".to_owned();
    icb.drop_bytes("concerns-quality", "1.csv", sheet(&[row("Q-1", "Serious", "", "Open", ""), late]));
    let visit =
        |date: &str, reference: &str| format!("X90100,Reactive,{date},{date},Completed,,,,{reference}\n");
    let pause = "X90100,Reactive,17/07/2026,,Paused,16/07/2026,25/07/2026,The practice moves,V-2\n";
    icb.drop_bytes("visits", "1.csv", format!("{VISITS}{}{pause}", visit("10/07/2026", "V-1")));
    assert_eq!(clock(&icb, "2026-07-20"), ["4", "paused", "2026-07-15", "", "", ""]);
    // Ten days of the month were paused.
    assert_eq!(clock(&icb, "2026-08-01"), ["4", "running", "2026-07-15", "2026-08-25", "", ""]);
    let told = explained(&icb);
    let met = "- serious-concern (1.csv, row 2): from 20 June 2026, visit due 20 July 2026, met on 10 July 2026, in time";
    assert!(told.contains(met), "{told}");
    let owed = "- serious-concern (1.csv, row 3): from 15 July 2026, visit due 25 August 2026 (running)";
    assert!(told.contains(owed), "{told}");
    // Both are met: the clock is that of the latest start, and this one was met late.
    let visits = format!("{VISITS}{}{pause}{}", visit("10/07/2026", "V-1"), visit("28/08/2026", "V-3"));
    icb.drop_bytes("visits", "2.csv", visits);
    assert_eq!(clock(&icb, "2026-09-01"), ["4", "met-late", "2026-07-15", "2026-08-25", "2026-08-28", "3"]);
}

#[test]
fn an_exception_is_breached_once_a_start_and_its_easing_alerts_nobody() {
    let icb = Icb::with_register();
    let quality = |name: &str, severity: &str| {
        icb.drop_bytes("concerns-quality", name, sheet(&[row("Q-1", severity, "", "Open", "")]));
    };
    quality("1.csv", "Serious");
    let id = "concerns-quality/Q-1";
    assert_eq!(alerts(&icb, "2026-06-25"), [format!("{id} opened")]);
    quality("2.csv", "Immediate");
    assert_eq!(alerts(&icb, "2026-07-01"), [format!("{id} worsened")]);
    assert_eq!(alerts(&icb, "2026-07-09"), [format!("{id} breached")]);
    quality("3.csv", "Serious");
    assert_eq!(alerts(&icb, "2026-07-10"), [] as [&str; 0]);
    // The month of the serious concern started on 20 June.
    assert_eq!(alerts(&icb, "2026-07-21"), [format!("{id} breached")]);
    assert_eq!(alerts(&icb, "2026-07-22"), [] as [&str; 0]);
    quality("4.csv", "Immediate");
    assert_eq!(alerts(&icb, "2026-07-23"), [format!("{id} worsened")]);
    assert_eq!(alerts(&icb, "2026-07-31"), [format!("{id} breached")]);
    let told: Vec<String> = crate::support::files(&icb.data().join("outbox"))
        .into_keys()
        .map(|path| path.to_string_lossy().into_owned())
        .filter(|name| name.contains("breached"))
        .collect();
    assert_eq!(told.len(), 3, "each leaves as a message of its own: {told:?}");
}

#[test]
fn a_number_that_rules_share_stands_once_and_gaps_between_rules_are_warned_of() {
    let icb = Icb::with_register();
    icb.drop_step(1, "dashboard");
    let check = |icb: &Icb| {
        let output = quarterday(&["check", "--pipeline", text(&icb.pipeline(""))]);
        (code(&output), format!("{}{}", said(&output), complained(&output)))
    };
    // One edit moves every rule, title and sentence.
    icb.edit("levels.toml", "variation_score = 10 ", "variation_score = 12 ");
    assert_eq!(check(&icb), (0, check(&icb).1));
    assert!(!check(&icb).1.contains("rule-numbers"), "{}", check(&icb).1);
    icb.report("nightly", "2026-07-14");
    assert_eq!(icb.levels()["X90017"]["rules"], "variation-score-below-10");
    let told = said(&quarterday(&["explain", "X90017", "--data", text(&icb.data())]));
    assert!(told.contains("Variation score 10 at 30 June 2026, below 12."), "{told}");

    // One rule changed alone leaves numbers that no rule claims: told, and the practice is not assessed.
    icb.edit("levels.toml", "variation_score = 12 ", "variation_score = 10 ");
    icb.edit(
        "rules/variation-score-10.toml",
        "not stale and score >= variation_score",
        "not stale and score >= 12",
    );
    let (exit, told) = check(&icb);
    assert_eq!(exit, 0, "{told}");
    assert!(told.contains("`score` from 10 to below 12 meets no rule"), "{told}");
    assert!(told.contains("rules/variation-score-10.toml:5: warning [rule-numbers]"), "{told}");
    icb.report("nightly", "2026-07-15");
    let row = &icb.levels()["X90017"];
    assert_eq!([&row["level"], &row["rules"], &row["clock"]], ["", "", "running"]);

    icb.edit("rules/variation-score-10.toml", "score >= 12", "score >= 8");
    let told = check(&icb).1;
    let both =
        "`score` from 8 to below 10 meets two rules, `variation-score-10` and `variation-score-below-10`";
    assert!(told.contains(both), "{told}");
}

#[test]
fn values_that_are_unknown_or_unused_are_told_with_their_line() {
    let icb = Icb::new();
    icb.edit("levels.toml", "variation_score = 10 ", "spare = 3\nvariation_score = 10 ");
    icb.edit(
        "rules/variation-score-10.toml",
        "score >= variation_score\"\ndate",
        "score >= variaton_score\"\ndate",
    );
    icb.edit(
        "rules/variation-score-below-10.toml",
        "below {variation_score}\"\n",
        "below {variation_scor}\"\n",
    );
    let output = quarterday(&["check", "--pipeline", text(&icb.pipeline(""))]);
    let told = format!("{}{}", said(&output), complained(&output));
    for part in [
        "levels.toml:22: warning [unused-value]: nothing names the value `spare`",
        "rules/variation-score-10.toml:5: error [bad-condition]: there is no column `variaton_score`",
        "rules/variation-score-below-10.toml:1: error [bad-condition]: there is no column `variation_scor`",
        "did you mean `variation_score`?",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn the_missed_visit_of_a_decision_is_said_when_something_newer_has_a_clock_of_its_own() {
    let icb = Icb::with_register();
    let decisions = "Practice code,Level,Reason,Decided by,Group,Date,Until\n\
                     X90100,4,Known to the group,Head of Quality,Oversight group,01/06/2026,31/12/2026\n";
    icb.drop_bytes("decisions", "decisions.csv", decisions);
    assert_eq!(clock(&icb, "2026-07-02"), ["4", "overdue", "2026-06-01", "2026-07-01", "", "1"]);
    assert!(!explained(&icb).contains("a visit of its own"), "it is the practice's clock");
    let concern = row("Q-1", "Serious", "", "Open", "").replace("20/06/2026", "05/07/2026");
    icb.drop_bytes("concerns-quality", "1.csv", sheet(&[concern]));
    // The clock is that of the concern, as the columns say.
    assert_eq!(clock(&icb, "2026-07-10"), ["4", "running", "2026-07-05", "2026-08-05", "", ""]);
    let told = explained(&icb);
    let late = "from 1 June 2026, visit due 1 July 2026, overdue by 9 days";
    assert!(told.contains(&format!("the decision asked for a visit of its own: {late}")), "{told}");
    assert_eq!(code(&icb.run("quarterly", "2026-07-14", &[])), 0);
    let folder = icb.data().join("packs/quarterly-2026-07-14/primary-care-quality-group");
    let papers: Vec<String> = crate::support::files(&folder)
        .values()
        .map(|bytes| crate::papers::pages(bytes).join(" ").split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let sbar = "The decision of 1 June 2026 asked for a visit of its own: our visit was due on 1 Jul 2026, \
                13 days overdue.";
    assert!(papers.iter().any(|paper| paper.contains(sbar)), "no SBAR says it");
    assert!(papers.iter().any(|paper| paper.contains("visit it asked for: our visit")), "no annex says it");
    // A visit meets both, and the missed one is said to be late.
    let visit = "X90100,Reactive,15/07/2026,15/07/2026,Completed,,,,V-1\n";
    icb.drop_bytes("visits", "visits.csv", format!("{VISITS}{visit}"));
    assert_eq!(clock(&icb, "2026-07-16"), ["4", "met", "2026-07-05", "2026-08-05", "2026-07-15", ""]);
    assert!(explained(&icb).contains("met on 15 July 2026, 14 days late"), "{}", explained(&icb));
}
