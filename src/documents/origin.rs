//! Where the whole of a text stands that a document does not print to its end.

use super::Material;
use crate::condition::BETWEEN_VALUES;
use crate::levels::Evidence;
use crate::triangulate::Cells;

/// Bytes from which on a cell may be why a text is too long.
const LONG: usize = 200;

/// File, sheet and cell of the long cell that is in a text, with its receipt; none if no cell is.
pub fn origin(material: &Material<'_>, text: &str) -> Option<String> {
    let is_in = |cell: &str| cell.split(BETWEEN_VALUES).any(|part| part.len() > LONG && text.contains(part));
    for frame in material.known.facts.values() {
        for column in frame.columns() {
            let Ok(values) = column.str() else { continue };
            if let Some(row) = values.iter().position(|value| value.is_some_and(is_in)) {
                let columns = [column.name().to_string()];
                return place(&Evidence::of(&Cells::new(Some(frame)), row, &columns, material.known));
            }
        }
    }
    None
}

fn place(evidence: &Evidence) -> Option<String> {
    let cell = evidence.values.first()?.cell.as_ref()?;
    let sheet = evidence.sheet.as_ref().map(|sheet| format!(", sheet {sheet}")).unwrap_or_default();
    let receipt = evidence.arrival.map(crate::intake::Receipt::number)?;
    Some(format!("{}{sheet}, cell {cell} ({receipt})", evidence.file.as_ref()?))
}
