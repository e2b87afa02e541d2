//! Smartsheet's API: how a sheet is asked for, and what its error codes mean.
//!
//! Facts: developers.smartsheet.com and the vendor's Python SDK; see the reference on NHS data, 5.11.

use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;

use super::retry::{Fault, Next};
use crate::pipeline::SheetFormat;

/// The address of a sheet.
pub fn address(base: &str, sheet: &str) -> Option<Url> {
    Url::parse(&format!("{base}/sheets/{sheet}")).ok()
}

/// What is asked for, as a kind of content.
pub fn accept(format: SheetFormat) -> &'static str {
    match format {
        SheetFormat::Csv => "text/csv",
        SheetFormat::Xlsx => "application/vnd.ms-excel",
    }
}

/// The ending of the file's name.
pub fn ending(format: SheetFormat) -> &'static str {
    match format {
        SheetFormat::Csv => "csv",
        SheetFormat::Xlsx => "xlsx",
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody {
    error_code: u32,
}

/// How long the vendor asks everybody to wait when the limit of requests a minute is reached.
const RATE_LIMIT: Duration = Duration::from_secs(60);

/// What an error of the API means; none if the body is not one. Its own text is not repeated.
pub fn fault(body: &[u8], status: u16, asked: Option<Duration>) -> Option<Fault> {
    let code = serde_json::from_slice::<ErrorBody>(body).ok()?.error_code;
    let wait = asked.unwrap_or_default();
    let (what, next) = match code {
        4001 => ("Smartsheet is being maintained", Next::Again(wait)),
        4002 => ("Smartsheet took too long over the request", Next::Again(wait)),
        4003 => {
            ("Smartsheet has had too many requests with this token", Next::Again(asked.unwrap_or(RATE_LIMIT)))
        }
        4004 => ("Smartsheet is busy with an earlier request", Next::Again(wait)),
        1001 | 1002 | 1003 | 1012 => {
            ("Smartsheet does not accept the token: it is wrong, or has ended", Next::GiveUp)
        }
        1004 => ("the owner of the token may not see this sheet: share it with them", Next::GiveUp),
        1006 => {
            ("Smartsheet has no sheet of this number, or the owner of the token cannot see it", Next::GiveUp)
        }
        _ if status == 429 || status >= 500 => ("Smartsheet cannot answer now", Next::Again(wait)),
        _ => ("Smartsheet refuses the request", Next::GiveUp),
    };
    Some(Fault { message: format!("{what} (error {code})"), next })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_codes_that_pass_are_tried_again() {
        for code in 4001..=4004 {
            let body = format!(r#"{{"errorCode":{code},"message":"x","refId":"y"}}"#);
            let fault = fault(body.as_bytes(), 400, None).unwrap();
            assert!(matches!(fault.next, Next::Again(_)), "{code}");
        }
        let limit = br#"{"errorCode":4003,"message":"Rate limit exceeded."}"#;
        assert_eq!(fault(limit, 429, None).unwrap().next, Next::Again(RATE_LIMIT));
        let asked = Some(Duration::from_secs(5));
        assert_eq!(fault(limit, 429, asked).unwrap().next, Next::Again(Duration::from_secs(5)));
    }

    #[test]
    fn a_bad_token_is_not_tried_again_and_nothing_of_the_answer_is_repeated() {
        let body = br#"{"errorCode":1002,"message":"Your Access Token abc is invalid."}"#;
        let fault = fault(body, 401, None).unwrap();
        assert_eq!(fault.next, Next::GiveUp);
        assert!(!fault.message.contains("abc"));
        assert_eq!(super::fault(b"<html>", 500, None), None);
    }
}
