//! A client's connection: one request at a time, answers read whole.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::framing::Head;

/// A connection that is kept alive.
pub(crate) struct Connection {
    stream: TcpStream,
    input: BytesMut,
    /// Whether another request may go over it.
    pub(crate) usable: bool,
}

impl Connection {
    pub(crate) async fn to(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            input: BytesMut::with_capacity(64 * 1024),
            usable: true,
        })
    }

    /// Asks, hands the body's data over as it comes, and gives the moment of its first byte; any status but 200 is an error.
    pub(crate) async fn ask(
        &mut self,
        request: &[u8],
        mut with: impl FnMut(&[u8]),
    ) -> io::Result<Instant> {
        self.usable = false;
        self.stream.write_all(request).await?;
        let mut head = loop {
            if let Some(head) = Head::read(&self.input) {
                break head;
            }
            self.more().await?;
        };
        if head.status != 200 {
            return Err(io::Error::other(self.refusal(&head)));
        }
        self.input.advance(head.length);
        let mut first = None;
        loop {
            if !self.input.is_empty() {
                first.get_or_insert_with(Instant::now);
            }
            let taken = head.body.take(&self.input, &mut with);
            self.input.advance(taken);
            if head.body.ended() {
                break;
            }
            self.more().await?;
        }
        self.usable = !head.last;
        Ok(first.unwrap_or_else(Instant::now))
    }

    /// A status line, and what of the body has come with it.
    fn refusal(&self, head: &Head) -> String {
        let text = String::from_utf8_lossy(&self.input);
        let (first, _) = text.split_once("\r\n").unwrap_or_default();
        format!(
            "{first}: {}",
            text.get(head.length..)
                .unwrap_or_default()
                .chars()
                .take(300)
                .collect::<String>()
        )
    }

    async fn more(&mut self) -> io::Result<()> {
        self.input.reserve(32 * 1024);
        if self.stream.read_buf(&mut self.input).await? == 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the answer was cut",
            ));
        }
        Ok(())
    }
}
