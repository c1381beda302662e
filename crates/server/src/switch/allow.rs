//! Listeners for switches that connect to us, and who may: their protocols have no passwords.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};

use super::config::{Listen, SwitchError};

/// The addresses that may connect. Loopback always may.
#[derive(Clone, Debug, Default)]
pub struct Allow(Vec<IpNet>);

impl Allow {
    /// Reads addresses and networks: `10.0.0.0/8`, `192.0.2.7`, `2001:db8::/32`.
    ///
    /// # Errors
    /// The one that is neither.
    pub fn new(list: &[String]) -> Result<Self, String> {
        let read = |text: &String| {
            let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_| text.clone())
        };
        list.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Whether this address may connect. An IPv4 address that came through an IPv6 socket is taken as what it is.
    pub fn admits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_loopback() || self.0.iter().any(|network| network.contains(&address))
    }
}

/// A port that is taken for switches.
#[derive(Clone, Debug)]
pub struct Door {
    listener: Arc<std::net::TcpListener>,
    /// Where it listens.
    pub address: SocketAddr,
    allow: Allow,
}

impl Door {
    /// Takes the port. `field` names it in the file of switches: `audiosocket`.
    ///
    /// # Errors
    /// The port cannot be taken, or an address that may connect is none.
    pub fn open(field: &str, listen: &Listen) -> Result<Self, SwitchError> {
        let allow = Allow::new(&listen.allow).map_err(|given| {
            SwitchError::value(format!("{field}.allow"), given, "addresses and networks such as 10.0.0.0/8")
        })?;
        let failed = |error: std::io::Error| {
            SwitchError::value(format!("{field}.bind"), listen.bind.to_string(), format!("a free address: {error}"))
        };
        let listener = std::net::TcpListener::bind(listen.bind).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener: Arc::new(listener), address, allow })
    }

    /// What tokio listens by.
    ///
    /// # Errors
    /// The system has no more handles.
    pub fn listener(&self) -> std::io::Result<TcpListener> {
        TcpListener::from_std(self.listener.try_clone()?)
    }

    /// The next connection of one that may. Those that may not are closed.
    pub async fn next(&self, listener: &TcpListener) -> (TcpStream, SocketAddr) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) if self.allow.admits(peer.ip()) => {
                    // Without it small messages wait for each other; that it cannot be set harms nothing else.
                    let _ = stream.set_nodelay(true);
                    return (stream, peer);
                }
                Ok((_, peer)) => {
                    tracing::warn!(%peer, listener = %self.address, "refused a connection: the address is not allowed");
                }
                Err(error) => {
                    tracing::warn!(listener = %self.address, error = %error, "cannot accept a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_may_and_others_by_the_list_alone() {
        let allow = Allow::new(&["10.0.0.0/8".into(), "192.0.2.7".into(), "2001:db8::/32".into()]).unwrap();
        for may in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.9.8.7", "::ffff:10.1.1.1", "192.0.2.7", "2001:db8::5"] {
            assert!(allow.admits(may.parse().unwrap()), "{may}");
        }
        for may_not in ["192.0.2.8", "11.0.0.1", "2001:db9::1"] {
            assert!(!allow.admits(may_not.parse().unwrap()), "{may_not}");
        }
        assert!(!Allow::default().admits("10.0.0.1".parse().unwrap()));
        assert_eq!(Allow::new(&["10.0.0.0/8".into(), "ten".into()]).unwrap_err(), "ten");
    }
}
