//! TLS to PostgreSQL. Needs the feature `postgres-tls`.

use std::{fs, sync::Arc};

use corridor::{keyring::Keyring, store::Db};

use crate::world::{Certificates, OwnPostgres};

#[test]
fn postgresql_is_reached_by_tls_and_never_without_if_the_url_demands_it() {
    let Some(server) = OwnPostgres::start() else { return };
    actix_web::rt::System::new().block_on(async {
        let keyring = Arc::new(Keyring::create(&server.folder().join("secret.key")).unwrap());
        let authority = |name: &str, pem: &str| {
            let file = server.folder().join(name);
            fs::write(&file, pem).unwrap();
            format!("sslrootcert={}", file.display())
        };
        let (own, other) = (Certificates::of("localhost"), Certificates::of("localhost"));
        let (own_authority, other_authority) =
            (authority("own.pem", &own.authority), authority("other.pem", &other.authority));
        let migrate = async |query: &str| {
            let url = format!("{}/postgres?{query}", server.url().replace("127.0.0.1", "localhost"));
            Db::open(&url, 1, Arc::clone(&keyring)).unwrap().migrate().await
        };
        migrate("sslmode=require").await.unwrap_err();
        server.demand_tls(&own.certificate, &own.key);
        migrate("sslmode=disable").await.unwrap_err();
        let refused = migrate(&format!("sslmode=verify-full&{other_authority}")).await.unwrap_err();
        assert!(refused.to_string().contains("SSL error"), "{refused}");
        assert!(migrate(&format!("sslmode=verify-full&{own_authority}")).await.unwrap() > 0);
        assert_eq!(migrate("sslmode=require").await.unwrap(), 0);
    });
}
