//! The outbox against a real mail server: exim4 from Debian, started by the test on ports of its own.
//! Where it is not installed, or the test does not run as root, the tests say so loudly and pass.

use std::collections::BTreeMap;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::once::recovers;
use crate::support::office::{MESSAGES, Office, PLAIN, toml};
use crate::support::smtp::Authority;
use crate::support::{code, complained};

const PROGRAM: &str = "/usr/sbin/exim4";

/// A running exim with a folder of its own.
struct Exim {
    dir: tempfile::TempDir,
    daemon: Child,
    authority: Authority,
    starttls: u16,
    tls: u16,
}

impl Drop for Exim {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

const SETTINGS: &str = r#"
primary_hostname = localhost
spool_directory = DIR/spool
log_file_path = DIR/log/%slog
pid_file_path = DIR/log/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = STARTTLS : TLS
tls_on_connect_ports = TLS
tls_advertise_hosts = *
tls_certificate = DIR/cert.pem
tls_privatekey = DIR/key.pem
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = check_recipient
acl_smtp_data = check_data
log_selector = +received_recipients
host_lookup =
rfc1413_hosts =
queue_only
begin acl
check_recipient:
  deny    !authenticated = *
          message = 5.7.0 authentication required
  defer   local_parts = pmsg.chair
          condition = ${if exists{DIR/busy}}
          message = 4.2.1 mailbox busy
  deny    local_parts = pcqg.clinical-lead
          condition = ${if exists{DIR/busy}}
          message = 5.1.1 no such person here
  accept
check_data:
  defer   condition = ${if and{{exists{DIR/busy}}{match{$recipients}{pccsc.secretary}}}}
          message = 4.3.0 scanner is away
  accept
begin routers
begin transports
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{svc}}{eq{$auth3}{secret}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = ${if and{{eq{$auth1}{svc}}{eq{$auth2}{secret}}}}
  server_set_id = $auth1
"#;

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port()
}

impl Exim {
    fn start() -> Option<Self> {
        let root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
        if !Path::new(PROGRAM).is_file() || !root {
            eprintln!(
                "SKIPPED: no real mail server was tried; install exim4-daemon-light and run the tests as root"
            );
            return None;
        }
        let dir = tempfile::tempdir().expect("a folder");
        let authority = Authority::new();
        let (certificate, key) = authority.server_pem();
        fs::write(dir.path().join("cert.pem"), certificate).expect("written");
        fs::write(dir.path().join("key.pem"), key).expect("written");
        for folder in ["spool", "log"] {
            fs::create_dir(dir.path().join(folder)).expect("a folder");
        }
        let (starttls, tls) = (free_port(), free_port());
        let settings = SETTINGS
            .replace("STARTTLS", &starttls.to_string())
            .replace("= TLS", &format!("= {tls}"))
            .replace(": TLS", &format!(": {tls}"))
            .replace("DIR", dir.path().to_str().expect("UTF-8"));
        let file = dir.path().join("exim.conf");
        fs::write(&file, settings).expect("written");
        // exim works as its own user, and reads its settings only from root.
        let shell = format!(
            "chmod 755 {0} && chown -R Debian-exim:Debian-exim {0} && chown root:root {0}/exim.conf && chmod 644 {0}/exim.conf",
            dir.path().display()
        );
        assert!(Command::new("sh").args(["-c", &shell]).status().expect("a shell").success());
        let daemon = Command::new(PROGRAM)
            .args(["-C", file.to_str().expect("UTF-8"), "-bdf"])
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("exim starts");
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", tls)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "exim does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self { dir, daemon, authority, starttls, tls })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// How often exim took a message for each recipient, from the log that it writes before it says so.
    fn taken(&self) -> BTreeMap<String, usize> {
        let log = fs::read_to_string(self.path("log/mainlog")).unwrap_or_default();
        let mut counts = BTreeMap::new();
        for line in log.lines().filter(|line| line.contains(" <= ")) {
            if let Some((_, recipient)) = line.rsplit_once(" for ") {
                *counts.entry(recipient.trim().to_owned()).or_default() += 1;
            }
        }
        counts
    }

    fn forget(&self) {
        let log = self.path("log/mainlog");
        if log.is_file() {
            fs::write(log, "").expect("written");
        }
    }

    fn settings(&self, office: &Office, security: &str, auth: &str) {
        self.authority.write(&office.path("ca.pem"));
        fs::write(office.path("user"), "svc\n").expect("written");
        fs::write(office.path("secret"), "secret\n").expect("written");
        let port = if security == "tls" { self.tls } else { self.starttls };
        let plain = PLAIN.replace("127.0.0.1", "localhost").replace("none", security);
        office.settings(&format!(
            "{plain}port = {port}\nca_file = {}\nauth = \"{auth}\"\nuser_file = {}\nsecret_file = {}\n",
            toml(&office.path("ca.pem")),
            toml(&office.path("user")),
            toml(&office.path("secret")),
        ));
    }
}

#[test]
fn a_real_server_takes_every_message_once() {
    let Some(exim) = Exim::start() else { return };
    for (security, auth) in [("starttls", "plain"), ("starttls", "login"), ("tls", "plain"), ("tls", "login")]
    {
        exim.forget();
        let office = Office::new();
        exim.settings(&office, security, auth);
        let output = office.send();
        assert_eq!(code(&output), 0, "{security} {auth}: {}", complained(&output));
        let taken = exim.taken();
        assert_eq!((taken.len(), taken.values().sum::<usize>()), (MESSAGES, MESSAGES), "{taken:?}");
        for message in office.list() {
            let last = message["steps"].as_array().expect("steps").last().expect("one").clone();
            let queue = last["queue"].as_str().expect("a queue");
            let log = fs::read_to_string(exim.path("log/mainlog")).expect("a log");
            assert!(log.contains(&format!("{queue} <= ")), "{queue} is exim's name for it");
            let body = fs::read(exim.path("spool/input").join(format!("{queue}-D"))).expect("in the spool");
            let stored = office.stored(message["sha256"].as_str().expect("a hash"));
            let stored = String::from_utf8(stored).expect("ASCII").replace("\r\n", "\n");
            let (_, sent) = stored.split_once("\n\n").expect("a body");
            assert!(body.ends_with(sent.as_bytes()), "{queue}: exim has other bytes");
        }
    }
}

#[test]
fn a_real_server_puts_off_and_refuses_one_by_one() {
    let Some(exim) = Exim::start() else { return };
    fs::write(exim.path("busy"), "").expect("written");
    let office = Office::new();
    exim.settings(&office, "starttls", "plain");
    let output = office.send();
    assert_eq!(code(&output), 7, "{}", complained(&output));
    // Secretary and chair of the first group, secretary and clinical lead of the second, two more.
    assert_eq!(office.states(), "sent retry sent failed sent retry", "{}", complained(&output));
    fs::remove_file(exim.path("busy")).expect("removed");
    let output = office.send();
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert_eq!(office.states(), "sent sent sent failed sent sent");
    let failed = office.list().into_iter().find(|m| m["state"] == "failed").expect("one");
    let key = failed["key"].as_str().expect("a key");
    let output = office.command(
        &["dispatch", "resolve", key, "--as", "resend", "--by", "J. Doe", "--note", "corrected"],
        &[],
    );
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert_eq!(code(&office.send()), 0);
    let taken = exim.taken();
    assert_eq!((taken.len(), taken.values().sum::<usize>()), (MESSAGES, MESSAGES), "{taken:?}");
}

#[test]
fn a_real_server_that_does_not_know_us_blames_nobody() {
    let Some(exim) = Exim::start() else { return };
    let office = Office::new();
    exim.settings(&office, "tls", "plain");
    fs::write(office.path("secret"), "wrong\n").expect("written");
    let output = office.send();
    assert_eq!(code(&output), 7);
    assert!(complained(&output).contains("does not accept the login"), "{}", complained(&output));
    exim.settings(&office, "starttls", "none");
    let output = office.send();
    assert_eq!(code(&output), 7);
    assert_eq!(office.states(), ["planned"; MESSAGES].join(" "), "{}", complained(&output));
    assert_eq!(exim.taken().len(), 0);
}

#[test]
fn killed_at_every_write_a_real_server_has_every_message_once() {
    let Some(exim) = Exim::start() else { return };
    if !cfg!(debug_assertions) {
        eprintln!("SKIPPED: the places at which the program kills itself are in debug builds only");
        return;
    }
    let (mut killed, mut unknown) = (0, 0);
    for point in 1.. {
        exim.forget();
        let office = Office::new();
        exim.settings(&office, "starttls", "plain");
        let output = office.command(&["dispatch", "send"], &[("QUARTERDAY_KILL_AT", &point.to_string())]);
        if code(&output) >= 0 {
            break;
        }
        killed += 1;
        unknown += recovers(&format!("exim, write {point}"), &office, &|| exim.taken(), &|| office.send());
    }
    eprintln!("killed at {killed} writes against exim4: {unknown} messages were unknown and told");
    assert!(killed >= MESSAGES * 4, "{killed}");
}
