//! Everything that comes in, by whichever way: downloads first, then what lies in the inbox.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Context as _;
use chrono::NaiveDate;
use serde::Serialize;

use super::arrive::Lying;
use crate::guard::Guard;
use crate::intake::download::{Fetched, Mark, Round};
use crate::intake::inbox::{self, Aside, Dropped, Reason};
use crate::intake::says_in_name;
use crate::intake::store::Store;
use crate::intake::watch;
use crate::ledger::{Arrival, Download, Intake, Ledger, Seen, Sighting, Way};
use crate::pipeline::{Feed, Pipeline};
use crate::time::Clock;
use crate::workspace::Workspace;

/// What came in.
#[derive(Debug, Default)]
pub struct Received {
    /// Files that are to have a receipt.
    pub lying: Vec<Lying>,
    /// What came of each download.
    pub downloads: Vec<Downloaded>,
    /// What lies in the inbox and was not taken in.
    pub held: Vec<Held>,
}

/// What came of a download.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Downloaded {
    /// The feed.
    pub feed: String,
    /// Its title.
    pub title: String,
    /// What came of it.
    pub state: DownloadState,
    /// The file that counts now: the one that came, or the last good one.
    pub file: Option<String>,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: Option<String>,
    /// Its size in bytes.
    pub bytes: Option<u64>,
    /// The day on which it was received.
    pub received: Option<NaiveDate>,
    /// How often the server was asked.
    pub tries: u32,
    /// Why nothing came.
    pub why: Option<String>,
}

/// What came of a download, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DownloadState {
    /// A new file.
    New,
    /// What we have is still what there is.
    Unchanged,
    /// Nothing came; the last good file goes on counting, and its figures are older than they should be.
    Stale,
    /// Nothing came, and nothing has come before.
    Missing,
}

impl Downloaded {
    /// What the operator should know; none if all is well.
    pub fn remark(&self) -> Option<String> {
        let why = self.why.as_ref()?;
        let then = match (&self.file, self.received) {
            (Some(file), Some(received)) => {
                format!("{file} received on {} goes on counting", crate::dates::long(received))
            }
            _ => "nothing of this feed has been received".to_owned(),
        };
        Some(format!("the download of \"{}\" ({}) failed: {why}; {then}", self.title, self.feed))
    }
}

/// Something in the inbox that was not taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The feed in whose folder it lies.
    pub feed: String,
    /// Its name, as it can be printed and told.
    pub file: String,
    /// The kind of reason.
    pub reason: Reason,
    /// The reason, as the end of a sentence that begins with the name.
    pub why: &'static str,
}

impl Held {
    fn new(feed: &Feed, guard: &Guard, file: &str, reason: Reason) -> Self {
        Self { feed: feed.id.clone(), file: guard.told_name(file), reason, why: reason.words() }
    }
}

/// What reception needs.
pub struct Reception<'r> {
    /// Where.
    pub workspace: &'r Workspace,
    /// Where content is kept.
    pub store: &'r Store,
    /// The pipeline.
    pub pipeline: &'r Pipeline,
    /// The day that counts as that of arrival.
    pub received: NaiveDate,
    /// What takes the files in, for the ledger.
    pub run: &'r str,
    /// Time.
    pub clock: &'r dyn Clock,
}

impl Reception<'_> {
    /// Downloads, then takes in the inbox. A source that fails and a file that cannot be read are told and
    /// stop nothing.
    ///
    /// # Errors
    /// If the inbox as a whole, the store or the ledger cannot be used.
    pub fn receive(&self, ledger: &mut Ledger) -> anyhow::Result<Received> {
        let mut out = Received::default();
        self.download(ledger, &mut out)?;
        self.inbox(ledger, &mut out)?;
        Ok(out)
    }

    fn download(&self, ledger: &mut Ledger, out: &mut Received) -> anyhow::Result<()> {
        let variables = |name: &str| std::env::var(name).ok();
        let intake = self.intake(ledger.last_arrival()?, false);
        let mut round = Round::new(self.pipeline, self.received, self.clock, &variables);
        for feed in &self.pipeline.feeds {
            let Some(download) = &feed.download else { continue };
            let known = |source: &str| {
                let last = ledger.download(&feed.id, source).ok().flatten()?;
                Some(Mark { etag: last.etag, modified: last.modified })
            };
            let (tries, done) = round.fetch(feed, download, &known);
            let now = self.clock.now();
            let (state, why) = match done {
                Ok(Fetched::Unchanged { source }) => {
                    ledger.note_unchanged(&feed.id, &source, now)?;
                    (DownloadState::Unchanged, None)
                }
                Ok(Fetched::File(file)) => {
                    let sha256 = self.store.put(&file.bytes).context("the store cannot be written")?;
                    let download = Download {
                        feed: feed.id.clone(),
                        source: file.source,
                        file: self.pipeline.guard.shown_name(&file.name, &sha256),
                        sha256,
                        bytes: file.bytes.len() as u64,
                        etag: file.mark.etag,
                        modified: file.mark.modified,
                        fetched: now,
                        checked: now,
                    };
                    let way = if file.vouched { Way::Fetched } else { Way::Unsure };
                    let seen = ledger.see_download(&download, way, &intake)?;
                    let state = match &seen {
                        Seen::New(_) => DownloadState::New,
                        Seen::Before(_) | Seen::Elsewhere(_) => DownloadState::Unchanged,
                    };
                    out.lying.push(self.lying(feed, &download.file, seen));
                    (state, None)
                }
                Err(fault) => {
                    // The name of something in an archive may stand in it.
                    let message = self.pipeline.guard.concealed(fault.message);
                    ledger.note_download_failure(&feed.id, &message, self.received, now)?;
                    (DownloadState::Missing, Some(message))
                }
            };
            let last = ledger.last_download(&feed.id)?;
            let arrivals = ledger.arrivals(self.received)?;
            let same =
                |a: &&Arrival| a.feed == feed.id && last.as_ref().is_none_or(|last| a.sha256 == last.sha256);
            let arrival = arrivals.iter().rev().find(same);
            // The sender of a download is told anew too when a layout reads it otherwise.
            if let (Some(arrival), false) = (arrival.filter(|_| last.is_some()), state == DownloadState::New)
                && !out.lying.iter().any(|l| l.is_of(arrival))
            {
                out.lying.push(self.lying(feed, &arrival.file, Seen::Before(arrival.clone())));
            }
            out.downloads.push(Downloaded {
                feed: feed.id.clone(),
                title: feed.title.clone(),
                state: if why.is_some() && arrival.is_some() { DownloadState::Stale } else { state },
                file: arrival.map(|a| a.file.clone()),
                sha256: arrival.map(|a| a.sha256.clone()),
                bytes: last.as_ref().map(|l| l.bytes),
                received: arrival.map(|a| a.received),
                tries,
                why,
            });
        }
        Ok(())
    }

    /// A download has no file in the inbox beside which its receipt could lie.
    fn lying(&self, feed: &Feed, file: &str, seen: Seen) -> Lying {
        Lying { path: self.workspace.downloads(&feed.id).join(file), name: file.to_owned(), seen }
    }

    fn intake(&self, before: u32, copied: bool) -> Intake<'_> {
        Intake { received: self.received, run: self.run, before, copied }
    }

    fn inbox(&self, ledger: &mut Ledger, out: &mut Received) -> anyhow::Result<()> {
        let guard = &self.pipeline.guard;
        let before = ledger.last_arrival()?;
        let mut files = Vec::new();
        for feed in &self.pipeline.feeds {
            let folder = self.workspace.inbox(&feed.id);
            let Ok(listing) = inbox::scan(&folder) else {
                out.held.push(Held::new(feed, guard, "", Reason::Unreadable));
                continue;
            };
            let aside =
                listing.aside.iter().map(|Aside { name, reason }| Held::new(feed, guard, name, *reason));
            out.held.extend(aside);
            files.extend(listing.files.into_iter().map(|file| (feed, file)));
        }
        let watch::Sorted { whole, waiting } = watch::settled(files, self.pipeline.watch, self.clock);
        let waiting =
            waiting.into_iter().map(|(feed, file, reason)| Held::new(feed, guard, &file.name, reason));
        out.held.extend(waiting);
        let mut read = Vec::new();
        for (feed, file) in whole {
            // A synchronising program may take a file away at any moment.
            let Ok(bytes) = fs::read(&file.path) else {
                out.held.push(Held::new(feed, guard, &file.name, Reason::Unreadable));
                continue;
            };
            let sha256 = self.store.put(&bytes).context("the store cannot be written")?;
            let name = guard.shown_name(&file.name, &sha256);
            read.push((feed, file, name, sha256));
        }
        let copied = is_copied(&read, ledger)?;
        let intake = self.intake(before, copied);
        let mut lying: BTreeMap<(String, String), usize> = BTreeMap::new();
        for (feed, _, _, sha256) in &read {
            *lying.entry((feed.id.clone(), sha256.clone())).or_default() += 1;
        }
        for (feed, file, name, sha256) in read {
            let otherwise = |old: &str| says_in_name(feed, old) != says_in_name(feed, &name);
            let sighting = Sighting {
                feed: &feed.id,
                name: &name,
                file: &name,
                sha256: &sha256,
                modified: Some(crate::dates::moment(file.modified)),
                way: Way::Dropped,
                twice: lying.get(&(feed.id.clone(), sha256.clone())).is_some_and(|count| *count > 1),
                otherwise: &otherwise,
            };
            let seen = ledger.see(&sighting, &intake)?;
            out.lying.push(Lying { path: file.path, name, seen });
        }
        out.held.sort_by(|a, b| (&a.feed, &a.file).cmp(&(&b.feed, &b.file)));
        Ok(())
    }
}

/// The fewest files from which on it can be told that a whole inbox was copied.
const COPIED: usize = 4;

/// Whether all that lies in the inbox as it lay there before has a newer time: the folder was copied or
/// brought back, and no file was sent again.
fn is_copied(lying: &[(&Feed, Dropped, String, String)], ledger: &Ledger) -> anyhow::Result<bool> {
    let mut known = 0;
    for (feed, file, name, sha256) in lying {
        let Some((before, Some(then))) = ledger.last_seen(&feed.id, name)? else { continue };
        if before != *sha256 {
            continue;
        }
        let now = crate::dates::moment(file.modified);
        if now.timestamp_millis() <= then.timestamp_millis() {
            return Ok(false);
        }
        known += 1;
    }
    Ok(known >= COPIED)
}
