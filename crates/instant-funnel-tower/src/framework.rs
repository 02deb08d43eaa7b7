//! Support for frameworks that do not use this version of the `http` crate.

use std::mem::ManuallyDrop;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, header::SET_COOKIE};

use crate::context::FunnelContext;
use crate::head::RequestHead;
use crate::layer::FunnelLayer;

const GPC: HeaderName = HeaderName::from_static("sec-gpc");
/// What speaks of consent.
const CONSENT: [HeaderName; 2] = [GPC, HeaderName::from_static("dnt")];

/// The headers of a request or an answer, in whatever form a framework has them.
///
/// ```
/// use instant_funnel_tower::Headers;
///
/// struct Mine(Vec<(String, Vec<u8>)>);
///
/// impl Headers for Mine {
///     fn each(&self, line: &mut dyn FnMut(&str, &[u8])) {
///         self.0.iter().for_each(|(name, value)| line(name, value));
///     }
/// }
/// ```
pub trait Headers {
    /// Hands each line to `line`: its name, in any letter case, and its value. A header with several lines comes several
    /// times, in their order.
    fn each(&self, line: &mut dyn FnMut(&str, &[u8]));
}

impl Headers for HeaderMap {
    fn each(&self, line: &mut dyn FnMut(&str, &[u8])) {
        self.iter().for_each(|(name, value)| line(name.as_str(), value.as_bytes()));
    }
}

macro_rules! pairs {
    ($($(#[$doc:meta])* [$($constant:tt)*] $pairs:ty,)+) => {
        $($(#[$doc])*
        impl<N: AsRef<str>, V: AsRef<[u8]>, $($constant)*> Headers for $pairs {
            fn each(&self, line: &mut dyn FnMut(&str, &[u8])) {
                self.iter().for_each(|(name, value)| line(name.as_ref(), value.as_ref()));
            }
        })+
    };
}

pairs! {
    [] &[(N, V)],
    [] Vec<(N, V)>,
    [const LINES: usize] [(N, V); LINES],
}

/// A request as any framework can tell it.
#[derive(Clone, Copy)]
pub struct IncomingRequest<'a> {
    /// `GET`, `POST`, ….
    pub method: &'a str,
    /// Without the query string, which is nobody's business here.
    pub path: &'a str,
    /// All headers.
    pub headers: &'a dyn Headers,
    /// Where the connection comes from.
    pub peer: Option<IpAddr>,
}

impl std::fmt::Debug for IncomingRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IncomingRequest").finish_non_exhaustive()
    }
}

/// What is left to do when the handler has answered. Dropped, a journey that began in the request is not carried.
#[derive(Debug)]
#[must_use = "the answer needs what `finish` returns"]
pub struct FunnelFinisher(FunnelContext);

/// One change to the headers of an answer. Names are in lower case.
#[derive(Clone, PartialEq, Eq)]
pub enum HeaderChange {
    /// Sets the header, over all its lines.
    Set(String, String),
    /// Adds a line: `set-cookie` may have others.
    Append(String, String),
    /// Removes the header.
    Remove(String),
}

/// For a framework that takes the lines of a header out and puts single lines in:
///
/// ```
/// use instant_funnel_tower::HeaderChange;
///
/// fn apply(change: &HeaderChange, headers: &mut Vec<(String, String)>) {
///     if let Some(name) = change.removed() {
///         headers.retain(|(other, _)| other != name);
///     }
///     headers.extend(change.added().map(|(name, value)| (name.to_owned(), value.to_owned())));
/// }
/// # let mut headers = vec![("a".to_owned(), "1".to_owned())];
/// # apply(&HeaderChange::Set("a".to_owned(), "2".to_owned()), &mut headers);
/// # assert_eq!(headers, [("a".to_owned(), "2".to_owned())]);
/// ```
impl HeaderChange {
    /// The header whose lines are taken out, before the new one comes in.
    #[must_use]
    pub fn removed(&self) -> Option<&str> {
        match self {
            Self::Set(name, _) | Self::Remove(name) => Some(name),
            Self::Append(..) => None,
        }
    }

    /// The line that comes in: name and value.
    #[must_use]
    pub fn added(&self) -> Option<(&str, &str)> {
        match self {
            Self::Set(name, value) | Self::Append(name, value) => Some((name, value)),
            Self::Remove(_) => None,
        }
    }
}

/// Privacy: shows names and no value.
impl std::fmt::Debug for HeaderChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, name) = match self {
            Self::Set(name, _) => ("Set", name),
            Self::Append(name, _) => ("Append", name),
            Self::Remove(name) => ("Remove", name),
        };
        f.debug_tuple(kind).field(name).finish()
    }
}

impl FunnelLayer {
    /// What the layer does with a request, for a framework that does not use tower: the context for the handler, and
    /// what to do with the answer.
    ///
    /// ```
    /// use instant_funnel::Funnel;
    /// use instant_funnel_tower::{FunnelLayer, HeaderChange, IncomingRequest};
    ///
    /// let layer = FunnelLayer::new(Funnel::noop());
    /// let headers = [("user-agent", "curl/8.5.0")];
    /// let request = IncomingRequest { method: "GET", path: "/start", headers: &headers, peer: None };
    /// # fn set(_: HeaderChange) {}
    ///
    /// let (context, finisher) = layer.begin(&request);
    /// context.landing().record(); // what the handler does
    /// let answer = [("cache-control", "max-age=60")]; // the headers that the handler's answer has
    /// finisher.finish(&answer).into_iter().for_each(set);
    /// ```
    pub fn begin(&self, request: &IncomingRequest<'_>) -> (FunnelContext, FunnelFinisher) {
        let headers = read(request.headers);
        let method = Method::from_bytes(request.method.as_bytes()).unwrap_or_default();
        let mut extensions = Extensions::new();
        if let Some(peer) = request.peer {
            extensions.insert(peer);
        }
        let head = RequestHead::new(&method, request.path, &headers, &extensions);
        let context = self.context(&head);
        (context.clone(), FunnelFinisher(context))
    }
}

impl FunnelFinisher {
    /// The changes that the answer needs, in order, given the headers that it has so far. None for most answers.
    #[must_use]
    pub fn finish(self, answer: &(impl Headers + ?Sized)) -> Vec<HeaderChange> {
        let mut before = read(answer);
        // The answer's own cookies stay; ours come behind them.
        before.remove(SET_COOKIE);
        let mut after = before.clone();
        self.0.finish(&mut after);
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let gone = before.keys().filter(|name| !after.contains_key(*name));
        let mut changes: Vec<_> = gone.map(|name| HeaderChange::Remove(name.as_str().to_owned())).collect();
        for name in after.keys().filter(|name| **name != SET_COOKIE) {
            if after.get_all(name) != before.get_all(name)
                && let Some(value) = after.get(name)
            {
                changes.push(HeaderChange::Set(name.as_str().to_owned(), text(value)));
            }
        }
        let cookies = after.get_all(SET_COOKIE).iter();
        changes.extend(cookies.map(|line| HeaderChange::Append("set-cookie".to_owned(), text(line))));
        changes
    }
}

/// A line whose name HTTP does not allow is left out; if it speaks of consent, it is a no. Where lines are missing, because
/// there are too many or a function panicked, none is believed: the missing one may be the proxy's own.
fn read(headers: &(impl Headers + ?Sized)) -> HeaderMap {
    let mut map = HeaderMap::new();
    let (mut is_whole, mut doubt) = (true, false);
    let read = catch_unwind(AssertUnwindSafe(|| {
        headers.each(&mut |name, value| match HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) => is_whole &= allowed(value).is_some_and(|value| map.try_append(name, value).is_ok()),
            Err(_) => doubt |= CONSENT.iter().any(|of| name.trim().eq_ignore_ascii_case(of.as_str())),
        });
    }));
    if let Err(payload) = read {
        // Dropping what a panic carries can panic.
        let _ = ManuallyDrop::new(payload);
        is_whole = false;
    }
    if !is_whole {
        map.clear();
    }
    if doubt || !is_whole {
        map.insert(GPC, HeaderValue::from_static("1"));
    }
    map
}

/// The value without the white space around it, which is not part of it (RFC 9110, 5.5). Each byte that HTTP does not allow
/// is replaced by one that is part of no address, no cookie of ours and no word: left out, the line would take with it what
/// a proxy has added to it.
fn allowed(value: &[u8]) -> Option<HeaderValue> {
    const ODD: u8 = 0xff;
    let is_allowed = |byte: u8| byte == b'\t' || (byte >= b' ' && byte != 0x7f);
    let bytes: Vec<u8> = value.iter().map(|byte| if is_allowed(*byte) { *byte } else { ODD }).collect();
    HeaderValue::from_bytes(bytes.trim_ascii()).ok()
}
