//! Which documents a job makes for which committee, and the letters they go with.

use std::collections::{BTreeMap, BTreeSet};

use super::alerts::Alerts;
use super::documents::{Finished, Outcome, Press, Written, size};
use super::plan::{Letter, LetterForm};
use super::revisions::{Revisions, alert_id, fingerprint, pack_id};
use crate::dispatch::budget::{Parcels, all_or_none, encoded, split};
use crate::dispatch::recipients::needs_public;
use crate::documents::quarterly::QuarterlyPack;
use crate::documents::{Material, Standing};
use crate::pipeline::{Audience, Committee, Document, Job, OverBudget, Pipeline, Posting};
use crate::render::{Elsewhere, Linked, Post as Enclosures, TemplateError, Withheld};

/// What a run sends.
pub struct Post<'p> {
    /// The letters.
    pub letters: Vec<Letter<'p>>,
    /// The documents that were written.
    pub written: Vec<Written>,
    /// The documents that were refused, each with the reason.
    pub refused: Vec<String>,
    /// What somebody should look at.
    pub warnings: Vec<String>,
    /// Characters that do not stand in documents as they are read, each with the documents.
    pub unprintable: BTreeMap<char, BTreeSet<String>>,
}

/// Makes the documents of a job and the letters to the committees that get them.
///
/// # Errors
/// If a document cannot be written.
pub fn make<'p: 'a, 'a>(
    presses: impl Fn(&Committee) -> Option<&'a Press<'p>>,
    pipeline: &'p Pipeline,
    job: &Job,
    alerts: &Alerts,
    revisions: &Revisions,
) -> anyhow::Result<Post<'p>> {
    let mut post = Post {
        letters: Vec::new(),
        written: Vec::new(),
        refused: Vec::new(),
        warnings: Vec::new(),
        unprintable: BTreeMap::new(),
    };
    for committee in &pipeline.committees {
        let Some(press) = presses(committee) else { continue };
        let gets =
            |document: Document| committee.documents.contains(&document) && job.documents.contains(&document);
        if gets(Document::ExceptionAlert) {
            post.alerts(press, committee, alerts)?;
        }
        post.packs(press, committee, gets(Document::QuarterlyPack), gets(Document::Sbar), revisions)?;
    }
    Ok(post)
}

/// The pack of a committee in the form for one audience.
struct Edition {
    content: QuarterlyPack,
    audience: Audience,
    files: Vec<Finished>,
    /// What does not go with it because a gate refused it.
    withheld: Vec<Withheld>,
    /// What its documents say, refused ones too: name and hash.
    says: Vec<(String, String)>,
}

/// The name of a document and the hash of what it says, whatever became of it.
fn says(outcome: &Outcome) -> (String, String) {
    match outcome {
        Ok(finished) => (finished.name.clone(), finished.substance.clone()),
        Err(refused) => (refused.name.clone(), refused.substance.clone()),
    }
}

/// What recipients are told of a document that does not go with their message.
fn withheld(outcome: &Outcome) -> Option<Withheld> {
    let refused = outcome.as_ref().err()?;
    Some(Withheld { name: refused.name.clone(), why: refused.told.to_owned() })
}

impl<'p> Post<'p> {
    /// Keeps a document that passed the gates, or the reason why one did not.
    fn keep(&mut self, committee: &Committee, outcome: Outcome) -> Option<Finished> {
        match outcome {
            Ok(finished) => {
                for character in &finished.unprintable {
                    let name = format!("{}/{}", committee.id, finished.name);
                    self.unprintable.entry(*character).or_default().insert(name);
                }
                self.written.push(finished.written(committee));
                Some(finished)
            }
            Err(refused) => {
                self.refused.push(refused.reason);
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
        revisions: &Revisions,
    ) -> anyhow::Result<()> {
        if !pack && !sbars {
            return Ok(());
        }
        let posting = &press.material.pipeline.mail.posting;
        let mut edition = if pack { self.edition(press, committee)? } else { None };
        if sbars {
            // The SBARs are made also where the pack they would go with was refused.
            for standing in reactive(press) {
                let outcome = press.sbar(committee, standing)?;
                if let Some(edition) = edition.as_mut() {
                    edition.says.push(says(&outcome));
                    edition.withheld.extend(withheld(&outcome));
                }
                let kept = self.keep(committee, outcome);
                if let Some(edition) = edition.as_mut() {
                    edition.files.extend(kept);
                }
            }
        }
        let Some(edition) = edition else { return Ok(()) };
        let mut editions = vec![edition];
        if needs_public(committee, posting) {
            let open = Committee {
                id: format!("{}/public", committee.id),
                audience: Audience::Public,
                ..committee.clone()
            };
            editions.extend(self.edition(press, &open)?);
        }
        let said = editions.iter().flat_map(|e| &e.says);
        let documents = fingerprint(said.map(|(name, hash)| (name.as_str(), hash.as_str())));
        let period = press.material.quarter.id();
        let revision = revisions.number(committee, &period, &documents);
        let id = pack_id(committee, &period, revision);
        let numbering = numbering(press.material, &committee.name, &id, revision);
        let mut forms = Vec::new();
        for Edition { content, audience, mut files, withheld, .. } in editions {
            files.iter_mut().for_each(|file| file.revise(revision));
            let subject = format!(
                "[{}] {}, {}, {}",
                content.head.classification,
                content.head.title,
                press.material.quarter.short(),
                committee.name
            );
            let origin = press.origin(audience);
            let text = |enclosures: &Enclosures| {
                press.templates.pack_mail(&content, enclosures, &numbering, &origin)
            };
            forms.push(self.form(press, committee, audience, subject, (files, withheld), text)?);
        }
        self.letters.push(Letter {
            committee,
            kind: Document::QuarterlyPack,
            id,
            key: format!("quarterly-pack/{period}/r{revision}"),
            period,
            revision,
            documents,
            forms,
        });
        Ok(())
    }

    /// The pack for an audience, in parts if it is too large for one message; none if a gate refused it:
    /// a letter without the pack it speaks of is not sent.
    fn edition(&mut self, press: &Press<'p>, committee: &Committee) -> anyhow::Result<Option<Edition>> {
        let (content, outcome) = press.pack(committee)?;
        let says = vec![says(&outcome)];
        let Some(whole) = self.keep(committee, outcome) else { return Ok(None) };
        let budget = budget(committee, &press.material.pipeline.mail.posting);
        let mut files = vec![whole];
        let too_large = files.iter().any(|f| encoded(f.bytes.len()) > budget);
        if too_large && committee.over_budget == OverBudget::Split {
            let mut parts = Vec::new();
            for outcome in press.parts(committee, budget)? {
                let Some(part) = self.keep(committee, outcome) else { return Ok(None) };
                parts.push(part);
            }
            files = parts;
        }
        Ok(Some(Edition { content, audience: committee.audience, files, withheld: Vec::new(), says }))
    }

    /// Shares files out over messages and writes what each of them says.
    fn form(
        &mut self,
        press: &Press<'_>,
        committee: &Committee,
        audience: Audience,
        subject: String,
        (files, withheld): (Vec<Finished>, Vec<Withheld>),
        text: impl Fn(&Enclosures) -> Result<String, TemplateError>,
    ) -> anyhow::Result<LetterForm> {
        let posting = &press.material.pipeline.mail.posting;
        let budget = budget(committee, posting);
        let weight = |file: &Finished| file.bytes.len();
        let Parcels { messages, over } = match committee.over_budget {
            OverBudget::Split => split(files, budget, weight),
            OverBudget::Link => all_or_none(files, budget, weight),
        };
        let linked: Vec<Linked> = over
            .iter()
            .map(|file| Linked {
                file: file.attached(),
                // The place names the run, which is nothing for the public.
                place: place(file, posting, press.material.run).filter(|_| audience == Audience::Named),
            })
            .collect();
        if let (Some(first), None) = (linked.first(), &posting.packs_link) {
            self.warnings.push(format!(
                "{} for the {} is too large to be attached, and no `packs_link` under [mail] says where \
                 recipients find it: they are told to ask",
                first.file.name, committee.name
            ));
        }
        let names: Vec<String> = messages
            .iter()
            .map(|files| files.iter().map(|f| f.name.as_str()).collect::<Vec<_>>().join(", "))
            .collect();
        let mut out = Vec::new();
        for (index, files) in messages.into_iter().enumerate() {
            let number = index + 1;
            let elsewhere = (1..).zip(&names).filter(|(other, _)| *other != number);
            let enclosures = Enclosures {
                attached: files.iter().map(Finished::attached).collect(),
                number,
                of: names.len(),
                elsewhere: elsewhere
                    .map(|(number, files)| Elsewhere { number, files: files.clone() })
                    .collect(),
                linked: linked.clone(),
                withheld: withheld.clone(),
                limit: size(usize::try_from(budget).unwrap_or(usize::MAX)),
            };
            out.push((text(&enclosures)?, files));
        }
        Ok(LetterForm { audience, subject, messages: out, linked: over })
    }

    /// One letter for each alert, with the SBAR of the practice where it is in scope.
    fn alerts(&mut self, press: &Press<'p>, committee: &'p Committee, alerts: &Alerts) -> anyhow::Result<()> {
        for (given, exception) in &alerts.said {
            let (mut files, mut refused, mut said) = (Vec::new(), Vec::new(), Vec::new());
            if let Some(standing) = press.material.of(&exception.practice) {
                let outcome = press.sbar(committee, standing)?;
                said.push(says(&outcome));
                refused.extend(withheld(&outcome));
                files.extend(self.keep(committee, outcome));
            }
            let (content, outcome) = press.alert(committee, given, exception, !files.is_empty())?;
            said.push(says(&outcome));
            if self.keep(committee, outcome).is_none() {
                continue;
            }
            let again = if given.nth > 1 { format!("-{}", given.nth) } else { String::new() };
            let event = format!("{}/{}-{}{again}", given.occurrence, given.event.word(), given.level);
            let key = format!("exception/{}/{event}", exception.id);
            // A subject is read on locked screens: it has the code and not the name.
            let subject = format!("[{}] {}", content.head.classification, content.head.short);
            let origin = press.origin(Audience::Named);
            let text = |enclosures: &Enclosures| press.templates.alert_mail(&content, enclosures, &origin);
            let form = self.form(press, committee, Audience::Named, subject, (files, refused), text)?;
            self.letters.push(Letter {
                committee,
                kind: Document::ExceptionAlert,
                id: alert_id(committee, &key),
                key,
                period: format!("{}/{event}", exception.id),
                revision: 1,
                documents: fingerprint(said.iter().map(|(name, hash)| (name.as_str(), hash.as_str()))),
                forms: vec![form],
            });
        }
        Ok(())
    }
}

/// What the attachments of one message to a committee may weigh.
fn budget(committee: &Committee, posting: &Posting) -> u64 {
    committee.budget.unwrap_or(posting.budget)
}

/// Where recipients find a file that is too large, below the place that the pipeline names.
fn place(file: &Finished, posting: &Posting, run: &str) -> Option<String> {
    let base = posting.packs_link.as_deref()?.trim_end_matches('/');
    let parts: Vec<String> = file.path.iter().map(|p| p.to_string_lossy().into_owned()).collect();
    let from = parts.iter().rposition(|part| part == run)?;
    Some(format!("{base}/{}", parts.get(from..)?.join("/")))
}

/// Which pack this is, so that a reader notices one that did not arrive.
fn numbering(material: &Material<'_>, committee: &str, id: &str, revision: u32) -> String {
    let quarter = material.quarter;
    let year = |quarter: crate::pipeline::Quarter| {
        let id = quarter.id();
        id.rsplit_once("-q").map_or(id.clone(), |(year, _)| year.to_owned())
    };
    let before = match &material.last {
        None => "It is the first pack.\nIf you should not receive it, please answer this message.".to_owned(),
        Some(last) => {
            let calendar = &material.pipeline.calendar;
            let then = calendar.quarter_before(last.as_of);
            let then = if then == quarter { calendar.quarter_before(quarter.first) } else { then };
            format!(
                "The one before it is pack {} of {}: if that did not reach you, or you should not\n\
                 receive this one, please answer this message.",
                then.number,
                year(then)
            )
        }
    };
    let replaces = match revision {
        0 | 1 => String::new(),
        later => format!("\nIt is revision {later} and replaces the one before: please use it instead."),
    };
    format!(
        "This is pack {} of {} for the {committee} ({id}).{replaces}\n{before}",
        quarter.number,
        year(quarter)
    )
}

/// The practices whose level is reactive.
fn reactive<'p>(press: &Press<'p>) -> impl Iterator<Item = &'p Standing> {
    let levels = &press.material.pipeline.levels;
    press.material.standings.iter().filter(|s| levels.get(s.outcome.level).reactive)
}
