//! How much is found and how much is raised for nothing, on generated text. Floors that are facts are
//! asserted; `cargo test --lib guard::measured -- --ignored --nocapture` prints the rates.

use super::nhs::{LeadingZero, find, valid};

/// A small generator of numbers, the same on every machine (xorshift64*).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap())).collect()
    }

    fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[usize::try_from(self.below(texts.len() as u64)).unwrap()]
    }

    /// A valid number that does not begin with 0.
    fn number(&mut self) -> String {
        loop {
            let head = format!("{}{}", 1 + self.below(9), self.digits(8));
            let bytes: Vec<u8> = head.bytes().map(|b| b - b'0').collect();
            let last = (0..10).find(|last| valid(&[bytes.as_slice(), &[*last]].concat()));
            if let Some(last) = last {
                return format!("{head}{last}");
            }
        }
    }

    /// Where ten digits are cut: any composition of ten.
    fn cut(&mut self, number: &str, between: &str) -> String {
        let mut out = String::new();
        for (index, digit) in number.chars().enumerate() {
            if index > 0 && self.below(3) == 0 {
                out.push_str(between);
            }
            out.push(digit);
        }
        out
    }
}

/// What people and programs write between groups of digits.
const BETWEEN: [&str; 19] = [
    " ",
    "-",
    ".",
    "\u{a0}",
    "\n",
    "\r\n",
    "  ",
    " - ",
    "\u{2013}",
    "\u{2011}",
    "\u{202f}",
    "\u{2009}",
    "/",
    "_",
    "\n    ",
    "\u{200b}",
    "\n\n",
    "\r\n \r\n",
    "                    ",
];

/// What else may stand between the groups of the usual grouping.
const LOOSE: [&str; 28] = [
    ", ", ";", "; ", ":", " : ", "+", " + ", "*", "~", " ~ ", " and ", " AND ", ", and ", " & ", "#", "\\",
    "...", " -- ", "=>", ") (", "] [", "? ", "! ", "\u{2026}", ". ", ".\n\n", "\u{2192}", ",\n",
];

/// Marks that join digits in any grouping where they are the only ones.
const TIGHT: [&str; 8] = [";", "+", "*", "~", "#", "\\", "=", "^"];

const SENTENCES: [(&str, &str); 8] = [
    ("", ""),
    ("The patient ", " waited for 3 weeks."),
    ("NHS No: ", ", seen on 14/07/2026 at 12:30"),
    ("Complaint of 6 July about (", ") and 12 others"),
    ("2 letters; ", "; tel 01772 123456"),
    ("X90100 \u{2013} pt ", ""),
    ("ref CMP-2026-018: ", " (see Q-7)"),
    ("\u{a3}1,250 was spent on ", ", 45.6% of all"),
];

fn grouped(chance: &mut Chance, number: &str, style: u64) -> String {
    let parts = |at: &[usize], between: &str| {
        let mut out = String::new();
        let mut from = 0;
        for to in at.iter().copied().chain([10]) {
            if from > 0 {
                out.push_str(between);
            }
            out.push_str(&number[from..to]);
            from = to;
        }
        out
    };
    let between = chance.pick(&BETWEEN);
    match style {
        0 => number.to_owned(),
        1 => parts(&[3, 6], between),
        2 => parts(&[5], between),
        3 => parts(&[3, 7], between),
        4 => parts(&[1, 2, 3, 4, 5, 6, 7, 8, 9], between),
        5 => number.chars().map(|c| char::from_u32(0xff10 + u32::from(c) - 0x30).unwrap()).collect(),
        6 => format!("{}.{}E9", &number[..1], &number[1..]),
        7 => format!("{number}.0"),
        10 => parts(&[3, 6], chance.pick(&LOOSE)),
        11 => {
            let mark = chance.pick(&TIGHT);
            chance.cut(number, mark)
        }
        8 => format!("{},{},{},{}", &number[..1], &number[1..4], &number[4..7], &number[7..]),
        _ => chance.cut(number, between),
    }
}

/// Whether a grouping is one that the guard takes for something else on purpose: a year or a day first and a mark
/// after it. No number in issue in England begins so.
fn looks_like_a_year(text: &str) -> bool {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    [4, 8].contains(&digits) && (text.starts_with("20") || text.starts_with("199"))
}

fn missed(count: usize, seed: u64) -> (usize, usize, Vec<String>) {
    let mut chance = Chance(seed);
    let (mut all, mut misses) = (0, Vec::new());
    for index in 0..count {
        let number = chance.number();
        let written = grouped(&mut chance, &number, index as u64 % 12);
        let (head, tail) = SENTENCES[index / 12 % SENTENCES.len()];
        if looks_like_a_year(&written) {
            continue;
        }
        all += 1;
        let text = format!("{head}{written}{tail}");
        if !find(&text, LeadingZero::DateOfBirth).iter().any(|(_, _, digits)| *digits == number) {
            misses.push(text);
        }
    }
    (all, misses.len(), misses)
}

#[test]
fn every_number_in_every_grouping_is_found() {
    let (all, _, misses) = missed(20_000, 0x5eed);
    assert!(all > 19_000);
    assert!(misses.is_empty(), "{} of {all}: {:?}", misses.len(), &misses[..misses.len().min(5)]);
}

#[test]
fn a_cell_and_the_document_that_shows_it_agree() {
    // A document shows runs of spaces and lines as one space; nothing is found in it that was not in the cell.
    let mut chance = Chance(0xce11);
    let found = |text: &str| -> Vec<String> {
        find(text, LeadingZero::DateOfBirth).into_iter().map(|(_, _, digits)| digits).collect()
    };
    for index in 0..20_000_u64 {
        let number = chance.number();
        let between = chance.pick(&[
            "\n\n",
            "   \n",
            " ,\n\n ",
            "\t\t",
            "  and \n",
            "\u{2028}\n",
            " -\r\n\r\n ",
            "\n \n;\n",
        ]);
        let cell = match index % 3 {
            0 => chance.cut(&number, between),
            1 => format!("{}{between}{}{between}{}", &number[..3], &number[3..6], &number[6..]),
            _ => harmless(&mut chance, usize::try_from(index).unwrap() % KINDS.len()).replace(' ', between),
        };
        let shown = cell.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(found(&cell), found(&shown), "{cell:?}");
    }
}

/// Texts that hold digits and nobody's number, by kind.
fn harmless(chance: &mut Chance, kind: usize) -> String {
    let day = format!("{:02}", 1 + chance.below(28));
    let month = format!("{:02}", 1 + chance.below(12));
    let year = 2020 + chance.below(8);
    match kind {
        0 => format!("ring 0{}{} {}", 1 + chance.below(2), chance.digits(3), chance.digits(6)),
        1 => format!("mobile 07{} {}", chance.digits(3), chance.digits(6)),
        2 => format!("+44 7{} {}", chance.digits(3), chance.digits(6)),
        3 => format!("+44 (0)1{} {} {}", chance.digits(3), chance.digits(3), chance.digits(3)),
        4 => format!("practice X9{} of {}", chance.digits(4), chance.digits(4)),
        5 => format!("{day}/{month}/{year} {}:{:02}", 10 + chance.below(14), chance.below(60)),
        6 => format!("{year}-{month}-{day} {}:{:02}", 10 + chance.below(14), chance.below(60)),
        7 => format!("on {day}.{month}.{year} {} patients", 10 + chance.below(90)),
        8 => format!("\u{a3}{},{},{}", 1 + chance.below(9), chance.digits(3), chance.digits(3)),
        9 => format!("row {} of sheet {}{}", chance.digits(4), 1 + chance.below(9), chance.digits(15)),
        10 => format!("UBRN {} {} {}", chance.digits(4), chance.digits(4), chance.digits(4)),
        11 => format!("SHA-256 {}", crate::sha256(chance.digits(9).as_bytes())),
        12 => format!("CMP-{year}-{} and INC{year}{}", chance.digits(6), chance.digits(3)),
        13 => format!("{}.{}", chance.below(100), chance.digits(10)),
        14 => format!(
            "scores {}.{}, {}.{}, {}",
            1 + chance.below(9),
            chance.digits(2),
            1 + chance.below(9),
            chance.digits(2),
            chance.digits(3)
        ),
        15 => format!(
            "{} of {} ({}.{}%)",
            chance.digits(4),
            chance.digits(5),
            chance.digits(2),
            chance.digits(1)
        ),
        16 => format!("export_{year}{month}{day}_{}.csv", chance.digits(2)),
        17 => figures(chance, 7, "", true),
        18 => figures(chance, 7, "\u{a3}", true),
        19 => format!(
            "{} + {} = {}; ratio {}:{}, at {}:{:02}:{:02}.{}",
            chance.digits(2),
            chance.digits(3),
            chance.digits(3),
            1 + chance.below(9),
            1 + chance.below(9),
            10 + chance.below(14),
            chance.below(60),
            chance.below(60),
            chance.digits(3)
        ),
        20 => format!(
            "{day}/{month}/{year}; {day}.{month}.{year}, {}:{:02}",
            10 + chance.below(14),
            chance.below(60)
        ),
        21 => format!(
            "tel 0{} {}; 0300 {} {}, 111, 999 and 101",
            chance.digits(4),
            chance.digits(6),
            chance.digits(3),
            chance.digits(4)
        ),
        22 => figures(chance, 9, "", false),
        23 => figures(chance, 3, "", false),
        24 => {
            let mut figure = |count: usize| format!("{}{}", 1 + chance.below(9), chance.digits(count - 1));
            format!("{}, {} and {} patients", figure(3), figure(3), figure(4))
        }
        _ => format!("{}{}", 1 + chance.below(9), chance.digits(9)),
    }
}

/// A list of so many figures between 10 and 99,999, parted by commas, with an "and" before the last.
fn figures(chance: &mut Chance, count: usize, sign: &str, thousands: bool) -> String {
    let mut out = "list sizes: ".to_owned();
    for index in 0..count {
        let most = [100, 1_000, 10_000, 100_000][usize::try_from(chance.below(4)).unwrap()];
        let figure = most / 10 + chance.below(most - most / 10);
        out.push_str(match index {
            0 => "",
            _ if index + 1 == count => " and ",
            _ => ", ",
        });
        out.push_str(sign);
        if thousands && figure >= 1_000 {
            out.push_str(&format!("{},{:03}", figure / 1_000, figure % 1_000));
        } else {
            out.push_str(&figure.to_string());
        }
    }
    out
}

/// Kinds in which ten digits may stand as an NHS number is printed, with how many of a hundred texts may
/// be raised at most.
const CEILINGS: [(usize, f64); 3] = [(22, 1.0), (23, 0.3), (24, 10.0)];

const KINDS: [&str; 26] = [
    "landline",
    "mobile",
    "mobile with +44",
    "landline with +44 (0)",
    "ODS codes and counts",
    "date and time, day first",
    "date and time, ISO",
    "date with full stops, then a count",
    "amount",
    "Smartsheet row id",
    "UBRN",
    "fingerprint",
    "references with a year",
    "fraction with ten decimals",
    "lists of figures",
    "shares",
    "names of files",
    "lists of figures, with thousands",
    "lists of amounts",
    "sums, ratios and times",
    "dates and times in a list",
    "phone numbers in a list",
    "nine figures of any length, no thousands",
    "three figures of any length, no thousands",
    "three figures of 3, 3 and 4 digits",
    "any ten digits",
];

fn false_alarms(kind: usize, count: usize) -> usize {
    let mut chance = Chance(0xfa15e + kind as u64);
    let raised =
        (0..count).filter(|_| !find(&harmless(&mut chance, kind), LeadingZero::DateOfBirth).is_empty());
    raised.count()
}

#[test]
fn nothing_is_raised_for_what_has_not_ten_digits_of_its_own() {
    let ceilings = CEILINGS.map(|(kind, _)| kind);
    for (kind, name) in KINDS.iter().enumerate().take(KINDS.len() - 1).filter(|(k, _)| !ceilings.contains(k))
    {
        assert_eq!(false_alarms(kind, 2_000), 0, "{name}");
    }
}

#[test]
fn lists_of_figures_are_raised_seldom() {
    for (kind, most) in CEILINGS {
        let raised = false_alarms(kind, 20_000) as f64 / 200.0;
        assert!(raised <= most, "{}: {raised}%", KINDS[kind]);
    }
}

#[test]
fn of_ten_digits_drawn_at_random_one_in_eleven_is_raised() {
    // The share of right last digits is 1 in 11; 20,000 draws stay within five standard deviations.
    let raised = false_alarms(KINDS.len() - 1, 20_000) as f64 / 20_000.0;
    let deviation = (1.0_f64 / 11.0 * 10.0 / 11.0 / 20_000.0).sqrt();
    assert!((raised - 1.0 / 11.0).abs() < 5.0 * deviation, "{raised}");
}

#[allow(clippy::disallowed_macros)] // it is there to print
#[test]
#[ignore = "prints rates for people; the floors are asserted above"]
fn rates() {
    let (all, misses, _) = missed(200_000, 0xbeef);
    println!("recall: {} of {all} found ({:.3}%)", all - misses, 100.0 - 100.0 * misses as f64 / all as f64);
    for (kind, name) in KINDS.iter().enumerate() {
        let raised = false_alarms(kind, 50_000);
        println!("false alarms: {:>6.2}%  {name}", raised as f64 / 500.0);
    }
}
