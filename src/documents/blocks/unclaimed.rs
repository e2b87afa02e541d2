//! Rows that stand and that no rule claims, in words: what a practice without a level is not assessed for.

use std::collections::BTreeMap;

use super::situation::place;
use crate::documents::{Material, Standing};
use crate::wording::plural;

/// The rows of a practice that count for no level, and that it is not assessed because of them; none if there
/// are none.
pub(super) fn unclaimed(material: &Material<'_>, standing: &Standing) -> Option<String> {
    let rows = &standing.outcome.unclaimed;
    let mut by_fact: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for row in rows {
        by_fact.entry(&row.fact).or_default().push(place(&row.row));
    }
    let each = by_fact.into_iter().map(|(fact, places)| {
        let title = material.pipeline.facts.get(fact).map_or(fact, |fact| fact.title.as_str());
        format!("{title} ({})", places.join("; "))
    });
    let (each, what) = (each.collect::<Vec<String>>().join(", "), marked(standing)?);
    let them = if rows.len() == 1 { "it counts" } else { "they count" };
    Some(match standing.outcome.level {
        None => format!("Not assessed because no rule claims {what}: {each}."),
        Some(_) => format!("No rule claims {what}, so {them} for no level: {each}."),
    })
}

/// How many rows of a practice no rule claims.
pub(super) fn marked(standing: &Standing) -> Option<String> {
    let rows = standing.outcome.unclaimed.len();
    (rows > 0).then(|| plural(rows, "row", "rows"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::Reader;
    use crate::documents::blocks::annex;
    use crate::documents::context::About;
    use crate::documents::sample::{Sample, evidence};
    use crate::levels::Unclaimed;

    /// One practice at a level, of which two rows are claimed by no rule.
    fn world(level: Option<u8>) -> Sample {
        let mut sample = Sample::new("2026-10-14");
        let row = |fact: &str| Unclaimed { fact: fact.to_owned(), row: evidence() };
        sample.practice("P81001", level).outcome.unclaimed = vec![row("score"), row("concerns")];
        sample.practice("P81002", Some(1));
        sample.last = Some(Box::new(Sample::new("2026-07-14")));
        sample.standings[0].cause = Some(crate::levels::Cause::Rule);
        sample
    }

    const WHERE: &str = "Open concerns (R0001, row 2), Variation score of the latest extract (R0001, row 2).";

    #[test]
    fn papers_say_that_a_practice_is_not_assessed_because_of_rows_that_no_rule_claims() {
        let sample = world(None);
        let material = sample.material();
        let said = format!("Not assessed because no rule claims 2 rows: {WHERE}");
        assert_eq!(unclaimed(&material, &sample.standings[0]), Some(said.clone()));
        assert_eq!(unclaimed(&material, &sample.standings[1]), None);
        let movements = sample.block(&material, "movements", Reader::NAMED);
        assert_eq!(movements.texts("movements")[1][3], said);
        let annex = sample.block(&material, "annex", Reader::NAMED).texts(annex::EVERY);
        assert_eq!([&annex[1][7], &annex[2][7]], ["none; no rule claims 2 rows", "none"]);
        let about = About::Practice(&sample.standings[0]);
        let situation = sample.block_about(&material, "situation", Reader::NAMED, about);
        assert_eq!(situation.paragraphs()[0], said);
        let boxes = |reader| format!("{:?}", sample.block(&material, "summary", reader).elements);
        let told = "no rule claims rows of 1 practice, so they count for no level";
        assert!(boxes(Reader::NAMED).contains(told), "{}", boxes(Reader::NAMED));
    }

    #[test]
    fn a_level_that_other_rows_set_says_that_these_do_not_count() {
        let sample = world(Some(3));
        let said = format!("No rule claims 2 rows, so they count for no level: {WHERE}");
        assert_eq!(unclaimed(&sample.material(), &sample.standings[0]), Some(said));
    }
}
