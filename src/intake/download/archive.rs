//! One file out of a zip archive. Nothing is ever written under a name that an archive gives.

use std::io::{Cursor, Read};

use super::retry::Fault;
use crate::intake::file_name::plain_name;

/// The member of an archive whose name fits a pattern: its plain name and its bytes.
///
/// A pattern with `/` is held against the whole path in the archive, another against the last part of it.
///
/// # Errors
/// If the bytes are no archive, none or several members fit, or the one is larger than `largest` bytes.
pub fn member(bytes: &[u8], pattern: &str, largest: u64) -> Result<(String, Vec<u8>), Fault> {
    let damaged = |error: zip::result::ZipError| {
        // What a server sends as an archive and is not whole may be whole the next time.
        Fault::passing(format!("the archive cannot be opened ({error})"))
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut found = Vec::new();
    let mut names = Vec::new();
    for index in 0..archive.len() {
        let Some(Ok(name)) = archive.name_for_index(index).map(|n| n.map(|n| n.into_owned())) else {
            continue;
        };
        if name.ends_with('/') {
            continue;
        }
        let whole = name.replace('\\', "/");
        let last = whole.rsplit('/').next().unwrap_or_default().to_owned();
        if fits(pattern, if pattern.contains('/') { &whole } else { &last }) {
            found.push((index, last.clone()));
        }
        names.push(plain_name(&last));
    }
    let (index, name) = match found.as_slice() {
        [one] => one.clone(),
        [] => {
            return Err(Fault::lasting(format!(
                "no file in the archive fits \"{pattern}\"; there are {}",
                few(&names)
            )));
        }
        several => {
            let several: Vec<String> = several.iter().map(|(_, name)| plain_name(name)).collect();
            return Err(Fault::lasting(format!(
                "several files in the archive fit \"{pattern}\": {}; write a narrower pattern",
                few(&several)
            )));
        }
    };
    let name = plain_name(&name);
    let file = archive.by_index(index).map_err(|error| match error {
        zip::result::ZipError::UnsupportedArchive(_) | zip::result::ZipError::InvalidPassword => {
            Fault::lasting(format!(
                "{name} in the archive is protected by a password or packed in an unknown way"
            ))
        }
        other => damaged(other),
    })?;
    let mut out = Vec::new();
    // The size that the archive states is what a bomb lies about.
    let read = file.take(largest.saturating_add(1)).read_to_end(&mut out);
    read.map_err(|_| Fault::passing(format!("{name} in the archive is damaged")))?;
    if out.len() as u64 > largest {
        let most = largest / (1024 * 1024);
        let message = format!(
            "{name} in the archive is larger than {most} MB (largest_unpacked_mb); nothing of it was kept"
        );
        return Err(Fault::lasting(message));
    }
    if out.is_empty() {
        return Err(Fault::lasting(format!("{name} in the archive is empty")));
    }
    Ok((name, out))
}

fn few(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names if names.len() <= 8 => crate::wording::list(names),
        names => {
            let shown: Vec<&str> = names.iter().take(8).map(String::as_str).collect();
            format!("{} and {} more", shown.join(", "), names.len() - 8)
        }
    }
}

/// Whether a name fits a pattern: `*` is any text, `?` one character; capitals do not count.
fn fits(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let name: Vec<char> = name.to_lowercase().chars().collect();
    // Row by row: whether the pattern up to here fits the first n characters.
    let mut fit = vec![false; name.len() + 1];
    if let Some(first) = fit.first_mut() {
        *first = true;
    }
    for wanted in pattern {
        let mut next = vec![false; name.len() + 1];
        let mut any = false;
        for place in 0..=name.len() {
            let before = place.checked_sub(1);
            let here = fit.get(place).copied().unwrap_or(false);
            any |= here;
            let fits = match wanted {
                '*' => any,
                _ => before.is_some_and(|b| {
                    fit.get(b).copied().unwrap_or(false)
                        && (wanted == '?' || name.get(b).is_some_and(|c| *c == wanted))
                }),
            };
            if let Some(slot) = next.get_mut(place) {
                *slot = fits;
            }
        }
        fit = next;
    }
    fit.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_member_is_found_by_its_pattern() {
        let bytes = archive(&[
            ("GPW/1 General Practice – June 2026 Practice Level - Detailed.csv", b"one"),
            ("GPW/3 General Practice – June 2026 High level.csv", b"three"),
        ]);
        let (name, content) = member(&bytes, "*practice level - detailed.csv", 100).unwrap();
        assert_eq!(
            (name.as_str(), content.as_slice()),
            ("1 General Practice – June 2026 Practice Level - Detailed.csv", b"one".as_slice())
        );
        assert_eq!(member(&bytes, "GPW/3*", 100).unwrap().1, b"three");
        let none = member(&bytes, "*.xlsx", 100).unwrap_err().message;
        assert!(none.contains("no file in the archive fits \"*.xlsx\"; there are 1 General"), "{none}");
        let two = member(&bytes, "*.csv", 100).unwrap_err().message;
        assert!(two.starts_with("several files in the archive fit"), "{two}");
    }

    #[test]
    fn a_name_that_climbs_out_is_only_its_last_part() {
        let bytes = archive(&[("../../etc/passwd.csv", b"x")]);
        assert_eq!(member(&bytes, "*.csv", 100).unwrap().0, "passwd.csv");
    }

    #[test]
    fn a_bomb_is_stopped_while_it_is_unpacked() {
        let bytes = archive(&[("a.csv", &vec![b'0'; 3 * 1024 * 1024])]);
        assert!(bytes.len() < 20_000);
        let fault = member(&bytes, "*.csv", 1024 * 1024).unwrap_err();
        assert!(fault.message.contains("larger than 1 MB"), "{}", fault.message);
    }

    #[test]
    fn what_is_not_an_archive_may_be_one_next_time() {
        let whole = archive(&[("a.csv", b"rows")]);
        let fault = member(&whole[..whole.len() - 10], "*", 100).unwrap_err();
        assert!(matches!(fault.next, super::super::retry::Next::Again(_)));
    }

    #[test]
    fn patterns() {
        for (pattern, name, wanted) in [
            ("*", "", true),
            ("*.csv", "a.CSV", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b", "ab ", false),
            ("", "a", false),
        ] {
            assert_eq!(fits(pattern, name), wanted, "{pattern} {name}");
        }
    }
}
