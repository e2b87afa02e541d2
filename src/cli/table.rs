//! Tables for people at a terminal.

use comfy_table::Table;
use comfy_table::presets::NOTHING;

use super::output::say;
use crate::wording::in_a_line;

/// Prints a table: a line a row, two spaces between columns, as wide as its cells are.
pub(super) fn say_table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    lines(heads, rows).iter().for_each(|line| say(line));
}

fn lines(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(heads.iter().copied());
    // Whatever a cell quotes of a file stays in its line.
    table.add_rows(rows.into_iter().map(|row| row.iter().map(|cell| in_a_line(cell)).collect::<Vec<_>>()));
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let found = lines(&["Code", "Name"], [row(["X90001", "Tarn\nEnd"]), row(["X9", ""])]);
        assert_eq!(found, ["Code    Name", "X90001  Tarn End", "X9"]);
    }
}
