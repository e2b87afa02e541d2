//! Whole documents: the standards they claim, the promises of layout, the errors of templates.

use std::collections::BTreeMap;
use std::fmt::Write;

use lopdf::{Document, Object};
use page_validation::{ValidationOptions, ValidationProfile, validate_pdf_bytes};
use proptest::prelude::*;

use super::*;

mod layout;

/// Renders a body with a complete head.
#[track_caller]
fn render(body: &str) -> Rendered {
    try_render(body).unwrap_or_else(|error| panic!("{error}"))
}

fn try_render(body: &str) -> Result<Rendered, RenderError> {
    let html = format!(
        "<html lang=\"en-GB\"><head><title>Test</title><meta name=\"date\" content=\"2026-04-22\"/>\
         <meta name=\"classification\" content=\"OFFICIAL\"/></head><body>\n{body}</body></html>"
    );
    pdf(&html, &Theme::nhs())
}

/// The file passes PDF/UA-1 and PDF/A-2a as far as a program can tell.
#[track_caller]
fn conforms(bytes: &[u8]) {
    for profile in [ValidationProfile::PdfUa1, ValidationProfile::PdfA2a] {
        let options = ValidationOptions::default().profile(profile);
        let report = validate_pdf_bytes(bytes, &options).expect("readable");
        let failures: Vec<_> = report.failures.iter().map(|f| (&f.rule_id, &f.message)).collect();
        assert!(report.is_compliant, "{profile:?}: {failures:?}");
    }
}

/// How many structure elements there are of each type.
fn tags(bytes: &[u8]) -> BTreeMap<String, usize> {
    let file = Document::load_mem(bytes).expect("readable");
    let mut counts = BTreeMap::new();
    for object in file.objects.values() {
        let Ok(dict) = object.as_dict() else { continue };
        if dict.get(b"Type").and_then(Object::as_name).is_ok_and(|name| name == b"StructElem") {
            let name = dict.get(b"S").and_then(Object::as_name).expect("a type");
            *counts.entry(String::from_utf8_lossy(name).into_owned()).or_default() += 1;
        }
    }
    counts
}

#[test]
fn the_sample_conforms_and_has_the_tags_it_should() {
    let sample = pdf(&sample::html(), &Theme::nhs()).expect("renders");
    conforms(&sample.bytes);
    let tags = tags(&sample.bytes);
    let count = |name: &str| tags.get(name).copied().unwrap_or(0);
    assert_eq!((count("Document"), count("Table"), count("Figure")), (1, 7, 1));
    assert_eq!((count("THead"), count("TBody"), count("Caption")), (5, 7, 6));
    assert_eq!(count("H1"), sample.headings.iter().filter(|h| h.level == 1).count());
    assert_eq!(count("LI"), count("LBody"));
    assert!(count("TOCI") >= 10 && count("Link") > count("TOCI"));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let once = pdf(&sample::html(), &Theme::nhs()).expect("renders").bytes;
    let again = pdf(&sample::html(), &Theme::nhs()).expect("renders").bytes;
    assert!(once == again);
    let mut theme = Theme::nhs();
    theme.palette.heading = Colour::BLACK;
    assert!(once != pdf(&sample::html(), &theme).expect("renders").bytes);
}

#[test]
fn small_documents_conform() {
    for body in [
        "",
        "<p></p>",
        "<p>Hello</p>",
        "<section class=\"cover\"><h1>T</h1></section>",
        "<ul><li/><li><ul><li>x</li></ul></li></ul>",
        "<table><tr><td/></tr></table>",
        "<table class=\"facts\"><tr id=\"r\"><th>a</th><td>b</td></tr></table><p><a href=\"#r\">b</a></p>",
        "<nav class=\"toc\"/><h1>A</h1><p>x</p>",
        "<h1 id=\"a\">A</h1><p><a href=\"#a\">a <strong>b</strong></a> <a href=\"mailto:a@b.example\">c</a></p>",
        "<div class=\"box\"><div class=\"box warn\"><p>x</p></div></div>",
        "<section class=\"landscape\"><p>x</p></section>",
        "<p id=\"a\"/><ul id=\"b\"/><div id=\"c\"/><p><span id=\"d\" class=\"chip\">x</span> \
         <a href=\"#a\">a</a> <a href=\"#b\">b</a> <a href=\"#c\">c</a> <a href=\"#d\">d</a></p>",
    ] {
        conforms(&render(body).bytes);
    }
}

#[test]
fn drawings_and_pictures_conform() {
    let svg = |inside: &str| {
        format!(
            "<figure class=\"center\"><svg viewBox=\"-10 0 100 50\" width=\"200px\"><title>Found</title><desc>Words</desc>{inside}</svg><figcaption>C</figcaption></figure>"
        )
    };
    let drawing = svg(
        "<g transform=\"translate(5,5)\" fill=\"none\" stroke=\"#12436D\"><path d=\"M0 0H10V10C5 5 5 5 0 10Z L5 5\" stroke-dasharray=\"2 1\"/>\
         <polyline points=\"0,0 10,10 20,0\"/></g><rect width=\"20\" height=\"9\" rx=\"3\" fill=\"#A285D1\" fill-opacity=\"0.4\"/>\
         <circle cx=\"30\" cy=\"30\" r=\"8\"/><text x=\"50\" y=\"20\" text-anchor=\"end\">12 ≥ ✓</text>",
    );
    let png = picture::tests::RGBA;
    let image =
        |alt: &str| format!("<img src=\"data:image/png;base64,{png}\" alt=\"{alt}\" width=\"40pt\"/>");
    let rendered = render(&[drawing, image("Four pixels"), image("")].concat());
    conforms(&rendered.bytes);
    assert_eq!(tags(&rendered.bytes).get("Figure"), Some(&2), "an empty alt is an artefact");
    assert!(rendered.pages[0].text.contains("12 ≥ ✓"));
}

#[test]
fn a_cover_with_a_logo_conforms() {
    let mut theme = Theme::nhs();
    let png = picture::base64(picture::tests::RGBA).expect("base64");
    theme.images.insert("photo.png".into(), png.clone());
    theme.logo = Some(Logo { png, height: 30.0, alt: "Northvale".into() });
    let html = "<html lang=\"en-GB\"><head><title>T</title></head><body><section class=\"cover\">\
        <h1>Title</h1></section><img src=\"photo.png\" alt=\"A photo\"/></body></html>";
    let rendered = pdf(html, &theme).expect("renders");
    conforms(&rendered.bytes);
    assert_eq!(tags(&rendered.bytes)["Figure"], 2);
    theme.logo = Some(Logo { png: b"GIF".to_vec(), height: 30.0, alt: "x".into() });
    assert!(matches!(pdf(html, &theme), Err(RenderError::Picture { .. })));
}

/// The structure tree as an indented list.
fn outline_of_tags(bytes: &[u8]) -> String {
    fn walk(file: &Document, object: &Object, depth: usize, out: &mut String) {
        let object = object.as_reference().map_or(object, |id| file.get_object(id).expect("there"));
        match object {
            Object::Array(kids) => kids.iter().for_each(|kid| walk(file, kid, depth, out)),
            Object::Dictionary(dict) if dict.has(b"S") => {
                let name = dict.get(b"S").and_then(Object::as_name).expect("a type");
                let detail = dict.get(b"A").and_then(Object::as_dict).ok();
                let detail = detail.map(|d| {
                    let entry = |(key, value): (&Vec<u8>, &Object)| {
                        format!(" {}={value:?}", String::from_utf8_lossy(key))
                    };
                    d.iter().filter(|(key, _)| *key != b"O").map(entry).collect::<String>()
                });
                let name = String::from_utf8_lossy(name);
                let _ = writeln!(out, "{}{name}{}", "  ".repeat(depth), detail.unwrap_or_default());
                if let Ok(kids) = dict.get(b"K") {
                    walk(file, kids, depth + 1, out);
                }
            }
            Object::Dictionary(dict) => {
                let kind = dict.get(b"Type").and_then(Object::as_name).unwrap_or(b"?");
                let _ = writeln!(out, "{}({})", "  ".repeat(depth), String::from_utf8_lossy(kind));
            }
            _ => {
                let _ = writeln!(out, "{}(content)", "  ".repeat(depth));
            }
        }
    }
    let file = Document::load_mem(bytes).expect("readable");
    let root = file.catalog().and_then(|c| c.get(b"StructTreeRoot")).expect("tagged");
    let root = file.get_object(root.as_reference().expect("indirect")).expect("there");
    let mut out = String::new();
    walk(&file, root.as_dict().and_then(|d| d.get(b"K")).expect("children"), 0, &mut out);
    out
}

#[test]
fn the_tag_tree_says_what_the_html_says() {
    let rendered = render(
        "<h1>A</h1><p>x <a href=\"https://example.org\">y</a> z</p><ol><li>one<ul><li>two</li></ul></li></ol>\
         <table><caption>C</caption><thead><tr><th>a</th><th class=\"num\">b</th></tr></thead>\
         <tr><th rowspan=\"2\">c</th><td>d</td></tr><tr><td/></tr></table>",
    );
    insta::assert_snapshot!(outline_of_tags(&rendered.bytes));
}

#[test]
fn a_character_without_a_glyph_is_a_box_and_a_warning() {
    let rendered = render("<p>a stethoscope \u{1FA7A} and \u{1FA7A}, \u{E000}</p>");
    conforms(&rendered.bytes);
    let RenderWarning::MissingGlyph { character, near, times } = &rendered.warnings[0] else {
        panic!("a glyph")
    };
    assert_eq!((*character, *times), ('\u{1FA7A}', 2));
    assert!(near.contains("stethoscope"));
    assert_eq!(rendered.warnings.len(), 2, "one a character");
    assert!(rendered.pages[0].text.contains('\u{1FA7A}'), "the gates see what was written");
}

#[test]
fn writing_from_right_to_left_is_told() {
    let rendered =
        render("<p>\u{645}\u{648}\u{627}\u{639}\u{64a}\u{62f} and \u{5e9}\u{5dc}\u{5d5}\u{5dd}</p>");
    let told: Vec<String> = rendered.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["10 characters of right-to-left writing, such as U+0645, stand from left to right"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_words_render_and_conform(
        words in proptest::collection::vec("\\PC{0,60}|[ -~]{0,200}|[\\u{80}-\\u{10FFFF}]{0,12}", 6),
    ) {
        let safe = |text: &String| -> String {
            let legal = |c: &char| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
            let text: String = text.chars().filter(legal).collect();
            text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
        };
        let [a, b, c, d, e, f] = &words.iter().map(safe).collect::<Vec<_>>()[..] else { return Ok(()) };
        let body = format!(
            "<p>{a}</p><ul><li>{b}</li></ul><table><tr><td>{c}</td><th>{d}</th></tr></table><h1>x {e}</h1><p><span class=\"chip\">x {f}</span></p>"
        );
        conforms(&render(&body).bytes);
    }

    #[test]
    fn no_input_panics(html in "\\PC{0,80}|<html lang=\"en\"><head><title>x</title></head><body>[<>/&;a-z =\"'#0-9]{0,60}</body></html>") {
        let _ = pdf(&html, &Theme::nhs());
    }
}
