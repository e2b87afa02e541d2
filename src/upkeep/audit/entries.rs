//! What people did, and what runs noticed of lists and of late data.

use std::collections::BTreeMap;

use super::{Act, Filter, day, wanted};
use crate::intake::Receipt;
use crate::known::result::RunResult;
use crate::ledger::{Change, Ledger, PackRecord};
use crate::post::approve::DeskError;
use crate::workspace::Workspace;

pub(super) fn acts(
    (ledger, workspace): (&Ledger, &Workspace),
    filter: &Filter,
    pack: Option<&PackRecord>,
) -> Result<Vec<Act>, DeskError> {
    let mut out = Vec::new();
    let of_pack = |id: &str| pack.is_none_or(|pack| pack.id == id);
    let everyone = filter.recipient.is_none();
    for approval in ledger.approvals()?.into_iter().filter(|a| everyone && of_pack(&a.pack)) {
        out.push(Act {
            dated: approval.dated,
            at: approval.at,
            kind: "approval".to_owned(),
            about: format!("{} ({})", approval.pack, short(&approval.content)),
            by: approval.role,
            what: approval.note,
        });
    }
    for recall in ledger.recalls()?.into_iter().filter(|r| everyone && of_pack(&r.pack)) {
        out.push(Act {
            dated: recall.dated,
            at: recall.at,
            kind: "recall".to_owned(),
            about: recall.pack,
            by: recall.role,
            what: recall.reason,
        });
    }
    for blocked in ledger.blocked()?.into_iter().filter(|b| of_pack(&b.pack) && wanted(filter, &b.recipient))
    {
        out.push(Act {
            dated: blocked.as_of,
            at: blocked.at,
            kind: "blocked".to_owned(),
            about: format!("{} to {}", blocked.pack, blocked.recipient),
            by: blocked.run,
            what: blocked.reason,
        });
    }
    out.extend(decisions(ledger, filter, pack)?);
    let committee = |name: &str| pack.is_none_or(|pack| pack.committee == name);
    for change in ledger.list_changes()? {
        let entry = &change.entry;
        if !committee(&entry.committee) || !wanted(filter, &entry.address) {
            continue;
        }
        let word = match change.change {
            Change::First => "on the list at the beginning",
            Change::Added => "one person more",
            Change::Removed => "one person less",
            Change::Changed => "entry changed",
        };
        out.push(Act {
            dated: change.as_of,
            at: change.at.clone(),
            kind: "list".to_owned(),
            about: entry.committee.clone(),
            by: format!("{} ({})", entry.added_by, entry.added),
            what: format!("{word}: {} <{}>, review {}", entry.role, entry.address, entry.review),
        });
    }
    if pack.is_none() && everyone {
        out.extend(of_practices(ledger, workspace)?);
    }
    Ok(out)
}

/// What people decided about single messages: that one arrived, that one goes again, that one is stopped.
fn decisions(ledger: &Ledger, filter: &Filter, pack: Option<&PackRecord>) -> Result<Vec<Act>, DeskError> {
    let of_pack: BTreeMap<String, String> =
        ledger.pack_messages()?.into_iter().map(|m| (m.key, m.pack)).collect();
    let recipients: BTreeMap<String, String> =
        ledger.dispatches()?.into_iter().map(|d| (d.message.key, d.message.recipient)).collect();
    let mut out = Vec::new();
    for attempt in ledger.attempts(None)? {
        let (Some(by), Some(recipient)) = (attempt.step.by, recipients.get(&attempt.key)) else { continue };
        let about = of_pack.get(&attempt.key);
        if pack.is_some_and(|pack| about != Some(&pack.id)) || !wanted(filter, recipient) {
            continue;
        }
        let state = attempt.step.state.word();
        out.push(Act {
            dated: attempt.step.at.date_naive(),
            at: attempt.step.at.to_rfc3339(),
            kind: "decision".to_owned(),
            about: format!("message {} to {recipient}", crate::dispatch::short_name(&attempt.key)),
            by,
            what: attempt.step.note.map_or_else(|| state.to_owned(), |note| format!("{state}: {note}")),
        });
    }
    Ok(out)
}

/// Releases by the guard, what was said of arrivals, acknowledgements and late data: what is not about one pack.
fn of_practices(ledger: &Ledger, workspace: &Workspace) -> Result<Vec<Act>, DeskError> {
    let mut out = Vec::new();
    for hit in ledger.held()? {
        let Some(release) = hit.release else { continue };
        out.push(Act {
            dated: day(&release.at).unwrap_or_default(),
            at: release.at,
            kind: "guard release".to_owned(),
            about: format!("{} in {} ({})", hit.pattern, hit.document, hit.id),
            by: release.role,
            what: release.note,
        });
    }
    let arrivals = ledger.every_arrival()?;
    for said in ledger.amendments()? {
        let file = arrivals.iter().find(|a| a.number == said.arrival);
        let file = file.map(|a| format!(" ({}/{})", a.feed, a.file)).unwrap_or_default();
        let became = match said.received {
            Some(day) => format!("received as of {day}"),
            None => "void".to_owned(),
        };
        out.push(Act {
            dated: said.dated,
            at: said.at,
            kind: "arrival".to_owned(),
            about: format!("{}{file}", Receipt::number(said.arrival)),
            by: said.role,
            what: format!("{became}: {}", said.reason),
        });
    }
    for given in ledger.acknowledgements()? {
        let until = given.until.map(|u| format!(" (until {u})")).unwrap_or_default();
        out.push(Act {
            dated: given.dated,
            at: given.at,
            kind: "acknowledgement".to_owned(),
            about: format!(
                "{}, {}",
                given.exception,
                RunResult::called(None, Some(given.level), workspace, ledger)
            ),
            by: given.role,
            what: format!("{}{until}", given.note),
        });
    }
    for late in ledger.late_levels()? {
        let level = |level| RunResult::called(Some(&late.packs_run), level, workspace, ledger);
        let what = format!(
            "reported {}; with {} it would be {}",
            level(late.reported),
            late.files.join(", "),
            level(late.now)
        );
        out.push(Act {
            dated: late.as_of,
            at: String::new(),
            kind: "late data".to_owned(),
            about: format!("{} in the packs of {}", late.practice, late.packs_run),
            by: late.run,
            what,
        });
    }
    Ok(out)
}

fn short(hash: &str) -> String {
    hash.chars().take(12).collect()
}
