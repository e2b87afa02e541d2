//! The outbox against a transport that answers as it is told.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::dispatch::{Answer, Offering, Stage};
use crate::ledger::Planned;
use crate::pipeline::{Folder, Mail, Posting, Retry, load};
use crate::post::rate_limit::tests::Standing;
use crate::post::resolve::{Decision, Verdict, resolve};

/// Answers as it is told, and keeps what it took.
struct Scripted {
    answers: VecDeque<(Stage, Fate)>,
    seen: Vec<(String, Vec<u8>)>,
}

impl Transport for Scripted {
    fn name(&self) -> &'static str {
        "smtp"
    }

    fn send(&mut self, parcel: Parcel<'_>, offering: &mut Offering<'_>) -> Outcome {
        self.seen.push((parcel.recipient.to_owned(), parcel.bytes.to_vec()));
        let (stage, fate) = self.answers.pop_front().unwrap_or((Stage::FinalDot, Fate::Accepted));
        if stage >= Stage::Recipient {
            assert!(offering(), "it can be noted");
        }
        let answer = Answer { code: 450, text: format!("for {}", parcel.recipient) };
        Outcome { stage, fate, what: answer.to_string(), answer: Some(answer) }
    }

    fn repeats_safely(&self) -> bool {
        false
    }

    fn messages_a_minute(&self) -> Option<u32> {
        Some(20)
    }
}

struct Office {
    _dir: tempfile::TempDir,
    workspace: Workspace,
    store: Store,
    ledger: Ledger,
    pipeline: Pipeline,
    clock: Standing,
}

impl Office {
    fn new(messages: usize) -> Self {
        Self::of(messages, |i| format!("person-{i}@icb.example"))
    }

    fn of(messages: usize, recipient: impl Fn(usize) -> String) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Workspace::new(dir.path());
        let store = workspace.store();
        let mut ledger = workspace.ledger().unwrap();
        let planned: Vec<Planned> = (0..messages)
            .map(|i| Planned {
                key: format!("pack/r1/{i}@icb.example"),
                committee: "Group".into(),
                recipient: recipient(i),
                subject: "Pack".into(),
                sha256: store.put(format!("Subject: {i}\r\n\r\nx\r\n").as_bytes()).unwrap(),
                file: format!("{i}.eml"),
            })
            .collect();
        ledger.plan(&planned, "r", "2026-07-14".parse().unwrap()).unwrap();
        let at = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/lancashire-south-cumbria");
        let mut pipeline = load(&Folder::read(&at).unwrap()).pipeline.unwrap();
        pipeline.mail = Mail {
            from: "a@icb.example".into(),
            reply: "a@icb.example".into(),
            smtp: None,
            retry: Retry { first_wait: 10, longest_wait: 60, tries: 3, hours: 48 },
            unknown: Unknown::Hold,
            posting: Posting { secure_domains: None, budget: 10_000_000, packs_link: None },
        };
        let clock = Standing::at("2026-07-14T05:00:00Z");
        Self { _dir: dir, workspace, store, ledger, pipeline, clock }
    }

    /// A run with these answers of the transport; gives what was said and who was reached.
    fn go(&mut self, answers: &[(Stage, Fate)]) -> (Sent, Vec<String>) {
        let counter = Counter {
            pipeline: &self.pipeline,
            workspace: &self.workspace,
            store: &self.store,
            clock: &self.clock,
        };
        let mut transport = Scripted { answers: answers.iter().cloned().collect(), seen: Vec::new() };
        settle(&counter, "smtp", &mut self.ledger).unwrap();
        let mut sent = Sent::default();
        let due = due(&counter, &[], &self.ledger, &mut sent).unwrap();
        Batch::new(&counter, &mut transport, &mut self.ledger).unwrap().send(&due, &mut sent).unwrap();
        waiting(&due, &[], &self.ledger, &mut sent).unwrap();
        (sent, transport.seen.into_iter().map(|(to, _)| to).collect())
    }

    fn states(&self) -> String {
        let words: Vec<&str> = self.ledger.dispatches().unwrap().iter().map(|d| d.state.word()).collect();
        words.join(" ")
    }

    fn later(&self, minutes: i64) -> DateTime<Utc> {
        self.clock.now.set(self.clock.now.get() + TimeDelta::minutes(minutes));
        self.clock.now.get()
    }
}

const LATER: (Stage, Fate) = (Stage::Recipient, Fate::Later { lost: false });
const LOST: (Stage, Fate) = (Stage::Data, Fate::Later { lost: true });
const YES: (Stage, Fate) = (Stage::FinalDot, Fate::Accepted);
const UNKNOWN: (Stage, Fate) = (Stage::FinalDot, Fate::Unknown);
const REFUSED: (Stage, Fate) = (Stage::Recipient, Fate::Refused);
const BARRED: (Stage, Fate) = (Stage::Recipient, Fate::Barred);

#[test]
fn one_bad_address_harms_nobody_else() {
    let mut office = Office::new(4);
    let (sent, _) = office.go(&[YES, REFUSED, LATER, YES]);
    assert_eq!(office.states(), "sent failed retry sent");
    assert_eq!((sent.now, sent.failed.len()), (2, 2));
    let said = sent.failed.join("\n");
    assert!(said.contains("p***@icb.example") && !said.contains("person-"), "{said}");
    assert!(said.contains("14 July 2026, 06:10"), "in British time: {said}");
    let (sent, seen) = office.go(&[]);
    assert_eq!((sent.now, seen.len()), (0, 0), "nothing is due yet");
    office.later(10);
    let (sent, seen) = office.go(&[]);
    assert_eq!((sent.now, seen), (1, vec!["person-2@icb.example".to_owned()]));
    assert_eq!(office.states(), "sent failed sent sent");
}

#[test]
fn what_is_put_off_too_often_is_given_up_and_told() {
    let mut office = Office::new(1);
    for state in ["retry", "retry", "failed"] {
        office.go(&[LATER]);
        assert_eq!(office.states(), state);
        office.later(60);
    }
    let (_, seen) = office.go(&[]);
    assert!(seen.is_empty());
    let tries = office.ledger.attempts(None).unwrap();
    assert_eq!(tries.iter().filter(|a| a.step.state == DispatchState::Sending).count(), 3);
}

#[test]
fn the_settings_stop_the_batch_and_blame_nobody() {
    for fate in [Fate::Misconfigured("correct it".into()), Fate::Unavailable] {
        let mut office = Office::new(3);
        let (sent, seen) = office.go(&[(Stage::Auth, fate)]);
        assert_eq!(
            (office.states().as_str(), seen.len(), sent.failed.len()),
            ("planned planned planned", 1, 1)
        );
        assert!(sent.failed[0].contains("3 messages stay"), "{:?}", sent.failed);
        let (sent, _) = office.go(&[]);
        assert_eq!(sent.now, 3);
    }
    let mut office = Office::new(3);
    let (_, seen) = office.go(&[(Stage::Sender, Fate::Busy)]);
    assert_eq!((office.states().as_str(), seen.len()), ("planned planned planned", 1));
}

#[test]
fn a_server_that_breaks_off_twice_is_left_alone() {
    let mut office = Office::new(4);
    let (sent, seen) = office.go(&[LOST, YES, LOST, LOST]);
    assert_eq!((office.states().as_str(), seen.len()), ("retry sent retry retry", 4));
    assert_eq!(sent.now, 1);
    let mut office = Office::new(4);
    let (_, seen) = office.go(&[UNKNOWN, LOST]);
    assert_eq!((office.states().as_str(), seen.len()), ("unknown retry planned planned", 2));
}

#[test]
fn a_policy_is_the_settings_fault_until_somebody_is_let_through() {
    let mut office = Office::new(4);
    let (sent, seen) = office.go(&[BARRED, BARRED]);
    assert_eq!((office.states().as_str(), seen.len()), ("planned planned planned planned", 2));
    assert!(sent.failed.iter().any(|line| line.contains("relays for this machine")), "{:?}", sent.failed);
    for _ in 0..3 {
        office.go(&[BARRED, YES, YES, YES]);
    }
    assert_eq!(office.states(), "sent sent planned sent", "nobody was taken in the last goes");
    let mut office = Office::new(2);
    office.go(&[YES, BARRED]);
    assert_eq!(office.states(), "sent planned");
}

/// How often each message was about to be handed over.
fn offered(office: &Office) -> usize {
    let attempts = office.ledger.attempts(None).unwrap();
    attempts.iter().filter(|a| a.step.state == DispatchState::Sending).count()
}

#[test]
fn a_message_that_was_offered_to_nobody_was_never_on_its_way() {
    for stage in [Stage::Connect, Stage::Greeting, Stage::Tls, Stage::Auth, Stage::Sender] {
        let mut office = Office::new(2);
        office.go(&[(stage, Fate::Unavailable)]);
        assert_eq!((office.states().as_str(), offered(&office)), ("planned planned", 0), "{stage:?}");
    }
}

const AT_DATA: (Stage, Fate) = (Stage::Data, Fate::Refused);

#[test]
fn a_server_that_refuses_everybody_alike_blames_nobody_and_stops_the_batch() {
    for stage in [Stage::Recipient, Stage::Data, Stage::FinalDot] {
        let mut office = Office::new(6);
        let refusals = vec![(stage, Fate::Refused); 6];
        for _ in 0..5 {
            let (sent, seen) = office.go(&refusals);
            assert_eq!(office.states(), "planned planned planned planned planned planned", "{stage:?}");
            assert_eq!((sent.now, seen.len(), sent.failed.len()), (0, 3, 1), "{:?}", sent.failed);
            let said = &sent.failed[0];
            assert!(
                said.contains("refuses every message alike") && said.contains("6 messages stay"),
                "{said}"
            );
            assert!(!said.contains("committees.toml") && !said.contains("person-"), "{said}");
            assert!(sent.tries.iter().all(|tried| tried.state == "planned"), "{:?}", sent.tries);
        }
        let (sent, _) = office.go(&[]);
        assert_eq!((sent.now, office.states().as_str()), (6, "sent sent sent sent sent sent"));
    }
    let mut office = Office::of(6, |i| format!("person-{i}@board-{i}.example"));
    let (_, seen) = office.go(&[AT_DATA, AT_DATA]);
    assert_eq!(seen.len(), 2, "two domains are enough");
}

#[test]
fn a_bad_address_is_blamed_wherever_it_stands_on_the_list() {
    let mut office = Office::new(1);
    let (sent, _) = office.go(&[REFUSED]);
    assert_eq!(office.states(), "failed", "nobody else was refused alike");
    assert!(sent.failed[0].contains("Correct the address"), "{:?}", sent.failed);

    let mut office = Office::new(4);
    let (sent, _) = office.go(&[REFUSED, REFUSED, YES, YES]);
    assert_eq!((office.states().as_str(), sent.failed.len()), ("failed failed sent sent", 2));
    assert_eq!(sent.tries.iter().map(|t| t.state).collect::<Vec<_>>(), ["failed", "failed", "sent", "sent"]);

    // One that is refused before those that the server refuses alike: they came further.
    let mut office = Office::new(5);
    let (_, seen) = office.go(&[REFUSED, AT_DATA, AT_DATA, AT_DATA]);
    assert_eq!((office.states().as_str(), seen.len()), ("failed planned planned planned planned", 4));

    // Three bad ones at the head keep the others waiting once.
    let mut office = Office::new(6);
    office.go(&[REFUSED, REFUSED, REFUSED]);
    assert_eq!(office.states(), "planned planned planned planned planned planned");
    let (sent, _) = office.go(&[YES, YES, YES, REFUSED, REFUSED, REFUSED]);
    assert_eq!((office.states().as_str(), sent.now), ("failed failed failed sent sent sent", 3));
}

#[test]
fn what_a_server_puts_off_for_everybody_is_given_up_for_nobody() {
    let mut office = Office::new(4);
    for _ in 0..8 {
        let (_, seen) = office.go(&vec![(Stage::Data, Fate::Later { lost: false }); 4]);
        assert!(seen.len() <= 3, "the batch ends: {seen:?}");
        office.later(60);
    }
    assert!(!office.states().contains("failed"), "{}", office.states());
    let (sent, _) = office.go(&[]);
    assert_eq!(sent.now, 4);
    // Greylisting puts off every first try, and is no reason to stop before all were tried.
    let mut office = Office::new(6);
    let (_, seen) = office.go(&vec![LATER; 6]);
    assert_eq!((seen.len(), office.states().as_str()), (6, "retry retry retry retry retry retry"));
}

#[test]
fn what_was_interrupted_is_not_sent_again_on_its_own() {
    let mut office = Office::new(2);
    let key = office.ledger.dispatches().unwrap()[0].message.key.clone();
    let begun = Step {
        transport: Some("smtp".into()),
        ..Step::new(DispatchState::Sending, office.clock.now.get(), 1)
    };
    office.ledger.note_step(&key, &begun).unwrap();
    for _ in 0..3 {
        let (sent, _) = office.go(&[]);
        assert_eq!(office.states(), "unknown sent");
        assert!(sent.failed[0].contains("dispatch resolve"), "{:?}", sent.failed);
    }
    let decision = Decision { verdict: Verdict::Resend, by: " ", note: None };
    let now = office.clock.now.get();
    assert!(resolve(&mut office.ledger, &key, &decision, now).is_err(), "nobody decides");
    let decision = Decision { by: "J. Doe", note: Some("asked her"), ..decision };
    resolve(&mut office.ledger, &short_name(&key), &decision, now).unwrap();
    let (sent, seen) = office.go(&[]);
    assert_eq!((sent.now, seen.len(), office.states().as_str()), (1, 1, "sent sent"));
    let said = resolve(&mut office.ledger, &key, &decision, now).unwrap_err().to_string();
    assert!(said.contains("not sent twice"), "{said}");
}

#[test]
fn a_pipeline_may_say_that_the_unknown_is_sent_again() {
    let mut office = Office::new(1);
    office.pipeline.mail.unknown = Unknown::Resend;
    office.go(&[UNKNOWN]);
    let (_, seen) = office.go(&[]);
    assert!(seen.is_empty(), "not before the wait is over");
    office.later(10);
    office.go(&[UNKNOWN]);
    office.later(20);
    office.go(&[UNKNOWN]);
    office.later(600);
    let (sent, seen) = office.go(&[]);
    assert!(seen.is_empty() && sent.failed.len() == 1, "three tries are the end: {:?}", sent.failed);
    assert_eq!(office.states(), "unknown");
}

#[test]
fn the_bytes_are_the_same_at_every_try() {
    let mut office = Office::new(1);
    let mut all = Vec::new();
    for answer in [LATER, LOST, YES] {
        let counter = Counter {
            pipeline: &office.pipeline,
            workspace: &office.workspace,
            store: &office.store,
            clock: &office.clock,
        };
        let mut transport = Scripted { answers: [answer].into(), seen: Vec::new() };
        let due = due(&counter, &[], &office.ledger, &mut Sent::default()).unwrap();
        Batch::new(&counter, &mut transport, &mut office.ledger)
            .unwrap()
            .send(&due, &mut Sent::default())
            .unwrap();
        all.extend(transport.seen);
        office.later(120);
    }
    assert_eq!(all.len(), 3);
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn twenty_in_any_minute_and_no_more() {
    let mut office = Office::new(45);
    let (sent, _) = office.go(&[]);
    assert_eq!(sent.now, 45);
    let waited: std::time::Duration = office.clock.waits.borrow().iter().sum();
    assert_eq!(waited, std::time::Duration::from_secs(124));
    let mut office = Office::new(20);
    office.go(&[]);
    assert!(office.clock.waits.borrow().is_empty());
}

/// A pack whose only message is the first of the office is recalled by this role.
fn recall(office: &mut Office) {
    let key = office.ledger.dispatches().unwrap()[0].message.key.clone();
    let as_of = "2026-07-14".parse().unwrap();
    let at = "2026-07-14T05:30:00Z";
    let batch = |purpose, messages| crate::ledger::Batch {
        pack: "pack",
        content: "c",
        purpose,
        warrant: crate::ledger::Warrant::default(),
        messages,
        run: "r",
        as_of,
    };
    let planned = office.ledger.dispatch(&key).unwrap().unwrap().message;
    office.ledger.plan_more(&batch(crate::ledger::Purpose::Pack, vec![planned]), at).unwrap();
    let recall = crate::ledger::Recall {
        pack: "pack".into(),
        role: "Head".into(),
        reason: "Wrong.".into(),
        dated: as_of,
        at: at.into(),
    };
    office.ledger.recall(&recall, &batch(crate::ledger::Purpose::Correction, Vec::new()), None).unwrap();
}

#[test]
fn what_was_interrupted_and_then_recalled_is_not_taken_again_by_the_folder() {
    let mut office = Office::new(1);
    let key = office.ledger.dispatches().unwrap()[0].message.key.clone();
    let begun =
        Step { transport: Some("folder".into()), ..Step::new(DispatchState::Sending, office.clock.now(), 1) };
    office.ledger.note_step(&key, &begun).unwrap();
    recall(&mut office);
    let counter = Counter {
        pipeline: &office.pipeline,
        workspace: &office.workspace,
        store: &office.store,
        clock: &office.clock,
    };
    let sent = hand_over(&counter, &[], &mut office.ledger).unwrap();
    assert_eq!((sent.now, office.states().as_str()), (0, "unknown"), "{:?}", sent.failed);
    assert!(!office.workspace.outbox().join("0.eml").exists());

    // A person who finds out that it did not arrive can say so, and it is not sent for that.
    let decision = Decision { verdict: Verdict::Resend, by: "J. Doe", note: None };
    let decided = resolve(&mut office.ledger, &key, &decision, office.clock.now()).unwrap();
    assert_eq!(decided.state, DispatchState::Withdrawn);
    assert_eq!(office.go(&[]).1, [] as [String; 0]);
}

#[test]
fn what_was_put_off_and_then_recalled_waits_for_nothing() {
    let mut office = Office::new(1);
    office.go(&[LATER]);
    recall(&mut office);
    let key = office.ledger.dispatches().unwrap()[0].message.key.clone();
    let last = office.ledger.steps(&key).unwrap().last.unwrap();
    assert_eq!((last.state, last.tries, last.not_before), (DispatchState::Withdrawn, 1, None));
    assert_eq!((last.by.as_deref(), last.note.as_deref()), (Some("Head"), Some("its pack was recalled")));
    office.later(600);
    let (sent, reached) = office.go(&[]);
    assert_eq!((sent.failed, reached), (Vec::new(), Vec::new()));
}
