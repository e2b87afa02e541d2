//! How connections are encrypted: TLS 1.2 at least, certificates always checked.

use std::fs;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use super::SetUpError;
use crate::pipeline::{Security, Smtp};

/// The settings of the TLS library; none for a relay on the same machine.
pub(super) fn settings(smtp: &Smtp) -> Result<Option<Arc<ClientConfig>>, SetUpError> {
    if smtp.security == Security::None {
        return Ok(None);
    }
    let told = |why: String| SetUpError::Tls(smtp.host.clone(), why);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| told(error.to_string()))?;
    let builder = match authority(smtp)? {
        Some(roots) => builder.with_root_certificates(roots),
        None => builder.with_platform_verifier().map_err(|error| told(error.to_string()))?,
    };
    Ok(Some(Arc::new(builder.with_no_client_auth())))
}

/// The certificates of the private authority, which are trusted instead of the system's.
fn authority(smtp: &Smtp) -> Result<Option<RootCertStore>, SetUpError> {
    let Some(path) = &smtp.ca_file else { return Ok(None) };
    let told = |why: String| SetUpError::Authority { file: path.display().to_string(), why };
    let pem = fs::read(path).map_err(|error| told(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| told(error.to_string()))?;
        roots.add(certificate).map_err(|error| told(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(told("it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)".to_owned()));
    }
    Ok(Some(roots))
}
