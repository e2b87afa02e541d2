//! Rows that stand and that no rule claims: a gap between rules, unless the fact says that it is meant.

use std::collections::{BTreeMap, BTreeSet};

use super::fact::Fact;
use super::feed::Feed;
use super::load::RULES;
use super::reader::{At, Report};
use super::rule::Rule;
use crate::condition::{Condition, Trial, uncovered};
use crate::diagnostic::Code;

/// The most gaps of one fact that are written out.
const MOST: usize = 5;

/// Notes the rows that no rule claims, and statements about them that do not fit the rules.
pub(super) fn check(report: &Report, rules: &[Rule], feeds: &[Feed], facts: &BTreeMap<String, Fact>) {
    for fact in facts.values() {
        let of_fact: Vec<&Rule> = rules.iter().filter(|rule| rule.from == fact.id).collect();
        let file = format!("facts/{}.toml", fact.id);
        let at = At { file: file.as_str().into(), line: fact.unclaimed_line.unwrap_or(1) };
        if of_fact.is_empty() {
            if fact.unclaimed.is_some() {
                let message = format!(
                    "`unclaimed` says which rows of `{}` no rule is meant to claim, and no rule looks at it at all",
                    fact.id
                );
                let help = "put its rules back into the folder rules, or take `unclaimed` out";
                report.warning(&at, Code::UnclaimedRows, message, Some(help.to_owned()));
            }
            continue;
        }
        gaps(report, &at, fact, &of_fact, feeds);
    }
    for rule in rules.iter().filter(|rule| rule.only_if_nothing_else) {
        unlisted(report, rule, rules);
    }
}

fn gaps(report: &Report, at: &At, fact: &Fact, of_fact: &[&Rule], feeds: &[Feed]) {
    // What holds for the rows of a practice together leaves a single row to the other rules.
    let of_rows: Vec<&&Rule> = of_fact.iter().filter(|rule| rule.having.is_none()).collect();
    let claims: Vec<&Condition> = of_rows.iter().filter_map(|rule| rule.filter.as_ref()).collect();
    if claims.len() < of_rows.len() || claims.is_empty() {
        return;
    }
    let always: Vec<&Condition> = fact.stands.iter().chain(&fact.keep).collect();
    let found = uncovered(&Trial {
        columns: &fact.columns,
        claims: &claims,
        meant: fact.unclaimed.as_ref(),
        always: &always,
        blank: &blank(fact, feeds),
    });
    for rows in found.rows.iter().take(MOST) {
        let message = format!("rows of `{}` with {rows} meet no rule", fact.id);
        let help = format!(
            "change the rules together; if no rule is meant to claim such rows, say so by `unclaimed` in \
             facts/{}.toml",
            fact.id
        );
        report.warning(at, Code::UnclaimedRows, message, Some(help));
    }
    if let Some(more) = found.rows.len().checked_sub(MOST).filter(|more| *more > 0) {
        let message = format!("{more} more combinations of cells of `{}` meet no rule", fact.id);
        report.warning(at, Code::UnclaimedRows, message, None);
    }
    for rule in found.contradicted.iter().filter_map(|place| of_rows.get(*place)) {
        let message =
            format!("`unclaimed` speaks of rows of `{}` that the rule `{}` claims", fact.id, rule.id);
        let help = "correct `unclaimed`: it speaks of rows that no rule is meant to claim";
        report.warning(at, Code::UnclaimedRows, message, Some(help.to_owned()));
    }
}

/// A rule that fires only if nothing else does looks at every fact of which a row could be left over.
fn unlisted(report: &Report, rule: &Rule, rules: &[Rule]) {
    let looked_at: BTreeSet<&str> = rules.iter().map(|rule| rule.from.as_str()).collect();
    let at = At { file: format!("{RULES}/{}.toml", rule.id).into(), line: 1 };
    let listed = |fact: &str| rule.nothing_unclaimed_in.iter().any(|listed| listed == fact);
    for fact in looked_at.iter().filter(|fact| **fact != rule.from && !listed(fact)) {
        let message = format!(
            "this rule fires where nothing else does, even where a row of `{fact}` stands that no rule claims"
        );
        let help = format!("add \"{fact}\" to nothing_unclaimed_in, a list of facts in brackets");
        report.warning(&at, Code::UnclaimedRows, message, Some(help));
    }
    for fact in rule.nothing_unclaimed_in.iter().filter(|fact| !looked_at.contains(fact.as_str())) {
        let message = format!("`nothing_unclaimed_in` names `{fact}`, and no rule looks at it");
        let help = "put its rules back into the folder rules, or take it out of the list";
        report.warning(&at, Code::UnclaimedRows, message, Some(help.to_owned()));
    }
}

/// The columns of a fact that a sheet may leave blank.
fn blank<'f>(fact: &'f Fact, feeds: &[Feed]) -> BTreeSet<&'f str> {
    let layouts: Vec<_> = feeds
        .iter()
        .flat_map(|feed| &feed.layouts)
        .filter(|layout| fact.from.contains(&layout.table))
        .collect();
    let blank =
        |name: &&str| layouts.iter().filter_map(|layout| layout.column(name)).any(|column| !column.required);
    fact.columns.names().filter(blank).collect()
}
