//! Answering each file that came in with a receipt: beside it as soon as it is read and settled, and in the
//! ledger once everything is known. What is known only in the end, such as a late row, amends it then.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;

use super::answer::Desk;
use super::arrive::Lying;
use super::draw::{Compared, Known, Sources, is_taken_back, known_already, take_back};
use crate::disk::unwritten::Unwritten;
use crate::intake::{Receipt, State as Fate};
use crate::known::counting::Judge;
use crate::known::ground::Ground;
use crate::known::last_pack::LastPack;
use crate::known::late::late;
use crate::known::state::{Heard, NoPractices, State};
use crate::ledger::{Ledger, Seen};
use crate::pipeline::Counts;

/// Receipts of the files that lie in the inbox.
#[derive(Debug, Default)]
pub struct Receipts {
    /// Each by the place of its file in the inbox.
    pub by_place: BTreeMap<usize, Receipt>,
    /// The places of those that say what they said before.
    pub unchanged: BTreeSet<usize>,
}

/// Answers the files that lie in the inbox.
pub struct Answering<'a> {
    desk: &'a Desk<'a>,
    lying: &'a [Lying],
    ledger: &'a mut Ledger,
    /// Where receipts are laid beside files; none in a dry run.
    beside: Option<&'a Unwritten>,
    /// The places of each feed's files.
    places: BTreeMap<&'a str, Vec<usize>>,
    /// Receipts drawn before everything was known, by arrival.
    drafts: BTreeMap<u32, Receipt>,
    compared: Compared,
    warnings: Vec<String>,
}

impl<'a> Answering<'a> {
    /// Answers these files.
    pub fn new(
        desk: &'a Desk<'a>,
        lying: &'a [Lying],
        ledger: &'a mut Ledger,
        beside: Option<&'a Unwritten>,
    ) -> Self {
        let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, file) in lying.iter().enumerate() {
            places.entry(&file.arrival().feed).or_default().push(place);
        }
        places.values_mut().for_each(|of_feed| of_feed.sort_by_key(|place| lying[*place].arrival().number));
        Self {
            desk,
            lying,
            ledger,
            beside,
            places,
            drafts: BTreeMap::new(),
            compared: Compared::default(),
            warnings: Vec::new(),
        }
    }

    /// The ledger, between the two.
    pub fn ledger(&mut self) -> &mut Ledger {
        self.ledger
    }

    /// Answers the files of a feed that have no receipt yet, each as soon as it is read and settled. Where the
    /// newest file counts it goes first: the others then say at once that it replaces them.
    ///
    /// # Errors
    /// If the store or the ledger cannot be used.
    pub fn hear(&mut self, heard: &Heard<'_, '_>) -> anyhow::Result<()> {
        let mut places = self.places.get(heard.feed.id.as_str()).cloned().unwrap_or_default();
        if heard.feed.counts == Counts::Newest {
            places.reverse();
        }
        let compared = std::mem::take(&mut self.compared);
        let sources = Sources::new(self.desk.files, heard.judge, Some(Known::heard(heard)), None, &compared);
        for place in places {
            let file = &self.lying[place];
            let arrival = file.arrival();
            let is_itself = arrival.file == file.name && !matches!(file.seen, Seen::Elsewhere(_));
            if !is_itself || self.ledger.receipt(arrival.number)?.is_some() {
                continue;
            }
            let receipt = sources.receipt(arrival, None, None)?;
            self.lay(place, &receipt, false)?;
            self.drafts.insert(arrival.number, receipt);
        }
        Ok(())
    }

    /// Answers all files, now that everything is known. Gives the receipts and what somebody should look at.
    ///
    /// Those in force and those refused are told anew, as the register and the layouts now read them; a file
    /// that a newer one replaced keeps what it was told.
    ///
    /// # Errors
    /// If the ledger or the store cannot be used.
    pub fn finish(
        mut self,
        state: Option<&State>,
        last: Option<&LastPack>,
    ) -> anyhow::Result<(Receipts, Vec<String>)> {
        let (files, arrivals) = (self.desk.files, self.desk.arrivals);
        let last_day = arrivals.iter().map(|a| a.received).max().unwrap_or_default();
        let without = match state {
            Some(_) => Ground::default(),
            None => Ground::of(files, arrivals, last_day)?,
        };
        let judge = match state {
            Some(state) => Judge::new(arrivals, state.as_of, &state.releases, &state.register, &state.ground),
            None => Judge::new(arrivals, last_day, &[], &NoPractices, &without),
        };
        let said = self.ledger.amendments()?;
        let compared = std::mem::take(&mut self.compared);
        let known = state.map(Known::of);
        let sources = Sources::new(files, &judge, known, last, &compared);
        let mut out = Receipts::default();
        for place in std::mem::take(&mut self.places).into_values().flatten() {
            let file = &self.lying[place];
            let arrival = file.arrival();
            let told = self.ledger.receipt(arrival.number)?;
            let told = told.and_then(|text| serde_json::from_str::<Receipt>(&text).ok());
            // A team is told anew when the register or a layout reads its sheet otherwise.
            let feed = files.pipeline().feed(&arrival.feed);
            let newest_only = feed.is_some_and(|f| f.counts == Counts::Newest);
            let in_force = newest_only && state.is_some_and(|s| s.settled.contains_key(&arrival.number));
            let levels = &self.desk.files.pipeline().levels;
            let passed = state.is_some_and(|s| s.passed.contains_key(&arrival.number));
            let refused = told.as_ref().is_some_and(|r| r.state == Fate::Rejected);
            let draft = self.drafts.remove(&arrival.number);
            let void = said.iter().rfind(|s| s.arrival == arrival.number).filter(|s| s.received.is_none());
            let mut receipt = match (told, &draft) {
                (Some(told), _) if void.is_some_and(|void| is_taken_back(&told, void)) => {
                    out.unchanged.insert(place);
                    told
                }
                (Some(told), _) if !in_force && !refused && !passed && void.is_none() => {
                    out.unchanged.insert(place);
                    told
                }
                // Nothing was found out since about a file that does not count.
                (None, Some(draft)) if !known.is_some_and(|known| known.has(arrival)) => {
                    let late = last
                        .filter(|_| draft.state != Fate::Rejected)
                        .and_then(|last| late(arrival, last, levels));
                    Receipt { late, ..draft.clone() }
                }
                (told, draft) => {
                    let mut receipt = sources.receipt(arrival, told.as_ref(), draft.as_ref())?;
                    if let Some(void) = void {
                        take_back(&mut receipt, void);
                    }
                    if told.as_ref() == Some(&receipt) {
                        out.unchanged.insert(place);
                    }
                    receipt
                }
            };
            // What cannot be settled is settled by the run that can, and told then.
            if !out.unchanged.contains(&place) && (state.is_some() || receipt.state == Fate::Rejected) {
                let text = serde_json::to_string(&receipt).context("a receipt cannot be kept")?;
                self.ledger.keep_receipt(arrival.number, &text)?;
            }
            if let Seen::Elsewhere(first) | Seen::Before(first) = &file.seen
                && first.file != file.name
            {
                receipt = known_already(receipt, first, &file.name, sources.is_replaced(first)?);
            }
            if draft.as_ref() != Some(&receipt) {
                self.lay(place, &receipt, out.unchanged.contains(&place))?;
            }
            out.by_place.insert(place, receipt);
        }
        Ok((out, self.warnings))
    }

    fn lay(&mut self, place: usize, receipt: &Receipt, unchanged: bool) -> anyhow::Result<()> {
        let Some(unwritten) = self.beside else { return Ok(()) };
        let warning = self.desk.lay_beside(&self.lying[place], receipt, unchanged, self.ledger, unwritten)?;
        self.warnings.extend(warning.filter(|warning| !self.warnings.contains(warning)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::intake::counted;
    use crate::pipeline::{Folder, Pipeline, load};
    use crate::run::{IntakeRequest, Progress, take_in};
    use crate::workspace::Workspace;

    struct Silent;

    impl Progress for Silent {
        fn step(&self, _: &str) {}
    }

    const FEED: &str = "concerns-quality";

    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap().flatten() {
            let target = to.join(entry.file_name());
            match entry.path().is_dir() {
                true => copy(&entry.path(), &target),
                false => drop(fs::copy(entry.path(), target).unwrap()),
            }
        }
    }

    fn root(folder: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
    }

    /// The pipeline of the invented board, with a feed of which these files count.
    fn pipeline(counts: Counts) -> Pipeline {
        let dir = tempfile::tempdir().unwrap();
        copy(&root("pipelines/lancashire-south-cumbria"), dir.path());
        copy(&root("fixtures/pipeline"), dir.path());
        let mut pipeline = load(&Folder::read(dir.path()).unwrap()).pipeline.unwrap();
        pipeline.feeds.iter_mut().filter(|feed| feed.id == FEED).for_each(|feed| feed.counts = counts);
        pipeline
    }

    /// How often a file is settled while so many come in at once, and while they are looked at again.
    fn settled(pipeline: &Pipeline, files: usize) -> (usize, usize) {
        let dir = tempfile::tempdir().unwrap();
        let steps = root("fixtures/steps/1-quarterly-2026-07-14/inbox");
        for feed in ["ods-register", "ods-successors", "patients-registered"] {
            copy(&steps.join(feed), &dir.path().join("inbox").join(feed));
        }
        let inbox = dir.path().join("inbox").join(FEED);
        fs::create_dir_all(&inbox).unwrap();
        for number in 0..files {
            let header = "Practice code,Practice name,Date raised,Theme,Concern,Severity,Status,Reference";
            let row = format!("X90001,,01/06/2026,Workforce,text,Low,Open,Q-{number}");
            // A sheet that has nothing of the one before it would be held.
            let of_all = "X90002,,01/06/2026,Workforce,text,Low,Open,Q-all";
            fs::write(inbox.join(format!("{number:03}.csv")), format!("{header}\n{row}\n{of_all}\n"))
                .unwrap();
        }
        let workspace = Workspace::new(dir.path());
        let as_of = "2026-07-14".parse().unwrap();
        let go = || {
            counted::taken();
            take_in(&IntakeRequest { pipeline, workspace: workspace.clone(), as_of, progress: &Silent })
                .unwrap();
            counted::taken()
        };
        (go(), go())
    }

    #[test]
    fn however_many_files_come_each_is_settled_once_and_compared_once() {
        for counts in [Counts::Every, Counts::Newest] {
            let pipeline = pipeline(counts);
            let (few, many) = (settled(&pipeline, 4), settled(&pipeline, 24));
            // Where a file takes the place of another it is looked at, too, what it would take away.
            let times = if counts == Counts::Newest { 4 } else { 2 };
            assert_eq!(many.0 - few.0, times * 20, "{counts:?}");
            assert_eq!(many.1 - few.1, 20, "{counts:?}, looked at again");
        }
    }
}
