use std::path::Path;

use super::*;

fn lancashire() -> Folder {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
    Folder::read(&dir).unwrap()
}

fn said(loaded: &Loaded) -> String {
    loaded.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_first_pipeline_is_valid() {
    let loaded = load(&lancashire());
    assert_eq!(said(&loaded), "");
    let pipeline = loaded.pipeline.unwrap();
    assert_eq!(pipeline.rules.len(), 10);
    assert_eq!(pipeline.rules[0].id, "immediate-concern");
    assert_eq!(pipeline.feeds.len(), 24);
}

#[test]
fn the_hash_of_the_pipeline_on_a_document_is_no_nhs_number() {
    let mut guard = Guard::nhs_numbers();
    let cover = "Run quarterly-2026-10-14, pipeline Lancashire (a9434765919b)";
    assert!(guard.identifies(cover), "ten right digits by chance");
    allow_hash(&mut guard, &format!("a9434765919b{}", "0".repeat(52)));
    assert!(!guard.identifies(cover));
    assert!(guard.identifies("the patient 987 654 3210"), "others are found as ever");
}

#[test]
fn everything_wrong_with_a_folder_is_told_in_one_pass() {
    let mut folder = lancashire();
    let mut edit = |path: &str, from: &str, to: &str| {
        let text = folder.get(path).unwrap().replacen(from, to, 1);
        folder.insert(path, text);
    };
    edit("rules/serious-concern.toml", "severity = 'Serious'", "severity = 'Seriuos'");
    edit("rules/open-concern.toml", "level    = 2", "level    = 7");
    edit("rules/cqc-earlier.toml", "from     = \"rating\"", "from     = \"ratings\"");
    edit("facts/concerns.toml", "status_date > as_of", "statusdate > as_of");
    edit("feeds/visits.toml", "type     = \"practice\"", "type     = \"practise\"");
    edit("feeds/decisions.toml", "required = true", "requird = true");
    edit("committees.toml", "pmsg.chair@lsc-icb.example", "pmsg.chair at lsc-icb.example");
    edit("committees.toml", "\"quarterly-pack\", \"sbar\"", "\"quarterly-pack\", \"sabr\"");
    edit("levels.toml", "due       = \"1 month\"", "due       = \"a month\"");
    edit("support.toml", "themes  = [\"Estates\"]", "themes  = [\"Estate\"]");
    edit("pipeline.toml", "02:30", "2.30");
    edit("calendar.toml", "2025-01-01", "01/01/2025");
    edit("vocabularies.toml", "\"IPC\"", "IPC\"");
    folder.insert("rules/old/serious.toml", "");
    insta::assert_snapshot!(said(&load(&folder)));
}

#[test]
fn an_empty_folder_says_which_files_are_missing() {
    insta::assert_snapshot!(said(&load(&Folder::default())));
}

/// The folder after edits of its texts; each must hit.
fn edited(edits: &[(&str, &str, &str)]) -> Folder {
    let mut folder = lancashire();
    for (path, from, to) in edits {
        let text = folder.get(path).unwrap();
        assert!(text.contains(from), "{path}: {from}");
        let text = text.replace(from, to);
        folder.insert(*path, text);
    }
    folder
}

/// The folder without some of its files.
fn without(files: &[&str]) -> Folder {
    let mut folder = Folder::default();
    for (path, text) in lancashire().iter().filter(|(path, _)| !files.contains(path)) {
        folder.insert(path, text);
    }
    folder
}

/// What must be corrected first, and how many faults follow.
fn roots(folder: &Folder) -> (Vec<String>, usize) {
    let found = load(folder).diagnostics;
    let (follow, first): (Vec<_>, Vec<_>) = found.into_iter().partition(|d| d.follows);
    (first.iter().map(ToString::to_string).collect(), follow.len())
}

#[test]
fn a_missing_file_comes_first_and_what_follows_is_folded() {
    let (first, follow) = roots(&without(&["vocabularies.toml"]));
    assert_eq!(first.len(), 1, "{}", first.join("\n"));
    assert!(
        first[0].starts_with("vocabularies.toml: error [missing-file]: the file is missing: "),
        "{}",
        first[0]
    );
    assert!(first[0].contains("`themes`") && first[0].contains("`visit-types`"), "{}", first[0]);
    assert!(follow > 10, "{follow}");

    let (first, follow) = roots(&without(&["layouts/concerns.toml"]));
    assert_eq!(first.len(), 1, "{}", first.join("\n"));
    assert!(
        first[0].starts_with(
            "layouts/concerns.toml: error [missing-file]: the file is missing: feeds/concerns-complaints.toml:"
        ),
        "{}",
        first[0]
    );
    assert!(first[0].contains("and 8 other places"), "{}", first[0]);
    assert!(follow > 10, "{follow}");

    let (first, _) = roots(&without(&["facts/score.toml"]));
    assert_eq!(first.len(), 1, "{}", first.join("\n"));
    assert!(first[0].starts_with("facts/score.toml: error [missing-file]"), "{}", first[0]);

    let lines =
        crate::diagnostic::lines(&load(&without(&["vocabularies.toml"])).diagnostics, false, |_| Vec::new());
    assert_eq!(lines.len(), 2, "{}", lines.join("\n"));
    assert!(
        lines[1].starts_with("and ") && lines[1].contains("faults that follow from these"),
        "{}",
        lines[1]
    );
    let all =
        crate::diagnostic::lines(&load(&without(&["vocabularies.toml"])).diagnostics, true, |_| Vec::new());
    assert!(all.len() > 10);
}

#[test]
fn every_single_file_of_the_folder_is_missed() {
    let folder = lancashire();
    let silent: Vec<&str> = folder
        .iter()
        .map(|(path, _)| path)
        .filter(|path| load(&without(&[path])).diagnostics.is_empty())
        .collect();
    assert_eq!(silent, [] as [&str; 0]);
    for (path, _) in folder.iter().filter(|(path, _)| !path.contains('/')) {
        for folder in [without(&[path]), emptied(path)] {
            let (first, _) = roots(&folder);
            assert!(first.iter().any(|said| said.contains(path)), "without {path}: {}", first.join("\n"));
        }
    }
}

/// The folder with a file that holds a comment alone, as a copy that was broken off may.
fn emptied(path: &str) -> Folder {
    let mut folder = lancashire();
    folder.insert(path, "# to be filled\n");
    folder
}

#[test]
fn a_file_that_declares_nothing_is_told_as_one_that_is_missing() {
    let (missing, empty) = (said(&load(&without(&["guard.toml"]))), said(&load(&emptied("guard.toml"))));
    assert_eq!(empty, missing.replace("the file is missing", "the file declares nothing"));
    let mut folder = lancashire();
    folder.insert("guard.toml", "pattern = []\nallow = [\"020 7946 0000\"]\n");
    assert_eq!(said(&load(&folder)), empty, "it looks for nothing");
    assert_eq!(
        said(&load(&emptied("owners.toml"))),
        "owners.toml:1: warning [missing-file]: the file declares nothing: nobody is sent a receipt\n    \
         help: put it back; or, if that is meant, write owner = [] in it"
    );
    folder = lancashire();
    folder.insert("owners.toml", "owner = []\n");
    assert_eq!(said(&load(&folder)), "", "it says so");
}

#[test]
fn rows_that_no_rule_claims_are_told() {
    let rule = |file: &str, from: &str, to: &str| said(&load(&edited(&[(file, from, to)])));
    let found = said(&load(&without(&["rules/serious-concern.toml"])));
    assert!(
        found.contains(
            "facts/concerns.toml:1: warning [unclaimed-rows]: rows of `concerns` with severity = 'Serious' meet no \
             rule\n    help: change the rules together; if no rule is meant to claim such rows, say so by \
             `unclaimed` in facts/concerns.toml"
        ),
        "{found}"
    );
    let found = rule("rules/open-concern.toml", "('Low', 'Moderate')", "('Low')");
    assert!(found.contains("rows of `concerns` with severity = 'Moderate' meet no rule"), "{found}");
    let found = rule("rules/cqc-in-year.toml", "('Requires improvement', 'Inadequate')", "('Inadequate')");
    assert!(
        found.contains(
            "facts/rating.toml:10: warning [unclaimed-rows]: rows of `rating` with published after as_of - 12 months \
             and rating = 'Requires improvement' meet no rule"
        ),
        "{found}"
    );
    let found = rule("rules/cqc-in-year.toml", "'12 months'", "'6 months'");
    assert!(
        found.contains("published after as_of - 12 months and up to as_of - 6 months and rating in"),
        "{found}"
    );
    let found = rule("rules/improvement-programme-declined.toml", "'12 months'", "'6 months'");
    assert!(
        found.contains(
            "responded after as_of - 12 months and up to as_of - 6 months and response = 'Declined'"
        ),
        "{found}"
    );
    let found = rule("facts/rating.toml", "'Outstanding')", "'Outstanding', 'Inadequate')");
    assert!(
        found.contains("`unclaimed` speaks of rows of `rating` that the rule `cqc-earlier` claims"),
        "{found}"
    );
    let found = said(&load(&without(&["rules/improvement-programme-declined.toml"])));
    assert!(
        found.contains("of `offer` no rule is meant to claim, and no rule looks at it at all"),
        "{found}"
    );
    assert!(found.contains("`nothing_unclaimed_in` names `offer`, and no rule looks at it"), "{found}");
    assert_eq!(
        said(&load(&without(&["rules/corroborated-concern.toml"]))).lines().next().unwrap(),
        "pipeline.toml:20: warning [missing-file]: there are 9 files in rules, and `at_least` says 10"
    );
    let found = rule("rules/nothing-stands.toml", "\"concerns\", ", "");
    assert!(found.contains("even where a row of `concerns` stands that no rule claims"), "{found}");
}

#[test]
fn another_word_for_a_value_that_is_a_value_itself_does_nothing() {
    let more = "\"RI\" = \"Requires improvement\"\n\"good\" = \"Inadequate\"\n";
    let found = said(&load(&edited(&[("vocabularies.toml", "\"RI\" = \"Requires improvement\"\n", more)])));
    assert!(found.contains("warning [duplicate-name]: `good` is a value of the list itself"), "{found}");
}

#[test]
fn a_text_that_names_a_value_its_condition_does_not_use_is_told() {
    let rule = "rules/variation-score-10.toml";
    let found = said(&load(&edited(&[(rule, "and score >= variation_score", "and score >= 12")])));
    assert!(
        found.contains(
            "rules/variation-score-10.toml:5: warning [rule-numbers]: the title, the sentence and `while` name \
             `variation_score`, and the condition of this rule does not use it: it compares with 12"
        ),
        "{found}"
    );
    let both = edited(&[
        (rule, "and score >= variation_score", "and score >= 12"),
        ("rules/variation-score-below-10.toml", "score < variation_score", "score < 12"),
    ]);
    assert_eq!(said(&load(&both)).matches("and the condition of this rule does not use it").count(), 2);
    let found = said(&load(&edited(&[(rule, "\"score >= variation_score\"", "\"score >= 12\"")])));
    assert!(found.contains("the condition uses `variation_score`, and `while` compares with 12"), "{found}");
    let below = "rules/variation-score-below-10.toml";
    let found = said(&load(&edited(&[(below, "score > 0", "score > 2")])));
    assert!(
        found.contains(
            "the condition compares with 2, which neither a named value nor the texts of this rule say"
        ),
        "{found}"
    );
}

#[test]
fn a_fault_of_its_own_is_shown_beside_a_missing_file() {
    let mut folder = without(&["vocabularies.toml"]);
    let text = folder.get("rules/cqc-in-year.toml").unwrap().replace("publish", "pubblish");
    folder.insert("rules/cqc-in-year.toml", text);
    let (first, _) = roots(&folder);
    assert!(first[0].contains("[missing-file]"), "{}", first[0]);
    assert!(first.iter().any(|said| said.contains("pubblished")), "{}", first.join("\n"));
}

#[test]
fn a_value_that_plays_a_role_is_renamed_with_its_role_or_not_at_all() {
    let visits = "feeds/visits.toml";
    for (edit, said) in [
        (
            (visits, "[\"Accepted\", \"Declined\"", "[\"Taken up\", \"Declined\""),
            "column `support_response` has no value `Accepted` to be `accepted`",
        ),
        (
            ("vocabularies.toml", "values = [\"Proactive\"", "values = [\"Routine\""),
            "column `visit_type` has no value `Proactive` to be `proactive`",
        ),
        (
            (
                visits,
                "\"Completed\", \"Cancelled\", \"Paused\"]",
                "\"Completed\", \"Called off\", \"Paused\"]",
            ),
            "column `status` has no value `Cancelled` to be `cancelled`",
        ),
        (
            ("feeds/improvement-programme.toml", "\"Declined\", \"No response\"", "\"Declined\", \"Silent\""),
            "column `response` has no value `No response` to be `unanswered`",
        ),
        (
            ("feeds/ods-register.toml", "[\"Active\", \"Closed\"", "[\"Open\", \"Closed\""),
            "column `status` has no value `Active` to be `active`",
        ),
        (
            (visits, "roles    = { proactive = \"Proactive\", ", "roles    = { "),
            "column `visit_type` of `visits` says no value that is `proactive`: the visits are counted by it",
        ),
        (
            (visits, "{ proactive = ", "{ proactve = "),
            "no role of the column `visit_type` is called `proactve`",
        ),
        (
            ("feeds/narrative.toml", "[\"Summary\"", "[\"Headlines\""),
            "the narrative sheet has no section `Summary`",
        ),
        (
            ("feeds/narrative.toml", "[\"Summary\"", "[\"Outlook\", \"Summary\""),
            "no document prints the section `Outlook`: its paragraphs would be printed nowhere",
        ),
    ] {
        let loaded = load(&edited(&[edit]));
        assert!(loaded.pipeline.is_none(), "{said}");
        let lines = self::said(&loaded);
        assert!(lines.contains(said), "{said} in {lines}");
    }
}

#[test]
fn a_value_can_have_any_word_as_long_as_its_role_says_so() {
    let visits = "feeds/visits.toml";
    let folder = edited(&[
        (visits, "[\"Accepted\", \"Declined\"", "[\"Taken up\", \"Declined\""),
        (visits, "accepted = \"Accepted\"", "accepted = \"Taken up\""),
    ]);
    let loaded = load(&folder);
    let pipeline = loaded.pipeline.unwrap_or_else(|| panic!("{}", said(&load(&folder))));
    assert_eq!(pipeline.roles.get("visits", "support_response", "accepted"), Some("Taken up"));
}

#[test]
fn a_decision_is_about_a_level() {
    let file = "feeds/decisions.toml";
    let labels = "values   = [\"Level 1\", \"Level 2\", \"Level 3\", \"Level 4\", \"Level 5\"]";
    let found = said(&load(&edited(&[(file, "values   = \"levels\"", labels)])));
    assert!(
        found.contains("`Level 1` in column `level` of `decisions` is no level of levels.toml"),
        "{found}"
    );
    let text = fs_text(file).replace("type     = \"choice\"\nvalues   = \"levels\"", "type     = \"text\"");
    let mut folder = lancashire();
    folder.insert(file, text);
    let found = said(&load(&folder));
    assert!(found.contains("column `level` of `decisions` takes any text"), "{found}");
    let mut folder = lancashire();
    folder.insert(file, fs_text(file).replace("required = true", "required = false"));
    let found = said(&load(&folder));
    assert!(found.contains("column `until` of `decisions` may be blank"), "{found}");
}

fn fs_text(path: &str) -> String {
    lancashire().get(path).unwrap().to_owned()
}

#[test]
fn names_that_feeds_set_are_a_closed_list_in_conditions() {
    let rule = "rules/corroborated-concern.toml";
    let with = |filter: &str| edited(&[(rule, "severity = 'Moderate'", filter)]);
    assert!(load(&with("severity = 'Moderate' and team = 'medicines optimisation'")).pipeline.is_some());
    let found = said(&load(&with("team = 'Medicines management'")));
    assert!(found.contains("'Medicines management' is not a value of this column"), "{found}");
    assert!(found.contains("Medicines optimisation"), "{found}");
    let found = said(&load(&with("feed = 'concerns-medicine'")));
    assert!(found.contains("'concerns-medicine' is not a value of this column"), "{found}");
}

#[test]
fn a_pack_of_the_quarter_is_made_once_a_quarter() {
    let job = |text: &str| {
        let whole = fs_text("pipeline.toml");
        let mut folder = lancashire();
        folder.insert("pipeline.toml", format!("{whole}\n{text}\n"));
        said(&load(&folder))
    };
    let monthly = "[[job]]\nname = \"monthly\"\ncron = \"0 0 7 * * *\"\nworking_day = 3\ndocuments = [\"quarterly-pack\"]";
    let found = job(monthly);
    assert!(found.contains("make the `quarterly-pack` of a quarter"), "{found}");
    let daily =
        "[[job]]\nname = \"daily\"\nat = \"07:00\"\nruns = \"every day\"\ndocuments = [\"quarterly-pack\"]";
    assert!(
        job(daily).contains("more than once a quarter") || job(daily).contains("both make"),
        "{}",
        job(daily)
    );
    let alerts =
        "[[job]]\nname = \"noon\"\nat = \"12:00\"\nruns = \"every day\"\ndocuments = [\"exception-alert\"]";
    assert_eq!(job(alerts), "");
}

#[test]
fn what_protects_people_is_missed() {
    let (first, _) = roots(&without(&["guard.toml"]));
    assert!(first[0].starts_with("guard.toml:1: error [missing-file]: the file is missing"), "{}", first[0]);
    let mut folder = without(&["guard.toml"]);
    folder.insert("pipeline.toml", format!("guard = \"nhs numbers only\"\n{}", fs_text("pipeline.toml")));
    assert_eq!(said(&load(&folder)), "");
    let mut both = lancashire();
    both.insert("pipeline.toml", format!("guard = \"nhs numbers only\"\n{}", fs_text("pipeline.toml")));
    assert!(said(&load(&both)).contains("and there is a guard.toml"));

    let found = said(&load(&without(&["exceptions.toml"])));
    assert!(
        found.contains("Quality Committee waits for `exception-alert`, and no exception is defined"),
        "{found}"
    );
}

#[test]
fn a_copied_rule_is_noticed() {
    let mut folder = lancashire();
    folder.insert("rules/serious-concern copy.toml", fs_text("rules/serious-concern.toml"));
    let found = said(&load(&folder));
    assert_eq!(
        found,
        "rules/serious-concern copy.toml:1: warning [copied-rule]: this rule holds for the rows for which \
         rules/serious-concern.toml holds: both fire\n    help: take one of them out, or change its condition"
    );
}

#[test]
fn a_copied_file_of_any_folder_is_noticed() {
    let mut folder = lancashire();
    for path in ["feeds/qof (1).toml", "documents/sbar - Copy.toml"] {
        let original = path.replace(" (1)", "").replace(" - Copy", "");
        folder.insert(path, fs_text(&original));
        let told = format!("{path}:1: warning [copied-file]: this file says what {original} says");
        assert!(said(&load(&folder)).contains(&told), "{}", said(&load(&folder)));
    }
}

#[test]
fn recipients_are_people_whom_mail_reaches() {
    for (address, why) in [
        ("pmsg.chair@x", "its domain has no dot"),
        ("-oQ/tmp@lsc-icb.example", "it begins with a hyphen"),
        ("pmsg.chair@lsc-icb.example ", "a space stands before or after it"),
    ] {
        let found = said(&load(&edited(&[("committees.toml", "pmsg.chair@lsc-icb.example", address)])));
        assert!(found.contains(&format!("is not a mail address: {why}")), "{found}");
        assert!(!found.contains("gets nothing"), "{found}");
    }
}

#[test]
fn all_faults_of_a_rule_are_said_at_once() {
    let file = "rules/variation-score-10.toml";
    let found = said(&load(&edited(&[(file, "{score}", "{scor}"), (file, "[\"score\"", "[\"extrct\"")])));
    assert!(found.contains("`scor`") && found.contains("`extrct`"), "{found}");
}

#[test]
fn nothing_in_a_folder_fills_a_stack() {
    let or = vec!["severity='Low'"; 50_000].join(" or ");
    let nested = format!("x = {}1{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let tables = format!("x = {}1{}\n", "{ a = ".repeat(20_000), " }".repeat(20_000));
    let dotted = format!("{} = 1\n", vec!["a"; 20_000].join("."));
    let sums = vec!["1"; 50_000].join("+");
    let folders = [
        edited(&[("rules/open-concern.toml", "severity in ('Low', 'Moderate')", &or)]),
        edited(&[("rules/open-concern.toml", "{plural(count(*)", &format!("{{{sums}}} {{plural(count(*)"))]),
        edited(&[("guard.toml", "where", &nested)]),
        edited(&[("support.toml", "themes  = [\"Estates\"]", &nested)]),
        edited(&[("support.toml", "themes  = [\"Estates\"]", &tables)]),
        edited(&[("support.toml", "themes  = [\"Estates\"]", &dotted)]),
        edited(&[("guard.toml", "pattern = '''", &format!("pattern = '''{}", "(".repeat(100_000)))]),
    ];
    // The scheduler reads folders in a thread with the usual stack.
    let read = std::thread::spawn(move || folders.iter().all(|folder| load(folder).pipeline.is_none()));
    assert!(read.join().unwrap());
}

#[test]
fn narrative_that_cannot_be_marked_as_public_is_told_where_a_committee_is_public() {
    let text = lancashire().get("feeds/narrative.toml").unwrap().to_owned();
    let column = &text[text.find("# Without a Yes here").unwrap()..];
    let unmarked = ("feeds/narrative.toml", column, "");
    let warned = said(&load(&edited(&[unmarked])));
    assert!(
        warned.starts_with("feeds/narrative.toml")
            && warned.contains("has no column `may_be_public`")
            && warned.contains("Primary Care Commissioning Sub-Committee")
            && warned.matches("warning").count() == 1,
        "{warned}"
    );
    let all_named = ("committees.toml", "audience  = \"public\"", "audience  = \"named\"");
    assert_eq!(said(&load(&edited(&[unmarked, all_named]))), "");
}
