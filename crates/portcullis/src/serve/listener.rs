//! The HTTP listener: accepts, encrypts where it is told to, and hands requests to the router.
//! It knows limits and timeouts, and must never know what a request means.

use super::patience::{Patient, PatientBody};
use crate::config::Limits;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use httpd::RequestLine;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

/// Requests of one HTTP/2 connection served at one time; browsers and git stay far below.
const STREAMS_PER_CONNECTION: u32 = 128;

/// How long to leave a full process alone before asking for the next connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A bound listener and what its connections are served with.
pub struct Listener {
    pub tcp: TcpListener,
    /// Present: every connection starts with a TLS handshake.
    pub tls: Option<TlsAcceptor>,
    pub router: Router,
    pub limits: Limits,
}

/// What every connection needs; one copy, shared.
struct Shared {
    tls: Option<TlsAcceptor>,
    router: Router,
    limits: Limits,
    builder: auto::Builder<TokioExecutor>,
}

impl Listener {
    /// Serves until `stop` says so, then lets running requests end, `limits.stop_timeout` at the
    /// most. Says whether all of them ended.
    pub async fn serve(self, mut stop: watch::Receiver<bool>) -> bool {
        let slots = Arc::new(Semaphore::new(self.limits.max_connections));
        let graceful = GracefulShutdown::new();
        let shared = Arc::new(Shared {
            builder: connection_builder(&self.limits),
            tls: self.tls,
            router: self.router,
            limits: self.limits,
        });
        loop {
            let (stream, peer, slot) = tokio::select! {
                biased;
                // An error means that whoever could say stop is gone, which is a stop, too.
                _ = stop.wait_for(|it| *it) => break,
                accepted = accept(&self.tcp, &slots) => accepted,
            };
            tokio::spawn(connection(shared.clone(), stream, peer, graceful.watcher(), slot));
        }
        drop(self.tcp);
        let patience = shared.limits.stop_timeout;
        tokio::time::timeout(patience, graceful.shutdown()).await.is_ok()
    }
}

fn connection_builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.header_timeout);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .keep_alive_interval(limits.client_timeout)
        .keep_alive_timeout(limits.header_timeout)
        // A pack goes through one stream: the default window of 64 KB would cap its speed.
        .adaptive_window(true);
    builder
}

/// The next connection, once there is a slot for it.
async fn accept(
    tcp: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so there always is a permit in the end.
    let slot = slots.clone().acquire_owned().await.ok();
    loop {
        match tcp.accept().await {
            Ok((stream, peer)) => return (stream, peer, slot),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(
    shared: Arc<Shared>,
    stream: TcpStream,
    peer: SocketAddr,
    watcher: Watcher,
    slot: Option<OwnedSemaphorePermit>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "TCP_NODELAY could not be set");
    }
    let opening = shared.limits.header_timeout;
    match &shared.tls {
        None => requests(&shared, stream, peer, watcher).await,
        Some(tls) => match tokio::time::timeout(opening, tls.accept(stream)).await {
            Ok(Ok(stream)) => requests(&shared, stream, peer, watcher).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "the TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "the TLS handshake took too long"),
        },
    }
    drop(slot);
}

async fn requests<S>(shared: &Shared, stream: S, peer: SocketAddr, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let patience = shared.limits.client_timeout;
    let stream = Patient::new(stream, shared.limits.header_timeout, patience);
    let stream = RequestLine::new(stream);
    let router = shared.router.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(|body| Body::new(PatientBody::new(body, patience)));
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let served = shared.builder.serve_connection(TokioIo::new(stream), service).into_owned();
    if let Err(error) = watcher.watch(served).await {
        tracing::debug!(%peer, error = %crate::error::chain(&*error), "the connection ended early");
    }
}
