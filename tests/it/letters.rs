//! What an SBAR asks for follows the state of its clock, and no two documents share a name.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use serde_json::Value;

use crate::support::paper::{Line, boxed, paragraphs, table};
use crate::support::{demo, files};

/// The SBARs of a run for a committee, by practice, as data.
fn sbars(run: &str, committee: &str) -> BTreeMap<String, Value> {
    let folder = demo().join("runs").join(run).join("documents").join(committee);
    let all = files(&folder).into_iter().filter(|(path, _)| path.to_string_lossy().contains("-sbar-"));
    all.map(|(_, bytes)| serde_json::from_slice::<Value>(&bytes).unwrap())
        .map(|sbar| {
            let code = sbar["head"]["short"].as_str().unwrap().strip_prefix("SBAR ").unwrap();
            (code.to_owned(), sbar)
        })
        .collect()
}

/// What an SBAR asks for, after its level.
fn asked_for(sbar: &Value) -> String {
    let (paragraphs, _) = boxed(sbar, "recommendation");
    let asked = paragraphs[0].strip_prefix("Asked for. Level ").unwrap_or_else(|| panic!("{paragraphs:?}"));
    asked.split_once(". ").unwrap().1.to_owned()
}

#[test]
fn an_sbar_asks_for_a_visit_only_where_one_is_owed() {
    let all = sbars("quarterly-2026-10-14", "primary-care-quality-group");
    let asked = |code: &str| asked_for(&all[code]);
    let actions = |code: &str| {
        let rows = table(&all[code], "recommendation", "actions");
        rows.iter().map(|row| row.text("Action")).collect::<Vec<_>>().join(" ")
    };

    // Immediate since 30 June, visited on 20 July.
    assert!(
        asked("X90002")
            .starts_with("The visit was made on 20 July 2026, 13 days late: it was due by 7 July 2026."),
        "{}",
        asked("X90002")
    );
    assert!(asked("X90002").contains("What is still open: 1 immediate concern"), "{}", asked("X90002"));
    assert!(!actions("X90002").contains("Hold a reactive visit"), "{}", actions("X90002"));
    assert!(!actions("X90002").contains("overdue"), "{}", actions("X90002"));
    assert!(
        actions("X90002").contains("Tell the group what was found at the visit"),
        "{}",
        actions("X90002")
    );
    let attending = |code: &str| {
        let said = paragraphs(&all[code], "recommendation");
        said.iter().filter(|said| said.starts_with("Attending: ")).count()
    };
    assert_eq!([attending("X90002"), attending("X90054")], [0, 1], "nobody attends what has been");

    // Rated Requires improvement on 10 July; the month ran out on 10 August, and nobody went.
    let overdue = asked("X90054");
    assert!(
        overdue.starts_with("Our visit is overdue by 65 days: it was due by 10 August 2026."),
        "{overdue}"
    );
    assert!(actions("X90054").contains("Book the reactive visit that is overdue"), "{}", actions("X90054"));
    assert!(!actions("X90054").contains("Hold a reactive"), "{}", actions("X90054"));

    // Serious on 6 July and visited on 9 July; the sheet of 20 August calls it Immediate: a week from then.
    let worsened = asked("X90005");
    assert!(
        worsened.starts_with("Our visit is overdue by 48 days: it was due by 27 August 2026."),
        "{worsened}"
    );
}

#[test]
fn no_sbar_speaks_of_a_past_date_as_one_to_come() {
    let runs = [
        ("quarterly-2026-07-14", "primary-care-quality-group", 15),
        ("nightly-2026-08-20", "quality-committee", 1),
        ("quarterly-2026-10-14", "primary-care-quality-group", 14),
    ];
    for (run, committee, least) in runs {
        let all = sbars(run, committee);
        assert!(all.len() >= least, "{run}: {}", all.len());
        for (code, sbar) in &all {
            let as_of: NaiveDate = sbar["head"]["date"].as_str().unwrap().parse().unwrap();
            let rows = table(sbar, "recommendation", "actions");
            assert!(!rows.is_empty(), "{run} {code}");
            for row in rows {
                assert!(!row.text("Owner").contains('{'), "{row:?}");
                let by = row.text("By");
                if by != "–" {
                    let day = NaiveDate::parse_from_str(&by, "%d %b %Y").unwrap();
                    assert!(day >= as_of, "{run} {code}: {row:?}");
                }
            }
            let text = asked_for(sbar);
            for before in ["arrange the visit by ", "is due by ", "is planned for "] {
                for rest in text.split(before).skip(1) {
                    let date = rest.split([',', '.', ';']).next().unwrap();
                    let day = NaiveDate::parse_from_str(date, "%d %B %Y")
                        .unwrap_or_else(|error| panic!("{code}: {text}: {error}"));
                    assert!(day >= as_of, "{run} {code}: {text}");
                }
            }
        }
    }
}

#[test]
fn offers_that_answer_what_set_the_level_come_first() {
    let all = sbars("quarterly-2026-10-14", "primary-care-quality-group");
    let first = table(&all["X90054"], "recommendation", "offers").swap_remove(0);
    assert_eq!(first.text("Offer"), "CQC preparation", "{first:?}");
    assert!(
        first.text("Answers").starts_with("CQC rating of Requires improvement or Inadequate"),
        "{first:?}"
    );
    // A concern about leadership and governance.
    let offers = table(&all["X90005"], "recommendation", "offers");
    assert!(offers.len() >= 2);
    for offer in offers.iter().take(2) {
        assert!(offer.text("Answers").starts_with("Leadership and governance"), "{offer:?}");
    }
}

#[test]
fn an_indicator_is_shown_with_its_latest_period() {
    let periods = |run: &str| {
        let all = sbars(run, "primary-care-quality-group");
        let rows = table(&all["X90002"], "assessment", "indicators");
        let of = |row: &&Line<'_>| row.text("Indicator") == "Friends and Family Test, positive";
        rows.iter().find(of).unwrap().text("Period")
    };
    assert_eq!(periods("quarterly-2026-10-14"), "2026-08");
    assert!(periods("quarterly-2026-07-14") < periods("quarterly-2026-10-14"), "two periods were received");
}

#[test]
fn who_holds_a_text_that_is_not_shared_is_told_with_its_reference() {
    let all = sbars("quarterly-2026-10-14", "primary-care-quality-group");
    let concern = table(&all["X90005"], "assessment", "concerns").swap_remove(0);
    let held = "held by Quality, QUA-2026-029";
    assert_eq!(concern.text("What is shared"), held);
    assert_eq!(
        concern.words("What is shared").styled("cited"),
        [held],
        "the words are not the concern's own"
    );
}

#[test]
fn no_two_documents_of_different_content_share_a_name() {
    let mut names: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let all = files(&demo().join("packs"));
    for (path, bytes) in &all {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if let Some(before) = names.insert(name.clone(), bytes.clone()) {
            assert!(before == *bytes, "{name} has two contents");
        }
    }
    let has = |path: &str| assert!(all.contains_key(Path::new(path)), "{path}: {:?}", names.keys());
    has(
        "quarterly-2026-10-14/primary-medical-services-group/2026-10-14-quarterly-pack-2026-27-q2-pmsg-named-OFFICIAL-SENSITIVE.pdf",
    );
    has(
        "quarterly-2026-10-14/primary-care-commissioning-sub-committee/2026-10-14-quarterly-pack-2026-27-q2-pccsc-public.pdf",
    );
    has("quarterly-2026-10-14/primary-care-quality-group/2026-10-14-sbar-x90005-pcqg.pdf");

    // The title and the foot of each page say for whom it is, and for which audience.
    let pack = "quarterly-2026-10-14/primary-care-commissioning-sub-committee/2026-10-14-quarterly-pack-2026-27-q2-pccsc-public.pdf";
    let pages = crate::papers::pages(&all[Path::new(pack)]);
    for page in pages.iter().skip(1) {
        assert!(page.contains("Primary Care Commissioning Sub-Committee, public"), "{page}");
    }
}
