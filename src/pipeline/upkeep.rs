//! What an analyst has to add before a day comes: said in good time, given today's date.

use chrono::NaiveDate;

use super::load::CALENDAR;
use super::{Folder, Pipeline};
use crate::dates;
use crate::diagnostic::{Code, Diagnostic, Severity};

/// What will run out within a year of `today`, each at its line.
pub fn upkeep(folder: &Folder, pipeline: &Pipeline, today: NaiveDate) -> Vec<Diagnostic> {
    let in_a_year = dates::add_months(today, 12);
    let last = pipeline.calendar.bank_holidays.last().copied();
    let message = match last {
        Some(last) if last >= in_a_year => return Vec::new(),
        Some(last) => format!(
            "the bank holidays run out on {}: working days after it are counted without them",
            dates::long(last)
        ),
        None => "there are no bank holidays: working days are counted without them".to_owned(),
    };
    let text = folder.get(CALENDAR).unwrap_or_default();
    let line = text.lines().position(|line| line.trim_start().starts_with("bank_holidays"));
    vec![Diagnostic {
        severity: Severity::Warning,
        code: Code::OutOfDate,
        file: CALENDAR.to_owned(),
        line: line.and_then(|line| u32::try_from(line + 1).ok()),
        message,
        help: Some("add the days of the next years; gov.uk/bank-holidays publishes them".to_owned()),
        follows: false,
    }]
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::load;
    use super::*;

    #[test]
    fn bank_holidays_are_asked_for_a_year_before_they_run_out() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
        let folder = Folder::read(&dir).unwrap();
        let pipeline = load(&folder).pipeline.unwrap();
        let said = |today: &str| upkeep(&folder, &pipeline, today.parse().unwrap());
        assert_eq!(said("2027-12-26"), []);
        let late = said("2027-12-27");
        assert_eq!(
            late[0].to_string(),
            "calendar.toml:4: warning [out-of-date]: the bank holidays run out on 26 December 2028: working \
             days after it are counted without them\n    help: add the days of the next years; \
             gov.uk/bank-holidays publishes them"
        );
    }
}
