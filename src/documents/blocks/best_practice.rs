//! Best practice that visits found and practices are willing to share.

use crate::dates::short;
use crate::documents::content::{Block, Cell, Column, Kind, Table, Words};
use crate::documents::context::Context;
use crate::documents::{Material, Reader, keys, names_a_practice};

pub(super) fn block(context: &Context<'_>) -> Block {
    let Context { material, reader, .. } = *context;
    let mut block = context.block();
    let (rows, withheld) = found(material, reader);
    let columns = match reader.named() {
        true => vec![
            Column::text("Practice", None),
            Column::text("What was found", 30),
            Column::text("Themes", 22),
            Column::of(Kind::Date, "Visit", 13),
        ],
        false => vec![Column::text("What was found", None), Column::text("Themes", 40)],
    };
    let caption = format!("Found at visits of the {} and free to share", material.period.every.word());
    let mut table = Table::new("best-practice", caption, columns).rows(rows);
    table.names = reader.named().then_some(0);
    let empty = match context.received("visits") {
        true => format!(
            "No best practice that may be shared was recorded at a visit of the {}.",
            material.period.every.word()
        ),
        false => "No sheet of visits has been received, so nothing is known of best practice.".to_owned(),
    };
    block.table(table, &empty);
    let left_out = left_out(material, reader, withheld);
    if !left_out.is_empty() {
        block.paragraph(left_out);
    }
    block.written(context.written());
    block
}

/// What was found, and how many entries are not shown.
fn found(material: &Material<'_>, reader: Reader<'_>) -> (Vec<Vec<Cell>>, usize) {
    let cells = material.fact("visits");
    let (mut found, mut withheld) = (Vec::new(), 0);
    for row in 0..cells.height() {
        let Some(on) = cells.date("visit_date", row).filter(|d| material.period.contains(*d)) else {
            continue;
        };
        let (Some(text), Some(code)) = (cells.text("best_practice", row), cells.text("practice", row)) else {
            continue;
        };
        let shareable = cells.truth("best_practice_shareable", row) == Some(true);
        if !shareable || (!reader.named() && names_a_practice(material, &text)) {
            withheld += 1;
            continue;
        }
        let themes = Cell::words(cells.texts("themes", row).join(", "));
        let source = cells.file(row).map(crate::intake::Receipt::number).unwrap_or_default();
        let visit = Cell { words: Words::from(short(on)).line().muted(source), ..Cell::day(Some(on), "") };
        let practice = || Cell::words(format!("{} ({code})", material.name(&code)));
        let row = match reader.named() {
            true => vec![practice(), Cell::words(&text), themes, visit],
            false => vec![Cell::words(&text), themes],
        };
        found.push((text, row));
    }
    if !reader.named() {
        // The order of the sheet could tell who is meant.
        found.sort_by(|a, b| a.0.cmp(&b.0));
    }
    // Each was found at a visit of the period, and what is printed can be counted.
    let printed = keys::paragraphs(material.as_of, "what was found");
    reader.known(&printed, found.len());
    let mut of_visits = vec![printed];
    if withheld > 0 {
        of_visits.push(keys::left_out(material.as_of, "what was found"));
    }
    reader.balance([keys::visits(&material.period, "all")], of_visits, true);
    (found.into_iter().map(|(_, row)| row).collect(), withheld)
}

/// How many findings are left out, and why.
fn left_out(material: &Material<'_>, reader: Reader<'_>, count: usize) -> String {
    if count == 0 {
        return String::new();
    }
    let told = reader.say(&keys::left_out(material.as_of, "what was found"), count);
    let entries = told.words("more entry is", "more entries are");
    match reader.named() {
        true => format!("{entries} not for sharing."),
        false => format!("{entries} left out, because not for sharing or because a practice would be told."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::sample::Sample;

    #[test]
    fn what_is_not_for_sharing_is_counted_and_not_printed() {
        let mut sample = Sample::new("2026-10-14");
        sample.practice("P81001", Some(2)).outcome.practice.name = "ALDERBECK SURGERY".to_owned();
        sample.fact(
            "visits",
            &[
                "practice = P81001; visit_date = 2026-07-02; best_practice = Walking group; \
                 best_practice_shareable = Yes; themes = Workforce, Estates",
                "practice = P81001; visit_date = 2026-07-03; best_practice = A secret; \
                 best_practice_shareable = No",
                "practice = P81001; visit_date = 2026-07-04; best_practice = The Alderbeck way; \
                 best_practice_shareable = Yes",
                "practice = P81001; visit_date = 2026-06-30; best_practice = Of the quarter before; \
                 best_practice_shareable = Yes",
            ],
        );
        let material = sample.material();
        let named = sample.block(&material, "best-practice", Reader::NAMED);
        assert_eq!(
            named.texts("best-practice")[1..],
            [
                ["Alderbeck Surgery (P81001)", "Walking group", "Workforce, Estates", "2 Jul 2026 R0001"],
                ["Alderbeck Surgery (P81001)", "The Alderbeck way", "", "4 Jul 2026 R0001"],
            ]
            .map(|row| row.map(str::to_owned).to_vec())
        );
        assert_eq!(named.paragraphs(), ["1 more entry is not for sharing."]);
        let public = sample.block(&material, "best-practice", Reader::public(material.figures()));
        assert_eq!(
            public.texts("best-practice")[1..],
            [["Walking group".to_owned(), "Workforce, Estates".to_owned()]]
        );
    }
}
