//! `[download]` of a feed: where its file is fetched from; and `[downloads]` of `pipeline.toml`: how
//! patiently.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;

use super::checked::read_choice;
use super::feed::{Cadence, Feed};
use super::host::may_be_asked;
use super::limits::{MEGABYTE, at_least_one, megabytes, seconds};
use super::period::{Every, PLACEHOLDERS, fill, placeholders};
use super::reader::{At, Placed, Report, Table};
use super::secret::{read_place, read_whole_path, refuse_secrets, secret_in};
use crate::diagnostic::{Code, likely};
use crate::secret::Place;

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
    pub token: Option<Place>,
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
    pub smartsheet_token: Option<Place>,
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
        let token = read_place(&mut table, "token");
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
                let help = "write url = \"https://…\" or smartsheet = the number of the sheet";
                report.error(&table.at(), Code::MissingKey, "the source is missing", Some(help.to_owned()));
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
            let help = Some("write for instance member = \"*.csv\"".to_owned());
            report.error(&table.at(), Code::MissingKey, message, help);
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
            let help = Some("write period = \"month\", \"quarter\" or \"year\"".to_owned());
            let message =
                "the address has a period in it, and how long one is cannot be told from the cadence";
            report.error(&table.at(), Code::MissingKey, message, help);
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
    let wrong = |message: String, help: Option<&str>| {
        report.error(&address.at, Code::BadValue, message, help.map(str::to_owned));
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
        let help = "name the environment variable or the file that holds it: token_env = \"…\" or token_file = \"…\"";
        let message = format!("`url` holds {what}: secrets never stand in the pipeline folder");
        report.error(&address.at, Code::Secret, message, Some(help.to_owned()));
        return false;
    }
    let last = url.path_segments().and_then(|mut s| s.next_back().map(str::to_owned)).unwrap_or_default();
    if !named && !last.contains('.') {
        let message = "the address does not end in a file name";
        let help = Some("say how the file is called: name = \"epraccur.csv\"".to_owned());
        report.error(&address.at, Code::MissingKey, message, help);
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
        let help = match likely(found, known()) {
            Some(near) => format!("did you mean {{{near}}}?"),
            None => {
                let all: Vec<String> = known().map(|name| format!("{{{name}}}")).collect();
                format!("the placeholders are {}", all.join(", "))
            }
        };
        report.error(&text.at, Code::UnknownName, format!("there is no placeholder {{{found}}}"), Some(help));
    }
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
                    let help = "set the environment variable HTTPS_PROXY instead, and leave `proxy` out";
                    report.error(&proxy.at, Code::Secret, message, Some(help.to_owned()));
                    return None;
                }
                Some(_) => return Some(proxy.value),
            };
            report.error(&proxy.at, Code::BadValue, message, None);
            None
        });
        let ca_bundle = read_whole_path(&mut table, "ca_bundle");
        let smartsheet = table.text_or_none("smartsheet").and_then(|base| {
            let url = Url::parse(&base.value).ok().filter(|u| may_be_asked(u) && secret_in(u).is_none());
            if url.is_none() {
                let message = "`smartsheet` is not an https address such as https://api.smartsheet.eu/2.0";
                report.error(&base.at, Code::BadValue, message, None);
            }
            url.map(|_| base.value.trim_end_matches('/').to_owned())
        });
        let smartsheet_token = read_place(&mut table, "smartsheet_token");
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

/// Notes feeds that want a token for Smartsheet where nothing says where it is kept.
pub(super) fn check_tokens(report: &Report, feeds: &[Feed], downloads: &Downloads) {
    let wanting = feeds.iter().filter(|feed| {
        let download = feed.download.as_ref().filter(|d| d.token.is_none());
        download.is_some_and(|d| matches!(d.origin, Origin::Smartsheet { .. }))
    });
    for feed in wanting.filter(|_| downloads.smartsheet_token.is_none()) {
        let at = At { file: format!("feeds/{}.toml", feed.id).into(), line: 1 };
        let help =
            "write smartsheet_token_env = \"QUARTERDAY_SMARTSHEET_TOKEN\" under [downloads] of pipeline.toml";
        let message = "Smartsheet wants a token, and nothing says where it is kept";
        report.error(&at, Code::MissingKey, message, Some(help.to_owned()));
    }
}
