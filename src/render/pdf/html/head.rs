//! The head: what the document says about itself.

use super::super::error::RenderError;
use super::super::tree::{Date, Meta};
use super::element::{Child, Element};

const NAMES: [&str; 9] = [
    "author",
    "subject",
    "keywords",
    "date",
    "classification",
    "header",
    "footer",
    "viewport",
    "color-scheme",
];

/// Reads `<html lang>` and everything in `<head>`.
pub(super) fn meta(html: Element<'_>, head: Element<'_>) -> Result<Meta, RenderError> {
    let lang = html.attribute("lang").unwrap_or_default().trim();
    if !is_language(lang) {
        return Err(html.missing("a language, e.g. lang=\"en-GB\""));
    }
    let mut meta = Meta { lang: lang.into(), ..Meta::default() };
    for child in head.children()? {
        let Child::Element(element) = child else {
            continue;
        };
        match element.name() {
            "title" => meta.title = element.words(),
            "meta" => entry(element, &mut meta)?,
            // The web view's own dress.
            "style" | "link" => {}
            name => {
                return Err(RenderError::Element {
                    place: element.place(),
                    name: name.into(),
                    allowed: "title, meta, style, link".into(),
                });
            }
        }
    }
    match meta.title.is_empty() {
        true => Err(head.missing("a <title> that is not empty")),
        false => Ok(meta),
    }
}

fn entry(element: Element<'_>, meta: &mut Meta) -> Result<(), RenderError> {
    let Some(name) = element.attribute("name") else {
        return match element.attribute("charset").or(element.attribute("http-equiv")) {
            Some(_) => Ok(()),
            None => Err(element.missing("a name, e.g. name=\"author\"")),
        };
    };
    let content = element.attribute("content").unwrap_or_default();
    let content = content.split_whitespace().collect::<Vec<_>>().join(" ");
    let filled = Some(content.clone()).filter(|c| !c.is_empty());
    match name {
        "author" => meta.author = filled,
        "subject" => meta.subject = filled,
        "keywords" => meta.keywords = filled,
        "classification" => meta.classification = filled,
        "header" => meta.header = filled,
        "footer" => meta.footer = filled,
        "date" => {
            let date = date(&content).ok_or_else(|| element.value("content", "a date such as 2026-03-31"))?;
            meta.date = Some(date);
        }
        "viewport" | "color-scheme" => {}
        _ => return Err(element.value("name", &NAMES.join(", "))),
    }
    Ok(())
}

/// A BCP 47 tag as far as its letters go.
fn is_language(tag: &str) -> bool {
    let part = |p: &str| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric());
    let first = tag.split('-').next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && tag.split('-').all(part)
}

/// Reads `YYYY-MM-DD`; a day the month does not have is none.
fn date(text: &str) -> Option<Date> {
    let digits = |from: usize, to: usize| {
        text.get(from..to).filter(|s| s.bytes().all(|b| b.is_ascii_digit()))?.parse::<u16>().ok()
    };
    if text.len() != 10 || text.get(4..5) != Some("-") || text.get(7..8) != Some("-") {
        return None;
    }
    let (year, month, day) = (digits(0, 4)?, digits(5, 7)?, digits(8, 10)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let date = Date { year, month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()? };
    (1..=last).contains(&day).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_of_the_calendar() {
        assert_eq!(date("2024-02-29"), Some(Date { year: 2024, month: 2, day: 29 }));
        for bad in
            ["2023-02-29", "2023-13-01", "2023-00-10", "1/2/2023", "2023-01-00", "20230-1-01", "２０２３"]
        {
            assert_eq!(date(bad), None, "{bad}");
        }
    }

    #[test]
    fn languages_are_tags() {
        assert!(is_language("en-GB") && is_language("cy"));
        assert!(!is_language("") && !is_language("english please") && !is_language("e"));
    }
}
