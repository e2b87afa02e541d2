//! The words of a document before it is laid out: an XHTML text as paragraphs, with where each stands.
//!
//! A paragraph on two pages or on two lines is one text here, so that nothing is missed because a line
//! or a page was broken within it; two cells of a table are two texts, so that figures that only stand
//! beside one another make no number.

use roxmltree::{Node, NodeType};

/// A text of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The heading above it, if there is one.
    pub section: Option<String>,
    /// What kind of thing it is: `a paragraph`, `a table`, `a picture's description`.
    pub kind: &'static str,
    /// Its words.
    pub text: String,
}

/// Elements within a paragraph: they do not part words.
const INLINE: [&str; 14] =
    ["a", "abbr", "b", "cite", "code", "em", "i", "small", "span", "strong", "sub", "sup", "time", "u"];

/// Attributes that are read to people or kept in the file's description.
const SPOKEN: [&str; 6] = ["alt", "title", "content", "aria-label", "summary", "data-label"];

/// The texts of a parsed document, in its order.
pub fn passages(document: &roxmltree::Document<'_>) -> Vec<Passage> {
    let mut reader = Reader { out: Vec::new(), section: None, open: String::new(), kind: "a paragraph" };
    reader.read(document.root());
    reader.close();
    reader.out
}

struct Reader {
    out: Vec<Passage>,
    section: Option<String>,
    open: String,
    kind: &'static str,
}

impl Reader {
    fn close(&mut self) {
        let text = std::mem::take(&mut self.open);
        if !text.trim().is_empty() {
            self.out.push(Passage { section: self.section.clone(), kind: self.kind, text });
        }
    }

    fn read(&mut self, node: Node<'_, '_>) {
        for child in node.children() {
            match child.node_type() {
                NodeType::Text => self.open.push_str(child.text().unwrap_or_default()),
                NodeType::Element => self.element(child),
                _ => {}
            }
        }
    }

    fn element(&mut self, node: Node<'_, '_>) {
        let name = node.tag_name().name();
        let spoken = SPOKEN.iter().filter_map(|key| node.attribute(*key));
        let spoken: Vec<String> = spoken.map(str::to_owned).collect();
        match name {
            "style" | "script" => {}
            "br" => self.open.push('\n'),
            _ if INLINE.contains(&name) => self.read(node),
            _ => {
                self.close();
                let before = self.kind;
                self.kind = kind(name).unwrap_or(before);
                self.read(node);
                if matches!(name, "h1" | "h2" | "h3") {
                    let heading = self.open.split_whitespace().collect::<Vec<_>>().join(" ");
                    self.close();
                    self.section = Some(heading).filter(|heading| !heading.is_empty());
                }
                self.close();
                self.kind = before;
            }
        }
        for text in spoken {
            let kind = if name == "meta" { "the file's description" } else { "a picture's description" };
            self.out.push(Passage { section: self.section.clone(), kind, text });
        }
    }
}

fn kind(element: &str) -> Option<&'static str> {
    match element {
        "p" | "div" => Some("a paragraph"),
        "li" => Some("a list"),
        "td" | "th" => Some("a table"),
        "caption" => Some("a table's caption"),
        "h1" | "h2" | "h3" | "h4" => Some("a heading"),
        "title" => Some("the file's description"),
        "svg" | "figure" => Some("a figure"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(html: &str) -> Vec<(String, &'static str, String)> {
        let document = roxmltree::Document::parse(html).unwrap();
        let passages = passages(&document).into_iter();
        passages.map(|p| (p.section.unwrap_or_default(), p.kind, p.text.trim().to_owned())).collect()
    }

    #[test]
    fn words_stay_together_and_cells_apart() {
        let html = "<html><body><h1>Themes</h1><p>NHS 943 <b>476</b> 59<i>19</i><br/>end</p>\
                    <table><tr><td>943</td><td>476</td></tr></table><img alt=\"943 476\"/></body></html>";
        let themes = || "Themes".to_owned();
        assert_eq!(
            read(html),
            [
                (String::new(), "a heading", themes()),
                (themes(), "a paragraph", "NHS 943 476 5919\nend".to_owned()),
                (themes(), "a table", "943".to_owned()),
                (themes(), "a table", "476".to_owned()),
                (themes(), "a picture's description", "943 476".to_owned()),
            ]
        );
    }
}
