//! Refusal and push records.

use crate::world::{NOW, Place, World};
use model::{
    Channel, CredentialKind, ObjectId, Operation, RefName, RestrictionId, Timestamp, UserId,
};
use std::sync::Arc;
use store::{
    AuditFilter, Error, LetThrough, Owner, PageRequest, PrincipalKind, PrincipalName, PushRecord,
    RefUpdateRecord, RefusalRecord,
};

fn principal(kind: PrincipalKind, id: Option<i64>, name: &str) -> PrincipalName {
    PrincipalName { kind, id, name: name.into() }
}

fn refusal(id: &str, place: &Place, who: PrincipalName, at: i64) -> RefusalRecord {
    RefusalRecord {
        id: id.into(),
        code: "PC-REF-PUSH".into(),
        workspace: Some(place.workspace.id),
        repository: Some(place.repository.id),
        principal: who,
        at: Timestamp(NOW.0 + at),
        viewers: vec![UserId(1), UserId(22)],
        payload: r#"{"ref":"refs/heads/große"}"#.into(),
    }
}

fn push(id: &str, place: &Place, at: i64, updates: &[(Operation, &str)]) -> PushRecord {
    PushRecord {
        id: id.into(),
        repository: place.repository.id,
        principal: principal(PrincipalKind::User, Some(1), "ann"),
        credential: "API token `laptop` (…k3Qz)".into(),
        credential_kind: Some(CredentialKind::ApiToken),
        channel: Channel::GitHttp,
        protocol: "v2".into(),
        at: Timestamp(NOW.0 + at),
        updates: updates
            .iter()
            .map(|(operation, name)| RefUpdateRecord {
                name: RefName::parse(name.as_bytes()).unwrap(),
                old: ObjectId::ZERO,
                new: ObjectId::from_bytes([0xab; 20]),
                operation: *operation,
            })
            .collect(),
    }
}

on_both!(refusals_are_found_and_listed_for_whom_they_concern);

async fn refusals_are_found_and_listed_for_whom_they_concern(w: &World) {
    let (acme, other) = (w.place("acme").await, w.place("other").await);
    let s = &w.store;
    let ann = principal(PrincipalKind::User, Some(1), "ann");
    // A bot with the number of a user is somebody else.
    let bot = principal(PrincipalKind::AccessToken, Some(1), "ci-bot");
    let anonymous = principal(PrincipalKind::Anonymous, None, "anonymous");
    let all = [
        refusal("R-AAAAAA", &acme, ann.clone(), 1),
        refusal("R-BBBBBB", &acme, bot, 2),
        refusal("R-CCCCCC", &acme, anonymous.clone(), 3),
        refusal("R-DDDDDD", &acme, ann.clone(), 3),
        refusal("R-EEEEEE", &other, ann.clone(), 5),
    ];
    s.insert_refusals(&all).await.unwrap();
    assert_eq!(s.find_refusal("R-AAAAAA").await.unwrap(), Some(all[0].clone()));
    assert_eq!(s.find_refusal("R-NONE00").await.unwrap(), None);
    let ids = |only: Option<PrincipalName>, page| async move {
        let page = s.list_refusals(acme.repository.id, only.as_ref(), page).await.unwrap();
        (page.items.iter().map(|it| it.id[2..3].to_owned()).collect::<String>(), page.size)
    };
    assert_eq!(ids(None, PageRequest::ALL).await, ("CDBA".into(), 4));
    assert_eq!(ids(Some(ann.clone()), PageRequest::ALL).await, ("DA".into(), 2));
    assert_eq!(ids(Some(ann), PageRequest { offset: 1, limit: 1 }).await, ("A".into(), 2));
    assert_eq!(ids(Some(anonymous), PageRequest::ALL).await, (String::new(), 0));
}

on_both!(refusals_of_one_push_are_recorded_together);

async fn refusals_of_one_push_are_recorded_together(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let ann = || principal(PrincipalKind::User, Some(1), "ann");
    let unborn = RefusalRecord {
        workspace: None,
        repository: None,
        viewers: vec![],
        ..refusal("R-AAAAAA", &place, ann(), 1)
    };
    s.insert_refusals(std::slice::from_ref(&unborn)).await.unwrap();
    assert_eq!(s.find_refusal("R-AAAAAA").await.unwrap(), Some(unborn));
    let both = [refusal("R-BBBBBB", &place, ann(), 2), refusal("R-AAAAAA", &place, ann(), 2)];
    let taken = s.insert_refusals(&both).await.unwrap_err();
    assert!(matches!(taken, Error::Conflict { what: "refusal id" }), "{taken}");
    assert_eq!(s.find_refusal("R-BBBBBB").await.unwrap(), None);
}

on_both!(pushes_are_listed_by_ref);

async fn pushes_are_listed_by_ref(w: &World) {
    let (acme, other) = (w.place("acme").await, w.place("other").await);
    let s = &w.store;
    let all = [
        push(
            "p1",
            &acme,
            1,
            &[(Operation::Create, "refs/heads/main"), (Operation::Delete, "refs/heads/a_b")],
        ),
        push("p2", &acme, 2, &[(Operation::Rewrite, "refs/heads/main2")]),
        push(
            "p3",
            &acme,
            3,
            &[(Operation::FastForward, "refs/heads/axb"), (Operation::Merge, "refs/heads/main")],
        ),
        push("p4", &other, 4, &[(Operation::Create, "refs/heads/main")]),
    ];
    for it in &all {
        assert!(s.record_push(it, &[]).await.unwrap());
    }
    let page = s.list_pushes(acme.repository.id, None, PageRequest::ALL).await.unwrap();
    assert_eq!(page.items, [all[2].clone(), all[1].clone(), all[0].clone()]);
    for (name, ids) in [("main", "p3 p1"), ("a_b", "p1"), ("n", ""), ("main2", "p2")] {
        let name = RefName::branch(name).unwrap();
        let page = s.list_pushes(acme.repository.id, Some(&name), PageRequest::ALL).await.unwrap();
        let found: Vec<_> = page.items.iter().map(|it| it.id.as_str()).collect();
        assert_eq!((found.join(" "), page.size), (ids.to_owned(), found.len() as i64), "{name}");
    }
    let pushed = s.find_repository_by_id(acme.repository.id).await.unwrap().unwrap().pushed_at;
    assert_eq!(pushed, Some(Timestamp(NOW.0 + 3)));
}

/// Many reporters of the same pushes, as after a crash in the middle of a storm: each push is
/// recorded by exactly one of them, and so is that a rule let it through.
async fn storm(w: World) {
    let place = w.place("acme").await;
    let version = w.store.facts_version().await.unwrap();
    let audit = w.audit().await.len() as i64;
    let store = Arc::new(w.store);
    let mut reporters = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        let pushes: Vec<_> = (0..20)
            .map(|it| push(&format!("p{it}"), &place, it, &[(Operation::Create, "refs/heads/x")]))
            .collect();
        reporters.spawn(async move {
            let mut recorded = 0;
            for (at, it) in pushes.iter().enumerate() {
                let let_through = [LetThrough {
                    rule: RestrictionId(1),
                    reference: "refs/heads/x".into(),
                    what: "was let through rule 1".into(),
                }];
                let let_through = if at < 5 { &let_through[..] } else { &[] };
                recorded += u32::from(store.record_push(it, let_through).await.unwrap());
            }
            recorded
        });
    }
    assert_eq!(reporters.join_all().await.into_iter().sum::<u32>(), 20);
    let page = store.list_pushes(place.repository.id, None, PageRequest::ALL).await.unwrap();
    assert_eq!(page.size, 20);
    let owner = Some(Owner::Repository(place.repository.id));
    let filter = AuditFilter { owner, ..AuditFilter::default() };
    let lines = store.list_audit(filter, PageRequest::ALL).await.unwrap().items;
    let used = lines.iter().filter(|it| it.what == "was let through rule 1").count();
    assert_eq!(used, 5);
    let all = store.list_audit(AuditFilter::default(), PageRequest::ALL).await.unwrap();
    assert_eq!(all.size, audit + 5);
    assert_eq!(store.facts_version().await.unwrap(), version, "a push is no change of facts");
    store.sync_records().await.unwrap();
}

#[test]
fn a_push_is_recorded_exactly_once_on_sqlite() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async { storm(World::sqlite().await).await });
}

#[test]
fn a_push_is_recorded_exactly_once_on_postgres() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async { storm(World::postgres().await).await });
}

on_both!(records_of_all_repositories_in_a_place_are_listed_together);

async fn records_of_all_repositories_in_a_place_are_listed_together(w: &World) {
    let (acme, other) = (w.place("acme").await, w.place("other").await);
    let s = &w.store;
    let unknown = PushRecord {
        credential_kind: None,
        ..push("p2", &acme, 2, &[(Operation::Delete, "refs/heads/a")])
    };
    let create = [(Operation::Create, "refs/heads/a")];
    let pushes = [push("p1", &acme, 1, &create), unknown, push("p3", &other, 3, &create)];
    for it in &pushes {
        assert!(s.record_push(it, &[]).await.unwrap());
    }
    let ann = principal(PrincipalKind::User, Some(1), "ann");
    let refusals =
        [refusal("R-AAAAAA", &acme, ann.clone(), 1), refusal("R-BBBBBB", &other, ann, 2)];
    s.insert_refusals(&refusals).await.unwrap();
    let of_acme = [
        Owner::Repository(acme.repository.id),
        Owner::Project(acme.project.id),
        Owner::Workspace(acme.workspace.id),
    ];
    for owner in of_acme {
        let newest = s.recent_pushes(owner, 10).await.unwrap();
        assert_eq!(newest, [pushes[1].clone(), pushes[0].clone()], "{owner:?}");
        assert_eq!(s.recent_pushes(owner, 1).await.unwrap(), newest[..1], "{owner:?}");
        assert_eq!(s.recent_refusals(owner, 10).await.unwrap(), refusals[..1], "{owner:?}");
    }
    assert_eq!(s.recent_pushes(Owner::Instance, 10).await.unwrap().len(), 3);
    assert_eq!(s.recent_refusals(Owner::Instance, 1).await.unwrap(), refusals[1..]);
}
