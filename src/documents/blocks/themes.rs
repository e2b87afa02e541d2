//! Themes: what teams raise, and what the dashboard flags.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::dates::long;
use crate::documents::content::{Block, Cell, Column, Table, TableLook};
use crate::documents::context::Context;
use crate::documents::{Claim, Material, Reader, keys};
use crate::wording::{list, plural};

#[derive(Default)]
struct Raised {
    severities: BTreeMap<String, usize>,
    concerns: usize,
    practices: BTreeSet<String>,
    teams: BTreeSet<String>,
    rows: Vec<usize>,
}

/// What is printed for a concern without a theme.
const NOT_STATED: &str = "Theme not stated";
/// What is printed for a concern whose theme is none that the pipeline knows.
const NOT_RECOGNISED: &str = "Theme not recognised";

/// The tables of this section.
const THEMES: &str = "themes";
const DOMAINS: &str = "domains";

pub(super) fn block(context: &Context<'_>) -> Block {
    let Context { material, reader, .. } = *context;
    let mut block = context.block();
    let raised = raised(material);
    let mut order: Vec<(&String, &Raised)> = raised.iter().collect();
    order.sort_by(|a, b| b.1.concerns.cmp(&a.1.concerns).then_with(|| a.0.cmp(b.0)));
    let severities = severities(material);
    let rows = rows(material, &order, &severities, reader);
    let rows = if reader.leaves_out(THEMES) { Vec::new() } else { rows };
    block.claims(claims(material, &order, reader));
    let columns = if reader.named() {
        let of_severity = severities.iter().map(|severity| Column::count(severity, None));
        let first = [Column::text("Theme", 25)].into_iter().chain(of_severity);
        let last =
            [Column::count("All", None), Column::count("Prac\u{ad}tices", None), Column::text("Teams", 23)];
        first.chain(last).collect()
    } else {
        vec![Column::text("Theme", None), Column::count("Concerns", 22), Column::count("Practices", 22)]
    };
    block.table(
        Table::new("themes", "Open concerns by theme", columns).rows(rows),
        match (order.is_empty(), context.received("concerns")) {
            (false, _) => "The concerns are too few to be shown by theme.",
            (true, true) => "No concern is open, so there is no theme to report.",
            (true, false) => "No sheet of concerns has been received, so nothing is known of themes.",
        },
    );
    if !material.pipeline.domains.is_empty() {
        flags(context, &mut block);
    }
    block.written(context.written());
    block
}

/// The practices with a flag, by domain.
fn flags(context: &Context<'_>, block: &mut Block) {
    block.heading(context.text("flags"));
    let (rows, extract) = domains(context.material, context.reader);
    let Some(extract) = extract else {
        block.paragraph(context.text("no_extract"));
        return;
    };
    let columns =
        vec![Column::text("Domain", None), Column::count("Practices", 20), Column::count("Flags", 20)];
    let caption = format!("Practices with a flag, by domain; latest extract {}", long(extract));
    block.table(
        Table::new("flags", caption, columns).look(TableLook::Keep).rows(rows),
        match context.named() {
            true => "The extract has no domain of flags.",
            false => "The flags are too few to be shown by domain.",
        },
    );
}

fn raised(material: &Material<'_>) -> BTreeMap<String, Raised> {
    let cells = material.fact("concerns");
    let mut out: BTreeMap<String, Raised> = BTreeMap::new();
    for row in 0..cells.height() {
        let Some(practice) = cells.text("practice", row).filter(|p| material.of(p).is_some()) else {
            continue;
        };
        let theme = cells.text("theme", row).unwrap_or_else(|| {
            let stated = material.was_dropped(&cells, row, "theme");
            if stated { NOT_RECOGNISED.to_owned() } else { NOT_STATED.to_owned() }
        });
        let entry = out.entry(theme).or_default();
        *entry.severities.entry(cells.text("severity", row).unwrap_or_default()).or_default() += 1;
        entry.concerns += 1;
        entry.practices.insert(practice);
        entry.teams.extend(cells.text("team", row));
        entry.rows.push(row);
    }
    out
}

/// The severities in their order, as the pipeline has them.
fn severities(material: &Material<'_>) -> Vec<String> {
    let kind = material.pipeline.facts.get("concerns").and_then(|fact| fact.columns.get("severity"));
    match kind {
        Some(crate::condition::Kind::Choice(values)) => values.to_vec(),
        _ => Vec::new(),
    }
}

fn rows(
    material: &Material<'_>,
    order: &[(&String, &Raised)],
    severities: &[String],
    reader: Reader<'_>,
) -> Vec<Vec<Cell>> {
    let coarse = reader.grain(THEMES, 1) > 0;
    let small = material.pipeline.small_numbers;
    let (apart, together): (Vec<_>, Vec<_>) =
        order.iter().partition(|(_, raised)| !coarse || !small.hides(raised.concerns));
    let mut apart: Vec<&(&String, &Raised)> = apart;
    if !reader.named() {
        // The order by number would tell something of numbers that are not shown.
        apart.sort_by_key(|(theme, _)| *theme);
    }
    let mut out: Vec<Vec<Cell>> = apart
        .iter()
        .map(|(theme, raised)| {
            let [concerns, practices] = counted(material, &format!("theme/{theme}"), &[raised], reader);
            let mut cells = vec![Cell::words(*theme)];
            if reader.named() {
                let of = |severity: &String| raised.severities.get(severity).copied().unwrap_or(0);
                cells.extend(severities.iter().map(|severity| Cell::count(of(severity))));
            }
            cells.extend([concerns, practices]);
            if reader.named() {
                cells.push(Cell::words(raised.teams.iter().cloned().collect::<Vec<_>>().join(", ")));
            }
            cells
        })
        .collect();
    let mut keys: Vec<String> =
        apart.iter().map(|(theme, _)| keys::concerns(material.as_of, &format!("theme/{theme}"))).collect();
    if !together.is_empty() {
        let raised: Vec<&Raised> = together.iter().map(|(_, raised)| *raised).collect();
        let [concerns, practices] = counted(material, "other themes", &raised, reader);
        let name = Cell::words(format!("Other themes, each fewer than {} times", small.hidden_up_to + 1));
        out.push(vec![name, concerns, practices]);
        let others = keys::concerns(material.as_of, "other themes");
        let each = together.iter().map(|(theme, raised)| {
            let key = keys::concerns(material.as_of, &format!("theme/{theme}"));
            reader.implied(&key, raised.concerns);
            // The name of the row says so.
            reader.at_most(&key, &reader.number(small.hidden_up_to));
            key
        });
        reader.adds_up(&others, each.collect::<Vec<_>>());
        keys.push(others);
    }
    if !order.is_empty() {
        let all = keys::concerns(material.as_of, "all");
        reader.implied(&all, order.iter().map(|(_, raised)| raised.concerns).sum());
        reader.adds_up(&all, keys.clone());
        let practices: BTreeSet<&String> = order.iter().flat_map(|(_, raised)| &raised.practices).collect();
        reader.implied(&practices_of(&all), practices.len());
        for key in &keys {
            reader.at_most(&practices_of(key), &practices_of(&all));
        }
        reader.at_most(&practices_of(&all), &all);
        // Each of them has a concern of some theme, and is one of those in scope.
        reader.balance(keys.iter().map(|key| practices_of(key)), [practices_of(&all)], true);
        reader.known(&keys::practices(material.as_of), material.standings.len());
        reader.at_most(&practices_of(&all), &keys::practices(material.as_of));
    }
    out
}

/// The practices that a count of concerns is about.
fn practices_of(key: &str) -> String {
    format!("{key}/practices")
}

/// How many concerns of a theme or of several there are, and about how many practices.
fn counted(material: &Material<'_>, name: &str, raised: &[&Raised], reader: Reader<'_>) -> [Cell; 2] {
    let key = keys::concerns(material.as_of, name);
    let practices: BTreeSet<&String> = raised.iter().flat_map(|r| &r.practices).collect();
    let concerns = reader.count(THEMES, &key, raised.iter().map(|r| r.concerns).sum());
    let about = reader.count(THEMES, &practices_of(&key), practices.len());
    reader.at_most(&practices_of(&key), &key);
    [Cell::told(concerns), Cell::told(about)]
}

fn claims(material: &Material<'_>, order: &[(&String, &Raised)], reader: Reader<'_>) -> Vec<Claim> {
    let cells = material.fact("concerns");
    let total: usize = order.iter().map(|(_, r)| r.concerns).sum();
    let practices: BTreeSet<&String> = order.iter().flat_map(|(_, r)| &r.practices).collect();
    let sources = material.all_receipts(&cells);
    if total == 0 {
        return Claim::new("No concern is open.", material.receipts_behind("concerns")).into_iter().collect();
    }
    let all = keys::concerns(material.as_of, "all");
    let concerns = reader.say(&all, total).words("concern is open", "concerns are open");
    let about = reader.say(&practices_of(&all), practices.len()).inner("practice", "practices");
    let mut out: Vec<Claim> = Claim::new(format!("{concerns} about {about}."), sources).into_iter().collect();
    let most = order.first().map_or(0, |(_, r)| r.concerns);
    let top: Vec<&(&String, &Raised)> = order
        .iter()
        .filter(|(theme, r)| r.concerns == most && ![NOT_STATED, NOT_RECOGNISED].contains(&theme.as_str()))
        .collect();
    if material.pipeline.small_numbers.hides(most) || top.is_empty() || top.len() > 3 {
        return out;
    }
    let key = |theme: &str| keys::concerns(material.as_of, &format!("theme/{theme}"));
    // That the others are fewer is told with it; what has no theme may be as many.
    for (theme, raised) in order {
        reader.implied(&key(theme), raised.concerns);
        let mut less = vec![key(theme)];
        if raised.concerns < most {
            less.push(reader.number(1));
        }
        reader.balance([key(top[0].0)], less, true);
    }
    let told = top.iter().map(|(theme, raised)| reader.say(&key(theme), raised.concerns).number());
    // Where the number is not shown, that it is the largest would tell something of it.
    if told.collect::<Option<Vec<usize>>>().is_some() {
        let rows = order.iter().filter(|(_, r)| r.concerns == most).flat_map(|(_, r)| r.rows.clone());
        let names: Vec<String> = top.iter().map(|(theme, _)| format!("\u{201c}{theme}\u{201d}")).collect();
        let each = if top.len() == 1 { "" } else { " each" };
        let text =
            format!("Raised most often: {} ({}{each}).", list(&names), plural(most, "concern", "concerns"));
        out.extend(Claim::new(text, material.receipts(&cells, rows)));
    }
    out
}

/// Flags of the latest extract: counted in a wide sheet, row by row in a long one.
fn domains(material: &Material<'_>, reader: Reader<'_>) -> (Vec<Vec<Cell>>, Option<NaiveDate>) {
    let cells = material.fact("score");
    let mut latest = None;
    let mut flags: BTreeMap<&str, BTreeMap<String, f64>> = BTreeMap::new();
    for row in 0..cells.height() {
        if cells.truth("stale", row) == Some(true) {
            continue;
        }
        let Some(practice) = cells.text("practice", row).filter(|p| material.of(p).is_some()) else {
            continue;
        };
        latest = latest.max(cells.date("extract_date", row));
        for (domain, count) in super::assessment::flags(material, &practice, row) {
            if count > 0.0 {
                flags.entry(domain).or_default().insert(practice.clone(), count);
            }
        }
    }
    let of = latest.map_or_else(|| "none".to_owned(), |date| date.to_string());
    let rows: Vec<Vec<Cell>> = material
        .pipeline
        .domains
        .iter()
        .map(|domain| {
            let found = flags.get(domain.name.as_str());
            let total: f64 = found.map_or(0.0, |f| f.values().sum());
            let count = found.map_or(0, BTreeMap::len);
            let key = format!("flags/{of}/{}", domain.name);
            let practices = reader.count(DOMAINS, &practices_of(&key), count);
            let told = reader.count(DOMAINS, &key, total as usize);
            reader.at_most(&practices_of(&key), &key);
            // Everybody knows how many practices there are, so also how many have no flag.
            let (scope, without) = (keys::practices(material.as_of), format!("{key}/without"));
            reader.known(&scope, material.standings.len());
            reader.implied(&without, material.standings.len().saturating_sub(count));
            reader.adds_up(&scope, [practices_of(&key), without]);
            vec![Cell::words(&domain.name), Cell::told(practices), Cell::told(told)]
        })
        .collect();
    let rows = if reader.leaves_out(DOMAINS) { Vec::new() } else { rows };
    (rows, latest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::sample::Sample;

    const NAMED: Reader<'static> = Reader::NAMED;

    fn world() -> Sample {
        let mut sample = Sample::new("2026-10-14");
        sample.practice("P81001", Some(2));
        sample.practice("P81002", Some(2));
        sample
    }

    /// Theme, concerns and practices of each row; the severities stand between.
    fn told(block: &Block) -> Vec<(String, String, String)> {
        let table = block.tables().find(|table| table.id == "themes").unwrap();
        let text = |row: &[Cell], from_end: usize| row[row.len() - from_end].words.text();
        table.rows.iter().map(|row| (row[0].words.text(), text(row, 3), text(row, 2))).collect()
    }

    fn wanted(rows: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
        rows.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect()
    }

    #[test]
    fn the_theme_that_most_concerns_bear_stands_first() {
        let mut sample = world();
        let concern = |practice: &str, theme: &str| {
            format!("practice = {practice}; theme = {theme}; severity = Low; team = Quality")
        };
        let mut rows = vec![concern("P81001", "Estates"), concern("P81002", "Estates")];
        rows.extend((0..5).map(|_| concern("P81001", "Workforce")));
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        sample.fact("concerns", &rows);
        let material = sample.material();
        let block = sample.block(&material, "themes", NAMED);
        assert_eq!(told(&block), wanted(&[("Workforce", "5", "1"), ("Estates", "2", "2")]));
        let claims = block.sentences();
        assert_eq!(
            claims,
            [
                "7 concerns are open about 2 practices.",
                "Raised most often: \u{201c}Workforce\u{201d} (5 concerns)."
            ]
        );
    }

    #[test]
    fn a_theme_that_was_misspelt_is_not_said_to_be_missing() {
        let mut sample = world();
        let row = "practice = P81001; severity = Low; team = Quality";
        sample.fact("concerns", &[row, row, "practice = P81001; severity = Serious; theme = Estates"]);
        sample.dropped.insert((1, 3, "theme".to_owned()));
        let material = sample.material();
        assert_eq!(
            told(&sample.block(&material, "themes", NAMED)),
            wanted(&[
                ("Estates", "1", "1"),
                ("Theme not recognised", "1", "1"),
                ("Theme not stated", "1", "1")
            ])
        );
    }

    #[test]
    fn one_concern_is_one() {
        let mut sample = world();
        sample.fact("concerns", &["practice = P81001; theme = Estates; severity = Low; team = Quality"]);
        let material = sample.material();
        let block = sample.block(&material, "themes", NAMED);
        assert_eq!(block.sentences()[0], "1 concern is open about 1 practice.");
    }
}
