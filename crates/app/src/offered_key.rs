//! What an SSH client offers to show who it is: a public key, or a certificate over one. Nothing
//! here is proven yet; that the client holds the private key is the door's to find out.

use crate::public_key;
use model::Fingerprint;
use ssh_key::{Certificate, PublicKey};
use std::sync::Arc;

/// A key or certificate that a client offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedKey {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) certificate: Option<Arc<Certificate>>,
}

impl OfferedKey {
    /// The fingerprint of the key; of a certificate, that of the certified key.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

impl From<&PublicKey> for OfferedKey {
    fn from(key: &PublicKey) -> Self {
        let certificate = key.key_data().certificate().cloned().map(Arc::new);
        Self { fingerprint: public_key::fingerprint(key.key_data()), certificate }
    }
}

impl From<Certificate> for OfferedKey {
    fn from(certificate: Certificate) -> Self {
        let fingerprint = public_key::fingerprint(certificate.public_key());
        Self { fingerprint, certificate: Some(Arc::new(certificate)) }
    }
}
