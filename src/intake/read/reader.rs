//! Who reads a file: this process, or one started for the purpose.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::{Book, Unreadable, apart, book_within, named_otherwise, needs_care};
use crate::pipeline::{Feed, Limits};

/// The program that can be started again to read a file, once its door has said so.
static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Reads files within limits, in this process or in one of their own.
#[derive(Debug, Clone)]
pub struct Reader {
    limits: Limits,
    program: Option<PathBuf>,
    /// What may separate the columns of text beside what is usual.
    separators: Vec<char>,
}

impl Reader {
    /// Reads in this process: for programs that have no command `read-file`, such as tests.
    pub fn here(limits: Limits) -> Self {
        Self { limits, program: None, separators: Vec::new() }
    }

    /// Reads in a process of `program`, which must know the command `read-file`.
    pub fn apart(limits: Limits, program: impl Into<PathBuf>) -> Self {
        Self { limits, program: Some(program.into()), separators: Vec::new() }
    }

    /// Reads as the door of this program chose: apart if it is quarterday itself, here otherwise.
    pub fn chosen(limits: Limits) -> Self {
        Self { limits, program: PROGRAM.get().cloned(), separators: Vec::new() }
    }

    /// The same reader for a feed whose layouts say what separates the columns of its text files.
    pub fn of_feed(&self, feed: &Feed) -> Self {
        let separators = feed.layouts.iter().filter_map(|layout| layout.separator).collect();
        Self { separators, ..self.clone() }
    }

    /// What this reader is known by where its failures are kept: the program and its limits.
    pub fn known_as(&self) -> String {
        let Limits { memory_megabytes, seconds, unpacked_megabytes, cells } = self.limits;
        let version = env!("CARGO_PKG_VERSION");
        format!(
            "{version}: {memory_megabytes} MB, {seconds} s, {unpacked_megabytes} MB unpacked, {cells} cells"
        )
    }

    /// Reads a file of any known kind. Text of moderate size is read here even so: decoding and splitting
    /// it takes memory in proportion to its bytes and cannot spin, and a process costs more than reading it.
    ///
    /// # Errors
    /// If the reading process cannot be started. What is wrong with the file itself is the inner error.
    pub fn book(&self, bytes: &[u8], name: &str) -> io::Result<Result<Book, Unreadable>> {
        match &self.program {
            Some(program) if needs_care(bytes) => {
                let read = apart::book(bytes, name, program, &self.separators, &self.limits)?;
                Ok(read.map(|book| named_otherwise(book, name)))
            }
            _ => {
                let read = book_within(bytes, name, &self.separators, &self.limits);
                Ok(read.map(|book| named_otherwise(book, name)))
            }
        }
    }
}

/// Says that this program is quarterday, and files can be read by starting it again.
pub fn read_apart() {
    if let Some(program) = this_program() {
        let _ = PROGRAM.set(program);
    }
}

/// The running program, even if its file has been replaced since it was started.
fn this_program() -> Option<PathBuf> {
    let running = Path::new("/proc/self/exe");
    if cfg!(target_os = "linux") && running.exists() {
        return Some(running.to_owned());
    }
    std::env::current_exe().ok()
}
