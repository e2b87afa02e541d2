//! `[public]` of `committees.toml`: what papers for the public do not show.

use serde::{Deserialize, Serialize};

use super::reader::Table;
use crate::diagnostic::Code;

/// What papers for the public do not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmallNumbers {
    /// Counts of 1 up to this are not shown.
    pub hidden_up_to: usize,
    /// How far apart the least and the greatest value that a hidden count could have must at least be.
    pub least_range: usize,
}

impl Default for SmallNumbers {
    fn default() -> Self {
        Self { hidden_up_to: 4, least_range: 3 }
    }
}

/// What `hidden_up_to` can be. Below 3 a hidden count could not be three different values; above 20 a paper
/// would have little left.
const HIDDEN_UP_TO: std::ops::RangeInclusive<usize> = 3..=20;

/// The least that `least_range` can be: three different values.
const LEAST_RANGE: usize = 2;

impl SmallNumbers {
    /// Reads the table; what it leaves out is as usual.
    pub(super) fn read(mut table: Table<'_>) -> Self {
        let report = table.report().clone();
        let (usual, start) = (Self::default(), table.at());
        let (up_to, range) = (table.count_or_none("hidden_up_to"), table.count_or_none("least_range"));
        let hidden_up_to = up_to.as_ref().map_or(usual.hidden_up_to, |found| found.value as usize);
        if let Some(found) = up_to.filter(|_| !HIDDEN_UP_TO.contains(&hidden_up_to)) {
            let (least, most) = (HIDDEN_UP_TO.start(), HIDDEN_UP_TO.end());
            let message = format!("`hidden_up_to` is {hidden_up_to}; it can be {least} to {most}");
            report.error(&found.at, Code::BadValue, message, None);
            return usual;
        }
        let least_range = range.as_ref().map_or(usual.least_range, |found| found.value as usize);
        if !(LEAST_RANGE..hidden_up_to).contains(&least_range) {
            let message = format!(
                "`least_range` is {least_range}; where counts of 1 to {hidden_up_to} are hidden it can be \
                 {LEAST_RANGE} to {}, because everybody knows that much of them",
                hidden_up_to - 1
            );
            let help = "change `least_range`, or hide more with `hidden_up_to`".to_owned();
            report.error(&range.map_or(start, |found| found.at), Code::BadValue, message, Some(help));
            return usual;
        }
        Self { hidden_up_to, least_range }
    }

    /// Whether a count is too small to be shown.
    pub fn hides(self, count: usize) -> bool {
        (1..=self.hidden_up_to).contains(&count)
    }

    /// The counts that are not shown, in words: `1 to 4`.
    pub fn in_words(self) -> String {
        format!("1 to {}", self.hidden_up_to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Folder, load};

    /// What `[public]` with these lines gives, and everything that is said of it.
    fn read(lines: &str) -> (Option<SmallNumbers>, String) {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
        let mut folder = Folder::read(&dir).unwrap();
        let text = folder.get("committees.toml").unwrap();
        let usual = "[public]\nhidden_up_to = 4\nleast_range  = 3\n";
        assert!(text.contains(usual));
        let text = text.replace(usual, lines);
        folder.insert("committees.toml", text);
        let loaded = load(&folder);
        let said = loaded.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        (loaded.pipeline.map(|pipeline| pipeline.small_numbers), said)
    }

    #[test]
    fn what_is_hidden_is_what_the_pipeline_says_and_counts_of_1_to_4_without_a_word() {
        let of =
            |hidden_up_to, least_range| (Some(SmallNumbers { hidden_up_to, least_range }), String::new());
        assert_eq!(read("[public]\nhidden_up_to = 9\nleast_range = 5\n"), of(9, 5));
        assert_eq!(read("[public]\nhidden_up_to = 7\n"), of(7, 3));
        assert_eq!(read("[public]\n"), of(4, 3));
        assert_eq!(read(""), of(4, 3));
    }

    #[test]
    fn what_would_protect_nobody_is_an_error_with_its_line() {
        let wrong = |lines: &str| {
            let (pipeline, said) = read(lines);
            assert!(pipeline.is_none(), "{lines}");
            said
        };
        let said = wrong("[public]\nhidden_up_to = 2\n");
        assert!(said.contains("`hidden_up_to` is 2; it can be 3 to 20"), "{said}");
        let said = wrong("[public]\nhidden_up_to = 50\n");
        assert!(said.starts_with("committees.toml:") && said.contains("it can be 3 to 20"), "{said}");
        let said = wrong("[public]\nleast_range = 4\n");
        assert!(said.contains("counts of 1 to 4 are hidden it can be 2 to 3"), "{said}");
        let said = wrong("[public]\nhidden_up_to = 3\n");
        assert!(
            said.contains("`least_range` is 3; where counts of 1 to 3 are hidden it can be 2 to 2"),
            "{said}"
        );
        let said = wrong("[public]\nhidden_up_to = 6\nleast_rnage = 2\n");
        assert!(said.contains("least_rnage"), "{said}");
    }
}
