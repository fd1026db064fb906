//! Jobs: their progress, and running them slice by slice.

use corridor::{
    domain::{actor::Actor, job::Job},
    jobs::{OpenJobs, WorkSlice, Worked, work_slice, worker},
    workflow::job::ListJobs,
};

use super::World;

impl World {
    /// All jobs, the newest first.
    pub async fn jobs(&self) -> Vec<Job> {
        self.service().query(&Actor::system(), ListJobs { after: None, at_most: 100 }).await.unwrap()
    }

    /// Runs the next slice of the oldest open job. Returns the job after the slice.
    pub async fn slice(&self, at_most: i64) -> Job {
        let open = self.service().query(&Actor::system(), OpenJobs { waiting: 0 }).await.unwrap();
        let slice = WorkSlice { job: open[0], at_most };
        match self.service().execute(&Actor::system(), slice).await.unwrap() {
            Worked::Done { job, .. } => job,
            other => panic!("{other:?}"),
        }
    }

    /// The same for a slice that begins with files.
    pub async fn slice_with_files(&self) -> Job {
        let open = self.service().query(&Actor::system(), OpenJobs { waiting: 0 }).await.unwrap();
        match work_slice(&self.service(), WorkSlice { job: open[0], at_most: 1 }).await.unwrap() {
            Worked::Done { job, .. } => job,
            other => panic!("{other:?}"),
        }
    }

    /// Waits until the service has finished all jobs, unless the scenario runs them.
    pub async fn until_jobs_are_done(&self) {
        if !self.jobs_wait() {
            let open =
                async || self.service().query(&Actor::system(), OpenJobs { waiting: 0 }).await.unwrap();
            self.until("the jobs are done", async || open().await.is_empty()).await;
        }
    }

    /// Runs all jobs to their end.
    pub async fn finish_jobs(&self) {
        for job in self.service().query(&Actor::system(), OpenJobs { waiting: 0 }).await.unwrap() {
            worker::finish(&self.service(), job, |_| ()).await.unwrap();
        }
    }
}
