//! `serve --demo`: a workspace to try Portcullis with, made in an empty installation through the
//! same use cases as everything else. It must never touch what is there already.

mod history;
mod welcome;

pub use welcome::Urls;

use crate::Error;
use crate::serve::DataFolder;
use app::{
    App, Asker, NewProject, NewRepository, NewToken, NewUser, NewWorkspace, PageRequest, PlaceName,
    Pushing, RestrictionInput, SubjectInput, Version,
};
use model::Secret;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where the demo's logins are kept, mode 0600, so that a later start can print them again.
const LOGINS: &str = "demo-logins.json";

/// The demo's secrets.
#[derive(Serialize, Deserialize)]
struct Logins {
    ann: String,
    bea: String,
    ci_bot: String,
}

/// Makes the demo if the installation is empty. What to print: logins and commands to try, or why
/// there are none.
pub async fn prepare(
    app: &Arc<App>,
    folder: &DataFolder,
    admin: &str,
    urls: Urls<'_>,
) -> Result<String, Error> {
    let failed = |e: app::Error| Error::Start(format!("the demo: {e}"));
    if let Some(text) = folder.read(LOGINS)? {
        let logins = serde_json::from_str(&text)
            .map_err(|e| Error::Start(format!("`{LOGINS}` cannot be read: {e}")))?;
        return Ok(welcome::text(&logins, urls, folder.path()));
    }
    let who = Asker::system();
    let first = PageRequest::new(1, 1);
    let users = app.list_users(&who, first).await.map_err(failed)?.size;
    let workspaces = app.list_workspaces(&who, first).await.map_err(failed)?.size;
    if users > 1 || workspaces > 0 {
        return Ok(welcome::NOT_EMPTY.to_owned());
    }
    let logins = make(app, &who, admin).await.map_err(failed)?;
    bring_in_history(app, &who).await?;
    close_main(app, &who).await.map_err(failed)?;
    let text = serde_json::to_string(&logins)
        .map_err(|e| Error::Start(format!("`{LOGINS}` cannot be written: {e}")))?;
    folder.write_private(LOGINS, &text)?;
    Ok(welcome::text(&logins, urls, folder.path()))
}

/// People, places, and who may do what.
async fn make(app: &Arc<App>, who: &Asker, admin: &str) -> app::Result<Logins> {
    let (workspace, site) = (PlaceName::workspace("acme"), PlaceName::repository("acme", "site"));
    let (ann, bea) = (make_password(), make_password());
    for (username, name, password) in [("ann", "Ann Lee", &ann), ("bea", "Bea Ortiz", &bea)] {
        let new = NewUser {
            username: username.into(),
            display_name: name.into(),
            email: format!("{username}@example.org"),
            password: Some(Secret::new(password.as_str())),
            is_admin: false,
        };
        app.create_user(who, new).await?;
    }
    let new = NewWorkspace { slug: "acme".into(), name: "Acme".into() };
    app.create_workspace(who, new).await?;
    for (user, role) in [(admin, "owner"), ("ann", "member"), ("bea", "member")] {
        app.set_member(who, &workspace, user, role).await?;
    }
    let new = NewProject {
        key: "CORE".into(),
        name: "Core".into(),
        description: "What everybody sees of Acme".into(),
        is_private: Some(true),
    };
    app.create_project(who, &workspace, new).await?;
    let new = NewRepository {
        slug: "site".into(),
        project: Some("CORE".into()),
        description: "The web site".into(),
        main_branch: Some("main".into()),
        ..NewRepository::default()
    };
    app.create_repository(who, "acme", new).await?;
    for (user, permission) in [("ann", "write"), ("bea", "admin")] {
        app.set_grant(who, &site, &subject("user", user), permission).await?;
    }
    let new = NewToken {
        name: "ci-bot".into(),
        scopes: vec!["repository:write".into()],
        ..NewToken::default()
    };
    let ci_bot = app.create_access_token(who, &site, new).await?.secret;
    Ok(Logins { ann, bea, ci_bot: ci_bot.expose().to_owned() })
}

/// Pushes the history through the handle every door uses.
async fn bring_in_history(app: &Arc<App>, who: &Asker) -> Result<(), Error> {
    let failed = |why: &dyn std::fmt::Display| Error::Start(format!("the demo's history: {why}"));
    let site = PlaceName::repository("acme", "site");
    let body = history::push_body()?;
    let open = app.open_repository::<Pushing>(who, &site).await.map_err(|e| failed(&e))?;
    let received = tokio::task::spawn_blocking(move || {
        let mut report = Vec::new();
        open.receive_pack(Version::V0, &mut body.as_slice(), &mut report).map(|()| report)
    });
    let report = received.await.map_err(|e| failed(&e))?.map_err(|e| failed(&e))?;
    let report = String::from_utf8_lossy(&report);
    if report.contains("unpack ok") && !report.contains("ng refs/") {
        return Ok(());
    }
    Err(failed(&report.trim()))
}

/// After the history, so that it could come in.
async fn close_main(app: &Arc<App>, who: &Asker) -> app::Result<()> {
    let rule = RestrictionInput {
        kind: "push".into(),
        matcher: "ref".into(),
        pattern: "refs/heads/main".into(),
        on: Some("branches".into()),
        mode: Some("enforce".into()),
        note: Some("Changes to main are reviewed first".into()),
        ..RestrictionInput::default()
    };
    let site = PlaceName::repository("acme", "site");
    app.create_restriction(who, &site, &rule).await.map(drop)
}

fn subject(kind: &str, name: &str) -> SubjectInput {
    SubjectInput { kind: kind.into(), name: Some(name.into()), ..SubjectInput::default() }
}

/// 80 random bits, in letters and digits that are hard to mistake for each other.
fn make_password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let mut bits: u128 = rand::random();
    (0..16)
        .filter_map(|_| {
            let letter = LETTERS.get((bits % 32) as usize);
            bits /= 32;
            letter.map(|it| char::from(*it))
        })
        .collect()
}
