//! TLS, HTTP/1.1 and HTTP/2, and clients that are slow on purpose.

use crate::program::{Ended, Server, program, run};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

fn certificate(home: &Path) -> [String; 2] {
    let path = |name: &str| home.join(name).display().to_string();
    let (certificate, key) = (path("cert.pem"), path("key.pem"));
    let made = run(Command::new("openssl").args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
        "-keyout",
        &key,
        "-out",
        &certificate,
    ]));
    assert_eq!(made.code, Some(0), "{}", made.err);
    [format!("tls.certificate={certificate}"), format!("tls.key={key}")]
}

/// Status and protocol version, as curl saw them.
fn curl(arguments: &[&str], url: &str) -> Ended {
    let show = ["-sS", "-o", "/dev/null", "-w", "%{http_version} %{http_code}"];
    run(Command::new("curl").env_clear().args(show).args(arguments).arg(url))
}

#[test]
fn tls_serves_both_versions_of_http() {
    let home = tempfile::tempdir().unwrap();
    let [certificate, key] = certificate(home.path());
    let server = Server::start(home.path(), &["--set", &certificate, "--set", &key]);
    assert!(server.url().starts_with("https://"), "{}", server.ready);
    let url = format!("{}/healthz", server.url());
    let trusted = certificate.strip_prefix("tls.certificate=").unwrap();
    for (flag, seen) in [("--http1.1", "1.1 200"), ("--http2", "2 200")] {
        let ended = curl(&[flag, "--cacert", trusted], &url);
        assert_eq!(ended.out, seen, "{}", ended.err);
    }
    assert_ne!(curl(&[], &url).code, Some(0), "nobody vouches for it");
    let plain = curl(&[], &url.replace("https", "http"));
    assert_ne!(plain.code, Some(0), "there is no plain HTTP on this port");
    server.stop();
}

#[test]
fn without_tls_both_versions_are_served_too() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(home.path(), &[]);
    let url = format!("{}/healthz", server.url());
    for (flag, seen) in [("--http1.1", "1.1 200"), ("--http2-prior-knowledge", "2 200")] {
        assert_eq!(curl(&[flag], &url).out, seen);
    }
}

#[test]
fn a_key_that_does_not_belong_to_the_certificate_is_named() {
    let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [certificate, _] = certificate(home.path());
    let [_, key] = self::certificate(other.path());
    let missing = "tls.key=/nowhere/key.pem".to_owned();
    for (key, said) in [(key, "`tls.key` names"), (missing, "`tls.key` names `/nowhere/key.pem`")] {
        let ended = run(program(home.path()).args([
            "serve",
            "--http",
            "127.0.0.1:0",
            "--set",
            &certificate,
            "--set",
            &key,
        ]));
        assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
        assert!(ended.err.contains(said), "{}", ended.err);
    }
}

#[test]
fn slow_clients_are_let_go() {
    let home = tempfile::tempdir().unwrap();
    let limits = ["--set", "limits.header-timeout=300ms", "--set", "limits.client-timeout=300ms"];
    let server = Server::start(home.path(), &limits);
    let body = "POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                Content-Length: 9\r\n\r\n{";
    for start in ["", "P", "GET /healthz HTTP/1.1\r\nHos", "PRI * HTTP/2.0\r\n", body] {
        let begun = Instant::now();
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(start.as_bytes()).unwrap();
        // Whatever is answered, the connection ends, and not only because this end gave up.
        drop(stream.read_to_end(&mut Vec::new()));
        assert!(begun.elapsed() < Duration::from_secs(15), "{start:?} was waited for");
    }
}

#[test]
fn connections_beyond_the_limit_wait_their_turn() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(home.path(), &["--set", "limits.max-connections=1"]);
    let mut first = TcpStream::connect(server.address()).unwrap();
    let get = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let mut second = TcpStream::connect(server.address()).unwrap();
    second.write_all(get.as_bytes()).unwrap();
    second.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert!(second.read(&mut [0; 1]).is_err(), "the only slot is taken");
    first.write_all(get.as_bytes()).unwrap();
    first.read_to_end(&mut Vec::new()).unwrap();
    second.set_read_timeout(None).unwrap();
    let mut answer = String::new();
    second.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
