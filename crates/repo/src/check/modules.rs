//! The content of `.gitmodules`: names, paths and URLs that have made older clients run commands
//! or write outside their folder. Reads git's configuration format loosely: what this takes for an
//! attack and git does not is nothing that anybody needs.

type Why = &'static str;

/// Checks the content of a `.gitmodules` file.
pub(super) fn check(content: &[u8]) -> Result<(), Why> {
    let text = String::from_utf8_lossy(content).replace("\\\r\n", "").replace("\\\n", "");
    text.lines().try_for_each(|line| check_line(line.trim()))
}

fn check_line(line: &str) -> Result<(), Why> {
    let mut setting = line;
    if let Some(section) = line.strip_prefix('[') {
        // A setting may follow in the same line.
        let (section, rest) = section.rsplit_once(']').unwrap_or((section, ""));
        let name = section.split_once('"').map_or("", |it| it.1).trim_end_matches('"');
        if name.split(['/', '\\']).any(|it| it == "..") {
            return Err(".gitmodules names a submodule with `..`");
        }
        setting = rest;
    }
    let Some((key, value)) = setting.split_once('=') else { return Ok(()) };
    let value = value.trim_start_matches([' ', '\t', '"']);
    match key.trim().to_ascii_lowercase().as_str() {
        "url" => check_url(value),
        "path" if value.starts_with('-') => Err(".gitmodules has a path that looks like an option"),
        "update" if value.starts_with('!') => Err(".gitmodules has a command in `update`"),
        _ => Ok(()),
    }
}

fn check_url(url: &str) -> Result<(), Why> {
    let lower = url.to_ascii_lowercase();
    if url.starts_with('-') {
        return Err(".gitmodules has a URL that looks like an option");
    }
    if lower.contains("%0a") || lower.contains("\\n") {
        return Err(".gitmodules has a URL with a line feed in it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attacks_are_found_and_ordinary_files_pass() {
        let good = "# ours\n[submodule \"lib/x..y\"]\n\tpath = lib/x\n\turl = ../x.git\n\
                    \tupdate = rebase\n[core]\n\tx = -y\n";
        assert_eq!(check(good.as_bytes()), Ok(()));
        for bad in [
            "[submodule \"../x\"]",
            "[submodule \"a/..\"]",
            "[submodule \"a\\\\..\\\\b\"]",
            "[submodule \"x\"]\nurl = -u./payload",
            "[submodule \"x\"]\n\tURL=\"-u./payload\"",
            "[submodule \"x\"] url = --upload-pack=x",
            "[submodule \"x\"]\nurl = \\\n-u./payload",
            "[submodule \"x\"]\nurl = https://x/%0ahost=evil",
            "[submodule \"x\"]\npath = -x",
            "[submodule \"x\"]\nupdate = !sh",
        ] {
            assert!(check(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
