//! The SSH listener: accepts connections, counts them, and ends them when it is told to. It knows
//! limits and times, and must never know what a command means.

use crate::connection::{Connection, new_request_id};
use crate::crowd::{Crowd, Place};
use crate::life::Life;
use crate::stream::MortalStream;
use crate::{Error, HostKey, Settings, algorithms};
use app::{App, Door};
use model::Channel;
use russh::Disconnect;
use russh::server::{Config, RunningSession, run_stream};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

/// How long to leave a full process alone before asking for the next connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long a client may take to hear that the server stops.
const FAREWELL: Duration = Duration::from_secs(1);

/// What every connection needs; one copy, shared.
pub struct Shared {
    pub app: Arc<App>,
    pub settings: Settings,
    config: Arc<Config>,
    crowd: Arc<Crowd>,
    /// Never sent to: closed once nobody holds this value.
    _alive: mpsc::Sender<()>,
}

impl Shared {
    /// This door, for one command.
    pub fn door(&self, address: IpAddr) -> Door {
        Door { channel: Channel::GitSsh, address: Some(address), request_id: new_request_id() }
    }
}

/// A bound listener and what its connections are served with.
pub struct Listener {
    pub tcp: TcpListener,
    pub app: Arc<App>,
    /// At least one.
    pub host_keys: Vec<HostKey>,
    pub settings: Settings,
}

impl Listener {
    /// Serves until `stop` says so, then lets running commands end, `stop_timeout` at the most.
    /// Says whether all of them ended.
    pub async fn serve(self, mut stop: watch::Receiver<bool>) -> bool {
        let Self { tcp, app, host_keys, settings } = self;
        let patience = settings.stop_timeout;
        let (alive, mut ended) = mpsc::channel(1);
        let shared = Arc::new(Shared {
            app,
            _alive: alive,
            config: Arc::new(algorithms::config(host_keys, &settings)),
            crowd: Crowd::new(&settings),
            settings,
        });
        let cut = watch::Sender::new(false);
        loop {
            let (stream, peer) = tokio::select! {
                biased;
                // An error means that whoever could say stop is gone, which is a stop, too.
                _ = stop.wait_for(|it| *it) => break,
                accepted = accept(&tcp) => accepted,
            };
            let ends = Ends { stop: stop.clone(), cut: cut.subscribe() };
            tokio::spawn(connection(shared.clone(), stream, peer, ends));
        }
        drop((tcp, shared));
        if tokio::time::timeout(patience, ended.recv()).await.is_ok() {
            return true;
        }
        cut.send_replace(true);
        // What still runs after this is not waited for.
        drop(tokio::time::timeout(FAREWELL, ended.recv()).await);
        false
    }
}

async fn accept(tcp: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match tcp.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The two ends a server can set: politely, and at once.
struct Ends {
    stop: watch::Receiver<bool>,
    cut: watch::Receiver<bool>,
}

async fn connection(shared: Arc<Shared>, stream: TcpStream, peer: SocketAddr, ends: Ends) {
    let address = peer.ip().to_canonical();
    match shared.crowd.enter(address) {
        Ok(place) => {
            if let Err(error) = converse(shared, stream, address, ends, place).await {
                tracing::debug!(%peer, %error, "the SSH connection ended early");
            }
        }
        Err(full) => {
            metrics::counter!("portcullis_ssh_turned_away_total").increment(1);
            tracing::info!(%peer, ?full, "an SSH connection was turned away");
            turn_away(stream, full.to_a_connection()).await;
        }
    }
}

/// Clients show lines that come before the greeting when they are told to be talkative.
async fn turn_away(mut stream: TcpStream, sentence: &str) {
    let said = async {
        stream.write_all(sentence.as_bytes()).await?;
        stream.shutdown().await
    };
    // Whether it is heard is the client's affair; the connection is closed either way.
    drop(tokio::time::timeout(FAREWELL, said).await);
}

async fn converse(
    shared: Arc<Shared>,
    stream: TcpStream,
    address: IpAddr,
    ends: Ends,
    place: Place,
) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let settings = &shared.settings;
    let (login, idle) = (settings.login_timeout, settings.idle_timeout);
    let life = Life::begin();
    let stream = MortalStream::new(stream, life.clone().end(login, idle));
    let handle = Arc::new(OnceLock::new());
    let config = shared.config.clone();
    let connection = Connection::new(shared, address, handle.clone(), life.clone(), place);
    let Ends { stop, mut cut } = ends;
    let cut_off = async {
        // The sender outlives the connections it waits for.
        drop(cut.wait_for(|it| *it).await);
        life.cut();
    };
    let served = async {
        let session = run_stream(config, stream, connection).await?;
        // Only this task sets it.
        drop(handle.set(session.handle()));
        until_stopped(session, &life, stop).await
    };
    tokio::pin!(served);
    tokio::select! {
        ended = &mut served => ended,
        () = cut_off => served.await,
    }
}

/// Waits for the client to go, or for its last command after the server was told to stop.
async fn until_stopped(
    session: RunningSession<Connection>,
    life: &Life,
    mut stop: watch::Receiver<bool>,
) -> Result<(), Error> {
    let handle = session.handle();
    tokio::pin!(session);
    tokio::select! {
        ended = &mut session => return ended,
        // An error means that whoever could say stop is gone, which is a stop, too.
        _ = stop.wait_for(|it| *it) => {}
    }
    if !life.is_idle() {
        tokio::select! {
            ended = &mut session => return ended,
            () = life.idle() => {}
        }
        // Whoever has the exit status goes by itself; told to go, it would forget the status.
        if let Ok(ended) = tokio::time::timeout(FAREWELL, session.as_mut()).await {
            return ended;
        }
    }
    let farewell = async {
        let text = "the server is stopping: try again in a moment".to_owned();
        // A client that has gone needs no reason.
        drop(handle.disconnect(Disconnect::ByApplication, text, String::new()).await);
        session.as_mut().await
    };
    match tokio::time::timeout(FAREWELL, farewell).await {
        Ok(ended) => ended,
        Err(_) => {
            life.cut();
            session.await
        }
    }
}
