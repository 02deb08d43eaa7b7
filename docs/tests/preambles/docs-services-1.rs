use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::{Router, routing::post};
use instant_funnel::Funnel;
use instant_funnel_tower::{ForwardingHeader, FunnelLayer, JourneyCookie, SigningKey, TrustedProxies};

async fn create_db() {}
let registry = prometheus::Registry::new();
let secret = vec![0u8; 32];
let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
