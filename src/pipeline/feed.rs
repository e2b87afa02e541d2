//! A feed: who sends it, how often, and in which layouts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::checked::read_choice;
use super::download::Download;
use super::layout::{ColumnKind, Layout};
use super::mark::NotAvailable;
use super::reader::{Placed, Table};
use super::vocabulary::Vocabularies;
use crate::diagnostic::Code;
use crate::guard::Guard;

/// One regular input.
#[derive(Debug, Clone)]
pub struct Feed {
    /// Its name: that of its file and of its inbox folder.
    pub id: String,
    /// What it is, for people.
    pub title: String,
    /// The role that sends it and gets its receipts.
    pub owner: String,
    /// How often it comes.
    pub cadence: Cadence,
    /// Days from the date that data speak of to the day on which they can be had.
    pub lag_days: u32,
    /// Days after which a file that is due counts as late.
    pub grace_days: u32,
    /// Which of its files count on a date.
    pub counts: Counts,
    /// Whether nothing can be said without it.
    pub essential: bool,
    /// The shapes that its sheets may have, tried in order.
    pub layouts: Vec<Layout>,
    /// Where its file is fetched from, if nobody has to send it.
    pub download: Option<Download>,
    /// The column of dates or periods whose latest is the date that the feed's data speak of.
    pub data_date: Option<String>,
    /// Columns with one value for the whole feed; they replace what a cell says.
    pub set: Vec<(String, String)>,
    /// Columns whose cells never leave the intake.
    pub withhold: Vec<String>,
    /// Who holds what it would bring, where the organisation does not get it.
    pub not_available: Option<NotAvailable>,
    /// What is looked for in its cells; none where the feed says `guard = false`.
    pub guard: Option<Arc<Guard>>,
}

/// How often a feed comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cadence {
    /// Every month.
    Monthly,
    /// Every quarter.
    Quarterly,
    /// Every year.
    Yearly,
    /// When there is something to say.
    AsMade,
}

impl Cadence {
    /// The cadence in words.
    pub fn words(self) -> &'static str {
        match self {
            Cadence::Monthly => "monthly",
            Cadence::Quarterly => "quarterly",
            Cadence::Yearly => "yearly",
            Cadence::AsMade => "as made",
        }
    }
}

/// Which files of a feed count on a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// The newest file is the whole sheet; what is gone from it is gone.
    Newest,
    /// Every file counts, each with its own dates.
    Every,
}

impl Feed {
    /// Sets what is looked for, unless the feed is exempt.
    pub(super) fn look_for(&mut self, guard: &Arc<Guard>) {
        self.guard = self.guard.take().map(|_| Arc::clone(guard));
    }

    /// Reads `feeds/<id>.toml`; `shared` are the layouts of the folder `layouts`.
    pub(super) fn read(
        id: &str,
        mut file: Table<'_>,
        lists: &Vocabularies,
        shared: &BTreeMap<String, Layout>,
    ) -> Option<Self> {
        let report = file.report().clone();
        let title = file.text("title");
        let owner = file.text("owner");
        let cadences = [
            ("monthly", Cadence::Monthly),
            ("quarterly", Cadence::Quarterly),
            ("yearly", Cadence::Yearly),
            ("as made", Cadence::AsMade),
        ];
        let cadence = read_choice(&mut file, "cadence", &cadences);
        let lag_days = file.count_or_none("lag_days").map_or(0, |d| d.value);
        let grace_days = file.count_or_none("grace_days").map_or(0, |d| d.value);
        let counts =
            read_choice(&mut file, "counts", &[("newest", Counts::Newest), ("every", Counts::Every)]);
        let essential = file.flag("essential");
        let not_available = NotAvailable::read(&mut file);
        if let (true, Some(_)) = (essential, &not_available) {
            let message = "a feed without which nothing can be said has to be available";
            report.error(&file.at_of("not_available"), Code::BadValue, message, None);
        }
        let guarded = file.flag_or_none("guard").unwrap_or(true);
        let mut layouts: Vec<Layout> = Vec::new();
        for name in file.texts("layouts") {
            match shared.get(&name.value) {
                Some(layout) => layouts.push(layout.clone()),
                None => {
                    let message = format!("there is no layout `{}`", name.value);
                    let declared = (format!("layouts/{}.toml", name.value), name.value.as_str());
                    report.unknown(&name.at, message, declared, shared.keys().map(String::as_str));
                }
            }
        }
        layouts.extend(file.tables("layout").into_iter().filter_map(|table| Layout::read(table, lists)));
        if layouts.is_empty() && file.has("layouts") {
            report.broke_feed();
        } else if layouts.is_empty() {
            report.broke_feed();
            let message = "a feed needs a [[layout]], or `layouts` that name shared ones";
            report.error(&file.at(), Code::MissingKey, message, None);
        }
        let data_date = file.text_or_none("data_date").filter(|name| {
            let dated = |l: &Layout| {
                l.column(&name.value).is_some_and(|c| matches!(c.kind, ColumnKind::Date | ColumnKind::Period))
                    || l.table_columns().get(&name.value) == Some(&crate::condition::Kind::Date)
            };
            let known = layouts.iter().any(dated);
            if !known {
                let message = format!("there is no column `{}` of dates or periods", name.value);
                report.error(&name.at, Code::UnknownName, message, None);
            }
            known
        });
        let download = file.table_or_none("download").and_then(|t| Download::read(t, cadence));
        let set = known_columns(&mut file, &layouts);
        let withhold = file.texts("withhold");
        for name in &withhold {
            if !layouts.is_empty() && !layouts.iter().any(|l| l.column(&name.value).is_some()) {
                let message = format!("there is no column `{}` to withhold", name.value);
                report.error(&name.at, Code::UnknownName, message, None);
            }
        }
        Some(Self {
            id: id.to_owned(),
            title: title?.value,
            owner: owner?.value,
            cadence: cadence.unwrap_or(Cadence::AsMade),
            lag_days,
            grace_days,
            counts: counts.unwrap_or(Counts::Newest),
            essential,
            layouts,
            download,
            data_date: data_date.map(|d| d.value),
            set,
            withhold: withhold.into_iter().map(|w| w.value).collect(),
            not_available,
            guard: guarded.then(Arc::default),
        })
    }
}

/// `[set]`, each value as its column would read it.
fn known_columns(file: &mut Table<'_>, layouts: &[Layout]) -> Vec<(String, String)> {
    let report = file.report().clone();
    let mut out = Vec::new();
    for (name, Placed { value, at }) in file.pairs("set") {
        let column = layouts.iter().find_map(|l| l.column(&name.value));
        match column.map(|c| c.set_value(&value)) {
            None => out.push((name.value, value)),
            Some(Ok(canonical)) => out.push((name.value, canonical)),
            Some(Err(expected)) => {
                report.error(&at, Code::BadValue, format!("`{value}` is not {expected}"), None);
            }
        }
    }
    out
}
