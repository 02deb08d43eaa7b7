//! HTTP middleware for [`instant_funnel`]: a tower layer for any service of [`http`] requests (axum, tonic, hyper).
//!
//! Two things ruin a funnel in a service: steps that carry different ids, so that nobody ever converts, and robots
//! counted as people. The layer sees to both once, before any handler runs, and hands each handler a
//! [`FunnelContext`] that records steps with everything filled in.
//!
//! | in an event | comes from | set up with |
//! |---|---|---|
//! | `journeyId` and how the journey began | your function, else a header, else a sealed cookie, else it begins here; never from a query string | [`journey_from`](FunnelLayer::journey_from), [`journey_header`](FunnelLayer::journey_header), [`journey_cookie`](FunnelLayer::journey_cookie) |
//! | `fingerprint` | the client's /24 or /48 and its ASN, under the funnel's pseudonym key | [`trusted_proxies`](FunnelLayer::trusted_proxies), [`asn_header`](FunnelLayer::asn_header), [`asn`](FunnelLayer::asn) |
//! | `actor` | the user agent, see [`classify`] | |
//! | `cohort` | `synthetic` for probers and for your own probes | [`synthetic_header`](FunnelLayer::synthetic_header) |
//!
//! # Getting started
//! ```
//! use http::{Request, Response};
//! use instant_funnel::testing::capture;
//! use instant_funnel_tower::{FunnelContext, FunnelLayer, JourneyCookie, SigningKey};
//! use tower::{Service, ServiceExt, service_fn};
//! use tower_layer::Layer;
//!
//! # tokio_test(async {
//! # let (funnel, recorder) = instant_funnel::Funnel::recording();
//! let layer = FunnelLayer::new(funnel).journey_cookie(JourneyCookie::new(SigningKey::new("k".repeat(32))?));
//! let service = layer.layer(service_fn(async |request: Request<()>| {
//!     let funnel = FunnelContext::of(request.extensions());
//!     funnel.provision("db").tier("anonymous").record();
//!     Ok::<_, std::convert::Infallible>(Response::new(()))
//! }));
//!
//! let response = service.oneshot(Request::get("/db").header("user-agent", "curl/8.5.0").body(())?).await?;
//! assert!(response.headers().contains_key("set-cookie")); // the journey, for the next step
//! recorder.events()[0].assert_step("provision").assert_attribute("actor", "agent_curl");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # });
//! # fn tokio_test(test: impl Future<Output = Result<(), Box<dyn std::error::Error>>>) {
//! #     tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test).unwrap();
//! # }
//! ```
//!
//! # Carrying a journey on
//! | hop | given |
//! |---|---|
//! | browser | [`JourneyCookie`] |
//! | agent, command line | [`journey_header`](FunnelLayer::journey_header), both ways |
//! | mail, link | [`SigningKey::seal`]; the handler that receives it [opens](SigningKey::open) it and calls [`adopt`](FunnelContext::adopt) |
//! | another service | [`JourneyHosts`]: a client layer, and a function over `HeaderMap` |
//! | queue, job | [`FunnelContext::carry`], [`Carried::resume`] |
//! | team, payment | [`FunnelContext::journey`] as text in a column; `paid` takes it back |
//!
//! # Frameworks
//! axum, tonic and hyper (through `hyper_util::service::TowerToHyperService`) take the layer as it is. For any other,
//! [`FunnelLayer::begin`] gives the context and a finisher that returns the headers to set. `examples/frameworks` has
//! actix-web, hyper and a tonic interceptor.
//!
//! # When things happen
//! A request that takes no step costs a look at its headers: no id is minted, no signature checked, no pseudonym
//! made, no cookie set. The first step of a request does that, and the answer carries what it minted.
//!
//! # Limitations
//! - A journey that is minted after the answer's head has left, by a step recorded while a body streams, is not
//!   carried. Take [`FunnelContext::journey`] before.
//! - Two first requests of one visitor at the same time mint two journeys; the later cookie stays.
//! - An answer that carries a journey, in a cookie or a header, is made `Cache-Control: private`.
//! - A page that a browser prepares before anybody opens it (`Sec-Purpose: prefetch`) mints no journey, and its landing is
//!   synthetic. If somebody then opens it, the browser asks for nothing, and there is no second landing.
//! - A user agent is what a client says it is. A robot that calls itself a browser is counted as a person.
//! - A function of yours that panics ends no request, except in a process that aborts on panic.
//! - A route that no layer wraps records nothing. The first context that is asked there logs a warning.
//!
//! # Privacy
//! The address is cut to its prefix as soon as it is read, lives as long as the request, and is written nowhere. The
//! cookie holds a random number, a time, and what kind of program came first. The user agent is read and not kept. No `Debug` form and no error shows a header, an
//! address or a setting. Without [consent](Consent::Denied) an event is joined to nothing.
//!
//! # Features
//! | feature | default | brings |
//! |---|---|---|
//! | `serde` | no | [`Carried`] as a serde string |
//! | `axum` | no | [`FunnelContext`] as an extractor that never refuses |

#![forbid(unsafe_code)]

mod actor;
#[cfg(feature = "axum")]
mod axum;
mod caller;
mod carried;
mod client;
mod consent;
mod context;
mod error;
mod expiry;
mod framework;
mod future;
mod head;
mod journey;
mod layer;
mod missing;
mod outgoing;
mod prefilled;
mod probe;
mod secret;
mod service;
mod settings;
mod speculation;
mod traceparent;

pub use instant_funnel::{Journey, OpenError, ShortSigningKey, SigningKey};

pub use self::actor::classify;
pub use self::carried::Carried;
pub use self::client::{ForwardingHeader, TrustedProxies};
pub use self::consent::Consent;
pub use self::context::FunnelContext;
pub use self::error::SettingError;
pub use self::framework::{FunnelFinisher, HeaderChange, Headers, IncomingRequest};
pub use self::future::ResponseFuture;
pub use self::head::RequestHead;
pub use self::journey::JourneyCookie;
pub use self::layer::FunnelLayer;
pub use self::outgoing::{JourneyClient, JourneyHosts};
pub use self::prefilled::Prefilled;
pub use self::secret::SharedSecret;
pub use self::service::FunnelService;
