//! The visit programme: what is next, done against expected, month by month, and what moved since the last pack.

use std::collections::BTreeMap;

use super::super::LastMaterial;
use crate::dates::{add_days, add_months, long};
use crate::documents::content::{Block, Cell, Column, Kind, Table};
use crate::documents::context::{Context, Said};
use crate::documents::suppress::Told;
use crate::documents::{Badge, Claim, Material};
use crate::visits::programme::{Change, Month, Programme, Reason, Row, Status, changes};

/// So many days ahead visits are listed.
const NEXT_DAYS: i32 = 91;
/// Changes are listed that far ahead, in months.
const CHANGES_MONTHS: i32 = 6;
/// So many months ahead have a row each.
const FORECAST_MONTHS: i32 = 12;

pub(super) fn block(context: &Context<'_>) -> Block {
    let material = context.material;
    let mut block = context.block();
    let now = match Programme::on(material.board, material.pipeline) {
        Ok(Some(programme)) => programme,
        Ok(None) => {
            block.paragraph(context.text("none"));
            return block;
        }
        Err(error) => {
            block.paragraph(format!("The programme of visits cannot be told: {error:#}."));
            return block;
        }
    };
    let told = Of { context, material, programme: &now };
    block.claims(told.claims());
    told.next(&mut block);
    told.teams(&mut block);
    told.months(&mut block);
    match &material.last {
        Some(last) => told.changes(last, &mut block),
        None => block.remark(context.text("first")),
    }
    block.written(context.written());
    block
}

struct Of<'o> {
    context: &'o Context<'o>,
    material: &'o Material<'o>,
    programme: &'o Programme,
}

impl<'o> Of<'o> {
    /// The rows of the practices that the document is about.
    fn rows(&self) -> impl Iterator<Item = &'o Row> {
        let (programme, material) = (self.programme, self.material);
        programme.rows.iter().filter(move |row| material.of(&programme.practice(row).code).is_some())
    }

    /// What lies before the teams that visit these practices.
    fn forecasts(&self) -> impl Iterator<Item = &'o crate::visits::programme::Forecast> {
        let teams: Vec<&String> = self.rows().map(|row| &self.programme.practice(row).team).collect();
        self.programme.teams.iter().filter(move |forecast| teams.contains(&&forecast.team))
    }

    fn named(&self, code: &str) -> String {
        format!("{} ({code})", self.material.name(code))
    }

    fn claims(&self) -> Vec<Claim> {
        let mut sources = self.material.all_receipts(&self.material.fact("visits"));
        sources.extend(self.material.all_receipts(&self.material.fact("plans")));
        sources.sort();
        sources.dedup();
        let claim = |key: &str, status: Status| {
            let practices = self.rows().filter(|row| row.status == status).count();
            let text = self.context.say(key, &[("practices", Said::Count(Told::Number(practices)))]);
            Claim::new(text, sources.clone()).filter(|_| practices > 0)
        };
        let claims = [
            ("late", Status::Late),
            ("cannot_be_in_time", Status::CannotBeInTime),
            ("no_room", Status::NoRoom),
        ];
        claims.into_iter().filter_map(|(key, status)| claim(key, status)).collect()
    }

    /// The visits of the next weeks.
    fn next(&self, block: &mut Block) {
        let until = add_days(self.material.as_of, NEXT_DAYS);
        let mut rows: Vec<&Row> =
            self.rows().filter(|row| row.week.is_some_and(|week| week < until)).collect();
        rows.sort_by_key(|row| (row.week, row.practice));
        let cells = rows.into_iter().map(|row| {
            let practice = self.programme.practice(row);
            let core = self.material.pipeline.visiting.core_team.len();
            let who: Vec<&str> = practice.attends.iter().skip(core).map(|who| who.team.as_str()).collect();
            let state = if row.status == Status::Planned { "planned" } else { "proposed" };
            vec![
                Cell::words(self.named(&practice.code)),
                Cell::badge(&Badge::of(&self.material.pipeline.levels, practice.level)),
                Cell::day(row.week, "–"),
                Cell::words(self.context.text(state)),
                Cell::words(if who.is_empty() { "–".to_owned() } else { who.join(", ") }),
            ]
        });
        let columns = vec![
            Column::text("Practice", None),
            Column::of(Kind::Badge, "Level", 15),
            Column::of(Kind::Date, "Visit", 13),
            Column::text("Status", 14),
            Column::text("By exception", 25),
        ];
        let caption = self.context.text("next");
        block.table(
            Table::new("programme-next", caption, columns).rows(cells),
            &self.context.text("next_none"),
        );
    }

    /// What each team has done and what lies before it.
    fn teams(&self, block: &mut Block) {
        let number = |count: u32| Cell::count(usize::try_from(count).unwrap_or(usize::MAX));
        let rows = self.forecasts().map(|forecast| {
            vec![
                Cell::words(&forecast.team),
                number(forecast.quota),
                number(forecast.expected),
                Cell::count(forecast.done),
                Cell::count(forecast.not_yet_visited),
                Cell::day(forecast.last_date, "–"),
                number(forecast.rate_needed),
            ]
        });
        let columns = vec![
            Column::text("Team", None),
            Column::count("A year", 10),
            Column::count("Expected", 12),
            Column::count("Made", 10),
            Column::count("Not visited", 13),
            Column::of(Kind::Date, "Last of them", 15),
            Column::count("Needed", 11),
        ];
        block.table(Table::new("programme-teams", self.context.text("teams"), columns).rows(rows), "");
    }

    /// How many visits each month has.
    fn months(&self, block: &mut Block) {
        let last = Month::of(add_months(self.material.as_of, FORECAST_MONTHS));
        let (mut by_month, mut later): (BTreeMap<Month, [usize; 3]>, usize) = (BTreeMap::new(), 0);
        for row in self.rows() {
            let Some(month) = row.month else { continue };
            if month > last {
                later += 1;
                continue;
            }
            let counts = by_month.entry(month).or_default();
            counts[usize::from(row.status != Status::Planned)] += 1;
            counts[2] += usize::from(matches!(row.status, Status::CannotBeInTime | Status::Late));
        }
        let rows = by_month.into_iter().map(|(month, counts)| {
            let name = month.first_day().format("%B %Y").to_string();
            std::iter::once(Cell::words(name)).chain(counts.map(Cell::count)).collect()
        });
        let columns = vec![
            Column::text("Month", None),
            Column::count("Planned", 18),
            Column::count("Proposed", 18),
            Column::count("Later than wanted", 22),
        ];
        let caption = self.context.text("months");
        block.table(
            Table::new("programme-months", caption, columns).rows(rows),
            &self.context.text("months_none"),
        );
        if later > 0 {
            block.remark(self.context.say("months_later", &[("visits", Said::Count(Told::Number(later)))]));
        }
    }

    /// What moved since the last pack.
    fn changes(&self, last: &LastMaterial<'_>, block: &mut Block) {
        let Ok(Some(then)) = Programme::on(last.board, self.material.pipeline) else { return };
        let until = Month::of(add_months(self.material.as_of, CHANGES_MONTHS));
        let about = |change: &Change| {
            let scope = self.material.of(&change.practice).is_some();
            scope || last.standings.iter().any(|standing| standing.code() == change.practice)
        };
        let all = changes(&then, self.programme).into_iter().filter(about);
        let near = |change: &Change| [change.from, change.to].iter().flatten().any(|month| *month <= until);
        let (listed, others): (Vec<Change>, Vec<Change>) = all.partition(near);
        let month = |month: Option<Month>| {
            Cell::words(month.map_or_else(|| "–".to_owned(), |m| m.first_day().format("%B %Y").to_string()))
        };
        let rows = listed.into_iter().map(|change| {
            let practice = Cell::words(self.named(&change.practice));
            let reason = Cell::words(self.context.text(key(change.reason)));
            vec![practice, month(change.from), month(change.to), reason]
        });
        let columns = vec![
            Column::text("Practice", None),
            Column::text("From", 17),
            Column::text("To", 17),
            Column::text("Reason", 28),
        ];
        let since = [("since", long(last.as_of).into())];
        let caption = self.context.say("changes", &since);
        block.table(
            Table::new("programme-changes", caption, columns).rows(rows),
            &self.context.say("changes_none", &[("since", long(last.as_of).into())]),
        );
        if !others.is_empty() {
            let visits = Said::Count(Told::Number(others.len()));
            block.remark(self.context.say("changes_later", &[("visits", visits)]));
        }
    }
}

/// Under which key the block says a reason.
fn key(reason: Reason) -> &'static str {
    match reason {
        Reason::LeftScope => "left_scope",
        Reason::NewInScope => "new_in_scope",
        Reason::Visited => "visited",
        Reason::Paused => "paused",
        Reason::Resumed => "resumed",
        Reason::Planned => "planned_now",
        Reason::PlanChanged => "plan_changed",
        Reason::Level => "level",
        Reason::NotTakenUp => "not_taken_up",
        Reason::Displaced => "displaced",
    }
}

#[cfg(test)]
mod tests {
    use crate::documents::context::{About, Context};
    use crate::documents::sample::Sample;
    use crate::documents::{Reader, blocks};
    use crate::pipeline::{Block as Wanted, block_kind};
    use crate::triangulate::Triangulated;

    #[test]
    fn the_next_visits_what_lies_before_the_team_and_what_moved() {
        let visit = "practice = P81001; planned_date = 2026-11-03; status = Planned; visit_type = Proactive";
        let mut last = Sample::new("2026-07-14");
        last.practice("P81001", Some(2)).outcome.practice.name = "ALDERBECK SURGERY".to_owned();
        let mut sample = Sample::new("2026-10-14");
        sample.practice("P81001", Some(2)).outcome.practice.name = "ALDERBECK SURGERY".to_owned();
        sample.fact("plans", &[visit]);
        sample.last = Some(Box::new(last));
        let mut material = sample.material();
        let with_team = |known: &Triangulated| {
            let mut known = known.clone();
            let team = "Central and West Lancashire place facing team";
            known.practices.values_mut().for_each(|practice| practice.team = team.to_owned());
            known
        };
        let now = with_team(material.known);
        let then = with_team(material.last.as_ref().unwrap().known);
        material.board = &now;
        material.last.as_mut().unwrap().board = &then;
        let wanted = Wanted::plain(block_kind("visit-programme").unwrap());
        let all = [];
        let (about, reader) = (About::Practices, Reader::NAMED);
        let context =
            Context { material: &material, reader, wanted: &wanted, all: &all, about, committee: "Group" };
        let block = blocks::make(&context);
        let next = block.texts("programme-next");
        assert_eq!(next[1][0], "Alderbeck Surgery (P81001)");
        assert_eq!(next[1][2..], ["3 Nov 2026", "planned", "–"]);
        let team = "Central and West Lancashire place facing team";
        let of_team = [team, "22", "11", "0", "1", "3 Nov 2026", "1"];
        assert_eq!(block.texts("programme-teams")[1], of_team, "six of twelve months have ended");
        assert_eq!(block.texts("programme-months")[1], ["November 2026", "1", "0", "0"]);
        let changes = block.texts("programme-changes");
        assert_eq!(
            changes[1],
            ["Alderbeck Surgery (P81001)", "August 2026", "November 2026", "a visit is planned"]
        );
    }
}
