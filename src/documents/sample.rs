//! A small world for the tests of documents: facts written row by row, and what is known of a few practices,
//! under the first pipeline of the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::NaiveDate;
use polars::prelude::{Column, DataFrame, DataType, NamedFrom, Series};

use super::content::Block;
use super::context::{About, Context};
use super::suppress::Published;
use super::{FeedStatus, LastMaterial, Material, Order, Paper, Reader, SetAside, Standing, Turn, blocks};
use crate::condition::{BETWEEN_VALUES, Kind};
use crate::dates;
use crate::intake::{FILE, ROW};
use crate::levels::{Cause, Decision, Direction, Evidence, Exception, Outcome, Past, Turnover};
use crate::pipeline::{Audience, Folder, Pipeline, load};
use crate::triangulate::{Practice, Triangulated};
use crate::visits::{Clock, State};

/// A date from its ISO form.
pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A practice that nothing is known of but its code.
pub fn practice(code: &str) -> Practice {
    Practice {
        code: code.to_owned(),
        name: format!("PRACTICE {code}"),
        place: "Central Lancashire".to_owned(),
        team: "Central".to_owned(),
        commissioner: "00X".to_owned(),
        pcn: None,
        pcn_name: None,
        patients: Some(9_000.0),
    }
}

/// A row of the first file received.
pub fn evidence() -> Evidence {
    Evidence {
        arrival: Some(1),
        file: Some("concerns.csv".to_owned()),
        sheet: None,
        row: Some(2),
        received: None,
        carried_from: None,
        values: Vec::new(),
    }
}

/// A decision of June 2026.
pub fn decision(level: u8) -> Decision {
    Decision {
        level,
        reason: "Known to the group".to_owned(),
        decided_by: "Chair".to_owned(),
        group: "Oversight group".to_owned(),
        decided_on: day("2026-06-01"),
        until: day("2027-06-01"),
        evidence: evidence(),
    }
}

/// A clock that started on a day.
pub fn clock(starts: &str, state: State) -> Clock {
    Clock { starts: day(starts), due: None, state, met_on: None, days_late: None, pauses: Vec::new() }
}

/// What documents are made of, owned.
pub struct Sample {
    pub pipeline: Pipeline,
    pub known: Triangulated,
    pub standings: Vec<Standing>,
    pub exceptions: BTreeMap<String, Exception>,
    pub exception_clocks: BTreeMap<String, Clock>,
    pub turns: BTreeMap<String, Turn>,
    pub feeds: Vec<FeedStatus>,
    pub set_aside: Vec<SetAside>,
    pub level_names: BTreeMap<u8, String>,
    pub dropped: BTreeSet<(u32, u32, String)>,
    pub last: Option<Box<Sample>>,
    pub published: Published,
}

impl Sample {
    /// Nothing is known on this date.
    pub fn new(as_of: &str) -> Self {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
        let pipeline = load(&Folder::read(&dir).unwrap()).pipeline.unwrap();
        let known = Triangulated {
            as_of: day(as_of),
            day: day(as_of).into(),
            practices: BTreeMap::new(),
            facts: BTreeMap::new(),
            sources: BTreeMap::new(),
            refused: Vec::new(),
        };
        let levels = pipeline.levels.levels.iter();
        let level_names = levels.map(|level| (level.number, level.name.clone())).collect();
        Self {
            pipeline,
            level_names,
            known,
            standings: Vec::new(),
            exceptions: BTreeMap::new(),
            exception_clocks: BTreeMap::new(),
            turns: BTreeMap::new(),
            feeds: Vec::new(),
            set_aside: Vec::new(),
            dropped: BTreeSet::new(),
            last: None,
            published: Published::default(),
        }
    }

    /// Adds a practice at a level; practices are added in the order of their codes.
    pub fn practice(&mut self, code: &str, level: Option<u8>) -> &mut Standing {
        let outcome = Outcome {
            practice: practice(code),
            level,
            proposed: level,
            decision: None,
            findings: Vec::new(),
            marks: Vec::new(),
            unclaimed: Vec::new(),
            assessed: level.is_some(),
            score: None,
        };
        let clock = clock("2026-04-01", State::Running);
        self.known.practices.insert(code.to_owned(), outcome.practice.clone());
        self.standings.push(Standing {
            outcome,
            clock,
            clocks: Vec::new(),
            missed: None,
            previous: None,
            cause: None,
            direction: Direction::Neither,
            ended: Vec::new(),
            turnover: Turnover::default(),
            lapsed: Vec::new(),
        });
        self.standings.last_mut().unwrap()
    }

    /// Adds a practice that stood at another level in the last pack.
    pub fn moved(&mut self, code: &str, from: Option<u8>, to: Option<u8>) {
        let standing = self.practice(code, to);
        standing.previous = Some(Past { level: from, proposed: from, decision: None });
        standing.cause = (from != to).then_some(Cause::Data);
        standing.direction = Direction::between(from, to);
    }

    /// Adds an open exception of a level, with its clock.
    pub fn exception(&mut self, id: &str, practice: &str, level: u8, clock: Clock) {
        let exception = Exception {
            id: id.to_owned(),
            practice: practice.to_owned(),
            level,
            criterion: "Patient harm".to_owned(),
            known: Some(clock.starts),
            sentence: format!("Something of level {level} happened."),
            evidence: evidence(),
        };
        self.exceptions.insert(id.to_owned(), exception);
        self.exception_clocks.insert(id.to_owned(), clock);
    }

    /// Sets the rows of a fact. A row is `column = value; column = value`; what a row does not name is
    /// missing in it. The rows stand in the first file received, from row 2 on.
    pub fn fact(&mut self, name: &str, rows: &[&str]) {
        let rows: Vec<BTreeMap<&str, &str>> = rows
            .iter()
            .map(|row| {
                let cells = row.split(';').filter(|cell| !cell.trim().is_empty());
                cells.map(|cell| cell.split_once('=').map(|(k, v)| (k.trim(), v.trim())).unwrap()).collect()
            })
            .collect();
        let columns = self.pipeline.facts[name].columns.clone();
        for key in rows.iter().flat_map(BTreeMap::keys) {
            assert!(columns.get(key).is_some(), "{name} has no column {key}");
        }
        let count = u32::try_from(rows.len()).unwrap();
        let mut series = vec![
            Series::new(FILE.into(), vec![1_u32; rows.len()]),
            Series::new(ROW.into(), (2..count + 2).collect::<Vec<u32>>()),
        ];
        for (column, kind) in columns.iter() {
            let cells: Vec<Option<&str>> = rows.iter().map(|row| row.get(column).copied()).collect();
            series.push(typed(column, kind, &cells));
        }
        let columns: Vec<Column> = series.into_iter().map(Column::from).collect();
        self.known.facts.insert(name.to_owned(), DataFrame::new(rows.len(), columns).unwrap());
    }

    /// The block of that kind as the first document of the pipeline that has one wants it.
    pub fn block(&self, material: &Material<'_>, word: &str, reader: Reader<'_>) -> Block {
        self.block_about(material, word, reader, About::Practices)
    }

    /// The same about something.
    pub fn block_about(
        &self,
        material: &Material<'_>,
        word: &str,
        reader: Reader<'_>,
        about: About<'_>,
    ) -> Block {
        let mut documents = self.pipeline.documents.values();
        let document = documents.find(|d| d.blocks.iter().any(|b| b.kind.word == word)).unwrap();
        let wanted = document.blocks.iter().find(|b| b.kind.word == word).unwrap();
        let all = &document.blocks;
        blocks::make(&Context { material, reader, wanted, all, about, committee: "Group" })
    }

    /// The first pack of the pipeline for an audience.
    pub fn pack(&self, material: &Material<'_>, audience: Audience) -> Paper {
        let document = &self.pipeline.documents["quarterly-pack"];
        Order { document, about: About::Practices, committee: "Group", audience, revision: 0 }.paper(material)
    }

    /// What documents are made of.
    pub fn material(&self) -> Material<'_> {
        Material {
            pipeline: &self.pipeline,
            run: "quarterly",
            as_of: self.known.as_of,
            period: self.pipeline.calendar.quarter_before(self.known.as_of),
            about: None,
            known: &self.known,
            board: &self.known,
            standings: &self.standings,
            exceptions: &self.exceptions,
            exception_clocks: self.exception_clocks.clone(),
            turns: self.turns.clone(),
            acknowledged: BTreeMap::new(),
            names: BTreeMap::new(),
            feeds: self.feeds.clone(),
            set_aside: self.set_aside.clone(),
            dropped: self.dropped.clone(),
            remarks: Vec::new(),
            last: self.last.as_deref().map(|last| LastMaterial {
                as_of: last.known.as_of,
                known: &last.known,
                board: &last.known,
                standings: &last.standings,
                exceptions: &last.exceptions,
                level_names: &last.level_names,
                withdrawn: Vec::new(),
            }),
            published: self.published.clone(),
            settled: std::cell::OnceCell::new(),
        }
    }
}

/// A column of texts as its kind has it.
fn typed(name: &str, kind: &Kind, cells: &[Option<&str>]) -> Series {
    let name = name.into();
    match kind {
        Kind::Text | Kind::Choice(_) => Series::new(name, cells),
        Kind::Choices(_) => {
            let joined: Vec<Option<String>> =
                cells.iter().map(|c| c.map(|c| c.replace(", ", BETWEEN_VALUES))).collect();
            Series::new(name, joined)
        }
        Kind::Number => {
            let numbers: Vec<Option<f64>> = cells.iter().map(|c| c.map(|c| c.parse().unwrap())).collect();
            Series::new(name, numbers)
        }
        Kind::Date => {
            let days: Vec<Option<i32>> = cells.iter().map(|c| c.map(|c| dates::to_days(day(c)))).collect();
            Series::new(name, days).cast(&DataType::Date).unwrap()
        }
        Kind::Truth => {
            let truths: Vec<Option<bool>> = cells.iter().map(|c| c.map(|c| c == "Yes")).collect();
            Series::new(name, truths)
        }
    }
}
