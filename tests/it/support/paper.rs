//! What a document says as data, read as any reader of the JSON would read it: blocks by id, and their claims,
//! figures, paragraphs, lists, facts and tables.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::files;

/// Words with their emphasis, line ends and badges.
#[derive(Debug, Clone, Copy)]
pub struct Words<'v>(&'v Value);

impl<'v> Words<'v> {
    fn pieces(self) -> &'v [Value] {
        self.0.as_array().unwrap_or_else(|| panic!("no words: {}", self.0))
    }

    /// All of them; a badge is its label, and each line stands for itself.
    pub fn text(self) -> String {
        let piece = |piece: &Value| match (piece, piece["style"].as_str()) {
            (Value::String(text), _) => text.clone(),
            (_, Some("break")) => "\n".to_owned(),
            (_, Some(_)) => piece["text"].as_str().unwrap().to_owned(),
            _ => piece["label"].as_str().unwrap_or_else(|| panic!("no piece: {piece}")).to_owned(),
        };
        self.pieces().iter().map(piece).collect()
    }

    /// Their lines.
    pub fn lines(self) -> Vec<String> {
        self.text().split('\n').map(|line| line.trim().to_owned()).collect()
    }

    /// What has an emphasis.
    pub fn styled(self, style: &str) -> Vec<&'v str> {
        let with = self.pieces().iter().filter(|piece| piece["style"] == style);
        with.map(|piece| piece["text"].as_str().unwrap()).collect()
    }

    /// The short words of its badges.
    pub fn badges(self) -> Vec<&'v str> {
        self.pieces().iter().filter_map(|piece| piece["short"].as_str()).collect()
    }

    /// The short words of its only badge, or its first.
    pub fn badge(self) -> String {
        (*self.badges().first().unwrap_or_else(|| panic!("no badge: {}", self.0))).to_owned()
    }
}

/// A row of a table.
#[derive(Debug, Clone)]
pub struct Line<'v> {
    cells: Vec<Words<'v>>,
    heads: BTreeMap<String, usize>,
}

impl<'v> Line<'v> {
    /// The words under a head.
    pub fn words(&self, head: &str) -> Words<'v> {
        let at = self.heads.get(head).unwrap_or_else(|| panic!("no {head:?}: {:?}", self.heads));
        self.cells[*at]
    }

    /// The text under a head.
    pub fn text(&self, head: &str) -> String {
        self.words(head).text()
    }

    /// The first line under a head.
    pub fn first(&self, head: &str) -> String {
        self.words(head).lines().swap_remove(0)
    }

    /// The words of a column, counted from 0.
    pub fn at(&self, column: usize) -> Words<'v> {
        self.cells[column]
    }

    /// Whether there is such a head.
    pub fn has(&self, head: &str) -> bool {
        self.heads.contains_key(head)
    }

    /// The texts under several heads.
    pub fn texts<const N: usize>(&self, heads: [&str; N]) -> [String; N] {
        heads.map(|head| self.text(head))
    }

    /// The code at the end of the text under a head, `(X90001)`.
    pub fn code(&self, head: &str) -> String {
        self.text(head).rsplit(' ').next().unwrap().to_owned()
    }
}

/// A block of a document; it must be there.
pub fn block<'v>(content: &'v Value, id: &str) -> &'v Value {
    let blocks = content["blocks"].as_array().unwrap_or_else(|| panic!("no blocks in {content}"));
    let ids = || blocks.iter().map(|block| block["id"].as_str().unwrap()).collect::<Vec<_>>();
    blocks.iter().find(|block| block["id"] == id).unwrap_or_else(|| panic!("no {id}: {:?}", ids()))
}

fn elements<'v>(content: &'v Value, id: &str, kind: &'static str) -> impl Iterator<Item = &'v Value> {
    let all = block(content, id)["elements"].as_array().unwrap().iter();
    all.filter(move |element| element["element"] == kind)
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no {key} in {value}"))
}

/// A table of a block; none if the block has none of this id.
pub fn find_table<'v>(content: &'v Value, block: &str, id: &str) -> Option<&'v Value> {
    elements(content, block, "table").find(|table| table["id"] == id)
}

/// The rows of a table. A block that has nothing to list has no table: there are no rows. A whole number is the
/// same as a value and in words.
pub fn table<'v>(content: &'v Value, block: &str, id: &str) -> Vec<Line<'v>> {
    let Some(table) = find_table(content, block, id) else { return Vec::new() };
    let columns = list(table, "columns");
    let mut heads = BTreeMap::new();
    for (place, column) in columns.iter().enumerate() {
        let head = column["head"].as_str().unwrap().replace('\u{ad}', "");
        assert_eq!(heads.insert(head, place), None, "{id} has a head twice");
    }
    let line = |row: &'v Value| {
        let cells = row.as_array().unwrap();
        assert_eq!(cells.len(), columns.len(), "{id}: {row}");
        for cell in cells {
            let shown = Words(&cell["words"]).text();
            if let Some(value) = cell["value"].as_u64() {
                assert_eq!(shown.replace(',', ""), value.to_string(), "{id}: {row}");
            } else if cell["value"] == "[c]" || shown == "[c]" {
                assert_eq!((shown.as_str(), &cell["value"]), ("[c]", &Value::from("[c]")), "{id}: {row}");
            }
        }
        Line { cells: cells.iter().map(|cell| Words(&cell["words"])).collect(), heads: heads.clone() }
    };
    list(table, "rows").iter().map(line).collect()
}

/// What a table shows, in words.
pub fn caption<'v>(content: &'v Value, block: &str, id: &str) -> &'v str {
    let table = find_table(content, block, id).unwrap_or_else(|| panic!("{block} has no table {id}"));
    table["caption"].as_str().unwrap()
}

/// The bars of the charts of a block: the short words of the level, the count now and before.
pub fn bars(content: &Value, block: &str) -> Vec<[String; 3]> {
    let bars = elements(content, block, "chart").flat_map(|chart| list(chart, "bars"));
    let text = |cell: &Value| Words(&cell["words"]).text();
    bars.map(|bar| {
        [bar["badge"]["short"].as_str().unwrap().to_owned(), text(&bar["now"]), text(&bar["before"])]
    })
    .collect()
}

/// The sentences of a block that have receipts.
pub fn claims(content: &Value, block: &str) -> Vec<String> {
    let all = elements(content, block, "claims").flat_map(|element| list(element, "claims"));
    all.map(|claim| claim["text"].as_str().unwrap().to_owned()).collect()
}

/// The main figures of a block: what each counts, and its value.
pub fn figures(content: &Value, block: &str) -> BTreeMap<String, String> {
    let all = elements(content, block, "figures").flat_map(|element| list(element, "figures"));
    let text = |figure: &Value, key: &str| figure[key].as_str().unwrap().to_owned();
    all.map(|figure| (text(figure, "label"), text(figure, "value"))).collect()
}

/// The paragraphs of a block.
pub fn paragraphs(content: &Value, block: &str) -> Vec<String> {
    elements(content, block, "paragraph").map(|element| Words(&element["words"]).text()).collect()
}

/// The items of the lists of a block.
pub fn items(content: &Value, block: &str) -> Vec<String> {
    let items = elements(content, block, "list").flat_map(|element| list(element, "items"));
    items.map(|item| Words(item).text()).collect()
}

/// The paragraphs of the frames of a block, and the items below them.
pub fn boxed(content: &Value, block: &str) -> (Vec<String>, Vec<String>) {
    let of = |key: &'static str| {
        let all = elements(content, block, "box").flat_map(move |element| list(element, key));
        all.map(|words| Words(words).text()).collect()
    };
    (of("paragraphs"), of("items"))
}

/// What people wrote for a block.
pub fn written(content: &Value, block: &str) -> Vec<String> {
    let all = elements(content, block, "written").flat_map(|element| list(element, "paragraphs"));
    all.map(|paragraph| paragraph["text"].as_str().unwrap().to_owned()).collect()
}

/// What is said of paragraphs that people wrote for a block and that are not in it.
pub fn left_out(content: &Value, block: &str) -> String {
    elements(content, block, "written").map(|element| element["left_out"].as_str().unwrap()).collect()
}

/// The document of a committee in a run that lists or compares practices, as data: the pack, not a sheet about
/// one of them.
pub fn pack(data: &Path, run: &str, committee: &str) -> Value {
    let folder = data.join("runs").join(run).join("documents").join(committee);
    let all = files(&folder).into_values().map(|bytes| serde_json::from_slice::<Value>(&bytes).unwrap());
    let of_one = ["sbar", "exception-alert"];
    let mut packs = all.filter(|content| !of_one.contains(&content["document"].as_str().unwrap()));
    let pack = packs.next().unwrap_or_else(|| panic!("{} has no pack", folder.display()));
    assert_eq!(packs.next(), None, "{} has one pack", folder.display());
    pack
}
