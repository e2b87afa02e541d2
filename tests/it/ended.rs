//! A movement and an alert say what ended, with the row and its file, as well as what stands.

use std::collections::BTreeMap;
use std::path::Path;

use crate::release::{mails, read};
use crate::support::{Icb, code, complained, demo, files, paper, quarterday, said, text};

/// What ended and what stands for every practice that moved, as the named pack of October says it.
fn movements() -> BTreeMap<String, (String, String)> {
    let pack = paper::pack(demo(), "quarterly-2026-10-14", "primary-care-quality-group");
    let rows = paper::table(&pack, "movements", "movements");
    rows.iter()
        .map(|row| {
            let code = row.code("Practice").trim_matches(['(', ')']).to_owned();
            let (mut ended, mut why) = (Vec::new(), Vec::new());
            for whole in row.words("What ended, and what sets the level now").lines() {
                match (whole.strip_prefix("Ended: "), whole.strip_prefix("Now: ")) {
                    (Some(line), _) => ended.push(line.to_owned()),
                    (_, line) => why.push(line.map_or_else(|| whole.clone(), str::to_owned)),
                }
            }
            (code, (ended.join(" | "), why.join(" | ")))
        })
        .collect()
}

#[test]
fn a_movement_down_says_what_ended_and_what_stands() {
    let moved = movements();
    let ended = |code: &str| moved[code].0.clone();
    let x90001 = ended("X90001");
    assert!(x90001.contains("1 immediate concern (Quality)"), "{x90001}");
    assert!(x90001.contains("Mitigated by Quality on 12 August 2026 (concerns-quality, R00"), "{x90001}");
    assert!(x90001.contains(", row "), "{x90001}");
    assert!(moved["X90001"].1.contains("Variation score 11.1 at 30 September 2026"));
    assert!(ended("X90003").contains("Closed by "), "{}", ended("X90003"));
    assert!(ended("X90003").contains("on 20 September 2026 (concerns-"), "{}", ended("X90003"));
    let x90010 = ended("X90010");
    assert!(x90010.contains("CQC rated the practice Inadequate overall on 5 November 2025."), "{x90010}");
    assert!(x90010.contains("New rating Good published 21 August 2026 (cqc-ratings, R00"), "{x90010}");
    assert!(ended("X90011").contains("on 10 September 2026 (concerns-"), "{}", ended("X90011"));
    assert!(ended("X90014").contains("on 30 September 2026 (concerns-"), "{}", ended("X90014"));
    // A move up has nothing that ended above it.
    assert_eq!(ended("X90053"), "");
    let output = quarterday(&["explain", "X90001", "--data", text(demo())]);
    assert!(said(&output).contains("Ended: level 5  1 immediate concern (Quality)"), "{}", said(&output));
}

/// The text of the only message whose file has all of these in its name.
fn mail(data: &Path, parts: &[&str]) -> String {
    let all = files(&data.join("outbox"));
    let found: Vec<_> = all
        .iter()
        .filter(|(path, _)| parts.iter().all(|part| path.to_string_lossy().contains(part)))
        .collect();
    assert_eq!(found.len(), 1, "{parts:?}: {:?}", found.iter().map(|(path, _)| path).collect::<Vec<_>>());
    read(found[0].1).1
}

/// Every line of what a mail tells has a value.
fn nothing_is_blank(mail: &str) {
    let blank: Vec<&str> =
        mail.lines().take_while(|l| !l.starts_with("Attached")).filter(|l| l.ends_with(':')).collect();
    assert_eq!(blank, [] as [&str; 0], "{mail}");
}

#[test]
fn an_alert_says_from_what_to_what_why_and_what_is_due() {
    let closed = mail(demo(), &["exception", "x90010", "closed"]);
    assert!(closed.contains("From open to closed."), "{closed}");
    assert!(closed.contains("New rating Good published 21 August 2026 (cqc-ratings, R00"), "{closed}");
    assert!(closed.contains("Level now:    Level 2, May benefit from support"), "{closed}");
    assert!(closed.contains("Visit to the practice at its present level: due "), "{closed}");
    nothing_is_blank(&closed);
    let worsened = mail(demo(), &["exception", "worsened"]);
    assert!(worsened.contains("Severity: Serious to Immediate."), "{worsened}");
    assert!(worsened.contains("Level now:    Level 5"), "{worsened}");
    assert!(worsened.contains("(concerns-quality, R00"), "{worsened}");
    nothing_is_blank(&worsened);
}

const HEAD: &str = "Practice code,Date raised,Severity,Status,Status date,Exception criterion,Reference\n";

/// A board whose July packs reported a serious concern that is an exception, beside another concern.
fn serious() -> Icb {
    let icb = Icb::with_register();
    let sheet =
        format!("{HEAD}X90100,01/07/2026,Serious,Open,,Patient harm,Q-1\nX90101,01/07/2026,Low,Open,,,Q-2\n");
    icb.drop_bytes("concerns-quality", "july.csv", sheet);
    icb.report("quarterly", "2026-07-14");
    icb
}

/// What explain says ended, and the closing alert, after the next sheet.
fn after(icb: &Icb, row: &str) -> (String, String) {
    let sheet = format!("{HEAD}{row}X90101,01/07/2026,Low,Open,,,Q-2\n");
    icb.drop_bytes("concerns-quality", "august.csv", sheet);
    icb.report("nightly", "2026-08-20");
    let output = quarterday(&["explain", "X90100", "--data", text(&icb.data())]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let ended: Vec<String> =
        said(&output).lines().filter(|line| line.starts_with("Ended:")).map(str::to_owned).collect();
    let alert = mails(icb, "closed").first().map(|(_, bytes)| read(bytes).1).unwrap_or_default();
    (ended.join("\n"), alert)
}

#[test]
fn a_row_that_is_gone_is_told_with_the_file_that_no_longer_has_it() {
    let (ended, alert) = after(&serious(), "");
    let gone = "Its row (concerns-quality, R0001, row 2) is gone: concerns-quality, R0005 no longer has it.";
    assert!(ended.contains(gone), "{ended}");
    assert!(alert.contains(gone), "{alert}");
    assert!(alert.contains("Level now:    Not assessed"), "{alert}");
    nothing_is_blank(&alert);
}

#[test]
fn a_closed_a_milder_and_a_plain_concern_close_an_exception_each_with_its_reason() {
    let (ended, alert) = after(&serious(), "X90100,01/07/2026,Serious,Closed,12/08/2026,Patient harm,Q-1\n");
    let closed = "Closed by Quality on 12 August 2026 (concerns-quality, R0005, row 2).";
    assert!(ended.contains(closed), "{ended}");
    assert!(alert.contains(closed), "{alert}");
    let (ended, alert) = after(&serious(), "X90100,01/07/2026,Moderate,Open,,Patient harm,Q-1\n");
    let milder = "Severity: Serious before, Moderate now (concerns-quality, R0005, row 2).";
    assert!(ended.contains(milder), "{ended}");
    assert!(alert.contains(milder), "{alert}");
    assert!(alert.contains("Level now:    Level 2"), "the present level, not that of the exception: {alert}");
    let (ended, alert) = after(&serious(), "X90100,01/07/2026,Serious,Open,,,Q-1\n");
    assert_eq!(ended, "", "it stands at level 4 as before");
    assert!(
        alert.contains(
            "Exception criterion: Patient harm before, blank now (concerns-quality, R0005, row 2)."
        ),
        "{alert}"
    );
    assert!(alert.contains("Level now:    Level 4"), "{alert}");
}

#[test]
fn a_row_that_went_to_another_practice_is_told_with_the_file_that_has_it_now() {
    let icb = Icb::with_register();
    let sheet = |practice: &str| {
        format!(
            "Practice code,Date raised,Theme,Severity,Status,Reference\n{practice},01/06/2026,Workforce,Serious,Open,Q-1\n"
        )
    };
    icb.drop_bytes("concerns-quality", "q.csv", sheet("X90001"));
    assert_eq!(code(&icb.run("quarterly", "2026-07-14", &[])), 0);
    icb.drop_bytes("concerns-quality", "q2.csv", sheet("X90003"));
    let output = icb.run("nightly", "2026-07-20", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let told = said(&quarterday(&["explain", "X90001", "--data", text(&icb.data())]));
    let line = "Practice code: X90001 before, X90003 now (concerns-quality, R0005, row 2).";
    assert!(told.contains(line) && !told.contains("has not changed"), "{told}");
}

#[test]
fn an_exception_that_eased_unseen_and_is_worse_again_is_told_from_what_it_had_become() {
    let icb = serious();
    let row = |severity: &str| format!("X90100,01/07/2026,{severity},Open,,Patient harm,Q-1\n");
    let worsened = |name: &str, severity: &str, as_of: &str| {
        let sheet = format!("{HEAD}{}X90101,01/07/2026,Low,Open,,,Q-2\n", row(severity));
        icb.drop_bytes("concerns-quality", name, sheet);
        icb.report("nightly", as_of);
        let told = mails(&icb, "worsened").into_iter().map(|(_, bytes)| read(&bytes).1);
        told.filter(|mail| mail.contains("Severity: Serious to Immediate.")).count()
    };
    assert_eq!(worsened("2.csv", "Immediate", "2026-07-21"), 1);
    assert_eq!(worsened("3.csv", "Serious", "2026-07-28"), 1);
    assert_eq!(worsened("4.csv", "Immediate", "2026-08-04"), 2, "the week after it is told anew");
    assert_eq!(worsened("5.csv", "Serious", "2026-08-11"), 2);
    let all = mails(&icb, "worsened").len();
    // Corrected before the day is over.
    let sheet = format!("{HEAD}{}X90101,01/07/2026,Low,Open,,,Q-2\n", row("Immediate"));
    icb.drop_bytes("concerns-quality", "6.csv", sheet);
    icb.run("quarterly", "2026-08-11", &[]);
    assert_eq!(mails(&icb, "worsened").len(), all, "eased and back on one day");
}
