//! What the operator reads of each invariant that is broken, and who is told of it.

use super::*;
use crate::documents::sample::{Sample, clock, day};
use crate::known::feeds_now::NotFetched;
use crate::known::result::RunResult;
use crate::ledger::Alert;
use crate::visits::State;

/// What an invariant says, each sentence with what to do.
fn sentences(picture: &Picture<'_>, name: &str) -> Vec<(String, String)> {
    let one = invariants(picture).into_iter().find(|i| i.name == name).unwrap();
    one.broken.into_iter().map(|b| (b.what, b.help)).collect()
}

fn said(picture: &Picture<'_>, name: &str) -> Vec<String> {
    sentences(picture, name).into_iter().map(|(what, _)| what).collect()
}

#[test]
fn the_scheduler_is_not_told_by_itself_and_is_told_by_who_watches_it() {
    let invariant = |name: &'static str| Invariant {
        name,
        means: "",
        state: Verdict::Broken,
        broken: vec![broken("this", "It is wrong.", "put it right")],
    };
    let all = ["serve-alive", "pipeline-valid", "last-run", "disk"].map(invariant);
    let keys = |troubles: Vec<Trouble>| troubles.into_iter().map(|t| t.key).collect::<Vec<_>>();
    assert_eq!(troubles(&all), [Trouble::new("monitor/disk/this", "It is wrong.", "put it right")]);
    assert_eq!(keys(troubles_of_watcher(&all)), ["monitor/serve-alive/this", "monitor/disk/this"]);
}

#[test]
fn a_scheduler_that_was_stopped_and_one_that_is_silent_are_two_things() {
    let mut picture = picture(None, "2026-07-20T09:00");
    let now = picture.now.to_utc();
    let pulse = Pulse {
        pid: 1,
        program: "quarterday".to_owned(),
        since: now,
        beat: now - Duration::hours(1),
        good_for: 300,
        running: None,
        stopped: None,
        pipeline_sha256: String::new(),
        pipeline_faults: Vec::new(),
    };
    let moment = "20 July 2026 at 08:00";
    picture.pulse = Some(pulse.clone());
    let silent = format!("the scheduler has been silent since {moment}: no job runs by itself");
    assert_eq!(said(&picture, "serve-alive"), [silent]);
    picture.pulse = Some(Pulse { stopped: Some(now - Duration::hours(1)), ..pulse });
    let stopped = format!("the scheduler was stopped on {moment}: no job runs by itself");
    assert_eq!(said(&picture, "serve-alive"), [stopped]);
}

#[test]
fn an_overdue_job_says_when_it_was_due_and_one_that_may_be_missed_is_never_overdue() {
    let mut pipeline = pipeline();
    let overdue_at = |pipeline: &Pipeline, now: &str| {
        let mut picture = picture(Some(pipeline), now);
        picture.followed.insert("nightly".to_owned(), wall("2026-07-01T12:00"));
        sentences(&picture, "job-overdue")
    };
    let overdue = |pipeline: &Pipeline| overdue_at(pipeline, "2026-07-10T09:00");
    assert_eq!(
        overdue(&pipeline),
        [(
            "nightly was due on 10 July 2026 at 02:30 and has not been run to its end".to_owned(),
            "`quarterday run nightly --as-of 2026-07-10` does it now".to_owned()
        )]
    );
    pipeline.operator.overdue = 60;
    let about = |now: &str| overdue_at(&pipeline, now)[0].1.clone();
    assert!(about("2026-07-10T03:29").ends_with("--as-of 2026-07-09` does it now"), "an hour is not over");
    assert!(about("2026-07-10T03:30").ends_with("--as-of 2026-07-10` does it now"));
    pipeline.jobs.iter_mut().for_each(|job| job.missed = Missed::Skip);
    assert_eq!(overdue(&pipeline), []);
    // Since the first run by hand, where no scheduler follows the job.
    let pipeline = super::pipeline();
    let mut picture = picture(Some(&pipeline), "2026-07-10T09:00");
    picture.runs = vec![run("nightly", "2026-07-08", RunState::Complete)];
    assert!(says(&picture, "job-overdue").1.contains(&"nightly@2026-07-10T02:30".to_owned()));
    picture.runs.push(run("nightly", "2026-07-11", RunState::Complete));
    assert_eq!(said(&picture, "job-overdue").len(), 0, "a later run does its work");
}

#[test]
fn a_slot_that_failed_is_not_put_right_by_its_own_run() {
    let pipeline = pipeline();
    let mut picture = picture(Some(&pipeline), "2026-07-10T09:00");
    let own = run("nightly", "2026-07-10", RunState::Complete);
    let failed = SlotRecord {
        slot: Slot { job: "nightly".to_owned(), wall: wall("2026-07-10T02:30") },
        state: SlotState::Failed,
        attempts: 1,
        began: picture.now.to_utc(),
        ended: None,
        exit: Some(5),
        run: Some(own.id.clone()),
        note: "a message was refused".to_owned(),
    };
    picture.slots.insert("nightly".to_owned(), failed.clone());
    picture.runs = vec![own];
    let wrong = "nightly@2026-07-10T02:30 could not do all of its work: a message was refused";
    assert_eq!(said(&picture, "last-run"), [wrong]);
    picture.runs.push(run("quarterly", "2026-07-10", RunState::Complete));
    assert_eq!(said(&picture, "last-run").len(), 0, "a run came after it");
    picture.runs = vec![run("nightly", "2026-07-09", RunState::Complete)];
    assert_eq!(said(&picture, "last-run"), [wrong], "a run of the day before is not its");
    picture.slots.insert("nightly".to_owned(), SlotRecord { state: SlotState::Done, ..failed });
    assert_eq!(said(&picture, "last-run").len(), 0);

    picture.runs = vec![run("quarterly", "2026-07-10", RunState::Begun)];
    let limit = picture.now.to_utc() - Duration::hours(1);
    picture.touched.insert("quarterly-2026-07-10".to_owned(), limit);
    assert_eq!(said(&picture, "last-run").len(), 0, "an hour without a change is not too long");
    picture.touched.insert("quarterly-2026-07-10".to_owned(), limit - Duration::seconds(1));
    let begun = "the run quarterly-2026-07-10 was begun and did not come to its end";
    assert_eq!(said(&picture, "last-run"), [begun]);
}

#[test]
fn a_pack_that_waits_for_a_person_is_not_told_as_unsent() {
    const Q1: &str = "2026-27-q1";
    let mut quarter = Quarter::new();
    let first = quarter.pack(0, "quarterly-pack", Q1);
    assert_eq!(quarter.without(&[]), [0, 1]);
    assert_eq!(quarter.without(&[first.as_str()]), [1], "it was recalled");
    quarter.packs[0].state = PackState::Held;
    assert_eq!(quarter.without(&[]), [1], "it waits for approval");
    quarter.packs.clear();
    quarter.pipeline.committees[1].documents.clear();
    assert_eq!(quarter.without(&[]), [0], "a committee that gets no pack");

    let due = day("2026-07-14");
    quarter.pipeline.committees[0].recipients[0].added = crate::dates::add_days(due, 1);
    assert_eq!(quarter.without(&[]), [] as [usize; 0], "somebody who was put on the list the day after");
    quarter.pipeline.committees[0].recipients[0].added = due;
    assert_eq!(quarter.without(&[]), [0]);

    let mut picture = picture(Some(&quarter.pipeline), "2026-07-20T09:00");
    picture.followed.insert("quarterly".to_owned(), wall("2026-06-01T00:00"));
    let name = quarter.pipeline.committees[0].name.clone();
    let told = said(&picture, "pack-sent");
    let start = format!("the quarterly-pack of Q1 2026-27 for the {name} was due on 14 July 2026 at ");
    assert!(told[0].starts_with(&start), "{told:?}");
    assert!(told[0].ends_with("; 1 recipient has not been sent it"), "{told:?}");
    let mut held = hit("held", "2026-07-14", true);
    held.document = format!("{}/quarterly-pack/{Q1}/pack.pdf", quarter.id(0));
    picture.hits = vec![held.clone()];
    assert_eq!(said(&picture, "pack-sent").len(), 0, "the guard holds it back");
    picture.hits = vec![Held { open: false, ..held }];
    assert_eq!(said(&picture, "pack-sent").len(), 1);
}

#[test]
fn a_breached_clock_is_told_where_a_visit_is_owed() {
    let pipeline = pipeline();
    let mut picture = picture(Some(&pipeline), "2026-07-20T09:00");
    assert_eq!(says(&picture, "clocks").0, Verdict::NotUsed);
    let mut sample = Sample::new("2026-07-20");
    let mut at = |code: &str, level: u8, state: State, due: &str| {
        let mut clock = clock("2026-06-01", state);
        clock.due = Some(day(due));
        sample.practice(code, Some(level)).clock = clock;
    };
    at("X90001", 4, State::Overdue, "2026-07-19");
    at("X90002", 4, State::Running, "2026-07-20");
    at("X90003", 4, State::MetLate, "2026-07-01");
    at("X90004", 2, State::Overdue, "2026-07-01");
    sample.exception("quality/1", "X90001", 4, clock("2026-06-01", State::Running));
    sample.exception("quality/2", "X90001", 4, clock("2026-06-01", State::Running));
    picture.result = Some(RunResult {
        run: "nightly-2026-07-20".to_owned(),
        job: "nightly".to_owned(),
        as_of: day("2026-07-20"),
        compared_with: None,
        not_assessed_label: String::new(),
        level_names: BTreeMap::new(),
        level_labels: BTreeMap::new(),
        not_assessed: String::new(),
        practices: sample.standings,
        exceptions: sample.exceptions,
        published: crate::documents::suppress::Published::default(),
    });
    let visit = "X90001: the visit of level 4 was due on 19 July 2026";
    assert_eq!(said(&picture, "clocks"), [visit]);
    let exceptions = &mut picture.result.as_mut().unwrap().exceptions;
    let mut alerts = Vec::new();
    for (id, steps) in [
        ("quality/1", [(Event::Breached, 4), (Event::Worsened, 5), (Event::Eased, 4)].as_slice()),
        ("quality/2", &[(Event::Breached, 4), (Event::Worsened, 5)]),
    ] {
        let exception = exceptions.get_mut(id).unwrap();
        exception.known = Some(day("2026-07-10"));
        for (event, level) in steps {
            exception.level = *level;
            alerts.push(Alert {
                exception: id.to_owned(),
                occurrence: 1,
                event: *event,
                level: *level,
                nth: 1,
                as_of: day("2026-07-18"),
                run: String::new(),
                detail: serde_json::to_string(exception).unwrap(),
            });
        }
    }
    picture.alerts = alerts;
    let breached = "the clock of the exception quality/1 was breached by 18 July 2026";
    assert_eq!(said(&picture, "clocks"), [visit, breached]);
    // A visit before it became known says nothing of it; one since, however late, ends the fault.
    for (met, told) in [("2026-07-01", vec![breached]), ("2026-07-19", Vec::new())] {
        let result = picture.result.as_mut().unwrap();
        let code = result.exceptions["quality/1"].practice.clone();
        let place = result.practices.iter().position(|p| p.code() == code).unwrap();
        let clock = &mut result.practices[place].clock;
        (clock.state, clock.met_on) = (State::MetLate, Some(day(met)));
        assert_eq!(said(&picture, "clocks"), told, "{met}");
    }
}

#[test]
fn the_outbox_counts_what_is_wrong_with_it_and_leaves_a_run_at_work_alone() {
    let mut picture = picture(None, "2026-07-15T09:00");
    let sending = |key: &str| dispatch(key, "a@icb.example", DispatchState::Sending);
    picture.dispatches = vec![sending("one"), sending("two")];
    let wrong = "2 messages are not known to have been sent or not, the first one";
    assert_eq!(said(&picture, "outbox"), [wrong]);
    picture.runs = vec![run("quarterly", "2026-07-14", RunState::Begun)];
    assert_eq!(said(&picture, "outbox"), [wrong], "the run broke off");
    let limit = picture.now.to_utc() - Duration::hours(1);
    picture.touched.insert("quarterly-2026-07-14".to_owned(), limit);
    assert_eq!(said(&picture, "outbox").len(), 0, "the run is at work");
    picture.runs = vec![run("quarterly", "2026-07-14", RunState::Complete)];
    assert_eq!(said(&picture, "outbox"), [wrong]);
}

#[test]
fn a_feed_that_is_late_names_its_owner_and_one_that_cannot_be_fetched_says_why() {
    let pipeline = pipeline();
    let mut picture = picture(Some(&pipeline), "2026-07-20T09:00");
    picture.runs = vec![run("nightly", "2026-07-20", RunState::Complete)];
    let mut feed = picture.feeds.iter().find(|feed| feed.feed == "visits").unwrap().clone();
    feed.file = None;
    picture.feeds = vec![feed.clone()];
    let told = sentences(&picture, "feeds");
    assert!(told[0].0.starts_with("\"Visits\" (visits, monthly)"), "{told:?}");
    assert!(told[0].0.ends_with("; none was ever received"), "{told:?}");
    assert_eq!(told[0].1, "ask Place facing team leads");
    feed.not_fetched = Some(NotFetched { since: day("2026-07-14"), why: "the server says 503".to_owned() });
    feed.file = Some("visits.csv".to_owned());
    picture.feeds = vec![feed.clone()];
    let fails = "\"Visits\" (visits): its download has failed since 14 July 2026: the server says 503;";
    assert_eq!(said(&picture, "feeds"), [format!("{fails} visits.csv goes on counting")]);
    feed.file = None;
    picture.feeds = vec![feed];
    assert_eq!(said(&picture, "feeds"), [format!("{fails} nothing counts")]);
}

#[test]
fn what_is_missing_on_the_disk_in_the_inbox_and_in_the_calendar_is_told_in_figures() {
    let mut pipeline = pipeline();
    pipeline.operator.disk_free_mb = 2_000;
    pipeline.calendar.bank_holidays.clear();
    let mut picture = picture(Some(&pipeline), "2026-07-20T09:00");
    picture.disk_free = Some(1_500_400_000);
    assert_eq!(
        said(&picture, "disk"),
        ["1,500 MB are free on the disk of the data folder; 2,000 MB should be"]
    );
    assert_eq!(said(&picture, "calendar"), ["calendar.toml has no bank holidays"]);
    let since = picture.now.to_utc() - Duration::days(3);
    let file = |folder: &str, has_feed: bool| Waiting {
        folder: folder.to_owned(),
        file: "a.csv".to_owned(),
        since,
        has_feed,
    };
    picture.waiting = vec![file("visits", true), file("", false)];
    let lain =
        format!("inbox/visits/a.csv has lain there since {}, and no run has looked at it", local(since));
    assert_eq!(said(&picture, "inbox"), [lain.as_str(), "inbox/a.csv belongs to no feed: nothing reads it"]);
}
