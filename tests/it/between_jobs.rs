//! The scheduler hands over between its jobs what was put off.

use std::time::{Duration, Instant};

use crate::support::office::{MESSAGES, Office};
use crate::support::smtp::{Act, At, Server};
use crate::support::{code, files};

/// A scheduler as a process; stopped with the test.
struct Serving(std::process::Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_message_that_was_put_off_does_not_wait_for_the_next_job() {
    let server = Server::start(|moment| match (moment.at, moment.message) {
        (At::Recipient, 1) => Act::Say("451 4.7.1 come again"),
        _ => Act::Go,
    });
    let office = Office::at(&server);
    assert_eq!(code(&office.send()), 7);
    assert_eq!(
        (server.taken().len(), office.states()),
        (MESSAGES - 1, "retry sent sent sent sent sent".into())
    );

    let serving = Serving(office.spawn(&["serve"]));
    let begun = Instant::now();
    while office.states().contains("retry") || office.states().contains("sending") {
        assert!(begun.elapsed() < Duration::from_secs(120), "waited for: the message to be handed over");
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(serving);
    assert_eq!((server.taken().len(), office.states()), (MESSAGES, ["sent"; MESSAGES].join(" ")));
    let told = files(&office.data().join("operator"));
    let failed = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).contains("between jobs");
    assert!(!told.values().any(failed), "nothing failed");
    assert!(office.data().join("serve/last-send.log").is_file());
}
