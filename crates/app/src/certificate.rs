//! Is an SSH certificate worth believing? Looks at the certificate, the trusted authorities, the
//! clock it is given and the client's address; knows no accounts and asks nobody.

use crate::public_key::{Authority, check_strength};
use model::Timestamp;
use policy::{AddressRange, CertificateFault, CredentialState};
use ssh_key::certificate::CertType;
use ssh_key::{Algorithm, Certificate, HashAlg};
use std::net::IpAddr;

/// A certificate that a trusted authority signed for users of this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Genuine {
    /// Whom it names; never empty.
    pub principals: Vec<String>,
    /// The authority's name for it; may be empty.
    pub label: String,
    /// Can it be used now and from here?
    pub state: CredentialState,
    /// The only command it is good for.
    pub forced_command: Option<String>,
}

/// Why a certificate says nothing here. For administrators: whoever offered it is told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotGenuine {
    #[error("certificate of an authority that is not trusted")]
    Authority,
    #[error("certificate with a signature that does not fit")]
    Signature,
    #[error("certificate of a host, not of a user")]
    Host,
    #[error("certificate of a key that is too weak")]
    Weak,
    #[error("certificate that names no principal")]
    Nobody,
}

/// Checks everything about a certificate but whom its principals are.
pub(crate) fn check(
    certificate: &Certificate,
    authorities: &[Authority],
    now: Timestamp,
    from: Option<IpAddr>,
) -> Result<Genuine, NotGenuine> {
    verify(certificate, authorities)?;
    if certificate.cert_type() != CertType::User {
        return Err(NotGenuine::Host);
    }
    check_strength(certificate.public_key()).map_err(|_| NotGenuine::Weak)?;
    // To OpenSSH's library, none means any; a server that trusts an authority takes it for nobody.
    if certificate.valid_principals().is_empty() {
        return Err(NotGenuine::Nobody);
    }
    Ok(Genuine {
        principals: certificate.valid_principals().to_vec(),
        label: certificate.key_id().to_owned(),
        state: state(certificate, now, from),
        forced_command: certificate.critical_options().get(FORCE_COMMAND).cloned(),
    })
}

const FORCE_COMMAND: &str = "force-command";
const SOURCE_ADDRESS: &str = "source-address";

fn verify(certificate: &Certificate, authorities: &[Authority]) -> Result<(), NotGenuine> {
    let signer = certificate.signature_key();
    let is_signer = |it: &&Authority| it.0.key_data() == signer;
    let Authority(authority) = authorities.iter().find(is_signer).ok_or(NotGenuine::Authority)?;
    // With SHA-1.
    if certificate.signature().algorithm() == (Algorithm::Rsa { hash: None }) {
        return Err(NotGenuine::Signature);
    }
    // The moment is one at which it is valid, if there is any: only the signature is asked about.
    certificate
        .validate_at(certificate.valid_after(), &[authority.fingerprint(HashAlg::Sha256)])
        .map_err(|_| NotGenuine::Signature)
}

fn state(certificate: &Certificate, now: Timestamp, from: Option<IpAddr>) -> CredentialState {
    let seconds = u64::try_from(now.0.div_euclid(1000)).unwrap_or_default();
    if seconds < certificate.valid_after() {
        let from = moment(certificate.valid_after());
        return CredentialState::Certificate(CertificateFault::NotYetValid { from });
    }
    if seconds >= certificate.valid_before() {
        return CredentialState::Expired { at: moment(certificate.valid_before()) };
    }
    for (option, value) in certificate.critical_options().iter() {
        let fault = match option.as_str() {
            FORCE_COMMAND => None,
            SOURCE_ADDRESS if is_from(value, from) => None,
            SOURCE_ADDRESS => Some(CertificateFault::WrongAddress),
            _ => Some(CertificateFault::UnknownOption),
        };
        if let Some(fault) = fault {
            return CredentialState::Certificate(fault);
        }
    }
    CredentialState::Valid
}

/// Is the address in one of the blocks? One block that cannot be read spoils the whole list, as
/// it does for OpenSSH.
fn is_from(blocks: &str, address: Option<IpAddr>) -> bool {
    let blocks: Option<Vec<_>> =
        blocks.split(',').map(|it| AddressRange::parse(it.trim())).collect();
    let Some((blocks, address)) = blocks.zip(address) else { return false };
    blocks.iter().any(|it| it.contains(address))
}

fn moment(seconds: u64) -> Timestamp {
    Timestamp(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ssh_key::certificate::Builder;
    use ssh_key::private::Ed25519Keypair;
    use ssh_key::{PrivateKey, PublicKey};

    const NOW: Timestamp = Timestamp(2_000_000_500);
    const FROM: &str = "10.1.2.3";

    fn pair(seed: u8) -> PrivateKey {
        PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]))
    }

    fn authority(seed: u8) -> Authority {
        Authority(PublicKey::from(&pair(seed)))
    }

    /// A certificate for ann that is good for a thousand seconds around now, after `change`.
    fn certificate(signer: u8, change: impl FnOnce(&mut Builder)) -> Certificate {
        timed(signer, 1_999_500, 2_000_500, |it| {
            change(it.valid_principal("ann").unwrap());
        })
    }

    fn timed(signer: u8, from: u64, to: u64, change: impl FnOnce(&mut Builder)) -> Certificate {
        let key = PublicKey::from(&pair(9));
        let mut builder = Builder::new([7; 16], &key, from, to).unwrap();
        builder.key_id("ann on her laptop").unwrap();
        change(&mut builder);
        builder.sign(&pair(signer)).unwrap()
    }

    fn checked(certificate: &Certificate) -> Result<Genuine, NotGenuine> {
        check(certificate, &[authority(1), authority(2)], NOW, Some(FROM.parse().unwrap()))
    }

    #[test]
    fn a_good_certificate_names_people_and_may_force_a_command() {
        let plain = certificate(1, |_| {});
        let expected = Genuine {
            principals: vec!["ann".into()],
            label: "ann on her laptop".into(),
            state: CredentialState::Valid,
            forced_command: None,
        };
        assert_eq!(checked(&plain), Ok(expected.clone()));
        let narrow = certificate(2, |it| {
            it.critical_option("force-command", "whoami").unwrap();
            it.critical_option("source-address", "192.0.2.0/24,10.0.0.0/8").unwrap();
            it.extension("permit-pty", "").unwrap();
        });
        let forced_command = Some("whoami".into());
        assert_eq!(checked(&narrow), Ok(Genuine { forced_command, ..expected }));
    }

    #[test]
    fn what_is_not_genuine_is_told_apart() {
        let host = certificate(1, |it| {
            it.cert_type(CertType::Host).unwrap();
        });
        let nobody = timed(1, 1_999_500, 2_000_500, |it| {
            it.all_principals_valid().unwrap();
        });
        // Another principal than was signed: the bytes of the name are exchanged.
        let mut forged = certificate(1, |_| {}).to_bytes().unwrap();
        let principal = forged.windows(7).position(|it| it == b"\0\0\0\x03ann").unwrap() + 4;
        forged[principal..principal + 3].copy_from_slice(b"bea");
        let forged = Certificate::from_bytes(&forged).unwrap();
        assert_eq!(forged.valid_principals(), ["bea"]);
        for (certificate, why) in [
            (certificate(3, |_| {}), NotGenuine::Authority),
            (forged, NotGenuine::Signature),
            (host, NotGenuine::Host),
            (nobody, NotGenuine::Nobody),
        ] {
            assert_eq!(checked(&certificate), Err(why));
        }
        let none = check(&certificate(1, |_| {}), &[], NOW, None);
        assert_eq!(none, Err(NotGenuine::Authority), "nobody is trusted unless configured");
    }

    #[test]
    fn a_genuine_certificate_is_good_at_its_time_and_place_only() {
        use CredentialState::{Expired, Valid};
        let option = |name: &'static str, value: &'static str| {
            certificate(1, move |it| {
                it.critical_option(name, value).unwrap();
            })
        };
        let ann = |it: &mut Builder| {
            it.valid_principal("ann").unwrap();
        };
        let fault = CredentialState::Certificate;
        let later = CertificateFault::NotYetValid { from: Timestamp(2_000_001_000) };
        for (certificate, state) in [
            (timed(1, 2_000_001, 2_000_500, ann), fault(later)),
            (timed(1, 2_000_000, 2_000_001, ann), Valid),
            (timed(1, 1_999_000, 2_000_000, ann), Expired { at: Timestamp(2_000_000_000) }),
            (timed(1, 0, u64::MAX, ann), Valid),
            (option("source-address", "10.1.2.0/24"), Valid),
            (option("source-address", "10.1.2.4"), fault(CertificateFault::WrongAddress)),
            (option("source-address", "10.1.2.3,nonsense"), fault(CertificateFault::WrongAddress)),
            (option("source-address", ""), fault(CertificateFault::WrongAddress)),
            (option("verify-required", ""), fault(CertificateFault::UnknownOption)),
        ] {
            assert_eq!(checked(&certificate).unwrap().state, state);
        }
        let bound = option("source-address", "0.0.0.0/0");
        let unknown = check(&bound, &[authority(1)], NOW, None).unwrap();
        assert_eq!(unknown.state, fault(CertificateFault::WrongAddress));
    }
}
