//! Numbers, point lists and path data of drawings.

use super::super::tree::Step;

/// Largest coordinate of a drawing; more is a slip of the template.
const LARGEST: f32 = 100_000.0;

/// A finite number of sensible size.
pub(super) fn number(text: &str) -> Option<f32> {
    text.trim().parse::<f32>().ok().filter(|n| n.is_finite() && n.abs() <= LARGEST)
}

/// Numbers divided by white space, commas or a sign.
pub(super) fn numbers(text: &str) -> Option<Vec<f32>> {
    let mut found = Vec::new();
    for part in text.split(|c: char| c.is_ascii_whitespace() || c == ',').filter(|p| !p.is_empty()) {
        let mut start = 0;
        let bytes = part.as_bytes();
        for i in 1..bytes.len() {
            let sign = matches!(bytes[i], b'-' | b'+') && !matches!(bytes[i - 1], b'e' | b'E');
            if sign {
                found.push(number(part.get(start..i)?)?);
                start = i;
            }
        }
        found.push(number(part.get(start..)?)?);
    }
    Some(found)
}

/// `x,y` pairs.
pub(super) fn points(text: &str) -> Option<Vec<(f32, f32)>> {
    let numbers = numbers(text)?;
    let pairs: Vec<_> = numbers.chunks_exact(2).map(|p| (p[0], p[1])).collect();
    (numbers.len() % 2 == 0 && pairs.len() >= 2).then_some(pairs)
}

/// Path data with the commands M, L, H, V, C and Z, absolute.
pub(super) fn path(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut pen = (0.0, 0.0);
    let mut start = pen;
    let mut rest = text.trim();
    while let Some(command) = rest.chars().next() {
        let after = rest.get(command.len_utf8()..)?;
        let end =
            after.find(|c: char| c.is_ascii_alphabetic() && !matches!(c, 'e' | 'E')).unwrap_or(after.len());
        let values = numbers(&after[..end])?;
        rest = after[end..].trim_start();
        let first = steps.is_empty();
        match (command, values.as_slice()) {
            ('Z', []) if !first => {
                steps.push(Step::Close);
                pen = start;
            }
            ('H', xs) if !first && !xs.is_empty() => {
                steps.extend(xs.iter().map(|x| Step::Line(*x, pen.1)));
                pen.0 = *xs.last()?;
            }
            ('V', ys) if !first && !ys.is_empty() => {
                steps.extend(ys.iter().map(|y| Step::Line(pen.0, *y)));
                pen.1 = *ys.last()?;
            }
            ('M' | 'L', pairs) if (command == 'M' || !first) && !pairs.is_empty() && pairs.len() % 2 == 0 => {
                for (i, p) in pairs.chunks_exact(2).enumerate() {
                    pen = (p[0], p[1]);
                    if command == 'M' && i == 0 {
                        start = pen;
                        steps.push(Step::Move(p[0], p[1]));
                    } else {
                        steps.push(Step::Line(p[0], p[1]));
                    }
                }
            }
            ('C', sixes) if !first && !sixes.is_empty() && sixes.len() % 6 == 0 => {
                for c in sixes.chunks_exact(6) {
                    steps.push(Step::Curve([c[0], c[1], c[2], c[3], c[4], c[5]]));
                    pen = (c[4], c[5]);
                }
            }
            _ => return None,
        }
    }
    (!steps.is_empty()).then_some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_absolute_steps() {
        assert_eq!(
            path("M 1,2 L3 4H10V-1.5 C0 0 1 1 2 2Z"),
            Some(vec![
                Step::Move(1.0, 2.0),
                Step::Line(3.0, 4.0),
                Step::Line(10.0, 4.0),
                Step::Line(10.0, -1.5),
                Step::Curve([0.0, 0.0, 1.0, 1.0, 2.0, 2.0]),
                Step::Close,
            ])
        );
    }

    #[test]
    fn other_commands_and_slips_are_refused() {
        for bad in [
            "",
            "L1 1",
            "M1",
            "M1 1 l2 2",
            "M1 1 A1 1 0 0 0 2 2",
            "M1 1 C1 2 3",
            "M1 1 Z 3",
            "M NaN 1",
            "M€",
            "M1 inf",
        ] {
            assert_eq!(path(bad), None, "{bad}");
        }
    }

    #[test]
    fn numbers_may_touch_at_a_sign() {
        assert_eq!(numbers("1-2,3e-1 4"), Some(vec![1.0, -2.0, 0.3, 4.0]));
        assert_eq!(points("0,0 1,1 2"), None);
    }
}
