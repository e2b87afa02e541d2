//! `[download]` of a feed: where its file is fetched from; and `[downloads]` and `[inbox]` of
//! `pipeline.toml`: how patiently, and when a file in the inbox counts as whole.
//!
//! No secret stands here: a token is named by its environment variable or its file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;

use super::checked::read_choice;
use super::feed::Cadence;
use super::period::{Every, PLACEHOLDERS, fill, placeholders};
use super::reader::{Placed, Report, Table};
use crate::diagnostic::{Code, likely};

/// Where the file of a feed is fetched from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// The place.
    pub origin: Origin,
    /// The name that the file gets, with placeholders; from the address or the archive if left out.
    pub name: Option<String>,
    /// The file wanted in a zip archive, as a pattern with `*` and `?`.
    pub member: Option<String>,
    /// The period in the address, where it has one.
    pub period: Option<Lookback>,
    /// Other hosts to which the server may send us on, as `host` or `host:port`.
    pub redirect_to: Vec<String>,
    /// The token to show, if the server wants one.
    pub token: Option<Token>,
}

/// The place of a download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An address, with placeholders for the period.
    Address(String),
    /// A sheet of Smartsheet, by its number.
    Smartsheet {
        /// The number of the sheet.
        sheet: String,
        /// As what it is exported.
        format: SheetFormat,
    },
}

/// As what a sheet is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetFormat {
    /// Comma-separated text.
    Csv,
    /// An Excel workbook.
    Xlsx,
}

/// Which periods are asked for, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lookback {
    /// The length of a period.
    pub every: Every,
    /// How many periods before the present one are tried.
    pub back: u32,
}

/// Where a token is kept. The token itself is read when it is needed, and kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// In an environment variable.
    Variable(String),
    /// In a file outside the pipeline folder.
    File(PathBuf),
}

/// `[downloads]` of `pipeline.toml`: how files are fetched.
#[derive(Debug, Clone, PartialEq)]
pub struct Downloads {
    /// The time for one try, from the first byte asked to the last received.
    pub deadline: Duration,
    /// How often a source is tried in a run.
    pub tries: u32,
    /// The wait after the first failure; it doubles.
    pub first_wait: Duration,
    /// The time for all tries of one source, waits included.
    pub patience: Duration,
    /// The largest file that is fetched, in bytes.
    pub largest: u64,
    /// The largest file that is taken out of an archive, in bytes.
    pub largest_unpacked: u64,
    /// A proxy for every address but those of this computer.
    pub proxy: Option<String>,
    /// Certificates of authorities to trust besides those of the system.
    pub ca_bundle: Option<PathBuf>,
    /// The address of Smartsheet's API.
    pub smartsheet: String,
    /// The token for Smartsheet, unless a feed names its own.
    pub smartsheet_token: Option<Token>,
}

impl Default for Downloads {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(120),
            tries: 4,
            first_wait: Duration::from_secs(1),
            patience: Duration::from_secs(180),
            largest: 100 * MEGABYTE,
            largest_unpacked: 500 * MEGABYTE,
            proxy: None,
            ca_bundle: None,
            smartsheet: "https://api.smartsheet.com/2.0".to_owned(),
            smartsheet_token: None,
        }
    }
}

/// `[inbox]` of `pipeline.toml`: when a file in the inbox counts as whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// How long a file must lie unchanged.
    pub settle: Duration,
    /// How long a workbook whose end is missing must lie unchanged before it counts as damaged.
    pub half_file: Duration,
    /// The largest file that is read, in bytes.
    pub largest: u64,
}

impl Default for Watch {
    fn default() -> Self {
        let (settle, half_file) = (Duration::from_secs(3), Duration::from_secs(20));
        Self { settle, half_file, largest: 200 * MEGABYTE }
    }
}

const MEGABYTE: u64 = 1024 * 1024;

/// Keys under which people write secrets.
const SECRETS: [&str; 10] = [
    "token",
    "access_token",
    "password",
    "secret",
    "api_key",
    "apikey",
    "key",
    "bearer",
    "authorization",
    "header",
];

impl Download {
    /// Reads `[download]`; the cadence says how long a period is where the table does not.
    pub(super) fn read(mut table: Table<'_>, cadence: Option<Cadence>) -> Option<Self> {
        let report = table.report().clone();
        refuse_secrets(&mut table);
        let address = table.text_or_none("url");
        let sheet = table.digits_or_none("smartsheet");
        let format =
            read_choice(&mut table, "format", &[("csv", SheetFormat::Csv), ("xlsx", SheetFormat::Xlsx)]);
        let name = table.text_or_none("name");
        let member = table.text_or_none("member");
        let period = read_period(&mut table, cadence);
        let hosts = table.texts("redirect_to");
        let token = read_token(&mut table, "token_env", "token_file");
        let origin = match (address, sheet) {
            (Some(address), None) => {
                let named = name.is_some() || member.is_some();
                check_address(&report, &address, named).then_some(Origin::Address(address.value))
            }
            (None, Some(sheet)) => {
                Some(Origin::Smartsheet { sheet: sheet.value, format: format.unwrap_or(SheetFormat::Csv) })
            }
            (Some(_), Some(sheet)) => {
                let message = "`url` and `smartsheet` stand together; a feed has one source";
                report.error(&sheet.at, Code::BadValue, message, None);
                None
            }
            (None, None) if table.has("url") || table.has("smartsheet") => None,
            (None, None) => {
                let mend = "write url = \"https://…\" or smartsheet = the number of the sheet";
                report.error(&table.at(), Code::MissingKey, "the source is missing", Some(mend.to_owned()));
                None
            }
        };
        for name in name.iter().filter(|n| n.value.contains(['/', '\\'])) {
            let message = "a file name has no folders in it";
            report.error(&name.at, Code::BadValue, message, None);
        }
        if let (Some(Origin::Address(address)), None) = (&origin, &member)
            && address.to_lowercase().ends_with(".zip")
        {
            let message = "the address is that of a zip archive, and which file in it is wanted is not said";
            let mend = Some("write for instance member = \"*.csv\"".to_owned());
            report.error(&table.at(), Code::MissingKey, message, mend);
        }
        let texts = [&name].into_iter().flatten().map(|n| n.value.as_str());
        let address = match &origin {
            Some(Origin::Address(address)) => Some(address.as_str()),
            _ => None,
        };
        let asks = texts.chain(address).any(|text| !placeholders(text).is_empty());
        for name in name.iter() {
            check_placeholders(&report, name);
        }
        if asks && period.is_none() {
            let mend = Some("write period = \"month\", \"quarter\" or \"year\"".to_owned());
            let message =
                "the address has a period in it, and how long one is cannot be told from the cadence";
            report.error(&table.at(), Code::MissingKey, message, mend);
        }
        Some(Self {
            origin: origin?,
            name: name.map(|n| n.value),
            member: member.map(|m| m.value),
            period: period.filter(|_| asks),
            redirect_to: hosts.into_iter().map(|h| h.value.to_lowercase()).collect(),
            token,
        })
    }
}

fn read_period(table: &mut Table<'_>, cadence: Option<Cadence>) -> Option<Lookback> {
    let words = [("month", Every::Month), ("quarter", Every::Quarter), ("year", Every::Year)];
    let every = read_choice(table, "period", &words).or(match cadence {
        Some(Cadence::Monthly) => Some(Every::Month),
        Some(Cadence::Quarterly) => Some(Every::Quarter),
        Some(Cadence::Yearly) => Some(Every::Year),
        Some(Cadence::AsMade) | None => None,
    });
    let back = table.count_or_none("look_back");
    if let Some(back) = back.as_ref().filter(|b| b.value > 24) {
        table.report().error(&back.at, Code::BadValue, "`look_back` is at most 24 periods", None);
    }
    let every = every?;
    let usual = if every == Every::Month { 3 } else { 2 };
    Some(Lookback { every, back: back.map_or(usual, |b| b.value.min(24)) })
}

/// Whether an address can be used; what is wrong with it is noted.
fn check_address(report: &Report, address: &Placed<String>, named: bool) -> bool {
    check_placeholders(report, address);
    // Any period shows whether the address has the form of one.
    let sample = sample(&address.value);
    let wrong = |message: String, mend: Option<&str>| {
        report.error(&address.at, Code::BadValue, message, mend.map(str::to_owned));
        false
    };
    let Ok(url) = Url::parse(&sample) else {
        return wrong("`url` is not an address such as https://host/path".to_owned(), None);
    };
    if !may_be_asked(&url) {
        return wrong(
            format!("`url` begins with {}: data are only fetched over https", url.scheme()),
            Some("write https://; http is for addresses of this computer, for tests"),
        );
    }
    if let Some(what) = secret_in(&url) {
        let mend = "name the environment variable or the file that holds it: token_env = \"…\" or token_file = \"…\"";
        let message = format!("`url` holds {what}: secrets never stand in the pipeline folder");
        report.error(&address.at, Code::Secret, message, Some(mend.to_owned()));
        return false;
    }
    let last = url.path_segments().and_then(|mut s| s.next_back().map(str::to_owned)).unwrap_or_default();
    if !named && !last.contains('.') {
        let message = "the address does not end in a file name";
        let mend = Some("say how the file is called: name = \"epraccur.csv\"".to_owned());
        report.error(&address.at, Code::MissingKey, message, mend);
        return false;
    }
    true
}

/// An address with its placeholders filled for some period.
fn sample(text: &str) -> String {
    let calendar = super::Calendar { year_starts: 4, bank_holidays: Vec::new() };
    fill(text, chrono::NaiveDate::default(), &calendar)
}

fn check_placeholders(report: &Report, text: &Placed<String>) {
    let known = || PLACEHOLDERS.iter().map(|(name, _)| *name);
    for found in placeholders(&text.value) {
        if known().any(|name| name == found) {
            continue;
        }
        let mend = match likely(found, known()) {
            Some(near) => format!("did you mean {{{near}}}?"),
            None => {
                let all: Vec<String> = known().map(|name| format!("{{{name}}}")).collect();
                format!("the placeholders are {}", all.join(", "))
            }
        };
        report.error(&text.at, Code::UnknownName, format!("there is no placeholder {{{found}}}"), Some(mend));
    }
}

/// Whether an address may be asked: https, or this computer.
pub fn may_be_asked(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.host_str().is_some(),
        "http" => is_loopback(url),
        _ => false,
    }
}

/// Whether an address is one of this computer.
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// What in an address looks like a secret.
fn secret_in(url: &Url) -> Option<String> {
    if url.password().is_some() || !url.username().is_empty() {
        return Some("a user name or password".to_owned());
    }
    let words = ["token", "secret", "password", "signature", "apikey", "subscriptionkey", "accesskey", "sig"];
    let named = url.query_pairs().find(|(name, value)| {
        let name: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        !value.is_empty()
            && (words.iter().any(|w| name.ends_with(w)) || matches!(name.as_str(), "key" | "code"))
    });
    named.map(|(name, _)| format!("what looks like a secret (`{name}`)"))
}

/// Notes keys that would hold a secret, without repeating what they hold.
fn refuse_secrets(table: &mut Table<'_>) {
    for key in SECRETS {
        if !table.has(key) {
            continue;
        }
        table.know(key);
        let mend = "name where it is kept: token_env = \"QUARTERDAY_TOKEN\" or token_file = \"/etc/quarterday/token\"";
        let message = format!("`{key}` would put a secret into the pipeline folder");
        table.report().error(&table.at_of(key), Code::Secret, message, Some(mend.to_owned()));
    }
}

fn read_token(table: &mut Table<'_>, variable: &str, file: &str) -> Option<Token> {
    let report = table.report().clone();
    let (variable_key, file_key) = (variable, file);
    let variable = table.text_or_none(variable_key);
    let file = table.text_or_none(file_key);
    if let (Some(_), Some(file)) = (&variable, &file) {
        let message = format!("`{variable_key}` and `{file_key}` stand together; name one of them");
        report.error(&file.at, Code::BadValue, message, None);
    }
    if let Some(name) = variable {
        let first = |c: char| c.is_ascii_uppercase() || c == '_';
        let fits = name.value.starts_with(first)
            && name.value.len() <= 64
            && name.value.chars().all(|c| first(c) || c.is_ascii_digit());
        if !fits {
            let message = format!("`{variable_key}` is not the name of an environment variable");
            let mend =
                "capital letters, digits and _, such as QUARTERDAY_SMARTSHEET_TOKEN; never the token itself";
            report.error(&name.at, Code::Secret, message, Some(mend.to_owned()));
        }
        return Some(Token::Variable(name.value));
    }
    let file = file?;
    let path = PathBuf::from(&file.value);
    if !rooted(&path, &file.value) {
        let message = format!("`{file_key}` is not the full path of a file outside the pipeline folder");
        let mend = Some("such as /etc/quarterday/smartsheet-token".to_owned());
        report.error(&file.at, Code::Secret, message, mend);
    }
    Some(Token::File(path))
}

/// Whether a path is whole, on this system or on Windows: a folder is checked where it is written too.
fn rooted(path: &Path, text: &str) -> bool {
    let drive = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic())
        && matches!(text.get(1..3), Some(":\\" | ":/"));
    path.is_absolute() || drive || text.starts_with("\\\\")
}

impl Downloads {
    pub(super) fn read(mut table: Table<'_>) -> Self {
        let report = table.report().clone();
        let usual = Self::default();
        refuse_secrets(&mut table);
        let deadline = seconds(&mut table, "deadline_seconds", usual.deadline);
        let tries = at_least_one(&mut table, "tries", usual.tries);
        let first_wait = seconds(&mut table, "first_wait_seconds", usual.first_wait);
        let patience = seconds(&mut table, "patience_seconds", usual.patience);
        let largest = megabytes(&mut table, "largest_mb", usual.largest);
        let largest_unpacked = megabytes(&mut table, "largest_unpacked_mb", usual.largest_unpacked);
        let proxy = table.text_or_none("proxy").and_then(|proxy| {
            let url = Url::parse(&proxy.value).ok().filter(|u| matches!(u.scheme(), "http" | "https"));
            let message = match url {
                None => "`proxy` is not an address such as http://proxy.example:3128",
                Some(url) if secret_in(&url).is_some() => {
                    let message =
                        "`proxy` holds a user name or password: secrets never stand in the pipeline folder";
                    let mend = "set the environment variable HTTPS_PROXY instead, and leave `proxy` out";
                    report.error(&proxy.at, Code::Secret, message, Some(mend.to_owned()));
                    return None;
                }
                Some(_) => return Some(proxy.value),
            };
            report.error(&proxy.at, Code::BadValue, message, None);
            None
        });
        let ca_bundle = table.text_or_none("ca_bundle").map(|p| PathBuf::from(p.value));
        let smartsheet = table.text_or_none("smartsheet").and_then(|base| {
            let url = Url::parse(&base.value).ok().filter(|u| may_be_asked(u) && secret_in(u).is_none());
            if url.is_none() {
                let message = "`smartsheet` is not an https address such as https://api.smartsheet.eu/2.0";
                report.error(&base.at, Code::BadValue, message, None);
            }
            url.map(|_| base.value.trim_end_matches('/').to_owned())
        });
        let smartsheet_token = read_token(&mut table, "smartsheet_token_env", "smartsheet_token_file");
        let smartsheet = smartsheet.unwrap_or(usual.smartsheet);
        Self {
            deadline,
            tries,
            first_wait,
            patience,
            largest,
            largest_unpacked,
            proxy,
            ca_bundle,
            smartsheet,
            smartsheet_token,
        }
    }
}

impl Watch {
    pub(super) fn read(mut table: Table<'_>) -> Self {
        let usual = Self::default();
        Self {
            settle: seconds(&mut table, "settle_seconds", usual.settle),
            half_file: seconds(&mut table, "half_file_seconds", usual.half_file),
            largest: megabytes(&mut table, "largest_mb", usual.largest),
        }
    }
}

fn seconds(table: &mut Table<'_>, key: &str, usual: Duration) -> Duration {
    let Some(found) = table.number_or_none(key) else { return usual };
    match Duration::try_from_secs_f64(found.value) {
        Ok(duration) if found.value <= 3600.0 => duration,
        _ => {
            let message = format!("`{key}` is {}; it takes seconds from 0 to 3,600", found.value);
            table.report().error(&found.at, Code::BadValue, message, None);
            usual
        }
    }
}

fn at_least_one(table: &mut Table<'_>, key: &str, usual: u32) -> u32 {
    let Some(found) = table.count_or_none(key) else { return usual };
    if found.value == 0 {
        let message = format!("`{key}` is 0; it takes a whole number from 1");
        table.report().error(&found.at, Code::BadValue, message, None);
        return usual;
    }
    found.value
}

fn megabytes(table: &mut Table<'_>, key: &str, usual: u64) -> u64 {
    let usual = u32::try_from(usual / MEGABYTE).unwrap_or(u32::MAX);
    u64::from(at_least_one(table, key, usual)) * MEGABYTE
}
