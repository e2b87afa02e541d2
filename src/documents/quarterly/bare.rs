//! A pack can be laid out however little there is to show: where a table has no row, words stand.

use serde_json::Value;

use crate::documents::quarterly::{QuarterlyPack, pack};
use crate::documents::sample::Sample;
use crate::pipeline::{Audience, Committee};
use crate::render::Templates;
use crate::render::pdf::{Theme, pdf};

fn committees(sample: &Sample) -> [Committee; 2] {
    [Audience::Named, Audience::Public].map(|audience| Committee {
        audience,
        sections: Vec::new(),
        ..sample.pipeline.committees[0].clone()
    })
}

/// The page of a pack, with its tables as they are.
fn page(pack: &Value) -> String {
    let chart = Value::String(String::new());
    Templates::new().unwrap().page("quarterly-pack/pack.html", &[("pack", pack), ("chart", &chart)]).unwrap()
}

fn lay_out(html: &str, what: &str) {
    if let Err(error) = pdf(html, &Theme::nhs()) {
        panic!("{what}: {error}");
    }
}

/// Where the lists of rows stand that tables are made of. The cards of the summary are always there.
fn tables(value: &Value, at: &str, out: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| tables(value, &format!("{at}/{name}"), out));
        }
        Value::Array(rows)
            if rows.iter().all(Value::is_object) && !rows.is_empty() && !at.ends_with("/kpis") =>
        {
            out.push(at.to_owned());
        }
        _ => {}
    }
}

#[test]
fn packs_of_nearly_nothing_are_laid_out() {
    let nobody = Sample::new("2026-07-14");
    let mut one = Sample::new("2026-07-14");
    one.practice("P81001", None);
    let mut few = Sample::new("2026-07-14");
    let mut last = Sample::new("2026-04-14");
    for code in ["P81001", "P81002"] {
        few.moved(code, None, Some(4));
        last.practice(code, None);
    }
    few.fact(
        "visits",
        &["practice = P81001; visit_type = Reactive; visit_date = 2026-05-05; reference = V1"],
    );
    few.fact(
        "concerns",
        &["practice = P81002; theme = Workforce; severity = Low; team = Quality; reference = C1"],
    );
    few.fact("offer", &["practice = P81001; response = Accepted"]);
    few.last = Some(Box::new(last));
    for (what, sample) in [("no practice", nobody), ("one practice", one), ("two practices", few)] {
        for committee in committees(&sample) {
            let pack = pack(&sample.material(), &committee);
            let html = Templates::new().unwrap().pack(&pack, &|_| None).unwrap();
            lay_out(&html, &format!("{what}, {:?}", committee.audience));
            if what == "no practice" && pack.named {
                assert!(html.contains("No practice is in scope as at 14 July 2026."));
            }
        }
    }
}

#[test]
fn any_table_without_rows_says_so_in_words() {
    let sample = super::silence::world();
    for committee in committees(&sample) {
        let full: QuarterlyPack = pack(&sample.material(), &committee);
        let full = serde_json::to_value(&full).unwrap();
        let mut lists = Vec::new();
        tables(&full, "", &mut lists);
        assert!(lists.len() > 8, "{lists:?}");
        let mut bare = full.clone();
        for at in &lists {
            *bare.pointer_mut(at).unwrap() = Value::Array(Vec::new());
        }
        lay_out(&page(&bare), "no table has a row");
        // One table alone may miss its words where another stands: each is looked at in the page of the whole.
        for at in &lists {
            let mut without = full.clone();
            *without.pointer_mut(at).unwrap() = Value::Array(Vec::new());
            let html = page(&without);
            for table in html.split("<tbody>").skip(1) {
                let rows = table.split("</tbody>").next().unwrap();
                assert!(rows.contains("<tr>"), "{:?}: {at} leaves a table without rows", committee.audience);
            }
        }
    }
}

#[test]
fn a_public_pack_that_cannot_show_its_feeds_says_so() {
    let sample = super::silence::world();
    let [_, public] = committees(&sample);
    let mut value = serde_json::to_value(pack(&sample.material(), &public)).unwrap();
    value["sources"]["feeds"] = Value::Array(Vec::new());
    assert!(page(&value).contains("none of their numbers can be shown by feed"));
}
