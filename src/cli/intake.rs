//! `quarterday intake`: what came is taken in and answered with receipts.

use super::as_of::asked;
use super::dating::writing_date;
use super::output::{complain, pipeline, say, say_json};
use super::progress::{Quiet, Steps};
use super::{Exit, IntakeArgs};
use crate::intake::State;
use crate::known::feeds_now::FeedFreshness;
use crate::known::held_back::HeldBack;
use crate::run::{
    DownloadState, Downloaded, Held, IntakeReport, IntakeRequest, Progress, RunError, Taken, take_in,
};
use crate::triangulate::Fresh;
use crate::wording::{list, number, plural};
use crate::workspace::Workspace;

/// Steps that intake reports.
const STEPS: u64 = 2;

pub(super) fn intake(args: &IntakeArgs) -> Exit {
    let pipeline = match pipeline(&args.pipeline) {
        Ok(pipeline) => pipeline,
        Err(exit) => return exit,
    };
    let steps = Steps::new(STEPS);
    let progress: &dyn Progress = if args.json { &Quiet } else { &steps };
    if let Err(exit) = asked(args.as_of, args.future) {
        return exit;
    }
    let workspace = Workspace::new(&args.data);
    let done = match writing_date(&workspace, args.as_of, Some(&pipeline)) {
        Ok(as_of) => take_in(&IntakeRequest { pipeline: &pipeline, workspace, as_of, progress }),
        Err(error) => Err(RunError::Other(error)),
    };
    steps.finish();
    match done {
        Ok(report) => {
            if args.json {
                say_json(&report);
            } else {
                tell(&report);
            }
            exit_of(&report)
        }
        Err(error) => {
            let exit = Exit::of_error(&error);
            if args.json {
                say_json(&serde_json::json!({ "error": error.to_string(), "exit": exit.number() }));
            }
            complain(&error.to_string());
            exit
        }
    }
}

fn exit_of(report: &IntakeReport) -> Exit {
    if report.missing.is_some() || report.blocked.is_some() {
        Exit::SourceMissing
    } else if report.taken.iter().any(|t| t.state == State::Rejected) {
        Exit::InputRejected
    } else {
        Exit::Success
    }
}

fn tell(report: &IntakeReport) {
    say(&format!("intake of {}", crate::dates::long(report.as_of)));
    tell_arrivals(&Arrivals {
        downloads: &report.downloads,
        held: &report.held,
        taken: &report.taken,
        waiting: report.waiting,
        held_back: &report.held_back,
        freshness: &report.freshness,
    });
    for line in report.blocked.iter().chain(&report.warnings).chain(&report.missing) {
        complain(line);
    }
}

/// What came in, of a run or of intake alone.
pub(super) struct Arrivals<'a> {
    pub(super) downloads: &'a [Downloaded],
    pub(super) held: &'a [Held],
    pub(super) taken: &'a [Taken],
    pub(super) waiting: usize,
    pub(super) held_back: &'a [HeldBack],
    pub(super) freshness: &'a [FeedFreshness],
}

/// Prints what came in, what waits and which feeds are late.
pub(super) fn tell_arrivals(arrivals: &Arrivals<'_>) {
    tell_downloads(arrivals.downloads);
    tell_taken(arrivals.taken);
    if arrivals.waiting > 0 {
        let files = plural(arrivals.waiting, "file waits", "files wait");
        say(&format!(
            "               {files} in the inbox: files of a later date have been received already"
        ));
    }
    for file in arrivals.held_back {
        say(&format!("               HELD: {}", file.what()));
        say(&format!("                 what to do: {}", file.help()));
    }
    for held in arrivals.held {
        say(&format!("               not taken in: {}/{} {}", held.feed, held.file, held.why));
    }
    tell_freshness(arrivals.freshness);
}

fn tell_downloads(downloads: &[Downloaded]) {
    if downloads.is_empty() {
        return;
    }
    let count = |state| downloads.iter().filter(|d| d.state == state).count();
    let failed = count(DownloadState::Stale) + count(DownloadState::Missing);
    say(&format!(
        "  downloads    {}: {} new, {} unchanged, {failed} failed",
        plural(downloads.len(), "source", "sources"),
        count(DownloadState::New),
        count(DownloadState::Unchanged),
    ));
    for download in downloads.iter().filter(|d| d.state == DownloadState::New) {
        let file = download.file.as_deref().unwrap_or_default();
        say(&format!("               {}/{file}: {}", download.feed, size(download.bytes.unwrap_or(0))));
    }
}

/// A size as people say it.
fn size(bytes: u64) -> String {
    match bytes {
        0..=9_999 => plural(usize::try_from(bytes).unwrap_or(usize::MAX), "byte", "bytes"),
        10_000..=999_999 => format!("{} kB", number((bytes / 1000) as f64)),
        _ => format!("{} MB", number((bytes / 100_000) as f64 / 10.0)),
    }
}

fn tell_taken(taken: &[Taken]) {
    let sum = |pick: fn(&Taken) -> usize| taken.iter().map(pick).sum::<usize>() as f64;
    say(&format!(
        "  intake       {}: {} rows read = {} accepted + {} quarantined + {} ignored",
        plural(taken.len(), "new file", "new files"),
        number(sum(|t| t.counts.read)),
        number(sum(|t| t.counts.accepted)),
        number(sum(|t| t.counts.quarantined)),
        number(sum(|t| t.counts.ignored)),
    ));
    for taken in taken.iter().filter(|t| t.needs_mending || t.state != State::Accepted) {
        let what = match taken.state {
            State::Rejected => "rejected".to_owned(),
            State::Known => "already received".to_owned(),
            State::Accepted => match taken.counts.quarantined {
                0 => "accepted, with cells to correct".to_owned(),
                rows => format!("{} quarantined", plural(rows, "row", "rows")),
            },
        };
        say(&format!("               {} {}/{}: {what}", taken.receipt, taken.feed, taken.file));
    }
}

/// How many feeds are how fresh, and which are late.
fn tell_freshness(feeds: &[FeedFreshness]) {
    let count =
        |state| feeds.iter().filter(|f| f.not_fetched.is_none() && f.freshness.state == state).count();
    let failing: Vec<&FeedFreshness> = feeds.iter().filter(|f| f.not_fetched.is_some()).collect();
    let states = [
        Fresh::Current,
        Fresh::Due,
        Fresh::Late,
        Fresh::Stale,
        Fresh::Missing,
        Fresh::AsMade,
        Fresh::NotAvailable,
    ];
    let counts = states.into_iter().filter(|state| count(*state) > 0);
    let mut counts: Vec<String> = counts.map(|state| format!("{} {}", count(state), state.word())).collect();
    if !failing.is_empty() {
        counts.push(format!("{} stale, not fetched", failing.len()));
    }
    say(&format!("  feeds        {}", list(&counts)));
    for feed in feeds.iter().filter(|f| f.freshness.state.is_wanting() && f.freshness.received.is_some()) {
        let remark = feed.freshness.remark().unwrap_or_default();
        say(&format!("               {} is {remark} ({})", feed.feed, feed.owner));
    }
    for (feed, failed) in failing.iter().filter_map(|feed| Some((feed, feed.not_fetched.as_ref()?))) {
        say(&format!("               {}: {}", feed.feed, failed.remark()));
    }
    let missing = feeds.iter().filter(|f| f.freshness.state == Fresh::Missing);
    let missing: Vec<String> = missing.map(|f| f.feed.clone()).collect();
    if !missing.is_empty() {
        say(&format!("               missing: {}", missing.join(", ")));
    }
}
