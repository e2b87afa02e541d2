//! The blocks of which documents are made: which there are, what each may say in the pipeline's own words,
//! and what a document says of each of its blocks.

use std::collections::BTreeMap;

use super::checked::read_choice;
use super::committee::Audience;
use super::phrase::Phrase;
use super::reader::Table;
use super::vocabulary::Vocabulary;
use crate::diagnostic::{Code, likely};

/// What a document is about, as far as blocks ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Many practices: those of the board, of a place or of a network.
    Practices,
    /// One practice.
    Practice,
    /// One exception and what became of it.
    Exception,
}

/// A kind of block.
#[derive(Debug)]
pub struct BlockKind {
    /// The word for it.
    pub word: &'static str,
    /// What it shows, in a sentence.
    pub what: &'static str,
    /// What a document with it is about.
    pub about: Subject,
    /// Whether it names practices and so has nothing to say in a public document.
    pub named_only: bool,
    /// Whether it begins on a page of its own where a document does not say otherwise.
    pub new_page: bool,
    /// What it says in words that a pipeline may choose.
    pub texts: &'static [Text],
}

/// A sentence of a block that a pipeline may write itself.
#[derive(Debug)]
pub struct Text {
    /// Its key.
    pub key: &'static str,
    /// The names that may stand in it in braces.
    pub names: &'static [&'static str],
    /// What stands there if the document does not say otherwise; empty if nothing does.
    pub default: &'static str,
}

const fn text(key: &'static str, names: &'static [&'static str], default: &'static str) -> Text {
    Text { key, names, default }
}

const fn many(word: &'static str, what: &'static str, texts: &'static [Text]) -> BlockKind {
    BlockKind { word, what, about: Subject::Practices, named_only: false, new_page: false, texts }
}

const fn one(word: &'static str, what: &'static str, texts: &'static [Text]) -> BlockKind {
    BlockKind { word, what, about: Subject::Practice, named_only: true, new_page: false, texts }
}

const fn on_new_page(kind: BlockKind) -> BlockKind {
    BlockKind { new_page: true, ..kind }
}

const fn named_only(kind: BlockKind) -> BlockKind {
    BlockKind { named_only: true, ..kind }
}

/// All kinds of blocks.
pub const KINDS: &[BlockKind] = &[
    on_new_page(many(
        "summary",
        "The main figures, and the practices at each level, now and in the last document that was sent.",
        &[
            text("in_scope", &["practices"], "{practices|practice is|practices are} in scope."),
            text("in_scope_note", &[], "in scope"),
            text(
                "reactive",
                &["practices"],
                "{practices|practice stands|practices stand} at a reactive level.",
            ),
            text("reactive_label", &[], "at a reactive level"),
            text("reactive_note", &[], "a visit is due soon"),
            text("overdue", &["visits"], "{visits|visit is|visits are} overdue."),
            text("overdue_label", &[], "visits overdue"),
            text("overdue_note", &[], "of all clocks"),
            text("exceptions_note", &[], "on the date"),
            text("unassessed_note", &[], "nothing to assess, or too old to use"),
            text(
                "in_time",
                &["visits", "quarter", "made"],
                "{visits|visit was|visits were} due in {quarter}: made were {made}.",
            ),
            text("none_due", &["quarter"], "No visit was due in {quarter}."),
            text("in_time_label", &[], "visits in time"),
            text(
                "in_time_caption",
                &[],
                "Visits made in time, of those that were due, by the quarter in which they were due",
            ),
            text(
                "moved",
                &["since", "up", "down", "neither"],
                "Since the pack of {since}, {up|practice moved|practices moved} to a higher level, \
                 {down|practice moved|practices moved} to a lower one, and {neither|practice changed|practices \
                 changed} otherwise: not assessed then or now, or new.",
            ),
            text(
                "changed",
                &["since", "practices"],
                "Since the pack of {since}, {practices|practice is new or has|practices are new or have} another level.",
            ),
            text("not_moved", &["since"], "No practice changed level since the pack of {since}."),
            text("levels_caption", &[], "Practices by level"),
        ],
    )),
    many(
        "visits",
        "Visits made by type and team, the clocks by level, and what is overdue, due soon or paused.",
        &[
            text(
                "programme",
                &["visits", "until", "expected", "planned"],
                "{visits|visit of the programme was|visits of the programme were} completed in the year to {until}; \
                 {expected} of the {planned} planned for the year would be expected by then.",
            ),
            text("by_team", &[], "Visits by team"),
            text("no_team", &[], "No team has a practice in scope."),
            text("proactive_head", &[], ""),
            text("reactive_head", &[], ""),
            text(
                "clocks",
                &[],
                "A visit is due within the time of the level that stands. Paused days do not count.",
            ),
        ],
    ),
    named_only(many(
        "visit-programme",
        "Who is visited next, done against expected, the visits by month, and what moved since the last document.",
        &[
            text("none", &[], "The pipeline has no programme of visits."),
            text(
                "late",
                &["practices"],
                "{practices|practice is|practices are} wanted so soon that no capacity would visit it in time.",
            ),
            text(
                "cannot_be_in_time",
                &["practices"],
                "{practices|practice|practices} cannot be visited in time with the visits of a year.",
            ),
            text(
                "no_room",
                &["practices"],
                "{practices|practice has|practices have} no place in the programme within its months.",
            ),
            text("next", &[], "Visits of the next 13 weeks"),
            text("next_none", &[], "No visit is planned or proposed for the next 13 weeks."),
            text("planned", &[], "planned"),
            text("proposed", &[], "proposed"),
            text("teams", &[], "Visits of the programme made in the year, and the rate that would be needed"),
            text("months", &[], "Visits by month"),
            text("months_none", &[], "No visit is planned or proposed for the next 12 months."),
            text("months_later", &["visits"], "{visits|visit comes|visits come} later."),
            text("first", &[], "This is the first pack: the programme has nothing to be compared with."),
            text("changes", &["since"], "Moved to another month since the pack of {since}"),
            text(
                "changes_none",
                &["since"],
                "No visit of the next six months moved since the pack of {since}.",
            ),
            text("changes_later", &["visits"], "{visits|visit moved|visits moved} that come later."),
            text("left_scope", &[], "no longer covered"),
            text("new_in_scope", &[], "newly covered"),
            text("visited", &[], "visited since"),
            text("paused", &[], "the clock is paused"),
            text("resumed", &[], "the pause is over"),
            text("planned_now", &[], "a visit is planned"),
            text("plan_changed", &[], "the plan was changed"),
            text("level", &[], "another level"),
            text("not_taken_up", &[], "the week that was proposed was not taken up"),
            text("displaced", &[], "others come first"),
        ],
    )),
    many(
        "themes",
        "Open concerns by theme, and the practices flagged by domain.",
        &[
            text("flags", &[], "Flags"),
            text("no_extract", &[], "No current extract with flags has been received."),
        ],
    ),
    many(
        "support",
        "Support offered at visits and how it was answered, and the answers to a programme.",
        &[
            text("programme", &[], "Programme"),
            text("programme_caption", &[], "Latest answer of each practice that had an offer"),
            text("programme_none", &[], "No offer of the programme is recorded"),
            text("programme_unknown", &[], "No sheet of the programme has been received."),
        ],
    ),
    many("best-practice", "What visits found and practices are willing to share.", &[]),
    many("changes", "Visits moved, cancelled or paused since the last document, and decisions.", &[]),
    many("narrative", "What people wrote beside the figures.", &[]),
    on_new_page(many(
        "exceptions",
        "The exceptions that are open, in order of urgency, and those that have closed.",
        &[text("intro", &[], "")],
    )),
    many("movements", "Every movement between levels since the last document, with its cause.", &[]),
    on_new_page(many("sources", "What every figure rests on, how old it is, and what was left out.", &[])),
    on_new_page(named_only(many(
        "annex",
        "Every practice on one line.",
        &[text("score_head", &[], "Score")],
    ))),
    named_only(many(
        "marks",
        "The criteria that each practice meets, what is not known of it, and hints and gaps.",
        &[
            text("criteria_head", &[], "Criteria"),
            text("marks_head", &[], "Marks"),
            text("caption", &[], "What marks each practice"),
            text("none", &[], "Nothing marks a practice."),
        ],
    )),
    many(
        "not-available",
        "Information that others hold and the organisation does not have: who, since when it was asked for, and why.",
        &[
            text("caption", &[], "Information that is not available"),
            text("none", &[], "No information is named that is not available."),
        ],
    ),
    one("practice", "The practice: level, clock, place, network and list.", &[text("level", &[], "Level")]),
    one("situation", "What was found about the practice, and how it stood before.", &[]),
    one(
        "background",
        "The rating of the practice, its programme and its visits.",
        &[
            text(
                "rating",
                &["rating", "published"],
                "The practice is rated {rating} overall; published {published}",
            ),
            text("no_rating", &[], "No rating has been received for the practice."),
            text("programme", &["offered", "answer"], "The programme was offered on {offered}; {answer}."),
            text("no_programme", &[], "No offer of the programme is recorded."),
        ],
    ),
    one(
        "assessment",
        "The score with its flags, open concerns, and indicators beside the other practices.",
        &[
            text("score", &["score", "date"], "The score is {score} at {date}"),
            text("no_score", &[], "No score has been received."),
        ],
    ),
    one(
        "recommendation",
        "What is asked for, what is done, which support answers what is open, and who attends.",
        &[text("also_attending", &[], "")],
    ),
    one(
        "marks-of-practice",
        "The criteria of the practice with their evidence, and its hints and gaps.",
        &[
            text("criteria_head", &[], "Criteria"),
            text("criterion_head", &[], "Criterion"),
            text("caption", &[], "Criteria, and what is known of them"),
            text("hints_head", &[], "For people to look at"),
            text("gaps_head", &[], "What should be known and is not"),
            text("countervailing_head", &[], "What speaks against it"),
            text("none", &[], "Nothing marks the practice."),
        ],
    ),
    BlockKind {
        word: "event",
        what: "What became of the exception: from what to what, why, and what is due when.",
        about: Subject::Exception,
        named_only: true,
        new_page: false,
        texts: &[text("accompanied", &[], "More about the practice goes with this.")],
    },
];

/// The kind of that word.
pub fn kind(word: &str) -> Option<&'static BlockKind> {
    KINDS.iter().find(|kind| kind.word == word)
}

/// A block of a document.
#[derive(Debug, Clone)]
pub struct Block {
    /// What it shows.
    pub kind: &'static BlockKind,
    /// Its id, unique in the document.
    pub id: String,
    /// Its heading.
    pub heading: String,
    /// The audience that gets it; none if both do.
    pub only: Option<Audience>,
    /// Whether it begins on a page of its own.
    pub new_page: bool,
    /// The section of the narrative whose paragraphs stand in it.
    pub narrative: Option<String>,
    /// What a committee that reads it is asked to note.
    pub ask: Option<String>,
    /// What a committee that reads it is asked to decide.
    pub decide: Option<String>,
    texts: BTreeMap<&'static str, Phrase>,
}

impl Block {
    /// What it says under a key.
    pub fn text(&self, key: &str) -> &Phrase {
        static NOTHING: std::sync::LazyLock<Phrase> = std::sync::LazyLock::new(Phrase::default);
        debug_assert!(self.texts.contains_key(key), "{} has no text `{key}`", self.kind.word);
        self.texts.get(key).unwrap_or(&NOTHING)
    }

    /// Whether an audience gets it.
    pub fn is_for(&self, audience: Audience) -> bool {
        self.only.is_none_or(|only| only == audience)
            && !(self.kind.named_only && audience == Audience::Public)
    }

    /// A block of a kind as it is where a document says nothing of it.
    pub(crate) fn plain(kind: &'static BlockKind) -> Self {
        let texts = kind.texts.iter();
        Self {
            kind,
            id: kind.word.to_owned(),
            heading: kind.word.to_owned(),
            only: None,
            new_page: kind.new_page,
            narrative: None,
            ask: None,
            decide: None,
            texts: texts.map(|text| (text.key, Phrase::parse(text.default).unwrap_or_default())).collect(),
        }
    }

    /// Reads a `[[block]]`; `about` is what the document is about, `sections` are those of the narrative.
    pub(super) fn read(mut table: Table<'_>, about: Subject, sections: Option<&Vocabulary>) -> Option<Self> {
        let report = table.report().clone();
        let (is, heading) = (table.text("is"), table.text_or_empty("heading"));
        if heading.is_none() && !table.has("heading") {
            report.error(&table.at(), Code::MissingKey, "the key `heading` is missing", None);
        }
        let id = table.text_or_none("id");
        let only =
            read_choice(&mut table, "only", &[("named", Audience::Named), ("public", Audience::Public)]);
        let new_page = table.flag_or_none("new_page");
        let narrative = table.text_or_none("narrative").filter(|text| {
            let known = sections.is_none_or(|sections| sections.values.contains(&text.value));
            if !known {
                let message = format!("the narrative sheet has no section `{}`", text.value);
                let help = sections.and_then(|sections| sections.likely(&text.value));
                let help = help.map(|near| format!("did you mean `{near}`?"));
                report.error(&text.at, Code::UnknownName, message, help);
            }
            known
        });
        let (ask, decide) = (table.text_or_none("ask"), table.text_or_none("decide"));
        let is = is?;
        let Some(kind) = kind(&is.value) else {
            table.know("text");
            let words: Vec<&str> = KINDS.iter().map(|kind| kind.word).collect();
            let help = match likely(&is.value, words.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the blocks are: {}", words.join(", ")),
            };
            report.error(&is.at, Code::UnknownName, format!("there is no block `{}`", is.value), Some(help));
            return None;
        };
        if kind.about != about {
            let message = format!("the block `{}` is about {}", kind.word, subject_in_words(kind.about));
            let help = format!("the document is about {}", subject_in_words(about));
            report.error(&is.at, Code::BadValue, message, Some(help));
        }
        let mut block = Self {
            id: id.map_or_else(|| kind.word.to_owned(), |id| id.value),
            heading: heading?.value,
            only,
            new_page: new_page.unwrap_or(kind.new_page),
            narrative: narrative.map(|text| text.value),
            ask: ask.map(|text| text.value),
            decide: decide.map(|text| text.value),
            ..Self::plain(kind)
        };
        if let Some(mut texts) = table.table_or_none("text") {
            for text in kind.texts {
                let Some(written) = texts.text_or_empty(text.key) else { continue };
                if let Some(phrase) = Phrase::read(&written, text.names, &report) {
                    block.texts.insert(text.key, phrase);
                }
            }
        }
        Some(block)
    }
}

fn subject_in_words(subject: Subject) -> &'static str {
    match subject {
        Subject::Practices => "many practices",
        Subject::Practice => "one practice",
        Subject::Exception => "one exception",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_of_every_kind_can_be_read_and_uses_its_own_names() {
        for kind in KINDS {
            for text in kind.texts {
                let phrase = Phrase::parse(text.default).unwrap();
                for place in phrase.places() {
                    assert!(text.names.contains(&place.name), "{}: {}", kind.word, text.key);
                }
            }
            assert_eq!(KINDS.iter().filter(|other| other.word == kind.word).count(), 1, "{}", kind.word);
        }
    }
}
