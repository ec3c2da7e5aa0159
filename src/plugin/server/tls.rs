//! Mutual TLS between host and plugin, with certificates that live as long as the process.
//!
//! The host makes a certificate of its own, hands it over in the environment, and will trust only
//! the one that the handshake line carries. Both are self-signed, so a certificate is trusted
//! because it is byte for byte the expected one, and its holder because the signature of the TLS
//! handshake proves the key. The usual verifier cannot be used: it refuses the host's certificate,
//! which is marked as an authority and yet used by a client.

use std::fmt;
use std::sync::Arc;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName as X501Name, Error, ServerConfig,
    SignatureScheme,
};

use super::StartError;

/// The name that hosts ask for.
const SERVER_NAME: &str = "localhost";

/// A server's side of mutual TLS.
pub(super) struct Tls {
    /// What connections are accepted with.
    pub(super) config: Arc<ServerConfig>,
    /// The server's certificate in DER, for the handshake line.
    pub(super) certificate: CertificateDer<'static>,
}

// The configuration holds the private key.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// Makes a fresh key and certificate, and accepts nobody but the holder of this certificate.
    ///
    /// # Errors
    /// When the text is not a certificate in PEM, or no key can be made.
    pub(super) fn new(client_pem: &str) -> Result<Self, StartError> {
        let client = CertificateDer::from_pem_slice(client_pem.as_bytes()).map_err(|error| {
            StartError::new(format!(
                "PLUGIN_CLIENT_CERT does not hold a certificate in PEM: {error}"
            ))
        })?;
        let (certificate, key) = self_signed().map_err(|error| {
            StartError::new(format!(
                "no certificate could be made for this process: {error}"
            ))
        })?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = Pinned {
            certificate: client,
            provider: Arc::clone(&provider),
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map(|builder| builder.with_client_cert_verifier(Arc::new(verifier)))
            .and_then(|builder| builder.with_single_cert(vec![certificate.clone()], key))
            .map_err(|error| StartError::new(format!("TLS cannot be set up: {error}")))?;
        // Go's gRPC refuses a server that does not agree on HTTP/2.
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self {
            config: Arc::new(config),
            certificate,
        })
    }
}

/// A fresh P-256 key and the certificate it signs for itself.
fn self_signed() -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new([SERVER_NAME.to_owned()])?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, SERVER_NAME);
    params.distinguished_name = name;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = params.self_signed(&key)?.der().clone();
    Ok((certificate, key.into()))
}

/// Trusts one certificate and whoever proves to hold its key.
#[derive(Debug)]
struct Pinned {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for Pinned {
    fn root_hint_subjects(&self) -> &[X501Name] {
        // No hint: a client with one certificate then sends it.
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if end_entity.as_ref() == self.certificate.as_ref() {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_sign_with_p521() {
        let (certificate, _) = self_signed().unwrap();
        let verifier = Pinned {
            certificate,
            provider: Arc::new(aws_lc_rs::default_provider()),
        };
        assert!(
            verifier
                .supported_verify_schemes()
                .contains(&SignatureScheme::ECDSA_NISTP521_SHA512)
        );
    }

    #[test]
    fn another_certificate_is_not_trusted() {
        let (mine, _) = self_signed().unwrap();
        let (other, _) = self_signed().unwrap();
        let verifier = Pinned {
            certificate: mine.clone(),
            provider: Arc::new(aws_lc_rs::default_provider()),
        };
        let now = UnixTime::since_unix_epoch(std::time::Duration::ZERO);
        assert!(verifier.verify_client_cert(&mine, &[], now).is_ok());
        assert!(verifier.verify_client_cert(&other, &[], now).is_err());
    }

    #[test]
    fn text_that_is_no_certificate_is_refused() {
        let error = Tls::new("not a certificate").unwrap_err();
        assert!(error.to_string().contains("PLUGIN_CLIENT_CERT"));
    }
}
