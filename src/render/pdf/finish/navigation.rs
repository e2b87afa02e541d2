//! Bookmarks: the headings, nested.

use lopdf::{Document, Object, ObjectId, dictionary};

use super::super::paint::Painted;
use super::Books;
use super::links::destination;
use super::text::string;

/// With more headings than this only the first level is unfolded.
const UNFOLDED: usize = 30;

struct Node {
    heading: usize,
    children: Vec<Node>,
}

impl Node {
    fn count(&self) -> usize {
        self.children.iter().map(|child| 1 + child.count()).sum()
    }
}

/// Adds the outline; `None` when there are no headings.
pub(super) fn write(
    file: &mut Document,
    painted: &Painted,
    books: &Books<'_>,
    pages: &[ObjectId],
) -> Option<ObjectId> {
    let shown: Vec<(usize, u8)> = books
        .headings
        .iter()
        .enumerate()
        .filter(|(_, entry)| !entry.text.is_empty())
        .map(|(i, entry)| (i, entry.level))
        .collect();
    let nodes = nested(&shown);
    if nodes.is_empty() {
        return None;
    }
    let root = file.new_object_id();
    let unfolded = shown.len() <= UNFOLDED;
    let writer = &mut Writer { file, painted, books, pages, unfolded };
    let (first, last) = writer.level(&nodes, root)?;
    let open = if unfolded { shown.len() } else { nodes.len() };
    let dict = dictionary! { "Type" => "Outlines", "First" => first, "Last" => last, "Count" => open as i64 };
    file.objects.insert(root, Object::Dictionary(dict));
    Some(root)
}

/// A heading belongs to the last one above it with a smaller level.
fn nested(shown: &[(usize, u8)]) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut rest = shown;
    while let Some(((heading, level), after)) = rest.split_first() {
        let end = after.iter().position(|(_, l)| l <= level).unwrap_or(after.len());
        nodes.push(Node { heading: *heading, children: nested(&after[..end]) });
        rest = &after[end..];
    }
    nodes
}

struct Writer<'a> {
    file: &'a mut Document,
    painted: &'a Painted,
    books: &'a Books<'a>,
    pages: &'a [ObjectId],
    unfolded: bool,
}

impl Writer<'_> {
    fn level(&mut self, nodes: &[Node], parent: ObjectId) -> Option<(ObjectId, ObjectId)> {
        let ids: Vec<ObjectId> = nodes.iter().map(|_| self.file.new_object_id()).collect();
        for (i, node) in nodes.iter().enumerate() {
            let entry = self.books.headings.get(node.heading)?;
            let spot = self.painted.headings.get(node.heading)?;
            let mut dict = dictionary! {
                "Title" => string(&entry.text),
                "Parent" => parent,
                "Dest" => destination(*spot, self.pages),
            };
            if let Some(before) = i.checked_sub(1).and_then(|i| ids.get(i)) {
                dict.set("Prev", *before);
            }
            if let Some(next) = ids.get(i + 1) {
                dict.set("Next", *next);
            }
            if let Some((first, last)) = self.level(&node.children, ids[i]) {
                dict.set("First", first);
                dict.set("Last", last);
                let count = node.count() as i64;
                dict.set("Count", if self.unfolded { count } else { -count });
            }
            self.file.objects.insert(ids[i], Object::Dictionary(dict));
        }
        Some((*ids.first()?, *ids.last()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_nest_by_level_even_when_one_is_skipped() {
        fn told(nodes: &[Node]) -> String {
            nodes.iter().map(|n| format!("{}({})", n.heading, told(&n.children))).collect()
        }
        let nodes = nested(&[(0, 2), (1, 1), (2, 3), (3, 2), (4, 3), (5, 1)]);
        assert_eq!(told(&nodes), "0()1(2()3(4()))5()");
    }
}
