//! One file, several openers.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::api::{Secret, imm, ram};
use crate::host::Host;
use crate::sandbox::{Options, Quota, Sandbox};

use super::{Caller, Clock, allow, code, get, role, usual_role};

async fn open(path: &std::path::Path, options: Options) -> Result<Sandbox, String> {
    Sandbox::open(path, options, Host::system())
        .await
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn the_first_one_decides_account_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let wanted = Options {
        account_id: Some("1000000000000001".into()),
        access_key: Some(("root-key".into(), Secret::new("hunter2"))),
        ..Options::default()
    };
    let first = open(&path, wanted.clone()).await.unwrap();
    assert_eq!(first.account().id, "1000000000000001");
    let second = open(&path, Options::default()).await.unwrap();
    assert_eq!(second.account(), first.account());
    open(&path, wanted.clone()).await.unwrap();

    for (other, why) in [
        (
            Options {
                account_id: Some("2".into()),
                ..wanted.clone()
            },
            "its account is 1000000000000001",
        ),
        (
            Options {
                access_key: Some(("other".into(), Secret::new("hunter2"))),
                ..wanted.clone()
            },
            "its root access key is root-key",
        ),
        (
            Options {
                access_key: Some(("root-key".into(), Secret::new("hunter3"))),
                ..wanted
            },
            "the secret of its root access key root-key is another one",
        ),
    ] {
        let error = open(&path, other).await.unwrap_err();
        assert!(error.contains(why), "{error}");
        assert!(!error.contains("hunter"), "{error}");
    }
}

#[tokio::test]
async fn files_that_are_not_ours_are_refused_and_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);

    let foreign = Connection::open(at("foreign")).unwrap();
    foreign.execute_batch("CREATE TABLE theirs (a)").unwrap();
    drop(foreign);
    let before = Host::system().read_file(&at("foreign")).unwrap();
    let error = open(&at("foreign"), Options::default()).await.unwrap_err();
    assert!(error.contains("another program"), "{error}");
    assert_eq!(Host::system().read_file(&at("foreign")).unwrap(), before);

    open(&at("newer"), Options::default())
        .await
        .unwrap()
        .close()
        .await;
    let newer = Connection::open(at("newer")).unwrap();
    newer.execute_batch("PRAGMA user_version = 999").unwrap();
    drop(newer);
    let error = open(&at("newer"), Options::default()).await.unwrap_err();
    assert!(
        error.contains("newer release") && error.contains("999"),
        "{error}"
    );

    open(&at("corrupt"), Options::default())
        .await
        .unwrap()
        .close()
        .await;
    corrupt(&at("corrupt"));
    let error = open(&at("corrupt"), Options::default()).await.unwrap_err();
    assert!(error.contains("damaged"), "{error}");

    let error = open(&at("no/such/folder"), Options::default())
        .await
        .unwrap_err();
    assert!(error.contains("does not exist"), "{error}");
    let error = open(folder.path(), Options::default()).await.unwrap_err();
    assert!(error.contains("directory"), "{error}");
}

#[expect(clippy::disallowed_methods, reason = "the test damages a file")]
fn corrupt(path: &std::path::Path) {
    let mut bytes = std::fs::read(path).unwrap();
    // The first page stays what it is; everything after it is nonsense.
    for byte in bytes.iter_mut().skip(1024) {
        *byte = 0xa5;
    }
    std::fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn quotas_stay_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let raised = Options {
        quotas: BTreeMap::from([(Quota::Roles, 2), (Quota::Projects, 1)]),
        ..Options::default()
    };
    open(&path, raised).await.unwrap().close().await;
    let root = Caller::root(&open(&path, Options::default()).await.unwrap());
    root.call(usual_role()).await.unwrap();
    root.call(role("a")).await.unwrap();
    let refused = root.call(role("c")).await.unwrap_err();
    assert_eq!(refused, code(409, "LimitExceeded.Role"));
    let project = |name: &str| imm::CreateProject {
        project_name: name.into(),
        ..Default::default()
    };
    root.call(project("p")).await.unwrap();
    let refused = root.call(project("q")).await.unwrap_err();
    assert_eq!(refused, code(400, "LimitExceededError"));
}

#[tokio::test]
async fn a_nonce_is_used_up_for_every_process_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let one = Caller::root(&open(&path, Options::default()).await.unwrap());
    let two = Caller::root(&open(&path, Options::default()).await.unwrap());
    let list = ram::ListUsers::default();
    let request = |caller: &Caller| caller.sign(&list, Some("nonce"));
    one.send::<ram::ListUsers>(request(&one)).await.unwrap();
    let again = two.send::<ram::ListUsers>(request(&two)).await.unwrap_err();
    assert_eq!(again, code(400, "SignatureNonceUsed"));
    one.sandbox.close().await;
    two.sandbox.close().await;
    let three = Caller::root(&open(&path, Options::default()).await.unwrap());
    let again = three
        .send::<ram::ListUsers>(request(&three))
        .await
        .unwrap_err();
    assert_eq!(again, code(400, "SignatureNonceUsed"));
    // Another key may use the same one.
    let user = three.user("somebody").await;
    three
        .grant("somebody", "list", &allow(&["ram:ListUsers"], "*"))
        .await;
    user.send::<ram::ListUsers>(request(&user)).await.unwrap();
}

/// Eight openers race for a file that does not exist, and each creates roles at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_processes_make_one_cloud() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let tasks: Vec<_> = (0..8)
        .map(|opener| {
            let path = path.clone();
            tokio::spawn(async move {
                let sandbox = open(&path, Options::default()).await.unwrap();
                let root = Caller::root(&sandbox);
                let mut won = 0;
                for number in 0..10 {
                    root.call(role(&format!("own-{opener}-{number}")))
                        .await
                        .unwrap();
                    // Everybody wants these; one gets each.
                    match root.call(role(&format!("shared-{number}"))).await {
                        Ok(_) => won += 1,
                        Err(refused) => {
                            assert_eq!(refused, code(409, "EntityAlreadyExists.Role"));
                        }
                    }
                }
                (sandbox.account().clone(), won)
            })
        })
        .collect();
    let mut accounts = Vec::new();
    let mut won = 0;
    for task in tasks {
        let (account, count) = task.await.unwrap();
        accounts.push(account);
        won += count;
    }
    accounts.dedup();
    assert_eq!(accounts.len(), 1, "openers see different accounts");
    assert_eq!(won, 10);
    let root = Caller::root(&open(&path, Options::default()).await.unwrap());
    let page = root
        .call(ram::ListRoles {
            max_items: Some(1000),
            ..Default::default()
        })
        .await
        .unwrap();
    assert_eq!(page.roles.len(), 90);
}

#[tokio::test]
async fn a_closed_sandbox_answers_with_an_error() {
    let root = super::memory(&Clock::new()).await;
    root.sandbox.close().await;
    let refused = root.call(get("r")).await.unwrap_err();
    assert_eq!(refused, code(500, "InternalError"));
    assert!(root.sandbox.faults().await.is_err());
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test makes a file of its own"
)]
#[tokio::test]
async fn the_file_and_those_beside_it_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let mode = |name: &str| {
        let file = std::fs::metadata(folder.path().join(name)).unwrap();
        file.permissions().mode() & 0o777
    };
    let sandbox = open(&path, Options::default()).await.unwrap();
    Caller::root(&sandbox).call(role("r")).await.unwrap();
    for name in ["sandbox.db", "sandbox.db-wal", "sandbox.db-shm"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    sandbox.close().await;
    // What somebody opened to others on purpose stays open.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let sandbox = open(&path, Options::default()).await.unwrap();
    Caller::root(&sandbox).call(role("s")).await.unwrap();
    assert_eq!(mode("sandbox.db"), 0o640);
    // An empty file is as good as none.
    std::fs::write(folder.path().join("empty"), "").unwrap();
    open(&folder.path().join("empty"), Options::default())
        .await
        .unwrap();
}
