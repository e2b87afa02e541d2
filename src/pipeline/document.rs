//! Documents: `documents/<id>.toml` says what a document is about, which period it reports, and its blocks.

use std::collections::BTreeMap;

use super::block::{Block, Subject};
use super::checked::{read_choice, row_truth};
use super::committee::{Audience, Committee, slug};
use super::feed::Feed;
use super::mark::Mark;
use super::period::Every;
use super::phrase::Phrase;
use super::reader::{At, Report, Table};
use super::vocabulary::Vocabulary;
use crate::condition::{Columns, Condition, Kind, Values};
use crate::diagnostic::{Code, likely};

/// A document that a job makes for committees.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its id: the name of its file.
    pub id: String,
    /// Its title.
    pub title: Phrase,
    /// The short title of footers and heads of pages.
    pub short: Phrase,
    /// What the names of its files begin with, after the date.
    pub file: String,
    /// What names of it have between committee and period: `pcqg-TAG-2026-27-q1`; empty if nothing.
    pub tag: String,
    /// What each of it is about.
    pub about: About,
    /// Of which practices there is one; all if it does not say.
    pub filter: Option<Condition>,
    /// The period that it reports.
    pub period: Every,
    /// The layout of its pages.
    pub layout: PageLayout,
    /// The template of its pages: one of the pipeline's folder `templates`, or of the program's.
    pub template: String,
    /// The fewest and the most pages that it may have.
    pub pages: (usize, usize),
    /// The document in whose message it goes; none if it has messages of its own.
    pub goes_with: Option<String>,
    /// The documents about the practice that go with each of it.
    pub encloses: Vec<String>,
    /// Ids of documents as which committees that no longer get those were sent it before.
    pub formerly: Vec<String>,
    /// Its blocks, in order.
    pub blocks: Vec<Block>,
}

/// What each of a document is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The whole board.
    Board,
    /// A place of the board and its practices.
    EachPlace,
    /// A network and its practices.
    EachNetwork,
    /// A practice.
    EachPractice,
    /// An exception, whenever something becomes of it.
    EachException,
}

impl About {
    /// The words for it in TOML.
    pub const WORDS: [(&str, Self); 5] = [
        ("the board", About::Board),
        ("each place", About::EachPlace),
        ("each network", About::EachNetwork),
        ("each practice", About::EachPractice),
        ("each exception", About::EachException),
    ];

    /// What its blocks are asked about.
    pub fn subject(self) -> Subject {
        match self {
            About::Board | About::EachPlace | About::EachNetwork => Subject::Practices,
            About::EachPractice => Subject::Practice,
            About::EachException => Subject::Exception,
        }
    }

    /// The names that may stand in the title, in braces.
    fn names(self) -> &'static [&'static str] {
        match self {
            About::Board => &["period"],
            About::EachPlace => &["period", "place"],
            About::EachNetwork => &["period", "network"],
            About::EachPractice => &["period", "practice", "code"],
            About::EachException => &["period", "practice", "code", "event"],
        }
    }
}

/// The layout of the pages of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageLayout {
    /// A cover, the contents, and each block under a heading of the first order.
    Pack,
    /// A title, and the blocks below it.
    Sheet,
}

impl PageLayout {
    const WORDS: [(&str, Self); 2] = [("pack", PageLayout::Pack), ("sheet", PageLayout::Sheet)];

    /// The template where a document names none.
    fn template(self) -> &'static str {
        match self {
            PageLayout::Pack => "pack.html",
            PageLayout::Sheet => "sheet.html",
        }
    }
}

/// The columns that a condition on practices may use: what is known of each on the date.
pub fn standings(values: &Values, marks: &[Mark]) -> Columns {
    let mut columns = Columns::knowing(values);
    columns.set("marks", Kind::Choices(Some(marks.iter().map(|mark| mark.id.clone()).collect())));
    for name in
        ["practice", "practice_name", "place", "team", "commissioner", "pcn", "pcn_name", "cause", "clock"]
    {
        columns.set(name, Kind::Text);
    }
    for name in [
        "patients",
        "level",
        "proposed",
        "previous",
        "days_late",
        "exceptions",
        "criteria_met",
        "criteria_known",
    ] {
        columns.set(name, Kind::Number);
    }
    for name in ["reactive", "assessed", "moved"] {
        columns.set(name, Kind::Truth);
    }
    for name in ["due", "clock_start", "met_on"] {
        columns.set(name, Kind::Date);
    }
    columns
}

const PERIODS: [(&str, Every); 4] =
    [("day", Every::Day), ("month", Every::Month), ("quarter", Every::Quarter), ("year", Every::Year)];

impl Document {
    /// Reads `documents/<id>.toml`; `sections` are those of the narrative sheet, if there is one.
    pub(super) fn read(
        id: &str,
        mut file: Table<'_>,
        (values, marks): (&Values, &[Mark]),
        sections: Option<&Vocabulary>,
    ) -> Option<Self> {
        let report = file.report().clone();
        if id != slug(id) {
            let help = Some(format!("call the file {}.toml", slug(id)));
            let message = "the name of a document's file is lower case words joined by hyphens";
            report.error(&file.at(), Code::BadValue, message, help);
        }
        let about = read_choice(&mut file, "about", &About::WORDS);
        if about.is_none() && !file.has("about") {
            let words: Vec<&str> = About::WORDS.iter().map(|(word, _)| *word).collect();
            let help = Some(format!("it can be \"{}\"", words.join("\", \"")));
            report.error(&file.at(), Code::MissingKey, "the key `about` is missing", help);
        }
        let names = about.unwrap_or(About::Board).names();
        let title = file.text("title").and_then(|text| Phrase::read(&text, names, &report));
        let short = file.text_or_none("short").and_then(|text| Phrase::read(&text, names, &report));
        let filter =
            file.text_or_none("where").and_then(|text| row_truth(&report, &text, &standings(values, marks)));
        let period = read_choice(&mut file, "period", &PERIODS).unwrap_or(match about {
            Some(About::EachException) => Every::Day,
            _ => Every::Quarter,
        });
        let layout = read_choice(&mut file, "layout", &PageLayout::WORDS).unwrap_or(match about {
            Some(About::EachPractice | About::EachException) => PageLayout::Sheet,
            _ => PageLayout::Pack,
        });
        let mut count = |key| file.count_or_none(key).and_then(|count| usize::try_from(count.value).ok());
        let pages = (count("least_pages").unwrap_or(1), count("most_pages").unwrap_or(400));
        if pages.0 > pages.1 {
            let message = format!("`least_pages` is {} and `most_pages` {}", pages.0, pages.1);
            report.error(&file.at(), Code::BadValue, message, None);
        }
        let named = file.text_or_none("file").map_or_else(|| id.to_owned(), |text| slug(&text.value));
        let template = file.text_or_none("template");
        let tag = file.text_or_empty("tag").map_or_else(|| id.to_owned(), |text| slug(&text.value));
        let goes_with = file.text_or_none("goes_with").map(|text| text.value);
        let encloses = file.texts("encloses").into_iter().map(|text| text.value).collect();
        let formerly = file.texts("formerly").into_iter().map(|text| text.value).collect();
        let subject = about.unwrap_or(About::Board).subject();
        let tables = file.tables("block");
        let blocks: Vec<Block> =
            tables.into_iter().filter_map(|table| Block::read(table, subject, sections)).collect();
        for (index, block) in blocks.iter().enumerate() {
            if blocks.iter().take(index).any(|other| other.id == block.id) {
                let help = Some("give one of them an `id` of its own".to_owned());
                let message = format!("there are two blocks `{}`", block.id);
                report.error(&file.at(), Code::DuplicateName, message, help);
            }
        }
        if blocks.is_empty() && !file.has("block") {
            report.error(&file.at(), Code::MissingKey, "there is no [[block]]", None);
        }
        let title = title?;
        Some(Self {
            id: id.to_owned(),
            short: short.unwrap_or_else(|| title.clone()),
            title,
            file: named,
            tag,
            about: about?,
            filter,
            period,
            layout,
            template: template.map_or_else(|| layout.template().to_owned(), |text| text.value),
            pages,
            goes_with,
            encloses,
            formerly,
            blocks,
        })
    }

    /// Whether the document is made for its period, and not when something happens.
    pub fn is_regular(&self) -> bool {
        self.about != About::EachException
    }

    /// Whether what a committee was sent as a document was this one: by its id, or by a former one.
    pub fn was_sent_as(&self, id: &str, committee: &Committee) -> bool {
        let former = || self.formerly.iter().any(|former| former == id);
        self.id == id || (former() && !committee.documents.iter().any(|now| now == id))
    }

    /// Whether it is compared with the one before it: it is about many practices of a period.
    pub fn is_compared(&self) -> bool {
        self.about.subject() == Subject::Practices
    }

    /// Whether an audience may get it: a public document has a block that names nobody.
    pub fn is_for(&self, audience: Audience) -> bool {
        self.blocks.iter().any(|block| block.is_for(audience))
    }
}

/// Notes documents that name others which do not exist, or which cannot go with them.
pub(super) fn check(report: &Report, documents: &BTreeMap<String, Document>) {
    let known = || documents.keys().map(String::as_str);
    for document in documents.values() {
        let at = At { file: format!("documents/{}.toml", document.id).into(), line: 1 };
        for (key, name) in document
            .goes_with
            .iter()
            .map(|n| ("goes_with", n))
            .chain(document.encloses.iter().map(|n| ("encloses", n)))
        {
            let Some(other) = documents.get(name) else {
                let help = likely(name, known()).map(|near| format!("did you mean `{near}`?"));
                report.error(&at, Code::UnknownName, format!("`{key}`: there is no document `{name}`"), help);
                continue;
            };
            let fits = match key {
                "goes_with" => {
                    other.is_regular() && other.goes_with.is_none() && other.period == document.period
                }
                _ => other.about == About::EachPractice && !document.is_regular(),
            };
            if !fits {
                let message = format!("`{key}`: the document `{name}` cannot go with this one");
                let help = match key {
                    "goes_with" => "it must report the same period and have messages of its own",
                    _ => "only documents about each practice go with one about each exception",
                };
                report.error(&at, Code::BadValue, message, Some(help.to_owned()));
            }
        }
    }
}

/// Notes sections of the narrative sheet that no document prints.
pub(super) fn check_sections(report: &Report, documents: &BTreeMap<String, Document>, feeds: &[Feed]) {
    let blocks = || documents.values().flat_map(|document| &document.blocks);
    let printed = |section: &String| blocks().any(|block| block.narrative.as_ref() == Some(section));
    let layouts = feeds.iter().flat_map(|feed| &feed.layouts).filter(|layout| layout.table == "narrative");
    for column in layouts.filter_map(|layout| layout.column("section")) {
        let at = At { file: column.declared.file.as_str().into(), line: column.declared.line };
        let Some(sections) = column.values() else {
            let message = "column `section` of `narrative` has no list of values, and a paragraph under a heading \
                           that no document has is printed nowhere";
            let help = "write type = \"choice\" and the sections as `values`".to_owned();
            report.error(&at, Code::Incomplete, message, Some(help));
            continue;
        };
        for section in sections.values.iter().filter(|section| !printed(section)) {
            let message = format!(
                "no document prints the section `{section}`: its paragraphs would be printed nowhere"
            );
            let help = format!("write narrative = \"{section}\" at a [[block]] of a document");
            report.error(&at, Code::UnknownName, message, Some(help));
        }
    }
}
