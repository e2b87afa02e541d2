//! The scheduler as its operator meets it: through the real program, and over many nights under a clock
//! that the test moves.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use chrono_tz::Europe::London;
use chrono_tz::Tz;
use quarterday::pipeline::{Folder, Pipeline, load};
use quarterday::run::{Progress, Request, RunError, execute};
use quarterday::schedule::{Ended, Order, Server, Task, Turn, World};
use quarterday::upkeep::retention;
use quarterday::workspace::Workspace;

use crate::support::{Icb, code, complained, quarterday, said, text};

/// A scheduler as a process; stopped with the test.
struct Serving(Child);

impl Serving {
    fn start(icb: &Icb) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quarterday"));
        command.args(["serve", "--pipeline", text(&icb.pipeline("")), "--data", text(&icb.data())]);
        Self(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts"))
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.0.id().to_string()]).status().expect("kill runs");
        assert!(status.success());
    }

    /// Waits for its end; gives the exit code and what it said.
    fn end(mut self) -> (Option<i32>, String) {
        use std::io::Read;
        let mut journal = String::new();
        self.0.stderr.take().expect("a pipe").read_to_string(&mut journal).expect("text");
        (self.0.wait().expect("it ends").code(), journal)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until something is so; a test that waits for ever says what for.
fn until(what: &str, so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(120), "waited for: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn pulse(icb: &Icb) -> Option<serde_json::Value> {
    serde_json::from_slice(&fs::read(icb.data().join("serve/pulse.json")).ok()?).ok()
}

fn once(icb: &Icb) -> std::process::Output {
    // The schedule goes by the clock of the machine, whatever it says.
    let mut command = Command::new(env!("CARGO_BIN_EXE_quarterday"));
    command.args(["serve", "--once", "--pipeline", text(&icb.pipeline("")), "--data", text(&icb.data())]);
    command.output().expect("the program runs")
}

/// Puts the day since when every job is followed a day back: a night passed with nobody there.
fn let_a_night_pass(icb: &Icb) {
    let ledger = rusqlite::Connection::open(icb.data().join("ledger.sqlite")).expect("a ledger");
    let day_ago = (Utc::now().with_timezone(&London) - chrono::Duration::hours(25)).naive_local();
    let since = day_ago.format("%Y-%m-%dT%H:%M").to_string();
    ledger.execute("UPDATE timing SET since = ?1", [since]).expect("written");
}

#[test]
fn a_missed_night_is_run_once_by_the_next_start() {
    let icb = Icb::with_register();
    let first = once(&icb);
    assert_eq!(code(&first), 0, "{}", complained(&first));
    assert!(!icb.data().join("runs").exists(), "nothing is owed before the first start");
    let_a_night_pass(&icb);
    let second = once(&icb);
    assert_eq!(code(&second), 0, "{}", complained(&second));
    let journal = complained(&second);
    assert!(
        journal.contains("T02:30: begun, as at ") && journal.contains("everything was done"),
        "{journal}"
    );
    assert_eq!(fs::read_dir(icb.data().join("runs")).expect("runs").count(), 1);
    let third = once(&icb);
    assert!(!complained(&third).contains("begun"), "{}", complained(&third));

    let data = icb.data();
    let args = ["status", "--json", "--data", text(&data)];
    let status: serde_json::Value = serde_json::from_slice(&quarterday(&args).stdout).expect("JSON");
    assert_eq!(status["pipeline"], "Marrowdale and Tarn Coast", "from the scheduler's copy");
    assert_eq!(status["jobs"][0]["last_state"], "done");
    assert_eq!(status["runs"][0]["complete"], true);
    assert!(status["jobs"][0]["next_slot"].as_str().expect("a slot").ends_with("T02:30"));
    assert_eq!(status["feeds"].as_array().expect("feeds").len(), 24);
    let page = fs::read_to_string(icb.data().join("status.html")).expect("a page");
    assert!(page.contains("<html lang=\"en-GB\">") && !page.contains("<script"), "{page}");
}

#[test]
#[cfg(unix)]
fn a_scheduler_holds_its_place_and_goes_when_asked() {
    let icb = Icb::with_register();
    let serving = Serving::start(&icb);
    until("the pulse", || pulse(&icb).is_some());
    let second = once(&icb);
    assert_eq!(code(&second), 8);
    assert!(complained(&second).contains("another scheduler"), "{}", complained(&second));
    let by_hand = icb.run("nightly", "2026-07-14", &[]);
    assert_eq!(code(&by_hand), 0, "a run by hand goes on between jobs: {}", complained(&by_hand));

    // A broken folder keeps the good one going; SIGHUP has it looked at now.
    icb.edit("pipeline.toml", "\"02:30\"", "\"half past two\"");
    serving.signal("-HUP");
    let faults = || pulse(&icb).is_some_and(|p| p["pipeline_faults"].to_string().contains("half past two"));
    until("the broken folder to be noticed", faults);
    let monitor = quarterday(&["monitor", "--data", text(&icb.data())]);
    assert_eq!(code(&monitor), 9);
    assert!(said(&monitor).contains("BROKEN    pipeline-valid"), "{}", said(&monitor));
    assert!(said(&monitor).contains("ok        serve-alive"), "{}", said(&monitor));
    icb.edit("pipeline.toml", "\"half past two\"", "\"03:30\"");
    serving.signal("-HUP");
    until("the corrected folder to be in force", || !faults());

    serving.signal("-TERM");
    let (exit, journal) = serving.end();
    assert_eq!(exit, Some(0), "{journal}");
    assert!(journal.contains("nightly: every day at 03:30; next "), "{journal}");
    assert!(journal.trim_end().ends_with("stopped"), "{journal}");
    let mails = crate::support::files(&icb.data().join("operator"));
    let mails = mails.keys().filter(|name| name.extension().is_some_and(|e| e == "eml")).count();
    assert!(mails >= 2, "one when it broke, one when it was over");
}

#[test]
#[cfg(unix)]
fn a_killed_scheduler_is_missed_and_its_slot_is_finished() {
    let icb = Icb::with_register();
    once(&icb);
    let_a_night_pass(&icb);
    let serving = Serving::start(&icb);
    until("the job to begin", || pulse(&icb).is_some_and(|p| p["running"].is_string()));
    serving.signal("-KILL");
    drop(serving);
    // The run that it had begun goes on by itself, as a process of its own: wait for its end.
    until("the lock of the run", || {
        let lock = fs::File::options().write(true).open(icb.data().join(".lock"));
        lock.is_ok_and(|lock| lock.try_lock().is_ok())
    });
    let next = once(&icb);
    assert_eq!(code(&next), 0, "{}", complained(&next));
    assert!(complained(&next).contains("attempt 2"), "{}", complained(&next));
    assert_eq!(fs::read_dir(icb.data().join("runs")).expect("runs").count(), 1, "one run, done again");
}

#[test]
fn a_cron_job_is_checked_with_a_sentence() {
    let icb = Icb::new();
    let cron = "cron = \"0 30 6 * * 1\"\nonly_working_days = true";
    icb.edit("pipeline.toml", "at        = \"02:30\"\nruns      = \"every day\"", cron);
    let check =
        |icb: &Icb| quarterday(&["check", "--pipeline", text(&icb.pipeline("")), "--as-of", "2026-07-01"]);
    let output = check(&icb);
    assert_eq!(code(&output), 3);
    assert!(said(&output).contains("write the name: Mon, Tue"), "{}", said(&output));
    icb.edit("pipeline.toml", "* * 1", "* * Mon");
    assert_eq!(code(&check(&icb)), 0, "{}", said(&check(&icb)));
    icb.edit("pipeline.toml", "0 30 6 * * Mon", "0 30 6 31 2 *");
    assert!(said(&check(&icb)).contains("such a time never comes"), "{}", said(&check(&icb)));
    icb.edit(
        "pipeline.toml",
        "only_working_days = true",
        "at = \"06:30\"\nwithin = \"soon\"\nmised = \"skip\"",
    );
    insta::assert_snapshot!(said(&check(&icb)));
    let late = quarterday(&["check", "--pipeline", text(&Icb::new().pipeline("")), "--as-of", "2028-01-01"]);
    assert_eq!(code(&late), 0);
    assert!(said(&late).contains("the bank holidays run out on 26 December 2028"), "{}", said(&late));
}

/// A world in which runs are done within the test, and the clock goes as far as it is asked to.
struct Years {
    now: Cell<DateTime<Tz>>,
    pipeline: Pipeline,
    workspace: Workspace,
    runs: Cell<usize>,
}

struct Nobody;

impl Progress for Nobody {
    fn step(&self, _: &str) {}
}

impl World for Years {
    fn now(&self) -> DateTime<Tz> {
        self.now.get()
    }

    fn wait(&self, at_most: Duration) {
        // An hour without anything due: sleep into the next day, as a machine at night may.
        let step =
            if at_most >= Duration::from_secs(3600) { Duration::from_secs(20 * 3600) } else { at_most };
        self.now.set(self.now.get() + chrono::Duration::from_std(step).expect("a short time"));
    }

    fn stopping(&self) -> bool {
        false
    }

    fn reload(&self) -> bool {
        false
    }

    fn say(&self, _: &str) {}

    fn run(&self, order: &Order<'_>, tick: &mut dyn FnMut()) -> Ended {
        tick();
        let Task::Job { name, as_of } = order.task else { panic!("nothing waits in the outbox") };
        let job = self.pipeline.job(name).expect("the job");
        let workspace = self.workspace.clone();
        self.runs.set(self.runs.get() + 1);
        let done = execute(&Request { job, pipeline: &self.pipeline, workspace, as_of, progress: &Nobody });
        if self.runs.get().is_multiple_of(TIDIED) {
            retention::apply(&self.workspace, &self.pipeline, as_of).expect("what is old goes");
        }
        let (code, run) = match &done {
            Ok(report) => (0, Some(report.run.clone())),
            Err(RunError::Missing(_)) => (5, None),
            Err(_) => (1, None),
        };
        Ended::Exit {
            code: Some(code),
            run,
            complaint: done.err().map(|e| e.to_string()).unwrap_or_default(),
        }
    }
}

/// Retention is applied after every so many runs.
const TIDIED: usize = 28;

/// Serves so many nights over a small register; gives the sizes of the ledger, the folders but `runs`,
/// and the memory of this process at the middle and at the end, in kilobytes.
fn soak(nights: usize) -> [(u64, u64, u64); 2] {
    let icb = Icb::new();
    // The feeds of a small ICB: three practices of the invented register.
    small_register(&icb);
    let pipeline = load(&Folder::read(&icb.pipeline("")).expect("a folder")).pipeline.expect("valid");
    let workspace = Workspace::new(icb.data());
    let start = "2023-07-15T12:00:00Z".parse::<DateTime<Utc>>().expect("a moment").with_timezone(&London);
    let world = Years { now: Cell::new(start), pipeline, workspace, runs: Cell::new(0) };
    let workspace = Workspace::new(icb.data());
    let mut server = Server::start(&world, &icb.pipeline(""), workspace, false).expect("it starts");
    let mut sizes = Vec::new();
    for goal in [nights / 2, nights] {
        while world.runs.get() < goal {
            let Turn::Wait(time) = server.turn() else { unreachable!("nobody asks it to stop") };
            world.wait(time);
        }
        sizes.push((size(&icb.data().join("ledger.sqlite")), folders(&icb.data()), memory()));
    }
    assert_eq!(server.failed(), 0);
    [sizes[0], sizes[1]]
}

fn small_register(icb: &Icb) {
    icb.drop_step(1, "ods-register");
    let path = icb.data().join("inbox/ods-register/epraccur.csv");
    let rows: Vec<String> =
        fs::read_to_string(&path).expect("the register").lines().take(3).map(str::to_owned).collect();
    fs::write(path, rows.join("\n") + "\n").expect("written");
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |meta| meta.len() / 1024)
}

fn folders(data: &Path) -> u64 {
    let all = crate::support::files(data);
    let kept = all.iter().filter(|(path, _)| !path.starts_with("runs") && !path.starts_with("packs"));
    kept.filter(|(path, _)| !path.to_string_lossy().starts_with("ledger"))
        .map(|(_, b)| b.len() as u64)
        .sum::<u64>()
        / 1024
}

/// Resident memory in kilobytes; 0 where the system does not say.
fn memory() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

#[test]
fn a_week_of_nights_is_a_run_each_and_little_else() {
    let [half, whole] = soak(6);
    assert!(whole.1 < half.1 + 200, "folders besides the runs grew from {} to {} KB", half.1, whole.1);
    assert!(whole.0 < half.0 + 200, "the ledger grew from {} to {} KB", half.0, whole.0);
}

/// `cargo test --test it -- --ignored --nocapture a_thousand_nights`
#[test]
#[ignore = "takes many minutes; the week above is the same in small"]
fn a_thousand_nights() {
    let nights = std::env::var("QUARTERDAY_SOAK").ok().and_then(|n| n.parse().ok()).unwrap_or(1000);
    let [half, whole] = soak(nights);
    eprintln!(
        "after {} nights (ledger, folders, memory; KB): {half:?}; after {nights}: {whole:?}",
        nights / 2
    );
    // What was sent is kept for ever by the policy, so folders grow with the nights, and no faster.
    assert!(whole.1 < half.1 * 2, "folders besides the runs grew from {} to {} KB", half.1, whole.1);
    assert!(whole.0 < half.0 * 3, "the ledger grew from {} to {} KB", half.0, whole.0);
    assert!(whole.2 < half.2 * 3 / 2 + 50_000, "memory grew from {} to {} KB", half.2, whole.2);
}
