//! What may identify a person: stopped at both gates, told by its place, never repeated.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use mail_parser::MimeHeaders;
use rust_xlsxwriter::Workbook;

use crate::support::{Icb, code, complained, files, quarterday, said, text};

/// Right by modulus 11: the example of the NHS Data Dictionary, as it is written and as it is stored.
const NUMBER: &str = "943 476 5919";
const HEADER: &str =
    "Practice code,Date raised,Theme,Concern,Severity,Status,Reference,Shareable,Exception criterion\n";

fn receipt(icb: &Icb, feed: &str, name: &str) -> String {
    let path = icb.data().join("inbox").join(feed).join(format!("{name}.receipt.txt"));
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A row of a concerns sheet with this text.
fn row(practice: &str, concern: &str, reference: &str) -> String {
    format!("{practice},01/07/2026,Workforce,\"{concern}\",Serious,Open,{reference},Yes,Patient harm\n")
}

/// Every file that the program wrote, except what was received and the store of it.
fn written(icb: &Icb) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = files(&icb.data());
    all.retain(|path, _| {
        let name = path.to_string_lossy().replace('\\', "/");
        let received = name.starts_with("inbox/") && !name.contains(".receipt.");
        !received && !name.starts_with("store/") && !name.starts_with("held/") && !name.contains("sqlite-")
    });
    all
}

/// The digits of a text, so that no grouping hides a number.
fn digits(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(char::is_ascii_digit).collect()
}

/// Asserts that a number is nowhere in what the program wrote or printed.
fn nowhere(icb: &Icb, number: &str, printed: &[&str]) {
    let number = digits(number.as_bytes());
    for (path, bytes) in written(icb) {
        let found = match path.extension().and_then(|e| e.to_str()) {
            Some("pdf") => crate::documents::digits(&bytes).contains(&number),
            _ => digits(&bytes).contains(&number),
        };
        assert!(!found, "{} repeats the number", path.display());
    }
    for text in printed {
        assert!(!digits(text.as_bytes()).contains(&number), "{text}");
    }
}

#[test]
fn a_row_with_an_nhs_number_is_kept_aside_and_told_by_its_cell() {
    for number in [
        "943 476 5919",
        "9434765919",
        "943-476-5919",
        "943.476.5919",
        "943\u{a0}476\u{a0}5919",
        "943\n476 5919",
        "943\n\n476\n\n5919",
        "943, 476, 5919",
        "943:476:5919",
        "943 and 476 and 5919",
    ] {
        let icb = Icb::with_register();
        let sheet = format!(
            "{HEADER}{}{}",
            row("X90100", &format!("the patient {number} waited"), "Q-1"),
            row("X90101", "nobody in particular", "Q-2")
        );
        icb.drop_bytes("concerns-quality", "sheet.csv", sheet);
        let output = icb.run("nightly", "2026-07-14", &[]);
        assert_eq!(code(&output), 0, "{}", complained(&output));
        let receipt = receipt(&icb, "concerns-quality", "sheet.csv");
        assert!(receipt.contains("possible NHS number in D2"), "{receipt}");
        assert!(receipt.contains("2 rows read = 1 accepted + 1 quarantined + 0 ignored"), "{receipt}");
        let levels = icb.levels();
        assert_eq!((levels["X90100"]["level"].as_str(), levels["X90101"]["level"].as_str()), ("", "4"));
        nowhere(&icb, NUMBER, &[&said(&output), &complained(&output)]);
    }
}

#[test]
fn a_number_is_found_wherever_it_stands_in_a_workbook_and_nothing_quotes_it() {
    let icb = Icb::with_register();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "Concerns about 943 476 5919").unwrap();
    let header =
        ["Practice code", "Date raised", "Severity", "Status", "Reference", "943 476 5919", "NHS No"];
    for (column, name) in (0..).zip(header) {
        sheet.write(2, column, name).unwrap();
    }
    // As a number in a column that is not read, as the practice, as a choice, as a date.
    let rows = [
        ["X90100", "01/07/2026", "Serious", "Open", "Q-1"],
        ["943 476 5919", "01/07/2026", "Serious", "Open", "Q-2"],
        ["X90101", "01/07/2026", "Serious 9434765919", "Open", "Q-3"],
        ["X90102", "943-476-5919", "Serious", "Open", "Q-4"],
        ["X90103", "01/07/2026", "Serious", "Open", "Q-5"],
    ];
    for (row, cells) in (3..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write(row, column, cell).unwrap();
        }
    }
    sheet.write(3, 6, 9_434_765_919.0).unwrap();
    let hidden = book.add_worksheet();
    hidden.set_name("Old").unwrap();
    hidden.set_hidden(true);
    hidden.write(4, 1, 9_434_765_919.0).unwrap();
    icb.drop_bytes("concerns-quality", "sheet.xlsx", book.save_to_buffer().unwrap());
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let receipt = receipt(&icb, "concerns-quality", "sheet.xlsx");
    for cell in ["A1", "F3", "G4", "A5", "C6", "B7", "B5"] {
        assert!(receipt.contains(&format!("possible NHS number in {cell}\n")), "{cell}: {receipt}");
    }
    assert!(receipt.contains("5 rows read = 1 accepted + 4 quarantined + 0 ignored"), "{receipt}");
    nowhere(&icb, NUMBER, &[&said(&output), &complained(&output)]);
    insta::assert_snapshot!(
        receipt.lines().filter(|l| !l.starts_with("SHA-256")).collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn a_refused_file_and_a_name_of_a_file_are_not_quoted_either() {
    let icb = Icb::with_register();
    icb.drop_bytes(
        "concerns-safeguarding",
        "about 943-476-5919.csv",
        format!("{HEADER}{}", row("X90100", "late", "S-1")),
    );
    icb.drop_bytes("concerns-quality", "sheet.csv", "Patient 943 476 5919,Born\nseen 943 476 5919,x\n");
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert_eq!(code(&output), 4, "{}", complained(&output));
    let receipt = receipt(&icb, "concerns-quality", "sheet.csv");
    assert!(receipt.contains("possible NHS number in A1"), "{receipt}");
    let named =
        fs::read_to_string(icb.data().join("inbox/concerns-safeguarding/about 943-476-5919.csv.receipt.txt"))
            .unwrap();
    assert!(
        named.contains("1 rows read = 1 accepted") && named.contains("the name of the file holds"),
        "{named}"
    );
    nowhere(&icb, NUMBER, &[&said(&output), &complained(&output), &receipt, &named]);
}

#[test]
fn nothing_that_lies_in_the_inbox_is_told_by_a_name_that_identifies() {
    let icb = Icb::with_register();
    let folder = icb.data().join("inbox/concerns-quality");
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in [
        ("943 476 5919 discharge.csv", ""),
        ("943 476 5919.tmp", "x"),
        (".943 476 5919.csv", "x"),
        ("943_476_5919.receipt.csv", "x"),
        ("July.receipt.csv", "x"),
        ("Return.checked.xlsx", "x"),
        (".hidden real return.csv", "x"),
        ("~$943 476 5919.xlsx", "x"),
        (".~lock.943 476 5919.ods#", "x"),
        ("943 476 5919.csv~", "x"),
        ("#943 476 5919#", "x"),
        ("=943 476 5919.url", "x"),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    fs::create_dir(folder.join("943 476 5919 letters")).unwrap();
    fs::create_dir(icb.data().join("inbox/943 476 5919")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", folder.join("Smith 943 476 5919.xlsx")).unwrap();
    let output = icb.run("nightly", "2026-07-14", &[]);
    let (told, complaint) = (said(&output), complained(&output));
    for (name, why) in [
        ("name-withheld.csv", "is empty"),
        ("name-withheld.tmp", "is a temporary file"),
        ("name-withheld.csv", "is hidden"),
        ("name-withheld.csv", "has the name of a receipt"),
        ("name-withheld", "is a folder"),
        ("name-withheld.xlsx", "shows that somebody has the workbook open"),
        ("name-withheld.ods#", "shows that somebody has the workbook open"),
        ("name-withheld.csv~", "is the copy that an editor keeps"),
        ("name-withheld", "is the copy that an editor keeps"),
        ("July.receipt.csv", "has the name of a receipt"),
        ("Return.checked.xlsx", "has the name of a receipt"),
        (".hidden real return.csv", "is hidden"),
    ] {
        let line = format!("not taken in: concerns-quality/{name} {why}");
        assert!(told.contains(&line), "{line}: {told}");
    }
    assert!(complaint.contains("inbox/name-withheld belongs to no feed"), "{complaint}");
    let data = icb.data();
    let status = quarterday(&["status", "--data", text(&data), "--pipeline", text(&icb.pipeline(""))]);
    nowhere(&icb, NUMBER, &[&told, &complaint, &said(&status), &complained(&status)]);
}

#[test]
fn a_sheet_whose_name_identifies_is_stopped_and_told_by_its_place() {
    let icb = Icb::with_register();
    let mut book = Workbook::new();
    for (name, rows) in [("Notes", 0), ("943 476 5919", 2)] {
        let sheet = book.add_worksheet();
        sheet.set_name(name).unwrap();
        if rows == 0 {
            sheet.write(0, 0, "how to fill this in").unwrap();
            continue;
        }
        for (column, title) in (0..).zip(HEADER.trim().split(',')) {
            sheet.write(0, column, title).unwrap();
        }
        for row in 1..=rows {
            let reference = format!("Q-{row}");
            let cells =
                ["X90100", "01/07/2026", "Workforce", "late", "Serious", "Open", reference.as_str(), "Yes"];
            for (column, cell) in (0..).zip(cells) {
                sheet.write(row, column, cell).unwrap();
            }
        }
    }
    icb.drop_bytes("concerns-quality", "sheet.xlsx", book.save_to_buffer().unwrap());
    let output = icb.run("quarterly", "2026-07-14", &[]);
    let receipt = receipt(&icb, "concerns-quality", "sheet.xlsx");
    assert!(receipt.contains("possible NHS number in the name of the 2nd sheet"), "{receipt}");
    assert!(receipt.contains("2 rows read = 0 accepted + 2 quarantined + 0 ignored"), "{receipt}");
    let data = icb.data();
    let aside =
        quarterday(&["quarantine", "--values", "--data", text(&data), "--pipeline", text(&icb.pipeline(""))]);
    nowhere(&icb, NUMBER, &[&said(&output), &complained(&output), &receipt, &said(&aside)]);
}

#[test]
fn a_reference_and_a_quoted_cell_that_identify_are_not_repeated() {
    let icb = Icb::with_register();
    let long = format!("{} 943 476 5919", "at some length ".repeat(4));
    let sheet = format!(
        "{HEADER}{}{}X90102,{long},Workforce,late,Serious,Open,Q-3,Yes,Patient harm\n",
        row("X90100", "late", "943 476 5919"),
        row("9434765919", "late", "Q-2"),
    );
    icb.drop_bytes("concerns-quality", "sheet.csv", sheet);
    let output = icb.run("nightly", "2026-07-14", &[]);
    let receipt = receipt(&icb, "concerns-quality", "sheet.csv");
    assert!(receipt.contains("3 rows read = 0 accepted + 3 quarantined + 0 ignored"), "{receipt}");
    let data = icb.data();
    let pipeline = icb.pipeline("");
    for more in [&["--values"][..], &["--json"], &["--json", "--values"], &[]] {
        let mut args = vec!["quarantine", "--data", text(&data), "--pipeline", text(&pipeline)];
        args.extend(more);
        let aside = quarterday(&args);
        assert_eq!(code(&aside), 0, "{}", complained(&aside));
        let aside = said(&aside);
        nowhere(&icb, NUMBER, &[&said(&output), &complained(&output), &receipt, &aside]);
        assert!(!aside.contains("at some length"), "{aside}");
    }
}

#[test]
fn a_rejected_file_with_particulars_has_a_checked_copy_without_them() {
    let icb = Icb::with_register();
    fs::write(icb.pipeline("names.toml"), "names = [\"Jane Example\"]\n").unwrap();
    // The column of the severity is missing, so the file is refused.
    let sheet = "Practice code,Date raised,Status,Reference,Contact\n\
                 X90100,01/07/2026,Open,Q-1,Jane Example\n\
                 X90101,01/07/2026,Open,943 476 5919,07700 900123\n\
                 X90102,01/07/2026,Open,Q-3,jo.bloggs@post.example\n\
                 X90103,01/07/2026,Open,Q-4,nobody in particular\n";
    icb.drop_bytes("concerns-quality", "sheet.csv", sheet);
    let output = icb.run("nightly", "2026-07-14", &[]);
    let receipt = receipt(&icb, "concerns-quality", "sheet.csv");
    let copy = icb.data().join("inbox/concerns-quality/sheet.csv.checked.xlsx");
    let copied = strings_of(&copy);
    assert!(copied.contains("nobody in particular"), "{copied}");
    for particular in ["Jane Example", "07700 900123", "bloggs", "476 5919"] {
        for told in [&receipt, &said(&output), &complained(&output), &copied] {
            assert!(!told.contains(particular), "{particular}: {told}");
        }
    }
}

/// The texts of a workbook.
fn strings_of(path: &std::path::Path) -> String {
    let mut archive = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let mut out = String::new();
    for index in 0..archive.len() {
        std::io::Read::read_to_string(&mut archive.by_index(index).unwrap(), &mut out).unwrap_or_default();
    }
    out
}

#[test]
fn attendees_with_names_phones_or_addresses_set_their_row_aside() {
    let icb = Icb::with_register();
    fs::write(icb.pipeline("names.toml"), "names = [\"Jane Example\"]\n").unwrap();
    let mut sheet = "Practice code,Visit type,Visit date,Status,Attendees,Reference\n".to_owned();
    for (index, who) in [
        "Practice manager; GP partner",
        "GP; Example, Jane",
        "GP; 07700 900123",
        "GP; jo.bloggs @ post.example",
    ]
    .iter()
    .enumerate()
    {
        sheet.push_str(&format!("X9010{index},Proactive,01/07/2026,Completed,\"{who}\",V-{index}\n"));
    }
    icb.drop_bytes("visits", "sheet.csv", sheet);
    let output = icb.run("nightly", "2026-07-14", &[]);
    let receipt = receipt(&icb, "visits", "sheet.csv");
    for (cell, title) in [
        ("E3", "a name of the names list"),
        ("E4", "possible phone number"),
        ("E5", "possible e-mail address"),
    ] {
        assert!(receipt.contains(&format!("{title} in {cell}")), "{cell}: {receipt}");
    }
    assert!(!receipt.contains("in E2"), "{receipt}");
    for told in [&receipt, &said(&output), &complained(&output)] {
        assert!(!told.contains("bloggs") && !told.contains("900123") && !told.contains("Jane"), "{told}");
    }
}

#[test]
fn every_other_pattern_stops_a_row_of_free_text() {
    let icb = Icb::with_register();
    fs::write(icb.pipeline("names.toml"), "names = [\"Jane Example\"]\n").unwrap();
    let particulars = [
        ("ring 01632 960123", "possible phone number"),
        ("ring +44 7700 900123", "possible phone number"),
        ("of 14 Mill Lane, Preston PR1 2AB", "possible address"),
        ("of 3a mill lane, preston pr1 2ab", "possible address"),
        ("wrote from jo.bloggs@post.example", "possible e-mail address"),
        ("DOB 01/02/1960", "possible date of birth"),
        ("date of birth: 3 March 1971", "possible date of birth"),
        ("as Jane Example's mother said", "a name of the names list"),
    ];
    let mut sheet = HEADER.to_owned();
    for (index, (text, _)) in particulars.iter().enumerate() {
        sheet.push_str(&row(&format!("X9010{index}"), text, &format!("Q-{index}")));
    }
    sheet.push_str(&row(
        "X90109",
        "12 visits in Q1 2nd half, L3 2nd; 12 of 345 letters of 14/07/2026 and 06.07.2026 were late; see PR1 2AB",
        "Q-9",
    ));
    icb.drop_bytes("concerns-quality", "sheet.csv", sheet);
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let receipt = receipt(&icb, "concerns-quality", "sheet.csv");
    for (index, (text, title)) in particulars.iter().enumerate() {
        let place =
            receipt.find(&format!("Cell D{} ", index + 2)).unwrap_or_else(|| panic!("{text}: {receipt}"));
        let told = receipt[place..].lines().nth(1).unwrap_or_default();
        assert!(told.contains(title), "{text}: {told}");
    }
    assert!(receipt.contains("9 rows read = 1 accepted + 8 quarantined + 0 ignored"), "{receipt}");
    assert!(!receipt.contains("Bloggs") && !receipt.contains("960123") && !receipt.contains("Mill Lane"));
}

#[test]
fn what_an_analyst_exempts_allows_or_only_notes_is_read() {
    let icb = Icb::with_register();
    icb.edit(
        "layouts/concerns.toml",
        "name     = \"reference\"",
        "name     = \"reference\"\nguard    = false",
    );
    icb.edit("guard.toml", "allow = []", "allow = [\"01632 960123\", \"@post.example\"]");
    let guard = fs::read_to_string(icb.pipeline("guard.toml")).unwrap();
    let (head, tail) = guard.split_once("id      = \"date-of-birth\"").unwrap();
    let tail = tail.replacen("effect  = \"stop\"", "effect  = \"note\"", 1);
    fs::write(icb.pipeline("guard.toml"), format!("{head}id      = \"date-of-birth\"{tail}")).unwrap();
    let sheet = format!(
        "{HEADER}{}{}{}",
        row("X90100", "by the practice's own reference", "9434765919"),
        row("X90101", "ring 01632960123 or write to team@post.example", "Q-2"),
        row("X90102", "born on 01/02/1960", "Q-3"),
    );
    icb.drop_bytes("concerns-quality", "sheet.csv", sheet);
    let output = icb.run("nightly", "2026-07-14", &[]);
    let receipt = receipt(&icb, "concerns-quality", "sheet.csv");
    assert!(receipt.contains("3 rows read = 3 accepted + 0 quarantined + 0 ignored"), "{receipt}");
    assert!(receipt.contains("possible date of birth in D4"), "{receipt}");
    // What passed the first gate is stopped at the second: the reference names an exception.
    assert_eq!(code(&output), 6, "{}", complained(&output));
}

/// An ICB whose concerns are not searched when they come in, so that a number reaches the documents.
fn unguarded(concern: &str) -> Icb {
    let icb = Icb::with_register();
    icb.edit("feeds/concerns-quality.toml", "counts ", "guard      = false\ncounts ");
    icb.drop_bytes("concerns-quality", "sheet.csv", format!("{HEADER}{}", row("X90100", concern, "Q-1")));
    icb
}

#[test]
fn a_document_with_a_number_is_stopped_until_a_named_person_releases_it() {
    let icb = unguarded("the patient 943 476 5919 waited for a very long time in a corridor");
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 6, "{}", said(&output));
    let told = complained(&output);
    assert!(
        told.contains(
            "2026-07-14-sbar-x90100-pcqg.pdf for Primary Care Quality Group was stopped by the guard"
        ),
        "{told}"
    );
    assert!(told.contains("possible NHS number on page 1, in"), "{told}");
    assert!(told.contains("from concerns-quality/sheet.csv, cell D2"), "{told}");
    nowhere(&icb, NUMBER, &[&said(&output), &told]);
    let attached = |mail: &[u8]| {
        let mail = mail_parser::MessageParser::default().parse(mail).unwrap();
        mail.attachments()
            .any(|part| part.attachment_name().is_some_and(|name| name.contains("-sbar-x90100-")))
    };
    let stopped = |icb: &Icb| !files(&icb.data().join("outbox")).values().any(|mail| attached(mail));
    assert!(stopped(&icb));
    let told = files(&icb.data().join("outbox")).into_values().filter(|mail| {
        let mail = mail_parser::MessageParser::default().parse(mail).unwrap();
        let body = mail.body_text(0).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        body.contains("-sbar-x90100-") && body.contains(".pdf: it may identify a person")
    });
    assert!(told.count() > 0, "who would have got it is told that it is withheld");
    let data = icb.data();
    let list = |more: &[&str]| {
        let mut args = vec!["guard", "list", "--data", text(&data), "--json"];
        args.extend(more);
        let output = quarterday(&args);
        assert_eq!(code(&output), 0, "{}", complained(&output));
        serde_json::from_slice::<Vec<serde_json::Value>>(&output.stdout).unwrap()
    };
    let hits = list(&[]);
    assert!(!hits.is_empty());
    // The list of packs shows it, and where to look; the monitor tells it.
    let packs = quarterday(&["packs", "--all", "--data", text(&data)]);
    assert!(said(&packs).contains("stopped by the guard"), "{}", said(&packs));
    assert!(said(&packs).contains("quarterday guard list"), "{}", said(&packs));
    // Nobody sends without a name and a reason, and a reason does not repeat the number.
    let first = hits[0]["hit"].as_str().unwrap().to_owned();
    let release = |hit: &str, note: &str| {
        quarterday(&["guard", "release", hit, "--data", text(&data), "--as", "Analyst", "--note", note])
    };
    assert_eq!(code(&release(&first, " ")), 1);
    assert_eq!(code(&release(&first, "943 476 5919 is nobody's")), 1);
    assert!(complained(&release("nonesuch", "why")).contains("there is no hit nonesuch"));
    // The same run again changes nothing.
    assert_eq!(code(&icb.run("quarterly", "2026-07-14", &[])), 6);
    let replayed = |when: &str| {
        let output = quarterday(&["replay", "quarterly-2026-07-14", "--data", text(&data), "-q"]);
        assert_eq!(code(&output), 0, "{when}: {}{}", said(&output), complained(&output));
    };
    replayed("stopped");
    assert_eq!(list(&[]).len(), hits.len());
    for hit in &hits {
        let output = release(hit["hit"].as_str().unwrap(), "the number of a boiler");
        assert_eq!(code(&output), 0, "{}", complained(&output));
        assert!(said(&output).contains("quarterday run quarterly --as-of 2026-07-14"), "{}", said(&output));
    }
    assert!(list(&[]).is_empty());
    let all = list(&["--all"]);
    assert_eq!(all[0]["released"]["as"], "Analyst");
    assert_eq!(all[0]["released"]["note"], "the number of a boiler");
    replayed("released since");
    let audit = said(&quarterday(&["audit", "--data", text(&data)]));
    assert!(audit.contains("by Analyst: the number of a boiler"), "{audit}");
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    replayed("done again after the release");
    // The alert had gone out at once without the SBAR; the SBAR follows by itself, once.
    assert!(!stopped(&icb), "the SBAR goes out after the release");
    let sent = files(&icb.data().join("outbox"));
    let late: Vec<String> = sent
        .values()
        .filter(|mail| attached(mail))
        .map(|mail| String::from_utf8_lossy(mail).into_owned())
        .collect();
    assert_eq!(late.len(), 3, "the two of one committee and the one of another");
    assert!(late.iter().all(|mail| mail.contains("held back")), "{late:?}");
    icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(files(&icb.data().join("outbox")).len(), sent.len(), "nobody gets it twice");
}

/// What an earlier version called a document of the guard: without the id of the document, by the quarter.
fn earlier_name(document: &str) -> String {
    let parts: Vec<&str> = document.split('/').collect();
    format!("{}/2026-27-q1/{}", parts[0], parts[3])
}

#[test]
fn a_release_under_the_name_that_an_earlier_version_gave_a_document_holds() {
    let concern = "the patient 943 476 5919 waited";
    let icb = unguarded(concern);
    assert_eq!(code(&icb.run("quarterly", "2026-07-14", &[])), 6);
    // The ledger as an earlier version left it, with a release of every hit.
    let ledger = rusqlite::Connection::open(icb.data().join("ledger.sqlite")).unwrap();
    let key: String =
        ledger.query_row("SELECT lower(hex(key)) FROM guard_key", [], |row| row.get(0)).unwrap();
    let mut rows = ledger.prepare("SELECT id, pattern, document FROM guard_hit").unwrap();
    let rows: Vec<[String; 3]> = rows
        .query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(!rows.is_empty());
    for [id, pattern, document] in &rows {
        let named = |document: &str, ordinal: usize| {
            let parts = [&key, document, pattern, "9434765919", concern, &ordinal.to_string()];
            quarterday::sha256(parts.join("\u{1f}").as_bytes())[..8].to_owned()
        };
        let ordinal = (0..3).find(|ordinal| named(document, *ordinal) == *id).expect(document);
        let earlier = earlier_name(document);
        let known_as = named(&earlier, ordinal);
        ledger
            .execute("UPDATE guard_hit SET id = ?1, document = ?2 WHERE id = ?3", [&known_as, &earlier, id])
            .unwrap();
        ledger
            .execute(
                "INSERT INTO guard_release (id, role, note, at) VALUES (?1, 'Analyst', 'a boiler', '2026-07-14')",
                [&known_as],
            )
            .unwrap();
    }
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    let list = said(&quarterday(&["guard", "list", "--data", text(&icb.data()), "--json"]));
    assert_eq!(list.trim(), "[]", "nothing stays open under either name");
}

#[test]
fn a_number_that_a_page_or_a_line_breaks_is_found() {
    // The number's parts stand on different lines of the page, wherever the layout breaks them.
    for words in 6..12 {
        let concern = format!("{} 943 476 5919", "interminable ".repeat(words));
        let icb = unguarded(&concern);
        let output = icb.run("nightly", "2026-07-14", &[]);
        assert_eq!(code(&output), 6, "{words}: {}", complained(&output));
    }
}

#[test]
fn the_cell_of_a_number_is_named_however_it_is_spelled_there() {
    for concern in ["pt 943\n\n476\n\n\n\n5919 waited", "pt 988, 515, 9045", "pt 943              476  5919"]
    {
        let icb = unguarded(concern);
        let output = icb.run("nightly", "2026-07-14", &[]);
        let told = complained(&output);
        assert_eq!(code(&output), 6, "{concern:?}: {told}");
        assert!(told.contains("from concerns-quality/sheet.csv, cell D2"), "{concern:?}: {told}");
        assert!(!told.contains("no cell of a received file"), "{concern:?}: {told}");
    }
}

#[test]
fn a_mended_source_lets_the_document_pass_and_closes_the_hit() {
    let icb = unguarded("the patient 943 476 5919 waited");
    let list = || said(&quarterday(&["guard", "list", "--data", text(&icb.data())]));
    let sbar = "primary-care-quality-group/sbar/2026-27-q1/sbar-x90100.pdf";
    assert_eq!(code(&icb.run("quarterly", "2026-07-14", &[])), 6);
    assert!(list().contains(sbar), "{}", list());
    icb.drop_bytes(
        "concerns-quality",
        "sheet.csv",
        format!("{HEADER}{}", row("X90100", "a patient waited", "Q-1")),
    );
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert!(!list().contains(sbar), "{}", list());
}

#[test]
fn a_pack_that_is_stopped_is_listed_among_the_packs_until_it_is_released() {
    let icb = Icb::with_register();
    icb.edit("pipeline.toml", "NHS Marrowdale", "NHS 943, 476, 5919 Marrowdale");
    assert_eq!(code(&icb.run("quarterly", "2026-07-14", &[])), 6);
    let data = icb.data();
    let packs = || {
        let output = quarterday(&["packs", "--data", text(&data), "--json"]);
        assert_eq!(code(&output), 0, "{}", complained(&output));
        serde_json::from_slice::<Vec<serde_json::Value>>(&output.stdout).unwrap()
    };
    let stopped = packs();
    assert!(!stopped.is_empty());
    for pack in &stopped {
        assert_eq!(pack["state"], "stopped by the guard", "{pack}");
        assert!(!pack["hits"].as_array().unwrap().is_empty(), "{pack}");
    }
    let name = stopped[0]["pack"].as_str().unwrap();
    let one = said(&quarterday(&["packs", name, "--data", text(&data)]));
    assert!(one.contains("stopped by the guard") && one.contains("quarterday guard list"), "{one}");
    assert_eq!(code(&quarterday(&["packs", "nonesuch", "--data", text(&data)])), 1);
    icb.edit("pipeline.toml", "NHS 943, 476, 5919 Marrowdale", "NHS Marrowdale");
    assert_eq!(code(&icb.run("quarterly", "2026-07-14", &[])), 0);
    assert!(packs().iter().all(|pack| pack["state"] != "stopped by the guard"), "{:?}", packs());
}

#[test]
fn the_text_of_a_message_is_searched_too() {
    let icb = Icb::with_register();
    let places = "where         = [\"cells\", \"documents\", \"mail\"]";
    icb.edit("guard.toml", places, "where         = [\"cells\", \"mail\"]");
    icb.edit("pipeline.toml", "NHS Marrowdale", "NHS 943 476 5919 Marrowdale");
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 6, "{}", said(&output));
    let told = complained(&output);
    let line =
        "the message to Primary Care Quality Group was stopped by the guard: possible NHS number in line 1";
    assert!(told.contains(line), "{told}");
    assert!(told.contains("no cell of a received file holds it"), "{told}");
    assert!(!digits(told.as_bytes()).contains("9434765919"), "{told}");
    assert!(!files(&icb.data().join("packs")).is_empty(), "the documents themselves were made");
    assert!(files(&icb.data().join("outbox")).is_empty(), "no message went out");
}
