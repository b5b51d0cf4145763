//! A connection is made: the name is looked up, the addresses are tried, TLS is agreed on, and with it what is spoken.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use super::endpoint::Origin;
use super::failure::{Failure, Signal};
use super::kept::Kept;
use super::pool::Settings;
use super::shared::Shared;
use super::trust::Trust;
use super::wire::Wire;

/// How long an address has to answer before the next is tried beside it.
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);

/// A connection, as its two ends agreed.
pub(super) enum Link {
    Kept(Box<Kept>),
    Shared(Arc<Shared>),
}

/// Makes a connection.
pub(super) async fn connect(origin: &Arc<Origin>, settings: &Settings, within: Duration) -> Result<Link, Failure> {
    match timeout(within, make(origin, settings)).await {
        Ok(made) => made,
        Err(_) => Err(Failure {
            signal: Signal::ConnectTimeout,
            detail: format!("no connection within {} s", within.as_secs_f64()),
        }),
    }
}

async fn make(origin: &Arc<Origin>, settings: &Settings) -> Result<Link, Failure> {
    let failed = |error: io::Error| Failure::connect(&error);
    let proxy = settings.proxy.as_ref();
    let (host, port) = proxy.map_or((&origin.host, origin.port), |proxy| (&proxy.host, proxy.port));
    let mut stream = tcp(host, port).await.map_err(failed)?;
    if !origin.secure {
        return Ok(Link::Kept(Kept::begin(Wire::plain(stream), Arc::clone(origin)).await?));
    }
    if let Some(proxy) = proxy {
        proxy.open(&mut stream, origin).await.map_err(failed)?;
    }
    let stream = tls(stream, &origin.host, &settings.trust).await.map_err(failed)?;
    let speaks_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let wire = Wire::secure(stream);
    Ok(if speaks_http2 {
        Link::Shared(Shared::begin(wire, Arc::clone(origin)).await?)
    } else {
        Link::Kept(Kept::begin(wire, Arc::clone(origin)).await?)
    })
}

async fn tls(stream: TcpStream, host: &str, trust: &Trust) -> io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    TlsConnector::from(trust.config().await?).connect(name, stream).await
}

/// Connects to the first address that answers.
async fn tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let stream = match host.parse::<IpAddr>() {
        Ok(address) => TcpStream::connect((address, port)).await?,
        Err(_) => first_of(interleaved(lookup_host((host, port)).await?.collect())).await?,
    };
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The addresses with the families in turn, so that one whose network leads nowhere costs one wait.
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_ipv6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut ours, mut others): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_ipv6);
    ours.reverse();
    others.reverse();
    let mut turns = Vec::with_capacity(ours.len() + others.len());
    while !(ours.is_empty() && others.is_empty()) {
        turns.extend(ours.pop());
        turns.extend(others.pop());
    }
    turns
}

/// Tries one address after another; the next when one has failed, and beside it when one takes long.
async fn first_of(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut addresses = addresses.into_iter();
    let mut tries = JoinSet::new(); // dropped, it ends those that are under way
    let mut failure = io::Error::other("the name has no address");
    loop {
        let next = addresses.next();
        let are_all_tried = next.is_none();
        if let Some(address) = next {
            tries.spawn(TcpStream::connect(address));
        }
        tokio::select! {
            ended = tries.join_next() => match ended {
                Some(Ok(Ok(stream))) => return Ok(stream),
                Some(Ok(Err(error))) => failure = error,
                Some(Err(error)) => failure = io::Error::other(error),
                None => return Err(failure),
            },
            () = sleep(NEXT_ADDRESS_AFTER), if !are_all_tried => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use tokio::net::TcpListener;

    use super::*;

    fn v4(port: u16) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, port).into()
    }

    fn v6(port: u16) -> SocketAddr {
        (Ipv6Addr::LOCALHOST, port).into()
    }

    #[test]
    fn the_families_take_turns() {
        assert_eq!(interleaved(vec![v6(1), v6(2), v6(3), v4(4)]), [v6(1), v4(4), v6(2), v6(3)]);
        assert_eq!(interleaved(vec![v4(1), v6(2)]), [v4(1), v6(2)]);
        assert!(interleaved(vec![]).is_empty());
    }

    #[tokio::test]
    async fn an_address_that_refuses_hands_on_to_the_next() {
        let refusing = TcpListener::bind(v4(0)).await.unwrap();
        let refused = refusing.local_addr().unwrap();
        drop(refusing);
        let listener = TcpListener::bind(v4(0)).await.unwrap();
        let stream = first_of(vec![refused, refused, listener.local_addr().unwrap()]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), listener.local_addr().unwrap());
    }

    #[tokio::test]
    async fn the_last_refusal_is_told_when_all_refuse() {
        let refusing = TcpListener::bind(v4(0)).await.unwrap();
        let refused = refusing.local_addr().unwrap();
        drop(refusing);
        assert_eq!(first_of(vec![refused, refused]).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        assert!(first_of(vec![]).await.is_err());
    }
}
