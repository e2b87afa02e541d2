//! Telling the operator: by a path of its own, which needs neither the ledger nor the outbox.
//!
//! Every message lies as an `.eml` file in `DATA/operator/`, and goes to a program's standard input or to a
//! mail server where the pipeline names one. A failure is told once, again every day while it lasts, and once more when it
//! is over.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::disk::{make_folder, to_write, write_whole};
use crate::dispatch::{Content, Fate, Parcel, Sender, Smtp, Transport, build, masked};
use crate::pipeline::{self, Mail, Pipeline, Told};
use crate::wording::plural;

/// Something that the operator should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What it is known by while it lasts: `run/nightly/exit-5`.
    pub key: String,
    /// What is wrong, in a sentence.
    pub what: String,
    /// What to do about it.
    pub help: String,
}

impl Trouble {
    /// A trouble.
    pub fn new(key: impl Into<String>, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { key: key.into(), what: what.into(), help: help.into() }
    }
}

/// Gives a message to the standard input of a program.
fn by_command(command: &[String], message: &[u8]) -> io::Result<()> {
    let Some((program, arguments)) = command.split_first() else { return Ok(()) };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(message)?;
    }
    let status = child.wait()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{program} ended with {status}"))) }
}

/// Gives a message to a mail server. What the server may or may not have taken counts as not delivered: the
/// operator had better hear of a failure twice than never.
fn by_smtp(mail: &Mail, smtp: &pipeline::Smtp, address: &str, name: &str, message: &[u8]) -> io::Result<()> {
    let mailbox: lettre::message::Mailbox = address.parse().map_err(io::Error::other)?;
    // Nothing hangs on whether it arrived, and jobs wait meanwhile.
    let hasty = pipeline::Smtp { final_timeout: smtp.timeout, ..smtp.clone() };
    let mut server = Smtp::new(mail, &hasty).map_err(io::Error::other)?;
    let recipient = mailbox.email.to_string();
    // The operator's messages are in no ledger.
    let outcome = server.send(Parcel { file: name, recipient: &recipient, bytes: message }, &mut || true);
    server.finish();
    let told = match outcome.fate {
        Fate::Accepted => return Ok(()),
        Fate::Misconfigured(help) => format!("{}; {help}", outcome.what),
        _ => outcome.what,
    };
    Err(io::Error::other(masked(&told)))
}

/// A trouble that lasts, as it is remembered between runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Standing {
    what: String,
    help: String,
    since: DateTime<Utc>,
    told: DateTime<Utc>,
}

/// Where the operator's messages are written.
pub struct Desk<'d> {
    dir: PathBuf,
    data: &'d Path,
    pipeline: &'d Pipeline,
    now: DateTime<Tz>,
}

/// A trouble that lasts is told again after this time; a little less than a day, so that a check at the
/// same time every day does not come a minute too early.
const REMINDER: Duration = Duration::hours(23);

/// Messages are kept so many days.
const KEPT_DAYS: i64 = 400;

impl<'d> Desk<'d> {
    /// The desk of a data folder at a moment.
    pub fn new(data: &'d Path, pipeline: &'d Pipeline, now: DateTime<Tz>) -> Self {
        Self { dir: data.join("operator"), data, pipeline, now }
    }

    /// Tells what is wrong within a scope: `standing` is all of it. What is new is told, and what is over.
    /// Gives whether a message was written.
    ///
    /// # Errors
    /// If the message could not be written or not be handed over; then it is told again next time.
    pub fn tell(&self, scope: &str, standing: &[Trouble]) -> io::Result<bool> {
        self.update(|known, now| {
            let mut news = News::default();
            for trouble in standing {
                let (what, help) = (masked(&trouble.what), masked(&trouble.help));
                match known.get_mut(&trouble.key) {
                    Some(old) => (old.what, old.help) = (what, help),
                    None => {
                        let new = Standing { what, help, since: now, told: now };
                        known.insert(trouble.key.clone(), new.clone());
                        news.new.push(new);
                    }
                }
            }
            known.retain(|key, old| {
                let over = key.starts_with(scope) && !standing.iter().any(|t| t.key == *key);
                if over {
                    news.over.push(old.clone());
                }
                !over
            });
            news
        })
    }

    /// Tells again what has lasted for a day since it was last told.
    ///
    /// # Errors
    /// As [`Desk::tell`].
    pub fn remind(&self) -> io::Result<bool> {
        self.update(|known, now| {
            let mut news = News::default();
            for old in known.values_mut().filter(|old| now - old.told >= REMINDER) {
                old.told = now;
                news.still.push(old.clone());
            }
            news
        })
    }

    /// What lasts, each with the day since when.
    pub fn standing(&self) -> Vec<(String, DateTime<Utc>)> {
        self.known().into_values().map(|s| (s.what, s.since)).collect()
    }

    fn known(&self) -> BTreeMap<String, Standing> {
        let text = fs::read(self.dir.join(STATE)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Changes what is remembered, and writes a message if there is news. What is remembered is kept only
    /// after the message has left.
    fn update(
        &self,
        change: impl FnOnce(&mut BTreeMap<String, Standing>, DateTime<Utc>) -> News,
    ) -> io::Result<bool> {
        make_folder(&self.dir)?;
        let lock = to_write().truncate(false).open(self.dir.join(".lock"))?;
        lock.lock()?;
        let before = self.known();
        let mut known = before.clone();
        let news = change(&mut known, self.now.to_utc());
        let some = !news.is_empty();
        if some {
            self.send(&news)?;
        }
        if known != before {
            write_whole(&self.dir.join(STATE), &serde_json::to_vec_pretty(&known)?)?;
        }
        Ok(some)
    }

    fn send(&self, news: &News) -> io::Result<()> {
        let mail = &self.pipeline.mail;
        let address = self.pipeline.operator.address.as_ref().unwrap_or(&mail.reply);
        let subject = format!("quarterday, {}: {}", self.pipeline.title, news.headline());
        let text = news.text(self.data, &self.pipeline.title);
        let key = format!("operator/{}/{}", self.now.to_rfc3339(), crate::sha256(text.as_bytes()));
        let sender = Sender { from: &mail.from, reply: &mail.reply };
        let content = Content { subject: &subject, text: &text, page: None, attachments: &[] };
        let bytes = build(sender, address, content, &key, self.now.to_utc());
        let bytes = bytes.map_err(|error| io::Error::other(error.to_string()))?;
        let identity: String = crate::sha256(text.as_bytes()).chars().take(8).collect();
        let name = format!("{}-{identity}.eml", self.now.format("%Y-%m-%d-%H%M%S"));
        write_whole(&self.dir.join(&name), &bytes)?;
        self.clear_old();
        match &self.pipeline.operator.told {
            Told::Folder => Ok(()),
            Told::Command(command) => by_command(command, &bytes),
            Told::Smtp(smtp) => by_smtp(mail, smtp, address, &name, &bytes),
        }
    }

    /// Messages older than a year or so go. Their names begin with their date.
    fn clear_old(&self) {
        let oldest = (self.now - Duration::days(KEPT_DAYS)).format("%Y-%m-%d").to_string();
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".eml") && name < oldest {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

const STATE: &str = "standing.json";

/// What a message says.
#[derive(Debug, Clone, Default)]
struct News {
    new: Vec<Standing>,
    still: Vec<Standing>,
    over: Vec<Standing>,
}

impl News {
    fn is_empty(&self) -> bool {
        self.new.is_empty() && self.still.is_empty() && self.over.is_empty()
    }

    fn headline(&self) -> String {
        let open = self.new.len() + self.still.len();
        match (open, self.over.len()) {
            (0, over) => format!("{} over", plural(over, "trouble is", "troubles are")),
            (open, _) if self.new.is_empty() => {
                format!("{} still waiting for you", plural(open, "thing is", "things are"))
            }
            (open, _) => format!("{} you", plural(open, "thing needs", "things need")),
        }
    }

    fn text(&self, data: &Path, title: &str) -> String {
        let mut out = String::new();
        for (heading, items) in
            [("New", &self.new), ("Still so, told before", &self.still), ("Over", &self.over)]
        {
            if items.is_empty() {
                continue;
            }
            out.push_str(&format!("{heading}\n\n"));
            for item in items {
                out.push_str(&format!("* {}\n", item.what));
                if heading != "Over" && !item.help.is_empty() {
                    out.push_str(&format!("  What to do: {}\n", item.help));
                }
                if heading != "New" {
                    let since = item.since.with_timezone(&chrono_tz::Europe::London);
                    out.push_str(&format!("  Since {}.\n", moment(since)));
                }
                out.push('\n');
            }
        }
        out.push_str(&format!(
            "Pipeline: {title}\nData folder: {}\nTo see how everything stands: quarterday status --data {}\n\n\
             Each trouble is told once, again every day while it lasts, and once when it is over.\n",
            data.display(),
            data.display()
        ));
        out
    }
}

/// A moment as people read it: `22 November 2026 at 04:30`.
pub fn moment(at: DateTime<Tz>) -> String {
    at.format("%-d %B %Y at %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Folder, load};

    fn pipeline() -> Pipeline {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
        load(&Folder::read(&dir).unwrap()).pipeline.unwrap()
    }

    fn at(text: &str) -> DateTime<Tz> {
        text.parse::<DateTime<Utc>>().unwrap().with_timezone(&chrono_tz::Europe::London)
    }

    fn mails(data: &Path) -> Vec<String> {
        let entries = fs::read_dir(data.join("operator")).unwrap().flatten();
        let mut names: Vec<PathBuf> =
            entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "eml")).collect();
        names.sort();
        names.iter().map(|p| fs::read_to_string(p).unwrap().replace("\r\n", "\n")).collect()
    }

    #[test]
    fn a_failure_is_told_once_then_daily_and_when_it_is_over() {
        let dir = tempfile::tempdir().unwrap();
        let pipeline = pipeline();
        let trouble = Trouble::new(
            "run/nightly/exit-7",
            "nightly could not send to pmsg.chair@lsc-icb.example",
            "look at the mail server",
        );
        let standing = std::slice::from_ref(&trouble);
        let desk = |now: &str| Desk::new(dir.path(), &pipeline, at(now));
        assert!(desk("2026-07-01T01:31:00Z").tell("run/nightly/", standing).unwrap());
        assert!(!desk("2026-07-01T01:32:00Z").tell("run/nightly/", standing).unwrap(), "not every minute");
        assert!(!desk("2026-07-01T02:00:00Z").tell("run/quarterly/", &[]).unwrap(), "another job's success");
        assert!(!desk("2026-07-01T20:00:00Z").remind().unwrap());
        assert!(desk("2026-07-02T01:31:00Z").remind().unwrap());
        assert!(!desk("2026-07-02T01:32:00Z").remind().unwrap());
        assert!(desk("2026-07-03T01:31:00Z").tell("run/nightly/", &[]).unwrap());
        assert!(!desk("2026-07-04T01:31:00Z").tell("run/nightly/", &[]).unwrap());
        let mails = mails(dir.path());
        assert_eq!(mails.len(), 3);
        // The path of the data folder is in the text, and so in what the message is known by.
        let known_by = |line: &&str| !line.contains("Message-ID") && !line.contains("quarterday-");
        let told = mails[0].replace(&dir.path().display().to_string(), "DATA");
        insta::assert_snapshot!(told.lines().filter(known_by).collect::<Vec<_>>().join("\n"));
        assert!(
            mails[1].contains("Subject: quarterday, Lancashire and South Cumbria: 1 thing is still waiting")
        );
        assert!(mails[1].contains("Since 1 July 2026 at 02:31."));
        assert!(mails[2].contains("1 trouble is over"));
    }

    #[test]
    #[cfg(unix)]
    fn a_command_gets_the_message_and_a_failed_one_is_tried_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut pipeline = pipeline();
        let target = dir.path().join("got.eml");
        let trouble = [Trouble::new("serve/x", "x", "y")];
        pipeline.operator.told = Told::Command(vec!["false".into()]);
        let told = Desk::new(dir.path(), &pipeline, at("2026-07-01T01:31:00Z")).tell("serve/", &trouble);
        assert!(told.is_err());
        let script = format!("cat > '{}'", target.display());
        pipeline.operator.told = Told::Command(vec!["sh".into(), "-c".into(), script]);
        assert!(
            Desk::new(dir.path(), &pipeline, at("2026-07-01T01:32:00Z")).tell("serve/", &trouble).unwrap()
        );
        assert!(fs::read_to_string(target).unwrap().contains("1 thing needs you"));
    }
}
