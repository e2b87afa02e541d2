//! The documents as files: valid, tagged, and saying what they should.

use page_validation::{ValidationOptions, ValidationProfile, validate_pdf_bytes};

use crate::support::{Icb, code, complained, demo, files};

#[test]
fn every_kind_of_document_passes_the_checks_for_accessible_pdf() {
    let all = files(&demo().join("packs"));
    let mut kinds = std::collections::BTreeMap::new();
    for (path, bytes) in &all {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let committee = path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        let kind = name.split('-').nth(3).unwrap().to_owned();
        kinds.entry((kind, committee)).or_insert((path, bytes));
    }
    assert!(kinds.len() >= 6, "{:?}", kinds.keys());
    for (path, bytes) in kinds.into_values() {
        for profile in [ValidationProfile::PdfUa1, ValidationProfile::PdfA2a] {
            let result = validate_pdf_bytes(bytes, &ValidationOptions::default().profile(profile)).unwrap();
            let failures: Vec<_> = result.failures.iter().map(|f| (&f.rule_id, &f.message)).collect();
            assert!(result.is_compliant, "{} {profile:?}: {failures:?}", path.display());
        }
    }
}

fn text(path: &str) -> Vec<String> {
    pages(&demo().join("packs").join(path))
}

fn pages(path: &std::path::Path) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap();
    let document = crate::support::pdf(&bytes);
    document.get_pages().into_keys().map(|page| document.extract_text(&[page]).unwrap()).collect()
}

#[test]
fn a_pack_has_every_section_and_numbers_its_pages() {
    let pages = text(
        "quarterly-2026-10-14/primary-care-quality-group/2026-10-14-quarterly-pack-2026-27-q2-pcqg-named-OFFICIAL-SENSITIVE.pdf",
    );
    let count = pages.len();
    for (index, page) in pages.iter().enumerate() {
        assert!(page.contains(&format!("Page {} of {count}", index + 1)), "page {}", index + 1);
        assert!(page.contains("OFFICIAL-SENSITIVE"), "page {}", index + 1);
    }
    let whole = pages.join("\n");
    for section in [
        "Summary",
        "(a) Data and visits",
        "(b) Themes",
        "(c) Support offered and taken up",
        "(d) Best practice",
        "(e) Changes to the plan",
        "(f) Narrative",
        "Exceptions",
        "Level movements",
        "Sources and data quality",
        "Annex: every practice",
    ] {
        assert!(whole.matches(section).count() >= 2, "{section} stands in the contents and in the text");
    }
    assert!(whole.contains("X90196"), "a practice that merged is named");
}

#[test]
fn a_public_pack_tells_no_practice() {
    let pages = text(
        "quarterly-2026-10-14/primary-care-commissioning-sub-committee/2026-10-14-quarterly-pack-2026-27-q2-pccsc-public.pdf",
    );
    let whole = pages.join("\n");
    let expected =
        std::fs::read_to_string(crate::support::repository().join("fixtures/expected.toml")).unwrap();
    let expected: toml::Table = expected.parse().unwrap();
    for practice in expected["practice"].as_array().unwrap() {
        for key in ["code", "name"] {
            let told = practice[key].as_str().unwrap();
            assert!(!whole.to_lowercase().contains(&told.to_lowercase()), "{told}");
        }
    }
    assert!(whole.contains("[c]"), "small numbers are hidden");
}

#[test]
fn an_sbar_has_its_four_parts_on_two_pages_at_most() {
    for (path, _) in files(&demo().join("packs")) {
        let name = path.to_string_lossy().replace('\\', "/");
        if !name.contains("-sbar-") {
            continue;
        }
        let pages = text(&name);
        assert!(pages.len() <= 2, "{name} has {} pages", pages.len());
        let whole = pages.join("\n");
        for part in ["Situation", "Background", "Assessment", "Recommendation"] {
            assert!(whole.contains(part), "{name}: {part}");
        }
    }
}

#[test]
fn mails_say_what_is_attached() {
    let mails = files(&demo().join("outbox"));
    for (path, bytes) in mails {
        let text = String::from_utf8_lossy(&bytes);
        let name = path.to_string_lossy();
        let head = text.split("\r\n\r\n").next().unwrap();
        for header in ["From: ", "To: ", "Subject: [OFFICIAL", "Date: ", "Message-ID: <"] {
            assert!(head.contains(header), "{name}: {header}");
        }
        assert_eq!(head.matches("@marrowdale-icb.example").count(), 4, "{name}: one recipient");
        // The hash in a receipt is that of the file it answers.
        if name.contains("-receipt-") {
            continue;
        }
        let mail = mail_parser::MessageParser::default().parse(&bytes).unwrap();
        let body = mail.body_text(0).unwrap();
        assert_eq!(body.matches("SHA-256 ").count(), mail.attachment_count(), "{name}");
    }
}

#[test]
fn a_pack_of_the_register_alone_says_what_it_does_not_know() {
    let icb = Icb::with_register();
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let folder = icb.data().join("packs/quarterly-2026-07-14");
    let whole = pages(&folder.join(
        "primary-care-quality-group/2026-07-14-quarterly-pack-2026-27-q1-pcqg-named-OFFICIAL-SENSITIVE.pdf",
    ))
    .join("\n");
    for sentence in [
        "196 of 196 practices (100%) are not assessed",
        "Nothing has ever been received of",
        "nothing is known of themes",
        "nothing is known of visits completed",
        "none is applied",
    ] {
        assert!(whole.contains(sentence), "{sentence}");
    }
    // The annex explains its rules, and one of them has these words.
    let told = whole.replace(": No concern is open and the score is 0", "");
    assert_ne!(told, whole, "the annex explains its rules");
    assert!(!told.contains("No concern is open"), "what was never received is not nothing");
}

#[test]
fn a_pack_that_fails_a_check_goes_to_nobody_and_the_run_says_so() {
    let icb = Icb::with_register();
    let offer = "[[offer]]\ntitle = \"Help for X90005\"\nthemes = [\"Workforce\"]\ncontact = \"Analyst\"\n\
                 from = 2025-04-01\nuntil = 2026-08-01\n\n[[offer]]";
    icb.edit("support.toml", "[[offer]]", offer);
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 6, "{}", complained(&output));
    let said = complained(&output);
    assert!(said.contains("of a public document names a practice"), "{said}");
    let folder = icb.data().join("packs/quarterly-2026-07-14/primary-care-commissioning-sub-committee");
    let there: Vec<String> =
        files(&folder).into_keys().map(|path| path.to_string_lossy().into_owned()).collect();
    assert!(there.len() == 1 && there[0].starts_with("REFUSED-"), "{there:?}");
    let contents = icb.data().join("runs/quarterly-2026-07-14/documents");
    assert!(!contents.join("primary-care-commissioning-sub-committee").exists(), "nothing is kept of it");
    let mails: Vec<String> = files(&icb.data().join("outbox"))
        .into_keys()
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    assert!(mails.iter().any(|name| name.contains("primary-care-quality-group")), "{mails:?}");
    assert!(!mails.iter().any(|name| name.contains("sub-committee")), "{mails:?}");
}

/// Writes a document of some blocks of the quarterly pack, in this order.
fn document_of(icb: &Icb, name: &str, title: &str, blocks: &[&str]) {
    let pack = std::fs::read_to_string(icb.pipeline("documents/quarterly-pack.toml")).unwrap();
    let mut document: toml::Table = pack.parse().unwrap();
    let all = document["block"].as_array().unwrap();
    let of = |is: &&str| {
        let mut block = all.iter().find(|block| block["is"].as_str() == Some(is)).unwrap().clone();
        if *is == "movements" {
            let ask = toml::Value::from("note which practices moved between levels");
            block.as_table_mut().unwrap().insert("ask".to_owned(), ask);
        }
        block
    };
    let blocks: Vec<toml::Value> = blocks.iter().map(of).collect();
    document.insert("block".to_owned(), toml::Value::Array(blocks));
    document.insert("title".to_owned(), title.into());
    document.insert("short".to_owned(), title.into());
    let path = icb.pipeline("documents").join(format!("{name}.toml"));
    std::fs::write(path, toml::to_string(&document).unwrap()).unwrap();
}

#[test]
fn a_committee_with_a_document_of_its_own_gets_its_blocks_in_their_order_whichever_they_are() {
    let icb = Icb::with_register();
    let three = ["movements", "summary", "visits"];
    document_of(&icb, "progress", "GP support: level movements, summary and visits", &three);
    document_of(&icb, "moves", "GP support: level movements", &["movements"]);
    icb.edit("pipeline.toml", "[\"quarterly-pack\", ", "[\"quarterly-pack\", \"progress\", \"moves\", ");
    icb.edit("committees.toml", "\"exceptions\"]", "\"progress\"]");
    icb.edit(
        "committees.toml",
        "name      = \"Primary Medical Services Group\"\ndocuments = [\"quarterly-pack\"]",
        "name      = \"Primary Medical Services Group\"\ndocuments = [\"moves\"]",
    );
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let folder = icb.data().join("packs/quarterly-2026-07-14");
    let whole = |committee: &str| {
        let all = files(&folder.join(committee));
        let pack = all.iter().find(|(path, _)| !path.to_string_lossy().contains("exception-")).unwrap();
        let pages = crate::papers::pages(pack.1).into_iter();
        // Lines are broken where the paper is narrow.
        pages.map(|page| page.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<String>>()
    };
    let pages = whole("quality-committee");
    assert!(pages[0].contains("GP support: level movements, summary and visits"), "{}", pages[0]);
    assert!(pages[0].contains("note which practices moved between levels"), "{}", pages[0]);
    assert!(!pages[0].contains("exceptions"), "{}", pages[0]);
    let at = |heading: &str| pages.iter().skip(2).position(|page| page.contains(heading));
    let places = ["This is the first pack: there is no", "Table 1.", "(a) Data and visits"].map(at);
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    assert!(pages[2].starts_with("Level movements"), "{}", pages[2]);
    let pages = whole("primary-medical-services-group");
    assert!(pages[0].contains("GP support: level movements"), "{}", pages[0]);
    assert_eq!(pages.len(), 3, "cover, contents and the section");
}

/// The digits of a PDF's pages, as a reader sees them.
pub fn digits(bytes: &[u8]) -> String {
    let document = crate::support::pdf(bytes);
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    let text = document.extract_text(&pages).unwrap_or_default();
    text.chars().filter(char::is_ascii_digit).collect()
}
