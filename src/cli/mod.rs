//! The command line: one file a command, raw arguments in, one call into the library, text or JSON out.

mod ack;
mod approve;
mod arrivals;
mod as_of;
mod audit;
mod backup;
mod bundle;
mod check;
mod completions;
mod dating;
mod demo;
mod desk;
mod dispatch;
mod documents;
mod examples;
mod excerpt;
mod exit;
mod explain;
mod guard;
mod intake;
mod invocation;
mod levels;
mod man;
mod monitor;
mod new;
mod output;
mod packs;
mod preview;
mod programme;
mod progress;
mod quarantine;
mod read_file;
mod recall;
mod replay;
mod resend;
mod retention;
mod run;
mod schema;
mod serve;
mod stats;
mod status;
mod table;
mod what_if;

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::{ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

pub use exit::Exit;

/// Triangulates what is known about GP practices, proposes levels of support with their evidence, and
/// sends committees their packs.
#[derive(Debug, Parser)]
#[command(name = "quarterday", version, max_term_width = 100, after_help = exit::HELP)]
struct Cli {
    /// Prints no progress, only results, warnings and errors
    #[arg(short, long, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Plays two quarters of an invented ICB through the program, from an empty folder to the outbox
    Demo(DemoArgs),
    /// Writes a small pipeline to begin with and two sheets for it, into an empty folder
    New(new::NewArgs),
    /// Writes JSON Schemas of the files of a pipeline, with which editors complete and explain keys
    Schema(schema::SchemaArgs),
    /// Runs a job: takes in the inbox, proposes levels, makes and sends the documents
    Run(RunArgs),
    /// Takes in what has come and writes receipts; makes and sends no documents
    Intake(IntakeArgs),
    /// Checks a whole pipeline folder and tells everything that is wrong, with file and line
    Check(CheckArgs),
    /// Makes one document as it would be made now, for the eyes of its author; touches and sends nothing
    Preview(preview::PreviewArgs),
    /// Lists what each committee gets, from which job, and why
    Documents(documents::DocumentsArgs),
    /// Prints the level of every practice as a run found it
    Levels(LevelsArgs),
    /// Prints the programme of visits: who is visited when, whether it can be done, and what changed
    Programme(programme::ProgrammeArgs),
    /// Prints why a practice stands at its level, down to file, sheet and cell, and what would change it
    Explain(ExplainArgs),
    /// Lists which practices would be at another level under other values or another pipeline folder; changes nothing
    WhatIf(what_if::WhatIfArgs),
    /// Prints the rows that are set aside, why, and who let which of them count
    Quarantine(QuarantineArgs),
    /// Lists what the guard stopped as possibly identifying a person, and releases it by name
    Guard(guard::GuardArgs),
    /// Lists the outbox, hands over what is due, and decides about messages whose fate is not known
    Dispatch(dispatch::DispatchArgs),
    /// Lists the packs that were made and how far each came: waiting, sent, recalled
    Packs(packs::PacksArgs),
    /// Lets a pack go that waits for a named person
    Approve(approve::ApproveArgs),
    /// Tells everybody who was sent a pack not to use it, and sends the one that replaces it
    Recall(recall::RecallArgs),
    /// Sends a pack again to chosen people, the same documents, marked as a copy
    Resend(resend::ResendArgs),
    /// Takes notice of an exception, or lists those that are open
    Ack(ack::AckArgs),
    /// Lists everything that was received; a named person makes one void, or gives it another date
    Arrivals(arrivals::ArrivalsArgs),
    /// Prints who was sent what, when, by its hash, who approved it and how the lists changed
    Audit(audit::AuditArgs),
    /// Runs the pipeline's jobs at their times in Europe/London until it is stopped
    Serve(ServeArgs),
    /// Prints how everything stands: runs, feeds, messages, exceptions, decisions
    Status(StatusArgs),
    /// Tells what is due and has not happened; exit code 9 if there is anything
    Monitor(MonitorArgs),
    /// Does a past run again, apart, and tells whether every document and message comes out the same
    Replay(replay::ReplayArgs),
    /// Makes control charts and funnels from files, as the papers make theirs
    Stats(stats::StatsArgs),
    /// Packs what a supporter needs to understand a run, without personal data
    Bundle(bundle::BundleArgs),
    /// Tells what may go from the data folder by the pipeline's [retention], and removes it with --apply
    Retention(retention::RetentionArgs),
    /// Copies the data folder while jobs may run, or looks whether a copy is whole
    Backup(backup::BackupArgs),
    /// Prints what a shell needs to complete commands with the tab key
    Completions(completions::CompletionsArgs),
    /// Prints the manual page
    Man,
    /// Reads a file for another process of this program
    #[command(name = crate::intake::read::apart::COMMAND, hide = true)]
    ReadFile(read_file::ReadFileArgs),
}

#[derive(Debug, Args)]
struct DemoArgs {
    /// The data folder; made if it is not there
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    data: PathBuf,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct RunArgs {
    /// The job, as pipeline.toml names it: nightly, quarterly
    job: String,
    /// The pipeline folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_PIPELINE")]
    pipeline: PathBuf,
    /// The data folder: inbox, store, packs, outbox, runs and the ledger
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// The date the run speaks of; today in Europe/London if left out
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<NaiveDate>,
    /// Lets --as-of be later than today
    #[arg(long, requires = "as_of")]
    future: bool,
    /// Makes the exact documents and messages in DATA/dry-run, and sends and changes nothing
    #[arg(long)]
    dry_run: bool,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct IntakeArgs {
    /// The pipeline folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_PIPELINE")]
    pipeline: PathBuf,
    /// The data folder: inbox, store, packs, outbox, runs and the ledger
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// The day that counts as that of arrival; today in Europe/London if left out
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<NaiveDate>,
    /// Lets --as-of be later than today
    #[arg(long, requires = "as_of")]
    future: bool,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// The pipeline folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_PIPELINE")]
    pipeline: PathBuf,
    /// The day on which dates of the folder are looked at; today in Europe/London if left out
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<NaiveDate>,
    /// Lets --as-of be later than today
    #[arg(long, requires = "as_of")]
    future: bool,
    /// A data folder: warns of aliases and maps that matched nothing in its files of the last quarter, and of
    /// levels that the last pack had and the folder no longer has
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Also lists the faults that follow from others
    #[arg(long)]
    all: bool,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct LevelsArgs {
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// The run; the last one if left out
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Prints JSON instead of text, as --format json does
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Debug, Args)]
struct ExplainArgs {
    /// The practice's ODS code, or a part of its name
    #[arg(required_unless_present = "all")]
    practice: Option<String>,
    /// Every practice in scope: a sentence a line, or with JSON an object a line
    #[arg(long, conflicts_with = "practice")]
    all: bool,
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// The run; the last one if left out
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Said::Text)]
    format: Said,
    /// Prints JSON instead of text, as --format json does
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

/// How something that is told in sentences is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Said {
    /// Sentences
    Text,
    /// JSON
    Json,
}

#[derive(Debug, Args)]
struct QuarantineArgs {
    /// The pipeline folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_PIPELINE")]
    pipeline: PathBuf,
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// Only the rows of this feed
    #[arg(long, value_name = "FEED")]
    feed: Option<String>,
    /// Prints the cells of each row as they came; withheld columns are never printed
    #[arg(long)]
    values: bool,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// The pipeline folder; a change of it is taken over once it has no errors
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_PIPELINE")]
    pipeline: PathBuf,
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// Runs what is owed now and ends: for machines whose own scheduler starts it every quarter of an hour
    #[arg(long)]
    once: bool,
    /// Prints what it says as one JSON object a line, to standard output
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct StatusArgs {
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// The pipeline folder; the scheduler's copy of it if left out
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_PIPELINE")]
    pipeline: Option<PathBuf>,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct MonitorArgs {
    /// The data folder
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_DATA")]
    data: PathBuf,
    /// The pipeline folder; the scheduler's copy of it if left out
    #[arg(long, value_name = "DIR", env = "QUARTERDAY_PIPELINE")]
    pipeline: Option<PathBuf>,
    /// Tells the operator too, once for each trouble: for a timer that watches the scheduler
    #[arg(long)]
    mail: bool,
    /// Prints JSON instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Comma-separated, one row a practice
    Csv,
    /// A JSON array, one object a practice
    Json,
    /// Columns for a terminal
    Table,
}

/// Parses the command line, runs the command and gives the exit code.
pub fn main() -> ExitCode {
    exit::on_panic();
    crate::intake::read::read_apart();
    let matches = match examples::with_examples(Cli::command()).try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return misunderstood(&error),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return misunderstood(&error),
    };
    output::set_quiet(cli.quiet);
    let exit = cli.command.run();
    if exit != Exit::Success && wants_json(&matches) {
        output::fail_as_json(exit.number());
    }
    exit.code()
}

impl Command {
    fn run(&self) -> Exit {
        match self {
            Command::Demo(args) => demo::demo(args),
            Command::New(args) => new::new(args),
            Command::Schema(args) => schema::schema(args),
            Command::Run(args) => run::run(args),
            Command::Check(args) => check::check(args),
            Command::Preview(args) => preview::preview(args),
            Command::Documents(args) => documents::documents(args),
            Command::Levels(args) => levels::levels(args),
            Command::Programme(args) => programme::programme(args),
            Command::Explain(args) => explain::explain(args),
            Command::WhatIf(args) => what_if::what_if(args),
            Command::Intake(args) => intake::intake(args),
            Command::Quarantine(args) => quarantine::quarantine(args),
            Command::Guard(args) => guard::guard(args),
            Command::Stats(args) => stats::stats(args),
            Command::Dispatch(args) => dispatch::dispatch(args),
            Command::Packs(args) => packs::run(args),
            Command::Approve(args) => approve::run(args),
            Command::Recall(args) => recall::run(args),
            Command::Resend(args) => resend::run(args),
            Command::Ack(args) => ack::run(args),
            Command::Arrivals(args) => arrivals::run(args),
            Command::Audit(args) => audit::run(args),
            Command::Serve(args) => serve::serve(args),
            Command::Status(args) => status::status(args),
            Command::Monitor(args) => monitor::monitor(args),
            Command::Replay(args) => replay::replay(args),
            Command::Bundle(args) => bundle::bundle(args),
            Command::Retention(args) => retention::retention(args),
            Command::Backup(args) => backup::backup(args),
            Command::Completions(args) => completions::completions(args),
            Command::Man => man::man(),
            Command::ReadFile(args) => read_file::read_file(args),
        }
    }
}

/// Whether the command was asked for JSON, by `--json` or by `--format json`.
fn wants_json(matches: &ArgMatches) -> bool {
    let Some((_, command)) = matches.subcommand() else { return false };
    // `dispatch list` and `guard release` are commands of commands.
    if command.subcommand().is_some() {
        return wants_json(command);
    }
    let flag = matches!(command.try_get_one::<bool>("json"), Ok(Some(true)));
    flag || matches!(command.try_get_one::<Format>("format"), Ok(Some(Format::Json)))
        || programme::wants_json(command)
        || matches!(command.try_get_one::<Said>("format"), Ok(Some(Said::Json)))
}

/// Prints why the command line cannot be understood, or the help or version that it asked for.
fn misunderstood(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() && std::env::args().any(|arg| arg == "--json") {
        let code = u8::try_from(error.exit_code()).unwrap_or(2);
        let told = error.to_string();
        let told = told.trim_end();
        output::say_json(&serde_json::json!({ "error": told, "messages": [told], "exit": code }));
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}
