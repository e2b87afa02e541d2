//! The one TLS provider of the program, for downloads and for mail.

use std::io;
use std::sync::Once;

/// Makes ring the provider of all TLS in this process; the first call does it, later ones nothing.
///
/// Clients built without a provider panic, so whoever builds one calls this first.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // Refused only if a provider is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// What went wrong with a connection, in plain words: the TLS library's own say where its manual lies.
pub fn plain(error: &io::Error) -> String {
    let told = error.to_string();
    if told.contains("close_notify") {
        return "the server closed the encrypted connection without a goodbye".to_owned();
    }
    if !told.contains("://") {
        return told;
    }
    let words = told.split_whitespace().filter(|word| !word.contains("://"));
    words.collect::<Vec<_>>().join(" ").trim_end_matches(':').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_manual_is_cited() {
        let lost =
            "peer closed connection without sending TLS close_notify: https://docs.rs/rustls/latest#eof";
        let told = plain(&io::Error::new(io::ErrorKind::UnexpectedEof, lost));
        assert_eq!(told, "the server closed the encrypted connection without a goodbye");
        let told = plain(&io::Error::other("peer misbehaved: https://docs.rs/rustls/latest#x"));
        assert_eq!(told, "peer misbehaved");
        assert_eq!(plain(&io::Error::other("Connection reset by peer")), "Connection reset by peer");
    }
}
