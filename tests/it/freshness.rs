//! Feeds that are late: in the report, and in the pack beside the figures that rest on them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Icb, code, complained, said};

fn states(report: &Value) -> BTreeMap<String, String> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    report["freshness"].as_array().unwrap().iter().map(|f| (text(&f["feed"]), text(&f["state"]))).collect()
}

#[test]
fn a_feed_is_current_due_late_and_stale_in_turn_and_never_silently() {
    let icb = Icb::with_register();
    icb.drop_step(1, "dashboard");
    icb.drop_step(1, "concerns-quality");
    let mut seen = Vec::new();
    for night in ["2026-07-14", "2026-08-20", "2026-08-25", "2026-10-14"] {
        let report = icb.report("nightly", night);
        let states = states(&report);
        assert_eq!(states["concerns-estates"], "missing");
        assert_eq!(states["decisions"], "as-made");
        seen.push((states["concerns-quality"].clone(), states["dashboard"].clone()));
    }
    // Monthly with ten days' grace, received on 14 July; quarterly, its data as at 30 June.
    let wanted = [("current", "current"), ("due", "current"), ("late", "current"), ("stale", "current")];
    assert_eq!(seen, wanted.map(|(a, b)| (a.to_owned(), b.to_owned())));
    let report = icb.report("nightly", "2026-10-14");
    let dashboard =
        report["freshness"].as_array().unwrap().iter().find(|f| f["feed"] == "dashboard").unwrap();
    assert_eq!((&dashboard["data_date"], &dashboard["due"]), (&"2026-06-30".into(), &"2026-10-14".into()));
    // Whoever asks later, without a run, hears the same.
    let folder = quarterday::pipeline::Folder::read(&icb.pipeline("")).unwrap();
    let pipeline = quarterday::pipeline::load(&folder).pipeline.unwrap();
    let workspace = quarterday::workspace::Workspace::new(icb.data());
    let now = quarterday::known::feeds_now::feeds_now(&workspace, &pipeline, "2026-10-14".parse().unwrap())
        .unwrap();
    assert_eq!(serde_json::to_value(now).unwrap(), report["freshness"]);
    let output = icb.run("nightly", "2026-10-14", &[]);
    let told = said(&output);
    assert!(told.contains("concerns-quality is stale: newer data were due by 14 August 2026"), "{told}");
    assert!(told.contains("(Quality team lead)"), "{told}");
}

#[test]
fn the_sources_table_of_the_pack_says_that_figures_are_old() {
    let icb = Icb::with_register();
    icb.drop_step(1, "concerns-quality");
    icb.report("nightly", "2026-07-14");
    let output = icb.run("quarterly", "2026-10-14", &["--json"]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let pack =
        report["documents"].as_array().unwrap().iter().find(|d| d["kind"] == "quarterly-pack").unwrap();
    let document = lopdf::Document::load(pack["path"].as_str().unwrap()).unwrap();
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    let words = document.extract_text(&pages).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("stale: newer data were due by 14 August 2026"), "the pack says so");
}

#[test]
fn periods_give_data_dates_too() {
    let icb = Icb::with_register();
    icb.drop_step(1, "friends-and-family");
    icb.drop_step(1, "qof");
    let report = icb.report("nightly", "2026-07-14");
    let of = |feed: &str| {
        report["freshness"].as_array().unwrap().iter().find(|f| f["feed"] == feed).unwrap().clone()
    };
    assert_eq!(of("friends-and-family")["data_date"], "2026-05-31");
    assert_eq!(of("qof")["data_date"], "2025-03-31");
    assert_eq!(of("qof")["due"], "2026-09-28", "180 days after 31 March is a Sunday");
}
