//! The table of configuration keys: the one place where a key, its default and its meaning are
//! written down. The loader, the error messages and `docs/reference/configuration.md` are made
//! from it. It must never hold a value that came from outside.

/// What a value of a key looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A file or folder.
    Path,
    /// `host:port`; port 0 takes a free one.
    Address,
    /// `http://` or `https://` and a host.
    Url,
    /// Free text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Count,
    /// Bytes, with an optional `K`, `M` or `G` (powers of 1,024).
    Size,
    /// A number with `ms`, `s`, `m` or `h`.
    Duration,
}

impl Form {
    /// How the reference describes it.
    pub fn describe(self) -> String {
        match self {
            Self::Path => "path".into(),
            Self::Address => "`host:port`".into(),
            Self::Url => "URL".into(),
            Self::Text => "text".into(),
            Self::Word(words) => {
                words.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
            }
            Self::Flag => "`true` or `false`".into(),
            Self::Count => "number".into(),
            Self::Size => "size: `512K`, `64M`, `2G`".into(),
            Self::Duration => "time: `500ms`, `30s`, `5m`, `1h`".into(),
        }
    }
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As it stands in the file, with dots for tables: `limits.max-commands`.
    pub name: &'static str,
    pub form: Form,
    /// The default as one would write it; empty means that there is none.
    pub default: &'static str,
    /// One or two sentences for the reference.
    pub meaning: &'static str,
}

impl Key {
    /// The environment variable: `PORTCULLIS_LIMITS_MAX_COMMANDS`.
    pub fn environment(&self) -> String {
        format!("PORTCULLIS_{}", self.name.to_ascii_uppercase().replace(['.', '-'], "_"))
    }
}

const fn key(name: &'static str, form: Form, default: &'static str, meaning: &'static str) -> Key {
    Key { name, form, default, meaning }
}

/// Every key, in the order of the reference.
pub const KEYS: &[Key] = &[
    key(
        "data",
        Form::Path,
        "./portcullis-data",
        "The data folder: repositories, the journal, the embedded database, `admin-token`. Made on first start with mode 0700.",
    ),
    key(
        "http",
        Form::Address,
        "127.0.0.1:8080",
        "Where git over HTTP, the REST APIs and the operations endpoints listen. Port 0 takes a free one; the ready line says which.",
    ),
    key(
        "ssh",
        Form::Address,
        "127.0.0.1:2222",
        "Where git over SSH listens. Port 0 takes a free one; the ready line says which. `none`: nowhere.",
    ),
    key(
        "ssh-user-authorities",
        Form::Text,
        "",
        "Whose SSH user certificates are taken: a file with the public keys of the authorities, one on a line, or the keys themselves with commas between them.",
    ),
    key(
        "public-url",
        Form::Url,
        "",
        "The address people use when it is not the one listened on, for example behind a proxy. Links and refusals are written with it.",
    ),
    key(
        "ssh-public-address",
        Form::Address,
        "",
        "The host and port people use for SSH when it is not the one listened on. For `/.well-known/ssh-known-hosts`.",
    ),
    key(
        "ssh-host-keys",
        Form::Text,
        "",
        "Private key files with commas between them, offered beside the ed25519 key that the first start makes in the data folder: an RSA key, say, for clients that know no other.",
    ),
    key(
        "database",
        Form::Text,
        "",
        "`sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME`. Without it: `sqlite:<data>/portcullis.db`.",
    ),
    key(
        "admin-user",
        Form::Text,
        "admin",
        "Name of the administrator that the first start creates. Later starts ignore it.",
    ),
    key(
        "demo",
        Form::Flag,
        "false",
        "Fill an empty data folder with the demo workspace `acme`. Changes nothing that is there.",
    ),
    key(
        "tls.certificate",
        Form::Path,
        "",
        "PEM file with the certificate and its chain. With `tls.key`, HTTP is served over TLS (HTTP/1.1 and HTTP/2).",
    ),
    key("tls.key", Form::Path, "", "PEM file with the private key of `tls.certificate`."),
    key(
        "instance.state",
        Form::Word(&["open", "read-only", "maintenance"]),
        "open",
        "What the server takes: everything, reading only, or nothing. Whoever is turned away is told which.",
    ),
    key(
        "network.allow",
        Form::Text,
        "",
        "Blocks of addresses that private workspaces, projects and repositories can be used from, such as `10.0.0.0/8, 2001:db8::/32`. Without it: from anywhere. Behind a proxy, every request comes from the proxy's address.",
    ),
    key(
        "log.level",
        Form::Text,
        "info",
        "`error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,httpd=debug`.",
    ),
    key(
        "log.format",
        Form::Word(&["auto", "human", "json"]),
        "auto",
        "`auto` writes for people when standard error is a terminal and JSON lines otherwise.",
    ),
    key(
        "limits.max-connections",
        Form::Count,
        "1024",
        "Connections served at one time. More wait in the listener's queue.",
    ),
    key("limits.max-commands", Form::Count, "250000", "Ref updates in one push."),
    key("limits.max-pack-size", Form::Size, "4G", "Size of the pack of one push, as it is sent."),
    key(
        "limits.max-object-size",
        Form::Size,
        "1G",
        "Size of one object of a push, unpacked. A commit, tree or tag may have 64M at the most.",
    ),
    key(
        "limits.repository-size",
        Form::Size,
        "",
        "The most a repository may have on disk. One that has more, or would with a push, takes only what adds no objects. No limit unless it is set; an instance admin can give one repository another.",
    ),
    key(
        "limits.max-fetch-request",
        Form::Size,
        "64M",
        "Size of the request of one fetch, unpacked: what the client wants and has.",
    ),
    key(
        "limits.max-request-body",
        Form::Size,
        "1M",
        "Size of the body of one REST request. Git requests have limits of their own.",
    ),
    key(
        "limits.header-timeout",
        Form::Duration,
        "15s",
        "Time for a client to finish the TLS handshake, and to send the head of a request, counted from when the connection is free for it. Also ends idle connections.",
    ),
    key(
        "limits.client-timeout",
        Form::Duration,
        "60s",
        "How long a client may send nothing in the middle of a body, or take nothing of an answer, before the connection is closed.",
    ),
    key(
        "limits.stop-timeout",
        Form::Duration,
        "30s",
        "How long running requests may take to end once the server has been told to stop.",
    ),
    key("limits.ssh-connections", Form::Count, "512", "SSH connections at one time."),
    key(
        "limits.ssh-connections-per-address",
        Form::Count,
        "128",
        "Those of them from one address; IPv6 addresses count by their first 64 bits. Raise it when everybody comes through one.",
    ),
    key(
        "limits.ssh-unauthenticated",
        Form::Count,
        "128",
        "SSH connections at one time that have not signed in. More are turned away, so that those who have signed in go on.",
    ),
    key(
        "limits.ssh-unauthenticated-per-address",
        Form::Count,
        "32",
        "Those of them from one address.",
    ),
    key(
        "limits.ssh-offered-keys",
        Form::Count,
        "20",
        "Keys that one SSH connection may offer before it is closed.",
    ),
    key(
        "limits.ssh-commands-per-connection",
        Form::Count,
        "10",
        "Commands that one SSH connection may run at one time.",
    ),
    key(
        "limits.ssh-commands",
        Form::Count,
        "512",
        "Commands of all SSH connections at one time. Each that speaks git takes a thread.",
    ),
    key(
        "limits.ssh-commands-per-address",
        Form::Count,
        "128",
        "Those of them from one address. Raise it when everybody comes through one.",
    ),
    key(
        "limits.ssh-login-timeout",
        Form::Duration,
        "30s",
        "Time for an SSH client to sign in, counted from being connected.",
    ),
    key(
        "limits.ssh-idle-timeout",
        Form::Duration,
        "5m",
        "How long an SSH connection is kept that runs no command.",
    ),
    key(
        "limits.ssh-silence-timeout",
        Form::Duration,
        "10m",
        "How long git may send nothing that the server waits for, or take nothing of an answer, over SSH. Long, because git is silent while it builds a large pack.",
    ),
    key(
        "limits.ssh-keep-alive",
        Form::Duration,
        "30s",
        "How often a silent SSH client is asked whether it is there; after the third time without an answer the connection is closed.",
    ),
    key(
        "limits.ssh-rekey-after",
        Form::Size,
        "1G",
        "How much is sent or received over SSH before new keys are made. At the most 1G.",
    ),
];

/// The key of this name.
pub fn find_key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|it| it.name == name)
}

/// The known name that is most like this one, if any is.
pub fn nearest_key(name: &str) -> Option<&'static str> {
    app::nearest(name, KEYS.iter().map(|it| it.name))
}
