//! `repo-test-receive-pack DIR`: our side of a push on standard input and output, as `git push
//! --receive-pack` starts it. With `DATA ID` instead, over repository ID of a data folder. Every
//! push is allowed. For tests with real git as the peer, and for being killed in the middle.

use repo::{AllowAll, ReceiveOptions, Repositories, Repository, receive_pack};
use std::io::{stdin, stdout};
use std::path::Path;
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut _data = None;
    let repository = match arguments.as_slice() {
        [dir] => Arc::new(Repository::open_plain(Path::new(dir))?),
        [data, id] => {
            let repositories = _data.insert(Repositories::open(Path::new(data))?);
            repositories.repository(model::RepositoryId(id.parse()?))?
        }
        _ => return Err("usage: receive_pack DIR, or receive_pack DATA ID".into()),
    };
    let version = std::env::var("GIT_PROTOCOL").unwrap_or_default();
    let options = ReceiveOptions {
        version: wire::Version::parse(&version),
        stateless: false,
        ..ReceiveOptions::default()
    };
    receive_pack(&repository, &mut stdin().lock(), &mut stdout().lock(), &mut AllowAll, &options)?;
    Ok(())
}
