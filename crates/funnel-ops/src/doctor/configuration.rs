//! Which backend, where to, with which key: and from which variable each came.

use std::path::PathBuf;

use super::types::{Check, Doctor, Findings, Target};

/// What `ANALYTICS_BACKEND` may be.
enum Chosen {
    None,
    Otlp,
    NewRelic,
}

/// A region of New Relic.
struct Region {
    name: &'static str,
    host: &'static str,
    /// What its licence keys begin with.
    prefix: &'static str,
}

const REGIONS: [Region; 4] = [
    Region { name: "eu", host: "otlp.eu01.nr-data.net", prefix: "eu" },
    Region { name: "gov", host: "gov-otlp.nr-data.net", prefix: "gov" },
    Region { name: "jp", host: "otlp.jp.nr-data.net", prefix: "jp" },
    Region { name: "us", host: "otlp.nr-data.net", prefix: "" },
];

/// The target of events, unless the configuration is broken.
pub(super) fn examine(doctor: &Doctor, findings: &mut Findings) -> Option<Target> {
    let chosen = match doctor.variable("ANALYTICS_BACKEND").map(str::to_ascii_lowercase).as_deref() {
        None | Some("noop" | "off" | "disabled" | "none") => Chosen::None,
        Some("otlp") => Chosen::Otlp,
        Some("newrelic" | "new-relic" | "nr" | "insights") => Chosen::NewRelic,
        Some(_) => {
            findings.add(Check::broken(
                "backend",
                "ANALYTICS_BACKEND does not name a backend, so nothing is sent",
                "set ANALYTICS_BACKEND to `newrelic` or `otlp`",
            ));
            return None;
        }
    };
    if doctor.variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        findings.add(Check::broken(
            "backend",
            "OTEL_SDK_DISABLED is true, so nothing is sent",
            "unset OTEL_SDK_DISABLED",
        ));
        return None;
    }
    let (new_relic, backend) = match chosen {
        Chosen::None => {
            let detail = "ANALYTICS_BACKEND is unset or `noop`, so nothing is sent";
            findings.add(Check::broken("backend", detail, "set ANALYTICS_BACKEND to `newrelic` or `otlp`"));
            return None;
        }
        Chosen::Otlp => (false, "otlp, from ANALYTICS_BACKEND"),
        Chosen::NewRelic => (true, "newrelic, from ANALYTICS_BACKEND"),
    };
    findings.add(Check::fine("backend", backend));
    let grpc = protocol(doctor);
    let (url, source) = endpoint(doctor, new_relic, grpc);
    let to_new_relic = new_relic || host(&url).ends_with("nr-data.net");
    if !findings.add(key(doctor, new_relic, to_new_relic, &url))
        || !findings.add(address(&url, source, grpc, to_new_relic))
    {
        return None;
    }
    let journal = doctor.variable("ANALYTICS_JOURNAL_DIR").map(PathBuf::from);
    Some(Target { url, source, grpc, new_relic: to_new_relic, headers: headers(doctor, new_relic), journal })
}

fn protocol(doctor: &Doctor) -> bool {
    let names =
        ["ANALYTICS_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
    doctor.first(&names).is_some_and(|(_, protocol)| protocol == "grpc")
}

fn endpoint(doctor: &Doctor, new_relic: bool, grpc: bool) -> (String, &'static str) {
    let base = |url: &str| {
        let url = url.trim_end_matches('/');
        if grpc { url.to_owned() } else { format!("{url}/v1/logs") }
    };
    if let Some(url) = doctor.variable("ANALYTICS_OTLP_ENDPOINT") {
        let has_path =
            url.split_once("://").is_some_and(|(_, rest)| rest.trim_end_matches('/').contains('/'));
        let url = if has_path { url.to_owned() } else { base(url) };
        return (url, "ANALYTICS_OTLP_ENDPOINT");
    }
    if let Some(url) = doctor.variable("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT") {
        return (url.to_owned(), "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT");
    }
    if let Some(url) = doctor.variable("OTEL_EXPORTER_OTLP_ENDPOINT") {
        return (base(url), "OTEL_EXPORTER_OTLP_ENDPOINT");
    }
    if new_relic {
        let region = wanted_region(doctor);
        return (base(&format!("https://{}", region.host)), "NEW_RELIC_REGION");
    }
    (base(if grpc { "http://localhost:4317" } else { "http://localhost:4318" }), "the default")
}

fn wanted_region(doctor: &Doctor) -> &'static Region {
    let named = doctor.variable("NEW_RELIC_REGION").map(str::to_ascii_lowercase);
    let by_name = REGIONS.iter().find(|region| named.as_deref() == Some(region.name));
    by_name.or_else(|| doctor.variable("NEW_RELIC_LICENSE_KEY").map(region_of_key)).unwrap_or(&REGIONS[3])
}

fn region_of_key(key: &str) -> &'static Region {
    REGIONS
        .iter()
        .find(|region| !region.prefix.is_empty() && key.starts_with(region.prefix))
        .unwrap_or(&REGIONS[3])
}

fn headers(doctor: &Doctor, new_relic: bool) -> Vec<(String, String)> {
    let names = ["ANALYTICS_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_LOGS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
    let mut headers: Vec<(String, String)> = doctor
        .first(&names)
        .map(|(_, text)| text)
        .unwrap_or("")
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    if let (true, Some(key)) = (new_relic, doctor.variable("NEW_RELIC_LICENSE_KEY")) {
        headers.retain(|(name, _)| name != "api-key");
        headers.push(("api-key".to_owned(), key.to_owned()));
    }
    headers
}

fn key(doctor: &Doctor, new_relic: bool, to_new_relic: bool, url: &str) -> Check {
    let own = doctor.variable("NEW_RELIC_LICENSE_KEY");
    let sent =
        headers(doctor, new_relic).into_iter().find(|(name, _)| name == "api-key").map(|(_, value)| value);
    let Some(key) = sent else {
        if !to_new_relic {
            return Check::fine("key", "none is needed");
        }
        let remedy = if doctor.variable("NEW_RELIC_API_KEY").is_some() {
            "put a licence key into NEW_RELIC_LICENSE_KEY; NEW_RELIC_API_KEY is another kind of key and is not used"
        } else {
            "set NEW_RELIC_LICENSE_KEY to a licence key (ingest) of the account"
        };
        return Check::broken("key", "no licence key is set, so every event is dropped as nil_app", remedy);
    };
    let source = if own.is_some() { "NEW_RELIC_LICENSE_KEY" } else { "the header api-key" };
    if !to_new_relic {
        return Check::fine("key", format!("from {source}, not checked: the endpoint is not New Relic"));
    }
    if key.starts_with("NRAK-") {
        let remedy = "take a licence key (type INGEST - LICENSE) from New Relic's API keys page";
        return Check::broken(
            "key",
            format!("{source} contains a user key (NRAK-…), which cannot send data"),
            remedy,
        );
    }
    if key.starts_with("NRII-") || key.starts_with("NRIQ-") || key.starts_with("NRJS-") {
        let remedy = "take a licence key (type INGEST - LICENSE) from New Relic's API keys page";
        return Check::broken("key", format!("{source} contains an insert, query or browser key"), remedy);
    }
    let (of_key, of_url) = (region_of_key(&key), REGIONS.iter().find(|region| host(url) == region.host));
    if let Some(of_url) = of_url.filter(|of_url| of_url.name != of_key.name) {
        return Check::broken(
            "key",
            format!(
                "the key in {source} belongs to the region {}, but the endpoint is in the region {}",
                of_key.name, of_url.name
            ),
            format!("set NEW_RELIC_REGION to `{}`, or use a key for the endpoint's region", of_key.name),
        );
    }
    Check::fine(
        "key",
        format!("a licence key of the region {}, {} characters, from {source}", of_key.name, key.len()),
    )
}

fn address(url: &str, source: &str, grpc: bool, to_new_relic: bool) -> Check {
    let name = "endpoint";
    let shown = shown(url);
    let Some((scheme, rest)) = url.split_once("://") else {
        return Check::broken(
            name,
            format!("{source} is not a URL"),
            format!("start {source} with https://"),
        );
    };
    if scheme != "http" && scheme != "https" {
        return Check::broken(
            name,
            format!("{source} begins with {scheme}://"),
            format!("start {source} with https://"),
        );
    }
    if scheme == "http" && to_new_relic {
        return Check::broken(
            name,
            format!("{shown} does not use TLS, which New Relic requires"),
            format!("start {source} with https://"),
        );
    }
    let (authority, path) = rest.split_once('/').map_or((rest, ""), |(authority, path)| (authority, path));
    if !grpc && path.matches("v1/logs").count() > 1 {
        let remedy = format!("remove /v1/logs from the end of {source}: it is added automatically");
        return Check::broken(name, format!("{shown} has /v1/logs twice"), remedy);
    }
    if !grpc && !path.trim_end_matches('/').ends_with("v1/logs") {
        let remedy = format!("add /v1/logs to the end of {source}: this URL is used unchanged");
        return Check::broken(name, format!("{shown} has no /v1/logs"), remedy);
    }
    let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    if !grpc && port == Some(4317) {
        let remedy = format!("give port 4318 in {source}, or set OTEL_EXPORTER_OTLP_PROTOCOL to `grpc`");
        return Check::broken(name, format!("{shown} is the gRPC port, but the protocol is HTTP"), remedy);
    }
    if grpc && port == Some(4318) {
        let remedy =
            format!("give port 4317 in {source}, or set OTEL_EXPORTER_OTLP_PROTOCOL to `http/protobuf`");
        return Check::broken(name, format!("{shown} is the HTTP port, but the protocol is gRPC"), remedy);
    }
    Check::fine(name, format!("{shown}, from {source}"))
}

/// An address without credentials and query.
pub(super) fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let rest = rest.split_once('@').filter(|(user, _)| !user.contains('/')).map_or(rest, |(_, rest)| rest);
    format!("{scheme}://{rest}")
}

pub(super) fn host(url: &str) -> String {
    let authority = crate::client::host(url);
    authority
        .rsplit_once(':')
        .filter(|(_, port)| port.parse::<u16>().is_ok())
        .map_or(authority.clone(), |(host, _)| host.to_owned())
}

/// Whether a filter of logs takes the events that come through the layer.
pub(super) fn filters(doctor: &Doctor) -> Check {
    let name = "filters";
    let Some(filter) = doctor.variable("RUST_LOG") else {
        return Check::fine(name, "RUST_LOG is unset");
    };
    let level = |word: &str| matches!(word.trim().to_ascii_lowercase().as_str(), "info" | "debug" | "trace");
    let passes = filter.split(',').any(|directive| match directive.split_once('=') {
        Some((target, given)) => target.trim().starts_with("instant_funnel") && level(given),
        None => {
            level(directive)
                || !matches!(directive.trim().to_ascii_lowercase().as_str(), "off" | "error" | "warn")
        }
    });
    if passes {
        return Check::fine(name, "RUST_LOG lets events of the level INFO pass");
    }
    Check::warning(
        name,
        "RUST_LOG hides what is below WARN; a global filter hides the layer's events too, which are INFO",
        "record with the typed API, or give the filter to the other layers alone (`fmt::layer().with_filter(…)`)",
    )
}
