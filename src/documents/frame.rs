//! What is known of each practice as a table, for conditions on practices.

use anyhow::Context as _;
use polars::prelude::{DataFrame, IntoLazy, NamedFrom, Series, col};

use super::{Material, Standing};
use crate::condition::{BETWEEN_VALUES, Condition};
use crate::dates::to_days;
use crate::levels::{Criteria, MarkState};
use crate::visits::State;

/// One row a practice in scope, by code, with the columns that [`crate::pipeline::standing_columns`] lists.
///
/// # Errors
/// Never for standings as they are; Polars' signature has it.
pub fn standings(material: &Material<'_>) -> anyhow::Result<DataFrame> {
    let standings = material.standings;
    let levels = &material.pipeline.levels;
    let texts = |name: &str, of: &dyn Fn(&Standing) -> Option<String>| {
        Series::new(name.into(), standings.iter().map(of).collect::<Vec<Option<String>>>())
    };
    let numbers = |name: &str, of: &dyn Fn(&Standing) -> Option<f64>| {
        Series::new(name.into(), standings.iter().map(of).collect::<Vec<Option<f64>>>())
    };
    let truths = |name: &str, of: &dyn Fn(&Standing) -> bool| {
        Series::new(name.into(), standings.iter().map(of).collect::<Vec<bool>>())
    };
    let days = |name: &str, of: &dyn Fn(&Standing) -> Option<chrono::NaiveDate>| {
        let days: Vec<Option<i32>> = standings.iter().map(|s| of(s).map(to_days)).collect();
        Series::new(name.into(), days).cast(&polars::prelude::DataType::Date)
    };
    let level = |level: Option<u8>| level.map(f64::from);
    let of_practice = |code: &str| material.exceptions.values().filter(|e| e.practice == code).count() as f64;
    let columns = vec![
        texts("practice", &|s| Some(s.outcome.practice.code.clone())),
        texts("practice_name", &|s| Some(s.outcome.practice.name.clone())),
        texts("place", &|s| Some(s.outcome.practice.place.clone())),
        texts("team", &|s| Some(s.outcome.practice.team.clone())),
        texts("commissioner", &|s| Some(s.outcome.practice.commissioner.clone())),
        texts("pcn", &|s| s.outcome.practice.pcn.clone()),
        texts("pcn_name", &|s| s.outcome.practice.pcn_name.clone()),
        texts("cause", &|s| s.cause.map(|cause| cause.to_string())),
        texts("marks", &|s| marks(s)),
        texts("clock", &|s| Some(s.clock.state.word().to_owned()).filter(|word| !word.is_empty())),
        numbers("patients", &|s| s.outcome.practice.patients),
        numbers("level", &|s| level(s.outcome.level)),
        numbers("proposed", &|s| level(s.outcome.proposed)),
        numbers("previous", &|s| level(s.previous.as_ref().and_then(|past| past.level))),
        numbers("days_late", &|s| s.clock.days_late.map(|days| days as f64)),
        numbers("criteria_met", &|s| Some(Criteria::of(&s.outcome.marks).met as f64)),
        numbers("criteria_known", &|s| Some(Criteria::of(&s.outcome.marks).known as f64)),
        numbers("exceptions", &|s| Some(of_practice(s.code()))),
        truths("reactive", &|s| levels.get(s.outcome.level).reactive),
        truths("assessed", &|s| s.outcome.assessed),
        truths("moved", &|s| s.cause.is_some()),
        days("due", &|s| s.clock.due)?,
        days("clock_start", &|s| Some(s.clock.starts).filter(|_| s.clock.state != State::None))?,
        days("met_on", &|s| s.clock.met_on)?,
    ];
    let columns = columns.into_iter().map(Into::into).collect();
    DataFrame::new(standings.len(), columns).context("the table of practices cannot be made")
}

/// The marks that are set, as a cell with several values.
fn marks(standing: &Standing) -> Option<String> {
    let set = standing.outcome.marks.iter().filter(|mark| mark.state == MarkState::Met);
    let ids: Vec<&str> = set.map(|mark| mark.mark.as_str()).collect();
    (!ids.is_empty()).then(|| format!("{BETWEEN_VALUES}{}{BETWEEN_VALUES}", ids.join(BETWEEN_VALUES)))
}

/// The practices for which a condition is true, by code; all if there is none.
///
/// # Errors
/// If Polars refuses the condition: the pipeline's checks make that a bug.
pub fn which<'m>(
    material: &Material<'m>,
    condition: Option<&Condition>,
) -> anyhow::Result<Vec<&'m Standing>> {
    let Some(condition) = condition else { return Ok(material.standings.iter().collect()) };
    let frame = standings(material)?;
    let filtered = frame.lazy().filter(condition.expr(material.as_of)).select([col("practice")]).collect();
    let filtered = filtered.context("a condition on practices cannot be evaluated")?;
    let codes = filtered.column("practice").and_then(|column| column.str().cloned());
    let codes = codes.context("a condition on practices cannot be evaluated")?;
    Ok(codes.iter().flatten().filter_map(|code| material.of(code)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::{Scope, Values};
    use crate::documents::sample::Sample;

    #[test]
    fn practices_are_chosen_by_what_is_known_of_them() {
        let mut sample = Sample::new("2026-10-14");
        sample.practice("P81001", Some(4));
        sample.moved("P81002", Some(1), Some(2));
        sample.practice("P81003", None);
        let columns = crate::pipeline::standing_columns(&Values::default(), &[]);
        let material = sample.material();
        let chosen = |text: &str| {
            let condition = Condition::truth(text, &columns, Scope::Row).unwrap();
            let found = which(&material, Some(&condition)).unwrap();
            found.into_iter().map(|s| s.code().to_owned()).collect::<Vec<String>>()
        };
        assert_eq!(chosen("reactive"), ["P81001"]);
        assert_eq!(chosen("moved and level = 2"), ["P81002"]);
        assert_eq!(chosen("level is null"), ["P81003"]);
        assert_eq!(chosen("clock = 'running' and patients > 8000").len(), 3);
        assert_eq!(which(&material, None).unwrap().len(), 3);
        let frame = standings(&material).unwrap();
        let mut known: Vec<String> = columns.names().map(str::to_owned).collect();
        known.sort();
        let mut there: Vec<String> = frame.get_column_names().iter().map(ToString::to_string).collect();
        there.sort();
        assert_eq!(there, known, "the table has the columns that conditions may use");
    }
}
