//! The date that a command speaks of: today in Europe/London, or the one that it is given.

use chrono::NaiveDate;

use super::Exit;
use super::output::{complain, hint};
use crate::clock;
use crate::dates::long;

/// The date that is asked for. One later than today is refused, for nothing could be taken in for an earlier one
/// afterwards; `future` says that it is meant.
pub(super) fn asked(as_of: Option<NaiveDate>, future: bool) -> Result<NaiveDate, Exit> {
    dated(as_of, future, clock::today()).map_err(|(what, do_next)| {
        complain(&what);
        hint(&do_next);
        Exit::Failure
    })
}

/// # Errors
/// What is wrong with the date, and what to do.
fn dated(as_of: Option<NaiveDate>, future: bool, today: NaiveDate) -> Result<NaiveDate, (String, String)> {
    match as_of {
        Some(later) if later > today && !future => Err((
            format!(
                "--as-of {later} is {}, later than today, {}; nothing was done",
                long(later),
                long(today)
            ),
            "correct the date, or the clock of this computer; if the date is meant, add --future".to_owned(),
        )),
        given => Ok(given.unwrap_or(today)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_later_than_today_has_to_be_meant() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let today = day("2026-11-02");
        assert_eq!(dated(None, false, today), Ok(today));
        for given in ["2026-11-02", "2026-11-01", "1970-01-01"] {
            assert_eq!(dated(Some(day(given)), false, today), Ok(day(given)));
        }
        for given in ["2026-11-03", "2062-11-02", "9999-12-31"] {
            let (what, do_next) = dated(Some(day(given)), false, today).unwrap_err();
            assert!(what.contains("later than today, 2 November 2026"), "{what}");
            assert!(do_next.contains("--future"), "{do_next}");
            assert_eq!(dated(Some(day(given)), true, today), Ok(day(given)));
        }
    }
}
