//! A proxy in front of a sandbox server that counts requests by action, and delays, drops or
//! answers those that a test names. It forwards bytes as they are, so signatures stay valid.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a held request waits, at most, and how long a test waits for one to be held.
const PATIENCE: Duration = Duration::from_secs(60);

/// What to do with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Close the connection; the server never sees the request.
    LoseRequest,
    /// Let the server carry it out, then close the connection without its answer.
    LoseAnswer,
    /// Keep the request from the server until [`Proxy::release`], then lose it.
    HoldRequest,
    /// Let the server carry it out, then keep the answer back until [`Proxy::release`].
    HoldAnswer,
    /// Answer in the server's stead.
    Answer(u16, String),
}

/// The proxy. It stops when dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    state: Mutex<Behaviour>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Behaviour {
    /// Action to the rules for its next requests, first one first.
    rules: BTreeMap<String, Vec<Rule>>,
    seen: Vec<String>,
    held: usize,
    stopped: bool,
}

impl Proxy {
    /// Starts one in front of this server (`http://HOST:PORT`).
    pub fn new(upstream: &str) -> Self {
        let upstream = upstream
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .parse()
            .unwrap_or_else(|error| panic!("{upstream}: {error}"));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            upstream,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming() {
                if accepting.lock().stopped {
                    return;
                }
                let Ok(client) = client else { continue };
                let shared = Arc::clone(&accepting);
                // A client that goes away ends its own thread only.
                thread::spawn(move || shared.serve(&client));
            }
        });
        Self { address, shared }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Treats the next request with this action by this rule; more calls queue up.
    pub fn on(&self, action: &str, rule: Rule) {
        self.shared
            .lock()
            .rules
            .entry(action.to_owned())
            .or_default()
            .push(rule);
    }

    /// Actions of all requests so far, in order of arrival.
    pub fn seen(&self) -> Vec<String> {
        self.shared.lock().seen.clone()
    }

    /// How many requests with this action came so far.
    pub fn count(&self, action: &str) -> usize {
        self.shared
            .lock()
            .seen
            .iter()
            .filter(|seen| *seen == action)
            .count()
    }

    /// Forgets what was seen.
    pub fn forget(&self) {
        self.shared.lock().seen.clear();
    }

    /// Waits until a request is held.
    pub fn wait_held(&self) {
        self.wait_held_for(1);
    }

    /// Waits until so many requests are held.
    pub fn wait_held_for(&self, requests: usize) {
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(self.shared.lock(), PATIENCE, |state| state.held < requests)
            .unwrap_or_else(PoisonError::into_inner);
        let (held, seen) = (state.held, state.seen.clone());
        drop(state);
        assert!(held >= requests, "{held} requests are held; seen: {seen:?}");
    }

    /// Lets held answers go.
    pub fn release(&self) {
        self.shared.lock().held = 0;
        self.shared.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.release();
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Behaviour> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, client: &TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(client);
        while let Some(request) = Message::read(&mut reader)? {
            let rule = {
                let mut state = self.lock();
                let action = request.action();
                state.seen.push(action.clone());
                match state.rules.get_mut(&action) {
                    Some(rules) if !rules.is_empty() => Some(rules.remove(0)),
                    _ => None,
                }
            };
            let mut client = client;
            match rule {
                Some(Rule::LoseRequest) => return Ok(()),
                Some(Rule::HoldRequest) => {
                    self.hold();
                    return Ok(());
                }
                Some(Rule::Answer(status, body)) => write!(
                    client,
                    "HTTP/1.1 {status} Made Up\r\ncontent-type: application/json\r\n\
                     content-length: {}\r\n\r\n{body}",
                    body.len()
                )?,
                Some(Rule::LoseAnswer) => {
                    self.forward(&request)?;
                    return Ok(());
                }
                Some(Rule::HoldAnswer) => {
                    let answer = self.forward(&request)?;
                    self.hold();
                    client.write_all(&answer)?;
                }
                None => client.write_all(&self.forward(&request)?)?,
            }
        }
        Ok(())
    }

    fn forward(&self, request: &Message) -> io::Result<Vec<u8>> {
        let mut upstream = TcpStream::connect(self.upstream)?;
        upstream.write_all(&request.bytes)?;
        Message::read(&mut BufReader::new(upstream))?
            .map(|answer| answer.bytes)
            .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn hold(&self) {
        let mut state = self.lock();
        state.held += 1;
        self.changed.notify_all();
        let _ = self
            .changed
            .wait_timeout_while(state, PATIENCE, |state| state.held > 0 && !state.stopped);
    }
}

/// A request or an answer as it came: head, then as much body as the head announces.
#[derive(Debug)]
pub struct Message {
    /// All of it.
    pub bytes: Vec<u8>,
    head: String,
}

impl Message {
    /// Reads one; `None` where the other side has closed in between.
    pub fn read(stream: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        loop {
            let before = bytes.len();
            if stream.read_until(b'\n', &mut bytes)? == 0 {
                return if before == 0 {
                    Ok(None)
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
            }
            if bytes.ends_with(b"\r\n\r\n") {
                break;
            }
        }
        let head = String::from_utf8(bytes.clone()).map_err(io::Error::other)?;
        let mut message = Self { bytes, head };
        if message.header("transfer-encoding").is_some() {
            return Err(io::Error::other("chunked messages are not expected here"));
        }
        let length = message
            .header("content-length")
            .and_then(|length| length.parse().ok())
            .unwrap_or(0);
        stream.take(length).read_to_end(&mut message.bytes)?;
        Ok(Some(message))
    }

    /// Whether this is an answer that says so.
    pub fn is_success(&self) -> bool {
        self.head
            .split(' ')
            .nth(1)
            .is_some_and(|status| status.starts_with('2'))
    }

    /// What follows the head.
    pub fn body(&self) -> &[u8] {
        &self.bytes[self.head.len()..]
    }

    fn header(&self, wanted: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    }

    /// The API action, wherever the signature scheme puts it.
    fn action(&self) -> String {
        if let Some(action) = self.header("x-acs-action") {
            return action.to_owned();
        }
        let text = String::from_utf8_lossy(&self.bytes);
        text.split(['?', '&', ' ', '\n'])
            .find_map(|pair| pair.strip_prefix("Action="))
            .unwrap_or_default()
            .to_owned()
    }
}
