//! A push that each layer of the decision refuses, in the order of the layers, as a person with
//! real git meets it. The layers up to the repository's state refuse at the door, before git
//! sends anything; the last one, restrictions, is in `restricted.rs`. What only a token can meet
//! is met over HTTP; everything else through both doors.

use crate::session::{SITE, Session, ahead, come_as, through_both_doors};
use serde_json::json;
use testkit::{Door, Git, Server};

through_both_doors!(
    layer_1_instance_state,
    layer_2_credential_of_a_suspended_account,
    layer_3_network,
    layer_5_visibility,
    layer_6_permission,
    layer_7_repository_state,
    layer_8_reserved_ref,
);

fn layer_1_instance_state(door: Door) {
    let mut server = Server::with("user ann\n grant ann write");
    let mut tree = ahead(&server, door, "ann");
    server.restart_with(&["instance.state=read-only"]);
    come_as(&mut tree, &server, door, "ann");
    tree.fetch();
    // Over HTTP, this is the answer before git has been asked for a credential.
    let you = match door {
        Door::Http => "",
        Door::Ssh => "remote:   you     ann, by API token \"laptop\" (…XXXX)\n        ",
    };
    let screen = format!(
        r#"
        remote: PC-INSTANCE-READ-ONLY  The server is read-only at the moment.
        {you}remote:   next    ask an instance admin: open the server again; until then, wait
        remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
        fatal: unable to access 'http://server/acme/site.git/': The requested URL returned error: 503
        (exit 128)
        GET 503
        "#
    );
    Session { server: &server, tree: &tree, reader: "ann", door }.refused(
        &["main"],
        &screen,
        r#"
        PC-INSTANCE-READ-ONLY, layer instance
          instance admin: open the server again; until then, wait
        "#,
    );
    let answer =
        server.admin().put(&format!("/api/v1/repositories/{SITE}"), &json!({ "archived": true }));
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (503, &json!("PC-INSTANCE-READ-ONLY"))
    );

    server.restart_with(&["instance.state=maintenance"]);
    come_as(&mut tree, &server, door, "ann");
    tree.try_fetch(&["origin"])
        .fails_with("PC-INSTANCE-MAINTENANCE  The server is down for maintenance.");
    assert_eq!(server.admin().get(&format!("/2.0/repositories/{SITE}")).status, 503);

    server.restart_with(&[]);
    come_as(&mut tree, &server, door, "ann");
    tree.push("main").accepted();
    assert_eq!(server.tip(SITE, "main").as_deref(), Some("three"));
}

#[test]
fn layer_2_credential() {
    let server = Server::with(
        "user ann\n grant ann write\n api-token ann old write:repository:bitbucket revoked",
    );
    let tree = ahead(&server, Door::Http, "ann");
    let session = Session { server: &server, tree: &tree, reader: "ann", door: Door::Http };
    tree.follow(&server.url_as("ann@old", SITE));
    session.refused(
        &["main"],
        r#"
        remote: PC-CRED-REVOKED  This credential was revoked.
        remote:   you     ann, by API token "old" (…XXXX)
        remote:   next    make a new token and store it instead:
        remote:             portcullis token create old --user ann --scope write:repository:bitbucket
        remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
        fatal: Authentication failed for 'http://server/acme/site.git/'
        (exit 128)
        GET 401, GET 401
        "#,
        r#"
        PC-CRED-REVOKED, layer credential
          you: make a new token and store it instead
        "#,
    );

    server.signs_in("mallory", "ann", "hunter2");
    tree.follow(&server.url_as("mallory", SITE));
    session.refused(
        &["main"],
        r#"
            remote: PC-CRED-UNKNOWN  This user name and secret fit nothing on record.
            remote:   you     nobody known, by password
            remote:   next    sign in: when git asks, give your user name and an API token as the
            remote:           password
            remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
            fatal: Authentication failed for 'http://server/acme/site.git/'
            (exit 128)
            GET 401, GET 401
            "#,
        r#"
            PC-CRED-UNKNOWN, layer credential
              you: sign in: when git asks, give your user name and an API token as the password
            "#,
    );
}

fn layer_2_credential_of_a_suspended_account(door: Door) {
    let server = Server::with("user ann\n grant ann write");
    let tree = ahead(&server, door, "ann");
    server.admin().put("/api/v1/users/ann", &json!({ "active": false })).expect(200);
    Session { server: &server, tree: &tree, reader: "admin", door }.refused(
        &["main"],
        r#"
            remote: PC-CRED-SUSPENDED  This account is suspended.
            remote:   you     ann, by API token "laptop" (…XXXX)
            remote:   next    ask an instance admin: lift the suspension of the account
            remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
            fatal: Authentication failed for 'http://server/acme/site.git/'
            (exit 128)
            GET 401, GET 401
            "#,
        r#"
            PC-CRED-SUSPENDED, layer credential
              instance admin: lift the suspension of the account
            "#,
    );
}

fn layer_3_network(door: Door) {
    let mut server = Server::with("user ann\n grant ann write");
    let mut tree = ahead(&server, door, "ann");
    server.restart_with(&["network.allow=192.0.2.0/24, 2001:db8::/32"]);
    come_as(&mut tree, &server, door, "ann");
    Session { server: &server, tree: &tree, reader: "ann", door }.refused(
        &["main"],
        r#"
        remote: PC-NET-ADDRESS  127.0.0.1 is not among the addresses that are let in.
        remote:   you     ann, by API token "laptop" (…XXXX)
        remote:   next    ask an instance admin: let the address 127.0.0.1 in
        remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
        fatal: unable to access 'http://server/acme/site.git/': The requested URL returned error: 403
        (exit 128)
        GET 401, GET 403
        "#,
        r#"
        PC-NET-ADDRESS, layer network
          instance admin: let the address 127.0.0.1 in
        "#,
    );
    tree.try_fetch(&["origin"]).fails_with("PC-NET-ADDRESS");

    server.restart_with(&["network.allow=192.0.2.0/24, 127.0.0.0/8"]);
    come_as(&mut tree, &server, door, "ann");
    tree.push("main").accepted();
}

#[test]
fn layer_4_scope() {
    let server =
        Server::with("user ann\n grant ann write\n api-token ann reader read:repository:bitbucket");
    let tree = ahead(&server, Door::Http, "ann");
    tree.follow(&server.url_as("ann@reader", SITE));
    Session { server: &server, tree: &tree, reader: "ann", door: Door::Http }.refused(
        &["main"],
        r#"
        remote: PC-SCOPE-MISSING  This credential lacks write:repository:bitbucket; it has
        remote:                   read:repository:bitbucket.
        remote:   needs   write:repository:bitbucket
        remote:   has     read:repository:bitbucket
        remote:   you     ann, by API token "reader" (…XXXX)
        remote:   next    use a token that may do this; to make one:
        remote:             portcullis token create reader --user ann --scope read:repository:bitbucket --scope write:repository:bitbucket
        remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
        fatal: unable to access 'http://server/acme/site.git/': The requested URL returned error: 403
        (exit 128)
        GET 401, GET 403
        "#,
        r#"
        PC-SCOPE-MISSING, layer scope
          you: use a token that may do this; to make one
        "#,
    );
}

fn layer_5_visibility(door: Door) {
    let server = Server::with("user ann\n grant ann write\n user eve");
    let mut tree = ahead(&server, door, "ann");
    come_as(&mut tree, &server, door, "eve");
    let session = Session { server: &server, tree: &tree, reader: "eve", door };
    session.refused(
        &["main"],
        r#"
            remote: PC-REPO-NOT-FOUND  There is no such repository, or you may not see it: check the
            remote:                    name, which account you signed in with, and its scopes.
            remote:   you     eve, by API token "laptop" (…XXXX)
            remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
            fatal: repository 'http://server/acme/site.git/' not found
            (exit 128)
            GET 401, GET 404
            "#,
        r#"
            PC-REPO-NOT-FOUND, layer visibility
            "#,
    );
    let (_, nothing) = server.reach(door, Git::system(), "eve", "acme/nothing");
    tree.follow(&nothing);
    session.refused(
        &["main"],
        r#"
            remote: PC-REPO-NOT-FOUND  There is no such repository, or you may not see it: check the
            remote:                    name, which account you signed in with, and its scopes.
            remote:   you     eve, by API token "laptop" (…XXXX)
            remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
            fatal: repository 'http://server/acme/nothing.git/' not found
            (exit 128)
            GET 401, GET 404
            "#,
        r#"
            PC-REPO-NOT-FOUND, layer visibility
            "#,
    );
}

fn layer_6_permission(door: Door) {
    let server = Server::with("user ann\n grant ann read");
    let tree = ahead(&server, door, "ann");
    Session { server: &server, tree: &tree, reader: "ann", door }.refused(
        &["main"],
        r#"
        remote: PC-PERM-WRITE  This needs write on the repository; you hold read.
        remote:   you     ann, by API token "laptop" (…XXXX)
        remote:   next    ask a repository admin: give ann write on the repository:
        remote:             portcullis grant set user:ann write --repository acme/site
        remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
        fatal: unable to access 'http://server/acme/site.git/': The requested URL returned error: 403
        (exit 128)
        GET 401, GET 403
        "#,
        r#"
        PC-PERM-WRITE, layer permission
          repository admin: give ann write on the repository
        "#,
    );
}

fn layer_7_repository_state(door: Door) {
    let server = Server::with("user ann\n grant ann write\n archived");
    let tree = ahead(&server, door, "ann");
    Session { server: &server, tree: &tree, reader: "ann", door }.refused(
        &["main"],
        r#"
        remote: PC-REPO-ARCHIVED  The repository is archived; its refs do not change.
        remote:   you     ann, by API token "laptop" (…XXXX)
        remote:   next    ask a repository admin: take the repository out of the archive:
        remote:             portcullis repository update acme/site --archived false
        remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
        fatal: unable to access 'http://server/acme/site.git/': The requested URL returned error: 403
        (exit 128)
        GET 401, GET 403
        "#,
        r#"
        PC-REPO-ARCHIVED, layer repository-state
          repository admin: take the repository out of the archive
        "#,
    );
}

fn layer_8_reserved_ref(door: Door) {
    let server = Server::with("user ann\n grant ann write");
    let tree = ahead(&server, door, "ann");
    let session = Session { server: &server, tree: &tree, reader: "ann", door };
    session.refused(
        &["HEAD:refs/portcullis/keep", "HEAD:refs/pull-requests/1/from"],
        r#"
        remote: PC-REF-RESERVED  refs/portcullis/keep is reserved for the server.
        remote:   you     ann, by API token "laptop" (…XXXX)
        remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
        remote:
        remote: PC-REF-RESERVED  refs/pull-requests/1/from is reserved for the server.
        remote:   you     ann, by API token "laptop" (…XXXX)
        remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
        To http://server/acme/site.git
         ! [remote rejected] HEAD -> refs/portcullis/keep (PC-REF-RESERVED: reserved ref, R-XXXXXX)
         ! [remote rejected] HEAD -> refs/pull-requests/1/from (PC-REF-RESERVED: reserved ref, R-XXXXXX)
        error: failed to push some refs to 'http://server/acme/site.git'
        (exit 1)
        GET 401, GET 200, POST 200
        "#,
        r#"
        PC-REF-RESERVED, layer reserved-ref
        PC-REF-RESERVED, layer reserved-ref
        "#,
    );
    session.refused(
        &[":main"],
        r#"
        remote: PC-REF-DEFAULT-DELETE  main is the default branch and cannot be deleted.
        remote:   you     ann, by API token "laptop" (…XXXX)
        remote:   next    ask a repository admin: make another branch the default branch first
        remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
        To http://server/acme/site.git
         ! [remote rejected] main (PC-REF-DEFAULT-DELETE: default branch cannot be deleted, R-XXXXXX)
        error: failed to push some refs to 'http://server/acme/site.git'
        (exit 1)
        GET 401, GET 200, POST 200
        "#,
        r#"
        PC-REF-DEFAULT-DELETE, layer reserved-ref
          repository admin: make another branch the default branch first
        "#,
    );
}
