//! The figures of the quarter in brief.

use serde::Serialize;

use crate::dates::long;
use crate::packs::quarterly::movements::Tally;
use crate::packs::{Badge, Claim, Material, Paragraph, Reader, suppress};
use crate::pipeline::Cadence;
use crate::visits::State;
use crate::wording::{number, plural};

/// The figures of the quarter in brief.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The main figures.
    pub kpis: Vec<Kpi>,
    /// The main findings, each with its receipts.
    pub claims: Vec<Claim>,
    /// Practices by level, now and in the last pack.
    pub bars: Vec<LevelBar>,
    /// The date of the last pack, if there was one.
    pub last: Option<String>,
    /// How many practices changed level since: in all, to a higher one, to a lower one, otherwise.
    pub moved: Option<[String; 4]>,
    /// What the chart shows, as a sentence.
    pub chart_title: String,
    /// Regular feeds of which nothing has been received, so that nothing is said from them.
    pub silent: Vec<String>,
    /// What people wrote.
    pub narrative: Vec<Paragraph>,
}

/// One of the main figures.
#[derive(Debug, Clone, Serialize)]
pub struct Kpi {
    /// The figure.
    pub value: String,
    /// What it counts.
    pub label: String,
    /// A word more.
    pub note: String,
}

/// Practices at one level.
#[derive(Debug, Clone, Serialize)]
pub struct LevelBar {
    /// The level.
    pub badge: Badge,
    /// Practices now; none if the number is not shown.
    pub now: Option<usize>,
    /// Practices in the last pack.
    pub before: Option<usize>,
    /// The same as texts.
    pub now_text: String,
    /// `–` where there was no last pack.
    pub before_text: String,
}

pub(super) fn summary(material: &Material<'_>, reader: Reader) -> Summary {
    let bars = bars(material, reader);
    Summary {
        kpis: kpis(material, reader),
        claims: claims(material, reader),
        last: material.last.as_ref().map(|last| long(last.as_of)),
        moved: material.last.as_ref().map(|_| tally(material, reader)),
        chart_title: chart_title(material, reader),
        bars,
        silent: silent(material),
        narrative: crate::packs::narrative::paragraphs(material, "Summary", reader).0,
    }
}

/// Practices at a level, now or in the last pack.
fn at(standings: &[crate::packs::Standing], level: Option<u8>) -> usize {
    standings.iter().filter(|s| s.outcome.level == level).count()
}

/// The levels of the framework, highest first, with those that only the last pack had, and "not assessed".
fn numbers(material: &Material<'_>) -> Vec<Option<u8>> {
    let now = material.pipeline.levels.levels.iter().map(|level| level.number);
    let then = material.last.iter().flat_map(|last| last.standings).filter_map(|s| s.outcome.level);
    let mut numbers: Vec<u8> = now.chain(then).collect();
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    numbers.dedup();
    numbers.into_iter().map(Some).chain([None]).collect()
}

/// What is said of movements: in all, up, down, otherwise.
fn tally(material: &Material<'_>, reader: Reader) -> [String; 4] {
    let tally = Tally::of(material.standings);
    // The three add up to the first: none that is not shown may be worked out from the others.
    let mut parts = reader.row(&[tally.up, tally.down, tally.neither]).into_iter();
    let mut next = || parts.next().unwrap_or_default();
    [reader.count(tally.all()), next(), next(), next()]
}

fn bars(material: &Material<'_>, reader: Reader) -> Vec<LevelBar> {
    let numbers = numbers(material);
    let counts = |standings| -> Vec<Option<usize>> {
        let counts: Vec<usize> = numbers.iter().map(|n| at(standings, *n)).collect();
        if reader.named() { counts.into_iter().map(Some).collect() } else { suppress::row(&counts) }
    };
    let now = counts(material.standings);
    let before = material.last.as_ref().map(|last| counts(last.standings));
    numbers
        .iter()
        .enumerate()
        .map(|(i, number)| LevelBar {
            badge: material.past_badge(*number),
            now: now[i],
            before: before.as_ref().and_then(|b| b[i]),
            now_text: suppress::words(now[i]),
            before_text: before.as_ref().map_or_else(|| "–".to_owned(), |b| suppress::words(b[i])),
        })
        .collect()
}

fn reactive(material: &Material<'_>) -> Vec<usize> {
    let levels = &material.pipeline.levels;
    let is = |s: &crate::packs::Standing| levels.get(s.outcome.level).reactive;
    (0..material.standings.len()).filter(|i| is(&material.standings[*i])).collect()
}

fn overdue(material: &Material<'_>) -> usize {
    material.standings.iter().filter(|s| s.clock.state == State::Overdue).count()
}

fn kpis(material: &Material<'_>, reader: Reader) -> Vec<Kpi> {
    let practices = material.standings.len();
    let kpi = |value: String, label: &str, note: &str| Kpi {
        value,
        label: label.to_owned(),
        note: note.to_owned(),
    };
    let mut out = vec![kpi(number(practices as f64), "practices", "in scope of the framework")];
    if reader.named() {
        let count = reactive(material).len().to_string();
        out.push(kpi(count, "at a reactive level", "visit within a month or a week"));
    }
    out.push(kpi(reader.count(overdue(material)), "visits overdue", "of all clocks"));
    out.push(kpi(
        reader.count(material.exceptions.len()),
        "exceptions open",
        "reported to the Quality Committee",
    ));
    if let Some(last) = &material.last {
        let [all, ..] = tally(material, reader);
        out.push(kpi(all, "changed level", &format!("since {}", long(last.as_of))));
    }
    if reader.named() {
        let count = material.standings.iter().filter(|s| !s.outcome.assessed).count().to_string();
        let label = material.pipeline.levels.assessed.label.clone();
        out.push(kpi(count, &label, "no score, or one too old to use"));
    }
    out
}

fn claims(material: &Material<'_>, reader: Reader) -> Vec<Claim> {
    let register = material.fact("register");
    let mut sources = material.all_receipts(&register);
    sources.extend(material.all_receipts(&material.fact("registered-patients")));
    let practices = plural(material.standings.len(), "practice is", "practices are");
    let listed = if material.pipeline.scope.registered_list { " with a registered list" } else { "" };
    let mut out = vec![Claim::new(
        format!("{practices} in scope: active GP practices of the organisation{listed}."),
        sources,
    )];
    let findings: Vec<u32> = reactive(material)
        .into_iter()
        .flat_map(|i| &material.standings[i].outcome.findings)
        .flat_map(|f| f.evidence.iter().filter_map(|e| e.arrival))
        .collect();
    // In a public paper the number would let the hidden count of a level be worked out.
    match reactive(material).len() {
        0 => out.push(Claim::new(
            "No practice stands at a reactive level.",
            material.receipts_behind("concerns"),
        )),
        count if reader.named() => {
            let practices = plural(count, "practice stands", "practices stand");
            out.push(Claim::new(format!("{practices} at a reactive level."), receipts(findings)));
        }
        _ => {}
    }
    out.push(overdue_claim(material, reader));
    if let Some(last) = &material.last {
        let [all, up, down, neither] = tally(material, reader);
        let text = match all.as_str() {
            "0" => format!("No practice changed level since the pack of {}.", long(last.as_of)),
            _ => format!(
                "Since the pack of {}, {} to a higher level of support, {} to a lower one, and {} otherwise: \
                 not assessed then or now, or new.",
                long(last.as_of),
                moved(&up, "moved"),
                moved(&down, "moved"),
                moved(&neither, "changed")
            ),
        };
        out.push(Claim::new(text, material.all_receipts(&material.fact("score"))));
    }
    out.into_iter().flatten().collect()
}

fn moved(count: &str, verb: &str) -> String {
    match count {
        "[c]" => format!("fewer than 5 practices {verb}"),
        "1" => format!("1 practice {verb}"),
        "0" => format!("no practice {verb}"),
        shown => format!("{shown} practices {verb}"),
    }
}

fn overdue_claim(material: &Material<'_>, reader: Reader) -> Option<Claim> {
    let sources = material.all_receipts(&material.fact("visits"));
    let text = format!("{} overdue.", reader.counted(overdue(material), "visit is", "visits are"));
    Claim::new(text, sources)
}

/// The feeds that come regularly and of which nothing has ever been received, by title.
fn silent(material: &Material<'_>) -> Vec<String> {
    let regular = |id: &str| material.pipeline.feed(id).is_some_and(|feed| feed.cadence != Cadence::AsMade);
    let silent = material.feeds.iter().filter(|feed| feed.receipt.is_none() && regular(&feed.feed));
    silent.map(|feed| feed.title.clone()).collect()
}

fn receipts(mut arrivals: Vec<u32>) -> Vec<String> {
    arrivals.sort_unstable();
    arrivals.dedup();
    arrivals.into_iter().map(crate::intake::Receipt::number).collect()
}

/// The finding of the chart: which level holds most practices.
fn chart_title(material: &Material<'_>, reader: Reader) -> String {
    let numbers = material.pipeline.levels.levels.iter().map(|l| Some(l.number)).chain([None]);
    let Some(largest) = numbers.max_by_key(|number| at(material.standings, *number)) else {
        return "Practices by level of support".to_owned();
    };
    let count = at(material.standings, largest);
    let all = material.standings.len();
    let share = if all == 0 { 0.0 } else { 100.0 * count as f64 / all as f64 };
    let counted = reader.count(count);
    let stand = match largest {
        Some(level) => format!("stand at level {level}"),
        None => "are not assessed".to_owned(),
    };
    format!("{counted} of {all} practices ({share:.0}%) {stand}")
}
