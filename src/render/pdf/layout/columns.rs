//! Widths of table columns: shares where they are given, else by what the cells need.

/// What a cell asks of the columns it covers, in points, its padding included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Demand {
    pub column: usize,
    pub columns: usize,
    /// Widest word.
    pub least: f32,
    /// Widest line.
    pub most: f32,
}

/// Widths that add up to `total`; every column wants at least `floor`.
///
/// Shares are wishes: no column is made narrower than its widest word while another has more than
/// it needs.
pub(super) fn widths(shares: &[Option<f32>], demands: &[Demand], total: f32, floor: f32) -> Vec<f32> {
    let needs = needs(shares, demands, total, floor);
    let least: f32 = needs.iter().map(|need| need.0).sum();
    if least > total {
        // Words will break; no column vanishes for the sake of another's long words.
        let base = floor.min(total / shares.len().max(1) as f32);
        let spare = total - base * shares.len() as f32;
        let want = |need: &(f32, f32)| (need.0 - base).max(0.0);
        let all: f32 = needs.iter().map(want).sum();
        let width = |need| base + spare * share(want(need), all, shares.len());
        return needs.iter().map(width).collect();
    }
    let free: Vec<usize> = (0..shares.len()).filter(|i| shares[*i].is_none()).collect();
    // Without automatic columns the shares need not add up; they then say the proportions.
    let sum: f32 = shares.iter().flatten().sum();
    let whole = if free.is_empty() { total / sum.max(0.01) } else { total };
    let wished = shares.iter().zip(&needs).map(|(s, need)| s.map(|s| (s * whole).max(need.0))).collect();
    let least_free: f32 = free.iter().map(|i| needs[*i].0).sum();
    let fixed = yielding(wished, &needs, total - least_free);
    let taken: f32 = fixed.iter().flatten().sum();
    if free.is_empty() {
        return fixed.iter().map(|w| w.unwrap_or(0.0) * total / taken.max(0.01)).collect();
    }
    let room = (total - taken).max(0.0);
    let most: f32 = free.iter().map(|i| needs[*i].1).sum();
    let wants: Vec<f32> = free.iter().map(|i| needs[*i].1 - needs[*i].0).collect();
    let extra = fair(&wants, room - least_free);
    let width = |(n, i): (usize, &usize)| {
        let (min, max) = needs[*i];
        if most <= room {
            // Room to spare goes where the text is.
            max + (room - most) * share(max, most, free.len())
        } else {
            min + extra[n]
        }
    };
    let mut automatic = free.iter().enumerate().map(width);
    fixed.iter().map(|w| w.or_else(|| automatic.next()).unwrap_or(0.0)).collect()
}

/// Divides `room` among wants that are larger together: small wants are met in full, so that short
/// columns stay on one line, and the others share the rest by size.
fn fair(wants: &[f32], room: f32) -> Vec<f32> {
    let mut met = vec![false; wants.len()];
    loop {
        let given: f32 = wants.iter().zip(&met).filter(|(_, met)| **met).map(|(want, _)| want).sum();
        let open = met.iter().filter(|met| !**met).count();
        let rest = (room - given).max(0.0);
        let small = |i: &usize| !met[*i] && wants[*i] <= rest / open.max(1) as f32;
        let Some(next) = (0..wants.len()).find(small) else {
            let sum: f32 = wants.iter().sum::<f32>() - given;
            let part = |(want, met): (&f32, &bool)| {
                if *met { *want } else { rest * share(*want, sum, open) }
            };
            return wants.iter().zip(&met).map(part).collect();
        };
        met[next] = true;
    }
}

/// Makes columns that take more than `room` together give up what their words do not need.
fn yielding(wished: Vec<Option<f32>>, needs: &[(f32, f32)], room: f32) -> Vec<Option<f32>> {
    let lack = wished.iter().flatten().sum::<f32>() - room;
    let spare = |width: f32, need: &(f32, f32)| (width - need.0).max(0.0);
    let all: f32 = wished.iter().zip(needs).map(|(w, need)| w.map_or(0.0, |w| spare(w, need))).sum();
    if lack <= 0.0 || all <= 0.0 {
        return wished;
    }
    let part = (lack / all).min(1.0);
    wished.iter().zip(needs).map(|(w, need)| w.map(|w| w - spare(w, need) * part)).collect()
}

fn share(part: f32, whole: f32, count: usize) -> f32 {
    if whole > 0.01 { part / whole } else { 1.0 / count as f32 }
}

/// Least and most width of each column; what a spanning cell lacks is spread over its columns.
fn needs(shares: &[Option<f32>], demands: &[Demand], total: f32, floor: f32) -> Vec<(f32, f32)> {
    let mut needs = vec![(floor, floor); shares.len()];
    let (single, spanning): (Vec<&Demand>, Vec<&Demand>) = demands.iter().partition(|d| d.columns == 1);
    for demand in single {
        let (least, most) = &mut needs[demand.column];
        *least = least.max(demand.least);
        *most = most.max(demand.most);
    }
    for demand in spanning {
        let covered = demand.column..(demand.column + demand.columns).min(shares.len());
        let free: Vec<usize> = covered.clone().filter(|i| shares[*i].is_none()).collect();
        let fixed: f32 = covered.clone().filter_map(|i| shares[i]).sum::<f32>() * total;
        let have = covered
            .filter(|i| shares[*i].is_none())
            .fold((0.0, 0.0), |sum, i| (sum.0 + needs[i].0, sum.1 + needs[i].1));
        let lack = |wanted: f32, have: f32| (wanted - fixed - have).max(0.0) / free.len().max(1) as f32;
        let (least, most) = (lack(demand.least, have.0), lack(demand.most, have.1));
        for i in free {
            needs[i].0 += least;
            needs[i].1 += most;
        }
    }
    needs.into_iter().map(|(least, most)| (least, most.max(least))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(column: usize, least: f32, most: f32) -> Demand {
        Demand { column, columns: 1, least, most }
    }

    fn adds_up(widths: &[f32], total: f32) {
        assert!((widths.iter().sum::<f32>() - total).abs() < 0.01, "{widths:?}");
    }

    #[test]
    fn shares_are_kept_and_the_rest_divided_by_need() {
        let demands = [demand(0, 10.0, 10.0), demand(1, 20.0, 60.0), demand(2, 20.0, 260.0)];
        let found = widths(&[Some(0.25), None, None], &demands, 400.0, 1.0);
        assert_eq!(found[0], 100.0);
        assert!(found[1] > 60.0 - 30.0 && found[2] > found[1] * 2.0, "{found:?}");
        adds_up(&found, 400.0);
    }

    #[test]
    fn no_column_falls_below_its_widest_word_while_there_is_room() {
        let demands = [demand(0, 90.0, 95.0), demand(1, 10.0, 900.0)];
        let found = widths(&[None, None], &demands, 200.0, 1.0);
        assert!(found[0] >= 90.0);
        adds_up(&found, 200.0);
    }

    #[test]
    fn a_share_yields_to_the_words_of_its_neighbours() {
        let narrow =
            widths(&[Some(0.1), Some(0.9)], &[demand(0, 40.0, 60.0), demand(1, 9.0, 9.0)], 200.0, 1.0);
        assert!(narrow[0] >= 39.9, "{narrow:?}");
        let demands = [demand(0, 40.0, 90.0), demand(1, 80.0, 80.0), demand(2, 60.0, 60.0)];
        let found = widths(&[Some(0.6), None, None], &demands, 200.0, 1.0);
        assert!(found[0] >= 59.9 && found[1] >= 79.9 && found[2] >= 59.9, "{found:?}");
        adds_up(&found, 200.0);
    }

    #[test]
    fn short_columns_stay_on_one_line() {
        let demands = [demand(0, 20.0, 50.0), demand(1, 40.0, 900.0), demand(2, 40.0, 400.0)];
        let found = widths(&[None, None, None], &demands, 300.0, 1.0);
        assert!(found[0] >= 49.9 && found[1] > found[2], "{found:?}");
        adds_up(&found, 300.0);
    }

    #[test]
    fn long_words_leave_short_columns_their_floor() {
        let demands = [demand(0, 20.0, 20.0), demand(1, 300.0, 900.0), demand(2, 300.0, 900.0)];
        let found = widths(&[None, Some(0.5), None], &demands, 300.0, 20.0);
        assert!(found[0] >= 19.9 && (found[1] - found[2]).abs() < 0.1, "{found:?}");
        adds_up(&found, 300.0);
    }

    #[test]
    fn spanning_cells_widen_their_columns() {
        let wide = Demand { column: 0, columns: 2, least: 120.0, most: 150.0 };
        let demands = [demand(0, 10.0, 10.0), demand(1, 10.0, 10.0), demand(2, 10.0, 400.0), wide];
        let found = widths(&[None; 3], &demands, 300.0, 1.0);
        assert!(found[0] + found[1] >= 119.9, "{found:?}");
        adds_up(&found, 300.0);
    }

    #[test]
    fn anything_adds_up() {
        adds_up(&widths(&[Some(0.2), Some(0.3)], &[], 100.0, 1.0), 100.0);
        adds_up(&widths(&[None, None], &[], 100.0, 1.0), 100.0);
        adds_up(&widths(&[None, None], &[demand(0, 500.0, 900.0)], 100.0, 1.0), 100.0);
    }
}
