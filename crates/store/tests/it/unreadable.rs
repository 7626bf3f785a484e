//! Rows this version cannot read: each is an error that says where, never "no" and never "yes".

use crate::rules::closed;
use crate::tokens::{hash, new_token};
use crate::world::{World, system};
use model::{BranchingSettings, ListedSubject, Permission, Subject};
use store::{
    Error, Owner, PrincipalKind, PrincipalName, PushRecord, RefusalRecord, Result, StoredBranching,
};

/// Asserts that an answer is an error that names a table and column.
fn unreadable<T>(answer: Result<T>, place: &str, value: &str) {
    match answer {
        Err(Error::Unreadable { table, column, value: found }) => {
            assert_eq!((format!("{table}.{column}").as_str(), found.as_str()), (place, value));
        }
        Err(other) => panic!("{place}: {other}"),
        Ok(_) => panic!("{place}: `{value}` was read"),
    }
}

on_both!(words_from_the_future_are_errors);

async fn words_from_the_future_are_errors(w: &World) {
    let place = w.place("acme").await;
    let ann = w.user("ann").await;
    let s = &w.store;
    let on = Owner::Repository(place.repository.id);
    s.set_grant(&system(), on, Subject::User(ann.id), Some(Permission::Read)).await.unwrap();
    let listed = vec![ListedSubject::new(Subject::User(ann.id))];
    s.create_restriction(&system(), on, closed(listed), None).await.unwrap();

    for (table, column) in [
        (r#""grant""#, "permission"),
        (r#""grant""#, "subject_kind"),
        ("restriction", "kind"),
        ("restriction", "matcher"),
        ("restriction", "on_refs"),
        ("restriction", "mode"),
        ("restriction_subject", "subject_kind"),
    ] {
        let before = s.facts_of(&place.path()).await.unwrap().unwrap();
        w.raw(&format!("update {table} set {column} = '~' || {column}")).await;
        let facts = s.facts_of(&place.path()).await;
        let error = facts.unwrap_err();
        assert!(
            matches!(&error, Error::Unreadable { value, .. } if value.starts_with('~')),
            "{error}"
        );
        assert!(error.to_string().contains(column), "{error}");
        w.raw(&format!("update {table} set {column} = substr({column}, 2)")).await;
        let after = s.facts_of(&place.path()).await.unwrap().unwrap();
        assert_eq!(after.restrictions, before.restrictions);
    }

    let stored = StoredBranching { settings: BranchingSettings::default(), in_force: true };
    s.set_branching(&system(), on, &stored).await.unwrap();
    for (table, column, bad) in [
        ("branching_model", "in_force", "2"),
        ("branching_model", "production_enabled", "2"),
        ("branch_type", "class", "'~'"),
        ("branch_type", "enabled", "2"),
    ] {
        w.raw(&format!("create table kept as select * from {table}")).await;
        // One row alone, because a class is a part of the key.
        w.raw(&format!(
            "update {table} set {column} = {bad} where level = 'repository'{}",
            if column == "class" { " and class = 'hotfix'" } else { "" }
        ))
        .await;
        let error = s.facts_of(&place.path()).await.unwrap_err();
        assert!(matches!(&error, Error::Unreadable { .. }), "{error}");
        assert!(error.to_string().contains(column), "{error}");
        w.raw(&format!("delete from {table}")).await;
        w.raw(&format!("insert into {table} select * from kept")).await;
        w.raw("drop table kept").await;
        assert!(s.facts_of(&place.path()).await.is_ok());
    }

    w.raw("update member set role = 'tsar'").await;
    unreadable(s.principal_facts(place.owner.id).await, "member.role", "tsar");
}

on_both!(people_and_places_that_make_no_sense_are_errors);

async fn people_and_places_that_make_no_sense_are_errors(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    w.raw(r#"update "user" set is_admin = 2"#).await;
    unreadable(s.find_user_by_id(place.owner.id).await, "user.is_admin", "2");
    w.raw("update repository set archived = -1").await;
    unreadable(s.facts_of(&place.path()).await, "repository.archived", "-1");
    w.raw("update repository set archived = 0, fork_policy = 'maybe'").await;
    unreadable(
        s.find_repository_by_id(place.repository.id).await,
        "repository.fork_policy",
        "maybe",
    );
    w.raw("update workspace set slug = '../etc'").await;
    unreadable(s.find_workspace_by_uuid(&place.workspace.uuid).await, "workspace.slug", "../etc");
}

on_both!(credentials_that_make_no_sense_are_errors);

async fn credentials_that_make_no_sense_are_errors(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    s.create_api_token(&system(), place.owner.id, new_token("laptop")).await.unwrap();
    let on = Owner::Project(place.project.id);
    s.create_access_token(&system(), on, new_token("bot"), None).await.unwrap();
    for (column, value) in [("scopes", "everything"), ("repository_limit", "1 x")] {
        for table in ["api_token", "access_token"] {
            let update = format!("update {table} set {column} = '{value}'");
            w.raw(&update).await;
        }
        unreadable(
            s.find_api_token_by_hash(&hash("laptop")).await,
            &format!("api_token.{column}"),
            value,
        );
        unreadable(
            s.find_access_token_by_hash(&hash("bot")).await,
            &format!("access_token.{column}"),
            value,
        );
        w.raw(&format!("update api_token set {column} = ''")).await;
        w.raw(&format!("update access_token set {column} = ''")).await;
    }
    w.raw("update access_token set level = 'galaxy'").await;
    unreadable(s.find_access_token_by_hash(&hash("bot")).await, "access_token.level", "galaxy");
}

on_both!(records_that_make_no_sense_are_errors);

async fn records_that_make_no_sense_are_errors(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let principal = PrincipalName { kind: PrincipalKind::System, id: None, name: "system".into() };
    let push = PushRecord {
        id: "p1".into(),
        repository: place.repository.id,
        principal: principal.clone(),
        credential: "none".into(),
        credential_kind: None,
        channel: model::Channel::Mirror,
        protocol: "v2".into(),
        at: system().at,
        updates: vec![],
    };
    s.record_push(&push, &[]).await.unwrap();
    let refusal = RefusalRecord {
        id: "R-AAAAAA".into(),
        code: "PC-X".into(),
        workspace: None,
        repository: None,
        principal,
        at: system().at,
        viewers: vec![],
        payload: "{}".into(),
    };
    s.insert_refusals(&[refusal]).await.unwrap();
    w.raw("update push set updates = 'create 00 11 refs/heads/main'").await;
    let listed = s.list_pushes(place.repository.id, None, store::PageRequest::ALL).await;
    unreadable(listed, "push.updates", "create 00 11 refs/heads/main");
    w.raw("update refusal set viewers = '1,2'").await;
    unreadable(s.find_refusal("R-AAAAAA").await, "refusal.viewers", "1,2");
    w.raw("update refusal set viewers = '', principal_kind = 'ghost'").await;
    unreadable(s.find_refusal("R-AAAAAA").await, "refusal.principal_kind", "ghost");
}
