//! Marks: rules without a level. What is not known is never told as not met.

use std::fs;

use crate::support::{Icb, code, complained, quarterday, said, text};

const SCORES: &str = "Practice code,Variation score,Extract date\n\
                      X90001,12,30/06/2026\nX90002,3,30/06/2026\nX90004,31,31/12/2025\n";

fn concerns(rows: &str) -> String {
    format!("Practice code,Date raised,Date notified,Severity,Status,Status date,Reference\n{rows}")
}

fn rule(icb: &Icb, id: &str, toml: &str) {
    fs::write(icb.pipeline(&format!("rules/{id}.toml")), toml).unwrap();
}

/// The invented board with three criteria, a hint that rests on them, a gap, and a rule that counts them.
fn marked() -> Icb {
    let icb = Icb::with_register();
    rule(
        &icb,
        "crit-score",
        "title = \"High score\"\nclause = \"Criterion 7\"\nmark = \"criterion\"\nweight = 3\nfrom = \"score\"\n\
         where = \"score >= 10\"\ndate = \"extract_date\"\nwindow = \"6 months\"\n\
         sentence = \"The score is {score}.\"\nevidence = [\"score\"]\n",
    );
    rule(
        &icb,
        "crit-teams",
        "title = \"Concerns of two teams\"\nmark = \"criterion\"\nfrom = \"concerns\"\n\
         where = \"severity in ('Serious', 'Immediate')\"\nhaving = \"count(distinct team) >= 2\"\n\
         without_rows = \"not met\"\nsentence = \"Concerns of {list(team)}.\"\nevidence = [\"severity\"]\n",
    );
    rule(
        &icb,
        "crit-either",
        "title = \"Rated inadequate, or a very high score\"\nmark = \"criterion\"\n\
         [[part]]\ntitle = \"rating\"\nfrom = \"rating\"\nwhere = \"rating = 'Inadequate'\"\n\
         sentence = \"It is rated {rating}.\"\nevidence = [\"rating\"]\n\
         [[part]]\ntitle = \"score\"\nfrom = \"score\"\nwhere = \"score >= 30\"\n\
         sentence = \"The score is {score}.\"\nevidence = [\"score\"]\n",
    );
    rule(
        &icb,
        "look-twice",
        "title = \"A criterion at a low level\"\nmark = \"hint\"\nfrom = \"practices\"\n\
         where = \"criteria_met >= 1 and (level_now is null or level_now <= 3)\"\nsentence = \"{criteria_met} of {criteria_known}.\"\nevidence = []\n",
    );
    rule(
        &icb,
        "no-rating",
        "title = \"No rating\"\nmark = \"gap\"\nfrom = \"rating\"\nnone = true\nsentence = \"No rating is known.\"\nevidence = []\n",
    );
    rule(
        &icb,
        "two-criteria",
        "title = \"Two criteria or more\"\nclause = \"A\"\nlevel = 4\nfrom = \"practices\"\n\
         where = \"criteria_met >= 2 and has(criteria, 'crit-teams')\"\ndate = \"as_of\"\n\
         sentence = \"It meets {criteria_met} criteria.\"\nevidence = [\"practice_name\"]\n",
    );
    icb
}

fn marks(icb: &Icb, practices: &[&str]) -> Vec<String> {
    let levels = icb.levels();
    practices.iter().map(|code| levels[*code]["marks"].clone()).collect()
}

#[test]
fn a_criterion_is_met_not_met_or_not_known() {
    let icb = marked();
    icb.drop_bytes("dashboard", "scores.csv", SCORES);
    let two = "X90001,18/06/2026,20/06/2026,Serious,Open,,Q-1\n";
    icb.drop_bytes("concerns-quality", "quality.csv", concerns(two));
    icb.drop_bytes("concerns-estates", "estates.csv", concerns(two));
    let output = icb.run("nightly", "2026-07-10", &[]);
    assert!(matches!(code(&output), 0 | 4), "{}", complained(&output));
    assert_eq!(
        marks(&icb, &["X90001", "X90002", "X90003", "X90004"]),
        [
            "crit-score;crit-teams;crit-either?;no-rating",
            // The other seven teams have sent nothing: that there is no concern is not known.
            "crit-either?;crit-teams?;no-rating",
            "crit-either?;crit-score?;crit-teams?;no-rating",
            // The score of December is too old for the one criterion, and the other has no window.
            "crit-either;crit-score?;crit-teams?;look-twice;no-rating",
        ]
    );
    let levels = icb.levels();
    assert_eq!(levels["X90001"]["level"], "4");
    assert!(levels["X90001"]["rules"].split(';').any(|rule| rule == "two-criteria"), "{levels:?}");

    let explained = |practice: &str| {
        let output = quarterday(&["explain", practice, "--data", text(&icb.data())]);
        assert_eq!(code(&output), 0, "{}", complained(&output));
        said(&output)
    };
    let told = explained("X90001");
    assert!(told.contains("Criteria: 2 met, 2 of 3 known (weight 4 of 4 known)"), "{told}");
    assert!(told.contains("met  High score: The score is 12.  [crit-score]"), "{told}");
    assert!(told.contains("score = 12 (B2)"), "{told}");
    assert!(told.contains("not known  Rated inadequate, or a very high score: "), "{told}");
    assert!(told.contains("\"CQC ratings\" was never received"), "{told}");
    let told = explained("X90004");
    assert!(told.contains("not known  High score: what is known of it is older than 6 months"), "{told}");
    assert!(told.contains("hint  A criterion at a low level: 1 of 1.  [look-twice]"), "{told}");
    let told = explained("X90002");
    assert!(told.contains("not met  High score  [crit-score]"), "{told}");
    assert!(told.contains("Criteria: 0 met, 1 of 3 known (weight 0 of 3 known)"), "{told}");
}

#[test]
fn nothing_is_known_of_what_is_not_available() {
    let icb = marked();
    icb.drop_bytes("dashboard", "scores.csv", SCORES);
    let held =
        "\n[not_available]\nheld_by = \"NHS England\"\nasked = 2026-05-01\nreason = \"no agreement yet\"\n";
    let ratings = fs::read_to_string(icb.pipeline("feeds/cqc-ratings.toml")).unwrap();
    fs::write(icb.pipeline("feeds/cqc-ratings.toml"), ratings + held).unwrap();
    rule(&icb, "crit-edec", &format!("title = \"Declaration\"\nmark = \"criterion\"\n{held}"));
    icb.run("nightly", "2026-07-10", &[]);
    let told = said(&quarterday(&["explain", "X90002", "--data", text(&icb.data())]));
    let wanted = "not available: held by NHS England, asked for since 1 May 2026 (no agreement yet)";
    assert!(told.contains(&format!("not known  Declaration: {wanted}  [crit-edec]")), "{told}");
    assert!(told.contains(&format!("\"CQC ratings\" is {wanted}")), "{told}");
    let (pipeline, data) = (icb.pipeline(""), icb.data());
    let args = ["status", "--data", text(&data), "--pipeline", text(&pipeline)];
    let told = said(&quarterday(&args));
    let line = told.lines().find(|line| line.contains("cqc-ratings")).unwrap_or_default();
    assert!(line.contains("not available"), "{told}");
}

#[test]
fn check_tells_marks_that_cannot_be() {
    let icb = Icb::new();
    let checked = |id: &str, toml: &str| {
        rule(&icb, id, toml);
        let output = quarterday(&["check", "--pipeline", text(&icb.pipeline(""))]);
        fs::remove_file(icb.pipeline(&format!("rules/{id}.toml"))).unwrap();
        said(&output) + &complained(&output)
    };
    let mark = |more: &str| {
        format!(
            "title = \"T\"\nmark = \"hint\"\nfrom = \"concerns\"\nsentence = \"S.\"\nevidence = [\"team\"]\n{more}"
        )
    };
    let told = checked("m", &mark("where = \"severity = 'Serious' and severity = 'Moderate'\"\n"));
    assert!(told.contains("nothing can set this hint: no row of `concerns` that stands can meet"), "{told}");
    let told = checked("m", &mark("level = 3\n"));
    assert!(told.contains("a mark never sets a level"), "{told}");
    let told = checked("m", &mark("window = \"6 months\"\nwithout_rows = \"not known\"\n"));
    assert!(told.contains("`window` needs `date`"), "{told}");
    let told = checked("m", &mark("where = \"has(criteria, 'x')\"\n"));
    assert!(told.contains("there is no column `criteria`"), "{told}");
    let told = checked("m", "title = \"T\"\nmark = \"criteria\"\n");
    assert!(told.contains("`mark` is \"criteria\"; it can be \"criterion\", \"hint\""), "{told}");
}
