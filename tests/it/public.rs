//! Papers for the public: what they may not tell, and what cannot be worked out from them.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::papers::pages;
use crate::support::attack::Attack;
use crate::support::paper::{self, Line, bars, claims, figures, pack, table};
use crate::support::{Icb, code, complained, demo, files};

const PUBLIC: &str = "primary-care-commissioning-sub-committee";
const NAMED: &str = "primary-medical-services-group";

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

    /// The practices by level, of the column of the table that is named.
    fn levels(&mut self, date: &str, open: &Value, named: &Value, column: &str) {
        let mut names = Vec::new();
        let truths = table(named, "summary", "levels");
        let rows = table(open, "summary", "levels");
        assert_eq!(rows.len(), truths.len());
        for (row, truth) in rows.iter().zip(&truths) {
            let label = row.text("Level");
            assert_eq!(label, truth.text("Level"));
            let name = format!("levels {date} {label}");
            self.read(&name, &row.text(column), count(&truth.text(column)));
            names.push(name);
        }
        let all = truths.iter().map(|row| count(&row.text(column))).sum();
        self.attack.number(&format!("practices {date}"), all, all);
        self.sum(&[format!("practices {date}")], &names);
    }

    /// The clocks of levels, or of several together, against the numbers of practices at these.
    fn clocks(&mut self, date: &str, open: &Value, named: &Value) {
        let truths = table(named, "visits", "clocks");
        let mut overdue = Vec::new();
        for row in table(open, "visits", "clocks") {
            let label = row.text("Level");
            let covers = |level: &str| {
                let number = level.trim_start_matches("Level ");
                label == "All levels"
                    || label == level
                    || label.split([' ', ',', ';']).any(|word| word == number)
                    || (level == "Not assessed" && label.contains(level))
            };
            let covered: Vec<&Line<'_>> = truths.iter().filter(|t| covers(&t.text("Level"))).collect();
            assert!(!covered.is_empty(), "{label}");
            let mut names = Vec::new();
            for state in STATES {
                let name = format!("clocks {date} {label} {state}");
                self.read(&name, &row.text(state), covered.iter().map(|t| count(&t.text(state))).sum());
                names.push(name);
            }
            overdue.push(names[0].clone());
            let of_levels: Vec<String> =
                covered.iter().map(|t| format!("levels {date} {}", t.text("Level"))).collect();
            self.sum(&of_levels, &names);
        }
        let tile = |pack: &Value| figures(pack, "summary")["visits overdue"].clone();
        let name = format!("overdue {date}");
        self.read(&name, &tile(open), count(&tile(named)));
        if !overdue.is_empty() {
            self.sum(&[name], &overdue);
        }
    }

    /// Visits by type and by team, of the quarter and of the year so far. A named pack has no sum of a team's
    /// visits of the quarter: what is true of it is counted over the sheets.
    fn visits(&mut self, quarter: &str, open: &Value, named: &Value) {
        let of_teams = visits_of_teams(quarter);
        let periods = [("quarter", quarter.to_owned()), ("year", format!("year at {quarter}"))];
        for (column, period) in &periods {
            let of_quarter = *column == "quarter";
            let by_type = |row: &Line<'_>| row.at(if of_quarter { 1 } else { 2 }).text();
            let by_team = |row: &Line<'_>| match of_quarter {
                true => row.text(&format!("All visits, {quarter} 2026-27")),
                false => row.text("All visits, year"),
            };
            let types = table(named, "visits", "visits-by-type");
            let types: Vec<(String, i64)> =
                types.iter().map(|row| (row.text("Type"), count(&by_type(row)))).collect();
            let teams: Vec<(String, i64)> = match of_quarter {
                true => of_teams.clone(),
                false => {
                    let rows = table(named, "visits", "visits-by-team");
                    rows.iter().map(|row| (row.text("Team"), count(&by_team(row)))).collect()
                }
            };
            let types_shown = table(open, "visits", "visits-by-type");
            let types_shown: Vec<(String, String)> =
                types_shown.iter().map(|row| (row.text("Type"), by_type(row))).collect();
            let teams_shown = table(open, "visits", "visits-by-team");
            let teams_shown: Vec<(String, String)> =
                teams_shown.iter().map(|row| (row.text("Team"), by_team(row))).collect();
            let total = |counts: &[(String, i64)]| counts.iter().map(|(_, count)| count).sum::<i64>();
            let all_of_teams = total(&types) == total(&teams);
            for (truths, shown, one, others) in
                [(types, types_shown, "All types", "Other types"), (teams, teams_shown, "All teams", "-")]
            {
                let truth = |name: &str| -> i64 {
                    let counted = truths.iter().filter(|(of, _)| match name {
                        _ if name == one => true,
                        _ if name == others => of != "Proactive",
                        _ => of == name,
                    });
                    counted.map(|(_, count)| count).sum()
                };
                let mut parts = Vec::new();
                for (name, cell) in &shown {
                    let known_as = if name == one { "all" } else { name };
                    self.read(&format!("visits {period} {known_as}"), cell, truth(name));
                    if name != one {
                        parts.push(format!("visits {period} {name}"));
                    }
                }
                if !parts.is_empty() && one == "All types" {
                    self.sum(&[format!("visits {period} all")], &parts);
                } else if !parts.is_empty() {
                    // Visits of practices that have no team may come to them, where there are any.
                    parts.extend((!all_of_teams).then(|| format!("visits {period} no team")));
                    self.sum(&[format!("visits {period} all")], &parts);
                }
            }
        }
        let names = ["all", "Proactive", "Other types"].map(str::to_owned);
        let of_named = ["visits-by-type", "visits-by-team"].map(|id| table(named, "visits", id));
        let of_named = of_named.into_iter().flatten().map(|row| row.at(0).text());
        for of in names.into_iter().chain(of_named) {
            let earlier = if quarter == "Q1" { vec![] } else { vec![format!("visits Q1 {of}")] };
            let mut parts = vec![format!("visits {quarter} {of}"), format!("visits after {quarter} {of}")];
            parts.extend(earlier);
            self.sum(&[format!("visits year at {quarter} {of}")], &parts);
        }
        for (sentence, name) in
            [(0, format!("visits {quarter} all")), (1, format!("visits year at {quarter} Proactive"))]
        {
            let said = |pack: &Value| begins(&claims(pack, "visits")[sentence]);
            self.read(&name, &said(open), count(&said(named)));
        }
    }

    fn themes(&mut self, date: &str, open: &Value, named: &Value) {
        let all = format!("concerns {date}");
        let said = |pack: &Value| begins(&claims(pack, "themes")[0]);
        self.read(&all, &said(open), count(&said(named)));
        let truths = table(named, "themes", "themes");
        let mut names = Vec::new();
        let shown = table(open, "themes", "themes");
        let listed: BTreeSet<String> = shown.iter().map(|row| row.text("Theme")).collect();
        for row in &shown {
            let theme = row.text("Theme");
            let name = format!("concerns {date} {theme}");
            let of: Vec<&Line<'_>> = match truths.iter().find(|t| t.text("Theme") == theme) {
                Some(one) => vec![one],
                None => truths.iter().filter(|t| !listed.contains(&t.text("Theme"))).collect(),
            };
            self.read(&name, &row.text("Concerns"), of.iter().map(|t| count(&t.text("All"))).sum());
            if let [one] = of.as_slice() {
                let about = format!("{name} practices");
                self.read(&about, &row.text("Practices"), count(&one.text("Practices")));
                self.at_most(&about, &name);
            }
            names.push(name);
        }
        self.sum(&[all], &names);
    }

    fn movements(&mut self, open: &Value, named: &Value) {
        let truths = table(named, "movements", "movements-by-cause");
        let mut sums = vec![Vec::new(); 3];
        for row in table(open, "movements", "movements-by-cause") {
            let cause = row.text("Cause");
            for (way, sum) in sums.iter_mut().enumerate() {
                let cell = |row: &Line<'_>| row.at(way + 1).text();
                let of = truths.iter().filter(|t| cause == "All causes" || t.text("Cause") == cause);
                let name = format!("moved {way} {cause}");
                self.read(&name, &cell(&row), of.map(|t| count(&cell(t))).sum());
                sum.push(name);
            }
        }
        let (shown, true_ones) = (moved(open), moved(named));
        for (way, parts) in sums.iter().enumerate() {
            self.read(&format!("moved {way}"), &shown[way + 1], count(&true_ones[way + 1]));
            if !parts.is_empty() {
                self.sum(&[format!("moved {way}")], parts);
            }
        }
        self.read("moved", &shown[0], count(&true_ones[0]));
        self.sum(&["moved".to_owned()], &[0, 1, 2].map(|way| format!("moved {way}")));
    }

    fn feeds(&mut self, date: &str, open: &Value, named: &Value) {
        let mut reads = Vec::new();
        let (shown, truths) = (table(open, "sources", "feeds"), table(named, "sources", "feeds"));
        assert_eq!(shown.len(), truths.len());
        for (row, truth) in shown.iter().zip(&truths) {
            let title = row.text("Feed");
            assert_eq!(title, truth.text("Feed"));
            for (what, head) in [
                ("read", "Read"),
                ("accepted", "Accepted"),
                ("quarantined", "Quarantined"),
                ("ignored", "Ignored"),
            ] {
                // A coarse table has only the rows that were read.
                let shown = match what {
                    "read" if row.has("Rows read") => "Rows read",
                    _ if row.has("Rows read") => continue,
                    _ => head,
                };
                self.read(&format!("rows {date} {title} {what}"), &row.text(shown), count(&truth.text(head)));
            }
            let parts =
                ["accepted", "quarantined", "ignored"].map(|what| format!("rows {date} {title} {what}"));
            self.sum(&[format!("rows {date} {title} read")], &parts);
            reads.push(format!("rows {date} {title} read"));
        }
        let numbers: Vec<i64> = paper::paragraphs(open, "sources")[0]
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

/// The heads of the clocks' columns, what is overdue first.
const STATES: [&str; 6] = ["Overdue", "Due soon", "Running", "Met in time", "Met late", "Paused"];

/// The completed visits of a quarter by place facing team, counted over the sheets.
fn visits_of_teams(quarter: &str) -> Vec<(String, i64)> {
    let [first, second] = crate::figures::packs();
    let pack = if quarter == "Q1" { first } else { second };
    let of_teams = crate::figures::visits_of_teams(&pack);
    of_teams.into_iter().map(|(team, visits)| (team, i64::try_from(visits).unwrap())).collect()
}

/// How many practices moved: all of them, and each way, as the summary says it.
fn moved(pack: &Value) -> [String; 4] {
    let all = figures(pack, "summary")["changed level"].clone();
    let said = claims(pack, "summary");
    let said = said.iter().find_map(|said| said.strip_prefix("Since the pack of 14 July 2026, ")).unwrap();
    let parts: Vec<&str> = said.splitn(3, ", ").collect();
    let [up, down, other] = parts[..] else { panic!("{said}") };
    assert!(up.ends_with(" to a higher level of support") && down.ends_with(" to a lower one"), "{said}");
    let other = other.strip_prefix("and ").unwrap();
    assert!(other.contains(" changed otherwise: "), "{said}");
    [all, begins(up), begins(down), begins(other)]
}

/// The number that a sentence or a part of one begins with.
fn begins(sentence: &str) -> String {
    match sentence.split(' ').next().unwrap() {
        "No" | "no" => "0".to_owned(),
        "Fewer" | "fewer" => "[c]".to_owned(),
        number => number.to_owned(),
    }
}

#[test]
fn from_both_public_packs_together_no_hidden_count_can_be_worked_out() {
    let mut reader = Reader::default();
    for (quarter, run) in [("Q1", "quarterly-2026-07-14"), ("Q2", "quarterly-2026-10-14")] {
        let (open, named) = (pack(demo(), run, PUBLIC), pack(demo(), run, NAMED));
        let (now, before) = ("14 October 2026", "14 July 2026");
        reader.levels(quarter, &open, &named, if quarter == "Q2" { now } else { before });
        if quarter == "Q2" {
            reader.levels("Q1", &open, &named, before);
            reader.movements(&open, &named);
        }
        assert_eq!(bars(&open, "summary").len(), table(&open, "summary", "levels").len());
        for claim in claims(&open, "summary") {
            if let Some(said) = claim.strip_suffix(" practices stand at a reactive level.") {
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
        // The columns of counts, from the left.
        for (block, id, columns) in [
            ("visits", "visits-by-type", vec![1, 2]),
            ("visits", "visits-by-team", vec![1, 2]),
            ("summary", "levels", vec![2]),
            ("themes", "themes", vec![1, 2]),
            ("themes", "flags", vec![1, 2]),
        ] {
            let rows = table(&open, block, id);
            assert!(!rows.is_empty(), "{run} {id}");
            let cells: Vec<String> =
                rows.iter().flat_map(|row| columns.iter().map(|column| row.at(*column).text())).collect();
            let cells = cells.iter().map(String::as_str);
            let (hidden, shown): (Vec<&str>, Vec<&str>) = cells.partition(|cell| *cell == "[c]");
            assert!(shown.len() >= hidden.len(), "{run} {id}: {shown:?} and {} hidden", hidden.len());
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
    let texts = paper::written;
    assert_eq!(texts(&named, "summary").len(), 2, "a named pack has all of them");
    assert_eq!(texts(&named, "narrative").len(), 1, "a bad cell does not cost the row");
    assert_eq!(texts(&open, "summary"), ["The quarter went as planned."]);
    assert_eq!(texts(&open, "narrative"), Vec::<String>::new());
    let few =
        "Paragraphs are left out, because not marked as fit for the public, or because a practice is named.";
    assert_eq!(paper::left_out(&open, "summary"), few);
    assert_eq!(paper::left_out(&open, "narrative"), few);
    assert_eq!(paper::left_out(&named, "summary"), "");
    if has_name {
        assert!(!texts(&open, "themes").iter().any(|t| t.contains(name)), "a name stays out with a Yes");
    }
    let receipt = fs::read_to_string(icb.data().join("inbox/narrative/Narrative.csv.receipt.txt")).unwrap();
    assert!(receipt.contains("Perhaps") && receipt.contains("May be public"), "{receipt}");
}
