//! A deadline for the first bytes of a connection.
//!
//! Before it knows whether a connection speaks HTTP/1.1 or HTTP/2, the server waits for up to 24 bytes (RFC 9113, 3.4: the
//! preface) and has no clock of its own; afterwards the time-out for headers stands guard. Without this, a caller that sends
//! nothing would hold its connection for ever.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{self, Sleep},
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream whose first bytes come in time, or it breaks.
pub(crate) struct FirstBytes<S> {
    stream: S,
    /// `None` once the version is told.
    deadline: Option<Pin<Box<Sleep>>>,
    matched: usize,
}

impl<S> FirstBytes<S> {
    pub(crate) fn new(stream: S, within: Duration) -> Self {
        Self { stream, deadline: Some(Box::pin(time::sleep(within))), matched: 0 }
    }

    fn look(&mut self, bytes: &[u8]) {
        let rest = &PREFACE[self.matched..];
        let length = rest.len().min(bytes.len());
        self.matched += length;
        if rest[..length] != bytes[..length] || self.matched == PREFACE.len() {
            self.deadline = None;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FirstBytes<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Some(deadline) = self.deadline.as_mut() else { return Pin::new(&mut self.stream).poll_read(cx, buf) };
        if deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.look(&buf.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FirstBytes<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
