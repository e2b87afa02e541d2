//! The rows of the feeds, and what became of them.

use std::collections::BTreeMap;

use toml::Table;

use super::{NAMED, PUBLIC, holds_in_public, packs, thousands};
use crate::support::paper;
use crate::support::sheets::{Row, expected, rows, title};

#[test]
fn rows_read_accepted_set_aside_and_passed_over() {
    for pack in packs() {
        let expected = expected();
        let receipts = expected["receipt"].as_array().unwrap().iter().map(|r| r.as_table().unwrap());
        let mut feeds: BTreeMap<&str, Vec<&Table>> = BTreeMap::new();
        for receipt in receipts.filter(|r| r["step"].as_integer().unwrap() <= pack.step) {
            feeds.entry(receipt["feed"].as_str().unwrap()).or_default().push(receipt);
        }
        let every = ["cqc-ratings", "dashboard", "friends-and-family", "indicators", "patient-survey", "qof"];
        let (mut total, mut aside) = ([0; 4], 0);
        let mut by_feed: BTreeMap<String, [usize; 4]> = BTreeMap::new();
        for (feed, files) in &feeds {
            let counting = if every.contains(feed) { &files[..] } else { &files[files.len() - 1..] };
            let mut sum = [0; 4];
            for file in counting {
                for (place, key) in ["read", "accepted", "quarantined", "ignored"].iter().enumerate() {
                    sum[place] += file[*key].as_integer().unwrap();
                }
            }
            // What was received before is read under today's register: X90196 has merged and is passed over,
            // X90197 is new and counts.
            if pack.step > 1 && every.contains(feed) {
                // Ratings of a domain were passed over already.
                let counted = |row: &&Row| *feed != "cqc-ratings" || row.text("domain") == "Overall";
                let before = rows(feed, 1);
                let about = |code: &str| {
                    let found = before.iter().filter(counted).filter(|row| row.text("practice") == code);
                    i64::try_from(found.count()).unwrap()
                };
                let moved = about("X90196") - about("X90197");
                sum[1] -= moved;
                sum[3] += moved;
            }
            for place in 0..4 {
                total[place] += sum[place];
            }
            aside += usize::try_from(sum[2]).unwrap();
            by_feed.insert(title(feed), sum.map(|n| usize::try_from(n).unwrap()));
        }
        let [read, accepted, kept, ignored] = total.map(thousands);
        let rule = "Every row read is accepted, quarantined or ignored";
        let balance = format!("{rule}: {read} = {accepted} + {kept} + {ignored}.");
        let fields = ["Read", "Accepted", "Quarantined", "Ignored"];
        for content in pack.named() {
            let said = format!("{balance} Numbers such as R0001 are receipts.");
            assert_eq!(paper::paragraphs(&content, "sources")[0], said, "{}", pack.quarter);
            let rows = paper::table(&content, "sources", "feeds");
            let shown: BTreeMap<String, [String; 4]> = rows
                .iter()
                .filter(|row| row.text("Newest file").contains("(R"))
                .map(|row| (row.text("Feed"), row.texts(fields)))
                .collect();
            let wanted: BTreeMap<String, [String; 4]> = by_feed
                .iter()
                .map(|(title, counts)| (title.clone(), counts.map(|n| thousands(n.try_into().unwrap()))))
                .collect();
            assert_eq!(shown, wanted, "{}", pack.quarter);
            let quarantined = paper::table(&content, "sources", "quarantined");
            assert_eq!(quarantined.len(), aside, "{}", pack.quarter);
        }
        let public = pack.of(PUBLIC);
        let said = paper::paragraphs(&public, "sources").swap_remove(0);
        assert!(said == balance || said == format!("{rule}."), "{said}");
        for row in paper::table(&public, "sources", "feeds") {
            let title = row.text("Feed");
            let truth = by_feed.get(&title).copied().unwrap_or_default();
            // A coarse table has only the rows that were read.
            if !row.has("Read") {
                holds_in_public(&row.text("Rows read").replace(',', ""), truth[0], &title);
                continue;
            }
            for (shown, truth) in row.texts(fields).iter().zip(truth) {
                holds_in_public(&shown.replace(',', ""), truth, &title);
            }
        }
    }
    let [_, october] = packs();
    let said = paper::paragraphs(&october.of(NAMED[1]), "sources").swap_remove(0);
    assert!(said.contains(": 17,287 = ") && said.contains(" + 10 + "), "counted by hand: {said}");
}
