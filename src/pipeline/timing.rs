//! The times of a job as a clock on a wall in England shows them: no time zone, no present moment. The
//! schedule places them on the line of time.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use cron::Schedule;

use super::calendar::Calendar;
use super::job::{Job, Runs};
use super::reader::{Placed, Table};
use crate::dates;
use crate::diagnostic::Code;

/// A cron expression, and on which of its days the job runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    schedule: Schedule,
    /// Only on the working day of this number in its month, from 1.
    working_day: Option<u32>,
    /// Only on working days.
    only_working_days: bool,
}

/// How far ahead a day is looked for that a guard lets through.
const YEARS_AHEAD: i32 = 6;

impl Cron {
    /// Reads `cron`, `working_day` and `only_working_days`.
    pub(super) fn read(table: &mut Table<'_>) -> Option<Self> {
        let report = table.report().clone();
        let text = table.text("cron");
        let working_day = table.count_or_none("working_day");
        let only_working_days = table.flag("only_working_days");
        let text = text?;
        let schedule = match parse(&text.value) {
            Ok(schedule) => schedule,
            Err((message, help)) => {
                report.error(&text.at, Code::BadValue, message, Some(help));
                return None;
            }
        };
        if let Some(Placed { at, .. }) = working_day.as_ref().filter(|day| !(1..=23).contains(&day.value)) {
            report.error(at, Code::BadValue, "a month has no working day of that number", None);
            return None;
        }
        let cron = Self { schedule, working_day: working_day.map(|d| d.value), only_working_days };
        if cron.after(&weekends(), start()).next().is_none() {
            let message = format!("`cron` is \"{}\"; such a time never comes", text.value);
            let help = "look at the day, the month, the weekday and `working_day`: all of them must agree";
            report.error(&text.at, Code::BadValue, message, Some(help.to_owned()));
            return None;
        }
        let fields: Vec<&str> = text.value.split_whitespace().collect();
        if let [_, _, _, day, _, weekday] = fields.as_slice()
            && ![*day, *weekday].iter().any(|field| matches!(*field, "*" | "?"))
        {
            let message = "the job runs only on days that have both the day of the month and the weekday";
            let help = "crontab files mean either of them; write * for one of them if you meant that";
            report.warning(&text.at, Code::BadValue, message, Some(help.to_owned()));
        }
        Some(cron)
    }

    /// The times of an expression that tests of other rooms write down.
    #[cfg(test)]
    pub(crate) fn of_tests(text: &str) -> Runs {
        let schedule = parse(text).unwrap();
        Runs::Cron(Box::new(Self { schedule, working_day: None, only_working_days: false }))
    }

    /// The time of day at which it first comes.
    pub(super) fn first_time(&self) -> NaiveTime {
        self.after(&weekends(), start()).next().map_or(NaiveTime::MIN, |wall| wall.time())
    }

    /// Its times after a moment, in order, each once.
    fn after<'c>(
        &'c self,
        calendar: &'c Calendar,
        after: NaiveDateTime,
    ) -> impl Iterator<Item = NaiveDateTime> + 'c {
        // Read as universal time the expression knows no gap and no overlap; London's are put in later.
        let walls = self.schedule.after_owned(Utc.from_utc_datetime(&after)).map(|at| at.naive_utc());
        let last = dates::add_months(after.date(), YEARS_AHEAD * 12);
        walls
            .take_while(move |wall| wall.date() <= last)
            .filter(|wall| self.lets_through(calendar, wall.date()))
    }

    fn lets_through(&self, calendar: &Calendar, date: NaiveDate) -> bool {
        let works = calendar.is_working_day(date);
        let number = || {
            let before = date.with_day(1).unwrap_or(date).iter_days().take_while(|day| *day <= date);
            before.filter(|day| calendar.is_working_day(*day)).count()
        };
        (works || !self.only_working_days)
            && self.working_day.is_none_or(|wanted| works && u32::try_from(number()) == Ok(wanted))
    }
}

/// A calendar that knows weekends alone: what never comes by it never comes.
fn weekends() -> Calendar {
    Calendar { year_starts: 4, bank_holidays: Vec::new() }
}

/// A day from which expressions are tried; any will do.
fn start() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2024, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN)
}

/// A cron expression of six fields, or what is wrong with it and how to correct it.
fn parse(text: &str) -> Result<Schedule, (String, String)> {
    let wrong =
        |message: String, help: &str| Err((format!("`cron` is \"{text}\"; {message}"), help.to_owned()));
    let example = "write second, minute, hour, day, month and weekday, for instance \"0 30 6 * * Mon\"";
    let fields: Vec<&str> = text.split_whitespace().collect();
    let (second, weekday) = (fields.first().copied(), fields.last().copied());
    match fields.len() {
        6 => {}
        5 => {
            let help = format!("put the second in front: \"0 {text}\"");
            return wrong("a line of a crontab has five fields, and this needs six".into(), &help);
        }
        count => {
            return wrong(format!("it has {}", crate::wording::plural(count, "field", "fields")), example);
        }
    }
    if !second.unwrap_or_default().bytes().all(|b| b.is_ascii_digit()) {
        return wrong("the first field is the second, one number".into(), example);
    }
    let weekday = weekday.unwrap_or_default();
    if weekday.bytes().any(|b| b.is_ascii_digit()) {
        let message =
            format!("the weekday \"{weekday}\" is a number, and programs count from different days");
        return wrong(message, "write the name: Mon, Tue, Wed, Thu, Fri, Sat or Sun, for instance Mon-Fri");
    }
    match text.parse::<Schedule>() {
        Ok(schedule) => Ok(schedule),
        Err(_) => wrong("it cannot be understood".into(), example),
    }
}

/// Minutes in `90 minutes`, `26 hours`, `10 days`; at least one and at most 400 days.
pub(super) fn read_span(text: &str) -> Option<u32> {
    let (number, unit) = text.trim().split_once(' ')?;
    let minutes = match unit.trim() {
        "minute" | "minutes" => 1,
        "hour" | "hours" => 60,
        "day" | "days" => 24 * 60,
        _ => return None,
    };
    let span = number.parse::<u32>().ok()?.checked_mul(minutes)?;
    (1..=400 * 24 * 60).contains(&span).then_some(span)
}

impl Job {
    /// The times after a moment at which the job runs, in order, as a wall clock shows them.
    pub fn times_after<'j>(
        &'j self,
        calendar: &'j Calendar,
        after: NaiveDateTime,
    ) -> Box<dyn Iterator<Item = NaiveDateTime> + 'j> {
        match &self.runs {
            Runs::EveryDay => {
                let days = after.date().iter_days();
                Box::new(days.map(|day| day.and_time(self.at)).filter(move |wall| *wall > after))
            }
            Runs::AfterEachQuarter { working_day } => {
                // The sixtieth working day may lie in the quarter after the next.
                let first = calendar.quarter_before(calendar.quarter_before(after.date()).first);
                let quarters = std::iter::successors(Some(first), |quarter| {
                    let next = quarter.last.checked_add_days(Days::new(1))?;
                    (next.year() < NaiveDate::MAX.year()).then(|| calendar.quarter_of(next))
                });
                let days = quarters.map(|q| calendar.working_day_after(q.last, *working_day));
                Box::new(days.map(|day| day.and_time(self.at)).filter(move |wall| *wall > after))
            }
            Runs::Cron(cron) => Box::new(cron.after(calendar, after)),
        }
    }

    /// When the job runs, in words; two jobs with the same words run at the same times.
    pub fn timing(&self) -> String {
        let at = self.at.format("%H:%M");
        match &self.runs {
            Runs::EveryDay => format!("every day at {at}"),
            Runs::AfterEachQuarter { working_day } => {
                format!("at {at} on working day {working_day} after each quarter")
            }
            Runs::Cron(cron) => {
                let guard = match (cron.working_day, cron.only_working_days) {
                    (Some(day), _) => format!(", on working day {day} of the month"),
                    (None, true) => ", on working days".to_owned(),
                    (None, false) => String::new(),
                };
                format!("cron {}{guard}", cron.schedule.source())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::job::Missed;
    use super::*;

    fn wall(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
    }

    fn job(runs: Runs, at: &str) -> Job {
        let missed = Missed::Skip;
        Job {
            name: "j".into(),
            at: at.parse().unwrap(),
            runs,
            missed,
            documents: Vec::new(),
            makes_packs: false,
            line: 1,
        }
    }

    fn cron(text: &str, working_day: Option<u32>, only_working_days: bool) -> Runs {
        Runs::Cron(Box::new(Cron { schedule: parse(text).unwrap(), working_day, only_working_days }))
    }

    fn england() -> Calendar {
        let days = ["2026-04-03", "2026-04-06", "2026-12-25", "2026-12-28", "2027-01-01"];
        Calendar { year_starts: 4, bank_holidays: days.map(|d| d.parse().unwrap()).to_vec() }
    }

    fn next(runs: Runs, after: &str, count: usize) -> Vec<String> {
        let job = job(runs, "06:00:00");
        let calendar = england();
        let walls = job.times_after(&calendar, wall(after)).take(count);
        walls.map(|w| w.format("%a %Y-%m-%dT%H:%M").to_string()).collect()
    }

    #[test]
    fn readable_keys_give_their_times() {
        assert_eq!(
            next(Runs::EveryDay, "2026-03-28T06:00", 2),
            ["Sun 2026-03-29T06:00", "Mon 2026-03-30T06:00"]
        );
        let quarterly = || Runs::AfterEachQuarter { working_day: 10 };
        let dates = ["Tue 2026-07-14T06:00", "Wed 2026-10-14T06:00", "Fri 2027-01-15T06:00"];
        assert_eq!(next(quarterly(), "2026-07-14T05:59", 3), dates);
        assert_eq!(next(quarterly(), "2026-07-14T06:00", 1), &dates[1..2]);
        let sixtieth = next(Runs::AfterEachQuarter { working_day: 60 }, "2026-07-10T00:00", 1);
        assert_eq!(sixtieth, ["Tue 2026-09-22T06:00"]);
    }

    #[test]
    fn cron_expressions_with_their_guards() {
        let mondays = next(cron("0 30 6 * * Mon", None, false), "2026-04-01T00:00", 2);
        assert_eq!(mondays, ["Mon 2026-04-06T06:30", "Mon 2026-04-13T06:30"]);
        let working = next(cron("0 30 6 * * Mon", None, true), "2026-04-01T00:00", 1);
        assert_eq!(working, ["Mon 2026-04-13T06:30"], "6 April is Easter Monday");
        let first = next(cron("0 30 6 1-8 1,4,7,10 *", Some(1), false), "2026-12-31T00:00", 1);
        assert_eq!(first, ["Mon 2027-01-04T06:30"], "New Year's Day is a Friday");
    }

    #[test]
    fn what_cron_would_misunderstand_is_refused_with_a_sentence() {
        let said = |text: &str| parse(text).unwrap_err();
        assert!(said("30 6 * * 1").1.contains("\"0 30 6 * * 1\""));
        assert!(said("0 30 6 * * 1").0.contains("programs count from different days"));
        assert!(said("0 30 6 * * Mon-5").0.contains("Mon-5"));
        assert!(said("@daily").0.contains("it has 1 field"));
        assert!(said("* * * * * *").0.contains("the second, one number"));
        assert!(said("0 61 6 * * *").0.contains("cannot be understood"));
        assert!(said("0 0 6 * * * 2026").0.contains("7 fields"));
    }

    #[test]
    fn spans_of_time() {
        assert_eq!(read_span("26 hours"), Some(1560));
        assert_eq!(read_span("10 days"), Some(14_400));
        assert_eq!((read_span("0 hours"), read_span("soon"), read_span("5 years")), (None, None, None));
    }
}
