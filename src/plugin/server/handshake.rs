//! What the host tells a plugin through the environment, and the one line that it is told back.
//!
//! Host and plugin share a protocol of their own below Terraform's: go-plugin, version 1. The host
//! proves with a fixed cookie that it is one, may hand over a certificate for mutual TLS, and
//! reads the first line of standard output to learn where to connect. No I/O happens here.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::StartError;
use crate::host::Host;

/// The variable that only a host sets. Not a secret: it keeps people from running a plugin by hand.
const COOKIE_NAME: &str = "TF_PLUGIN_MAGIC_COOKIE";
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// The version of go-plugin's own protocol.
const CORE_VERSION: u32 = 1;

/// The version of Terraform's plugin protocol that this framework speaks. It is announced whatever
/// `PLUGIN_PROTOCOL_VERSIONS` lists: where 6 is in the list it is the answer, and where it is not,
/// the host refuses the line with a message that names both sides' versions, which is better than
/// anything that could be said from here.
pub(super) const PROTOCOL_VERSION: u32 = 6;

/// Whether a Terraform (or another go-plugin host with its cookie) started this process.
#[must_use]
pub fn started_by_host(host: &Host) -> bool {
    host.env(COOKIE_NAME).as_deref() == Some(COOKIE)
}

/// How the host wants to be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    /// The host's one-shot certificate in PEM; without it the connection is not encrypted.
    pub(super) client_certificate: Option<String>,
    /// Where the socket file must be, if the host cares.
    pub(super) socket_directory: Option<PathBuf>,
    /// Where the socket file is otherwise.
    pub(super) temporary_directory: PathBuf,
    /// Name or number of the group that may use the socket.
    pub(super) socket_group: Option<String>,
    /// Ports for a TCP listener.
    pub(super) ports: RangeInclusive<u16>,
    /// Whether the line must say that connections are not multiplexed.
    pub(super) says_multiplexing: bool,
}

impl Settings {
    /// Reads the variables.
    ///
    /// # Errors
    /// When a port is not a number or the range is empty.
    pub(super) fn from_host(host: &Host) -> Result<Self, StartError> {
        let minimum = port(host, "PLUGIN_MIN_PORT")?;
        let maximum = port(host, "PLUGIN_MAX_PORT")?;
        if minimum > maximum {
            return Err(StartError::new(format!(
                "PLUGIN_MIN_PORT is {minimum}, which is above PLUGIN_MAX_PORT, {maximum}"
            )));
        }
        Ok(Self {
            client_certificate: host.env("PLUGIN_CLIENT_CERT"),
            socket_directory: host.env("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from),
            temporary_directory: PathBuf::from(
                host.env("TMPDIR").unwrap_or_else(|| "/tmp".to_owned()),
            ),
            socket_group: host.env("PLUGIN_UNIX_SOCKET_GROUP"),
            ports: minimum..=maximum,
            says_multiplexing: host.env("PLUGIN_MULTIPLEX_GRPC").is_some(),
        })
    }
}

/// A port from the environment; 0, which lets the system choose, where it is not set.
fn port(host: &Host, name: &str) -> Result<u16, StartError> {
    let Some(text) = host.env(name) else {
        return Ok(0);
    };
    text.parse()
        .map_err(|_| StartError::new(format!("{name} is {text:?}, which is not a port number")))
}

/// Where the plugin listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// Path of a Unix domain socket.
    Unix(PathBuf),
    /// A port of the loopback interface.
    Tcp(std::net::SocketAddr),
}

impl Address {
    /// The network's name, as Go knows it.
    pub(super) fn network(&self) -> &'static str {
        match self {
            Self::Unix(_) => "unix",
            Self::Tcp(_) => "tcp",
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => path.display().fmt(f),
            Self::Tcp(address) => address.fmt(f),
        }
    }
}

/// What the host is told. Displays as the line, without its end.
#[derive(Debug)]
pub(super) struct Handshake<'a> {
    /// Where to connect.
    pub(super) address: &'a Address,
    /// The server's certificate in DER, if connections are encrypted.
    pub(super) certificate: Option<&'a [u8]>,
    /// See [`Settings::says_multiplexing`].
    pub(super) says_multiplexing: bool,
}

impl fmt::Display for Handshake<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let network = self.address.network();
        let address = self.address;
        let certificate = STANDARD_NO_PAD.encode(self.certificate.unwrap_or_default());
        write!(
            f,
            "{CORE_VERSION}|{PROTOCOL_VERSION}|{network}|{address}|grpc|{certificate}"
        )?;
        // Hosts from before multiplexing split at the first six bars only.
        if self.says_multiplexing {
            f.write_str("|false")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::host::Replay;

    fn host(variables: &[(&str, &str)]) -> Host {
        let machine = variables
            .iter()
            .fold(Replay::at(SystemTime::UNIX_EPOCH), |machine, (k, v)| {
                machine.with_env(k, v)
            });
        Host::new(machine)
    }

    #[test]
    fn only_the_cookie_makes_a_host() {
        assert!(started_by_host(&host(&[(COOKIE_NAME, COOKIE)])));
        assert!(!started_by_host(&host(&[(COOKIE_NAME, "1234")])));
        assert!(!started_by_host(&host(&[])));
    }

    #[test]
    fn settings_without_variables() {
        let settings = Settings::from_host(&host(&[])).unwrap();
        assert_eq!(settings.client_certificate, None);
        assert_eq!(settings.socket_directory, None);
        assert_eq!(settings.temporary_directory, PathBuf::from("/tmp"));
        assert_eq!(settings.ports, 0..=0);
        assert!(!settings.says_multiplexing);
    }

    #[test]
    fn ports_must_be_a_range() {
        let ports = |minimum, maximum| {
            Settings::from_host(&host(&[
                ("PLUGIN_MIN_PORT", minimum),
                ("PLUGIN_MAX_PORT", maximum),
            ]))
            .map(|settings| settings.ports)
        };
        assert_eq!(ports("10000", "25000").unwrap(), 10000..=25000);
        assert!(ports("2", "1").unwrap_err().to_string().contains("above"));
        assert!(
            ports("70000", "70001")
                .unwrap_err()
                .to_string()
                .contains("PLUGIN_MIN_PORT")
        );
    }

    #[test]
    fn line_of_each_kind() {
        let unix = Address::Unix(PathBuf::from("/tmp/plugin-1"));
        let tcp = Address::Tcp("127.0.0.1:10000".parse().unwrap());
        let line = |address, certificate, says_multiplexing| {
            Handshake {
                address,
                certificate,
                says_multiplexing,
            }
            .to_string()
        };
        assert_eq!(line(&unix, None, false), "1|6|unix|/tmp/plugin-1|grpc|");
        assert_eq!(
            line(&tcp, Some(&[0xfb, 0xff]), false),
            "1|6|tcp|127.0.0.1:10000|grpc|+/8"
        );
        assert_eq!(
            line(&unix, None, true),
            "1|6|unix|/tmp/plugin-1|grpc||false"
        );
    }
}
