//! Gates after rendering: a document that is not whole, not what it claims to be, or tells what it must
//! not tell is refused, and nobody gets it.

use std::collections::BTreeMap;

use super::pdf::Rendered;
use crate::documents::content::{Block, Table};
use crate::documents::{
    BY_CAUSE, EVERY_PRACTICE, FeedStatus, LEVELS, MOVED, Material, Paper, Tally, names_a_practice,
};
use crate::pipeline::SHORT_HASH;

/// How many pages a document of a kind may have.
#[derive(Debug, Clone, Copy)]
pub struct Pages {
    /// Fewer would be blank.
    pub least: usize,
    /// More would be a fault.
    pub most: usize,
}

/// Why a finished document is refused; empty if it is not.
///
/// `headings` must all be there, in order, and none may stand over nothing.
pub fn refusals(rendered: &Rendered, pages: Pages, headings: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    let count = rendered.pages.len();
    if !(pages.least..=pages.most).contains(&count) {
        out.push(format!("it has {count} pages; {} to {} are expected", pages.least, pages.most));
    }
    for (index, page) in rendered.pages.iter().enumerate() {
        if page.text.trim().is_empty() {
            out.push(format!("page {} is blank", index + 1));
        }
    }
    let mut found = rendered.headings.iter();
    for wanted in headings {
        match found.find(|heading| heading.text == *wanted) {
            None => out.push(format!("the section \"{wanted}\" is missing or out of order")),
            Some(heading) if heading.empty => out.push(format!("the section \"{wanted}\" is empty")),
            Some(_) => {}
        }
    }
    out
}

/// What does not agree within a document, and with what is known.
pub fn reconcile(paper: &Paper, material: &Material<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let practices = material.standings.len();
    let tables = || paper.blocks.iter().flat_map(Block::tables);
    let table = |id: &str| tables().find(|table| table.id == id);
    if let Some(sum) = table(LEVELS).and_then(|table| table.sum(2)).filter(|sum| *sum != practices) {
        out.push(format!("the levels add up to {sum} practices and {practices} are in scope"));
    }
    if let Some(every) = table(EVERY_PRACTICE).filter(|every| every.rows.len() != practices) {
        out.push(format!("the annex has {} practices and {practices} are in scope", every.rows.len()));
    }
    let stated = paper.blocks.iter().flat_map(|block| block.stated.iter().copied()).collect();
    out.extend(movements(&stated, table(BY_CAUSE), Tally::of(material.standings)));
    if !paper.named {
        out.extend(material.figures().faults());
    }
    for feed in material.feeds.iter().filter(|feed| !feed.counts.balance()) {
        out.push(format!("the rows of {} are not all accounted for", feed.feed));
    }
    out
}

/// What is counted of movements, in words: all, up, down, otherwise.
const WHAT: [&str; 4] =
    ["changed level", "moved to a higher level", "moved to a lower level", "changed otherwise"];

/// Where a paper counts movements otherwise than the levels do. `stated` are figures by what they count.
fn movements(stated: &BTreeMap<&str, Option<usize>>, causes: Option<&Table>, tally: Tally) -> Vec<String> {
    let mut out = Vec::new();
    let is = [tally.all(), tally.up, tally.down, tally.neither];
    let mut hold = |place: &str, said: [Option<usize>; 4]| {
        for ((said, is), what) in said.into_iter().zip(is).zip(WHAT) {
            if let Some(said) = said.filter(|said| *said != is) {
                out.push(format!("{place} has {said} practices that {what}, and the levels have {is}"));
            }
        }
    };
    let figure = |id: &str| stated.get(id).copied().flatten();
    hold("the summary", MOVED.map(figure));
    if let Some(causes) = causes {
        match causes.columns.len() {
            4 => hold("the table of causes", [None, causes.sum(1), causes.sum(2), causes.sum(3)]),
            _ => hold("the table of causes", [causes.sum(1), None, None, None]),
        }
    }
    let [all, up, down] = ["listed", "listed-up", "listed-down"].map(figure);
    let otherwise = all.zip(up).zip(down).map(|((all, up), down)| all.saturating_sub(up + down));
    hold("the list of movements", [all, up, down, otherwise]);
    out
}

/// What a public document tells that is not for the public: a practice by name or code, the name of a file
/// or the number of its receipt, the run and the pipeline that made it. Empty if it tells none.
pub fn told(rendered: &Rendered, material: &Material<'_>) -> Vec<String> {
    let mut out = Vec::new();
    for (index, page) in rendered.pages.iter().enumerate() {
        let page_number = index + 1;
        let mut tell = |what: &str| out.push(format!("page {page_number} of a public document {what}"));
        if names_a_practice(material, &page.text) {
            tell("names a practice");
        }
        // Lines are broken anywhere.
        let text = squeezed(&page.text);
        if let Some(feed) =
            material.feeds.iter().find(|f| files(f).any(|file| text.contains(&squeezed(file))))
        {
            tell(&format!("has the name of a file of the feed {}", feed.feed));
        }
        if material.feeds.iter().filter_map(|f| f.receipt.as_deref()).any(|r| text.contains(r)) {
            tell("has the number of a receipt");
        }
        let pipeline: String = material.pipeline.hash.chars().take(SHORT_HASH).collect();
        if [material.run, pipeline.as_str()].iter().any(|n| !n.is_empty() && text.contains(&squeezed(n))) {
            tell("names the run or the pipeline that made it");
        }
    }
    out
}

/// The names of the files that a feed's figures rest on or could have.
fn files(feed: &FeedStatus) -> impl Iterator<Item = &str> {
    feed.file.as_deref().into_iter().chain(feed.rejected.as_ref().map(|(file, _)| file.as_str()))
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::content::{Cell, Column, Element};
    use crate::documents::sample::Sample;
    use crate::documents::{FeedStatus, Reader};
    use crate::intake::Counts;
    use crate::pipeline::Audience;
    use crate::render::pdf::{Heading, Page};
    use crate::triangulate::{Fresh, Freshness};

    fn rendered(pages: &[&str], headings: &[(&str, bool)]) -> Rendered {
        let heading = |(text, empty): &(&str, bool)| Heading {
            level: 1,
            id: None,
            text: (*text).to_owned(),
            page: 1,
            empty: *empty,
        };
        Rendered {
            bytes: Vec::new(),
            pages: pages.iter().map(|text| Page { text: (*text).to_owned() }).collect(),
            headings: headings.iter().map(heading).collect(),
            warnings: Vec::new(),
        }
    }

    const PAGES: Pages = Pages { least: 2, most: 3 };

    fn wanted(headings: &[&str]) -> Vec<String> {
        headings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_whole_document_passes() {
        let good = rendered(&["one", "two"], &[("Summary", false), ("Annex", false)]);
        assert_eq!(refusals(&good, PAGES, &wanted(&["Summary", "Annex"])), Vec::<String>::new());
    }

    #[test]
    fn too_few_and_too_many_pages_are_refused() {
        let least = refusals(&rendered(&["one"], &[]), PAGES, &[]);
        assert_eq!(least, ["it has 1 pages; 2 to 3 are expected"]);
        let most = refusals(&rendered(&["a", "b", "c", "d"], &[]), PAGES, &[]);
        assert_eq!(most, ["it has 4 pages; 2 to 3 are expected"]);
    }

    #[test]
    fn a_blank_page_is_refused() {
        assert_eq!(refusals(&rendered(&["one", " \n\t"], &[]), PAGES, &[]), ["page 2 is blank"]);
    }

    #[test]
    fn a_section_that_is_missing_out_of_order_or_empty_is_refused() {
        let found = rendered(&["one", "two"], &[("Annex", false), ("Summary", true)]);
        assert_eq!(refusals(&found, PAGES, &wanted(&["Summary"])), ["the section \"Summary\" is empty"]);
        assert_eq!(
            refusals(&found, PAGES, &wanted(&["Themes"])),
            ["the section \"Themes\" is missing or out of order"]
        );
        assert_eq!(
            refusals(&found, PAGES, &wanted(&["Summary", "Annex"])),
            ["the section \"Summary\" is empty", "the section \"Annex\" is missing or out of order"]
        );
    }

    /// A feed whose rows are all accounted for.
    fn feed() -> FeedStatus {
        FeedStatus {
            feed: "visits".to_owned(),
            title: "Visits".to_owned(),
            cadence: "monthly".to_owned(),
            receipt: Some("R0001".to_owned()),
            file: Some("visits.csv".to_owned()),
            received: None,
            freshness: Freshness {
                state: Fresh::Current,
                data_date: None,
                received: None,
                due: None,
                late_from: None,
            },
            counts: Counts { read: 5, accepted: 3, quarantined: 1, ignored: 1 },
            files: 1,
            quarantined: Vec::new(),
            released: Vec::new(),
            carried: Vec::new(),
            rejected: None,
        }
    }

    /// A world of three practices.
    fn world() -> Sample {
        let mut sample = Sample::new("2026-10-14");
        sample.practice("P81001", Some(1));
        sample.practice("P81002", Some(4));
        sample.practice("P81003", None);
        sample
    }

    /// The table of a paper with that id.
    fn table<'p>(paper: &'p mut Paper, id: &str) -> &'p mut Table {
        let elements = paper.blocks.iter_mut().flat_map(|block| &mut block.elements);
        let mut tables = elements.filter_map(|element| match element {
            Element::Table(table) => Some(table),
            _ => None,
        });
        tables.find(|table| table.id == id).unwrap()
    }

    #[test]
    fn figures_that_add_up_pass() {
        let sample = world();
        let material = sample.material();
        assert_eq!(reconcile(&sample.pack(&material, Audience::Named), &material), Vec::<String>::new());
    }

    #[test]
    fn levels_that_do_not_add_up_are_refused() {
        let sample = world();
        let material = sample.material();
        let mut bad = sample.pack(&material, Audience::Named);
        let levels = table(&mut bad, LEVELS);
        let level_4 = levels.rows.iter_mut().find(|row| row[0].words.text() == "Level 4").unwrap();
        assert_eq!(level_4[2], Cell::count(1));
        level_4[2] = Cell::count(2);
        assert_eq!(reconcile(&bad, &material), ["the levels add up to 4 practices and 3 are in scope"]);
    }

    #[test]
    fn an_annex_that_lacks_a_practice_is_refused() {
        let sample = world();
        let material = sample.material();
        let mut bad = sample.pack(&material, Audience::Named);
        table(&mut bad, EVERY_PRACTICE).rows.pop();
        assert_eq!(reconcile(&bad, &material), ["the annex has 2 practices and 3 are in scope"]);
    }

    #[test]
    fn rows_that_nobody_accounts_for_are_refused() {
        let mut sample = world();
        let counts = Counts { read: 5, accepted: 3, quarantined: 1, ignored: 0 };
        sample.feeds.push(FeedStatus { counts, ..feed() });
        let material = sample.material();
        assert_eq!(
            reconcile(&sample.pack(&material, Audience::Named), &material),
            ["the rows of visits are not all accounted for"]
        );
    }

    #[test]
    fn a_public_document_that_names_a_practice_is_refused() {
        let mut sample = Sample::new("2026-10-14");
        sample.practice("P81001", Some(1)).outcome.practice.name = "ALDERBECK MEDICAL CENTRE".to_owned();
        let material = sample.material();
        let by_name = rendered(&["All is well.", "We went to the Alderbeck practice."], &[]);
        assert_eq!(told(&by_name, &material), ["page 2 of a public document names a practice"]);
        let by_code = rendered(&["Seen: p81001.", "All is well."], &[]);
        assert_eq!(told(&by_code, &material), ["page 1 of a public document names a practice"]);
        assert_eq!(told(&rendered(&["All is well."], &[]), &material), Vec::<String>::new());
        let open = sample.pack(&material, Audience::Public);
        let mut tables = open.blocks.iter().flat_map(Block::tables);
        assert!(tables.all(|table| table.id != EVERY_PRACTICE), "a public pack has no list of practices");
    }

    #[test]
    fn a_public_document_that_tells_of_files_or_runs_is_refused() {
        let mut sample = Sample::new("2026-10-14");
        sample.pipeline.hash = "0123456789abcdef".to_owned();
        sample.feeds.push(feed());
        let said = |sample: &Sample, text: &str| told(&rendered(&[text], &[]), &sample.material());
        let page = "page 1 of a public document";
        assert_eq!(
            said(&sample, "From visits\n.csv."),
            [format!("{page} has the name of a file of the feed visits")]
        );
        assert_eq!(said(&sample, "See R00\n01."), [format!("{page} has the number of a receipt")]);
        let maker = [format!("{page} names the run or the pipeline that made it")];
        assert_eq!(said(&sample, "By the run quarter\nly."), maker);
        assert_eq!(said(&sample, "By 01234\n56789ab."), maker);
        assert_eq!(said(&sample, "All is well."), Vec::<String>::new());
        sample.feeds[0].rejected = Some(("late.csv".to_owned(), "2026-10-01".parse().unwrap()));
        assert_eq!(said(&sample, "late.csv").len(), 1, "a file that was rejected is one, too");
        sample.pipeline.hash = String::new();
        assert_eq!(said(&sample, "All is well."), Vec::<String>::new(), "a name of no letters is in no text");
    }

    #[test]
    fn a_figure_that_nobody_decided_about_stops_a_public_pack() {
        let sample = world();
        let material = sample.material();
        let (named, public) =
            (sample.pack(&material, Audience::Named), sample.pack(&material, Audience::Public));
        assert_eq!(reconcile(&public, &material), Vec::<String>::new());
        Reader::public(material.figures()).say("of nothing", 7);
        assert_eq!(reconcile(&public, &material), ["nothing was decided about the figure `of nothing`"]);
        assert_eq!(reconcile(&named, &material), Vec::<String>::new());
    }

    #[test]
    fn a_list_of_movements_that_says_otherwise_than_the_levels_is_refused() {
        let mut sample = Sample::new("2026-10-14");
        sample.last = Some(Box::new(Sample::new("2026-07-14")));
        sample.moved("P81001", Some(1), Some(4));
        sample.moved("P81002", Some(2), Some(4));
        sample.moved("P81003", Some(4), Some(1));
        sample.moved("P81004", None, Some(2));
        let material = sample.material();
        let mut bad = sample.pack(&material, Audience::Named);
        assert_eq!(reconcile(&bad, &material), Vec::<String>::new());
        let block = bad.blocks.iter_mut().find(|block| block.id == "movements").unwrap();
        assert_eq!(block.stated[0], ("listed", Some(4)));
        block.stated = vec![("listed", Some(4)), ("listed-up", Some(1)), ("listed-down", Some(2))];
        let list = "the list of movements has";
        assert_eq!(
            reconcile(&bad, &material),
            [
                format!("{list} 1 practices that moved to a higher level, and the levels have 2"),
                format!("{list} 2 practices that moved to a lower level, and the levels have 1"),
            ]
        );
    }

    #[test]
    fn a_paper_whose_parts_count_movements_otherwise_is_refused() {
        let tally = Tally { up: 17, down: 15, neither: 5 };
        let causes = |counts: [usize; 3]| {
            let row = |cause: &str, counts: [usize; 3]| {
                [Cell::words(cause)].into_iter().chain(counts.map(Cell::count)).collect::<Vec<Cell>>()
            };
            let columns = ["Cause", "Up", "Down", "Other"].map(|head| Column::count(head, None)).to_vec();
            Table::new(BY_CAUSE, "Movements", columns)
                .rows([row("New data", counts), row("A decision", [1, 1, 0])])
        };
        let said = |counts: [Option<usize>; 4]| MOVED.into_iter().zip(counts).collect::<BTreeMap<_, _>>();
        let shown = |counts: [usize; 4]| said(counts.map(Some));
        let right = causes([16, 14, 5]);
        let none: [String; 0] = [];
        assert_eq!(movements(&shown([37, 17, 15, 5]), Some(&right), tally), none);
        let hidden = said([Some(37), None, Some(15), None]);
        assert_eq!(movements(&hidden, Some(&right), tally), none);
        // A practice that lost its score is not one that moved down.
        assert_eq!(
            movements(&shown([37, 19, 17, 5]), Some(&right), tally),
            [
                "the summary has 19 practices that moved to a higher level, and the levels have 17",
                "the summary has 17 practices that moved to a lower level, and the levels have 15"
            ]
        );
        assert_eq!(
            movements(&BTreeMap::new(), Some(&causes([16, 16, 5])), tally),
            ["the table of causes has 17 practices that moved to a lower level, and the levels have 15"]
        );
        let listed = BTreeMap::from([("listed", Some(0)), ("listed-up", Some(0)), ("listed-down", Some(0))]);
        assert_eq!(movements(&listed, Some(&right), tally).len(), 4, "it lists no movement");
    }
}
