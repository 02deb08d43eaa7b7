//! The service put together.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::HeaderName;
use axum::middleware::from_fn;
use instant_funnel::Funnel;
use instant_funnel_tower::{
    Consent, ForwardingHeader, FunnelLayer, JourneyCookie, SettingError, SharedSecret, SigningKey,
    TrustedProxies,
};
use prometheus::Registry;
use tokio::net::TcpListener;

use crate::access_log::access_log;
use crate::config::Config;
use crate::mail::Mailer;
use crate::routes;
use crate::secret::Secret;
use crate::store::Store;

/// What every handler shares.
#[derive(Clone)]
pub struct App {
    pub(crate) store: Store,
    pub(crate) signing: SigningKey,
    pub(crate) billing: Secret,
    pub(crate) public_url: String,
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) registry: Registry,
    funnel: FunnelLayer,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database does not answer.
    #[error("DATABASE_URL: {0}")]
    Database(#[from] sqlx::Error),
    /// A setting of the funnel's layer.
    #[error(transparent)]
    Layer(#[from] SettingError),
}

impl App {
    /// Opens the database and sets the layer up. `registry` is what `/metrics` shows.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn new(
        config: &Config,
        funnel: Funnel,
        registry: Registry,
        mailer: Arc<dyn Mailer>,
    ) -> Result<Self, StartError> {
        let signing = SigningKey::new(config.signing.bytes()).map_err(SettingError::from)?;
        Ok(Self {
            funnel: layer(config, &signing, funnel)?,
            store: Store::open(&config.database_url).await?,
            signing,
            billing: config.billing.clone(),
            public_url: config.public_url.clone(),
            mailer,
            registry,
        })
    }

    /// The whole service as a router.
    pub fn router(&self) -> Router {
        let public = routes::public().layer(self.funnel.clone());
        public.merge(routes::operations()).layer(from_fn(access_log)).with_state(self.clone())
    }

    /// Serves until `stop` is ready, then answers what is under way and closes the database.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let service = self.router().into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, service).with_graceful_shutdown(stop).await?;
        self.store.close().await;
        Ok(())
    }
}

fn layer(config: &Config, signing: &SigningKey, funnel: Funnel) -> Result<FunnelLayer, SettingError> {
    let cookie = JourneyCookie::new(signing.clone()).secure(config.secure_cookies);
    let mut layer = FunnelLayer::new(funnel)
        .journey_cookie(cookie)
        .journey_header(HeaderName::from_static("x-journey-id"))
        .consent(Consent::unless_opted_out)
        .peer(|head| Some(head.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip()));
    if !config.trusted_proxies.is_empty() {
        let networks = config.trusted_proxies.iter().map(String::as_str);
        layer = layer.trusted_proxies(TrustedProxies::networks(ForwardingHeader::XForwardedFor, networks)?);
    }
    if let Some(secret) = &config.synthetic {
        layer = layer
            .synthetic_header(HeaderName::from_static("x-synthetic"), SharedSecret::new(secret.bytes())?);
    }
    Ok(layer)
}
