//! Where the faults of a pipeline folder are gathered, and which of them follow from others.
//!
//! A file that is not there, or a part that cannot be read, makes many other places wrong. Whoever notes
//! such a fault also says which name is broken ([`Report::broke`], [`Report::unknown`]); a fault that speaks
//! of a broken name then *follows*, and is shown only on request.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::diagnostic::{Code, Diagnostic, Severity, likely};

/// By the path of a table and a key, what the key was to hold.
#[cfg(test)]
type Asked = BTreeMap<(String, String), BTreeSet<String>>;

/// Where the diagnostics of a folder are gathered.
#[derive(Debug, Clone, Default)]
pub(super) struct Report {
    noted: Rc<RefCell<Vec<Diagnostic>>>,
    /// Names that other places use and that cannot be read.
    broken: Rc<RefCell<BTreeSet<String>>>,
    /// Names that nothing declares: where each would be declared, and the places that use it.
    unknown: Rc<RefCell<BTreeMap<Declared, Places>>>,
    /// Each key that was asked for, by the path of its table, with all that it was to hold.
    #[cfg(test)]
    asked: Rc<RefCell<Asked>>,
    /// Whether a feed could not be read, so that it is not known which tables there are.
    feeds_broken: Rc<Cell<bool>>,
}

/// A name, and the file that would declare it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Declared {
    file: String,
    name: String,
}

/// The places that use a name which nothing declares.
#[derive(Debug, Default)]
struct Places {
    at: Vec<At>,
    /// No name that is declared is like it, so it is no slip of spelling.
    lone: bool,
}

impl Report {
    /// Notes a key that was asked for; only tests want to know.
    #[cfg_attr(not(test), expect(clippy::unused_self))]
    pub(super) fn asked(&self, _path: &str, _key: &str, _wanted: &str) {
        #[cfg(test)]
        {
            let mut asked = self.asked.borrow_mut();
            asked.entry((_path.to_owned(), _key.to_owned())).or_default().insert(_wanted.to_owned());
        }
    }

    /// All keys that were asked for.
    #[cfg(test)]
    pub(super) fn all_asked(&self) -> Asked {
        self.asked.borrow().clone()
    }

    /// Notes a diagnostic.
    pub(super) fn note(&self, diagnostic: Diagnostic) {
        self.noted.borrow_mut().push(diagnostic);
    }

    /// Notes an error at a place.
    pub(super) fn error(&self, at: &At, code: Code, message: impl Into<String>, help: Option<String>) {
        self.note(at.diagnostic(Severity::Error, code, message.into(), help));
    }

    /// Notes a warning at a place.
    pub(super) fn warning(&self, at: &At, code: Code, message: impl Into<String>, help: Option<String>) {
        self.note(at.diagnostic(Severity::Warning, code, message.into(), help));
    }

    /// Says that a name of the author's own (a column, fact, table, layout) could not be read.
    pub(super) fn broke(&self, name: &str) {
        self.broken.borrow_mut().insert(name.to_owned());
    }

    /// Whether an error was noted until now.
    pub(super) fn has_errors(&self) -> bool {
        self.noted.borrow().iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Says that a feed could not be read.
    pub(super) fn broke_feed(&self) {
        self.feeds_broken.set(true);
    }

    /// Whether the tables that feeds fill are not all known.
    pub(super) fn feeds_broken(&self) -> bool {
        self.feeds_broken.get()
    }

    /// Notes the use of a name that nothing declares: `file` is where it would be declared, `known` are the
    /// names that are.
    pub(super) fn unknown<'k>(
        &self,
        at: &At,
        message: String,
        (file, name): (String, &str),
        known: impl IntoIterator<Item = &'k str> + Clone,
    ) {
        let back = if file.contains('/') { format!(" If not, put {file} back.") } else { String::new() };
        let near = likely(name, known.clone()).map(|near| format!("did you mean `{near}`?{back}"));
        let lone = near.is_none();
        let help = near.or_else(|| {
            let known: Vec<&str> = known.into_iter().collect();
            (!known.is_empty()).then(|| format!("there are: {}", known.join(", ")))
        });
        self.error(at, Code::UnknownName, message, help);
        let declared = Declared { file, name: name.to_owned() };
        let mut unknown = self.unknown.borrow_mut();
        let places = unknown.entry(declared).or_default();
        places.at.push(at.clone());
        places.lone |= lone;
    }

    /// All that was noted, each once: what must be corrected first, by file and line, and then what follows
    /// from it. `there` says whether the folder has a file.
    pub(super) fn take(&self, there: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
        let mut all = std::mem::take(&mut *self.noted.borrow_mut());
        let mut roots = self.undeclared(there);
        let broken = self.broken.borrow();
        let missing = |d: &Diagnostic| d.code == Code::MissingFile && d.severity == Severity::Error;
        let missing = all.iter().chain(&roots).any(missing);
        for diagnostic in &mut all {
            diagnostic.follows = speaks_of(diagnostic, &broken) || (missing && lone_column(diagnostic));
        }
        all.append(&mut roots);
        all.sort_by(|a, b| order(a).cmp(&order(b)));
        all.dedup();
        // A fault never follows from nothing.
        if all.iter().all(|d| d.follows || d.severity == Severity::Warning) {
            all.iter_mut().for_each(|d| d.follows = false);
        }
        all
    }

    /// One fault for each file that is missing, and for each name that two places or more use and nothing
    /// declares; a name that one place alone spells in its own way is that place's fault.
    fn undeclared(&self, there: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
        let mut files: BTreeMap<String, (Vec<String>, Vec<At>)> = BTreeMap::new();
        for (Declared { file, name }, places) in std::mem::take(&mut *self.unknown.borrow_mut()) {
            let own_fault = there(&file) && self.broken.borrow().contains(&name);
            if own_fault || (places.at.len() < 2 && (there(&file) || !places.lone)) {
                continue;
            }
            self.broke(&name);
            let (names, all) = files.entry(file).or_default();
            names.push(name);
            all.extend(places.at);
        }
        files.into_iter().map(|(file, (names, places))| root(file, &names, &places, &there)).collect()
    }
}

/// The fault from which the others follow.
fn root(file: String, names: &[String], places: &[At], there: &impl Fn(&str) -> bool) -> Diagnostic {
    let first = places.first().map_or_else(String::new, |at| format!("{}:{}", at.file, at.line));
    let others = match places.len() {
        0 | 1 => String::new(),
        more => format!(" and {}", crate::wording::plural(more - 1, "other place", "other places")),
    };
    let listed = crate::wording::list(&names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>());
    let (message, help) = if there(&file) {
        (
            format!("{listed} is not declared here, and {first}{others} use it"),
            "declare it, or correct its name",
        )
    } else {
        let message = format!("the file is missing: {first}{others} use what it declares, {listed}");
        (message, "put it back, or copy it from another pipeline and adapt it")
    };
    Diagnostic {
        severity: Severity::Error,
        code: if there(&file) { Code::UnknownName } else { Code::MissingFile },
        file,
        line: None,
        message,
        help: Some(help.to_owned()),
        follows: false,
    }
}

/// What must be corrected first comes first; then files and lines.
fn order(d: &Diagnostic) -> (bool, bool, &str, Option<u32>, Code, &str) {
    (d.follows, d.code != Code::MissingFile, &d.file, d.line, d.code, &d.message)
}

/// Whether a fault speaks of a column that nothing like it declares: beside a missing file, that file's.
fn lone_column(diagnostic: &Diagnostic) -> bool {
    let near = diagnostic.help.as_ref().is_some_and(|help| help.starts_with("did you mean"));
    !near && diagnostic.message.starts_with("there is no column `")
}

/// Whether a fault speaks, between backticks, of a name that is broken elsewhere.
fn speaks_of(diagnostic: &Diagnostic, broken: &BTreeSet<String>) -> bool {
    let between_files = matches!(
        diagnostic.code,
        Code::UnknownName | Code::BadCondition | Code::Incomplete | Code::MissingKey
    );
    between_files && diagnostic.message.split('`').skip(1).step_by(2).any(|name| broken.contains(name))
}

/// A place in the pipeline folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The file, relative to the folder.
    pub file: Rc<str>,
    /// The line, counted from 1.
    pub line: u32,
}

impl At {
    fn diagnostic(
        &self,
        severity: Severity,
        code: Code,
        message: String,
        help: Option<String>,
    ) -> Diagnostic {
        let file = self.file.to_string();
        Diagnostic { severity, code, file, line: Some(self.line), message, help, follows: false }
    }
}
