//! The calls that a client makes, and what came of each.

use std::time::Duration as Time;

use futures_util::StreamExt;
use futures_util::future::join_all;
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

use crate::proto::peer_client::PeerClient;
use crate::proto::{Duration, Nothing, Order, Payload, Status as Wanted};
use crate::server::LARGEST;

type Client = PeerClient<Channel>;

const BIG: usize = 16 << 20;
const MANY: i32 = 1000;

/// One JSON object: the outcome of each call by its name.
pub async fn all(address: &str, left: i32) -> Result<Value, Box<dyn std::error::Error>> {
    let client = PeerClient::new(connect(address).await?)
        .max_decoding_message_size(LARGEST)
        .max_encoding_message_size(LARGEST);
    let mut found = Map::new();
    found.insert("echo".into(), echo(client.clone(), 5).await);
    found.insert("empty".into(), echo(client.clone(), 0).await);
    found.insert("big".into(), echo(client.clone(), BIG).await);
    found.insert("status".into(), status(client.clone()).await);
    found.insert("missing".into(), missing(client.clone()).await);
    found.insert("deadline".into(), deadline(client.clone()).await);
    found.insert("cancel".into(), cancel(client.clone()).await);
    found.insert("download".into(), download(client.clone(), None).await);
    let end = Wanted { code: Code::NotFound as i32, message: "no more".into() };
    found.insert("download fails".into(), download(client.clone(), Some(end)).await);
    found.insert("download left".into(), leave(client.clone()).await);
    found.insert("upload".into(), upload(client.clone()).await);
    found.insert("chat".into(), chat(client.clone()).await);
    found.insert("at once".into(), at_once(client.clone()).await);
    found.insert("given up".into(), given_up(client, left).await);
    Ok(Value::Object(found))
}

async fn connect(address: &str) -> Result<Channel, Box<dyn std::error::Error>> {
    let Some(path) = address.strip_prefix("unix:").map(str::to_owned) else {
        return Ok(Endpoint::from_shared(format!("http://{address}"))?.connect().await?);
    };
    let connector = tower::service_fn(move |_| {
        let path = path.clone();
        async move { Ok::<_, std::io::Error>(TokioIo::new(UnixStream::connect(path).await?)) }
    });
    // The address is never looked up, but its words are what the server sees.
    Ok(Endpoint::from_static("http://localhost").connect_with_connector(connector).await?)
}

fn failed(status: Status) -> Value {
    json!({"code": status.code() as i32, "message": status.message()})
}

fn payload(size: usize) -> Payload {
    Payload { data: vec![b'x'; size] }
}

async fn echo(mut client: Client, size: usize) -> Value {
    match client.echo(payload(size)).await {
        Ok(answer) => json!({"size": answer.into_inner().data.len()}),
        Err(status) => failed(status),
    }
}

async fn status(mut client: Client) -> Value {
    let wanted = Wanted { code: Code::NotFound as i32, message: "gone: ü 100 %\n".into() };
    client.fail(wanted).await.map_or_else(failed, |_| json!("no failure"))
}

async fn missing(mut client: Client) -> Value {
    match client.missing(Nothing {}).await {
        Ok(_) => json!("no failure"),
        Err(status) => json!({"code": status.code() as i32}),
    }
}

/// tonic gives up by its own clock and then says CANCELLED; the header tells the server.
async fn deadline(mut client: Client) -> Value {
    let mut request = Request::new(Duration { milliseconds: 60_000 });
    request.metadata_mut().insert("grpc-timeout", "300m".parse().expect("a timeout"));
    match client.wait(request).await {
        Ok(_) => json!("no failure"),
        Err(status) => json!({"code": status.code() as i32}),
    }
}

async fn cancel(mut client: Client) -> Value {
    let call = client.wait(Duration { milliseconds: 60_000 });
    let waited = tokio::time::timeout(Time::from_millis(300), call).await;
    json!({"gone": waited.is_err()})
}

async fn download(mut client: Client, end: Option<Wanted>) -> Value {
    let mut stream = match client.download(Order { count: MANY, size: 4096, end }).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => return failed(status),
    };
    let (mut count, mut size) = (0, 0);
    loop {
        match stream.message().await {
            Ok(Some(item)) => (count, size) = (count + 1, size + item.data.len()),
            Ok(None) => return json!({"count": count, "size": size}),
            Err(status) => {
                return json!({"count": count, "code": status.code() as i32, "message": status.message()});
            }
        }
    }
}

async fn leave(mut client: Client) -> Value {
    let order = Order { count: 0, size: 65_536, end: None };
    match client.download(order).await {
        Ok(answer) => json!({"count": answer.into_inner().take(3).count().await}),
        Err(status) => failed(status),
    }
}

async fn upload(mut client: Client) -> Value {
    let payloads = futures_util::stream::iter((0..MANY).map(|_| payload(4096)));
    match client.upload(payloads).await {
        Ok(answer) => {
            let sum = answer.into_inner();
            json!({"count": sum.count, "size": sum.size})
        }
        Err(status) => failed(status),
    }
}

/// Each payload waits for the answer to the one before.
async fn chat(mut client: Client) -> Value {
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    if sender.send(payload(1)).await.is_err() {
        return json!("no stream");
    }
    let requests = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let mut answers = match client.chat(requests).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => return failed(status),
    };
    let mut sizes = vec![];
    let mut sender = Some(sender);
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(item) => sizes.push(item.data.len()),
            Err(status) => return failed(status),
        }
        if sizes.len() == 100 {
            sender = None;
        } else if let Some(open) = &sender {
            let _ = open.send(payload(sizes.len() + 1)).await;
        }
    }
    json!({"count": sizes.len(), "size": sizes.iter().sum::<usize>()})
}

async fn at_once(client: Client) -> Value {
    let calls = (1..=200).map(|size| echo(client.clone(), size));
    let answers = join_all(calls).await;
    let right = answers.iter().zip(1..).filter(|(a, size)| a["size"] == json!(size)).count();
    json!({"right": right})
}

/// Whether the server has noticed that at least so many calls were given up.
async fn given_up(mut client: Client, wanted: i32) -> Value {
    let mut seen = 0;
    for _ in 0..100 {
        match client.ended(Nothing {}).await {
            Ok(answer) => seen = answer.into_inner().count,
            Err(status) => return failed(status),
        }
        if seen >= wanted {
            break;
        }
        tokio::time::sleep(Time::from_millis(50)).await;
    }
    json!({"seen": seen})
}
