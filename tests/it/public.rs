//! Papers for the public: what they may not tell, and what cannot be worked out from them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::papers::pages;
use crate::support::attack::Attack;
use crate::support::{Icb, code, complained, demo, files};

const PUBLIC: &str = "primary-care-commissioning-sub-committee";
const NAMED: &str = "primary-medical-services-group";

/// The pack of a committee as data.
fn pack(data: &Path, run: &str, committee: &str) -> Value {
    let folder = data.join("runs").join(run).join("documents").join(committee);
    let packs: Vec<_> =
        files(&folder).into_iter().filter(|(p, _)| !p.to_string_lossy().contains("sbar")).collect();
    assert_eq!(packs.len(), 1, "{}", folder.display());
    serde_json::from_slice(&packs[0].1).unwrap()
}

fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no {path} in {value}"))
}

fn rows<'v>(value: &'v Value, path: &str) -> &'v [Value] {
    value.pointer(path).and_then(Value::as_array).unwrap_or_else(|| panic!("no {path} in {value}"))
}

fn count(printed: &str) -> i64 {
    printed.replace(',', "").parse().unwrap_or_else(|_| panic!("{printed} is no number"))
}

/// Somebody who reads the public packs one after the other, and the true numbers for comparison.
#[derive(Default)]
struct Reader {
    attack: Attack,
    hidden: BTreeSet<String>,
}

impl Reader {
    /// Reads a number. Whoever knows the program knows of a hidden one whether it is small itself.
    fn read(&mut self, name: &str, printed: &str, truth: i64) {
        if printed == "[c]" {
            let (least, most) = if (1..=4).contains(&truth) { (1, 4) } else { (5, 20_000) };
            assert_ne!(truth, 0, "{name}: a 0 tells of nobody and need not be hidden");
            self.attack.number(name, least, most);
            self.hidden.insert(name.to_owned());
        } else {
            assert_eq!(count(printed), truth, "{name}");
            assert!(!(1..=4).contains(&truth), "{name} is {truth} and is shown");
            self.attack.number(name, truth, truth);
        }
    }

    /// A number of which nothing is known unless it was read.
    fn perhaps(&mut self, name: &str) {
        self.attack.number(name, 0, 20_000);
    }

    fn sum(&mut self, whole: &[String], parts: &[String]) {
        whole.iter().chain(parts).for_each(|name| self.perhaps(name));
        self.attack.equal(whole, parts);
    }

    fn at_most(&mut self, part: &str, whole: &str) {
        let more = format!("{whole} more than {part}");
        self.sum(&[whole.to_owned()], &[part.to_owned(), more]);
    }

    fn levels(&mut self, date: &str, open: &Value, named: &Value, column: &str) {
        let mut names = Vec::new();
        let truths = rows(named, "/summary/bars");
        for (bar, truth) in rows(open, "/summary/bars").iter().zip(truths) {
            let label = text(bar, "/badge/label");
            assert_eq!(label, text(truth, "/badge/label"));
            let name = format!("levels {date} {label}");
            self.read(&name, text(bar, column), count(text(truth, column)));
            names.push(name);
        }
        let all = truths.iter().map(|bar| count(text(bar, column))).sum();
        self.attack.number(&format!("practices {date}"), all, all);
        self.sum(&[format!("practices {date}")], &names);
    }

    /// The clocks of levels, or of several together, against the numbers of practices at these.
    fn clocks(&mut self, date: &str, open: &Value, named: &Value) {
        let truths = rows(named, "/visits/clocks");
        let states = rows(&truths[0], "/states").len();
        let mut overdue = Vec::new();
        for row in rows(open, "/visits/clocks") {
            let label = text(row, "/badge/label");
            let covers = |level: &str| {
                let number = level.trim_start_matches("Level ");
                label == "All levels"
                    || label == level
                    || label.split([' ', ',', ';']).any(|word| word == number)
                    || (level == "Not assessed" && label.contains(level))
            };
            let covered: Vec<&Value> = truths.iter().filter(|t| covers(text(t, "/badge/label"))).collect();
            assert!(!covered.is_empty(), "{label}");
            let mut names = Vec::new();
            for state in 0..states {
                let name = format!("clocks {date} {label} {state}");
                let cell = |row: &Value| text(row, &format!("/states/{state}")).to_owned();
                self.read(&name, &cell(row), covered.iter().map(|t| count(&cell(t))).sum());
                names.push(name);
            }
            overdue.push(names[0].clone());
            let of_levels: Vec<String> =
                covered.iter().map(|t| format!("levels {date} {}", text(t, "/badge/label"))).collect();
            self.sum(&of_levels, &names);
        }
        let tile = |pack: &Value| {
            let tiles = rows(pack, "/summary/kpis");
            let tile = tiles.iter().find(|k| text(k, "/label") == "visits overdue").unwrap();
            text(tile, "/value").to_owned()
        };
        let name = format!("overdue {date}");
        self.read(&name, &tile(open), count(&tile(named)));
        if !overdue.is_empty() {
            self.sum(&[name], &overdue);
        }
    }

    /// Visits by type and by team, of the quarter and of the year so far.
    fn visits(&mut self, quarter: &str, open: &Value, named: &Value) {
        let periods = [("quarter", quarter.to_owned()), ("year", format!("year at {quarter}"))];
        for (column, period) in &periods {
            let cell = |row: &Value| text(row, &format!("/{column}")).to_owned();
            for (table, one, others) in [("types", "All types", "Other types"), ("teams", "All teams", "-")] {
                let truths = rows(named, &format!("/visits/{table}"));
                let truth = |name: &str| -> i64 {
                    let counted = truths.iter().filter(|row| match name {
                        _ if name == one => true,
                        _ if name == others => text(row, "/name") != "Proactive",
                        _ => text(row, "/name") == name,
                    });
                    counted.map(|row| count(&cell(row))).sum()
                };
                let mut parts = Vec::new();
                for row in rows(open, &format!("/visits/{table}")) {
                    let name = text(row, "/name");
                    let known_as = if name == one { "all" } else { name };
                    self.read(&format!("visits {period} {known_as}"), &cell(row), truth(name));
                    if name != one {
                        parts.push(format!("visits {period} {name}"));
                    }
                }
                if !parts.is_empty() && table == "types" {
                    self.sum(&[format!("visits {period} all")], &parts);
                } else if !parts.is_empty() {
                    // Visits of practices that have no team may come to them.
                    parts.push(format!("visits {period} no team"));
                    self.sum(&[format!("visits {period} all")], &parts);
                }
            }
        }
        let names = ["all", "Proactive", "Other types"].map(str::to_owned);
        let of_named = ["types", "teams"].map(|table| rows(named, &format!("/visits/{table}")));
        let of_named = of_named.into_iter().flatten().map(|row| text(row, "/name").to_owned());
        for of in names.into_iter().chain(of_named) {
            let earlier = if quarter == "Q1" { vec![] } else { vec![format!("visits Q1 {of}")] };
            let mut parts = vec![format!("visits {quarter} {of}"), format!("visits after {quarter} {of}")];
            parts.extend(earlier);
            self.sum(&[format!("visits year at {quarter} {of}")], &parts);
        }
        for (sentence, name) in
            [(0, format!("visits {quarter} all")), (1, format!("visits year at {quarter} Proactive"))]
        {
            let said = |pack: &Value| begins(text(pack, &format!("/visits/claims/{sentence}/text")));
            self.read(&name, &said(open), count(&said(named)));
        }
    }

    fn themes(&mut self, date: &str, open: &Value, named: &Value) {
        let all = format!("concerns {date}");
        let said = |pack: &Value| begins(text(pack, "/themes/claims/0/text"));
        self.read(&all, &said(open), count(&said(named)));
        let truths = rows(named, "/themes/themes");
        let mut names = Vec::new();
        let listed: BTreeSet<&str> =
            rows(open, "/themes/themes").iter().map(|row| text(row, "/theme")).collect();
        for row in rows(open, "/themes/themes") {
            let theme = text(row, "/theme");
            let name = format!("concerns {date} {theme}");
            let of: Vec<&Value> = match truths.iter().find(|t| text(t, "/theme") == theme) {
                Some(one) => vec![one],
                None => truths.iter().filter(|t| !listed.contains(text(t, "/theme"))).collect(),
            };
            self.read(&name, text(row, "/concerns"), of.iter().map(|t| count(text(t, "/concerns"))).sum());
            if let [one] = of.as_slice() {
                let about = format!("{name} practices");
                self.read(&about, text(row, "/practices"), count(text(one, "/practices")));
                self.at_most(&about, &name);
            }
            names.push(name);
        }
        self.sum(&[all], &names);
    }

    fn movements(&mut self, open: &Value, named: &Value) {
        let truths = rows(named, "/movements/causes");
        let mut sums = vec![Vec::new(); 3];
        for row in rows(open, "/movements/causes") {
            let cause = text(row, "/cause");
            for (way, sum) in sums.iter_mut().enumerate() {
                let cell = |row: &Value| text(row, &format!("/counts/{way}")).to_owned();
                let of = truths.iter().filter(|t| cause == "All causes" || text(t, "/cause") == cause);
                let name = format!("moved {way} {cause}");
                self.read(&name, &cell(row), of.map(|t| count(&cell(t))).sum());
                sum.push(name);
            }
        }
        for (way, parts) in sums.iter().enumerate() {
            let place = format!("/summary/moved/{}", way + 1);
            self.read(&format!("moved {way}"), text(open, &place), count(text(named, &place)));
            if !parts.is_empty() {
                self.sum(&[format!("moved {way}")], parts);
            }
        }
        self.read("moved", text(open, "/summary/moved/0"), count(text(named, "/summary/moved/0")));
        self.sum(&["moved".to_owned()], &[0, 1, 2].map(|way| format!("moved {way}")));
    }

    fn feeds(&mut self, date: &str, open: &Value, named: &Value) {
        let mut reads = Vec::new();
        for (row, truth) in rows(open, "/sources/feeds").iter().zip(rows(named, "/sources/feeds")) {
            let title = text(row, "/title");
            for what in ["read", "accepted", "quarantined", "ignored"] {
                let cell = |row: &Value| text(row, &format!("/counts/{what}")).to_owned();
                if !cell(row).is_empty() {
                    self.read(&format!("rows {date} {title} {what}"), &cell(row), count(&cell(truth)));
                }
            }
            let parts =
                ["accepted", "quarantined", "ignored"].map(|what| format!("rows {date} {title} {what}"));
            self.sum(&[format!("rows {date} {title} read")], &parts);
            reads.push(format!("rows {date} {title} read"));
        }
        let numbers: Vec<i64> = text(open, "/sources/balance")
            .split(|c: char| !c.is_ascii_digit() && c != ',')
            .filter(|n| n.chars().any(|c| c.is_ascii_digit()))
            .map(count)
            .collect();
        if let [read, ..] = numbers.as_slice() {
            self.attack.number(&format!("rows {date} read"), *read, *read);
            self.sum(&[format!("rows {date} read")], &reads);
        }
    }
}

/// The number that a sentence begins with.
fn begins(sentence: &str) -> String {
    match sentence.split(' ').next().unwrap() {
        "No" => "0".to_owned(),
        "Fewer" => "[c]".to_owned(),
        number => number.to_owned(),
    }
}

#[test]
fn from_both_public_packs_together_no_hidden_count_can_be_worked_out() {
    let mut reader = Reader::default();
    for (quarter, run) in [("Q1", "quarterly-2026-07-14"), ("Q2", "quarterly-2026-10-14")] {
        let (open, named) = (pack(demo(), run, PUBLIC), pack(demo(), run, NAMED));
        reader.levels(quarter, &open, &named, "/now_text");
        if quarter == "Q2" {
            reader.levels("Q1", &open, &named, "/before_text");
            reader.movements(&open, &named);
        }
        for claim in rows(&open, "/summary/claims") {
            if let Some(said) = text(claim, "/text").strip_suffix(" practices stand at a reactive level.") {
                let reactive = format!("levels {quarter} reactive");
                reader.attack.number(&reactive, count(said), count(said));
                let levels = ["Level 5", "Level 4"].map(|level| format!("levels {quarter} {level}"));
                reader.sum(&[reactive], &levels);
            }
        }
        reader.clocks(quarter, &open, &named);
        reader.visits(quarter, &open, &named);
        reader.themes(quarter, &open, &named);
        reader.feeds(quarter, &open, &named);
    }
    assert!(reader.attack.is_possible(), "the papers contradict themselves");
    assert!(
        reader.hidden.len() >= 8,
        "too little is hidden for the attack to mean anything: {:?}",
        reader.hidden
    );
    assert!(reader.attack.knows("visits Q1 Proactive"));
    assert_eq!(reader.attack.betrayed(reader.hidden.iter().map(String::as_str), 3), []);
}

#[test]
fn a_public_pack_says_something_in_every_table() {
    for run in ["quarterly-2026-07-14", "quarterly-2026-10-14"] {
        let open = pack(demo(), run, PUBLIC);
        for (table, columns) in [
            ("/visits/types", vec!["quarter", "year"]),
            ("/visits/teams", vec!["quarter", "year"]),
            ("/summary/bars", vec!["now_text"]),
            ("/themes/themes", vec!["concerns", "practices"]),
            ("/themes/domains", vec!["practices", "flags"]),
        ] {
            let cells =
                rows(&open, table).iter().flat_map(|row| columns.iter().map(|c| text(row, &format!("/{c}"))));
            let (hidden, shown): (Vec<&str>, Vec<&str>) = cells.partition(|cell| *cell == "[c]");
            assert!(shown.len() >= hidden.len(), "{run} {table}: {shown:?} and {} hidden", hidden.len());
        }
    }
}

/// Everything of a run that leaves for the public committee: the pages of its pack, and its message.
fn for_the_public(icb: &Icb, run: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for (path, bytes) in files(&icb.data().join("packs").join(run).join(PUBLIC)) {
        let name = path.to_string_lossy().into_owned();
        assert!(!name.contains("REFUSED"), "{name}");
        let raw: String = bytes.iter().map(|b| char::from(*b)).collect();
        out.push((name.clone(), pages(&bytes).join("\n")));
        out.push((format!("{name} as bytes"), raw));
    }
    for (path, bytes) in files(&icb.data().join("outbox")) {
        let name = path.to_string_lossy().into_owned();
        if name.contains(PUBLIC) {
            let message = String::from_utf8_lossy(&bytes).replace("=\r\n", "");
            let before_attachments =
                message.split("Content-Disposition: attachment").next().unwrap().to_owned();
            out.push((name, before_attachments));
        }
    }
    assert!(out.len() >= 3, "a pack and its message: {:?}", out.iter().map(|(n, _)| n).collect::<Vec<_>>());
    out
}

#[test]
fn a_public_pack_names_no_file_receipt_run_or_pipeline() {
    let icb = Icb::with_register();
    icb.drop_step(1, "dashboard");
    icb.drop_step(1, "concerns-quality");
    let folder = icb.data().join("inbox/concerns-quality");
    let sheet = fs::read_dir(&folder).unwrap().flatten().next().unwrap().path();
    let renamed = "Grievance against Dr A Khan, Market St branch.xlsx";
    fs::rename(sheet, folder.join(renamed)).unwrap();
    icb.drop_bytes("visits", "Visits of the Harbour Street review.xlsx", "not a workbook");
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert!(matches!(code(&output), 0 | 4), "{}", complained(&output));
    let hash = |text: &str| {
        text.split(|c: char| !c.is_ascii_alphanumeric()).any(|w| {
            w.len() == 12 && w.chars().all(|c| c.is_ascii_hexdigit()) && w.chars().any(|c| c.is_ascii_digit())
        })
    };
    for (name, told) in for_the_public(&icb, "quarterly-2026-07-14") {
        for word in ["Grievance", "Khan", "Market St", "Harbour", "quarterly-2026-07-14"] {
            assert!(!told.contains(word), "{name} tells {word}");
        }
        if name.ends_with(".pdf") {
            assert!(!hash(&told), "{name} has a hash");
            let receipt = told
                .split(|c: char| !c.is_ascii_alphanumeric())
                .find(|w| w.len() == 5 && w.starts_with('R') && w[1..].chars().all(|c| c.is_ascii_digit()));
            assert_eq!(receipt, None, "{name}");
        }
    }
    let named = files(&icb.data().join("packs/quarterly-2026-07-14").join(NAMED));
    let (_, bytes) = named.iter().next().unwrap();
    assert!(
        pages(bytes).join(" ").replace('\n', " ").contains("Grievance"),
        "a named pack says what it rests on"
    );
}

#[test]
fn a_paragraph_stands_in_a_public_pack_only_with_a_yes() {
    let icb = Icb::with_register();
    let sheet = "Section,Text,Author,Date,May be public\n\
        Summary,The single-handed practice on Harbour Street is not coping.,Lead,08/07/2026,\n\
        Summary,The quarter went as planned.,Lead,08/07/2026,Yes\n\
        Themes,Staff at Brackenwickle told us of a water leak.,Lead,08/07/2026,Yes\n\
        Themes,Something for the group alone.,Lead,08/07/2026,No\n\
        Narrative,Something with a slip.,Lead,08/07/2026,Perhaps\n";
    icb.drop_bytes("narrative", "Narrative.csv", sheet);
    let name = "Brackenwickle";
    let register = icb.data().join("inbox/ods-register");
    let has_name = files(&register)
        .values()
        .any(|b| String::from_utf8_lossy(b).to_lowercase().contains("brackenwickle"));
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert!(matches!(code(&output), 0 | 4), "{}", complained(&output));
    let (open, named) =
        (pack(&icb.data(), "quarterly-2026-07-14", PUBLIC), pack(&icb.data(), "quarterly-2026-07-14", NAMED));
    let texts = |pack: &Value, path: &str| -> Vec<String> {
        rows(pack, &format!("{path}/paragraphs")).iter().map(|p| text(p, "/text").to_owned()).collect()
    };
    assert_eq!(texts(&named, "/summary/narrative").len(), 2, "a named pack has all of them");
    assert_eq!(texts(&named, "/narrative/written").len(), 1, "a bad cell does not cost the row");
    assert_eq!(texts(&open, "/summary/narrative"), ["The quarter went as planned."]);
    assert_eq!(texts(&open, "/narrative/written"), Vec::<String>::new());
    let few =
        "Paragraphs are left out, because not marked as fit for the public, or because a practice is named.";
    assert_eq!(text(&open, "/summary/narrative/left_out"), few);
    assert_eq!(text(&open, "/narrative/written/left_out"), few);
    assert_eq!(text(&named, "/summary/narrative/left_out"), "");
    if has_name {
        assert!(
            !texts(&open, "/themes/narrative").iter().any(|t| t.contains(name)),
            "a name stays out with a Yes"
        );
    }
    let receipt = fs::read_to_string(icb.data().join("inbox/narrative/Narrative.csv.receipt.txt")).unwrap();
    assert!(receipt.contains("Perhaps") && receipt.contains("May be public"), "{receipt}");
}
