//! `portcullis policy`: what hangs on a place, as one text. Carries the text to and fro; what it
//! means is the server's.

use super::answer::list;
use super::output::{Output, print};
use super::shared::{Place, Session, project, repository, workspace_slug};
use crate::Error;
use crate::client::{Style, clean};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What can be done with policies.
#[derive(Subcommand, Debug)]
pub enum PolicyCommand {
    /// Print the grants and restrictions of a repository, project or workspace as TOML
    #[command(after_help = "Example:
  portcullis policy export --repository acme/site > site.policy.toml")]
    Export {
        #[command(flatten)]
        place: Place,
    },
    /// Make the grants and restrictions what a file says: all of it, or nothing
    #[command(after_help = "Examples:
  portcullis policy import site.policy.toml --dry-run
  portcullis policy import site.policy.toml --if-match 8d3f0c7a9be1426a5d20
  portcullis policy import site.policy.toml --repository acme/other

Rules that say the same are left alone; a rule about the same refs is changed and keeps its number.
Without --repository, --project or --workspace, the place is the one that the file names.")]
    Import(ImportArgs),
}

/// Arguments of `policy import`.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// The file; `-` is standard input
    file: PathBuf,
    /// Only say what would change
    #[arg(long)]
    dry_run: bool,
    /// Refuse if the policy is not the one with this digest, as a dry run prints it
    #[arg(long, value_name = "DIGEST")]
    if_match: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl PolicyCommand {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Export { place } => {
                let path = format!("/api/v1{}/policy", place.path(session)?);
                let (text, digest) = session.client.get_text(&path)?;
                if session.out.is_json() {
                    let document = json!({ "type": "policy", "digest": digest, "text": text });
                    return session.out.text(&document, "");
                }
                print(&text)
            }
            Self::Import(it) => it.run(session),
        }
    }
}

impl ImportArgs {
    fn run(&self, session: &Session) -> Result<(), Error> {
        let text = self.read()?;
        let place = if self.place.is_given() { self.place.clone() } else { self.place_in(&text)? };
        // Whoever says where means it, whatever place the file was written for.
        let elsewhere = self.place.is_given();
        let query = format!("dry_run={}&elsewhere={elsewhere}", self.dry_run);
        let path = format!("/api/v1{}/policy?{query}", place.path(session)?);
        let answer = session.client.put_text(&path, &text, self.if_match.as_deref())?;
        tell(session.out, &answer, self.dry_run)
    }

    fn read(&self) -> Result<String, Error> {
        let text = if self.file.as_os_str() == "-" {
            std::io::read_to_string(std::io::stdin())
        } else {
            std::fs::read_to_string(&self.file)
        };
        text.map_err(|e| Error::Failed(format!("cannot read `{}`: {e}", self.file.display())))
    }

    /// The place that the file names.
    fn place_in(&self, text: &str) -> Result<Place, Error> {
        let shown = self.file.display();
        let table: toml::Table = toml::from_str(text)
            .map_err(|e| Error::Failed(format!("`{shown}` is not TOML: {}", clean_lines(&e))))?;
        let named = |name: &str| table.get(name).and_then(toml::Value::as_str);
        let wrong = |why: String| Error::Failed(format!("`{shown}`: {why}"));
        let place = match (named("repository"), named("project"), named("workspace")) {
            (Some(it), None, None) => {
                Place { repository: Some(repository(it).map_err(wrong)?), ..Place::default() }
            }
            (None, Some(it), None) => {
                Place { project: Some(project(it).map_err(wrong)?), ..Place::default() }
            }
            (None, None, Some(it)) => {
                Place { workspace: Some(workspace_slug(it).map_err(wrong)?), ..Place::default() }
            }
            _ => {
                return Err(Error::Usage(format!(
                    "`{shown}` names no place, or several: give --repository, --project or \
                     --workspace"
                )));
            }
        };
        Ok(place)
    }
}

/// The parser's own picture of what is wrong, line by line.
fn clean_lines(error: &toml::de::Error) -> String {
    let text = error.to_string();
    text.trim_end().lines().map(clean).collect::<Vec<_>>().join("\n")
}

fn tell(out: Output, answer: &Value, dry_run: bool) -> Result<(), Error> {
    let style = Style::of_stdout();
    let changes = list(answer, "changes");
    let words = changes.filter_map(|it| it["words"].as_str());
    let mut lines: Vec<_> = words.map(|it| format!("  {}", clean(it))).collect();
    let digest = answer["digest"].as_str().map(clean).unwrap_or_default();
    match (lines.is_empty(), dry_run) {
        (true, _) => lines.push("nothing to change: the policy is as the file says".to_owned()),
        (false, true) => lines.insert(0, "would change:".to_owned()),
        (false, false) => lines.insert(0, "changed:".to_owned()),
    }
    if answer["takes_own_admin"] == true {
        let warning = "this takes away your own right to change it again";
        let how = if dry_run { ": an import needs --yes" } else { "" };
        lines.push(style.bad(&format!("{warning}{how}")));
    }
    if dry_run {
        let hint = format!(
            "compared with the policy of digest {digest}; `--if-match {digest}` refuses another"
        );
        lines.push(style.quiet(&hint));
    }
    out.text(answer, &lines.join("\n"))
}
