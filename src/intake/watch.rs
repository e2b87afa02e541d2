//! Waiting until files in the inbox have stopped growing.
//!
//! A file that has lain unchanged for long enough needs no waiting at all, so that only a run that meets
//! a file in the moment of its arrival takes longer.

use std::time::{Duration, SystemTime};

use super::inbox::{Dropped, Reason, look};
use super::whole::{Ends, ends};
use crate::pipeline::Watch;
use crate::time::Clock;

/// Files with whatever they were given with, sorted by whether they are whole; in the order given.
#[derive(Debug)]
pub struct Sorted<T> {
    /// Those that can be read.
    pub whole: Vec<(T, Dropped)>,
    /// The others, each with the reason.
    pub waiting: Vec<(T, Dropped, Reason)>,
}

/// Which of the files are whole, and why the others wait.
///
/// A file is whole when it has lain unchanged for the time that the pipeline says; a workbook whose end is
/// missing must lie longer, and then counts as damaged rather than on its way. The call takes no longer than
/// the longer of the two times.
pub fn settled<T>(files: Vec<(T, Dropped)>, watch: Watch, clock: &dyn Clock) -> Sorted<T> {
    let mut fates: Vec<Fate> = files.iter().map(|(_, file)| fate(file, watch, clock)).collect();
    let mut files = files;
    let until = clock.elapsed().saturating_add(watch.settle.max(watch.half_file));
    while let Some(wait) = fates.iter().filter_map(Fate::wait).min() {
        if clock.elapsed().saturating_add(wait) > until {
            break;
        }
        clock.wait(wait);
        for ((_, file), fate_of) in files.iter_mut().zip(&mut fates) {
            if fate_of.wait().is_none() {
                continue;
            }
            *fate_of = match look(&file.path) {
                Err(reason) => Fate::Aside(reason),
                // A clock that differs from the folder's may date a file in the future: what counts is
                // that it did not change while we waited.
                Ok(now) if now == *file && is_ahead(file, clock) => Fate::of_ends(file),
                Ok(now) => {
                    *file = now;
                    fate(file, watch, clock)
                }
            };
        }
    }
    let (mut whole, mut waiting) = (Vec::new(), Vec::new());
    for ((tag, file), fate) in files.into_iter().zip(fates) {
        match fate {
            Fate::Whole => whole.push((tag, file)),
            Fate::Wait(_) => waiting.push((tag, file, Reason::Growing)),
            Fate::Aside(reason) => waiting.push((tag, file, reason)),
        }
    }
    Sorted { whole, waiting }
}

/// What is to be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Whole,
    /// It may be whole after this time.
    Wait(Duration),
    Aside(Reason),
}

impl Fate {
    fn wait(&self) -> Option<Duration> {
        match self {
            Fate::Wait(time) => Some(*time),
            Fate::Whole | Fate::Aside(_) => None,
        }
    }

    /// The fate of a file that has lain long enough.
    fn of_ends(file: &Dropped) -> Self {
        match ends(&file.path) {
            Err(_) => Fate::Aside(Reason::Unreadable),
            Ok(Ends::Zeros) => Fate::Aside(Reason::Placeholder),
            Ok(Ends::Whole | Ends::CutOff) => Fate::Whole,
        }
    }
}

fn fate(file: &Dropped, watch: Watch, clock: &dyn Clock) -> Fate {
    if file.size > watch.largest {
        return Fate::Aside(Reason::TooLarge);
    }
    let needed = match ends(&file.path) {
        Ok(Ends::CutOff) => watch.half_file.max(watch.settle),
        Ok(Ends::Whole | Ends::Zeros) => watch.settle,
        Err(_) => return Fate::Aside(Reason::Unreadable),
    };
    // A time in the future tells nothing about how long the file has lain.
    let age = SystemTime::from(clock.now()).duration_since(file.modified).unwrap_or_default();
    match needed.checked_sub(age).filter(|left| !left.is_zero()) {
        Some(left) => Fate::Wait(left),
        None => Fate::of_ends(file),
    }
}

fn is_ahead(file: &Dropped, clock: &dyn Clock) -> bool {
    file.modified > SystemTime::from(clock.now())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::fs;
    use std::path::{Path, PathBuf};

    use chrono::{DateTime, Utc};

    use super::*;

    /// A clock under which something happens to files while it waits.
    struct Busy<F: Fn(Duration)> {
        waits: RefCell<Vec<Duration>>,
        meanwhile: F,
    }

    const NOW: i64 = 1_784_000_000;

    impl<F: Fn(Duration)> Clock for Busy<F> {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp(NOW, 0).unwrap() + self.elapsed()
        }

        fn elapsed(&self) -> Duration {
            self.waits.borrow().iter().sum()
        }

        fn wait(&self, time: Duration) {
            self.waits.borrow_mut().push(time);
            (self.meanwhile)(self.elapsed());
        }

        fn jitter(&self) -> f64 {
            0.0
        }
    }

    fn busy<F: Fn(Duration)>(meanwhile: F) -> Busy<F> {
        Busy { waits: RefCell::default(), meanwhile }
    }

    /// Writes a file as if it had been changed so many seconds ago.
    fn write(path: &Path, bytes: &[u8], seconds_ago: i64) {
        fs::write(path, bytes).unwrap();
        let at = DateTime::from_timestamp(NOW - seconds_ago, 0).unwrap();
        fs::File::options().write(true).open(path).unwrap().set_modified(at.into()).unwrap();
    }

    fn seen(path: &Path) -> Vec<((), Dropped)> {
        vec![((), look(path).unwrap())]
    }

    fn watch() -> Watch {
        Watch { settle: Duration::from_secs(5), half_file: Duration::from_secs(20), largest: 1000 }
    }

    fn file() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sheet.csv");
        (dir, path)
    }

    #[test]
    fn a_file_that_has_lain_long_enough_needs_no_waiting() {
        let (_dir, path) = file();
        write(&path, b"rows", 5);
        let clock = busy(|_| ());
        let Sorted { whole, waiting } = settled(seen(&path), watch(), &clock);
        assert_eq!((whole.len(), waiting.len(), clock.waits.borrow().len()), (1, 0, 0));
    }

    #[test]
    fn a_new_file_is_waited_for_once() {
        let (_dir, path) = file();
        write(&path, b"rows", 2);
        let clock = busy(|_| ());
        let Sorted { whole, .. } = settled(seen(&path), watch(), &clock);
        assert_eq!((whole.len(), clock.elapsed()), (1, Duration::from_secs(3)));
    }

    #[test]
    fn a_file_that_grows_all_the_time_waits_for_a_later_run() {
        let (_dir, path) = file();
        write(&path, b"rows", 0);
        let clock = busy(|at| {
            let seconds = i64::try_from(at.as_secs()).unwrap();
            write(&path, &vec![b'r'; 4 + at.as_secs() as usize], -seconds);
        });
        let Sorted { whole, waiting } = settled(seen(&path), watch(), &clock);
        assert_eq!(whole.len(), 0);
        assert_eq!(waiting[0].2, Reason::Growing);
        assert!(clock.elapsed() <= Duration::from_secs(20));
    }

    #[test]
    fn a_file_that_grew_once_is_taken_as_it_is_in_the_end() {
        let (_dir, path) = file();
        write(&path, b"rows", 0);
        let grown = std::cell::Cell::new(false);
        let clock = busy(|_| {
            if !grown.replace(true) {
                write(&path, b"rows and more", -3);
            }
        });
        let Sorted { whole, .. } = settled(seen(&path), watch(), &clock);
        assert_eq!(whole[0].1.size, 13);
    }

    #[test]
    fn half_a_workbook_is_waited_for_longer_and_then_counts_as_damaged() {
        let (_dir, path) = file();
        write(&path, b"PK\x03\x04 the first half", 0);
        let clock = busy(|_| ());
        let Sorted { whole, .. } = settled(seen(&path), watch(), &clock);
        assert_eq!((whole.len(), clock.elapsed()), (1, Duration::from_secs(20)));
        let clock = busy(|_| ());
        write(&path, b"PK\x03\x04 the first half", 60);
        assert_eq!(settled(seen(&path), watch(), &clock).whole.len(), 1);
        assert_eq!(clock.elapsed(), Duration::ZERO, "an old one is told at once");
    }

    #[test]
    fn zeros_large_files_and_vanished_files_are_told() {
        let (_dir, path) = file();
        for (bytes, wanted) in [(vec![0; 10], Reason::Placeholder), (vec![b'r'; 1001], Reason::TooLarge)] {
            write(&path, &bytes, 60);
            assert_eq!(settled(seen(&path), watch(), &busy(|_| ())).waiting[0].2, wanted);
        }
        write(&path, b"rows", 0);
        let clock = busy(|_| fs::remove_file(&path).unwrap());
        assert_eq!(settled(seen(&path), watch(), &clock).waiting[0].2, Reason::Unreadable);
    }

    #[test]
    fn a_file_dated_in_the_future_is_taken_when_it_does_not_change() {
        let (_dir, path) = file();
        write(&path, b"rows", -3600);
        let clock = busy(|_| ());
        assert_eq!(settled(seen(&path), watch(), &clock).whole.len(), 1);
        assert_eq!(clock.elapsed(), Duration::from_secs(5));
    }
}
