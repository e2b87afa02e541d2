//! Tables: rows and spans laid on a grid that must come out even.

use super::super::error::RenderError;
use super::super::tree::{Cell, Row, Scope, Table};
use super::blocks::{Reader, look};
use super::element::Element;

/// More columns than this no page can show.
const MOST_COLUMNS: usize = 40;

impl Reader<'_> {
    /// Reads a table; every row covers the same columns.
    pub fn table(&mut self, element: Element<'_>) -> Result<Table, RenderError> {
        let mut table = Table {
            caption: None,
            facts: element.has_class("facts"),
            compact: element.has_class("compact"),
            columns: Vec::new(),
            head: Vec::new(),
            bodies: Vec::new(),
        };
        let mut loose: Vec<Element<'_>> = Vec::new();
        let mut widths: Vec<Element<'_>> = Vec::new();
        for part in element.elements(&["caption", "colgroup", "col", "thead", "tbody", "tr"])? {
            match part.name() {
                "caption" if table.caption.is_none() => table.caption = Some(self.inlines(part)?),
                "colgroup" => widths.extend(part.elements(&["col"])?),
                "col" => widths.push(part),
                "thead" if table.head.is_empty() => {
                    table.head = self.rows(part.elements(&["tr"])?, Scope::Column)?;
                }
                "tbody" => table.bodies.push(self.rows(part.elements(&["tr"])?, Scope::Row)?),
                "tr" => loose.push(part),
                name => return Err(part.structure(format!("a table has one <{name}>"))),
            }
        }
        if !loose.is_empty() {
            table.bodies.push(self.rows(loose, Scope::Row)?);
        }
        table.bodies.retain(|rows| !rows.is_empty());
        let count = columns(element, &table)?;
        table.columns = shares(element, &widths, count)?;
        Ok(table)
    }

    fn rows(&mut self, rows: Vec<Element<'_>>, scope: Scope) -> Result<Vec<Row>, RenderError> {
        let last = rows.len();
        let mut taken: Vec<usize> = Vec::new();
        let mut read = Vec::with_capacity(last);
        for (index, row) in rows.into_iter().enumerate() {
            read.push(self.row(row, scope, last - index, &mut taken)?);
        }
        Ok(read)
    }

    /// `taken` holds, for each column, how many more rows a cell from above reaches into.
    fn row(
        &mut self,
        row: Element<'_>,
        scope: Scope,
        rows_left: usize,
        taken: &mut Vec<usize>,
    ) -> Result<Row, RenderError> {
        let mut row_id = self.id(row)?;
        let width = if taken.is_empty() { MOST_COLUMNS } else { taken.len() };
        let mut cells = Vec::new();
        let mut column = 0;
        for cell in row.elements(&["th", "td"])? {
            while taken.get(column).is_some_and(|rows| *rows > 0) {
                column += 1;
            }
            let columns = span(cell, "colspan")?;
            if column + columns > width {
                return Err(cell.structure(format!("this row has more than {width} columns")));
            }
            let rows = span(cell, "rowspan")?.min(rows_left);
            taken.resize(taken.len().max(column + columns), 0);
            for slot in &mut taken[column..column + columns] {
                if *slot > 0 {
                    return Err(cell.structure("this cell overlaps one that reaches down from above".into()));
                }
                *slot = rows;
            }
            cells.push(Cell {
                at: cell.at(),
                id: self.id(cell)?.or_else(|| row_id.take()),
                column,
                columns,
                rows,
                header: header(cell, scope)?,
                look: look(cell),
                blocks: self.simple(cell)?,
            });
            column += columns;
        }
        if row_id.is_some() {
            return Err(row.structure("a row without cells of its own cannot bear an id".into()));
        }
        let covered = taken.iter().filter(|rows| **rows > 0).count();
        if covered != taken.len() || covered == 0 {
            return Err(row.structure(format!("this row covers {covered} columns of {}", taken.len())));
        }
        for rows in taken.iter_mut() {
            *rows -= 1;
        }
        Ok(Row { at: row.at(), cells })
    }
}

fn header(cell: Element<'_>, default: Scope) -> Result<Option<Scope>, RenderError> {
    match (cell.name(), cell.attribute("scope")) {
        ("td", _) => Ok(None),
        (_, None) => Ok(Some(default)),
        (_, Some("col" | "colgroup")) => Ok(Some(Scope::Column)),
        (_, Some("row" | "rowgroup")) => Ok(Some(Scope::Row)),
        _ => Err(cell.value("scope", "col, row")),
    }
}

fn span(cell: Element<'_>, name: &str) -> Result<usize, RenderError> {
    match cell.attribute(name) {
        None => Ok(1),
        Some(text) => text
            .parse()
            .ok()
            .filter(|n| (1..=1000).contains(n))
            .ok_or_else(|| cell.value(name, "a whole number from 1")),
    }
}

/// Number of columns, the same in every row of head and bodies.
fn columns(element: Element<'_>, table: &Table) -> Result<usize, RenderError> {
    let width = |rows: &[Row]| rows.first().map(|r| (r.at, r.cells.iter().map(|c| c.columns).sum::<usize>()));
    let widths: Vec<_> =
        [&table.head].into_iter().chain(&table.bodies).filter_map(|rows| width(rows)).collect();
    let Some((_, count)) = widths.first().copied().filter(|_| !table.bodies.is_empty()) else {
        return Err(element.structure("a table needs at least one row in its body".into()));
    };
    match widths.iter().find(|(_, other)| *other != count) {
        None => Ok(count),
        Some((at, other)) => Err(RenderError::Structure {
            place: element.source().place(*at),
            reason: format!("this row has {other} columns, the table above has {count}"),
        }),
    }
}

fn shares(
    element: Element<'_>,
    widths: &[Element<'_>],
    count: usize,
) -> Result<Vec<Option<f32>>, RenderError> {
    if widths.is_empty() {
        return Ok(vec![None; count]);
    }
    if widths.len() != count {
        let reason = format!("{} <col/> elements for {count} columns", widths.len());
        return Err(element.structure(reason));
    }
    let share = |col: &Element<'_>| match col.attribute("width") {
        None => Ok(None),
        Some(text) => text
            .strip_suffix('%')
            .and_then(|n| n.trim().parse::<f32>().ok())
            .filter(|n| (1.0..=100.0).contains(n))
            .map(|n| Some(n / 100.0))
            .ok_or_else(|| col.value("width", "a percentage of the table, e.g. 12%")),
    };
    let shares = widths.iter().map(share).collect::<Result<Vec<_>, _>>()?;
    let sum: f32 = shares.iter().flatten().sum();
    let all = shares.iter().all(Option::is_some);
    match sum > 1.001 || (!all && sum > 0.98) {
        true => Err(element.structure(format!("the widths of the columns add up to {:.0}%", sum * 100.0))),
        false => Ok(shares),
    }
}
