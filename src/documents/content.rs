//! The content of a document: a head and blocks, each a list of elements. A count is a typed
//! value with its words, a sentence has the receipts it rests on; every edition reads that one value. No layout, no file, no clock.

use chrono::NaiveDate;
use serde::Serialize;

use super::suppress::Told;
use super::{Badge, Claim, Written};
use crate::dates::short;
use crate::wording::number;

/// A part of a document with a heading of its own.
#[derive(Debug, Clone, Serialize)]
pub struct Block {
    /// Its id, unique in the document.
    pub id: String,
    /// Its heading.
    pub heading: String,
    /// Where it begins, and how its pages lie.
    pub page: Page,
    /// What it says, in order.
    pub elements: Vec<Element>,
    /// Its lines in the text of a mail; empty if it does not speak there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mail: Vec<String>,
    /// Figures that a gate holds against the levels, by what they count; none is hidden.
    #[serde(skip)]
    pub stated: Vec<(&'static str, Option<usize>)>,
}

/// Where a block begins, and how its pages lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Page {
    /// After the block before it; the first of a document begins on a page of its own.
    Flow,
    /// On a page of its own.
    New,
    /// On a page of its own that lies on its side.
    Landscape,
}

/// A piece of a block.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "element", rename_all = "kebab-case")]
pub enum Element {
    /// A heading below that of the block.
    Heading {
        /// Its words.
        text: String,
    },
    /// Sentences with their receipts.
    Claims {
        /// In order.
        claims: Vec<Claim>,
    },
    /// A paragraph that states no figure.
    Paragraph {
        /// Its words.
        words: Words,
        /// How it looks.
        look: Look,
    },
    /// The main figures, large.
    Figures {
        /// In order.
        figures: Vec<Figure>,
    },
    /// A table.
    Table(Table),
    /// A chart of a table.
    Chart(Chart),
    /// What people wrote.
    Written(Written),
    /// A list.
    List {
        /// Its items.
        items: Vec<Words>,
        /// How it looks.
        look: Look,
    },
    /// A paragraph in a frame, with a list below it.
    Box {
        /// How it looks.
        look: Look,
        /// Its paragraphs.
        paragraphs: Vec<Words>,
        /// The items of the list.
        items: Vec<Words>,
    },
    /// Names beside values, one a line.
    Facts {
        /// Name and value.
        rows: Vec<(String, Words)>,
    },
}

/// How an element looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Look {
    /// As the text around it.
    #[default]
    Plain,
    /// Larger than the text around it.
    Lead,
    /// Smaller.
    Small,
    /// Smaller and grey.
    Muted,
    /// A warning.
    Warn,
    /// What is asked for.
    Decision,
    /// Smaller, and not parted by the end of a page.
    SmallKept,
}

/// One of the main figures.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// The figure as it is printed.
    pub value: String,
    /// What it counts.
    pub label: String,
    /// A word more.
    pub note: String,
}

/// A table.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    /// Its id, unique in the document.
    pub id: &'static str,
    /// What it shows.
    pub caption: String,
    /// How it looks.
    pub look: TableLook,
    /// Its columns.
    pub columns: Vec<Column>,
    /// The column that names the rows, counted from 0; none if no cell names its row.
    pub names: Option<usize>,
    /// Its rows; each has a cell a column.
    pub rows: Vec<Vec<Cell>>,
}

/// How a table looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TableLook {
    /// It may be parted between its rows.
    #[default]
    Plain,
    /// It stays on one page.
    Keep,
    /// Small, and may be parted between its rows.
    Compact,
    /// Small, and stays on one page.
    CompactKeep,
}

/// A column.
#[derive(Debug, Clone, Serialize)]
pub struct Column {
    /// Its head.
    pub head: String,
    /// Its share of the width in per cent; none shares what is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u8>,
    /// What its cells are.
    pub kind: Kind,
    /// The class of its cells in HTML.
    #[serde(skip_serializing_if = "str::is_empty")]
    class: &'static str,
}

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Words.
    Text,
    /// Whole numbers.
    Count,
    /// Numbers.
    Number,
    /// Dates.
    Date,
    /// Codes or names of practices.
    Practice,
    /// Badges of levels.
    Badge,
    /// Short words in the middle of the column.
    State,
}

impl Column {
    /// A column of words.
    pub fn text(head: impl Into<String>, width: impl Into<Option<u8>>) -> Self {
        Self::of(Kind::Text, head, width)
    }

    /// A column of whole numbers.
    pub fn count(head: impl Into<String>, width: impl Into<Option<u8>>) -> Self {
        Self::of(Kind::Count, head, width)
    }

    /// A column.
    pub fn of(kind: Kind, head: impl Into<String>, width: impl Into<Option<u8>>) -> Self {
        let class = match kind {
            Kind::Count | Kind::Number => "num",
            Kind::State => "center",
            Kind::Text | Kind::Date | Kind::Practice | Kind::Badge => "",
        };
        Self { head: head.into(), width: width.into(), kind, class }
    }
}

impl Table {
    /// A table of these columns without rows, whose first column names them.
    pub fn new(id: &'static str, caption: impl Into<String>, columns: Vec<Column>) -> Self {
        let (look, names) = (TableLook::Plain, Some(0));
        Self { id, caption: caption.into(), look, columns, names, rows: Vec::new() }
    }

    /// The same table with this look.
    pub fn look(self, look: TableLook) -> Self {
        Self { look, ..self }
    }

    /// The same table, whose rows are named by another column.
    pub fn named_by(self, column: usize) -> Self {
        Self { names: Some(column), ..self }
    }

    /// The same table with these rows.
    pub fn rows(self, rows: impl IntoIterator<Item = Vec<Cell>>) -> Self {
        Self { rows: rows.into_iter().collect(), ..self }
    }

    /// The sum of the counts of a column; none if one of them is not shown.
    pub fn sum(&self, column: usize) -> Option<usize> {
        let count = |row: &Vec<Cell>| match row.get(column).map(|cell| &cell.value) {
            Some(Value::Count(count)) => Some(*count),
            Some(Value::Hidden) | None => None,
            Some(_) => Some(0),
        };
        self.rows.iter().map(count).sum()
    }
}

/// A cell: a typed value with its words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cell {
    /// The value, for editions that calculate.
    pub value: Value,
    /// The same as it is printed.
    pub words: Words,
}

/// The value of a cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A whole number.
    Count(usize),
    /// A number.
    Number(f64),
    /// A day.
    Date(NaiveDate),
    /// The words themselves.
    Words,
    /// A count that is not shown.
    #[serde(serialize_with = "hidden")]
    Hidden,
}

fn hidden<S: serde::Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(super::suppress::HIDDEN)
}

impl Cell {
    /// A cell of words.
    pub fn words(words: impl Into<Words>) -> Self {
        Self { value: Value::Words, words: words.into() }
    }

    /// A count that everybody may see.
    pub fn count(count: usize) -> Self {
        Self { value: Value::Count(count), words: number(count as f64).into() }
    }

    /// A count as the reader is told it.
    pub fn told(told: Told) -> Self {
        let value = told.number().map_or(Value::Hidden, Value::Count);
        Self { value, words: told.cell().into() }
    }

    /// A day, or what stands where there is none.
    pub fn day(day: Option<NaiveDate>, none: &str) -> Self {
        match day {
            Some(day) => Self { value: Value::Date(day), words: short(day).into() },
            None => Self::words(none),
        }
    }

    /// A badge.
    pub fn badge(badge: &Badge) -> Self {
        Self::words(Words::default().badge(badge))
    }
}

impl<W: Into<Words>> From<W> for Cell {
    fn from(words: W) -> Self {
        Cell::words(words)
    }
}

/// Words with their emphasis, line ends and badges.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Words(pub Vec<Piece>);

/// A piece of [`Words`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Piece {
    /// Plain words.
    Plain(String),
    /// Words with an emphasis.
    Styled {
        /// Which.
        style: Style,
        /// The words.
        text: String,
    },
    /// A badge.
    Badge(Badge),
}

/// An emphasis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// Strong.
    Strong,
    /// In other words than the paper's.
    Cited,
    /// Small and grey.
    Muted,
    /// The end of a line; it has no words.
    Break,
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self(vec![Piece::Plain(text.to_owned())])
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Self(vec![Piece::Plain(text)])
    }
}

impl From<&String> for Words {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl Words {
    fn with(mut self, piece: Piece) -> Self {
        self.0.push(piece);
        self
    }

    fn styled(self, style: Style, text: impl Into<String>) -> Self {
        self.with(Piece::Styled { style, text: text.into() })
    }

    /// Plain words.
    pub fn plain(self, text: impl Into<String>) -> Self {
        self.with(Piece::Plain(text.into()))
    }

    /// Strong words.
    pub fn strong(self, text: impl Into<String>) -> Self {
        self.styled(Style::Strong, text)
    }

    /// Words of somebody else.
    pub fn cited(self, text: impl Into<String>) -> Self {
        self.styled(Style::Cited, text)
    }

    /// Small, grey words.
    pub fn muted(self, text: impl Into<String>) -> Self {
        self.styled(Style::Muted, text)
    }

    /// A badge.
    pub fn badge(self, badge: &Badge) -> Self {
        self.with(Piece::Badge(badge.clone()))
    }

    /// These words and then those.
    pub fn append(mut self, more: Words) -> Self {
        self.0.extend(more.0);
        self
    }

    /// The end of a line.
    pub fn line(self) -> Self {
        self.styled(Style::Break, "")
    }

    /// The words without their looks.
    pub fn text(&self) -> String {
        let texts = self.0.iter().map(|piece| match piece {
            Piece::Plain(text) => text.as_str(),
            Piece::Styled { style: Style::Break, .. } => " ",
            Piece::Styled { text, .. } => text,
            Piece::Badge(badge) => &badge.label,
        });
        texts.collect()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A chart of a table of counts: a bar a row, now and before.
#[derive(Debug, Clone, Serialize)]
pub struct Chart {
    /// Its id, unique in the document.
    pub id: &'static str,
    /// The finding, in a sentence.
    pub title: String,
    /// What it shows, without the finding.
    pub shows: String,
    /// What stands below it.
    pub caption: String,
    /// What the first bar of a row counts: a date.
    pub now: String,
    /// What the second counts; none if there is none.
    pub before: Option<String>,
    /// The bars.
    pub bars: Vec<Bar>,
}

/// The bars of a row of a chart.
#[derive(Debug, Clone, Serialize)]
pub struct Bar {
    /// The row.
    pub badge: Badge,
    /// The count now.
    pub now: Cell,
    /// The count before.
    pub before: Cell,
}

impl Block {
    /// A block that follows the one before it.
    pub fn new(id: impl Into<String>, heading: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            heading: heading.into(),
            page: Page::Flow,
            elements: Vec::new(),
            mail: Vec::new(),
            stated: Vec::new(),
        }
    }

    /// The tables in it.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.elements.iter().filter_map(|element| match element {
            Element::Table(table) => Some(table),
            _ => None,
        })
    }

    /// Adds an element.
    pub fn push(&mut self, element: Element) {
        self.elements.push(element);
    }

    /// Adds sentences, if there are any.
    pub fn claims(&mut self, claims: Vec<Claim>) {
        if !claims.is_empty() {
            self.push(Element::Claims { claims });
        }
    }

    /// Adds a heading below that of the block.
    pub fn heading(&mut self, text: impl Into<String>) {
        self.push(Element::Heading { text: text.into() });
    }

    /// Adds a paragraph.
    pub fn paragraph(&mut self, words: impl Into<Words>) {
        self.push(Element::Paragraph { words: words.into(), look: Look::Plain });
    }

    /// Adds a small, grey paragraph.
    pub fn remark(&mut self, words: impl Into<Words>) {
        self.push(Element::Paragraph { words: words.into(), look: Look::Muted });
    }

    /// Adds a table, or says in words that there is nothing to show.
    pub fn table(&mut self, table: Table, empty: &str) {
        match (table.rows.is_empty(), empty.is_empty()) {
            (false, _) => self.push(Element::Table(table)),
            (true, false) => self.paragraph(empty),
            (true, true) => {}
        }
    }

    /// Adds a list, if it has items.
    pub fn list<W: Into<Words>>(&mut self, items: impl IntoIterator<Item = W>) {
        let items: Vec<Words> = items.into_iter().map(Into::into).collect();
        if !items.is_empty() {
            self.push(Element::List { items, look: Look::Plain });
        }
    }

    /// Adds what people wrote, if they did, or if some of it is left out.
    pub fn written(&mut self, written: Written) {
        if !written.paragraphs.is_empty() || !written.left_out.is_empty() {
            self.push(Element::Written(written));
        }
    }

    /// Takes out which files the sentences and paragraphs rest on: that is for those who can ask for them.
    pub fn forget_sources(&mut self) {
        for element in &mut self.elements {
            match element {
                Element::Claims { claims } => claims.iter_mut().for_each(Claim::forget_sources),
                Element::Written(written) => written.forget_sources(),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
impl Block {
    /// Its sentences with receipts.
    pub fn sentences(&self) -> Vec<String> {
        let claims = self.elements.iter().filter_map(|element| match element {
            Element::Claims { claims } => Some(claims),
            _ => None,
        });
        claims.flatten().map(|claim| claim.text.clone()).collect()
    }

    /// Its paragraphs.
    pub fn paragraphs(&self) -> Vec<String> {
        let paragraphs = self.elements.iter().filter_map(|element| match element {
            Element::Paragraph { words, .. } => Some(words.text()),
            _ => None,
        });
        paragraphs.collect()
    }

    /// What it says of a name in its list of facts; empty if nothing.
    pub fn fact(&self, name: &str) -> String {
        let rows = self.elements.iter().filter_map(|element| match element {
            Element::Facts { rows } => Some(rows),
            _ => None,
        });
        let found = rows.flatten().find(|(known, _)| known == name);
        found.map(|(_, words)| words.text()).unwrap_or_default()
    }

    /// The items of its lists.
    pub fn items(&self) -> Vec<String> {
        let lists = self.elements.iter().filter_map(|element| match element {
            Element::List { items, .. } => Some(items),
            _ => None,
        });
        lists.flatten().map(Words::text).collect()
    }

    /// The words of a table, its heads first; none if there is no such table.
    pub fn texts(&self, table: &str) -> Vec<Vec<String>> {
        let Some(table) = self.tables().find(|known| known.id == table) else { return Vec::new() };
        let heads = table.columns.iter().map(|column| column.head.replace('\u{ad}', "")).collect();
        let rows = table.rows.iter().map(|row| row.iter().map(|cell| cell.words.text()).collect());
        [heads].into_iter().chain(rows).collect()
    }
}
