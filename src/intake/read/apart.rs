//! Reading a file in a process of its own.
//!
//! Workbooks are read by code that strangers' files have made abort, spin and ask for all the memory
//! there is (measured: one cell in the far corner, a shared-string count of ten thousand million, one
//! broken byte in an OpenDocument file). None of these can be caught within a process. So the program
//! starts itself again with the hidden command `read-file`: that process limits itself, reads the bytes
//! from its standard input and writes the cells to its standard output; whatever becomes of it, the run
//! goes on.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use super::{Book, Unreadable, book_within, ending, wire};
use crate::diagnostic::Code;
use crate::pipeline::Limits;

/// The hidden command.
pub const COMMAND: &str = "read-file";

/// How much longer than its processor time a reading may take on the clock of a busy machine.
const PATIENCE: u64 = 5;
/// How much is kept of what a dying process says.
const LAST_WORDS: u64 = 4096;

/// Reads a file by starting `program` again.
///
/// # Errors
/// If the process cannot be started; that is no fault of the file.
pub(super) fn book(
    bytes: &[u8],
    name: &str,
    program: &Path,
    separators: &[char],
    limits: &Limits,
) -> io::Result<Result<Book, Unreadable>> {
    let mut child = start(program, name, separators, limits)?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let child = Mutex::new(child);
    let (done, ended) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(|| feed(stdin, bytes));
        let last_words = scope.spawn(move || hear(stderr));
        let (child, watched) = (&child, &child);
        let watch = scope.spawn(move || {
            let patience = Duration::from_secs(u64::from(limits.seconds) * PATIENCE);
            let late = ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout);
            if late {
                kill(watched);
            }
            late
        });
        let told = stdout.map(|out| wire::read(&mut BufReader::with_capacity(1 << 16, out), limits.cells));
        // Whatever it said, it is not needed any more; one that died by itself keeps how it died.
        kill(child);
        let _ = done.send(());
        let late = watch.join().unwrap_or(false);
        let status = child.lock().map_err(|_| io::Error::other("the watch over a reading broke"))?.wait()?;
        let last_words = last_words.join().unwrap_or_default();
        Ok(match told {
            Some(Ok(read)) => read,
            _ => Err(Unreadable { stopped: true, ..died(status, late, &last_words, limits) }),
        })
    })
}

fn start(program: &Path, name: &str, separators: &[char], limits: &Limits) -> io::Result<Child> {
    let mut command = Command::new(program);
    command.arg(COMMAND);
    for (key, value) in [
        ("--memory-megabytes", limits.memory_megabytes),
        ("--seconds", limits.seconds),
        ("--unpacked-megabytes", limits.unpacked_megabytes),
        ("--cells", limits.cells),
    ] {
        command.arg(key).arg(value.to_string());
    }
    // Of the name only the ending matters, and only a plain one is handed on.
    let ending = ending(name);
    if !ending.is_empty() && ending.len() <= 8 && ending.chars().all(|c| c.is_ascii_alphanumeric()) {
        command.args(["--ending", &ending]);
    }
    for separator in separators {
        command.arg("--separator").arg(u32::from(*separator).to_string());
    }
    // It needs no secret that the environment holds.
    command.env_clear();
    if let Some(root) = std::env::var_os("SYSTEMROOT") {
        command.env("SYSTEMROOT", root);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// A process that ends early takes no more; what became of it is seen elsewhere.
fn feed(stdin: Option<ChildStdin>, bytes: &[u8]) {
    if let Some(mut stdin) = stdin {
        let _ = stdin.write_all(bytes);
    }
}

/// The beginning of what is said on standard error; the rest is let go. It may repeat cells, so it is
/// looked at and never shown.
fn hear(stderr: Option<impl Read>) -> String {
    let Some(mut stderr) = stderr else { return String::new() };
    let mut words = Vec::new();
    let _ = stderr.by_ref().take(LAST_WORDS).read_to_end(&mut words);
    let _ = io::copy(&mut stderr, &mut io::sink());
    String::from_utf8_lossy(&words).into_owned()
}

fn kill(child: &Mutex<Child>) {
    if let Ok(mut child) = child.lock() {
        let _ = child.kill();
    }
}

/// What to tell the sender of a file whose reader died.
fn died(status: ExitStatus, late: bool, last_words: &str, limits: &Limits) -> Unreadable {
    let help = "open it in Excel, copy the rows into a new workbook, save that as .xlsx and send it";
    let signal = signal(status);
    if late || signal == Some(SIGXCPU) {
        let message = format!(
            "the file could not be read within {}: it is damaged, or made so that reading never ends",
            crate::wording::plural(limits.seconds as usize, "second", "seconds")
        );
        return Unreadable::new(Code::TooCostly, message, help);
    }
    let no_memory = ["memory allocation of", "capacity overflow"].iter().any(|w| last_words.contains(w));
    // A system that is short of memory ends the process that takes most of it.
    if no_memory || signal == Some(SIGKILL) {
        let message = format!(
            "reading the file needs more than the {} megabytes of memory that one file may take",
            limits.memory_megabytes
        );
        return Unreadable::new(Code::TooCostly, message, help);
    }
    let message = "the file is damaged in a way that no reader gets past; nothing of it could be read";
    Unreadable::new(Code::UnreadableFile, message, help)
}

const SIGKILL: i32 = 9;
const SIGXCPU: i32 = 24;

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt;
    status.signal()
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}

/// What the hidden command does: limits the process, reads a file from `input` and tells it to `output`.
///
/// # Errors
/// If the limits cannot be set, or the input not be read or the output not be written.
pub fn serve(
    mut input: impl Read,
    output: impl Write,
    limits: &Limits,
    ending: Option<&str>,
    separators: &[u32],
) -> io::Result<()> {
    limit(limits)?;
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    let name = format!("file.{}", ending.unwrap_or_default());
    let separators: Vec<char> = separators.iter().copied().filter_map(char::from_u32).collect();
    let read = book_within(&bytes, &name, &separators, limits);
    drop(bytes);
    let mut output = BufWriter::with_capacity(1 << 16, output);
    wire::write(&mut output, &read)?;
    output.flush()
}

/// Takes from the process what reading does not need: memory, time, files, and leaving an image of
/// somebody's cells behind when it dies.
#[cfg(unix)]
fn limit(limits: &Limits) -> io::Result<()> {
    use rlimit::Resource;
    let lower = |resource: Resource, to: u64| {
        let (_, hard) = resource.get()?;
        let to = to.min(hard);
        resource.set(to, to)
    };
    lower(Resource::CORE, 0)?;
    lower(Resource::FSIZE, 0)?;
    // The soft limit sends its own signal, so that the end of time is told from other ends.
    let seconds = u64::from(limits.seconds);
    let (_, hard) = Resource::CPU.get()?;
    Resource::CPU.set(seconds.min(hard), (seconds + 1).min(hard))?;
    // Where the system does not limit address space, the caps on parts and cells remain.
    if Resource::AS.is_supported() {
        let _ = lower(Resource::AS, limits.memory());
    }
    Ok(())
}

/// No such limits here: the clock, and the caps on parts and cells, remain.
#[cfg(not(unix))]
fn limit(_: &Limits) -> io::Result<()> {
    Ok(())
}
