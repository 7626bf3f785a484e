//! Starting and stopping: the ready line, the data folder, signals, and who may use a folder.

use crate::program::{Server, program, run};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn the_ready_line_is_first_and_true() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(home.path(), &["--ssh", "127.0.0.1:0"]);
    let address = server.ready.strip_prefix("ready http=http://").unwrap();
    assert!(TcpStream::connect(address).is_ok());
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
        .args(["serve", "--http", "127.0.0.1:0", "--data"])
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
    let ended = run(program(home.path()).args(["serve", "--http", &address]));
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
    assert!(ended.err.contains(&format!("cannot listen on `{address}` (http)")), "{}", ended.err);
}
