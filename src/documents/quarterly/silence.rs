//! A new table cannot be forgotten: where every figure is hidden, a public pack has no number left but
//! those that are declared here.

use std::collections::BTreeMap;

use crate::documents::Reader;
use crate::documents::quarterly::{QuarterlyPack, write};
use crate::documents::sample::Sample;
use crate::documents::suppress::Figures;
use crate::pipeline::{Audience, Committee};

/// A world in which every section has something to count.
pub(super) fn world() -> Sample {
    let mut last = Sample::new("2026-07-14");
    let mut sample = Sample::new("2026-10-14");
    let levels = [Some(5), Some(4), Some(3), Some(2), Some(2), Some(1), None];
    let codes: Vec<String> = (0..70).map(|i| format!("P81{i:03}")).collect();
    let place = sample.pipeline.scope.places[0].clone();
    for (i, code) in codes.iter().enumerate() {
        let (then, now) = (levels[i % levels.len()], levels[(i + i / 30) % levels.len()]);
        last.practice(code, then);
        sample.moved(code, then, now);
        let practice = &mut sample.standings.last_mut().unwrap().outcome.practice;
        (practice.place, practice.team) = (place.name.clone(), place.team.clone());
    }
    let on = |i: usize| format!("2026-{:02}-{:02}", 4 + i % 6, 1 + i % 28);
    let visits: Vec<String> = (0..43)
        .map(|i| {
            let kind = ["Proactive", "Reactive", "Place engagement"][i % 3];
            format!(
                "practice = {}; visit_type = {kind}; visit_date = {}; reference = V{i}; \
                 support_offered = Training hub; support_response = Accepted; best_practice = A huddle; \
                 best_practice_shareable = {}",
                codes[i],
                on(i),
                if i % 2 == 0 { "Yes" } else { "No" }
            )
        })
        .collect();
    sample.fact("visits", &visits.iter().map(String::as_str).collect::<Vec<_>>());
    let concerns: Vec<String> = (0..37)
        .map(|i| {
            let theme = ["Workforce", "Estates", "Complaints"][i % 3];
            format!(
                "practice = {}; theme = {theme}; severity = Serious; team = Quality; reference = C{i}",
                codes[i]
            )
        })
        .collect();
    sample.fact("concerns", &concerns.iter().map(String::as_str).collect::<Vec<_>>());
    let offers: Vec<String> =
        (0..31).map(|i| format!("practice = {}; response = Accepted", codes[i])).collect();
    sample.fact("offer", &offers.iter().map(String::as_str).collect::<Vec<_>>());
    let paragraphs: Vec<String> = (0..6)
        .map(|_| "section = Summary; text = words; author = Lead; written_on = 2026-10-01".to_owned())
        .collect();
    sample.fact("narrative", &paragraphs.iter().map(String::as_str).collect::<Vec<_>>());
    for (i, code) in codes.iter().enumerate().take(6) {
        let clock = crate::documents::sample::clock("2026-09-01", crate::visits::State::Running);
        sample.exception(&format!("concerns/C{i}"), code, 4, clock);
    }
    sample.last = Some(Box::new(last));
    sample
}

/// The texts of a pack by their place in it, without what is declared: dates, the plan, the sizes of the
/// board that everybody can look up.
fn numbers(pack: &QuarterlyPack) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    gather(&serde_json::to_value(pack).unwrap(), "", &mut out);
    out
}

fn gather(value: &serde_json::Value, at: &str, out: &mut BTreeMap<String, String>) {
    match value {
        serde_json::Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| gather(value, &format!("{at}/{name}"), out));
        }
        serde_json::Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, value)| gather(value, &format!("{at}/{i}"), out));
        }
        serde_json::Value::String(text) => _ = out.insert(at.to_owned(), text.clone()),
        serde_json::Value::Number(number) => _ = out.insert(at.to_owned(), number.to_string()),
        _ => {}
    }
}

/// Numbers that are not about what happened at practices.
const DECLARED: [&str; 12] = [
    // Words: what the pack is called, the names of levels, dates.
    r"\d{1,2} (January|February|March|April|May|June|July|August|September|October|November|December)( \d{4})?",
    r"\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}",
    r"\d{4}-\d{2}-\d{2}",
    r"(Q|Quarter )\d (of )?\d{4}-\d{2}",
    r"(L|l)evels? \d(, \d)*( and \d)?",
    r"version \d+\.\d+",
    r"\d+-month programme",
    r"^\d+ days?$",
    // What a hidden number is said to be.
    r"(F|f)ewer than 5",
    r"^1 to 4$",
    // The plan and how much of the year has passed.
    r"\d+ of the 66 planned",
    r"the \d+ of its 365 days",
];

#[test]
fn every_count_of_a_public_pack_is_a_figure_that_can_be_hidden() {
    let sample = world();
    let material = sample.material();
    let open = Committee {
        audience: Audience::Public,
        sections: Vec::new(),
        ..sample.pipeline.committees[0].clone()
    };
    let silent = Figures::silent(|figures| _ = write(&material, &open, Reader::public(figures)));
    let pack = write(&material, &open, Reader::public(&silent));
    assert_eq!(silent.faults(), Vec::<String>::new());
    let declared: Vec<regex::Regex> = DECLARED.iter().map(|d| regex::Regex::new(d).unwrap()).collect();
    // Practices in scope, and what is planned for a team and for all, stand in cells of their own.
    let settings = ["expected", "plan", "practices", "tone", "short"];
    for (at, text) in numbers(&pack) {
        let name = at.rsplit('/').next().unwrap();
        let about_teams = at.starts_with("/visits/teams/") && settings.contains(&name);
        let about_levels = at.contains("/badge/") && settings.contains(&name);
        let in_scope = (at.starts_with("/summary/kpis/0/") && text == "70")
            || text.starts_with("70 practices are in scope");
        let machine = at.starts_with("/order")
            || at.ends_with("/cited")
            || at.contains("/sources/0")
            || at.ends_with("/source");
        if about_teams || about_levels || in_scope || machine || at.starts_with("/summary/claims/0/sources") {
            continue;
        }
        if at.contains("/claims/") && at.contains("/sources/") {
            continue;
        }
        let mut rest = text.clone();
        for pattern in &declared {
            rest = pattern.replace_all(&rest, "").into_owned();
        }
        assert!(!rest.chars().any(|c| c.is_ascii_digit()), "{at} has a number of its own: {text}");
    }
    // The test sees something: the same pack with its figures has numbers in all of these.
    let shown = write(&material, &open, Reader::public(material.figures()));
    let there = numbers(&shown);
    let digits =
        |at: &str| there.iter().any(|(k, v)| k.starts_with(at) && v.chars().any(|c| c.is_ascii_digit()));
    for at in [
        "/summary/bars",
        "/visits/types",
        "/visits/clocks",
        "/themes/themes",
        "/support/offers",
        "/support/programme",
        "/movements/causes",
    ] {
        assert!(digits(at), "{at}");
    }
}
