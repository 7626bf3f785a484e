//! The smallest servers a git client can talk to, around `repo::upload_pack`: `git://` for
//! sessions, HTTP for single requests. In this process, so that what was done can be counted.

use flate2::read::GzDecoder;
use parking_lot::Mutex;
use repo::{Repository, Served, UploadOptions, Visible, advertise_upload, upload_pack};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use wire::{Service, Version};

/// A server of one repository, whatever the path in the URL.
pub struct Server {
    pub http: String,
    pub git: String,
    shared: Arc<Shared>,
}

struct Shared {
    repository: Repository,
    /// Refs starting with this are hidden, if it is not empty.
    hidden: Mutex<String>,
    served: Mutex<Served>,
}

impl Server {
    pub fn start(git_dir: &Path) -> Self {
        let shared = Arc::new(Shared {
            repository: Repository::open_plain(git_dir).unwrap(),
            hidden: Mutex::default(),
            served: Mutex::default(),
        });
        let http = listen(&shared, serve_http);
        let git = listen(&shared, serve_git);
        Self { http: format!("http://{http}/x.git"), git: format!("git://{git}/x.git"), shared }
    }

    pub fn hide(&self, prefix: &str) {
        *self.shared.hidden.lock() = prefix.to_owned();
    }

    /// What was done since the last time this was asked.
    pub fn take_served(&self) -> Served {
        std::mem::take(&mut self.shared.served.lock())
    }
}

fn listen(shared: &Arc<Shared>, serve: fn(&Shared, TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let shared = Arc::clone(shared);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || serve(&shared, stream.unwrap()));
        }
    });
    address
}

impl Shared {
    fn upload(&self, input: &mut dyn Read, output: &mut dyn Write, options: &UploadOptions) {
        let result = self.seeing(|it| upload_pack(&self.repository, it, input, output, options));
        if let Ok(served) = result {
            let mut total = self.served.lock();
            total.requests += served.requests;
            total.processes += served.processes;
            total.pack_bytes += served.pack_bytes;
        }
    }

    fn seeing<T>(&self, use_it: impl FnOnce(Visible<'_>) -> T) -> T {
        let hidden = self.hidden.lock().clone();
        if hidden.is_empty() {
            use_it(Visible::Everything)
        } else {
            use_it(Visible::Except(&[&hidden]))
        }
    }
}

/// `git-upload-pack /path\0host=...\0\0version=2\0`, then a session.
fn serve_git(shared: &Shared, stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut input = stream.try_clone().unwrap();
    let mut length = [0; 4];
    input.read_exact(&mut length).unwrap();
    let length = usize::from_str_radix(std::str::from_utf8(&length).unwrap(), 16).unwrap();
    let mut line = vec![0; length - 4];
    input.read_exact(&mut line).unwrap();
    let line = String::from_utf8(line).unwrap();
    let extra = line.split_once("\0\0").map_or("", |it| it.1).replace('\0', ":");
    let version = Version::parse(&extra);
    let options = UploadOptions { version, stateless: false, ..UploadOptions::default() };
    shared.upload(&mut input, &mut { stream }, &options);
}

/// One HTTP request, then the connection is closed.
fn serve_http(shared: &Shared, mut stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut input = BufReader::new(stream.try_clone().unwrap());
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        input.read_line(&mut line).unwrap();
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let Some(request) = lines.first() else { return };
    let header = |name: &str| {
        let value = lines.iter().filter_map(|it| it.split_once(": "));
        value.filter(|it| it.0.eq_ignore_ascii_case(name)).map(|it| it.1).next()
    };
    let version = Version::parse(header("Git-Protocol").unwrap_or_default());
    stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: ").unwrap();
    if request.starts_with("GET") {
        let mut body = b"application/x-git-upload-pack-advertisement\r\n\r\n".to_vec();
        if version != Version::V2 {
            wire::put_service_header(&mut body, Service::UploadPack);
        }
        shared.seeing(|it| advertise_upload(&shared.repository, it, version, &mut body)).unwrap();
        stream.write_all(&body).unwrap();
        return;
    }
    stream.write_all(b"application/x-git-upload-pack-result\r\n\r\n").unwrap();
    let options = UploadOptions { version, ..UploadOptions::default() };
    let body = read_body(&mut input, header("Content-Length"));
    if header("Content-Encoding") == Some("gzip") {
        shared.upload(&mut GzDecoder::new(&body[..]), &mut stream, &options);
    } else {
        shared.upload(&mut &body[..], &mut stream, &options);
    }
}

fn read_body(input: &mut impl BufRead, length: Option<&str>) -> Vec<u8> {
    let mut body = Vec::new();
    if let Some(length) = length {
        input.take(length.parse().unwrap()).read_to_end(&mut body).unwrap();
        return body;
    }
    loop {
        let mut line = String::new();
        input.read_line(&mut line).unwrap();
        let length = u64::from_str_radix(line.trim(), 16).unwrap();
        input.take(length).read_to_end(&mut body).unwrap();
        input.read_line(&mut line).unwrap();
        if length == 0 {
            return body;
        }
    }
}
