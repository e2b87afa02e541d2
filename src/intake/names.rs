//! How alike two practice names are. Names only ever suggest; rows are joined by codes.
//!
//! Mill Surgery and Hill Surgery are different practices with a similarity of 0.92, so no threshold
//! makes a match: a likeness of 0.9 with a gap to the next is worth a question to a person.

/// The similarity of two names, from 0 to 1, after normalising them.
pub fn likeness(one: &str, other: &str) -> f64 {
    strsim::normalized_levenshtein(&normal(one), &normal(other))
}

/// The words of a name in order of the alphabet, abbreviations spelt out, titles left out.
pub fn normal(name: &str) -> String {
    let cleaned: String = name
        .to_lowercase()
        .replace('&', " and ")
        .chars()
        .filter(|c| !matches!(c, '\'' | '\u{2019}'))
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let mut words: Vec<&str> = Vec::new();
    for word in cleaned.split_whitespace() {
        match word {
            "dr" | "drs" | "the" | "and" | "partners" => {}
            "st" => words.push("saint"),
            "ctr" | "center" | "cent" => words.push("centre"),
            "med" => words.push("medical"),
            "surg" => words.push("surgery"),
            "rd" => words.push("road"),
            "prac" => words.push("practice"),
            "hth" => words.push("health"),
            "mc" => words.extend(["medical", "centre"]),
            "hc" => words.extend(["health", "centre"]),
            other => words.push(other),
        }
    }
    words.sort_unstable();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_practice_under_two_spellings() {
        assert_eq!(normal("Dr Smith & Partners"), normal("DR SMITH AND PARTNERS"));
        assert_eq!(normal("St. Mary's Surgery"), normal("Saint Marys Surgery"));
        assert!(likeness("Alderbeck Med Ctr", "ALDERBECK MEDICAL CENTRE") > 0.99);
    }

    #[test]
    fn different_practices_can_be_more_alike_than_one_under_two_names() {
        assert!(
            likeness("Mill Surgery", "Hill Surgery")
                > likeness("High Street Surgery", "High Street Medical Practice")
        );
    }
}
