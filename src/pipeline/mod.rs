//! What the pipeline folder says, as values that are valid by their types.
//!
//! [`load()`] reads every TOML file of a [`Folder`] and tells everything that is wrong in one pass, each
//! with its file and line. A [`Pipeline`] exists only if there was no error.

mod action;
mod address;
mod block;
pub mod calendar;
mod checked;
mod committee;
mod contract;
mod document;
mod download;
mod exception;
mod fact;
mod feed;
mod general;
mod guard;
mod host;
mod indicator;
mod input;
mod job;
mod layout;
mod level;
mod limits;
mod load;
mod mail;
mod mark;
mod numbers;
mod operator;
mod owner;
mod period;
mod phrase;
mod posting;
mod programme;
mod reader;
mod reading;
mod recipients;
mod report;
mod retention;
mod roles;
mod rule;
pub mod schema;
mod secret;
mod small_numbers;
mod smtp;
mod source;
mod support;
mod timing;
mod unclaimed;
mod upkeep;
mod vocabulary;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::guard::Guard;

pub use action::{Action, By, Stage};
pub use address::fault_of as address_fault;
pub use block::{Block, BlockKind, KINDS, Subject, kind as block_kind};
pub use calendar::{Calendar, Span};
pub use committee::{Audience, Committee, Outside, OverBudget, Recipient, Release, slug};
pub use contract::PRACTICES;
pub use document::{About, Document, PageLayout, standings as standing_columns};
pub use download::{Download, Downloads, Lookback, Origin, SheetFormat};
pub use exception::ExceptionRule;
pub use fact::{FEED, Fact, RECEIVED, Since};
pub use feed::{Cadence, Counts, Feed};
pub use general::{Framework, Place, Programme, Scope, Visiting};
pub use host::{is_loopback, may_be_asked};
pub use indicator::{Better, Domain, Indicator};
pub use input::{Input, InputKind, Items};
pub use job::{Job, Missed, Runs};
pub use layout::{
    Agree, Column, ColumnKind, DateOrder, Declared, Expectation, FromText, Header, Layout, Loss, LossOf,
    MadeOf, Others, Percent, RowCheck, Says, Unpivot, ValueLimits,
};
pub use level::{Assessed, ClockStart, Level, Levels, Period, Shape};
pub use limits::Watch;
pub use load::{Loaded, load};
pub use mail::{Mail, Retry, Unknown};
pub use mark::{Mark, MarkKind, NotAvailable, Part as MarkPart, feeds_behind};
pub use operator::{Operator, Told};
pub use owner::{Owner, Receipts, Sent};
pub use period::{Every, PLACEHOLDERS, fill};
pub use phrase::{Phrase, Place as PhrasePlace};
pub use posting::Posting;
pub use programme::{Exceptional, Group, VisitProgramme};
pub use reading::Limits;
pub use recipients::out_of_date;
pub use retention::{Keep, Retention};
pub use roles::Roles;
pub use rule::{Rule, Starts};
pub use small_numbers::SmallNumbers;
pub use smtp::{Auth, Mechanism, Security, Smtp};
pub use source::Folder;
pub use support::Offer;
pub use timing::Cron;
pub use upkeep::upkeep;
pub use vocabulary::{Vocabulary, fold};

/// So many characters of the pipeline's hash stand in documents.
pub const SHORT_HASH: usize = 12;

/// A pipeline: everything that an analyst decides, checked.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Its title.
    pub title: String,
    /// The organisation it belongs to.
    pub organisation: String,
    /// The classification printed on every page.
    pub classification: String,
    /// Who writes the papers.
    pub author: String,
    /// The framework whose levels it proposes.
    pub framework: Framework,
    /// Which practices are covered.
    pub scope: Scope,
    /// The programme of visits, if there is one.
    pub programme: Option<Programme>,
    /// How its visits are proposed, if they are.
    pub visit_programme: Option<VisitProgramme>,
    /// Who attends visits.
    pub visiting: Visiting,
    /// Quarters and working days.
    pub calendar: Calendar,
    /// The jobs.
    pub jobs: Vec<Job>,
    /// The sender of mail.
    pub mail: Mail,
    /// How files are fetched.
    pub downloads: Downloads,
    /// When a file in the inbox counts as whole.
    pub watch: Watch,
    /// What receipts tell, and who gets them.
    pub receipts: Receipts,
    /// What identifies a person and is looked for in what comes in and goes out.
    pub guard: Arc<Guard>,
    /// Who is told when something cannot be done.
    pub operator: Operator,
    /// How long things are kept.
    pub retention: Retention,
    /// What reading one file may cost.
    pub reading: Limits,
    /// The feeds, by name.
    pub feeds: Vec<Feed>,
    /// The facts, by name.
    pub facts: BTreeMap<String, Fact>,
    /// Which value of a column plays which role.
    pub roles: Roles,
    /// The levels.
    pub levels: Levels,
    /// The rules: highest level first, then by name.
    pub rules: Vec<Rule>,
    /// The rules without a level: criteria first, each kind by name.
    pub marks: Vec<Mark>,
    /// What goes to a committee at once.
    pub exceptions: Vec<ExceptionRule>,
    /// The documents, by id.
    pub documents: BTreeMap<String, Document>,
    /// The committees.
    pub committees: Vec<Committee>,
    /// What papers for the public do not show.
    pub small_numbers: SmallNumbers,
    /// The support repository.
    pub support: Vec<Offer>,
    /// The domains of the dashboard.
    pub domains: Vec<Domain>,
    /// The indicators that are shown.
    pub indicators: Vec<Indicator>,
    /// A SHA-256 over all files of the folder, in hexadecimal.
    pub hash: String,
    /// The folder it was read from, as texts.
    pub source: Folder,
}

impl Pipeline {
    /// The feed of that name.
    pub fn feed(&self, id: &str) -> Option<&Feed> {
        self.feeds.iter().find(|feed| feed.id == id)
    }

    /// The job of that name.
    pub fn job(&self, name: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.name == name)
    }

    /// The documents of those ids, in their order.
    pub fn documents_of<'p>(&'p self, ids: &'p [String]) -> impl Iterator<Item = &'p Document> {
        ids.iter().filter_map(|id| self.documents.get(id))
    }

    /// The rule of that name.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}

/// The fact that a key names, or a note that there is none.
fn known_fact<'f>(
    report: &reader::Report,
    name: &reader::Placed<String>,
    facts: &'f BTreeMap<String, Fact>,
) -> Option<&'f Fact> {
    let found = facts.get(&name.value);
    if found.is_none() {
        let message = format!("there is no fact or table `{}`", name.value);
        let declared = (format!("facts/{}.toml", name.value), name.value.as_str());
        report.unknown(&name.at, message, declared, facts.keys().map(String::as_str));
    }
    found
}
