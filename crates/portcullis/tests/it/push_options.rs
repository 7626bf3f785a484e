//! Push options about pull requests: what cannot be done of them is said, and a push that names a
//! request goes there or nowhere.

use crate::pull_requests::{REQUESTS, shown, world};
use crate::session::{SITE, ahead, through_both_doors};
use testkit::{Door, Server};

through_both_doors!(a_push_for_a_request_that_is_not_there_goes_nowhere);

/// The commits land; what cannot be done is said, each by itself.
#[test]
fn options_that_cannot_be_done_are_said() {
    let (server, tree) = world();
    let said = |options: &[&str], refspec: &str, sentences: &[&str]| {
        let options: Vec<_> = options.iter().flat_map(|it| ["-o", it]).collect();
        tree.commit(sentences[0]);
        tree.push_with(&options, &[refspec]).accepted_saying(sentences);
    };
    let ann = server.rest_as("ann");
    for (option, left_out) in [
        ("update=abc", "update is left out: it is for a push to refs/for/BRANCH"),
        ("tilte=x", "tilte is left out: there is none of this name"),
        ("title=x", "title is left out: the push opens no pull request"),
        ("draft", "draft is left out: the push opens no pull request"),
        ("supersedes=1", "supersedes is left out: the push opens no pull request"),
        ("target=next", "target is left out: it is for -o pull-request.create"),
        ("draft=no", "draft=no is left out: write true or false, or nothing"),
        ("create=maybe", "create=maybe is left out: write true or false, or nothing"),
    ] {
        let sentence = format!("The option pull-request.{left_out}.");
        said(&[&format!("pull-request.{option}")], "HEAD:refs/heads/one", &[&sentence]);
    }
    for (target, why) in [
        ("one", "`one` is what was pushed; name another branch with -o pull-request.target=NAME"),
        ("a..b", "`a..b` cannot be a branch: not a valid ref name: it contains `..` or `@{`"),
    ] {
        let target = format!("pull-request.target={target}");
        let sentence = format!("No pull request was opened: {why}");
        said(&["pull-request.create", &target], "HEAD:refs/heads/one", &[&sentence]);
    }
    assert_eq!(ann.get(REQUESTS).expect(200)["size"], 0);
    assert!(server.tip(SITE, "one").is_some_and(|it| it.contains("`a..b`")));

    // What counts for a new request changes none that is there.
    tree.push_with(&[], &["HEAD:refs/for/main"]).accepted_saying(&[
        "Pull request #1 opened: No pull request was opened: `a..b` cannot be a branch: not a valid \
         ref name: it contains `..` or `@{`",
        "  http://server/acme/site/pull-requests/1",
    ]);
    let title = shown(&ann, 1)["title"].clone();
    tree.commit("more");
    let answer = tree.push_with(&["-o", "pull-request.title=x"], &["HEAD:refs/for/main"]);
    let left_out = "The option pull-request.title is left out: the pull request was open already.";
    assert!(answer.success() && answer.told().ends_with(left_out), "{}", answer.told());
    assert_eq!(shown(&ann, 1)["title"], title);
}

fn a_push_for_a_request_that_is_not_there_goes_nowhere(door: Door) {
    let server = Server::with(
        "user ann
         user bea
         grant ann write
         grant bea write",
    );
    let rest = server.rest_as("ann");
    let tree = ahead(&server, door, "ann");
    tree.push_with(&[], &["HEAD:refs/for/main"]).accepted_saying(&[
        "Pull request #1 opened: three",
        "  http://server/acme/site/pull-requests/1",
    ]);
    let theirs = ahead(&server, door, "bea");
    let before = theirs.git(&["ls-remote", "origin"]);
    let why = "none of yours of that number is open into that branch";
    // 1 is ann's; 99 and -1 are nobody's.
    for (number, why) in [
        ("1", why),
        ("99", why),
        ("-1", "write the number of a pull request"),
        ("x", "write the number of a pull request"),
        ("", "write the number of a pull request"),
    ] {
        let option = format!("pull-request.update={number}");
        let answer = theirs.push_with(&["-o", &option], &["HEAD:refs/for/main"]);
        answer.refused(&[
            "PC-PUSH-OPTION-VALUE  a push option asks for what cannot be done.",
            &format!("  detail  {option}: {why}"),
            "  next    correct the option, or leave it out, and push again",
            &format!(
                " ! [remote rejected] HEAD -> refs/for/main (PC-PUSH-OPTION-VALUE: a push option \
                 asks for what cannot be done ({option}: {why}))"
            ),
        ]);
    }
    // One that is too long is refused in words, too.
    let long = format!("pull-request.description={}", "x".repeat(40_000));
    theirs.push_with(&["-o", &long], &["HEAD:refs/for/main"]).refused(&[
        "PC-PUSH-OPTIONS  the push carries more or longer push options than this server allows.",
        "  detail  a line of 40025 bytes is longer than the 8192 allowed for a push option",
        "  next    leave out some of the `-o` options",
        " ! [remote rejected] HEAD -> refs/for/main (PC-PUSH-OPTIONS: the push carries more or \
         longer push options than this server allows (a line of 40025 bytes is longer than the 8192 \
         allowed for a push option))",
    ]);
    assert_eq!(theirs.git(&["ls-remote", "origin"]), before);
    assert_eq!(rest.get(REQUESTS).expect(200)["size"], 1);
}

/// Each branch of the push goes to the request that is named, or none does.
#[test]
fn a_request_that_is_named_is_where_all_of_a_push_goes() {
    let (server, tree) = world();
    tree.push("main:next").accepted();
    tree.push_with(&[], &["HEAD:refs/for/main"]).accepted_saying(&[
        "Pull request #1 opened: four",
        "  http://server/acme/site/pull-requests/1",
    ]);
    let branch = shown(&server.rest_as("ann"), 1)["source"]["branch"]["name"].clone();
    let own = format!("HEAD:refs/heads/{}", branch.as_str().unwrap());
    tree.commit("five");
    let before = tree.git(&["ls-remote", "origin"]);
    for (refspecs, why) in [
        (
            ["HEAD:refs/for/main", "HEAD:refs/for/next"],
            "none of yours of that number is open into that branch",
        ),
        (
            ["HEAD:refs/for/main", own.as_str()],
            "its branch is in the same push: push one of the two",
        ),
    ] {
        let answer = tree.push_with(&["-o", "pull-request.update=1"], &refspecs);
        let detail = format!("detail  pull-request.update=1: {why}");
        assert!(!answer.success() && answer.told().contains(&detail), "{}", answer.told());
    }
    assert_eq!(tree.git(&["ls-remote", "origin"]), before);
    assert_eq!(server.rest_as("ann").get(REQUESTS).expect(200)["size"], 1);
}
