//! What may go, as a pure function of what lies there, the policy and a date.

use chrono::NaiveDate;
use serde::Serialize;

use crate::dates::long;
use crate::pipeline::{Keep, Retention};

/// A kind of thing that the policy speaks of.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::IntoStaticStr, strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Class {
    /// What dry runs made.
    DryRuns,
    /// The folder of a run.
    Runs,
    /// The documents of a run.
    Packs,
    /// A message in the outbox folder.
    Outbox,
    /// A received file that no longer counts.
    ReplacedFiles,
    /// The bytes of a message that was sent.
    Sent,
    /// A content of the store that nothing refers to.
    Unreferenced,
}

impl Class {
    /// All of them.
    pub const ALL: &[Self] = <Self as strum::VariantArray>::VARIANTS;

    /// Its key in `[retention]`.
    pub fn key(self) -> &'static str {
        self.into()
    }

    /// How long the policy keeps it.
    pub fn keep(self, policy: &Retention) -> Keep {
        match self {
            Class::DryRuns => policy.dry_runs,
            Class::Runs => policy.runs,
            Class::Packs => policy.packs,
            Class::Outbox => policy.outbox,
            Class::ReplacedFiles => policy.replaced_files,
            Class::Sent => policy.sent,
            Class::Unreferenced => policy.unreferenced,
        }
    }

    /// What the period of the class is counted from.
    fn since(self) -> &'static str {
        match self {
            Class::DryRuns | Class::Unreferenced => "made on",
            Class::Runs | Class::Packs => "of a run as at",
            Class::Outbox | Class::Sent => "sent on",
            Class::ReplacedFiles => "replaced on",
        }
    }
}

/// Something that lies in the data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// Its kind.
    pub class: Class,
    /// Its path below the data folder, with `/` between the parts: a file, or a folder with all in it.
    pub path: String,
    /// The date from which the policy counts.
    pub date: NaiveDate,
    /// Its size, with all that is in it.
    pub bytes: u64,
    /// What it is needed for.
    pub needs: Vec<Need>,
}

/// Why something may not go although it is old enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// It is in use today.
    Now(String),
    /// A message of that date went out; while the policy keeps what was sent, it stays.
    Sent {
        /// The run that sent it.
        run: String,
        /// The date of the run.
        as_of: NaiveDate,
    },
}

impl Need {
    /// Why it holds on a date, if it does.
    fn holds(&self, policy: &Retention, as_of: NaiveDate) -> Option<String> {
        match self {
            Need::Now(why) => Some(why.clone()),
            Need::Sent { run, as_of: sent } => match policy.sent.until(*sent) {
                Some(until) if as_of >= until => None,
                _ => Some(format!(
                    "{run} sent messages that need it, and what was sent is kept {}",
                    policy.sent.words()
                )),
            },
        }
    }
}

/// Something that may go, or is old enough and stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Its kind.
    pub class: Class,
    /// Its path below the data folder.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Why it goes or stays.
    pub why: String,
}

/// What the policy says of what lies there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// What goes.
    pub going: Vec<Verdict>,
    /// What is old enough and stays, because something needs it.
    pub held: Vec<Verdict>,
    /// How many things are not old enough.
    pub young: usize,
}

/// What may go on a date. Things keep their order.
pub fn plan(things: &[Thing], policy: &Retention, as_of: NaiveDate) -> Plan {
    let mut out = Plan::default();
    for thing in things {
        let keep = thing.class.keep(policy);
        if keep.until(thing.date).is_none_or(|until| as_of < until) {
            out.young += 1;
            continue;
        }
        let held = thing.needs.iter().find_map(|need| need.holds(policy, as_of));
        let why = held.clone().unwrap_or_else(|| {
            format!("{} {}, kept {}", thing.class.since(), long(thing.date), keep.words())
        });
        let verdict = Verdict { class: thing.class, path: thing.path.clone(), bytes: thing.bytes, why };
        if held.is_some() { out.held.push(verdict) } else { out.going.push(verdict) }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dates::add_days;
    use crate::pipeline::Period;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn thing(class: Class, path: &str, date: &str, needs: Vec<Need>) -> Thing {
        Thing { class, path: path.into(), date: day(date), bytes: 10, needs }
    }

    #[test]
    fn what_is_old_and_not_needed_goes_on_its_day_and_not_before() {
        let things = [thing(Class::Runs, "runs/nightly-2024-07-14", "2024-07-14", Vec::new())];
        let policy = Retention::default();
        assert_eq!(plan(&things, &policy, day("2026-07-13")).going, []);
        let going = plan(&things, &policy, day("2026-07-14")).going;
        assert_eq!(going.len(), 1);
        assert_eq!(going[0].why, "of a run as at 14 July 2024, kept 2 years");
    }

    #[test]
    fn what_a_sent_message_needs_stays_unless_the_policy_says_otherwise() {
        let need = Need::Sent { run: "quarterly-2016-07-14".into(), as_of: day("2016-07-14") };
        let things = [thing(Class::ReplacedFiles, "store/00/00", "2016-08-14", vec![need])];
        let mut policy = Retention::default();
        let today = plan(&things, &policy, day("2026-07-14"));
        assert_eq!((today.going.len(), today.held.len()), (0, 1));
        assert!(today.held[0].why.contains("quarterly-2016-07-14"), "{}", today.held[0].why);
        policy.sent = Keep::For(Period { months: 96, days: 0 });
        assert_eq!(plan(&things, &policy, day("2026-07-14")).going.len(), 1);
    }

    #[test]
    fn what_is_in_use_stays_whatever_the_policy_says() {
        let need = Need::Now("the last pack is compared with it".into());
        let things = [thing(Class::Runs, "runs/quarterly-2020-01-14", "2020-01-14", vec![need])];
        let policy = Retention { sent: Keep::For(Period { months: 0, days: 1 }), ..Retention::default() };
        assert_eq!(plan(&things, &policy, day("2030-01-01")).going, []);
    }

    proptest! {
        #[test]
        fn each_thing_goes_or_stays_and_what_went_once_would_go_later_too(
            ages in proptest::collection::vec((0_usize..7, 0_i32..9000, proptest::bool::ANY), 0..20),
            later in 0_i32..4000,
        ) {
            let today = day("2026-07-14");
            let things: Vec<Thing> = ages
                .iter()
                .map(|(class, age, needed)| Thing {
                    class: Class::ALL[*class],
                    path: format!("{age}"),
                    date: add_days(today, -age),
                    bytes: 1,
                    needs: needed.then(|| Need::Now("in use".into())).into_iter().collect(),
                })
                .collect();
            let policy = Retention::default();
            let now = plan(&things, &policy, today);
            prop_assert_eq!(now.going.len() + now.held.len() + now.young, things.len());
            let then = plan(&things, &policy, add_days(today, later));
            for verdict in &now.going {
                prop_assert!(then.going.iter().any(|v| v.path == verdict.path && v.class == verdict.class));
            }
        }
    }
}
