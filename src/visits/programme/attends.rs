//! Who attends a visit, and why.

use std::collections::BTreeSet;

/// A team that attends by exception, and the themes that are its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attending {
    /// Its name, as concerns have it.
    pub team: String,
    /// Its themes.
    pub themes: Vec<String>,
}

/// What is known of a practice that can be a reason to attend.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Open concerns that are grave enough: team and theme. None is from a team that is never a reason.
    pub concerns: BTreeSet<(String, Option<String>)>,
    /// The domains with enough flags, where they count.
    pub domains: Vec<String>,
}

/// One who attends.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Attendee {
    /// The team, or the role.
    pub team: String,
    /// Why.
    pub because: String,
}

/// The core team and, by exception, the teams with a reason.
pub fn attends(core: &[String], teams: &[Attending], known: &Known) -> Vec<Attendee> {
    let core = core.iter().map(|role| Attendee { team: role.clone(), because: "core team".to_owned() });
    let by_exception = teams.iter().filter_map(|team| {
        let because = reasons(team, known);
        (!because.is_empty()).then(|| Attendee { team: team.team.clone(), because: because.join("; ") })
    });
    core.chain(by_exception).collect()
}

fn reasons(attending: &Attending, known: &Known) -> Vec<String> {
    let mut out = Vec::new();
    if known.concerns.iter().any(|(team, _)| *team == attending.team) {
        out.push("an open concern of its own".to_owned());
    }
    for theme in &attending.themes {
        let others =
            known.concerns.iter().filter(|(team, of)| *team != attending.team && of.as_ref() == Some(theme));
        let others: Vec<String> = others.map(|(team, _)| team.clone()).collect();
        if !others.is_empty() {
            out.push(format!("{theme}: an open concern of {}", crate::wording::list(&others)));
        }
        if known.domains.contains(theme) {
            out.push(format!("{theme}: flags on the dashboard"));
        }
    }
    out
}
