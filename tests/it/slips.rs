//! A slip in the files that say which practices there are: told by its cell, never a practice less in silence.

use std::fs;

use crate::support::{Icb, code, complained, repository, said, text};

/// A file of the first step of the fixtures.
fn first(feed: &str, name: &str) -> String {
    let path = repository().join("fixtures/steps/1-quarterly-2026-07-14/inbox").join(feed).join(name);
    fs::read_to_string(path).unwrap()
}

fn receipt(icb: &Icb, feed: &str, name: &str) -> String {
    fs::read_to_string(icb.data().join("inbox").join(feed).join(format!("{name}.receipt.txt"))).unwrap()
}

/// The cell of a code in a file, `F12`: its column is known, its row is counted here.
fn cell(column: char, file: &str, code: &str) -> String {
    let row = file.lines().position(|line| line.contains(code)).unwrap() + 1;
    format!("{column}{row}")
}

#[test]
fn a_slip_in_the_list_of_patients_is_told_by_cell_with_the_practice() {
    let icb = Icb::with_register();
    assert_eq!(code(&icb.take_in("2026-07-14")), 0);
    let list = first("patients-registered", "gp-reg-pat-prac-all.csv").replace("01JUL2026", "02JUL2026");
    let list = list.replace("X90003,", "X9O003,").replace("X90009,", "X90009.,");
    icb.drop_bytes("patients-registered", "l2.csv", &list);
    // Another national file of the same run is held against the same practices.
    let qof = "Practice code,Points achieved/ max. QOF points available (%)\nX9O003,90.1\nX90006,92.3\n";
    icb.drop_bytes("qof", "qof-2024-25.csv", qof);
    assert_eq!(code(&icb.take_in("2026-07-15")), 0);
    let told = receipt(&icb, "patients-registered", "l2.csv");
    assert!(told.contains("2 quarantined"), "{told}");
    for (written, meant) in
        [("X9O003", "X90003 \"BRACKENWICKLE MEDICAL PRACTICE\""), ("X90009.", "X90009 \"")]
    {
        assert!(told.contains(&cell('F', &list, written)), "{written}: {told}");
        assert!(told.contains(&format!("\"{written}\" is not a code of the register")), "{told}");
        assert!(told.contains(&format!("did you mean {meant}")), "{told}");
    }
    let told = receipt(&icb, "qof", "qof-2024-25.csv");
    assert!(told.contains("A2") && told.contains("did you mean X90003"), "{told}");
}

#[test]
fn a_slip_in_the_register_is_no_practice_until_a_named_person_says_so() {
    let icb = Icb::with_register();
    assert_eq!(code(&icb.take_in("2026-07-14")), 0);
    let register = first("ods-register", "epraccur.csv").replace("\"X90003\"", "\"X9O003\"");
    icb.drop_bytes("ods-register", "e2.csv", &register);
    assert_eq!(code(&icb.take_in("2026-07-15")), 0);
    let told = receipt(&icb, "ods-register", "e2.csv");
    assert!(told.contains("1 quarantined"), "{told}");
    assert!(told.contains(&cell('A', &register, "X9O003")), "{told}");
    let says = "the letter O stands for the figure 0";
    assert!(told.contains(says) && told.contains("did you mean X90003"), "{told}");

    // What other files say of the practice is told with the code that was meant, not passed over.
    let sheet = "Practice code,Date raised,Theme,Severity,Status,Reference\n\
                 X9O003,01/07/2026,Workforce,Low,Open,Q-1\n";
    icb.drop_bytes("concerns-quality", "c.csv", sheet);
    assert_eq!(code(&icb.run("nightly", "2026-07-16", &[])), 0);
    assert!(receipt(&icb, "concerns-quality", "c.csv").contains("did you mean X90003"));
    assert!(!icb.levels().contains_key("X9O003"));

    // The same register once more: the list of patients knows the practice still.
    icb.drop_bytes("ods-register", "e3.csv", register.replace("UPPER QUAY", "UPPER QUAYS"));
    assert_eq!(code(&icb.take_in("2026-07-17")), 0);
    assert!(receipt(&icb, "ods-register", "e3.csv").contains("did you mean X90003"));

    let row = cell('A', &register, "X9O003").split_off(1);
    let release = format!(
        "Receipt,Cell or row,Reason,Released by,Date\n{},{row},It is a new code,Analyst,18/07/2026\n",
        {
            let told = receipt(&icb, "ods-register", "e3.csv");
            let at = told.find("R00").unwrap();
            told[at..at + 5].to_owned()
        }
    );
    icb.drop_bytes("releases", "r.csv", release);
    let output = icb.run("nightly", "2026-07-18", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let told = receipt(&icb, "ods-register", "e3.csv");
    assert!(told.contains("0 quarantined"), "{told}");
    let list = first("patients-registered", "gp-reg-pat-prac-all.csv").replace("01JUL2026", "02JUL2026");
    icb.drop_bytes("patients-registered", "l2.csv", list.replace("X90003,", "X9O003,"));
    assert_eq!(code(&icb.run("nightly", "2026-07-19", &[])), 0);
    assert_eq!(icb.levels()["X9O003"]["practice_name"], "BRACKENWICKLE MEDICAL PRACTICE");
}

#[test]
fn a_line_break_in_a_name_does_not_tear_what_the_terminal_shows() {
    let icb = Icb::with_register();
    let register = first("ods-register", "epraccur.csv");
    let register = register.replace("TARROWWATH GROUP PRACTICE", "TARROW\nWATH\u{1b}[31m GROUP PRACTICE");
    icb.drop_bytes("ods-register", "epraccur.csv", register);
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let data = icb.data();
    for args in [vec!["explain", "X90002", "--data", text(&data)], vec!["levels", "--data", text(&data)]] {
        let told = said(&crate::support::quarterday(&args));
        assert!(told.contains("X90002") && !told.contains('\u{1b}'), "{told}");
        assert!(told.lines().any(|line| line.contains("X90002") && line.contains("TARROW WATH")), "{told}");
    }
}
