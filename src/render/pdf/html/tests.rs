//! Errors a template author will meet: each names the place and what would be right.

use std::collections::BTreeMap;

use super::super::tree::{Document, Kind};
use super::*;

fn read_body(body: &str) -> Result<Document, RenderError> {
    let html =
        format!("<html lang=\"en-GB\">\n<head><title>T</title></head>\n<body>\n{body}\n</body></html>");
    read(&Source::new(&html), &BTreeMap::new())
}

#[track_caller]
fn fault(body: &str, line: usize, words: &[&str]) {
    let text = read_body(body).expect_err("a fault").to_string();
    assert!(text.starts_with(&format!("line {line}, column ")), "{text}");
    for word in words {
        assert!(text.contains(word), "{word:?} in {text}");
    }
}

#[test]
fn unknown_words_are_named_with_the_known_ones() {
    fault("<p>\n<blink>x</blink></p>", 5, &["<blink>", "strong", "span"]);
    fault("<article/>", 4, &["<article>", "section", "h1"]);
    fault("<p class=\"shout\">x</p>", 4, &["shout", "lead", "page-break"]);
    fault("<p style=\"color:red\">x</p>", 4, &["style", "id, class"]);
    fault("<table><tr><td><h2>x</h2></td></tr></table>", 4, &["<h2>", "p, ul, ol"]);
    fault("<a href=\"javascript:alert(1)\">x</a>", 4, &["href", "mailto:"]);
    fault("<span class=\"badge tone-1\">x</span>", 4, &["shape-circle"]);
    fault("<span class=\"badge shape-bar\">x</span>", 4, &["tone-none"]);
    fault("<span class=\"badge shape-bar tone-1\"> </span>", 4, &["words"]);
}

#[test]
fn what_a_reader_needs_is_asked_for() {
    fault("<img src=\"data:image/png;base64,AAAA\"/>", 4, &["alt"]);
    fault("<svg viewBox=\"0 0 9 9\"><desc>d</desc></svg>", 4, &["<title>"]);
    fault("<svg viewBox=\"0 0 9 9\"><title>t</title></svg>", 4, &["<desc>"]);
    fault("<a href=\"#nowhere\">x</a>", 4, &["#nowhere"]);
    let read = |html: &str| read(&Source::new(html), &BTreeMap::new()).expect_err("a fault").to_string();
    assert!(read("<html><head><title>T</title></head><body/></html>").contains("lang=\"en-GB\""));
    assert!(read("<html lang=\"en\"><head><title/></head><body/></html>").contains("<title>"));
    assert!(read("<p>x</p>").contains("allowed are: html"));
}

#[test]
fn what_does_not_add_up_is_refused() {
    fault("<table><tr><td>1</td><td>2</td></tr><tr><td>1</td></tr></table>", 4, &["covers 1 columns of 2"]);
    fault("<table><tr><td>1</td></tr><tr><td>1</td><td>2</td></tr></table>", 4, &["more than 1 columns"]);
    fault("<table><thead><tr><th>1</th></tr></thead></table>", 4, &["at least one row"]);
    fault("<table><col width=\"80%\"/><col width=\"30%\"/><tr><td/><td/></tr></table>", 4, &["110%"]);
    fault("<table><tr><td colspan=\"0\"/></tr></table>", 4, &["colspan"]);
    fault("<div class=\"kpis\"><div class=\"kpi\"/></div>", 4, &["2 to 6"]);
    fault("<nav class=\"toc\"><p>x</p></nav>", 4, &["must be empty"]);
    fault("<p>x</p><section class=\"cover\"/>", 4, &["first block"]);
    fault("<p id=\"a\"/><p id=\"a\"/>", 4, &["no other element"]);
    fault("<svg viewBox=\"0 0 0 9\"><title>t</title><desc>d</desc></svg>", 4, &["above 0"]);
    fault(
        "<svg viewBox=\"0 0 9 9\"><title>t</title><desc>d</desc><path d=\"m1 1\"/></svg>",
        4,
        &["M L H V C Z"],
    );
    fault("<h1>a</h1><h3>b</h3>", 4, &["<h3> follows an <h1>"]);
    fault("<h2>b</h2>", 4, &["must be an <h1>"]);
    fault("<h1> </h1>", 4, &["needs words"]);
    fault("<table><tr><td><p class=\"page-break\">x</p></td></tr></table>", 4, &["page-break"]);
}

#[test]
fn malformed_xml_names_its_line() {
    fault("<p>one\n<p>two</p>", 6, &["not well-formed"]);
    fault("<p>a & b</p>", 4, &["not well-formed"]);
}

#[test]
fn endless_nesting_is_refused_without_exhausting_the_stack() {
    let deep = "<div>".repeat(50_000) + &"</div>".repeat(50_000);
    assert!(read_body(&deep).expect_err("too deep").to_string().contains("nested"));
}

#[test]
fn spans_are_laid_on_a_grid() {
    let document = read_body(
        "<table><thead><tr><th rowspan=\"2\">a</th><th colspan=\"2\">b</th></tr>\
         <tr><th>c</th><th>d</th></tr></thead><tr><th>x</th><td>1</td><td>2</td></tr></table>",
    )
    .expect("regular");
    let Kind::Table(table) = &document.blocks[0].kind else { panic!("a table") };
    let columns: Vec<_> = table.head[1].cells.iter().map(|c| c.column).collect();
    assert_eq!((columns, table.columns.len()), (vec![1, 2], 3));
}
