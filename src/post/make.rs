//! Which documents a job makes for which committee, and the letters they go with.

use std::collections::{BTreeMap, BTreeSet};

use super::alerts::Alerts;
use super::documents::{Address, Finished, Outcome, Press, Written, size, where_from};
use super::plan::{Letter, LetterForm};
use super::revisions::{Revisions, alert_id, fingerprint, pack_id};
use crate::dispatch::budget::{Parcels, all_or_none, encoded, split};
use crate::dispatch::recipients::needs_public;
use crate::documents::context::{About as Subject, Event};
use crate::documents::{Material, Narrow, Order, Paper, which};
use crate::pipeline::{
    About, Audience, Committee, Document, Every, Job, OverBudget, Pipeline, Posting, Span, slug,
};
use crate::render::{Elsewhere, Linked, Post as Enclosures, TemplateError, Withheld};
use crate::triangulate::Practice;

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

/// What documents are made from, for a committee and a document.
pub type Materials<'a, 'p> = dyn Fn(&Committee, &Document) -> Option<&'a Material<'p>> + 'a;

/// Makes the documents of a job and the letters to the committees that get them.
///
/// # Errors
/// If a document cannot be written.
pub fn make<'p>(
    press: &Press<'_>,
    materials: &Materials<'_, 'p>,
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
        let gets = |id: &String| committee.documents.contains(id) && job.documents.contains(id);
        let documents: Vec<&Document> =
            pipeline.documents_of(&committee.documents).filter(|document| gets(&document.id)).collect();
        for document in documents.iter().filter(|document| !document.is_regular()) {
            if let Some(material) = materials(committee, document) {
                let maker = Maker { press, material, committee, document, revision: 0 };
                post.events(&maker, alerts)?;
            }
        }
        for document in documents.iter().filter(|document| document.is_regular()) {
            let leader = document.goes_with.as_ref().filter(|leader| gets(leader));
            let Some(material) = materials(committee, document).filter(|_| leader.is_none()) else {
                continue;
            };
            let maker = Maker { press, material, committee, document, revision: 0 };
            let others: Vec<Maker<'_, '_>> = documents
                .iter()
                .filter(|other| other.goes_with.as_ref() == Some(&document.id))
                .filter_map(|document| {
                    let material = materials(committee, document)?;
                    Some(Maker { document, material, ..maker })
                })
                .collect();
            post.packs(&maker, &others, revisions)?;
        }
    }
    Ok(post)
}

/// Makes one document for one committee.
#[derive(Clone, Copy)]
struct Maker<'a, 'p> {
    press: &'a Press<'a>,
    material: &'a Material<'p>,
    committee: &'p Committee,
    document: &'p Document,
    /// Of which revision of its pack a document says that it is; 0 while that is not known.
    revision: u32,
}

/// What was made of a document for one audience.
struct Edition {
    /// What the first of them says.
    content: Paper,
    audience: Audience,
    files: Vec<Finished>,
    /// What does not go with it because a gate refused it.
    withheld: Vec<Withheld>,
}

/// What recipients are told of a document that does not go with their message.
fn withheld(outcome: &Outcome) -> Option<Withheld> {
    let refused = outcome.as_ref().err()?;
    Some(Withheld { name: refused.name.clone(), why: refused.told.to_owned() })
}

impl Maker<'_, '_> {
    fn order<'o>(&'o self, committee: &'o Committee, about: Subject<'o>) -> Order<'o> {
        let Self { document, revision, .. } = *self;
        Order { document, about, committee: &committee.name, audience: committee.audience, revision }
    }

    /// Each document that there is for a committee, in order.
    fn each(
        &self,
        committee: &Committee,
        mut make: impl FnMut(&Material<'_>, &Order<'_>, Address<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        match self.document.about {
            About::Board => {
                let address = Address { committee, subject: "", occasion: "" };
                make(self.material, &self.order(committee, Subject::Practices), address)?;
            }
            About::EachPractice => {
                for standing in which(self.material, self.document.filter.as_ref())? {
                    let subject = &standing.code().to_lowercase();
                    let address = Address { committee, subject, occasion: "" };
                    make(self.material, &self.order(committee, Subject::Practice(standing)), address)?;
                }
            }
            About::EachPlace | About::EachNetwork => {
                for (subject, narrow) in &self.groups()? {
                    let address = Address { committee, subject, occasion: "" };
                    let material = narrow.material(self.material);
                    make(&material, &self.order(committee, Subject::Practices), address)?;
                }
            }
            About::EachException => {}
        }
        Ok(())
    }

    /// The places or networks that there is a document about, with their practices.
    fn groups(&self) -> anyhow::Result<Vec<(String, Narrow)>> {
        let practices = || self.material.standings.iter().map(|s| &s.outcome.practice);
        let narrow = |name: &str, is: &dyn Fn(&Practice) -> bool| -> anyhow::Result<(String, Narrow)> {
            Ok((slug(name), Narrow::of(self.material, name, is)?))
        };
        match self.document.about {
            About::EachPlace => {
                let places = self.material.pipeline.scope.places.iter().map(|place| &place.name);
                let wanted =
                    |name: &&String| self.committee.place.as_ref().is_none_or(|place| place == *name);
                places.filter(wanted).map(|name| narrow(name, &|p: &Practice| p.place == *name)).collect()
            }
            About::EachNetwork => {
                let networks: BTreeMap<&str, &str> = practices()
                    .filter_map(|p| {
                        Some((p.pcn.as_deref()?, p.pcn_name.as_deref().unwrap_or(p.pcn.as_deref()?)))
                    })
                    .collect();
                let of = |(code, name): (&str, &str)| {
                    let title = format!("{} ({code})", crate::documents::title_case(name));
                    narrow(&title, &|p: &Practice| p.pcn.as_deref() == Some(code))
                };
                networks.into_iter().map(of).collect()
            }
            _ => Ok(Vec::new()),
        }
    }
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

    /// A document of a period with those that go with it, in one letter.
    fn packs(
        &mut self,
        maker: &Maker<'_, 'p>,
        others: &[Maker<'_, 'p>],
        revisions: &Revisions,
    ) -> anyhow::Result<()> {
        let Maker { press, material, committee, document, .. } = *maker;
        let pipeline = material.pipeline;
        let public = needs_public(committee, &pipeline.mail.posting) && document.is_for(Audience::Public);
        let open = public.then(|| Committee {
            id: format!("{}/public", committee.id),
            audience: Audience::Public,
            ..committee.clone()
        });
        let mut said = Vec::new();
        let all = [maker].into_iter().chain(others).map(|maker| (maker, committee));
        for (maker, committee) in all.chain(open.iter().map(|open| (maker, open))) {
            maker.each(committee, |material, order, address| {
                said.push(press.says(material, order, address)?);
                Ok(())
            })?;
        }
        let documents = fingerprint(said.iter().map(|(name, hash)| (name.as_str(), hash.as_str())));
        let period = material.period.id();
        let revision = revisions.number(committee, document, &period, &documents);
        let id = pack_id(committee, document, &period, revision);
        let maker = &Maker { revision, ..*maker };
        let mut edition = self.edition(maker, committee)?;
        for other in others {
            // What goes with a document is made also where that was refused.
            Maker { revision, ..*other }.each(committee, |material, order, address| {
                let outcome = press.paper(material, order, address)?.1;
                let withheld = withheld(&outcome);
                let kept = self.keep(committee, outcome);
                if let Some(edition) = edition.as_mut() {
                    edition.withheld.extend(withheld);
                    edition.files.extend(kept);
                }
                Ok(())
            })?;
        }
        let Some(edition) = edition else { return Ok(()) };
        let mut editions = vec![edition];
        if let Some(open) = &open {
            editions.extend(self.edition(maker, open)?);
        }
        let numbering = numbering(material, &committee.name, &id, revision);
        let status = &pipeline.framework.status;
        let mut forms = Vec::new();
        for Edition { content, audience, mut files, withheld, .. } in editions {
            files.iter_mut().for_each(|file| file.revise(revision));
            let subject = format!(
                "[{}] {}, {}, {}",
                content.head.classification,
                content.head.title,
                material.period.short(),
                committee.name
            );
            let origin = where_from(material, audience);
            let text = |enclosures: &Enclosures| {
                press.templates.mail((&content, &origin), status, enclosures, &numbering)
            };
            let files = (files, withheld);
            forms.push(self.form(maker, audience, subject, files, text)?);
        }
        self.letters.push(Letter {
            committee,
            document,
            regular: true,
            id,
            key: format!("{}/{period}/r{revision}", revisions.kind(committee, document, &period, revision)),
            period,
            revision,
            documents,
            forms,
        });
        Ok(())
    }

    /// A document for an audience, one for each of what it is about; none if there is nothing it is about, or
    /// if a gate refused the only one: a letter without the document it speaks of is not sent.
    fn edition(&mut self, maker: &Maker<'_, 'p>, committee: &Committee) -> anyhow::Result<Option<Edition>> {
        let mut edition: Option<Edition> = None;
        maker.each(committee, |material, order, address| {
            let (content, outcome) = maker.press.paper(material, order, address)?;
            let withheld = withheld(&outcome);
            let files = match self.keep(committee, outcome) {
                None => None,
                Some(whole) => self.in_parts(maker, material, order, address, whole)?,
            };
            if files.is_none() && maker.document.about == About::Board {
                return Ok(());
            }
            let edition = edition.get_or_insert_with(|| Edition {
                content,
                audience: committee.audience,
                files: Vec::new(),
                withheld: Vec::new(),
            });
            edition.withheld.extend(withheld);
            edition.files.extend(files.into_iter().flatten());
            Ok(())
        })?;
        Ok(edition)
    }

    /// A document as it is, or in parts if it is too large for one message; none if a part was refused.
    fn in_parts(
        &mut self,
        maker: &Maker<'_, 'p>,
        material: &Material<'_>,
        order: &Order<'_>,
        address: Address<'_>,
        whole: Finished,
    ) -> anyhow::Result<Option<Vec<Finished>>> {
        let committee = address.committee;
        let budget = budget(committee, &material.pipeline.mail.posting);
        let too_large = encoded(whole.bytes.len()) > budget;
        if !too_large || committee.over_budget != OverBudget::Split || order.blocks().len() < 2 {
            return Ok(Some(vec![whole]));
        }
        let mut parts = Vec::new();
        for outcome in maker.press.parts(material, order, address, budget)? {
            let Some(part) = self.keep(committee, outcome) else { return Ok(None) };
            parts.push(part);
        }
        Ok(Some(parts))
    }

    /// Shares files out over messages and writes what each of them says.
    fn form(
        &mut self,
        &Maker { material, committee, .. }: &Maker<'_, 'p>,
        audience: Audience,
        subject: String,
        (files, withheld): (Vec<Finished>, Vec<Withheld>),
        text: impl Fn(&Enclosures) -> Result<String, TemplateError>,
    ) -> anyhow::Result<LetterForm> {
        let posting = &material.pipeline.mail.posting;
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
                place: place(file, posting, material.run).filter(|_| audience == Audience::Named),
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

    /// One letter for each event of an exception, with the documents about the practice where it is in scope.
    fn events(&mut self, maker: &Maker<'_, 'p>, alerts: &Alerts) -> anyhow::Result<()> {
        let Maker { press, material, committee, document, .. } = *maker;
        let pipeline = material.pipeline;
        for (given, exception) in &alerts.said {
            let word = given.event.word();
            let id: String = slug(&exception.id).chars().take(80).collect();
            let occasion = &format!("{id}-{word}");
            let (mut files, mut refused, mut said) = (Vec::new(), Vec::new(), Vec::new());
            if let Some(standing) = material.of(&exception.practice) {
                let subject = &standing.code().to_lowercase();
                let address = Address { committee, subject, occasion };
                for document in pipeline.documents_of(&document.encloses) {
                    let maker = Maker { document, ..*maker };
                    let order = maker.order(committee, Subject::Practice(standing));
                    said.push(press.says(material, &order, address)?);
                    let outcome = press.paper(material, &order, address)?.1;
                    refused.extend(withheld(&outcome));
                    files.extend(self.keep(committee, outcome));
                }
            }
            let event = Event { exception, event: word, accompanied: !files.is_empty() };
            let order = maker.order(committee, Subject::Exception(event));
            let address = Address { committee, subject: occasion, occasion: "" };
            said.push(press.says(material, &order, address)?);
            let (content, outcome) = press.paper(material, &order, address)?;
            if self.keep(committee, outcome).is_none() {
                continue;
            }
            let again = if given.nth > 1 { format!("-{}", given.nth) } else { String::new() };
            let event = format!("{}/{word}-{}{again}", given.occurrence, given.level);
            let key = format!("exception/{}/{event}", exception.id);
            // A subject is read on locked screens: it has the code and not the name.
            let subject = format!("[{}] {}", content.head.classification, content.head.short);
            let status = &pipeline.framework.status;
            let origin = where_from(material, Audience::Named);
            let text =
                |enclosures: &Enclosures| press.templates.event_mail((&content, &origin), status, enclosures);
            let files = (files, refused);
            let form = self.form(maker, Audience::Named, subject, files, text)?;
            self.letters.push(Letter {
                committee,
                document,
                regular: false,
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

/// Which of the year's packs this is, so that a reader notices one that did not arrive.
fn numbering(material: &Material<'_>, committee: &str, id: &str, revision: u32) -> String {
    let period = material.period;
    let named = |span: Span| match span.every {
        Every::Month | Every::Quarter => format!("pack {} of {}", span.number, span.year_label()),
        Every::Day | Every::Year => format!("the pack of {}", span.short()),
    };
    let before = match &material.last {
        None => "It is the first pack.\nIf you should not receive it, please answer this message.".to_owned(),
        Some(last) => {
            let calendar = &material.pipeline.calendar;
            let then = calendar.span_before(period.every, last.as_of);
            let then = if then == period { calendar.span_before(period.every, period.first) } else { then };
            format!(
                "The one before it is {}: if that did not reach you, or you should not\n\
                 receive this one, please answer this message.",
                named(then)
            )
        }
    };
    let replaces = match revision {
        0 | 1 => String::new(),
        later => format!("\nIt is revision {later} and replaces the one before: please use it instead."),
    };
    format!("This is {} for the {committee} ({id}).{replaces}\n{before}", named(period))
}
