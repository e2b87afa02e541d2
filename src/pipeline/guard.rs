//! `guard.toml`: what identifies a person, where it is looked for, what a hit does and what is allowed.

use super::checked::{read_choice, regex};
use super::reader::{At, Placed, Report, Table};
use crate::diagnostic::{Code, likely};
use crate::guard::{Action, Guard, Kind, LeadingZero, Names, Pattern, Place};

/// The words for places, as `where` names them.
const PLACES: [(&str, Place); 4] = [
    ("free text", Place::FreeText),
    ("cells", Place::Cells),
    ("documents", Place::Documents),
    ("mail", Place::Mail),
];

const ACTIONS: [(&str, Action); 2] = [("stop", Action::Stop), ("note", Action::Note)];

/// Reads `names.toml`: the names of people to look for.
pub(super) fn read_names(mut file: Table<'_>) -> Vec<String> {
    file.texts("names").into_iter().map(|name| name.value).collect()
}

/// Reads `guard.toml`; `names` are those of `names.toml`, if there is such a file. NHS numbers are always
/// looked for, unless the file says that they are looked for nowhere.
pub(super) fn read(mut file: Table<'_>, names: Option<&[String]>) -> Guard {
    let report = file.report().clone();
    let numbers = match file.table_or_none("nhs_number") {
        Some(table) => nhs_numbers(table),
        None => Guard::nhs_numbers().patterns().to_vec(),
    };
    let mut patterns = numbers;
    for table in file.tables("pattern") {
        let Some((pattern, at)) = read_pattern(table, names) else { continue };
        if patterns.iter().any(|p| p.id == pattern.id) {
            let message = format!("there are two patterns `{}`", pattern.id);
            report.error(&at, Code::DuplicateName, message, None);
        }
        patterns.push(pattern);
    }
    let allowed: Vec<String> = file.texts("allow").into_iter().map(|text| text.value).collect();
    Guard::new(patterns, &allowed)
}

fn nhs_numbers(mut table: Table<'_>) -> Vec<Pattern> {
    let report = table.report().clone();
    let mut pattern = Guard::nhs_numbers().patterns().to_vec();
    let places = read_places(&mut table);
    let zeros = [
        ("never", LeadingZero::Never),
        ("as a date of birth", LeadingZero::DateOfBirth),
        ("always", LeadingZero::Always),
    ];
    let zero = read_choice(&mut table, "begins_with_0", &zeros);
    let action = read_choice(&mut table, "effect", &ACTIONS);
    let title = table.text_or_none("title");
    if let Some(places) = &places
        && places.is_empty()
    {
        let help = Some("write where = [\"cells\", \"documents\", \"mail\"]".to_owned());
        let message = "NHS numbers are looked for nowhere";
        report.warning(&table.at(), Code::Incomplete, message, help);
    }
    for pattern in &mut pattern {
        pattern.places = places.clone().unwrap_or(std::mem::take(&mut pattern.places));
        pattern.action = action.unwrap_or(pattern.action);
        pattern.kind = zero.map_or_else(|| pattern.kind.clone(), Kind::NhsNumber);
        if let Some(title) = &title {
            pattern.title.clone_from(&title.value);
        }
    }
    pattern
}

fn read_pattern(mut table: Table<'_>, names: Option<&[String]>) -> Option<(Pattern, At)> {
    let report = table.report().clone();
    let at = table.at();
    let (id, title) = (table.text("id"), table.text("title"));
    let places = read_places(&mut table);
    if places.as_ref().is_none_or(Vec::is_empty) {
        let help = Some("write for instance where = [\"free text\", \"documents\"]".to_owned());
        report.error(&at, Code::MissingKey, "a pattern needs `where`", help);
    }
    let action = read_choice(&mut table, "effect", &ACTIONS);
    let (expression, listed) = (table.text_or_none("pattern"), table.text_or_none("names"));
    let kind = match (expression, listed) {
        (Some(expression), None) => Kind::Expression(expression_of(&report, &expression)?),
        (None, Some(listed)) => Kind::Names(names_of(&report, &listed, names)?),
        _ => {
            let message = "a pattern needs either `pattern`, an expression, or `names`, a file of names";
            report.error(&at, Code::MissingKey, message, None);
            return None;
        }
    };
    let id = id?;
    let pattern = Pattern {
        id: id.value,
        title: title?.value,
        kind,
        places: places.unwrap_or_default(),
        action: action.unwrap_or(Action::Stop),
    };
    Some((pattern, id.at))
}

fn expression_of(report: &Report, text: &Placed<String>) -> Option<regex::Regex> {
    let regex = regex(report, text)?;
    if regex.is_match("") {
        let help = Some("make at least one part of it necessary".to_owned());
        report.error(&text.at, Code::BadValue, "the expression fits an empty text, so everything", help);
        return None;
    }
    Some(regex)
}

fn names_of(report: &Report, file: &Placed<String>, names: Option<&[String]>) -> Option<Names> {
    if file.value != super::load::NAMES {
        let message = format!("`names` is \"{}\"; names stand in {}", file.value, super::load::NAMES);
        report.error(&file.at, Code::UnknownName, message, None);
        return None;
    }
    let Some(names) = names else {
        let help = Some("make it, with a line names = []".to_owned());
        report.error(&file.at, Code::Incomplete, format!("there is no file {}", file.value), help);
        return None;
    };
    let list = Names::new(names.iter().map(String::as_str));
    list.map_err(|error| report.error(&file.at, Code::BadValue, format!("{}: {error}", file.value), None))
        .ok()
}

fn read_places(table: &mut Table<'_>) -> Option<Vec<Place>> {
    let report = table.report().clone();
    if !table.has("where") {
        table.texts("where");
        return None;
    }
    let mut out = Vec::new();
    for word in table.texts("where") {
        match PLACES.iter().find(|(name, _)| *name == word.value) {
            Some((_, place)) => out.push(*place),
            None => {
                let known = PLACES.map(|(name, _)| name);
                let help = likely(&word.value, known).map_or_else(
                    || format!("it can be {}", known.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("`{}` is not known in `where`", word.value);
                report.error(&word.at, Code::UnknownName, message, Some(help));
            }
        }
    }
    Some(out)
}

#[cfg(test)]
use super::reader::File;

#[cfg(test)]
mod forms;

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str, names: Option<&[String]>) -> (Guard, Vec<String>) {
        let report = Report::default();
        let file = File::parse("guard.toml", text, &report);
        let guard = read(file.table(), names);
        drop(file);
        (guard, report.take(|_| true).iter().map(ToString::to_string).collect())
    }

    #[test]
    fn without_a_word_nhs_numbers_stop_everywhere() {
        let (guard, said) = read_text("", None);
        assert!(said.is_empty(), "{said:?}");
        for place in [Place::FreeText, Place::Cells, Place::Documents, Place::Mail] {
            assert_eq!(guard.find("943 476 5919", place).len(), 1, "{place:?}");
        }
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let text = r#"
allow = ["@icb.example"]
[nhs_number]
where = []
begins_with_0 = "sometimes"
[[pattern]]
id = "phone"
title = "possible phone number"
pattern = '\d*'
where = ["free txt"]
[[pattern]]
id = "names"
title = "a name"
names = "people.toml"
where = ["documents"]
[[pattern]]
id = "both"
title = "neither"
where = ["mail"]
effect = "halt"
"#;
        let (_, said) = read_text(text, Some(&[]));
        insta::assert_snapshot!(said.join("\n"));
    }

    #[test]
    fn names_of_the_list_are_found_where_they_are_looked_for() {
        let text = "[[pattern]]\nid = 'n'\ntitle = 'a name'\nnames = 'names.toml'\nwhere = ['documents']\n";
        let (guard, said) = read_text(text, Some(&["Jane Example".to_owned()]));
        assert!(said.is_empty(), "{said:?}");
        assert_eq!(guard.find("for jane example", Place::Documents).len(), 1);
        assert!(guard.find("for jane example", Place::Mail).is_empty());
        let (_, said) = read_text(text, None);
        assert!(said.iter().any(|line| line.contains("there is no file names.toml")), "{said:?}");
    }
}
