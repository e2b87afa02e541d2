//! A cell may hold 30,000 characters, in words or in one piece. Whatever free text of a team has one, every
//! document is made and sent, and says where the whole text is.

use std::collections::BTreeMap;

use rust_xlsxwriter::Workbook;

use crate::papers::pages;
use crate::support::{Icb, code, complained, files};

const LENGTH: usize = 30_000;

/// A text of 30,000 characters in words, which begins with a word of its own.
fn words(own: &str) -> String {
    let text = format!("{own} {}", "appointments by telephone are hard to get ".repeat(LENGTH / 40));
    text.chars().take(LENGTH - 1).chain(['.']).collect()
}

/// One of the same length without a joint.
fn piece(own: &str) -> String {
    own.chars().chain(std::iter::repeat('w')).take(LENGTH).collect()
}

/// A workbook with one sheet.
fn sheet(name: &str, header: &[&str], rows: &[Vec<String>]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name(name).unwrap();
    sheet.write_row(0, 0, header.iter().copied()).unwrap();
    for (at, row) in (1..).zip(rows) {
        sheet.write_row(at, 0, row).unwrap();
    }
    book.save_to_buffer().unwrap()
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

/// Two rows: a text in words about one practice, one in a single piece about another.
fn both(row: impl Fn(&str, &str, &dyn Fn(&str) -> String) -> Vec<String>) -> Vec<Vec<String>> {
    vec![row("X90001", "1", &words), row("X90002", "2", &piece)]
}

#[test]
fn a_cell_of_30_000_characters_stops_no_document_and_is_cut_with_its_place() {
    let icb = Icb::with_register();
    icb.drop_step(1, "dashboard");
    let header = [
        "Practice code",
        "Date raised",
        "Theme",
        "Concern",
        "Severity",
        "Exception criterion",
        "Status",
        "Shareable",
        "Reference",
    ];
    let raised = "06/07/2026";
    let mut concerns = both(|practice, number, long| {
        let (text, reference) = (long(&format!("Concern{number}")), format!("QS-{number}"));
        row(&[practice, raised, "Access", &text, "Immediate", "Safeguarding", "Open", "Yes", &reference])
    });
    concerns.extend(both(|practice, number, long| {
        let (theme, reference) = (long(&format!("Theme{number}")), long(&format!("Reference{number}")));
        row(&[practice, raised, &theme, "Short", "Immediate", "Safeguarding", "Open", "No", &reference])
    }));
    icb.drop_bytes("concerns-quality", "Concerns.xlsx", sheet("Concerns", &header, &concerns));
    let header = [
        "Practice code",
        "Visit type",
        "Visit date",
        "Status",
        "Paused from",
        "Reason",
        "Place facing team",
        "Attendees",
        "Themes",
        "Support offered",
        "Support response",
        "Best practice",
        "Best practice shareable",
        "Reference",
    ];
    let mut visits = both(|practice, number, long| {
        let [team, attendees, themes, offered, best] =
            ["Team", "Attendee", "Topic", "Offer", "Best"].map(|name| long(&format!("{name}{number}")));
        let reference = format!("V-{number}");
        row(&[
            practice,
            "Reactive",
            "03/06/2026",
            "Completed",
            "",
            "",
            &team,
            &attendees,
            &themes,
            &offered,
            "Accepted",
            &best,
            "Yes",
            &reference,
        ])
    });
    visits.extend(both(|_, number, long| {
        let practice = if number == "1" { "X90003" } else { "X90004" };
        let (why, reference) = (long(&format!("Pause{number}")), long(&format!("Visit{number}")));
        row(&[
            practice,
            "Proactive",
            "",
            "Paused",
            "01/06/2026",
            &why,
            "",
            "",
            "",
            "",
            "",
            "",
            "",
            &reference,
        ])
    }));
    icb.drop_bytes("visits", "Visits.xlsx", sheet("Visits", &header, &visits));
    let header = ["Section", "Text", "Author", "Date", "May be public"];
    let sections = [
        "Summary",
        "Data and visits",
        "Themes",
        "Support",
        "Best practice",
        "Changes to the plan",
        "Narrative",
    ];
    let narrative: Vec<Vec<String>> = sections
        .iter()
        .flat_map(|section| {
            both(|_, number, long| {
                let [text, author] =
                    ["Text", "Author"].map(|what| long(&format!("{what} {section} {number}")));
                row(&[section, &text, &author, "10/07/2026", "Yes"])
            })
        })
        .collect();
    icb.drop_bytes("narrative", "Narrative.xlsx", sheet("Narrative", &header, &narrative));
    let header = ["Practice code", "Level", "Reason", "Decided by", "Group", "Date", "Until"];
    let decisions = both(|practice, number, long| {
        let [reason, by, group] = ["Reason", "Role", "Group"].map(|name| long(&format!("{name}{number}")));
        row(&[practice, "4", &reason, &by, &group, "08/07/2026", "31/12/2026"])
    });
    icb.drop_bytes("decisions", "Decisions.xlsx", sheet("Decisions", &header, &decisions));

    let output = icb.run("quarterly", "2026-07-14", &["--json"]);
    assert!(matches!(code(&output), 0 | 4), "{}", complained(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for nothing in ["warnings", "unprintable", "refused", "unsent", "awaiting"] {
        assert_eq!(report[nothing].as_array().map(Vec::len), Some(0), "{nothing}: {}", report[nothing]);
    }
    // A pack for each of four committees, to six people; four alerts; four receipts, each with its cells.
    assert_eq!(files(&icb.data().join("outbox")).len(), 14);
    assert_eq!(report["sent"], 14);

    let mut said: BTreeMap<String, String> = BTreeMap::new();
    for (path, bytes) in files(&icb.data().join("packs")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let pages = pages(&bytes);
        if name.contains("-sbar-") {
            assert!(pages.len() <= 6, "{name} has {} pages", pages.len());
        }
        let text = pages.join("\n");
        said.insert(name, text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    assert_eq!(said.len(), 14, "{:?}", said.keys());
    let holds = |document: &str, file: &str, cells: &[&str]| {
        let found: Vec<&String> = said.iter().filter(|(n, _)| n.contains(document)).map(|(_, t)| t).collect();
        assert!(!found.is_empty(), "{document}: {:?}", said.keys());
        let sheet = file.trim_end_matches(".xlsx");
        for cell in cells {
            let whole = format!("characters: the whole text is in {file}, sheet {sheet}, cell {cell} (R00");
            assert!(found.iter().all(|text| text.contains(&whole)), "{document} does not name {whole}");
        }
    };
    let every: Vec<String> = (2..16).flat_map(|row| [format!("B{row}"), format!("C{row}")]).collect();
    let every: Vec<&str> = every.iter().map(String::as_str).collect();
    for pack in ["pmsg-named", "pcqg-named"] {
        holds(pack, "Narrative.xlsx", &every);
        holds(pack, "Visits.xlsx", &["F4", "F5", "L2", "L3"]);
        holds(pack, "Decisions.xlsx", &["C2", "C3"]);
    }
    for (practice, row) in [("sbar-x90001", "2"), ("sbar-x90002", "3")] {
        holds(practice, "Concerns.xlsx", &[&format!("D{row}")]);
        holds(practice, "Decisions.xlsx", &[&format!("C{row}")]);
    }
    holds("-reference1-", "Concerns.xlsx", &["I4"]);
    holds("-reference2www", "Concerns.xlsx", &["I5"]);
    let (_, public) = said.iter().find(|(name, _)| name.contains("-public")).unwrap();
    assert!(public.contains("30,000 characters: the whole text is in the file that was received]"));
    assert!(!public.contains(".xlsx"), "a public paper names no file");
}
