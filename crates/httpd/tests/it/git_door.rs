//! The door of git's protocol: who is asked to sign in, what is not let in, and what git prints.

use crate::server::{Answer, MAX_FETCH, Server};
use axum::body::Body;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::Request;
use std::io::Write as _;

const UPLOAD: &str = "/acme/site.git/git-upload-pack";
const UPLOAD_TYPE: &str = "application/x-git-upload-pack-request";

async fn refs(server: &Server, who: &str, repository: &str, service: &str) -> Answer {
    server.get(who, &format!("/{repository}/info/refs?service={service}")).await
}

#[tokio::test]
async fn the_refs_are_given_as_git_http_backend_gives_them() {
    let server = Server::with_people().await;
    for (service, header) in [
        ("git-upload-pack", "001e# service=git-upload-pack\n0000"),
        ("git-receive-pack", "001f# service=git-receive-pack\n0000"),
    ] {
        for repository in ["acme/site.git", "acme/site", "ACME/Site.git"] {
            let answer = refs(&server, "ann", repository, service).await;
            assert_eq!(answer.status, 200, "{repository}: {}", answer.text);
            assert!(answer.text.starts_with(header), "{}", answer.text);
            let kind = format!("application/x-{service}-advertisement");
            assert_eq!(answer.header("content-type"), kind);
            assert_eq!(answer.header("cache-control"), "no-cache, max-age=0, must-revalidate");
            assert_eq!(answer.header("pragma"), "no-cache");
        }
    }
    let request = Request::get("/acme/site/info/refs?service=git-upload-pack");
    let request = request.header("Git-Protocol", "version=2").body(Body::empty()).unwrap();
    let answer = server.ask("ann", request).await;
    assert!(answer.text.starts_with("000eversion 2\n"), "{}", answer.text);
}

#[tokio::test]
async fn only_a_credential_that_could_help_is_asked_for() {
    let mut server = Server::with_people().await;
    server.limited("narrow", "ann", &["read:user:bitbucket"]).await;
    // git deletes the credential it stored when it reads 401, so 401 only stands where another
    // credential is the way out.
    for (who, repository, service, status) in [
        ("nobody", "acme/site", "git-upload-pack", 401),
        ("nobody", "acme/nothing", "git-upload-pack", 401),
        ("nobody", "no..where/x", "git-upload-pack", 401),
        ("liar", "acme/site", "git-upload-pack", 401),
        ("eve", "acme/site", "git-upload-pack", 404),
        ("eve", "acme/nothing", "git-upload-pack", 404),
        ("narrow", "acme/site", "git-upload-pack", 403),
        ("ann", "acme/site", "git-upload-archive", 403),
        ("ann", "acme/site", "git-upload-pack", 200),
    ] {
        let answer = refs(&server, who, repository, service).await;
        assert_eq!(answer.status, status, "{who} {repository}: {}", answer.text);
        let challenge = answer.header("www-authenticate");
        let expected = if status == 401 { "Basic realm=\"Portcullis\"" } else { "" };
        assert_eq!(challenge, expected, "{who} {repository}");
        if status >= 400 {
            // git prints a body as `remote:` lines only when it is text.
            assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
            assert!(answer.text.ends_with('\n') && !answer.text.trim().is_empty());
        }
    }
}

#[tokio::test]
async fn old_clients_are_told_what_they_need() {
    let server = Server::with_people().await;
    for path in ["/acme/site/info/refs", "/acme/site.git/HEAD", "/acme/x/objects/info/packs"] {
        let answer = server.get("ann", path).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.text.contains("smart protocol"), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_one_is_not_let_in() {
    let server = Server::with_people().await;
    let bomb = {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(b"0011command=fetch0001").unwrap();
        for _ in 0..100_000 {
            writeln!(encoder, "0032want {:040}", 1).unwrap();
        }
        encoder.finish().unwrap()
    };
    assert!((bomb.len() as u64) < MAX_FETCH);
    let long = vec![b'0'; usize::try_from(MAX_FETCH).unwrap() + 1];
    for (kind, coding, body, status) in [
        ("application/json", "", b"0000".to_vec(), 400),
        (UPLOAD_TYPE, "br", b"0000".to_vec(), 400),
        (UPLOAD_TYPE, "gzip", b"0000".to_vec(), 400),
        (UPLOAD_TYPE, "gzip", bomb, 413),
        (UPLOAD_TYPE, "", long, 413),
    ] {
        let mut request = Request::post(UPLOAD).header("Content-Type", kind);
        request = request.header("Git-Protocol", "version=2");
        if !coding.is_empty() {
            request = request.header("Content-Encoding", coding);
        }
        let start = String::from_utf8_lossy(&body).chars().take(8).collect::<String>();
        let answer = server.ask("ann", request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, status, "{kind} {coding} {start}: {}", answer.text);
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    }
}

#[tokio::test]
async fn what_is_not_the_protocol_is_answered_in_the_protocol() {
    let server = Server::with_people().await;
    let request = Request::post(UPLOAD).header("Content-Type", UPLOAD_TYPE);
    let answer = server.ask("ann", request.body(Body::from("zzzz")).unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/x-git-upload-pack-result");
    assert!(answer.text.get(4..8) == Some("ERR "), "{}", answer.text);
}

#[tokio::test]
async fn a_request_that_stops_arriving_is_told_so() {
    let server = Server::with_people().await;
    let gone = std::io::Error::new(std::io::ErrorKind::TimedOut, "nothing came");
    let pieces = [Ok(bytes::Bytes::from_static(b"00")), Err(gone)];
    let body = Body::from_stream(futures_util::stream::iter(pieces));
    let request = Request::post(UPLOAD).header("Content-Type", UPLOAD_TYPE);
    let answer = server.ask("ann", request.body(body).unwrap()).await;
    assert_eq!(answer.status, 408, "{}", answer.text);
}
