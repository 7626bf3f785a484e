//! `repo-test-receive-pack DIR`: our side of a push on standard input and output, as `git push
//! --receive-pack` starts it. With `DATA ID` instead, over repository ID of a data folder. Every
//! push is allowed, except to what `REFUSE` names. For tests with real git as the peer, and for being killed in the middle.

use repo::{
    Judge, JudgeFailed, Push, Quarantine, ReceiveOptions, RefOutcome, RefUpdate, Repositories,
    Repository, Verdict, receive_pack,
};
use std::io::{Write as _, stdin, stdout};
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
    let mut judge = Refuse(std::env::var("REFUSE").unwrap_or_default());
    let mut output = stdout().lock();
    receive_pack(&repository, &mut stdin().lock(), &mut output, &mut judge, &options)?;
    output.flush()?;
    Ok(())
}

/// Refuses the ref of this name before the pack.
struct Refuse(String);

impl Judge for Refuse {
    fn before_pack(&mut self, push: &Push) -> Result<Vec<Verdict>, JudgeFailed> {
        let verdict = |name: &str| match name == self.0 {
            true => Verdict::Refuse { short: "PC-TEST: closed".into() },
            false => Verdict::Go,
        };
        Ok(push.commands.iter().map(|it| verdict(it.name.as_str())).collect())
    }

    fn after_pack(
        &mut self,
        _: &Push,
        updates: &[RefUpdate],
        _: &Quarantine<'_>,
    ) -> Result<Vec<Verdict>, JudgeFailed> {
        Ok(vec![Verdict::Go; updates.len()])
    }

    fn text(&mut self) -> String {
        if self.0.is_empty() { String::new() } else { format!("{} is closed\n", self.0) }
    }

    fn meta(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn landed(&mut self, _: &Push, _: &[RefOutcome]) -> Result<(), JudgeFailed> {
        Ok(())
    }
}
