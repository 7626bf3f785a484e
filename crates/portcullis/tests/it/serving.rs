//! Starting and stopping: the ready line, the data folder, signals, and who may use a folder.

use crate::program::{Server, log, program, run};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn the_ready_line_is_first_and_true() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(home.path(), &[]);
    let urls = server.ready.strip_prefix("ready http=http://").unwrap();
    let (http, ssh) = urls.split_once(" ssh=ssh://").unwrap();
    for address in [http, ssh] {
        assert!(TcpStream::connect(address).is_ok(), "{address}");
    }
    let about = std::fs::read_to_string(server.data.join("server.json")).unwrap();
    assert!(about.contains(server.url()), "{about}");
    let data = server.data.clone();
    assert_eq!(server.stop(), "", "nothing else belongs on standard output");
    assert!(!data.join("server.json").exists());
    assert_eq!(data.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_second_process_on_the_same_folder_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(home.path(), &[]);
    let second = run(program(home.path())
        .args(["serve", "--http", "127.0.0.1:0", "--ssh", "127.0.0.1:0", "--data"])
        .arg(&server.data));
    assert_eq!((second.code, second.out.as_str()), (Some(1), ""));
    assert!(second.err.contains("is in use by another portcullis"), "{}", second.err);
    assert!(TcpStream::connect(server.address()).is_ok(), "the first one goes on");
    server.stop();
    Server::start(home.path(), &[]).stop();
}

#[test]
fn a_folder_left_behind_by_a_killed_server_can_be_used_again() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(home.path(), &[]);
    server.signal("KILL");
    assert_eq!(server.wait().0, None);
    Server::start(home.path(), &[]).stop();
}

#[test]
fn a_taken_address_is_named() {
    let home = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (taken, free) in [("http", "ssh"), ("ssh", "http")] {
        let flags = [&format!("--{taken}"), &address, &format!("--{free}"), "127.0.0.1:0"];
        let ended = run(program(home.path()).arg("serve").args(flags));
        assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
        let said = format!("cannot listen on `{address}` ({taken})");
        assert!(ended.err.contains(&said), "{}", ended.err);
    }
}

#[test]
fn a_running_request_ends_before_the_server_does() {
    for signal in ["TERM", "INT"] {
        let home = tempfile::tempdir().unwrap();
        let server = Server::start(home.path(), &[]);
        let mut slow = TcpStream::connect(server.address()).unwrap();
        let head = "POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                    Content-Length: 2\r\nExpect: 100-continue\r\n\r\n";
        slow.write_all(head.as_bytes()).unwrap();
        // The server asks for the body: from here on, the request is running.
        let mut asked = [0; 25];
        slow.read_exact(&mut asked).unwrap();
        assert!(asked.starts_with(b"HTTP/1.1 100 Continue"));
        server.signal(signal);
        while TcpStream::connect(server.address()).is_ok() {
            std::thread::yield_now();
        }
        slow.write_all(b"{}").unwrap();
        let mut answer = String::new();
        slow.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        assert_eq!(server.wait(), (Some(0), String::new()), "{}", log(home.path()));
    }
}

#[test]
fn a_request_that_does_not_end_is_cut_off_in_the_end() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(home.path(), &["--set", "limits.stop-timeout=200ms"]);
    let mut stuck = TcpStream::connect(server.address()).unwrap();
    let head = "POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\
                Expect: 100-continue\r\n\r\n";
    stuck.write_all(head.as_bytes()).unwrap();
    stuck.read_exact(&mut [0; 25]).unwrap();
    server.signal("TERM");
    assert_eq!(server.wait().0, Some(0));
    assert!(log(home.path()).contains("have been cut off"));
}
