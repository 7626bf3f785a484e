//! The numbered rules of the fact sheet about the hierarchy and networks (57 to 69 and 93), as far as
//! a use case shows them. The decision's part is in `policy`, under the same names.

use crate::house::{BOTH, Database, House, door, refused, site};
use app::{
    Asker, AuditFilter, Consequence, Door, Error, Fetching, GroupChange, NetworkChange, NewGroup,
    NewProject, NewRepository, PageRequest, PlaceName, Presented, ProjectChange, Pushing,
    RepositoryChange, RestrictionInput, SubjectInput, Updating, UserChange,
};
use model::{Permission, Secret};

fn acme() -> PlaceName {
    PlaceName::workspace("acme")
}

fn core() -> PlaceName {
    PlaceName::project("acme", "CORE")
}

fn subject(kind: &str, name: &str) -> SubjectInput {
    SubjectInput { kind: kind.into(), name: Some(name.into()), ..SubjectInput::default() }
}

fn new_repository(slug: &str) -> NewRepository {
    NewRepository { slug: slug.into(), ..NewRepository::default() }
}

/// The fields that are wrong, and what is said about them.
fn invalid<T>(answer: Result<T, Error>) -> String {
    match answer {
        Err(error @ Error::Invalid(_)) => error.to_string(),
        Err(other) => panic!("not invalid, but: {other}"),
        Ok(_) => panic!("accepted"),
    }
}

/// What the one who asks would do to themselves.
fn unconfirmed<T>(answer: Result<T, Error>) -> Consequence {
    match answer {
        Err(Error::Unconfirmed { consequence, message }) => {
            assert!(message.contains(&format!("?confirm={consequence}")), "{message}");
            consequence
        }
        Err(other) => panic!("not unconfirmed, but: {other}"),
        Ok(_) => panic!("done"),
    }
}

async fn may_push(house: &House, who: &Asker, place: &PlaceName) -> bool {
    house.app.open_repository::<Pushing>(who, place).await.is_ok()
}

#[tokio::test]
async fn rule_060_a_group_is_granted_its_default_on_new_repositories_and_on_no_others() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let (app, admin) = (&house.app, &house.admin);
        let group = |slug: &str, default: Option<&str>| NewGroup {
            slug: slug.into(),
            name: None,
            default_permission: default.map(str::to_owned),
        };
        for (slug, default) in [
            ("devs", Some("write")),
            ("guests", None),
            ("none", Some("none")),
            ("ops", Some("admin")),
        ] {
            app.create_group(admin, &acme(), group(slug, default)).await.unwrap();
        }
        app.add_group_member(admin, &acme(), "devs", "eve").await.unwrap();
        let eve = house.by_token("eve").await;
        let made = PlaceName::repository("acme", "made");
        app.create_repository(admin, "acme", new_repository("made")).await.unwrap();
        assert!(may_push(&house, &eve, &made).await, "{database:?}");
        assert!(!may_push(&house, &eve, &site()).await, "what was there stays as it was");
        let granted = app.list_grants(admin, &made).await.unwrap();
        let mut granted: Vec<_> = granted
            .iter()
            .map(|it| (it.subject.name.clone().unwrap(), it.permission.unwrap()))
            .collect();
        granted.sort();
        let expected =
            [("devs".to_owned(), Permission::Write), ("ops".to_owned(), Permission::Admin)];
        assert_eq!(granted, expected, "{database:?}");

        // From now on nothing; the grants that were made stay.
        let change = GroupChange { default_permission: Some("none".into()), ..Default::default() };
        app.update_group(admin, &acme(), "devs", change).await.unwrap();
        app.create_repository(admin, "acme", new_repository("later")).await.unwrap();
        assert!(!may_push(&house, &eve, &PlaceName::repository("acme", "later")).await);
        assert!(may_push(&house, &eve, &made).await);
        for word in ["own", "create-repository", ""] {
            let said = invalid(app.create_group(admin, &acme(), group("x", Some(word))).await);
            assert!(said.starts_with("default_permission: "), "{said}");
        }
        let audit =
            app.audit(admin, &AuditFilter::default(), PageRequest::new(1, 100)).await.unwrap();
        let changed = audit.values.iter().find(|it| it.what == "changed group `devs`").unwrap();
        assert_eq!(changed.after.as_deref(), Some("name=\"devs\" default_permission=none"));
    }
}

#[tokio::test]
async fn rule_058_whoever_may_create_and_no_more_administers_what_they_create() {
    let house = House::furnished(Database::Sqlite).await;
    house.grant(&core(), "eve", "create-repository").await;
    let eve = house.by_token("eve").await;
    let new = NewRepository { project: Some("CORE".into()), ..new_repository("mine") };
    house.app.create_repository(&eve, "acme", new).await.unwrap();
    let mine = PlaceName::repository("acme", "mine");
    house.app.open_repository::<Updating>(&eve, &mine).await.unwrap();
    // What others made in the project is theirs to write to.
    assert!(may_push(&house, &eve, &site()).await);
    refused(house.app.open_repository::<Updating>(&eve, &site()).await);
    // Who administers the project needs no grant.
    house.app.create_repository(&house.admin, "acme", new_repository("plain")).await.unwrap();
    let plain = PlaceName::repository("acme", "plain");
    assert_eq!(house.app.list_grants(&house.admin, &plain).await.unwrap(), []);
}

#[tokio::test]
async fn rule_061_everything_in_a_private_project_is_private() {
    let house = House::furnished(Database::Sqlite).await;
    let (app, admin) = (&house.app, &house.admin);
    let open = NewProject {
        key: "OPEN".into(),
        name: "Open".into(),
        is_private: Some(false),
        ..Default::default()
    };
    app.create_project(admin, &acme(), open).await.unwrap();
    let public = |slug: &str, project: &str| NewRepository {
        project: Some(project.into()),
        is_private: Some(false),
        ..new_repository(slug)
    };
    let said = "is_private: a private project cannot hold public repositories";
    assert_eq!(invalid(app.create_repository(admin, "acme", public("a", "CORE")).await), said);
    app.create_repository(admin, "acme", public("b", "OPEN")).await.unwrap();
    let b = PlaceName::repository("acme", "b");
    let change = |project: Option<&str>, is_private| RepositoryChange {
        project: project.map(str::to_owned),
        is_private,
        ..RepositoryChange::default()
    };
    let moved = app.update_repository(admin, &b, change(Some("CORE"), None)).await;
    assert_eq!(invalid(moved), said);
    let opened = app.update_repository(admin, &site(), change(None, Some(false))).await;
    assert_eq!(invalid(opened), said);
    let close = ProjectChange { is_private: Some(true), ..Default::default() };
    let opened = PlaceName::project("acme", "OPEN");
    assert_eq!(invalid(app.update_project(admin, &opened, close.clone()).await), said);
    app.update_repository(admin, &b, change(Some("CORE"), Some(true))).await.unwrap();
    app.update_project(admin, &opened, close).await.unwrap();
}

/// Found as an attack: a grant to `anyone` made a repository public that nobody may make public.
#[tokio::test]
async fn rule_061_nothing_that_is_kept_private_is_open_to_anyone() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let (app, admin) = (&house.app, &house.admin);
        let anyone = || subject("anyone", "");
        let give =
            async |place: &PlaceName| invalid(app.set_grant(admin, place, &anyone(), "read").await);
        let private = "subject: anyone can be given nothing here: the project is private, and so is \
                       everything in it";
        assert_eq!(give(&site()).await, private);
        assert_eq!(give(&core()).await, private);
        assert!(give(&acme()).await.ends_with("that are to be public"));
        let project =
            |is_private| ProjectChange { is_private: Some(is_private), ..ProjectChange::default() };
        app.update_project(admin, &core(), project(false)).await.unwrap();
        let forks = |word: &str| RepositoryChange {
            fork_policy: Some(word.to_owned()),
            ..RepositoryChange::default()
        };
        app.update_repository(admin, &site(), forks("no_public_forks")).await.unwrap();
        assert!(give(&site()).await.ends_with("here: its fork policy keeps it private"));
        assert!(give(&core()).await.contains("a repository in it"));
        app.update_repository(admin, &site(), forks("allow_forks")).await.unwrap();
        // A private repository of an open project may be shown to everybody so; then it is not
        // closed again by the way.
        for place in [site(), core()] {
            app.set_grant(admin, &place, &anyone(), "read").await.unwrap();
            let closed = invalid(app.update_project(admin, &core(), project(true)).await);
            assert!(closed.starts_with("is_private: anyone is given read"), "{closed}");
            let kept = app.update_repository(admin, &site(), forks("no_public_forks")).await;
            assert!(invalid(kept).starts_with("is_private: anyone is given read"));
            app.set_grant(admin, &place, &anyone(), "none").await.unwrap();
        }
        app.update_project(admin, &core(), project(true)).await.unwrap();
    }
}

/// Two who make the first repositories of a workspace at once: neither knows of projects.
#[tokio::test]
async fn two_first_repositories_at_once_are_in_the_same_first_project() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let (app, admin) = (&house.app, &house.admin);
        for round in 0..4 {
            let slug = format!("new-{round}");
            let new = app::NewWorkspace { slug: slug.clone(), name: slug.clone() };
            app.create_workspace(admin, new).await.unwrap();
            let make = |name: &str| app.create_repository(admin, &slug, new_repository(name));
            let (one, two) = tokio::join!(make("one"), make("two"));
            assert_eq!(one.unwrap().project.id, two.unwrap().project.id);
        }
    }
}

/// What a project says of what is in it is its administrators' to lift.
#[tokio::test]
async fn whoever_administers_a_repository_alone_does_not_take_it_out_of_its_projects_rules() {
    let house = House::furnished(Database::Sqlite).await;
    let (app, admin) = (&house.app, &house.admin);
    for (key, is_private) in [("OPEN", false), ("SHUT", true)] {
        let new = NewProject {
            key: key.into(),
            name: key.into(),
            is_private: Some(is_private),
            ..Default::default()
        };
        app.create_project(admin, &acme(), new).await.unwrap();
        let there = PlaceName::project("acme", key);
        app.set_grant(admin, &there, &subject("user", "ann"), "create-repository").await.unwrap();
    }
    house.grant(&site(), "ann", "admin").await;
    let ann = house.by_token("ann").await;
    let to = |project: &str| RepositoryChange {
        project: Some(project.to_owned()),
        ..RepositoryChange::default()
    };
    refused(app.update_repository(&ann, &site(), to("OPEN")).await);
    app.update_repository(&ann, &site(), to("SHUT")).await.unwrap();
    let shut = PlaceName::project("acme", "SHUT");
    let rule = RestrictionInput {
        kind: "push".into(),
        matcher: "any".into(),
        ..RestrictionInput::default()
    };
    app.create_restriction(admin, &shut, &rule).await.unwrap();
    let core_too = subject("user", "ann");
    app.set_grant(admin, &core(), &core_too, "create-repository").await.unwrap();
    refused(app.update_repository(&ann, &site(), to("CORE")).await);
    app.set_grant(admin, &shut, &subject("user", "ann"), "admin").await.unwrap();
    app.update_repository(&ann, &site(), to("CORE")).await.unwrap();
}

#[tokio::test]
async fn rule_062_what_is_kept_from_public_forks_is_not_made_public_by_the_way() {
    let house = House::furnished(Database::Sqlite).await;
    let (app, admin) = (&house.app, &house.admin);
    let open = ProjectChange { is_private: Some(false), ..Default::default() };
    app.update_project(admin, &core(), open).await.unwrap();
    let change = |policy: Option<&str>, is_private| RepositoryChange {
        fork_policy: policy.map(str::to_owned),
        is_private,
        ..RepositoryChange::default()
    };
    let place = site();
    let update = |it| app.update_repository(admin, &place, it);
    update(change(Some("no_public_forks"), None)).await.unwrap();
    let said = invalid(update(change(None, Some(false))).await);
    assert!(said.starts_with("is_private: its fork policy is no_public_forks"), "{said}");
    assert!(app.repository(admin, &site()).await.unwrap().repository.is_private);
    update(change(Some("no_forks"), Some(false))).await.unwrap();
    assert!(invalid(update(change(Some("some"), None)).await).starts_with("fork_policy: "));
}

#[tokio::test]
async fn rule_063_a_personal_workspace_is_its_persons_and_nobody_elses() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let (app, admin) = (&house.app, &house.admin);
        let (ann, eve) = (house.by_token("ann").await, house.by_token("eve").await);
        let made = app.create_personal_workspace(&ann, "ann").await.unwrap();
        assert_eq!(made.slug.as_str(), "~ann");
        let again = app.create_personal_workspace(&ann, "ann").await;
        assert!(matches!(again, Err(Error::Conflict { .. })), "{again:?}");
        refused(app.create_personal_workspace(&eve, "ann").await);
        app.create_personal_workspace(admin, "bea").await.unwrap();

        app.create_repository(&ann, "~ann", new_repository("notes")).await.unwrap();
        let notes = PlaceName::repository("~ann", "notes");
        app.open_repository::<Updating>(&ann, &notes).await.unwrap();
        refused(app.open_repository::<Fetching>(&eve, &notes).await);
        // Theirs whatever is done to the members: by themselves, or by an administrator.
        for who in [&ann, admin] {
            let home = PlaceName::workspace("~ann");
            app.set_member(admin, &home, "eve", "owner").await.unwrap();
            let demoted = app.set_member(who, &home, "ann", "member").await;
            assert!(matches!(demoted, Err(Error::Conflict { field: "role", .. })), "{demoted:?}");
            let removed = app.remove_member(who, &home, "ann").await;
            assert!(matches!(removed, Err(Error::Conflict { field: "role", .. })), "{removed:?}");
        }
        app.open_repository::<Updating>(&ann, &notes).await.unwrap();
        // Nobody takes such a name for another workspace.
        let new = app::NewWorkspace { slug: "~eve".into(), name: "Eve".into() };
        assert!(invalid(app.create_workspace(admin, new).await).starts_with("slug: "));
    }
}

#[tokio::test]
async fn rule_065_nobody_takes_their_own_last_way_in_away_without_being_told() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let (app, root) = (&house.app, &house.admin);
        let group = NewGroup { slug: "admins".into(), ..NewGroup::default() };
        app.create_group(root, &acme(), group).await.unwrap();
        app.add_group_member(root, &acme(), "admins", "eve").await.unwrap();
        app.set_grant(root, &acme(), &subject("group", "admins"), "admin").await.unwrap();
        let (bea, eve) = (house.by_token("bea").await, house.by_token("eve").await);
        let lose = Consequence::LoseAdmin;

        // Their own grant on a repository; a grant to everybody that was it; their group.
        let own = subject("user", "bea");
        for permission in ["none", "read", "write"] {
            let lowered = app.set_grant(&bea, &site(), &own, permission).await;
            assert_eq!(unconfirmed(lowered), lose, "{permission}");
        }
        let group = subject("group", "admins");
        assert_eq!(unconfirmed(app.set_grant(&eve, &acme(), &group, "none").await), lose);
        assert_eq!(unconfirmed(app.remove_group(&eve, &acme(), "admins").await), lose);
        let left = app.remove_group_member(&eve, &acme(), "admins", "eve").await;
        assert_eq!(unconfirmed(left), lose);
        assert_eq!(unconfirmed(app.remove_member(&eve, &acme(), "eve").await), lose);
        // Nothing happened.
        app.list_grants(&bea, &site()).await.unwrap();
        app.list_grants(&eve, &acme()).await.unwrap();

        // Others' are no way in of one's own, and neither is what another grant stands for.
        app.set_grant(&bea, &site(), &subject("user", "ann"), "none").await.unwrap();
        app.set_grant(root, &core(), &own, "admin").await.unwrap();
        app.set_grant(&bea, &site(), &own, "none").await.unwrap();
        app.set_grant(&bea, &site(), &own, "admin").await.unwrap();
        app.set_grant(root, &core(), &own, "none").await.unwrap();

        // Meant, it happens.
        let sure = bea.clone().confirming([lose]);
        app.set_grant(&sure, &site(), &own, "none").await.unwrap();
        refused(app.list_grants(&bea, &site()).await);
        let sure = eve.clone().confirming([lose]);
        app.remove_group(&sure, &acme(), "admins").await.unwrap();
        refused(app.list_grants(&eve, &acme()).await);
    }
}

#[tokio::test]
async fn rule_065_moving_a_repository_out_of_ones_own_project_is_asked_about() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let (app, root) = (&house.app, &house.admin);
        let lose = Consequence::LoseAdmin;
        let other = NewProject { key: "OPS".into(), name: "Ops".into(), ..Default::default() };
        app.create_project(root, &acme(), other).await.unwrap();
        house.grant(&site(), "ann", "none").await;
        house.grant(&core(), "ann", "admin").await;
        house.grant(&PlaceName::project("acme", "OPS"), "ann", "create-repository").await;
        let ann = house.by_token("ann").await;
        let change = RepositoryChange { project: Some("OPS".into()), ..Default::default() };
        let moved = app.update_repository(&ann, &site(), change.clone()).await;
        assert_eq!(unconfirmed(moved), lose);
        let sure = ann.confirming([lose]);
        app.update_repository(&sure, &site(), change).await.unwrap();
    }
}

#[tokio::test]
async fn rule_065_the_last_credential_of_ones_own_is_not_thrown_away_by_mistake() {
    let house = House::furnished(Database::Sqlite).await;
    let (app, root) = (&house.app, &house.admin);
    let new = app::NewUser {
        username: "zoe".into(),
        display_name: "Zoe".into(),
        email: "zoe@example.org".into(),
        password: None,
        is_admin: false,
    };
    app.create_user(root, new).await.unwrap();
    let zoe = house.by_token("zoe").await;
    let first = app.list_api_tokens(&zoe, "zoe").await.unwrap()[0].id;
    let gone = app.revoke_api_token(&zoe, "zoe", first).await;
    assert_eq!(unconfirmed(gone), Consequence::LoseAccess);
    // An administrator means it; whoever has another one, too.
    house.token("zoe", &["repository"]).await;
    app.revoke_api_token(&zoe, "zoe", first).await.unwrap();
    let second = app.list_api_tokens(root, "zoe").await.unwrap()[1].id;
    app.revoke_api_token(root, "zoe", second).await.unwrap();
}

#[tokio::test]
async fn rule_066_an_installation_keeps_an_administrator_and_only_they_make_others() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let (app, root) = (&house.app, &house.admin);
        let change = |is_admin| UserChange { is_admin: Some(is_admin), ..UserChange::default() };
        let bea = house.by_token("bea").await;
        refused(app.update_user(&bea, "bea", change(true)).await);
        refused(app.update_user(&bea, "admin", change(false)).await);
        assert!(invalid(app.update_user(root, "admin", change(false)).await).contains("is_admin"));
        app.update_user(root, "bea", change(true)).await.unwrap();
        // Two who demote each other: one of them stays.
        let (one, two) = tokio::join!(
            app.update_user(root, "bea", change(false)),
            app.update_user(&bea, "admin", change(false)),
        );
        assert_eq!([&one, &two].iter().filter(|it| it.is_ok()).count(), 1, "{database:?}");
    }
}

#[tokio::test]
async fn rule_091_taking_somebody_out_of_a_workspace_takes_their_grants_with_them() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let (app, root) = (&house.app, &house.admin);
        app.set_member(root, &acme(), "ann", "member").await.unwrap();
        house.grant(&acme(), "ann", "read").await;
        house.grant(&core(), "ann", "read").await;
        let ann = house.by_token("ann").await;
        app.create_personal_workspace(&ann, "ann").await.unwrap();
        app.create_repository(&ann, "~ann", new_repository("notes")).await.unwrap();
        assert!(may_push(&house, &ann, &site()).await);
        app.remove_member(root, &acme(), "ann").await.unwrap();
        refused(app.open_repository::<Fetching>(&ann, &site()).await);
        assert!(may_push(&house, &ann, &PlaceName::repository("~ann", "notes")).await);
        assert!(may_push(&house, &house.by_token("bea").await, &site()).await);
    }
}

/// Somebody with a token that may do everything, from an address.
async fn from(house: &House, secret: &Secret, address: &str) -> Asker {
    let door = Door { address: Some(address.parse().unwrap()), ..door() };
    house.app.sign_in(&door, Presented::Bearer(secret.clone())).await.unwrap()
}

#[tokio::test]
async fn rule_093_a_workspace_keeps_what_is_private_to_its_addresses_and_says_so_first() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let (app, root) = (&house.app, &house.admin);
        app.set_member(root, &acme(), "bea", "owner").await.unwrap();
        let every: Vec<_> = model::Scope::ALL.iter().map(|it| it.as_str()).collect();
        let (bea, ann) = (house.token("bea", &every).await, house.token("ann", &every).await);
        let (inside, outside) =
            (from(&house, &bea, "10.1.2.3").await, from(&house, &bea, "192.0.2.1").await);
        let only = |blocks: &[&str]| NetworkChange {
            addresses: Some(blocks.iter().map(|it| (*it).to_owned()).collect()),
            ..NetworkChange::default()
        };
        for bad in ["10.0.0.0/40", "10.1.2.3/8", "all", ""] {
            let said = invalid(app.set_workspace_network(&inside, &acme(), only(&[bad])).await);
            assert!(said.starts_with("allowed_addresses: "), "{said}");
        }
        // Whoever would keep themselves out is told so first; nothing was changed.
        let shut = app.set_workspace_network(&outside, &acme(), only(&["10.0.0.0/8"])).await;
        assert_eq!(unconfirmed(shut), Consequence::ShutOut);
        assert_eq!(
            app.workspace_network(&outside, &acme()).await.unwrap().network.addresses,
            [""; 0]
        );
        app.set_workspace_network(&inside, &acme(), only(&["10.0.0.0/8"])).await.unwrap();

        let code = async |who: &Asker| match app.open_repository::<Fetching>(who, &site()).await {
            Ok(_) => String::new(),
            refusal => refused(refusal).records[0].code.clone(),
        };
        assert_eq!(code(&from(&house, &ann, "10.9.9.9").await).await, "");
        let abroad = from(&house, &ann, "192.0.2.1").await;
        let refusal = refused(app.open_repository::<Fetching>(&abroad, &site()).await);
        assert_eq!(refusal.records[0].code, "PC-NET-ADDRESS");
        let remedy = &refusal.records[0].remedies[0];
        assert_eq!(remedy.actor, "workspace admin");
        assert_eq!(remedy.commands, ["portcullis workspace network acme --add 192.0.2.1"]);
        // A list says that something is left out, and does not just leave it out.
        let page = PageRequest::default();
        let listed = app.list_repositories(&abroad, &acme(), None, page).await;
        assert_eq!(refused(listed).records[0].code, "PC-NET-ADDRESS");
        assert_eq!(app.list_workspaces(&abroad, page).await.unwrap().size, 1);
        let eve = from(&house, &house.token("eve", &every).await, "192.0.2.1").await;
        assert_eq!(code(&eve).await, "PC-REPO-NOT-FOUND");

        // The remedy works, and whoever keeps everybody out can be helped from above.
        let add = NetworkChange { add: vec!["192.0.2.1".into()], ..NetworkChange::default() };
        app.set_workspace_network(&inside, &acme(), add.clone()).await.unwrap();
        assert_eq!(code(&abroad).await, "");
        let sure = inside.clone().confirming([Consequence::ShutOut]);
        app.set_workspace_network(&sure, &acme(), only(&["203.0.113.0/24"])).await.unwrap();
        let locked = app.set_workspace_network(&inside, &acme(), only(&[])).await;
        assert_eq!(refused(locked).records[0].code, "PC-NET-ADDRESS");
        app.set_workspace_network(root, &acme(), only(&[])).await.unwrap();
        let wider = app.set_workspace_network(&inside, &acme(), add).await;
        assert!(invalid(wider).starts_with("add_allowed_addresses: every address is let in"));
    }
}

#[tokio::test]
async fn rule_093_a_second_factor_is_asked_of_people_and_whoever_asks_for_it_is_told_about_themselves()
 {
    let house = House::furnished(Database::Sqlite).await;
    let (app, root) = (&house.app, &house.admin);
    let new = app::NewToken {
        name: "ci-bot".into(),
        scopes: vec!["repository:write".into()],
        ..Default::default()
    };
    let bot = app.create_access_token(root, &site(), new).await.unwrap().secret;
    let bot = house.present(Presented::Bearer(bot)).await;
    let rule = |on| NetworkChange { two_factor: Some(on), ..NetworkChange::default() };
    let told = app.set_workspace_network(root, &acme(), rule(true)).await;
    assert_eq!(unconfirmed(told), Consequence::ShutOut);
    let sure = root.clone().confirming([Consequence::ShutOut]);
    app.set_workspace_network(&sure, &acme(), rule(true)).await.unwrap();
    let ann = house.by_token("ann").await;
    let refusal = refused(app.open_repository::<Fetching>(&ann, &site()).await);
    assert_eq!(refusal.records[0].code, "PC-NET-TWO-FACTOR");
    assert!(may_push(&house, &bot, &site()).await, "a bot has no second factor to show");
    app.set_workspace_network(root, &acme(), rule(false)).await.unwrap();
    assert!(may_push(&house, &ann, &site()).await);
}

/// A block that this version cannot read closes the workspace: passed over, it would open it.
#[tokio::test]
async fn rule_093_a_list_that_cannot_be_read_is_a_failure() {
    let house = House::furnished(Database::Sqlite).await;
    let store = house.store().await;
    let row = app::Workspace::clone(&house.app.workspace(&house.admin, &acme()).await.unwrap());
    let network = app::WorkspaceNetwork {
        addresses: vec!["10.0.0.0/8".into(), "moon".into()],
        two_factor: false,
    };
    let (by, as_of) = (store::Actor::system(model::Timestamp(1)), store.facts_version().await);
    store.set_workspace_network(&by, row.id, &network, as_of.unwrap()).await.unwrap();
    let house = house.reopened().await;
    let answer = house.app.open_repository::<Fetching>(&house.admin, &site()).await;
    assert!(matches!(answer, Err(Error::Failed(_))), "{:?}", answer.map(drop));
}
