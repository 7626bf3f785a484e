//! Asking why, without doing it.

use crate::house::{Database, House, refused, site};
use app::{Answer, Error, Hypothetical, PageRequest};

fn asks(operation: &str, reference: &str, principal: Option<&str>) -> Hypothetical {
    Hypothetical {
        reference: Some(reference.into()),
        operation: operation.into(),
        principal: principal.map(str::to_owned),
    }
}

#[tokio::test]
async fn an_explanation_is_the_decision_and_leaves_no_trace() {
    let house = House::furnished(Database::Sqlite).await;
    house.restrict("push", "main").await;
    house.restrict("force", "*").await;
    let (ann, bea) = (house.by_token("ann").await, house.by_token("bea").await);
    let rows = [
        (&ann, asks("read", "", None), "allowed", ""),
        (&ann, asks("fast-forward", "main", None), "refused", "PC-REF-PUSH"),
        (&ann, asks("create", "refs/heads/topic", None), "allowed", ""),
        (&ann, asks("rewrite", "topic", None), "refused", "PC-REF-FORCE"),
        (&ann, asks("delete", "main", None), "refused", "PC-REF-DEFAULT-DELETE"),
        (&bea, asks("create", "topic", Some("eve")), "refused", "PC-REPO-NOT-FOUND"),
        (&bea, asks("read", "", Some("anonymous")), "refused", "PC-AUTH-REQUIRED"),
        (&bea, asks("create", "topic", Some("user:ann")), "allowed", ""),
    ];
    for (who, what, verdict, code) in rows {
        let answer = house.app.explain(who, &site(), &what).await.unwrap();
        assert_eq!(answer.verdict, verdict, "{what:?}");
        assert_eq!(answer.refusals.first().map_or("", |it| it.code.as_str()), code, "{what:?}");
        assert!(answer.refusals.iter().all(|it| it.id.is_none()));
        assert!(answer.trace.len() >= 6, "{what:?}");
    }
    let pushed = house.app.explain(&ann, &site(), &asks("fast-forward", "main", None)).await;
    let pushed = pushed.unwrap();
    let command = &pushed.refusals[0].remedies[0].commands[0];
    assert_eq!(command, "git push origin HEAD:refs/for/main");
    let rules: Vec<_> = pushed
        .trace
        .iter()
        .flat_map(|it| &it.rules)
        .map(|it| (it.id.0, it.outcome.as_str()))
        .collect();
    assert_eq!(rules, [(1, "refuses"), (2, "not about this change")]);
    let listed = house.app.list_refusals(&bea, &site(), PageRequest::default()).await.unwrap();
    assert_eq!(listed.size, 0, "nothing happened, so nothing is recorded");
}

#[tokio::test]
async fn rule_109_asking_for_others_is_for_administrators() {
    let house = House::furnished(Database::Sqlite).await;
    let (ann, bea) = (house.by_token("ann").await, house.by_token("bea").await);
    let about_bea = asks("read", "", Some("bea"));
    let answer = refused(house.app.explain(&ann, &site(), &about_bea).await);
    assert_eq!(answer.answer, Answer::Forbidden);
    assert!(house.app.explain(&ann, &site(), &asks("read", "", Some("ann"))).await.is_ok());
    for (what, field) in [
        (asks("own", "main", None), "operation"),
        (asks("create", "", None), "ref"),
        (asks("create", "refs/heads/a..b", None), "ref"),
        (asks("create", "main", Some("nobody")), "as"),
        (asks("create", "main", Some("access_token:nobody")), "as"),
    ] {
        match house.app.explain(&bea, &site(), &what).await {
            Err(Error::Invalid(fields)) => assert!(fields.0.contains_key(field), "{what:?}"),
            other => panic!("{what:?}: {other:?}"),
        }
    }
}
