//! The whole way round, as it happens to people: a push is refused, its advice is pasted, somebody
//! approves, and the commit is where it was meant to go.

use crate::session::{SITE, Session, ahead, programs, through_both_doors};
use serde_json::Value;
use testkit::{Door, Server};

through_both_doors!(a_refused_push_is_in_main_after_its_advice_an_approval_and_a_merge);

fn a_refused_push_is_in_main_after_its_advice_an_approval_and_a_merge(door: Door) {
    let server = Server::with(
        "user ann
         user bea
         grant ann write
         grant bea write
         restrict 1 main push
         restrict 2 main require_approvals_to_merge 1
         restrict 3 main enforce_merge_checks",
    );
    let tree = ahead(&server, door, "ann");
    let session = Session { server: &server, tree: &tree, reader: "ann", door };
    let as_them = |name: &str| {
        let (url, secret) = (server.url(), server.login(name).secret);
        format!("PORTCULLIS_SERVER={url} PORTCULLIS_TOKEN={secret}")
    };
    let paste = |line: &str| {
        let ended = tree.pasted(line, programs());
        (ended.success(), ended.stdout() + &ended.stderr())
    };

    // Ann pushes to main, as ever.
    let refused = tree.push("main");
    let record = session.record(&refused.refusal_ids().remove(0));
    assert_eq!(record["code"], "PC-REF-PUSH");
    // The screen tells her what to do; she pastes it.
    let advice = record["remedies"][0]["commands"][0].as_str().unwrap().to_owned();
    assert!(refused.stderr().contains(&advice), "{}", refused.stderr());
    let (opened, said) = paste(&advice);
    assert!(opened && said.contains("Pull request #1 opened: three"), "{said}");

    // She is too fast, and is told what is missing and who can give it.
    let merge =
        format!("{} portcullis pull-request merge 1 --repository acme/site", as_them("ann"));
    let (merged, said) = paste(&merge);
    assert!(!merged && said.contains("PC-MERGE-APPROVALS"), "{said}");
    let (own, said) = paste(&format!(
        "{} portcullis pull-request approve 1 --repository acme/site",
        as_them("ann")
    ));
    assert!(own, "{said}");
    assert!(!paste(&merge).0, "her own approval does not count");

    let (approved, said) = paste(&format!(
        "{} portcullis pull-request approve 1 --repository acme/site",
        as_them("bea")
    ));
    assert!(approved && said.contains("approved #1"), "{said}");
    let (merged, said) = paste(&merge);
    assert!(merged && said.contains("MERGED"), "{said}");

    let request: Value =
        server.rest_as("ann").get("/2.0/repositories/acme/site/pullrequests/1").expect(200);
    let main = server.tip(SITE, "main").unwrap();
    assert!(main.contains("three") || main.contains("#1"), "{main}");
    assert_eq!(request["state"], "MERGED");
    tree.fetch();
    let now = tree.id("origin/main");
    assert_eq!(request["merge_commit"]["hash"], now[..12]);
    tree.git(&["merge-base", "--is-ancestor", "HEAD", "origin/main"]);
    let heads = tree.git(&["ls-remote", "--heads", "origin"]);
    assert!(!heads.contains("ann/main-"), "the branch that was made for it is gone: {heads}");
    server.is_sound(SITE);
}
