//! What a sheet of a feed looks like: its columns, their types, and which rows count.

mod loss;
mod made;
mod read;

use chrono::NaiveDate;
use regex::Regex;

pub use made::MadeOf;

use super::vocabulary::{Vocabulary, fold};
use crate::condition::{Columns, Condition, Kind};

pub use loss::{Loss, LossOf};

/// One shape that the sheets of a feed may have.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Its name within the feed, where a feed has several.
    pub name: Option<String>,
    /// The table that its rows go to.
    pub table: String,
    /// The sheet to read in a workbook with several visible sheets that hold data.
    pub sheet: Option<String>,
    /// Whether every visible sheet that has the header is read, such as a tab a month.
    pub all_sheets: bool,
    /// Fewer rows than this below the header are no file of this kind.
    pub fewest_rows: usize,
    /// Words, folded, with which rows begin that are none: totals, examples.
    pub not_rows: Vec<String>,
    /// Whether rows that are struck out are passed over.
    pub ignore_struck: bool,
    /// What separates the columns of its text files, where it is nothing usual.
    pub separator: Option<char>,
    /// How the columns are found.
    pub header: Header,
    /// The order of day and month in dates written as text.
    pub date_order: DateOrder,
    /// Whether years of two digits are read (as 20xx) instead of refused.
    pub two_digit_years: bool,
    /// Texts that stand for a missing value, folded.
    pub missing: Vec<String>,
    /// What becomes of rows whose practice is not one of the ICB's; `None`: the rows are not about one.
    pub others: Option<Others>,
    /// Whether rows of a closed practice go to its one successor.
    pub carry: bool,
    /// Columns that identify a row: of two rows with the same, the first stands.
    pub key: Vec<String>,
    /// A column that must have one value within the rows that agree in others.
    pub agree: Option<Agree>,
    /// What a row says that cannot wait, even while the row is set aside.
    pub urgent: Option<Urgent>,
    /// Rows for which this is not true are passed over.
    pub keep: Option<Condition>,
    /// What must be true of every row.
    pub checks: Vec<RowCheck>,
    /// What must be true of at least one row, or the file is the wrong one.
    pub expects: Vec<Expectation>,
    /// What a file may not take away in silence.
    pub loss: Loss,
    /// A column whose value may stand in a title above the header.
    pub title: Option<FromText>,
    /// A column whose value may stand in the name of the file.
    pub file_name: Option<FromText>,
    /// A column whose value may stand in the name of the sheet.
    pub sheet_name: Option<FromText>,
    /// Columns of the sheet that become rows.
    pub unpivot: Option<Unpivot>,
    /// The columns.
    pub columns: Vec<Column>,
}

/// How the columns of a sheet are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// A header row within the first 30 rows.
    Named,
    /// No header: columns by position, in a sheet of so many columns.
    Positions {
        /// The number of columns that the file has, where it is fixed.
        count: Option<usize>,
    },
}

/// The order of the parts of a date written as text; a year of four digits in front always counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// 31/12/2026
    DayMonthYear,
    /// 12/31/2026
    MonthDayYear,
    /// 20261231 or 2026-12-31
    YearMonthDay,
}

impl DateOrder {
    /// The order with day and month the other way round, where both come after or before the year.
    pub fn swapped(self) -> Option<Self> {
        match self {
            DateOrder::DayMonthYear => Some(DateOrder::MonthDayYear),
            DateOrder::MonthDayYear => Some(DateOrder::DayMonthYear),
            DateOrder::YearMonthDay => None,
        }
    }
}

/// Columns of a wide sheet that become rows of a long one: each cell under them makes a row, with the
/// column's name in one column and the cell in another.
#[derive(Debug, Clone)]
pub struct Unpivot {
    /// The whole name of each column that becomes rows; where it has a group, that is what is kept.
    pub pattern: Regex,
    /// The column that gets the name.
    pub name: String,
    /// The column that gets the cell.
    pub value: String,
}

/// What becomes of a row whose practice is not one of the ICB's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// A team's row: it is set aside and its sender is told.
    Quarantine,
    /// A national file's row: it is passed over.
    Ignore,
}

/// One column must have one value within the rows that agree in others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agree {
    /// The columns that group the rows.
    pub within: Vec<String>,
    /// The column that must not differ within a group.
    pub column: String,
}

/// What a row says that cannot wait, even while the row is set aside.
#[derive(Debug, Clone)]
pub struct Urgent {
    /// Rows for which this is true.
    pub when: Condition,
    /// Of rows whose value in `says` cannot be read, those for which this is true.
    pub unread: Option<Condition>,
    /// Of rows that have no value in `says`, those for which this is true.
    pub blank: Option<Condition>,
    /// The column whose value is told.
    pub says: String,
    /// The column with the day from which its age is counted.
    pub since: String,
}

/// A rule that each row must keep.
#[derive(Debug, Clone)]
pub struct RowCheck {
    /// What must be true.
    pub that: Condition,
    /// The column to point at.
    pub column: String,
    /// The rule in words.
    pub say: String,
}

/// A rule that at least one row must keep.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// What must be true of a row.
    pub that: Condition,
    /// What the file is, if no row does.
    pub say: String,
}

/// A value that stands in running text.
#[derive(Debug, Clone)]
pub struct FromText {
    /// The column it fills where the sheet has no such column.
    pub column: String,
    /// Where in the text it stands.
    pub says: Says,
}

/// Where in a text a value stands.
#[derive(Debug, Clone)]
pub enum Says {
    /// A regular expression whose first group is the value.
    Pattern(Regex),
    /// A year in any usual form: 2022-23, 22-23, 2223, 2022_23, FY22-23.
    Year,
}

/// One column of a layout.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name in tables and conditions.
    pub name: String,
    /// Its preferred name in sheets.
    pub title: String,
    /// Other names it may have in sheets.
    pub aliases: Vec<String>,
    /// What its cells hold.
    pub kind: ColumnKind,
    /// Its place, counted from 1, in a sheet without header.
    pub position: Option<usize>,
    /// Its place, counted from 0, in a sheet whose header does not tell it by a name.
    pub place: Option<usize>,
    /// Which of several columns of its name it is, counted from 1.
    pub nth: Option<usize>,
    /// The columns of its row that it is made of, where it is in no sheet.
    pub made_of: Option<MadeOf>,
    /// Whether an empty cell means what the filled cell above it says.
    pub fill_down: bool,
    /// Whether the sheet must have it.
    pub needed: bool,
    /// Whether few sheets have it: then a sheet without it is not told so.
    pub occasional: bool,
    /// Whether each cell must be filled.
    pub required: bool,
    /// Rows in which the cell must be filled.
    pub required_when: Option<Condition>,
    /// Whether a bad cell costs the row. A bad cell of another column is treated as missing.
    pub quarantine_if_bad: bool,
    /// Texts that stand for a missing value in this column, folded.
    pub missing: Vec<String>,
    /// Whether its cells are searched for what identifies a person.
    pub guard: bool,
    /// The words that the column itself maps to values.
    pub also: Vec<String>,
    /// The roles that values of it play for the program: role and value, with the line.
    pub roles: Vec<(String, String, Declared)>,
    /// What its values must keep to, beyond their kind.
    pub limits: ValueLimits,
    /// The line of the pipeline folder where it is declared.
    pub declared: Declared,
}

/// Where something is declared.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Declared {
    /// The file, relative to the pipeline folder.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
}

/// What the values of a column must keep to, in the words of Frictionless Table Schema.
#[derive(Debug, Clone, Default)]
pub struct ValueLimits {
    /// No two rows may have the same.
    pub unique: bool,
    /// What a whole text must look like.
    pub pattern: Option<Regex>,
    /// The fewest characters of a text.
    pub min_length: Option<usize>,
    /// The most characters of a text.
    pub max_length: Option<usize>,
    /// The first date that can be.
    pub earliest: Option<NaiveDate>,
    /// The last date that can be.
    pub latest: Option<NaiveDate>,
    /// How percentages of the column are kept, where the layout says it.
    pub percent: Option<Percent>,
    /// How numbers that stand without a percent sign are written in the cells, where the layout says it.
    pub cells: Option<Percent>,
}

/// How percentages are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Percent {
    /// 85% is 0.85.
    Fraction,
    /// 85% is 85.
    Hundred,
}

/// What the cells of a column hold.
#[derive(Debug, Clone)]
pub enum ColumnKind {
    /// The ODS code of a practice.
    Practice,
    /// A code: capital letters and digits, without spaces.
    Code {
        /// What the whole code must look like.
        pattern: Option<Regex>,
    },
    /// Free text.
    Text,
    /// One value of a list.
    Choice(Vocabulary),
    /// Several values, of a list where there is one.
    Choices {
        /// The list and its other words.
        values: Option<Vocabulary>,
        /// Words that stand for others where there is no list.
        also: Vec<(String, String)>,
        /// What stands between two values; line breaks always do.
        separator: String,
    },
    /// A number within limits.
    Number {
        /// The smallest that can be.
        minimum: Option<f64>,
        /// The largest that can be.
        maximum: Option<f64>,
    },
    /// A calendar date.
    Date,
    /// A month, quarter or year, stored so that later periods sort after earlier ones.
    Period,
    /// Yes or no.
    YesNo,
}

impl Column {
    /// The list of its values, where it has one.
    pub fn values(&self) -> Option<&Vocabulary> {
        match &self.kind {
            ColumnKind::Choice(list) => Some(list),
            ColumnKind::Choices { values, .. } => values.as_ref(),
            _ => None,
        }
    }
}

impl ColumnKind {
    /// The kind in conditions.
    pub fn kind(&self) -> Kind {
        match self {
            ColumnKind::Practice | ColumnKind::Code { .. } | ColumnKind::Text | ColumnKind::Period => {
                Kind::Text
            }
            ColumnKind::Choice(vocabulary) => Kind::Choice(vocabulary.values.clone()),
            ColumnKind::Choices { values, .. } => Kind::Choices(values.as_ref().map(|v| v.values.clone())),
            ColumnKind::Number { .. } => Kind::Number,
            ColumnKind::Date => Kind::Date,
            ColumnKind::YesNo => Kind::Truth,
        }
    }

    /// The value that one item of a cell means, where the column has a list of values or of other words.
    pub fn value_of(&self, item: &str) -> Option<&str> {
        match self {
            ColumnKind::Choice(list) | ColumnKind::Choices { values: Some(list), .. } => list.value_of(item),
            ColumnKind::Choices { also, .. } => {
                let word = fold(item);
                also.iter().find(|(known, _)| fold(known) == word).map(|(_, value)| value.as_str())
            }
            _ => None,
        }
    }
}

impl Layout {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// Whether a column may be filled from a title or from the file's name, or is made of others.
    pub fn fills_elsewhere(&self, name: &str) -> bool {
        if self.column(name).is_some_and(|column| column.made_of.is_some()) {
            return true;
        }
        let unpivoted = self.unpivot.as_ref().is_some_and(|u| u.name == name || u.value == name);
        unpivoted
            || [&self.title, &self.file_name, &self.sheet_name]
                .into_iter()
                .flatten()
                .any(|from| from.column == name)
    }

    /// The columns for conditions.
    pub fn table_columns(&self) -> Columns {
        let mut columns = Columns::new();
        for column in &self.columns {
            columns.set(&column.name, column.kind.kind());
        }
        columns
    }
}

impl Column {
    /// How its percentages are kept: as the layout says, or as the largest number that can be implies.
    pub fn percent(&self) -> Option<Percent> {
        let ColumnKind::Number { maximum, .. } = &self.kind else { return None };
        self.limits.percent.or(match maximum {
            Some(most) if (*most - 1.0).abs() < f64::EPSILON => Some(Percent::Fraction),
            Some(most) if (*most - 100.0).abs() < f64::EPSILON => Some(Percent::Hundred),
            _ => None,
        })
    }

    /// A value that a feed sets for the whole column, as a cell would be stored.
    ///
    /// # Errors
    /// What the column expects, in words.
    pub fn set_value(&self, text: &str) -> Result<String, String> {
        match &self.kind {
            ColumnKind::Practice | ColumnKind::Code { .. } | ColumnKind::Text => Ok(text.to_owned()),
            ColumnKind::Choice(list) => match list.value_of(text) {
                Some(value) => Ok(value.to_owned()),
                None => Err(format!("one of {}", list.values.join(", "))),
            },
            ColumnKind::YesNo => match text.to_lowercase().as_str() {
                "yes" => Ok("yes".to_owned()),
                "no" => Ok("no".to_owned()),
                _ => Err("\"Yes\" or \"No\"".to_owned()),
            },
            ColumnKind::Choices { .. }
            | ColumnKind::Number { .. }
            | ColumnKind::Date
            | ColumnKind::Period => {
                Err("allowed: only text, choices and yes or no can be set for a whole feed".to_owned())
            }
        }
    }
}
