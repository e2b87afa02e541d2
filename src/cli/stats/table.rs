//! Tables as files: columns found by name, each fault with file and line.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, bail};

/// The rows of a CSV file.
pub(super) struct Table {
    name: String,
    heads: Vec<String>,
    rows: Vec<(u64, csv::StringRecord)>,
}

/// A row and where it stands.
pub(super) struct Row<'t> {
    table: &'t Table,
    line: u64,
    cells: &'t csv::StringRecord,
}

impl Table {
    /// Reads a file that has at least these columns, in any order; cells may stand in quotes.
    pub(super) fn read(path: &Path, columns: &[&str]) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).with_context(|| format!("{name} cannot be read"))?;
        let text = String::from_utf8(bytes).ok().with_context(|| format!("{name} is not UTF-8"))?;
        let text = text.trim_start_matches('\u{feff}');
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let heads: Vec<String> =
            reader.headers().with_context(|| name.clone())?.iter().map(str::to_owned).collect();
        if let Some(missing) = columns.iter().find(|column| !heads.iter().any(|head| head == *column)) {
            bail!("{name} has no column `{missing}`; it has {}", heads.join(", "));
        }
        let double = |(at, head): (usize, &String)| heads.iter().skip(at + 1).any(|other| other == head);
        if let Some((_, head)) = heads.iter().enumerate().find(|one| double(*one)) {
            bail!("{name} has the column `{head}` twice");
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.with_context(|| name.clone())?;
            rows.push((record.position().map_or(0, csv::Position::line), record));
        }
        Ok(Self { name, heads, rows })
    }

    /// As [`Self::read`], of a file in which a column names each row.
    pub(super) fn keyed(path: &Path, columns: &[&str], key: &str) -> anyhow::Result<Self> {
        let table = Self::read(path, columns)?;
        let mut seen = BTreeSet::new();
        let twice = table.rows().find(|row| !seen.insert(row.text(key)));
        if let Some(fault) = twice.map(|row| row.wrong(key, "which stands in a row before")) {
            bail!(fault);
        }
        Ok(table)
    }

    /// What rows name in a column and nobody asks for, each with the line of its first row.
    pub(super) fn unused(&self, column: &str, asked: &BTreeSet<&str>) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let rows = self.rows().filter(|row| !asked.contains(row.text(column)));
        let first = rows.filter(|row| seen.insert(row.text(column)));
        first.map(|row| row.wrong(column, "which nothing asks for; it is left out")).collect()
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, cells)| Row { table: self, line: *line, cells })
    }
}

impl<'t> Row<'t> {
    /// The text of a column; empty where the file has no such column.
    pub(super) fn text(&self, column: &str) -> &'t str {
        let place = self.table.heads.iter().position(|head| head == column);
        place.and_then(|place| self.cells.get(place)).unwrap_or_default()
    }

    /// A number, or none where the cell is empty or NA.
    pub(super) fn number(&self, column: &str) -> Result<Option<f64>, String> {
        match self.text(column) {
            "" | "NA" => Ok(None),
            text => text.parse().map(Some).map_err(|_| self.wrong(column, "not a number")),
        }
    }

    /// A finite number, or none where the cell is empty or NA.
    pub(super) fn finite(&self, column: &str) -> Result<Option<f64>, String> {
        let value = self.number(column)?;
        if value.is_some_and(|value| !value.is_finite()) {
            return Err(self.wrong(column, "not a finite number"));
        }
        Ok(value)
    }

    /// A truth, or none where the cell is empty.
    pub(super) fn truth(&self, column: &str) -> Result<Option<bool>, String> {
        match self.text(column).to_ascii_uppercase().as_str() {
            "" | "NA" => Ok(None),
            "TRUE" | "T" | "1" => Ok(Some(true)),
            "FALSE" | "F" | "0" => Ok(Some(false)),
            _ => Err(self.wrong(column, "neither TRUE nor FALSE")),
        }
    }

    /// What is wrong with a cell, with file and line.
    pub(super) fn wrong(&self, column: &str, what: &str) -> String {
        format!("{}, line {}: {column} is \"{}\", {what}", self.table.name, self.line, self.text(column))
    }
}

/// A number as the files have it: NaN, Inf and -Inf by name.
pub(super) fn number(value: f64) -> String {
    match value {
        value if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        value => value.to_string(),
    }
}

/// A number that may be missing.
pub(super) fn optional(value: Option<f64>) -> String {
    value.map(number).unwrap_or_default()
}

/// `TRUE` or `FALSE`; empty where it is not known.
pub(super) fn truth(value: Option<bool>) -> String {
    value.map_or("", |is| if is { "TRUE" } else { "FALSE" }).to_owned()
}

/// A CSV file.
pub(super) fn csv(heads: &[&str], rows: &[Vec<String>]) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(heads)?;
    for row in rows {
        writer.write_record(row)?;
    }
    Ok(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)
}
