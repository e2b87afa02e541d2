//! What is done to a data folder between runs: copies, retention, rebuilding the past, bundles, the audit.

pub(crate) mod arrivals;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod bundle;
pub(crate) mod replay;
pub mod retention;
pub(crate) mod store_references;
