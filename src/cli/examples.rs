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
            ("quarterday check --pipeline icb --json", "for an editor or another program"),
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
        "explain",
        &[
            ("quarterday explain X90005 --data data", "why the practice stands where it stands"),
            ("quarterday explain X90005 --data data --run quarterly-2026-07-14", "as it was in July"),
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
        for command in cli.get_subcommands() {
            assert!(examples(command.get_name()).is_some(), "{} has no examples", command.get_name());
        }
        for (name, lines) in EXAMPLES {
            for (line, _) in *lines {
                let words: Vec<&str> =
                    line.split_whitespace().take_while(|word| !matches!(*word, ">" | ">>" | "|")).collect();
                let parsed = cli.clone().try_get_matches_from(&words);
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
                assert_eq!(words.get(1), Some(name), "{line}");
            }
        }
    }
}
