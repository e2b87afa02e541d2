//! The visit that is planned for a practice, and one whose planned date has gone by.

use chrono::NaiveDate;

use crate::dates::{long, short};
use crate::documents::Material;

/// What the sheet says of visits to come.
pub(in crate::documents::blocks) struct Booked {
    /// The next planned visit: its date and its type.
    pub next: Option<(NaiveDate, String)>,
    /// The latest date for which a visit was planned and since which none was completed.
    missed: Option<NaiveDate>,
}

/// What is planned for a practice.
pub(in crate::documents::blocks) fn booked(material: &Material<'_>, code: &str) -> Booked {
    let (plans, visits) = (material.fact("plans"), material.fact("visits"));
    let plans: Vec<(NaiveDate, String)> = (0..plans.height())
        .filter(|row| plans.text("practice", *row).as_deref() == Some(code))
        .filter(|row| material.plays("plans", "status", "planned", plans.text("status", *row).as_deref()))
        .filter_map(|row| {
            Some((plans.date("planned_date", row)?, plans.text("visit_type", row).unwrap_or_default()))
        })
        .collect();
    let visited = (0..visits.height())
        .filter(|row| visits.text("practice", *row).as_deref() == Some(code))
        .filter_map(|row| visits.date("visit_date", row))
        .max();
    let gone_by = |date: &NaiveDate| *date < material.as_of && visited.is_none_or(|day| day < *date);
    Booked {
        missed: plans.iter().map(|(date, _)| *date).filter(gone_by).max(),
        next: plans.into_iter().filter(|(date, _)| *date >= material.as_of).min(),
    }
}

impl Booked {
    /// That the date of a planned visit has gone by, as a sentence.
    pub fn missed(&self) -> Option<String> {
        self.missed
            .map(|date| format!("A visit was planned for {}; it is not recorded as completed.", long(date)))
    }

    /// What is planned, what was, or that nothing is, in sentences.
    pub fn sentences(&self) -> Vec<String> {
        let next = self.next.as_ref().map(|(date, kind)| match kind.as_str() {
            "" => format!("A visit is planned for {}.", long(*date)),
            kind => format!("A {} visit is planned for {}.", kind.to_lowercase(), long(*date)),
        });
        let said: Vec<String> = self.missed().into_iter().chain(next).collect();
        if said.is_empty() { vec!["No visit is planned yet.".to_owned()] } else { said }
    }

    /// The same for a cell of a table.
    pub fn in_cell(&self) -> String {
        match (&self.next, self.missed) {
            (Some((date, kind)), _) if kind.is_empty() => short(*date),
            (Some((date, kind)), _) => format!("{kind}, {}", short(*date)),
            (None, Some(date)) => format!("planned for {}, not recorded as completed", short(date)),
            (None, None) => "none planned".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::sample::Sample;

    /// What is said on 14 October 2026 of these rows: of plans and of completed visits.
    fn said(plans: &[&str], visits: &[&str]) -> (Vec<String>, String) {
        let mut sample = Sample::new("2026-10-14");
        sample.practice("P81001", Some(4));
        sample.fact("plans", plans);
        sample.fact("visits", visits);
        let booked = booked(&sample.material(), "P81001");
        (booked.sentences(), booked.in_cell())
    }

    const GONE: &str =
        "practice = P81001; status = Planned; visit_type = Reactive; planned_date = 2026-09-03";
    const NEXT: &str =
        "practice = P81001; status = Planned; visit_type = Reactive; planned_date = 2026-10-14";
    const WAS: &str = "A visit was planned for 3 September 2026; it is not recorded as completed.";

    #[test]
    fn a_planned_date_that_has_gone_by_is_said_until_a_visit_is_recorded() {
        let cell = "planned for 3 Sep 2026, not recorded as completed".to_owned();
        assert_eq!(said(&[GONE], &[]), (vec![WAS.to_owned()], cell.clone()));
        let before = "practice = P81001; visit_date = 2026-09-02";
        assert_eq!(said(&[GONE], &[before]), (vec![WAS.to_owned()], cell));
        let none = (vec!["No visit is planned yet.".to_owned()], "none planned".to_owned());
        for visited in ["2026-09-03", "2026-09-20"] {
            assert_eq!(said(&[GONE], &[&format!("practice = P81001; visit_date = {visited}")]), none);
        }
        assert_eq!(said(&[GONE], &["practice = P81002; visit_date = 2026-09-03"]).0, [WAS]);
        assert_eq!(said(&[&GONE.replace("Planned", "Cancelled")], &[]), none);
        assert_eq!(said(&[], &[]), none);
    }

    #[test]
    fn a_date_to_come_is_said_beside_one_that_has_gone_by() {
        let next = "A reactive visit is planned for 14 October 2026.";
        assert_eq!(said(&[NEXT, GONE], &[]), (vec![WAS.into(), next.into()], "Reactive, 14 Oct 2026".into()));
        assert_eq!(said(&[NEXT], &[]).0, [next], "today is to come");
    }
}
