//! A mail server that does everything wrong, and one that does everything right.

use std::fs;

use crate::support::office::{MESSAGES, Office, PLAIN, toml};
use crate::support::smtp::{Act, At, Authority, Moment, Offers, Server};
use crate::support::{code, complained, files, said};

/// What the program did about a fault, for a snapshot.
fn account(name: &str, office: &Office, server: &Server) -> String {
    let output = office.send();
    let list = office.list();
    let steps: Vec<String> = list
        .iter()
        .filter_map(|message| {
            let step = message["steps"].as_array().expect("steps").last()?;
            let note = step["answer"].as_str().unwrap_or_default();
            let told = format!("    {} at {}: {} {note}", step["state"], step["stage"], step["code"]);
            (step["state"] != "sent").then(|| told.replace(&server.port.to_string(), "PORT"))
        })
        .collect();
    let complaints = undated(&complained(&output).replace(&server.port.to_string(), "PORT"));
    assert!(!complaints.contains("chair@") && !complaints.contains("secretary@"), "{complaints}");
    format!(
        "{name}\n  exit {}, {} taken, {} connections: {}\n{}\n{complaints}",
        code(&output),
        server.taken().len(),
        server.connections(),
        office.states(),
        steps.join("\n"),
    )
}

/// A text without the moment of the next try.
fn undated(text: &str) -> String {
    let moment = regex::Regex::new(r"\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d").expect("a pattern");
    moment.replace_all(text, "(MOMENT)").into_owned()
}

fn at_message(number: usize, at: At, act: Act) -> impl Fn(&Moment) -> Act + Send + Sync + 'static {
    move |moment| if moment.at == at && moment.message == number { act } else { Act::Go }
}

fn always(at: At, act: Act) -> impl Fn(&Moment) -> Act + Send + Sync + 'static {
    move |moment| if moment.at == at { act } else { Act::Go }
}

#[test]
fn every_fault_of_a_server_has_its_own_end() {
    let told = [
        (
            "greeting 421",
            Server::start(always(At::Banner, Act::SayAndClose("421 4.3.2 too many connections"))),
        ),
        ("greeting 554", Server::start(always(At::Banner, Act::SayAndClose("554 5.7.1 no service for you")))),
        ("greeting garbage", Server::start(always(At::Banner, Act::SayAndClose("HTTP/1.1 400 Bad Request")))),
        ("closed at once", Server::start(always(At::Banner, Act::Close))),
        ("EHLO refused", Server::start(always(At::Hello, Act::Say("502 5.5.1 not here")))),
        ("MAIL 4xx", Server::start(at_message(2, At::Sender, Act::Say("452 4.3.1 no space left")))),
        ("MAIL wants a login", Server::start(always(At::Sender, Act::Say("550 authentication required")))),
        (
            "MAIL from a stranger",
            Server::start(always(At::Sender, Act::Say("550 5.7.60 no permission to send as this sender"))),
        ),
        ("RCPT 4xx", Server::start(at_message(2, At::Recipient, Act::Say("450 4.2.1 mailbox busy")))),
        (
            "RCPT 5xx",
            Server::start(at_message(
                2,
                At::Recipient,
                Act::Say("550 5.1.1 <pmsg.chair@marrowdale-icb.example> no such user"),
            )),
        ),
        ("RCPT dropped", Server::start(at_message(2, At::Recipient, Act::Close))),
        (
            "RCPT policy for one",
            Server::start(at_message(2, At::Recipient, Act::Say("550 5.7.1 not authorised"))),
        ),
        (
            "RCPT policy for all",
            Server::start(always(At::Recipient, Act::Say("550 5.7.1 relay access denied"))),
        ),
        ("DATA 4xx", Server::start(at_message(2, At::Data, Act::Say("451 4.3.0 later")))),
        ("DATA answered with 250", Server::start(at_message(2, At::Data, Act::Say("250 2.0.0 ok")))),
        ("dropped at DATA", Server::start(at_message(2, At::Data, Act::Close))),
        (
            "421 in mid-session",
            Server::start(at_message(2, At::Recipient, Act::SayAndClose("421 4.3.2 closing"))),
        ),
        ("dropped after the dot", Server::start(at_message(2, At::Dot, Act::Close))),
        ("garbage after the dot", Server::start(at_message(2, At::Dot, Act::Say("what was that")))),
        ("4xx after the dot", Server::start(at_message(2, At::Dot, Act::Say("451 4.3.0 try again")))),
        ("5xx after the dot", Server::start(at_message(2, At::Dot, Act::Say("554 5.6.0 content rejected")))),
        (
            "basic authentication is over",
            Server::start(always(At::Dot, Act::Say("550 5.7.30 Basic authentication is not supported"))),
        ),
        ("taken and then dropped", Server::start(at_message(2, At::Taken, Act::Close))),
        ("always dropped after the dot", Server::start(always(At::Dot, Act::Close))),
        ("always dropped at RCPT", Server::start(always(At::Recipient, Act::Close))),
    ]
    .map(|(name, server)| account(name, &Office::at(&server), &server));
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn silence_is_waited_for_and_no_longer() {
    let cases = [("greeting", At::Banner), ("RCPT", At::Recipient), ("after the dot", At::Dot)];
    let told: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = cases
            .into_iter()
            .map(|(name, at)| {
                scope.spawn(move || {
                    let server = Server::start(move |moment| match moment.at {
                        At::Banner if at == At::Banner => Act::Stall,
                        found if found == at && moment.message == 2 => Act::Stall,
                        _ => Act::Go,
                    });
                    let office = Office::new();
                    let patient = PLAIN.replace("_seconds = 20", "_seconds = 3");
                    office.settings(&format!("{patient}port = {}\n", server.port));
                    account(name, &office, &server)
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().expect("told")).collect()
    });
    insta::assert_snapshot!(told.join("\n"));
}

/// Messages that are to be handed over within this many seconds by a server that says what it says slowly.
fn patient(office: &Office, server: &Server, more: &str) {
    let settings = PLAIN.replace("_seconds = 20", "_seconds = 2");
    office.settings(&format!("{settings}port = {}\n{more}", server.port));
}

#[test]
fn a_server_that_drips_ends_with_the_time_of_the_step_and_leaves_what_it_never_heard_of_planned() {
    let cases = [
        ("a byte of the banner now and then", At::Banner, Act::Drip("2"), "planned"),
        ("line upon line of the banner", At::Banner, Act::Drip("220-x\r\n"), "planned"),
        ("line upon line of the greeting", At::Hello, Act::Drip("250-X\r\n"), "planned"),
        ("MAIL", At::Sender, Act::Drip("250-x\r\n"), "retry"),
        ("RCPT", At::Recipient, Act::Drip("2"), "retry"),
        ("DATA", At::Data, Act::Drip("354-x\r\n"), "retry"),
        ("after the dot", At::Dot, Act::Drip("2"), "unknown"),
    ];
    std::thread::scope(|scope| {
        for (name, at, act, state) in cases {
            scope.spawn(move || {
                let server = Server::start(always(at, act));
                let office = Office::new();
                patient(&office, &server, "");
                let begun = std::time::Instant::now();
                let output = office.send();
                // Two messages, and the start of a program that is not optimised.
                assert!(begun.elapsed().as_secs() < 25, "{name}: {:?}", begun.elapsed());
                assert_eq!((code(&output), server.taken().len()), (7, 0), "{name}");
                let states = office.states();
                let expected = match state {
                    "planned" => ["planned"; MESSAGES].join(" "),
                    other => format!("{other} {other} planned planned planned planned"),
                };
                assert_eq!(states, expected, "{name}: {}", complained(&output));
            });
        }
    });
}

#[test]
fn the_whole_conversation_has_a_time_too() {
    // Each answer comes in time, and all of them together do not.
    let server = Server::start(|moment| {
        if !matches!(moment.at, At::Quit) {
            std::thread::sleep(std::time::Duration::from_millis(1200));
        }
        Act::Go
    });
    let office = Office::new();
    patient(&office, &server, "conversation_timeout_seconds = 3\n");
    let output = office.send();
    assert_eq!((code(&output), server.taken().len()), (7, 0), "{}", complained(&output));
    assert!(!office.states().contains("unknown"), "{}", office.states());
}

#[test]
fn a_line_without_an_end_is_refused_at_a_bound() {
    let server = Server::start(always(At::Banner, Act::Flood(1024)));
    let office = Office::at(&server);
    let begun = std::time::Instant::now();
    let output = office.send();
    assert_eq!(code(&output), 7);
    assert!(
        complained(&output).contains("a line of it is longer than 4096 bytes"),
        "{}",
        complained(&output)
    );
    assert!(begun.elapsed().as_secs() < 15, "{:?}: nobody reads a gigabyte", begun.elapsed());
    assert_eq!(office.states(), ["planned"; MESSAGES].join(" "));
}

#[test]
fn a_server_that_refuses_every_message_alike_blames_no_address() {
    let refusal = "550 5.7.26 this mail is not for us";
    for at in [At::Banner, At::Hello, At::Sender, At::Recipient, At::Data, At::Dot] {
        for line in ["550 no", "550 5.1.1 no such user", "554 5.7.1 rejected", refusal] {
            let server = Server::start(always(at, Act::Say(line)));
            let office = Office::at(&server);
            for _ in 0..2 {
                let output = office.send();
                let said = complained(&output);
                assert_eq!((code(&output), server.taken().len()), (7, 0), "{at:?} {line}: {said}");
                assert_eq!(office.states(), ["planned"; MESSAGES].join(" "), "{at:?} {line}: {said}");
                assert!(!said.contains("committees.toml"), "{at:?} {line}: {said}");
                assert!(said.contains("6 messages stay in the outbox; no address is to blame"), "{said}");
            }
        }
    }
}

/// What lets one in: a password may have spaces, a token has none.
fn secret(auth: &str) -> &'static str {
    if auth == "xoauth2" { "correct.horse" } else { "correct horse" }
}

/// Settings for a server with TLS and an account.
fn secured(office: &Office, authority: &Authority, server: &Server, security: &str, auth: &str) {
    authority.write(&office.path("ca.pem"));
    fs::write(office.path("secret"), format!("{}\n", secret(auth))).expect("written");
    office.settings(&format!(
        "{}port = {}\nca_file = {}\nauth = \"{auth}\"\nuser_env = \"MAIL_USER\"\nsecret_file = {}\n",
        PLAIN.replace("127.0.0.1", "localhost").replace("\"none\"", &format!("{security:?}")),
        server.port,
        toml(&office.path("ca.pem")),
        toml(&office.path("secret")),
    ));
}

const USER: &[(&str, &str)] = &[("MAIL_USER", "svc@icb.example")];

#[test]
fn starttls_and_tls_with_a_private_authority_and_every_login() {
    use crate::support::smtp::base64;
    let authority = Authority::new();
    let (user, token) = ("svc@icb.example", secret("xoauth2"));
    let secret = secret("plain");
    for (security, offers) in [("starttls", Offers::StartTls), ("tls", Offers::Tls)] {
        for (auth, login) in [
            ("plain", format!("AUTH PLAIN {}", base64(format!("\0{user}\0{secret}").as_bytes()))),
            ("login", format!("AUTH LOGIN {} {}", base64(user.as_bytes()), base64(secret.as_bytes()))),
            (
                "xoauth2",
                format!(
                    "AUTH XOAUTH2 {}",
                    base64(format!("user={user}\x01auth=Bearer {token}\x01\x01").as_bytes())
                ),
            ),
        ] {
            let server = Server::encrypted(offers, Some(&authority), |_| Act::Go);
            let office = Office::new();
            secured(&office, &authority, &server, security, auth);
            let output = office.command(&["dispatch", "send"], USER);
            assert_eq!(code(&output), 0, "{security} {auth}: {}", complained(&output));
            assert_eq!(server.taken().len(), MESSAGES);
            assert_eq!(server.logins(), [login], "one login on one connection");
        }
    }
}

#[test]
fn a_server_that_repeats_the_login_leaves_no_secret_behind() {
    use crate::support::smtp::base64;
    let authority = Authority::new();
    for (auth, at, line) in [
        ("plain", At::Login, "535 5.7.8 not understood:"),
        ("login", At::Login, "535 5.7.8 not understood:"),
        ("xoauth2", At::Login, "535 5.7.8 not understood:"),
        ("plain", At::Recipient, "550 5.7.1 refused after"),
        ("login", At::Dot, "250 2.0.0 taken after"),
    ] {
        let server = Server::encrypted(Offers::Tls, Some(&authority), always(at, Act::Repeat(line)));
        let office = Office::new();
        secured(&office, &authority, &server, "tls", auth);
        let output = office.command(&["dispatch", "send"], USER);
        let list = office.command(&["dispatch", "list", "--json"], &[]);
        let login = server.logins().first().cloned().expect("a login");
        let token = login.rsplit(' ').next().unwrap_or_default().trim_end_matches('=').to_owned();
        let alone = base64(secret(auth).as_bytes()).trim_end_matches('=').to_owned();
        let mut all = files(&office.data());
        all.insert(
            "printed".into(),
            format!("{}{}{}", complained(&output), said(&output), said(&list)).into(),
        );
        for (path, bytes) in all {
            let text = String::from_utf8_lossy(&bytes);
            for repeated in [secret(auth), token.as_str(), alone.as_str()] {
                assert!(!text.contains(repeated), "{auth} at {at:?}: {}", path.display());
            }
        }
        // What else the server says is told.
        let told = format!("{}{}", complained(&output), said(&list));
        assert!(told.contains("(a secret, not repeated)"), "{auth} at {at:?}: {told}");
    }
}

#[test]
fn without_safe_encryption_or_a_login_nothing_is_sent() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let refused = |line| always(At::Login, Act::Say(line));
    let cases = [
        ("no STARTTLS", "starttls", "plain", Server::start(|_| Act::Go)),
        ("TLS to a server without", "tls", "plain", Server::start(|_| Act::Go)),
        (
            "an authority that nobody knows",
            "starttls",
            "plain",
            Server::encrypted(Offers::StartTls, Some(&stranger), |_| Act::Go),
        ),
        (
            "the same from the first byte",
            "tls",
            "plain",
            Server::encrypted(Offers::Tls, Some(&stranger), |_| Act::Go),
        ),
        (
            "STARTTLS refused for now",
            "starttls",
            "plain",
            Server::encrypted(
                Offers::StartTls,
                Some(&authority),
                always(At::StartTls, Act::Say("454 4.7.0 not now")),
            ),
        ),
        (
            "a wrong password",
            "tls",
            "plain",
            Server::encrypted(
                Offers::Tls,
                Some(&authority),
                refused("535 5.7.3 Authentication unsuccessful"),
            ),
        ),
        (
            "a token that has expired",
            "starttls",
            "xoauth2",
            Server::encrypted(
                Offers::StartTls,
                Some(&authority),
                refused("535 5.7.3 Authentication unsuccessful"),
            ),
        ),
        (
            "no passwords any more",
            "starttls",
            "login",
            Server::encrypted(
                Offers::StartTls,
                Some(&authority),
                refused("550 5.7.30 Basic authentication is not supported"),
            ),
        ),
    ];
    let mut told = String::new();
    for (name, security, auth, server) in cases {
        let office = Office::new();
        secured(&office, &authority, &server, security, auth);
        let output = office.command(&["dispatch", "send"], USER);
        assert_eq!(code(&output), 7, "{name}");
        assert_eq!(server.taken().len(), 0, "{name}");
        assert_eq!(office.states(), ["planned"; MESSAGES].join(" "), "{name}");
        let complaint = complained(&output).replace(&server.port.to_string(), "PORT");
        assert!(!complaint.contains("correct horse"), "{complaint}");
        told.push_str(&format!("{name}\n{complaint}\n"));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_lost_encrypted_connection_and_a_port_that_is_encrypted_from_the_first_byte_are_told_plainly() {
    let authority = Authority::new();
    let server = Server::encrypted(Offers::Tls, Some(&authority), at_message(2, At::Recipient, Act::Close));
    let office = Office::new();
    secured(&office, &authority, &server, "tls", "none");
    let told = complained(&office.send());
    assert!(told.contains("the server closed the encrypted connection without a goodbye"), "{told}");
    let list = said(&office.command(&["dispatch", "list"], &[]));
    assert!(!told.contains("docs.rs") && !list.contains("docs.rs"), "{told} {list}");

    let server = Server::encrypted(Offers::Tls, Some(&authority), |_| Act::Go);
    let office = Office::new();
    secured(&office, &authority, &server, "starttls", "none");
    let path = office.path("pipeline/pipeline.toml");
    let settings = fs::read_to_string(&path).expect("readable");
    assert!(settings.contains("\ntimeout_seconds = 20"), "{settings}");
    fs::write(path, settings.replace("\ntimeout_seconds = 20", "\ntimeout_seconds = 2")).expect("written");
    let output = office.send();
    let told = complained(&output);
    assert_eq!((code(&output), server.taken().len()), (7, 0));
    assert!(told.contains("no answer in time; if that lasts check `security` and `port`"), "{told}");
}

#[test]
fn a_secret_that_is_not_there_or_in_the_wrong_place_is_named() {
    let authority = Authority::new();
    let server = Server::encrypted(Offers::Tls, Some(&authority), |_| Act::Go);
    let office = Office::new();
    secured(&office, &authority, &server, "tls", "plain");
    let output = office.command(&["dispatch", "send"], &[]);
    assert_eq!(code(&output), 7);
    assert!(
        complained(&output)
            .contains("the environment variable MAIL_USER, which holds the name of the account, is not set")
    );
    fs::rename(office.path("secret"), office.path("pipeline/secret")).expect("moved");
    let settings = fs::read_to_string(office.path("pipeline/pipeline.toml")).expect("readable");
    let moved = settings.replace(&toml(&office.path("secret")), &toml(&office.path("pipeline/secret")));
    fs::write(office.path("pipeline/pipeline.toml"), moved).expect("written");
    let output = office.command(&["dispatch", "send"], USER);
    assert!(complained(&output).contains("lies in a pipeline folder"), "{}", complained(&output));
    assert_eq!(server.connections(), 0);
    assert_eq!(office.states(), ["planned"; MESSAGES].join(" "));
}

#[test]
fn what_the_server_takes_is_what_was_planned_byte_for_byte() {
    // The first message is put off and the second dropped: their bytes stay what they are.
    let server = Server::start(|moment| match (moment.at, moment.message) {
        (At::Recipient, 1) => Act::Say("450 4.2.1 busy"),
        (At::Data, 2) => Act::Close,
        _ => Act::Go,
    });
    let office = Office::at(&server);
    for expected in [7, 0] {
        let output = office.send();
        assert_eq!(code(&output), expected, "{}", complained(&output));
    }
    let taken = server.taken();
    assert_eq!(taken.len(), MESSAGES);
    for message in office.list() {
        let recipient = message["recipient"].as_str().expect("an address");
        let arrived = taken.iter().find(|t| t.recipient == recipient).expect("taken");
        let stored = office.stored(message["sha256"].as_str().expect("a hash"));
        assert!(arrived.bytes == stored, "{recipient}: not the same bytes");
        let mail = mail_parser::MessageParser::default().parse(&arrived.bytes).expect("a message");
        let short = message["message"].as_str().expect("a name");
        assert!(mail.message_id().expect("a Message-ID").starts_with(short));
        let last = message["steps"].as_array().expect("steps").last().expect("one").clone();
        assert!(last["queue"].as_str().expect("a queue").starts_with('Q'), "{last}");
    }
}

#[test]
fn a_connection_is_used_for_as_many_messages_as_the_pipeline_says() {
    let server = Server::start(|_| Act::Go);
    let office = Office::new();
    office.settings(&format!("{PLAIN}port = {}\nmessages_a_connection = 2\n", server.port));
    assert_eq!(code(&office.send()), 0);
    assert_eq!((server.taken().len(), server.connections()), (MESSAGES, 3));
}

#[test]
fn a_run_sends_once_and_a_dry_run_never() {
    let server = Server::start(|_| Act::Go);
    let office = Office::empty();
    office.settings(&format!("{PLAIN}port = {}\n", server.port));
    let dry = office.command(&["run", "quarterly", "--as-of", "2026-07-14", "--dry-run"], &[]);
    assert_eq!((code(&dry), server.connections()), (0, 0), "{}", complained(&dry));
    let shown = files(&office.data().join("dry-run/outbox"));
    assert_eq!(shown.len(), MESSAGES);
    let output = office.run(&[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert_eq!(server.taken().len(), MESSAGES);
    assert!(server.taken().iter().all(|taken| shown.values().any(|bytes| *bytes == taken.bytes)));
    assert!(!office.data().join("outbox").exists(), "nobody can send a second copy by hand");
    let output = office.run(&[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert!(said(&output).contains("0 sent now, 6 sent before"), "{}", said(&output));
    assert_eq!((server.taken().len(), server.connections()), (MESSAGES, 1));
    let log =
        fs::read_to_string(office.data().join("runs/quarterly-2026-07-14/events.jsonl")).expect("a log");
    assert!(log.contains("\"queue\":\"Q1\"") && log.contains("p***@marrowdale-icb.example"), "{log}");
    assert!(!log.contains("secretary@"), "a whole address in the log");
}

#[test]
fn a_person_decides_what_nobody_can_know() {
    let server = Server::start(at_message(2, At::Dot, Act::Close));
    let office = Office::at(&server);
    assert_eq!(code(&office.send()), 7);
    let unknown = office.list().into_iter().find(|m| m["state"] == "unknown").expect("one");
    let name = unknown["message"].as_str().expect("a name").to_owned();
    let output = office.send();
    assert_eq!((code(&output), server.taken().len()), (7, MESSAGES - 1), "not on its own");
    assert!(complained(&output).contains(&format!("dispatch resolve {name}")), "{}", complained(&output));
    let resolve = |message: &str, verdict: &str| {
        office.command(
            &["dispatch", "resolve", message, "--as", verdict, "--by", "J. Doe", "--note", "she has it not"],
            &[],
        )
    };
    let output = resolve("0000abcd", "sent");
    assert_eq!(code(&output), 1);
    assert!(complained(&output).contains("there is no message \"0000abcd\""), "{}", complained(&output));
    let output = resolve(&name, "resend");
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert_eq!((code(&office.send()), server.taken().len()), (0, MESSAGES));
    let output = resolve(&name, "resend");
    assert_eq!(code(&output), 1);
    assert!(complained(&output).contains("the same message is not sent twice"), "{}", complained(&output));
    let list = office.command(&["dispatch", "list", "--state", "sent"], &[]);
    assert!(said(&list).contains("pmsg.chair@marrowdale-icb.example"), "whole addresses: {}", said(&list));
    let resolved = office.list().into_iter().find(|m| m["message"] == name.as_str()).expect("it");
    let by: Vec<_> = resolved["steps"].as_array().expect("steps").iter().map(|s| s["by"].clone()).collect();
    assert!(by.iter().any(|by| by == "J. Doe"), "{resolved}");
    let audit = said(&office.command(&["audit"], &[]));
    assert!(audit.contains(&format!("decision         message {name} to ")), "{audit}");
    assert!(audit.contains("by J. Doe: retry: she has it not"), "{audit}");
    let output = office.command(&["dispatch", "list", "--data", "/no/such/folder"], &[]);
    assert_eq!(code(&output), 1);
}

#[test]
fn a_message_whose_connection_is_reset_is_never_sent_again_if_its_end_may_have_arrived() {
    let server = Server::start(at_message(2, At::Content, Act::Reset));
    let office = Office::at(&server);
    assert_eq!(code(&office.send()), 7);
    let second = &office.list()[1];
    let step = second["steps"].as_array().expect("steps").last().expect("one");
    // How much fits into the buffers between two ends of a connection is the machine's business.
    let expected = if step["stage"] == "content" { "retry" } else { "unknown" };
    assert_eq!((&second["state"], server.taken().len()), (&expected.into(), MESSAGES - 1), "{second}");
}

#[test]
fn a_mended_address_gets_what_the_others_have_and_the_old_one_is_closed_by_a_person() {
    let server = Server::start(|moment| {
        let refused = moment.at == At::Recipient && moment.recipient.starts_with("pmsg.chair@");
        if refused { Act::Say("550 5.1.1 no such user") } else { Act::Go }
    });
    let office = Office::at(&server);
    assert_eq!(code(&office.send()), 7);
    let list = fs::read_to_string(office.path("pipeline/committees.toml")).expect("readable");
    fs::write(office.path("pipeline/committees.toml"), list.replace("pmsg.chair@", "pmsg.new-chair@"))
        .expect("written");
    let output = office.run(&[]);
    assert!(!complained(&output).contains("recall"), "{}", complained(&output));
    let taken = server.taken();
    assert_eq!(taken.len(), MESSAGES, "the five before and the new address");
    let one = |name: &str| {
        let found: Vec<_> = taken.iter().filter(|t| t.recipient.starts_with(name)).collect();
        assert_eq!(found.len(), 1, "{name}");
        let mail = mail_parser::MessageParser::default().parse(&found[0].bytes).expect("a mail");
        mail.attachments().map(|a| a.contents().to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(one("pmsg.new-chair@"), one("pmsg.secretary@"), "the very same documents");
    let failed = office.list().into_iter().find(|m| m["state"] == "failed").expect("the old address");
    let name = failed["message"].as_str().expect("a name");
    let give_up = ["dispatch", "resolve", name, "--as", "given-up", "--by", "J. Doe", "--note", "moved on"];
    let output = office.command(&give_up, &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert_eq!((code(&office.run(&[])), server.taken().len()), (0, MESSAGES));
    let monitor = said(&office.command(&["monitor"], &[]));
    assert!(!monitor.contains("pmsg"), "{monitor}");
}
