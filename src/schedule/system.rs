//! The world as it is: the system's clock, signals, and runs as processes of this program.
//!
//! A run is a process of its own, so that whatever goes wrong in it (a panic, an abort, memory that is
//! used up) ends the run and not the scheduler, and so that years of runs leave no memory behind.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::DateTime;
use chrono_tz::Tz;

use super::world::{Ended, Order, Task, World};
use crate::clock;
use crate::disk::{make_folder, to_write};

/// The system.
pub struct System {
    program: PathBuf,
    stop: Arc<AtomicBool>,
    reload: Arc<AtomicBool>,
    say: fn(&str),
}

/// The clock is asked at least this often.
const STEP: Duration = Duration::from_secs(60);

/// How often signals and the child are looked at.
const SLICE: Duration = Duration::from_millis(200);

/// How long a run may go on after the scheduler was asked to stop: most are done by then.
const STOP_WITHIN: Duration = Duration::from_secs(60);

impl System {
    /// The system, with its signals turned into requests: SIGTERM and SIGINT stop, SIGHUP reads the
    /// pipeline folder again.
    ///
    /// # Errors
    /// If the program cannot find itself, or signals cannot be taken.
    pub fn new(say: fn(&str)) -> io::Result<Self> {
        let (stop, reload) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
            signal_hook::flag::register(signal, Arc::clone(&stop))?;
        }
        #[cfg(unix)]
        signal_hook::flag::register(signal_hook::consts::SIGHUP, Arc::clone(&reload))?;
        Ok(Self { program: std::env::current_exe()?, stop, reload, say })
    }

    /// Starts a process; gives the files into which it writes. Where they cannot be written it goes without.
    fn start(&self, order: &Order<'_>) -> io::Result<(Child, Option<PathBuf>, Option<PathBuf>)> {
        let folder = order.data.join("serve");
        let _ = make_folder(&folder);
        let mut command = Command::new(&self.program);
        let (report, log) = match order.task {
            Task::Job { name, as_of } => {
                command.args(["run", name, "--json", "--as-of", &as_of.to_string()]);
                ("last-report.json", "last-run.log")
            }
            Task::Send => {
                command.args(["dispatch", "send", "--json"]);
                ("last-send.json", "last-send.log")
            }
        };
        let (report, log) = (self.into(folder.join(report)), self.into(folder.join(log)));
        let stdio =
            |file: Option<&File>| file.and_then(|f| f.try_clone().ok()).map_or_else(Stdio::null, Stdio::from);
        command
            .arg("--pipeline")
            .arg(order.pipeline)
            .arg("--data")
            .arg(order.data)
            .stdin(Stdio::null())
            .stdout(stdio(report.as_ref().map(|(file, _)| file)))
            .stderr(stdio(log.as_ref().map(|(file, _)| file)));
        // Control-C at a terminal is for the scheduler, which lets the run end first.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn()?;
        Ok((child, report.map(|(_, path)| path), log.map(|(_, path)| path)))
    }

    /// Opens a file for a process to write into; that it cannot be is said.
    fn into(&self, path: PathBuf) -> Option<(File, PathBuf)> {
        match to_write().truncate(true).open(&path) {
            Ok(file) => Some((file, path)),
            Err(error) => {
                self.say(&format!("{} cannot be written: {error}", path.display()));
                None
            }
        }
    }

    /// Waits for a run; gives its exit code, or why it was stopped.
    fn wait_for(
        &self,
        child: &mut Child,
        limit: Duration,
        tick: &mut dyn FnMut(),
    ) -> Result<Option<i32>, Ended> {
        let started = Instant::now();
        let mut asked: Option<Instant> = None;
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status.code()),
                Ok(None) => {}
                Err(error) => return Err(Ended::NotStarted(error.to_string())),
            }
            if self.stopping() && asked.is_none() {
                self.say("asked to stop; waiting for the run to end");
                asked = Some(Instant::now());
            }
            let reason = match asked {
                Some(asked) if asked.elapsed() > STOP_WITHIN => Some(Ended::Abandoned),
                _ if started.elapsed() > limit => Some(Ended::TooLong),
                _ => None,
            };
            if let Some(reason) = reason {
                // A run may be stopped at any moment: what it has done is kept, and a rerun goes on.
                let _ = child.kill();
                let _ = child.wait();
                return Err(reason);
            }
            tick();
            std::thread::sleep(SLICE);
        }
    }
}

impl World for System {
    fn now(&self) -> DateTime<Tz> {
        clock::now()
    }

    fn wait(&self, at_most: Duration) {
        let until = Instant::now() + at_most.min(STEP);
        while Instant::now() < until && !self.stopping() && !self.reload.load(Ordering::SeqCst) {
            std::thread::sleep(SLICE.min(until.saturating_duration_since(Instant::now())));
        }
    }

    fn stopping(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn reload(&self) -> bool {
        self.reload.swap(false, Ordering::SeqCst)
    }

    fn say(&self, line: &str) {
        (self.say)(line);
    }

    fn run(&self, order: &Order<'_>, tick: &mut dyn FnMut()) -> Ended {
        let (mut child, report, log) = match self.start(order) {
            Ok(started) => started,
            Err(error) => return Ended::NotStarted(error.to_string()),
        };
        match self.wait_for(&mut child, order.limit, tick) {
            Ok(code) => Ended::Exit {
                code,
                run: report.as_deref().and_then(run_of),
                complaint: log.as_deref().map(complaint).unwrap_or_default(),
            },
            Err(ended) => ended,
        }
    }
}

/// The run that a report speaks of.
fn run_of(report: &Path) -> Option<String> {
    let json: serde_json::Value = serde_json::from_slice(&fs::read(report).ok()?).ok()?;
    Some(json.get("run")?.as_str()?.to_owned())
}

/// The last lines of what a run complained of.
fn complaint(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
}
