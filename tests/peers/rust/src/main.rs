//! A peer on tonic and h2, for tests: serves the service of `peer.proto`, or calls one.
//!
//! `strict-peer serve ADDRESS` listens until its standard input ends; the first line out is the
//! address. `strict-peer call ADDRESS LEFT` makes the calls of `calls.rs` and prints one JSON object;
//! LEFT is how many of them the server can notice to be given up. ADDRESS is `host:port` or `unix:/path`.

mod calls;
mod server;

pub mod proto {
    tonic::include_proto!("peer.v1");
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", address] => server::serve(address).await,
        ["call", address, left] => {
            println!("{}", calls::all(address, left.parse()?).await?);
            Ok(())
        }
        _ => Err("usage: strict-peer serve ADDRESS | call ADDRESS LEFT".into()),
    }
}
