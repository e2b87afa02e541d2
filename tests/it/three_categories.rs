//! A framework of three categories without an order, without visits, score and decisions: two months of a document
//! about each place.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::support::{code, complained, copy, levels, pdf, quarterday, repository, said, text};

/// The fixture in a folder of its own.
struct Vales {
    dir: TempDir,
}

impl Vales {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn pipeline(&self) -> PathBuf {
        repository().join("fixtures/three-categories/pipeline")
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Drops the sheets of a month and runs its job.
    fn month(&self, month: &str, as_of: &str) {
        let sheets = repository().join("fixtures/three-categories/months").join(month);
        copy(&sheets, &self.data().join("inbox"));
        let (pipeline, data) = (self.pipeline(), self.data());
        let args = ["run", "monthly", "--pipeline", text(&pipeline), "--data", text(&data), "--as-of", as_of];
        let output = quarterday(&args);
        assert_eq!(code(&output), 0, "{}{}", said(&output), complained(&output));
    }

    /// The words of the document of a date that a committee got, without line ends.
    fn paper(&self, committee: &str, as_of: &str) -> String {
        let found = crate::support::files(&self.data().join("packs"));
        let wanted = |path: &&PathBuf| {
            let path = path.to_string_lossy();
            path.contains(committee) && path.contains(as_of) && path.ends_with(".pdf")
        };
        let path = found.keys().find(wanted).unwrap_or_else(|| panic!("no paper among {:?}", found.keys()));
        let document = pdf(&found[path]);
        let pages: Vec<u32> = document.get_pages().into_keys().collect();
        document.extract_text(&pages).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Holds the levels of a date against what is written by hand.
fn as_expected(vales: &Vales, as_of: &str) {
    let expected = fs::read_to_string(repository().join("fixtures/three-categories/expected.toml")).unwrap();
    let expected: toml::Table = expected.parse().unwrap();
    let found = levels(&vales.data());
    let wanted = expected[as_of]["levels"].as_table().unwrap();
    assert_eq!(found.len(), wanted.len());
    for (practice, wanted) in wanted {
        for (key, column) in [("level", "level"), ("previous", "previous_level"), ("marks", "marks")] {
            assert_eq!(found[practice][column], wanted[key].as_str().unwrap(), "{as_of} {practice} {key}");
        }
        for column in
            ["decision", "variation_score", "score_date", "visit_due", "clock", "clock_start", "days_late"]
        {
            assert_eq!(found[practice][column], "", "{as_of} {practice} {column}");
        }
    }
}

#[test]
fn a_framework_without_visits_score_and_decisions_checks_without_a_word() {
    let output = quarterday(&["check", "--pipeline", text(&Vales::new().pipeline())]);
    let told = said(&output) + &complained(&output);
    assert_eq!(code(&output), 0, "{told}");
    assert!(told.contains("0 errors, 0 warnings"), "{told}");
    assert!(told.contains("Two Vales: 4 feeds, 3 rules, 3 levels"), "{told}");
}

#[test]
fn a_column_cannot_have_a_name_that_every_table_has() {
    let vales = Vales::new();
    let folder = vales.dir.path().join("pipeline");
    copy(&vales.pipeline(), &folder);
    let feed = folder.join("feeds/referrals.toml");
    let toml = fs::read_to_string(&feed).unwrap();
    fs::write(&feed, toml.replace("\"received_on\"", "\"received\"")).unwrap();
    let output = quarterday(&["check", "--pipeline", text(&folder)]);
    let told = said(&output) + &complained(&output);
    assert_eq!(code(&output), 3, "{told}");
    assert!(told.contains("every table has a column `received` of its own"), "{told}");
}

#[test]
fn two_months_of_three_categories() {
    let vales = Vales::new();
    vales.month("2026-09", "2026-09-08");
    as_expected(&vales, "2026-09-08");
    let north = vales.paper("north-vale", "2026-09-08");
    assert!(north.contains("Alder Surgery") && !north.contains("Cedar Practice"), "{north}");
    assert!(north.contains("This is the first pack"), "{north}");

    vales.month("2026-10", "2026-10-08");
    as_expected(&vales, "2026-10-08");
    let north = vales.paper("north-vale", "2026-10-08");
    for words in ["1 practice is new or has another category", "Improve without the capacity for it"] {
        assert!(north.contains(words), "{words}: {north}");
    }
    assert!(!north.contains("1 met"), "{north}");
    let south = vales.paper("south-vale", "2026-10-08");
    for words in [
        "1 met, 1 of 2 known",
        "0 met, 0 of 2 known",
        "Vacancies not known",
        "Monitoring",
        "1 May 2026",
        "No agreement on sharing yet.",
    ] {
        assert!(south.contains(words), "{words}: {south}");
    }
    for word in ["visit", "overdue", "exception"] {
        assert!(!south.to_lowercase().contains(word), "{word}: {south}");
    }
    let explained = said(&quarterday(&["explain", "X95001", "--data", text(&vales.data())]));
    for words in [
        "Stands at improve",
        "Last pack (8 September 2026): stabilise; cause of the change: data",
        "not met  Vacancies  [vacancies]",
        "vacancies = 0 (C2)",
        "hint  Improve without the capacity for it: The practice lacks headspace or is not willing.",
    ] {
        assert!(explained.contains(words), "{words}: {explained}");
    }
    let sent = fs::read_dir(vales.data().join("outbox")).unwrap().count();
    assert_eq!(sent, 4, "two committees in each of two months");
}
