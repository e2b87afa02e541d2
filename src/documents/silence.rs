//! A new table cannot be forgotten: where every figure is hidden, a public pack has no number left but
//! those that are declared here.

use crate::documents::content::{Block, Cell, Element, Value};
use crate::documents::sample::Sample;
use crate::documents::suppress::Figures;
use crate::documents::{Material, Reader};
use crate::pipeline::Audience;

/// A world in which every section has something to count.
pub(super) fn world() -> Sample {
    let mut last = Sample::new("2026-07-14");
    let mut sample = Sample::new("2026-10-14");
    let levels = [Some(5), Some(4), Some(3), Some(2), Some(2), Some(1), None];
    let codes: Vec<String> = (0..70).map(|i| format!("P81{i:03}")).collect();
    let place = sample.pipeline.scope.places[0].clone();
    for (i, code) in codes.iter().enumerate() {
        let (then, now) = (levels[i % levels.len()], levels[(i + i / 30) % levels.len()]);
        last.practice(code, then);
        sample.moved(code, then, now);
        let practice = &mut sample.standings.last_mut().unwrap().outcome.practice;
        (practice.place, practice.team) = (place.name.clone(), place.team.clone());
    }
    let on = |i: usize| format!("2026-{:02}-{:02}", 4 + i % 6, 1 + i % 28);
    let visits: Vec<String> = (0..43)
        .map(|i| {
            let kind = ["Proactive", "Reactive", "Place engagement"][i % 3];
            format!(
                "practice = {}; visit_type = {kind}; visit_date = {}; reference = V{i}; \
                 support_offered = Training hub; support_response = Accepted; best_practice = A huddle; \
                 best_practice_shareable = {}",
                codes[i],
                on(i),
                if i % 2 == 0 { "Yes" } else { "No" }
            )
        })
        .collect();
    sample.fact("visits", &visits.iter().map(String::as_str).collect::<Vec<_>>());
    let concerns: Vec<String> = (0..37)
        .map(|i| {
            let theme = ["Workforce", "Estates", "Complaints"][i % 3];
            format!(
                "practice = {}; theme = {theme}; severity = Serious; team = Quality; reference = C{i}",
                codes[i]
            )
        })
        .collect();
    sample.fact("concerns", &concerns.iter().map(String::as_str).collect::<Vec<_>>());
    let offers: Vec<String> =
        (0..31).map(|i| format!("practice = {}; response = Accepted", codes[i])).collect();
    sample.fact("offer", &offers.iter().map(String::as_str).collect::<Vec<_>>());
    let paragraphs: Vec<String> = (0..6)
        .map(|_| "section = Summary; text = words; author = Lead; written_on = 2026-10-01".to_owned())
        .collect();
    sample.fact("narrative", &paragraphs.iter().map(String::as_str).collect::<Vec<_>>());
    for (i, code) in codes.iter().enumerate().take(6) {
        let clock = crate::documents::sample::clock("2026-09-01", crate::visits::State::Running);
        sample.exception(&format!("concerns/C{i}"), code, 4, clock);
    }
    sample.last = Some(Box::new(last));
    sample
}

/// The words of a block by their place in it.
fn words(block: &Block) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for (index, element) in block.elements.iter().enumerate() {
        let at = |what: &str| format!("{}/{index}/{what}", block.id);
        match element {
            Element::Heading { text } => out.push((at("heading"), text.clone())),
            Element::Claims { claims } => out.extend(claims.iter().map(|c| (at("claim"), c.text.clone()))),
            Element::Paragraph { words, .. } => out.push((at("paragraph"), words.text())),
            Element::Figures { figures } => out.extend(
                figures.iter().map(|f| (at("figure"), format!("{} {} {}", f.value, f.label, f.note))),
            ),
            Element::Table(table) => {
                out.push((at("caption"), table.caption.clone()));
                for row in &table.rows {
                    for (cell, column) in row.iter().zip(&table.columns) {
                        let place = format!("{}/{}", table.id, column.head.replace('\u{ad}', ""));
                        out.push((at(&place), cell.words.text()));
                    }
                }
            }
            Element::Chart(chart) => {
                out.push((at("chart"), format!("{} {}", chart.title, chart.caption)));
                for bar in &chart.bars {
                    out.push((at("bar"), format!("{} {}", bar.now.words.text(), bar.before.words.text())));
                }
            }
            Element::Written(written) => {
                out.push((at("left out"), written.left_out.clone()));
                out.extend(written.paragraphs.iter().map(|p| (at("written"), p.text.clone())));
            }
            Element::List { items, .. } => out.extend(items.iter().map(|item| (at("list"), item.text()))),
            Element::Box { paragraphs, items, .. } => {
                out.extend(paragraphs.iter().chain(items).map(|words| (at("box"), words.text())));
            }
            Element::Facts { rows } => out.extend(rows.iter().map(|(_, words)| (at("fact"), words.text()))),
        }
    }
    out.extend(block.mail.iter().map(|line| (format!("{}/mail", block.id), line.clone())));
    out
}

/// Numbers that are not about what happened at practices.
const DECLARED: [&str; 13] = [
    // Words: what the pack is called, the names of levels, dates.
    r"\d{1,2} (January|February|March|April|May|June|July|August|September|October|November|December)( \d{4})?",
    r"\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}",
    r"\d{4}-\d{2}-\d{2}",
    r"(Q|Quarter )\d (of )?\d{4}-\d{2}",
    r"(L|l)evels? \d(, \d)*( and \d)?",
    r"version \d+\.\d+",
    r"\d+-month programme",
    r"^\d+ days?$",
    // What a hidden number is said to be.
    r"(F|f)ewer than 5",
    r"a count of 1 to 4",
    // The plan and how much of the year has passed.
    r"\d+ of the 66 planned",
    // The chart and the table that it belongs to.
    r"(Figure|table|Table) 1\b",
    r"the \d+ of its 365 days",
];

/// The blocks of the first pack for a reader.
fn blocks(sample: &Sample, material: &Material<'_>, reader: Reader<'_>) -> Vec<Block> {
    let wanted = &sample.pipeline.documents["quarterly-pack"].blocks;
    let wanted = wanted.iter().filter(|block| block.is_for(Audience::Public));
    wanted.map(|block| sample.block(material, block.kind.word, reader)).collect()
}

#[test]
fn every_count_of_a_public_pack_is_a_figure_that_can_be_hidden() {
    let sample = world();
    let material = sample.material();
    let silent = Figures::silent(|figures| _ = blocks(&sample, &material, Reader::public(figures)));
    let hidden = blocks(&sample, &material, Reader::public(&silent));
    assert_eq!(silent.faults(), Vec::<String>::new());
    let declared: Vec<regex::Regex> = DECLARED.iter().map(|d| regex::Regex::new(d).unwrap()).collect();
    for (at, text) in hidden.iter().flat_map(words) {
        // Practices in scope, and what is planned for a team and for all, stand in cells of their own.
        let about_teams = at.contains("/visits-by-team/")
            && ["Practices", "expected", "planned"].iter().any(|end| at.ends_with(end));
        let in_scope = text.starts_with("70 practices");
        if about_teams || in_scope {
            continue;
        }
        let mut rest = text.clone();
        for pattern in &declared {
            rest = pattern.replace_all(&rest, "").into_owned();
        }
        assert!(!rest.chars().any(|c| c.is_ascii_digit()), "{at} has a number of its own: {text}");
    }
    // The test sees something: the same pack with its figures has numbers in all of these.
    let shown = blocks(&sample, &material, Reader::public(material.figures()));
    let tables: Vec<_> = shown.iter().flat_map(|block| block.tables()).collect();
    for id in ["levels", "visits-by-type", "clocks", "themes", "offers", "programme", "movements-by-cause"] {
        let table = tables.iter().find(|table| table.id == id).unwrap_or_else(|| panic!("no table {id}"));
        let is_count = |cell: &Cell| matches!(cell.value, Value::Count(_));
        assert!(table.rows.iter().flatten().any(is_count), "{id}");
    }
}
