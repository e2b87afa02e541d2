//! z-score bands in the words of CQC's evidence tables for GP practices, 2018 to 2023. A band asks a question; it
//! is no judgement.

/// A band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[allow(missing_docs)]
pub enum Band {
    #[strum(serialize = "Significant variation (positive)")]
    SignificantPositive,
    #[strum(serialize = "Variation (positive)")]
    Positive,
    #[strum(serialize = "Tending towards variation (positive)")]
    TendingPositive,
    #[strum(serialize = "No statistical variation")]
    None,
    #[strum(serialize = "Tending towards variation (negative)")]
    TendingNegative,
    #[strum(serialize = "Variation (negative)")]
    Negative,
    #[strum(serialize = "Significant variation (negative)")]
    SignificantNegative,
}

/// The z-score turned so that positive is worse.
pub fn oriented(z: f64, higher_is_better: bool) -> f64 {
    if higher_is_better { -z } else { z }
}

/// The band of an oriented z-score (positive is worse); none of one that is not known.
pub fn band(oriented: f64) -> Option<Band> {
    Some(match oriented {
        q if q.is_nan() => return None,
        q if q <= -3.0 => Band::SignificantPositive,
        q if q <= -2.0 => Band::Positive,
        q if q <= -1.5 => Band::TendingPositive,
        q if q < 1.5 => Band::None,
        q if q < 2.0 => Band::TendingNegative,
        q if q < 3.0 => Band::Negative,
        _ => Band::SignificantNegative,
    })
}
