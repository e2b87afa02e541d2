//! What can be wrong with what comes from outside, as values.
//!
//! A [`Diagnostic`] speaks of the pipeline folder (file and line); a row of a received file has its
//! own [`crate::intake::Problem`] (file, sheet and cell). Both carry a [`Code`] that stays the same
//! when the wording changes, so that tests, documents and people can refer to it.

use std::fmt;

use serde::Serialize;

use crate::wording::in_a_line;

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Cannot be used until corrected.
    Error,
    /// Can be used, and somebody should look.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident => $id:literal,)*) => {
        /// The stable name of a kind of fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code, in the order of declaration.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The code as printed: lower case words joined by hyphens.
            pub fn id(self) -> &'static str {
                match self { $(Code::$name => $id,)* }
            }
        }
    };
}

codes! {
    // The pipeline folder.
    /// A file or folder of the pipeline cannot be read.
    Unreadable => "unreadable",
    /// The file is not valid TOML.
    Syntax => "syntax",
    /// A key that means nothing here.
    UnknownKey => "unknown-key",
    /// A key that must be there and is not.
    MissingKey => "missing-key",
    /// A value of the wrong type or shape.
    BadValue => "bad-value",
    /// A name that refers to nothing.
    UnknownName => "unknown-name",
    /// Two things with one name.
    DuplicateName => "duplicate-name",
    /// A condition or sentence that cannot be understood.
    BadCondition => "bad-condition",
    /// A file that no part of the pipeline uses.
    UnusedFile => "unused-file",
    /// A file of the folder that others need and that is not there.
    MissingFile => "missing-file",
    /// A rule that says what another one says.
    CopiedRule => "copied-rule",
    /// A file that says what another of its folder says.
    CopiedFile => "copied-file",
    /// A mark or clock that nothing can set.
    NeverSet => "never-set",
    /// Something that the engine needs and no file declares.
    Incomplete => "incomplete",
    /// A recipient or an offer whose dates have passed.
    OutOfDate => "out-of-date",
    /// A secret, or what looks like one, in the pipeline folder.
    Secret => "secret",
    /// A recipient whom mail does not reach.
    Unreached => "unreached",
    /// An alias or a word of a map that matched nothing lately.
    Unmatched => "unmatched",

    /// A named value that nothing names.
    UnusedValue => "unused-value",
    /// Numbers of a column that no rule claims, or that two rules do.
    RuleNumbers => "rule-numbers",
    /// Rows that stand and that no rule claims.
    UnclaimedRows => "unclaimed-rows",

    // A received file as a whole.
    /// The bytes are not a file of any kind that is read.
    UnreadableFile => "unreadable-file",
    /// Reading the file takes more time, memory or cells than one file may.
    TooCostly => "too-costly",
    /// None of a file's rows can count, so the file before it goes on counting.
    NothingAccepted => "nothing-accepted",
    /// A file's data are older than those that a file before it brought.
    OlderData => "older-data",
    /// A file that would take much away waits for a named person.
    Held => "held",
    /// A file that a named person took back.
    Void => "void",
    /// The file is protected by a password.
    PasswordProtected => "password-protected",
    /// A web page or an XML document under a workbook's name.
    NotAWorkbook => "not-a-workbook",
    /// The sheet that the layout names is not there.
    MissingSheet => "missing-sheet",
    /// Several sheets hold data and the layout names none.
    AmbiguousSheet => "ambiguous-sheet",
    /// Sheets that were not read because only another one holds the header.
    OtherSheets => "other-sheets",
    /// No sheet holds anything.
    EmptyFile => "empty-file",
    /// No row looks like the header.
    MissingHeader => "missing-header",
    /// A required column is not there.
    MissingColumn => "missing-column",
    /// An optional column is not there.
    AbsentColumn => "absent-column",
    /// Two columns carry one name.
    DuplicateColumn => "duplicate-column",
    /// A column was found under another name than the preferred one.
    RenamedColumn => "renamed-column",
    /// A column that the layout does not know.
    UnknownColumn => "unknown-column",
    /// Rows of the sheet are hidden.
    HiddenRows => "hidden-rows",
    /// Rows of the sheet are struck out.
    StruckOut => "struck-out",
    /// Percentages stand as fractions.
    FractionsRead => "fractions-read",
    /// Cells that are shown as per cents.
    PercentRead => "percent-read",
    /// Text that was decoded wrongly before it was sent (`Ã©` for `é`).
    GarbledText => "garbled-text",
    /// A text has characters that papers cannot show as they are read.
    Unprintable => "unprintable",
    /// The file is of another kind than the feed expects.
    WrongFile => "wrong-file",
    /// No date or period could be found for the file.
    MissingDate => "missing-date",

    /// A quote in a text that would swallow rows.
    StrayQuote => "stray-quote",
    /// Columns of a text that are separated by something unusual.
    UnusualSeparator => "unusual-separator",

    // A row or a cell of a received file.
    /// A required cell is empty.
    MissingCell => "missing-cell",
    /// A cell cannot be read as what its column holds.
    BadCell => "bad-cell",
    /// A value that is not among those the column allows.
    BadChoice => "bad-choice",
    /// A date that cannot be.
    BadDate => "bad-date",
    /// A year of two digits.
    TwoDigitYear => "two-digit-year",
    /// A date that could be one of two.
    AmbiguousDate => "ambiguous-date",
    /// A value that another row has already.
    RepeatedValue => "repeated-value",
    /// A date that came as a plain number.
    SerialDate => "serial-date",
    /// A cell that is merged with one above it, which counts for both.
    MergedCell => "merged-cell",
    /// A spreadsheet error stands in the cell.
    ErrorCell => "error-cell",
    /// A formula without a stored value.
    Uncalculated => "formula-without-value",
    /// A cell whose content a merged cell hides.
    CoveredCell => "covered-cell",
    /// A number outside the limits of its column.
    OutOfRange => "out-of-range",
    /// A row that breaks a rule of its layout.
    BadRow => "bad-row",
    /// The same row a second time.
    RepeatedRow => "repeated-row",
    /// A release that changed nothing.
    UnusedRelease => "unused-release",
    /// A release by which a row counts.
    ReleasedRow => "released-row",
    /// The same reference with other content.
    RepeatedReference => "repeated-reference",
    /// The date of the row and the date of the title disagree.
    DateDisagrees => "date-disagrees",
    /// A heading or a note among the rows.
    NotARow => "not-a-row",
    /// Rows that the layout passes over.
    PassedOver => "passed-over",
    /// A practice code that the register does not know.
    UnknownPractice => "unknown-practice",
    /// A practice of another ICB.
    OtherOrganisation => "other-organisation",
    /// A code that is not a GP practice.
    NotAPractice => "not-a-practice",
    /// A closed practice without a successor, or with several.
    ClosedPractice => "closed-practice",
    /// A closed practice whose row is carried to its successor.
    CarriedToSuccessor => "carried-to-successor",
    /// A practice of the ICB without a registered list.
    OutsideScope => "outside-scope",
    /// Something that may identify a person.
    PersonalIdentifier => "personal-identifier",
    /// A code and a name that do not belong together.
    NameDisagrees => "name-disagrees",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

/// Something wrong in the pipeline folder, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How much it weighs.
    pub severity: Severity,
    /// The kind of fault.
    pub code: Code,
    /// The file, relative to the pipeline folder, with `/` between its parts.
    pub file: String,
    /// The line, counted from 1, where there is one.
    pub line: Option<u32>,
    /// What was found and what was expected, in one sentence.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Whether it goes when another fault of the folder is corrected.
    pub follows: bool,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {} [{}]: {}", self.severity, self.code, in_a_line(&self.message))?;
        if let Some(help) = &self.help {
            write!(f, "\n    help: {}", in_a_line(help))?;
        }
        Ok(())
    }
}

/// The diagnostics as lines of text, each with what `below` adds; those that follow from others are counted, or
/// written too if `all`.
pub fn lines(
    diagnostics: &[Diagnostic],
    all: bool,
    below: impl Fn(&Diagnostic) -> Vec<String>,
) -> Vec<String> {
    let shown = diagnostics.iter().filter(|d| all || !d.follows);
    let mut out: Vec<String> = shown.flat_map(|d| [vec![d.to_string()], below(d)].concat()).collect();
    let following = diagnostics.iter().filter(|d| d.follows).count();
    if following > 0 && !all {
        let faults = crate::wording::plural(following, "fault that follows", "faults that follow");
        out.push(format!("and {faults} from these: `quarterday check --all` lists them"));
    }
    out
}

/// The name among `known` that `word` was probably meant to be, if one is near enough.
///
/// Damerau-Levenshtein similarity of the folded texts, at least 0.7.
pub fn likely<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|k| (strsim::normalized_damerau_levenshtein(&word, &k.to_lowercase()), k))
        .filter(|(near, _)| *near >= 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_in_one_style() {
        let ids: BTreeSet<&str> = Code::ALL.iter().map(|c| c.id()).collect();
        assert_eq!(ids.len(), Code::ALL.len());
        for id in ids {
            assert!(id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{id}");
        }
    }

    #[test]
    fn a_likely_name_is_offered_only_when_near() {
        assert_eq!(likely("severty", ["severity", "status"]), Some("severity"));
        assert_eq!(likely("seriousness", ["severity", "status"]), None);
    }
}
