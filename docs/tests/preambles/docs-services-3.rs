use std::net::SocketAddr;

use axum::http::{HeaderName, HeaderValue, Method};
use axum::{Router, routing::post};
use instant_funnel::Funnel;
use instant_funnel_tower::{FunnelContext, FunnelLayer, JourneyCookie};
use tower_http::cors::CorsLayer;

async fn first_touch(funnel: FunnelContext) { funnel.landing().record(); }
let (funnel, cookie): (Funnel, JourneyCookie) = todo!();
let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
