//! Where connections come from: a Unix domain socket, else a loopback port.
//!
//! Nobody but the user, or the group that the host names, may open the socket. The file goes away
//! with the listener.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tonic::transport::server::Connected;

use super::StartError;
use super::handshake::{Address, Settings};
use crate::host::Host;

/// A bound listener.
#[derive(Debug)]
pub(super) struct Listener {
    socket: Socket,
    address: Address,
    _file: Option<SocketFile>,
}

#[derive(Debug)]
enum Socket {
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
    Tcp(TcpListener),
}

impl Listener {
    /// Binds what the settings ask for. Where they name no directory for a socket and the temporary
    /// one cannot hold it (read-only, or its path too long), a port takes its place.
    ///
    /// # Errors
    /// When neither can be bound.
    #[cfg(unix)]
    pub(super) async fn bind(settings: &Settings, host: &Host) -> Result<Self, StartError> {
        let directory = settings
            .socket_directory
            .as_deref()
            .unwrap_or(&settings.temporary_directory);
        match Self::unix(directory, settings.socket_group.as_deref(), host) {
            Ok(listener) => Ok(listener),
            Err(error) if settings.socket_directory.is_none() => {
                tracing::warn!(%error, "no socket file can be made; listening on a port");
                Self::tcp(&settings.ports).await
            }
            Err(error) => Err(error),
        }
    }

    /// Binds a port.
    ///
    /// # Errors
    /// When there is no free one.
    #[cfg(not(unix))]
    pub(super) async fn bind(settings: &Settings, _host: &Host) -> Result<Self, StartError> {
        Self::tcp(&settings.ports).await
    }

    #[cfg(unix)]
    fn unix(directory: &Path, group: Option<&str>, host: &Host) -> Result<Self, StartError> {
        let failed = |path: &Path, error: io::Error| {
            StartError::new(format!(
                "the socket {} cannot be made: {error}",
                path.display()
            ))
        };
        let unique: [u8; 8] = host
            .random()
            .map_err(|error| StartError::new(format!("no random name for a socket: {error}")))?;
        // Short: the system allows about a hundred bytes for the whole path.
        let path = directory.join(format!("plugin-{:016x}", u64::from_be_bytes(unique)));
        // From here until `permit` the umask decides, which lets nobody else connect unless it was
        // loosened on purpose.
        let socket = tokio::net::UnixListener::bind(&path).map_err(|error| failed(&path, error))?;
        let file = SocketFile {
            path: path.clone(),
            host: host.clone(),
        };
        permit(&path, group)?;
        Ok(Self {
            socket: Socket::Unix(socket),
            address: Address::Unix(path),
            _file: Some(file),
        })
    }

    async fn tcp(ports: &RangeInclusive<u16>) -> Result<Self, StartError> {
        let mut refusal = None;
        for port in ports.clone() {
            match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
                Ok(socket) => {
                    let address = socket.local_addr().map_err(|error| {
                        StartError::new(format!("the bound port cannot be told: {error}"))
                    })?;
                    return Ok(Self {
                        socket: Socket::Tcp(socket),
                        address: Address::Tcp(address),
                        _file: None,
                    });
                }
                Err(error) => refusal = Some(error),
            }
        }
        let reason = refusal.map_or_else(String::new, |error| format!(": {error}"));
        Err(StartError::new(format!(
            "no port from {} to {} of {} is free{reason}",
            ports.start(),
            ports.end(),
            SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).ip(),
        )))
    }

    /// Where it listens.
    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// The next connection.
    ///
    /// # Errors
    /// As the system says; the listener can go on.
    pub(super) async fn accept(&self) -> io::Result<Stream> {
        match &self.socket {
            #[cfg(unix)]
            Socket::Unix(socket) => {
                let (stream, _) = socket.accept().await?;
                Ok(Stream::new(stream))
            }
            Socket::Tcp(socket) => {
                let (stream, _) = socket.accept().await?;
                without_delay(&stream);
                Ok(Stream::new(stream))
            }
        }
    }
}

/// Small frames are not to wait for more; where that cannot be set they merely come later.
fn without_delay(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY cannot be set");
    }
}

/// Lets the owner in, and the group if one is named.
#[cfg(unix)]
fn permit(path: &Path, group: Option<&str>) -> Result<(), StartError> {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, chown};
    let failed = |what: &str, error: io::Error| {
        StartError::new(format!(
            "{what} of {} cannot be set: {error}",
            path.display()
        ))
    };
    let mode = match group {
        Some(group) => {
            chown(path, None, Some(group_id(group)?))
                .map_err(|error| failed("the group", error))?;
            0o660
        }
        None => 0o600,
    };
    std::fs::set_permissions(path, Permissions::from_mode(mode))
        .map_err(|error| failed("the mode", error))
}

/// A group's number, from its number or its name.
#[cfg(unix)]
fn group_id(group: &str) -> Result<u32, StartError> {
    if let Ok(id) = group.parse() {
        return Ok(id);
    }
    match nix::unistd::Group::from_name(group) {
        Ok(Some(found)) => Ok(found.gid.as_raw()),
        Ok(None) => Err(StartError::new(format!(
            "PLUGIN_UNIX_SOCKET_GROUP is {group:?}, and there is no such group"
        ))),
        Err(error) => Err(StartError::new(format!(
            "the group {group:?} of PLUGIN_UNIX_SOCKET_GROUP cannot be looked up: {error}"
        ))),
    }
}

/// Removes the socket's file when the listener goes.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    host: Host,
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if let Err(error) = self.host.remove_file(&self.path) {
            tracing::debug!(%error, path = %self.path.display(), "the socket file stays");
        }
    }
}

/// Both directions of a connection.
trait Duplex: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Duplex for T {}

/// A connection, of whatever kind.
pub(super) struct Stream {
    inner: Pin<Box<dyn Duplex>>,
    _open: Option<Open>,
}

/// Counts a connection for as long as it lives.
#[derive(Debug)]
pub(super) struct Open(watch::Sender<usize>);

impl Open {
    /// One more.
    pub(super) fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stream")
    }
}

impl Stream {
    /// Wraps a connection.
    pub(super) fn new(stream: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        Self {
            inner: Box::pin(stream),
            _open: None,
        }
    }

    /// The same connection, counted.
    pub(super) fn counted(mut self, open: Open) -> Self {
        self._open = Some(open);
        self
    }
}

impl Connected for Stream {
    type ConnectInfo = ();
    fn connect_info(&self) {}
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.inner.as_mut().poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.inner.as_mut().poll_write(context, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.inner.as_mut().poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.as_mut().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.as_mut().poll_shutdown(context)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};

    use super::*;

    fn settings(socket: Option<&Path>, temporary: &Path) -> Settings {
        Settings {
            client_certificate: None,
            socket_directory: socket.map(Path::to_path_buf),
            temporary_directory: temporary.to_path_buf(),
            socket_group: None,
            ports: 0..=0,
            says_multiplexing: false,
        }
    }

    #[tokio::test]
    async fn the_socket_is_the_owners_and_goes_with_the_listener() {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(Some(directory.path()), Path::new("/nowhere"));
        let listener = Listener::bind(&settings, &Host::system()).await.unwrap();
        let Address::Unix(path) = listener.address().clone() else {
            panic!("not a socket: {listener:?}");
        };
        let metadata = path.metadata().unwrap();
        assert!(metadata.file_type().is_socket());
        assert_eq!(metadata.mode() & 0o777, 0o600);
        drop(listener);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_group_may_use_the_socket() {
        let directory = tempfile::tempdir().unwrap();
        let mut settings = settings(Some(directory.path()), Path::new("/nowhere"));
        let group = directory.path().metadata().unwrap().gid();
        settings.socket_group = Some(group.to_string());
        let listener = Listener::bind(&settings, &Host::system()).await.unwrap();
        let Address::Unix(path) = listener.address() else {
            panic!("not a socket: {listener:?}");
        };
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o660);
        assert_eq!(path.metadata().unwrap().gid(), group);

        settings.socket_group = Some("no such group".to_owned());
        let error = Listener::bind(&settings, &Host::system()).await;
        assert!(error.unwrap_err().to_string().contains("no such group"));
    }

    #[tokio::test]
    async fn a_port_of_the_range_takes_the_place_of_a_socket_that_cannot_be() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let mut settings = settings(None, Path::new("/nowhere/at/all"));
        settings.ports = port..=port;
        let error = Listener::bind(&settings, &Host::system()).await;
        assert!(error.unwrap_err().to_string().contains(&port.to_string()));

        drop(taken);
        let listener = Listener::bind(&settings, &Host::system()).await.unwrap();
        let expected = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        assert_eq!(listener.address(), &Address::Tcp(expected));
    }

    #[tokio::test]
    async fn a_directory_that_the_host_asks_for_is_not_replaced() {
        let settings = settings(Some(Path::new("/nowhere/at/all")), Path::new("/tmp"));
        let error = Listener::bind(&settings, &Host::system())
            .await
            .unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all/plugin-"));
    }
}
