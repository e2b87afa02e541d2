//! The command line as people expect it.

use std::process::{Command, Stdio};

use crate::support::{Icb, code, complained, copy_of_demo, demo, quarterday, said, text};

/// Every command that prints JSON, made to fail.
fn failures(icb: &Icb) -> Vec<Vec<String>> {
    let (pipeline, data) = (icb.pipeline(""), icb.data());
    let (pipeline, data) = (text(&pipeline), text(&data));
    let commands: &[&[&str]] = &[
        &["run", "weekly", "--pipeline", pipeline, "--data", data, "--json"],
        &["run", "nightly", "--pipeline", "nowhere", "--data", data, "--json"],
        &["levels", "--data", data, "--format", "json"],
        &["explain", "X90005", "--data", data, "--json"],
        &["dispatch", "list", "--data", data, "--json"],
        &["dispatch", "resolve", "any", "--as", "sent", "--by", "R", "--data", data, "--json"],
        &["guard", "release", "any", "--as", "R", "--note", "N", "--data", data, "--json"],
        &["replay", "--data", data, "--json"],
        &["bundle", "--data", data, "--out", "never.zip", "--json"],
        &["retention", "--pipeline", "nowhere", "--data", data, "--json"],
        &["backup", "--data", data, "--to", "never", "--json"],
        &["backup", "--verify", data, "--json"],
        &["check", "--pipeline", "nowhere", "--json"],
        &["explain", "--json"],
        &["levels", "--data", data, "--json"],
        &["packs", "--data", data, "--json"],
        &["audit", "--data", data, "--json"],
        &["ack", "--data", data, "--json"],
        &["ack", "any", "--as", "R", "--note", "N", "--data", data, "--json"],
        &["approve", "any", "--as", "R", "--note", "N", "--pipeline", pipeline, "--data", data, "--json"],
        &["approve", "any", "--as", "R", "--note", "N", "--pipeline", "nowhere", "--data", data, "--json"],
        &["recall", "any", "--by", "R", "--reason", "N", "--pipeline", pipeline, "--data", data, "--json"],
        &[
            "resend",
            "any",
            "--to",
            "a@b.example",
            "--as",
            "R",
            "--pipeline",
            pipeline,
            "--data",
            data,
            "--json",
        ],
        &["quarantine", "--pipeline", pipeline, "--data", data, "--json"],
        &["serve", "--once", "--pipeline", "nowhere", "--data", data, "--json"],
    ];
    commands.iter().map(|words| words.iter().map(|word| (*word).to_owned()).collect()).collect()
}

#[test]
fn who_asks_for_json_gets_json_when_it_fails_too() {
    let icb = Icb::new();
    for words in failures(&icb) {
        let args: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = quarterday(&args);
        assert_ne!(code(&output), 0, "{words:?}");
        let json: serde_json::Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{words:?}: {error}: {}", said(&output)));
        if words[0] == "check" {
            assert_eq!(json["valid"], false);
            continue;
        }
        assert_eq!(json["exit"].as_i64(), Some(i64::from(code(&output))), "{words:?}");
        assert!(!json["error"].as_str().unwrap().is_empty(), "{words:?}");
        let messages = json["messages"].as_array().unwrap();
        assert!(messages.contains(&json["error"]), "{words:?}: {json}");
        assert_eq!(json.as_object().unwrap().len(), 3, "one shape for all: {words:?}: {json}");
        assert!(!complained(&output).is_empty(), "a person reads it on standard error all the same");
    }
    assert!(!std::path::Path::new("never").exists() && !std::path::Path::new("never.zip").exists());
}

#[test]
fn every_command_that_tells_something_tells_it_as_json_too() {
    let help = said(&quarterday(&["help"]));
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<&str> = listed
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.contains(&"man") && commands.len() > 20, "{help}");
    let others = ["completions", "man", "help", "guard", "dispatch", "stats"];
    for command in commands.into_iter().filter(|command| !others.contains(command)) {
        let help = said(&quarterday(&[command, "--help"]));
        assert!(help.contains("--json"), "{command}: {help}");
    }
    let json = |args: &[&str]| -> serde_json::Value {
        let output = quarterday(args);
        assert_eq!(code(&output), 0, "{args:?}: {}", complained(&output));
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{args:?}: {e}: {}", said(&output)))
    };
    let data = text(demo());
    let format = json(&["levels", "--data", data, "--format", "json"]);
    assert_eq!(json(&["levels", "--data", data, "--json"]), format);
    // A demo that was played already says so; one that plays now has a report of each run.
    let dir = copy_of_demo();
    let again = json(&["demo", "--data", text(dir.path()), "--json"]);
    let runs = again["runs"].as_array().unwrap();
    assert!(runs.len() > 1 && runs.iter().all(|run| run["before"] == true), "{again}");
}

#[test]
fn the_scheduler_says_one_json_object_a_line() {
    let icb = Icb::with_register();
    let (pipeline, data) = (icb.pipeline(""), icb.data());
    let serve =
        || quarterday(&["serve", "--once", "--json", "--pipeline", text(&pipeline), "--data", text(&data)]);
    assert_eq!(code(&serve()), 0);
    // It goes on with the last good state of a folder that has errors, and says so.
    icb.edit("committees.toml", "documents", "dokuments");
    let output = serve();
    let told = said(&output);
    assert!(told.contains("last good state"), "{told}{}", complained(&output));
    assert!(told.lines().count() > 1, "{told}{}", complained(&output));
    for line in told.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert!(line["at"].is_string() && line["says"].is_string(), "{line}");
    }
}

#[test]
fn a_name_that_is_nearly_right_is_recognised() {
    let icb = Icb::with_register();
    let output = icb.run("nightli", "2026-07-14", &[]);
    assert!(complained(&output).contains("did you mean nightly?"), "{}", complained(&output));
    let output = quarterday(&["levels", "--data", text(demo()), "--run", "quarterly-2026-10-4"]);
    assert!(complained(&output).contains("did you mean quarterly-2026-10-14?"), "{}", complained(&output));
    let output = quarterday(&["explain", "X9005", "--data", text(demo())]);
    assert!(complained(&output).contains("did you mean X9"), "{}", complained(&output));
    let output = quarterday(&["explian", "X90005"]);
    assert!(complained(&output).contains("'explain'"), "{}", complained(&output));
}

#[test]
fn the_commands_that_the_demo_prints_work() {
    let dir = copy_of_demo();
    let output = quarterday(&["demo", "--data", text(dir.path()), "-q"]);
    let told = said(&output);
    let commands: Vec<&str> =
        told.lines().skip_while(|line| *line != "What to try").skip(1).map(str::trim).collect();
    assert!(commands.len() >= 5, "{told}");
    for command in commands {
        // Cargo would only build it once more.
        let command = &command.replacen("cargo run -q --", env!("CARGO_BIN_EXE_quarterday"), 1);
        // What cannot be copied into a shell, a shell says.
        let output = Command::new("sh").args(["-c", command]).output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn help_of_every_command_shows_commands_to_copy() {
    for command in ["demo", "run", "check", "levels", "explain", "replay", "bundle", "retention", "backup"] {
        let output = quarterday(&[command, "--help"]);
        assert!(said(&output).contains("Examples:\n  # "), "{command}: {}", said(&output));
    }
    insta::assert_snapshot!(said(&quarterday(&["backup", "--help"])));
}

#[test]
fn shells_and_man_get_what_they_need() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = quarterday(&["completions", shell]);
        assert_eq!(code(&output), 0);
        assert!(said(&output).contains("retention"), "{shell}");
    }
    // The script is one that bash takes.
    let script = said(&quarterday(&["completions", "bash"]));
    let bash = Command::new("bash").args(["-n", "-c", &script]).output();
    assert!(bash.is_ok_and(|output| output.status.success()));
    let page = said(&quarterday(&["man"]));
    assert!(page.contains(".TH quarterday 1") && page.contains(".SH \"COMMAND REPLAY\""), "{page}");
    assert!(page.contains("Exit codes:"));
}

#[test]
fn colours_are_left_out_where_nobody_wants_them() {
    let help = |no_color: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quarterday"));
        command.args(["run", "--help"]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", no_color);
        command.output().unwrap().stdout
    };
    assert!(!help("1").contains(&0x1b));
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_quarterday"))
        .args(["levels", "--data", text(demo()), "--format", "csv"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(complained(&output), "");
}

#[test]
fn progress_is_plain_lines_away_from_a_terminal_and_none_when_quiet() {
    let icb = Icb::with_register();
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert!(complained(&output).contains("quarterday: triangulating\n"), "{}", complained(&output));
    assert!(!output.stderr.contains(&0x1b) && !output.stderr.contains(&b'\r'));
    let output = icb.run("nightly", "2026-07-14", &["--quiet"]);
    assert_eq!(complained(&output), "");
    assert!(said(&output).starts_with("nightly as at"));
}
