//! The sheets of the fixtures, read by plain loops and nothing of the program: what a person with Excel and a
//! pencil would count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use calamine::{Data, Reader, open_workbook_auto};
use chrono::NaiveDate;
use toml::{Table, Value};

use super::repository;

/// What the specification says must come of the fixtures.
pub fn expected() -> Table {
    fs::read_to_string(repository().join("fixtures/expected.toml")).unwrap().parse().unwrap()
}

/// The folder of a step.
fn step(number: i64) -> PathBuf {
    let steps = fs::read_dir(repository().join("fixtures/steps")).unwrap().flatten();
    let mut found = steps.filter(|e| e.file_name().to_string_lossy().starts_with(&format!("{number}-")));
    found.next().unwrap().path()
}

/// A row that counts: its cells under the names that the layout gives its columns. Dates are in ISO form.
#[derive(Debug, Clone)]
pub struct Row {
    /// Where it stands: feed, file, row.
    pub place: String,
    cells: BTreeMap<String, String>,
}

impl Row {
    /// A cell; empty if there is nothing in it.
    pub fn text(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }

    /// The values of a cell that holds several.
    pub fn texts(&self, column: &str) -> Vec<String> {
        let parts = self.text(column).split([',', '\n']).map(|part| part.trim().to_owned());
        parts.filter(|part| !part.is_empty()).collect()
    }

    /// A date.
    pub fn date(&self, column: &str) -> Option<NaiveDate> {
        let text = self.text(column);
        (!text.is_empty()).then(|| text.parse().unwrap_or_else(|_| panic!("{}: {text}", self.place)))
    }

    /// A number.
    pub fn number(&self, column: &str) -> Option<f64> {
        let text = self.text(column);
        (!text.is_empty()).then(|| text.parse().unwrap_or_else(|_| panic!("{}: {text}", self.place)))
    }
}

/// The rows of a feed that count after a step, of its newest file or of every one of them. Rows that the
/// fixtures say are set aside or passed over are left out, those of closed practices stand under the code
/// that the fixtures say they are carried to, and a cell with a date that does not exist is empty.
pub fn rows(feed: &str, until: i64) -> Vec<Row> {
    let expected = expected();
    let receipts = expected["receipt"].as_array().unwrap().iter().map(|r| r.as_table().unwrap());
    let files: Vec<&Table> = receipts
        .filter(|r| r["feed"].as_str() == Some(feed) && r["step"].as_integer().unwrap() <= until)
        .collect();
    let every = feed_file(feed)["counts"].as_str() == Some("every");
    let from = if every { 0 } else { files.len().saturating_sub(1) };
    files[from..].iter().flat_map(|receipt| of_file(feed, receipt)).collect()
}

/// What papers call a feed.
pub fn title(feed: &str) -> String {
    feed_file(feed)["title"].as_str().unwrap().to_owned()
}

fn feed_file(feed: &str) -> Table {
    let path = repository().join("pipelines/lancashire-south-cumbria/feeds").join(format!("{feed}.toml"));
    fs::read_to_string(path).unwrap().parse().unwrap()
}

/// For each heading that a feed's layouts know, in small letters, the name of its column. `[columns]` of one
/// layout do not contradict those of another in the fixtures.
fn headings(feed: &str) -> BTreeMap<String, String> {
    let file = feed_file(feed);
    let mut layouts: Vec<Table> = Vec::new();
    for name in file.get("layouts").and_then(Value::as_array).into_iter().flatten() {
        let path = repository()
            .join("pipelines/lancashire-south-cumbria/layouts")
            .join(format!("{}.toml", name.as_str().unwrap()));
        layouts.push(fs::read_to_string(path).unwrap().parse().unwrap());
    }
    layouts.extend(
        file.get("layout")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|l| l.as_table().unwrap().clone()),
    );
    let mut out = BTreeMap::new();
    for column in layouts.iter().filter_map(|l| l.get("column")?.as_array()).flatten() {
        let name = column["name"].as_str().unwrap();
        let aliases = column.get("aliases").and_then(Value::as_array).into_iter().flatten();
        for title in aliases.chain([&column["title"]]) {
            out.insert(folded(title.as_str().unwrap()), name.to_owned());
        }
    }
    out
}

fn folded(heading: &str) -> String {
    let words: Vec<&str> =
        heading.split(|c: char| c.is_whitespace() || c == '\u{feff}').filter(|w| !w.is_empty()).collect();
    words.join(" ").to_lowercase()
}

fn of_file(feed: &str, receipt: &Table) -> Vec<Row> {
    let file = receipt["file"].as_str().unwrap();
    let path = step(receipt["step"].as_integer().unwrap()).join("inbox").join(feed).join(file);
    let (mut aside, mut carried, mut unread) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
    for note in receipt.get("notes").and_then(Value::as_array).into_iter().flatten() {
        let cell = note["cell"].as_str().unwrap();
        let row: u32 = cell.trim_start_matches(|c: char| c.is_ascii_alphabetic()).parse().unwrap();
        let why = note["why"].as_str().unwrap();
        if note["row"].as_str() != Some("accepted") {
            aside.insert(row);
        } else if let Some((_, to)) = why.split_once("carried to its successor ") {
            carried.insert(row, to.to_owned());
        } else if why.starts_with("no such date") {
            unread.insert((row, column(cell)));
        }
    }
    let known = headings(feed);
    let sheets = sheets(&path);
    let (header, lines) = sheets
        .iter()
        .find_map(|lines| {
            let count = |line: &&(u32, Vec<String>)| {
                line.1.iter().filter(|cell| known.contains_key(&folded(cell))).count()
            };
            let header = lines.iter().find(|line| count(line) >= 3)?;
            Some((header, lines))
        })
        .unwrap_or_else(|| panic!("{} has no header", path.display()));
    let columns: Vec<Option<&String>> = header.1.iter().map(|cell| known.get(&folded(cell))).collect();
    // A title above the header may say the date of all rows.
    let titled = lines.iter().take_while(|line| line.0 < header.0).find_map(|(_, cells)| {
        let (_, date) = cells.first()?.split_once(" as at ")?;
        NaiveDate::parse_from_str(date, "%d %B %Y").ok()
    });
    let below = lines.iter().filter(|(row, _)| *row > header.0 && !aside.contains(row));
    below
        .map(|(row, cells)| {
            let named = columns.iter().zip(cells).enumerate().filter_map(|(index, (name, cell))| {
                let name = (*name).filter(|_| !unread.contains(&(*row, index)))?;
                Some((name.clone(), tidy(name, cell)))
            });
            let mut cells: BTreeMap<String, String> = named.collect();
            if let Some(to) = carried.get(row) {
                cells.insert("practice".to_owned(), to.clone());
            }
            if let Some(date) = titled {
                cells.entry("extract_date".to_owned()).or_insert_with(|| date.to_string());
            }
            Row { place: format!("{feed}/{file} row {row}"), cells }
        })
        .collect()
}

/// The place of a cell's column, from 0: of `C7` it is 2.
fn column(cell: &str) -> usize {
    let letters = cell.bytes().take_while(u8::is_ascii_uppercase);
    letters.fold(0, |place, letter| place * 26 + usize::from(letter - b'A') + 1) - 1
}

/// A cell as the tests compare it: dates in ISO form, other texts without outer spaces.
fn tidy(column: &str, cell: &str) -> String {
    let cell = cell.trim();
    let dated = ["date", "until", "from", "offered", "raised", "notified", "decided_on", "due"];
    if !dated.iter().any(|word| column.contains(word)) {
        return cell.to_owned();
    }
    if let Ok(date) = NaiveDate::parse_from_str(cell, "%d/%m/%Y") {
        return date.to_string();
    }
    match cell.parse::<u64>() {
        Ok(days) => {
            let first = NaiveDate::from_ymd_opt(1899, 12, 30).unwrap();
            (first + chrono::Days::new(days)).to_string()
        }
        Err(_) => cell.to_owned(),
    }
}

/// The lines of each sheet with their numbers as Excel counts them; empty lines are left out.
fn sheets(path: &Path) -> Vec<Vec<(u32, Vec<String>)>> {
    if path.extension().is_some_and(|e| e == "csv") {
        let bytes = fs::read(path).unwrap();
        // Letters outside ASCII stand only in texts that no figure rests on.
        let text: String = bytes.iter().map(|b| if b.is_ascii() { char::from(*b) } else { ' ' }).collect();
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        // No fixture has an empty line, so the records are the rows that Excel counts.
        let lines = reader
            .records()
            .zip(1..)
            .map(|(record, row)| (row, record.unwrap().iter().map(str::to_owned).collect()));
        return vec![lines.collect()];
    }
    let mut book = open_workbook_auto(path).unwrap();
    let names = book.sheet_names();
    let mut out = Vec::new();
    for name in names {
        let range = book.worksheet_range(&name).unwrap();
        let first = range.start().map_or(0, |(row, _)| row);
        let before = range.start().map_or(0, |(_, column)| column as usize);
        let lines = range.rows().enumerate().map(|(index, cells)| {
            let row = first + u32::try_from(index).unwrap() + 1;
            let cells = std::iter::repeat_n(String::new(), before).chain(cells.iter().map(shown));
            (row, cells.collect::<Vec<_>>())
        });
        out.push(lines.filter(|(_, cells)| cells.iter().any(|cell| !cell.is_empty())).collect());
    }
    out
}

fn shown(cell: &Data) -> String {
    match cell {
        Data::DateTime(at) => format!("{}", at.as_f64().floor()),
        Data::DateTimeIso(text) => text.chars().take(10).collect(),
        other => other.to_string(),
    }
}
