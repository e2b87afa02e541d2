//! Sources and the quality of the data: what every figure rests on, how old it is, and what was left out.

use serde::Serialize;

use crate::dates::short;
use crate::intake::{Counts, Problem};
use crate::packs::{FeedStatus, Material, Reader};

/// Sources and the quality of the data.
#[derive(Debug, Clone, Serialize)]
pub struct Sources {
    /// Every feed.
    pub feeds: Vec<FeedRow>,
    /// All feeds together.
    pub total: CountTexts,
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

pub(super) fn sources(material: &Material<'_>, reader: Reader) -> Sources {
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
    let mut indicators: Vec<String> =
        material.pipeline.indicators.iter().map(|i| format!("{}: {}", i.title, i.source)).collect();
    indicators.sort();
    indicators.dedup();
    Sources {
        feeds: material.feeds.iter().map(feed_row).collect(),
        total: texts(&total),
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

fn texts(counts: &Counts) -> CountTexts {
    let text = |n: usize| crate::wording::number(n as f64);
    CountTexts {
        read: text(counts.read),
        accepted: text(counts.accepted),
        quarantined: text(counts.quarantined),
        ignored: text(counts.ignored),
    }
}

fn feed_row(feed: &FeedStatus) -> FeedRow {
    let file = match (&feed.file, feed.received) {
        (Some(file), Some(received)) => format!("{file}, received {}", short(received)),
        _ => "no file has been received".to_owned(),
    };
    let mut notes = Vec::new();
    if feed.files > 1 {
        notes.push(format!("the newest of {} files in use", feed.files));
    }
    if let Some((file, received)) = &feed.rejected {
        notes.push(format!("{file} of {} was rejected, so the figures before it are used", short(*received)));
    }
    if feed.received.is_some() {
        notes.extend(feed.freshness.remark());
    }
    FeedRow {
        title: feed.title.clone(),
        receipt: feed.receipt.clone().unwrap_or_else(|| "–".to_owned()),
        file,
        data_date: feed.freshness.data_date.map_or_else(|| "–".to_owned(), short),
        counts: texts(&feed.counts),
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
