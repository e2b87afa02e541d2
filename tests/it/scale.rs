//! The scale of levels is data: other numbers, fewer levels, categories without order, other names.

use std::fs;

use serde_json::Value;

use crate::support::{Icb, code, complained, quarterday, said, text};

/// A board whose July packs, of five levels, were sent: X90100 at level 4 and X90101 at level 2.
fn july() -> Icb {
    let icb = Icb::with_register();
    concerns(&icb, "july.csv", &[("X90100", "Serious", "Q-1"), ("X90101", "Low", "Q-2")]);
    icb.report("quarterly", "2026-07-14");
    let levels = icb.levels();
    assert_eq!([&levels["X90100"]["level"], &levels["X90101"]["level"]], ["4", "2"]);
    icb
}

fn concerns(icb: &Icb, name: &str, rows: &[(&str, &str, &str)]) {
    let mut sheet = "Practice code,Date raised,Severity,Status,Reference\n".to_owned();
    for (practice, severity, reference) in rows {
        sheet += &format!("{practice},01/07/2026,{severity},Open,{reference}\n");
    }
    icb.drop_bytes("concerns-quality", name, sheet);
}

/// Three levels instead of five. `head` begins the file; `formerly` is what the levels 3 and 2 say they were.
fn three(icb: &Icb, head: &str, formerly: [&str; 2]) {
    let [third, second] = formerly;
    let rest = r#"
due_soon_days = 14

[values]
variation_score = 10

[assessed]
from  = "score"
where = "not stale"
label = "dashboard not assessed"
"#;
    let levels = [
        (
            3,
            "Act now",
            "diamond",
            third,
            "reactive = true\ndue = \"1 month\"\nstarts = \"findings\"\nmet_by = \"visit_type = 'Reactive'\"",
        ),
        (2, "Offer help", "triangle", second, "due = \"12 months\"\nstarts = \"findings\""),
        (1, "No action", "circle", "", "due = \"3 years\"\nstarts = \"last-visit\""),
    ];
    let mut file = format!("{head}\n{rest}");
    for (number, name, shape, formerly, more) in levels {
        file += &format!(
            "\n[[level]]\nnumber = {number}\nname = \"{name}\"\ntimescale = \"In its time\"\nshape = \"{shape}\"\n\
             {formerly}\n{more}\n\n[[level.action]]\ntext = \"Do it.\"\nowner = \"{{team}}\"\n"
        );
    }
    file += "\n[not_assessed]\nname = \"Nothing known\"\ntimescale = \"In its time\"\nshape = \"ring\"\n\
             due = \"3 years\"\nstarts = \"last-visit\"\n";
    fs::write(icb.pipeline("levels.toml"), file).unwrap();
    let number = |name: &str| match name {
        "serious-concern" | "immediate-concern" | "cqc-in-year" => 3,
        "nothing-stands" => 1,
        _ => 2,
    };
    for file in fs::read_dir(icb.pipeline("rules")).unwrap().flatten() {
        let name = file.path().file_stem().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(file.path()).unwrap();
        let lines = text.lines().map(|line| match line.starts_with("level ") {
            true => format!("level = {}", number(&name)),
            false => line.to_owned(),
        });
        fs::write(file.path(), lines.collect::<Vec<_>>().join("\n")).unwrap();
    }
    for old in ["level     = 5", "level     = 4", "level     = 4"] {
        icb.edit("exceptions.toml", old, "level     = 3");
    }
    icb.edit("programme.toml", "[\"3\", \"4\", \"5\"]", "[\"3\"]");
    for path in fs::read_dir(icb.pipeline("documents")).unwrap().flatten() {
        let text = fs::read_to_string(path.path()).unwrap();
        fs::write(path.path(), text.replace("\"level >= 4\"", "\"level >= 3\"")).unwrap();
    }
}

/// What `check` says of the folder and of the practices of the last run.
fn checked(icb: &Icb) -> String {
    let (pipeline, data) = (icb.pipeline(""), icb.data());
    let output = quarterday(&["check", "--pipeline", text(&pipeline), "--data", text(&data)]);
    let told = format!("{}{}", said(&output), complained(&output));
    assert_eq!(code(&output), 0, "{told}");
    told
}

/// The content of the quarterly pack of a committee, as text.
fn pack(icb: &Icb, run: &str) -> Vec<Value> {
    let folder = icb.data().join("runs").join(run).join("documents");
    let mut found = Vec::new();
    for committee in fs::read_dir(folder).unwrap().flatten() {
        for file in fs::read_dir(committee.path()).unwrap().flatten() {
            if file.file_name().to_string_lossy().contains("quarterly-pack") {
                found.push(serde_json::from_slice(&fs::read(file.path()).unwrap()).unwrap());
            }
        }
    }
    assert!(!found.is_empty());
    found
}

#[test]
fn five_levels_become_three_and_nothing_has_moved() {
    let icb = july();
    three(&icb, "label = \"Tier {number}\"", ["formerly = [4, 5]", "formerly = [2, 3]"]);
    let told = checked(&icb);
    assert!(!told.contains("shows them as moved"), "{told}");
    let report = icb.report("quarterly", "2026-10-14");
    assert_eq!(report["moved"][0], 0, "{report}");
    let levels = icb.levels();
    for (practice, level) in [("X90100", "3"), ("X90101", "2")] {
        let row = &levels[practice];
        assert_eq!([&row["level"], &row["previous_level"], &row["cause"]], [level, level, ""], "{practice}");
    }
    for pack in pack(&icb, "quarterly-2026-10-14") {
        let text = pack.to_string();
        assert!(text.contains("Tier 3"), "{text}");
        assert!(!text.contains("Level 3") && !text.contains("Level 4"), "{text}");
    }
    // The first pack goes on saying what it said.
    let then = pack(&icb, "quarterly-2026-07-14");
    assert!(then.iter().all(|pack| pack.to_string().contains("Level 4")));
}

#[test]
fn levels_that_are_gone_and_taken_into_none_are_told_and_shown_as_they_were() {
    let icb = july();
    three(&icb, "label = \"Tier {number}\"", ["", ""]);
    let told = checked(&icb);
    assert!(
        told.contains("no level is numbered 4, and 1 practice had such a level on 14 July 2026"),
        "{told}"
    );
    assert!(told.contains("formerly = [4]"), "{told}");
    let report = icb.report("quarterly", "2026-10-14");
    // X90100 was at a level 4 that is no more, and is at level 3; X90101 kept its number.
    assert_eq!(report["moved"][0], 1, "{report}");
    let levels = icb.levels();
    assert_eq!([&levels["X90100"]["level"], &levels["X90100"]["previous_level"]], ["3", "4"]);
}

#[test]
fn categories_without_order_move_neither_up_nor_down() {
    let icb = july();
    three(&icb, "label = \"{name}\"\nordered = false", ["formerly = [4, 5]", "formerly = [2, 3]"]);
    assert!(!checked(&icb).contains("shows them as moved"));
    concerns(&icb, "october.csv", &[("X90100", "Serious", "Q-1"), ("X90101", "Serious", "Q-2")]);
    let report = icb.report("quarterly", "2026-10-14");
    assert_eq!(report["moved"][0], 1, "{report}");
    for pack in pack(&icb, "quarterly-2026-10-14") {
        let text = pack.to_string();
        assert!(text.contains("Act now") && text.contains("Offer help"), "{text}");
        for word in ["Level 3", "to a higher", "to a lower", "\"Up\"", "\"Down\""] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
}
