//! Grants and restrictions.

use crate::world::{NOBODY, NOW, Place, World, by, system};
use model::{
    BranchingSettings, ListedSubject, Matcher, MatcherKind, Mode, Permission, Production, RefKinds,
    RestrictionId, RestrictionKind, Subject, Timestamp,
};
use store::{
    BranchingFacts, Error, NewRestriction, Owner, PageRequest, PolicyChanges, StoredBranching,
};

pub fn closed(subjects: Vec<ListedSubject>) -> NewRestriction {
    NewRestriction {
        kind: RestrictionKind::Push,
        matcher: Matcher {
            kind: MatcherKind::Glob,
            pattern: "release/*".into(),
            except: vec!["release/next".into(), "release/beta".into()],
        },
        on: RefKinds::Branches,
        subjects,
        mode: Mode::Enforce,
        value: Some(7),
        argument: Some("infra/**".into()),
        note: Some("frozen".into()),
    }
}

on_both!(a_subject_has_one_grant_in_a_place);

async fn a_subject_has_one_grant_in_a_place(w: &World) {
    let place = w.place("acme").await;
    let ann = w.user("ann").await;
    let s = &w.store;
    let on = Owner::Repository(place.repository.id);
    let subject = Subject::User(ann.id);
    for permission in [Permission::Read, Permission::Admin] {
        s.set_grant(&by(&place.owner), on, subject, Some(permission)).await.unwrap();
    }
    s.set_grant(&system(), on, Subject::Everyone, Some(Permission::Read)).await.unwrap();
    let grants: Vec<_> = s
        .list_grants(on)
        .await
        .unwrap()
        .into_iter()
        .map(|it| (it.subject, it.permission))
        .collect();
    assert_eq!(grants, [(Subject::Everyone, Permission::Read), (subject, Permission::Admin)]);
    assert_eq!(s.list_grants(Owner::Project(place.project.id)).await.unwrap(), []);
    assert_eq!(s.list_grants_within(place.workspace.id).await.unwrap().len(), 2);

    s.set_grant(&system(), on, subject, None).await.unwrap();
    assert_eq!(s.list_grants(on).await.unwrap().len(), 1);
}

on_both!(nobody_can_be_granted_anything_nowhere);

async fn nobody_can_be_granted_anything_nowhere(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let write = Some(Permission::Write);
    let before = w.audit().await;
    let on = Owner::Workspace(place.workspace.id);
    let nobody = s.set_grant(&system(), on, Subject::User(NOBODY), write).await;
    assert!(matches!(nobody, Err(Error::NotFound { what: "user" })));
    let nowhere = Owner::Repository(model::RepositoryId(999));
    let nowhere = s.set_grant(&system(), nowhere, Subject::Everyone, write).await;
    assert!(matches!(nowhere, Err(Error::NotFound { what: "repository" })));
    assert_eq!(w.audit().await, before);
}

on_both!(a_restriction_comes_back_as_it_was_put);

async fn a_restriction_comes_back_as_it_was_put(w: &World) {
    let place = w.place("acme").await;
    let ann = w.user("ann").await;
    let devs = w.group(&place, "devs", &[&ann]).await;
    let s = &w.store;
    let until = ListedSubject {
        subject: Subject::User(ann.id),
        until: Some(Timestamp(NOW.0 + 1)),
        reason: Some("on call".into()),
    };
    let new = closed(vec![ListedSubject::new(Subject::Group(devs.id)), until]);
    let on = Owner::Project(place.project.id);
    let created = s.create_restriction(&by(&place.owner), on, new, None).await.unwrap();
    assert_eq!(created.changed_by.as_deref(), Some("olga-acme"));
    assert_eq!(s.find_restriction(on, created.id).await.unwrap(), Some(created.clone()));
    assert_eq!(s.list_restrictions(on).await.unwrap(), std::slice::from_ref(&created));

    let new =
        NewRestriction { kind: RestrictionKind::Delete, mode: Mode::Evaluate, ..closed(vec![]) };
    let changed = s.update_restriction(&system(), on, created.id, new, None).await.unwrap();
    assert_eq!((changed.id, &changed.changed_by, changed.subjects.len()), (created.id, &None, 0));
    assert_eq!(s.list_restrictions(on).await.unwrap(), [changed]);
    assert!(s.remove_restriction(&system(), on, created.id).await.unwrap());
    assert!(!s.remove_restriction(&system(), on, created.id).await.unwrap());
    assert_eq!(s.list_restrictions(on).await.unwrap(), []);
    // Numbers are not used twice.
    let next = s.create_restriction(&system(), on, closed(vec![]), None).await.unwrap();
    assert!(next.id > created.id);
}

on_both!(every_kind_and_matcher_comes_back);

async fn every_kind_and_matcher_comes_back(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let on = Owner::Repository(place.repository.id);
    for kind in RestrictionKind::ALL {
        for matcher in MatcherKind::ALL {
            let mut new = NewRestriction { kind: *kind, ..closed(vec![]) };
            new.matcher.kind = *matcher;
            let made = s.create_restriction(&system(), on, new, None).await.unwrap();
            assert_eq!((made.kind, made.matcher.kind), (*kind, *matcher));
            assert_eq!(s.find_restriction(on, made.id).await.unwrap(), Some(made));
        }
    }
    let facts = s.facts_of(&place.path()).await.unwrap().unwrap();
    assert_eq!(facts.restrictions, s.list_restrictions(on).await.unwrap());
}

on_both!(a_branching_model_comes_back_and_goes_with_its_place);

async fn a_branching_model_comes_back_and_goes_with_its_place(w: &World) {
    let (acme, other) = (w.place("acme").await, w.place("other").await);
    let s = &w.store;
    let mut settings = BranchingSettings { development: Some("dev".into()), ..Default::default() };
    settings.types[1].enabled = false;
    settings.types[2].prefix = "rel-".into();
    let of_repository = StoredBranching { settings: settings.clone(), in_force: false };
    settings.production = Production { enabled: true, name: Some("live".into()) };
    settings.delete_merged = true;
    let of_project = StoredBranching { settings, in_force: true };
    let (project, repository) =
        (Owner::Project(acme.project.id), Owner::Repository(acme.repository.id));
    s.set_branching(&system(), project, &of_repository).await.unwrap();
    s.set_branching(&by(&acme.owner), project, &of_project).await.unwrap();
    s.set_branching(&system(), repository, &of_repository).await.unwrap();
    let facts = s.facts_of(&acme.path()).await.unwrap().unwrap().branching;
    assert_eq!(facts.project.as_ref(), Some(&of_project));
    assert_eq!(facts.repository.as_ref(), Some(&of_repository));
    let elsewhere = s.facts_of(&other.path()).await.unwrap().unwrap().branching;
    assert_eq!(elsewhere, BranchingFacts::default());
    let nowhere = Owner::Repository(model::RepositoryId(999));
    let nowhere = s.set_branching(&system(), nowhere, &of_project).await;
    assert!(matches!(nowhere, Err(Error::NotFound { what: "repository" })));

    s.remove_repository(&system(), acme.repository.id).await.unwrap();
    s.remove_project(&system(), acme.project.id).await.unwrap();
    for table in ["branching_model", "branch_type"] {
        let count = format!("select '{table}', cast(count(*) as text) from {table}");
        w.raw(&format!("insert into setting (key, value) {count}")).await;
        assert_eq!(s.find_setting(table).await.unwrap().as_deref(), Some("0"), "{table}");
    }
}

on_both!(a_restriction_answers_to_its_own_owner_only);

/// An admin of one repository must not reach the restrictions of another, of its project or of
/// its workspace by their numbers.
async fn a_restriction_answers_to_its_own_owner_only(w: &World) {
    let (acme, evil) = (w.place("acme").await, w.place("evil").await);
    let ann = w.user("ann").await;
    let s = &w.store;
    let listed = || vec![ListedSubject::new(Subject::User(ann.id))];
    for on in acme.levels() {
        let victim = s.create_restriction(&system(), on, closed(listed()), None).await.unwrap();
        let strangers = evil.levels().into_iter().chain(acme.levels()).filter(|it| *it != on);
        let before = (w.audit().await, s.facts_version().await.unwrap());
        for from in strangers {
            assert!(!s.remove_restriction(&system(), from, victim.id).await.unwrap());
            let changed =
                s.update_restriction(&system(), from, victim.id, closed(vec![]), None).await;
            assert!(matches!(changed, Err(Error::NotFound { what: "restriction" })));
            assert_eq!(s.find_restriction(from, victim.id).await.unwrap(), None);
        }
        assert_eq!(s.find_restriction(on, victim.id).await.unwrap(), Some(victim));
        assert_eq!((w.audit().await, s.facts_version().await.unwrap()), before);
    }
}

on_both!(a_restriction_with_a_bad_subject_leaves_nothing_behind);

async fn a_restriction_with_a_bad_subject_leaves_nothing_behind(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let on = Owner::Repository(place.repository.id);
    let before = w.audit().await;
    let nobody = closed(vec![ListedSubject::new(Subject::User(NOBODY))]);
    let refused = s.create_restriction(&system(), on, nobody, None).await.unwrap_err();
    assert!(matches!(refused, Error::NotFound { what: "user" }), "{refused}");
    let twice = closed(vec![ListedSubject::new(Subject::Everyone); 2]);
    let refused = s.create_restriction(&system(), on, twice, None).await.unwrap_err();
    assert!(matches!(refused, Error::Conflict { what: "subject" }), "{refused}");
    assert_eq!(s.list_restrictions(on).await.unwrap(), []);
    assert_eq!(w.audit().await, before);
}

on_both!(removal_takes_along_what_hangs_on_it);

/// Whatever hangs on a repository or a group goes with it, and nothing else does.
async fn removal_takes_along_what_hangs_on_it(w: &World) {
    let (acme, other) = (w.place("acme").await, w.place("other").await);
    let ann = w.user("ann").await;
    let s = &w.store;
    let devs = w.group(&acme, "devs", &[&ann]).await;
    for place in [&acme, &other] {
        let on = Owner::Repository(place.repository.id);
        s.set_grant(&system(), on, Subject::User(ann.id), Some(Permission::Write)).await.unwrap();
        s.create_restriction(&system(), on, closed(vec![]), None).await.unwrap();
        let token = crate::tokens::new_token(&format!("bot-{}", place.workspace.slug));
        let bot = s.create_access_token(&system(), on, token, None).await.unwrap();
        // A bot of one repository may stand in the lists of another.
        let elsewhere = Owner::Workspace(other.workspace.id);
        let subject = Subject::AccessToken(bot.id);
        s.set_grant(&system(), elsewhere, subject, Some(Permission::Read)).await.unwrap();
        let new = closed(vec![ListedSubject::new(subject)]);
        s.create_restriction(&system(), elsewhere, new, None).await.unwrap();
    }
    let on = Owner::Workspace(acme.workspace.id);
    s.set_grant(&system(), on, Subject::Group(devs.id), Some(Permission::Read)).await.unwrap();
    let new = closed(vec![ListedSubject::new(Subject::Group(devs.id))]);
    s.create_restriction(&system(), on, new, None).await.unwrap();

    s.remove_repository(&system(), acme.repository.id).await.unwrap();
    assert!(s.remove_group(&system(), acme.workspace.id, devs.id).await.unwrap());

    assert_eq!(remains(w, &acme).await, (0, 0, 0));
    assert_eq!(remains(w, &other).await, (1, 1, 1));
    assert_eq!(s.find_repository_by_id(acme.repository.id).await.unwrap(), None);
    assert_eq!(s.list_grants(on).await.unwrap(), []);
    assert_eq!(s.list_restrictions(on).await.unwrap()[0].subjects, []);
    let elsewhere = Owner::Workspace(other.workspace.id);
    assert_eq!(s.list_grants(elsewhere).await.unwrap().len(), 1);
    let listed: Vec<_> =
        s.list_restrictions(elsewhere).await.unwrap().iter().map(|it| it.subjects.len()).collect();
    assert_eq!(listed, [0, 1]);
    let gone = s.find_restriction(Owner::Repository(acme.repository.id), RestrictionId(1)).await;
    assert_eq!(gone.unwrap(), None);
}

/// How many grants, restrictions and tokens hang on the repository of a place.
async fn remains(w: &World, place: &Place) -> (usize, usize, usize) {
    let on = Owner::Repository(place.repository.id);
    (
        w.store.list_grants(on).await.unwrap().len(),
        w.store.list_restrictions(on).await.unwrap().len(),
        w.store.list_access_tokens(on).await.unwrap().len(),
    )
}

on_both!(many_changes_to_one_place_are_made_together_or_not_at_all);

async fn many_changes_to_one_place_are_made_together_or_not_at_all(w: &World) {
    let place = w.place("acme").await;
    let ann = w.user("ann").await;
    let s = &w.store;
    let on = Owner::Repository(place.repository.id);
    let first = s.create_restriction(&system(), on, closed(vec![]), None).await.unwrap();
    let second = s.create_restriction(&system(), on, closed(vec![]), None).await.unwrap();
    let listed = vec![ListedSubject::new(Subject::User(ann.id))];
    let changes = PolicyChanges {
        grants: vec![(Subject::User(ann.id), Some(Permission::Write)), (Subject::Anyone, None)],
        removed: vec![second.id],
        changed: vec![(first.id, closed(listed.clone()))],
        added: vec![closed(listed.clone()), closed(vec![])],
    };
    let version = s.facts_version().await.unwrap();
    let audit = w.audit().await.len();
    s.change_policy(&system(), on, version, changes.clone()).await.unwrap();
    let rules = s.list_restrictions(on).await.unwrap();
    let kept: Vec<_> = rules.iter().map(|it| (it.id.0, it.subjects.len())).collect();
    assert_eq!(kept, [(first.id.0, 1), (second.id.0 + 1, 1), (second.id.0 + 2, 0)]);
    assert_eq!(s.list_grants(on).await.unwrap().len(), 1);
    assert_eq!(w.audit().await.len(), audit + 6);
    assert_eq!(s.facts_version().await.unwrap(), version + 1);

    // Somebody was faster, or something is not there any more: nothing is done.
    let audit = w.audit().await;
    let gone = PolicyChanges { removed: vec![RestrictionId(999)], ..changes.clone() };
    for (version, changes) in [
        (version, PolicyChanges { changed: vec![], removed: vec![], ..changes }),
        (version + 1, gone),
    ] {
        let failed = s.change_policy(&system(), on, version, changes).await.unwrap_err();
        assert!(matches!(failed, Error::Moved | Error::NotFound { .. }), "{failed}");
        assert_eq!(s.list_restrictions(on).await.unwrap(), rules);
        assert_eq!(w.audit().await, audit);
    }
}

on_both!(every_change_of_a_rule_shows_in_its_audit_line);

async fn every_change_of_a_rule_shows_in_its_audit_line(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let on = Owner::Repository(place.repository.id);
    let subject = || ListedSubject::new(Subject::User(place.owner.id));
    let was = || closed(vec![subject()]);
    let rule = s.create_restriction(&system(), on, was(), None).await.unwrap();
    let until = ListedSubject { until: Some(NOW), ..subject() };
    let reason = ListedSubject { reason: Some("on call".into()), ..subject() };
    for changed in [
        closed(vec![]),
        closed(vec![until]),
        closed(vec![reason]),
        NewRestriction { kind: RestrictionKind::Delete, ..was() },
        NewRestriction { on: RefKinds::Both, ..was() },
        NewRestriction { mode: Mode::Evaluate, ..was() },
        NewRestriction { value: None, ..was() },
        NewRestriction { argument: None, ..was() },
        NewRestriction { note: Some("thawed".into()), ..was() },
        NewRestriction { note: None, ..was() },
    ] {
        s.update_restriction(&system(), on, rule.id, changed.clone(), None).await.unwrap();
        let page = PageRequest { offset: 0, limit: 1 };
        let lines = s.list_audit(store::AuditFilter::default(), page).await.unwrap().items;
        assert!(lines[0].before.is_some(), "{changed:?}");
        assert_ne!(lines[0].before, lines[0].after, "{changed:?}");
        s.update_restriction(&system(), on, rule.id, was(), None).await.unwrap();
    }
}
