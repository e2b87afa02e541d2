//! XmR charts (individuals and moving range): centre line, limits, the four rules, icons.
//!
//! Sources: NHSRplotthedots 0.2.2 for the profile `ptd`; NHS England's Making Data Count for `mdc`. Nelson (1982),
//! Journal of Quality Technology 14:172, for the screening of moving ranges.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::mean;

/// How many points in a row make a shift or a trend.
const RUN: usize = 7;
/// A group with fewer rows than this has trial limits.
pub const ENOUGH: usize = 13;
/// The fewest rows on which a fixed baseline may rest.
pub const FEWEST_FIXED: usize = 12;
/// Process limits lie this many average moving ranges from the mean: 3 / d2, rounded as the tools do.
const PROCESS: f64 = 2.66;
/// Near limits: two thirds of that.
const NEAR: f64 = 2.0 * (PROCESS / 3.0);
/// A moving range beyond this many averages is left out where ranges are screened.
const SCREEN: f64 = 3.267;

/// Whose rules are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Profile {
    /// NHSRplotthedots.
    #[default]
    Ptd,
    /// Making Data Count.
    Mdc,
}

impl Profile {
    /// Whether moving ranges are screened unless a chart says otherwise.
    pub fn screens(self) -> bool {
        self == Profile::Ptd
    }
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Direction {
    /// Higher values are better.
    Increase,
    /// Lower values are better.
    Decrease,
    /// Neither is.
    Neutral,
}

impl Direction {
    fn sign(self) -> i8 {
        match self {
            Direction::Increase => 1,
            Direction::Decrease => -1,
            Direction::Neutral => 0,
        }
    }
}

/// The values of one indicator over time, and how its chart is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// One row a period, in any order. A missing value is a gap; a missing row is none.
    pub rows: Vec<(NaiveDate, Option<f64>)>,
    /// Which way is better.
    pub direction: Direction,
    /// What is to be reached.
    pub target: Option<f64>,
    /// The first days of new processes: limits are computed again from each.
    pub rebase: BTreeSet<NaiveDate>,
    /// How many rows of a group the limits rest on; all where it is not said.
    pub fix_after: Option<usize>,
    /// Whether moving ranges that are far too wide are left out.
    pub screen: bool,
    /// Whose rules are followed.
    pub profile: Profile,
}

/// Why there is no chart.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Two rows of one date.
    #[error("two rows have the date {0}")]
    DuplicateDate(NaiveDate),
    /// A baseline that is too short.
    #[error("a fixed baseline has at least {FEWEST_FIXED} rows, not {0}")]
    ShortBaseline(usize),
    /// An infinite value, or one that is no number.
    #[error("the value of {0} is not a finite number")]
    NotFinite(NaiveDate),
}

/// A rule that a point meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Beyond a process limit.
    Astronomical,
    /// Seven points, each higher, or each lower, than the one before.
    Trend,
    /// Two of three points on one side beyond a near limit.
    TwoOfThree,
    /// Seven points on one side of the mean.
    Shift,
}

/// A rule and the way it speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    /// The rule.
    pub rule: Rule,
    /// Whether it speaks of high or rising values.
    pub up: bool,
}

impl Signal {
    /// The label that NHSRplotthedots has for it.
    pub fn label(self) -> &'static str {
        match (self.rule, self.up) {
            (Rule::Astronomical, true) => "Above UCL",
            (Rule::Astronomical, false) => "Below LCL",
            (Rule::Trend, true) => "7 Point Trend (Increasing)",
            (Rule::Trend, false) => "7 Point Trend (Decreasing)",
            (Rule::TwoOfThree, true) => "2 in 3 Above CL",
            (Rule::TwoOfThree, false) => "2 in 3 Below CL",
            (Rule::Shift, true) => "7 Points Above CL",
            (Rule::Shift, false) => "7 Points Below CL",
        }
    }

    fn sign(self) -> i8 {
        if self.up { 1 } else { -1 }
    }
}

/// The label of a point that meets no rule.
pub const COMMON_CAUSE: &str = "Common Cause";

/// What a point means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Meaning {
    /// Ordinary variation.
    CommonCause,
    /// A special cause for the better.
    SpecialCauseImprovement,
    /// A special cause for the worse.
    SpecialCauseConcern,
    /// A special cause, high, where neither way is better.
    SpecialCauseNeutralHigh,
    /// A special cause, low, where neither way is better.
    SpecialCauseNeutralLow,
}

/// The icon of variation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[allow(missing_docs)]
pub enum Variation {
    CommonCause,
    ImprovementHigh,
    ImprovementLow,
    ConcernHigh,
    ConcernLow,
    NeutralHigh,
    NeutralLow,
}

/// Whether the process will meet its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assurance {
    /// Always, if nothing changes.
    Pass,
    /// Never, if nothing changes.
    Fail,
    /// Sometimes.
    Inconsistent,
}

impl Assurance {
    /// The type that NHSRplotthedots prints.
    pub fn kind(self) -> &'static str {
        match self {
            Assurance::Pass => "consistent_pass",
            Assurance::Fail => "consistent_fail",
            Assurance::Inconsistent => "inconsistent",
        }
    }

    /// The icon.
    pub fn icon(self) -> &'static str {
        match self {
            Assurance::Pass => "pass",
            Assurance::Fail => "fail",
            Assurance::Inconsistent => "inconsistent",
        }
    }
}

/// How far the limits of a group can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum LimitsStatus {
    /// They rest on enough rows.
    Ok,
    /// They rest on fewer than 13 rows.
    Trial,
    /// All moving ranges that count are zero: such limits say nothing.
    Flat,
    /// There are too few values for limits.
    Undefined,
}

/// Centre line and limits; NaN where they are undefined. Never cut to what is possible.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub struct Limits {
    pub mean: f64,
    pub average_moving_range: f64,
    pub lower: f64,
    pub near_lower: f64,
    pub near_upper: f64,
    pub upper: f64,
}

/// One point of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Its date.
    pub date: NaiveDate,
    /// Its value; none is a gap.
    pub value: Option<f64>,
    /// The group between rebases.
    pub group: usize,
    /// The group's limits.
    pub limits: Limits,
    /// Below (-1), on (0) or above (1) the mean.
    pub side: Option<i8>,
    /// Whether it is beyond a process limit.
    pub outside: Option<bool>,
    /// Whether it is between a near limit and its process limit.
    pub close: Option<bool>,
    /// Every rule that it meets, the weightiest first.
    pub signals: Vec<Signal>,
    /// The one that decides.
    pub signal: Option<Signal>,
    /// What it means.
    pub meaning: Meaning,
    /// Whether its group has fewer than 13 rows.
    pub short_group: bool,
}

impl Point {
    /// The label of the deciding rule.
    pub fn label(&self) -> &'static str {
        self.signal.map_or(COMMON_CAUSE, Signal::label)
    }
}

/// A chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Its points by date.
    pub points: Vec<Point>,
    /// How many groups there are.
    pub groups: usize,
    /// The icon of variation that the profile gives.
    pub variation: Option<Variation>,
    /// The assurance that the profile gives; none without a target or a direction.
    pub assurance: Option<Assurance>,
    /// Whether the limits of the last group can be trusted: a paper shows icons only where this is `Ok`.
    pub limits_status: LimitsStatus,
    /// Rebase dates that fit no row and so do nothing.
    pub unmatched: Vec<NaiveDate>,
}

impl Series {
    /// The chart of the series.
    ///
    /// # Errors
    /// If two rows have one date, a value is not finite, or the fixed baseline is too short.
    pub fn chart(&self) -> Result<Chart, Refusal> {
        if let Some(rows) = self.fix_after.filter(|rows| *rows < FEWEST_FIXED) {
            return Err(Refusal::ShortBaseline(rows));
        }
        let mut rows = self.rows.clone();
        rows.sort_by_key(|(date, _)| *date);
        if let Some([(date, _), _]) = rows.array_windows::<2>().find(|[a, b]| a.0 == b.0) {
            return Err(Refusal::DuplicateDate(*date));
        }
        if let Some((date, _)) = rows.iter().find(|(_, value)| value.is_some_and(|v| !v.is_finite())) {
            return Err(Refusal::NotFinite(*date));
        }
        let mut points = Vec::with_capacity(rows.len());
        let mut status = LimitsStatus::Undefined;
        let mut groups = 0;
        let mut start = 0;
        let mut number = 0;
        while let Some((first, _)) = rows.get(start) {
            number += usize::from(self.rebase.contains(first));
            let next = rows.iter().skip(start + 1).position(|(date, _)| self.rebase.contains(date));
            let end = next.map_or(rows.len(), |next| start + 1 + next);
            let group = rows.get(start..end).unwrap_or_default();
            let (limits, found) = self.limits(group);
            status = found;
            points.extend(self.points(group, number, limits));
            groups += 1;
            start = end;
        }
        let unmatched = self.rebase.iter().filter(|date| !rows.iter().any(|(d, _)| d == *date));
        let unmatched = unmatched.copied().collect();
        let hidden = self.profile == Profile::Mdc && points.last().is_none_or(|point| point.short_group);
        let last = points.last().filter(|_| !hidden);
        let variation = last.map(|point| self.variation(point.meaning));
        let assurance = last.and_then(|point| self.assurance(&point.limits));
        Ok(Chart { points, groups, variation, assurance, limits_status: status, unmatched })
    }

    fn limits(&self, group: &[(NaiveDate, Option<f64>)]) -> (Limits, LimitsStatus) {
        let base = self.fix_after.and_then(|rows| group.get(..rows)).unwrap_or(group);
        let values: Vec<f64> = base.iter().filter_map(|(_, value)| *value).collect();
        let centre = mean(&values);
        let range = |[a, b]: &[(NaiveDate, Option<f64>); 2]| Some((b.1? - a.1?).abs());
        let mut ranges: Vec<f64> = base.array_windows().filter_map(range).collect();
        let all = ranges.len();
        if self.screen {
            let most = SCREEN * mean(&ranges);
            ranges.retain(|range| *range < most);
        }
        let amr = mean(&ranges);
        let at = |factor: f64| (centre - factor * amr, centre + factor * amr);
        let ((lower, upper), (near_lower, near_upper)) = (at(PROCESS), at(NEAR));
        let status = match () {
            () if all == 0 => LimitsStatus::Undefined,
            () if amr == 0.0 || ranges.is_empty() => LimitsStatus::Flat,
            () if group.len() < ENOUGH => LimitsStatus::Trial,
            () => LimitsStatus::Ok,
        };
        let limits = Limits { mean: centre, average_moving_range: amr, lower, near_lower, near_upper, upper };
        (limits, status)
    }

    fn points(&self, group: &[(NaiveDate, Option<f64>)], number: usize, limits: Limits) -> Vec<Point> {
        let values: Vec<Option<f64>> = group.iter().map(|(_, value)| *value).collect();
        let known = !limits.upper.is_nan();
        let side: Vec<Option<i8>> = values.iter().map(|v| v.map(|v| sign(v - limits.mean))).collect();
        let beyond = |low: f64, high: f64| move |v: f64| v > high || v < low;
        let (outer, nearer) =
            (beyond(limits.lower, limits.upper), beyond(limits.near_lower, limits.near_upper));
        let outside: Vec<Option<bool>> = values.iter().map(|v| v.filter(|_| known).map(outer)).collect();
        let close: Vec<Option<bool>> =
            values.iter().map(|v| v.filter(|_| known).map(|v| !outer(v) && nearer(v))).collect();

        let mut found: Vec<Vec<Signal>> = vec![Vec::new(); values.len()];
        let mut add = |at: usize, rule: Rule, up: bool| {
            let signal = Signal { rule, up };
            if let Some(signals) = found.get_mut(at)
                && !signals.contains(&signal)
            {
                signals.push(signal);
            }
        };
        for (at, is) in outside.iter().enumerate() {
            if *is == Some(true) {
                add(at, Rule::Astronomical, side.get(at).copied().flatten() == Some(1));
            }
        }
        self.trends(&values, &mut add);
        for (at, three) in side.windows(3).enumerate() {
            let sides: Option<Vec<i8>> = three.iter().copied().collect();
            let Some(total) = sides.map(|sides| sides.iter().sum::<i8>()).filter(|total| total.abs() == 3)
            else {
                continue;
            };
            let counts = |i: &usize| {
                let near = close.get(*i).copied().flatten() == Some(true);
                near || self.profile == Profile::Mdc && outside.get(*i).copied().flatten() == Some(true)
            };
            let counted: Vec<usize> = (at..at + 3).filter(counts).collect();
            if counted.len() >= 2 {
                counted.into_iter().for_each(|i| add(i, Rule::TwoOfThree, total > 0));
            }
        }
        for (at, run) in side.windows(RUN).enumerate() {
            let first = run.first().copied().flatten().filter(|side| *side != 0);
            if let Some(side) = first
                && run.iter().all(|other| *other == Some(side))
            {
                (at..at + RUN).for_each(|i| add(i, Rule::Shift, side > 0));
            }
        }

        let short_group = group.len() < ENOUGH;
        let each = group.iter().zip(found).zip(side.iter().zip(outside.iter().zip(&close)));
        each.map(|(((date, value), mut signals), (side, (outside, close)))| {
            // Of one rule, rising stands before falling.
            signals.sort_by_key(|signal| (signal.rule, !signal.up));
            let signal = self.deciding(&signals);
            Point {
                date: *date,
                value: *value,
                group: number,
                limits,
                side: *side,
                outside: *outside,
                close: *close,
                meaning: self.meaning(signal),
                signals,
                signal,
                short_group,
            }
        })
        .collect()
    }

    fn trends(&self, values: &[Option<f64>], add: &mut impl FnMut(usize, Rule, bool)) {
        let steps: Vec<Option<i8>> = values.array_windows().map(|[a, b]| Some(sign((*b)? - (*a)?))).collect();
        let mut member = vec![false; values.len()];
        for (at, run) in steps.windows(RUN - 1).enumerate() {
            let first = run.first().copied().flatten().filter(|step| *step != 0);
            let Some(step) = first.filter(|step| run.iter().all(|other| *other == Some(*step))) else {
                continue;
            };
            for i in at..at + RUN {
                match self.profile {
                    Profile::Mdc => add(i, Rule::Trend, step > 0),
                    Profile::Ptd => member.get_mut(i).into_iter().for_each(|is| *is = true),
                }
            }
        }
        // NHSRplotthedots tells the way of a point from the step to the next one of a trend, else from the step
        // before it; a point between two equal values is falling. Vectors with the tag `quirk` hold it.
        let step = |at: Option<usize>| at.and_then(|at| steps.get(at)).copied().flatten().unwrap_or(0);
        for (at, is) in member.iter().enumerate() {
            if *is {
                let next = member.get(at + 1) == Some(&true);
                add(at, Rule::Trend, step(if next { Some(at) } else { at.checked_sub(1) }) > 0);
            }
        }
    }

    /// The signal that decides what a point means: the weightiest; in `mdc` an improvement wins.
    fn deciding(&self, signals: &[Signal]) -> Option<Signal> {
        let better = |signal: &&Signal| self.meaning(Some(**signal)) == Meaning::SpecialCauseImprovement;
        let improvement = signals.iter().find(better).filter(|_| self.profile == Profile::Mdc);
        improvement.or(signals.first()).copied()
    }

    fn meaning(&self, signal: Option<Signal>) -> Meaning {
        let Some(signal) = signal else { return Meaning::CommonCause };
        match (signal.sign() * self.direction.sign(), signal.up) {
            (1, _) => Meaning::SpecialCauseImprovement,
            (-1, _) => Meaning::SpecialCauseConcern,
            (_, true) => Meaning::SpecialCauseNeutralHigh,
            (_, false) => Meaning::SpecialCauseNeutralLow,
        }
    }

    fn variation(&self, meaning: Meaning) -> Variation {
        match (meaning, self.direction) {
            (Meaning::CommonCause, _) => Variation::CommonCause,
            (Meaning::SpecialCauseImprovement, Direction::Increase) => Variation::ImprovementHigh,
            (Meaning::SpecialCauseImprovement, _) => Variation::ImprovementLow,
            (Meaning::SpecialCauseConcern, Direction::Increase) => Variation::ConcernLow,
            (Meaning::SpecialCauseConcern, _) => Variation::ConcernHigh,
            (Meaning::SpecialCauseNeutralHigh, _) => Variation::NeutralHigh,
            (Meaning::SpecialCauseNeutralLow, _) => Variation::NeutralLow,
        }
    }

    fn assurance(&self, limits: &Limits) -> Option<Assurance> {
        let target = self.target.filter(|_| self.direction != Direction::Neutral)?;
        let (above, below) = match self.direction {
            Direction::Increase => (Assurance::Fail, Assurance::Pass),
            _ => (Assurance::Pass, Assurance::Fail),
        };
        Some(match () {
            () if target > limits.upper => above,
            () if target < limits.lower => below,
            () => Assurance::Inconsistent,
        })
    }
}

/// -1, 0 or 1.
fn sign(value: f64) -> i8 {
    i8::from(value > 0.0) - i8::from(value < 0.0)
}
