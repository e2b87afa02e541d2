//! Each invariant where it holds, and where it is broken.

mod sentences;

use chrono::TimeZone as _;
use chrono_tz::Europe::London;
use chrono_tz::Tz;

use super::*;
use crate::ledger::{PackMessage, Planned, RunRecord, Slot, SlotRecord, Warrant};
use crate::pipeline::{Folder, load};
use crate::schedule::picture::Waiting;
use crate::schedule::pulse::Pulse;
use crate::workspace::Workspace;

fn at(text: &str) -> DateTime<Tz> {
    London.from_local_datetime(&wall(text)).unwrap()
}

fn wall(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
}

fn pipeline() -> Pipeline {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
    load(&Folder::read(&dir).unwrap()).pipeline.unwrap()
}

/// An empty data folder at a moment.
fn picture<'p>(pipeline: Option<&'p Pipeline>, now: &str) -> Picture<'p> {
    let dir = tempfile::tempdir().unwrap();
    let mut picture = Picture::take(&Workspace::new(dir.path()), pipeline, at(now)).unwrap();
    picture.disk_free = None;
    picture
}

/// What an invariant says of a picture: its verdict, and what each broken thing is about.
fn says(picture: &Picture<'_>, name: &str) -> (Verdict, Vec<String>) {
    let all = invariants(picture);
    let one = all.into_iter().find(|i| i.name == name).unwrap();
    (one.state, one.broken.into_iter().map(|b| b.about).collect())
}

fn ok() -> (Verdict, Vec<String>) {
    (Verdict::Ok, Vec::new())
}

fn broken_by(about: &[&str]) -> (Verdict, Vec<String>) {
    (Verdict::Broken, about.iter().map(|about| (*about).to_owned()).collect())
}

fn run(job: &str, as_of: &str, state: RunState) -> RunRecord {
    RunRecord {
        id: format!("{job}-{as_of}"),
        job: job.to_owned(),
        as_of: as_of.parse().unwrap(),
        packs: job == "quarterly",
        manifest: String::new(),
        state,
    }
}

fn dispatch(key: &str, recipient: &str, state: DispatchState) -> Dispatch {
    Dispatch {
        message: Planned {
            key: key.to_owned(),
            committee: "Group".to_owned(),
            recipient: recipient.to_owned(),
            subject: "Pack".to_owned(),
            sha256: String::new(),
            file: String::new(),
        },
        run: "quarterly-2026-07-14".to_owned(),
        as_of: "2026-07-14".parse().unwrap(),
        state,
    }
}

fn hit(id: &str, as_of: &str, open: bool) -> Held {
    Held {
        id: id.to_owned(),
        pattern: "nhs-number".to_owned(),
        document: "quality-group/2026-27-q1/sbar.pdf".to_owned(),
        job: "quarterly".to_owned(),
        as_of: as_of.to_owned(),
        run: format!("quarterly-{as_of}"),
        detail: "possible NHS number on page 1".to_owned(),
        open,
        release: None,
    }
}

#[test]
fn an_open_hit_is_told_however_old_it_is() {
    let mut picture = picture(None, "2028-01-05T09:00");
    assert_eq!(says(&picture, "guard"), ok());
    picture.hits = vec![
        hit("old", "2026-07-14", true),
        hit("new", "2028-01-04", true),
        hit("ahead", "2028-01-14", true),
        hit("closed", "2028-01-04", false),
    ];
    assert_eq!(says(&picture, "guard"), broken_by(&["old", "new", "ahead"]));
}

#[test]
fn the_scheduler_is_alive_while_its_pulse_is_fresh() {
    let mut picture = picture(None, "2026-07-20T09:00");
    assert_eq!(says(&picture, "serve-alive").0, Verdict::NotUsed);
    let now = picture.now.to_utc();
    let pulse = Pulse {
        pid: 1,
        program: "quarterday".to_owned(),
        since: now,
        beat: now,
        good_for: 300,
        running: None,
        stopped: None,
        pipeline_sha256: String::new(),
        pipeline_faults: Vec::new(),
    };
    picture.pulse = Some(pulse.clone());
    assert_eq!((says(&picture, "serve-alive"), says(&picture, "pipeline-valid")), (ok(), ok()));
    picture.pulse = Some(Pulse { beat: now - Duration::seconds(301), ..pulse.clone() });
    assert_eq!(says(&picture, "serve-alive"), broken_by(&["serve"]));
    picture.pulse = Some(Pulse { stopped: Some(now), ..pulse.clone() });
    assert_eq!(says(&picture, "serve-alive"), broken_by(&["serve"]));
    picture.pulse = Some(Pulse { pipeline_faults: vec!["x".to_owned()], ..pulse });
    assert_eq!(says(&picture, "pipeline-valid"), broken_by(&["pipeline"]));
}

#[test]
fn a_job_is_overdue_until_it_was_run_for_its_time_or_later() {
    let pipeline = pipeline();
    let mut picture = picture(Some(&pipeline), "2026-07-10T09:00");
    assert_eq!(says(&picture, "job-overdue"), ok(), "nobody has begun anything here");
    picture.followed.insert("nightly".to_owned(), wall("2026-07-01T12:00"));
    assert_eq!(says(&picture, "job-overdue"), broken_by(&["nightly@2026-07-10T02:30"]));
    picture.runs = vec![run("nightly", "2026-07-10", RunState::Begun)];
    assert!(
        says(&picture, "job-overdue").1.contains(&"nightly@2026-07-10T02:30".to_owned()),
        "not to its end"
    );
    picture.followed.insert("quarterly".to_owned(), wall("2026-07-09T12:00"));
    picture.runs = vec![run("nightly", "2026-07-10", RunState::Complete)];
    assert_eq!(says(&picture, "job-overdue"), ok());
}

#[test]
fn a_run_that_failed_or_broke_off_is_told_until_it_is_done_again() {
    let pipeline = pipeline();
    let mut picture = picture(Some(&pipeline), "2026-07-10T09:00");
    assert_eq!(says(&picture, "last-run").0, Verdict::NotUsed);
    let slot = Slot { job: "nightly".to_owned(), wall: wall("2026-07-10T02:30") };
    let failed = SlotRecord {
        slot,
        state: SlotState::Failed,
        attempts: 1,
        began: picture.now.to_utc(),
        ended: None,
        exit: Some(1),
        run: None,
        note: "exit code 1".to_owned(),
    };
    picture.slots.insert("nightly".to_owned(), failed);
    assert_eq!(says(&picture, "last-run"), broken_by(&["nightly@2026-07-10T02:30"]));
    picture.runs = vec![run("nightly", "2026-07-10", RunState::Complete)];
    assert_eq!(says(&picture, "last-run"), ok(), "done by hand since");
    picture.runs.push(run("quarterly", "2026-07-10", RunState::Begun));
    assert_eq!(says(&picture, "last-run"), broken_by(&["quarterly-2026-07-10"]));
    picture.touched.insert("quarterly-2026-07-10".to_owned(), picture.now.to_utc());
    assert_eq!(says(&picture, "last-run"), ok(), "it is at work");
}

/// Two committees that share a person, and what each was sent of the first quarter.
struct Quarter {
    pipeline: Pipeline,
    packs: Vec<PackRecord>,
    messages: Vec<PackMessage>,
    dispatches: Vec<Dispatch>,
}

const SHARED: &str = "Secretary@icb.example";

impl Quarter {
    fn new() -> Self {
        let mut pipeline = pipeline();
        pipeline.committees.truncate(2);
        for committee in &mut pipeline.committees {
            committee.documents = vec!["quarterly-pack".to_owned()];
            committee.recipients.truncate(1);
            for recipient in &mut committee.recipients {
                recipient.address = SHARED.to_owned();
                recipient.added = "2026-04-01".parse().unwrap();
            }
        }
        Self { pipeline, packs: Vec::new(), messages: Vec::new(), dispatches: Vec::new() }
    }

    fn id(&self, committee: usize) -> String {
        self.pipeline.committees[committee].id.clone()
    }

    /// A pack of a committee; gives its name.
    fn pack(&mut self, committee: usize, kind: &str, period: &str) -> String {
        let committee_id = self.id(committee);
        let id = format!("{committee_id}-{kind}-{period}-{}", self.packs.len());
        self.packs.push(PackRecord {
            id: id.clone(),
            letter: id.clone(),
            kind: kind.to_owned(),
            committee: "Group".to_owned(),
            committee_id,
            period: period.to_owned(),
            revision: 1,
            content: String::new(),
            documents: String::new(),
            run: "quarterly-2026-07-14".to_owned(),
            as_of: "2026-07-14".parse().unwrap(),
            state: PackState::Released,
            remind: None,
            expires: None,
            at: String::new(),
        });
        id
    }

    /// A message of a pack.
    fn message(&mut self, pack: &str, to: &str, purpose: Purpose, state: DispatchState) {
        let key = format!("{pack}/{to}/{}", self.messages.len());
        self.dispatches.push(dispatch(&key, to, state));
        self.messages.push(PackMessage {
            key,
            pack: pack.to_owned(),
            purpose,
            content: String::new(),
            warrant: Warrant::default(),
            at: String::new(),
        });
    }

    /// The committees of which pack-sent says that somebody was not sent the pack.
    fn without(&self, recalled: &[&str]) -> Vec<usize> {
        let mut picture = picture(Some(&self.pipeline), "2026-07-20T09:00");
        picture.followed.insert("quarterly".to_owned(), wall("2026-06-01T00:00"));
        picture.packs.clone_from(&self.packs);
        picture.messages.clone_from(&self.messages);
        picture.dispatches.clone_from(&self.dispatches);
        picture.recalled = recalled.iter().map(|id| (*id).to_owned()).collect();
        let (_, about) = says(&picture, "pack-sent");
        (0..2).filter(|n| about.contains(&format!("quarterly-pack/2026-27-q1/{}", self.id(*n)))).collect()
    }
}

#[test]
fn a_pack_counts_for_its_own_committee_document_period_and_recipient() {
    use DispatchState::{Planned, Sent};
    const Q1: &str = "2026-27-q1";
    let mut quarter = Quarter::new();
    assert_eq!(quarter.without(&[]), [0, 1], "nothing was made");
    let first = quarter.pack(0, "quarterly-pack", Q1);
    quarter.message(&first, SHARED, Purpose::Pack, Sent);
    assert_eq!(quarter.without(&[]), [1], "the same person got the pack of the other committee");
    let other = quarter.pack(1, "quarterly-pack", "2025-26-q4");
    quarter.message(&other, SHARED, Purpose::Pack, Sent);
    let alert = quarter.pack(1, "exception-alert", Q1);
    quarter.message(&alert, SHARED, Purpose::Pack, Sent);
    assert_eq!(quarter.without(&[]), [1], "another period, and another document");
    let second = quarter.pack(1, "quarterly-pack", Q1);
    quarter.message(&second, "other@icb.example", Purpose::Pack, Sent);
    quarter.message(&second, SHARED, Purpose::Correction, Sent);
    assert_eq!(quarter.without(&[]), [1], "another recipient, and a notice that is no pack");
    quarter.message(&second, &SHARED.to_lowercase(), Purpose::Pack, Sent);
    assert_eq!(quarter.without(&[]), [] as [usize; 0], "an address is the same in any case");
    quarter.message(&second, SHARED, Purpose::Pack, Planned);
    assert_eq!(quarter.without(&[]), [1], "a pack in two messages of which one is not sent");
    quarter.message(&second, SHARED, Purpose::Copy(1), Sent);
    assert_eq!(quarter.without(&[]), [] as [usize; 0], "but a whole copy of it was");
    let revised = quarter.pack(0, "quarterly-pack", Q1);
    assert_eq!(quarter.without(&[first.as_str()]), [0], "what was recalled counts no more");
    quarter.message(&revised, SHARED, Purpose::Pack, Sent);
    assert_eq!(quarter.without(&[first.as_str()]), [] as [usize; 0]);
}

#[test]
fn a_pack_waits_for_its_approval_until_it_is_reminded_of_and_until_it_is_too_late() {
    let mut quarter = Quarter::new();
    quarter.pack(0, "quarterly-pack", "2026-27-q1");
    let mut held = quarter.packs.remove(0);
    held.state = PackState::Held;
    held.remind = Some("2026-07-17".parse().unwrap());
    held.expires = Some("2026-07-28".parse().unwrap());
    for (now, broken) in [
        ("2026-07-16T09:00", false),
        ("2026-07-17T09:00", true),
        ("2026-07-28T09:00", true),
        ("2026-07-29T09:00", true),
        ("2026-10-27T09:00", false),
    ] {
        let mut picture = picture(None, now);
        picture.packs = vec![held.clone()];
        let expected = if broken { broken_by(&[held.id.as_str()]) } else { ok() };
        assert_eq!(says(&picture, "approval"), expected, "{now}");
        let over =
            invariants(&picture).iter().flat_map(|i| &i.broken).any(|b| b.what.contains("goes to nobody"));
        assert_eq!(over, broken && now > "2026-07-29", "{now}");
    }
}

#[test]
fn a_file_is_stuck_once_it_has_lain_too_long_whether_it_has_a_feed_or_not() {
    let pipeline = pipeline();
    let mut picture = picture(Some(&pipeline), "2026-07-20T09:00");
    let file = |hours: i64, has_feed: bool| Waiting {
        folder: "visits".to_owned(),
        file: format!("{hours}.csv"),
        since: picture.now.to_utc() - Duration::hours(hours),
        has_feed,
    };
    let waiting = vec![file(25, true), file(27, true), file(28, false)];
    assert_eq!(says(&picture, "inbox"), ok());
    picture.waiting = waiting;
    assert_eq!(says(&picture, "inbox"), broken_by(&["visits/27.csv", "visits/28.csv"]));
}

#[test]
fn the_outbox_is_well_while_nothing_in_it_waits_failed_or_is_unknown() {
    use DispatchState::{Failed, Planned, Retry, Sending, Sent, Unknown, Withdrawn};
    let mut picture = picture(None, "2026-07-15T09:00");
    picture.dispatches = [Sent, Withdrawn].map(|state| dispatch("k", "a@icb.example", state)).to_vec();
    assert_eq!(says(&picture, "outbox"), ok());
    for state in [Failed, Planned, Retry, Sending, Unknown] {
        picture.dispatches = vec![dispatch("k", "a@icb.example", state)];
        assert_eq!(says(&picture, "outbox"), broken_by(&[state.word()]));
    }
    // What was planned today may be on its way.
    picture.now = at("2026-07-14T09:00");
    for state in [Planned, Retry] {
        picture.dispatches = vec![dispatch("k", "a@icb.example", state)];
        assert_eq!(says(&picture, "outbox"), ok());
    }
}

#[test]
fn room_on_the_disk_and_bank_holidays_for_a_year() {
    let pipeline = pipeline();
    let mut picture = picture(Some(&pipeline), "2026-07-20T09:00");
    assert_eq!(says(&picture, "disk").0, Verdict::NotUsed);
    let wanted = u64::from(pipeline.operator.disk_free_mb) * 1_000_000;
    picture.disk_free = Some(wanted);
    assert_eq!(says(&picture, "disk"), ok());
    picture.disk_free = Some(wanted - 1_000_000);
    assert_eq!(says(&picture, "disk"), broken_by(&["disk"]));

    let last = *pipeline.calendar.bank_holidays.last().unwrap();
    let morning = NaiveTime::from_hms_opt(9, 0, 0).unwrap();
    for (date, expected) in [
        (add_months(last, -12), ok()),
        (crate::dates::add_days(add_months(last, -12), 2), broken_by(&["bank-holidays"])),
    ] {
        picture.now = London.from_local_datetime(&date.and_time(morning)).unwrap();
        assert_eq!(says(&picture, "calendar"), expected, "{date}");
    }
}

#[test]
fn feeds_are_used_once_there_is_a_run_and_told_where_a_file_is_wanting() {
    let pipeline = pipeline();
    let mut picture = picture(Some(&pipeline), "2026-07-20T09:00");
    assert_eq!(says(&picture, "feeds").0, Verdict::NotUsed);
    picture.runs = vec![run("nightly", "2026-07-20", RunState::Complete)];
    let wanting: Vec<String> = picture
        .feeds
        .iter()
        .filter(|feed| feed.freshness.state.is_wanting())
        .map(|feed| feed.feed.clone())
        .collect();
    assert!(!wanting.is_empty());
    assert_eq!(says(&picture, "feeds"), (Verdict::Broken, wanting));
    picture.feeds.retain(|feed| !feed.freshness.state.is_wanting());
    assert!(!picture.feeds.is_empty(), "some are made when there is something to say");
    assert_eq!(says(&picture, "feeds"), ok());
}
