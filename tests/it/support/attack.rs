//! Somebody who reads public papers and works out what they do not show. Written apart from the program's own
//! reckoning, and another way: every unknown gets bounds, each equation narrows them, and where that does not
//! settle it every value is tried. So an answer is exact, at the price of time.

/// What is unknown, and what is known of how it adds up.
#[derive(Debug, Clone, Default)]
pub struct Attack {
    names: Vec<String>,
    bounds: Vec<(i64, i64)>,
    /// Each line adds up to nothing.
    lines: Vec<Vec<(usize, i64)>>,
}

impl Attack {
    /// A number that lies between two others. The same name is the same number.
    pub fn number(&mut self, name: &str, least: i64, most: i64) {
        match self.names.iter().position(|n| n == name) {
            Some(at) => {
                let known = &mut self.bounds[at];
                *known = (known.0.max(least), known.1.min(most));
                assert!(known.0 <= known.1, "{name} is told in two ways: {known:?}, {least} to {most}");
            }
            None => {
                self.names.push(name.to_owned());
                self.bounds.push((least, most));
            }
        }
    }

    /// Whether something is known of a number.
    pub fn knows(&self, name: &str) -> bool {
        self.names.iter().any(|n| n == name)
    }

    fn at(&self, name: &str) -> usize {
        self.names.iter().position(|n| n == name).unwrap_or_else(|| panic!("nothing is known of {name}"))
    }

    /// Some numbers add up to as much as some others.
    pub fn equal(&mut self, left: &[String], right: &[String]) {
        let left = left.iter().map(|name| (self.at(name), 1));
        let line = left.chain(right.iter().map(|name| (self.at(name), -1))).collect();
        self.lines.push(line);
    }

    /// Whether everything can be true at once.
    pub fn is_possible(&self) -> bool {
        possible(self.bounds.clone(), &self.lines)
    }

    /// The values that a number could have, up to `enough` of them, from the least and from the greatest on.
    pub fn values(&self, name: &str, enough: usize) -> Vec<i64> {
        let at = self.at(name);
        let mut bounds = self.bounds.clone();
        if !narrowed(&mut bounds, &self.lines) {
            return Vec::new();
        }
        let (least, most) = bounds[at];
        let mut out = Vec::new();
        let (mut low, mut high) = (least, most);
        while low <= high && out.len() < enough {
            for value in if low == high { vec![low] } else { vec![low, high] } {
                let mut fixed = bounds.clone();
                fixed[at] = (value, value);
                if possible(fixed, &self.lines) {
                    out.push(value);
                }
            }
            low += 1;
            high -= 1;
        }
        out
    }

    /// The numbers among these that can be worked out too closely: fewer than three values, or less than
    /// `range` between the least and the greatest.
    pub fn betrayed<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
        range: i64,
    ) -> Vec<(String, Vec<i64>)> {
        let enough = usize::try_from(range).unwrap() + 1;
        let found = names.into_iter().map(|name| (name.to_owned(), self.values(name, enough)));
        found
            .filter(|(_, values)| {
                let width = values.iter().max().zip(values.iter().min()).map_or(0, |(a, b)| a - b);
                values.len() < 3 || width < range
            })
            .collect()
    }
}

/// Narrows bounds until nothing changes; false if something cannot be.
fn narrowed(bounds: &mut [(i64, i64)], lines: &[Vec<(usize, i64)>]) -> bool {
    loop {
        let mut changed = false;
        for line in lines {
            let ends = |&(at, sign): &(usize, i64), bounds: &[(i64, i64)]| {
                let (least, most) = bounds[at];
                if sign > 0 { (least, most) } else { (-most, -least) }
            };
            let least: i64 = line.iter().map(|term| ends(term, bounds).0).sum();
            let most: i64 = line.iter().map(|term| ends(term, bounds).1).sum();
            for term in line {
                let (at, sign) = *term;
                let (low, high) = ends(term, bounds);
                // The others together come to between these; this one to their opposite.
                let (low_now, high_now) = (low.max(-(most - high)), high.min(-(least - low)));
                let now = if sign > 0 { (low_now, high_now) } else { (-high_now, -low_now) };
                if now.0 > now.1 {
                    return false;
                }
                if now != bounds[at] {
                    bounds[at] = now;
                    changed = true;
                    break;
                }
            }
        }
        if !changed {
            return true;
        }
    }
}

fn possible(mut bounds: Vec<(i64, i64)>, lines: &[Vec<(usize, i64)>]) -> bool {
    if !narrowed(&mut bounds, lines) {
        return false;
    }
    let open = (0..bounds.len()).filter(|at| bounds[*at].0 < bounds[*at].1 && stands(*at, lines));
    let Some(next) = open.min_by_key(|at| bounds[*at].1 - bounds[*at].0) else { return true };
    (bounds[next].0..=bounds[next].1).any(|value| {
        let mut tried = bounds.clone();
        tried[next] = (value, value);
        possible(tried, lines)
    })
}

fn stands(at: usize, lines: &[Vec<(usize, i64)>]) -> bool {
    lines.iter().any(|line| line.iter().any(|(other, _)| *other == at))
}
