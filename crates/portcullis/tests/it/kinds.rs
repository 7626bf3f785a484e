//! Kinds and matchers that came later: refs that may not be created, refs that do not change, and
//! rules that follow the branching model, each as a person with real git meets it.

use crate::session::{SITE, Session, ahead, programs, through_both_doors};
use testkit::{Door, Server};

through_both_doors!(what_may_not_be_created_or_changed_says_so);

const RULES: &str = "user ann
    user bob ops
    grant ann write
    grant ops write
    restrict 1 ant:fixed/** no-creates except ops
    restrict 2 class:release read-only except ops
    restrict 3 class:development delete on project
    restrict 4 main restrict_merges only bob";

fn what_may_not_be_created_or_changed_says_so(door: Door) {
    let server = Server::with(RULES);
    let tree = ahead(&server, door, "ann");
    let session = Session { server: &server, tree: &tree, reader: "ann", door };
    // A branch of one's own of that name would be one more that may not be created: not advised.
    session.refused(
        &["x/fixed/1"],
        r#"
        remote: PC-REF-CREATE  x/fixed/1 may not be created.
        remote:   rule    no-creates on "fixed/**", repository acme/site, rule 1 (admin, just
        remote:           now)
        remote:   you     ann, by API token "laptop" (…XXXX)
        remote:   next    ask a repository admin: let ann through rule 1 until DAY:
        remote:             portcullis restriction update 1 --add-subject user:ann,until=DAY --repository acme/site
        remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
        To http://server/acme/site.git
         ! [remote rejected] HEAD -> x/fixed/1 (PC-REF-CREATE: creation not allowed, R-XXXXXX)
        error: failed to push some refs to 'http://server/acme/site.git'
        (exit 1)
        GET 401, GET 200, POST 200
        "#,
        r#"
        PC-REF-CREATE, layer restriction, rule 1 (no-creates)
          repository admin: let ann through rule 1 until DAY
        "#,
    );
    // Nor is a pull request into a branch that is not there.
    session.refused(
        &["release/1"],
        r#"
        remote: PC-REF-READ-ONLY  release/1 is read-only.
        remote:   rule    read-only on release branches, repository acme/site, rule 2 (admin,
        remote:           just now)
        remote:   you     ann, by API token "laptop" (…XXXX)
        remote:   next    ask a repository admin: let ann through rule 2 until DAY:
        remote:             portcullis restriction update 2 --add-subject user:ann,until=DAY --repository acme/site
        remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
        To http://server/acme/site.git
         ! [remote rejected] HEAD -> release/1 (PC-REF-READ-ONLY: ref is read-only, R-XXXXXX)
        error: failed to push some refs to 'http://server/acme/site.git'
        (exit 1)
        GET 401, GET 200, POST 200
        "#,
        r#"
        PC-REF-READ-ONLY, layer restriction, rule 2 (read-only)
          repository admin: let ann through rule 2 until DAY
        "#,
    );
}

#[test]
fn whoever_is_exempt_creates_and_changes_and_the_advice_works() {
    let server = Server::with(RULES);
    let bob = server.clone_as("bob", SITE);
    bob.commit("bob");
    bob.push_with(&[], &["fixed/1", "release/1"]).accepted();
    bob.amend("bob again");
    bob.push_with(&[], &["+fixed/1", "+release/1"]).accepted();

    let ann = server.clone_as("ann", SITE);
    ann.commit("ann");
    let before = server.holdings(SITE);
    for (refspec, code) in [
        ("fixed/2", "PC-REF-CREATE"),
        ("+release/1", "PC-REF-READ-ONLY"),
        (":release/1", "PC-REF-READ-ONLY"),
    ] {
        ann.push(refspec).fails_with(code);
    }
    assert_eq!(server.holdings(SITE), before);
    // Not created, but there: it may change and go. Data Center's and Cloud's classes are rules
    // about branches; a tag of that name is none of theirs.
    ann.push_with(&[], &["+fixed/1", "main", "HEAD:refs/tags/release/1"]).accepted();
    ann.push(":fixed/1").accepted();

    let session = Session { server: &server, tree: &ann, reader: "ann", door: Door::Http };
    let id = ann.push("+release/1").refusal_ids().remove(0);
    let record = session.record(&id);
    let line = record["remedies"][1]["commands"][0].as_str().expect("a command");
    let (admin, url) = (server.login("admin").secret, server.url());
    let line = format!("PORTCULLIS_SERVER={url} PORTCULLIS_TOKEN={admin} {line}");
    let ended = ann.pasted(&line, programs());
    assert!(ended.success(), "{line}\n{}", ended.stderr());
    ann.push("+release/1").accepted();
    assert_eq!(server.tip(SITE, "release/1").as_deref(), Some("ann"));
}
