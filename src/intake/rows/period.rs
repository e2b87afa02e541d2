//! Periods as people and systems write them: months, quarters and years, in cells and in names of files.

use std::sync::LazyLock;

use regex::Regex;

use super::date::{is_figures, month, text_date};
use super::value::Flaw;
use crate::diagnostic::Code;
use crate::intake::cell::Cell;
use crate::pipeline::DateOrder;

/// A period as text that sorts by time: `2026-05`, `2025-26`, `2026-27 Q1`, `2026`. A date stands for its
/// month.
///
/// # Errors
/// If it is neither a month nor a quarter, year or date, or if anything else stands beside it.
pub(super) fn period(cell: &Cell, order: DateOrder, two_digits: bool) -> Result<String, Flaw> {
    if let Cell::Date(date) = cell
        && !cell.is_day_zero()
    {
        return Ok(date.format("%Y-%m").to_string());
    }
    let shown = cell.shown();
    let as_date = || text_date(&shown, order, two_digits).ok();
    let found = written(&shown).or_else(|| as_date().map(|date| date.format("%Y-%m").to_string()));
    found.ok_or_else(|| {
        Flaw::new(
            Code::BadDate,
            format!("\"{}\" is not a month, a quarter or a year", crate::intake::cell::shortened(&shown)),
            "write 2026-06 or June 2026 for a month, 2026-27 Q1 for a quarter, 2026-27 or 2026 for a year",
        )
    })
}

/// A period that the name of a file says. Names write years of two parts in more ways than cells do: `22-23`,
/// `2223`, `202223`, `FY22`.
pub(super) fn period_in_name(text: &str, order: DateOrder, two_digits: bool) -> Option<String> {
    let text = text.trim();
    // 1920 is 2019-20: no file of ours is older than its makers.
    if text.starts_with("19") && text < "1950" {
        return named_year(text);
    }
    let cell = Cell::Text(text.to_owned());
    period(&cell, order, two_digits).ok().or_else(|| named_year(text))
}

/// The year of two parts that a whole text is.
fn named_year(text: &str) -> Option<String> {
    static YEAR: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)^(?:fy|financial year|year)?[ _-]?(20)?(\d\d)(?: ?[-_/\u{2010}-\u{2015}] ?|_| to )?(20)?(\d\d)$").ok()
    });
    let found = YEAR.as_ref()?.captures(text)?;
    let number = |group: usize| found.get(group).and_then(|part| part.as_str().parse::<u32>().ok());
    let (from, to) = (number(2)?, number(4)?);
    // 2021 alone is a year of the calendar, as in cells, and 09-10 may be a day.
    let century = found.get(1).is_some() || found.get(3).is_some();
    let follows = (from + 1) % 100 == to && text != "2021" && (century || from > 12);
    follows.then(|| format!("20{from:02}-{to:02}"))
}

/// The one period that a text says in any usual form of a year: what a file's name holds between other words.
pub(super) fn year_within(text: &str) -> Result<Option<String>, Vec<String>> {
    static RUNS: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\d+(?:(?:[-_/\u{2010}-\u{2015}]| to )\d+)*").ok());
    let Some(runs) = RUNS.as_ref() else { return Ok(None) };
    let mut found: Vec<String> = Vec::new();
    let two_parts: Vec<String> = runs.find_iter(text).flat_map(|run| years_of(run.as_str())).collect();
    let calendar = runs.find_iter(text).map(|run| run.as_str().to_owned()).filter(|run| is_year(run));
    let all = if two_parts.is_empty() { calendar.collect() } else { two_parts };
    for year in all {
        if !found.contains(&year) {
            found.push(year);
        }
    }
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one.clone())),
        _ => Err(found),
    }
}

/// The years of two parts in a run of figures and marks: the whole of it, else any two neighbours of it.
fn years_of(run: &str) -> Vec<String> {
    if let Some(year) = named_year(run) {
        return vec![year];
    }
    let parts: Vec<&str> = run.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let pairs = parts.windows(2).filter_map(|pair| named_year(&pair.join("-")));
    let alone = parts.iter().filter(|part| matches!(part.len(), 4 | 6)).filter_map(|part| named_year(part));
    // A day of the calendar, such as 2022-07-14, holds no year of two parts.
    let month = parts.get(1).and_then(|part| part.parse::<u32>().ok()).is_some_and(|m| (1..=12).contains(&m));
    let is_day = parts.len() == 3 && month && parts.iter().any(|part| part.len() == 4);
    let mut years: Vec<String> = if is_day { Vec::new() } else { pairs.chain(alone).collect() };
    years.dedup();
    years
}

/// A month, a quarter or a year, if the whole text is one.
fn written(text: &str) -> Option<String> {
    let text = crate::intake::code::seen(text);
    let parts = parts(text.trim())?;
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        [only] if is_year(only) => Some((*only).to_owned()),
        [only] if is_figures(only) && only.len() == 6 => {
            let (year, number) = only.split_at_checked(4)?;
            in_year(year, number.parse().ok()?)
        }
        [name, year] | [year, name] if is_year(year) && month(name).is_some() => in_year(year, month(name)?),
        // Jun-26.
        [name, year] if is_figures(year) && year.len() == 2 && month(name).is_some() => {
            in_year(&format!("20{year}"), month(name)?)
        }
        [number, year] if is_figures(number) && number.len() <= 2 && is_year(year) => {
            in_year(year, number.parse().ok()?)
        }
        [year, rest] => {
            let short = is_figures(rest) && rest.len() <= 2;
            let as_month = || short.then(|| in_year(year, rest.parse().ok()?)).flatten();
            as_month().or_else(|| years(year, rest))
        }
        [fy, year, to] if fy.eq_ignore_ascii_case("fy") => years(year, to),
        [q, number, year, to] | [year, to, q, number] if is_quarter(q, number) => {
            years(year, to).map(|years| format!("{years} Q{number}"))
        }
        _ => None,
    }
}

fn is_year(text: &str) -> bool {
    is_figures(text) && text.len() == 4 && (text.starts_with("20") || text.starts_with("19"))
}

fn is_quarter(q: &str, number: &str) -> bool {
    ["q", "qtr", "quarter"].contains(&q.to_lowercase().as_str()) && matches!(number, "1" | "2" | "3" | "4")
}

/// 2026-27: the second year follows the first, of which it has two digits or all four.
fn years(year: &str, to: &str) -> Option<String> {
    let next = year.parse::<u32>().ok()? + 1;
    let follows = to == next.to_string() || to == format!("{:02}", next % 100);
    (is_year(year) && follows).then(|| format!("{year}-{:02}", next % 100))
}

fn in_year(year: &str, number: u32) -> Option<String> {
    (is_year(year) && (1..=12).contains(&number)).then(|| format!("{year}-{number:02}"))
}

/// The runs of figures and of letters. None if anything stands between them that no period has.
fn parts(text: &str) -> Option<Vec<String>> {
    let between = |c: char| {
        c.is_whitespace() || matches!(c, '-' | '/' | '_' | '.' | ',' | '\u{2010}'..='\u{2015}' | '\u{2212}')
    };
    let ends = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    if !ends(text.chars().next()) || !ends(text.chars().next_back()) {
        return None;
    }
    let mut parts: Vec<String> = Vec::new();
    let mut last: Option<bool> = None;
    for c in text.chars() {
        let kind = match c {
            c if c.is_ascii_digit() => Some(true),
            c if c.is_alphabetic() => Some(false),
            c if between(c) => None,
            _ => return None,
        };
        match (kind, parts.last_mut()) {
            (Some(k), Some(part)) if last == Some(k) => part.push(c),
            (Some(_), _) => parts.push(c.to_string()),
            (None, _) => {}
        }
        last = kind;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_sort_by_time() {
        let read = |text: &str| period(&Cell::Text(text.into()), DateOrder::DayMonthYear, false);
        for (texts, canonical) in [
            (
                &["May 2026", "2026-05", "2026/5", "05/2026", "May-26", "202605", "01/05/2026", "2026-05-01"]
                    [..],
                "2026-05",
            ),
            (&["2025/26", "2025-26", "2025-2026", "2025_26", "FY 2025-26", "FY2025/26"], "2025-26"),
            (&["Q1 2026-27", "2026-27 Q1", "2026/27 q1", "Quarter 1 2026-27"], "2026-27 Q1"),
            (&["2026", " 2026 "], "2026"),
            (&["2099-2100"], "2099-00"),
        ] {
            for text in texts {
                assert_eq!(read(text).ok().as_deref(), Some(canonical), "{text}");
            }
        }
        let odd = [
            "banana",
            "2026-13",
            "31/06/2026",
            "wave 3",
            "202613",
            "Q5 2026-27",
            "Q1 2026-28",
            "2026-2028",
            "1",
            "\u{e9}2026",
            "2026?",
            "~2026",
            "not 2026-05",
            "about June 2026",
            "June 2026 (provisional)",
            "June 2026 12:00",
            "<2026-05",
            "1e1",
        ];
        for text in odd {
            let flaw = read(text).unwrap_err();
            assert_eq!(flaw.code, Code::BadDate, "{text}");
            assert!(flaw.help.contains("June 2026 for a month"), "{}", flaw.help);
        }
    }

    #[test]
    fn a_name_writes_its_year_in_many_forms() {
        let read = |text: &str| period_in_name(text, DateOrder::DayMonthYear, false);
        for text in [
            "2022-23",
            "22-23",
            "2223",
            "2022_23",
            "202223",
            "2022/23",
            "22/23",
            "22_23",
            "FY22-23",
            "FY2223",
            "FY 2022-23",
            "fy2022_23",
            "2022-2023",
            "20222023",
            "2022 to 23",
            "2022\u{2013}23",
        ] {
            assert_eq!(read(text).as_deref(), Some("2022-23"), "{text}");
        }
        for text in ["22-24", "2224", "202224", "banana", "2022-21", "23-22"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("1920").as_deref(), Some("2019-20"));
        assert_eq!(read("09-10"), None, "a day, or a year");
        assert_eq!(read("2021").as_deref(), Some("2021"), "one year of the calendar");
        assert_eq!(read("202012").as_deref(), Some("2020-12"), "a month");
    }

    #[test]
    fn the_year_is_found_among_the_words_of_a_name() {
        for name in [
            "qof-2022-23.csv",
            "NHS payments 22-23 v1.csv",
            "nhspaymentsgp-2223-prac-csv.csv",
            "qof_2022_23_prev_ach.csv",
            "QOF202223.xlsx",
            "FY22-23 payments final 2.csv",
            "payments-22-23-2022-23.csv",
            "payments 2022-23 as at 2024-01-05.csv",
            "2022-23-v2.csv",
            "payments_2022-23_1.csv",
        ] {
            assert_eq!(year_within(name), Ok(Some("2022-23".to_owned())), "{name}");
        }
        for name in
            ["payments.csv", "payments 22.csv", "2024-01-05 payments.csv", "list-2026-07-14.csv", "a 1-2.csv"]
        {
            assert_eq!(year_within(name), Ok(None), "{name}");
        }
        assert_eq!(year_within("imd 2019.csv"), Ok(Some("2019".to_owned())));
        assert_eq!(
            year_within("2021-22 and 2022-23.csv"),
            Err(vec!["2021-22".to_owned(), "2022-23".to_owned()])
        );
    }
}
