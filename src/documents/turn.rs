//! What became of an exception: how it was told of before, and what closed it.

use crate::levels::Exception;

/// What became of an exception.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Turn {
    /// The exception as it was when it was last alerted.
    pub before: Option<Exception>,
    /// What closed it, with row and file; none while it is open.
    pub closed: Option<String>,
}
