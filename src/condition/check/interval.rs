//! Periods of time: `INTERVAL '12 months'`, `INTERVAL '7' DAY`, `INTERVAL 3 YEAR`.

use sqlparser::ast::{Expr, Interval, Value};

/// The length as calendar months and days.
pub(super) fn months_and_days(interval: &Interval) -> Result<(i32, i32), String> {
    let mut text = match interval.value.as_ref() {
        Expr::Value(v) => match &v.value {
            Value::SingleQuotedString(text) => text.clone(),
            Value::Number(digits, _) => digits.clone(),
            other => other.to_string(),
        },
        other => other.to_string(),
    };
    if let Some(unit) = &interval.leading_field {
        text = format!("{text} {unit}");
    }
    length(&text)
}

/// Reads `12 months`, `1 week`, `3 years`, `2 years 6 months`.
pub(crate) fn length(text: &str) -> Result<(i32, i32), String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let fail = || format!("`{text}` is not a period; write for instance '12 months' or '7 days'");
    if words.is_empty() || !words.len().is_multiple_of(2) {
        return Err(fail());
    }
    let (mut months, mut days) = (0_i32, 0_i32);
    for pair in words.chunks_exact(2) {
        let number: i32 = pair[0].parse().map_err(|_| fail())?;
        let unit = pair[1].to_lowercase();
        let (per_month, per_day) = match unit.trim_end_matches('s') {
            "year" => (12, 0),
            "month" => (1, 0),
            "week" => (0, 7),
            "day" => (0, 1),
            _ => return Err(fail()),
        };
        let add = |sum: i32, per: i32| number.checked_mul(per).and_then(|n| sum.checked_add(n));
        months = add(months, per_month).filter(|m| m.abs() <= 12_000).ok_or_else(fail)?;
        days = add(days, per_day).filter(|d| d.abs() <= 366_000).ok_or_else(fail)?;
    }
    Ok((months, days))
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn periods_in_words() {
        assert_eq!(length("12 months"), Ok((12, 0)));
        assert_eq!(length("1 week"), Ok((0, 7)));
        assert_eq!(length("3 YEARS"), Ok((36, 0)));
        assert_eq!(length("2 years 10 days"), Ok((24, 10)));
        assert!(length("a while").is_err());
        assert!(length("99999999 years").is_err());
    }
}
