//! How connections are encrypted: TLS 1.2 at least, certificates always checked.

use std::fs;

use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};

use super::SetUpError;
use crate::pipeline::{Security, Smtp};

/// The settings of the TLS library; none for a relay on the same machine.
pub(super) fn parameters(smtp: &Smtp) -> Result<Option<TlsParameters>, SetUpError> {
    if smtp.security == Security::None {
        return Ok(None);
    }
    let mut builder = TlsParameters::builder(smtp.host.clone());
    if let Some(path) = &smtp.ca_file {
        let told = |why: String| SetUpError::Authority { file: path.display().to_string(), why };
        let pem = fs::read(path).map_err(|error| told(error.to_string()))?;
        let certificates = split(&pem);
        if certificates.is_empty() {
            return Err(told("it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)".to_owned()));
        }
        builder = builder.certificate_store(CertificateStore::None);
        for one in certificates {
            let certificate =
                Certificate::from_pem(one.as_bytes()).map_err(|error| told(error.to_string()))?;
            builder = builder.add_root_certificate(certificate);
        }
    }
    let built = builder.build_rustls();
    built.map(Some).map_err(|error| SetUpError::Tls(smtp.host.clone(), error.to_string()))
}

/// The certificates of a PEM file, one by one: comments between them are common and no certificate.
fn split(pem: &[u8]) -> Vec<String> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let text = String::from_utf8_lossy(pem);
    let mut out = Vec::new();
    for part in text.split(BEGIN).skip(1) {
        if let Some((body, _)) = part.split_once(END) {
            out.push(format!("{BEGIN}{body}{END}\n"));
        }
    }
    out
}
