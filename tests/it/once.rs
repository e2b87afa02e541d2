//! Once: whatever happens to the program, and whenever, nobody gets a message twice and nobody is left
//! out. The real program is killed with SIGKILL, and run again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::office::{MESSAGES, Office, PLAIN};
use crate::support::smtp::{Act, At, Authority, Moment, Offers, Server};
use crate::support::{code, complained};

/// After a crash: runs again as a person would, and holds the outcome to the promise. Gives how many
/// messages nobody knew the fate of.
pub fn recovers(
    what: &str,
    office: &Office,
    counts: &dyn Fn() -> BTreeMap<String, usize>,
    again: &dyn Fn() -> std::process::Output,
) -> usize {
    let output = again();
    let list = office.list();
    let unknown: Vec<_> = list.iter().filter(|m| m["state"] == "unknown").collect();
    let expected = if unknown.is_empty() { 0 } else { 7 };
    assert_eq!(code(&output), expected, "{what}: {}", complained(&output));
    assert!(unknown.len() <= 1, "{what}: one message was in hand, {} are unknown", unknown.len());
    assert_eq!(list.len(), MESSAGES, "{what}");
    let found = counts();
    for message in &list {
        let count = found.get(message["recipient"].as_str().expect("an address")).copied().unwrap_or(0);
        match message["state"].as_str() {
            Some("sent") => assert_eq!(count, 1, "{what}: {message}"),
            Some("unknown") => assert!(count <= 1, "{what}: {message}"),
            other => panic!("{what}: {other:?} after a good run"),
        }
    }
    for message in &unknown {
        let name = message["message"].as_str().expect("a name");
        assert!(complained(&output).contains(name), "{what}: {name} is not told");
        let verdict = if found.contains_key(message["recipient"].as_str().expect("an address")) {
            "sent"
        } else {
            "resend"
        };
        let decided = office.command(&["dispatch", "resolve", name, "--as", verdict, "--by", "J. Doe"], &[]);
        assert_eq!(code(&decided), 0, "{what}: {}", complained(&decided));
    }
    let output = again();
    assert_eq!(code(&output), 0, "{what}: {}", complained(&output));
    let found = counts();
    assert_eq!(found.len(), MESSAGES, "{what}: somebody was left out");
    assert!(found.values().all(|count| *count == 1), "{what}: {found:?}");
    unknown.len()
}

fn taken(server: &Server) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for taken in server.taken() {
        *counts.entry(taken.recipient).or_default() += 1;
    }
    counts
}

/// Kills a child from inside the server, at the moment that the server is told of.
#[derive(Clone, Default)]
struct Killer {
    child: Arc<Mutex<Option<std::process::Child>>>,
    done: Arc<AtomicBool>,
}

impl Killer {
    fn kill(&self) -> Act {
        if self.done.swap(true, Ordering::SeqCst) {
            return Act::Go;
        }
        let begun = Instant::now();
        loop {
            if let Some(child) = self.child.lock().expect("whole").as_mut() {
                child.kill().expect("killed");
                child.wait().expect("gone");
                return Act::Go;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "nobody to kill");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn run(&self, office: &Office) {
        *self.child.lock().expect("whole") = Some(office.spawn(&["dispatch", "send"]));
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(120) {
            if let Some(child) = self.child.lock().expect("whole").as_mut()
                && child.try_wait().expect("a state").is_some()
            {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

#[test]
fn killed_at_every_stage_of_the_conversation() {
    let mut unknown = 0;
    let mut cases = 0;
    for at in At::ALL {
        let before_any = matches!(at, At::Banner | At::Hello | At::StartTls | At::Login);
        // The program says goodbye once, after its last message.
        let messages: &[usize] = if before_any { &[0] } else { &[1, 2, MESSAGES] };
        for number in messages.iter().filter(|n| at != At::Quit || **n == MESSAGES) {
            let killer = Killer::default();
            let (inside, number) = (killer.clone(), *number);
            let script = move |moment: &Moment| match moment.at == at && moment.message == number {
                true => inside.kill(),
                false => Act::Go,
            };
            let authority = Authority::new();
            let server = Server::encrypted(Offers::StartTls, Some(&authority), script);
            let office = Office::new();
            authority.write(&office.path("ca.pem"));
            std::fs::write(office.path("secret"), "secret").expect("written");
            let (ca, secret) = (office.path("ca.pem"), office.path("secret"));
            let settings = PLAIN.replace("127.0.0.1", "localhost").replace("none", "starttls");
            office.settings(&format!(
                "{settings}port = {}\nca_file = {ca:?}\nauth = \"plain\"\nuser_file = {secret:?}\nsecret_file = {secret:?}\n",
                server.port
            ));
            killer.run(&office);
            assert!(killer.done.load(Ordering::SeqCst), "{at:?} {number}: nobody was killed");
            let what = format!("killed at {at:?} of message {number}");
            let before: usize = taken(&server).values().sum();
            let gone = recovers(&what, &office, &|| taken(&server), &|| office.send());
            assert!(before <= MESSAGES);
            // Before the server hears of a recipient nobody can have got anything.
            assert!(gone == 0 || !before_any && at != At::Sender, "{what}: {gone} are unknown");
            unknown += gone;
            cases += 1;
        }
    }
    eprintln!(
        "killed at {cases} stages of conversations: {unknown} messages were unknown and told, none was sent twice or left out"
    );
    assert_eq!(cases, 4 + 7 * 3 + 1);
    assert!(unknown > 0, "a kill in hand is unknown");
}

/// Kills the program at its n-th write, for every n (or every `stride`-th), and holds each to the promise.
fn killed_at_writes(
    what: &str,
    office: &dyn Fn(u16) -> Office,
    args: &[&str],
    stride: usize,
) -> (usize, usize) {
    let (mut killed, mut unknown) = (0, 0);
    for point in (1..).step_by(stride) {
        let server = Server::start(|_| Act::Go);
        let office = office(server.port);
        let output = office.command(args, &[("QUARTERDAY_KILL_AT", &point.to_string())]);
        if code(&output) >= 0 {
            assert_eq!(code(&output), 0, "{what} {point}: {}", complained(&output));
            assert_eq!(taken(&server).len(), MESSAGES);
            break;
        }
        killed += 1;
        unknown += recovers(&format!("{what}, write {point}"), &office, &|| taken(&server), &|| {
            office.command(args, &[])
        });
    }
    (killed, unknown)
}

fn skipped() -> bool {
    let skipped = !cfg!(all(debug_assertions, unix));
    if skipped {
        eprintln!("SKIPPED: the places at which the program kills itself are in debug builds for Unix only");
    }
    skipped
}

#[test]
fn killed_at_every_write_while_sending() {
    if skipped() {
        return;
    }
    let office = |port| {
        let office = Office::new();
        office.settings(&format!("{PLAIN}port = {port}\n"));
        office
    };
    let (killed, unknown) = killed_at_writes("sending", &office, &["dispatch", "send"], 1);
    eprintln!("killed at {killed} writes while sending: {unknown} messages were unknown and told");
    assert!(killed >= MESSAGES * 4, "each message is written before and after: {killed}");
}

#[test]
fn killed_at_writes_of_a_whole_run() {
    if skipped() {
        return;
    }
    let office = |port| {
        let office = Office::empty();
        office.settings(&format!("{PLAIN}port = {port}\n"));
        office
    };
    // All of them take minutes: QUARTERDAY_EVERY_WRITE=1 does them.
    let stride = if std::env::var_os("QUARTERDAY_EVERY_WRITE").is_some() { 1 } else { 9 };
    let args = ["run", "quarterly", "--as-of", "2026-07-14"];
    let (killed, unknown) = killed_at_writes("a run", &office, &args, stride);
    eprintln!("killed at {killed} writes of a whole run: {unknown} messages were unknown and told");
    assert!(killed >= 5, "{killed}");
}

#[test]
fn two_instances_send_nobody_the_same_twice() {
    let (reached, go_on) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (told, wait) = (reached.clone(), go_on.clone());
    let server = Server::start(move |moment| {
        if moment.at == At::Recipient && moment.message == 1 {
            told.store(true, Ordering::SeqCst);
            let begun = Instant::now();
            while !wait.load(Ordering::SeqCst) && begun.elapsed() < Duration::from_secs(15) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        Act::Go
    });
    let office = Office::at(&server);
    let mut first = office.spawn(&["dispatch", "send"]);
    let begun = Instant::now();
    while !reached.load(Ordering::SeqCst) && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    for second in [office.send(), office.run(&[])] {
        assert_eq!(code(&second), 8, "{}", complained(&second));
    }
    let decided = office.command(&["dispatch", "resolve", "any", "--as", "sent", "--by", "J. Doe"], &[]);
    assert_eq!(code(&decided), 8, "{}", complained(&decided));
    go_on.store(true, Ordering::SeqCst);
    assert!(first.wait().expect("an end").success());
    assert_eq!(code(&office.send()), 0);
    assert_eq!(taken(&server).values().copied().collect::<Vec<_>>(), [1; MESSAGES]);
}
