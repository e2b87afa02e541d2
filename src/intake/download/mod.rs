//! Files that are fetched instead of dropped: by address, or from Smartsheet.
//!
//! A download is one more way into the store. What it gives becomes an arrival like a file from the
//! inbox, and everything after that treats both alike.

mod archive;
mod http;
pub mod retry;
mod smartsheet;

use chrono::NaiveDate;
use reqwest::Url;

use self::http::{Answer, Ask, Body, Fetcher, host};
use self::retry::{Fault, Limits, Next, persist};
use super::file_name::plain_name;
use super::whole::whole_archive;
use crate::pipeline::{Download, Downloads, Feed, Origin, Pipeline, fill};
use crate::secret::{Kind, Secret};
use crate::time::Clock;

/// What the ledger remembers of the last file that a source gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The server's mark of that version.
    pub etag: Option<String>,
    /// When it was changed, as the server wrote it.
    pub modified: Option<String>,
}

/// What a source gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// What we have is still what there is.
    Unchanged {
        /// The source, as the ledger keeps it.
        source: String,
    },
    /// A file.
    File(File),
}

/// A fetched file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The source, as the ledger keeps it: an address without secrets, and the member of an archive.
    pub source: String,
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How to ask the next time.
    pub mark: Mark,
    /// Whether something says that all of it came: its length, its own end, or how it was sent.
    pub vouched: bool,
}

/// The downloads of one run. A host that cannot be reached is not asked patiently a second time.
pub struct Round<'r> {
    pipeline: &'r Pipeline,
    as_of: NaiveDate,
    clock: &'r dyn Clock,
    variables: &'r dyn Fn(&str) -> Option<String>,
    client: Option<Fetcher<'r>>,
    unreachable: Vec<String>,
}

impl<'r> Round<'r> {
    /// Downloads of a pipeline for a date. Nothing is asked yet, and no client is made before it is needed.
    pub fn new(
        pipeline: &'r Pipeline,
        as_of: NaiveDate,
        clock: &'r dyn Clock,
        variables: &'r dyn Fn(&str) -> Option<String>,
    ) -> Self {
        Self { pipeline, as_of, clock, variables, client: None, unreachable: Vec::new() }
    }

    /// Fetches the file of a feed; `known` gives what the ledger remembers of a source. Gives the number of
    /// tries too.
    ///
    /// Of the periods in an address the newest that is there counts.
    ///
    /// # Errors
    /// Why there is no file: a sentence for the person who can correct it, without secrets.
    pub fn fetch(
        &mut self,
        feed: &Feed,
        download: &Download,
        known: &dyn Fn(&str) -> Option<Mark>,
    ) -> (u32, Result<Fetched, Fault>) {
        match self.prepared(download) {
            Ok((token, candidates)) => survives(|| self.first_of(feed, download, token, candidates, known)),
            Err(fault) => (0, Err(fault)),
        }
    }

    fn prepared(&mut self, download: &Download) -> Result<(Option<Secret>, Vec<Candidate>), Fault> {
        let settings = &self.pipeline.downloads;
        let token = download.token.as_ref().or(match download.origin {
            Origin::Smartsheet { .. } => settings.smartsheet_token.as_ref(),
            Origin::Address(_) => None,
        });
        let token = token.map(|place| place.read(Kind::Token, self.variables)).transpose();
        let token = token.map_err(|error| Fault::lasting(error.to_string()))?;
        if token.is_none() && matches!(download.origin, Origin::Smartsheet { .. }) {
            return Err(Fault::lasting(
                "Smartsheet wants a token, and the pipeline does not say where it is kept (smartsheet_token_env of [downloads])",
            ));
        }
        if self.client.is_none() {
            self.client = Some(Fetcher::new(settings)?);
        }
        Ok((token, candidates(self.pipeline, download, self.as_of)))
    }

    fn first_of(
        &mut self,
        feed: &Feed,
        download: &Download,
        token: Option<Secret>,
        candidates: Vec<Candidate>,
        known: &dyn Fn(&str) -> Option<Mark>,
    ) -> (u32, Result<Fetched, Fault>) {
        let (tries, done) = self.first_found(feed, download, token.clone(), candidates, known);
        match token {
            Some(token) => (tries, without(done, &token)),
            None => (tries, done),
        }
    }

    fn first_found(
        &mut self,
        feed: &Feed,
        download: &Download,
        token: Option<Secret>,
        candidates: Vec<Candidate>,
        known: &dyn Fn(&str) -> Option<Mark>,
    ) -> (u32, Result<Fetched, Fault>) {
        let Some(client) = &self.client else { return (0, Err(Fault::lasting("there is no connection"))) };
        let settings = &self.pipeline.downloads;
        let (mut tries, mut missing) = (0, Vec::new());
        // One time for all that is asked of this source, however many periods are looked for.
        let latest = self.clock.elapsed().saturating_add(settings.patience);
        for candidate in candidates {
            let Some(url) = candidate.url.clone() else {
                return (
                    tries,
                    Err(Fault::lasting("the address cannot be read once its period is filled in")),
                );
            };
            let mark = known(&candidate.source);
            let (accept, (etag, modified)) =
                (candidate.accept, mark.map_or((None, None), |m| (m.etag, m.modified)));
            let redirect_to = download.redirect_to.clone();
            let ask = Ask { url, accept, token: token.clone(), etag, modified, redirect_to };
            let mut limits = Limits {
                tries: settings.tries,
                first_wait: settings.first_wait,
                patience: latest.saturating_sub(self.clock.elapsed()),
            };
            let host = host(&ask.url);
            if self.unreachable.contains(&host) {
                limits.tries = 1;
            }
            let (more, done) = persist(limits, self.clock, || {
                let answer = client.ask(&ask, latest, self.clock)?;
                received(answer, &candidate, feed, download, settings)
            });
            tries += more;
            match done {
                Err(fault) if fault.next == Next::NotThere && candidate.period.is_some() => {
                    missing.extend(candidate.period);
                }
                Err(fault) => {
                    if fault.next == Next::Unreachable {
                        self.unreachable.push(host);
                    }
                    return (tries, Err(fault));
                }
                Ok(fetched) => return (tries, Ok(fetched)),
            }
        }
        let message = format!(
            "there is no file for {}: the address may have changed, or the publication is late",
            crate::wording::list(&missing)
        );
        (tries, Err(Fault { message, next: Next::NotThere }))
    }
}

/// What came without what the server repeats of the token: in a name, in a mark of its version, or in what is
/// told of a fault.
fn without(done: Result<Fetched, Fault>, token: &Secret) -> Result<Fetched, Fault> {
    // A mark that was changed would not be one that the server knows.
    let unchanged = |mark: &String| token.taken_out_of(mark) == *mark;
    match done {
        Ok(Fetched::File(mut file)) => {
            file.name = plain_name(&token.taken_out_of(&file.name));
            file.mark.etag = file.mark.etag.filter(unchanged);
            file.mark.modified = file.mark.modified.filter(unchanged);
            Ok(Fetched::File(file))
        }
        Ok(unchanged @ Fetched::Unchanged { .. }) => Ok(unchanged),
        Err(fault) => Err(Fault { message: token.taken_out_of(&fault.message), next: fault.next }),
    }
}

/// What a server sends goes through libraries that are not ours. Where one of them has a bug that download
/// fails, and the run goes on.
fn survives<T>(download: impl FnOnce() -> (u32, Result<T, Fault>)) -> (u32, Result<T, Fault>) {
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(download));
    done.unwrap_or_else(|_| {
        (1, Err(Fault::passing("what the server sent met a bug in quarterday; please report it")))
    })
}

/// One address to try.
struct Candidate {
    url: Option<Url>,
    source: String,
    name: String,
    accept: Option<&'static str>,
    /// The period, as people name it.
    period: Option<String>,
}

/// The addresses of a source, that of the newest period first.
fn candidates(pipeline: &Pipeline, download: &Download, as_of: NaiveDate) -> Vec<Candidate> {
    let calendar = &pipeline.calendar;
    match (&download.origin, download.period) {
        (Origin::Smartsheet { sheet, format }, _) => {
            let url = smartsheet::address(&pipeline.downloads.smartsheet, sheet);
            let ending = smartsheet::ending(*format);
            let name = download.name.as_ref().map(|n| fill(n, as_of, calendar));
            let source = url.as_ref().map(|u| format!("{u}.{ending}")).unwrap_or_default();
            let name = name.unwrap_or_else(|| format!("smartsheet-{sheet}.{ending}"));
            vec![Candidate { url, source, name, accept: Some(smartsheet::accept(*format)), period: None }]
        }
        (Origin::Address(address), None) => vec![addressed(download, address, None, |text| text.to_owned())],
        (Origin::Address(address), Some(look)) => {
            let period = |back| {
                let (_, last) = look.every.around(as_of, back, calendar);
                let name = look.every.name(last, calendar);
                addressed(download, address, Some(name), |text| fill(text, last, calendar))
            };
            (0..=look.back).map(period).collect()
        }
    }
}

fn addressed(
    download: &Download,
    address: &str,
    period: Option<String>,
    filled: impl Fn(&str) -> String,
) -> Candidate {
    let address = filled(address);
    let url = Url::parse(&address).ok();
    let last = url.as_ref().and_then(|u| u.path_segments()?.next_back().map(decoded)).unwrap_or_default();
    let name = download.name.as_deref().map(&filled).unwrap_or(last);
    let source = match &download.member {
        Some(member) => format!("{address}#{member}"),
        None => address,
    };
    Candidate { url, source, name, accept: None, period }
}

/// A part of an address as people write it: `%28` is a bracket.
fn decoded(part: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = part.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let two = (ahead.next(), ahead.next());
        let hex =
            |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
        match (byte, hex(two.0), hex(two.1)) {
            (b'%', Some(high), Some(low)) => {
                out.push(high * 16 + low);
                bytes = ahead;
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What came, as a file of the feed; what is plainly none is a fault.
fn received(
    answer: Answer,
    candidate: &Candidate,
    feed: &Feed,
    download: &Download,
    settings: &Downloads,
) -> Result<Fetched, Fault> {
    let source = candidate.source.clone();
    let Body { bytes, etag, modified, kind, vouched } = match answer {
        Answer::Unchanged => return Ok(Fetched::Unchanged { source }),
        Answer::File(body) => body,
    };
    if is_web_page(&bytes, &kind) {
        return Err(Fault::lasting(format!(
            "a web page came instead of a file: a login or consent page perhaps; fetch the file by hand and drop it into inbox/{}",
            feed.id
        )));
    }
    if whole_archive(&bytes) == Some(false) {
        return Err(Fault::passing("the file was cut off on its way: its end is missing"));
    }
    // An archive that has its end is whole whatever the server said of its length.
    let vouched = vouched || whole_archive(&bytes) == Some(true);
    let (name, bytes) = match &download.member {
        None => (candidate.name.clone(), bytes),
        Some(pattern) => {
            let (member, bytes) = archive::member(&bytes, pattern, settings.largest_unpacked)?;
            let named = download.name.is_some();
            (if named { candidate.name.clone() } else { member }, bytes)
        }
    };
    Ok(Fetched::File(File { source, name: plain_name(&name), bytes, mark: Mark { etag, modified }, vouched }))
}

/// Whether a page for a browser came. A server that wants a login often says so with a page and "200 OK".
fn is_web_page(bytes: &[u8], kind: &str) -> bool {
    let head: Vec<u8> = bytes
        .iter()
        .take(512)
        .skip_while(|b| b.is_ascii_whitespace() || **b >= 0xbb)
        .map(u8::to_ascii_lowercase)
        .collect();
    let page = head.starts_with(b"<!doctype html") || head.starts_with(b"<html");
    page || (kind.starts_with("text/html") && head.starts_with(b"<"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bug_met_in_a_download_is_the_fault_of_that_download() {
        let (tries, done) = survives(|| -> (u32, Result<(), Fault>) { panic!("in a test") });
        assert_eq!(tries, 1);
        assert!(done.unwrap_err().message.contains("a bug in quarterday"));
    }

    #[test]
    fn what_repeats_the_token_is_kept_without_it() {
        let token = Secret::from("tok3n-of-the-board".to_owned());
        let fault = Fault::lasting("we are sent on to tok3n-of-the-board.example");
        let told = without(Err(fault), &token).unwrap_err().message;
        assert_eq!(told, "we are sent on to (a secret, not repeated).example");
        let mark = Mark { etag: Some("W/tok3n-of-the-board".into()), modified: Some("yesterday".into()) };
        let file = File { source: "s".into(), name: "list.csv".into(), bytes: vec![1], mark, vouched: true };
        let Ok(Fetched::File(kept)) = without(Ok(Fetched::File(file)), &token) else { panic!("no file") };
        assert_eq!(
            (kept.name.as_str(), kept.mark.etag, kept.mark.modified.as_deref()),
            ("list.csv", None, Some("yesterday"))
        );
    }

    #[test]
    fn names_in_addresses_are_decoded() {
        assert_eq!(decoded("GPPS_2026_%28weighted%29%20data.csv"), "GPPS_2026_(weighted) data.csv");
        assert_eq!(decoded("100%.csv"), "100%.csv");
    }

    #[test]
    fn a_login_page_is_no_file() {
        assert!(is_web_page(b"\xef\xbb\xbf\n<!DOCTYPE html><title>Sign in", "text/html"));
        assert!(!is_web_page(b"code,name\n", "text/html; charset=utf-8"));
    }
}
