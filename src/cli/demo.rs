//! `quarterday demo`: two quarters of an invented ICB, played through the real program.
//!
//! The fixtures and the pipeline are part of the program. Each step drops its files into the inbox and
//! runs its job; a step whose run is complete is not played again, so that a demo which was stopped goes
//! on where it was.

use std::path::Path;

use anyhow::Context as _;
use chrono::NaiveDate;
use include_dir::{Dir, include_dir};
use serde::Serialize;
use serde_json::json;

use super::invocation::{invocation, quoted};
use super::output::{failed, pipeline, say, say_json};
use super::progress::{Quiet, Steps};
use super::run::{STEPS, tell};
use super::{DemoArgs, Exit};
use crate::disk::write_whole;
use crate::ledger::RunState;
use crate::run::{Progress, Report, Request, RunError, execute};
use crate::workspace::Workspace;

static STEP_FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/steps");
static FRAMEWORK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/pipelines/lancashire-south-cumbria");
static INVENTED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixtures/pipeline");
const PLAN: &str = include_str!("../../fixtures/demo.toml");

/// What became of one step, for programs.
#[derive(Debug, Serialize)]
struct Played {
    job: String,
    as_of: NaiveDate,
    run: String,
    /// Whether an earlier call had played it; then there is no report.
    before: bool,
    report: Option<Report>,
}

/// One step of the plan.
#[derive(Debug)]
struct Step {
    job: String,
    as_of: NaiveDate,
    folder: String,
}

pub(super) fn demo(args: &DemoArgs) -> Exit {
    match play(args) {
        Ok(exit) => exit,
        Err(error) => {
            let exit = error.downcast_ref::<RunError>().map_or(Exit::Failure, Exit::of_error);
            failed(&error);
            exit
        }
    }
}

fn play(args: &DemoArgs) -> anyhow::Result<Exit> {
    let plan = plan()?;
    let folder = args.data.join("pipeline");
    // The invented ICB's own files first: the framework fills in what they leave out.
    lay_out(&INVENTED, &folder)?;
    lay_out(&FRAMEWORK, &folder)?;
    let pipeline = match pipeline(&folder) {
        Ok(pipeline) => pipeline,
        Err(exit) => return Ok(exit),
    };
    let tell_all = !args.json;
    let mut runs: Vec<Played> = Vec::new();
    if tell_all {
        say(&format!("{}, an invented ICB, in {}", pipeline.organisation, args.data.display()));
    }
    let workspace = Workspace::new(&args.data);
    let mut steps = Steps::new(STEPS * plan.len() as u64);
    let mut worst = Exit::Success;
    for step in &plan {
        let name = format!("{} of {}", step.job, crate::dates::long(step.as_of));
        if let Some(run) = played(&workspace, step)? {
            steps.skip(STEPS);
            if tell_all {
                say("");
                say(&format!("{name}: played already (run {run}); nothing is repeated"));
            }
            runs.push(Played { job: step.job.clone(), as_of: step.as_of, run, before: true, report: None });
            continue;
        }
        let job = pipeline.job(&step.job).with_context(|| format!("there is no job \"{}\"", step.job))?;
        drop_files(step, &args.data)?;
        if tell_all {
            steps.run(&name);
        }
        let progress: &dyn Progress = if tell_all { &steps } else { &Quiet };
        let request =
            Request { job, pipeline: &pipeline, workspace: workspace.clone(), as_of: step.as_of, progress };
        let report = execute(&request)?;
        if tell_all {
            steps.pause(|| {
                say("");
                tell(&report);
            });
        }
        if worst == Exit::Success {
            worst = Exit::of_report(&report);
        }
        let (job, run) = (step.job.clone(), report.run.clone());
        runs.push(Played { job, as_of: step.as_of, run, before: false, report: Some(report) });
    }
    steps.finish();
    if tell_all {
        finale(&args.data);
    } else {
        say_json(&json!({ "data": args.data, "organisation": pipeline.organisation, "runs": runs }));
    }
    Ok(worst)
}

/// Where everything lies, and what to try next.
fn finale(data: &Path) {
    let at = |part: &str| data.join(part).display().to_string();
    say("");
    say("What to look at");
    say(&format!("  packs, SBARs and alerts as PDF   {}", at("packs")));
    say(&format!("  the mails, one for each person   {}", at("outbox")));
    say(&format!("  a receipt beside every file      {}", at("inbox")));
    say(&format!("  manifest and events of each run  {}", at("runs")));
    say(&format!("  the pipeline, to edit and check  {}", at("pipeline")));
    say("");
    say("What to try");
    let (program, inside) = (invocation(), quoted(&at("pipeline")));
    let data = quoted(&data.display().to_string());
    say(&format!("  {program} levels --data {data}"));
    say(&format!("  {program} explain X90005 --data {data}"));
    say(&format!("  {program} check --pipeline {inside}"));
    say(&format!("  {program} run quarterly --pipeline {inside} --data {data} --as-of 2026-07-14"));
    say(&format!("  {program} replay quarterly-2026-07-14 --data {data}"));
}

fn plan() -> anyhow::Result<Vec<Step>> {
    let plan: toml::Table = PLAN.parse().context("the plan of the demo cannot be read")?;
    let steps = plan.get("step").and_then(toml::Value::as_array).context("the demo has no steps")?;
    let text = |step: &toml::Value, key: &str| -> anyhow::Result<String> {
        let value = step.get(key).and_then(toml::Value::as_str);
        value.map(str::to_owned).with_context(|| format!("a step of the demo has no `{key}`"))
    };
    steps
        .iter()
        .map(|step| {
            let as_of = text(step, "as_of")?.parse().context("a step of the demo has no date")?;
            let folder = text(step, "folder")?;
            let folder = folder.strip_prefix("steps/").unwrap_or(&folder).to_owned();
            Ok(Step { job: text(step, "job")?, as_of, folder })
        })
        .collect()
}

/// The run of a step that is complete.
fn played(workspace: &Workspace, step: &Step) -> anyhow::Result<Option<String>> {
    let Some(ledger) = workspace.existing_ledger()? else { return Ok(None) };
    let runs = ledger.runs_of(&step.job, step.as_of)?;
    Ok(runs.into_iter().find(|run| run.state == RunState::Complete).map(|run| run.id))
}

/// Writes the files of a folder of the program; a file that is there already is left as it is.
fn lay_out(dir: &Dir<'_>, to: &Path) -> anyhow::Result<()> {
    for file in dir.files() {
        let path = to.join(file.path());
        if !path.exists() {
            write_whole(&path, file.contents())
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
    }
    dir.dirs().try_for_each(|inner| lay_out(inner, to))
}

/// Drops the files of a step into the inbox, in the order of their names.
fn drop_files(step: &Step, data: &Path) -> anyhow::Result<()> {
    let dir = STEP_FILES
        .get_dir(&step.folder)
        .with_context(|| format!("the program has no files for the step {}", step.folder))?;
    lay_out_step(dir, &step.folder, data)
}

fn lay_out_step(dir: &Dir<'_>, step: &str, data: &Path) -> anyhow::Result<()> {
    let mut files: Vec<_> = dir.files().collect();
    files.sort_by_key(|file| file.path());
    for file in files {
        let inside = file.path().strip_prefix(step).unwrap_or(file.path());
        let path = data.join(inside);
        if std::fs::read(&path).is_ok_and(|there| there == file.contents()) {
            continue;
        }
        write_whole(&path, file.contents())
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    for inner in dir.dirs() {
        lay_out_step(inner, step, data)?;
    }
    Ok(())
}
