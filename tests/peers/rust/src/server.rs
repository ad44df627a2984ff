//! The service of `peer.proto`.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration as Time;

use futures_util::{Stream, StreamExt};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, UnixListener};
use tokio_stream::wrappers::{TcpListenerStream, UnixListenerStream};
use tonic::{Code, Request, Response, Status, Streaming};

use crate::proto;
use crate::proto::peer_server::{Peer, PeerServer};

pub const LARGEST: usize = 64 << 20; // bytes of a message

/// Counts a call that is dropped before it was done: that is how tonic tells of a caller that left.
struct Watch {
    ended: Arc<AtomicI32>,
    done: bool,
}

impl Watch {
    fn done(&mut self) {
        self.done = true;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.done {
            self.ended.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[derive(Default)]
struct Service {
    ended: Arc<AtomicI32>,
}

impl Service {
    fn watch(&self) -> Watch {
        Watch { ended: self.ended.clone(), done: false }
    }
}

type Payloads = Pin<Box<dyn Stream<Item = Result<proto::Payload, Status>> + Send>>;

#[tonic::async_trait]
impl Peer for Service {
    type DownloadStream = Payloads;
    type ChatStream = Payloads;

    async fn echo(&self, request: Request<proto::Payload>) -> Result<Response<proto::Payload>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    async fn fail(&self, request: Request<proto::Status>) -> Result<Response<proto::Payload>, Status> {
        let wanted = request.into_inner();
        Err(Status::new(Code::from_i32(wanted.code), wanted.message))
    }

    async fn wait(&self, request: Request<proto::Duration>) -> Result<Response<proto::Payload>, Status> {
        let mut watch = self.watch();
        tokio::time::sleep(Time::from_millis(request.into_inner().milliseconds as u64)).await;
        watch.done();
        Ok(Response::new(proto::Payload::default()))
    }

    async fn download(&self, request: Request<proto::Order>) -> Result<Response<Payloads>, Status> {
        let (order, mut watch) = (request.into_inner(), self.watch());
        let data = vec![b'd'; order.size as usize];
        let mut sent = 0;
        let mut end = order.end;
        let stream = futures_util::stream::poll_fn(move |_| {
            use std::task::Poll::Ready;
            if order.count == 0 || sent < order.count {
                sent += 1;
                return Ready(Some(Ok(proto::Payload { data: data.clone() })));
            }
            watch.done();
            Ready(end.take().map(|s| Err(Status::new(Code::from_i32(s.code), s.message))))
        });
        Ok(Response::new(Box::pin(stream)))
    }

    async fn upload(&self, request: Request<Streaming<proto::Payload>>) -> Result<Response<proto::Sum>, Status> {
        let (mut watch, mut payloads) = (self.watch(), request.into_inner());
        let mut sum = proto::Sum::default();
        while let Some(payload) = payloads.message().await? {
            sum.count += 1;
            sum.size += payload.data.len() as i64;
        }
        watch.done();
        Ok(Response::new(sum))
    }

    async fn chat(&self, request: Request<Streaming<proto::Payload>>) -> Result<Response<Payloads>, Status> {
        Ok(Response::new(request.into_inner().boxed()))
    }

    async fn ended(&self, _: Request<proto::Nothing>) -> Result<Response<proto::Sum>, Status> {
        let count = self.ended.load(Ordering::SeqCst);
        Ok(Response::new(proto::Sum { count, size: 0 }))
    }

    async fn missing(&self, _: Request<proto::Nothing>) -> Result<Response<proto::Nothing>, Status> {
        Err(Status::unimplemented("Missing is not served"))
    }
}

/// Listen on `address` until standard input ends.
pub async fn serve(address: &str) -> Result<(), Box<dyn std::error::Error>> {
    let service = PeerServer::new(Service::default())
        .max_decoding_message_size(LARGEST)
        .max_encoding_message_size(LARGEST);
    let router = tonic::transport::Server::builder().add_service(service);
    let over = async {
        let _ = tokio::io::stdin().read_to_end(&mut Vec::new()).await;
    };
    if let Some(path) = address.strip_prefix("unix:") {
        let listener = UnixListener::bind(path)?;
        println!("{address}");
        router.serve_with_incoming_shutdown(UnixListenerStream::new(listener), over).await?;
    } else {
        let listener = TcpListener::bind(address).await?;
        println!("{}", listener.local_addr()?);
        router.serve_with_incoming_shutdown(TcpListenerStream::new(listener), over).await?;
    }
    Ok(())
}
