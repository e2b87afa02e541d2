//! Numbers that the pipeline names once, so that conditions and sentences all follow one edit.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Named numbers, and which of them something uses.
#[derive(Debug, Clone, Default)]
pub struct Values {
    named: Arc<BTreeMap<String, (f64, AtomicBool)>>,
}

impl Values {
    /// The numbers by name; nothing uses them yet.
    pub fn new(named: impl IntoIterator<Item = (String, f64)>) -> Self {
        let named = named.into_iter().map(|(name, number)| (name, (number, AtomicBool::new(false))));
        Self { named: Arc::new(named.collect()) }
    }

    /// The number of that name, which is used from now on.
    pub(super) fn take(&self, name: &str) -> Option<f64> {
        let (number, used) = self.named.get(name)?;
        used.store(true, Ordering::Relaxed);
        Some(*number)
    }

    /// Whether one of them is this number.
    pub fn holds(&self, number: f64) -> bool {
        self.named.values().any(|(named, _)| *named == number)
    }

    /// The names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }

    /// The names that nothing uses.
    pub fn unused(&self) -> impl Iterator<Item = &str> {
        let unused = self.named.iter().filter(|(_, (_, used))| !used.load(Ordering::Relaxed));
        unused.map(|(name, _)| name.as_str())
    }
}

impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        let numbers = |values: &Self| -> Vec<(String, f64)> {
            values.named.iter().map(|(name, (number, _))| (name.clone(), *number)).collect()
        };
        numbers(self) == numbers(other)
    }
}
