//! What the reference tools print, and what this program computes from the same input.

use std::collections::BTreeMap;
use std::path::Path;

use quarterday::stats::bands::{band, oriented};
use quarterday::stats::exact::{binomial_limit, chi_square_quantile, poisson_limit};
use quarterday::stats::funnel::{Fitted, Funnel, Limits, Measure, Profile as Limit};
use quarterday::stats::significance::{of_count, of_proportion};
use quarterday::stats::xmr::{Chart, Profile, Series};

use crate::support::{complained, quarterday, said};

/// Tables of input and of what the tools made of it; the README beside them says which and how near.
const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/vectors");

type Record = BTreeMap<String, String>;

fn read(name: &str) -> Vec<Record> {
    let mut reader = csv::Reader::from_path(Path::new(VECTORS).join(name)).unwrap();
    reader.deserialize().map(|record| record.unwrap()).collect()
}

fn near(expected: &str, found: f64, relative: f64, about: &str) {
    if expected.is_empty() {
        return;
    }
    let expected: f64 = expected.parse().unwrap();
    let same = expected.is_nan() && found.is_nan()
        || expected == found
        || (expected - found).abs() <= (relative * expected.abs()).max(1e-9);
    assert!(same, "{about}: {expected} expected, {found} found");
}

fn charts(profile: Profile) -> BTreeMap<String, Option<Chart>> {
    let mut series: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for row in read("spc_series.csv") {
        let value = (!row["value"].is_empty()).then(|| row["value"].parse().unwrap());
        series.entry(row["series_id"].clone()).or_default().push((row["date"].parse().unwrap(), value));
    }
    let cases = read("spc_cases.csv").into_iter().map(|case| {
        let chart = Series {
            rows: series[&case["series_id"]].clone(),
            direction: case["improvement_direction"].parse().unwrap(),
            target: case["target"].parse().ok(),
            rebase: case["rebase_dates"]
                .split(';')
                .filter(|d| !d.is_empty())
                .map(|d| d.parse().unwrap())
                .collect(),
            fix_after: case["fix_after_n_points"].parse().ok(),
            screen: case["screen_outliers"] == "TRUE",
            profile,
        }
        .chart();
        (case["case_id"].clone(), chart.ok())
    });
    cases.collect()
}

fn word(value: impl Into<&'static str>) -> &'static str {
    value.into()
}

#[test]
fn xmr_points_agree_with_nhsrplotthedots() {
    let charts = charts(Profile::Ptd);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for row in read("spc_expected_points.csv") {
        let case = &row["case_id"];
        let at = seen.entry(case.clone()).or_default();
        let point = &charts[case].as_ref().unwrap().points[*at];
        *at += 1;
        let about = format!("{case} {}", row["date"]);
        assert_eq!(point.date.to_string(), row["date"], "{about}");
        let truth = |value: Option<bool>| value.map_or("", |is| if is { "TRUE" } else { "FALSE" }).to_owned();
        let found = [
            point.group.to_string(),
            point.side.map_or(String::new(), |side| side.to_string()),
            truth(point.outside),
            truth(point.close),
            point.label().to_owned(),
            word(point.meaning).to_owned(),
            truth(Some(point.short_group)),
        ];
        let names = ["rebase_group", "relative_to_mean", "outside_limits", "close_to_limits"];
        let names = names.into_iter().chain(["special_cause_type", "point_type", "short_group_warning"]);
        for (name, found) in names.zip(found) {
            assert_eq!(row[name], found, "{about}: {name}");
        }
        let limits = point.limits;
        let numbers = [
            ("mean", limits.mean),
            ("amr", limits.average_moving_range),
            ("lpl", limits.lower),
            ("nlpl", limits.near_lower),
            ("nupl", limits.near_upper),
            ("upl", limits.upper),
        ];
        numbers.iter().for_each(|(name, found)| near(&row[*name], *found, 1e-9, &format!("{about}: {name}")));
    }
    assert!(seen.len() > 200);
    for (case, points) in seen {
        assert_eq!(charts[&case].as_ref().unwrap().points.len(), points, "{case}");
    }
}

#[test]
fn xmr_summaries_agree_with_nhsrplotthedots() {
    let charts = charts(Profile::Ptd);
    let expected = read("spc_expected_summary.csv");
    assert_eq!(expected.len(), charts.len());
    for row in expected {
        let chart = &charts[&row["case_id"]];
        // The package gives up where values are missing; this program does not.
        if row["status"] == "error" {
            assert_eq!(chart.is_some(), row["message"].contains("missing value"), "{row:?}");
            continue;
        }
        let chart = chart.as_ref().unwrap();
        let last = chart.points.last().unwrap();
        let count =
            |part: &str| chart.points.iter().filter(|p| word(p.meaning).contains(part)).count().to_string();
        let found = [
            ("n_points", chart.points.len().to_string()),
            ("n_groups", chart.groups.to_string()),
            ("last_point_type", word(last.meaning).to_owned()),
            ("last_special_cause_type", last.label().to_owned()),
            ("variation_icon", word(chart.variation.unwrap()).to_owned()),
            ("assurance_type", chart.assurance.map_or("", |a| a.kind()).to_owned()),
            ("assurance_icon", chart.assurance.map_or("", |a| a.icon()).to_owned()),
            ("n_common_cause", count("common")),
            ("n_improvement", count("improvement")),
            ("n_concern", count("concern")),
            ("n_neutral", count("neutral")),
        ];
        for (name, found) in found {
            assert_eq!(row[name], found, "{}: {name}", row["case_id"]);
        }
        near(&row["last_mean"], last.limits.mean, 1e-9, "mean");
        near(&row["last_lpl"], last.limits.lower, 1e-9, "lower");
        near(&row["last_upl"], last.limits.upper, 1e-9, "upper");
    }
}

#[test]
fn all_rules_and_both_profiles_agree_with_the_derived_points() {
    let expected: BTreeMap<(String, String), Record> = read("spc_derived_points.csv")
        .into_iter()
        .map(|row| ((row["case_id"].clone(), row["date"].clone()), row))
        .collect();
    for (profile, prefix) in [(Profile::Ptd, ""), (Profile::Mdc, "mdc_")] {
        let mut met = 0;
        for (case, chart) in charts(profile) {
            for point in chart.iter().flat_map(|chart| &chart.points) {
                let row = expected.get(&(case.clone(), point.date.to_string()));
                let text = |name: &str, none: &str| {
                    row.map_or(none.to_owned(), |row| row[&format!("{prefix}{name}")].clone())
                };
                let about = format!("{case} {} {prefix}", point.date);
                assert_eq!(text("special_cause_type", "Common Cause"), point.label(), "{about}");
                assert_eq!(text("point_type", "common_cause"), word(point.meaning), "{about}");
                let rules: Vec<&str> = point.signals.iter().map(|signal| signal.label()).collect();
                assert_eq!(text("all_rules", ""), rules.join(";"), "{about}");
                met += usize::from(row.is_some());
            }
        }
        assert_eq!(met, expected.len());
    }
}

fn funnels(profile: Limit) -> BTreeMap<String, (Record, Funnel, Fitted)> {
    let mut rows: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for row in read("funnel_units.csv") {
        let units = rows.entry(row["dataset_id"].clone()).or_default();
        units.push((row["unit"].clone(), row["numerator"].parse().ok(), row["denominator"].parse().ok()));
    }
    let sets = read("funnel_datasets.csv").into_iter().map(|set| {
        let measure = match (set["data_type"].as_str(), set["sr_method"].as_str()) {
            ("PR", _) => Measure::Proportion,
            ("SR", "SHMI") => Measure::RatioLog { rounded: set["shmi_rounding"] == "TRUE" },
            ("SR", _) => Measure::RatioRoot,
            _ => Measure::Counts,
        };
        let (trim, multiplier) = (set["trim_by"].parse().unwrap(), set["multiplier"].parse().unwrap());
        let funnel = Funnel { measure, trim, multiplier, profile };
        let fitted = funnel.fit(&rows[&set["dataset_id"]]).map_err(|(refusal, _)| refusal).unwrap();
        (set["dataset_id"].clone(), (set, funnel, fitted))
    });
    sets.collect()
}

fn limits_are(row: &Record, prefix: &str, limits: &Limits, about: &str) {
    let all = [
        ("ll95", limits.lower_95),
        ("ul95", limits.upper_95),
        ("ll998", limits.lower_998),
        ("ul998", limits.upper_998),
    ];
    for (name, found) in all {
        near(&row[&format!("{prefix}{name}")], found, 1e-7, &format!("{about}: {prefix}{name}"));
    }
}

#[test]
fn funnels_agree_with_funnelplotr() {
    let funnels = funnels(Limit::Fpr);
    for row in read("funnel_expected_summary.csv") {
        let (_, _, fitted) = &funnels[&row["dataset_id"]];
        let about = &row["dataset_id"];
        assert_eq!(row["n_units"], fitted.units.len().to_string(), "{about}");
        assert_eq!(row["n_used"], fitted.used.to_string(), "{about}");
        assert_eq!(row["adjusted_used"] == "TRUE", fitted.adjusted, "{about}");
        for (name, found) in [("target", fitted.target), ("phi", fitted.phi), ("tau2", fitted.tau2)] {
            near(&row[name], found, 1e-7, &format!("{about}: {name}"));
        }
        let found = || fitted.units.iter().filter_map(|unit| unit.found.as_ref());
        let counts = [
            ("n_flag95_unadj", found().filter(|f| f.unadjusted_flags[0]).count()),
            ("n_flag998_unadj", found().filter(|f| f.unadjusted_flags[1]).count()),
            ("n_flag95", found().filter(|f| f.flags[0]).count()),
            ("n_flag998", found().filter(|f| f.flags[1]).count()),
        ];
        for (name, found) in counts {
            assert_eq!(row[name], found.to_string(), "{about}: {name}");
        }
    }
    for row in read("funnel_expected_units.csv") {
        let (_, _, fitted) = &funnels[&row["dataset_id"]];
        let about = format!("{} {}", row["dataset_id"], row["unit"]);
        let unit = fitted.units.iter().find(|unit| unit.name == row["unit"]).unwrap();
        let found = unit.found.as_ref().unwrap();
        let numbers = [
            ("numerator", unit.numerator.unwrap()),
            ("denominator_used", unit.denominator.unwrap()),
            ("ratio", found.ratio),
            ("y", found.y),
            ("s", found.s),
            ("z", found.z),
            ("z_adj", found.z_adjusted),
        ];
        numbers.iter().for_each(|(name, found)| near(&row[*name], *found, 1e-7, &format!("{about}: {name}")));
        assert_eq!(row["z_w"].is_empty(), found.z_tamed.is_none(), "{about}");
        near(&row["z_w"], found.z_tamed.unwrap_or_default(), 1e-7, &about);
        limits_are(&row, "", &found.limits, &about);
        limits_are(&row, "od_", &found.adjusted_limits, &about);
        let flags = [
            ("trimmed", found.trimmed),
            ("flag95_unadj", found.unadjusted_flags[0]),
            ("flag998_unadj", found.unadjusted_flags[1]),
            ("flag95", found.flags[0]),
            ("flag998", found.flags[1]),
        ];
        for (name, found) in flags {
            assert_eq!(row[name], u8::from(found).to_string(), "{about}: {name}");
        }
    }
    for row in read("funnel_expected_curve.csv") {
        let (_, funnel, fitted) = &funnels[&row["dataset_id"]];
        let (limits, adjusted) = fitted.limits_at(funnel, row["x"].parse().unwrap());
        let about = format!("{} at {}", row["dataset_id"], row["x"]);
        limits_are(&row, "", &limits, &about);
        limits_are(&row, "od_", &adjusted, &about);
    }
}

#[test]
fn corrected_funnels_agree_with_powerbi_funnels() {
    let funnels = funnels(Limit::Corrected);
    for row in read("funnel_expected_pbi.csv") {
        let (set, _, fitted) = &funnels[&row["dataset_id"]];
        if set["data_type"] == "RC" {
            continue;
        }
        let about = format!("{} {}", row["dataset_id"], row["unit"]);
        near(&row["tau2"], fitted.tau2, 1e-6, &about);
        let unit = fitted.units.iter().find(|unit| unit.name == row["unit"]).unwrap();
        let found = unit.found.as_ref().unwrap();
        if set["data_type"] == "PR" || fitted.tau2 > 0.0 {
            near(&row["z"], found.z_adjusted, 1e-6, &format!("{about}: z"));
        }
        let limits = if fitted.tau2 > 0.0 { found.adjusted_limits } else { found.limits };
        let all = [
            ("ll95", limits.lower_95),
            ("ul95", limits.upper_95),
            ("ll998", limits.lower_998),
            ("ul998", limits.upper_998),
        ];
        // Next to 0 and 1 that tool does otherwise; its README says so.
        let top = set["multiplier"].parse::<f64>().unwrap();
        let edge = |value: f64| value < 0.02 * top || set["data_type"] == "PR" && value > 0.98 * top;
        for (name, value) in all.into_iter().filter(|(_, value)| !edge(*value)) {
            near(&row[name], value, 2e-6, &format!("{about}: {name}"));
        }
    }
}

#[test]
fn significance_agrees_with_phe_indicator_methods() {
    let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    let all = read("funnel_expected_significance.csv");
    for row in &all {
        let sum = sums.entry(row["dataset_id"].clone()).or_default();
        sum.0 += row["numerator"].parse::<f64>().unwrap();
        sum.1 += row["denominator"].parse::<f64>().unwrap();
    }
    for row in &all {
        let (r, n): (f64, f64) = (row["numerator"].parse().unwrap(), row["denominator"].parse().unwrap());
        let (total, size) = sums[&row["dataset_id"]];
        let found = match row["statistic"].as_str() {
            "proportion" => of_proportion(r, n, total / size),
            "ratio" => of_count(r, n),
            _ => of_count(r, n * total / size),
        };
        assert_eq!(row["significance"], word(found), "{row:?}");
    }
}

#[test]
fn exact_limits_agree_with_r() {
    for row in read("exact_limits.csv") {
        let number = |name: &str| row[name].parse::<f64>().unwrap();
        let (size, probability) = (number("size"), number("prob"));
        let found = match row["kind"].as_str() {
            "binomial" => binomial_limit(size as u64, number("target"), probability),
            "poisson" => poisson_limit(size * row["target"].parse::<f64>().unwrap_or(1.0), probability),
            _ => {
                let more = if probability < 0.5 { 0.0 } else { 2.0 };
                let limit = chi_square_quantile(probability, 2.0 * size + more) / (2.0 * size);
                near(&row["limit"], limit, 1e-7, &format!("{row:?}"));
                continue;
            }
        };
        let found = found.unwrap();
        assert_eq!(row["quantile"], found.quantile.to_string(), "{row:?}");
        near(&row["limit"], found.limit, 1e-7, &format!("{row:?}"));
    }
}

#[test]
fn z_scores_fall_into_their_bands() {
    for row in read("z_bands.csv") {
        let z = row["z_statistic"].parse().unwrap_or(f64::NAN);
        let q = oriented(z, row["higher_is"] == "good");
        near(&row["signed_z"], q, 1e-12, "signed z");
        let expected = if row["band"].is_empty() { None } else { Some(row["band"].as_str()) };
        assert_eq!(expected, band(q).map(word), "{row:?}");
    }
}

/// What a command wrote, against what it is expected to write; numbers within a tolerance.
fn same_table(written: &Path, expected: &str, keys: usize, relative: f64) {
    let rows = |path: &Path| -> (Vec<String>, Vec<Vec<String>>) {
        let mut reader = csv::Reader::from_path(path).unwrap();
        let heads = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        (heads, rows)
    };
    let (heads, found) = rows(written);
    let (wanted, expected) = rows(&Path::new(VECTORS).join(expected));
    assert_eq!(heads, wanted);
    let by_key: BTreeMap<&[String], &Vec<String>> = found.iter().map(|row| (&row[..keys], row)).collect();
    for row in &expected {
        // The package gives up where values are missing; what this program makes of it is tested above.
        if row.get(1).is_some_and(|status| status == "error") {
            continue;
        }
        let found = by_key[&row[..keys]];
        for ((head, wanted), found) in heads.iter().zip(row).zip(found) {
            let about = format!("{:?} {head}", &row[..keys]);
            match (wanted.parse::<f64>(), found.parse::<f64>()) {
                (Ok(_), Ok(found)) => near(wanted, found, relative, &about),
                _ => assert_eq!(wanted, found, "{about}"),
            }
        }
    }
}

#[test]
fn the_command_writes_the_files_of_the_tools() {
    let out = tempfile::tempdir().unwrap();
    let file = |name: &str| format!("{VECTORS}/{name}");
    let to = out.path().to_str().unwrap();
    let (cases, series) = (file("spc_cases.csv"), file("spc_series.csv"));
    let spc = quarterday(&[
        "stats",
        "spc",
        "--cases",
        &cases,
        "--series",
        &series,
        "--profile",
        "ptd",
        "--out",
        to,
    ]);
    assert!(spc.status.success(), "{}", said(&spc));
    same_table(&out.path().join("spc_points.csv"), "spc_expected_points.csv", 2, 1e-9);
    same_table(&out.path().join("spc_summary.csv"), "spc_expected_summary.csv", 1, 1e-9);
    let (sets, units) = (file("funnel_datasets.csv"), file("funnel_units.csv"));
    let funnel = quarterday(&[
        "stats",
        "funnel",
        "--datasets",
        &sets,
        "--units",
        &units,
        "--profile",
        "fpr",
        "--out",
        to,
    ]);
    assert!(funnel.status.success(), "{}", said(&funnel));
    same_table(&out.path().join("funnel_units.csv"), "funnel_expected_units.csv", 2, 1e-7);
    same_table(&out.path().join("funnel_summary.csv"), "funnel_expected_summary.csv", 1, 1e-7);
}

#[test]
fn a_case_that_must_be_refused_has_a_message_and_no_points() {
    let out = tempfile::tempdir().unwrap();
    let path = |name: &str| out.path().join(name).display().to_string();
    let write = |name: &str, text: &str| std::fs::write(out.path().join(name), text).unwrap();
    write(
        "cases.csv",
        "case_id,series_id,improvement_direction,target,rebase_dates,fix_after_n_points,screen_outliers\n\
         twice,a,increase,,,,TRUE\nword,b,increase,,,,TRUE\nshort,c,increase,,,11,TRUE\nnobody,d,increase,,,,TRUE\n\
         sideways,c,sideways,,,,TRUE\nendless,e,increase,,,,TRUE\nnowhere,c,increase,Inf,,,TRUE\nfine,c,decrease,,,,\n",
    );
    write(
        "series.csv",
        "series_id,date,value\na,2026-04-01,1\na,2026-04-01,2\nb,2026-04-01,many\nc,2026-05-01,2\nc,2026-04-01,1\n\
         e,2026-04-01,Inf\nspare,2026-04-01,1\n",
    );
    let args =
        ["stats", "spc", "--cases", &path("cases.csv"), "--series", &path("series.csv"), "--out", &path("o")];
    let output = quarterday(&args);
    assert!(output.status.success(), "{}", said(&output));
    let summary = std::fs::read_to_string(out.path().join("o/spc_summary.csv")).unwrap();
    let status: Vec<&str> = summary.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!(status, [["error"; 7].as_slice(), &["ok"]].concat(), "{summary}");
    assert!(summary.contains("line 4: value is \"\"many\"\", not a number"), "{summary}");
    assert!(complained(&output).contains("line 8: series_id is \"spare\", which nothing asks for"));
    let points = std::fs::read_to_string(out.path().join("o/spc_points.csv")).unwrap();
    assert_eq!(points.lines().count(), 3, "{points}");

    let heads =
        "case_id,series_id,improvement_direction,target,rebase_dates,fix_after_n_points,screen_outliers";
    for (text, fault) in [
        ("series_id,date,value\n".to_owned(), "has no column `case_id`; it has series_id, date, value"),
        (heads.replace(",target", "") + "\n", "has no column `target`"),
        (format!("{heads},target\n"), "has the column `target` twice"),
        (
            format!("{heads}\nx,c,increase,,,,\nx,c,decrease,,,,\n"),
            "line 3: case_id is \"x\", which stands in a row before",
        ),
    ] {
        write("cases.csv", &text);
        let output = quarterday(&args);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(complained(&output).contains(fault), "{fault}: {}", complained(&output));
    }
}
