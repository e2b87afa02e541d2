//! Files that are fetched: every way in which a server can fail, and what the analyst and the operator see.

use std::fs;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::server::{Reply, Server};
use crate::support::{Icb, code, complained, files, quarterday, said, text};

const HEADER: &str = "Practice code,Date raised,Severity,Status,Reference\n";

fn sheet(practice: &str) -> String {
    format!("{HEADER}{practice},01/07/2026,Serious,Open,Q-1\n")
}

/// An ICB whose quality team's concerns are fetched from an address; failures are tried again at once.
fn fetching(download: &str) -> Icb {
    let icb = Icb::with_register();
    append(&icb, "feeds/concerns-quality.toml", &format!("\n[download]\n{download}\n"));
    append(
        &icb,
        "pipeline.toml",
        "\n[downloads]\nfirst_wait_seconds = 0.01\ntries = 3\ndeadline_seconds = 2\nlargest_mb = 1\nlargest_unpacked_mb = 1\n",
    );
    icb
}

fn append(icb: &Icb, file: &str, more: &str) {
    let path = icb.pipeline(file);
    let before = fs::read_to_string(&path).unwrap();
    fs::write(path, before + more).unwrap();
}

fn from(server: &Server, path: &str) -> Icb {
    fetching(&format!("url = \"{}\"", server.url(path)))
}

/// Runs intake alone; gives its report and its exit code.
fn intake(icb: &Icb, as_of: &str) -> (Value, i32) {
    let (pipeline, data) = (icb.pipeline(""), icb.data());
    let args = ["intake", "--pipeline", text(&pipeline), "--data", text(&data), "--as-of", as_of, "--json"];
    let output = quarterday(&args);
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}\n{}", said(&output), complained(&output)));
    (report, code(&output))
}

/// What came of the one download of a report.
fn download(report: &Value) -> &Value {
    &report["downloads"][0]
}

/// Runs intake against a server that always answers the same; gives what came of it and how often it asked.
fn answered(reply: Reply) -> (Value, usize) {
    let server = Server::new(move |_, _| reply.clone());
    let icb = from(&server, "/quality.csv");
    let (report, exit) = intake(&icb, "2026-07-14");
    assert_eq!(exit, 0, "a failed download stops nothing: {report}");
    assert!(report["taken"].as_array().unwrap().len() >= 3, "the other feeds came in: {report}");
    (download(&report).clone(), server.asked().len())
}

#[test]
fn a_download_is_an_arrival_like_a_dropped_file() {
    let server = Server::new(|_, _| {
        Reply::ok(sheet("X90100"))
            .with("ETag", "\"one\"")
            .with("Last-Modified", "Mon, 13 Jul 2026 10:00:00 GMT")
    });
    let icb = from(&server, "/quality.csv");
    let output = icb.run("quarterly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0, "{}", complained(&output));
    assert!(
        said(&output).contains("downloads    1 source: 1 new, 0 unchanged, 0 failed"),
        "{}",
        said(&output)
    );
    assert_eq!(icb.levels()["X90100"]["level"], "4");
    let manifest = fs::read_to_string(icb.data().join("runs/quarterly-2026-07-14/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let input = manifest["inputs"].as_array().unwrap().iter().find(|i| i["feed"] == "concerns-quality");
    assert_eq!(input.unwrap()["file"], "quality.csv");
    let receipt = fs::read_to_string(icb.data().join("downloads/concerns-quality/quality.csv.receipt.txt"));
    assert!(receipt.unwrap().contains("1 rows read = 1 accepted"), "the receipt lies in the data folder");
    let events = fs::read_to_string(icb.data().join("runs/quarterly-2026-07-14/events.jsonl")).unwrap();
    assert!(events.contains("\"downloaded\""), "{events}");
}

#[test]
fn what_is_unchanged_is_not_fetched_again_and_a_rebuild_fetches_nothing() {
    let server = Server::new(|asked, _| match asked.headers.get("if-none-match").map(String::as_str) {
        Some("\"one\"") => Reply::status(304),
        _ => Reply::ok(sheet("X90100"))
            .with("ETag", "\"one\"")
            .with("Last-Modified", "Mon, 13 Jul 2026 10:00:00 GMT"),
    });
    let icb = from(&server, "/quality.csv");
    assert_eq!(download(&icb.report("quarterly", "2026-07-14"))["state"], "new");
    let packs = files(&icb.data().join("packs"));
    let report = icb.report("nightly", "2026-07-15");
    assert_eq!(download(&report)["state"], "unchanged");
    assert_eq!(report["taken"].as_array().unwrap().len(), 0);
    let second = &server.asked()[1].headers;
    assert_eq!(second["if-none-match"], "\"one\"");
    assert_eq!(second["if-modified-since"], "Mon, 13 Jul 2026 10:00:00 GMT");
    let report = icb.report("quarterly", "2026-07-14");
    assert_eq!(report["downloads"].as_array().unwrap().len(), 0, "the past is not fetched");
    assert_eq!(server.asked().len(), 2);
    for (path, bytes) in packs {
        assert!(fs::read(icb.data().join("packs").join(&path)).unwrap() == bytes, "{}", path.display());
    }
}

#[test]
fn a_new_mark_for_the_same_content_is_nothing_new_and_a_new_content_replaces() {
    let server = Server::new(|_, before| {
        let practice = if before < 2 { "X90100" } else { "X90101" };
        Reply::ok(sheet(practice)).with("ETag", &format!("\"{before}\""))
    });
    let icb = from(&server, "/quality.csv");
    let states: Vec<Value> = ["2026-07-14", "2026-07-15", "2026-07-16"]
        .map(|night| download(&icb.report("nightly", night))["state"].clone())
        .to_vec();
    assert_eq!(states, ["new", "unchanged", "new"]);
    let levels = icb.levels();
    assert_eq!((levels["X90100"]["level"].as_str(), levels["X90101"]["level"].as_str()), ("", "4"));
}

#[test]
fn faults_that_pass_are_tried_again() {
    for (what, fault) in [
        ("503", Reply::status(503)),
        ("429", Reply::status(429).with("Retry-After", "0")),
        ("a date", Reply::status(503).with("Retry-After", "Mon, 13 Jul 2020 10:00:00 GMT")),
        ("408", Reply::status(408)),
        ("425", Reply::status(425)),
        ("a short body", Reply::Short(sheet("X90100").into())),
        ("short chunks", Reply::ShortChunks(sheet("X90100").into())),
        ("half a workbook", Reply::ok(b"PK\x03\x04 half".to_vec())),
        ("an empty body", Reply::ok("")),
        ("a hang-up", Reply::HangUp),
    ] {
        let server =
            Server::new(move |_, before| if before < 2 { fault.clone() } else { Reply::ok(sheet("X90100")) });
        let icb = from(&server, "/quality.csv");
        let (report, _) = intake(&icb, "2026-07-14");
        assert_eq!(download(&report)["state"], "new", "{what}: {report}");
        assert_eq!((download(&report)["tries"].as_u64(), server.asked().len()), (Some(3), 3), "{what}");
    }
}

#[test]
fn faults_that_stay_are_told_once_and_in_plain_words() {
    for (reply, asked, wanted) in [
        (Reply::status(403), 1, "refuses us (403): the file needs a login or a token"),
        (Reply::status(404), 1, "has no such file (404)"),
        (Reply::status(206), 3, "instead of the whole file"),
        (Reply::status(304), 1, "304"),
        (Reply::ok("<!DOCTYPE html><title>Sign in</title>"), 1, "a web page came instead of a file"),
        (Reply::ok(vec![b'x'; 2 * 1024 * 1024]), 1, "larger than 1 MB (largest_mb)"),
        (Reply::status(503).with("Retry-After", "86400"), 1, "asks to wait 24 hours"),
        (Reply::status(500), 3, "cannot answer now (500); tried 3 times"),
        (Reply::Short(b"x".to_vec()), 3, "was cut off on its way; tried 3 times"),
    ] {
        let (download, count) = answered(reply.clone());
        let why = download["why"].as_str().unwrap_or_default();
        assert!(why.contains(wanted), "{reply:?}: {why}");
        assert_eq!((download["state"].as_str(), count), (Some("missing"), asked), "{why}");
    }
}

#[test]
fn a_server_that_drips_is_left_at_the_deadline() {
    let server = Server::new(|_, _| Reply::Drip(vec![b'x'; 100], Duration::from_millis(200)));
    let icb = from(&server, "/quality.csv");
    icb.edit("pipeline.toml", "tries = 3", "tries = 1");
    icb.edit("pipeline.toml", "deadline_seconds = 2", "deadline_seconds = 1");
    let (report, _) = intake(&icb, "2026-07-14");
    let why = download(&report)["why"].as_str().unwrap().to_owned();
    assert!(why.contains("did not send the whole file within 1 second (deadline_seconds)"), "{why}");
}

/// What came of a download from a server that answers with these bytes.
fn raw(text: &str) -> (Value, usize) {
    answered(Reply::Raw(vec![text.as_bytes().to_vec()], Duration::ZERO))
}

#[test]
fn no_header_status_or_length_ends_a_run() {
    let body = sheet("X90100");
    let many: String = (0..5000).map(|i| format!("X-Header-{i}: {i}\r\n")).collect();
    let long = format!("X-Long: {}\r\n", "x".repeat(8 * 1024 * 1024));
    let most = u64::MAX;
    for head in [
        format!("200 OK\r\nContent-Length: {most}\r\n"),
        "200 OK\r\nContent-Length: 18446744073709551616\r\n".to_owned(),
        format!("200 OK\r\nContent-Length: {}\r\n", u64::MAX - 2),
        "200 OK\r\nContent-Length: -1\r\n".to_owned(),
        "200 OK\r\nContent-Length: many\r\n".to_owned(),
        "200 OK\r\nContent-Length: 10\r\nContent-Length: 20\r\n".to_owned(),
        "200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n".to_owned(),
        "200 OK\r\nContent-Encoding: gzip\r\n".to_owned(),
        format!("200 OK\r\n{many}"),
        format!("200 OK\r\n{long}"),
        format!("429 No\r\nRetry-After: {most}\r\n"),
        "429 No\r\nRetry-After: 18446744073709551616\r\n".to_owned(),
        "503 No\r\nRetry-After: -5\r\n".to_owned(),
        "503 No\r\nRetry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n".to_owned(),
        "503 No\r\nRetry-After: Mon, 01 Jan 0001 00:00:00 GMT\r\n".to_owned(),
        "302 Go\r\nLocation: \r\n".to_owned(),
        "302 Go\r\nLocation: http://[::1\r\n".to_owned(),
        "000 No\r\n".to_owned(),
        "999 No\r\n".to_owned(),
        "99999 No\r\n".to_owned(),
        "206 Part\r\nContent-Range: bytes 0-18446744073709551615/18446744073709551616\r\n".to_owned(),
        "200 OK\r\n: no name\r\n".to_owned(),
        "200 OK\r\nETag: \u{0}\r\n".to_owned(),
    ] {
        let (done, _) = raw(&format!("HTTP/1.1 {head}\r\n{body}"));
        let name: String = head.chars().take(80).collect();
        assert_eq!(done["state"], "missing", "{name}: {done}");
        assert!(done["why"].as_str().is_some_and(|why| why.len() < 400), "{name}: {done}");
    }
}

#[test]
fn a_wait_that_nobody_can_count_to_ends_nothing() {
    // The answer has to take a moment: what was waited before is added to what is asked for.
    let server = Server::new(|_, _| {
        std::thread::sleep(Duration::from_millis(1200));
        Reply::status(429).with("Retry-After", "18446744073709551615")
    });
    let (report, exit) = intake(&from(&server, "/quality.csv"), "2026-07-14");
    assert_eq!(exit, 0, "{report}");
    let why = download(&report)["why"].as_str().unwrap();
    assert!(why.contains("asks to wait more than a year, longer than patience_seconds allows"), "{why}");
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn one_time_holds_for_a_download_with_all_its_tries() {
    let drips = |text: &str| text.bytes().map(|byte| vec![byte]).collect::<Vec<_>>();
    let endless = "x".repeat(400);
    for (name, pieces) in [
        ("head", drips(&format!("HTTP/1.1 200 OK\r\nX-Slow: {endless}"))),
        ("body", drips(&format!("HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n{endless}"))),
        (
            "body of an error",
            drips(&format!("HTTP/1.1 503 No\r\nContent-Type: application/json\r\n\r\n{{{endless}")),
        ),
    ] {
        let server = Server::new(move |_, _| Reply::Raw(pieces.clone(), Duration::from_millis(100)));
        let icb = from(&server, "/quality.csv");
        let settings = icb.pipeline("pipeline.toml");
        let patient =
            fs::read_to_string(&settings).unwrap().replace("tries = 3", "tries = 50\npatience_seconds = 5");
        fs::write(&settings, patient).unwrap();
        let begun = std::time::Instant::now();
        let (report, exit) = intake(&icb, "2026-07-14");
        assert_eq!((exit, &download(&report)["state"]), (0, &"missing".into()), "{name}: {report}");
        // Five seconds, and what reading the other files takes.
        assert!(begun.elapsed() < Duration::from_secs(20), "{name}: {:?}", begun.elapsed());
        drop(icb);
    }
}

#[test]
fn a_packed_body_is_unpacked_and_a_packed_bomb_stopped() {
    let packed = |bytes: &[u8]| {
        // The stored form of gzip: no compressor is needed to make one.
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file("x", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
        let zip = zip.finish().unwrap().into_inner();
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip.clone())).unwrap();
        let file = archive.by_index_raw(0).unwrap();
        let (start, size, crc) = (file.data_start().unwrap(), file.compressed_size(), file.crc32());
        let deflated = &zip[start as usize..(start + size) as usize];
        let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        out.extend_from_slice(deflated);
        out.extend_from_slice(&crc.to_le_bytes());
        out.extend_from_slice(&u32::try_from(bytes.len()).unwrap().to_le_bytes());
        out
    };
    let body = packed(sheet("X90100").as_bytes());
    let (got, _) = answered(Reply::ok(body).with("Content-Encoding", "gzip"));
    assert_eq!(got["state"], "new", "{got}");
    assert_eq!(got["bytes"], sheet("X90100").len());
    let bomb = packed(&vec![b'0'; 4 * 1024 * 1024]);
    assert!(bomb.len() < 100_000);
    let (got, _) = answered(Reply::ok(bomb).with("Content-Encoding", "gzip"));
    assert!(got["why"].as_str().unwrap().contains("larger than 1 MB"), "{got}");
}

#[test]
fn the_last_good_file_goes_on_counting_and_is_told_to_be_old() {
    let server =
        Server::new(|_, before| if before == 0 { Reply::ok(sheet("X90100")) } else { Reply::status(500) });
    let icb = from(&server, "/quality.csv");
    icb.report("nightly", "2026-07-14");
    let output = icb.run("nightly", "2026-07-15", &["--json"]);
    assert_eq!(code(&output), 0);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let got = download(&report);
    assert_eq!(
        (&got["state"], &got["file"], &got["received"]),
        (&"stale".into(), &"quality.csv".into(), &"2026-07-14".into())
    );
    assert_eq!(icb.levels()["X90100"]["level"], "4");
    let output = icb.run("nightly", "2026-07-16", &[]);
    let told = complained(&output);
    assert!(
        told.contains(
            "the download of \"Concerns of the quality team\" (concerns-quality) failed: 127.0.0.1"
        ),
        "{told}"
    );
    assert!(told.contains("quality.csv received on 14 July 2026 goes on counting"), "{told}");
    let summary = said(&output);
    assert!(summary.contains("1 stale, not fetched"), "{summary}");
    assert!(summary.contains("its download has failed since 15 July 2026"), "{summary}");
    let (pipeline, data) = (icb.pipeline(""), icb.data());
    let folders = ["--pipeline", text(&pipeline), "--data", text(&data)];
    let status = said(&quarterday(&[&["status"], &folders[..]].concat()));
    let line = status.lines().find(|line| line.contains("concerns-quality")).unwrap();
    assert!(line.contains("STALE: its download has failed since 15 July 2026"), "{line}");
    let monitor = said(&quarterday(&[&["monitor"], &folders[..]].concat()));
    assert!(monitor.contains("(concerns-quality): its download has failed since 15 July 2026"), "{monitor}");
    assert!(monitor.contains("quality.csv goes on counting"), "{monitor}");
}

#[test]
fn an_essential_source_that_cannot_be_fetched_is_named_with_the_reason() {
    let server = Server::new(|_, _| Reply::status(403));
    let icb = Icb::new();
    let source = format!("\n[download]\nurl = \"{}\"\n", server.url("/epraccur.csv"));
    append(&icb, "feeds/ods-register.toml", &source);
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert_eq!(code(&output), 5);
    let told = complained(&output);
    assert!(
        told.contains("no readable file of \"Register of GP practices") && told.contains("(403)"),
        "{told}"
    );
    let (report, exit) = intake(&icb, "2026-07-14");
    assert_eq!(exit, 5);
    assert!(report["missing"].as_str().unwrap().contains("(403)"), "{report}");
}

#[test]
fn redirects_stay_on_their_host_unless_the_feed_allows_another() {
    let elsewhere = Server::new(|_, _| Reply::ok(sheet("X90100")));
    let (there, name) = (elsewhere.url("/quality.csv"), elsewhere.host());
    let server = Server::new(move |asked, _| match asked.line.as_str() {
        "GET /moved.csv" => Reply::status(302).with("Location", "/quality.csv"),
        "GET /away.csv" => Reply::status(302).with("Location", &there),
        "GET /plain.csv" => {
            Reply::status(302).with("Location", "http://files.example/quality.csv?token=hush")
        }
        "GET /round.csv" => Reply::status(302).with("Location", "/round.csv"),
        _ => Reply::ok(sheet("X90100")),
    });
    let state = |icb: &Icb| {
        let (report, _) = intake(icb, "2026-07-14");
        let why = download(&report)["why"].as_str().unwrap_or_default().to_owned();
        (download(&report)["state"].as_str().unwrap().to_owned(), why)
    };
    assert_eq!(state(&from(&server, "/moved.csv")).0, "new");
    let (got, why) = state(&from(&server, "/away.csv"));
    assert_eq!(got, "missing");
    assert!(why.contains(&format!("sends us on to {name}, which the feed does not allow")), "{why}");
    assert_eq!(elsewhere.asked().len(), 0, "it was never asked");
    let (_, why) = state(&from(&server, "/plain.csv"));
    assert!(why.contains("an address that is not https") && !why.contains("hush"), "{why}");
    let (_, why) = state(&from(&server, "/round.csv"));
    assert!(why.contains("in a circle perhaps"), "{why}");
    let url = server.url("/away.csv");
    let icb = fetching(&format!("url = \"{url}\"\nredirect_to = [\"{name}\"]\ntoken_env = \"PATH\""));
    assert_eq!(state(&icb).0, "new");
    assert!(!elsewhere.asked()[0].headers.contains_key("authorization"), "the token stays at home");
}

#[test]
fn the_newest_period_that_is_there_is_fetched() {
    let server = Server::new(|asked, _| match asked.line.as_str() {
        "GET /2026-05/quality-may.csv" => Reply::ok(sheet("X90100")),
        "GET /2026-06/quality-june.csv" if asked.headers.contains_key("x") => Reply::ok(""),
        _ => Reply::status(404),
    });
    let icb = from(&server, "/{yyyy}-{mm}/quality-{month}.csv");
    let (report, _) = intake(&icb, "2026-07-14");
    assert_eq!(
        (&download(&report)["state"], &download(&report)["file"]),
        (&"new".into(), &"quality-may.csv".into())
    );
    let lines: Vec<String> = server.asked().into_iter().map(|a| a.line).collect();
    assert_eq!(
        lines,
        ["GET /2026-07/quality-july.csv", "GET /2026-06/quality-june.csv", "GET /2026-05/quality-may.csv"]
    );
    let (report, _) = intake(&icb, "2027-02-14");
    let why = download(&report)["why"].as_str().unwrap();
    assert!(
        why.contains("there is no file for February 2027, January 2027, December 2026 and November 2026"),
        "{why}"
    );
}

#[test]
fn one_file_is_taken_out_of_an_archive() {
    let archive = |files: &[(&str, &[u8])]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in files {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let rows = sheet("X90100").into_bytes();
    let cases: [(Vec<u8>, &str, &str); 4] = [
        (archive(&[("../../out/Quality – July.csv", &rows), ("notes.txt", b"x")]), "new", ""),
        (
            archive(&[("a.csv", &rows), ("b.csv", &rows)]),
            "missing",
            "several files in the archive fit \"*.csv\": a.csv and b.csv",
        ),
        (archive(&[("a.xlsx", &rows)]), "missing", "no file in the archive fits \"*.csv\"; there are a.xlsx"),
        (
            archive(&[("a.csv", &vec![b'0'; 3 * 1024 * 1024])]),
            "missing",
            "larger than 1 MB (largest_unpacked_mb)",
        ),
    ];
    for (bytes, state, wanted) in cases {
        let server = Server::new(move |_, _| Reply::ok(bytes.clone()));
        let icb = fetching(&format!("url = \"{}\"\nmember = \"*.csv\"", server.url("/quality.zip")));
        let (report, _) = intake(&icb, "2026-07-14");
        assert_eq!(download(&report)["state"], state, "{report}");
        assert!(
            download(&report)["why"].as_str().unwrap_or_default().contains(wanted),
            "{}",
            download(&report)
        );
        if state == "new" {
            assert_eq!(download(&report)["file"], "Quality – July.csv");
            assert!(!icb.data().join("downloads/concerns-quality/../../out").exists());
        }
    }
}

/// Smartsheet as its documentation describes it: one sheet, one token.
fn smartsheet(faults: &'static [(u16, u32)]) -> Server {
    Server::new(move |asked, before| {
        let fault = |status, code| {
            let body = format!(r#"{{"errorCode":{code},"message":"about token hush","refId":"r1"}}"#);
            Reply::Whole(
                status,
                vec![("Content-Type".into(), "application/json;charset=UTF-8".into())],
                body.into(),
            )
        };
        if let Some((status, code)) = faults.get(before) {
            return fault(*status, *code).with("Retry-After", "0");
        }
        if asked.headers.get("authorization").map(String::as_str) != Some("Bearer t0ken-hush") {
            return fault(401, 1002);
        }
        match (asked.line.as_str(), asked.headers["accept"].as_str()) {
            ("GET /2.0/sheets/4583173393803140", "text/csv") => Reply::ok(sheet("X90100")),
            ("GET /2.0/sheets/4583173393803140", "application/vnd.ms-excel") => Reply::ok(
                fs::read(
                    crate::support::repository()
                        .join("fixtures/invalid/renamed-by-alias/Quality soft intelligence.xlsx"),
                )
                .unwrap(),
            ),
            _ => fault(404, 1006),
        }
    })
}

fn from_smartsheet(server: &Server, sheet: &str, token: &str) -> Icb {
    let icb = fetching(sheet);
    let base = server.url("/2.0");
    icb.edit("pipeline.toml", "tries = 3", &format!("tries = 5\nsmartsheet = \"{base}\"\n{token}"));
    icb
}

#[test]
fn smartsheet_gives_a_sheet_with_a_token_from_a_file() {
    let secrets = tempfile::tempdir().unwrap();
    let token = secrets.path().join("token");
    fs::write(&token, "t0ken-hush\n").unwrap();
    let token = format!("smartsheet_token_file = \"{}\"", text(&token));
    let server = smartsheet(&[(503, 4001), (500, 4002), (429, 4003), (400, 4004)]);
    let icb = from_smartsheet(&server, "smartsheet = 4583173393803140", &token);
    let output = icb.run("nightly", "2026-07-14", &["--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&download(&report)["state"], &download(&report)["tries"]),
        (&"new".into(), &5.into()),
        "{report}"
    );
    assert_eq!(icb.levels()["X90100"]["level"], "4");
    let server = smartsheet(&[]);
    let icb = from_smartsheet(&server, "smartsheet = 4583173393803140\nformat = \"xlsx\"", &token);
    let (report, _) = intake(&icb, "2026-07-14");
    assert_eq!(download(&report)["file"], "smartsheet-4583173393803140.xlsx", "{report}");
    assert_eq!(report["taken"][0]["state"], "accepted", "{report}");

    fs::write(secrets.path().join("token"), "t0ken-hush-wrong\n").unwrap();
    let icb = from_smartsheet(&server, "smartsheet = 4583173393803140", &token);
    let output = icb.run("nightly", "2026-07-14", &[]);
    assert_eq!(code(&output), 0);
    assert!(complained(&output).contains("Smartsheet does not accept the token"), "{}", complained(&output));
    for (path, bytes) in files(&icb.data()) {
        let told = String::from_utf8_lossy(&bytes);
        assert!(!told.contains("hush"), "{} tells the token", path.display());
    }
    assert!(!(said(&output) + &complained(&output)).contains("hush"));
}

#[test]
fn a_token_that_is_not_there_is_told_by_its_place() {
    let server = smartsheet(&[]);
    let icb = from_smartsheet(
        &server,
        "smartsheet = 4583173393803140",
        "smartsheet_token_env = \"QD_TEST_NOT_SET\"",
    );
    let (report, _) = intake(&icb, "2026-07-14");
    let why = download(&report)["why"].as_str().unwrap();
    assert!(
        why.contains("the environment variable QD_TEST_NOT_SET, which holds the token, is not set"),
        "{why}"
    );
    assert_eq!(server.asked().len(), 0);
}

#[test]
fn secrets_in_the_pipeline_folder_are_refused_without_being_repeated() {
    let bad = "url = \"https://ann:hush@files.example/a.csv\"\ntoken = \"hush\"\ntoken_env = \"hush-hush\"";
    for (download, wanted) in [
        (bad, 3),
        ("url = \"https://files.example/a.csv?api_key=hush\"", 1),
        ("url = \"https://files.example/a.csv\"\ntoken_file = \"token.txt\"", 1),
        ("url = \"http://files.example/a.csv\"", 1),
        ("url = \"https://files.example/{yyy}/a.csv\"", 1),
        ("url = \"https://files.example/getReport?report=a\"", 1),
        ("url = \"https://files.example/a.zip\"", 1),
        ("smartsheet = \"my sheet\"", 1),
        ("smartsheet = 4583173393803140", 1),
    ] {
        let icb = fetching(download);
        let output = quarterday(&["check", "--pipeline", text(&icb.pipeline(""))]);
        let told = said(&output);
        assert_eq!(code(&output), 3, "{told}");
        assert!(told.contains(&format!("{wanted} error")), "{download}\n{told}");
        assert!(told.contains("feeds/concerns-quality.toml:"), "{told}");
        assert!(!told.contains("hush"), "{told}");
    }
    let icb = fetching(bad);
    insta::assert_snapshot!(said(&quarterday(&["check", "--pipeline", text(&icb.pipeline(""))])));
}

#[test]
fn a_dry_run_fetches_into_its_own_area() {
    let server = Server::new(|_, _| Reply::ok(sheet("X90100")));
    let icb = from(&server, "/quality.csv");
    let output = icb.run("nightly", "2026-07-14", &["--dry-run", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(download(&report)["state"], "new");
    assert!(!icb.data().join("store").exists() && icb.data().join("dry-run/store").exists());
    assert_eq!(
        download(&icb.report("nightly", "2026-07-14"))["state"],
        "new",
        "the real run fetches for itself"
    );
}

#[test]
fn a_dropped_file_and_a_download_of_one_name_are_equal() {
    let server = Server::new(|_, _| Reply::ok(sheet("X90100")));
    let icb = from(&server, "/quality.csv");
    icb.report("nightly", "2026-07-14");
    icb.drop_bytes("concerns-quality", "quality.csv", sheet("X90101"));
    let counts: Vec<usize> = ["2026-07-15", "2026-07-16", "2026-07-17"]
        .map(|night| icb.report("nightly", night)["taken"].as_array().unwrap().len())
        .to_vec();
    assert_eq!(counts, [1, 0, 0], "the newer of the two counts, and they do not alternate");
    assert_eq!(icb.levels()["X90101"]["level"], "4");
}

#[test]
fn a_private_authority_is_trusted_when_its_certificate_is_named() {
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_cert = ca.self_signed(&ca_key).unwrap();
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let cert = leaf.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![cert.der().clone()],
            rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let config = Arc::new(config);
    let server = Server::over(
        |_, _| Reply::ok(sheet("X90100")),
        Arc::new(move |stream| {
            let connection = rustls::ServerConnection::new(config.clone()).ok()?;
            Some(Box::new(rustls::StreamOwned::new(connection, stream)))
        }),
    );
    let icb = fetching(&format!("url = \"https://localhost:{}/quality.csv\"", server.port()));
    let (report, _) = intake(&icb, "2026-07-14");
    let why = download(&report)["why"].as_str().unwrap();
    assert!(why.contains("is not one that this computer trusts") && why.contains("ca_bundle"), "{why}");
    let pem = icb.data().join("ca.pem");
    fs::write(&pem, ca_cert.pem()).unwrap();
    icb.edit("pipeline.toml", "tries = 3", &format!("tries = 3\nca_bundle = \"{}\"", text(&pem)));
    let (report, _) = intake(&icb, "2026-07-14");
    assert_eq!(download(&report)["state"], "new", "{report}");
}

#[test]
fn a_proxy_is_asked_for_what_lies_elsewhere_and_not_for_this_computer() {
    let proxy = Server::new(|_, _| Reply::status(403));
    let home = Server::new(|_, _| Reply::ok(sheet("X90100")));
    let line = format!("tries = 1\nproxy = \"http://{}\"", proxy.host());
    let icb = fetching("url = \"https://files.example/quality.csv\"");
    icb.edit("pipeline.toml", "tries = 3", &line);
    let (report, _) = intake(&icb, "2026-07-14");
    assert_eq!(proxy.asked()[0].line, "CONNECT files.example:443", "{report}");
    assert_eq!(download(&report)["state"], "missing");
    let icb = from(&home, "/quality.csv");
    icb.edit("pipeline.toml", "tries = 3", &line);
    assert_eq!(download(&intake(&icb, "2026-07-14").0)["state"], "new");
    assert_eq!(proxy.asked().len(), 1);
}

#[test]
fn a_host_that_cannot_be_reached_costs_patience_once() {
    // A port that was free a moment ago and on which nobody listens.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let icb = fetching(&format!("url = \"http://127.0.0.1:{port}/quality.csv\""));
    let other = format!("\n[download]\nurl = \"http://127.0.0.1:{port}/visits.csv\"\n");
    append(&icb, "feeds/visits.toml", &other);
    let (report, exit) = intake(&icb, "2026-07-14");
    assert_eq!(exit, 0);
    let tries: Vec<u64> =
        report["downloads"].as_array().unwrap().iter().map(|d| d["tries"].as_u64().unwrap()).collect();
    assert_eq!(tries, [3, 1], "the second feed of the same host is tried once");
    let why = download(&report)["why"].as_str().unwrap();
    assert!(why.contains("cannot be reached (") && why.contains("refused"), "{why}");
}
