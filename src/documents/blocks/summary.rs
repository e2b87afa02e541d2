//! The figures of the period in brief.

use chrono::NaiveDate;

use super::movements::Tally;
use super::timeliness;
use crate::dates::long;
use crate::documents::content::{
    Bar, Block, Cell, Chart, Column, Element, Figure, Look, Table, TableLook, Words,
};
use crate::documents::context::Context;
use crate::documents::suppress::Told;
use crate::documents::{Badge, Claim, Material, Reader, Standing, keys};
use crate::levels::Direction;
use crate::pipeline::Cadence;
use crate::visits::State;
use crate::wording::{number, plural};

/// The tables of this block.
pub const LEVELS: &str = "levels";
const IN_TIME: &str = "in-time";

/// What is stated of movements: in all, up, down, otherwise.
pub const MOVED: [&str; 4] = ["moved", "moved-up", "moved-down", "moved-otherwise"];

pub(super) fn block(context: &Context<'_>) -> Block {
    let Context { material, reader, .. } = *context;
    let last = material.last.as_ref().map(|last| last.as_of);
    let moved = last.map(|last| tally(material, last, reader));
    let mut block = context.block();
    // A row of figures has at least two; one alone is told in words below.
    let figures = figures(context, moved);
    if figures.len() > 1 {
        block.push(Element::Figures { figures });
    }
    let claims = claims(context, moved);
    let bars = bars(material, reader);
    block.mail = mail(&context.text("levels_caption"), &bars, last, &claims);
    block.claims(claims);
    silent(context, &mut block);
    if reader.named() {
        unclaimed(material, &mut block);
    }
    block.written(context.written());
    if reader.named() && material.pipeline.levels.levels.iter().any(|level| level.reactive) {
        block.table(in_time(context), "");
    }
    levels(context, &mut block, bars);
    if !reader.named() {
        let hidden = material.pipeline.small_numbers.in_words();
        block.remark(format!(
            "[c] in this paper: a count of {hidden}, or one from which such a count could be worked out, also \
             with the papers before this one. Where a table would show hardly any number, its rows are put together."
        ));
    }
    if let Some(moved) = moved {
        block.stated = MOVED.into_iter().zip(moved.map(Told::number)).collect();
    }
    block
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

/// Practices by level, now and in the last pack; empty in a public paper that cannot show them.
fn bars(material: &Material<'_>, reader: Reader<'_>) -> Vec<Bar> {
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
    let before = |index: usize| before.as_ref().and_then(|before| before.get(index).copied());
    let bars = numbers.iter().zip(now).enumerate();
    bars.map(|(index, (level, now))| Bar {
        badge: material.past_badge(*level),
        now: Cell::told(now),
        before: before(index).map_or_else(|| Cell::words("–"), Cell::told),
    })
    .collect()
}

/// The lines of a mail: practices by level, and what is said in sentences.
fn mail(caption: &str, bars: &[Bar], last: Option<NaiveDate>, claims: &[Claim]) -> Vec<String> {
    let mut out = Vec::new();
    if !bars.is_empty() {
        out.push(format!("{caption}:"));
    }
    for bar in bars {
        let name = bar.badge.in_full();
        let before = last.map(|last| format!(" ({} on {})", bar.before.words.text(), long(last)));
        out.push(format!("  {name}: {}{}", bar.now.words.text(), before.unwrap_or_default()));
    }
    out.push(String::new());
    out.extend(claims.iter().map(|claim| claim.text.clone()));
    out
}

fn levels(context: &Context<'_>, block: &mut Block, bars: Vec<Bar>) {
    let Context { material, .. } = *context;
    if bars.is_empty() {
        block.paragraph(match context.named() {
            true => "No practice is in scope, so there are none to show by level.",
            false => "Practices by level are not shown: so few stand at some levels that each number would tell the \
                      others.",
        });
        return;
    }
    let (caption, now) = (context.text("levels_caption"), long(material.as_of));
    let last = material.last.as_ref().map(|last| long(last.as_of));
    let title = chart_title(context);
    let beside = last.as_ref().map(|last| format!(", now and in the pack of {last}")).unwrap_or_default();
    let rows = bars.iter().map(|bar| {
        vec![Cell::badge(&bar.badge), Cell::words(&bar.badge.name), bar.now.clone(), bar.before.clone()]
    });
    let before = last.clone().unwrap_or_else(|| "Last pack".to_owned());
    let columns = vec![
        Column::text("Level", 20),
        Column::text("Name", None),
        Column::count(&now, 16),
        Column::count(before, 16),
    ];
    let table = Table::new(LEVELS, format!("Table 1. {caption}"), columns).look(TableLook::Keep).rows(rows);
    block.push(Element::Chart(Chart {
        id: LEVELS,
        shows: caption.clone(),
        caption: format!("Figure 1. {title}. {caption}{beside}. The numbers are in table 1."),
        title,
        now,
        before: last,
        bars,
    }));
    block.push(Element::Table(table));
}

fn reactive<'m>(material: &Material<'m>) -> Vec<&'m Standing> {
    let levels = &material.pipeline.levels;
    material.standings.iter().filter(|s| levels.get(s.outcome.level).reactive).collect()
}

fn overdue(material: &Material<'_>, reader: Reader<'_>) -> Told {
    let count = material.standings.iter().filter(|s| s.clock.state == State::Overdue).count();
    reader.say(&keys::clocks(material.as_of, State::Overdue.word()), count)
}

fn figures(context: &Context<'_>, moved: Option<[Told; 4]>) -> Vec<Figure> {
    let Context { material, reader, .. } = *context;
    let figure = |value: String, label: &str, note: &str| Figure {
        value,
        label: label.to_owned(),
        note: note.to_owned(),
    };
    let text = |key| context.text(key);
    let levels = &material.pipeline.levels;
    let reactive_levels = levels.levels.iter().any(|level| level.reactive);
    let mut out = Vec::new();
    if reader.named() && reactive_levels {
        let due = format!("due in {}", material.period.short());
        out.push(figure(timeliness::share_of_period(material), &text("in_time_label"), &due));
        let count = reactive(material).len().to_string();
        out.push(figure(count, &text("reactive_label"), &text("reactive_note")));
    } else {
        let practices = number(material.standings.len() as f64);
        out.push(figure(practices, "practices", &text("in_scope_note")));
    }
    if levels.are_clocked() {
        out.push(figure(overdue(material, reader).cell(), &text("overdue_label"), &text("overdue_note")));
    }
    if !material.pipeline.exceptions.is_empty() {
        let open = reader.say(&keys::exceptions(material.as_of), material.exceptions.len());
        out.push(figure(open.cell(), "exceptions open", &text("exceptions_note")));
    }
    if let (Some(last), Some([all, ..])) = (&material.last, moved) {
        out.push(figure(all.cell(), "changed level", &format!("since {}", long(last.as_of))));
    }
    if reader.named() {
        let count = material.standings.iter().filter(|s| !s.outcome.assessed).count().to_string();
        out.push(figure(count, material.pipeline.levels.unassessed(), &text("unassessed_note")));
    }
    out
}

fn claims(context: &Context<'_>, moved: Option<[Told; 4]>) -> Vec<Claim> {
    let Context { material, reader, .. } = *context;
    let mut sources = material.all_receipts(&material.fact("register"));
    sources.extend(material.all_receipts(&material.fact("registered-patients")));
    let mut out = Vec::new();
    let levels = &material.pipeline.levels;
    let reactive_levels = levels.levels.iter().any(|level| level.reactive);
    if reader.named() && reactive_levels {
        out.push(timeliness::headline(context));
    }
    let practices = Told::Number(material.standings.len());
    out.push(Claim::new(context.say("in_scope", &[("practices", practices.into())]), sources));
    let reactive = reactive(material);
    let findings = reactive.iter().flat_map(|s| &s.outcome.findings);
    let findings: Vec<u32> = findings.flat_map(|f| f.evidence.iter().filter_map(|e| e.arrival)).collect();
    let key = keys::reactive(material.as_of);
    let told = reader.say(&key, reactive.len());
    let of_these = numbers(material).into_iter().filter(|number| levels.get(*number).reactive);
    reader.adds_up(&key, of_these.map(|number| keys::level(material.as_of, number)));
    if reactive_levels && !matches!(told, Told::Hidden) {
        let behind =
            if reactive.is_empty() { material.receipts_behind("concerns") } else { receipts(findings) };
        out.push(Claim::new(context.say("reactive", &[("practices", told.into())]), behind));
    }
    if levels.are_clocked() {
        let visits = overdue(material, reader);
        let sources = material.all_receipts(&material.fact("visits"));
        out.push(Claim::new(context.say("overdue", &[("visits", visits.into())]), sources));
    }
    if let (Some(last), Some([all, up, down, neither])) = (&material.last, moved) {
        let since = long(last.as_of);
        let text = match all {
            Told::Number(0) => context.say("not_moved", &[("since", since.into())]),
            _ if !levels.ordered => {
                context.say("changed", &[("since", since.into()), ("practices", all.into())])
            }
            _ => context.say(
                "moved",
                &[
                    ("since", since.into()),
                    ("up", up.into()),
                    ("down", down.into()),
                    ("neither", neither.into()),
                ],
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

/// The feeds that come regularly and of which nothing has ever been received, by title.
fn silent(context: &Context<'_>, block: &mut Block) {
    let material = context.material;
    let regular = |id: &str| material.pipeline.feed(id).is_some_and(|feed| feed.cadence != Cadence::AsMade);
    let silent = material.feeds.iter().filter(|feed| feed.receipt.is_none() && regular(&feed.feed));
    let titles: Vec<&str> = silent.map(|feed| feed.title.as_str()).collect();
    if titles.is_empty() {
        return;
    }
    let feeds = if titles.len() == 1 { "feed" } else { "feeds" };
    let them = if titles.len() == 1 { "it" } else { "them" };
    let count = if context.named() { titles.len().to_string() } else { "the following".to_owned() };
    let words = Words::default().strong("Nothing received.").plain(format!(
        " Nothing has ever been received of {count} {feeds}, so nothing in this pack rests on {them}: {}.",
        titles.join("; ")
    ));
    block.push(Element::Box { look: Look::Warn, paragraphs: vec![words], items: Vec::new() });
}

/// That rows of some practices count for no level, because no rule claims them.
fn unclaimed(material: &Material<'_>, block: &mut Block) {
    let practices = material.standings.iter().filter(|s| !s.outcome.unclaimed.is_empty()).count();
    if practices == 0 {
        return;
    }
    let words = Words::default().strong("Not counted.").plain(format!(
        " In the data of this pack no rule claims rows of {}, so they count for no level. The annex marks them.",
        plural(practices, "practice", "practices")
    ));
    block.push(Element::Box { look: Look::Warn, paragraphs: vec![words], items: Vec::new() });
}

fn receipts(mut arrivals: Vec<u32>) -> Vec<String> {
    arrivals.sort_unstable();
    arrivals.dedup();
    arrivals.into_iter().map(crate::intake::Receipt::number).collect()
}

/// Whether visits were made in time, by level and the quarter in which they were due.
fn in_time(context: &Context<'_>) -> Table {
    let (periods, rows) = timeliness::by_level(context.material);
    let columns = [Column::text("Level", None)].into_iter();
    let columns = columns.chain(periods.into_iter().map(|period| Column::count(period, 22))).collect();
    let rows = rows.into_iter().map(|(badge, shares): (Option<Badge>, Vec<String>)| {
        let name = badge.map_or_else(|| Cell::words("All"), |badge| Cell::badge(&badge));
        [name].into_iter().chain(shares.into_iter().map(Cell::words)).collect()
    });
    Table::new(IN_TIME, context.text("in_time_caption"), columns).look(TableLook::Keep).rows(rows)
}

/// The finding of the chart: which level holds most practices.
fn chart_title(context: &Context<'_>) -> String {
    let Context { material, reader, .. } = *context;
    let plain = || context.text("levels_caption");
    let largest = numbers(material).into_iter().max_by_key(|number| at(material.standings, *number));
    let Some(largest) = largest.filter(|_| !reader.leaves_out(LEVELS)) else { return plain() };
    let count = at(material.standings, largest);
    let all = material.standings.len();
    let stand = match largest {
        Some(level) => format!("stand at {}", material.pipeline.levels.in_words(Some(level))),
        None => format!("are {}", material.pipeline.levels.in_words(None)),
    };
    let Some(counted) = reader.count(LEVELS, &keys::level(material.as_of, largest), count).number() else {
        // That it is the largest would tell something of a number that is not shown.
        return plain();
    };
    let share = if all == 0 { 0.0 } else { 100.0 * count as f64 / all as f64 };
    format!("{counted} of {} ({share:.0}%) {stand}", plural(all, "practices", "practices"))
}
