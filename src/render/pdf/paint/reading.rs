//! The words of a page in reading order, for gates and searches.

/// The readable text of a page, as it grows.
#[derive(Default)]
pub(super) struct Reading {
    text: String,
    gap: Option<char>,
}

impl Reading {
    /// What follows is set off by a character; a line end outweighs a tab.
    pub fn block(&mut self, gap: char) {
        self.gap = Some(if self.gap == Some('\n') { '\n' } else { gap });
    }

    /// Adds words where the last ones ended.
    pub fn words(&mut self, words: &str) {
        if words.trim().is_empty() && self.gap.is_some() {
            return;
        }
        if let Some(gap) = self.gap.take().filter(|_| !self.text.is_empty()) {
            self.text.truncate(self.text.trim_end_matches(' ').len());
            self.text.push(gap);
        }
        self.text.push_str(words);
    }

    /// All of it.
    pub fn finish(self) -> String {
        self.text.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_stand_between_words_only() {
        let mut reading = Reading::default();
        for (gap, words) in [('\n', "a "), ('\t', "b"), ('\n', " "), ('\t', "c ")] {
            reading.block(gap);
            reading.words(words);
        }
        reading.words("d ");
        assert_eq!(reading.finish(), "a\tb\nc d");
    }
}
