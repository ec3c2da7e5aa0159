//! The harness itself, without the provider: what fails here is not the provider's fault.

use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use crate::support::proxy::Message;
use crate::support::terraform::{DEFAULT, WHEELS};
use crate::support::{Proxy, Rule, Workspace, over_versions};

const DATA: &str = r#"
variable "input" {
  default = "one"
}

resource "terraform_data" "this" {
  input            = var.input
  triggers_replace = var.input == "three"
}

output "input" {
  value = terraform_data.this.output
}
"#;

#[test]
fn terraform_data_lives_and_dies() {
    let (oldest, newest) = (WHEELS[0].0, WHEELS[WHEELS.len() - 1].0);
    over_versions(&[oldest, DEFAULT, newest], |terraform| {
        let workspace = Workspace::new(terraform);
        // The provider is not asked for, so that this does not depend on it.
        workspace.write("required.tf", "");

        workspace.config(DATA);
        let plan = workspace.plan();
        plan.assert(&[("terraform_data.this", "create")]);
        assert_eq!(
            plan.changed_attributes("terraform_data.this"),
            ["id", "input", "output", "triggers_replace"]
        );
        let state = workspace.apply();
        state.assert(
            "terraform_data.this",
            json!({"input": "one", "output": "one"}),
        );
        assert_eq!(state.output("input"), "one");
        workspace.plan().assert_no_changes();

        let plan = workspace.plan_with(&["-var=input=two"]);
        plan.assert(&[("terraform_data.this", "update")]);
        assert_eq!(
            plan.changed_attributes("terraform_data.this"),
            ["input", "output"]
        );

        workspace
            .plan_with(&["-var=input=three"])
            .assert(&[("terraform_data.this", "delete,create")]);

        workspace.config("resource \"terraform_data\" \"this\" {\n  nonsense = true\n}\n");
        let errors = workspace.plan_fails();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].summary(), "Unsupported argument");
        assert_eq!(errors[0].underlined(), "nonsense");

        workspace.config(DATA);
        workspace.destroy();
    });
}

/// A server that answers everything with `{}` and counts.
fn echo_server() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&served);
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            while let Ok(Some(_)) = Message::read(&mut BufReader::new(&client)) {
                count.fetch_add(1, Ordering::Relaxed);
                client
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                    .unwrap();
            }
        }
    });
    (url, served)
}

/// Sends one request; the answer's body, or nothing where the connection was closed.
fn ask(proxy: &Proxy, action: &str) -> Option<String> {
    let mut stream = TcpStream::connect(proxy.url().trim_start_matches("http://")).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\nx-acs-action: {action}\r\ncontent-length: 3\r\n\r\na=b"
    )
    .unwrap();
    let answer = Message::read(&mut BufReader::new(stream)).unwrap()?;
    Some(String::from_utf8(answer.body().to_vec()).unwrap())
}

#[test]
fn the_proxy_loses_holds_and_answers() {
    let (url, served) = echo_server();
    let proxy = Proxy::new(&url);
    let served = || served.load(Ordering::Relaxed);

    assert_eq!(ask(&proxy, "Free").as_deref(), Some("{}"));
    assert_eq!(served(), 1);

    proxy.on("Do", Rule::LoseRequest);
    proxy.on("Do", Rule::LoseAnswer);
    proxy.on("Do", Rule::Answer(503, "busy".to_owned()));
    assert_eq!((ask(&proxy, "Do"), served()), (None, 1));
    assert_eq!((ask(&proxy, "Do"), served()), (None, 2));
    assert_eq!((ask(&proxy, "Do").as_deref(), served()), (Some("busy"), 2));
    assert_eq!((ask(&proxy, "Do").as_deref(), served()), (Some("{}"), 3));

    for (rule, answer, reached) in [
        (Rule::HoldRequest, None, 3),
        (Rule::HoldAnswer, Some("{}".to_owned()), 4),
    ] {
        proxy.on("Do", rule);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| ask(&proxy, "Do"));
            proxy.wait_held();
            assert!(!waiting.is_finished());
            assert_eq!(served(), reached);
            proxy.release();
            assert_eq!(waiting.join().unwrap(), answer);
        });
    }
    assert_eq!((proxy.count("Do"), proxy.count("Free")), (6, 1));
}
