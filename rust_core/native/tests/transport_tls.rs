#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // the helpers of tests are tests too
//! Connections in TLS, and HTTP/2 where it is offered.

mod support;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Body, Frame, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rust_core_native::transport::trust::Trust;
use rust_core_native::transport::{Origin, Pool, Settings, Signal};
use support::{ask, call, corpus, endpoint, patient, pool, whole};
use tokio::net::TcpListener;
use tokio::sync::{Barrier, mpsc};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

type Answered = Response<BoxBody<Bytes, Infallible>>;
type Answers = Arc<dyn Fn(Request<Incoming>) -> Pin<Box<dyn Future<Output = Answered> + Send>> + Send + Sync>;

/// A provider in TLS that speaks what it is told to.
struct Secure {
    port: u16,
    connections: Arc<AtomicUsize>,
    /// Told of each connection that has ended.
    ended: mpsc::UnboundedReceiver<()>,
}

impl Secure {
    async fn speaking(protocols: &[&str], answers: Answers) -> Self {
        Self::at("127.0.0.1:0", protocols, answers).await
    }

    async fn at(address: &str, protocols: &[&str], answers: Answers) -> Self {
        let acceptor = acceptor(protocols);
        let listener = TcpListener::bind(address).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let (tell, ended) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, answers, count) = (acceptor.clone(), Arc::clone(&answers), Arc::clone(&count));
                let tell = tell.clone();
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    count.fetch_add(1, Ordering::SeqCst);
                    let is_shared = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                    let service = service_fn(move |request| {
                        let answered = answers(request);
                        async move { Ok::<_, Infallible>(answered.await) }
                    });
                    if is_shared {
                        let _ = http2::Builder::new(TokioExecutor::new())
                            .max_concurrent_streams(10)
                            .serve_connection(TokioIo::new(stream), service)
                            .await;
                    } else {
                        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                    }
                    let _ = tell.send(());
                });
            }
        });
        Self { port, connections, ended }
    }

    fn origin(&self) -> Origin {
        origin(self.port)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn origin(port: u16) -> Origin {
    Origin { secure: true, host: "localhost".to_owned(), port }
}

fn acceptor(protocols: &[&str]) -> TlsAcceptor {
    let certificates = CertificateDer::pem_file_iter(corpus("server.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(corpus("server.key")).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

fn always<A, F>(answers: A) -> Answers
where
    A: Fn(Request<Incoming>) -> F + Send + Sync + 'static,
    F: Future<Output = Answered> + Send + 'static,
{
    Arc::new(move |request| Box::pin(answers(request)))
}

fn said(text: &'static str) -> Answered {
    Response::new(Full::from(text).boxed())
}

fn believing() -> Arc<Pool> {
    pool(Settings { trust: Trust::with_file(corpus("ca.pem")), ..patient() })
}

#[tokio::test]
async fn an_authority_of_the_file_is_believed_and_no_other() {
    let provider = Secure::speaking(&[], always(async |_| said("{}"))).await;
    let endpoint = endpoint(provider.origin());
    let pool_of_ours = believing();
    assert_eq!(ask(&endpoint, &pool_of_ours).await.unwrap(), b"{}");
    assert_eq!(ask(&endpoint, &pool_of_ours).await.unwrap(), b"{}");
    assert_eq!(provider.connections(), 1);
    let failure = ask(&endpoint, &pool(patient())).await.unwrap_err();
    assert_eq!(failure.signal, Signal::ConnectFailed);
    assert!(failure.detail.contains("UnknownIssuer"), "{failure}");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_believed() {
    let provider = Secure::at("127.0.0.2:0", &[], always(async |_| said("{}"))).await;
    let elsewhere = Origin { host: "127.0.0.2".to_owned(), ..provider.origin() };
    let failure = ask(&endpoint(elsewhere), &believing()).await.unwrap_err();
    assert_eq!(failure.signal, Signal::ConnectFailed);
    assert!(failure.detail.contains("not valid for name"), "{failure}");
}

#[tokio::test]
async fn a_file_without_certificates_is_told_of() {
    let provider = Secure::speaking(&[], always(async |_| said("{}"))).await;
    for name in ["nothing.pem", "server.key"] {
        let pool = pool(Settings { trust: Trust::with_file(corpus(name)), ..patient() });
        let failure = ask(&endpoint(provider.origin()), &pool).await.unwrap_err();
        assert_eq!(failure.signal, Signal::ConnectFailed);
        assert!(failure.detail.contains(name) || failure.detail.contains("No such file"), "{failure}");
    }
}

#[tokio::test]
async fn http2_is_spoken_where_it_is_offered_and_calls_share_a_connection() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    let answers = always(move |request: Request<Incoming>| {
        let record = Arc::clone(&record);
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            record.lock().unwrap().push((head.version, head.uri.to_string(), head.headers, body));
            said("{}")
        }
    });
    let provider = Secure::speaking(&["h2", "http/1.1"], answers).await;
    let (endpoint, pool) = (endpoint(provider.origin()), believing());
    assert_eq!(ask(&endpoint, &pool).await.unwrap(), b"{}");
    let calls = (0..5).map(|_| ask(&endpoint, &pool));
    for answered in join(calls).await {
        assert_eq!(answered.unwrap(), b"{}");
    }
    assert_eq!((provider.connections(), pool.idle()), (1, 1));
    let seen = seen.lock().unwrap();
    let (version, uri, headers, body) = &seen[0];
    assert_eq!(*version, hyper::Version::HTTP_2);
    assert_eq!(*uri, format!("https://localhost:{}/v1/chat?api-version=1", provider.port));
    assert_eq!(headers["authorization"], "Bearer sk-secret");
    assert_eq!(headers["content-length"], "2");
    assert!(!headers.contains_key("host"));
    assert_eq!(body, "{}");
}

#[tokio::test]
async fn more_calls_than_a_connection_takes_open_another_and_none_waits() {
    let (count, all) = (AtomicUsize::new(0), Arc::new(Barrier::new(25)));
    let answers = always(move |_| {
        let (is_first, all) = (count.fetch_add(1, Ordering::SeqCst) == 0, Arc::clone(&all));
        async move {
            if !is_first {
                all.wait().await; // nobody is answered before all have asked
            }
            said("{}")
        }
    });
    let provider = Secure::speaking(&["h2"], answers).await;
    let (endpoint, pool) = (endpoint(provider.origin()), believing());
    ask(&endpoint, &pool).await.unwrap();
    let calls = (0..25).map(|_| ask(&endpoint, &pool));
    for answered in timeout(Duration::from_secs(20), join(calls)).await.expect("none waits for another") {
        assert_eq!(answered.unwrap(), b"{}");
    }
    assert_eq!(provider.connections(), 1 + 15, "those that found no room have made one each");
    assert_eq!(pool.idle(), 16);
}

#[tokio::test]
async fn a_shared_connection_ends_with_the_pool_and_not_before_its_last_answer() {
    let mut provider = Secure::speaking(&["h2"], always(async |_| said("{}"))).await;
    let (endpoint, pool) = (endpoint(provider.origin()), believing());
    let under_way = endpoint.send(&pool, call()).await.unwrap();
    pool.close();
    assert_eq!(whole(under_way).await.unwrap(), b"{}");
    timeout(Duration::from_secs(5), provider.ended.recv()).await.expect("nobody needs it any more").unwrap();
    assert_eq!(pool.idle(), 0);
}

#[tokio::test]
async fn a_shared_connection_that_rests_too_long_is_closed_without_anybody_asking() {
    let mut provider = Secure::speaking(&["h2"], always(async |_| said("{}"))).await;
    let trust = Trust::with_file(corpus("ca.pem"));
    let pool = pool(Settings { trust, keep: Duration::from_millis(60), ..patient() });
    ask(&endpoint(provider.origin()), &pool).await.unwrap();
    timeout(Duration::from_secs(5), provider.ended.recv()).await.expect("it rested too long").unwrap();
    assert_eq!(pool.idle(), 0);
}

/// What becomes of the second request on a connection of HTTP/2.
#[derive(Clone, Copy, Debug)]
enum Second {
    /// Its connection ends, without a word.
    Closed,
    /// It is refused, unread.
    Refused,
    /// Something went wrong with it.
    Reset,
}

/// A provider that does so with the second request on its first connection, and answers all others: where it listens, and how
/// many have come.
async fn at_the_second(second: Second) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&requests);
    tokio::spawn(async move {
        let acceptor = acceptor(&["h2"]);
        while let Ok((stream, _)) = listener.accept().await {
            let stream = acceptor.accept(stream).await.unwrap();
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                match (count.fetch_add(1, Ordering::SeqCst), second) {
                    (1, Second::Closed) => break,
                    (1, Second::Refused) => respond.send_reset(h2::Reason::REFUSED_STREAM),
                    (1, Second::Reset) => respond.send_reset(h2::Reason::INTERNAL_ERROR),
                    _ => {
                        let mut body = respond.send_response(Response::new(()), false).unwrap();
                        body.send_data("{}".into(), true).unwrap();
                    }
                }
                if let (2, Second::Refused | Second::Reset) = (count.load(Ordering::SeqCst), second) {
                    tokio::spawn(async move { while connection.accept().await.is_some() {} });
                    break;
                }
            }
        }
    });
    (port, requests)
}

#[tokio::test]
async fn over_http2_only_what_was_refused_unread_is_sent_again() {
    for (second, is_answered) in [(Second::Closed, false), (Second::Refused, true), (Second::Reset, false)] {
        let (port, requests) = at_the_second(second).await;
        let (endpoint, pool) = (endpoint(origin(port)), believing());
        assert_eq!(ask(&endpoint, &pool).await.unwrap(), b"{}");
        match timeout(Duration::from_secs(5), ask(&endpoint, &pool)).await.unwrap() {
            Ok(answer) => assert!(is_answered && answer == b"{}", "{second:?}"),
            Err(failure) => assert!(!is_answered && failure.signal == Signal::Reset, "{second:?}: {failure}"),
        }
        assert_eq!(requests.load(Ordering::SeqCst), if is_answered { 3 } else { 2 }, "{second:?}");
    }
}

#[tokio::test]
async fn a_head_may_be_as_long_over_http2_as_over_http1() {
    let answers = always(async |_| {
        let mut answered = said("{}");
        answered.headers_mut().insert("x-long", "x".repeat(60_000).parse().unwrap());
        answered
    });
    let provider = Secure::speaking(&["h2"], answers).await;
    let answer = endpoint(provider.origin()).send(&believing(), call()).await.unwrap();
    assert_eq!(answer.headers["x-long"].len(), 60_000);
}

/// A body of pieces that a test sends.
fn streamed() -> (mpsc::UnboundedSender<&'static str>, impl Body<Data = Bytes, Error = Infallible> + Send + Sync) {
    let (send, mut receive) = mpsc::unbounded_channel::<&'static str>();
    let stream = Pieces(Box::new(move |cx: &mut std::task::Context<'_>| receive.poll_recv(cx)));
    (send, StreamBody::new(stream))
}

type Polled = Box<dyn FnMut(&mut std::task::Context<'_>) -> std::task::Poll<Option<&'static str>> + Send + Sync>;
struct Pieces(Polled);

impl futures_core::Stream for Pieces {
    type Item = Result<Frame<Bytes>, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<Option<Self::Item>> {
        (self.0)(cx).map(|piece| piece.map(|piece| Ok(Frame::data(Bytes::from(piece)))))
    }
}

#[tokio::test]
async fn a_stream_that_is_dropped_is_reset_and_its_connection_goes_on() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let answers = always(move |_| {
        let (send, body) = streamed();
        send.send("piece").unwrap();
        tell.send(send).unwrap();
        async move { Response::new(body.boxed()) }
    });
    let provider = Secure::speaking(&["h2"], answers).await;
    let (endpoint, pool) = (endpoint(provider.origin()), believing());
    let mut first = endpoint.send(&pool, call()).await.unwrap();
    let mut second = endpoint.send(&pool, call()).await.unwrap();
    let (of_first, of_second) = (told.recv().await.unwrap(), told.recv().await.unwrap());
    assert_eq!(first.body.next().await.unwrap().unwrap(), "piece");
    drop(first);
    timeout(Duration::from_secs(5), of_first.closed()).await.expect("the provider learns of it");
    of_second.send(" and more").unwrap();
    drop(of_second);
    let mut text = Vec::new();
    while let Some(piece) = second.body.next().await {
        text.extend_from_slice(&piece.unwrap());
    }
    assert_eq!(text, b"piece and more");
    assert_eq!(provider.connections(), 1);
}

#[tokio::test]
async fn a_call_given_up_before_its_head_came_leaves_its_connection_to_those_under_way() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let count = AtomicUsize::new(0);
    let answers = always(move |_| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        let (send, body) = streamed();
        let _ = tell.send(send);
        async move {
            if number == 1 {
                std::future::pending::<()>().await;
            }
            Response::new(body.boxed())
        }
    });
    let provider = Secure::speaking(&["h2"], answers).await;
    let (endpoint, pool) = (endpoint(provider.origin()), believing());
    let answer = endpoint.send(&pool, call()).await.unwrap();
    assert!(timeout(Duration::from_millis(100), endpoint.send(&pool, call())).await.is_err());
    let _third = endpoint.send(&pool, call()).await.unwrap();
    assert_eq!(provider.connections(), 2, "who asks next is not left to what may be silent for all");
    told.recv().await.unwrap().send("{}").unwrap();
    assert_eq!(whole(answer).await.unwrap(), b"{}");
}

/// All of them at once.
async fn join<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|cx| {
        for (future, done) in &mut running {
            if done.is_none() {
                if let std::task::Poll::Ready(value) = future.as_mut().poll(cx) {
                    *done = Some(value);
                }
            }
        }
        if running.iter().all(|(_, done)| done.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    running.into_iter().filter_map(|(_, done)| done).collect()
}
