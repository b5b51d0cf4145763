//! The provider: any request is answered as its model's name says.

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::io::{self, Read, Write};
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};
use std::{process, thread};

use bytes::{Buf, BytesMut};
use memchr::memmem;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::spawn_local;
use tokio::time::sleep_until;
use tokio_rustls::TlsAcceptor;

use crate::behaviour::{Answer, Behaviour, STREAM_HEAD, stream_end, write_chunk};
use crate::certificate;
use crate::clock::Clock;
use crate::framing::Head;
use crate::stamps;

/// What all connections share.
struct Mock {
    clock: Clock,
    behaviours: RefCell<HashMap<String, Rc<Behaviour>>>,
    streams: RefCell<f64>,
}

/// Serves until the standard input closes, so that it never outlives whoever started it; prints its ports first.
pub(crate) async fn serve(certificate: &Path, key: &Path) -> Result<(), Box<dyn Error>> {
    let acceptor = TlsAcceptor::from(certificate::read(certificate, key)?);
    let plain = TcpListener::bind("127.0.0.1:0").await?;
    let secure = TcpListener::bind("127.0.0.1:0").await?;
    let (http, https) = (plain.local_addr()?.port(), secure.local_addr()?.port());
    writeln!(io::stdout(), r#"{{"http":{http},"https":{https}}}"#)?;
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        process::exit(0);
    });
    let mock = Rc::new(Mock {
        clock: Clock::start(),
        behaviours: RefCell::default(),
        streams: RefCell::new(0.0),
    });
    loop {
        let mock = Rc::clone(&mock);
        tokio::select! {
            accepted = plain.accept() => {
                let (stream, _) = accepted?;
                stream.set_nodelay(true)?;
                spawn_local(async move { mock.converse(stream).await });
            }
            accepted = secure.accept() => {
                let (stream, _) = accepted?;
                stream.set_nodelay(true)?;
                let acceptor = acceptor.clone();
                spawn_local(async move { mock.converse(acceptor.accept(stream).await?).await });
            }
        }
    }
}

impl Mock {
    /// Answers one request after the other until the client goes.
    async fn converse(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        let mut input = BytesMut::with_capacity(64 * 1024);
        let mut body = Vec::new();
        loop {
            let mut head = loop {
                if let Some(head) = Head::read(&input) {
                    break head;
                }
                more(&mut stream, &mut input).await?;
            };
            input.advance(head.length);
            body.clear();
            loop {
                let taken = head.body.take(&input, |data| body.extend_from_slice(data));
                input.advance(taken);
                if head.body.ended() {
                    break;
                }
                more(&mut stream, &mut input).await?;
            }
            let behaviour = self.behaviour(&body);
            if !behaviour.delay.is_zero() {
                self.clock.at(Instant::now() + behaviour.delay).await;
            }
            match behaviour.answer {
                Answer::Whole(ref answer) => stream.write_all(answer).await?,
                Answer::Stream { chunks, apart } => self.stream(&mut stream, chunks, apart).await?,
            }
            stream.flush().await?;
        }
    }

    async fn stream(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
        chunks: u32,
        apart: Duration,
    ) -> io::Result<()> {
        let begun = tokio::time::Instant::now();
        let phase = apart.mul_f64(self.phase());
        let mut output = String::from_utf8_lossy(STREAM_HEAD).into_owned();
        for number in 0..chunks {
            if number > 0 && !apart.is_zero() {
                sleep_until(begun + phase + apart * (number - 1)).await;
            }
            write_chunk(&mut output, stamps::now());
            stream.write_all(output.as_bytes()).await?;
            stream.flush().await?;
            output.clear();
        }
        stream.write_all(stream_end().as_bytes()).await
    }

    /// A share of the time between two chunks, another for each stream: streams that begin together are not to beat together.
    fn phase(&self) -> f64 {
        let mut streams = self.streams.borrow_mut();
        *streams = (*streams + 0.618_034).fract();
        *streams
    }

    fn behaviour(&self, body: &[u8]) -> Rc<Behaviour> {
        let model = model_of(body).unwrap_or_default();
        let mut behaviours = self.behaviours.borrow_mut();
        if let Some(known) = behaviours.get(model) {
            return Rc::clone(known);
        }
        let behaviour = Rc::new(Behaviour::of(model));
        behaviours.insert(model.to_owned(), Rc::clone(&behaviour));
        behaviour
    }
}

/// Reads what has come; an end is an error, since it comes where a request might, or in one.
async fn more(stream: &mut (impl AsyncRead + Unpin), input: &mut BytesMut) -> io::Result<()> {
    input.reserve(32 * 1024);
    if stream.read_buf(input).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

/// The model's name, wherever in the body it stands.
fn model_of(body: &[u8]) -> Option<&str> {
    let at = memmem::find(body, b"\"model\"")?;
    let mut parts = body.get(at + 7..)?.splitn(3, |byte| *byte == b'"');
    std::str::from_utf8(parts.nth(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_found_wherever_it_stands() {
        assert_eq!(
            model_of(br#"{"messages": [], "model" : "delay30", "x": "y"}"#),
            Some("delay30")
        );
        assert_eq!(model_of(br#"{"model":"plain"}"#), Some("plain"));
        assert_eq!(model_of(b"{}"), None);
    }
}
