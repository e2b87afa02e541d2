//! A serious concern that is set aside for a typing error is seen at once by everybody who can do something.

use std::fs;

use crate::support::{Icb, code, complained, files};

const HEADER: &str = "Practice code,Date raised,Theme,Severity,Status,Reference\n";

/// The texts of the mails in a folder whose names hold a word, with their lines unfolded.
fn mails(icb: &Icb, folder: &str, word: &str) -> Vec<String> {
    let all = files(&icb.data().join(folder)).into_iter();
    let named = all.filter(|(path, _)| {
        path.extension().is_some_and(|e| e == "eml") && path.to_string_lossy().contains(word)
    });
    named
        .map(|(_, bytes)| {
            let mail = mail_parser::MessageParser::default().parse(&bytes).unwrap();
            format!("{}\n{}", mail.subject().unwrap(), mail.body_text(0).unwrap().replace("\r\n", "\n"))
        })
        .collect()
}

#[test]
fn a_serious_row_set_aside_is_told_to_operator_owner_and_committee_at_once() {
    let icb = Icb::with_register();
    let low = "X90005,01/07/2026,Workforce,Low,Open,Q-1\n";
    let serious = "X90025,02/07/2026,Workforce,Serious,Open,Q-1\n";
    icb.drop_bytes("concerns-quality", "concerns.csv", format!("{HEADER}{low}{serious}"));
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let says = "Serious, Dunlinthwaite Road Practice (X90025). Date raised 2 July 2026, 12 days ago. Set aside (F3): \
                row 2 has the same Reference with other content; the first stands";
    let says = says.replace("Dunlinthwaite Road Practice", &name_of(&complained(&output)));
    assert!(complained(&output).contains(&format!("NOT COUNTED: {says}")), "{}", complained(&output));

    let operator = mails(&icb, "operator", "");
    assert_eq!(operator.len(), 1, "{operator:?}");
    assert!(operator[0].contains("1 thing needs you"), "{}", operator[0]);
    assert!(operator[0].contains(&says), "{}", operator[0]);
    assert!(operator[0].contains("ask the owner (Quality team lead)"), "{}", operator[0]);

    let owner = mails(&icb, "outbox", "quality-team-lead");
    assert_eq!(owner.len(), 1, "{owner:?}");
    assert!(owner[0].lines().next().unwrap().contains("1 row to correct today"), "{}", owner[0]);
    let first = owner[0].lines().skip(1).take(6).collect::<Vec<_>>().join("\n");
    assert!(first.contains("NOT COUNTED, AND IT CANNOT WAIT"), "{}", owner[0]);
    assert!(first.contains(&says), "{}", owner[0]);

    for committee in ["primary-care-quality-group", "quality-committee"] {
        let all = files(&icb.data().join("packs/quarterly-2026-07-14").join(committee));
        let (_, pack) = all.iter().find(|(path, _)| path.to_string_lossy().contains("2026-27-q1")).unwrap();
        let page = crate::papers::pages(pack)[0].split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(page.contains("Set aside, and counted nowhere in this paper"), "{committee}: {page}");
        assert!(page.contains(&says), "{committee}: {page}");
        assert!(page.contains("owner: Quality team lead"), "{committee}: {page}");
    }
    let public =
        files(&icb.data().join("packs/quarterly-2026-07-14/primary-care-commissioning-sub-committee"));
    for bytes in public.values() {
        assert!(!crate::papers::pages(bytes).join("\n").contains("Set aside, and counted nowhere"));
    }

    // The next night it is not told again; corrected, it counts and the operator hears that it is over.
    assert_eq!(code(&icb.run("nightly", "2026-07-15", &[])), 0);
    assert_eq!(mails(&icb, "operator", "").len(), 1);
    icb.drop_bytes(
        "concerns-quality",
        "concerns.csv",
        format!("{HEADER}{low}{}", serious.replace("Q-1", "Q-2")),
    );
    assert_eq!(code(&icb.run("nightly", "2026-07-16", &[])), 0);
    let operator = mails(&icb, "operator", "");
    assert!(operator.iter().any(|mail| mail.contains("1 trouble is over")), "{operator:?}");
    assert_eq!(icb.levels()["X90025"]["level"], "4");
}

#[test]
fn a_row_whose_severity_nobody_can_read_is_told_as_possibly_urgent_also_of_a_file_that_counts_nowhere() {
    let icb = Icb::with_register();
    let header = HEADER.replace("Status", "Exception criterion,Status");
    let counts = format!("{header}X90005,01/07/2026,Workforce,Low,,Open,Q-1\n");
    icb.drop_bytes("concerns-quality", "a.csv", counts);
    assert_eq!(code(&icb.run("nightly", "2026-07-14", &[])), 0);
    // Every row of this one is set aside: the file before goes on counting.
    let rows = "X90025,02/07/2026,Safeguarding,Critical,Patient harm,Open,Q-2\n\
                X90026,02/07/2026,Safeguarding,,Patient harm,Open,Q-3\n\
                X90027,02/07/2026,Safeguarding,Serious / Immediate,,Open,Q-4\n";
    icb.drop_bytes("concerns-quality", "b.csv", format!("{header}{rows}"));
    let output = icb.run("nightly", "2026-07-15", &[]);
    let told: Vec<String> = complained(&output)
        .lines()
        .filter_map(|line| Some(line.split_once("NOT COUNTED: ")?.1.split_once(" (X900")?.0.to_owned()))
        .collect();
    assert_eq!(told.len(), 3, "{}", complained(&output));
    assert!(told[0].starts_with("Possibly urgent: its severity cannot be read (\"Critical\"), "), "{told:?}");
    assert!(told[1].starts_with("Possibly urgent: its severity is empty, "), "{told:?}");
    assert!(told[2].starts_with("Immediate, "), "{told:?}");
    let receipt = icb.data().join("inbox/concerns-quality/b.csv.receipt.txt");
    assert!(fs::read_to_string(receipt).unwrap().contains("CANNOT WAIT"));
    let operator = mails(&icb, "operator", "");
    for line in &told {
        assert!(operator.iter().any(|mail| mail.contains(line)), "{line}: {operator:?}");
    }
}

/// The name in the line that the run says.
fn name_of(said: &str) -> String {
    let (_, rest) = said.split_once("Serious, ").unwrap_or_else(|| panic!("{said}"));
    rest.split_once(" (X90025)").unwrap().0.to_owned()
}

#[test]
fn what_is_less_than_serious_waits_for_its_owner() {
    let icb = Icb::with_register();
    let rows = "X90005,01/07/2026,Workforce,Low,Open,Q-1\nX90025,02/07/2026,Workforce,Moderate,Open,Q-1\n";
    icb.drop_bytes("concerns-quality", "concerns.csv", format!("{HEADER}{rows}"));
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert!(!complained(&output).contains("NOT COUNTED"), "{}", complained(&output));
    assert!(!icb.data().join("operator").exists() || mails(&icb, "operator", "").is_empty());
    let receipt = icb.data().join("inbox/concerns-quality/concerns.csv.receipt.txt");
    assert!(!fs::read_to_string(receipt).unwrap().contains("CANNOT WAIT"));
}

#[test]
fn a_serious_row_of_a_file_that_is_refused_is_told_like_one_set_aside() {
    let icb = Icb::with_register();
    icb.drop_bytes(
        "concerns-quality",
        "a.csv",
        format!("{HEADER}X90005,01/07/2026,Workforce,Low,Open,Q-1\n"),
    );
    assert_eq!(code(&icb.run("nightly", "2026-07-10", &[])), 0);
    let header = HEADER.replace(",Reference", "");
    let rows = "X90005,01/07/2026,Workforce,Low,Open\nX90025,02/07/2026,Workforce,Serious,Open\n";
    icb.drop_bytes("concerns-quality", "b.csv", format!("{header}{rows}"));
    let output = icb.run("quarterly", "2026-07-14", &[]);
    let says = "Serious, Dunlinthwaite Road Practice (X90025). Date raised 2 July 2026, 12 days ago. Set aside \
                (the whole file; row 3): the column \"Reference\" is missing";
    let says = says.replace("Dunlinthwaite Road Practice", &name_of(&complained(&output)));
    assert!(complained(&output).contains(&format!("NOT COUNTED: {says}")), "{}", complained(&output));
    let operator = mails(&icb, "operator", "");
    assert!(operator.iter().any(|mail| mail.contains(&says)), "{operator:?}");
    let owner = mails(&icb, "outbox", "quality-team-lead");
    let owner = owner.iter().find(|mail| mail.contains("b.csv not taken in, to correct today")).unwrap();
    assert!(owner.contains("NOT COUNTED, AND IT CANNOT WAIT") && owner.contains(&says), "{owner}");
    let all = files(&icb.data().join("packs/quarterly-2026-07-14/quality-committee"));
    let (_, pack) = all.iter().find(|(path, _)| path.to_string_lossy().contains("2026-27-q1")).unwrap();
    let page = crate::papers::pages(pack)[0].split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains("Set aside, and counted nowhere in this paper"), "{page}");
    assert!(page.contains(&says), "{page}");

    // Refused again for another fault, it is told once; taken in, it is over.
    let again = format!("{}{rows}", HEADER.replace(",Reference", "").replace("Status", "State"));
    icb.drop_bytes("concerns-quality", "c.csv", again);
    let output = icb.run("nightly", "2026-07-15", &[]);
    assert_eq!(complained(&output).matches("NOT COUNTED: ").count(), 1, "{}", complained(&output));
    let whole = rows.replace("Low,Open", "Low,Open,Q-1").replace("Serious,Open", "Serious,Open,Q-2");
    icb.drop_bytes("concerns-quality", "d.csv", format!("{HEADER}{whole}"));
    let output = icb.run("nightly", "2026-07-16", &[]);
    assert!(!complained(&output).contains("NOT COUNTED"), "{}", complained(&output));
    assert_eq!(icb.levels()["X90025"]["level"], "4");
}
