//! Carries a journey from a request into a job: `cargo run -p instant-funnel-tower --example job`
#![allow(clippy::print_stdout, reason = "a program prints")]

use std::sync::mpsc;

use http::{Request, Response};
use instant_funnel::Funnel;
use instant_funnel_tower::{Carried, FunnelContext, FunnelLayer};
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A funnel that keeps what it would send; a service calls `Funnel::from_env`.
    let (funnel, recorder) = Funnel::recording();
    let (queue, jobs) = mpsc::channel();
    let service = FunnelLayer::new(funnel.clone()).layer(service_fn(move |request: Request<()>| {
        let context = FunnelContext::of(request.extensions());
        context.landing().record();
        let sent = queue.send(context.carry().to_string());
        async move { sent.map(|()| Response::new(())) }
    }));
    service.oneshot(Request::get("/").header("user-agent", "curl/8.5.0").body(())?).await?;

    let context = Carried::from(jobs.recv()?).resume(&funnel)?;
    context.provision("db").tier("anonymous").record();
    recorder.events().iter().for_each(|event| println!("{event}"));
    Ok(())
}
