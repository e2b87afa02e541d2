//! One document as it would be made now, from what has been received; nothing is taken in, kept or sent.

use std::collections::BTreeMap;

use anyhow::Context as _;
use chrono::NaiveDate;

use crate::documents::context::{About as Subject, Event};
use crate::documents::{Material, Narrow, Order, Paper};
use crate::known::last_pack::Today;
use crate::known::last_packs::Lasts;
use crate::known::manifest::Manifest;
use crate::known::material::{Gathered, Papers};
use crate::known::printed::Printed;
use crate::known::result::RunResult;
use crate::known::state::{Files, State};
use crate::pipeline::{About, Audience, Committee, Document, Pipeline};
use crate::post::acknowledge::shown;
use crate::post::alerts::turns;
use crate::post::documents::where_from;
use crate::render::gates::{Pages, reconcile, refusals, told};
use crate::render::{Rendered, Templates, Theme, pdf};
use crate::workspace::Workspace;

/// Which document is wanted.
pub struct Wanted<'w> {
    /// Its id.
    pub document: &'w str,
    /// The committee it is for; the first that gets it if none is named.
    pub committee: Option<&'w str>,
    /// The practice, of a document about each practice or each exception.
    pub practice: Option<&'w str>,
    /// The place or network, of a document about each of these.
    pub place: Option<&'w str>,
}

/// A document as it would be made.
pub struct Preview {
    /// What it says.
    pub paper: Paper,
    /// Its pages.
    pub rendered: Rendered,
    /// Why it would be refused, if it would.
    pub refused: Vec<String>,
}

/// Makes one document as at a date.
///
/// # Errors
/// If there is no such document, committee, practice or place, or if it cannot be made.
pub fn preview(
    pipeline: &Pipeline,
    workspace: &Workspace,
    as_of: NaiveDate,
    wanted: &Wanted<'_>,
) -> anyhow::Result<Preview> {
    let document = named(pipeline.documents.values(), wanted.document, |d| &d.id, "document")?;
    let place = match wanted.committee {
        Some(name) => {
            let found = named(pipeline.committees.iter(), name, |c| &c.id, "committee");
            let found = found.or_else(|error| {
                pipeline.committees.iter().find(|c| c.name == name || c.short == name).ok_or(error)
            })?;
            pipeline.committees.iter().position(|c| c.id == found.id)
        }
        None => pipeline.committees.iter().position(|c| c.documents.contains(&document.id)),
    };
    let place =
        place.with_context(|| format!("no committee gets `{}`; name one with --committee", document.id))?;
    // Whoever does not get it is shown it all the same.
    let mut pipeline = pipeline.clone();
    if let Some(committee) = pipeline.committees.get_mut(place)
        && !committee.documents.contains(&document.id)
    {
        committee.documents.push(document.id.clone());
    }
    let (Some(committee), Some(document)) =
        (pipeline.committees.get(place), pipeline.documents.get(wanted.document))
    else {
        anyhow::bail!("the document or the committee is gone");
    };
    anyhow::ensure!(
        document.is_for(committee.audience),
        "{} is a public committee, and all of `{}` names practices",
        committee.name,
        document.id
    );
    made(&pipeline, workspace, as_of, wanted, (document, committee))
}

fn made(
    pipeline: &Pipeline,
    workspace: &Workspace,
    as_of: NaiveDate,
    wanted: &Wanted<'_>,
    (document, committee): (&Document, &Committee),
) -> anyhow::Result<Preview> {
    let templates = Templates::of(&pipeline.source)?;
    let ledger = workspace.existing_ledger()?.with_context(|| workspace.no_ledger())?;
    let files = Files::new(workspace.store(), pipeline).knowing(&ledger)?;
    let arrivals = ledger.arrivals(as_of)?;
    let state = State::at(&files, &arrivals, as_of)?;
    let lasts = Lasts::before(None, as_of, workspace, &ledger, &files, &arrivals, &state)?;
    let feeds: BTreeMap<u32, String> = arrivals.iter().map(|a| (a.number, a.feed.clone())).collect();
    let rows = state.rows(&feeds, pipeline)?;
    let today = Today { rows: &rows, feeds: &feeds, pipeline };
    let comparison = lasts.latest().map(|last| last.comparison(&today)).transpose()?;
    let result = RunResult::new("preview", "preview", &pipeline.levels, &state, comparison.as_ref())?;
    let given = ledger.alerts()?;
    let acknowledged = shown(&state.exceptions, &given, &ledger.acknowledgements()?, as_of);
    let papers = Papers::of(&state, &result, &lasts, &today)?;
    let source = Gathered { files: &files, arrivals: &arrivals, state: &state, run: "preview" };
    let before = lasts.packs().flat_map(|last| last.result.exceptions.values());
    let turns = turns(&state.exceptions, &given, ("preview", as_of), before, &rows)?;
    let remarks = super::execute::remarks(&state, pipeline);
    let mut materials = papers.materials(&source, &remarks, &acknowledged, &turns)?;
    let place = papers.place(&committee.id, &document.id).context("nothing is known for this document")?;
    if committee.audience == Audience::Public {
        let manifest = Manifest::new(pipeline, "preview", as_of, &lasts, &arrivals, &acknowledged);
        Printed::before(&manifest, workspace, &ledger)?.settle("preview", &mut materials, &[place]);
    }
    let material = materials.get(place).context("nothing is known for this document")?;
    let mut narrow = None;
    let material = match of_some(material, document, wanted)? {
        Some(some) => narrow.insert(some).material(material),
        None => return finish(&templates, material, &order(material, document, committee, wanted)?),
    };
    finish(&templates, &material, &order(&material, document, committee, wanted)?)
}

/// The practices of the place or network that a document is wanted about.
fn of_some(
    material: &Material<'_>,
    document: &Document,
    wanted: &Wanted<'_>,
) -> anyhow::Result<Option<Narrow>> {
    let practices = || material.standings.iter().map(|s| &s.outcome.practice);
    let (what, names): (_, Vec<String>) = match document.about {
        About::EachPlace => ("place", practices().map(|p| p.place.clone()).collect()),
        About::EachNetwork => ("network", practices().filter_map(|p| p.pcn.clone()).collect()),
        _ => return Ok(None),
    };
    let first = names.first().with_context(|| format!("there is no {what} to write about"))?;
    let name = match wanted.place {
        Some(place) => named(names.iter(), place, |name| name, what)?.clone(),
        None => first.clone(),
    };
    let narrow = match document.about {
        About::EachPlace => Narrow::of(material, &name, |p| p.place == name),
        _ => Narrow::of(material, &name, |p| p.pcn.as_ref() == Some(&name)),
    };
    narrow.map(Some)
}

fn order<'o>(
    material: &'o Material<'_>,
    document: &'o Document,
    committee: &'o Committee,
    wanted: &Wanted<'_>,
) -> anyhow::Result<Order<'o>> {
    let about = match document.about {
        About::Board | About::EachPlace | About::EachNetwork => Subject::Practices,
        About::EachPractice => {
            let chosen = crate::documents::which(material, document.filter.as_ref())?;
            Subject::Practice(match wanted.practice {
                Some(code) => {
                    named(material.standings.iter(), code, |s| &s.outcome.practice.code, "practice")?
                }
                None => chosen.first().copied().context("there is no practice that it would be about")?,
            })
        }
        About::EachException => {
            let of =
                |code: &str| material.exceptions.values().find(|e| e.practice.eq_ignore_ascii_case(code));
            let exception = match wanted.practice {
                Some(code) => of(code).with_context(|| format!("no exception about {code} is open"))?,
                None => material.exceptions.values().next().context("no exception is open")?,
            };
            Subject::Exception(Event {
                exception,
                event: "opened",
                accompanied: !document.encloses.is_empty(),
            })
        }
    };
    Ok(Order { document, about, committee: &committee.name, audience: committee.audience, revision: 0 })
}

fn finish(templates: &Templates, material: &Material<'_>, order: &Order<'_>) -> anyhow::Result<Preview> {
    let paper = order.paper(material);
    let html = templates.paper(&paper, order.document, &where_from(material, order.audience))?;
    let rendered = pdf::pdf(&html, &Theme::nhs()).context("the document cannot be laid out")?;
    let (least, most) = order.document.pages;
    let mut refused = refusals(&rendered, Pages { least, most }, &paper.headings());
    if order.document.is_compared() {
        refused.extend(reconcile(&paper, material));
    }
    if order.audience == Audience::Public {
        refused.extend(told(&rendered, material));
    }
    Ok(Preview { paper, rendered, refused })
}

/// What has a name, or which names there are.
fn named<'n, T>(
    all: impl Iterator<Item = &'n T> + Clone,
    name: &str,
    of: impl Fn(&T) -> &String,
    what: &str,
) -> anyhow::Result<&'n T> {
    all.clone().find(|one| of(one).eq_ignore_ascii_case(name)).with_context(|| {
        let mut names: Vec<&String> = all.map(&of).collect();
        names.sort();
        names.dedup();
        match crate::diagnostic::likely(name, names.iter().map(|name| name.as_str())) {
            Some(near) => format!("there is no {what} `{name}`; did you mean `{near}`?"),
            None => {
                let known: Vec<&str> = names.iter().take(20).map(|name| name.as_str()).collect();
                format!("there is no {what} `{name}`; there are: {}", known.join(", "))
            }
        }
    })
}
