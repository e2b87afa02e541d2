//! What cannot wait in a file that was refused: a header with a fault keeps every row from counting, and a serious
//! concern must not stay unseen because of it.

use chrono::NaiveDate;

use super::{Fate, Taker};
use crate::intake::read::Book;
use crate::intake::sheet::as_far_as_known;
use crate::intake::urgent::{Urgent, urgent as of_rows};
use crate::intake::{Effect, Problem, guard};
use crate::pipeline::Feed;

/// The rows of a refused file that cannot wait, as far as they can be read. What is to be corrected is the file:
/// `problems` say why it was refused.
pub(super) fn urgent(
    book: &Book,
    feed: &Feed,
    name: &str,
    received: NaiveDate,
    problems: &[Problem],
) -> Vec<Urgent> {
    let mut refusing = problems.iter().filter(|p| p.effect == Effect::Rejected).map(|p| p.message.as_str());
    let first = refusing.next().unwrap_or_default();
    let why = match refusing.count() {
        0 => first.to_owned(),
        more => format!("{first}; and {more} more of the header"),
    };
    let mut out: Vec<Urgent> = Vec::new();
    for (index, layout) in feed.layouts.iter().enumerate() {
        let Some(rule) = layout.urgent.as_ref().filter(|_| layout.unpivot.is_none()) else { continue };
        for shape in as_far_as_known(book, layout, &rule.says) {
            let sheet = shape.sheet.name.clone();
            let mut taker = Taker::new(feed, layout, shape, name);
            taker.fill_from_elsewhere();
            taker.rows();
            let mut reading = taker.finish(index);
            guard::screen(book, feed, name, &mut reading);
            let mut rows = std::mem::take(&mut reading.rows);
            rows.iter_mut()
                .filter(|row| row.fate != Fate::Ignored)
                .for_each(|row| row.fate = Fate::Quarantined);
            let mut found = std::mem::take(&mut reading.problems);
            if let Some(guard) = &feed.guard {
                guard::conceal(&mut found, guard);
            }
            for row in of_rows(&rows, &found, &reading, feed, layout, received) {
                let of_sheet = if sheet.is_empty() { String::new() } else { format!(" of \"{sheet}\"") };
                let place = format!("the whole file; row {}{of_sheet}", row.row);
                if !out.iter().any(|other| other.place == place && other.says == row.says) {
                    out.push(Urgent { place, why: why.clone(), ..row });
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::intake::read::book;
    use crate::intake::take;
    use crate::pipeline::{Folder, load};

    /// What cannot wait in a concerns file that is refused, in words.
    fn told(csv: &str) -> Vec<String> {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
        let pipeline = load(&Folder::read(&dir).unwrap()).pipeline.unwrap();
        let feed = pipeline.feed("concerns-quality").unwrap();
        let on = "2026-10-14".parse().unwrap();
        let book = book(csv.as_bytes(), "concerns.csv").unwrap();
        let refused = take(&book, feed, "concerns.csv", on).expect_err("it is refused");
        let words = |row: &crate::intake::Urgent| {
            format!("{}. {}: {}", row.words(str::to_owned, on), row.place, row.why)
        };
        refused.urgent.iter().map(words).collect()
    }

    const ROW: &str = "X90001,25/06/2026,Serious,Open";
    const SAYS: &str = "Serious, practice code X90001. Date raised 25 June 2026, 111 days ago";

    #[test]
    fn a_missing_column_keeps_no_serious_row_unseen() {
        assert_eq!(
            told(&format!("Practice code,Date raised,Severity,Status\nX90002,25/06/2026,Low,Open\n{ROW}\n")),
            [format!("{SAYS}. the whole file; row 3: the column \"Reference\" is missing")]
        );
        assert_eq!(
            told("Severity,Practice code\nImmediate,X90001\nModerate,X90002\n").len(),
            1,
            "two columns are no header, and say enough"
        );
        let closed = told("Practice code,Date raised,Severity,Status\nX90001,25/06/2026,Serious,Closed\n");
        assert_eq!(closed, [] as [&str; 0]);
    }

    #[test]
    fn a_column_under_another_name_is_read_by_what_stands_in_it() {
        for header in
            ["Practice code,Date raised,RAG,Status,Ref", "Practice code,Date raised,Severity (1),Status,Ref"]
        {
            let said = told(&format!("{header}\n{ROW},Q-1\n"));
            assert_eq!(said.len(), 1, "{header}: {said:?}");
            assert!(said[0].starts_with(SAYS), "{said:?}");
        }
        // No header at all: who and how grave is known by the values.
        let said = told(&format!("{ROW},Q-1\nX90002,25/06/2026,Low,Open,Q-2\n"));
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("Serious, practice code X90001. "), "{said:?}");
    }

    #[test]
    fn of_a_column_that_is_there_twice_each_is_read() {
        let header = "Practice code,Date raised,Severity,Status,Reference,Severity";
        let rows = format!("{ROW},Q-1,Low\nX90002,25/06/2026,Low,Open,Q-2,Immediate\n");
        let said = told(&format!("{header}\n{rows}"));
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[1].starts_with("Immediate, practice code X90002"), "{said:?}");
    }

    #[test]
    fn separators_that_nobody_knows_hide_nothing() {
        let said = told(
            &"Practice code,Date raised,Severity,Status,Reference\nX90001,25/06/2026,Serious,Open,Q-1\n"
                .replace(',', "|"),
        );
        assert_eq!(said.len(), 1, "{said:?}");
    }
}
