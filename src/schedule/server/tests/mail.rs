//! What waits in the outbox between jobs.

use super::*;

/// A scheduler that was started in the evening and has a message in its outbox.
fn tale() -> Tale {
    let tale = Tale::new("2026-08-02T18:00:00Z");
    fs::create_dir_all(tale.data()).unwrap();
    tale.plan();
    tale
}

#[test]
fn a_message_that_was_put_off_is_tried_when_its_time_has_come_and_not_before() {
    let tale = tale();
    tale.note((DispatchState::Retry, Some(40)));
    tale.endings.borrow_mut().extend([exit(7), exit(0)]);
    tale.steps.borrow_mut().extend([(DispatchState::Retry, Some(80)), (DispatchState::Sent, None)]);
    let runs = tale.serve("2026-08-03T00:00:00Z");
    assert_eq!(runs, ["send begun Sun 19:40 BST", "send begun Sun 21:00 BST"]);
    let mails = tale.mails();
    assert!(
        mails[0].contains("could not be handed over between jobs") && mails[0].contains("ended with 7"),
        "{mails:?}"
    );
    assert!(mails.last().unwrap().contains("1 trouble is over"), "{mails:?}");
    assert_eq!(tale.serve("2026-08-03T01:00:00Z"), [] as [&str; 0], "nothing waits any more");
}

#[test]
fn a_server_that_is_away_is_asked_after_longer_and_longer_waits_whoever_restarts() {
    let tale = tale();
    tale.note((DispatchState::Planned, None));
    let away = (DispatchState::Planned, None);
    tale.endings.borrow_mut().extend([exit(7), exit(7), exit(7), exit(7)]);
    tale.steps.borrow_mut().extend([away; 4]);
    let mut runs = tale.serve("2026-08-02T18:50:00Z");
    runs.extend(tale.serve("2026-08-02T22:00:00Z"));
    assert_eq!(
        runs,
        [
            "send begun Sun 19:15 BST",
            "send begun Sun 19:45 BST",
            "send begun Sun 20:45 BST",
            "send begun Sun 22:45 BST"
        ],
        "after 15, 30, 60 and 120 minutes"
    );
}

#[test]
fn a_mended_pipeline_is_tried_at_once() {
    let tale = tale();
    for _ in 0..6 {
        tale.note((DispatchState::Planned, None));
    }
    tale.until.set(utc("2027-01-01T00:00:00Z"));
    let mut server = tale.server().unwrap();
    let turn = |server: &mut Server<'_>| match server.turn() {
        Turn::Wait(time) => tale.wait(time.min(Duration::from_secs(5 * 60))),
        Turn::Stop => unreachable!(),
    };
    turn(&mut server);
    assert!(tale.runs.borrow().is_empty());
    tale.steps.borrow_mut().push_back((DispatchState::Sent, None));
    tale.edit("\"02:30\"", "\"03:30\"");
    for _ in 0..4 {
        turn(&mut server);
    }
    assert_eq!(tale.runs.borrow().len(), 1, "{:?}", tale.said.borrow());
}

#[test]
fn a_job_goes_first_and_another_instance_is_left_alone() {
    let tale = Tale::new("2026-08-02T18:00:00Z");
    tale.serve("2026-08-02T18:10:00Z");
    tale.plan();
    tale.note((DispatchState::Retry, Some(7 * 60)));
    tale.steps.borrow_mut().push_back((DispatchState::Sent, None));
    // 01:30 UTC is the job's time; what is due then is handed over by the job.
    tale.sleep("2026-08-03T01:30:00Z");
    assert_eq!(tale.serve("2026-08-03T02:00:00Z"), ["nightly as at 2026-08-03 begun Mon 02:30 BST"]);

    tale.note((DispatchState::Retry, Some(1)));
    let lock = Workspace::new(tale.data()).lock().unwrap();
    assert_eq!(tale.serve("2026-08-03T03:00:00Z"), [] as [&str; 0]);
    drop(lock);
    tale.steps.borrow_mut().push_back((DispatchState::Sent, None));
    assert_eq!(tale.serve("2026-08-03T04:00:00Z").len(), 1);
}

#[test]
fn a_process_that_dies_is_not_started_every_minute() {
    let tale = tale();
    tale.note((DispatchState::Retry, Some(1)));
    let died = Ended::Exit { code: None, run: None, complaint: String::new() };
    tale.endings.borrow_mut().extend(std::iter::repeat_n(died, 20));
    let runs = tale.serve("2026-08-02T20:00:00Z");
    assert_eq!(
        runs,
        [
            "send begun Sun 19:01 BST",
            "send begun Sun 19:16 BST",
            "send begun Sun 19:47 BST",
            "send begun Sun 20:48 BST"
        ]
    );
    let mails = tale.mails();
    assert_eq!(mails.iter().filter(|m| m.contains("it was killed")).count(), 1, "told once: {mails:?}");
}
