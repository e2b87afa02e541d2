//! What is known of some of the practices: those of a place or of a network.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, IntoLazy, NamedFrom, Series, col, lit};

use super::{LastMaterial, Material, Standing};
use crate::levels::{Decision, Exception};
use crate::triangulate::{Practice, Triangulated};

/// What is known of some of the practices.
pub struct Narrow {
    name: String,
    known: Triangulated,
    standings: Vec<Standing>,
    exceptions: BTreeMap<String, Exception>,
    last: Option<Last>,
}

/// The same of the last pack.
struct Last {
    known: Triangulated,
    standings: Vec<Standing>,
    exceptions: BTreeMap<String, Exception>,
    withdrawn: Vec<(String, Decision)>,
}

impl Narrow {
    /// What is known of the practices that `is` picks; `name` is what they have in common.
    ///
    /// # Errors
    /// Never for facts as they are; Polars' signature has it.
    pub fn of(material: &Material<'_>, name: &str, is: impl Fn(&Practice) -> bool) -> anyhow::Result<Self> {
        let pick = |standings: &[Standing]| -> Vec<Standing> {
            standings.iter().filter(|s| is(&s.outcome.practice)).cloned().collect()
        };
        let standings = pick(material.standings);
        let last = material.last.as_ref().map(|last| -> anyhow::Result<Last> {
            let standings = pick(last.standings);
            let has = |code: &str| standings.iter().any(|s| s.code() == code);
            Ok(Last {
                known: narrowed(last.known, &standings)?,
                exceptions: of_practices(last.exceptions, has),
                withdrawn: last.withdrawn.iter().filter(|(code, _)| has(code)).cloned().collect(),
                standings,
            })
        });
        let has = |code: &str| standings.iter().any(|s| s.code() == code);
        Ok(Self {
            name: name.to_owned(),
            known: narrowed(material.known, &standings)?,
            exceptions: of_practices(material.exceptions, has),
            last: last.transpose()?,
            standings,
        })
    }

    /// What documents about these practices are made of.
    pub fn material<'n>(&'n self, whole: &Material<'n>) -> Material<'n> {
        let last = whole.last.as_ref().zip(self.last.as_ref());
        Material {
            pipeline: whole.pipeline,
            run: whole.run,
            as_of: whole.as_of,
            period: whole.period,
            about: Some(self.name.clone()),
            known: &self.known,
            board: whole.board,
            standings: &self.standings,
            exceptions: &self.exceptions,
            exception_clocks: whole.exception_clocks.clone(),
            turns: whole.turns.clone(),
            acknowledged: whole.acknowledged.clone(),
            names: BTreeMap::new(),
            feeds: whole.feeds.clone(),
            set_aside: Vec::new(),
            dropped: whole.dropped.clone(),
            remarks: whole.remarks.clone(),
            last: last.map(|(whole, last)| LastMaterial {
                as_of: whole.as_of,
                known: &last.known,
                board: whole.board,
                standings: &last.standings,
                exceptions: &last.exceptions,
                level_names: whole.level_names,
                withdrawn: last.withdrawn.clone(),
            }),
            published: whole.published.clone(),
            settled: std::cell::OnceCell::new(),
        }
    }
}

fn of_practices(
    exceptions: &BTreeMap<String, Exception>,
    has: impl Fn(&str) -> bool,
) -> BTreeMap<String, Exception> {
    let of = exceptions.iter().filter(|(_, exception)| has(&exception.practice));
    of.map(|(id, exception)| (id.clone(), exception.clone())).collect()
}

/// The facts about some practices; a fact that is not about practices stays whole.
fn narrowed(known: &Triangulated, standings: &[Standing]) -> anyhow::Result<Triangulated> {
    let codes: Vec<&str> = standings.iter().map(Standing::code).collect();
    let codes = Series::new("practice".into(), codes);
    let mut facts = BTreeMap::new();
    for (name, fact) in &known.facts {
        let rows: DataFrame = match fact.column("practice") {
            Ok(_) => {
                let of = col("practice").is_in(lit(codes.clone()).implode(false), false);
                fact.clone().lazy().filter(of).collect()?
            }
            Err(_) => fact.clone(),
        };
        facts.insert(name.clone(), rows);
    }
    let practices = known.practices.iter().filter(|(code, _)| standings.iter().any(|s| s.code() == *code));
    Ok(Triangulated {
        as_of: known.as_of,
        day: known.day,
        practices: practices.map(|(code, practice)| (code.clone(), practice.clone())).collect(),
        facts,
        sources: known.sources.clone(),
        refused: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::sample::Sample;

    #[test]
    fn facts_and_exceptions_of_other_practices_are_left_out() {
        let mut sample = Sample::new("2026-10-14");
        sample.practice("P81001", Some(4)).outcome.practice.place = "North".to_owned();
        sample.practice("P81002", Some(2)).outcome.practice.place = "South".to_owned();
        sample.fact(
            "concerns",
            &["practice = P81001; theme = Estates", "practice = P81002; theme = Workforce"],
        );
        let clock = crate::documents::sample::clock("2026-09-01", crate::visits::State::Running);
        sample.exception("concerns/C1", "P81002", 4, clock);
        let material = sample.material();
        let narrow = Narrow::of(&material, "North", |practice| practice.place == "North").unwrap();
        let north = narrow.material(&material);
        assert_eq!(north.standings.iter().map(Standing::code).collect::<Vec<_>>(), ["P81001"]);
        let concerns = north.fact("concerns");
        assert_eq!((concerns.height(), concerns.text("theme", 0).as_deref()), (1, Some("Estates")));
        assert!(north.exceptions.is_empty());
        assert_eq!(north.about.as_deref(), Some("North"));
    }
}
