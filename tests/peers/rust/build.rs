//! Client and server from the proto beside this folder; protox needs no protoc.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=../peer.proto");
    let descriptors = protox::compile(["peer.proto"], [".."])?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    Ok(())
}
