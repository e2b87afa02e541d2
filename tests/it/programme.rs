//! The programme of visits: every practice has its row, what the team can do is respected, and what became of the
//! last programme is told. The dates are worked out by hand.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Icb, code, complained, demo, quarterday, said, text};

const VISITS: &str =
    "Practice code,Visit type,Planned date,Visit date,Status,Paused from,Paused until,Reason,Reference\n";
const TARN_COAST: &str = "Tarn Coast place facing team";

fn programme(icb: &Icb, more: &[&str]) -> String {
    let data = icb.data();
    let mut args = vec!["programme", "--data", text(&data)];
    args.extend(more);
    let output = quarterday(&args);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    said(&output)
}

fn as_json(icb: &Icb, more: &[&str]) -> Value {
    let mut args = vec!["--format", "json"];
    args.extend(more);
    serde_json::from_str(&programme(icb, &args)).unwrap()
}

/// The rows by practice: level, last visit, due, month, week, status and reason.
fn rows(csv: &str) -> BTreeMap<String, String> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let cells: Vec<&str> = row.iter().skip(4).collect();
        (row[0].to_owned(), cells.join(" "))
    });
    rows.collect()
}

fn team<'j>(told: &'j Value, name: &str) -> &'j Value {
    told["teams"].as_array().unwrap().iter().find(|team| team["team"] == name).unwrap()
}

#[test]
fn a_board_that_was_never_visited_needs_three_years() {
    let icb = Icb::with_register();
    icb.report("nightly", "2026-07-14");
    let told = as_json(&icb, &["--team", TARN_COAST]);
    let practices = told["practices"].as_array().unwrap();
    assert!(practices.iter().all(|row| row["team"] == TARN_COAST && row["reason"] == "never-visited"));
    let mut by_month: BTreeMap<&str, usize> = BTreeMap::new();
    for row in practices {
        *by_month.entry(row["proposed_month"].as_str().unwrap()).or_default() += 1;
    }
    // 22 from August to March, spread evenly: by the ends 3, 6, 8, 11, 14, 17, 19, 22. December has two weeks
    // without a feast, so that its third visit waits for January.
    let year: Vec<(&str, usize)> = by_month.iter().take(8).map(|(month, count)| (*month, *count)).collect();
    let wanted = [3, 3, 2, 3, 2, 4, 2, 3];
    assert_eq!(year.iter().map(|(_, count)| *count).collect::<Vec<_>>(), wanted, "{year:?}");
    assert_eq!((year[0].0, year[7].0), ("2026-08", "2027-03"));
    // 44 by March 2028. Those of the last year were wanted by 1 April: a sixth of 22 a month, rounded up.
    let count = practices.len();
    let forecast = team(&told, TARN_COAST);
    assert_eq!((&forecast["quota"], &forecast["practices"]), (&json!(22), &json!(count)));
    assert_eq!((&forecast["expected"], &forecast["done"]), (&json!(6), &json!(0)), "22 × 3 / 12, rounded");
    let beyond: u64 =
        forecast["cannot_be_in_time"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(beyond, count as u64 - 44);
    assert_eq!(forecast["cannot_be_in_time"]["2028-04"], 4);
    assert_eq!(
        (&forecast["late"], &forecast["no_room"], &forecast["not_programmed"]),
        (&json!(0), &json!(0), &json!(0))
    );
    // All on 27 March 2028, in the twentieth month.
    assert_eq!(forecast["rate_needed"], (count * 12).div_ceil(20));
    assert_eq!((&forecast["present_rate"], &forecast["at_present_rate"]), (&json!(0), &json!(count)));
    assert_eq!(told["changes"], json!([]));
    assert_eq!(told["practices"][0]["level"], Value::Null);
    let first: Vec<String> =
        practices.iter().take(3).map(|row| row["proposed_week"].as_str().unwrap().to_owned()).collect();
    assert_eq!(first, ["2026-08-17", "2026-08-24", "2026-08-31"]);
}

/// A board in July with each status, and a pack that is sent.
fn july() -> Icb {
    let icb = Icb::with_register();
    let path = icb.pipeline("programme.toml");
    let quota = "\n[[quota]]\nteam = \"Eskmoor place facing team\"\nvisits_a_year = 1\n";
    std::fs::write(&path, std::fs::read_to_string(&path).unwrap() + quota).unwrap();
    let visits = "\
        X90082,Proactive,22/09/2026,,Planned,,,,V-1\n\
        X90081,Proactive,01/06/2026,,Planned,,,,V-2\n\
        X90087,Proactive,,,Paused,01/07/2026,,New partners,V-3\n\
        X90088,Place engagement,20/07/2023,20/07/2023,Completed,,,,V-4\n\
        X90093,Support Level Framework,05/06/2028,,Planned,,,,V-5\n";
    icb.drop_bytes("visits", "visits.csv", format!("{VISITS}{visits}"));
    let scores = "Practice code,Variation score,Medicines management,Workforce,Extract date\n\
                  X90100,12,2,1,30/06/2026\n";
    icb.drop_bytes("dashboard", "dashboard.csv", scores);
    let header = "Practice code,Date raised,Theme,Severity,Status,Reference\n";
    let serious =
        "X90099,01/07/2026,Safeguarding,Serious,Open,Q-1\nX90094,01/07/2026,Estates,Moderate,Open,Q-2\n";
    icb.drop_bytes("concerns-quality", "quality.csv", format!("{header}{serious}"));
    let whispered = "X90094,01/07/2026,Safeguarding,Moderate,Open,F-1\n";
    icb.drop_bytes("concerns-ftsu", "ftsu.csv", format!("{header}{whispered}"));
    icb.report("quarterly", "2026-07-14");
    icb
}

#[test]
fn each_practice_has_one_row_that_says_when_and_why() {
    let icb = july();
    let csv = programme(&icb, &["--format", "csv"]);
    let header = "practice_code,practice_name,place,team,level,last_visit,visit_due,proposed_month,proposed_week,status,reason";
    assert_eq!(csv.lines().next(), Some(header));
    let rows = rows(&csv);
    assert_eq!(rows.len(), csv.lines().count() - 1, "a row each");
    assert_eq!(rows.len(), icb.levels().len());
    for (practice, row) in [
        // Three years after its last visit, before the first Friday.
        ("X90088", " 2023-07-20 2026-07-20 2026-08 2026-08-17 late cycle"),
        ("X90100", "3  2027-06-30 2026-08 2026-08-24 proposed level-3"),
        // The one concern beside that of the guardian makes level 2, which comes before "not assessed".
        ("X90094", "2  2028-04-01 2026-08 2026-08-31 proposed never-visited"),
        // September takes three, and one of them is planned.
        ("X90003", "  2028-04-01 2026-09 2026-09-07 proposed never-visited"),
        ("X90082", "  2028-04-01 2026-09 2026-09-22 planned "),
        ("X90004", "  2028-04-01 2026-09 2026-09-21 proposed never-visited"),
        ("X90093", "  2028-04-01 2028-06 2028-06-05 planned after-due"),
        ("X90087", "     paused "),
        ("X90099", "4  2026-08-01   reactive "),
    ] {
        assert_eq!(rows[practice], row, "{practice}");
    }
    assert!(rows["X90081"].ends_with(" proposed never-visited;slipped"), "{}", rows["X90081"]);
    // Planned by date, programmed in order, the others by code; teams as the pipeline has them.
    let codes: Vec<&str> =
        csv.lines().filter(|line| line.contains(TARN_COAST)).map(|line| &line[..6]).collect();
    assert_eq!(codes[..4], ["X90082", "X90093", "X90088", "X90100"]);
    assert_eq!(codes[codes.len() - 2..], ["X90087", "X90099"]);
    let first = |team: &str| csv.lines().position(|line| line.contains(team)).unwrap();
    assert!(first("Marrowdale place") < first(TARN_COAST) && first(TARN_COAST) < first("Eskmoor place"));
    assert!(rows.values().any(|row| row.contains("no-room")));
    let told = as_json(&icb, &[]);
    let forecast = team(&told, "Eskmoor place facing team");
    assert_eq!((&forecast["quota"], &forecast["last_date"]), (&json!(1), &Value::Null));
    assert_eq!(
        forecast["no_room"],
        forecast["practices"].as_u64().unwrap() - 4,
        "one of each year until 2029-30"
    );
}

#[test]
fn who_attends_is_told_with_the_reason_and_the_guardian_is_never_one() {
    let icb = july();
    let told = as_json(&icb, &["--team", TARN_COAST]);
    let attends = |code: &str| -> Vec<(String, String)> {
        let row =
            told["practices"].as_array().unwrap().iter().find(|row| row["practice_code"] == code).unwrap();
        let all = row["attends"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        all.map(|one| (text(&one["team"]), text(&one["because"]))).skip(2).collect()
    };
    let one = |team: &str, because: &str| (team.to_owned(), because.to_owned());
    assert_eq!(
        attends("X90094"),
        [one("Quality", "an open concern of its own"), one("Estates", "Estates: an open concern of Quality")],
        "nothing of safeguarding, which only the guardian heard"
    );
    assert_eq!(
        attends("X90100"),
        [one("Medicines optimisation", "Medicines management: flags on the dashboard")]
    );
    assert_eq!(attends("X90003"), []);
    assert_eq!(
        told["practices"][0]["attends"][1],
        json!({ "team": "Clinical lead", "because": "core team" })
    );
}

#[test]
fn the_calendar_has_an_event_for_each_visit_and_says_no_level() {
    let icb = july();
    let ics = programme(&icb, &["--format", "ics", "--team", TARN_COAST]);
    assert!(ics.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"), "{ics}");
    for line in ics.split_inclusive('\n') {
        assert!(line.ends_with("\r\n") && line.len() <= 77, "{line:?}");
    }
    let unfolded = ics.replace("\r\n ", "");
    let events: Vec<&str> = unfolded.split("BEGIN:VEVENT\r\n").skip(1).collect();
    let of = |code: &str| *events.iter().find(|event| event.contains(&format!("UID:{code}-"))).unwrap();
    let planned = of("X90082");
    for part in [
        "UID:X90082-0@quarterday\r\n",
        "SUMMARY:TARROWWICKLE MEDICAL PRACTICE: visit planned\r\n",
        "DTSTART;VALUE=DATE:20260922\r\n",
        "DTEND;VALUE=DATE:20260923\r\n",
        "DTSTAMP:20260714T000000Z\r\n",
        "STATUS:CONFIRMED\r\n",
    ] {
        assert!(planned.contains(part), "{part:?}: {planned}");
    }
    let proposed = of("X90088");
    assert!(proposed.contains("UID:X90088-0@"), "its visit was before the framework: {proposed}");
    assert!(proposed.contains("visit proposed\r\n") && proposed.contains("STATUS:TENTATIVE"), "{proposed}");
    assert!(!unfolded.to_lowercase().contains("level"));
    let told = as_json(&icb, &["--team", TARN_COAST]);
    let dated = told["practices"].as_array().unwrap().iter().filter(|row| !row["proposed_week"].is_null());
    assert_eq!(events.len(), dated.count());
}

#[test]
fn what_became_of_the_programme_of_the_last_pack_is_told_with_its_reason() {
    let icb = july();
    let visits = "\
        X90082,Proactive,08/12/2026,,Planned,,,,V-1\n\
        X90081,Proactive,17/11/2026,,Planned,,,,V-2\n\
        X90087,Proactive,,,Paused,01/07/2026,01/09/2026,New partners,V-3\n\
        X90088,Place engagement,20/07/2023,20/07/2023,Completed,,,,V-4\n\
        X90093,Support Level Framework,05/06/2028,,Planned,,,,V-5\n\
        X90100,Proactive,01/09/2026,01/09/2026,Completed,,,,V-6\n";
    icb.drop_bytes("visits", "visits October.csv", format!("{VISITS}{visits}"));
    icb.report("quarterly", "2026-10-14");
    let told = as_json(&icb, &["--team", TARN_COAST]);
    assert_eq!(told["compared_with"], "2026-07-14");
    let changes = told["changes"].as_array().unwrap();
    let of = |code: &str| changes.iter().find(|change| change["practice_code"] == code);
    let change = |code: &str, from: Value, to: Value, reason: &str| {
        let wanted = json!({ "practice_code": code, "from": from, "to": to, "reason": reason });
        assert_eq!(of(code), Some(&wanted));
    };
    change("X90082", json!("2026-09"), json!("2026-12"), "plan-changed");
    change("X90081", of("X90081").unwrap()["from"].clone(), json!("2026-11"), "planned");
    change("X90087", Value::Null, of("X90087").unwrap()["to"].clone(), "resumed");
    // Visited in September 2026: at level 3 and met, it is wanted by September 2029 and not before March 2029. The
    // 64 before it take what is left of this year (3 + 2 + 4 + 4 + 4 by the months' own limits), 22 and 22 in the
    // next two, and 3 of April 2029; an even share of that year is 2 by the end of April and 4 by that of May.
    change("X90100", json!("2026-08"), json!("2029-05"), "visited");
    change("X90003", json!("2026-09"), of("X90003").unwrap()["to"].clone(), "not-taken-up");
    assert!(of("X90093").is_none() && of("X90099").is_none());
    // The run of July is as it was.
    let then = as_json(&icb, &["--run", "quarterly-2026-07-14"]);
    assert_eq!((&then["as_of"], &then["compared_with"]), (&json!("2026-07-14"), &Value::Null));
    let shown = programme(&icb, &[]);
    for part in [
        "Moved to another month since the pack of 14 July 2026:",
        "not-taken-up",
        "Tarn Coast place facing team",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_pipeline_without_a_programme_says_so_and_a_team_that_is_none_is_named() {
    let icb = Icb::with_register();
    std::fs::remove_file(icb.pipeline("programme.toml")).unwrap();
    icb.report("nightly", "2026-07-14");
    let data = icb.data();
    let output = quarterday(&["programme", "--data", text(&data)]);
    assert_eq!(code(&output), 1);
    assert!(complained(&output).contains("has no programme of visits"), "{}", complained(&output));
    let output = quarterday(&["programme", "--data", text(demo()), "--team", "Tarn Coast place facing teem"]);
    assert_eq!(code(&output), 1);
    assert!(
        complained(&output).contains("did you mean \"Tarn Coast place facing team\"?"),
        "{}",
        complained(&output)
    );
}
