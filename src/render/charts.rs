//! Charts as SVG in the subset that the renderer reads. Colours and habits are those of the Government
//! Analysis Function: a white ground, few lines, horizontal text, numbers beside the bars.

use std::fmt::Write;

use crate::documents::content::{Cell, Chart, Value};

const NOW: &str = "#12436D";
const BEFORE: &str = "#A6BDD7";
const AXIS: &str = "#595959";
const TEXT: &str = "#231F20";

const WIDTH: f64 = 640.0;
/// Where the bars begin: room for the names of levels to their left.
const LEFT: f64 = 200.0;
/// Where the longest bar ends: room for its number to its right.
const RIGHT: f64 = 590.0;
const BAR: f64 = 12.0;

/// The bars of a chart, now beside before: two bars a row, each with its number.
pub fn bars(chart: &Chart) -> String {
    let Chart { bars, title, now, before, .. } = chart;
    let series = if before.is_some() { 2.0 } else { 1.0 };
    let step = series * BAR + 9.0;
    let top = 34.0;
    let height = top + step * bars.len() as f64 + 6.0;
    let counts = bars.iter().flat_map(|bar| [count(&bar.now), count(&bar.before)]);
    let most = counts.flatten().max().unwrap_or(0).max(1);
    let scale = (RIGHT - LEFT) / most as f64;
    let mut svg = String::new();
    let _ =
        write!(svg, r#"<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">"#);
    let _ = write!(svg, "<title>{}</title><desc>{}</desc>", escape(title), escape(&description(chart)));
    legend(&mut svg, now, before.as_deref());
    for (index, bar) in bars.iter().enumerate() {
        let y = top + step * index as f64;
        let middle = y + series * BAR / 2.0 + 4.0;
        let name = if bar.badge.label == bar.badge.name {
            bar.badge.name.clone()
        } else {
            format!("{} {}", bar.badge.short, bar.badge.name)
        };
        text(&mut svg, LEFT - 8.0, middle, "end", &name);
        one(&mut svg, y, &bar.now, NOW, scale);
        if before.is_some() {
            one(&mut svg, y + BAR, &bar.before, BEFORE, scale);
        }
    }
    let bottom = height - 6.0;
    let _ = write!(
        svg,
        r#"<line x1="{LEFT}" y1="{top}" x2="{LEFT}" y2="{bottom}" stroke="{AXIS}" stroke-width="1"/></svg>"#
    );
    svg
}

/// The count in a cell, if it is shown.
fn count(cell: &Cell) -> Option<usize> {
    match cell.value {
        Value::Count(count) => Some(count),
        _ => None,
    }
}

fn legend(svg: &mut String, now: &str, last: Option<&str>) {
    let mut entry = |x: f64, colour: &str, name: &str| {
        let _ = write!(svg, r#"<rect x="{x}" y="8" width="11" height="11" fill="{colour}"/>"#);
        text(svg, x + 17.0, 18.0, "start", name);
    };
    entry(LEFT, NOW, now);
    if let Some(last) = last {
        entry(LEFT + 170.0, BEFORE, last);
    }
}

fn one(svg: &mut String, y: f64, cell: &Cell, colour: &str, scale: f64) {
    let width = count(cell).map_or(0.0, |n| n as f64 * scale);
    if width > 0.0 {
        let _ = write!(
            svg,
            r#"<rect x="{LEFT}" y="{y}" width="{width:.2}" height="{:.2}" fill="{colour}"/>"#,
            BAR - 1.0
        );
    }
    text(svg, LEFT + width + 5.0, y + BAR - 3.0, "start", &cell.words.text());
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, words: &str) {
    let _ = write!(
        svg,
        r#"<text x="{x:.2}" y="{y:.2}" font-size="12" text-anchor="{anchor}" fill="{TEXT}">{}</text>"#,
        escape(words)
    );
}

/// The chart in a sentence a level, for those who do not see it.
fn description(chart: &Chart) -> String {
    let Chart { bars, shows, now, before, .. } = chart;
    let mut out = format!("{shows} on {now}");
    if let Some(before) = before {
        let _ = write!(out, ", and in the pack of {before} in brackets");
    }
    out.push(':');
    for bar in bars {
        let _ = write!(out, " {} {}", bar.badge.label, bar.now.words.text());
        if before.is_some() {
            let _ = write!(out, " ({})", bar.before.words.text());
        }
        out.push(';');
    }
    out.pop();
    out.push('.');
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::Badge;
    use crate::documents::content::Bar;

    fn bar(name: &str, now: usize, before: usize) -> Bar {
        let badge = Badge {
            label: name.to_owned(),
            name: name.to_owned(),
            short: "–".to_owned(),
            shape: "circle".to_owned(),
            tone: "none".to_owned(),
        };
        Bar { badge, now: Cell::count(now), before: Cell::count(before) }
    }

    #[test]
    fn bars_are_as_long_as_their_numbers_and_the_longest_fills_the_chart() {
        let svg = bars(&Chart {
            id: "levels",
            title: "A finding".to_owned(),
            shows: "Practices".to_owned(),
            caption: String::new(),
            now: "now".to_owned(),
            before: Some("then".to_owned()),
            bars: vec![bar("Many", 100, 50), bar("None", 0, 25)],
        });
        let lengths: Vec<&str> = svg
            .split("<rect ")
            .filter(|rect| rect.contains(r#"x="200" y=""#) && rect.contains(r#"height="11.00""#))
            .filter_map(|rect| rect.split_once("width=\"")?.1.split('"').next())
            .collect();
        assert_eq!(lengths, ["390.00", "195.00", "97.50"], "{svg}");
        assert!(svg.contains("Many 100 (50); None 0 (25)."), "{svg}");
    }
}
