//! The flags of the dashboard.

use std::collections::BTreeMap;

use super::Triangulated;
use crate::pipeline::Domain;

/// The flags of a practice by domain: counted in the columns of a wide extract, or in the rows of a long
/// one of the same date. `score_row` is its row of the fact `score`.
pub fn flags<'p>(
    known: &Triangulated,
    domains: &'p [Domain],
    practice: &str,
    score_row: usize,
) -> Vec<(&'p str, f64)> {
    let score = known.fact("score");
    let date = score.date("extract_date", score_row);
    let wide = domains.iter().filter_map(|domain| {
        score.number(&domain.flags, score_row).map(|count| (domain.name.as_str(), count))
    });
    let wide: Vec<(&str, f64)> = wide.collect();
    if !wide.is_empty() {
        return wide;
    }
    let long = known.fact("dashboard-long");
    let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
    for row in 0..long.height() {
        let same =
            long.text("practice", row).as_deref() == Some(practice) && long.date("extract_date", row) == date;
        if !same || long.truth("flag", row) != Some(true) {
            continue;
        }
        let named = long.text("domain", row);
        if let Some(domain) = domains.iter().find(|d| Some(&d.name) == named.as_ref()) {
            *counts.entry(&domain.name).or_default() += 1.0;
        }
    }
    counts.into_iter().collect()
}
