//! The client commands against a real server: an installation set up from the command line alone,
//! then people working with it. Each test is one session.

use crate::program::{program, run};
use crate::site::Site;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::mpsc;

#[test]
fn an_installation_is_set_up_from_the_command_line() {
    let site = Site::new();
    let token = site.server.data.join("admin-token");
    assert_eq!(token.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    let ann = site.done("user create ann --display-name 'Ann Lee' --email ann@example.org");
    assert_eq!((&ann["username"], &ann["display_name"]), (&"ann".into(), &"Ann Lee".into()));
    let users = site.done("user list");
    assert_eq!(users.as_array().unwrap().len(), 2);
    assert_eq!(site.done("user show ann")["uuid"], ann["uuid"]);

    site.done("workspace create acme --name 'Acme Inc.'");
    assert_eq!(site.done("workspace list")[0]["name"], "Acme Inc.");
    assert_eq!(site.done("workspace show acme")["slug"], "acme");
    site.done("workspace member-set acme ann");
    site.done("group create acme/devs --name Developers");
    site.admin("group add acme/devs ann");
    assert_eq!(site.admin("group remove acme/devs ann").code, Some(0));
    assert_eq!(site.admin("group add acme/devs ann").code, Some(0));
    assert_eq!(site.done("group members acme/devs")[0]["username"], "ann");
    site.done("group create acme/gone");
    assert_eq!(site.admin("group delete acme/gone").code, Some(0));
    assert_eq!(site.done("group list acme").as_array().unwrap().len(), 1);

    // Somebody who leaves: out of the workspace, or out of everything.
    site.done("user create bob --email bob@example.org");
    site.done("workspace member-set acme bob");
    assert_eq!(site.admin("workspace member-remove acme bob").code, Some(0));
    assert_eq!(site.done("workspace member-list acme").as_array().unwrap().len(), 2);
    let closed = site.done("user update bob --active false --email b@example.org");
    assert_eq!((&closed["active"], &closed["email"]), (&false.into(), &"b@example.org".into()));
    let audit = site.done("audit --last 1");
    assert_eq!(audit[0]["what"], "changed user `bob`");

    site.done("project create acme/CORE --name Core --private false");
    let changed = site.done("project update acme/CORE --description 'What we sell'");
    assert_eq!(
        (&changed["name"], &changed["description"]),
        (&"Core".into(), &"What we sell".into())
    );
    assert_eq!(site.done("project show acme/CORE")["key"], "CORE");
    site.done("project create acme/OLD");
    assert_eq!(site.admin("project delete acme/OLD").code, Some(0));
    assert_eq!(site.done("project list acme").as_array().unwrap().len(), 1);

    site.done("repository create acme/site --project CORE --description 'The site'");
    let shown = site.done("repository update acme/site --private false --archived true");
    assert_eq!((&shown["is_private"], &shown["description"]), (&false.into(), &"The site".into()));
    site.done("repository update acme/site --archived false");
    assert_eq!(site.done("repository list acme")[0]["full_name"], "acme/site");
    assert_eq!(site.admin("repository maintain acme/site").code, Some(0));
    site.done("repository create acme/gone --project CORE");
    assert_eq!(site.admin("repository delete acme/gone").code, Some(0));
    assert_eq!(site.admin("repository show acme/gone").code, Some(1));

    site.done("grant set group:devs write --repository acme/site");
    site.done("grant set everyone read --project acme/CORE");
    let grants = site.admin("grant list --repository acme/site").out;
    assert!(grants.contains("group:devs") && grants.contains("write"), "{grants}");
    site.done("grant set group:devs none --repository acme/site");
    assert!(!site.admin("grant list --repository acme/site").out.contains("group:devs"));
}

#[test]
fn tokens_are_made_shown_once_replaced_and_revoked() {
    let site = Site::new();
    let text = site.with_ann();
    assert_eq!(site.with_token(&text, "repository show acme/site").code, Some(0));
    let id = site.done("token list --user ann")[0]["id"].clone();
    assert!(!site.admin("token list --user ann").out.contains(&text));

    let next = site.done(&format!("token rotate {id} --user ann"));
    let next_text = next["token"].as_str().unwrap();
    assert_ne!(next_text, text);
    assert_eq!(site.with_token(&text, "repository show acme/site").code, Some(1));
    assert_eq!(site.with_token(next_text, "repository show acme/site").code, Some(0));
    assert_eq!(site.admin(&format!("token revoke {} --user ann", next["id"])).code, Some(0));
    assert_eq!(site.with_token(next_text, "repository show acme/site").code, Some(1));

    for place in ["--repository acme/site", "--project acme/CORE", "--workspace acme"] {
        let made = site
            .done(&format!("token create ci-bot {place} --scope repository --expires 2099-01-01"));
        let token = made["token"].as_str().unwrap();
        assert_eq!(site.with_token(token, "repository show acme/site").code, Some(0), "{place}");
        let listed = site.done(&format!("token list {place}"));
        assert_eq!(listed[0]["name"], "ci-bot");
        let revoked = site.admin(&format!("token revoke {} {place}", made["id"]));
        assert_eq!(revoked.code, Some(0), "{}", revoked.err);
        assert_eq!(site.with_token(token, "repository show acme/site").code, Some(1), "{place}");
    }
}

#[test]
fn a_refused_push_is_explained_where_it_was_refused() {
    let site = Site::new();
    let token = site.with_ann();
    let clone = site.clone_of_ann(&token);
    let rule = site.done("restriction create push --ref refs/heads/main --repository acme/site");
    let id = rule["id"].as_i64().unwrap();
    site.git(clone, "commit -q --allow-empty -m two");
    let refused = site.git(clone, "push origin main");
    assert_eq!(refused.code, Some(1));
    let refusal = refused.err.split("R-").nth(1).unwrap();
    let refusal: String = refusal.chars().take_while(char::is_ascii_alphanumeric).collect();

    // Nothing is given but the id: server and secret come from the clone's remote.
    let mut command = program(site.home());
    let told = run(command
        .current_dir(site.home().join(clone))
        .args(["explain", &format!("R-{refusal}")]));
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""));
    for part in ["PC-REF-PUSH", &format!("rule {id}"), "refs/heads/main", "ann", "next", "laptop"] {
        assert!(told.out.contains(part), "{part} is missing:\n{}", told.out);
    }
    for layer in ["credential", "scope", "permission", "restriction"] {
        assert!(
            told.out.contains(&format!("\n  {layer} ")),
            "{layer} was not weighed:\n{}",
            told.out
        );
    }
    assert!(told.out.contains(&format!("rule {id} (push, repository): refuses")), "{}", told.out);
    assert!(!told.out.contains('\u{1b}'), "colours are for terminals");

    let mut command = program(site.home());
    let list = run(command.current_dir(site.home().join(clone)).args(["refusal", "list"]));
    assert!(list.out.contains(&format!("R-{refusal}")), "{}{}", list.out, list.err);
    assert_eq!(site.done(&format!("refusal show R-{refusal}"))["code"], "PC-REF-PUSH");
    assert_eq!(site.admin("refusal show R-000000").code, Some(1));

    let ask = "explain --repository acme/site --ref main --operation fast-forward";
    assert!(site.with_token(&token, ask).out.starts_with("refused\n"));
    let told = site.admin(&format!("{ask} --as ann")).out;
    for layer in ["credential", "scope", "permission", "restriction"] {
        assert!(told.contains(&format!("\n  {layer} ")), "{layer} was not weighed:\n{told}");
    }
    assert!(told.contains(&format!("rule {id} (push, repository): refuses")), "{told}");

    let exempt = format!("restriction update {id} --add-subject ann --repository acme/site");
    assert_eq!(site.done(&exempt)["subjects"][0]["name"], "ann");
    assert!(site.with_token(&token, ask).out.contains("allowed"));
    assert_eq!(site.git(clone, "push -q origin main").code, Some(0));
}

#[test]
fn restrictions_and_branches_are_looked_after() {
    let site = Site::new();
    let token = site.with_ann();
    site.clone_of_ann(&token);
    for (at, place) in
        ["--repository acme/site", "--project acme/CORE", "--workspace acme"].iter().enumerate()
    {
        let made = site.done(&format!(
            "restriction create force --glob 'release/*' --except-pattern release/next \
             --subject ann,until=2099-01-01,reason=why --note 'keep {at}' {place}"
        ));
        let id = &made["id"];
        assert_eq!(made["matcher"]["except"][0], "release/next");
        let shown = site.admin(&format!("restriction show {id} {place}")).out;
        assert!(shown.contains("\"release/*\" except release/next"), "{shown}");
        let exempt = "subjects    user:ann,until=2099-01-01T00:00:00Z,reason=why\n";
        assert!(shown.contains(exempt), "{shown}");
        let changed = site.done(&format!("restriction update {id} --mode evaluate {place}"));
        assert_eq!((&changed["mode"], &changed["note"]), (&"evaluate".into(), &made["note"]));
        assert_eq!(changed["subjects"], made["subjects"]);
        assert_eq!(site.done(&format!("restriction list {place}")).as_array().unwrap().len(), 1);
        assert_eq!(site.admin(&format!("restriction delete {id} {place}")).code, Some(0));
        assert_eq!(site.done(&format!("restriction list {place}")), serde_json::json!([]));
    }
    let nothing = site.admin("restriction create push --repository acme/site");
    assert_eq!(nothing.code, Some(2), "{}", nothing.err);

    let write = "--repository acme/site";
    assert_eq!(site.with_token(&token, &format!("branch create ann/x main {write}")).code, Some(0));
    assert!(site.with_token(&token, &format!("branch list {write}")).out.contains("ann/x"));
    site.done("restriction create delete --any --repository acme/site");
    let refused = site.with_token(&token, &format!("branch delete ann/x {write} --json"));
    assert_eq!(refused.code, Some(1));
    let document: Value = serde_json::from_str(&refused.out).unwrap();
    assert_eq!(document["error"]["data"]["refusal"]["code"], "PC-REF-DELETE");
    assert!(refused.err.contains("PC-REF-DELETE"), "{}", refused.err);
    assert!(site.with_token(&token, &format!("branch list {write}")).out.contains("ann/x"));
}

#[test]
fn a_login_is_remembered_for_its_owner_only() {
    let site = Site::new();
    let token = site.with_ann();
    let url = site.server.url();
    let wrong = run(program(site.home()).args(["login", url]).env("PORTCULLIS_TOKEN", "wrong"));
    assert_eq!(wrong.code, Some(1), "{}", wrong.out);
    let profile = site.home().join("config/portcullis/profile.toml");
    assert!(!profile.exists(), "a secret that is not good is not kept");

    let login = run(program(site.home()).args(["login", url]).env("PORTCULLIS_TOKEN", &token));
    assert_eq!(login.code, Some(0), "{}", login.err);
    assert!(login.out.contains("as ann") && !login.out.contains(&token), "{}", login.out);
    assert_eq!(profile.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let shown = run(program(site.home()).args(["repository", "show", "acme/site"]));
    assert_eq!(shown.code, Some(0), "{}", shown.err);

    // A clone over SSH says which repository it is of; the login says where its host speaks HTTP.
    let clone = site.clone_of_ann(&token);
    site.git(clone, "remote set-url origin ssh://git@127.0.0.1:2222/acme/site.git");
    let mut command = program(site.home());
    let here = run(command.current_dir(site.home().join(clone)).args(["branch", "list"]));
    assert!(here.out.contains("main"), "{}{}", here.out, here.err);

    let logout = run(program(site.home()).args(["logout"]));
    assert_eq!(logout.code, Some(0));
    assert!(!std::fs::read_to_string(&profile).unwrap().contains(&token));
    assert_eq!(run(program(site.home()).args(["repository", "show", "acme/site"])).code, Some(2));
}

#[test]
fn a_token_never_goes_to_a_folder_nobody_serves() {
    let site = Site::new();
    site.server.signal("KILL");
    let data = site.server.data.clone();
    assert_eq!(site.server.wait().0, None);
    let ended = run(program(site.home.path()).args(["user", "list", "--data"]).arg(&data));
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("no server is running on the data folder"), "{}", ended.err);
}

/// Rule 65 of the fact sheet, and network rules, from the command line.
#[test]
fn rule_065_what_would_shut_out_whoever_asks_needs_a_yes() {
    let site = Site::new();
    site.with_ann();
    site.done("workspace member-set acme ann --role owner");
    let token = site.done(
        "token create all --user ann --scope read:workspace:bitbucket \
         --scope admin:workspace:bitbucket --scope write:permission:bitbucket \
         --scope read:user:bitbucket \
         --scope read:repository:bitbucket --only-address 127.0.0.0/8",
    );
    assert_eq!(
        (&token["scope_family"], &token["addresses"][0]),
        (&"api".into(), &"127.0.0.0/8".into())
    );
    let ann = token["token"].as_str().unwrap();

    let leave = "workspace member-set acme ann --role member";
    let asked = site.with_token(ann, leave);
    assert_eq!(asked.code, Some(1), "{}", asked.out);
    assert_eq!(
        asked.err,
        "portcullis: you would no longer be an admin of workspace acme; nothing was changed: send \
         `?confirm=lose-admin` to do it (PC-CONFIRM-LOSE-ADMIN)\n  confirm: lose-admin\n  next  the \
         same command with --yes\n"
    );
    let shut = site.with_token(ann, "workspace network acme --allow 203.0.113.0/24");
    assert!(shut.err.contains("127.0.0.1 is not among the addresses"), "{}", shut.err);
    assert!(shut.err.contains("PC-CONFIRM-SHUT-OUT"), "{}", shut.err);
    let bad = site.with_token(ann, "workspace network acme --allow 203.0.113.5/24");
    assert!(bad.err.contains("write the block `203.0.113.0/24`"), "{}", bad.err);
    let shown = site.with_token(ann, "workspace network acme").out;
    assert_eq!(shown, "second factor      no\nyour address       127.0.0.1\n");

    let near = "workspace network acme --allow 127.0.0.0/8 --allow 10.0.0.0/8";
    assert_eq!(site.with_token(ann, near).code, Some(0));
    let more = site.done("workspace network acme --add 192.0.2.7/32");
    assert_eq!(more["allowed_addresses"].as_array().unwrap().len(), 3, "{more}");
    let sure = site.with_token(ann, &format!("{leave} --yes"));
    assert_eq!((sure.code, sure.err.as_str()), (Some(0), ""));
    assert_eq!(site.with_token(ann, "workspace network acme").code, Some(1), "no admin any more");
}

#[test]
fn groups_have_a_default_and_people_a_workspace_of_their_own() {
    let site = Site::new();
    site.with_ann();
    site.done("group create acme/devs --default write");
    let changed = site.done("group update acme/devs --default read --name Developers");
    assert_eq!(changed["default_permission"], "read");
    site.done("repository create acme/made --fork-policy no_public_forks");
    let grants = site.done("grant list --repository acme/made");
    assert_eq!(
        (&grants[0]["subject"]["name"], &grants[0]["permission"]),
        (&"devs".into(), &"read".into())
    );
    let own = site.done("workspace personal ann");
    assert_eq!((&own["slug"], &own["is_personal"]), (&"~ann".into(), &true.into()));
    let again = site.admin("workspace personal ann");
    assert!(again.err.contains("`~ann` is there already"), "{}", again.err);
    site.done("repository create ~ann/notes");
    assert_eq!(site.done("repository list ~ann")[0]["full_name"], "~ann/notes");
}

/// Each of several who add themselves at once reads the rule and puts all of it: none of them puts
/// back what another has changed.
#[test]
fn of_several_who_change_a_rule_at_once_none_is_lost() {
    let site = Site::new();
    let place = "--repository acme/site";
    let people = ["ann", "bea", "cid", "dan"];
    site.with_ann();
    for name in people.into_iter().filter(|it| *it != "ann") {
        site.done(&format!("user create {name} --email {name}@example.org"));
    }
    let id = site.done(&format!("restriction create push --any {place}"))["id"].clone();
    std::thread::scope(|scope| {
        for name in people {
            let line = format!("restriction update {id} --add-subject {name} {place}");
            let site = &site;
            scope.spawn(move || site.done(&line));
        }
    });
    let listed = site.done(&format!("restriction show {id} {place}"))["subjects"].clone();
    let mut names: Vec<_> =
        listed.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, people);
    // Somebody who is listed is listed once, with what was said last.
    let again = format!("restriction update {id} --add-subject ann,reason=again {place}");
    let listed = site.done(&again)["subjects"].clone();
    assert_eq!(listed.as_array().unwrap().len(), people.len());
    assert_eq!(listed.as_array().unwrap().iter().filter(|it| it["reason"] == "again").count(), 1);
}

/// A proxy that sends everything elsewhere, as those do that want another scheme or somebody to
/// sign in: its URL, and what it was asked. It ends when nobody listens to that any more.
fn proxy() -> (String, mpsc::Receiver<String>) {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let (asked, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in proxy.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let head: Vec<_> = stream
                .by_ref()
                .lines()
                .map(Result::unwrap)
                .take_while(|it| !it.is_empty())
                .collect();
            let length = head
                .iter()
                .find_map(|it| it.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            stream.read_exact(&mut vec![0; length.unwrap_or(0)]).unwrap();
            let request = head[0].strip_suffix(" HTTP/1.1").unwrap();
            let path = request.split_once(' ').unwrap().1;
            let answer = format!(
                "HTTP/1.1 308 Permanent Redirect\r\nlocation: https://git.example.com{path}\r\n\
                 content-length: 0\r\nconnection: close\r\n\r\n"
            );
            if asked.send(request.to_owned()).is_err() {
                return;
            }
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, lines)
}

#[test]
fn what_only_leads_elsewhere_is_not_done() {
    let (url, lines) = proxy();
    let home = tempfile::tempdir().unwrap();
    let requests = "/2.0/repositories/acme/site/pullrequests";
    for (command, times, path) in [
        ("pull-request approve 1 --repository acme/site", 1, format!("POST {requests}/1/approve")),
        ("pull-request decline 1 --repository acme/site", 1, format!("POST {requests}/1/decline")),
        ("pull-request merge 1 --repository acme/site", 1, format!("POST {requests}/1/merge")),
        (
            "pull-request request-changes 1 --undo --repository acme/site",
            1,
            format!("DELETE {requests}/1/request-changes"),
        ),
        ("workspace member-set acme ann", 1, "PUT /api/v1/workspaces/acme/members/ann".to_owned()),
        (
            "pull-request list --repository acme/site",
            1,
            format!("GET {requests}?state=open&pagelen=100"),
        ),
        // Here the server itself leads on, and what it leads to is asked of nobody else.
        ("pull-request diff 1 --repository acme/site", 2, format!("GET {requests}/1/diff")),
    ] {
        let mut program = program(home.path());
        program.env("PORTCULLIS_SERVER", &url).env("PORTCULLIS_TOKEN", "secret");
        let ended = run(program.args(command.split(' ')));
        let elsewhere = path.split_once(' ').unwrap().1;
        let told = format!(
            "portcullis: `{url}` answered 308 and leads to `https://git.example.com{elsewhere}`: \
             give the address of the server itself with --server\n"
        );
        assert_eq!((ended.code, ended.out.as_str(), ended.err), (Some(1), "", told), "{command}");
        assert_eq!(lines.try_iter().collect::<Vec<_>>(), vec![path; times], "{command}");
    }
}
