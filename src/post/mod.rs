//! Which letter goes to whom: documents held to the gates, planned, approved, handed over, recalled, sent again.

pub(crate) mod acknowledge;
pub(crate) mod alerts;
pub(crate) mod approve;
pub(crate) mod documents;
pub(crate) mod gate;
pub(crate) mod hand_over;
pub(crate) mod make;
pub(crate) mod pack_list;
pub(crate) mod plan;
pub(crate) mod rate_limit;
pub(crate) mod recall;
pub(crate) mod recipient_lists;
pub(crate) mod resend;
pub(crate) mod resolve;
pub(crate) mod retry;
pub(crate) mod revisions;
