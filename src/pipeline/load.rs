//! From a folder of texts to a [`Pipeline`], or to everything that is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::calendar::Calendar;
use super::document::Document;
use super::fact::{Fact, tables};
use super::feed::Feed;
use super::general::General;
use super::guard;
use super::indicator;
use super::layout::Layout;
use super::level::{ClockStart, Level, Levels};
use super::mark::{self, Mark, MarkKind};
use super::owner::{self, Receipts};
use super::reader::{At, File, Report, Table};
use super::rule::Rule;
use super::source::{Folder, looks_like_toml};
use super::vocabulary::{Vocabularies, Vocabulary};
use super::{
    Pipeline, SHORT_HASH, committee, contract, document, download, exception, job, numbers, programme, roles,
    rule, support, unclaimed,
};
use crate::condition::{Columns, Values};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::guard::Guard;
use crate::wording::plural;

/// What came of reading a folder.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The pipeline, if nothing is wrong with it beyond warnings.
    pub pipeline: Option<Pipeline>,
    /// Everything that was found, by file and line.
    pub diagnostics: Vec<Diagnostic>,
}

pub(super) const PIPELINE: &str = "pipeline.toml";
pub(super) const CALENDAR: &str = "calendar.toml";
pub(super) const VOCABULARIES: &str = "vocabularies.toml";
const LEVELS: &str = "levels.toml";
pub(super) const EXCEPTIONS: &str = "exceptions.toml";
const COMMITTEES: &str = "committees.toml";
const SUPPORT: &str = "support.toml";
const INDICATORS: &str = "indicators.toml";
const PROGRAMME: &str = "programme.toml";
const OWNERS: &str = "owners.toml";
const GUARD: &str = "guard.toml";
pub(super) const NAMES: &str = "names.toml";

/// Files that may be left out, what is lost without them, and the key that says that it is meant.
const MISSED: [(&str, &str, &str); 5] = [
    (CALENDAR, "no bank holiday is known, so each counts as a working day", "bank_holidays"),
    (SUPPORT, "no offer of support is known, so papers offer none", "offer"),
    (INDICATORS, "no indicator and no domain is shown in any paper", "indicator"),
    (PROGRAMME, "there is no programme of visits, and none is proposed", "order"),
    (OWNERS, "nobody is sent a receipt", "owner"),
];

/// The single files of a pipeline folder.
pub(super) const FILES: [&str; 12] = [
    PIPELINE,
    CALENDAR,
    VOCABULARIES,
    LEVELS,
    EXCEPTIONS,
    COMMITTEES,
    SUPPORT,
    INDICATORS,
    PROGRAMME,
    OWNERS,
    GUARD,
    NAMES,
];
pub(super) const RULES: &str = "rules";
/// Its folders, with one thing a file.
pub(super) const FOLDERS: [&str; 5] = ["feeds", "layouts", "facts", RULES, "documents"];

/// What sheets may call the levels, told from the file before it is read whole: each by its id.
struct LevelWords {
    levels: Vec<(String, Vec<String>)>,
}

impl LevelWords {
    fn of(folder: &Folder) -> Self {
        let parsed = folder.get(LEVELS).and_then(|text| text.parse::<toml::Table>().ok()).unwrap_or_default();
        let text = |table: &toml::Table, key: &str| {
            table.get(key).and_then(toml::Value::as_str).map(|text| text.trim().to_owned())
        };
        let also = parsed.get("also").and_then(toml::Value::as_array).into_iter().flatten();
        let mut called: Vec<String> = also.filter_map(|word| Some(word.as_str()?.to_owned())).collect();
        called.extend(text(&parsed, "label"));
        let tables = parsed.get("level").and_then(toml::Value::as_array).into_iter().flatten();
        let mut levels: Vec<(String, Vec<String>)> = Vec::new();
        for table in tables.filter_map(toml::Value::as_table) {
            let Some(number) = table.get("number").and_then(toml::Value::as_integer) else { continue };
            let name = text(table, "name").unwrap_or_default();
            let id = text(table, "id").unwrap_or_else(|| number.to_string());
            let fill = |word: &String| word.replace("{number}", &number.to_string()).replace("{name}", &name);
            let own = ["label", "short"].into_iter().filter_map(|key| text(table, key));
            let mut words: Vec<String> = called.iter().map(fill).chain(own).collect();
            if text(table, "id").is_some() {
                words.push(name);
            }
            if !levels.iter().any(|(known, _)| *known == id) {
                levels.push((id, words));
            }
        }
        Self { levels }
    }

    fn ids(&self) -> Vec<String> {
        self.levels.iter().map(|(id, _)| id.clone()).collect()
    }
}

/// The sections of the narrative sheet, where a feed fills a table of that name.
fn sections(feeds: &[Feed]) -> Option<Vocabulary> {
    let layouts = feeds.iter().flat_map(|feed| &feed.layouts);
    let mut columns = layouts.filter(|layout| layout.table == "narrative").flat_map(|l| l.column("section"));
    columns.find_map(|column| column.values().cloned())
}

/// The stack for reading a folder, in bytes: four times what the longest condition was seen to need. It is
/// address space; only what is used becomes memory.
const STACK: usize = 16 << 20;

/// Reads and checks a whole folder; everything wrong is told at once.
pub fn load(folder: &Folder) -> Loaded {
    let read = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || read(folder));
        thread.ok().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    // Where no thread can be had, the own stack must do.
    read.unwrap_or_else(|| self::read(folder))
}

fn read(folder: &Folder) -> Loaded {
    let report = Report::default();
    let pipeline = Loader { folder, report: &report }.pipeline();
    let diagnostics = report.take(|file| folder.get(file).is_some());
    let wrong = diagnostics.iter().any(|d| d.severity == Severity::Error);
    Loaded { pipeline: pipeline.filter(|_| !wrong), diagnostics }
}

/// Every key that reading a folder asks for.
#[cfg(test)]
pub(super) fn all_asked(folder: &Folder) -> super::schema::Asked {
    let report = Report::default();
    Loader { folder, report: &report }.pipeline();
    report.all_asked()
}

struct Loader<'f> {
    folder: &'f Folder,
    report: &'f Report,
}

impl<'f> Loader<'f> {
    fn pipeline(&self) -> Option<Pipeline> {
        self.unknown_files();
        let lists = self.vocabularies();
        let shared: BTreeMap<String, Layout> = self.each("layouts", |_, t| Layout::read(t, &lists));
        let mut feeds: Vec<Feed> =
            self.each("feeds", |id, t| Feed::read(id, t, &lists, &shared)).into_values().collect();
        let values = numbers::values(self.folder, LEVELS);
        let tables = tables(&feeds, &values, self.report);
        let facts = self.facts(&tables, &values);
        let levels = self.one(LEVELS, true, |t| Levels::read(t, &facts)).flatten();
        let level_numbers = peek(self.folder, LEVELS, "level", "number");
        let criteria = self.marked(|kind| kind == MarkKind::Criterion);
        let ids: BTreeSet<String> = criteria.iter().cloned().collect();
        let seen = mark::with_criteria(self.report, &facts, &ids);
        let others = self.marked(|kind| kind != MarkKind::Criterion);
        let hinted = if others.is_empty() { seen.clone() } else { mark::with_level(self.report, &seen) };
        let mut marks: Vec<Mark> = Vec::new();
        marks.extend(self.some(RULES, |id| criteria.contains(id), |id, t| Mark::read(id, t, &facts)));
        marks.extend(self.some(RULES, |id| others.contains(id), |id, t| Mark::read(id, t, &hinted)));
        let is_rule = |id: &str| !criteria.contains(id) && !others.contains(id);
        let mut rules: Vec<Rule> =
            self.some(RULES, is_rule, |id, t| Rule::read(id, t, &seen, &level_numbers)).collect();
        rule::check_copies(self.report, &rules);
        // Where something cannot be read, what the rules leave over is not known.
        if !self.report.has_errors() {
            numbers::check_rules(self.report, &rules, &feeds, &seen);
            unclaimed::check(self.report, &rules, &feeds, &seen);
            mark::check(self.report, &marks, &feeds, &hinted);
        }
        rules.sort_by(|a, b| b.level.cmp(&a.level).then_with(|| a.id.cmp(&b.id)));
        let exceptions = self.one(EXCEPTIONS, false, |t| exception::read(t, &facts)).unwrap_or_default();
        let sections = sections(&feeds);
        let documents: BTreeMap<String, Document> =
            self.each("documents", |id, t| Document::read(id, t, (&values, &marks), sections.as_ref()));
        document::check(self.report, &documents);
        document::check_sections(self.report, &documents, &feeds);
        let general = self.general(&documents);
        // Without a pipeline.toml that can be read nothing is known of the link.
        let linked = general.as_ref().is_none_or(|(general, _)| general.mail.posting.packs_link.is_some());
        let places: Vec<String> =
            general.iter().flat_map(|(g, _)| &g.scope.places).map(|p| p.name.clone()).collect();
        let (committees, small_numbers) = self
            .one(COMMITTEES, true, |t| committee::read(t, linked, &documents, &places))
            .unwrap_or_default();
        let support =
            self.one(SUPPORT, false, |t| support::read(t, lists.get("themes"), &rules)).unwrap_or_default();
        let (domains, indicators) =
            self.one(INDICATORS, false, |t| indicator::read(t, &facts)).unwrap_or_default();
        let (receipts, owners) = self.one(OWNERS, false, Receipts::read).unwrap_or_default();
        owner::check(self.report, &owners, &feeds);
        let guard = self.guard(general.as_ref().map(|(general, _)| general));
        feeds.iter_mut().for_each(|feed| feed.look_for(&guard));
        let unsaid = self.folder.get(EXCEPTIONS).is_none_or(|text| !text.contains("[[exception]]"));
        if unsaid {
            contract::unsaid_exceptions(self.report, &committees, &documents);
        }
        let roles = roles::check(self.report, &feeds, &tables, &facts, &LevelWords::of(self.folder).ids());
        contract::standing(self.report, &facts, |fact, key| {
            let text = self.folder.get(&format!("facts/{fact}.toml"))?;
            Some(text.parse::<toml::Table>().is_ok_and(|table| table.contains_key(key)))
        });
        let sent = (committees.as_slice(), &documents);
        let clocked = levels.as_ref().is_none_or(Levels::are_clocked);
        let general_and_clocks = (general.as_ref(), clocked);
        contract::check(self.report, &feeds, &tables, &facts, &rules, sent, general_and_clocks);
        if let Some(levels) = &levels {
            numbers::check_values(self.report, levels, &values, &facts);
        }
        let (general, calendar) = general?;
        let visit_programme = levels.as_ref().and_then(|levels| {
            let known = programme::Known {
                programme: general.programme.as_ref(),
                scope: &general.scope,
                levels,
                facts: &facts,
                feeds: &feeds,
                themes: lists.get("themes"),
            };
            self.one(PROGRAMME, false, |table| programme::read(table, &known)).flatten()
        });
        let from_start = |level: &Level| level.starts == ClockStart::LastVisit || level.within_framework;
        let clocked = |levels: &Levels| levels.levels.iter().chain([&levels.not_assessed]).any(from_start);
        let needs_start = visit_programme.is_some() || levels.as_ref().is_some_and(clocked);
        if general.framework.starts.is_none() && needs_start {
            let at = At { file: PIPELINE.into(), line: 1 };
            let message =
                "[framework] needs `starts`: clocks or visits are counted from the framework's start";
            self.report.error(&at, Code::MissingKey, message, None);
        }
        job::check_periods(self.report, &general.jobs, &documents, &calendar);
        download::check_tokens(self.report, &feeds, &general.downloads);
        Some(Pipeline {
            title: general.title,
            organisation: general.organisation,
            classification: general.classification,
            author: general.author,
            framework: general.framework,
            scope: general.scope,
            programme: general.programme,
            visit_programme,
            visiting: general.visiting,
            calendar,
            jobs: general.jobs,
            mail: general.mail,
            downloads: general.downloads,
            watch: general.watch,
            receipts,
            guard,
            operator: general.operator,
            retention: general.retention,
            reading: general.reading,
            feeds,
            facts,
            roles,
            levels: levels?,
            rules,
            marks,
            exceptions,
            documents,
            committees,
            small_numbers,
            support,
            domains,
            indicators,
            hash: self.folder.hash(),
            source: self.folder.clone(),
        })
    }

    /// Reads one file of the folder.
    fn one<T>(&self, name: &str, needed: bool, read: impl FnOnce(Table<'_>) -> T) -> Option<T> {
        let file = File::parse(name, self.text(name, needed)?, self.report);
        Some(read(file.table()))
    }

    /// The text of one file of the folder. One that is missing or declares nothing is an error where it is
    /// needed, and a warning where papers or people miss what it says.
    fn text(&self, name: &str, needed: bool) -> Option<&'f str> {
        let there = self.folder.get(name);
        if let Some(text) = there.filter(|text| declares(name, text)) {
            return Some(text);
        }
        let at = At { file: name.into(), line: 1 };
        let what = if there.is_some() { "the file declares nothing" } else { "the file is missing" };
        let missed = MISSED.iter().find(|(file, ..)| *file == name);
        match (needed, missed) {
            (true, _) => {
                let help = match name {
                    GUARD => {
                        "put it back; or, if nothing but NHS numbers is to be looked for, write guard = \"nhs numbers \
                         only\" in pipeline.toml"
                    }
                    _ => "put it back, or copy it from another pipeline and adapt it",
                };
                self.report.error(&at, Code::MissingFile, what, Some(help.to_owned()));
            }
            // Where no visits are planned nobody misses their programme.
            (false, Some((PROGRAMME, ..))) if !self.plans_visits() => {}
            (false, Some((_, lost, key))) => {
                let help = format!("put it back; or, if that is meant, write {key} = [] in it");
                self.report.warning(&at, Code::MissingFile, format!("{what}: {lost}"), Some(help));
            }
            (false, None) => {}
        }
        None
    }

    /// Whether the pipeline has quotas of visits.
    fn plans_visits(&self) -> bool {
        let general = self.folder.get(PIPELINE).unwrap_or_default();
        general.lines().any(|line| line.trim_start().starts_with("[programme]"))
    }

    /// Reads every file of a folder within the folder, by its name without the ending.
    fn each<T>(&self, dir: &str, read: impl Fn(&str, Table<'_>) -> Option<T>) -> BTreeMap<String, T> {
        self.each_of(dir, |_| true, read)
    }

    fn each_of<T>(
        &self,
        dir: &str,
        wanted: impl Fn(&str) -> bool,
        read: impl Fn(&str, Table<'_>) -> Option<T>,
    ) -> BTreeMap<String, T> {
        let mut out = BTreeMap::new();
        for (path, text) in self.folder.iter() {
            let Some(id) = path.strip_prefix(dir).and_then(|p| p.strip_prefix('/')) else { continue };
            let id = id.strip_suffix(".toml").filter(|id| !id.contains('/') && wanted(id));
            let Some(id) = id else { continue };
            let file = File::parse(path, text, self.report);
            match read(id, file.table()) {
                Some(value) => drop(out.insert(id.to_owned(), value)),
                None => self.report.broke(id),
            }
        }
        out
    }

    /// The same for those files of the folder of which it is wanted.
    fn some<T>(
        &self,
        dir: &str,
        wanted: impl Fn(&str) -> bool,
        read: impl Fn(&str, Table<'_>) -> Option<T>,
    ) -> impl Iterator<Item = T> {
        self.each_of(dir, wanted, read).into_values()
    }

    /// The ids of the rules that mark in such a way.
    fn marked(&self, wanted: impl Fn(MarkKind) -> bool) -> BTreeSet<String> {
        let files = self.folder.iter().filter_map(|(path, text)| {
            let id = path.strip_prefix(RULES)?.strip_prefix('/')?.strip_suffix(".toml")?;
            // A mark of no known kind is read as a criterion, which says what is wrong with it.
            let kind = mark::kind_of(text)?.unwrap_or(MarkKind::Criterion);
            wanted(kind).then(|| id.to_owned())
        });
        files.collect()
    }

    fn general(&self, documents: &BTreeMap<String, Document>) -> Option<(General, Calendar)> {
        self.one(PIPELINE, true, |mut table| {
            let general = General::read(&mut table, documents);
            let calendar = table.table("calendar");
            let holidays = self.text(CALENDAR, false);
            let holidays = holidays.map(|text| File::parse(CALENDAR, text, self.report));
            let calendar = calendar.map(|t| Calendar::read(t, holidays.as_ref().map(File::table)));
            if let Some(least) = table.table_or_none("at_least") {
                self.at_least(least);
            }
            Some((general?, calendar?))
        })
        .flatten()
    }

    /// Notes a folder within the folder with fewer files than `at_least` says: of rules and feeds none need name
    /// another, so that nothing else may tell that one is gone.
    fn at_least(&self, mut least: Table<'_>) {
        for dir in FOLDERS {
            let Some(least) = least.count_or_none(dir) else { continue };
            let files = self.folder.iter().filter(|(path, _)| path.split('/').next() == Some(dir)).count();
            if u32::try_from(files).is_ok_and(|files| files < least.value) && !self.report.has_errors() {
                let are = if files == 1 { "is" } else { "are" };
                let files = plural(files, "file", "files");
                let message = format!("there {are} {files} in {dir}, and `at_least` says {}", least.value);
                let help =
                    "put the missing file back; or, if it was taken out on purpose, correct the number";
                self.report.warning(&least.at, Code::MissingFile, message, Some(help.to_owned()));
            }
        }
    }

    /// What is looked for, with the sender's own addresses and the pipeline's short hash allowed: they stand
    /// in every message or document, and a hash of hexadecimal digits may by chance hold ten in a row.
    fn guard(&self, general: Option<&General>) -> Arc<Guard> {
        let names = self.one(NAMES, false, guard::read_names);
        let numbers_only = general.is_some_and(|general| general.nhs_numbers_only);
        let guard = self.one(GUARD, !numbers_only && general.is_some(), |t| guard::read(t, names.as_deref()));
        if let (true, Some(_)) = (numbers_only, &guard) {
            let at = At { file: PIPELINE.into(), line: 1 };
            let message = "`guard` says that only NHS numbers are looked for, and there is a guard.toml";
            self.report.error(&at, Code::BadValue, message, Some("take one of them away".to_owned()));
        }
        let mut guard = guard.unwrap_or_else(Guard::nhs_numbers);
        guard.allow(general.into_iter().flat_map(|general| general.mail.addresses()));
        allow_hash(&mut guard, &self.folder.hash());
        Arc::new(guard)
    }

    fn vocabularies(&self) -> Vocabularies {
        let mut lists = self.one(VOCABULARIES, false, Vocabularies::read).unwrap_or_default();
        let mut levels = Vocabulary::default();
        let called = LevelWords::of(self.folder);
        levels.values = called.ids().into();
        for (id, words) in &called.levels {
            words.iter().filter(|word| *word != id).for_each(|word| levels.add_word(word, id));
        }
        lists.insert("levels", levels);
        lists.insert("support", Vocabulary::new(peek(self.folder, SUPPORT, "offer", "title")));
        lists
    }

    fn facts(&self, tables: &BTreeMap<String, Columns>, values: &Values) -> BTreeMap<String, Fact> {
        let mut facts = self.each("facts", |id, t| Fact::read(id, t, tables));
        for (name, columns) in tables {
            facts.entry(name.clone()).or_insert_with(|| Fact::whole(name, columns));
        }
        facts.insert(contract::PRACTICES.to_owned(), contract::practices(values));
        facts
    }

    fn unknown_files(&self) {
        note_copies(self.report, self.folder);
        for path in self.folder.others() {
            let at = At { file: path.into(), line: 1 };
            let (message, help) = match looks_like_toml(path) {
                true => {
                    ("nothing reads this file: its name does not end with .toml", "rename it, or take it out")
                }
                false => (
                    "nothing reads this file: it looks like a template and lies where none is looked for",
                    "put it into the folder `templates`, as .html or .txt, or take it out",
                ),
            };
            self.report.warning(&at, Code::UnusedFile, message, Some(help.to_owned()));
        }
        for (path, _) in self.folder.iter() {
            let known = match path.split_once('/') {
                None => FILES.contains(&path),
                Some(("templates", rest)) => !rest.contains('/') && !rest.ends_with(".toml"),
                Some((dir, rest)) => FOLDERS.contains(&dir) && !rest.contains('/'),
            };
            if !known {
                let at = At { file: path.into(), line: 1 };
                let message = "nothing reads this file";
                let help = format!("files are {}; folders are {}", FILES.join(", "), FOLDERS.join(", "));
                self.report.warning(&at, Code::UnusedFile, message, Some(help));
            }
        }
    }
}

/// Notes files that say what another of their folder says. Rules are told by what they hold for.
fn note_copies(report: &Report, folder: &Folder) {
    for dir in FOLDERS.into_iter().filter(|dir| *dir != RULES) {
        let files: Vec<_> = folder.iter().filter(|(path, _)| path.split('/').next() == Some(dir)).collect();
        for (path, text) in &files {
            // Of two files the one with the longer name is the copy.
            let is_before = |other: &str| (other.len(), other) < (path.len(), *path);
            let original = files.iter().find(|(other, said)| said == text && is_before(other));
            if let Some((original, _)) = original {
                let at = At { file: (*path).into(), line: 1 };
                let message = format!("this file says what {original} says: it looks like a copy");
                report.warning(&at, Code::CopiedFile, message, Some("take one of them out".to_owned()));
            }
        }
    }
}

/// Whether a file says anything; a guard looks for something.
fn declares(name: &str, text: &str) -> bool {
    // What is no TOML is told by whoever reads it.
    let Ok(table) = text.parse::<toml::Table>() else { return true };
    let patterns = || table.get("pattern").and_then(toml::Value::as_array);
    match name {
        GUARD => table.contains_key("nhs_number") || patterns().is_some_and(|all| !all.is_empty()),
        _ => !table.is_empty(),
    }
}

/// The values of `key` in the `[[tables]]` of a file, before the file is read for good.
fn peek(folder: &Folder, file: &str, tables: &str, key: &str) -> Vec<String> {
    let parsed = folder.get(file).and_then(|text| text.parse::<toml::Table>().ok());
    let items = parsed.as_ref().and_then(|t| t.get(tables)).and_then(toml::Value::as_array);
    let mut out: Vec<String> = Vec::new();
    for item in items.into_iter().flatten() {
        match item.get(key) {
            Some(toml::Value::String(text)) => out.push(text.trim().to_owned()),
            Some(toml::Value::Integer(number)) => out.push(number.to_string()),
            _ => {}
        }
    }
    out.dedup();
    out
}

fn allow_hash(guard: &mut Guard, hash: &str) {
    let short: String = hash.chars().take(SHORT_HASH).collect();
    guard.allow(short.split(|c: char| !c.is_ascii_digit()).filter(|digits| digits.len() >= 10));
}

#[cfg(test)]
mod tests;
