//! What the operator is told, and how everything stands.

use std::fs;

use crate::support::smtp::{Act, Moment, Server};
use crate::support::{Icb, code, complained, copy_of_demo, quarterday, said, text};

/// The operator's messages, oldest first, with their long lines put together again.
fn mails(icb: &Icb) -> Vec<String> {
    let mut paths: Vec<_> = fs::read_dir(icb.data().join("operator"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "eml"))
        .collect();
    paths.sort_by_key(|path| fs::metadata(path).and_then(|meta| meta.modified()).expect("a time"));
    paths.iter().map(|path| fs::read_to_string(path).expect("text").replace("=\r\n", "")).collect()
}

#[test]
fn a_run_without_its_register_is_told_once_and_when_it_is_mended() {
    let icb = Icb::new();
    for _ in 0..2 {
        let output = icb.run("nightly", "2026-07-14", &[]);
        assert_eq!(code(&output), 5, "{}", complained(&output));
    }
    let told = mails(&icb);
    assert_eq!(told.len(), 1, "once: {told:?}");
    assert!(told[0].contains("nightly as at 14 July 2026 made nothing"), "{}", told[0]);
    assert!(told[0].contains("quarterday run nightly --as-of 2026-07-14"), "{}", told[0]);
    icb.drop_step(1, "ods-register");
    assert_eq!(code(&icb.run("nightly", "2026-07-14", &[])), 0);
    let told = mails(&icb);
    assert_eq!(told.len(), 2);
    assert!(told[1].contains("1 trouble is over"), "{}", told[1]);
    assert!(!icb.data().join("outbox").exists(), "the operator's path is its own");
}

#[test]
#[cfg(unix)]
fn the_operator_can_be_told_by_a_program() {
    let icb = Icb::new();
    let got = icb.pipeline("").with_file_name("got.eml");
    let operator = format!(
        "[operator]\naddress = \"duty@icb.example\"\ntransport = \"command\"\ncommand = [\"sh\", \"-c\", \"cat > '{}'\"]\n\n[mail]",
        got.display()
    );
    icb.edit("pipeline.toml", "[mail]", &operator);
    assert_eq!(code(&icb.run("nightly", "2026-07-14", &[])), 5);
    assert!(fs::read_to_string(got).expect("a message").contains("To: duty@icb.example"));
}

#[test]
fn the_operator_can_be_told_by_a_mail_server_of_its_own() {
    let refusing = |_: &Moment| Act::Say("451 4.3.0 not now");
    let (good, bad) = (Server::start(|_| Act::Go), Server::start(refusing));
    let icb = Icb::new();
    let operator = |server: &Server| {
        let server =
            format!("host = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nauth = \"none\"", server.port);
        format!(
            "[operator]\naddress = \"Duty <duty@icb.example>\"\ntransport = \"smtp\"\n[operator.smtp]\n{server}\n"
        )
    };
    icb.edit("pipeline.toml", "[mail]", &format!("{}\n[mail]", operator(&bad)));
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert_eq!(code(&output), 5, "the run ends as it would have without the operator");
    assert!(complained(&output).contains("451"), "{}", complained(&output));
    assert_eq!((bad.taken().len(), mails(&icb).len()), (0, 1), "the copy lies in the folder all the same");

    icb.edit("pipeline.toml", &operator(&bad), &operator(&good));
    for _ in 0..2 {
        assert_eq!(code(&icb.run("nightly", "2026-07-14", &[])), 5);
    }
    let taken = good.taken();
    assert_eq!(taken.len(), 1, "told again, as the first did not arrive, and then once");
    assert_eq!(taken[0].recipient, "duty@icb.example");
    let message = String::from_utf8_lossy(&taken[0].bytes).into_owned();
    assert!(message.contains("1 thing needs you"), "{message}");
    assert!(!icb.data().join("outbox").exists(), "the operator's path is its own");
}

#[test]
fn a_dry_run_tells_nobody() {
    let icb = Icb::new();
    assert_eq!(code(&icb.run("nightly", "2026-07-14", &["--dry-run"])), 5);
    assert_eq!(mails(&icb), [] as [&str; 0]);
    assert!(!icb.data().join("status.html").exists());
}

#[test]
fn monitor_names_what_has_not_happened() {
    let dir = copy_of_demo();
    let pipeline = dir.path().join("pipeline");
    let args = ["monitor", "--json", "--pipeline", text(&pipeline), "--data", text(dir.path())];
    let output = quarterday(&args);
    assert_eq!(code(&output), 9, "{}", complained(&output));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let state = |name: &str| {
        let all = json["invariants"].as_array().expect("invariants");
        let found = all.iter().find(|i| i["name"] == name).expect("the invariant");
        found["state"].as_str().expect("a state").to_owned()
    };
    assert_eq!(json["healthy"], false);
    assert_eq!(state("serve-alive"), "not-used");
    assert_eq!(state("job-overdue"), "broken", "nothing was run since the demo's last night");
    assert_eq!(state("outbox"), "ok");
    assert_eq!(state("inbox"), "ok");

    // A file for no feed that lies there for days.
    let stray = dir.path().join("inbox/complaint/sheet.csv");
    fs::create_dir_all(stray.parent().expect("a folder")).expect("made");
    fs::write(&stray, "a,b\n1,2\n").expect("written");
    let days_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3 * 24 * 3600);
    fs::File::options().write(true).open(&stray).expect("open").set_modified(days_ago).expect("set");
    let told = said(&quarterday(&["monitor", "--pipeline", text(&pipeline), "--data", text(dir.path())]));
    assert!(told.contains("inbox/complaint/sheet.csv belongs to no feed"), "{told}");
}

#[test]
fn status_speaks_where_there_is_little_to_say() {
    let output = quarterday(&["status", "--data", "nowhere"]);
    assert_eq!(code(&output), 1);
    assert!(complained(&output).contains("no job has been run there"), "{}", complained(&output));
    let empty = tempfile::tempdir().expect("a folder");
    let output = quarterday(&["status", "--data", text(empty.path())]);
    assert_eq!(code(&output), 0);
    assert!(said(&output).contains("scheduler    never started here"), "{}", said(&output));
    assert!(complained(&output).contains("give --pipeline DIR"), "{}", complained(&output));
}
