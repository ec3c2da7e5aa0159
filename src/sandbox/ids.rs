//! Identifiers and secrets as the services make them, from the host's randomness.

use std::io;

use crate::host::Host;

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// So many letters and digits.
fn letters<const N: usize>(host: &Host) -> io::Result<String> {
    let bytes: [u8; N] = host.random()?;
    Ok(bytes
        .iter()
        .filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()))
        .map(|byte| char::from(*byte))
        .collect())
}

fn number(host: &Host, low: u64, high: u64) -> io::Result<u64> {
    let bytes: [u8; 8] = host.random()?;
    Ok(low + u64::from_be_bytes(bytes) % (high - low))
}

/// An account: 16 digits.
pub(crate) fn account(host: &Host) -> io::Result<String> {
    number(host, 1_000_000_000_000_000, 2_000_000_000_000_000).map(|n| n.to_string())
}

/// A user, group or role: 18 digits.
pub(crate) fn entity(host: &Host) -> io::Result<String> {
    number(host, 300_000_000_000_000_000, 400_000_000_000_000_000).map(|n| n.to_string())
}

/// A long-lived access key. The name says where it is of any use.
pub(crate) fn access_key(host: &Host) -> io::Result<String> {
    Ok(format!("LTAIsandbox{}", letters::<13>(host)?))
}

/// A temporary access key.
pub(crate) fn session_key(host: &Host) -> io::Result<String> {
    Ok(format!("STS.sandbox{}", letters::<17>(host)?))
}

/// A key's secret.
pub(crate) fn secret(host: &Host) -> io::Result<String> {
    letters::<30>(host)
}

/// A security token.
pub(crate) fn token(host: &Host) -> io::Result<String> {
    Ok(format!("CAISsandbox{}", letters::<189>(host)?))
}

/// An upper-case UUID, as every answer carries one.
pub(crate) fn request(host: &Host) -> io::Result<String> {
    Ok(uuid(host)?.to_uppercase())
}

/// A lower-case UUID.
pub(crate) fn uuid(host: &Host) -> io::Result<String> {
    let uuid = uuid::Builder::from_random_bytes(host.random()?).into_uuid();
    Ok(uuid.hyphenated().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        let host = Host::system();
        assert_eq!(account(&host).unwrap().len(), 16);
        assert_eq!(entity(&host).unwrap().len(), 18);
        assert_eq!(access_key(&host).unwrap().len(), 24);
        assert_eq!(secret(&host).unwrap().len(), 30);
        assert!(session_key(&host).unwrap().starts_with("STS."));
        assert!(token(&host).unwrap().starts_with("CAIS"));
        let request = request(&host).unwrap();
        assert_eq!(request.len(), 36);
        assert_eq!(request, request.to_uppercase());
        assert_ne!(secret(&host).unwrap(), secret(&host).unwrap());
    }
}
