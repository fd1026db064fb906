//! Certificates of servers of the tests.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// A server's certificate and its key, and the certificate of the authority that signed it, as PEM.
pub struct Certificates {
    pub authority: String,
    pub certificate: String,
    pub key: String,
}

impl Certificates {
    /// For a server of this name, by an authority of its own.
    pub fn of(server: &str) -> Self {
        let authority_key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Of the same name as the server, OpenSSL would take the server's certificate for a self-signed one.
        parameters.distinguished_name.push(DnType::CommonName, "Authority of the tests");
        let authority = parameters.self_signed(&authority_key).unwrap();
        let issuer = Issuer::new(parameters, authority_key);
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new(vec![server.to_owned()]).unwrap();
        let certificate = parameters.signed_by(&key, &issuer).unwrap();
        Self { authority: authority.pem(), certificate: certificate.pem(), key: key.serialize_pem() }
    }
}
