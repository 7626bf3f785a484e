//! What is done to the SSH door on purpose, and that others are served meanwhile. Attackers come
//! from `127.0.0.2`, people from `127.0.0.1`.

use crate::session::SITE;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use testkit::{Database, KeyPair, Server, WorkTree, hermetic, provided};
use tokio::net::TcpSocket;
use tokio::runtime::Runtime;

/// How long a test waits for what must happen at once, or soon.
const SOON: Duration = Duration::from_secs(60);

fn server(settings: &[&str]) -> (Server, KeyPair) {
    let server = Server::start_with(Database::Sqlite, settings);
    server.create_user("ann");
    server.create_repository(SITE);
    server.seed(SITE);
    let ann = serde_json::json!({ "type": "user", "name": "ann" });
    server.grant(SITE, &ann, "write");
    let key = server.create_key("ann", "ed25519");
    (server, key)
}

/// A connection that does not come from where people are.
fn attack(to: SocketAddr) -> TcpStream {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
    let stream = RUNTIME.block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        socket.connect(to).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream
}

/// All that the other side says until it closes the connection. Fails when it does not.
fn until_closed(mut stream: &TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return said,
            Ok(count) => said.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return said,
            Err(error) => panic!("it is still open after {SOON:?}: {error}"),
        }
    }
}

/// Each git conversation takes a thread that may block. With one read-only key and 560 of them,
/// which then said nothing, all git and all passwords of the server stood still.
#[test]
fn commands_that_are_begun_and_left_alone_leave_room_for_others() {
    let (server, key) = server(&["limits.ssh-commands-per-address=4"]);
    let (host, port) = (server.ssh_addr().ip().to_string(), server.ssh_addr().port().to_string());
    let words = server.ssh_words(Some(&key));
    let mut begun = Vec::new();
    for _ in 0..4 {
        let mut ssh = Command::new(&words[0]);
        hermetic(&mut ssh);
        ssh.args(&words[1..]).args(["-T", "-b", "127.0.0.2", "-p", &port]);
        ssh.arg(format!("git@{host}")).arg(format!("git-upload-pack '{SITE}'"));
        ssh.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut ssh = ssh.spawn().unwrap();
        ssh.stdout.as_mut().unwrap().read_exact(&mut [0; 4]).unwrap();
        begun.push(ssh);
    }
    let told = server.ssh(&key, &["-b", "127.0.0.2"], &["whoami"]);
    assert_eq!(told.code, Some(1));
    assert!(told.err.starts_with("your address runs as many commands as it may"), "{told:?}");
    is_served(&server, &key);
    for mut ssh in begun {
        ssh.kill().unwrap();
        ssh.wait().unwrap();
    }
    let before = Instant::now();
    while server.ssh(&key, &["-b", "127.0.0.2"], &["whoami"]).code != Some(0) {
        assert!(before.elapsed() < SOON, "their places are not given back");
    }
}

#[track_caller]
fn is_served(server: &Server, key: &KeyPair) {
    let url = server.ssh_url_of(SITE);
    let said = server.git_with_key(key).ok(server.home(), &["ls-remote", &url, "main"]);
    assert!(said.ends_with("refs/heads/main"), "{said}");
}

#[test]
fn thousands_who_say_nothing_keep_nobody_out() {
    let limits = ["limits.ssh-unauthenticated-per-address=8", "limits.ssh-login-timeout=10s"];
    let (server, key) = server(&limits);
    let mut silent: Vec<TcpStream> = Vec::new();
    for _ in 0..2000 {
        let stream = attack(server.ssh_addr());
        let mut first = [0; 4];
        // The greeting, or why there is none.
        (&stream).read_exact(&mut first).unwrap();
        if &first == b"SSH-" {
            silent.push(stream);
        } else {
            let rest = String::from_utf8(until_closed(&stream)).unwrap();
            assert_eq!(rest, "many connections from your address: try again in a moment\r\n");
        }
    }
    assert!(silent.len() >= 8, "{} were let in", silent.len());
    is_served(&server, &key);
    for stream in &silent {
        until_closed(stream);
    }
    let again = attack(server.ssh_addr());
    let mut first = [0; 4];
    (&again).read_exact(&mut first).unwrap();
    assert_eq!(&first, b"SSH-", "the places are free again");
}

#[test]
fn slow_and_broken_beginnings_are_ended() {
    let (server, key) = server(&["limits.ssh-login-timeout=10s"]);
    let huge = [b"SSH-2.0-x\r\n".as_slice(), &[0xff; 5], &[0; 1 << 16]].concat();
    let endless = [b"SSH-2.0-".as_slice(), &vec![b'x'; 1 << 20]].concat();
    for (what, bytes) in [
        ("an oversized packet", huge),
        ("an endless greeting", endless),
        ("another protocol", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()),
        ("a packet of nothing", b"SSH-2.0-x\r\n\0\0\0\0".to_vec()),
        ("half a greeting", b"SSH-2.0-".to_vec()),
        ("no key exchange", b"SSH-2.0-x\r\n".to_vec()),
    ] {
        let begun = Instant::now();
        let mut stream = attack(server.ssh_addr());
        // The server may have had enough before all of it was sent.
        drop(stream.write_all(&bytes));
        until_closed(&stream);
        assert!(begun.elapsed() < SOON / 2, "{what} was waited for");
    }
    let mut slow = attack(server.ssh_addr());
    let mut sent = 0;
    // A byte at a time, as long as the server listens.
    while slow.write_all(b"x").is_ok() && sent < 100_000 {
        sent += 1;
        std::thread::yield_now();
        slow.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let mut buffer = [0; 256];
        match slow.read(&mut buffer) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
    }
    assert!(sent < 100_000, "it never gave up");
    is_served(&server, &key);
}

#[test]
fn whoever_tries_key_after_key_is_shown_out() {
    let (server, key) = server(&["limits.ssh-offered-keys=3"]);
    let keys: Vec<KeyPair> =
        (0..5).map(|it| KeyPair::make(server.home(), &format!("wrong-{it}"), "ed25519")).collect();
    let paths: Vec<String> = keys.iter().map(|it| it.path().display().to_string()).collect();
    let options: Vec<&str> = paths.iter().flat_map(|it| ["-i", it.as_str()]).collect();
    let out = server.ssh(&keys[0], &options, &["whoami"]);
    assert!(
        out.err.contains("none of the first 3 keys is known here: offer the right one only"),
        "{out:?}"
    );
    is_served(&server, &key);
}

#[test]
fn a_clone_goes_on_through_many_changes_of_keys() {
    for settings in [&["limits.ssh-rekey-after=256K"][..], &[]] {
        let (server, key) = server(settings);
        let words = server.ssh_words(Some(&key)).join(" ");
        let command =
            if settings.is_empty() { format!("{words} -o RekeyLimit=256K") } else { words };
        let git = testkit::Git::system().over_ssh(&command);
        let tree = WorkTree::clone(git.clone(), &server.ssh_url_of(SITE));
        let mut state = 1_u64;
        let noise: Vec<u8> = (0..8 << 20)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) as u8
            })
            .collect();
        tree.commit_file("large", &noise, "large");
        tree.push("topic").accepted();
        let again = WorkTree::clone_by(git, &server.ssh_url_of(SITE), &["--branch", "topic"]);
        assert_eq!(std::fs::read(again.path().join("large")).unwrap(), noise);
    }
}

#[test]
fn floods_of_channels_commands_and_data_end_where_the_limits_are() {
    let (server, key) = server(&["limits.ssh-commands-per-connection=10"]);
    let tree = WorkTree::clone(server.git_with_key(&key), &server.ssh_url_of(SITE));
    tree.commit("many refs");
    let long = "x".repeat(200);
    let names: Vec<String> =
        (0..4000).map(|it| format!("HEAD:refs/heads/{long}/{it:04}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    tree.push_with(&[], &names).accepted();
    let before = resident();
    let mut python = Command::new(provided("PORTCULLIS_TEST_PYTHON", "peers-venv/bin/python"));
    hermetic(&mut python);
    let out = python
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/ssh_flood.py"))
        .args([server.ssh_addr().ip().to_string(), server.ssh_addr().port().to_string()])
        .args([key.path().display().to_string(), format!("{SITE}.git")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    assert_eq!(said, "channels\ncommands\ndeaf\n", "{}", String::from_utf8_lossy(&out.stderr));
    // Of the whole process, in which other tests run, too.
    let grown = resident().saturating_sub(before);
    assert!(grown < 256 << 10, "{grown} KB more are in use than before");
    is_served(&server, &key);
}

/// What this process has in memory, in KB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn ssh_audit_finds_nothing_weak() {
    let (server, _) = server(&[]);
    let python = provided("PORTCULLIS_TEST_PYTHON", "peers-venv/bin/python");
    let mut audit = Command::new(python);
    hermetic(&mut audit);
    let (host, port) = (server.ssh_addr().ip().to_string(), server.ssh_addr().port().to_string());
    let out = audit.args(["-m", "ssh_audit", "--json", "-p", &port, &host]).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let mut findings = Vec::new();
    for list in ["kex", "key", "enc", "mac"] {
        for it in report[list].as_array().unwrap() {
            let name = it["algorithm"].as_str().unwrap();
            for grade in ["fail", "warn"] {
                for why in it["notes"][grade].as_array().into_iter().flatten() {
                    let why = why.as_str().unwrap();
                    findings.push(format!("{list} {name}: {grade}: {why}"));
                }
            }
        }
    }
    // Clients before OpenSSH 9.9 know no better key exchange that is as cheap, and all others are
    // offered one first.
    let known = ["curve25519-sha256", "curve25519-sha256@libssh.org"].map(|it| {
        format!("kex {it}: warn: does not provide protection against post-quantum attacks")
    });
    assert_eq!(findings, known);
    assert_eq!(report["cves"], serde_json::json!([]));
}
