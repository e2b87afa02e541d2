//! (b) Themes: what teams raise, and what the dashboard flags.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::packs::{Claim, Material, Paragraph, Reader};
use crate::wording::{list, plural};

/// (b) Themes.
#[derive(Debug, Clone, Serialize)]
pub struct Themes {
    /// The main findings.
    pub claims: Vec<Claim>,
    /// Standing concerns by theme, the most frequent first.
    pub themes: Vec<ThemeRow>,
    /// The severities, in the order of the columns.
    pub severities: Vec<String>,
    /// Practices that the dashboard flags, by domain.
    pub domains: Vec<DomainRow>,
    /// The date of the extract behind the flags.
    pub extract: Option<String>,
    /// What people wrote.
    pub narrative: Vec<Paragraph>,
}

/// Standing concerns of one theme.
#[derive(Debug, Clone, Serialize)]
pub struct ThemeRow {
    /// The theme.
    pub theme: String,
    /// Concerns by severity, in the order of the columns.
    pub severities: Vec<String>,
    /// All concerns.
    pub concerns: String,
    /// The practices they are about.
    pub practices: String,
    /// The teams that raise them; empty in a public pack.
    pub teams: String,
}

/// Practices that the dashboard flags in a domain.
#[derive(Debug, Clone, Serialize)]
pub struct DomainRow {
    /// The domain.
    pub domain: String,
    /// Practices with a flag.
    pub practices: String,
    /// Flags in all.
    pub flags: String,
}

#[derive(Default)]
struct Raised {
    severities: BTreeMap<String, usize>,
    concerns: usize,
    practices: BTreeSet<String>,
    teams: BTreeSet<String>,
    rows: Vec<usize>,
}

/// What is printed for a concern whose theme is missing or misspelt.
const NOT_STATED: &str = "Theme not stated";

pub(super) fn themes(material: &Material<'_>, reader: Reader) -> Themes {
    let raised = raised(material);
    let mut order: Vec<(&String, &Raised)> = raised.iter().collect();
    order.sort_by(|a, b| b.1.concerns.cmp(&a.1.concerns).then_with(|| a.0.cmp(b.0)));
    let severities = severities(material);
    let rows = rows(&order, &severities, reader);
    let (domains, extract) = domains(material, reader);
    Themes {
        claims: claims(material, &order, reader),
        themes: rows,
        severities: if reader.named() { severities } else { Vec::new() },
        domains,
        extract,
        narrative: crate::packs::narrative::paragraphs(material, "Themes", reader).0,
    }
}

fn raised(material: &Material<'_>) -> BTreeMap<String, Raised> {
    let cells = material.fact("concerns");
    let mut out: BTreeMap<String, Raised> = BTreeMap::new();
    for row in 0..cells.height() {
        let Some(practice) = cells.text("practice", row).filter(|p| material.of(p).is_some()) else {
            continue;
        };
        let theme = cells.text("theme", row).unwrap_or_else(|| NOT_STATED.to_owned());
        let entry = out.entry(theme).or_default();
        *entry.severities.entry(cells.text("severity", row).unwrap_or_default()).or_default() += 1;
        entry.concerns += 1;
        entry.practices.insert(practice);
        entry.teams.extend(cells.text("team", row));
        entry.rows.push(row);
    }
    out
}

/// The severities in their order, as the pipeline has them.
fn severities(material: &Material<'_>) -> Vec<String> {
    let kind = material.pipeline.facts.get("concerns").and_then(|fact| fact.columns.get("severity"));
    match kind {
        Some(crate::condition::Kind::Choice(values)) => values.to_vec(),
        _ => Vec::new(),
    }
}

fn rows(order: &[(&String, &Raised)], severities: &[String], reader: Reader) -> Vec<ThemeRow> {
    // In a public pack only the totals are shown, and small ones are hidden with the next.
    let totals = reader.row(&order.iter().map(|(_, r)| r.concerns).collect::<Vec<_>>());
    order
        .iter()
        .zip(totals)
        .map(|((theme, raised), concerns)| ThemeRow {
            theme: (*theme).clone(),
            severities: match reader.named() {
                true => severities
                    .iter()
                    .map(|s| raised.severities.get(s).copied().unwrap_or(0).to_string())
                    .collect(),
                false => Vec::new(),
            },
            concerns,
            practices: reader.count(raised.practices.len()),
            teams: match reader.named() {
                true => raised.teams.iter().cloned().collect::<Vec<_>>().join(", "),
                false => String::new(),
            },
        })
        .collect()
}

fn claims(material: &Material<'_>, order: &[(&String, &Raised)], reader: Reader) -> Vec<Claim> {
    let cells = material.fact("concerns");
    let total: usize = order.iter().map(|(_, r)| r.concerns).sum();
    let practices: BTreeSet<&String> = order.iter().flat_map(|(_, r)| &r.practices).collect();
    let sources = material.all_receipts(&cells);
    if total == 0 {
        return Claim::new("No concern stands.", material.receipts_behind("concerns")).into_iter().collect();
    }
    let about = match reader.count(practices.len()).as_str() {
        "[c]" => "few practices".to_owned(),
        "1" => "1 practice".to_owned(),
        shown => format!("{shown} practices"),
    };
    let mut out = Vec::new();
    if reader.named() || total > 4 {
        let text = format!("{} about {about}.", plural(total, "concern stands", "concerns stand"));
        out.extend(Claim::new(text, sources));
    }
    let most = order.first().map_or(0, |(_, r)| r.concerns);
    let top: Vec<String> = order
        .iter()
        .filter(|(theme, r)| r.concerns == most && theme.as_str() != NOT_STATED)
        .map(|(theme, _)| format!("\u{201c}{theme}\u{201d}"))
        .collect();
    if most >= 5 && !top.is_empty() && top.len() <= 3 {
        let rows = order.iter().filter(|(_, r)| r.concerns == most).flat_map(|(_, r)| r.rows.clone());
        let each = if top.len() == 1 { "" } else { " each" };
        let text =
            format!("Raised most often: {} ({}{each}).", list(&top), plural(most, "concern", "concerns"));
        out.extend(Claim::new(text, material.receipts(&cells, rows)));
    }
    out
}

/// Flags of the latest extract: counted in a wide sheet, row by row in a long one.
fn domains(material: &Material<'_>, reader: Reader) -> (Vec<DomainRow>, Option<String>) {
    let cells = material.fact("score");
    let mut latest = None;
    let mut flags: BTreeMap<&str, BTreeMap<String, f64>> = BTreeMap::new();
    for row in 0..cells.height() {
        if cells.truth("stale", row) == Some(true) {
            continue;
        }
        let Some(practice) = cells.text("practice", row).filter(|p| material.of(p).is_some()) else {
            continue;
        };
        latest = latest.max(cells.date("extract_date", row));
        for (domain, count) in crate::packs::sbar::flags(material, &practice, row) {
            if count > 0.0 {
                flags.entry(domain).or_default().insert(practice.clone(), count);
            }
        }
    }
    let rows = material
        .pipeline
        .domains
        .iter()
        .map(|domain| {
            let found = flags.get(domain.name.as_str());
            let total: f64 = found.map_or(0.0, |f| f.values().sum());
            DomainRow {
                domain: domain.name.clone(),
                practices: reader.count(found.map_or(0, BTreeMap::len)),
                flags: reader.count(total as usize),
            }
        })
        .collect();
    (rows, latest.map(crate::dates::long))
}
