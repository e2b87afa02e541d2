//! The tag tree as PDF objects, and the table that leads from page content back to it.

use lopdf::{Dictionary, Document, Object, ObjectId, dictionary};

use super::super::error::RenderError;
use super::super::paint::Painted;
use super::super::tags::{Detail, Element, Kid, Tags};
use super::super::tree::Scope;
use super::fault;
use super::text::string;

/// Adds the structure tree and ties pages and annotations to it; returns its root.
pub(super) fn write(
    file: &mut Document,
    painted: &Painted,
    annotations: &[ObjectId],
    pages: &[ObjectId],
) -> Result<ObjectId, RenderError> {
    let tags = &painted.tags;
    let root = file.new_object_id();
    let ids: Vec<ObjectId> = tags.elements.iter().map(|_| file.new_object_id()).collect();
    let kept = kept(tags);
    let writer = Writer { tags, ids: &ids, painted, annotations, pages };
    for i in (0..tags.elements.len()).filter(|i| kept[*i]) {
        let dict = writer.element(&tags.elements[i], root);
        file.objects.insert(ids[i], Object::Dictionary(dict));
    }
    let parents = writer.parents(file);
    let next = (pages.len() + annotations.len()) as i64;
    let tree = file.add_object(dictionary! { "Nums" => parents });
    let dict = dictionary! {
        "Type" => "StructTreeRoot",
        "K" => ids[Tags::ROOT.0],
        "ParentTree" => tree,
        "ParentTreeNextKey" => next,
    };
    file.objects.insert(root, Object::Dictionary(dict));
    for (i, page) in pages.iter().enumerate() {
        let dict = file.get_object_mut(*page).and_then(Object::as_dict_mut).map_err(fault)?;
        dict.set("StructParents", i as i64);
        dict.set("Tabs", "S");
    }
    Ok(root)
}

/// Which elements can be reached from the root; pruned ones are no longer among the children.
fn kept(tags: &Tags) -> Vec<bool> {
    let mut kept = vec![false; tags.elements.len()];
    kept[Tags::ROOT.0] = true;
    // Children come after their parents.
    for (i, element) in tags.elements.iter().enumerate() {
        if kept[i] {
            element.kids.iter().for_each(|kid| {
                if let Kid::Element(id) = kid {
                    kept[id.0] = true;
                }
            });
        }
    }
    kept
}

struct Writer<'a> {
    tags: &'a Tags,
    ids: &'a [ObjectId],
    painted: &'a Painted,
    annotations: &'a [ObjectId],
    pages: &'a [ObjectId],
}

impl Writer<'_> {
    fn element(&self, element: &Element, root: ObjectId) -> Dictionary {
        let parent = element.parent.map_or(root, |parent| self.ids[parent.0]);
        let mut dict = dictionary! {
            "Type" => "StructElem",
            "S" => Object::Name(element.tag.name().into_bytes()),
            "P" => parent,
        };
        let home = self.home(element);
        if let Some(page) = home.and_then(|page| self.pages.get(page)) {
            dict.set("Pg", *page);
        }
        let mut kids: Vec<Object> = element.kids.iter().flat_map(|kid| self.kid(*kid, home)).collect();
        match kids.len() {
            0 => {}
            1 => dict.set("K", kids.remove(0)),
            _ => dict.set("K", kids),
        }
        detail(&element.detail, &mut dict);
        dict
    }

    /// The page of the element's first own content.
    fn home(&self, element: &Element) -> Option<usize> {
        element.kids.iter().find_map(|kid| match kid {
            Kid::Slot(slot) => self.tags.slots[slot.0].painted.first().map(|(page, _)| *page),
            _ => None,
        })
    }

    fn kid(&self, kid: Kid, home: Option<usize>) -> Vec<Object> {
        match kid {
            Kid::Element(id) => vec![self.ids[id.0].into()],
            Kid::Slot(slot) => {
                let content = |(page, number): &(usize, usize)| match home == Some(*page) {
                    true => Object::Integer(*number as i64),
                    false => Object::Dictionary(dictionary! {
                        "Type" => "MCR",
                        "Pg" => self.pages[*page],
                        "MCID" => *number as i64,
                    }),
                };
                self.tags.slots[slot.0].painted.iter().map(content).collect()
            }
            Kid::Annotation(number) => {
                let page = self.painted.annotations[number].page;
                vec![Object::Dictionary(dictionary! {
                    "Type" => "OBJR",
                    "Obj" => self.annotations[number],
                    "Pg" => self.pages[page],
                })]
            }
        }
    }

    /// For each page the owner of each piece of content, for each annotation its owner.
    fn parents(&self, file: &mut Document) -> Vec<Object> {
        let mut owners: Vec<Vec<Object>> = vec![Vec::new(); self.pages.len()];
        for slot in &self.tags.slots {
            for (page, number) in &slot.painted {
                let list = &mut owners[*page];
                if list.len() <= *number {
                    list.resize(*number + 1, Object::Null);
                }
                list[*number] = self.ids[slot.element.0].into();
            }
        }
        let mut nums = Vec::new();
        for (i, list) in owners.into_iter().enumerate() {
            let list = file.add_object(Object::Array(list));
            nums.extend([Object::Integer(i as i64), list.into()]);
        }
        for element in 0..self.tags.elements.len() {
            for kid in &self.tags.elements[element].kids {
                if let Kid::Annotation(number) = kid {
                    let key = self.pages.len() + number;
                    nums.extend([Object::Integer(key as i64), self.ids[element].into()]);
                }
            }
        }
        nums
    }
}

fn detail(detail: &Detail, dict: &mut Dictionary) {
    match detail {
        Detail::None => {}
        Detail::Cell { scope, columns, rows } => {
            let mut table = dictionary! { "O" => "Table" };
            if let Some(scope) = scope {
                table.set("Scope", if *scope == Scope::Row { "Row" } else { "Column" });
            }
            if *columns > 1 {
                table.set("ColSpan", *columns as i64);
            }
            if *rows > 1 {
                table.set("RowSpan", *rows as i64);
            }
            if table.len() > 1 {
                dict.set("A", table);
            }
        }
        Detail::List { ordered } => {
            let numbering = if *ordered { "Decimal" } else { "Disc" };
            dict.set("A", dictionary! { "O" => "List", "ListNumbering" => numbering });
        }
        Detail::Figure { alt, bounds } => {
            dict.set("Alt", string(alt));
            if let Some(bounds) = bounds {
                let bounds: Vec<Object> =
                    bounds.iter().map(|n| Object::Real((n * 100.0).round() / 100.0)).collect();
                dict.set("A", dictionary! { "O" => "Layout", "Placement" => "Block", "BBox" => bounds });
            }
        }
    }
}
