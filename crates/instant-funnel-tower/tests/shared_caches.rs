//! An answer that hands out a journey is for one visitor.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail as its tests do")]

mod support;

use std::convert::Infallible;

use http::{HeaderName, Request, Response};
use instant_funnel_tower::{Consent, FunnelContext, FunnelLayer};
use tower::{ServiceExt, service_fn};
use tower_layer::Layer;

use self::support::{cookie, harness};

const PUBLIC: [(&str, &str); 2] =
    [("cache-control", "public, max-age=60, s-maxage=600"), ("cdn-cache-control", "max-age=600")];

/// An answer that any cache may keep, from a handler that takes a step or none.
async fn answer(layer: &FunnelLayer, request: Request<()>) -> Response<()> {
    let service = layer.layer(service_fn(async |request: Request<()>| {
        if request.uri().path() == "/landing" {
            FunnelContext::of(request.extensions()).landing().record();
        }
        let response =
            PUBLIC.iter().fold(Response::builder(), |response, (name, value)| response.header(*name, *value));
        Ok::<_, Infallible>(response.body(()).unwrap())
    }));
    service.oneshot(request).await.unwrap()
}

fn get(path: &str) -> Request<()> {
    Request::get(path).body(()).unwrap()
}

#[tokio::test]
async fn an_answer_that_sets_the_cookie_is_private() {
    let layer = harness().layer().journey_cookie(cookie());
    let response = answer(&layer, get("/landing")).await;
    assert!(response.headers().contains_key("set-cookie"));
    assert_eq!(response.headers()["cache-control"], "private, max-age=60");
    assert!(!response.headers().contains_key("cdn-cache-control"));
}

#[tokio::test]
async fn so_is_one_that_answers_in_the_header_or_removes_the_cookie() {
    let layer = harness().layer().journey_header(HeaderName::from_static("x-journey-id"));
    let response = answer(&layer, get("/landing")).await;
    assert!(response.headers().contains_key("x-journey-id"));
    assert_eq!(response.headers()["cache-control"], "private, max-age=60");

    let layer = harness().layer().journey_cookie(cookie());
    let first = answer(&layer, get("/landing")).await;
    let carried = support::pair(&first).unwrap();
    let request = Request::get("/").header("cookie", carried).body(()).unwrap();
    let response = answer(&layer.consent(|_| Consent::Denied), request).await;
    assert!(response.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(response.headers()["cache-control"], "private, max-age=60");
}

#[tokio::test]
async fn an_answer_that_hands_out_nothing_is_left_alone() {
    let layer = harness().layer().journey_cookie(cookie());
    for request in [get("/"), Request::get("/landing").header("purpose", "prefetch").body(()).unwrap()] {
        let response = answer(&layer, request).await;
        for (name, value) in PUBLIC {
            assert_eq!(response.headers()[name], value);
        }
    }
}

#[tokio::test]
async fn an_answer_that_can_hold_no_more_headers_is_left_as_it_is() {
    let layer =
        harness().layer().journey_cookie(cookie()).journey_header(HeaderName::from_static("x-journey-id"));
    let service = layer.layer(service_fn(async |request: Request<()>| {
        FunnelContext::of(request.extensions()).landing().record();
        let mut response = Response::new(());
        let mut names = (0..).map(|n| HeaderName::try_from(format!("x-{n}")).unwrap());
        while response.headers_mut().try_insert(names.next().unwrap(), 0.into()).is_ok() {}
        Ok::<_, Infallible>(response)
    }));
    let response = service.oneshot(get("/landing")).await.unwrap();
    assert!(!response.headers().contains_key("x-journey-id"));
}
