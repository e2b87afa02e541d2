//! One try to fetch one address.
//!
//! The limits are our own: the client's timeout is per read, it has no limit on size, and it would
//! follow a redirect anywhere and take the token along.

use std::error::Error;
use std::io::{self, Read};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use reqwest::blocking::{Client, Response};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER, TRANSFER_ENCODING,
};
use reqwest::redirect::Policy;
use reqwest::{Certificate, NoProxy, Proxy, StatusCode, Url, Version};

use super::retry::{Fault, Next, retry_after};
use crate::pipeline::{Downloads, is_loopback, may_be_asked};
use crate::secret::Secret;
use crate::time::Clock;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The address.
    pub url: Url,
    /// The kind of content wanted, where the server offers several.
    pub accept: Option<&'static str>,
    /// The token to show; never to another host than that of the address.
    pub token: Option<Secret>,
    /// The mark of what we have, as the server gave it.
    pub etag: Option<String>,
    /// When what we have was changed, as the server wrote it.
    pub modified: Option<String>,
    /// Other hosts to which the server may send us on.
    pub redirect_to: Vec<String>,
}

/// What the server gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// What we have is still what there is.
    Unchanged,
    /// A file.
    File(Body),
}

/// A file as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Its bytes, unpacked where the server packed them for the way.
    pub bytes: Vec<u8>,
    /// The server's mark of this version.
    pub etag: Option<String>,
    /// When it was changed, as the server wrote it.
    pub modified: Option<String>,
    /// What kind of content the server says it is.
    pub kind: String,
    /// Whether its length is what the server had said, or was told on the way.
    pub vouched: bool,
}

/// Redirects that are followed in one try.
const HOPS: usize = 5;
/// The longest that one read may take, whatever the deadline.
const STALL: Duration = Duration::from_secs(30);

/// A client for downloads.
pub struct Fetcher<'d> {
    settings: &'d Downloads,
    abroad: Client,
    home: Client,
}

impl<'d> Fetcher<'d> {
    /// A client with the proxy and certificates of the settings.
    ///
    /// # Errors
    /// If a certificate file cannot be read or a client cannot be made of it all.
    pub fn new(settings: &'d Downloads) -> Result<Self, Fault> {
        crate::tls::install();
        let builder = || {
            Client::builder()
                .user_agent(concat!("quarterday/", env!("CARGO_PKG_VERSION")))
                .redirect(Policy::none())
                .connect_timeout(settings.deadline.min(STALL))
        };
        let made = |client: reqwest::Result<Client>| {
            client.map_err(|e| Fault::lasting(format!("a connection cannot be prepared ({})", innermost(&e))))
        };
        let mut certificates = Vec::new();
        if let Some(path) = &settings.ca_bundle {
            let unusable = |why: String| {
                Fault::lasting(format!(
                    "the certificates in {} (ca_bundle) cannot be used: {why}",
                    path.display()
                ))
            };
            let pem = std::fs::read(path).map_err(|e| unusable(e.to_string()))?;
            certificates = Certificate::from_pem_bundle(&pem).map_err(|e| unusable(innermost(&e)))?;
            if certificates.is_empty() {
                return Err(unusable("the file holds no certificate in PEM form".to_owned()));
            }
        }
        let mut abroad = builder().tls_certs_merge(certificates.clone());
        if let Some(proxy) = &settings.proxy {
            let proxy = Proxy::all(proxy)
                .map_err(|e| Fault::lasting(format!("the proxy cannot be used ({})", innermost(&e))))?;
            abroad = abroad.proxy(proxy.no_proxy(NoProxy::from_env()));
        }
        let home = builder().no_proxy().tls_certs_merge(certificates);
        Ok(Self { settings, abroad: made(abroad.build())?, home: made(home.build())? })
    }

    /// Asks once; it is over by its own deadline and by that of all tries, whatever the server does.
    ///
    /// # Errors
    /// What went wrong, and whether it is worth another try. No message holds a token, or an address
    /// beyond its host.
    pub fn ask(&self, ask: &Ask, latest: Duration, clock: &dyn Clock) -> Result<Answer, Fault> {
        let until = Until::the_earlier_of(latest, self.settings, clock);
        let mut url = ask.url.clone();
        for _ in 0..=HOPS {
            let response = self.send(ask, &url, until, clock)?;
            let status = response.status();
            if status == StatusCode::NOT_MODIFIED && (ask.etag.is_some() || ask.modified.is_some()) {
                return Ok(Answer::Unchanged);
            }
            if !status.is_redirection() {
                return self.answer(response, &url, until, clock);
            }
            url = next_hop(&response, &url, ask)?;
        }
        let message = format!("{} sends us on more than {HOPS} times, in a circle perhaps", host(&ask.url));
        Err(Fault::lasting(message))
    }

    fn send(&self, ask: &Ask, url: &Url, until: Until, clock: &dyn Clock) -> Result<Response, Fault> {
        let client = if url.host_str().is_some_and(is_loopback) { &self.home } else { &self.abroad };
        let left = until.left(clock);
        if left.is_zero() {
            return Err(too_slow(url, until));
        }
        let request = client.get(url.clone()).headers(headers(ask, url)?).timeout(left.min(STALL));
        request.send().map_err(|error| transport(&error, url))
    }

    fn answer(
        &self,
        response: Response,
        url: &Url,
        until: Until,
        clock: &dyn Clock,
    ) -> Result<Answer, Fault> {
        let status = response.status();
        let header = |name| text(response.headers(), name);
        if !status.is_success() {
            let asked = header(RETRY_AFTER).and_then(|v| retry_after(&v, clock.now()));
            let kind = header(CONTENT_TYPE).unwrap_or_default();
            if kind.contains("json") {
                // Whatever cannot be read of an error's body only makes its message shorter.
                let body = read(response, 64 * 1024, until, clock).unwrap_or_default();
                if let Some(fault) = super::smartsheet::fault(&body, status.as_u16(), asked) {
                    return Err(fault);
                }
            }
            return Err(refusal(status, url, asked));
        }
        if status != StatusCode::OK {
            let message = format!("{} answers {status} instead of the whole file", host(url));
            return Err(Fault::passing(message));
        }
        let (etag, modified) = (header(ETAG), header(LAST_MODIFIED));
        let kind = header(CONTENT_TYPE).unwrap_or_default().to_lowercase();
        let promised = header(CONTENT_LENGTH).and_then(|v| v.parse::<u64>().ok());
        if promised.is_some_and(|length| length > self.settings.largest) {
            return Err(too_large(url, self.settings.largest));
        }
        let told_on_the_way = header(TRANSFER_ENCODING).is_some_and(|v| v.to_lowercase().contains("chunked"))
            || response.version() >= Version::HTTP_2;
        let most = self.settings.largest;
        let bytes = read(response, most, until, clock).map_err(|cut| match cut {
            Cut::Late => too_slow(url, until),
            Cut::Long => too_large(url, most),
            Cut::Off => cut_off(url),
        })?;
        if promised.is_some_and(|length| length != bytes.len() as u64) {
            return Err(cut_off(url));
        }
        if bytes.is_empty() {
            return Err(Fault::passing(format!("{} sent an empty file", host(url))));
        }
        // The API may tell an error as if all were well.
        if kind.contains("json")
            && let Some(fault) = super::smartsheet::fault(&bytes, status.as_u16(), None)
        {
            return Err(fault);
        }
        let vouched = promised.is_some() || told_on_the_way;
        Ok(Answer::File(Body { bytes, etag, modified, kind, vouched }))
    }
}

/// The moment by which a try is over, and the setting that says so.
#[derive(Debug, Clone, Copy)]
struct Until {
    moment: Duration,
    time: Duration,
    setting: &'static str,
}

impl Until {
    fn the_earlier_of(latest: Duration, settings: &Downloads, clock: &dyn Clock) -> Self {
        let own = clock.elapsed().saturating_add(settings.deadline);
        match own <= latest {
            true => Self { moment: own, time: settings.deadline, setting: "deadline_seconds" },
            false => Self { moment: latest, time: settings.patience, setting: "patience_seconds" },
        }
    }

    fn left(self, clock: &dyn Clock) -> Duration {
        self.moment.saturating_sub(clock.elapsed())
    }
}

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// The time was over.
    Late,
    /// It is longer than may be.
    Long,
    /// The connection broke.
    Off,
}

/// Reads a body, by a thread of its own: the client's time limit is one for each read, and a server that
/// sends a byte now and then would keep that from ever being over.
fn read(mut response: Response, most: u64, until: Until, clock: &dyn Clock) -> Result<Vec<u8>, Cut> {
    let (give, take) = mpsc::sync_channel::<io::Result<Vec<u8>>>(1);
    let reading = std::thread::Builder::new().spawn(move || {
        let mut step = vec![0; 64 * 1024];
        loop {
            let read = response.read(&mut step).map(|n| step.get(..n).unwrap_or_default().to_vec());
            let over = read.as_ref().map_or(true, Vec::is_empty);
            // Nobody listens any more once the time is over.
            if give.send(read).is_err() || over {
                return;
            }
        }
    });
    reading.map_err(|_| Cut::Off)?;
    let mut bytes = Vec::new();
    loop {
        match take.recv_timeout(until.left(clock)) {
            Ok(Ok(piece)) if piece.is_empty() => return Ok(bytes),
            Ok(Ok(piece)) => bytes.extend_from_slice(&piece),
            // An error here wraps one of the client's: a body that was cut off arrives this way.
            Ok(Err(error)) => return Err(if is_timeout(&error) { Cut::Late } else { Cut::Off }),
            Err(RecvTimeoutError::Timeout) => return Err(Cut::Late),
            Err(RecvTimeoutError::Disconnected) => return Err(Cut::Off),
        }
        if bytes.len() as u64 > most {
            return Err(Cut::Long);
        }
    }
}

fn headers(ask: &Ask, url: &Url) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    if let Some(accept) = ask.accept {
        set(ACCEPT, accept);
    }
    if let Some(etag) = &ask.etag {
        set(IF_NONE_MATCH, etag);
    }
    if let Some(modified) = &ask.modified {
        set(IF_MODIFIED_SINCE, modified);
    }
    if let Some(token) = ask.token.as_ref().filter(|_| same_host(url, &ask.url)) {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.reveal()))
            .map_err(|_| Fault::lasting("the token has characters in it that no token has"))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

fn next_hop(response: &Response, from: &Url, ask: &Ask) -> Result<Url, Fault> {
    let to = text(response.headers(), LOCATION).and_then(|to| from.join(&to).ok());
    let Some(to) = to else {
        return Err(Fault::lasting(format!(
            "{} answers {} without saying where",
            host(from),
            response.status()
        )));
    };
    if !may_be_asked(&to) || (from.scheme() == "https" && to.scheme() != "https") {
        let message = format!("{} sends us on to an address that is not https, which is refused", host(from));
        return Err(Fault::lasting(message));
    }
    let allowed = same_host(&to, &ask.url)
        || ask.redirect_to.iter().any(|name| *name == host(&to) || Some(name.as_str()) == to.host_str());
    if !allowed {
        return Err(Fault::lasting(format!(
            "{} sends us on to {}, which the feed does not allow; if that is right, add redirect_to = [\"{}\"]",
            host(&ask.url),
            host(&to),
            host(&to)
        )));
    }
    Ok(to)
}

fn text(headers: &HeaderMap, name: reqwest::header::HeaderName) -> Option<String> {
    headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned)
}

fn same_host(a: &Url, b: &Url) -> bool {
    a.host_str() == b.host_str() && a.port_or_known_default() == b.port_or_known_default()
}

/// The host of an address, with its port where it is an unusual one. Paths may hold what nobody should
/// read in a log.
pub fn host(url: &Url) -> String {
    let name = url.host_str().unwrap_or("the server");
    url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"))
}

fn refusal(status: StatusCode, url: &Url, asked: Option<Duration>) -> Fault {
    let host = host(url);
    let code = status.as_u16();
    let (message, next) = match code {
        404 | 410 => (format!("{host} has no such file ({code})"), Next::NotThere),
        401 | 403 => (
            format!("{host} refuses us ({code}): the file needs a login or a token, or the address is wrong"),
            Next::GiveUp,
        ),
        408 | 425 | 429 | 500..=599 => {
            let what = match code {
                429 => "asks us to come back later",
                503 => "is not available",
                _ => "cannot answer now",
            };
            (format!("{host} {what} ({code})"), Next::Again(asked.unwrap_or_default()))
        }
        _ => (format!("{host} answers {status}"), Next::GiveUp),
    };
    Fault { message, next }
}

fn too_large(url: &Url, largest: u64) -> Fault {
    let most = largest / (1024 * 1024);
    Fault::lasting(format!(
        "the file of {} is larger than {most} MB (largest_mb); nothing of it was kept",
        host(url)
    ))
}

fn too_slow(url: &Url, until: Until) -> Fault {
    let (time, setting) = (super::retry::words(until.time), until.setting);
    Fault::passing(format!("{} did not send the whole file within {time} ({setting})", host(url)))
}

fn cut_off(url: &Url) -> Fault {
    Fault::passing(format!("the file of {} was cut off on its way", host(url)))
}

/// A failure before there was an answer.
fn transport(error: &reqwest::Error, url: &Url) -> Fault {
    let (host, detail) = (host(url), innermost(error));
    let again = Next::Again(Duration::ZERO);
    if detail.contains("certificate") || detail.contains("UnknownIssuer") {
        let message = format!(
            "the certificate of {host} is not one that this computer trusts ({detail}); if your network inspects connections, name its certificates in ca_bundle of [downloads]"
        );
        return Fault::lasting(message);
    }
    let (message, next) = if error.is_timeout() {
        (format!("{host} did not answer in time"), again)
    } else if error.is_connect() {
        (format!("{host} cannot be reached ({detail})"), Next::Unreachable)
    } else {
        (format!("the connection to {host} broke ({detail})"), again)
    };
    Fault { message, next }
}

/// The cause at the bottom of an error, without addresses.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    // The client's own text names the whole address; a cause below it does not.
    match cause.downcast_ref::<std::io::Error>() {
        Some(io) => crate::tls::plain(io),
        None if cause.is::<reqwest::Error>() => "no more is known".to_owned(),
        None => cause.to_string(),
    }
}

fn is_timeout(error: &std::io::Error) -> bool {
    let client = error.get_ref().and_then(|e| e.downcast_ref::<reqwest::Error>());
    error.kind() == std::io::ErrorKind::TimedOut || client.is_some_and(reqwest::Error::is_timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_statuses_that_pass_are_tried_again() {
        let url: Url = "https://files.example/secret/path?x=1".parse().unwrap();
        for (code, passes) in [
            (400, false),
            (401, false),
            (404, false),
            (408, true),
            (425, true),
            (429, true),
            (500, true),
            (503, true),
        ] {
            let fault = refusal(StatusCode::from_u16(code).unwrap(), &url, None);
            assert_eq!(matches!(fault.next, Next::Again(_)), passes, "{code}");
            assert!(!fault.message.contains("secret"), "{}", fault.message);
        }
        let fault = refusal(StatusCode::SERVICE_UNAVAILABLE, &url, Some(Duration::from_secs(9)));
        assert_eq!(fault.next, Next::Again(Duration::from_secs(9)));
    }

    #[test]
    fn a_token_is_shown_to_its_own_host_alone_and_never_printed() {
        let ask = Ask {
            url: "https://api.example/2.0/sheets/1".parse().unwrap(),
            accept: None,
            token: Some(Secret::from("abc".to_owned())),
            etag: None,
            modified: None,
            redirect_to: vec!["files.example".into()],
        };
        assert!(headers(&ask, &ask.url).unwrap().contains_key(AUTHORIZATION));
        let elsewhere = "https://files.example/x".parse().unwrap();
        assert!(!headers(&ask, &elsewhere).unwrap().contains_key(AUTHORIZATION));
        assert!(!format!("{ask:?}").contains("abc"));
    }
}
