//! Which documents a job makes for which committee, and the letters they go with.

use super::alerts::Alerts;
use super::documents::{Finished, Press};
use super::letters::Letter;
use super::report::Document as Written;
use crate::packs::Standing;
use crate::packs::quarterly::QuarterlyPack;
use crate::pipeline::{Committee, Document, Job};

/// What a run sends.
pub struct Post<'p> {
    /// The letters.
    pub letters: Vec<Letter<'p>>,
    /// The documents that were written.
    pub written: Vec<Written>,
    /// The documents that were refused, each with the reason.
    pub refused: Vec<String>,
}

/// The revision of a pack; a correction after a recall has a higher one.
const REVISION: &str = "r1";

/// Makes the documents of a job and the letters to the committees that get them.
///
/// # Errors
/// If a document cannot be written.
pub fn make<'p>(press: &Press<'p>, job: &Job, alerts: &Alerts) -> anyhow::Result<Post<'p>> {
    let mut post = Post { letters: Vec::new(), written: Vec::new(), refused: Vec::new() };
    for committee in &press.material.pipeline.committees {
        let gets =
            |document: Document| committee.documents.contains(&document) && job.documents.contains(&document);
        if gets(Document::ExceptionAlert) {
            post.alerts(press, committee, alerts)?;
        }
        post.packs(press, committee, gets(Document::QuarterlyPack), gets(Document::Sbar))?;
    }
    Ok(post)
}

impl<'p> Post<'p> {
    /// Keeps a document that passed the gates, or the reason why one did not.
    fn keep(&mut self, committee: &Committee, outcome: Result<Finished, String>) -> Option<Finished> {
        match outcome {
            Ok(finished) => {
                self.written.push(finished.written(committee));
                Some(finished)
            }
            Err(reason) => {
                self.refused.push(reason);
                None
            }
        }
    }

    /// The pack and the SBARs of a committee, in one letter.
    fn packs(
        &mut self,
        press: &Press<'p>,
        committee: &'p Committee,
        pack: bool,
        sbars: bool,
    ) -> anyhow::Result<()> {
        if !pack && !sbars {
            return Ok(());
        }
        let made = if pack { Some(press.pack(committee)?) } else { None };
        let mut files = Vec::new();
        let mut said: Option<QuarterlyPack> = None;
        if let Some((content, outcome)) = made {
            // A letter without the pack it speaks of is not sent; the SBARs are made all the same.
            files.extend(self.keep(committee, outcome));
            said = Some(content).filter(|_| !files.is_empty());
        }
        if sbars {
            for standing in reactive(press) {
                let outcome = press.sbar(committee, standing)?;
                files.extend(self.keep(committee, outcome));
            }
        }
        let Some(content) = said else { return Ok(()) };
        let attached: Vec<_> = files.iter().map(Finished::attached).collect();
        let quarter = &press.material.quarter;
        self.letters.push(Letter {
            committee,
            key: format!("quarterly-pack/{}/{REVISION}", quarter.id()),
            subject: format!("[{}] {}, {}", content.head.classification, content.head.title, quarter.short()),
            text: press.templates.pack_mail(&content, &attached)?,
            files,
        });
        Ok(())
    }

    /// One letter for each alert, with the SBAR of the practice where it is in scope.
    fn alerts(&mut self, press: &Press<'p>, committee: &'p Committee, alerts: &Alerts) -> anyhow::Result<()> {
        for (given, exception) in &alerts.said {
            let mut files = Vec::new();
            if let Some(standing) = press.material.of(&exception.practice) {
                let outcome = press.sbar(committee, standing)?;
                files.extend(self.keep(committee, outcome));
            }
            let (content, outcome) = press.alert(committee, given, exception, !files.is_empty())?;
            if self.keep(committee, outcome).is_none() {
                continue;
            }
            let attached: Vec<_> = files.iter().map(Finished::attached).collect();
            self.letters.push(Letter {
                committee,
                key: format!(
                    "exception/{}/{}/{}-{}",
                    exception.id,
                    given.occurrence,
                    given.event.word(),
                    given.level
                ),
                // A subject is read on locked screens: it has the code and not the name.
                subject: format!("[{}] {}", content.head.classification, content.head.short),
                text: press.templates.alert_mail(&content, &attached)?,
                files,
            });
        }
        Ok(())
    }
}

/// The practices whose level is reactive.
fn reactive<'p>(press: &Press<'p>) -> impl Iterator<Item = &'p Standing> {
    let levels = &press.material.pipeline.levels;
    press.material.standings.iter().filter(|s| levels.get(s.outcome.level).reactive)
}
