//! The promises of layout: what stays together, what is repeated, what is told.

use std::fmt::Write;

use super::*;

fn table(rows: usize) -> String {
    let mut body = String::new();
    for i in 0..rows {
        let words = ["short", "rather longer words that need a second line in this column"][i % 2];
        let _ = write!(body, "<tr><th>begin{i}</th><td>{words}</td><td>end{i}</td></tr>");
    }
    format!(
        "<table><caption>Some rows</caption><col/><col width=\"30%\"/><col/><thead><tr><th>Alpha</th>\
         <th>Beta</th><th>Gamma</th></tr></thead><tbody>{body}</tbody></table>"
    )
}

fn lines(count: usize) -> String {
    (0..count).map(|i| format!("<p>line {i}</p>")).collect()
}

#[test]
fn a_long_table_is_one_table_whose_head_is_on_every_page() {
    let rendered = render(&table(200));
    assert!(rendered.pages.len() > 5);
    assert!(rendered.pages.iter().all(|page| page.text.contains("Alpha\tBeta\tGamma")));
    let tags = tags(&rendered.bytes);
    assert_eq!((tags["Table"], tags["THead"], tags["TR"], tags["TH"]), (1, 1, 201, 203));
    conforms(&rendered.bytes);
}

#[test]
fn no_row_is_divided_and_no_head_stands_alone() {
    for before in 0..34 {
        let rendered = render(&(lines(before) + &table(12)));
        for i in 0..12 {
            let whole = |page: &Page| {
                page.text.contains(&format!("begin{i}\t")) == page.text.contains(&format!("\tend{i}\n"))
            };
            assert!(rendered.pages.iter().all(whole), "row {i} after {before} lines");
        }
        for page in rendered.pages.iter().filter(|page| page.text.contains("Alpha")) {
            let rows = page.text.matches("begin").count();
            assert!(rows >= 2, "{rows} rows under a head after {before} lines");
        }
        let page_of = |words: &str| rendered.pages.iter().position(|page| page.text.contains(words));
        assert_eq!(page_of("Some rows"), page_of("Alpha"), "caption and head, {before} lines");
    }
}

#[test]
fn a_row_taller_than_a_page_is_divided_between_lines() {
    let words = "word ".repeat(3000);
    let rendered = render(&format!(
        "<table><thead><tr><th>Head</th><th>B</th></tr></thead><tr><td>{words}</td><td>x</td></tr></table>"
    ));
    assert!(rendered.pages.len() > 2);
    assert!(rendered.pages[1].text.contains(&"word ".repeat(40)));
    assert_eq!(rendered.pages.iter().map(|p| p.text.matches("word").count()).sum::<usize>(), 3000);
    assert!(rendered.pages.iter().all(|page| page.text.contains("Head")));
    conforms(&rendered.bytes);
}

#[test]
fn paragraphs_leave_no_single_lines_and_headings_no_empty_feet() {
    let six = "These words are long enough to fill exactly a few lines of the column, not more. ".repeat(5);
    for before in 20..40 {
        let rendered = render(&format!("<h1>Top</h1>{}<h2>Next</h2><p>{six}</p>", lines(before)));
        let with_words: Vec<_> = rendered.pages.iter().filter(|p| p.text.contains("These")).collect();
        assert!(with_words.iter().all(|page| page.text.matches("column").count() >= 1));
        let page = rendered.headings[1].page;
        assert!(rendered.pages[page - 1].text.contains("Next\nThese"), "after {before} lines");
    }
}

#[test]
fn contents_numbers_are_the_pages_of_the_headings() {
    let mut body = "<h1>Contents</h1><nav class=\"toc\"/>".to_owned();
    for i in 0..40 {
        let filler = lines(7 + i * 5 % 23);
        let _ = write!(body, "<h1>Chapter {i} of it</h1>{filler}<h2>Part {i} of it</h2>{filler}");
    }
    let rendered = render(&body);
    assert!(rendered.pages.len() > 40);
    let contents: String = rendered.pages[..3].iter().map(|page| page.text.as_str()).collect();
    for heading in &rendered.headings[1..] {
        let line = format!("{} {}\n", heading.text, heading.page);
        assert!(contents.contains(&line), "{line:?}");
        assert!(rendered.pages[heading.page - 1].text.contains(&heading.text));
    }
    conforms(&rendered.bytes);
}

#[test]
fn every_page_says_which_it_is_and_how_it_is_classified() {
    let rendered = render(&format!("<section class=\"cover\"><h1>T</h1></section>{}", lines(120)));
    let count = rendered.pages.len();
    assert!(count > 3);
    for (i, page) in rendered.pages.iter().enumerate() {
        assert!(page.text.ends_with(&format!("Page {} of {count}", i + 1)), "{}", page.text);
        assert_eq!(page.text.matches("OFFICIAL").count(), 2);
    }
}

#[test]
fn headings_tell_their_page_and_whether_they_are_empty() {
    let rendered = render("<h1 id=\"a\">A</h1><p>x</p><h2 class=\"page-break\">B</h2><h1>C</h1><p>y</p>");
    let told: Vec<_> =
        rendered.headings.iter().map(|h| (h.level, h.text.as_str(), h.page, h.empty)).collect();
    assert_eq!(told, [(1, "A", 1, false), (2, "B", 2, true), (1, "C", 2, false)]);
    assert_eq!(rendered.headings[0].id.as_deref(), Some("a"));
}

#[test]
fn a_block_that_fits_a_page_is_kept_on_one() {
    for before in 25..36 {
        let body = format!("{}<div class=\"keep\"><p>first</p>{}<p>last</p></div>", lines(before), lines(8));
        let rendered = render(&body);
        let page_of = |words: &str| rendered.pages.iter().position(|page| page.text.contains(words));
        assert_eq!(page_of("first"), page_of("last"), "after {before} lines");
    }
}

#[test]
fn scaled_figures_and_broken_words_are_told() {
    let tall = "<svg viewBox=\"0 0 100 400\"><title>t</title><desc>d</desc><rect width=\"100\" height=\"400\"/></svg>";
    let rendered = render(&format!("{tall}<p>{}</p>", "W".repeat(200)));
    assert!(matches!(rendered.warnings[0], RenderWarning::ImageScaled { to, .. } if to < 0.9));
    assert!(matches!(&rendered.warnings[1], RenderWarning::WordBroken { word } if word.starts_with("WW")));
}

#[test]
fn what_cannot_fit_is_refused_with_its_line() {
    let cells: String = (0..40).map(|_| "<td>x</td>").collect();
    let text =
        try_render(&format!("<p/>\n<table><tr>{cells}</tr></table>")).expect_err("too narrow").to_string();
    assert!(text.starts_with("line 3, column 1:") && text.contains("does not fit"), "{text}");
    let head = "word ".repeat(900);
    let text = try_render(&format!("<table><thead><tr><th>{head}</th></tr></thead><tr><td/></tr></table>"));
    assert!(text.expect_err("too tall").to_string().contains("head of this table"));
    let tall = "word<br/>".repeat(80);
    let group = format!("<table><tr><td rowspan=\"2\">a</td><td>{tall}</td></tr><tr><td>b</td></tr></table>");
    assert!(try_render(&group).expect_err("too tall").to_string().contains("group of rows"));
}

#[test]
fn page_text_keeps_paragraphs_whole_and_cells_apart() {
    let long = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen";
    let rendered = render(&format!(
        "<p>{long}</p><ul><li>item</li></ul><table><tr><td>a<br/>b</td><td>c</td></tr></table>"
    ));
    let text = &rendered.pages[0].text;
    assert!(text.starts_with(&format!("{long}\n\u{2022} item\na b\tc\n")), "{text}");
}
