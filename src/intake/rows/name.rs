//! What the name of a file says for columns that its sheet lacks.

use super::period::{period_in_name, year_within};
use crate::pipeline::{Feed, Layout, Says};

/// What a name says by each layout of a feed: a year, or what the layout's pattern finds. Two names that say
/// the same are read alike.
pub fn says_in_name(feed: &Feed, name: &str) -> Vec<Vec<String>> {
    feed.layouts.iter().map(|layout| by_layout(layout, name)).collect()
}

fn by_layout(layout: &Layout, name: &str) -> Vec<String> {
    match layout.file_name.as_ref().map(|from| &from.says) {
        None => Vec::new(),
        Some(Says::Year) => year_within(name).map_or_else(|years| years, |year| year.into_iter().collect()),
        Some(Says::Pattern(pattern)) => {
            let found = pattern.captures(name).and_then(|found| found.get(1)).map(|found| found.as_str());
            let period = |text: &str| period_in_name(text, layout.date_order, layout.two_digit_years);
            found.map(|text| period(text).unwrap_or_else(|| text.to_owned())).into_iter().collect()
        }
    }
}
