//! SSH keys: adding them, signing in with them, and who acts where.

use crate::house::{BOTH, Database, House, commit, refused, site};
use app::{
    Asker, Door, Error, Fetching, NewKey, NewProject, OfferedKey, PageRequest, PlaceName,
    ProvenKey, Pushing, RepositoryChange, RestrictionInput, SubjectInput, UserChange,
};
use model::{Channel, ObjectId};
use ssh_key::certificate::Builder;
use ssh_key::private::Ed25519Keypair;
use ssh_key::{PrivateKey, PublicKey};
use std::net::IpAddr;

const MAIN: &str = "refs/heads/main";

fn private(seed: u8) -> PrivateKey {
    PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]))
}

fn public(seed: u8) -> PublicKey {
    PublicKey::from(&private(seed))
}

fn new_key(seed: u8, label: &str) -> NewKey {
    NewKey { label: Some(label.into()), key: public(seed).to_openssh().unwrap() }
}

fn from() -> Option<IpAddr> {
    Some("192.0.2.7".parse().unwrap())
}

fn ssh() -> Door {
    Door { channel: Channel::GitSsh, address: from(), request_id: "test".into() }
}

fn acme() -> PlaceName {
    PlaceName::workspace("acme")
}

fn secret() -> PlaceName {
    PlaceName::repository("acme", "secret")
}

impl House {
    async fn proven(&self, key: &OfferedKey) -> ProvenKey {
        assert!(self.app.is_key_known(key, from()).await.unwrap());
        self.app.sign_in_by_key(key, from()).await.unwrap().unwrap()
    }

    /// Whoever holds the key at a repository.
    async fn by_key(&self, seed: u8, place: &PlaceName) -> Asker {
        let key = self.proven(&OfferedKey::from(&public(seed))).await;
        self.app.asker_at(&key, &ssh(), place).await.unwrap()
    }

    async fn add_access_key(&self, place: &PlaceName, seed: u8, label: &str, permission: &str) {
        let new = new_key(seed, label);
        self.app.add_access_key(&self.admin, place, new, permission).await.unwrap();
    }

    /// The code of the refusal, or `ok`.
    async fn tries_to_push(&self, who: &Asker, place: &PlaceName) -> String {
        match self.app.open_repository::<Pushing>(who, place).await {
            Ok(_) => "ok".into(),
            Err(Error::Refused(refused)) => refused.records[0].code.clone(),
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn a_personal_key_is_its_user_and_a_refused_push_names_it() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let ann = house.by_token("ann").await;
        let added = house.app.add_ssh_key(&ann, "ann", new_key(1, "laptop")).await.unwrap();
        let who = house.by_key(1, &site()).await;
        assert_eq!((who.name(), who.user_id()), ("ann", ann.user_id()));
        let (first, pack) = commit(None, "one");
        let told = house.push(&who, &[(ObjectId::ZERO, first, MAIN)], &pack).await.unwrap();
        assert_eq!(told, format!("unpack ok\nok {MAIN}\n"));

        house.restrict("push", "main").await;
        let (second, pack) = commit(Some(first), "two");
        let told = house.push(&who, &[(first, second, MAIN)], &pack).await.unwrap();
        let fingerprint = added.key.key.fingerprint.as_str();
        let you = format!("  you     ann, by SSH key \"laptop\"\n          ({fingerprint})\n");
        assert!(told.contains(&you), "{database:?} {told}");
        let listed = house.app.list_refusals(&ann, &site(), PageRequest::default()).await.unwrap();
        assert_eq!(listed.values[0].credential.fingerprint.as_deref(), Some(fingerprint));
        assert_eq!(listed.values[0].channel, Channel::GitSsh);

        // Use is written down, and a key that is removed is good for nothing at once.
        let house = house.reopened().await;
        let listed = house.app.list_ssh_keys(&ann, "ann").await.unwrap().remove(0).key;
        assert!(listed.key.last_used_at.is_some());
        assert_eq!(listed.key.last_refused.as_ref().unwrap().code, "PC-REF-PUSH");
        let offered = OfferedKey::from(&public(1));
        let key = house.proven(&offered).await;
        house.app.remove_ssh_key(&ann, "ann", &listed.id.to_string()).await.unwrap();
        let late = house.app.asker_at(&key, &ssh(), &site()).await.unwrap();
        assert_eq!(house.tries_to_push(&late, &site()).await, "PC-CRED-UNKNOWN");
        assert!(!house.app.is_key_known(&offered, from()).await.unwrap());
        let told = refused(house.app.holders(&key, &ssh()).await);
        assert_eq!(told.records[0].message, "This SSH key is not known here any more.");
        assert_eq!(told.records[0].credential.fingerprint.as_deref(), Some(fingerprint));

        // Nor is it good for whom it comes to then, in a connection that was open before.
        house.app.add_ssh_key(&house.admin, "bea", new_key(1, "found")).await.unwrap();
        assert_eq!(
            refused(house.app.holders(&key, &ssh()).await).records[0].code,
            "PC-CRED-UNKNOWN"
        );
        let late = house.app.asker_at(&key, &ssh(), &site()).await.unwrap();
        assert_eq!(house.tries_to_push(&late, &site()).await, "PC-CRED-UNKNOWN");
        let key = house.proven(&offered).await;
        assert_eq!(house.app.holders(&key, &ssh()).await.unwrap()[0].name, "bea");
    }
}

#[tokio::test]
async fn a_suspended_users_key_is_told_so() {
    let house = House::furnished(Database::Sqlite).await;
    house.app.add_ssh_key(&house.admin, "ann", new_key(1, "laptop")).await.unwrap();
    let change = UserChange { active: Some(false), ..UserChange::default() };
    house.app.update_user(&house.admin, "ann", change).await.unwrap();
    let who = house.by_key(1, &site()).await;
    assert_eq!(house.tries_to_push(&who, &site()).await, "PC-CRED-SUSPENDED");
}

#[tokio::test]
async fn an_access_key_is_a_principal_of_each_of_its_places() {
    for database in BOTH {
        let house = House::furnished(database).await;
        house.add_access_key(&site(), 1, "site reader", "read").await;
        house.add_access_key(&acme(), 1, "acme writer", "write").await;
        house.add_access_key(&secret(), 2, "secret", "read").await;

        // The most permitted, then the nearest.
        let who = house.by_key(1, &site()).await;
        assert_eq!((who.name(), who.user_id()), ("acme writer", None));
        assert_eq!(house.tries_to_push(&who, &site()).await, "ok");
        let who = house.by_key(1, &secret()).await;
        assert_eq!(who.name(), "acme writer");

        // At home it reads and does not write; elsewhere there is nothing.
        let who = house.by_key(2, &secret()).await;
        house.app.open_repository::<Fetching>(&who, &secret()).await.unwrap();
        assert_eq!(house.tries_to_push(&who, &secret()).await, "PC-PERM-WRITE");
        let who = house.by_key(2, &site()).await;
        let elsewhere = refused(house.app.open_repository::<Fetching>(&who, &site()).await);
        assert_eq!(elsewhere.records[0].code, "PC-REPO-NOT-FOUND");
        assert!(elsewhere.records[0].trace.is_empty());

        let key = house.proven(&OfferedKey::from(&public(1))).await;
        let holders = house.app.holders(&key, &ssh()).await.unwrap();
        let homes: Vec<_> = holders.into_iter().filter_map(|it| it.home).collect();
        assert_eq!(homes, ["repository acme/site", "workspace acme"]);
        assert_eq!(house.app.askers_of(&key, &ssh()).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn an_access_key_can_be_granted_and_exempted_by_label_or_number() {
    let house = House::furnished(Database::Sqlite).await;
    house.add_access_key(&site(), 1, "deploy", "read").await;
    let key = house.app.list_access_keys(&house.admin, &site()).await.unwrap().remove(0);
    let subject = |name: Option<&str>, id: Option<String>| SubjectInput {
        kind: "access_key".into(),
        name: name.map(Into::into),
        id,
        ..SubjectInput::default()
    };
    let by_label = subject(Some("deploy"), None);
    let grant = house.app.set_grant(&house.admin, &site(), &by_label, "write").await.unwrap();
    assert_eq!(grant.subject.name.as_deref(), Some("deploy"));
    let nobody = subject(Some("other"), None);
    assert!(house.app.set_grant(&house.admin, &site(), &nobody, "write").await.is_err());
    let rule = RestrictionInput {
        kind: "push".into(),
        matcher: "glob".into(),
        pattern: "main".into(),
        subjects: vec![subject(None, Some(key.id.to_string()))],
        ..RestrictionInput::default()
    };
    house.app.create_restriction(&house.admin, &site(), &rule).await.unwrap();
    let (first, pack) = commit(None, "one");
    let push = [(ObjectId::ZERO, first, MAIN)];
    let ann = house.by_token("ann").await;
    let told = house.push(&ann, &push, &pack).await.unwrap();
    assert!(told.contains("access key deploy"), "it is named as one who may: {told}");
    let who = house.by_key(1, &site()).await;
    let told = house.push(&who, &push, &pack).await.unwrap();
    assert_eq!(told, format!("unpack ok\nok {MAIN}\n"));
}

/// It takes a repository that has moved: then two places of one key can be equally far away.
#[tokio::test]
async fn a_key_that_stands_for_two_equals_is_refused_with_a_way_out() {
    let house = House::furnished(Database::Sqlite).await;
    let move_to = async |project: &str| {
        let change =
            RepositoryChange { project: Some(project.into()), ..RepositoryChange::default() };
        house.app.update_repository(&house.admin, &site(), change).await.unwrap();
    };
    for key in ["ONE", "TWO"] {
        let new = NewProject { key: key.into(), name: key.into(), ..NewProject::default() };
        house.app.create_project(&house.admin, &acme(), new).await.unwrap();
        move_to(key).await;
        house.add_access_key(&PlaceName::project("acme", key), 1, key, "read").await;
        let subject = SubjectInput {
            kind: "access_key".into(),
            name: Some(key.into()),
            ..SubjectInput::default()
        };
        house.app.set_grant(&house.admin, &site(), &subject, "write").await.unwrap();
        let who = house.by_key(1, &site()).await;
        assert_eq!(who.name(), key, "the one that is at home is nearer");
    }
    move_to("CORE").await;
    let who = house.by_key(1, &site()).await;
    let told = refused(house.app.open_repository::<Pushing>(&who, &site()).await).records;
    assert_eq!(told[0].code, "PC-CRED-AMBIGUOUS");
    let text = app::git_text(&told);
    assert!(text.contains("git config core.sshCommand"), "{text}");
    assert!(!text.contains("ONE") && !text.contains("TWO"), "{text}");
}

#[tokio::test]
async fn rule_088_a_key_that_is_taken_is_told_without_saying_whose_it_is() {
    let house = House::furnished(Database::Sqlite).await;
    let (ann, eve) = (house.by_token("ann").await, house.by_token("eve").await);
    house.app.add_ssh_key(&ann, "ann", new_key(1, "laptop")).await.unwrap();
    house.add_access_key(&secret(), 2, "deploy", "read").await;
    let text = |it: Result<(), Error>| it.unwrap_err().to_string();
    let own = text(house.app.add_ssh_key(&ann, "ann", new_key(1, "again")).await.map(drop));
    assert_eq!(own, "ann has this key already, as `laptop`");
    let here = house.app.add_access_key(&house.admin, &secret(), new_key(2, "x"), "read").await;
    assert_eq!(text(here.map(drop)), "this repository has this key already, as `deploy`");
    let others = text(house.app.add_ssh_key(&eve, "eve", new_key(1, "mine")).await.map(drop));
    let access = text(house.app.add_ssh_key(&eve, "eve", new_key(2, "mine")).await.map(drop));
    let bea = house.by_token("bea").await;
    let as_access = house.app.add_access_key(&bea, &site(), new_key(1, "x"), "read").await;
    for told in [others, access, text(as_access.map(drop))] {
        assert!(told.starts_with("someone has already registered that SSH key"), "{told}");
    }
    assert_eq!(house.app.list_ssh_keys(&eve, "eve").await.unwrap().len(), 0);
}

#[tokio::test]
async fn keys_are_for_those_who_may_and_every_field_is_checked() {
    let house = House::furnished(Database::Sqlite).await;
    let (ann, bea) = (house.by_token("ann").await, house.by_token("bea").await);
    let code = |it: Result<(), Error>| match it {
        Err(Error::Refused(refused)) => refused.records[0].code.clone(),
        Err(Error::Invalid(fields)) => fields.0.into_keys().collect::<Vec<_>>().join(" "),
        Err(other) => other.to_string(),
        Ok(()) => "ok".into(),
    };
    let app = &house.app;
    for (done, expected) in [
        (app.add_ssh_key(&ann, "bea", new_key(1, "x")).await.map(drop), "PC-PERM-ADMIN"),
        (app.list_ssh_keys(&ann, "bea").await.map(drop), "PC-PERM-ADMIN"),
        (
            app.add_access_key(&ann, &site(), new_key(1, "x"), "read").await.map(drop),
            "PC-PERM-ADMIN",
        ),
        (app.list_unknown_keys(&bea, PageRequest::default()).await.map(drop), "PC-PERM-ADMIN"),
        (app.add_access_key(&bea, &site(), new_key(1, "x"), "admin").await.map(drop), "permission"),
        (app.remove_ssh_key(&ann, "ann", "77").await, "no such SSH key"),
        (app.rename_ssh_key(&ann, "ann", "{x}", "y").await.map(drop), "no such SSH key"),
    ] {
        assert_eq!(code(done), expected);
    }
    let bad = NewKey { label: Some("\x1b".into()), key: "ssh-rsa x".into() };
    assert_eq!(code(app.add_ssh_key(&ann, "ann", bad.clone()).await.map(drop)), "key label");
    let access = app.add_access_key(&bea, &site(), bad, "own").await.map(drop);
    assert_eq!(code(access), "key label permission");

    // Without a label the comment is it; without either, the kind of key.
    let line = public(3).to_openssh().unwrap();
    for (line, label) in [(format!("{line} ann@desk"), "ann@desk"), (line, "ssh-ed25519")] {
        let added = app.add_ssh_key(&ann, "ann", NewKey { label: None, key: line }).await.unwrap();
        assert_eq!(added.key.key.label, label);
        let renamed = app.rename_ssh_key(&ann, "ann", &added.key.id.to_string(), " desk ").await;
        assert_eq!(renamed.unwrap().key.key.label, "desk");
        let uuid = format!("{{{}}}", added.key.uuid);
        app.remove_ssh_key(&ann, "ann", &uuid).await.unwrap();
    }
}

#[tokio::test]
async fn a_token_that_is_limited_to_refs_cannot_shed_its_limits_by_a_key() {
    let house = House::furnished(Database::Sqlite).await;
    let scopes = ["read:ssh-key:bitbucket", "write:ssh-key:bitbucket"];
    let new = app::NewToken {
        name: "topics".into(),
        scopes: scopes.iter().map(|it| (*it).to_owned()).collect(),
        refs: Some(vec!["topic/*".into()]),
        ..app::NewToken::default()
    };
    let made = house.app.create_api_token(&house.admin, "ann", new).await.unwrap();
    let limited = house.present(app::Presented::Bearer(made.secret)).await;
    let added = house.app.add_ssh_key(&limited, "ann", new_key(1, "x")).await;
    assert_eq!(refused(added).records[0].code, "PC-TOKEN-WIDENS");
    let free = house.token("ann", &scopes).await;
    let free = house.present(app::Presented::Bearer(free)).await;
    house.app.add_ssh_key(&free, "ann", new_key(1, "x")).await.unwrap();
}

fn certificate(principals: &[&str], change: impl FnOnce(&mut Builder)) -> OfferedKey {
    let mut builder = Builder::new([7; 16], public(4), 0, u64::MAX).unwrap();
    builder.key_id("ann's desk").unwrap();
    for name in principals {
        builder.valid_principal(*name).unwrap();
    }
    change(&mut builder);
    OfferedKey::from(builder.sign(&private(5)).unwrap())
}

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_is_the_one_account_it_names() {
    let mut house = House::furnished(Database::Sqlite).await;
    let plain = certificate(&["ann", "deployers"], |_| {});
    assert!(!house.app.is_key_known(&plain, from()).await.unwrap(), "nobody is trusted by default");
    let authority = public(5).to_openssh().unwrap();
    house.options.certificate_authorities = app::read_authorities(&authority).unwrap();
    let house = house.reopened().await;

    let forced = certificate(&["ann"], |it| {
        it.critical_option("force-command", "whoami").unwrap();
    });
    let elsewhere = certificate(&["ann"], |it| {
        it.critical_option("source-address", "10.0.0.0/8").unwrap();
    });
    assert_eq!(house.proven(&forced).await.forced_command(), Some("whoami"));
    for (key, expected) in [(&plain, "ok"), (&elsewhere, "PC-CRED-CERTIFICATE")] {
        let key = house.proven(key).await;
        let holders = house.app.holders(&key, &ssh()).await;
        match expected {
            "ok" => assert_eq!(holders.unwrap()[0].name, "ann"),
            code => assert_eq!(refused(holders).records[0].code, code),
        }
        let who = house.app.asker_at(&key, &ssh(), &site()).await.unwrap();
        assert_eq!(house.tries_to_push(&who, &site()).await, expected);
    }
    for nobody in [certificate(&["zoe"], |_| {}), certificate(&["ann", "bea"], |_| {})] {
        assert!(!house.app.is_key_known(&nobody, from()).await.unwrap());
        assert!(house.app.sign_in_by_key(&nobody, from()).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn unknown_keys_are_remembered_for_administrators() {
    let house = House::furnished(Database::Sqlite).await;
    let offered = OfferedKey::from(&public(9));
    for _ in 0..3 {
        assert!(!house.app.is_key_known(&offered, from()).await.unwrap());
    }
    let house = house.reopened().await;
    let page = house.app.list_unknown_keys(&house.admin, PageRequest::default()).await.unwrap();
    let [noted] = &page.values[..] else { panic!("{page:?}") };
    assert_eq!((&noted.fingerprint, noted.times), (offered.fingerprint(), 3));
    assert_eq!((noted.address.as_str(), noted.why.as_str()), ("192.0.2.7", "key that nobody has"));
}
