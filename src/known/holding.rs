//! Which of the files that came are held: they would take much away, and wait for a named person.
//!
//! What is found when a file comes is kept, so that a past day stays as it was. Files that are held are looked
//! at again by each later run, those that came together together: when one of them is released, the others
//! are counted without it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use chrono::NaiveDate;

use super::base::Base;
use super::counting::Judge;
use super::ground::Ground;
use super::state::{Files, NoPractices, settle};
use crate::intake::{Known, Lost, Practices, Reading, Receipt, What, known_rows, of_set, of_sheet};
use crate::ledger::{Arrival, Verdict, Way};
use crate::pipeline::{Counts, Feed, Loss, LossOf};
use crate::triangulate::{Cells, Register, Taken};

/// What files are judged by.
pub struct Bench<'b, 'p> {
    /// The files.
    files: &'b Files<'p>,
    /// Everything received until the date.
    arrivals: &'b [Arrival],
    /// The date.
    as_of: NaiveDate,
    /// The date of the last pack that was sent.
    sent: Option<NaiveDate>,
    /// The rows of the two sheets that were looked at last.
    looked_at: RefCell<Vec<(u32, Rows)>>,
}

/// The rows of a sheet, by what they are known by.
type Rows = Rc<BTreeMap<String, Known>>;

/// A file that is judged.
#[derive(Clone, Copy)]
struct Case<'b, 'p> {
    arrival: &'b Arrival,
    feed: &'p Feed,
    rule: &'p Loss,
}

impl Case<'_, '_> {
    /// Whether it is looked at for itself: not with others, and not left out.
    fn is_looked_at(&self) -> bool {
        let newest = self.feed.counts == Counts::Newest;
        match self.rule.of {
            LossOf::Practices | LossOf::Nothing => false,
            LossOf::Networks | LossOf::Successors => true,
            LossOf::Rows | LossOf::Sheet => newest,
            LossOf::Coverage => newest || self.arrival.way != Way::Dropped,
        }
    }
}

/// What is held, by the number of the arrival.
type Held = BTreeMap<u32, Lost>;

impl<'b, 'p> Bench<'b, 'p> {
    /// Files are judged by everything received until a date.
    pub fn new(
        files: &'b Files<'p>,
        arrivals: &'b [Arrival],
        as_of: NaiveDate,
        sent: Option<NaiveDate>,
    ) -> Self {
        Self { files, arrivals, as_of, sent, looked_at: RefCell::default() }
    }

    /// What is found of the files that have not been judged, and of those that were held and need not be any
    /// more.
    ///
    /// # Errors
    /// If the store is damaged.
    pub fn judge(&self) -> anyhow::Result<Vec<(u32, Verdict)>> {
        let ground = Ground::of(self.files, self.arrivals, self.as_of)?;
        let (mut new, mut open, mut never) = (Vec::new(), Vec::new(), Vec::new());
        for arrival in self.arrivals {
            let waits = ground.held(arrival).is_some();
            if !waits && arrival.verdicts.is_empty() && self.is_never_held(arrival) {
                never.push(self.verdict(arrival, arrival.received, None));
            } else if waits || arrival.verdicts.is_empty() {
                let Some(case) = self.case(arrival)? else { continue };
                if waits { open.push(case) } else { new.push(case) }
            }
        }
        if new.is_empty() && open.is_empty() {
            return Ok(never);
        }
        let mut held: Held =
            open.iter().filter_map(|c| Some((c.arrival.number, ground.held(c.arrival)?.clone()))).collect();
        let candidates: Vec<Case<'_, '_>> =
            new.iter().filter(|c| !ground.is_let_in(c.arrival)).copied().collect();
        self.scope(&candidates, &open, &ground, &mut held)?;
        let register = self.others(&candidates, &open, &ground, &mut held)?;
        never.extend(self.verdicts(&new, &open, &held, !register.is_empty()));
        Ok(never)
    }

    /// Whether no file like this is held, whatever is in it: then it need not be read to know.
    fn is_never_held(&self, arrival: &'b Arrival) -> bool {
        let Some(feed) = self.files.pipeline().feed(&arrival.feed) else { return false };
        feed.layouts.iter().all(|layout| {
            let rule = &layout.loss;
            rule.of != LossOf::Practices && !Case { arrival, feed, rule }.is_looked_at()
        })
    }

    /// An arrival with the rule for it, if it can be read.
    fn case(&self, arrival: &'b Arrival) -> anyhow::Result<Option<Case<'b, 'p>>> {
        let Some(feed) = self.files.pipeline().feed(&arrival.feed) else { return Ok(None) };
        let Some(read) = self.files.read_if_kept(arrival)? else { return Ok(None) };
        let layout = read.rows.as_ref().as_ref().ok().and_then(|reading| feed.layouts.get(reading.layout));
        Ok(layout.map(|layout| Case { arrival, feed, rule: &layout.loss }))
    }

    /// What is noted. Without a register nothing can be said of the files that speak of its practices.
    fn verdicts(
        &self,
        new: &[Case<'_, '_>],
        open: &[Case<'_, '_>],
        held: &Held,
        judged: bool,
    ) -> Vec<(u32, Verdict)> {
        let said = |case: &Case<'_, '_>, day| self.verdict(case.arrival, day, held.get(&case.arrival.number));
        let of_register = |c: &&Case<'_, '_>| judged || c.rule.of == LossOf::Practices;
        let freed = open.iter().filter(|c| !held.contains_key(&c.arrival.number));
        let new = new.iter().filter(of_register).map(|c| said(c, c.arrival.received));
        new.chain(freed.map(|c| said(c, self.as_of))).collect()
    }

    fn verdict(&self, arrival: &Arrival, day: NaiveDate, lost: Option<&Lost>) -> (u32, Verdict) {
        let known = self.arrivals.last().map_or(0, |last| last.number);
        let detail = lost.map(Lost::detail).unwrap_or_default();
        (arrival.number, Verdict { known, day, held: lost.is_some(), detail })
    }

    /// The registers and lists: those that came now together, and those of an earlier day together.
    fn scope(
        &self,
        new: &[Case<'_, '_>],
        open: &[Case<'_, '_>],
        ground: &Ground,
        held: &mut Held,
    ) -> anyhow::Result<()> {
        let mut groups: BTreeMap<u32, Vec<Case<'_, '_>>> = BTreeMap::new();
        for case in open.iter().filter(|c| c.rule.of == LossOf::Practices) {
            let came = case.arrival.verdicts.first().map_or(0, |verdict| verdict.known);
            groups.entry(came).or_default().push(*case);
        }
        let now: Vec<Case<'_, '_>> = new.iter().filter(|c| c.rule.of == LossOf::Practices).copied().collect();
        for group in std::iter::once(now).chain(groups.into_values()) {
            if !group.is_empty() {
                group.iter().for_each(|c| drop(held.remove(&c.arrival.number)));
                self.practices(&group, ground, held)?;
            }
        }
        Ok(())
    }

    /// Files that came together and say which practices there are.
    fn practices(&self, group: &[Case<'_, '_>], ground: &Ground, held: &mut Held) -> anyhow::Result<()> {
        let mut without = held.clone();
        without.extend(group.iter().map(|c| (c.arrival.number, Lost::kept(""))));
        let before = self.base(ground, &without)?.register;
        let scope = codes(&before);
        let known = self.sent_scope()?.filter(|sent| !sent.is_empty()).unwrap_or_else(|| scope.clone());
        let excused = self.excused(ground)?;
        self.alien(group, ground, held)?;
        loop {
            let after = self.base(ground, held)?;
            let now = codes(&after.register);
            let gone = known.iter().filter(|c| !now.contains(*c) && !excused.contains(*c)).count();
            if !group.iter().any(|c| c.rule.is_exceeded(gone, known.len())) {
                return Ok(());
            }
            let left = || group.iter().filter(|c| !held.contains_key(&c.arrival.number));
            let mut takers = Vec::new();
            for case in left() {
                let mut alone = without.clone();
                alone.remove(&case.arrival.number);
                let with = codes(&self.base(ground, &alone)?.register);
                if scope.iter().any(|code| !with.contains(code)) {
                    takers.push((*case, with));
                }
            }
            if takers.is_empty() {
                let counts = |c: &&Case<'_, '_>| {
                    after.in_force.iter().any(|file| file.arrival.number == c.arrival.number)
                };
                takers = left().filter(counts).map(|c| (*c, now.clone())).collect();
            }
            if takers.is_empty() {
                return Ok(());
            }
            for (case, with) in takers {
                let lost: Vec<String> =
                    scope.union(&known).filter(|c| !with.contains(*c)).map(|c| before.shown(c)).collect();
                let found = Lost {
                    what: What::Practices,
                    of: known.len(),
                    gone: lost.len(),
                    all: false,
                    names: lost,
                    against: self.against(&case, &before, ground, &without)?,
                };
                held.insert(case.arrival.number, found);
            }
        }
    }

    /// Registers and lists that have none of our practices.
    fn alien(&self, group: &[Case<'_, '_>], ground: &Ground, held: &mut Held) -> anyhow::Result<()> {
        let pipeline = self.files.pipeline();
        for case in group {
            let Some(taken) = self.taken(case, &NoPractices)? else { continue };
            let register =
                Register::of(std::slice::from_ref(&taken), &[], &BTreeSet::new(), pipeline, self.as_of)?;
            let alien = if register.is_empty() {
                // A list: it has to have one of the practices that the register knows.
                let ours = self.base(ground, held)?.register.ours();
                !ours.is_empty() && ours.is_disjoint(&practices_of(&taken))
            } else {
                register.ours().is_empty()
            };
            if alien {
                let before = self.base(ground, held)?.register;
                let of = codes(&before).len();
                let lost = Lost {
                    what: What::Practices,
                    of,
                    gone: of,
                    all: true,
                    names: Vec::new(),
                    against: self.against(case, &before, ground, held)?,
                };
                held.insert(case.arrival.number, lost);
            }
        }
        Ok(())
    }

    /// Everything but registers and lists, in the order of arrival, under the register that counts.
    fn others(
        &self,
        new: &[Case<'_, '_>],
        open: &[Case<'_, '_>],
        ground: &Ground,
        held: &mut Held,
    ) -> anyhow::Result<Register> {
        let mut cases: Vec<Case<'_, '_>> =
            new.iter().chain(open).filter(|c| c.is_looked_at()).copied().collect();
        self.looked_at.borrow_mut().clear();
        let first = |c: &Case<'_, '_>| !matches!(c.rule.of, LossOf::Successors | LossOf::Networks);
        cases.sort_by_key(|c| (first(c), c.arrival.number));
        // None of them counts before it was looked at.
        let waiting = |c: &Case<'_, '_>| (c.arrival.number, Lost::kept(""));
        let mut open_still: Held = held.clone();
        open_still.extend(cases.iter().map(waiting));
        let mut base = self.base(ground, &open_still)?;
        for case in cases {
            let before = open_still.clone();
            open_still.remove(&case.arrival.number);
            let lost = match case.rule.of {
                LossOf::Networks | LossOf::Successors => {
                    let after = self.base(ground, &open_still)?;
                    let lost = of_reference(&case, &base.register, &after.register);
                    if lost.is_none() {
                        base = after;
                    }
                    lost
                }
                _ => self.rows(&case, &base, &ground.with_held(before.clone()))?,
            };
            match lost {
                None => drop(held.remove(&case.arrival.number)),
                Some(mut lost) => {
                    if lost.against.is_none() {
                        lost.against = self.against(&case, &base.register, ground, &before)?;
                    }
                    held.insert(case.arrival.number, lost.clone());
                    open_still.insert(case.arrival.number, lost);
                }
            }
        }
        Ok(base.register)
    }

    /// What a sheet would take away of the one that counts, or a fetched file does not cover.
    fn rows(&self, case: &Case<'_, 'p>, base: &Base<'_>, ground: &Ground) -> anyhow::Result<Option<Lost>> {
        let Case { arrival, feed, rule } = case;
        if base.register.is_empty() {
            return Ok(None);
        }
        let judge = Judge::new(self.arrivals, self.as_of, &base.given, &base.register, ground);
        let before = judge.before(arrival, feed, self.files)?;
        let read_before = before.map(|before| self.files.read_if_kept(before)).transpose()?.flatten();
        let before = before.zip(read_before);
        if rule.of == LossOf::Coverage {
            let then = before.and_then(|(before, read)| {
                let (_, taken) = settle(before, feed, &read, &base.register, &judge.due(before))?;
                Some(practices_of(&taken))
            });
            return self.coverage(case, then, &base.register);
        }
        let (Some((before, then)), Some(now)) = (before, self.files.read_if_kept(arrival)?) else {
            return Ok(None);
        };
        let (Ok(then), Ok(now)) = (then.rows.as_ref(), now.rows.as_ref()) else { return Ok(None) };
        let rows = |reading: &Reading, arrival: &Arrival| -> Rows {
            let mut looked_at = self.looked_at.borrow_mut();
            if let Some(place) = looked_at.iter().position(|(number, _)| *number == arrival.number) {
                let (number, rows) = looked_at.remove(place);
                looked_at.push((number, Rc::clone(&rows)));
                return rows;
            }
            let due = judge.due(arrival);
            let rows = Rc::new(known_rows((reading, due.as_slice()), feed, &base.register, self.as_of));
            if looked_at.len() > 1 {
                looked_at.remove(0);
            }
            looked_at.push((arrival.number, Rc::clone(&rows)));
            rows
        };
        let mut lost = of_sheet(rule, &rows(then, before), &rows(now, arrival));
        if let Some(lost) = &mut lost {
            // What a row is known by may hold what identifies a person.
            let guard = &self.files.pipeline().guard;
            if feed.guard.is_some() {
                lost.names.iter_mut().for_each(|name| *name = guard.concealed(std::mem::take(name)));
            }
            lost.against = Some(Receipt::number(before.number));
        }
        Ok(lost)
    }

    /// The practices in scope that a fetched file should cover and does not: those of the file before it; where
    /// there is none and nothing says how long the file should be, all of them.
    fn coverage(
        &self,
        case: &Case<'_, '_>,
        then: Option<BTreeSet<String>>,
        register: &Register,
    ) -> anyhow::Result<Option<Lost>> {
        let scope = codes(register);
        let Some(taken) = self.taken(case, register)? else { return Ok(None) };
        let expected = match then {
            Some(then) => then.intersection(&scope).cloned().collect(),
            None if case.arrival.way == Way::Unsure && taken.rows.column("practice").is_ok() => scope,
            None => return Ok(None),
        };
        let now = practices_of(&taken);
        Ok(of_set(case.rule, What::Coverage, &expected, &now, |code| register.shown(code)))
    }

    /// The accepted rows of a file.
    fn taken(&self, case: &Case<'_, '_>, practices: &dyn Practices) -> anyhow::Result<Option<Taken>> {
        let read = self.files.read_if_kept(case.arrival)?;
        Ok(read
            .and_then(|read| settle(case.arrival, case.feed, &read, practices, &[]))
            .map(|(_, taken)| taken))
    }

    /// The receipt of the file that goes on counting in the place of one.
    fn against(
        &self,
        case: &Case<'_, '_>,
        register: &Register,
        ground: &Ground,
        held: &Held,
    ) -> anyhow::Result<Option<String>> {
        let ground = ground.with_held(held.clone());
        let judge = Judge::new(self.arrivals, self.as_of, &[], register, &ground);
        let before = judge.before(case.arrival, case.feed, self.files)?;
        Ok(before.map(|before| Receipt::number(before.number)))
    }

    fn base(&self, ground: &Ground, held: &Held) -> anyhow::Result<Base<'p>> {
        Base::on(self.files, self.arrivals, self.as_of, &ground.with_held(held.clone()))
    }

    /// The practices that were in scope of the last pack that was sent, by the pipeline of today.
    fn sent_scope(&self) -> anyhow::Result<Option<BTreeSet<String>>> {
        let Some(made) = self.sent else { return Ok(None) };
        let then: Vec<Arrival> = self.arrivals.iter().filter(|a| a.received <= made).cloned().collect();
        let ground = Ground::of(self.files, &then, made)?;
        Ok(Some(codes(&Base::on(self.files, &then, made, &ground)?.register)))
    }

    /// The practices that a file took away which a named person let count: they are not gone again.
    fn excused(&self, ground: &Ground) -> anyhow::Result<BTreeSet<String>> {
        let mut out = BTreeSet::new();
        for arrival in self.arrivals.iter().filter(|a| ground.is_let_in(a)) {
            let of_scope = self.case(arrival)?.is_some_and(|case| case.rule.of == LossOf::Practices);
            if !of_scope {
                continue;
            }
            let until = |number: u32| -> anyhow::Result<BTreeSet<String>> {
                let then: Vec<Arrival> =
                    self.arrivals.iter().filter(|a| a.number <= number).cloned().collect();
                Ok(codes(&Base::on(self.files, &then, self.as_of, ground)?.register))
            };
            let (without, with) = (until(arrival.number.saturating_sub(1))?, until(arrival.number)?);
            out.extend(without.difference(&with).cloned());
        }
        Ok(out)
    }

    /// Why no pack may be made: no practice is in scope, or too many went since the last pack that was sent by
    /// files that nobody let count.
    ///
    /// # Errors
    /// If the store is damaged.
    pub fn refusal(&self, register: &Register, ground: &Ground) -> anyhow::Result<Option<String>> {
        let now = codes(register);
        if now.is_empty() {
            return Ok(Some(
                "no practice is in scope, so there is nothing to make packs of; look at the receipts of the \
                 register and of the list of registered patients"
                    .to_owned(),
            ));
        }
        let Some(sent) = self.sent_scope()? else { return Ok(None) };
        let gone: Vec<&String> = sent.difference(&now).collect();
        if gone.is_empty() {
            return Ok(None);
        }
        let layouts = self.files.pipeline().feeds.iter().flat_map(|feed| &feed.layouts);
        let rules: Vec<&Loss> = layouts.map(|l| &l.loss).filter(|l| l.of == LossOf::Practices).collect();
        let excused = self.excused(ground)?;
        let gone: Vec<String> =
            gone.into_iter().filter(|c| !excused.contains(*c)).map(|c| register.shown(c)).collect();
        let lost = rules.into_iter().find_map(|rule| {
            Lost::beyond(rule, What::Practices, gone.clone(), sent.len()).map(|l| Lost { all: false, ..l })
        });
        let (Some(lost), Some(made)) = (lost, self.sent) else { return Ok(None) };
        Ok(Some(format!(
            "no packs are made: since the packs of {} {}. Put the right file into the inbox; or, if they really \
             went, write the receipt of the file that took them away and \"file\" as the cell into the sheet of \
             releases",
            crate::dates::long(made),
            lost.words().replace("would be gone", "are gone")
        )))
    }
}

/// What a file of networks or successors would take away.
fn of_reference(case: &Case<'_, '_>, before: &Register, after: &Register) -> Option<Lost> {
    let shown = |code: &str| before.shown(code);
    match case.rule.of {
        LossOf::Networks => {
            of_set(case.rule, What::Networks, &before.in_a_network(), &after.in_a_network(), shown)
        }
        _ => of_set(
            case.rule,
            What::Successors,
            &before.succeeded_of_ours(),
            &after.succeeded_of_ours(),
            shown,
        ),
    }
}

fn codes(register: &Register) -> BTreeSet<String> {
    register.in_scope().keys().cloned().collect()
}

/// The practices that accepted rows are about.
fn practices_of(taken: &Taken) -> BTreeSet<String> {
    let cells = Cells::new(Some(&taken.rows));
    (0..cells.height()).filter_map(|row| cells.text("practice", row)).collect()
}
