//! The socket.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::host::Host;
use crate::sandbox::{Options, Sandbox, Server};

use super::{Caller, get, role};

async fn start() -> (Server, Caller) {
    let sandbox = Sandbox::in_memory(Options::default(), Host::system())
        .await
        .unwrap();
    let root = Caller::root(&sandbox);
    (Server::start(sandbox, "127.0.0.1:0").await.unwrap(), root)
}

/// Sends a signed request over a new connection; everything that comes back until it ends.
async fn exchange<A: crate::api::Operation>(server: &Server, root: &Caller, call: &A) -> String {
    let mut line = TcpStream::connect(server.local_addr()).await.unwrap();
    let incoming = root.sign(call, None);
    let mut text = format!("POST {} HTTP/1.1\r\n", incoming.target);
    for (name, value) in &incoming.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("content-length: 0\r\nconnection: close\r\n\r\n");
    line.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_dropped_connection_carries_no_byte() {
    let (server, root) = start().await;
    let answer = exchange(&server, &root, &get("r")).await;
    assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{answer}");
    assert!(answer.contains("content-type: application/json;charset=utf-8"));
    for fault in ["CreateRole:drop-before:1", "CreateRole:drop-after:1"] {
        root.sandbox.inject(fault.parse().unwrap()).await.unwrap();
        assert_eq!(exchange(&server, &root, &role("r")).await, "");
    }
    let answer = exchange(&server, &root, &get("r")).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn a_stop_lets_requests_finish_and_takes_no_more() {
    let (server, root) = start().await;
    let address = server.local_addr();
    assert_eq!(server.url(), format!("http://{address}"));
    root.sandbox
        .inject("GetRole:latency=300ms:1".parse().unwrap())
        .await
        .unwrap();
    // A connection without a request must not hold the server up.
    let _idle = TcpStream::connect(address).await.unwrap();
    let slow = {
        let incoming = root.sign(&get("r"), None);
        let mut text = format!("POST {} HTTP/1.1\r\n", incoming.target);
        for (name, value) in &incoming.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("content-length: 0\r\n\r\n");
        let mut line = TcpStream::connect(address).await.unwrap();
        line.write_all(text.as_bytes()).await.unwrap();
        tokio::spawn(async move {
            let mut answer = String::new();
            line.read_to_string(&mut answer).await.unwrap();
            answer
        })
    };
    Host::system().sleep(Duration::from_millis(100)).await;
    server.stop().await;
    let answer = slow.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer:?}");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_dropped_server_takes_no_more() {
    let (server, _root) = start().await;
    let address = server.local_addr();
    TcpStream::connect(address).await.unwrap();
    drop(server);
    for _ in 0..100 {
        if TcpStream::connect(address).await.is_err() {
            return;
        }
        Host::system().sleep(Duration::from_millis(10)).await;
    }
    panic!("the port is still listened on");
}
