use tonic::{Request, Response, Status};

use crate::protocol::{CreateReply, CreateRequest, databases_server};

/// The service.
#[derive(Debug, Clone, Copy)]
pub struct Provisioner;

#[tonic::async_trait]
impl databases_server::Databases for Provisioner {
    async fn create(&self, _: Request<CreateRequest>) -> Result<Response<CreateReply>, Status> {
        Ok(Response::new(CreateReply {}))
    }
}
