//! What `serve --demo` prints after the ready line. The commands stand on lines of their own and
//! can be pasted as they are.

use super::Logins;
use std::path::Path;

/// In an installation that holds something else.
pub const NOT_EMPTY: &str = "
The demo was not added: this installation is not empty, and --demo changes nothing that is there.
";

/// Where the demo can be reached.
#[derive(Clone, Copy)]
pub struct Urls<'a> {
    /// Without a slash at its end, as the next one.
    pub http: &'a str,
    /// `None` where SSH is switched off.
    pub ssh: Option<&'a str>,
}

/// Logins, and three commands to try.
pub fn text(logins: &Logins, urls: Urls<'_>, data: &Path) -> String {
    let url = urls.http;
    let over_ssh = urls.ssh.map_or_else(String::new, |it| {
        let it = it.replacen("ssh://", "ssh://git@", 1);
        format!("\n  {it}/acme/site.git   once a key was added: portcullis key add")
    });
    let (scheme, host) = url.split_once("://").unwrap_or(("http", url));
    let Logins { ann, bea, ci_bot } = logins;
    let token = data.join(crate::serve::ADMIN_TOKEN);
    let token = token.display();
    format!(
        "
The demo: repository acme/site, whose branch `main` is closed to direct pushes.
  {url}/acme/site.git{over_ssh}
  {url}/2.0/repositories/acme/site

  ann     password {ann}   may push branches
  bea     password {bea}   administers the repository
  ci-bot  access token {ci_bot}
  admin   API token in {token}

Try, in this order:

  1. A clone that works:
     git clone {scheme}://ann:{ann}@{host}/acme/site.git portcullis-demo

  2. A push that is refused, and says why:
     git -C portcullis-demo -c user.name=Ann -c user.email=ann@example.org commit --allow-empty --message \"Try main\" && git -C portcullis-demo push origin main

  3. The fix: the same commit, as a pull request:
     git -C portcullis-demo push origin HEAD:refs/for/main

`portcullis explain R-…`, in that folder, shows everything that was weighed.
Ctrl-C stops the server; the next start finds everything as it was.
"
    )
}
