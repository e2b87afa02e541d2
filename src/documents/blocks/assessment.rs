//! Assessment: the dashboard, the indicators beside the other practices, what each team says, and what is
//! missing.

use std::collections::BTreeMap;

use crate::dates::{long, short};
use crate::documents::content::{Block, Cell, Column, Kind, Table, TableLook, Value, Words};
use crate::documents::context::Context;
use crate::documents::{Claim, Material};
use crate::pipeline::Indicator;
use crate::triangulate::Cells;
use crate::wording::number;
use polars::prelude::{IntoLazy, SortMultipleOptions};

pub(super) fn block(context: &Context<'_>) -> Block {
    let (material, code) = (context.material, context.standing().code());
    let mut block = context.block();
    let mut missing = Vec::new();
    if material.pipeline.facts.contains_key("score") {
        block.claims(dashboard(context, &mut missing));
    }
    let concerns = concerns(material, code);
    if concerns.is_empty() && material.pipeline.facts.contains_key("concerns") {
        missing.push("No team has an open concern about the practice.".to_owned());
    }
    if !missing.is_empty() {
        block.paragraph(missing.join(" "));
    }
    let columns = vec![
        Column::text("Team", 18),
        Column::text("Theme", 22),
        Column::text("Severity", 12),
        Column::of(Kind::Date, "Notified", 14),
        Column::text("What is shared", None),
    ];
    let caption = "Open concerns by the date on which the organisation was told";
    block.table(Table::new("concerns", caption, columns).look(TableLook::Compact).rows(concerns), "");
    let indicators = material.pipeline.indicators.iter();
    let rows: Vec<Vec<Cell>> = indicators.filter_map(|i| indicator(material, i, code)).collect();
    let columns = vec![
        Column::text("Indicator", None),
        Column::count("Practice", 16),
        Column::count("Median", 16),
        Column::text("Period", 16),
    ];
    let caption = "Indicators beside the median of all practices in scope in the same period";
    block.table(Table::new("indicators", caption, columns).look(TableLook::Compact).rows(rows), "");
    block
}

fn dashboard(context: &Context<'_>, missing: &mut Vec<String>) -> Vec<Claim> {
    let (material, standing) = (context.material, context.standing());
    let cells = material.fact("score");
    let row =
        (0..cells.height()).find(|row| cells.text("practice", *row).as_deref() == Some(standing.code()));
    let (Some(row), Some(score)) = (row, &standing.outcome.score) else {
        missing.push(context.text("no_score"));
        return Vec::new();
    };
    let stale = if score.stale { ", which is too old to be used for a level" } else { "" };
    let values = [("score", number(score.value).into()), ("date", long(score.extract_date).into())];
    let sources = material.receipts(&cells, [row]);
    let text = format!("{}{stale}.", context.say("score", &values));
    let mut claims: Vec<Claim> = Claim::new(text, sources.clone()).into_iter().collect();
    let flagged: Vec<String> = flags(material, standing.code(), row)
        .into_iter()
        .filter(|(_, count)| *count > 0.0)
        .map(|(domain, count)| format!("{domain} ({})", number(count)))
        .collect();
    if !flagged.is_empty() {
        claims.extend(Claim::new(format!("Flags by domain: {}.", flagged.join(", ")), sources));
    }
    claims
}

/// The flags of a practice by domain.
pub(super) fn flags<'m>(material: &Material<'m>, practice: &str, score_row: usize) -> Vec<(&'m str, f64)> {
    crate::triangulate::flags(material.known, &material.pipeline.domains, practice, score_row)
}

fn concerns(material: &Material<'_>, code: &str) -> Vec<Vec<Cell>> {
    let cells = material.fact("concerns");
    let mut rows: Vec<usize> =
        (0..cells.height()).filter(|row| cells.text("practice", *row).as_deref() == Some(code)).collect();
    rows.sort_by_key(|row| (cells.date("told", *row), *row));
    rows.into_iter()
        .map(|row| {
            // Only what the team marked as shareable; a sheet that withholds its text has none.
            let shareable = cells.truth("shareable", row) == Some(true);
            let text = cells.text("concern", row).filter(|_| shareable);
            let told = cells.date("told", row);
            let source = cells.file(row).map(crate::intake::Receipt::number).unwrap_or_default();
            let notified = Words::from(told.map(short).unwrap_or_default()).line().muted(source);
            vec![
                Cell::words(cells.text("team", row).unwrap_or_default()),
                Cell::words(cells.text("theme", row).unwrap_or_else(|| "not stated".to_owned())),
                Cell::words(cells.text("severity", row).unwrap_or_default()),
                Cell { words: notified, ..Cell::day(told, "") },
                Cell::words(match text {
                    Some(text) => Words::from(text),
                    None => Words::default().cited(held_by(material, &cells, row)),
                }),
            ]
        })
        .collect()
}

/// Who holds a text that is not shared. Of a sheet that withholds its text the reference stays with it too.
fn held_by(material: &Material<'_>, cells: &Cells<'_>, row: usize) -> String {
    let team = cells.text("team", row).unwrap_or_default();
    let feed = cells.text(crate::pipeline::FEED, row).and_then(|feed| material.pipeline.feed(&feed));
    let withheld = feed.is_some_and(|feed| feed.withhold.iter().any(|column| column == "concern"));
    match cells.text("reference", row).filter(|_| !withheld) {
        Some(reference) => format!("held by {team}, {reference}"),
        None => format!("held by {team}"),
    }
}

/// The latest value of an indicator for a practice, beside the median of all practices in scope in the
/// same period.
fn indicator(material: &Material<'_>, indicator: &Indicator, code: &str) -> Option<Vec<Cell>> {
    let fact = material.known.facts.get(&indicator.from)?;
    let mut rows = fact.clone().lazy();
    if let Some(filter) = &indicator.filter {
        rows = rows.filter(filter.expr(material.as_of));
    }
    let rows = rows
        .sort([indicator.period.as_str()], SortMultipleOptions::default().with_maintain_order(true))
        .collect()
        .ok()?;
    let cells = Cells::new(Some(&rows));
    let value = |row: usize| cells.number(&indicator.value, row).map(|v| v * indicator.scale);
    let own = (0..rows.height())
        .rev()
        .find(|row| cells.text("practice", *row).as_deref() == Some(code) && value(*row).is_some())?;
    let period = cells.text(&indicator.period, own)?;
    // Of a value restated in a later file, the later counts.
    let mut all: BTreeMap<String, f64> = BTreeMap::new();
    for row in
        (0..rows.height()).filter(|row| cells.text(&indicator.period, *row).as_deref() == Some(&period))
    {
        if let (Some(practice), Some(value)) = (cells.text("practice", row), value(row)) {
            all.insert(practice, value);
        }
    }
    let unit = if indicator.unit == "%" { "%".to_owned() } else { format!(" {}", indicator.unit) };
    let shown = |v: f64| {
        let words = format!("{v:.1}{}", unit.trim_end()).into();
        Cell { value: Value::Number(v), words }
    };
    Some(vec![
        Cell::words(&indicator.title),
        shown(*all.get(code)?),
        shown(median(all.into_values().collect())?),
        Cell::words(period),
    ])
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n.is_multiple_of(2) => Some(f64::midpoint(values[middle - 1], values[middle])),
        _ => Some(values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, median};
    use crate::documents::Reader;
    use crate::documents::context::About;
    use crate::documents::sample::Sample;

    fn assessment(sample: &Sample, practice: usize) -> Block {
        let about = About::Practice(&sample.standings[practice]);
        sample.block_about(&sample.material(), "assessment", Reader::NAMED, about)
    }

    #[test]
    fn an_indicator_is_that_of_the_latest_period_beside_the_median_of_it() {
        let mut sample = Sample::new("2026-07-14");
        sample.practice("P81001", Some(4));
        let row = |code: &str, period: &str, points: &str| {
            format!("practice = {code}; period = {period}; points = {points}")
        };
        let rows = [
            row("P81001", "2025-26", "91"),
            row("P81001", "2024-25", "80"),
            row("P81002", "2025-26", "95"),
            row("P81003", "2025-26", "92.04"),
            row("P81003", "2024-25", "20"),
            // Restated in a later file.
            row("P81002", "2025-26", "90.5"),
        ];
        sample.fact("qof", &rows.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(
            assessment(&sample, 0).texts("indicators")[1..],
            [["QOF points achieved", "91.0%", "91.0%", "2025-26"].map(str::to_owned)]
        );
    }

    #[test]
    fn concerns_are_those_of_the_practice_by_date_and_with_their_text_only_where_it_may_be_shared() {
        let mut sample = Sample::new("2026-07-14");
        sample.practice("P81001", Some(4));
        sample.practice("P81002", Some(4));
        sample.fact(
            "concerns",
            &[
                "practice = P81001; team = Quality; theme = Workforce; severity = Serious; told = 2026-07-02; \
                 shareable = Yes; concern = Long waits; reference = Q1",
                "practice = P81001; team = Estates; severity = Low; told = 2026-06-30; shareable = No; \
                 concern = The roof; reference = E7",
            ],
        );
        let said = assessment(&sample, 0);
        assert_eq!(
            said.texts("concerns")[1..],
            [
                ["Estates", "not stated", "Low", "30 Jun 2026 R0001", "held by Estates, E7"],
                ["Quality", "Workforce", "Serious", "2 Jul 2026 R0001", "Long waits"],
            ]
            .map(|row| row.map(str::to_owned).to_vec())
        );
        let no_score = "No variation score has been received: the dashboard does not assess the practice.";
        assert_eq!(said.paragraphs(), [no_score]);
        let other = assessment(&sample, 1);
        assert!(other.texts("concerns").is_empty());
        assert_eq!(
            other.paragraphs(),
            [format!("{no_score} No team has an open concern about the practice.")]
        );
    }

    #[test]
    fn the_median_of_even_and_odd_numbers() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(Vec::new()), None);
    }
}
