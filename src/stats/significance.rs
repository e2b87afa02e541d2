//! Significance as public health papers and Fingertips label it (PHEindicatormethods 2.1.0): no over-dispersion.

use super::exact::chi_square_quantile;

/// Two-sided 95 and 99.8 per cent points of the normal law, to full precision.
const POINTS: [(f64, f64); 2] = [(0.001, 3.090_232_306_167_813_5), (0.025, 1.959_963_984_540_054)];

/// How a unit differs from the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[allow(missing_docs)]
pub enum Significance {
    #[strum(serialize = "High (0.001)")]
    HighTwo,
    #[strum(serialize = "High (0.025)")]
    High,
    #[strum(serialize = "Low (0.001)")]
    LowTwo,
    #[strum(serialize = "Low (0.025)")]
    Low,
    #[strum(serialize = "Not significant")]
    None,
}

/// A proportion against the reference proportion `centre`.
pub fn of_proportion(numerator: f64, denominator: f64, centre: f64) -> Significance {
    let share = numerator / denominator;
    let spread = (centre * (1.0 - centre) / denominator).sqrt();
    label(|z| share < centre - z * spread, |z| share > centre + z * spread, true)
}

/// A count against an expected count, or a rate against a reference: `size` is the expected count, or the population
/// times the reference rate.
pub fn of_count(count: f64, size: f64) -> Significance {
    let lower = |z: f64, alpha: f64| match () {
        () if count == 0.0 => 0.0,
        () if count < 10.0 => chi_square_quantile(alpha, 2.0 * count) / 2.0,
        () => count * (1.0 - 1.0 / (9.0 * count) - z / (3.0 * count.sqrt())).powi(3),
    };
    let upper = |z: f64, alpha: f64| {
        let more = count + 1.0;
        match () {
            () if count < 10.0 => chi_square_quantile(1.0 - alpha, 2.0 * more) / 2.0,
            () => more * (1.0 - 1.0 / (9.0 * more) + z / (3.0 * more.sqrt())).powi(3),
        }
    };
    let alpha = |z: f64| POINTS.iter().find(|(_, point)| *point == z).map_or(f64::NAN, |(alpha, _)| *alpha);
    label(|z| size > upper(z, alpha(z)), |z| size < lower(z, alpha(z)), false)
}

fn label(low: impl Fn(f64) -> bool, high: impl Fn(f64) -> bool, low_first: bool) -> Significance {
    let [(_, far), (_, near)] = POINTS;
    let lows = || match () {
        () if low(far) => Some(Significance::LowTwo),
        () if low(near) => Some(Significance::Low),
        () => None,
    };
    let highs = || match () {
        () if high(far) => Some(Significance::HighTwo),
        () if high(near) => Some(Significance::High),
        () => None,
    };
    let found = if low_first { lows().or_else(highs) } else { highs().or_else(lows) };
    found.unwrap_or(Significance::None)
}
