//! Batches: opening and changing them, and reading their numbers.

use std::ops::Deref;

use serde_json::{Value, json};

use super::{
    World,
    http::{Answer, Request},
};

/// A batch, by its id.
#[derive(Clone, Debug)]
pub struct Batch(String);

impl Deref for Batch {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Batch {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl World {
    /// Opens a batch that takes a place at approval and has a waiting list.
    pub async fn open_batch(&self, capacity: i32) -> Batch {
        self.open_batch_with(json!({ "capacity": capacity })).await
    }

    /// Opens a batch with these terms.
    pub async fn open_batch_with(&self, terms: Value) -> Batch {
        let batch = self.plan_batch(terms).await.expect(201);
        let batch = Batch::from(batch["id"].as_str().unwrap());
        self.move_batch(&batch, "open").await.expect(200);
        batch
    }

    /// Opens, closes or ends a batch. Waits for the jobs that this begins, unless the scenario runs them.
    pub async fn move_batch(&self, batch: &Batch, step: &str) -> Answer {
        let request = Request::post(format!("/api/v1/batches/{}/{step}", &**batch));
        let answer = self.send_as(&self.batch_manager, request).await;
        self.until_jobs_are_done().await;
        answer
    }

    /// Plans a batch: the usual terms, changed by these.
    pub async fn plan_batch(&self, terms: Value) -> Answer {
        let number = self.next_number();
        let mut body = json!({
            "programme": "cn-kz", "name": format!("Batch {number}"), "capacity": 10,
            "travel_from": self.day(-1), "travel_until": self.day(304),
        });
        json_patch::merge(&mut body, &terms);
        self.post(&self.batch_manager, "/api/v1/batches", &body).await
    }

    /// The batch with its counters.
    pub async fn batch(&self, batch: &Batch) -> Value {
        self.get(&self.batch_manager, &format!("/api/v1/batches/{}", &**batch)).await
    }

    /// Changes a batch's terms.
    pub async fn change_batch(&self, batch: &Batch, change: Value) -> Answer {
        let version = self.batch(batch).await["version"].as_i64().unwrap();
        let request = Request::patch(format!("/api/v1/batches/{}", &**batch)).if_match(version).json(&change);
        self.send_as(&self.batch_manager, request).await
    }

    /// Held and taken places of a batch.
    pub async fn in_use(&self, batch: &Batch) -> (i64, i64) {
        let batch = self.batch(batch).await;
        (batch["held"].as_i64().unwrap(), batch["taken"].as_i64().unwrap())
    }

    /// The movements in a batch's ledger, the oldest first.
    pub async fn ledger(&self, batch: &Batch) -> Vec<String> {
        let page = self.get(&self.batch_manager, &format!("/api/v1/batches/{}/ledger", &**batch)).await;
        let lines = page["items"].as_array().unwrap();
        lines.iter().map(|line| line["movement"].as_str().unwrap().to_owned()).collect()
    }
}
