//! Statistics of quality improvement and public health: numbers in, numbers out.
//!
//! `xmr` holds control charts of single values, `funnel` compares units of different size with their common
//! target, `exact` has exact limits of counts, `significance` and `bands` put words to a difference. The rules are
//! those of NHSRplotthedots 0.2.2, FunnelPlotR 0.6.0 and PHEindicatormethods 2.1.0, of NHS England's Making Data
//! Count, and of Spiegelhalter (2005), Statistics in Medicine 24:1185; `fixtures/vectors` holds what these tools
//! print, and the tests agree with it.

pub mod bands;
pub mod exact;
pub mod funnel;
pub mod significance;
pub mod xmr;

/// The mean of values, right to the last bit: a second pass adds what the first one rounded away. Ties with the
/// mean decide whether a run of seven is broken.
///
/// NaN where there is no value.
pub fn mean(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let first = values.iter().sum::<f64>() / n;
    first + values.iter().map(|value| value - first).sum::<f64>() / n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_that_is_a_value_equals_it() {
        let values = [0.1, 0.2, 0.3, 0.2];
        assert_eq!(mean(&values), 0.2);
        assert!(mean(&[]).is_nan());
    }
}
