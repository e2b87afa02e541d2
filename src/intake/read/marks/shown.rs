//! Which numbers a cell format shows as a per cent.
//!
//! A format has up to three sections for numbers, such as `0.0%;-0.0%;0`: for those above 0, below it and
//! 0 itself, or each under a condition of its own in square brackets. Text in quotes, and what follows a
//! backslash, an underscore or an asterisk, is shown as it is.

/// A format that shows some numbers as a per cent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shown {
    sections: Vec<Section>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Section {
    percent: bool,
    /// What a number must be for the section to show it.
    only: Option<(Test, f64)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Test {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

impl Shown {
    /// What the number of a format that Excel knows by itself means.
    pub(super) fn builtin(id: u32) -> Option<Self> {
        matches!(id, 9 | 10).then(|| Self { sections: vec![Section { percent: true, only: None }] })
    }

    /// What the code of a format means; nothing if it shows no number as a per cent.
    pub(super) fn of(code: &str) -> Option<Self> {
        let mut sections = vec![Section::default()];
        let mut characters = code.chars();
        while let Some(c) = characters.next() {
            let Some(section) = sections.last_mut() else { break };
            match c {
                '"' => {
                    characters.by_ref().take_while(|c| *c != '"').for_each(drop);
                }
                '\\' | '_' | '*' => {
                    characters.next();
                }
                '[' => {
                    let inside: String = characters.by_ref().take_while(|c| *c != ']').collect();
                    section.only = section.only.or_else(|| condition(&inside));
                }
                '%' => section.percent = true,
                ';' => sections.push(Section::default()),
                _ => {}
            }
        }
        // The fourth is for text.
        sections.truncate(3);
        sections.iter().any(|section| section.percent).then_some(Self { sections })
    }

    /// Whether this number is shown as a per cent.
    pub(super) fn is_percent(&self, number: f64) -> bool {
        let (last, before) = match self.sections.split_last() {
            Some(split) => split,
            None => return false,
        };
        let shows = |(place, section): &(usize, &Section)| match section.only {
            Some((test, limit)) => test.holds(number, limit),
            None if *place > 0 => number < 0.0,
            None if self.sections.len() == 2 => number >= 0.0,
            None => number > 0.0,
        };
        before.iter().enumerate().find(shows).map_or(last.percent, |(_, section)| section.percent)
    }
}

impl Test {
    fn holds(self, number: f64, limit: f64) -> bool {
        match self {
            Test::Less => number < limit,
            Test::LessOrEqual => number <= limit,
            Test::Greater => number > limit,
            Test::GreaterOrEqual => number >= limit,
            Test::Equal => number == limit,
            Test::NotEqual => number != limit,
        }
    }
}

/// A condition such as `<=1`; colours and currencies are none.
fn condition(text: &str) -> Option<(Test, f64)> {
    let text = text.trim();
    let tests = [
        ("<=", Test::LessOrEqual),
        (">=", Test::GreaterOrEqual),
        ("<>", Test::NotEqual),
        ("<", Test::Less),
        (">", Test::Greater),
        ("=", Test::Equal),
    ];
    tests.into_iter().find_map(|(sign, test)| {
        let limit = text.strip_prefix(sign)?.trim().parse().ok()?;
        Some((test, limit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(code: &str, number: f64) -> bool {
        Shown::of(code).is_some_and(|shown| shown.is_percent(number))
    }

    #[test]
    fn a_percent_sign_counts_where_it_is_not_shown_as_text() {
        for code in ["0%", "0.0%", "#,##0.00 %", "[Red]0.0%", "0.0\"\u{a0}\"%", "_-* 0.0%_-", "%0"] {
            assert!(percent(code, 0.851), "{code}");
        }
        for code in ["General", "0.0\\%", "0.0\"%\"", "0.0_%", "0*%", "[$%-809]0.0", "0.00", "@"] {
            assert!(!percent(code, 0.851), "{code}");
        }
        assert!(Shown::builtin(9).unwrap().is_percent(-1.0) && Shown::builtin(10).is_some());
        assert_eq!(Shown::builtin(2), None);
    }

    #[test]
    fn each_number_is_shown_by_its_own_section() {
        assert!(percent("0.0%;-0.0%;0", 0.5) && percent("0.0%;-0.0%;0", -0.5));
        assert!(!percent("0.0%;-0.0%;0", 0.0));
        assert!(percent("0;0%", -0.5) && !percent("0;0%", 0.0));
        assert!(percent("0%;@", 0.0), "two sections: the first is for 0 too");
        assert!(percent("[<=1]0.0%;0.0", 0.9) && !percent("[<=1]0.0%;0.0", 90.0));
        assert!(percent("[>100]0;[<>0]0%;0", 1.0) && !percent("[>100]0;[<>0]0%;0", 101.0));
        assert!(!percent("0;0;0;0%", 1.0), "the fourth is for text");
    }
}
