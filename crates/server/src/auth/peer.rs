//! Where a request comes from.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

/// Fields that a proxy adds.
const PROXY: [&str; 4] = ["x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded"];

/// The address of the client: of the connection, or, where a proxy before the service is trusted, the one it saw,
/// which is the last that `X-Forwarded-For` names.
pub(crate) fn address(parts: &Parts, forwarded: bool) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    if !forwarded {
        return peer;
    }
    let last = parts.headers.get_all("x-forwarded-for").iter().next_back();
    let Some(last) = last else { return peer };
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok().map(|address: IpAddr| address.to_canonical())
}

/// What requests from one place have in common: the address, of IPv6 the network of one site.
pub(crate) fn place(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// Whether a request comes from this machine and is meant for it: a page of elsewhere, whose name was made to lead here,
/// gives its own name as the host. What a proxy passes on is local only where the proxy is trusted and says so.
pub(crate) fn is_local(parts: &Parts, forwarded: bool) -> bool {
    let is_passed_on = PROXY.iter().any(|field| parts.headers.contains_key(*field));
    address(parts, forwarded).is_some_and(|address| address.is_loopback())
        && is_passed_on == forwarded
        && (!forwarded || parts.headers.contains_key(PROXY[0]))
        && host(parts).is_some_and(|host| is_loopback_name(name_of(host)))
}

/// The host that a request is for, with its port if it has one.
pub(crate) fn host(parts: &Parts) -> Option<&str> {
    let named = host_of(&parts.headers);
    match (parts.uri.authority(), named) {
        (Some(authority), Some(named)) if authority.as_str() != named => None,
        (Some(authority), _) => Some(authority.as_str()),
        (None, named) => named,
    }
}

/// The one `Host` field; `None` where there is none, or more than one.
fn host_of(headers: &HeaderMap) -> Option<&str> {
    let mut fields = headers.get_all(header::HOST).iter();
    let one = fields.next()?;
    if fields.next().is_some() { None } else { one.to_str().ok() }
}

/// A host without its port.
pub(crate) fn name_of(host: &str) -> &str {
    if let Some(end) = host.starts_with('[').then(|| host.find(']')).flatten() {
        return &host[..=end];
    }
    host.split_once(':').map_or(host, |(name, _)| name)
}

/// Whether a host name stands for this machine (RFC 6761, 6.3).
pub(crate) fn is_loopback_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    if name == "localhost" || name.ends_with(".localhost") {
        return true;
    }
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(&name);
    bare.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(peer: &str, fields: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().uri("/v1/me");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 5_000)));
        parts
    }

    #[test]
    fn names_of_this_machine_are_known() {
        for host in
            ["localhost", "localhost:8080", "LOCALHOST.", "127.0.0.1:8080", "127.9.9.9", "[::1]:80", "a.localhost"]
        {
            assert!(is_loopback_name(name_of(host)), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "0.0.0.0",
            "[::]",
            "10.0.0.1",
            "2130706433",
            "127.1",
        ] {
            assert!(!is_loopback_name(name_of(host)), "{host}");
        }
    }

    #[test]
    fn a_name_made_to_lead_here_is_not_local() {
        assert!(is_local(&parts("127.0.0.1", &[("host", "localhost:8080")]), false));
        assert!(is_local(&parts("::ffff:127.0.0.1", &[("host", "[::1]:8080")]), false));
        assert!(!is_local(&parts("127.0.0.1", &[("host", "rebound.example:8080")]), false));
        assert!(!is_local(&parts("127.0.0.1", &[]), false));
        assert!(!is_local(&parts("127.0.0.1", &[("host", "localhost"), ("host", "evil.example")]), false));
        assert!(!is_local(&parts("192.0.2.1", &[("host", "localhost:8080")]), false));
        let mut rebound = parts("127.0.0.1", &[("host", "localhost")]);
        rebound.uri = "http://evil.example/v1/me".parse().unwrap();
        assert!(!is_local(&rebound, false));
    }

    #[test]
    fn what_a_proxy_passed_on_is_local_only_if_its_client_was() {
        let passed = |client: &str| parts("127.0.0.1", &[("host", "localhost"), ("x-forwarded-for", client)]);
        assert!(!is_local(&passed("127.0.0.1"), false));
        assert!(is_local(&passed("192.0.2.7, 127.0.0.1"), true));
        assert!(!is_local(&passed("127.0.0.1, 192.0.2.7"), true));
        assert!(!is_local(&passed("nonsense"), true));
        assert!(!is_local(&parts("127.0.0.1", &[("host", "localhost")]), true));
        assert!(!is_local(&parts("127.0.0.1", &[("host", "localhost"), ("x-real-ip", "127.0.0.1")]), true));
        assert_eq!(address(&passed("127.0.0.1, 192.0.2.7"), true), "192.0.2.7".parse().ok());
        assert_eq!(address(&passed("192.0.2.7"), false), "127.0.0.1".parse().ok());
    }

    #[test]
    fn a_site_is_one_place() {
        assert_eq!(place("2001:db8:1:2:3:4:5:6".parse().unwrap()), "2001:db8:1:2::".parse::<IpAddr>().unwrap());
    }
}
