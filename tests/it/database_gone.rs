//! A database outage: every page and API answers 503, and the service recovers without a restart.

use serde_json::json;

use crate::world::{Proxy, Setup, World, http::Request, on_postgres_with, postgres_server};

async fn answered(world: &World, path: &str) -> (u16, String) {
    let answer = world.send(Request::get(path)).await;
    (answer.status, answer.header("Retry-After").to_owned())
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
