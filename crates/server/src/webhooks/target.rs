//! Where deliveries may go: not to the inside of the network the service stands in, unless it is told so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Why a receiver's address is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is no address.
    #[error("url: given {given:?}, allowed is https://HOST/PATH without name and password")]
    Url {
        /// What was given.
        given: String,
    },
    /// It is not encrypted.
    #[error("url: given a scheme that is not https, allowed is https unless webhooks.private is set")]
    Scheme,
    /// It leads inside.
    #[error("url: given an address of a private network, allowed is a public one unless webhooks.private is set")]
    Private,
}

/// Reads a receiver's address, and checks all that can be checked before its name is resolved.
pub(super) fn parse(text: &str, private: bool) -> Result<Url, TargetError> {
    let refused = || TargetError::Url { given: text.chars().take(200).collect() };
    let url = Url::parse(text).map_err(|_| refused())?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(refused)?;
    if text.len() > 2_000 || !url.username().is_empty() || url.password().is_some() {
        return Err(refused());
    }
    match url.scheme() {
        "https" => {}
        "http" if private => {}
        "http" => return Err(TargetError::Scheme),
        _ => return Err(refused()),
    }
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    if !private && address.is_ok_and(|address| !is_public(address)) {
        return Err(TargetError::Private);
    }
    Ok(url)
}

/// Whether an address is one of the public internet, after the registries of special-purpose addresses (RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        // Shared by carriers (RFC 6598), protocol assignments, 6to4 relays, benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b)))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let segments = address.segments();
    match segments {
        // What NAT64 (RFC 6052) leads to.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_public_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))),
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => is_public_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))),
        // Protocol assignments with Teredo among them, and documentation.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        // All that is given out to the public is in 2000::/3, and of that 3fff::/20 is documentation.
        [first, second, ..] => (first & 0xe000) == 0x2000 && !(first == 0x3fff && second < 0x1000),
    }
}

/// Resolves names as the system does, and keeps only the addresses that may be connected to.
pub(super) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(TargetError::Private.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inside_is_refused_however_it_is_written() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "[::1]",
            "[::]",
            "[fe80::1]",
            "[fd00::1]",
            "[::ffff:10.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[2001:db8::1]",
            "[ff02::1]",
            "2130706433",
            "0x7f.1",
            "017700000001",
        ] {
            let url = format!("https://{address}/hook");
            assert_eq!(parse(&url, false), Err(TargetError::Private), "{address}");
            assert!(parse(&url, true).is_ok(), "{address}");
        }
    }

    #[test]
    fn public_addresses_and_names_are_taken_over_tls_alone() {
        for host in ["example.com", "93.184.215.14", "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]"] {
            assert!(parse(&format!("https://{host}:8443/a?b=c"), false).is_ok(), "{host}");
            assert_eq!(parse(&format!("http://{host}/"), false), Err(TargetError::Scheme));
        }
        for text in ["", "hook", "ftp://example.com", "https://me:secret@example.com", "https://", "file:///etc/passwd"]
        {
            assert!(matches!(parse(text, true), Err(TargetError::Url { .. })), "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_resolves_to_nothing() {
        let name = "localhost".parse::<Name>().unwrap();
        let refused = PublicOnly.resolve(name).await.map(|_| ()).unwrap_err();
        assert_eq!(refused.downcast_ref(), Some(&TargetError::Private));
    }
}
