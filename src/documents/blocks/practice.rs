//! What a practice is and how it stands, in a few lines.

use super::exceptions::in_words;
use crate::dates::long;
use crate::documents::content::{Block, Element, Words};
use crate::documents::context::Context;
use crate::documents::{Badge, title_case};
use crate::visits::State;
use crate::wording::number;

pub(super) fn block(context: &Context<'_>) -> Block {
    let (material, standing) = (context.material, context.standing());
    let (practice, levels) = (&standing.outcome.practice, &material.pipeline.levels);
    let badge = Badge::of(levels, standing.outcome.level);
    let mut level = Words::default().badge(&badge).plain(format!(" {}", badge.name));
    if standing.outcome.proposed != standing.outcome.level {
        level = level.plain("; proposed: ").badge(&Badge::of(levels, standing.outcome.proposed));
    }
    let network = match (&practice.pcn_name, &practice.pcn) {
        (Some(name), Some(code)) => format!("{} ({code})", title_case(name)),
        (None, Some(code)) => code.clone(),
        _ => "no primary care network is known".to_owned(),
    };
    let patients = practice.patients.map_or_else(|| "not known".to_owned(), number);
    let clocked = standing.clock.state != State::None;
    let place = match practice.team.as_str() {
        "" => ("Place".to_owned(), practice.place.as_str().into()),
        team => ("Place and team".to_owned(), format!("{}, {team}", practice.place).into()),
    };
    let rows = [
        (context.text("level"), level),
        ("Visit".to_owned(), in_words(&standing.clock).into()),
        place,
        ("Network and list".to_owned(), format!("{network}; registered patients: {patients}").into()),
        (
            "For".to_owned(),
            format!(
                "{}; by {}; data as at {}",
                context.committee,
                material.pipeline.author,
                long(material.as_of)
            )
            .into(),
        ),
    ];
    let mut block = context.block();
    block.push(Element::Facts {
        rows: rows.into_iter().filter(|(head, _)| clocked || head != "Visit").collect(),
    });
    block
}
