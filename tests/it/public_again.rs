//! Public packs after others: revisions, several committees, other thresholds.

use std::fs;

use serde_json::Value;

use crate::papers::pages;
use crate::release::{desk, mails};
use crate::support::paper::{block, pack, paragraphs};
use crate::support::{Icb, code, complained, files};

const PUBLIC: &str = "primary-care-commissioning-sub-committee";
const OTHER: &str = "health-overview-committee";

/// A board with what the first quarter brought.
fn board() -> Icb {
    let icb = Icb::with_register();
    for feed in ["concerns-quality", "visits"] {
        icb.drop_step(1, feed);
    }
    icb
}

/// What a run keeps of itself.
fn kept(icb: &Icb, run: &str, file: &str) -> Value {
    let path = icb.data().join("runs").join(run).join(file);
    serde_json::from_slice(&fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).unwrap()
}

/// The runs whose public packs a run took to be read.
fn printed(icb: &Icb, run: &str) -> Vec<String> {
    let manifest = kept(icb, run, "manifest.json");
    let runs = manifest["printed"].as_array().cloned().unwrap_or_default();
    runs.iter().map(|before| before["run"].as_str().unwrap().to_owned()).collect()
}

/// The runs that the figures which count as known come from.
fn known(icb: &Icb, run: &str) -> Vec<String> {
    let result = kept(icb, run, "result.json");
    result["published"]["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run.as_str().unwrap().to_owned())
        .collect()
}

fn more_concerns(icb: &Icb) {
    let mut sheet = "Practice code,Date raised,Severity,Theme,Status,Reference\n".to_owned();
    for (i, practice) in (100..105).enumerate() {
        sheet += &format!("X90{practice},01/07/2026,Low,Workforce,Open,N-{i}\n");
    }
    icb.drop_bytes("concerns-estates", "Estates.csv", sheet);
}

#[test]
fn a_corrected_public_pack_and_the_one_before_it_both_stay_known() {
    let icb = board();
    icb.report("quarterly", "2026-07-14");
    let first = "quarterly-2026-07-14";
    assert_eq!(printed(&icb, first), Vec::<String>::new());
    assert_eq!(known(&icb, first), [first]);
    more_concerns(&icb);
    icb.report("quarterly", "2026-07-14");
    let second = "quarterly-2026-07-14-2";
    let data = icb.data();
    let recall =
        ["recall", "pccsc-2026-27-q1", "--by", "Primary Care System Team", "--reason", "A sheet was missing"];
    let output = desk(&icb, &recall);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert_eq!(mails(&icb, "-r2-primary-care-commissioning").len(), 1, "both were sent");
    // The same once more is the same paper, although it has been read by now.
    let before = fs::read(data.join("runs").join(second).join("result.json")).unwrap();
    assert_eq!(icb.report("quarterly", "2026-07-14")["sent"], 0);
    assert_eq!(fs::read(data.join("runs").join(second).join("result.json")).unwrap(), before);
    // What was recalled stays known to whoever read it.
    icb.report("quarterly", "2026-10-14");
    assert_eq!(known(&icb, "quarterly-2026-10-14"), [first, second, "quarterly-2026-10-14"]);
}

#[test]
fn an_edit_that_changes_no_word_makes_no_other_public_pack() {
    let icb = board();
    icb.report("quarterly", "2026-07-14");
    icb.edit("committees.toml", "# Who receives what.", "# Who gets what.");
    let report = icb.report("quarterly", "2026-07-14");
    assert_eq!(report["sent"], 0, "{report}");
    assert_eq!(
        printed(&icb, "quarterly-2026-07-14-2"),
        ["quarterly-2026-07-14"],
        "another run, and it knows the first"
    );
    let of = |run: &str| pack(&icb.data(), run, PUBLIC);
    let (one, two) = (of("quarterly-2026-07-14"), of("quarterly-2026-07-14-2"));
    assert_eq!(block(&one, "visits"), block(&two, "visits"));
    assert_eq!(mails(&icb, "-r2-").len(), 0);
}

#[test]
fn what_every_public_committee_is_told_counts_as_known_to_all() {
    let icb = board();
    icb.report("quarterly", "2026-07-14");
    let other = "[[committee]]\nname = \"Health Overview Committee\"\ndocuments = [\"quarterly-pack\"]\n\
                 audience = \"public\"\n\n[[committee.recipient]]\nrole = \"Secretary\"\n\
                 address = \"hoc@marrowdale-icb.example\"\nadded_by = \"Head of Primary Care\"\n\
                 added = 2026-08-01\nreview = 2027-04-01\n";
    let path = icb.pipeline("committees.toml");
    let with = format!("{}\n{other}", fs::read_to_string(&path).unwrap());
    fs::write(&path, with).unwrap();
    more_concerns(&icb);
    icb.report("quarterly", "2026-10-14");
    let run = "quarterly-2026-10-14";
    // The new committee has no pack before it to be compared with: it gets another paper.
    let (one, two) = (pack(&icb.data(), run, PUBLIC), pack(&icb.data(), run, OTHER));
    assert_eq!(paragraphs(&one, "movements"), ["Compared with the pack of 14 July 2026."]);
    let first = "This is the first pack: there is no earlier level to compare with.";
    assert_eq!(paragraphs(&two, "movements"), [first]);
    let result = kept(&icb, run, "result.json");
    let figures = result["published"]["figures"].as_array().unwrap();
    let has = |key: &str| figures.iter().any(|figure| figure["key"].as_str() == Some(key));
    assert!(has("moved/2026-07-14/2026-10-14"), "what the one committee is told");
    assert!(has("visits changed/2026-07-14/2026-10-14") && has("visits changed/the beginning/2026-10-14"));
    assert_eq!(known(&icb, run), ["quarterly-2026-07-14", run]);
}

#[test]
fn the_pipeline_says_what_is_small() {
    let icb = board();
    icb.edit("committees.toml", "hidden_up_to = 4\nleast_range  = 3", "hidden_up_to = 9\nleast_range  = 4");
    icb.report("quarterly", "2026-07-14");
    let run = "quarterly-2026-07-14";
    let packs = files(&icb.data().join("packs").join(run).join(PUBLIC));
    let read = pages(packs.values().next().unwrap()).join(" ").replace('\n', " ");
    assert!(read.contains("no count of 1 to 9 is shown"), "{}", &read[..600]);
    assert!(read.contains("[c] in this paper: a count of 1 to 9, or one"), "the note under the table");
    assert!(read.contains("ewer than 10 ") && !read.contains("ewer than 5 "));
}
