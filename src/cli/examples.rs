//! What `--help` of each command ends with: commands that can be copied, and what they are for.

/// The examples of each command: its name, then each line and what it does.
const EXAMPLES: &[(&str, &[(&str, &str)])] = &[
    (
        "demo",
        &[
            ("quarterday demo", "two quarters in the folder demo-data"),
            ("quarterday demo --data /tmp/try", "the same in another folder"),
        ],
    ),
    ("new", &[("quarterday new my-board", "a pipeline and a data folder in my-board, ready to run")]),
    (
        "schema",
        &[
            ("quarterday schema schema", "in the folder that holds the pipeline folder"),
            ("quarterday schema --reference > keys.md", "every key with its explanation"),
        ],
    ),
    (
        "run",
        &[
            ("quarterday run nightly --pipeline icb --data data", "what is due tonight"),
            ("quarterday run quarterly --pipeline icb --data data --dry-run", "look before anything is sent"),
            (
                "quarterday run quarterly --pipeline icb --data data --as-of 2026-07-14",
                "make a past pack again; nothing is sent twice",
            ),
        ],
    ),
    (
        "check",
        &[
            ("quarterday check --pipeline icb", "after every edit of the pipeline folder"),
            (
                "quarterday check --pipeline icb --data data",
                "and what matched nothing in the last quarter's files",
            ),
            ("quarterday check --pipeline icb --json", "for an editor or another program"),
        ],
    ),
    (
        "preview",
        &[
            (
                "quarterday preview quarterly-pack --pipeline icb --data data",
                "the pack as it would be made now",
            ),
            ("quarterday preview sbar --practice X90005 --pipeline icb --data data", "one document of many"),
            ("quarterday preview quarterly-pack --pipeline icb --data data --json", "what it says, as data"),
        ],
    ),
    ("documents", &[("quarterday documents --pipeline icb", "who gets what, from which job, and when next")]),
    (
        "stats",
        &[
            (
                "quarterday stats spc --cases cases.csv --series series.csv --profile mdc --out charts",
                "control charts of many series",
            ),
            (
                "quarterday stats funnel --datasets sets.csv --units units.csv --out funnels",
                "funnels with their z-scores, limits and flags",
            ),
        ],
    ),
    (
        "levels",
        &[
            ("quarterday levels --data data", "a table of the last run"),
            ("quarterday levels --data data --format csv > levels.csv", "for a spreadsheet"),
            ("quarterday levels --data data --run quarterly-2026-07-14", "as the packs of July had them"),
        ],
    ),
    (
        "programme",
        &[
            ("quarterday programme --data data", "who is visited when, and whether it can be done"),
            ("quarterday programme --data data --format ics > visits.ics", "for a calendar"),
            (
                "quarterday programme --data data --team \"Pennine Lancashire place facing team\" --format csv",
                "one team, for a spreadsheet",
            ),
        ],
    ),
    (
        "explain",
        &[
            ("quarterday explain X90005 --data data", "why the practice stands where it stands"),
            ("quarterday explain X90005 --data data --run quarterly-2026-07-14", "as it was in July"),
            ("quarterday explain \"mill lane\" --data data", "by a part of its name"),
            ("quarterday explain --all --json --data data", "every practice, a JSON object a line"),
        ],
    ),
    (
        "what-if",
        &[
            (
                "quarterday what-if --set variation_score=12 --data data",
                "who would move if the threshold were 12",
            ),
            ("quarterday what-if --pipeline icb-new --data data", "who would move under an edited folder"),
        ],
    ),
    (
        "arrivals",
        &[
            ("quarterday arrivals --data data --pipeline icb", "what was received, and how each stands"),
            (
                "quarterday arrivals void R0042 --as Analyst --reason \"the sheet of another board\" --data data",
                "it counts nowhere from then on",
            ),
            (
                "quarterday arrivals date R0042 --to 2026-11-02 --as Analyst --reason \"2062 was a slip\" --data data",
                "it belongs to another day",
            ),
        ],
    ),
    (
        "intake",
        &[
            (
                "quarterday intake --pipeline icb --data data",
                "take in what came, write receipts, send nothing else",
            ),
            ("quarterday intake --pipeline icb --data data --json", "for another program"),
        ],
    ),
    (
        "quarantine",
        &[
            ("quarterday quarantine --pipeline icb --data data", "the rows set aside, and why"),
            (
                "quarterday quarantine --pipeline icb --data data --feed visits --values",
                "of one feed, with their cells as they came",
            ),
        ],
    ),
    (
        "guard",
        &[
            ("quarterday guard list --data data", "what stops a document or a message"),
            (
                "quarterday guard release a46bb4ff --data data --as \"Caldicott Guardian\" --note \"a reference, not a number\"",
                "let a hit pass from the next run on",
            ),
        ],
    ),
    (
        "dispatch",
        &[
            ("quarterday dispatch list --data data", "the outbox, by state"),
            ("quarterday dispatch send --pipeline icb --data data", "hand over what is due, without a job"),
            (
                "quarterday dispatch resolve d42df582 --as sent --by Secretary --note \"she has it\" --data data",
                "say what became of a message whose fate is not known",
            ),
        ],
    ),
    (
        "packs",
        &[
            ("quarterday packs --data data", "every pack, and how far it came"),
            ("quarterday packs pcqg-2026-27-q2 --data data", "one of them, with its documents"),
        ],
    ),
    (
        "approve",
        &[(
            "quarterday approve pcqg-2026-27-q2 --as \"Head of Quality\" --note \"read and agreed\" --pipeline icb --data data",
            "what was approved is what is sent, by its hash",
        )],
    ),
    (
        "recall",
        &[(
            "quarterday recall pcqg-2026-27-q2 --by \"Head of Quality\" --reason \"a restated extract\" --pipeline icb --data data",
            "the notice goes to exactly those who were sent it",
        )],
    ),
    (
        "resend",
        &[(
            "quarterday resend pcqg-2026-27-q2 --to chair@icb.example --as Secretary --pipeline icb --data data",
            "the same documents, marked as a copy",
        )],
    ),
    (
        "ack",
        &[
            ("quarterday ack --data data", "the exceptions that are open"),
            (
                "quarterday ack QUA-2026-040 --as \"Head of Quality\" --note \"visit on Monday\" --data data",
                "the note stands in the packs",
            ),
        ],
    ),
    (
        "audit",
        &[
            (
                "quarterday audit --data data --pack pcqg-2026-27-q2",
                "who was sent it, when, and who approved it",
            ),
            ("quarterday audit --data data --recipient chair@icb.example", "everything one person was sent"),
        ],
    ),
    (
        "serve",
        &[
            (
                "quarterday serve --pipeline icb --data data",
                "run the jobs at their times until it is stopped",
            ),
            (
                "quarterday serve --once --pipeline icb --data data",
                "run what is owed and end, for Task Scheduler",
            ),
        ],
    ),
    (
        "status",
        &[
            ("quarterday status --data data --pipeline icb", "how everything stands"),
            ("quarterday status --data data --json", "for another program"),
        ],
    ),
    (
        "monitor",
        &[
            ("quarterday monitor --data data --pipeline icb", "what is due and has not happened"),
            ("quarterday monitor --data data --mail", "for a timer: tells the operator by mail"),
        ],
    ),
    (
        "replay",
        &[
            ("quarterday replay quarterly-2026-07-14 --data data", "with the pipeline that was kept"),
            (
                "quarterday replay quarterly-2026-07-14 --data data --pipeline icb",
                "would today's pipeline folder make the same packs?",
            ),
        ],
    ),
    (
        "bundle",
        &[(
            "quarterday bundle quarterly-2026-07-14 --data data --out support.zip",
            "what a supporter needs, without personal data",
        )],
    ),
    (
        "retention",
        &[
            ("quarterday retention --pipeline icb --data data", "what would go, and why; nothing is removed"),
            (
                "quarterday retention --pipeline icb --data data --apply",
                "remove it, and note it in the ledger",
            ),
        ],
    ),
    (
        "backup",
        &[
            ("quarterday backup --data data --to /backup/quarterday", "add to a copy, while jobs may run"),
            ("quarterday backup --verify /backup/quarterday", "is the copy whole?"),
        ],
    ),
    (
        "completions",
        &[
            (
                "quarterday completions bash > ~/.local/share/bash-completion/completions/quarterday",
                "bash, for one person",
            ),
            ("quarterday completions powershell >> $PROFILE", "PowerShell"),
        ],
    ),
    ("man", &[("quarterday man > ~/.local/share/man/man1/quarterday.1", "then: man quarterday")]),
];

/// The examples of a command as its help prints them.
pub(super) fn examples(command: &str) -> Option<String> {
    let (_, lines) = EXAMPLES.iter().find(|(name, _)| *name == command)?;
    let mut out = "Examples:".to_owned();
    for (line, what) in *lines {
        out.push_str(&format!("\n  # {what}\n  {line}"));
    }
    Some(out)
}

/// The command line with examples in the help of every command.
pub(super) fn with_examples(mut cli: clap::Command) -> clap::Command {
    let names: Vec<String> = cli.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    for name in names {
        if let Some(text) = examples(&name) {
            cli = cli.mut_subcommand(name, |command| match command.get_after_long_help().cloned() {
                Some(more) => command.after_long_help(format!("{text}\n\n{more}")).after_help(text),
                None => command.after_help(text),
            });
        }
    }
    cli
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_command_has_examples_that_the_parser_takes() {
        let cli = with_examples(super::super::Cli::command());
        for command in cli.get_subcommands().filter(|c| c.get_name() != crate::intake::read::apart::COMMAND) {
            assert!(examples(command.get_name()).is_some(), "{} has no examples", command.get_name());
        }
        for (name, lines) in EXAMPLES {
            for (line, _) in *lines {
                // Odd pieces stand between quotation marks.
                let pieces = line.split('"').enumerate();
                let words: Vec<&str> = pieces
                    .flat_map(|(place, piece)| match place % 2 {
                        0 => piece.split_whitespace().collect(),
                        _ => vec![piece],
                    })
                    .take_while(|word| !matches!(*word, ">" | ">>" | "|"))
                    .collect();
                let parsed = cli.clone().try_get_matches_from(&words);
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
                assert_eq!(words.get(1), Some(name), "{line}");
            }
        }
    }
}
