//! Help texts: the groups of the overview, and examples for commands that are not nouns.

use clap::Command;
use clap::builder::StyledStr;
use std::fmt::Write as _;

/// The overview's groups. Every command stands in exactly one; a test sees to it.
pub const GROUPS: &[(&str, &[&str])] = &[
    ("Server", &["serve"]),
    ("Refusals", &["explain", "can", "refusal"]),
    ("People", &["user", "workspace", "group", "audit"]),
    ("Code", &["project", "repository", "branch", "pull-request"]),
    ("Rules", &["grant", "restriction", "policy", "branching-model", "key", "token"]),
    ("This machine", &["login", "logout", "completions", "plumbing"]),
];

/// Below the overview.
pub const EXAMPLES: &str = "Examples:
  portcullis serve --demo
  portcullis explain R-7KQ2M9
  portcullis restriction create push --ref refs/heads/main --repository acme/site

Exit codes: 0 done, 1 refused or failed (the reason is on standard error), 2 bad usage.
Client commands find the server by --server, PORTCULLIS_SERVER, the profile that `portcullis
login` writes, or the remote of the repository they stand in; the secret comes from
PORTCULLIS_TOKEN, the profile, or git's credential helper.";

/// Below `serve --help`.
pub const SERVE: &str = "Examples:
  portcullis serve --demo
  portcullis serve --data /var/lib/portcullis --http 0.0.0.0:8080 \\
      --public-url https://git.example.org
  portcullis serve --config /etc/portcullis.toml --set limits.max-pack-size=8G

When it accepts connections it prints one line, `ready http=URL`. SIGTERM and SIGINT let running
requests end, then exit 0. Every key, its variable and its default: docs/reference/configuration.md";

/// Below `explain --help`.
pub const EXPLAIN: &str = "Examples:
  portcullis explain R-7KQ2M9
  portcullis explain --repository acme/site --ref main --operation fast-forward
  portcullis explain --repository acme/site --ref main --operation delete --as ann";

/// Below `can --help`.
pub const CAN: &str = "Examples:
  portcullis can me fast-forward main --repository acme/site
  portcullis can access_token:ci-bot create refs/tags/v1.2 --repository acme/site
  portcullis can ann delete release/1.0 || echo 'keep it'

Exit codes: 0 allowed; 1 refused, with the refusal on standard error (or the question could not be
asked); 2 bad usage, an unknown principal or ref included; 3 undecided: it depends on what is
pushed, as standard error says.";

/// Below `audit --help`.
pub const AUDIT: &str = "Examples:
  portcullis audit --data /var/lib/portcullis
  portcullis audit --since 2026-11-22T08:00:00Z --json";

/// Below `login --help`.
pub const LOGIN: &str = "Examples:
  portcullis login https://git.example.org --user ann
  printf %s \"$TOKEN\" | portcullis login https://git.example.org --secret-stdin

The secret is asked for without being shown, unless PORTCULLIS_TOKEN or --secret-stdin has it. It
is kept in $XDG_CONFIG_HOME/portcullis/profile.toml, mode 0600: prefer a token to a password.";

/// Below `completions --help`.
pub const COMPLETIONS: &str = "Examples:
  portcullis completions bash > /etc/bash_completion.d/portcullis
  portcullis completions zsh > \"${fpath[1]}/_portcullis\"
  portcullis completions fish > ~/.config/fish/completions/portcullis.fish";

/// Gives the overview its groups, which clap has no words for.
pub fn grouped(command: Command) -> Command {
    let headings = command.get_styles().get_header().to_owned();
    let names = command.get_styles().get_literal().to_owned();
    let mut text = String::from("{about-with-newline}\n{usage-heading} {usage}\n");
    for (heading, members) in GROUPS {
        let _: std::fmt::Result = write!(text, "\n{headings}{heading}:{headings:#}\n");
        for name in *members {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let _: std::fmt::Result = writeln!(text, "  {names}{name:<16}{names:#} {about}");
        }
    }
    let _: std::fmt::Result =
        write!(text, "\n{headings}Options:{headings:#}\n{{options}}{{after-help}}");
    command.help_template(StyledStr::from(text))
}
