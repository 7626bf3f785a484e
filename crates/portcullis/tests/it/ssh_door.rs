//! The SSH door with OpenSSH's client: who is greeted how, what may be asked, how a push is
//! answered, and that there is nothing else behind it.

use crate::program;
use crate::session::SITE;
use serde_json::json;
use std::io::{BufRead as _, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use testkit::{Git, KeyPair, SecurityKey, Server, WorkTree, hermetic, normalised};

/// Ann may write to `acme/site`, whose `main` has two commits and is closed; Eve is a stranger.
fn server() -> Server {
    Server::with(
        "user ann
         user eve
         grant ann write
         restrict 1 main push",
    )
}

#[test]
fn whoever_logs_in_is_told_who_they_are_and_what_they_can_ask() {
    let server = server();
    let key = server.create_key("ann", "ed25519");
    let you = format!(
        "You are ann, by SSH key \"laptop\" ({}).\nIt may do whatever ann may.\n",
        key.fingerprint()
    );
    let greeted = server.ssh(&key, &[], &[]);
    let text = format!(
        "authenticated via ssh key.\n\n{you}\nYou can use git to connect to Portcullis. Shell \
         access is disabled; the command\n`help` lists what you can ask.\n"
    );
    assert_eq!((greeted.code, greeted.out, greeted.err), (Some(0), text, String::new()));
    assert_eq!(server.ssh(&key, &[], &["whoami"]).out, you);
    assert_eq!(server.ssh(&key, &[], &["repositories"]).out, "acme/site\n");

    let told = server.ssh(&key, &[], &["explain", SITE, "main"]);
    let text = normalised(&told.out);
    assert!(
        text.starts_with("refused\n\nPC-REF-PUSH  main is closed to direct pushes.\n"),
        "{text}"
    );
    assert!(text.contains("weighed, layer by layer:\n  instance          passed"), "{text}");
    assert_eq!(told.code, Some(0));
    assert!(server.ssh(&key, &[], &["explain", SITE, "topic"]).out.starts_with("allowed\n"));

    let eve = server.create_key("eve", "ecdsa");
    assert_eq!(server.ssh(&eve, &[], &["repositories"]).out, "You may see no repository.\n");
    let [hidden, missing] =
        [SITE, "acme/nothing"].map(|it| server.ssh(&eve, &[], &["explain", it, "x"]));
    assert_eq!((hidden.code, &normalised(&hidden.err)), (Some(1), &normalised(&missing.err)));
    assert!(hidden.err.starts_with("PC-REPO-NOT-FOUND"), "{}", hidden.err);
}

#[test]
fn what_is_no_command_is_refused_with_the_list() {
    let server = server();
    let key = server.create_key("ann", "ed25519");
    let list = server.ssh(&key, &[], &["help"]).out;
    assert!(list.starts_with("There is no shell here."), "{list}");
    for (command, said) in [
        ("sh", format!("no such command: `sh`\n\n{list}")),
        (
            "whoami; id",
            format!("there is no shell here that `;` could mean something to\n\n{list}"),
        ),
        ("whoami 'x", "this command ends in the middle of a quote\n".to_owned()),
        ("explain", "use it like this: explain WORKSPACE/REPOSITORY REF [OPERATION]\n".to_owned()),
        (
            "git-lfs-authenticate acme/site upload",
            "LFS is not offered here yet: large files are kept in the repository itself\n"
                .to_owned(),
        ),
        (
            "git-upload-archive 'acme/site'",
            "git archive --remote is not offered here: clone, and run git archive there\n"
                .to_owned(),
        ),
    ] {
        let ended = server.ssh(&key, &[], &[command]);
        assert_eq!((ended.code, ended.out.as_str(), ended.err), (Some(2), "", said), "{command}");
    }
    let sftp = server.ssh(&key, &["-s"], &["sftp"]);
    assert!(sftp.code != Some(0) && sftp.err.contains("subsystem request failed"), "{sftp:?}");
    let forward =
        server.ssh(&key, &["-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:1"], &["whoami"]);
    assert!(forward.code == Some(255) && forward.out.is_empty(), "{forward:?}");
    let through = server.ssh(&key, &["-W", "127.0.0.1:1"], &[]);
    assert!(through.code == Some(255) && through.err.contains("prohibited"), "{through:?}");
    let environment = server.ssh(&key, &["-o", "SetEnv=LC_ALL=C LD_PRELOAD=x"], &["whoami"]);
    assert_eq!(environment.code, Some(0), "{environment:?}");
}

#[test]
fn a_refusal_is_on_record_with_the_key_and_can_be_asked_about() {
    let server = server();
    let key = server.create_key("ann", "ed25519");
    let tree = WorkTree::clone(server.git_with_key(&key), &server.ssh_url_of(SITE));
    tree.commit("three");
    let before = server.holdings(SITE);
    let [id] = tree.push("main").refusal_ids().try_into().unwrap();
    let mark = key.fingerprint();
    assert_eq!(server.holdings(SITE), before, "the server is not what it was");
    let record = server.rest_as("ann").get(&format!("/api/v1/refusals/{id}")).expect(200);
    assert_eq!(
        (&record["channel"], &record["credential"]["fingerprint"]),
        (&json!("git-ssh"), &json!(mark))
    );
    let told = server.ssh(&key, &[], &["refusal", &id]);
    assert!(told.out.starts_with("PC-REF-PUSH") && told.out.contains("weighed"), "{told:?}");

    tree.push("topic").accepted();
    tree.push(":topic").accepted();
    server.is_sound(SITE);
}

#[test]
fn who_may_not_is_told_so_at_the_door() {
    let server = server();
    let [ann, eve] = ["ann", "eve"].map(|it| server.create_key(it, "ed25519"));
    let tree = WorkTree::clone(server.git_with_key(&ann), &server.ssh_url_of(SITE));
    tree.commit("three");
    let path = format!("/api/v1/repositories/{SITE}");
    server.admin().put(&path, &json!({ "archived": true })).expect(200);
    tree.push("topic").fails_with("PC-REPO-ARCHIVED  The repository is archived");

    let asked = |repository: &str| {
        let git = server.git_with_key(&eve);
        let out = git.run(tree.path(), &["ls-remote", &server.ssh_url_of(repository)]);
        assert_eq!(out.status.code(), Some(128));
        normalised(&String::from_utf8(out.stderr).unwrap())
    };
    let (hidden, missing) = (asked(SITE), asked("acme/nothing"));
    assert!(hidden.starts_with("PC-REPO-NOT-FOUND"), "{hidden}");
    assert_eq!(hidden, missing);
}

#[test]
fn rule_090_a_key_that_nobody_has_lets_nobody_in() {
    let server = server();
    let stranger = KeyPair::make(server.home(), "stranger", "ed25519");
    let denied = server.ssh(&stranger, &["-o", "BatchMode=yes"], &["whoami"]);
    assert_eq!((denied.code, denied.out.as_str()), (Some(255), ""));
    assert_eq!(denied.err, "git@127.0.0.1: Permission denied (publickey,keyboard-interactive).\n");
    let told = server.ssh(&stranger, &[], &["whoami"]);
    let text =
        format!("None of the keys you offered is known here:\n  {}\n", stranger.fingerprint());
    assert!(told.err.starts_with(&text) && told.err.ends_with("denied (publickey).\n"), "{told:?}");

    let ann = server.create_key("ann", "ed25519");
    let [real, nobody] = ["ann", "nobody"].map(|it| server.ssh(&ann, &["-l", it], &["whoami"]).err);
    assert!(real.contains("sign in as `git`, whoever you are"), "{real}");
    // The client's own port and its last line name the user; the server's words do not.
    let words = |it: &str| it.lines().next().unwrap().split(": ").nth(1).map(str::to_owned);
    assert_eq!(words(&real), words(&nobody));
}

#[test]
fn the_right_key_is_found_among_those_of_an_agent() {
    let server = server();
    let stranger = KeyPair::make(server.home(), "stranger", "ecdsa");
    let ann = server.create_key("ann", "rsa");
    let socket = server.home().join("agent");
    let mut agent = Command::new("ssh-agent");
    agent.args(["-D", "-a"]).arg(&socket).stdout(Stdio::null());
    let mut agent = agent.spawn().unwrap();
    let add = |key: &KeyPair| {
        // The agent listens a moment after it was started.
        (0..200).any(|_| {
            let mut add = Command::new("ssh-add");
            add.env("SSH_AUTH_SOCK", &socket).arg("-q").arg(key.path()).stderr(Stdio::null());
            add.status().unwrap().success()
        })
    };
    assert!(add(&stranger) && add(&ann));
    let command =
        format!("SSH_AUTH_SOCK={} {}", socket.display(), server.ssh_words(None).join(" "));
    let tree = WorkTree::clone(Git::system().over_ssh(&command), &server.ssh_url_of(SITE));
    agent.kill().unwrap();
    agent.wait().unwrap();
    assert_eq!(tree.git(&["log", "--format=%s"]), "two\none");
}

#[test]
fn a_key_on_hardware_signs_in_and_pushes() {
    let server = server();
    for kind in ["ed25519", "ecdsa"] {
        let token = SecurityKey::make(server.home(), &format!("token-{kind}"), kind);
        let command = format!(
            "SSH_AUTH_SOCK={} {}",
            token.socket().display(),
            server.ssh_words(None).join(" ")
        );
        let git = || Git::system().over_ssh(&command);
        let url = server.ssh_url_of(SITE);
        let refused = git().run(server.home(), &["ls-remote", &url]);
        assert_eq!(refused.status.code(), Some(128), "it is on nobody's record yet");
        let body = json!({ "label": kind, "key": token.public() });
        server.admin().post("/api/v1/users/ann/ssh-keys", &body).expect(201);
        let tree = WorkTree::clone(git(), &url);
        tree.commit(kind);
        tree.push(&format!("topic/{kind}")).accepted();
        assert_eq!(server.tip(SITE, &format!("topic/{kind}")).as_deref(), Some(kind));
    }
}

#[test]
fn a_connection_may_run_any_number_of_commands_one_after_the_other() {
    let server = server();
    let key = server.create_key("ann", "ed25519");
    let path = server.home().join("master");
    let path = format!("ControlPath={}", path.display());
    let shared = ["-o", "ControlMaster=auto", "-o", &path, "-o", "ControlPersist=60"];
    for nth in 1..=30 {
        let said = server.ssh(&key, &shared, &["whoami"]);
        assert!(said.out.starts_with("You are ann"), "command {nth}: {said:?}");
    }
    let id =
        server.admin().get("/api/v1/users/ann/ssh-keys").expect(200)["values"][0]["id"].to_string();
    server.admin().delete(&format!("/api/v1/users/ann/ssh-keys/{id}")).expect(204);
    let said = server.ssh(&key, &shared, &["whoami"]);
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{said:?}");
    let text = normalised(&said.err);
    assert!(
        text.starts_with("PC-CRED-UNKNOWN  This SSH key is not known here any more.\n"),
        "{text}"
    );
    assert!(server.ssh(&key, &[&shared[..], &["-O", "exit"]].concat(), &[]).code == Some(0));
}

#[test]
fn an_access_key_is_greeted_as_what_it_is_and_may_what_it_was_given() {
    let server = server();
    let key = KeyPair::make(server.home(), "deploy", "ed25519");
    let body = json!({ "label": "deploy", "key": key.public(), "permission": "read" });
    let path = format!("/api/v1/repositories/{SITE}/access-keys");
    server.admin().post(&path, &body).expect(201);
    let greeted = server.ssh(&key, &[], &[]).out;
    let you = format!(
        "You are an access key of repository acme/site, by SSH key \"deploy\" ({}).\nIt was given \
         read there.\n",
        key.fingerprint()
    );
    assert!(greeted.starts_with("authenticated via a deploy key.\n\n"), "{greeted}");
    assert_eq!(server.ssh(&key, &[], &["whoami"]).out, you);
    assert_eq!(server.ssh(&key, &[], &["repositories"]).out, "acme/site\n");
    let tree = WorkTree::clone(server.git_with_key(&key), &server.ssh_url_of(SITE));
    tree.commit("three");
    let before = server.holdings(SITE);
    tree.push("topic").fails_with("PC-PERM-WRITE  This needs write on the repository");
    assert_eq!(server.holdings(SITE), before);
    tree.follow(&server.ssh_url_of("acme/nothing"));
    let [id] = tree.push("topic").refusal_ids().try_into().unwrap();
    let told = server.ssh(&key, &[], &["refusal", &id]);
    assert!(told.out.starts_with("PC-REPO-NOT-FOUND"), "{told:?}");
    let told = server.ssh(&key, &[], &["refusal", "R-AAAAAAAA"]);
    assert_eq!(told.err, "no such refusal\n");
}

#[test]
fn a_certificate_lets_in_whom_it_names_and_for_what_it_says() {
    let mut server = server();
    let [authority, laptop, bot] =
        ["authority", "laptop", "bot"].map(|it| KeyPair::make(server.home(), it, "ed25519"));
    let trusted =
        format!("ssh-user-authorities={}", authority.path().with_extension("pub").display());
    server.restart_with(&[&trusted]);
    let certify = |key: &KeyPair, options: &[&str]| {
        let mut keygen = Command::new("ssh-keygen");
        hermetic(&mut keygen);
        keygen.arg("-q").arg("-s").arg(authority.path()).args(["-I", "for a test", "-V", "+1h"]);
        let made = keygen.args(options).arg(key.path().with_extension("pub")).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    assert_eq!(server.ssh(&laptop, &[], &["whoami"]).code, Some(255), "the key alone");
    certify(&laptop, &["-n", "ann"]);
    let you = |key: &KeyPair| {
        let mark = key.fingerprint();
        format!(
            "You are ann, by SSH certificate \"for a test\" ({mark}).\nIt may do whatever ann may.\n"
        )
    };
    assert_eq!(server.ssh(&laptop, &[], &["whoami"]).out, you(&laptop));
    let tree = WorkTree::clone(server.git_with_key(&laptop), &server.ssh_url_of(SITE));
    tree.commit("three");
    tree.push("topic").accepted();

    certify(&bot, &["-n", "ann", "-O", "force-command=whoami"]);
    let only = format!("{}It is good for one command only: whoami\n", you(&bot));
    for command in [&["repositories"][..], &["git-receive-pack 'acme/site'"], &[]] {
        assert_eq!(server.ssh(&bot, &[], command).out, only);
    }
    certify(&bot, &["-n", "nobody"]);
    assert_eq!(server.ssh(&bot, &[], &["whoami"]).code, Some(255));
}

#[test]
fn a_running_command_ends_before_the_server_does_and_idle_connections_go_at_once() {
    let home = tempfile::tempdir().unwrap();
    let server = program::Server::start(home.path(), &[]);
    let token = std::fs::read_to_string(server.data.join("admin-token")).unwrap();
    let rest = testkit::Rest::new(server.url(), Some(format!("Bearer {}", token.trim())));
    let key = KeyPair::make(home.path(), "key", "ed25519");
    let body = json!({ "label": "key", "key": key.public() });
    rest.post("/api/v1/users/admin/ssh-keys", &body).expect(201);
    rest.post("/api/v1/workspaces", &json!({ "slug": "acme", "name": "Acme" })).expect(201);
    rest.post("/2.0/workspaces/acme/projects", &json!({ "key": "A", "name": "A" })).expect(201);
    let repository = json!({ "scm": "git", "project": { "key": "A" } });
    rest.post("/2.0/repositories/acme/site", &repository).expect(200);

    let known = home.path().join("known_hosts");
    std::fs::write(&known, rest.get("/.well-known/ssh-known-hosts").text).unwrap();
    let (host, port) = server.ssh_address().split_once(':').unwrap();
    let ssh = |options: &[&str]| {
        let mut ssh = Command::new("ssh");
        hermetic(&mut ssh);
        ssh.args(["-F", "none", "-o", "IdentityAgent=none", "-o", "IdentitiesOnly=yes"]);
        ssh.args(["-o", &format!("UserKnownHostsFile={}", known.display()), "-i"]).arg(key.path());
        ssh.args(["-p", port]).args(options).arg(format!("git@{host}"));
        ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        ssh
    };
    let mut running = ssh(&[]).arg("git-upload-pack 'acme/site'").spawn().unwrap();
    let mut length = [0; 4];
    running.stdout.as_mut().unwrap().read_exact(&mut length).unwrap();
    // Signed in, and no command.
    let mut idle = ssh(&["-v", "-N"]).spawn().unwrap();
    let mut idle_says = std::io::BufReader::new(idle.stderr.take().unwrap()).lines();
    assert!(idle_says.any(|it| it.unwrap().contains("Entering interactive session")));

    server.signal("TERM");
    assert!(idle_says.any(|it| it.unwrap().contains("the server is stopping: try again")));
    assert_eq!(idle.wait().unwrap().code(), Some(255));
    assert!(running.try_wait().unwrap().is_none(), "it is waited for");
    running.stdin.take().unwrap().write_all(b"0000").unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(0));
    assert_eq!(server.wait(), (Some(0), String::new()));
}

/// Counts what clients send to `to`, and passes it on.
fn counting(to: std::net::SocketAddr) -> (std::net::SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (addr, count) = (listener.local_addr().unwrap(), Arc::new(AtomicU64::new(0)));
    let counted = count.clone();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (server, counted) = (TcpStream::connect(to).unwrap(), counted.clone());
            let pass = |mut from: TcpStream, mut to: TcpStream, counted: Arc<AtomicU64>| {
                let mut buffer = [0; 1 << 14];
                while let Ok(count @ 1..) = from.read(&mut buffer) {
                    counted.fetch_add(count as u64, Ordering::Relaxed);
                    if to.write_all(&buffer[..count]).is_err() {
                        break;
                    }
                }
                // Either side may have closed it already.
                drop(to.shutdown(Shutdown::Write));
            };
            let (from, into) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || pass(from, into, counted));
            std::thread::spawn(move || pass(server, client, Arc::default()));
        }
    });
    (addr, count)
}

/// Bytes that do not compress.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn a_push_that_is_refused_early_is_hardly_read() {
    let server = server();
    let key = server.create_key("ann", "ed25519");
    let tree = WorkTree::clone(server.git_with_key(&key), &server.ssh_url_of(SITE));
    tree.commit_file("large", &noise(20 << 20), "large");
    let (addr, sent) = counting(server.ssh_addr());
    // The server is known by its own address, not by that of the one who counts.
    let alias = format!("-o 'HostKeyAlias=[127.0.0.1]:{}'", server.ssh_addr().port());
    let command = format!("{} {alias}", server.ssh_words(Some(&key)).join(" "));
    let mut push = Git::system().over_ssh(&command).command(tree.path());
    let url = format!("ssh://git@{addr}/{SITE}.git");
    let ended = push.args(["push", &url, "HEAD:main"]).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("remote: PC-REF-PUSH  main is closed to direct pushes."), "{said}");
    assert!(
        said.contains("! [remote rejected] HEAD -> main (PC-REF-PUSH: pull request required"),
        "{said}"
    );
    let sent = sent.load(Ordering::Relaxed);
    assert!(sent < 1 << 20, "{sent} bytes were read of a push that was refused");
}

#[test]
fn the_host_key_is_made_once_and_shown() {
    let home = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let server = program::Server::start(home.path(), &[]);
        let rest = testkit::Rest::new(server.url(), None);
        let page = rest.get("/.well-known/ssh-known-hosts").text;
        let (mark, line) = page.split_once('\n').unwrap();
        let port = server.ready.rsplit(':').next().unwrap();
        assert!(line.starts_with(&format!("[127.0.0.1]:{port} ssh-ed25519 ")), "{page}");
        let file = server.data.join("ssh_host_ed25519_key");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let mut keygen = Command::new("ssh-keygen");
        hermetic(&mut keygen);
        let shown = keygen.arg("-lf").arg(&file).output().unwrap().stdout;
        let shown = String::from_utf8(shown).unwrap();
        assert_eq!(mark.strip_prefix("# "), shown.split(' ').nth(1));
        assert!(program::log(home.path()).contains(mark.trim_start_matches("# ")));
        seen.push(shown);
        server.stop();
    }
    assert_eq!(seen[0], seen[1]);

    let file = home.path().join("data/ssh_host_ed25519_key");
    std::fs::write(&file, "not a key\n").unwrap();
    let serve = ["serve", "--http", "127.0.0.1:0", "--ssh", "127.0.0.1:0", "--data"];
    let ended =
        program::run(program::program(home.path()).args(serve).arg(home.path().join("data")));
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("ssh_host_ed25519_key` cannot be used"), "{}", ended.err);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "not a key\n", "it is not replaced");
}

#[test]
fn an_rsa_key_is_offered_where_it_is_configured_and_ssh_can_be_switched_off() {
    let home = tempfile::tempdir().unwrap();
    let rsa = KeyPair::make(home.path(), "rsa", "rsa");
    let setting = format!("ssh-host-keys={}", rsa.path().display());
    let server = program::Server::start(home.path(), &["--set", &setting]);
    let rest = testkit::Rest::new(server.url(), None);
    let page = rest.get("/.well-known/ssh-known-hosts").text;
    assert!(page.contains(" ssh-ed25519 ") && page.contains(&rsa.fingerprint()), "{page}");
    server.stop();

    let server = program::Server::start(home.path(), &["--ssh", "none"]);
    assert!(!server.ready.contains("ssh="), "{}", server.ready);
    let rest = testkit::Rest::new(server.url(), None);
    assert_eq!(rest.get("/.well-known/ssh-known-hosts").status, 404);
    server.stop();
}
