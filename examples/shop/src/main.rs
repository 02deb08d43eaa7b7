//! A service with a funnel of its own. `shop.rs` is generated from `shop.toml`.

#![allow(clippy::print_stdout, dead_code, unreachable_pub, reason = "an example, and generated code")]

mod shop;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use instant_funnel::{Funnel, SigningKey};
use instant_funnel_tower::{FunnelContext, FunnelLayer, JourneyCookie};
use shop::{Activate, CONTRACT, Plan, Signup, Subscribe, Visit};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let funnel = Funnel::builder().service_name("shop").with_env().contract(&CONTRACT).build()?;
    let cookie = JourneyCookie::new(SigningKey::new(std::env::var("SHOP_KEY")?)?);
    let app = Router::new()
        .route("/from/{channel}", get(visit))
        .route("/signup", post(signup))
        .route("/activate", post(activate))
        .route("/subscribe/{amount}", post(subscribe))
        .layer(FunnelLayer::new(funnel.clone()).journey_cookie(cookie))
        .with_state(funnel);
    let address = std::env::var("SHOP_ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

async fn visit(State(funnel): State<Funnel>, who: FunnelContext, Path(channel): Path<String>) {
    funnel.record(Visit::new().channel(&channel).journey(who.journey()).actor(who.actor()));
}

async fn signup(State(funnel): State<Funnel>, who: FunnelContext) {
    funnel.record(Signup::new().journey(who.journey()).actor(who.actor()));
}

async fn activate(State(funnel): State<Funnel>, who: FunnelContext) {
    funnel.record(Activate::new().plan(Plan::Trial).journey(who.journey()).actor(who.actor()));
}

async fn subscribe(State(funnel): State<Funnel>, who: FunnelContext, Path(amount): Path<i64>) {
    let event = Subscribe::new().plan(Plan::Pro).amount(amount);
    funnel.record(event.journey(who.journey()).actor(who.actor()));
}
