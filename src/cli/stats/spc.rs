//! `quarterday stats spc`: XmR charts of many cases.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;

use super::Made;
use super::table::{Row, Table, csv, number, optional, truth};
use crate::stats::xmr::{Chart, Meaning, Point, Profile, Series};
use crate::wording::plural;

#[derive(Debug, Args)]
pub(super) struct SpcArgs {
    /// The cases: how each chart is to be made
    #[arg(long, value_name = "FILE")]
    cases: PathBuf,
    /// The series: date and value of each point
    #[arg(long, value_name = "FILE")]
    series: PathBuf,
    /// Whose rules: ptd (NHSRplotthedots) or mdc (Making Data Count)
    #[arg(long, value_parser = ["ptd", "mdc"], default_value = "ptd")]
    profile: String,
    /// The folder to write into
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
}

/// What a case needs; a cell may be empty, a column may not be missing.
const CASES: [&str; 7] = [
    "case_id",
    "series_id",
    "improvement_direction",
    "target",
    "rebase_dates",
    "fix_after_n_points",
    "screen_outliers",
];

const POINTS: [&str; 16] = [
    "case_id",
    "date",
    "value",
    "rebase_group",
    "mean",
    "amr",
    "lpl",
    "nlpl",
    "nupl",
    "upl",
    "relative_to_mean",
    "outside_limits",
    "close_to_limits",
    "special_cause_type",
    "point_type",
    "short_group_warning",
];

const SUMMARY: [&str; 18] = [
    "case_id",
    "status",
    "message",
    "n_points",
    "n_groups",
    "last_mean",
    "last_lpl",
    "last_upl",
    "last_point_type",
    "last_special_cause_type",
    "variation_icon",
    "assurance_type",
    "assurance_icon",
    "n_common_cause",
    "n_improvement",
    "n_concern",
    "n_neutral",
    "short_group_warning",
];

type Rows = Vec<(NaiveDate, Option<f64>)>;

pub(super) fn spc(args: &SpcArgs) -> anyhow::Result<Made> {
    let profile: Profile = args.profile.parse()?;
    let cases = Table::keyed(&args.cases, &CASES, "case_id")?;
    let table = Table::read(&args.series, &["series_id", "date", "value"])?;
    // A row that cannot be read refuses the charts of its series, and no others.
    let mut series: BTreeMap<String, Result<Rows, String>> = BTreeMap::new();
    for row in table.rows() {
        let rows = series.entry(row.text("series_id").to_owned()).or_insert_with(|| Ok(Vec::new()));
        match (point(&row), rows) {
            (Ok(point), Ok(rows)) => rows.push(point),
            (Err(fault), rows @ Ok(_)) => *rows = Err(fault),
            (_, Err(_)) => {}
        }
    }
    let (mut points, mut summary, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    warnings.extend(table.unused("series_id", &cases.rows().map(|row| row.text("series_id")).collect()));
    let mut refused = 0;
    for row in cases.rows() {
        let case = row.text("case_id").to_owned();
        match chart(&row, &series, profile) {
            Ok(chart) => {
                warnings.extend(chart.unmatched.iter().map(|date| {
                    format!("case {case}: no point has the rebase date {date}; it does nothing")
                }));
                points.extend(chart.points.iter().map(|point| point_row(&case, point)));
                summary.push(summary_row(case, &chart));
            }
            Err(message) => {
                refused += 1;
                let mut out = vec![case, "error".to_owned(), message];
                out.resize(SUMMARY.len(), String::new());
                summary.push(out);
            }
        }
    }
    let told = format!(
        "{} of {}, {refused} of them refused",
        plural(points.len(), "point", "points"),
        plural(summary.len(), "case", "cases")
    );
    let files = [("spc_points.csv", csv(&POINTS, &points)?), ("spc_summary.csv", csv(&SUMMARY, &summary)?)];
    Ok(Made { files, warnings, told })
}

fn point(row: &Row<'_>) -> Result<(NaiveDate, Option<f64>), String> {
    let date = row.text("date").parse().map_err(|_| row.wrong("date", "not a date such as 2026-04-01"))?;
    Ok((date, row.number("value")?))
}

fn chart(
    row: &Row<'_>,
    series: &BTreeMap<String, Result<Rows, String>>,
    profile: Profile,
) -> Result<Chart, String> {
    let rows =
        series.get(row.text("series_id")).ok_or_else(|| row.wrong("series_id", "which has no rows"))?;
    let dates = row.text("rebase_dates").split(';').map(str::trim).filter(|date| !date.is_empty());
    let rebase: Result<BTreeSet<NaiveDate>, _> = dates.map(str::parse).collect();
    let fix_after = match row.text("fix_after_n_points") {
        "" | "NA" => None,
        text => Some(text.parse().map_err(|_| row.wrong("fix_after_n_points", "not a number of rows"))?),
    };
    let direction = row.text("improvement_direction").parse();
    let series = Series {
        rows: rows.clone()?,
        direction: direction
            .map_err(|_| row.wrong("improvement_direction", "not increase, decrease or neutral"))?,
        target: row.finite("target")?,
        rebase: rebase.map_err(|_| row.wrong("rebase_dates", "not dates with ; between them"))?,
        fix_after,
        screen: row.truth("screen_outliers")?.unwrap_or(profile.screens()),
        profile,
    };
    series.chart().map_err(|refusal| refusal.to_string())
}

fn point_row(case: &str, point: &Point) -> Vec<String> {
    let limits = &point.limits;
    vec![
        case.to_owned(),
        point.date.to_string(),
        optional(point.value),
        point.group.to_string(),
        number(limits.mean),
        number(limits.average_moving_range),
        number(limits.lower),
        number(limits.near_lower),
        number(limits.near_upper),
        number(limits.upper),
        point.side.map(|side| side.to_string()).unwrap_or_default(),
        truth(point.outside),
        truth(point.close),
        point.label().to_owned(),
        <&str>::from(point.meaning).to_owned(),
        truth(Some(point.short_group)),
    ]
}

fn summary_row(case: String, chart: &Chart) -> Vec<String> {
    let count = |means: &[Meaning]| chart.points.iter().filter(|p| means.contains(&p.meaning)).count();
    let last = chart.points.last();
    let limit = |of: fn(&Point) -> f64| optional(last.map(of));
    let short = chart.points.iter().any(|point| point.short_group);
    vec![
        case,
        "ok".to_owned(),
        String::new(),
        chart.points.len().to_string(),
        chart.groups.to_string(),
        limit(|point| point.limits.mean),
        limit(|point| point.limits.lower),
        limit(|point| point.limits.upper),
        last.map_or("", |point| point.meaning.into()).to_owned(),
        last.map_or("", Point::label).to_owned(),
        chart.variation.map_or("", Into::into).to_owned(),
        chart.assurance.map_or("", |assurance| assurance.kind()).to_owned(),
        chart.assurance.map_or("", |assurance| assurance.icon()).to_owned(),
        count(&[Meaning::CommonCause]).to_string(),
        count(&[Meaning::SpecialCauseImprovement]).to_string(),
        count(&[Meaning::SpecialCauseConcern]).to_string(),
        count(&[Meaning::SpecialCauseNeutralHigh, Meaning::SpecialCauseNeutralLow]).to_string(),
        truth(Some(short)),
    ]
}
