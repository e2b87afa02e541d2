//! Sources and the quality of the data: what every figure rests on, how old it is, and what was left out.

use chrono::NaiveDate;
use serde::Serialize;

use super::keys;
use crate::dates::short;
use crate::documents::suppress::HIDDEN;
use crate::documents::{FeedStatus, Material, Reader};
use crate::intake::{Counts, Problem};

/// Sources and the quality of the data.
#[derive(Debug, Clone, Serialize)]
pub struct Sources {
    /// Every feed; empty in a public pack that cannot show them.
    pub feeds: Vec<FeedRow>,
    /// Whether only the rows that were read are told of each feed.
    pub coarse: bool,
    /// What became of the rows of all feeds together, as a sentence.
    pub balance: String,
    /// Rows kept aside; empty in a public pack.
    pub quarantined: Vec<Kept>,
    /// Rows that a named person let count, with who and why; empty in a public pack.
    pub released: Vec<Kept>,
    /// Rows of closed practices that count for a successor; empty in a public pack.
    pub carried: Vec<Kept>,
    /// Rows about practices that are not in scope; empty in a public pack.
    pub outside: Vec<String>,
    /// What should be said of the run as a whole.
    pub remarks: Vec<String>,
    /// Where the shown indicators come from.
    pub indicators: Vec<String>,
}

/// A feed.
#[derive(Debug, Clone, Serialize)]
pub struct FeedRow {
    /// Its title.
    pub title: String,
    /// The receipt of its newest file.
    pub receipt: String,
    /// The file and the day it was received, or that there is none.
    pub file: String,
    /// The date that its data speak of.
    pub data_date: String,
    /// How many rows became what.
    pub counts: CountTexts,
    /// Something to know about it.
    pub note: String,
}

/// Counts as texts.
#[derive(Debug, Clone, Serialize)]
pub struct CountTexts {
    /// Rows read.
    pub read: String,
    /// Rows that count.
    pub accepted: String,
    /// Rows kept aside.
    pub quarantined: String,
    /// Rows passed over.
    pub ignored: String,
}

/// A row that was kept aside or carried.
#[derive(Debug, Clone, Serialize)]
pub struct Kept {
    /// The receipt.
    pub receipt: String,
    /// The feed's title.
    pub feed: String,
    /// The cell.
    pub cell: String,
    /// What is wrong or what was done.
    pub what: String,
}

/// The table of feeds.
const FEEDS: &str = "feeds";

pub(super) fn sources(material: &Material<'_>, reader: Reader<'_>) -> Sources {
    let mut total = Counts::default();
    for feed in &material.feeds {
        total.read += feed.counts.read;
        total.accepted += feed.counts.accepted;
        total.quarantined += feed.counts.quarantined;
        total.ignored += feed.counts.ignored;
    }
    let named = reader.named();
    let kept = |pick: fn(&FeedStatus) -> &Vec<(String, Problem)>| -> Vec<Kept> {
        if !named {
            return Vec::new();
        }
        material.feeds.iter().flat_map(|f| pick(f).iter().map(|(receipt, p)| kept(f, receipt, p))).collect()
    };
    let rows = Rows { date: material.as_of, coarse: reader.grain(FEEDS, 1) > 0, reader };
    let feeds: Vec<FeedRow> = material.feeds.iter().map(|feed| feed_row(feed, &rows)).collect();
    let total = rows.texts("all", &total);
    let CountTexts { read, accepted, quarantined, ignored } = total;
    let balance = match [&read, &accepted, &quarantined, &ignored].iter().any(|n| *n == HIDDEN) {
        true => "Every row read is accepted, quarantined or ignored.".to_owned(),
        false => format!(
            "Every row read is accepted, quarantined or ignored: {read} = {accepted} + {quarantined} + {ignored}."
        ),
    };
    rows.add_up(&material.feeds);
    let mut indicators: Vec<String> =
        material.pipeline.indicators.iter().map(|i| format!("{}: {}", i.title, i.source)).collect();
    indicators.sort();
    indicators.dedup();
    Sources {
        coarse: rows.coarse,
        feeds: if reader.leaves_out(FEEDS) { Vec::new() } else { feeds },
        balance,
        quarantined: kept(|f| &f.quarantined),
        released: kept(|f| &f.released)
            .into_iter()
            .zip(material.feeds.iter().flat_map(|f| &f.released))
            .map(|(kept, (_, problem))| Kept { what: format!("{}; {}", kept.what, problem.mend), ..kept })
            .collect(),
        carried: kept(|f| &f.carried),
        outside: if named { outside(material) } else { Vec::new() },
        remarks: material.remarks.clone(),
        indicators,
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

    fn texts(&self, feed: &str, counts: &Counts) -> CountTexts {
        let values = [counts.accepted, counts.quarantined, counts.ignored];
        let [accepted, quarantined, ignored] = [0, 1, 2].map(|i| {
            let key = self.key(feed, BECAME[i]);
            // The sum of all feeds stands in a sentence of its own.
            if feed == "all" {
                self.reader.say(&key, values[i]).cell()
            } else if self.coarse {
                self.reader.implied(&key, values[i]);
                String::new()
            } else {
                self.reader.count(FEEDS, &key, values[i]).cell()
            }
        });
        let key = self.key(feed, "read");
        let table = if feed == "all" { key.as_str() } else { FEEDS };
        let read = self.reader.count(table, &key, counts.read).cell();
        self.reader.adds_up(&key, BECAME.map(|what| self.key(feed, what)));
        CountTexts { read, accepted, quarantined, ignored }
    }

    fn add_up(&self, feeds: &[FeedStatus]) {
        for what in BECAME.into_iter().chain(["read"]) {
            self.reader.adds_up(&self.key("all", what), feeds.iter().map(|f| self.key(&f.feed, what)));
        }
    }
}

fn feed_row(feed: &FeedStatus, rows: &Rows<'_>) -> FeedRow {
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
    FeedRow {
        title: feed.title.clone(),
        receipt: feed.receipt.clone().filter(|_| named).unwrap_or_else(|| "–".to_owned()),
        file,
        data_date: feed.freshness.data_date.map_or_else(|| "–".to_owned(), short),
        counts: rows.texts(&feed.feed, &feed.counts),
        note: notes.join("; "),
    }
}

fn kept(feed: &FeedStatus, receipt: &str, problem: &Problem) -> Kept {
    let cell = match (&problem.sheet, &problem.cell, problem.row) {
        (_, Some(cell), _) => cell.clone(),
        (_, None, Some(row)) => format!("row {row}"),
        _ => "–".to_owned(),
    };
    Kept { receipt: receipt.to_owned(), feed: feed.title.clone(), cell, what: problem.message.clone() }
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
