//! Nights of the scheduler under a clock that the test moves.

mod mail;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;

use chrono::Utc;
use chrono_tz::Europe::London;
use tempfile::TempDir;

use super::*;
use crate::ledger::{DispatchState, Planned, Step};

/// A world whose clock moves only when it is waited for, and whose runs end as they are told to.
struct Tale {
    dir: TempDir,
    now: Cell<DateTime<Tz>>,
    until: Cell<DateTime<Tz>>,
    /// The longest time between two turns.
    stride: Cell<Duration>,
    said: RefCell<Vec<String>>,
    runs: RefCell<Vec<String>>,
    endings: RefCell<VecDeque<Ended>>,
    /// What each task does to the message of the outbox, if anything.
    steps: RefCell<VecDeque<(DispatchState, Option<i64>)>>,
    reload: Cell<bool>,
    stop: Cell<bool>,
}

fn utc(text: &str) -> DateTime<Tz> {
    text.parse::<DateTime<Utc>>().unwrap().with_timezone(&London)
}

fn exit(code: i32) -> Ended {
    Ended::Exit { code: Some(code), run: None, complaint: format!("quarterday: ended with {code}") }
}

impl Tale {
    fn new(at: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
        copy(&from, &dir.path().join("pipeline"));
        Self {
            dir,
            now: Cell::new(utc(at)),
            until: Cell::new(utc(at)),
            stride: Cell::new(Duration::from_secs(60 * 60)),
            said: RefCell::default(),
            runs: RefCell::default(),
            endings: RefCell::default(),
            steps: RefCell::default(),
            reload: Cell::new(false),
            stop: Cell::new(false),
        }
    }

    fn pipeline(&self) -> PathBuf {
        self.dir.path().join("pipeline")
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn edit(&self, from: &str, to: &str) {
        let path = self.pipeline().join("pipeline.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    fn server(&self) -> Result<Server<'_>, StartError> {
        Server::start(self, &self.pipeline(), Workspace::new(self.data()), false)
    }

    /// Serves until a moment; the runs of that time, each with the moment it was begun.
    fn serve(&self, until: &str) -> Vec<String> {
        self.until.set(utc(until));
        self.stop.set(false);
        self.server().unwrap().serve();
        self.runs.borrow_mut().drain(..).collect()
    }

    /// Lets time pass with nobody there.
    fn sleep(&self, until: &str) {
        self.now.set(utc(until));
    }

    fn slots(&self, job: &str) -> Vec<String> {
        let ledger = Workspace::new(self.data()).ledger().unwrap();
        let all = ledger.slots_from(job, chrono::NaiveDateTime::MIN).unwrap_or_default();
        all.iter().map(|r| format!("{} {} {}", r.slot.key(), r.state.word(), r.attempts)).collect()
    }

    /// Plans the message of the outbox.
    fn plan(&self) {
        let message = Planned {
            key: "k".into(),
            committee: "Quality Committee".into(),
            recipient: "a@icb.example".into(),
            subject: "Alert".into(),
            sha256: "00".into(),
            file: "k.eml".into(),
        };
        let mut ledger = Workspace::new(self.data()).ledger().unwrap();
        ledger.plan(&[message], "nightly-2026-08-02", self.now().date_naive()).unwrap();
    }

    /// Notes a step of the message: its state, and after how many minutes it may be tried again.
    fn note(&self, (state, minutes): (DispatchState, Option<i64>)) {
        let now = self.now().to_utc();
        let step = Step {
            transport: Some("smtp".into()),
            not_before: minutes.map(|minutes| now + chrono::Duration::minutes(minutes)),
            ..Step::new(state, now, 1)
        };
        Workspace::new(self.data()).ledger().unwrap().note_step("k", &step).unwrap();
    }

    fn mails(&self) -> Vec<String> {
        let entries = fs::read_dir(self.data().join("operator")).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> =
            entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "eml")).collect();
        paths.sort();
        // Long lines are broken for transport.
        paths.iter().map(|path| fs::read_to_string(path).unwrap().replace("=\r\n", "")).collect()
    }
}

impl World for Tale {
    fn now(&self) -> DateTime<Tz> {
        self.now.get()
    }

    fn wait(&self, at_most: Duration) {
        let step = at_most.min(self.stride.get());
        self.now.set(self.now.get() + chrono::Duration::from_std(step).unwrap());
        if self.now.get() >= self.until.get() {
            self.stop.set(true);
        }
    }

    fn stopping(&self) -> bool {
        self.stop.get()
    }

    fn reload(&self) -> bool {
        self.reload.replace(false)
    }

    fn say(&self, line: &str) {
        self.said.borrow_mut().push(line.to_owned());
    }

    fn run(&self, order: &Order<'_>, tick: &mut dyn FnMut()) -> Ended {
        let at = self.now.get().format("%a %H:%M %Z");
        self.runs.borrow_mut().push(match order.task {
            Task::Job { name, as_of } => format!("{name} as at {as_of} begun {at}"),
            Task::Send => format!("send begun {at}"),
        });
        self.steps.borrow_mut().pop_front().into_iter().for_each(|step| self.note(step));
        assert!(order.pipeline.join("pipeline.toml").is_file());
        self.now.set(self.now.get() + chrono::Duration::seconds(40));
        tick();
        self.endings.borrow_mut().pop_front().unwrap_or_else(|| exit(0))
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn half_past_one_is_run_once_on_both_nights_of_the_clocks() {
    let tale = Tale::new("2026-03-28T12:00:00Z");
    tale.edit("02:30", "01:30");
    let spring = tale.serve("2026-03-30T12:00:00Z");
    assert_eq!(
        spring,
        ["nightly as at 2026-03-29 begun Sun 02:30 BST", "nightly as at 2026-03-30 begun Mon 01:30 BST"]
    );
    tale.sleep("2026-10-24T12:00:00Z");
    let autumn = tale.serve("2026-10-26T12:00:00Z");
    let nightly: Vec<&String> = autumn.iter().filter(|run| run.starts_with("nightly")).collect();
    assert_eq!(
        nightly,
        [
            "nightly as at 2026-10-24 begun Sat 13:00 BST",
            "nightly as at 2026-10-25 begun Sun 01:30 BST",
            "nightly as at 2026-10-26 begun Mon 01:30 GMT"
        ]
    );
}

#[test]
fn a_restart_in_the_hour_that_comes_twice_runs_nothing_twice() {
    let tale = Tale::new("2026-10-24T23:00:00Z");
    tale.edit("02:30", "01:30");
    let mut runs = tale.serve("2026-10-25T00:45:00Z");
    tale.sleep("2026-10-25T01:10:00Z");
    runs.extend(tale.serve("2026-10-25T03:00:00Z"));
    assert_eq!(runs, ["nightly as at 2026-10-25 begun Sun 01:30 BST"]);
}

#[test]
fn the_latest_missed_night_is_caught_up_and_the_others_are_noted() {
    let tale = Tale::new("2026-08-01T12:00:00Z");
    assert_eq!(tale.serve("2026-08-02T12:00:00Z").len(), 1);
    tale.sleep("2026-08-05T09:00:00Z");
    let runs = tale.serve("2026-08-05T10:00:00Z");
    assert_eq!(runs, ["nightly as at 2026-08-05 begun Wed 10:00 BST"], "once, and of that day");
    assert_eq!(
        tale.slots("nightly"),
        [
            "nightly@2026-08-02T02:30 done 1",
            "nightly@2026-08-03T02:30 missed 0",
            "nightly@2026-08-04T02:30 missed 0",
            "nightly@2026-08-05T02:30 done 1"
        ]
    );
}

#[test]
fn a_job_that_skips_is_not_caught_up_and_a_quarter_is_within_ten_days() {
    let tale = Tale::new("2026-07-13T12:00:00Z");
    let latest = "missed    = \"run latest\"\nwithin    = \"26 hours\"";
    tale.edit(latest, "missed    = \"skip\"");
    assert_eq!(tale.serve("2026-07-13T13:00:00Z"), [] as [&str; 0]);
    tale.sleep("2026-07-18T12:00:00Z");
    let runs = tale.serve("2026-07-18T13:00:00Z");
    assert_eq!(runs, ["quarterly as at 2026-07-14 begun Sat 13:00 BST"]);
    assert!(tale.slots("nightly").iter().all(|slot| slot.contains(" missed ")));
    tale.sleep("2026-10-25T12:00:00Z");
    assert_eq!(tale.serve("2026-10-25T13:00:00Z"), [] as [&str; 0], "eleven days are too late");
    assert!(tale.slots("quarterly")[1].ends_with("2026-10-14T06:00 missed 0"));
}

#[test]
fn an_edited_schedule_does_not_fire_the_past() {
    let tale = Tale::new("2026-08-01T12:00:00Z");
    tale.serve("2026-08-02T12:00:00Z");
    tale.edit("\"02:30\"", "\"12:30\"");
    assert_eq!(tale.serve("2026-08-02T12:10:00Z"), [] as [&str; 0], "12:30 was at 11:30 UTC");
    let runs = tale.serve("2026-08-03T12:10:00Z");
    assert_eq!(runs, ["nightly as at 2026-08-03 begun Mon 12:30 BST"]);
}

#[test]
fn an_edit_while_it_serves_is_taken_over_and_a_broken_one_is_not() {
    let tale = Tale::new("2026-08-01T12:00:00Z");
    tale.until.set(utc("2027-01-01T00:00:00Z"));
    let mut server = tale.server().unwrap();
    let turn = |server: &mut Server<'_>| match server.turn() {
        Turn::Wait(time) => tale.wait(time),
        Turn::Stop => unreachable!(),
    };
    tale.stride.set(Duration::from_secs(5 * 60));
    turn(&mut server);
    tale.edit("\"02:30\"", "\"14:10\"");
    for _ in 0..20 {
        turn(&mut server);
    }
    assert_eq!(*tale.runs.borrow(), ["nightly as at 2026-08-01 begun Sat 14:10 BST"]);
    tale.edit("\"14:10\"", "\"14 h 30\"");
    tale.reload.set(true);
    turn(&mut server);
    assert!(tale.said.borrow().iter().any(|l| l.contains("14 h 30")), "{:?}", tale.said.borrow());
    assert!(Pulse::read(&tale.data()).unwrap().pipeline_faults[0].contains("pipeline.toml"));
    let mails = tale.mails();
    assert!(mails.last().unwrap().contains("last good state"), "{mails:?}");
    tale.stride.set(Duration::from_secs(60 * 60));
    for _ in 0..25 {
        turn(&mut server);
    }
    assert_eq!(tale.runs.borrow().len(), 2, "the good state goes on");
    let broken = tale.mails().iter().filter(|m| m.contains("* the pipeline folder has errors")).count();
    assert!(broken <= 2, "told once, and again after a day: {broken}");
}

#[test]
fn there_is_one_scheduler_at_a_time() {
    let tale = Tale::new("2026-08-01T12:00:00Z");
    let first = tale.server().unwrap();
    assert!(matches!(tale.server(), Err(StartError::Held)));
    drop(first);
    assert!(tale.server().is_ok());
}

#[test]
fn a_slot_that_was_begun_is_finished_by_the_next_start() {
    let tale = Tale::new("2026-08-02T01:00:00Z");
    drop(tale.serve("2026-08-02T01:20:00Z"));
    // The program was killed during the slot: it is claimed, and nobody noted how it ended.
    let slot = Slot { job: "nightly".into(), wall: utc("2026-08-02T01:30:00Z").naive_local() };
    Workspace::new(tale.data()).ledger().unwrap().claim(&slot, utc("2026-08-02T01:30:00Z").to_utc()).unwrap();
    tale.sleep("2026-08-02T01:40:00Z");
    assert_eq!(tale.serve("2026-08-02T02:00:00Z"), ["nightly as at 2026-08-02 begun Sun 02:40 BST"]);
    assert_eq!(tale.slots("nightly"), ["nightly@2026-08-02T02:30 done 2"]);
}

#[test]
fn a_slot_that_kills_the_program_three_times_is_given_up_and_told() {
    let tale = Tale::new("2026-08-02T01:00:00Z");
    drop(tale.serve("2026-08-02T01:20:00Z"));
    let slot = Slot { job: "nightly".into(), wall: utc("2026-08-02T01:30:00Z").naive_local() };
    for _ in 0..3 {
        Workspace::new(tale.data()).ledger().unwrap().claim(&slot, tale.now().to_utc()).unwrap();
    }
    tale.sleep("2026-08-02T01:40:00Z");
    assert_eq!(tale.serve("2026-08-02T02:00:00Z"), [] as [&str; 0]);
    assert_eq!(tale.slots("nightly"), ["nightly@2026-08-02T02:30 failed 3"]);
    assert!(tale.mails().iter().any(|m| m.contains("the program stopped 3 times during it")));
}

#[test]
fn a_run_by_hand_is_waited_for() {
    let tale = Tale::new("2026-08-02T01:00:00Z");
    tale.endings.borrow_mut().extend([exit(8), exit(8), exit(0)]);
    assert_eq!(tale.serve("2026-08-02T02:00:00Z").len(), 3);
    assert_eq!(tale.slots("nightly"), ["nightly@2026-08-02T02:30 done 1"]);
}

#[test]
fn a_stop_leaves_the_slot_to_the_next_start() {
    let tale = Tale::new("2026-08-02T01:00:00Z");
    tale.endings.borrow_mut().push_back(Ended::Abandoned);
    tale.until.set(utc("2026-08-02T01:30:00Z"));
    let mut server = tale.server().unwrap();
    while tale.runs.borrow().is_empty() {
        let Turn::Wait(time) = server.turn() else { break };
        tale.wait(time);
        tale.stop.set(false);
    }
    drop(server);
    assert_eq!(tale.slots("nightly"), ["nightly@2026-08-02T02:30 claimed 1"]);
    tale.serve("2026-08-02T02:00:00Z");
    assert_eq!(tale.slots("nightly"), ["nightly@2026-08-02T02:30 done 2"]);
    let pulse = Pulse::read(&tale.data()).unwrap();
    assert!(pulse.stopped.is_some());
}

#[test]
fn failing_and_dying_jobs_do_not_end_the_scheduler() {
    let tale = Tale::new("2026-08-01T12:00:00Z");
    let died = Ended::Exit { code: None, run: None, complaint: String::new() };
    tale.endings.borrow_mut().extend([
        exit(101),
        died,
        Ended::NotStarted("no".into()),
        Ended::TooLong,
        exit(0),
    ]);
    assert_eq!(tale.serve("2026-08-06T12:00:00Z").len(), 5);
    let states: Vec<String> = tale.slots("nightly");
    assert_eq!(states.iter().filter(|s| s.contains("failed")).count(), 4, "{states:?}");
    let mails = tale.mails().join("\n");
    assert!(mails.contains("exit code 101: ended with 101"), "{mails}");
    assert!(mails.contains("it was killed"));
    assert!(
        fs::read_to_string(tale.data().join("status.html")).unwrap().contains("nightly@2026-08-06T02:30")
    );
}

#[test]
fn a_clock_years_ahead_is_told_and_strikes_out_nothing() {
    let tale = Tale::new("2026-11-01T12:00:00Z");
    assert_eq!(tale.serve("2026-11-03T12:00:00Z").len(), 2);
    let slots = (tale.slots("nightly"), tale.slots("quarterly"));
    tale.sleep("2036-11-03T12:00:00Z");
    assert_eq!(tale.serve("2036-11-04T12:00:00Z"), [] as [&str; 0], "nothing is run on its word");
    assert_eq!((tale.slots("nightly"), tale.slots("quarterly")), slots, "and nothing is noted");
    let told = tale.mails().join("\n");
    assert!(told.contains("the clock of this computer says 3 November 2036"), "{told}");
    assert!(told.contains("the last date in the ledger is 3 November 2026"), "{told}");
    assert!(told.contains("quarterday run nightly --as-of 2036-11-03"), "{told}");
    // The clock is set: everything goes on.
    tale.sleep("2026-11-03T18:00:00Z");
    let nights = tale.serve("2026-11-05T12:00:00Z");
    assert_eq!(nights.len(), 2, "{nights:?}");
    assert!(tale.mails().join("\n").contains("1 trouble is over"));
    tale.sleep("2027-01-13T12:00:00Z");
    let winter = tale.serve("2027-01-17T12:00:00Z");
    assert!(winter.iter().any(|run| run.starts_with("quarterly")), "{winter:?}");
}

#[test]
fn a_clock_weeks_ahead_keeps_no_later_night_from_being_run() {
    let tale = Tale::new("2026-11-01T12:00:00Z");
    tale.serve("2026-11-02T12:00:00Z");
    tale.sleep("2026-12-20T12:00:00Z");
    let ahead = tale.serve("2026-12-20T13:00:00Z");
    assert_eq!(ahead, ["nightly as at 2026-12-20 begun Sun 12:00 GMT"]);
    assert!(tale.slots("nightly").iter().any(|slot| slot.starts_with("nightly@2026-12-01T02:30 missed")));
    tale.sleep("2026-11-02T18:00:00Z");
    let nights = tale.serve("2026-11-10T12:00:00Z");
    assert_eq!(nights.len(), 8, "every night has its run: {nights:?}");
    let told = tale.mails().join("\n");
    assert!(told.contains("the clock went back, or was ahead then"), "{told}");
}
