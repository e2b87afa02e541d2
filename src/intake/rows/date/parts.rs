//! The parts of a date that is written as text, and whether anything else stands beside it.

use chrono::Weekday;

use super::is_figures;

/// A date as it is written: three parts, in the order in which they stand.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// Figures or the name of a month.
    pub(super) parts: [String; 3],
    /// Whether a time of day with AM or PM follows.
    pub(super) half_day: bool,
    /// The weekdays that stand before and after it.
    pub(super) weekdays: Vec<Weekday>,
}

impl Written {
    /// Whether the order of day and month has to be known: three figures, the year last.
    pub(super) fn order_matters(&self) -> bool {
        let [a, b, _] = &self.parts;
        is_figures(a) && is_figures(b) && a.len() <= 2
    }
}

/// Reads a text that is a date, with a weekday before or after it and a time of day after it if there is one.
/// None if anything else stands there.
pub(super) fn written(text: &str) -> Option<Written> {
    let text = crate::intake::code::seen(text);
    let text = text.trim();
    let (before, text) = weekday_before(text);
    let (parts, rest) = three_parts(text).or_else(|| eight_figures(text))?;
    let (after, rest) = weekday_after(rest);
    let half_day = match rest {
        "" => false,
        time => time_of_day(time)?,
    };
    Some(Written { parts, half_day, weekdays: before.into_iter().chain(after).collect() })
}

/// Whether a part of the text is a date by itself, so that it is what stands beside it that is wrong.
pub(super) fn has_a_date_inside(text: &str) -> bool {
    let starts = text.char_indices().map(|(at, _)| at).take(60);
    starts.filter_map(|at| text.get(at..)).any(|rest| {
        let figure = rest.starts_with(|c: char| c.is_ascii_digit());
        figure
            && three_parts(rest).is_some_and(|([a, b, c], _)| {
                let years = [&a, &c].into_iter().filter(|part| is_figures(part) && part.len() == 4);
                years.count() == 1 && (is_figures(&b) || month(&b).is_some())
            })
    })
}

/// Three runs of figures or letters with the same mark between them, and what follows them.
fn three_parts(text: &str) -> Option<([String; 3], &str)> {
    let (a, rest) = part(text)?;
    let (first, rest) = mark(rest);
    let (b, rest) = part(rest)?;
    // 14 Sept. 2026.
    let spaced = |rest: &&str| month(b).is_some() && rest.starts_with(char::is_whitespace);
    let rest = rest.strip_prefix('.').filter(spaced).unwrap_or(rest);
    let (second, rest) = mark(rest);
    let (c, rest) = part(rest)?;
    let named = [a, b].into_iter().any(|part| month(part).is_some());
    // 14JUL2026 has no marks; with the month in words, a space and nothing are one kind: 14 July, 2026.
    let loose = |mark: &str| named && matches!(mark, "" | " ");
    let alike = first == second || (loose(first) && loose(second));
    let figures = [a, b, c].into_iter().filter(|part| is_figures(part)).count();
    let letters_between = figures == 3 && (first.is_empty() || second.is_empty());
    let ends = rest.starts_with(|c: char| c.is_alphanumeric());
    let whole = alike && !letters_between && (figures == 3 || (figures == 2 && named));
    // A run of figures or letters that goes on is no end: 14JUL2026T06:00 does.
    let ended = !ends || rest.starts_with(['T', 't']) && is_figures(c);
    (whole && ended).then(|| ([a, b, c].map(str::to_owned), rest))
}

/// 20260714.
fn eight_figures(text: &str) -> Option<([String; 3], &str)> {
    let (figures, rest) = part(text)?;
    if figures.len() != 8
        || !is_figures(figures)
        || rest.starts_with(|c: char| c.is_alphanumeric() && c != 'T')
    {
        return None;
    }
    let (year, rest_of_it) = figures.split_at(4);
    let (month, day) = rest_of_it.split_at(2);
    Some(([year, month, day].map(str::to_owned), rest))
}

/// A run of figures or of letters at the start of a text, without an ordinal ending, and what follows.
fn part(text: &str) -> Option<(&str, &str)> {
    let first = text.chars().next()?;
    let same = |c: char| match first.is_ascii_digit() {
        true => c.is_ascii_digit(),
        false => c.is_alphabetic(),
    };
    let end = text.find(|c: char| !same(c)).unwrap_or(text.len());
    let (part, rest) = text.split_at(end);
    if part.is_empty() {
        return None;
    }
    let ordinal = ["st", "nd", "rd", "th"].into_iter().find_map(|ending| {
        let after =
            rest.get(..2).filter(|after| after.eq_ignore_ascii_case(ending)).and_then(|_| rest.get(2..))?;
        (is_figures(part) && part.len() <= 2 && !after.starts_with(char::is_alphanumeric)).then_some(after)
    });
    Some((part, ordinal.unwrap_or(rest)))
}

/// What stands between two parts, as one kind of mark, and what follows it.
fn mark(text: &str) -> (&'static str, &str) {
    let between = |c: char| c.is_whitespace() || matches!(c, ',');
    let rest = text.trim_start_matches(between);
    let dash = |c: char| matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    let (kind, after) = match rest.chars().next() {
        Some('/') => ("/", rest.get(1..)),
        Some('.') => (".", rest.get(1..)),
        Some(c) if dash(c) => ("-", rest.get(c.len_utf8()..)),
        _ if rest.len() < text.len() => (" ", Some(rest)),
        _ => ("", Some(rest)),
    };
    let after = after.unwrap_or_default().trim_start();
    // 14th of July.
    let of = after.get(..3).filter(|of| kind == " " && of.eq_ignore_ascii_case("of "));
    (kind, of.and_then(|_| after.get(3..)).unwrap_or(after).trim_start())
}

fn weekday_before(text: &str) -> (Option<Weekday>, &str) {
    let (word, rest) = text.split_at(text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len()));
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    let rest = rest.strip_prefix(',').unwrap_or(rest);
    match weekday(word) {
        Some(day) if rest.starts_with(|c: char| c.is_whitespace() || c.is_ascii_digit()) => {
            (Some(day), rest.trim_start())
        }
        _ => (None, text),
    }
}

fn weekday_after(rest: &str) -> (Option<Weekday>, &str) {
    let bare = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
    let inner = bare.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let (word, after) = match inner {
        Some((word, after)) => (word, after),
        None => bare.split_at(bare.find(|c: char| !c.is_alphabetic()).unwrap_or(bare.len())),
    };
    match weekday(word) {
        Some(day) if rest.len() > bare.len() => (Some(day), after),
        _ => (None, rest),
    }
}

/// The weekday of a word: its name in full or in the usual short forms.
fn weekday(word: &str) -> Option<Weekday> {
    const SHORT: [&str; 4] = ["tues", "weds", "thur", "thurs"];
    let word = word.to_lowercase();
    let named = |day: &Weekday| super::NAMES.get(day.num_days_from_monday() as usize).copied().unwrap_or("");
    let meant = |day: &Weekday| {
        let name = named(day).to_lowercase();
        name == word
            || (name.starts_with(word.get(..3).unwrap_or("-"))
                && (word.len() == 3 || SHORT.contains(&word.as_str())))
    };
    let mut days = std::iter::successors(Some(Weekday::Mon), |day| Some(day.succ())).take(7);
    days.find(meant)
}

/// Reads what follows a date as a time of day: `T06:00:00Z`, ` 06:00`, `, 6:00 am`. Whether it says AM or PM;
/// none if it is something else.
fn time_of_day(text: &str) -> Option<bool> {
    let bare = text.strip_prefix(['T', 't']).unwrap_or(text);
    let bare = bare.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
    if bare.len() == text.len() {
        return None;
    }
    let bare = bare.strip_prefix("at ").unwrap_or(bare);
    let end = bare.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.'))).unwrap_or(bare.len());
    let (clock, rest) = bare.split_at(end);
    let mut numbers = clock.splitn(3, ':');
    let within = |text: Option<&str>, most: u32| {
        let number: u32 = text.filter(|t| is_figures(t) && t.len() <= 2)?.parse().ok()?;
        (number <= most).then_some(number)
    };
    within(numbers.next(), 24)?;
    within(numbers.next(), 59)?;
    if let Some(seconds) = numbers.next() {
        let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
        within(Some(whole), 60).filter(|_| is_figures(fraction))?;
    }
    let rest = rest.trim().to_lowercase();
    let rest = rest.replace('.', "");
    let (half, zone) = match rest.strip_prefix("am").or_else(|| rest.strip_prefix("pm")) {
        Some(zone) => (true, zone.trim()),
        None => (false, rest.as_str()),
    };
    is_zone(zone).then_some(half)
}

fn is_zone(text: &str) -> bool {
    if matches!(text, "" | "z" | "utc" | "gmt" | "bst") {
        return true;
    }
    let Some(offset) = text.strip_prefix(['+', '-']) else { return false };
    let figures = offset.replace(':', "");
    is_figures(&figures) && matches!(figures.len(), 2 | 4)
}

/// The number of a month, by its name or its first three letters.
pub(in crate::intake::rows) fn month(text: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let text = text.to_lowercase();
    if text.len() < 3 || !text.chars().all(|c| c.is_ascii_lowercase()) {
        return None;
    }
    let text = if text == "sept" { "sep".to_owned() } else { text };
    let found =
        MONTHS.iter().position(|month| *month == text || (text.len() == 3 && month.starts_with(&text)))?;
    u32::try_from(found + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_a_weekday_and_a_time_may_stand_beside_a_date() {
        let parts = |text: &str| written(text).map(|w| (w.parts.join("|"), w.half_day));
        for (text, read) in [
            ("14/07/2026", ("14|07|2026", false)),
            ("Tue 14/07/2026", ("14|07|2026", false)),
            ("Tuesday, 14 July 2026", ("14|July|2026", false)),
            ("14 July 2026 (Tuesday)", ("14|July|2026", false)),
            ("14/07/2026 Tue", ("14|07|2026", false)),
            ("14/07/2026 2:30 PM", ("14|07|2026", true)),
            ("14/07/2026, 2:30:05 p.m.", ("14|07|2026", true)),
            ("2026-07-14T06:00:00.000Z", ("2026|07|14", false)),
            ("2026-07-14 06:00:00+01:00", ("2026|07|14", false)),
            ("20260714T0600", ("", false)),
            ("14 Sept. 2026", ("14|Sept|2026", false)),
            ("14\u{2013}07\u{2013}2026", ("14|07|2026", false)),
            ("14\u{200b}/07/2026", ("14|07|2026", false)),
        ] {
            let expected = (!read.0.is_empty()).then(|| (read.0.to_owned(), read.1));
            assert_eq!(parts(text), expected, "{text}");
        }
        for text in [
            "Cancelled 10/06/2026",
            "not 10/06/2026",
            "DNA 10/06/2026",
            "TBC 10/06/2026",
            "before 10 June 2026",
            "extend 01/10/2026",
            "due: 10/06/2026",
            "10/06/2026 TBC",
            "10/06/2026 cancelled",
            "10 June 2026 provisional",
            "10/06/2026 or 11/06/2026",
            "10/06/2026 - 12/06/2026",
            "10/06/2026?",
            "<14/06/2026",
            "~14/06/2026",
            "?14/06/2026",
            "(14/06/2026)",
            "14/06/2026*",
            "10/06-2026",
            "10.06/2026",
            "10/06 2026",
            "Mon Tue 10/06/2026",
            "Monday",
            "1e1",
            "10/06/2026 25:00",
            "10/06/2026 10:00 sharp",
            "10/06/2026 phone",
            "w/c 10/06/2026",
            "x10/06/2026",
        ] {
            assert_eq!(parts(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_among_words_is_known_as_one() {
        assert!(has_a_date_inside("Cancelled 10/06/2026"));
        assert!(has_a_date_inside("~14 June 2026"));
        assert!(!has_a_date_inside("soon"));
        assert!(!has_a_date_inside("item 12"));
    }
}
