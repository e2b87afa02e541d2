//! A transaction that writes.

use std::ops::Deref;

use rusqlite::Transaction;

use crate::crash;

/// A transaction that was begun to write; dropped without [`Write::commit`], nothing was written.
#[derive(Debug)]
pub(super) struct Write<'l>(pub(super) Transaction<'l>);

impl<'l> Deref for Write<'l> {
    type Target = Transaction<'l>;

    fn deref(&self) -> &Transaction<'l> {
        &self.0
    }
}

impl Write<'_> {
    /// Makes what was written last, whatever happens next.
    pub(super) fn commit(self) -> rusqlite::Result<()> {
        crash::point();
        self.0.commit()?;
        crash::point();
        Ok(())
    }
}
