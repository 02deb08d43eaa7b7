//! A service with a funnel of its own. `shop.rs` is generated from `shop.toml`.

#![allow(clippy::print_stdout, dead_code, unreachable_pub, reason = "an example, and generated code")]

mod shop;

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use instant_funnel::{Funnel, SigningKey};
use instant_funnel_tower::{FunnelContext, FunnelLayer, JourneyCookie};

use self::shop::{Activate, CONTRACT, Plan, Signup, Subscribe, Visit};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let funnel = Funnel::builder().service_name("shop").with_env().contract(&CONTRACT).build()?;
    let cookie = JourneyCookie::new(SigningKey::new(std::env::var("SHOP_KEY")?)?);
    let app = Router::new()
        .route("/from/{channel}", get(visit))
        .route("/signup", post(signup))
        .route("/activate", post(activate))
        .route("/subscribe/{amount}", post(subscribe))
        .layer(FunnelLayer::new(funnel).journey_cookie(cookie));
    let address = std::env::var("SHOP_ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

async fn visit(who: FunnelContext, Path(channel): Path<String>) {
    who.take(Visit::new().channel(&channel)).record();
}

async fn signup(who: FunnelContext) {
    who.take(Signup::new()).record();
}

async fn activate(who: FunnelContext) {
    who.take(Activate::new().plan(Plan::Trial)).record();
}

async fn subscribe(who: FunnelContext, Path(amount): Path<i64>) {
    who.take(Subscribe::new().plan(Plan::Pro).amount(amount)).record();
}
