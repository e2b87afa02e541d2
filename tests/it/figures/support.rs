//! Support that was offered, and best practice that was found.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::Value;

use super::{PUBLIC, completed, day, holds_in_public, packs, short};
use crate::support::paper;
use crate::support::sheets::{expected, rows};

#[test]
fn offers_and_answers_of_the_quarter() {
    let answers = ["Accepted", "Declined", "Considering"];
    for pack in packs() {
        let mut offers: BTreeMap<String, [usize; 4]> = BTreeMap::new();
        let (mut visits, mut all, mut expired) = ([0; 3], 0, BTreeSet::new());
        for visit in completed(&pack) {
            let date = visit.date("visit_date").unwrap();
            let offered = visit.texts("support_offered");
            if !pack.in_quarter(date) || offered.is_empty() {
                continue;
            }
            let answer = answers.iter().position(|a| *a == visit.text("support_response"));
            let answer = answer.unwrap_or_else(|| panic!("{}: no answer", visit.place));
            visits[answer] += 1;
            for offer in offered {
                all += 1;
                if offer == "Winter access support" && date > day("2026-03-31") {
                    expired.insert(short(date));
                }
                let counts = offers.entry(offer).or_insert([0; 4]);
                counts[0] += 1;
                counts[answer + 1] += 1;
            }
        }
        let mut programme: BTreeMap<String, (NaiveDate, String)> = BTreeMap::new();
        let practices = pack.practices();
        for offer in rows("improvement-programme", pack.step) {
            let (practice, on) = (offer.text("practice").to_owned(), offer.date("date_offered").unwrap());
            if on > pack.as_of || !practices.contains_key(&practice) {
                continue;
            }
            let response = Some(offer.text("response")).filter(|r| !r.is_empty()).unwrap_or("No response");
            let later = programme.get(&practice).is_none_or(|(known, _)| on >= *known);
            if later {
                programme.insert(practice, (on, response.to_owned()));
            }
        }
        let mut responses: BTreeMap<String, usize> = BTreeMap::new();
        for (_, response) in programme.into_values() {
            *responses.entry(response).or_default() += 1;
        }
        for content in pack.named() {
            let rows = paper::table(&content, "support", "offers");
            let [accepted, declined, considering] = answers;
            let heads = ["Visits", accepted, declined, considering];
            let shown: BTreeMap<String, [usize; 4]> = rows
                .iter()
                .map(|row| (row.text("Offer"), row.texts(heads).map(|n| n.parse().unwrap())))
                .collect();
            assert_eq!(shown, offers, "{}", pack.quarter);
            let plural = |n: usize| if n == 1 { "visit" } else { "visits" };
            let total: usize = visits.iter().sum();
            let said = paper::claims(&content, "support");
            assert_eq!(
                said[0],
                format!(
                    "Support was offered at {total} {} of the quarter, {all} offers in all.",
                    plural(total)
                )
            );
            for (answer, count) in answers.iter().zip(visits) {
                assert!(said[1].contains(&format!("{answer} at {count} {}", plural(count))), "{}", said[1]);
            }
            let (_, ended) = paper::boxed(&content, "support");
            let late: BTreeSet<String> = ended
                .iter()
                .map(|item| item.rsplit_once("visit of ").unwrap().1.trim_end_matches('.').to_owned())
                .collect();
            assert_eq!(late, expired, "{}", pack.quarter);
            let rows = paper::table(&content, "support", "programme");
            let shown: BTreeMap<String, usize> =
                rows.iter().map(|row| (row.text("Answer"), row.text("Practices").parse().unwrap())).collect();
            assert_eq!(shown, responses, "{}", pack.quarter);
        }
        let public = pack.of(PUBLIC);
        for row in paper::table(&public, "support", "programme") {
            let [response, shown] = row.texts(["Answer", "Practices"]);
            holds_in_public(&shown, responses[&response], &response);
        }
        let few = |counts: &&[usize; 4]| (1..5).contains(&counts[0]);
        let others: usize = offers.values().filter(few).map(|counts| counts[0]).sum();
        for row in paper::table(&public, "support", "offers") {
            let [title, shown] = row.texts(["Offer", "Visits"]);
            let truth = match title.as_str() {
                "Other offers, each at fewer than 5 visits" => others,
                title => offers[title][0],
            };
            holds_in_public(&shown, truth, &title);
        }
    }
}

/// The names of all practices of the fixtures, in small letters.
fn names_of_practices() -> Vec<String> {
    let expected = expected();
    let all = expected["practice"].as_array().unwrap().iter();
    all.map(|practice| practice["name"].as_str().unwrap().to_lowercase()).collect()
}

/// What a pack says of best practice that is not in it; empty if nothing.
fn said_of_the_rest(content: &Value) -> String {
    let nothing = "No best practice that may be shared was recorded at a visit of the quarter.";
    paper::paragraphs(content, "best-practice").into_iter().filter(|text| text != nothing).collect()
}

#[test]
fn best_practice_that_may_be_shared() {
    for pack in packs() {
        let (mut found, mut withheld) = (BTreeSet::new(), 0);
        for visit in completed(&pack) {
            let date = visit.date("visit_date").unwrap();
            if !pack.in_quarter(date) || visit.text("best_practice").is_empty() {
                continue;
            }
            if visit.text("best_practice_shareable") == "Yes" {
                found.insert([visit.text("best_practice").to_owned(), short(date)]);
            } else {
                withheld += 1;
            }
        }
        for content in pack.named() {
            let rows = paper::table(&content, "best-practice", "best-practice");
            let shown: BTreeSet<[String; 2]> =
                rows.iter().map(|row| [row.text("What was found"), row.first("Visit")]).collect();
            assert_eq!(shown, found, "{}", pack.quarter);
            let left_out = match withheld {
                0 => String::new(),
                1 => "1 more entry is not for sharing.".to_owned(),
                n => format!("{n} more entries are not for sharing."),
            };
            assert_eq!(said_of_the_rest(&content), left_out, "{}", pack.quarter);
        }
        // A public paper has what names no practice, without practice and date, and counts the rest.
        let names: Vec<String> = names_of_practices();
        let told = |[text, _]: &&[String; 2]| !names.iter().any(|name| text.to_lowercase().contains(name));
        let mut wanted: Vec<String> = found.iter().filter(told).map(|[text, _]| text.clone()).collect();
        wanted.sort();
        let public = pack.of(PUBLIC);
        let rows = paper::table(&public, "best-practice", "best-practice");
        assert!(rows.iter().all(|row| !row.has("Practice") && !row.has("Visit")), "{rows:?}");
        let shown: Vec<String> = rows.iter().map(|row| row.text("What was found")).collect();
        assert_eq!(shown, wanted, "{}", pack.quarter);
        let said = said_of_the_rest(&public);
        let withheld = withheld + found.len() - wanted.len();
        let shown = said.strip_suffix(
            " more entries are left out, because not for sharing or because a practice would be told.",
        );
        match (withheld, shown) {
            (0, _) => assert_eq!(said, ""),
            (_, Some("Fewer than 5")) => assert!(withheld < 5, "{said} for {withheld}"),
            (_, Some(shown)) => holds_in_public(shown, withheld, &said),
            (_, None) => panic!("{said} for {withheld}"),
        }
    }
}
