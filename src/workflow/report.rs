//! What is reported about every command and query: refusals in the security log (`security_log.rs`), how often and how
//! long in metrics. The metrics go to whatever recorder the process has installed, and nowhere if it has none.

use std::time::{Duration, Instant};

use super::{Result, WorkflowError, security_log};
use crate::domain::{actor::Actor, limits::AttemptLimit, policy::Operation, refusal::Forbidden};

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It succeeded.
    Done,
    /// The actor has no right to it.
    Forbidden(Forbidden),
    /// The actor may, but not with this input or in this state.
    Refused,
    /// There were too many attempts.
    Limited(AttemptLimit),
    /// A repeat got the answer of the first request.
    Replayed,
    /// The service failed.
    Failed,
}

impl<T> From<&Result<T>> for Outcome {
    fn from(result: &Result<T>) -> Self {
        match result {
            Ok(_) => Self::Done,
            Err(WorkflowError::Forbidden(because)) => Self::Forbidden(*because),
            Err(WorkflowError::TooManyAttempts { limit, .. }) => Self::Limited(*limit),
            Err(error) if error.is_ours() => Self::Failed,
            Err(_) => Self::Refused,
        }
    }
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Forbidden(_) => "forbidden",
            Self::Refused => "refused",
            Self::Limited(_) => "limited",
            Self::Replayed => "replayed",
            Self::Failed => "failed",
        }
    }
}

/// Reports an operation that began at `begun`.
pub(super) fn report(actor: &Actor, operation: Operation, begun: Instant, outcome: Outcome) {
    measure(operation, begun.elapsed(), outcome);
    if let Outcome::Forbidden(because) = outcome {
        security_log::right_refused(actor, operation, because);
    }
    if let Outcome::Limited(limit) = outcome {
        security_log::limited(actor, limit);
    }
}

/// Counts an operation and its time.
pub(super) fn measure(operation: Operation, took: Duration, outcome: Outcome) {
    let name = operation.as_str();
    metrics::counter!("corridor_operations_total", "operation" => name, "outcome" => outcome.as_str())
        .increment(1);
    metrics::histogram!("corridor_operation_seconds", "operation" => name).record(took);
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    };

    use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

    use super::*;

    /// How often each counter was increased and each histogram got a value.
    #[derive(Default)]
    struct Seen(Mutex<Vec<(String, Arc<AtomicU64>)>>);

    impl Seen {
        fn times(&self, key: &Key) -> Arc<AtomicU64> {
            let labels: Vec<&str> = key.labels().map(|label| label.value()).collect();
            let (name, times) = (format!("{} {}", key.name(), labels.join(" ")), Arc::default());
            self.0.lock().unwrap().push((name, Arc::clone(&times)));
            times
        }
    }

    struct Times(Arc<AtomicU64>);

    impl metrics::HistogramFn for Times {
        fn record(&self, seconds: f64) {
            assert!((0.0..10.0).contains(&seconds));
            self.0.fetch_add(1, Relaxed);
        }
    }

    impl Recorder for Seen {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
            Counter::from_arc(self.times(key))
        }
        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }
        fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::from_arc(Arc::new(Times(self.times(key))))
        }
    }

    #[test]
    fn each_operation_is_counted_by_its_outcome_and_timed() {
        let seen = Seen::default();
        metrics::with_local_recorder(&seen, || {
            let forbidden: Result<(), _> = Err(WorkflowError::Forbidden(Forbidden::Role));
            for result in [Ok(()), Ok(()), forbidden, Err(WorkflowError::NotFound)] {
                report(&Actor::system(), Operation::ShowCase, Instant::now(), Outcome::from(&result));
            }
        });
        let mut sums = std::collections::BTreeMap::<String, u64>::new();
        for (name, times) in seen.0.into_inner().unwrap() {
            *sums.entry(name).or_default() += times.load(Relaxed);
        }
        let sums: Vec<String> = sums.into_iter().map(|(name, times)| format!("{name} {times}")).collect();
        assert_eq!(
            sums,
            [
                "corridor_operation_seconds show_case 4",
                "corridor_operations_total show_case done 2",
                "corridor_operations_total show_case forbidden 1",
                "corridor_operations_total show_case refused 1",
            ]
        );
    }
}
