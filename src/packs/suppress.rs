//! Small numbers in papers for the public: a count of 1 to 4 could tell who is meant, so it is not shown,
//! and neither is a count from which it could be worked out.
//!
//! The practice of NHS England's statistics: primary suppression of 1 to 4, and secondary suppression so
//! that no row or column, with its total, has exactly one hidden count.

/// Counts of 1 up to this are not shown.
const SMALL: usize = 4;

/// A table with its totals as last row and last column; hidden counts are `None`.
///
/// `rows` holds the counts without totals, all rows of one length.
pub fn table(rows: &[Vec<usize>]) -> Vec<Vec<Option<usize>>> {
    let full = with_totals(rows);
    let mut hidden: Vec<Vec<bool>> =
        full.iter().map(|row| row.iter().map(|n| (1..=SMALL).contains(n)).collect()).collect();
    // Each pass hides at least one more count, so this ends.
    while let Some((row, column)) = next(&full, &hidden) {
        hidden[row][column] = true;
    }
    full.iter()
        .zip(&hidden)
        .map(|(row, hidden)| row.iter().zip(hidden).map(|(n, hide)| (!hide).then_some(*n)).collect())
        .collect()
}

/// A single row of counts that add up to a total; the total comes last.
pub fn row(counts: &[usize]) -> Vec<Option<usize>> {
    // One row is a table whose column totals repeat it: they are taken off again.
    let total: usize = counts.iter().sum();
    let full: Vec<usize> = counts.iter().copied().chain([total]).collect();
    let mut hidden: Vec<bool> = full.iter().map(|n| (1..=SMALL).contains(n)).collect();
    if hidden.iter().filter(|h| **h).count() == 1
        && let Some(other) = smallest(&full, &hidden)
    {
        hidden[other] = true;
    }
    full.iter().zip(hidden).map(|(n, hide)| (!hide).then_some(*n)).collect()
}

/// A count on its own.
pub fn count(count: usize) -> Option<usize> {
    (!(1..=SMALL).contains(&count)).then_some(count)
}

/// A count as a public paper prints it.
pub fn words(count: Option<usize>) -> String {
    count.map_or_else(|| "[c]".to_owned(), |n| crate::wording::number(n as f64))
}

/// How a public sentence begins that counts: a small count is said to be small and no more.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    match self::count(count) {
        Some(shown) => crate::wording::counted(shown, one, many),
        None => format!("Fewer than {} {many}", SMALL + 1),
    }
}

fn with_totals(rows: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let width = rows.first().map_or(0, Vec::len);
    let mut full: Vec<Vec<usize>> =
        rows.iter().map(|row| row.iter().copied().chain([row.iter().sum()]).collect()).collect();
    full.push((0..=width).map(|column| full.iter().map(|row| row[column]).sum()).collect());
    full
}

/// The next count to hide: in a row or column with exactly one hidden count, the smallest other one.
fn next(full: &[Vec<usize>], hidden: &[Vec<bool>]) -> Option<(usize, usize)> {
    let alone = |line: &[bool]| line.iter().filter(|h| **h).count() == 1;
    for (index, (row, hide)) in full.iter().zip(hidden).enumerate() {
        if alone(hide) {
            return smallest(row, hide).map(|column| (index, column));
        }
    }
    let width = full.first().map_or(0, Vec::len);
    for column in 0..width {
        let line: Vec<usize> = full.iter().map(|row| row[column]).collect();
        let hide: Vec<bool> = hidden.iter().map(|row| row[column]).collect();
        if alone(&hide) {
            return smallest(&line, &hide).map(|row| (row, column));
        }
    }
    None
}

/// The smallest count that is shown, the total and nothing at all only if there is no other.
fn smallest(line: &[usize], hidden: &[bool]) -> Option<usize> {
    let last = line.len().saturating_sub(1);
    (0..line.len()).filter(|i| !hidden[*i]).min_by_key(|i| (*i == last, line[*i] == 0, line[*i]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_small_count_takes_another_with_it() {
        assert_eq!(row(&[2, 12, 40, 106]), [None, None, Some(40), Some(106), Some(160)]);
        assert_eq!(row(&[3, 2, 40]), [None, None, Some(40), Some(45)]);
        assert_eq!(row(&[0, 12, 40]), [Some(0), Some(12), Some(40), Some(52)]);
        assert_eq!(row(&[2, 0, 0]), [None, Some(0), Some(0), None], "a lone count hides with its total");
    }

    #[test]
    fn a_small_count_is_said_to_be_small() {
        let said = |count| counted(count, "visit was", "visits were");
        assert_eq!(
            [0, 1, 4, 5].map(said),
            ["No visit was", "Fewer than 5 visits were", "Fewer than 5 visits were", "5 visits were"]
        );
    }

    proptest! {
        #[test]
        fn no_hidden_count_can_be_worked_out(rows in prop::collection::vec(prop::collection::vec(0usize..12, 4), 1..5)) {
            let shown = table(&rows);
            let full = with_totals(&rows);
            for (shown, full) in shown.iter().flatten().zip(full.iter().flatten()) {
                prop_assert!(shown.is_none() || !(1..=SMALL).contains(full));
                prop_assert!(shown.is_none_or(|n| n == *full));
            }
            let width = full[0].len();
            let lines = (0..full.len()).map(|r| shown[r].clone())
                .chain((0..width).map(|c| shown.iter().map(|row| row[c]).collect::<Vec<_>>()));
            for line in lines {
                prop_assert_ne!(line.iter().filter(|n| n.is_none()).count(), 1);
            }
        }
    }
}
