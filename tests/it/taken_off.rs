//! Between planning a message and handing it over somebody is taken off a list, or a domain is secure no
//! more: what was planned for him is sent to nobody.

use std::fs;

use crate::support::office::{MESSAGES, Office, PLAIN};
use crate::support::smtp::{Act, At, Server};
use crate::support::{code, complained, said};

const CHAIR: &str = "pmsg.chair@marrowdale-icb.example";
const OFF: &str = "withdrawn and not sent: no longer on the list of the Primary Medical Services Group";

/// Replaces a text in a file of the pipeline; it must be there.
fn edit(office: &Office, file: &str, from: &str, to: &str) {
    let path = office.path("pipeline").join(file);
    let text = fs::read_to_string(&path).expect("readable");
    assert!(text.contains(from), "{file} has no {from:?}");
    fs::write(path, text.replacen(from, to, 1)).expect("written");
}

/// Takes the chair off the list; gives what the list was.
fn take_off(office: &Office) -> String {
    let path = office.path("pipeline/committees.toml");
    let before = fs::read_to_string(&path).expect("readable");
    let entry = before.split("[[committee.recipient]]").find(|e| e.contains(CHAIR)).expect("the chair");
    let entry = entry.split("[[committee]]").next().unwrap_or_default();
    let after = before.replacen(&format!("[[committee.recipient]]{entry}"), "", 1);
    assert!(!after.contains(CHAIR) && after.contains("pmsg.secretary@"), "{after}");
    fs::write(path, after).expect("written");
    before
}

fn taken_by(server: &Server, address: &str) -> usize {
    server.taken().iter().filter(|taken| taken.recipient == address).count()
}

fn state_of(office: &Office, address: &str) -> String {
    let list = office.list();
    let found = list.iter().find(|m| m["recipient"] == address).expect("a message");
    found["state"].as_str().expect("a state").to_owned()
}

#[test]
fn whoever_was_taken_off_is_sent_nothing_and_once_when_he_is_back() {
    let server = Server::start(|_| Act::Go);
    let office = Office::at(&server);
    let before = take_off(&office);
    let output = office.send();
    assert_eq!(code(&output), 7, "{}", complained(&output));
    assert!(complained(&output).contains(OFF), "{}", complained(&output));
    assert!(!complained(&output).contains(CHAIR), "no whole address: {}", complained(&output));
    assert_eq!((server.taken().len(), taken_by(&server, CHAIR)), (MESSAGES - 1, 0));
    let listed = said(&office.command(&["dispatch", "list", "--state", "withdrawn"], &[]));
    assert!(
        listed.contains(CHAIR) && listed.contains(": no longer on the list of the Primary Medical"),
        "{listed}"
    );
    let name = office.list().into_iter().find(|m| m["state"] == "withdrawn").expect("one")["message"].clone();
    let name = name.as_str().expect("a name").to_owned();
    let resolved = office.command(&["dispatch", "resolve", &name, "--as", "resend", "--by", "J. Doe"], &[]);
    assert_eq!(code(&resolved), 1);
    assert!(complained(&resolved).contains("its recipient may not have it"), "{}", complained(&resolved));
    let output = office.send();
    assert_eq!((code(&output), taken_by(&server, CHAIR)), (0, 0), "told once: {}", complained(&output));

    fs::write(office.path("pipeline/committees.toml"), before).expect("written");
    for _ in 0..2 {
        let output = office.send();
        assert_eq!((code(&output), taken_by(&server, CHAIR)), (0, 1), "{}", complained(&output));
    }
    assert_eq!((server.taken().len(), state_of(&office, CHAIR).as_str()), (MESSAGES, "sent"));
}

#[test]
fn the_run_that_tells_of_one_person_less_sends_that_person_nothing() {
    let server = Server::start(|_| Act::Go);
    let office = Office::at(&server);
    let before = take_off(&office);
    let run = |day: &str| office.command(&["run", "nightly", "--as-of", day], &[]);
    let output = run("2026-07-15");
    assert_eq!(code(&output), 7, "{}", complained(&output));
    let told = complained(&output);
    assert!(told.contains("one person less") && told.contains(OFF), "{told}");
    assert_eq!((server.taken().len(), taken_by(&server, CHAIR)), (MESSAGES - 1, 0));

    // Made again while he is off the list, it is not planned for him; once he is back, it is.
    assert_eq!((code(&office.run(&[])), state_of(&office, CHAIR).as_str()), (0, "withdrawn"));
    fs::write(office.path("pipeline/committees.toml"), before).expect("written");
    let output = office.run(&[]);
    assert_eq!((code(&output), taken_by(&server, CHAIR)), (0, 1), "{}", complained(&output));
    assert_eq!((code(&run("2026-07-16")), server.taken().len()), (0, MESSAGES));
}

#[test]
fn what_was_put_off_is_withdrawn_too() {
    let server = Server::start(|moment| match moment.at {
        At::Recipient if moment.recipient == CHAIR => Act::Say("451 4.7.1 come again"),
        _ => Act::Go,
    });
    let office = Office::at(&server);
    assert_eq!((code(&office.send()), state_of(&office, CHAIR).as_str()), (7, "retry"));
    take_off(&office);
    let output = office.send();
    assert!(complained(&output).contains(OFF), "{}", complained(&output));
    assert_eq!(state_of(&office, CHAIR), "withdrawn");
    assert_eq!((code(&office.send()), server.taken().len()), (0, MESSAGES - 1));
}

#[test]
fn a_domain_that_is_secure_no_more_gets_only_what_names_nobody() {
    let server = Server::start(|_| Act::Go);
    let office = Office::at(&server);
    let domains = "secure_domains    = [\"marrowdale-icb.example\"]";
    edit(&office, "pipeline.toml", domains, "secure_domains    = [\"other.example\"]");
    let output = office.send();
    assert_eq!(code(&output), 7);
    let told = complained(&output);
    assert!(
        told.contains("withdrawn and not sent: outside the secure domains: marrowdale-icb.example is not"),
        "{told}"
    );
    let list = office.list();
    for message in &list {
        let open = message["subject"].as_str().expect("a subject").contains("[OFFICIAL] ");
        assert_eq!(message["state"], if open { "sent" } else { "withdrawn" }, "{message}");
    }
    let open = server.taken().len();
    assert!((1..MESSAGES).contains(&open), "both kinds are there: {open}");

    edit(&office, "pipeline.toml", "\"other.example\"", "\"marrowdale-icb.example\"");
    assert_eq!((code(&office.send()), server.taken().len()), (0, MESSAGES));
}

#[test]
fn copies_are_held_to_the_domains_alone_and_corrections_go_to_whoever_had_the_pack() {
    let server = Server::start(|_| Act::Go);
    let office = Office::at(&server);
    assert_eq!(code(&office.send()), 0);
    let director = "director@marrowdale-icb.example";
    let gone = format!("{PLAIN}port = 9\n");
    office.settings(&gone);
    let resend = ["resend", "pmsg-2026-27-q1", "--to", director, "--as", "Head", "--reason", "Asked"];
    assert_eq!(code(&office.command(&resend, &[])), 7, "no server");
    office.settings(&gone);
    let domains = "secure_domains    = [\"marrowdale-icb.example\"]";
    edit(&office, "pipeline.toml", domains, "secure_domains    = [\"other.example\"]");
    let output = office.send();
    assert!(complained(&output).contains("outside the secure domains"), "{}", complained(&output));
    assert_eq!(state_of(&office, director), "withdrawn");
    office.settings(&format!("{PLAIN}port = {}\n", server.port));
    assert_eq!((code(&office.send()), taken_by(&server, director)), (0, 1), "on no list, and asked for");

    take_off(&office);
    let recall = ["recall", "pmsg-2026-27-q1", "--by", "Head", "--reason", "A wrong extract"];
    let output = office.command(&recall, &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert_eq!((taken_by(&server, CHAIR), taken_by(&server, director)), (2, 2), "the pack and the notice");
}

#[test]
fn a_receipt_goes_to_whoever_owns_the_feed_now() {
    let server = Server::start(|_| Act::Go);
    let office = Office::new();
    let inbox = office.data().join("inbox/concerns-quality");
    fs::create_dir_all(&inbox).expect("a folder");
    fs::write(inbox.join("July.csv"), "Practice code,Theme\nX90100,Workforce\n").expect("written");
    assert_eq!(code(&office.command(&["run", "nightly", "--as-of", "2026-07-15"], &[])), 7);
    let lead = "quality.lead@marrowdale-icb.example";
    assert_eq!(state_of(&office, lead), "planned");
    edit(&office, "owners.toml", lead, "new.lead@marrowdale-icb.example");
    office.settings(&format!("{PLAIN}port = {}\n", server.port));
    let output = office.send();
    let told = complained(&output);
    assert!(told.contains("no longer an address of the owner of concerns-quality in owners.toml"), "{told}");
    assert_eq!((taken_by(&server, lead), state_of(&office, lead).as_str()), (0, "withdrawn"));
    assert_eq!(server.taken().len(), MESSAGES);
}
