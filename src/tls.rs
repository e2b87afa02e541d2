//! The one TLS provider of the program, for downloads and for mail.

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
