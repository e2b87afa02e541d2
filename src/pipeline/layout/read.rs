//! Reading a layout from its TOML table.

use super::{
    Agree, Column, ColumnKind, DateOrder, Declared, Expectation, FromText, Header, Layout, Loss, MadeOf,
    Others, Percent, RowCheck, Says, Unpivot, Urgent, ValueLimits, made,
};
use crate::condition::Columns;
use crate::diagnostic::{Code, likely};
use crate::pipeline::checked::{known_names, read_choice, regex, row_truth};
use crate::pipeline::fact::{FEED, RECEIVED};
use crate::pipeline::load::VOCABULARIES;
use crate::pipeline::reader::{At, Placed, Report, Table};
use crate::pipeline::vocabulary::{Vocabularies, Vocabulary, fold, with_words};

impl Layout {
    /// Reads one layout.
    pub(in crate::pipeline) fn read(mut table: Table<'_>, lists: &Vocabularies) -> Option<Self> {
        let name = table.text_or_none("name").map(|n| n.value);
        let fills = table.text("table");
        let sheet = table.text_or_none("sheet").map(|s| s.value);
        let all_sheets = read_sheets(&mut table, sheet.is_some());
        let fewest_rows = table.count_or_none("fewest_rows").and_then(|n| usize::try_from(n.value).ok());
        let not_rows = folded(table.texts("not_rows"));
        let struck = read_choice(&mut table, "struck", &[("ignore", true), ("count", false)]);
        let separator = read_between_columns(&mut table);
        let header = read_header(&mut table);
        let ordered = table.has("date_order");
        let date_order = read_date_order(&mut table).unwrap_or(DateOrder::DayMonthYear);
        let two_digit_years = table.flag("two_digit_years");
        let missing = read_missing(&mut table);
        let others = read_choice(
            &mut table,
            "others",
            &[("quarantine", Others::Quarantine), ("ignore", Others::Ignore)],
        );
        let carry = table.flag("carry");
        let columns: Vec<(Column, Conditional)> =
            table.tables("column").into_iter().filter_map(|t| Column::read(t, lists)).collect();
        if columns.is_empty() {
            table.report().error(&table.at(), Code::MissingKey, "a layout needs [[column]]s", None);
        }
        if !ordered && columns.iter().any(|(column, _)| matches!(column.kind, ColumnKind::Date)) {
            let message = "a layout with a column of dates needs `date_order`";
            let help = "write \"dmy\" for 31/12/2026, \"mdy\" for 12/31/2026 or \"ymd\" for 2026-12-31";
            table.report().error(&table.at(), Code::MissingKey, message, Some(help.to_owned()));
        }
        let table_name = fills?.value;
        let national = others == Some(Others::Ignore);
        let mut layout = Self {
            name,
            loss: Loss::read(None, (&table_name, national), &Columns::new(), &[], &[]),
            table: table_name,
            sheet,
            all_sheets,
            fewest_rows: fewest_rows.unwrap_or_default(),
            not_rows,
            ignore_struck: struck.unwrap_or_default(),
            separator,
            header,
            date_order,
            two_digit_years,
            missing,
            others,
            carry,
            key: Vec::new(),
            agree: None,
            urgent: None,
            keep: None,
            checks: Vec::new(),
            expects: Vec::new(),
            title: None,
            file_name: None,
            sheet_name: None,
            unpivot: None,
            columns: Vec::new(),
        };
        let report = table.report().clone();
        let (mut conditional, mut places) = (Vec::new(), Vec::new());
        for (column, condition) in columns {
            if layout.column(&column.name).is_some() {
                let message = format!("there are two columns `{}`", column.name);
                report.error(&condition.at, Code::DuplicateName, message, None);
            }
            if [FEED, RECEIVED].contains(&column.name.as_str()) {
                let message = format!("every table has a column `{}` of its own", column.name);
                let help = "give this one another name".to_owned();
                report.error(&condition.at, Code::DuplicateName, message, Some(help));
            }
            places_agree(&column, &condition.at, layout.header, &report);
            layout.columns.push(column);
            places.push(condition.at.clone());
            conditional.push(condition);
        }
        let known = layout.table_columns();
        for (column, condition) in layout.columns.iter_mut().zip(conditional) {
            column.required_when = condition.when.and_then(|text| row_truth(&report, &text, &known));
        }
        layout.read_rows(table, &known);
        for (column, at) in layout.columns.iter().zip(&places) {
            made::check(&layout, column, at, &report);
        }
        Some(layout)
    }

    /// Reads what a layout says of its rows.
    fn read_rows(&mut self, mut table: Table<'_>, known: &Columns) {
        let report = table.report().clone();
        let mut key = table.texts("key");
        key.extend(table.texts("primary_key"));
        self.key = known_names(&report, key, known);
        self.agree = table.table_or_none("agree").and_then(|mut agree| {
            let within = agree.texts("within");
            let column = agree.text("column");
            let column = known_names(&report, vec![column?], known).pop()?;
            Some(Agree { within: known_names(&report, within, known), column })
        });
        self.urgent = table.table_or_none("urgent").and_then(|mut urgent| {
            let (when, says, since) = (urgent.text("when"), urgent.text("says"), urgent.text("since"));
            let [unread, blank] = ["unread", "blank"].map(|key| urgent.text_or_none(key));
            let when = row_truth(&report, &when?, known)?;
            let perhaps = |text: Option<Placed<String>>| text.and_then(|t| row_truth(&report, &t, known));
            let (unread, blank) = (perhaps(unread), perhaps(blank));
            let named = |name: Option<Placed<String>>| known_names(&report, vec![name?], known).pop();
            Some(Urgent { when, unread, blank, says: named(says)?, since: named(since)? })
        });
        self.keep = table.text_or_none("keep").and_then(|text| row_truth(&report, &text, known));
        for mut check in table.tables("check") {
            let (that, column, say) = (check.text("that"), check.text("column"), check.text("say"));
            if let (Some(that), Some(column), Some(say)) = (that, column, say) {
                let that = row_truth(&report, &that, known);
                let column = known_names(&report, vec![column], known).pop();
                if let (Some(that), Some(column)) = (that, column) {
                    self.checks.push(RowCheck { that, column, say: say.value });
                }
            }
        }
        for mut expect in table.tables("expect") {
            let (that, say) = (expect.text("that"), expect.text("say"));
            if let (Some(that), Some(say)) = (that, say)
                && let Some(that) = row_truth(&report, &that, known)
            {
                self.expects.push(Expectation { that, say: say.value });
            }
        }
        self.title = table.table_or_none("title").and_then(|t| from_text(t, known));
        self.file_name = table.table_or_none("file_name").and_then(|t| from_text(t, known));
        self.sheet_name = table.table_or_none("sheet_name").and_then(|t| from_text(t, known));
        self.unpivot = table.table_or_none("unpivot").and_then(|t| read_unpivot(t, known));
        if self.all_sheets && self.unpivot.is_some() {
            let message = "`sheets = \"all\"` and [layout.unpivot] cannot stand together";
            report.error(&table.at(), Code::BadValue, message, None);
        }
        let dated = self.columns.iter().filter(|c| c.required && matches!(c.kind, ColumnKind::Date));
        let dated: Vec<String> = dated.map(|c| c.name.clone()).collect();
        let about = (self.table.as_str(), self.others == Some(Others::Ignore));
        self.loss = Loss::read(table.table_or_none("loss"), about, known, &self.key, &dated);
        if self.others.is_some() && known.get("practice").is_none() {
            let message = "`others` speaks of practices, and there is no column `practice`";
            report.error(&table.at(), Code::Incomplete, message, None);
        }
    }
}

/// What of a column can be read only once all columns are known.
struct Conditional {
    at: At,
    when: Option<Placed<String>>,
}

impl Column {
    fn read(mut table: Table<'_>, lists: &Vocabularies) -> Option<(Self, Conditional)> {
        let at = table.at();
        let name = table.text("name");
        let title = table.text("title");
        let aliases = table.texts("aliases").into_iter().map(|a| a.value).collect();
        let position = table.count_or_none("position").and_then(|p| usize::try_from(p.value).ok());
        let place = read_letter(&mut table);
        let nth = read_nth(&mut table);
        let made_of = MadeOf::read(&mut table);
        let fill_down = read_choice(&mut table, "fill", &[("down", true)]).unwrap_or_default();
        let required = table.flag("required");
        let needed = table.flag("needed") || required;
        let occasional = table.flag("occasional");
        let when = table.text_or_none("required_when");
        let bad = read_choice(&mut table, "on_bad", &[("quarantine", true), ("drop", false)]);
        let missing = read_missing(&mut table);
        let guard = table.flag_or_none("guard").unwrap_or(true);
        let kind = ColumnKind::read(&mut table, lists);
        let also = match &kind {
            Some(ColumnKind::Choice(_) | ColumnKind::Choices { .. }) => {
                table.pairs("also").into_iter().map(|(word, _)| word.value).collect()
            }
            _ => Vec::new(),
        };
        let declared = |at: &At| Declared { file: at.file.to_string(), line: at.line };
        let roles = table.pairs("roles").into_iter();
        let roles = roles.map(|(role, value)| (role.value, value.value, declared(&value.at))).collect();
        let limits = ValueLimits::read(&mut table, kind.as_ref());
        if let Some(name) = name.as_ref().filter(|_| kind.is_none() || title.is_none()) {
            table.report().broke(&name.value);
        }
        let column = Self {
            name: name?.value,
            title: title?.value,
            aliases,
            kind: kind?,
            position,
            place,
            nth,
            fill_down,
            needed,
            occasional,
            required,
            required_when: None,
            quarantine_if_bad: bad.unwrap_or(required),
            missing,
            guard,
            also,
            roles,
            limits,
            made_of,
            declared: declared(&at),
        };
        Some((column, Conditional { at, when }))
    }
}

impl ValueLimits {
    fn read(table: &mut Table<'_>, kind: Option<&ColumnKind>) -> Self {
        let report = table.report().clone();
        let mut limits = Self { unique: table.flag("unique"), ..Self::default() };
        let length = |n: Placed<u32>| usize::try_from(n.value).ok();
        match kind {
            Some(ColumnKind::Text) => {
                limits.pattern = table.text_or_none("pattern").and_then(|p| regex(&report, &p));
                limits.min_length = table.count_or_none("min_length").and_then(length);
                limits.max_length = table.count_or_none("max_length").and_then(length);
            }
            Some(ColumnKind::Date) => {
                limits.earliest = table.date_or_none("minimum").map(|d| d.value);
                limits.latest = table.date_or_none("maximum").map(|d| d.value);
            }
            Some(ColumnKind::Number { .. }) => {
                let words = [("fraction", Percent::Fraction), ("hundred", Percent::Hundred)];
                limits.percent = read_choice(table, "percent", &words);
                let words = [("fractions", Percent::Fraction), ("per cent", Percent::Hundred)];
                let at = table.at_of("cells");
                limits.cells = read_choice(table, "cells", &words);
                if limits.cells.is_some() && !kept_as_percent(limits.percent, kind) {
                    let message =
                        "`cells` says how percentages are written, and the column is not known to hold any";
                    let help =
                        "write `percent = \"hundred\"` to keep 85% as 85, or \"fraction\" to keep it as 0.85";
                    report.error(&at, Code::BadValue, message, Some(help.to_owned()));
                }
            }
            _ => {}
        }
        limits
    }
}

impl ColumnKind {
    fn read(table: &mut Table<'_>, lists: &Vocabularies) -> Option<Self> {
        const TYPES: [&str; 9] =
            ["practice", "code", "text", "choice", "choices", "number", "date", "period", "yes-no"];
        let kind = table.text("type")?;
        let report = table.report().clone();
        match kind.value.as_str() {
            "practice" => Some(Self::Practice),
            "code" => {
                let pattern = table.text_or_none("pattern").and_then(|p| regex(&report, &p));
                Some(Self::Code { pattern })
            }
            // In the words of Frictionless, a text of few values.
            "text" if table.has("enum") => read_values(table, lists).map(Self::Choice),
            "text" => Some(Self::Text),
            "choice" => {
                let vocabulary = read_values(table, lists);
                if vocabulary.is_none() && !table.has("values") && !table.has("enum") {
                    report.error(&table.at(), Code::MissingKey, "a choice needs `values`", None);
                }
                Some(Self::Choice(vocabulary?))
            }
            "choices" => {
                let separator = read_separator(table);
                let at = table.at();
                if table.has("values") || table.has("enum") {
                    let values = read_values(table, lists);
                    if let Some(list) = &values {
                        values_apart(list, &separator, &at, &report);
                    }
                    return Some(Self::Choices { values, also: Vec::new(), separator });
                }
                let also =
                    table.pairs("also").into_iter().map(|(word, value)| (word.value, value.value)).collect();
                Some(Self::Choices { values: None, also, separator })
            }
            "number" => {
                let minimum = table.number_or_none("minimum").map(|n| n.value);
                let maximum = table.number_or_none("maximum").map(|n| n.value);
                Some(Self::Number { minimum, maximum })
            }
            "date" => Some(Self::Date),
            "period" => Some(Self::Period),
            "yes-no" => Some(Self::YesNo),
            other => {
                let help = likely(other, TYPES).map_or_else(
                    || format!("the types are: {}", TYPES.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                report.error(&kind.at, Code::BadValue, format!("there is no type `{other}`"), Some(help));
                None
            }
        }
    }
}

/// `values` as the name of a shared list or as a list of its own, with `also`.
fn read_values(table: &mut Table<'_>, lists: &Vocabularies) -> Option<Vocabulary> {
    let report = table.report().clone();
    let mut values = table.text_or_texts("values");
    values.extend(table.texts("enum"));
    let also = table.pairs("also");
    let [name] = values.as_slice() else {
        return (!values.is_empty()).then(|| with_words(values, also, &report));
    };
    let Some(list) = lists.get(&name.value) else {
        let message = format!("there is no vocabulary `{}`", name.value);
        let declared = (VOCABULARIES.to_owned(), name.value.as_str());
        report.unknown(&name.at, message, declared, lists.names());
        return None;
    };
    let mut list = list.clone();
    for (word, value) in also {
        match list.value_of(&value.value).map(str::to_owned) {
            Some(known) => list.add_word(&word.value, &known),
            None => {
                let message = format!("`{}` is not in the vocabulary `{}`", value.value, name.value);
                report.error(&value.at, Code::UnknownName, message, None);
            }
        }
    }
    Some(list)
}

fn read_header(table: &mut Table<'_>) -> Header {
    let count = table.count_or_none("column_count").and_then(|c| usize::try_from(c.value).ok());
    match read_choice(table, "header", &[("named", true), ("none", false)]) {
        Some(false) => Header::Positions { count },
        _ => Header::Named,
    }
}

fn read_date_order(table: &mut Table<'_>) -> Option<DateOrder> {
    let orders = [
        ("dmy", DateOrder::DayMonthYear),
        ("mdy", DateOrder::MonthDayYear),
        ("ymd", DateOrder::YearMonthDay),
    ];
    read_choice(table, "date_order", &orders)
}

/// `sheets = "all"`: every visible sheet that has the header.
fn read_sheets(table: &mut Table<'_>, named: bool) -> bool {
    let at = table.at_of("sheets");
    let all = read_choice(table, "sheets", &[("all", true)]).unwrap_or_default();
    if all && named {
        let message = "`sheet` names one sheet and `sheets = \"all\"` asks for every one";
        table.report().error(&at, Code::BadValue, message, Some("take one of the two away".to_owned()));
    }
    all
}

/// `separator` of a layout: the one character between two columns of a text file.
fn read_between_columns(table: &mut Table<'_>) -> Option<char> {
    let separator = table.text_or_none("separator")?;
    let mut characters = separator.value.chars();
    let fault = match (characters.next(), characters.next()) {
        (Some('"'), None) => "has another meaning in a text file",
        (Some(one), None) if one.is_control() && one != '\u{1f}' => "stands in no text file",
        (Some(one), None) if one.is_alphanumeric() => "stands within the cells themselves",
        (Some(one), None) => return Some(one),
        _ => "is longer than one character",
    };
    let message = format!("`separator` is {:?}: it {fault}", separator.value);
    let help = "write the one character that stands between two columns, such as \"|\"".to_owned();
    table.report().error(&separator.at, Code::BadValue, message, Some(help));
    None
}

/// What stands between two values of a cell.
fn read_separator(table: &mut Table<'_>) -> String {
    let Some(separator) = table.text_or_none("separator") else { return ",".to_owned() };
    let fault = match separator.value.as_str() {
        text if text.trim().chars().all(char::is_alphanumeric) && text.trim() == text => {
            Some("the separator is a word that may stand inside other words")
        }
        text if text.chars().count() > 10 => Some("the separator is longer than 10 characters"),
        _ => None,
    };
    if let Some(fault) = fault {
        let help = "write what stands between two values, such as \",\" or \";#\"".to_owned();
        table.report().error(&separator.at, Code::BadValue, fault, Some(help));
    }
    separator.value
}

/// Says which values hold the separator: each is looked for as a whole, before its cell is split.
fn values_apart(list: &Vocabulary, separator: &str, at: &At, report: &Report) {
    let holding: Vec<String> =
        list.values.iter().filter(|value| value.contains(separator)).map(|v| format!("\"{v}\"")).collect();
    if holding.is_empty() {
        return;
    }
    let message = format!(
        "{} {} the separator \"{separator}\": whole values are looked for first, and a misspelt one is split",
        crate::wording::listed(&holding),
        if holding.len() == 1 { "holds" } else { "hold" }
    );
    let help = "use another `separator`, if the sender can".to_owned();
    report.warning(at, Code::BadValue, message, Some(help));
}

/// `letter = "M"`: a column that no name of its own tells, counted from 0.
fn read_letter(table: &mut Table<'_>) -> Option<usize> {
    let letter = table.text_or_none("letter")?;
    let place = letter.value.bytes().try_fold(0_usize, |sum, byte| {
        byte.is_ascii_uppercase().then(|| sum * 26 + usize::from(byte - b'A') + 1)
    });
    match place.filter(|place| (1..=16_384).contains(place)) {
        Some(place) => Some(place - 1),
        None => {
            let message = format!("`letter` is \"{}\", which is no column of a sheet", letter.value);
            let help = "write the letters that the sheet shows above the column, such as \"M\"".to_owned();
            table.report().error(&letter.at, Code::BadValue, message, Some(help));
            None
        }
    }
}

/// `nth = 2`: the second of the columns of this name.
fn read_nth(table: &mut Table<'_>) -> Option<usize> {
    let nth = table.count_or_none("nth")?;
    if nth.value == 0 {
        let message = "`nth` counts the columns of one name from 1";
        table.report().error(&nth.at, Code::BadValue, message, None);
    }
    usize::try_from(nth.value).ok().filter(|nth| *nth > 0)
}

/// A column is found in one way: by a name, by a letter, or by its position where there is no header.
fn places_agree(column: &Column, at: &At, header: Header, report: &Report) {
    let headed = header == Header::Named;
    let fault = match (column.place, column.nth, column.position) {
        (Some(_), _, _) if !headed => {
            Some("`letter` is for sheets with a header; without one `position` counts")
        }
        (_, Some(_), _) if !headed => Some("`nth` counts columns of one name, and this layout has no header"),
        (Some(_), Some(_), _) => Some("`letter` and `nth` say twice where the column stands"),
        _ => None,
    };
    if let Some(fault) = fault {
        report.error(at, Code::BadValue, fault, None);
    }
}

/// Whether percentages of a column are known to be kept as 85 or as 0.85.
fn kept_as_percent(percent: Option<Percent>, kind: Option<&ColumnKind>) -> bool {
    let most = |n: &f64| (*n - 1.0).abs() < f64::EPSILON || (*n - 100.0).abs() < f64::EPSILON;
    let implied = matches!(kind, Some(ColumnKind::Number { maximum: Some(n), .. }) if most(n));
    percent.is_some() || implied
}

fn from_text(mut table: Table<'_>, known: &Columns) -> Option<FromText> {
    let report = table.report().clone();
    let column = table.text("column");
    let year = read_choice(&mut table, "form", &[("year", true)]);
    let column = known_names(&report, vec![column?], known).pop()?;
    if year.is_some() && !table.has("pattern") {
        return Some(FromText { column, says: Says::Year });
    }
    let pattern = table.text("pattern");
    if year.is_some() {
        let message = "`form` and `pattern` say twice where the value stands";
        report.error(&table.at(), Code::BadValue, message, None);
    }
    let pattern = pattern?;
    let regex = regex(&report, &pattern)?;
    if regex.captures_len() < 2 {
        let help = Some("put brackets around the part that is the value".to_owned());
        report.error(&pattern.at, Code::BadValue, "the pattern has no group", help);
        return None;
    }
    Some(FromText { column, says: Says::Pattern(regex) })
}

/// `missing`, or in the words of Frictionless `missing_values`.
fn read_missing(table: &mut Table<'_>) -> Vec<String> {
    let mut marks = folded(table.texts("missing"));
    marks.extend(folded(table.texts("missing_values")));
    marks
}

fn read_unpivot(mut table: Table<'_>, known: &Columns) -> Option<Unpivot> {
    let report = table.report().clone();
    let (pattern, name, value) = (table.text("columns"), table.text("name"), table.text("value"));
    let name = known_names(&report, vec![name?], known).pop()?;
    let value = known_names(&report, vec![value?], known).pop()?;
    Some(Unpivot { pattern: regex(&report, &pattern?)?, name, value })
}

fn folded(texts: Vec<Placed<String>>) -> Vec<String> {
    texts.into_iter().map(|t| fold(&t.value)).collect()
}
