//! A document can be laid out however little there is to show: where a table has no row, words stand.

use crate::documents::Paper;
use crate::documents::content::Element;
use crate::documents::sample::Sample;
use crate::pipeline::Audience;
use crate::render::Templates;
use crate::render::pdf::{Theme, pdf};

const BOTH: [Audience; 2] = [Audience::Named, Audience::Public];

fn lay_out(sample: &Sample, paper: &Paper, what: &str) -> String {
    let document = &sample.pipeline.documents["quarterly-pack"];
    let html = Templates::new().unwrap().paper(paper, document, &|_| None).unwrap();
    if let Err(error) = pdf(&html, &Theme::nhs()) {
        panic!("{what}: {error}");
    }
    html
}

/// No table is empty, and every row has a cell a column.
fn hold(paper: &Paper, what: &str) {
    for table in paper.blocks.iter().flat_map(|block| block.tables()) {
        assert!(!table.rows.is_empty(), "{what}: {} has no row", table.id);
        for row in &table.rows {
            assert_eq!(row.len(), table.columns.len(), "{what}: {}", table.id);
        }
    }
    for block in &paper.blocks {
        assert!(!block.elements.is_empty(), "{what}: nothing is said under {}", block.heading);
        for element in &block.elements {
            let empty = match element {
                Element::Claims { claims } => claims.is_empty(),
                Element::List { items, .. } => items.is_empty(),
                Element::Paragraph { words, .. } => words.text().trim().is_empty(),
                _ => false,
            };
            assert!(!empty, "{what}: {} has an element that says nothing", block.id);
        }
    }
}

#[test]
fn packs_of_nearly_nothing_are_laid_out() {
    let nobody = Sample::new("2026-07-14");
    let mut one = Sample::new("2026-07-14");
    one.practice("P81001", None);
    let mut few = Sample::new("2026-07-14");
    let mut last = Sample::new("2026-04-14");
    for code in ["P81001", "P81002"] {
        few.moved(code, None, Some(4));
        last.practice(code, None);
    }
    few.fact(
        "visits",
        &["practice = P81001; visit_type = Reactive; visit_date = 2026-05-05; reference = V1"],
    );
    few.fact(
        "concerns",
        &["practice = P81002; theme = Workforce; severity = Low; team = Quality; reference = C1"],
    );
    few.fact("offer", &["practice = P81001; response = Accepted"]);
    few.last = Some(Box::new(last));
    for (what, sample) in [("no practice", nobody), ("one practice", one), ("two practices", few)] {
        for audience in BOTH {
            let paper = sample.pack(&sample.material(), audience);
            let what = format!("{what}, {audience:?}");
            hold(&paper, &what);
            let html = lay_out(&sample, &paper, &what);
            if sample.standings.is_empty() && paper.named {
                assert!(html.contains("No practice is in scope as at 14 July 2026."));
            }
        }
    }
}

#[test]
fn a_full_pack_has_a_cell_a_column_everywhere() {
    let sample = super::silence::world();
    for audience in BOTH {
        let paper = sample.pack(&sample.material(), audience);
        hold(&paper, &format!("{audience:?}"));
        let tables = paper.blocks.iter().flat_map(|block| block.tables()).count();
        assert!(tables > 6, "{audience:?}: {tables} tables");
    }
}

#[test]
fn a_public_pack_that_cannot_show_its_feeds_says_so() {
    let sample = super::silence::world();
    let material = sample.material();
    let silent = crate::documents::suppress::Figures::silent(|figures| {
        _ = sample.block(&material, "sources", crate::documents::Reader::public(figures));
    });
    let block = sample.block(&material, "sources", crate::documents::Reader::public(&silent));
    assert!(
        block.paragraphs().iter().any(|text| text.contains("none of their numbers can be shown by feed"))
    );
}
