//! A database outage: every page and API answers 503 at once, and the service recovers without a restart, on the same
//! server or on another.

use std::cell::OnceCell;

use futures_util::future::join3;
use serde_json::json;

use crate::world::{OwnPostgres, Proxy, Setup, World, http::Request, on_postgres_with, postgres_server};

async fn answered(world: &World, path: &str) -> (u16, String) {
    let answer = world.send(Request::get(path)).await;
    (answer.status, answer.header("Retry-After").to_owned())
}

/// A server behind a proxy, and its standby once that was started.
struct Cluster {
    server: OwnPostgres,
    proxy: Proxy,
    standby: OnceCell<OwnPostgres>,
}

impl Cluster {
    /// The standby lives as long as the service.
    fn start_standby(&self) -> &OwnPostgres {
        self.standby.get_or_init(|| self.server.start_standby())
    }
}

/// Runs a scenario with the service on a cluster.
fn on_cluster(scenario: impl AsyncFn(&World, &Cluster)) {
    let Some(server) = OwnPostgres::start() else { return };
    let url = server.url();
    let cluster = Cluster { proxy: Proxy::to(&url), server, standby: OnceCell::new() };
    let setup = Setup { proxy: Some(cluster.proxy.clone()), ..Setup::default() };
    on_postgres_with(&url, &setup, async |world| scenario(world, &cluster).await);
}

#[test]
fn without_its_database_the_service_answers_503_and_recovers_by_itself() {
    let Some(server) = postgres_server() else { return };
    let proxy = Proxy::to(&server);
    let setup = Setup { proxy: Some(proxy.clone()), ..Setup::default() };
    on_postgres_with(&server, &setup, async |world| {
        let batch = world.open_batch(10).await;
        let case = world.draft(&world.form(&batch, "Ada")).await;
        proxy.cut();
        for path in ["/", "/api/v1/batches", "/readyz"] {
            assert_eq!(answered(world, path).await, (503, "5".to_owned()), "{path}");
        }
        assert_eq!(answered(world, "/healthz").await.0, 200, "the process is alive");
        let token = Request::post("/api/v1/token");
        let token = token.body(
            "application/x-www-form-urlencoded",
            "grant_type=client_credentials&client_id=a&client_secret=b",
        );
        assert_eq!(world.send(token).await.status, 503);

        proxy.restore();
        world.until("the service is ready again", async || answered(world, "/readyz").await.0 == 200).await;
        world.add_required_evidence(&case).await;
        world.act(&world.sponsor, &case, json!({ "action": "submit" })).await.expect(200);
    });
}

#[test]
fn while_the_database_stands_still_no_request_waits_for_an_attempt_of_its_own() {
    let Some(server) = postgres_server() else { return };
    let proxy = Proxy::to(&server);
    let setup = Setup { proxy: Some(proxy.clone()), ..Setup::default() };
    on_postgres_with(&server, &setup, async |world| {
        let batch = world.open_batch(10).await;
        let form = world.form(&batch, "Ada");
        let case = world.draft(&form).await;
        proxy.freeze();
        world.until("the outage is known", async || answered(world, "/").await.0 == 503).await;
        let accepted = proxy.accepted();
        for _ in 0..20 {
            for path in ["/", "/api/v1/batches", "/readyz"] {
                assert_eq!(answered(world, path).await, (503, "5".to_owned()), "{path}");
            }
            assert_eq!(world.post(&world.sponsor, "/api/v1/applications", &form).await.status, 503);
        }
        // Each attempt to connect lasts three seconds. Only one thread makes them.
        let attempts = proxy.accepted() - accepted;
        assert!(attempts < 20, "{attempts} attempts for 80 requests");

        proxy.thaw();
        world.until("the service is ready again", async || answered(world, "/readyz").await.0 == 200).await;
        world.add_required_evidence(&case).await;
        world.act(&world.sponsor, &case, json!({ "action": "submit" })).await.expect(200);
    });
}

#[test]
fn the_service_follows_its_database_to_a_standby_that_is_promoted() {
    on_cluster(async |world, cluster| {
        let batch = world.open_batch(10).await;
        let form = world.form(&batch, "Ada");
        let case = world.draft(&form).await;
        let (proxy, standby) = (&cluster.proxy, cluster.start_standby());
        proxy.redirect(&standby.url());
        for _ in 0..10 {
            // Never an error 500, and no draft.
            assert_eq!(world.post(&world.sponsor, "/api/v1/applications", &form).await.status, 503);
            assert_eq!(answered(world, "/readyz").await.0, 503);
        }
        standby.promote();
        world.until("the service is ready again", async || answered(world, "/readyz").await.0 == 200).await;
        world.add_required_evidence(&case).await;
        world.act(&world.sponsor, &case, json!({ "action": "submit" })).await.expect(200);
    });
}

#[test]
fn a_server_that_never_answers_again_does_not_keep_the_writers() {
    on_cluster(async |world, cluster| {
        let batch = world.open_batch(10).await;
        let form = world.form(&batch, "Ada");
        let cases = [world.draft(&form).await, world.draft(&world.form(&batch, "Bo")).await];
        for case in &cases {
            world.add_required_evidence(case).await;
        }
        let (proxy, standby) = (&cluster.proxy, cluster.start_standby());
        let _end = proxy.close_at_the_end();
        let mut foreign = world.foreign();
        foreign.run("BEGIN; SELECT 1 FROM applications FOR UPDATE");
        let submit = async |case| world.act(&world.sponsor, case, json!({ "action": "submit" })).await;
        // One after the other, or one writer takes both as a group.
        let second = async {
            world.until_waiting_for_locks(1).await;
            submit(&cases[1]).await
        };
        let freeze = async {
            world.until_waiting_for_locks(2).await;
            proxy.freeze();
        };
        // Both writers wait for an answer that never comes.
        let (first, second, ()) = join3(submit(&cases[0]), second, freeze).await;
        assert_eq!((first.status, second.status), (503, 503));
        standby.promote();
        proxy.abandon_for(&standby.url());
        let draft = async || world.post(&world.sponsor, "/api/v1/applications", &form).await.status == 201;
        world.until("a draft is created", draft).await;
        assert_eq!(answered(world, "/readyz").await.0, 200);
    });
}
