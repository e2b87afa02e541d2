//! The figures of the quarter in brief.

use chrono::NaiveDate;
use serde::Serialize;

use super::keys;
use super::timeliness::{Timeliness, headline, timeliness};
use crate::dates::long;
use crate::documents::quarterly::movements::Tally;
use crate::documents::suppress::Told;
use crate::documents::{Badge, Claim, Material, Reader, Standing, Written};
use crate::levels::Direction;
use crate::pipeline::Cadence;
use crate::visits::State;
use crate::wording::{number, plural};

/// The figures of the quarter in brief.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The main figures.
    pub kpis: Vec<Kpi>,
    /// Reactive visits in time, by level and quarter; none in a public pack.
    pub timeliness: Option<Timeliness>,
    /// The main findings, each with its receipts.
    pub claims: Vec<Claim>,
    /// Practices by level, now and in the last pack; empty in a public pack that cannot show them.
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
    pub narrative: Written,
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

pub(super) fn summary(material: &Material<'_>, reader: Reader<'_>) -> Summary {
    let bars = bars(material, reader);
    Summary {
        kpis: kpis(material, reader),
        timeliness: reader.named().then(|| timeliness(material)),
        claims: claims(material, reader),
        last: material.last.as_ref().map(|last| long(last.as_of)),
        moved: (material.last.as_ref()).map(|last| tally(material, last.as_of, reader).map(Told::cell)),
        chart_title: chart_title(material, reader),
        bars,
        silent: silent(material),
        narrative: crate::documents::narrative::written(material, "Summary", reader),
    }
}

/// Practices at a level, now or in the last pack.
fn at(standings: &[Standing], level: Option<u8>) -> usize {
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
fn tally(material: &Material<'_>, since: NaiveDate, reader: Reader<'_>) -> [Told; 4] {
    let tally = Tally::of(material.standings);
    let all = keys::moved(since, material.as_of);
    let say = |way, count| reader.say(&keys::way(&all, way), count);
    [
        reader.say(&all, tally.all()),
        say(Direction::Up, tally.up),
        say(Direction::Down, tally.down),
        say(Direction::Neither, tally.neither),
    ]
}

/// The table of levels.
const LEVELS: &str = "levels";

fn bars(material: &Material<'_>, reader: Reader<'_>) -> Vec<LevelBar> {
    let numbers = numbers(material);
    let counts = |date, standings: &[Standing]| -> Vec<Told> {
        let keys: Vec<String> = numbers.iter().map(|n| keys::level(date, *n)).collect();
        let told = numbers.iter().zip(&keys).map(|(n, key)| reader.count(LEVELS, key, at(standings, *n)));
        let told = told.collect();
        reader.known(&keys::practices(date), standings.len());
        reader.adds_up(&keys::practices(date), keys);
        told
    };
    let now = counts(material.as_of, material.standings);
    let before = material.last.as_ref().map(|last| counts(last.as_of, last.standings));
    if reader.leaves_out(LEVELS) {
        return Vec::new();
    }
    let bar = |(i, number): (usize, &Option<u8>)| {
        let before = before.as_ref().map(|b| b[i]);
        LevelBar {
            badge: material.past_badge(*number),
            now: now[i].number(),
            before: before.and_then(Told::number),
            now_text: now[i].cell(),
            before_text: before.map_or_else(|| "–".to_owned(), Told::cell),
        }
    };
    numbers.iter().enumerate().map(bar).collect()
}

fn reactive(material: &Material<'_>) -> Vec<usize> {
    let levels = &material.pipeline.levels;
    let is = |s: &Standing| levels.get(s.outcome.level).reactive;
    (0..material.standings.len()).filter(|i| is(&material.standings[*i])).collect()
}

fn overdue(material: &Material<'_>, reader: Reader<'_>) -> Told {
    let count = material.standings.iter().filter(|s| s.clock.state == State::Overdue).count();
    reader.say(&keys::clocks(material.as_of, State::Overdue.word()), count)
}

fn kpis(material: &Material<'_>, reader: Reader<'_>) -> Vec<Kpi> {
    let practices = material.standings.len();
    let kpi = |value: String, label: &str, note: &str| Kpi {
        value,
        label: label.to_owned(),
        note: note.to_owned(),
    };
    let mut out = Vec::new();
    if reader.named() {
        let (share, _) = headline(material);
        out.push(kpi(share, "reactive visits in time", &format!("due in {}", material.quarter.short())));
    } else {
        out.push(kpi(number(practices as f64), "practices", "in scope of the framework"));
    }
    if reader.named() {
        let count = reactive(material).len().to_string();
        out.push(kpi(count, "at a reactive level", "visit within a month or a week"));
    }
    out.push(kpi(overdue(material, reader).cell(), "visits overdue", "of all clocks"));
    out.push(kpi(
        reader.say(&keys::exceptions(material.as_of), material.exceptions.len()).cell(),
        "exceptions open",
        "reported to the Quality Committee",
    ));
    if let Some(last) = &material.last {
        let [all, ..] = tally(material, last.as_of, reader);
        out.push(kpi(all.cell(), "changed level", &format!("since {}", long(last.as_of))));
    }
    if reader.named() {
        let count = material.standings.iter().filter(|s| !s.outcome.assessed).count().to_string();
        let label = material.pipeline.levels.assessed.label.clone();
        out.push(kpi(count, &label, "no score, or one too old to use"));
    }
    out
}

fn claims(material: &Material<'_>, reader: Reader<'_>) -> Vec<Claim> {
    let register = material.fact("register");
    let mut sources = material.all_receipts(&register);
    sources.extend(material.all_receipts(&material.fact("registered-patients")));
    let practices = plural(material.standings.len(), "practice is", "practices are");
    let listed = if material.pipeline.scope.registered_list { " with a registered list" } else { "" };
    let mut out = Vec::new();
    if reader.named() {
        out.push(headline(material).1);
    }
    out.push(Claim::new(
        format!("{practices} in scope: active GP practices of the organisation{listed}."),
        sources,
    ));
    let findings: Vec<u32> = reactive(material)
        .into_iter()
        .flat_map(|i| &material.standings[i].outcome.findings)
        .flat_map(|f| f.evidence.iter().filter_map(|e| e.arrival))
        .collect();
    let count = reactive(material).len();
    let key = keys::reactive(material.as_of);
    let told = reader.say(&key, count);
    let levels = &material.pipeline.levels;
    let of_these = numbers(material).into_iter().filter(|number| levels.get(*number).reactive);
    reader.adds_up(&key, of_these.map(|number| keys::level(material.as_of, number)));
    if count == 0 {
        let text = "No practice stands at a reactive level.";
        out.push(Claim::new(text, material.receipts_behind("concerns")));
    } else if let Told::Number(_) | Told::Few(_) = told {
        let practices = told.words("practice stands", "practices stand");
        out.push(Claim::new(format!("{practices} at a reactive level."), receipts(findings)));
    }
    out.push(overdue_claim(material, reader));
    if let Some(last) = &material.last {
        let [all, up, down, neither] = tally(material, last.as_of, reader);
        let practices =
            |told: Told, verb: &str| told.inner(&format!("practice {verb}"), &format!("practices {verb}"));
        let text = match all {
            Told::Number(0) => format!("No practice changed level since the pack of {}.", long(last.as_of)),
            _ => format!(
                "Since the pack of {}, {} to a higher level of support, {} to a lower one, and {} otherwise: \
                 not assessed then or now, or new.",
                long(last.as_of),
                practices(up, "moved"),
                practices(down, "moved"),
                practices(neither, "changed")
            ),
        };
        out.push(Claim::new(text, behind_movements(material)));
    }
    out.into_iter().flatten().collect()
}

/// The receipts behind the levels that changed; where none did, or nothing stands behind them, the register's.
fn behind_movements(material: &Material<'_>) -> Vec<String> {
    let moved = material.standings.iter().filter(|s| s.cause.is_some());
    let rows = moved.flat_map(|s| &s.outcome.findings).flat_map(|finding| &finding.evidence);
    let behind = receipts(rows.filter_map(|row| row.arrival).collect());
    if behind.is_empty() { material.all_receipts(&material.fact("register")) } else { behind }
}

fn overdue_claim(material: &Material<'_>, reader: Reader<'_>) -> Option<Claim> {
    let sources = material.all_receipts(&material.fact("visits"));
    let visits = overdue(material, reader).words("visit is", "visits are");
    Claim::new(format!("{visits} overdue."), sources)
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

const PLAIN_TITLE: &str = "Practices by level of support";

/// The finding of the chart: which level holds most practices.
fn chart_title(material: &Material<'_>, reader: Reader<'_>) -> String {
    let largest = numbers(material).into_iter().max_by_key(|number| at(material.standings, *number));
    let Some(largest) = largest.filter(|_| !reader.leaves_out(LEVELS)) else {
        return PLAIN_TITLE.to_owned();
    };
    let count = at(material.standings, largest);
    let all = material.standings.len();
    let stand = match largest {
        Some(level) => format!("stand at level {level}"),
        None => "are not assessed".to_owned(),
    };
    let Some(counted) = reader.count(LEVELS, &keys::level(material.as_of, largest), count).number() else {
        // That it is the largest would tell something of a number that is not shown.
        return PLAIN_TITLE.to_owned();
    };
    let share = if all == 0 { 0.0 } else { 100.0 * count as f64 / all as f64 };
    format!("{counted} of {all} practices ({share:.0}%) {stand}")
}
