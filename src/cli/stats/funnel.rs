//! `quarterday stats funnel`: funnels of many sets of units.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::Made;
use super::table::{Row, Table, csv, number, optional, truth};
use crate::stats::funnel::{Fitted, Found, Funnel, Limits, Measure, Profile, Unit};
use crate::wording::plural;

#[derive(Debug, Args)]
pub(super) struct FunnelArgs {
    /// The sets: how each funnel is to be made
    #[arg(long, value_name = "FILE")]
    datasets: PathBuf,
    /// The units of each set with numerator and denominator; rows of one unit are summed
    #[arg(long, value_name = "FILE")]
    units: PathBuf,
    /// Whose limits and flags: corrected, or fpr (FunnelPlotR 0.6.0, defects and all)
    #[arg(long, value_parser = ["corrected", "fpr"], default_value = "corrected")]
    profile: String,
    /// The folder to write into
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
}

/// What a set needs; a cell may be empty, a column may not be missing.
const SETS: [&str; 6] = ["dataset_id", "data_type", "sr_method", "trim_by", "multiplier", "shmi_rounding"];

const UNITS: [&str; 23] = [
    "dataset_id",
    "unit",
    "numerator",
    "denominator_used",
    "ratio",
    "y",
    "s",
    "z",
    "trimmed",
    "z_w",
    "z_adj",
    "ll95",
    "ul95",
    "ll998",
    "ul998",
    "od_ll95",
    "od_ul95",
    "od_ll998",
    "od_ul998",
    "flag95_unadj",
    "flag998_unadj",
    "flag95",
    "flag998",
];

const SUMMARY: [&str; 11] = [
    "dataset_id",
    "n_units",
    "target",
    "n_used",
    "phi",
    "tau2",
    "adjusted_used",
    "n_flag95_unadj",
    "n_flag998_unadj",
    "n_flag95",
    "n_flag998",
];

type Rows = Vec<(String, Option<f64>, Option<f64>)>;

pub(super) fn funnel(args: &FunnelArgs) -> anyhow::Result<Made> {
    let profile: Profile = args.profile.parse()?;
    let sets = Table::keyed(&args.datasets, &SETS, "dataset_id")?;
    let table = Table::read(&args.units, &["dataset_id", "unit", "numerator", "denominator"])?;
    // A row that cannot be read refuses its set, and no others.
    let mut rows: BTreeMap<String, Result<Rows, String>> = BTreeMap::new();
    for row in table.rows() {
        let set = rows.entry(row.text("dataset_id").to_owned()).or_insert_with(|| Ok(Vec::new()));
        match (unit(&row), set) {
            (Ok(unit), Ok(rows)) => rows.push(unit),
            (Err(fault), rows @ Ok(_)) => *rows = Err(fault),
            (_, Err(_)) => {}
        }
    }
    let (mut units, mut summary, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    warnings.extend(table.unused("dataset_id", &sets.rows().map(|row| row.text("dataset_id")).collect()));
    for row in sets.rows() {
        let set = row.text("dataset_id").to_owned();
        let none = Ok(Vec::new());
        let rows = rows.get(&set).unwrap_or(&none);
        let fitted = asked(&row, profile).and_then(|funnel| Ok((funnel, rows.clone()?)));
        let (told, found) = match fitted.map(|(funnel, rows)| funnel.fit(&rows)) {
            Ok(Ok(fitted)) => (summary_row(&set, &fitted), fitted.units),
            Ok(Err((refusal, units))) => {
                warnings.push(format!("set {set} has no funnel: {refusal}"));
                (blank(&set, units.len()), units)
            }
            Err(fault) => {
                warnings.push(format!("set {set} has no funnel: {fault}"));
                (blank(&set, 0), Vec::new())
            }
        };
        let missed = found.iter().filter(|unit| unit.found.is_none()).count();
        if missed > 0 && missed < found.len() {
            let units = plural(missed, "unit is", "units are");
            warnings
                .push(format!("set {set}: {units} not assessed: no numerator or denominator that can be"));
        }
        units.extend(found.iter().map(|unit| unit_row(&set, unit)));
        summary.push(told);
    }
    let told =
        format!("{} of {}", plural(units.len(), "unit", "units"), plural(summary.len(), "set", "sets"));
    let files =
        [("funnel_units.csv", csv(&UNITS, &units)?), ("funnel_summary.csv", csv(&SUMMARY, &summary)?)];
    Ok(Made { files, warnings, told })
}

fn unit(row: &Row<'_>) -> Result<(String, Option<f64>, Option<f64>), String> {
    Ok((row.text("unit").to_owned(), row.finite("numerator")?, row.finite("denominator")?))
}

fn asked(row: &Row<'_>, profile: Profile) -> Result<Funnel, String> {
    let measure = match (row.text("data_type"), row.text("sr_method")) {
        ("PR", _) => Measure::Proportion,
        ("RC", _) => Measure::Counts,
        ("SR", "SHMI") => Measure::RatioLog { rounded: row.truth("shmi_rounding")?.unwrap_or(true) },
        ("SR", "CQC") => Measure::RatioRoot,
        ("SR", _) => return Err(row.wrong("sr_method", "neither SHMI nor CQC")),
        _ => return Err(row.wrong("data_type", "none of PR, SR and RC")),
    };
    let trim = row.number("trim_by")?.unwrap_or(0.1);
    if !(trim > 0.0 && trim < 0.5) {
        return Err(row.wrong("trim_by", "not above 0 and below 0.5"));
    }
    let multiplier = row.number("multiplier")?.unwrap_or(1.0);
    if !(multiplier > 0.0 && multiplier.is_finite()) {
        return Err(row.wrong("multiplier", "not above 0"));
    }
    Ok(Funnel { measure, trim, multiplier, profile })
}

fn unit_row(set: &str, unit: &Unit) -> Vec<String> {
    let mut out =
        vec![set.to_owned(), unit.name.clone(), optional(unit.numerator), optional(unit.denominator)];
    if let Some(found) = &unit.found {
        let Found { ratio, y, s, z, trimmed, z_tamed, z_adjusted, .. } = found;
        let flag = |is: &bool| u8::from(*is).to_string();
        out.extend([number(*ratio), number(*y), number(*s), number(*z), flag(trimmed)]);
        out.extend([optional(*z_tamed), number(*z_adjusted)]);
        let limits = |l: &Limits| [l.lower_95, l.upper_95, l.lower_998, l.upper_998].map(number);
        out.extend(limits(&found.limits));
        out.extend(limits(&found.adjusted_limits));
        out.extend(found.unadjusted_flags.iter().chain(&found.flags).map(flag));
    }
    out.resize(UNITS.len(), String::new());
    out
}

fn summary_row(set: &str, fitted: &Fitted) -> Vec<String> {
    let count = |of: fn(&Found) -> bool| {
        fitted.units.iter().filter(|unit| unit.found.as_ref().is_some_and(of)).count().to_string()
    };
    vec![
        set.to_owned(),
        fitted.units.len().to_string(),
        number(fitted.target),
        fitted.used.to_string(),
        number(fitted.phi),
        number(fitted.tau2),
        truth(Some(fitted.adjusted)),
        count(|found| found.unadjusted_flags[0]),
        count(|found| found.unadjusted_flags[1]),
        count(|found| found.flags[0]),
        count(|found| found.flags[1]),
    ]
}

fn blank(set: &str, units: usize) -> Vec<String> {
    let mut out = vec![set.to_owned(), units.to_string()];
    out.resize(SUMMARY.len(), String::new());
    out
}
