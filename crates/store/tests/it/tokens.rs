//! API tokens and access tokens.

use crate::rules::closed;
use crate::world::{NOW, World, by, system};
use model::{ListedSubject, Permission, RepositoryId, Scope, Scopes, Subject, Timestamp};
use store::{Actor, Error, LastRefused, NewToken, Owner, TokenHash, TokenLimits};

/// A stand-in for SHA-256 that differs with the name.
pub fn hash(secret: &str) -> TokenHash {
    let mut hash = [7; 32];
    hash.iter_mut().zip(secret.bytes()).for_each(|(to, from)| *to = from);
    hash
}

pub fn new_token(name: &str) -> NewToken {
    NewToken {
        name: name.into(),
        hash: hash(name),
        last4: "k3Qz".into(),
        scopes: Scopes::Only([Scope::WriteRepository, Scope::ReadRepository].into()),
        limits: TokenLimits {
            repositories: Some(vec![RepositoryId(3), RepositoryId(4)]),
            refs: Some(vec!["release/*".into(), "a b".into()]),
            addresses: Some(vec!["10.0.0.0/8".into(), "::1/128".into()]),
        },
        expires_at: Some(Timestamp(NOW.0 + 1_000_000)),
    }
}

on_both!(the_door_gets_a_token_with_its_user);

async fn the_door_gets_a_token_with_its_user(w: &World) {
    let ann = w.user("ann").await;
    let s = &w.store;
    let created = s.create_api_token(&by(&ann), ann.id, new_token("laptop")).await.unwrap();
    let (token, user) = s.find_api_token_by_hash(&hash("laptop")).await.unwrap().unwrap();
    assert_eq!((&token, &user), (&created, &ann));
    assert_eq!(token.token.created_by, "ann");
    assert_eq!(token.token.limits, new_token("laptop").limits);
    assert_eq!(s.find_api_token_by_hash(&hash("phone")).await.unwrap(), None);

    let unlimited = NewToken {
        scopes: Scopes::Unlimited,
        limits: TokenLimits::default(),
        expires_at: None,
        ..new_token("all")
    };
    let nothing = NewToken { scopes: Scopes::Only([].into()), ..new_token("none") };
    for new in [unlimited, nothing] {
        let hash = new.hash;
        let created = s.create_api_token(&system(), ann.id, new).await.unwrap();
        assert_eq!(s.find_api_token_by_hash(&hash).await.unwrap().unwrap().0, created);
    }
    let taken = s.create_api_token(&system(), ann.id, new_token("laptop")).await.unwrap_err();
    assert!(matches!(taken, Error::Conflict { what: "token" }), "{taken}");
    assert_eq!(s.list_api_tokens(ann.id).await.unwrap().len(), 3);
}

on_both!(a_token_is_revoked_by_its_own_user_only_and_once);

async fn a_token_is_revoked_by_its_own_user_only_and_once(w: &World) {
    let (ann, eve) = (w.user("ann").await, w.user("eve").await);
    let s = &w.store;
    let token = s.create_api_token(&system(), ann.id, new_token("laptop")).await.unwrap();
    assert!(!s.revoke_api_token(&by(&eve), eve.id, token.id).await.unwrap());
    assert_eq!(s.find_api_token(eve.id, token.id).await.unwrap(), None);
    assert!(s.revoke_api_token(&by(&ann), ann.id, token.id).await.unwrap());
    let later = Actor { at: Timestamp(NOW.0 + 5), ..by(&ann) };
    assert!(!s.revoke_api_token(&later, ann.id, token.id).await.unwrap());
    let (token, _) = s.find_api_token_by_hash(&hash("laptop")).await.unwrap().unwrap();
    assert_eq!(token.token.revoked_at, Some(NOW));
    let rotated = s.rotate_api_token(&later, ann.id, token.id, new_token("new"), NOW).await;
    assert!(matches!(rotated, Err(Error::NotFound { what: "token" })));
    assert_eq!(s.find_api_token_by_hash(&hash("new")).await.unwrap(), None);
}

on_both!(rotation_overlaps_and_never_prolongs);

async fn rotation_overlaps_and_never_prolongs(w: &World) {
    let ann = w.user("ann").await;
    let s = &w.store;
    let end = NOW.0 + 1_000_000;
    for (name, expires_at, overlap_until, old_end) in [
        ("sooner", Some(end), NOW.0 + 10, NOW.0 + 10),
        ("own end", Some(end), end + 10, end),
        ("endless", None, NOW.0 + 10, NOW.0 + 10),
    ] {
        let new = NewToken { expires_at: expires_at.map(Timestamp), ..new_token(name) };
        let old = s.create_api_token(&system(), ann.id, new).await.unwrap();
        let successor = new_token(&format!("{name} 2"));
        let until = Timestamp(overlap_until);
        let new = s.rotate_api_token(&system(), ann.id, old.id, successor, until).await.unwrap();
        let old = s.find_api_token(ann.id, old.id).await.unwrap().unwrap();
        assert_eq!(
            (old.replaced_by, old.token.expires_at),
            (Some(new.id), Some(Timestamp(old_end)))
        );
        let again = new_token(&format!("{name} 3"));
        let again = s.rotate_api_token(&system(), ann.id, old.id, again, until).await;
        assert!(matches!(again, Err(Error::NotFound { what: "token" })), "{name}");
    }
}

on_both!(use_is_noted_once_a_minute_and_changes_no_facts);

async fn use_is_noted_once_a_minute_and_changes_no_facts(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let owner = &place.owner;
    let token = s.create_api_token(&system(), owner.id, new_token("laptop")).await.unwrap();
    let on = Owner::Repository(place.repository.id);
    let bot = s.create_access_token(&system(), on, new_token("ci-bot"), None).await.unwrap();
    let version = s.facts_version().await.unwrap();
    for (at, noted) in [(0, 0), (59_999, 0), (60_000, 60_000), (60_001, 60_000)] {
        let (at, noted) = (Timestamp(NOW.0 + at), Timestamp(NOW.0 + noted));
        let refused =
            |at: Timestamp| LastRefused { at, code: "PC-X".into(), why: format!("at {}", at.0) };
        s.touch_api_token(token.id, at).await.unwrap();
        s.touch_refused_api_token(token.id, &refused(at)).await.unwrap();
        s.touch_access_token(bot.id, at).await.unwrap();
        s.touch_refused_access_token(bot.id, &refused(at)).await.unwrap();
        let token = s.find_api_token(owner.id, token.id).await.unwrap().unwrap().token;
        let bot = s.find_access_token(on, bot.id).await.unwrap().unwrap().token;
        for it in [token, bot] {
            assert_eq!((it.last_used_at, it.last_refused), (Some(noted), Some(refused(noted))));
        }
    }
    assert_eq!(s.facts_version().await.unwrap(), version);
}

on_both!(an_access_token_belongs_to_its_place);

async fn an_access_token_belongs_to_its_place(w: &World) {
    let (acme, evil) = (w.place("acme").await, w.place("evil").await);
    let s = &w.store;
    for on in acme.levels() {
        let name = format!("bot-{}", on.level());
        let bot =
            s.create_access_token(&by(&acme.owner), on, new_token(&name), None).await.unwrap();
        assert_eq!(s.find_access_token_by_hash(&hash(&name)).await.unwrap(), Some(bot.clone()));
        let called = s.list_access_tokens_by_name(on, &name).await.unwrap();
        assert_eq!(called, std::slice::from_ref(&bot));
        let strangers = evil.levels().into_iter().chain(acme.levels()).filter(|it| *it != on);
        for from in strangers {
            assert!(!s.revoke_access_token(&by(&evil.owner), from, bot.id).await.unwrap());
            let rotated = s.rotate_access_token(&system(), from, bot.id, new_token("x"), NOW).await;
            assert!(matches!(rotated, Err(Error::NotFound { what: "token" })));
            assert_eq!(s.find_access_token(from, bot.id).await.unwrap(), None);
        }
        assert!(s.revoke_access_token(&system(), on, bot.id).await.unwrap());
        assert_eq!(s.list_access_tokens_by_name(on, &name).await.unwrap(), []);
        let revoked = s.find_access_token_by_hash(&hash(&name)).await.unwrap().unwrap();
        assert_eq!(revoked.token.revoked_at, Some(NOW));
    }
}

on_both!(a_rotated_access_token_keeps_its_places);

/// A bot's successor may do what the bot may: rotation must not break a pipeline.
async fn a_rotated_access_token_keeps_its_places(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let on = Owner::Repository(place.repository.id);
    let old = s.create_access_token(&system(), on, new_token("ci-bot"), None).await.unwrap();
    let subject = Subject::AccessToken(old.id);
    s.set_grant(&system(), on, subject, Some(Permission::Write)).await.unwrap();
    let listed = ListedSubject { reason: Some("deploys".into()), ..ListedSubject::new(subject) };
    s.create_restriction(&system(), on, closed(vec![listed.clone()]), None).await.unwrap();
    let overlap = Timestamp(NOW.0 + 10);
    let new =
        s.rotate_access_token(&system(), on, old.id, new_token("ci-bot 2"), overlap).await.unwrap();
    let successor = Subject::AccessToken(new.id);
    let granted: Vec<_> = s.list_grants(on).await.unwrap().iter().map(|it| it.subject).collect();
    assert_eq!(granted, [subject, successor]);
    let subjects = &s.list_restrictions(on).await.unwrap()[0].subjects;
    assert_eq!(subjects, &[listed.clone(), ListedSubject { subject: successor, ..listed }]);
}

on_both!(an_access_token_and_its_grant_are_one);

async fn an_access_token_and_its_grant_are_one(w: &World) {
    let (s, acme) = (&w.store, w.place("acme").await);
    let on = Owner::Repository(acme.repository.id);
    w.raw(r#"alter table "grant" rename to grant_gone"#).await;
    let permission = Some(Permission::Write);
    s.create_access_token(&system(), on, new_token("lost"), permission).await.unwrap_err();
    w.raw(r#"alter table grant_gone rename to "grant""#).await;
    assert_eq!(s.list_access_tokens(on).await.unwrap(), []);

    let bot = s.create_access_token(&system(), on, new_token("bot"), permission).await.unwrap();
    let held = s.list_grants(on).await.unwrap();
    let (level, subject) = (on.level(), Subject::AccessToken(bot.id));
    assert_eq!(held, [model::Grant { level, subject, permission: Permission::Write }]);
    let line = w.audit().await.swap_remove(0);
    assert!(line.contains("created access token 1"), "one line, the last: {line}");
}
