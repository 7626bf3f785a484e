//! TLS for the HTTP listener: a certificate, a key, and HTTP/2 or HTTP/1.1 by ALPN.

use crate::Error;
use crate::config::TlsFiles;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// Reads certificate and key, and checks that they belong together.
pub fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, Error> {
    let bad = |key: &'static str, path: &Path, why: String| Error::File {
        key,
        path: path.to_owned(),
        why,
    };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| bad("tls.certificate", &files.certificate, e.to_string()))?;
    if chain.is_empty() {
        let why = "there is no certificate in it".into();
        return Err(bad("tls.certificate", &files.certificate, why));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|e| bad("tls.key", &files.key, e.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|it| it.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|e| bad("tls.key", &files.key, e.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
