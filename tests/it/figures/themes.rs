//! Concerns by theme, and the flags of the dashboard.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use chrono::NaiveDate;
use toml::Table;

use super::{PUBLIC, holds_in_public, packs};
use crate::support::paper;
use crate::support::sheets::rows;

/// The feeds of concerns, with the team that each speaks for.
pub const TEAMS: [(&str, &str); 9] = [
    ("concerns-complaints", "Complaints"),
    ("concerns-delivery-assurance", "Delivery assurance"),
    ("concerns-estates", "Estates"),
    ("concerns-ftsu", "Freedom to speak up"),
    ("concerns-infection-prevention", "Infection prevention"),
    ("concerns-medicines-optimisation", "Medicines optimisation"),
    ("concerns-place-facing", "Place facing"),
    ("concerns-quality", "Quality"),
    ("concerns-safeguarding", "Safeguarding"),
];

/// The themes that the framework knows, as the first pipeline lists them.
fn known_themes() -> BTreeSet<String> {
    let path = crate::support::repository().join("pipelines/lancashire-south-cumbria/vocabularies.toml");
    let lists: Table = fs::read_to_string(path).unwrap().parse().unwrap();
    let themes = lists["themes"]["values"].as_array().unwrap();
    themes.iter().map(|theme| theme.as_str().unwrap().to_owned()).collect()
}

#[test]
fn concerns_by_theme_and_severity_and_who_raises_them() {
    let severities = ["Low", "Moderate", "Serious", "Immediate"];
    let themes = known_themes();
    for pack in packs() {
        let practices = pack.practices();
        type Counted = ([usize; 4], BTreeSet<String>, BTreeSet<&'static str>);
        let mut counted: BTreeMap<String, Counted> = BTreeMap::new();
        for (feed, team) in TEAMS {
            for concern in rows(feed, pack.step) {
                let raised = concern.date("date_raised").unwrap();
                let open = concern.text("status") == "Open"
                    || concern.date("status_date").is_some_and(|date| date > pack.as_of);
                let practice = concern.text("practice").to_owned();
                if raised > pack.as_of || !open || !practices.contains_key(&practice) {
                    continue;
                }
                let theme = match concern.text("theme") {
                    "" => "Theme not stated".to_owned(),
                    theme if themes.contains(theme) => theme.to_owned(),
                    _ => "Theme not recognised".to_owned(),
                };
                let severity = severities.iter().position(|s| *s == concern.text("severity"));
                let entry = counted.entry(theme).or_default();
                entry.0[severity.unwrap_or_else(|| panic!("{}", concern.place))] += 1;
                entry.1.insert(practice);
                entry.2.insert(team);
            }
        }
        let total: usize = counted.values().map(|c| c.0.iter().sum::<usize>()).sum();
        let about: BTreeSet<&String> = counted.values().flat_map(|c| &c.1).collect();
        for content in pack.named() {
            let [low, moderate, serious, immediate] = severities;
            let fields = ["Theme", low, moderate, serious, immediate, "All", "Practices", "Teams"];
            let rows = paper::table(&content, "themes", "themes");
            let shown: Vec<[String; 8]> = rows.iter().map(|row| row.texts(fields)).collect();
            let mut wanted: Vec<[String; 8]> = counted
                .iter()
                .map(|(theme, (by_severity, practices, teams))| {
                    let [low, moderate, serious, immediate] = by_severity.map(|n| n.to_string());
                    [
                        theme.clone(),
                        low,
                        moderate,
                        serious,
                        immediate,
                        by_severity.iter().sum::<usize>().to_string(),
                        practices.len().to_string(),
                        teams.iter().copied().collect::<Vec<_>>().join(", "),
                    ]
                })
                .collect();
            // The most frequent first.
            wanted.sort_by_key(|row| (std::cmp::Reverse(row[5].parse::<usize>().unwrap()), row[0].clone()));
            assert_eq!(shown, wanted, "{}", pack.quarter);
            let said = paper::claims(&content, "themes");
            assert_eq!(said[0], format!("{total} concerns are open about {} practices.", about.len()));
        }
        let of = |counted: &Counted| (counted.0.iter().sum::<usize>(), counted.1.clone());
        let few = counted.values().map(of).filter(|(concerns, _)| (1..5).contains(concerns));
        let others = few.fold((0, BTreeSet::new()), |sum, theme| (sum.0 + theme.0, &sum.1 | &theme.1));
        for row in paper::table(&pack.of(PUBLIC), "themes", "themes") {
            let [theme, concerns, practices] = row.texts(["Theme", "Concerns", "Practices"]);
            let truth = match theme.as_str() {
                "Other themes, each fewer than 5 times" => others.clone(),
                theme => of(&counted[theme]),
            };
            holds_in_public(&concerns, truth.0, &theme);
            holds_in_public(&practices, truth.1.len(), &theme);
        }
    }
}

#[test]
fn flags_of_the_dashboard_by_domain() {
    let domains = [
        ("Access and experience", "access_and_experience"),
        ("Workforce", "workforce"),
        ("Clinical outcomes and care quality", "clinical_outcomes_and_care_quality"),
        ("Vaccinations and screening", "vaccinations_and_screening"),
        ("Medicines management", "medicines_management"),
    ];
    for pack in packs() {
        let practices = pack.practices();
        // Of each practice and extract the score and flags of the file received last; then the latest extract.
        let mut extracts: BTreeMap<(String, NaiveDate), BTreeMap<&str, f64>> = BTreeMap::new();
        let mut seen: BTreeMap<(String, NaiveDate), String> = BTreeMap::new();
        for row in rows("dashboard", pack.step) {
            let key = (row.text("practice").to_owned(), row.date("extract_date").unwrap());
            if !practices.contains_key(&key.0) || key.1 > pack.as_of || row.number("score").is_none() {
                continue;
            }
            let file = row.place.split(" row ").next().unwrap().to_owned();
            if seen.insert(key.clone(), file.clone()).is_some_and(|before| before != file) {
                extracts.remove(&key);
            }
            let flags = extracts.entry(key).or_default();
            for (domain, column) in domains {
                if row.text("domain").is_empty() {
                    flags.insert(domain, row.number(column).unwrap_or_default());
                } else if row.text("domain") == domain && matches!(row.text("flag"), "1" | "Yes") {
                    *flags.entry(domain).or_default() += 1.0;
                }
            }
        }
        let oldest = pack.as_of.checked_sub_months(chrono::Months::new(6)).unwrap();
        let mut latest: BTreeMap<&String, (NaiveDate, &BTreeMap<&str, f64>)> = BTreeMap::new();
        for ((practice, date), flags) in &extracts {
            latest.insert(practice, (*date, flags));
        }
        let fresh = || latest.values().filter(|(date, _)| *date >= oldest);
        let fields = ["Domain", "Practices", "Flags"];
        for content in pack.named() {
            let rows = paper::table(&content, "themes", "flags");
            let shown: Vec<[String; 3]> = rows.iter().map(|row| row.texts(fields)).collect();
            let wanted: Vec<[String; 3]> = domains
                .iter()
                .map(|(domain, _)| {
                    let of = |flags: &BTreeMap<&str, f64>| flags.get(domain).copied().unwrap_or_default();
                    let practices = fresh().filter(|(_, flags)| of(flags) > 0.0).count();
                    let flags: f64 = fresh().map(|(_, flags)| of(flags)).sum();
                    [(*domain).to_owned(), practices.to_string(), flags.to_string()]
                })
                .collect();
            assert_eq!(shown, wanted, "{}", pack.quarter);
            let newest = fresh().map(|(date, _)| *date).max().unwrap();
            assert_eq!(
                paper::caption(&content, "themes", "flags"),
                format!("Practices with a flag, by domain; latest extract {}", newest.format("%-d %B %Y"))
            );
            for row in paper::table(&pack.of(PUBLIC), "themes", "flags") {
                let [domain, practices, flags] = row.texts(fields);
                let truth = wanted.iter().find(|row| row[0] == domain).unwrap();
                holds_in_public(&practices, truth[1].parse().unwrap(), &domain);
                holds_in_public(&flags, truth[2].parse().unwrap(), &domain);
            }
        }
    }
}
