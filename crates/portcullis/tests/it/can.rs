//! `portcullis can`, as a pipeline calls it: the exit code is the answer.

use crate::program::{program, run};
use crate::site::Site;
use serde_json::Value;

#[test]
fn the_exit_code_says_whether_somebody_may() {
    let site = Site::new();
    let token = site.with_ann();
    site.clone_of_ann(&token);
    site.done("token create ci-bot --repository acme/site --scope repository:write");
    let rule = "restriction create push --ref refs/heads/main --subject access_token:ci-bot \
                --repository acme/site";
    site.done(rule);
    let at = "--repository acme/site";

    // What is asked, as whom, the exit code, and what is said on which stream.
    for (who, line, code, out, err) in [
        ("ann", "me read", 0, "ann may read acme/site\n", ""),
        ("ann", "me create topic", 0, "ann may create refs/heads/topic in acme/site\n", ""),
        ("ann", "me fast-forward main", 1, "", "PC-REF-PUSH  main is closed to direct pushes."),
        ("ann", "bob read", 1, "", "PC-SCOPE-MISSING"),
        ("admin", "ann fast-forward main", 1, "", "PC-REF-PUSH"),
        (
            "admin",
            "access_token:ci-bot fast-forward refs/heads/main",
            0,
            "ci-bot may fast-forward refs/heads/main in acme/site\n",
            "",
        ),
        ("admin", "anonymous read", 1, "", "PC-AUTH-REQUIRED"),
        ("admin", "nobody read", 2, "", "as: no principal `nobody` here"),
        ("admin", "ann rewrite main..", 2, "", "ref:"),
        ("admin", "ann rewrite", 2, "", "<REF>"),
        ("admin", "ann shout main", 2, "", "invalid value 'shout'"),
    ] {
        let line = format!("can {line} {at}");
        let ended = match who {
            "ann" => site.with_token(&token, &line),
            _ => site.admin(&line),
        };
        assert_eq!((ended.code, ended.out.as_str()), (Some(code), out), "{line}: {}", ended.err);
        assert!(
            ended.err.contains(err) && ended.err.is_empty() == err.is_empty(),
            "{line}: {}",
            ended.err
        );
        assert!(!ended.err.contains('\u{1b}'), "colours are for terminals");
    }

    // In a clone of it, nothing but the question is needed; `--json` is the whole explanation.
    let mut command = program(site.home());
    command.current_dir(site.home().join("clone"));
    let refused = run(command.args(["can", "me", "fast-forward", "main", "--json"]));
    assert_eq!(refused.code, Some(1));
    let document: Value = serde_json::from_str(&refused.out).unwrap();
    assert_eq!(document["decision"], "refused");
    assert_eq!(document["refusals"][0]["code"], "PC-REF-PUSH");
    assert!(refused.err.contains("PC-REF-PUSH"), "{}", refused.err);

    // Asking leaves no record of a refusal but that of the question that was not allowed.
    let list = site.done("refusal list acme/site");
    let codes: Vec<_> = list.as_array().unwrap().iter().map(|it| it["code"].as_str()).collect();
    assert_eq!(codes, [Some("PC-SCOPE-MISSING")]);
}
