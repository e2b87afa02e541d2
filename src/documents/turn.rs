//! What became of an exception: what it was before, and what closed it.

use crate::levels::Exception;

/// What became of an exception.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Turn {
    /// The exception as it was before, whether that was alerted or not.
    pub before: Option<Exception>,
    /// What closed it, with row and file; none while it is open.
    pub closed: Option<String>,
}
