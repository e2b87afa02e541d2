//! An outbox with six messages to six people, and the program that hands them over.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::OnceLock;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

use super::smtp::Server;
use super::{code, complained, copy, files, repository, said, text};

/// Messages in the outbox of an office.
pub const MESSAGES: usize = 6;

/// A folder with a pipeline and data of its own.
pub struct Office {
    dir: TempDir,
}

/// Settings that let a test be quick, for a server on loopback without encryption.
pub const PLAIN: &str = "host = \"127.0.0.1\"\nsecurity = \"none\"\ntimeout_seconds = 20\n\
                         final_timeout_seconds = 20\nmessages_a_minute = 6000\n";

impl Office {
    /// An office whose six messages were planned while no server was there.
    pub fn new() -> Self {
        static OFFICE: OnceLock<TempDir> = OnceLock::new();
        let planned = OFFICE.get_or_init(|| {
            let office = Self::empty();
            // Nobody listens on the discard port.
            office.settings(&format!("{PLAIN}port = 9\n"));
            let output = office.run(&[]);
            assert_eq!(code(&output), 7, "{}", complained(&output));
            assert!(complained(&output).contains("6 messages stay in the outbox"), "{}", complained(&output));
            office.dir
        });
        let dir = tempfile::tempdir().expect("a folder");
        copy(planned.path(), dir.path());
        // The files are those that were received: nothing was dropped again.
        for path in files(&planned.path().join("data/inbox")).into_keys() {
            let path = Path::new("data/inbox").join(path);
            let time = fs::metadata(planned.path().join(&path)).and_then(|m| m.modified()).expect("a time");
            let copied = fs::File::options().write(true).open(dir.path().join(&path)).expect("the copy");
            copied.set_modified(time).expect("set");
        }
        Self { dir }
    }

    /// An office where no job has been run yet.
    pub fn empty() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        copy(&repository().join("pipelines/lancashire-south-cumbria"), &dir.path().join("pipeline"));
        copy(&repository().join("fixtures/pipeline"), &dir.path().join("pipeline"));
        fs::copy(dir.path().join("pipeline/pipeline.toml"), dir.path().join("pipeline.original"))
            .expect("a copy");
        let step = repository().join("fixtures/steps/1-quarterly-2026-07-14/inbox");
        for feed in ["ods-register", "ods-successors", "patients-registered"] {
            copy(&step.join(feed), &dir.path().join("data/inbox").join(feed));
        }
        Self { dir }
    }

    /// An office that hands over to a server without encryption.
    pub fn at(server: &Server) -> Self {
        let office = Self::new();
        office.settings(&format!("{PLAIN}port = {}\n", server.port));
        office
    }

    /// A file of the office.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Where the data lie.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Replaces the settings of the mail server. What is put off is due again at once.
    pub fn settings(&self, smtp: &str) {
        let original = fs::read_to_string(self.path("pipeline.original")).expect("readable");
        let mail = original.replacen("[mail]\n", "[mail]\ntransport = \"smtp\"\n", 1);
        assert_ne!(mail, original, "the pipeline has [mail]");
        let retry = "[mail.retry]\nfirst_wait_minutes = 0\n";
        fs::write(self.path("pipeline/pipeline.toml"), format!("{mail}\n[mail.smtp]\n{smtp}\n{retry}"))
            .expect("written");
    }

    /// The program with a subcommand for this folder and variables of the environment.
    pub fn command(&self, args: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = Command::cargo_bin("quarterday").expect("the program is built with the tests");
        command.args(args).env("QUARTERDAY_TODAY", "2026-11-30").envs(variables.iter().copied());
        command.env("QUARTERDAY_PIPELINE", self.path("pipeline")).env("QUARTERDAY_DATA", self.data());
        command.output().expect("the program runs")
    }

    /// Runs the quarter's job.
    pub fn run(&self, variables: &[(&str, &str)]) -> Output {
        self.command(&["run", "quarterly", "--as-of", "2026-07-14"], variables)
    }

    /// Hands over what is due.
    pub fn send(&self) -> Output {
        self.command(&["dispatch", "send"], &[])
    }

    /// The messages of the outbox, as JSON.
    pub fn list(&self) -> Vec<Value> {
        let output = self.command(&["dispatch", "list", "--json"], &[]);
        assert_eq!(code(&output), 0, "{}", complained(&output));
        serde_json::from_str(&said(&output)).expect("JSON")
    }

    /// The states of the messages, in the order in which they were planned.
    pub fn states(&self) -> String {
        let list = self.list();
        let words: Vec<&str> = list.iter().map(|m| m["state"].as_str().expect("a state")).collect();
        words.join(" ")
    }

    /// The bytes of a message in the store.
    pub fn stored(&self, sha256: &str) -> Vec<u8> {
        fs::read(self.data().join("store").join(&sha256[..2]).join(sha256)).expect("in the store")
    }

    /// The program as a child process, its output thrown away.
    pub fn spawn(&self, args: &[&str]) -> std::process::Child {
        std::process::Command::new(env!("CARGO_BIN_EXE_quarterday"))
            .args(args)
            .env("QUARTERDAY_PIPELINE", self.path("pipeline"))
            .env("QUARTERDAY_DATA", self.data())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the program runs")
    }
}

/// A path as TOML takes it.
pub fn toml(path: &Path) -> String {
    format!("{:?}", text(path))
}
