//! Exact limits of counts, for small denominators.

use statrs::distribution::{Binomial, ChiSquared, ContinuousCDF, DiscreteCDF, Poisson};

/// A quantile of chi-square with any positive degrees of freedom; NaN where there is none.
pub fn chi_square_quantile(probability: f64, freedom: f64) -> f64 {
    match ChiSquared::new(freedom) {
        Ok(law) if (0.0..=1.0).contains(&probability) => law.inverse_cdf(probability),
        _ => f64::NAN,
    }
}

/// The limit at a cumulative probability of the ratio of an observed to an expected count, for any expected count
/// above 0: the chi-square link of the Poisson law.
pub fn ratio_limit(probability: f64, expected: f64) -> f64 {
    let more = if probability < 0.5 { 0.0 } else { 2.0 };
    chi_square_quantile(probability, 2.0 * expected + more) / (2.0 * expected)
}

/// An interpolated exact limit, after Spiegelhalter (2005): the integer quantile and the limit, which may be below
/// 0 or above 1. `None` where the law has no such parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interpolated {
    /// The smallest count whose cumulative probability reaches the probability.
    pub quantile: u64,
    /// The limit, as a share of the trials or of the expected count.
    pub limit: f64,
}

/// The limit of a proportion: `size` trials with chance `target`.
pub fn binomial_limit(size: u64, target: f64, probability: f64) -> Option<Interpolated> {
    let law = Binomial::new(target, size).ok()?;
    interpolated(|count| law.cdf(count), size, size as f64, probability)
}

/// The limit of a ratio of counts: `expected` events.
pub fn poisson_limit(expected: f64, probability: f64) -> Option<Interpolated> {
    let law = Poisson::new(expected).ok()?;
    interpolated(|count| law.cdf(count), u64::MAX / 4, expected, probability)
}

fn interpolated(cdf: impl Fn(u64) -> f64, most: u64, size: f64, probability: f64) -> Option<Interpolated> {
    if !(0.0..1.0).contains(&probability) || size <= 0.0 {
        return None;
    }
    // Doubles until it is passed, then halves: smallest count with cdf(count) >= probability.
    let (mut low, mut high) = (0_u64, 1_u64.min(most));
    while cdf(high) < probability && high < most {
        low = high;
        high = high.saturating_mul(2).min(most);
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if cdf(middle) >= probability { high = middle } else { low = middle + 1 }
    }
    let below = high.checked_sub(1).map_or(0.0, &cdf);
    let at = cdf(high);
    let alpha = (at - probability) / (at - below);
    Some(Interpolated { quantile: high, limit: (high as f64 - alpha) / size })
}
