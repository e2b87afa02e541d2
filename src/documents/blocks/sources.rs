//! Sources and the quality of the data: what every figure rests on, how old it is, and what was left out.

use chrono::NaiveDate;

use crate::dates::short;
use crate::documents::content::{Block, Cell, Column, Element, Kind, Look, Table, TableLook, Words};
use crate::documents::context::Context;
use crate::documents::suppress::Told;
use crate::documents::{FeedStatus, Material, Reader, keys};
use crate::intake::{Counts, Problem};

/// The table of feeds.
const FEEDS: &str = "feeds";

pub(super) fn block(context: &Context<'_>) -> Block {
    let Context { material, reader, .. } = *context;
    let named = reader.named();
    let mut block = context.block();
    let rows = Rows { date: material.as_of, coarse: reader.grain(FEEDS, 1) > 0, reader };
    let feeds: Vec<Vec<Cell>> = material.feeds.iter().map(|feed| feed_row(feed, &rows)).collect();
    let receipts = if named { " Numbers such as R0001 are receipts." } else { "" };
    block.paragraph(format!("{}{receipts}", balance(material, &rows)));
    for remark in &material.remarks {
        let words = Words::default().strong("Note.").plain(format!(" {remark}"));
        block.push(Element::Box { look: Look::Warn, paragraphs: vec![words], items: Vec::new() });
    }
    let newest = if named { "Newest file" } else { "Newest data" };
    let columns = match rows.coarse {
        true => vec![
            Column::text("Feed", None),
            Column::text("Newest data", 35),
            Column::of(Kind::Date, "Data as at", 16),
            Column::count("Rows read", 14),
        ],
        false => vec![
            Column::text("Feed", 22),
            Column::text(newest, 31),
            Column::of(Kind::Date, "Data as at", 12),
            Column::count("Read", None),
            Column::count("Accepted", None),
            Column::count("Quarantined", None),
            Column::count("Ignored", None),
        ],
    };
    let feeds = if reader.leaves_out(FEEDS) { Vec::new() } else { feeds };
    let table =
        Table::new(FEEDS, "Feeds that the figures rest on", columns).look(TableLook::Compact).rows(feeds);
    block.table(
        table,
        match named {
            true => "The pipeline has no feed.",
            false => {
                "So few rows became one thing or another that none of their numbers can be shown by feed."
            }
        },
    );
    if named {
        set_aside(material, &mut block);
    }
    let indicators = material.pipeline.indicators.iter();
    let mut indicators: Vec<String> = indicators.map(|i| format!("{}: {}", i.title, i.source)).collect();
    indicators.sort();
    indicators.dedup();
    if !indicators.is_empty() {
        block.heading("Indicators and their sources");
        let items = indicators.into_iter().map(Words::from).collect();
        block.push(Element::List { items, look: Look::SmallKept });
    }
    block
}

/// What all rows became, in a sentence.
fn balance(material: &Material<'_>, rows: &Rows<'_>) -> String {
    let mut total = Counts::default();
    for feed in &material.feeds {
        total.read += feed.counts.read;
        total.accepted += feed.counts.accepted;
        total.quarantined += feed.counts.quarantined;
        total.ignored += feed.counts.ignored;
    }
    let told = rows.told("all", &total);
    rows.add_up(&material.feeds);
    let [read, accepted, quarantined, ignored] = told.map(Told::cell);
    match told.iter().any(|told| told.number().is_none()) {
        true => "Every row read is accepted, quarantined or ignored.".to_owned(),
        false => format!(
            "Every row read is accepted, quarantined or ignored: {read} = {accepted} + {quarantined} + {ignored}."
        ),
    }
}

/// The rows that are set aside, let count, or carried, and those about practices that are not in scope.
fn set_aside(material: &Material<'_>, block: &mut Block) {
    let feeds = || material.feeds.iter();
    let quarantined: Vec<Vec<Cell>> = feeds()
        .flat_map(|feed| feed.quarantined.iter().map(move |(receipt, problem)| (feed, receipt, problem)))
        .map(|(feed, receipt, problem)| {
            vec![
                Cell::words(receipt),
                Cell::words(&feed.title),
                Cell::words(place(problem)),
                Cell::words(&problem.message),
            ]
        })
        .collect();
    block.heading("Rows set aside");
    if !quarantined.is_empty() {
        block.paragraph("These rows are not counted until they are corrected. Their senders have been told.");
    }
    let columns = vec![
        Column::text("Receipt", 10),
        Column::text("Feed", 28),
        Column::text("Cell", 9),
        Column::text("What is wrong", None),
    ];
    let table = Table::new("quarantined", "Quarantined rows", columns);
    block.table(table.look(TableLook::Compact).named_by(1).rows(quarantined), "No row is set aside.");
    let released = feeds().flat_map(|feed| {
        feed.released.iter().map(move |(receipt, problem)| {
            let what = format!("{}, {}: {}; {} ", feed.title, place(problem), problem.message, problem.help);
            Words::from(what).muted(format!("({receipt})"))
        })
    });
    let carried = feeds().flat_map(|feed| &feed.carried).map(|(receipt, problem)| {
        Words::from(format!("{} ", problem.message)).muted(format!("({receipt}, {})", place(problem)))
    });
    let outside = outside(material).into_iter().map(Words::from);
    let lists: [(&str, Vec<Words>); 3] = [
        ("Rows that a named person let count", released.collect()),
        ("Rows carried to a successor", carried.collect()),
        ("About practices that are not in scope", outside.collect()),
    ];
    for (heading, items) in lists.into_iter().filter(|(_, items)| !items.is_empty()) {
        block.heading(heading);
        block.list(items);
    }
}

/// How the counts of rows are called and printed.
struct Rows<'r> {
    date: NaiveDate,
    /// Whether only the rows that were read are told of a feed, not what became of them.
    coarse: bool,
    reader: Reader<'r>,
}

/// What becomes of rows.
const BECAME: [&str; 3] = ["accepted", "quarantined", "ignored"];

impl Rows<'_> {
    fn key(&self, feed: &str, what: &str) -> String {
        keys::rows(self.date, feed, what)
    }

    /// How many rows of a feed, or of all, were read, accepted, quarantined and ignored.
    fn told(&self, feed: &str, counts: &Counts) -> [Told; 4] {
        let values = [counts.accepted, counts.quarantined, counts.ignored];
        let [accepted, quarantined, ignored] = [0, 1, 2].map(|i| {
            let key = self.key(feed, BECAME[i]);
            // The sum of all feeds stands in a sentence of its own.
            if feed == "all" {
                self.reader.say(&key, values[i])
            } else if self.coarse {
                self.reader.implied(&key, values[i]);
                Told::Hidden
            } else {
                self.reader.count(FEEDS, &key, values[i])
            }
        });
        let key = self.key(feed, "read");
        let table = if feed == "all" { key.as_str() } else { FEEDS };
        let read = self.reader.count(table, &key, counts.read);
        self.reader.adds_up(&key, BECAME.map(|what| self.key(feed, what)));
        [read, accepted, quarantined, ignored]
    }

    fn add_up(&self, feeds: &[FeedStatus]) {
        for what in BECAME.into_iter().chain(["read"]) {
            self.reader.adds_up(&self.key("all", what), feeds.iter().map(|f| self.key(&f.feed, what)));
        }
    }
}

fn feed_row(feed: &FeedStatus, rows: &Rows<'_>) -> Vec<Cell> {
    let named = rows.reader.named();
    let file = match (&feed.file, feed.received) {
        (Some(file), Some(received)) if named => format!("{file}, received {}", short(received)),
        // What a team calls its file is nothing for the public.
        (Some(_), Some(received)) => format!("received {}", short(received)),
        _ => "nothing has been received".to_owned(),
    };
    let mut notes = Vec::new();
    if feed.files > 1 && named {
        notes.push(format!("the newest of {} files in use", feed.files));
    }
    match &feed.rejected {
        Some((file, received)) if named => {
            notes.push(format!(
                "{file} of {} was rejected, so the figures before it are used",
                short(*received)
            ));
        }
        Some((_, received)) => {
            notes.push(format!(
                "what came on {} was rejected, so the figures before it are used",
                short(*received)
            ));
        }
        None => {}
    }
    if feed.received.is_some() {
        notes.extend(feed.freshness.remark());
    }
    let receipt = feed.receipt.as_ref().filter(|_| named).map(|receipt| format!(" ({receipt})"));
    let mut words = Words::from(file + &receipt.unwrap_or_default());
    if !notes.is_empty() {
        words = words.line().cited(notes.join("; "));
    }
    let [read, rest @ ..] = rows.told(&feed.feed, &feed.counts).map(Cell::told);
    let rest = rest.into_iter().filter(|_| !rows.coarse);
    let first =
        [Cell::words(&feed.title), Cell::words(words), Cell::day(feed.freshness.data_date, "–"), read];
    first.into_iter().chain(rest).collect()
}

/// The cell or row that a problem is about.
fn place(problem: &Problem) -> String {
    match (&problem.cell, problem.row) {
        (Some(cell), _) => cell.clone(),
        (None, Some(row)) => format!("row {row}"),
        (None, None) => "–".to_owned(),
    }
}

/// Rows of teams about practices of the ICB that are not in scope: nothing received is lost.
fn outside(material: &Material<'_>) -> Vec<String> {
    let about = |fact: &str, what: &dyn Fn(usize) -> String| {
        let cells = material.fact(fact);
        let rows = (0..cells.height()).filter_map(|row| {
            let practice = cells.text("practice", row).filter(|p| material.of(p).is_none())?;
            Some(format!("{} ({practice}): {}", material.name(&practice), what(row)))
        });
        rows.collect::<Vec<String>>()
    };
    let (concerns, visits) = (material.fact("concerns"), material.fact("visits"));
    let mut out = about("concerns", &|row| {
        let severity = concerns.text("severity", row).unwrap_or_default().to_lowercase();
        let team = concerns.text("team", row).unwrap_or_default();
        format!(
            "a {severity} concern of {team}, {}",
            concerns.date("told", row).map(short).unwrap_or_default()
        )
    });
    out.extend(about("visits", &|row| {
        format!("a visit on {}", visits.date("visit_date", row).map(short).unwrap_or_default())
    }));
    out.extend(about("decisions", &|_| "a decision".to_owned()));
    out
}
