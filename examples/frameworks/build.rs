//! The gRPC service, described here so that no `protoc` is needed.

use tonic_build::manual::{Builder, Method, Service};

fn main() {
    let create = Method::builder()
        .name("create")
        .route_name("Create")
        .input_type("crate::protocol::CreateRequest")
        .output_type("crate::protocol::CreateReply")
        .codec_path("tonic_prost::ProstCodec")
        .build();
    let service = Service::builder().name("Databases").package("example").method(create).build();
    Builder::new().compile(&[service]);
}
