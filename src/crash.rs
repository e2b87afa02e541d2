//! Where tests kill the program.
//!
//! A crash cannot be tried from outside at an exact write: the test that claims "killed at every write"
//! has to name the write. In builds with debug assertions, and in no other, the variable
//! `QUARTERDAY_KILL_AT` holds the number of the write at which the process kills itself with SIGKILL, so
//! that nothing is unwound, flushed or closed. In a release build this file is empty.

/// A place before or after something is written for good.
#[inline]
pub(crate) fn point() {
    #[cfg(all(debug_assertions, unix))]
    kill::at_the_named_point();
}

#[cfg(all(debug_assertions, unix))]
mod kill {
    use std::sync::atomic::{AtomicU32, Ordering};

    static PASSED: AtomicU32 = AtomicU32::new(0);

    pub(super) fn at_the_named_point() {
        let Some(fatal) = std::env::var("QUARTERDAY_KILL_AT").ok().and_then(|n| n.parse::<u32>().ok()) else {
            return;
        };
        if PASSED.fetch_add(1, Ordering::SeqCst) + 1 == fatal {
            // SIGKILL has this number on every Unix.
            let _ = signal_hook::low_level::raise(9);
        }
    }
}
