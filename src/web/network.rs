//! The network that a request comes from, for limits and for the security log.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::{
    HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web,
};

use ipnet::IpNet;

use super::Site;
use crate::workflow::security_log;

impl Site {
    /// The network of the client: its address, or the first 64 bits of an IPv6 address, all of which one customer
    /// usually has. A trusted proxy says the client's address.
    pub(super) fn network_of(&self, request: &HttpRequest) -> String {
        match request.peer_addr() {
            Some(peer) => {
                network_of(client(peer.ip(), &forwarded_for(request), &self.trusted_proxies)).to_string()
            }
            None => "unknown".to_owned(),
        }
    }
}

/// Middleware: the lines that the security log gets while a request is answered say where it comes from.
pub(super) async fn note_in_security_log<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let site = request.app_data::<web::Data<Site>>();
    let network = site.map_or_else(String::new, |site| site.network_of(request.request()));
    security_log::from_network(network, next.call(request)).await
}

/// The addresses of `X-Forwarded-For`, as each proxy has added the one that it saw.
fn forwarded_for(request: &HttpRequest) -> Vec<Option<IpAddr>> {
    let lines = request.headers().get_all("X-Forwarded-For");
    let listed = lines.flat_map(|line| line.to_str().unwrap_or_default().split(','));
    listed.map(|address| address_of(address.trim())).collect()
}

/// Some proxies add the port.
fn address_of(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse().map(|address: SocketAddr| address.ip()).ok();
    text.trim_matches(['[', ']']).parse().ok().or_else(with_port)
}

/// The last address that no trusted proxy has. What stands before it comes from the client, who may write anything.
fn client(peer: IpAddr, forwarded_for: &[Option<IpAddr>], trusted: &[IpNet]) -> IpAddr {
    let mut client = peer.to_canonical();
    for seen in forwarded_for.iter().rev() {
        match seen {
            Some(address) if trusted.iter().any(|network| network.contains(&client)) => {
                client = address.to_canonical()
            }
            _ => break,
        }
    }
    client
}

/// An IPv4 address, or the first 64 bits of an IPv6 address.
pub(super) fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(peer: &str, forwarded_for: &[&str]) -> String {
        let trusted = ["127.0.0.1/32", "10.0.0.0/8"].map(|network| network.parse().unwrap());
        let seen: Vec<Option<IpAddr>> = forwarded_for.iter().map(|address| address_of(address)).collect();
        network_of(client(peer.parse().unwrap(), &seen, &trusted)).to_string()
    }

    #[test]
    fn an_ipv6_network_has_64_bits() {
        assert_eq!(of("2001:db8:1:2:3:4:5:6", &[]), "2001:db8:1:2::");
        assert_eq!(of("::ffff:192.0.2.7", &[]), "192.0.2.7");
    }

    #[test]
    fn only_a_trusted_proxy_says_who_the_client_is() {
        assert_eq!(of("192.0.2.7", &["203.0.113.9"]), "192.0.2.7");
        assert_eq!(of("127.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(of("127.0.0.1", &["198.51.100.1", "203.0.113.9", "10.0.0.7"]), "203.0.113.9");
        assert_eq!(of("127.0.0.1", &["203.0.113.9", "nonsense"]), "127.0.0.1");
        assert_eq!(of("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(of("127.0.0.1", &["203.0.113.9:51234", "10.1.2.3:80"]), "203.0.113.9");
        assert_eq!(of("127.0.0.1", &["[2001:db8:1:2::7]:443"]), "2001:db8:1:2::");
    }
}
