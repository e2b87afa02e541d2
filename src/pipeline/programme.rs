//! `programme.toml`: how the visits of the programme are proposed, and who attends them. How many visits there are
//! in a year, and the cycle, say `[programme]` of `pipeline.toml`.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::checked::row_truth;
use super::fact::Fact;
use super::feed::Feed;
use super::general::{Programme, Scope};
use super::level::{Levels, Period, read_period};
use super::limits::at_least_one;
use super::reader::{Placed, Report, Table};
use super::vocabulary::Vocabulary;
use crate::condition::Condition;
use crate::diagnostic::{Code, likely};

/// How the visits of the programme are proposed.
#[derive(Debug, Clone)]
pub struct VisitProgramme {
    /// Notice to the practice, in days.
    pub notice_days: i32,
    /// The months ahead for which visits are proposed.
    pub horizon_months: i32,
    /// A practice that was visited is not visited again in so many months.
    pub again_months: i32,
    /// The time within which every practice is visited, in months.
    pub cycle_months: i32,
    /// The rate that is needed is looked for over so many months and more.
    pub rate_months: i32,
    /// Weeks that hold one of these days, by month and day, have no visit.
    pub passed_over: Vec<(u32, u32)>,
    /// A month takes this part of a team's visits of a year at most: 6 for a sixth.
    pub month_part: u32,
    /// A week takes this part at most.
    pub week_part: u32,
    /// Visits in a year of each team of the places, in their order.
    pub quotas: Vec<(String, u32)>,
    /// Of practices wanted on one day, those of the first of these groups come first.
    pub order: Vec<Group>,
    /// Who attends by exception.
    pub exceptional: Exceptional,
}

/// Practices that come one after the other in the order of the programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Their levels; none is "not assessed".
    pub levels: Vec<Option<u8>>,
    /// Whether only those whose visit was not yet made are meant.
    pub unmet: bool,
}

/// Who attends by exception.
#[derive(Debug, Clone)]
pub struct Exceptional {
    /// Which open concerns are a reason.
    pub concern: Condition,
    /// At these levels flags of the dashboard are a reason.
    pub levels: Vec<u8>,
    /// So many flags in one domain.
    pub flags: u32,
    /// The teams, with their themes.
    pub teams: Vec<(String, Vec<String>)>,
}

/// What the file is checked against.
pub(super) struct Known<'k> {
    pub(super) programme: Option<&'k Programme>,
    pub(super) scope: &'k Scope,
    pub(super) levels: &'k Levels,
    pub(super) facts: &'k BTreeMap<String, Fact>,
    pub(super) feeds: &'k [Feed],
    pub(super) themes: Option<&'k Vocabulary>,
}

/// Reads `programme.toml`.
pub(super) fn read(mut file: Table<'_>, known: &Known<'_>) -> Option<VisitProgramme> {
    let report = file.report().clone();
    let order = file.tables("order");
    // So a folder says that it wants no programme.
    if order.is_empty() && file.has("order") && !file.has("attends") {
        return None;
    }
    let notice = read_period(&mut file, "notice").and_then(|p| days(&file, "notice", p));
    let mut length = |key: &str| {
        let period = read_period(&mut file, key)?;
        months(&file, key, period)
    };
    let (horizon, again, rate) = (length("horizon"), length("again"), length("rate_over"));
    let passed_over = file.texts("passed_over");
    let passed_over = passed_over.iter().filter_map(|text| day_of_year(&report, text)).collect();
    let (month_part, week_part) =
        (at_least_one(&mut file, "month_part", 6), at_least_one(&mut file, "week_part", 52));
    let order = groups(order, &file, known.levels);
    let quotas = quotas(&mut file, known);
    let exceptional = file.table("attends").and_then(|table| Exceptional::read(table, known));
    let Some(programme) = known.programme else {
        let help = "write [programme] with visits_a_year_per_team and cycle there".to_owned();
        let message = "pipeline.toml has no [programme], so nobody knows how many visits there are in a year";
        report.error(&file.at(), Code::MissingKey, message, Some(help));
        return None;
    };
    let cycle = programme.cycle;
    if cycle.days != 0 {
        let message = "the cycle of [programme] in pipeline.toml is no number of months";
        report.error(&file.at(), Code::BadValue, message, None);
    }
    let (rate_months, horizon_months) = (rate?, horizon?);
    if rate_months > horizon_months {
        let message = "`rate_over` is longer than `horizon`";
        report.error(&file.at_of("rate_over"), Code::BadValue, message, None);
    }
    Some(VisitProgramme {
        notice_days: notice?,
        horizon_months,
        again_months: again?,
        cycle_months: cycle.months,
        rate_months,
        passed_over,
        month_part,
        week_part,
        quotas,
        order,
        exceptional: exceptional?,
    })
}

fn days(table: &Table<'_>, key: &str, period: Period) -> Option<i32> {
    whole(table, key, period.days, period.months, "days")
}

fn months(table: &Table<'_>, key: &str, period: Period) -> Option<i32> {
    whole(table, key, period.months, period.days, "months")
}

fn whole(table: &Table<'_>, key: &str, count: i32, other: i32, unit: &str) -> Option<i32> {
    if other != 0 || count > 1200 {
        let message = format!("`{key}` is a number of {unit}, 1200 at most");
        let help = Some(format!("for instance \"{} {unit}\"", if unit == "days" { 28 } else { 36 }));
        table.report().error(&table.at_of(key), Code::BadValue, message, help);
        return None;
    }
    Some(count)
}

/// `25 December`, as month and day.
fn day_of_year(report: &Report, text: &Placed<String>) -> Option<(u32, u32)> {
    // A leap year has every day.
    let date = NaiveDate::parse_from_str(&format!("{} 2024", text.value), "%d %B %Y");
    if date.is_err() {
        let help = Some("for instance \"25 December\"".to_owned());
        report.error(&text.at, Code::BadValue, format!("`{}` is no day of a year", text.value), help);
    }
    date.ok().map(|date| (date.month(), date.day()))
}

/// The word for practices without a level.
const NOT_ASSESSED: &str = "not assessed";

fn groups(tables: Vec<Table<'_>>, file: &Table<'_>, levels: &Levels) -> Vec<Group> {
    let (report, at) = (file.report(), file.at_of("order"));
    let mut out = Vec::new();
    for mut table in tables {
        let unmet = table.flag("unmet");
        let mut named = Vec::new();
        for text in table.texts("levels") {
            if text.value == NOT_ASSESSED {
                named.push(None);
            } else {
                named.extend(known_level(report, &text, levels).map(Some));
            }
        }
        out.push(Group { levels: named, unmet });
    }
    let all = levels.levels.iter().filter(|level| !level.reactive);
    let all = all.map(|level| (Some(level.number), level.id.as_str())).chain([(None, NOT_ASSESSED)]);
    for (level, id) in all {
        if !out.iter().any(|group| !group.unmet && group.levels.contains(&level)) {
            let message = format!("no [[order]] says when practices of level `{id}` come");
            let help = "add it to the `levels` of one without `unmet`".to_owned();
            report.error(&at, Code::Incomplete, message, Some(help));
        }
    }
    out
}

fn known_level(report: &Report, text: &Placed<String>, levels: &Levels) -> Option<u8> {
    let level = levels.of_id(&text.value);
    if level.is_none() {
        let ids: Vec<&str> = levels.levels.iter().map(|level| level.id.as_str()).collect();
        let help = format!("the levels are {}, and \"{NOT_ASSESSED}\"", ids.join(", "));
        report.error(&text.at, Code::UnknownName, format!("there is no level `{}`", text.value), Some(help));
    }
    level
}

/// The quota of each team: its own, else that of `[programme]`.
fn quotas(file: &mut Table<'_>, known: &Known<'_>) -> Vec<(String, u32)> {
    let report = file.report().clone();
    let usual = known.programme.map_or(0, |programme| programme.visits_a_year_per_team);
    let mut out: Vec<(String, u32)> = Vec::new();
    for place in &known.scope.places {
        if !out.iter().any(|(team, _)| *team == place.team) {
            out.push((place.team.clone(), usual));
        }
    }
    let mut said: Vec<String> = Vec::new();
    for mut table in file.tables("quota") {
        let (team, visits) = (table.text("team"), table.count("visits_a_year"));
        let (Some(team), Some(visits)) = (team, visits) else { continue };
        if said.contains(&team.value) {
            let message = format!("there are two quotas of `{}`", team.value);
            report.error(&team.at, Code::DuplicateName, message, None);
        }
        let near = likely(&team.value, out.iter().map(|(team, _)| team.as_str())).map(str::to_owned);
        match out.iter_mut().find(|(name, _)| *name == team.value) {
            Some((_, quota)) => *quota = visits.value,
            None => {
                let message = format!("no [[place]] of pipeline.toml has the team `{}`", team.value);
                let help = near.map(|near| format!("did you mean `{near}`?"));
                report.error(&team.at, Code::UnknownName, message, help);
            }
        }
        said.push(team.value);
    }
    out
}

impl Exceptional {
    fn read(mut table: Table<'_>, known: &Known<'_>) -> Option<Self> {
        let report = table.report().clone();
        let (concern, flags) = (table.text("concern"), table.count("flags"));
        let concern = match (concern, known.facts.get("concerns")) {
            (Some(text), Some(fact)) => row_truth(&report, &text, &fact.columns),
            (Some(text), None) => {
                report.error(&text.at, Code::Incomplete, "there is no fact or table `concerns`", None);
                None
            }
            (None, _) => None,
        };
        let levels = table.texts("flags_at_levels");
        let levels = levels.iter().filter_map(|text| known_level(&report, text, known.levels)).collect();
        let mut teams: Vec<(String, Vec<String>)> = Vec::new();
        for mut team in table.tables("team") {
            let (name, themes) = (team.text("name"), team.texts("themes"));
            let Some(name) = name else { continue };
            known_team(&report, &name, known.feeds);
            if teams.iter().any(|(other, _)| *other == name.value) {
                let message = format!("there are two teams `{}`", name.value);
                report.error(&name.at, Code::DuplicateName, message, None);
            }
            let themes = themes.into_iter().filter_map(|theme| known_theme(&report, theme, known.themes));
            teams.push((name.value, themes.collect()));
        }
        Some(Self { concern: concern?, levels, flags: flags?.value, teams })
    }
}

/// Notes a team that no feed of concerns names; where sheets name teams themselves, any may come.
fn known_team(report: &Report, name: &Placed<String>, feeds: &[Feed]) {
    let teams: Vec<&str> = feeds
        .iter()
        .flat_map(|feed| &feed.set)
        .filter(|(column, _)| column == "team")
        .map(|(_, team)| team.as_str())
        .collect();
    if !teams.is_empty() && !teams.contains(&name.value.as_str()) {
        let help = match likely(&name.value, teams.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the teams are: {}", teams.join(", ")),
        };
        let message = format!("no feed of concerns is of the team `{}`", name.value);
        report.error(&name.at, Code::UnknownName, message, Some(help));
    }
}

fn known_theme(report: &Report, theme: Placed<String>, themes: Option<&Vocabulary>) -> Option<String> {
    let Some(list) = themes else { return Some(theme.value) };
    let known = list.value_of(&theme.value).map(str::to_owned);
    if known.is_none() {
        let message = format!("`{}` is not a theme of vocabularies.toml", theme.value);
        let help = list.likely(&theme.value).map(|near| format!("did you mean `{near}`?"));
        report.error(&theme.at, Code::UnknownName, message, help);
    }
    known
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::pipeline::{Folder, load};

    const FILE: &str = "programme.toml";

    fn lancashire() -> Folder {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
        Folder::read(&dir).unwrap()
    }

    /// What is said once a text of the file is another.
    fn said(from: &str, to: &str) -> String {
        let mut folder = lancashire();
        let text = folder.get(FILE).unwrap();
        assert!(text.contains(from), "{from}");
        let text = text.replacen(from, to, 1);
        folder.insert(FILE, text);
        let loaded = load(&folder);
        assert!(loaded.pipeline.is_none());
        loaded.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn each_fault_is_told_with_its_line() {
        for (from, to, line, fault) in [
            ("\"28 days\"", "\"1 month\"", 4, "`notice` is a number of days"),
            ("\"36 months\"", "\"90 days\"", 5, "`horizon` is a number of months"),
            ("\"25 December\"", "\"31 February\"", 8, "`31 February` is no day of a year"),
            ("= 52 ", "= 0 ", 10, "week_part"),
            ("\"12 months\"", "\"40 months\"", 11, "`rate_over` is longer than `horizon`"),
            ("levels = [\"1\"]", "levels = [\"9\"]", 31, "there is no level `9`"),
            (
                "levels = [\"1\"]",
                "levels = [\"3\"]",
                20,
                "no [[order]] says when practices of level `1` come",
            ),
            ("severity in", "severty in", 37, "severty"),
            ("name   = \"Estates\"", "name   = \"Estate\"", 62, "did you mean `Estates`?"),
            ("themes = [\"Estates\"]", "themes = [\"Roofs\"]", 63, "`Roofs` is not a theme"),
            (
                "# [[quota]]",
                "[[quota]]\nteam = \"Nobody\"\nvisits_a_year = 3\n#",
                15,
                "has the team `Nobody`",
            ),
        ] {
            let said = said(from, to);
            assert!(said.contains(&format!("{FILE}:{line}:")) && said.contains(fault), "{to}: {said}");
        }
    }

    #[test]
    fn without_the_file_there_is_no_programme_and_a_team_may_have_a_quota_of_its_own() {
        let mut folder = lancashire();
        let text = folder.get(FILE).unwrap().to_owned();
        let quota = "\n[[quota]]\nteam = \"Pennine Lancashire place facing team\"\nvisits_a_year = 20\n";
        folder.insert(FILE, format!("{text}{quota}"));
        let programme = load(&folder).pipeline.unwrap().visit_programme.unwrap();
        let quotas: Vec<u32> = programme.quotas.iter().map(|(_, quota)| *quota).collect();
        assert_eq!((quotas, programme.cycle_months), (vec![20, 22, 22], 36));
        assert_eq!(programme.passed_over, [(12, 25), (1, 1)]);
        for (text, warnings) in [("", 1), ("order = []\n", 0)] {
            folder.insert(FILE, text);
            let loaded = load(&folder);
            assert!(loaded.pipeline.unwrap().visit_programme.is_none());
            assert_eq!(loaded.diagnostics.len(), warnings, "{:?}", loaded.diagnostics);
        }
    }
}
