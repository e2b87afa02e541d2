//! Funnel plots: units of different size against their common target, with over-dispersion.
//!
//! Sources: Spiegelhalter (2005), Statistics in Medicine 24:1185; Spiegelhalter and others (2012), JRSS A 175:1;
//! the SHMI specification; FunnelPlotR 0.6.0 for the profile `fpr`, defects and all.

use std::collections::BTreeMap;

use super::exact::ratio_limit;

/// 95 and 99.8 per cent points of the normal law as FunnelPlotR rounds them.
const POINTS: [f64; 2] = [1.959964, 3.090232];
/// The cumulative probabilities of the lower limits.
const TAILS: [f64; 2] = [0.025, 0.001];
/// With fewer units the spread between them is not estimated.
const FEWEST: usize = 20;

/// Whose limits and flags are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Profile {
    /// Right by theory; flags by the adjusted z-score.
    #[default]
    Corrected,
    /// As FunnelPlotR 0.6.0 prints them.
    Fpr,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Successes of eligible.
    Proportion,
    /// Observed over expected, on the log scale with truncation (SHMI). Whether expected counts are rounded to 2
    /// decimals first.
    RatioLog {
        /// See above.
        rounded: bool,
    },
    /// Observed over expected, on the square-root scale with winsorising (CQC).
    RatioRoot,
    /// A ratio of two random counts.
    Counts,
}

impl Measure {
    fn is_standardised(self) -> bool {
        matches!(self, Measure::RatioLog { .. } | Measure::RatioRoot)
    }
}

/// What a funnel is made of.
#[derive(Debug, Clone)]
pub struct Funnel {
    /// What is compared.
    pub measure: Measure,
    /// The share of units at each end whose extremes are tamed, above 0 and below 0.5.
    pub trim: f64,
    /// What ratios and limits are multiplied with: 1, 100, 1000.
    pub multiplier: f64,
    /// Whose limits and flags are made.
    pub profile: Profile,
}

/// Lower and upper limits at 95 and 99.8 per cent, multiplied.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub struct Limits {
    pub lower_95: f64,
    pub upper_95: f64,
    pub lower_998: f64,
    pub upper_998: f64,
}

/// A unit of a funnel.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Its name.
    pub name: String,
    /// The sum of its numerators; none if one is missing.
    pub numerator: Option<f64>,
    /// The sum of its denominators, rounded where the method says so; none if one is missing.
    pub denominator: Option<f64>,
    /// The sum as it was, of which the plotted ratio is made.
    unrounded: f64,
    /// What was found; none of a unit that is not assessed.
    pub found: Option<Found>,
}

/// What is found of a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Numerator over denominator, not multiplied.
    pub ratio: f64,
    /// The transformed ratio.
    pub y: f64,
    /// Its standard error.
    pub s: f64,
    /// The z-score without adjustment.
    pub z: f64,
    /// Whether its z-score was winsorised or truncated away.
    pub trimmed: bool,
    /// The tamed z-score; none if it was truncated away.
    pub z_tamed: Option<f64>,
    /// The z-score to report: adjusted where the adjustment is used.
    pub z_adjusted: f64,
    /// Limits without adjustment at its denominator.
    pub limits: Limits,
    /// Limits with adjustment.
    pub adjusted_limits: Limits,
    /// Whether it is flagged at 95 and 99.8 per cent without adjustment.
    pub unadjusted_flags: [bool; 2],
    /// The same with the adjustment, where it is used.
    pub flags: [bool; 2],
}

/// What a funnel says.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// Every unit by name, those that are not assessed too.
    pub units: Vec<Unit>,
    /// The common target, not multiplied.
    pub target: f64,
    /// How many units have a tamed z-score.
    pub used: usize,
    /// The dispersion ratio.
    pub phi: f64,
    /// The variance between units.
    pub tau2: f64,
    /// Whether the adjustment is used.
    pub adjusted: bool,
}

/// Why there is no funnel.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// There is nobody to compare.
    #[error("no unit can be assessed")]
    NoUnit,
    /// All successes or none.
    #[error("the target is {0}: all are zero or all are complete, and there is no funnel")]
    NoVariation(f64),
}

impl Funnel {
    /// Fits the funnel to rows of unit, numerator and denominator; rows of one unit are summed.
    ///
    /// A unit without numerator or denominator, with a denominator of 0 or less, or with more successes than
    /// eligible is not assessed.
    ///
    /// # Errors
    /// If no unit can be assessed, or the target leaves no room for a funnel.
    pub fn fit(&self, rows: &[(String, Option<f64>, Option<f64>)]) -> Result<Fitted, (Refusal, Vec<Unit>)> {
        let mut units = self.summed(rows);
        let fit: Vec<(f64, f64)> = units.iter().filter_map(|unit| self.assessed(unit)).collect();
        if fit.is_empty() {
            return Err((Refusal::NoUnit, units));
        }
        let sum = |of: fn(&(f64, f64)) -> f64| fit.iter().map(of).sum::<f64>();
        let target = if self.measure.is_standardised() { 1.0 } else { sum(|u| u.0) / sum(|u| u.1) };
        let proportion = self.measure == Measure::Proportion;
        if target == 0.0 || !target.is_finite() || proportion && target == 1.0 {
            return Err((Refusal::NoVariation(target), units));
        }
        let scaled: Vec<(f64, f64, f64)> = fit.iter().map(|(r, n)| self.scaled(*r, *n, target)).collect();
        let z: Vec<f64> = scaled.iter().map(|(_, _, z)| *z).collect();
        let (trimmed, tamed) = match self.measure {
            Measure::RatioLog { .. } => truncated(&z, self.trim),
            _ => winsorised(&z, self.trim),
        };
        let kept: Vec<(f64, f64)> =
            tamed.iter().zip(&scaled).filter_map(|(z, (_, s, _))| Some(((*z)?, *s))).collect();
        let used = kept.len() as f64;
        let phi = kept.iter().map(|(z, _)| z * z).sum::<f64>() / used;
        let estimated = self.profile == Profile::Fpr || fit.len() >= FEWEST;
        let tau2 = if estimated { between(&kept, phi) } else { 0.0 };
        let adjusted = estimated && phi > 1.0;
        let curve = Curve { funnel: self, target, tau2, grid: self.grid(&fit) };

        let mut each = scaled.iter().zip(trimmed.into_iter().zip(tamed));
        for unit in &mut units {
            let Some((r, n)) = self.assessed(unit) else { continue };
            let Some(((y, s, z), (trimmed, z_tamed))) = each.next() else { continue };
            let z_adjusted = if adjusted { z * s / (s * s + tau2).sqrt() } else { *z };
            let (limits, adjusted_limits) = (curve.at(n, 0.0, false), curve.at(n, tau2, true));
            let ratio = r / unit.unrounded;
            let outside = |limits: &Limits| {
                let value = ratio * self.multiplier;
                let beyond = |low: f64, high: f64| value > high || value < low;
                [beyond(limits.lower_95, limits.upper_95), beyond(limits.lower_998, limits.upper_998)]
            };
            let far = |z: f64| POINTS.map(|point| z.abs() > point);
            let exact = self.profile == Profile::Fpr || self.measure.is_standardised();
            let unadjusted_flags = if exact { outside(&limits) } else { far(*z) };
            let flags = match () {
                () if !adjusted => unadjusted_flags,
                () if self.profile == Profile::Fpr => outside(&adjusted_limits),
                () => far(z_adjusted),
            };
            unit.found = Some(Found {
                ratio,
                y: *y,
                s: *s,
                z: *z,
                trimmed,
                z_tamed,
                z_adjusted,
                limits,
                adjusted_limits,
                unadjusted_flags,
                flags,
            });
        }
        Ok(Fitted { units, target, used: kept.len(), phi, tau2, adjusted })
    }

    fn summed(&self, rows: &[(String, Option<f64>, Option<f64>)]) -> Vec<Unit> {
        let mut sums: BTreeMap<&str, (Option<f64>, Option<f64>)> = BTreeMap::new();
        for (name, r, n) in rows {
            let sum = sums.entry(name).or_insert((Some(0.0), Some(0.0)));
            let add = |sum: Option<f64>, more: &Option<f64>| Some(sum? + (*more)?);
            *sum = (add(sum.0, r), add(sum.1, n));
        }
        let rounded = |n: f64| match self.measure {
            // The exact binary value is rounded: 43.175 is stored just below itself and becomes 43.17.
            Measure::RatioLog { rounded: true } => format!("{n:.2}").parse().unwrap_or(n),
            _ => n,
        };
        let unit = |(name, (numerator, n)): (&str, (Option<f64>, Option<f64>))| Unit {
            name: name.to_owned(),
            numerator,
            denominator: n.map(rounded),
            unrounded: n.unwrap_or(f64::NAN),
            found: None,
        };
        sums.into_iter().map(unit).collect()
    }

    fn assessed(&self, unit: &Unit) -> Option<(f64, f64)> {
        let (r, n) = (unit.numerator?, unit.denominator?);
        let possible = r.is_finite() && n.is_finite() && n > 0.0 && r >= 0.0;
        (possible && (self.measure != Measure::Proportion || r <= n)).then_some((r, n))
    }

    /// The transformed ratio, its standard error and its z-score.
    fn scaled(&self, r: f64, n: f64, target: f64) -> (f64, f64, f64) {
        let (y, t, s) = match self.measure {
            Measure::Proportion => ((r / n).sqrt().asin(), target.sqrt().asin(), 1.0 / (2.0 * n.sqrt())),
            Measure::RatioLog { .. } => ((r / n).ln(), 0.0, 1.0 / n.sqrt()),
            Measure::RatioRoot => ((r / n).sqrt(), 1.0, 1.0 / (2.0 * n.sqrt())),
            Measure::Counts => {
                let (r1, n1) = (r + 0.5, n + 0.5);
                ((r1 / n1).ln(), target.ln(), (r / (r1 * r1) + n / (n1 * n1)).sqrt())
            }
        };
        (y, s, (y - t) / s)
    }

    /// The denominators at which FunnelPlotR draws its limits, in order.
    fn grid(&self, fit: &[(f64, f64)]) -> Vec<f64> {
        if self.profile == Profile::Corrected || self.measure != Measure::Proportion {
            return Vec::new();
        }
        let first = 3.0;
        let last = fit.iter().map(|(_, n)| *n).fold(first, f64::max).ceil();
        let step = (last - first) / 999.0;
        let mut grid: Vec<f64> = (0..1000).map(|i| first + f64::from(i) * step).collect();
        grid.extend(fit.iter().map(|(_, n)| *n));
        grid.sort_by(f64::total_cmp);
        grid.dedup();
        grid
    }
}

/// The limits of a funnel over the denominator.
struct Curve<'f> {
    funnel: &'f Funnel,
    target: f64,
    tau2: f64,
    /// Where neighbours of a limit lie; empty where nothing is taken from them.
    grid: Vec<f64>,
}

impl Curve<'_> {
    fn at(&self, x: f64, tau2: f64, adjusted: bool) -> Limits {
        let [(lower_95, upper_95), (lower_998, upper_998)] = [0, 1].map(|level| {
            let (low, high) = self.patched(x, tau2, adjusted, level);
            (low * self.funnel.multiplier, high * self.funnel.multiplier)
        });
        Limits { lower_95, upper_95, lower_998, upper_998 }
    }

    /// A limit, or 0 and 1 where FunnelPlotR puts them because the next limit on its grid is not nearer.
    fn patched(&self, x: f64, tau2: f64, adjusted: bool, level: usize) -> (f64, f64) {
        let (low, high) = self.pair(x, tau2, adjusted, level);
        let after = self.grid.partition_point(|at| *at <= x);
        match self.grid.get(after).map(|next| self.pair(*next, tau2, adjusted, level)) {
            Some((next_low, next_high)) => {
                (if low > next_low { 0.0 } else { low }, if high < next_high { 1.0 } else { high })
            }
            None => (low, high),
        }
    }

    fn pair(&self, x: f64, tau2: f64, adjusted: bool, level: usize) -> (f64, f64) {
        let (z, tail) =
            (POINTS.get(level).copied().unwrap_or(f64::NAN), TAILS.get(level).copied().unwrap_or(f64::NAN));
        let fpr = self.funnel.profile == Profile::Fpr;
        let root = z * (1.0 / (4.0 * x) + tau2).sqrt();
        match self.funnel.measure {
            Measure::Proportion => {
                let centre = self.target.sqrt().asin();
                let angle = |a: f64| if fpr { a } else { a.clamp(0.0, std::f64::consts::FRAC_PI_2) };
                let share = |a: f64| angle(a).sin().powi(2);
                (share(centre - root), share(centre + root))
            }
            Measure::RatioLog { .. } | Measure::RatioRoot if !adjusted => {
                (ratio_limit(tail, x), ratio_limit(1.0 - tail, x))
            }
            Measure::RatioLog { .. } => {
                let spread = z * (1.0 / x + tau2).sqrt();
                ((-spread).exp(), spread.exp())
            }
            Measure::RatioRoot if fpr => (1.0 - root, 1.0 + root),
            Measure::RatioRoot => ((1.0 - root).max(0.0).powi(2), (1.0 + root).powi(2)),
            Measure::Counts => {
                let own = if fpr { 1.0 / (4.0 * x) } else { 1.0 / (self.target * x) + 1.0 / x };
                let spread = z * (own + tau2).sqrt();
                ((self.target.ln() - spread).exp(), (self.target.ln() + spread).exp())
            }
        }
    }
}

/// The limits at any denominator, with and without adjustment, for drawing.
impl Fitted {
    /// Limits at a denominator: without adjustment and with it.
    pub fn limits_at(&self, funnel: &Funnel, x: f64) -> (Limits, Limits) {
        let fit: Vec<(f64, f64)> = self.units.iter().filter_map(|unit| funnel.assessed(unit)).collect();
        let curve = Curve { funnel, target: self.target, tau2: self.tau2, grid: funnel.grid(&fit) };
        (curve.at(x, 0.0, false), curve.at(x, curve.tau2, true))
    }
}

/// The variance between units: DerSimonian and Laird (1986) on tamed z-scores.
fn between(kept: &[(f64, f64)], phi: f64) -> f64 {
    let n = kept.len() as f64;
    let excess = n * phi - (n - 1.0);
    if excess < 0.0 {
        return 0.0;
    }
    let weight = |(_, s): &(f64, f64)| 1.0 / (s * s);
    let sum: f64 = kept.iter().map(weight).sum();
    let squares: f64 = kept.iter().map(|one| weight(one).powi(2)).sum();
    let tau2 = excess / (sum - squares / sum);
    if tau2.is_finite() { tau2.max(0.0) } else { 0.0 }
}

/// A quantile of sorted values, of type 7 after Hyndman and Fan (1996), as R and Excel's PERCENTILE.INC have it.
pub fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let h = last as f64 * probability;
    let below = (h.floor() as usize).min(last);
    let (low, high) = (sorted.get(below).copied(), sorted.get(below + 1).copied());
    match (low, high) {
        (Some(low), Some(high)) => low + (h - h.floor()) * (high - low),
        (Some(low), None) => low,
        _ => f64::NAN,
    }
}

type Tamed = (Vec<bool>, Vec<Option<f64>>);

fn winsorised(z: &[f64], trim: f64) -> Tamed {
    let mut sorted = z.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (quantile(&sorted, trim), quantile(&sorted, 1.0 - trim));
    let trimmed = z.iter().map(|z| !(low < *z && *z < high)).collect();
    (trimmed, z.iter().map(|z| Some(z.max(low).min(high))).collect())
}

fn truncated(z: &[f64], trim: f64) -> Tamed {
    let groups = 1.0 / trim;
    let mut sorted = z.to_vec();
    sorted.sort_by(f64::total_cmp);
    let dropped = |value: &f64| {
        // The mean of the ranks of equal values.
        let below = sorted.partition_point(|other| other < value) as f64;
        let up_to = sorted.partition_point(|other| other <= value) as f64;
        let rank = (below + 1.0 + up_to) / 2.0;
        let group = (rank * groups / (z.len() as f64 + 1.0)).floor();
        group <= 0.0 || group >= groups - 1.0
    };
    let trimmed: Vec<bool> = z.iter().map(dropped).collect();
    let tamed = z.iter().zip(&trimmed).map(|(z, gone)| (!gone).then_some(*z)).collect();
    (trimmed, tamed)
}
